"""The log: who did what, when, to what, what was so before; and the proof that nobody changed it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import partial
from typing import Any

import streamlit as st

from matcher.domain.roles import Principal
from matcher.pages.cards import CARDS, cards
from matcher.pages.chosen import pick, round_name
from matcher.pages.frame import heading, page
from matcher.pages.grid import Column, grid
from matcher.pages.log_proof import proof
from matcher.pages.markup import chip, fact, literal, notice, tag, text
from matcher.pages.record_fields import capital
from matcher.pages.words import Words
from matcher.services import log, rounds
from matcher.services.log_desk import InLog, in_log
from matcher.services.log_words import worded
from matcher.store import Store
from matcher.store.entities import Event

TABS = ("entries", "proof")
PAGE = 50
"""Entries of a page."""
_WIDTHS: Mapping[str, int] = {"at": 124, "who": 180, "what": 212, "about": 178, "why": 62}
_WITHOUT_WHY: Mapping[str, int] = {"at": 124, "who": 202, "what": 216, "about": 214}
"""In pixels: few steps ask for a reason, and names need the room."""
_BEFORE = "before"


@page
def render(say: Words, store: Store, who: Principal) -> None:
    """Show the page."""
    heading(say, say("page.title.log"), say("page.log.subtitle"))
    tab = pick(say("page.log.tab"), TABS, "tab", format_func=lambda name: say(f"page.log.tab.{name}"))
    if tab == "proof":
        proof(say, store, who)
        return
    known, of_round = in_log(store, who), _rounds(say, store, who)
    with st.container(border=True, key="card-filters"):
        asked = _asked(say, known, of_round)
    before = _number(_BEFORE)
    found = log.entries(store, who, **asked, before=before, limit=PAGE + 1)
    if not found:
        st.html(notice(say("page.log.none"), [say("page.log.none.hint")]))
        return
    entries, has_more = found[:PAGE], len(found) > PAGE
    left, right = st.columns([2.6, 1], gap="small")
    with left, st.container(border=True, key="card-entries"):
        chosen = _list(say, known, entries)
        if before is None:
            _turn(say, entries, has_more=has_more)
        else:
            newer = partial(log.entries, store, who, **asked, after=entries[0].id, limit=PAGE + 1)
            _turn(say, entries, has_more=has_more, newer=newer)
    with right, st.container(border=True, key="card-entry"):
        _entry(say, known, of_round, next(entry for entry in entries if str(entry.id) == chosen))


def _rounds(say: Words, store: Store, who: Principal) -> dict[str, str]:
    """Name every round, by its id."""
    return {
        str(round_.id): round_name(say, batch, round_)
        for batch in rounds.batches(store, who)
        for round_ in rounds.rounds(store, who, batch.id)
    }


def _asked(say: Words, known: InLog, of_round: Mapping[str, str]) -> dict[str, Any]:
    """Ask which entries are wanted; all of it stands in the address."""
    actions = {what: capital(say(f"value.what.{what}")) for what in known.actions}
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small", key="filters-log"):
        since, until = _day(say, "since"), _day(say, "until")
        by = _one(say, "by", known.people)
        what = _one(say, "what", dict(sorted(actions.items(), key=lambda item: item[1])))
        about = _object(say)
        round_id = _one(say, "of", of_round)
        st.button(say("page.log.clear"), icon=":material/filter_alt_off:", on_click=_clear, key="clear")
    return {
        "since": since,
        "until": until,
        "by": by,
        "what": what,
        "about": about,
        "round_id": int(round_id) if round_id else None,
    }


_ASKED = ("since", "until", "by", "what", "about", "of")


def _kept(name: str, as_text: Callable[[Any], str] = str) -> None:
    """Keep what was asked for in the address, from the newest entry on."""
    value = st.session_state[name]
    st.query_params.pop(_BEFORE, None)
    if value in (None, "", "any"):
        st.query_params.pop(name, None)
    else:
        st.query_params[name] = as_text(value)


def _clear() -> None:
    for name in (*_ASKED, _BEFORE):
        st.query_params.pop(name, None)


def _day(say: Words, name: str) -> date | None:
    try:
        st.session_state[name] = date.fromisoformat(st.query_params.get(name, ""))
    except ValueError:
        st.session_state[name] = None
    return st.date_input(
        say(f"page.log.{name}"), value=None, format="YYYY-MM-DD", key=name, on_change=_kept, args=(name,)
    )


def _one(say: Words, name: str, options: Mapping[str, str]) -> str | None:
    asked = st.query_params.get(name, "any")
    st.session_state[name] = asked if asked in options else "any"
    chosen = st.selectbox(
        say(f"page.log.{name}"),
        ["any", *options],
        format_func=lambda key: say("page.log.any") if key == "any" else options[key],
        key=name,
        on_change=_kept,
        args=(name,),
    )
    return None if chosen == "any" else chosen


def _object(say: Words) -> str | None:
    st.session_state["about"] = st.query_params.get("about", "")
    given = st.text_input(
        say("page.log.about"),
        placeholder=say("page.log.about.placeholder"),
        key="about",
        on_change=_kept,
        args=("about", str.strip),
    )
    return (given or "").strip() or None


def _list(say: Words, known: InLog, entries: Sequence[Event]) -> str | None:
    """Show the entries, and give the one that is chosen."""
    rows = []
    for entry in entries:
        said = worded(entry)
        person, what, about = known.people.get(entry.who, entry.who), say.say(said.what), _about(say, known, entry)
        row = {"at": said.at, "who": person, "what": capital(what), "about": about, "why": entry.why or ""}
        rows.append({"id": str(entry.id), "called": f"{said.at} · {what} · {about}", **row})
    with st.container(key="wide"):
        widths = _WIDTHS if any(row["why"] for row in rows) else _WITHOUT_WHY
        columns = {name: Column(say(f"page.log.column.{name}"), width) for name, width in widths.items()}
        alt = say("page.log.alt", {"count": len(rows)})
        chosen = grid(say, rows, columns, name="entry", alt=alt, choice=(say("page.log.choose"), "called"))
    with st.container(key="narrow"):
        shown = st.session_state.get("log-cards", CARDS)
        st.html(cards(rows[:shown], "entry", chosen, _card))
        more = say("page.log.more", {"count": len(rows) - shown})
        if len(rows) > shown and st.button(more, width="stretch", key="more"):
            st.session_state["log-cards"] = PAGE
            st.rerun()
    return chosen


def _about(say: Words, known: InLog, entry: Event) -> str:
    """Say what an entry is about in a line: its kind says the table, and an account has a name."""
    about = worded(entry).about
    path = known.accounts.get(entry.about) or entry.about.partition("/")[2] or entry.about
    return say.say(replace(about, values={**about.values, "path": path}))


def _card(row: Mapping[str, str]) -> str:
    when = tag("span", text(f"{row['at']} · {row['who']}"), "quiet")
    return tag("b", text(row["what"])) + tag("span", text(row["about"])) + when


def _turn(
    say: Words, entries: Sequence[Event], *, has_more: bool, newer: Callable[[], Sequence[Event]] | None = None
) -> None:
    """Lead to older entries, to those before these, and to the newest; ``newer`` finds the page before and one more."""

    def turned(to: int | None) -> None:
        st.query_params.pop("entry", None)
        if to is None:
            st.query_params.pop(_BEFORE, None)
        else:
            st.query_params[_BEFORE] = str(to)

    def turned_back() -> None:
        found = newer() if newer else ()
        turned(found[0].id if len(found) > PAGE else None)

    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="turn"):
        values = {"first": entries[0].id, "last": entries[-1].id, "count": len(entries)}
        st.html(tag("p", text(say("page.log.span", values)), "quiet"))
        if newer:
            st.button(say("page.log.newest"), icon=":material/first_page:", on_click=turned, args=(None,), key="newest")
            st.button(say("page.log.newer"), icon=":material/chevron_left:", on_click=turned_back, key="newer")
        if has_more:
            last = entries[-1].id
            st.button(
                say("page.log.older"), icon=":material/chevron_right:", on_click=turned, args=(last,), key="older"
            )


def _entry(say: Words, known: InLog, of_round: Mapping[str, str], entry: Event) -> None:
    """Show all that an entry says."""
    said = worded(entry)
    what, person = say.say(said.what), known.people.get(entry.who, entry.who)
    st.header(literal(capital(what)), anchor="entry")
    number = text(say("page.log.number", {"number": entry.id}))
    st.html(tag("p", chip(say.say(said.how), "attention" if entry.is_erased else "") + " " + number, "quiet"))
    values = {"who": person, "at": said.at, "what": what, "about": say.say(said.about)}
    st.html(tag("p", text(say("page.log.sentence", values)), "text"))
    facts = [fact(say("page.log.handle"), text(entry.who))] if person != entry.who else []
    if entry.round_id is not None:
        facts.append(fact(say("page.log.of"), text(of_round.get(str(entry.round_id), entry.round_id))))
    if entry.why:
        facts.append(fact(say("page.log.column.why"), text(entry.why)))
    if facts:
        st.html(tag("dl", "".join(facts), "facts"))
    if said.changes:
        lines = "".join(tag("li", text(say.say(change))) for change in said.changes)
        st.html(tag("h3", text(say("page.log.changes"))) + tag("ul", lines, "changes"))
    with st.container(horizontal=True, gap="small", key="only"):
        for name, value in (("about", entry.about), ("by", entry.who)):
            if st.query_params.get(name) != value:
                st.button(say(f"page.log.only.{name}"), on_click=_only, args=(name, value), key=f"only-{name}")


def _only(name: str, value: str) -> None:
    st.query_params.pop(_BEFORE, None)
    st.query_params[name] = value


def _number(name: str) -> int | None:
    """Read a number of the address; None where there is none."""
    given = st.query_params.get(name, "")
    return int(given) if given.isascii() and given.isdigit() and len(given) < 10 else None


if __name__ == "__main__":
    render()
