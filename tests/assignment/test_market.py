"""How a market is made, of lists or of scores, and what it refuses."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given
from hypothesis import strategies as st

from matcher.assignment import OBJECTIVES, Market, assign
from matcher.assignment.form import effective_capacity
from matcher.assignment.market import join
from matcher.domain.errors import SettingsError
from matcher.domain.messages import Message
from tests.strategies import expert, listed_markets

fits = st.one_of(st.none(), st.sampled_from((0.0, 0.25, 0.5, 1.0)), st.floats(0, 1))


def tier(listed: list[Any], name: str) -> int | None:
    """Place of a name in a list with ties, 1 the best."""
    tiers = [entry if isinstance(entry, list) else [entry] for entry in listed]
    return next((k for k, names in enumerate(tiers, 1) if name in names), None)


def matrix(rows: Sequence[Sequence[float | None]], shape: tuple[int, int]) -> sp.csr_array:
    """A sparse matrix in which None is not stored and 0 is."""
    cells = [(value, i, j) for i, row in enumerate(rows) for j, value in enumerate(row) if value is not None]
    data, i, j = zip(*cells, strict=True) if cells else ((), (), ())
    return sp.csr_array((np.array(data, dtype=float), (np.array(i, dtype=int), np.array(j, dtype=int))), shape=shape)


@given(listed_markets())
def test_lists_make_exactly_the_pairs_that_both_sides_list(arguments: dict[str, dict[str, Any]]) -> None:
    market = Market.from_lists(**arguments)
    mutual = {
        (f, e)
        for f, listed in arguments["firms"].items()
        for e, wished in arguments["experts"].items()
        if tier(listed, e) and tier(wished, f)
    }

    assert market.position.keys() == mutual
    assert market.ids(range(market.n_pairs)) == sorted(mutual)
    for name, capacity in zip(market.need_ids, market.need_capacity, strict=True):
        assert capacity == arguments["firm_capacity"].get(name, 1)
    for name, capacity in zip(market.expert_ids, market.expert_capacity, strict=True):
        assert capacity == arguments["expert_capacity"].get(name, 1)


@given(listed_markets())
def test_a_tier_is_worth_a_half_and_its_share_of_the_other_half(arguments: dict[str, dict[str, Any]]) -> None:
    market = Market.from_lists(**arguments)

    for (f, e), p in market.position.items():
        for listed, name, found in (
            (arguments["firms"][f], e, market.firm_satisfaction[p]),
            (arguments["experts"][e], f, market.expert_satisfaction[p]),
        ):
            r, of = tier(listed, name), len(listed)
            assert r is not None
            assert found == pytest.approx(1 / 2 + (of - r + 1) / (2 * of))


def test_satisfaction_falls_from_1_in_equal_steps_and_stays_above_a_half() -> None:
    market = Market.from_lists(firms={"f": ["a", ["b", "c"], "d"]}, experts={name: ["f"] for name in "abcd"})

    assert market.firm_satisfaction.tolist() == pytest.approx([1, 5 / 6, 5 / 6, 4 / 6])
    assert market.expert_satisfaction.tolist() == [1, 1, 1, 1]


@given(listed_markets())
def test_a_rank_is_one_more_than_the_pairs_that_are_better_in_the_market(arguments: dict[str, dict[str, Any]]) -> None:
    market = Market.from_lists(**arguments)

    for (f, e), p in market.position.items():
        mine = [tier(arguments["firms"][f], name) or 0 for firm, name in market.position if firm == f]
        theirs = [tier(arguments["experts"][e], name) or 0 for name, who in market.position if who == e]
        assert market.firm_rank[p] == 1 + sum(other < (tier(arguments["firms"][f], e) or 0) for other in mine)
        assert market.expert_rank[p] == 1 + sum(other < (tier(arguments["experts"][e], f) or 0) for other in theirs)


def test_ties_share_a_rank_and_the_next_one_is_left_out() -> None:
    market = Market.from_lists(firms={"f": [["a", "b"], "c"]}, experts={"a": ["f"], "b": ["f"], "c": ["f"]})

    assert market.firm_rank.tolist() == [1, 1, 3]


@given(st.lists(st.lists(fits, min_size=3, max_size=3), min_size=2, max_size=2), st.permutations(("b", "a")), st.data())
def test_the_order_of_the_ids_of_a_matrix_is_of_no_effect(
    rows: list[list[float | None]], firm_ids: list[str], data: st.DataObject
) -> None:
    expert_ids = data.draw(st.permutations(("x", "y", "z")))
    expert_rows = data.draw(st.lists(st.lists(fits, min_size=3, max_size=3), min_size=2, max_size=2))
    market = Market.from_scores(firm_ids, expert_ids, matrix(rows, (2, 3)), matrix(expert_rows, (2, 3)))
    by_row, by_column = np.argsort(firm_ids), np.argsort(expert_ids)
    straight = Market.from_scores(
        ["a", "b"],
        ["x", "y", "z"],
        matrix([[rows[i][j] for j in by_column] for i in by_row], (2, 3)),
        matrix([[expert_rows[i][j] for j in by_column] for i in by_row], (2, 3)),
    )

    assert market.position == straight.position
    assert market.firm_order.tolist() == straight.firm_order.tolist()
    assert market.expert_order.tolist() == straight.expert_order.tolist()
    assert assign(market) == assign(straight)
    assert market.position.keys() == {
        (firm_ids[i], expert_ids[j])
        for i in range(2)
        for j in range(3)
        if rows[i][j] is not None and expert_rows[i][j] is not None
    }


def test_a_zero_that_is_stored_is_acceptable_and_one_that_is_not_is_not() -> None:
    stored = matrix([[0.0, 0.5, None]], (1, 3))
    market = Market.from_scores(["f"], ["a", "b", "c"], stored, stored)

    assert list(market.position) == [("f", "a"), ("f", "b")]
    assert market.firm_rank.tolist() == [2, 1]


def test_what_one_side_alone_stores_is_not_acceptable() -> None:
    market = Market.from_scores(["f"], ["a", "b"], matrix([[0.5, 0.5]], (1, 2)), matrix([[0.5, None]], (1, 2)))

    assert list(market.position) == [("f", "a")]


def test_scores_that_round_to_the_same_billionth_are_tied() -> None:
    close = matrix([[0.3, 0.3 + 2e-10, 0.3 + 2e-9]], (1, 3))
    market = Market.from_scores(["f"], ["a", "b", "c"], close, close)

    assert market.firm_rank.tolist() == [2, 2, 1]


def test_each_side_ranks_by_its_own_scores() -> None:
    market = Market.from_scores(
        ["f", "g"], ["a", "b"], matrix([[0.9, 0.1], [0.8, 0.2]], (2, 2)), matrix([[0.3, 0.6], [0.4, 0.5]], (2, 2))
    )

    assert list(market.position) == [("f", "a"), ("f", "b"), ("g", "a"), ("g", "b")]
    assert market.firm_rank.tolist() == [1, 2, 1, 2]
    assert market.expert_rank.tolist() == [2, 1, 1, 2]


def test_satisfaction_of_scores_is_the_fit_and_value_is_the_mean() -> None:
    market = Market.from_scores(["f"], ["a"], matrix([[0.9]], (1, 1)), matrix([[0.4]], (1, 1)))

    assert (market.firm_satisfaction.tolist(), market.expert_satisfaction.tolist()) == ([0.9], [0.4])
    assert market.value.tolist() == pytest.approx([0.65])


@pytest.mark.parametrize(("joint", "value"), [("mean", 0.65), ("min", 0.4), ("geometric", 0.6)])
def test_both_sides_numbers_are_joined_in_three_ways(joint: Any, value: float) -> None:
    assert join(np.array([0.9]), np.array([0.4]), joint) == pytest.approx([value])
    assert join(np.array([0.4]), np.array([0.9]), joint) == pytest.approx([value])


def test_matrices_given_are_left_as_they_were() -> None:
    fit = matrix([[0.3, 0.0], [None, 1.0]], (2, 2))
    before = fit.copy()
    Market.from_scores(["g", "f"], ["b", "a"], fit, fit)

    assert np.array_equal(fit.data, before.data)
    assert np.array_equal(fit.indices, before.indices)


def arrays(**changes: Any) -> dict[str, Any]:
    """Arguments of a market of two needs and two experts, with some changed."""
    return {
        "need_ids": ("m", "n"),
        "expert_ids": ("a", "b"),
        "firm_of": np.array([0, 1]),
        "need_capacity": np.array([1, 1]),
        "expert_capacity": np.array([1, 1]),
        "need": np.array([0, 1]),
        "expert": np.array([0, 0]),
        "firm_order": np.array([1, 1]),
        "expert_order": np.array([1, 2]),
        "firm_satisfaction": np.array([0.5, 0.5]),
        "expert_satisfaction": np.array([0.5, 0.5]),
        **changes,
    }


def test_arrays_of_a_market_are_read_only_and_the_callers_stay_their_own() -> None:
    given_order = np.array([1, 1])
    market = Market(**arrays(firm_order=given_order))
    given_order[0] = 7

    assert market.firm_order.tolist() == [1, 1]
    with pytest.raises(ValueError, match="read-only"):
        market.firm_order[0] = 2


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"need_ids": ("n", "m")}, "ids must be sorted"),
        ({"expert_ids": ("a", "a")}, "ids must be sorted and each there once"),
        ({"firm_order": np.array([1])}, r"firm_order must have shape \(2,\)"),
        ({"need_capacity": np.array([1, 1, 1])}, r"need_capacity must have shape \(2,\)"),
        ({"need": np.array([1, 0])}, "sorted by need, then by expert"),
        ({"need": np.array([1, 1])}, "each there once"),
        ({"expert_capacity": np.array([1, -1])}, "expert_capacity must not be negative"),
    ],
)
def test_arrays_that_make_no_market_are_refused(changes: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        Market(**arrays(**changes))


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ({"firms": {"f": ["x"]}, "experts": {"e": []}}, "'f' lists 'x', who is not in the market"),
        ({"firms": {"f": []}, "experts": {"e": [["f", "g"]]}}, "'e' lists 'g', who is not in the market"),
        ({"firms": {"f": ["e", ["e"]]}, "experts": {"e": []}}, "'f' lists somebody twice"),
        ({"firms": {"f": []}, "experts": {}, "firm_capacity": {"g": 1}}, "a capacity is given for 'g'"),
        ({"firms": {"f": []}, "experts": {}, "firm_capacity": {"f": 1.5}}, "must be a whole number, not 1.5"),
        ({"firms": {"f": []}, "experts": {}, "expert_capacity": {"f": 1}}, "a capacity is given for 'f'"),
        ({"firms": {"f": []}, "experts": {}, "firm_capacity": {"f": -1}}, "need_capacity must not be negative"),
    ],
)
def test_lists_that_make_no_market_are_refused_by_name(arguments: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        Market.from_lists(**arguments)


GOOD = matrix([[0.5, 0.5]], (1, 2))


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ((["f"], ["a"], GOOD, GOOD), r"firm_fit must have shape \(1, 1\), not \(1, 2\)"),
        ((["f"], ["a", "b"], GOOD, GOOD.T), r"expert_fit must have shape \(1, 2\), not \(2, 1\)"),
        ((["f"], ["a", "b"], GOOD * 3, GOOD), r"firm_fit must lie in \[0, 1\]"),
        ((["f"], ["a", "b"], GOOD, -GOOD), r"expert_fit must lie in \[0, 1\]"),
        ((["f"], ["a", "b"], GOOD, GOOD * np.nan), r"expert_fit must lie in \[0, 1\]"),
        ((["f"], ["a", "a"], GOOD, GOOD), "an id is there twice"),
    ],
)
def test_scores_that_make_no_market_are_refused(arguments: tuple[Any, ...], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        Market.from_scores(*arguments)


def test_an_unknown_capacity_of_scores_is_refused() -> None:
    with pytest.raises(ValueError, match="a capacity is given for 'g'"):
        Market.from_scores(["f"], ["a", "b"], GOOD, GOOD, firm_capacity={"g": 2})


def test_an_unknown_objective_is_an_error_that_lists_the_names() -> None:
    with pytest.raises(SettingsError) as caught:
        assign(Market.from_lists({}, {}), "stabel")
    (message,) = caught.value.messages
    assert isinstance(message, Message)
    assert message.code == "settings.unknown_objective"
    assert message.values["value"] == "stabel"
    assert "stable" in str(message.values["names"])


def test_an_unknown_proposer_is_an_error_that_lists_the_names() -> None:
    proposer: Any = "doctors"
    with pytest.raises(SettingsError) as caught:
        assign(Market.from_lists({}, {}), proposer=proposer)
    (message,) = caught.value.messages
    assert isinstance(message, Message)
    assert message.code == "settings.unknown_proposer"
    assert message.values["names"] == ("firms", "experts")


def test_days_cap_the_firms_that_an_expert_can_serve() -> None:
    stated = [(2, 45), (2, 29), (3, None), (3, 0), (1, 366)]
    experts = [expert(f"e{k}", capacity=places, days_per_year=days) for k, (places, days) in enumerate(stated)]

    assert effective_capacity(experts, 15).tolist() == [2, 1, 3, 0, 1]
    assert effective_capacity(experts, None).tolist() == [2, 2, 3, 3, 1]


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_a_score_of_a_hundred_thousandth_does_not_vanish(objective: str) -> None:
    tiny = matrix([[1e-5, 2e-5]], (1, 2))
    market = Market.from_scores(["f"], ["a", "b"], tiny, tiny)

    assert market.firm_rank.tolist() == [2, 1]
    assert market.value.tolist() == pytest.approx([1e-5, 2e-5])
    assert assign(market, objective).pairs == [("f", "b")]


def test_what_a_matrix_stores_twice_is_added_up_and_left_as_it_was() -> None:
    cells = (np.array([0.5, 0.25, 0.25]), (np.array([0, 0, 0]), np.array([1, 0, 0])))
    twice = sp.coo_array(cells, shape=(1, 2))
    market = Market.from_scores(["f"], ["a", "b"], twice, twice)

    assert market.firm_satisfaction.tolist() == [0.5, 0.5]
    assert twice.nnz == 3


@given(listed_markets(), st.data())
def test_pairs_are_found_by_their_ids_and_what_is_not_there_is_not(
    arguments: dict[str, dict[str, Any]], data: st.DataObject
) -> None:
    market = Market.from_lists(**arguments)
    cells = [(f, e) for f in [*market.need_ids, "nobody"] for e in [*market.expert_ids, "no one"]]
    pairs = data.draw(st.lists(st.sampled_from(cells), max_size=8))

    assert market.positions_of(pairs).tolist() == [market.position.get(pair, -1) for pair in pairs]
    assert market.ids(market.position[pair] for pair in pairs if pair in market.position) == sorted(
        pair for pair in pairs if pair in market.position
    )


def test_a_text_in_place_of_a_list_and_an_empty_tie_are_refused() -> None:
    with pytest.raises(ValueError, match="a list of ids is expected"):
        Market.from_lists(firms={"f": "ab"}, experts={"a": ["f"], "b": ["f"]})
    with pytest.raises(ValueError, match="'f' lists an empty tie"):
        Market.from_lists(firms={"f": [[], "a"]}, experts={"a": ["f"]})
