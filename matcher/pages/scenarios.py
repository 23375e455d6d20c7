"""The scenarios of a round: how far each is and what it reached, side by side; what is to be put before both sides."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from functools import partial
from typing import Any, get_args
from urllib.parse import urlencode

import streamlit as st

from matcher.domain.messages import Message
from matcher.domain.moments import in_china
from matcher.domain.roles import Principal
from matcher.domain.rounds import ALLOWED, Silence
from matcher.domain.settings import Settings, Side
from matcher.pages import settings_form
from matcher.pages.acting import attempt, once
from matcher.pages.chosen import round_name
from matcher.pages.comparison import compare
from matcher.pages.frame import door_link, heading, link_to, page_of_round
from matcher.pages.grid import Column, grid
from matcher.pages.markup import chip, fact, notice, tag, text
from matcher.pages.progress import show_run, state_chip
from matcher.pages.running import groups_of, is_own, new_scenario, stored_of
from matcher.pages.settings_form import Stored
from matcher.pages.words import Words
from matcher.services import proposing, rounds, runs, scenarios
from matcher.services.standings import Standing, standings
from matcher.store import Store, database_url
from matcher.store.entities import Round, Run, Scenario

SIDES: tuple[Side, ...] = get_args(Side)
ANSWER_DAYS = 14
"""Days that both sides have to answer, unless the office says otherwise."""


@page_of_round("scenarios")
def render(say: Words, store: Store, who: Principal, round_: Round) -> None:
    """Show the page."""
    is_open = "edit_scenario" in ALLOWED[round_.state]
    name = round_name(say, rounds.batch_of(store, who, round_), round_)
    with heading(say, say("page.title.scenarios"), name):
        if is_open:
            new_scenario(say, store, who, round_)
    found = standings(store, who, round_.id)
    if not found:
        st.html(notice(say("page.scenarios.none"), [say(f"page.scenarios.none.{'hint' if is_open else 'closed'}")]))
    else:
        with st.container(border=True, key="card-scenarios"):
            chosen = _list(say, found)
        with st.container(border=True, key="card-scenario"):
            _chosen(say, store, who, round_, chosen)
        with st.container(border=True, key="card-compare"):
            compare(say, store, who, [one for one in found if one.done])
    if "change_settings" in ALLOWED[round_.state] and who.role == "administrator":
        with st.expander(say("page.scenarios.defaults")):
            _defaults(say, store, who, round_)


def _list(say: Words, found: Sequence[Standing]) -> Standing:
    """List the scenarios, with what each reached; one is chosen."""
    rows = [
        {
            "id": str(one.scenario.id),
            "name": one.scenario.name,
            "state": say(f"value.run.{one.newest.state}") if one.newest else say("page.run.never"),
            "objective": say(f"page.objective.{one.settings.assignment.objective}"),
            **{name: (one.figures or {}).get(name) for name in _LISTED},
            "changed": f"{in_china(one.scenario.changed_at)} · {one.scenario.changed_by}",
        }
        for one in found
    ]
    columns = {
        "name": Column(say("page.scenarios.name"), 150),
        "objective": Column(say("page.made.objective"), 110),
        "state": Column(say("page.run.column.state"), 88),
        **{name: Column(say(f"page.compared.{name}"), 92, "number", form) for name, form in _LISTED.items()},
        "changed": Column(say("page.rounds.changed"), 190),
    }
    choice = (say("page.scenario"), "name")
    with st.container(key="wide"):
        alt = say("page.scenarios.alt", {"count": len(rows)})
        chosen = grid(say, rows, columns, name="scenario", alt=alt, choice=choice)
    with st.container(key="narrow"):
        st.html(_cards(say, rows, chosen))
    return next(one for one in found if str(one.scenario.id) == chosen)


def _cards(say: Words, rows: Sequence[Mapping[str, Any]], chosen: str | None) -> str:
    """Write the list as cards, each a link to its scenario, for a narrow screen."""
    items = []
    for row in rows:
        query = urlencode({**st.query_params.to_dict(), "scenario": row["id"]})
        figures = [
            say("page.scenarios.card", {"name": say(f"page.compared.{name}"), "value": form % row[name]})
            for name, form in _LISTED.items()
            if row[name] is not None
        ]
        content = (
            tag("b", text(row["name"]))
            + tag("span", chip(row["state"]) + " " + text(row["objective"]))
            + tag("span", text(" · ".join(figures)), "quiet")
        )
        current = "true" if row["id"] == chosen else None
        items.append(tag("li", tag("a", content, "pair-card", href=f"?{query}", target="_self", aria_current=current)))
    return tag("ul", "".join(items), "cards")


_LISTED: Mapping[str, str] = {
    "pairs": "%d",
    "needs_placed": "%d",
    "needs_unplaced": "%d",
    "fit_mean": "%.3f",
    "blocking_pairs": "%d",
}
"""Figures that the list shows, and how."""


def _chosen(say: Words, store: Store, who: Principal, round_: Round, one: Standing) -> None:
    """Show a scenario, and what can be done with it."""
    scenario, chosen = one.scenario, one.settings.assignment
    st.html(tag("h2", text(scenario.name) + state_chip(say, one.newest), "scenario-title"))
    rules = {"quotas": len(chosen.quotas), "locks": one.n_locks, "bans": one.n_bans}
    facts = [
        fact(say("page.made.objective"), text(say(f"page.objective.{chosen.objective}"))),
        fact(say("page.made.proposer"), text(say(f"page.proposer.{chosen.proposer}"))),
        fact(say("page.scenarios.rules"), text(say("page.scenarios.rules.of", rules))),
        *(fact(say(f"page.why.score.{side}"), text(_shares(say, one.settings, side))) for side in SIDES),
    ]
    if one.done:
        values = {"run": one.done.id, "at": in_china(str(one.done.ended_at))}
        facts.append(fact(say("page.scenarios.result"), text(say("page.scenarios.result.of", values))))
    st.html(tag("dl", "".join(facts), "facts"))
    if one.is_outdated:
        st.html(tag("p", text(say("page.run.outdated")), "quiet"))
    is_open, number = "edit_scenario" in ALLOWED[round_.state], str(scenario.id)
    is_busy = one.newest is not None and one.newest.state in runs.OPEN
    with st.container(horizontal=True, vertical_alignment="center", key="scenario-actions"):
        if one.done:
            link_to(say, "placements", say("page.run.list"), icon="assignment", scenario=number)
        link_to(say, "running", say("page.scenarios.settings"), icon="tune", scenario=number)
        if is_open:
            if not is_busy:
                call = partial(runs.queue, store, who, scenario.id, language=say.lang)
                st.button(
                    say("page.run.do"),
                    type="secondary" if one.done and not one.is_outdated else "primary",
                    icon=":material/play_arrow:",
                    key="run",
                    on_click=attempt,
                    args=(call, Message("page.run.asked")),
                )
            _copy(say, store, who, one)
            if is_own(who, scenario):
                _rename(say, store, who, one)
            if one.done and who.role == "administrator":
                _propose(say, store, who, round_, one.done)
        door_link(say, say("page.scenarios.file"), f"/export/scenario/{number}/settings.toml", icon="download")
        if "publish" in ALLOWED[round_.state]:
            link_to(say, "notices", say("page.scenarios.publish"), icon="campaign")
    if one.newest is not None and one.newest.state != "done":
        show_run(say, who, one.newest)


def _shares(say: Words, settings: Settings, side: Side) -> str:
    """Write what the score of a side is made of, as shares of a whole."""
    weights = getattr(settings.ranking, side).model_dump()
    total = sum(weights.values())
    parts = (f"{say(f'part.{name}')} {weight / total:.0%}" for name, weight in weights.items() if weight)
    return say("page.list.join").join(parts)


def _copy(say: Words, store: Store, who: Principal, one: Standing) -> None:
    @once
    def copied() -> None:
        call = partial(scenarios.copy, store, who, one.scenario.id, st.session_state["copy-name"])
        made = attempt(call, lambda made: Message("page.scenarios.made", {"name": made.name}))
        if made is not None:
            st.query_params["scenario"] = str(made.id)
            st.session_state["copy-name"] = ""

    with (
        st.popover(say("page.scenarios.copy"), icon=":material/content_copy:", key="copy"),
        st.form("copy-form", border=False),
    ):
        st.text_input(say("page.scenarios.copy.name"), key="copy-name")
        st.form_submit_button(say("page.scenarios.copy"), type="primary", on_click=copied)


def _rename(say: Words, store: Store, who: Principal, one: Standing) -> None:
    scenario = one.scenario
    key = f"rename-{scenario.id}-{scenario.version}"  # begins with the name that it has by now

    @once
    def renamed() -> None:
        call = partial(scenarios.rename, store, who, scenario.id, st.session_state[key], version=scenario.version)
        saved: Scenario | None = attempt(call, lambda saved: Message("page.scenarios.renamed", {"name": saved.name}))
        if saved is not None:
            settings_form.rebase(stored_of(saved))

    with (
        st.popover(say("page.scenarios.rename"), icon=":material/edit:", key="rename"),
        st.form("rename-form", border=False),
    ):
        st.text_input(say("page.scenarios.rename.name"), value=scenario.name, key=key)
        st.form_submit_button(say("page.scenarios.rename"), type="primary", on_click=renamed)


def _propose(say: Words, store: Store, who: Principal, round_: Round, run: Run) -> None:
    """Ask for what puts a list before both sides."""

    @once
    def proposed() -> None:
        state = st.session_state
        call = partial(
            proposing.propose,
            *(store, who, run.id),
            answer_by=state["answer-by"],
            silence=state["silence"],
            version=round_.version,
        )
        attempt(call, lambda moved: Message("page.scenarios.proposed", {"date": moved.answer_by}))

    with (
        st.popover(say("page.scenarios.propose"), icon=":material/send:", key="propose"),
        st.form("propose-form", border=False),
    ):
        st.html(tag("p", text(say("page.scenarios.propose.note")), "quiet"))
        if ends := proposing.pairs_to_end(store, who, run.id):
            named = [f"{placed.line['firm']} × {placed.line['expert']}" for placed in ends]
            st.html(notice(say("page.scenarios.propose.ends", {"count": len(ends)}), named, "attention"))
        day = store.clock().date() + timedelta(days=ANSWER_DAYS)
        st.date_input(say("page.rounds.answer_by"), value=day, format="YYYY-MM-DD", required=True, key="answer-by")
        st.radio(
            say("page.rounds.silence"),
            get_args(Silence),
            format_func=lambda word: say(f"value.silence.{word}"),
            horizontal=True,
            key="silence",
        )
        st.form_submit_button(say("page.scenarios.propose.do"), type="primary", on_click=proposed)


def _defaults(say: Words, store: Store, who: Principal, round_: Round) -> None:
    """Let the settings be changed that new scenarios of the round begin with."""
    st.html(tag("p", text(say("page.scenarios.defaults.note")), "quiet"))
    stored = _stored_of(round_)
    groups = groups_of(database_url(), round_.id, who)
    draft = settings_form.settings_form(say, stored, groups, name="defaults")

    @once
    def saved() -> None:
        call = partial(rounds.change_settings, store, who, round_.id, draft.settings, version=draft.version)
        changed = attempt(call, Message("page.scenarios.defaults.saved"))
        if changed is not None:
            settings_form.load(_stored_of(changed), "defaults")

    with st.container(horizontal=True, vertical_alignment="center", key="defaults-actions"):
        can = draft.can_be_saved
        st.button(say("page.settings.save"), type="primary", key="defaults-save", disabled=not can, on_click=saved)
        st.button(
            say("page.settings.discard"),
            key="defaults-discard",
            disabled=not draft.is_changed,
            on_click=settings_form.load,
            args=(stored, "defaults"),
        )
        if draft.is_changed:
            st.html(chip(say("page.settings.unsaved"), "attention"))


def _stored_of(round_: Round) -> Stored:
    settings = Settings.model_validate(round_.settings)
    return Stored(f"round-{round_.id}", settings, round_.version, round_.changed_by)


if __name__ == "__main__":
    render()
