"""
Why a pair, in sentences: for the office, which sees all, and for a party, which sees its own side and what is open.

A party, the firm or the expert, is told what both texts and forms show, and what it stated itself. It is never told of
a third person, nor of anybody else's rank, rating, wish or veto. That must hold of what can be guessed too: so what a
party may know is looked for first, whatever else there is, and all that it may not know has one sentence.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Literal

import numpy as np

from matcher.domain.messages import Message
from matcher.domain.records import Expert, Need
from matcher.ranking import Bar, Ranker, Reasons, missing, shared_spans, telling
from matcher.ranking.cells import cell_of
from matcher.ranking.features import NEUTRAL, place_of_need
from matcher.ranking.ranker import SCORE_UNIT
from matcher.ranking.tables.disciplines import FITTING, UNSTATED
from matcher.ranking.tables.places import NEAR_KM, distance_km, find_place, nearness
from matcher.text import as_written, whole_words

Audience = Literal["office", "firm", "expert"]
"""Who reads a sentence."""

Party = Literal["firm", "expert"]
"""A side that reads of its own pair."""

_SPANS_SHOWN = 5

_WORTH_SAYING = 0.005
"""Fit from which an effect is said."""

STATUSES: Mapping[str, Mapping[Party, str]] = {
    "why.matched": {"firm": "party.matched", "expert": "party.matched"},
    "why.expert_prefers_own": {"firm": "party.other_full", "expert": "party.own_full"},
    "why.firm_full": {"firm": "party.own_full", "expert": "party.other_full"},
    "why.expert_without_places": {"firm": "party.other_without_places", "expert": "party.own_without_places"},
    "why.firm_without_places": {"firm": "party.own_without_places", "expert": "party.other_without_places"},
    "why.blocking": {"firm": "party.not_arranged", "expert": "party.not_arranged"},
    "why.banned": {"firm": "party.not_arranged", "expert": "party.not_arranged"},
    "why.forbidden_by_quota": {"firm": "party.not_arranged", "expert": "party.not_arranged"},
}
"""What each party is told for an answer of `matcher.assignment.why`; of a pair not acceptable see `party_answer`."""


def pair_reasons(ranker: Ranker, need: int, expert: int, audience: Audience = "office") -> tuple[Message, ...]:
    """
    Say what speaks for a pair: wishes, shared words, then features by what they add.

    Parameters
    ----------
    ranker : Ranker
    need, expert : int
        Positions.
    audience : {"office", "firm", "expert"}
        A party reads of its own wishes and ratings alone.

    Returns
    -------
    tuple of Message
    """
    found = [*_wishes(ranker, need, expert, audience)]
    if spans := shared_words(ranker, need, expert):
        found.append(Message("reason.shared_words", {"spans": spans}))
    helped = sorted(_helped(ranker, need, expert, audience), key=lambda item: -item[0])
    return (*found, *(message for gain, message in helped if gain > 0))


def pair_gaps(ranker: Ranker, need: int, expert: int, audience: Audience = "office") -> tuple[Message, ...]:
    """
    Say what a pair lacks: what the need names and the profile does not, and a distance that is not short.

    Parameters
    ----------
    ranker : Ranker
    need, expert : int
        Positions.
    audience : {"office", "firm", "expert"}
        Only the office is told that nobody's profile names a word.

    Returns
    -------
    tuple of Message
    """
    lacking = missing(ranker, need, expert)
    here = tuple(one.words for one in lacking if one.elsewhere or audience != "office")
    nowhere = tuple(one.words for one in lacking if one.words not in here)
    found = [Message("reason.missing", {"words": here})] if here else []
    if nowhere:
        found.append(Message("reason.missing_everywhere", {"words": nowhere}))
    asked, who = ranker.needs[need], ranker.experts[expert]
    if (far := _distance(asked, who)) and _near(asked, who) is None:
        found.append(far)
    return tuple(found)


def pair_effects(reasons: Reasons) -> tuple[Message, ...]:
    """
    Say for the office which parts raise or lower each side's score against its usual; see `Reasons.firm_effects`.

    Returns
    -------
    tuple of Message
        For each side what raises it, then what lowers it, the greatest first; less than 0.005 is not said.
    """
    found = []
    for side, effects in (("firm", reasons.firm_effects), ("expert", reasons.expert_effects)):
        for way, sign in (("raised", 1), ("lowered", -1)):
            said = sorted((-sign * value, name) for name, value in effects if sign * value >= _WORTH_SAYING)
            parts = tuple(
                Message("part.effect", {"part": Message(f"part.{name}"), "value": f"{-sign * value:+.3f}"})
                for value, name in said
            )
            if parts:
                found.append(Message(f"reason.{side}_{way}", {"parts": parts}))
    return tuple(found)


def party_answer(ranker: Ranker, pair: tuple[int, int], answer: str, party: Party) -> Message:
    """
    Say to a party why it is with the other side, or why not.

    Parameters
    ----------
    ranker : Ranker
    pair : (int, int)
        Positions of the need and the expert.
    answer : str
        Code of the answer that the office reads, ``why.*``.
    party : {"firm", "expert"}

    Returns
    -------
    Message
        ``party.*``. Of a pair that is not acceptable the first of what the party may know: eligibility, conflict of
        interest, its own veto, the modes, its own wish to take only those named, a small fit; else that the pair was
        not arranged, as for all that nobody but the office knows.
    """
    if answer != "why.unacceptable":
        return Message(STATUSES[answer][party])
    return next(_open_bars(ranker, *pair, party), Message("party.not_arranged"))


def is_shown(ranker: Ranker, expert: int, party: Party) -> bool:
    """Whether a party may read of the other side's profile: a firm sees only those who may be sent."""
    return party == "expert" or not ranker.bars.expert[expert]


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
        Whole words that name something, the weightiest first (see `matcher.ranking.telling`), or parts of longer ones
        for want of those; none where the texts share nothing but fillers and single characters. What the two write
        differently stands as the need's word, with the profile's in parentheses.
    """
    spans, lexicon = [span for span, _ in shared_spans(ranker, need, expert)], ranker.profiles.lexicon
    text, profile = ranker.needs[need].text, ranker.experts[expert].profile
    tokenizer = ranker.profiles.tokenizer
    words = whole_words(text, spans, tokenizer, lexicon)
    named = telling(ranker, words, lambda word: word in whole_words(profile, words, tokenizer, lexicon))
    return tuple(as_written((named or telling(ranker, spans))[:at_most], text, profile, lexicon))


def _open_bars(ranker: Ranker, need: int, expert: int, party: Party) -> Iterator[Message]:
    """Find what bars a pair, of what a party may know; nothing here depends on what the other side keeps to itself."""
    bars, wishes, side = ranker.bars, ranker.wishes, 0 if party == "firm" else 1
    if barred := Bar(int(bars.expert[expert])):
        values = {"bar": Message(barred.code)}
        yield Message("party.not_eligible", values) if party == "expert" else Message("party.other_not_eligible")
    if bars.conflict[need, expert]:
        yield Message("party.conflict")
    if (wishes.firm_veto, wishes.expert_veto)[side][need, expert]:
        yield Message("party.own_veto")
    on_site, online = ((modes[0][need], modes[1][expert]) for modes in (bars.onsite, bars.online))
    if (on_site[0] and online[1]) or (online[0] and on_site[1]):
        yield Message("party.mode")
    if (wishes.firm_tier, wishes.expert_tier)[side][need, expert]:
        return
    if bars.named_only[side][(need, expert)[side]]:
        yield Message("party.own_takes_only_named")
    # Of the texts alone: a side's own score holds what others rated the other side.
    text = float(ranker.profiles.agreement(np.array([need]), np.array([expert])).item())
    if not text:
        yield Message("party.no_common_term")
    if round(text / SCORE_UNIT) < round(ranker.settings.min_agreement / SCORE_UNIT):
        yield Message("party.below_min_fit")


def _wishes(ranker: Ranker, need: int, expert: int, audience: Audience) -> Iterator[Message]:
    for side, tiers in (("firm", ranker.wishes.firm_tier), ("expert", ranker.wishes.expert_tier)):
        if tier := int(cell_of(tiers, need, expert)):
            if audience == "office":
                yield Message(f"reason.{side}_named", {"tier": tier})
            elif audience == side:
                yield Message("party.named", {"tier": tier})


def _helped(ranker: Ranker, need: int, expert: int, audience: Audience) -> Iterator[tuple[float, Message]]:
    """Find the features that speak for a pair, each with what it adds to both scores beyond neutral."""
    features, who = ranker.features, ranker.experts[expert]

    def gain(name: str, value: float, *sides: str) -> float:
        return value * sum(_weights(ranker, side).get(name, 0.0) for side in sides or ("firm", "expert"))

    if features.role.one(need, expert):
        yield gain("role", 1.0), Message("reason.role", {"role": ranker.needs[need].role_wanted})
    if (strength := features.discipline.one(need, expert)) >= FITTING:
        yield gain("discipline", strength - UNSTATED), Message("reason.discipline", {"discipline": who.discipline})
    if near := _near(ranker.needs[need], who):
        yield gain("place", features.place.one(need, expert) - NEUTRAL), near
    for side, history in (("firm", features.firm_history), ("expert", features.expert_history)):
        if audience in ("office", side) and (past := cell_of(history.pair, need, expert) - 1) > NEUTRAL:
            code = f"reason.{side}_rated_well" if audience == "office" else "party.rated_well"
            yield gain("history", past - NEUTRAL, side), Message(code, {"stars": 1 + 4 * past})
    if audience == "office" and (past := cell_of(features.firm_assessment.pair, need, expert) - 1) > NEUTRAL:
        yield gain("assessment", past - NEUTRAL), Message("reason.assessed_well", {})


# The last of each side: whoever says the reasons of a list asks for the same at every pair.
@lru_cache(maxsize=2)
def _weights(ranker: Ranker, side: str) -> Mapping[str, float]:
    return ranker.weights(side)


def _near(need: Need, expert: Expert) -> Message | None:
    """Say that distance costs a pair little: it works online, or the two are near."""
    if "online" in (need.mode, expert.mode):
        return Message("reason.online", {})
    one, other = place_of_need(need), find_place(expert.city)
    if one is None or other is None or nearness(one, other) <= NEUTRAL:
        return None
    return _distance(need, expert)


def _distance(need: Need, expert: Expert) -> Message | None:
    """Say how far a pair is apart, where both places are known."""
    one, other = place_of_need(need), find_place(expert.city)
    if one is None or other is None:
        return None
    km = distance_km(one, other)
    if km <= NEAR_KM:
        return Message("reason.near", {"km": round(NEAR_KM)})
    return Message("reason.distance", {"km": 10 * round(km / 10)})
