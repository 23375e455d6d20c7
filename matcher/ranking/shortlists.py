"""
Both sides' shortlists of a market too large to hold every pair, and what bars all the others.

What a pair has of its own (a wish, a veto, a conflict, a lock, a past) stands in sparse matrices: these pairs are
scored one by one. All others go by their texts, and by what kind of need and of expert they are, so that one sweep of
numbers of 32 bits tells whom it is worth to score exactly. A part of the needs at a time: what comes of it is the same
however they are parted.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple, TypeVar

import numpy as np
import scipy.sparse as sp

from matcher.domain.settings import Side
from matcher.ranking.bars import Bar
from matcher.ranking.cells import Grid, Pairs, list_keys
from matcher.ranking.ranker import SCORE_UNIT, TIER, Progress, Ranker, Scores
from matcher.ranking.sweep import Aim, Asked, Reached, Vectors, reach, sweep

M = TypeVar("M", np.ndarray, sp.csr_array)

PART = 16_384
"""Needs of a part: their sums, notes and pairs take some 200 MB."""

_PAIRS = 1_000_000
"""Pairs scored at a time."""

_COUNTED = (Bar.NONE, Bar.NO_COMMON_TERM, Bar.EXPERT_BELOW_MIN_FIT, Bar.FIRM_BELOW_MIN_FIT)
"""What the columns of `matcher.ranking.sweep.Found` count."""


class Shortlists(NamedTuple):
    """
    Pairs among the best of either side, all that tie with the last included, or named by either, by need, then expert.

    Attributes
    ----------
    need, expert : int, shape (n_pairs,)
        Positions.
    firm_score, expert_score, firm_order, expert_order : int, shape (n_pairs,)
        See `matcher.ranking.ranker.Scores`.
    need_bars, expert_bars : int, shapes (n_needs, n_bars) and (n_experts, n_bars)
        How many pairs of each are barred by what; of a grid, those of its rows and of its columns.
    """

    need: np.ndarray
    expert: np.ndarray
    firm_score: np.ndarray
    expert_score: np.ndarray
    firm_order: np.ndarray
    expert_order: np.ndarray
    need_bars: np.ndarray
    expert_bars: np.ndarray


class Told:
    """Tells how many pairs are done."""

    def __init__(self, on_progress: Progress | None, total: int) -> None:
        self.on_progress, self.total, self.done = on_progress, total, 0

    def __call__(self, n_pairs: int) -> None:
        """Tell that so many more are done."""
        self.done += n_pairs
        if self.on_progress:
            self.on_progress(self.done, self.total, "ranking")


def shortlists(ranker: Ranker, k: int, on_progress: Progress | None = None) -> Shortlists:
    """
    Find both sides' shortlists among all pairs.

    Parameters
    ----------
    ranker : Ranker
    k : int
        Length of a shortlist.
    on_progress : callable or None
        Called with (done, total, stage), pairs being counted.

    Returns
    -------
    Shortlists
    """
    told = Told(on_progress, math.prod(ranker.shape))
    parts = [np.arange(part.start, part.stop) for part in parts_of(ranker.shape[0])]
    return joined(k, [shortlists_of(ranker, Grid(rows), k, told)._asdict().__getitem__ for rows in parts])


def shortlists_of(
    ranker: Ranker,
    where: Grid,
    k: int,
    on_progress: Callable[[int], None] | None = None,
    *,
    floors: tuple[np.ndarray, np.ndarray] | None = None,
) -> Shortlists:
    """
    Find the shortlists of some needs and of some experts, or of all, among each other alone.

    Parameters
    ----------
    ranker : Ranker
    where : Grid
        Rows and columns ascending.
    k : int
    on_progress : callable or None
        Called with the number of pairs that are done.
    floors : (int, int), shapes (n_rows,) and (n_columns,), or None
        Orders below which a pair need not be among those listed.

    Returns
    -------
    Shortlists
    """
    rows, columns = where.rows, _columns(ranker, where)
    own = own_pairs(ranker, where)
    found = sweep(_asked(ranker, where, own), k, on_progress, floors=floors)
    need_bars, expert_bars = _barred_by_kind(ranker, where, own)
    need_bars[:, _COUNTED] += found.of_queries
    expert_bars[:, _COUNTED] += found.of_documents
    sure, unclear = (Pairs(rows[query], columns[document]) for query, document in (found[:2], found.unclear))
    kept = []
    for pairs in (sure, unclear, own):
        for scores in scored(ranker, pairs):
            if pairs is not sure:
                np.add.at(need_bars, (np.searchsorted(rows, scores.where.need), scores.bar), 1)
                np.add.at(expert_bars, (np.searchsorted(columns, scores.where.expert), scores.bar), 1)
            is_fine = scores.bar == Bar.NONE
            kept.append([array[is_fine] for array in (*scores.where, *scores[2:6])])
    pairs = [np.concatenate(column) for column in zip(*kept, strict=True)]
    order = np.lexsort((pairs[1], pairs[0]))
    return best(Shortlists(*(column[order] for column in pairs), need_bars, expert_bars), k)


def joined(k: int, parts: Sequence[Callable[[str], np.ndarray]]) -> Shortlists:
    """
    Put the parts of all needs together, in their order: an expert's best are among the best of each part.

    Parameters
    ----------
    k : int
    parts : sequence of callables
        Each gives the array of a name of `Shortlists`, and is asked for one at a time: all are thrice what is kept.

    Returns
    -------
    Shortlists
    """

    def whole(name: str) -> np.ndarray:
        return np.concatenate([part(name) for part in parts])

    is_best = _are_best(whole("need"), whole("firm_order"), k) | _are_best(whole("expert"), whole("expert_order"), k)
    *columns, need_bars, _ = Shortlists._fields
    pairs = (whole(name)[is_best] for name in columns)
    return Shortlists(*pairs, whole(need_bars), np.sum([part("expert_bars") for part in parts], axis=0))


def above(ranker: Ranker, where: Grid, floors: tuple[np.ndarray, np.ndarray]) -> Scores[Pairs]:
    """
    Find the acceptable pairs of a grid that exceed a floor of the need and one of the expert.

    Parameters
    ----------
    ranker : Ranker
    where : Grid
        Rows and columns ascending.
    floors : (int, int), shapes (n_rows,) and (n_columns,)
        Orders, as of `matcher.ranking.ranker.Scores`; -1: anybody is above.

    Returns
    -------
    Scores
        Of those pairs, in no order.
    """
    found = []
    for part in parts_of(len(where.rows)):
        found += _above(ranker, Grid(where.rows[part], where.columns), (floors[0][part], floors[1]))[0]
    pairs = Pairs(*(np.concatenate([scores.where[side] for scores in found]) for side in (0, 1)))
    return Scores(pairs, *(np.concatenate(column) for column in zip(*(scores[1:] for scores in found), strict=True)))


def count_above(ranker: Ranker, where: Grid, floors: tuple[np.ndarray, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Count the pairs that `above` finds: int, shapes (n_rows,) and (n_columns,)."""
    of_rows, of_columns = (np.zeros(len(floor), dtype=np.int64) for floor in floors)
    for part in parts_of(len(where.rows)):
        some = Grid(where.rows[part], where.columns)
        found, sure = _above(ranker, some, (floors[0][part], floors[1]), are_counted=True)
        of_rows[part] += sure.of_queries
        of_columns += sure.of_documents
        for scores in found:
            np.add.at(of_rows[part], np.searchsorted(some.rows, scores.where.need), 1)
            np.add.at(of_columns, np.searchsorted(_columns(ranker, where), scores.where.expert), 1)
    return of_rows, of_columns


