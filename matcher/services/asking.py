"""Questions to a list or to the market: why this pair, who would suit."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from matcher.assignment import Market, Rules, Why, assign_ranked, form_market, why
from matcher.assignment.whatif import WhatIf, what_if
from matcher.domain.errors import InputError
from matcher.domain.messages import Message, Problem
from matcher.domain.records import Expert, Need
from matcher.domain.settings import TEXT_FILES, AssignmentSettings
from matcher.files import load_placements
from matcher.files.limits import OWN
from matcher.pipeline import open_market
from matcher.placement import (
    Party,
    is_shown,
    pair_effects,
    pair_gaps,
    pair_reasons,
    party_answer,
    shared_words,
)
from matcher.ranking import Exposure, Missing, Ranking, Reasons, explain, extend_by, missing
from matcher.ranking.bars import OVERRULED
from matcher.services.inputs import Inputs, Options, find_expert, find_needs, load_inputs
from matcher.services.placing import REPORT, Report, read_paths, read_report
from matcher.services.weighing import rank_kept


@dataclass(frozen=True, slots=True)
class Answer:
    """
    Why a need and an expert are together or not.

    The class and the holders, the scores taken apart, and what would happen if the pair were locked; ``said`` is what
    speaks for the pair, then against it, as the office reads it, ``lacking`` what the profile lacks.
    """

    need: Need
    expert: Expert
    why: Why
    reasons: Reasons
    said: tuple[Message, ...]
    lacking: tuple[Missing, ...]
    consequences: tuple[Message, ...] = ()


@dataclass(frozen=True, slots=True)
class PartyAnswer:
    """
    Why a need and an expert are together or not, as one of the two may read it: no third person, nobody else's rank.

    Parameters
    ----------
    need : Need
    expert : Expert
    party : {"firm", "expert"}
    answer : Message
        See `matcher.placement.party_answer`.
    said : tuple of Message
        What speaks for the pair, then what it lacks; nothing where the party may not read of the other side.
    """

    need: Need
    expert: Expert
    party: Party
    answer: Message
    said: tuple[Message, ...]


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
        In [0, 1]; see `matcher.ranking.Ranker.fit`.
    words : tuple of str
        What both texts share.
    firm_tier, expert_tier : int
        Tier in which the side named the other; 0 not named.
    suggested : int or None
        How many lists of the asking side show the other; None where that was not counted.
    moved_up : bool
        Shown in the place of a better one, because suggested less.
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
    suggested: int | None = None
    moved_up: bool = False


@dataclass(frozen=True, slots=True)
class Listed:
    """Pairs of a list and the rules that it keeps, as `why` takes them."""

    pairs: list[tuple[str, str]]
    rules: Rules = field(default=Rules())


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
    for role in ("ratings", "keep", *TEXT_FILES):
        # Settings given are to be gone by as they are, with the files that they name.
        if getattr(options, role) is not None or (role in TEXT_FILES and options.settings):
            recorded.pop(role, None)
        elif role in recorded:
            options = replace(options, **{role: _recorded(role, experts, placements, recorded[role].file)})
    inputs = load_inputs(experts, firms, options, None if options.settings else report.settings)
    differing = [role for role, source in recorded.items() if inputs.digests[role]["sha256"] != source.sha256]
    values = {"report": placements.parent / REPORT}
    if differing:
        message = Message("input.other_digest", values)
        raise InputError([Problem(message, path=str(inputs.paths[role])) for role in differing])
    lists = report.tokenizer.get("dictionary_sha256", inputs.lexicon.digest)
    if not (options.settings or options.lexicon) and lists != inputs.lexicon.digest:
        raise InputError([Problem(Message("input.other_lexicon", values))])
    return inputs, report


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
    ranking, market, listed, asked = _asked(inputs, firm_id, expert_id, placements)
    answers = [answer(ranking, market, listed, *pair) for pair in asked]
    return [_if_overruled(inputs, listed, found) if found.reasons.bar in OVERRULED else found for found in answers]


def why_pair_for(
    inputs: Inputs, firm_id: str, expert_id: str, placements: Path | None, party: Party
) -> list[PartyAnswer]:
    """Say it to one of the two; takes and raises what `why_pair` does."""
    ranking, market, listed, asked = _asked(inputs, firm_id, expert_id, placements)
    ranker, answers = ranking.ranker, []
    for need, expert in asked:
        positions = ranking.need_position[need.need_id], ranking.expert_position[expert.expert_id]
        code = why(market, listed, need.need_id, expert.expert_id).message.code
        said: tuple[Message, ...] = ()
        if is_shown(ranker, positions[1], party):
            said = (*pair_reasons(ranker, *positions, party), *pair_gaps(ranker, *positions, party))
        answers.append(PartyAnswer(need, expert, party, party_answer(ranker, positions, code, party), said))
    return answers


def _asked(
    inputs: Inputs, firm_id: str, expert_id: str, placements: Path | None
) -> tuple[Ranking, Market, Listed, list[tuple[Need, Expert]]]:
    """Go to the market and to the list asked about; give the pairs too, one for each need."""
    needs, expert = find_needs(inputs, firm_id), find_expert(inputs, expert_id)
    asked = [(need.need_id, expert.expert_id) for need in needs]
    if placements is None:
        ranking, market = market_with(inputs, [])
        ranking, market, assignment = assign_ranked(ranking, market, inputs.settings.assignment, inputs.rules)
        listed = Listed(assignment.pairs, inputs.rules)
    else:
        loaded = load_placements(placements, OWN)
        if loaded.problems:
            raise InputError(loaded.problems)
        listed = Listed([(line.need_id, line.expert_id) for line in loaded.records], inputs.rules)
        ranking, market = market_with(inputs, listed.pairs)
    ranking, market = _with_pairs(ranking, market, asked, inputs.settings.assignment)
    return ranking, market, listed, [(need, expert) for need in needs]


def answer(ranking: Ranking, market: Market, listed: Listed, need: Need, expert: Expert) -> Answer:
    """Say why one need and one expert are together or not, in a market at hand."""
    positions = ranking.need_position[need.need_id], ranking.expert_position[expert.expert_id]
    found, ranker = why(market, listed, need.need_id, expert.expert_id), ranking.ranker
    then = consequences_of(ranking, found.what_if) if found.what_if else ()
    reasons = explain(ranker, *positions)
    said = (*pair_reasons(ranker, *positions), *pair_gaps(ranker, *positions), *pair_effects(reasons))
    return Answer(need, expert, found, reasons, said, missing(ranker, *positions), then)


def _if_overruled(inputs: Inputs, listed: Listed, found: Answer) -> Answer:
    """Add what would happen if a pair were locked that only its fit keeps out of the market."""
    pair = (found.need.need_id, found.expert.expert_id)
    ranking, market = market_with(inputs, listed.pairs, locks=[pair])
    if pair not in market.position:
        return found
    then = what_if(market, listed.pairs, inputs.rules, pair)
    overruled = Message("why.overruled", {"min_fit": inputs.settings.ranking.min_fit})
    consequences = (overruled, *consequences_of(ranking, then))
    return replace(found, why=replace(found.why, what_if=then), consequences=consequences)


def consequences_of(ranking: Ranking, found: WhatIf, heading: str = "why.what_if") -> tuple[Message, ...]:
    """
    Say what locks and bans would bring: the change of value, who moves, who would then rather, which rules break.

    Parameters
    ----------
    ranking : Ranking
        Knows the names of those who move.
    found : WhatIf
    heading : str
        Code of the first sentence, which says what was asked.

    Returns
    -------
    tuple of Message
    """
    moves = []
    for expert, left, taken in found.moves:
        code = "why.moves" if left and taken else "why.loses" if left else "why.gains"
        name = ranking.ranker.experts[ranking.expert_position[expert]].name
        moves.append(Message(code, {"expert": f"{name} {expert}", "left": left, "taken": taken}))
    values = {"moves": len(moves), "value": f"{found.value:+.3f}", "blocking": len(found.blocking)}
    blocking = [Message("audit.blocking", {"firm": firm, "expert": expert}) for firm, expert in found.blocking]
    return (Message(heading, values), *moves, *blocking, *found.broken)


def suggest_experts(
    ranking: Ranking, market: Market, need: Need, top: int, shown: Exposure | None = None
) -> list[Suggestion]:
    """
    List the best experts for a need, in its own order; no more than ``top``, but all that tie with the last.

    Parameters
    ----------
    ranking : Ranking
    market : Market
        Formed of that ranking.
    need : Need
    top : int
    shown : Exposure or None
        Of that ranking, the firms asking: its lists are given, which may be spread, in the place of the best ``top``.

    Returns
    -------
    list of Suggestion
    """
    listed = market.firm_rank <= top if shown is None else shown.suggested
    return _suggestions(ranking, market, in_order_of(ranking, market, need, listed), "firm", shown)


def suggest_needs(
    ranking: Ranking, market: Market, expert: Expert, top: int, shown: Exposure | None = None
) -> list[Suggestion]:
    """List the best needs for an expert, in the expert's own order; otherwise as `suggest_experts`."""
    listed = market.expert_rank <= top if shown is None else shown.suggested
    return _suggestions(ranking, market, in_order_of(ranking, market, expert, listed), "expert", shown)


