"""Running the matching: the settings of a scenario, whether they can be met, and a run with its progress."""

from collections.abc import Mapping, Sequence
from functools import partial

import streamlit as st

from matcher.domain.messages import Message
from matcher.domain.roles import Principal
from matcher.domain.rounds import ALLOWED
from matcher.domain.settings import GroupColumn, Settings
from matcher.pages import identity, settings_form
from matcher.pages.acting import attempt, once, shortened
from matcher.pages.chosen import chosen_scenario, round_name
from matcher.pages.frame import heading, link_to, page_of_round
from matcher.pages.grid import table
from matcher.pages.markup import chip, fact, notice, tag, text
from matcher.pages.progress import history, show_run
from matcher.pages.settings_form import Draft, Stored
from matcher.pages.words import Words
from matcher.services import feasibility as asking
from matcher.services import rounds, runs, scenarios
from matcher.services.exchanges import Pair
from matcher.services.feasibility import Feasibility, FixedPair, Limit
from matcher.services.scenario_file import create_from_file
from matcher.store import Store, database_url
from matcher.store.entities import Round, Scenario

LIMITS_SHOWN = 30
_MADE = "scenarios made"
_FIGURES = ("needs", "experts", "pairs", "places_wanted", "places_offered", "needs_alone", "experts_alone")


@page_of_round("running")
def render(say: Words, store: Store, who: Principal, round_: Round) -> None:
    """Show the page."""
    is_open = "edit_scenario" in ALLOWED[round_.state]
    name = round_name(say, rounds.batch_of(store, who, round_), round_)
    with heading(say, say("page.title.running"), name):
        if is_open:
            new_scenario(say, store, who, round_)
    if not is_open:
        st.html(notice(say("page.running.closed", {"state": say(f"value.round.{round_.state}")})))
    left, right = st.columns([1.55, 1], gap="small")
    with left, st.container(border=True, key="card-settings"):
        scenario = chosen_scenario(say, store, who, round_)
        if scenario is None:
            st.html(notice(say("page.scenarios.none"), [say(f"page.scenarios.none.{'hint' if is_open else 'closed'}")]))
            return
        if is_open and not is_own(who, scenario):
            st.html(notice(say("page.running.not_own"), [say("page.running.not_own.hint")]))
            link_to(say, "scenarios", say("page.title.scenarios"), scenario=str(scenario.id))
        draft = _settings(say, store, who, scenario, is_open=is_open and is_own(who, scenario))
    with right:
        with st.container(border=True, key="card-feasible"):
            found = _feasible(say, store, who, scenario, draft)
        with st.container(border=True, key="card-run"):
            _run(say, store, who, scenario, draft, is_open=is_open, is_feasible=found is not None and found.is_feasible)
        with st.container(border=True, key="card-fixed"):
            if who.role == "administrator":
                _fixed(say, store, who, scenario, is_open=is_open)
            else:
                st.header(say("page.fixed"), anchor=False)
                st.html(tag("p", text(say("page.fixed.with_the_office")), "quiet"))
    if found is not None and found.limits:
        with left, st.container(border=True, key="card-limits"):
            _limits(say, found.limits)


def is_own(who: Principal, scenario: Scenario) -> bool:
    """Whether somebody may change a scenario: an analyst what the analyst changed last, such as a copy."""
    return who.role == "administrator" or scenario.changed_by == who.name


def new_scenario(say: Words, store: Store, who: Principal, round_: Round) -> None:
    """Ask for the name of a scenario that begins with the settings of its round, or with those of a file."""
    number = st.session_state.setdefault(_MADE, 0)  # another field each time: no file is taken twice

    def made() -> None:
        of, file = (store, who, round_.id, st.session_state["new-name"]), st.session_state[f"new-file-{number}"]
        call = (
            partial(scenarios.create, *of)
            if file is None
            else partial(create_from_file, *of, content=file.getvalue(), file=file.name)
        )
        scenario = attempt(call, lambda made: Message("page.scenarios.made", {"name": made.name}))
        if scenario is not None:
            st.query_params["scenario"] = str(scenario.id)
            st.session_state["new-name"] = ""
            st.session_state[_MADE] = number + 1

    with st.popover(say("page.scenarios.new"), icon=":material/add:", key="new"), st.form("new-form", border=False):
        st.text_input(say("page.scenarios.name"), key="new-name", help=say("page.scenarios.new.help"))
        label, hint = say("page.scenarios.new.file"), say("page.scenarios.new.file.help")
        st.file_uploader(label, type=["toml"], key=f"new-file-{number}", help=hint)
        st.form_submit_button(say("page.scenarios.new.do"), type="primary", on_click=made)