def _above(
    ranker: Ranker, where: Grid, floors: tuple[np.ndarray, np.ndarray], *, are_counted: bool = False
) -> tuple[list[Scores[Pairs]], Reached]:
    """Score whoever may be above both floors, and keep those that are; with the counts of all others that are."""
    own, columns = own_pairs(ranker, where), _columns(ranker, where)
    reached = reach(_asked(ranker, where, own), floors, are_counted=are_counted)
    query, document = reached.pairs
    need, expert = np.concatenate([where.rows[query], own.need]), np.concatenate([columns[document], own.expert])
    by_need = np.argsort(need, kind="stable")
    found = []
    for scores in scored(ranker, Pairs(need[by_need], expert[by_need])):
        row, column = np.searchsorted(where.rows, scores.where.need), np.searchsorted(columns, scores.where.expert)
        is_above = (scores.firm_order > floors[0][row]) & (scores.expert_order > floors[1][column])
        is_above &= scores.bar == Bar.NONE
        pairs = Pairs(*(positions[is_above] for positions in scores.where))
        found.append(Scores(pairs, *(array[is_above] for array in scores[1:])))
    return found, reached


def parts_of(n_rows: int, size: int = PART) -> list[slice]:
    """Part positions evenly but for the last, which may be shorter."""
    return [slice(start, min(start + size, n_rows)) for start in range(0, n_rows, size)]


