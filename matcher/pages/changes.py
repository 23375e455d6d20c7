"""Changing a scenario pair by pair: what a lock, a ban, another expert or a swap would bring, before it is done."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal

import streamlit as st

from matcher.domain.errors import MatcherError
from matcher.domain.messages import Message, Problem
from matcher.domain.records import Placement
from matcher.domain.roles import Principal
from matcher.pages.acting import attempt, once, shortened
from matcher.pages.boards import pair_of
from matcher.pages.frame import link_to
from matcher.pages.grid import table
from matcher.pages.markup import notice, tag, text
from matcher.pages.progress import show_run
from matcher.pages.record_fields import capital
from matcher.pages.words import Words
from matcher.services import outcomes, runs, scenarios
from matcher.services.board import Board, Rebuilt, records_of
from matcher.services.exchanges import Pair
from matcher.services.outcomes import Preview
from matcher.services.standing import Standing, TakenBack
from matcher.store import Store
from matcher.store.entities import Scenario

Kind = Literal["lock", "ban", "replace", "swap"]

_ICONS: dict[Kind, str] = {"lock": "lock", "ban": "block", "replace": "person_search", "swap": "swap_horiz"}
_PREVIEWS = "previews"


@dataclass(frozen=True, eq=False)
class Desk:
    """Who works on which list: what every change needs."""

    store: Store
    who: Principal
    standing: Standing
    board: Board

    @property
    def is_open(self) -> bool:
        """Whether the scenario may be changed in the state of its round."""
        return self.standing.shown.round_.state == "matching"


@dataclass(frozen=True, slots=True)
class Change:
    """
    A change that somebody thinks of.

    Parameters
    ----------
    kind : {"lock", "ban", "replace", "swap"}
    pair : (str, str)
        Ids of a need and of an expert.
    expert_id : str
        Who is to take the expert's place.
    other : (str, str)
        The pair to swap with.
    """

    kind: Kind
    pair: Pair
    expert_id: str = ""
    other: Pair = ("", "")

    def preview(self, desk: Desk) -> Preview:
        """Say what it would bring."""
        of = desk.store, desk.who, desk.standing.scenario.id
        if self.kind == "replace":
            return outcomes.preview_replacement(*of, self.pair, self.expert_id)
        if self.kind == "swap":
            return outcomes.preview_swap(*of, (self.pair, self.other))
        return (outcomes.preview_lock if self.kind == "lock" else outcomes.preview_ban)(*of, self.pair)

    def apply(self, desk: Desk, why: str) -> Scenario:
        """Write it into the scenario that was read."""
        of, version = (desk.store, desk.who, desk.standing.scenario.id), desk.standing.scenario.version
        if self.kind == "replace":
            return scenarios.replace_expert(*of, self.pair, why, expert_id=self.expert_id, version=version)
        if self.kind == "swap":
            return scenarios.swap(*of, (self.pair, self.other), why, version=version)
        return (scenarios.lock if self.kind == "lock" else scenarios.ban)(*of, self.pair, why, version=version)


@dataclass(frozen=True, slots=True)
class _Told:
    """A preview as it is kept: without the market that it was made with."""

    heading: Message | None
    moves: tuple[tuple[str, str, str], ...]
    rest: tuple[Message | Problem, ...]


def changed_since(say: Words, desk: Desk) -> None:
    """Say that a list was taken back, or is not of what its scenario is now; follow a run, or offer to run it again."""
    found = desk.standing
    if found.taken_back:
        st.html(_taken_back(say, found.taken_back))
    barred = sum(pair_of(line) in found.fixed_bans for line in desk.board.placements)
    if not desk.is_open or not (found.is_changed or found.waiting or found.failed or barred):
        return
    with st.container(border=True, key="card-run-again"):
        if found.waiting:
            st.html(notice(say("page.change.waiting"), [say("page.change.waiting.hint")]))
            show_run(say, desk.who, found.waiting)
        elif found.failed:
            show_run(say, desk.who, found.failed)
        if found.is_changed and not found.waiting:
            st.html(notice(say("page.change.run_again"), [say("page.change.run_again.hint")], "attention"))
        if barred and not found.waiting:
            title = say("page.change.barred", {"count": barred})
            st.html(notice(title, [say("page.change.barred.hint")], "attention"))
        with st.container(horizontal=True, vertical_alignment="center"):
            if not found.waiting:
                call = partial(runs.queue, desk.store, desk.who, found.scenario.id, language=say.lang)
                st.button(
                    say("page.change.run"),
                    type="primary",
                    icon=":material/play_arrow:",
                    on_click=attempt,
                    args=(call, Message("page.change.queued")),
                    key="run-again",
                )
            link_to(say, "running", say("page.title.running"), scenario=str(found.scenario.id))


def _taken_back(say: Words, found: TakenBack) -> str:
    """Write once, above the list, what holds of all its pairs: both sides were asked, and are no longer."""
    lines = [say("page.taken_back.why", {"why": found.why})] if found.why else []
    lines.append(say(f"page.taken_back.{'accepted' if found.accepted else 'anew'}", {"accepted": found.accepted}))
    return notice(say("page.taken_back", {"date": found.on, "count": found.pairs}), lines, "attention")


def change_pair(say: Words, desk: Desk, line: Placement) -> None:
    """Offer what may be done with a pair; where nothing may, say why and what leads there."""
    state = desk.standing.shown.round_.state
    if not desk.is_open:
        st.html(tag("p", text(say(f"page.change.not_now.{state}")), "quiet"))
        link_to(say, "rounds", say("page.title.rounds"))
        return
    with st.container(horizontal=True, gap="small", key="changes"):
        for kind, icon in _ICONS.items():
            with st.popover(say(f"page.change.{kind}"), icon=f":material/{icon}:", key=f"change-{kind}"):
                st.html(tag("p", text(say(f"page.change.{kind}.note", _names(line))), "quiet"))
                change = _asked(say, desk, line, kind)
                if change is not None:
                    _weigh(say, desk, change, f"change-{kind}")


def replace_asked(say: Words, desk: Desk, line: Placement, expert_id: str) -> None:
    """Offer to see what it would bring if the expert just asked about took the place of the one who has it."""
    if desk.is_open:
        st.html(tag("h3", text(say("page.change.instead"))))
        _weigh(say, desk, Change("replace", pair_of(line), expert_id), "instead")


def in_force(say: Words, desk: Desk) -> None:
    """Show what is locked and banned in the scenario, and let it be lifted."""
    found = desk.standing
    sorts = (("lock", found.locks, True), ("ban", found.bans, True))
    fixed = (("lock", found.fixed_locks, False), ("ban", found.fixed_bans, False))
    rows = [(kind, pair, may) for kind, pairs, may in (*sorts, *fixed) for pair in dict.fromkeys(pairs)]
    if not rows:
        return
    with st.container(border=True, key="card-in-force"):
        st.header(say("page.change.in_force"), anchor=False)
        columns = {name: say(f"page.change.column.{name}") for name in ("kind", "pair", "lift")}
        st.html(
            table(
                columns,
                [
                    {
                        "kind": say(f"page.change.kind.{kind}"),
                        "pair": _pair_name(say, desk, pair),
                        "lift": say(f"page.change.lift.{'yes' if may else 'no'}"),
                    }
                    for kind, pair, may in rows
                ],
            )
        )
        liftable = [(kind, pair) for kind, pair, may in rows if may]
        if desk.is_open and liftable:
            _lift(say, desk, liftable)


def _lift(say: Words, desk: Desk, liftable: Sequence[tuple[str, Pair]]) -> None:
    """Ask which lock or ban is to be lifted, and why."""
    of_key = {f"{kind} {pair[0]} {pair[1]}": (kind, pair) for kind, pair in liftable}
    scenario = desk.standing.scenario

    @once
    def lifted() -> None:
        kind, pair = of_key[st.session_state["lift-which"]]
        call = scenarios.unlock if kind == "lock" else scenarios.unban
        why = st.session_state["lift-why"]
        attempt(
            partial(call, desk.store, desk.who, scenario.id, pair, why, version=scenario.version),
            Message("page.change.lifted"),
        )

    def named(key: str) -> str:
        kind, pair = of_key[key]
        return f"{say(f'page.change.kind.{kind}')} · {_pair_name(say, desk, pair)}"

    with (
        st.popover(say("page.change.lift"), icon=":material/lock_open:", key="lift"),
        st.form("lift-form", border=False),
    ):
        st.selectbox(say("page.change.lift.which"), list(of_key), format_func=named, key="lift-which")
        st.text_area(say("page.why.reason"), key="lift-why")
        st.form_submit_button(say("page.change.lift"), type="primary", on_click=lifted)


def _asked(say: Words, desk: Desk, line: Placement, kind: Kind) -> Change | None:
    """Ask for whom else a change concerns; None until that is said."""
    pair = pair_of(line)
    if kind in ("lock", "ban"):
        return Change(kind, pair)
    if kind == "replace":
        experts = _experts(desk, line)
        asked = st.selectbox(
            say("page.change.replace.by"),
            list(experts),
            index=None,
            format_func=lambda name: say("page.expert.option", experts[name]),
            placeholder=say("page.why_not.placeholder"),
            key="replace-by",
        )
        st.html(tag("p", text(say("page.change.replace.rest")), "quiet"))
        return Change(kind, pair, expert_id=asked) if asked in experts else None
    others = [line_ for line_ in desk.board.placements if line_.need_id != pair[0] and line_.expert_id != pair[1]]
    lines = {pair_of(other): other for other in others if _may_swap(desk.board.rebuilt, pair, pair_of(other))}
    chosen = st.selectbox(
        say("page.change.swap.with"),
        list(lines),
        index=None,
        format_func=lambda other: say("page.pair.option", _names(lines[other])),
        placeholder=say("page.change.swap.placeholder"),
        key="swap-with",
    )
    if len(lines) < len(others):
        st.html(tag("p", text(say("page.change.swap.rest", {"count": len(others) - len(lines)})), "quiet"))
    return Change(kind, pair, other=chosen) if chosen in lines else None


def _may_swap(rebuilt: Rebuilt | None, pair: Pair, other: Pair) -> bool:
    """Whether nothing bars the two new pairs; where that is not known any more, the preview says it."""
    return rebuilt is None or (rebuilt.may_be_locked(pair[0], other[1]) and rebuilt.may_be_locked(other[0], pair[1]))


def _experts(desk: Desk, line: Placement) -> dict[str, dict[str, object]]:
    """Name everybody who could take an expert's place; of others, the question why not says what is against them."""
    rebuilt = desk.board.rebuilt
    if rebuilt is None:
        return {}
    return {
        expert.expert_id: {"expert": expert.name, "institution": expert.institution, "id": expert.expert_id}
        for expert in rebuilt.ranking.ranker.experts
        if expert.expert_id != line.expert_id and rebuilt.may_be_locked(line.need_id, expert.expert_id)
    }


