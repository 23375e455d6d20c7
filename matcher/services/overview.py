"""A round at a glance: how far its parties are, what waits for the office, and what the last runs have made of it."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from matcher.domain.messages import Message
from matcher.domain.moments import china_day
from matcher.domain.roles import PARTIES, Principal
from matcher.domain.rounds import FormState
from matcher.domain.settings import Side
from matcher.services import runs
from matcher.services.in_force import QUIET_DAYS, quiet_in
from matcher.services.outcomes import compare
from matcher.services.permissions import permitted
from matcher.services.reminding import reminders_in
from matcher.store import Reader, Store
from matcher.store.entities import (
    Application,
    NeedForm,
    Objection,
    PlacedPair,
    Preferences,
    Publication,
    Round,
    Scenario,
    Withdrawal,
)

Room = Literal["experts", "needs", "scenarios", "placements", "notices", "service", "accounts", "rounds"]
"""Where something is done: the office's pages go by these names."""

_ROOMS: Mapping[str, Room] = {"sign_in": "accounts", "answer": "placements", "rate": "service", "renew": "service"}
"""Where what parties have not done is followed up; forms and wishes are on the roll of their side."""


@dataclass(frozen=True, slots=True)
class Matter:
    """
    Something that waits for somebody.

    Parameters
    ----------
    message : Message
    room : str
        Where it is done.
    is_urgent : bool
        Whether the round can't go on, or somebody is kept waiting.
    view : str
        What of that page it is about, as its address says it; blank: the whole.
    """

    message: Message
    room: Room
    is_urgent: bool = False
    view: str = ""


@dataclass(frozen=True, slots=True)
class Overview:
    """
    A round at a glance.

    Parameters
    ----------
    forms : mapping of side to mapping of state to int
        Needs of firms and applications of experts.
    stated : mapping of side to int
        How many accepted needs, and experts, have stated preferences.
    answers : mapping of str to int
        Placements by state: proposed, confirmed, public, active, ended.
    matters : tuple of Matter
        What waits, the urgent first.
    results : tuple of dict
        Figures of the last two scenarios with a run that is done, the newest first, as `matcher.services.outcomes`
        compares them.
    """

    forms: Mapping[Side, Mapping[FormState, int]]
    stated: Mapping[Side, int]
    answers: Mapping[str, int]
    matters: tuple[Matter, ...]
    results: tuple[Mapping[str, Any], ...]


@permitted
def overview(store: Store, who: Principal, round_id: int) -> Overview:
    """Look over a round."""
    with store.reading() as view:
        round_ = view.get(Round, id=round_id)
        forms: dict[Side, list[Any]] = {
            "firm": view.listed(NeedForm, round_id=round_id),
            "expert": view.listed(Application, round_id=round_id),
        }
        accepted = {(side, form.own_id) for side in PARTIES for form in forms[side] if form.state == "accepted"}
        wishes = {(row.side, row.own_id) for row in view.listed(Preferences, round_id=round_id)}
        placed = view.listed(PlacedPair, round_id=round_id)
        done = [
            (run.id, scenario.id)
            for scenario in view.listed(Scenario, round_id=round_id)
            if (run := runs.last_done(view, scenario.id)) is not None
        ]
        matters = [*_matters(view, round_, forms, placed, has_result=bool(done))]
        if quiet := quiet_in(view, round_.batch_id, china_day(store.now())):
            message = Message("overview.quiet", {"count": quiet, "days": QUIET_DAYS})
            matters.append(Matter(message, "service", is_urgent=True, view="quiet"))
        matters += _of_parties(view, round_, [*forms["firm"], *forms["expert"]])
    newest = [scenario_id for _, scenario_id in sorted(done, reverse=True)[:2]]
    return Overview(
        forms={side: dict(Counter(form.state for form in forms[side])) for side in PARTIES},
        stated=dict(Counter(side for side, _ in accepted & wishes)),
        answers=dict(Counter(row.state for row in placed)),
        matters=tuple(sorted(matters, key=lambda matter: not matter.is_urgent)),
        results=tuple(compare(store, who, newest)),
    )


def _matters(
    view: Reader, round_: Round, forms: Mapping[Side, list[Any]], placed: list[PlacedPair], *, has_result: bool
) -> Iterator[Matter]:
    """Find what waits for the office."""
    rooms: tuple[tuple[Side, Room], ...] = (("firm", "needs"), ("expert", "experts"))
    for side, room in rooms:
        waiting = sum(form.state == "submitted" for form in forms[side])
        if waiting and round_.state in ("collecting", "choosing"):
            yield Matter(Message(f"overview.submitted.{side}", {"count": waiting}), room, is_urgent=True)
    if round_.state == "matching":
        if not has_result:
            yield Matter(Message("overview.no_result"), "scenarios", is_urgent=True)
        else:
            yield Matter(Message("overview.to_propose"), "scenarios")
    ended = Counter(row.ending for row in placed if row.state == "ended")
    if round_.state == "confirming":
        if ended["declined"]:
            yield Matter(Message("overview.declined", {"count": ended["declined"]}), "placements", is_urgent=True)
        yield Matter(Message("overview.answer_by", {"date": round_.answer_by}), "placements")
    publications = view.listed(Publication, round_id=round_.id)
    for objection in view.listed(Objection, publication_id=tuple(row.id for row in publications), upheld=None):
        values = {"objector": objection.objector, "id": objection.id}
        yield Matter(Message("overview.objection", values), "notices", is_urgent=True)
    if round_.state == "notice":
        standing = [row for row in publications if view.find(Withdrawal, publication_id=row.id) is None]
        if standing:
            yield Matter(Message("overview.notice_until", {"date": standing[-1].notice_until}), "notices")


def _of_parties(view: Reader, round_: Round, forms: Sequence[Any]) -> Iterator[Matter]:
    """Count what waits for the parties, by what it is."""
    waiting = Counter((one.matter.code, one.side) for one in reminders_in(view, round_, forms))
    for (code, side), count in sorted(waiting.items()):
        kind = code.rpartition(".")[2]
        room: Room = _ROOMS.get(kind, "needs" if side == "firm" else "experts")
        yield Matter(Message(f"overview.waiting.{kind}", {"side": Message(f"value.side.{side}"), "count": count}), room)
