"""
What tests of several rooms share: tiny markets with a brute force of their own, records, and the sample.

Nothing of the brute force comes from the package: it reads a `Sketch`, plain dictionaries, and knows one definition.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from hypothesis import strategies as st

from matcher.assignment import Market
from matcher.domain.records import Expert, Need, Rating

DATA = Path(__file__).resolve().parents[1] / "data"

Pair = tuple[str, str]
Pairs = frozenset[Pair]

FIRM_UNIT, EXPERT_UNIT = 10, 7
"""What a liking is divided by to make satisfaction; likings are below both."""


class Sample(NamedTuple):
    """The sample data as records."""

    experts: list[Expert]
    needs: list[Need]
    ratings: list[Rating]


def expert(expert_id: str, research_fields: str = "电机降噪", **columns: Any) -> Expert:
    """An expert of whom only the columns that matter are stated."""
    columns = {"name": "甲", "institution": "某大学", **columns}
    return Expert(expert_id=expert_id, research_fields=research_fields, **columns)


def need(need_id: str, need_title: str = "电机降噪", **columns: Any) -> Need:
    """A need of which only the columns that matter are stated."""
    columns = {"firm_id": need_id, "name": "某厂", "industry": "电机", **columns}
    return Need(need_id=need_id, need_title=need_title, **columns)


@dataclass(frozen=True)
class Sketch:
    """A tiny market in plain dictionaries; a higher liking is better, an equal one a tie."""

    firm_of: dict[str, str]
    places: dict[str, int]
    seats: dict[str, int]
    firm_likes: dict[Pair, int]
    expert_likes: dict[Pair, int]
    _takes: dict[tuple[int, Pairs, Pair], bool] = field(default_factory=dict, compare=False, repr=False)

    def market(self) -> Market:
        """Make the market that the package sees."""
        needs, experts, firms = sorted(self.places), sorted(self.seats), sorted(set(self.firm_of.values()))
        pairs = sorted(self.firm_likes)
        satisfaction = [
            np.array([likes[pair] for pair in pairs]) / unit
            for likes, unit in ((self.firm_likes, FIRM_UNIT), (self.expert_likes, EXPERT_UNIT))
        ]
        return Market(
            need_ids=tuple(needs),
            expert_ids=tuple(experts),
            firm_of=np.array([firms.index(self.firm_of[n]) for n in needs], dtype=np.int64),
            need_capacity=np.array([self.places[n] for n in needs], dtype=np.int64),
            expert_capacity=np.array([self.seats[e] for e in experts], dtype=np.int64),
            need=np.array([needs.index(n) for n, _ in pairs], dtype=np.int64),
            expert=np.array([experts.index(e) for _, e in pairs], dtype=np.int64),
            firm_order=np.array([self.firm_likes[pair] for pair in pairs], dtype=np.int64),
            expert_order=np.array([self.expert_likes[pair] for pair in pairs], dtype=np.int64),
            firm_satisfaction=satisfaction[0],
            expert_satisfaction=satisfaction[1],
        )

    @cached_property
    def strict(self) -> bool:
        """Nobody likes two equally."""
        mine = [(n, likes) for (n, _), likes in self.firm_likes.items()]
        mine += [(e, likes) for (_, e), likes in self.expert_likes.items()]
        return len(set(mine)) == len(mine)

    def need_choice(self, pairs: Pairs, last: Pair | None = None) -> Pairs:
        """What a need takes of pairs with it: the best, as many as it has places; of equals, not ``last``."""
        best = sorted(pairs, key=lambda pair: (-self.firm_likes[pair], pair == last, pair))
        return frozenset(pair for k, pair in enumerate(best) if k < self.places[pair[0]])

    def expert_choice(self, pairs: Pairs, last: Pair | None = None) -> Pairs:
        """What an expert takes of pairs with them: the best, one a firm, as many as there are seats; as above."""
        taken: list[Pair] = []
        for pair in sorted(pairs, key=lambda pair: (-self.expert_likes[pair], pair == last, pair)):
            served = {self.firm_of[need] for need, _ in taken}
            if len(taken) < self.seats[pair[1]] and self.firm_of[pair[0]] not in served:
                taken.append(pair)
        return frozenset(taken)

    def _take(self, side: int, held: Pairs, pair: Pair) -> bool:
        key = (side, held, pair)
        if key not in self._takes:
            choice = (self.need_choice, self.expert_choice)[side]
            self._takes[key] = pair in choice(held | {pair}, last=pair)
        return self._takes[key]

    def firm_takes(self, placed: Pairs, pair: Pair) -> bool:
        """The need would take the pair beside, or in place of, what it holds."""
        return self._take(0, frozenset(other for other in placed if other[0] == pair[0]), pair)

    def expert_takes(self, placed: Pairs, pair: Pair) -> bool:
        """The expert would."""
        return self._take(1, frozenset(other for other in placed if other[1] == pair[1]), pair)

    def blocking(self, placed: Pairs) -> set[Pair]:
        """Pairs that both would take."""
        return {
            pair
            for pair in self.firm_likes
            if pair not in placed and self.firm_takes(placed, pair) and self.expert_takes(placed, pair)
        }

    def feasible(self, placed: Pairs) -> bool:
        """Acceptable pairs within all capacities, nobody at one firm twice."""
        services = [(self.firm_of[n], e) for n, e in placed]
        return (
            placed <= self.firm_likes.keys()
            and all(sum(n == mine for n, _ in placed) <= places for mine, places in self.places.items())
            and all(sum(e == mine for _, e in placed) <= seats for mine, seats in self.seats.items())
            and len(set(services)) == len(services)
        )

    @cached_property
    def all_feasible(self) -> list[Pairs]:
        """Every feasible assignment."""
        pairs = sorted(self.firm_likes)

        def extended(
            k: int, placed: tuple[Pair, ...], places: dict[str, int], seats: dict[str, int]
        ) -> Iterator[Pairs]:
            if k == len(pairs):
                yield frozenset(placed)
                return
            yield from extended(k + 1, placed, places, seats)
            n, e = pairs[k]
            twice = any(e == other and self.firm_of[n] == self.firm_of[theirs] for theirs, other in placed)
            if places[n] and seats[e] and not twice:
                yield from extended(
                    k + 1, (*placed, pairs[k]), {**places, n: places[n] - 1}, {**seats, e: seats[e] - 1}
                )

        return list(extended(0, (), self.places, self.seats))

    @cached_property
    def all_stable(self) -> list[Pairs]:
        """Every feasible assignment without a blocking pair."""
        return [placed for placed in self.all_feasible if not self.blocking(placed)]


def of_need(pairs: Pairs, name: str) -> Pairs:
    """Pairs of one need."""
    return frozenset(pair for pair in pairs if pair[0] == name)


def of_expert(pairs: Pairs, name: str) -> Pairs:
    """Pairs of one expert."""
    return frozenset(pair for pair in pairs if pair[1] == name)


@st.composite
def sketches(
    draw: Callable[..., Any], *, strict: bool | None = None, most_places: int = 3, most_agents: int = 4
) -> Sketch:
    """
    Draw tiny markets.

    Every other one starts from cyclic lists, a latin square in which the two sides want the opposite, so that many
    assignments are stable; the lists of some agents are then drawn anew. In every other one some pairs are struck
    out; every third has firms with several needs.
    """
    if strict is None:
        strict = draw(st.booleans())
    cyclic = draw(st.booleans())
    n_needs, n_experts = (
        (draw(st.integers(2, most_agents)),) * 2
        if cyclic
        else (draw(st.integers(0, most_agents)), draw(st.integers(0, most_agents)))
    )
    needs, experts = [f"n{i}" for i in range(n_needs)], [f"e{j}" for j in range(n_experts)]
    several = draw(st.sampled_from((False, False, True)))
    firm_of = {n: f"f{draw(st.integers(0, 2)) if several else i}" for i, n in enumerate(needs)}
    sizes = st.just(1) if draw(st.booleans()) else st.integers(0, most_places)
    places, seats = ({name: draw(sizes) for name in names} for names in (needs, experts))
    cells = [(n, e) for n in needs for e in experts]
    struck = draw(st.sets(st.sampled_from(cells), max_size=6)) if cells and draw(st.booleans()) else set()
    firm_likes: dict[Pair, int] = {}
    expert_likes: dict[Pair, int] = {}
    n_ranks = max(n_needs, n_experts)
    for i, n in enumerate(needs):
        order = _order(draw, [(j - i) % n_ranks for j in range(n_experts)], cyclic=cyclic, strict=strict)
        firm_likes |= {(n, e): n_ranks - place for e, place in zip(experts, order, strict=True) if (n, e) not in struck}
    for j, e in enumerate(experts):
        order = _order(draw, [(i - j - 1) % n_ranks for i in range(n_needs)], cyclic=cyclic, strict=strict)
        expert_likes |= {(n, e): n_ranks - place for n, place in zip(needs, order, strict=True) if (n, e) not in struck}
    return Sketch(firm_of, places, seats, firm_likes, expert_likes)


def _order(draw: Callable[..., Any], base: list[int], *, cyclic: bool, strict: bool) -> list[int]:
    """Places in one agent's list: those of the cycle, or others for one agent in four, or any."""
    if cyclic and draw(st.integers(0, 3)):
        return base
    if strict:
        return draw(st.permutations(base))
    return [draw(st.sampled_from(base)) for _ in base]


