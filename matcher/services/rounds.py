"""Batches and their rounds: opened, moved on and back, as `matcher.domain.rounds` allows."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from matcher.domain.errors import InputError, NotAllowed, SettingsError
from matcher.domain.messages import Message, Problem
from matcher.domain.roles import PARTIES, Principal
from matcher.domain.rounds import RoundKind, confirm_allowed, next_state
from matcher.domain.settings import TEXT_FILES, Settings
from matcher.services.own import round_for
from matcher.services.permissions import permitted
from matcher.store import Reader, Store, Writer
from matcher.store.entities import (
    Application,
    Batch,
    EarlierPair,
    EarlierRating,
    NeedForm,
    PlacedPair,
    Preferences,
    Round,
)

_YEARS = (1900, 2100)
"""As a rating's year."""

Entry = Mapping[str, Any]


@permitted
def open_batch(
    store: Store, who: Principal, name: str, year: int, *, settings: Settings | None = None, follows: int | None = None
) -> Round:
    """
    Open a batch, and its first round, collecting.

    Parameters
    ----------
    store : Store
    who : Principal
        Who is acting.
    name : str
        As people call it; no other batch has it.
    year : int
    settings : Settings or None
        What scenarios begin with; None: the defaults.
    follows : int or None
        The batch before: its ratings and assessments become this one's ratings, its active pairs those to be kept.

    Raises
    ------
    InputError
        When there is a batch of that name, or none to follow.
    """
    with store.writing(who.name) as work:
        return open_in(work, name, year, settings=settings, follows=follows)


def open_in(
    work: Writer, name: str, year: int, *, settings: Settings | None = None, follows: int | None = None
) -> Round:
    """Do what `open_batch` does together with what else is to be written."""
    from matcher.services.following import pairs_to_keep, ratings_of

    if not name.strip():
        raise InputError([Problem(Message("rounds.batch_without_name"))])
    if not _YEARS[0] <= year <= _YEARS[1]:
        raise InputError(
            [Problem(Message("rounds.year_wrong", {"value": year, "least": _YEARS[0], "most": _YEARS[1]}))]
        )
    confirm_no_files(settings or Settings())
    if work.find(Batch, name=name.strip()) is not None:
        raise InputError([Problem(Message("rounds.batch_exists", {"value": name}))])
    ratings, pairs = (ratings_of(work, follows), pairs_to_keep(work, follows)) if follows is not None else ([], [])
    values = {"name": name.strip(), "year": year, "follows": follows}
    batch = work.insert(Batch, "open_batch", **values, created_at=work.at, created_by=work.who)
    take_earlier(work, batch.id, ratings, pairs)
    return _open_round(work, batch, 1, "first", settings or Settings())


@permitted
def open_next_round(
    store: Store, who: Principal, round_id: int, kind: RoundKind, *, version: int | None = None
) -> Round:
    """
    Open a supplementary round or an adjustment of a batch whose round is active.

    Forms and preferences of that round come along, accepted ones as accepted; what has been placed is kept: always in a
    supplementary round, where that can be in an adjustment.

    Raises
    ------
    NotAllowed
        When the round is not active, or is not the batch's last.
    """
    with store.writing(who.name) as work:
        last = work.get(Round, id=round_id, version=version)
        confirm_allowed(last.state, "open_round")
        if work.listed(Round, batch_id=last.batch_id)[-1].id != last.id:
            raise NotAllowed([Message("rounds.not_the_last")])
        if kind == "first":
            raise NotAllowed([Message("rounds.one_first")])
        batch = work.get(Batch, id=last.batch_id)
        opened = _open_round(work, batch, last.number + 1, kind, Settings.model_validate(last.settings))
        for entity in (Application, NeedForm, Preferences):
            for row in work.listed(entity, round_id=last.id):
                work.copy(row, round_id=opened.id)
        return opened


@permitted
def advance(store: Store, who: Principal, round_id: int, *, version: int | None = None) -> Round:
    """Move a round on: collecting, choosing, matching; active to assessed."""
    with store.writing(who.name) as work:
        round_ = work.get(Round, id=round_id, version=version)
        state = next_state(round_.state, "advance")
        later = work.listed(Round, batch_id=round_.batch_id)[-1]
        if state == "assessed" and later.state not in ("active", "assessed"):
            raise NotAllowed([Message("rounds.later_open", {"number": later.number})])
        return work.change(round_, "advance", state=state)


