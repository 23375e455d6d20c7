"""What an import writes, row by row, and only over what was previewed."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from matcher.domain.errors import ChangedMeanwhile
from matcher.domain.messages import Message
from matcher.domain.records import Expert, Rating
from matcher.services.differences import Row
from matcher.services.forms import with_wishes, written_over
from matcher.store import Reader, Writer
from matcher.store.entities import (
    Application,
    EarlierPair,
    EarlierRating,
    Entity,
    Event,
    NeedForm,
    Preferences,
    Round,
)
from matcher.store.schema import form_fields

VETO_REASON = "importing.veto_of_sheet"
"""Stands as the reason of a veto that a sheet brought: a code of the catalogue, for a sheet gives no reasons."""

ACCEPTED: Mapping[str, Any] = {"state": "accepted"}
"""What is written of a form that is the same and waited to be accepted."""

Place = tuple[Any, ...]
"""Where a row stands: its table's name and its key, as `Event.about` joins them by slashes."""

Standing = Mapping[Place, Any]
"""The rows that an import may write, by their places."""

_WHAT = "import_forms"
_CONFLICTS_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Write:
    """
    A row to be written.

    Parameters
    ----------
    kind : type of Entity
    place : tuple
    row : Entity or None
        As it was previewed; None where nothing stood there.
    values : mapping or None
        None where the row is taken away.
    """

    kind: type[Entity]
    place: Place
    row: Any
    values: Mapping[str, Any] | None


def standing_of(view: Reader, round_: Round) -> Standing:
    """Read every row that an import into a round may write: its forms and wishes, ratings and pairs of its batch."""
    rows: dict[Place, Any] = {}
    for kind in (Application, NeedForm):
        rows |= {(kind.TABLE.name, round_.id, form.own_id): form for form in view.listed(kind, round_id=round_.id)}
    for wishes in view.listed(Preferences, round_id=round_.id):
        rows["preferences", round_.id, wishes.side, wishes.own_id] = wishes
    for rating in view.listed(EarlierRating, batch_id=round_.batch_id):
        rows["ratings", round_.batch_id, rating.place] = rating
    for pair in view.listed(EarlierPair, batch_id=round_.batch_id):
        rows["earlier_pairs", round_.batch_id, pair.need_id, pair.expert_id] = pair
    return rows


def writes_of(name: str, rows: Iterable[Row], round_: Round, standing: Standing, *, accept: bool) -> Iterator[Write]:
    """
    Say what is to be written of the rows of a sheet, and of those that it has not.

    Parameters
    ----------
    name : {"experts", "needs", "ratings", "keep"}
    rows : iterable of Row
        Those without ``after`` are taken away.
    round_ : Round
    standing : mapping
        As it was previewed.
    accept : bool
        Whether forms arrive as accepted.
    """
    if name == "ratings":
        yield from _rating_writes(round_.batch_id, rows, standing)
    elif name == "keep":
        yield from _pair_writes(round_.batch_id, rows)
    else:
        yield from _form_writes(round_.id, rows, standing, accept=accept)


def is_same_form(row: Row) -> bool:
    """Say whether a form is there and stays as it is, whatever becomes of its wishes."""
    return row.stored is not None and row.stored.record == with_wishes(row.after, None)


def confirm_unchanged(view: Reader, round_: Round, writes: Sequence[Write]) -> None:
    """Raise `ChangedMeanwhile`, with who and when, where a row to be written is not as it was previewed."""
    now = standing_of(view, round_)
    changed = [write.place for write in writes if now.get(write.place) != write.row]
    if changed:
        raise ChangedMeanwhile([_changed(view, place) for place in changed[:_CONFLICTS_SHOWN]])


def carry_out(work: Writer, writes: Sequence[Write]) -> None:
    """Write it all, and write down that it was."""
    new: dict[type[Entity], list[Mapping[str, Any]]] = {}
    for write in writes:
        if write.row is None and write.values is not None:
            new.setdefault(write.kind, []).append(write.values)
    for kind, rows in new.items():
        work.insert_all(kind, _WHAT, rows)
    work.change_all([(write.row, write.values) for write in writes if write.row and write.values], _WHAT)
    for write in writes:
        if write.row is not None and write.values is None:
            work.delete(write.row, _WHAT)


