"""
Drafts: what a party has typed and not sent yet, so that no refresh and no lost connection loses it.

Of a form, a draft is called as the form is; of what is written beside the forms, as `beside` calls it.
"""

from collections.abc import Mapping
from typing import Any, Literal

from matcher.domain.errors import InputError
from matcher.domain.messages import Message, Problem
from matcher.domain.roles import Principal
from matcher.domain.settings import Side
from matcher.services.permissions import permitted
from matcher.store import Store, Writer
from matcher.store.entities import Draft, Round

MOST = 50_000
"""Characters of a draft: three times what all fields of a form that can be saved may well hold."""

Beside = Literal["veto", "decline", "entry", "correct", "contact"]
"""
Written beside the forms: why somebody is not wanted, or a pair not taken; what was done, and how that is put right; how
one is reached.
"""


def beside(kind: Beside, *ids: object) -> str:
    """
    Call a draft of what is written beside the forms: by its kind, and the ids of what it is about.

    Blanks part them, which no id holds: so it is never called as a form is.

    Examples
    --------
    >>> beside("veto", "F1", "E4")
    'veto F1 E4'
    """
    return " ".join([kind, *map(str, ids)])


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
    was: Mapping[str, Any] | None = None,
    form_version: int | None = None,
) -> Draft | None:
    """
    Keep what stands in the fields of a form, or beside it, in the place of what was kept of it before.

    Two windows of one account may be open: what one has changed since it last looked stands, all else is as it is kept.

    Parameters
    ----------
    store : Store
    who : Principal
        Whose draft it is: each account has its own.
    side, own_id : str
        For which firm, or which expert.
    round_id : int
    form : str
        Id of the need or of the expert; empty where the form is new and has none; else what `beside` gives.
    typed : mapping of str to object
        By field: text, number, yes or no, or nothing.
    was : mapping of str to object, or None
        By field, what this window took them to be before; None: all of them are changed.
    form_version : int or None
        Of the form that was read when the draft was begun; None where it is new, or there is no form.

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
        found = work.find(Draft, **key)
        elsewhere = {} if found is None or was is None else found.typed
        held = {
            name: elsewhere[name] if name in elsewhere and value == (was or {}).get(name) else value
            for name, value in typed.items()
        }
        values = {"typed": held, "form_version": form_version, "kept_at": work.at}
        return work.insert(Draft, None, **key, **values) if found is None else work.change(found, None, **values)


@permitted
def drafts_of(store: Store, who: Principal, side: Side, own_id: str, *, round_id: int) -> dict[str, Draft]:
    """Give one's own drafts of a round, by what they are called; that of a new form by the empty text."""
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
    """Take a draft away together with what else is written, such as the form itself; it is sent then."""
    found = (
        None if who.account_id is None else work.find(Draft, account_id=who.account_id, round_id=round_id, form=form)
    )
    if found is not None:
        work.delete(found, None)
