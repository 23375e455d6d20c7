"""One's own list of wishes: the steps that change it, each saved at once; a refusal is told where it was asked."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from time import monotonic
from typing import Any, TypeAlias

import streamlit as st

from matcher.domain.errors import MatcherError
from matcher.domain.messages import Message
from matcher.domain.records import Tiers
from matcher.domain.roles import Principal
from matcher.domain.settings import Side
from matcher.domain.tiers import added, is_tied, lowered, moved, place_in, raised, removed, tied, untied
from matcher.pages.acting import once, shortened
from matcher.pages.markup import about, chip, literal, notice, tag, text
from matcher.pages.round_look import RoundLook
from matcher.pages.slip import Slip, small_window, tell_kept
from matcher.pages.words import Words, reason
from matcher.services import preferences
from matcher.services.drafts import beside
from matcher.services.finding import Choice, Counterpart
from matcher.store import Store
from matcher.store.entities import Draft

COMPARED = 3
"""So many at most stand side by side."""
OWN_LIST, COMPARISON = "own-list", "comparison"
"""Where a card leads to."""
_REFUSED, _DONE = "find refused", "find done"
_LAST, _DOUBLE_CLICK_S = "find pressed", 0.5
_OPPOSITE = ({"add", "remove"}, {"tie", "untie"}, {"beside", "apart"})
_BESIDE, _ON_ITS_WAY_S = "find beside", 3.0
_BETWEEN = ";"
"""Parts ids in the address; no id holds it."""

Vetoes: TypeAlias = tuple[tuple[str, str], ...]
Change: TypeAlias = Callable[[Tiers, Vetoes], tuple[Tiers, Vetoes]]
"""What a step makes of a list."""


@dataclass(frozen=True, slots=True)
class _Beside:
    """
    What the address says since a press, and what it said before.

    The next press brings the address as it was when a browser sent it, which may not have heard of the last one.
    """

    now: str
    old: frozenset[str]
    pressed_at: float

    @property
    def is_on_its_way(self) -> bool:
        """Whether a browser may not have heard of it yet."""
        return monotonic() - self.pressed_at < _ON_ITS_WAY_S


@dataclass(frozen=True)
class Look(RoundLook):
    """
    Who of which side looks for whom.

    Parameters
    ----------
    own : Need or Expert
        For which the list is.
    choice : Choice
    kept : mapping of str to Draft
        What was typed and not sent, by what it is called.
    """

    own: Any
    choice: Choice
    kept: Mapping[str, Draft]

    @property
    def own_id(self) -> str:
        """Of the need, or of the expert."""
        return self.own.need_id if self.side == "firm" else self.own.expert_id

    @property
    def whose(self) -> tuple[Store, Principal, int, Side, str]:
        """What every use case of a list asks first."""
        return self.store, self.who, self.round_.id, self.side, self.own_id

    @property
    def others(self) -> str:
        """Name the table of the other side."""
        return "experts" if self.side == "firm" else "firms"

    @property
    def may_state(self) -> bool:
        """Whether wishes can be stated now."""
        return self.may("state_preferences")

    @property
    def tiers(self) -> Tiers:
        """What is wished, best first."""
        return self.choice.stated.tiers if self.choice.stated else ()

    @property
    def vetoes(self) -> Vetoes:
        """Who is not wished, with reasons."""
        return self.choice.stated.vetoes if self.choice.stated else ()

    @property
    def version(self) -> int | None:
        """Of the list as this window saw it last, or made it; None where there was none."""
        seen: int | None = st.session_state.get(self._seen)
        return seen

    def note_seen(self, version: int | None) -> None:
        """Note the version of the list that is seen from now on."""
        st.session_state[self._seen] = version

    @property
    def _seen(self) -> str:
        return f"find seen {self.round_.id} {self.side} {self.own_id}"

    @cached_property
    def of_id(self) -> Mapping[str, Counterpart]:
        """Everybody who may be chosen."""
        return {one.id: one for one in self.choice.counterparts}

    @cached_property
    def firms(self) -> Mapping[str, str]:
        """Names of firms by their ids, which stand for all their needs."""
        return {} if self.side == "firm" else {one.record.firm_id: one.record.name for one in self.of_id.values()}

    @property
    def compared(self) -> list[str]:
        """Whom the address puts side by side."""
        asked, last = st.query_params.get("compare", ""), st.session_state.get(_BESIDE)
        if last is not None and asked in last.old and last.is_on_its_way:
            asked = last.now
        return [name for name in dict.fromkeys(asked.split(_BETWEEN)) if name in self.of_id][:COMPARED]


def called(look: Look, name: str) -> str:
    """Call somebody as people do, by an id: the expert, the firm with its need, or the firm with all its needs."""
    if (one := look.of_id.get(name)) is not None:
        return one.record.name if look.side == "firm" else f"{one.record.name} · {one.record.need_title}"
    if name in look.firms:
        return look.say("page.find.all_needs", {"firm": look.firms[name]})
    known = look.choice.names.get(name)
    return look.say("page.find.gone" if known else "page.find.gone.unknown", {"name": known or name})


def own_list(look: Look) -> None:
    """Show one's own list: in its order, then who is not wanted."""
    say = look.say
    st.header(say("page.find.list"), anchor=OWN_LIST)
    _told(say)
    refusal(say, "list")
    if look.may_state:
        st.html(tag("p", text(say("page.find.list.hint" if look.tiers else "page.find.list.empty")), "quiet"))
        if not look.own.accepts_others:
            st.html(tag("p", text(say("page.find.named_only")), "quiet"))
        _gone(look)
    for place, tier in enumerate(look.tiers, 1):
        for name in tier:
            with st.container(key=f"wish-{name}"):
                st.html(tag("p", place_chip(look, place, tier) + text(called(look, name)), "wish"))
                if look.may_state:
                    refusal(say, f"list {name}")
                    _steps(look, name)
    if look.vetoes:
        st.subheader(say("page.find.vetoed"), anchor=False)
    for name, why in look.vetoes:
        with st.container(key=f"vetoed-{name}"):
            st.html(tag("p", tag("b", text(called(look, name))) + tag("small", text(reason(say, why))), "wish"))
            if look.may_state:
                refusal(say, f"list {name}")
                lift(look, f"list {name}", name)
    if look.may_state and (look.tiers or look.vetoes):
        _withdraw(look)


