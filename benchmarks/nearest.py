"""
Speed of the exact search for the nearest of both sides, beside what others offer.

To run it: ``.venv/bin/python benchmarks/nearest.py``, with ``--documents`` and ``--queries`` for other sizes.

Protocol: texts are made of real titles as `benchmarks.made` says, a profile of 2 to 4 items, a need of 1 or 2. They
become rows of terms by `matcher.text.ProfileVectorizer`, unmeasured. Then every search gets the same rows, in one
process and one thread, one after another, and CPU seconds are counted. Ours finds the best of both sides for all
queries. The others find those of queries alone, for the first ``--peers`` of them, to which their time is proportional;
bm25s weighs by itself, so its scores are others. Whose scores are to be the same is compared with them.
sparse_dot_topn is no dependency: without it its lines say so.
"""

import argparse
import time
from collections.abc import Callable, Sequence
from importlib import import_module
from itertools import pairwise
from typing import Any

import numpy as np
import scipy.sparse as sp
from threadpoolctl import threadpool_limits

from benchmarks.made import SEED, made_texts
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


def peers(queries: sp.csr_array, documents: sp.csr_array, k: int) -> dict[str, Callable[[], np.ndarray | None]]:
    """Give the others by name; each gives the scores of the best of each query, or None where they are others."""
    from bm25s import BM25
    from sklearn.neighbors import NearestNeighbors

    by_term = sp.csr_matrix(documents.T)

    def topn(kind: type) -> np.ndarray | None:
        multiply = import_module("sparse_dot_topn").sp_matmul_topn
        found = multiply(sp.csr_matrix(queries.astype(kind)), by_term.astype(kind), top_n=k, n_threads=1, sort=True)
        scores = np.zeros((queries.shape[0], k))
        for row, (start, end) in enumerate(pairwise(found.indptr)):
            scores[row, : end - start] = found.data[start:end]
        return scores if kind is np.float64 else None

    neighbours = NearestNeighbors(n_neighbors=k, metric="cosine", algorithm="brute").fit(documents)
    names = [f"t{at}" for at in range(documents.shape[1])]
    retriever = BM25()
    spelt = [[names[at] for at in row.indices] for row in documents]
    retriever.index(spelt, show_progress=False)
    asked = [[names[at] for at in row.indices] for row in queries]
    return {
        "sparse_dot_topn, 64 bits": lambda: topn(np.float64),
        "sparse_dot_topn, 32 bits": lambda: topn(np.float32),
        "scikit-learn NearestNeighbors": lambda: neighbours.kneighbors(queries) and None,
        "bm25s": lambda: retriever.retrieve(asked, k=k, show_progress=False, n_threads=1) and None,
    }


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
    queries, documents = rows_of(given.queries, given.documents)
    n_terms = queries.nnz / max(1, queries.shape[0]), documents.nnz / max(1, documents.shape[0])
    print(f"{queries.shape[0]} needs x {documents.shape[0]} profiles, {n_terms[0]:.0f} and {n_terms[1]:.0f} terms each")
    nearest(queries[:2], documents[:2], given.k)  # compiles
    with threadpool_limits(limits=1):
        (ours, _), seconds = measured(lambda: nearest(queries, documents, given.k))
        own = _line("ours, both sides", queries.shape[0], documents.shape[0], seconds)
        part = queries[: given.peers]
        for name, search in peers(part, documents, given.k).items():
            try:
                found, seconds = measured(search)
            except ModuleNotFoundError as fault:
                print(f"{name:34} {fault}")
                continue
            theirs = _line(name, part.shape[0], documents.shape[0], seconds)
            print(f"{'':34} ours is {theirs / own:.1f} times as fast")
            if found is not None:
                confirm_equal(ours, found)
                print(f"{'':34} same scores")


def _line(name: str, n_queries: int, n_documents: int, seconds: float) -> float:
    """Print what a search took, and give it in ns a pair."""
    each = seconds / n_queries / n_documents * 1e9
    speed = f"{each:8.2f} ns a pair {n_queries / seconds:10,.0f} needs a CPU s"
    print(f"{name:34} {n_queries:8} needs {seconds:9.2f} CPU s {speed}")
    return each


if __name__ == "__main__":
    main()
