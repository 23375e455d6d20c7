import pickle
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils.estimator_checks import check_estimator

from matcher.ranking.learning import FitModel, PairFolds

PRIOR = (0.7, 0.1, 0.2)
COEFFICIENTS = np.array([3.0, 1.0, 2.0])


def rated(n: int = 400, seed: int = 0, coefficients: np.ndarray = COEFFICIENTS) -> tuple[np.ndarray, np.ndarray]:
    luck = np.random.default_rng(seed)
    X = luck.random((n, len(coefficients)))
    return X, (luck.random(n) < expit(X @ coefficients - 3)).astype(int)


def drawn_in(X: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The same problem with whole targets: each row once as good and once as not, weighted by Platt's target."""
    good, bad = y.sum(), len(y) - y.sum()
    target = np.where(y, (good + 1) / (good + 2), 1 / (bad + 2))
    return np.vstack([X, X]), np.repeat([1, 0], len(y)), np.concatenate([target, 1 - target])


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.SkipTestWarning")
def test_it_keeps_every_convention_of_scikit_learn() -> None:
    check_estimator(FitModel())


@pytest.mark.parametrize("seed", range(5))
def test_without_a_penalty_and_away_from_its_bounds_it_is_logistic_regression(seed: int) -> None:
    X, y = rated(seed=seed)
    ours = FitModel(PRIOR, strength=1e-9).fit(X, y)
    doubled, target, weight = drawn_in(X, y)
    oracle = LogisticRegression(C=np.inf, tol=1e-10, max_iter=1000).fit(doubled, target, sample_weight=weight)
    assert (oracle.coef_ > 0).all()
    np.testing.assert_allclose(ours.slope_ * ours.weights_, oracle.coef_[0], rtol=1e-4)
    assert ours.intercept_ == pytest.approx(oracle.intercept_[0], rel=1e-4)


@pytest.mark.parametrize("strength", [np.inf, 1e7])
def test_under_a_strong_penalty_it_is_platts_calibration_of_the_fixed_shares(strength: float) -> None:
    X, y = rated()
    ours = FitModel(PRIOR, strength=strength).fit(X, y)
    doubled, target, weight = drawn_in(X @ np.array([PRIOR]).T, y)
    oracle = LogisticRegression(C=np.inf, tol=1e-10, max_iter=1000).fit(doubled, target, sample_weight=weight)
    np.testing.assert_allclose(ours.weights_, PRIOR, atol=1e-5)
    assert ours.slope_ == pytest.approx(oracle.coef_[0, 0], rel=1e-3)
    assert ours.intercept_ == pytest.approx(oracle.intercept_[0], rel=1e-3)


@settings(max_examples=25)
@given(seed=st.integers(0, 1000), strength=st.sampled_from([0.1, 1.0, 10.0, np.inf]), least=st.floats(0, 0.5))
def test_log_odds_are_a_weighted_sum_with_shares_that_keep_their_least(
    seed: int, strength: float, least: float
) -> None:
    X, y = rated(60, seed, np.array([0.0, 1.0, 2.0]))
    model = FitModel(PRIOR, strength=strength, least=[least, 0, 0]).fit(X, y)
    assert model.weights_.sum() == pytest.approx(1)
    assert (model.weights_ >= 0).all()
    assert model.weights_[0] >= least - 1e-9
    np.testing.assert_allclose(model.decision_function(X), model.intercept_ + model.slope_ * (X @ model.weights_))


@settings(max_examples=25)
@given(seed=st.integers(0, 1000), part=st.integers(0, 2), more=st.floats(0, 1))
def test_more_of_any_part_never_lowers_the_chance(seed: int, part: int, more: float) -> None:
    X, y = rated(60, seed, np.array([3.0, -2.0, 0.0]))
    model = FitModel(PRIOR, strength=1.0).fit(X, y)
    better = X.copy()
    better[:, part] += more
    assert (model.predict_proba(better)[:, 1] >= model.predict_proba(X)[:, 1]).all()


def test_no_point_near_the_optimum_is_better() -> None:
    X, y = rated()
    prior, strength = np.array(PRIOR), 5.0
    model = FitModel(prior, strength=strength).fit(X, y)
    doubled, target, weight = drawn_in(X, y)

    def loss(intercept: float, w: np.ndarray) -> float:
        odds = intercept + doubled @ w
        scale = max(0.0, w @ prior / (prior @ prior))  # the best multiple of the prior
        data = weight @ (np.logaddexp(0, odds) - target * odds)
        return float(data + strength / 2 * ((w - scale * prior) ** 2).sum())

    best = model.slope_ * model.weights_
    luck = np.random.default_rng(1)
    for _ in range(200):
        step = luck.normal(size=4) * luck.choice([1e-3, 1e-2, 0.1, 1.0])
        assert loss(model.intercept_ + step[0], np.maximum(best + step[1:], 0)) >= loss(model.intercept_, best) - 1e-7


def test_a_part_that_does_not_vary_stays_where_the_prior_has_it() -> None:
    X, y = rated(2000)
    X[:, 2] = 0.5
    model = FitModel(PRIOR, strength=0.1).fit(X, y)
    away = model.slope_ * (model.weights_ - np.array(PRIOR))
    scale = (model.slope_ * model.weights_) @ np.array(PRIOR) / (np.array(PRIOR) @ np.array(PRIOR))
    assert model.slope_ * model.weights_[2] == pytest.approx(scale * PRIOR[2], rel=1e-2)
    assert abs(away[0]) > 0.1


def test_ratings_that_can_be_told_apart_without_a_fault_have_an_optimum() -> None:
    X = np.array([[0.1], [0.2], [0.8], [0.9]] * 10)
    model = FitModel().fit(X, (X[:, 0] > 0.5).astype(int))
    assert 0 < model.slope_ < 100
    chances = model.predict_proba(X)[:, 1]
    assert 0.001 < chances.min() < 0.1
    assert 0.9 < chances.max() < 0.999


def test_ratings_that_nothing_speaks_for_give_the_priors_shares_and_no_slope() -> None:
    X, y = rated()
    model = FitModel(PRIOR).fit(np.zeros_like(X), y)
    assert model.slope_ == 0
    np.testing.assert_allclose(model.weights_, PRIOR)


def test_it_clones_and_pickles_and_works_in_pipelines_and_searches() -> None:
    X, y = rated()
    pairs = [(f"f{k % 30}", f"e{k % 23}") for k in range(len(y))]
    model = FitModel(PRIOR, strength=2.0, least=(0.01, 0, 0))
    assert clone(model).get_params() == model.get_params()
    fitted = model.fit(X, y)
    again = pickle.loads(pickle.dumps(fitted))  # noqa: S301 - our own
    np.testing.assert_array_equal(again.predict_proba(X), fitted.predict_proba(X))
    piped = make_pipeline(FunctionTransformer(), FitModel(PRIOR))
    search = GridSearchCV(piped, {"fitmodel__strength": [0.1, 100.0]}, cv=PairFolds(3), scoring="neg_log_loss")
    search.fit(X, y, groups=pairs)
    assert search.best_params_["fitmodel__strength"] in (0.1, 100.0)
    assert search.n_splits_ == 9


@pytest.mark.parametrize(
    ("parameters", "fault"),
    [
        ({"strength": 0}, "strength must be more than 0"),
        ({"prior": [1, 1]}, "prior must have 3 shares"),
        ({"prior": [1, -1, 1]}, "not negative"),
        ({"prior": [0, 0, 0]}, "sum to more than 0"),
        ({"least": [0.5, 0.5, 0]}, "less than 1"),
    ],
)
def test_what_it_cannot_take_it_refuses(parameters: dict[str, Any], fault: str) -> None:
    with pytest.raises(ValueError, match=fault):
        FitModel(**parameters).fit(*rated())
