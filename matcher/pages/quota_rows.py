"""Quotas as rows of fields: what groups needs or experts, which group, and how many placements it must and may have."""

from collections.abc import Mapping, Sequence
from typing import Any, get_args

import streamlit as st

from matcher.domain.settings import Counts, ExpertColumn, FirmColumn, GroupColumn, QuotaSettings
from matcher.pages.markup import tag, text
from matcher.pages.words import Words

EVERY = "*"
"""In place of a cell: every one that occurs makes a group."""

Groups = Mapping[GroupColumn, Sequence[str]]

_COLUMNS: tuple[GroupColumn, ...] = (*get_args(FirmColumn), *get_args(ExpertColumn))
_WORDED = ("above_scale", "high_tech", "in_city", "title_level")
"""Columns whose cells are words of ours."""


def quota_rows(say: Words, name: str, groups: Groups, *, is_editable: bool) -> list[dict[str, Any]]:
    """
    Show quotas to be changed, added and removed.

    Parameters
    ----------
    say : Words
    name : str
        Of the form that they are part of; `fill_quotas` was called with it.
    groups : mapping of column to sequence of str
        Cells that occur; others can be typed.
    is_editable : bool

    Returns
    -------
    list of dict
        What `matcher.domain.settings.QuotaSettings` is made of, as typed.
    """
    quotas = [_row(say, name, groups, row, is_editable=is_editable) for row in list(_rows(name))]
    if not quotas:
        st.html(tag("p", text(say("page.settings.quotas.none")), "quiet"))
    if is_editable:
        label = say("page.settings.quota.add")
        st.button(label, icon=":material/add:", key=f"{name}-quota-add", on_click=_add, args=(name,))
    return quotas


def fill_quotas(name: str, quotas: Sequence[QuotaSettings]) -> None:
    """Put quotas into the rows of a form, in the place of those that there are."""
    st.session_state[f"{name}-rows"] = list(range(len(quotas)))
    for row, quota in enumerate(quotas):
        _fill(name, row, quota.model_dump())


def _rows(name: str) -> list[int]:
    """Give the numbers of the rows, in their order."""
    kept: list[int] = st.session_state[f"{name}-rows"]
    return kept


def _row(say: Words, name: str, groups: Groups, row: int, *, is_editable: bool) -> dict[str, Any]:
    """Show a quota as a row of fields."""
    off = not is_editable
    keys = {part: f"{name}-quota-{row}-{part}" for part in QuotaSettings.model_fields}
    with st.container(border=True, key=f"{name}-row-{row}"):
        widths = [2.1, 1.8, 1.2, 1.2, 1.35, 0.6]
        column, value, least, most, counts, gone = st.columns(widths, vertical_alignment="bottom", gap="xsmall")
    chosen: GroupColumn = column.selectbox(
        say("page.settings.quota.column"),
        _COLUMNS,
        format_func=lambda column: say(f"page.group.{column}"),
        key=keys["column"],
        on_change=_regrouped,
        args=(keys["value"],),
        disabled=off,
    )
    cells = list(dict.fromkeys((EVERY, *groups.get(chosen, ()), st.session_state[keys["value"]])))
    found: dict[str, Any] = {
        "column": chosen,
        "value": value.selectbox(
            say("page.settings.quota.value"),
            cells,
            format_func=lambda cell: _cell(say, chosen, cell),
            key=keys["value"],
            accept_new_options=True,
            disabled=off,
        ),
        "minimum": least.number_input(
            say("page.settings.quota.minimum"), value=None, step=1, key=keys["minimum"], disabled=off
        ),
        "maximum": most.number_input(
            say("page.settings.quota.maximum"), value=None, step=1, key=keys["maximum"], disabled=off
        ),
        "counts": counts.selectbox(
            say("page.settings.quota.counts"),
            get_args(Counts),
            format_func=lambda unit: say(f"page.settings.quota.counts.{unit}"),
            key=keys["counts"],
            disabled=off,
        ),
    }
    gone.button(
        "",
        icon=":material/delete:",
        help=say("page.settings.quota.remove"),
        key=f"{name}-quota-{row}-remove",
        on_click=_remove,
        args=(name, row),
        disabled=off,
    )
    return found


def _cell(say: Words, column: GroupColumn, cell: str) -> str:
    """Name the cell that makes a group."""
    if cell == EVERY:
        return say("page.settings.quota.every")
    return say(f"value.{cell}") if column in _WORDED else cell


def _fill(name: str, row: int, quota: Mapping[str, Any]) -> None:
    for part in QuotaSettings.model_fields:
        st.session_state[f"{name}-quota-{row}-{part}"] = quota[part]


def _add(name: str) -> None:
    rows = _rows(name)
    row = max(rows, default=-1) + 1
    rows.append(row)
    blank = {"column": "township", "value": EVERY, "minimum": None, "maximum": None, "counts": "pairs"}
    _fill(name, row, blank)


def _remove(name: str, row: int) -> None:
    _rows(name).remove(row)


def _regrouped(key: str) -> None:
    """Take back the cell of another column."""
    st.session_state[key] = EVERY
