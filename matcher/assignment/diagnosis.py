"""
Why no assignment keeps every rule, in four steps.

Arithmetic of each rule by itself; places that can't be reached; a smallest set of rules that contradict each other; and
the cheapest way out.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import scipy.sparse as sp

from matcher.assignment.network import Network, circulate, open_pairs
from matcher.assignment.program import Program
from matcher.assignment.rules import Case, Pair, Quota, Rules
from matcher.domain.errors import InfeasibleProblem
from matcher.domain.messages import Message


def confirm_arithmetic(case: Case) -> None:
    """
    See to it that no rule is impossible by itself.

    Raises
    ------
    InfeasibleProblem
        With every rule that is, and the cheapest way out.
    """
    if found := arithmetic(case):
        raise InfeasibleProblem([*found, *relaxation(case)])


def confirm_feasible(case: Case) -> None:
    """Raise `InfeasibleProblem`, with the reasons, where no assignment keeps every rule."""
    confirm_arithmetic(case)
    if not is_feasible(case):
        raise InfeasibleProblem(reasons(case))


def reasons(case: Case) -> list[Message]:
    """
    Say why no assignment keeps the rules.

    Parameters
    ----------
    case : Case
        One that has no feasible assignment.

    Returns
    -------
    list of Message
        Never empty.
    """
    return [*(arithmetic(case) or [*unreachable(case), *contradiction(case)]), *relaxation(case)]


def arithmetic(case: Case) -> list[Message]:
    """List the rules that are impossible by themselves: locks, then quotas, then the number of people."""
    return [*_of_locks(case), *_of_quotas(case)]


@dataclass(frozen=True, slots=True)
class Reach:
    """
    What a quota could count at most, each side's places taken by themselves, and what of it is locked.

    Parameters
    ----------
    quota : Quota
    possible, locked : int
        Pairs, or people where it counts them.
    """

    quota: Quota
    possible: int
    locked: int


def reaches(case: Case) -> list[Reach]:
    """Say of every quota what it could count, in their order."""
    pair, locked = _with_places(case), np.flatnonzero(case.locked)
    found = []
    for k, quota in enumerate(case.rules.quotas):
        covered = case.covered(k)
        inside, held = pair[covered[pair]], locked[covered[locked]]
        found.append(Reach(quota, _most(case, inside, quota), _most(case, held, quota)))
    return found


def unreachable(case: Case) -> list[Message]:
    """
    Find groups that together must have more places than can be reached, by a minimum cut.

    Demand is on the side of the source: each group asks for its minimum beyond those of the groups within it. Where
    groups cross or people are counted, this step has nothing to say.
    """
    found = []
    for side in ("firm", "expert"):
        asking = [k for k, quota in enumerate(case.rules.quotas) if quota.side == side and quota.minimum > 0]
        # Locks and the other side's minima take no places away: without them no more is reached.
        plain = Case(case.market, replace(case.rules, locks=(), minimum_people=0))
        if asking and plain.is_laminar:
            found += _cut(plain, side, asking)
    return found


def contradiction(case: Case) -> list[Message]:
    """
    Find a smallest set of rules that contradict each other: without any one of them the others can be kept.

    Each rule is left out in turn, and stays out where the rest is still impossible.
    """
    rules = case.rules
    parts: list[tuple[Message, Callable[[Rules], Rules]]] = []
    for k, quota in enumerate(rules.quotas):
        if quota.minimum > 0:
            parts.append((_rule("minimum", quota), lambda r, k=k: _with_quota(r, k, minimum=0)))
        if quota.maximum is not None:
            parts.append((_rule("maximum", quota), lambda r, k=k: _with_quota(r, k, maximum=None)))
    if rules.minimum_people:
        message = Message("rule.minimum_people", {"minimum": rules.minimum_people})
        parts.append((message, lambda r: replace(r, minimum_people=0)))
    for code, name in (("rule.lock", "locks"), ("rule.ban", "bans")):
        for pair in getattr(rules, name):
            message = Message(code, {"firm": pair[0], "expert": pair[1]})
            parts.append(
                (message, lambda r, n=name, p=pair: replace(r, **{n: tuple(q for q in getattr(r, n) if q != p)}))
            )
    left, needed = rules, []
    for message, without in parts:
        fewer = without(left)
        if is_feasible(Case(case.market, fewer)):
            needed.append(message)
        else:
            left = fewer
    return [Message("infeasible.together", {"rules": tuple(needed)})] if needed else []


def relaxation(case: Case) -> list[Message]:
    """
    Find the cheapest way out: the fewest places by which limits move, a lock that is given up counting as one.

    Returns
    -------
    list of Message
        One, with every change; none where even that does not help.
    """
    from scipy.optimize import Bounds, LinearConstraint, milp

    market, rules = case.market, case.rules
    open_locks = [pair for pair in rules.locks if (p := market.position.get(pair)) is not None and not case.banned[p]]
    lost = [pair for pair in rules.locks if pair not in set(open_locks)]
    program = Program.of(Case(market, replace(rules, locks=())))
    where = {int(p): k for k, p in enumerate(program.pair)}
    n_rows, width = program.matrix.shape
    sources = [(row, source) for row, source in enumerate(program.setting) if source is not None]
    moves = [(row, source, 1) for row, source in sources if program.lower[row] > 0]
    moves += [(row, source, -1) for row, source in sources if np.isfinite(program.upper[row])]
    n_moves, n_locks = len(moves), len(open_locks)
    slack = sp.csr_array(
        ([float(sign) for _, _, sign in moves], ([row for row, _, _ in moves], range(n_moves))), shape=(n_rows, n_moves)
    )
    held = sp.csr_array(
        (np.ones(n_locks), (range(n_locks), [where[market.position[pair]] for pair in open_locks])), (n_locks, width)
    )
    none = sp.csr_array((n_rows, n_locks)), sp.csr_array((n_locks, n_moves))
    matrix = sp.vstack([sp.hstack([program.matrix, slack, none[0]]), sp.hstack([held, none[1], sp.eye_array(n_locks)])])
    cost = np.concatenate([np.zeros(width), np.ones(n_moves + n_locks)])
    if not len(cost):
        return [_way_out(_drops(lost))] if lost else []
    found = milp(
        cost,
        integrality=np.ones(len(cost)),
        bounds=Bounds(0, np.concatenate([np.ones(width), np.full(n_moves, np.inf), np.ones(n_locks)])),
        constraints=LinearConstraint(
            sp.csr_array(matrix),
            np.concatenate([program.lower, np.ones(n_locks)]),
            np.concatenate([program.upper, np.full(n_locks, np.inf)]),
        ),
    )
    if found.x is None:
        return []
    by = np.rint(found.x[width:]).astype(int).tolist()
    changes = [_change(case, source, sign, moved) for (_, source, sign), moved in zip(moves, by, strict=False) if moved]
    dropped = [*lost, *(pair for pair, gone in zip(open_locks, by[n_moves:], strict=True) if gone)]
    changes += _drops(dropped)
    return [_way_out(changes)] if changes else []


def is_feasible(case: Case) -> bool:
    """Whether some assignment keeps every rule."""
    if arithmetic(case):
        return False
    if case.is_laminar:
        network = Network.of(case)
        return circulate(network, np.zeros(network.n_arcs, dtype=np.int64)) is not None
    return Program.of(case).is_feasible()


def group(quota: Quota) -> dict[str, object]:
    """Return what a sentence needs to name the group of a quota, and where the quota was said."""
    return {"group": quota.named, "counts": quota.unit}


def _of_locks(case: Case) -> list[Message]:
    market, rules = case.market, case.rules
    found = []
    if not rules.locks:
        return found
    bans = set(rules.bans)
    for firm, expert in rules.locks:
        values = {"firm": firm, "expert": expert}
        if (firm, expert) in bans:
            found.append(Message("infeasible.lock_banned", values))
        elif (firm, expert) not in market.position:
            found.append(Message("infeasible.lock_not_acceptable", values))
    placed = np.flatnonzero(case.locked)
    for ids, agent, capacity in (
        (market.need_ids, market.need, market.need_capacity),
        (market.expert_ids, market.expert, market.expert_capacity),
    ):
        load = np.bincount(agent[placed], minlength=len(capacity))
        for k in np.flatnonzero(load > capacity).tolist():
            values = {"id": ids[k], "count": int(load[k]), "capacity": int(capacity[k])}
            found.append(Message("infeasible.locks_over_capacity", values))
    services, times = np.unique(case.service[placed], return_counts=True)
    for service in services[times > 1].tolist():
        twice = placed[case.service[placed] == service]
        needs = tuple(market.need_ids[market.need[p]] for p in twice)
        values = {"expert": market.expert_ids[market.expert[twice[0]]], "needs": needs}
        found.append(Message("infeasible.locks_same_firm", values))
    return found


def _of_quotas(case: Case) -> list[Message]:
    found = []
    if not (case.rules.quotas or case.rules.minimum_people):
        return found
    for reach in reaches(case):
        quota, possible, count = reach.quota, reach.possible, reach.locked
        if quota.maximum is not None and quota.minimum > quota.maximum:
            values = {"minimum": quota.minimum, "maximum": quota.maximum}
            found.append(Message("infeasible.minimum_over_maximum", {**group(quota), **values}))
        if quota.minimum > possible:
            values = {"minimum": quota.minimum, "possible": possible}
            found.append(Message("infeasible.group_too_small", {**group(quota), **values}))
        if quota.maximum is not None and count > quota.maximum:
            values = {"count": count, "maximum": quota.maximum}
            found.append(Message("infeasible.locks_over_quota", {**group(quota), **values}))
    possible = len(np.unique(case.market.expert[_with_places(case)]))
    if case.rules.minimum_people > possible:
        values = {"minimum": case.rules.minimum_people, "possible": possible}
        found.append(Message("infeasible.too_few_experts", values))
    return found


def _with_places(case: Case) -> np.ndarray:
    """List the pairs that may be, of which neither side has no place at all."""
    market, pair = case.market, open_pairs(case)
    return pair[(market.need_capacity[market.need[pair]] > 0) & (market.expert_capacity[market.expert[pair]] > 0)]


def _most(case: Case, pairs: np.ndarray, quota: Quota) -> int:
    """Count what a quota could count at most of some pairs, each side's places taken by themselves."""
    market = case.market
    if quota.counts == "people":
        return len(np.unique(market.expert[pairs]))
    sides = ((market.need[pairs], market.need_capacity), (market.expert[pairs], market.expert_capacity))
    return int(min(np.minimum(np.bincount(agent, minlength=len(c)), c).sum() for agent, c in sides))


