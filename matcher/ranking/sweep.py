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
from functools import cache
from typing import Any, NamedTuple

import numpy as np
import scipy.sparse as sp
from threadpoolctl import threadpool_limits

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

_MOST = 255
"""Queries after which the counts of documents, 8 bits each, are put away."""

_ROOM = 3
"""Times k: so many are noted of a row before those are left out who can't be among the best by now."""


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
        return (self.queries.shape[1] + 8) * _ROUNDING


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


class Found(NamedTuple):
    """
    What a sweep finds; see `sweep`.

    Attributes
    ----------
    query, document : int, shape (n_pairs,)
        Every pair that may be among the best of its query or of its document, of those that are acceptable for sure;
        each once, by query, then by document.
    unclear : (query, document), int, shapes (n_unclear,)
        Pairs in no count, which may be acceptable, and among the best.
    of_queries, of_documents : int, shapes (n_queries, 4) and (n_documents, 4)
        How many pairs are acceptable, share nothing, are below the documents' least, or only below the queries'.
    """

    query: np.ndarray
    document: np.ndarray
    unclear: tuple[np.ndarray, np.ndarray]
    of_queries: np.ndarray
    of_documents: np.ndarray


def sweep(
    queries: sp.csr_array,
    documents: sp.csr_array,
    k: int,
    *,
    vectors: Sequence[Vectors] = (),
    kind: np.ndarray,
    aims: tuple[Aim, Aim],
    least: float,
    left_out: sp.csr_array,
    on_progress: Callable[[int], None] | None = None,
) -> Found:
    """
    Go over all pairs once.

    Parameters
    ----------
    queries, documents : float, CSR, shapes (n_queries, n_terms) and (n_documents, n_terms)
        Row products are agreements in [0, 1], as of `matcher.text.Profiles`; no weight is negative. Columns in order.
    k : int
        How many are the best, at least 1.
    vectors : sequence of Vectors
        Add to the agreements.
    kind : int, shape (n_queries,)
    aims : (Aim, Aim)
        Of the queries and of the documents.
    least : float
        Smallest agreement that is acceptable.
    left_out : bool, CSR, shape (n_queries, n_documents)
        Pairs that are not looked at.
    on_progress : callable or None
        Called with the number of pairs that are done.

    Returns
    -------
    Found
        Who is among the best is there for sure: among the acceptable, of highest score, ties with the last included.
        Others are there too.
    """
    # Those of a kind stand together, so that a block has few kinds.
    order = np.argsort(kind, kind="stable")
    vectors = [channel._replace(queries=channel.queries[order]) for channel in vectors]
    asked = _Asked(queries[order], documents, vectors, kind[order], aims, least, left_out[order])
    with threadpool_limits(1, user_api="blas"):  # on two, most of the second waits
        try:
            found = _swept(_compiled(cached=True), asked, k, on_progress)
        except (OSError, RuntimeError):  # no folder that the compiler may write to: compiled for this process alone
            found = _swept(_compiled(cached=False), asked, k, on_progress)
    of_queries = np.empty_like(found.of_queries)
    of_queries[order] = found.of_queries
    cells = np.unique(order[found.query] * max(documents.shape[0], 1) + found.document)
    unclear = order[found.unclear[0]], found.unclear[1]
    return Found(*np.divmod(cells, max(documents.shape[0], 1)), unclear, of_queries, found.of_documents)


class _Asked(NamedTuple):
    """What a sweep is given; queries of a kind stand together."""

    queries: sp.csr_array
    documents: sp.csr_array
    vectors: Sequence[Vectors]
    kind: np.ndarray
    aims: tuple[Aim, Aim]
    least: float
    left_out: sp.csr_array


