"""Somebody new like an expert: the same texts, and nobody's wishes."""

from dataclasses import replace
from typing import Any

import numpy as np

from matcher.domain.records import Expert, Need, Rating
from matcher.domain.settings import EligibilitySettings, RankingSettings, TextSettings
from matcher.ranking import Bar, Ranking, rank, rank_newcomers
from matcher.ranking.cells import Grid
from matcher.ranking.ranker import TIER
from matcher.text import profile
from tests.strategies import Sample, expert, need

RULES = EligibilitySettings()


def ranked(experts: list[Expert], needs: list[Need], *ratings: Rating, **chosen: Any) -> Ranking:
    profiles = profile(experts, needs, TextSettings())
    return rank(experts, needs, profiles, RankingSettings(**chosen), RULES, ratings=ratings)


def test_of_the_sample_nobody_is_named_and_texts_agree_as_before(sample: Sample) -> None:
    known = ranked(sample.experts, sample.needs, *sample.ratings)
    new = rank_newcomers(known, RULES)
    rows = np.arange(len(sample.needs))

    assert (new.firm_order < TIER).all()
    assert (new.expert_order < TIER).all()
    assert np.array_equal(new.ranker.scores(Grid(rows)).text, known.ranker.scores(Grid(rows)).text)
    assert new.ranker.experts != known.ranker.experts
    assert known.ranker.experts == sample.experts


def test_without_wishes_and_ratings_somebody_new_ranks_as_the_expert_does() -> None:
    known = ranked([expert("e"), expert("o", "真丝印染")], [need("n")])
    new = rank_newcomers(known, RULES)

    assert (new.need.tolist(), new.expert.tolist()) == (known.need.tolist(), known.expert.tolist()) == ([0], [0])
    assert (new.firm_score == known.firm_score).all()


def test_a_rating_of_the_expert_says_nothing_of_somebody_new() -> None:
    rating = Rating(expert_id="e", firm_id="n", year=2024, firm_rating=5, expert_rating=5)
    plain, rated = ranked([expert("e")], [need("n")]), ranked([expert("e")], [need("n")], rating)

    assert rated.firm_score > plain.firm_score
    assert rank_newcomers(rated, RULES).firm_score == plain.firm_score


def test_who_is_refused_or_takes_only_those_named_does_not_keep_somebody_new_out() -> None:
    known = ranked([expert("e", accepts_others=False)], [need("n", vetoed_experts=("e",))])

    assert not len(known.need)
    assert len(rank_newcomers(known, RULES).need) == 1


def test_a_firm_that_takes_only_those_named_takes_nobody_new() -> None:
    known = ranked([expert("e")], [need("n", preferred_experts=(("e",),), accepts_others=False)])

    assert len(known.need) == 1
    assert rank_newcomers(known, RULES).need_bars[0, Bar.FIRM_TAKES_ONLY_NAMED] == 1


def test_who_may_not_be_sent_and_a_conflict_of_interest_stay() -> None:
    experts = [expert("e", in_post=False), expert("o", institution="某厂研究院")]
    known = ranked(experts, [replace(need("n"), related_institutions=("某厂研究院",))])

    assert not len(rank_newcomers(known, RULES).need)
