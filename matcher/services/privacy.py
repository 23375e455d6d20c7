"""
Personal data: what is held of a party, what it may have corrected and erased, and how long a batch is kept.

After the Personal Information Protection Law: access and copies (article 45), correction (46), erasure (47), and no
longer than the purpose needs (19).
"""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Any

from matcher.domain.errors import InputError, NotAllowed
from matcher.domain.messages import Message, Problem
from matcher.domain.roles import PARTIES, Principal
from matcher.domain.settings import Side
from matcher.services.own import own_view
from matcher.services.permissions import permitted
from matcher.services.rounds import confirm_reason
from matcher.store import Reader, Store, Writer
from matcher.store.entities import (
    Acceptance,
    Account,
    Application,
    AssessedPair,
    Batch,
    EarlierPair,
    EarlierRating,
    GivenConsent,
    Invitation,
    NeedForm,
    Objection,
    PlacedPair,
    Preferences,
    Publication,
    Round,
    Run,
    Scenario,
    Service,
    Session,
)

STATEMENT = "2026-1"
"""Version of the statement on privacy; whoever has not taken note of it is asked to."""

_CONTACT_MOST = 5000
"""Characters of contact data that a record takes."""

_AT_WORK = ("matching", "confirming", "notice")
"""States of a round in which forms are part of what is being decided."""


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
def own_data(store: Store, who: Principal, side: Side, own_id: str) -> bytes:
    """
    Give a party everything that is held of it, as JSON in UTF-8.

    Returns
    -------
    bytes
        ``forms``, ``preferences``, ``placements`` (as `matcher.services.own.OwnPlacement` has them), ``service``,
        ``ratings`` that it gave and ``assessments`` of it, ``consents`` and ``accounts``; the words of others are not
        in it.

    Raises
    ------
    InputError
        When nothing is held of it.
    """
    with store.writing(who.name) as view:
        view.note("export", f"{side}/{own_id}/data")
        placed = _placed(view, side, own_id)
        said = view.listed(AssessedPair, placement_id=tuple(row.id for row in placed))
        accounts = view.listed(Account, role=side, party=own_id)
        if who.role in PARTIES:  # a colleague's account is the colleague's
            accounts = [account for account in accounts if account.id == who.account_id]
        found = {
            "forms": [form for form, _ in _forms(view, side, own_id)],
            "preferences": list(_wishes(view, side, own_id)),
            "placements": [own_view(view, row, side) for row in placed],
            "service": view.listed(Service, placement_id=tuple(row.id for row in placed)),
            "assessments": [_own_words(row, side) for row in said],
            "ratings": [_own_rating(row, side) for row in _earlier(view, side, own_id)],
            "consents": view.listed(GivenConsent, side=side, party=own_id),
            "accounts": [_without_password(account) for account in accounts],
            "acceptances": view.listed(Acceptance, account_id=tuple(account.id for account in accounts)),
        }
        if not any(found.values()):
            raise _nothing_held(own_id)
    plain = {name: [row if isinstance(row, dict) else asdict(row) for row in rows] for name, rows in found.items()}
    return json.dumps(plain, ensure_ascii=False, indent=2).encode()


@permitted
def correct_contact(store: Store, who: Principal, side: Side, own_id: str, contact: str) -> int:
    """
    Put a party's contact data right in every form that it has, whatever the state of the round.

    Returns
    -------
    int
        Forms that were changed.

    Raises
    ------
    InputError
        When it has no form, or what is given is too long.
    """
    if len(contact) > _CONTACT_MOST:
        raise InputError([Problem(Message("privacy.contact_long", {"count": len(contact), "most": _CONTACT_MOST}))])
    with store.writing(who.name) as work:
        forms = [form for form, _ in _forms(work, side, own_id)]
        if not forms:
            raise _nothing_held(own_id)
        wrong = [form for form in forms if form.record.contact != contact.strip()]
        for form in wrong:
            work.change(form, "correct_contact", record=replace(form.record, contact=contact.strip()))
        return len(wrong)


