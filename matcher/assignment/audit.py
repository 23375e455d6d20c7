"""
The audit: checks any list of pairs against the market, and shares no code with what made the list.

It reads the market's arrays and counts; time and memory are linear in the acceptable pairs.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from matcher.assignment.market import Market
from matcher.assignment.rules import Quota, Rules
from matcher.domain.messages import Message

CLASSES = ("matched", "expert_prefers_own", "firm_full", "forbidden_by_quota", "blocking", "banned")
"""What a pair of the market can be: the first that holds, but that a banned pair not placed is banned."""


@dataclass(frozen=True, eq=False)
class AuditReport:
    """
    What the audit found.

    Attributes
    ----------
    market : Market
    violations : list of Message
        Every rule broken: unknown id, repeated pair, not acceptable, over capacity, one firm served twice, a lock
        missing, a ban placed, a quota missed or exceeded, too few people.
    pair_class : int8, shape (n_pairs,)
        Position in `CLASSES` of each acceptable pair.
    """

    market: Market
    violations: list[Message]
    pair_class: np.ndarray

    @cached_property
    def blocking_pairs(self) -> list[tuple[str, str]]:
        """Pairs ``(firm_id, expert_id)`` that would both rather be together, sorted."""
        return self.market.ids(np.flatnonzero(self.pair_class == CLASSES.index("blocking")))

    @cached_property
    def classes(self) -> dict[tuple[str, str], str]:
        """Class of every acceptable pair."""
        names = (CLASSES[k] for k in self.pair_class.tolist())
        return dict(zip(self.market.ids(range(self.market.n_pairs)), names, strict=True))


def audit(
    market: Market,
    pairs: Iterable[tuple[str, str]],
    *,
    quotas: Iterable[Quota] = (),
    locks: Iterable[tuple[str, str]] = (),
    bans: Iterable[tuple[str, str]] = (),
    minimum_people: int = 0,
) -> AuditReport:
    """
    Check a list of pairs.

    An acceptable pair that is not placed *blocks* when both sides would take it. A side refuses a pair when a unit that
    the pair would enter is full of pairs at least as good. Units are the need; the expert at the firm, of one place;
    the expert; and each group that a quota limits. Within one agent ties never block (weak stability) [1]_. Where a
    group is limited, pairs of different agents are compared, so each side has a strict priority: satisfaction, then
    ids; groups that lie within one another make this the kernel of two matroids [2]_. Locked pairs come before all
    others.

    Parameters
    ----------
    market : Market
    pairs : iterable of (str, str)
        ``(firm or need id, expert id)``.
    quotas : iterable of Quota
    locks, bans : iterables of (str, str)
    minimum_people : int
        As given to `assign`.

    Returns
    -------
    AuditReport
        Pairs that are unknown, not acceptable or repeated are reported and otherwise left aside.

    References
    ----------
    .. [1] Roth and Sotomayor (1990). *Two-Sided Matching*. Cambridge UP.
    .. [2] Fleiner (2003). A fixed-point approach to stable matchings and some applications. Math. Oper. Res. 28.

    Examples
    --------
    >>> market = Market.from_lists(firms={"f": ["a", "b"]}, experts={"a": ["f"], "b": ["f"]})
    >>> audit(market, [("f", "b")]).blocking_pairs
    [('f', 'a')]
    """
    violations, placed = _known(market, pairs)
    matched = np.zeros(market.n_pairs, dtype=bool)
    matched[placed] = True
    need_load = np.bincount(market.need[matched], minlength=market.n_needs)
    expert_load = np.bincount(market.expert[matched], minlength=market.n_experts)
    violations += _over(market.need_ids, need_load, market.need_capacity, "audit.need_over_capacity")
    violations += _over(market.expert_ids, expert_load, market.expert_capacity, "audit.expert_over_capacity")
    service = _services(market)
    violations += _served_twice(market, matched, service)
    quotas, locks, bans = list(quotas), [(f, e) for f, e in locks], [(f, e) for f, e in bans]
    listed = market.ids(placed)
    violations += _of_rules(listed, quotas, locks, bans, minimum_people)

    limited = any(quota.maximum is not None for quota in quotas)
    is_locked = _mask(market, locks)
    firm_goes_by = _priority(market.firm_order, market.firm_satisfaction, is_locked, strict=limited)
    expert_goes_by = _priority(market.expert_order, market.expert_satisfaction, is_locked, strict=limited)
    firm_refuses = _refuses(market.need, firm_goes_by, matched, market.need_capacity)
    expert_refuses = _refuses(market.expert, expert_goes_by, matched, market.expert_capacity)
    expert_refuses |= _refuses(service, expert_goes_by, matched, np.ones(int(service.max(initial=-1)) + 1, dtype=int))
    quota_refuses = np.zeros(market.n_pairs, dtype=bool)
    for layer in _layers(quotas):
        goes_by = firm_goes_by if layer[0].side == "firm" else expert_goes_by
        quota_refuses |= _groups_refuse(market, layer, goes_by, matched)
    tests = [matched, _mask(market, bans), expert_refuses, firm_refuses, quota_refuses]
    names = ["matched", "banned", "expert_prefers_own", "firm_full", "forbidden_by_quota"]
    classes = [CLASSES.index(name) for name in names]
    pair_class = np.select(tests, classes, default=CLASSES.index("blocking")).astype(np.int8)
    return AuditReport(market, violations, pair_class)


def audit_under(market: Market, pairs: Iterable[tuple[str, str]], rules: Rules) -> AuditReport:
    """Check a list of pairs as `audit` does, under rules that are at hand in one piece."""
    return audit(
        market, pairs, quotas=rules.quotas, locks=rules.locks, bans=rules.bans, minimum_people=rules.minimum_people
    )


def _known(market: Market, pairs: Iterable[tuple[str, str]]) -> tuple[list[Message], list[int]]:
    """Positions of the pairs that the market has, each once; what is wrong with the others."""
    violations: list[Message] = []
    placed: dict[int, None] = {}
    needs, experts = set(market.need_ids), set(market.expert_ids)
    pairs = list(pairs)
    for (firm, expert), position in zip(pairs, market.positions_of(pairs).tolist(), strict=True):
        values = {"firm": firm, "expert": expert}
        if position in placed:
            violations.append(Message("audit.repeated_pair", values))
        elif position >= 0:
            placed[position] = None
        elif firm in needs and expert in experts:
            violations.append(Message("audit.not_acceptable", values))
        else:
            unknown = firm if firm not in needs else expert
            violations.append(Message("audit.unknown_id", {**values, "value": unknown}))
    return violations, list(placed)


def _over(ids: tuple[str, ...], load: np.ndarray, capacity: np.ndarray, code: str) -> list[Message]:
    return [
        Message(code, {"id": ids[k], "count": int(load[k]), "capacity": int(capacity[k])})
        for k in np.flatnonzero(load > capacity)
    ]


def _services(market: Market) -> np.ndarray:
    """Give every pair the number of its expert at its firm, from 0."""
    if market.firms_have_one_need:
        return np.arange(market.n_pairs)
    n_firms = int(market.firm_of.max(initial=-1)) + 1
    return np.unique(market.expert * n_firms + market.firm_of[market.need], return_inverse=True)[1]


def _served_twice(market: Market, matched: np.ndarray, service: np.ndarray) -> list[Message]:
    placed = np.flatnonzero(matched)
    keys, times = np.unique(service[placed], return_counts=True)
    found = []
    for key in keys[times > 1]:
        twice = placed[service[placed] == key]
        needs = tuple(market.need_ids[market.need[p]] for p in twice)
        found.append(
            Message("audit.firm_served_twice", {"expert": market.expert_ids[market.expert[twice[0]]], "needs": needs})
        )
    return found


def _of_rules(
    listed: list[tuple[str, str]],
    quotas: Sequence[Quota],
    locks: list[tuple[str, str]],
    bans: list[tuple[str, str]],
    minimum_people: int,
) -> list[Message]:
    """List what is broken of the rules besides capacities, counted by ids."""
    there = set(listed)
    found = [Message("audit.lock_missing", {"firm": f, "expert": e}) for f, e in sorted({*locks} - there)]
    found += [Message("audit.banned_pair", {"firm": f, "expert": e}) for f, e in sorted({*bans} & there)]
    for quota in quotas:
        inside = [pair for pair in listed if quota.group.get(pair[quota.side == "expert"]) == quota.value]
        count = len({expert for _, expert in inside}) if quota.counts == "people" else len(inside)
        values = {"group": quota.named, "count": count, "counts": quota.unit}
        if count < quota.minimum:
            found.append(Message("audit.under_quota", {**values, "minimum": quota.minimum}))
        if quota.maximum is not None and count > quota.maximum:
            found.append(Message("audit.over_quota", {**values, "maximum": quota.maximum}))
    people = len({expert for _, expert in listed})
    if people < minimum_people:
        found.append(Message("audit.too_few_people", {"count": people, "minimum": minimum_people}))
    return found


def _mask(market: Market, pairs: Iterable[tuple[str, str]]) -> np.ndarray:
    found = np.zeros(market.n_pairs, dtype=bool)
    positions = market.positions_of(pairs)
    found[positions[positions >= 0]] = True
    return found


def _priority(order: np.ndarray, satisfaction: np.ndarray, is_locked: np.ndarray, *, strict: bool) -> np.ndarray:
    """Find what a side goes by, higher is better: each agent's own order, or one strict order of all pairs."""
    if strict:
        by_rank = np.lexsort((np.arange(len(order)), -satisfaction))  # pairs stand in the order of their ids
        order = np.empty(len(order), dtype=np.int64)
        order[by_rank] = np.arange(len(order))[::-1]
    return np.where(is_locked, np.iinfo(np.int64).max, order)


