"""Why a pair is placed, or why not: its class, and who holds the places."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from matcher.assignment.audit import CLASSES, audit_under
from matcher.assignment.limits import reached_limits
from matcher.assignment.market import Market
from matcher.assignment.rules import Rules
from matcher.assignment.whatif import WhatIf, what_if
from matcher.domain.messages import Message


class Placed(Protocol):
    """Whatever lists who is placed with whom: an `Assignment`, or somebody's list."""

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """``(firm or need id, expert id)``."""
        ...


@dataclass(frozen=True, slots=True)
class Why:
    """
    Answer for one pair.

    Parameters
    ----------
    firm_id, expert_id : str
    status : {"matched", "banned", "expert_prefers_own", "firm_full", "forbidden_by_quota", "blocking", "unacceptable"}
        The first that holds.
    firm_rank, expert_rank : int or None
        Rank of the pair in each side's list, 1 the best; None where it is not acceptable.
    firm_holds, expert_holds : tuple of (str, int)
        Who has the places of the firm's need, and which needs the expert serves, each with its rank there; best first.
    message : Message
        The answer in a sentence.
    what_if : WhatIf or None
        What would happen if the pair were locked; None where it is placed, or not acceptable.
    """

    firm_id: str
    expert_id: str
    status: str
    firm_rank: int | None
    expert_rank: int | None
    firm_holds: tuple[tuple[str, int], ...]
    expert_holds: tuple[tuple[str, int], ...]
    message: Message
    what_if: WhatIf | None = None


def why(market: Market, assignment: Placed, firm_id: str, expert_id: str) -> Why:
    """
    Say why a need and an expert are together, or why they are not.

    Parameters
    ----------
    market : Market
    assignment : Assignment, or whatever has ``pairs``
        Of that market; pairs that it does not have are left aside. Its ``rules``, where it has any, are those of the
        answer.
    firm_id, expert_id : str
        Ids as in the market's rows and columns.

    Returns
    -------
    Why

    Raises
    ------
    ValueError
        When the market does not have one of the ids.

    Examples
    --------
    >>> from matcher.assignment import assign
    >>> market = Market.from_lists(firms={"f": ["a", "b"]}, experts={"a": ["f"], "b": ["f"]})
    >>> answer = why(market, assign(market), "f", "b")
    >>> answer.status, answer.firm_holds
    ('firm_full', (('a', 1),))
    """
    for name, ids in ((firm_id, market.need_ids), (expert_id, market.expert_ids)):
        if name not in ids:
            raise ValueError(f"{name!r} is not in the market")
    i, j = market.need_ids.index(firm_id), market.expert_ids.index(expert_id)
    placed = np.array([market.position[pair] for pair in assignment.pairs if pair in market.position], dtype=np.int64)
    by_need, by_expert = placed[market.need[placed] == i], placed[market.expert[placed] == j]
    firm_holds = sorted((int(market.firm_rank[p]), market.expert_ids[market.expert[p]]) for p in by_need)
    expert_holds = sorted((int(market.expert_rank[p]), market.need_ids[market.need[p]]) for p in by_expert)
    asked = (firm_id, expert_id)
    position = market.position.get(asked)
    status = "unacceptable"
    limits: tuple[Message, ...] = ()
    rules: Rules = getattr(assignment, "rules", Rules())
    if position is not None:
        status = CLASSES[audit_under(market, assignment.pairs, rules).pair_class[position]]
        limits = tuple(limit for limit, inside in reached_limits(market, rules, placed) if inside[position])
    values = {
        "firm": firm_id,
        "expert": expert_id,
        "firm_rank": int(market.firm_rank[position]) if position is not None else None,
        "expert_rank": int(market.expert_rank[position]) if position is not None else None,
    }
    holders = {"firm_holds": _held(firm_holds), "expert_holds": _held(expert_holds), "limits": limits}
    return Why(
        firm_id=firm_id,
        expert_id=expert_id,
        status=status,
        firm_rank=values["firm_rank"],
        expert_rank=values["expert_rank"],
        firm_holds=tuple((name, rank) for rank, name in firm_holds),
        expert_holds=tuple((name, rank) for rank, name in expert_holds),
        message=Message(f"why.{_code(market, status, i, j)}", {**values, **holders}),
        what_if=None
        if status in ("matched", "unacceptable")
        else what_if(market, assignment.pairs, rules, (firm_id, expert_id)),
    )


def _code(market: Market, status: str, need: int, expert: int) -> str:
    """Tell who has no place at all from who has given the places to others."""
    if status == "expert_prefers_own" and not market.expert_capacity[expert]:
        return "expert_without_places"
    return "firm_without_places" if status == "firm_full" and not market.need_capacity[need] else status


def _held(ranked: list[tuple[int, str]]) -> tuple[Message, ...]:
    return tuple(Message("why.held", {"id": name, "rank": rank}) for rank, name in ranked)
