"""
Stable assignments where groups are limited: deferred acceptance by the choices of two matroids.

A side takes of any pairs the best independent set: within every need, expert, service and group no more than its
places, greedily by the side's strict priority. For laminar groups this is the greedy choice of a matroid, so what one
side offers and the other refuses leads to a kernel [1]_: no pair that is not placed would be taken by both sides. All
kernels of the same strict priorities have the same number of pairs.

References
----------
.. [1] Fleiner (2003). A fixed-point approach to stable matchings and some applications. Math. Oper. Res. 28.
"""

from collections.abc import Sequence

import numpy as np

from matcher.assignment.network import open_pairs
from matcher.assignment.objective import Aim, Solution
from matcher.assignment.rules import Case


def quota_stable(case: Case, aim: Aim) -> Solution:
    """
    Find the stable assignment that is best for the proposer, where groups that are laminar on each side are limited.

    Parameters
    ----------
    case : Case
        Laminar, without minima.
    aim : Aim

    Returns
    -------
    Solution
        Value and bound are the pairs placed.
    """
    locked = np.flatnonzero(case.locked)
    pair = np.setdiff1d(open_pairs(case), locked)
    sides = {"firms": _Choice.of(case, "firm", pair), "experts": _Choice.of(case, "expert", pair)}
    offers, accepts = sides[aim.proposer], sides["experts" if aim.proposer == "firms" else "firms"]
    available = np.ones(len(pair), dtype=bool)
    while True:
        offered = offers.best(available)
        held = accepts.best(offered)
        if (held == offered).all():
            break
        available &= held | ~offered
    placed = np.sort(np.concatenate([pair[held], locked]))
    return Solution(
        positions=tuple(placed.tolist()),
        value=float(len(placed)),
        bound=float(len(placed)),
        definition="stable by the kernel of both sides' laminar quotas; experts at most once a firm",
        solver="deferred acceptance by choices",
    )


def priority(case: Case, side: str) -> np.ndarray:
    """
    Order all pairs strictly for a side: its satisfaction, then ids; locked pairs before all others.

    Returns
    -------
    int64, shape (n_pairs,)
        Place of each pair, 0 the best.
    """
    market = case.market
    satisfaction = market.firm_satisfaction if side == "firm" else market.expert_satisfaction
    place = np.empty(market.n_pairs, dtype=np.int64)
    # Pairs stand in the order of their ids, and equals stay so.
    place[np.lexsort((-satisfaction, ~case.locked))] = np.arange(market.n_pairs)
    return place


class _Choice:
    """Greedy choice of one side: units from the inmost outward, each keeps its best."""

    def __init__(self, place: np.ndarray, units: Sequence[tuple[np.ndarray, np.ndarray]]) -> None:
        """Units: of each pair the number of its unit, -1 for none; and the places of each."""
        self.layers = []
        for unit, places in units:
            inside = np.flatnonzero(unit >= 0)
            by_unit = inside[np.lexsort((place[inside], unit[inside]))]
            first = np.flatnonzero(np.diff(unit[by_unit], prepend=-1))
            sizes = np.diff(np.append(first, len(by_unit)))
            self.layers.append((by_unit, np.repeat(first, sizes), places[unit[by_unit]]))

    @classmethod
    def of(cls, case: Case, side: str, pair: np.ndarray) -> "_Choice":
        """Make the choice of a side over some pairs, in what locks leave of the places."""
        market, locked = case.market, np.flatnonzero(case.locked)
        agent, capacity = (
            (market.need, market.need_capacity) if side == "firm" else (market.expert, market.expert_capacity)
        )
        units = [(agent[pair], capacity - np.bincount(agent[locked], minlength=len(capacity)))]
        if side == "expert":
            service = np.unique(case.service[pair], return_inverse=True)[1]
            units.insert(0, (service, np.ones(len(pair), dtype=np.int64)))
        groups = [
            (int(case.members[k].sum()), k)
            for k, quota in enumerate(case.rules.quotas)
            if quota.side == side and quota.maximum is not None
        ]
        for _, k in sorted(groups):
            inside, most = case.covered(k), case.rules.quotas[k].maximum or 0
            units.append((np.where(inside[pair], 0, -1), np.array([most - int(inside[locked].sum())])))
        return cls(priority(case, side)[pair], units)

    def best(self, available: np.ndarray) -> np.ndarray:
        """Take of the available pairs the best that every unit has places for; both bool, shape (n,)."""
        taken = available.copy()
        for by_unit, first, places in self.layers:
            here = taken[by_unit]
            before = np.cumsum(here) - here
            taken[by_unit] = here & (before - before[first] < places)
        return taken
