"""Questions to a list or to the market: is it sound, why this pair, who would suit."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from matcher.assignment import Market, Why, assign_ranked, audit, form_market, outside_blocking, why
from matcher.domain.errors import InputError
from matcher.domain.messages import Message, Problem
from matcher.domain.records import Expert, Need
from matcher.domain.settings import AssignmentSettings
from matcher.files import load_placements
from matcher.pipeline import open_market
from matcher.placement import line_problems, shared_words
from matcher.ranking import Ranking, Reasons, explain
from matcher.ranking.ranker import SCORE_UNIT, extend
from matcher.services.inputs import Inputs, Options, find_expert, find_needs, load_inputs
from matcher.services.placing import REPORT, Report, read_paths, read_report


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
    warnings : tuple of Problem
        What is worth a look in the list's file.
    """

    pairs: int
    violations: tuple[Message | Problem, ...]
    blocking_pairs: tuple[tuple[str, str], ...]
    broken_claims: tuple[Message, ...]
    objective: str
    scope: str
    warnings: tuple[Problem, ...] = ()

    @property
    def is_sound(self) -> bool:
        """Whether no rule is broken and every claim holds."""
        return not self.violations and not self.broken_claims


@dataclass(frozen=True, slots=True)
class Answer:
    """Why a need and an expert are together or not: the class and the holders, and the scores taken apart."""

    need: Need
    expert: Expert
    why: Why
    reasons: Reasons


@dataclass(frozen=True, slots=True)
class Suggestion:
    """
    One line of a shortlist.

    Parameters
    ----------
    rank : int
        In the list of whoever asked; 1 the best, ties share one.
    id, name, about : str
        Of the other side; ``about`` is the institution, or the need's title.
    firm_fit, expert_fit : float
        In [0, 1], uncalibrated.
    words : tuple of str
        What both texts share.
    firm_tier, expert_tier : int
        Tier in which the side named the other; 0 not named.
    """

    rank: int
    id: str
    name: str
    about: str
    firm_fit: float
    expert_fit: float
    words: tuple[str, ...]
    firm_tier: int
    expert_tier: int


@dataclass(frozen=True, slots=True)
class Listed:
    """Pairs of a list, as `why` takes them."""

    pairs: list[tuple[str, str]]


def inputs_of_list(
    experts: Path, firms: Path, placements: Path | None, options: Options
) -> tuple[Inputs, Report | None]:
    """
    Load the inputs of a list: what is not given as an option is taken from the report beside it.

    Returns
    -------
    Inputs
    report : Report or None

    Raises
    ------
    InputError
        Also when the inputs are not those that the report names.
    """
    written = read_report(placements.parent) if placements is not None else None
    if written is None or placements is None:
        return load_inputs(experts, firms, options), None
    report = Report.model_validate(written)
    recorded = dict(report.inputs)
    if options.ratings is not None:
        recorded.pop("ratings", None)
    elif "ratings" in recorded:
        options = replace(options, ratings=_ratings_of(experts, placements, recorded["ratings"].file))
    inputs = load_inputs(experts, firms, options, None if options.settings else report.settings)
    differing = [role for role, source in recorded.items() if inputs.digests[role]["sha256"] != source.sha256]
    if differing:
        values = {"report": placements.parent / REPORT}
        message = Message("input.other_digest", values)
        raise InputError([Problem(message, path=str(inputs.paths[role])) for role in differing])
    return inputs, report


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
    loaded = load_placements(placements)
    if loaded.problems:
        raise InputError(loaded.problems)
    pairs = [(line.need_id, line.expert_id) for line in loaded.records]
    ranking, market = market_with(inputs, pairs)
    found = audit(market, pairs)
    outside = zip(*outside_blocking(ranking, market, pairs), strict=True)
    blocking = sorted([*found.blocking_pairs, *((market.need_ids[i], market.expert_ids[j]) for i, j in outside)])
    lines = line_problems(ranking, market, loaded.records, inputs.settings.term, str(placements))
    objective = inputs.settings.assignment.objective
    return Finding(
        pairs=len(loaded.records),
        violations=(*(_explained(message, ranking) for message in found.violations), *lines),
        blocking_pairs=tuple(blocking),
        broken_claims=tuple(_broken_claims(report, objective, len(pairs), len(blocking))),
        objective=objective,
        scope="full",
        warnings=tuple(loaded.warnings),
    )


def why_pair(inputs: Inputs, firm_id: str, expert_id: str, placements: Path | None = None) -> list[Answer]:
    """
    Say why a firm and an expert are together, or why they are not.

    Parameters
    ----------
    inputs : Inputs
    firm_id : str
        Of a firm, which means each of its needs, or of one need.
    expert_id : str
    placements : path or None
        The list asked about; None: the one that the main job makes.

    Returns
    -------
    list of Answer
        One for each need, by id.

    Raises
    ------
    InputError
        When an id names nobody, or the list can't be read.
    """
    needs, expert = find_needs(inputs, firm_id), find_expert(inputs, expert_id)
    asked = [(need.need_id, expert.expert_id) for need in needs]
    if placements is None:
        ranking, market = market_with(inputs, [])
        ranking, market, assignment = assign_ranked(ranking, market, inputs.settings.assignment)
        listed = Listed(assignment.pairs)
    else:
        loaded = load_placements(placements)
        if loaded.problems:
            raise InputError(loaded.problems)
        listed = Listed([(line.need_id, line.expert_id) for line in loaded.records])
        ranking, market = market_with(inputs, listed.pairs)
    ranking, market = _with_pairs(ranking, market, asked, inputs.settings.assignment)
    return [answer(ranking, market, listed, need, expert) for need in needs]


