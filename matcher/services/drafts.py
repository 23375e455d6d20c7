"""Drafts: what a party has typed into a form and not saved yet, so that no refresh and no lost connection loses it."""

from collections.abc import Mapping
from typing import Any

from matcher.domain.errors import InputError
from matcher.domain.messages import Message, Problem
from matcher.domain.roles import Principal
from matcher.domain.settings import Side
from matcher.services.permissions import permitted
from matcher.store import Store, Writer
from matcher.store.entities import Draft, Round

MOST = 50_000
"""Characters of a draft: three times what all fields of a form that can be saved may well hold."""


@permitted
def keep_draft(
    store: Store,
    who: Principal,
    side: Side,
    own_id: str,
    *,
    round_id: int,
    form: str,
    typed: Mapping[str, Any],
    form_version: int | None,
) -> Draft | None:
    """
    Keep what stands in the fields of a form, in the place of what was kept of it before.

    Parameters
    ----------
    store : Store
    who : Principal
        Whose draft it is: each account has its own.
    side, own_id : str
        For which firm, or which expert.
    round_id : int
    form : str
        Id of the need or of the expert; empty where the form is new and has none.
    typed : mapping of str to object
        By field: text, number, yes or no, or nothing.
    form_version : int or None
        Of the form that was read when the draft was begun; None where it is new.

    Returns
    -------
    Draft or None
        None for whoever acts without an account, who has nothing to come back to.

    Raises
    ------
    InputError
        When it is longer than `MOST`, or there is no such round.
    """
    if who.account_id is None:
        return None
    if (count := sum(len(value) for value in typed.values() if isinstance(value, str))) > MOST:
        raise InputError([Problem(Message("drafts.too_long", {"count": count, "most": MOST}))])
    key = {"account_id": who.account_id, "round_id": round_id, "form": form}
    with store.writing(who.name) as work:
        work.get(Round, id=round_id)
        values = {"typed": dict(typed), "form_version": form_version, "kept_at": work.at}
        found = work.find(Draft, **key)
        return work.insert(Draft, None, **key, **values) if found is None else work.change(found, None, **values)


@permitted
def drafts_of(store: Store, who: Principal, side: Side, own_id: str, *, round_id: int) -> dict[str, Draft]:
    """Give one's own drafts of a round, by the form that each is of; that of a new form has no id."""
    if who.account_id is None:
        return {}
    with store.reading() as view:
        return {draft.form: draft for draft in view.listed(Draft, account_id=who.account_id, round_id=round_id)}


@permitted
def drop_draft(store: Store, who: Principal, side: Side, own_id: str, *, round_id: int, form: str) -> None:
    """Throw a draft away; it is no fault if there is none."""
    with store.writing(who.name) as work:
        dropped(work, who, round_id, form)


def dropped(work: Writer, who: Principal, round_id: int, form: str) -> None:
    """Take a draft away together with what else is written, such as the form itself."""
    found = (
        None if who.account_id is None else work.find(Draft, account_id=who.account_id, round_id=round_id, form=form)
    )
    if found is not None:
        work.delete(found, None)
