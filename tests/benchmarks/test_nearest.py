"""The benchmark of the nearest asks every other search, each once it is warm, and compares what is to be the same."""

import importlib
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def nearest() -> Iterator[ModuleType]:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(ROOT)
        yield importlib.import_module("benchmarks.nearest")


def test_every_search_has_a_line(nearest: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    nearest.main(["--documents", "60", "--queries", "50", "--peers", "30", "-k", "5"])

    said = capsys.readouterr().out
    lines = [line for line in said.splitlines() if "CPU s" in line]
    assert [line[:34].rstrip() for line in lines] == [
        "ours, both sides",
        "sparse_dot_topn, 64 bits",
        "sparse_dot_topn, 32 bits",
        "scikit-learn NearestNeighbors",
        "bm25s",
    ]
    assert [line[34:].split()[0] for line in lines] == ["50", "30", "30", "30", "30"]
    assert said.count("same scores") == 1


def test_a_search_is_asked_for_two_twice_before_it_is_timed(nearest: ModuleType) -> None:
    queries, documents = nearest.rows_of(9, 4)
    asked = []

    nearest.line("any", queries, documents, lambda part: asked.append(part.shape[0]))

    assert asked == [2, 2, 9]


def test_scores_that_differ_are_an_error(nearest: ModuleType) -> None:
    queries, documents = nearest.rows_of(20, 30)
    ours, _ = nearest.nearest(queries, documents, 3)
    theirs = ours.score[:10] * nearest.SCORE_UNIT

    nearest.confirm_equal(ours, theirs)
    theirs[4, 1] += 3 * nearest.SCORE_UNIT
    with pytest.raises(AssertionError, match="a score is 3"):
        nearest.confirm_equal(ours, theirs.astype(np.float64))
