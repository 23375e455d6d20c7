"""
Shortlists of a market of which little has changed since they were found: what is new is ranked, all else stands.

A pair whose two sides are as they were scores what it scored, as long as texts weigh what they weighed (an epoch). So
pairs of whoever is gone are taken out of lists and counts, pairs of whoever is new are put in, and pairs with something
of their own are scored one by one, then and now. Of each list it is known from which score on it is whole; lists are
kept longer than a market asks for, so that those who leave seldom make one too short. Whose is too short is ranked
again.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from matcher.ranking.bars import Bar
from matcher.ranking.cells import Grid, Pairs
from matcher.ranking.features import History, Kinds
from matcher.ranking.ranker import TIER, Progress, Ranker
from matcher.ranking.shortlists import (
    PART,
    Shortlists,
    Told,
    best,
    kth_order,
    own_pairs,
    parts_of,
    scored,
    shortlists_of,
)

SPARE = 8
"""How much longer lists are kept than a market asks for."""

WORTH = 0.2
"""Share of the pairs with somebody new from which on it takes as long as to rank everybody, by parts."""

_CELLS = 64_000_000
"""Pairs that are looked at in one go where experts are few."""

_NOBODY = np.iinfo(np.int64).max
"""Floor that no order reaches."""


class KeptRanking(NamedTuple):
    """
    A ranking of shortlists, as it is kept for a later one.

    Attributes
    ----------
    ranker : Ranker
        Records are not needed.
    pairs : int32, four of shape (n_pairs,)
        Needs, experts, and what either side scores the other, of lists that are longer by `SPARE` than those of the
        market. What goes by anything but its score has something of its own, and is looked at anyhow.
    bars : (int, int), shapes (n_needs, n_bars) and (n_experts, n_bars)
        See `matcher.ranking.shortlists.Shortlists`.
    floors : (int, int), shapes (n_needs,) and (n_experts,)
        Order from which on the list of each holds every acceptable pair.
    """

    ranker: Ranker
    pairs: tuple[np.ndarray, ...]
    bars: tuple[np.ndarray, np.ndarray]
    floors: tuple[np.ndarray, np.ndarray]

    @classmethod
    def of(
        cls, ranker: Ranker, lists: Shortlists, k: int, floors: tuple[np.ndarray, np.ndarray] | None = None
    ) -> "KeptRanking":
        """
        Keep lists for a market of length k, each up to the last of k + `SPARE`, and all that tie with it.

        Parameters
        ----------
        ranker : Ranker
        lists : Shortlists
            At least so long, where there are so many.
        k : int
        floors : (int, int), shapes (n_needs,) and (n_experts,), or None
            From which order on the list of each is whole; None: they were found among all pairs.
        """
        floors = floors or (np.zeros(ranker.shape[0], dtype=np.int64), np.zeros(ranker.shape[1], dtype=np.int64))
        is_kept, raised = np.maximum(lists.firm_order, lists.expert_order) >= TIER, []
        for agent, order, floor in _sides(lists[:6], floors):
            raised.append(np.maximum(floor, kth_order(agent, order, k + SPARE, len(floor))))
            is_kept |= order >= raised[-1][agent]
        pairs = tuple(array[is_kept].astype(np.int32) for array in lists[:4])
        return cls(ranker, pairs, (lists.need_bars, lists.expert_bars), (raised[0], raised[1]))


class Renewed(NamedTuple):
    """
    What became of a ranking.

    Attributes
    ----------
    kept : KeptRanking
    lists : Shortlists
        Of the market, as ranking everybody gives them.
    n_ranked : (int, int)
        How many needs and how many experts were ranked: new, changed, or left with too short a list.
    """

    kept: KeptRanking
    lists: Shortlists
    n_ranked: tuple[int, int]


def renewed(
    kept: KeptRanking,
    ranker: Ranker,
    came_from: tuple[np.ndarray, np.ndarray],
    k: int,
    on_progress: Progress | None = None,
) -> Renewed | None:
    """
    Find the shortlists of a market by those of an earlier one.

    Parameters
    ----------
    kept : KeptRanking
        Of an earlier market, under the same settings and the same epoch.
    ranker : Ranker
        Of now.
    came_from : (int, int), shapes (n_needs,) and (n_experts,)
        Where whoever has the same text was in the earlier market; -1 for all others. Ascending but for these.
    k : int
        Length of a shortlist.
    on_progress : callable or None
        Called with (done, total, stage), pairs being counted.

    Returns
    -------
    Renewed or None
        None where `WORTH` says so: those whose ratings, place or mode changed are new too.
    """
    needs, experts = _moved(kept.ranker, ranker, came_from)
    counts, floors = _Counts.of(kept, ranker, needs, experts), _floors(kept, ranker, needs, experts)
    # All needs with those experts, for so their rows need not be picked.
    gone = [(needs.gone, experts.old), (np.arange(kept.ranker.shape[0]), experts.gone)]
    come = [(needs.new, experts.same), (np.arange(ranker.shape[0]), experts.new)]
    if sum(len(rows) * len(columns) for rows, columns in come) > WORTH * ranker.shape[0] * ranker.shape[1]:
        return None
    told = Told(on_progress, sum(len(rows) * len(columns) for rows, columns in (*gone, *come)))
    for rows, columns in _parts(gone):
        nobody = np.full(len(rows), _NOBODY), np.full(len(columns), _NOBODY)
        lost = shortlists_of(kept.ranker, Grid(rows, columns), 1, told, floors=nobody)
        counts.add(needs.place[rows], experts.place[columns], lost, -1)
    then, now = _own(kept.ranker, ranker, needs, experts)
    found: list[Columns] = []
    for rows, columns in _parts(come):
        lowest = floors[0][rows], floors[1][columns]
        gained = shortlists_of(ranker, Grid(rows, columns), k + SPARE, told, floors=lowest)
        counts.add(rows, columns, gained, 1)
        found.append(gained[:6])
    for scores in scored(kept.ranker, then):
        counts.add_pairs((needs.place[scores.where.need], experts.place[scores.where.expert]), scores.bar, -1)
    for scores in scored(ranker, now):
        counts.add_pairs(scores.where, scores.bar, 1)
        found.append(tuple(array[scores.bar == Bar.NONE] for array in (*scores.where, *scores[2:6])))
    pairs = _together(_standing(kept.pairs, needs, experts, now), found, ranker.shape[1])
    short = [_short(*side, k) for side in _sides(pairs, floors)]
    for rows, columns in _parts([(short[0], np.arange(ranker.shape[1])), (np.arange(ranker.shape[0]), short[1])]):
        again = shortlists_of(ranker, Grid(rows, columns), k + SPARE)
        pairs = _together(pairs, [again[:6]], ranker.shape[1])
    for floor, agents in zip(floors, short, strict=True):
        floor[agents] = 0
    n_ranked = len(needs.new) + len(short[0]), len(experts.new) + len(short[1])
    lists = Shortlists(*pairs, *counts)
    return Renewed(KeptRanking.of(ranker, lists, k, floors), best(lists, k), n_ranked)


class _Moved(NamedTuple):
    """
    What became of one side.

    Attributes
    ----------
    same, old : int, shape (n_same,)
        Where those who are as they were are now, and were then; ascending.
    new, gone : int, shapes (n_new,) and (n_gone,)
        All others, now and then.
    then, place : int, shapes (n_now,) and (n_then,)
        Where each was, and where each of then is; -1 for those who changed.
    """

    same: np.ndarray
    old: np.ndarray
    new: np.ndarray
    gone: np.ndarray
    then: np.ndarray
    place: np.ndarray

    @classmethod
    def of(cls, came_from: np.ndarray, n_then: int) -> "_Moved":
        same = np.flatnonzero(came_from >= 0)
        place = np.full(n_then, -1)
        place[came_from[same]] = same
        return cls(same, came_from[same], np.flatnonzero(came_from < 0), np.flatnonzero(place < 0), came_from, place)


def _moved(then: Ranker, now: Ranker, came_from: tuple[np.ndarray, np.ndarray]) -> tuple[_Moved, _Moved]:
    """Compare all that scores and bars go by on either side, besides texts and what pairs have of their own."""
    needs, experts = (found.copy() for found in came_from)

    def compare(came: np.ndarray, before: np.ndarray, after: np.ndarray) -> None:
        there = np.flatnonzero(came >= 0)
        came[there[before[came[there]] != after[there]]] = -1

    compare(experts, then.bars.expert, now.bars.expert)
    for name in ("onsite", "online", "named_only"):
        for came, before, after in zip(
            (needs, experts), getattr(then.bars, name), getattr(now.bars, name), strict=True
        ):
            compare(came, before, after)
    features = list(zip(then.features.parts, now.features.parts, strict=True))
    for before, after in features:
        if isinstance(before, History) and isinstance(after, History):
            compare(needs, before.of_needs, after.of_needs)
            compare(experts, before.of_experts, after.of_experts)
        elif isinstance(before, np.ndarray) and isinstance(after, np.ndarray):
            compare(experts, before, after)
    for before, after in features:
        if isinstance(before, Kinds) and isinstance(after, Kinds):
            _compare_kinds(needs, experts, before, after)
    return _Moved.of(needs, then.shape[0]), _Moved.of(experts, then.shape[1])


def _compare_kinds(needs: np.ndarray, experts: np.ndarray, then: Kinds, now: Kinds) -> None:
    """Mark needs whose kind has not with every kind of expert what it had; kinds may be numbered otherwise."""
    rows, columns = np.flatnonzero(needs >= 0), np.flatnonzero(experts >= 0)
    width = now.values.shape
    of_needs, kind = np.unique(then.need[needs[rows]] * width[0] + now.need[rows], return_inverse=True)
    of_experts = np.unique(then.expert[experts[columns]] * width[1] + now.expert[columns])
    at_then, at_now = zip(
        *(np.divmod(kinds, n) for kinds, n in zip((of_needs, of_experts), width, strict=True)), strict=True
    )
    differ = (then.values[np.ix_(*at_then)] != now.values[np.ix_(*at_now)]).any(axis=1)
    needs[rows[differ[kind]]] = -1


def _own(then: Ranker, now: Ranker, needs: _Moved, experts: _Moved) -> tuple[Pairs, Pairs]:
    """Find the pairs of those who are as they were that have, or had, something of their own: where then, and now."""
    had, have = own_pairs(then, Grid(needs.old, experts.old)), own_pairs(now, Grid(needs.same, experts.same))
    cells = [
        _cells(needs.place[had.need], experts.place[had.expert], now.shape[1]),
        _cells(*have, now.shape[1]),
    ]
    need, expert = np.divmod(np.union1d(*cells), now.shape[1])
    return Pairs(needs.then[need], experts.then[expert]), Pairs(need, expert)


def _cells(need: np.ndarray, expert: np.ndarray, n_experts: int) -> np.ndarray:
    return need.astype(np.int64) * n_experts + expert


class _Counts(NamedTuple):
    """How many pairs of each need and each expert are barred by what."""

    need_bars: np.ndarray
    expert_bars: np.ndarray

    @classmethod
    def of(cls, kept: KeptRanking, ranker: Ranker, needs: _Moved, experts: _Moved) -> "_Counts":
        """Begin with what was counted of those who are as they were."""
        counts = cls(*(np.zeros((n, len(Bar)), dtype=np.int64) for n in ranker.shape))
        counts.need_bars[needs.same] = kept.bars[0][needs.old]
        counts.expert_bars[experts.same] = kept.bars[1][experts.old]
        return counts

    def add(self, needs: np.ndarray, experts: np.ndarray, counted: Shortlists, sign: int) -> None:
        """Add what was counted of a grid, or take it away; of needs and experts that are gone the place is -1."""
        for bars, at, found in zip(self, (needs, experts), counted[6:], strict=True):
            bars[at[at >= 0]] += sign * found[at >= 0]

    def add_pairs(self, pairs: tuple[np.ndarray, np.ndarray], bar: np.ndarray, sign: int) -> None:
        """Add what bars single pairs, or take it away."""
        for bars, agents in zip(self, pairs, strict=True):
            np.add.at(bars, (agents, bar), sign)


def _parts(grids: Sequence[tuple[np.ndarray, np.ndarray]]) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Go over grids by parts of their needs, as shortlists are found: the fewer experts, the larger; of nobody none."""
    for rows, columns in grids:
        if len(columns):
            yield from ((rows[part], columns) for part in parts_of(len(rows), max(PART, _CELLS // len(columns))))


Columns = tuple[np.ndarray, ...]
"""The first six of `Shortlists`: pairs, scores and orders."""


def _standing(pairs: Columns, needs: _Moved, experts: _Moved, own: Pairs) -> Columns:
    """Give the pairs of lists that are as they were, where they are now: each goes by its score."""
    need, expert, n_experts = needs.place[pairs[0]], experts.place[pairs[1]], len(experts.then)
    stands = (need >= 0) & (expert >= 0)
    stands &= ~np.isin(_cells(need, expert, n_experts), _cells(*own, n_experts))
    scores = [score[stands].astype(np.int64) for score in pairs[2:]]
    return (need[stands], expert[stands], *scores, *scores)


def _together(standing: Columns, more: Sequence[Columns], n_experts: int) -> Columns:
    """Put pairs among others, which are by need, then by expert; those that are there already are left aside."""
    columns = [np.concatenate(column) for column in zip(*more, strict=True)]
    there, cells = _cells(*standing[:2], n_experts), _cells(*columns[:2], n_experts)
    order = np.argsort(cells)
    at = np.searchsorted(there, cells[order])
    is_new = np.append(there, -1)[at] != cells[order]
    return tuple(
        np.insert(one, at[is_new], column[order[is_new]]) for one, column in zip(standing, columns, strict=True)
    )


def _floors(kept: KeptRanking, ranker: Ranker, needs: _Moved, experts: _Moved) -> tuple[np.ndarray, np.ndarray]:
    floors = np.zeros(ranker.shape[0], dtype=np.int64), np.zeros(ranker.shape[1], dtype=np.int64)
    for floor, before, side in zip(floors, kept.floors, (needs, experts), strict=True):
        floor[side.same] = before[side.old]
    return floors


def _sides(pairs: Columns, floors: tuple[np.ndarray, np.ndarray]) -> list[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Give of either side who asks, by what it goes, and its floors."""
    return [(pairs[0], pairs[4], floors[0]), (pairs[1], pairs[5], floors[1])]


def _short(agent: np.ndarray, order: np.ndarray, floor: np.ndarray, k: int) -> np.ndarray:
    """Find those of whom fewer than k are known, though there may be more below."""
    known = np.bincount(agent[order >= floor[agent]], minlength=len(floor))
    return np.flatnonzero((known < k) & (floor > 0))
