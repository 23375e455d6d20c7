"""Both sides find whom they wish: one's own list, then those suggested and all others, searched, compared, ranked."""

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from matcher.domain.roles import Principal
from matcher.domain.rounds import STATES
from matcher.domain.settings import Side
from matcher.files.columns import table as columns_of
from matcher.pages.chosen import choose, chosen_round
from matcher.pages.finding_cards import card, comparison
from matcher.pages.finding_list import Look, called, own_list, rest_of_refusals
from matcher.pages.frame import heading, link_to
from matcher.pages.grid import search_field
from matcher.pages.markup import notice, tag, text
from matcher.pages.party_head import PLACES, party_head
from matcher.pages.record_fields import field_name
from matcher.pages.words import Words
from matcher.services import finding, forms
from matcher.services.drafts import drafts_of
from matcher.services.finding import Counterpart
from matcher.services.searching import holding
from matcher.store import Store

AT_ONCE = 6
"""Cards that are shown, and shown more each time: on a telephone each takes half of what is seen at once."""

_FILTERS: Mapping[Side, tuple[str, ...]] = {"firm": ("discipline", "institution"), "expert": ("industry", "township")}
_SEARCHED: Mapping[Side, tuple[str, ...]] = {
    "firm": (
        *("name", "institution", "city", "title", "degree", "discipline"),
        *("research_fields", "expertise", "achievements", "roles"),
    ),
    "expert": ("name", "township", "zone", "industry", "products", "need_title", "need_detail", "role_wanted"),
}
"""Fields of the other side that can be narrowed by, and that the search looks into."""


def show(side: Side, say: Words, store: Store, who: Principal) -> None:
    """Show the page of one side."""
    if who.role != side:
        return
    round_ = chosen_round(say, store, who)
    heading(say, say(f"page.title.{PLACES[side]['find']}"))
    party_head(say, store, who)
    if round_ is None:
        st.html(notice(say("page.find.no_round"), [say("page.find.no_round.hint")]))
        return
    own = forms.own_forms(store, who, round_.id, side, str(who.party))
    accepted = [form for form in own if form.state == "accepted"]
    if not accepted:
        _not_yet(say, side, own)
        return
    form = _chosen_form(say, side, accepted)
    kept = drafts_of(store, who, side, str(who.party), round_id=round_.id)
    with st.spinner(say("page.find.working")):  # the first look of anybody at a round ranks it, for seconds
        choice = finding.choice(store, who, round_.id, side, form.own_id)
    look = Look(say, store, who, round_, side, form.record, choice, kept)
    with st.container(key="find"):
        _choosing(look) if look.may_state else _closed(look)
    look.note_seen(choice.stated.version if choice.stated else None)
    rest_of_refusals(say)


def _not_yet(say: Words, side: Side, own: Sequence[Any]) -> None:
    """Say that one's own form comes first, and lead there."""
    state = next((state for state in ("submitted", "returned", "draft") if any(f.state == state for f in own)), "none")
    st.html(notice(say(f"page.find.not_yet.{side}"), [say(f"page.find.not_yet.{state}")], "attention"))
    link_to(say, PLACES[side]["form"], say(f"page.find.to_own.{side}"), icon="arrow_forward")


def _chosen_form(say: Words, side: Side, accepted: Sequence[Any]) -> Any:
    """Let a firm say for which of its needs it looks; an expert has one form."""
    if side == "expert" or len(accepted) == 1:
        return accepted[0]
    return choose(
        say("page.find.need"),
        accepted,
        "need",
        key_of=lambda form: form.own_id,
        format_func=lambda form: form.record.need_title,
        is_label_shown=True,
    )


def _closed(look: Look) -> None:
    """Show what was stated, and say when one may state it."""
    say, round_ = look.say, look.round_
    when = "before" if STATES.index(round_.state) < STATES.index("choosing") else "after"
    st.html(notice(say(f"page.find.closed.{when}"), [say(f"page.find.closed.{when}.hint")]))
    if look.tiers or look.vetoes:
        with st.container(border=True, key="card-own-list"):
            own_list(look)