@st.composite
def sketches_with_assignments(draw: Callable[..., Any]) -> tuple[Sketch, Pairs]:
    """Draw a tiny market with any of its feasible assignments."""
    sketch = draw(sketches())
    placed: list[Pair] = []
    for pair in draw(st.permutations(sorted(sketch.firm_likes))):
        if draw(st.booleans()) and sketch.feasible(frozenset([*placed, pair])):
            placed.append(pair)
    return sketch, frozenset(placed)


@st.composite
def listed_markets(draw: Callable[..., Any], *, ties: bool = True) -> dict[str, dict[str, Any]]:
    """Draw arguments of ``Market.from_lists``: lists that may leave out, or be one-sided, and tie."""
    names = {
        "firms": [f"f{k}" for k in range(draw(st.integers(0, 4)))],
        "experts": [f"e{k}" for k in range(draw(st.integers(0, 4)))],
    }
    arguments: dict[str, dict[str, Any]] = {}
    for side, other in (("firms", "experts"), ("experts", "firms")):
        lists = {}
        for name in names[side]:
            listed = draw(st.permutations(names[other]))[: draw(st.integers(0, 4))]
            tiers: list[Any] = []
            for entry in listed:
                if ties and tiers and draw(st.booleans()):
                    tiers[-1] = [*([tiers[-1]] if isinstance(tiers[-1], str) else tiers[-1]), entry]
                else:
                    tiers.append(entry)
            lists[name] = tiers
        arguments[side] = lists
        arguments[f"{side[:-1]}_capacity"] = {
            name: draw(st.integers(0, 3)) for name in names[side] if draw(st.booleans())
        }
    return arguments
