"""
The objective ``stable``: deferred acceptance, many to many, on flat lists.

Each side has a strict order over its pairs (its own, ties broken by a seeded order of the ids) and takes the best
independent set of a matroid: a need as many as its capacity; an expert as many as the capacity, at most one a firm.
Such choices are substitutable and never take fewer of more, so offers in any order lead to one and the same
stable assignment, the best for the proposing side [1]_ [2]_.

References
----------
.. [1] Fleiner (2003). A fixed-point approach to stable matchings and some applications. Math. Oper. Res. 28.
.. [2] Hatfield and Milgrom (2005). Matching with contracts. Am. Econ. Rev. 95.
"""

from collections import deque

import numpy as np
import scipy.sparse as sp
from scipy.sparse.csgraph import maximum_flow

from matcher.assignment.market import Market
from matcher.assignment.objective import Solution
from matcher.domain.settings import Proposer


def stable(market: Market, proposer: Proposer, seed: int) -> Solution:
    """
    Find a stable assignment.

    No acceptable pair is left of which both would rather be together. Where orders are strict it is the best
    stable one for every proposer; ties are broken by a seeded order of the ids, and never block.

    Parameters
    ----------
    market : Market
    proposer : {"firms", "experts"}
    seed : int

    Returns
    -------
    Solution
        Its value is the number of pairs placed, its bound the most that any assignment could place (where orders are
        strict, that any stable one could: they all place the same number [2]_).
    """
    need_place = _strict_places(market.need, market.firm_order, market.expert, market.n_experts, seed)
    expert_place = _strict_places(market.expert, market.expert_order, market.need, market.n_needs, seed + 1)
    offers = _Offers(market, need_place, expert_place)
    held = offers.by_needs() if proposer == "firms" else offers.by_experts()
    size = float(len(held))
    strict = not (_has_ties(market.need, market.firm_order) or _has_ties(market.expert, market.expert_order))
    if strict:
        bound = size
    elif market.scope == "full":
        bound = float(most_pairs(market))
    else:  # what the shortlists leave out might be placed too
        bound = float(min(market.need_capacity.sum(), market.expert_capacity.sum()))
    return Solution(
        positions=tuple(sorted(held)),
        value=size,
        bound=bound,
        definition="weakly stable; experts at most once a firm",
        solver="deferred acceptance",
    )


class _Offers:
    """One run: who proposes walks down a list, who is asked keeps the best set."""

    def __init__(self, market: Market, need_place: np.ndarray, expert_place: np.ndarray) -> None:
        self.need, self.expert = market.need.tolist(), market.expert.tolist()
        self.firm = market.firm_of[market.need].tolist()
        self.need_places, self.expert_places = market.need_capacity.tolist(), market.expert_capacity.tolist()
        self.need_place, self.expert_place = need_place.tolist(), expert_place.tolist()
        self.need_lists = _lists(market.need, need_place, market.n_needs)
        self.expert_lists = _lists(market.expert, expert_place, market.n_experts)

    def by_needs(self) -> set[int]:
        """Let needs propose; an expert keeps the best of the offers, one a firm."""
        held: list[list[int]] = [[] for _ in self.expert_places]
        free = list(self.need_places)
        next_offer = [0] * len(self.need_lists)
        waiting = deque(range(len(self.need_lists)))
        while waiting:
            i = waiting.popleft()
            while free[i] and next_offer[i] < len(self.need_lists[i]):
                pair = self.need_lists[i][next_offer[i]]
                next_offer[i] += 1
                dropped = self._expert_keeps(held[self.expert[pair]], pair)
                free[i] -= dropped != pair
                if dropped not in (None, pair):
                    other = self.need[dropped]
                    free[other] += 1
                    waiting.append(other)
        return {pair for pairs in held for pair in pairs}

    def by_experts(self) -> set[int]:
        """Let experts propose, each the best set that nobody has refused; a need keeps the best of the offers."""
        held: list[list[int]] = [[] for _ in self.need_places]
        offered: list[dict[int, int]] = [{} for _ in self.expert_places]  # by firm, the pair on offer
        refused: set[int] = set()
        passed: list[set[int]] = [set() for _ in self.expert_places]  # firms of which a pair waits for another
        next_offer = [0] * len(self.expert_lists)
        waiting = deque(range(len(self.expert_lists)))
        while waiting:
            j = waiting.popleft()
            while len(offered[j]) < self.expert_places[j] and next_offer[j] < len(self.expert_lists[j]):
                pair = self.expert_lists[j][next_offer[j]]
                next_offer[j] += 1
                firm = self.firm[pair]
                if firm in offered[j]:
                    passed[j].add(firm)
                if firm in offered[j] or pair in refused:
                    continue
                offered[j][firm] = pair
                dropped = self._need_keeps(held[self.need[pair]], pair)
                if dropped is None:
                    continue
                refused.add(dropped)
                loser = self.expert[dropped]
                del offered[loser][self.firm[dropped]]
                if self.firm[dropped] in passed[loser]:
                    next_offer[loser] = 0  # what the lost pair had kept waiting may be the best that is left
                waiting.append(loser)
        return {pair for pairs in held for pair in pairs}

    def _expert_keeps(self, held: list[int], pair: int) -> int | None:
        """Add an offer to an expert's pairs and return the one dropped: itself, another or none."""
        place, firm = self.expert_place, self.firm[pair]
        rival = next((other for other in held if self.firm[other] == firm), None)
        if rival is None and len(held) < self.expert_places[self.expert[pair]]:
            held.append(pair)
            return None
        if rival is None:
            rival = max(held, key=place.__getitem__, default=pair)
        if place[pair] >= place[rival]:
            return pair
        held[held.index(rival)] = pair
        return rival

    def _need_keeps(self, held: list[int], pair: int) -> int | None:
        """Add an offer to a need's pairs and return the one dropped: itself, another or none."""
        if len(held) < self.need_places[self.need[pair]]:
            held.append(pair)
            return None
        worst = max(held, key=self.need_place.__getitem__, default=pair)
        if self.need_place[pair] >= self.need_place[worst]:
            return pair
        held[held.index(worst)] = pair
        return worst


