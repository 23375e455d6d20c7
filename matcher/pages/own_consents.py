"""How a party is reached, and what it agrees to apart from the rest: asked where one fills in one's form."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import streamlit as st

from matcher.domain.messages import Message
from matcher.domain.roles import CONSENTS, Consent, Principal
from matcher.domain.settings import Side
from matcher.pages.acting import attempt
from matcher.pages.markup import literal, tag, text
from matcher.pages.words import Words
from matcher.services import consents, privacy
from matcher.store import Store


def contact_and_consents(say: Words, store: Store, who: Principal, side: Side, forms: Sequence[Any]) -> None:
    """
    Ask for what may be said at any time, whatever the state of the round.

    Parameters
    ----------
    say : Words
    store : Store
    who : Principal
    side : {"firm", "expert"}
    forms : sequence of NeedForm or Application
        Of the party; without one there are no contact data to correct.
    """
    with st.container(border=True, key="card-consents"):
        st.header(say("page.mine.consents"), anchor=False)
        if forms:
            _contact(say, store, who, side, forms)
        st.html(tag("p", text(say("page.mine.consents.hint")), "quiet"))
        said = {row.kind: row.given for row in consents.consents_of(store, who, side, str(who.party))}
        for kind in CONSENTS[side]:
            _consent(say, store, who, (side, kind), said.get(kind))


def _contact(say: Words, store: Store, who: Principal, side: Side, forms: Sequence[Any]) -> None:
    held = max(forms, key=lambda form: form.changed_at).record.contact

    def corrected() -> None:
        call = partial(privacy.correct_contact, store, who, side, str(who.party), st.session_state["contact"])
        attempt(call, Message("page.mine.contact.saved"))

    st.session_state.setdefault("contact", held)
    with st.container(horizontal=True, vertical_alignment="bottom", key="contact-row"):
        st.text_input(say(f"{'firms' if side == 'firm' else 'experts'}.contact"), key="contact")
        st.button(say("page.mine.contact.save"), on_click=corrected, key="contact-save")


def _consent(say: Words, store: Store, who: Principal, of: tuple[Side, Consent], given: bool | None) -> None:
    side, kind = of
    key = f"consent-{kind}"

    def stated() -> None:
        said = st.session_state[key]
        call = partial(consents.state_consent, store, who, side, str(who.party), kind, given=said)
        attempt(call, Message("page.mine.consent.saved"))

    st.session_state[key] = given
    st.radio(
        literal(say(f"web.privacy.consent.{kind}")),
        [True, False],
        format_func=lambda said: say(f"value.consent.{'yes' if said else 'no'}"),
        index=None,
        horizontal=True,
        key=key,
        on_change=stated,
    )
