"""The placement list as an analyst sees it: pairs under pseudonyms, what their scores are made of, how it is spread."""

from collections.abc import Sequence

import streamlit as st

from matcher.domain.errors import InputError
from matcher.domain.records import Placement
from matcher.domain.roles import Principal
from matcher.pages.acting import shortened
from matcher.pages.boards import face, veiled_of_run
from matcher.pages.cards import CARDS
from matcher.pages.chosen import with_tabs
from matcher.pages.figures import Figure, figures
from matcher.pages.frame import heading, link_to
from matcher.pages.grid import search_field
from matcher.pages.markup import addends, chip, fact, notice, tag, text
from matcher.pages.progress import show_run
from matcher.pages.spread import spread
from matcher.pages.veiled_rows import veiled_cards, veiled_grid
from matcher.pages.words import Words
from matcher.services import runs
from matcher.services.pseudonyms import FEWEST
from matcher.services.searching import holding
from matcher.services.showing import Shown
from matcher.services.veiled import Result, shown_run
from matcher.store import Store, database_url
from matcher.store.entities import Scenario


def veiled_list(say: Words, store: Store, who: Principal, scenario: Scenario | None) -> None:
    """Show the page."""
    found = result_shown(say, store, who, scenario, "placements")
    if found is None:
        return
    _figures(say, found)
    labels = {
        "list": say("page.tab.list", {"placed": len(found.lines)}),
        "parts": say("page.tab.parts"),
        "spread": say("page.tab.spread"),
    }
    with_tabs(
        labels,
        "tab",
        list=lambda: _list(say, found),
        parts=lambda: _parts(say, found),
        spread=lambda: spread(say, found.spread),
    )


def result_shown(say: Words, store: Store, who: Principal, scenario: Scenario | None, name: str) -> Result | None:
    """Put the heading over a page about the result of a scenario, and give that; None where there is none, said so."""
    title = say(f"page.title.{name}")
    shown = None if scenario is None else shown_run(store, who, scenario.id)
    if shown is None:
        heading(say, title)
        st.html(notice(say("page.nothing"), [say("page.nothing.hint")]))
        if scenario is not None and (tried := runs.runs_of(store, who, scenario.id)):
            show_run(say, who, tried[-1])
        link_to(say, "running", say("page.title.running"), icon="play_circle")
        return None
    of, is_changed = shown
    try:
        found = veiled_of_run(database_url(), of.run.id, who)
    except InputError as fault:
        heading(say, title)
        st.html(notice(say("page.damaged"), [*shortened(say, list(fault.messages)), say("page.make_run")], "attention"))
        return None
    values = {"batch": of.batch, "number": of.round_.number, "scenario": of.scenario}
    heading(say, title, say("page.veiled.subtitle", values))
    _provenance(say, of, found)
    if is_changed:
        st.html(tag("p", text(say("page.run.outdated")), "quiet"))
    if found.suggested is None:
        st.html(notice(say("page.outdated"), [say("page.outdated.rest"), say("page.make_run")], "attention"))
    return found


def _provenance(say: Words, shown: Shown, found: Result) -> None:
    """Say in the sidebar which result it is."""
    facts = (
        fact(say("page.made.run"), text(say("page.made.run.of", {"scenario": shown.scenario, "run": shown.run.id}))),
        fact(say("page.made.objective"), text(say(f"page.objective.{found.report['objective']}"))),
        fact(say("page.made.proposer"), text(say(f"page.proposer.{found.report['proposer']}"))),
        fact(say("page.made.version"), text(found.report["versions"].get("matcher", ""))),
        fact(say("page.made.seed"), text(found.report["seed"])),
    )
    with st.sidebar:
        st.html(tag("p", text(say("page.made")), "section") + tag("dl", "".join(facts), "made"))


def _figures(say: Words, found: Result) -> None:
    of = found.figures
    served = {"share": f"{of['needs_placed'] / max(of['needs'], 1):.0%}"}
    left = f"{of['needs'] - of['needs_placed']} / {of['experts'] - of['experts_placed']}"
    proof = say(f"page.figure.proof.{found.scope or 'stated'}")
    proven = found.scope == "full" and not of["blocking_pairs"]
    calibrated = face(found.is_calibrated)
    mean = "–" if of["fit_mean"] is None else f"{of['fit_mean']:.2f}"
    firsts = f"{of['firm_first_choices']} / {of['expert_first_choices']}"
    shown: list[Figure] = [
        ("pairs", f"{of['pairs']:,}", say("page.figure.pairs.note", {"experts": of["experts_placed"]}), "off"),
        ("needs", f"{of['needs_placed']} / {of['needs']}", say("page.figure.needs.note", served), "off"),
        ("fit", mean, say(f"page.figure.fit.note{calibrated}"), "off" if found.is_calibrated else "orange"),
        ("firsts", firsts, say("page.figure.firsts.note"), "off"),
        ("left", left, say("page.figure.left.note"), "off"),
        (
            "proof",
            say("page.figure.proof.value", {"count": of["blocking_pairs"]}),
            proof,
            "green" if proven else "orange",
        ),
    ]
    figures(shown, lambda name: say(f"page.figure.{name}"))


def _list(say: Words, found: Result) -> None:
    with st.container(border=True, key="card-list"):
        with st.container(horizontal=True, vertical_alignment="center", key="list-head"):
            st.header(say("page.list"), anchor=False)
            words = search_field(say("page.search"), "search", say("page.veiled.placeholder"))
        lines = holding(words or "", found.lines, lambda line: f"{line.firm_id} {line.need_id} {line.expert_id}")
        if not lines:
            st.html(notice(say("page.list.nothing_found"), [say("page.list.nothing_found.hint")]))
            return
        with st.container(key="wide"):
            veiled_grid(say, lines, name="veiled", alt=say("page.veiled.alt", {"shown": len(lines)}))
        with st.container(key="narrow"):
            _cards(say, lines)
        uncalibrated = "" if found.is_calibrated else chip(say("page.uncalibrated"), "attention") + " "
        st.html(tag("p", uncalibrated + text(say("page.veiled.note", {"shown": len(lines)})), "quiet"))


def _cards(say: Words, lines: Sequence[Placement]) -> None:
    shown = st.session_state.get("cards", CARDS)
    st.html(veiled_cards(say, lines[:shown]))
    if len(lines) > shown and st.button(say("page.card.more", {"count": len(lines) - shown}), width="stretch"):
        st.session_state["cards"] = shown + CARDS
        st.rerun()


def _parts(say: Words, found: Result) -> None:
    """Show what the scores of the list are made of: means, since the parts of one pair would tell which it is."""
    with st.container(border=True, key="card-parts"):
        st.header(say("page.veiled.parts"), anchor=False)
        if not found.parts:
            st.html(notice(say("page.veiled.parts.none", {"fewest": FEWEST})))
            return
        scale = max(sum(parts.values()) for parts in found.parts.values())
        for column, (side, parts) in zip(st.columns(2, gap="medium"), found.parts.items(), strict=True):
            listed = [(say(f"part.{kind}"), value) for kind, value in parts.items()]
            total = (say("page.why.sum"), sum(parts.values()))
            column.html(tag("h3", text(say(f"page.why.score.{side}"))) + addends(listed, total, scale))
        st.html(tag("p", text(say("page.veiled.parts.note")), "quiet"))
