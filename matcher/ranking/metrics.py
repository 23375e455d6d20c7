"""
How good a ranking is: where the relevant documents stand among all, and what that is worth.

Documents of equal score stand in no order, and none is made up: each figure is what it is on average over all orders
of those tied (McSherry and Najork 2008). To break ties by the position in a file would flatter, since a benchmark
often lists the relevant document where it lists the query; to put the relevant one last would punish honest zeros.
"""

from dataclasses import dataclass

import numpy as np

_COMPARED = 1_000_000
"""Scores compared at a time, however many documents are relevant: 8 MB."""
_DRAWN = 1_000_000
"""Queries drawn at a time by the bootstrap: 8 MB an array."""


@dataclass(frozen=True, slots=True, eq=False)
class Standings:
    """
    Where the relevant documents stand.

    Attributes
    ----------
    query : int, shape (n_relevant,)
        Positions of queries, from 0 and in order; each query has a relevant document.
    grade : float, shape (n_relevant,)
        More than 0.
    above : int, shape (n_relevant,)
        Documents with a higher score.
    tied : int, shape (n_relevant,)
        Documents with this score, itself among them.

    Examples
    --------
    One query with its relevant document second of three, behind none and tied with one:

    >>> found = Standings(*(np.array([value]) for value in (0, 1.0, 0, 2)))
    >>> recall(found, 1), reciprocal_rank(found)
    (array([0.5]), array([0.75]))
    """

    query: np.ndarray
    grade: np.ndarray
    above: np.ndarray
    tied: np.ndarray


