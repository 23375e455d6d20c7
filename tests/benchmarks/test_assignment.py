"""The benchmark of the engine runs on tiny sizes, and the oracles' side that needs no other package agrees."""

import importlib
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]
OURS = [
    "acceptance: kernel",
    "acceptance: from_scores to pairs",
    "total: flow alone",
    "total: assign, audited",
    "minima: townships 3 to 15, institutions to 10",
    "minima: with ratings, townships 3 to 15, institutions to 10",
    "minima: townships 2 to 15, industries 1 to 20, institutions to 10",
    "minima: 130 people",
    "minima: 128 people, townships 2 to 15",
    "fair: assign, audited",
    "why: the sample",
    "audit: with 22 quotas",
]


@pytest.fixture(scope="module")
def assignment() -> Iterator[ModuleType]:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(ROOT)
        yield importlib.import_module("benchmarks.assignment")


@pytest.fixture(scope="module")
def agree(assignment: ModuleType) -> ModuleType:
    assert assignment.__file__
    return importlib.import_module("benchmarks.oracles.agree")


@pytest.fixture(scope="module")
def trying(assignment: ModuleType) -> ModuleType:
    assert assignment.__file__
    return importlib.import_module("benchmarks.oracles.trying")


def test_every_line_that_is_not_of_a_peer_is_known_here(assignment: ModuleType) -> None:
    assert [f"{line.part}: {line.what}" for line in assignment.LINES if not line.is_peer] == OURS


@pytest.mark.parametrize("name", OURS)
def test_a_step_gives_a_result_and_its_cost(assignment: ModuleType, name: str) -> None:
    line = next(line for line in assignment.LINES if f"{line.part}: {line.what}" == name)

    found = assignment.measured(line.prepare(1 if line.part == "minima" else 40), once=True)

    assert found["result"]
    assert found["peak_mb"] >= found["before_mb"] > 0
    assert found["wall_s"] > 0


def test_a_cell_that_takes_too_long_says_so_in_its_row(assignment: ModuleType) -> None:
    line = assignment.LINES[0]

    row = assignment.row(line, 1_000, assignment.cell(line, 1_000, limit_s=0.01))

    assert "not done after" in row
    assert row.count("|") == 9


def test_a_market_is_the_same_whoever_reads_it(assignment: ModuleType, agree: ModuleType) -> None:
    market = assignment.market_of(30, 48)
    read = agree.comparing.market_of(assignment.instance_of(market))

    assert read.ids(range(read.n_pairs)) == market.ids(range(market.n_pairs))
    assert read.firm_order.tolist() == market.firm_order.tolist()
    assert read.expert_capacity.tolist() == market.expert_capacity.tolist()


@pytest.mark.parametrize("ask", ["tried_total", "tried_fair", "tried_fewest", "tried_blocking"])
def test_matcher_agrees_with_trying_every_list(agree: ModuleType, trying: ModuleType, ask: str) -> None:
    for row in (row for row in agree.ROWS if row.ask == ask):
        rng = agree.chance(row, seed=0)
        for _ in range(15):
            instance = row.draw(rng)
            assert row.differs(instance, getattr(trying, ask)(instance)) == ""