def place_chip(look: Look, place: int, tier: Sequence[str]) -> str:
    """Write a place, and whether it is shared."""
    code = "page.find.place.tied" if len(tier) > 1 else "page.find.place"
    return chip(look.say(code, {"place": place}), "accent")


def _steps(look: Look, name: str) -> None:
    """
    Offer what changes the place of somebody in the list: by buttons, and by a number.

    Each has a key of who is moved, not of the place, so that the keyboard stays with them wherever they go.
    """
    say, tiers = look.say, look.tiers
    with st.container(horizontal=True, gap="small", key=f"steps-list-{name}"):
        _step(look, "list", name, "up", raised, icon="arrow_upward")
        _step(look, "list", name, "down", lowered, icon="arrow_downward")
        _step(look, "list", name, "remove", removed, icon="close")
        label = about(say("page.find.steps"), called(look, name))
        with small_window(label, key=f"more-list-{name}") as is_open:
            if is_open:
                step, of = ("untie", untied) if is_tied(tiers, name) else ("tie", tied)
                _step(look, "list", name, step, of, key=f"tie-list-{name}")
                _place(look, name)


def _place(look: Look, name: str) -> None:
    """
    Ask for a place by its number.

    A place that the number does not say, since others have been moved, is a field of its own: a press may come from
    before it was drawn, or after its window was closed, and brings the number that the field had then.
    """
    place, key = float(place_in(look.tiers, name) or 0), f"to-list-{name}"
    count = st.session_state.get(f"{key} count", 0)
    if st.session_state.get(f"{key}-{count}") != place:
        count += 1
        st.session_state.update({f"{key} count": count, f"{key}-{count}": place})

    def numbered() -> None:
        asked = int(st.session_state.get(f"{key}-{count}", place))
        if asked > 0 and asked != place:  # an emptied field sends 0
            _change(look, f"list {name}", "to", name, lambda tiers, vetoes: (moved(tiers, name, asked), vetoes))

    with st.container(key=f"place-list-{name}"):
        # Without bounds, beyond which a browser keeps a number to itself: what is beyond the end is the end. Of whole
        # numbers there are some.
        label = look.say("page.find.to")
        st.number_input(label, step=1.0, format="%.0f", key=f"{key}-{count}", on_change=numbered)


