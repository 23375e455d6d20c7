"""Lists laid to one yardstick: the figures of each by the scores of one market, whatever it was made by."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

import numpy as np

from matcher.assignment import Assignment, Market, audit_under, exact_ranks
from matcher.placement import statistics
from matcher.placement.listing import placement_line
from matcher.ranking import Ranking
from matcher.services.asking import market_with
from matcher.services.comparing import Row, figures_of
from matcher.services.inputs import Inputs

Pairs = Sequence[tuple[str, str]]

SCORED = (
    *("firm_first_choices", "expert_first_choices", "value_total", "value_worst", "fit_mean", "fit_gini"),
    *("firm_satisfaction", "expert_satisfaction", "satisfaction_gap", "blocking_pairs"),
)
"""Figures that scores make: by other weights they are on another scale."""

_OF_THE_SEARCH = ("objective", "gap", "scope")
"""Figures of how a list was found, which measuring it does not tell."""


def measured(inputs: Inputs, lists: Sequence[Pairs], like: Assignment) -> list[Row] | None:
    """
    Give the figures of lists by the scores that the inputs' settings make.

    Parameters
    ----------
    inputs : Inputs
    lists : sequence of sequence of (str, str)
        ``(need id, expert id)``, each by whatever weights it was made.
    like : Assignment
        One under the same rules.

    Returns
    -------
    list of dict, or None
        As `matcher.services.comparing.figures_of`, but for how a list was found; of equal lists equal. None where a
        pair can't be scored: one of the two is no longer there, or something but the fit bars it.
    """
    pairs = sorted({pair for listed in lists for pair in listed})
    needs, experts = {need.need_id for need in inputs.needs}, {expert.expert_id for expert in inputs.experts}
    if not all(need in needs and expert in experts for need, expert in pairs):
        return None
    ranking, market = market_with(inputs, pairs, locks=pairs)
    if any(pair not in market.position for pair in pairs):
        return None
    return [_figures(ranking, market, inputs, replace(like, pairs=sorted(listed))) for listed in lists]


def counted(statistics: Mapping[str, Any], certificate: Mapping[str, Any]) -> Row:
    """Give the figures of a list that no score has a part in."""
    found = figures_of(statistics, certificate)
    return {name: value for name, value in found.items() if name not in (*_OF_THE_SEARCH, *SCORED)}


def _figures(ranking: Ranking, market: Market, inputs: Inputs, listed: Assignment) -> Row:
    placed = replace(listed, positions=tuple(market.position[pair] for pair in listed.pairs))
    ranks = zip(*exact_ranks(ranking, market, np.array(placed.positions, dtype=np.int64)), strict=True)
    lines = [
        placement_line(ranking, market, position, both, inputs.settings.term)
        for position, both in zip(placed.positions, ranks, strict=True)
    ]
    blocking = audit_under(market, placed.pairs, inputs.rules).blocking_pairs
    found = figures_of(
        statistics(ranking, market, placed, lines, n_earlier=len(inputs.keep)),
        {**asdict(placed.certificate), "n_blocking_pairs": len(blocking)},
    )
    return {name: value for name, value in found.items() if name not in _OF_THE_SEARCH}
