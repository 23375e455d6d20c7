"""Objections to a published list: taken under a real name, decided with a reason, and what follows."""

from functools import partial

import streamlit as st

from matcher.domain.messages import Message
from matcher.domain.moments import in_china
from matcher.domain.rounds import ALLOWED
from matcher.pages.acting import attempt, once, tell
from matcher.pages.markup import chip, tag, text
from matcher.pages.notice_publishing import Office
from matcher.services import publishing
from matcher.store.entities import Objection, PlacedPair


def objections(office: Office) -> None:
    """Show what was objected to, those not decided first."""
    say, found = office.say, office.found
    allowed = ALLOWED[found.round_.state]
    with st.container(horizontal=True, vertical_alignment="center", key="objections-head"):
        st.header(say("page.notices.objections"), anchor=False)
        if "receive_objection" in allowed and found.public:
            with st.popover(say("page.notices.receive"), icon=":material/add:", key="receive"):
                _receive(office)
    if not found.objections:
        st.html(tag("p", text(say("page.notices.objections.none")), "quiet"))
    for objection, placed in found.objections:
        st.html(tag("section", _objection(office, objection, placed), "version"))
        if objection.upheld is None and "decide_objection" in allowed:
            with st.popover(say("page.notices.decide"), icon=":material/gavel:", key=f"decide-{objection.id}"):
                _decide(office, objection)


def named(office: Office, placed: PlacedPair) -> str:
    """Call a pair as people do."""
    values = {"expert": placed.line["expert"], "firm": placed.line["firm"], "need": placed.line["need_title"]}
    return office.say("page.pair.option", values)


def _objection(office: Office, objection: Objection, placed: PlacedPair) -> str:
    """Write an objection: to which pair, by whom, why, and how it was decided."""
    say = office.say
    state = {None: "open", True: "upheld", False: "dismissed"}[objection.upheld]
    kind = "attention" if objection.upheld is None else ""
    title = tag("b", text(named(office, placed))) + " " + chip(say(f"page.notices.objection.{state}"), kind)
    values = {"at": in_china(objection.received_at), "by": objection.received_by, "objector": objection.objector}
    said = tag("p", text(say("page.notices.received", values)), "quiet") + tag("p", text(objection.ground), "text")
    if objection.upheld is None:
        return tag("p", title) + said
    values = {"at": in_china(str(objection.decided_at)), "by": objection.decided_by}
    decided = tag("p", text(say("page.notices.decided", values)), "quiet")
    return tag("p", title) + said + decided + tag("p", text(objection.decided_because), "text")


def _receive(office: Office) -> None:
    """Ask who objects to which pair, and why."""
    say, pairs = office.say, {placed.id: placed for placed in office.found.public}

    @once
    def received() -> None:
        placement, objector, ground = (st.session_state[f"objection-{part}"] for part in ("pair", "objector", "ground"))
        call = partial(publishing.receive_objection, office.store, office.who, placement, objector, ground)
        if attempt(call, Message("page.notices.done.receive", {"objector": objector})) is not None:
            st.session_state["objection-objector"] = st.session_state["objection-ground"] = ""

    with st.form("objection-form", border=False):
        st.html(tag("p", text(say("page.notices.receive.note")), "quiet"))
        st.selectbox(
            say("page.notices.objection.pair"),
            list(pairs),
            format_func=lambda id_: named(office, pairs[id_]) if id_ in pairs else str(id_),
            key="objection-pair",
        )
        st.text_input(say("page.notices.objector"), key="objection-objector")
        st.text_area(say("page.notices.objection.ground"), key="objection-ground")
        st.form_submit_button(say("page.notices.receive"), type="primary", on_click=received)


def _decide(office: Office, objection: Objection) -> None:
    """Ask whether an objection is upheld, and why."""
    say, key = office.say, f"decide-{objection.id}"

    @once
    def decided() -> None:
        upheld, why = st.session_state[f"{key}-upheld"], st.session_state[f"{key}-why"]
        if upheld is None:
            tell(Message("page.notices.decision.missing"), is_problem=True)
            return
        call = partial(publishing.decide_objection, office.store, office.who, objection.id, why, upheld=upheld)
        attempt(call, Message(f"page.notices.done.{'upheld' if upheld else 'dismissed'}"))

    with st.form(f"{key}-form", border=False):
        st.html(tag("p", text(say("page.notices.decide.note")), "quiet"))
        st.radio(
            say("page.notices.decision"),
            [True, False],
            index=None,
            format_func=lambda upheld: say(f"page.notices.objection.{'upheld' if upheld else 'dismissed'}"),
            horizontal=True,
            key=f"{key}-upheld",
        )
        st.text_area(say("page.why.reason"), key=f"{key}-why")
        st.form_submit_button(say("page.notices.decide"), type="primary", on_click=decided)
