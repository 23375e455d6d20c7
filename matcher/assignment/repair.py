"""
Markets too large to hold every pair: what the shortlists left out, put back where it could matter.

A pair outside the market stands below both shortlists, so it can block only if both sides are *open*: with a free
place, or holding somebody below the last entry of their shortlist. These few are scored against each other.
"""

from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

import numpy as np

from matcher.assignment.assign import Assignment, assign_under
from matcher.assignment.diagnosis import confirm_feasible
from matcher.assignment.form import form_market
from matcher.assignment.market import Market
from matcher.assignment.rules import Case, Pair, Rules
from matcher.assignment.stated import confirm_locks
from matcher.domain.errors import InfeasibleProblem
from matcher.domain.messages import Message
from matcher.domain.settings import AssignmentSettings
from matcher.ranking.cells import Grid
from matcher.ranking.ranking import Ranking, extend
from matcher.ranking.shortlists import above, count_above

_ANY, _NONE = -1, np.iinfo(np.int64).max
"""Floors of those who take anybody, and nobody: orders lie between."""


def assign_ranked(
    ranking: Ranking,
    market: Market,
    settings: AssignmentSettings,
    rules: Rules = Rules(),  # noqa: B008 - frozen
) -> tuple[Ranking, Market, Assignment]:
    """
    Place the pairs of a market, and where it holds shortlists alone, add what blocks from outside until nothing does.

    Parameters
    ----------
    ranking : Ranking
    market : Market
        Formed of that ranking.
    settings : AssignmentSettings
    rules : Rules
        As `rules_of` makes them.

    Returns
    -------
    Ranking, Market
        As given where every acceptable pair is in them; else with the pairs that were added.
    Assignment
        A stable one's certificate holds for all acceptable pairs: ``scope`` is ``"full"``. In the other objectives, and
        where rules leave blocking pairs, what is outside might serve better though it does not block: the scope is the
        market's.

    Raises
    ------
    InfeasibleProblem
        When no assignment of the market keeps the rules, or something bars what they lock.
    """
    confirm_locks(ranking, rules.locks)
    is_repaired = settings.objective == "stable" and market.scope != "full"
    while True:
        assignment = _assigned(market, settings, rules)
        if not is_repaired:
            return ranking, market, assignment
        need, expert = outside_blocking(ranking, market, assignment.pairs, rules)
        if not len(need):
            claim = assignment.certificate
            scope = market.scope if claim.n_blocking_pairs else "full"
            return ranking, market, replace(assignment, certificate=replace(claim, scope=scope))
        ranking = extend(ranking, need, expert)
        market = form_market(ranking, settings)


def confirm_feasible_ranked(ranking: Ranking, market: Market, rules: Rules) -> None:
    """
    See to it that some assignment keeps the rules; place nobody.

    Raises
    ------
    InfeasibleProblem
        Where `assign_ranked` would, whatever the objective, and with the same reasons.
    """
    confirm_locks(ranking, rules.locks)
    with _scoped(market):
        confirm_feasible(Case(market.trimmed if market.scope == "full" else market, rules))


def _assigned(market: Market, settings: AssignmentSettings, rules: Rules) -> Assignment:
    with _scoped(market):
        return assign_under(
            *(market, settings.objective, rules),
            proposer=settings.proposer,
            seed=settings.seed,
            time_limit_s=settings.time_limit_s,
        )


@contextmanager
def _scoped(market: Market) -> Generator[None]:
    """Say of reasons that hold among shortlists that they hold there alone."""
    try:
        yield
    except InfeasibleProblem as fault:
        if market.scope == "full":
            raise
        raise InfeasibleProblem([*fault.reasons, Message("infeasible.within_shortlists")]) from fault


