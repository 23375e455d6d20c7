"""assign(): the one door to every objective."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from matcher.assignment.audit import audit
from matcher.assignment.claims import broken_claims
from matcher.assignment.diagnosis import confirm_arithmetic
from matcher.assignment.fair import fair
from matcher.assignment.market import Market
from matcher.assignment.objective import Aim, Objective
from matcher.assignment.rules import Case, Pair, Quota, Rules, confirm_names
from matcher.assignment.stable import stable
from matcher.assignment.total import total
from matcher.domain.errors import AuditError, SettingsError
from matcher.domain.messages import Message
from matcher.domain.settings import Proposer

OBJECTIVES: dict[str, Objective] = {"stable": stable, "total": total, "fair": fair}
"""Objectives by name."""


_LARGEST = 1_000_000
"""Limit of what has no limit by itself: sums stay exact."""


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
        the most that capacities and acceptability allow. For ``total``: the sum of values, with the bonus of kept
        pairs. For ``fair``: the same, among those that are fairest.
    n_blocking_pairs : int
        Pairs that would both rather be together, counted by the audit.
    violations : tuple of Message
        Rules broken, found by the audit; none in what is returned.
    definition, scope, solver : str
        ``scope`` is ``"full"``, or ``"shortlists"`` where the market holds only each side's best.
    proof : mapping
        What the claim can be checked by. ``total``: ``prices``, see `price_bound`. ``fair``: ``levels``, the values of
        needs from the worst up, with how many needs have each. ``stable`` with minimum quotas: ``fewest_blocking``,
        the number of blocking pairs that no assignment can go below.
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
    proof: Mapping[str, object] = field(default_factory=dict)


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
    rules : Rules
        What it keeps besides capacities.
    """

    pairs: list[tuple[str, str]]
    certificate: Certificate
    positions: tuple[int, ...] = field(repr=False)
    rules: Rules = field(default=Rules(), repr=False)


def assign(
    market: Market,
    objective: str = "stable",
    proposer: Proposer = "firms",
    *,
    quotas: Sequence[Quota] = (),
    locks: Iterable[Pair] = (),
    bans: Iterable[Pair] = (),
    keep: Iterable[Pair] = (),
    keep_bonus: float = 0.0,
    minimum_people: int = 0,
    seed: int = 0,
    time_limit_s: float = 30.0,
) -> Assignment:
    """
    Place experts with needs.

    Parameters
    ----------
    market : Market
    objective : str
        Name of an objective; see `OBJECTIVES`.
    proposer : {"firms", "experts"}
        The side that the outcome favours where there is a choice.
    quotas : sequence of Quota
        What groups must have and may have.
    locks, bans : iterables of (str, str)
        Pairs that must be, and must not be. A lock uses capacity and quotas, and never blocks.
    keep : iterable of (str, str)
        Pairs of an earlier list, preferred among equals; those that the market does not have are left aside. In
        ``stable`` under a maximum nobody has equals: ids tell them apart.
    keep_bonus : float
        What a kept pair is worth beyond its value; in ``total`` and ``fair`` alone.
    minimum_people : int
        Distinct experts to be placed at least.
    seed : int
        Breaks ties.
    time_limit_s : float
        For what flows can't solve; see `Aim`.

    Returns
    -------
    Assignment
        Audited: it breaks no rule and keeps what its certificate claims.

    Raises
    ------
    SettingsError
        When there is no such objective or proposer, or ``stable`` is to buy kept pairs.
    InfeasibleProblem
        When no assignment keeps the rules; with the reasons.
    ValueError
        When a lock or a ban names somebody unknown, or a number is out of its range.
    AuditError
        When the audit refutes the result, which would be our bug.

    Examples
    --------
    >>> market = Market.from_lists(
    ...     firms={"f": ["a", "b"], "g": ["a"]}, experts={"a": ["g", "f"], "b": ["f"]}, firm_capacity={"f": 2}
    ... )
    >>> assign(market).pairs
    [('f', 'b'), ('g', 'a')]
    >>> assign(market, quotas=[Quota(side="firm", group={"f": "x", "g": "x"}, value="x", maximum=1)]).pairs
    [('f', 'a')]
    """
    solve = find_objective(objective)
    if proposer not in ("firms", "experts"):
        raise SettingsError([Message("settings.unknown_proposer", {"value": proposer, "names": ("firms", "experts")})])
    if objective == "stable" and keep_bonus > 0:
        raise SettingsError([Message("settings.keep_bonus_with_stable", {"value": keep_bonus})])
    for name, number in (("keep_bonus", keep_bonus), ("time_limit_s", time_limit_s)):
        if not 0 <= number <= _LARGEST:
            raise ValueError(f"{name} must lie from 0 to {_LARGEST:,}, but is {number!r}")
    for name, number in (("minimum_people", minimum_people), ("seed", seed)):
        if not (0 <= number < 2**63 and number == int(number)):
            raise ValueError(f"{name} must be a whole number from 0, not {number!r}")
    rules = Rules(
        quotas=tuple(quotas),
        locks=_pairs(locks),
        bans=_pairs(bans),
        minimum_people=minimum_people,
        keep=_pairs(keep),
        keep_bonus=keep_bonus,
    )
    confirm_names(market, rules)
    confirm_arithmetic(Case(market, rules))
    # Whom shortlists leave without a pair may have one outside, so there nobody is left out.
    case = Case(market.trimmed if market.scope == "full" else market, rules)
    solution = solve(case, Aim(proposer, seed, time_limit_s))
    pairs = market.ids(solution.positions)
    report = audit(
        market, pairs, quotas=rules.quotas, locks=rules.locks, bans=rules.bans, minimum_people=rules.minimum_people
    )
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
        proof=solution.proof,
    )
    if broken := [*report.violations, *broken_claims(market, rules, report, certificate)]:
        raise AuditError(broken)
    return Assignment(pairs, certificate, tuple(sorted(solution.positions)), rules)


def assign_under(
    market: Market,
    objective: str,
    rules: Rules,
    *,
    proposer: Proposer = "firms",
    seed: int = 0,
    time_limit_s: float = 30.0,
) -> Assignment:
    """Place experts with needs as `assign` does, under rules that are at hand in one piece."""
    return assign(
        *(market, objective, proposer),
        quotas=rules.quotas,
        locks=rules.locks,
        bans=rules.bans,
        keep=rules.keep,
        keep_bonus=rules.keep_bonus,
        minimum_people=rules.minimum_people,
        seed=seed,
        time_limit_s=time_limit_s,
    )


def _pairs(pairs: Iterable[Pair]) -> tuple[Pair, ...]:
    return tuple(sorted({(firm, expert) for firm, expert in pairs}))
