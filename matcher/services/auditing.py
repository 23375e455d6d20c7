"""Is a list sound? From files alone: its rules, its lines, its blocking pairs, and what its report claims."""

from dataclasses import dataclass
from pathlib import Path

from matcher.assignment import AuditReport, audit_under, form_market, outside_blocking
from matcher.assignment.claims import broken_claims, is_decided, refute
from matcher.domain.errors import InputError
from matcher.domain.messages import Message, Problem
from matcher.files import load_placements
from matcher.files.limits import OWN
from matcher.placement import line_problems
from matcher.ranking import Ranking, explain
from matcher.ranking.ranking import extend
from matcher.services.asking import market_with
from matcher.services.inputs import Inputs
from matcher.services.placing import Report


@dataclass(frozen=True, slots=True)
class Finding:
    """
    What the audit of a list found.

    Parameters
    ----------
    pairs : int
        Lines of the list.
    violations : tuple of Message or Problem
        Rules broken, and what the list says that is not so.
    blocking_pairs : tuple of (str, str)
    broken_claims : tuple of Message
        What the certificate, or the objective, claims and what does not hold.
    objective, scope : str
    is_verified : bool
        Whether the objective itself was checked; not where groups cross or people are counted, nor how few blocking
        pairs minima allow, nor always the most pairs where ties leave stable lists of several sizes: that takes solving
        it again.
    warnings : tuple of Problem
        What is worth a look in the list's file.
    """

    pairs: int
    violations: tuple[Message | Problem, ...]
    blocking_pairs: tuple[tuple[str, str], ...]
    broken_claims: tuple[Message, ...]
    objective: str
    scope: str
    is_verified: bool = True
    warnings: tuple[Problem, ...] = ()

    @property
    def is_sound(self) -> bool:
        """Whether no rule is broken and every claim holds."""
        return not self.violations and not self.broken_claims


def check_list(inputs: Inputs, placements: Path, report: Report | None) -> Finding:
    """
    Audit a list from files alone: rules, lines, blocking pairs, and what its report claims.

    Parameters
    ----------
    inputs : Inputs
    placements : path
    report : Report or None
        What stands beside the list, where its options came from.

    Returns
    -------
    Finding

    Raises
    ------
    InputError
        When the list can't be read.
    """
    loaded = load_placements(placements, OWN)
    if loaded.problems:
        raise InputError(loaded.problems)
    pairs = [(line.need_id, line.expert_id) for line in loaded.records]
    ranking, market = market_with(inputs, pairs)
    objective = inputs.settings.assignment.objective
    if objective == "stable":
        outside = outside_blocking(ranking, market, pairs, inputs.rules)
        ranking = extend(ranking, *outside)
        market = form_market(ranking, inputs.settings.assignment)
    found = audit_under(market, pairs, inputs.rules)
    bound = report.certificate.bound if report else len(pairs)
    scope = "full" if objective == "stable" and not found.blocking_pairs else market.scope
    lines = line_problems(ranking, market, loaded.records, inputs.settings.term, str(placements), rules=inputs.rules)
    return Finding(
        pairs=len(loaded.records),
        violations=(*(_explained(message, ranking) for message in found.violations), *lines),
        blocking_pairs=tuple(found.blocking_pairs),
        broken_claims=tuple(_broken(report, inputs, found, scope)),
        objective=objective,
        scope=scope,
        is_verified=is_decided(market, inputs.rules, found, objective, bound),
        warnings=tuple(loaded.warnings),
    )


def _explained(violation: Message, ranking: Ranking) -> Message:
    """Add to a pair that is not acceptable why it is not."""
    if violation.code != "audit.not_acceptable":
        return violation
    values = violation.values
    need, expert = ranking.need_position[str(values["firm"])], ranking.expert_position[str(values["expert"])]
    return Message("audit.barred_pair", {**values, "bar": Message(explain(ranking.ranker, need, expert).bar.code)})


def _broken(report: Report | None, inputs: Inputs, found: AuditReport, scope: str) -> list[Message]:
    """List what the objective or the report claims and is not so."""
    chosen, rules = inputs.settings.assignment, inputs.rules
    if report is None:
        return refute(found.market, rules, found, chosen.objective)
    claims, said = report.certificate, report.settings.assignment
    true = [
        ("objective", claims.objective, chosen.objective),
        ("scope", claims.scope, scope),
        ("violations", len(claims.violations), 0),
        *((name, getattr(report, name), getattr(said, name)) for name in ("objective", "proposer", "seed")),
    ]
    broken = [
        Message("audit.other_claim", {"name": name, "claimed": claimed, "found": value})
        for name, claimed, value in true
        if claimed != value
    ]
    if claims.objective != chosen.objective:
        return broken
    return broken + broken_claims(found.market, rules, found, claims, thorough=True)
