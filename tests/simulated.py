"""Ratings that are known to come from a score: pairs of the sample, rated by chance as weights and slope say."""

from dataclasses import dataclass, replace

import numpy as np
from scipy.special import expit

from matcher.domain.records import Assessment, Rating
from matcher.domain.settings import TextSettings, Weights
from matcher.ranking.learning import PARTS, RatedPairs, rated_pairs
from tests.strategies import Sample

ASSESSMENTS: tuple[Assessment, ...] = ("excellent", "pass", "fail")


@dataclass(frozen=True)
class Truth:
    """What a side really goes by."""

    weights: Weights
    slope: float = 15.0
    share: float = 0.6

    def chances(self, X: np.ndarray) -> np.ndarray:
        """Chance of a good rating of each pair; the intercept makes ``share`` of them good on average."""
        return expit(self.slope * self.scores(X) + self.intercept(X))

    def scores(self, X: np.ndarray) -> np.ndarray:
        """Score of each pair."""
        shares = np.array([getattr(self.weights, name) for name in PARTS])
        return X @ (shares / shares.sum())

    def intercept(self, X: np.ndarray) -> float:
        """Log-odds of a score of 0."""
        low, high = -100.0, 100.0
        for _ in range(60):
            middle = (low + high) / 2
            is_low = expit(self.slope * self.scores(X) + middle).mean() < self.share
            low, high = (middle, high) if is_low else (low, middle)
        return low

    def rate(self, rated: RatedPairs, seed: int) -> RatedPairs:
        """Rate the pairs anew."""
        luck = np.random.default_rng(seed)
        return replace(rated, is_good=luck.random(len(rated.pairs)) < self.chances(rated.X))


FIRM = Truth(
    Weights(text=0.45, title=0.15, role=0.05, discipline=0.15, place=0.05, history=0.10, assessment=0.05), slope=15.0
)


def pairs_of(sample: Sample, n: int, seed: int = 0) -> dict[str, RatedPairs]:
    """Draw pairs of the sample that could have been placed, after a year of other ratings; their own are all good."""
    luck = np.random.default_rng(seed)
    experts, needs = sample.experts, sample.needs

    def drawn(year: int, count: int) -> list[Rating]:
        cells = luck.choice(len(experts) * len(needs), size=count, replace=False)
        return [
            Rating(
                expert_id=experts[cell % len(experts)].expert_id,
                firm_id=needs[cell // len(experts)].firm_id,
                need_title=needs[cell // len(experts)].need_title,
                year=year,
                firm_rating=int(luck.integers(1, 6)) if year == 2023 else 5,
                expert_rating=int(luck.integers(1, 6)) if year == 2023 else 5,
                assessment=ASSESSMENTS[int(luck.integers(3))] if year == 2023 else None,
            )
            for cell in cells.tolist()
        ]

    earlier, now = drawn(2023, 600), drawn(2024, min(6 * n, len(experts) * len(needs)))
    found = rated_pairs(experts, needs, [*earlier, *now], TextSettings())
    best = np.argsort(-found["firm"].X[len(earlier) :, 0], kind="stable")
    # Who is placed has something in common: half of the pairs are the best of many, the others any.
    kept = len(earlier) + np.sort(
        np.concatenate([best[: n // 2], luck.choice(best[n // 2 :], n - n // 2, replace=False)])
    )
    return {
        side: RatedPairs(rated.side, rated.X[kept], rated.is_good[kept], tuple(rated.pairs[k] for k in kept.tolist()))
        for side, rated in found.items()
    }
