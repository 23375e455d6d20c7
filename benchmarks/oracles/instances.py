"""
Random instances as plain dictionaries, which both environments read; nothing here knows matcher or an oracle.

An instance is made of whole numbers and names, so that it travels as JSON and says the same on both sides::

    {"places": {need: int}, "seats": {expert: int}, "firm_of": {need: firm},
     "pairs": [[need, expert, firm_fit, expert_fit], ...],          # fits in units of 1e-9, even, higher is better
     "quotas": [{"side", "members", "minimum", "maximum", "counts"}, ...],
     "locks": [[need, expert], ...], "bans": [...], "keep": [...], "keep_bonus": int, "minimum_people": int}
"""

import random
from collections.abc import Iterable, Sequence
from typing import Any

Instance = dict[str, Any]
Pair = tuple[str, str]
UNIT = 1_000_000_000
"""A fit of 1."""


def listed(rng: random.Random, n_needs: int, n_experts: int, share: float, *, most: int = 1) -> Instance:
    """
    Draw a market of strict lists: on either side no two fits are equal.

    Parameters
    ----------
    rng : random.Random
    n_needs, n_experts : int
    share : float
        Chance of a pair to be acceptable; whoever would have none gets one.
    most : int
        Of places of a need; an expert has one.
    """
    needs, experts = [f"n{i}" for i in range(n_needs)], [f"e{j}" for j in range(n_experts)]
    cells = {(n, e) for n in needs for e in experts if rng.random() < share}
    cells |= {(n, rng.choice(experts)) for n in needs if n not in {other for other, _ in cells}}
    cells |= {(rng.choice(needs), e) for e in experts if e not in {other for _, other in cells}}
    fits = [[2 * fit for fit in rng.sample(range(1, UNIT // 2), len(cells))] for _ in range(2)]
    return {
        "places": {n: rng.randint(1, most) for n in needs},
        "seats": dict.fromkeys(experts, 1),
        "firm_of": {n: n for n in needs},
        "pairs": [[n, e, one, other] for (n, e), one, other in zip(sorted(cells), *fits, strict=True)],
        "quotas": [],
        "locks": [],
        "bans": [],
        "keep": [],
        "keep_bonus": 0,
        "minimum_people": 0,
    }


def tied(rng: random.Random, instance: Instance, *, grades: int) -> Instance:
    """Give every pair one of few fits on each side, so that many are tied."""
    step = 2 * (UNIT // (2 * grades))
    pairs = [[n, e, step * rng.randint(1, grades), step * rng.randint(1, grades)] for n, e, *_ in instance["pairs"]]
    return {**instance, "pairs": pairs}


def mirrored(instance: Instance) -> Instance:
    """Let experts have the places and needs have one; ids keep their sides, fits too."""
    needs, experts = list(instance["places"]), list(instance["seats"])
    if len(needs) != len(experts):
        raise ValueError("only a market of as many needs as experts can be mirrored")
    return {
        **instance,
        "places": dict.fromkeys(needs, 1),
        "seats": dict(zip(experts, instance["places"].values(), strict=True)),
    }


def projects(rng: random.Random, n_projects: int, n_students: int, n_supervisors: int) -> Instance:
    """
    Draw student-project allocation: needs are projects, experts students, a quota is what a supervisor can take.

    A supervisor ranks students, not pairs. So the fit of a project goes by its supervisor's rank of the student first;
    among projects of one supervisor by the student's own: the priority over pairs that says the same.
    """
    instance = listed(rng, n_projects, n_students, 0.4, most=3)
    supervisor_of = {n: f"s{k % n_supervisors}" for k, n in enumerate(instance["places"])}
    ranked = {f"s{k}": rng.sample(range(n_students), n_students) for k in range(n_supervisors)}
    student = {e: j for j, e in enumerate(instance["seats"])}
    wished = {e: sorted(own for _, mine, _, own in instance["pairs"] if mine == e) for e in student}
    grade = 2 * (UNIT // (2 * (n_students + 1)))
    instance["pairs"] = [
        [n, e, grade * (1 + ranked[supervisor_of[n]][student[e]]) + 2 * wished[e].index(own), own]
        for n, e, _, own in instance["pairs"]
    ]
    for supervisor in ranked:
        members = [n for n in instance["places"] if supervisor_of[n] == supervisor]
        places = [instance["places"][n] for n in members]
        most = rng.randint(max(places), sum(places))
        instance["quotas"].append(quota("firm", members, maximum=most))
    return {**instance, "supervisor_of": supervisor_of, "ranked": ranked}


def quota(side: str, members: Iterable[str], minimum: int = 0, maximum: int | None = None, **more: str) -> Instance:
    """Bound a group of needs (``firm``) or of experts (``expert``)."""
    said = {"side": side, "members": sorted(members), "minimum": minimum, "maximum": maximum}
    return {**said, "counts": more.get("counts", "pairs")}


def ruled(
    rng: random.Random, instance: Instance, *, nested: bool, people: bool = False, minima: bool = True
) -> Instance:
    """
    Add quotas, locks, bans and places on both sides.

    Parameters
    ----------
    rng : random.Random
    instance : dict
    nested : bool
        Of any two groups of a side one holds the other or they share nobody; else any subsets.
    people : bool
        Some quotas count distinct experts, and some experts must be placed.
    minima : bool
        Some groups must have something.
    """
    agents = {"firm": sorted(instance["places"]), "expert": sorted(instance["seats"])}
    several = rng.random() < 0.5
    ruled_one: Instance = {
        **instance,
        "seats": {e: rng.randint(1, 3) for e in agents["expert"]},
        "firm_of": {n: f"f{rng.randrange(1 + len(agents['firm']) // 2)}" if several else n for n in agents["firm"]},
        "quotas": [],
    }
    for side, names in agents.items():
        for members in _nested(rng, names) if nested else _crossing(rng, names):
            least = rng.choice((0, 0, 0, 1, 2)) if minima else 0
            most = rng.choice((None, least + rng.randint(0, 3), rng.randint(1, 4)))
            counts = rng.choice(("pairs", "people")) if people else "pairs"
            ruled_one["quotas"].append(quota(side, members, least, most, counts=counts))
    cells = [pair[:2] for pair in instance["pairs"]]
    chosen = rng.sample(cells, min(len(cells), 3))
    ruled_one["locks"] = chosen[:1] if rng.random() < 0.3 else []
    ruled_one["bans"] = chosen[1:] if rng.random() < 0.5 else []
    if people:
        ruled_one["minimum_people"] = rng.choice((0, 0, len(agents["expert"]) // 2))
    return ruled_one


def kept(rng: random.Random, instance: Instance) -> Instance:
    """Add an earlier list, some of whose pairs the market no longer has, and a bonus."""
    cells = [(n, e) for n in instance["places"] for e in instance["seats"]]
    keep = [list(pair) for pair in rng.sample(cells, min(len(cells), 4))]
    return {**instance, "keep": keep, "keep_bonus": 2 * rng.randint(0, UNIT // 8)}


def graded(rng: random.Random, instance: Instance, *, grades: int) -> Instance:
    """Give every pair one of few values, the same on both sides: few levels for ``fair``."""
    pairs = []
    for n, e, *_ in instance["pairs"]:
        fit = 2 * (UNIT // (2 * grades)) * rng.randint(1, grades)
        pairs.append([n, e, fit, fit])
    return {**instance, "pairs": pairs}


def worths(instance: Instance) -> dict[Pair, int]:
    """Value of each pair that is not banned, with the bonus of kept ones, in units of 1e-9."""
    banned, kept = ({tuple(pair) for pair in instance[rule]} for rule in ("bans", "keep"))
    return {
        (need, expert): (firm_fit + expert_fit) // 2 + instance["keep_bonus"] * ((need, expert) in kept)
        for need, expert, firm_fit, expert_fit in instance["pairs"]
        if (need, expert) not in banned
    }


def fairness(worth: dict[Pair, int], placed: Iterable[Pair]) -> Instance:
    """Sort the values of needs, each that of its best pair or 0, and add up all pairs."""
    placed = list(placed)
    best = dict.fromkeys((need for need, _ in worth), 0)
    for pair in placed:
        best[pair[0]] = max(best[pair[0]], worth[pair])
    return {"values": sorted(best.values()), "total": sum(worth[pair] for pair in placed)}


def _nested(rng: random.Random, names: Sequence[str]) -> list[list[str]]:
    """Cut a side into parts, and now and then join two of them, or all."""
    shuffled = rng.sample(names, len(names))
    cuts = sorted(rng.sample(range(len(names) + 1), min(2, len(names))))
    parts = [shuffled[: cuts[0]], shuffled[cuts[0] : cuts[-1]], shuffled[cuts[-1] :]]
    families = [parts[:2], [*parts, parts[0] + parts[1]], [*parts[1:], list(names)], []]
    return [part for part in rng.choice(families) if part]


def _crossing(rng: random.Random, names: Sequence[str]) -> list[list[str]]:
    return [rng.sample(names, rng.randint(1, len(names))) for _ in range(rng.randint(1, 3))]
