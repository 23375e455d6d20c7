"""One's own form, being filled in: each change is kept at once, and what is missing is said beside it."""

from collections.abc import Mapping
from functools import partial
from typing import Any

import streamlit as st

from matcher.domain.errors import MatcherError
from matcher.domain.messages import Message
from matcher.domain.settings import Side
from matcher.files.columns import Column, table
from matcher.pages.acting import attempt, once, shortened, tell
from matcher.pages.markup import literal, notice, tag, text
from matcher.pages.own_desk import Desk
from matcher.pages.own_names import offer_names
from matcher.pages.record_fields import as_typed, ask, blank, field_name, reading, typed
from matcher.pages.words import Words
from matcher.services import drafts, filling, naming
from matcher.services.filling import Filled

NEW = "new"
"""What the address says in the place of an id: of a form that has none yet. No id of a firm's need is so."""

FIELDS: Mapping[Side, Mapping[str, tuple[str, ...]]] = {
    "firm": {
        "need": ("need_title", "need_detail"),
        "terms": ("cooperation", "role_wanted", "capacity", "days_per_year", "mode", "accepts_others"),
        "firm": (
            *("name", "township", "industry", "products", "contact", "credit_code", "zone"),
            *("above_scale", "high_tech", "related_institutions"),
        ),
    },
    "expert": {
        "work": ("name", "institution", "research_fields", "expertise", "achievements"),
        "offer": ("capacity", "days_per_year", "mode", "accepts_others", "roles"),
        "person": (
            *("title", "degree", "discipline", "city", "birth_year", "in_post", "other_list"),
            *("team_members", "contact"),
        ),
    },
}
"""What is asked for, in the order in which people think of it; ids are given, wishes are stated elsewhere."""

_ADVISED = ("need", "person")
"""Sections under which stands what is to be said of the form as it is."""

_OFFERED = "offer"
"""The section that is open whatever is known: how many firms and days an expert offers, which changes every year."""


def fill_in(desk: Desk, form: Any, *, is_first: bool) -> None:
    """
    Ask for everything in a form.

    Parameters
    ----------
    desk : Desk
    form : NeedForm, Application or None
        None: it is new.
    is_first : bool
        There is no other to go back to.
    """
    say, side = desk.say, desk.side
    key = f"mine-{desk.round_.id}-{form.own_id if form else NEW}"
    _begin(desk, form, key)
    if not is_first:
        st.button(say("page.mine.back"), icon=":material/arrow_back:", on_click=leave, key="back")
    if form is not None:
        _about(desk, form, key)
    has_begun = form is not None or _id(form) in desk.drafts
    known = naming.known_names(*desk.whose, round_id=desk.round_.id) if side == "firm" else {}
    for section, names in FIELDS[side].items():
        label, is_open = say(f"page.mine.section.{section}"), st.session_state[f"open {key} {section}"]
        with st.expander(literal(label), expanded=is_open, key=f"section-{section}"):
            for name in names:
                _field(desk, form, key, name, is_asked=has_begun)
                if name in known:
                    keep = partial(_keep, desk, form, key)
                    offer_names(say, table(desk.table).columns[name], f"{key} {name}", known[name], keep)
            if section in _ADVISED:
                _advise(desk, form, typed(desk.table, key, _names(side)))
    _finish(desk, form, key)


def leave(form: str = "") -> None:
    """Go to a form by its id, or back to all of them; what was typed is kept."""
    if form:
        st.query_params["form"] = form
    else:
        st.query_params.pop("form", None)


def _names(side: Side) -> list[str]:
    return [name for names in FIELDS[side].values() for name in names]


def _id(form: Any) -> str:
    return form.own_id if form else ""


def _is_drawn(key: str, side: Side) -> bool:
    return all(f"{key} {name}" in st.session_state for name in _names(side))


