"""The placement list for analysts, under pseudonyms: what groups the pairs, and their figures."""

import streamlit as st

from matcher.domain.records import Placement
from matcher.pages.grid import table
from matcher.pages.identity import current_principal, the_store
from matcher.pages.markup import notice, tag, text
from matcher.pages.words import Words, language_switch, words_of_reader
from matcher.services.showing import newest_list

COLUMNS = ("need_id", "township", "expert_id", "fit")


def render() -> None:
    """Show the page."""
    say = words_of_reader()
    heading, switch = st.columns([4, 1], vertical_alignment="center")
    with switch, st.container(horizontal=True, horizontal_alignment="right"):
        language_switch(say)
    who = current_principal()
    found = newest_list(the_store(), who) if who else None
    with heading:
        st.title(say("page.title.placements"), anchor=False)
        if found is not None:
            values = {"batch": found[0].batch, "number": found[0].round_.number, "count": len(found[1])}
            st.html(tag("p", text(say("page.listing.subtitle", values)), "subtitle"))
    if found is None:
        st.html(notice(say("page.nothing"), [say("page.nothing.hint")]))
        return
    with st.container(border=True, key="card-listing"):
        st.html(_table(say, found[1]))
        st.html(tag("p", text(say("page.listing.note")), "quiet"))


def _table(say: Words, lines: list[Placement]) -> str:
    rows = [
        {**{name: getattr(line, name) for name in COLUMNS}, "fit": None if line.fit is None else f"{line.fit:.2f}"}
        for line in lines
    ]
    return table({name: say(f"page.column.{name}") for name in COLUMNS}, rows, "listing")


if __name__ == "__main__":
    render()
