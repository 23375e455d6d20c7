"""Scores of both sides, and which pairs the market is made of."""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np
from scipy.special import expit, logit

from matcher.domain.records import Expert, Need, Rating
from matcher.domain.settings import EligibilitySettings, RankingSettings, Side
from matcher.ranking.bars import Bar, Bars, bars_of
from matcher.ranking.features import Features, features_of
from matcher.ranking.wishes import Wishes, wishes_of
from matcher.text.profiles import Profiles

SCORE_UNIT = 1e-9
"""Scores are rounded to it once, here; from then on they are whole numbers, and equal means tied."""

TIER = 2_000_000_000
"""Step between tiers of stated preference, in score units: any stated pair stands above any unstated one."""

_BLOCK_CELLS = 500_000
"""Pairs scored at a time: 4 MB an array of floats. Larger blocks are slower too: they leave the processor's cache."""

Progress = Callable[[int, int, str], None]


class Block(NamedTuple):
    """
    Some needs against all experts: positions of the needs, and arrays of shape (n_rows, n_experts).

    Scores and orders are in score units.
    """

    rows: np.ndarray
    text: np.ndarray
    firm_score: np.ndarray
    expert_score: np.ndarray
    firm_order: np.ndarray
    expert_order: np.ndarray
    bar: np.ndarray


