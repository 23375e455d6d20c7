"""The metrics are what their definitions say, counted by hand, by brute force over all orders, and by scikit-learn."""

from itertools import pairwise, permutations
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import ndcg_score

from matcher.ranking.metrics import Standings, bootstrap_interval, first_rank, ndcg, recall, reciprocal_rank, stand


class Case(NamedTuple):
    """Queries by documents: scores that often tie, and grades of which each query has one above 0."""

    scores: np.ndarray
    grades: np.ndarray

    def found(self) -> Standings:
        row, column = np.nonzero(self.grades)
        return Standings(row, self.grades[row, column], *stand(self.scores, row, column))


@st.composite
def cases(draw: st.DrawFn, most: int = 5) -> Case:
    shape = draw(st.integers(1, 3)), draw(st.integers(2, most))
    scores = draw(
        st.lists(
            st.lists(st.integers(0, 2), min_size=shape[1], max_size=shape[1]), min_size=shape[0], max_size=shape[0]
        )
    )
    grades = draw(
        st.lists(
            st.lists(st.sampled_from([0.0, 0.0, 1.0, 2.5]), min_size=shape[1], max_size=shape[1]).filter(any),
            min_size=shape[0],
            max_size=shape[0],
        )
    )
    return Case(np.array(scores, dtype=float), np.array(grades))


def orders(scores: np.ndarray) -> list[tuple[int, ...]]:
    """Every order of the documents in which no higher score stands behind a lower one."""
    return [
        order for order in permutations(range(len(scores))) if all(scores[a] >= scores[b] for a, b in pairwise(order))
    ]


def averaged(case: Case, of_one_order) -> list[float]:
    return [
        float(np.mean([of_one_order([grades[d] for d in order]) for order in orders(scores)]))
        for scores, grades in zip(case.scores, case.grades, strict=True)
    ]


def gain(grades: list[float], k: int) -> float:
    return sum(grade / np.log2(rank + 1) for rank, grade in enumerate(grades[:k], start=1))


def first(grades: list[float]) -> int:
    return next(rank for rank, grade in enumerate(grades, start=1) if grade)


@given(cases(), st.integers(1, 6))
def test_each_metric_is_its_mean_over_all_orders_of_what_is_tied(case: Case, k: int) -> None:
    found = case.found()

    np.testing.assert_allclose(
        ndcg(found, k), averaged(case, lambda grades: gain(grades, k) / gain(sorted(grades, reverse=True), k))
    )
    np.testing.assert_allclose(
        recall(found, k), averaged(case, lambda grades: np.count_nonzero(grades[:k]) / np.count_nonzero(grades))
    )
    np.testing.assert_allclose(reciprocal_rank(found), averaged(case, lambda grades: 1 / first(grades)))
    np.testing.assert_allclose(first_rank(found), averaged(case, first))


@given(cases(most=30), st.integers(1, 12))
def test_ndcg_is_that_of_scikit_learn(case: Case, k: int) -> None:
    expected = [ndcg_score([grades], [scores], k=k) for scores, grades in zip(case.scores, case.grades, strict=True)]

    np.testing.assert_allclose(ndcg(case.found(), k), expected)


@given(cases(most=8), st.randoms(use_true_random=False))
def test_the_order_of_the_documents_in_the_file_changes_nothing(case: Case, luck) -> None:
    order = list(range(case.scores.shape[1]))
    luck.shuffle(order)
    shuffled = Case(case.scores[:, order], case.grades[:, order])

    for metric in (lambda found: ndcg(found, 10), lambda found: recall(found, 5), reciprocal_rank, first_rank):
        np.testing.assert_allclose(metric(case.found()), metric(shuffled.found()))


@given(cases(most=8))
def test_to_find_relevant_documents_first_and_best_first_is_worth_one(case: Case) -> None:
    found = Case(case.grades, case.grades).found()

    np.testing.assert_allclose(ndcg(found, 10), 1)
    np.testing.assert_allclose(recall(found, 8), 1)
    np.testing.assert_allclose(reciprocal_rank(found), 1)


