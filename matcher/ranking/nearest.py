"""
The nearest of both sides among very many, exactly: the best k documents of each query, and queries of each document.

One pass over all pairs serves both sides. A block of documents at a time, terms are of two kinds. The few that many
documents have stand in dense columns, which add up eight at an instruction; all others stand in lists of whoever has
them, so that a pair costs what its texts share [1]_. Both add to sums of 32 bits, which are near enough to tell who
can't be among the best. Whoever may be is noted, and weighed again in 64 bits at the end, or when there are too many to
note; always in the same order of terms, so that scores do not depend on blocks, or on who else is there.

References
----------
.. [1] Zobel and Moffat (2006). Inverted files for text search engines. ACM Computing Surveys 38.
"""

from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

import numpy as np
import scipy.sparse as sp

from matcher.ranking.ranker import SCORE_UNIT

COMMON = 0.1
"""Share of the documents from which on a term has a dense column: there a column costs what a list does."""

QUERIES, DOCUMENTS, TILE = 256, 4096, 256
"""
So many queries, and so many documents in tiles of so many, are added up at a time: their sums take 4 MB, and a tile's
columns stay in the cache next to the processor while all those queries go over it.
"""

_ROUNDING = 2.0**-23
"""More than a term of a sum of 32 bits can be off, of itself: twice the unit of rounding, for the product as well."""

_NEAR_NOTHING = 0.4 * SCORE_UNIT
"""Sums from here on may be a score above 0."""

_CHUNK = 32
"""Sums looked at together, at an instruction or two each eight: most chunks hold nobody who may be among the best."""

_ROOM = 3
"""Times k: so many are noted of a row before those are left out who can't be among the best by now."""


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
    try:
        return _nearest(queries, documents, k, _compiled(cached=True))
    except (OSError, RuntimeError):  # no folder that the compiler may write to: compiled for this process alone
        return _nearest(queries, documents, k, _compiled(cached=False))


def _nearest(
    queries: sp.csr_array, documents: sp.csr_array, k: int, kernels: tuple[Callable[..., Any], ...]
) -> tuple[Nearest, Nearest]:
    scatter, sweep, pick, finish = kernels
    is_common = np.bincount(documents.indices, minlength=documents.shape[1]) > COMMON * documents.shape[0]
    queries, documents = _sorted(queries), _sorted(documents)
    whole = _Rows.of(queries, np.float64), _Rows.of(documents, np.float64)
    rare, common = _Rows.of(_kept(queries, ~is_common), np.float32), _Rows.of(queries[:, is_common], np.float32)
    noted = _Noted.of(queries, k), _Noted.of(documents, k)
    slack = 1 - 2 * (np.diff(queries.indptr).max(initial=0) + 2) * _ROUNDING
    sums = np.zeros((QUERIES, DOCUMENTS), dtype=np.float32)
    for document in range(0, documents.shape[0], DOCUMENTS):
        block = documents[document : document + DOCUMENTS]
        lists = _Rows.of(sp.csr_array(_kept(block, ~is_common).T), np.float32)
        tiles = _tiles(block[:, is_common])
        for query in range(0, queries.shape[0], QUERIES):
            sums[:] = 0
            scatter(rare, lists, query, sums)
            sweep(common, tiles, query, sums)
            pick(sums, query, document, k, slack, *whole, *noted)
    return finish(noted[0], *whole, k, slack), finish(noted[1], *whole[::-1], k, slack)


class _Rows(NamedTuple):
    """A sparse matrix, as the kernels read it: its columns, or what they stand for, and values, a row after another."""

    start: np.ndarray
    column: np.ndarray
    value: np.ndarray

    @classmethod
    def of(cls, rows: sp.csr_array, kind: type) -> "_Rows":
        """Take the arrays of a matrix."""
        return cls(rows.indptr.astype(np.int64), rows.indices.astype(np.int32), rows.data.astype(kind))