def _form_writes(round_id: int, rows: Iterable[Row], standing: Standing, *, accept: bool) -> Iterator[Write]:
    for row in rows:
        kind, side = (Application, "expert") if isinstance(row.after or row.before, Expert) else (NeedForm, "firm")
        own_id = row.key[0]
        place = (kind.TABLE.name, round_id, own_id)
        if row.after is None:
            # The wishes stay as an empty list, whose version goes on.
            yield Write(kind, place, row.stored, None)
        elif values := _form_values(kind, row, accept=accept):
            key = {} if row.stored else {"round_id": round_id}
            yield Write(kind, place, row.stored, key | values)
        yield from _wish_writes(round_id, side, own_id, row.after, standing)


def _rating_writes(batch_id: int, rows: Iterable[Row], standing: Standing) -> Iterator[Write]:
    """Put new ones behind those that are there."""
    places = [row.place for row in standing.values() if isinstance(row, EarlierRating)]
    following = max(places, default=-1) + 1
    for row in rows:
        place = row.stored.place if row.stored else following
        following += not row.stored
        values = row.after and {name: getattr(row.after, name) for name in form_fields(Rating)}
        if row.before != row.after:
            key = {} if row.stored else {"batch_id": batch_id, "place": place}
            written = None if values is None else key | values
            yield Write(EarlierRating, ("ratings", batch_id, place), row.stored, written)


def _pair_writes(batch_id: int, rows: Iterable[Row]) -> Iterator[Write]:
    for row in rows:
        if row.before != row.after:
            need_id, expert_id = row.key
            place = ("earlier_pairs", batch_id, need_id, expert_id)
            key = {} if row.stored else {"batch_id": batch_id, "need_id": need_id, "expert_id": expert_id}
            written = None if row.after is None else {**key, "firm_id": row.after.firm_id}
            yield Write(EarlierPair, place, row.stored, written)


def _form_values(kind: type[Entity], row: Row, *, accept: bool) -> dict[str, Any]:
    """Give what a form gets: nothing where it is the same and waits for nothing."""
    form, record = row.stored, replace(with_wishes(row.after, None), row=None)
    arrives = {"record": record, "state": "accepted" if accept else "submitted", "returned_because": None}
    without_document = {"consent_on": None, "consent_document": None}
    if form is None:
        return arrives | (without_document if kind is Application else {})
    if is_same_form(row):
        return dict(ACCEPTED) if accept and form.state == "submitted" else {}
    return arrives | written_over(form, record)


def _wish_writes(round_id: int, side: str, own_id: str, record: Any, standing: Standing) -> Iterator[Write]:
    place = ("preferences", round_id, side, own_id)
    wishes = standing.get(place)
    other = "firms" if side == "expert" else "experts"
    tiers, vetoed = (getattr(record, f"{way}_{other}", ()) for way in ("preferred", "vetoed"))
    if (tiers, vetoed) == ((wishes.tiers, wishes.vetoed) if wishes else ((), ())):
        return
    reasons = dict(wishes.vetoes) if wishes else {}
    values = {"tiers": tiers, "vetoes": tuple((name, reasons.get(name, VETO_REASON)) for name in vetoed)}
    key = {} if wishes else {"round_id": round_id, "side": side, "own_id": own_id}
    yield Write(Preferences, place, wishes, key | values)


def _changed(view: Reader, place: Place) -> Message:
    """Say who changed what stands, or stood, at a place, and when: as the last event about it has it."""
    last = view.listed(Event, about="/".join(map(str, place)))[-1:]
    by, at = (last[0].who, last[0].at) if last else (None, None)
    kind = Message(f"value.table.{place[0]}")
    return Message(
        "store.changed_meanwhile", {"kind": kind, "key": " / ".join(map(str, place[1:])), "by": by, "at": at}
    )
