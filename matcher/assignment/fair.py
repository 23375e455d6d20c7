"""
The objective ``fair``: the worst-off need as well off as can be, then the next, and so on; then the greatest total.

A need's value is that of its best partner, 0 without one. Sorted from the worst, the values of all needs that have an
acceptable pair are to be lexicographically greatest (leximin). Level by level, as many needs as possible are raised
above a value while all lower levels stay as good as they can be; a flow is optimal for all levels so far just when it
satisfies complementary slackness with the prices of each, so after each level the arcs that have a price are fixed, and
the next level is solved on what is left [1]_. A sum in place of the best partner would be NP-hard [2]_.

References
----------
.. [1] Ahuja, Magnanti and Orlin (1993). *Network Flows*. Prentice Hall. Section 9.4; the levels are those of the
   lexicographic bottleneck problem, Burkard and Rendl (1991). Oper. Res. Letters 10.
.. [2] Bezakova and Dani (2005). Allocating indivisible goods. ACM SIGecom Exchanges 5.
"""

import numpy as np

from matcher.assignment.network import Network, circulate, potentials
from matcher.assignment.objective import Aim, Solution
from matcher.assignment.program import Program, Row
from matcher.assignment.rules import Case
from matcher.assignment.total import UNITS, tie_broken, total, worth_of
from matcher.domain.errors import InfeasibleProblem, SettingsError

_SCALE = 10**9
"""Units of worth in 1."""

_PROGRAMS_PER_SECOND, _TIERS = 6, 8
"""Programs that a second of the time limit allows, and levels that each looks ahead."""

Level = tuple[int, int]
"""A value in units of 1e-9, and how many needs have it."""


def fair(case: Case, aim: Aim) -> Solution:
    """
    Find an assignment whose needs are lexicographically best off from the worst up, and of these a greatest total.

    Parameters
    ----------
    case : Case
    aim : Aim
        ``time_limit_s`` holds where groups cross; what is then not proven shows in the gap.

    Returns
    -------
    Solution
        Value and bound are sums of values, as for ``total``; its proof has the levels.

    Raises
    ------
    InfeasibleProblem
        When no assignment keeps the rules.
    """
    if case.is_laminar:
        placed, bound, solver = *_by_flows(case), "min-cost flow, one or more a level"
    else:
        placed, bound, solver = *_by_programs(case, aim.time_limit_s), "mixed-integer programs, one a level"
    return Solution(
        positions=tuple(placed.tolist()),
        value=worth_of(case, placed),
        bound=bound,
        definition="leximin of needs' values, then greatest sum of values",
        solver=solver,
        proof={"levels": [list(level) for level in levels_of(case, placed)]},
    )


def levels_of(case: Case, placed: np.ndarray) -> list[Level]:
    """Count the needs at each value, from the worst up; needs without an acceptable pair are left out."""
    needs, values = np.unique(case.market.need[~case.banned]), np.zeros(case.market.n_needs, dtype=np.int64)
    np.maximum.at(values, case.market.need[placed], case.worth[placed])
    levels, counts = np.unique(values[needs], return_counts=True)
    return list(zip(levels.tolist(), counts.tolist(), strict=True))


def fair_below(case: Case, floor: int) -> np.ndarray:
    """
    Do what `fair` does with values up to a floor alone: who is above it counts as at it; then the greatest total.

    Parameters
    ----------
    case : Case
        Laminar.
    floor : int
        In units of 1e-9.

    Returns
    -------
    int64, shape (n_placed,)
        Positions, sorted.

    Raises
    ------
    InfeasibleProblem
        When no assignment keeps the rules.
    """
    return _by_flows(case, floor)[0] if floor > 0 else np.array(total(case, Aim()).positions, dtype=np.int64)