def stored_of(scenario: Scenario) -> Stored:
    """Give the settings of a scenario, for the form."""
    settings = Settings.model_validate(scenario.settings)
    return Stored(f"scenario-{scenario.id}", settings, scenario.version, scenario.changed_by)


@st.cache_data(show_spinner=False, max_entries=8, ttl=30)
def groups_of(
    url: str,  # noqa: ARG001 - part of the key: another database has other rounds under the same ids
    round_id: int,
    who: Principal,
) -> Mapping[GroupColumn, Sequence[str]]:
    """Give the cells that groups are made of, to each who asks; asked anew after half a minute."""
    return asking.groups(identity.the_store(), who, round_id)


def _settings(say: Words, store: Store, who: Principal, chosen: Scenario, *, is_open: bool) -> Draft:
    """Let the settings of a scenario be changed."""
    stored = stored_of(chosen)
    draft = settings_form.settings_form(
        say, stored, groups_of(database_url(), chosen.round_id, who), is_editable=is_open
    )

    @once
    def saved() -> None:
        _save(store, who, chosen, draft, Message("page.settings.saved", {"name": chosen.name}))

    if is_open:
        with st.container(horizontal=True, vertical_alignment="center", key="settings-actions"):
            st.button(
                say("page.settings.save"),
                icon=":material/save:",
                key="settings-save",
                disabled=not draft.can_be_saved,
                on_click=saved,
            )
            st.button(
                say("page.settings.discard"),
                icon=":material/undo:",
                key="settings-discard",
                disabled=not draft.is_changed,
                on_click=settings_form.load,
                args=(stored,),
            )
            if draft.is_changed:
                st.html(chip(say("page.settings.unsaved"), "attention"))
    return draft


def _save(
    store: Store, who: Principal, scenario: Scenario, draft: Draft, done: Message | None = None
) -> Scenario | None:
    """Give a scenario the settings that are typed; where that is refused, they stay."""
    call = partial(scenarios.change_settings, store, who, scenario.id, draft.settings, version=draft.version)
    saved: Scenario | None = attempt(call, done)
    if saved is not None:
        settings_form.load(stored_of(saved))
    return saved


def _feasible(say: Words, store: Store, who: Principal, scenario: Scenario, draft: Draft) -> Feasibility | None:
    """Say whether what is typed could be met; nothing where it can't be read."""
    st.header(say("page.feasible"), anchor=False)
    if draft.problems:
        st.html(tag("p", text(say("page.feasible.unreadable")), "quiet"))
        return None
    with st.spinner(say("page.feasible.asks"), show_time=False):
        # An analyst's draft does not have the locks and bans of the office.
        of = scenario.id if who.role == "analyst" else None
        found = asking.feasibility(store, who, scenario.round_id, draft.settings, scenario_id=of)
    if found.is_feasible:
        st.html(notice(say("page.feasible.yes")))
    else:
        st.html(notice(say("page.feasible.no"), shortened(say, list(found.reasons)), "attention"))
    counts = {name: found.figures[name] for name in _FIGURES if name in found.figures}
    facts = [fact(say(f"page.feasible.{name}"), text(f"{count:,}")) for name, count in counts.items()]
    st.html(tag("dl", "".join(facts), "facts"))
    return found


