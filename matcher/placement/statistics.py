"""The figures of a placement list."""

from collections import Counter, defaultdict
from collections.abc import Sequence

import numpy as np
import scipy.sparse as sp

from matcher.assignment.assign import Assignment
from matcher.assignment.market import Market
from matcher.placement.listing import Line
from matcher.ranking.cells import Pairs
from matcher.ranking.exposure import exposure, gini
from matcher.ranking.ranking import Ranking


def statistics(
    ranking: Ranking, market: Market, assignment: Assignment, lines: Sequence[Line], *, n_earlier: int = 0
) -> dict[str, object]:
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
    n_earlier : int
        Pairs of the earlier list.

    Returns
    -------
    dict of str to number, or to a dict of groups
        ``pairs``, ``experts_placed`` of ``experts``, ``needs_placed`` of ``needs``, ``firms_placed`` of ``firms``;
        ``firm_first_choices``, ``expert_first_choices`` (pairs of rank 1); ``stated_by_firm``, ``stated_by_expert``
        (pairs that the side had named); ``fit_mean``, ``fit_worst`` (None without pairs), ``fit_gini`` (of the best fit
        of every need that somebody could serve, 0 for those left out), ``calibrated``; ``value_total``, ``value_worst``
        (of the worst-off need placed, by its best partner), ``firm_satisfaction``, ``expert_satisfaction`` (mean over
        pairs, in [0, 1]); ``kept``, ``broken`` (earlier pairs that are there again, and those that are not);
        ``places_wanted``, ``places_offered``; ``townships`` (needs, placed); ``institutions`` (experts placed, pairs,
        share of pairs);
        ``partly_filled`` (free places of needs that have some experts, not all that they wanted); ``exposure`` (how
        ``experts`` and ``needs`` are suggested, by `matcher.ranking.Exposure.figures`).
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
        "fit_gini": gini(_best_of_needs(market, assignment, dict(zip(assignment.positions, fits, strict=True)))),
        "calibrated": ranking.ranker.settings.is_calibrated,
        "value_total": round(float(market.value[placed].sum()), 6),
        "value_worst": _worst_off(market, placed),
        "firm_satisfaction": _mean(market.firm_satisfaction[placed]),
        "expert_satisfaction": _mean(market.expert_satisfaction[placed]),
        "kept": (kept := len({*assignment.rules.keep} & {*assignment.pairs})),
        "broken": max(0, n_earlier - kept),
        "places_wanted": int(market.need_capacity.sum()),
        "places_offered": int(market.expert_capacity.sum()),
        "townships": _townships(ranking, load),
        "institutions": _institutions(lines),
        "partly_filled": {
            needs[i].need_id: int(market.need_capacity[i] - load[i])
            for i in np.flatnonzero((load > 0) & (load < market.need_capacity))
        },
        "exposure": {
            "experts": exposure(ranking, "firm").figures(),
            "needs": exposure(ranking, "expert").figures(),
        },
    }


def _mean(values: np.ndarray) -> float | None:
    return round(float(values.mean()), 6) if len(values) else None


def _worst_off(market: Market, placed: np.ndarray) -> float | None:
    best = np.full(market.n_needs, -1.0)
    np.maximum.at(best, market.need[placed], market.value[placed])
    return round(float(best[best >= 0].min()), 6) if len(placed) else None


def _best_of_needs(market: Market, assignment: Assignment, fits: dict[int, float]) -> list[float]:
    """Give the best fit of each need that somebody could serve."""
    bans = market.positions_of(assignment.rules.bans)
    best = dict.fromkeys(np.unique(np.delete(market.need, bans[bans >= 0])).tolist(), 0.0)
    for position, fit in fits.items():
        need = int(market.need[position])
        best[need] = max(best.get(need, 0.0), fit)
    return list(best.values())


def _stated(tiers: sp.csr_array, market: Market, placed: np.ndarray) -> int:
    return int(np.count_nonzero(Pairs(market.need[placed], market.expert[placed]).of_cells(tiers)))


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
