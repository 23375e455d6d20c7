"""Shortlists and counts by the sweep are those of scoring every pair, however many are alike."""

from dataclasses import replace

import numpy as np
import pytest

from matcher.domain.settings import EligibilitySettings, RankingSettings, TextSettings, Weights
from matcher.ranking import Bar, Ranking, rank, shortlists
from matcher.ranking.cells import Grid, Pairs
from matcher.ranking.ranker import SCORE_UNIT, TIER
from matcher.text import Profiles, profile
from tests.strategies import Sample

ARRAYS = ("need", "expert", "firm_score", "expert_score", "firm_order", "expert_order", "need_bars", "expert_bars")


CHARACTERS = TextSettings(words=0, semantic=0)


@pytest.fixture(scope="module")
def crowd(sample: Sample) -> Sample:
    """A crowd of more experts than a block has, each of the sample's thirty times over, with its wishes and vetoes."""
    experts = [replace(one, expert_id=f"{one.expert_id}{copy:02}") for copy in range(30) for one in sample.experts]
    needs = [replace(need, preferred_experts=(), vetoed_experts=()) for need in sample.needs[:150]]
    ratings = [replace(one, expert_id=f"{one.expert_id}07") for one in sample.ratings]
    return Sample(sorted(experts, key=lambda one: one.expert_id), needs, ratings)


@pytest.fixture(scope="module")
def profiles(crowd: Sample) -> Profiles:
    return profile(crowd.experts, crowd.needs, TextSettings())


def ranked(crowd: Sample, profiles: Profiles, settings: RankingSettings) -> Ranking:
    known = {need.need_id for need in crowd.needs} | {need.firm_id for need in crowd.needs}
    experts = [
        replace(
            one,
            preferred_firms=tuple(tier for tier in one.preferred_firms if known.issuperset(tier)),
            vetoed_firms=tuple(name for name in one.vetoed_firms if name in known),
        )
        for one in crowd.experts
    ]
    return rank(experts, crowd.needs, profiles, settings, EligibilitySettings(), ratings=crowd.ratings)


def listed(full: Ranking, k: int) -> np.ndarray:
    """Tell of each pair whether it is among the best of either side, ties with the last included, or named."""
    best = np.maximum(full.firm_order, full.expert_order) >= TIER
    for agent, order in ((full.need, full.firm_order), (full.expert, full.expert_order)):
        for one in np.unique(agent):
            own = np.flatnonzero(agent == one)
            best[own] |= order[own] >= np.sort(order[own])[::-1][:k][-1]
    return best


@pytest.mark.parametrize("name", sorted(Weights.model_fields.keys() - {"text"}))
def test_whatever_a_score_is_made_of_the_lists_are_those_of_scoring_every_pair(sample: Sample, name: str) -> None:
    """Of every feature that a weight can be given, so that the sweep leaves out none that is new."""
    shares = {"text": 0.5, name: 0.5}
    profiles = profile(sample.experts, sample.needs, CHARACTERS)
    full, short = (
        ranked(sample, profiles, RankingSettings.model_validate({"firm": shares, "expert": shares, **how}))
        for how in ({"full_market_pairs": 10**9}, {"full_market_pairs": 0, "shortlist": 5})
    )
    best = listed(full, 5)
    for array in ARRAYS[:6]:
        assert np.array_equal(getattr(full, array)[best], getattr(short, array)), array


@pytest.mark.parametrize("k", [1, 4])
def test_where_thirty_are_alike_and_blocks_end_they_are_those_of_scoring_every_pair(
    crowd: Sample, profiles: Profiles, k: int
) -> None:
    full = ranked(crowd, profiles, RankingSettings(full_market_pairs=10**9))
    short = ranked(crowd, profiles, RankingSettings(full_market_pairs=0, shortlist=k))
    there = listed(full, k)

    assert there.sum() < len(there)
    for name in ARRAYS[:6]:
        assert np.array_equal(getattr(short, name), getattr(full, name)[there]), name
    assert np.array_equal(short.need_bars, full.need_bars)
    assert np.array_equal(short.expert_bars, full.expert_bars)


