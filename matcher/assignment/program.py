"""
A market under any rules as a mixed-integer program: for groups that cross, and for limits that count people.

Variables, each 0 or 1: the pairs that may be placed; for each limit of people, whether it counts an expert; and with
``split``, for each pair of a need of several places, whether it is the one that the need's value comes from.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from matcher.assignment.network import open_pairs
from matcher.assignment.rules import Case
from matcher.domain.errors import InfeasibleProblem, SettingsError
from matcher.domain.messages import Message

_STEP = 1e-3
"""What the solver sees of a unit of worth: its tolerances, 1e-6, then lie far below one."""


@dataclass(frozen=True, eq=False)
class Row:
    """A bound on a weighted sum of the variables: ``lower <= weights @ x <= upper``."""

    weights: np.ndarray
    lower: float
    upper: float


class _Rows:
    """Constraints as they are written down."""

    def __init__(self, width: int) -> None:
        self.width = width
        self.blocks: list[sp.csr_array] = []
        self.lower: list[np.ndarray] = []
        self.upper: list[np.ndarray] = []
        self.source: list[int | None] = []

    def add_sums(self, unit: np.ndarray, variable: np.ndarray, places: np.ndarray) -> None:
        """Let each unit have no more of its variables than places."""
        ones = np.ones(len(unit))
        matrix = sp.csr_array((ones, (unit, variable)), shape=(len(places), self.width))
        self._add(matrix, np.zeros(len(places)), places.astype(float), None)

    def add_limits(self, variable: np.ndarray, least: int, most: int | None, source: int) -> None:
        """Bound a sum; in a row for each bound, so that the cheapest way out can move one without the other."""
        where = (np.zeros(len(variable), dtype=np.int64), variable)
        matrix = sp.csr_array((np.ones(len(variable)), where), shape=(1, self.width))
        if least:
            self._add(matrix, np.array([float(least)]), np.array([np.inf]), source)
        if most is not None:
            self._add(matrix, np.zeros(1), np.array([float(most)]), source)

    def add_implications(self, variable: np.ndarray, needed: np.ndarray) -> None:
        """Let no variable be 1 without the one that it needs."""
        rows, ones = np.arange(len(variable)), np.ones(len(variable))
        matrix = sp.csr_array((ones, (rows, variable)), (len(rows), self.width))
        matrix = matrix - sp.csr_array((ones, (rows, needed)), (len(rows), self.width))
        self._add(matrix, np.full(len(rows), -np.inf), np.zeros(len(rows)), None)

    def add_covers(self, variable: np.ndarray, covered: np.ndarray, covering: np.ndarray) -> None:
        """Let no variable be 1 without one of those that cover it."""
        n, first = len(variable), variable[0] if len(variable) else 0
        matrix = sp.csr_array((np.ones(n), (np.arange(n), variable)), (n, self.width))
        by = sp.csr_array((np.ones(len(covered)), (covered - first, covering)), (n, self.width))
        self._add(matrix - by, np.full(n, -np.inf), np.zeros(n), None)

    def stacked(self) -> tuple[sp.csr_array, np.ndarray, np.ndarray, tuple[int | None, ...]]:
        """Put everything together."""
        matrix = sp.csr_array(sp.vstack(self.blocks))
        return matrix, np.concatenate(self.lower), np.concatenate(self.upper), tuple(self.source)

    def _add(self, matrix: sp.csr_array, lower: np.ndarray, upper: np.ndarray, source: int | None) -> None:
        self.blocks.append(sp.csr_array(matrix))
        self.lower.append(lower)
        self.upper.append(upper)
        self.source += [source] * matrix.shape[0]


@dataclass(frozen=True, eq=False)
class Program:
    """
    Constraints of a case.

    Attributes
    ----------
    case : Case
    pair : int64, shape (n_open,)
        Position in the market of the first variables.
    best : int64, shape (n_open,)
        The variable that says of each pair that the need's value comes from it; the pair's own unless ``split``.
    matrix : scipy sparse, shape (n_rows, n_variables)
    lower, upper : float, shape (n_rows,)
    setting : tuple of int or None
        The quota that a row comes from; -1 for ``minimum_people``; None for capacities.
    """

    case: Case
    pair: np.ndarray
    best: np.ndarray
    matrix: sp.csr_array
    lower: np.ndarray
    upper: np.ndarray
    setting: tuple[int | None, ...]

    @classmethod
    def of(cls, case: Case, *, split: bool = False) -> "Program":
        """Make the program of a case."""
        market, pair = case.market, open_pairs(case)
        n = len(pair)
        limits = [(case.covered(k)[pair], q, k) for k, q in enumerate(case.rules.quotas)]
        people = [(inside, q.minimum, q.maximum, k) for inside, q, k in limits if q.counts == "people"]
        if case.rules.minimum_people:
            people.append((np.ones(n, dtype=bool), case.rules.minimum_people, None, -1))
        several = np.flatnonzero(split & (market.need_capacity[market.need[pair]] > 1))
        best = np.arange(n)
        best[several] = n + len(people) * market.n_experts + np.arange(len(several))
        rows = _Rows(n + len(people) * market.n_experts + len(several))
        rows.add_sums(market.need[pair], np.arange(n), market.need_capacity)
        rows.add_sums(market.expert[pair], np.arange(n), market.expert_capacity)
        services, service = np.unique(case.service[pair], return_inverse=True)
        rows.add_sums(service, np.arange(n), np.ones(len(services)))
        for inside, quota, k in limits:
            if quota.counts == "pairs":
                rows.add_limits(np.flatnonzero(inside), quota.minimum, quota.maximum, k)
        for number, (inside, least, most, source) in enumerate(people):
            start, at = n + number * market.n_experts, np.flatnonzero(inside)
            counted = start + market.expert[pair[at]]
            rows.add_limits(start + np.arange(market.n_experts), least, most, source)
            # No pair goes uncounted, and nobody is counted without one.
            rows.add_implications(at, counted)
            rows.add_covers(start + np.arange(market.n_experts), counted, at)
        if len(several):
            rows.add_sums(market.need[pair[several]], best[several], np.ones(market.n_needs))
            rows.add_implications(best[several], several)
        return cls(case, pair, best, *rows.stacked())

    def most(self, worth: np.ndarray, time_limit_s: float, rows: Sequence[Row] = ()) -> tuple[np.ndarray, float]:
        """
        Place pairs of the greatest sum; of equally good ones, those with more kept pairs.

        Parameters
        ----------
        worth : int64, shape (n_pairs,)
            By position in the market.
        time_limit_s : float
            Seconds; what is found until then is returned with its bound.
        rows : sequence of Row
            Further bounds.

        Returns
        -------
        positions : int64
            Of the pairs placed, sorted.
        bound : float
            What no assignment can exceed, in the unit of ``worth``.

        Raises
        ------
        InfeasibleProblem
            When no assignment keeps the rules.
        SettingsError
            When none was found in time.
        """
        gain = np.zeros(self.matrix.shape[1])
        kept = self.case.kept[self.pair]
        gain[: len(self.pair)] = (worth[self.pair] + kept / (kept.sum() + 1)) * _STEP
        placed, bound = self.solve(gain, time_limit_s, rows)
        reached = float(worth[placed].sum())
        return placed, reached if bound is None else max(reached, bound / _STEP)

    def solve(self, gain: np.ndarray, time_limit_s: float, rows: Sequence[Row] = ()) -> tuple[np.ndarray, float | None]:
        """
        Place pairs of the greatest gain, which is per variable; otherwise as `most`.

        Returns
        -------
        positions : int64
        bound : float or None
            None where what was found is proven the greatest.
        """
        from scipy.optimize import Bounds, LinearConstraint, milp

        n, width = len(self.pair), self.matrix.shape[1]
        floor = np.zeros(width)
        floor[:n] = self.case.locked[self.pair]
        if not width:
            self._refuse(unless=not (self.lower > 0).any())
            return self.pair, None
        constraints = [LinearConstraint(self.matrix, self.lower, self.upper)]
        constraints += [LinearConstraint(row.weights[None, :], row.lower, row.upper) for row in rows]
        found = milp(
            -gain,
            integrality=np.ones(width),
            bounds=Bounds(floor, 1),
            constraints=constraints,
            options={"time_limit": max(time_limit_s, 0.01), "mip_rel_gap": 0.0},
        )
        if found.x is None and found.status == 1:
            raise SettingsError([Message("settings.time_limit_too_short", {"value": time_limit_s})])
        self._refuse(unless=found.x is not None)
        placed = self.pair[np.rint(found.x[:n]).astype(bool)]
        return placed, None if found.status == 0 else float(-found.mip_dual_bound)

    def is_feasible(self) -> bool:
        """Whether some assignment keeps the rules."""
        from scipy.optimize import Bounds, LinearConstraint, milp

        n, width = len(self.pair), self.matrix.shape[1]
        if not width:
            return not (self.lower > 0).any()
        floor = np.zeros(width)
        floor[:n] = self.case.locked[self.pair]
        rows = LinearConstraint(self.matrix, self.lower, self.upper)
        found = milp(np.zeros(width), integrality=np.ones(width), bounds=Bounds(floor, 1), constraints=rows)
        return found.x is not None

    def _refuse(self, *, unless: bool) -> None:
        from matcher.assignment.diagnosis import reasons

        if not unless:
            raise InfeasibleProblem(reasons(self.case))
