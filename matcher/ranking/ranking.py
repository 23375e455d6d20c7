"""Which pairs the market is made of, with both sides' scores: all that may be placed, or both sides' shortlists."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from matcher.domain.records import Expert, Need, Rating
from matcher.domain.settings import EligibilitySettings, RankingSettings
from matcher.ranking.bars import Bar, bars_of
from matcher.ranking.cells import Pairs
from matcher.ranking.features import features_of
from matcher.ranking.ranker import Progress, Ranker
from matcher.ranking.shortlists import shortlists
from matcher.ranking.wishes import wishes_of
from matcher.text.profiles import Profiles


@dataclass(frozen=True, eq=False)
class Ranking:
    """
    The pairs that the market is made of, with both sides' scores.

    Attributes
    ----------
    ranker : Ranker
    need, expert : int, shape (n_pairs,)
        Positions, by need, then by expert.
    firm_score, expert_score : int, shape (n_pairs,)
        Score z of each side, in `SCORE_UNIT`.
    firm_order, expert_order : int, shape (n_pairs,)
        What each side goes by: the tier stated first, then the score; higher is better, equal is tied.
    need_bars, expert_bars : int, shapes (n_needs, n_bars) and (n_experts, n_bars)
        How many pairs of each are barred by what; column 0 counts the acceptable.
    scope : {"full", "shortlists"}
        Whether every acceptable pair is here.
    """

    ranker: Ranker
    need: np.ndarray
    expert: np.ndarray
    firm_score: np.ndarray
    expert_score: np.ndarray
    firm_order: np.ndarray
    expert_order: np.ndarray
    need_bars: np.ndarray
    expert_bars: np.ndarray
    scope: str

    @cached_property
    def firm_fit(self) -> np.ndarray:
        """Fit of each pair to the firm, shape (n_pairs,); see `Ranker.fit`."""
        return self.ranker.fit("firm", self.firm_score)

    @cached_property
    def expert_fit(self) -> np.ndarray:
        """Fit of each pair to the expert, shape (n_pairs,)."""
        return self.ranker.fit("expert", self.expert_score)

    @cached_property
    def need_position(self) -> dict[str, int]:
        """Row of each need by its id."""
        return {need.need_id: i for i, need in enumerate(self.ranker.needs)}

    @cached_property
    def expert_position(self) -> dict[str, int]:
        """Column of each expert by id."""
        return {expert.expert_id: j for j, expert in enumerate(self.ranker.experts)}


def rank(
    experts: Sequence[Expert],
    needs: Sequence[Need],
    profiles: Profiles,
    settings: RankingSettings,
    eligibility: EligibilitySettings,
    *,
    ratings: Sequence[Rating] = (),
    locks: Sequence[tuple[str, str]] = (),
    on_progress: Progress | None = None,
) -> Ranking:
    """
    Score every pair both ways and keep those that may be placed.

    Parameters
    ----------
    experts, needs : sequences of records
        In the order of ``profiles``' rows.
    profiles : Profiles
    settings : RankingSettings
    eligibility : EligibilitySettings
    ratings : sequence of Rating
        Of earlier years.
    locks : sequence of (str, str)
        Ids of needs and experts that the settings fix: a small fit does not bar them.
    on_progress : callable or None
        Called with (done, total, stage) after each block.

    Returns
    -------
    Ranking
        Every acceptable pair where needs x experts is at most ``settings.full_market_pairs``; else
        those among the best ``settings.shortlist`` of either side (with all that tie with the last), and those named.
    """
    ranker = ranker_of(experts, needs, profiles, settings, eligibility, ratings=ratings, locks=locks)
    if is_full(len(experts), len(needs), settings):
        return _all_pairs(ranker, on_progress)
    return Ranking(ranker, *shortlists(ranker, settings.shortlist, on_progress), "shortlists")


def is_full(n_experts: int, n_needs: int, settings: RankingSettings) -> bool:
    """Whether a market of that size holds every acceptable pair."""
    return n_experts * n_needs <= settings.full_market_pairs


def ranker_of(
    experts: Sequence[Expert],
    needs: Sequence[Need],
    profiles: Profiles,
    settings: RankingSettings,
    eligibility: EligibilitySettings,
    *,
    ratings: Sequence[Rating] = (),
    locks: Sequence[tuple[str, str]] = (),
) -> Ranker:
    """Collect what scores pairs; takes what `rank` does."""
    wishes = wishes_of(experts, needs)
    return Ranker(
        experts=experts,
        needs=needs,
        profiles=profiles,
        features=features_of(experts, needs, ratings),
        wishes=wishes,
        bars=bars_of(experts, needs, wishes, eligibility, locks),
        settings=settings,
    )


def _all_pairs(ranker: Ranker, on_progress: Progress | None) -> Ranking:
    n_needs, n_experts = ranker.shape
    need_bars = np.zeros((n_needs, len(Bar)), dtype=np.int64)
    expert_bars = np.zeros((n_experts, len(Bar)), dtype=np.int64)
    kept = []
    for block in ranker.blocks(on_progress):
        rows = block.where.rows
        for bar in Bar:
            need_bars[rows, bar] = (block.bar == bar).sum(axis=1)
            expert_bars[:, bar] += (block.bar == bar).sum(axis=0)
        i, j = np.nonzero(block.bar == Bar.NONE)
        kept.append((rows[i], j, *(array[i, j] for array in block[2:6])))
    columns = [np.concatenate(parts) for parts in zip(*kept, strict=True)]
    return Ranking(ranker, *columns, need_bars, expert_bars, "full")


def extend(ranking: Ranking, need: np.ndarray, expert: np.ndarray) -> Ranking:
    """
    Add pairs to a ranking of shortlists.

    Parameters
    ----------
    ranking : Ranking
    need, expert : int, shape (n,)
        Positions; pairs that are there already, or not acceptable, are left aside.

    Returns
    -------
    Ranking
    """
    n_experts = len(ranking.ranker.experts)
    there = ranking.need.astype(np.int64) * n_experts + ranking.expert
    keys = np.setdiff1d(need.astype(np.int64) * n_experts + expert, there)
    if ranking.scope == "full" or not len(keys):
        return ranking
    found = ranking.ranker.scores(Pairs(*np.divmod(keys, n_experts)))
    added = [array[found.bar == Bar.NONE] for array in (*found.where, *found[2:6])]
    names = ("need", "expert", "firm_score", "expert_score", "firm_order", "expert_order")
    joined = {name: np.concatenate([getattr(ranking, name), new]) for name, new in zip(names, added, strict=True)}
    order = np.lexsort((joined["expert"], joined["need"]))
    return replace(ranking, **{name: array[order] for name, array in joined.items()})


def extend_by(ranking: Ranking, pairs: Iterable[tuple[str, str]]) -> Ranking:
    """Add pairs by the ids of need and expert, as `extend` does; ids that nobody has are left aside."""
    rows, columns = ranking.need_position, ranking.expert_position
    found = [(rows[need], columns[expert]) for need, expert in pairs if need in rows and expert in columns]
    return extend(ranking, *np.array(found, dtype=np.int64).T) if found else ranking
