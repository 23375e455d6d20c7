"""Charts of the house: each draws one table, and the table stands below it, for whoever can't see the drawing."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from matcher.pages.grid import table
from matcher.pages.words import Words

HEAT_MOST = 15
"""Rows and columns of a heat map that can still be read."""
_NAME_PX = 160
_INK = {"labelColor": "#3B4B49", "titleColor": "#3B4B49"}
"""Of what is written in a chart: that of Streamlit is too pale on white."""

Records = Sequence[Mapping[str, Any]]


def bar_chart(
    say: Words,
    rows: Records,
    columns: Mapping[str, str],
    *,
    title: str,
    kind: str | None = None,
    height: int = 260,
    is_horizontal: bool = False,
) -> None:
    """
    Draw numbers as bars, side by side where they are of several kinds.

    Parameters
    ----------
    say : Words
    rows : sequence of mapping
        Each a bar.
    columns : mapping of str to str
        Names and labels: what the bar stands for, its number, and where ``kind`` is given, that.
    title : str
        What it shows, for those who can't see it.
    kind : str or None
        The column by which bars are of several kinds, each with its colour.
    height : int
        Pixels.
    is_horizontal : bool
        For long names.
    """
    what, number = [name for name in columns if name != kind][:2]
    names, numbers = ("y", "x") if is_horizontal else ("x", "y")
    encoding: dict[str, Any] = {
        names: _nominal(rows, what, axis={"title": None, "labelAngle": 0, "labelLimit": _NAME_PX}),
        numbers: {"field": number, "type": "quantitative", "axis": {"title": columns[number], **_ticks(rows, number)}},
    }
    if kind is not None:
        encoding["color"] = _nominal(rows, kind, legend={"title": None, "orient": "top"})
        encoding[f"{names}Offset"] = _nominal(rows, kind)
    spec = {"mark": {"type": "bar", "cornerRadiusEnd": 3}, "encoding": encoding, "height": height}
    _draw(say, spec, (rows, columns), title)


def heat_map(say: Words, rows: Records, columns: Mapping[str, str], *, title: str, height: int = 320) -> None:
    """
    Draw numbers as a field of shades, of at most `HEAT_MOST` by `HEAT_MOST`.

    Parameters
    ----------
    say : Words
    rows : sequence of mapping
        Each a cell.
    columns : mapping of str to str
        Names and labels: row, column, number.
    title : str
    height : int
        Pixels.
    """
    down, across, number = columns
    kept = {name: set(_order(rows, name)[:HEAT_MOST]) for name in (down, across)}
    shown = [row for row in rows if row[down] in kept[down] and row[across] in kept[across]]
    encoding = {
        "y": _nominal(shown, down, axis={"title": None, "labelLimit": _NAME_PX}),
        "x": _nominal(shown, across, axis={"title": None, "labelLimit": _NAME_PX, "labelAngle": -40}),
        "color": {"field": number, "type": "quantitative", "legend": {"title": columns[number], "orient": "top"}},
    }
    spec = {"mark": {"type": "rect", "cornerRadius": 2}, "encoding": encoding, "height": height}
    _draw(say, spec, (shown, columns), title)


def _draw(say: Words, spec: dict[str, Any], drawn: tuple[Records, Mapping[str, str]], title: str) -> None:
    """Draw a table by a specification of Vega-Lite, and write the table below."""
    rows, columns = drawn
    spec["encoding"]["tooltip"] = [{"field": name, "title": label} for name, label in columns.items()]
    room = {"top": 12, "bottom": 4, "left": 4, "right": 4}
    spec["config"] = {"view": {"stroke": None}, "padding": room, "axis": _INK, "legend": _INK}
    st.vega_lite_chart(pd.DataFrame(rows, columns=list(columns)), spec, alt=title)
    with st.expander(say("page.chart.table")):
        st.html(table(columns, [{name: _number(row[name]) for name in columns} for row in rows]))


def _ticks(rows: Records, number: str) -> dict[str, Any]:
    """Keep counts from being parted."""
    return {"tickMinStep": 1} if all(isinstance(row[number], int) for row in rows) else {}


def _nominal(rows: Records, name: str, **more: object) -> dict[str, Any]:
    return {"field": name, "type": "nominal", "sort": _order(rows, name), **more}


def _order(rows: Records, name: str) -> list[Any]:
    """Give the names of a column in the order in which they come."""
    return list(dict.fromkeys(row[name] for row in rows))


def _number(value: object) -> object:
    return f"{value:.2f}" if isinstance(value, float) else value
