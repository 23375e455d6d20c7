"""Learning from ratings: what to weigh each part of a score with, and how likely a placement is to be rated well."""

from matcher.ranking.learning.evidence import Estimate, Evidence, Score, calibration_error, learn, settled, too_few
from matcher.ranking.learning.folds import PairFolds
from matcher.ranking.learning.model import FitModel
from matcher.ranking.learning.rated import GOOD, PARTS, RatedPairs, rated_pairs

__all__ = [
    "GOOD",
    "PARTS",
    "Estimate",
    "Evidence",
    "FitModel",
    "PairFolds",
    "RatedPairs",
    "Score",
    "calibration_error",
    "learn",
    "rated_pairs",
    "settled",
    "too_few",
]
