"""
Accounts, as far as the doors need them to be tried.

To be replaced by the module of the same name; it keeps to the same signatures.
"""

import hashlib
import secrets
from dataclasses import dataclass, field
from datetime import timedelta

from matcher.domain.roles import Principal, Role
from matcher.services.signing_in import keyed_code
from matcher.store import Store
from matcher.store.entities import Account, Invitation, Session

_LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"


@dataclass(frozen=True, slots=True)
class Invited:
    """An invitation as it is handed out, once."""

    account: Account
    token: str = field(repr=False)
    code: str = field(repr=False)
    expires_at: str


def add(
    store: Store,
    who: Principal,
    *,
    name: str,
    role: Role,
    party: str | None = None,
    code: str | None = None,
    person: str = "",
) -> Account:
    """Make an account that can't log in yet."""
    blank = {"password": None, "issuer": None, "subject": None, "disabled_at": None}
    with store.writing(who.name) as work:
        return work.insert(
            *(Account, "add_account"), name=name, role=role, party=party, code=code, person=person, **blank
        )


def invite(store: Store, who: Principal, account_id: int, *, days: int = 14) -> Invited:
    """Make a way to set a password once."""
    return _invited(store, who, account_id, "invite", days)


def reset(store: Store, who: Principal, account_id: int) -> Invited:
    """Make a way to set another password, and end the sessions."""
    with store.writing(who.name) as work:
        for session in work.listed(Session, account_id=account_id, ended_at=None):
            work.change(session, None, ended_at=work.at)
    return _invited(store, who, account_id, "reset", 14)


def disable(store: Store, who: Principal, account_id: int) -> Account:
    """Close an account."""
    with store.writing(who.name) as work:
        return work.change(work.get(Account, id=account_id), "disable_account", disabled_at=work.at)


def _invited(store: Store, who: Principal, account_id: int, purpose: str, days: int) -> Invited:
    token, code = secrets.token_urlsafe(16), "".join(secrets.choice(_LETTERS) for _ in range(10))
    until = (store.clock() + timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ")
    with store.writing(who.name) as work:
        account = work.get(Account, id=account_id)
        work.insert(
            *(Invitation, None),
            account_id=account_id,
            purpose=purpose,
            token=hashlib.sha256(token.encode()).hexdigest(),
            code=keyed_code(store, code),
            expires_at=until,
            used_at=None,
            revoked_at=None,
            made_at=work.at,
            made_by=work.who,
        )
    return Invited(account, token, code, until)
