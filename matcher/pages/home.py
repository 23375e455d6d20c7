"""The way in: whoever names no page is led to the one where there is something to do."""

import streamlit as st

from matcher.domain.roles import Principal
from matcher.pages.frame import PAGES, page
from matcher.pages.party_head import PLACES, side_of
from matcher.pages.words import Words
from matcher.services.next_steps import next_steps
from matcher.store import Store


@page
def render(say: Words, store: Store, who: Principal) -> None:
    """Lead on, with what the address asks for."""
    name = next(name for names in PAGES[who.role].values() for name in names)
    side = side_of(who)
    if side is not None and who.party is not None:
        steps = next_steps(store, who, side, who.party).steps
        name = next((PLACES[side][step.place] for step in steps if step.place), name)
    st.switch_page(st.session_state["pages"][name], query_params={**st.query_params.to_dict(), **say.query})


if __name__ == "__main__":
    render()
