"""The compiled loops of `matcher.ranking.sweep`, and the arrays that they work on."""

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

ROUNDING = 2.0**-23
"""More than a term of a sum of 32 bits can be off, of itself: twice the unit of rounding, for the product as well."""

_MOST = 255
"""Queries after which the counts of documents, 8 bits each, are put away."""

_ROOM = 3
"""Times k: so many are noted of a row before those are left out who can't be among the best by now."""


class Bounds(NamedTuple):
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


class Rows(NamedTuple):
    """A sparse matrix, as the kernels read it: its columns, or what they stand for, and values, a row after another."""

    start: np.ndarray
    column: np.ndarray
    value: np.ndarray

    @classmethod
    def of(cls, rows: sp.csr_array) -> "Rows":
        """Take the arrays of a matrix."""
        places = rows.indptr.astype(np.int64), rows.indices.astype(np.int32, copy=False)
        return cls(*places, rows.data.astype(np.float32, copy=False))

    def transposed(self, n_columns: int) -> "Rows":
        """Give for each column the rows that have it."""
        rows = sp.csr_array((self.value, self.column, self.start), shape=(len(self.start) - 1, n_columns))
        return Rows.of(sp.csr_array(rows.T))


class Noted(NamedTuple):
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
    def of(cls, least: np.ndarray, k: int) -> "Noted":
        """Note nobody yet."""
        shape = (len(least), _ROOM * k)
        return cls(np.zeros(shape, np.float32), np.zeros(shape, np.int32), np.zeros(len(least), np.int32), least)

    def pairs(self) -> tuple[np.ndarray, np.ndarray]:
        """Give rows and those noted of them."""
        there = np.arange(self.sum.shape[1]) < self.count[:, None]
        there &= self.sum >= self.least[:, None]
        return np.nonzero(there)[0], self.position[there].astype(np.int64)


class Kept(NamedTuple):
    """Pairs that a block has no other place for: room for all of a block, and what was taken away after each."""

    room: tuple[np.ndarray, np.ndarray, np.ndarray]
    taken: list[tuple[np.ndarray, np.ndarray]]

    @classmethod
    def of(cls) -> "Kept":
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


