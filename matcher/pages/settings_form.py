"""
The settings of a scenario, or of a round: as a form, and as the text of a settings file for those who know it.

Both show one draft, which is kept beside the widgets: another view, another page, a refusal, somebody else's change
lose nothing of what was typed. Ranges are those of `matcher.domain.settings` alone: what is out of them is said in its
words.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, get_args

import streamlit as st

from matcher.assignment import OBJECTIVES
from matcher.domain.errors import SettingsError
from matcher.domain.messages import Message, Problem
from matcher.domain.settings import (
    GroupColumn,
    Joint,
    Proposer,
    Settings,
)
from matcher.files.settings import parse_settings, settings_of
from matcher.files.settings_text import settings_text
from matcher.pages.acting import shortened
from matcher.pages.markup import notice, tag, text
from matcher.pages.quota_rows import fill_quotas, quota_rows
from matcher.pages.words import Words

VIEWS = ("form", "text")
CONSENTS = ("not_refused", "given", "ignored")
ANY = "any"
"""In place of no title: a field that holds None would show the words of its maker."""
TITLES = (ANY, "assistant", "lecturer", "associate", "professor")
_WHOLE, _DECIMAL = 1, 0.01
_CHOICES: Mapping[str, tuple[Any, ...]] = {
    "assignment.objective": tuple(OBJECTIVES),
    "assignment.proposer": get_args(Proposer),
    "assignment.joint": get_args(Joint),
    "eligibility.consent": CONSENTS,
    "eligibility.minimum_title": TITLES,
}
_NUMBERS: Mapping[str, float] = {
    "assignment.days_per_placement": _WHOLE,
    "assignment.minimum_people": _WHOLE,
    "ranking.min_fit": _DECIMAL,
    "assignment.keep_bonus": _DECIMAL,
    "assignment.seed": _WHOLE,
    "assignment.time_limit_s": float(_WHOLE),
    "eligibility.maximum_age": _WHOLE,
    "eligibility.year": _WHOLE,
}
_SWITCHES = ("eligibility.in_post", "eligibility.exclusive", "eligibility.doctorate_suffices")
_DATES = ("term.start", "term.end")
_TEXTS = ("assignment.home_city",)
_ROWS: tuple[tuple[str, ...], ...] = (
    ("assignment.objective", "assignment.proposer", "assignment.joint"),
    ("assignment.days_per_placement", "assignment.minimum_people", "ranking.min_fit", "assignment.keep_bonus"),
)
_MORE: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "eligibility": (
        ("eligibility.in_post", "eligibility.exclusive", "eligibility.doctorate_suffices"),
        ("eligibility.consent", "eligibility.minimum_title", "eligibility.maximum_age", "eligibility.year"),
    ),
    "rest": (
        ("term.start", "term.end", "assignment.home_city"),
        ("assignment.seed", "assignment.time_limit_s"),
    ),
}
"""Fields by row; those that are rarely changed are folded."""


@dataclass(frozen=True, slots=True)
class Stored:
    """
    Settings as they are in the database.

    Parameters
    ----------
    of : str
        What they are of: a draft of something else is another.
    settings : Settings
    version : int
        Of what they are of.
    changed_by : str
    """

    of: str
    settings: Settings
    version: int
    changed_by: str


@dataclass(frozen=True, slots=True)
class Draft:
    """
    What is typed.

    Parameters
    ----------
    settings : Settings
        The last that could be read.
    problems : tuple of Message or Problem
        Why what is typed now can't be.
    version : int
        That it was begun with.
    is_changed : bool
        Whether it differs from what it was begun with.
    """

    settings: Settings
    problems: tuple[Message | Problem, ...]
    version: int
    is_changed: bool

    @property
    def can_be_saved(self) -> bool:
        """Whether there is something to save, and nothing wrong with it."""
        return self.is_changed and not self.problems


def settings_form(
    say: Words,
    stored: Stored,
    groups: Mapping[GroupColumn, Sequence[str]],
    *,
    name: str = "settings",
    is_editable: bool = True,
) -> Draft:
    """
    Show settings to be changed, and give what is typed.

    Parameters
    ----------
    say : Words
    stored : Stored
    groups : mapping of column to sequence of str
        Cells that occur, to choose the group of a quota from.
    name : str
        Of the form, unique in the page; with ``-view`` the name of the view in the address.
    is_editable : bool
    """
    form = _Form(say, name, groups, is_editable)
    _keep_up(form, stored)
    asked = st.query_params.get(f"{name}-view", "")
    st.session_state[f"{name}-view"] = asked if asked in VIEWS else VIEWS[0]
    view = st.segmented_control(
        say("page.settings.view"),
        VIEWS,
        format_func=lambda view: say(f"page.settings.view.{view}"),
        required=True,
        key=f"{name}-view",
        on_change=_turned,
        args=(name,),
        label_visibility="collapsed",
    )
    problems = _text(form) if view == "text" else _fields(form)
    state = _state(name)
    if problems:
        st.html(notice(say("page.settings.faults"), shortened(say, list(problems)), "attention"))
    state["problems"] = problems
    is_changed = bool(problems) or state["draft"] != state["loaded"]
    return Draft(state["draft"], tuple(problems), state["version"], is_changed)


def load(stored: Stored, name: str = "settings") -> None:
    """Show what is stored, in the place of what was typed."""
    state = _state(name)
    state.update(of=stored.of, loaded=stored.settings, version=stored.version, draft=stored.settings, problems=[])
    state["text"] = settings_text(stored.settings)
    _fill(name, stored.settings)


def rebase(stored: Stored, name: str = "settings") -> None:
    """Take over locks, bans and version of what is stored, and keep the rest of what was typed; nothing of another."""
    state = _state(name)
    if state.get("of") != stored.of:
        return
    assignment = state["draft"].assignment.model_copy(
        update={part: getattr(stored.settings.assignment, part) for part in ("locks", "bans")}
    )
    draft = state["draft"].model_copy(update={"assignment": assignment})
    state.update(loaded=stored.settings, version=stored.version, draft=draft, text=settings_text(draft))
    st.session_state.pop(f"{name}-toml", None)


@dataclass(frozen=True, slots=True)
class _Form:
    say: Words
    name: str
    groups: Mapping[GroupColumn, Sequence[str]]
    is_editable: bool

    def key(self, part: str) -> str:
        return f"{self.name}-{part}"


def _state(name: str) -> dict[str, Any]:
    """Give what is kept of a form beside its widgets."""
    kept: dict[str, Any] = st.session_state.setdefault(f"{name}-kept", {})
    return kept


def _keep_up(form: _Form, stored: Stored) -> None:
    """Load what is stored, unless something is typed that would be lost; then say that somebody changed it."""
    state = _state(form.name)
    if state.get("of") != stored.of:
        load(stored, form.name)
    if state["version"] == stored.version:
        return
    if not state["problems"] and state["draft"] in (state["loaded"], stored.settings):
        load(stored, form.name)
        return
    say = form.say
    st.html(
        notice(
            say("page.settings.meanwhile", {"who": stored.changed_by}),
            [say("page.settings.meanwhile.hint")],
            "attention",
        )
    )
    st.button(say("page.settings.load"), key=form.key("load"), on_click=load, args=(stored, form.name))


def _turned(name: str) -> None:
    """Let the other view begin with the draft; a text with faults is still there when one comes back."""
    state, view = _state(name), st.session_state[f"{name}-view"]
    st.query_params[f"{name}-view"] = view
    if view == "text":
        if not state.get("is_text_faulty"):
            state["text"] = settings_text(state["draft"])
    else:
        state["is_text_faulty"] = bool(state["problems"])
        _fill(name, state["draft"])


def _text(form: _Form) -> list[Message | Problem]:
    """Show the draft as the text of a settings file."""
    say, state, key = form.say, _state(form.name), form.key("toml")
    st.session_state.setdefault(key, state["text"])
    state["text"] = st.text_area(
        say("page.settings.text"),
        height=420,
        key=key,
        help=say("page.settings.text.help"),
        disabled=not form.is_editable,
    )
    try:
        state["draft"] = parse_settings(state["text"])
    except SettingsError as fault:
        return list(fault.messages)
    return []


def _fields(form: _Form) -> list[Message | Problem]:
    """Show the draft field by field."""
    say, state = form.say, _state(form.name)
    if form.key("assignment.objective") not in st.session_state:
        _fill(form.name, state["draft"])
    values: dict[str, Any] = {}
    for row in _ROWS:
        values |= _row(form, row)
    st.html(tag("h2", text(say("page.settings.quotas")), "minor"))
    quotas = quota_rows(say, form.name, form.groups, is_editable=form.is_editable)
    for section, rows in _MORE.items():
        with st.expander(say(f"page.settings.more.{section}")):
            for row in rows:
                values |= _row(form, row)
    content: dict[str, Any] = state["draft"].model_dump()
    for place, value in values.items():
        table, field = place.split(".")
        content[table][field] = None if value == ANY else value
    content["assignment"]["quotas"] = quotas
    try:
        state["draft"] = settings_of(content)
    except SettingsError as fault:
        return list(fault.messages)
    return []


def _row(form: _Form, places: tuple[str, ...]) -> dict[str, Any]:
    with st.container(horizontal=True, vertical_alignment="bottom", key=f"row-{form.name}-{places[0]}"):
        return {place: _field(form, place) for place in places}


def _field(form: _Form, place: str) -> Any:
    say = form.say
    common: dict[str, Any] = {
        "label": say(f"page.setting.{place}"),
        "key": form.key(place),
        "help": say(f"page.setting.{place}.help"),
        "disabled": not form.is_editable,
    }
    if place in _CHOICES:
        return st.selectbox(options=_CHOICES[place], format_func=lambda value: _word(say, place, value), **common)
    if place in _NUMBERS:
        return st.number_input(value=None, step=_NUMBERS[place], **common)
    if place in _SWITCHES:
        return st.checkbox(**common)
    if place in _DATES:
        return st.date_input(value=None, format="YYYY-MM-DD", **common)
    return st.text_input(**common)


def _word(say: Words, place: str, value: object) -> str:
    """Say a choice."""
    field = place.rpartition(".")[2]
    if field == "minimum_title":
        return say("page.settings.any_title" if value == ANY else f"value.{value}")
    return say(f"page.{field}.{value}")


def _fill(name: str, settings: Settings) -> None:
    """Put settings into the fields."""
    for place, value in _values(settings):
        st.session_state[f"{name}-{place}"] = value
    fill_quotas(name, settings.assignment.quotas)
    st.session_state.pop(f"{name}-toml", None)


def _values(settings: Settings) -> Iterator[tuple[str, Any]]:
    for place in (*_CHOICES, *_NUMBERS, *_SWITCHES, *_DATES, *_TEXTS):
        table, field = place.split(".")
        value = getattr(getattr(settings, table), field)
        yield place, ANY if value is None and place in _CHOICES else value
