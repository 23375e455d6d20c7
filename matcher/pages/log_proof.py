"""The proof that nobody changed the log: its head, to be noted elsewhere, and all of it recomputed when asked."""

from dataclasses import dataclass

import streamlit as st

from matcher.domain.errors import MatcherError
from matcher.domain.messages import Message
from matcher.domain.moments import in_china
from matcher.domain.roles import Principal
from matcher.pages.acting import shortened
from matcher.pages.markup import notice, tag, text
from matcher.pages.words import Words
from matcher.services import log_desk
from matcher.store import Store, Verified

_FOUND = "log-verified"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a verification, and when it was made; kept until the next one."""

    at: str
    found: Verified


def proof(say: Words, store: Store, who: Principal) -> None:
    """Show the head, and verify when asked."""
    left, right = st.columns([1, 1.3], gap="small")
    with left, st.container(border=True, key="card-head"):
        st.header(say("page.log.head"), anchor=False)
        st.html(tag("p", text(say("page.log.head.note")), "quiet"))
        st.code(log_desk.head(store, who) or "–", language=None, wrap_lines=True)
        with st.form("verify-form", border=False):
            st.text_input(say("page.log.known"), key="known-head", help=say("page.log.known.help"))
            is_asked = st.form_submit_button(say("page.log.verify"), type="primary", icon=":material/verified_user:")
    with right, st.container(border=True, key="card-proof"):
        st.header(say("page.log.proof"), anchor=False)
        if is_asked:
            _verify(say, store, who)
        _outcome(say)


def _verify(say: Words, store: Store, who: Principal) -> None:
    """Recompute everything, and tell meanwhile how far it is."""
    known = st.session_state["known-head"].strip() or None
    bar = st.progress(0.0, say("page.log.verifying.begins"))

    def told(done: int, total: int, _stage: str) -> None:
        bar.progress(min(done / max(total, 1), 1.0), say("page.log.verifying", {"done": done, "total": total}))

    try:
        found = log_desk.verified(store, who, known=known, on_progress=told)
    except MatcherError as fault:
        st.html(notice(say("page.refused"), shortened(say, list(fault.messages)), "attention"))
    else:
        st.session_state[_FOUND] = Outcome(store.now(), found)
    bar.empty()


def _outcome(say: Words) -> None:
    """Tell what came of the last verification: findings first, then what it can't see."""
    outcome: Outcome | None = st.session_state.get(_FOUND)
    if outcome is None:
        st.html(tag("p", text(say("page.log.proof.none")), "quiet"))
        return
    found = outcome.found
    values = {**found.counts, "findings": len(found.findings)}
    title = say("cli.database.verified" if found.is_sound else "cli.database.not_verified", values)
    when = say("page.log.proof.at", {"at": in_china(outcome.at), "head": found.head})
    lines = [*shortened(say, found.findings), when]
    st.html(notice(title, lines, "" if found.is_sound else "attention"))
    unseen: list[Message] = list(found.unseen)
    st.html(
        tag("h3", text(say("page.log.unseen")))
        + tag("ul", "".join(tag("li", text(say.say(line))) for line in unseen), "changes")
    )
