"""
Tiny markets under quotas, locks, bans and what is to be kept, with a brute force that knows every rule by its words.

Like `Sketch`, on which it stands, it shares nothing with the package.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property
from typing import Any, NamedTuple

from hypothesis import strategies as st

from matcher.assignment.rules import Quota
from tests.strategies import EXPERT_UNIT, FIRM_UNIT, Pair, Pairs, Sketch, sketches

NONE: Pairs = frozenset()
FIRM, EXPERT = 0, 1
BILLION = 10**9


class Group(NamedTuple):
    """A limit on the pairs of some needs, or of some experts; in pairs, or in the experts among them."""

    side: int
    members: frozenset[str]
    minimum: int = 0
    maximum: int | None = None
    people: bool = False

    def of(self, placed: Pairs) -> Pairs:
        """Pairs that it counts."""
        return frozenset(pair for pair in placed if pair[self.side] in self.members)

    def count(self, placed: Pairs) -> int:
        """How many they are."""
        return len({e for _, e in self.of(placed)}) if self.people else len(self.of(placed))

    def quota(self, name: str) -> Quota:
        """The quota that the package sees."""
        group = dict.fromkeys(sorted(self.members), name) | {"of another market": name}
        return Quota(
            side="expert" if self.side else "firm",
            group=group,
            value=name,
            minimum=self.minimum,
            maximum=self.maximum,
            counts="people" if self.people else "pairs",
        )


@dataclass(frozen=True)
class Ruled:
    """A sketch under rules; what is liked counts across agents too."""

    sketch: Sketch
    groups: tuple[Group, ...] = ()
    locks: Pairs = NONE
    bans: Pairs = NONE
    people: int = 0
    keep: Pairs = NONE
    bonus: Fraction = Fraction(0)
    _standings: dict[tuple[int, Pair], float] = field(default_factory=dict, compare=False, repr=False)

    def rules(self) -> dict[str, Any]:
        """Arguments that `assign` and `audit` share."""
        return {
            "quotas": [group.quota(f"group {k}") for k, group in enumerate(self.groups)],
            "locks": sorted(self.locks),
            "bans": sorted(self.bans),
            "minimum_people": self.people,
        }

    def kept(self) -> dict[str, Any]:
        """Arguments of `assign` alone."""
        return {"keep": sorted(self.keep), "keep_bonus": float(self.bonus)}

    @cached_property
    def has_maxima(self) -> bool:
        """Some group may be full."""
        return any(group.maximum is not None for group in self.groups)

    @cached_property
    def has_minima(self) -> bool:
        """Something must be reached."""
        return self.people > 0 or any(group.minimum for group in self.groups)

    @cached_property
    def nested(self) -> bool:
        """No two groups of a side cross, and all count pairs."""
        pairs = [(one, other) for one in self.groups for other in self.groups if one.side == other.side]
        return not any(group.people for group in self.groups) and not any(
            crosses(one.members, other.members) for one, other in pairs
        )

    def keeps_rules(self, placed: Pairs) -> bool:
        """All rules but capacities."""
        within = all(
            group.minimum <= group.count(placed) and (group.maximum is None or group.count(placed) <= group.maximum)
            for group in self.groups
        )
        people = len({e for _, e in placed})
        return within and self.locks <= placed and not self.bans & placed and people >= self.people

    @cached_property
    def all_feasible(self) -> list[Pairs]:
        """Every assignment within capacities and rules."""
        return [placed for placed in self.sketch.all_feasible if self.keeps_rules(placed)]

    def moves(self, placed: Pairs) -> int:
        """By how many places limits would have to move, and locks go, for an assignment."""
        counts = [(group, group.count(placed)) for group in self.groups]
        missed = sum(max(0, group.minimum - count) for group, count in counts)
        missed += sum(max(0, count - group.maximum) for group, count in counts if group.maximum is not None)
        return missed + len(self.locks - placed) + max(0, self.people - len({e for _, e in placed}))

    def standing(self, side: int, pair: Pair) -> float:
        """What a side goes by: what each agent likes, or one strict order of all pairs where groups may be full."""
        if not self._standings:
            for each, likes in enumerate((self.sketch.firm_likes, self.sketch.expert_likes)):
                best_first = sorted(likes, key=lambda other, likes=likes: (-likes[other], other))
                for k, other in enumerate(best_first):
                    self._standings[each, other] = -k if self.has_maxima else likes[other]
                    if other in self.locks:
                        self._standings[each, other] = float("inf")
        return self._standings[side, pair]

    def units(self, side: int, placed: Pairs, pair: Pair) -> Iterator[tuple[int, Pairs]]:
        """Places and holders of what limits the pairs of a side, from the agent outward; limits of people aside."""
        n, e = pair
        if side == EXPERT:
            firm = self.sketch.firm_of[n]
            yield 1, frozenset(other for other in placed if other[1] == e and self.sketch.firm_of[other[0]] == firm)
        capacity = (self.sketch.places, self.sketch.seats)[side]
        yield capacity[pair[side]], frozenset(other for other in placed if other[side] == pair[side])
        for group in sorted(self.groups, key=lambda group: len(group.members)):
            if group.side == side and group.maximum is not None and not group.people and pair[side] in group.members:
                yield group.maximum, group.of(placed)

    def takes_outward(self, side: int, placed: Pairs, pair: Pair) -> bool:
        """Nothing is full, or in the first that is the pair stands above the lowest held: for nested groups."""
        for places, held in self.units(side, placed, pair):
            if len(held) >= places:
                return any(self.standing(side, pair) > self.standing(side, other) for other in held)
        return True

    def takes(self, side: int, placed: Pairs, pair: Pair) -> bool:
        """Nothing that the pair would enter is full of pairs at least as good."""
        mine = self.standing(side, pair)
        for places, held in self.units(side, placed, pair):
            if len(held) >= places and all(self.standing(side, other) >= mine for other in held):
                return False
        return not any(
            self._people_refuse(group, placed, pair)
            for group in self.groups
            if group.side == side and group.people and group.maximum is not None and pair[side] in group.members
        )

    def _people_refuse(self, group: Group, placed: Pairs, pair: Pair) -> bool:
        """As many experts as may be are counted, another one than this, each with a better pair."""
        best: dict[str, float] = {}
        for other in group.of(placed):
            best[other[1]] = max(best.get(other[1], -float("inf")), self.standing(group.side, other))
        full = group.maximum is not None and len(best) >= group.maximum
        return (
            full and pair[1] not in best and min(best.values(), default=float("inf")) > self.standing(group.side, pair)
        )

    def blocking(self, placed: Pairs) -> set[Pair]:
        """Pairs, neither placed nor banned nor locked, that both sides take."""
        return {
            pair
            for pair in self.sketch.firm_likes.keys() - placed - self.bans - self.locks
            if self.takes(FIRM, placed, pair) and self.takes(EXPERT, placed, pair)
        }

    @cached_property
    def _blocked_by(self) -> dict[Pairs, int]:
        return {placed: len(self.blocking(placed)) for placed in self.all_feasible}

    @cached_property
    def fewest_blocking(self) -> int:
        """The smallest number of blocking pairs that a feasible assignment has."""
        return min(self._blocked_by.values())

    @cached_property
    def least_blocked(self) -> list[Pairs]:
        """Every feasible assignment that so few pairs block."""
        return [placed for placed, count in self._blocked_by.items() if count == self.fewest_blocking]

    @cached_property
    def all_stable(self) -> list[Pairs]:
        """Every feasible assignment that no pair blocks."""
        return [placed for placed, count in self._blocked_by.items() if not count]

    def choice(self, side: int, pairs: Pairs) -> Pairs:
        """What a side takes of pairs under nested maxima: the best that still fits, and so on."""
        taken = NONE
        for pair in sorted(pairs, key=lambda pair: -self.standing(side, pair)):
            if all(len(held) < places for places, held in self.units(side, taken, pair)):
                taken |= {pair}
        return taken

    def worth(self, pair: Pair) -> int:
        """The mean of what the pair is worth to both, and the bonus where it is kept; in billionths."""
        firm, expert = self.sketch.firm_likes[pair], self.sketch.expert_likes[pair]
        bonus = self.bonus if pair in self.keep else 0
        return round(BILLION * ((Fraction(firm, FIRM_UNIT) + Fraction(expert, EXPERT_UNIT)) / 2 + bonus))

    def total(self, placed: Pairs) -> int:
        """The sum of what is placed."""
        return sum(self.worth(pair) for pair in placed)

    @cached_property
    def best_total(self) -> int:
        """The greatest sum that is feasible."""
        return max(self.total(placed) for placed in self.all_feasible)

    def levels(self, placed: Pairs) -> list[int]:
        """What the best partner of each need is worth that could have one, from the worst off up."""
        needs = {n for n, _ in self.sketch.firm_likes.keys() - self.bans}
        return sorted(max((self.worth(pair) for pair in placed if pair[0] == n), default=0) for n in needs)

    @cached_property
    def fairest(self) -> list[int]:
        """The levels that leave the worst off best, then the next, and so on."""
        return max(self.levels(placed) for placed in self.all_feasible)

    def renamed(self, name: Callable[[str], str]) -> "Ruled":
        """The same under other names."""

        def both(pairs: Pairs) -> Pairs:
            return frozenset((name(n), name(e)) for n, e in pairs)

        sketch = Sketch(
            firm_of={name(n): firm for n, firm in self.sketch.firm_of.items()},
            places={name(n): places for n, places in self.sketch.places.items()},
            seats={name(e): seats for e, seats in self.sketch.seats.items()},
            firm_likes={(name(n), name(e)): likes for (n, e), likes in self.sketch.firm_likes.items()},
            expert_likes={(name(n), name(e)): likes for (n, e), likes in self.sketch.expert_likes.items()},
        )
        groups = tuple(group._replace(members=frozenset(map(name, group.members))) for group in self.groups)
        fixed = {"locks": both(self.locks), "bans": both(self.bans), "keep": both(self.keep)}
        return replace(self, sketch=sketch, groups=groups, **fixed)

    def without(self, pair: Pair) -> "Ruled":
        """The same where the two do not accept each other; others stay."""
        firm_likes, expert_likes = (
            {other: liked for other, liked in likes.items() if other != pair}
            for likes in (self.sketch.firm_likes, self.sketch.expert_likes)
        )
        return replace(self, sketch=replace(self.sketch, firm_likes=firm_likes, expert_likes=expert_likes))


def crosses(one: frozenset[str], other: frozenset[str]) -> bool:
    """They share somebody, and neither holds the other."""
    return bool(one & other) and not (one <= other or other <= one)


def tiny(strict: bool | None = None) -> st.SearchStrategy[Sketch]:
    """Sketches with at most some hundreds of feasible assignments, and more than a few."""
    of_any = sketches(strict=strict, most_places=2, most_agents=3) | sketches(strict=strict, most_places=1)
    return of_any.filter(lambda sketch: len(sketch.all_feasible) > 4)


@st.composite
def ruled(
    draw: Callable[..., Any],
    *,
    maxima: bool = True,
    minima: bool = True,
    crossing: bool = True,
    people: bool = True,
    fixed: bool = True,
    strict: bool | None = None,
) -> Ruled:
    """
    Draw tiny markets under rules.

    Parameters
    ----------
    maxima, minima : bool
        Whether groups may have them; ``minima`` also lets people be asked for.
    crossing, people : bool
        Whether groups may cross, and count people.
    fixed : bool
        Whether there may be locks and bans.
    strict : bool or None

    Returns
    -------
    Ruled
        In three of four some assignment drawn first keeps the rules; in the others perhaps none does.
    """
    sketch = draw(tiny(strict))
    pairs = sorted(sketch.firm_likes)
    fullest = sorted(sketch.all_feasible, key=len, reverse=True)
    shown = draw(st.sampled_from(fullest) | st.sampled_from(fullest).filter(sketch.blocking))
    soluble = draw(st.integers(0, 3)) > 0
    groups = draw(_groups(sketch, shown if soluble else None, maxima=maxima, minima=minima, people=people))
    kept: list[Group] = []
    for group in groups:
        if crossing or not any(other.side == group.side and crosses(other.members, group.members) for other in kept):
            kept.append(group)
    locks = bans = NONE
    if fixed and draw(st.booleans()):
        locks = draw(_some(sorted(shown) if soluble else pairs))
        bans = draw(_some(sorted(set(pairs) - shown) if soluble else pairs))
    most = len({e for _, e in shown}) if soluble else 3
    asked = draw(st.integers(0, most)) if minima and draw(st.integers(0, 2)) == 0 else 0
    return Ruled(sketch, tuple(kept), locks, bans, asked)


def _some(pairs: list[Pair]) -> st.SearchStrategy[Pairs]:
    """None, one or two of them."""
    return st.frozensets(st.sampled_from(pairs), max_size=2) if pairs else st.just(NONE)


@st.composite
def _groups(
    draw: Callable[..., Any], sketch: Sketch, shown: Pairs | None, *, maxima: bool, minima: bool, people: bool
) -> list[Group]:
    """Up to four groups of either side; where an assignment is shown, it keeps their limits."""
    groups: list[Group] = []
    for _ in range(draw(st.sampled_from((0, 1, 2, 3, 4)))):
        side = draw(st.sampled_from((FIRM, EXPERT)))
        names = sorted((sketch.places, sketch.seats)[side])
        if not names:
            continue
        group = Group(
            side,
            draw(st.frozensets(st.sampled_from(names), min_size=1)),
            people=people and draw(st.integers(0, 3)) == 0,
        )
        count = group.count(shown) if shown is not None else draw(st.integers(0, 2))
        upper = maxima and draw(st.integers(0, 3)) > 0
        lower = minima and (not upper or draw(st.booleans()))
        groups.append(
            group._replace(
                minimum=max(0, count - draw(st.sampled_from((0, 0, 0, 1)))) if lower else 0,
                maximum=count + draw(st.integers(0, 1)) if upper else None,
            )
        )
    return groups


@st.composite
def with_keep(draw: Callable[..., Any], ruled_markets: st.SearchStrategy[Ruled], bonus: Fraction) -> Ruled:
    """The same with pairs of an earlier list, some of which the market may not have."""
    market = draw(ruled_markets)
    cells = [(n, e) for n in (*market.sketch.places, "gone") for e in (*market.sketch.seats, "gone")]
    return replace(market, keep=draw(st.frozensets(st.sampled_from(cells), max_size=4)), bonus=bonus)
