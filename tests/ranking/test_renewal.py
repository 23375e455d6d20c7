"""Lists that are renewed are those of ranking everybody, whatever changed and however often."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from matcher.domain.records import Expert, Need
from matcher.domain.settings import EligibilitySettings, RankingSettings, TextSettings
from matcher.ranking import renewal
from matcher.ranking.ranker import Ranker
from matcher.ranking.ranking import ranker_of
from matcher.ranking.renewal import Kept, renewed
from matcher.ranking.shortlists import Shortlists, shortlists
from matcher.text import Epoch, begin_epoch, profile
from tests.strategies import Sample

K = 4
SETTINGS = RankingSettings.model_validate(
    {"full_market_pairs": 0, "shortlist": K, "firm": {"history": 0.1}, "expert": {"history": 0.1}}
)


@pytest.fixture(scope="module")
def epoch(sample: Sample) -> Epoch:
    return begin_epoch("2026", [expert.profile for expert in sample.experts], TextSettings())


def ranker(sample: Sample, epoch: Epoch) -> Ranker:
    profiles = profile(sample.experts, sample.needs, TextSettings(), epoch=epoch)
    rules = EligibilitySettings(in_post=True)
    return ranker_of(sample.experts, sample.needs, profiles, SETTINGS, rules, ratings=sample.ratings)


def came_from(then: Sequence[Expert] | Sequence[Need], now: Sequence[Expert] | Sequence[Need]) -> np.ndarray:
    places = {record: place for place, record in enumerate(then)}
    return np.array([places.get(record, -1) for record in now], dtype=np.int64)


def assert_same(one: Shortlists, other: Shortlists) -> None:
    for name in Shortlists._fields:
        assert np.array_equal(getattr(one, name), getattr(other, name)), name


def changed(sample: Sample, draw: np.random.Generator) -> Sample:
    """Change a few of everything: texts, places, wishes, vetoes, kinship, ratings; some go, some come."""
    experts, needs, ratings = list(sample.experts), list(sample.needs), list(sample.ratings)

    def some(records: Sequence[Expert] | Sequence[Need], n: int) -> list[int]:
        return draw.choice(len(records), n, replace=False).tolist()

    firms, people = [need.firm_id for need in needs], [expert.expert_id for expert in experts]
    wishes = {
        "city": lambda: draw.choice(["杭州", "北京", ""]).item(),
        "research_fields": lambda: experts[draw.integers(len(experts))].research_fields,
        "in_post": lambda: bool(draw.integers(2)),
        "mode": lambda: draw.choice(["onsite", "online", "either"]).item(),
        "accepts_others": lambda: bool(draw.integers(2)),
        "preferred_firms": lambda: ((draw.choice(firms).item(),),),
        "vetoed_firms": lambda: (draw.choice(firms).item(),),
        "institution": lambda: needs[draw.integers(len(needs))].name,
    }
    for place, (name, value) in zip(some(experts, len(wishes)), wishes.items(), strict=True):
        experts[place] = replace(experts[place], **{name: value()})
    asked = {
        "need_title": lambda: needs[draw.integers(len(needs))].need_title,
        "industry": lambda: needs[draw.integers(len(needs))].industry,
        "related_institutions": lambda: (experts[draw.integers(len(experts))].institution,),
        "preferred_experts": lambda: ((draw.choice(people).item(),),),
        "vetoed_experts": lambda: (draw.choice(people).item(),),
    }
    for place, (name, value) in zip(some(needs, len(asked)), asked.items(), strict=True):
        needs[place] = replace(needs[place], **{name: value()})
    for place in sorted(some(needs, 3), reverse=True):
        needs.append(replace(needs.pop(place), need_id=f"new-{draw.integers(10**9)}"))
    named = {name for expert in experts for names in (*expert.preferred_firms, expert.vetoed_firms) for name in names}
    firms_left = {name for need in needs for name in (need.firm_id, need.need_id)}
    if not named <= firms_left:  # who was named left: so do those wishes
        experts = [_without(expert, firms_left) for expert in experts]
    ratings.pop(draw.integers(len(ratings)))
    ratings.append(replace(ratings[0], expert_id=draw.choice(people).item(), firm_id=draw.choice(firms).item()))
    return Sample(sorted(experts, key=lambda one: one.expert_id), sorted(needs, key=lambda one: one.need_id), ratings)


def _without(expert: Expert, firms: set[str]) -> Expert:
    tiers = tuple(kept for tier in expert.preferred_firms if (kept := tuple(name for name in tier if name in firms)))
    return replace(
        expert, preferred_firms=tiers, vetoed_firms=tuple(name for name in expert.vetoed_firms if name in firms)
    )


@pytest.mark.parametrize("spare", [0, 2, 8])
def test_renewed_again_and_again_they_are_those_of_ranking_everybody(
    sample: Sample, epoch: Epoch, monkeypatch: pytest.MonkeyPatch, spare: int
) -> None:
    monkeypatch.setattr(renewal, "SPARE", spare)
    draw = np.random.default_rng(spare)
    then = sample
    first = ranker(then, epoch)
    kept = Kept.of(first, shortlists(first, K + spare), K)
    for _ in range(6):
        now = changed(then, draw)
        of_now = ranker(now, epoch)
        where = came_from(then.needs, now.needs), came_from(then.experts, now.experts)
        found = renewed(kept, of_now, where, K)
        assert_same(found.lists, shortlists(of_now, K))
        # Few were ranked, though with nothing to spare more lists became too short.
        assert found.n_ranked[0] < len(now.needs) / 2
        then, kept = now, found.kept
