"""
A market under laminar rules as a network: every assignment is a circulation of whole units, and the other way round.

From a hub the flow runs outward-in through the firms' groups to the needs, over the pairs to the experts, and
inward-out through the experts' groups back to the hub; each unit of flow is a pair placed. An expert at a firm with
several needs is a node of one place. Bounds of arcs are the capacities, quotas and locks, so that min-cost flow is
exact [1]_.

References
----------
.. [1] Ahuja, Magnanti and Orlin (1993). *Network Flows*. Prentice Hall. Chapters 9 and 10.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from matcher.assignment.rules import Case

Prices = Mapping[str, list[list[object]]]
"""What a place is worth, in units of 1e-9, of each need, expert, service and quota; see `Network.prices`."""

UNREACHED = np.iinfo(np.int64).max
"""Distance to where no way leads."""

HUB = 0
"""The node where all flow begins and ends."""


@dataclass(frozen=True, eq=False)
class Network:
    """
    Arcs with bounds, those of the pairs first.

    Attributes
    ----------
    case : Case
    n_nodes : int
    tail, head, lower, upper : int64, shape (n_arcs,)
    pair : int64, shape (n_pair_arcs,)
        Position in the market of each of the first arcs.
    is_best : bool, shape (n_pair_arcs,)
        Whether the arc carries the best partner of its need; True everywhere unless ``split``.
    need_arcs, expert_arcs, service_arcs, quota_arcs : int64
        Arc of each need, expert, service (see `services`) and quota.
    services : int64, shape (n_services,)
        Position of one pair of each expert at a firm that has a node.
    """

    case: Case
    n_nodes: int
    tail: np.ndarray
    head: np.ndarray
    lower: np.ndarray
    upper: np.ndarray
    pair: np.ndarray
    is_best: np.ndarray
    need_arcs: np.ndarray
    expert_arcs: np.ndarray
    service_arcs: np.ndarray
    quota_arcs: np.ndarray
    services: np.ndarray

    @classmethod
    def of(cls, case: Case, *, split: bool = False) -> "Network":
        """
        Make the network of a case.

        Parameters
        ----------
        case : Case
            Laminar.
        split : bool
            Give each need of several places an arc of its own for its best partner.
        """
        market = case.market
        n_needs, n_experts = market.n_needs, market.n_experts
        pair = open_pairs(case)
        need, expert, service = market.need[pair], market.expert[pair], case.service[pair]
        several = split & (market.need_capacity[need] > 1)
        names, first, of_pair, times = np.unique(service, return_index=True, return_inverse=True, return_counts=True)
        in_service = np.zeros(len(names), dtype=bool)
        in_service[of_pair[several | case.locked[pair]]] = True
        in_service |= times > 1
        number = np.cumsum(in_service) - 1
        n_services = int(in_service.sum())
        quotas = range(len(case.rules.quotas))
        # Nodes: the hub, needs, experts, services, groups, best places of needs.
        need_node, expert_node = 1 + np.arange(n_needs), 1 + n_needs + np.arange(n_experts)
        service_node = 1 + n_needs + n_experts + np.arange(n_services)
        group_node = 1 + n_needs + n_experts + n_services + np.arange(len(quotas))
        best_node = 1 + n_needs + n_experts + n_services + len(quotas) + np.arange(n_needs)
        inner = np.where(in_service[of_pair], service_node[number[of_pair]] if n_services else 0, expert_node[expert])
        has_best = np.unique(need[several])
        tails = [np.where(several, best_node[need], need_node[need]), need_node[need[several]]]
        heads = [inner, inner[several]]
        n_pair_arcs = len(pair) + int(several.sum())
        lowers, uppers = [np.zeros(n_pair_arcs, np.int64)], [np.ones(n_pair_arcs, np.int64)]

        def add(tail: np.ndarray, head: np.ndarray, lower: np.ndarray, upper: np.ndarray) -> np.ndarray:
            start = sum(len(part) for part in tails)
            for parts, part in ((tails, tail), (heads, head), (lowers, lower), (uppers, upper)):
                parts.append(part)
            return start + np.arange(len(tail))

        need_parent, expert_parent, group_parent = _parents(case)
        zeros = np.zeros(n_needs + n_experts + n_services, dtype=np.int64)
        outer = np.append(group_node, 0)  # the parent numbered -1 is the hub
        need_arcs = add(outer[need_parent], need_node, zeros[:n_needs], market.need_capacity)
        expert_arcs = add(expert_node, outer[expert_parent], zeros[:n_experts], market.expert_capacity)
        services = pair[first[in_service]]
        is_locked = np.zeros(len(names), dtype=np.int64)
        is_locked[of_pair[case.locked[pair]]] = 1
        service_arcs = add(
            service_node, expert_node[market.expert[services]], is_locked[in_service], zeros[:n_services] + 1
        )
        most = int(min(market.need_capacity.sum(), market.expert_capacity.sum()))
        # One more than there can be: a limit that does not bind has no price.
        bounds = [(q.minimum, most + 1 if q.maximum is None else min(q.maximum, most + 1)) for q in case.rules.quotas]
        lower, upper = np.array(bounds, dtype=np.int64).reshape(-1, 2).T
        is_firm_side = np.array([q.side == "firm" for q in case.rules.quotas], dtype=bool)
        parent = outer[group_parent]
        quota_arcs = add(
            np.where(is_firm_side, parent, group_node), np.where(is_firm_side, group_node, parent), lower, upper
        )
        add(need_node[has_best], best_node[has_best], zeros[: len(has_best)], zeros[: len(has_best)] + 1)
        tail, head, low, high = (np.concatenate(parts).astype(np.int64) for parts in (tails, heads, lowers, uppers))
        return cls(
            case=case,
            n_nodes=int(best_node[-1]) + 1 if n_needs else 1 + n_experts + n_services + len(quotas),
            tail=tail,
            head=head,
            lower=low,
            upper=high,
            pair=np.concatenate([pair, pair[several]]),
            is_best=np.arange(n_pair_arcs) < len(pair),
            need_arcs=need_arcs,
            expert_arcs=expert_arcs,
            service_arcs=service_arcs,
            quota_arcs=quota_arcs,
            services=services,
        )

    @property
    def n_arcs(self) -> int:
        """Number of arcs."""
        return len(self.tail)

    def cost(self, worth: np.ndarray) -> np.ndarray:
        """Cost of each arc, given what each pair of the market is worth; int64, shape (n_arcs,)."""
        cost = np.zeros(self.n_arcs, dtype=np.int64)
        cost[: len(self.pair)] = -worth[self.pair]
        return cost

    def placed(self, flow: np.ndarray) -> np.ndarray:
        """Positions of the pairs that carry flow, sorted."""
        return np.unique(self.pair[flow[: len(self.pair)] > 0])

    def prices(self, cost: np.ndarray, flow: np.ndarray) -> Prices:
        """
        Find what a place of each kind is worth at the margin: a dual solution, which proves a cheapest circulation.

        Returns
        -------
        mapping
            ``needs``, ``experts``: ``[id, price]``; ``services``: ``[need id, expert id, price]`` by one pair of it;
            ``quotas``: ``[number, price of the maximum, price of the minimum]``, numbered from 0; only those that are
            not 0, in units of 1e-9.
        """
        market = self.case.market
        distance = potentials(self, cost, flow, self.lower, self.upper)
        reduced = cost + distance[self.tail] - distance[self.head]
        price, floor = np.maximum(0, -reduced), np.maximum(0, reduced)
        services = zip(self.services.tolist(), price[self.service_arcs].tolist(), strict=True)
        sides = ((market.need_ids, self.need_arcs), (market.expert_ids, self.expert_arcs))
        needs, experts = (
            [[name, worth] for name, worth in zip(ids, price[arcs].tolist(), strict=True) if worth]
            for ids, arcs in sides
        )
        quotas = zip(price[self.quota_arcs].tolist(), floor[self.quota_arcs].tolist(), strict=True)
        return {
            "needs": needs,
            "experts": experts,
            "services": [[*market.ids([p])[0], worth] for p, worth in services if worth],
            "quotas": [[k, most, least] for k, (most, least) in enumerate(quotas) if most or least],
        }


def open_pairs(case: Case) -> np.ndarray:
    """Positions of the pairs that may be placed: not banned, nor at a firm that the expert serves by a lock."""
    locked_services = case.service[case.locked]
    return np.flatnonzero(~case.banned & (case.locked | ~np.isin(case.service, locked_services)))


def circulate(
    network: Network, cost: np.ndarray, lower: np.ndarray | None = None, upper: np.ndarray | None = None
) -> np.ndarray | None:
    """
    Find a cheapest circulation.

    Parameters
    ----------
    network : Network
    cost : int64, shape (n_arcs,)
    lower, upper : int64, shape (n_arcs,), or None
        Bounds in place of the network's.

    Returns
    -------
    int64, shape (n_arcs,), or None
        The flow; None where none keeps the bounds.

    Raises
    ------
    OverflowError
        When costs are too large to be counted exactly.
    """
    from ortools.graph.python.min_cost_flow import SimpleMinCostFlow

    lower = network.lower if lower is None else lower
    upper = network.upper if upper is None else upper
    if (lower > upper).any():
        return None
    free = np.flatnonzero(lower < upper)
    supply = np.bincount(network.head, lower, network.n_nodes) - np.bincount(network.tail, lower, network.n_nodes)
    solver = SimpleMinCostFlow()
    solver.add_arcs_with_capacity_and_unit_cost(
        network.tail[free].astype(np.int32), network.head[free].astype(np.int32), (upper - lower)[free], cost[free]
    )
    solver.set_nodes_supplies(np.arange(network.n_nodes, dtype=np.int32), supply.astype(np.int64))
    status = solver.solve()
    if status in (solver.INFEASIBLE, solver.UNBALANCED):
        return None
    if status != solver.OPTIMAL:
        raise OverflowError(f"the solver of flows ended with {status.name}")
    flow = lower.copy()
    flow[free] += solver.flows(np.arange(len(free), dtype=np.int32))
    return flow


def potentials(
    network: Network, cost: np.ndarray, flow: np.ndarray, lower: np.ndarray, upper: np.ndarray
) -> np.ndarray:
    """
    Find the distances to all nodes in the residual network, from a node before all others (Bellman and Ford).

    Returns
    -------
    int64, shape (n_nodes,)
        With them no residual arc has a negative reduced cost, which proves the flow a cheapest one.

    Raises
    ------
    ArithmeticError
        When there is a cycle of negative cost: the flow is not a cheapest one.
    """
    residual = _Residual.of(network, cost, flow, lower, upper)
    return residual.settled(np.zeros(network.n_nodes, dtype=np.int64))


def distances(network: Network, cost: np.ndarray, flow: np.ndarray, node: int, *, backward: bool = False) -> np.ndarray:
    """
    Find the distances in the residual network of a cheapest flow from one node to all.

    Parameters
    ----------
    network : Network
    cost, flow : int64, shape (n_arcs,)
    node : int
    backward : bool
        From all to the one.

    Returns
    -------
    int64, shape (n_nodes,)
        `UNREACHED` where there is no way.

    Raises
    ------
    ArithmeticError
        As `potentials`.
    """
    start = np.full(network.n_nodes, UNREACHED)
    start[node] = 0
    return _Residual.of(network, cost, flow, network.lower, network.upper, backward=backward).settled(start)


@dataclass(frozen=True, eq=False)
class _Residual:
    """Where a flow may change by one unit, and what that costs: arcs sorted by head."""

    tail: np.ndarray
    length: np.ndarray
    starts: np.ndarray
    heads: np.ndarray

    @classmethod
    def of(
        cls,
        network: Network,
        cost: np.ndarray,
        flow: np.ndarray,
        lower: np.ndarray,
        upper: np.ndarray,
        *,
        backward: bool = False,
    ) -> "_Residual":
        onward, back = flow < upper, flow > lower
        tail = np.concatenate([network.tail[onward], network.head[back]])
        head = np.concatenate([network.head[onward], network.tail[back]])
        tail, head = (head, tail) if backward else (tail, head)
        by_head = np.argsort(head, kind="stable")
        head = head[by_head]
        starts = np.flatnonzero(np.diff(head, prepend=-1))
        return cls(tail[by_head], np.concatenate([cost[onward], -cost[back]])[by_head], starts, head[starts])

    def settled(self, distance: np.ndarray) -> np.ndarray:
        """Shorten distances until no arc does (Bellman and Ford); those given are not changed."""
        distance = distance.copy()
        if not len(self.tail):
            return distance
        for _ in range(len(distance) + 1):
            over = distance[self.tail]
            over = np.where(over < UNREACHED, over + self.length, UNREACHED)
            nearest = np.minimum(distance[self.heads], np.minimum.reduceat(over, self.starts))
            if (nearest == distance[self.heads]).all():
                return distance
            distance[self.heads] = nearest
        raise ArithmeticError("the flow is not a cheapest one")


def _parents(case: Case) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Find the number of the innermost group around each need, each expert and each group; -1: there is none."""
    market, quotas = case.market, case.rules.quotas
    sizes = [int(members.sum()) for members in case.members]
    outward = sorted(range(len(quotas)), key=lambda k: (sizes[k], k))
    parents = {"firm": np.full(market.n_needs, -1), "expert": np.full(market.n_experts, -1)}
    of_group = np.full(len(quotas), -1)
    for place in reversed(range(len(outward))):
        k = outward[place]
        parents[quotas[k].side][case.members[k]] = k  # from the outermost inward: the innermost stays
        for other in outward[place + 1 :]:
            if quotas[other].side == quotas[k].side and (case.members[other] >= case.members[k]).all() and sizes[k]:
                of_group[k] = other
                break
    return parents["firm"], parents["expert"], of_group
