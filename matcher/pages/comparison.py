"""Two to four scenarios side by side: their figures, what each side reached, and how two lists differ."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import streamlit as st

from matcher.domain.records import Placement
from matcher.domain.roles import Principal
from matcher.pages.boards import written_down
from matcher.pages.charts import bar_chart
from matcher.pages.chosen import with_tabs
from matcher.pages.grid import ROWS, Column, grid, rest, table
from matcher.pages.markup import literal, tag, text
from matcher.pages.veiled_rows import veiled_cards, veiled_grid
from matcher.pages.words import Words
from matcher.services import outcomes
from matcher.services.standings import RANKS, Standing, ranks_reached
from matcher.store import Store

COMPARED_LEAST, COMPARED_MOST = 2, 4
_JOINT = "."
"""Between scenarios in the address."""
_EARLIER = ("kept", "broken")
"""Figures that say something only where there is an earlier list."""

FIGURES: Mapping[str, tuple[str, bool]] = {
    "pairs": ("{:,}", True),
    "needs_placed": ("{:,}", True),
    "needs_unplaced": ("{:,}", False),
    "experts_placed": ("{:,}", True),
    "firms_placed": ("{:,}", True),
    "firm_first_choices": ("{:,}", True),
    "expert_first_choices": ("{:,}", True),
    "firm_satisfaction": ("{:.3f}", True),
    "expert_satisfaction": ("{:.3f}", True),
    "value_total": ("{:.2f}", True),
    "value_worst": ("{:.3f}", True),
    "fit_mean": ("{:.3f}", True),
    "fit_gini": ("{:.3f}", False),
    "blocking_pairs": ("{:,}", False),
    "townships_covered": ("{:,}", True),
    "largest_institution_share": ("{:.1%}", False),
    "kept": ("{:,}", True),
    "broken": ("{:,}", False),
}
"""Figures that are compared: how each is written, and whether more is better."""


def compare(say: Words, store: Store, who: Principal, done: Sequence[Standing]) -> None:
    """Put two to four scenarios side by side."""
    st.header(say("page.compare"), anchor=False)
    if len(done) < 2:
        st.html(tag("p", text(say("page.compare.too_few")), "quiet"))
        return
    of_id = {str(one.scenario.id): one for one in done}

    def changed() -> None:
        st.query_params["compare"] = _JOINT.join(st.session_state["compare"])

    asked = [id_ for id_ in st.query_params.get("compare", "").split(_JOINT) if id_ in of_id]
    st.session_state["compare"] = asked if "compare" in st.query_params else list(of_id)[:COMPARED_LEAST]
    chosen = st.multiselect(
        say("page.compare.which", {"most": COMPARED_MOST}),
        list(of_id),
        format_func=lambda id_: of_id[id_].scenario.name,
        max_selections=COMPARED_MOST,
        key="compare",
        on_change=changed,
        placeholder=say("page.compare.placeholder"),
    )
    compared = [of_id[id_] for id_ in chosen]
    if len(compared) < 2:
        st.html(tag("p", text(say("page.compare.choose")), "quiet"))
        return
    figures, charts = st.columns([1, 1.15], gap="medium")
    with figures:
        st.html(_figures(say, compared))
        st.html(tag("p", text(say("page.compare.note")), "quiet"))
    with charts:
        _charts(say, store, who, compared)
    _difference(say, store, who, compared)


def _figures(say: Words, compared: Sequence[Standing]) -> str:
    """Write the figures of scenarios as columns, the best of each row marked."""
    names = "".join(tag("th", text(one.scenario.name), scope="col") for one in compared)
    head = tag("thead", tag("tr", tag("th", text(say("page.compare.figure")), scope="col") + names))
    rows = []
    for name, (form, is_more_better) in FIGURES.items():
        values = [_figure(one, name) for one in compared]
        if name in _EARLIER and not any(values):
            continue
        written = ["–" if value is None else form.format(value) for value in values]
        best = written[_best(values, is_more_better)] if len(set(written)) > 1 else None
        cells = "".join(tag("td", text(value), "best" if value == best else "") for value in written)
        rows.append(tag("tr", tag("th", text(say(f"page.compared.{name}")), scope="row") + cells))
    return tag("table", head + tag("tbody", "".join(rows)), "left whole compared")


def _figure(one: Standing, name: str) -> Any:
    return None if one.figures is None else one.figures[name]


def _best(values: Sequence[Any], is_more_better: bool) -> int:
    """Find where a figure is best; what is not known never is."""
    worst = float("-inf") if is_more_better else float("inf")
    known = [worst if value is None else value for value in values]
    return known.index(max(known) if is_more_better else min(known))


def _charts(say: Words, store: Store, who: Principal, compared: Sequence[Standing]) -> None:
    with_tabs(
        {name: say(f"page.compare.tab.{name}") for name in ("ranks", "satisfaction", "places")},
        "chart",
        ranks=lambda: _ranks_reached(say, store, who, compared),
        satisfaction=lambda: _satisfaction(say, compared),
        places=lambda: _places(say, compared),
    )


def _ranks_reached(say: Words, store: Store, who: Principal, compared: Sequence[Standing]) -> None:
    reached = ranks_reached(store, who, [one.scenario.id for one in compared])
    for side in ("firm", "expert"):
        rows = [
            {"rank": _ranks(say, bounds), "pairs": count, "scenario": row.scenario.name}
            for row in reached
            if row.side == side
            for bounds, count in zip(RANKS, row.counts, strict=True)
        ]
        title = say(f"page.spread.ranks.{side}")
        st.html(tag("h3", text(title)))
        columns = {
            "rank": say("page.compare.rank"),
            "pairs": say("page.figure.pairs"),
            "scenario": say("page.scenario"),
        }
        bar_chart(say, rows, columns, title=title, kind="scenario", height=220)


def _satisfaction(say: Words, compared: Sequence[Standing]) -> None:
    rows = [
        {
            "side": say(f"value.side.{side}"),
            "mean": (one.figures or {})[f"{side}_satisfaction"],
            "scenario": one.scenario.name,
        }
        for one in compared
        for side in ("firm", "expert")
    ]
    columns = {
        "side": say("page.compare.side"),
        "mean": say("page.compare.satisfaction"),
        "scenario": say("page.scenario"),
    }
    bar_chart(say, rows, columns, title=say("page.compare.tab.satisfaction"), kind="scenario")
    st.html(tag("p", text(say("page.compare.satisfaction.note")), "quiet"))


def _places(say: Words, compared: Sequence[Standing]) -> None:
    kinds = {"places_wanted": "wanted", "places_offered": "offered", "pairs": "used"}
    rows = [
        {"scenario": one.scenario.name, "places": _figure(one, figure), "kind": say(f"page.compare.places.{kind}")}
        for one in compared
        for figure, kind in kinds.items()
    ]
    columns = {
        "scenario": say("page.scenario"),
        "places": say("page.compare.places"),
        "kind": say("page.compare.places.kind"),
    }
    bar_chart(say, rows, columns, title=say("page.compare.tab.places"), kind="kind")


def _ranks(say: Words, bounds: tuple[int, int | None]) -> str:
    low, high = bounds
    return say("page.rank", {"rank": f"{low}+" if high is None else low if low == high else f"{low}–{high}"})


def _difference(say: Words, store: Store, who: Principal, compared: Sequence[Standing]) -> None:
    """Tell the pairs of two lists apart: the first two that are compared, or as chosen."""
    st.header(say("page.difference"), anchor=False)
    of_id = {one.scenario.id: one.scenario.name for one in compared}
    left, right = st.columns(2)
    here = left.selectbox(say("page.difference.here"), list(of_id), format_func=of_id.__getitem__, key="here")
    others = [id_ for id_ in of_id if id_ != here]
    there = right.selectbox(say("page.difference.there"), others, format_func=of_id.__getitem__, key="there")
    found = outcomes.difference(store, who, here, there)
    for one in compared:  # each line has the ranks of both sides
        if who.role != "analyst" and one.done is not None and one.scenario.id in (here, there):
            written_down(one.done.id, who)
    lists: Mapping[str, tuple[Placement, ...]] = {"here": found.here, "there": found.there, "both": found.both}
    values = {"here": of_id[here], "there": of_id[there]}
    pairs = _veiled_pairs if who.role == "analyst" else _pairs
    with_tabs(
        {
            name: literal(say(f"page.difference.only.{name}", {**values, "count": len(lines)}))
            for name, lines in lists.items()
        },
        "difference",
        **{name: partial(pairs, say, lines, name) for name, lines in lists.items()},
    )


def _pairs(say: Words, lines: Sequence[Placement], name: str) -> None:
    if not lines:
        st.html(tag("p", text(say("page.difference.none")), "quiet"))
        return
    names = {"firm": 190, "need_title": 300, "township": 96, "expert": 80, "institution": 150}
    columns = {column: Column(say(f"page.column.{column}"), width) for column, width in names.items()}
    most = max((line.fit or 0.0 for line in lines), default=0.0)
    columns["fit"] = Column(say("page.column.fit"), 110, "bar", "%.2f", most=most)
    for rank in ("firm_rank", "expert_rank"):
        columns[rank] = Column(say(f"page.column.{rank}"), 72, "number", "%d", say(f"page.column.{rank}.help"))
    rows = [{column: getattr(line, column) for column in columns} for line in lines]
    with st.container(key=f"wide-difference-{name}"):
        grid(say, rows, columns, name=f"difference-{name}", alt=say("page.difference.alt", {"count": len(rows)}))
    with st.container(key=f"narrow-difference-{name}"):
        plain = {column: columns[column].label for column in ("firm", "need_title", "expert", "institution")}
        st.html(table(plain, rows[:ROWS], "difference") + rest(say, len(rows) - ROWS))


def _veiled_pairs(say: Words, lines: Sequence[Placement], name: str) -> None:
    if not lines:
        st.html(tag("p", text(say("page.difference.none")), "quiet"))
        return
    with st.container(key=f"wide-difference-{name}"):
        alt = say("page.difference.alt", {"count": len(lines)})
        veiled_grid(say, lines, name=f"difference-{name}", alt=alt)
    with st.container(key=f"narrow-difference-{name}"):
        st.html(veiled_cards(say, lines[:ROWS]) + rest(say, len(lines) - ROWS))