def _by_flows(case: Case, floor: int | None = None) -> tuple[np.ndarray, float]:
    network = Network.of(case, split=True)
    best = np.flatnonzero(network.is_best)  # arcs that say how well off a need is
    value = case.worth[network.pair[best]]
    # Level 0 first: as many needs as possible with a partner worth something, then a good start for the rest.
    cost, places = network.cost(np.minimum(case.worth, _SCALE)), np.int64(case.market.need_capacity.sum() + 1)
    cost[best] -= (value > 0) * places * _SCALE
    flow = circulate(network, cost)
    if flow is None:
        from matcher.assignment.diagnosis import reasons

        raise InfeasibleProblem(reasons(case))
    levels = _Levels(network, best, value)
    levels.settle(0, flow, network.lower.copy(), network.upper.copy())
    levels.raise_all(floor)
    flow = circulate(network, network.cost(tie_broken(case, network.n_nodes)), *levels.bounds())
    assert flow is not None, "the flow at hand keeps the bounds"  # noqa: S101 - a law of the algorithm
    placed = network.placed(flow)
    return placed, worth_of(case, placed)


class _Levels:
    """The levels above 0, settled from the lowest up, one after the other."""

    def __init__(self, network: Network, best: np.ndarray, value: np.ndarray) -> None:
        self.network, self.best, self.value = network, best, value
        self.tail, self.head = network.tail.tolist(), network.head.tolist()

    def settle(self, level: int, flow: np.ndarray, lower: np.ndarray, upper: np.ndarray) -> None:
        """
        Fix the arcs that carry the same in every flow with as many needs above a level.

        Then take flow and bounds into lists: what follows walks along single arcs.
        """
        cost = self._cost(level)
        distance = potentials(self.network, cost, flow, lower, upper)
        priced = cost + distance[self.network.tail] - distance[self.network.head] != 0
        lower[priced] = upper[priced] = flow[priced]
        self.carried, self.least, self.most = flow.tolist(), lower.tolist(), upper.tolist()
        self.arcs: list[list[int]] = [[] for _ in range(self.network.n_nodes)]
        for arc in np.flatnonzero(lower < upper).tolist():
            self.arcs[self.tail[arc]].append(arc)
            self.arcs[self.head[arc]].append(arc)

    def bounds(self) -> tuple[np.ndarray, np.ndarray]:
        """Return what is left of each arc's bounds: every flow within them has the same levels."""
        return np.array(self.least, dtype=np.int64), np.array(self.most, dtype=np.int64)

    def raise_all(self, floor: int | None = None) -> None:
        """
        Go through the values from the lowest up, below a floor if there is one, and take whoever can be better off.

        Below a value nobody is left who is not settled there, so an arc of a lower value is closed; every flow that is
        left has as many needs above the settled levels. So a need's unit at the value either finds another way, and
        then nobody is worse off than the value; or every flow must have it, and arcs across the cut are fixed.
        """
        by_value = np.argsort(self.value, kind="stable")
        values = self.value[by_value]
        first = np.flatnonzero(np.diff(values, prepend=-1))
        for start, end in zip(first, [*first[1:], len(values)], strict=False):
            if values[start] > 0 and (floor is None or values[start] < floor):
                self._raise(self.best[by_value[start:end]].tolist(), int(values[start]))

    def _raise(self, here: list[int], value: int) -> None:
        """Take whoever can be better off from the arcs of a value, and settle what is left there."""
        closed = set(here)
        used = [arc for arc in here if self.carried[arc]]
        for arc in [arc for arc in used if self.least[arc] < self.most[arc]]:
            came = self._reach(self.tail[arc], self.head[arc], closed) if self.carried[arc] else {}
            if self.head[arc] in came:
                for step, sign in self._back(came, self.head[arc]):
                    self.carried[step] += sign
                self.carried[arc] = 0
        used = [arc for arc in here if self.carried[arc]]
        if len(used) > 1:
            self._settle_tied(value)
        elif used and self.least[used[0]] < self.most[used[0]]:
            self._cut(self._reach(self.tail[used[0]], self.head[used[0]], closed), closed)
        else:  # nobody is left there, or one who has no choice: no other arc of the value is ever needed
            for arc in closed.difference(used):
                self.most[arc] = 0

    def _reach(self, start: int, goal: int, closed: set[int]) -> dict[int, tuple[int, int]]:
        """Find where a unit can get to but over closed arcs, up to the goal: of each node the arc that leads there."""
        came: dict[int, tuple[int, int]] = {start: (-1, 0)}
        waiting = [start]
        for node in waiting:
            for arc in self.arcs[node]:
                if self.tail[arc] == node:
                    other, sign, is_open = self.head[arc], 1, self.carried[arc] < self.most[arc] and arc not in closed
                else:
                    other, sign, is_open = self.tail[arc], -1, self.carried[arc] > self.least[arc]
                if is_open and other not in came:
                    came[other] = (arc, sign)
                    if other == goal:
                        return came
                    waiting.append(other)
        return came

    def _cut(self, came: dict[int, tuple[int, int]], here: set[int]) -> None:
        """
        Fix the arcs across the cut around a unit that has no other way.

        Every flow has one unit over it by an arc of the value: those stay that lead out of the cut, no others.
        """
        for arc in here:
            if not (self.tail[arc] in came and self.head[arc] not in came):
                self.most[arc] = 0
        for node in came:
            inside = []
            for arc in self.arcs[node]:
                if (self.tail[arc] in came and self.head[arc] in came) or arc in here:
                    inside.append(arc)
                else:
                    self.least[arc] = self.most[arc] = self.carried[arc]
            self.arcs[node] = inside

    def _back(self, came: dict[int, tuple[int, int]], node: int) -> list[tuple[int, int]]:
        way = []
        while came[node][0] >= 0:
            arc, sign = came[node]
            way.append((arc, sign))
            node = self.tail[arc] if sign == 1 else self.head[arc]
        return way

    def _settle_tied(self, value: int) -> None:
        """Settle a value that several needs are left at: their ways may depend on each other."""
        flow, (lower, upper) = np.array(self.carried, dtype=np.int64), self.bounds()
        try:
            self.settle(value, flow, lower, upper)
        except ArithmeticError:
            better = circulate(self.network, self._cost(value), lower, upper)
            assert better is not None, "the flow at hand keeps the bounds"  # noqa: S101 - a law of the algorithm
            self.settle(value, better, lower, upper)

    def _cost(self, level: int) -> np.ndarray:
        """Cost that counts the needs above a level."""
        cost = np.zeros(self.network.n_arcs, dtype=np.int64)
        cost[self.best] = np.where(self.value > level, -1, 0)
        return cost


