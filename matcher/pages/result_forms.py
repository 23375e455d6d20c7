"""What a party does about a pair: it takes it or not, writes down what was done, says how it went, wishes to go on."""

from dataclasses import dataclass
from datetime import date
from functools import partial

import streamlit as st

from matcher.domain.messages import Message
from matcher.domain.roles import Principal
from matcher.domain.settings import Side
from matcher.pages.acting import attempt, show_told, tell
from matcher.pages.markup import tag, text
from matcher.pages.service_forms import STARS, STEP_DAYS
from matcher.pages.words import Words
from matcher.services import following, proposing
from matcher.services.own_results import OwnResult
from matcher.store import Store


@dataclass(frozen=True, slots=True)
class Reading:
    """Which party looks at its pairs, in which words, and on which day in China."""

    say: Words
    store: Store
    who: Principal
    side: Side
    today: date


def answer(reading: Reading, result: OwnResult) -> None:
    """Let a side take the pair, or decline it with a reason; whoever took it may still decline."""
    say, id_ = reading.say, result.placed.id
    key = f"answer-{id_}"

    def answered(*, accepts: bool) -> None:
        why = "" if accepts else st.session_state[f"{key}-why"]
        of, version = (reading.store, reading.who, id_, reading.side), result.placed.version
        call = partial(proposing.answer, *of, accepts=accepts, why=why, version=version)
        word = "accepts" if accepts else "declines"
        # A refusal of what was typed is told beside it.
        place = f"result-{id_}" if accepts else f"decline-{id_}"
        if attempt(call, place=place) is not None:
            tell(Message(f"page.results.done.{word}"), place=f"result-{id_}")

    with st.container(key=key):
        if result.placed.answer is None:
            label = say("page.results.accept")
            st.button(
                label, type="primary", key=f"{key}-yes", width="stretch", on_click=answered, kwargs={"accepts": True}
            )
        with st.popover(say("page.results.decline"), key=f"{key}-no", width="stretch"):
            show_told(say, f"decline-{id_}")
            st.html(tag("p", text(say("page.results.decline.note")), "quiet"))
            with st.form(f"{key}-form", border=False):
                st.text_area(say("page.results.decline.why"), key=f"{key}-why", max_chars=1000)
                st.form_submit_button(
                    say("page.results.decline.do"),
                    type="primary",
                    width="stretch",
                    on_click=answered,
                    kwargs={"accepts": False},
                )


def add_entry(reading: Reading, result: OwnResult) -> None:
    """Ask for a day, how long it took, and what was done."""
    say, id_ = reading.say, result.placed.id
    key = f"entry-{id_}"

    def added() -> None:
        day, days, done = (st.session_state[f"{key}-{part}"] for part in ("day", "days", "done"))
        call = partial(following.log_service, reading.store, reading.who, id_, day=day, days=days, done=done)
        told = Message("page.service.done.add", {"date": day, "days": f"{days:g}"})
        if attempt(call, told, place=key) is not None:
            st.session_state[f"{key}-done"] = ""

    show_told(say, key)
    with st.form(f"{key}-form", border=False):
        label = say("page.service.log.day")
        st.date_input(label, value=reading.today, format="YYYY-MM-DD", required=True, key=f"{key}-day")
        label = say("page.service.log.days")
        st.number_input(label, min_value=0.0, value=1.0, step=STEP_DAYS, format="%.1f", key=f"{key}-days")
        st.text_area(say("page.results.add.done"), key=f"{key}-done", max_chars=4000)
        st.form_submit_button(say("page.results.add.do"), type="primary", width="stretch", on_click=added)


def assess(reading: Reading, result: OwnResult) -> None:
    """Ask for a rating, and whether this side wishes to go on; each is kept as soon as it is said."""
    say, side, said = reading.say, reading.side, result.said
    id_ = result.placed.id
    rating = getattr(said, f"{side}_rating") if said else None
    renews = getattr(said, f"{side}_renews") if said else None
    version = said.version if said else None
    key = f"assess-{id_}"

    def rated() -> None:
        stars = st.session_state[f"{key}-rating"]
        call = partial(following.assess, reading.store, reading.who, id_, version=version, **{f"{side}_rating": stars})
        attempt(call, Message("page.results.done.rated"), place=key)

    def wished() -> None:
        wishes = st.session_state[f"{key}-renews"] == "yes"
        of = reading.store, reading.who, id_, side
        attempt(
            partial(following.wish_renewal, *of, wishes=wishes, version=version),
            Message("page.results.done.renews"),
            place=key,
        )

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
