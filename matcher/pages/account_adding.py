"""A new account: a colleague's, or one more of a firm or an expert; and the invitation that goes with it."""

from collections.abc import Mapping
from functools import partial

import streamlit as st

from matcher.domain.messages import Message
from matcher.domain.roles import PARTIES, ROLES, Principal, Role
from matcher.domain.settings import Side
from matcher.pages.account_panel import days_asked
from matcher.pages.acting import attempt, once
from matcher.pages.handing_over import hand_over
from matcher.pages.markup import tag, text
from matcher.pages.words import Words
from matcher.services import accounts
from matcher.services.accounts import INVITE_DAYS
from matcher.store import Store

_TYPED = ("name", "person", "code")
_MADE = "accounts-made"


def add_account(say: Words, store: Store, who: Principal, parties: Mapping[Side, Mapping[str, str]]) -> None:
    """Ask for what makes an account; with an invitation, which is shown then, unless that is to wait."""
    # Another key closes it: what was made is shown below it.
    key = f"add-account-{st.session_state.get(_MADE, 0)}"
    with st.popover(say("page.accounts.add"), icon=":material/person_add:", key=key):
        role: Role = st.segmented_control(
            say("page.accounts.fact.role"),
            ROLES,
            format_func=lambda role: say(f"page.role.{role}"),
            default=ROLES[0],
            required=True,
            key="add-role",
        )
        with st.form("add-form", border=False):
            st.text_input(say("page.accounts.fact.name"), key="add-name", help=say("page.accounts.name.help"))
            if role in PARTIES:
                names = parties.get(role, {})
                st.selectbox(
                    say(f"page.accounts.party.{role}"),
                    list(names),
                    index=None,
                    format_func=lambda own_id: " · ".join(filter(None, (own_id, names.get(own_id)))),
                    placeholder=say("page.accounts.party.placeholder"),
                    accept_new_options=True,
                    key=f"add-party-{role}",
                )
            st.text_input(say("page.accounts.fact.person"), key="add-person")
            if role in PARTIES:
                st.text_input(say("page.accounts.fact.code"), key="add-code", help=say("page.accounts.code.help"))
            st.checkbox(say("page.accounts.add.invite"), value=True, key="add-invite")
            days_asked(say, "add-days", INVITE_DAYS)
            st.html(tag("p", text(say(f"page.accounts.add.note.{role}")), "quiet"))
            st.form_submit_button(
                say("page.accounts.add.do"), type="primary", on_click=once(_added), args=(store, who, role)
            )


def _added(store: Store, who: Principal, role: Role) -> None:
    typed = st.session_state
    is_party = role in PARTIES
    call = partial(
        accounts.add,
        store,
        who,
        name=typed["add-name"],
        role=role,
        party=typed[f"add-party-{role}"] if is_party else None,
        code=typed["add-code"] if is_party else None,
        person=typed["add-person"],
    )
    account = attempt(call, lambda made: Message("page.accounts.done.add", {"name": made.name}))
    if account is None:
        return
    if typed["add-invite"]:
        hand_over("invite", lambda: accounts.invite(store, who, account.id, days=int(typed["add-days"])))
    typed[_MADE] = typed.get(_MADE, 0) + 1
    for name in _TYPED:
        typed[f"add-{name}"] = ""
    st.query_params["account"] = str(account.id)
    for name in ("state", "role", "tab"):
        st.query_params.pop(name, None)
