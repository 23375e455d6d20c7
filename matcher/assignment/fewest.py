"""
Fewest blocking pairs, and the most pairs of a stable assignment, by constraint programming.

A pair that is not placed and does not block is refused by some unit: full of pairs at least as good. Along a unit's
pairs, the best first, a counter tells how many are placed, so the model grows with the pairs, not with their squares.
The solver runs on one core and counts its time by work done: the same input gives the same answer.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from matcher.assignment.audit import CLASSES, audit_under
from matcher.assignment.chain import Chain
from matcher.assignment.diagnosis import arithmetic, is_feasible, reasons
from matcher.assignment.network import Network, circulate, open_pairs
from matcher.assignment.objective import Aim, Solution
from matcher.assignment.program import Program
from matcher.assignment.quota_stable import priority, quota_stable
from matcher.assignment.rules import Case
from matcher.domain.errors import InfeasibleProblem

_TRIES = 40
"""Pairs tried at each step towards a minimum."""

_WORK_PER_SECOND = 0.3
"""The solver's measure of work that a second of one core does, as seen."""

if TYPE_CHECKING:
    from ortools.sat.python.cp_model import IntVar


def fewest_blocking(case: Case, aim: Aim) -> Solution:
    """
    Keep all rules with the fewest blocking pairs, and of such assignments place the most pairs.

    For minimum quotas, a minimum of people, and maxima that cross or count people: what is stable without them may
    break them, and what keeps them may have no stable assignment.

    Parameters
    ----------
    case : Case
    aim : Aim

    Returns
    -------
    Solution
        Value is the pairs placed; ``proof["fewest_blocking"]`` bounds the number of blocking pairs from below.

    Raises
    ------
    InfeasibleProblem
        When no assignment keeps the rules.
    """
    if not is_feasible(case):
        raise InfeasibleProblem(reasons(case))
    first = _stable_without_minima(case, aim)
    start = _improved(case, _start(case, np.array(first.positions, dtype=np.int64), aim))
    definition = "fewest blocking pairs; experts at most once a firm"
    reached = len(_blocking(case, start))
    if not reached:
        solver = "deferred acceptance"
        bound = max(first.bound, float(len(start)))
        return Solution(tuple(start.tolist()), float(len(start)), bound, definition, solver, {"fewest_blocking": 0})
    model = _Model(case)
    blocking = [model.cp.new_bool_var("") for _ in model.pair]
    model.forbid_blocking(unless=blocking)
    model.cp.add(sum(blocking) <= reached)
    model.cp.minimize(sum(blocking))
    placed, least, count = model.solve(start, aim, share=0.8)
    least = max(0, int(np.ceil(least - 1e-6)))
    model.cp.add(sum(blocking) <= (reached if count is None else count))
    model.cp.add(sum(model.placed) >= len(placed))
    model.cp.clear_objective()
    model.cp.maximize(sum(model.placed))
    placed, bound, _ = model.solve(placed, aim, share=0.2)
    if count is None or least < count:  # with fewer blocking pairs there might be more
        bound = _places(case)
    bound = max(float(np.floor(bound + 1e-6)), float(len(placed)))
    return Solution(
        positions=tuple(placed.tolist()),
        value=float(len(placed)),
        bound=bound,
        definition=definition,
        solver="constraint programming",
        proof={"fewest_blocking": least},
    )


def largest_stable(case: Case, aim: Aim, hint: Sequence[int], at_most: float) -> tuple[tuple[int, ...], float]:
    """
    Place the most pairs without a blocking one.

    Parameters
    ----------
    case : Case
        Without minima; maxima laminar.
    aim : Aim
    hint : sequence of int
        Positions of a stable assignment to start from.
    at_most : float
        A bound that is known.

    Returns
    -------
    positions : tuple of int
    bound : float
        What no stable assignment exceeds.
    """
    model = _Model(case)
    model.forbid_blocking()
    model.cp.add(sum(model.placed) <= int(at_most))
    model.cp.maximize(sum(model.placed))
    placed, bound, count = model.solve(np.array(hint, dtype=np.int64), aim)
    if count is None:
        return tuple(hint), at_most
    # As many as before are no better: the hint has the proposer's ranks and the kept pairs on its side.
    found = placed.tolist() if len(placed) > len(hint) else hint
    return tuple(found), min(at_most, float(np.floor(bound + 1e-6)))