def _limits(say: Words, limits: Sequence[Limit]) -> None:
    """Set out the arithmetic of every group, the impossible first."""
    st.header(say("page.limits"), anchor=False)
    columns = {
        name: say(f"page.limits.{name}") for name in ("group", "minimum", "maximum", "possible", "locked", "state")
    }
    rows = [
        {
            "group": say.say(limit.named),
            "minimum": limit.minimum or None,
            "maximum": limit.maximum,
            "possible": f"{limit.possible} {say.say(limit.unit)}",
            "locked": limit.locked or None,
            "state": say("page.limits.impossible" if limit.is_impossible else "page.limits.fine"),
        }
        for limit in sorted(limits, key=lambda limit: not limit.is_impossible)[:LIMITS_SHOWN]
    ]
    st.html(table(columns, rows, "whole limits"))
    rest = len(limits) - len(rows)
    more = say("page.limits.more", {"count": rest}) if rest else ""
    st.html(tag("p", text(say("page.limits.note") + more), "quiet"))


def _run(
    say: Words, store: Store, who: Principal, scenario: Scenario, draft: Draft, *, is_open: bool, is_feasible: bool
) -> None:
    """Offer a run, and show how far the last one is."""
    st.header(say("page.run"), anchor=False)
    found = runs.runs_of(store, who, scenario.id)
    newest = found[-1] if found else None
    is_busy = newest is not None and newest.state in runs.OPEN

    @once
    def started() -> None:
        if draft.is_changed and _save(store, who, scenario, draft) is None:
            return
        attempt(partial(runs.queue, store, who, scenario.id, language=say.lang), Message("page.run.asked"))

    if is_open and not is_busy:
        st.button(
            say("page.run.save_and_do" if draft.is_changed else "page.run.do"),
            type="primary",
            icon=":material/play_arrow:",
            key="run",
            disabled=bool(draft.problems) or not is_feasible,
            help=None if is_feasible else say("page.run.not_feasible"),
            on_click=started,
        )
    if newest is None:
        st.html(tag("p", text(say("page.run.none")), "quiet"))
        return
    show_run(say, who, newest)
    if newest.state == "done" and runs.is_outdated(store, who, newest.id):
        st.html(tag("p", text(say("page.run.outdated")), "quiet"))
    with st.expander(say("page.run.history", {"count": len(found)})):
        st.html(history(say, found))


def _fixed(say: Words, store: Store, who: Principal, scenario: Scenario, *, is_open: bool) -> None:
    """List locks and bans, and let them be lifted with a reason."""
    st.header(say("page.fixed"), anchor=False)
    found = asking.fixed_pairs(store, who, scenario.id)
    if not found:
        st.html(tag("p", text(say("page.fixed.none")), "quiet"))
    for place, row in enumerate(found):
        with st.container(horizontal=True, vertical_alignment="center", key=f"fixed-{place}"):
            kind = chip(say(f"page.fixed.{row.kind}"), "accent" if row.kind == "lock" else "attention")
            what = f" · {row.need_title}" if row.need_title else ""
            names = tag("b", text(row.firm)) + text(what) + " × " + tag("b", text(row.expert))
            st.html(tag("p", f"{kind} {names}", "fixed"))
            if row.is_of_round:
                st.html(tag("p", text(say("page.fixed.of_round")), "quiet"))
            elif is_open:
                _lift(say, store, who, scenario, row)


def _lift(say: Words, store: Store, who: Principal, scenario: Scenario, row: FixedPair) -> None:
    """Ask why a lock or a ban is to be lifted."""
    call = scenarios.unlock if row.kind == "lock" else scenarios.unban
    key = f"lift-{row.kind}-{'-'.join(row.pair)}"

    def lifted(pair: Pair) -> None:
        why = st.session_state[f"{key}-why"]
        saved = attempt(
            partial(call, store, who, scenario.id, pair, why, version=scenario.version), Message("page.fixed.lifted")
        )
        if saved is not None:
            settings_form.rebase(stored_of(saved))

    with st.popover(say("page.fixed.lift"), key=key), st.form(f"{key}-form", border=False):
        st.text_area(say("page.why.reason"), key=f"{key}-why")
        st.form_submit_button(say("page.fixed.lift"), type="primary", on_click=lifted, args=(row.pair,))


if __name__ == "__main__":
    render()
