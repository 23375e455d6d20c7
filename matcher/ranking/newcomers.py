"""People whom nobody knows yet: how needs would rank somebody like each expert."""

from dataclasses import replace

from matcher.domain.settings import EligibilitySettings
from matcher.ranking.ranking import Ranking, rank


def rank_newcomers(ranking: Ranking, eligibility: EligibilitySettings) -> Ranking:
    """
    Rank the needs with somebody new like each expert: of the same texts, title, institution and way of working.

    Nobody has named, refused or rated them, nor have they, and they go wherever they are sent. Firms that take only
    those whom they named take none of them. What a word weighs stays as it is: the texts are not weighed again.

    Parameters
    ----------
    ranking : Ranking
    eligibility : EligibilitySettings

    Returns
    -------
    Ranking
        Newcomers stand in the places and under the ids of those whom they are like.
    """
    ranker = ranking.ranker
    experts = [replace(one, preferred_firms=(), vetoed_firms=(), accepts_others=True) for one in ranker.experts]
    needs = [replace(need, preferred_experts=(), vetoed_experts=()) for need in ranker.needs]
    return rank(experts, needs, ranker.profiles, ranker.settings, eligibility)