def outside_blocking(
    ranking: Ranking,
    market: Market,
    pairs: Sequence[Pair],
    rules: Rules = Rules(),  # noqa: B008 - frozen
) -> tuple[np.ndarray, np.ndarray]:
    """
    Find acceptable pairs outside a market of shortlists that would both rather be together than as placed.

    Limited groups are not asked here, and where there are any a tie is enough: what is found holds all that block, and
    perhaps others. Added to the market, it is judged by the audit.

    Parameters
    ----------
    ranking : Ranking
    market : Market
        Formed of that ranking.
    pairs : list of (str, str)
        Who is placed; those that the market does not have are left aside.
    rules : Rules

    Returns
    -------
    int, two arrays of shape (n_blocking,)
        Positions of needs and of experts, by need, then by expert; empty where the market holds every acceptable pair.
    """
    if ranking.scope == "full":
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
    placed = market.positions_of(pairs)
    placed = placed[placed >= 0]
    need, expert, k = market.need[placed], market.expert[placed], ranking.ranker.settings.shortlist
    firm_floor, firm_open = _floors(need, market.firm_order[placed], market.firm_rank[placed] > k, market.need_capacity)
    expert_floor, expert_open = _floors(
        expert, market.expert_order[placed], market.expert_rank[placed] > k, market.expert_capacity
    )
    held = market.expert_order[placed]
    if rules.has_maxima:  # among equals the strict priority decides
        firm_floor, expert_floor, held = firm_floor - 1, expert_floor - 1, held - 1
    rows, columns = np.flatnonzero(firm_open), np.flatnonzero(expert_open)
    if not (len(rows) and len(columns)):
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
    found = above(ranking.ranker, Grid(rows, columns), (firm_floor[rows], expert_floor[columns]))
    # Who serves a firm changes only for a better need of that firm, free place or not.
    served: dict[tuple[int, int], int] = {}
    for firm, j, order in zip(market.firm_of[need].tolist(), expert.tolist(), held.tolist(), strict=True):
        served[firm, j] = order
    of_pairs = zip(market.firm_of[found.where.need].tolist(), found.where.expert.tolist(), strict=True)
    floor = np.array([served.get(pair, _ANY) for pair in of_pairs], dtype=np.int64)
    is_new = (found.expert_order > floor) & (market.positions_at(*found.where) < 0)
    blocking = np.sort(found.where.need[is_new] * market.n_experts + found.where.expert[is_new])
    return np.divmod(blocking, market.n_experts)


def exact_ranks(ranking: Ranking, market: Market, positions: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """
    Count the ranks of pairs among all acceptable ones, not only those that the market holds.

    Parameters
    ----------
    ranking : Ranking
    market : Market
        Formed of that ranking.
    positions : int, shape (n,)
        Of the pairs.

    Returns
    -------
    firm_rank, expert_rank : int, shape (n,)
        One more than the acceptable counterparts that are strictly better; 1 the best.
    """
    firm_rank, expert_rank = market.firm_rank[positions].copy(), market.expert_rank[positions].copy()
    k = ranking.ranker.settings.shortlist
    # Down to its last entry a shortlist is complete, so ranks up to k are true already.
    if ranking.scope == "full" or max(firm_rank.max(initial=0), expert_rank.max(initial=0)) <= k:
        return firm_rank, expert_rank
    ranker, need, expert = ranking.ranker, market.need[positions], market.expert[positions]
    for late in _once_each(need, np.flatnonzero(firm_rank > k)):
        floors = market.firm_order[positions[late]], np.full(market.n_experts, _ANY)
        firm_rank[late] = 1 + count_above(ranker, Grid(need[late]), floors)[0]
    for late in _once_each(expert, np.flatnonzero(expert_rank > k)):
        floors = np.full(market.n_needs, _ANY), market.expert_order[positions[late]]
        expert_rank[late] = 1 + count_above(ranker, Grid(np.arange(market.n_needs), expert[late]), floors)[1]
    return firm_rank, expert_rank


def _once_each(agent: np.ndarray, late: np.ndarray) -> Iterator[np.ndarray]:
    """Part positions so that each agent is in a part once, in order: one floor an agent at a time."""
    while len(late):
        first = np.unique(agent[late], return_index=True)[1]
        yield late[first]
        late = np.delete(late, first)


def _floors(
    agent: np.ndarray, order: np.ndarray, is_below: np.ndarray, capacity: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """For each agent the order that somebody must exceed to be taken, and whether the agent is open."""
    load = np.bincount(agent, minlength=len(capacity))
    worst = np.full(len(capacity), _NONE)
    np.minimum.at(worst, agent, order)
    below = np.zeros(len(capacity), dtype=bool)
    below[agent[is_below]] = True
    free = load < capacity
    return np.where(free, _ANY, worst), free | below