def _stable_without_minima(case: Case, aim: Aim) -> Solution:
    """Place by what is limited alone; stable where that is laminar, else near to it."""
    quotas = tuple(replace(quota, minimum=0) for quota in case.rules.quotas if quota.maximum is not None)
    free = Case(case.market, replace(case.rules, quotas=quotas, minimum_people=0))
    if free.rules.has_maxima:
        found = quota_stable(free, aim)
        # Where groups cross or count people, stable lists differ in size: this one's bounds no other.
        return found if free.is_laminar else replace(found, bound=_places(case))
    from matcher.assignment.stable import stable

    return stable(free, aim)


def _places(case: Case) -> float:
    """Count the places of the side that has fewer."""
    return float(min(case.market.need_capacity.sum(), case.market.expert_capacity.sum()))


def _start(case: Case, placed: np.ndarray, aim: Aim) -> np.ndarray:
    """
    Reach the minima from an assignment without them, pair by pair; each time the one that makes the fewest block.

    A pair is tried as if it were locked, and all others placed anew around it. Where that does not reach them, whatever
    keeps the rules and shares the most pairs is the start.
    """
    market, rules = case.market, case.rules
    while _missing(case, placed):
        tried = []
        for p in _promising(case, placed):
            locked = Case(market, replace(rules, locks=(*rules.locks, *market.ids([p]))))
            if arithmetic(locked):
                continue
            found = np.array(_stable_without_minima(locked, aim).positions, dtype=np.int64)
            missing = _missing(case, found)
            if missing < _missing(case, placed):
                tried.append((len(_blocking(case, found)), missing, -len(found), p, locked.rules, found))
        if not tried:
            return _nearest(case, placed, aim)
        *_, rules, placed = min(tried, key=lambda one: one[:4])
    return placed


def _improved(case: Case, placed: np.ndarray) -> np.ndarray:
    """Grant blocking pairs their wish, with the chain that follows, as long as fewer block then and the rules hold."""
    market = case.market
    while True:
        blocking, tried = _blocking(case, placed), []
        for p in blocking[:_TRIES]:
            chain = Chain(case, placed.tolist())
            chain.place(p)
            chain.follow()
            after = np.array(sorted(chain.placed), dtype=np.int64)
            report = audit_under(market, market.ids(after), case.rules)
            if not report.violations:
                tried.append((len(report.blocking_pairs), -len(after), p, after))
        if not tried or min(one[0] for one in tried) >= len(blocking):
            return placed
        placed = min(tried, key=lambda one: one[:3])[3]


def _blocking(case: Case, placed: np.ndarray) -> list[int]:
    report = audit_under(case.market, case.market.ids(placed), case.rules)
    return np.flatnonzero(report.pair_class == CLASSES.index("blocking")).tolist()


def _promising(case: Case, placed: np.ndarray) -> list[int]:
    """List the best pairs not placed that would bring a minimum nearer."""
    market = case.market
    is_wanted = np.zeros(market.n_pairs, dtype=bool)
    for k, quota in enumerate(case.rules.quotas):
        if _count(case, k, placed) < quota.minimum:
            is_wanted |= case.covered(k)
    if len(np.unique(market.expert[placed])) < case.rules.minimum_people:
        is_wanted |= ~np.isin(market.expert, market.expert[placed])
    is_wanted[placed] = False
    wanted = np.intersect1d(np.flatnonzero(is_wanted), open_pairs(case))
    order = np.lexsort((wanted, market.firm_rank[wanted] + market.expert_rank[wanted]))
    return wanted[order][:_TRIES].tolist()


