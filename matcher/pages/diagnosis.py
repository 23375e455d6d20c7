"""What is the matter with a result: how near to the best, who is suggested, where nobody comes, what is left unused."""

import streamlit as st

from matcher.domain.roles import Principal
from matcher.pages.boards import face
from matcher.pages.charts import bar_chart, heat_map
from matcher.pages.chosen import chosen_list
from matcher.pages.figures import Figure, figures
from matcher.pages.frame import page
from matcher.pages.grid import table
from matcher.pages.markup import notice, tag, text
from matcher.pages.spread import best, class_of, places, townships
from matcher.pages.veiled_list import result_shown
from matcher.pages.words import Words
from matcher.services.pseudonyms import FEWEST
from matcher.services.veiled import Result
from matcher.store import Store


@page
def render(say: Words, store: Store, who: Principal) -> None:
    """Show the page."""
    found = result_shown(say, store, who, chosen_list(say, store, who), "diagnosis")
    if found is None:
        return
    _figures(say, found)
    left, right = st.columns(2, gap="small")
    with left:
        with st.container(border=True, key="card-best"):
            best(say, found.spread)
        with st.container(border=True, key="card-townships"):
            townships(say, found.spread)
            _gathered(say)
    with right:
        with st.container(border=True, key="card-exposure"):
            _exposure(say, found)
        with st.container(border=True, key="card-institutions"):
            places(say, found.spread)
            _gathered(say)
    with st.container(border=True, key="card-heat"):
        _supply(say, found)


def _figures(say: Words, found: Result) -> None:
    of, suggested = found.figures, found.suggested
    mean = "–" if of["fit_mean"] is None else f"{of['fit_mean']:.2f}"
    shown: list[Figure] = [
        (
            "fit",
            mean,
            say(f"page.figure.fit.note{face(found.is_calibrated)}"),
            "off" if found.is_calibrated else "orange",
        ),
        ("covered", f"{of['townships_covered']} / {of['townships']}", say("page.figure.covered.note"), "off"),
        ("used", f"{of['pairs']} / {of['places_offered']}", say("page.figure.used.note"), "off"),
        ("filled", f"{of['pairs']} / {of['places_wanted']}", say("page.figure.filled.note"), "off"),
    ]
    if suggested is not None:
        never, everybody = suggested.figures["never"], suggested.figures["candidates"]
        color = "orange" if never else "off"
        shown.append(("never", f"{never} / {everybody}", say("page.figure.never.note"), color))
    figures(shown, lambda name: say(f"page.figure.{name}"))


def _exposure(say: Words, found: Result) -> None:
    st.header(say("page.exposure"), anchor=False)
    suggested = found.suggested
    if suggested is None:
        st.html(notice(say("page.spread.not_now"), [say("page.make_run")]))
        return
    rows = [{"times": class_of(row), "experts": row["count"]} for row in suggested.times]
    bar_chart(
        say, rows, {name: say(f"page.exposure.{name}") for name in ("times", "experts")}, title=say("page.exposure")
    )
    values = {
        "top": suggested.top,
        "never": suggested.figures["never"],
        "most": suggested.figures["most"],
        "gini": f"{suggested.figures['gini'] or 0:.2f}",
    }
    st.html(tag("p", text(say("page.exposure.note", values)), "quiet"))
    if suggested.titles:
        columns = {name: say(f"page.exposure.{name}") for name in ("title", "experts", "mean")}
        titles = [
            {**row, "title": say(f"value.{row['title']}"), "mean": f"{row['mean']:.1f}"} for row in suggested.titles
        ]
        st.html(table(columns, titles, "whole"))


def _gathered(say: Words) -> None:
    st.html(tag("p", text(say("page.diagnosis.gathered", {"fewest": FEWEST})), "quiet"))


def _supply(say: Words, found: Result) -> None:
    """Show where the experts there are come near to what is needed."""
    st.header(say("page.supply"), anchor=False)
    if not found.supply:
        st.html(notice(say("page.spread.not_now"), [say("page.make_run")]))
        return
    empty = say("page.spread.no_township")
    rows = [{**row, "township": row["township"] or empty, "industry": row["industry"] or empty} for row in found.supply]
    columns = {
        "township": say("page.spread.column.township"),
        "industry": say("page.spread.column.industry"),
        "fit": say("page.supply.fit"),
    }
    heat_map(say, rows, columns, title=say("page.supply"), height=440)
    st.html(tag("p", text(say("page.supply.note")), "quiet"))


if __name__ == "__main__":
    render()
