"""assign(): the one door to every objective."""

from dataclasses import dataclass, field

from matcher.assignment.audit import audit
from matcher.assignment.market import Market
from matcher.assignment.objective import Objective
from matcher.assignment.stable import stable
from matcher.domain.errors import SettingsError
from matcher.domain.messages import Message
from matcher.domain.settings import Proposer

OBJECTIVES: dict[str, Objective] = {"stable": stable}
"""Objectives by name."""


def find_objective(name: str) -> Objective:
    """
    Find an objective by name.

    Raises
    ------
    SettingsError
        When there is none of that name; it lists those that there are.
    """
    if name not in OBJECTIVES:
        raise SettingsError([Message("settings.unknown_objective", {"value": name, "names": tuple(OBJECTIVES)})])
    return OBJECTIVES[name]


@dataclass(frozen=True, slots=True)
class Certificate:
    """
    What is claimed of an assignment, and what the independent audit found.

    Parameters
    ----------
    objective : str
    value, bound, gap : float
        Reached, at most possible, and their difference as a share of the bound. For ``stable``: pairs placed, against
        the most that capacities and acceptability allow.
    n_blocking_pairs : int
        Pairs that would both rather be together, counted by the audit.
    violations : tuple of Message
        Rules broken, found by the audit; none in what is returned.
    definition, scope, solver : str
        ``scope`` is ``"full"``, or ``"shortlists"`` where the market holds only each side's best.
    """

    objective: str
    value: float
    bound: float
    gap: float
    n_blocking_pairs: int
    violations: tuple[Message, ...]
    definition: str
    scope: str
    solver: str


@dataclass(frozen=True, slots=True)
class Assignment:
    """
    Who is placed with whom.

    Attributes
    ----------
    pairs : list of (str, str)
        ``(firm or need id, expert id)``, sorted.
    positions : tuple of int
        The same pairs as positions in the market, in that order.
    certificate : Certificate
    """

    pairs: list[tuple[str, str]]
    certificate: Certificate
    positions: tuple[int, ...] = field(repr=False)


def assign(market: Market, objective: str = "stable", proposer: Proposer = "firms", *, seed: int = 0) -> Assignment:
    """
    Place experts with needs.

    Parameters
    ----------
    market : Market
    objective : str
        Name of an objective; see `OBJECTIVES`.
    proposer : {"firms", "experts"}
        The side that the outcome favours.
    seed : int
        Breaks ties.

    Returns
    -------
    Assignment
        Audited: it breaks no rule and keeps what its certificate claims.

    Raises
    ------
    SettingsError
        When there is no such objective or proposer.
    AuditError
        When the audit refutes the result, which would be our bug.

    Examples
    --------
    >>> market = Market.from_lists(
    ...     firms={"f": ["a", "b"], "g": ["a"]}, experts={"a": ["g", "f"], "b": ["f"]}, firm_capacity={"f": 2}
    ... )
    >>> assign(market).pairs
    [('f', 'b'), ('g', 'a')]
    """
    solve = find_objective(objective)
    if proposer not in ("firms", "experts"):
        raise SettingsError([Message("settings.unknown_proposer", {"value": proposer, "names": ("firms", "experts")})])
    solution = solve(market, proposer, seed)
    pairs = market.ids(solution.positions)
    report = audit(market, pairs)
    certificate = Certificate(
        objective=objective,
        value=solution.value,
        bound=solution.bound,
        gap=(solution.bound - solution.value) / solution.bound if solution.bound else 0.0,
        n_blocking_pairs=len(report.blocking_pairs),
        violations=tuple(report.violations),
        definition=solution.definition,
        scope=market.scope,
        solver=solution.solver,
    )
    report.confirm(certificate)
    return Assignment(pairs, certificate, tuple(market.position[pair] for pair in pairs))
