"""A party's accounts and consents, closed for good: nobody is named by them, and nothing is opened."""

from typing import Any, get_args

from matcher.domain.messages import Message
from matcher.domain.roles import Consent
from matcher.services.permissions import Party
from matcher.store import Writer
from matcher.store.entities import Acceptance, Account, Draft, Event, GivenConsent, Invitation, Session


def close_party(work: Writer, party: Party, what: str, why: str) -> tuple[list[Message], list[Message]]:
    """
    Take away what a party agreed to, and close its accounts.

    Parameters
    ----------
    work : Writer
    party : (str, str)
        Side and id.
    what, why : str
        The action, and its reason.

    Returns
    -------
    list of Message, list of Message
        What is gone, and what stays.
    """
    side, own_id = party
    consents = work.listed(GivenConsent, side=side, party=own_id)
    for consent in consents:
        work.delete(consent, what, why)
    for kind in get_args(Consent):  # not whatever begins like it: an id may hold a slash
        work.erase(what, why, about=f"consents/{side}/{own_id}/{kind}")
    accounts = [row for row in work.listed(Account, role=side, party=own_id) if row.name != erased_name(row)]
    # Since entries are signed by a handle, a login name is in none; those of before are under the chain.
    is_named = any(work.listed(Event, who=account.name) for account in accounts)
    for account in accounts:
        _close(work, account, what, why)
    there = {"privacy.gone.consents": consents, "privacy.gone.accounts": accounts}
    gone = [Message(code) for code, rows in there.items() if rows]
    return gone, [Message("privacy.kept.log", {"id": own_id})] if is_named else []


def _close(work: Writer, account: Account, what: str, why: str) -> None:
    """Close an account for good: it names nobody, opens nothing, and what the log said of it is gone."""
    of_account: tuple[tuple[Any, str], ...] = (
        (Session, "token"),
        (Invitation, "id"),
        (Acceptance, "statement"),
    )
    for kind, key in of_account:
        for row in work.listed(kind, account_id=account.id):
            work.delete(row, None)
            work.erase(what, why, about=f"{kind.TABLE.name}/{_place(account, row, key)}")
    for draft in work.listed(Draft, account_id=account.id):  # of which the log says nothing
        work.delete(draft, None)
    blank = dict.fromkeys(("code", "password", "issuer", "subject"))
    named = {"name": erased_name(account), "person": "", "disabled_at": account.disabled_at or work.at}
    work.change(account, what, why, **blank, **named)
    work.erase(what, why, about=f"accounts/{account.id}")


def erased_name(account: Account) -> str:
    """Name an account of somebody who was erased: it is closed for good."""
    return f"erased-{account.id}"


def _place(account: Account, row: Any, key: str) -> str:
    """Name a row as the log does: by its key."""
    own = str(getattr(row, key))
    return f"{account.id}/{own}" if key == "statement" else own
