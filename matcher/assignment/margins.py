"""
What one more place or person would be worth, and what each quota costs, where the sum of values is to be greatest.

One more place is one more unit of room on one arc of the network, so the greatest sum rises by what the cheapest cycle
through that arc saves: by no more and no less, since capacities are whole numbers [1]_. Somebody new is one more node,
with one unit of room. Prices of a certificate are upper bounds of these gains; where there is a choice of prices they
may lie above.

References
----------
.. [1] Ahuja, Magnanti and Orlin (1993). *Network Flows*. Prentice Hall. Section 9.11, sensitivity analysis.
"""

from dataclasses import dataclass, replace

import numpy as np

from matcher.assignment.assign import assign_under
from matcher.assignment.market import Market
from matcher.assignment.network import HUB, UNREACHED, Network, circulate, distances
from matcher.assignment.rules import Case, Quota, Rules
from matcher.assignment.total import UNITS


@dataclass(frozen=True, slots=True, eq=False)
class PlaceGains:
    """
    By how much the greatest sum of values rises with one more place, each place by itself.

    Attributes
    ----------
    value : float
        The greatest sum as it is.
    needs : float, shape (n_needs,)
        With one more expert wanted by the need.
    experts : float, shape (n_experts,)
        With one more firm served by the expert.
    maxima, minima : float, shape (n_quotas,)
        With a maximum that is one higher, and a minimum that is one lower; in the order of the rules.
    """

    value: float
    needs: np.ndarray
    experts: np.ndarray
    maxima: np.ndarray
    minima: np.ndarray


def place_gains(market: Market, rules: Rules = Rules()) -> PlaceGains:  # noqa: B008 - frozen
    """
    Say what one more place would be worth, of every need, expert and quota.

    Parameters
    ----------
    market : Market
    rules : Rules
        Groups of a side are nested or apart, and all count pairs.

    Returns
    -------
    PlaceGains
        Exact: what solving again with that place would give. Gains of two places do not add up.

    Raises
    ------
    InfeasibleProblem
        When no assignment keeps the rules.
    ValueError
        When groups cross or people are counted: such rules have no network, and have to be solved again.

    Examples
    --------
    >>> market = Market.from_lists(firms={"f": ["a"], "g": ["a", "b"]}, experts={"a": ["f", "g"], "b": ["g"]})
    >>> gains = place_gains(market)
    >>> gains.value, gains.experts.tolist()
    (1.875, [0.0, 0.0])
    >>> market = Market.from_lists(firms={"f": ["a"], "g": ["a"]}, experts={"a": ["f", "g"]})
    >>> place_gains(market).experts.tolist()
    [0.875]
    """
    value, network, cost, flow = _cheapest(market, rules)

    def gains(arcs: np.ndarray, *, lowered: bool = False) -> np.ndarray:
        """Let each arc take one unit more, or need one less; a way is sought from the end that fewer arcs have."""
        start, end = network.head[arcs], network.tail[arcs]
        if lowered:
            start, end = end, start
        backward = len(np.unique(end)) < len(np.unique(start))
        near, far = (end, start) if backward else (start, end)
        saved = np.zeros(len(arcs), dtype=np.int64)
        for node in np.unique(near).tolist():
            here = near == node
            distance = distances(network, cost, flow, node, backward=backward)[far[here]]
            saved[here] = np.where(distance < UNREACHED, np.maximum(0, -distance), 0)
        return saved / UNITS

    has_minimum = np.array([quota.minimum > 0 for quota in rules.quotas], dtype=bool)
    return PlaceGains(
        value=value,
        needs=gains(network.need_arcs),
        experts=gains(network.expert_arcs),
        maxima=gains(network.quota_arcs),
        minima=np.where(has_minimum, gains(network.quota_arcs, lowered=True), 0.0),
    )