@permitted
def step_back(store: Store, who: Principal, round_id: int, why: str, *, version: int | None = None) -> Round:
    """
    Move a round back, with a reason: to correct forms or wishes, or to match again after somebody declined.

    What was proposed and not declined ends as withdrawn: the next proposal asks anew.
    """
    with store.writing(who.name) as work:
        round_ = work.get(Round, id=round_id, version=version)
        state = next_state(round_.state, "step_back")
        confirm_reason(why)
        if round_.state == "confirming":
            end_open(work, round_, "withdrawn", why)
        values = {"answer_by": None, "silence": None, "proposed_run": None}
        return work.change(round_, "step_back", why, state=state, **values)


@permitted
def change_settings(
    store: Store, who: Principal, round_id: int, settings: Settings, *, version: int | None = None
) -> Round:
    """Change what new scenarios of a round begin with; scenarios that are there stay as they are."""
    with store.writing(who.name) as work:
        round_ = work.get(Round, id=round_id, version=version)
        confirm_allowed(round_.state, "change_settings")
        confirm_no_files(settings)
        return work.change(round_, "change_settings", settings=settings.model_dump(mode="json"))


@permitted
def batches(store: Store, who: Principal) -> list[Batch]:
    """List the batches, the oldest first."""
    with store.reading() as view:
        found = view.listed(Batch)
        return [replace(batch, created_by="") for batch in found] if who.role in PARTIES else found


@permitted
def rounds(store: Store, who: Principal, batch_id: int) -> list[Round]:
    """List the rounds of a batch, in their order."""
    with store.reading() as view:
        return [round_for(who, row) for row in view.listed(Round, batch_id=batch_id)]


@permitted
def round_of(store: Store, who: Principal, round_id: int) -> Round:
    """Give a round as it is now."""
    with store.reading() as view:
        return round_for(who, view.get(Round, id=round_id))


@permitted
def batch_of(store: Store, who: Principal, round_: Round) -> Batch:
    """Give the batch of a round."""
    with store.reading() as view:
        return view.get(Batch, id=round_.batch_id)


@permitted
def last_round(store: Store, who: Principal, batch: str | None = None) -> Round | None:
    """Find the last round of a batch by its name, of the newest batch where none is given; None where there is none."""
    with store.reading() as view:
        found = view.listed(Batch, **({} if batch is None else {"name": batch.strip()}))
        return round_for(who, view.listed(Round, batch_id=found[-1].id)[-1]) if found else None


@permitted
def round_named(store: Store, who: Principal, batch: str | None = None) -> Round:
    """
    Give what `last_round` finds.

    Raises
    ------
    InputError
        With the names of the batches, when it finds nothing.
    """
    found = last_round(store, who, batch)
    if found is None:
        names = tuple(row.name for row in batches(store, who))
        code = "rounds.no_such_batch" if names else "rounds.no_batch"
        raise InputError([Problem(Message(code, {"value": batch, "names": names}))])
    return found


def confirm_reason(why: str) -> None:
    """Raise `InputError` where a reason is blank: what is taken back or refused says why."""
    if not why.strip():
        raise InputError([Problem(Message("rounds.reason_missing"))])


def end_open(work: Writer, round_: Round, ending: str, why: str) -> None:
    """End every placement of a round that is proposed, confirmed or public."""
    for placed in work.listed(PlacedPair, round_id=round_.id, state=("proposed", "confirmed", "public")):
        work.change(placed, "end_placement", why, state="ended", ending=ending, ended_on=work.today, ended_because=why)


def take_earlier(work: Writer, batch_id: int, ratings: Sequence[Entry], pairs: Sequence[Entry]) -> None:
    """Let a batch begin with ratings and pairs of the years before, in the place of those that it had."""
    for entity in (EarlierRating, EarlierPair):
        for row in work.listed(entity, batch_id=batch_id):
            work.delete(row, None)
    for place, rating in enumerate(ratings):
        work.insert(EarlierRating, None, batch_id=batch_id, place=place, **rating)
    for pair in pairs:
        work.insert(EarlierPair, None, batch_id=batch_id, **pair)


def confirm_no_files(settings: Settings) -> None:
    """Raise `SettingsError` where settings name a file: a run knows the database alone."""
    if any(getattr(settings.text, role) for role in TEXT_FILES):
        raise SettingsError([Message("runs.no_files")])


def _open_round(work: Writer, batch: Batch, number: int, kind: RoundKind, settings: Settings) -> Round:
    blank = {"answer_by": None, "silence": None, "proposed_run": None}
    values = {"batch_id": batch.id, "number": number, "kind": kind, "state": "collecting"}
    return work.insert(Round, "open_round", **values, settings=settings.model_dump(mode="json"), **blank)


def live_pairs(view: Reader, batch_id: int) -> list[PlacedPair]:
    """List the placements of a batch that are in force: active ones."""
    return view.listed(PlacedPair, batch_id=batch_id, state="active")
