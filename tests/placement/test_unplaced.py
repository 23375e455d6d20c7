"""The reason why somebody was left out is true: each claim is checked against the market, not against its code."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from matcher.domain.messages import Message
from matcher.domain.settings import Settings
from matcher.pipeline import MatchResult, match
from matcher.placement import UNPLACED_COLUMNS, unplaced_list
from matcher.ranking import Bar
from matcher.ranking.cells import Grid
from tests.strategies import Sample, expert, need

PLAIN: dict[str, Any] = {"ranking": {"firm": {}, "expert": {}, "min_fit": 0}}


@pytest.fixture(scope="module", params=["firms", "experts", "days"])
def result(request: pytest.FixtureRequest, sample: Sample, sample_result: MatchResult) -> MatchResult:
    """The sample as it is; with experts proposing; and with so many days a placement that some experts have none."""
    if request.param == "firms":
        return sample_result
    assignment = {"proposer": "experts"} if request.param == "experts" else {"days_per_placement": 30}
    return match(sample.experts, sample.needs, Settings.model_validate({"assignment": assignment}))


def reason(line: dict[str, object]) -> Message:
    message = line["reason"]
    assert isinstance(message, Message)
    return message


def left_out(result: MatchResult, *codes: str) -> list[tuple[str, Message]]:
    """Ids and reasons of those left out for one of these reasons."""
    return [(str(line["id"]), reason(line)) for line in result.left_out if reason(line).code in codes]


def listed(value: object) -> Sequence[Message]:
    assert isinstance(value, tuple)
    return value


def test_everybody_is_either_placed_or_left_out_and_never_both(result: MatchResult) -> None:
    needs = {line["need_id"] for line in result.lines}
    experts = {line["expert_id"] for line in result.lines}
    needs_out = [line["id"] for line in result.left_out if line["side"] == "firm"]
    experts_out = [line["id"] for line in result.left_out if line["side"] == "expert"]

    assert sorted([*needs, *needs_out], key=str) == [n.need_id for n in result.ranking.ranker.needs]
    assert sorted([*experts, *experts_out], key=str) == [e.expert_id for e in result.ranking.ranker.experts]


def test_lines_have_the_columns_the_name_and_all_places_free(result: MatchResult) -> None:
    market = result.market
    names = {n.need_id: n.name for n in result.ranking.ranker.needs}
    names |= {e.expert_id: e.name for e in result.ranking.ranker.experts}
    places = dict(zip(market.need_ids, market.need_capacity.tolist(), strict=True))
    places |= dict(zip(market.expert_ids, market.expert_capacity.tolist(), strict=True))
    for line in result.left_out:
        assert tuple(line) == UNPLACED_COLUMNS
        assert line["name"] == names[str(line["id"])]
        assert line["free_places"] == places[str(line["id"])]


def test_all_experts_whom_a_need_could_have_are_taken_by_needs_that_they_like_no_less(result: MatchResult) -> None:
    market = result.market
    placed = list(result.assignment.positions)
    found = left_out(result, "unplaced.need_all_taken")
    for name, message in found:
        i = market.need_ids.index(name)
        pairs = np.flatnonzero(market.need == i).tolist()
        assert message.values["count"] == len(pairs) > 0
        for p in pairs:
            j = market.expert[p]
            held = [q for q in placed if market.expert[q] == j]
            same_firm = [q for q in held if market.firm_of[market.need[q]] == market.firm_of[i]]
            assert len(held) == market.expert_capacity[j] or same_firm
            assert all(market.expert_order[q] >= market.expert_order[p] for q in same_firm or held)
    assert found


def test_all_needs_that_could_have_an_expert_are_full_of_experts_whom_they_like_no_less(result: MatchResult) -> None:
    market = result.market
    placed = list(result.assignment.positions)
    found = left_out(result, "unplaced.expert_all_full")
    for name, message in found:
        j = market.expert_ids.index(name)
        pairs = np.flatnonzero(market.expert == j).tolist()
        assert message.values["count"] == len(pairs) > 0
        assert market.expert_capacity[j] > 0
        for p in pairs:
            held = [q for q in placed if market.need[q] == market.need[p]]
            assert len(held) == market.need_capacity[market.need[p]]
            assert all(market.firm_order[q] >= market.firm_order[p] for q in held)
    assert found


def test_examples_are_the_best_that_were_within_reach_and_name_who_holds_them(result: MatchResult) -> None:
    market, ranker = result.market, result.ranking.ranker
    pairs = result.assignment.pairs
    for name, message in left_out(result, "unplaced.need_all_taken"):
        reach = [(market.firm_rank[p], e) for (n, e), p in market.position.items() if n == name]
        best = [e for _, e in sorted(reach)][:3]
        told = listed(message.values["examples"])
        for e, example in zip(best, told, strict=True):
            record = ranker.experts[market.expert_ids.index(e)]
            serves = tuple(n for n, other in pairs if other == e)
            assert example.values["expert"] == f"{record.name} {e}"
            assert example.values["needs"] == serves
            assert example.code == ("unplaced.expert_serves" if serves else "unplaced.expert_has_no_days")
    for name, message in left_out(result, "unplaced.expert_all_full"):
        reach = [(market.expert_rank[p], n) for (n, e), p in market.position.items() if e == name]
        best = [n for _, n in sorted(reach)][:3]
        for n, example in zip(best, listed(message.values["examples"]), strict=True):
            holders = {e for other, e in pairs if other == n}
            assert example.values["need"] == n
            assert {str(holder).split()[-1] for holder in listed(example.values["experts"])} == holders


def test_who_has_nobody_acceptable_is_told_every_bar_with_its_count(result: MatchResult) -> None:
    market, ranker = result.market, result.ranking.ranker
    bars = ranker.scores(Grid(np.arange(len(ranker.needs)))).bar
    codes = ("unplaced.need_without_acceptable", "unplaced.expert_without_acceptable")
    for name, message in left_out(result, *codes):
        if message.code == codes[0]:
            found = bars[market.need_ids.index(name)]
        else:
            found = bars[:, market.expert_ids.index(name)]
        told: list[Any] = [(m.values["bar"], m.values["count"]) for m in listed(message.values["bars"])]
        expected = {Bar(k).code: int((found == k).sum()) for k in np.unique(found)}

        assert {bar.code: count for bar, count in told} == expected
        assert Bar.NONE.code not in expected
        assert [count for _, count in told] == sorted((count for _, count in told), reverse=True)
    assert left_out(result, *codes)


def test_who_is_not_eligible_is_told_the_rule(result: MatchResult) -> None:
    experts = {e.expert_id: e for e in result.ranking.ranker.experts}
    found = left_out(result, "unplaced.expert_not_eligible")
    claims = {
        "bar.out_of_post": lambda e: e.in_post is False,
        "bar.on_other_list": lambda e: e.other_list is True,
        "bar.consent_refused": lambda e: e.consent is False,
    }
    for name, message in found:
        bar = message.values["bar"]
        assert isinstance(bar, Message)
        assert claims[bar.code](experts[name])
    assert {name for name, _ in found} == {
        e.expert_id for e in experts.values() if any(claim(e) for claim in claims.values())
    }


def test_who_has_too_few_days_for_one_placement_is_told_so(sample: Sample, result: MatchResult) -> None:
    days = {e.expert_id: e.days_per_year for e in sample.experts if e.days_per_year is not None}
    for name, message in left_out(result, "unplaced.expert_without_days"):
        assert message.values["days"] == days[name]
        assert days[name] < 30


def test_a_stable_list_leaves_nobody_for_the_good_of_the_whole(result: MatchResult) -> None:
    assert not left_out(result, "unplaced.need_left_for_the_whole", "unplaced.expert_left_for_the_whole")


def test_a_list_that_is_not_stable_does_not_claim_that_all_were_taken(sample_result: MatchResult) -> None:
    """With nobody placed everybody blocks: the only true reason is that the objective left them out."""
    nothing = replace(sample_result.assignment, pairs=[], positions=())
    lines = unplaced_list(sample_result.ranking, sample_result.market, nothing)
    codes = {reason(line).code for line in lines}

    assert len(lines) == 185 + 140
    assert {"unplaced.need_left_for_the_whole", "unplaced.expert_left_for_the_whole"} <= codes
    assert not {"unplaced.need_all_taken", "unplaced.expert_all_full"} & codes


def test_each_reason_in_a_market_small_enough_to_see() -> None:
    experts = [
        expert("a", "电机降噪"),
        expert("b", "电机降噪", consent=False),
        expert("c", "茶叶"),
        expert("d", "电机"),
        expert("z", "印染", days_per_year=5),
    ]
    needs = [need("n", "电机降噪"), need("o", "量子"), need("p", "电机"), need("q", "印染")]
    settings = Settings.model_validate({**PLAIN, "assignment": {"days_per_placement": 10}})
    needs[2] = need("p", "电机", vetoed_experts=("d",))
    result = match(experts, needs, settings)
    codes = {str(line["id"]): reason(line).code.removeprefix("unplaced.") for line in result.left_out}

    assert result.assignment.pairs == [("n", "a")]
    assert codes == {
        "o": "need_without_acceptable",
        "p": "need_all_taken",
        "q": "need_all_taken",
        "b": "expert_not_eligible",
        "c": "expert_without_acceptable",
        "d": "expert_all_full",
        "z": "expert_without_days",
    }
    (examples,) = [listed(reason(line).values["examples"]) for line in result.left_out if line["id"] == "q"]
    assert [example.code for example in examples] == ["unplaced.expert_has_no_days"]


def test_who_is_banned_from_all_is_told_so() -> None:
    settings = Settings.model_validate({**PLAIN, "assignment": {"bans": [["n", "a"], ["n", "b"]]}})
    result = match([expert("a"), expert("b")], [need("n")], settings)

    assert [(line["id"], reason(line).code) for line in result.left_out] == [
        ("n", "unplaced.need_banned"),
        ("a", "unplaced.expert_banned"),
        ("b", "unplaced.expert_banned"),
    ]


@pytest.mark.parametrize("objective", ["stable", "total", "fair"])
def test_whom_a_limit_leaves_out_is_told_the_limit(objective: str) -> None:
    quota = {"column": "township", "value": "甘霖镇", "maximum": 1}
    settings = Settings.model_validate({**PLAIN, "assignment": {"objective": objective, "quotas": [quota]}})
    needs = [need("m", "电机降噪", township="甘霖镇"), need("n", "电机", township="甘霖镇")]
    result = match([expert("a", "电机降噪"), expert("b", "电机降噪")], needs, settings)

    assert len(result.lines) == 1
    assert {reason(line).code for line in result.left_out} <= {
        "unplaced.need_forbidden_by_quota",
        "unplaced.expert_forbidden_by_quota",
        "unplaced.expert_all_full",
    }
    limits = [listed(message.values["limits"]) for _, message in left_out(result, "unplaced.need_forbidden_by_quota")]
    assert [str(limit) for told in limits for limit in told] == ["乡镇街道“甘霖镇”（assignment.quotas[1]）至多 1 对"]
