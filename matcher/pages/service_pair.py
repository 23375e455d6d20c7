"""One pair in force beside the list: what was served, how it went, how to reach both sides, its papers, its end."""

import streamlit as st

from matcher.domain.roles import PARTIES
from matcher.domain.rounds import ALLOWED, Action, RoundState
from matcher.pages import service_forms
from matcher.pages.chosen import pick
from matcher.pages.frame import export_link
from matcher.pages.markup import bar, chip, fact, literal, tag, text
from matcher.pages.record_fields import capital
from matcher.pages.service_entries import Log, written
from matcher.pages.service_forms import Office
from matcher.pages.words import Words, days_served
from matcher.services import following, rounds
from matcher.services.in_force import InForce, reach

TABS = ("log", "assessment", "reach")


def named(say: Words, pair: InForce) -> str:
    """Call a pair as people do."""
    line = pair.placed.line
    return say("page.pair.option", {"expert": line["expert"], "firm": line["firm"], "need": line["need_title"]})


def state_of(say: Words, pair: InForce) -> str:
    """Say how a pair stands: in force, quiet, or why it ended."""
    if pair.placed.ending:
        return say(f"value.ending.{pair.placed.ending}")
    return say("page.service.quiet" if pair.is_quiet else "value.placement.active")


def panel(office: Office, pair: InForce) -> None:
    """Show a pair."""
    say, placed = office.say, pair.placed
    state = rounds.round_of(office.store, office.who, placed.round_id).state
    st.header(literal(f"{placed.line['firm']} · {placed.line['expert']}"), anchor="pair")
    is_urgent = pair.is_quiet or placed.state == "ended"
    st.html(
        tag(
            "p",
            chip(state_of(say, pair), "attention" if is_urgent else "accent") + " " + text(placed.line["need_title"]),
        )
        + _facts(office, pair)
    )
    if placed.state == "active":
        with st.container(horizontal=True, vertical_alignment="center", gap="small", key="pair-actions"):
            st.html(_papers(office, pair), width="content")
            if "end_placement" in ALLOWED[state]:
                with st.popover(say("page.service.end"), icon=":material/event_busy:", key="end"):
                    service_forms.end(office, pair)
    tab = pick(say("page.service.tab"), TABS, "tab", format_func=lambda name: say(f"page.service.tab.{name}"))
    if tab == "log":
        _log(office, pair, state)
    elif tab == "assessment":
        if _may(office, state, "assess"):
            service_forms.assess(office, pair)
            service_forms.renewals(office, pair)
    else:
        _reach(office, pair)


def _facts(office: Office, pair: InForce) -> str:
    """Write what is known of a pair, with a bar of the days served of those agreed."""
    say, placed = office.say, pair.placed
    first, last = placed.line["term_from"], placed.line["term_to"]
    values = {"first": first or "–", "last": last or "–"}
    term = say("page.notices.days", values) if first or last else say("page.service.no_term")
    share = bar(pair.served / pair.agreed) if pair.agreed else ""
    facts = [
        fact(
            say("page.service.term"),
            text(term),
        ),
        fact(say("page.service.served"), text(say.say(days_served(pair.served, pair.agreed))) + share),
        fact(say("page.service.column.last"), text(pair.last_on or say("page.service.never"))),
        fact(say("page.institution"), text(placed.line["institution"] or "–")),
    ]
    if placed.state == "ended":
        why = " · ".join(filter(None, (placed.ended_on, placed.ended_because)))
        facts.append(fact(say("page.service.ended"), text(why or "–")))
    return tag("dl", "".join(facts), "facts")


def _papers(office: Office, pair: InForce) -> str:
    """Lead to the papers of the pair."""
    say, of = office.say, f"/export/placement/{pair.placed.id}"
    links = (
        export_link(say, say(f"page.service.file.{name}"), f"{of}/{name}.docx") for name in ("letter", "agreement")
    )
    return tag("p", "".join(links), "downloads")


def _log(office: Office, pair: InForce, state: RoundState) -> None:
    """Show what was done, and let an entry be added for a side that brings it on paper."""
    say = office.say
    entries = following.service_log(office.store, office.who, pair.placed.id)
    may_log = pair.placed.state == "active" and _may(office, state, "log_service")
    if may_log:
        with st.popover(say("page.service.add"), icon=":material/add:", key="add"):
            service_forms.add_entry(office, pair)
    written(Log(say, office.store, office.who, pair.placed, entries[::-1]), may_correct=may_log)


def _reach(office: Office, pair: InForce) -> None:
    """Say how to reach both sides while the pair is in force, and whether one may be told of the other."""
    say, placed = office.say, pair.placed
    if placed.state != "active":
        st.html(tag("p", text(say("page.service.reach.over")), "quiet"))
        return
    found = reach(office.store, office.who, placed.id)
    names = {"firm": placed.line["firm"], "expert": placed.line["expert"]}
    facts = ""
    for side in PARTIES:
        is_open, whose = found[side].is_open, f"{capital(say(f'value.side.{side}'))} · {names[side]}"
        told = chip(say(f"page.service.reach.{'open' if is_open else 'closed'}"), "accent" if is_open else "")
        facts += fact(whose, text(found[side].contact or "–") + " " + told)
    st.html(tag("dl", facts, "facts") + tag("p", text(say("page.service.reach.note")), "quiet"))


def _may(office: Office, state: RoundState, action: Action) -> bool:
    """Tell whether the state of the pair's round allows something, and say so where it does not."""
    if action in ALLOWED[state]:
        return True
    values = {"state": office.say(f"value.round.{state}"), "action": office.say(f"value.action.{action}")}
    st.html(tag("p", text(office.say("page.service.not_now", values)), "quiet"))
    return False
