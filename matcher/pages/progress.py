"""How far a run is: told every second while it goes on, without a word to the database; and how it ended."""

from functools import partial

import streamlit as st

from matcher.domain.messages import Message
from matcher.domain.moments import in_china, moment
from matcher.domain.roles import Principal
from matcher.pages import identity
from matcher.pages.acting import attempt, shortened
from matcher.pages.frame import link_to
from matcher.pages.grid import table
from matcher.pages.markup import chip, notice, tag, text
from matcher.pages.words import Words
from matcher.services import runs
from matcher.store.entities import Run

EARLIER = 10
"""Runs that a scenario's history shows."""


def show_run(say: Words, who: Principal, run: Run) -> None:
    """Show a run: its progress while it goes on, with a way to cancel; else how it ended, and where that leads."""
    if run.state in runs.OPEN:
        _follow(say, who, run.id)
        return
    if run.state == "done":
        values = {"at": in_china(str(run.ended_at)), "took": _took(say, run)}
        st.html(notice(say("page.run.done", values)))
        link_to(say, "placements", say("page.run.list"), icon="assignment", scenario=str(run.scenario_id))
        return
    lines = shortened(say, list(runs.messages_of(run)))
    values = {"state": say(f"value.run.{run.state}"), "at": in_china(str(run.ended_at))}
    st.html(notice(say("page.run.over", values), lines, "attention" if lines else ""))


def state_chip(say: Words, run: Run | None) -> str:
    """Write the state of a run as a chip; of none, that there was none."""
    if run is None:
        return chip(say("page.run.never"))
    kinds = {"done": "accent", "failed": "attention", "interrupted": "attention"}
    return chip(say(f"value.run.{run.state}"), kinds.get(run.state, ""))


def history(say: Words, found: list[Run]) -> str:
    """Write the runs of a scenario, the newest first."""
    columns = {name: say(f"page.run.column.{name}") for name in ("id", "state", "queued", "by", "took")}
    rows = [
        {
            "id": run.id,
            "state": say(f"value.run.{run.state}"),
            "queued": in_china(run.queued_at),
            "by": run.queued_by,
            "took": _took(say, run),
        }
        for run in reversed(found[-EARLIER:])
    ]
    rest = len(found) - len(rows)
    note = tag("p", text(say("page.run.earlier", {"count": rest})), "quiet") if rest else ""
    return table(columns, rows, "whole") + note


@st.fragment(run_every=1)
def _follow(say: Words, who: Principal, run_id: int) -> None:
    """Look every second; when it is over, the whole page is drawn anew."""
    store = identity.the_store()
    run = runs.run_of(store, who, run_id)
    if run.state not in runs.OPEN:
        st.rerun()
    if run.state == "queued":
        st.progress(0.0, say("page.run.queued", {"at": in_china(run.queued_at)}))
    else:
        stage = say(f"cli.stage.{run.stage}") if run.stage else say("page.run.begins")
        seconds = int((store.clock() - moment(str(run.started_at))).total_seconds())
        values = {"stage": stage, "done": run.done, "total": run.total, "seconds": max(seconds, 0)}
        code = "page.run.goes" if run.total else "page.run.goes.stage"
        st.progress(min(run.done / run.total, 1.0) if run.total else 0.0, say(code, values))
    st.button(
        say("page.run.cancel"),
        icon=":material/stop_circle:",
        key=f"cancel-{run.id}",
        on_click=attempt,
        args=(partial(runs.cancel, store, who, run.id), Message("page.run.cancelled")),
    )


def _took(say: Words, run: Run) -> str:
    if not (run.started_at and run.ended_at):
        return "–"
    seconds = (moment(run.ended_at) - moment(run.started_at)).total_seconds()
    return say("page.run.seconds", {"count": int(seconds)})