def _cut(case: Case, side: str, asking: Sequence[int]) -> list[Message]:
    """Compare what groups of a side ask for together with what a maximum flow brings them."""
    from scipy.sparse.csgraph import breadth_first_order, maximum_flow

    network, quotas = Network.of(case), case.rules.quotas
    arcs = network.quota_arcs
    node = {k: int((network.head if side == "firm" else network.tail)[arcs[k]]) for k in asking}
    sizes = {k: int(case.members[k].sum()) for k in asking}
    demand: dict[int, int] = {}
    for k in sorted(asking, key=lambda k: (sizes[k], k)):
        within = [j for j in demand if (case.members[j] <= case.members[k]).all()]
        demand[k] = max(0, quotas[k].minimum - sum(demand[j] for j in within))
    # From a source to the groups that ask, inward, over the pairs, and out to the hub of the other side.
    source, sink, hub = network.n_nodes, network.n_nodes + 1, 0
    tail, head = (network.tail, network.head) if side == "firm" else (network.head, network.tail)
    keep = tail != hub
    tails = np.concatenate([tail[keep], np.full(len(node), source)])
    heads = np.concatenate([np.where(head[keep] == hub, sink, head[keep]), [node[k] for k in demand]])
    places = np.concatenate([network.upper[keep], list(demand.values())])
    graph = sp.csr_array((places.astype(np.int32), (tails, heads)), shape=(sink + 1, sink + 1))
    flow = maximum_flow(graph, source, sink)
    if flow.flow_value >= sum(demand.values()):
        return []
    residual = sp.csr_array(graph - flow.flow)
    residual.data = np.maximum(residual.data, 0)
    residual.eliminate_zeros()
    reached = set(breadth_first_order(residual, source, return_predecessors=False).tolist())
    short = [k for k in sorted(demand) if node[k] in reached and demand[k]]
    needed = sum(demand[k] for k in short)
    missing = sum(demand.values()) - int(flow.flow_value)
    values = {
        "groups": tuple(Message("rule.minimum", {**group(quotas[k]), "minimum": quotas[k].minimum}) for k in short),
        "needed": needed,
        "reached": needed - missing,
    }
    return [Message("infeasible.unreachable", values)]


def _rule(which: str, quota: Quota) -> Message:
    return Message(f"rule.{which}", {**group(quota), which: getattr(quota, which)})


def _with_quota(rules: Rules, k: int, **changes: int | None) -> Rules:
    quotas = list(rules.quotas)
    quotas[k] = replace(quotas[k], **changes)
    return replace(rules, quotas=tuple(quotas))


def _way_out(changes: Sequence[Message]) -> Message:
    return Message("infeasible.relax", {"changes": tuple(changes)})


def _drops(locks: Sequence[Pair]) -> list[Message]:
    return [Message("relax.drop_lock", {"firm": firm, "expert": expert}) for firm, expert in locks]


def _change(case: Case, source: int, sign: int, moved: int) -> Message:
    """Say by how much a limit moves."""
    if source == -1:
        now = case.rules.minimum_people
        return Message("relax.lower_minimum_people", {"now": now, "then": now - moved})
    quota = case.rules.quotas[source]
    if sign == 1:
        return Message("relax.lower_minimum", {**group(quota), "now": quota.minimum, "then": quota.minimum - moved})
    now = quota.maximum or 0
    return Message("relax.raise_maximum", {**group(quota), "now": now, "then": now + moved})
