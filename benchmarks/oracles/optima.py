"""Optima by networkx and scipy; instances as in ``instances.py``, None where nothing is feasible."""

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Iterator, Sequence
from typing import Any

import networkx as nx  # ty: ignore[import-not-found]  # of the oracles' environment
import numpy as np
import scipy.sparse as sp
from scipy.optimize import Bounds, LinearConstraint, linear_sum_assignment, milp

from benchmarks.oracles.instances import Instance, fairness, worths

Arc = tuple[Hashable, Hashable, int, int, int]
"""Tail, head, fewest units, most units, cost of a unit."""


# --- flows


def flow_total(instance: Instance) -> int | None:
    """Find the greatest total under nested quotas by ``networkx.network_simplex``, lower bounds as demands."""
    graph, demand, cost = nx.DiGraph(), Counter(), 0
    for tail, head, fewest, most, price in _arcs(instance):
        graph.add_edge(tail, head, capacity=most - fewest, weight=price)
        demand[tail] += fewest
        demand[head] -= fewest
        cost += fewest * price
        if most < fewest:
            return None
    graph.add_edge("sink", "source", weight=0)
    nx.set_node_attributes(graph, {node: demand[node] for node in graph}, "demand")
    try:
        return -cost - nx.network_simplex(graph)[0]
    except nx.NetworkXUnfeasible:
        return None


def flow_most_pairs(instance: Instance) -> int:
    """Count the most pairs under nested maxima by ``networkx.maximum_flow``."""
    graph = nx.DiGraph()
    graph.add_nodes_from(("source", "sink"))
    for tail, head, _, most, _ in _arcs(instance):
        graph.add_edge(tail, head, capacity=most)
    return nx.maximum_flow_value(graph, "source", "sink")


def _arcs(instance: Instance) -> Iterator[Arc]:
    """Source, groups of needs, needs, experts at a firm, experts, groups of experts, sink."""
    locked = {tuple(pair) for pair in instance["locks"]}
    yield from _tree(instance, "firm", instance["places"], "source")
    services = set()
    for (need, expert), worth in worths(instance).items():
        service = (expert, instance["firm_of"][need])
        services.add(service)
        yield need, service, int((need, expert) in locked), 1, -worth
    for service in services:
        yield service, service[0], 0, 1, 0
    for root, agent, fewest, most, cost in _tree(instance, "expert", instance["seats"], "sink"):
        yield agent, root, fewest, most, cost


def _tree(instance: Instance, side: str, places: dict[str, int], root: str) -> Iterator[Arc]:
    """Arcs from the root through nested groups, the largest first, to the agents of a side."""
    inside = dict.fromkeys(places, root)
    quotas = [limit for limit in instance["quotas"] if limit["side"] == side]
    everything = sum(places.values())
    for k, limit in enumerate(sorted(quotas, key=lambda limit: -len(limit["members"]))):
        group = (side, k)
        most = everything if limit["maximum"] is None else limit["maximum"]
        yield inside[limit["members"][0]], group, limit["minimum"], most, 0
        inside |= dict.fromkeys(limit["members"], group)
    for agent, most in places.items():
        yield inside[agent], agent, 0, most, 0


def pairing_total(instance: Instance) -> int:
    """Find the greatest total of a market with one place each by ``scipy.optimize.linear_sum_assignment``."""
    needs, experts = list(instance["places"]), list(instance["seats"])
    matrix = np.zeros((len(needs), len(experts)), dtype=np.int64)
    for (need, expert), worth in worths(instance).items():
        matrix[needs.index(need), experts.index(expert)] = worth
    return int(matrix[linear_sum_assignment(matrix, maximize=True)].sum())


# --- integer programs