class _Bounds(NamedTuple):
    """
    What is sure in 32 bits: a sum from ``high`` on is true to be the least or more, one below ``low`` is less.

    In order: of the texts, of the queries' score, of the documents'. ``off`` is the share of a score that it can be off
    by, ``blur`` what vectors add to that, each side's; texts share something for sure from ``something`` on.
    """

    low: tuple[np.float32, ...]
    high: tuple[np.float32, ...]
    off: float
    blur: tuple[float, float]
    something: np.float32

    @classmethod
    def of(cls, asked: _Asked) -> "_Bounds":
        """Bound what sums of so many terms, and products of vectors so long, can be off."""
        aims, off = asked.aims, (np.diff(asked.queries.indptr).max(initial=0) + 8) * _ROUNDING
        blur = sum(2 * channel.share / (1 - channel.usual) * channel.blur for channel in asked.vectors)
        leasts, shares = (asked.least, aims[0].least, aims[1].least), (1.0, aims[0].share, aims[1].share)
        low = [np.float32((value - SCORE_UNIT) * (1 - off)) for value in leasts]
        high = [
            np.float32((value + SCORE_UNIT) * (1 + off) + share * blur) if value > 0 else np.float32(0)
            for value, share in zip(leasts, shares, strict=True)
        ]
        return cls(tuple(low), tuple(high), off, (aims[0].share * blur, aims[1].share * blur), np.float32(1.01 * blur))


def _swept(
    kernels: tuple[Callable[..., Any], ...], asked: _Asked, k: int, on_progress: Callable[[int], None] | None
) -> Found:
    *add, pick, thin_all = kernels
    n_queries, n_documents = asked.queries.shape[0], asked.documents.shape[0]
    bounds, shares = _Bounds.of(asked), tuple(np.float32(aim.share) for aim in asked.aims)
    noted = _Noted.of(n_queries, k), _Noted.of(n_documents, k)
    counts = np.zeros((n_queries, 4), dtype=np.int64), np.zeros((4, n_documents), dtype=np.int64)
    spilt, unclear = _Kept.of(), _Kept.of()
    for query, document, sums in _sums(tuple(add), asked):
        ends = min(query + QUERIES, n_queries), min(document + DOCUMENTS, n_documents)
        out = asked.left_out[query : ends[0], document : ends[1]].tocoo()
        sums[out.row, out.col] = -1
        kinds, which = np.unique(asked.kind[query : ends[0]], return_inverse=True)
        some = slice(document, ends[1])
        rest = [np.ascontiguousarray(aim.rest(kinds, some), dtype=np.float32) for aim in asked.aims]
        pick(sums, query, document, which, shares, *rest, bounds, k, *noted, *counts, spilt.room, unclear.room)
        spilt.take()
        unclear.take()
        if on_progress:
            on_progress((ends[0] - query) * (ends[1] - document))
    for one, blur in zip(noted, bounds.blur, strict=True):
        thin_all(one, k, bounds.off, blur)
    pairs = (noted[0].pairs(), noted[1].pairs()[::-1], spilt.all())
    query, document = (np.concatenate(side) for side in zip(*pairs, strict=True))
    return Found(query, document, unclear.all(), counts[0], counts[1].T)


def _sums(kernels: tuple[Callable[..., None], ...], asked: _Asked) -> Iterator[tuple[int, int, np.ndarray]]:
    """Add up the agreements of a block of queries and of documents after another."""
    add_rare, add_common, add_vectors = kernels
    queries, documents = asked.queries, asked.documents
    is_common = np.bincount(documents.indices, minlength=documents.shape[1]) > COMMON * documents.shape[0]
    rare, common = _Rows.of(_kept(queries, ~is_common)), _Rows.of(queries[:, is_common])
    near = [channel._replace(queries=channel.queries.astype(np.float32)) for channel in asked.vectors]
    sums = np.zeros((QUERIES, DOCUMENTS), dtype=np.float32)
    for document in range(0, documents.shape[0], DOCUMENTS):
        block = documents[document : document + DOCUMENTS]
        lists = _Rows.of(sp.csr_array(_kept(block, ~is_common).T))
        tiles = _tiles(block[:, is_common])
        across = [channel.documents[document : document + DOCUMENTS].astype(np.float32).T for channel in near]
        for query in range(0, queries.shape[0], QUERIES):
            sums[:] = 0
            for channel, theirs in zip(near, across, strict=True):
                # Of what is usual a blur less: so what it adds something to is never taken for nothing.
                low, scale = channel.usual - channel.blur, channel.share / (1 - channel.usual)
                cosines = channel.queries[query : query + QUERIES] @ theirs
                add_vectors(cosines, *(np.float32(number) for number in (low, scale, channel.share)), sums)
            add_rare(rare, lists, query, sums)
            add_common(common, tiles, query, sums)
            yield query, document, sums


