"""The market that is made of ranked records: who is in it, places, orders and satisfaction."""

from typing import Any

import numpy as np
import pytest

from matcher.assignment import Market
from matcher.domain.settings import Settings
from matcher.pipeline import MatchResult, open_market
from matcher.ranking.ranker import SCORE_UNIT
from tests.strategies import expert, need


def market_of(*, joint: str = "mean", days: int | None = None) -> Market:
    experts = [
        expert("a", "电机，降噪", preferred_firms=(("g",), ("f",))),
        expert("b", "电机降噪", capacity=3, days_per_year=50),
        expert("c", "茶叶"),
    ]
    needs = [
        need("f-1", "电机降噪", firm_id="f", capacity=2, preferred_experts=(("b",), ("c", "a"), ("d",))),
        need("f-2", "电机", firm_id="f"),
        need("g", "降噪"),
    ]
    assignment: dict[str, Any] = {"joint": joint, "days_per_placement": days}
    cosines = {"semantic": 0, "length_slope": 1, "commonness": 0}
    settings = Settings.model_validate(
        {"text": cosines, "ranking": {"firm": {}, "expert": {}, "min_fit": 0}, "assignment": assignment}
    )
    return open_market([*experts, expert("d", "降噪")], needs, settings)[1]


def test_rows_are_needs_and_needs_of_one_firm_are_known() -> None:
    market = market_of()

    assert market.need_ids == ("f-1", "f-2", "g")
    assert market.expert_ids == ("a", "b", "c", "d")
    assert market.firm_of[0] == market.firm_of[1] != market.firm_of[2]
    assert market.need_capacity.tolist() == [2, 1, 1]
    assert market.expert_capacity.tolist() == [1, 3, 1, 1]


def test_days_cap_the_places() -> None:
    assert market_of(days=20).expert_capacity.tolist() == [1, 2, 1, 1]
    assert market_of(days=60).expert_capacity.tolist() == [1, 0, 1, 1]


def test_satisfaction_is_that_of_the_tier_with_the_named_and_half_the_fit_with_others() -> None:
    market = market_of()
    firm = {pair: market.firm_satisfaction[p] for pair, p in market.position.items()}
    other = {pair: market.expert_satisfaction[p] for pair, p in market.position.items()}

    assert [firm["f-1", name] for name in "bad"] == pytest.approx([1, 5 / 6, 4 / 6])
    assert firm["f-2", "a"] < 0.5
    assert [other["g", "a"], other["f-1", "a"], other["f-2", "a"]] == pytest.approx([1, 0.75, 0.75])
    assert other["f-1", "b"] == pytest.approx(0.5)  # the same text: the fit is 1


def test_the_value_joins_both_satisfactions_as_the_settings_say() -> None:
    one, other = market_of().firm_satisfaction, market_of().expert_satisfaction

    assert market_of(joint="mean").value == pytest.approx((one + other) / 2)
    assert market_of(joint="min").value == pytest.approx(np.minimum(one, other))
    assert market_of(joint="geometric").value == pytest.approx(np.sqrt(one * other))


def test_on_the_sample_everybody_goes_by_their_wishes_first_and_then_by_score(sample_result: MatchResult) -> None:
    market, ranking = sample_result.market, sample_result.ranking
    needs, experts = ranking.ranker.needs, ranking.ranker.experts

    def place(tiers: tuple[tuple[str, ...], ...], *names: str) -> int:
        return next((-k for k, tier in enumerate(tiers) if set(names) & set(tier)), -99)

    for agent, order, score, own in (
        (market.need, market.firm_order, ranking.firm_score, "firm"),
        (market.expert, market.expert_order, ranking.expert_score, "expert"),
    ):
        keys = []
        for p in range(market.n_pairs):
            n, e = needs[market.need[p]], experts[market.expert[p]]
            if own == "firm":
                tier = place(n.preferred_experts, e.expert_id)
            else:
                tier = place(e.preferred_firms, n.firm_id, n.need_id)
            keys.append((tier, int(score[p]) if tier == -99 else 0))
        for k in range(int(agent.max()) + 1):
            mine = np.flatnonzero(agent == k).tolist()
            for p in mine:
                for q in mine:
                    assert (order[p] > order[q]) == (keys[p] > keys[q])


def test_satisfaction_of_the_sample_lies_above_a_half_exactly_with_the_named(sample_result: MatchResult) -> None:
    market, wishes = sample_result.market, sample_result.ranking.ranker.wishes
    named = np.array([wishes.firm_tier[i, j] > 0 for i, j in zip(market.need, market.expert, strict=True)])
    fit = sample_result.ranking.firm_score * SCORE_UNIT

    assert (market.firm_satisfaction[named] > 0.5).all()
    assert market.firm_satisfaction[~named] == pytest.approx(fit[~named] / 2)
    assert named.sum() > 50
