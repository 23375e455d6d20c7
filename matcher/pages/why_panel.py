"""Why a pair was chosen: both texts with what they share, the scores taken apart, who else, and why not another."""

from collections.abc import Sequence

import streamlit as st

from matcher.domain.records import Expert, Need, Placement
from matcher.pages.boards import face, number, pair_of
from matcher.pages.list_table import choose_pair
from matcher.pages.markup import addends, bar, bar_line, bars, chip, fact, marked, tag, text
from matcher.pages.words import Words
from matcher.placement import readable
from matcher.services.board import Rebuilt
from matcher.services.pairs import Candidate, PairView, Side, candidates, why_not

SPANS_SHOWN = 8


def ask_pair(say: Words, lines: Sequence[Placement], line: Placement) -> None:
    """Show which pair it is, and let another be chosen by name: what the grid does, for keyboard and screen reader."""
    of_pair = {pair_of(other): other for other in lines}

    def chosen_by_name() -> None:
        choose_pair(st.session_state["pair"])
        st.session_state["grid_first"] = st.session_state["pair"]

    st.header(say("page.why"), anchor="why")
    st.session_state["pair"] = pair_of(line)
    st.selectbox(
        say("page.pair"),
        list(of_pair),
        format_func=lambda pair: say("page.pair.option", _names(of_pair[pair])),
        key="pair",
        on_change=chosen_by_name,
        label_visibility="collapsed",
    )
    names = tag("b", text(line.firm)) + " → " + tag("b", text(line.expert)) + " " + text(line.expert_title)
    st.html(tag("p", names, "pair-title"))


def _names(line: Placement) -> dict[str, object]:
    return {"firm": line.firm, "need": line.need_title, "expert": line.expert}


def others(say: Words, rebuilt: Rebuilt, need: Need, expert: Expert) -> None:
    """Show whom the need could have had instead, and where the expert could have gone."""
    st.header(say("page.others"), anchor=False)
    of_need, of_expert = st.columns(2, gap="medium")
    of_need.html(
        tag("h3", text(say("page.others.experts", {"need": need.need_title})))
        + _candidates(say, candidates(rebuilt, need), expert.expert_id, "page.others.serves")
    )
    of_expert.html(
        tag("h3", text(say("page.others.needs", {"expert": expert.name})))
        + _candidates(say, candidates(rebuilt, expert), need.need_id, "page.others.held")
    )
    note = say(f"page.others.note{face(rebuilt.ranking.ranker.settings.is_calibrated)}")
    st.html(tag("p", text(note), "quiet"))


def as_listed(say: Words, line: Placement) -> str:
    """Show what the list itself says of a pair that can't be explained any more."""
    facts = (
        fact(say("page.why.need"), text(line.need_title)),
        fact(say("page.institution"), text(line.institution)),
        fact(say("page.column.fit"), text(number(line.fit))),
        fact(say("page.why.rank.firm"), text(line.firm_rank or "–")),
        fact(say("page.why.rank.expert"), text(line.expert_rank or "–")),
    )
    return tag("dl", "".join(facts), "facts") + tag("p", text(say("page.why.outdated")), "quiet")


def reasons(say: Words, view: PairView) -> str:
    """Write out both texts with what they share, the ranks, and the scores taken apart."""
    where = " · ".join(part for part in (view.township, view.industry, view.role_wanted) if part)
    whence = " · ".join(part for part in (view.institution, view.city, view.title) if part)
    texts = (
        tag("h3", text(say("page.why.need")) + tag("small", text(where)))
        + tag("p", tag("b", marked(view.need_title)), "text")
        + (tag("p", marked(view.need_detail), "text") if view.need_detail else "")
        + tag("h3", text(say("page.why.profile")) + tag("small", text(whence)))
        + "".join(
            tag("p", tag("small", text(say(f"page.profile.{name}"))) + marked(pieces), "text")
            for name, pieces in view.profile
        )
    )
    ranks = "".join(
        fact(say(f"page.why.rank.{name}"), text(_rank(say, side)) + _wish(say, name, side))
        for name, side in (("firm", view.firm_side), ("expert", view.expert_side))
    )
    if view.is_calibrated:
        for name, side in (("firm", view.firm_side), ("expert", view.expert_side)):
            ranks += fact(say(f"page.why.fit.{name}"), text(number(side.fit)))
    uncalibrated = "" if view.is_calibrated else chip(say("page.uncalibrated"), "attention")
    scale = max(view.firm_side.score, view.expert_side.score)
    scores = "".join(
        tag("h4", text(say(f"page.why.score.{name}")))
        + addends(
            [(say(f"part.{kind}"), value) for kind, value in side.parts], (say("page.why.sum"), side.score), scale
        )
        for name, side in (("firm", view.firm_side), ("expert", view.expert_side))
    )
    return (
        tag("dl", ranks, "facts")
        + texts
        + tag("h3", text(say("page.why.words")) + uncalibrated)
        + _spans(say, view)
        + "".join(tag("p", text(say.say(message)), "quiet") for message in view.gaps)
        + tag("h3", text(say("page.why.scores")) + uncalibrated)
        + scores
        + tag("p", text(say(f"page.why.note{face(view.is_calibrated)}")), "quiet")
    )


