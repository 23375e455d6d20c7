"""
What an objective claims, checked from the market and the list alone, by no code that solves.

Prices of places bound every assignment from above by weak duality, in whole numbers; the levels of ``fair`` are proved
in `matcher.assignment.levels`, the most pairs of ``stable`` in `matcher.assignment.most`. Whether groups are laminar,
so that a proof is asked for, is read off the rules by `Case`, as the solvers do.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple, Protocol

import numpy as np

from matcher.assignment.audit import AuditReport
from matcher.assignment.levels import Face, inside
from matcher.assignment.market import SCORE_UNIT, Market
from matcher.assignment.most import none_has_more
from matcher.assignment.rules import Case, Rules
from matcher.domain.messages import Message

_TOLERANCE = 1e-6
_DEAREST = 2**52
"""Limit of a price: sums of prices stay whole numbers of 64 bits."""


class Claim(Protocol):
    """What is claimed of a list; a `Certificate`, or what a report has of one."""

    @property
    def objective(self) -> str:
        """Name of the objective."""
        ...

    @property
    def value(self) -> float:
        """What was reached."""
        ...

    @property
    def bound(self) -> float:
        """What nobody exceeds."""
        ...

    @property
    def gap(self) -> float:
        """Their difference, as a share of the bound."""
        ...

    @property
    def n_blocking_pairs(self) -> int:
        """Pairs that block."""
        ...

    @property
    def proof(self) -> Mapping[str, object]:
        """What the claim can be checked by."""
        ...


def broken_claims(
    market: Market, rules: Rules, report: AuditReport, claim: Claim, *, thorough: bool = False
) -> list[Message]:
    """
    List what is claimed and is not so.

    Parameters
    ----------
    market : Market
    rules : Rules
    report : AuditReport
        Of the list.
    claim : Claim
    thorough : bool
        Prove the levels of ``fair`` too, with a linear program each, where groups are laminar; else they are counted.

    Returns
    -------
    list of Message

    Raises
    ------
    ValueError
        When nothing here checks what the objective claims.
    """
    list_, check = _List(market, rules, report), _check_of(claim.objective)
    true = {"n_blocking_pairs": len(report.blocking_pairs), "value": check.reached(list_)}
    found = [
        Message("audit.other_claim", {"name": name, "claimed": getattr(claim, name), "found": value})
        for name, value in true.items()
        if not abs(getattr(claim, name) - value) <= _TOLERANCE
    ]
    gap = (claim.bound - claim.value) / claim.bound if claim.bound else 0.0
    if not abs(claim.gap - gap) <= _TOLERANCE:
        found.append(Message("audit.other_claim", {"name": "gap", "claimed": claim.gap, "found": gap}))
    if not claim.bound >= claim.value - _TOLERANCE:
        found.append(Message("audit.bound_below_value", {"bound": claim.bound, "value": claim.value}))
    return [*found, *check.broken(list_, claim, thorough)]


def refute(market: Market, rules: Rules, report: AuditReport, objective: str) -> list[Message]:
    """
    Say what keeps a list of which nothing is claimed from being what an objective asks for.

    Parameters
    ----------
    market : Market
    rules : Rules
    report : AuditReport
        Of the list.
    objective : str

    Returns
    -------
    list of Message
        Empty where nothing does, and where groups cross or people are counted, so that nothing short of solving tells.

    Raises
    ------
    ValueError
        When nothing here checks what the objective asks for.
    """
    check = _check_of(objective)
    if not Case(market, rules).is_laminar:
        return []
    return check.refute(_List(market, rules, report))


def is_decided(market: Market, rules: Rules, report: AuditReport, objective: str, bound: float) -> bool:
    """
    Say whether files alone decide if a list is what its objective asks for; else only solving again could.

    Parameters
    ----------
    market : Market
    rules : Rules
    report : AuditReport
        Of the list.
    objective : str
    bound : float
        What is claimed that nobody exceeds; only asked about in ``stable``.

    Returns
    -------
    bool
        False where groups cross or people are counted; in ``stable`` also under minima, and where ties leave open
        whether another list has more pairs than the bound.
    """
    if not Case(market, rules).is_laminar:
        return False
    if objective != "stable":
        return True
    return not rules.has_minima and (bool(report.blocking_pairs) or none_has_more(market, rules, bound))


def price_bound(
    market: Market, rules: Rules, worth: np.ndarray, prices: Mapping[str, Sequence[Sequence[object]]]
) -> int:
    """
    Bound the worth of every assignment that keeps the rules, by what its places cost.

    A pair is worth no more than the prices of the places that it takes and what it gains beyond them; so no assignment
    is worth more than all places, at their prices, and all gains together (weak duality of linear programs). Prices of
    minima count against.

    Parameters
    ----------
    market : Market
    rules : Rules
    worth : int64, shape (n_pairs,)
        In units of 1e-9.
    prices : mapping
        ``needs``, ``experts``: ``[id, price]``; ``services``: ``[need id, expert id, price]``, for the expert at the
        firm of that need; ``quotas``: ``[number, price of the maximum, price of the minimum]``. The others
        are 0.

    Returns
    -------
    int
        In units of 1e-9.

    Raises
    ------
    ValueError
        When a price is negative, or of something that is not there.
    """
    need_price = _of_ids(market.need_ids, prices["needs"])
    expert_price = _of_ids(market.expert_ids, prices["experts"])
    paid = need_price[market.need] + expert_price[market.expert]
    bound = int(need_price @ market.need_capacity) + int(expert_price @ market.expert_capacity)
    firm_of = dict(zip(market.need_ids, market.firm_of.tolist(), strict=True))
    column = {name: j for j, name in enumerate(market.expert_ids)}
    n_firms = int(market.firm_of.max(initial=-1)) + 1
    service = market.expert * n_firms + market.firm_of[market.need]
    at_firm: dict[int, int] = {}
    for need, expert, price in prices["services"]:
        key = column.get(str(expert), -1) * n_firms + firm_of.get(str(need), -n_firms)
        if key < 0 or key in at_firm:
            raise ValueError(f"no such service: {need!r}, {expert!r}")
        at_firm[key] = _price(price)
        bound += at_firm[key]
    if at_firm:
        keys, costs = (np.array(part, dtype=np.int64) for part in zip(*sorted(at_firm.items()), strict=True))
        at = np.minimum(np.searchsorted(keys, service), len(keys) - 1)
        paid = paid + np.where(keys[at] == service, costs[at], 0)
    for number, *of_bounds in prices["quotas"]:
        quota = rules.quotas[int(str(number))]
        most, least = map(_price, of_bounds)
        if (quota.maximum is None and most) or quota.counts != "pairs":
            raise ValueError(f"no limit to price: {quota.value!r}")
        paid = paid + np.where(inside(market, quota), most - least, 0)
        bound += most * (quota.maximum or 0) - least * quota.minimum
    gain = worth - paid
    locked, banned = _mask(market, rules.locks), _mask(market, rules.bans)
    # Beside a locked pair, the expert's others at that firm can't be.
    is_free = ~banned & ~np.isin(service, service[locked])
    return bound + int(gain[(gain > 0) & is_free].sum()) + int(gain[locked].sum())


class _List(NamedTuple):
    """A list that is looked at."""

    market: Market
    rules: Rules
    report: AuditReport

    @property
    def placed(self) -> np.ndarray:
        """Positions of its pairs."""
        return np.flatnonzero(self.report.pair_class == 0)

    @property
    def worth(self) -> np.ndarray:
        """Value of each pair of the market, with the bonus of kept ones, in units of 1e-9."""
        kept = _mask(self.market, self.rules.keep)
        return np.rint((self.market.value + self.rules.keep_bonus * kept) / SCORE_UNIT).astype(np.int64)

    @property
    def total(self) -> int:
        """Worth of all its pairs."""
        return int(self.worth[self.placed].sum())


def _n_pairs(list_: _List) -> float:
    return len(list_.placed)


def _sum_of_values(list_: _List) -> float:
    return list_.total * SCORE_UNIT


def _of_stable(list_: _List, claim: Claim, thorough: bool) -> list[Message]:  # noqa: ARG001 - one signature for all
    """Allow no blocking pair, unless minima, or maxima that cross or count people, make the claim the fewest."""
    blocking, rules = len(list_.report.blocking_pairs), list_.rules
    least = claim.proof.get("fewest_blocking")
    if blocking and (least is None or not (rules.has_minima or not Case(list_.market, rules).is_laminar)):
        return [Message("audit.not_stable", {"count": blocking})]
    if least is None:
        return []
    if blocking > claim.n_blocking_pairs or not isinstance(least, int) or least > blocking:
        return [Message("audit.more_blocking", {"count": blocking, "claimed": claim.n_blocking_pairs})]
    return []


def _not_stable(list_: _List) -> list[Message]:
    blocking = 0 if list_.rules.has_minima else len(list_.report.blocking_pairs)
    return [Message("audit.not_stable", {"count": blocking})] if blocking else []


def _of_total(list_: _List, claim: Claim, thorough: bool) -> list[Message]:  # noqa: ARG001 - one signature for all
    prices = claim.proof.get("prices")
    if prices is None:
        return [Message("audit.prices_missing")] if Case(list_.market, list_.rules).is_laminar else []
    try:
        bound = price_bound(list_.market, list_.rules, list_.worth, prices)  # ty: ignore[invalid-argument-type] - checked by doing it
    except (ValueError, TypeError, KeyError, IndexError, AttributeError) as fault:
        return [Message("audit.prices_unusable", {"reason": str(fault)})]
    if not abs(bound * SCORE_UNIT - claim.bound) <= _TOLERANCE:
        return [Message("audit.other_claim", {"name": "bound", "claimed": claim.bound, "found": bound * SCORE_UNIT})]
    if not bound * SCORE_UNIT <= claim.value + _TOLERANCE:
        return [Message("audit.prices_fail", {"bound": bound * SCORE_UNIT, "value": claim.value})]
    return []


def _not_greatest(list_: _List) -> list[Message]:
    return _face(list_).refute(None, list_.total)


def _of_fair(list_: _List, claim: Claim, thorough: bool) -> list[Message]:
    if claim.proof.get("levels") != [list(level) for level in _levels(list_)]:
        return [Message("audit.other_levels")]
    if not Case(list_.market, list_.rules).is_laminar:
        return []
    if not abs(claim.bound - claim.value) <= _TOLERANCE:
        return [Message("audit.other_claim", {"name": "bound", "claimed": claim.bound, "found": claim.value})]
    return _not_fairest(list_) if thorough else []


def _not_fairest(list_: _List) -> list[Message]:
    return _face(list_).refute(_levels(list_), list_.total)


def _face(list_: _List) -> Face:
    market, rules = list_.market, list_.rules
    return Face.of(market, rules, list_.worth, ~_mask(market, rules.bans), _mask(market, rules.locks))


def _levels(list_: _List) -> list[tuple[int, int]]:
    """Needs at each value of their best partner, from the worst up."""
    market, worth = list_.market, list_.worth
    best = dict.fromkeys(market.need[~_mask(market, list_.rules.bans)].tolist(), 0)
    for p in list_.placed.tolist():
        need = int(market.need[p])
        best[need] = max(best.get(need, 0), int(worth[p]))
    values, counts = np.unique(np.array(list(best.values()), dtype=np.int64), return_counts=True)
    return list(zip(values.tolist(), counts.tolist(), strict=True))


class _Check(NamedTuple):
    """How an objective is checked: what a list reaches, what is claimed of it and is not so, what keeps it from it."""

    reached: Callable[[_List], float]
    broken: Callable[[_List, Claim, bool], list[Message]]
    refute: Callable[[_List], list[Message]]


_CHECKS = {
    "stable": _Check(_n_pairs, _of_stable, _not_stable),
    "total": _Check(_sum_of_values, _of_total, _not_greatest),
    "fair": _Check(_sum_of_values, _of_fair, _not_fairest),
}

CHECKED = tuple(_CHECKS)
"""Objectives whose claims are checked here."""


def _check_of(objective: str) -> _Check:
    """Find how an objective is checked: checked as another, a false claim would pass."""
    if objective not in _CHECKS:
        raise ValueError(f"nothing checks what the objective {objective!r} claims; there are checks of {CHECKED}")
    return _CHECKS[objective]


def _mask(market: Market, pairs: Iterable[tuple[str, str]]) -> np.ndarray:
    found, positions = np.zeros(market.n_pairs, dtype=bool), market.positions_of(pairs)
    found[positions[positions >= 0]] = True
    return found


def _of_ids(ids: Sequence[str], listed: Sequence[Sequence[object]]) -> np.ndarray:
    place = {name: k for k, name in enumerate(ids)}
    found = np.zeros(len(ids), dtype=np.int64)
    for name, price in listed:
        if str(name) not in place:
            raise ValueError(f"a price of nobody: {name!r}")
        found[place[str(name)]] = _price(price)
    return found


def _price(price: object) -> int:
    if not isinstance(price, int) or not 0 <= price <= _DEAREST:
        raise ValueError(f"a price is a whole number from 0, not {price!r}")
    return price
