"""One form beside the roll: what it says, what may be done with it, whom it can't meet, whom it wishes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any

import streamlit as st

from matcher.domain.messages import Message
from matcher.domain.moments import china_day
from matcher.domain.records import Expert
from matcher.domain.rounds import FORM_MOVES
from matcher.files.columns import table as columns_of
from matcher.pages.acting import attempt, once
from matcher.pages.chosen import pick
from matcher.pages.form_editing import edit
from matcher.pages.grid import table
from matcher.pages.markup import chip, fact, literal, notice, tag, text
from matcher.pages.record_fields import ELSEWHERE, facts, reading
from matcher.pages.round_look import RoundLook
from matcher.pages.words import Words, reason
from matcher.services import forms, preferences
from matcher.services.reviewing import Likeness, Roll, bars_against

TABS = ("facts", "edit", "bars", "wishes")
BARRED_SHOWN = 40


@dataclass(frozen=True)
class Look(RoundLook):
    """
    Who looks at which roll.

    Parameters
    ----------
    roll : Roll
    alike : mapping of str to tuple of Likeness
        By id.
    """

    roll: Roll
    alike: Mapping[str, tuple[Likeness, ...]]


def title_of(look: Look, record: Any) -> str:
    """Call a form as people do: the expert, or the firm with its need."""
    return record.name if look.side == "expert" else f"{record.name} · {record.need_title}"


def panel(look: Look, form: Any) -> None:
    """Show a form."""
    say = look.say
    st.header(literal(title_of(look, form.record)), anchor="form")
    values = {"by": form.changed_by, "at": form.changed_at[:10]}
    state = chip(say(f"value.form.{form.state}"), _kind_of(form.state))
    about = state + " " + text(f"{form.own_id} · {say('page.desk.changed', values)}")
    st.html(tag("p", about, "quiet"))
    tab = pick(say("page.desk.tab"), TABS, "tab", format_func=lambda name: say(f"page.desk.tab.{name}"))
    if tab == "facts":
        _troubles(look, form)
        _actions(look, form)
        st.html(_facts(look, form))
    elif tab == "edit":
        if look.may("write_form"):
            edit(say, look.store, look.who, look.table, form)
        else:
            _not_now(look)
    elif tab == "bars":
        _bars(look, form)
    else:
        _wishes(look, form)


def _troubles(look: Look, form: Any) -> None:
    """Say what the office should know before it takes a form."""
    say = look.say
    if form.state == "returned" and form.returned_because:
        st.html(notice(say("page.desk.returned"), [form.returned_because], "attention"))
    if bar := look.roll.ineligible.get(form.own_id):
        st.html(notice(say("page.desk.ineligible"), [say(bar.code)], "attention"))
    if to_add := look.roll.advice.get(form.own_id):
        score = say("page.desk.vague", {"score": look.roll.scores[form.own_id]})
        st.html(notice(score, map(say.say, to_add), "attention"))
    if likes := look.alike.get(form.own_id):
        lines = (
            say(
                f"page.desk.like.{look.side}{'.same' if like.has_one_owner else ''}",
                {"name": like.name, "id": like.own_id, "similarity": like.similarity},
            )
            for like in likes
        )
        st.html(notice(say("page.desk.alike"), lines, "attention"))


def _actions(look: Look, form: Any) -> None:
    """Offer what the states of round and form allow."""
    say, moves = look.say, FORM_MOVES[form.state]
    can_accept, can_return = (look.may("review_form") and step in moves for step in ("accept", "return"))
    can_submit = look.may("submit_form") and "submit_form" in moves
    can_consent = look.side == "expert" and look.may("record_consent")
    if not (can_accept or can_return or can_submit or can_consent):
        _not_now(look)
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="actions"):
        if can_accept:
            _button(look, form, "accept", "check", is_primary=True)
        if can_submit:
            _button(look, form, "submit_form", "send", is_primary=not can_accept)
        if can_return:
            with st.popover(say("page.desk.return"), icon=":material/undo:", key="return"):
                _return(look, form)
        if can_consent:
            with st.popover(say("page.desk.consent"), icon=":material/approval:", key="consent"):
                _consent(look, form)


def _button(look: Look, form: Any, step: str, icon: str, *, is_primary: bool) -> None:
    call: Callable[..., Any] = forms.accept_form if step == "accept" else forms.submit_form
    done = Message(f"page.desk.done.{step}", {"name": title_of(look, form.record)})
    st.button(
        look.say(f"page.desk.{step}"),
        type="primary" if is_primary else "secondary",
        icon=f":material/{icon}:",
        on_click=attempt,
        args=(partial(call, look.store, look.who, form), done),
        key=step,
    )


def _return(look: Look, form: Any) -> None:
    """Ask why a form is sent back; of a vague need, what it lacks is written there already."""
    say, key = look.say, f"return-{form.round_id}-{form.own_id}"

    @once
    def returned() -> None:
        call = partial(forms.return_form, look.store, look.who, form, st.session_state[key])
        attempt(call, Message("page.desk.done.return", {"name": title_of(look, form.record)}))

    with st.form("return-form", border=False):
        lacks = "\n".join(map(say.say, look.roll.advice.get(form.own_id, ())))
        st.text_area(say("page.desk.return.why"), value=lacks, height=140, key=key)
        st.form_submit_button(say("page.desk.return.do"), type="primary", on_click=returned)


def _consent(look: Look, form: Any) -> None:
    """Ask what the sending institution said, when, and in which document."""
    say, key = look.say, f"consent-{form.round_id}-{form.own_id}"

    @once
    def recorded() -> None:
        said, on, document = (st.session_state[f"{key}-{part}"] for part in ("said", "on", "document"))
        call = partial(forms.record_consent, look.store, look.who, form, said, on=on, document=document)
        attempt(call, Message("page.desk.done.consent", {"name": form.record.name}))

    today = china_day(look.store.now())
    with st.form("consent-form", border=False):
        st.radio(
            say("page.desk.institution_says"),
            [True, False],
            format_func=lambda said: say(f"value.consent.{'yes' if said else 'no'}"),
            index=int(form.record.consent is False),
            horizontal=True,
            key=f"{key}-said",
        )
        on = date.fromisoformat(form.consent_on) if form.consent_on else today
        st.date_input(say("page.desk.consent.on"), value=on, format="YYYY-MM-DD", required=True, key=f"{key}-on")
        st.text_input(say("page.desk.consent.document"), value=form.consent_document or "", key=f"{key}-document")
        st.form_submit_button(say("page.desk.consent.do"), type="primary", on_click=recorded)


def _facts(look: Look, form: Any) -> str:
    """Write everything that a form says; of the institution's word, its document too."""
    say = look.say
    names = [name for name in columns_of(look.table).columns if name not in ELSEWHERE]
    if look.side == "firm":
        besides = fact(say("page.desk.score"), text(f"{look.roll.scores[form.own_id]:.2f}"))
    else:
        said = reading(say, columns_of("experts").columns["consent"], form.record.consent)
        document = " · ".join(filter(None, (form.consent_on, form.consent_document)))
        shown = text(said or "–") + (" " + tag("small", text(document)) if document else "")
        besides = fact(say("page.desk.institution_says"), shown)
    return facts(say, look.table, form.record, names, besides)


