"""The placement list: a line a pair, with both ranks, fits, value and reasons."""

from dataclasses import fields

import numpy as np

from matcher.assignment.assign import Assignment
from matcher.assignment.market import Market, join
from matcher.assignment.repair import exact_ranks
from matcher.assignment.rules import Pair, Rules
from matcher.domain.messages import Message
from matcher.domain.records import Placement
from matcher.domain.settings import TermSettings
from matcher.placement.reasons import pair_reasons
from matcher.ranking.ranker import Progress
from matcher.ranking.ranking import Ranking

PLACEMENT_COLUMNS = tuple(column.name for column in fields(Placement) if column.name != "row")
"""Columns of the list, in order."""

_TOLD_EVERY = 100
"""Pairs from one word about progress to the next."""

Line = dict[str, object]


def placement_list(
    ranking: Ranking,
    market: Market,
    assignment: Assignment,
    term: TermSettings,
    on_progress: Progress | None = None,
) -> list[Line]:
    """
    Write out the pairs placed.

    Parameters
    ----------
    ranking : Ranking
    market : Market
        Formed of that ranking.
    assignment : Assignment
        Of that market.
    term : TermSettings
    on_progress : callable or None
        Called with (done, total, stage): reasons take a while where pairs are many.

    Returns
    -------
    list of dict
        One a pair, by need, then by expert, with the keys `PLACEMENT_COLUMNS`. Fits and value are rounded to 1e-6;
        ``reasons`` is a `Message`.
    """
    lines = []
    status = statuses(assignment.rules)
    ranks = zip(*exact_ranks(ranking, market, np.array(assignment.positions, dtype=np.int64)), strict=True)
    for position, both in zip(assignment.positions, ranks, strict=True):
        i, j = int(market.need[position]), int(market.expert[position])
        reasons = Message("placement.reasons", {"reasons": pair_reasons(ranking.ranker, i, j)})
        line = placement_line(ranking, market, position, both, term)
        pair = (market.need_ids[i], market.expert_ids[j])
        lines.append({**line, "status": status.get(pair, "new"), "reasons": reasons})
        if on_progress and (len(lines) % _TOLD_EVERY == 0 or len(lines) == len(assignment.positions)):
            on_progress(len(lines), len(assignment.positions), "reasons")
    return lines


def statuses(rules: Rules) -> dict[Pair, str]:
    """Give the status of every pair that is not new: ``"locked"``, or ``"kept"``, of the earlier list."""
    return {**dict.fromkeys(rules.keep, "kept"), **dict.fromkeys(rules.locks, "locked")}


def placement_line(ranking: Ranking, market: Market, position: int, ranks: tuple[int, int], term: TermSettings) -> Line:
    """
    Write out one pair of the market as a line of the list, as a new one and without its reasons.

    Parameters
    ----------
    ranking : Ranking
    market : Market
    position : int
        Of the pair in the market.
    ranks : (int, int)
        Of the pair in the firm's list and in the expert's, as `exact_ranks` counts them.
    term : TermSettings

    Returns
    -------
    dict
        With the keys `PLACEMENT_COLUMNS`; ``reasons`` is empty.
    """
    need = ranking.ranker.needs[int(market.need[position])]
    expert = ranking.ranker.experts[int(market.expert[position])]
    start, end = (day.isoformat() if day else "" for day in (term.start, term.end))
    firm_fit, expert_fit = ranking.firm_fit[position], ranking.expert_fit[position]
    return {
        "firm_id": need.firm_id,
        "need_id": need.need_id,
        "firm": need.name,
        "township": need.township,
        "industry": need.industry,
        "need_title": need.need_title,
        "expert_id": expert.expert_id,
        "expert": expert.name,
        "institution": expert.institution,
        "expert_title": expert.title,
        "firm_fit": round(float(firm_fit), 6),
        "expert_fit": round(float(expert_fit), 6),
        "fit": round(float(join(firm_fit, expert_fit, market.joint)), 6),
        "value": round(float(market.value[position]), 6),
        "firm_rank": int(ranks[0]),
        "expert_rank": int(ranks[1]),
        "status": "new",
        "term_from": start,
        "term_to": end,
        "reasons": "",
    }
