"""
All pairs in one pass, both sides at once: who may be among the best of each, and what bars how many.

A block of documents at a time, terms are of two kinds. The few that many documents have stand in dense columns, which
add up eight at an instruction; all others stand in lists of whoever has them, so that a pair costs what its texts share
[1]_. Channels of vectors are a product of matrices. All add to sums of 32 bits, which are near enough to tell who can't
be among the best, and on which side of a smallest fit a pair is. Whoever may be among the best is noted, and so is
every pair too near to a smallest fit to tell: these few are for others to score, exactly. So what is found depends
neither on blocks nor on the processor.

References
----------
.. [1] Zobel and Moffat (2006). Inverted files for text search engines. ACM Computing Surveys 38.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple, TypeVar

import numpy as np
import scipy.sparse as sp
from threadpoolctl import threadpool_limits

from matcher.ranking.kernel import (
    COMMON,
    DOCUMENTS,
    QUERIES,
    ROUNDING,
    TILE,
    Bounds,
    Kept,
    Kernels,
    Noted,
    compiled,
    tiles_of,
)
from matcher.ranking.ranker import SCORE_UNIT


class Vectors(NamedTuple):
    """
    A channel of vectors, which adds ``share`` of what a cosine is above ``usual``, and at least nothing.

    Attributes
    ----------
    queries, documents : float, shapes (n_queries, n_dimensions) and (n_documents, n_dimensions)
        Rows of unit length, or 0.
    share, usual : float in [0, 1]
    """

    queries: np.ndarray
    documents: np.ndarray
    share: float
    usual: float

    @property
    def blur(self) -> float:
        """More than a cosine of 32 bits can be off."""
        return (self.queries.shape[1] + 8) * ROUNDING


class Aim(NamedTuple):
    """
    What one side goes by: ``share`` of the texts' sum, and the rest of the score by kinds of queries.

    Attributes
    ----------
    share : float in [0, 1]
    least : float
        Smallest score that is acceptable.
    rest : callable
        Takes kinds, int of shape (n_kinds,), and a slice of documents; gives float of shape (n_kinds, n_documents),
        -1 where no pair of that kind is to be looked at.
    """

    share: float
    least: float
    rest: Callable[[np.ndarray, slice], np.ndarray]


class Asked(NamedTuple):
    """
    All pairs of queries and documents, or all but some.

    Attributes
    ----------
    queries, documents : float, CSR, shapes (n_queries, n_terms) and (n_documents, n_terms)
        Row products are agreements in [0, 1], as of `matcher.text.Profiles`; no weight is negative. Columns in order.
    vectors : sequence of Vectors
        Add to the agreements.
    kind : int, shape (n_queries,)
    aims : (Aim, Aim)
        Of the queries and of the documents.
    least : float
        Smallest agreement that is acceptable.
    left_out : bool, CSR, shape (n_queries, n_documents)
        Pairs that are not looked at.
    """

    queries: sp.csr_array
    documents: sp.csr_array
    vectors: Sequence[Vectors]
    kind: np.ndarray
    aims: tuple[Aim, Aim]
    least: float
    left_out: sp.csr_array

    def by_kind(self) -> tuple[np.ndarray, "Asked"]:
        """
        Put queries of a kind together, so that a block has few kinds; where each was, and what is asked then.

        Of few documents the rest is a small table, whatever kinds a block has.
        """
        if self.documents.shape[0] <= TILE:
            return np.arange(len(self.kind)), self
        order = np.argsort(self.kind, kind="stable")
        vectors = [channel._replace(queries=channel.queries[order]) for channel in self.vectors]
        moved = self._replace(queries=self.queries[order], kind=self.kind[order], left_out=self.left_out[order])
        return order, moved._replace(vectors=vectors)


Pair = tuple[np.ndarray, np.ndarray]
"""Positions of queries and of documents, int, shape (n_pairs,) each."""


T = TypeVar("T")


class Found(NamedTuple):
    """
    What a sweep finds; see `sweep`.

    Attributes
    ----------
    query, document : int, shape (n_pairs,)
        Every pair that may be among the best of its query or of its document, of those that are acceptable for sure;
        each once, by query, then by document.
    unclear : (query, document), int, shape (n_unclear,) each
        Pairs in no count, which may be acceptable, and among the best.
    of_queries, of_documents : int, shapes (n_queries, 4) and (n_documents, 4)
        How many pairs are acceptable, share nothing, are below the documents' least, or only below the queries'.
    """

    query: np.ndarray
    document: np.ndarray
    unclear: Pair
    of_queries: np.ndarray
    of_documents: np.ndarray


class Reached(NamedTuple):
    """
    Pairs whose scores are above floors on both sides; see `reach`.

    Attributes
    ----------
    pairs : Pair
        Those that may be above; all of them, or where they are counted, those that can't be told.
    of_queries, of_documents : int, shapes (n_queries,) and (n_documents,)
        How many are above for sure; 0 where they are not counted.
    """

    pairs: Pair
    of_queries: np.ndarray
    of_documents: np.ndarray


def sweep(
    asked: Asked, k: int, on_progress: Callable[[int], None] | None = None, *, floors: Pair | None = None
) -> Found:
    """
    Find who may be among the best, and count what bars the others.

    Parameters
    ----------
    asked : Asked
    k : int
        How many are the best, at least 1.
    on_progress : callable or None
        Called with the number of pairs that are done.
    floors : (int, int), shapes (n_queries,) and (n_documents,), or None
        Scores in `SCORE_UNIT` below which nobody is looked for, however few are among the best.

    Returns
    -------
    Found
        Who is among the best is there for sure: among the acceptable, of highest score, ties with the last included.
        Others are there too.
    """
    n_queries, n_documents = asked.left_out.shape
    floors = floors or (np.zeros(n_queries, dtype=np.int64), np.zeros(n_documents, dtype=np.int64))
    return _with_kernels(lambda kernels: _swept(kernels, *asked.by_kind(), k, floors=floors, on_progress=on_progress))


def _swept(
    kernels: Kernels,
    order: np.ndarray,
    asked: Asked,
    k: int,
    *,
    floors: Pair,
    on_progress: Callable[[int], None] | None,
) -> Found:
    bounds, (n_queries, n_documents) = _bounds(asked), asked.left_out.shape
    of_sides = zip((floors[0][order], floors[1]), bounds.blur, strict=True)
    # Above one less is from the floor on.
    own, their = (Noted.of(_floor_bounds(floor - 1, bounds.off, blur)[0], k) for floor, blur in of_sides)
    noted = own, their
    counts = np.zeros((n_queries, 4), dtype=np.int64), np.zeros((4, n_documents), dtype=np.int64)
    spilt, unclear = Kept.of(), Kept.of()
    for block in _blocks(kernels, asked):
        kernels.pick(*block, bounds, k, *noted, *counts, spilt.room, unclear.room)
        spilt.take()
        unclear.take()
        if on_progress:
            on_progress(len(block.which) * block.own_rest.shape[1])
    for one, blur in zip(noted, bounds.blur, strict=True):
        kernels.thin_all(one, k, bounds.off, blur)
    pairs = (noted[0].pairs(), noted[1].pairs()[::-1], spilt.all())
    query, document = (np.concatenate(side) for side in zip(*pairs, strict=True))
    cells = np.unique(order[query] * max(n_documents, 1) + document)
    query, document = unclear.all()
    of_queries = np.empty_like(counts[0])
    of_queries[order] = counts[0]
    return Found(*np.divmod(cells, max(n_documents, 1)), (order[query], document), of_queries, counts[1].T)


def reach(asked: Asked, floors: Pair, *, are_counted: bool = False) -> Reached:
    """
    Find the acceptable pairs that score above a floor of the query and one of the document, or count them.

    Parameters
    ----------
    asked : Asked
    floors : (int, int), shapes (n_queries,) and (n_documents,)
        In `SCORE_UNIT`.
    are_counted : bool
        Whether those that are above for sure are counted, not kept.

    Returns
    -------
    Reached
    """
    return _with_kernels(lambda kernels: _reached(kernels, *asked.by_kind(), floors, are_counted))


def _reached(kernels: Kernels, order: np.ndarray, asked: Asked, floors: Pair, are_counted: bool) -> Reached:
    bounds, kept = _bounds(asked), Kept.of()
    by_kind = zip((floors[0][order], floors[1]), bounds.blur, strict=True)
    sides = [_floor_bounds(floor, bounds.off, blur) for floor, blur in by_kind]
    counts = [np.zeros(len(floor), dtype=np.int64) for floor in floors]
    for block in _blocks(kernels, asked):
        kernels.reach(*block, bounds, *sides, *counts, are_counted, kept.room)
        kept.take()
    query, document = kept.all()
    of_queries = np.empty_like(counts[0])
    of_queries[order] = counts[0]
    return Reached((order[query], document), of_queries, counts[1])


def _with_kernels(work: Callable[[Kernels], T]) -> T:
    with threadpool_limits(1, user_api="blas"):  # on two, most of the second waits
        try:
            return work(compiled(cached=True))
        except (OSError, RuntimeError):  # no folder that the compiler may write to: compiled for this process alone
            return work(compiled(cached=False))


def _bounds(asked: Asked) -> Bounds:
    """Bound what sums of so many terms, and products of vectors so long, can be off."""
    aims, off = asked.aims, (np.diff(asked.queries.indptr).max(initial=0) + 8) * ROUNDING
    blur = sum(2 * channel.share / (1 - channel.usual) * channel.blur for channel in asked.vectors)
    leasts, shares = (asked.least, aims[0].least, aims[1].least), (1.0, aims[0].share, aims[1].share)
    low = [np.float32((value - SCORE_UNIT) * (1 - off)) for value in leasts]
    high = [
        np.float32((value + SCORE_UNIT) * (1 + off) + share * blur) if value > 0 else np.float32(0)
        for value, share in zip(leasts, shares, strict=True)
    ]
    return Bounds(tuple(low), tuple(high), off, (aims[0].share * blur, aims[1].share * blur), np.float32(1.01 * blur))


def _floor_bounds(floor: np.ndarray, off: float, blur: float) -> Pair:
    """Give of each floor, in 32 bits, below what no score is above it, and from where on every score is."""
    value = np.clip(floor, -1, 4 / SCORE_UNIT) * SCORE_UNIT
    high = np.where(floor < 0, 0, (value + 2 * SCORE_UNIT) * (1 + off) + blur)
    return (value * (1 - off)).astype(np.float32), high.astype(np.float32)


class _Block(NamedTuple):
    """
    Sums of some queries and documents, as the kernels take them.

    Attributes
    ----------
    sums : float32, shape (n_queries, n_documents), at least of those of the block
    query, document : int
        Positions of the first of each.
    which : int, shape (n_queries_of_the_block,)
        Row of the rests.
    shares : (float32, float32)
    own_rest, their_rest : float32, shape (n_kinds_of_the_block, n_documents_of_the_block)
    """

    sums: np.ndarray
    query: int
    document: int
    which: np.ndarray
    shares: tuple[np.float32, ...]
    own_rest: np.ndarray
    their_rest: np.ndarray


def _blocks(kernels: Kernels, asked: Asked) -> Iterator[_Block]:
    """Go over all pairs, a block of them at a time."""
    shares, (n_queries, n_documents) = tuple(np.float32(aim.share) for aim in asked.aims), asked.left_out.shape
    for query, document, sums in _sums(kernels, asked):
        ends = min(query + sums.shape[0], n_queries), min(document + sums.shape[1], n_documents)
        out = asked.left_out[query : ends[0], document : ends[1]].tocoo()
        sums[out.row, out.col] = -1
        kinds, which = np.unique(asked.kind[query : ends[0]], return_inverse=True)
        rest = (np.ascontiguousarray(aim.rest(kinds, slice(document, ends[1])), dtype=np.float32) for aim in asked.aims)
        yield _Block(sums, query, document, which, shares, *rest)


def _sums(kernels: Kernels, asked: Asked) -> Iterator[tuple[int, int, np.ndarray]]:
    """Add up the agreements of a block of queries and of documents after another."""
    queries, documents = asked.queries, asked.documents
    often = np.bincount(documents.indices, minlength=documents.shape[1])
    is_common = often > COMMON * documents.shape[0]
    # Rare ones are -1, common ones numbered; of what no document has nothing comes.
    place = np.where(is_common, np.cumsum(is_common) - 1, np.where(often > 0, -1, -2)).astype(np.int32)
    rare, common = kernels.part(queries, place)
    near = [channel._replace(queries=channel.queries.astype(np.float32, copy=False)) for channel in asked.vectors]
    for document in range(0, documents.shape[0], DOCUMENTS):
        rare_theirs, common_theirs = kernels.part(documents[document : document + DOCUMENTS], place)
        lists, tiles = rare_theirs.transposed(len(place)), tiles_of(common_theirs, is_common.sum())
        across = [channel.documents[document : document + DOCUMENTS].astype(np.float32).T for channel in near]
        # Of fewer documents more queries are added up at a time.
        n_queries = QUERIES * DOCUMENTS // (len(tiles) * TILE)
        sums = np.empty((n_queries, len(tiles) * TILE), dtype=np.float32)
        for query in range(0, queries.shape[0], n_queries):
            sums[:] = 0
            for channel, theirs in zip(near, across, strict=True):
                # Of what is usual a blur less: so what it adds something to is never taken for nothing.
                low, scale = channel.usual - channel.blur, channel.share / (1 - channel.usual)
                cosines = channel.queries[query : query + n_queries] @ theirs
                kernels.add_vectors(cosines, *(np.float32(number) for number in (low, scale, channel.share)), sums)
            kernels.add_rare(rare, lists, query, sums)
            kernels.add_common(common, tiles, query, sums)
            yield query, document, sums
