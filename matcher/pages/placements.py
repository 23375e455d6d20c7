"""The placement list: the figures, the list with its search, why each pair, who else, and who was left out."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Literal
from urllib.parse import urlencode

import pandas as pd
import streamlit as st

from matcher.domain.errors import InputError
from matcher.domain.records import Expert, Need, Placement
from matcher.pages.boards import board_of_run, objective, provenance, written_down
from matcher.pages.identity import current_principal, the_store
from matcher.pages.markup import addends, bar, bar_line, bars, chip, fact, marked, notice, tag, text
from matcher.pages.words import Words, language_switch, words_of_reader
from matcher.placement import readable
from matcher.services.board import (
    FAR_DOWN,
    Board,
    Left,
    Rebuilt,
    is_far_down,
    is_mutual_first,
    is_wished,
    records_of,
    search,
    search_left,
)
from matcher.services.pairs import Candidate, PairView, Side, other_experts, other_needs, view_pair, why_not
from matcher.services.showing import newest_result
from matcher.store import database_url

Pair = tuple[str, str]

VIEWS = ("all", "mutual", "wished", "far")
ROWS = 12
CARDS = 12
LEFT_SHOWN = 100
SPANS_SHOWN = 8
PROBLEMS_SHOWN = 20


def render() -> None:
    """Show the page."""
    say = words_of_reader()
    heading, switch = st.columns([4, 1], vertical_alignment="center")
    with switch, st.container(horizontal=True, horizontal_alignment="right"):
        language_switch(say)
    who = current_principal()
    shown = newest_result(the_store(), who) if who else None
    if who is None or shown is None:
        heading.title(say("page.title.placements"), anchor=False)
        st.html(notice(say("page.nothing"), [say("page.nothing.hint")]))
        return
    try:
        board = board_of_run(database_url(), shown.run.id, who)
    except InputError as fault:
        heading.title(say("page.title.placements"), anchor=False)
        problems = [say.say(problem) for problem in fault.messages[:PROBLEMS_SHOWN]]
        st.html(notice(say("page.damaged"), [*problems, say("page.make_run")], "attention"))
        return
    written_down(shown.run.id, who)
    with heading:
        st.title(say("page.title.placements"), anchor=False)
        st.html(tag("p", text(_subtitle(say, board)), "subtitle"))
    provenance(say, board, shown)
    _troubles(say, board)
    _figures(say, board)
    counts = {"placed": len(board.placements), "left": len(board.left)}
    listed, left, spread = st.tabs(
        [say("page.tab.list", counts), say("page.tab.left", counts), say("page.tab.spread", counts)]
    )
    with listed:
        _list_and_why(say, board)
    with left:
        _left_out(say, board)
    with spread:
        _spread(say, board)


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
        shown = [say.say(problem) for problem in board.departures[:PROBLEMS_SHOWN]]
        rest = len(board.departures) - len(shown)
        lines = [*shown, *([say("page.more", {"count": rest})] if rest else []), say("page.make_run")]
        st.html(notice(say("page.departures", {"count": len(board.departures)}), lines, "attention"))


def _figures(say: Words, board: Board) -> None:
    """Show the key figures as cards."""
    found = board.report["statistics"]
    mean = found["fit_mean"]
    blocking = board.n_blocking_pairs
    left = {"needs": found["needs"] - found["needs_placed"], "experts": found["experts"] - found["experts_placed"]}
    served = {"share": f"{found['needs_placed'] / max(found['needs'], 1):.0%}"}
    proof = "page.figure.proof.stated" if board.rebuilt is None else f"page.figure.proof.{board.rebuilt.market.scope}"
    of_fit = (say(f"page.figure.fit.note{_face(board.is_calibrated)}"), "off" if board.is_calibrated else "orange")
    firsts = f"{found['firm_first_choices']} / {found['expert_first_choices']}"
    is_checked = board.rebuilt is not None and not board.departures
    proven = is_checked and proof == "page.figure.proof.full" and not blocking
    cards: list[tuple[str, str, str, Literal["off", "green", "orange"]]] = [
        ("pairs", f"{found['pairs']:,}", say("page.figure.pairs.note", {"experts": found["experts_placed"]}), "off"),
        ("needs", f"{found['needs_placed']} / {found['needs']}", say("page.figure.needs.note", served), "off"),
        ("fit", "–" if mean is None else f"{mean:.2f}", *of_fit),
        ("firsts", firsts, say("page.figure.firsts.note"), "off"),
        ("left", f"{left['needs']} / {left['experts']}", say("page.figure.left.note"), "off"),
        ("proof", say("page.figure.proof.value", {"count": blocking}), say(proof), "green" if proven else "orange"),
    ]
    with st.container(key="figures"):
        for column, (name, value, note, color) in zip(st.columns(len(cards)), cards, strict=True):
            column.metric(
                say(f"page.figure.{name}"),
                value,
                note,
                delta_color=color,
                delta_arrow="off",
                help=say(
                    f"page.figure.fit.help{_face(board.is_calibrated)}" if name == "fit" else f"page.figure.{name}.help"
                ),
                border=True,
            )


def _face(is_calibrated: bool) -> str:
    """End the codes of what is said of fits: good for comparing alone, or chances of a good rating."""
    return ".calibrated" if is_calibrated else ""


def _list_and_why(say: Words, board: Board) -> None:
    if not board.placements:
        st.html(notice(say("page.list.none")))
        return
    with st.container(key="body"):
        left, right = st.columns([1.95, 1], gap="small")
    with left, st.container(border=True, key="card-list"):
        lines = _filtered(say, board)
        if not lines:
            st.html(notice(say("page.list.nothing_found"), [say("page.list.nothing_found.hint")]))
            return
        line = _choice(say, lines, is_calibrated=board.is_calibrated)
    with right, st.container(border=True, key="card-why"):
        _ask_pair(say, lines, line)
        records = records_of(board.rebuilt, line.need_id, line.expert_id) if board.rebuilt else None
        if board.rebuilt is None or records is None:
            st.html(_as_listed(say, line))
            return
        st.html(_reasons(say, view_pair(board.rebuilt, *records)))
    with left:
        with st.container(border=True, key="card-others"):
            _others(say, board.rebuilt, *records)
        with st.container(border=True, key="card-why-not"):
            _why_not(say, board.rebuilt, *records)


def _ask_pair(say: Words, lines: Sequence[Placement], line: Placement) -> None:
    """Show which pair it is, and let another be chosen by name: what the grid does, for keyboard and screen reader."""
    of_pair = {_pair(other): other for other in lines}

    def chosen_by_name() -> None:
        _choose(st.session_state["pair"])
        st.session_state["grid_first"] = st.session_state["pair"]

    st.subheader(say("page.why"), anchor="why")
    st.session_state["pair"] = _pair(line)
    st.selectbox(
        say("page.pair"),
        list(of_pair),
        format_func=lambda pair: say("page.pair.option", _names(of_pair[pair])),
        key="pair",
        on_change=chosen_by_name,
        label_visibility="collapsed",
    )
    names = tag("b", text(line.firm)) + " → " + tag("b", text(line.expert)) + " " + text(line.expert_title)
    st.html(tag("p", names, "pair-title"))


def _names(line: Placement) -> dict[str, object]:
    return {"firm": line.firm, "need": line.need_title, "expert": line.expert}


def _filtered(say: Words, board: Board) -> list[Placement]:
    """Ask what to show of the list, and find it."""
    with st.container(horizontal=True, vertical_alignment="center", key="list-head"):
        st.subheader(say("page.list"), anchor=False)
        words = st.text_input(
            say("page.search"),
            placeholder=say("page.search.placeholder"),
            icon=":material/search:",
            key="search",
            label_visibility="collapsed",
        )
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="filters"):
        view = st.pills(
            say("page.view"),
            [view for view in VIEWS if view != "wished" or board.rebuilt],
            format_func=lambda view: say(f"page.view.{view}", {"rank": FAR_DOWN}),
            default="all",
            required=True,
            key="view",
            label_visibility="collapsed",
        )
        chosen_townships = st.multiselect(
            say("page.township"),
            sorted({line.township for line in board.placements if line.township}),
            placeholder=say("page.township.any"),
            key="townships",
            label_visibility="collapsed",
        )
        chosen_institutions = st.multiselect(
            say("page.institution"),
            sorted({line.institution for line in board.placements if line.institution}),
            placeholder=say("page.institution.any"),
            key="institutions",
            label_visibility="collapsed",
        )
    keeps: dict[str, Callable[[Placement], bool]] = {
        "mutual": is_mutual_first,
        "wished": partial(is_wished, board),
        "far": is_far_down,
    }
    kept = keeps.get(str(view), lambda _line: True)
    return [
        line
        for line in search(board, words, board.placements)
        if kept(line)
        and (not chosen_townships or line.township in chosen_townships)
        and (not chosen_institutions or line.institution in chosen_institutions)
    ]


def _choice(say: Words, lines: Sequence[Placement], *, is_calibrated: bool) -> Placement:
    """Show the list and ask which pair: by a row of the grid, by name, or by a card where the screen is narrow."""
    of_pair = {_pair(line): line for line in lines}
    named = (st.query_params.get("need", ""), st.query_params.get("expert", ""))
    chosen = named if named in of_pair else next(iter(of_pair))

    with st.container(key="wide"):
        _grid(say, lines, chosen)
    with st.container(key="narrow"):
        _cards(say, lines, chosen)
    note = say(f"page.list.note{_face(is_calibrated)}", {"shown": len(lines)})
    st.html(tag("p", text(note), "quiet"))
    return of_pair[chosen]


def _grid(say: Words, lines: Sequence[Placement], chosen: Pair) -> None:
    """Show the list as a grid whose chosen row is the pair beside it."""
    first = st.session_state.setdefault("grid_first", chosen)
    # A pair that was not chosen in the grid may stand far below what it shows.
    out_of_sight = [line for line in lines[ROWS:] if _pair(line) == first]
    lines = [*out_of_sight, *(line for line in lines if line not in out_of_sight)]
    pairs = [_pair(line) for line in lines]
    columns = ("firm", "need_title", "township", "expert", "fit", "firm_rank", "expert_rank")
    table = pd.DataFrame([{name: getattr(line, name) for name in columns} for line in lines], columns=list(columns))
    widths = {"firm": 172, "need_title": 154, "township": 72, "expert": 64}
    most = max((line.fit or 0.0 for line in lines), default=0.0)
    config: dict[str, Any] = {
        name: st.column_config.TextColumn(say(f"page.column.{name}"), width=width) for name, width in widths.items()
    }
    config["fit"] = st.column_config.ProgressColumn(
        say("page.column.fit"), width=102, format="%.2f", min_value=0.0, max_value=max(most, 0.01)
    )
    for name in ("firm_rank", "expert_rank"):
        config[name] = st.column_config.NumberColumn(
            say(f"page.column.{name}"), width=56, format="%d", help=say(f"page.column.{name}.help")
        )
    key = f"grid-{hash((*pairs, say.lang))}"

    def picked() -> None:
        selection = st.session_state[key]["selection"]
        # A click anywhere in a row chooses a cell; it is to mean the row.
        rows = [cell[0] for cell in selection["cells"]] or selection["rows"]
        if rows and rows[0] < len(pairs):
            _choose(pairs[rows[0]])
            st.session_state[key] = {"selection": {"rows": rows[:1], "columns": [], "cells": []}}

    row = pairs.index(chosen)
    if key in st.session_state and st.session_state[key]["selection"]["rows"] != [row]:
        st.session_state[key] = {"selection": {"rows": [row], "columns": [], "cells": []}}

    st.dataframe(
        table,
        hide_index=True,
        row_height=36,
        height=36 * min(len(lines), ROWS) + 38,
        column_config=config,
        on_select=picked,
        selection_mode=["single-row-required", "single-cell"],
        selection_default={"selection": {"rows": [row]}},
        alt=say("page.list.alt", {"shown": len(lines)}),
        key=key,
    )


def _cards(say: Words, lines: Sequence[Placement], chosen: Pair) -> None:
    """Show the list as cards, each a link to its pair, some at a time."""
    shown = st.session_state.get("cards", CARDS)
    most = max((line.fit or 0.0 for line in lines), default=0.0) or 1.0
    items = []
    for line in lines[:shown]:
        query = urlencode({**st.query_params.to_dict(), "need": line.need_id, "expert": line.expert_id})
        ranks = say("page.card.ranks", {"firm": line.firm_rank, "expert": line.expert_rank})
        fit = tag("span", bar((line.fit or 0.0) / most) + text(_number(line.fit)), "fit")
        content = (
            tag("b", text(line.firm))
            + tag("span", text(line.need_title))
            + tag("span", text(f"{line.expert} · {line.institution}"), "who")
            + tag("span", fit + text(ranks), "quiet")
        )
        current = "true" if _pair(line) == chosen else None
        items.append(
            tag("li", tag("a", content, "pair-card", href=f"?{query}#why", target="_self", aria_current=current))
        )
    st.html(tag("ul", "".join(items), "cards"))
    if len(lines) > shown and st.button(say("page.card.more", {"count": len(lines) - shown}), width="stretch"):
        st.session_state["cards"] = shown + CARDS
        st.rerun()


def _choose(pair: Pair) -> None:
    """Keep the choice in the address, so that a link leads to it."""
    st.query_params["need"], st.query_params["expert"] = pair


def _others(say: Words, rebuilt: Rebuilt, need: Need, expert: Expert) -> None:
    """Show whom the need could have had instead, and where the expert could have gone."""
    st.subheader(say("page.others"), anchor=False)
    of_need, of_expert = st.columns(2, gap="medium")
    of_need.html(
        tag("h4", text(say("page.others.experts", {"need": need.need_title})))
        + _candidates(say, other_experts(rebuilt, need), expert.expert_id, "page.others.serves")
    )
    of_expert.html(
        tag("h4", text(say("page.others.needs", {"expert": expert.name})))
        + _candidates(say, other_needs(rebuilt, expert), need.need_id, "page.others.held")
    )
    note = say(f"page.others.note{_face(rebuilt.ranking.ranker.settings.is_calibrated)}")
    st.html(tag("p", text(note), "quiet"))


def _as_listed(say: Words, line: Placement) -> str:
    """Show what the list itself says of a pair that can't be explained any more."""
    facts = (
        fact(say("page.why.need"), text(line.need_title)),
        fact(say("page.institution"), text(line.institution)),
        fact(say("page.column.fit"), text(_number(line.fit))),
        fact(say("page.why.rank.firm"), text(line.firm_rank or "–")),
        fact(say("page.why.rank.expert"), text(line.expert_rank or "–")),
    )
    return tag("dl", "".join(facts), "facts") + tag("p", text(say("page.why.outdated")), "quiet")


