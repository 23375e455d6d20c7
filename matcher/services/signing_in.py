"""
Logins: names and passwords, invitations, sessions. Called by nobody yet: there is no principal before.

To be replaced by the module of the same name that has the accounts; it keeps to the same signatures.
"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

from matcher.domain.errors import InputError, SignInRefused, Throttled
from matcher.domain.messages import Message, Problem
from matcher.domain.roles import Principal, Role
from matcher.services.privacy import STATEMENT
from matcher.store import Reader, Store, Writer
from matcher.store.entities import Acceptance, Account, Attempt, Invitation, Session

IDLE, ABSOLUTE, TOUCH = timedelta(hours=2), timedelta(hours=12), timedelta(minutes=5)
WINDOW, FAILURES = timedelta(minutes=15), 5
LEAST = 10

hasher = PasswordHasher()
"""The seam of tests, whose passwords nobody guesses."""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Somebody with a live session."""

    principal: Principal
    person: str
    has_accepted: bool
    begun_at: str


@dataclass(frozen=True, slots=True)
class OpenInvitation:
    """What the form of an invitation shows of it."""

    purpose: str
    name: str
    person: str
    role: Role


def sign_in(store: Store, name: str, password: str, *, person: str = "", address: str) -> str:
    """Begin a session, and give its token."""
    keys = tuple(_keyed(store, part) for part in (f"name:{name.strip()}/{person.strip()}", f"address:{address}"))
    with store.reading() as view:
        _confirm_not_throttled(store, view, keys)
        account = _account(view, name.strip(), person.strip())
    if not _verified(account.password if account else None, password) or account is None or account.disabled_at:
        with store.writing(name.strip()[:80]) as work:
            for key in keys:
                work.insert(Attempt, None, at=work.at, key=key)
        raise SignInRefused([Message("accounts.refused")])
    with store.writing(account.name) as work:
        return _begin(work, account)


def sign_in_by_identity(store: Store, issuer: str, subject: str, *, address: str) -> str:
    """Begin a session of the account that an identity provider's user has with us."""
    del address
    with store.reading() as view:
        account = view.find(Account, issuer=issuer, subject=subject)
    if account is None or account.disabled_at:
        raise SignInRefused([Message("accounts.refused")])
    with store.writing(account.name) as work:
        return _begin(work, account)


def signed_in(store: Store, token: str, *, touch: bool = True) -> SignedIn | None:
    """Tell who has a session; None where it is over. Without ``touch`` it stays as idle as it was."""
    with store.reading() as view:
        session = view.find(Session, token=_hash(token))
        account = view.find(Account, id=session.account_id) if session else None
        if session is None or account is None or session.ended_at or account.disabled_at:
            return None
        accepted = view.find(Acceptance, account_id=account.id, statement=STATEMENT) is not None
    now = store.clock()
    if now - _time(session.seen_at) > IDLE or now - _time(session.begun_at) > ABSOLUTE:
        return None
    if touch and now - _time(session.seen_at) > TOUCH:
        with store.writing(account.name) as work:
            work.change(work.get(Session, token=session.token), None, seen_at=work.at)
    return SignedIn(_principal(account), account.person, accepted, session.begun_at)


def sign_out(store: Store, token: str) -> None:
    """End a session."""
    with store.reading() as view:
        session = view.find(Session, token=_hash(token))
        account = view.find(Account, id=session.account_id) if session else None
    if session and account and not session.ended_at:
        with store.writing(account.name) as work:
            work.change(work.get(Session, token=session.token), None, ended_at=work.at)


def invitation_of(store: Store, token_or_code: str) -> OpenInvitation:
    """Tell what an invitation is for; changes nothing."""
    with store.reading() as view:
        found = _invitation(store, view, token_or_code)
        account = view.get(Account, id=found.account_id)
        return OpenInvitation(found.purpose, account.name, account.person, account.role)


