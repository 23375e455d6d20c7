"""The placement list: a line a pair, with both ranks, fits, value and reasons."""

from collections.abc import Iterator, Sequence
from dataclasses import fields

import numpy as np

from matcher.assignment.assign import Assignment
from matcher.assignment.market import Market, join
from matcher.assignment.repair import exact_ranks
from matcher.assignment.rules import Pair, Rules
from matcher.domain.messages import Message
from matcher.domain.records import Expert, Need, Placement
from matcher.domain.settings import TermSettings
from matcher.ranking.features import NEUTRAL, place_of_need
from matcher.ranking.ranker import SCORE_UNIT, Ranker, Ranking
from matcher.ranking.reasons import shared_spans
from matcher.ranking.tables.disciplines import FITTING, UNSTATED
from matcher.ranking.tables.places import NEAR_KM, distance_km, find_place, nearness
from matcher.text import JiebaTokenizer, as_written, whole_words

PLACEMENT_COLUMNS = tuple(column.name for column in fields(Placement) if column.name != "row")
"""Columns of the list, in order."""

_SPANS_SHOWN = 5

Line = dict[str, object]


def placement_list(ranking: Ranking, market: Market, assignment: Assignment, term: TermSettings) -> list[Line]:
    """
    Write out the pairs placed.

    Parameters
    ----------
    ranking : Ranking
    market : Market
        Formed of that ranking.
    assignment : Assignment
        Of that market.
    term : TermSettings

    Returns
    -------
    list of dict
        One a pair, by need, then by expert, with the keys `PLACEMENT_COLUMNS`. Fits and value are rounded to 1e-6;
        ``reasons`` is a `Message`.
    """
    lines = []
    status = statuses(assignment.rules)
    ranks = zip(*exact_ranks(ranking, market, np.array(assignment.positions, dtype=np.int64)), strict=True)
    for position, both in zip(assignment.positions, ranks, strict=True):
        i, j = int(market.need[position]), int(market.expert[position])
        reasons = Message("placement.reasons", {"reasons": _reasons(ranking, i, j)})
        line = placement_line(ranking, market, position, both, term)
        pair = (market.need_ids[i], market.expert_ids[j])
        lines.append({**line, "status": status.get(pair, "new"), "reasons": reasons})
    return lines


def statuses(rules: Rules) -> dict[Pair, str]:
    """Give the status of every pair that is not new: ``"locked"``, or ``"kept"``, of the earlier list."""
    return {**dict.fromkeys(rules.keep, "kept"), **dict.fromkeys(rules.locks, "locked")}


def placement_line(ranking: Ranking, market: Market, position: int, ranks: tuple[int, int], term: TermSettings) -> Line:
    """
    Write out one pair of the market as a line of the list, as a new one and without its reasons.

    Parameters
    ----------
    ranking : Ranking
    market : Market
    position : int
        Of the pair in the market.
    ranks : (int, int)
        Of the pair in the firm's list and in the expert's, as `exact_ranks` counts them.
    term : TermSettings

    Returns
    -------
    dict
        With the keys `PLACEMENT_COLUMNS`; ``reasons`` is empty.
    """
    need = ranking.ranker.needs[int(market.need[position])]
    expert = ranking.ranker.experts[int(market.expert[position])]
    start, end = (day.isoformat() if day else "" for day in (term.start, term.end))
    firm_fit, expert_fit = (score[position] * SCORE_UNIT for score in (ranking.firm_score, ranking.expert_score))
    return {
        "firm_id": need.firm_id,
        "need_id": need.need_id,
        "firm": need.name,
        "township": need.township,
        "industry": need.industry,
        "need_title": need.need_title,
        "expert_id": expert.expert_id,
        "expert": expert.name,
        "institution": expert.institution,
        "expert_title": expert.title,
        "firm_fit": round(float(firm_fit), 6),
        "expert_fit": round(float(expert_fit), 6),
        "fit": round(float(join(firm_fit, expert_fit, market.joint)), 6),
        "value": round(float(market.value[position]), 6),
        "firm_rank": int(ranks[0]),
        "expert_rank": int(ranks[1]),
        "status": "new",
        "term_from": start,
        "term_to": end,
        "reasons": "",
    }