def _missing(case: Case, placed: np.ndarray) -> int:
    """Count by how much pairs miss the minima."""
    rules = case.rules
    short = [max(0, quota.minimum - _count(case, k, placed)) for k, quota in enumerate(rules.quotas)]
    return sum(short) + max(0, rules.minimum_people - len(np.unique(case.market.expert[placed])))


def _count(case: Case, quota: int, placed: np.ndarray) -> int:
    inside = placed[case.covered(quota)[placed]]
    counts_people = case.rules.quotas[quota].counts == "people"
    return len(np.unique(case.market.expert[inside])) if counts_people else len(inside)


def _nearest(case: Case, start: np.ndarray, aim: Aim) -> np.ndarray:
    """Find an assignment that keeps the rules and shares the most pairs with another, then is worth the most."""
    worth = case.worth.copy()
    worth[start] += int(worth.max(initial=0)) * 10 + 1
    if case.is_laminar:
        network = Network.of(case)
        flow = circulate(network, network.cost(worth))
        if flow is not None:
            return network.placed(flow)
    return Program.of(case).most(worth, aim.time_limit_s)[0]


class _Model:
    """Variables and rules of a case; whether pairs block is said by `forbid_blocking`."""

    def __init__(self, case: Case) -> None:
        from ortools.sat.python.cp_model import CpModel

        self.case, self.cp = case, CpModel()
        self.pair = open_pairs(case).tolist()
        self.placed: list[IntVar] = [self.cp.new_bool_var("") for _ in self.pair]
        self.of = dict(zip(self.pair, self.placed, strict=True))
        for position in np.flatnonzero(case.locked).tolist():
            self.cp.add(self.of[position] == 1)
        market = case.market
        at_most = [(unit, 1) for unit in _units(case.service, self.pair)]
        for agent, places in ((market.need, market.need_capacity), (market.expert, market.expert_capacity)):
            at_most += [(unit, int(places[agent[unit[0]]])) for unit in _units(agent, self.pair)]
        for unit, places in at_most:
            if len(unit) > places:
                self.cp.add(self._count(unit) <= places)
        for k, quota in enumerate(case.rules.quotas):
            inside = case.covered(k)
            unit = [p for p in self.pair if inside[p]]
            count = self._people(unit) if quota.counts == "people" else self._count(unit)
            self.cp.add(count >= quota.minimum)
            if quota.maximum is not None:
                self.cp.add(count <= quota.maximum)
        if case.rules.minimum_people:
            self.cp.add(self._people(self.pair) >= case.rules.minimum_people)

    def _count(self, unit: Iterable[int]) -> "IntVar":
        return sum(self.of[p] for p in unit)  # ty: ignore[invalid-explicit-return] - an expression, which it does not know

    def _people(self, unit: list[int]) -> "IntVar":
        """Count the experts who have one of some pairs."""
        people = []
        for pairs in _units(self.case.market.expert, unit):
            has = self.cp.new_bool_var("")
            self.cp.add_max_equality(has, [self.of[p] for p in pairs])
            people.append(has)
        return sum(people)  # ty: ignore[invalid-explicit-return] - as above

    def forbid_blocking(self, unless: "Sequence[IntVar] | None" = None) -> None:
        """Say of each pair that it is placed, or refused, or one of those that are allowed to block."""
        case, market = self.case, self.case.market
        refusals: dict[int, list[IntVar]] = {p: [] for p in self.pair}
        if case.rules.has_maxima:
            firm_place, expert_place = priority(case, "firm"), priority(case, "expert")
        else:
            firm_place, expert_place = (
                np.where(case.locked, np.iinfo(np.int64).min, -order)
                for order in (market.firm_order, market.expert_order)
            )
        units = [(unit, 1, expert_place) for unit in _units(case.service, self.pair)]
        for agent, places, place in (
            (market.need, market.need_capacity, firm_place),
            (market.expert, market.expert_capacity, expert_place),
        ):
            units += [(unit, int(places[agent[unit[0]]]), place) for unit in _units(agent, self.pair)]
        for k, quota in enumerate(case.rules.quotas):
            if quota.maximum is not None:
                inside = case.covered(k)
                unit = [p for p in self.pair if inside[p]]
                place = firm_place if quota.side == "firm" else expert_place
                if quota.counts == "people":
                    self._refusals_of_people(unit, quota.maximum, place, refusals)
                else:
                    units.append((unit, quota.maximum, place))
        for unit, places, place in units:
            self._refusals(unit, places, place, refusals)
        for k, p in enumerate(self.pair):
            if not case.locked[p]:
                self.cp.add_bool_or([self.of[p], *refusals[p], *([unless[k]] if unless is not None else [])])

    def _refusals(self, unit: list[int], places: int, place: np.ndarray, refusals: "dict[int, list[IntVar]]") -> None:
        """Add to each pair of a unit whether it is full of pairs at least as good."""
        if len(unit) < places + (places > 0):
            return
        before: IntVar | int = 0
        earlier: IntVar | None = None
        for tier in _tiers(unit, place):
            full = self.cp.new_bool_var("")
            if places == 1:
                self.cp.add_bool_or([~full, *([earlier] if earlier is not None else []), *(self.of[p] for p in tier)])
            elif places > 1:
                count = self.cp.new_int_var(0, places, "")
                self.cp.add(count == before + self._count(tier))
                self.cp.add(count >= places).only_enforce_if(full)
                before = count
            earlier = full
            for p in tier:
                refusals[p].append(full)

    def _refusals_of_people(
        self, unit: list[int], most: int, place: np.ndarray, refusals: "dict[int, list[IntVar]]"
    ) -> None:
        """Do the same where a unit counts people: by their best pair, and never against who is counted already."""
        expert = self.case.market.expert
        mine: dict[int, list[IntVar]] = {int(expert[p]): [] for p in unit}
        everything = {int(expert[pairs[0]]): [self.of[p] for p in pairs] for pairs in _units(expert, unit)}
        count: IntVar | int = 0
        for (p,) in _tiers(unit, place):
            somebody = int(expert[p])
            first = self.cp.new_bool_var("")
            self.cp.add_implication(first, self.of[p])
            for other in mine[somebody]:
                self.cp.add_implication(first, ~other)
            mine[somebody].append(self.of[p])
            now = self.cp.new_int_var(0, most, "")
            self.cp.add(now == count + first)
            full = self.cp.new_bool_var("")
            self.cp.add(now >= most).only_enforce_if(full)
            for other in everything[somebody]:
                self.cp.add_implication(full, ~other)
            refusals[p].append(full)
            count = now

    def solve(self, hint: np.ndarray, aim: Aim, share: float = 1.0) -> tuple[np.ndarray, float, int | None]:
        """
        Return positions, the bound of the objective, and its value, in a share of the time.

        The hint, and None, where time did not suffice.
        """
        from ortools.sat.python.cp_model import FEASIBLE, OPTIMAL, CpSolver

        there = set(hint.tolist())
        self.cp.clear_hints()
        for p, variable in self.of.items():
            self.cp.add_hint(variable, p in there)
        solver = CpSolver()
        solver.parameters.num_workers = 1
        solver.parameters.random_seed = aim.seed % (2**31)
        solver.parameters.max_deterministic_time = share * aim.time_limit_s * _WORK_PER_SECOND
        status = solver.solve(self.cp)
        if status not in (OPTIMAL, FEASIBLE):
            return hint, solver.best_objective_bound, None
        placed = np.array([p for p, variable in self.of.items() if solver.value(variable)], dtype=np.int64)
        return placed, solver.best_objective_bound, round(solver.objective_value)


def _units(of: np.ndarray, pairs: Sequence[int]) -> list[list[int]]:
    """Part pairs by what they belong to."""
    parts: dict[int, list[int]] = {}
    for p in pairs:
        parts.setdefault(int(of[p]), []).append(p)
    return list(parts.values())


def _tiers(unit: list[int], place: np.ndarray) -> list[list[int]]:
    """Part pairs into those that are equally good, the best first."""
    return sorted(_units(place, unit), key=lambda tier: int(place[tier[0]]))