def tiles_of(common: Rows, n_common: int) -> np.ndarray:
    """Spread common terms of a block of documents out, shape (n_tiles, n_common, TILE)."""
    lengths = np.diff(common.start)
    document = np.repeat(np.arange(len(lengths)), lengths)
    tiles = np.zeros((-(-len(lengths) // TILE), n_common, TILE), dtype=np.float32)
    tiles[document // TILE, common.column, document % TILE] = common.value
    return tiles


class Kernels(NamedTuple):
    """The compiled loops; see those of the same names below."""

    parted: Callable[..., Any]
    add_rare: Callable[..., Any]
    add_common: Callable[..., Any]
    add_vectors: Callable[..., Any]
    pick: Callable[..., Any]
    thin_all: Callable[..., Any]
    reach: Callable[..., Any]

    def part(self, rows: sp.csr_array, place: np.ndarray) -> tuple[Rows, Rows]:
        """Part a matrix; see `_parted`."""
        places = rows.indptr.astype(np.int64), rows.indices.astype(np.int32, copy=False)
        rare, common = self.parted(*places, rows.data, place)
        return Rows(*rare), Rows(*common)


@cache
def compiled(*, cached: bool) -> Kernels:
    """Compile the loops, or take them from the folder where they were kept."""
    import numba
    from numba.extending import register_jitable

    for part in (_classify, _keep, _kth, _thin, _note):
        register_jitable(part)
    # A product may be added before it is rounded: that is quicker, and no less near.
    compile_ = numba.njit(cache=cached, nogil=True, fastmath={"contract"})
    return Kernels(*map(compile_, (_parted, _add_rare, _add_common, _add_vectors, _pick, _thin_all, _reach)))


# From here on the code is compiled, so it is plain loops over numbers, with names for what is in the tuples: the
# compiled code counts references whenever it reaches into one.


def _parted(
    start: np.ndarray, column: np.ndarray, value: np.ndarray, place: np.ndarray
) -> tuple[tuple[np.ndarray, np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Part rows: columns whose place is -1, as they are, and those that have a place, by it; others are left out."""
    rare, common = np.zeros(len(start), dtype=np.int64), np.zeros(len(start), dtype=np.int64)
    for line in range(len(start) - 1):
        rare[line + 1], common[line + 1] = rare[line], common[line]
        for at in range(start[line], start[line + 1]):
            rare[line + 1] += place[column[at]] == -1
            common[line + 1] += place[column[at]] >= 0
    rare_column, rare_value = np.empty(rare[-1], dtype=np.int32), np.empty(rare[-1], dtype=np.float32)
    common_column, common_value = np.empty(common[-1], dtype=np.int32), np.empty(common[-1], dtype=np.float32)
    n_rare, n_common = 0, 0
    for at in range(start[0], start[-1]):
        where = place[column[at]]
        if where == -1:
            rare_column[n_rare], rare_value[n_rare] = column[at], value[at]
            n_rare += 1
        elif where >= 0:
            common_column[n_common], common_value[n_common] = where, value[at]
            n_common += 1
    return (rare, rare_column, rare_value), (common, common_column, common_value)


def _add_vectors(cosines: np.ndarray, low: np.float32, scale: np.float32, share: np.float32, sums: np.ndarray) -> None:
    """Add what a channel of vectors does: ``scale`` times what a cosine is above ``low``, up to the share."""
    zero = np.float32(0)
    for line in range(len(cosines)):
        own, out = cosines[line], sums[line]
        for j in range(len(own)):
            out[j] += min(max(own[j] - low, zero) * scale, share)


def _add_rare(rare: Rows, lists: Rows, query: int, sums: np.ndarray) -> None:
    """Add to the sums of some queries what comes of rare terms: by the list of whoever has one."""
    start, term, weight = rare.start, rare.column, rare.value
    list_start, who, their_weight = lists.start, lists.column, lists.value
    for line in range(min(len(sums), len(start) - 1 - query)):
        out = sums[line]
        for at in range(start[query + line], start[query + line + 1]):
            for there in range(list_start[term[at]], list_start[term[at] + 1]):
                out[who[there]] += weight[at] * their_weight[there]


def _add_common(common: Rows, tiles: np.ndarray, query: int, sums: np.ndarray) -> None:
    """Add to the sums of some queries what comes of common terms: a tile at a time, four columns at once."""
    start, column, weight = common.start, common.column, common.value
    for place in range(len(tiles)):
        tile = tiles[place]
        for line in range(min(len(sums), len(start) - 1 - query)):
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
    bounds: Bounds,
    k: int,
    own: Noted,
    their: Noted,
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


def _reach(  # noqa: PLR0917 - a compiled kernel, which takes its arrays and numbers flat
    sums: np.ndarray,
    query: int,
    document: int,
    which: np.ndarray,
    shares: tuple[np.float32, np.float32],
    own_rest: np.ndarray,
    their_rest: np.ndarray,
    bounds: Bounds,
    own_floor: tuple[np.ndarray, np.ndarray],
    their_floor: tuple[np.ndarray, np.ndarray],
    of_queries: np.ndarray,
    of_documents: np.ndarray,
    are_counted: bool,
    kept: tuple[np.ndarray, np.ndarray, np.ndarray],
) -> None:
    """Keep the pairs of a block whose scores may be above both floors; or count those that are for sure."""
    n_documents = own_rest.shape[1]
    tally, marked = np.zeros(n_documents, dtype=np.uint32), np.zeros(n_documents, dtype=np.uint32)
    everybody = np.full(n_documents, -1, dtype=np.float32)
    their_low, their_high = their_floor
    for line in range(len(which)):
        row, own_rests, their_rests = sums[line, :n_documents], own_rest[which[line]], their_rest[which[line]]
        mine = query + line
        low, high = own_floor[0][mine], own_floor[1][mine]
        _classify(row, own_rests, their_rests, np.float32(-1), everybody, shares, bounds, tally, marked)
        for j in range(n_documents):
            score, their_score = shares[0] * row[j] + own_rests[j], shares[1] * row[j] + their_rests[j]
            if marked[j] == 0 or score < low or their_score < their_low[document + j]:
                continue
            if are_counted and marked[j] == 1 and score >= high and their_score >= their_high[document + j]:
                of_queries[mine] += 1
                of_documents[document + j] += 1
            else:
                _keep(kept, mine, document + j)


def _classify(  # noqa: PLR0917 - a compiled kernel, which takes its arrays and numbers flat
    row: np.ndarray,
    own_rests: np.ndarray,
    their_rests: np.ndarray,
    own_least: np.float32,
    their_least: np.ndarray,
    shares: tuple[np.float32, np.float32],
    bounds: Bounds,
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
    noted: Noted,
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


def _thin(noted: Noted, row: int, k: int, off: float, blur: float) -> None:
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


def _thin_all(noted: Noted, k: int, off: float, blur: float) -> None:
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