def _refuses(unit: np.ndarray, goes_by: np.ndarray, matched: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Whether each pair's unit is full of pairs that are at least as good."""
    load = np.bincount(unit[matched], minlength=len(places))
    worst = np.full(len(places), np.iinfo(np.int64).max)
    np.minimum.at(worst, unit[matched], goes_by[matched])
    return (load >= places)[unit] & (goes_by <= worst[unit])


def _layers(quotas: Sequence[Quota]) -> list[list[Quota]]:
    """Part quotas that have a maximum so that those of one layer share a column, and no two a group."""
    layers: dict[tuple[object, ...], list[Quota]] = {}
    times: Counter[tuple[object, ...]] = Counter()
    for quota in quotas:
        if quota.maximum is not None:
            column = (id(quota.group), quota.side, quota.counts)
            times[*column, quota.value] += 1
            layers.setdefault((*column, times[*column, quota.value]), []).append(quota)
    return list(layers.values())


def _groups_refuse(market: Market, layer: list[Quota], goes_by: np.ndarray, matched: np.ndarray) -> np.ndarray:
    """
    Whether the limited groups of a column refuse each pair.

    A limit of people counts somebody by the best pair, and never refuses who is counted already.
    """
    group, number = layer[0].group, {quota.value: k for k, quota in enumerate(layer)}
    ids, agent = (market.need_ids, market.need) if layer[0].side == "firm" else (market.expert_ids, market.expert)
    unit = np.array([number.get(group.get(name), -1) for name in ids], dtype=np.int64)[agent]
    places = np.array([quota.maximum for quota in layer])
    inside, held = unit >= 0, np.flatnonzero((unit >= 0) & matched)
    held_unit, held_by = unit[held], goes_by[held]
    if layer[0].counts == "people":
        person = unit * market.n_experts + market.expert
        people, of_person = np.unique(person[held], return_inverse=True)
        best = np.full(len(people), -1, dtype=np.int64)
        np.maximum.at(best, of_person, held_by)
        held_unit, held_by = people // market.n_experts, best
        inside &= ~np.isin(person, people)
    load = np.bincount(held_unit, minlength=len(layer))
    worst = np.full(len(layer), np.iinfo(np.int64).max)
    np.minimum.at(worst, held_unit, held_by)
    return inside & (load >= places)[unit] & (goes_by <= worst[unit])