def _by_programs(case: Case, time_limit_s: float) -> tuple[np.ndarray, float]:
    """
    Solve a program a level; a level for which no programs are left is the last one, and the bound says so.

    Their number is limited in place of the clock, so that the same input gives the same list.
    """
    n_programs = max(1, round(time_limit_s * _PROGRAMS_PER_SECOND))
    program = Program.of(case, split=True)
    worth = case.worth[program.pair]

    def above(value: int) -> np.ndarray:
        weights = np.zeros(program.matrix.shape[1])
        weights[program.best[worth > value]] = 1
        return weights

    placed, most = program.most(case.worth, time_limit_s)
    unproven = most / UNITS  # where levels are left open, no more is claimed than any total
    rows: list[Row] = []
    level = -1
    while True:
        levels = [(value, count) for value, count in levels_of(case, placed) if value > level]
        if not levels:
            break
        target, n_above = levels[0][0], sum(count for _, count in levels)
        # Nobody above the settled levels need be below the target, so nobody may be; at 0 are those without a partner.
        here = [*rows, *([Row(above(target - 1), n_above, np.inf)] if target else [])]
        if target >= worth.max(initial=0):
            rows = here
            break
        # What the next levels gain weighs less than one need in all: it makes a better start for them.
        tiers = [0.4 / case.market.n_needs / 2**k for k in range(min(_TIERS, len(levels) - 1))]
        gain = above(target) + sum(w * above(value) for w, (value, _) in zip(tiers, levels[1:], strict=False))
        if not n_programs:
            return placed, unproven
        n_programs -= 1
        try:
            placed, bound = program.solve(gain, time_limit_s, here)
        except SettingsError:  # the list at hand has all that is settled
            return placed, unproven
        if bound is not None:
            return placed, unproven
        raised = sum(count for value, count in levels_of(case, placed) if value > target)
        if raised < n_above:
            rows = [*here, Row(above(target), raised, np.inf)]
            level = target
    try:
        placed, most = program.most(case.worth, time_limit_s, rows)
    except SettingsError:  # likewise
        return placed, unproven
    return placed, max(most / UNITS, worth_of(case, placed))