def _columns(ranker: Ranker, where: Grid) -> np.ndarray:
    return np.arange(ranker.shape[1]) if where.columns is None else where.columns


def best(pairs: Shortlists, k: int) -> Shortlists:
    """Keep the pairs that are among the best of either side, or named."""
    is_best = _are_best(pairs.need, pairs.firm_order, k) | _are_best(pairs.expert, pairs.expert_order, k)
    return Shortlists(*(array[is_best] for array in pairs[:6]), *pairs[6:])


def _are_best(agent: np.ndarray, order: np.ndarray, k: int) -> np.ndarray:
    """Tell of each pair whether it is among the best of its agent, or the agent named it."""
    return order >= np.minimum(kth_order(agent, order, k), TIER)[agent]


def kth_order(agent: np.ndarray, order: np.ndarray, k: int, n_agents: int = 0) -> np.ndarray:
    """
    Find the k-th highest order of each agent.

    Parameters
    ----------
    agent, order : int, shape (n_pairs,)
        Orders are at least 0.
    k : int
    n_agents : int
        At least; those beyond the last that has a pair have none.

    Returns
    -------
    int, shape (n_agents,)
        -1 of those who have fewer.
    """
    by_list = np.argsort(list_keys(agent, order))
    bounds = np.append(0, np.cumsum(np.bincount(agent, minlength=n_agents)))
    at = bounds[:-1] + k - 1
    found, has_k = np.full(len(at), -1, dtype=np.int64), at < bounds[1:]
    found[has_k] = order[by_list[at[has_k]]]
    return found


def scored(ranker: Ranker, pairs: Pairs) -> Iterator[Scores[Pairs]]:
    """Score single pairs, some at a time."""
    for start in range(0, max(len(pairs.need), 1), _PAIRS):
        yield ranker.scores(Pairs(*(positions[start : start + _PAIRS] for positions in pairs)))


def own_pairs(ranker: Ranker, where: Grid) -> Pairs:
    """Find the pairs of a grid that have something of their own, each once, by need, then by expert."""
    wishes, bars = ranker.wishes, ranker.bars
    matrices = (
        *(wishes.firm_tier, wishes.expert_tier, wishes.firm_veto, wishes.expert_veto, bars.conflict, bars.locked),
        *ranker.features.of_own,
    )
    n_experts = ranker.shape[1]
    cells = [np.empty(0, dtype=np.int64)]
    for matrix in matrices:
        there = matrix[where.rows].tocoo()
        cells.append(where.rows[there.row] * n_experts + there.col)
    need, expert = np.divmod(np.unique(np.concatenate(cells)), n_experts)
    if where.columns is not None:
        inside = np.isin(expert, where.columns)
        need, expert = need[inside], expert[inside]
    return Pairs(need, expert)


def _plain(ranker: Ranker) -> Ranker:
    """Give a ranker for which no pair has anything of its own."""
    none = sp.csr_array(ranker.shape, dtype=bool)
    no_tier = none.astype(np.int32)
    wishes = replace(ranker.wishes, firm_tier=no_tier, expert_tier=no_tier, firm_veto=none, expert_veto=none)
    bars = replace(ranker.bars, wishes=wishes, conflict=none, locked=none)
    return replace(ranker, wishes=wishes, bars=bars, features=ranker.features.without_own())


