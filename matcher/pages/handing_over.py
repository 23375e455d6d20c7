"""Invitations as they are handed over: shown in one look at the page and never again."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

import streamlit as st

from matcher.domain.moments import in_china
from matcher.pages import identity
from matcher.pages.acting import attempt
from matcher.pages.markup import fact, literal, tag, text
from matcher.pages.words import Words
from matcher.services.accounts import Invited
from matcher.services.server import invitation_link
from matcher.services.tokens import grouped

_HANDED = "handed-over"


@dataclass(frozen=True, slots=True)
class Handed:
    """What is handed over: a link and a short code, and how whoever gets them logs in later."""

    purpose: Literal["invite", "reset"]
    link: str = field(repr=False)
    code: str = field(repr=False)
    name: str
    logs_in_by: str
    expires_at: str


def hand_over(purpose: Literal["invite", "reset"], call: Callable[[], Invited]) -> Invited | None:
    """Make an invitation, and keep it for the next look; None where it was refused, which is told."""

    def made() -> tuple[Handed, Invited]:
        settings = identity.server()  # read before anything is made: a token whose link can't be told is lost
        invited = call()
        account = invited.account
        logs_in_by = f"{account.code} · {account.person}" if account.code else account.name
        link = invitation_link(settings, invited.token, purpose=purpose)
        return Handed(purpose, link, invited.code, account.name, logs_in_by, invited.expires_at), invited

    found = attempt(made)
    if found is None:
        return None
    st.session_state[_HANDED], invited = found
    return invited


def show_handed(say: Words) -> None:
    """Show what was just made, once: what is kept of it opens nothing."""
    handed: Handed | None = st.session_state.pop(_HANDED, None)
    if handed is None:
        return
    with st.container(border=True, key="card-handed"):
        st.header(literal(say(f"page.accounts.handed.{handed.purpose}", {"name": handed.name})), anchor=False)
        st.html(tag("p", text(say("page.accounts.handed.once")), "once", role="status"))
        left, right = st.columns([2.6, 1], gap="small")
        left.html(tag("p", text(say("page.accounts.handed.link")), "quiet"))
        left.code(handed.link, language=None, wrap_lines=True)
        right.html(tag("p", text(say("page.accounts.handed.code")), "quiet"))
        right.code(grouped(handed.code), language=None)
        facts = (
            fact(say("page.accounts.handed.until"), text(in_china(handed.expires_at))),
            fact(say("page.accounts.handed.logs_in_by"), text(handed.logs_in_by)),
        )
        st.html(tag("dl", "".join(facts), "facts"))
