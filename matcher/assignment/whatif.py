"""
What if a pair were locked: the chain of displacements from the present list, not another list made from scratch.

The pair takes its places; whoever loses one asks on, the best first, where both sides would agree; whoever is displaced
by that asks on in turn; then the needs that were left ask likewise. Pairs that blocked before are not repaired.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from matcher.assignment.audit import audit_under
from matcher.assignment.chain import Chain
from matcher.assignment.market import Market
from matcher.assignment.rules import Case, Pair, Rules
from matcher.domain.messages import Message


@dataclass(frozen=True, slots=True)
class WhatIf:
    """
    What happens when a pair is locked.

    Parameters
    ----------
    pairs : list of (str, str)
        The list afterwards.
    gained, lost : tuples of (str, str)
        Pairs that come and go, in the order of the chain; the locked one is not among them.
    value : float
        Change of the sum of values.
    blocking : tuple of (str, str)
        Pairs that block afterwards and did not before.
    broken : tuple of Message
        Rules that the list afterwards breaks.
    """

    pairs: list[Pair]
    gained: tuple[Pair, ...]
    lost: tuple[Pair, ...]
    value: float
    blocking: tuple[Pair, ...]
    broken: tuple[Message, ...]

    @property
    def moves(self) -> list[tuple[str, tuple[str, ...], tuple[str, ...]]]:
        """Each expert who moves, with the needs left and the needs taken up; in the order of the chain."""
        experts = dict.fromkeys(expert for _, expert in (*self.lost, *self.gained))
        return [
            (
                name,
                tuple(need for need, expert in self.lost if expert == name),
                tuple(need for need, expert in self.gained if expert == name),
            )
            for name in experts
        ]


def what_if(market: Market, pairs: Iterable[Pair], rules: Rules, pair: Pair) -> WhatIf:
    """
    Lock a pair, and follow what it displaces.

    Parameters
    ----------
    market : Market
    pairs : iterable of (str, str)
        The present list; what the market does not have is left aside.
    rules : Rules
        Of the list; a ban on the pair is lifted.
    pair : (str, str)
        Acceptable, and not placed.

    Returns
    -------
    WhatIf

    Raises
    ------
    ValueError
        When the market does not have the pair.
    """
    if pair not in market.position:
        raise ValueError(f"{pair!r} is not acceptable in this market")
    bans = tuple(other for other in rules.bans if other != pair)
    rules = replace(rules, locks=tuple(sorted({*rules.locks, pair})), bans=bans)
    before = [other for other in pairs if other in market.position]
    chain = Chain(Case(market, rules), market.positions_of(before).tolist())
    chain.place(market.position[pair])
    chain.follow()
    after = market.ids(sorted(chain.placed))
    report = audit_under(market, after, rules)
    was = set(audit_under(market, before, rules).blocking_pairs)
    there = set(before)
    order = [market.ids([p])[0] for p in dict.fromkeys(chain.touched)]
    return WhatIf(
        pairs=after,
        gained=tuple(other for other in order if other in set(after) - there and other != pair),
        lost=tuple(other for other in order if other in there - set(after)),
        value=float(
            market.value[sorted(chain.placed)].sum() - market.value[[market.position[p] for p in before]].sum()
        ),
        blocking=tuple(other for other in report.blocking_pairs if other not in was),
        broken=tuple(report.violations),
    )
