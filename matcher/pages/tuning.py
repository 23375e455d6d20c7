"""Turning the weights of the score, and seeing at once what becomes of shortlists; what is liked becomes a scenario."""

from collections.abc import Mapping
from functools import partial
from typing import get_args
from urllib.parse import urlencode

import streamlit as st

from matcher.domain.errors import MatcherError
from matcher.domain.messages import Message
from matcher.domain.roles import Principal
from matcher.domain.rounds import ALLOWED
from matcher.domain.settings import CalibrationSettings, RankingSettings, Settings, Side, Weights
from matcher.pages.acting import attempt, once, shortened
from matcher.pages.chosen import chosen_scenario, round_name
from matcher.pages.comparison import FIGURES
from matcher.pages.evaluation import learned_of, shares
from matcher.pages.frame import door_link, heading, page_of_round
from matcher.pages.grid import table
from matcher.pages.markup import bar, bar_line, bars, notice, tag, text
from matcher.pages.record_fields import capital
from matcher.pages.words import Words
from matcher.services import rounds, runs, scenarios, trying
from matcher.services.scenario_file import asked_of
from matcher.services.trying import Figures, Moved
from matcher.services.tuning import Tuned
from matcher.store import Store
from matcher.store.entities import Round, Scenario

SIDES: tuple[Side, ...] = get_args(Side)
PARTS = tuple(Weights.model_fields)
_LEAST = 0.01
"""Of the text, which always counts; and the step of a slider."""
_LEARNED, _FIGURES = "tuning-learned", "tuning-figures"


@page_of_round("tuning")
def render(say: Words, store: Store, who: Principal, round_: Round) -> None:
    """Show the page."""
    is_open = "edit_scenario" in ALLOWED[round_.state]
    with st.session_state["round_place"]:
        scenario = chosen_scenario(say, store, who, round_)
    row = heading(say, say("page.title.tuning"), round_name(say, rounds.batch_of(store, who, round_), round_))
    if scenario is None:
        st.html(notice(say("page.scenarios.none"), [say(f"page.scenarios.none.{'hint' if is_open else 'closed'}")]))
        return
    if not is_open:
        st.html(notice(say("page.running.closed", {"state": say(f"value.round.{round_.state}")})))
    base = Settings.model_validate(scenario.settings)
    left, right = st.columns([1, 1.25], gap="small")
    with left, st.container(border=True, key="card-weights"):
        ranking = _weights(say, scenario, base.ranking)
    after = base.model_copy(update={"ranking": ranking})
    with row:
        if is_open:
            _save(say, store, who, scenario, after)
        door_link(say, say("page.tuning.file"), _file(scenario, base.ranking, ranking), icon="download")
    with right:
        with st.container(border=True, key="card-shortlist"):
            _shortlist(say, store, who, round_, (base, after))
        with st.container(border=True, key="card-tried"):
            _figures(say, store, who, scenario, ranking)
    with left, st.container(border=True, key="card-learned"):
        _learn(say, store, who, round_, scenario)


def _file(scenario: Scenario, stored: RankingSettings, ranking: RankingSettings) -> str:
    """Give the address of the settings with these weights."""
    asked = f"?{urlencode(asked_of(ranking))}" if ranking != stored else ""
    return f"/export/scenario/{scenario.id}/settings.toml{asked}"


def _key(scenario: Scenario, side: Side, part: str) -> str:
    return f"w{scenario.id}-{side}-{part}"