def _bars(look: Look, form: Any) -> None:
    """Say whom it can't meet, whatever anybody wishes."""
    say = look.say
    if bar := look.roll.ineligible.get(form.own_id):
        st.html(notice(say("page.desk.ineligible"), [say(bar.code)], "attention"))
    found = bars_against(look.store, look.who, look.round_.id, look.side, form.own_id)
    for need, name, institution in found.near:
        values = {"firm": need.name, "name": name, "institution": institution}
        st.html(notice(say("page.desk.near"), [say("page.desk.near.line", values)], "attention"))
    values, some = {"open": found.open, "count": len(found.others)}, "some" if found.others else "none"
    st.html(tag("p", text(say(f"page.desk.bars.{some}.{look.side}", values)), "quiet"))
    if found.others:
        columns = {name: say(f"page.desk.bars.column.{name}") for name in ("name", "about", "reason")}
        rows = [
            {
                "name": other.name,
                "about": other.institution if isinstance(other, Expert) else other.need_title,
                "reason": say(bar.code),
            }
            for other, bar in found.others[:BARRED_SHOWN]
        ]
        st.html(table(columns, rows, "barred"))
    if len(found.others) > BARRED_SHOWN:
        st.html(tag("p", text(say("page.desk.bars.more", {"count": len(found.others) - BARRED_SHOWN})), "quiet"))


def _wishes(look: Look, form: Any) -> None:
    """Say whether it wishes anybody; whom, only while the round is matching, and on record."""
    say, about = look.say, (look.round_.id, look.side, form.own_id)
    has = "stated" if form.own_id in look.roll.stated else "silent"
    st.html(tag("p", text(say(f"page.desk.wishes.{has}")), "quiet"))
    if has == "silent":
        return
    if not look.may("look_into_preferences"):
        st.html(tag("p", text(say("page.desk.wishes.later")), "quiet"))
        return

    def looked() -> None:
        found = attempt(partial(preferences.preferences_of, look.store, look.who, *about))
        st.session_state["looked"] = (about, found)

    seen, found = st.session_state.get("looked", (None, None))
    if seen != about or found is None:
        st.button(say("page.desk.wishes.look"), icon=":material/visibility:", on_click=looked, key="look")
        return
    names = _names(look)
    tiers = [
        tag("li", tag("b", text(say("page.desk.wishes.tier", {"tier": place}))) + " " + text(_listed(say, tier, names)))
        for place, tier in enumerate(found.tiers, start=1)
    ]
    vetoes = [
        tag("li", text(names.get(name, name)) + " " + tag("small", text(reason(say, why))))
        for name, why in found.vetoes
    ]
    for title, items in (("tiers", tiers), ("vetoes", vetoes)):
        if items:
            st.html(tag("h3", text(say(f"page.desk.wishes.{title}"))) + tag("ul", "".join(items), "held"))


def _listed(say: Words, tier: tuple[str, ...], names: Mapping[str, str]) -> str:
    return say("page.list.join").join(names.get(name, name) for name in tier)


def _names(look: Look) -> dict[str, str]:
    """Call those of the other side as people do, by the ids that wishes name them by."""
    applications, needs = forms.forms(look.store, look.who, look.round_.id)
    if look.side == "firm":
        return {form.own_id: f"{form.record.name} · {form.record.institution}" for form in applications}
    of_firms = {form.record.firm_id: form.record.name for form in needs}
    return of_firms | {
        form.own_id: f"{form.record.name} · {form.record.need_title}"
        for form in needs
        if form.own_id != form.record.firm_id
    }


def _not_now(look: Look) -> None:
    state = look.say(f"value.round.{look.round_.state}")
    st.html(tag("p", text(look.say("page.desk.not_now", {"state": state})), "quiet"))


def _kind_of(state: str) -> str:
    return {"accepted": "accent", "submitted": "attention", "returned": "attention"}.get(state, "")
