"""Every line of the sample's placement list says what is so, and gives reasons that can be seen in both texts."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from matcher.assignment import assign
from matcher.domain.messages import Message
from matcher.domain.records import Expert, Mode, Need, Placement
from matcher.domain.settings import Settings, TermSettings
from matcher.pipeline import MatchResult, match
from matcher.placement import line_problems, placement_list, readable, shared_words
from matcher.ranking import explain
from matcher.text.folding import folded
from tests.strategies import expert, need


def records(result: MatchResult) -> tuple[dict[Any, Any], dict[Any, Any]]:
    """Needs and experts by id."""
    ranker = result.ranking.ranker
    return {n.need_id: n for n in ranker.needs}, {e.expert_id: e for e in ranker.experts}


def reasons_of(line: dict[str, object]) -> dict[str, Message]:
    """Reasons of a line by code."""
    message = line["reasons"]
    assert isinstance(message, Message)
    reasons = message.values["reasons"]
    assert isinstance(reasons, tuple)
    return {reason.code: reason for reason in reasons}


def test_a_line_tells_of_the_need_and_the_expert_what_their_records_say(sample_result: MatchResult) -> None:
    needs, experts = records(sample_result)
    for line in sample_result.lines:
        n, e = needs[line["need_id"]], experts[line["expert_id"]]

        assert [line[name] for name in ("firm_id", "firm", "township", "industry", "need_title")] == (
            [n.firm_id, n.name, n.township, n.industry, n.need_title]
        )
        assert [line[name] for name in ("expert", "institution", "expert_title")] == [e.name, e.institution, e.title]
        assert (line["status"], line["term_from"], line["term_to"]) == ("new", "", "")


def test_lines_are_the_pairs_placed_by_need_then_by_expert(sample_result: MatchResult) -> None:
    assert [(line["need_id"], line["expert_id"]) for line in sample_result.lines] == sample_result.assignment.pairs


def test_ranks_count_those_whom_the_side_would_rather_have(sample_result: MatchResult) -> None:
    market = sample_result.market
    for line in sample_result.lines:
        p = market.position[str(line["need_id"]), str(line["expert_id"])]
        mine, theirs = market.need == market.need[p], market.expert == market.expert[p]

        assert line["firm_rank"] == 1 + (market.firm_order[mine] > market.firm_order[p]).sum()
        assert line["expert_rank"] == 1 + (market.expert_order[theirs] > market.expert_order[p]).sum()


def test_fits_are_the_scores_and_the_value_joins_wishes_and_fits(sample_result: MatchResult) -> None:
    needs, experts = records(sample_result)
    ranking = sample_result.ranking

    def satisfaction(tiers: tuple[tuple[str, ...], ...], names: set[str], fit: float) -> float:
        stated = next((r for r, tier in enumerate(tiers, 1) if names & set(tier)), None)
        return fit / 2 if stated is None else 1 / 2 + (len(tiers) - stated + 1) / (2 * len(tiers))

    for line in sample_result.lines:
        n, e = needs[line["need_id"]], experts[line["expert_id"]]
        scores = explain(ranking.ranker, ranking.need_position[n.need_id], ranking.expert_position[e.expert_id])
        firm = satisfaction(n.preferred_experts, {e.expert_id}, scores.firm_score)
        other = satisfaction(e.preferred_firms, {n.firm_id, n.need_id}, scores.expert_score)

        assert line["firm_fit"] == pytest.approx(scores.firm_score, abs=5.1e-7)
        assert line["expert_fit"] == pytest.approx(scores.expert_score, abs=5.1e-7)
        assert line["fit"] == pytest.approx((scores.firm_score + scores.expert_score) / 2, abs=5.1e-7)
        assert line["value"] == pytest.approx((firm + other) / 2, abs=5.1e-7)


def test_every_line_has_reasons_and_the_words_named_stand_in_both_texts(sample_result: MatchResult) -> None:
    needs, experts = records(sample_result)
    for line in sample_result.lines:
        n, e, reasons = needs[line["need_id"]], experts[line["expert_id"]], reasons_of(line)
        assert reasons
        spans = reasons["reason.shared_words"].values["spans"] if "reason.shared_words" in reasons else ()
        assert isinstance(spans, tuple)
        assert len(spans) <= 5
        for span in spans:
            of_need, _, of_profile = str(span).removesuffix("）").partition("（")
            assert of_need in folded(n.text)
            assert (of_profile or of_need) in folded(e.profile)


def test_a_line_without_shared_words_shares_nothing_that_names_anything(sample_result: MatchResult) -> None:
    ranking, silent = sample_result.ranking, 0
    for line in sample_result.lines:
        if "reason.shared_words" not in reasons_of(line):
            pair = ranking.need_position[str(line["need_id"])], ranking.expert_position[str(line["expert_id"])]
            assert shared_words(ranking.ranker, *pair) == ()
            silent += 1
    assert 0 < silent < 0.2 * len(sample_result.lines)


def test_a_wish_a_role_and_a_good_past_are_reasons_exactly_where_they_are_so(sample_result: MatchResult) -> None:
    needs, experts = records(sample_result)
    pair_history = {
        side: getattr(sample_result.ranking.ranker.features, f"{side}_history").pair for side in ("firm", "expert")
    }
    assessed = sample_result.ranking.ranker.features.firm_assessment.pair
    seen = set()
    for line in sample_result.lines:
        n, e, reasons = needs[line["need_id"]], experts[line["expert_id"]], reasons_of(line)
        i, j = (
            sample_result.ranking.need_position[n.need_id],
            sample_result.ranking.expert_position[e.expert_id],
        )
        seen |= reasons.keys()

        assert ("reason.firm_named" in reasons) == any(e.expert_id in tier for tier in n.preferred_experts)
        assert ("reason.expert_named" in reasons) == any({n.firm_id, n.need_id} & set(t) for t in e.preferred_firms)
        assert ("reason.role" in reasons) == (bool(n.role_wanted) and n.role_wanted in e.roles)
        for side, history in pair_history.items():
            assert (f"reason.{side}_rated_well" in reasons) == (history[i, j] - 1 > 0.5)
        assert ("reason.assessed_well" in reasons) == (assessed[i, j] - 1 > 0.5)
    assert len(seen) == 11  # the sample shows every kind


def told(a_need: Need, an_expert: Expert, **weights: dict[str, float]) -> list[Message]:
    """Reasons of a pair by itself."""
    result = match([an_expert], [a_need], Settings(ranking={"min_fit": 0, **weights}))
    return list(reasons_of(result.lines[0]).values())


@pytest.mark.parametrize(
    ("city", "mode", "expected"),
    [
        ("嵊州", "either", [Message("reason.near", {"km": 30})]),
        ("杭州", "onsite", [Message("reason.distance", {"km": 100})]),
        ("北京", "either", []),
        ("北京", "online", [Message("reason.online", {})]),
        ("", "either", []),
    ],
)
def test_distance_is_a_reason_where_it_costs_little(city: str, mode: Mode, expected: list[Message]) -> None:
    found = told(need("n", township="甘霖镇"), expert("e", city=city, mode=mode))

    assert [
        reason for reason in found if reason.code in ("reason.near", "reason.distance", "reason.online")
    ] == expected


@pytest.mark.parametrize(
    ("discipline", "said"), [("电气工程", ["电气工程"]), ("控制科学", ["控制科学"]), ("声学", []), ("", [])]
)
def test_a_discipline_is_a_reason_where_it_fits(discipline: str, said: list[str]) -> None:
    found = told(need("n", industry="电机"), expert("e", discipline=discipline))

    assert [reason.values["discipline"] for reason in found if reason.code == "reason.discipline"] == said


def test_features_are_told_by_what_they_add_and_those_of_no_weight_are_not() -> None:
    pair = (need("n", industry="电机", township="甘霖镇"), expert("e", city="嵊州", discipline="电气工程"))

    def codes(**weights: float) -> list[str]:
        shares = {"text": 0.5, **weights}
        return [reason.code for reason in told(*pair, firm=shares, expert=shares)][1:]

    assert codes(discipline=0.1, place=0.3) == ["reason.near", "reason.discipline"]
    assert codes(discipline=0.3, place=0.1) == ["reason.discipline", "reason.near"]
    assert codes(discipline=0.3) == ["reason.discipline"]


def test_stars_told_are_the_mean_of_those_given(sample_result: MatchResult, sample: Any) -> None:
    for line in sample_result.lines:
        told = reasons_of(line).get("reason.firm_rated_well")
        stars = [
            rating.firm_rating
            for rating in sample.ratings
            if (rating.firm_id, rating.expert_id) == (line["firm_id"], line["expert_id"]) and rating.firm_rating
        ]
        if told:
            assert told.values["stars"] == pytest.approx(sum(stars) / len(stars))


def test_the_tier_told_is_the_one_stated(sample_result: MatchResult) -> None:
    needs, _ = records(sample_result)
    for line in sample_result.lines:
        if told := reasons_of(line).get("reason.firm_named"):
            tier = told.values["tier"]
            assert isinstance(tier, int)
            assert line["expert_id"] in needs[line["need_id"]].preferred_experts[tier - 1]


def test_single_characters_are_shown_only_for_want_of_words() -> None:
    assert readable((("电", 0.5), ("降噪", 0.1), ("a", 0.1))) == ("降噪",)
    assert readable((("电", 0.5), ("机", 0.1))) == ("电", "机")
    assert readable(tuple((f"词{k}", 0.1) for k in range(9)), 3) == ("词0", "词1", "词2")
    assert readable(()) == ()


def test_it_is_told_how_many_reasons_are_given_until_all_are(sample_result: MatchResult) -> None:
    told: list[tuple[int, int, str]] = []
    ours = sample_result.ranking, sample_result.market, sample_result.assignment
    lines = placement_list(*ours, TermSettings(), lambda *word: told.append(word))
    assert told == [(100, len(lines), "reasons"), (len(lines), len(lines), "reasons")]


def test_the_term_stands_on_every_line(sample_result: MatchResult) -> None:
    term = TermSettings(start=date(2026, 3, 1), end=date(2027, 2, 28))
    lines = placement_list(sample_result.ranking, sample_result.market, sample_result.assignment, term)

    assert {(line["term_from"], line["term_to"]) for line in lines} == {("2026-03-01", "2027-02-28")}


def as_read(result: MatchResult) -> list[Placement]:
    """The list as it would be read again."""
    return [
        Placement(**{**line, "reasons": "…", "row": row})  # ty: ignore[invalid-argument-type]
        for row, line in enumerate(result.lines, 2)
    ]


def test_a_list_that_was_not_touched_says_nothing_wrong(sample_result: MatchResult) -> None:
    assert line_problems(sample_result.ranking, sample_result.market, as_read(sample_result), TermSettings()) == []


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("firm_id", "F999"),
        ("firm", "别家"),
        ("township", "别处"),
        ("expert", "他人"),
        ("institution", "别处"),
        ("firm_fit", 0.999),
        ("expert_fit", 0.0),
        ("fit", 0.9),
        ("value", 0.0),
        ("firm_rank", 77),
        ("expert_rank", 77),
        ("status", "locked"),
        ("term_from", "1999-01-01"),
    ],
)
def test_a_line_that_says_what_is_not_so_is_found_with_row_and_column(
    sample_result: MatchResult, column: str, value: object
) -> None:
    lines = as_read(sample_result)
    lines[3] = replace(lines[3], **{column: value})
    problems = line_problems(sample_result.ranking, sample_result.market, lines, TermSettings(), "list.csv")

    assert [(problem.path, problem.row, problem.column) for problem in problems] == (
        [("list.csv", 5, f"placements.{column}")]
    )
    shown = f"{value:.6f}" if isinstance(value, float) else value
    assert problems[0].message.values["value"] == shown


def test_what_a_line_leaves_empty_is_not_claimed_and_pairs_that_cannot_be_are_left_to_the_audit(
    sample_result: MatchResult,
) -> None:
    need_id, expert_id = sample_result.assignment.pairs[0]
    bare = [Placement(need_id=need_id, expert_id=expert_id), Placement(need_id=need_id, expert_id="nobody", fit=0.3)]

    assert line_problems(sample_result.ranking, sample_result.market, bare, TermSettings()) == []


def test_a_difference_in_the_last_decimal_is_no_lie(sample_result: MatchResult) -> None:
    lines = as_read(sample_result)
    close = [replace(line, fit=(line.fit or 0) + 9e-7) for line in lines]

    assert line_problems(sample_result.ranking, sample_result.market, close, TermSettings()) == []


def test_an_empty_assignment_gives_an_empty_list(sample_result: MatchResult) -> None:
    market = sample_result.market
    nobody = replace(market, need_capacity=market.need_capacity * 0)
    empty = assign(nobody)

    assert placement_list(sample_result.ranking, nobody, empty, TermSettings()) == []
