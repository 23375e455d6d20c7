"""
The objective ``stable``: no pair would both rather be together than as placed.

Strict orders leave one stable assignment that is best for the proposers. Ties leave many, of different sizes, and the
largest is hard to find: so promotion is tried with both sides proposing and with several orders of the equals, and what
is small enough is solved exactly.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import scipy.sparse as sp
from scipy.sparse.csgraph import maximum_flow

from matcher.assignment.kernel import COMPILED_FROM, Side, deferred_acceptance
from matcher.assignment.objective import Aim, Solution
from matcher.assignment.rules import Case
from matcher.domain.settings import Proposer

TRIES = 10
"""Orders of the equals that are tried with each side proposing, at most."""

TRIED_PAIRS = 2_000_000
"""Pairs up to which all tries of a side may add up; one try is made in any case."""

EXACT_UP_TO = 5_000
"""Acceptable pairs up to which the largest stable assignment is asked of constraint programming."""

BRIEFLY_FROM, BRIEFLY_S = 400, 2.0
"""Acceptable pairs from which it is asked no longer than so many seconds: few ties are settled at once, many never."""

FLOW_UP_TO = 2_000_000
"""Pairs up to which a flow bounds the pairs placed; beyond, where it takes minutes, each side's places alone do."""


def stable(case: Case, aim: Aim) -> Solution:
    """
    Find a stable assignment; of several, one with the most pairs that are found.

    Where orders are strict it is the best stable one for every proposer. Ties never block: most pairs come first, then
    kept pairs, and the proposers' ranks and the seed choose among the rest. Maxima of groups go to `quota_stable`; what
    can't be promised to be stable, to `fewest_blocking`.

    Parameters
    ----------
    case : Case
    aim : Aim

    Returns
    -------
    Solution
        Its value is the number of pairs placed, its bound the most that a stable assignment could place; where that is
        not known, the most that any could. Strict orders place the same number in every stable one [1]_.

    References
    ----------
    .. [1] Roth (1986). On the allocation of residents to rural hospitals. Econometrica 54. For choices by matroids:
       Fleiner (2003). A fixed-point approach to stable matchings and some applications. Math. Oper. Res. 28.
    """
    if case.rules.has_minima or (case.rules.has_maxima and not case.is_laminar):
        from matcher.assignment.fewest import fewest_blocking

        return fewest_blocking(case, aim)
    if case.rules.has_maxima:
        from matcher.assignment.quota_stable import quota_stable

        return quota_stable(case, aim)
    rest, is_full = Rest(case), case.market.scope == "full"
    # What shortlists leave out might be placed too, and be tied.
    at_most = float(min(case.market.need_capacity.sum(), case.market.expert_capacity.sum()))
    if not rest.has_ties:
        placed = rest.run(aim.proposer)
        bound = len(placed) if is_full else at_most
        return _solution(case, placed, bound, f"stable, the best for {aim.proposer}", "deferred acceptance")
    placed, most = _largest_found(rest, aim)
    bound, solver = float(most) if is_full else at_most, "deferred acceptance with promotion"
    if is_full and len(placed) < most and len(rest.pair) <= EXACT_UP_TO:
        from matcher.assignment.fewest import largest_stable

        if len(rest.pair) > BRIEFLY_FROM:
            aim = replace(aim, time_limit_s=min(aim.time_limit_s, BRIEFLY_S))
        positions, bound = largest_stable(case, aim, hint=tuple(placed.tolist()), at_most=bound)
        placed, solver = np.array(positions, dtype=np.int64), f"{solver}, constraint programming"
    return _solution(case, placed, bound, "weakly stable", solver)


def most_pairs(case: Case) -> int:
    """
    Count the most pairs that any assignment could place, preferences aside: a maximum flow.

    Parameters
    ----------
    case : Case
        Locks and bans are kept, groups are not looked at.

    Returns
    -------
    int
    """
    return Rest(case).most_pairs


