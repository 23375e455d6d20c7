"""Accounts: who can come in and who can't yet, each account with what may be done, invitations and reminders."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

import streamlit as st

from matcher.domain.moments import in_china
from matcher.domain.roles import PARTIES, ROLES, Principal
from matcher.pages.account_adding import add_account
from matcher.pages.account_panel import KINDS, panel
from matcher.pages.cards import CARDS, cards
from matcher.pages.chosen import choose, chosen_round, pick, pick_counted, round_name
from matcher.pages.figures import Figure, figures
from matcher.pages.frame import heading, page
from matcher.pages.grid import Column, grid, rest, searched
from matcher.pages.handing_over import show_handed
from matcher.pages.markup import chip, notice, tag, text
from matcher.pages.outstanding import invite_all, remind
from matcher.pages.record_fields import capital
from matcher.pages.words import Words
from matcher.services import rounds
from matcher.services.accounts import AccountStatus
from matcher.services.admission import ACCOUNT_STATES, Admission, admission, state_of
from matcher.store import Store

TABS = ("list", "invite", "remind")
_WIDTHS: Mapping[str, int] = {"name": 108, "person": 180, "role": 88, "party": 70, "state": 72, "seen": 128}


@page
def render(say: Words, store: Store, who: Principal) -> None:
    """Show the page."""
    round_ = chosen_round(say, store, who)
    found = admission(store, who, None if round_ is None else round_.id)
    name = round_name(say, rounds.batch_of(store, who, round_), round_) if round_ else say("page.accounts.no_round")
    with heading(say, say("page.title.accounts"), name):
        add_account(say, store, who, found.parties)
    show_handed(say)
    _figures(say, found, has_round=round_ is not None)
    counts = {"list": len(found.accounts), "invite": len(found.uninvited)}
    tab = pick(
        say("page.accounts.tab"),
        TABS,
        "tab",
        format_func=lambda name: say(f"page.accounts.tab.{name}", {"count": counts.get(name, 0)}),
    )
    if tab == "list":
        _accounts(say, store, who, found)
    elif round_ is None:
        st.html(notice(say("page.overview.none"), [say("page.overview.none.hint")]))
    elif tab == "invite":
        invite_all(say, round_, found)
    else:
        remind(say, store, who, round_)


def _figures(say: Words, found: Admission, *, has_round: bool) -> None:
    """Show how many come in, and how many not."""
    states = Counter(state_of(status) for status in found.accounts)
    parties = sum(status.account.role in PARTIES and state_of(status) == "active" for status in found.accounts)
    uninvited = str(len(found.uninvited)) if has_round else "–"
    shown: list[Figure] = [
        ("active", str(states["active"]), say("page.accounts.figure.active.note", {"parties": parties}), "off"),
        ("invited", str(states["invited"]), say("page.accounts.figure.invited.note"), "off"),
        ("uninvited", uninvited, say("page.accounts.figure.uninvited.note"), "orange" if found.uninvited else "off"),
        ("disabled", str(states["disabled"]), say("page.accounts.figure.disabled.note"), "off"),
    ]
    figures(shown, lambda name: say(f"page.accounts.figure.{name}"))


def _accounts(say: Words, store: Store, who: Principal, found: Admission) -> None:
    left, right = st.columns([1.55, 1], gap="small")
    with left, st.container(border=True, key="card-accounts"):
        chosen = _list(say, found)
    with right, st.container(border=True, key="card-account"):
        if chosen is None:
            st.html(notice(say("page.accounts.nobody"), [say("page.accounts.nobody.hint")]))
        else:
            panel(say, store, who, chosen, _party_of(found, chosen))


def _list(say: Words, found: Admission) -> AccountStatus | None:
    """Show the accounts, and give the one that is chosen; None where none is listed."""
    states = Counter(state_of(status) for status in found.accounts)
    count: dict[str, int] = {state: states[state] for state in ACCOUNT_STATES if states[state]}
    label = say("page.desk.state")
    state = pick_counted(say, label, count, "state", lambda name: capital(say(f"page.accounts.state.{name}")))
    with st.container(horizontal=True, gap="small", key="filters"):
        role = choose(
            say("page.accounts.fact.role"),
            ("any", *ROLES),
            "role",
            key_of=str,
            format_func=lambda name: say("page.accounts.role.any" if name == "any" else f"page.role.{name}"),
        )
        wanted = [
            status
            for status in found.accounts
            if state in ("all", state_of(status)) and role in ("any", status.account.role)
        ]
        rows = searched(say, [_row(say, found, status) for status in wanted], "search", say("page.accounts.search"))
    shown = say("page.accounts.shown", {"shown": len(rows), "count": len(found.accounts)})
    st.html(tag("p", text(shown), "quiet"))
    if not rows:
        return None
    with st.container(key="wide"):
        columns = {
            name: Column(say(f"page.accounts.fact.{name}" if name != "state" else "page.desk.state"), width)
            for name, width in _WIDTHS.items()
        }
        choice = (say("page.accounts.choose"), "called")
        alt = say("page.accounts.alt", {"count": len(rows)})
        chosen = grid(say, rows, columns, name="account", alt=alt, choice=choice)
    with st.container(key="narrow"):
        st.html(cards(rows[:CARDS], "account", chosen, _card) + rest(say, len(rows) - CARDS))
    return next(status for status in found.accounts if str(status.account.id) == chosen)


def _row(say: Words, found: Admission, status: AccountStatus) -> dict[str, Any]:
    """Give what the list shows of an account, and what the search finds it by."""
    account, state, party = status.account, state_of(status), _party_of(found, status)
    return {
        "id": str(account.id),
        "called": " · ".join(filter(None, (account.name, account.person or party))),
        "name": account.name,
        "person": account.person,
        "role": say(f"page.role.{account.role}"),
        "party": account.party or "",
        "party_name": party,
        "code": account.code or "",
        "state": say(f"page.accounts.state.{state}"),
        "kind": KINDS[state],
        "seen": in_china(status.seen_at) if status.seen_at else "",
    }


def _party_of(found: Admission, status: AccountStatus) -> str:
    """Name whom an account acts for, as the round does."""
    account = status.account
    return found.parties.get(account.role, {}).get(account.party or "", "") if account.role in PARTIES else ""


def _card(row: Mapping[str, Any]) -> str:
    about = " · ".join(filter(None, (row["role"], row["party"], row["person"])))
    state = tag("span", chip(row["state"], row["kind"]), "quiet")
    return tag("b", text(row["name"])) + tag("span", text(about)) + state


if __name__ == "__main__":
    render()
