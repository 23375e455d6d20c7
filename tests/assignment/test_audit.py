"""The audit finds what a brute force finds, in any list of pairs, and refutes every list that was tampered with."""

from collections import Counter
from dataclasses import replace
from itertools import islice

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from matcher.assignment import OBJECTIVES, Assignment, Market, Solution, assign, audit, why
from matcher.assignment.claims import CHECKED, broken_claims, refute
from matcher.assignment.rules import Quota, Rules
from matcher.domain.errors import AuditError
from matcher.domain.messages import Message
from tests.ruled import BILLION, EXPERT, FIRM, Ruled, ruled
from tests.strategies import Pair, Pairs, Sketch, of_expert, of_need, sketches, sketches_with_assignments

soluble = ruled().filter(lambda market: bool(market.all_feasible))
by_flows = ruled(minima=False, crossing=False, people=False).filter(lambda market: bool(market.all_feasible))


@settings(max_examples=400)
@given(sketches_with_assignments())
def test_blocking_pairs_of_any_feasible_list_are_those_of_the_brute_force(drawn: tuple[Sketch, Pairs]) -> None:
    sketch, placed = drawn
    report = audit(sketch.market(), placed)

    assert report.violations == []
    assert report.blocking_pairs == sorted(sketch.blocking(placed))


@settings(max_examples=300)
@given(sketches_with_assignments())
def test_every_acceptable_pair_has_the_first_class_that_holds(drawn: tuple[Sketch, Pairs]) -> None:
    sketch, placed = drawn
    classes = audit(sketch.market(), placed).classes

    assert classes.keys() == sketch.firm_likes.keys()
    for pair, found in classes.items():
        if pair in placed:
            expected = "matched"
        elif not sketch.expert_takes(placed, pair):
            expected = "expert_prefers_own"
        else:
            expected = "blocking" if sketch.firm_takes(placed, pair) else "firm_full"
        assert found == expected


def faults(sketch: Sketch, pairs: list[Pair]) -> Counter[tuple[str, str]]:
    """What is wrong with a list, counted the slow way: code, and whom it is about."""
    found: Counter[tuple[str, str]] = Counter()
    sound: list[Pair] = []
    for n, e in pairs:
        if n not in sketch.places or e not in sketch.seats:
            found["audit.unknown_id", n if n not in sketch.places else e] += 1
        elif (n, e) not in sketch.firm_likes:
            found["audit.not_acceptable", n + e] += 1
        elif (n, e) in sound:
            found["audit.repeated_pair", n + e] += 1
        else:
            sound.append((n, e))
    for n, places in sketch.places.items():
        found["audit.need_over_capacity", n] += len(of_need(frozenset(sound), n)) > places
    for e, seats in sketch.seats.items():
        found["audit.expert_over_capacity", e] += len(of_expert(frozenset(sound), e)) > seats
        served = Counter(sketch.firm_of[n] for n, _ in of_expert(frozenset(sound), e))
        found["audit.firm_served_twice", e] += sum(times > 1 for times in served.values())
    return +found


def subject(message: Message) -> tuple[str, str]:
    """Code, and whom it is about."""
    values = message.values
    match message.code:
        case "audit.unknown_id":
            return message.code, str(values["value"])
        case "audit.not_acceptable" | "audit.repeated_pair":
            return message.code, f"{values['firm']}{values['expert']}"
        case "audit.firm_served_twice":
            return message.code, str(values["expert"])
    return message.code, str(values["id"])


@settings(max_examples=400)
@given(sketches(), st.data())
def test_every_fault_of_a_list_of_whatever_pairs_is_found_and_nothing_else(sketch: Sketch, data: st.DataObject) -> None:
    cells = [(n, e) for n in [*sketch.places, "nobody"] for e in [*sketch.seats, "no one"]]
    pairs = data.draw(st.lists(st.sampled_from(cells), max_size=10))

    assert Counter(map(subject, audit(sketch.market(), pairs).violations)) == faults(sketch, pairs)


