"""Batches and their rounds: what state each is in, and the next steps that its state allows."""

from datetime import date, timedelta
from functools import partial

import streamlit as st

from matcher.domain.messages import Message
from matcher.domain.roles import Principal
from matcher.domain.rounds import ACTIONS, ALLOWED, MOVES, RoundKind, RoundState
from matcher.pages.acting import attempt, once
from matcher.pages.chosen import chosen_round, round_name, steps
from matcher.pages.frame import heading, link_to, page
from matcher.pages.grid import table
from matcher.pages.markup import fact, literal, notice, tag, text
from matcher.pages.words import Words
from matcher.services import proposing, rounds
from matcher.store import Store
from matcher.store.entities import Batch, Round

_ELSEWHERE = {
    "propose": "scenarios",
    "publish": "notices",
    "withdraw_publication": "notices",
    "activate": "notices",
}
"""Steps that are taken on a page of their own."""


@page
def render(say: Words, store: Store, who: Principal) -> None:
    """Show the page."""
    round_ = chosen_round(say, store, who)
    found = rounds.batches(store, who)
    heading(say, say("page.title.rounds"), say("page.rounds.subtitle", {"count": len(found)}))
    if round_ is None:
        st.html(notice(say("page.overview.none"), [say("page.rounds.none.hint")]))
    else:
        batch = rounds.batch_of(store, who, round_)
        with st.container(border=True, key="card-round"):
            st.header(literal(round_name(say, batch, round_)), anchor=False)
            st.html(steps(say, round_.state) + _facts(say, round_))
            _next_steps(say, store, who, round_)
    left, right = st.columns([1.6, 1], gap="small")
    with left, st.container(border=True, key="card-batches"):
        st.header(say("page.rounds.all"), anchor=False)
        st.html(_batches(say, store, who, found))
    with right, st.container(border=True, key="card-open"):
        _open_batch(say, store, who, found)


def _facts(say: Words, round_: Round) -> str:
    """Say what is known of a round: its kind, and what was asked of both sides until when."""
    facts = [fact(say("page.rounds.kind"), text(say(f"value.kind.{round_.kind}")))]
    if round_.answer_by:
        facts.append(fact(say("page.rounds.answer_by"), text(round_.answer_by)))
        facts.append(fact(say("page.rounds.silence"), text(say(f"value.silence.{round_.silence}"))))
    facts.append(fact(say("page.rounds.changed"), text(f"{round_.changed_by} · {round_.changed_at[:10]}")))
    actions = [
        action for action in ACTIONS if action in ALLOWED[round_.state] and action not in ("advance", "step_back")
    ]
    named = say("page.list.join").join(say(f"value.action.{action}") for action in actions)
    return tag("dl", "".join(facts), "facts") + tag("p", text(say("page.rounds.allowed") + named), "quiet")


def _next_steps(say: Words, store: Store, who: Principal, round_: Round) -> None:
    """Offer what leads on, or back, from the state of a round."""
    ways: dict[str, RoundState] = {action: after for (before, after), action in MOVES.items() if before == round_.state}
    with st.container(horizontal=True, vertical_alignment="center", key="next-steps"):
        if "advance" in ways:
            state = say(f"value.round.{ways['advance']}")
            call = partial(rounds.advance, store, who, round_.id, version=round_.version)
            st.button(
                say("page.rounds.advance", {"state": state}),
                type="primary",
                icon=":material/arrow_forward:",
                on_click=attempt,
                args=(call, Message("page.rounds.moved", {"state": state})),
                key="advance",
            )
        for action, room in _ELSEWHERE.items():
            if action in ways:
                link_to(say, room, say("page.rounds.elsewhere", {"action": say(f"value.action.{action}")}))
        if round_.state == "confirming":
            with st.popover(say("page.rounds.extend"), icon=":material/event:", key="extend"):
                _extend(say, store, who, round_)
        if round_.state == "active":
            for kind in ("supplementary", "adjustment"):
                st.button(
                    say("page.rounds.open_next", {"kind": say(f"value.kind.{kind}")}),
                    icon=":material/add:",
                    on_click=once(_open_next),
                    args=(store, who, round_, kind),
                    key=f"open-{kind}",
                )
        if "step_back" in ways:
            state = say(f"value.round.{ways['step_back']}")
            label = say("page.rounds.step_back", {"state": state})
            with st.popover(label, icon=":material/undo:", key="back"), st.form("back-form", border=False):
                st.html(tag("p", text(say(f"page.rounds.step_back.note.{round_.state}")), "quiet"))
                st.text_area(say("page.why.reason"), key="back-why")
                st.form_submit_button(
                    say("page.rounds.step_back.do"), type="primary", on_click=_back, args=(store, who, round_)
                )