def _reasons(say: Words, view: PairView) -> str:
    """Write out both texts with what they share, the ranks, and the scores taken apart."""
    where = " · ".join(part for part in (view.township, view.industry, view.role_wanted) if part)
    whence = " · ".join(part for part in (view.institution, view.city, view.title) if part)
    texts = (
        tag("h4", text(say("page.why.need")) + tag("small", text(where)))
        + tag("p", tag("b", marked(view.need_title)), "text")
        + (tag("p", marked(view.need_detail), "text") if view.need_detail else "")
        + tag("h4", text(say("page.why.profile")) + tag("small", text(whence)))
        + "".join(
            tag("p", tag("small", text(say(f"page.profile.{name}"))) + marked(pieces), "text")
            for name, pieces in view.profile
        )
    )
    ranks = "".join(
        fact(say(f"page.why.rank.{name}"), text(_rank(say, side)) + _wish(say, name, side))
        for name, side in (("firm", view.firm_side), ("expert", view.expert_side))
    )
    if view.is_calibrated:
        for name, side in (("firm", view.firm_side), ("expert", view.expert_side)):
            ranks += fact(say(f"page.why.fit.{name}"), text(_number(side.fit)))
    uncalibrated = "" if view.is_calibrated else chip(say("page.uncalibrated"), "attention")
    scale = max(view.firm_side.score, view.expert_side.score)
    scores = "".join(
        tag("h5", text(say(f"page.why.score.{name}")))
        + addends(
            [(say(f"part.{kind}"), value) for kind, value in side.parts], (say("page.why.sum"), side.score), scale
        )
        for name, side in (("firm", view.firm_side), ("expert", view.expert_side))
    )
    return (
        tag("dl", ranks, "facts")
        + texts
        + tag("h4", text(say("page.why.words")) + uncalibrated)
        + _spans(say, view)
        + "".join(tag("p", text(say.say(message)), "quiet") for message in view.gaps)
        + tag("h4", text(say("page.why.scores")) + uncalibrated)
        + scores
        + tag("p", text(say(f"page.why.note{_face(view.is_calibrated)}")), "quiet")
    )


