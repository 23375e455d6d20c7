"""How well the score foretells ratings: figures with their intervals, and what they mean; or what it takes."""

import streamlit as st

from matcher.domain.messages import Message, Problem
from matcher.domain.roles import Principal
from matcher.domain.settings import Settings
from matcher.pages.acting import shortened
from matcher.pages.charts import bar_chart
from matcher.pages.chosen import chosen_scenario, round_name
from matcher.pages.frame import heading, page_of_round
from matcher.pages.grid import table
from matcher.pages.markup import notice, tag, text
from matcher.pages.record_fields import capital
from matcher.pages.words import Words
from matcher.ranking.learning import Estimate, Evidence
from matcher.services import rounds
from matcher.services.teaching import has_ratings, learned
from matcher.services.tuning import Tuned
from matcher.store import Store
from matcher.store.entities import Round, Scenario

_ASKED = "evaluation-asked"


@page_of_round("evaluation")
def render(say: Words, store: Store, who: Principal, round_: Round) -> None:
    """Show the page."""
    with st.session_state["round_place"]:
        scenario = chosen_scenario(say, store, who, round_)
    heading(say, say("page.title.evaluation"), round_name(say, rounds.batch_of(store, who, round_), round_))
    with st.container(border=True, key="card-evaluation"):
        st.header(say("page.evaluation.ratings"), anchor=False)
        found = learned_of(say, store, who, round_, scenario)
        if not isinstance(found, Tuned):
            return
        for message in found.found:
            st.html(tag("p", text(capital(say.say(message))), "text"))
    for column, (side, evidence) in zip(st.columns(2, gap="small"), found.evidence.items(), strict=True):
        with column, st.container(border=True, key=f"card-{side}"):
            _side(say, evidence)
    with st.container(border=True, key="card-meaning"):
        st.header(say("page.evaluation.meaning"), anchor=False)
        for name in ("unseen", "auc", "log_loss", "interval", "calibration", "few"):
            st.html(tag("p", text(say(f"page.evaluation.meaning.{name}")), "text"))


def learned_of(
    say: Words, store: Store, who: Principal, round_: Round, scenario: Scenario | None
) -> Tuned | tuple[Message | Problem, ...] | None:
    """
    Learn from the ratings of a round when that is asked for, and tell how far it is; say what is needed where it can't.

    Returns
    -------
    Tuned, tuple of Message, or None
        None where it was not asked for yet.
    """
    settings = Settings() if scenario is None else Settings.model_validate(scenario.settings)
    weighed = (round_.id, settings.text, settings.ranking)
    if st.session_state.get(_ASKED) != weighed and has_ratings(store, who, round_.id):
        st.html(tag("p", text(say("page.evaluation.note")), "quiet"))
        if not st.button(say("page.evaluation.do"), icon=":material/play_arrow:", key="evaluate"):
            return None
    place, way_out = st.empty(), st.empty()
    # Whatever is pressed ends the look that learns, at the next step that it tells of.
    way_out.button(say("page.evaluation.stop"), icon=":material/stop:", key="evaluation-stop")

    def told(done: int, total: int, stage: str) -> None:
        place.progress(done / total, say(f"cli.stage.{stage}"))

    with st.spinner(say("page.evaluation.goes")):
        found = learned(store, who, round_.id, settings, on_progress=told)
    place.empty()
    way_out.empty()
    st.session_state[_ASKED] = weighed
    if not isinstance(found, Tuned):
        lines = [*shortened(say, list(found)), say("page.evaluation.none.hint")]
        st.html(notice(say("page.evaluation.none"), lines))
    return found


def _side(say: Words, found: Evidence) -> None:
    st.header(say(f"page.evaluation.side.{found.side}"), anchor=False)
    values = {"n": found.n, "good": found.n_good, "share": f"{found.n_good / found.n:.0%}"}
    counts = {"firms": found.n_firms, "experts": found.n_experts}
    st.html(tag("p", text(say("page.evaluation.counts", {**values, **counts})), "quiet"))
    columns = {name: say(f"page.evaluation.{name}") for name in ("way", "auc", "log_loss")}
    rows = [
        {
            "way": say(f"page.evaluation.way.{name}"),
            "auc": f"{getattr(found, name).auc:.3f}",
            "log_loss": f"{getattr(found, name).log_loss:.4f}",
        }
        for name in ("base", "fixed", "learned")
    ]
    st.html(table(columns, rows, "whole"))
    intervals = {name: say(f"page.evaluation.{name}") for name in ("measure", "value", "low", "high")}
    estimates: dict[str, Estimate] = {"gain": found.gain, "over_base": found.over_base}
    st.html(
        table(
            intervals,
            [
                {
                    "measure": say(f"page.evaluation.measure.{name}"),
                    **{part: f"{getattr(one, part):+.4f}" for part in ("value", "low", "high")},
                }
                for name, one in estimates.items()
            ],
            "whole",
        )
    )
    st.html(tag("p", text(say("page.evaluation.error", {"error": f"{found.calibration_error:.3f}"})), "quiet"))
    shares(say, found)


def shares(say: Words, found: Evidence) -> None:
    """Draw the shares that one side's ratings teach, and write them with their intervals."""
    title = say(f"page.evaluation.shares.{found.side}")
    st.html(tag("h3", text(title)))
    rows = [
        {
            "part": say(f"part.{name}"),
            "share": round(one.value, 3),
            "low": round(one.low, 3),
            "high": round(one.high, 3),
        }
        for name, one in found.shares.items()
    ]
    columns = {name: say(f"page.evaluation.{name}") for name in ("part", "share", "low", "high")}
    bar_chart(say, rows, columns, title=title, height=220, is_horizontal=True)


if __name__ == "__main__":
    render()
