"""A placement list held against the records and the market that it claims to come from, line by line."""

from collections.abc import Sequence

import numpy as np

from matcher.assignment.market import Market
from matcher.assignment.repair import exact_ranks
from matcher.assignment.rules import Rules
from matcher.domain.messages import Message, Problem
from matcher.domain.records import Placement
from matcher.domain.settings import TermSettings
from matcher.placement.listing import placement_line, statuses
from matcher.ranking.ranking import Ranking

_TOLERANCE = 1e-6
"""Fits and value are written to six decimals."""

_FREE_TEXT = ("reasons",)
"""What a list may word as it likes."""


def line_problems(
    ranking: Ranking,
    market: Market,
    placements: Sequence[Placement],
    term: TermSettings,
    path: str = "",
    *,
    rules: Rules = Rules(),  # noqa: B008 - frozen
) -> list[Problem]:
    """
    Find what a list says that is not so: a name, a fit, a rank, a status.

    Parameters
    ----------
    ranking : Ranking
    market : Market
        Formed of that ranking.
    placements : sequence of Placement
        As read. Lines whose pair is not acceptable are left to `matcher.assignment.audit`; columns that a line leaves
        empty claim nothing.
    term : TermSettings
    path : str
        Named in the problems.
    rules : Rules
        What is kept and locked.

    Returns
    -------
    list of Problem
        By line, then by column.
    """
    found = []
    status = statuses(rules)
    positions = [market.position.get((line.need_id, line.expert_id)) for line in placements]
    known = np.array([position for position in positions if position is not None], dtype=np.int64)
    ranks = dict(zip(known.tolist(), zip(*exact_ranks(ranking, market, known), strict=True), strict=True))
    for placement, position in zip(placements, positions, strict=True):
        if position is None:
            continue
        line = placement_line(ranking, market, position, ranks[position], term)
        line["status"] = status.get((placement.need_id, placement.expert_id), "new")
        for column, true in line.items():
            said = getattr(placement, column)
            if column in _FREE_TEXT or said in (None, "") or _same(said, true):
                continue
            values = {"value": _shown(said), "expected": _shown(true)}
            found.append(Problem(Message("audit.not_so", values), path, placement.row, f"placements.{column}"))
    return found


def _shown(value: object) -> object:
    """Show a number with the decimals that were compared."""
    return f"{value:.6f}" if isinstance(value, float) else value


def _same(said: object, true: object) -> bool:
    if isinstance(said, float) and isinstance(true, float):
        return abs(said - true) <= _TOLERANCE
    return said == true
