"""
Logging in and out, taking invitations, changing passwords.

Most of it is called by nobody yet: there is no principal before. Whoever is refused learns nothing: an unknown name, a
wrong password and a disabled account have one sentence, and take as long; so have an invitation that never was, and one
that was used, revoked, or is over.
"""

from contextlib import suppress
from dataclasses import dataclass
from typing import Literal

from matcher.domain.errors import InputError, SignInRefused, StorageError
from matcher.domain.messages import Message, Problem
from matcher.domain.moments import moment
from matcher.domain.roles import MACHINE, Principal, Role
from matcher.services import passwords, sessions, throttling
from matcher.services.devices import known_device
from matcher.services.names import folded_code, folded_name, folded_person
from matcher.services.permissions import permitted
from matcher.services.privacy import STATEMENT
from matcher.services.throttling import Keys, keys_of
from matcher.services.tokens import code_digest, token_digest
from matcher.store import Reader, Store, Writer
from matcher.store.entities import Acceptance, Account, Invitation, Session


@dataclass(frozen=True, slots=True)
class SignedIn:
    """
    Somebody who is logged in.

    Parameters
    ----------
    principal : Principal
    person : str
        As people call whoever it is.
    has_accepted : bool
        Whether they have taken note of the present statement on privacy.
    begun_at : str
        When they logged in.
    """

    principal: Principal
    person: str
    has_accepted: bool
    begun_at: str


@dataclass(frozen=True, slots=True)
class OpenInvitation:
    """
    What the form for a password shows of the invitation that leads to it.

    Parameters
    ----------
    purpose : {"invite", "reset"}
    name : str
        Of the account.
    code : str or None
        With which, and the person, one logs in besides.
    person : str
    role : str
    expires_at : str
    """

    purpose: Literal["invite", "reset"]
    name: str
    code: str | None
    person: str
    role: Role
    expires_at: str


def sign_in(store: Store, name: str, password: str, *, person: str = "", address: str, device: str = "") -> str:
    """
    Log somebody in.

    Parameters
    ----------
    store : Store
    name : str
        Of the account; or, with ``person``, a credit code or the id of an expert or firm.
    password : str
    person : str
    address : str
        Where the request comes from.
    device : str
        What the browser kept of an earlier login, as `matcher.services.devices.device_of` gave it.

    Returns
    -------
    str
        The token of a new session.

    Raises
    ------
    SignInRefused
        When that does not log anybody in.
    Throttled
        When too many have failed before, or too many try now.
    """
    with store.reading() as view:
        account = _account_of(view, name, person)
        known = known_device(store, account, device) if account is not None else None
        tried = _tried(account, name, person)
        keys = keys_of(store, f"{tried}/{known}", None) if known else keys_of(store, tried, address)
        throttling.confirm_not_throttled(store, view, keys)  # who is refused does not wait for a turn
    with passwords.few_at_once():
        counted = throttling.count(store, keys)
        kept = account.password if account is not None and account.disabled_at is None else None
        if not passwords.is_right(kept, password) or account is None or kept is None:
            _note_throttled(store, account, keys)
            raise SignInRefused([Message("accounts.refused")])
        renewed = passwords.renewed(kept, password)
    with store.writing(account.handle) as work:
        now = work.get(Account, id=account.id)
        if now.password != kept or now.disabled_at is not None:  # reset or disabled while we were hashing
            raise SignInRefused([Message("accounts.refused")])
        throttling.take_back(work, keys, counted)
        if renewed is not None:
            work.change(now, "renew_password", password=renewed)
        return _begin(work, account)


