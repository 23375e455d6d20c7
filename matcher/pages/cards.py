"""Cards: what a grid offers where the screen is narrow, each a link to what the page then shows beside the list."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any
from urllib.parse import urlencode

import streamlit as st

from matcher.pages.markup import tag

CARDS = 12
"""So many at first; the search finds the others."""


def cards(rows: Iterable[Mapping[str, Any]], name: str, chosen: str | None, content: Callable[[Any], str]) -> str:
    """
    Write rows as cards.

    Parameters
    ----------
    rows : iterable of mapping
        By column, with an ``id``.
    name : str
        Of the chosen row in the address, as `matcher.pages.grid.grid` takes it, and of the panel that shows it.
    chosen : str or None
        The id of that row.
    content : callable
        Takes a row, gives the markup of its card.
    """
    written = (card(content(row), name, is_chosen=row["id"] == chosen, **{name: row["id"]}) for row in rows)
    return list_of_cards(written)


def card(content: str, panel: str, *, is_chosen: bool, **query: str) -> str:
    """Write one card: a link that puts ``query`` into the address, and leads to a panel."""
    address = urlencode({**st.query_params.to_dict(), **query})
    current = "true" if is_chosen else None
    return tag("li", tag("a", content, "pair-card", href=f"?{address}#{panel}", target="_self", aria_current=current))


def list_of_cards(written: Iterable[str]) -> str:
    """Gather cards made by `card`."""
    return tag("ul", "".join(written), "cards")
