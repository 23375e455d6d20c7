"""What one more place or person is worth, and what a quota costs: what brute force finds with it, and without it."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matcher.assignment import Market, Quota, Rules, assign, newcomer_gains, place_gains, quota_costs
from matcher.domain.errors import InfeasibleProblem
from tests.ruled import BILLION, Fraction, Ruled, ruled, with_keep
from tests.strategies import EXPERT_UNIT, FIRM_UNIT, Pair, Sketch

nested = ruled(crossing=False, people=False).filter(lambda market: market.nested and not market.people)
soluble = nested.filter(lambda market: bool(market.all_feasible))


def rules_of(market: Ruled) -> Rules:
    given = {name: tuple(value) for name, value in market.rules().items() if name != "minimum_people"}
    return Rules(**given, minimum_people=market.people, keep=tuple(sorted(market.keep)), keep_bonus=float(market.bonus))


def billionths(gains: np.ndarray) -> list[int]:
    return [round(BILLION * gain) for gain in gains.tolist()]


def gain(market: Ruled, changed: Ruled) -> int:
    return changed.best_total - market.best_total


@settings(max_examples=40)
@given(soluble)
def test_one_more_place_is_worth_what_solving_again_with_it_gives(market: Ruled) -> None:
    found, sketch = place_gains(market.sketch.market(), rules_of(market)), market.sketch

    assert round(BILLION * found.value) == market.best_total
    for side, gains in (("places", found.needs), ("seats", found.experts)):
        room = getattr(sketch, side)
        more = [replace(sketch, **{side: {**room, name: room[name] + 1}}) for name in sorted(room)]
        assert billionths(gains) == [gain(market, replace(market, sketch=one, _standings={})) for one in more]


@settings(max_examples=40)
@given(soluble)
def test_a_limit_moved_by_one_is_worth_what_solving_again_gives(market: Ruled) -> None:
    found = place_gains(market.sketch.market(), rules_of(market))

    for k, group in enumerate(market.groups):
        for gains, bound in ((found.maxima, "maximum"), (found.minima, "minimum")):
            limit = getattr(group, bound)
            expected = 0
            if limit is not None and (bound == "maximum" or limit > 0):
                moved = group._replace(**{bound: limit + (1 if bound == "maximum" else -1)})
                groups = (*market.groups[:k], moved, *market.groups[k + 1 :])
                expected = gain(market, replace(market, groups=groups, _standings={}))
            assert round(BILLION * float(gains[k])) == expected


@settings(max_examples=15)
@given(with_keep(soluble, Fraction(1, 8)))
def test_a_bonus_counts_in_what_a_place_is_worth(market: Ruled) -> None:
    found, sketch = place_gains(market.sketch.market(), rules_of(market)), market.sketch
    more = [replace(sketch, seats={**sketch.seats, name: sketch.seats[name] + 1}) for name in sorted(sketch.seats)]

    assert billionths(found.experts) == [gain(market, replace(market, sketch=one, _standings={})) for one in more]


@settings(max_examples=20)
@given(soluble)
def test_prices_are_never_less_than_the_gains_of_places(market: Ruled) -> None:
    seen = market.sketch.market()
    proof: Any = assign(seen, "total", **market.rules()).certificate.proof
    prices = dict(proof["prices"]["experts"])

    for name, worth in zip(seen.expert_ids, billionths(place_gains(seen, rules_of(market)).experts), strict=True):
        assert worth <= prices.get(name, 0)


@st.composite
def with_newcomers(draw: Callable[..., Any], markets: st.SearchStrategy[Ruled]) -> tuple[Ruled, Sketch]:
    """A market, and two people beside it with what they and its needs like; some pairs are struck out."""
    market = draw(markets)
    pairs = [(n, e) for n in sorted(market.sketch.places) for e in ("x", "y") if draw(st.integers(0, 3))]
    firm_likes, expert_likes = (
        {pair: draw(st.integers(0, unit - 1)) for pair in pairs} for unit in (FIRM_UNIT, EXPERT_UNIT)
    )
    return market, replace(
        market.sketch, seats={"x": 1, "y": 1}, firm_likes=firm_likes, expert_likes=expert_likes, _takes={}
    )


@settings(max_examples=60)
@given(with_newcomers(soluble))
def test_somebody_new_is_worth_what_solving_again_with_them_gives(case: tuple[Ruled, Sketch]) -> None:
    market, beside = case
    sketch = market.sketch

    def joined(name: str) -> Ruled:
        def theirs(likes: dict[Pair, int], new: dict[Pair, int]) -> dict[Pair, int]:
            return likes | {pair: liked for pair, liked in new.items() if pair[1] == name}

        more = replace(
            sketch,
            seats=sketch.seats | {name: 1},
            firm_likes=theirs(sketch.firm_likes, beside.firm_likes),
            expert_likes=theirs(sketch.expert_likes, beside.expert_likes),
            _takes={},
        )
        return replace(market, sketch=more, _standings={})

    found = newcomer_gains(sketch.market(), beside.market(), rules_of(market))

    assert billionths(found) == [gain(market, joined(name)) for name in ("x", "y")]


def test_somebody_like_a_named_expert_brings_less_than_a_place_of_the_one_named() -> None:
    named = Market.from_lists(firms={"f": ["a"], "g": ["a"]}, experts={"a": ["f", "g"]})
    unnamed = replace(named, firm_satisfaction=np.full(2, 0.1), expert_satisfaction=np.full(2, 0.1))

    assert place_gains(named).experts.tolist() == [0.875]
    assert newcomer_gains(named, unnamed).tolist() == [0.1]


def test_newcomers_of_other_needs_are_refused() -> None:
    market, other = (Market.from_lists(firms={name: ["a"]}, experts={"a": [name]}) for name in "fg")

    with pytest.raises(ValueError, match="needs of the market"):
        newcomer_gains(market, other)


@settings(max_examples=20)
@given(ruled().filter(lambda market: bool(market.all_feasible)))
def test_a_quota_costs_what_the_others_alone_would_gain(market: Ruled) -> None:
    best, found = quota_costs(market.sketch.market(), rules_of(market))

    assert round(BILLION * best) == market.best_total
    for k, one in enumerate(found):
        without = replace(market, groups=market.groups[:k] + market.groups[k + 1 :], _standings={})
        assert round(BILLION * one.cost) == gain(market, without)
        placed = frozenset(assign(market.sketch.market(), "total", **market.rules()).pairs)
        assert one.used == market.groups[k].count(placed)


def test_rules_without_an_answer_have_no_gains_and_say_why() -> None:
    market = Market.from_lists(firms={"f": ["a"]}, experts={"a": ["f"]})
    two = Rules(quotas=(Quota(side="firm", group={"f": "x"}, value="x", minimum=2),))

    for ask in (place_gains, quota_costs, lambda market, rules: newcomer_gains(market, market, rules)):
        with pytest.raises(InfeasibleProblem):
            ask(market, two)


@pytest.mark.parametrize("rules", [Rules(minimum_people=1), None], ids=["people", "crossing"])
def test_rules_that_have_no_network_are_refused(rules: Rules | None) -> None:
    names = ["f", "g", "h"]
    market = Market.from_lists(firms={name: ["a"] for name in names}, experts={"a": names})
    cross = tuple(
        Quota(side="firm", group=dict.fromkeys(some, "x"), value="x", maximum=1) for some in (names[:2], names[1:])
    )

    for ask in (place_gains, lambda market, rules: newcomer_gains(market, market, rules)):
        with pytest.raises(ValueError, match="no network"):
            ask(market, rules or Rules(quotas=cross))


def test_a_market_without_pairs_has_nothing_to_gain() -> None:
    market = Market.from_lists(firms={"f": []}, experts={"a": []})
    found = place_gains(market)

    assert (found.value, found.needs.tolist(), found.experts.tolist()) == (0.0, [0.0], [0.0])
    assert newcomer_gains(market, market).tolist() == [0.0]


def test_who_has_no_place_at_all_may_gain_most() -> None:
    market = Market.from_lists(firms={"f": ["a"]}, experts={"a": ["f"]}, expert_capacity={"a": 0})

    assert place_gains(market).experts.tolist() == [1.0]
