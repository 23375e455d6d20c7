"""Scores of both sides, of any pairs."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, NamedTuple, TypeVar

import numpy as np
from scipy.special import expit, logit

from matcher.domain.records import Expert, Need
from matcher.domain.settings import RankingSettings, Side
from matcher.ranking.bars import Bars
from matcher.ranking.cells import Grid, Pairs
from matcher.ranking.features import Features
from matcher.ranking.wishes import Wishes
from matcher.text.profiles import Profiles

SCORE_UNIT = 1e-9
"""Scores are rounded to it once, here; from then on they are whole numbers, and equal means tied."""

TIER = 2_000_000_000
"""Step between tiers of stated preference, in score units: any stated pair stands above any unstated one."""

_BLOCK_CELLS = 500_000
"""Pairs scored at a time: 4 MB an array of floats. Larger blocks are slower too: they leave the processor's cache."""

Progress = Callable[[int, int, str], None]


W = TypeVar("W", Grid, Pairs)


class Scores(NamedTuple, Generic[W]):
    """Scores and bars of pairs, arrays of the shape that `where` looks up; scores and orders are in score units."""

    where: W
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

    @property
    def shape(self) -> tuple[int, int]:
        """How many needs and how many experts there are."""
        return self.bars.conflict.shape

    def weights(self, side: str) -> dict[str, float]:
        """Shares of the parts of one side's score, without those of no weight; they sum to 1."""
        shares = {name: share for name, share in getattr(self.settings, side) if share > 0}
        total = sum(shares.values())
        return {name: share / total for name, share in shares.items()}

    def scores(self, where: W) -> Scores[W]:
        """Score some needs against experts, or single pairs; either way a pair's scores are the same to the bit."""
        text = self.profiles.agreement(*where) if isinstance(where, Grid) else self.profiles.agreement_of(*where)
        firm, expert = self._score("firm", where, text), self._score("expert", where, text)
        # Of the text too: a professor round the corner is no match for a need that he knows nothing of.
        too_far = np.rint(text / SCORE_UNIT) < round(self.settings.min_agreement / SCORE_UNIT)
        firm_low, expert_low = firm < self.smallest("firm"), expert < self.smallest("expert")
        wishes = self.wishes
        return Scores(
            where=where,
            text=text,
            firm_score=firm,
            expert_score=expert,
            firm_order=_order(firm, where.of_cells(wishes.firm_tier), where.of_needs(wishes.firm_tiers)),
            expert_order=_order(expert, where.of_cells(wishes.expert_tier), where.of_experts(wishes.expert_tiers)),
            bar=self.bars.of(where, text, too_far | firm_low, too_far | expert_low),
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

    def smallest(self, side: Side) -> int:
        """Give the lowest score whose fit is not below the smallest one allowed."""
        smallest, chance = self.settings.min_fit, getattr(self.settings.calibration, side)
        if chance is None or smallest == 0:
            return round(smallest / SCORE_UNIT)
        z = (float(logit(smallest)) - chance.intercept) / chance.slope if smallest < 1 else 2.0  # none is above 1
        return math.ceil(z / SCORE_UNIT)

    def blocks(self, on_progress: Progress | None = None, where: Grid | None = None) -> Iterator[Scores[Grid]]:
        """Score all needs with every expert, or those of a grid, some rows at a time."""
        rows, columns = where or Grid(np.arange(self.shape[0]))
        n_rows = max(1, _BLOCK_CELLS // max(1, self.shape[1] if columns is None else len(columns)))
        for start in range(0, len(rows), n_rows):
            yield self.scores(Grid(rows[start : start + n_rows], columns))
            if on_progress:
                on_progress(min(start + n_rows, len(rows)), len(rows), "ranking")

    def _score(self, side: str, where: Grid | Pairs, text: np.ndarray) -> np.ndarray:
        parts = {"text": text, **self.features.of(side, where)}
        score = sum(weight * parts[name] for name, weight in self.weights(side).items())
        return np.rint(np.broadcast_to(score, text.shape) / SCORE_UNIT).astype(np.int64)


def _order(score: np.ndarray, tier: np.ndarray, tiers: np.ndarray) -> np.ndarray:
    """Put what was named above all else, by tier alone; the score orders the others."""
    return np.where(tier > 0, TIER * (tiers.astype(np.int64) - tier + 1), score)
