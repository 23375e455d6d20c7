"""The service log of a pair: each entry with the side that wrote it, which can put it right or take it back."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from math import inf
from time import monotonic
from typing import Any

import streamlit as st

from matcher.domain.messages import Message
from matcher.domain.roles import PARTIES, Principal
from matcher.domain.settings import Side
from matcher.pages.acting import attempt, once, show_told, tell, tell_again
from matcher.pages.grid import table_of
from matcher.pages.markup import about, tag, text
from matcher.pages.slip import AT_ONCE_S, Slip, kept_of, small_window, tell_kept
from matcher.pages.words import Words, days_served
from matcher.services import following
from matcher.services.drafts import beside
from matcher.services.entries import days_of, is_own_entry, side_of_entry, version_of_entry
from matcher.services.own import OwnPlacement
from matcher.store import Store
from matcher.store.entities import Draft, PlacedPair, Service

STEP_DAYS = 0.5
MOST_TEXT = 4000
"""Characters of a field for what was done."""
_FOLDED = 120
"""What is longer shows its beginning, and the rest when asked for."""
_SHORT = 16
_FIELDS = ("day", "days", "done")
_KEPT = 2**31
"""So much of the version of an entry is kept with what is typed: as a column of whole numbers takes it."""
OFFICE = "office"
"""In codes: it is neither side."""


@dataclass(frozen=True, slots=True)
class Log:
    """
    The log of a pair, and who looks at it.

    Parameters
    ----------
    say : Words
    store : Store
    who : Principal
    placed : PlacedPair or OwnPlacement
    entries : sequence of Service
        The newest first.
    name : str
        Of the pair, where the page has several.
    """

    say: Words
    store: Store
    who: Principal
    placed: PlacedPair | OwnPlacement
    entries: Sequence[Service]
    name: str = ""

    @property
    def place(self) -> str:
        """Where it is told what came of a correction."""
        return f"log-{self.placed.id}"


def written(log: Log, *, may_correct: bool) -> None:
    """Show what was done, when, how long it took and which side wrote it, and let one's own be put right."""
    say = log.say
    show_told(say, log.place)
    if not log.entries:
        st.html(tag("p", text(say("page.service.log.none")), "quiet"))
        return
    columns = {name: say(f"page.service.log.{name}") for name in (*_FIELDS, "by")}
    rows = [
        {
            "day": text(entry.day),
            "days": text(say.say(days_served(entry.days))),
            "done": _folded(say, entry.done),
            "by": _by(log, entry),
        }
        for entry in log.entries
    ]
    st.html(table_of(columns, rows, "log") + _sums(log))
    own = [entry for entry in log.entries if is_own_entry(log.who, entry)]
    if own and may_correct:
        label = about(say("page.service.correct"), log.name)
        with small_window(label, icon="edit", key=f"correct-{log.placed.id}") as is_open:
            if is_open:
                _correct(log, own)