def newcomer_gains(market: Market, newcomers: Market, rules: Rules = Rules()) -> np.ndarray:  # noqa: B008 - frozen
    """
    Say what somebody new would bring, each alone and with one place.

    A further place of an expert may be worth much because firms have named this person; of somebody new that is not
    so, however alike they are.

    Parameters
    ----------
    market : Market
    newcomers : Market
        Of the same needs, with those who might come in the experts' stead; `rank_newcomers` ranks some. Their places
        and all that is wanted there do not count.
    rules : Rules
        Groups of a side are nested or apart, and all count pairs. Newcomers are in no group of the experts' side.

    Returns
    -------
    float, shape (newcomers.n_experts,)
        By how much the greatest sum of values rises: exactly what solving again with this person would give. 0: would
        get no placement, or take one from somebody as good. Gains of two people do not add up.

    Raises
    ------
    InfeasibleProblem
        When no assignment keeps the rules.
    ValueError
        When the needs are others, or as `place_gains`.

    Examples
    --------
    >>> market = Market.from_lists(firms={"f": ["a"], "g": []}, experts={"a": ["f"]})
    >>> others = Market.from_lists(firms={"f": ["x"], "g": ["y"]}, experts={"x": ["f"], "y": ["g"]})
    >>> newcomer_gains(market, others).tolist()
    [0.0, 1.0]
    """
    if newcomers.need_ids != market.need_ids:
        raise ValueError("newcomers must be ranked with the needs of the market")
    _, network, cost, flow = _cheapest(market, rules)
    # The way from the hub to a need is what brings it one unit more, and what others give up for that.
    given_up = distances(network, cost, flow, HUB)[network.head[network.need_arcs]][newcomers.need]
    is_open = given_up < UNREACHED
    gains = np.zeros(newcomers.n_experts, dtype=np.int64)
    worth = np.rint(newcomers.value[is_open] * UNITS).astype(np.int64)
    np.maximum.at(gains, newcomers.expert[is_open], worth - given_up[is_open])
    return gains / UNITS


@dataclass(frozen=True, slots=True)
class QuotaCost:
    """
    What a quota costs the list.

    Parameters
    ----------
    quota : Quota
    used : int
        What it counts in the list under all rules: pairs or people.
    cost : float
        By how much the sum of values would be greater without this quota, the others kept.
    """

    quota: Quota
    used: int
    cost: float


def quota_costs(market: Market, rules: Rules, *, time_limit_s: float = 30.0) -> tuple[float, list[QuotaCost]]:
    """
    Lift each quota by itself, and see what the greatest sum of values gains.

    Parameters
    ----------
    market : Market
    rules : Rules
        Of any kind.
    time_limit_s : float
        Of each program, where groups cross or people are counted.

    Returns
    -------
    float
        The greatest sum under all rules.
    list of QuotaCost
        In the order of the rules. Costs do not add up: of two quotas that stand in the same way each may seem free.

    Raises
    ------
    InfeasibleProblem
        When no assignment keeps the rules.
    """
    case, base = Case(market, rules), assign_under(market, "total", rules, time_limit_s=time_limit_s)
    placed = np.array(base.positions, dtype=np.int64)
    found = []
    for k, quota in enumerate(rules.quotas):
        held = placed[case.covered(k)[placed]]
        used = len(np.unique(market.expert[held])) if quota.counts == "people" else len(held)
        without = replace(rules, quotas=rules.quotas[:k] + rules.quotas[k + 1 :])
        freed = assign_under(market, "total", without, time_limit_s=time_limit_s)
        found.append(QuotaCost(quota, used, round(max(0.0, freed.certificate.value - base.certificate.value), 9)))
    return base.certificate.value, found


def confirm_laminar(case: Case) -> None:
    """
    See to it that a case has a network.

    Raises
    ------
    ValueError
        When groups of a side cross, or something counts people.
    """
    if not case.is_laminar:
        raise ValueError("groups that cross, and rules that count people, have no network: solve again with each")


def _cheapest(market: Market, rules: Rules) -> tuple[float, Network, np.ndarray, np.ndarray]:
    """Find the greatest sum, audited, and the network that it is a cheapest flow of, with the costs and the flow."""
    case = Case(market, rules)
    confirm_laminar(case)
    value = assign_under(market, "total", rules).certificate.value
    network = Network.of(case)
    cost = network.cost(case.worth)
    flow = circulate(network, cost)
    assert flow is not None, "an assignment was found"  # noqa: S101 - a law of the algorithm
    return value, network, cost, flow
