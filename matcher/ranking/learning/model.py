"""A logistic model whose log-odds are a weighted sum of parts, so that reasons keep adding up to what is ranked by."""

from collections.abc import Sequence

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils import Tags
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

_TOLERANCE = 1e-7
"""Greatest slope of the loss an observation that counts as flat."""

_MOST_STEPS = 2_000

Shares = Sequence[float] | np.ndarray


class FitModel(ClassifierMixin, BaseEstimator):
    r"""
    Log-odds of a good rating: intercept + slope * (features @ shares), with shares that are not negative and sum to 1.

    Minimises, over coefficients w >= 0, a free intercept and a free multiple s >= 0 of the prior shares p,

    .. math:: \sum_i L(y_i, x_i w + b) + \tfrac{\lambda}{2} \lVert w - s p \rVert^2,

    which is convex. With a strong penalty that is Platt's calibration of the fixed weights, with a weak one logistic
    regression. Targets are drawn in from 0 and 1 as Platt does [1]_, so that an optimum exists where the ratings can be
    told apart without a fault, or where all are alike.

    A feature that does not vary says nothing about its coefficient: the intercept makes up for any. The penalty then
    decides, and leaves it where the prior has it, at s p. That is what is wanted: among other pairs it may vary, and
    all that is known of it there is the prior.

    Parameters
    ----------
    prior : sequence of float, length n_features, or None
        Shares to be drawn to; not negative, scaled to sum to 1. None: all alike.
    strength : float > 0
        :math:`\lambda`; ``inf`` keeps the prior's shares as they are.
    least : sequence of float, length n_features, or None
        The least share of each, such as that of the text, which the settings demand; together less than 1. None: 0.

    Attributes
    ----------
    classes_ : shape (2,) or (1,)
        The greater one is the good one; a single one is taken for what it is if it is 0 or False, else for good.
    weights_ : float, shape (n_features,)
        Shares of the score, which sum to 1; the prior's, where nothing speaks for any feature.
    slope_ : float
        What a score of 1 adds to the log-odds; 0 where nothing speaks for any feature.
    intercept_ : float
        Log-odds of a score of 0.
    n_features_in_ : int

    References
    ----------
    .. [1] Platt (1999). Probabilistic outputs for support vector machines and comparisons to regularized likelihood
       methods. *Advances in Large Margin Classifiers*.

    Examples
    --------
    >>> X = np.array([[0.1, 0.5], [0.2, 0.4], [0.8, 0.6], [0.9, 0.5]] * 5)
    >>> model = FitModel(prior=[0.9, 0.1], strength=1.0).fit(X, [0, 0, 1, 1] * 5)
    >>> model.predict([[0.7, 0.5], [0.3, 0.5]]).tolist()
    [1, 0]
    >>> bool(np.isclose(model.weights_.sum(), 1) and model.slope_ > 0)
    True
    """

    def __init__(self, prior: Shares | None = None, *, strength: float = 10.0, least: Shares | None = None) -> None:
        self.prior = prior
        self.strength = strength
        self.least = least

    def fit(self, X: np.ndarray, y: np.ndarray, sample_weight: np.ndarray | None = None) -> "FitModel":
        """
        Learn shares, slope and intercept.

        Parameters
        ----------
        X : float, shape (n, n_features)
        y : shape (n,)
            Two classes; the greater one is the good one.
        sample_weight : float, shape (n,), or None
            How often each row counts.

        Returns
        -------
        FitModel
            itself.

        Raises
        ------
        ValueError
            When there are more than two classes, or a parameter is out of its range.
        """
        X, y = validate_data(self, X, y, dtype=np.float64)
        check_classification_targets(y)
        self.classes_ = np.unique(y)
        if len(self.classes_) > 2:
            raise ValueError(f"Only binary classification is supported. y has {len(self.classes_)} classes")
        is_good = y == self.classes_[-1] if len(self.classes_) == 2 else np.full(len(y), bool(self.classes_[0] != 0))
        return self.learn(X, is_good, _check_sample_weight(sample_weight, X))

    def learn(self, X: np.ndarray, is_good: np.ndarray, weight: np.ndarray) -> "FitModel":
        """
        Do what `fit` does with rows that were checked before: hundreds of models see parts of the same ones.

        Parameters
        ----------
        X : float, shape (n, n_features)
        is_good : bool, shape (n,)
        weight : float, shape (n,)

        Returns
        -------
        FitModel
            itself.
        """
        self.prior_, least = self._shares(X.shape[1])
        if not (self.strength > 0):
            raise ValueError(f"strength must be more than 0, not {self.strength}")
        problem = _Loss(X, _drawn_in(is_good, weight), weight, prior=self.prior_, least=least, strength=self.strength)
        self.intercept_, coefficients, self.n_iter_ = problem.solve()
        self.slope_ = float(coefficients.sum())
        self.weights_ = coefficients / self.slope_ if self.slope_ > 0 else self.prior_.copy()
        return self

    def decision_function(self, X: np.ndarray) -> np.ndarray:
        """Give the log-odds of the good class, shape (n,)."""
        check_is_fitted(self)
        return self.log_odds(validate_data(self, X, dtype=np.float64, reset=False))

    def log_odds(self, X: np.ndarray) -> np.ndarray:
        """Give what `decision_function` gives of rows that were checked before."""
        return self.intercept_ + self.slope_ * (X @ self.weights_)

    def predict_proba(self, X: np.ndarray) -> np.ndarray:
        """Give the probability of each of ``classes_``, shape (n, n_classes)."""
        good = expit(self.decision_function(X))
        return np.ones((len(good), 1)) if len(self.classes_) == 1 else np.column_stack([1 - good, good])

    def predict(self, X: np.ndarray) -> np.ndarray:
        """Say which class is the likelier, shape (n,)."""
        likelier = (self.decision_function(X) > 0).astype(int)
        return self.classes_[np.minimum(likelier, len(self.classes_) - 1)]

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_class = False
        tags.classifier_tags.poor_score = True  # where only a negative coefficient helps, by design it does not
        return tags

    def _shares(self, n_features: int) -> tuple[np.ndarray, np.ndarray]:
        """Check the prior and the least shares; the prior is scaled to sum to 1."""
        prior = np.ones(n_features) if self.prior is None else np.asarray(self.prior, dtype=float)
        least = np.zeros(n_features) if self.least is None else np.asarray(self.least, dtype=float)
        for name, shares in (("prior", prior), ("least", least)):
            if shares.shape != (n_features,) or not (shares >= 0).all():
                raise ValueError(f"{name} must have {n_features} shares that are not negative, not {shares.tolist()}")
        if not prior.sum() > 0 or least.sum() >= 1:
            raise ValueError("the prior must sum to more than 0, and the least shares to less than 1")
        return prior / prior.sum(), least


