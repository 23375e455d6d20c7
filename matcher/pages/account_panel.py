"""One account beside the list: how it stands, and what may be done with it."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

import streamlit as st

from matcher.domain.messages import Message
from matcher.domain.moments import in_china
from matcher.domain.roles import Principal
from matcher.pages.acting import attempt, once
from matcher.pages.handing_over import hand_over
from matcher.pages.markup import chip, fact, literal, notice, tag, text
from matcher.pages.words import Words
from matcher.services import accounts
from matcher.services.accounts import INVITE_DAYS, MOST_DAYS, RESET_DAYS, AccountStatus
from matcher.services.admission import AccountState, state_of
from matcher.services.closing import erased_name
from matcher.store import Store

KINDS: Mapping[AccountState, str] = {"active": "accent", "invited": "", "waiting": "attention", "disabled": ""}
"""How the state of an account is coloured."""


def panel(say: Words, store: Store, who: Principal, status: AccountStatus, party: str) -> None:
    """
    Show an account.

    Parameters
    ----------
    say : Words
    store : Store
    who : Principal
    status : AccountStatus
    party : str
        Name of the firm or of the expert that it acts for; empty where the round knows none.
    """
    account, state = status.account, state_of(status)
    st.header(literal(account.name), anchor="account")
    is_closed = account.name == erased_name(account)
    about = text(say("page.accounts.is", {"role": say(f"page.role.{account.role}"), "number": account.id}))
    st.html(tag("p", chip(say(f"page.accounts.state.{state}"), KINDS[state]) + " " + about, "quiet"))
    st.html(tag("dl", "".join(_facts(say, status, party)), "facts"))
    if is_closed:
        st.html(notice(say("page.accounts.closed"), [say("page.accounts.closed.hint")]))
        return
    with st.container(horizontal=True, gap="small", key="account-actions"):
        _let_in(say, store, who, status)
        _keep_out(say, store, who, status)
        with st.popover(
            say("page.accounts.change"), icon=":material/edit:", key=f"change-{account.id}-{account.version}"
        ):
            _change(say, store, who, status)
        with st.popover(
            say("page.accounts.identity"), icon=":material/badge:", key=f"identity-{account.id}-{account.version}"
        ):
            _identity(say, store, who, status)


def days_asked(say: Words, key: str, usual: int) -> None:
    """Ask for how many days an invitation is to hold."""
    st.number_input(
        say("page.accounts.days", {"most": MOST_DAYS}), min_value=1, max_value=MOST_DAYS, value=usual, key=key
    )


def _facts(say: Words, status: AccountStatus, party: str) -> Iterator[str]:
    account = status.account
    ways = [way for way in ("password", "identity") if getattr(account, "password" if way == "password" else "issuer")]
    said = {
        "party": f"{party} · {account.party}" if party else account.party,
        "person": account.person,
        "code": account.code,
        "ways": say("page.list.join").join(say(f"value.account.{way}") for way in ways),
        "seen": in_china(status.seen_at) if status.seen_at else say("page.accounts.never"),
        "until": in_china(status.invited_until) if status.invited_until else None,
        "issuer": account.issuer,
        "subject": account.subject,
        "disabled": in_china(account.disabled_at) if account.disabled_at else None,
        "changed": f"{account.changed_by} · {account.changed_at[:10]}",
    }
    return (fact(say(f"page.accounts.fact.{name}"), text(value)) for name, value in said.items() if value)


def _let_in(say: Words, store: Store, who: Principal, status: AccountStatus) -> None:
    """Offer what leads somebody in: an invitation, a reset; and to take back what nobody has taken."""
    account, state = status.account, state_of(status)
    if state == "disabled":
        _button(say, "enable", "lock_open", partial(accounts.enable, store, who, account.id), account.name)
        return
    is_reset = account.password is not None
    purpose, usual, icon = ("reset", RESET_DAYS, "key") if is_reset else ("invite", INVITE_DAYS, "mail")
    call: Callable[..., Any] = accounts.reset if is_reset else accounts.invite
    key = f"{purpose}-days-{account.id}"

    def made() -> None:
        hand_over(
            "reset" if is_reset else "invite",
            lambda: call(store, who, account.id, days=int(st.session_state[key])),
        )

    label = say(f"page.accounts.{purpose}{'.again' if status.invited_until else ''}")
    with (
        st.popover(label, icon=f":material/{icon}:", key=f"{purpose}-{account.id}-{status.invited_until}"),
        st.form(f"{purpose}-form-{account.id}", border=False),
    ):
        st.html(tag("p", text(say(f"page.accounts.{purpose}.note")), "quiet"))
        days_asked(say, key, usual)
        st.form_submit_button(say(f"page.accounts.{purpose}.do"), type="primary", on_click=made)
    if status.invited_until:
        _button(say, "revoke", "undo", partial(accounts.revoke_invitation, store, who, account.id), account.name)


def _keep_out(say: Words, store: Store, who: Principal, status: AccountStatus) -> None:
    account = status.account
    if account.disabled_at is not None:
        return
    with st.popover(say("page.accounts.disable"), icon=":material/block:", key=f"out-{account.id}"):
        own = who.account_id == account.id
        st.html(tag("p", text(say(f"page.accounts.disable.note{'.own' if own else ''}")), "quiet"))
        _button(say, "disable", "", partial(accounts.disable, store, who, account.id), account.name, is_primary=True)


def _button(say: Words, step: str, icon: str, call: Callable[[], Any], name: str, *, is_primary: bool = False) -> None:
    st.button(
        say(f"page.accounts.{step}.do"),
        type="primary" if is_primary else "secondary",
        icon=f":material/{icon}:" if icon else None,
        on_click=attempt,
        args=(call, Message(f"page.accounts.done.{step}", {"name": name})),
        key=f"account-{step}",
    )


def _change(say: Words, store: Store, who: Principal, status: AccountStatus) -> None:
    """Ask whom an account is for, and by which code they log in; role and party stay."""
    account = status.account
    person, code = (f"change-{part}-{account.id}-{account.version}" for part in ("person", "code"))

    def changed() -> None:
        said = {"person": st.session_state[person], "code": st.session_state[code]}
        call = partial(accounts.change, store, who, account.id, **said)
        attempt(call, Message("page.accounts.done.change", {"name": account.name}))

    with st.form(f"change-form-{account.id}", border=False):
        st.text_input(say("page.accounts.fact.person"), value=account.person, key=person)
        st.text_input(say("page.accounts.fact.code"), value=account.code or "", key=code)
        st.html(tag("p", text(say("page.accounts.change.note")), "quiet"))
        st.form_submit_button(say("page.accounts.change.do"), type="primary", on_click=changed)


def _identity(say: Words, store: Store, who: Principal, status: AccountStatus) -> None:
    """Ask by which identity of a provider an account lets somebody in, or take it away."""
    account = status.account
    issuer, subject = (f"link-{part}-{account.id}" for part in ("issuer", "subject"))

    @once
    def linked() -> None:
        said = {"issuer": st.session_state[issuer], "subject": st.session_state[subject]}
        call = partial(accounts.link, store, who, account.id, **said)
        attempt(call, Message("page.accounts.done.link", {"name": account.name}))

    with st.form(f"link-form-{account.id}", border=False):
        st.html(tag("p", text(say("page.accounts.link.note")), "quiet"))
        st.text_input(say("page.accounts.fact.issuer"), value=account.issuer or "", key=issuer)
        st.text_input(say("page.accounts.fact.subject"), value=account.subject or "", key=subject)
        st.form_submit_button(say("page.accounts.link.do"), type="primary", on_click=linked)
    if account.issuer is not None:
        _button(say, "unlink", "link_off", partial(accounts.unlink, store, who, account.id), account.name)
