"""Who was left out, and the true reason: read off the bars and the audit's classes, not guessed."""

import numpy as np

from matcher.assignment.assign import Assignment
from matcher.assignment.audit import CLASSES, audit
from matcher.assignment.market import Market
from matcher.domain.messages import Message
from matcher.ranking.bars import INELIGIBLE, Bar
from matcher.ranking.ranker import Ranking

UNPLACED_COLUMNS = ("side", "id", "name", "free_places", "reason")
"""Columns of the list of those left out, in order."""

_EXAMPLES = 3

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
    placed = np.array(assignment.positions, dtype=np.int64)
    classes = audit(market, assignment.pairs).pair_class
    lines: list[Line] = []
    for i in np.setdiff1d(np.arange(market.n_needs), market.need[placed]):
        need = ranking.ranker.needs[i]
        lines.append(
            {
                "side": "firm",
                "id": need.need_id,
                "name": need.name,
                "free_places": int(market.need_capacity[i]),
                "reason": _need_reason(ranking, market, placed, classes, int(i)),
            }
        )
    for j in np.setdiff1d(np.arange(market.n_experts), market.expert[placed]):
        expert = ranking.ranker.experts[j]
        lines.append(
            {
                "side": "expert",
                "id": expert.expert_id,
                "name": expert.name,
                "free_places": int(market.expert_capacity[j]),
                "reason": _expert_reason(ranking, market, placed, classes, int(j)),
            }
        )
    return lines


def _need_reason(ranking: Ranking, market: Market, placed: np.ndarray, classes: np.ndarray, i: int) -> Message:
    pairs = np.flatnonzero(market.need == i)
    if not len(pairs):
        return nobody("unplaced.need_without_acceptable", ranking.need_bars[i])
    preferring = pairs[classes[pairs] == CLASSES.index("expert_prefers_own")]
    if len(preferring) < len(pairs):
        return Message("unplaced.need_left_for_the_whole", {"count": len(pairs) - len(preferring)})
    nearest = preferring[np.lexsort((market.expert[preferring], market.firm_rank[preferring]))][:_EXAMPLES]
    examples = []
    for j in market.expert[nearest]:
        serves = tuple(market.need_ids[i] for i in market.need[placed[market.expert[placed] == j]])
        code = "unplaced.expert_serves" if serves else "unplaced.expert_has_no_days"
        examples.append(Message(code, {"expert": _expert_name(ranking, int(j)), "needs": serves}))
    acceptable = int(ranking.need_bars[i, Bar.NONE])
    return Message("unplaced.need_all_taken", {"count": acceptable, "examples": tuple(examples)})


def _expert_reason(ranking: Ranking, market: Market, placed: np.ndarray, classes: np.ndarray, j: int) -> Message:
    bar = Bar(int(ranking.ranker.bars.expert[j]))
    if bar in INELIGIBLE:
        return Message("unplaced.expert_not_eligible", {"bar": Message(bar.code)})
    if not market.expert_capacity[j]:
        return Message("unplaced.expert_without_days", {"days": ranking.ranker.experts[j].days_per_year})
    pairs = np.flatnonzero(market.expert == j)
    if not len(pairs):
        return nobody("unplaced.expert_without_acceptable", ranking.expert_bars[j])
    full = pairs[classes[pairs] == CLASSES.index("firm_full")]
    if len(full) < len(pairs):
        return Message("unplaced.expert_left_for_the_whole", {"count": len(pairs) - len(full)})
    nearest = full[np.lexsort((market.need[full], market.expert_rank[full]))][:_EXAMPLES]
    examples = []
    for i in market.need[nearest]:
        holders = tuple(_expert_name(ranking, int(k)) for k in market.expert[placed[market.need[placed] == i]])
        need = ranking.ranker.needs[i]
        examples.append(Message("unplaced.need_held_by", {"need": need.need_id, "firm": need.name, "experts": holders}))
    acceptable = int(ranking.expert_bars[j, Bar.NONE])
    return Message("unplaced.expert_all_full", {"count": acceptable, "examples": tuple(examples)})


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
    tally = (Message("unplaced.bar_count", {"bar": Message(bar.code), "count": int(counts[bar])}) for bar in most)
    return Message(code, {"bars": tuple(tally)})


def _expert_name(ranking: Ranking, j: int) -> str:
    expert = ranking.ranker.experts[j]
    return f"{expert.name} {expert.expert_id}"
