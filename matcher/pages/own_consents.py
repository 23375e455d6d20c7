"""How a party is reached, and what it agrees to apart from the rest: asked where one fills in one's form."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import streamlit as st

from matcher.domain.messages import Message
from matcher.domain.roles import CONSENTS, Consent, Principal
from matcher.domain.settings import Side
from matcher.pages.acting import attempt, once
from matcher.pages.markup import literal, tag, text
from matcher.pages.own_desk import Desk
from matcher.pages.slip import Slip, tell_kept
from matcher.pages.words import Words
from matcher.services import consents, privacy
from matcher.services.drafts import beside
from matcher.store import Store

Whose = tuple[Store, Principal, Side, str]
"""What every use case of a party's own asks first."""


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
            ask_consent(say, desk.whose, kind, said.get(kind), key=f"consent-{kind}")


def _contact(desk: Desk, forms: Sequence[Any]) -> None:
    say, name = desk.say, beside("contact", desk.own_id)
    held = max(forms, key=lambda form: form.changed_at).record.contact
    slip = Slip(desk.store, desk.who, desk.round_.id, name, "own", {"contact": held})
    slip.begin(desk.drafts.get(name))

    @once
    def corrected() -> None:
        call = partial(privacy.correct_contact, *desk.whose, slip.typed("contact"))
        if attempt(call, Message("page.mine.contact.saved")) is not None:
            slip.forget()

    with st.container(horizontal=True, vertical_alignment="bottom", key="contact-row"):
        st.text_input(say(f"{desk.table}.contact"), key=slip.at("contact"), on_change=slip.keep)
        st.button(say("page.mine.contact.save"), on_click=corrected, key="contact-save")
    tell_kept(say, desk.drafts.get(name))


def ask_consent(say: Words, whose: Whose, kind: Consent, given: bool | None, *, key: str, place: str = "") -> None:
    """Ask whether a party agrees to one thing, and keep the answer; what came of it is told at ``place``."""

    def stated() -> None:  # each time: who says no at once after a yes means no
        call = partial(consents.state_consent, *whose, kind, given=st.session_state[key])
        attempt(call, Message("page.mine.consent.saved"), place=place)

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
