"""The nearest of both sides by their texts alone: the best documents of each query, and queries of each document."""

from typing import NamedTuple

import numpy as np
import scipy.sparse as sp

from matcher.ranking.ranker import SCORE_UNIT
from matcher.ranking.sweep import Aim, Asked, sweep
from matcher.text.products import row_products


class Nearest(NamedTuple):
    """
    The best of each row, in order: the highest score first, of equal ones the first position.

    Attributes
    ----------
    position : int, shape (n_rows, k)
        Of the other side; -1 where there are fewer.
    score : int, shape (n_rows, k)
        In `matcher.ranking.ranker.SCORE_UNIT`; 0 where there are fewer.
    """

    position: np.ndarray
    score: np.ndarray


def nearest(queries: sp.csr_array, documents: sp.csr_array, k: int) -> tuple[Nearest, Nearest]:
    """
    Find the documents nearest to each query, and the queries nearest to each document.

    Parameters
    ----------
    queries, documents : float, CSR, shapes (n_queries, n_terms) and (n_documents, n_terms)
        Row products are scores in [0, 1], as of `matcher.text.Profiles`; none is negative.
    k : int
        At least 1.

    Returns
    -------
    of_queries, of_documents : Nearest
        Those with a score above 0, in `SCORE_UNIT`.

    Raises
    ------
    ValueError
        When the terms are not the same, ``k`` is no positive number, or a weight is negative.

    Examples
    --------
    >>> queries, documents = sp.csr_array([[1.0, 0.0], [0.6, 0.8]]), sp.csr_array([[0.0, 1.0], [1.0, 0.0]])
    >>> of_queries, of_documents = nearest(queries, documents, 1)
    >>> of_queries.position.ravel().tolist(), of_documents.position.ravel().tolist()
    ([1, 0], [1, 0])
    """
    if queries.shape[1] != documents.shape[1]:
        raise ValueError(f"{queries.shape[1]} terms of queries and {documents.shape[1]} of documents are not the same")
    if k < 1:
        raise ValueError(f"k is {k}, not a positive number")
    if min(queries.data.min(initial=0), documents.data.min(initial=0)) < 0:
        raise ValueError("a weight is negative")
    queries, documents = _sorted(queries), _sorted(documents)
    text = Aim(1.0, 0.0, lambda kinds, some: np.zeros((len(kinds), some.stop - some.start)))
    kind, left_out = np.zeros(queries.shape[0], dtype=np.intp), (queries.shape[0], documents.shape[0])
    found = sweep(Asked(queries, documents, (), kind, (text, text), 0.0, sp.csr_array(left_out, dtype=bool)), k)
    score = np.rint(row_products(queries, documents, found.query, found.document) / SCORE_UNIT).astype(np.int64)
    query, document, score = (array[score > 0] for array in (found.query, found.document, score))
    return (
        _in_order(query, document, score, queries.shape[0], k),
        _in_order(document, query, score, documents.shape[0], k),
    )


def _sorted(rows: sp.csr_array) -> sp.csr_array:
    """Give rows with their terms in order and once each, for sums are made in that order; what was given stays."""
    if rows.has_canonical_format:
        return rows
    rows = rows.copy()
    rows.sum_duplicates()
    return rows


def _in_order(row: np.ndarray, other: np.ndarray, score: np.ndarray, n_rows: int, k: int) -> Nearest:
    """Put the best of each row in order."""
    order = np.lexsort((other, -score, row))
    row, other, score = row[order], other[order], score[order]
    place = np.arange(len(row)) - np.searchsorted(row, row)
    best = place < k
    found = Nearest(np.full((n_rows, k), -1, dtype=np.int64), np.zeros((n_rows, k), dtype=np.int64))
    found.position[row[best], place[best]], found.score[row[best], place[best]] = other[best], score[best]
    return found