def sign_in_by_identity(store: Store, issuer: str, subject: str, *, said: str, address: str) -> str:
    """
    Log in whom an identity provider vouches for; what for, our account says.

    Parameters
    ----------
    store : Store
    issuer, subject : str
        The claims ``iss`` and ``sub`` of OpenID Connect, which the provider's signature was checked for.
    said : str
        All that the provider said, with its nonce: it opens one session. Whoever calls takes it only while it is young.
    address : str

    Returns
    -------
    str
        The token of a new session.

    Raises
    ------
    SignInRefused
        When no account is linked to them, it is disabled, or the same was said before.
    Throttled
        When too many have failed before.
    """
    keys = keys_of(store, None, address)
    with store.reading() as view:
        throttling.confirm_not_throttled(store, view, keys)
        account = view.find(Account, issuer=issuer, subject=subject, disabled_at=None)
    if account is None:
        throttling.count(store, keys)
        raise SignInRefused([Message("accounts.not_linked")])
    with store.writing(account.handle) as work:
        if work.find(Account, id=account.id, issuer=issuer, subject=subject, disabled_at=None) is None:
            raise SignInRefused([Message("accounts.not_linked")])
        throttling.use_once(store, work, said)
        return _begin(work, account)


def signed_in(store: Store, token: str, *, touch: bool = True) -> SignedIn | None:
    """
    Tell who is logged in by a token.

    Parameters
    ----------
    store : Store
    token : str
    touch : bool
        Whether this is a use of the session, which keeps it from being over.

    Returns
    -------
    SignedIn or None
        None where nobody is, or not any more.
    """
    now = store.clock()
    with store.reading() as view:
        session = sessions.live_session(view, token, now)
        account = view.find(Account, id=session.account_id, disabled_at=None) if session is not None else None
        if session is None or account is None:
            return None
        accepted = view.find(Acceptance, account_id=account.id, statement=STATEMENT) is not None
    if touch and now - moment(session.seen_at) > sessions.TOUCH:
        # While somebody else writes for long, pages are still shown: the session stays as idle as it was.
        with suppress(StorageError), store.writing(account.handle) as work:
            found = work.find(Session, token=session.token, ended_at=None)
            if found is not None:
                work.change(found, None, seen_at=work.at)
    return SignedIn(_principal(account), account.person, accepted, session.begun_at)


def sign_out(store: Store, token: str) -> None:
    """End the session that has a token, for good; where there is none, nothing happens."""
    with store.reading() as view:
        session = view.find(Session, token=token_digest(token), ended_at=None)
        if session is None:
            return
        account = view.get(Account, id=session.account_id)
    with store.writing(account.handle) as work:
        found = work.find(Session, token=session.token, ended_at=None)
        if found is not None:
            work.change(found, None, ended_at=work.at)
            work.note("sign_out", f"accounts/{account.id}")


def invitation_of(store: Store, token_or_code: str) -> OpenInvitation:
    """
    Tell what an invitation is for, and for whom; to look does not use it up.

    Raises
    ------
    SignInRefused
        When it opens nothing.
    """
    with store.reading() as view:
        invitation, account = _opened(store, view, token_or_code)
    shown = {"name": account.name, "code": account.code, "person": account.person, "role": account.role}
    return OpenInvitation(purpose=invitation.purpose, expires_at=invitation.expires_at, **shown)


def redeem(store: Store, token_or_code: str, password: str, *, address: str) -> str:
    """
    Take an invitation: set the password, use the invitation up, end the account's sessions, and log in.

    Parameters
    ----------
    store : Store
    token_or_code : str
        Of a link, or as printed under it.
    password : str
    address : str

    Returns
    -------
    str
        The token of a new session.

    Raises
    ------
    SignInRefused
        When it opens nothing, or somebody else was quicker.
    Throttled
        When too many have failed before.
    InputError
        When the password is no good one; then the invitation can still be taken.
    """
    keys = keys_of(store, None, address)
    try:
        with store.reading() as view:
            throttling.confirm_not_throttled(store, view, keys)
            _, account = _opened(store, view, token_or_code)
    except SignInRefused:
        throttling.count(store, keys)
        raise
    passwords.confirm_good(password, names_of(account))
    with passwords.few_at_once():
        hashed = passwords.hashed(password)
    with store.writing(account.handle) as work:
        invitation, account = _opened(store, work, token_or_code)
        work.change(invitation, "redeem", used_at=work.at)
        work.change(account, "redeem", password=hashed)
        sessions.end_all(work, account.id)
        throttling.take_back(work, keys_of(store, _tried(account), None), ())
        return sessions.begin(work, account)


