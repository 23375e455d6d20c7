"""What each objective promises, against every assignment that the rules allow."""

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from matcher.assignment import OBJECTIVES, Assignment, Market, assign
from matcher.assignment.rules import Quota
from matcher.domain.settings import Proposer
from tests.ruled import BILLION, Ruled, ruled
from tests.strategies import Pair, of_expert, of_need

soluble = ruled().filter(lambda market: bool(market.all_feasible))
by_flows = ruled(crossing=False, people=False).filter(lambda market: bool(market.all_feasible) and not market.people)
without_groups = ruled(maxima=False, minima=False).filter(lambda market: bool(market.all_feasible))

each_proposer = pytest.mark.parametrize("proposer", ["firms", "experts"])


def place(market: Ruled, objective: str, proposer: Proposer = "firms") -> Assignment:
    return assign(market.sketch.market(), objective, proposer, **market.rules())


def billionths(number: float) -> int:
    return round(number * BILLION)


@each_proposer
@settings(max_examples=80)
@given(market=without_groups)
def test_stable_without_groups_places_as_many_pairs_as_any_stable_assignment(proposer: Proposer, market: Ruled) -> None:
    assignment = place(market, "stable", proposer)

    assert market.blocking(frozenset(assignment.pairs)) == set()
    assert len(assignment.pairs) == max(len(placed) for placed in market.all_stable)
    assert assignment.certificate.value == assignment.certificate.bound == len(assignment.pairs)


@each_proposer
@settings(max_examples=60)
@given(market=ruled(maxima=False, minima=False, strict=True).filter(lambda market: bool(market.all_feasible)))
def test_stable_with_strict_lists_locks_and_bans_gives_the_proposers_their_best(
    proposer: Proposer, market: Ruled
) -> None:
    assume(not market.locks)
    placed = frozenset(place(market, "stable", proposer).pairs)

    assert placed in market.all_stable
    for other in market.all_stable:
        needs_own, experts_own = (placed, other) if proposer == "firms" else (other, placed)
        for name in market.sketch.places:
            own = of_need(needs_own, name)
            assert market.sketch.need_choice(own | of_need(placed | other, name)) == own
        for name in market.sketch.seats:
            own = of_expert(experts_own, name)
            assert market.sketch.expert_choice(own | of_expert(placed | other, name)) == own


@pytest.mark.parametrize("markets", [by_flows, soluble], ids=["nested", "any"])
@settings(max_examples=80)
@given(data=st.data())
def test_total_is_the_greatest_sum_that_the_rules_allow(markets: st.SearchStrategy[Ruled], data: st.DataObject) -> None:
    market = data.draw(markets)
    assignment = place(market, "total")
    certificate = assignment.certificate

    assert market.total(frozenset(assignment.pairs)) == market.best_total
    assert billionths(certificate.value) == market.best_total
    assert certificate.bound == certificate.value


@pytest.mark.parametrize("markets", [by_flows, soluble], ids=["nested", "any"])
@settings(max_examples=80)
@given(data=st.data())
def test_fair_raises_the_worst_off_first_and_then_the_sum(
    markets: st.SearchStrategy[Ruled], data: st.DataObject
) -> None:
    market = data.draw(markets)
    assignment = place(market, "fair")
    placed, certificate = frozenset(assignment.pairs), assignment.certificate
    fairest = [other for other in market.all_feasible if market.levels(other) == market.fairest]
    levels = certificate.proof["levels"]

    assert market.levels(placed) == market.fairest
    assert market.total(placed) == max(market.total(other) for other in fairest)
    assert billionths(certificate.value) == market.total(placed)
    assert certificate.bound == certificate.value
    assert [value for value, count in levels for _ in range(count)] == market.fairest  # ty: ignore[not-iterable]


@settings(max_examples=80)
@given(market=soluble, data=st.data())
def test_a_ban_of_who_was_not_placed_leaves_total_and_of_who_was_never_raises_it(
    market: Ruled, data: st.DataObject
) -> None:
    assume(market.sketch.firm_likes.keys() - market.locks)
    pair = data.draw(st.sampled_from(sorted(market.sketch.firm_likes.keys() - market.locks)))
    banned = Ruled(market.sketch, market.groups, market.locks, market.bans | {pair}, market.people)
    assume(banned.all_feasible)
    before, after = place(market, "total"), place(banned, "total")

    assert after.certificate.value <= before.certificate.value
    assert after.certificate.value == before.certificate.value or pair in before.pairs


