"""What is said to be the most pairs is proved only where it is: against a brute force that knows every stable list."""

from dataclasses import replace

import pytest
from hypothesis import given, settings

from matcher.assignment import Market, assign, audit, audit_under
from matcher.assignment.claims import broken_claims, is_decided
from matcher.assignment.most import Left, none_has_more
from matcher.assignment.rules import Rules
from tests.ruled import Ruled, ruled
from tests.strategies import Sketch, sketches

locked = ruled(maxima=False, minima=False).filter(lambda market: bool(market.all_feasible))
nested = ruled(minima=False, crossing=False, people=False).filter(lambda market: bool(market.all_stable))

TIED = Market.from_lists(
    firms={"f": ["a", "b"], "g": ["a"], "h": [["c", "d"]]},
    experts={"a": ["f", "g"], "b": ["f"], "c": ["h"], "d": ["h"]},
)
"""The largest stable list has 2 pairs; 3 could be placed, where f has b. Only h has equals."""


def rules_of(market: Ruled) -> Rules:
    """Rules in one piece, of markets that ask for no number of people."""
    asked = market.rules()
    quotas, locks, bans = (tuple(asked[name]) for name in ("quotas", "locks", "bans"))
    return Rules(quotas=quotas, locks=locks, bans=bans)


@settings(max_examples=300)
@given(locked)
def test_the_flow_is_the_most_pairs_that_any_assignment_with_the_locks_and_without_the_bans_places(
    market: Ruled,
) -> None:
    left = Left.of(market.sketch.market(), rules_of(market))
    most = max(len(placed) for placed in market.all_feasible)

    assert left.most_pairs == most
    assert left.places >= most


@settings(max_examples=300)
@given(sketches())
def test_of_any_stable_list_its_number_is_proved_the_most_only_where_it_is(sketch: Sketch) -> None:
    market, most = sketch.market(), max(len(placed) for placed in sketch.all_stable)
    for placed in sketch.all_stable:
        assert len(placed) == most or not none_has_more(market, Rules(), len(placed))
    assert none_has_more(market, Rules(), max(len(placed) for placed in sketch.all_feasible))
    assert none_has_more(market, Rules(), most) or not sketch.strict


@settings(max_examples=200)
@given(nested)
def test_under_maxima_locks_and_bans_it_is_proved_only_where_it_is_too(market: Ruled) -> None:
    rules, most = rules_of(market), max(len(placed) for placed in market.all_stable)
    for placed in market.all_stable:
        report = audit_under(market.sketch.market(), placed, rules)
        decided = is_decided(market.sketch.market(), rules, report, "stable", len(placed))
        assert decided or not (market.has_maxima or market.sketch.strict)
        assert len(placed) == most or not decided


def test_a_smaller_stable_list_that_calls_itself_the_largest_is_not_verified() -> None:
    market = Market.from_lists(firms={"f": [["a", "b"]], "g": ["a"]}, experts={"a": ["f", "g"], "b": ["f"]})
    best = assign(market)
    small = audit(market, [("f", "a")])
    claim = replace(best.certificate, value=1.0, bound=1.0)

    assert small.blocking_pairs == []
    assert broken_claims(market, Rules(), small, claim) == []
    assert not is_decided(market, Rules(), small, "stable", claim.bound)
    assert is_decided(market, Rules(), audit(market, best.pairs), "stable", best.certificate.bound)


def test_what_only_a_flow_proves_is_verified() -> None:
    market = Market.from_lists(
        firms={"f": ["a"], "g": ["a"], "h": [["b", "c"]]},
        experts={"a": [["f", "g"]], "b": ["h"], "c": ["h"]},
    )
    left = Left.of(market, Rules())

    assert (left.is_strict, left.places, left.most_pairs) == (False, 3, 2)
    assert none_has_more(market, Rules(), 2)
    assert not none_has_more(market, Rules(), 1)


def test_what_constraint_programming_found_is_not_verified_from_files() -> None:
    assignment = assign(TIED)
    certificate = assignment.certificate
    report = audit(TIED, assignment.pairs)

    assert "constraint programming" in certificate.solver
    assert (certificate.value, certificate.bound, Left.of(TIED, Rules()).most_pairs) == (2, 2, 3)
    assert not is_decided(TIED, Rules(), report, "stable", certificate.bound)
    assert is_decided(TIED, Rules(), report, "stable", 3.0)


def test_shortlists_prove_no_more_than_all_places_do() -> None:
    strict = Market.from_lists(firms={"f": ["a"], "g": ["a"]}, experts={"a": ["f", "g"], "b": []})

    assert none_has_more(strict, Rules(), 1)
    assert not none_has_more(replace(strict, scope="shortlists"), Rules(), 1)
    assert none_has_more(replace(strict, scope="shortlists"), Rules(), 2)


@pytest.mark.parametrize("places", [2**31, 2**40])
def test_places_without_limit_are_no_more_than_partners(places: int) -> None:
    market = Market.from_lists(
        firms={"f": [["a", "b"]]},
        experts={"a": ["f"], "b": ["f"]},
        firm_capacity={"f": places},
        expert_capacity={"a": places},
    )
    assert Left.of(market, Rules()).most_pairs == 2