def _begin(desk: Desk, form: Any, key: str) -> None:
    """Put into the fields what was typed last, else what is stored, else what is known of before."""
    if _is_drawn(key, desk.side):
        return
    draft = desk.drafts.get(_id(form))
    columns = table(desk.table).columns
    known: Mapping[str, object] = {}
    if form is None:
        known = filling.known_before(*desk.whose, round_id=desk.round_.id)
    for name in _names(desk.side):
        column = columns[name]
        stored = getattr(form.record, name) if form else known.get(name, blank(column))
        value = draft.typed[name] if draft and name in draft.typed else as_typed(column, stored)
        st.session_state[f"{key} {name}"] = value
    _agree(desk, key)
    st.session_state[f"begun {key}"] = draft.form_version if draft else (form.version if form else None)
    for place, (section, names) in enumerate(FIELDS[desk.side].items()):
        is_asked = any(_is_missing(desk, key, name) for name in names) or (desk.side == "expert" and not form)
        st.session_state[f"open {key} {section}"] = place == 0 or is_asked or section == _OFFERED


def _agree(desk: Desk, key: str, elsewhere: Mapping[str, Any] | None = None) -> bool:
    """Note what this window takes the fields to be, after those that another has changed; tell whether any was."""
    for name, value in (elsewhere or {}).items():
        if f"{key} {name}" in st.session_state:
            st.session_state[f"{key} {name}"] = value
    now = typed(desk.table, key, _names(desk.side))
    is_news = elsewhere is not None and now != st.session_state[f"{key} agreed"]
    st.session_state[f"{key} agreed"] = now
    return is_news


def _about(desk: Desk, form: Any, key: str) -> None:
    """Say why the form came back, what saving it does, and whether somebody changed it meanwhile."""
    say = desk.say
    if form.state == "returned" and form.returned_because:
        st.html(notice(say("page.mine.returned"), form.returned_because.splitlines(), "attention"))
    if form.state in ("submitted", "accepted"):
        st.html(notice(say(f"page.mine.note.{form.state}"), [], "attention"))
    if st.session_state[f"begun {key}"] != form.version:
        _changed_meanwhile(desk, form, key)


def _changed_meanwhile(desk: Desk, form: Any, key: str) -> None:
    """Show where what is stored by now differs from what stands in the fields, and ask which is to stand."""
    say, columns = desk.say, table(desk.table).columns
    now = {name: getattr(form.record, name) for name in _names(desk.side)}
    lines = [
        say("page.mine.stored", {"field": field_name(say, columns[name]), "value": reading(say, columns[name], value)})
        for name, value in now.items()
        if as_typed(columns[name], value) != st.session_state[f"{key} {name}"]
    ]
    st.html(notice(say("page.mine.meanwhile"), [*lines, say("page.mine.meanwhile.hint")], "attention"))

    def mine() -> None:
        st.session_state[f"begun {key}"] = form.version
        _keep(desk, form, key)

    with st.container(horizontal=True, key="meanwhile"):
        st.button(say("page.edit.mine"), on_click=mine, key="mine")
        st.button(say("page.edit.theirs"), on_click=once(_drop), args=(desk, form, key), key="theirs")


def _field(desk: Desk, form: Any, key: str, name: str, *, is_asked: bool) -> None:
    """Ask for one field, with an example under it; one that may not be empty says so once there is anything at all."""
    say, column = desk.say, table(desk.table).columns[name]
    ask(say, column, None, key, on_change=_keep, args=(desk, form, key))
    is_missing = is_asked and _is_missing(desk, key, name)
    wrong = say("page.mine.missing") if is_missing else _out_of_range(say, column, st.session_state[f"{key} {name}"])
    missing = tag("b", text(wrong), "missing") + " " if wrong else ""
    st.html(tag("p", missing + text(say(f"page.hint.{column.code}")), "hint"))


def _out_of_range(say: Words, column: Column, value: Any) -> str:
    """Say what a number is to be, where it is not."""
    if column.kind != "whole" or value is None or column.least is None or column.most is None:
        return ""
    bounds = {"least": int(column.least), "most": int(column.most)}
    return "" if bounds["least"] <= value <= bounds["most"] else say("page.mine.range", bounds)


def _is_missing(desk: Desk, key: str, name: str) -> bool:
    """Tell whether a field is empty that must be filled in."""
    return table(desk.table).columns[name].required and not str(st.session_state[f"{key} {name}"] or "").strip()


