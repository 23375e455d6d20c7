"""The head of every page of a firm or an expert: how far the round is, and what there is to do now."""

from collections.abc import Mapping

import streamlit as st

from matcher.domain.roles import Principal
from matcher.domain.settings import Side
from matcher.pages.chosen import steps
from matcher.pages.frame import link_to
from matcher.pages.markup import tag, text
from matcher.pages.words import Words
from matcher.services.next_steps import Place, next_steps
from matcher.store import Store
from matcher.store.entities import Round

PLACES: Mapping[Side, Mapping[Place, str]] = {
    "firm": {"form": "my_needs", "find": "find_experts", "results": "my_results"},
    "expert": {"form": "my_profile", "find": "find_firms", "results": "my_results"},
}
"""The page of each place."""


def party_head(say: Words, store: Store, who: Principal) -> Round | None:
    """
    Say where the round is that concerns a party, and what it has to do, with a link to where that is done.

    Returns
    -------
    Round or None
        The last of the newest batch; None where there is none, or whoever looks is no party.
    """
    side, own_id = side_of(who), who.party
    if side is None or own_id is None:
        return None
    found = next_steps(store, who, side, own_id)
    with st.container(key="party-head"):
        if found.batch and found.round_:
            values = {"batch": found.batch.name, "number": found.round_.number}
            st.html(tag("p", text(say("page.round.short", values)), "quiet") + steps(say, found.round_.state))
        for place, step in enumerate(found.steps):
            kind = "urgent-" if step.is_urgent else ""
            with st.container(key=f"matter-{kind}next-{place}", gap="small"):
                st.html(tag("p", text(say.say(step.message)), "matter"))
                name = PLACES[side][step.place] if step.place else None
                is_last = all(later.place != step.place for later in found.steps[place + 1 :])
                if name is not None and is_last and name != st.session_state.get("page_here"):
                    link_to(say, name, say(f"page.next.{step.place}.{side}"), icon="arrow_forward")
    return found.round_


def side_of(who: Principal) -> Side | None:
    """Tell which side somebody is, if one."""
    return "firm" if who.role == "firm" else "expert" if who.role == "expert" else None
