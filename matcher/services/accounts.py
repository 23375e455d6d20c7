"""
Accounts, as the office keeps them: who may log in, invitations, resets.

No e-mail is assumed. An invitation is a link and a short code, shown once, to be handed over on paper or by a message;
what is kept of either opens nothing. Only the newest invitation of an account holds.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal

from matcher.domain.errors import InputError, NotAllowed
from matcher.domain.messages import Message, Problem
from matcher.domain.moments import as_written, moment
from matcher.domain.roles import MACHINE, PARTIES, Principal, Role
from matcher.domain.settings import Side
from matcher.services import passwords, sessions
from matcher.services.names import MOST, folded_code, folded_name, folded_person
from matcher.services.permissions import permitted
from matcher.services.tokens import code_digest, new_code, new_token, token_digest
from matcher.store import Reader, Store, Writer
from matcher.store.entities import Account, Application, Invitation, NeedForm, Round, Session

INVITE_DAYS, RESET_DAYS, MOST_DAYS = 14, 3, 90
"""How long an invitation and a reset hold unless told, and what can be told at most."""

_RESERVED = ("erased-", *(f"{side}:" for side in PARTIES))
"""What no name begins with: closed accounts are called so, and parties in the log."""


@dataclass(frozen=True, slots=True)
class Invited:
    """
    An invitation as it is handed over; nobody can show it again.

    Parameters
    ----------
    account : Account
    token : str
        For the link.
    code : str
        To be typed, for who has paper alone.
    expires_at : str
    """

    account: Account
    token: str = field(repr=False)
    code: str = field(repr=False)
    expires_at: str


@dataclass(frozen=True, slots=True)
class AccountStatus:
    """
    An account, and how it is used.

    Parameters
    ----------
    account : Account
    seen_at : str or None
        When somebody was last seen by it, to five minutes; None: never, or not since it was reset long ago.
    invited_until : str or None
        Until when an invitation holds that nobody has taken; None where there is none.
    """

    account: Account
    seen_at: str | None
    invited_until: str | None


@permitted
def add(
    store: Store,
    who: Principal,
    *,
    name: str,
    role: Role,
    party: str | None = None,
    code: str | None = None,
    person: str = "",
    password: str | None = None,
) -> Account:
    """
    Make an account.

    Parameters
    ----------
    store : Store
    who : Principal
    name : str
        To log in by, and of a colleague what stands in the log; kept in small letters, without spaces.
    role : str
        One of `matcher.domain.roles.ROLES`.
    party : str or None
        Id of the firm or the expert that a party acts for.
    code : str or None
        A firm's credit code or id, or an expert's id: with ``person`` it logs in too.
    person : str
        Name of whoever it is for.
    password : str or None
        Of whoever makes their own account, such as the first administrator; others are invited.

    Raises
    ------
    InputError
        When the name, or code and person, are another's or none, the party is missing or one too many, or the password
        is no good one.
    """
    hashed = None
    if password is not None:
        passwords.confirm_good(password, [text for text in (name, code, person, party) if text])
        with passwords.few_at_once():
            hashed = passwords.hashed(password)
    values = _confirmed(name, role, party=party, code=code, person=person)
    with store.writing(who.name) as work:
        return _added(work, {**values, "password": hashed})


@permitted
def invite(store: Store, who: Principal, account_id: int, *, days: int = INVITE_DAYS) -> Invited:
    """
    Invite whoever has an account to set its password.

    Raises
    ------
    InputError
        When ``days`` are not 1 to `MOST_DAYS`.
    NotAllowed
        When the account is disabled, or has a password: that takes a `reset`.
    """
    with store.writing(who.name) as work:
        account = _enabled(work, account_id)
        if account.password is not None:
            raise NotAllowed([Message("accounts.has_password", {"name": account.name})])
        return _invited(store, work, account, "invite", days)


@permitted
def invite_parties(
    store: Store, who: Principal, round_id: int, *, days: int = INVITE_DAYS, again: bool = False
) -> list[Invited]:
    """
    Invite every firm and every expert of a round that has no account that can log in; those without one get one.

    Parameters
    ----------
    store : Store
    who : Principal
    round_id : int
    days : int
    again : bool
        Also those whose invitation still holds; that one opens nothing any more.

    Returns
    -------
    list of Invited
        Firms, then experts, by id. A party all of whose accounts are disabled is not invited.
    """
    with store.writing(who.name) as work:
        work.get(Round, id=round_id)
        invited = []
        for party in _parties(work, round_id):
            account = _account_to_invite(work, party, is_again=again)
            if account is not None:
                invited.append(_invited(store, work, account, "invite", days))
        return invited


@permitted
def revoke_invitation(store: Store, who: Principal, account_id: int) -> None:
    """
    Take back the invitation or the reset of an account that nobody has taken yet.

    Raises
    ------
    NotAllowed
        When there is none.
    """
    with store.writing(who.name) as work:
        account = work.get(Account, id=account_id)
        if not _revoke_open(work, account.id):
            raise NotAllowed([Message("accounts.nothing_to_revoke", {"name": account.name})])


@permitted
def reset(store: Store, who: Principal, account_id: int, *, days: int = RESET_DAYS) -> Invited:
    """
    Let whoever has an account set another password, and end its sessions; the old password holds until then.

    Raises
    ------
    NotAllowed
        When the account is disabled.
    """
    with store.writing(who.name) as work:
        account = _enabled(work, account_id)
        sessions.end_all(work, account.id)
        return _invited(store, work, account, "reset", days)


@permitted
def disable(store: Store, who: Principal, account_id: int) -> Account:
    """
    Let nobody in by an account any more: its sessions end, its invitation is taken back. What it did stays on record.

    Raises
    ------
    NotAllowed
        When it is an administrator's, and no other can log in.
    """
    with store.writing(who.name) as work:
        account = work.get(Account, id=account_id)
        _confirm_not_last(work, account, "accounts.last_administrator")
        _revoke_open(work, account.id)
        sessions.end_all(work, account.id)
        return account if account.disabled_at else work.change(account, "disable_account", disabled_at=work.at)


@permitted
def enable(store: Store, who: Principal, account_id: int) -> Account:
    """Let an account that was disabled in again, by the password that it had."""
    with store.writing(who.name) as work:
        return work.change(work.get(Account, id=account_id), "enable_account", disabled_at=None)


@permitted
def link(store: Store, who: Principal, account_id: int, *, issuer: str, subject: str) -> Account:
    """
    Let an account in by an identity provider, in the place of another identity.

    Parameters
    ----------
    store : Store
    who : Principal
    account_id : int
    issuer, subject : str
        The claims ``iss`` and ``sub`` of OpenID Connect, to the letter.

    Raises
    ------
    InputError
        When either is empty, or they are another account's.
    """
    if not (issuer.strip() and subject.strip()):
        raise InputError([Problem(Message("accounts.identity_empty"))])
    with store.writing(who.name) as work:
        account = work.get(Account, id=account_id)
        other = work.find(Account, issuer=issuer.strip(), subject=subject.strip())
        if other is not None and other.id != account.id:
            raise InputError([Problem(Message("accounts.identity_taken", {"name": other.name}))])
        return work.change(account, "link_account", issuer=issuer.strip(), subject=subject.strip())


@permitted
def unlink(store: Store, who: Principal, account_id: int) -> Account:
    """
    Let an account in by no identity provider any more; its sessions end, since they may have begun by one.

    Raises
    ------
    NotAllowed
        When no identity is linked, or it is an administrator's only way in and no other administrator can log in.
    """
    with store.writing(who.name) as work:
        account = work.get(Account, id=account_id)
        if account.issuer is None:
            raise NotAllowed([Message("accounts.nothing_to_unlink", {"name": account.name})])
        if account.password is None:
            _confirm_not_last(work, account, "accounts.only_way_in")
        sessions.end_all(work, account.id)
        return work.change(account, "unlink_account", issuer=None, subject=None)


@permitted
def change(
    store: Store, who: Principal, account_id: int, *, person: str | None = None, code: str | None = None
) -> Account:
    """
    Say otherwise whom an account is for, and by which code they log in; role and party stay what they are.

    Whoever gets another role gets another account: the log has what was done as what.

    Parameters
    ----------
    store : Store
    who : Principal
    account_id : int
    person : str or None
        None: as it is.
    code : str or None
        None: as it is; empty: none any more.

    Raises
    ------
    InputError
        When nothing is said, one is too long, a code is without a person, or both log in somebody else already.
    """
    if person is None and code is None:
        raise InputError([Problem(Message("accounts.nothing_to_change"))])
    with store.writing(who.name) as work:
        account = work.get(Account, id=account_id)
        new_person = account.person if person is None else person.strip()
        new_code = account.code if code is None else folded_code(code) or None
        _raise_all(_wrong_with(new_code, new_person, code or ""))
        _confirm_free(work, new_code, new_person, but=account.id)
        return work.change(account, "change_account", person=new_person, code=new_code)


@permitted
def account_named(store: Store, who: Principal, name: str) -> Account:
    """
    Find an account by its name.

    Raises
    ------
    InputError
        When there is none.
    """
    with store.reading() as view:
        found = view.find(Account, name=folded_name(name))
    if found is None:
        raise InputError([Problem(Message("accounts.no_such_account", {"value": name}))])
    return found


@permitted
def accounts(store: Store, who: Principal) -> list[AccountStatus]:
    """List the accounts, the oldest first, with when each was last seen, and whether it is invited."""
    with store.reading() as view:
        seen: dict[int, str] = {}
        for session in view.listed(Session):
            seen[session.account_id] = max(session.seen_at, seen.get(session.account_id, ""))
        invited = {
            open_.account_id: open_.expires_at
            for open_ in view.listed(Invitation, used_at=None, revoked_at=None)
            if open_.expires_at > store.now()
        }
        return [AccountStatus(row, seen.get(row.id), invited.get(row.id)) for row in view.listed(Account)]


def can_log_in(account: Account) -> bool:
    """Whether somebody can log in by an account: it has a password or an identity, and is not disabled."""
    return account.disabled_at is None and (account.password is not None or account.issuer is not None)


@dataclass(frozen=True, slots=True)
class _Party:
    """Whom `invite_parties` invites: what it is called, and codes that it may log in with, the best first."""

    side: Side
    own_id: str
    codes: tuple[str, ...]
    person: str


def _confirmed(name: str, role: Role, *, party: str | None, code: str | None, person: str) -> dict[str, str | None]:
    """Give the columns of a new account as they are kept, when each is what it should be."""
    party, code, person = (party or "").strip() or None, folded_code(code or "") or None, person.strip()
    problems = []
    if not folded_name(name):
        problems.append(Message("accounts.without_name"))
    elif folded_name(name) == MACHINE.name or folded_name(name).startswith(_RESERVED):
        problems.append(Message("accounts.name_taken", {"value": name}))
    if (party is not None) != (role in PARTIES):
        values = {"role": Message(f"value.role.{role}")}
        problems.append(Message("accounts.party_missing" if party is None else "accounts.party_unwanted", values))
    _raise_all([*problems, *_wrong_with(code, person, name)])
    return {"name": folded_name(name), "role": role, "party": party, "code": code, "person": person}


def _wrong_with(code: str | None, person: str, *texts: str) -> Iterator[Message]:
    """Tell what is wrong with how somebody logs in; of other texts, whether they are too long."""
    if code is not None and not folded_person(person):
        yield Message("accounts.code_without_person")
    for text in (*texts, code or "", person):
        if len(text) > MOST:
            yield Message("accounts.too_long", {"value": text, "most": MOST})


def _raise_all(messages: Iterable[Message]) -> None:
    if problems := [Problem(message) for message in messages]:
        raise InputError(problems)


def _added(work: Writer, values: dict[str, str | None]) -> Account:
    if work.find(Account, name=values["name"]) is not None:
        raise InputError([Problem(Message("accounts.name_taken", {"value": values["name"]}))])
    _confirm_free(work, values["code"], values["person"] or "")
    return work.insert(Account, "add_account", **values)


def _confirm_free(view: Reader, code: str | None, person: str, *, but: int | None = None) -> None:
    if code is not None and _is_taken(view, code, person, but=but):
        raise InputError([Problem(Message("accounts.code_taken", {"code": code, "person": person}))])


def _is_taken(view: Reader, code: str, person: str, *, but: int | None = None) -> bool:
    """Whether a code and a person log in somebody else already, however the person's name is written."""
    others = (row for row in view.listed(Account, code=code) if row.id != but)
    return any(folded_person(row.person) == folded_person(person) for row in others)


