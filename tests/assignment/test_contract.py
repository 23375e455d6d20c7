"""
One contract for every objective.

Whatever the rules, the result keeps them, its certificate holds, and what means nothing changes nothing.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from matcher.assignment import OBJECTIVES, Assignment, Market, assign, audit
from matcher.assignment.claims import broken_claims
from matcher.assignment.rules import Quota
from matcher.domain.errors import SettingsError
from matcher.domain.settings import Proposer
from tests.ruled import EXPERT, FIRM, Group, Ruled, ruled
from tests.strategies import Sketch

PROPOSERS: tuple[Proposer, ...] = ("firms", "experts")
soluble = ruled().filter(lambda market: bool(market.all_feasible))

each_objective = pytest.mark.parametrize("objective", sorted(OBJECTIVES))
each_proposer = pytest.mark.parametrize("proposer", PROPOSERS)


def place(market: Ruled, objective: str, proposer: Proposer = "firms", seed: int = 0) -> Assignment:
    return assign(market.sketch.market(), objective, proposer, seed=seed, **market.rules(), **market.kept())


@each_objective
@each_proposer
@settings(max_examples=40)
@given(market=soluble, seed=st.integers(0, 2))
def test_the_result_keeps_every_rule_and_its_certificate_holds(
    objective: str, proposer: Proposer, market: Ruled, seed: int
) -> None:
    assignment = place(market, objective, proposer, seed)
    certificate, placed = assignment.certificate, frozenset(assignment.pairs)
    report = audit(market.sketch.market(), assignment.pairs, **market.rules())

    assert assignment.pairs == sorted(placed)
    assert placed in market.all_feasible
    assert report.violations == []
    assert (certificate.objective, certificate.scope, certificate.violations) == (objective, "full", ())
    assert certificate.n_blocking_pairs == len(market.blocking(placed))
    assert certificate.value <= certificate.bound + 1e-12
    assert certificate.gap == pytest.approx((certificate.bound - certificate.value) / (certificate.bound or 1))
    assert certificate.definition
    assert certificate.solver
    assert broken_claims(market.sketch.market(), assignment.rules, report, certificate, thorough=True) == []


@each_objective
@settings(max_examples=30)
@given(market=soluble, proposer=st.sampled_from(PROPOSERS), seed=st.integers(0, 5))
def test_the_same_seed_gives_the_same_answer(objective: str, market: Ruled, proposer: Proposer, seed: int) -> None:
    once, again = (place(market, objective, proposer, seed) for _ in range(2))

    assert once == again


@each_objective
@settings(max_examples=30)
@given(market=soluble, data=st.data())
def test_the_order_in_which_rules_and_groups_are_written_is_of_no_effect(
    objective: str, market: Ruled, data: st.DataObject
) -> None:
    def mixed(entries: Any) -> list[Any]:
        return data.draw(st.permutations(list(entries)))

    rules = market.rules()
    quotas = [replace(quota, group=dict(mixed(quota.group.items()))) for quota in mixed(rules["quotas"])]
    other: dict[str, Any] = {**rules, "quotas": quotas, "locks": mixed(rules["locks"]), "bans": mixed(rules["bans"])}
    again = assign(market.sketch.market(), objective, **other)
    once = place(market, objective)

    assert (again.pairs, again.certificate.value) == (once.pairs, once.certificate.value)


@each_objective
@given(
    fits=st.lists(st.tuples(st.integers(1, 4), st.integers(1, 4)), min_size=9, max_size=9),
    rows=st.permutations(range(3)),
    columns=st.permutations(range(3)),
    maximum=st.integers(1, 3),
)
@settings(max_examples=30)
def test_the_order_of_rows_and_columns_is_of_no_effect(
    objective: str, fits: list[tuple[int, int]], rows: list[int], columns: list[int], maximum: int
) -> None:
    def placed(rows: list[int], columns: list[int]) -> Assignment:
        firm_fit, expert_fit = np.array(fits, dtype=float).T.reshape(2, 3, 3)[:, rows][:, :, columns] / 5
        market = Market.from_scores(
            [f"f{i}" for i in rows], [f"e{j}" for j in columns], sp.csr_array(firm_fit), sp.csr_array(expert_fit)
        )
        group = {f"f{i}": "x" for i in rows if i < 2}
        return assign(market, objective, quotas=[Quota(side="firm", group=group, value="x", maximum=maximum)])

    assert placed(rows, columns) == placed([0, 1, 2], [0, 1, 2])


@each_objective
@settings(max_examples=30)
@given(market=soluble)
def test_other_names_in_the_same_order_are_of_no_effect(objective: str, market: Ruled) -> None:
    once, again = place(market, objective), place(market.renamed(lambda name: f"新{name}号"), objective)

    assert again.pairs == [(f"新{n}号", f"新{e}号") for n, e in once.pairs]
    assert again.certificate.value == once.certificate.value


@each_objective
@settings(max_examples=30)
@given(market=soluble)
def test_nothing_that_is_given_is_modified(objective: str, market: Ruled) -> None:
    given_market, untouched = market.sketch.market(), market.sketch.market()
    arguments, same = {**market.rules(), **market.kept()}, {**market.rules(), **market.kept()}
    assign(given_market, objective, **arguments)

    assert arguments == same
    for name in Market.__dataclass_fields__:
        assert np.array_equal(getattr(given_market, name), getattr(untouched, name))


@each_objective
@settings(max_examples=40)
@given(market=soluble, name=st.sampled_from(("a", "e1x", "n1x", "z")), is_need=st.booleans())
def test_somebody_acceptable_to_nobody_changes_nothing(objective: str, market: Ruled, name: str, is_need: bool) -> None:
    sketch = market.sketch
    more = (
        {"places": {**sketch.places, name: 1}, "firm_of": {**sketch.firm_of, name: name}}
        if is_need
        else {"seats": {**sketch.seats, name: 1}}
    )
    once, again = place(market, objective), place(replace(market, sketch=replace(sketch, **more)), objective)

    assert again.pairs == once.pairs
    assert again.certificate.value == once.certificate.value


@each_objective
@settings(max_examples=40)
@given(market=soluble, data=st.data())
def test_a_ban_does_what_mutual_refusal_would_do(objective: str, market: Ruled, data: st.DataObject) -> None:
    assume(len(market.sketch.firm_likes) > len(market.locks))
    pair = data.draw(st.sampled_from(sorted(market.sketch.firm_likes.keys() - market.locks)))
    banned, struck = replace(market, bans=market.bans | {pair}), market.without(pair)
    struck = replace(struck, bans=market.bans - {pair})
    assume(banned.all_feasible)
    by_ban, by_refusal = place(banned, objective), place(struck, objective)

    assert banned.all_feasible == struck.all_feasible
    assert pair not in by_ban.pairs
    assert by_ban.pairs == by_refusal.pairs
    assert by_ban.certificate.value == by_refusal.certificate.value


@each_objective
@settings(max_examples=40)
@given(market=soluble, data=st.data())
def test_a_lock_on_what_is_placed_costs_nothing(objective: str, market: Ruled, data: st.DataObject) -> None:
    once = place(market, objective)
    assume(once.pairs)
    pair = data.draw(st.sampled_from(once.pairs))
    again = place(replace(market, locks=market.locks | {pair}), objective)

    assert pair in again.pairs
    if objective == "stable":
        assert again.certificate.n_blocking_pairs <= once.certificate.n_blocking_pairs
    else:
        assert again.certificate.value == once.certificate.value


@each_objective
@settings(max_examples=40)
@given(market=soluble)
def test_a_quota_that_nothing_can_break_changes_no_value(objective: str, market: Ruled) -> None:
    assume(market.has_maxima or objective != "stable")  # the first maximum makes all orders strict
    n_pairs = len(market.sketch.firm_likes)
    slack = tuple(
        Group(side, frozenset(names), maximum=n_pairs)
        for side, names in ((FIRM, market.sketch.places), (EXPERT, market.sketch.seats))
    )
    once, again = place(market, objective), place(replace(market, groups=(*market.groups, *slack)), objective)

    assert again.certificate.value == once.certificate.value
    if objective == "stable":
        assert again.certificate.n_blocking_pairs == once.certificate.n_blocking_pairs


@each_objective
@each_proposer
@pytest.mark.parametrize("rules", [{}, {"quotas": [Quota(side="firm", group={}, value="x", maximum=0)]}])
def test_an_empty_market_gives_an_empty_list(objective: str, proposer: Proposer, rules: dict[str, Any]) -> None:
    assignment = assign(Market.from_lists(firms={}, experts={}), objective, proposer, **rules)

    assert assignment.pairs == []
    assert (assignment.certificate.value, assignment.certificate.bound, assignment.certificate.gap) == (0, 0, 0)


ONE = Sketch({"n": "n"}, {"n": 1}, {"e": 1}, {("n", "e"): 1}, {("n", "e"): 1})


@each_objective
@pytest.mark.parametrize("rule", ["locks", "bans"])
@pytest.mark.parametrize("pair", [("nobody", "e"), ("n", "nobody"), ("e", "n")])
def test_a_lock_or_a_ban_of_somebody_unknown_is_refused(objective: str, rule: str, pair: tuple[str, str]) -> None:
    stated: dict[str, Any] = {rule: [pair]}

    with pytest.raises(ValueError, match="is not in the market"):
        assign(ONE.market(), objective, **stated)


@each_objective
@pytest.mark.parametrize("name", ["keep_bonus", "minimum_people", "time_limit_s"])
def test_a_negative_number_is_refused(objective: str, name: str) -> None:
    stated: dict[str, Any] = {name: -1}

    with pytest.raises(ValueError, match=name):
        assign(ONE.market(), objective, **stated)


@pytest.mark.parametrize(
    "call",
    [lambda: assign(ONE.market(), "fastest"), lambda: assign(ONE.market(), proposer="nobody")],  # ty: ignore[invalid-argument-type]
    ids=["objective", "proposer"],
)
def test_an_unknown_objective_or_proposer_is_refused_with_those_that_there_are(call: Callable[[], object]) -> None:
    with pytest.raises(SettingsError, match=r"stable|experts"):
        call()


@pytest.mark.parametrize(
    "wrong",
    [{"side": "firms"}, {"counts": "person"}, {"minimum": -1}, {"maximum": -1}, {"minimum": 0.5}],
    ids=lambda wrong: next(iter(wrong)),
)
def test_a_quota_of_another_word_or_number_is_refused(wrong: dict[str, Any]) -> None:
    stated: dict[str, Any] = {"side": "firm", "group": {}, "value": "x", **wrong}

    with pytest.raises(ValueError, match="must be"):
        Quota(**stated)
