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
from matcher.ranking.renewal import KeptRanking, renewed
from matcher.ranking.shortlists import Shortlists, shortlists
from matcher.text import Epoch, begin_epoch, profile
from tests.strategies import Sample

K = 4
SETTINGS = RankingSettings.model_validate(
    {
        "full_market_pairs": 0,
        "shortlist": K,
        "firm": {"text": 0.7, "place": 0.2, "history": 0.1},
        "expert": {"text": 0.8, "discipline": 0.1, "history": 0.1},
    }
)


@pytest.fixture(scope="module")
def epoch(sample: Sample) -> Epoch:
    return begin_epoch("2026", [expert.profile for expert in sample.experts], TextSettings())


def ranker(sample: Sample, epoch: Epoch) -> Ranker:
    profiles = profile(sample.experts, sample.needs, TextSettings(), epoch=epoch)
    rules = EligibilitySettings(in_post=True)
    return ranker_of(sample.experts, sample.needs, profiles, SETTINGS, rules, ratings=sample.ratings)


def came_from(then: Sequence[Expert] | Sequence[Need], now: Sequence[Expert] | Sequence[Need]) -> np.ndarray:
    """Find where whoever has the same id and the same text was."""
    places = {_said(record): place for place, record in enumerate(then)}
    return np.array([places.get(_said(record), -1) for record in now], dtype=np.int64)


def _said(record: Expert | Need) -> tuple[str, ...]:
    if isinstance(record, Expert):
        return record.expert_id, record.profile
    return record.need_id, record.need_title, record.text


def assert_same(one: Shortlists, other: Shortlists) -> None:
    for name in Shortlists._fields:
        assert np.array_equal(getattr(one, name), getattr(other, name)), name


def changed(sample: Sample, lists: Shortlists, draw: np.random.Generator) -> Sample:
    """Change a few of everything: texts, places, wishes, vetoes, kinship, ratings; some go, some come."""
    experts, needs, ratings = list(sample.experts), list(sample.needs), list(sample.ratings)

    def listed() -> tuple[int, int]:
        """Draw a pair of a list: what it gets of its own matters."""
        at = draw.integers(len(lists.need))
        return int(lists.need[at]), int(lists.expert[at])

    for name, values in {"city": ["杭州", "北京"], "in_post": [True, False], "mode": ["onsite", "online"]}.items():
        for value in values:
            place = draw.integers(len(experts))
            experts[place] = replace(experts[place], **{name: value})
    for name, record in {"research_fields": experts, "need_title": needs, "industry": needs}.items():
        place, like = draw.integers(len(record), size=2).tolist()
        record[place] = replace(record[place], **{name: getattr(record[like], name)})
    of_pair = {
        "preferred_firms": lambda need, _: ((need.firm_id,),),
        "vetoed_firms": lambda need, _: (need.firm_id,),
        "accepts_others": lambda *_: bool(draw.integers(2)),
        "preferred_experts": lambda _, expert: ((expert.expert_id,),),
        "vetoed_experts": lambda _, expert: (expert.expert_id,),
        "related_institutions": lambda _, expert: (expert.institution,),
    }
    for name, value in of_pair.items():
        i, j = listed()
        stated = {name: value(needs[i], experts[j])}
        if name in Expert.__dataclass_fields__:
            experts[j] = replace(experts[j], **stated)
        else:
            needs[i] = replace(needs[i], **stated)
    refused = [place for place, expert in enumerate(experts) if expert.vetoed_firms]
    place = refused[draw.integers(len(refused))]
    experts[place] = replace(experts[place], vetoed_firms=())
    i, j = listed()
    ratings.pop(draw.integers(len(ratings)))
    ratings.append(replace(ratings[0], expert_id=experts[j].expert_id, firm_id=needs[i].firm_id))
    for place in sorted(draw.choice(len(needs), 12, replace=False).tolist(), reverse=True):
        gone = needs.pop(place)
        if place % 2:
            needs.append(replace(gone, need_id=f"new-{draw.integers(10**9)}"))
    left = {name for need in needs for name in (need.firm_id, need.need_id)}
    experts = [_without(expert, left) for expert in experts]  # who names somebody that is gone names nobody
    return Sample(sorted(experts, key=lambda one: one.expert_id), sorted(needs, key=lambda one: one.need_id), ratings)


def _without(expert: Expert, firms: set[str]) -> Expert:
    tiers = tuple(kept for tier in expert.preferred_firms if (kept := tuple(name for name in tier if name in firms)))
    return replace(
        expert, preferred_firms=tiers, vetoed_firms=tuple(name for name in expert.vetoed_firms if name in firms)
    )


def test_renewed_again_and_again_they_are_those_of_ranking_everybody(
    sample: Sample, epoch: Epoch, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With nothing to spare lists become too short, and are found again; with eight they hardly do."""
    monkeypatch.setattr(renewal, "WORTH", 2)
    spares, draw, kept = (0, 1, 8), np.random.default_rng(0), dict[int, KeptRanking]()
    n_ranked = dict.fromkeys(spares, 0)
    then, first = sample, ranker(sample, epoch)
    whole = shortlists(first, K)
    for spare in spares:
        monkeypatch.setattr(renewal, "SPARE", spare)
        kept[spare] = KeptRanking.of(first, shortlists(first, K + spare), K)
    for _ in range(5):
        now = changed(then, whole, draw)
        of_now = ranker(now, epoch)
        whole = shortlists(of_now, K)
        where = came_from(then.needs, now.needs), came_from(then.experts, now.experts)
        for spare in spares:
            monkeypatch.setattr(renewal, "SPARE", spare)
            found = renewed(kept[spare], of_now, where, K)
            assert found
            assert_same(found.lists, whole)
            n_ranked[spare] += sum(found.n_ranked)
            kept[spare] = found.kept
        then = now
    assert n_ranked[0] > n_ranked[8]


def test_where_everybody_was_rated_anew_it_is_not_worth_it(sample: Sample, epoch: Epoch) -> None:
    then = ranker(sample, epoch)
    kept = KeptRanking.of(then, shortlists(then, K + renewal.SPARE), K)
    now = ranker(sample._replace(ratings=[]), epoch)

    assert renewed(kept, now, (np.arange(len(sample.needs)), np.arange(len(sample.experts))), K) is None
