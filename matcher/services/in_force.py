"""Pairs in force, as the office follows them: how much was served, when last, and how it went."""

from dataclasses import dataclass
from datetime import date, timedelta

from matcher.domain.errors import NotAllowed
from matcher.domain.messages import Message
from matcher.domain.moments import china_day
from matcher.domain.roles import PARTIES, Principal
from matcher.domain.settings import Side
from matcher.services.consents import agreeing
from matcher.services.entries import days_of
from matcher.services.permissions import permitted
from matcher.store import Reader, Store
from matcher.store.entities import Application, AssessedPair, NeedForm, PlacedPair, Round, Service

QUIET_DAYS = 60
"""After as many days without an entry a pair in force is worth a call."""


@dataclass(frozen=True, slots=True)
class InForce:
    """
    A pair that is, or was, in force.

    Parameters
    ----------
    placed : PlacedPair
    number : int
        Of its round.
    served : float
        Days of the service log, as `days_of` counts them.
    agreed : int or None
        Days a year that the need asks for; None where it does not say.
    last_on : str or None
        The day of the last entry.
    is_quiet : bool
        In force, and for more than `QUIET_DAYS` without an entry.
    said : AssessedPair or None
    """

    placed: PlacedPair
    number: int
    served: float
    agreed: int | None
    last_on: str | None
    is_quiet: bool
    said: AssessedPair | None

    @property
    def both_renew(self) -> bool:
        """Whether both sides wish to go on."""
        return self.said is not None and bool(self.said.firm_renews and self.said.expert_renews)


@dataclass(frozen=True, slots=True)
class Reach:
    """How to reach a side of a pair, and whether the other side may know that."""

    contact: str
    is_open: bool


@permitted
def pairs_in_force(store: Store, who: Principal, batch_id: int) -> list[InForce]:
    """List the pairs of a batch that are in force, and those that were; by need, then by expert."""
    today = china_day(store.now())
    with store.reading() as view:
        numbers = {row.id: row.number for row in view.listed(Round, batch_id=batch_id)}
        placed = [row for row in view.listed(PlacedPair, batch_id=batch_id) if _was_in_force(row)]
        ids = tuple(row.id for row in placed)
        said = {row.placement_id: row for row in view.listed(AssessedPair, placement_id=ids)}
        entries: dict[int, list[Service]] = {id_: [] for id_ in ids}
        for entry in view.listed(Service, placement_id=ids):
            entries[entry.placement_id].append(entry)
        forms = view.listed(NeedForm, round_id=tuple(numbers))
        agreed = {(form.round_id, form.own_id): form.record.days_per_year for form in forms}
    found = []
    for row in sorted(placed, key=lambda row: (*row.pair, row.id)):
        last = max((entry.day for entry in entries[row.id]), default=None)
        found.append(
            InForce(
                placed=row,
                number=numbers[row.round_id],
                served=days_of(entries[row.id]),
                agreed=agreed.get((row.round_id, row.need_id)),
                last_on=last,
                is_quiet=_is_quiet(row, last, today),
                said=said.get(row.id),
            )
        )
    return found


def quiet_in(view: Reader, batch_id: int, today: date) -> int:
    """Count the pairs of a batch that are in force and quiet, as `pairs_in_force` tells them."""
    active = view.listed(PlacedPair, batch_id=batch_id, state="active")
    last: dict[int, str] = {}
    for entry in view.listed(Service, placement_id=tuple(row.id for row in active)):
        last[entry.placement_id] = max(entry.day, last.get(entry.placement_id, ""))
    return sum(_is_quiet(row, last.get(row.id), today) for row in active)


@permitted
def reach(store: Store, who: Principal, placement_id: int) -> dict[Side, Reach]:
    """
    Tell the office how to reach both sides of a pair in force.

    Raises
    ------
    NotAllowed
        When the pair is not in force: nobody needs to call then.
    """
    with store.reading() as view:
        placed = view.get(PlacedPair, id=placement_id)
        if placed.state != "active":
            state = Message(f"value.placement.{placed.state}")
            raise NotAllowed([Message("following.not_in_force", {"state": state})])
        need = view.find(NeedForm, round_id=placed.round_id, need_id=placed.need_id)
        expert = view.find(Application, round_id=placed.round_id, expert_id=placed.expert_id)
        forms = {"firm": need, "expert": expert}
        parties = {"firm": placed.firm_id, "expert": placed.expert_id}
        return {
            side: Reach(form.record.contact if form else "", bool(agreeing(view, "contact", side, [parties[side]])))
            for side in PARTIES
            for form in (forms[side],)
        }


def _is_quiet(placed: PlacedPair, last_on: str | None, today: date) -> bool:
    """Whether a pair in force has had no entry for long; one that has none at all, since it came into force."""
    known = date.fromisoformat(last_on) if last_on else china_day(placed.changed_at)
    return placed.state == "active" and known < today - timedelta(days=QUIET_DAYS)


def _was_in_force(placed: PlacedPair) -> bool:
    return placed.state == "active" or placed.ending in ("quit", "expired", "adjusted")
