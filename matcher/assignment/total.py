"""The objective ``total``: the greatest sum of values."""

import numpy as np

from matcher.assignment.market import SCORE_UNIT
from matcher.assignment.network import Network, circulate
from matcher.assignment.objective import Aim, Solution
from matcher.assignment.program import Program
from matcher.assignment.rules import Case
from matcher.domain.errors import InfeasibleProblem

UNITS = round(1 / SCORE_UNIT)
"""Units of worth in 1; dividing by it gives the nearest number, multiplying by its inverse does not."""

_EXACT = 2**61
"""Sums of costs along a path stay below it."""


def total(case: Case, aim: Aim) -> Solution:
    """
    Find an assignment with the greatest sum of values.

    Where groups are laminar on each side it is a cheapest flow, proved by prices; else a mixed-integer program, with
    the bound that its solver proves. Among equally good ones, more kept pairs come first.

    Parameters
    ----------
    case : Case
    aim : Aim

    Returns
    -------
    Solution
        Value and bound are sums of values, with the bonus of kept pairs.

    Raises
    ------
    InfeasibleProblem
        When no assignment keeps the rules.
    """
    if not case.is_laminar:
        program = Program.of(case)
        placed, bound = program.most(case.worth, aim.time_limit_s)
        return Solution(
            positions=tuple(placed.tolist()),
            value=worth_of(case, placed),
            bound=max(bound / UNITS, worth_of(case, placed)),
            definition="greatest sum of values",
            solver="mixed-integer program",
        )
    network = Network.of(case)
    flow = circulate(network, network.cost(tie_broken(case, network.n_nodes)))
    if flow is None:
        from matcher.assignment.diagnosis import reasons

        raise InfeasibleProblem(reasons(case))
    placed = network.placed(flow)
    return Solution(
        positions=tuple(placed.tolist()),
        value=worth_of(case, placed),
        bound=worth_of(case, placed),
        definition="greatest sum of values",
        solver="min-cost flow",
        proof={"prices": network.prices(network.cost(case.worth), flow)},
    )


def worth_of(case: Case, placed: np.ndarray) -> float:
    """Sum what pairs are worth."""
    return int(case.worth[placed].sum()) / UNITS


def tie_broken(case: Case, n_nodes: int) -> np.ndarray:
    """
    Put what breaks ties behind what pairs are worth: kept pairs, and where a pair is worth nothing, pairs placed.

    Returns
    -------
    int64, shape (n_pairs,)
        Worth alone where more would not be exact.
    """
    market, n_kept = case.market, int(case.kept.sum())
    places = int(min(market.need_capacity.sum(), market.expert_capacity.sum())) if (case.worth <= 0).any() else 0
    if not n_kept and not places:
        return case.worth
    bonus = case.kept * (places + 1) + (places > 0)
    scale = n_kept * (places + 1) + places + 1
    if int(case.worth.max(initial=0)) * scale > _EXACT // max(n_nodes, 1):
        return case.worth
    return case.worth * scale + bonus