def _weights(say: Words, scenario: Scenario, stored: RankingSettings) -> RankingSettings:
    """Ask for the weights of both sides; as stored where they are not touched."""
    st.header(say("page.tuning.weights"), anchor=False)
    st.html(tag("p", text(say("page.tuning.weights.note", {"name": scenario.name})), "quiet"))
    asked: dict[Side, Weights] = {}
    for column, side in zip(st.columns(2, gap="medium"), SIDES, strict=True):
        with column:
            st.html(tag("h3", text(say(f"page.why.score.{side}"))))
            own = getattr(stored, side)
            asked[side] = Weights(
                **{
                    part: st.slider(
                        say(f"part.{part}"),
                        min_value=_LEAST if part == "text" else 0.0,
                        max_value=1.0,
                        value=max(getattr(own, part), _LEAST if part == "text" else 0.0),
                        step=_LEAST,
                        key=_key(scenario, side, part),
                        bind="query-params",
                    )
                    for part in PARTS
                }
            )
            st.html(_as_shares(say, asked[side]))
    ranking = _asked(scenario, stored, asked)

    def back() -> None:
        st.session_state.pop(_LEARNED, None)
        _put(scenario, {side: getattr(stored, side) for side in SIDES})

    st.button(say("page.tuning.back"), icon=":material/undo:", key="back", disabled=ranking == stored, on_click=back)
    return ranking


def _asked(scenario: Scenario, stored: RankingSettings, asked: Mapping[Side, Weights]) -> RankingSettings:
    """Give what the weights mean: what was learned is worth more than its weights, it says what a score foretells."""
    of, learned = st.session_state.get(_LEARNED, (None, stored))
    for ranking in (learned, stored) if of == (scenario.id, scenario.version) else (stored,):
        if all(asked[side] == getattr(ranking, side) for side in SIDES):
            return ranking
    # What a score is worth was learned for other weights.
    return stored.model_copy(update={**asked, "calibration": CalibrationSettings()})


def _as_shares(say: Words, weights: Weights) -> str:
    """Draw the weights as what they are: shares of a whole."""
    parts = {part: getattr(weights, part) for part in PARTS if getattr(weights, part) > 0}
    total = sum(parts.values())
    return bars(
        bar_line(text(say(f"part.{part}")), bar(value / total), f"{value / total:.0%}") for part, value in parts.items()
    )


def _put(scenario: Scenario, weights: Mapping[Side, Weights]) -> None:
    for side, of in weights.items():
        for part in PARTS:
            st.session_state[_key(scenario, side, part)] = getattr(of, part)


def _save(say: Words, store: Store, who: Principal, scenario: Scenario, after: Settings) -> None:
    """Ask for the name of a scenario that is like the one chosen, with these weights."""

    @once
    def saved() -> None:
        call = partial(scenarios.copy, store, who, scenario.id, st.session_state["save-name"], settings=after)
        made = attempt(call, lambda made: Message("page.scenarios.made", {"name": made.name}))
        if made is not None:
            st.query_params["scenario"] = str(made.id)
            st.session_state["save-name"] = ""

    with (
        st.popover(say("page.tuning.save"), icon=":material/save:", key="save", type="primary"),
        st.form("save-form", border=False),
    ):
        st.text_input(say("page.scenarios.copy.name"), key="save-name")
        st.form_submit_button(say("page.tuning.save"), type="primary", on_click=saved)


def _shortlist(say: Words, store: Store, who: Principal, round_: Round, settings: tuple[Settings, Settings]) -> None:
    """Show what becomes of the shortlist of a need, and of all."""
    st.header(say("page.tuning.shortlist"), anchor=False)
    needs = {need.name: need for need in trying.needs_to_try(store, who, round_.id)}
    asked = st.query_params.get("need", "")
    if "need" not in st.session_state or st.session_state["need"] not in needs:
        st.session_state["need"] = asked if asked in needs else next(iter(needs), None)

    def changed() -> None:
        st.query_params["need"] = st.session_state["need"]

    chosen = st.selectbox(
        say("page.tuning.need"),
        list(needs),
        format_func=lambda name: f"{needs[name].industry} · {name}",
        key="need",
        on_change=changed,
    )
    try:
        found = trying.shortlists(store, who, round_.id, *settings, need=chosen or "")
    except MatcherError as fault:
        st.html(notice(say("page.tuning.cannot"), shortened(say, list(fault.messages)), "attention"))
        return
    values = {"needs": found.needs, "first": found.first_changed, "top": trying.TOP, "kept": f"{found.kept:.0%}"}
    st.html(tag("p", text(say("page.tuning.all", values)), "text"))
    columns = {name: say(f"page.tuning.column.{name}") for name in ("after", "before", "name", "discipline", "fit")}
    if found.rows:
        st.html(table(columns, [_row(say, moved) for moved in found.rows], "whole"))
    else:
        st.html(tag("p", text(say("page.tuning.nobody")), "quiet"))
    st.html(tag("p", text(say("page.tuning.shortlist.note", {"top": trying.TOP})), "quiet"))


