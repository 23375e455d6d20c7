"""What models say of pairs of which they have seen neither side."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from matcher.ranking.learning.folds import PairFolds
from matcher.ranking.learning.model import FitModel

STRENGTHS = (0.1, 1.0, 10.0, 100.0)
"""Penalties to choose from. The slope of the sample's ratings is about 17: the strongest leaves shares their third
digit to turn, the weakest lets them go nearly free."""


@dataclass(frozen=True, slots=True, eq=False)
class Crossed:
    """
    Chances of a good rating, each from models that have not seen the pair's firm nor its expert; all of shape (n,).

    Attributes
    ----------
    base : float
        The share of good ratings.
    fixed : float
        The prior's shares, with slope and intercept learned.
    learned : float
        Shares learned too, the strength of the penalty chosen within what each model was trained on.
    strength : float
        The penalty to learn with from all pairs.
    """

    base: np.ndarray
    fixed: np.ndarray
    learned: np.ndarray
    strength: float


def cross(
    X: np.ndarray,
    is_good: np.ndarray,
    pairs: Sequence[tuple[str, str]],
    model: FitModel,
    *,
    folds: PairFolds | None = None,
    on_step: Callable[[], None] = lambda: None,
) -> Crossed:
    """
    Predict every pair by models that have seen neither its firm nor its expert.

    A model of a cell is trained without the cell's groups; the strength of its penalty is chosen by models trained
    without one more group of firms and one more of experts, which predict those. A model without firms' groups a and c
    and experts' groups b and d serves the cells (a, b), (a, d), (c, b) and (c, d) alike, and is learned once.

    Parameters
    ----------
    X : float, shape (n, n_features)
    is_good : bool, shape (n,)
    pairs : sequence of (str, str), length n
        Ids of the firm and the expert.
    model : FitModel
        With its prior; its strength is not used.
    folds : PairFolds or None
        None: five groups of either side.
    on_step : callable
        Called after each cell.

    Returns
    -------
    Crossed
    """
    folds = folds or PairFolds()
    firm, expert = folds.cells(pairs)
    models = _Models(X, is_good, firm, expert, model)
    chances = {name: np.zeros(len(is_good)) for name in ("base", "fixed", "learned")}
    free = {strength: np.zeros(len(is_good)) for strength in STRENGTHS}
    for a in range(folds.n_groups):
        for b in range(folds.n_groups):
            on_step()
            cell = (firm == a) & (expert == b)
            if not cell.any():
                continue
            without = frozenset([a]), frozenset([b])
            train = models.rows(*without)
            chances["base"][cell] = (is_good[train].sum() + 1) / (train.sum() + 2)
            chances["fixed"][cell] = models.chance(*without, np.inf, cell)
            for strength, found in free.items():
                found[cell] = models.chance(*without, strength, cell)
            chosen = min(reversed(STRENGTHS), key=lambda s: models.inner_loss(a, b, s))
            chances["learned"][cell] = free[chosen][cell]
    strength = min(reversed(STRENGTHS), key=lambda s: float(log_loss(free[s], is_good).sum()))
    return Crossed(**chances, strength=strength)


def n_steps(folds: PairFolds | None = None) -> int:
    """Count the steps that `cross` takes."""
    return (folds or PairFolds()).n_groups ** 2


def log_loss(chance: np.ndarray, is_good: np.ndarray) -> np.ndarray:
    """Give the loss of each pair: minus the logarithm of the chance that was given to what came, shape (n,)."""
    return -np.log(np.where(is_good, chance, 1 - chance))


class _Models:
    """Models by the groups that they have not seen, each learned once; and what was asked of them."""

    def __init__(
        self, X: np.ndarray, is_good: np.ndarray, firm: np.ndarray, expert: np.ndarray, model: FitModel
    ) -> None:
        self.X, self.is_good, self.firm, self.expert, self.model = X, is_good, firm, expert, model
        self.known: dict[tuple[frozenset[int], frozenset[int], float], FitModel] = {}

    def rows(self, firms: frozenset[int], experts: frozenset[int]) -> np.ndarray:
        """Mark the pairs of neither groups."""
        return ~(np.isin(self.firm, list(firms)) | np.isin(self.expert, list(experts)))

    def chance(self, firms: frozenset[int], experts: frozenset[int], strength: float, cell: np.ndarray) -> np.ndarray:
        """Give the chance of a good rating in a cell, by the model of the pairs of neither groups."""
        key = firms, experts, strength
        if key not in self.known:
            rows = self.rows(firms, experts)
            model = FitModel(self.model.prior, strength=strength, least=self.model.least)
            self.known[key] = model.learn(self.X[rows], self.is_good[rows], np.ones(rows.sum()))
        return expit(self.known[key].log_odds(self.X[cell]))

    def inner_loss(self, a: int, b: int, strength: float) -> float:
        """Sum a strength's loss over what a cell's model is trained on, foretold by models that leave more out."""
        total = 0.0
        for c in np.unique(self.firm[self.firm != a]).tolist():
            for d in np.unique(self.expert[self.expert != b]).tolist():
                cell = (self.firm == c) & (self.expert == d)
                if cell.any():
                    chance = self.chance(frozenset([a, c]), frozenset([b, d]), strength, cell)
                    total += float(log_loss(chance, self.is_good[cell]).sum())
        return total
