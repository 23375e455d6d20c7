"""From scored pairs to a market: places, satisfaction, and what each side goes by."""

from collections.abc import Sequence

import numpy as np

from matcher.assignment.market import Market, stated_satisfaction
from matcher.domain.records import Expert
from matcher.domain.settings import AssignmentSettings
from matcher.ranking.ranking import Ranking


def form_market(ranking: Ranking, settings: AssignmentSettings) -> Market:
    """
    Make the market of the ranked pairs.

    Parameters
    ----------
    ranking : Ranking
        Records sorted by id.
    settings : AssignmentSettings

    Returns
    -------
    Market
        Satisfaction with somebody named is that of the tier, with anybody else half the fit.
    """
    ranker = ranking.ranker
    need, expert = ranking.need, ranking.expert
    firm_names = {need.firm_id: k for k, need in enumerate(ranker.needs)}
    return Market(
        need_ids=tuple(record.need_id for record in ranker.needs),
        expert_ids=tuple(record.expert_id for record in ranker.experts),
        firm_of=np.array([firm_names[record.firm_id] for record in ranker.needs], dtype=np.int64),
        need_capacity=np.array([record.capacity for record in ranker.needs], dtype=np.int64),
        expert_capacity=effective_capacity(ranker.experts, settings.days_per_placement),
        need=_shared(need),
        expert=_shared(expert),
        firm_order=_shared(ranking.firm_order),
        expert_order=_shared(ranking.expert_order),
        firm_satisfaction=_satisfaction(
            ranking.firm_fit, ranker.wishes.firm_tier[need, expert], ranker.wishes.firm_tiers[need]
        ),
        expert_satisfaction=_satisfaction(
            ranking.expert_fit, ranker.wishes.expert_tier[need, expert], ranker.wishes.expert_tiers[expert]
        ),
        joint=settings.joint,
        scope=ranking.scope,
    )


def effective_capacity(experts: Sequence[Expert], days_per_placement: int | None) -> np.ndarray:
    """
    Count the firms that each expert can serve: the stated number, and no more than the stated days allow.

    Parameters
    ----------
    experts : sequence of Expert
    days_per_placement : int or None
        Days a year that one placement takes; None: days do not limit.

    Returns
    -------
    int, shape (n_experts,)
    """
    return np.array(
        [
            expert.capacity
            if days_per_placement is None or expert.days_per_year is None
            else min(expert.capacity, expert.days_per_year // days_per_placement)
            for expert in experts
        ],
        dtype=np.int64,
    )


def _shared(array: np.ndarray) -> np.ndarray:
    """Give a view that can't be written to, which the market need not copy."""
    view = array.view()
    view.flags.writeable = False
    return view


def _satisfaction(fit: np.ndarray, tier: np.ndarray, tiers: np.ndarray) -> np.ndarray:
    tier = tier if len(fit) else np.empty(0, dtype=np.int32)  # of no positions scipy gives a sparse array
    return np.where(tier > 0, stated_satisfaction(tier, tiers), fit / 2)