def _open_next(store: Store, who: Principal, round_: Round, kind: RoundKind) -> None:
    opened = attempt(
        partial(rounds.open_next_round, store, who, round_.id, kind, version=round_.version),
        Message("page.rounds.opened"),
    )
    if opened is not None:
        st.query_params["round"] = str(opened.id)


def _back(store: Store, who: Principal, round_: Round) -> None:
    why = st.session_state["back-why"]
    attempt(partial(rounds.step_back, store, who, round_.id, why, version=round_.version), Message("page.rounds.back"))


def _extend(say: Words, store: Store, who: Principal, round_: Round) -> None:
    """Ask until when both sides may answer."""

    @once
    def extended() -> None:
        until = st.session_state["extend-until"]
        call = partial(proposing.extend_answers, store, who, round_.id, until, version=round_.version)
        attempt(call, Message("page.rounds.extended", {"date": until.isoformat()}))

    present = date.fromisoformat(str(round_.answer_by))
    with st.form("extend-form", border=False):
        label, later = say("page.rounds.answer_by"), present + timedelta(days=7)
        st.date_input(label, value=later, required=True, format="YYYY-MM-DD", key="extend-until")
        st.form_submit_button(say("page.rounds.extend.do"), type="primary", on_click=extended)


def _batches(say: Words, store: Store, who: Principal, found: list[Batch]) -> str:
    columns = {name: say(f"page.rounds.column.{name}") for name in ("name", "year", "rounds", "keep_until")}
    rows = []
    for batch in reversed(found):
        names = [
            f"{row.number} {say(f'value.kind.{row.kind}')} · {say(f'value.round.{row.state}')}"
            for row in rounds.rounds(store, who, batch.id)
        ]
        kept = say("page.rounds.erased", {"date": batch.erased_on}) if batch.erased_on else batch.keep_until
        rows.append(
            {
                "name": batch.name,
                "year": batch.year,
                "rounds": say("page.list.join").join(names),
                "keep_until": kept,
            }
        )
    return table(columns, rows, "whole")


def _open_batch(say: Words, store: Store, who: Principal, found: list[Batch]) -> None:
    """Ask for what opens a batch."""
    of_id = {batch.id: batch for batch in reversed(found)}
    st.header(say("page.rounds.open"), anchor=False)
    with st.form("open-batch", border=False):
        st.text_input(say("page.rounds.column.name"), key="batch-name")
        st.number_input(say("page.rounds.column.year"), value=store.clock().year, step=1, key="batch-year")
        st.selectbox(
            say("page.rounds.follows"),
            [None, *of_id],
            format_func=lambda id_: say("page.rounds.follows.none") if id_ is None else of_id[id_].name,
            key="batch-follows",
            help=say("page.rounds.follows.help"),
        )
        st.form_submit_button(say("page.rounds.open.do"), type="primary", on_click=once(_opened), args=(store, who))


def _opened(store: Store, who: Principal) -> None:
    name, year, follows = (st.session_state[f"batch-{part}"] for part in ("name", "year", "follows"))
    call = partial(rounds.open_batch, store, who, name, int(year), follows=follows)
    opened = attempt(call, Message("page.rounds.batch_opened", {"name": name}))
    if opened is not None:
        st.query_params["round"] = str(opened.id)


if __name__ == "__main__":
    render()