def _confirm_not_last(view: Reader, account: Account, why: str) -> None:
    """Make sure that somebody can log in who keeps the accounts, when an administrator no longer can."""
    others = [found for found in view.listed(Account, role="administrator") if found.id != account.id]
    if account.role == "administrator" and not any(map(can_log_in, others)):
        raise NotAllowed([Message(why, {"name": account.name})])


def _enabled(work: Writer, account_id: int) -> Account:
    account = work.get(Account, id=account_id)
    if account.disabled_at is not None:
        raise NotAllowed([Message("accounts.is_disabled", {"name": account.name})])
    return account


def _invited(store: Store, work: Writer, account: Account, purpose: Literal["invite", "reset"], days: int) -> Invited:
    """Make an invitation in the place of the one before."""
    if not 1 <= days <= MOST_DAYS:
        raise InputError([Problem(Message("accounts.days", {"value": days, "most": MOST_DAYS}))])
    _revoke_open(work, account.id)
    token, code = new_token(), new_code()
    until = as_written(moment(work.at) + timedelta(days=days))
    kept = {"token": token_digest(token), "code": code_digest(store, code), "expires_at": until}
    made = {"made_at": work.at, "made_by": work.who}
    work.insert(Invitation, purpose, account_id=account.id, purpose=purpose, **kept, **made)
    return Invited(account, token, code, until)


