"""
Deferred acceptance, many to many, in flat arrays: the kernel of ``stable``.

Each side takes the best independent set of a matroid: as many pairs as it has places, and of each unit at most one (a
unit is an expert at a firm, whichever of the firm's needs). Where orders are strict, offers in any order lead to one
and the same stable assignment, the best for the proposers [1]_.

Where there are ties, the most pairs are wanted, and promotion [2]_ gets near: a proposer refused by everybody asks once
more, now preferred among equals; and of equals a proposer asks first for somebody whom nobody else wants. Written as in
[3]_, each pair has three copies in strict lists, of which at most one is placed:

- a proposer asks, tier by tier, for all *modest* copies of the tier, then for all *plain* ones; after the last tier,
  tier by tier again, for the *promoted* ones;
- a receiver prefers, tier by tier, the promoted copies of the tier to the plain ones; the modest come after all tiers.

So what is stable among the copies is weakly stable. The plain copy of a pair that is not placed is refused by one side:
one of its units is full of copies that this side prefers. For a proposer these are plain or modest, of the same tier or
a better one; for a receiver plain or promoted, likewise: pairs at least as good.

And it has at least two thirds of the pairs of the largest [3]_. One to one this means: the largest never has (q, r) and
(p, s) where here p is with r, and q and s with nobody. For r refused q even promoted, so r holds p's plain or promoted
copy; nobody asked s, so p holds a copy ahead of the modest one of s, plain or modest. So it is the plain one: p likes r
strictly more than s, and r likes p strictly more than q. Then p and r block the largest.

References
----------
.. [1] Fleiner (2003). A fixed-point approach to stable matchings and some applications. Math. Oper. Res. 28.
.. [2] Király (2011). Better and simpler approximation algorithms for the stable marriage problem. Algorithmica 60.
.. [3] Yokoi (2021). An approximation algorithm for maximum stable matching with ties and constraints. ISAAC.
"""

from collections.abc import Callable, MutableSequence, Sequence
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

import numpy as np

from matcher.ranking.cells import list_keys

COMPILED_FROM = 1_000_000
"""Offers, of all runs so far, from which to run compiled; for fewer, loading the compiler costs more than it saves."""

Numbers = Sequence[int] | np.ndarray
Counters = MutableSequence[int] | np.ndarray


