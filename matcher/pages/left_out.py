"""Who was left out of a placement list, and why."""

from collections.abc import Sequence

import streamlit as st

from matcher.pages.grid import rest, search_field, table_of
from matcher.pages.markup import notice, tag, text
from matcher.pages.words import Words
from matcher.services.board import Board, Left, search_left

LEFT_SHOWN = 100


def left_out(say: Words, board: Board) -> None:
    """Show who has no placement, and why, with a search."""
    with st.container(border=True, key="card-left"):
        with st.container(horizontal=True, vertical_alignment="center", key="left-head"):
            st.header(say("page.left"), anchor=False)
            words = search_field(say("page.left.search"), "search_left", say("page.left.placeholder"))
        if not board.left:
            st.html(notice(say("page.left.none")))
            return
        said = {line: say.say(line.reason) for line in board.left}
        found = search_left(words, board.left, said)
        for side in ("firm", "expert"):
            of_side = [line for line in found if line.side == side]
            everybody = sum(line.side == side for line in board.left)
            values = {"shown": len(of_side), "count": everybody}
            heading = tag("h3", text(say(f"page.left.{side}", values)), "count")
            nothing = tag("p", text(say("page.left.nothing_found")), "quiet")
            st.html(heading + (_left_table(say, side, of_side, said) if of_side else nothing))


def _left_table(say: Words, side: str, lines: Sequence[Left], said: dict[Left, str]) -> str:
    names = ("name", "about", *(["township"] if side == "firm" else []), "places", "reason")
    rows = [
        {
            "name": tag("b", text(line.name)) + " " + tag("small", text(line.id)),
            "about": text(line.about or "–"),
            "township": text(line.township or "–"),
            "places": text(line.free_places),
            "reason": text(said[line]),
        }
        for line in lines[:LEFT_SHOWN]
    ]
    columns = {name: say(f"page.left.column.{side}.{name}") for name in names}
    return table_of(columns, rows) + rest(say, len(lines) - LEFT_SHOWN)
