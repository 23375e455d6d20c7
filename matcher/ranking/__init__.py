"""Terms to scores, both ways: who could serve whom, how well, and why."""

from matcher.ranking.bars import Bar
from matcher.ranking.exposure import Exposure, exposure
from matcher.ranking.matter import telling
from matcher.ranking.missing import Missing, missing
from matcher.ranking.newcomers import rank_newcomers
from matcher.ranking.ranker import Ranker
from matcher.ranking.ranking import Ranking, extend_by, rank
from matcher.ranking.reasons import PROFILE_FIELDS, Part, Reasons, explain, shared_spans

__all__ = [
    "PROFILE_FIELDS",
    "Bar",
    "Exposure",
    "Missing",
    "Part",
    "Ranker",
    "Ranking",
    "Reasons",
    "explain",
    "exposure",
    "extend_by",
    "missing",
    "rank",
    "rank_newcomers",
    "shared_spans",
    "telling",
]