def _spans(say: Words, view: PairView) -> str:
    """Draw what each shared span adds to the agreement of the texts; the small ones together, then the vectors."""
    named = readable(view.spans, SPANS_SHOWN)
    shown = [item for item in view.spans if item[0] in named]
    rest = [item for item in view.spans if item[0] not in named]
    parts = [*shown, *([(say("page.why.rest", {"count": len(rest)}), sum(v for _, v in rest))] if rest else [])]
    parts += [(say(f"part.{name}"), value) for name, value in view.dense]
    return addends(parts, (say("page.why.agreement"), view.agreement), view.agreement)


def _rank(say: Words, side: Side) -> str:
    return say("page.rank", {"rank": side.rank}) if side.rank else say("page.rank.none")


def _wish(say: Words, name: str, side: Side) -> str:
    return " " + chip(say(f"reason.{name}_named", {"tier": side.tier}), "accent") if side.tier else ""


def _candidates(say: Words, found: Sequence[Candidate], here: str, held: str) -> str:
    """Draw candidates in the order of whoever would choose, the pair at hand in the accent, the others muted."""
    most = max((candidate.fit for candidate in found), default=0.0) or 1.0
    lines = []
    for candidate in found:
        wish = chip(say("page.others.wish", {"tier": candidate.tier}), "accent") if candidate.tier else ""
        if candidate.chosen:
            state = say("page.others.here")
        elif candidate.elsewhere:
            state = say(held, {"names": candidate.elsewhere})
        else:
            state = say("page.others.free")
        label = (
            tag("b", text(f"{candidate.rank}. {candidate.name}"))
            + wish
            + tag("small", text(candidate.about))
            + tag("small", text(state), "state")
        )
        is_here = candidate.id == here
        drawn = bar(candidate.fit / most, kind="" if is_here or candidate.chosen else "muted")
        lines.append(bar_line(label, drawn, f"{candidate.fit:.3f}", "candidate here" if is_here else "candidate"))
    alone = tag("p", text(say("page.others.nobody")), "quiet") if len(found) < 2 else ""
    return bars(lines) + alone


