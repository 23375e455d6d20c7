"""Tables that can be searched, sorted and chosen from: a grid, and beside it the same choice by name."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import pandas as pd
import streamlit as st

from matcher.pages.markup import notice, tag, text
from matcher.pages.words import Words
from matcher.services.searching import holding

ROWS = 12
_ROW_PX, _FRAME_PX = 36, 35


@dataclass(frozen=True, slots=True)
class Column:
    """
    A column of a grid.

    Parameters
    ----------
    label : str
        As people read it.
    width : int or "small", "medium", "large" or None
        In pixels.
    kind : {"text", "number", "bar", "date", "yes"}
        ``bar`` draws a number in [0, ``most``].
    format : str or None
        Of a number, as in ``%.2f``.
    help : str or None
    most : float
    """

    label: str
    width: int | Literal["small", "medium", "large"] | None = None
    kind: Literal["text", "number", "bar", "date", "yes"] = "text"
    format: str | None = None
    help: str | None = None
    most: float = 1.0


def search_field(label: str, name: str, placeholder: str) -> str:
    """Ask for words to search by, which stand in the address under ``name``."""
    return st.text_input(
        label,
        placeholder=placeholder,
        icon=":material/search:",
        key=name,
        bind="query-params",
        label_visibility="collapsed",
    )


def searched(say: Words, rows: Sequence[Mapping[str, Any]], name: str, placeholder: str) -> list[Mapping[str, Any]]:
    """
    Ask for words, and keep the rows that hold all of them, in whatever column; the words stand in the address.

    Parameters
    ----------
    say : Words
    rows : sequence of mapping
        By column.
    name : str
        Of the words in the address.
    placeholder : str
        What can be searched for.
    """
    words = search_field(say("page.search"), name, placeholder)
    return holding(words or "", rows, lambda row: " ".join(map(str, row.values())))


def grid(
    say: Words,
    rows: Sequence[Mapping[str, Any]],
    columns: Mapping[str, Column],
    *,
    name: str,
    alt: str,
    choice: tuple[str, str] | None = None,
) -> str | None:
    """
    Show rows as a grid, which sorts by a click on a head; and let one be chosen.

    Parameters
    ----------
    say : Words
    rows : sequence of mapping
        By column; ``id``, a text, where rows can be chosen.
    columns : mapping of str to Column
        What is shown, in this order.
    name : str
        Of the grid, unique in the page; with a choice, the name of the chosen row in the address, too.
    alt : str
        What it holds, for those who can't see it.
    choice : (str, str) or None
        Rows can be chosen: what is chosen, for people, and the column that names a row. The same choice is offered by
        name below, since a grid is a picture to keyboards and screen readers.

    Returns
    -------
    str or None
        The ``id`` of the chosen row: the first where the address names none of these; None without rows or choice.
    """
    if not rows:
        st.html(notice(say("page.list.nothing_found"), [say("page.list.nothing_found.hint")]))
        return None
    if choice is None:
        st.dataframe(key=name, **_shape(rows, columns, alt))
        return None
    ids = [str(row["id"]) for row in rows]
    chosen = st.query_params.get(name, "")
    chosen = chosen if chosen in ids else ids[0]

    def picked(place: int) -> None:
        st.query_params[name] = ids[place]

    def named() -> None:
        st.query_params[name] = st.session_state[f"{name}-name"]

    key = f"{name}-grid-{hash((*ids, say.lang))}"
    choose_row(rows, columns, ids.index(chosen), picked, key=key, alt=alt)
    label, column = choice
    names = {id_: str(row[column]) for id_, row in zip(ids, rows, strict=True)}
    st.session_state[f"{name}-name"] = chosen
    st.selectbox(label, ids, format_func=lambda id_: names[id_], key=f"{name}-name", on_change=named)
    return chosen


def choose_row(
    rows: Sequence[Mapping[str, Any]],
    columns: Mapping[str, Column],
    chosen: int,
    picked: Callable[[int], None],
    *,
    key: str,
    alt: str,
) -> None:
    """
    Show rows as a grid in which one is chosen.

    Parameters
    ----------
    rows : sequence of mapping
        By column.
    columns : mapping of str to Column
    chosen : int
        The place of the row that is.
    picked : callable
        Takes the place of the row that somebody chooses.
    key : str
        Of the grid; another for other rows.
    alt : str
        What it holds, for those who can't see it.
    """

    def selected() -> None:
        selection = st.session_state[key]["selection"]
        # A click anywhere in a row chooses a cell; it is to mean the row.
        found = [cell[0] for cell in selection["cells"]] or selection["rows"]
        if found and found[0] < len(rows):
            picked(found[0])
            st.session_state[key] = _selection(found[0])

    if key in st.session_state and st.session_state[key]["selection"]["rows"] != [chosen]:
        st.session_state[key] = _selection(chosen)
    st.dataframe(
        key=key,
        on_select=selected,
        selection_mode=["single-row-required", "single-cell"],
        selection_default={"selection": {"rows": [chosen]}},
        **_shape(rows, columns, alt),
    )


def table(columns: Mapping[str, str], rows: Sequence[Mapping[str, object]], css: str = "") -> str:
    """Write a plain table: for what is short, and beside a chart."""
    return table_of(columns, [{name: text(_shown(row.get(name))) for name in columns} for row in rows], css)


def table_of(columns: Mapping[str, str], rows: Sequence[Mapping[str, str]], css: str = "") -> str:
    """Write a plain table of cells that are markup already."""
    head = "".join(tag("th", text(label), scope="col") for label in columns.values())
    body = "".join(
        tag("tr", "".join(tag("td", row[name], name, data_label=label) for name, label in columns.items()))
        for row in rows
    )
    return tag("table", tag("thead", tag("tr", head)) + tag("tbody", body), f"left {css}".strip())


def rest(say: Words, count: int) -> str:
    """Say how many more there are than are shown; nothing where there are none."""
    return tag("p", text(say("page.more", {"count": count})), "quiet") if count > 0 else ""


def _shown(value: object) -> str:
    return "–" if value in (None, "") else str(value)


def _shape(rows: Sequence[Mapping[str, Any]], columns: Mapping[str, Column], alt: str) -> dict[str, Any]:
    return {
        "data": pd.DataFrame([{name: row.get(name) for name in columns} for row in rows], columns=list(columns)),
        "hide_index": True,
        "row_height": _ROW_PX,
        "height": _ROW_PX * min(len(rows), ROWS) + _FRAME_PX,
        "column_config": {name: _configured(column) for name, column in columns.items()},
        "alt": alt,
        "placeholder": "–",
    }


def _selection(place: int) -> dict[str, Any]:
    return {"selection": {"rows": [place], "columns": [], "cells": []}}


def _configured(column: Column) -> Any:
    config = st.column_config
    common: dict[str, Any] = {"width": column.width, "help": column.help}
    if column.kind == "bar":
        most = max(column.most, 0.01)
        return config.ProgressColumn(
            column.label, format=column.format or "%.2f", min_value=0, max_value=most, **common
        )
    if column.kind == "number":
        return config.NumberColumn(column.label, format=column.format, **common)
    if column.kind == "yes":
        return config.CheckboxColumn(column.label, **common)
    if column.kind == "date":
        return config.DateColumn(column.label, format="YYYY-MM-DD", **common)
    return config.TextColumn(column.label, **common)