@permitted
def change_password(store: Store, who: Principal, old: str, new: str, *, keep: str) -> None:
    """
    Set another password for oneself, and end all sessions but one.

    Parameters
    ----------
    store : Store
    who : Principal
    old, new : str
    keep : str
        Token of the session that goes on.

    Raises
    ------
    SignInRefused
        When the old password is not right.
    Throttled
        When too many have failed before, or too many try now.
    InputError
        When the new password is no good one, or who acts has no account.
    """
    with store.reading() as view:
        account = view.get(Account, id=who.account_id)
    passwords.confirm_good(new, names_of(account))
    keys = keys_of(store, _tried(account), None)
    with passwords.few_at_once():
        counted = throttling.count(store, keys)
        if not passwords.is_right(account.password, old):
            _note_throttled(store, account, keys)
            raise SignInRefused([Message("accounts.old_password_wrong")])
        hashed = passwords.hashed(new)
    with store.writing(who.name) as work:
        throttling.take_back(work, keys, counted)
        work.change(work.get(Account, id=account.id, version=account.version), "change_password", password=hashed)
        sessions.end_all(work, account.id, keep=keep)


@permitted
def accept_statement(store: Store, who: Principal, statement: str) -> None:
    """
    Write down that somebody has taken note of the statement on privacy.

    Parameters
    ----------
    store : Store
    who : Principal
    statement : str
        Version of what they have read.

    Raises
    ------
    InputError
        When that is not the present one, or who acts has no account.
    """
    if statement != STATEMENT:
        raise InputError([Problem(Message("accounts.other_statement"))])
    with store.writing(who.name) as work:
        key = {"account_id": work.get(Account, id=who.account_id).id, "statement": statement}
        if work.find(Acceptance, **key) is None:
            work.insert(Acceptance, "accept_statement", **key, accepted_at=work.at)


def names_of(account: Account) -> tuple[str, ...]:
    """Give what its password may not be made of."""
    return tuple(filter(None, (account.name, account.code, account.person, account.party)))


def _begin(work: Writer, account: Account) -> str:
    work.note("sign_in", f"accounts/{account.id}")
    return sessions.begin(work, account)


def _account_of(view: Reader, name: str, person: str) -> Account | None:
    """Find the account of a code and a person, else of a name."""
    who = folded_person(person)
    if who:
        for account in view.listed(Account, code=folded_code(name)):
            if folded_person(account.person) == who:
                return account
    return view.find(Account, name=folded_name(name))


def _tried(account: Account | None, name: str = "", person: str = "") -> str:
    """Name what is tried: the account by whichever name, else the name."""
    return f"id/{account.id}" if account is not None else f"{folded_name(name)}/{folded_person(person)}"


def _note_throttled(store: Store, account: Account | None, keys: Keys) -> None:
    """Write down, once, that an account lets nobody in for a while; names that nobody has fill no log."""
    with store.reading() as view:
        is_over = account is not None and throttling.is_exhausted(store, view, keys)
    if account is not None and is_over:
        with store.writing(MACHINE.name) as work:
            work.note("throttle", f"accounts/{account.id}")


def _opened(store: Store, view: Reader, token_or_code: str) -> tuple[Invitation, Account]:
    """Find the invitation that a token or a code opens, and its account."""
    for kept in ({"token": token_digest(token_or_code)}, {"code": code_digest(store, token_or_code)}):
        found = view.find(Invitation, **kept, used_at=None, revoked_at=None)
        if found is None or found.expires_at <= store.now():
            continue
        account = view.find(Account, id=found.account_id, disabled_at=None)
        if account is not None:
            return found, account
    raise SignInRefused([Message("accounts.no_invitation")])


def _principal(account: Account) -> Principal:
    return Principal(account.handle, account.role, account.party, account.id, account.name)