def in_order_of(ranking: Ranking, market: Market, whose: Need | Expert, listed: np.ndarray | None = None) -> np.ndarray:
    """
    Give the acceptable pairs of a need or of an expert, in its own order.

    Parameters
    ----------
    ranking : Ranking
    market : Market
        Formed of that ranking.
    whose : Need or Expert
    listed : bool array, shape (n_pairs,), or None
        Those that are wanted; None: all.

    Returns
    -------
    int array
        Positions in the market.
    """
    if isinstance(whose, Need):
        own, ranks = market.need == ranking.need_position[whose.need_id], market.firm_rank
    else:
        own, ranks = market.expert == ranking.expert_position[whose.expert_id], market.expert_rank
    pairs = np.flatnonzero(own if listed is None else own & listed)
    return pairs[np.lexsort((pairs, ranks[pairs]))]


def introduced(whom: Need | Expert) -> tuple[str, str, str]:
    """Give id and name of one who may be chosen, and what tells it apart: an expert's institution, a need's title."""
    if isinstance(whom, Need):
        return whom.need_id, whom.name, whom.need_title
    return whom.expert_id, whom.name, whom.institution


def _suggestions(
    ranking: Ranking, market: Market, best: np.ndarray, side: str, shown: Exposure | None
) -> list[Suggestion]:
    ranks = market.firm_rank if side == "firm" else market.expert_rank
    whom = market.expert if side == "firm" else market.need
    ranker, wishes = ranking.ranker, ranking.ranker.wishes
    found = []
    for p in best.tolist():
        i, j = int(market.need[p]), int(market.expert[p])
        found.append(
            Suggestion(
                int(ranks[p]),
                *introduced(ranker.experts[j] if side == "firm" else ranker.needs[i]),
                firm_fit=round(float(ranking.firm_fit[p]), 6),
                expert_fit=round(float(ranking.expert_fit[p]), 6),
                words=shared_words(ranker, i, j),
                firm_tier=int(wishes.firm_tier[i, j]),
                expert_tier=int(wishes.expert_tier[i, j]),
                suggested=int(shown.counts[whom[p]]) if shown else None,
                moved_up=bool(shown and shown.moved_up[p]),
            )
        )
    return found