class _Noted(NamedTuple):
    """
    Those of each row who may be among its best, in no order.

    Attributes
    ----------
    sum, position : arrays of shape (n_rows, n_noted)
        In 32 bits; whom it is with.
    count : int, shape (n_rows,)
        Of those noted.
    least : float, shape (n_rows,)
        Sums below it are of nobody who can be among the best.
    spread : float, shape (n_terms,)
        Room to spread one row out over all terms; 0 between uses.
    """

    sum: np.ndarray
    position: np.ndarray
    count: np.ndarray
    least: np.ndarray
    spread: np.ndarray

    @classmethod
    def of(cls, rows: sp.csr_array, k: int) -> "_Noted":
        """Note nobody yet."""
        n_rows, n_terms = rows.shape
        shape = (n_rows, _ROOM * k)
        least = np.full(n_rows, _NEAR_NOTHING, dtype=np.float32)
        return cls(
            np.zeros(shape, np.float32), np.zeros(shape, np.int32), np.zeros(n_rows, np.int32), least, np.zeros(n_terms)
        )


def _sorted(rows: sp.csr_array) -> sp.csr_array:
    """Give rows with their terms in order and once each, for sums are made in that order; what was given stays."""
    if rows.has_canonical_format:
        return rows
    rows = rows.copy()
    rows.sum_duplicates()
    return rows


def _kept(rows: sp.csr_array, columns: np.ndarray) -> sp.csr_array:
    """Keep some columns, the others as if they were empty."""
    kept = rows.copy()
    kept.data[~columns[kept.indices]] = 0
    kept.eliminate_zeros()
    return kept