def test_one_relevant_document_at_rank_three_of_four() -> None:
    found = Case(np.array([[0.9, 0.8, 0.5, 0.1]]), np.array([[0.0, 0.0, 1.0, 0.0]])).found()

    assert ndcg(found, 10) == pytest.approx([0.5])
    assert ndcg(found, 2) == pytest.approx([0.0])
    assert recall(found, 2) == pytest.approx([0.0])
    assert recall(found, 3) == pytest.approx([1.0])
    assert reciprocal_rank(found) == pytest.approx([1 / 3])


def test_the_gain_is_linear_and_the_ideal_is_of_all_relevant_documents_not_only_those_found() -> None:
    found = Case(np.array([[3.0, 2.0, 1.0]]), np.array([[1.0, 0.0, 3.0]])).found()

    assert ndcg(found, 2) == pytest.approx([1 / (3 + 1 / np.log2(3))])


def test_where_everything_has_score_zero_the_relevant_document_stands_in_the_middle() -> None:
    found = Case(np.zeros((1, 100)), np.eye(1, 100)).found()

    assert first_rank(found) == pytest.approx([50.5])
    assert recall(found, 10) == pytest.approx([0.1])
    assert reciprocal_rank(found) == pytest.approx([np.mean(1 / np.arange(1, 101))])


def test_a_document_that_is_not_ranked_stands_above_nobody() -> None:
    above, tied = stand(np.array([[0.2, -np.inf, 0.5]]), np.array([0, 0]), np.array([0, 2]))

    assert above.tolist() == [1, 0]
    assert tied.tolist() == [1, 1]


def test_many_documents_are_compared_in_pieces_that_join_without_a_seam(monkeypatch: pytest.MonkeyPatch) -> None:
    scores = np.random.default_rng(0).integers(5, size=(20, 7)).astype(float)
    row, column = np.nonzero(scores > 1)
    whole = stand(scores, row, column)
    monkeypatch.setattr("matcher.ranking.metrics._COMPARED", 10)

    np.testing.assert_array_equal(stand(scores, row, column), whole)


# ---- the bootstrap


def test_the_bootstrap_gives_the_same_interval_each_time_and_another_for_another_seed() -> None:
    values = np.random.default_rng(1).random((50, 2))

    np.testing.assert_array_equal(bootstrap_interval(values), bootstrap_interval(values))
    assert not np.array_equal(bootstrap_interval(values), bootstrap_interval(values, seed=1))


def test_a_constant_difference_between_two_systems_has_an_interval_without_width() -> None:
    ours = np.random.default_rng(2).random((40, 1))
    low, high = bootstrap_interval(np.hstack([ours, ours - 0.1, np.full((40, 1), 0.1)]), resamples=500)

    assert high[0] - low[0] > 0.1
    assert low[0] - low[1] == pytest.approx(0.1)
    assert low[2] == pytest.approx(0.1)
    assert high[2] == pytest.approx(0.1)


def test_the_interval_covers_the_true_mean_about_as_often_as_it_says() -> None:
    luck = np.random.default_rng(3)
    covered = 0
    for seed in range(300):
        low, high = bootstrap_interval(luck.random((60, 1)) < 0.4, seed=seed, resamples=400)
        covered += low[0] <= 0.4 <= high[0]

    # 95 of 100, with a standard error of 1.3; the percentile bootstrap of 60 queries covers a little less.
    assert 0.90 <= covered / 300 <= 0.985


def test_the_interval_is_about_that_of_the_normal_law() -> None:
    values = np.random.default_rng(4).random((400, 1))
    low, high = bootstrap_interval(values)
    half = 1.96 * values.std() / 20

    assert low[0] == pytest.approx(values.mean() - half, abs=0.003)
    assert high[0] == pytest.approx(values.mean() + half, abs=0.003)


def test_the_bootstrap_draws_in_pieces_and_draws_all(monkeypatch: pytest.MonkeyPatch) -> None:
    values = np.random.default_rng(5).random((30, 1))
    whole = bootstrap_interval(values, resamples=1000)
    monkeypatch.setattr("matcher.ranking.metrics._DRAWN", 100)

    np.testing.assert_allclose(bootstrap_interval(values, resamples=1000), whole)
