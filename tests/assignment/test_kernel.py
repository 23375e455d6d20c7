"""Deferred acceptance against a brute force: stable whatever breaks ties, two thirds promised, the same compiled."""

import tempfile
import tracemalloc
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matcher.assignment import kernel
from matcher.assignment.kernel import Offers, Side, deferred_acceptance, run_compiled
from matcher.assignment.rules import Case, Rules
from matcher.assignment.stable import Rest
from tests.strategies import Pairs, Sketch, of_expert, of_need, sketches

proposers = st.sampled_from(("firms", "experts"))


def run(sketch: Sketch, proposer: str, seed: int, *, promotion: bool, compiled: bool = False) -> Pairs:
    """What the kernel places in a market, ties broken by a seed."""
    market = sketch.market()
    rest = Rest(Case(market, Rules()))
    rng = np.random.default_rng(seed)
    sides = [(side, rng.permutation(len(rest.pair))) for side in (rest.needs, rest.experts)]
    (asking, first), (asked, second) = sides if proposer == "firms" else sides[::-1]
    placed = deferred_acceptance(asking, asked, (first, second), promotion=promotion, compiled=compiled)
    return frozenset(market.ids(rest.pair[placed]))


@settings(max_examples=500)
@given(sketches(), proposers, st.integers(0, 50), st.booleans())
def test_the_outcome_is_feasible_and_no_pair_blocks_it(
    sketch: Sketch, proposer: str, seed: int, promotion: bool
) -> None:
    placed = run(sketch, proposer, seed, promotion=promotion)

    assert sketch.feasible(placed)
    assert sketch.blocking(placed) == set()


@settings(max_examples=500)
@given(sketches(strict=False), proposers, st.integers(0, 50))
def test_promotion_places_at_least_two_thirds_of_the_largest(sketch: Sketch, proposer: str, seed: int) -> None:
    """Yokoi (2021), theorem of the ratio 3/2 for laminar constraints on both sides."""
    most = max(len(placed) for placed in sketch.all_stable)

    assert 3 * len(run(sketch, proposer, seed, promotion=True)) >= 2 * most


@settings(max_examples=300)
@given(sketches(strict=True), proposers, st.integers(0, 5))
def test_strict_lists_give_the_proposers_the_best_that_a_stable_assignment_has_for_them(
    sketch: Sketch, proposer: str, seed: int
) -> None:
    placed = run(sketch, proposer, seed, promotion=False)

    for other in sketch.all_stable:
        if proposer == "firms":
            for name in sketch.places:
                own = of_need(placed, name)
                assert sketch.need_choice(own | of_need(other, name)) == own
        else:
            for name in sketch.seats:
                own = of_expert(placed, name)
                assert sketch.expert_choice(own | of_expert(other, name)) == own


@settings(deadline=None)  # the first example compiles
@given(sketches(), proposers, st.integers(0, 50), st.booleans())
def test_compiled_and_interpreted_runs_place_the_same_pairs(
    sketch: Sketch, proposer: str, seed: int, promotion: bool
) -> None:
    assert run(sketch, proposer, seed, promotion=promotion, compiled=True) == run(
        sketch, proposer, seed, promotion=promotion
    )


def random_sides(rng: np.random.Generator) -> tuple[Side, Side]:
    """Lists with ties, several places a side, and firms of several needs."""
    n_needs, n_experts = 80, 60
    need, expert = np.divmod(np.flatnonzero(rng.random(n_needs * n_experts) < 0.3), n_experts)
    firm_of = np.sort(rng.integers(0, 30, n_needs))
    service = np.unique(expert * 30 + firm_of[need], return_inverse=True)[1]
    return (
        Side.of(need, rng.integers(1, 4, n_needs), rng.integers(0, 6, len(need))),
        Side.of(expert, rng.integers(1, 5, n_experts), rng.integers(0, 6, len(need)), service),
    )


@pytest.mark.parametrize("promotion", [False, True])
@pytest.mark.parametrize("turn", [1, -1])
def test_compiled_and_interpreted_runs_agree_on_larger_markets(promotion: bool, turn: int) -> None:
    rng = np.random.default_rng(8)
    for _ in range(10):
        asking, asked = random_sides(rng)[::turn]
        luck = rng.permutation(len(asking.agent)), rng.permutation(len(asking.agent))
        interpreted, compiled = (
            deferred_acceptance(asking, asked, luck, promotion=promotion, compiled=way) for way in (False, True)
        )
        assert np.array_equal(interpreted, compiled)
        assert len(compiled) > 50


@pytest.mark.parametrize("order", [[3, 1, 2], [2**62, -(2**62), 5]], ids=["small", "as far apart as numbers can be"])
def test_a_list_goes_from_the_highest_order_down(order: list[int]) -> None:
    side = Side.of(np.array([1, 1, 1]), np.array([1, 1]), np.array(order))

    assert side.tie_start.tolist() == [0, 2, 1]
    assert side.start.tolist() == [0, 0, 3]
    assert not side.has_ties


def test_luck_decides_within_ties_alone() -> None:
    side = Side.of(np.array([0, 0, 0, 1]), np.array([1, 1]), np.array([5, 5, 9, 5]))

    assert side.strict(np.array([7, 2, 9, 0])).tolist() == [2, 1, 0, 3]
    assert side.strict(np.array([2, 7, 9, 0])).tolist() == [1, 2, 0, 3]


def test_the_three_copies_of_all_pairs_fill_each_list_without_gaps() -> None:
    side = Side.of(np.array([0, 0, 0, 1]), np.array([1, 1]), np.array([5, 5, 9, 5]))
    early, middle, late = (places.tolist() for places in side.copies(side.strict(np.array([7, 2, 9, 0]))))

    assert sorted(early + middle + late) == list(range(12))
    assert early == [3, 2, 0, 9]
    assert middle == [5, 4, 1, 10]
    assert late == [8, 7, 6, 11]


def test_a_compiled_run_copies_no_list_that_is_as_narrow_as_it_can_be() -> None:
    n_proposers, n_receivers = 1_000, 200
    proposer = np.repeat(np.arange(n_proposers, dtype=np.int32), n_receivers)
    receiver, none = np.tile(np.arange(n_receivers), n_proposers), np.empty(0, dtype=np.int32)
    start = n_receivers * np.arange(n_proposers + 1, dtype=np.int32)
    offers = Offers(start, proposer, (receiver << 32) + proposer, np.arange(n_receivers + 1), none, none, none)
    places = np.ones(n_proposers, dtype=np.int64)
    held = run_compiled(offers, places)

    tracemalloc.start()
    again = run_compiled(offers, places)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert proposer[held].tolist() == list(range(n_receivers))  # everybody has the same list
    assert np.array_equal(again, held)
    assert peak < proposer.nbytes / 4


@pytest.fixture
def uncompiled() -> Iterator[None]:
    kernel._compiled.cache_clear()
    yield
    kernel._compiled.cache_clear()


@pytest.mark.usefixtures("uncompiled")
def test_it_runs_compiled_where_no_folder_can_be_written(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(**_: object) -> None:
        raise PermissionError("read-only")

    asking, asked = random_sides(np.random.default_rng(1))
    luck = np.arange(len(asking.agent)), np.arange(len(asking.agent))
    monkeypatch.setattr(tempfile, "TemporaryFile", refuse)  # by which numba finds out

    assert np.array_equal(
        deferred_acceptance(asking, asked, luck, compiled=True), deferred_acceptance(asking, asked, luck)
    )