def _advise(desk: Desk, form: Any, values: Mapping[str, Any]) -> None:
    """Say what the form lacks as it stands in its fields."""
    advice = filling.advise(*desk.whose, round_id=desk.round_.id, form=_id(form), typed=values)
    say = desk.say
    if desk.side == "firm" and str(values["need_title"] or "").strip():
        spoken, lacking = (
            say("page.list.join").join(
                say(f"page.aspect.{name}") for name, found in advice.found.items() if found == so
            )
            for so in (True, False)
        )
        if spoken:
            st.html(tag("p", text(say("page.advice.has", {"names": spoken})), "quiet"))
        if advice.to_add:
            st.html(notice(say("page.advice.vague"), map(say.say, advice.to_add), "attention"))
        else:
            more = [say("page.advice.lacks", {"names": lacking})] if lacking else []
            st.html(notice(say("page.advice.clear"), more))
    lines = [say("page.advice.alike.own", {"title": title}) for title in advice.alike]
    if lines:
        st.html(notice(say("page.advice.alike"), lines, "attention"))
    if advice.bar:
        st.html(notice(say("page.mine.barred"), [say.say(advice.bar), say("page.mine.barred.hint")], "attention"))


def _finish(desk: Desk, form: Any, key: str) -> None:
    """Offer to hand in, to save for later, and to throw away what is not saved."""
    say, is_kept = desk.say, _id(form) in desk.drafts
    if is_kept:
        st.html(tag("p", text(say("page.mine.kept")), "quiet"))
    if refused := st.session_state.pop(f"refused {key}", ()):
        st.html(notice(say("page.refused"), shortened(say, refused), "attention"))
    # One press for all three: what two of them ask for at once, the first has.
    pressed = once(lambda press, **options: press(desk, form, key, **options))
    with st.container(horizontal=True, key="finish"):
        for code, submits in (("save_submit", True), ("save", False)):
            st.button(
                say(f"page.mine.{code}"),
                type="primary" if submits else "secondary",
                on_click=pressed,
                args=(_save,),
                kwargs={"submits": submits},
                key=code,
            )
        if is_kept:
            st.button(say("page.mine.drop"), on_click=pressed, args=(_drop,), key="drop")


def _save(desk: Desk, form: Any, key: str, *, submits: bool) -> None:
    draft = drafts.drafts_of(*desk.whose, round_id=desk.round_.id).get(_id(form))
    if draft is not None and draft.typed != st.session_state[f"{key} agreed"] and _agree(desk, key, draft.typed):
        st.session_state[f"refused {key}"] = (Message("page.mine.elsewhere"),)
        return

    def save() -> Any:
        typed_now = typed(desk.table, key, _names(desk.side))
        filled = Filled(desk.round_.id, typed_now, _id(form), st.session_state[f"begun {key}"])
        return filling.save(*desk.whose, filled, submits=submits)

    try:
        saved = save()
    except MatcherError as fault:  # told beside the button: the head of the page is out of sight on a telephone
        st.session_state[f"refused {key}"] = tuple(fault.messages)
        return
    tell(Message(f"page.mine.done.{saved.state}"))
    _forget(key)
    leave()


def _keep(desk: Desk, form: Any, key: str) -> None:
    """Keep what stands in the fields, unless the same click has sent it."""
    if not _is_drawn(key, desk.side):
        return

    def keep() -> object:
        return drafts.keep_draft(
            *desk.whose,
            round_id=desk.round_.id,
            form=_id(form),
            typed=typed(desk.table, key, _names(desk.side)),
            was=st.session_state[f"{key} agreed"],
            form_version=st.session_state[f"begun {key}"],
        )

    kept = attempt(keep)
    if kept:
        _agree(desk, key, kept.typed)


def _drop(desk: Desk, form: Any, key: str) -> None:
    def drop() -> bool:
        of_form = {"round_id": desk.round_.id, "form": _id(form)}
        drafts.drop_draft(*desk.whose, **of_form)
        return True

    if attempt(drop, Message("page.mine.dropped")):
        _forget(key)


def _forget(key: str) -> None:
    for name in [name for name in st.session_state if str(name).startswith(f"{key} ")]:
        del st.session_state[name]
