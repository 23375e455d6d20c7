"""The nearest of both sides: the same as by weighing every pair, whatever the blocks, the ties and the order."""

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given
from hypothesis import strategies as st

from matcher.ranking.nearest import Nearest, nearest
from matcher.ranking.ranker import SCORE_UNIT
from matcher.ranking.sweep import DOCUMENTS, QUERIES


def by_hand(scores: np.ndarray, k: int) -> Nearest:
    """Put all of each row in order and keep the first k with a score: the highest first, of equal ones the first."""
    order = np.argsort(-scores, axis=1, kind="stable")[:, :k]
    best = np.take_along_axis(scores, order, axis=1)
    missing = ((0, 0), (0, k - best.shape[1]))
    return Nearest(
        np.pad(np.where(best > 0, order, -1), missing, constant_values=-1), np.pad(best, missing, constant_values=0)
    )


def confirm_exact(queries: sp.csr_array, documents: sp.csr_array, k: int) -> None:
    scores = np.rint((queries @ documents.T).toarray() / SCORE_UNIT).astype(np.int64)
    for found, expected in zip(nearest(queries, documents, k), (by_hand(scores, k), by_hand(scores.T, k)), strict=True):
        np.testing.assert_array_equal(found.score, expected.score)
        np.testing.assert_array_equal(found.position, expected.position)


def texts(seed: int, n_rows: int, n_terms: int, length: int, *, steps: int = 0) -> sp.csr_array:
    """Make rows of unit length whose terms are as unlike in frequency as words are; weights in few steps make ties."""
    draw = np.random.default_rng(seed)
    terms = np.minimum((draw.pareto(0.6, (n_rows, length)) * 3).astype(int), n_terms - 1)
    weights = draw.integers(1, steps + 1, terms.shape) / 8 if steps else draw.random(terms.shape)
    rows = sp.csr_array(
        (weights.ravel(), terms.ravel(), np.arange(0, terms.size + 1, length)), shape=(n_rows, n_terms), dtype=float
    )
    rows.sum_duplicates()
    lengths = np.full(n_rows, 256.0) if steps else np.sqrt((rows * rows).sum(axis=1))
    return sp.csr_array(sp.diags_array(1 / lengths) @ rows)


@st.composite
def two_sides(draw: st.DrawFn) -> tuple[sp.csr_array, sp.csr_array, int]:
    n_terms = draw(st.integers(1, 6))
    weights = st.lists(st.sampled_from((0.0, 0.0, 0.125, 0.25, 0.5)), min_size=n_terms, max_size=n_terms)
    sides = [sp.csr_array(np.array(draw(st.lists(weights, min_size=1, max_size=9)))) for _ in range(2)]
    return sides[0], sides[1], draw(st.integers(1, 5))


@given(two_sides())
def test_few_of_each_side_are_as_by_hand(sides: tuple[sp.csr_array, sp.csr_array, int]) -> None:
    confirm_exact(*sides)


@pytest.mark.parametrize("steps", [0, 2], ids=["all unlike", "many tied"])
@pytest.mark.parametrize("k", [1, 3, 20])
def test_more_than_a_block_of_each_side_are_as_by_hand(k: int, steps: int) -> None:
    queries = texts(1, QUERIES + 77, 3000, 15, steps=steps)
    confirm_exact(queries, texts(2, DOCUMENTS + 333, 3000, 25, steps=steps), k)


def test_terms_that_everybody_has_and_terms_that_nobody_has_are_as_by_hand() -> None:
    draw = np.random.default_rng(3)
    queries, documents = draw.random((30, 40)) / 40, draw.random((50, 40)) / 40
    queries[:, 31:], documents[:, :3] = 0, 0
    confirm_exact(sp.csr_array(queries), sp.csr_array(documents), 7)


def test_a_score_does_not_depend_on_who_else_is_there() -> None:
    queries, documents = texts(4, 60, 900, 12), texts(5, 500, 900, 20)
    of_all = nearest(queries, documents, 500)[0]
    for part in (slice(0, 100), slice(50, 400)):
        of_part = nearest(queries, documents[part], 500)[0]
        for row in range(60):
            known = dict(zip(of_all.position[row].tolist(), of_all.score[row].tolist(), strict=True))
            found = [
                (at + part.start, score)
                for at, score in zip(of_part.position[row].tolist(), of_part.score[row].tolist(), strict=True)
                if at >= 0
            ]
            assert all(known[at] == score for at, score in found)


def test_what_is_given_is_not_changed() -> None:
    unordered = sp.csr_array((np.array([0.5, 0.25, 0.25]), np.array([2, 0, 2]), np.array([0, 3])), shape=(1, 3))
    before = (unordered.data.copy(), unordered.indices.copy())
    confirm_exact(unordered, sp.csr_array(np.eye(3)), 2)
    np.testing.assert_array_equal(unordered.data, before[0])
    np.testing.assert_array_equal(unordered.indices, before[1])


@pytest.mark.parametrize(
    ("queries", "documents", "k", "said"),
    [
        (np.ones((1, 2)), np.ones((1, 3)), 1, "2 terms of queries and 3 of documents are not the same"),
        (np.ones((1, 2)), np.ones((1, 2)), 0, "k is 0, not a positive number"),
        (np.ones((1, 2)), np.array([[1.0, -1.0]]), 1, "a weight is negative"),
    ],
)
def test_a_programmers_mistake_is_named(queries: np.ndarray, documents: np.ndarray, k: int, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        nearest(sp.csr_array(queries), sp.csr_array(documents), k)


@pytest.mark.parametrize(("n_queries", "n_documents"), [(0, 3), (3, 0)])
def test_where_there_is_nobody_nobody_is_near(n_queries: int, n_documents: int) -> None:
    of_queries, of_documents = nearest(sp.csr_array((n_queries, 4)), sp.csr_array((n_documents, 4)), 2)
    assert of_queries.position.tolist() == [[-1, -1]] * n_queries
    assert of_documents.score.tolist() == [[0, 0]] * n_documents