class _Rows(NamedTuple):
    """A sparse matrix, as the kernels read it: its columns, or what they stand for, and values, a row after another."""

    start: np.ndarray
    column: np.ndarray
    value: np.ndarray

    @classmethod
    def of(cls, rows: sp.csr_array) -> "_Rows":
        """Take the arrays of a matrix."""
        return cls(rows.indptr.astype(np.int64), rows.indices.astype(np.int32), rows.data.astype(np.float32))


class _Noted(NamedTuple):
    """
    Those of each row who may be among its best, in no order.

    Attributes
    ----------
    sum, position : arrays of shape (n_rows, n_noted)
        Score in 32 bits; whom it is with.
    count : int, shape (n_rows,)
        Of those noted.
    least : float, shape (n_rows,)
        Scores below it are of nobody who can be among the best.
    """

    sum: np.ndarray
    position: np.ndarray
    count: np.ndarray
    least: np.ndarray

    @classmethod
    def of(cls, n_rows: int, k: int) -> "_Noted":
        """Note nobody yet."""
        shape = (n_rows, _ROOM * k)
        return cls(
            *(np.zeros(shape, np.float32), np.zeros(shape, np.int32)),
            *(np.zeros(n_rows, np.int32), np.zeros(n_rows, np.float32)),
        )

    def pairs(self) -> tuple[np.ndarray, np.ndarray]:
        """Give rows and those noted of them."""
        there = np.arange(self.sum.shape[1]) < self.count[:, None]
        there &= self.sum >= self.least[:, None]
        return np.nonzero(there)[0], self.position[there].astype(np.int64)


class _Kept(NamedTuple):
    """Pairs that a block has no other place for: room for all of a block, and what was taken away after each."""

    room: tuple[np.ndarray, np.ndarray, np.ndarray]
    taken: list[tuple[np.ndarray, np.ndarray]]

    @classmethod
    def of(cls) -> "_Kept":
        """Keep nothing yet."""
        n_pairs = 2 * QUERIES * DOCUMENTS
        return cls((np.zeros(n_pairs, np.int32), np.zeros(n_pairs, np.int32), np.zeros(1, np.int64)), [])

    def take(self) -> None:
        """Take away what a block left."""
        query, document, count = self.room
        if count[0]:
            self.taken.append((query[: count[0]].copy(), document[: count[0]].copy()))
            count[0] = 0

    def all(self) -> tuple[np.ndarray, np.ndarray]:
        """Give all pairs, of all blocks."""
        pairs = zip((self.room[0][:0], self.room[1][:0]), *self.taken, strict=True)
        query, document = (np.concatenate(part).astype(np.int64) for part in pairs)
        return query, document


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

    for part in (_classify, _keep, _kth, _thin, _note):
        register_jitable(part)
    # A product may be added before it is rounded: that is quicker, and no less near.
    compile_ = numba.njit(cache=cached, nogil=True, fastmath={"contract"})
    return compile_(_add_rare), compile_(_add_common), compile_(_add_vectors), compile_(_pick), compile_(_thin_all)


# From here on the code is compiled, so it is plain loops over numbers, with names for what is in the tuples: the
# compiled code counts references whenever it reaches into one.


