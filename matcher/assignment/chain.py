"""
A list that changes pair by pair: who takes a place displaces somebody, who asks on, and so forth.

Every step places a pair that both sides take, and lets go of the worst of each unit that has no room for it.
"""

from collections.abc import Iterable

import numpy as np

from matcher.assignment.audit import CLASSES, audit_under
from matcher.assignment.quota_stable import priority
from matcher.assignment.rules import Case

_STEPS = 200
"""Moves after which a chain is cut off."""


class Chain:
    """
    A list that changes pair by pair.

    Attributes
    ----------
    placed : set of int
        Positions of the pairs of the list.
    touched : list of int
        Positions placed and let go of, in that order.
    """

    def __init__(self, case: Case, placed: Iterable[int]) -> None:
        """Start from the positions of a list."""
        self.case, market = case, case.market
        self.placed = set(placed)
        self.touched: list[int] = []
        strict = case.rules.has_maxima
        self.firm_goes_by = -priority(case, "firm") if strict else market.firm_order
        self.expert_goes_by = -priority(case, "expert") if strict else market.expert_order
        self.known = self._blocking()  # what blocks already is not this chain's affair
        self.experts: list[int] = []
        self.needs: list[int] = []

    def place(self, position: int) -> None:
        """Place a pair, and let go of whatever has no place beside it."""
        market, case = self.case.market, self.case
        self.touched.append(position)
        units = [
            (case.service == case.service[position], 1, self.expert_goes_by, "pairs"),
            self._agent(market.expert, market.expert_capacity, position, self.expert_goes_by),
            self._agent(market.need, market.need_capacity, position, self.firm_goes_by),
        ]
        sizes = sorted((int(case.members[k].sum()), k) for k in range(len(case.rules.quotas)))
        for _, k in sizes:
            quota, inside = case.rules.quotas[k], case.covered(k)
            if quota.maximum is not None and inside[position]:
                goes_by = self.firm_goes_by if quota.side == "firm" else self.expert_goes_by
                units.append((inside, quota.maximum, goes_by, quota.counts))
        for inside, places, goes_by, counts in units:
            held = [p for p in sorted(self.placed) if inside[p]]
            self._drop(self._worst(held, position, places, goes_by, counts=counts))
        self.placed.add(position)

    def follow(self) -> None:
        """Let those who lost a place ask on, experts before needs, until nobody finds one."""
        market = self.case.market
        for _ in range(_STEPS):
            blocking = self._blocking() & ~self.known
            asking = [
                *((market.expert, agent, self.expert_goes_by) for agent in self.experts),
                *((market.need, agent, self.firm_goes_by) for agent in self.needs),
            ]
            found = next((c for of, agent, by in asking if (c := self._best(blocking & (of == agent), by)) >= 0), -1)
            if found < 0:
                return
            self.place(found)

    def _agent(
        self, agent: np.ndarray, capacity: np.ndarray, position: int, goes_by: np.ndarray
    ) -> tuple[np.ndarray, int, np.ndarray, str]:
        return agent == agent[position], int(capacity[agent[position]]), goes_by, "pairs"

    def _worst(self, held: list[int], position: int, places: int, goes_by: np.ndarray, *, counts: str) -> list[int]:
        """Find the pairs to let go of so that a unit has room for one more; none that is locked."""
        expert, locked = self.case.market.expert, self.case.locked
        if counts == "pairs":
            free = sorted((p for p in held if not locked[p]), key=lambda p: (goes_by[p], -p))
            return free[: max(0, len(held) + 1 - places)]
        people = {int(expert[p]): [q for q in held if expert[q] == expert[p]] for p in held}
        if int(expert[position]) in people:
            return []
        free_people = [pairs for pairs in people.values() if not locked[pairs].any()]
        free_people.sort(key=lambda pairs: (max(goes_by[p] for p in pairs), -pairs[0]))
        return [p for pairs in free_people[: max(0, len(people) + 1 - places)] for p in pairs]

    def _drop(self, positions: list[int]) -> None:
        market = self.case.market
        for p in positions:
            self.placed.discard(p)
            self.touched.append(p)
            self.experts.append(int(market.expert[p]))
            self.needs.append(int(market.need[p]))

    def _blocking(self) -> np.ndarray:
        market = self.case.market
        report = audit_under(market, market.ids(sorted(self.placed)), self.case.rules)
        return report.pair_class == CLASSES.index("blocking")

    @staticmethod
    def _best(among: np.ndarray, goes_by: np.ndarray) -> int:
        """Find the best of some pairs; -1 where there is none."""
        positions = np.flatnonzero(among)
        return int(positions[np.argmax(goes_by[positions])]) if len(positions) else -1