def _spans(say: Words, view: PairView) -> str:
    """Draw what each shared span adds to the agreement of the texts; the small ones together, then the vectors."""
    named = readable(view.spans, SPANS_SHOWN)
    shown = [item for item in view.spans if item[0] in named]
    rest = [item for item in view.spans if item[0] not in named]
    parts = [*shown, *([(say("page.why.rest", {"count": len(rest)}), sum(v for _, v in rest))] if rest else [])]
    parts += [(say(f"part.{name}"), value) for name, value in view.dense]
    return addends(parts, (say("page.why.agreement"), view.agreement), view.agreement)


def _rank(say: Words, side: Side) -> str:
    return say("page.rank", {"rank": side.rank}) if side.rank else say("page.rank.none")


def _wish(say: Words, name: str, side: Side) -> str:
    return " " + chip(say(f"reason.{name}_named", {"tier": side.tier}), "accent") if side.tier else ""


def _candidates(say: Words, found: Sequence[Candidate], here: str, held: str) -> str:
    """Draw candidates in the order of whoever would choose, the pair at hand in the accent, the others muted."""
    most = max((candidate.fit for candidate in found), default=0.0) or 1.0
    lines = []
    for candidate in found:
        wish = chip(say("page.others.wish", {"tier": candidate.tier}), "accent") if candidate.tier else ""
        if candidate.chosen:
            state = say("page.others.here")
        elif candidate.elsewhere:
            state = say(held, {"names": candidate.elsewhere})
        else:
            state = say("page.others.free")
        label = (
            tag("b", text(f"{candidate.rank}. {candidate.name}"))
            + wish
            + tag("small", text(candidate.about))
            + tag("small", text(state), "state")
        )
        is_here = candidate.id == here
        drawn = bar(candidate.fit / most, kind="" if is_here or candidate.chosen else "muted")
        lines.append(bar_line(label, drawn, f"{candidate.fit:.3f}", "candidate here" if is_here else "candidate"))
    alone = tag("p", text(say("page.others.nobody")), "quiet") if len(found) < 2 else ""
    return bars(lines) + alone


def why_not_another(say: Words, rebuilt: Rebuilt, need: Need, expert: Expert) -> str | None:
    """Ask for any expert, say why that one is not placed with this need, and give the id; None: nobody."""
    experts = {other.expert_id: other for other in rebuilt.ranking.ranker.experts if other is not expert}
    st.header(say("page.why_not"), anchor=False)
    st.html(tag("p", text(say("page.why_not.asked", {"firm": need.name, "need": need.need_title})), "quiet"))
    asked = st.selectbox(
        say("page.why_not.expert"),
        list(experts),
        index=None,
        format_func=lambda name: say(
            "page.expert.option", {"expert": experts[name].name, "institution": experts[name].institution, "id": name}
        ),
        placeholder=say("page.why_not.placeholder"),
        key="why_not",
    )
    if asked not in experts:
        return None
    found, is_calibrated = why_not(rebuilt, need, experts[asked]), rebuilt.ranking.ranker.settings.is_calibrated
    content = tag("p", chip(say(f"page.status.{found.status}"), "accent" if found.status == "matched" else ""))
    content += tag("p", text(say.say(found.sentence)), "text")
    if found.bar is not None:
        content += tag("p", tag("b", text(say("page.why_not.bar"))) + " " + text(say.say(found.bar)), "text")
    st.html(content)
    sides = (("firm", found.firm_side, found.firm_holds), ("expert", found.expert_side, found.expert_holds))
    for column, (name, side, holds) in zip(st.columns(2, gap="medium"), sides, strict=True):
        listed = "".join(
            tag("li", text(f"{held} ({key})") + tag("small", text(say("page.rank", {"rank": rank}))))
            for key, held, rank in holds
        )
        facts = (
            fact(say(f"page.why.rank.{name}"), text(_rank(say, side)) + _wish(say, name, side)),
            fact(say(f"page.why.{'fit' if is_calibrated else 'score'}.{name}"), text(number(side.fit))),
            fact(
                say(f"page.why_not.holds.{name}"),
                tag("ul", listed, "held") if listed else text(say("page.why_not.nobody")),
            ),
        )
        column.html(tag("h3", text(say(f"page.why_not.side.{name}"))) + tag("dl", "".join(facts), "facts"))
    st.html(tag("p", text(say(f"page.why_not.note{face(is_calibrated)}")), "quiet"))
    return asked