@given(sketches(), st.data())
def test_a_stable_list_without_one_of_its_pairs_is_blocked_by_just_that_pair_or_one_that_it_held_off(
    sketch: Sketch, data: st.DataObject
) -> None:
    placed = frozenset(assign(sketch.market()).pairs)
    assume(placed)
    dropped = data.draw(st.sampled_from(sorted(placed)))
    report = audit(sketch.market(), placed - {dropped})

    assert report.violations == []
    assert dropped in report.blocking_pairs
    assert all(n == dropped[0] or e == dropped[1] for n, e in report.blocking_pairs)


@given(sketches(strict=True), st.data())
def test_two_pairs_that_swap_partners_are_refuted(sketch: Sketch, data: st.DataObject) -> None:
    placed = frozenset(assign(sketch.market()).pairs)
    assume(len(placed) > 1)
    (n, e), (m, f) = data.draw(st.permutations(sorted(placed)))[:2]
    swapped = (placed - {(n, e), (m, f)}) | {(n, f), (m, e)}
    report = audit(sketch.market(), swapped)

    if sketch.feasible(swapped):
        assert report.violations == []
        assert (report.blocking_pairs == []) == (swapped in sketch.all_stable)
    else:
        assert report.violations


SMALL = Sketch(
    firm_of={"a-1": "a", "a-2": "a", "b": "b"},
    places={"a-1": 1, "a-2": 1, "b": 1},
    seats={"x": 2, "y": 1},
    firm_likes={("a-1", "x"): 2, ("a-2", "x"): 1, ("b", "x"): 1, ("a-1", "y"): 1, ("b", "y"): 2},
    expert_likes={("a-1", "x"): 3, ("a-2", "x"): 2, ("b", "x"): 1, ("a-1", "y"): 1, ("b", "y"): 2},
)
STABLE = [("a-1", "x"), ("b", "y")]


@pytest.mark.parametrize(
    ("pairs", "violations"),
    [
        (STABLE, []),
        ([*STABLE, ("b", "x")], [Message("audit.need_over_capacity", {"id": "b", "count": 2, "capacity": 1})]),
        (
            [("a-1", "y"), ("b", "y")],
            [Message("audit.expert_over_capacity", {"id": "y", "count": 2, "capacity": 1})],
        ),
        ([*STABLE, ("b", "y")], [Message("audit.repeated_pair", {"firm": "b", "expert": "y"})]),
        (
            [*STABLE, ("c", "y")],
            [Message("audit.unknown_id", {"firm": "c", "expert": "y", "value": "c"})],
        ),
        (
            [*STABLE, ("b", "z")],
            [Message("audit.unknown_id", {"firm": "b", "expert": "z", "value": "z"})],
        ),
        ([*STABLE, ("a-2", "y")], [Message("audit.not_acceptable", {"firm": "a-2", "expert": "y"})]),
        (
            [*STABLE, ("a-2", "x")],
            [Message("audit.firm_served_twice", {"expert": "x", "needs": ("a-1", "a-2")})],
        ),
    ],
    ids=["sound", "need over", "expert over", "repeated", "unknown firm", "unknown expert", "unacceptable", "twice"],
)
def test_each_kind_of_tampering_has_its_own_finding(pairs: list[Pair], violations: list[Message]) -> None:
    assert audit(SMALL.market(), pairs).violations == violations


def test_a_need_with_a_free_place_and_an_expert_with_a_free_seat_block() -> None:
    assert audit(SMALL.market(), [("b", "y")]).blocking_pairs == [("a-1", "x"), ("a-2", "x")]


def test_an_expert_would_leave_a_need_for_a_better_one_of_the_same_firm_though_seats_are_free() -> None:
    report = audit(SMALL.market(), [("a-2", "x"), ("b", "y")])

    assert report.blocking_pairs == [("a-1", "x")]


def test_an_expert_does_not_take_a_worse_need_of_the_same_firm_into_a_free_seat() -> None:
    report = audit(SMALL.market(), STABLE)

    assert report.classes["a-2", "x"] == "expert_prefers_own"


def test_ties_do_not_block() -> None:
    market = Market.from_lists(firms={"f": [["a", "b"]]}, experts={"a": ["f"], "b": ["f"]})

    assert audit(market, [("f", "a")]).blocking_pairs == []
    assert audit(market, [("f", "b")]).blocking_pairs == []


