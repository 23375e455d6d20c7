"""What stands around every page: its look, its language, the list of pages, who is logged in."""

from collections.abc import Callable, Mapping
from functools import wraps
from pathlib import Path

import streamlit as st
from streamlit.delta_generator import DeltaGenerator
from streamlit.navigation.page import Page

from matcher.domain.errors import MatcherError
from matcher.domain.roles import Principal, Role
from matcher.pages import identity
from matcher.pages.acting import shortened, show_told
from matcher.pages.chosen import chosen_round
from matcher.pages.markup import literal, notice, tag, text
from matcher.pages.words import Words, language_switch, words_of_reader
from matcher.store import Store
from matcher.store.entities import Round

HERE = Path(__file__).parent

PAGES: Mapping[Role | str, Mapping[str, tuple[str, ...]]] = {
    "administrator": {
        "desk": ("overview", "rounds", "imports"),
        "rolls": ("experts", "needs"),
        "matching": ("running", "scenarios", "placements"),
        "after": ("notices", "service"),
        "system": ("accounts", "log"),
    },
    "analyst": {
        "matching": ("placements", "scenarios", "running"),
        "analysis": ("diagnosis", "tuning", "evaluation"),
    },
    "firm": {"own": ("my_needs", "find_experts", "my_results")},
    "expert": {"own": ("my_profile", "find_firms", "my_results")},
}
"""The pages of each role, by section; each is a file here. Who names none is led on by `matcher.pages.home`."""

_ICONS = {
    "overview": "space_dashboard",
    "rounds": "event_repeat",
    "imports": "upload_file",
    "experts": "school",
    "needs": "factory",
    "running": "play_circle",
    "scenarios": "compare",
    "placements": "assignment",
    "diagnosis": "troubleshoot",
    "tuning": "tune",
    "evaluation": "grading",
    "notices": "campaign",
    "service": "fact_check",
    "accounts": "manage_accounts",
    "log": "history",
    "my_needs": "edit_note",
    "my_profile": "badge",
    "find_experts": "person_search",
    "find_firms": "manage_search",
    "my_results": "handshake",
}
_KEPT = ("round",)
"""What an address says that the next page is about as well."""


def show() -> None:
    """Show the frame and, in it, the page that the address names, of those that whoever looks may see."""
    with identity.the_store().looking():
        _show()


def _show() -> None:
    say = words_of_reader()
    # A picture of our own: the browser would fetch a named icon from outside.
    st.set_page_config(page_title=say("page.brand"), page_icon=str(HERE / "icon.png"), layout="wide")
    st.html(HERE / "style.css")
    if identity.is_demonstration():
        st.html(tag("p", text(say("page.demo")), "demo", role="note"))
    who = identity.current_principal()
    _forget_others(who)
    with st.sidebar:
        st.html(tag("div", tag("span", "", "dots", aria_hidden="true") + text(say("page.brand")), "brand"))
    if who is None:
        st.html(notice(say("page.no_session"), [say("page.no_session.hint")]))
        st.link_button(say("page.login"), _with_language(say, "/account/login"))
        return
    pages = _pages(say, who.role)
    asked = st.navigation(list(pages.values()), position="hidden")
    st.session_state["page_here"] = next((name for name, one in pages.items() if one == asked), None)
    st.set_page_config(page_title=f"{asked.title} · {say('page.brand')}")
    with st.sidebar:
        st.session_state["round_place"] = st.container()
        for section, names in PAGES[who.role].items():
            st.html(tag("p", text(say(f"page.section.{section}")), "section"))
            for name in names:
                link_to(say, name, say(f"page.title.{name}"), icon=_ICONS[name])
    try:
        asked.run()
    except MatcherError as fault:
        st.html(notice(say("page.refused"), shortened(say, list(fault.messages)), "attention"))
    with st.sidebar:
        _account(say, who)


