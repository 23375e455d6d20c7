"""Learning from ratings: what to weigh each part of a score with, and how likely a placement is to be rated well."""

from matcher.ranking.learning.curve import CurvePoint, learning_curve
from matcher.ranking.learning.evidence import (
    Estimate,
    Evidence,
    Score,
    calibration_error,
    learn,
    reliability,
    settled,
    share_intervals,
    too_few,
)
from matcher.ranking.learning.folds import PairFolds
from matcher.ranking.learning.model import FitModel
from matcher.ranking.learning.rated import GOOD, PARTS, RatedPairs, rated_pairs

__all__ = [
    "GOOD",
    "PARTS",
    "CurvePoint",
    "Estimate",
    "Evidence",
    "FitModel",
    "PairFolds",
    "RatedPairs",
    "Score",
    "calibration_error",
    "learn",
    "learning_curve",
    "rated_pairs",
    "reliability",
    "settled",
    "share_intervals",
    "too_few",
]
