"""The fields of a form on a page: what each is called, how its value reads, and the widgets that change it."""

from collections.abc import Collection, Iterable
from dataclasses import MISSING
from typing import Any

import streamlit as st

from matcher.files.columns import Column, Record, table
from matcher.files.record_text import typed_text
from matcher.pages.markup import fact, tag, text
from matcher.pages.words import Words

LONG = 60
"""Characters from which a text is a paragraph and no fact."""
_PASSAGES = frozenset({"research_fields", "expertise", "achievements", "products", "need_detail"})
"""Fields in which people write paragraphs."""


def field_name(say: Words, column: Column) -> str:
    """Call a field as the header of its column, in words."""
    return capital(say(column.code).replace("_", " "))


def capital(words: str) -> str:
    """Begin words as a label does."""
    return words[:1].upper() + words[1:]


def reading(say: Words, column: Column, value: object) -> str:
    """Say the value of a field; nothing where there is none."""
    if value in (None, "", ()):
        return ""
    if column.kind == "word" and value in (meanings := _meanings(column)):
        return say.say(column.expected[meanings.index(value)])
    if column.kind == "tiers":
        return typed_text(value)
    return say("page.list.join").join(map(str, value)) if isinstance(value, tuple) else str(value)


def facts(say: Words, table_name: str, record: Record, names: Iterable[str], besides: str = "") -> str:
    """Write fields with their values: the short ones side by side, ``besides`` among them, the long ones below."""
    columns = table(table_name).columns
    read = {name: reading(say, columns[name], getattr(record, name)) for name in names}
    short = [
        fact(field_name(say, columns[name]), text(value or "–"))
        for name, value in read.items()
        if len(value) < LONG and not (value and name in _PASSAGES)
    ]
    long = [
        tag("h3", text(field_name(say, columns[name])), "field") + tag("p", text(value), "text")
        for name, value in read.items()
        if len(value) >= LONG or (value and name in _PASSAGES)
    ]
    return tag("dl", "".join(short) + besides, "facts") + "".join(long)


def ask_fields(say: Words, table_name: str, record: Record | None, key: str, *, fixed: Collection[str] = ()) -> None:
    """
    Ask for each field of a form; what was typed is read by `typed`.

    Parameters
    ----------
    say : Words
    table_name : {"experts", "firms"}
    record : Expert, Need or None
        What is there; None where the form is new.
    key : str
        Begins the keys of the widgets; a blank, which no id holds, parts it from the name of the field.
    fixed : collection of str
        Fields that are shown and can't be changed.
    """
    columns = [column for name, column in table(table_name).columns.items() if name not in ELSEWHERE]
    short = [column for column in columns if column.name not in _PASSAGES]
    for start in range(0, len(short), 2):
        for place, column in zip(st.columns(2), short[start : start + 2], strict=False):
            with place:
                ask(say, column, record, key, disabled=column.name in fixed)
    for column in columns:
        if column.name in _PASSAGES:
            ask(say, column, record, key, disabled=column.name in fixed)


def typed(table_name: str, key: str, names: Iterable[str] | None = None) -> dict[str, Any]:
    """Give what stands in the widgets of `ask_fields`, by field; of those asked for one by one, with their names."""
    asked = (name for name in table(table_name).columns if name not in ELSEWHERE) if names is None else names
    return {name: st.session_state[f"{key} {name}"] for name in asked}


ELSEWHERE = frozenset(
    {"consent", "preferred_firms", "vetoed_firms", "preferred_experts", "vetoed_experts"},
)
"""Fields that are not written in a form: the institution's word has a document, wishes are stated while choosing."""


def as_typed(column: Column, value: object) -> object:
    """Give a value as the widget of its field holds it."""
    return value if column.kind in ("word", "whole") else typed_text(value)


def ask(say: Words, column: Column, record: Record | None, key: str, **options: Any) -> None:
    """Ask for one field, as `ask_fields` does for each; ``options`` are its widget's."""
    label = field_name(say, column) + (" *" if column.required else "")
    value = getattr(record, column.name) if record is not None else blank(column)
    common: dict[str, Any] = {"key": f"{key} {column.name}", **options}
    # Not as the default of the widget: a browser goes on showing what was typed, unless it is told of a value.
    st.session_state.setdefault(common["key"], as_typed(column, value))
    if column.kind == "word":
        meanings = _meanings(column)
        st.selectbox(
            label,
            meanings if blank(column) is not None else [None, *meanings],
            format_func=lambda meant: reading(say, column, meant) or say("page.field.not_said"),
            **common,
        )
    elif column.kind == "whole":
        # Without bounds: a browser keeps what is out of them to itself, and what stood there before would be saved.
        st.number_input(label, value=None, step=1, **common)
    elif column.name in _PASSAGES:
        st.text_area(label, height=120, **common)
    else:
        st.text_input(label, help=_how(say, column), **common)


def _how(say: Words, column: Column) -> str | None:
    return say("page.field.several") if column.kind in ("texts", "ids") else None


def blank(column: Column) -> Any:
    """Give what a field holds of which nothing was said; None for numbers and words that may stay unsaid."""
    part = table(column.code.split(".")[0]).record.__dataclass_fields__[column.name]
    return "" if part.default is MISSING else part.default


def _meanings(column: Column) -> list[object]:
    return list(dict.fromkeys(column.words.values()))
