"""How a party is reached, and what it agrees to apart from the rest: asked where one fills in one's form."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import streamlit as st

from matcher.domain.messages import Message
from matcher.domain.roles import CONSENTS, Consent
from matcher.pages.acting import attempt
from matcher.pages.markup import literal, tag, text
from matcher.pages.own_desk import Desk
from matcher.pages.slip import Slip, tell_kept
from matcher.services import consents, privacy
from matcher.services.drafts import beside


def contact_and_consents(desk: Desk, forms: Sequence[Any]) -> None:
    """
    Ask for what may be said at any time, whatever the state of the round.

    Parameters
    ----------
    desk : Desk
    forms : sequence of NeedForm or Application
        Of the party; without one there are no contact data to correct.
    """
    say = desk.say
    with st.container(border=True, key="card-consents"):
        st.header(say("page.mine.consents"), anchor=False)
        if forms:
            _contact(desk, forms)
        st.html(tag("p", text(say("page.mine.consents.hint")), "quiet"))
        said = {row.kind: row.given for row in consents.consents_of(*desk.whose)}
        for kind in CONSENTS[desk.side]:
            _consent(desk, kind, said.get(kind))


def _contact(desk: Desk, forms: Sequence[Any]) -> None:
    say, name = desk.say, beside("contact", desk.own_id)
    held = max(forms, key=lambda form: form.changed_at).record.contact
    slip = Slip(desk.store, desk.who, desk.round_.id, name, "own", {"contact": held})
    slip.begin(desk.drafts.get(name))

    def corrected() -> None:
        call = partial(privacy.correct_contact, *desk.whose, slip.typed("contact"))
        if attempt(call, Message("page.mine.contact.saved")) is not None:
            slip.forget()

    with st.container(horizontal=True, vertical_alignment="bottom", key="contact-row"):
        st.text_input(say(f"{desk.table}.contact"), key=slip.at("contact"), on_change=slip.keep)
        st.button(say("page.mine.contact.save"), on_click=corrected, key="contact-save")
    tell_kept(say, desk.drafts.get(name))


def _consent(desk: Desk, kind: Consent, given: bool | None) -> None:
    key = f"consent-{kind}"

    def stated() -> None:
        said = st.session_state[key]
        call = partial(consents.state_consent, *desk.whose, kind, given=said)
        attempt(call, Message("page.mine.consent.saved"))

    st.session_state[key] = given
    st.radio(
        literal(desk.say(f"web.privacy.consent.{kind}")),
        [True, False],
        format_func=lambda said: desk.say(f"value.consent.{'yes' if said else 'no'}"),
        index=None,
        horizontal=True,
        key=key,
        on_change=stated,
    )
