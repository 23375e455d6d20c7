"""Terms to scores, both ways: who could serve whom, how well, and why."""

from matcher.ranking.bars import Bar
from matcher.ranking.ranker import Ranker, Ranking, extend_by, rank
from matcher.ranking.reasons import Part, Reasons, explain, shared_spans

__all__ = ["Bar", "Part", "Ranker", "Ranking", "Reasons", "explain", "extend_by", "rank", "shared_spans"]