@permitted
def erase_party(store: Store, who: Principal, side: Side, own_id: str, why: str) -> Erased:
    """
    Erase what is held of a party as far as nothing stands against it.

    Contacts, consents, accounts and logins go everywhere; forms and wishes go from rounds that have not matched yet.
    What a list in force, or one that was published, rests on stays until the time to keep its batch is over.

    Raises
    ------
    InputError
        When nothing is held of it, or there is no reason.
    NotAllowed
        When it is in a list that is being decided, or in force.
    """
    confirm_reason(why)
    with store.writing(who.name) as work:
        forms, stated = list(_forms(work, side, own_id)), list(_wishes(work, side, own_id))
        _confirm_free(work, side, own_id, forms)
        gone, kept = [], []
        for form, round_ in forms:
            batch = work.get(Batch, id=round_.batch_id).name
            if round_.state in ("collecting", "choosing"):
                work.delete(form, "erase_party", why)
                gone.append(Message("privacy.gone.form", {"batch": batch, "number": round_.number}))
            else:
                if form.record.contact:
                    work.change(form, "erase_party", why, record=replace(form.record, contact=""))
                kept.append(Message("privacy.kept.form", {"batch": batch, "number": round_.number}))
            work.erase("erase_party", why, about=f"{form.TABLE.name}/{round_.id}/{form.own_id}")
        for wishes in stated:
            if work.get(Round, id=wishes.round_id).state in ("collecting", "choosing"):
                work.delete(wishes, "erase_party", why)
                work.erase("erase_party", why, about=f"preferences/{wishes.round_id}/{wishes.side}/{wishes.own_id}")
        for consent in work.listed(GivenConsent, side=side, party=own_id):
            work.delete(consent, "erase_party", why)
        work.erase("erase_party", why, about=f"consents/{side}/{own_id}/")
        accounts = work.listed(Account, role=side, party=own_id)
        for account in accounts:
            _close(work, account, why)
        if not (forms or accounts):
            raise _nothing_held(own_id)
        gone += [Message("privacy.gone.contact"), *([Message("privacy.gone.accounts")] if accounts else [])]
        return Erased(tuple(gone), tuple(kept))


@permitted
def keep_until(store: Store, who: Principal, batch_id: int, until: date) -> Batch:
    """Say until which day the personal data of a batch are kept."""
    with store.writing(who.name) as work:
        batch = work.get(Batch, id=batch_id)
        _confirm_not_erased(batch)
        return work.change(batch, "keep_until", keep_until=until.isoformat())


@permitted
def batches_over(store: Store, who: Principal) -> list[Batch]:
    """List the batches that have been kept long enough, and are still there."""
    with store.writing(who.name) as work:  # for the day alone
        return [row for row in work.listed(Batch) if row.erased_on is None and (row.keep_until or "9999") < work.today]


@permitted
def erase_batch(store: Store, who: Principal, batch_id: int, why: str) -> int:
    """
    Erase the personal data of a batch that was kept long enough.

    Forms, wishes, placements with their logs and assessments, objections, ratings of years before, the files of runs
    and of publications, and what the log says of all that go. That there was a batch, who published what under which
    number and when, and the chain of the log stay.

    Returns
    -------
    int
        Rows and files that are gone.

    Raises
    ------
    NotAllowed
        When a round is not assessed yet, or the batch was erased before.
    InputError
        When the day until which it is kept is not set, or to come, or there is no reason.
    """
    confirm_reason(why)
    with store.writing(who.name) as work:
        batch = work.get(Batch, id=batch_id)
        _confirm_not_erased(batch)
        rounds = work.listed(Round, batch_id=batch_id)
        if any(round_.state != "assessed" for round_ in rounds):
            raise NotAllowed([Message("privacy.batch_at_work", {"batch": batch.name})])
        if batch.keep_until is None or batch.keep_until >= work.today:
            raise InputError([Problem(Message("privacy.kept_longer", {"batch": batch.name, "date": batch.keep_until}))])
        rows = list(_rows_of(work, batch_id, tuple(round_.id for round_ in rounds)))
        for row in rows:
            work.delete(row, None)
        for run in _runs_of(work, tuple(round_.id for round_ in rounds)):
            work.change(run, None, error=None)
        files = _erase_files(work, tuple(round_.id for round_ in rounds))
        work.change(batch, "erase_batch", why, erased_on=work.today)
        for round_ in rounds:
            work.erase("erase_batch", why, round_id=round_.id)
        for table in ("ratings", "earlier_pairs"):
            work.erase("erase_batch", why, about=f"{table}/{batch_id}/")
        return len(rows) + files


def _nothing_held(own_id: str) -> InputError:
    return InputError([Problem(Message("privacy.nothing_held", {"value": own_id}))])


