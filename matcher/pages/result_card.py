"""One pair of a party as a card: what it is asked now, who the other is and why, and what there is to do."""

import streamlit as st

from matcher.domain.errors import MatcherError
from matcher.domain.messages import Message
from matcher.domain.roles import Principal
from matcher.domain.rounds import ALLOWED
from matcher.domain.settings import Side
from matcher.pages import result_forms
from matcher.pages.acting import show_told
from matcher.pages.frame import export_link
from matcher.pages.markup import bar, chip, fact, notice, tag, text
from matcher.pages.own_consents import ask_consent
from matcher.pages.record_fields import facts
from matcher.pages.result_forms import Reading
from matcher.pages.service_entries import Log, written
from matcher.pages.slip import small_window
from matcher.pages.words import days_served
from matcher.services import consents
from matcher.services.own_results import OwnResult, why_own_pair
from matcher.store import Store

_TITLED: dict[Side, tuple[str, str]] = {"firm": ("expert", "institution"), "expert": ("firm", "township")}
"""What stands over a card: of the other side."""
_ABOUT: dict[Side, tuple[str, ...]] = {
    "firm": ("title", "city", "mode", "research_fields", "expertise", "achievements"),
    "expert": ("industry", "mode", "role_wanted", "days_per_year", "products", "need_detail"),
}
"""Fields of the other's form that are worth reading before one answers."""
_TABLE: dict[Side, str] = {"firm": "experts", "expert": "firms"}
_URGENT = ("asked", "assess")
_DONE = ("accepted", "active", "public", "confirmed")


def card(reading: Reading, result: OwnResult) -> None:
    """Show a pair in whatever state it is."""
    say, placed = reading.say, result.placed
    stage = stage_of(reading, result)
    st.html(_head(reading, result, stage))
    show_told(say, f"result-{placed.id}")
    if stage in ("asked", "accepted"):
        result_forms.answer(reading, result)
    if placed.state != "ended":
        _about(reading, result, is_open=placed.state == "proposed")
    if placed.state == "active":
        _reach(reading, result)
    if placed.state == "active" or result.entries:
        _service(reading, result)
    if _may_assess(result):
        with st.expander(say("page.results.assess"), expanded=stage == "assess", key=f"assess-{placed.id}"):
            result_forms.assess(reading, result)


def stage_of(reading: Reading, result: OwnResult) -> str:
    """Name how a pair stands for this side: the last part of the codes of what is said of it."""
    placed = result.placed
    if placed.state == "ended":
        own = placed.answer in ("declined", "declined_by_silence")
        return f"ended.{placed.ending}" + (f".{'own' if own else 'other'}" if placed.ending == "declined" else "")
    if placed.state == "proposed":
        is_late = reading.today.isoformat() > str(result.round_.answer_by)
        return ("late" if is_late else "asked") if placed.answer is None else "waiting" if is_late else "accepted"
    if placed.state == "active" and result.round_.state == "assessed":
        is_done = result.said is not None and getattr(result.said, f"{reading.side}_rating") is not None
        return "assessed" if is_done else "assess"
    return placed.state


def _head(reading: Reading, result: OwnResult, stage: str) -> str:
    """Write who the other is, how the pair stands, and what that means."""
    say, line = reading.say, result.placed.line
    name, about = (str(line[part] or "") for part in _TITLED[reading.side])
    kind = "attention" if stage in _URGENT else "accent" if stage in _DONE else ""
    short = stage.partition(".")[0]
    title = tag("h2", text(name) + " " + tag("small", text(about)), "own-name")
    first, last = result.notice or ("", "")
    values = {
        "date": result.round_.answer_by,
        "silence": say(f"value.silence.{result.round_.silence}") if result.round_.silence else "",
        "first": first,
        "last": last,
        "day": result.placed.ended_on,
    }
    of = {"batch": result.batch.name, "number": result.round_.number}
    return (
        tag("div", title + chip(say(f"page.results.state.{short}"), kind), "own-title")
        + tag("p", tag("b", text(line["need_title"])), "text")
        + tag("p", text(say(f"page.results.now.{stage}", values)), "now")
        + tag("p", text(say("page.results.of", of)), "quiet")
    )


