"""
How often each expert is suggested to needs, or each need to experts, and how to spread suggestions among near-equals.

Shortlists by score show the same few again and again, and a newcomer never. Where the settings allow it, the last
places of a shortlist go to those who are suggested less: near-equals of a list are those whose score is within half the
spread of the last place's, so nobody gives way to somebody more than the spread below. Which of them are shown is
chosen for all lists at once, as a flow in which showing somebody once more costs the more the oftener they are shown:
that makes the counts as equal as they can be, in every convex measure, the number of those never suggested among them
[1]_. Of all such choices the one of the greatest sum of scores is taken. It depends on no order of the lists. The
market, its ranks and the assignment are not touched.

References
----------
.. [1] Harvey, Ladner, Lovász and Tamir (2006). *Semi-matchings for bipartite graphs and load balancing*. Journal of
   Algorithms 59.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import numpy as np

from matcher.ranking.cells import list_keys
from matcher.ranking.ranker import SCORE_UNIT, TIER
from matcher.ranking.ranking import Ranking

Asker = Literal["firm", "expert"]

_MOST_COST = 2**61
"""What all costs of a flow together stay below, times its nodes: the solver scales them so."""


@dataclass(frozen=True, slots=True, eq=False)
class Exposure:
    """
    Who is suggested how often.

    Attributes
    ----------
    best, suggested : bool, shape (n_pairs,)
        Pairs of the ranking that stand in the asking side's lists: by rank alone, and as they are shown.
    best_counts, counts : int, shape (n_candidates,)
        How many lists each of the other side stands in, likewise.
    eligible : bool, shape (n_candidates,)
        Who may be suggested at all.
    top : int
        Places of a list; all that tie with the last have one too.
    spread : float
        See `matcher.domain.settings.RankingSettings`.
    given_up : float
        Mean over suggestions of the score given up, in units of fit; at no place more than ``spread``.
    """

    best: np.ndarray
    suggested: np.ndarray
    best_counts: np.ndarray
    counts: np.ndarray
    eligible: np.ndarray
    top: int
    spread: float
    given_up: float

    @property
    def moved_up(self) -> np.ndarray:
        """Pairs that are shown in the place of better ones, shape (n_pairs,)."""
        return self.suggested & ~self.best

    def figures(self) -> dict[str, Any]:
        """
        Count over those who may be suggested.

        Returns
        -------
        dict
            ``top``; ``suggestions`` (all lists together), ``candidates``, ``never`` (not suggested at all), ``most``
            (times of whom is suggested most), ``gini`` (0 where all are suggested alike); where suggestions are spread,
            ``spread``, ``moved_up``, ``given_up``, and ``never_before``, ``most_before``, ``gini_before``.
        """
        shown = {"top": self.top, "suggestions": int(self.suggested.sum()), "candidates": int(self.eligible.sum())}
        found = {**shown, **_measured(self.counts[self.eligible])}
        if self.spread:
            before = _measured(self.best_counts[self.eligible])
            found |= {"spread": self.spread, "moved_up": int(self.moved_up.sum()), "given_up": round(self.given_up, 6)}
            found |= {f"{name}_before": value for name, value in before.items()}
        return found


def exposure(
    ranking: Ranking, asker: Asker = "firm", *, top: int | None = None, spread: float | None = None
) -> Exposure:
    """
    Make all shortlists of one side, and count how often each of the other side stands in them.

    Parameters
    ----------
    ranking : Ranking
        Its pairs are those that are acceptable to both.
    asker : {"firm", "expert"}
        Whose lists: needs that ask for experts, or experts that ask for needs.
    top : int or None
        Places of a list; None: as the settings say.
    spread : float or None
        Likewise.

    Returns
    -------
    Exposure
    """
    settings = ranking.ranker.settings
    top = settings.suggestions if top is None else top
    spread = settings.spread if spread is None else spread
    is_firm = asker == "firm"
    barred = ranking.ranker.bars.expert > 0 if is_firm else np.zeros(len(ranking.ranker.needs), dtype=bool)
    who, whom = (ranking.need, ranking.expert) if is_firm else (ranking.expert, ranking.need)
    score = ranking.firm_score if is_firm else ranking.expert_score
    lists = _Lists(who, whom, ranking.firm_order if is_firm else ranking.expert_order, len(barred))
    last = lists.last(top)
    best = lists.order >= last
    suggested = lists.spread(best, last, round(spread / SCORE_UNIT) // 2)
    n_suggested = int(best.sum())
    given_up = int(score[best].sum() - score[suggested].sum()) * SCORE_UNIT
    return Exposure(
        best=best,
        suggested=suggested,
        best_counts=np.bincount(whom[best], minlength=len(barred)),
        counts=np.bincount(whom[suggested], minlength=len(barred)),
        eligible=~barred,
        top=top,
        spread=spread,
        given_up=given_up / n_suggested if n_suggested else 0.0,
    )


def gini(values: Sequence[float] | np.ndarray) -> float | None:
    """
    Measure the inequality of shares: 0 where all are equal, near 1 where one has all; None where nothing is shared.

    Examples
    --------
    >>> gini([1, 1]), gini([0, 0, 0, 4]), gini([])
    (0.0, 0.75, None)
    """
    total, n = float(sum(values)), len(values)
    if not total:
        return None
    weighted = sum(rank * float(value) for rank, value in enumerate(sorted(values), 1))
    return round(2 * weighted / (n * total) - (n + 1) / n, 6)


def _measured(counts: np.ndarray) -> dict[str, Any]:
    return {"never": int((counts == 0).sum()), "most": int(counts.max(initial=0)), "gini": gini(counts)}


class _Lists(NamedTuple):
    """Pairs as lists of those who ask: who, whom, and the order, each of shape (n_pairs,)."""

    who: np.ndarray
    whom: np.ndarray
    order: np.ndarray
    n_whom: int

    def last(self, top: int) -> np.ndarray:
        """Give for each pair the order at the last place of its list."""
        by_list = np.argsort(list_keys(self.who, self.order), kind="stable")
        begins = np.flatnonzero(np.diff(self.who[by_list], prepend=-1))
        lengths = np.diff(begins, append=len(self.who))
        found = np.empty_like(self.order)
        found[by_list] = np.repeat(self.order[by_list][begins + np.minimum(top, lengths) - 1], lengths)
        return found

    def spread(self, best: np.ndarray, last: np.ndarray, half: int) -> np.ndarray:
        """Give the places that near-equals hold to those of them who are suggested less."""
        # What a side named stands first and is not touched; only what goes by the score is near or far.
        near = (self.order < TIER) & (last < TIER) & (np.abs(self.order - last) <= half)
        contested = near & np.isin(self.who, self.who[near & ~best])
        pairs = np.flatnonzero(contested)
        if not len(pairs):
            return best
        fixed = np.bincount(self.whom[best & ~contested], minlength=self.n_whom)
        askers, asker_of = np.unique(self.who[pairs], return_inverse=True)
        places = np.bincount(asker_of, weights=best[pairs], minlength=len(askers)).astype(np.int64)
        loss = last[pairs] + half - self.order[pairs]
        suggested = best.copy()
        suggested[pairs] = _evened(asker_of, self.whom[pairs], loss, places, fixed)
        return suggested


def _evened(asker: np.ndarray, whom: np.ndarray, loss: np.ndarray, places: np.ndarray, fixed: np.ndarray) -> np.ndarray:
    """
    Choose as many pairs for each asker as it has places, so that counts are even first, and little is lost then.

    Parameters
    ----------
    asker, whom, loss : int, shape (n,)
        Of each pair that may be chosen; ``loss`` is at least 0.
    places : int, shape (n_askers,)
    fixed : int, shape (n_whom,)
        How often each is suggested already.

    Returns
    -------
    bool, shape (n,)
    """
    from ortools.graph.python.min_cost_flow import SimpleMinCostFlow

    # The t-th time that somebody is suggested costs 2 t - 1 steps: the sum over times is the square of the count.
    n_times = np.bincount(whom, minlength=len(fixed))
    candidate = np.repeat(np.arange(len(fixed)), n_times)
    time = np.arange(len(candidate)) - np.repeat(np.cumsum(n_times) - n_times, n_times) + 1
    steps = 2 * (fixed[candidate] + time) - 1
    n_askers, sink = len(places), len(places) + len(fixed)
    # A step outweighs all that can be lost; where that would be too much to add up, losses are told apart less finely.
    room = max(1, _MOST_COST // (int(steps.max()) * int(places.sum() + 1) * (sink + 1)))
    loss = loss // (int(loss.max()) // room + 1)
    step = int(loss.max()) * int(places.sum()) + 1
    solver = SimpleMinCostFlow()
    solver.add_arcs_with_capacity_and_unit_cost(
        np.concatenate([asker, n_askers + candidate]),
        np.concatenate([n_askers + whom, np.full(len(candidate), sink)]),
        np.ones(len(asker) + len(candidate), dtype=np.int64),
        np.concatenate([loss, step * steps]),
    )
    solver.set_nodes_supplies(np.append(np.arange(n_askers), sink), np.append(places, -places.sum()))
    if solver.solve() != solver.OPTIMAL:
        raise RuntimeError("a flow that the lists themselves are was not found")
    return np.asarray(solver.flows(np.arange(len(asker), dtype=np.int32))) > 0
