"""The figures of a placement list."""

from collections import Counter, defaultdict
from collections.abc import Sequence

import numpy as np
import scipy.sparse as sp

from matcher.assignment.assign import Assignment
from matcher.assignment.market import Market
from matcher.placement.listing import Line
from matcher.ranking.ranker import Ranking


def statistics(ranking: Ranking, market: Market, assignment: Assignment, lines: Sequence[Line]) -> dict[str, object]:
    """
    Count what a placement list reaches.

    Parameters
    ----------
    ranking : Ranking
    market : Market
        Formed of that ranking.
    assignment : Assignment
        Of that market.
    lines : sequence of dict
        Its placement list.

    Returns
    -------
    dict of str to number, or to a dict of groups
        ``pairs``, ``experts_placed`` of ``experts``, ``needs_placed`` of ``needs``, ``firms_placed`` of ``firms``;
        ``firm_first_choices``, ``expert_first_choices`` (pairs of rank 1); ``stated_by_firm``, ``stated_by_expert``
        (pairs that the side had named); ``fit_mean``, ``fit_worst`` (None without pairs), ``calibrated``;
        ``places_wanted``, ``places_offered``; ``townships`` (needs, placed); ``institutions`` (experts placed, pairs,
        share of pairs);
        ``partly_filled`` (free places of needs that have some experts, not all that they wanted).
    """
    needs, experts = ranking.ranker.needs, ranking.ranker.experts
    placed = np.array(assignment.positions, dtype=np.int64)
    load = np.bincount(market.need[placed], minlength=market.n_needs)
    fits = [float(str(line["fit"])) for line in lines]
    placed_firms = {line["firm_id"] for line in lines}
    wishes = ranking.ranker.wishes
    return {
        "pairs": len(lines),
        "experts": len(experts),
        "experts_placed": len({line["expert_id"] for line in lines}),
        "needs": len(needs),
        "needs_placed": int((load > 0).sum()),
        "firms": len({need.firm_id for need in needs}),
        "firms_placed": len(placed_firms),
        "firm_first_choices": int((market.firm_rank[placed] == 1).sum()),
        "expert_first_choices": int((market.expert_rank[placed] == 1).sum()),
        "stated_by_firm": _stated(wishes.firm_tier, market, placed),
        "stated_by_expert": _stated(wishes.expert_tier, market, placed),
        "fit_mean": round(sum(fits) / len(fits), 6) if fits else None,
        "fit_worst": min(fits, default=None),
        "calibrated": False,
        "places_wanted": int(market.need_capacity.sum()),
        "places_offered": int(market.expert_capacity.sum()),
        "townships": _townships(ranking, load),
        "institutions": _institutions(lines),
        "partly_filled": {
            needs[i].need_id: int(market.need_capacity[i] - load[i])
            for i in np.flatnonzero((load > 0) & (load < market.need_capacity))
        },
    }


def _stated(tiers: sp.csr_array, market: Market, placed: np.ndarray) -> int:
    return sum(bool(tiers[i, j]) for i, j in zip(market.need[placed], market.expert[placed], strict=True))


def _townships(ranking: Ranking, load: np.ndarray) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = defaultdict(lambda: {"needs": 0, "placed": 0})
    for need, count in zip(ranking.ranker.needs, load.tolist(), strict=True):
        found[need.township]["needs"] += 1
        found[need.township]["placed"] += count > 0
    return dict(sorted(found.items(), key=lambda item: (-item[1]["needs"], item[0])))


def _institutions(lines: Sequence[Line]) -> dict[str, dict[str, float]]:
    pairs = Counter(str(line["institution"]) for line in lines)
    people: dict[str, set[object]] = defaultdict(set)
    for line in lines:
        people[str(line["institution"])].add(line["expert_id"])
    return {
        name: {"experts": len(people[name]), "pairs": count, "share": round(count / len(lines), 6)}
        for name, count in sorted(pairs.items(), key=lambda item: (-item[1], item[0]))
    }
