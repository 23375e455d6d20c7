"""Laws of ``stable`` against a brute force on tiny markets, and what they mean in examples."""

import importlib
import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings, target
from hypothesis import strategies as st

from matcher.assignment import Market, assign, audit
from matcher.assignment.objective import Aim
from matcher.assignment.rules import Case, Rules
from matcher.assignment.stable import Rest, most_pairs, stable
from matcher.domain.settings import Proposer
from tests.strategies import Pair, Sketch, listed_markets, of_expert, of_need, sketches

stable_module = importlib.import_module("matcher.assignment.stable")

PROPOSERS: tuple[Proposer, ...] = ("firms", "experts")
proposers = st.sampled_from(PROPOSERS)


def test_a_third_of_the_strict_markets_drawn_have_several_stable_assignments() -> None:
    counts: list[int] = []

    @settings(max_examples=150)
    @given(sketches(strict=True))
    def draw(sketch: Sketch) -> None:
        counts.append(len(sketch.all_stable))
        target(float(counts[-1]))

    draw()

    assert sum(count >= 2 for count in counts) / len(counts) > 1 / 3
    assert max(counts) >= 4


def test_the_brute_force_knows_the_stable_assignments_of_a_textbook_market() -> None:
    """Three men and three women in a cycle have three stable matchings: Gale and Shapley (1962), example 1."""
    needs, experts = ("a", "b", "c"), ("A", "B", "C")
    firm_likes = {(n, e): 3 - (j - i) % 3 for i, n in enumerate(needs) for j, e in enumerate(experts)}
    expert_likes = {(n, e): 3 - (i - j - 1) % 3 for i, n in enumerate(needs) for j, e in enumerate(experts)}
    ones = dict.fromkeys((*needs, *experts), 1)
    sketch = Sketch(
        {n: n for n in needs}, {n: ones[n] for n in needs}, {e: ones[e] for e in experts}, firm_likes, expert_likes
    )

    assert {frozenset(f"{n}{e}" for n, e in placed) for placed in sketch.all_stable} == {
        frozenset({"aA", "bB", "cC"}),
        frozenset({"aB", "bC", "cA"}),
        frozenset({"aC", "bA", "cB"}),
    }
    assert len(sketch.all_feasible) == 34


@settings(max_examples=300)
@given(sketches(), proposers, st.integers(0, 3))
def test_the_result_is_feasible_and_stable(sketch: Sketch, proposer: Proposer, seed: int) -> None:
    assignment = assign(sketch.market(), proposer=proposer, seed=seed)
    placed = frozenset(assignment.pairs)

    assert sketch.feasible(placed)
    assert sketch.blocking(placed) == set()
    assert assignment.pairs == sorted(placed)
    assert (assignment.certificate.n_blocking_pairs, assignment.certificate.violations) == (0, ())


@settings(max_examples=300)
@given(sketches(strict=True), proposers)
def test_strict_lists_give_every_proposer_the_best_stable_outcome_and_the_others_their_worst(
    sketch: Sketch, proposer: Proposer
) -> None:
    placed = frozenset(assign(sketch.market(), proposer=proposer).pairs)

    assert placed in sketch.all_stable
    for other in sketch.all_stable:
        needs_own = placed if proposer == "firms" else other
        experts_own = other if proposer == "firms" else placed
        for name in sketch.places:
            own = of_need(needs_own, name)
            assert sketch.need_choice(own | of_need(placed | other, name)) == own
        for name in sketch.seats:
            own = of_expert(experts_own, name)
            assert sketch.expert_choice(own | of_expert(placed | other, name)) == own


@settings(max_examples=200)
@given(sketches(strict=True), proposers)
def test_strict_lists_place_as_many_pairs_in_every_stable_assignment_and_the_certificate_says_so(
    sketch: Sketch, proposer: Proposer
) -> None:
    certificate = assign(sketch.market(), proposer=proposer).certificate

    assert {len(placed) for placed in sketch.all_stable} == {certificate.value}
    assert certificate.bound == certificate.value
    assert certificate.gap == 0


@settings(max_examples=200)
@given(sketches(strict=True))
def test_strict_lists_fill_the_same_places_whoever_proposes(sketch: Sketch) -> None:
    """The rural hospitals theorem: Roth (1986)."""
    by_firms, by_experts = (frozenset(assign(sketch.market(), proposer=proposer).pairs) for proposer in PROPOSERS)

    assert all(len(of_need(by_firms, name)) == len(of_need(by_experts, name)) for name in sketch.places)
    assert all(len(of_expert(by_firms, name)) == len(of_expert(by_experts, name)) for name in sketch.seats)


