"""Pairs of an earlier list: preferred among equals, and bought with a bonus."""

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matcher.assignment import Assignment, Market, assign
from matcher.domain.errors import SettingsError
from tests.ruled import BILLION, Ruled, ruled, with_keep

soluble = ruled().filter(lambda market: bool(market.all_feasible))
LARGE = Fraction(50)
"""More than all pairs of a tiny market are worth together."""


def place(market: Ruled, objective: str) -> Assignment:
    return assign(market.sketch.market(), objective, **market.rules(), **market.kept())


@settings(max_examples=60)
@given(with_keep(soluble, Fraction(0)))
def test_without_a_bonus_total_keeps_most_among_equals(market: Ruled) -> None:
    placed = frozenset(place(market, "total").pairs)
    best = [other for other in market.all_feasible if market.total(other) == market.best_total]

    assert placed in best
    assert len(market.keep & placed) == max(len(market.keep & other) for other in best)


@settings(max_examples=60)
@given(st.sampled_from((Fraction(1, 20), Fraction(1, 8))).flatmap(lambda bonus: with_keep(soluble, bonus)))
def test_a_bonus_counts_for_each_kept_pair(market: Ruled) -> None:
    assignment = place(market, "total")

    assert market.total(frozenset(assignment.pairs)) == market.best_total
    assert round(BILLION * assignment.certificate.value) == market.best_total
    assert assignment.certificate.bound == assignment.certificate.value


@settings(max_examples=60)
@given(with_keep(soluble, LARGE))
def test_a_large_bonus_keeps_all_that_can_be_kept(market: Ruled) -> None:
    placed = frozenset(place(market, "total").pairs)

    assert len(market.keep & placed) == max(len(market.keep & other) for other in market.all_feasible)


@settings(max_examples=60)
@given(with_keep(soluble, Fraction(0)), st.sampled_from((0, 1, 5)))
def test_the_more_a_kept_pair_is_worth_the_more_are_kept(market: Ruled, hundredths: int) -> None:
    def kept(bonus: float) -> int:
        pairs = assign(
            market.sketch.market(), "total", **market.rules(), keep=sorted(market.keep), keep_bonus=bonus
        ).pairs
        return len(market.keep & frozenset(pairs))

    assert kept(hundredths / 100) <= kept(hundredths / 100 + 0.1)


@settings(max_examples=60)
@given(with_keep(soluble, Fraction(1, 8)))
def test_fair_with_a_bonus_counts_it_in_what_a_need_has(market: Ruled) -> None:
    placed = frozenset(place(market, "fair").pairs)
    fairest = [other for other in market.all_feasible if market.levels(other) == market.fairest]

    assert market.levels(placed) == market.fairest
    assert market.total(placed) == max(market.total(other) for other in fairest)


@settings(max_examples=60)
@given(with_keep(soluble, Fraction(0)))
def test_stable_stays_as_stable_with_a_list_to_keep(market: Ruled) -> None:
    assignment = place(market, "stable")

    assert len(market.blocking(frozenset(assignment.pairs))) == market.fewest_blocking
    if not market.has_maxima and not market.has_minima:
        assert len(assignment.pairs) == max(len(placed) for placed in market.all_stable)


def test_kept_pairs_break_ties_in_stable() -> None:
    names = ["a", "b", "c"]
    market = Market.from_lists(firms={"f": [names]}, experts={name: ["f"] for name in names})

    for name in names:
        for seed in range(3):
            assert assign(market, keep=[("f", name)], seed=seed).pairs == [("f", name)]


@pytest.mark.parametrize("objective", ["stable", "total", "fair"])
@pytest.mark.parametrize("rules", [{}, {"minimum_people": 1}], ids=["flow", "program"])
def test_of_two_equal_assignments_the_one_of_the_earlier_list_is_taken(objective: str, rules: dict[str, Any]) -> None:
    market = Market.from_lists(
        firms={"f": [["a", "b"]], "g": [["a", "b"]]}, experts={"a": [["f", "g"]], "b": [["f", "g"]]}
    )

    for earlier in ([("f", "a"), ("g", "b")], [("f", "b"), ("g", "a")]):
        assert assign(market, objective, keep=earlier, **rules).pairs == earlier


def test_pairs_that_the_market_no_longer_has_are_left_aside() -> None:
    market = Market.from_lists(firms={"f": ["a"]}, experts={"a": ["f"], "b": []})

    for objective in ("stable", "total", "fair"):
        assert assign(market, objective, keep=[("f", "b"), ("gone", "a"), ("f", "gone")]).pairs == [("f", "a")]


def test_a_bonus_in_stable_is_refused_and_the_comparison_is_named() -> None:
    market = Market.from_lists(firms={"f": ["a"]}, experts={"a": ["f"]})

    with pytest.raises(SettingsError, match="compare"):
        assign(market, "stable", keep=[("f", "a")], keep_bonus=0.1)
