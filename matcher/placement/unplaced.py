"""Who was left out, and the true reason: read off the bars and the audit's classes, not guessed."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache

import numpy as np

from matcher.assignment.assign import Assignment
from matcher.assignment.audit import CLASSES, audit_under
from matcher.assignment.limits import reached_limits
from matcher.assignment.market import Market
from matcher.domain.messages import Message
from matcher.ranking.bars import INELIGIBLE, Bar
from matcher.ranking.ranking import Ranking

UNPLACED_COLUMNS = ("side", "id", "name", "free_places", "reason")
"""Columns of the list of those left out, in order."""

_EXAMPLES = 3

_BARS = {bar: Message(bar.code) for bar in Bar}

Line = dict[str, object]


def unplaced_list(ranking: Ranking, market: Market, assignment: Assignment) -> list[Line]:
    """
    List the needs and the experts that have no placement at all.

    Parameters
    ----------
    ranking : Ranking
    market : Market
        Formed of that ranking.
    assignment : Assignment
        Of that market.

    Returns
    -------
    list of dict
        Firms' needs first, then experts, each by id, with the keys `UNPLACED_COLUMNS`; ``reason`` is a `Message`.
    """
    ended = _Ended.of(ranking, market, assignment)
    lines: list[Line] = []
    for i in np.setdiff1d(np.arange(market.n_needs), market.need[ended.placed]).tolist():
        need, places = ranking.ranker.needs[i], int(market.need_capacity[i])
        reason = ended.of_need(i)
        lines.append({"side": "firm", "id": need.need_id, "name": need.name, "free_places": places, "reason": reason})
    for j in np.setdiff1d(np.arange(market.n_experts), market.expert[ended.placed]).tolist():
        expert, places = ranking.ranker.experts[j], int(market.expert_capacity[j])
        values = {"id": expert.expert_id, "name": expert.name, "free_places": places, "reason": ended.of_expert(j)}
        lines.append({"side": "expert", **values})
    return lines


@dataclass(frozen=True, eq=False)
class _Ended:
    """How every pair of the market ended, to say why somebody is without any."""

    ranking: Ranking
    market: Market
    placed: np.ndarray
    pair_class: np.ndarray
    limits: tuple[tuple[Message, np.ndarray], ...]
    """Limits that are reached, each with the pairs that it counts."""

    @classmethod
    def of(cls, ranking: Ranking, market: Market, assignment: Assignment) -> "_Ended":
        """Look at a list under its rules."""
        placed, rules = np.array(assignment.positions, dtype=np.int64), assignment.rules
        classes = audit_under(market, assignment.pairs, rules).pair_class
        return cls(ranking, market, placed, classes, tuple(reached_limits(market, rules, placed)))

    def of_need(self, i: int) -> Message:
        """Say why a need has nobody."""
        market = self.market
        pairs = self._of_need(i)
        if not len(pairs):
            return nobody("unplaced.need_without_acceptable", self.ranking.need_bars[i])
        if other := self._other_reason("need", pairs, "expert_prefers_own"):
            return other
        preferring = self._ending(pairs, "expert_prefers_own")
        nearest = preferring[market.firm_rank[preferring].argsort(kind="stable")[:_EXAMPLES]]
        examples = tuple(map(self._taken, market.expert[nearest].tolist()))
        banned = len(pairs) - len(preferring)
        acceptable = int(self.ranking.need_bars[i, Bar.NONE]) - banned
        return Message("unplaced.need_all_taken", {"count": acceptable, "examples": examples})

    def of_expert(self, j: int) -> Message:
        """Say why an expert has nobody."""
        market, ranking = self.market, self.ranking
        bar = Bar(int(ranking.ranker.bars.expert[j]))
        if bar in INELIGIBLE:
            return Message("unplaced.expert_not_eligible", {"bar": _BARS[bar]})
        if not market.expert_capacity[j]:
            return Message("unplaced.expert_without_days", {"days": ranking.ranker.experts[j].days_per_year})
        pairs = self._of_expert(j)
        if not len(pairs):
            return nobody("unplaced.expert_without_acceptable", ranking.expert_bars[j])
        if other := self._other_reason("expert", pairs, "firm_full"):
            return other
        full = self._ending(pairs, "firm_full")
        nearest = full[market.expert_rank[full].argsort(kind="stable")[:_EXAMPLES]]
        examples = tuple(map(self._held, market.need[nearest].tolist()))
        acceptable = int(ranking.expert_bars[j, Bar.NONE]) - (len(pairs) - len(full))
        return Message("unplaced.expert_all_full", {"count": acceptable, "examples": examples})

    # Many wanted the same few: each of these is described once, and the lines share what is said.

    @cached_property
    def _taken(self) -> Callable[[int], Message]:
        market = self.market

        @cache
        def of_expert(j: int) -> Message:
            serves = tuple(market.need_ids[i] for i in market.need[self._placed_of_expert(j)].tolist())
            code = "unplaced.expert_serves" if serves else "unplaced.expert_has_no_days"
            return Message(code, {"expert": _expert_name(self.ranking, j), "needs": serves})

        return of_expert

    @cached_property
    def _held(self) -> Callable[[int], Message]:
        @cache
        def of_need(i: int) -> Message:
            need, holders = self.ranking.ranker.needs[i], self.market.expert[self._placed_of_need(i)].tolist()
            names = tuple(_expert_name(self.ranking, j) for j in holders)
            return Message("unplaced.need_held_by", {"need": need.need_id, "firm": need.name, "experts": names})

        return of_need

    # Who is left out asks for its own pairs: to look through all of them each time takes the square of a large market.

    @cached_property
    def _of_need(self) -> Callable[[int], np.ndarray]:
        return _by_agent(np.arange(self.market.n_pairs), self.market.need, self.market.n_needs)

    @cached_property
    def _of_expert(self) -> Callable[[int], np.ndarray]:
        return _by_agent(np.arange(self.market.n_pairs), self.market.expert, self.market.n_experts)

    @cached_property
    def _placed_of_need(self) -> Callable[[int], np.ndarray]:
        return _by_agent(self.placed, self.market.need[self.placed], self.market.n_needs)

    @cached_property
    def _placed_of_expert(self) -> Callable[[int], np.ndarray]:
        return _by_agent(self.placed, self.market.expert[self.placed], self.market.n_experts)

    def _other_reason(self, who: str, pairs: np.ndarray, usual: str) -> Message | None:
        """Say what else than dearer partners is the reason: bans alone, the objective of the whole, a limit."""
        counts = np.bincount(self.pair_class[pairs], minlength=len(CLASSES)).tolist()
        count = dict(zip(CLASSES, counts, strict=True))
        if count["banned"] == len(pairs):
            return Message(f"unplaced.{who}_banned", {"count": len(pairs)})
        if left := len(pairs) - count["banned"] - count["forbidden_by_quota"] - count[usual]:
            return Message(f"unplaced.{who}_left_for_the_whole", {"count": left})
        if not count["forbidden_by_quota"]:
            return None
        forbidden = self._ending(pairs, "forbidden_by_quota")
        limits = tuple(limit for limit, inside in self.limits if inside[forbidden].any())
        return Message(f"unplaced.{who}_forbidden_by_quota", {"count": len(forbidden), "limits": limits})

    def _ending(self, pairs: np.ndarray, name: str) -> np.ndarray:
        return pairs[self.pair_class[pairs] == CLASSES.index(name)]


def _by_agent(positions: np.ndarray, agent: np.ndarray, n_agents: int) -> Callable[[int], np.ndarray]:
    """Sort positions by whose they are, to give those of one."""
    by_agent = np.argsort(agent, kind="stable")
    positions, begins = positions[by_agent], np.searchsorted(agent[by_agent], np.arange(n_agents + 1)).tolist()
    return lambda one: positions[begins[one] : begins[one + 1]]


def nobody(code: str, counts: np.ndarray) -> Message:
    """
    Say what bars all pairs of somebody, the most frequent bar first.

    Parameters
    ----------
    code : str
        Of the sentence, which has ``{bars}``.
    counts : int, shape (n_bars,)
        Pairs by `Bar`, as `Ranking` counts them.
    """
    most = sorted((Bar(k) for k in np.flatnonzero(counts) if k), key=lambda bar: (-counts[bar], bar))
    return Message(code, {"bars": tuple(_bar_count(bar, int(counts[bar])) for bar in most)})


# Of a province many have the same bars, some as often.
@lru_cache(maxsize=4096)
def _bar_count(bar: Bar, count: int) -> Message:
    return Message("unplaced.bar_count", {"bar": _BARS[bar], "count": count})


def _expert_name(ranking: Ranking, j: int) -> str:
    expert = ranking.ranker.experts[j]
    return f"{expert.name} {expert.expert_id}"
