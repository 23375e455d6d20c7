"""What a page is about, by its address: the round, the scenario. A link, or a refresh, leads to the same."""

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

import streamlit as st

from matcher.domain.roles import Principal
from matcher.domain.rounds import STATES, RoundState
from matcher.pages.markup import tag, text
from matcher.pages.words import Words
from matcher.services import rounds, scenarios
from matcher.services.standing import scenario_first
from matcher.store import Store
from matcher.store.entities import Batch, Round, Scenario

T = TypeVar("T")


def chosen_round(say: Words, store: Store, who: Principal) -> Round | None:
    """Let a round be chosen, in the sidebar, the newest first; None where there is none."""
    names = {batch.id: batch for batch in rounds.batches(store, who) if batch.erased_on is None}
    found = [round_ for batch in names.values() for round_ in rounds.rounds(store, who, batch.id)]
    found.sort(key=lambda round_: round_.id, reverse=True)
    if not found:
        return None
    with st.session_state["round_place"]:
        return choose(
            say("page.round"),
            found,
            "round",
            key_of=lambda round_: str(round_.id),
            format_func=lambda round_: say(  # the sidebar is narrow; the state is beside the title
                "page.round.short", {"batch": names[round_.batch_id].name, "number": round_.number}
            ),
        )


def chosen_scenario(
    say: Words, store: Store, who: Principal, round_: Round, *, first: int | None = None
) -> Scenario | None:
    """Let one of a round's scenarios be chosen: the one named, by its id, then the newest; None where there is none."""
    found = list(reversed(scenarios.scenarios(store, who, round_.id)))
    found.sort(key=lambda scenario: scenario.id != first)
    if not found:
        return None
    return choose(
        say("page.scenario"),
        found,
        "scenario",
        key_of=lambda scenario: str(scenario.id),
        format_func=lambda scenario: scenario.name,
    )


def chosen_list(say: Words, store: Store, who: Principal) -> Scenario | None:
    """Let round and scenario be chosen, whose list is looked at: the one proposed first; None where there is none."""
    round_ = chosen_round(say, store, who)
    if round_ is None:
        return None
    with st.session_state["round_place"]:
        return chosen_scenario(say, store, who, round_, first=scenario_first(store, who, round_.id))


def round_name(say: Words, batch: Batch, round_: Round) -> str:
    """Name a round as people do: its batch, its number, its state."""
    values = {"batch": batch.name, "number": round_.number, "state": say(f"value.round.{round_.state}")}
    return say("page.round.of", values)


def steps(say: Words, state: RoundState) -> str:
    """Draw the way of a round, and how far it is."""
    here = STATES.index(state)
    return tag(
        "ol",
        "".join(
            tag(
                "li",
                text(say(f"value.round.{other}")),
                "done" if place < here else "here" if place == here else "",
                aria_current="step" if place == here else None,
            )
            for place, other in enumerate(STATES)
        ),
        "steps",
    )


def choose(
    label: str,
    options: Sequence[T],
    name: str,
    *,
    key_of: Callable[[T], str],
    format_func: Callable[[T], str],
    is_label_shown: bool = False,
) -> T:
    """
    Let one of several things be chosen, and keep the choice in the address under ``name``.

    Parameters
    ----------
    label : str
    options : sequence
        At least one; the first where the address names none of them.
    name : str
        In the address, and of the widget.
    key_of : callable
        How the address names each.
    format_func : callable
        How people read it.
    """
    of_key = {key_of(option): option for option in options}

    def changed() -> None:
        st.query_params[name] = st.session_state[name]

    asked = st.query_params.get(name, "")
    st.session_state[name] = asked if asked in of_key else next(iter(of_key))
    key = st.selectbox(
        label,
        list(of_key),
        format_func=lambda key: format_func(of_key[key]),
        key=name,
        on_change=changed,
        label_visibility="visible" if is_label_shown else "collapsed",
    )
    return of_key[key]


def pick(label: str, options: Sequence[str], name: str, *, format_func: Callable[[str], str]) -> str:
    """
    Let one of a few words be picked from a row of buttons, and keep it in the address under ``name``.

    Returns
    -------
    str
        The first where the address names none of them.
    """

    def changed() -> None:
        st.query_params[name] = st.session_state[name]

    asked = st.query_params.get(name, "")
    st.session_state[name] = asked if asked in options else options[0]
    st.pills(
        label,
        options,
        format_func=format_func,
        required=True,
        key=name,
        on_change=changed,
        label_visibility="collapsed",
    )
    return st.session_state[name]


def pick_counted(say: Words, label: str, count: Mapping[str, int], name: str, called: Callable[[str], str]) -> str:
    """
    Let all be picked, or those of one kind, each with how many there are; kept in the address as `pick` keeps it.

    Parameters
    ----------
    say : Words
    label : str
    count : mapping of str to int
        How many there are of each kind, in the order in which they are shown.
    name : str
        In the address.
    called : callable
        How people read a kind.

    Returns
    -------
    str
        A kind, or ``all``.
    """
    labels = {"all": say("page.desk.state.all", {"count": sum(count.values())})}
    for kind, number in count.items():
        labels[kind] = say("page.desk.state.one", {"state": called(kind), "count": number})
    return pick(label, list(labels), name, format_func=labels.__getitem__)


def with_tabs(labels: Mapping[str, str], name: str, **contents: Callable[[], object]) -> None:
    """
    Show one of several things, each under a tab; which, the address keeps under ``name``. The others are not made.

    Parameters
    ----------
    labels : mapping of str to str
        What is written on each tab, by what the address calls it, as Markdown; the first is open unless it names one.
    name : str
        In the address, and of the widget.
    contents : callables
        Each shows what is under its tab.
    """
    of_label = {label: key for key, label in labels.items()}

    def changed() -> None:
        st.query_params[name] = of_label[st.session_state[name]]

    asked = st.query_params.get(name, "")
    st.session_state[name] = labels[asked if asked in labels else next(iter(labels))]
    for key, tab in zip(labels, st.tabs(list(labels.values()), key=name, on_change=changed), strict=True):
        if tab.open:
            with tab:
                contents[key]()