class _Loss:
    """
    The convex problem in free coordinates: intercept, u >= 0 and s >= 0.

    Shares of at least l, with sum L, are the coefficients w = (1 - L) u + l sum(u): bounds, and no other constraint.
    """

    def __init__(
        self,
        X: np.ndarray,
        target: np.ndarray,
        weight: np.ndarray,
        *,
        prior: np.ndarray,
        least: np.ndarray,
        strength: float,
    ) -> None:
        self.target, self.weight, self.is_fixed = target, weight, np.isinf(strength)
        self.prior, self.strength = prior, 0.0 if self.is_fixed else strength
        self.spread = (1 - least.sum()) * np.eye(len(least)) + least[:, None]
        # With the shares fixed, the score is the only feature, and its slope the only coefficient.
        self.columns = X @ prior[:, None] if self.is_fixed else X @ self.spread
        self.total = weight.sum()

    def solve(self) -> tuple[float, np.ndarray, int]:
        """Give the intercept, the coefficients of the features, and the steps that it took."""
        n = self.columns.shape[1]
        share = float(self.weight @ self.target) / self.total
        start = np.zeros(1 + n + (not self.is_fixed))
        start[0] = np.log(share / (1 - share))
        bounds = [(None, None)] + [(0, None)] * (len(start) - 1)
        options = {"maxiter": _MOST_STEPS, "maxfun": 10 * _MOST_STEPS, "ftol": 1e-14, "gtol": _TOLERANCE, "maxcor": 20}
        found = minimize(self, start, jac=True, method="L-BFGS-B", bounds=bounds, options=options)
        free = found.x[1 : n + 1]
        coefficients = free[0] * self.prior if self.is_fixed else self.spread @ free
        return float(found.x[0]), coefficients, int(found.nit)

    def __call__(self, at: np.ndarray) -> tuple[float, np.ndarray]:
        """Give the loss an observation, and its gradient."""
        n = self.columns.shape[1]
        # einsum, since matrix products of this shape are slower on several threads, and their last digits vary.
        odds = at[0] + np.einsum("ij,j->i", self.columns, at[1 : n + 1])
        loss = (self.weight * (np.logaddexp(0, odds) - self.target * odds)).sum()
        error = self.weight * (expit(odds) - self.target)
        gradient = np.zeros_like(at)
        gradient[0], gradient[1 : n + 1] = error.sum(), np.einsum("i,ij->j", error, self.columns)
        if not self.is_fixed:
            away = self.spread @ at[1 : n + 1] - at[-1] * self.prior
            loss += self.strength / 2 * (away @ away)
            gradient[1 : n + 1] += self.strength * (away @ self.spread)
            gradient[-1] = -self.strength * (away @ self.prior)
        return loss / self.total, gradient / self.total


def _drawn_in(is_good: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Draw targets in from 0 and 1, as if one more of either class had been seen."""
    good = weight @ is_good
    bad = weight.sum() - good
    return np.where(is_good, (good + 1) / (good + 2), 1 / (bad + 2))