def readable(spans: Sequence[tuple[str, float]], at_most: int = _SPANS_SHOWN) -> tuple[str, ...]:
    """Return the spans to show: the weightiest, single characters only for want of others."""
    names = [span for span, _ in spans]
    return tuple([span for span in names if len(span) > 1][:at_most] or names[:at_most])


def shared_words(ranker: Ranker, need: int, expert: int, at_most: int = _SPANS_SHOWN) -> tuple[str, ...]:
    """
    Name the words that a need and a profile share.

    Parameters
    ----------
    ranker : Ranker
    need, expert : int
        Positions.
    at_most : int

    Returns
    -------
    tuple of str
        Whole words of both texts, the weightiest first; pieces of words and single characters for want of others. What
        the two write differently stands as the need's word, with the profile's in parentheses.
    """
    spans, lexicon = shared_spans(ranker, need, expert), ranker.profiles.lexicon
    text, profile = ranker.needs[need].text, ranker.experts[expert].profile
    words = whole_words(text, [span for span, _ in spans], JiebaTokenizer(lexicon), lexicon)
    words = [word for word in words if len(word) > 1][:at_most] or readable(spans, at_most)
    return tuple(as_written(words, text, profile, lexicon))


def _reasons(ranking: Ranking, need: int, expert: int) -> tuple[Message, ...]:
    """Say for the office why a pair is good: wishes, shared words, then features by what they add."""
    ranker, wishes = ranking.ranker, ranking.ranker.wishes
    found = []
    for side, tiers in (("firm", wishes.firm_tier), ("expert", wishes.expert_tier)):
        if tier := int(tiers[need, expert]):
            found.append(Message(f"reason.{side}_named", {"tier": tier}))
    if spans := shared_words(ranker, need, expert):
        found.append(Message("reason.shared_words", {"spans": spans}))
    helped = sorted(_helped(ranker, need, expert), key=lambda item: -item[0])
    return (*found, *(message for gain, message in helped if gain > 0))


def _helped(ranker: Ranker, need: int, expert: int) -> Iterator[tuple[float, Message]]:
    """Find the features that speak for a pair, each with what it adds to both scores beyond neutral."""
    features, who, rows = ranker.features, ranker.experts[expert], np.array([need])
    weights = {side: ranker.weights(side) for side in ("firm", "expert")}

    def gain(name: str, value: float, *sides: str) -> float:
        return value * sum(weights[side].get(name, 0.0) for side in sides or weights)

    if features.role[need, expert]:
        yield gain("role", 1.0), Message("reason.role", {"role": ranker.needs[need].role_wanted})
    if (strength := float(features.discipline.block(rows)[0, expert])) >= FITTING:
        yield gain("discipline", strength - UNSTATED), Message("reason.discipline", {"discipline": who.discipline})
    if near := _near(ranker.needs[need], who):
        yield gain("place", float(features.place.block(rows)[0, expert]) - NEUTRAL), near
    for side, history in (("firm", features.firm_history), ("expert", features.expert_history)):
        if (past := float(history.pair[need, expert]) - 1) > NEUTRAL:
            yield gain("history", past - NEUTRAL, side), Message(f"reason.{side}_rated_well", {"stars": 1 + 4 * past})
    if (past := float(features.firm_assessment.pair[need, expert]) - 1) > NEUTRAL:
        yield gain("assessment", past - NEUTRAL), Message("reason.assessed_well", {})


def _near(need: Need, expert: Expert) -> Message | None:
    """Say that distance costs a pair little: it works online, or the two are near."""
    if "online" in (need.mode, expert.mode):
        return Message("reason.online", {})
    one, other = place_of_need(need), find_place(expert.city)
    if one is None or other is None or nearness(one, other) <= NEUTRAL:
        return None
    km = distance_km(one, other)
    if km <= NEAR_KM:
        return Message("reason.near", {"km": round(NEAR_KM)})
    return Message("reason.distance", {"km": 10 * round(km / 10)})