def _tiles(columns: sp.csr_array) -> np.ndarray:
    """Spread common terms of a block of documents out, shape (n_tiles, n_common, TILE)."""
    spread = np.zeros((DOCUMENTS, columns.shape[1]), dtype=np.float32)
    spread[: columns.shape[0]] = columns.toarray()
    return np.ascontiguousarray(spread.reshape(DOCUMENTS // TILE, TILE, -1).transpose(0, 2, 1))


@cache
def _compiled(*, cached: bool) -> tuple[Callable[..., Any], ...]:
    import numba
    from numba.extending import register_jitable

    for part in (_thin, _kth, _in_order):
        register_jitable(part)
    plain = numba.njit(cache=cached, nogil=True)
    # In 32 bits a product may be added before it is rounded, which is quicker and no less near. In 64 it may not: on
    # another processor the score would be another.
    sweep = numba.njit(cache=cached, nogil=True, fastmath={"contract"})(_sweep)
    finish = plain(_finish)
    return plain(_scatter), sweep, plain(_pick), lambda *given: Nearest(*finish(*given))


# From here on the code is compiled, so it is plain loops over numbers, with names for what is in the tuples: the
# compiled code counts references whenever it reaches into one.


def _scatter(rare: _Rows, lists: _Rows, query: int, sums: np.ndarray) -> None:
    """Add to the sums of some queries what comes of rare terms: by the list of whoever has one."""
    start, term, weight = rare.start, rare.column, rare.value
    list_start, who, their_weight = lists.start, lists.column, lists.value
    for line in range(min(QUERIES, len(start) - 1 - query)):
        out = sums[line]
        for at in range(start[query + line], start[query + line + 1]):
            for there in range(list_start[term[at]], list_start[term[at] + 1]):
                out[who[there]] += weight[at] * their_weight[there]


def _sweep(common: _Rows, tiles: np.ndarray, query: int, sums: np.ndarray) -> None:
    """Add to the sums of some queries what comes of common terms: a tile at a time, four columns at once."""
    start, column, weight = common.start, common.column, common.value
    for place in range(len(tiles)):
        tile = tiles[place]
        for line in range(min(QUERIES, len(start) - 1 - query)):
            out = sums[line, place * TILE : (place + 1) * TILE]
            at, end = start[query + line], start[query + line + 1]
            while at + 4 <= end:
                a, b, c, d = tile[column[at]], tile[column[at + 1]], tile[column[at + 2]], tile[column[at + 3]]
                p, q, r, s = weight[at], weight[at + 1], weight[at + 2], weight[at + 3]
                for j in range(TILE):
                    out[j] += p * a[j] + q * b[j] + r * c[j] + s * d[j]
                at += 4
            while at < end:
                a, p = tile[column[at]], weight[at]
                for j in range(TILE):
                    out[j] += p * a[j]
                at += 1


def _pick(  # noqa: PLR0917 - a compiled kernel, which takes its arrays and numbers flat
    sums: np.ndarray,
    query: int,
    document: int,
    k: int,
    slack: float,
    queries: _Rows,
    documents: _Rows,
    of_queries: _Noted,
    of_documents: _Noted,
) -> None:
    """Note those of either side whose sums reach its least; without room, who can't be among the best goes first."""
    own_sum, own_who, own_count, own_least = of_queries.sum, of_queries.position, of_queries.count, of_queries.least
    their_sum, their_who, their_count = of_documents.sum, of_documents.position, of_documents.count
    their_least, room = of_documents.least, own_sum.shape[1]
    n_documents = min(DOCUMENTS, len(their_least) - document)
    for line in range(min(QUERIES, len(own_least) - query)):
        one = query + line
        for chunk in range(0, n_documents, _CHUNK):
            end = min(chunk + _CHUNK, n_documents)
            least, hits = own_least[one], 0
            for j in range(chunk, end):
                hits += sums[line, j] >= min(least, their_least[document + j])
            if hits == 0:
                continue
            for j in range(chunk, end):
                sum_, other = sums[line, j], document + j
                if sum_ >= own_least[one]:
                    if own_count[one] == room:
                        _thin(of_queries, queries, documents, one, k, slack)
                    own_sum[one, own_count[one]], own_who[one, own_count[one]] = sum_, other
                    own_count[one] += sum_ >= own_least[one]
                if sum_ >= their_least[other]:
                    if their_count[other] == room:
                        _thin(of_documents, documents, queries, other, k, slack)
                    their_sum[other, their_count[other]], their_who[other, their_count[other]] = sum_, one
                    their_count[other] += sum_ >= their_least[other]


def _thin(  # noqa: PLR0917 - a compiled kernel, which takes its arrays and numbers flat
    noted: _Noted, own: _Rows, others: _Rows, row: int, k: int, slack: float
) -> None:
    """
    Leave out those of a row whose sums say that they can't be among the best; where too many are equal, by score.

    A unit of score is taken off as well: scores are rounded to it.
    """
    sums, position = noted.sum[row, : noted.count[row]], noted.position[row, : noted.count[row]]
    least = _kth(sums, k) * slack - SCORE_UNIT
    noted.least[row] = max(least, noted.least[row])
    count = 0
    for at in range(len(sums)):
        if sums[at] >= noted.least[row]:
            sums[count], position[count] = sums[at], position[at]
            count += 1
    if 2 * count > noted.sum.shape[1] + k:
        _, order = _in_order(noted, own, others, row, count)
        first = np.sort(order[:k])
        for at in range(len(first)):
            sums[at], position[at] = sums[first[at]], position[first[at]]
        count = len(first)
    noted.count[row] = count


def _kth(sums: np.ndarray, k: int) -> float:
    """Give the k-th highest of at least k sums; of so few, going over the best again beats sorting."""
    best, low = sums[:k].copy(), np.argmin(sums[:k])
    for at in range(k, len(sums)):
        if sums[at] > best[low]:
            best[low] = sums[at]
            low = np.argmin(best)
    return best[low]


def _finish(noted: _Noted, own: _Rows, others: _Rows, k: int, slack: float) -> tuple[np.ndarray, np.ndarray]:
    """Put the best k of each row in order, by score."""
    n_rows = len(noted.count)
    position, score = np.full((n_rows, k), -1, dtype=np.int64), np.zeros((n_rows, k), dtype=np.int64)
    for row in range(n_rows):
        if noted.count[row] > k:
            _thin(noted, own, others, row, k, slack)
        found, order = _in_order(noted, own, others, row, noted.count[row])
        for place in range(min(k, len(order))):
            if found[order[place]] > 0:
                position[row, place], score[row, place] = noted.position[row, order[place]], found[order[place]]
    return position, score


def _in_order(noted: _Noted, own: _Rows, others: _Rows, row: int, count: int) -> tuple[np.ndarray, np.ndarray]:
    """
    Weigh those noted of a row again, and order them: the highest score first, of equal ones the first noted.

    The products of the terms that both have are added up in the order of terms: those between add nothing at all.
    """
    spread, start, end = noted.spread, own.start[row], own.start[row + 1]
    for at in range(start, end):
        spread[own.column[at]] = own.value[at]
    score = np.zeros(count, dtype=np.int64)
    for at in range(count):
        who, total = noted.position[row, at], 0.0
        for there in range(others.start[who], others.start[who + 1]):
            total += spread[others.column[there]] * others.value[there]
        score[at] = int(np.rint(total / SCORE_UNIT))
    for at in range(start, end):
        spread[own.column[at]] = 0.0
    return score, np.argsort(-score, kind="mergesort")