@settings(max_examples=200)
@given(sketches(), proposers, st.integers(0, 3))
def test_small_markets_place_as_many_pairs_as_the_largest_stable_assignment_and_prove_it(
    sketch: Sketch, proposer: Proposer, seed: int
) -> None:
    certificate = assign(sketch.market(), proposer=proposer, seed=seed).certificate

    assert certificate.value == max(len(placed) for placed in sketch.all_stable)
    assert (certificate.bound, certificate.gap) == (certificate.value, 0)


@settings(max_examples=200)
@given(sketches(), proposers, st.integers(0, 3))
def test_the_bound_of_what_is_too_large_to_solve_exactly_is_the_most_pairs_that_capacities_allow(
    sketch: Sketch, proposer: Proposer, seed: int
) -> None:
    case, most = Case(sketch.market(), Rules()), max(len(placed) for placed in sketch.all_feasible)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stable_module, "EXACT_UP_TO", -1)
        solution = stable(case, Aim(proposer, seed))

    assert most_pairs(case) == most
    assert frozenset(case.market.ids(solution.positions)) in sketch.all_stable
    assert solution.bound == (most if Rest(case).has_ties else solution.value)
    assert 2 * max(len(placed) for placed in sketch.all_stable) <= 3 * solution.value


@pytest.mark.parametrize("proposer", PROPOSERS)
@pytest.mark.parametrize("tied", ["firms", "experts"])
def test_a_tie_on_one_side_alone_costs_nobody_the_place(tied: str, proposer: Proposer) -> None:
    ties, strict = {"f": [["a", "b"]], "g": ["a"]}, {"a": ["f", "g"], "b": ["f"]}
    market = Market.from_lists(ties, strict) if tied == "firms" else Market.from_lists(strict, ties)
    certificates = [assign(market, proposer=proposer, seed=seed).certificate for seed in range(10)]

    assert {certificate.value for certificate in certificates} == {2}
    assert {certificate.bound for certificate in certificates} == {2}


@settings(max_examples=300)
@given(sketches(), proposers, st.data())
def test_locked_pairs_stand_as_the_best_of_both_sides_and_banned_pairs_as_unacceptable(
    sketch: Sketch, proposer: Proposer, data: st.DataObject
) -> None:
    pairs = sorted(sketch.firm_likes)
    rules = data.draw(st.dictionaries(st.sampled_from(pairs), st.booleans())) if pairs else {}
    bans = [pair for pair in pairs if rules.get(pair) is False]
    locks: list[Pair] = []
    for pair in pairs:
        if rules.get(pair) and sketch.feasible(frozenset([*locks, pair])):
            locks.append(pair)
    firm_likes, expert_likes = (
        {pair: 1000 if pair in locks else like for pair, like in mine.items() if pair not in bans}
        for mine in (sketch.firm_likes, sketch.expert_likes)
    )
    other = Sketch(sketch.firm_of, sketch.places, sketch.seats, firm_likes, expert_likes)
    assignment = assign(sketch.market(), proposer=proposer, locks=locks, bans=bans)

    assert frozenset(assignment.pairs) in other.all_stable
    assert len(assignment.pairs) == max(len(placed) for placed in other.all_stable)
    assert set(locks) <= set(assignment.pairs)
    assert most_pairs(Case(sketch.market(), Rules(locks=tuple(locks), bans=tuple(bans)))) == max(
        len(placed) for placed in other.all_feasible if placed >= set(locks)
    )


@pytest.mark.parametrize("proposer", PROPOSERS)
def test_a_kept_pair_comes_first_among_equals_and_after_whoever_is_preferred(proposer: Proposer) -> None:
    market = Market.from_lists(firms={"f": ["a", ["b", "c", "d"]]}, experts={name: ["f"] for name in "abcd"})

    assert assign(market, proposer=proposer, keep=[("f", "c")]).pairs == [("f", "a")]
    for seed in range(5):
        without = assign(market, proposer=proposer, bans=[("f", "a")], keep=[("f", "c"), ("f", "x")], seed=seed)
        assert without.pairs == [("f", "c")]


