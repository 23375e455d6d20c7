"""What came of it for a firm, or an expert: its pairs, what is asked of it, what happens next, the published list."""

import streamlit as st

from matcher.domain.moments import china_day
from matcher.domain.roles import Principal
from matcher.domain.settings import Side
from matcher.pages.acting import tell_rest
from matcher.pages.cards import CARDS
from matcher.pages.frame import heading, page
from matcher.pages.grid import Column, grid, rest, searched
from matcher.pages.markup import notice, tag, text
from matcher.pages.party_head import party_head, side_of
from matcher.pages.result_card import Reading, card
from matcher.pages.words import Words
from matcher.services.own_results import OwnResults, PublishedNow, own_results, published_now
from matcher.store import Store

_WIDTHS = {"firm": 230, "township": 110, "need_title": 330, "expert": 100, "institution": 230, "expert_title": 110}


@page
def render(say: Words, store: Store, who: Principal) -> None:
    """Show the page."""
    side = side_of(who)
    if side is None:
        return
    found = own_results(store, who, side, str(who.party))
    heading(say, say("page.title.my_results"))
    party_head(say, store, who)
    reading = Reading(say, store, who, side, china_day(store.now()), has_several=len(found.pairs) > 1)
    with st.container(key="own"):
        if not _is_placed_now(found):
            _nothing(say, side, found)
        for result in found.pairs:
            with st.container(border=True, key=f"card-own-{result.placed.id}"):
                card(reading, result)
    if (published := published_now(store, who)) is not None:
        with st.container(border=True, key="card-published"):
            _published(say, published)
    tell_rest(say)


def _is_placed_now(found: OwnResults) -> bool:
    """Tell whether the newest batch has a pair that has not ended, and nothing was left out."""
    batch = found.batch.id if found.batch else None
    return not found.left and any(result.batch.id == batch and result.placed.state != "ended" for result in found.pairs)


def _nothing(say: Words, side: Side, found: OwnResults) -> None:
    """Say where a pair will be seen, and why the list has nothing where there is one."""
    round_ = found.round_
    if round_ is None:
        st.html(notice(say("page.results.none"), [say("page.results.next.none")]))
        return
    if found.left:
        lines = [_left(say, side, found, n) for n in range(len(found.left))]
        st.html(notice(say("page.results.left"), [*lines, say("page.results.left.next")], "attention"))
        return
    if any(result.round_.id == round_.id for result in found.pairs):
        return  # a card says how it ended, and what is next
    # What there is to do first, if anything, stands at the head of the page.
    is_open = round_.state in ("collecting", "choosing") or (round_.state == "matching" and found.takes_part)
    goes_on = any(result.placed.state == "active" for result in found.pairs)
    title = say("page.results.none_new" if goes_on else "page.results.none")
    st.html(notice(title, [say(f"page.results.next.{'here' if is_open else 'later'}")]))


def _left(say: Words, side: Side, found: OwnResults, n: int) -> str:
    one = found.left[n]
    reason = say.say(one.reason)
    return reason if side == "expert" else say("page.results.left.need", {"need": one.name, "reason": reason})


def _published(say: Words, found: PublishedNow) -> None:
    """List what everybody may know of the pairs that were published, to be searched."""
    st.header(say("page.results.published"), anchor="published")
    first, last = found.notice
    values = {"batch": found.batch.name, "number": found.round_.number, "count": len(found.lines)}
    st.html(tag("p", text(say("page.results.published.of", {**values, "first": first, "last": last})), "quiet"))
    rows = searched(say, found.lines, "search", say("page.results.published.search"))
    with st.container(key="wide"):
        columns = {name: Column(say(f"page.column.{name}"), width) for name, width in _WIDTHS.items()}
        grid(say, rows, columns, name="published", alt=say("page.results.published.alt", {"count": len(rows)}))
    with st.container(key="narrow"):
        lines = "".join(tag("li", _line(row), "pair-card") for row in rows[:CARDS])
        st.html(tag("ul", lines, "cards") + rest(say, len(rows) - CARDS))


def _line(row: object) -> str:
    line = dict(row)  # ty: ignore[no-matching-overload]
    return (
        tag("span", tag("b", text(line["expert"])) + " " + text(line["institution"]))
        + tag("span", text(f"{line['firm']} · {line['township']}"))
        + tag("span", text(line["need_title"]), "quiet")
    )


if __name__ == "__main__":
    render()