def _why_not(say: Words, rebuilt: Rebuilt, need: Need, expert: Expert) -> None:
    """Ask for any expert, and say why that one is not placed with this need."""
    experts = {other.expert_id: other for other in rebuilt.ranking.ranker.experts if other is not expert}
    st.subheader(say("page.why_not"), anchor=False)
    st.html(tag("p", text(say("page.why_not.asked", {"firm": need.name, "need": need.need_title})), "quiet"))
    asked = st.selectbox(
        say("page.why_not.expert"),
        list(experts),
        index=None,
        format_func=lambda name: say(
            "page.expert.option", {"expert": experts[name].name, "institution": experts[name].institution, "id": name}
        ),
        placeholder=say("page.why_not.placeholder"),
        key="why_not",
    )
    if asked not in experts:
        return
    found, is_calibrated = why_not(rebuilt, need, experts[asked]), rebuilt.ranking.ranker.settings.is_calibrated
    content = tag("p", chip(say(f"page.status.{found.status}"), "accent" if found.status == "matched" else ""))
    content += tag("p", text(say.say(found.sentence)), "text")
    if found.bar is not None:
        content += tag("p", tag("b", text(say("page.why_not.bar"))) + " " + text(say.say(found.bar)), "text")
    st.html(content)
    sides = (("firm", found.firm_side, found.firm_holds), ("expert", found.expert_side, found.expert_holds))
    for column, (name, side, holds) in zip(st.columns(2, gap="medium"), sides, strict=True):
        listed = "".join(
            tag("li", text(f"{held} ({key})") + tag("small", text(say("page.rank", {"rank": rank}))))
            for key, held, rank in holds
        )
        facts = (
            fact(say(f"page.why.rank.{name}"), text(_rank(say, side)) + _wish(say, name, side)),
            fact(say(f"page.why.{'fit' if is_calibrated else 'score'}.{name}"), text(_number(side.fit))),
            fact(
                say(f"page.why_not.holds.{name}"),
                tag("ul", listed, "held") if listed else text(say("page.why_not.nobody")),
            ),
        )
        column.html(tag("h4", text(say(f"page.why_not.side.{name}"))) + tag("dl", "".join(facts), "facts"))
    st.html(tag("p", text(say(f"page.why_not.note{_face(is_calibrated)}")), "quiet"))