def _revoke_open(work: Writer, account_id: int) -> bool:
    """Take back what nobody has taken yet, and tell whether any of it still held."""
    found = work.listed(Invitation, account_id=account_id, used_at=None, revoked_at=None)
    for invitation in found:
        work.change(invitation, "revoke_invitation", revoked_at=work.at)
    return any(invitation.expires_at > work.at for invitation in found)


def _parties(view: Reader, round_id: int) -> Iterator[_Party]:
    """List a round's firms, by the first of their needs, and its experts."""
    firms: dict[str, _Party] = {}
    for form in view.listed(NeedForm, round_id=round_id):
        record = form.record
        codes = tuple(filter(None, map(folded_code, (record.credit_code, record.firm_id))))
        firms.setdefault(record.firm_id, _Party("firm", record.firm_id, codes, record.name))
    yield from sorted(firms.values(), key=lambda firm: firm.own_id)
    for form in view.listed(Application, round_id=round_id):
        own_id = form.record.expert_id
        yield _Party("expert", own_id, (folded_code(own_id),), form.record.name)


def _account_to_invite(work: Writer, party: _Party, *, is_again: bool) -> Account | None:
    """Find, or make, the account by which a party is to be invited; None where it is not."""
    found = work.listed(Account, role=party.side, party=party.own_id)
    enabled = [account for account in found if account.disabled_at is None]
    if any(map(can_log_in, enabled)) or (found and not enabled):
        return None
    if enabled:
        holds = any(
            invitation.expires_at > work.at
            for account in enabled
            for invitation in work.listed(Invitation, account_id=account.id, used_at=None, revoked_at=None)
        )
        return enabled[0] if is_again or not holds else None
    code = next((code for code in party.codes if not _is_taken(work, code, party.person)), None)
    values = {"name": _free_name(work, party), "role": party.side, "party": party.own_id, "person": party.person}
    return _added(work, {**values, "code": code})


def _free_name(view: Reader, party: _Party) -> str:
    """Name an account by its party's id, or by side and id where another has that name."""
    names = (party.own_id, *(f"{party.side}{number or ''}-{party.own_id}" for number in range(1000)))
    return next(name for name in map(folded_name, names) if name and view.find(Account, name=name) is None)
