"""The benchmark of learning runs from a clone, and its tables say what they claim to."""

import pytest

from benchmarks.tuning import false_gains, recovery, times
from matcher.ranking.learning import evidence
from tests.strategies import Sample

pytestmark = pytest.mark.usefixtures("weighed_once")


@pytest.fixture(autouse=True)
def _few_refits(monkeypatch: pytest.MonkeyPatch) -> None:
    """How sure shares are is in no table: it takes a third of the time."""
    monkeypatch.setattr(evidence, "_REFITS", 10)


def test_its_tables_have_a_row_a_size_and_what_is_learned_is_nearer_the_truth(sample: Sample) -> None:
    header, row = recovery(sample, [600], seeds=1)
    assert len(header) == len(row)
    assert float(row[2]) < float(row[1])
    assert float(row[3]) < 0.1


def test_it_counts_what_is_no_gain(sample: Sample) -> None:
    _, shuffled, in_use = false_gains(sample, 200, repeats=1)
    assert shuffled[1:] == ("0 / 1", "0 / 1")
    assert in_use[1] == "0 / 1"


def test_it_takes_the_time(sample: Sample) -> None:
    assert [row[0] for row in times(sample, [120])] == ["ratings", "120"]
