"""What stands around every page: its look, its language, the list of pages, and where the result comes from."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from matcher.domain.messages import Message, Problem
from matcher.domain.roles import Principal, Role
from matcher.language import LANGUAGES, sentence
from matcher.language.catalogue import DEFAULT
from matcher.pages import identity
from matcher.pages.markup import fact, notice, tag, text
from matcher.services import showing
from matcher.services.board import Board
from matcher.services.showing import Shown

HERE = Path(__file__).parent

_HOME: Mapping[Role | str, tuple[str, str, str]] = {
    "administrator": ("placements", "page.placements", ":material/assignment:"),
    "analyst": ("listing", "page.placements", ":material/assignment:"),
    "firm": ("own", "page.own", ":material/handshake:"),
    "expert": ("own", "page.own", ":material/handshake:"),
}
"""The page of each role: its file, its title, its icon."""


@dataclass(frozen=True, slots=True)
class Words:
    """
    The catalogue in the language of one reader.

    Examples
    --------
    >>> Words("en")("value.yes")
    'yes'
    """

    lang: str

    def __call__(self, code: str, values: Mapping[str, object] | None = None) -> str:
        """Say an entry with its values."""
        return sentence(Message(code, values or {}), self.lang)

    def say(self, message: Message | Problem | str) -> str:
        """Say a message; a text stays as it is."""
        return message if isinstance(message, str) else sentence(message, self.lang)


def words_of_reader() -> Words:
    """Take the language from the address, ``?lang=en``, so that a link keeps it; else the default."""
    asked = st.query_params.get("lang", DEFAULT)
    return Words(asked if asked in LANGUAGES else DEFAULT)


def language_switch(say: Words) -> None:
    """Offer both languages, each in its own words."""

    def chosen() -> None:
        lang = st.session_state["lang"]
        if lang == DEFAULT:
            st.query_params.pop("lang", None)
        else:
            st.query_params["lang"] = lang

    st.session_state["lang"] = say.lang
    st.segmented_control(
        say("page.language"),
        sorted(LANGUAGES, reverse=True),
        format_func=lambda lang: Words(lang)("page.language.own_name"),
        required=True,
        key="lang",
        on_change=chosen,
        label_visibility="collapsed",
    )


def show() -> None:
    """Show the frame and, in it, the page that the address names, of those that whoever looks may see."""
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
    name, code, icon = _HOME[who.role]
    pages = [st.Page(HERE / f"{name}.py", title=say(code), default=True)]
    page = st.navigation(pages, position="hidden")
    with st.sidebar:
        st.html(tag("p", text(say("page.section.result")), "section"))
        for listed in pages:
            st.page_link(listed, icon=icon, query_params={} if say.lang == DEFAULT else {"lang": say.lang})
    page.run()
    with st.sidebar:
        _account(say, who)


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
    return path if say.lang == DEFAULT else f"{path}?lang={say.lang}"


@st.cache_resource(show_spinner=False, max_entries=4)
def board_of_run(url: str, run_id: int, _who: Principal) -> Board:  # noqa: ARG001 - the address is part of the key
    """
    Give the board of a run; made once, since a run does not change any more, for all who may see it.

    Who that is, `newest_result` is asked at every look; so it is before this is. That they look is written down by
    `written_down`, since a board that is there already is not made again for the next one.
    """
    return showing.board_of(identity.the_store(), _who, run_id)


def written_down(run_id: int, who: Principal) -> None:
    """Write down, once in a session of the server, that somebody looks at the board of a run: wishes are in it."""
    looked = st.session_state.setdefault("looked_at", set())
    if run_id not in looked:
        showing.note_look(identity.the_store(), who, run_id)
        looked.add(run_id)


def provenance(say: Words, board: Board, shown: Shown) -> None:
    """Say beside the pages which result it is, and what it was made of."""
    report = board.report
    sources = (
        tag("li", text(source["file"]) + tag("code", text(source["sha256"][:8])))
        for source in report["inputs"].values()
    )
    publication = shown.publication
    facts = [
        fact(say("page.made.round"), text(f"{shown.batch} · {shown.round_.number}")),
        fact(say("page.made.run"), text(say("page.made.run.of", {"scenario": shown.scenario, "run": shown.run.id}))),
        *([fact(say("page.made.document"), text(publication.document_number))] if publication else []),
        fact(say("page.made.objective"), text(objective(say, board))),
        fact(say("page.made.proposer"), text(say(f"page.proposer.{report['proposer']}"))),
        fact(say("page.made.inputs"), tag("ul", "".join(sources))),
        fact(say("page.made.version"), text(report["versions"].get("matcher", ""))),
        fact(say("page.made.seed"), text(report["seed"])),
    ]
    with st.sidebar:
        st.html(tag("p", text(say("page.made")), "section") + tag("dl", "".join(facts), "made"))


def objective(say: Words, board: Board) -> str:
    """Name the objective of a result."""
    return say(f"page.objective.{board.certificate.objective}")
