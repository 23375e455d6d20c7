"""Every list of a tiny instance tried, by the definitions of ``README.md``; None where nothing is feasible."""

import itertools
from collections.abc import Iterable, Iterator, Sequence

from benchmarks.oracles.instances import Instance, Pair, fairness, worths


def feasible_lists(instance: Instance) -> Iterator[frozenset[Pair]]:
    """List every set of pairs that keeps all rules."""
    pairs, locks = list(worths(instance)), {tuple(pair) for pair in instance["locks"]}
    firm_of = instance["firm_of"]

    def extended(k: int, placed: tuple[Pair, ...]) -> Iterator[frozenset[Pair]]:
        if k == len(pairs):
            if locks <= set(placed) and _keeps(instance, placed):
                yield frozenset(placed)
            return
        yield from extended(k + 1, placed)
        need, expert = pairs[k]
        if (
            sum(n == need for n, _ in placed) < instance["places"][need]
            and sum(e == expert for _, e in placed) < instance["seats"][expert]
            and (firm_of[need], expert) not in {(firm_of[n], e) for n, e in placed}
        ):
            yield from extended(k + 1, (*placed, pairs[k]))

    yield from extended(0, ())


def _keeps(instance: Instance, placed: Sequence[Pair]) -> bool:
    """Whether quotas and the number of people are kept."""
    for limit in instance["quotas"]:
        inside = [pair for pair in placed if pair[limit["side"] == "expert"] in limit["members"]]
        count = len({expert for _, expert in inside}) if limit["counts"] == "people" else len(inside)
        if not limit["minimum"] <= count <= (count if limit["maximum"] is None else limit["maximum"]):
            return False
    return len({expert for _, expert in placed}) >= instance["minimum_people"]


def tried_total(instance: Instance) -> int | None:
    """Find the greatest total by trying every list."""
    worth = worths(instance)
    return max((sum(worth[pair] for pair in placed) for placed in feasible_lists(instance)), default=None)


def tried_fair(instance: Instance) -> Instance | None:
    """Find the fairest values and the greatest total among the fairest by trying every list."""
    worth = worths(instance)
    found = (fairness(worth, placed) for placed in feasible_lists(instance))
    return max(found, key=lambda one: (one["values"], one["total"]), default=None)


def tried_fewest(instance: Instance) -> int | None:
    """Find the smallest number of blocking pairs by trying every list."""
    return min(
        (len(tried_blocking({**instance, "placed": placed})) for placed in feasible_lists(instance)), default=None
    )


def tried_blocking(instance: Instance) -> list[Pair]:
    """List the pairs that block ``instance["placed"]``: both sides would take them, see ``README.md``."""
    placed = {tuple(pair) for pair in instance["placed"]}
    barred = placed | {tuple(pair) for rule in ("bans", "locks") for pair in instance[rule]}
    fits = {(need, expert): (one, other) for need, expert, one, other in instance["pairs"]}
    return sorted(
        pair
        for pair in fits
        if pair not in barred and not any(_refuses(instance, fits, placed, pair, side) for side in (0, 1))
    )


def _refuses(instance: Instance, fits: dict[Pair, tuple[int, int]], placed: set[Pair], pair: Pair, side: int) -> bool:
    """Whether a unit of one side that the pair would enter is full of pairs at least as good."""
    limits = [q for q in instance["quotas"] if q["maximum"] is not None]
    locks = {tuple(lock) for lock in instance["locks"]}
    order = sorted(fits, key=lambda other: (-fits[other][side], other))  # one strict priority, the best first
    place = {other: k if limits else -fits[other][side] for k, other in enumerate(order)}
    place |= dict.fromkeys(locks & set(fits), -(10**18))

    def full(unit: Iterable[Pair], most: int) -> bool:
        unit = list(unit)
        return len(unit) >= most and all(place[other] <= place[pair] for other in unit)

    places = instance["places"] if side == 0 else instance["seats"]
    if full((other for other in placed if other[side] == pair[side]), places[pair[side]]):
        return True
    firm_of = instance["firm_of"]
    services = (other for other in placed if other[1] == pair[1] and firm_of[other[0]] == firm_of[pair[0]])
    if side == 1 and full(services, 1):
        return True
    return any(
        _group_refuses(limit, place, placed, pair, side)
        for limit in limits
        if limit["side"] == ("firm", "expert")[side] and pair[side] in limit["members"]
    )


def _group_refuses(limit: Instance, place: dict[Pair, int], placed: set[Pair], pair: Pair, side: int) -> bool:
    inside = [other for other in placed if other[side] in limit["members"]]
    if limit["counts"] == "people":
        if pair[1] in {expert for _, expert in inside}:
            return False
        by_expert = itertools.groupby(sorted(inside, key=lambda other: other[1]), key=lambda other: other[1])
        inside = [min(mine, key=place.__getitem__) for _, mine in by_expert]
    return len(inside) >= limit["maximum"] and all(place[other] <= place[pair] for other in inside)
