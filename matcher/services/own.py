"""What a party sees of what concerns it: its own side of a placement, and what everybody may know of the other."""

import hashlib
import json
import re
from dataclasses import dataclass, replace
from typing import Any

from matcher.domain.errors import ChangedMeanwhile
from matcher.domain.messages import Message
from matcher.domain.records import Expert, Need
from matcher.domain.roles import PARTIES, Principal
from matcher.domain.rounds import Answer, Ending, PlacementState
from matcher.domain.settings import Side
from matcher.services.consents import agreeing
from matcher.store import Reader
from matcher.store.entities import Application, AssessedPair, NeedForm, PlacedPair, Round, Service

PUBLIC_COLUMNS = (
    *("firm_id", "need_id", "firm", "township", "need_title"),
    *("expert_id", "expert", "institution", "expert_title", "term_from", "term_to"),
)
"""Columns of a list that a party may see: no fit, no rank, no reason."""

_HANDLE = re.compile(rf"((?:{'|'.join(PARTIES)}):.+)#\d+")
"""What a party signs by, and what of it names no person."""

OTHER: dict[Side, Side] = {"firm": "expert", "expert": "firm"}


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnPlacement:
    """
    A placement as one of its sides sees it.

    Parameters
    ----------
    id : int
    version : int
        Of what this side sees, by `version_of`: what the other says does not change it.
    round_id : int
    side : {"firm", "expert"}
        Whose view it is.
    state : str
    pair : (str, str)
        Ids of need and expert.
    line : dict
        `PUBLIC_COLUMNS`.
    answer, reason : str or None
        What this side said.
    ending : str or None
        Why it ended; the other's words, and the office's, are not for this side.
    ended_on : str or None
    contact : str or None
        The other's contact data, while the placement is in force and where the other agreed.
    """

    id: int
    version: int
    round_id: int
    side: Side
    state: PlacementState
    pair: tuple[str, str]
    line: dict[str, Any]
    answer: Answer | None
    reason: str | None
    ending: Ending | None
    ended_on: str | None
    contact: str | None


def own_view(view: Reader, placed: PlacedPair, side: Side) -> OwnPlacement:
    """
    Show a placement to one of its sides.

    While both are asked, neither learns what the other said: each answers for itself.
    """
    round_ = view.get(Round, id=placed.round_id)
    # What was proposed before, and declined, is over: it is known since the round stepped back.
    is_asked = round_.state == "confirming" and placed.run_id == round_.proposed_run
    is_of_other = placed.ending == "declined" and getattr(placed, f"{side}_answer") != "declined"
    if is_asked and (placed.state in ("proposed", "confirmed") or is_of_other):
        placed = replace(placed, state="proposed", ending=None, ended_on=None)
    answer, reason = (getattr(placed, f"{side}_{part}") for part in ("answer", "reason"))
    return OwnPlacement(
        id=placed.id,
        version=version_of(placed.state, answer, reason, placed.ending),
        round_id=placed.round_id,
        side=side,
        state=placed.state,
        pair=placed.pair,
        line={name: placed.line[name] for name in PUBLIC_COLUMNS},
        answer=answer,
        reason=reason,
        ending=placed.ending,
        ended_on=placed.ended_on,
        contact=_contact(view, placed, OTHER[side]),
    )


def round_for(who: Principal, round_: Round) -> Round:
    """Show a round: its settings name others, and are not for parties; to an analyst, without whom they name."""
    if who.role in PARTIES:
        return replace(round_, settings={}, proposed_run=None, changed_by="")
    if who.role == "analyst" and "assignment" in round_.settings:
        assignment = {**round_.settings["assignment"], "locks": [], "bans": []}
        return replace(round_, settings={**round_.settings, "assignment": assignment})
    return round_


def assessment_for(who: Principal, row: AssessedPair) -> AssessedPair:
    """
    Show what was said of a placement: a party sees its own words, and the office's assessment.

    Its version is of that, by `version_of`; when somebody last said something, and who, is not told.
    """
    if who.role not in PARTIES:
        return row
    other = OTHER[who.role]
    own = tuple(getattr(row, name) for name in (f"{who.role}_rating", f"{who.role}_renews", "assessment"))
    hidden = {f"{other}_rating": None, f"{other}_renews": None, "changed_at": "", "changed_by": ""}
    return replace(row, **hidden, version=version_of(*own))


def entry_for(who: Principal, row: Service) -> Service:
    """Show an entry of the service log: both sides read it, and which side wrote it, but not who of its people."""
    if who.role not in PARTIES or row.entered_by == who.name:
        return row
    party = _HANDLE.fullmatch(row.entered_by)
    return replace(row, entered_by=party[1] if party else "")


def version_of(*seen: object) -> int:
    """
    Give the version of what one side sees of a row that others write too: 48 bits of its SHA-256.

    The row's own version rises with everybody's word, and so would tell of it. This one is made of nothing but what the
    side sees anyhow: it tells no more, and is another exactly when that is.

    Examples
    --------
    >>> version_of("proposed", None) == version_of("proposed", None) != version_of("proposed", "accepted")
    True
    """
    return int(hashlib.sha256(json.dumps(seen).encode()).hexdigest()[:12], 16)


NOTHING_SAID = version_of(None, None, None)
"""Version of an assessment in which a side sees nothing."""


def confirm_seen(version: int | None, now: int) -> None:
    """Raise `ChangedMeanwhile` where what somebody saw is not so any more; None: they do not say what they saw."""
    if version is not None and version != now:
        raise ChangedMeanwhile([Message("own.changed_meanwhile")])


def profile_for(view: Reader, records: list[Any]) -> list[Any]:
    """Show profiles to the other side: no contacts, no wishes, and of a need the detail where the firm agrees."""
    firms = {record.firm_id for record in records if isinstance(record, Need)}
    detailed = agreeing(view, "detail", "firm", firms)
    return [_profile(record, detailed) for record in records]


def _profile(record: Expert | Need, detailed: set[str]) -> Expert | Need:
    if isinstance(record, Expert):
        private = {"birth_year": None, "in_post": None, "other_list": None, "consent": None}
        return replace(record, contact="", accepts_others=True, preferred_firms=(), vetoed_firms=(), **private)
    hidden = {"preferred_experts": (), "vetoed_experts": (), "related_institutions": ()}
    shown = replace(record, contact="", credit_code="", accepts_others=True, **hidden)
    return shown if record.firm_id in detailed else replace(shown, need_detail="")


def _contact(view: Reader, placed: PlacedPair, other: Side) -> str | None:
    if placed.state != "active":
        return None
    party = placed.firm_id if other == "firm" else placed.expert_id
    if not agreeing(view, "contact", other, [party]):
        return None
    if other == "firm":
        form: Any = view.find(NeedForm, round_id=placed.round_id, need_id=placed.need_id)
    else:
        form = view.find(Application, round_id=placed.round_id, expert_id=placed.expert_id)
    return (form.record.contact or None) if form else None