def market_with(
    inputs: Inputs, pairs: Sequence[tuple[str, str]], *, locks: Sequence[tuple[str, str]] = ()
) -> tuple[Ranking, Market]:
    """
    Go to the market, and see to it that it holds the pairs of a list.

    Parameters
    ----------
    inputs : Inputs
    pairs : sequence of (str, str)
        ``(need id, expert id)``; those that are not acceptable are left to the audit.
    locks : sequence of (str, str)
        To be had besides those of the rules: what only a small fit bars is in the market.

    Returns
    -------
    Ranking, Market
    """
    ranking, market = open_market(
        *(inputs.experts, inputs.needs, inputs.settings),
        rules=replace(inputs.rules, locks=(*inputs.rules.locks, *locks)),
        ratings=inputs.ratings,
        lexicon=inputs.lexicon,
        vectors=inputs.vectors,
        epoch=inputs.epoch,
        rank_by=rank_kept,
    )
    return _with_pairs(ranking, market, pairs, inputs.settings.assignment)


def _with_pairs(
    ranking: Ranking, market: Market, pairs: Sequence[tuple[str, str]], settings: AssignmentSettings
) -> tuple[Ranking, Market]:
    """Add pairs that shortlists left out; ids that nobody has are left to the audit."""
    extended = extend_by(ranking, pairs)
    return (ranking, market) if extended is ranking else (extended, form_market(extended, settings))


def _recorded(role: str, experts: Path, placements: Path, name: str) -> Path:
    """Find a file that a report names: where it was, else beside the experts, else beside the list."""
    recorded = read_paths(placements.parent).get(role)
    for path in (recorded, experts.parent / name, placements.parent / name):
        if path is not None and path.exists():
            return path
    raise InputError([Problem(Message(f"input.{role}_needed", {"value": name}), path=str(placements.parent / REPORT))])
