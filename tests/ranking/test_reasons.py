"""Reasons add up to the score, on every pair of the sample, and name words that both texts hold."""

from collections import defaultdict
from dataclasses import replace

import numpy as np
import pytest

from matcher.domain.records import Rating
from matcher.domain.settings import EligibilitySettings, RankingSettings, TextSettings, Weights
from matcher.pipeline import MatchResult
from matcher.ranking import PROFILE_FIELDS, Bar, Reasons, explain, rank, shared_spans
from matcher.ranking.cells import Grid
from matcher.ranking.ranker import SCORE_UNIT
from matcher.text import locate, package_lexicon, profile
from matcher.text.channels import term_counts
from matcher.text.units import runs
from tests.strategies import expert, need

WEIGHTS = RankingSettings(
    firm=Weights(text=0.4, title=0.3, role=0.2, history=0.1), expert=Weights(text=0.5, role=0.2, history=0.3)
)


def test_on_every_pair_of_the_sample_parts_sum_to_both_scores_and_spans_and_vectors_to_the_text(
    sample_result: MatchResult,
) -> None:
    ranker = sample_result.ranking.ranker
    blocks = ranker.scores(Grid(np.arange(len(ranker.needs))))
    needs, profiles = (
        ["\n".join("".join(unit.text for unit in run) for run in runs(text)) for text in texts]
        for texts in ([n.text for n in ranker.needs], [e.profile for e in ranker.experts])
    )
    strange, n_pairs = [], 0
    for i in range(len(ranker.needs)):
        for j in range(len(ranker.experts)):
            reasons = explain(ranker, i, j)
            n_pairs += 1
            sums = (
                abs(sum(part.value for part in reasons.firm) - blocks.firm_score[i, j] * SCORE_UNIT) <= 1e-9,
                abs(sum(part.value for part in reasons.expert) - blocks.expert_score[i, j] * SCORE_UNIT) <= 1e-9,
                abs(sum(value for _, value in reasons.spans + reasons.dense) - blocks.text[i, j]) <= 1e-12,
                all(value > 0 and span in needs[i] and span in profiles[j] for span, value in reasons.spans),
            )
            if not all(sums):
                strange.append((i, j, sums))

    assert strange == []
    assert n_pairs == 185 * 140


def test_the_parts_of_a_span_are_what_each_field_of_the_profile_holds_of_it(sample_result: MatchResult) -> None:
    ranker, market = sample_result.ranking.ranker, sample_result.market
    seen = set()
    for position in sample_result.assignment.positions[::3]:
        i, j = int(market.need[position]), int(market.expert[position])
        reasons = explain(ranker, i, j)
        share = ranker.weights("firm")["text"]
        by_span: dict[str, float] = defaultdict(float)
        for part in (part for part in reasons.firm if part.kind == "text"):
            by_span[part.span] += part.value / share
            seen.add(part.field)
            held = term_counts(getattr(ranker.experts[j], part.field), ranker.profiles.lexicon)
            assert part.value > 0
            assert held

        assert by_span == pytest.approx(dict(zip(reasons.names, [value for _, value in reasons.spans], strict=True)))
    assert seen == set(PROFILE_FIELDS)


def test_an_addend_is_split_by_how_often_each_field_names_the_word() -> None:
    columns = {"expertise": "降噪，印染", "achievements": "茶叶"}
    experts, needs = [expert("e", "降噪，降噪", **columns), expert("f", "茶叶")], [need("n", "降噪")]
    reasons = explain(
        rank(experts, needs, profile(experts, needs, TextSettings()), WEIGHTS, EligibilitySettings()).ranker, 0, 0
    )
    values = {part.field: part.value for part in reasons.firm if part.kind == "text"}

    assert values.keys() == {"research_fields", "expertise"}
    assert values["research_fields"] == pytest.approx(2 * values["expertise"])