def _about(reading: Reading, result: OwnResult, *, is_open: bool) -> None:
    """Tell who the other is, and why this pair; opened, as long as one is to answer."""
    say, line, side = reading.say, result.placed.line, reading.side
    term = " – ".join(str(line[end]) for end in ("term_from", "term_to") if line[end])
    besides = fact(say("page.column.term"), text(term)) if term else ""
    # Why a pair was proposed takes a while to tell, of a year that nobody has asked about yet.
    box = st.expander(
        say(f"page.results.about.{side}"), expanded=is_open, key=f"about-{result.placed.id}", on_change="rerun"
    )
    if not box.open:
        return
    with box:
        reasons = _why(reading.store, reading.who, side, result.placed.id)
        if reasons:
            listed = "".join(tag("li", text(say.say(message))) for message in reasons)
            st.html(tag("h3", text(say("page.results.why"))) + tag("ul", listed, "why"))
        if result.other is not None:
            said = [name for name in _ABOUT[side] if getattr(result.other, name) not in (None, "", ())]
            st.html(facts(say, _TABLE[side], result.other, said, besides))


def _why(store: Store, who: Principal, side: Side, placement_id: int) -> tuple[Message, ...]:
    """Ask why a pair was proposed; nothing where what its run was made of is gone."""
    try:
        return why_own_pair(store, who, side, placement_id)
    except MatcherError:
        return ()


def _reach(reading: Reading, result: OwnResult) -> None:
    """Say how to reach the other, where that may be told, and lead to the papers of the pair."""
    say, placed = reading.say, result.placed
    if placed.contact:
        st.html(tag("dl", fact(say(f"page.results.contact.{reading.side}"), text(placed.contact)), "facts"))
    else:
        st.html(tag("p", text(say("page.results.contact.none")), "quiet"))
    if not result.shares_contact:
        st.html(notice(say("page.results.contact.own"), [say("page.results.contact.own.hint")], "attention"))
        whose = reading.store, reading.who, reading.side, str(reading.who.party)
        said = next((row.given for row in consents.consents_of(*whose) if row.kind == "contact"), None)
        ask_consent(say, whose, "contact", said, key=f"contact-{placed.id}", place=f"result-{placed.id}")
    of = f"/export/placement/{placed.id}"
    links = (
        export_link(say, say(f"page.service.file.{name}"), f"{of}/{name}.docx") for name in ("agreement", "letter")
    )
    st.html(tag("p", "".join(links), "downloads"))


def _service(reading: Reading, result: OwnResult) -> None:
    """Show the days served so far and what was done, and let an entry be added."""
    say, agreed = reading.say, result.agreed
    days = say.say(days_served(result.served, agreed))
    drawn = bar(result.served / agreed) if agreed else ""
    st.html(
        tag("h3", text(say("page.service.tab.log")))
        + tag("dl", fact(say("page.service.served"), text(days) + drawn), "facts")
    )
    may_log = result.placed.state == "active" and "log_service" in ALLOWED[result.round_.state]
    if may_log:
        label = reading.button("page.results.add", result)
        with small_window(label, icon="add", key=f"add-{result.placed.id}", width="stretch") as is_open:
            if is_open:
                result_forms.add_entry(reading, result)
    log = Log(say, reading.store, reading.who, result.placed, result.entries, reading.name_of(result))
    written(log, may_correct=may_log)


def _may_assess(result: OwnResult) -> bool:
    """Tell whether a pair is, or was, in force, and its round lets it be assessed."""
    was_in_force = result.placed.state == "active" or result.placed.ending in ("quit", "expired", "adjusted")
    return was_in_force and "assess" in ALLOWED[result.round_.state]
