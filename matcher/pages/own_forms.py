"""A party's own forms: each as a card with its state and what came back; one of them open, to be filled in."""

from functools import partial
from typing import Any

import streamlit as st

from matcher.domain.messages import Message
from matcher.domain.roles import Principal
from matcher.domain.rounds import FORM_MOVES, WITHDRAWABLE
from matcher.files.columns import table
from matcher.pages.acting import attempt
from matcher.pages.frame import heading
from matcher.pages.markup import about, chip, fact, notice, tag, text
from matcher.pages.own_consents import contact_and_consents
from matcher.pages.own_desk import Desk
from matcher.pages.own_form import NEW, fill_in, leave
from matcher.pages.party_head import party_head, side_of
from matcher.pages.record_fields import facts, field_name, reading
from matcher.pages.words import Words
from matcher.services import drafts, filling, forms
from matcher.store import Store

_SHOWN = {
    "firms": ("need_detail", "cooperation", "role_wanted", "capacity", "days_per_year", "mode"),
    "experts": (
        *("institution", "title", "research_fields", "expertise", "achievements"),
        *("capacity", "days_per_year", "mode", "roles"),
    ),
}


def own_forms(say: Words, store: Store, who: Principal, name: str) -> None:
    """Show the page of one side: a firm has many needs, an expert one profile."""
    heading(say, say(f"page.title.{name}"), say(f"page.{name}.subtitle"))
    with st.container(key="party"):
        round_, side = party_head(say, store, who), side_of(who)
        if round_ is None or side is None:
            return
        own_id = str(who.party)
        kept = drafts.drafts_of(store, who, side, own_id, round_id=round_.id)
        desk = Desk(say, store, who, round_, side, kept)
        found = {form.own_id: form for form in forms.own_forms(store, who, round_.id, side, own_id)}
        asked = st.query_params.get("form", "" if found else NEW)
        form = found.get(asked)
        if desk.may("write_form") and (form or asked == NEW) and not (side == "expert" and found and not form):
            fill_in(desk, form, is_first=not found)
            return
        for one in found.values():
            _card(desk, one, has_several=len(found) > 1)
        if desk.may("write_form"):
            if side == "firm":
                _offer_another(desk)
        else:
            state = say(f"value.round.{round_.state}")
            st.html(tag("p", text(say(f"page.mine.closed.{side}", {"state": state})), "quiet"))
        contact_and_consents(desk, [*found.values()])


def _offer_another(desk: Desk) -> None:
    """Lead to a further need: one that was begun before goes on."""
    begun = "" in desk.drafts
    label = desk.say("page.mine.go_on_new" if begun else "page.mine.new")
    st.button(label, icon=":material/add:", on_click=leave, args=(NEW,), key="new-form")


def _card(desk: Desk, form: Any, *, has_several: bool) -> None:
    say = desk.say
    is_need = desk.side == "firm"
    with st.container(border=True, key=f"card-form-{form.own_id}"):
        title = form.record.need_title if is_need else form.record.name
        state = chip(say(f"value.form.{form.state}"), _kind_of(form.state))
        if desk.may("write_form") and form.own_id in desk.drafts:
            state += chip(say("page.mine.unsaved"), "attention")
        st.html(tag("h2", text(title), "own-title") + tag("p", state, "quiet"))
        if form.state == "returned" and form.returned_because:
            st.html(notice(say("page.mine.returned"), form.returned_because.splitlines(), "attention"))
        if desk.side == "expert":
            for line in _bar(desk, form):
                st.html(notice(say("page.mine.barred"), [line, say("page.mine.barred.hint")], "attention"))
        names = [name for name in _SHOWN[desk.table] if getattr(form.record, name) not in (None, "", ())]
        said = "" if is_need else _institution_says(say, form)
        st.html(facts(say, desk.table, form.record, names, said))
        _actions(desk, form, title if has_several else "")


def _bar(desk: Desk, form: Any) -> list[str]:
    """Say why an expert may not be sent, if so."""
    found = filling.advise(*desk.whose, round_id=desk.round_.id, form=form.own_id, typed={})
    return [desk.say.say(found.bar)] if found.bar else []


def _actions(desk: Desk, form: Any, title: str) -> None:
    """Offer what the states of round and form allow, what is next the most visibly; ``title`` tells one from others."""
    say = desk.say
    if not desk.may("write_form"):
        return
    is_begun = form.own_id in desk.drafts
    can_submit = desk.may("submit_form") and "submit_form" in FORM_MOVES[form.state] and not is_begun
    with st.container(horizontal=True, key=f"do-{form.own_id}"):
        if can_submit and form.state == "draft":
            st.button(
                about(say("page.mine.submit"), title),
                type="primary",
                icon=":material/send:",
                on_click=attempt,
                args=(partial(forms.submit_form, desk.store, desk.who, form), Message("page.mine.submitted")),
                key=f"submit-{form.own_id}",
            )
        st.button(
            about(
                say("page.mine.go_on" if is_begun or form.state in ("draft", "returned") else "page.mine.edit"), title
            ),
            type="primary" if is_begun or form.state == "returned" else "secondary",
            icon=":material/edit:",
            on_click=leave,
            args=(form.own_id,),
            key=f"edit-{form.own_id}",
        )
        if desk.may("withdraw_form") and form.state in WITHDRAWABLE:
            _offer_withdrawal(desk, form, title)


def _offer_withdrawal(desk: Desk, form: Any, title: str) -> None:
    """Ask once, with what is lost, whether a form is to be taken away."""
    say = desk.say
    called = form.record.need_title if desk.side == "firm" else form.record.name
    of_form = {"round_id": desk.round_.id, "form_id": form.own_id, "version": form.version}
    label = about(say(f"page.mine.withdraw.{desk.side}"), title)
    with st.popover(label, icon=":material/delete:", key=f"withdraw-{form.own_id}"):
        st.html(tag("p", text(say(f"page.mine.withdraw.note.{desk.side}", {"name": called}))))
        st.button(
            about(say("page.mine.withdraw.do"), title),
            on_click=attempt,
            args=(
                partial(filling.withdraw_form, *desk.whose, **of_form),
                Message("page.mine.withdraw.done", {"name": called}),
            ),
            key=f"withdraw-do-{form.own_id}",
        )


def _institution_says(say: Words, form: Any) -> str:
    """Write what the sending institution said, which its expert reads and does not write."""
    column = table("experts").columns["consent"]
    said = reading(say, column, form.record.consent) or say("page.mine.consent.none")
    document = " · ".join(filter(None, (form.consent_on, form.consent_document)))
    shown = text(said) + (" " + tag("small", text(document)) if document else "")
    return fact(field_name(say, column), shown)


def _kind_of(state: str) -> str:
    return {"accepted": "accent", "submitted": "accent", "returned": "attention"}.get(state, "")
