"""What the office writes down of a pair in force: days for a side, how it went, who wishes to go on, an early end."""

from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import get_args

import streamlit as st

from matcher.domain.messages import Message
from matcher.domain.moments import china_day
from matcher.domain.records import Assessment
from matcher.domain.roles import PARTIES, Principal
from matcher.domain.rounds import Ending
from matcher.domain.settings import Side
from matcher.pages.acting import attempt, once
from matcher.pages.markup import chip, tag, text
from matcher.pages.record_fields import capital
from matcher.pages.service_entries import MOST_TEXT, STEP_DAYS
from matcher.pages.words import Words, days_served
from matcher.services import following
from matcher.services.in_force import InForce
from matcher.store import Store

ENDINGS: tuple[Ending, ...] = ("quit", "expired")
STARS = (1, 2, 3, 4, 5)
_TYPED = "assess-typed"


@dataclass(frozen=True, slots=True)
class Office:
    """Who looks at pairs in force, and in which words."""

    say: Words
    store: Store
    who: Principal

    @property
    def today(self) -> date:
        """The present day in China."""
        return china_day(self.store.now())


def add_entry(office: Office, pair: InForce) -> None:
    """Ask for a day, how long it took, and what was done."""
    say, key = office.say, f"entry-{pair.placed.id}"

    @once
    def added() -> None:
        day, days, done = (st.session_state[f"{key}-{part}"] for part in ("day", "days", "done"))
        call = partial(following.log_service, office.store, office.who, pair.placed.id, day=day, days=days, done=done)
        if attempt(call, Message("page.service.done.add", {"date": day, "days": days_served(days)})) is not None:
            st.session_state[f"{key}-done"] = ""

    with st.form(f"{key}-form", border=False):
        st.html(tag("p", text(say("page.service.add.note")), "quiet"))
        _day(office, f"{key}-day", say("page.service.log.day"))
        label = say("page.service.log.days")
        st.number_input(label, value=1.0, step=STEP_DAYS, format="%.1f", key=f"{key}-days")
        st.text_area(say("page.service.log.done"), max_chars=MOST_TEXT, key=f"{key}-done")
        st.form_submit_button(say("page.service.add.do"), type="primary", on_click=added)


def assess(office: Office, pair: InForce) -> None:
    """Show the assessment and both ratings, and let them be written down: what was said can be changed, not unsaid."""
    say, said = office.say, pair.said
    key = f"assess-{pair.placed.id}-{said.version if said else 0}"
    whose, kept = st.session_state.get(_TYPED) or (None, {})
    typed_before = kept if whose == pair.placed.id else {}
    fields: dict[str, tuple[object, ...]] = {
        "assessment": get_args(Assessment),
        **{f"{side}_rating": STARS for side in PARTIES},
    }

    def assessed() -> None:
        typed = {name: st.session_state[f"{key}-{name}"] for name in fields}
        of, version = (office.store, office.who, pair.placed.id), said.version if said else 0
        done = attempt(partial(following.assess, *of, **typed, version=version), Message("page.service.done.assess"))
        # Where somebody else was first, the form begins with what was typed, below what is told of that.
        st.session_state[_TYPED] = (pair.placed.id, typed) if done is None else None

    with st.form(f"{key}-form", border=False), st.container(horizontal=True, gap="small", key="assess-fields"):
        for name, options in fields.items():
            known = getattr(said, name) if said else None
            offered = [*([] if known else [None]), *options]
            begun = typed_before.get(name) or known
            st.selectbox(
                say(f"page.service.{name}"),
                offered,
                index=offered.index(begun),
                format_func=lambda value: (
                    say("page.service.unsaid")
                    if value is None
                    else say(f"value.assessment.{value}")
                    if isinstance(value, str)
                    else str(value)
                ),
                key=f"{key}-{name}",
            )
        st.form_submit_button(say("page.service.assess.do"), type="primary", on_click=assessed)


def renewals(office: Office, pair: InForce) -> None:
    """Show which side wishes to go on after the term, and let a word on paper be written down."""
    say = office.say
    st.html(tag("h3", text(say("page.service.renewal"))) + tag("p", text(say("page.service.renewal.note")), "quiet"))
    for side in PARTIES:
        wish = getattr(pair.said, f"{side}_renews") if pair.said else None
        kind = "accent" if wish else "attention" if wish is False else ""
        with st.container(horizontal=True, vertical_alignment="center", gap="small", key=f"renewal-{side}"):
            word = chip(say(f"page.service.renews.{_word(wish)}"), kind)
            st.html(tag("p", text(capital(say(f"value.side.{side}"))) + " " + word, "fixed"), width="content")
            for wishes in (True, False):
                if wish is not wishes:
                    st.button(
                        say(f"page.service.renew.{_word(wishes)}"),
                        on_click=_wished,
                        args=(office, pair, side, wishes),
                        key=f"renew-{side}-{_word(wishes)}",
                    )


def end(office: Office, pair: InForce) -> None:
    """Ask how, when and why a pair ends."""
    say, key = office.say, f"end-{pair.placed.id}"

    @once
    def ended() -> None:
        ending, on, why = (st.session_state[f"{key}-{part}"] for part in ("ending", "on", "why"))
        of = office.store, office.who, pair.placed.id
        call = partial(following.end_placement, *of, ending, on=on, why=why, version=pair.placed.version)
        attempt(call, Message("page.service.done.end", {"expert": pair.placed.line["expert"]}))

    with st.form(f"{key}-form", border=False):
        st.html(tag("p", text(say("page.service.end.note")), "quiet"))
        st.radio(
            say("page.service.ending"),
            ENDINGS,
            format_func=lambda ending: say(f"value.ending.{ending}"),
            horizontal=True,
            key=f"{key}-ending",
        )
        _day(office, f"{key}-on", say("page.service.end.on"))
        st.text_area(say("page.why.reason"), key=f"{key}-why")
        st.form_submit_button(say("page.service.end.do"), type="primary", on_click=ended)


def _day(office: Office, key: str, label: str) -> date:
    return st.date_input(label, value=office.today, format="YYYY-MM-DD", required=True, key=key)


def _wished(office: Office, pair: InForce, side: Side, wishes: bool) -> None:
    version = pair.said.version if pair.said else 0
    of = office.store, office.who, pair.placed.id, side
    call = partial(following.wish_renewal, *of, wishes=wishes, version=version)
    attempt(call, Message(f"page.service.done.renew.{side}"))


def _word(wish: bool | None) -> str:
    return {None: "unsaid", True: "yes", False: "no"}[wish]
