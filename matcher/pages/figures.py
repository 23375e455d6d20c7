"""Key figures, in a row over what a page is about."""

from collections.abc import Callable, Sequence
from typing import Literal

import streamlit as st

Figure = tuple[str, str, str, Literal["off", "green", "orange"]]
"""Name, value, a note below it and the note's colour; orange asks for attention."""


def figures(found: Sequence[Figure], label: Callable[[str], str], more: Callable[[str], str] | None = None) -> None:
    """Show figures; ``label`` says what people call each, ``more`` what it means."""
    with st.container(horizontal=True, key="figures"):  # not columns, each of which is a message more
        for name, value, note, color in found:
            st.metric(
                label(name),
                value,
                note,
                delta_color=color,
                delta_arrow="off",
                help=more(name) if more else None,
                border=True,
            )
