"""One who may be chosen, as a card: who it is, what speaks for it and what it lacks; and up to three side by side."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import streamlit as st

from matcher.domain.messages import Message
from matcher.domain.settings import Side
from matcher.domain.tiers import place_in
from matcher.files.columns import table as columns_of
from matcher.pages.finding_list import (
    COMPARED,
    COMPARISON,
    OWN_LIST,
    Look,
    add_or_remove,
    called,
    compare,
    lift,
    place_chip,
    refusal,
    veto,
)
from matcher.pages.markup import about, chip, fact, literal, marked, tag, text
from matcher.pages.record_fields import field_name, reading
from matcher.pages.words import reason
from matcher.services.finding import Counterpart, Said

_SHORT: Mapping[Side, tuple[str, ...]] = {
    "firm": ("degree", "discipline", "roles", "days_per_year"),
    "expert": ("zone", "role_wanted", "cooperation", "days_per_year"),
}
"""Facts of the other side, in a word or two."""


def card(look: Look, one: Counterpart, said: Said) -> None:
    """Show one who may be chosen, and what can be done about it, in place."""
    with st.container(border=True, key=f"card-one-{one.id}"):
        more = tag("summary", text(look.say("page.find.details"))) + _texts(look, said)[1] + _facts(look, one)
        parts = (_state(look, one), _who(look, one, said), _reasons(look, said), _texts(look, said)[0])
        st.html("".join(parts) + tag("details", more))
        refusal(look.say, f"card {one.id}")
        _actions(look, one)


def comparison(look: Look, chosen: Sequence[Counterpart], said: Mapping[str, Said]) -> None:
    """Show a few side by side, line by line."""
    say = look.say
    st.header(say("page.find.comparison"), anchor=COMPARISON)
    columns = [tag("div", "".join(_column(look, one, said[one.id])), "one") for one in chosen]
    st.html(tag("div", "".join(columns), "compared"))
    with st.container(horizontal=True, gap="small", key="compared"):
        for one in chosen:
            label = say("page.find.compare.drop", {"name": called(look, one.id)})
            compare(look, one.id, literal(label), "drop")


def _column(look: Look, one: Counterpart, said: Said) -> Iterator[str]:
    """Write one of those side by side in four parts, which stand in line with those of the others."""
    yield tag("div", _who(look, one, said))
    yield _facts(look, one, with_blanks=True)
    yield tag("div", _texts(look, said)[0])
    yield tag("div", _reasons(look, said))


def _actions(look: Look, one: Counterpart) -> None:
    """Offer what the state of one allows: to be added, vetoed, or had back; and to be compared."""
    say, named = look.say, _named(look, one)
    with st.container(horizontal=True, gap="small", key=f"do-{one.id}"):
        vetoed = next((name for name, _ in look.vetoes if name in one.ids), None)
        if vetoed is not None:
            lift(look, f"card {one.id}", vetoed)
        else:
            if named in (None, one.id):
                add_or_remove(look, one.id)
            if named is None:
                veto(look, one.id)
        is_beside = one.id in look.compared
        label = about(say("page.find.compare.not" if is_beside else "page.find.compare"), called(look, one.id))
        compare(look, one.id, label, "compare", is_full=not is_beside and len(look.compared) >= COMPARED)


def _named(look: Look, one: Counterpart) -> str | None:
    """Give the id by which one stands in the list: a need may stand there by its firm."""
    return next((name for name in one.ids if place_in(look.tiers, name)), None)


def _state(look: Look, one: Counterpart) -> str:
    """Say where one stands in one's own list."""
    named = _named(look, one)
    found = ""
    if named is not None and (place := place_in(look.tiers, named)):
        found += place_chip(look, place, look.tiers[place - 1])
        found += text(called(look, named)) if named != one.id else ""
        found += tag("a", text(look.say("page.find.to_list")), "to-list", href=f"#{OWN_LIST}", target="_self")
    why = next((why for name, why in look.vetoes if name in one.ids), None)
    if why is not None:
        found += chip(look.say("page.find.vetoed"), "attention") + text(reason(look.say, why))
    return tag("p", found, "quiet") if found else ""


def _who(look: Look, one: Counterpart, said: Said) -> str:
    """Name one, with what tells it apart."""
    record: Any = one.record
    if look.side == "firm":
        name, about = text(record.name), (record.title, record.institution, record.city)
    else:
        name, about = marked(dict(said.texts)["need_title"]), (record.name, record.industry, record.township)
    mode = chip(look.say(f"page.find.works.{record.mode}"))
    return tag("h3", name, "who") + tag("p", text(" · ".join(part for part in about if part)) + " " + mode, "quiet")


def _reasons(look: Look, said: Said) -> str:
    """Write what speaks for one in a column, and below it, apart, what is lacking."""
    lines = "".join(tag("li", text(look.say.say(message))) for message in said.reasons)
    spoken = tag("ul", lines, "reasons") if lines else tag("p", text(look.say("page.find.no_reason")), "quiet")
    return spoken + "".join(tag("p", text(_lacking(look, message)), "gap") for message in said.gaps)


def _lacking(look: Look, message: Message) -> str:
    """Say what is lacking, to whom it concerns; how far it is, as it is said to all."""
    is_missing = message.code == "reason.missing"
    return look.say(f"page.find.missing.{look.side}", message.values) if is_missing else look.say.say(message)


def _texts(look: Look, said: Said) -> tuple[str, str]:
    """Write what one says, with the words that both share marked: what comes first, and the rest."""
    columns = columns_of(look.others).columns
    written = [
        tag("h4", text(field_name(look.say, columns[name])), "field") + tag("p", marked(pieces), "text")
        for name, pieces in said.texts
        if name != "need_title"
    ]
    return "".join(written[:1]), "".join(written[1:])


def _facts(look: Look, one: Counterpart, *, with_blanks: bool = False) -> str:
    columns = columns_of(look.others).columns
    read = {name: reading(look.say, columns[name], getattr(one.record, name)) for name in _SHORT[look.side]}
    return tag(
        "dl",
        "".join(
            fact(field_name(look.say, columns[name]), text(value or "–"))
            for name, value in read.items()
            if value or with_blanks
        ),
        "facts",
    )