def redeem(store: Store, token_or_code: str, password: str, *, address: str) -> str:
    """Set the password of whoever was invited, and begin a session."""
    key = _keyed(store, f"address:{address}")
    with store.reading() as view:
        _confirm_not_throttled(store, view, (key,))
    try:
        with store.reading() as view:
            found = _invitation(store, view, token_or_code)
    except SignInRefused:
        with store.writing("invitation") as work:
            work.insert(Attempt, None, at=work.at, key=key)
        raise
    confirm_good(password)
    hashed = hasher.hash(password)
    with store.writing("invitation") as work:
        found = _invitation(store, work, token_or_code)
        work.change(found, None, used_at=work.at)
        account = work.change(work.get(Account, id=found.account_id), "redeem", password=hashed)
        _end_all(work, account.id)
        return _begin(work, account)


def change_password(store: Store, who: Principal, old: str, new: str, *, keep: str) -> None:
    """Set another password, and end every session but one."""
    with store.reading() as view:
        account = view.get(Account, id=who.account_id)
    if not _verified(account.password, old):
        raise SignInRefused([Message("accounts.refused")])
    confirm_good(new)
    hashed = hasher.hash(new)
    with store.writing(who.name) as work:
        work.change(work.get(Account, id=who.account_id), "change_password", password=hashed)
        _end_all(work, account.id, but=_hash(keep))


def accept_statement(store: Store, who: Principal, statement: str) -> None:
    """Write down that somebody has taken note of the statement on privacy."""
    with store.writing(who.name) as work:
        if work.find(Acceptance, account_id=who.account_id, statement=statement) is None:
            work.insert(Acceptance, "accept", None, account_id=who.account_id, statement=statement, accepted_at=work.at)


def confirm_good(password: str) -> None:
    """Raise `InputError` where a password is too short."""
    if len(password) < LEAST:
        raise InputError([Problem(Message("accounts.password_short", {"least": LEAST}))])


def keyed_code(store: Store, code: str) -> str:
    """Hash a short code as it is kept."""
    return _keyed(store, f"code:{code.strip().upper()}")


def _begin(work: Writer, account: Account) -> str:
    token = secrets.token_urlsafe(32)
    blank = {"begun_at": work.at, "seen_at": work.at, "ended_at": None}
    work.insert(Session, None, token=_hash(token), account_id=account.id, **blank)
    return token


def _end_all(work: Writer, account_id: int, but: str = "") -> None:
    for session in work.listed(Session, account_id=account_id, ended_at=None):
        if session.token != but:
            work.change(session, None, ended_at=work.at)


def _account(view: Reader, name: str, person: str) -> Account | None:
    if person:
        return view.find(Account, code=name, person=person)
    return view.find(Account, name=name)


def _principal(account: Account) -> Principal:
    return Principal(account.name, account.role, account.party, account.id)


def _invitation(store: Store, view: Reader, token_or_code: str) -> Invitation:
    found = view.find(Invitation, token=_hash(token_or_code)) or view.find(
        Invitation, code=keyed_code(store, token_or_code)
    )
    if found is None or found.used_at or found.revoked_at or found.expires_at < store.now():
        raise SignInRefused([Message("accounts.no_invitation")])
    return found


def _confirm_not_throttled(store: Store, view: Reader, keys: tuple[str, ...]) -> None:
    since = (store.clock() - WINDOW).strftime("%Y-%m-%dT%H:%M:%SZ")
    for key in keys:
        if sum(attempt.at > since for attempt in view.listed(Attempt, key=key)) >= FAILURES:
            raise Throttled([Message("accounts.throttled", {"minutes": WINDOW.seconds // 60})])


def _verified(hashed: str | None, password: str) -> bool:
    try:
        return hasher.verify(hashed or _dummy(), password) and hashed is not None
    except (VerifyMismatchError, InvalidHashError):
        return False


@cache
def _dummy() -> str:
    return hasher.hash(secrets.token_urlsafe())


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _keyed(store: Store, text: str) -> str:
    return hmac.digest(store.key_for("sign-in"), text.encode(), "sha256").hex()


def _time(at: str) -> datetime:
    return datetime.fromisoformat(at)