def _bar_of_kind(plain: Ranker, where: Grid | Pairs) -> np.ndarray:
    """Find what bars pairs whatever their texts are."""
    shape = np.broadcast_shapes(where.of_needs(plain.bars.onsite[0]).shape, where.of_experts(plain.bars.expert).shape)
    fits = np.zeros(shape, dtype=bool)
    return plain.bars.of(where, np.ones(shape), fits, fits)


def _asked(ranker: Ranker, where: Grid, own: Pairs) -> Asked:
    """Ask for the pairs of a grid that have nothing of their own."""
    plain, bars, profiles = _plain(ranker), ranker.bars, ranker.profiles
    rows, columns = where.rows, _columns(ranker, where)
    first, kind = _kinds(
        *(values[rows] for values in ranker.features.by_need),
        *(bars.onsite[0][rows], bars.online[0][rows], bars.named_only[0][rows]),
    )

    def aim(side: Side) -> Aim:
        weights = ranker.weights(side)

        def rest(kinds: np.ndarray, some: slice) -> np.ndarray:
            of_kinds = Grid(rows[first[kinds]], columns[some])
            parts, barred = plain.features.of(side, of_kinds), _bar_of_kind(plain, of_kinds) > 0
            score = sum(weight * parts[name] for name, weight in weights.items() if name != "text")
            return np.where(barred, -1.0, score)

        return Aim(weights.get("text", 0.0), ranker.smallest(side) * SCORE_UNIT, rest)

    cells = np.searchsorted(rows, own.need), np.searchsorted(columns, own.expert)
    vectors = [
        Vectors(_picked(one.needs, rows), _picked(one.experts, columns), one.share, one.usual) for one in profiles.dense
    ]
    texts = _picked(profiles.needs, rows), _picked(profiles.experts, columns)
    return Asked(
        *(*texts, vectors, kind, (aim("firm"), aim("expert"))),
        ranker.settings.min_agreement,
        sp.csr_array((np.ones(len(own.need), dtype=bool), cells), shape=(len(rows), len(columns))),
    )


def _picked(rows: M, positions: np.ndarray) -> M:
    """Pick rows; where all are asked for, nothing is copied."""
    return rows if len(positions) == rows.shape[0] else rows[positions]


def _barred_by_kind(ranker: Ranker, where: Grid, own: Pairs) -> tuple[np.ndarray, np.ndarray]:
    """Count what bars pairs whatever their texts are, of those that have nothing of their own."""
    plain, bars, rows, columns = _plain(ranker), ranker.bars, where.rows, _columns(ranker, where)
    by_mode = bars.onsite, bars.online, bars.named_only
    of_needs, need_kind = _kinds(*(values[0][rows] for values in by_mode))
    of_experts, expert_kind = _kinds(bars.expert[columns], *(values[1][columns] for values in by_mode))
    table = _bar_of_kind(plain, Grid(rows[of_needs], columns[of_experts]))
    n_needs, n_experts = np.bincount(need_kind), np.bincount(expert_kind)
    need_bars = np.zeros((len(rows), len(Bar)), dtype=np.int64)
    expert_bars = np.zeros((len(columns), len(Bar)), dtype=np.int64)
    of_own = _bar_of_kind(plain, own)
    for bar in set(np.unique(table).tolist()) - {int(Bar.NONE)}:
        need_bars[:, bar] = ((table == bar) @ n_experts)[need_kind]
        expert_bars[:, bar] = (n_needs @ (table == bar))[expert_kind]
        there = of_own == bar
        np.subtract.at(need_bars[:, bar], np.searchsorted(rows, own.need[there]), 1)
        np.subtract.at(expert_bars[:, bar], np.searchsorted(columns, own.expert[there]), 1)
    return need_bars, expert_bars


def _kinds(*columns: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Give rows that are alike in all columns one number: where each kind stands first, and the kind of each row."""
    kind = np.zeros(len(columns[0]), dtype=np.int64)
    for column in columns:
        _, value = np.unique(column, return_inverse=True)
        _, kind = np.unique(kind * (value.max(initial=0) + 1) + value, return_inverse=True)
    return np.unique(kind, return_index=True)[1], kind
