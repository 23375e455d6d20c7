"""What a firm, or an expert, is placed with: its own pairs alone, and of the other side what the public may know."""

import streamlit as st

from matcher.domain.roles import Principal
from matcher.domain.settings import Side
from matcher.pages.identity import current_principal, the_store
from matcher.pages.markup import chip, fact, notice, tag, text
from matcher.pages.words import Words, language_switch, words_of_reader
from matcher.services.own import OwnPlacement
from matcher.services.showing import placed_now
from matcher.store.entities import Batch, Round

FACTS: dict[Side, tuple[str, ...]] = {
    "firm": ("expert_title", "need_title", "term"),
    "expert": ("township", "need_title", "term"),
}


def render() -> None:
    """Show the page."""
    say = words_of_reader()
    heading, switch = st.columns([4, 1], vertical_alignment="center")
    with switch, st.container(horizontal=True, horizontal_alignment="right"):
        language_switch(say)
    who = current_principal()
    if who is None or (side := _side(who)) is None:
        return
    found = placed_now(the_store(), who, side, str(who.party))
    with heading:
        st.title(say("page.title.own"), anchor=False)
        st.html(tag("p", text(say(f"page.own.subtitle.{side}", {"count": len(found)})), "subtitle"))
    if not found:
        st.html(notice(say("page.own.none"), [say("page.own.none.hint")]))
    with st.container(key="own"):
        for batch, round_, placed in found:
            with st.container(border=True, key=f"card-own-{placed.id}"):
                st.html(_card(say, side, batch, round_, placed))


def _card(say: Words, side: Side, batch: Batch, round_: Round, placed: OwnPlacement) -> str:
    line = dict(placed.line)
    line["term"] = " – ".join(str(line[end]) for end in ("term_from", "term_to") if line[end]) or None
    other = ("expert", "institution") if side == "firm" else ("firm", "")
    name = tag("b", text(line[other[0]])) + (" " + tag("small", text(line[other[1]])) if other[1] else "")
    state = chip(say(f"value.placement.{placed.state}"), "attention" if placed.state == "proposed" else "accent")
    facts = "".join(
        fact(say(f"page.column.{part}"), text(line[part])) for part in FACTS[side] if line[part] not in (None, "")
    )
    about = say("page.own.of", {"batch": batch.name, "number": round_.number})
    answer = ""
    if placed.state == "proposed" and placed.answer is None:
        answer = tag("p", text(say("page.own.answer_by", {"date": round_.answer_by})), "quiet")
    return (
        tag("p", tag("span", name) + state, "own-title")
        + tag("dl", facts, "facts")
        + answer
        + tag("p", text(about), "quiet")
    )


def _side(who: Principal) -> Side | None:
    return "firm" if who.role == "firm" else "expert" if who.role == "expert" else None


if __name__ == "__main__":
    render()
