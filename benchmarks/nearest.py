"""
Speed of the exact search for the nearest of both sides, beside what others offer.

To run it: ``.venv/bin/python -m benchmarks.nearest``, with ``--documents`` and ``--queries`` for other sizes.

Protocol: texts are made of real titles as `benchmarks.made` says, a profile of 2 to 4 items, a need of 1 or 2. They
become rows of terms by `matcher.text.ProfileVectorizer`, unmeasured. Then every search gets the same rows, in one
process and one thread, one after another. Each is asked for two needs first, so that nothing is compiled, imported or
read for the first time, and for the same two again, which shows what a call costs however few are asked. Then CPU
seconds are counted. Ours finds the best of both sides for all queries, laying out in it. The others find those of
queries alone, for the first ``--peers`` of them; transposing, other kinds of numbers and an index are made before the
clock starts. But for what a call costs by itself their time is proportional to the number, so ``--peers`` are to be
many. bm25s weighs by itself, so its scores are others. Whose scores are to be the same is compared with them.
"""

import argparse
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import scipy.sparse as sp
from bm25s import BM25
from sklearn.neighbors import NearestNeighbors
from sparse_dot_topn import sp_matmul_topn
from threadpoolctl import threadpool_limits

from benchmarks.made import SEED, corpus_line, made_texts
from matcher.ranking.nearest import Nearest, nearest
from matcher.ranking.ranker import SCORE_UNIT
from matcher.text import ProfileVectorizer


def rows_of(n_queries: int, n_documents: int) -> tuple[sp.csr_array, sp.csr_array]:
    """Make rows of terms of needs and of profiles."""
    vectorizer = ProfileVectorizer()
    documents = vectorizer.fit_transform(made_texts(n_documents, (2, 3, 4), SEED))
    needs = made_texts(n_queries, (1, 2), SEED + 1)
    return vectorizer.transform_needs([need.split("。")[0] for need in needs], needs), documents


def measured(search: Callable[[], Any]) -> tuple[Any, float]:
    """Give what a search finds, and its CPU seconds."""
    start = time.process_time()
    found = search()
    return found, time.process_time() - start


class Peer(NamedTuple):
    """
    Another search, with all that it prepares.

    Attributes
    ----------
    queries : sliceable
        As it takes them.
    search : callable
        Takes some of these.
    scores : callable or None
        Takes what the search found and gives the scores of the best of each query; None where they are others.
    """

    queries: Any
    search: Callable[[Any], Any]
    scores: Callable[[Any], np.ndarray] | None = None


def peers(queries: sp.csr_array, documents: sp.csr_array, k: int) -> Iterator[tuple[str, Peer]]:
    """Give the others by name, each prepared when its turn comes."""
    for bits, kind in ((64, np.float64), (32, np.float32)):
        by_term = sp.csr_matrix(documents.T.astype(kind))
        multiply = partial(sp_matmul_topn, B=by_term, top_n=k, n_threads=1, sort=True)
        scores = partial(_dense, k=k) if bits == 64 else None
        yield f"sparse_dot_topn, {bits} bits", Peer(sp.csr_matrix(queries.astype(kind)), multiply, scores)
    neighbours = NearestNeighbors(n_neighbors=k, metric="cosine", algorithm="brute").fit(documents)
    yield "scikit-learn NearestNeighbors", Peer(queries, neighbours.kneighbors)
    names = [f"t{at}" for at in range(documents.shape[1])]
    retriever = BM25()
    retriever.index([[names[at] for at in row.indices] for row in documents], show_progress=False)
    asked = [[names[at] for at in row.indices] for row in queries]
    yield "bm25s", Peer(asked, partial(retriever.retrieve, k=k, show_progress=False, n_threads=1))


def _dense(found: sp.csr_matrix, k: int) -> np.ndarray:
    scores = np.zeros((found.shape[0], k))
    for row, (start, end) in enumerate(pairwise(found.indptr)):
        scores[row, : end - start] = found.data[start:end]
    return scores


def confirm_equal(ours: Nearest, theirs: np.ndarray) -> None:
    """Raise where the scores of the best are others, by more than the last digit that counts."""
    furthest = np.abs(ours.score[: len(theirs)] - theirs / SCORE_UNIT).max()
    if furthest > 1:
        raise AssertionError(f"a score is {furthest} units off")


def main(arguments: Sequence[str] | None = None) -> None:
    """Print a line for each search."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=int, default=100_000)
    parser.add_argument("--queries", type=int, default=100_000)
    parser.add_argument("--peers", type=int, default=2_000, help="queries that the others get")
    parser.add_argument("-k", type=int, default=20)
    given = parser.parse_args(arguments)
    print(corpus_line())
    queries, documents = rows_of(given.queries, given.documents)
    n_terms = queries.nnz / max(1, queries.shape[0]), documents.nnz / max(1, documents.shape[0])
    print(f"{queries.shape[0]} needs x {documents.shape[0]} profiles, {n_terms[0]:.0f} and {n_terms[1]:.0f} terms each")
    with threadpool_limits(limits=1):
        own, ours = line("ours, both sides", queries, documents, lambda asked: nearest(asked, documents, given.k)[0])
        for name, peer in peers(queries[: given.peers], documents, given.k):
            theirs, found = line(name, peer.queries, documents, peer.search)
            print(f"{'':34} ours is {theirs / own:.1f} times as fast")
            if peer.scores:
                confirm_equal(ours, peer.scores(found))
                print(f"{'':34} same scores")


def line(name: str, queries: Any, documents: sp.csr_array, search: Callable[[Any], Any]) -> tuple[float, Any]:
    """Print what a search took once it is warm, and give it in ns a pair, with what was found."""
    search(queries[:2])
    _, call = measured(lambda: search(queries[:2]))
    found, seconds = measured(lambda: search(queries))
    n_queries = queries.shape[0] if sp.issparse(queries) else len(queries)
    each = seconds / n_queries / documents.shape[0] * 1e9
    speed = f"{each:8.2f} ns a pair {n_queries / seconds:10,.0f} needs a CPU s"
    print(f"{name:34} {n_queries:8} needs {seconds:9.2f} CPU s {speed}; two needs {call:.2f} CPU s", flush=True)
    return each, found


if __name__ == "__main__":
    main()