def _row(say: Words, moved: Moved) -> dict[str, object]:
    was, now = moved.before, moved.after
    if now is None:
        after = say("page.tuning.gone")
    elif was is None:
        after = say("page.tuning.new", {"rank": now})
    elif was == now:
        after = str(now)
    else:
        after = say("page.tuning.up" if now < was else "page.tuning.down", {"rank": now, "by": abs(now - was)})
    return {
        "after": after,
        "before": was,
        "name": moved.name,
        "discipline": moved.discipline,
        "fit": f"{moved.fit:.2f}",
    }


def _figures(say: Words, store: Store, who: Principal, scenario: Scenario, ranking: RankingSettings) -> None:
    """Match the scenario anew when that is asked for, and lay the figures beside those of its last run."""
    st.header(say("page.tuning.figures"), anchor=False)
    if not any(run.state == "done" for run in runs.runs_of(store, who, scenario.id)):
        st.html(tag("p", text(say("page.tuning.figures.no_run")), "quiet"))
        return
    key = (scenario.id, scenario.version, ranking)
    if st.button(say("page.tuning.figures.do"), icon=":material/calculate:", key="tried"):
        with st.spinner(say("page.tuning.figures.goes")):
            try:
                st.session_state[_FIGURES] = key, trying.figures(store, who, scenario.id, ranking)
            except MatcherError as fault:
                st.html(notice(say("page.tuning.cannot"), shortened(say, list(fault.messages)), "attention"))
    of, found = st.session_state.get(_FIGURES, (None, None))
    if of != key or found is None:
        st.html(tag("p", text(say("page.tuning.figures.note")), "quiet"))
        return
    st.html(_compared(say, found))


def _compared(say: Words, found: Figures) -> str:
    columns = {name: say(f"page.tuning.figures.{name}") for name in ("figure", "before", "after")}
    rows = []
    for name, (form, _) in FIGURES.items():
        values = [of.get(name) for of in (found.before, found.after)]
        if any(value is not None for value in values):
            written = ["–" if value is None else form.format(value) for value in values]
            rows.append({"figure": say(f"page.compared.{name}"), "before": written[0], "after": written[1]})
    pairs = say("page.tuning.figures.pairs", {"kept": found.pairs_kept, "new": found.pairs_new})
    scale = say("page.tuning.figures.scale" if found.is_scored else "page.tuning.figures.no_scale")
    return tag("p", text(pairs), "text") + table(columns, rows, "whole") + tag("p", text(scale), "quiet")


def _learn(say: Words, store: Store, who: Principal, round_: Round, scenario: Scenario) -> None:
    """Offer the weights that the ratings of earlier years teach."""
    st.header(say("page.tuning.learned"), anchor=False)
    found = learned_of(say, store, who, round_, scenario)
    if not isinstance(found, Tuned):
        return
    ranking = found.settings.ranking
    for message in found.found:
        st.html(tag("p", text(capital(say.say(message))), "text"))
    for side in SIDES:
        shares(say, found.evidence[side])

    def taken() -> None:
        st.session_state[_LEARNED] = (scenario.id, scenario.version), ranking
        _put(scenario, {side: getattr(ranking, side) for side in SIDES})

    st.button(say("page.tuning.learned.take"), icon=":material/south_west:", key="take", on_click=taken)


if __name__ == "__main__":
    render()
