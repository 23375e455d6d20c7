"""InfeasibleProblem is raised just where the brute force finds no assignment; each reason is a sentence."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matcher.assignment import OBJECTIVES, Market, assign
from matcher.assignment.diagnosis import confirm_feasible
from matcher.assignment.rules import Case, Quota, Rules
from matcher.domain.errors import InfeasibleProblem
from matcher.domain.messages import Message, Problem
from matcher.domain.settings import Proposer
from matcher.language import sentence
from tests.ruled import FIRM, Group, Ruled, ruled
from tests.strategies import Pair, Sketch, sketches


@st.composite
def harsh(draw: st.DrawFn) -> Ruled:
    """Markets under rules that are often too much: some by arithmetic, some only together."""
    market = draw(ruled())
    pairs = sorted(market.sketch.firm_likes)
    locks = market.locks | draw(st.frozensets(st.sampled_from(pairs), max_size=3))
    names = sorted(market.sketch.places)
    more = Group(
        FIRM,
        draw(st.frozensets(st.sampled_from(names))),
        draw(st.integers(0, 3)),
        draw(st.sampled_from((None, None, None, 0, 1))),
        draw(st.booleans()),
    )
    return Ruled(market.sketch, (*market.groups, more), locks, market.bans, market.people + draw(st.integers(0, 1)))


def are_sentences(reasons: Sequence[Message | Problem]) -> bool:
    """There are some, each in words of both languages; no code, no place left open, no Python."""
    texts = [sentence(reason, lang) for reason in reasons for lang in ("zh", "en")]
    marks = ("{", "}", "Message(", "None", "infeasible.", "relax.", "rule.")
    return bool(texts) and all(len(text) > 4 and not any(mark in text for mark in marks) for text in texts)


def test_about_half_of_the_harsh_markets_have_no_assignment() -> None:
    feasible: list[bool] = []

    @settings(max_examples=80)
    @given(harsh())
    def draw(market: Ruled) -> None:
        feasible.append(bool(market.all_feasible))

    draw()

    assert 1 / 4 < sum(feasible) / len(feasible) < 3 / 4


@pytest.mark.parametrize("objective", sorted(OBJECTIVES))
@settings(max_examples=80)
@given(market=harsh(), proposer=st.sampled_from(("firms", "experts")))
def test_the_rules_are_refused_just_where_no_assignment_keeps_them(
    objective: str, market: Ruled, proposer: Proposer
) -> None:
    def answer() -> list[Pair]:
        return assign(market.sketch.market(), objective, proposer, **market.rules()).pairs

    if market.all_feasible:
        assert frozenset(answer()) in market.all_feasible
    else:
        with pytest.raises(InfeasibleProblem) as caught:
            answer()
        assert are_sentences(caught.value.reasons)


@settings(max_examples=30)
@given(market=harsh(), objective=st.sampled_from(sorted(OBJECTIVES)))
def test_what_is_said_before_is_what_placing_would_say(market: Ruled, objective: str) -> None:
    made, given = market.sketch.market(), market.rules()
    quotas, locks, bans = (tuple(given[name]) for name in ("quotas", "locks", "bans"))
    rules = Rules(quotas, locks, bans, given["minimum_people"])

    def said(attempt: Callable[[], object]) -> list[str]:
        try:
            attempt()
        except InfeasibleProblem as fault:
            return list(map(str, fault.reasons))
        return []

    assert said(lambda: confirm_feasible(Case(made.trimmed, rules))) == said(lambda: assign(made, objective, **given))


@settings(max_examples=60)
@given(market=harsh().filter(lambda market: not market.all_feasible))
def test_the_last_reason_is_the_cheapest_way_out(market: Ruled) -> None:
    """Limits moved by the fewest places, a lock given up counting as one; what it says then has an assignment."""
    with pytest.raises(InfeasibleProblem) as caught:
        assign(market.sketch.market(), "total", **market.rules())
    way_out = caught.value.reasons[-1]
    assert isinstance(way_out, Message)
    assert way_out.code == "infeasible.relax"
    relaxed, cost = follow(market, way_out.values["changes"])

    assert relaxed.all_feasible
    possible = [placed for placed in market.sketch.all_feasible if not market.bans & placed]
    assert cost == min(map(market.moves, possible))


def follow(market: Ruled, changes: Any) -> tuple[Ruled, int]:
    """Do what is advised, and count the places by which limits move."""
    groups, locks, people, cost = list(market.groups), market.locks, market.people, 0
    for change in changes:
        values = change.values
        if change.code == "relax.drop_lock":
            locks, cost = locks - {(values["firm"], values["expert"])}, cost + 1
            continue
        cost += abs(values["then"] - values["now"])
        if change.code == "relax.lower_minimum_people":
            people = values["then"]
            continue
        bound = {"relax.lower_minimum": "minimum", "relax.raise_maximum": "maximum"}[change.code]
        k = int(values["group"].values["value"].removeprefix("group "))
        assert getattr(groups[k], bound) == values["now"]
        groups[k] = groups[k]._replace(**{bound: values["then"]})
    return replace(market, groups=tuple(groups), locks=locks, people=people), cost


@settings(max_examples=40)
@given(sketches(most_agents=3, most_places=2), st.sampled_from(sorted(OBJECTIVES)))
def test_without_rules_there_is_always_an_assignment(sketch: Sketch, objective: str) -> None:
    assert sketch.feasible(frozenset(assign(sketch.market(), objective).pairs))


TOWN = Market.from_lists(
    firms={"f": ["a", "b"], "g": ["a", "b"], "h": ["a"]},
    experts={"a": ["f", "g", "h"], "b": ["f", "g"], "c": []},
    firm_capacity={"f": 2, "g": 0},
)


def township(setting: str = "township.甘霖镇", **bounds: Any) -> Quota:
    return Quota(side="firm", group={"f": "甘霖镇", "g": "甘霖镇"}, value="甘霖镇", setting=setting, **bounds)


@pytest.mark.parametrize("objective", sorted(OBJECTIVES))
@pytest.mark.parametrize(
    ("rules", "named"),
    [
        ({"locks": [("h", "b")]}, ["h", "b"]),
        ({"locks": [("f", "a")], "bans": [("f", "a")]}, ["f", "a"]),
        ({"locks": [("f", "a"), ("h", "a")]}, ["a"]),
        ({"locks": [("g", "b")]}, ["g"]),
        ({"quotas": [township(minimum=2, maximum=1)]}, ["甘霖镇", "2", "1"]),
        ({"quotas": [township(maximum=0)], "locks": [("f", "a")]}, ["甘霖镇"]),
        ({"quotas": [township(minimum=3)]}, ["甘霖镇", "3"]),
        ({"quotas": [township(minimum=2)], "locks": [("h", "a")]}, ["甘霖镇"]),
        ({"minimum_people": 3}, ["3"]),
        ({"minimum_people": 4}, ["4"]),
        ({"minimum_people": 2, "bans": [("f", "b")]}, ["2"]),
    ],
    ids=[
        "lock of who is not acceptable",
        "lock of a banned pair",
        "locks over an expert's places",
        "lock over a need's places",
        "minimum over maximum",
        "lock in a closed township",
        "minimum out of reach",
        "a lock takes whom the minimum needs",
        "people whom nobody takes",
        "more people than there are",
        "people whom a ban takes away",
    ],
)
def test_reasons_name_whom_and_what_they_are_about(objective: str, rules: dict[str, Any], named: list[str]) -> None:
    with pytest.raises(InfeasibleProblem) as caught:
        assign(TOWN, objective, **rules)
    texts = [str(reason) for reason in caught.value.reasons]

    assert are_sentences(caught.value.reasons)
    assert all(any(name in text for text in texts) for name in named)


@pytest.mark.parametrize("objective", sorted(OBJECTIVES))
def test_an_expert_locked_to_two_needs_of_one_firm_is_refused(objective: str) -> None:
    likes = {("f-1", "e"): 2, ("f-2", "e"): 1}
    sketch = Sketch({"f-1": "f", "f-2": "f"}, {"f-1": 1, "f-2": 1}, {"e": 2}, likes, likes)

    with pytest.raises(InfeasibleProblem) as caught:
        assign(sketch.market(), objective, locks=likes)
    assert are_sentences(caught.value.reasons)