@dataclass(frozen=True, eq=False)
class Ranker:
    """
    Scores any block of pairs, from sparse terms and small tables: no dense needs x experts matrix is ever held.

    Rows are needs (the queries), columns are experts (the documents), both in the order of the records.
    """

    experts: Sequence[Expert]
    needs: Sequence[Need]
    profiles: Profiles
    features: Features
    wishes: Wishes
    bars: Bars
    settings: RankingSettings

    def weights(self, side: str) -> dict[str, float]:
        """Shares of the parts of one side's score, without those of no weight; they sum to 1."""
        shares = {name: share for name, share in getattr(self.settings, side) if share > 0}
        total = sum(shares.values())
        return {name: share / total for name, share in shares.items()}

    def block(self, rows: np.ndarray) -> Block:
        """
        Score some needs against all experts.

        Parameters
        ----------
        rows : int, shape (n_rows,)
            Positions of needs.

        Returns
        -------
        Block
        """
        text = self.profiles.agreement(rows)
        firm, expert = self._score("firm", rows, text), self._score("expert", rows, text)
        # Of the text too: a professor round the corner is no match for a need that he knows nothing of.
        too_far = np.rint(text / SCORE_UNIT) < round(self.settings.min_agreement / SCORE_UNIT)
        firm_low, expert_low = firm < self._smallest("firm"), expert < self._smallest("expert")
        return Block(
            rows=rows,
            text=text,
            firm_score=firm,
            expert_score=expert,
            firm_order=_order(firm, self.wishes.firm_tier[rows].toarray(), self.wishes.firm_tiers[rows, None]),
            expert_order=_order(expert, self.wishes.expert_tier[rows].toarray(), self.wishes.expert_tiers[None, :]),
            bar=self.bars.block(rows, text, too_far | firm_low, too_far | expert_low),
        )

    def fit(self, side: Side, score: np.ndarray | float) -> np.ndarray:
        """
        Give the face of scores that is shown: the chance of a good rating where calibrated, else the score itself.

        Parameters
        ----------
        side : {"firm", "expert"}
        score : int
            z in `SCORE_UNIT`, of any shape.

        Returns
        -------
        float in [0, 1], of that shape
            Higher where the score is; orders and ties stay those of the score.
        """
        z = np.asarray(score) * SCORE_UNIT
        chance = getattr(self.settings.calibration, side)
        return z if chance is None else expit(chance.intercept + chance.slope * z)

    def _smallest(self, side: Side) -> int:
        """Give the lowest score whose fit is not below the smallest one allowed."""
        smallest, chance = self.settings.min_fit, getattr(self.settings.calibration, side)
        if chance is None or smallest == 0:
            return round(smallest / SCORE_UNIT)
        z = (float(logit(smallest)) - chance.intercept) / chance.slope if smallest < 1 else 2.0  # none is above 1
        return math.ceil(z / SCORE_UNIT)

    def blocks(self, on_progress: Progress | None = None, rows: np.ndarray | None = None) -> Iterator[Block]:
        """Score all needs, or those at some positions, a block at a time."""
        rows = np.arange(len(self.needs)) if rows is None else rows
        n_rows = max(1, _BLOCK_CELLS // max(1, len(self.experts)))
        for start in range(0, len(rows), n_rows):
            yield self.block(rows[start : start + n_rows])
            if on_progress:
                on_progress(min(start + n_rows, len(rows)), len(rows), "ranking")

    def _score(self, side: str, rows: np.ndarray, text: np.ndarray) -> np.ndarray:
        parts = {"text": text, **self.features.block(side, rows)}
        score = sum(weight * parts[name] for name, weight in self.weights(side).items())
        return np.rint(score / SCORE_UNIT).astype(np.int64)


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
    wishes = wishes_of(experts, needs)
    ranker = Ranker(
        experts=experts,
        needs=needs,
        profiles=profiles,
        features=features_of(experts, needs, ratings),
        wishes=wishes,
        bars=bars_of(experts, needs, wishes, eligibility, locks),
        settings=settings,
    )
    full = len(experts) * len(needs) <= settings.full_market_pairs
    lowest = None if full else _lowest_listed(ranker, settings.shortlist)
    need_bars = np.zeros((len(needs), len(Bar)), dtype=np.int64)
    expert_bars = np.zeros((len(experts), len(Bar)), dtype=np.int64)
    kept = []
    for block in ranker.blocks(on_progress):
        for bar in Bar:
            need_bars[block.rows, bar] = (block.bar == bar).sum(axis=1)
            expert_bars[:, bar] += (block.bar == bar).sum(axis=0)
        listed = block.bar == Bar.NONE
        if lowest is not None:
            open_order = np.where(listed, block.firm_order, -1)
            listed &= (
                (block.firm_order >= _kth_best(open_order, settings.shortlist, axis=1)[:, None])
                | (block.expert_order >= lowest)
                | (block.firm_order >= TIER)
                | (block.expert_order >= TIER)
            )
        i, j = np.nonzero(listed)
        arrays = (block.firm_score, block.expert_score, block.firm_order, block.expert_order)
        kept.append((block.rows[i], j, *(array[i, j] for array in arrays)))
    columns = [np.concatenate(parts) for parts in zip(*kept, strict=True)]
    return Ranking(ranker, *columns, need_bars, expert_bars, "full" if full else "shortlists")


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
    added = []
    for block in ranking.ranker.blocks(rows=np.unique(keys // n_experts)):
        wanted = np.isin(block.rows[:, None] * n_experts + np.arange(n_experts), keys) & (block.bar == Bar.NONE)
        i, j = np.nonzero(wanted)
        arrays = (block.firm_score, block.expert_score, block.firm_order, block.expert_order)
        added.append((block.rows[i], j, *(array[i, j] for array in arrays)))
    names = ("need", "expert", "firm_score", "expert_score", "firm_order", "expert_order")
    columns = [np.concatenate(parts) for parts in zip(*added, strict=True)]
    joined = {name: np.concatenate([getattr(ranking, name), new]) for name, new in zip(names, columns, strict=True)}
    order = np.lexsort((joined["expert"], joined["need"]))
    return replace(ranking, **{name: array[order] for name, array in joined.items()})


def extend_by(ranking: Ranking, pairs: Iterable[tuple[str, str]]) -> Ranking:
    """Add pairs by the ids of need and expert, as `extend` does; ids that nobody has are left aside."""
    rows, columns = ranking.need_position, ranking.expert_position
    found = [(rows[need], columns[expert]) for need, expert in pairs if need in rows and expert in columns]
    return extend(ranking, *np.array(found, dtype=np.int64).T) if found else ranking


def _order(score: np.ndarray, tier: np.ndarray, tiers: np.ndarray) -> np.ndarray:
    """Put what was named above all else, by tier alone; the score orders the others."""
    return np.where(tier > 0, TIER * (tiers.astype(np.int64) - tier + 1), score)


def _kth_best(order: np.ndarray, k: int, axis: int) -> np.ndarray:
    """Return the k-th highest along an axis; the lowest where there are fewer than k."""
    place = max(order.shape[axis] - k, 0)
    return np.partition(order, place, axis=axis).take(place, axis=axis)


def _lowest_listed(ranker: Ranker, k: int) -> np.ndarray:
    """Order of the last pair on each expert's shortlist, shape (n_experts,)."""
    best = np.full((k, len(ranker.experts)), -1, dtype=np.int64)
    for block in ranker.blocks():
        open_order = np.where(block.bar == Bar.NONE, block.expert_order, -1)
        both = np.vstack([best, open_order])
        best = np.partition(both, len(both) - k, axis=0)[-k:]
    return best.min(axis=0)