def test_effects_are_how_far_each_part_stands_from_the_mean_over_acceptable_pairs(sample_result: MatchResult) -> None:
    ranking = sample_result.ranking
    rng = np.random.default_rng(5)
    for i, j in zip(rng.integers(0, 185, 40).tolist(), rng.integers(0, 140, 40).tolist(), strict=True):
        reasons = explain(ranking.ranker, i, j)
        for side, score, effects, mine in (
            ("firm", reasons.firm_score, reasons.firm_effects, ranking.need == i),
            ("expert", reasons.expert_score, reasons.expert_effects, ranking.expert == j),
        ):
            if not mine.any():
                assert effects == ()
                continue
            mean = getattr(ranking, f"{side}_score")[mine].mean() * SCORE_UNIT
            assert sum(value for _, value in effects) == pytest.approx(score - mean, abs=2e-9)
            assert [name for name, _ in effects] == list(ranking.ranker.weights(side))


def test_a_title_above_those_of_the_other_candidates_raises_and_one_below_lowers() -> None:
    experts = [expert("e", title="教授"), expert("f", title="讲师"), expert("g", title="讲师")]
    needs = [need("n")]
    ranker = rank(experts, needs, profile(experts, needs, TextSettings()), WEIGHTS, EligibilitySettings()).ranker
    effects = [dict(explain(ranker, 0, j).firm_effects) for j in range(3)]

    assert effects[0]["title"] == pytest.approx(0.3 * (1 - (1 + 0.5 + 0.5) / 3), abs=1e-9)
    assert effects[1]["title"] == effects[2]["title"] == pytest.approx(-effects[0]["title"] / 2)
    assert effects[0]["role"] == 0


def test_scores_that_reasons_explain_are_those_of_the_market(sample_result: MatchResult) -> None:
    ranking = sample_result.ranking
    for p in range(0, len(ranking.need), 17):
        reasons = explain(ranking.ranker, int(ranking.need[p]), int(ranking.expert[p]))

        assert reasons.bar == Bar.NONE
        assert round(reasons.firm_score / SCORE_UNIT) == ranking.firm_score[p]
        assert round(reasons.expert_score / SCORE_UNIT) == ranking.expert_score[p]


def test_spans_of_placed_pairs_can_be_marked_in_both_texts(sample_result: MatchResult) -> None:
    ranker, market = sample_result.ranking.ranker, sample_result.market
    for position in sample_result.assignment.positions:
        i, j = int(market.need[position]), int(market.expert[position])
        for span, _ in shared_spans(ranker, i, j):
            assert locate(ranker.needs[i].text, [span])
            assert locate(ranker.experts[j].profile, [span])


def one_pair(settings: RankingSettings = WEIGHTS, ratings: tuple[Rating, ...] = ()) -> Reasons:
    experts = [
        expert("e", "电机降噪，茶叶", title="教授", roles=("技术攻关员",), preferred_firms=(("m",), ("n",))),
        expert("f", "印染"),
    ]
    needs = [need("m", "印染"), need("n", "降噪电机", role_wanted="技术攻关员", preferred_experts=(("e",),))]
    profiles = profile(experts, needs, TextSettings())
    ranking = rank(experts, needs, profiles, settings, EligibilitySettings(), ratings=ratings)
    return explain(ranking.ranker, 1, 0)


def test_each_feature_is_a_part_of_its_weight_and_the_text_comes_first() -> None:
    reasons = one_pair(ratings=(Rating(expert_id="e", firm_id="n", year=2024, firm_rating=5, expert_rating=2),))
    by_kind = [defaultdict(float), defaultdict(float)]
    for parts, sums in zip((reasons.firm, reasons.expert), by_kind, strict=True):
        for part in parts:
            sums["text" if part.kind == "semantic" else part.kind] += part.value

    assert by_kind[0] == pytest.approx({"text": 0.4 * reasons.text, "title": 0.3, "role": 0.2, "history": 0.1})
    assert by_kind[1] == pytest.approx({"text": 0.5 * reasons.text, "role": 0.2, "history": 0.3 * 0.25})
    kinds = ["text"] * len(reasons.spans) + ["semantic", "title", "role", "history"]
    assert [part.kind for part in reasons.firm] == kinds
    assert [part.span for part in reasons.expert if part.kind != "text"] == ["", "", ""]


