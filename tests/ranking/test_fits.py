"""What a fit is once calibrated: another face of the score, in the same order."""

import math
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matcher.domain.settings import Settings
from matcher.pipeline import MatchResult, match, open_market
from matcher.ranking import Bar, explain
from matcher.ranking.cells import Grid
from matcher.ranking.ranker import SCORE_UNIT
from tests.strategies import Sample

CALIBRATION = {"firm": {"intercept": -3.8, "slope": 17.2}, "expert": {"intercept": -2.9, "slope": 15.3}}


def calibrated(**ranking: object) -> Settings:
    return Settings.model_validate({"ranking": {"calibration": CALIBRATION, **ranking}})


@pytest.fixture(scope="module")
def result(sample: Sample) -> MatchResult:
    return match(sample.experts, sample.needs, calibrated(), ratings=sample.ratings)


def chance(side: str, score: float) -> float:
    curve = CALIBRATION[side]
    return 1 / (1 + math.exp(-(curve["intercept"] + curve["slope"] * score)))


def test_every_line_shows_chances_and_their_mean_and_the_statistics_say_so(result: MatchResult) -> None:
    ranking = result.ranking
    assert result.statistics["calibrated"] is True
    for line in result.lines:
        need, expert = ranking.need_position[str(line["need_id"])], ranking.expert_position[str(line["expert_id"])]
        reasons = explain(ranking.ranker, need, expert)
        assert sum(part.value for part in reasons.firm) == pytest.approx(reasons.firm_score, abs=1e-9)
        assert line["firm_fit"] == pytest.approx(chance("firm", reasons.firm_score), abs=1e-6)
        assert line["expert_fit"] == pytest.approx(chance("expert", reasons.expert_score), abs=1e-6)
        both = chance("firm", reasons.firm_score) + chance("expert", reasons.expert_score)
        assert line["fit"] == pytest.approx(both / 2, abs=1e-6)


def test_orders_go_by_the_score_and_satisfaction_with_somebody_unnamed_is_half_the_chance(
    result: MatchResult, sample_result: MatchResult
) -> None:
    ranking, market = result.ranking, result.market
    np.testing.assert_array_equal(ranking.firm_score[:100], sample_result.ranking.firm_score[:100])
    unnamed = np.flatnonzero(ranking.firm_order < 2_000_000_000)[:50]
    for p in unnamed.tolist():
        score = ranking.firm_score[p] * SCORE_UNIT
        assert market.firm_satisfaction[p] == pytest.approx(chance("firm", score) / 2, abs=1e-9)


@given(scores=st.lists(st.integers(0, 1_000_000_000), min_size=2, max_size=20))
def test_a_higher_score_never_has_a_lower_fit(result: MatchResult, scores: Sequence[int]) -> None:
    for side in ("firm", "expert"):
        fits = result.ranking.ranker.fit(side, np.sort(np.array(scores)))
        assert (np.diff(fits) >= 0).all()
        assert ((fits >= 0) & (fits <= 1)).all()


@pytest.mark.parametrize("min_fit", [0.0, 0.3, 0.6, 1.0])
def test_the_smallest_fit_is_one_of_those_shown(sample: Sample, min_fit: float) -> None:
    ranking, _ = open_market(sample.experts, sample.needs, calibrated(min_fit=min_fit))
    ranker = ranking.ranker
    block = ranker.scores(Grid(np.arange(len(ranker.needs))))
    low = {
        "firm": ranker.fit("firm", block.firm_score) < min_fit,
        "expert": ranker.fit("expert", block.expert_score) < min_fit,
    }
    low_text = block.text < min(min_fit, 0.07) - 1e-9
    unnamed = (block.firm_order < 2_000_000_000) & (block.expert_order < 2_000_000_000)
    fit_enough = (block.bar == Bar.NONE) & unnamed
    assert not (fit_enough & (low["firm"] | low["expert"] | low_text)).any()
    barred = np.isin(block.bar, [Bar.FIRM_BELOW_MIN_FIT, Bar.EXPERT_BELOW_MIN_FIT])
    assert (low["firm"] | low["expert"] | low_text)[barred].all()
    assert fit_enough.any() == (min_fit < 1)
