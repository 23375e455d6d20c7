"""
Erasure: of what is held of a party, as far as nothing stands against it; of a batch that was kept long enough.

After the Personal Information Protection Law: erasure (article 47), and no longer than the purpose needs (19). What
goes is gone from every table and file; what stays is said to whoever asked, and why.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from matcher.domain.errors import InputError, NotAllowed
from matcher.domain.messages import Message, Problem
from matcher.domain.moments import china_day
from matcher.domain.roles import Principal
from matcher.domain.rounds import RoundState
from matcher.domain.settings import Settings, Side
from matcher.services.closing import close_party
from matcher.services.consents import nothing_held
from matcher.services.permissions import Party, permitted
from matcher.services.privacy import forms_of, placed_of, wishes_of
from matcher.services.rounds import confirm_reason
from matcher.store import Reader, Store, Writer
from matcher.store.entities import (
    Application,
    AssessedPair,
    Batch,
    Draft,
    EarlierPair,
    EarlierRating,
    NeedForm,
    Objection,
    PlacedPair,
    Preferences,
    Publication,
    Round,
    Run,
    Scenario,
    Service,
)

_AT_WORK: tuple[RoundState, ...] = ("matching", "confirming", "notice")
"""States of a round in which forms are part of what is being decided."""

_OPEN: tuple[RoundState, ...] = ("collecting", "choosing")
"""States in which nothing has been decided yet, or not any more."""


@dataclass(frozen=True, slots=True)
class Erased:
    """
    What came of an erasure.

    Parameters
    ----------
    gone, kept : tuple of Message
        What is gone, and what stays, and why; to be told to whoever asked.
    """

    gone: tuple[Message, ...]
    kept: tuple[Message, ...]


@permitted
def erase_party(store: Store, who: Principal, side: Side, own_id: str, why: str) -> Erased:
    """
    Erase what is held of a party as far as nothing stands against it.

    Contacts, consents, accounts and logins go everywhere. From rounds that have not matched yet, or were taken back,
    forms and wishes go, with locks and bans that name the party, and runs that no proposal rests on. What a list in
    force, or one that was proposed or published, rests on stays until the time to keep its batch is over.

    Raises
    ------
    InputError
        When nothing is held of it, or there is no reason.
    NotAllowed
        When it is in a list that is being decided, or in force.
    """
    confirm_reason(why)
    with store.writing(who.name) as work:
        forms, stated = list(forms_of(work, side, own_id)), list(wishes_of(work, side, own_id))
        _confirm_free(work, side, own_id, forms)
        ids = frozenset({own_id, *(form.own_id for form, _ in forms)})
        gone, kept = [], []
        for form, round_ in forms:
            found = _form_erased(work, form, round_, why)
            (gone if round_.state in _OPEN else kept).append(found)
        for wishes in stated:
            if work.get(Round, id=wishes.round_id).state in _OPEN:
                work.delete(wishes, "erase_party", why)
                work.erase("erase_party", why, about=f"preferences/{wishes.round_id}/{wishes.side}/{wishes.own_id}")
        for round_ in {round_.id: round_ for _, round_ in forms if round_.state in _OPEN}.values():
            _drop_pairs(work, round_, lambda pair: bool(ids.intersection(pair)), "erase_party", why)
            kept += _drop_runs(work, round_, why)
        _drop_drafts(work, ids, placed_of(work, side, own_id))
        closed, named = close_party(work, (side, own_id), "erase_party", why)
        if not (forms or closed):
            raise nothing_held(own_id)
        gone += [Message("privacy.gone.contact"), *closed]
        kept += [*_kept_of_party(work, side, own_id, ids), *named, Message("privacy.kept.words")]
        return Erased(tuple(dict.fromkeys(gone)), tuple(dict.fromkeys(kept)))


@permitted
def keep_until(store: Store, who: Principal, batch_id: int, until: date) -> Batch:
    """
    Say until which day the personal data of a batch are kept.

    Raises
    ------
    NotAllowed
        When the batch was erased before.
    InputError
        When the day is before the batch was opened.
    """
    with store.writing(who.name) as work:
        batch = work.get(Batch, id=batch_id)
        _confirm_not_erased(batch)
        if until < (opened := china_day(batch.created_at)):
            values = {"date": until.isoformat(), "batch": batch.name, "opened": opened.isoformat()}
            raise InputError([Problem(Message("privacy.keep_before_opening", values))])
        return work.change(batch, "keep_until", keep_until=until.isoformat())


@permitted
def batches_over(store: Store, who: Principal) -> list[Batch]:
    """List the batches that have been kept long enough, and are still there."""
    with store.writing(who.name) as work:  # for the day alone
        return [row for row in work.listed(Batch) if row.erased_on is None and (row.keep_until or "9999") < work.today]


@permitted
def erase_batch(store: Store, who: Principal, batch_id: int, why: str) -> Erased:
    """
    Erase the personal data of a batch that was kept long enough.

    Forms, drafts, wishes, placements with their logs and assessments, objections, ratings of years before, locks and
    bans, the files of runs and of publications, and what the log says of all that go; so do consents and accounts of
    parties that are in no batch that is kept. That there was a batch, who published what under which number and when,
    and the chain of the log stay.

    Raises
    ------
    NotAllowed
        When a round is not assessed yet, or the batch was erased before.
    InputError
        When the day until which it is kept is not set, or to come, or there is no reason.
    """
    confirm_reason(why)
    with store.writing(who.name) as work:
        batch, rounds = _confirmed_over(work, batch_id)
        ids = tuple(round_.id for round_ in rounds)
        parties = _parties_of_none_other(work, batch_id)
        rows = list(_rows_of(work, batch_id, ids))
        for row in rows:
            work.delete(row, None)
        for round_ in rounds:
            _drop_pairs(work, round_, lambda _pair: True, None, None)
        runs = _runs_of(work, ids)
        for run in runs:
            work.change(run, None, error=None)
        files = _drop_files(work, runs, work.listed(Publication, round_id=ids))
        work.change(batch, "erase_batch", why, erased_on=work.today)
        for round_ in rounds:
            work.erase("erase_batch", why, round_id=round_.id)
        for table in ("ratings", "earlier_pairs"):
            work.erase("erase_batch", why, about=f"{table}/{batch_id}/")
        closed, named = [], []
        for party in sorted(parties):
            of_party, of_log = close_party(work, party, "erase_batch", why)
            closed += [party[1]] if of_party else []
            named += of_log
        gone = [Message("privacy.gone.batch", {"batch": batch.name, "count": len(rows) + files})]
        gone += [Message("privacy.gone.parties", {"count": len(closed), "ids": closed})] if closed else []
        kept = [Message("privacy.kept.batch", {"batch": batch.name}), *named, Message("privacy.kept.words")]
        return Erased(tuple(gone), tuple(dict.fromkeys(kept)))


def _confirm_free(view: Reader, side: Side, own_id: str, forms: list[tuple[Application | NeedForm, Round]]) -> None:
    """Raise `NotAllowed` where a party is part of what is being decided, or in force."""
    if any(form.state == "accepted" and round_.state in _AT_WORK for form, round_ in forms):
        raise NotAllowed([Message("privacy.at_work", {"id": own_id})])
    if any(row.state in ("confirmed", "public", "active") for row in placed_of(view, side, own_id)):
        raise NotAllowed([Message("forms.in_force", {"id": own_id})])


def _form_erased(work: Writer, form: Application | NeedForm, round_: Round, why: str) -> Message:
    """Erase a form, or where a list rests on it its contact data, and what the log said; say which it was."""
    values = {"batch": work.get(Batch, id=round_.batch_id).name, "number": round_.number}
    if round_.state in _OPEN:
        work.delete(form, "erase_party", why)
    elif form.record.contact:
        work.change(form, "erase_party", why, record=replace(form.record, contact=""))
    work.erase("erase_party", why, about=f"{form.TABLE.name}/{round_.id}/{form.own_id}")
    return Message("privacy.gone.form" if round_.state in _OPEN else "privacy.kept.form", values)


def _drop_pairs(
    work: Writer, round_: Round, is_meant: Callable[[tuple[str, str]], bool], what: str | None, why: str | None
) -> None:
    """Take locks and bans out of what a round begins with, and out of its scenarios."""
    for row in (round_, *work.listed(Scenario, round_id=round_.id)):
        settings = Settings.model_validate(row.settings)
        before = {name: getattr(settings.assignment, name) for name in ("locks", "bans")}
        after = {name: tuple(pair for pair in pairs if not is_meant(pair)) for name, pairs in before.items()}
        if after != before:
            assignment = settings.assignment.model_copy(update=after)
            changed = settings.model_copy(update={"assignment": assignment})
            work.change(row, what, why, settings=changed.model_dump(mode="json"))


def _drop_drafts(work: Writer, ids: frozenset[str], placed: Sequence[PlacedPair]) -> None:
    """Throw away what others have begun to write about a party, and not sent."""
    about = {("veto", name) for name in ids}
    about |= {(kind, str(row.id)) for row in placed for kind in ("decline", "entry")}
    about |= {("correct", str(row.id)) for row in work.listed(Service, placement_id=tuple(row.id for row in placed))}
    for draft in work.listed(Draft):
        if (draft.form.partition(" ")[0], draft.form.rpartition(" ")[2]) in about:
            work.delete(draft, None)


def _drop_runs(work: Writer, round_: Round, why: str) -> list[Message]:
    """Take away the runs of a round on which no proposal and no publication rests; say where one is left."""
    runs = _runs_of(work, (round_.id,))
    resting = {row.run_id for kind in (PlacedPair, Publication) for row in work.listed(kind, round_id=round_.id)}
    free = [run for run in runs if run.id not in resting]
    for run in free:
        work.delete(run, "erase_party", why)
        work.erase("erase_party", why, about=f"runs/{run.id}")
    _drop_files(work, free, ())
    values = {"batch": work.get(Batch, id=round_.batch_id).name, "number": round_.number}
    return [Message("privacy.kept.list", values)] if resting else []


def _kept_of_party(view: Reader, side: Side, own_id: str, ids: frozenset[str]) -> Iterator[Message]:
    """Say where a party is still found by its id: in lists, in years before, in settings."""
    with_form = {round_.id for _, round_ in forms_of(view, side, own_id)}  # lists are said with it
    for batch in view.listed(Batch):
        for round_ in view.listed(Round, batch_id=batch.id):
            values = {"batch": batch.name, "number": round_.number}
            of_round = view.listed(PlacedPair, round_id=round_.id, **{f"{side}_id": own_id})
            if of_round and round_.id not in with_form:
                yield Message("privacy.kept.list", values)
            settings = [round_.settings, *(row.settings for row in view.listed(Scenario, round_id=round_.id))]
            if any(_names(part, ids) for part in settings):
                yield Message("privacy.kept.rules", values)
        for kind in (EarlierRating, EarlierPair):
            if view.listed(kind, batch_id=batch.id, **{f"{side}_id": own_id}):
                yield Message("privacy.kept.earlier", {"batch": batch.name})


def _names(settings: Any, ids: frozenset[str]) -> bool:
    """Tell whether anything in settings is one of these ids."""
    if isinstance(settings, str):
        return settings in ids
    parts = settings.values() if isinstance(settings, dict) else settings if isinstance(settings, list | tuple) else ()
    return any(_names(part, ids) for part in parts)


def _confirm_not_erased(batch: Batch) -> None:
    if batch.erased_on is not None:
        raise NotAllowed([Message("privacy.erased", {"batch": batch.name, "date": batch.erased_on})])


def _confirmed_over(work: Writer, batch_id: int) -> tuple[Batch, list[Round]]:
    """Give a batch that may be erased, with its rounds."""
    batch = work.get(Batch, id=batch_id)
    _confirm_not_erased(batch)
    rounds = work.listed(Round, batch_id=batch_id)
    if any(round_.state != "assessed" for round_ in rounds):
        raise NotAllowed([Message("privacy.batch_at_work", {"batch": batch.name})])
    if batch.keep_until is None or batch.keep_until >= work.today:
        raise InputError([Problem(Message("privacy.kept_longer", {"batch": batch.name, "date": batch.keep_until}))])
    return batch, rounds


def _parties_of_none_other(view: Reader, batch_id: int) -> set[Party]:
    """Find the parties of a batch that are in no other that is kept, not even by what is known of years before."""
    kept = [row.id for row in view.listed(Batch) if row.id != batch_id and row.erased_on is None]
    return _parties_in(view, (batch_id,)) - _parties_in(view, tuple(kept))


def _parties_in(view: Reader, batches: tuple[int, ...]) -> set[Party]:
    rounds = tuple(round_.id for round_ in view.listed(Round, batch_id=batches))
    found: set[Party] = {("firm", form.record.firm_id) for form in view.listed(NeedForm, round_id=rounds)}
    found |= {("expert", form.own_id) for form in view.listed(Application, round_id=rounds)}
    for kind in (PlacedPair, EarlierPair, EarlierRating):
        for row in view.listed(kind, batch_id=batches):
            found |= {("firm", row.firm_id), ("expert", row.expert_id)}
    return found


def _rows_of(view: Reader, batch_id: int, rounds: tuple[int, ...]) -> Iterator[Any]:
    """Give the rows of a batch that hold personal data, those that refer to others first."""
    placed = view.listed(PlacedPair, batch_id=batch_id)
    of_pairs = {"placement_id": tuple(row.id for row in placed)}
    for kind in (Service, AssessedPair, Objection):
        yield from view.listed(kind, **of_pairs)
    yield from placed
    for kind in (Draft, Preferences, Application, NeedForm):
        yield from view.listed(kind, round_id=rounds)
    for kind in (EarlierRating, EarlierPair):
        yield from view.listed(kind, batch_id=batch_id)


def _runs_of(view: Reader, rounds: tuple[int, ...]) -> list[Run]:
    return view.listed(Run, scenario_id=tuple(row.id for row in view.listed(Scenario, round_id=rounds)))


def _drop_files(work: Writer, runs: Iterable[Run], publications: Iterable[Publication]) -> int:
    """Take away the files of runs and publications that no others have."""
    ours, own = _digests(runs, publications), {(type(row), row.id) for row in (*runs, *publications)}
    others = [[row for row in work.listed(kind) if (kind, row.id) not in own] for kind in (Run, Publication)]
    return work.drop_files(ours - _digests(*others))


def _digests(runs: Iterable[Any], publications: Iterable[Any]) -> set[str]:
    of_runs = {digest for run in runs for digest in (*run.inputs.values(), *run.results.values())}
    return of_runs | {digest for publication in publications for digest in publication.files.values()}
