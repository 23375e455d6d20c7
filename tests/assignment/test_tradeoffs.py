"""Lists between total and fair, and what it costs to keep an earlier list: against brute force."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matcher.assignment import Market, Rules, assign, floored, keep_curve
from matcher.domain.errors import InfeasibleProblem
from tests.assignment.test_margins import rules_of, soluble
from tests.ruled import BILLION, Fraction, Ruled, with_keep

floors = st.sampled_from((0.0, 1e-9, 0.3, 0.5, 0.7, 1.0))


@settings(max_examples=50)
@given(soluble, floors)
def test_nobody_is_below_the_floor_who_need_not_be_and_then_the_sum_is_greatest(market: Ruled, floor: float) -> None:
    def best_first(placed: frozenset[tuple[str, str]]) -> tuple[list[int], int]:
        return [min(level, round(BILLION * floor)) for level in market.levels(placed)], market.total(placed)

    found = floored(market.sketch.market(), floor, rules_of(market))

    assert frozenset(found.pairs) in market.all_feasible
    assert best_first(frozenset(found.pairs)) == max(map(best_first, market.all_feasible))
    assert round(BILLION * found.total) == market.total(frozenset(found.pairs))
    assert [round(BILLION * value) for value in found.values.tolist()] == market.levels(frozenset(found.pairs))
    assert found.n_served == sum(level > 0 for level in market.levels(frozenset(found.pairs)))


@settings(max_examples=20)
@given(soluble)
def test_no_floor_is_total_and_the_highest_is_fair(market: Ruled) -> None:
    seen, rules = market.sketch.market(), rules_of(market)
    lowest, highest = (frozenset(floored(seen, floor, rules).pairs) for floor in (0.0, 1.0))

    assert market.total(lowest) == market.best_total
    assert market.levels(highest) == market.fairest
    assert market.total(highest) == market.total(frozenset(assign(seen, "fair", **market.rules()).pairs))


@settings(max_examples=20)
@given(soluble)
def test_the_higher_the_floor_the_less_the_sum(market: Ruled) -> None:
    sums = [floored(market.sketch.market(), floor, rules_of(market)).total for floor in (0.0, 1e-9, 0.3, 0.6, 1.0)]

    assert sums == sorted(sums, reverse=True)


@settings(max_examples=20)
@given(with_keep(soluble, Fraction(0)))
def test_along_the_curve_more_is_kept_for_less_value(market: Ruled) -> None:
    points = keep_curve(market.sketch.market(), rules_of(market), (0.0, 0.05, 0.2, 1.0, 50.0))

    assert points[0].value == pytest.approx(market.best_total / BILLION, abs=1e-8)  # pairs are rounded to 1e-9
    assert [point.kept for point in points] == sorted(point.kept for point in points)
    assert all(one.value >= other.value - 1e-8 for one, other in pairwise(points))
    assert points[-1].kept == max(len(market.keep & placed) for placed in market.all_feasible)
    most = [placed for placed in market.all_feasible if len(market.keep & placed) == points[-1].kept]
    assert points[-1].value == pytest.approx(max(map(market.total, most)) / BILLION, abs=1e-8)


@pytest.mark.parametrize("floor", [-0.1, 1.1, float("nan")])
def test_a_floor_is_a_value(floor: float) -> None:
    with pytest.raises(ValueError, match="from 0 to 1"):
        floored(Market.from_lists(firms={"f": ["a"]}, experts={"a": ["f"]}), floor)


def test_where_rules_have_no_answer_a_floor_has_none_either() -> None:
    market = Market.from_lists(firms={"f": ["a"], "g": ["a"]}, experts={"a": ["f", "g"]})

    for floor in (0.0, 0.5):
        with pytest.raises(InfeasibleProblem):
            floored(market, floor, Rules(locks=(("f", "a"), ("g", "a"))))


def test_people_have_no_network() -> None:
    with pytest.raises(ValueError, match="no network"):
        floored(Market.from_lists(firms={"f": ["a"]}, experts={"a": ["f"]}), 0.5, Rules(minimum_people=1))