@dataclass(frozen=True, eq=False, slots=True)
class Side:
    """
    The lists of one side, one agent's after another's, the best first.

    Attributes
    ----------
    agent : int, shape (n_pairs,)
    places : int, shape (n_agents,)
        At least 1 for whoever has a pair.
    unit : int, shape (n_pairs,), or None
        Pairs of one agent of which at most one is placed share a number; None: each pair has its own.
    start : int, shape (n_agents + 1,)
        Place at which each agent's list begins.
    tie_start, tie_end : int, shape (n_pairs,)
        Places of a pair and those tied with it: from, and up to but without.
    """

    agent: np.ndarray
    places: np.ndarray
    unit: np.ndarray | None
    start: np.ndarray
    tie_start: np.ndarray
    tie_end: np.ndarray

    @classmethod
    def of(cls, agent: np.ndarray, places: np.ndarray, order: np.ndarray, unit: np.ndarray | None = None) -> "Side":
        """
        Make the lists of a side.

        Parameters
        ----------
        agent : int, shape (n_pairs,)
        places : int, shape (n_agents,)
        order : int, shape (n_pairs,)
            Higher is better, equal is tied.
        unit : int, shape (n_pairs,), or None
        """
        n_pairs, key = len(agent), list_keys(agent, order)
        by_list = np.argsort(key, kind="stable")
        bounds = np.flatnonzero(np.diff(key[by_list], prepend=-1, append=np.iinfo(np.int64).max))
        kind, lengths = _narrowest(n_pairs), np.diff(bounds)
        tie_start, tie_end = np.empty((2, n_pairs), dtype=kind)
        tie_start[by_list], tie_end[by_list] = np.repeat(bounds[:-1], lengths), np.repeat(bounds[1:], lengths)
        start = np.concatenate([[0], np.cumsum(np.bincount(agent, minlength=len(places)))]).astype(kind)
        numbers = None if unit is None else unit.astype(kind)
        return cls(agent.astype(kind), places, numbers, start, tie_start, tie_end)

    @property
    def has_ties(self) -> bool:
        """Whether somebody likes two equally."""
        return bool((self.tie_end - self.tie_start > 1).any())

    def strict(self, luck: np.ndarray) -> np.ndarray:
        """
        Break ties.

        Parameters
        ----------
        luck : int from 0, shape (n_pairs,)
            Of equals the lower comes first; different within every tie.

        Returns
        -------
        int, shape (n_pairs,)
            Place of each pair; 0 the best of the first agent.
        """
        if not self.has_ties:
            return self.tie_start
        place = np.empty_like(self.tie_start)
        place[np.argsort(self.tie_start.astype(np.int64) * (int(luck.max()) + 1) + luck)] = np.arange(len(luck))
        return place

    def copies(self, place: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Places of three copies of each pair: the first and the second by tier, the third after all tiers."""
        start, end = self.start[self.agent], self.start[self.agent + 1]
        return start + self.tie_start + place, start + self.tie_end + place, 2 * end + place


def deferred_acceptance(
    proposers: Side,
    receivers: Side,
    luck: tuple[np.ndarray, np.ndarray],
    *,
    promotion: bool = False,
    compiled: bool = False,
) -> np.ndarray:
    """
    Let one side propose.

    Parameters
    ----------
    proposers, receivers : Side
        Of the same pairs.
    luck : two of int, shape (n_pairs,)
        What breaks the ties of each; see `Side.strict`.
    promotion : bool
        Place at least two thirds of the pairs that a weakly stable assignment can have.
    compiled : bool
        Whether to run compiled, with the same outcome.

    Returns
    -------
    int, shape (n_placed,)
        Positions of the pairs placed, ascending.
    """
    offers, pair = _offers(proposers, receivers, luck, promotion=promotion)
    open_places = np.minimum(proposers.places, np.diff(proposers.start))
    held = (run_compiled if compiled else run)(offers, open_places)
    return np.sort(pair[held[held >= 0]])


def _offers(
    proposers: Side, receivers: Side, luck: tuple[np.ndarray, np.ndarray], *, promotion: bool
) -> tuple["Offers", np.ndarray]:
    """Lay out what can be offered, and which pair each offer is; what takes most room to find comes first."""
    asks, gets = proposers.strict(luck[0]), receivers.strict(luck[1])
    pair = np.arange(len(asks), dtype=asks.dtype)
    if promotion:
        early, middle, late = receivers.copies(gets)
        asks, gets = np.concatenate(proposers.copies(asks)), np.concatenate([late, middle, early])
        pair = np.tile(pair, 3)
    by_place = np.empty_like(pair)
    by_place[asks] = np.arange(len(pair), dtype=pair.dtype)
    pair, gets = pair[by_place], gets[by_place]
    del asks, by_place
    unit = proposers.unit
    if promotion and unit is None:
        unit = np.arange(len(proposers.agent), dtype=pair.dtype)
    unit = _NONE if unit is None else unit[pair]
    next_of_unit = _next_of_unit(unit)
    copies = 3 if promotion else 1
    offers = Offers(
        start=proposers.start * copies,
        proposer=proposers.agent[pair],
        asked=(receivers.agent[pair].astype(np.int64) << _BITS) + gets,
        slot=np.append(0, np.cumsum(np.minimum(receivers.places, np.diff(receivers.start)))),
        unit=unit,
        next_of_unit=next_of_unit,
        receiver_unit=_NONE if receivers.unit is None else receivers.unit[pair],
    )
    return offers, pair


class Offers(NamedTuple):
    """
    What can be offered, numbered by proposer, each one's best first.

    Attributes
    ----------
    start : of each proposer the first offer; and the number of offers
    proposer : of each offer
    asked : of each offer, the receiver, shifted, plus the place in the receiver's list, lower is better: one number, so
        that one access to memory finds both, and that fills most of the time in large markets
    slot : of each receiver the first slot, of as many as it can hold; and the number of slots
    unit, next_of_unit : of each offer; the proposer's next of that unit, or -1; both empty where units don't matter
    receiver_unit : of each offer; empty where units don't matter
    """

    start: Numbers
    proposer: Numbers
    asked: Numbers
    slot: Numbers
    unit: Numbers
    next_of_unit: Numbers
    receiver_unit: Numbers


class Progress(NamedTuple):
    """
    How far a run has come.

    Attributes
    ----------
    waiting : for each place without an offer, the one that was lost; at first none, so the complement of the proposer
    walk : of each proposer, the next offer down the list
    offered : of each unit of proposers, 1 while one of it is on offer
    load : of each receiver, the number held
    held : in each slot, the offer, or -1
    place : in each slot, what the offer has in ``asked``; those of a receiver are a heap, the worst on top
    """

    waiting: Counters
    walk: Counters
    offered: Counters
    load: Counters
    held: Counters
    place: Counters


def run(offers: Offers, places: np.ndarray) -> np.ndarray:
    """Run interpreted, on lists, with the proposers' places; returns the offers held, or -1 for an empty slot."""
    lists = Offers(*(np.asarray(numbers).tolist() for numbers in offers))
    progress = Progress(*(numbers.tolist() for numbers in _progress(offers, places)))
    _propose(lists, progress)
    return np.asarray(progress.held, dtype=np.int64)


def run_compiled(offers: Offers, places: np.ndarray) -> np.ndarray:
    """Run compiled, on arrays, of 32 bits where that will do; returns the same as `run`."""
    if len(offers.proposer) > np.iinfo(np.int32).max:
        raise ValueError(f"{len(offers.proposer)} offers are more than the kernel can number")
    narrow = (np.ascontiguousarray(numbers, dtype=np.int32) for numbers in offers._replace(asked=_NONE))
    arrays = Offers(*narrow)._replace(asked=offers.asked)
    progress = Progress(*_progress(offers, places))
    try:
        _compiled(cached=True)(arrays, progress)
    except (OSError, RuntimeError):  # no folder that the compiler may write to: compiled for this process alone
        _compiled(cached=False)(arrays, progress)
    return np.asarray(progress.held)


def _narrowest(n_pairs: int) -> np.dtype:
    """Choose what numbers three copies of each pair: where 32 bits do, a large market takes half the memory."""
    return np.dtype(np.int32 if 3 * n_pairs <= np.iinfo(np.int32).max else np.int64)


_NONE = np.empty(0, dtype=np.int64)
_BITS = 32


def _next_of_unit(unit: np.ndarray) -> np.ndarray:
    found = np.full(len(unit), -1, dtype=unit.dtype)
    by_unit = np.argsort(unit, kind="stable").astype(unit.dtype)
    sorted_ = unit[by_unit]
    same = sorted_[1:] == sorted_[:-1]
    found[by_unit[:-1][same]] = by_unit[1:][same]
    return found


def _progress(offers: Offers, places: np.ndarray) -> tuple[np.ndarray, ...]:
    """Make what `Progress` holds before the first offer, in its order."""
    n_units, n_slots = int(np.max(offers.unit, initial=-1)) + 1, int(offers.slot[-1])
    return (
        np.repeat(~np.arange(len(places), dtype=np.int32), places),
        np.array(offers.start[:-1], dtype=np.int32),
        np.zeros(n_units, dtype=np.int32),
        np.zeros(len(offers.slot) - 1, dtype=np.int32),
        np.full(n_slots, -1, dtype=np.int32),
        np.full(n_slots, -1, dtype=np.int64),
    )


@cache
def _compiled(*, cached: bool) -> Callable[[Offers, Progress], None]:
    import numba
    from numba.extending import register_jitable

    for part in (_walk_on, _rival, _rise, _sink):
        register_jitable(inline="always")(part)
    return numba.njit(cache=cached)(_propose)


# From here on the code runs both ways, so it is plain loops over numbers, with names for what is in the tuples: the
# compiled code counts references whenever it reaches into one. Whoever loses a place waits for the next round: the
# offers of a round are independent, so that the processor waits for memory once for several of them.


def _propose(offers: Offers, progress: Progress) -> None:
    start, proposer, asked, slot, unit, next_of_unit, unit_there = offers
    waiting, walk, offered, load, held, place = progress
    count = len(waiting)
    while count > 0:
        losers = 0
        for turn in range(count):
            lost = waiting[turn]
            while True:
                # The next of the unit, if the walk has passed it, is better than whatever is further down.
                who = proposer[lost] if lost >= 0 else ~lost
                offer = next_of_unit[lost] if lost >= 0 and len(unit) > 0 else -1
                if not 0 <= offer < walk[who]:
                    if lost >= 0 and len(unit) > 0:
                        offered[unit[lost]] = 0
                    offer = _walk_on(walk, start, offered, unit, who)
                if offer < 0:
                    break
                there = asked[offer] >> _BITS
                first, end = slot[there], slot[there] + load[there]
                at = _rival(held, unit_there, offer, first, end)
                if at < 0 and end < slot[there + 1]:
                    load[there] += 1
                    held[end], place[end] = offer, asked[offer]
                    _rise(held, place, first, end)
                    break
                at = max(at, first)
                if asked[offer] < place[at]:
                    waiting[losers] = held[at]
                    losers += 1
                    held[at], place[at] = offer, asked[offer]
                    _sink(held, place, first, end, at)
                    break
                lost = offer
        count = losers


def _walk_on(walk: Counters, start: Numbers, offered: Counters, unit: Numbers, proposer: int) -> int:
    """Make the proposer's next offer, unless one of its unit is on offer; -1 at the end of the list."""
    offer, end = walk[proposer], start[proposer + 1]
    if len(unit) > 0:
        while offer < end and offered[unit[offer]] == 1:
            offer += 1
        if offer < end:
            offered[unit[offer]] = 1
    walk[proposer] = min(offer + 1, end)
    return offer if offer < end else -1


def _rival(held: Counters, unit: Numbers, offer: int, first: int, end: int) -> int:
    """Find the slot that holds an offer of the same unit, or -1."""
    if len(unit) > 0:
        for at in range(first, end):
            if unit[held[at]] == unit[offer]:
                return at
    return -1


def _rise(held: Counters, place: Counters, first: int, at: int) -> None:
    """Let what is in a slot rise above those that are better."""
    while at > first:
        above = first + (at - first - 1) // 2
        if place[above] > place[at]:
            break
        held[at], held[above] = held[above], held[at]
        place[at], place[above] = place[above], place[at]
        at = above


def _sink(held: Counters, place: Counters, first: int, end: int, at: int) -> None:
    """Let what is in a slot sink below those that are worse."""
    below = first + 2 * (at - first) + 1
    while below < end:
        if below + 1 < end and place[below + 1] > place[below]:
            below += 1
        if place[below] < place[at]:
            break
        held[at], held[below] = held[below], held[at]
        place[at], place[below] = place[below], place[at]
        at, below = below, first + 2 * (below - first) + 1
