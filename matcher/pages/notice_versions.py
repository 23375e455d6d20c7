"""What was published of a round: each version with its papers, and how the newest is taken back."""

from functools import partial

import streamlit as st

from matcher.domain.messages import Message
from matcher.domain.moments import in_china
from matcher.domain.rounds import ALLOWED
from matcher.pages.acting import attempt
from matcher.pages.frame import export_link
from matcher.pages.markup import chip, fact, notice, tag, text
from matcher.pages.notice_publishing import Office
from matcher.services import publishing
from matcher.store.entities import Publication, Withdrawal

LISTS = ("list.xlsx", "list.csv")
PAPERS = ("letters.zip", "agreements.zip")


def versions(office: Office) -> None:
    """Show every version, the newest first."""
    say, found = office.say, office.found
    st.header(say("page.notices.versions"), anchor=False)
    if not found.versions:
        st.html(tag("p", text(say("page.notices.versions.none")), "quiet"))
        return
    for place, (publication, withdrawal) in enumerate(found.versions):
        st.html(tag("section", _version(office, publication, withdrawal, is_newest=place == 0), "version"))
        if place == 0 and withdrawal is None and "withdraw_publication" in ALLOWED[found.round_.state]:
            with st.popover(say("page.notices.withdraw"), icon=":material/undo:", key="withdraw"):
                _withdraw(office, publication)
    st.html(tag("p", text(say("page.notices.files.note")), "quiet"))


def _version(office: Office, publication: Publication, withdrawal: Withdrawal | None, *, is_newest: bool) -> str:
    """Write a version: what it is, from when until when, who answers for it, what can be taken away."""
    say = office.say
    values = {"version": publication.version, "document": publication.document_number}
    state, kind = _state(office, publication, withdrawal, is_newest=is_newest)
    title = tag("b", text(say("page.notices.version", values))) + " " + chip(say(f"page.notices.state.{state}"), kind)
    days = say("page.notices.days", {"first": publication.notice_from, "last": publication.notice_until})
    by = f"{in_china(publication.published_at)} · {publication.published_by}"
    facts = (
        fact(say("page.notices.notice"), text(days))
        + fact(say("page.notices.approver"), text(publication.approved_by))
        + fact(say("page.notices.published_at"), text(by))
    )
    taken_back = ""
    if withdrawal is not None:
        values = {"at": in_china(withdrawal.withdrawn_at), "by": withdrawal.withdrawn_by}
        taken_back = notice(say("page.notices.taken_back", values), [withdrawal.reason], "attention")
    names = [*LISTS, *(["notice.docx"] if withdrawal is None else [])]
    names += PAPERS if is_newest and publication.id in office.found.in_force else ()
    links = "".join(
        export_link(say, say(f"page.notices.file.{name}"), f"/export/publication/{publication.id}/{name}")
        for name in names
    )
    return tag("p", title) + tag("dl", facts, "facts") + taken_back + tag("p", links, "downloads")


def _state(
    office: Office, publication: Publication, withdrawal: Withdrawal | None, *, is_newest: bool
) -> tuple[str, str]:
    """Say how a version stands, and in which colour."""
    round_ = office.found.round_
    if withdrawal is not None:
        return "withdrawn", "attention"
    if not is_newest:
        return "replaced", ""
    if round_.state == "notice":
        is_over = office.found.today.isoformat() > publication.notice_until
        return ("over", "accent") if is_over else ("public", "accent")
    return "in_force", "accent"


def _withdraw(office: Office, publication: Publication) -> None:
    """Ask why a version is taken back."""
    say = office.say

    def withdrawn() -> None:
        why = st.session_state["withdraw-why"]
        call = partial(publishing.withdraw_publication, office.store, office.who, publication.id, why)
        attempt(call, Message("page.notices.done.withdraw", {"version": publication.version}))

    with st.form("withdraw-form", border=False):
        st.html(tag("p", text(say("page.notices.withdraw.note")), "quiet"))
        st.text_area(say("page.why.reason"), key="withdraw-why")
        st.form_submit_button(say("page.notices.withdraw.do"), type="primary", on_click=withdrawn)