def _add_vectors(cosines: np.ndarray, low: np.float32, scale: np.float32, share: np.float32, sums: np.ndarray) -> None:
    """Add what a channel of vectors does: ``scale`` times what a cosine is above ``low``, up to the share."""
    zero = np.float32(0)
    for line in range(len(cosines)):
        own, out = cosines[line], sums[line]
        for j in range(len(own)):
            out[j] += min(max(own[j] - low, zero) * scale, share)


def _add_rare(rare: _Rows, lists: _Rows, query: int, sums: np.ndarray) -> None:
    """Add to the sums of some queries what comes of rare terms: by the list of whoever has one."""
    start, term, weight = rare.start, rare.column, rare.value
    list_start, who, their_weight = lists.start, lists.column, lists.value
    for line in range(min(QUERIES, len(start) - 1 - query)):
        out = sums[line]
        for at in range(start[query + line], start[query + line + 1]):
            for there in range(list_start[term[at]], list_start[term[at] + 1]):
                out[who[there]] += weight[at] * their_weight[there]


def _add_common(common: _Rows, tiles: np.ndarray, query: int, sums: np.ndarray) -> None:
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
    which: np.ndarray,
    shares: tuple[np.float32, np.float32],
    own_rest: np.ndarray,
    their_rest: np.ndarray,
    bounds: _Bounds,
    k: int,
    own: _Noted,
    their: _Noted,
    of_queries: np.ndarray,
    of_documents: np.ndarray,
    spilt: tuple[np.ndarray, np.ndarray, np.ndarray],
    unclear: tuple[np.ndarray, np.ndarray, np.ndarray],
) -> None:
    """Count the pairs of a block by what bars them, and note those of either side that reach its least."""
    n_documents, last = own_rest.shape[1], len(which) - 1
    tally, marked = np.zeros(n_documents, dtype=np.uint32), np.zeros(n_documents, dtype=np.uint32)
    their_least = their.least[document : document + n_documents]
    for line in range(len(which)):
        row, own_rests, their_rests = sums[line, :n_documents], own_rest[which[line]], their_rest[which[line]]
        mine = query + line
        even, odd = _classify(row, own_rests, their_rests, own.least[mine], their_least, shares, bounds, tally, marked)
        of_queries[mine, 0] += even & 65535
        of_queries[mine, 1] += odd & 65535
        of_queries[mine, 2] += even >> 16
        of_queries[mine, 3] += odd >> 16
        for j in range(n_documents):
            if marked[j] & 2:
                _keep(unclear, mine, document + j)
            if marked[j] & 1:
                score, their_score = shares[0] * row[j] + own_rests[j], shares[1] * row[j] + their_rests[j]
                if score >= own.least[mine]:
                    _note(own, mine, document + j, score, k, bounds.off, bounds.blur[0], spilt, True)
                if their_score >= their_least[j]:
                    _note(their, document + j, mine, their_score, k, bounds.off, bounds.blur[1], spilt, False)
        if line % _MOST == _MOST - 1 or line == last:
            for bar in range(4):
                of_documents[bar, document : document + n_documents] += (tally >> np.uint32(8 * bar)) & np.uint32(255)
            tally[:] = 0


