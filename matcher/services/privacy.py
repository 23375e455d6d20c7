"""
Personal data: what is held of a party, and what it may have corrected; what is erased, `matcher.services.erasing` has.

After the Personal Information Protection Law: access and copies (article 45), correction (46).
"""

import json
from collections.abc import Iterator
from dataclasses import asdict, replace
from typing import Any

from matcher.domain.errors import InputError
from matcher.domain.messages import Message, Problem
from matcher.domain.roles import PARTIES, Principal
from matcher.domain.settings import Side
from matcher.language import label
from matcher.services.consents import nothing_held
from matcher.services.drafts import beside, dropped
from matcher.services.import_writes import VETO_REASON
from matcher.services.own import own_view
from matcher.services.permissions import permitted
from matcher.store import Reader, Store
from matcher.store.entities import (
    Acceptance,
    Account,
    Application,
    AssessedPair,
    Draft,
    EarlierRating,
    GivenConsent,
    Mark,
    NeedForm,
    PlacedPair,
    Preferences,
    Round,
    Service,
)

STATEMENT = "2026-1"
"""Version of the statement on privacy; whoever has not taken note of it is asked to."""

_CONTACT_MOST = 5000
"""Characters of contact data that a record takes."""


@permitted
def own_data(store: Store, who: Principal, side: Side, own_id: str) -> bytes:
    """
    Give a party everything that is held of it, as JSON in UTF-8.

    Returns
    -------
    bytes
        ``forms``, ``drafts`` of them, ``preferences``, ``placements`` (as `matcher.services.own.OwnPlacement` has
        them), ``service``, ``ratings`` that it gave and ``assessments`` of it, ``consents`` and ``accounts``; the words
        of others are not in it.

    Raises
    ------
    InputError
        When nothing is held of it.
    """
    with store.writing(who.name) as view:
        view.note("export", f"{side}/{own_id}/data")
        placed = placed_of(view, side, own_id)
        ids = tuple(row.id for row in placed)
        accounts = view.listed(Account, role=side, party=own_id)
        if who.role in PARTIES:  # a colleague's account is the colleague's
            accounts = [account for account in accounts if account.id == who.account_id]
        names = {account.handle for account in accounts} | {account.name for account in accounts}
        found = {
            "forms": [form for form, _ in forms_of(view, side, own_id)],
            "drafts": view.listed(Draft, account_id=tuple(account.id for account in accounts)),
            "preferences": [_in_words(row) for row in wishes_of(view, side, own_id)],
            "placements": [own_view(view, row, side) for row in placed],
            "service": [_own_entry(row, names) for row in view.listed(Service, placement_id=ids)],
            "assessments": list(_own_words(view, ids, side)),
            "ratings": [_own_rating(row, side) for row in _earlier(view, side, own_id)],
            "consents": view.listed(GivenConsent, side=side, party=own_id),
            "accounts": [_without_password(account) for account in accounts],
            "acceptances": view.listed(Acceptance, account_id=tuple(account.id for account in accounts)),
        }
        if not any(found.values()):
            raise nothing_held(own_id)
        is_demo = view.find(Mark, name="demo") is not None
    demo = {"demo": label("papers.demo", "zh")} if is_demo else {}
    plain = {name: [row if isinstance(row, dict) else asdict(row) for row in rows] for name, rows in found.items()}
    return json.dumps(demo | plain, ensure_ascii=False, indent=2).encode()


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
        forms = [form for form, _ in forms_of(work, side, own_id)]
        if not forms:
            raise nothing_held(own_id)
        wrong = [form for form in forms if form.record.contact != contact.strip()]
        for form in wrong:
            work.change(form, "correct_contact", record=replace(form.record, contact=contact.strip()))
        for round_id in {form.round_id for form in forms}:
            dropped(work, who, round_id, beside("contact", own_id))
        return len(wrong)


def forms_of(view: Reader, side: Side, own_id: str) -> Iterator[tuple[Application | NeedForm, Round]]:
    """Give the forms of a party, of every round, each with its round."""
    kind: Any = NeedForm if side == "firm" else Application
    for form in view.listed(kind, **{f"{side}_id": own_id}):
        yield form, view.get(Round, id=form.round_id)


def wishes_of(view: Reader, side: Side, own_id: str) -> Iterator[Preferences]:
    """Give the wishes of a party: a firm has those of its needs."""
    for form, round_ in forms_of(view, side, own_id):
        yield from view.listed(Preferences, round_id=round_.id, side=side, own_id=form.own_id)


def placed_of(view: Reader, side: Side, own_id: str) -> list[PlacedPair]:
    """Give the placements of a party, whatever became of them."""
    return view.listed(PlacedPair, **{f"{side}_id": own_id})


def _earlier(view: Reader, side: Side, own_id: str) -> list[EarlierRating]:
    return view.listed(EarlierRating, **{f"{side}_id": own_id})


def _own_words(view: Reader, placements: tuple[int, ...], side: Side) -> Iterator[dict[str, Any]]:
    """Give what a side said of placements, and the office of it; that the other said something is not told."""
    names = ("assessment", f"{side}_rating", f"{side}_renews")
    for row in view.listed(AssessedPair, placement_id=placements):
        said = {name: getattr(row, name) for name in names}
        if any(value is not None for value in said.values()):
            yield {"placement_id": row.placement_id, **said}


def _in_words(row: Preferences) -> Preferences:
    """Give wishes with the reason of each veto in words: one of a sheet has a code in its place."""
    told = label(VETO_REASON, "zh")
    return replace(row, vetoes=tuple((name, told if why == VETO_REASON else why) for name, why in row.vetoes))


def _own_entry(row: Service, names: set[str]) -> Service:
    """Give an entry of the service log, without who wrote it where that was somebody else."""
    return row if row.entered_by in names else replace(row, entered_by="")


def _own_rating(row: EarlierRating, side: Side) -> dict[str, Any]:
    return {name: getattr(row, name) for name in ("year", "need_title", "assessment", f"{side}_rating")}


def _without_password(account: Account) -> dict[str, Any]:
    return {name: value for name, value in asdict(account).items() if name != "password"}
