"""
The proof of ``fair``: no need can be better off without a worse-off one being worse, level by level.

Each level is a linear program: as many needs above it as possible, in what the levels before have left. It has a
whole-numbered optimum where groups are laminar, and nothing of it comes from the solvers of the objectives.
"""

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from matcher.assignment.market import SCORE_UNIT, Market
from matcher.assignment.rules import Quota, Rules
from matcher.domain.messages import Message

_TOLERANCE = 1e-6


@dataclass(eq=False)
class Face:
    """
    The assignments that are as good as any at the levels seen so far: ``matrix @ x <= upper``, some rows with equality.

    Attributes
    ----------
    matrix : scipy sparse, shape (n_rows, n_variables)
        Variables are the pairs, then those of needs of several places once more: is the need's value from this one?
    upper : float, shape (n_rows,)
    is_tight : bool, shape (n_rows,)
    least, most : float, shape (n_variables,)
    value : int64, shape (n_variables,)
        What a need that takes its value from a variable has; -1 where none does.
    worth : int64, shape (n_variables,)
        What a variable adds to the total.
    """

    matrix: sp.csr_array
    upper: np.ndarray
    is_tight: np.ndarray
    least: np.ndarray
    most: np.ndarray
    value: np.ndarray
    worth: np.ndarray

    @classmethod
    def of(cls, market: Market, rules: Rules, worth: np.ndarray, is_open: np.ndarray, locked: np.ndarray) -> "Face":
        """Take all assignments that keep the rules; open and locked pairs are bool, shape (n_pairs,)."""
        pairs = np.flatnonzero(is_open)
        matrix, upper = constraints(market, rules, pairs)
        n, need = len(pairs), market.need[pairs]
        several = np.flatnonzero(market.need_capacity[need] > 1)
        m, one = len(several), np.ones(len(several))
        held = sp.csr_array((one, (np.arange(m), several)), (m, n))
        of_need = sp.csr_array((one, (need[several], np.arange(m))), (market.n_needs, m))
        rows = [
            sp.hstack([matrix, sp.csr_array((matrix.shape[0], m))]),
            sp.hstack([-held, sp.eye_array(m)]),
            sp.hstack([sp.csr_array((market.n_needs, n)), of_need]),
        ]
        value = np.concatenate([worth[pairs], worth[pairs][several]])
        value[several] = -1
        return cls(
            matrix=sp.csr_array(sp.vstack(rows)),
            upper=np.concatenate([upper, np.zeros(m), np.ones(market.n_needs)]),
            is_tight=np.zeros(matrix.shape[0] + m + market.n_needs, dtype=bool),
            least=np.concatenate([locked[pairs].astype(float), np.zeros(m)]),
            most=np.ones(n + m),
            value=value,
            worth=np.concatenate([worth[pairs], np.zeros(m, dtype=np.int64)]),
        )

    def refute(self, levels: list[tuple[int, int]] | None, total: int) -> list[Message]:
        """
        Find the first level above which more needs could be, or a greater total with the same levels.

        Parameters
        ----------
        levels : list of (int, int), or None
            Value in units of 1e-9, and needs that have it, from the worst up; None: only the total is asked for.
        total : int
            Sum of values, in units of 1e-9.

        Returns
        -------
        list of Message
            Empty where there is none.
        """
        if levels and (found := self._raised(levels)):
            return [found]
        greatest = self.settle(self.worth * SCORE_UNIT)
        if greatest > total * SCORE_UNIT + _TOLERANCE:
            return [Message("audit.greater_total", {"value": total * SCORE_UNIT, "possible": greatest})]
        return []

    def _raised(self, levels: list[tuple[int, int]]) -> Message | None:
        n_above = sum(count for _, count in levels)
        settled = 0
        # Level 0 comes first whoever is there: settled, it keeps everybody else above it.
        for level, count in [*([(0, 0)] if levels[0][0] else []), *levels]:
            n_above -= count
            # Nobody is between two levels who is not settled, so nobody may be.
            self.most[(self.value > settled) & (self.value < level)] = 0
            reached = self.settle((self.value > level).astype(float))
            if reached > n_above + 0.5:
                possible = round(min(reached, len(self.value)))
                values = {"value": level * SCORE_UNIT, "count": n_above, "possible": possible}
                return Message("audit.level_differs", values)
            settled = level
        return None

    def settle(self, gain: np.ndarray) -> float:
        """
        Find the greatest gain, and keep only the assignments that have it.

        What has a price is the same in all of them (complementary slackness), and is fixed.
        """
        from scipy.optimize import linprog

        free, loose = np.flatnonzero(self.least < self.most), np.flatnonzero(~self.is_tight)
        fixed = np.where(self.least < self.most, 0, self.least)
        if not len(free):
            return float(gain @ fixed)
        rest, matrix = self.upper - self.matrix @ fixed, self.matrix[:, free]
        found = linprog(
            -gain[free],
            A_ub=matrix[loose],
            b_ub=rest[loose],
            A_eq=matrix[self.is_tight] if self.is_tight.any() else None,
            b_eq=rest[self.is_tight] if self.is_tight.any() else None,
            bounds=np.column_stack([self.least[free], self.most[free]]),
        )
        if found.status != 0:  # the list itself is one of these assignments, unless a level before is not so
            return np.inf
        is_priced = np.abs(found.lower.marginals) + np.abs(found.upper.marginals) > _TOLERANCE
        self.least[free[is_priced]] = self.most[free[is_priced]] = np.rint(found.x[is_priced])
        self.is_tight[loose[np.abs(found.ineqlin.marginals) > _TOLERANCE]] = True
        return float(gain @ fixed - found.fun)


def constraints(market: Market, rules: Rules, pairs: np.ndarray) -> tuple[sp.csr_array, np.ndarray]:
    """Write capacities, services and quotas of pairs as ``matrix @ x <= upper``."""
    n_firms = int(market.firm_of.max(initial=-1)) + 1
    service = np.unique(market.expert[pairs] * n_firms + market.firm_of[market.need[pairs]], return_inverse=True)[1]
    rows, upper = [], []
    for unit, places in (
        (market.need[pairs], market.need_capacity),
        (market.expert[pairs], market.expert_capacity),
        (service, np.ones(int(service.max(initial=-1)) + 1)),
    ):
        rows.append(sp.csr_array((np.ones(len(pairs)), (unit, np.arange(len(pairs)))), (len(places), len(pairs))))
        upper.append(np.asarray(places, dtype=float))
    for quota in rules.quotas:
        counted = sp.csr_array(inside(market, quota)[pairs].astype(float)[None, :])
        if quota.maximum is not None:
            rows.append(counted)
            upper.append(np.array([float(quota.maximum)]))
        if quota.minimum:
            rows.append(-counted)
            upper.append(np.array([-float(quota.minimum)]))
    return sp.csr_array(sp.vstack(rows)), np.concatenate(upper)


def inside(market: Market, quota: Quota) -> np.ndarray:
    """Find the pairs that a quota counts, by ids; bool, shape (n_pairs,)."""
    ids, agent = (market.need_ids, market.need) if quota.side == "firm" else (market.expert_ids, market.expert)
    return np.array([quota.group.get(name) == quota.value for name in ids], dtype=bool)[agent]
