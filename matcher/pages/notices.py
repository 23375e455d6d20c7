"""The notice of a round: what both sides said, what leads to a list in force, versions, objections, files."""

from functools import partial

import streamlit as st

from matcher.domain.messages import Message
from matcher.domain.roles import Principal
from matcher.domain.rounds import ALLOWED
from matcher.pages.acting import attempt, shortened
from matcher.pages.chosen import round_name, steps
from matcher.pages.figures import Figure, figures
from matcher.pages.frame import export_link, heading, link_to, page_of_round
from matcher.pages.markup import notice, tag, text
from matcher.pages.notice_objections import objections
from matcher.pages.notice_publishing import Office, publish_form, unnamed
from matcher.pages.notice_versions import versions
from matcher.pages.words import Words
from matcher.services import publishing, rounds
from matcher.services.notices import notices
from matcher.store import Store
from matcher.store.entities import Round

NAMED = 8
"""Pairs that are named; of more, how many."""


@page_of_round("notices")
def render(say: Words, store: Store, who: Principal, round_: Round) -> None:
    """Show the page."""
    row = heading(say, say("page.title.notices"), round_name(say, rounds.batch_of(store, who, round_), round_))
    office = Office(say, store, who, notices(store, who, round_.id))
    reminders = export_link(say, say("page.notices.reminders"), f"/export/round/{round_.id}/reminders.xlsx")
    row.html(reminders, width="content")
    st.html(steps(say, round_.state))
    found = office.found
    if not found.states and not found.versions:
        st.html(notice(say("page.notices.none"), [say("page.notices.none.hint")]))
        link_to(say, "scenarios", say("page.title.scenarios"))
        return
    _figures(office)
    left, right = st.columns([1.25, 1], gap="small")
    with left:
        _next_step(office)
        if found.objections or "receive_objection" in ALLOWED[round_.state]:
            with st.container(border=True, key="card-objections"):
                objections(office)
    with right:
        if found.unnamed:
            with st.container(border=True, key="card-unnamed"):
                unnamed(office)
        with st.container(border=True, key="card-versions"):
            versions(office)


def _figures(office: Office) -> None:
    """Show what both sides said, and how the notice stands."""
    say, found = office.say, office.found
    agreed = sum(found.states.get(state, 0) for state in ("confirmed", "public", "active", "ended"))
    of_all = say("page.notices.figure.of", {"count": sum(found.states.values())})
    open_, latest = sum(row.upheld is None for row, _ in found.objections), office.latest
    shown: list[Figure] = [
        ("agreed", f"{agreed:,}", of_all, "off"),
        ("declined", f"{found.states.get('declined', 0):,}", of_all, "off"),
        ("unanswered", f"{found.states.get('proposed', 0):,}", _until(office) or of_all, "off"),
        (
            "objections",
            f"{open_} / {len(found.objections)}",
            say("page.notices.figure.objections.note"),
            "orange" if open_ else "off",
        ),
        ("notice", latest.notice_until if latest else "–", _days_left(office), "off"),
    ]
    figures(shown, lambda name: say(f"page.notices.figure.{name}"))


def _until(office: Office) -> str:
    """Say by when those who have not answered may."""
    round_ = office.found.round_
    return office.say("page.notices.figure.by", {"date": round_.answer_by}) if round_.state == "confirming" else ""


def _days_left(office: Office) -> str:
    """Say from when a notice lasts, or that it is over."""
    say, latest = office.say, office.latest
    if latest is None:
        return say("page.notices.figure.none")
    is_open = office.found.round_.state == "notice" and office.found.today.isoformat() <= latest.notice_until
    return say("page.notices.figure.from", {"date": latest.notice_from}) if is_open else say("page.notices.over")


def _next_step(office: Office) -> None:
    """Offer what leads on from the state of the round, and say what stands in the way."""
    say, found = office.say, office.found
    state = found.round_.state
    if found.is_due:
        with st.container(border=True, key="card-publish"):
            publish_form(office)
    if state == "notice":
        with st.container(border=True, key="card-activate"):
            _activate(office)
    elif state in ("active", "assessed"):
        st.html(notice(say("page.notices.in_force"), [say("page.notices.in_force.hint")]))
        link_to(say, "service", say("page.title.service"))
    elif not found.is_due:
        st.html(notice(say("page.notices.withdrawn"), [say("page.notices.withdrawn.hint")], "attention"))
        link_to(say, "scenarios", say("page.title.scenarios"))


def _activate(office: Office) -> None:
    """Offer to put the list into force; while that can't be, say why."""
    say, found = office.say, office.found
    st.header(say("page.notices.activate"), anchor=False)
    if found.hindrances:
        st.html(notice(say("page.notices.activate.not_yet"), shortened(say, list(found.hindrances)), "attention"))
        return
    st.html(tag("p", text(say("page.notices.activate.note", {"count": len(found.public)})), "quiet"))
    if found.to_end:
        named = [f"{row.line['firm']} · {row.line['expert']}" for row in found.to_end[:NAMED]]
        if len(found.to_end) > NAMED:
            named.append(say("page.notices.and_more", {"count": len(found.to_end) - NAMED}))
        st.html(notice(say("page.notices.activate.ends", {"count": len(found.to_end)}), named, "attention"))
    call = partial(publishing.activate, office.store, office.who, found.round_.id, version=found.round_.version)
    st.button(
        say("page.notices.activate"),
        type="primary",
        icon=":material/task_alt:",
        on_click=attempt,
        args=(call, Message("page.notices.activated", {"count": len(found.public)})),
        key="activate",
    )


if __name__ == "__main__":
    render()
