"""
The proof that no stable list has more pairs than ``stable`` claims; nothing of it comes from the solvers.

Of strict orders every stable list places as many [1]_, so one without a blocking pair proves its own number. Ties leave
stable lists of several sizes; then the most pairs that any assignment could place prove what is not below them.

References
----------
.. [1] Roth (1986). On the allocation of residents to rural hospitals. Econometrica 54. For choices by matroids: Fleiner
   (2003). A fixed-point approach to stable matchings and some applications. Math. Oper. Res. 28.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import scipy.sparse as sp
from scipy.sparse.csgraph import maximum_flow

from matcher.assignment.market import Market
from matcher.assignment.rules import Rules

_TOLERANCE = 1e-6


def none_has_more(market: Market, rules: Rules, bound: float) -> bool:
    """
    Say whether the market and the rules prove that no stable list has more pairs than a bound; False: perhaps it is so.

    Parameters
    ----------
    market : Market
    rules : Rules
        Without minima, groups laminar.
    bound : float
        Not below the pairs of a list that has no blocking pair.

    Returns
    -------
    bool
    """
    if rules.has_maxima:  # one strict order of all pairs on each side
        return True
    if bound >= min(market.need_capacity.sum(), market.expert_capacity.sum()) - _TOLERANCE:
        return True
    if market.scope != "full":  # what the shortlists leave out might be placed too, and might be tied
        return False
    left = Left.of(market, rules)
    return left.is_strict or bound >= left.places - _TOLERANCE or bound >= left.most_pairs - _TOLERANCE


@dataclass(frozen=True, eq=False)
class Left:
    """
    What locked pairs leave to the others.

    Attributes
    ----------
    locked : int
        Locked pairs.
    need, expert, service, firm_order, expert_order : int, shape (n_left,)
        Of each pair that may be placed beside them; the service is the expert at the firm.
    need_places, expert_places : int64, shapes (n_needs,), (n_experts,)
        No more than there are partners.
    """

    locked: int
    need: np.ndarray
    expert: np.ndarray
    service: np.ndarray
    firm_order: np.ndarray
    expert_order: np.ndarray
    need_places: np.ndarray
    expert_places: np.ndarray

    @classmethod
    def of(cls, market: Market, rules: Rules) -> "Left":
        """Take locked pairs out of a market, and banned ones."""
        locked, banned = (np.unique(market.positions_of(pairs)) for pairs in (rules.locks, rules.bans))
        locked, banned = locked[locked >= 0], banned[banned >= 0]
        need_places = market.need_capacity - np.bincount(market.need[locked], minlength=market.n_needs)
        expert_places = market.expert_capacity - np.bincount(market.expert[locked], minlength=market.n_experts)
        service = market.expert.astype(np.int64) * (int(market.firm_of.max(initial=0)) + 1)
        service += market.firm_of[market.need]
        is_left = (need_places[market.need] > 0) & (expert_places[market.expert] > 0)
        is_left &= ~np.isin(service, service[locked])
        is_left[banned] = False
        pair = np.flatnonzero(is_left)
        need, expert = market.need[pair], market.expert[pair]
        served = np.unique(service[pair], return_index=True)[1]
        partners = np.bincount(need, minlength=market.n_needs)
        firms = np.bincount(expert[served], minlength=market.n_experts)
        return cls(
            locked=len(locked),
            need=need,
            expert=expert,
            service=service[pair],
            firm_order=market.firm_order[pair],
            expert_order=market.expert_order[pair],
            need_places=np.clip(need_places, 0, partners),
            expert_places=np.clip(expert_places, 0, firms),
        )

    @cached_property
    def is_strict(self) -> bool:
        """Whether nobody likes two equally."""
        return not (_has_ties(self.need, self.firm_order) or _has_ties(self.expert, self.expert_order))

    @cached_property
    def places(self) -> int:
        """The most pairs that one side's places and partners allow."""
        return self.locked + int(min(self.need_places.sum(), self.expert_places.sum()))

    @cached_property
    def most_pairs(self) -> int:
        """The most pairs that any assignment places: a maximum flow from needs to experts."""
        if not len(self.need):
            return self.locked
        n_needs, n_experts = len(self.need_places), len(self.expert_places)
        _, first, service, n_pairs = np.unique(self.service, return_index=True, return_inverse=True, return_counts=True)
        # Where several needs of a firm want the expert, their arcs meet in one of capacity 1.
        shared = first[n_pairs > 1]
        needs, experts = 1 + np.arange(n_needs), 1 + n_needs + np.arange(n_experts)
        services = 1 + n_needs + n_experts + service
        sink = 1 + n_needs + n_experts + len(first)
        expert = experts[self.expert]
        arcs = [
            (np.zeros(n_needs, dtype=np.int64), needs, self.need_places),
            (needs[self.need], np.where(n_pairs[service] > 1, services, expert), np.ones(len(self.need))),
            (services[shared], expert[shared], np.ones(len(shared))),
            (experts, np.full(n_experts, sink), self.expert_places),
        ]
        tails, heads, most = (np.concatenate(parts) for parts in zip(*arcs, strict=True))
        network = sp.csr_array((most.astype(np.int32), (tails, heads)), shape=(sink + 1, sink + 1))
        return self.locked + int(maximum_flow(network, 0, sink).flow_value)


def _has_ties(agent: np.ndarray, order: np.ndarray) -> bool:
    by_list = np.lexsort((order, agent))
    return bool(((np.diff(agent[by_list]) == 0) & (np.diff(order[by_list]) == 0)).any())