def answer(ranking: Ranking, market: Market, listed: Listed, need: Need, expert: Expert) -> Answer:
    """Say why one need and one expert are together or not, in a market at hand."""
    positions = ranking.need_position[need.need_id], ranking.expert_position[expert.expert_id]
    found = why(market, listed, need.need_id, expert.expert_id)
    return Answer(need, expert, found, explain(ranking.ranker, *positions))


def suggest_experts(ranking: Ranking, market: Market, need: Need, top: int) -> list[Suggestion]:
    """List the best experts for a need, in its own order; no more than ``top``, but all that tie with the last."""
    return _suggestions(
        ranking, market, np.flatnonzero(market.need == ranking.need_position[need.need_id]), "firm", top
    )


def suggest_needs(ranking: Ranking, market: Market, expert: Expert, top: int) -> list[Suggestion]:
    """List the best needs for an expert, in the expert's own order; otherwise as `suggest_experts`."""
    pairs = np.flatnonzero(market.expert == ranking.expert_position[expert.expert_id])
    return _suggestions(ranking, market, pairs, "expert", top)


def _suggestions(ranking: Ranking, market: Market, pairs: np.ndarray, side: str, top: int) -> list[Suggestion]:
    ranks = market.firm_rank if side == "firm" else market.expert_rank
    best = pairs[np.lexsort((pairs, ranks[pairs]))]
    best = best[ranks[best] <= top]
    ranker, wishes = ranking.ranker, ranking.ranker.wishes
    found = []
    for p in best.tolist():
        i, j = int(market.need[p]), int(market.expert[p])
        need, expert = ranker.needs[i], ranker.experts[j]
        other = (
            (expert.expert_id, expert.name, expert.institution)
            if side == "firm"
            else (need.need_id, need.name, need.need_title)
        )
        found.append(
            Suggestion(
                int(ranks[p]),
                *other,
                firm_fit=round(float(ranking.firm_score[p] * SCORE_UNIT), 6),
                expert_fit=round(float(ranking.expert_score[p] * SCORE_UNIT), 6),
                words=shared_words(ranker, i, j),
                firm_tier=int(wishes.firm_tier[i, j]),
                expert_tier=int(wishes.expert_tier[i, j]),
            )
        )
    return found


def market_with(inputs: Inputs, pairs: Sequence[tuple[str, str]]) -> tuple[Ranking, Market]:
    """
    Go to the market, and see to it that it holds the pairs of a list.

    Parameters
    ----------
    inputs : Inputs
    pairs : sequence of (str, str)
        ``(need id, expert id)``; those that are not acceptable are left to the audit.

    Returns
    -------
    Ranking, Market
    """
    ranking, market = open_market(inputs.experts, inputs.needs, inputs.settings, ratings=inputs.ratings)
    return _with_pairs(ranking, market, pairs, inputs.settings.assignment)


def _with_pairs(
    ranking: Ranking, market: Market, pairs: Sequence[tuple[str, str]], settings: AssignmentSettings
) -> tuple[Ranking, Market]:
    """Add pairs that shortlists left out; ids that nobody has are left to the audit."""
    rows, columns = ranking.need_position, ranking.expert_position
    missing = [(rows[n], columns[e]) for n, e in pairs if n in rows and e in columns and (n, e) not in market.position]
    if ranking.scope == "full" or not missing:
        return ranking, market
    extended = extend(ranking, *np.array(missing, dtype=np.int64).T)
    return extended, form_market(extended, settings)


def _explained(violation: Message, ranking: Ranking) -> Message:
    """Add to a pair that is not acceptable why it is not."""
    if violation.code != "audit.not_acceptable":
        return violation
    values = violation.values
    need, expert = ranking.need_position[str(values["firm"])], ranking.expert_position[str(values["expert"])]
    return Message("audit.barred_pair", {**values, "bar": Message(explain(ranking.ranker, need, expert).bar.code)})


def _broken_claims(report: Report | None, objective: str, pairs: int, blocking: int) -> Sequence[Message]:
    """List what the objective or the report claims and is not so; the audit looks at all acceptable pairs."""
    broken = [Message("audit.not_stable", {"count": blocking})] if objective == "stable" and blocking else []
    if report is None:
        return broken
    claims = report.certificate
    true: dict[str, object] = {"objective": objective, "scope": "full", "n_blocking_pairs": blocking, "violations": []}
    if objective == "stable":
        true["value"] = pairs
    broken += [
        Message("audit.other_claim", {"name": name, "claimed": claimed, "found": value})
        for name, value in true.items()
        if (claimed := getattr(claims, name)) != value
    ]
    if claims.bound < claims.value:
        broken.append(Message("audit.bound_below_value", {"bound": claims.bound, "value": claims.value}))
    return broken


def _ratings_of(experts: Path, placements: Path, name: str) -> Path:
    """Find the ratings that a report names: where they were, else beside the experts, else beside the list."""
    recorded = read_paths(placements.parent).get("ratings")
    for path in (recorded, experts.parent / name, placements.parent / name):
        if path is not None and path.exists():
            return path
    raise InputError([Problem(Message("input.ratings_needed", {"value": name}), path=str(placements.parent / REPORT))])