def _left_out(say: Words, board: Board) -> None:
    """Show who has no placement, and why, with a search."""
    with st.container(border=True, key="card-left"):
        with st.container(horizontal=True, vertical_alignment="center", key="left-head"):
            st.subheader(say("page.left"), anchor=False)
            words = st.text_input(
                say("page.left.search"),
                placeholder=say("page.left.placeholder"),
                icon=":material/search:",
                key="search_left",
                label_visibility="collapsed",
            )
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
    heads = ["name", "about", *(["township"] if side == "firm" else []), "places", "reason"]
    head = "".join(tag("th", text(say(f"page.left.column.{side}.{name}")), scope="col") for name in heads)
    rows = []
    for line in lines[:LEFT_SHOWN]:
        cells = {
            "name": tag("b", text(line.name)) + " " + tag("small", text(line.id)),
            "about": text(line.about or "–"),
            "township": text(line.township or "–"),
            "places": text(line.free_places),
            "reason": text(said[line]),
        }
        cell = partial(tag, "td", data_label=say(f"page.left.column.{side}.places"))
        rows.append(tag("tr", "".join(cell(cells[name], name) for name in heads)))
    table = tag("table", tag("thead", tag("tr", head)) + tag("tbody", "".join(rows)), "left")
    rest = len(lines) - LEFT_SHOWN
    return table + (tag("p", text(say("page.more", {"count": rest})), "quiet") if rest > 0 else "")