def _correct(log: Log, own: Sequence[Service]) -> None:
    """Ask which entry of one's own, and what it is to say."""
    say, of_id = log.say, {entry.id: entry for entry in own}
    place = f"correct-{log.placed.id}"
    show_told(say, place)
    begun = kept_of(log.store, log.who, log.placed.round_id)
    chosen = st.selectbox(
        say("page.service.correct.which"),
        list(of_id),
        index=next((at for at, entry in enumerate(own) if beside("correct", entry.id) in begun), 0),
        format_func=lambda id_: " · ".join(_called(say, of_id[id_])),
        key=f"{place}-which-{'-'.join(map(str, of_id))}",  # with others to choose from, another is shown
    )
    entry = of_id[chosen]
    key = f"{place}-{entry.id}"
    values = {"day": date.fromisoformat(entry.day), "days": entry.days, "done": entry.done}
    called_so, seen = beside("correct", entry.id), f"{key}-seen"
    is_refused = _note_seen(key, begun.get(called_so), version_of_entry(entry))
    slip = Slip(log.store, log.who, log.placed.round_id, called_so, key, values, st.session_state[seen] % _KEPT)
    kept = slip.resume()
    if is_refused:  # the entry is shown as it is now: what is typed stands beside that from here on
        slip.keep()
    of = log.store, log.who, log.placed.id, entry.id

    def carry_out(call: partial[Any], told: Message) -> None:
        typed = {name: slip.typed(name) for name in _FIELDS}
        refused, since = st.session_state.get(f"{key} refused", (None, -inf))
        if typed == refused and monotonic() - since < AT_ONCE_S:
            tell_again(of_before=True)  # the second half of a double click has not read why the first was refused
            return
        # Refused, what was typed stays; the next press is about the entry as it is shown then.
        if attempt(lambda: (call(version=st.session_state[seen]),), place=place) is None:
            st.session_state.update({seen: None, f"{key} refused": (typed, monotonic())})
        else:
            tell(told, place=log.place)
            slip.forget()

    def corrected() -> None:
        typed = {name: slip.typed(name) for name in _FIELDS}
        told = Message("page.service.done.correct", {"date": typed["day"], "days": days_served(typed["days"])})
        carry_out(partial(following.correct_service, *of, **typed), told)

    def withdrawn() -> None:
        told = Message("page.service.done.withdraw", {"date": entry.day})
        carry_out(partial(following.withdraw_service, *of), told)

    pressed = once(lambda press: press())  # one for both: what they ask for at once, the first has
    label = say("page.service.log.day")
    st.date_input(label, format="YYYY-MM-DD", required=True, key=slip.at("day"), on_change=slip.keep)
    label = say("page.service.log.days")
    st.number_input(label, step=STEP_DAYS, format="%.1f", key=slip.at("days"), on_change=slip.keep)
    label = say("page.service.log.done")
    st.text_area(label, max_chars=MOST_TEXT, key=slip.at("done"), on_change=slip.keep)
    with st.container(horizontal=True, gap="small", key=f"{key}-do"):
        st.button(
            say("page.service.correct.do"), type="primary", on_click=pressed, args=(corrected,), key=f"{key}-save"
        )
        st.button(say("page.service.withdraw.do"), on_click=pressed, args=(withdrawn,), key=f"{key}-withdraw")
    st.html(tag("p", text(say("page.service.correct.note")), "quiet"))
    tell_kept(say, kept)


def _note_seen(key: str, begun: Draft | None, now: int) -> bool:
    """
    Note which version of an entry is seen: the one that what is typed began with, else the present one.

    Returns
    -------
    bool
        Whether a correction of an earlier one was refused, so that the present one is seen from here on.
    """
    seen, is_open_still = f"{key}-seen", f"{key}-done" in st.session_state
    if begun is not None and not is_open_still:
        st.session_state[seen] = begun.form_version
    elif not is_open_still and not st.session_state.get(f"{key} kept"):
        st.session_state[seen] = None
    is_refused = is_open_still and st.session_state.get(seen) is None
    if st.session_state.get(seen) in (None, now % _KEPT):
        st.session_state[seen] = now
    return is_refused


def _sums(log: Log) -> str:
    """Write, where several sides wrote, how many days each did, and that a date counts once."""
    say = log.say
    by_side: dict[Side | None, float] = dict.fromkeys(("firm", "expert", None), 0.0)
    for entry in log.entries:
        by_side[side_of_entry(entry)] += entry.days
    said = {side: days for side, days in by_side.items() if days}
    if len(said) < 2:
        return ""
    sums = tuple(
        f"{say(f'page.service.by.{side or OFFICE}')} {say.say(days_served(days))}" for side, days in said.items()
    )
    counted = {"sums": sums, "days": days_served(days_of(log.entries))}
    return tag("p", text(say("page.service.log.sums", counted)), "quiet")


def _called(say: Words, entry: Service) -> Iterator[str]:
    yield entry.day
    yield say.say(days_served(entry.days))
    yield entry.done if len(entry.done) <= _SHORT else f"{entry.done[:_SHORT]}…"


def _by(log: Log, entry: Service) -> str:
    """Write which side wrote an entry; by whom, for the office alone."""
    side = text(log.say(f"page.service.by.{side_of_entry(entry) or OFFICE}"))
    return side if log.who.role in PARTIES else side + " " + tag("small", text(entry.entered_by))


def _folded(say: Words, done: str) -> str:
    if len(done) <= _FOLDED:
        return text(done)
    more = tag("span", text(say("page.service.log.unfold")), "more")
    return tag("details", tag("summary", text(f"{done[:_FOLDED]}… ") + more) + text(done))