def _pages(say: Words, role: Role | str) -> Mapping[str, Page]:
    """Make the pages of a role by name, the way in without one; once a tab and language, as each looks for its file."""
    if st.session_state.get("pages_of") != (role, say.lang):
        names = [name for section in PAGES[role].values() for name in section]
        st.session_state["pages_of"] = (role, say.lang)
        made = {name: st.Page(HERE / f"{name}.py", title=say(f"page.title.{name}")) for name in names}
        # The default page has no path but the root: were it one of these, its own name would lead nowhere.
        st.session_state["pages"] = {"": st.Page(HERE / "home.py", title=say("page.brand"), default=True), **made}
    return st.session_state["pages"]


def page(shows: Callable[[Words, Store, Principal], None]) -> Callable[[], None]:
    """Make a page of what shows it, in the reader's words, to whoever is logged in when it is looked at."""

    @wraps(shows)
    def render() -> None:
        who = identity.current_principal()
        if who is not None:
            shows(words_of_reader(), identity.the_store(), who)

    return render


def page_of_round(name: str) -> Callable[[Callable[[Words, Store, Principal, Round], None]], Callable[[], None]]:
    """Make a page about the round that is chosen; where there is none, it leads to where one begins."""

    def of_what_shows(shows: Callable[[Words, Store, Principal, Round], None]) -> Callable[[], None]:
        @page
        @wraps(shows)
        def render(say: Words, store: Store, who: Principal) -> None:
            round_ = chosen_round(say, store, who)
            if round_ is not None:
                shows(say, store, who, round_)
                return
            heading(say, say(f"page.title.{name}"))
            st.html(notice(say("page.overview.none"), [say("page.overview.none.hint")]))
            link_to(say, "imports", say("page.title.imports"))

        return render

    return of_what_shows


def heading(say: Words, title: str, subtitle: str = "") -> DeltaGenerator:
    """
    Put the title over a page, and below it what came of what was asked for.

    Returns
    -------
    DeltaGenerator
        A row beside the title, for what concerns the whole page.
    """
    left, right = st.columns([3, 2], vertical_alignment="center")
    with left:
        st.title(literal(title), anchor=False)
        if subtitle:
            st.html(tag("p", text(subtitle), "subtitle"))
    row = right.container(horizontal=True, horizontal_alignment="right", vertical_alignment="center")
    with row:
        language_switch(say)
    show_told(say)
    return row


def link_to(say: Words, name: str, label: str, *, icon: str | None = None, **query: str) -> None:
    """
    Lead to another page, about the same round and in the same language; nowhere, where whoever looks has no such page.

    Parameters
    ----------
    say : Words
    name : str
        Of the page, as in `PAGES`.
    label : str
    icon : str or None
    query : str
        What else the address is to say.
    """
    there = st.session_state["pages"].get(name)
    if there is None:
        return
    kept = {key: st.query_params[key] for key in _KEPT if key in st.query_params}
    shown = f":material/{icon}:" if icon else None
    st.page_link(there, label=label, icon=shown, query_params={**say.query, **kept, **query})


def export_link(say: Words, label: str, path: str) -> str:
    """Write a link to a file to take away; what is to be looked at first, its address says before it gives the file."""
    return tag("a", text(label), "download", href=_with_language(say, path), target="_self")


def door_link(say: Words, label: str, path: str, *, icon: str, is_primary: bool = False) -> None:
    """Lead to a plain page, or to a file to take away, beside Streamlit's pages and in the same language."""
    kind = "primary" if is_primary else "secondary"
    st.link_button(label, _with_language(say, path), icon=f":material/{icon}:", type=kind)


def _forget_others(who: Principal | None) -> None:
    """Drop what a session of the server holds of somebody else, to whose connection this one was added."""
    if st.session_state.get("principal", who) != who:
        st.session_state.clear()
    st.session_state["principal"] = who


def _account(say: Words, who: Principal) -> None:
    """Say who is logged in, and lead to what one does about that: plain pages, beside Streamlit's."""
    links = "".join(
        tag("a", text(say(f"page.account.{name}")), href=_with_language(say, f"/account/{name}"), target="_self")
        for name in ("password", "privacy", "logout")
    )
    name = tag("b", text(who.shown)) + tag("small", text(say(f"page.role.{who.role}")))
    st.html(tag("div", tag("p", name) + tag("p", links, "links"), "account"))


def _with_language(say: Words, path: str) -> str:
    return f"{path}{'&' if '?' in path else '?'}lang={say.lang}" if say.query else path
