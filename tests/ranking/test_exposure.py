"""Suggestions are counted, and spread among near-equals as evenly as can be, at a cost that stays within the spread."""

import random
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from itertools import combinations, product
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matcher.domain.settings import Settings
from matcher.pipeline import MatchResult, open_market
from matcher.ranking import Ranking, exposure
from matcher.ranking.exposure import gini
from matcher.ranking.ranker import SCORE_UNIT, TIER
from tests.strategies import Sample, expert, need

STEP = 1_000_000
"""Drawn scores are a few of these, in score units: 0.001 of fit."""


@cache
def alike(n_needs: int, n_experts: int) -> Ranking:
    """A ranking of needs and experts that all say the same."""
    experts = [expert(f"e{j}") for j in range(n_experts)]
    return open_market(experts, [need(f"n{i}") for i in range(n_needs)], Settings())[0]


@st.composite
def rankings(draw: Callable[..., Any]) -> Ranking:
    """Up to four needs and five experts, with scores of few values, some pairs struck out and some stated."""
    n_needs, n_experts = draw(st.integers(1, 4)), draw(st.integers(1, 5))
    cells = [(i, j) for i in range(n_needs) for j in range(n_experts) if draw(st.integers(0, 5))]
    scores = [draw(st.integers(1, 6)) * STEP for _ in cells]
    stated = [draw(st.sampled_from((0, 0, 0, 0, 1, 2))) for _ in cells]
    ranking = alike(n_needs, n_experts)
    score, order = np.array(scores, dtype=np.int64), np.array(stated, dtype=np.int64) * TIER
    i, j = np.array(cells, dtype=np.int64).reshape(-1, 2).T
    order = np.where(order > 0, order, score)
    return replace(
        ranking, need=i, expert=j, firm_score=score, expert_score=score, firm_order=order, expert_order=order
    )


def chosen(ranking: Ranking, mask: np.ndarray) -> dict[int, set[int]]:
    """Whom each need is shown."""
    found: dict[int, set[int]] = {}
    for i, j in zip(ranking.need[mask].tolist(), ranking.expert[mask].tolist(), strict=True):
        found.setdefault(i, set()).add(j)
    return found


def order_of(ranking: Ranking) -> dict[tuple[int, int], int]:
    """What each need goes by, by pair."""
    pairs = zip(ranking.need.tolist(), ranking.expert.tolist(), strict=True)
    return dict(zip(pairs, ranking.firm_order.tolist(), strict=True))


def by_rank(ranking: Ranking, top: int) -> dict[int, set[int]]:
    """The best of each need, counted by hand: those with fewer than ``top`` better ones."""
    order = order_of(ranking)
    found: dict[int, set[int]] = {}
    for (i, j), mine in order.items():
        if sum(other > mine for (k, _), other in order.items() if k == i) < top:
            found.setdefault(i, set()).add(j)
    return found


