"""Doing what somebody asks for on a page: a use case carries it out, and what came of it is told in the next look."""

from collections.abc import Callable
from functools import wraps
from typing import Any

import streamlit as st

from matcher.domain.errors import MatcherError
from matcher.domain.messages import Message, Problem
from matcher.pages.markup import literal, notice
from matcher.pages.words import Words

PROBLEMS_SHOWN = 20
_TOLD, _SHOWN, _BEFORE, _ATTEMPTED = "told", "told since the last press", "told before it", "attempted"


def attempt(call: Callable[[], Any], done: Message | Callable[[Any], Message] | None = None, *, place: str = "") -> Any:
    """
    Carry out what a button asks for; meant for ``on_click``, so that the page is then drawn as things are.

    Parameters
    ----------
    call : callable
        A use case with its arguments; it reads what was typed when it is called, not when the page was drawn. One that
        was made when the page was drawn is carried out once: the second half of a double click is no second wish.
    done : Message, callable or None
        What to tell when it is done; a callable is given what came of it.
    place : str
        Where on the page it is told, as `show_told` is asked; "": at its head.

    Returns
    -------
    object
        What came of it; None where it was refused, which the page tells with the reasons, or has been done.
    """
    if st.session_state.get(_ATTEMPTED) is call:
        tell_again()
        return None
    if done is not None:  # what keeps a field tells nothing, and is no press
        st.session_state[_ATTEMPTED] = call
    try:
        result = call()
    except MatcherError as fault:
        tell(*fault.messages, is_problem=True, place=place)
        return None
    if done is not None:
        tell(done if isinstance(done, Message) else done(result), place=place)
    return result


def once(press: Callable[..., None]) -> Callable[..., None]:
    """Carry a press out once for each time that its button is drawn; meant for what ``on_click`` is given."""
    is_pressed = False

    @wraps(press)
    def pressed(*given: Any, **named: Any) -> None:
        nonlocal is_pressed
        if is_pressed:
            tell_again()
            return
        is_pressed = True
        st.session_state[_BEFORE] = st.session_state.pop(_SHOWN, {})
        press(*given, **named)

    return pressed


def tell(*messages: Message | Problem | str, is_problem: bool = False, place: str = "") -> None:
    """Keep what is to be told when the page is drawn next, at its head or at a place of its own."""
    st.session_state.pop(_SHOWN, None)
    st.session_state.setdefault(_TOLD, {}).setdefault(place, []).append((messages, is_problem))


def tell_again(*, of_before: bool = False) -> None:
    """
    Tell what was told since the last press: the look that told it is drawn over by the second half of a double click.

    ``of_before``: this press is that second half, and the first one was a press of the look before.
    """
    told = st.session_state.get(_BEFORE if of_before else _SHOWN, {})
    st.session_state.setdefault(_TOLD, {}).update(told)


def tell_rest(say: Words) -> None:
    """Tell, over everything, what was to be told at a place that is not there any more; at the end of a page."""
    for found in st.session_state.pop(_TOLD, {}).values():
        for messages, is_problem in found:
            said = shortened(say, messages)
            st.toast(literal(" ".join([say("page.refused"), *said] if is_problem else said)))


def show_told(say: Words, place: str = "") -> None:
    """Tell what came of what was asked for, once."""
    told = st.session_state.get(_TOLD, {}).pop(place, [])
    if told:
        st.session_state.setdefault(_SHOWN, {})[place] = told
    for messages, is_problem in told:
        lines = shortened(say, messages)
        if is_problem:
            st.html(notice(say("page.refused"), lines, "attention"))
        else:
            st.html(notice(lines[0], lines[1:]))


def shortened(say: Words, messages: tuple[Message | Problem | str, ...] | list[Message | Problem]) -> list[str]:
    """Word the first few messages, and say how many more there are."""
    lines = [say.say(message) for message in messages[:PROBLEMS_SHOWN]]
    rest = len(messages) - len(lines)
    return [*lines, *([say("page.more", {"count": rest})] if rest else [])]