def certified(pairs: list[Pair], objective: str = "stable") -> list[Message]:
    """What is broken of the claims that hold for the sound list, when this list is there instead."""
    market = SMALL.market()
    claim = assign(market, objective).certificate
    return broken_claims(market, Rules(), audit(market, pairs), claim)


def test_the_claim_of_a_sound_stable_list_is_confirmed() -> None:
    assert certified(STABLE) == []


def test_the_claim_of_stability_is_refuted_by_blocking_pairs() -> None:
    assert Message("audit.not_stable", {"count": 2}) in certified([("b", "y")])


def test_another_objective_claims_its_sum_and_says_nothing_of_stability() -> None:
    codes = {message.code for message in certified([("b", "y")], "total")}

    assert "audit.other_claim" in codes
    assert "audit.not_stable" not in codes


def test_an_objective_that_breaks_a_rule_is_caught_before_its_list_is_seen(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    everything = Solution(tuple(range(5)), 5, 5, "", "")
    monkeypatch.setitem(OBJECTIVES, "total", lambda *_: everything)

    with pytest.raises(AuditError) as caught:
        assign(SMALL.market(), "total")
    assert {message.code for message in caught.value.messages if isinstance(message, Message)} >= {
        "audit.need_over_capacity",
        "audit.firm_served_twice",
        "audit.expert_over_capacity",
    }


def test_every_objective_has_a_check_and_what_nothing_checks_is_refused() -> None:
    market = SMALL.market()
    report, claim = audit(market, STABLE), assign(market, "total").certificate

    assert set(CHECKED) == set(OBJECTIVES)
    with pytest.raises(ValueError, match="nothing checks what the objective 'greedy' claims"):
        broken_claims(market, Rules(), report, replace(claim, objective="greedy"))
    with pytest.raises(ValueError, match="nothing checks what the objective 'greedy' claims"):
        refute(market, Rules(), report, "greedy")


@pytest.mark.parametrize("objective", sorted(OBJECTIVES))
def test_an_objective_that_reaches_less_than_it_says_is_caught(monkeypatch: pytest.MonkeyPatch, objective: str) -> None:
    monkeypatch.setitem(OBJECTIVES, objective, lambda *_: Solution((), 1, 1, "", ""))

    with pytest.raises(AuditError):
        assign(SMALL.market(), objective)


@settings(max_examples=120)
@given(ruled(), st.data())
def test_under_any_rules_the_audit_finds_what_the_brute_force_finds(market: Ruled, data: st.DataObject) -> None:
    placed = data.draw(st.sampled_from(market.sketch.all_feasible))
    report = audit(market.sketch.market(), placed, **market.rules())

    assert (report.violations == []) == market.keeps_rules(placed)
    assert set(report.blocking_pairs) - market.locks == market.blocking(placed)


@settings(max_examples=80)
@given(ruled(), st.data())
def test_under_any_rules_every_pair_has_the_first_class_that_holds(market: Ruled, data: st.DataObject) -> None:
    placed = data.draw(st.sampled_from(market.sketch.all_feasible))

    def refuses(side: int, pair: Pair) -> bool:
        """By what is the agent's own: the service and the capacity."""
        own = islice(market.units(side, placed, pair), 1 + side)
        mine = market.standing(side, pair)
        return any(len(held) >= n and all(market.standing(side, other) >= mine for other in held) for n, held in own)

    for pair, found in audit(market.sketch.market(), placed, **market.rules()).classes.items():
        claims = {
            "matched": pair in placed,
            "banned": pair in market.bans,
            "expert_prefers_own": refuses(EXPERT, pair),
            "firm_full": refuses(FIRM, pair),
            "forbidden_by_quota": not (market.takes(FIRM, placed, pair) and market.takes(EXPERT, placed, pair)),
            "blocking": True,
        }
        assert found == next(name for name, holds in claims.items() if holds)


@settings(max_examples=80)
@given(ruled(), st.data())
def test_every_rule_that_a_list_breaks_is_named(market: Ruled, data: st.DataObject) -> None:
    placed = data.draw(st.sampled_from(market.sketch.all_feasible))
    counts = [(group, group.count(placed)) for group in market.groups]
    expected = Counter(
        {
            "audit.lock_missing": len(market.locks - placed),
            "audit.banned_pair": len(market.bans & placed),
            "audit.under_quota": sum(count < group.minimum for group, count in counts),
            "audit.over_quota": sum(group.maximum is not None and count > group.maximum for group, count in counts),
            "audit.too_few_people": len({e for _, e in placed}) < market.people,
        }
    )

    violations = audit(market.sketch.market(), placed, **market.rules()).violations
    assert Counter(message.code for message in violations) == +expected


@st.composite
def tampered(draw: st.DrawFn, market: Ruled, pairs: list[Pair]) -> list[Pair]:
    """A list after what a person could do to it, once or twice."""
    needs, experts = ([*names, "nobody"] for names in (market.sketch.places, market.sketch.seats))
    pairs = list(pairs)
    for _ in range(draw(st.integers(1, 2))):
        what = draw(st.sampled_from(("drop", "add", "swap", "repeat", "move")))
        if what == "add" or not pairs:
            pairs.append((draw(st.sampled_from(needs)), draw(st.sampled_from(experts))))
            continue
        k, other = (draw(st.integers(0, len(pairs) - 1)) for _ in range(2))
        if what == "drop":
            del pairs[k]
        elif what == "swap":
            pairs[k], pairs[other] = (pairs[k][0], pairs[other][1]), (pairs[other][0], pairs[k][1])
        elif what == "repeat":
            pairs.append(pairs[k])
        else:
            pairs[k] = (pairs[k][0], draw(st.sampled_from(experts)))
    return pairs


@pytest.mark.parametrize("objective", sorted(OBJECTIVES))
@settings(max_examples=60)
@given(market=soluble, data=st.data())
def test_a_list_that_was_tampered_with_is_refuted_unless_all_that_is_claimed_holds_of_it_too(
    objective: str, market: Ruled, data: st.DataObject
) -> None:
    sound = assign(market.sketch.market(), objective, **market.rules())
    pairs = data.draw(tampered(market, sound.pairs))
    report = audit(market.sketch.market(), pairs, **market.rules())
    broken = broken_claims(market.sketch.market(), sound.rules, report, sound.certificate)

    def claims(placed: Pairs) -> tuple[object, ...]:
        reached = {"stable": len, "total": market.total, "fair": lambda p: (market.levels(p), market.total(p))}
        return reached[objective](placed), len(market.blocking(placed))

    placed = frozenset(pairs)
    holds = (
        len(placed) == len(pairs) and placed in market.all_feasible and claims(placed) == claims(frozenset(sound.pairs))
    )
    assert (report.violations == [] and broken == []) == holds


@pytest.mark.parametrize("objective", sorted(OBJECTIVES))
@settings(max_examples=60)
@given(market=by_flows, data=st.data())
def test_numbers_made_to_fit_another_list_prove_it_only_where_it_is_as_good(
    objective: str, market: Ruled, data: st.DataObject
) -> None:
    sound = assign(market.sketch.market(), objective, **market.rules())
    placed = data.draw(st.sampled_from(market.all_feasible))
    report = audit(market.sketch.market(), placed, **market.rules())
    value = float(len(placed)) if objective == "stable" else market.total(placed) / BILLION
    levels = Counter(market.levels(placed))
    claim = replace(
        sound.certificate,
        value=value,
        bound=value,
        n_blocking_pairs=len(report.blocking_pairs),
        proof={**sound.certificate.proof, "levels": [list(level) for level in sorted(levels.items())]},
    )
    broken = broken_claims(market.sketch.market(), sound.rules, report, claim, thorough=True)

    as_good = {
        "stable": not market.blocking(placed),
        "total": market.total(placed) == market.best_total,
        "fair": (market.levels(placed), market.total(placed))
        == max((market.levels(other), market.total(other)) for other in market.all_feasible),
    }
    assert (broken == []) == as_good[objective]


PRICED = Market.from_lists(
    firms={"f": ["a", "b"], "g": ["a"]}, experts={"a": ["f", "g"], "b": ["f"]}, firm_capacity={"f": 2}
)
CAP = Quota(side="firm", group={"f": "x"}, value="x", maximum=1)


@pytest.mark.parametrize(
    "prices",
    [
        {"needs": [], "experts": [], "services": [], "quotas": []},
        {"needs": [["nobody", 1]]},
        {"experts": [["a", -1]]},
        {"experts": [["a", 0.5]]},
        {"services": [["f", "nobody", 1]]},
        {"quotas": [[7, 1, 0]]},
        {"quotas": [[0, 10**9, 10**9]]},
        {"experts": 5},
        None,
    ],
    ids=[
        "none",
        "of nobody",
        "negative",
        "half",
        "of no service",
        "of no quota",
        "of both bounds",
        "no list",
        "missing",
    ],
)
def test_prices_that_were_tampered_with_prove_nothing(prices: dict[str, object] | None) -> None:
    sound = assign(PRICED, "total", quotas=[CAP])
    report = audit(PRICED, sound.pairs, quotas=[CAP])
    true = sound.certificate.proof["prices"]
    assert isinstance(true, dict)
    proof = {} if prices is None else {"prices": {**true, **prices}}

    assert broken_claims(PRICED, sound.rules, report, sound.certificate) == []
    assert broken_claims(PRICED, sound.rules, report, replace(sound.certificate, proof=proof))


def as_assignment(sketch: Sketch, placed: Pairs) -> tuple[Market, Assignment]:
    market = sketch.market()
    pairs = sorted(placed)
    return market, Assignment(pairs, assign(market).certificate, tuple(market.position[pair] for pair in pairs))


@given(sketches_with_assignments())
def test_why_gives_the_audits_class_of_every_pair_and_names_the_holders(drawn: tuple[Sketch, Pairs]) -> None:
    sketch, placed = drawn
    market, assignment = as_assignment(sketch, placed)
    classes = audit(market, placed).classes

    for n in sketch.places:
        for e in sketch.seats:
            answer = why(market, assignment, n, e)
            assert answer.status == classes.get((n, e), "unacceptable")
            expected = answer.status
            if expected == "expert_prefers_own" and not sketch.seats[e]:
                expected = "expert_without_places"
            elif expected == "firm_full" and not sketch.places[n]:
                expected = "firm_without_places"
            assert answer.message.code == f"why.{expected}"
            assert {(n, name) for name, _ in answer.firm_holds} == of_need(placed, n)
            assert {(name, e) for name, _ in answer.expert_holds} == of_expert(placed, e)


@given(sketches_with_assignments())
def test_why_gives_ranks_and_lists_the_holders_best_first(drawn: tuple[Sketch, Pairs]) -> None:
    sketch, placed = drawn
    market, assignment = as_assignment(sketch, placed)

    def firm_rank(pair: Pair) -> int:
        rivals = (likes for (n, _), likes in sketch.firm_likes.items() if n == pair[0])
        return 1 + sum(likes > sketch.firm_likes[pair] for likes in rivals)

    def expert_rank(pair: Pair) -> int:
        rivals = (likes for (_, e), likes in sketch.expert_likes.items() if e == pair[1])
        return 1 + sum(likes > sketch.expert_likes[pair] for likes in rivals)

    for n in sketch.places:
        for e in sketch.seats:
            answer = why(market, assignment, n, e)
            there = (n, e) in sketch.firm_likes
            assert answer.firm_rank == (firm_rank((n, e)) if there else None)
            assert answer.expert_rank == (expert_rank((n, e)) if there else None)
            assert [rank for _, rank in answer.firm_holds] == sorted(firm_rank(pair) for pair in of_need(placed, n))
            assert all(rank == firm_rank((n, name)) for name, rank in answer.firm_holds)
            assert [rank for _, rank in answer.expert_holds] == sorted(expert_rank(p) for p in of_expert(placed, e))
            assert all(rank == expert_rank((name, e)) for name, rank in answer.expert_holds)


@pytest.mark.parametrize(("firm", "expert"), [("nobody", "x"), ("b", "nobody"), ("x", "b")])
def test_why_refuses_an_id_that_the_market_does_not_have(firm: str, expert: str) -> None:
    market = SMALL.market()

    with pytest.raises(ValueError, match="is not in the market"):
        why(market, assign(market), firm, expert)
