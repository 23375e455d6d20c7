"""The placement list as a table: search and filters, the grid, cards on narrow screens, the chosen pair."""

from collections.abc import Callable, Sequence
from functools import partial

import streamlit as st

from matcher.domain.records import Placement
from matcher.pages.boards import face, number, pair_of
from matcher.pages.cards import CARDS, card, list_of_cards
from matcher.pages.grid import ROWS, Column, choose_row, search_field
from matcher.pages.markup import bar, chip, tag, text
from matcher.pages.words import Words
from matcher.services.board import Board, is_mutual_first, is_wished, search
from matcher.services.exchanges import Pair
from matcher.services.standing import Standing

VIEWS = ("all", "mutual", "wished", "locked", "review")


def filtered(say: Words, board: Board, standing: Standing) -> list[Placement]:
    """Ask what to show of the list, and find it."""
    with st.container(horizontal=True, vertical_alignment="center", key="list-head"):
        st.header(say("page.list"), anchor=False)
        words = search_field(say("page.search"), "search", say("page.search.placeholder"))
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="filters"):
        view = st.pills(
            say("page.view"),
            [view for view in VIEWS if view != "wished" or board.rebuilt],
            format_func=lambda view: say(f"page.view.{view}"),
            default="all",
            required=True,
            key="view",
            bind="query-params",
            label_visibility="collapsed",
        )
        wanted = {
            name: st.multiselect(
                say(f"page.{name}"),
                sorted({value for line in board.placements if (value := getattr(line, name))}),
                placeholder=say(f"page.{name}.any"),
                key=f"{name}s",
                bind="query-params",
                label_visibility="collapsed",
            )
            for name in ("township", "institution")
        }
    keeps: dict[str, Callable[[Placement], bool]] = {
        "mutual": is_mutual_first,
        "wished": partial(is_wished, board),
        "locked": standing.is_locked,
        "review": standing.is_to_review,
    }
    kept = keeps.get(str(view), lambda _line: True)
    return [
        line
        for line in search(board, words, board.placements)
        if kept(line) and all(not values or getattr(line, name) in values for name, values in wanted.items())
    ]


def choice(say: Words, lines: Sequence[Placement], standing: Standing, *, is_calibrated: bool) -> Placement:
    """Show the list and ask which pair: by a row of the grid, by name, or by a card where the screen is narrow."""
    of_pair = {pair_of(line): line for line in lines}
    named = (st.query_params.get("need", ""), st.query_params.get("expert", ""))
    chosen = named if named in of_pair else next(iter(of_pair))

    with st.container(key="wide"):
        _grid(say, lines, standing, chosen)
    with st.container(key="narrow"):
        _cards(say, lines, standing, chosen)
    note = say(f"page.list.note{face(is_calibrated)}", {"shown": len(lines)})
    st.html(tag("p", text(note), "quiet"))
    return of_pair[chosen]


def _grid(say: Words, lines: Sequence[Placement], standing: Standing, chosen: Pair) -> None:
    """Show the list as a grid whose chosen row is the pair beside it."""
    first = st.session_state.setdefault("grid_first", chosen)
    # A pair that was not chosen in the grid may stand far below what it shows.
    out_of_sight = [line for line in lines[ROWS:] if pair_of(line) == first]
    lines = [*out_of_sight, *(line for line in lines if line not in out_of_sight)]
    pairs = [pair_of(line) for line in lines]
    states = [state_of(say, line, standing) for line in lines]
    # What is the same of all is said at the head, and names need the room.
    widths = {"firm": 212, "need_title": 212, "township": 70, "expert": 66}
    of_state = {"firm": 188, "need_title": 172, "state": 76} if len(set(states)) > 1 else {}
    most = max((line.fit or 0.0 for line in lines), default=0.0)
    columns = {name: Column(say(f"page.column.{name}"), of_state.get(name, width)) for name, width in widths.items()}
    columns["fit"] = Column(say("page.column.fit"), 74, "bar", most=most)
    for name in ("firm_rank", "expert_rank"):
        columns[name] = Column(say(f"page.column.{name}"), 54, "number", "%d", say(f"page.column.{name}.help"))
    rows = [
        {"state": state, **{name: getattr(line, name) for name in columns}}
        for line, state in zip(lines, states, strict=True)
    ]
    if of_state:
        columns["state"] = Column(say("page.column.state"), of_state["state"])
    alt = say("page.list.alt", {"shown": len(lines)})
    key = f"grid-{hash((*pairs, say.lang))}"
    choose_row(rows, columns, pairs.index(chosen), lambda place: choose_pair(pairs[place]), key=key, alt=alt)


def _cards(say: Words, lines: Sequence[Placement], standing: Standing, chosen: Pair) -> None:
    """Show the list as cards, each a link to its pair, some at a time."""
    shown = st.session_state.get("cards", CARDS)
    most = max((line.fit or 0.0 for line in lines), default=0.0) or 1.0
    written = []
    for line in lines[:shown]:
        ranks = say("page.card.ranks", {"firm": line.firm_rank, "expert": line.expert_rank})
        fit = tag("span", bar((line.fit or 0.0) / most) + text(number(line.fit)), "fit")
        content = (
            tag("b", text(line.firm))
            + tag("span", text(line.need_title))
            + tag("span", text(f"{line.expert} · {line.institution}"), "who")
            + tag("span", fit + text(ranks), "quiet")
            + tag("span", state_chip(say, line, standing))
        )
        is_chosen = pair_of(line) == chosen
        written.append(card(content, "why", is_chosen=is_chosen, need=line.need_id, expert=line.expert_id))
    st.html(list_of_cards(written))
    if len(lines) > shown and st.button(say("page.card.more", {"count": len(lines) - shown}), width="stretch"):
        st.session_state["cards"] = shown + CARDS
        st.rerun()


def choose_pair(pair: Pair) -> None:
    """Keep the choice in the address, so that a link leads to it."""
    st.query_params["need"], st.query_params["expert"] = pair


def state_of(say: Words, line: Placement, standing: Standing) -> str:
    """Say what became of a pair: its state once it was put before both sides, else what the run made of it."""
    placed = standing.became(line)
    if placed is not None:
        return say(f"value.ending.{placed.ending}" if placed.ending else f"value.placement.{placed.state}")
    return say("value.status.locked" if standing.is_locked(line) else f"value.status.{line.status or 'new'}")


def state_chip(say: Words, line: Placement, standing: Standing) -> str:
    """Write the state of a pair; in the colour of attention where it has ended."""
    placed = standing.became(line)
    kind = "accent" if placed is None or placed.state != "ended" else "attention"
    locked = placed is not None and standing.is_locked(line)
    return chip(state_of(say, line, standing), kind) + (" " + chip(say("value.status.locked")) if locked else "")