def _forms(view: Reader, side: Side, own_id: str) -> Iterator[tuple[Application | NeedForm, Round]]:
    kind: Any = NeedForm if side == "firm" else Application
    for form in view.listed(kind, **{f"{side}_id": own_id}):
        yield form, view.get(Round, id=form.round_id)


def _wishes(view: Reader, side: Side, own_id: str) -> Iterator[Preferences]:
    """Give the wishes of a party: a firm has those of its needs."""
    for form, round_ in _forms(view, side, own_id):
        yield from view.listed(Preferences, round_id=round_.id, side=side, own_id=form.own_id)


def _placed(view: Reader, side: Side, own_id: str) -> list[PlacedPair]:
    return view.listed(PlacedPair, **{f"{side}_id": own_id})


def _earlier(view: Reader, side: Side, own_id: str) -> list[EarlierRating]:
    return view.listed(EarlierRating, **{f"{side}_id": own_id})


def _own_words(row: AssessedPair, side: Side) -> dict[str, Any]:
    names = ("placement_id", "assessment", f"{side}_rating", f"{side}_renews")
    return {name: getattr(row, name) for name in names}


def _own_rating(row: EarlierRating, side: Side) -> dict[str, Any]:
    return {name: getattr(row, name) for name in ("year", "need_title", "assessment", f"{side}_rating")}


def _without_password(account: Account) -> dict[str, Any]:
    return {name: value for name, value in asdict(account).items() if name != "password"}


def _confirm_free(view: Reader, side: Side, own_id: str, forms: list[tuple[Application | NeedForm, Round]]) -> None:
    """Raise `NotAllowed` where a party is part of what is being decided, or in force."""
    if any(form.state == "accepted" and round_.state in _AT_WORK for form, round_ in forms):
        raise NotAllowed([Message("privacy.at_work", {"id": own_id})])
    if any(row.state in ("confirmed", "public", "active") for row in _placed(view, side, own_id)):
        raise NotAllowed([Message("forms.in_force", {"id": own_id})])


def _close(work: Writer, account: Account, why: str) -> None:
    """Close an account for good: it names nobody, opens nothing, and what the log said of it is gone."""
    of_account: tuple[tuple[Any, str], ...] = (
        (Session, "token"),
        (Invitation, "id"),
        (Acceptance, "statement"),
    )
    for kind, key in of_account:
        for row in work.listed(kind, account_id=account.id):
            work.delete(row, None)
            work.erase("erase_party", why, about=f"{kind.TABLE.name}/{_place(account, row, key)}")
    blank = dict.fromkeys(("code", "password", "issuer", "subject"))
    named = {"name": f"erased-{account.id}", "person": "", "disabled_at": account.disabled_at or work.at}
    work.change(account, "erase_party", why, **blank, **named)
    work.erase("erase_party", why, about=f"accounts/{account.id}")


def _place(account: Account, row: Any, key: str) -> str:
    """Name a row as the log does: by its key."""
    own = str(getattr(row, key))
    return f"{account.id}/{own}" if key == "statement" else own


def _confirm_not_erased(batch: Batch) -> None:
    if batch.erased_on is not None:
        raise NotAllowed([Message("privacy.erased", {"batch": batch.name, "date": batch.erased_on})])


def _rows_of(view: Reader, batch_id: int, rounds: tuple[int, ...]) -> Iterator[Any]:
    """Give the rows of a batch that hold personal data, those that refer to others first."""
    placed = view.listed(PlacedPair, batch_id=batch_id)
    of_pairs = {"placement_id": tuple(row.id for row in placed)}
    for kind in (Service, AssessedPair, Objection):
        yield from view.listed(kind, **of_pairs)
    yield from placed
    for kind in (Preferences, Application, NeedForm):
        yield from view.listed(kind, round_id=rounds)
    for kind in (EarlierRating, EarlierPair):
        yield from view.listed(kind, batch_id=batch_id)


def _runs_of(view: Reader, rounds: tuple[int, ...]) -> list[Run]:
    return view.listed(Run, scenario_id=tuple(row.id for row in view.listed(Scenario, round_id=rounds)))


def _erase_files(work: Writer, rounds: tuple[int, ...]) -> int:
    """Erase the files of runs and publications of these rounds that no other round has."""
    own = {run.id for run in _runs_of(work, rounds)}
    ours, others = set(), set()
    for run in work.listed(Run):
        (ours if run.id in own else others).update({**run.inputs, **run.results}.values())
    for publication in work.listed(Publication):
        (ours if publication.round_id in rounds else others).update(publication.files.values())
    return work.drop_files(ours - others)