def _choosing(look: Look) -> None:
    say, choice = look.say, look.choice
    if choice.bar is not None:
        st.html(notice(say("page.find.barred"), [say.say(choice.bar)], "attention"))
    left, right = st.columns([1, 1.7], gap="small")
    with left, st.container(border=True, key="card-own-list"):
        own_list(look)
    with right:
        found = _narrowed(look)
        _compared(look)
        _found(look, found)


def _narrowed(look: Look) -> list[Counterpart]:
    """Ask for words and for fields, and keep whom they fit."""
    say, side, everybody = look.say, look.side, look.choice.counterparts
    words = search_field(say(f"page.find.search.{side}"), "search", say(f"page.find.search.{side}"))
    columns = columns_of(look.others).columns
    wanted: dict[str, list[str]] = {}
    is_narrowed = any(name in st.query_params for name in (*_FILTERS[side], "mode"))
    with st.expander(say("page.find.filters"), icon=":material/tune:", expanded=is_narrowed):
        for name in _FILTERS[side]:
            values = sorted({value for one in everybody if (value := getattr(one.record, name))})
            label = field_name(say, columns[name])
            wanted[name] = st.multiselect(
                label, values, placeholder=say("page.find.any"), key=name, bind="query-params"
            )
        mode = choose(
            field_name(say, columns["mode"]),
            ("any", "onsite", "online"),
            "mode",
            key_of=str,
            format_func=lambda mode: say(f"page.find.mode.{mode}"),
            is_label_shown=True,
        )
    fitting = [
        one
        for one in everybody
        if all(not values or getattr(one.record, name) in values for name, values in wanted.items())
        and (mode == "any" or one.record.mode in (mode, "either"))
    ]
    fields = _SEARCHED[side]
    return holding(words or "", fitting, lambda one: " ".join(str(getattr(one.record, name)) for name in fields))


def _compared(look: Look) -> None:
    """Put up to three side by side."""
    chosen = [look.of_id[name] for name in look.compared]
    if len(chosen) == 1:
        st.html(tag("p", text(look.say("page.find.compare.one", {"name": called(look, chosen[0].id)})), "quiet"))
    if len(chosen) > 1:
        with st.container(border=True, key="card-compare"):
            comparison(look, chosen, _said(look, chosen))


def _found(look: Look, found: Sequence[Counterpart]) -> None:
    """Show cards, those suggested first, a few at a time."""
    say, side = look.say, look.side
    if not found:
        code = "page.find.nothing" if look.choice.counterparts else "page.find.nobody"
        st.html(notice(say(code), [say(f"{code}.hint")]))
        return
    shown = _count(len(found))
    said = _said(look, found[:shown])
    suggested = [one for one in found if one.is_suggested]
    others = [one for one in found if not one.is_suggested]
    for part, ones in (("suggested", suggested), ("others", others)):
        visible = [one for one in ones if one.id in said]
        if not visible:
            continue
        st.header(say(f"page.find.{part}.{side}"), anchor=False)
        if part == "suggested":
            sentence = say(f"page.find.rests.{side}") + (say("page.find.rests.spread") if look.choice.is_spread else "")
            st.html(tag("p", text(sentence), "quiet"))
        else:
            st.html(tag("p", text(say("page.find.count", {"count": len(ones)})), "quiet"))
        for one in visible:
            card(look, one, said[one.id])
    if shown < len(found):
        label = say("page.find.more", {"count": min(AT_ONCE, len(found) - shown)})
        st.button(label, icon=":material/expand_more:", on_click=_show, args=(shown + AT_ONCE,), key="more")


def _said(look: Look, ones: Sequence[Counterpart]) -> dict[str, finding.Said]:
    ids = [one.id for one in ones]
    return finding.said_of(*look.whose, other_ids=ids)


def _count(at_most: int) -> int:
    """How many cards the address asks for."""
    asked = st.query_params.get("show", "")
    return min(max(AT_ONCE, int(asked) if asked.isdecimal() and len(asked) < 6 else 0), at_most)


def _show(count: int) -> None:
    st.query_params["show"] = str(count)
