"""The office's desk for the forms of one side: the roll with its filters, and beside it the form that is chosen."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from matcher.domain.messages import Message
from matcher.domain.roles import Principal
from matcher.domain.settings import Side
from matcher.files.columns import table as table_of
from matcher.pages import identity
from matcher.pages.acting import attempt
from matcher.pages.cards import CARDS, cards
from matcher.pages.chosen import choose, pick_counted, round_name
from matcher.pages.form_editing import add
from matcher.pages.form_panel import Look, panel, title_of
from matcher.pages.frame import heading, link_to
from matcher.pages.grid import Column, grid, rest, searched
from matcher.pages.markup import chip, notice, tag, text
from matcher.pages.record_fields import capital, field_name, reading
from matcher.pages.words import Words
from matcher.services import forms, rounds
from matcher.services.reviewing import Likeness, near_duplicates, roll_of
from matcher.store import Store, database_url
from matcher.store.entities import Round

STATES = ("submitted", "returned", "draft", "accepted")
"""Of forms, in the order in which the office asks for them."""
_SEARCHED = ("research_fields", "expertise", "products", "need_detail", "zone", "city", "related_institutions")
"""Fields that no column shows, and that the search looks into."""


@dataclass(frozen=True, slots=True)
class Desk:
    """
    What the desks of both sides differ in.

    Parameters
    ----------
    page : {"experts", "needs"}
    side : {"expert", "firm"}
    columns : mapping of str to int
        Fields that the roll shows, and their widths in pixels.
    filters : tuple of str
        Fields that the roll can be narrowed by.
    marks : tuple of str
        What else it can be narrowed by, besides wishes.
    """

    page: str
    side: Side
    columns: Mapping[str, int]
    filters: tuple[str, ...]
    marks: tuple[str, ...]


def show(desk: Desk, say: Words, store: Store, who: Principal, round_: Round) -> None:
    """Show the page of one side."""
    roll = roll_of(store, who, round_.id, desk.side)
    name = round_name(say, rounds.batch_of(store, who, round_), round_)
    row = heading(
        say,
        say(f"page.title.{desk.page}"),
        say(f"page.{desk.page}.subtitle", {"round": name, "count": len(roll.forms)}),
    )
    state_of_all = f"{round_.version} {[(form.own_id, form.version) for form in roll.forms]}"
    alike = _likenesses(database_url(), round_.id, desk.side, state_of_all, (who.name, who.role))
    look = Look(say, store, who, round_, desk.side, roll, alike)
    _for_all(look, row)
    left, right = st.columns([1.55, 1], gap="small")
    with left, st.container(border=True, key="card-roll"):
        form = _roll(look, desk)
    with right, st.container(border=True, key="card-form"):
        if look.may("write_form") and st.query_params.get("tab") == "new":
            _new(look)
        elif form is None:
            st.html(notice(say("page.desk.nobody"), [say("page.desk.nobody.hint")]))
            link_to(say, "imports", say("page.title.imports"))
        else:
            panel(look, form)


@st.cache_resource(show_spinner=False, max_entries=8, ttl="1h")
def _likenesses(
    url: str,  # noqa: ARG001 - part of the key, as are the states of the forms
    round_id: int,
    side: Side,
    state_of_all: str,  # noqa: ARG001
    who: tuple[str, str],  # noqa: ARG001
) -> dict[str, tuple[Likeness, ...]]:
    """Give what resembles what; found once while the forms stay as they are."""
    principal = identity.current_principal()
    return near_duplicates(identity.the_store(), principal, round_id, side) if principal else {}


def _for_all(look: Look, row: DeltaGenerator) -> None:
    """Offer what concerns the roll as a whole: all that wait can be taken at once, and a form added."""
    say = look.say
    waiting = [form for form in look.roll.forms if form.state == "submitted"]
    with row:
        if waiting and look.may("review_form"):
            with st.popover(
                say("page.desk.accept_all", {"count": len(waiting)}), icon=":material/done_all:", key="all"
            ):
                doubtful = sum(
                    form.own_id in look.roll.advice or form.own_id in look.roll.ineligible for form in waiting
                )
                values = {"count": len(waiting), "doubtful": doubtful}
                st.html(tag("p", text(say(f"page.desk.accept_all.note.{look.side}", values))))
                call = partial(forms.accept_forms, look.store, look.who, waiting)
                st.button(
                    say("page.desk.accept_all.do"),
                    type="primary",
                    on_click=attempt,
                    args=(call, Message("page.desk.done.accept_all", values)),
                    key="accept-all",
                )
        if look.may("write_form"):
            st.button(say("page.desk.new"), icon=":material/add:", on_click=_to_tab, args=("new",), key="new")


def _to_tab(tab: str) -> None:
    st.query_params["tab"] = tab


def _new(look: Look) -> None:
    st.header(look.say("page.desk.new"), anchor=False)
    st.button(look.say("page.desk.new.not"), on_click=_to_tab, args=("facts",), key="new-not")
    add(look.say, look.store, look.who, look.table, look.round_.id)


def _roll(look: Look, desk: Desk) -> Any:
    """Show the roll, and give the form that is chosen in it; None where there is none."""
    say = look.say
    if not look.roll.forms:
        st.html(tag("p", text(say("page.desk.empty")), "quiet"))
        return None
    found = _narrowed(look, desk)
    rows = searched(say, [_row(look, desk, form) for form in found], "search", say(f"page.{desk.page}.search"))
    st.html(tag("p", text(say("page.desk.shown", {"shown": len(rows), "count": len(look.roll.forms)})), "quiet"))
    with st.container(key="wide"):
        chosen = grid(
            say,
            rows,
            _columns(look, desk),
            name="form",
            alt=say("page.desk.alt", {"title": say(f"page.title.{desk.page}"), "count": len(rows)}),
            choice=(say("page.desk.choose"), "called"),
        )
    with st.container(key="narrow"):
        st.html(cards(rows[:CARDS], "form", chosen, partial(_card, look)) + rest(say, len(rows) - CARDS))
    return next((form for form in found if form.own_id == chosen), None)


def _narrowed(look: Look, desk: Desk) -> list[Any]:
    """Ask which forms are wanted, and find them."""
    say, roll = look.say, look.roll
    states: Counter[str] = Counter(form.state for form in roll.forms)
    count = {state: states[state] for state in STATES if states[state]}
    label = say("page.desk.state")
    state = pick_counted(say, label, count, "state", lambda name: capital(say(f"value.form.{name}")))
    wanted: dict[str, list[str]] = {}
    with st.container(horizontal=True, gap="small", key="filters"):
        for name in desk.filters:
            label = field_name(say, table_of(look.table).columns[name])
            values = sorted({value for form in roll.forms if (value := getattr(form.record, name))})
            wanted[name] = st.multiselect(
                label, values, placeholder=label, key=name, bind="query-params", label_visibility="collapsed"
            )
        mark = choose(
            say("page.desk.mark"),
            ("any", "stated", "silent", *desk.marks),
            "mark",
            key_of=str,
            format_func=lambda mark: say(f"page.desk.mark.{mark}"),
        )
    return [
        form
        for form in roll.forms
        if state in ("all", form.state)
        and all(not values or getattr(form.record, name) in values for name, values in wanted.items())
        and _is_marked(look, form.own_id, mark)
    ]


def _is_marked(look: Look, own_id: str, mark: str) -> bool:
    roll = look.roll
    return {
        "any": True,
        "stated": own_id in roll.stated,
        "silent": own_id not in roll.stated,
        "vague": own_id in roll.advice,
        "ineligible": own_id in roll.ineligible,
        "alike": own_id in look.alike,
    }[mark]


def _row(look: Look, desk: Desk, form: Any) -> dict[str, Any]:
    """Give what the roll shows of a form, and what the search finds it by."""
    say, record, columns = look.say, form.record, table_of(look.table).columns
    hidden = {name: getattr(record, name, "") for name in _SEARCHED}
    return {
        **hidden,
        "id": form.own_id,
        "called": f"{title_of(look, record)} · {form.own_id}",
        **{name: reading(say, columns[name], getattr(record, name)) for name in desk.columns},
        "state": say(f"value.form.{form.state}"),
        "form_state": form.state,
        "score": look.roll.scores.get(form.own_id),
        "stated": form.own_id in look.roll.stated,
    }


def _columns(look: Look, desk: Desk) -> dict[str, Column]:
    say, columns = look.say, table_of(look.table).columns
    shown = {name: Column(field_name(say, columns[name]), width) for name, width in desk.columns.items()}
    shown["state"] = Column(say("page.desk.state"), 68)
    if look.side == "firm":
        shown["score"] = Column(say("page.desk.score"), 84, "bar", help=say("page.desk.score.help"))
    shown["stated"] = Column(say("page.desk.stated"), 52, "yes")
    return shown


def _card(look: Look, row: Mapping[str, Any]) -> str:
    about = row["institution"] if look.side == "expert" else row["need_title"]
    state = chip(row["state"], "accent" if row["form_state"] == "accepted" else "")
    return tag("b", text(row["name"])) + tag("span", text(about)) + tag("span", state + " " + text(row["id"]), "quiet")
