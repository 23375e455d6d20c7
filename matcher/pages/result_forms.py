"""What a party does about a pair: it takes it or not, writes down what was done, says how it went, wishes to go on."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any

import streamlit as st

from matcher.domain.messages import Message
from matcher.domain.roles import Principal
from matcher.domain.settings import Side
from matcher.pages.acting import attempt, once, show_told, tell, tell_again
from matcher.pages.markup import about, tag, text
from matcher.pages.service_entries import MOST_TEXT, STEP_DAYS
from matcher.pages.service_forms import STARS
from matcher.pages.slip import Slip, small_window, tell_kept
from matcher.pages.words import Words, days_served
from matcher.services import following, proposing
from matcher.services.drafts import Beside, beside
from matcher.services.own import NOTHING_SAID
from matcher.services.own_results import OwnResult
from matcher.store import Store
from matcher.store.entities import AssessedPair

_WIDE: dict[str, Any] = {"type": "primary", "width": "stretch"}
"""What is pressed to send something."""


@dataclass(frozen=True, slots=True)
class Reading:
    """Which party looks at its pairs, in which words, on which day in China, and whether there are several."""

    say: Words
    store: Store
    who: Principal
    side: Side
    today: date
    has_several: bool

    def name_of(self, result: OwnResult) -> str:
        """Name a pair among several, for who hears a button and does not see whose card it is on."""
        line = result.placed.line
        other = line["expert" if self.side == "firm" else "firm"]
        return f"{other} · {line['need_title']}" if self.has_several else ""

    def button(self, code: str, result: OwnResult) -> str:
        """Write the label of a button on the card of a pair."""
        return about(self.say(code), self.name_of(result))


def answer(reading: Reading, result: OwnResult) -> None:
    """Let a side take the pair, or decline it with a reason; whoever took it may still decline."""
    say, id_ = reading.say, result.placed.id
    slip = _slip(reading, result, "decline", f"answer-{id_}", {"why": ""})

    @once
    def answered(*, accepts: bool) -> None:
        why = "" if accepts else slip.typed("why")
        of, version = (reading.store, reading.who, id_, reading.side), result.placed.version
        call = partial(proposing.answer, *of, accepts=accepts, why=why, version=version)
        word = "accepts" if accepts else "declines"
        # A refusal of what was typed is told beside it.
        place = f"result-{id_}" if accepts else f"decline-{id_}"
        if attempt(call, place=place) is not None:
            tell(Message(f"page.results.done.{word}"), place=f"result-{id_}")
            slip.forget()

    with st.container(key=slip.key):
        if result.placed.answer is None:
            label = reading.button("page.results.accept", result)
            st.button(label, key=f"{slip.key}-yes", on_click=answered, kwargs={"accepts": True}, **_WIDE)
        label = reading.button("page.results.decline", result)
        with small_window(label, key=f"{slip.key}-no", width="stretch") as is_open:
            if is_open:
                kept = slip.resume()
                st.html(tag("p", text(say("page.results.decline.note")), "quiet"))
                label = say("page.results.decline.why")
                st.text_area(label, key=slip.at("why"), max_chars=1000, on_change=slip.keep)
                label = say("page.results.decline.do")
                st.button(label, key=f"{slip.key}-no-do", on_click=answered, kwargs={"accepts": False}, **_WIDE)
                show_told(say, f"decline-{id_}")  # below: what goes with the next look would move the button away
                tell_kept(say, kept)


def add_entry(reading: Reading, result: OwnResult) -> None:
    """Ask for a day, how long it took, and what was done."""
    say, id_ = reading.say, result.placed.id
    key = f"entry-{id_}"
    slip = _slip(reading, result, "entry", key, {"day": reading.today, "days": 1.0, "done": ""})
    kept = slip.resume()

    def added() -> None:
        if slip.is_sent:
            slip.begin_anew()
            tell_again()
            return
        day, days, done = (slip.typed(field) for field in ("day", "days", "done"))
        call = partial(following.log_service, reading.store, reading.who, id_, day=day, days=days, done=done)
        told = Message("page.service.done.add", {"date": day, "days": days_served(days)})
        if attempt(call, told, place=key) is not None:
            slip.note_sent()

    label = say("page.service.log.day")
    st.date_input(label, format="YYYY-MM-DD", required=True, key=slip.at("day"), on_change=slip.keep)
    label = say("page.service.log.days")
    st.number_input(label, step=STEP_DAYS, format="%.1f", key=slip.at("days"), on_change=slip.keep)
    st.text_area(say("page.results.add.done"), key=slip.at("done"), max_chars=MOST_TEXT, on_change=slip.keep)
    st.button(say("page.results.add.do"), key=f"{key}-do", on_click=added, **_WIDE)
    show_told(say, key)
    tell_kept(say, kept)


def _slip(reading: Reading, result: OwnResult, kind: Beside, key: str, blank: Mapping[str, object]) -> Slip:
    """Give the fields of what is written about a pair."""
    placed = result.placed
    return Slip(reading.store, reading.who, placed.round_id, beside(kind, placed.id), key, blank)


def assess(reading: Reading, result: OwnResult) -> None:
    """Ask for a rating, and whether this side wishes to go on; each is kept as soon as it is said."""
    say, side, said = reading.say, reading.side, result.said
    id_ = result.placed.id
    rating = getattr(said, f"{side}_rating") if said else None
    renews = getattr(said, f"{side}_renews") if said else None
    key, seen = f"assess-{id_}", f"assess-{id_} seen"
    # Whoever says the second thing before the page is drawn anew has seen the first, which is their own.
    st.session_state[seen] = said.version if said else NOTHING_SAID

    def kept(call: Callable[..., AssessedPair], word: str) -> None:
        made = attempt(partial(call, version=st.session_state[seen]), Message(f"page.results.done.{word}"), place=key)
        if made is not None:
            st.session_state[seen] = made.version

    def rated() -> None:
        stars = st.session_state[f"{key}-rating"]
        kept(partial(following.assess, reading.store, reading.who, id_, **{f"{side}_rating": stars}), "rated")

    def wished() -> None:
        wishes = st.session_state[f"{key}-renews"] == "yes"
        kept(partial(following.wish_renewal, reading.store, reading.who, id_, side, wishes=wishes), "renews")

    show_told(say, key)
    st.session_state[f"{key}-rating"] = rating
    st.radio(
        say(f"page.results.rating.{side}"),
        STARS[::-1],
        index=None,
        format_func=lambda stars: say(f"page.results.stars.{stars}"),
        key=f"{key}-rating",
        on_change=rated,
    )
    st.session_state[f"{key}-renews"] = None if renews is None else "yes" if renews else "no"
    st.radio(
        say("page.results.renews"),
        ("yes", "no"),
        index=None,
        format_func=lambda word: say(f"page.service.renews.{word}"),
        key=f"{key}-renews",
        on_change=wished,
    )
    st.html(tag("p", text(say("page.results.renews.note")), "quiet"))
    if said is not None and said.assessment:
        told = say("page.results.assessment", {"value": say(f"value.assessment.{said.assessment}")})
        st.html(tag("p", text(told), "quiet"))
