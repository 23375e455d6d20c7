"""Somebody new, weighed again: what solving with and without their place gives."""

from dataclasses import replace

import numpy as np
import pytest

from matcher.assignment import assign, form_market, newcomer_gains
from matcher.domain.settings import Settings
from matcher.newcomers import weighed_newcomer_gains
from matcher.pipeline import open_market
from matcher.ranking import rank_newcomers
from matcher.text import StoredVectors
from tests.strategies import Sample

LIKE = ["E001", "E002", "E005"]


def test_a_gain_is_what_solving_with_the_place_and_without_it_gives(sample: Sample) -> None:
    settings = Settings()
    vectors = StoredVectors.learn("profiles", [expert.profile for expert in sample.experts])
    gains = weighed_newcomer_gains(sample.experts, sample.needs, settings, LIKE, ratings=sample.ratings)
    for name, gain in zip(LIKE, gains.tolist(), strict=True):
        (expert,) = (one for one in sample.experts if one.expert_id == name)
        new = replace(expert, expert_id="x", capacity=1, preferred_firms=(), vetoed_firms=(), accepts_others=True)
        _, market = open_market(
            *([*sample.experts, new], sample.needs, settings), ratings=sample.ratings, vectors=vectors
        )
        without = np.where(np.array(market.expert_ids) == "x", 0, market.expert_capacity)
        values = [
            assign(replace(market, expert_capacity=places), "total").certificate.value
            for places in (market.expert_capacity, without)
        ]
        assert gain == pytest.approx(values[0] - values[1], abs=1e-9)


def test_words_that_are_less_rare_change_little_and_vectors_that_know_the_copy_change_much(sample: Sample) -> None:
    given = (sample.experts, sample.needs, Settings(), LIKE)
    ranking, market = open_market(sample.experts, sample.needs, Settings(), ratings=sample.ratings)
    as_weighed = newcomer_gains(
        market, form_market(rank_newcomers(ranking, Settings().eligibility), Settings().assignment)
    )[[market.expert_ids.index(name) for name in LIKE]]
    weighed, relearned = (
        weighed_newcomer_gains(*given, ratings=sample.ratings, relearned=how) for how in (False, True)
    )
    assert np.abs(weighed - as_weighed).max() < 0.005
    assert weighed[0] > 0.1
    assert relearned[0] == 0
    assert (relearned < weighed).all()


def test_whom_nobody_is_like_is_named(sample: Sample) -> None:
    with pytest.raises(ValueError, match="no expert has the id 'E999'"):
        weighed_newcomer_gains(sample.experts, sample.needs, Settings(), ["E999"])