def stand(scores: np.ndarray, row: np.ndarray, column: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """
    Count the documents that stand above some, and beside them.

    Parameters
    ----------
    scores : float, shape (n_rows, n_documents)
        Higher is better; minus infinity where a document is not ranked at all.
    row, column : int, shape (n,)
        Whose standing is asked.

    Returns
    -------
    above, tied : int, shape (n,)
        Documents of that row with a higher score, and with the same, itself among them.

    Examples
    --------
    >>> stand(np.array([[0.5, 0.2, 0.5, 0.9]]), np.array([0, 0]), np.array([2, 1]))
    (array([1, 3]), array([2, 1]))
    """
    above, tied = np.empty(len(row), dtype=np.int64), np.empty(len(row), dtype=np.int64)
    step = max(1, _COMPARED // max(1, scores.shape[1]))
    for start in range(0, len(row), step):
        some = slice(start, start + step)
        others, own = scores[row[some]], scores[row[some], column[some], None]
        above[some] = np.count_nonzero(others > own, axis=1)
        tied[some] = np.count_nonzero(others == own, axis=1)
    return above, tied


def ndcg(found: Standings, k: int) -> np.ndarray:
    """
    Normalised discounted cumulative gain of the first k.

    Linear gain: a document's gain is its grade, divided by ``log2(1 + rank)``; the sum over the first k is divided by
    that of the best order of all the query's relevant documents [1]_, [2]_.

    Parameters
    ----------
    found : Standings
    k : int

    Returns
    -------
    float, shape (n_queries,)
        In [0, 1].

    References
    ----------
    .. [1] Järvelin and Kekäläinen (2002). Cumulated gain-based evaluation of IR techniques. ACM TOIS 20 (4). The
       discount is that of most programs since: from rank 2 on, where the paper's begins only at rank 3.
    .. [2] McSherry and Najork (2008). Computing information retrieval performance measures efficiently in the
       presence of tied scores. ECIR. Equation for DCG.
    """
    discounts = np.concatenate([[0.0], np.cumsum(1 / np.log2(np.arange(2, k + 2)))])
    upto, before = np.minimum(found.above + found.tied, k), np.minimum(found.above, k)
    gained = _sums(found, found.grade * (discounts[upto] - discounts[before]) / found.tied)
    best_first = np.lexsort((-found.grade, found.query))
    rank = np.arange(len(found.query)) - np.searchsorted(found.query, found.query)
    at_best = np.where(rank < k, 1 / np.log2(rank + 2), 0.0)
    return gained / _sums(found, found.grade[best_first] * at_best)


def recall(found: Standings, k: int) -> np.ndarray:
    """
    Share of a query's relevant documents that stand among the first k, whatever their grade.

    Parameters
    ----------
    found : Standings
    k : int

    Returns
    -------
    float, shape (n_queries,)
        In [0, 1]; with r relevant documents at most k/r.
    """
    within = np.clip((k - found.above) / found.tied, 0.0, 1.0)
    return _sums(found, within) / _sums(found, np.ones(len(within)))


def reciprocal_rank(found: Standings) -> np.ndarray:
    """
    One over the rank of the first relevant document, in the whole ranking; its mean is the MRR.

    Returns
    -------
    float, shape (n_queries,)
        In (0, 1].
    """
    return np.array([_mean_reciprocal(*first) for first in zip(*_first(found), strict=True)])


def first_rank(found: Standings) -> np.ndarray:
    """
    Rank of the first relevant document, from 1; a fraction where it is tied with irrelevant ones.

    Returns
    -------
    float, shape (n_queries,)
        Of r relevant among n tied the first stands at (n + 1)/(r + 1) of them on average.
    """
    above, tied, relevant = _first(found)
    return above + (tied + 1) / (relevant + 1)


def bootstrap_interval(
    values: np.ndarray, *, seed: int = 0, level: float = 0.95, resamples: int = 10_000
) -> tuple[np.ndarray, np.ndarray]:
    """
    Bound the means over queries by the percentile bootstrap [1]_.

    The same queries are drawn for every column: give the difference of two systems as a column of its own, and its
    interval is paired.

    Parameters
    ----------
    values : float, shape (n_queries, n_columns)
    seed : int
    level : float in (0, 1)
    resamples : int
        How often as many queries are drawn, with replacement.

    Returns
    -------
    low, high : float, shape (n_columns,)

    References
    ----------
    .. [1] Efron and Tibshirani (1993). *An Introduction to the Bootstrap*. Chapter 13.

    Examples
    --------
    >>> low, high = bootstrap_interval(np.array([[0.0], [1.0], [1.0], [0.0]]))
    >>> float(low[0]), float(high[0])
    (0.0, 1.0)
    """
    luck = np.random.default_rng(seed)
    n = len(values)
    step = max(1, _DRAWN // n)
    means = np.empty((resamples, values.shape[1]))
    for start in range(0, resamples, step):
        drawn = luck.integers(n, size=(min(step, resamples - start), n))
        drawn += np.arange(len(drawn))[:, None] * n
        times = np.bincount(drawn.ravel(), minlength=drawn.size).reshape(drawn.shape)
        means[start : start + step] = times @ values / n
    low, high = np.quantile(means, [(1 - level) / 2, (1 + level) / 2], axis=0)
    return low, high


def _sums(found: Standings, values: np.ndarray) -> np.ndarray:
    """Add up by query."""
    return np.bincount(found.query, weights=values)


def _first(found: Standings) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Give for each query the documents above the first relevant one, those tied with it, and the relevant of them."""
    order = np.lexsort((found.above, found.query))
    starts = np.searchsorted(found.query, np.arange(found.query[-1] + 1)) if len(order) else np.empty(0, np.int64)
    above, tied = found.above[order][starts], found.tied[order][starts]
    return above, tied, _sums(found, found.above == above[found.query]).astype(np.int64)


def _mean_reciprocal(above: int, tied: int, relevant: int) -> float:
    """Average 1/rank of the first of some relevant documents over all orders of those tied."""
    if tied == 1:
        return 1 / (above + 1)
    places = np.arange(tied - relevant + 1)
    # The chance that the first relevant one stands behind so many of those tied.
    behind = np.concatenate([[1.0], np.cumprod((tied - relevant - places) / (tied - places))])
    return float(np.sum((behind[:-1] - behind[1:]) / (above + places + 1)))
