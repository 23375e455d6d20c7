"""Quotas, as the objectives keep them: ``stable`` against two forms of its definition, and what quotas mean."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings, target
from hypothesis import strategies as st

from matcher.assignment import Market, assign, audit
from matcher.assignment.rules import Quota
from matcher.domain.settings import Proposer
from tests.ruled import EXPERT, FIRM, Group, Ruled, ruled
from tests.strategies import Sketch

PROPOSERS: tuple[Proposer, ...] = ("firms", "experts")
nested_maxima = ruled(minima=False, crossing=False, people=False).filter(
    lambda market: market.has_maxima and bool(market.all_feasible)
)


@settings(max_examples=80)
@given(ruled(crossing=False, people=False), st.data())
def test_of_nested_groups_the_first_full_one_outward_decides_as_all_of_them_do(
    market: Ruled, data: st.DataObject
) -> None:
    placed = data.draw(st.sampled_from(market.sketch.all_feasible))

    for pair in market.sketch.firm_likes.keys() - placed - market.locks:
        for side in (FIRM, EXPERT):
            assert market.takes(side, placed, pair) == market.takes_outward(side, placed, pair)


@settings(max_examples=80)
@given(ruled(maxima=False, minima=False), st.data())
def test_without_a_maximum_a_pair_blocks_as_in_any_market(market: Ruled, data: st.DataObject) -> None:
    placed = data.draw(st.sampled_from(market.sketch.all_feasible))

    if not market.locks:
        assert market.blocking(placed) == market.sketch.blocking(placed) - market.bans


@settings(max_examples=80)
@given(nested_maxima)
def test_nested_maxima_leave_an_assignment_that_nothing_blocks(market: Ruled) -> None:
    """Fleiner (2003): two matroids with strict orders have a kernel; all kernels are of one size."""
    assert len({len(placed) for placed in market.all_stable}) == 1


@pytest.mark.parametrize("proposer", PROPOSERS)
@settings(max_examples=80)
@given(market=nested_maxima)
def test_under_nested_maxima_nothing_blocks_and_the_proposers_have_their_best(
    proposer: Proposer, market: Ruled
) -> None:
    assignment = assign(market.sketch.market(), proposer=proposer, **market.rules())
    placed = frozenset(assignment.pairs)

    assert placed in market.all_stable
    for other in market.all_stable:
        assert market.choice(FIRM if proposer == "firms" else EXPERT, placed | other) == placed
        assert market.choice(EXPERT if proposer == "firms" else FIRM, placed | other) == other


@pytest.mark.parametrize("proposer", PROPOSERS)
@settings(max_examples=80)
@given(market=ruled().filter(lambda market: bool(market.all_feasible)))
def test_under_any_rules_as_few_pairs_block_as_can_be_and_then_most_are_placed(
    proposer: Proposer, market: Ruled
) -> None:
    target(float(market.fewest_blocking))
    assignment = assign(market.sketch.market(), proposer=proposer, **market.rules())

    assert assignment.certificate.n_blocking_pairs == market.fewest_blocking
    assert len(market.blocking(frozenset(assignment.pairs))) == market.fewest_blocking
    assert len(assignment.pairs) == max(map(len, market.least_blocked))


def test_rules_drawn_force_blocking_pairs_often_enough() -> None:
    fewest: list[int] = []

    @settings(max_examples=150)
    @given(ruled().filter(lambda market: bool(market.all_feasible)))
    def draw(market: Ruled) -> None:
        fewest.append(market.fewest_blocking)

    draw()

    assert sum(count > 0 for count in fewest) > 5


def cap(side: str, maximum: int, *names: str, **more: Any) -> Quota:
    return Quota(side=side, group=dict.fromkeys(names, "甘霖镇"), value="甘霖镇", maximum=maximum, **more)  # ty: ignore[invalid-argument-type]


def floor(side: str, minimum: int, *names: str, **more: Any) -> Quota:
    return Quota(side=side, group=dict.fromkeys(names, "甘霖镇"), value="甘霖镇", minimum=minimum, **more)  # ty: ignore[invalid-argument-type]


CROSSED = Market.from_lists(
    firms={"h1": ["d1", "d2"], "h2": ["d2", "d1"]}, experts={"d1": ["h2", "h1"], "d2": ["h1", "h2"]}
)
"""Two firms of one township; each wants the expert who wants the other firm."""


def naively_blocking(placed: tuple[str, str] | None) -> list[tuple[str, str]]:
    """Pairs of the crossed market that would block if firms had no common order and the cap only forbade growth."""
    firms, experts = {"h1": "d1 d2", "h2": "d2 d1"}, {"d1": "h2 h1", "d2": "h1 h2"}
    found = []
    for h, likes in firms.items():
        for d, wants in experts.items():
            free = placed is None
            gains = free or placed[1] != d or wants.index(h) < wants.index(placed[0])
            moves = not free and placed[1] == d and placed[0] != h
            replaces = not free and placed[0] == h and likes.index(d) < likes.index(placed[1])
            if gains and (free or moves or replaces):
                found.append((h, d))
    return found


def test_where_the_naive_definition_has_no_solution_the_kernel_has_one() -> None:
    """The example of the design: every single pair is blocked by another one, and so is the empty list."""
    quota = cap("firm", 1, "h1", "h2")

    assert all(naively_blocking(placed) for placed in (None, *CROSSED.position))
    for proposer in PROPOSERS:
        assignment = assign(CROSSED, proposer=proposer, quotas=[quota])
        assert assignment.pairs == [("h1", "d1")]
        assert assignment.certificate.n_blocking_pairs == 0


TOWN = Market.from_lists(
    firms={"f": ["a", "b"], "g": ["b", "c"], "h": ["c", "a"]},
    experts={"a": ["f", "h"], "b": ["f", "g"], "c": ["g", "h"]},
    firm_capacity={"f": 2},
)


def test_a_capped_township_keeps_its_best_pairs_and_the_rest_is_forbidden_by_the_quota() -> None:
    quota = cap("firm", 1, "f", "g")
    assignment = assign(TOWN, quotas=[quota])
    report = audit(TOWN, assignment.pairs, quotas=[quota])

    assert assignment.pairs == [("f", "a"), ("h", "c")]
    assert report.classes["f", "b"] == report.classes["g", "b"] == "forbidden_by_quota"
    assert assign(TOWN).pairs == [("f", "a"), ("f", "b"), ("g", "c")]


def test_a_township_closed_by_a_maximum_of_0_gets_nobody() -> None:
    for objective in ("stable", "total", "fair"):
        assert not {"f", "g"} & {firm for firm, _ in assign(TOWN, objective, quotas=[cap("firm", 0, "f", "g")]).pairs}


def test_a_floor_for_an_institution_places_whom_nobody_put_first_and_says_who_is_passed_over() -> None:
    market = Market.from_lists(firms={"f": ["a", "b"]}, experts={"a": ["f"], "b": ["f"]})
    assignment = assign(market, quotas=[floor("expert", 1, "b")])

    assert assignment.pairs == [("f", "b")]
    assert assignment.certificate.n_blocking_pairs == 1
    assert audit(market, assignment.pairs, quotas=[floor("expert", 1, "b")]).blocking_pairs == [("f", "a")]


@pytest.mark.parametrize("objective", ["stable", "total", "fair"])
def test_a_lock_comes_before_what_anybody_likes_and_uses_the_quota(objective: str) -> None:
    assignment = assign(TOWN, objective, quotas=[cap("firm", 1, "f", "g")], locks=[("g", "c")])

    assert [pair for pair in assignment.pairs if pair[0] in "fg"] == [("g", "c")]
    if objective == "stable":
        assert assignment.pairs == [("g", "c"), ("h", "a")]
        assert assignment.certificate.n_blocking_pairs == 0


@pytest.mark.parametrize("objective", ["stable", "total", "fair"])
def test_one_expert_at_two_firms_is_two_pairs_but_one_of_the_people(objective: str) -> None:
    market = Market.from_lists(
        firms={"f": ["a", "b"], "g": ["a", "b"]},
        experts={"a": ["f", "g"], "b": ["g", "f"]},
        expert_capacity={"a": 2, "b": 2},
    )
    by_pairs = assign(market, objective, quotas=[cap("firm", 1, "f", "g")])
    by_people = assign(market, objective, quotas=[cap("firm", 1, "f", "g", counts="people")])

    assert by_pairs.pairs == [("f", "a")]
    assert by_people.pairs == [("f", "a"), ("g", "a")]


@pytest.mark.parametrize("objective", ["stable", "total", "fair"])
@pytest.mark.parametrize(
    "rule",
    [{"minimum_people": 2}, {"quotas": [floor("firm", 2, "f", "g", counts="people")]}],
    ids=["minimum_people", "quota"],
)
def test_a_floor_of_people_makes_room_for_a_second_person(objective: str, rule: dict[str, Any]) -> None:
    market = Market.from_lists(
        firms={"f": ["a", "b"], "g": ["a", "b"]},
        experts={"a": ["f", "g"], "b": ["f", "g"]},
        expert_capacity={"a": 2},
    )
    pairs = assign(market, objective, **rule).pairs

    assert {expert for _, expert in pairs} == {"a", "b"}
    assert {expert for _, expert in assign(market).pairs} == {"a"}


@pytest.mark.parametrize("objective", ["stable", "total", "fair"])
def test_groups_that_cross_are_kept_all(objective: str) -> None:
    quotas = [cap("firm", 1, "f", "g"), cap("firm", 1, "g", "h")]
    pairs = assign(TOWN, objective, quotas=quotas).pairs

    assert audit(TOWN, pairs, quotas=quotas).violations == []
    assert {firm for firm, _ in pairs} == {"f", "h"}


def test_two_equal_groups_keep_the_smaller_maximum() -> None:
    quotas = [cap("firm", 2, "f", "g"), cap("firm", 1, "f", "g")]

    assert assign(TOWN, quotas=quotas).pairs == assign(TOWN, quotas=quotas[::-1]).pairs == [("f", "a"), ("h", "c")]


def test_likings_of_two_agents_are_compared_by_satisfaction_then_by_ids() -> None:
    equal = {("f", "a"): 1, ("g", "b"): 1}
    alike = Sketch({"f": "f", "g": "g"}, {"f": 1, "g": 1}, {"a": 1, "b": 1}, equal, equal)
    warmer = replace(alike, firm_likes={("f", "a"): 1, ("g", "b"): 2})
    group = Group(FIRM, frozenset("fg"), maximum=1)

    for sketch, best in ((alike, ("f", "a")), (warmer, ("g", "b"))):
        market = Ruled(sketch, (group,))
        assert market.all_stable == [frozenset({best})]
        assert assign(sketch.market(), **market.rules()).pairs == [best]


def test_a_longer_list_gives_no_priority_in_a_group() -> None:
    firms = {"f1": ["a"], "f2": ["b", "c"]}
    market = Market.from_lists(firms=firms, experts={"a": ["f1"], "b": ["f2"], "c": ["f2"]})
    quota = Quota(side="firm", group={"f1": "T", "f2": "T"}, value="T", maximum=1)

    assert assign(market, quotas=[quota]).pairs == [("f1", "a")]
    assert audit(market, [("f1", "a")], quotas=(one for one in [quota])).blocking_pairs == []


@pytest.mark.parametrize("objective", ["stable", "total", "fair"])
def test_who_has_no_pair_has_no_part_in_telling_equals_apart(objective: str) -> None:
    firms, experts = {"f": [["a", "b"]], "g": [["a", "b"]]}, {"a": [["f", "g"]], "b": [["f", "g"]]}
    alone = assign(Market.from_lists(firms, experts, firm_capacity={"f": 2}), objective).pairs
    beside = Market.from_lists({**firms, "0": [], "z": []}, {**experts, "0": [], "z": []}, firm_capacity={"f": 2})

    assert assign(beside, objective).pairs == alone


@pytest.mark.parametrize("objective", ["stable", "total", "fair"])
def test_places_without_limit_are_no_trouble(objective: str) -> None:
    market = Market.from_lists({"f": ["a", "b"]}, {"a": ["f"], "b": ["f"]}, firm_capacity={"f": 2**62})
    quota = Quota(side="firm", group={"f": "T"}, value="T", minimum=1)
    found = assign(market, objective, quotas=[quota])

    assert found.pairs == [("f", "a"), ("f", "b")]
    assert found.certificate.gap == 0
