"""The state of a round, what needs attention, and the figures of its last result."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from matcher.domain.roles import PARTIES, Principal
from matcher.domain.settings import Side
from matcher.pages.chosen import round_name, steps
from matcher.pages.frame import heading, link_to, page_of_round
from matcher.pages.markup import bar, bar_line, bars, tag, text
from matcher.pages.words import Words
from matcher.services import rounds
from matcher.services.overview import Overview, overview
from matcher.store import Store
from matcher.store.entities import Round

FIGURES: Mapping[str, tuple[str, bool]] = {
    "needs_placed": ("{:,}", True),
    "fit_mean": ("{:.2f}", True),
    "firm_first_choices": ("{:,}", True),
    "expert_first_choices": ("{:,}", True),
    "needs_unplaced": ("{:,}", False),
    "blocking_pairs": ("{:,}", False),
}
"""Key figures: how each is written, and whether more is better."""


@page_of_round("overview")
def render(say: Words, store: Store, who: Principal, round_: Round) -> None:
    """Show the page."""
    heading(say, say("page.title.overview"), round_name(say, rounds.batch_of(store, who, round_), round_))
    found = overview(store, who, round_.id)
    st.html(steps(say, round_.state))
    if found.results:
        _figures(say, found)
    left, right = st.columns([1.25, 1], gap="small")
    with left, st.container(border=True, key="card-matters"):
        _matters(say, found)
    with right, st.container(border=True, key="card-progress"):
        st.header(say("page.overview.progress"), anchor=False)
        st.html("".join(_progress(say, round_, found, side) for side in PARTIES))


def _figures(say: Words, found: Overview) -> None:
    """Show the figures of the newest result, each with its change against the scenario before."""
    newest, before = found.results[0], (found.results[1] if len(found.results) > 1 else None)
    with st.container(horizontal=True, key="figures"):
        for name, (form, is_more_better) in FIGURES.items():
            value = newest[name]
            st.metric(
                say(f"page.overview.figure.{name}"),
                "–" if value is None else form.format(value),
                _change(value, before, name, form),
                delta_color="normal" if is_more_better else "inverse",
                delta_arrow="auto" if before else "off",
                border=True,
            )
    values = {"name": newest["name"], "before": before["name"] if before else ""}
    note = say("page.overview.against" if before else "page.overview.of", values)
    st.html(tag("p", text(note), "quiet"))


def _change(value: Any, before: Mapping[str, Any] | None, name: str, form: str) -> str | None:
    if before is None or value is None or before[name] is None:
        return None
    change = value - before[name]
    return form.replace("{:", "{:+").format(change)


def _matters(say: Words, found: Overview) -> None:
    st.header(say("page.overview.matters"), anchor=False)
    if not found.matters:
        st.html(tag("p", text(say("page.overview.nothing_waits")), "quiet"))
    for place, matter in enumerate(found.matters):
        with st.container(
            horizontal=True, vertical_alignment="center", key=f"matter-{'urgent-' if matter.is_urgent else ''}{place}"
        ):
            st.html(tag("p", text(say.say(matter.message)), "matter"))
            about = {"view": matter.view} if matter.view else {}
            link_to(say, matter.room, say("page.overview.go", {"page": say(f"page.title.{matter.room}")}), **about)


def _progress(say: Words, round_: Round, found: Overview, side: Side) -> str:
    """Draw how many forms of a side are handed in, accepted, and have wishes; then how many answered."""
    forms = found.forms[side]
    whole = sum(forms.values()) or 1
    shown = {state: forms.get(state, 0) for state in ("draft", "returned", "submitted", "accepted")}
    lines = [
        bar_line(text(say(f"value.form.{state}")), bar(count / whole, kind=_kind(state)), f"{count:,}")
        for state, count in shown.items()
    ]
    if round_.state != "collecting":
        stated, accepted = found.stated.get(side, 0), max(shown["accepted"], 1)
        lines.append(bar_line(text(say("page.overview.stated")), bar(stated / accepted), f"{stated:,}"))
    return tag("h3", text(say(f"page.overview.forms.{side}"))) + bars(lines)


def _kind(state: str) -> str:
    return "" if state == "accepted" else "attention" if state == "submitted" else "muted"


if __name__ == "__main__":
    render()