def _classify(  # noqa: PLR0917 - a compiled kernel, which takes its arrays and numbers flat
    row: np.ndarray,
    own_rests: np.ndarray,
    their_rests: np.ndarray,
    own_least: np.float32,
    their_least: np.ndarray,
    shares: tuple[np.float32, np.float32],
    bounds: _Bounds,
    tally: np.ndarray,
    marked: np.ndarray,
) -> tuple[np.uint32, np.uint32]:
    """
    Count what bars each pair of a query, in 8 bits each of one number; mark with 1 who may be noted, 2 who is unclear.

    All is in 32 bits and without a branch, so that the compiler does eight pairs at once. The counts of the query are
    in 16 bits each of two numbers: there are no more documents in a block.
    """
    (text_low, own_low, their_low), (text_high, own_high, their_high) = bounds.low, bounds.high
    own_share, their_share, something, zero = shares[0], shares[1], bounds.something, np.float32(0)
    fine, nothing, far, short = np.uint32(1), np.uint32(1 << 8), np.uint32(1 << 16), np.uint32(1 << 24)
    no, one, two, eight, low_bits = np.uint32(0), np.uint32(1), np.uint32(2), np.uint32(8), np.uint32(0xFF00FF)
    even, odd = no, no
    for j in range(len(row)):
        text, score, their_score = row[j], own_share * row[j] + own_rests[j], their_share * row[j] + their_rests[j]
        is_asked = (text >= zero) & (own_rests[j] >= zero)
        is_something = is_asked & (text > something)
        is_enough = is_something & (text >= text_high) & (their_score >= their_high)
        bar = fine if is_enough & (score >= own_high) else no
        bar = short if is_enough & (score < own_low) else bar
        bar = far if is_something & ((text < text_low) | (their_score < their_low)) else bar
        bar = nothing if is_asked & (text == zero) else bar
        is_near = (score >= own_least) | (their_score >= their_least[j])
        mark = one if (bar == fine) & is_near else no
        mark += two if is_asked & (bar == no) else no
        tally[j] += bar
        marked[j] = mark
        even += bar & low_bits
        odd += (bar >> eight) & low_bits
    return even, odd


def _note(  # noqa: PLR0917 - a compiled kernel, which takes its arrays and numbers flat
    noted: _Noted,
    row: int,
    other: int,
    score: float,
    k: int,
    off: float,
    blur: float,
    spilt: tuple[np.ndarray, np.ndarray, np.ndarray],
    is_query: bool,
) -> None:
    """Note one of a row; without room, those who can't be among the best go, and of too many equals the least."""
    if noted.count[row] == noted.sum.shape[1]:
        _thin(noted, row, k, off, blur)
        if score < noted.least[row]:
            return
    if noted.count[row] == noted.sum.shape[1]:
        low = np.argmin(noted.sum[row])
        if score > noted.sum[row, low]:
            gone, score_ = noted.position[row, low], score
            noted.sum[row, low], noted.position[row, low] = score_, other
            other = gone
        if is_query:
            _keep(spilt, row, other)
        else:
            _keep(spilt, other, row)
        return
    noted.sum[row, noted.count[row]], noted.position[row, noted.count[row]] = score, other
    noted.count[row] += 1


def _thin(noted: _Noted, row: int, k: int, off: float, blur: float) -> None:
    """
    Leave out those of a row whose scores say that they can't be among the best.

    A unit of score is taken off as well: scores are rounded to it.
    """
    sums, position = noted.sum[row, : noted.count[row]], noted.position[row, : noted.count[row]]
    least = (_kth(sums, k) - blur) * (1 - 2 * off) - SCORE_UNIT
    noted.least[row] = max(least, noted.least[row])
    count = 0
    for at in range(len(sums)):
        if sums[at] >= noted.least[row]:
            sums[count], position[count] = sums[at], position[at]
            count += 1
    noted.count[row] = count


def _thin_all(noted: _Noted, k: int, off: float, blur: float) -> None:
    """Leave out of every row those who can't be among the best."""
    for row in range(len(noted.count)):
        if noted.count[row] > k:
            _thin(noted, row, k, off, blur)


def _kth(sums: np.ndarray, k: int) -> float:
    """Give the k-th highest of at least k sums; of so few, going over the best again beats sorting."""
    best, low = sums[:k].copy(), np.argmin(sums[:k])
    for at in range(k, len(sums)):
        if sums[at] > best[low]:
            best[low] = sums[at]
            low = np.argmin(best)
    return best[low]


def _keep(kept: tuple[np.ndarray, np.ndarray, np.ndarray], query: int, document: int) -> None:
    """Put a pair aside."""
    count = kept[2][0]
    kept[0][count], kept[1][count] = query, document
    kept[2][0] = count + 1