@pytest.mark.parametrize("rows", [1, 64, 149])
def test_it_does_not_matter_how_needs_are_parted(
    crowd: Sample, profiles: Profiles, monkeypatch: pytest.MonkeyPatch, rows: int
) -> None:
    short = RankingSettings(full_market_pairs=0, shortlist=7)
    usual = ranked(crowd, profiles, short)
    monkeypatch.setattr(shortlists, "PART", rows)

    assert all(np.array_equal(getattr(usual, name), getattr(ranked(crowd, profiles, short), name)) for name in ARRAYS)


@pytest.mark.parametrize("min_fit", [0.0, 0.05, 0.15])
def test_a_smallest_fit_that_pairs_just_reach_bars_as_many_as_scoring_every_pair_does(
    crowd: Sample, profiles: Profiles, min_fit: float
) -> None:
    full = ranked(crowd, profiles, RankingSettings(full_market_pairs=10**9, min_fit=min_fit))
    reached = float(full.expert_score[len(full.expert_score) // 2]) * SCORE_UNIT
    full = ranked(crowd, profiles, RankingSettings(full_market_pairs=10**9, min_fit=reached))
    short = ranked(crowd, profiles, RankingSettings(full_market_pairs=0, min_fit=reached, shortlist=3))

    assert np.array_equal(short.need_bars, full.need_bars)
    assert np.array_equal(short.expert_bars, full.expert_bars)


def test_single_pairs_score_as_they_do_among_all_and_in_part_of_a_grid(crowd: Sample, profiles: Profiles) -> None:
    ranker = ranked(crowd, profiles, RankingSettings(full_market_pairs=0, shortlist=3)).ranker
    draw = np.random.default_rng(0)
    rows, columns = np.arange(0, 150, 11), np.sort(draw.choice(len(ranker.experts), 300, replace=False))
    whole, part = ranker.scores(Grid(rows)), ranker.scores(Grid(rows, columns))
    pairs = ranker.scores(Pairs(np.repeat(rows, len(columns)), np.tile(columns, len(rows))))

    for name in ("text", "firm_score", "expert_score", "firm_order", "expert_order", "bar"):
        assert np.array_equal(getattr(part, name), getattr(whole, name)[:, columns]), name
        assert np.array_equal(getattr(pairs, name), getattr(part, name).ravel()), name


@pytest.mark.parametrize("part", [70, 16_384])
def test_pairs_above_floors_of_both_sides_are_those_of_scoring_every_pair_kept_or_counted(
    crowd: Sample, profiles: Profiles, monkeypatch: pytest.MonkeyPatch, part: int
) -> None:
    monkeypatch.setattr(shortlists, "PART", part)
    ranker = ranked(crowd, profiles, RankingSettings(full_market_pairs=0, shortlist=3)).ranker
    where = Grid(np.arange(1, 150, 2), np.arange(0, len(ranker.experts), 3))
    scores = ranker.scores(where)
    draw = np.random.default_rng(1)
    # Floors that some pair just reaches: it is not above. Some take anybody, some are with somebody they have named.
    firm_floor = np.array([draw.choice(row) for row in scores.firm_order])
    expert_floor = np.array([draw.choice(column) for column in scores.expert_order.T])
    firm_floor[::7], expert_floor[::2], firm_floor[5], expert_floor[5] = -1, -1, 2 * TIER, TIER
    expected = (
        (scores.bar == Bar.NONE) & (scores.firm_order > firm_floor[:, None]) & (scores.expert_order > expert_floor)
    )
    found = shortlists.above(ranker, where, (firm_floor, expert_floor))
    there = np.zeros_like(expected)
    there[np.searchsorted(where.rows, found.where.need), found.where.expert // 3] = True

    assert 0 < expected.sum() < expected.size / 2
    assert np.array_equal(there, expected)
    assert len(found.where.need) == expected.sum()
    counts = shortlists.count_above(ranker, where, (firm_floor, expert_floor))
    assert [count.tolist() for count in counts] == [expected.sum(axis=1).tolist(), expected.sum(axis=0).tolist()]