def every_choice(ranking: Ranking, top: int, steps: int) -> list[tuple[tuple[int, ...], int]]:
    """Counts of the experts and the loss, in steps, of every way to give near-equals their places."""
    order = order_of(ranking)
    ways = []
    for i, listed in by_rank(ranking, top).items():
        last = min(order[i, j] for j in listed)
        near = [
            j for (k, j), o in order.items() if k == i and max(o, last) < TIER and abs(o - last) * 2 <= steps * STEP
        ]
        kept = listed - set(near)
        of_need = [kept | set(some) for some in combinations(near, len(listed) - len(kept))]
        ways.append(
            [
                (some, sum(order[i, j] for j in listed - some) - sum(order[i, j] for j in some - listed))
                for some in of_need
            ]
        )
    found = []
    for choice in product(*ways):
        counts = [0] * len(ranking.ranker.experts)
        for some, _ in choice:
            for j in some:
                counts[j] += 1
        found.append((tuple(counts), sum(loss for _, loss in choice) // STEP))
    return found


@given(rankings(), st.integers(1, 3))
def test_without_a_spread_the_best_are_suggested(ranking: Ranking, top: int) -> None:
    found = exposure(ranking, top=top)

    assert chosen(ranking, found.suggested) == by_rank(ranking, top)
    assert found.given_up == 0
    assert not found.moved_up.any()
    assert found.counts.tolist() == [
        sum(j in some for some in by_rank(ranking, top).values()) for j in range(len(found.counts))
    ]


@given(rankings(), st.integers(1, 3), st.integers(1, 8))
def test_no_choice_among_near_equals_is_more_even_or_as_even_and_better(ranking: Ranking, top: int, steps: int) -> None:
    found = exposure(ranking, top=top, spread=steps * STEP * SCORE_UNIT)
    choices = every_choice(ranking, top, steps)
    counts = tuple(found.counts.tolist())
    loss = round(found.given_up * found.suggested.sum() / SCORE_UNIT / STEP)

    assert (counts, loss) in choices
    for uneven in (lambda some: sum(n * n for n in some), lambda some: some.count(0), max):
        assert uneven(counts) == min(uneven(some) for some, _ in choices)
    even = sum(n * n for n in counts)
    assert loss == min(other for some, other in choices if sum(n * n for n in some) == even)


@given(rankings(), st.integers(1, 3), st.integers(1, 8))
def test_at_no_place_is_more_given_up_than_the_spread(ranking: Ranking, top: int, steps: int) -> None:
    found = exposure(ranking, top=top, spread=steps * STEP * SCORE_UNIT)
    for i in range(len(ranking.ranker.needs)):
        mine = ranking.need == i
        before, after = (sorted(ranking.firm_order[mine & mask].tolist()) for mask in (found.best, found.suggested))
        assert len(before) == len(after)
        assert all(0 <= one - other <= steps * STEP for one, other in zip(before, after, strict=True))
    assert 0 <= found.given_up <= found.spread
    assert (found.suggested >= (found.best & (ranking.firm_order >= TIER))).all()


@given(rankings(), st.integers(1, 3), st.integers(1, 8))
def test_spreading_leaves_no_more_people_unseen_and_nothing_less_even(ranking: Ranking, top: int, steps: int) -> None:
    figures = exposure(ranking, top=top, spread=steps * STEP * SCORE_UNIT).figures()

    assert figures["never"] <= figures["never_before"]
    assert figures["most"] <= figures["most_before"]
    assert (figures["gini"] or 0) <= (figures["gini_before"] or 0) + 1e-6


def test_a_newcomer_who_is_as_good_but_for_little_takes_the_last_place_of_a_list() -> None:
    ranking = alike(2, 3)
    score = np.array([500, 300, 299, 500, 300, 200], dtype=np.int64) * STEP
    ranking = replace(ranking, firm_score=score, firm_order=score)
    found = exposure(ranking, top=2, spread=0.002)

    assert chosen(ranking, found.suggested) == {0: {0, 2}, 1: {0, 1}}
    assert found.counts.tolist() == [2, 1, 1]
    assert found.given_up == pytest.approx(0.001 / 4)
    assert found.figures()["never_before"] == 1
    assert not exposure(ranking, top=2, spread=0.0019).moved_up.any()


def test_those_who_may_not_be_sent_are_not_counted_among_the_unseen() -> None:
    experts = [expert("e"), expert("f", consent=False), expert("g", "丝绸印染")]
    found = exposure(open_market(experts, [need("n")], Settings())[0]).figures()

    assert (found["candidates"], found["never"]) == (2, 1)


def test_the_settings_say_how_many_and_how_much() -> None:
    settings = Settings(ranking={"suggestions": 1, "spread": 0.5})
    ranking = open_market([expert("e"), expert("f")], [need("m"), need("n")], settings)[0]
    found = exposure(ranking)

    assert (found.top, found.spread) == (1, 0.5)
    assert exposure(ranking, top=2, spread=0.0).figures()["suggestions"] == 4


@pytest.mark.parametrize("asker", ["firm", "expert"])
def test_the_order_of_the_rows_changes_nothing(sample: Sample, asker: Any) -> None:
    luck, shown = random.Random(2), []  # noqa: S311 - an order of rows, no secret
    for _ in range(2):
        experts, needs = luck.sample(sample.experts, 140), luck.sample(sample.needs, 185)
        ranking, _ = open_market(experts, needs, Settings(), ratings=sample.ratings)
        found = exposure(ranking, asker, spread=0.03)
        shown.append(sorted(zip(ranking.need[found.suggested], ranking.expert[found.suggested], strict=True)))

    assert shown[0] == shown[1]


def test_on_the_sample_a_little_spread_costs_less_than_it_may_and_moves_nothing_else(
    sample_result: MatchResult,
) -> None:
    ranking, market = sample_result.ranking, sample_result.market
    plain, spread = exposure(ranking), exposure(ranking, spread=0.02)

    assert (plain.suggested == (market.firm_rank <= 10)).all()
    assert 0 < spread.given_up < 0.001
    assert spread.figures()["gini"] < plain.figures()["gini"]
    statistics: Any = sample_result.statistics
    assert statistics["exposure"]["experts"] == plain.figures()


def test_the_table_for_the_analyst_has_everybody_the_least_seen_first(sample_result: MatchResult) -> None:
    table = sample_result.exposure

    assert table["side"].value_counts().to_dict() == {"firm": 185, "expert": 140}
    of_experts = table[(table["side"] == "expert") & table["eligible"]]
    assert of_experts["suggested"].is_monotonic_increasing
    assert (table["suggested"] == table["by_rank"]).all()
    statistics: Any = sample_result.statistics
    assert of_experts["suggested"].sum() == statistics["exposure"]["experts"]["suggestions"]


@given(st.lists(st.integers(0, 9), min_size=1, max_size=8))
def test_gini_is_half_the_mean_difference_over_the_mean(values: list[int]) -> None:
    mean = sum(values) / len(values)
    differences = sum(abs(one - other) for one in values for other in values) / len(values) ** 2

    assert gini(values) == (pytest.approx(differences / (2 * mean), abs=1e-6) if mean else None)
