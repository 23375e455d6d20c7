"""Names that are known already, offered below the field that one of them may belong into."""

from collections.abc import Callable, Sequence

import streamlit as st

from matcher.files.columns import Column
from matcher.pages.markup import literal, notice
from matcher.pages.record_fields import field_name
from matcher.pages.words import Words
from matcher.services.naming import nearest


def offer_names(say: Words, column: Column, key: str, known: Sequence[str], keep: Callable[[], None]) -> None:
    """
    Offer the known names while none of them stands in a field, and ask after the one that is likely meant.

    Parameters
    ----------
    say : Words
    column : Column
    key : str
        Of the widget of the field, which goes on taking whatever is typed.
    known : sequence of str
    keep : callable
        What is to be done when the field has changed.
    """
    typed = str(st.session_state[key] or "").strip()
    if not known or typed in known:
        return
    values, of_list = {"field": field_name(say, column)}, f"{key} list"

    def write(name: str | None) -> None:
        if name:
            st.session_state[key] = name
            keep()

    if meant := nearest(typed, known):
        st.html(notice(say("page.mine.meant", {"name": meant}), [say("page.mine.meant.hint")], "attention"))
        label = say("page.mine.meant.do", {"name": meant})
        st.button(literal(label), icon=":material/check:", on_click=write, args=(meant,), key=f"{key} meant")
    st.selectbox(
        literal(say("page.mine.known", values)),
        known,
        index=None,
        placeholder=say("page.mine.known.placeholder"),
        key=of_list,
        on_change=lambda: write(st.session_state[of_list]),
    )
