"""Pairs in force: how much was served and when last, how it went, who wishes to go on."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import streamlit as st

from matcher.domain.roles import Principal
from matcher.pages.cards import CARDS, cards
from matcher.pages.chosen import pick
from matcher.pages.figures import Figure, figures
from matcher.pages.frame import heading, link_to, page_of_round
from matcher.pages.grid import Column, grid, rest, searched
from matcher.pages.markup import chip, notice, tag, text
from matcher.pages.service_forms import Office
from matcher.pages.service_pair import named, panel, state_of
from matcher.pages.words import Words, days_served
from matcher.services import rounds
from matcher.services.in_force import QUIET_DAYS, InForce, pairs_in_force
from matcher.store import Store
from matcher.store.entities import Round

KEEPS: Mapping[str, Callable[[InForce], bool]] = {
    "active": lambda pair: pair.placed.state == "active",
    "quiet": lambda pair: pair.is_quiet,
    "unassessed": lambda pair: not is_assessed(pair),
    "renew": lambda pair: pair.both_renew,
    "ended": lambda pair: pair.placed.state == "ended",
    "all": lambda _pair: True,
}
"""What the list can be narrowed to."""


def is_assessed(pair: InForce) -> bool:
    """Whether the office has said how a pair went."""
    return pair.said is not None and pair.said.assessment is not None


@page_of_round("service")
def render(say: Words, store: Store, who: Principal, round_: Round) -> None:
    """Show the page."""
    batch, pairs = rounds.batch_of(store, who, round_), pairs_in_force(store, who, round_.batch_id)
    heading(say, say("page.title.service"), say("page.service.subtitle", {"batch": batch.name, "count": len(pairs)}))
    if not pairs:
        st.html(notice(say("page.service.none"), [say("page.service.none.hint")]))
        link_to(say, "notices", say("page.title.notices"))
        return
    office = Office(say, store, who)
    _figures(office, pairs)
    left, right = st.columns([1.55, 1], gap="small")
    with left, st.container(border=True, key="card-pairs"):
        chosen = _list(office, pairs)
    with right, st.container(border=True, key="card-pair"):
        if chosen is None:
            st.html(notice(say("page.service.nobody"), [say("page.service.nobody.hint")]))
        else:
            panel(office, chosen)


def _figures(office: Office, pairs: Sequence[InForce]) -> None:
    """Show how the batch is served as a whole."""
    say, active = office.say, [pair for pair in pairs if pair.placed.state == "active"]
    quiet = sum(pair.is_quiet for pair in pairs)
    agreed = sum(pair.agreed or 0 for pair in active)
    shown: list[Figure] = [
        ("active", f"{len(active):,}", say("page.service.figure.ended", {"count": len(pairs) - len(active)}), "off"),
        ("served", f"{sum(pair.served for pair in pairs):g}", say("page.service.figure.of", {"days": agreed}), "off"),
        (
            "quiet",
            f"{quiet:,}",
            say("page.service.figure.quiet.note", {"days": QUIET_DAYS}),
            "orange" if quiet else "off",
        ),
        ("assessed", f"{sum(map(is_assessed, pairs)):,} / {len(pairs):,}", say("page.service.figure.all"), "off"),
        ("renew", f"{sum(pair.both_renew for pair in pairs):,}", say("page.service.figure.both"), "off"),
    ]
    figures(shown, lambda name: say(f"page.service.figure.{name}"))


def _list(office: Office, pairs: Sequence[InForce]) -> InForce | None:
    """Show the pairs, and give the one that is chosen; None where none fits what is asked for."""
    say = office.say
    count = {name: sum(map(keeps, pairs)) for name, keeps in KEEPS.items()}
    views = [name for name in KEEPS if count[name] or name == "all"]
    view = pick(
        say("page.view"), views, "view", format_func=lambda name: f"{say(f'page.service.view.{name}')} {count[name]:,}"
    )
    kept = [pair for pair in pairs if KEEPS[view](pair)]
    rows = searched(say, [_row(office, pair) for pair in kept], "search", say("page.service.search"))
    with st.container(key="wide"):
        id_ = grid(
            say,
            rows,
            _columns(office, has_term=any(row["until"] for row in rows)),
            name="pair",
            alt=say("page.service.alt", {"count": len(rows)}),
            choice=(say("page.service.choose"), "called"),
        )
    with st.container(key="narrow"):
        st.html(cards(rows[:CARDS], "pair", id_, _card) + rest(say, len(rows) - CARDS))
    return next((pair for pair in kept if str(pair.placed.id) == id_), None)


def _row(office: Office, pair: InForce) -> dict[str, Any]:
    """Give what the list shows of a pair, and what the search finds it by."""
    say, line, said = office.say, pair.placed.line, pair.said
    return {
        "id": str(pair.placed.id),
        "called": named(say, pair),
        **{name: line[name] for name in ("firm", "need_title", "expert", "institution", "township")},
        "until": line["term_to"],
        "served": pair.served,
        "agreed": pair.agreed,
        "days": say.say(days_served(pair.served, pair.agreed)),
        "last": pair.last_on,
        "assessment": say(f"value.assessment.{said.assessment}") if said and said.assessment else None,
        "state": state_of(say, pair),
        "is_urgent": pair.is_quiet or pair.placed.state == "ended",
    }


def _columns(office: Office, *, has_term: bool) -> dict[str, Column]:
    """Say what the list shows; the last day only where a list says it."""
    say = office.say
    columns = {
        "firm": Column(say("page.column.firm"), 150 if has_term else 214),
        "expert": Column(say("page.column.expert"), 64),
        "until": Column(say("page.service.column.until"), 84),
        "served": Column(say("page.service.column.served"), 58, "number", "%.1f"),
        "agreed": Column(say("page.service.column.agreed"), 58, "number", "%d", say("page.service.column.agreed.help")),
        "last": Column(say("page.service.column.last"), 84),
        "assessment": Column(say("page.service.column.assessment"), 68),
        "state": Column(say("page.desk.state"), 72),
    }
    return columns if has_term else {name: column for name, column in columns.items() if name != "until"}


def _card(row: Mapping[str, Any]) -> str:
    state = chip(row["state"], "attention" if row["is_urgent"] else "accent")
    return (
        tag("b", text(row["firm"]))
        + tag("span", text(row["need_title"]))
        + tag("span", text(f"{row['expert']} · {row['institution']}"), "who")
        + tag("span", state + " " + text(row["days"]), "quiet")
    )


if __name__ == "__main__":
    render()