def test_a_feature_of_no_weight_is_no_part() -> None:
    reasons = one_pair(RankingSettings(firm=Weights(text=1), expert=Weights(text=0.2, role=0.1)))

    assert {part.kind for part in reasons.firm} == {"text", "semantic"}
    assert {part.kind for part in reasons.expert} == {"text", "semantic", "role"}
    assert reasons.firm_score == pytest.approx(reasons.text, abs=1e-9)


def test_terms_are_gathered_under_the_longest_runs_the_weightiest_first() -> None:
    reasons = one_pair()

    assert [span for span, _ in reasons.spans] in (["电机", "降噪"], ["降噪", "电机"])
    assert [value for _, value in reasons.spans] == sorted((value for _, value in reasons.spans), reverse=True)


def test_tiers_in_which_the_sides_named_each_other_are_told() -> None:
    reasons = one_pair()

    assert (reasons.firm_tier, reasons.expert_tier) == (1, 2)


def test_a_barred_pair_is_explained_with_its_bar() -> None:
    experts = [expert("e", "电机", consent=False)]
    needs = [need("n", "茶叶")]
    ranking = rank(experts, needs, profile(experts, needs, TextSettings()), WEIGHTS, EligibilitySettings())
    reasons = explain(ranking.ranker, 0, 0)

    assert reasons.bar == Bar.CONSENT_REFUSED
    assert (reasons.text, reasons.spans) == (0, ())
    assert sum(part.value for part in reasons.firm) == pytest.approx(reasons.firm_score, abs=1e-9)


@pytest.mark.parametrize(("i", "j"), [(2, 0), (0, 2)])
def test_a_position_out_of_range_is_an_error(i: int, j: int) -> None:
    experts, needs = [expert("e"), expert("f")], [need("m"), need("n")]
    ranking = rank(experts, needs, profile(experts, needs, TextSettings()), WEIGHTS, EligibilitySettings())

    with pytest.raises(IndexError):
        explain(ranking.ranker, i, j)


def test_reasons_of_a_pair_do_not_depend_on_who_else_is_scored_beside_it(sample_result: MatchResult) -> None:
    ranker = sample_result.ranking.ranker
    rows = ranker.scores(Grid(np.arange(len(ranker.needs))))
    rng = np.random.default_rng(3)
    for i, j in zip(rng.integers(0, 185, 30).tolist(), rng.integers(0, 140, 30).tolist(), strict=True):
        reasons = explain(ranker, i, j)

        assert reasons.text == pytest.approx(rows.text[i, j], abs=1e-12)
        assert reasons.bar == rows.bar[i, j]


def test_synonyms_are_one_span_named_as_both_texts_write_it_and_parts_still_add_up() -> None:
    experts, needs = [expert("e", "微特电机轴承，降噪"), expert("f", "印染")], [need("n", "微电机轴承降噪")]
    profiles = profile(experts, needs, TextSettings())
    reasons = explain(rank(experts, needs, profiles, WEIGHTS, EligibilitySettings()).ranker, 0, 0)

    assert [span for span, _ in reasons.spans] == ["微特电机轴承", "降噪"]
    assert reasons.names == ("微电机轴承（微特电机轴承）", "降噪")
    assert [part.span for part in reasons.firm if part.kind == "text"] == list(reasons.names)
    assert sum(value for _, value in reasons.spans) == pytest.approx(reasons.text, abs=1e-12)
    assert sum(part.value for part in reasons.firm) == pytest.approx(reasons.firm_score, abs=1e-9)
    assert sum(part.value for part in reasons.expert) == pytest.approx(reasons.expert_score, abs=1e-9)


def test_reasons_go_by_the_lists_of_the_profiles() -> None:
    experts, needs = [expert("e", "微特电机"), expert("f", "印染")], [need("n", "微电机")]
    lexicon = replace(package_lexicon(), synonyms=())
    profiles = profile(experts, needs, TextSettings(), lexicon=lexicon)
    reasons = explain(rank(experts, needs, profiles, WEIGHTS, EligibilitySettings()).ranker, 0, 0)

    assert {span for span, _ in reasons.spans} == {"微", "电机"}
    assert reasons.names == tuple(span for span, _ in reasons.spans)