def _weigh(say: Words, desk: Desk, change: Change, name: str) -> None:
    """Show what a change would bring when that is asked for; then let it be done, with a reason."""
    scenario = desk.standing.scenario
    kept = st.session_state.setdefault(_PREVIEWS, {})
    key = (scenario.id, scenario.version, desk.standing.shown.run.id, change)
    if st.button(say("page.change.preview"), icon=":material/visibility:", key=f"{name}-preview"):
        with st.spinner(say("page.change.previewing")):
            kept[key] = _previewed(desk, change)
    if key not in kept:
        return
    told = kept[key]
    if told.heading is None:
        st.html(notice(say("page.change.cannot"), shortened(say, told.rest), "attention"))
        return
    columns = {part: say(f"page.change.column.{part}") for part in ("expert", "left", "taken")}
    moves = [dict(zip(columns, move, strict=True)) for move in told.moves]
    st.html(
        tag("p", text(capital(say.say(told.heading))), "text")
        + (tag("div", table(columns, moves), "moves", tabindex=0) if moves else "")
        + "".join(tag("p", text(line), "quiet") for line in shortened(say, told.rest))
    )

    @once
    def applied() -> None:
        why = st.session_state[f"{name}-why"]
        if attempt(partial(change.apply, desk, why), Message(f"page.change.done.{change.kind}")) is not None:
            st.session_state.pop(_PREVIEWS, None)

    with st.form(f"{name}-form", border=False):
        st.text_area(say("page.why.reason"), key=f"{name}-why")
        st.form_submit_button(say(f"page.change.{change.kind}.do"), type="primary", on_click=applied)


