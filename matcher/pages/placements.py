"""The placement list of a scenario: the figures, the list, why each pair, what to change, and who was left out."""

import streamlit as st

from matcher.domain.errors import InputError
from matcher.domain.roles import Principal
from matcher.pages.acting import shortened
from matcher.pages.boards import board_of_run, face, objective, provenance, written_down
from matcher.pages.changes import Desk, change_pair, changed_since, in_force, replace_asked
from matcher.pages.chosen import chosen_list, with_tabs
from matcher.pages.figures import Figure, figures
from matcher.pages.frame import heading, page
from matcher.pages.left_out import left_out
from matcher.pages.list_table import choice, filtered, state_chip
from matcher.pages.markup import notice, tag
from matcher.pages.progress import show_run
from matcher.pages.spread import spread
from matcher.pages.veiled_list import veiled_list
from matcher.pages.why_panel import as_listed, ask_pair, others, reasons, why_not_another
from matcher.pages.words import Words
from matcher.services import runs
from matcher.services.board import Board, records_of
from matcher.services.pairs import view_pair
from matcher.services.spread import spread_of
from matcher.services.standing import standing
from matcher.store import Store, database_url


@page
def render(say: Words, store: Store, who: Principal) -> None:
    """Show the page."""
    scenario = chosen_list(say, store, who)
    if who.role == "analyst":
        veiled_list(say, store, who, scenario)
        return
    found = None if scenario is None else standing(store, who, scenario.id)
    if found is None:
        heading(say, say("page.title.placements"))
        st.html(notice(say("page.nothing"), [say("page.nothing.hint")]))
        if scenario is not None and (tried := runs.runs_of(store, who, scenario.id)):
            show_run(say, who, tried[-1])
        return
    run = found.shown.run
    try:
        board = board_of_run(database_url(), run.id, who)
    except InputError as fault:
        heading(say, say("page.title.placements"))
        lines = [*shortened(say, list(fault.messages)), say("page.make_run")]
        st.html(notice(say("page.damaged"), lines, "attention"))
        return
    written_down(run.id, who)
    heading(say, say("page.title.placements"), _subtitle(say, board))
    provenance(say, board, found.shown)
    desk = Desk(store, who, found, board)
    changed_since(say, desk)
    _troubles(say, board)
    _figures(say, board)
    labels = {
        "list": say("page.tab.list", {"placed": len(board.placements)}),
        "left": say("page.tab.left", {"left": len(board.left)}),
        "spread": say("page.tab.spread"),
    }
    with_tabs(
        labels,
        "tab",
        list=lambda: _list_and_why(say, desk),
        left=lambda: left_out(say, board),
        spread=lambda: spread(say, spread_of(board)),
    )


def _list_and_why(say: Words, desk: Desk) -> None:
    board, found = desk.board, desk.standing
    if not board.placements:
        st.html(notice(say("page.list.none")))
        in_force(say, desk)
        return
    with st.container(key="body"):
        left, right = st.columns([2.6, 1], gap="small")
    with left, st.container(border=True, key="card-list"):
        lines = filtered(say, board, found)
        if not lines:
            st.html(notice(say("page.list.nothing_found"), [say("page.list.nothing_found.hint")]))
            return
        line = choice(say, lines, found, is_calibrated=board.is_calibrated)
    records = records_of(board.rebuilt, line.need_id, line.expert_id) if board.rebuilt else None
    with right, st.container(border=True, key="card-why"):
        ask_pair(say, lines, line)
        st.html(tag("p", state_chip(say, line, found)))
        change_pair(say, desk, line)
        if board.rebuilt is None or records is None:
            st.html(as_listed(say, line))
        else:
            st.html(reasons(say, view_pair(board.rebuilt, *records)))
    with left:
        if board.rebuilt is not None and records is not None:
            with st.container(border=True, key="card-others"):
                others(say, board.rebuilt, *records)
            with st.container(border=True, key="card-why-not"):
                asked = why_not_another(say, board.rebuilt, *records)
                if asked is not None:
                    replace_asked(say, desk, line, asked)
        in_force(say, desk)


def _subtitle(say: Words, board: Board) -> str:
    values = {
        **{name: board.report["statistics"][name] for name in ("experts", "firms", "needs")},
        "objective": objective(say, board),
        "proposer": say(f"page.proposer.{board.report['proposer']}"),
    }
    return say("page.subtitle", values)


def _troubles(say: Words, board: Board) -> None:
    """Say what keeps the list from being explained, and where it is not what it claims to be."""
    if board.outdated:
        lines = [*map(say.say, board.outdated), say("page.outdated.rest"), say("page.make_run")]
        st.html(notice(say("page.outdated"), lines, "attention"))
    if board.departures:
        lines = [*shortened(say, list(board.departures)), say("page.make_run")]
        st.html(notice(say("page.departures", {"count": len(board.departures)}), lines, "attention"))


def _figures(say: Words, board: Board) -> None:
    """Show the key figures as cards."""
    found = board.report["statistics"]
    mean = found["fit_mean"]
    blocking = board.n_blocking_pairs
    left = {"needs": found["needs"] - found["needs_placed"], "experts": found["experts"] - found["experts_placed"]}
    served = {"share": f"{found['needs_placed'] / max(found['needs'], 1):.0%}"}
    proof = "page.figure.proof.stated" if board.rebuilt is None else f"page.figure.proof.{board.rebuilt.market.scope}"
    of_fit = say(f"page.figure.fit.note{face(board.is_calibrated)}")
    firsts = f"{found['firm_first_choices']} / {found['expert_first_choices']}"
    is_checked = board.rebuilt is not None and not board.departures
    proven = is_checked and proof == "page.figure.proof.full" and not blocking
    shown: list[Figure] = [
        ("pairs", f"{found['pairs']:,}", say("page.figure.pairs.note", {"experts": found["experts_placed"]}), "off"),
        ("needs", f"{found['needs_placed']} / {found['needs']}", say("page.figure.needs.note", served), "off"),
        ("fit", "–" if mean is None else f"{mean:.2f}", of_fit, "off" if board.is_calibrated else "orange"),
        ("firsts", firsts, say("page.figure.firsts.note"), "off"),
        ("left", f"{left['needs']} / {left['experts']}", say("page.figure.left.note"), "off"),
        ("proof", say("page.figure.proof.value", {"count": blocking}), say(proof), "green" if proven else "orange"),
    ]
    figures(
        shown,
        lambda name: say(f"page.figure.{name}"),
        lambda name: say(f"page.figure.{name}.help{face(board.is_calibrated) if name == 'fit' else ''}"),
    )


if __name__ == "__main__":
    render()