def add_or_remove(look: Look, name: str) -> None:
    """
    Offer to put somebody last in the list, or to take them out.

    It is one button, so that the keyboard stays where it is; of another type it would be another. The style sheet makes
    it stand out while it adds. Places are changed in the list.
    """
    if place_in(look.tiers, name):
        _step(look, "card", name, "remove", removed, icon="close", key=f"in-{name}")
    else:
        _step(look, "card", name, "add", added, icon="add", key=f"in-{name}")


def veto(look: Look, name: str) -> None:
    """Ask why somebody is not wanted; who is in the list leaves it."""
    say, at, called_so = look.say, f"veto {name}", beside("veto", look.own_id, name)
    slip = Slip(look.store, look.who, look.round_.id, called_so, f"veto-{look.own_id}-{name}", {"why": ""})

    def vetoed(tiers: Tiers, vetoes: Vetoes) -> tuple[Tiers, Vetoes]:
        return removed(tiers, name), (*_without(vetoes, name), (name, slip.typed("why")))

    @once
    def sent() -> None:
        _change(look, at, "veto", name, vetoed, then=slip.forget)

    with small_window(about(say("page.find.veto"), called(look, name)), icon="block", key=f"veto-{name}") as is_open:
        if is_open:
            slip.begin(look.kept.get(called_so))
            st.text_area(say("page.find.veto.why"), height=100, key=slip.at("why"), on_change=slip.keep)
            st.button(say("page.find.veto.do"), on_click=sent, key=f"veto-do-{name}")
            refusal(say, at)  # below: what goes with the next look would move the button away under a finger
            tell_kept(say, look.kept.get(called_so))


def lift(look: Look, where: str, name: str) -> None:
    """Offer to take a veto back; a refusal is told ``where`` it is offered."""
    st.button(
        about(look.say("page.find.lift"), called(look, name)),
        icon=":material/undo:",
        on_click=_change,
        args=(look, where, "lift", name, lambda tiers, vetoes: (tiers, _without(vetoes, name))),
        key=f"lift-{where.split(maxsplit=1)[0]}-{name}",
    )


def _without(vetoes: Vetoes, name: str) -> Vetoes:
    return tuple((other, why) for other, why in vetoes if other != name)


def compare(look: Look, name: str, label: str, key: str, *, is_full: bool = False) -> None:
    """Offer to put somebody beside others, or to take them away again."""
    icon = ":material/compare_arrows:"
    st.button(label, icon=icon, disabled=is_full, on_click=_put_beside, args=(look, name), key=f"{key}-{name}")


def _put_beside(look: Look, name: str) -> None:
    """Put somebody beside those who stand there when it is pressed, or take them away from there."""
    before, asked = look.compared, st.query_params.get("compare", "")
    step = "apart" if name in before else "beside"
    after = [other for other in before if other != name] if step == "apart" else [*before, name]
    if _is_second_half(name, step):
        return
    if len(after) > COMPARED:
        st.session_state[_DONE] = Message("page.find.beside_full", {"most": COMPARED})
        return
    last: _Beside | None = st.session_state.get(_BESIDE)
    # A browser may have heard of the last press and not of this one: what that left is old from here on, too.
    old = last.old | {last.now} if last is not None and last.is_on_its_way else frozenset()
    now = st.query_params["compare"] = _BETWEEN.join(after)
    st.session_state[_BESIDE] = _Beside(now, (old | {asked}) - {now}, monotonic())
    _note_done(name, step)
    # Those side by side stand above the cards, out of sight of the one that was pressed.
    values = {"name": called(look, name), "count": len(after), "most": COMPARED}
    st.session_state[_DONE] = Message(f"page.find.done.{step}", values)


def _change(
    look: Look, at: str, step: str, name: str, change: Change, *, count: int = 1, then: Callable[[], None] | None = None
) -> None:
    """
    Change the list by a step, tell what came of it, and do what comes ``then`` where it was not refused.

    The step is made in the list as it is stored: who presses before the last step has been drawn presses a button of
    the look before. A list that came about in another window is not changed before it has been seen.
    """
    if _is_second_half(name, step):
        return

    def made() -> tuple[int, Message]:
        stated = preferences.preferences_of(*look.whose)
        before = (stated.tiers, stated.vetoes) if stated else ((), ())
        after = change(*before)
        if stated is None or after != before:
            lists = {"tiers": after[0], "vetoes": after[1], "version": look.version}
            stated = preferences.state_preferences(*look.whose, **lists)
        place = place_in(stated.tiers, name)
        told = step if step in ("veto", "lift", "gone") else "placed" if place else "remove"
        return stated.version, Message(
            f"page.find.done.{told}", {"name": called(look, name), "place": place, "count": count}
        )

    _carry_out(look, at, made, then)
    _note_done(name, step)


