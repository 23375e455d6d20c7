"""Key figures, in a row over what a page is about."""

from collections.abc import Callable, Sequence
from typing import Literal

import streamlit as st

Figure = tuple[str, str, str, Literal["off", "green", "orange"]]
"""Name, value, a note below it and the note's colour; orange asks for attention."""


def figures(found: Sequence[Figure], label: Callable[[str], str], more: Callable[[str], str] | None = None) -> None:
    """Show figures; ``label`` says what people call each, ``more`` what it means."""
    with st.container(key="figures"):
        for column, (name, value, note, color) in zip(st.columns(len(found)), found, strict=True):
            column.metric(
                label(name),
                value,
                note,
                delta_color=color,
                delta_arrow="off",
                help=more(name) if more else None,
                border=True,
            )