def test_small_markets_are_solved_without_loading_the_compiler() -> None:
    script = (
        "import sys; from matcher.assignment import Market, assign\n"
        "names = [f'e{k}' for k in range(60)]\n"
        "market = Market.from_lists({f'f{k}': [names] for k in range(50)}, {e: ['f1', 'f2', 'f3'] for e in names})\n"
        "assign(market); assert 'numba' not in sys.modules"
    )

    subprocess.run([sys.executable, "-c", script], check=True)


@pytest.mark.parametrize("proposer", PROPOSERS)
def test_the_kernel_gives_the_same_list_compiled(proposer: Proposer, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(3)
    lists = {f"f{i}": [[f"e{j}", f"e{j + 1}"] for j in sorted(rng.choice(20, 5) * 2)] for i in range(30)}
    firms = {firm: [list(tier) for tier in {tuple(tier) for tier in tiers}] for firm, tiers in lists.items()}
    experts = {f"e{j}": [sorted(firms)] for j in range(41)}
    market = Market.from_lists(firms, experts, firm_capacity=dict.fromkeys(firms, 2))
    interpreted = assign(market, proposer=proposer)
    monkeypatch.setattr(stable_module, "COMPILED_FROM", 0)

    assert assign(market, proposer=proposer).pairs == interpreted.pairs


@given(sketches(strict=False), proposers, st.integers(0, 5))
def test_the_same_seed_gives_the_same_answer(sketch: Sketch, proposer: Proposer, seed: int) -> None:
    assert assign(sketch.market(), proposer=proposer, seed=seed) == assign(
        sketch.market(), proposer=proposer, seed=seed
    )


def test_seeds_break_ties_differently() -> None:
    names = [f"e{k}" for k in range(6)]
    market = Market.from_lists(firms={"f": [names]}, experts={name: ["f"] for name in names})

    assert len({tuple(assign(market, seed=seed).pairs) for seed in range(20)}) > 1


@given(sketches(strict=True), proposers, st.integers(1, 5))
def test_the_seed_is_of_no_effect_where_lists_are_strict(sketch: Sketch, proposer: Proposer, seed: int) -> None:
    assert assign(sketch.market(), proposer=proposer, seed=seed) == assign(sketch.market(), proposer=proposer)


@given(listed_markets(), proposers, st.data())
def test_the_order_in_which_rows_and_ties_are_written_is_of_no_effect(
    arguments: dict[str, dict[str, Any]], proposer: Proposer, data: st.DataObject
) -> None:
    def shuffled(mapping: dict[str, Any]) -> dict[str, Any]:
        return {name: mixed(mapping[name]) for name in data.draw(st.permutations(list(mapping)))}

    def mixed(listed: Any) -> Any:
        if not isinstance(listed, list):
            return listed
        return [data.draw(st.permutations(tier)) if isinstance(tier, list) else tier for tier in listed]

    again = {name: shuffled(mapping) for name, mapping in arguments.items()}

    assert assign(Market.from_lists(**arguments), proposer=proposer) == assign(
        Market.from_lists(**again), proposer=proposer
    )


@given(sketches(strict=True), proposers, st.data())
def test_names_are_of_no_effect_where_lists_are_strict(sketch: Sketch, proposer: Proposer, data: st.DataObject) -> None:
    def renamed(names: dict[str, int]) -> dict[str, str]:
        return dict(zip(names, data.draw(st.permutations(list(names))), strict=True))

    n, e = renamed(sketch.places), renamed(sketch.seats)
    other = Sketch(
        firm_of={n[name]: firm for name, firm in sketch.firm_of.items()},
        places={n[name]: count for name, count in sketch.places.items()},
        seats={e[name]: count for name, count in sketch.seats.items()},
        firm_likes={(n[a], e[b]): likes for (a, b), likes in sketch.firm_likes.items()},
        expert_likes={(n[a], e[b]): likes for (a, b), likes in sketch.expert_likes.items()},
    )
    placed = assign(sketch.market(), proposer=proposer).pairs

    assert sorted((n[a], e[b]) for a, b in placed) == assign(other.market(), proposer=proposer).pairs


@given(sketches(), proposers)
def test_the_market_is_not_modified(sketch: Sketch, proposer: Proposer) -> None:
    market, untouched = sketch.market(), sketch.market()
    assignment = assign(market, proposer=proposer)
    audit(market, assignment.pairs)

    for name in ("firm_of", "need_capacity", "expert_capacity", "need", "expert", "firm_order", "expert_order"):
        assert np.array_equal(getattr(market, name), getattr(untouched, name))


@pytest.mark.parametrize("proposer", PROPOSERS)
def test_a_large_market_with_firms_of_several_needs_is_stable_by_the_audit(proposer: Proposer) -> None:
    rng = np.random.default_rng(5)
    n_needs, n_experts = 60, 50
    cells = np.flatnonzero(rng.random(n_needs * n_experts) < 0.4)
    need, expert = np.divmod(cells, n_experts)
    satisfaction = np.full(len(cells), 0.5)
    market = Market(
        need_ids=tuple(f"n{i:02}" for i in range(n_needs)),
        expert_ids=tuple(f"e{j:02}" for j in range(n_experts)),
        firm_of=np.sort(rng.integers(0, 25, n_needs)),
        need_capacity=rng.integers(0, 4, n_needs),
        expert_capacity=rng.integers(0, 4, n_experts),
        need=need,
        expert=expert,
        firm_order=rng.integers(0, 12, len(cells)),
        expert_order=rng.integers(0, 12, len(cells)),
        firm_satisfaction=satisfaction,
        expert_satisfaction=satisfaction,
    )
    certificate = assign(market, proposer=proposer).certificate

    assert (certificate.n_blocking_pairs, certificate.violations) == (0, ())
    assert 0.8 * certificate.bound < certificate.value <= certificate.bound


@pytest.mark.parametrize("proposer", PROPOSERS)
@pytest.mark.parametrize(
    "market",
    [
        Market.from_lists(firms={}, experts={}),
        Market.from_lists(firms={"f": []}, experts={}),
        Market.from_lists(firms={}, experts={"e": []}),
        Market.from_lists(firms={"f": []}, experts={"e": ["f"]}),
        Market.from_lists(firms={"f": ["e"]}, experts={"e": ["f"]}, firm_capacity={"f": 0}),
        Market.from_lists(firms={"f": ["e"]}, experts={"e": ["f"]}, expert_capacity={"e": 0}),
    ],
    ids=["empty", "no experts", "no firms", "nobody acceptable", "no places", "no seats"],
)
def test_a_market_in_which_nobody_can_be_placed_gives_an_empty_list(market: Market, proposer: Proposer) -> None:
    assignment = assign(market, proposer=proposer)

    assert assignment.pairs == []
    assert (assignment.certificate.value, assignment.certificate.gap) == (0, 0)


def test_the_side_that_proposes_is_favoured() -> None:
    market = Market.from_lists(firms={"f": ["a", "b"], "g": ["b", "a"]}, experts={"a": ["g", "f"], "b": ["f", "g"]})

    assert assign(market, proposer="firms").pairs == [("f", "a"), ("g", "b")]
    assert assign(market, proposer="experts").pairs == [("f", "b"), ("g", "a")]


def two_needs_of_one_firm(seats: int, likes: dict[str, int], rival: int) -> Sketch:
    """An expert between two needs of firm f and one of firm g; for each need a second choice is at hand."""
    return Sketch(
        firm_of={"f-1": "f", "f-2": "f", "g": "g"},
        places={"f-1": 1, "f-2": 1, "g": 1},
        seats={"e": seats, "r": 1},
        firm_likes={("f-1", "e"): 2, ("f-2", "e"): 2, ("g", "e"): 1, ("f-1", "r"): rival},
        expert_likes={**{(name, "e"): like for name, like in likes.items()}, ("f-1", "r"): 1},
    )


@pytest.mark.parametrize("proposer", PROPOSERS)
def test_an_expert_serves_a_firm_once_and_another_firm_with_the_second_place(proposer: Proposer) -> None:
    sketch = two_needs_of_one_firm(2, {"f-1": 3, "f-2": 2, "g": 1}, rival=1)

    assert assign(sketch.market(), proposer=proposer).pairs == [("f-1", "e"), ("g", "e")]


@pytest.mark.parametrize("proposer", PROPOSERS)
def test_an_expert_refused_by_one_need_of_a_firm_turns_to_its_other_need(proposer: Proposer) -> None:
    """The other need was passed over while the first was on offer; it must be thought of again."""
    sketch = two_needs_of_one_firm(2, {"f-1": 3, "f-2": 2, "g": 1}, rival=5)

    assert assign(sketch.market(), proposer=proposer).pairs == [("f-1", "r"), ("f-2", "e"), ("g", "e")]
