"""Changing a form, or adding one: what was typed stays until it is saved, whatever others do meanwhile."""

from functools import partial
from typing import Any

import streamlit as st

from matcher.domain.messages import Message
from matcher.domain.roles import Principal
from matcher.files.columns import table
from matcher.files.record_text import read_record
from matcher.pages.acting import attempt, once
from matcher.pages.markup import notice, tag, text
from matcher.pages.record_fields import ask_fields, field_name, reading, typed
from matcher.pages.words import Words
from matcher.services import forms
from matcher.store import Store

_BEGUN = "begun"
_FIXED = {"experts": ("expert_id",), "firms": ("firm_id", "need_id")}


def edit(say: Words, store: Store, who: Principal, table_name: str, form: Any) -> None:
    """
    Ask for the fields of a form.

    Who began before somebody else saved is shown what that changed, and saves over it only after saying so.
    """
    key = f"edit-{form.round_id}-{form.own_id}"
    if not any(str(name).startswith(f"{key} ") for name in st.session_state):
        st.session_state[_BEGUN] = form
    begun = st.session_state[_BEGUN]
    if begun.version != form.version:
        _changed_meanwhile(say, table_name, form, key)

    @once
    def saved() -> None:
        def save() -> Any:
            record: Any = read_record(table_name, typed(table_name, key), base=form.record)
            return forms.write_form(store, who, form.round_id, record, version=begun.version)

        if attempt(save, Message("page.edit.saved", {"name": form.record.name})) is not None:
            _forget(key)

    st.html(tag("p", text(say(f"page.edit.note.{form.state}")), "quiet"))
    with st.form(f"{key}-form", border=False):
        ask_fields(say, table_name, begun.record, key, fixed=_FIXED[table_name])
        st.form_submit_button(say("page.edit.save"), type="primary", on_click=saved)


def add(say: Words, store: Store, who: Principal, table_name: str, round_id: int) -> None:
    """Ask for the fields of a form that is new."""
    key = "new"

    @once
    def saved() -> None:
        def save() -> Any:
            record: Any = read_record(table_name, typed(table_name, key))
            return forms.write_form(store, who, round_id, record)

        form = attempt(save, Message("page.edit.added"))
        if form is not None:
            _forget(key)
            st.query_params["tab"], st.query_params["form"] = "facts", form.own_id

    st.html(tag("p", text(say(f"page.edit.note.new.{table_name}")), "quiet"))
    with st.form(f"{key}-form", border=False):
        ask_fields(say, table_name, None, key)
        st.form_submit_button(say("page.edit.save"), type="primary", on_click=saved)


def _changed_meanwhile(say: Words, table_name: str, form: Any, key: str) -> None:
    """Show what somebody else saved, and ask whose is to stand."""
    begun = st.session_state[_BEGUN]
    columns = table(table_name).columns
    fields = [
        say(
            "page.edit.change",
            {
                "field": field_name(say, column),
                "before": reading(say, column, getattr(begun.record, name)) or "–",
                "after": reading(say, column, getattr(form.record, name)) or "–",
            },
        )
        for name, column in columns.items()
        if getattr(begun.record, name) != getattr(form.record, name)
    ]
    said = say("page.edit.meanwhile", {"by": form.changed_by, "at": form.changed_at})
    st.html(notice(said, [*fields, say("page.edit.meanwhile.hint")], "attention"))

    def keep_mine() -> None:
        st.session_state[_BEGUN] = form

    with st.container(horizontal=True, key="meanwhile"):
        st.button(say("page.edit.theirs"), on_click=partial(_forget, key), key="theirs")
        st.button(say("page.edit.mine"), on_click=keep_mine, key="mine")


def _forget(key: str) -> None:
    """Drop what was typed, so that the fields show what is stored."""
    for name in [name for name in st.session_state if str(name).startswith(f"{key} ")]:
        del st.session_state[name]