def _spread(say: Words, board: Board) -> None:
    """Show how townships and institutions come off, and which ranks both sides reached."""
    found = board.report["statistics"]
    ranks, townships, institutions = st.columns(3, gap="small")
    with ranks, st.container(border=True, key="card-ranks"):
        st.subheader(say("page.spread.ranks"), anchor=False)
        st.html(
            "".join(
                tag("h5", text(say(f"page.spread.ranks.{side}"))) + _rank_bars(say, board, f"{side}_rank")
                for side in ("firm", "expert")
            )
        )
    with townships, st.container(border=True, key="card-townships"):
        st.subheader(say("page.spread.townships"), anchor=False)
        most = max((group["needs"] for group in found["townships"].values()), default=1)
        st.html(
            bars(
                bar_line(
                    text(name or say("page.spread.no_township")),
                    _of(group["placed"] / most, group["needs"] / most),
                    f"{group['placed']} / {group['needs']}",
                )
                for name, group in found["townships"].items()
            )
        )
        st.html(tag("p", text(say("page.spread.townships.note")), "quiet"))
    with institutions, st.container(border=True, key="card-institutions"):
        st.subheader(say("page.spread.institutions"), anchor=False)
        most = max((group["pairs"] for group in found["institutions"].values()), default=1)
        st.html(
            bars(
                bar_line(text(name), bar(group["pairs"] / most), f"{group['pairs']} · {group['share']:.0%}")
                for name, group in list(found["institutions"].items())[:20]
            )
        )
        st.html(tag("p", text(say("page.spread.institutions.note")), "quiet"))


def _of(reached: float, whole: float) -> str:
    """Draw what was reached in the accent, and what is missing of the whole after it in the colour of attention."""
    left, width = f"{reached:.2%}", f"{max(whole - reached, 0):.2%}"
    drawn = tag("i", "", style=f"width:{left}") + tag("i", "", "attention", style=f"width:{width}")
    return tag("span", drawn, "track two", aria_hidden="true")


def _rank_bars(say: Words, board: Board, column: str) -> str:
    bounds = ((1, 1), (2, 2), (3, 3), (4, 5), (6, 10), (11, None))
    ranks = [rank for line in board.placements if (rank := getattr(line, column))]
    counts = [sum(low <= rank and (high is None or rank <= high) for rank in ranks) for low, high in bounds]
    most = max(counts, default=0) or 1
    lines = []
    for (low, high), count in zip(bounds, counts, strict=True):
        name = f"{low}+" if high is None else str(low) if low == high else f"{low}–{high}"
        kind = "attention" if low > FAR_DOWN else ""
        lines.append(bar_line(text(say("page.rank", {"rank": name})), bar(count / most, kind=kind), str(count)))
    return bars(lines)


def _pair(line: Placement) -> Pair:
    return line.need_id, line.expert_id


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


if __name__ == "__main__":
    render()