@dataclass(frozen=True, eq=False)
class Rest:
    """
    What locks and bans leave open, and the sides' lists of it.

    Locked pairs come before all others on both sides, so they take their places, and the rest is solved without them.

    Attributes
    ----------
    case : Case
    """

    case: Case

    @cached_property
    def need_places(self) -> np.ndarray:
        """Places of each need that no lock takes."""
        market = self.case.market
        return market.need_capacity - np.bincount(market.need[self.case.locked], minlength=market.n_needs)

    @cached_property
    def expert_places(self) -> np.ndarray:
        """Places of each expert that no lock takes."""
        market = self.case.market
        return market.expert_capacity - np.bincount(market.expert[self.case.locked], minlength=market.n_experts)

    @cached_property
    def pair(self) -> np.ndarray:
        """Positions of the pairs that may be placed beside the locked ones."""
        market, locked = self.case.market, self.case.locked
        is_open = ~self.case.banned & ~locked
        if locked.any():
            is_open &= ~np.isin(self.case.service, self.case.service[locked])
        is_open &= (self.need_places[market.need] > 0) & (self.expert_places[market.expert] > 0)
        return np.flatnonzero(is_open)

    @cached_property
    def service(self) -> np.ndarray | None:
        """Number of the expert at the firm, from 0, of each open pair; None where every pair has its own."""
        if self.case.market.firms_have_one_need:
            return None
        return np.unique(self.case.service[self.pair], return_inverse=True)[1]

    @cached_property
    def needs(self) -> Side:
        """The needs' lists."""
        market = self.case.market
        return Side.of(market.need[self.pair], self.need_places, market.firm_order[self.pair])

    @cached_property
    def experts(self) -> Side:
        """The experts' lists."""
        market = self.case.market
        return Side.of(market.expert[self.pair], self.expert_places, market.expert_order[self.pair], self.service)

    @cached_property
    def has_ties(self) -> bool:
        """Whether somebody likes two equally."""
        return self.needs.has_ties or self.experts.has_ties

    def run(self, proposer: Proposer, luck: np.random.Generator | None = None, runs: int = 1) -> np.ndarray:
        """Let a side propose, the so-manieth time, with promotion if there is luck; positions, with those locked."""
        market, kept = self.case.market, self.case.kept[self.pair]
        lucks = []
        for agent, n_agents in ((market.expert, market.n_experts), (market.need, market.n_needs)):
            order = np.arange(n_agents) if luck is None else luck.permutation(n_agents)
            lucks.append(order[agent[self.pair]] + n_agents * ~kept)
        sides = list(zip((self.needs, self.experts), lucks, strict=True))
        (proposers, first), (receivers, second) = sides if proposer == "firms" else sides[::-1]
        compiled = runs * len(self.pair) * (1 if luck is None else 3) >= COMPILED_FROM
        promotion = luck is not None
        placed = deferred_acceptance(proposers, receivers, (first, second), promotion=promotion, compiled=compiled)
        return np.sort(np.concatenate([self.pair[placed], np.flatnonzero(self.case.locked)]))

    @cached_property
    def places(self) -> int:
        """The most pairs that one side's places and partners allow."""
        n_partners = self.experts.start[1:] - self.experts.start[:-1]
        if self.service is not None:
            services = np.unique(self.service, return_index=True)[1]
            n_partners = np.bincount(self.experts.agent[services], minlength=len(n_partners))
        of_needs = np.minimum(self.needs.start[1:] - self.needs.start[:-1], self.need_places).sum()
        return int(min(of_needs, np.minimum(n_partners, self.expert_places).sum()) + self.case.locked.sum())

    @cached_property
    def most_pairs(self) -> int:
        """The most pairs that all places and partners allow."""
        n_pairs, n_needs, n_experts = len(self.pair), len(self.need_places), len(self.expert_places)
        if not n_pairs:
            return int(self.case.locked.sum())
        unit = np.arange(n_pairs) if self.service is None else self.service
        _, of_unit = np.unique(unit, return_index=True)
        n_units = len(of_unit)
        source, sink = 0, 1 + n_needs + n_units + n_experts
        first_unit, first_expert = 1 + n_needs, 1 + n_needs + n_units
        arcs = [
            (np.zeros(n_needs, dtype=np.int64), 1 + np.arange(n_needs), self.need_places),
            (1 + self.needs.agent, first_unit + unit, np.ones(n_pairs, dtype=np.int64)),
            (first_unit + np.arange(n_units), first_expert + self.experts.agent[of_unit], np.ones(n_units, np.int64)),
            (first_expert + np.arange(n_experts), np.full(n_experts, sink), self.expert_places),
        ]
        tails, heads, places = (np.concatenate(parts) for parts in zip(*arcs, strict=True))
        network = sp.csr_array((places.astype(np.int32), (tails, heads)), shape=(sink + 1, sink + 1))
        return int(maximum_flow(network, source, sink).flow_value + self.case.locked.sum())


def _largest_found(rest: Rest, aim: Aim) -> tuple[np.ndarray, int]:
    """Try promotion until a bound is met: the best that was found, and the bound."""
    tries = min(TRIES, max(1, TRIED_PAIRS // len(rest.pair)))
    best, best_score = np.empty(0, dtype=np.int64), None
    bound = rest.places
    for placed, score in _tries(rest, aim, tries):
        if best_score is None or score > best_score:
            best, best_score = placed, score
        if len(best) < bound and len(rest.pair) <= FLOW_UP_TO:
            bound = rest.most_pairs
        if len(best) == bound:
            break
    return best, bound


def _tries(rest: Rest, aim: Aim, tries: int) -> Iterator[tuple[np.ndarray, tuple[int, ...]]]:
    """Run promotion, the aim's proposer first: what is placed, and a score to compare it by."""
    case, by_firms = rest.case, aim.proposer == "firms"
    rank = case.market.firm_rank if by_firms else case.market.expert_rank
    for is_other, proposer in enumerate((aim.proposer, "experts" if by_firms else "firms")):
        for seed in range(tries):
            placed = rest.run(proposer, np.random.default_rng((aim.seed, seed)), 1 + seed + tries * is_other)
            yield placed, (len(placed), -is_other, int(case.kept[placed].sum()), -int(rank[placed].sum()))


def _solution(case: Case, placed: np.ndarray, bound: float, claim: str, solver: str) -> Solution:
    definition = f"{claim}; experts at most once a firm"
    if case.rules.locks:
        definition += "; locked pairs never block"
    return Solution(tuple(placed.tolist()), float(len(placed)), float(bound), definition, solver)
