"""
The audit: checks any list of pairs against the market, and shares no code with what made the list.

It reads the market's arrays and counts; time and memory are linear in the acceptable pairs.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from matcher.assignment.market import Market
from matcher.domain.errors import AuditError
from matcher.domain.messages import Message

if TYPE_CHECKING:
    from matcher.assignment.assign import Certificate

CLASSES = ("matched", "expert_prefers_own", "firm_full", "blocking")
"""What a pair of the market can be, in order of precedence."""


@dataclass(frozen=True, eq=False)
class AuditReport:
    """
    What the audit found.

    Attributes
    ----------
    market : Market
    violations : list of Message
        Every rule broken: unknown id, repeated pair, not acceptable, over capacity, one firm served twice.
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
        return dict(zip(self.market.position, names, strict=True))

    def confirm(self, certificate: "Certificate") -> None:
        """
        Compare what was found with what is claimed.

        Raises
        ------
        AuditError
            When a rule is broken, or a stable assignment has a blocking pair.
        """
        found = list(self.violations)
        if certificate.objective == "stable":
            found += [Message("audit.blocking", {"firm": f, "expert": e}) for f, e in self.blocking_pairs]
        if found:
            raise AuditError(found)


def audit(market: Market, pairs: Iterable[tuple[str, str]]) -> AuditReport:
    """
    Check a list of pairs.

    An acceptable pair that is not placed *blocks* when both sides would take it. A need takes it when it has a free
    place, or strictly prefers the expert to the worst that it holds. An expert who serves the firm through
    another need takes it when strictly preferring this need to that; else when there is a free place, or for the worst
    pair held. Ties never block (weak stability) [1]_.

    Parameters
    ----------
    market : Market
    pairs : iterable of (str, str)
        ``(firm or need id, expert id)``.

    Returns
    -------
    AuditReport
        Pairs that are unknown, not acceptable or repeated are reported and otherwise left aside.

    References
    ----------
    .. [1] Roth and Sotomayor (1990). *Two-Sided Matching*. Cambridge UP; with the kernel of Fleiner (2003) for the rule
       of one need a firm.

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

    n_firms = int(market.firm_of.max(initial=-1)) + 1
    service = market.expert * n_firms + market.firm_of[market.need]  # an expert at a firm
    served = Counter(service[matched].tolist())
    for key in sorted(key for key, times in served.items() if times > 1):
        needs = [market.need_ids[market.need[p]] for p in np.flatnonzero(matched & (service == key))]
        values = {"expert": market.expert_ids[key // n_firms], "needs": tuple(needs)}
        violations.append(Message("audit.firm_served_twice", values))

    firm_takes = _takes(market.need, market.firm_order, matched, need_load, market.need_capacity)
    expert_takes = _takes(market.expert, market.expert_order, matched, expert_load, market.expert_capacity)
    own = {int(service[p]): int(market.expert_order[p]) for p in np.flatnonzero(matched)}
    if own:
        keys, orders = np.array(sorted(own.items()), dtype=np.int64).T
        at = np.minimum(np.searchsorted(keys, service), len(keys) - 1)
        there = keys[at] == service
        expert_takes = np.where(there, market.expert_order > orders[at], expert_takes)
    pair_class = np.select([matched, ~expert_takes, ~firm_takes], [0, 1, 2], default=3).astype(np.int8)
    return AuditReport(market, violations, pair_class)


def _known(market: Market, pairs: Iterable[tuple[str, str]]) -> tuple[list[Message], list[int]]:
    """Positions of the pairs that the market has, each once; what is wrong with the others."""
    violations: list[Message] = []
    placed: dict[int, None] = {}
    needs, experts = set(market.need_ids), set(market.expert_ids)
    for firm, expert in pairs:
        values = {"firm": firm, "expert": expert}
        position = market.position.get((firm, expert))
        if position in placed:
            violations.append(Message("audit.repeated_pair", values))
        elif position is not None:
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


def _takes(
    agent: np.ndarray, order: np.ndarray, matched: np.ndarray, load: np.ndarray, capacity: np.ndarray
) -> np.ndarray:
    """Whether each pair's agent has a free place, or holds somebody strictly worse."""
    worst = np.full(len(load), np.iinfo(np.int64).max)
    np.minimum.at(worst, agent[matched], order[matched])
    return (load < capacity)[agent] | (order > worst[agent])
