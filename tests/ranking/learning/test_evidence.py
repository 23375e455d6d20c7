from dataclasses import replace

import numpy as np
import pytest
from scipy.special import expit

from matcher.domain.settings import Logistic, RankingSettings, Weights
from matcher.ranking.learning import (
    PARTS,
    Evidence,
    FitModel,
    RatedPairs,
    calibration_error,
    learn,
    settled,
    too_few,
)
from tests.simulated import FIRM, Truth, pairs_of
from tests.strategies import Sample

PRIOR = RankingSettings().firm


@pytest.fixture(scope="module")
def pairs(sample: Sample) -> RatedPairs:
    return pairs_of(sample, 1500)["firm"]


@pytest.fixture(scope="module")
def learned(pairs: RatedPairs) -> Evidence:
    return learn(FIRM.rate(pairs, seed=1), PRIOR)


def test_ratings_by_other_weights_are_a_gain_and_give_the_weights_away(learned: Evidence) -> None:
    assert learned.gain.low > 0.01
    true = np.array([getattr(FIRM.weights, name) for name in PARTS])
    fixed = np.array([getattr(PRIOR, name) for name in PARTS])
    found = learned.model.weights_
    assert np.abs(found - true).sum() < np.abs(fixed - true).sum() / 2
    assert np.abs(found - true).max() < 0.1
    inside = [one.low <= share <= one.high for one, share in zip(learned.shares.values(), true, strict=True)]
    assert sum(inside) >= len(PARTS) - 1
    assert learned.model.slope_ == pytest.approx(FIRM.slope, rel=0.25)
    assert learned.is_calibrated


def test_learned_chances_come_true_among_pairs_not_rated_yet(pairs: RatedPairs, learned: Evidence) -> None:
    again = FIRM.rate(pairs, seed=2)
    chance = learned.model.predict_proba(pairs.X)[:, 1]
    assert calibration_error(chance, again.is_good) < 0.05
    assert np.abs(chance - FIRM.chances(pairs.X)).mean() < 0.05


def test_ratings_by_the_weights_in_use_are_no_gain_and_calibrate_them(pairs: RatedPairs) -> None:
    found = learn(Truth(PRIOR, slope=17.0).rate(few(pairs, 400), seed=3), PRIOR)
    assert not found.gain.is_gain
    np.testing.assert_allclose(found.model.weights_, [getattr(PRIOR, name) for name in PARTS])
    assert found.is_calibrated


@pytest.mark.parametrize("seed", range(4))
def test_shuffled_ratings_teach_nothing(pairs: RatedPairs, seed: int) -> None:
    rated = few(FIRM.rate(pairs, seed=1), 250)
    shuffled = replace(rated, is_good=np.random.default_rng(seed).permutation(rated.is_good))
    found = learn(shuffled, PRIOR, seed=seed)
    assert not found.gain.is_gain
    assert not found.is_calibrated


def test_the_order_of_ratings_does_not_matter(pairs: RatedPairs) -> None:
    rated = few(FIRM.rate(pairs, seed=1), 200)
    order = np.random.default_rng(0).permutation(len(rated.pairs))
    turned = RatedPairs("firm", rated.X[order], rated.is_good[order], tuple(rated.pairs[k] for k in order.tolist()))
    one, other = learn(rated, PRIOR), learn(turned, PRIOR)
    assert one.learned.log_loss == pytest.approx(other.learned.log_loss, abs=1e-6)
    assert one.gain.low == pytest.approx(other.gain.low, abs=1e-6)
    assert one.strength == other.strength


def few(rated: RatedPairs, n: int) -> RatedPairs:
    kept = np.linspace(0, len(rated.pairs) - 1, n).astype(int)
    return replace(
        rated, X=rated.X[kept], is_good=rated.is_good[kept], pairs=tuple(rated.pairs[k] for k in kept.tolist())
    )


def some(n_good: int, n_others: int, n_features: int = 4, people: int = 12) -> RatedPairs:
    n = n_good + n_others
    X = np.zeros((n, len(PARTS)))
    X[:, :n_features] = np.arange(n)[:, None] / max(n, 1)
    pairs = tuple((f"f{k % people}", f"e{k % people}") for k in range(n))
    return RatedPairs("firm", X, np.arange(n) < n_good, pairs)


@pytest.mark.parametrize(
    ("rated", "codes"),
    [
        (some(20, 20), []),
        (some(19, 40), ["tuning.too_few"]),
        (some(40, 19), ["tuning.too_few"]),
        (some(34, 60, n_features=7), ["tuning.too_few"]),
        (some(35, 60, n_features=7), []),
        (some(20, 20, people=9), ["tuning.too_few_people"]),
        (some(0, 0), ["tuning.too_few", "tuning.too_few_people"]),
    ],
)
def test_it_takes_enough_of_either_kind_for_what_varies_and_enough_people(rated: RatedPairs, codes: list[str]) -> None:
    assert [message.code for message in too_few(rated)] == codes


def test_what_is_missing_is_said_by_kind() -> None:
    (message,) = too_few(some(12, 30, n_features=6))
    values = {name: value for name, value in message.values.items() if name != "side"}
    assert values == {
        "count": 42, "good": 12, "others": 30, "needed": 30, "features": 6, "good_missing": 18, "others_missing": 0,
    }  # fmt: skip


def side(evidence: Evidence, *, gain: float, over_base: float) -> Evidence:
    shifted = {"gain": replace(evidence.gain, low=gain), "over_base": replace(evidence.over_base, low=over_base)}
    return replace(evidence, **shifted)


@pytest.mark.parametrize(
    ("firm", "expert", "weights", "calibrated"),
    [((1, 1), (1, 1), True, True), ((1, 1), (1, -1), True, False), ((-1, 1), (-1, 1), False, True)],
)
def test_weights_change_where_they_gain_and_fits_are_calibrated_on_both_sides_or_neither(
    learned: Evidence, firm: tuple[int, int], expert: tuple[int, int], weights: bool, calibrated: bool
) -> None:
    found = {
        "firm": side(learned, gain=firm[0], over_base=firm[1]),
        "expert": replace(side(learned, gain=expert[0], over_base=expert[1]), side="expert"),
    }
    earlier = RankingSettings(
        calibration={name: Logistic(intercept=1, slope=1) for name in ("firm", "expert")}, shortlist=7
    )
    chosen = settled(found, earlier)  # ty: ignore[invalid-argument-type] - literals are widened
    assert (chosen.firm != earlier.firm) == (chosen.expert != earlier.expert) == weights
    assert chosen.is_calibrated == calibrated
    assert chosen.shortlist == 7
    if calibrated:
        assert chosen.calibration.firm is not None
        assert chosen.calibration.firm.slope == pytest.approx(learned.model.slope_, abs=1e-6)


def test_calibration_error_is_nothing_for_what_comes_true_and_all_for_the_contrary() -> None:
    is_good = np.array([False] * 50 + [True] * 50)
    assert calibration_error(is_good.astype(float), is_good) == 0
    assert calibration_error(1.0 - is_good, is_good) == 1


def test_a_text_share_below_the_least_one_is_no_error() -> None:
    luck = np.random.default_rng(0)
    rated = some(60, 60)
    rated = replace(rated, X=luck.random(rated.X.shape))
    rated = replace(rated, is_good=luck.random(120) < expit(6 * rated.X[:, 1] - 3))
    found = learn(rated, Weights(text=0.001, title=0.999))
    assert found.model.weights_[0] >= 0.001 - 1e-12
    assert isinstance(found.model, FitModel)