def _previewed(desk: Desk, change: Change) -> _Told:
    """Make a preview, and keep what is read of it; where the change can't be made, why."""
    try:
        found = change.preview(desk)
    except MatcherError as fault:
        return _Told(None, (), tuple(_in_names(desk, message) for message in fault.messages))
    ranking = found.ranking
    needs = {need.need_id: f"{need.name} · {need.need_title}" for need in ranking.ranker.needs}
    experts = {expert.expert_id: f"{expert.name} {expert.expert_id}" for expert in ranking.ranker.experts}

    def named(side: Sequence[str]) -> str:
        return " / ".join(needs.get(need, need) for need in side)

    moves = tuple((experts.get(expert, expert), named(left), named(taken)) for expert, left, taken in found.found.moves)
    heading, *rest = found.consequences
    return _Told(heading, moves, tuple(rest[len(moves) :]))


def _in_names(desk: Desk, told: Message | Problem) -> Message | Problem:
    """Name the firm and the expert that a refusal is about; their ids stay where their records are not at hand."""
    message = told.message if isinstance(told, Problem) else told
    pair = str(message.values.get("firm")), str(message.values.get("expert"))
    records = records_of(desk.board.rebuilt, *pair) if desk.board.rebuilt else None
    if records is None:
        return told
    need, expert = records
    return Message(message.code, {**message.values, "firm": need.name, "expert": expert.name})


def _pair_name(say: Words, desk: Desk, pair: Pair) -> str:
    """Name a pair as people do; by its ids where its records are not at hand."""
    records = records_of(desk.board.rebuilt, *pair) if desk.board.rebuilt else None
    if records is None:
        return " → ".join(pair)
    need, expert = records
    return say("page.pair.option", {"firm": need.name, "need": need.need_title, "expert": expert.name})


def _names(line: Placement) -> dict[str, object]:
    return {"firm": line.firm, "need": line.need_title, "expert": line.expert}