def most_pairs(market: Market) -> int:
    """
    Count the most pairs that any assignment could place, preferences aside: a maximum flow.

    Parameters
    ----------
    market : Market

    Returns
    -------
    int
    """
    if market.n_pairs == 0:
        return 0
    n_firms = int(market.firm_of.max()) + 1
    units, unit = np.unique(market.expert * n_firms + market.firm_of[market.need], return_inverse=True)
    n_needs, n_units = market.n_needs, len(units)
    source, sink = 0, 1 + n_needs + n_units + market.n_experts
    first_unit, first_expert = 1 + n_needs, 1 + n_needs + n_units
    arcs = [
        (np.zeros(n_needs, dtype=np.int64), 1 + np.arange(n_needs), market.need_capacity),
        (1 + market.need, first_unit + unit, np.ones(market.n_pairs, dtype=np.int64)),
        (first_unit + np.arange(n_units), first_expert + units // n_firms, np.ones(n_units, dtype=np.int64)),
        (first_expert + np.arange(market.n_experts), np.full(market.n_experts, sink), market.expert_capacity),
    ]
    tails, heads, places = (np.concatenate(parts) for parts in zip(*arcs, strict=True))
    network = sp.csr_array((places.astype(np.int32), (tails, heads)), shape=(sink + 1, sink + 1))
    return int(maximum_flow(network, source, sink).flow_value)


def _strict_places(agent: np.ndarray, order: np.ndarray, other: np.ndarray, n_others: int, seed: int) -> np.ndarray:
    """Place of each pair in one strict order that extends every agent's own, 0 the best; shape (n_pairs,)."""
    luck = np.random.default_rng(seed).permutation(n_others)
    place = np.empty(len(order), dtype=np.int64)
    place[np.lexsort((luck[other], -order, agent))] = np.arange(len(order))
    return place


def _lists(agent: np.ndarray, place: np.ndarray, n_agents: int) -> list[list[int]]:
    """Pairs of each agent, the best first."""
    by_place = np.argsort(place)
    bounds = np.searchsorted(agent[by_place], np.arange(1, n_agents))
    return [pairs.tolist() for pairs in np.split(by_place, bounds)] if n_agents else []


def _has_ties(agent: np.ndarray, order: np.ndarray) -> bool:
    by_list = np.lexsort((order, agent))
    return bool(((np.diff(agent[by_list]) == 0) & (np.diff(order[by_list]) == 0)).any())
