"""Cross-validation of pairs: whom a model is tested on, it has not seen, neither the firm nor the expert."""

import hashlib
from collections.abc import Iterator, Sequence

import numpy as np
from sklearn.model_selection import BaseCrossValidator


class PairFolds(BaseCrossValidator):
    """
    Folds of pairs that share neither a firm nor an expert with what was trained on.

    Firms are dealt into groups, and experts; each cell of a group of firms and a group of experts is tested once, by a
    model of the pairs in whose row and column it does not stand. Who is in which group goes by a hash of the ids, so it
    is the same in whatever order they come.

    Parameters
    ----------
    n_groups : int >= 2
        Of firms, and of experts. A model is trained on about ``(1 - 1 / n_groups) ** 2`` of the pairs.
    seed : int

    Examples
    --------
    >>> pairs = [(f"f{i}", f"e{j}") for i in range(4) for j in range(4)]
    >>> sizes = [(len(train), len(test)) for train, test in PairFolds(2).split(pairs, groups=pairs)]
    >>> sizes
    [(4, 4), (4, 4), (4, 4), (4, 4)]
    """

    def __init__(self, n_groups: int = 5, seed: int = 0) -> None:
        self.n_groups = n_groups
        self.seed = seed

    def split(
        self, X: Sequence[object], y: object = None, groups: Sequence[Sequence[str]] | None = None
    ) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """
        Give the rows of each fold, cells without a pair left out.

        Parameters
        ----------
        X : sequence of length n
        y : ignored
        groups : sequence of (str, str), length n
            Ids of the firm and of the expert of each row.

        Yields
        ------
        train, test : int arrays
            Positions of rows.
        """
        del X, y
        firm, expert = self.cells(groups)
        for row in range(self.n_groups):
            for column in range(self.n_groups):
                test = np.flatnonzero((firm == row) & (expert == column))
                if len(test):
                    yield np.flatnonzero((firm != row) & (expert != column)), test

    def get_n_splits(self, X: object = None, y: object = None, groups: Sequence[Sequence[str]] | None = None) -> int:
        """Count the folds: the cells that hold a pair."""
        del X, y
        return len(set(zip(*self.cells(groups), strict=True)))

    def cells(self, groups: Sequence[Sequence[str]] | None) -> tuple[np.ndarray, np.ndarray]:
        """Give the group of the firm and that of the expert of each pair, shapes (n,)."""
        if groups is None:
            raise ValueError("groups must hold the ids of the firm and the expert of each row")
        if self.n_groups < 2:
            raise ValueError(f"n_groups must be at least 2, not {self.n_groups}")
        firms, experts = zip(*groups, strict=True)
        return self._dealt("firm", firms), self._dealt("expert", experts)

    def _dealt(self, side: str, names: Sequence[str]) -> np.ndarray:
        """Shuffle names by their hash and deal them out, so that the groups are of one size."""
        distinct = sorted(set(names), key=lambda name: hashlib.sha256(f"{self.seed}:{side}:{name}".encode()).digest())
        group = {name: k % self.n_groups for k, name in enumerate(distinct)}
        return np.array([group[name] for name in names])
