"""What more ratings would teach: losses by how many were learned from, of pairs seen and unseen."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.base import clone

from matcher.ranking.learning.crossing import log_loss
from matcher.ranking.learning.folds import PairFolds
from matcher.ranking.learning.rated import RatedPairs


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """
    What a model reaches with so many ratings.

    Parameters
    ----------
    n : int
        Ratings learned from.
    seen : float
        Mean log loss of those very ratings, in nats.
    unseen : float
        Mean log loss of ratings whose firm and expert were not among them.
    """

    n: int
    seen: float
    unseen: float


def learning_curve(
    rated: RatedPairs,
    model: Any,
    sizes: Sequence[int],
    *,
    folds: PairFolds | None = None,
    draws: int = 3,
    seed: int = 0,
) -> list[CurvePoint]:
    """
    Learn from fewer ratings than there are, and see what that costs.

    Where both losses meet, more ratings would teach little; where the unseen one still falls, they would; where the two
    stay apart, the model learns by heart.

    Parameters
    ----------
    rated : RatedPairs
    model : scikit-learn classifier
        With chances, such as `FitModel`; it is cloned.
    sizes : sequence of int
        Ratings to learn from, at least 2.
    folds : PairFolds or None
        Who is tested on whom; None: three groups of either side.
    draws : int
        Samples drawn of each fold, over which losses are averaged.
    seed : int

    Returns
    -------
    list of CurvePoint
        In the order of the sizes.

    Raises
    ------
    ValueError
        When a size is less than 2, or more than a fold can teach with.
    """
    splits = list((folds or PairFolds(3)).split(rated.pairs, groups=rated.pairs))
    most = min(len(train) for train, _ in splits)
    if not 2 <= min(sizes) <= max(sizes) <= most:
        raise ValueError(f"sizes must lie from 2 to {most}, the ratings that every fold can teach with, not {sizes!r}")
    luck = np.random.default_rng(seed)
    found = []
    for n in sizes:
        seen, unseen = [], []
        for train, test in splits:
            for _ in range(draws):
                some = luck.choice(train, n, replace=False)
                taught = clone(model).fit(rated.X[some], rated.is_good[some].astype(int))
                for losses, rows in ((seen, some), (unseen, test)):
                    losses.append(log_loss(_chance(taught, rated.X[rows]), rated.is_good[rows]))
        found.append(CurvePoint(n, *(float(np.concatenate(losses).mean()) for losses in (seen, unseen))))
    return found


def _chance(taught: Any, X: np.ndarray) -> np.ndarray:
    """Give the chance of a good rating, also where all that were seen were alike; never 0 or 1."""
    chances, classes = taught.predict_proba(X), taught.classes_.tolist()
    good = chances[:, classes.index(1)] if 1 in classes else np.zeros(len(X))
    return np.clip(good, 1e-6, 1 - 1e-6)