@settings(max_examples=80)
@given(market=without_groups, data=st.data())
def test_a_ban_of_who_was_not_placed_leaves_a_stable_list_stable(market: Ruled, data: st.DataObject) -> None:
    placed = frozenset(place(market, "stable").pairs)
    others = sorted(market.sketch.firm_likes.keys() - placed)
    assume(others)
    pair = data.draw(st.sampled_from(others))
    banned = Ruled(market.sketch, bans=market.bans | {pair}, locks=market.locks)

    assert banned.blocking(placed) == set()
    assert len(place(banned, "stable").pairs) >= len(placed)


def scored(*fits: tuple[Pair, float]) -> Market:
    """A market in which both sides go by the same fits."""
    firms, experts = (sorted({pair[side] for pair, _ in fits}) for side in (0, 1))
    rows, columns = [firms.index(f) for (f, _), _ in fits], [experts.index(e) for (_, e), _ in fits]
    fit = sp.coo_array(([value for _, value in fits], (rows, columns)), shape=(len(firms), len(experts)))
    return Market.from_scores(firms, experts, fit, fit)


CROSSING = [Quota(side="firm", group=dict.fromkeys(names, "x"), value="x", maximum=1) for names in ("fg", "gh")]


@pytest.mark.parametrize("objective", sorted(OBJECTIVES))
@pytest.mark.parametrize("small", [1e-5, 1e-8])
@pytest.mark.parametrize("quotas", [[], CROSSING], ids=["flow", "program"])
def test_a_score_however_small_places_and_decides(objective: str, small: float, quotas: list[Quota]) -> None:
    market = scored((("f", "a"), small), (("f", "b"), 2 * small), (("i", "c"), small), (("h", "d"), 0.9))
    assignment = assign(market, objective, quotas=quotas)

    assert assignment.pairs == [("f", "b"), ("h", "d"), ("i", "c")]
    if objective != "stable":
        assert assignment.certificate.value == pytest.approx(0.9 + 3 * small, rel=0, abs=1e-12)


@pytest.mark.parametrize("objective", ["total", "fair"])
@pytest.mark.parametrize("quotas", [[], CROSSING], ids=["flow", "program"])
def test_a_difference_of_1e_8_among_large_scores_decides(objective: str, quotas: list[Quota]) -> None:
    market = scored((("f", "a"), 0.9), (("f", "b"), 0.9 + 1e-8), (("h", "a"), 0.9 + 1e-8), (("h", "b"), 0.9))

    assert assign(market, objective, quotas=quotas).pairs == [("f", "b"), ("h", "a")]


def test_total_and_fair_part_where_one_need_pays_for_the_others() -> None:
    market = scored((("f", "a"), 1.0), (("f", "b"), 0.5), (("g", "a"), 0.4))

    assert assign(market, "total").pairs == [("f", "a")]
    assert assign(market, "fair").pairs == [("f", "b"), ("g", "a")]
    assert assign(market, "fair").certificate.proof["levels"] == [[400_000_000, 1], [500_000_000, 1]]


def test_fair_goes_on_to_the_next_worst_off_when_the_worst_is_settled() -> None:
    """The worst need has one expert; above it, two needs share out two experts."""
    market = scored((("f", "a"), 0.1), (("g", "b"), 0.9), (("g", "c"), 0.5), (("h", "b"), 0.6), (("h", "c"), 0.3))

    assert assign(market, "fair").pairs == [("f", "a"), ("g", "c"), ("h", "b")]
    assert assign(market, "total").pairs == [("f", "a"), ("g", "b"), ("h", "c")]


@pytest.mark.parametrize("objective", sorted(OBJECTIVES))
def test_an_expert_with_two_places_serves_one_need_of_a_firm(objective: str) -> None:
    satisfaction = np.array([0.9, 0.8])
    market = Market(
        need_ids=("f-1", "f-2"),
        expert_ids=("e",),
        firm_of=np.array([0, 0]),
        need_capacity=np.array([1, 1]),
        expert_capacity=np.array([2]),
        need=np.array([0, 1]),
        expert=np.array([0, 0]),
        firm_order=np.array([9, 8]),
        expert_order=np.array([9, 8]),
        firm_satisfaction=satisfaction,
        expert_satisfaction=satisfaction,
    )

    assert assign(market, objective).pairs == [("f-1", "e")]
    assert assign(market, objective, bans=[("f-1", "e")]).pairs == [("f-2", "e")]
    assert assign(market, objective, locks=[("f-2", "e")]).pairs == [("f-2", "e")]