def _is_second_half(name: str, step: str) -> bool:
    """
    Tell whether a press would undo what was done a moment ago: that is the second half of a double click.

    "Add" and "remove" are one button, and so are "tie" and "untie", and both steps of comparing. The moment begins when
    the first half is done, however long that took: the second one has waited for it.
    """
    last_name, last_step, done_at = st.session_state.get(_LAST, ("", "", 0.0))
    return last_name == name and {step, last_step} in _OPPOSITE and monotonic() - done_at < _DOUBLE_CLICK_S


def _note_done(name: str, step: str) -> None:
    st.session_state[_LAST] = (name, step, monotonic())


def _carry_out(
    look: Look, at: str, call: Callable[[], tuple[int, Message]], then: Callable[[], None] | None = None
) -> None:
    """
    Do what a button asks for, which gives the version of the list then, and what is told.

    A refusal is told where the button is, since the head of the page may be far away.
    """
    st.session_state.pop(_REFUSED, None)
    try:
        version, done = call()
    except MatcherError as fault:
        st.session_state[_REFUSED] = (at, fault.messages)
        return
    look.note_seen(version)
    st.session_state[_DONE] = done
    if then is not None:
        then()


def refusal(say: Words, at: str) -> None:
    """Tell what was refused here."""
    where, messages = st.session_state.get(_REFUSED, ("", ()))
    if where == at:
        st.session_state.pop(_REFUSED)
        st.html(notice(say("page.refused"), shortened(say, messages), "attention"))


def rest_of_refusals(say: Words) -> None:
    """Tell, over everything, a refusal whose place is not there any more: each is told once."""
    if (refused := st.session_state.pop(_REFUSED, None)) is not None:
        st.toast(literal(" ".join([say("page.refused"), *shortened(say, refused[1])])))


def _told(say: Words) -> None:
    """Tell what was done, where it can be seen from anywhere, and nothing that is looked at moves for it."""
    if (done := st.session_state.pop(_DONE, None)) is not None:
        st.toast(literal(say.say(done)), icon=":material/check:")


def _step(
    look: Look,
    where: str,
    name: str,
    step: str,
    of: Callable[[Tiers, str], Tiers],
    *,
    icon: str | None = None,
    key: str | None = None,
) -> None:
    """
    Offer a step.

    One that leads nowhere is pale, and tells the place as it is: were it disabled, the keyboard would fall off it with
    the very step that leads to an end of the list.
    """
    leads_nowhere = of(look.tiers, name) == look.tiers
    st.button(
        about(look.say(f"page.find.step.{step}"), called(look, name), is_pale=leads_nowhere),
        icon=f":material/{icon}:" if icon else None,
        on_click=_change,
        args=(look, f"{where} {name}", step, name, lambda tiers, vetoes: (of(tiers, name), vetoes)),
        key=key or f"{step}-{where}-{name}",
    )


def _gone(look: Look) -> None:
    """Say who was stated and may not be any more: nothing else can be saved before they are taken out."""
    say, gone = look.say, look.choice.gone
    if not gone:
        return
    names = tuple(called(look, name) for name in gone)
    st.html(notice(say("page.find.gone.some"), [say("page.find.gone.hint", {"names": names})], "attention"))

    def taken_out(tiers: Tiers, vetoes: Vetoes) -> tuple[Tiers, Vetoes]:
        for name in gone:
            tiers, vetoes = removed(tiers, name), _without(vetoes, name)
        return tiers, vetoes

    @once
    def sent() -> None:
        _change(look, "list", "gone", gone[0], taken_out, count=len(gone))

    st.button(say("page.find.gone.do"), on_click=sent, key="gone")


def _withdraw(look: Look) -> None:
    """Offer to take everything back."""
    say = look.say

    def made() -> tuple[int, Message]:
        withdrawn = preferences.withdraw_preferences(*look.whose, version=look.version or 0)
        return withdrawn.version, Message("page.find.done.withdraw")

    with st.popover(say("page.find.withdraw"), key="withdraw"):
        st.html(tag("p", text(say("page.find.withdraw.hint")), "quiet"))
        st.button(say("page.find.withdraw.do"), on_click=_carry_out, args=(look, "list", made), key="withdraw-do")
