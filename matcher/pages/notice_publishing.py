"""Publishing a list: who may not be named yet and what helps, the days of the notice, who answers for it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial

import streamlit as st

from matcher.domain.messages import Message
from matcher.domain.roles import Principal
from matcher.pages.acting import attempt, once, shortened
from matcher.pages.frame import link_to
from matcher.pages.markup import chip, literal, notice, tag, text
from matcher.pages.words import Words
from matcher.services import consents, publishing
from matcher.services.notices import Notices, look_at_span, number_used, propose_span
from matcher.store import Store
from matcher.store.entities import Publication

PEOPLE = 12
"""Experts who are named in a sentence; the others are in the list to choose from."""


@dataclass(frozen=True, slots=True)
class Office:
    """Who looks at which notice, and in which words."""

    say: Words
    store: Store
    who: Principal
    found: Notices

    @property
    def latest(self) -> Publication | None:
        """The newest version, unless it was withdrawn."""
        newest = self.found.versions[0] if self.found.versions else None
        return newest[0] if newest and newest[1] is None else None


def publish_form(office: Office) -> None:
    """Ask for what a publication needs, and say before what would keep it back."""
    say, found = office.say, office.found
    number = len(found.versions) + 1
    st.header(literal(say("page.notices.publish", {"version": number})), anchor=False)
    if found.in_the_way:
        st.html(notice(say("page.notices.cannot"), shortened(say, list(found.in_the_way)), "attention"))
        if found.states.get("proposed"):
            link_to(say, "rounds", say("page.notices.to_rounds"))
    elif found.round_.state == "notice":
        st.html(notice(say("page.notices.anew"), [say("page.notices.anew.hint")], "attention"))
    elif silent := found.states.get("proposed"):
        values = {"count": silent, "silence": say(f"value.silence.{found.round_.silence}")}
        st.html(notice(say("page.notices.silent", values)))
    notice_days = _days(office)
    with st.container(horizontal=True, gap="small", key="publish-names"):
        before = found.versions[0][0] if found.versions else None
        st.text_input(say("page.notices.approver"), value=before.approved_by if before else "", key="approver")
        # Each version has a number of its own: what was typed for the one before is not there any more.
        key = f"document-{found.round_.id}-{number}"
        document = st.text_input(say("page.notices.document"), placeholder=say("page.notices.document.hint"), key=key)
    if document and (used := number_used(office.store, office.who, document)):
        st.html(notice(say("page.notices.look_at"), [say.say(used)], "attention"))
    elif before:
        values = {"version": before.version, "number": before.document_number}
        st.html(tag("p", text(say("page.notices.document.before", values)), "quiet"))

    @once
    def published() -> None:
        call = partial(
            publishing.publish,
            *(office.store, office.who, found.round_.id),
            approved_by=st.session_state["approver"],
            document_number=st.session_state[key],
            notice=(st.session_state["notice-from"], st.session_state["notice-until"]),
            version=found.round_.version,
        )
        attempt(call, Message("page.notices.published", {"version": number}))

    is_held = bool(found.in_the_way or found.unnamed or notice_days is None)
    st.button(
        say("page.notices.publish.do"),
        type="primary",
        icon=":material/campaign:",
        disabled=is_held,
        help=say("page.notices.held") if is_held else None,
        on_click=published,
        key="publish",
    )


def _days(office: Office) -> tuple[date, date] | None:
    """Ask from when until when the notice lasts, and say what is to be looked at; None where it can't last so."""
    say, proposed = office.say, propose_span(office.store, office.who)
    with st.container(horizontal=True, gap="small", key="publish-days"):
        first, last = (
            st.date_input(
                say(f"page.notices.{end}"), value=day, format="YYYY-MM-DD", required=True, key=f"notice-{end}"
            )
            for end, day in zip(("from", "until"), proposed, strict=True)
        )
    span = look_at_span(office.store, office.who, office.found.round_.id, (first, last))
    if span.wrong:
        st.html(notice(say("page.notices.cannot"), shortened(say, list(span.wrong)), "attention"))
        return None
    counted = say("page.notices.working_days", {"count": span.working_days, "least": span.least})
    st.html(tag("p", text(counted), "quiet"))
    if span.warnings:
        st.html(notice(say("page.notices.look_at"), shortened(say, list(span.warnings)), "attention"))
    return first, last


def unnamed(office: Office) -> None:
    """Say who may not be named in public yet, and let that be mended here."""
    say, found = office.say, office.found
    refusing = [name for one, name in found.unnamed.items() if one in found.refusing]
    silent = [name for one, name in found.unnamed.items() if one not in found.refusing]
    st.header(literal(say("page.notices.unnamed", {"count": len(found.unnamed)})), anchor=False)
    for kind, names in (("silent", silent), ("refusing", refusing)):
        if names:
            title = say(f"page.notices.unnamed.{kind}", {"count": len(names)})
            st.html(notice(title, [_named(say, names), say(f"page.notices.unnamed.{kind}.hint")], "attention"))
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="consents"):
        with st.popover(say("page.notices.agree"), icon=":material/how_to_reg:", key="agree"):
            _agree(office)
        with st.popover(say("page.notices.ground"), icon=":material/gavel:", key="ground"):
            _ground(office)
        if refusing:
            link_to(say, "experts", say("page.title.experts"))


def _named(say: Words, names: Sequence[str]) -> str:
    more = len(names) - PEOPLE
    shown = say("page.list.join").join(names[:PEOPLE])
    return shown if more <= 0 else say("page.notices.and_others", {"names": tuple(names[:PEOPLE]), "count": more})


def _agree(office: Office) -> None:
    """Ask who has agreed, and by which paper."""
    say, names = office.say, office.found.unnamed

    @once
    def recorded() -> None:
        chosen, basis = st.session_state["agree-who"], st.session_state["agree-basis"]
        call = partial(consents.agree_for, office.store, office.who, "notice", chosen, basis)
        done = attempt(call, Message("page.notices.agreed", {"count": len(chosen)}))
        if done is not None:
            st.session_state["agree-who"] = []

    with st.form("agree-form", border=False):
        st.html(tag("p", text(say("page.notices.agree.note")), "quiet"))
        st.multiselect(
            say("page.notices.agree.who"),
            list(names),
            format_func=lambda one: f"{names[one]} {one}" if one in names else one,
            placeholder=say("page.notices.agree.choose"),
            key="agree-who",
        )
        st.text_input(say("page.notices.basis"), placeholder=say("page.notices.agree.hint"), key="agree-basis")
        st.form_submit_button(say("page.notices.agree.do"), type="primary", on_click=recorded)


def _ground(office: Office) -> None:
    """Ask for the ground on which everybody is named who has not said no."""
    say = office.say
    recorded = consents.basis_of(office.store, office.who, "notice")

    def kept() -> None:
        call = partial(consents.record_basis, office.store, office.who, "notice", st.session_state["ground-basis"])
        attempt(call, Message("page.notices.grounded"))

    with st.form("ground-form", border=False):
        st.html(tag("p", text(say("page.notices.ground.note")), "quiet"))
        if recorded:
            st.html(tag("p", chip(say("page.notices.ground.now")) + " " + text(recorded)))
        st.text_input(say("page.notices.basis"), placeholder=say("page.notices.ground.hint"), key="ground-basis")
        st.form_submit_button(say("page.notices.ground.do"), type="primary", on_click=kept)
