"""What is given up for what: the greatest sum against the worst off, and against an earlier list."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from matcher.assignment.assign import assign_under
from matcher.assignment.audit import audit_under
from matcher.assignment.fair import fair_below
from matcher.assignment.margins import confirm_laminar
from matcher.assignment.market import SCORE_UNIT, Market
from matcher.assignment.rules import Case, Pair, Rules
from matcher.assignment.total import worth_of
from matcher.domain.errors import AuditError

BONUSES = (0.0, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0)
"""What a kept pair may be worth beyond its value: a curve's points."""


@dataclass(frozen=True, slots=True, eq=False)
class Floored:
    """
    A list between ``total`` and ``fair``.

    Attributes
    ----------
    floor : float
        Up to which the worst off come first.
    pairs : list of (str, str)
        Sorted.
    total : float
        The sum of values.
    values : float, shape (n,)
        Of each need that has an acceptable pair: what its best partner is worth, 0 without one; ascending.
    """

    floor: float
    pairs: list[Pair]
    total: float
    values: np.ndarray

    @property
    def n_served(self) -> int:
        """Needs whose best partner is worth something."""
        return int((self.values > 0).sum())


def floored(market: Market, floor: float, rules: Rules = Rules()) -> Floored:  # noqa: B008 - frozen
    """
    Let nobody be below a floor who need not be, and make the sum of values greatest then.

    Values of needs count up to the floor alone; sorted from the worst, they are to be lexicographically greatest. So a
    floor of 0 gives ``total``, the smallest one serves as many needs as can be, and 1 gives ``fair``; between them no
    list has a greater sum that leaves nobody below the floor worse off.

    Parameters
    ----------
    market : Market
    floor : float
        In [0, 1], as the values of pairs.
    rules : Rules
        Groups of a side are nested or apart, and all count pairs.

    Returns
    -------
    Floored

    Raises
    ------
    InfeasibleProblem
        When no assignment keeps the rules.
    ValueError
        When the floor is not in [0, 1], groups cross or people are counted.
    AuditError
        When the audit refutes the result, which would be our bug.

    Examples
    --------
    >>> market = Market.from_lists(firms={"f": ["a", "b"], "g": ["a"]}, experts={"a": ["f", "g"], "b": ["f"]})
    >>> [floored(market, floor).pairs for floor in (0.0, 1.0)]
    [[('f', 'b'), ('g', 'a')], [('f', 'b'), ('g', 'a')]]
    """
    if not 0 <= floor <= 1:
        raise ValueError(f"floor must lie from 0 to 1, but is {floor!r}")
    case = Case(market, rules)
    confirm_laminar(case)
    placed = fair_below(case, round(floor / SCORE_UNIT))
    pairs = market.ids(placed.tolist())
    if violations := audit_under(market, pairs, rules).violations:
        raise AuditError(list(violations))
    best = np.zeros(market.n_needs)
    np.maximum.at(best, market.need[placed], market.value[placed])
    return Floored(floor, pairs, worth_of(case, placed), np.sort(best[np.unique(market.need[~case.banned])]))


@dataclass(frozen=True, slots=True)
class Kept:
    """
    What is kept of an earlier list at a price.

    Parameters
    ----------
    bonus : float
        What a kept pair was worth beyond its value.
    kept, new : int
        Pairs of the earlier list, and others.
    value : float
        The sum of values, without any bonus.
    n_blocking : int
        Pairs that would both rather be together.
    """

    bonus: float
    kept: int
    new: int
    value: float
    n_blocking: int


def keep_curve(
    market: Market,
    rules: Rules,
    bonuses: Sequence[float] = BONUSES,
    *,
    seed: int = 0,
    time_limit_s: float = 30.0,
) -> list[Kept]:
    """
    Let a kept pair be worth more and more in ``total``, and see what is kept and what that costs.

    Parameters
    ----------
    market : Market
    rules : Rules
        With the pairs to keep; their bonus is not used.
    bonuses : sequence of float
        From 0 up: the first is what the others are compared with.
    seed, time_limit_s
        As `assign` takes them.

    Returns
    -------
    list of Kept
        One for each bonus, in order. The more a kept pair is worth, the more are kept, and the less the sum is.

    Raises
    ------
    InfeasibleProblem
        When no assignment keeps the rules.

    Examples
    --------
    >>> market = Market.from_lists(firms={"f": ["a", "b"]}, experts={"a": ["f"], "b": ["f"]})
    >>> [(point.kept, point.value) for point in keep_curve(market, Rules(keep=(("f", "b"),)), (0.0, 0.5))]
    [(0, 1.0), (1, 0.875)]
    """
    found, earlier = [], set(rules.keep)
    for bonus in bonuses:
        made = assign_under(market, "total", replace(rules, keep_bonus=bonus), seed=seed, time_limit_s=time_limit_s)
        kept = len(earlier.intersection(made.pairs))
        value = float(market.value[list(made.positions)].sum())
        found.append(Kept(bonus, kept, len(made.pairs) - kept, value, made.certificate.n_blocking_pairs))
    return found
