"""What stands around every page: its look, its language, the list of pages, and where the result comes from."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from matcher.domain.messages import Message, Problem
from matcher.language import LANGUAGES, sentence
from matcher.language.catalogue import DEFAULT
from matcher.pages.markup import fact, tag, text
from matcher.services.board import Board, fingerprint, load_board

HERE = Path(__file__).parent


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
    """Show the frame and, in it, the page that the address names."""
    say = words_of_reader()
    # A picture of our own: the browser would fetch a named icon from outside.
    st.set_page_config(page_title=say("page.brand"), page_icon=str(HERE / "icon.png"), layout="wide")
    st.html(HERE / "style.css")
    pages = [st.Page(HERE / "placements.py", title=say("page.placements"), default=True)]
    with st.sidebar:
        st.html(tag("div", tag("span", "", "dots", aria_hidden="true") + text(say("page.brand")), "brand"))
    page = st.navigation(pages, position="hidden")
    with st.sidebar:
        st.html(tag("p", text(say("page.section.result")), "section"))
        for listed in pages:
            st.page_link(
                listed, icon=":material/assignment:", query_params={} if say.lang == DEFAULT else {"lang": say.lang}
            )
    page.run()


def result_folder() -> Path:
    """Where the main job put its result: ``MATCHER_OUT``, else ``out``."""
    return Path(os.environ.get("MATCHER_OUT") or "out")


def current_board() -> Board | None:
    """
    Give the result as it stands on the disk now; made once for everybody, until a file changes.

    Returns
    -------
    Board or None
        None where there is no result.

    Raises
    ------
    InputError
        When the result is damaged.
    """
    folder = result_folder()
    return _board(str(folder), fingerprint(folder))


def provenance(say: Words, board: Board) -> None:
    """Say beside the pages what the result was made of."""
    report = board.report
    sources = (
        tag("li", text(source["file"]) + tag("code", text(source["sha256"][:8])))
        for source in report["inputs"].values()
    )
    facts = [
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


@st.cache_resource(show_spinner=False, max_entries=2)
def _board(folder: str, fingerprint: str) -> Board | None:  # noqa: ARG001 - the key under which it is kept
    return load_board(Path(folder))
