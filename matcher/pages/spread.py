"""How a placement list is spread, as charts: ranks, places, the best possible, townships and industries."""

import streamlit as st

from matcher.pages.charts import bar_chart, heat_map
from matcher.pages.markup import bar_line, bars, notice, tag, text
from matcher.pages.words import Words
from matcher.services.spread import Spread

INSTITUTIONS_SHOWN = 12


def spread(say: Words, found: Spread) -> None:
    """Show the charts, two beside each other."""
    left, right = st.columns(2, gap="small")
    with left:
        with st.container(border=True, key="card-ranks"):
            _ranks(say, found)
        with st.container(border=True, key="card-townships"):
            townships(say, found)
    with right:
        with st.container(border=True, key="card-institutions"):
            places(say, found)
        with st.container(border=True, key="card-best"):
            best(say, found)
    if found.heat:
        with st.container(border=True, key="card-heat"):
            _heat(say, found)


def _ranks(say: Words, found: Spread) -> None:
    st.header(say("page.spread.ranks"), anchor=False)
    rows = [
        {
            "rank": say("page.rank", {"rank": class_of(row)}),
            "count": row["count"],
            "side": say(f"value.side.{row['side']}"),
        }
        for row in found.ranks
    ]
    columns = {name: say(f"page.spread.column.{name}") for name in ("rank", "count", "side")}
    bar_chart(say, rows, columns, title=say("page.spread.ranks"), kind="side")
    st.html(tag("p", text(say("page.spread.ranks.note")), "quiet"))


def class_of(row: dict[str, int | None]) -> str:
    """Write a class of numbers, from and to."""
    low, high = row["low"], row["high"]
    return f"{low}+" if high is None else str(low) if low == high else f"{low}–{high}"


def places(say: Words, spread_: Spread) -> None:
    """Show the places that institutions offer, and those used."""
    st.header(say("page.spread.institutions"), anchor=False)
    if spread_.institutions is None:
        _not_now(say)
        return
    found = [{**row, "institution": _named(say, row["institution"])} for row in spread_.institutions]
    is_gathered = any(row["institution"] is None for row in spread_.institutions)
    drawn = found[:INSTITUTIONS_SHOWN]
    if is_gathered and len(found) > INSTITUTIONS_SHOWN:  # what is counted together stands last, and is always drawn
        drawn = [*found[: INSTITUTIONS_SHOWN - 1], found[-1]]
    rows = [
        {"institution": row["institution"], "places": row[kind], "kind": say(f"page.spread.{kind}")}
        for row in drawn
        for kind in ("offered", "used")
    ]
    columns = {name: say(f"page.spread.column.{name}") for name in ("institution", "places", "kind")}
    height = 60 + 30 * len(drawn)
    title = say("page.spread.institutions")
    bar_chart(say, rows, columns, title=title, kind="kind", height=height, is_horizontal=True)
    if is_gathered:
        return  # several stand together, and are none of them the largest
    largest = max(found, key=lambda row: row["used"])
    values = {"shown": min(len(found), INSTITUTIONS_SHOWN), "count": len(found)}
    most = {"institution": largest["institution"], "share": f"{largest['share']:.0%}"}
    st.html(tag("p", text(say("page.spread.institutions.note", {**values, **most})), "quiet"))


def best(say: Words, found: Spread) -> None:
    """Show how much firms got of the best possible."""
    st.header(say("page.spread.best"), anchor=False)
    if found.best is None:
        _not_now(say)
        return
    rows = [{"share": _share(say, row), "firms": row["count"]} for row in found.best]
    columns = {name: say(f"page.spread.column.{name}") for name in ("share", "firms")}
    bar_chart(say, rows, columns, title=say("page.spread.best"))
    st.html(tag("p", text(say("page.spread.best.note")), "quiet"))


def _share(say: Words, row: dict[str, float | None]) -> str:
    low, high = row["low"], row["high"]
    if low is None or high is None:
        return say("page.spread.best.nobody")
    if low == high:
        return f"{low:.0%}"
    return f"{low:.0%}–{high:.0%}" if low else f"< {high:.0%}"


def _heat(say: Words, found: Spread) -> None:
    st.header(say("page.spread.heat"), anchor=False)
    rows = [
        {
            "township": _named(say, row["township"]),
            "industry": _named(say, row["industry"]),
            "pairs": row["pairs"],
        }
        for row in found.heat
    ]
    columns = {name: say(f"page.spread.column.{name}") for name in ("township", "industry", "pairs")}
    heat_map(say, rows, columns, title=say("page.spread.heat"), height=440)


def _named(say: Words, name: str | None) -> str:
    return say("page.spread.rest") if name is None else name or say("page.spread.no_township")


def townships(say: Words, found: Spread) -> None:
    """Show how many needs of each township got somebody."""
    most = max((row["needs"] for row in found.townships), default=1)
    st.header(say("page.spread.townships"), anchor=False)
    st.html(
        bars(
            bar_line(
                text(_named(say, row["township"])),
                _of(row["placed"] / most, row["needs"] / most),
                f"{row['placed']} / {row['needs']}",
            )
            for row in found.townships
        )
    )
    st.html(tag("p", text(say("page.spread.townships.note")), "quiet"))


def _of(reached: float, whole: float) -> str:
    """Draw what was reached in the accent, and what is missing of the whole after it in the colour of attention."""
    left, width = f"{reached:.2%}", f"{max(whole - reached, 0):.2%}"
    drawn = tag("i", "", style=f"width:{left}") + tag("i", "", "attention", style=f"width:{width}")
    return tag("span", drawn, "track two", aria_hidden="true")


def _not_now(say: Words) -> None:
    st.html(notice(say("page.spread.not_now"), [say("page.make_run")]))
