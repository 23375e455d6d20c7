"""Boards for pages: made once a run, for all who may see them, and where each comes from."""

import streamlit as st

from matcher.domain.records import Placement
from matcher.domain.roles import Principal
from matcher.pages import identity
from matcher.pages.markup import fact, tag, text
from matcher.pages.words import Words
from matcher.services import showing, veiled
from matcher.services.board import Board
from matcher.services.exchanges import Pair
from matcher.services.showing import Shown
from matcher.services.veiled import Result


@st.cache_resource(show_spinner=False, max_entries=4)
def board_of_run(url: str, run_id: int, _who: Principal) -> Board:  # noqa: ARG001 - the address is part of the key
    """
    Give the board of a run; made once, since a run does not change any more, for all who may see it.

    Who that is, `matcher.services.standing.standing` is asked at every look; so it is before this is. That they look
    is written down by `written_down`, since a board that is there already is not made again for the next one.
    """
    return showing.board_of(identity.the_store(), _who, run_id)


@st.cache_resource(show_spinner=False, max_entries=4)
def veiled_of_run(url: str, run_id: int, _who: Principal) -> Result:  # noqa: ARG001 - the address is part of the key
    """Give the result of a run as analysts see it; made once, for all of them, as `board_of_run` makes boards."""
    return veiled.result_of(identity.the_store(), _who, run_id)


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


def face(is_calibrated: bool) -> str:
    """End the codes of what is said of fits: good for comparing alone, or chances of a good rating."""
    return ".calibrated" if is_calibrated else ""


def number(value: float | None) -> str:
    """Write a fit or a score."""
    return "–" if value is None else f"{value:.3f}"


def pair_of(line: Placement) -> Pair:
    """Name a line by the ids of its need and of its expert."""
    return line.need_id, line.expert_id