class Program:
    """All rules of an instance as a mixed integer program; the first columns are the pairs, in their order."""

    def __init__(self, instance: Instance) -> None:
        self.worth = worths(instance)
        self.pairs = list(self.worth)
        self.n_columns = len(self.pairs)
        self.rows: list[tuple[dict[int, float], float, float]] = []
        self.lowest = {k: 1 for k, pair in enumerate(self.pairs) if list(pair) in instance["locks"]}
        self.feasible = all(tuple(pair) in self.worth for pair in instance["locks"])
        everybody = [k for k, _ in enumerate(self.pairs)]
        for side, places in ((0, instance["places"]), (1, instance["seats"])):
            for name, columns in _grouped(everybody, lambda k, side=side: self.pairs[k][side]).items():
                self.row(columns, 0, places[name])
        for columns in _grouped(
            everybody, lambda k: (instance["firm_of"][self.pairs[k][0]], self.pairs[k][1])
        ).values():
            self.row(columns, 0, 1)
        for limit in instance["quotas"]:
            members = set(limit["members"])
            columns = [k for k in everybody if self.pairs[k][limit["side"] == "expert"] in members]
            columns = self._people(columns) if limit["counts"] == "people" else columns
            self.row(columns, limit["minimum"], np.inf if limit["maximum"] is None else limit["maximum"])
        if instance["minimum_people"]:
            self.row(self._people(everybody), instance["minimum_people"], np.inf)

    def row(self, columns: Iterable[int], lowest: float, highest: float, **more: float) -> None:
        """Bound a sum of columns; ``minus`` is a column that counts as -1."""
        weights = dict.fromkeys(columns, 1.0)
        if "minus" in more:
            weights[int(more["minus"])] = -1.0
        if weights:
            self.rows.append((weights, lowest, highest))
        elif lowest > 0:
            self.feasible = False

    def column(self) -> int:
        """Add a column that is 0 or 1."""
        self.n_columns += 1
        return self.n_columns - 1

    def best(self, columns: Sequence[int], weights: Sequence[float], *, relaxed: bool = False) -> list[int] | None:
        """Find the pairs' columns in a solution that weighs most, whole-numbered unless ``relaxed``; None: none is."""
        if not self.feasible:
            return None
        if not self.n_columns:
            return []
        cost = np.zeros(self.n_columns)
        cost[list(columns)] = -np.asarray(weights, dtype=float)
        lowest = np.zeros(self.n_columns)
        lowest[list(self.lowest)] = 1
        row, column, data = [], [], []
        for k, (entries, _, _) in enumerate(self.rows):
            row += [k] * len(entries)
            column += entries
            data += entries.values()
        matrix = sp.csr_array((data, (row, column)), shape=(len(self.rows), self.n_columns))
        bounds = LinearConstraint(matrix, [low for _, low, _ in self.rows], [high for *_, high in self.rows])
        solved = milp(
            cost, constraints=bounds, integrality=int(not relaxed), bounds=Bounds(lowest, 1), options={"mip_rel_gap": 0}
        )
        if solved.status not in (0, 2):
            raise RuntimeError(solved.message)
        return None if solved.x is None else [k for k in range(len(self.pairs)) if solved.x[k] > 0.5]

    def _people(self, columns: Iterable[int]) -> list[int]:
        """Add a column for each expert among some pairs: 1 exactly when one of them is placed."""
        people = []
        for mine in _grouped(columns, lambda k: self.pairs[k][1]).values():
            there = self.column()
            people.append(there)
            self.row(mine, 0, np.inf, minus=there)
            for k in mine:
                self.row([there], 0, 1, minus=k)
        return people


def _grouped(columns: Iterable[int], key: Any) -> dict[Any, list[int]]:
    groups = defaultdict(list)
    for k in columns:
        groups[key(k)].append(k)
    return groups


def program_total(instance: Instance, *, relaxed: bool = False) -> int | None:
    """Find the greatest total by ``scipy.optimize.milp``; ``relaxed``, as a linear program, where quotas are nested."""
    program = Program(instance)
    worths_of_pairs = [program.worth[pair] / 1e9 for pair in program.pairs]
    chosen = program.best(range(len(program.pairs)), worths_of_pairs, relaxed=relaxed)
    return None if chosen is None else sum(program.worth[program.pairs[k]] for k in chosen)


def program_fair(instance: Instance) -> dict[str, Any] | None:
    """
    Find the fairest values of needs, and the greatest total among the fairest, by a program for each level.

    Of two sorted lists of values the fairer one has, at the lowest value where they differ, more needs that reach it.
    So from the lowest level up, each program counts the needs that reach it, at most, and the next ones keep the count.
    """
    program = Program(instance)
    by_need = _grouped(range(len(program.pairs)), lambda k: program.pairs[k][0])
    own = [program.worth[pair] for pair in program.pairs]
    reached = {}
    for level in sorted(set(own) - {0}):
        flags = []
        for columns in by_need.values():
            good = [k for k in columns if own[k] >= level]
            if good:
                flags.append(program.column())
                program.row(good, 0, np.inf, minus=flags[-1])
        chosen = program.best(flags, [1.0] * len(flags))
        if chosen is None:
            return None
        reached[level] = len({program.pairs[k][0] for k in chosen if own[k] >= level})
        program.row(flags, reached[level], np.inf)
    chosen = program.best(range(len(own)), [worth / 1e9 for worth in own])
    return None if chosen is None else fairness(program.worth, [program.pairs[k] for k in chosen])
