"""
How good the ranking is, beside what anybody can run without us.

On real expert finding by default, on the sample city with ``--sample``, on any benchmark folder when one is named.
Protocol and figures: ``docs/measurements/ranking.md``. To run it: ``.venv/bin/python benchmarks/ranking.py``.
"""

import argparse
import re
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache, partial
from pathlib import Path
from typing import Any

import bm25s
import numpy as np
import scipy.sparse as sp
from sklearn.feature_extraction.text import TfidfVectorizer

from benchmarks.real_market import authors
from matcher.domain.records import Expert, Need
from matcher.domain.settings import TextSettings
from matcher.files import load_experts, load_firms, write_csv
from matcher.services.benchmark import DOCUMENTS, QUERIES, RELEVANCE, Benchmark, load_benchmark
from matcher.services.evaluating import Scores, channel_variants, compared, measure
from matcher.text import Lexicon, StoredVectors, package_lexicon, profile_texts
from matcher.text.lexicon import LISTS
from matcher.text.plain import TermScores, plain_words

SAMPLE = Path(__file__).resolve().parents[1] / "data"
OTHER_TITLES = Path(__file__).with_name("data") / "nsfc_other_titles.txt"
HALVES = {"choose": "01234567", "report": "89abcdef"}
"""First digits of the hashes of those whose last titles are the queries."""
K1, B = 1.5, 0.75
GRID = tuple((k1, b) for k1 in (0.5, 1.0, 1.5, 2.0, 3.0) for b in (0.0, 0.25, 0.5, 0.75, 1.0))

Cut = Callable[[str], list[str]]
Parameters = tuple[float, float]
Rankings = dict[str, Callable[[Benchmark], Scores]]

_HEADER = ("ranking", "nDCG@10", "R@1", "R@5", "R@10", "MRR", "nDCG@10, ours less it [95 %]")
_WORD = re.compile(r"\w")
_CHARACTERS = TfidfVectorizer(analyzer="char", ngram_range=(1, 2)).build_analyzer()


@cache  # each point of the grid asks again
def _pieces(text: str) -> list[str]:
    return plain_words(text.lower())


def _words(text: str) -> list[str]:
    """Cut into jieba's words, without punctuation."""
    return [word for word in _pieces(text) if _WORD.search(word)]


def _grams(text: str) -> list[str]:
    """Cut into single characters and pairs of neighbours, across no punctuation."""
    return [gram for run in re.findall(r"\w+", text.lower()) for gram in _CHARACTERS(run)]


CUTS: Mapping[str, Cut] = {
    "jieba words": _words,
    "jieba words, punctuation too": _pieces,
    "characters 1-2": _grams,
    "characters 1-2, punctuation too": _CHARACTERS,
}


def write_nsfc(folder: Path, half: str, at_most: int | None = None) -> Path:
    """
    Write real expert finding as a benchmark folder.

    Parameters
    ----------
    folder : path
    half : {"choose", "report"}
        Whose last titles are queries; the earlier titles of everybody are documents.
    at_most : int or None
        People of each half, for a quick look.

    Returns
    -------
    path
        The folder.
    """
    halves = {name: [who for who in authors("full") if who.key[0] in first] for name, first in HALVES.items()}
    people, asked = [who for some in halves.values() for who in some[:at_most]], halves[half][:at_most]
    queries = [(f"Q{who.key}", who.need.lower()) for who in asked]
    relevance = [(f"Q{who.key}", f"D{who.key}", 1) for who in asked]
    return _write(folder, queries, [(f"D{who.key}", who.profile.lower()) for who in people], relevance)


def write_sample(folder: Path, experts: Sequence[Expert], needs: Sequence[Need]) -> Path:
    """
    Write a city's wishes as a benchmark folder: the experts whom a firm names for a need are relevant to it.

    Parameters
    ----------
    folder : path
    experts, needs : sequences of records

    Returns
    -------
    path
        The folder; of R tiers the first is graded R, the last 1.
    """
    relevance = [
        (need.need_id, name, len(need.preferred_experts) - tier)
        for need in needs
        for tier, names in enumerate(need.preferred_experts)
        for name in names
    ]
    documents = [(expert.expert_id, expert.profile) for expert in experts]
    return _write(
        folder,
        [(need.need_id, need.need_title, need.need_detail or need.need_title) for need in needs],
        documents,
        relevance,
    )


def _write(
    folder: Path,
    queries: Sequence[tuple[str, ...]],
    documents: Sequence[tuple[str, str]],
    relevance: Sequence[tuple[str, str, int]],
) -> Path:
    columns = ("query_id", "text") if len(queries[0]) == 2 else ("query_id", "title", "text")
    write_csv(folder / QUERIES, columns, queries)
    write_csv(folder / DOCUMENTS, ("document_id", "text"), documents)
    write_csv(folder / RELEVANCE, ("query_id", "document_id", "grade"), relevance)
    return folder


def bm25(cut: Cut, k1: float, b: float, benchmark: Benchmark) -> TermScores:
    """
    Weigh terms by BM25 in Lucene's form, as ``bm25s`` does.

    It computes every document's weight of every term beforehand; what is left is to add them up by the query's terms.

    Parameters
    ----------
    cut : callable
        Text to terms.
    k1, b : float
    benchmark : Benchmark

    Returns
    -------
    TermScores
    """
    retriever = bm25s.BM25(method="lucene", k1=k1, b=b)
    retriever.index([cut(text) for text in benchmark.documents], show_progress=False)
    columns = retriever.vocab_dict
    data, indices, starts = (np.asarray(retriever.scores[name]) for name in ("data", "indices", "indptr"))
    weights = sp.csr_array((data.astype(float), indices, starts), shape=(len(starts) - 1, len(benchmark.documents)))
    asked = [[columns[term] for term in cut(text) if term in columns] for _, text in benchmark.queries]
    terms = np.array([term for own in asked for term in own], dtype=np.int64)
    ends = np.cumsum([0, *map(len, asked)])
    # Terms by document are documents by term: the same three arrays, read the other way.
    return TermScores(sp.csr_array((np.ones(len(terms)), terms, ends), shape=(len(asked), len(starts) - 1)), weights)


def tf_idf(cut: Cut, sublinear: bool, benchmark: Benchmark) -> TermScores:
    """Weigh terms by scikit-learn's TF-IDF, of counts or of their logarithms."""
    vectorizer = TfidfVectorizer(analyzer=cut, sublinear_tf=sublinear)
    rows = sp.csr_array(vectorizer.fit_transform(benchmark.documents))
    queries = sp.csr_array(vectorizer.transform([text for _, text in benchmark.queries]))
    return TermScores(queries, sp.csr_array(rows.T))


def of_settings(text: TextSettings, **read: Any) -> Callable[[Benchmark], Scores]:
    """Rank as the main job does, with some settings, and word lists or vectors where others are wanted."""
    return lambda benchmark: profile_texts(benchmark.documents, benchmark.queries, text, **read)


def variants(text: TextSettings) -> Rankings:
    """Make by name what ours is with one thing less: a channel, a list, a tempering."""
    found = {key.replace("_", " "): of_settings(chosen) for key, (_, chosen) in channel_variants(text).items()}
    for name in LISTS:
        less = Lexicon(**{**{other: getattr(package_lexicon(), other) for other in LISTS}, name: ()})
        found[f"without {name.replace('_', ' ')}"] = of_settings(text, lexicon=less)
    found["without any list"] = of_settings(text, lexicon=Lexicon(**dict.fromkeys(LISTS, ())))
    found["without length slope"] = of_settings(text.model_copy(update={"length_slope": 1.0}))
    found["without commonness"] = of_settings(text.model_copy(update={"commonness": 0.0}))
    found["plain cosines, without semantic"] = of_settings(
        text.model_copy(update={"length_slope": 1.0, "commonness": 0.0, "semantic": 0.0})
    )
    return found


@cache
def outside_vectors() -> StoredVectors:
    """Learn vectors on titles of people who are in no benchmark."""
    lines = OTHER_TITLES.read_text(encoding="utf-8").lower().splitlines()
    return StoredVectors.learn(OTHER_TITLES.name, lines)


def baselines(tuned: Mapping[str, Parameters]) -> Rankings:
    """Make what ours is compared with, by name; ``tuned`` gives k1 and b of BM25 by name of the terms."""
    found: Rankings = {}
    for name, cut in CUTS.items():
        for called, sublinear in (("raw", False), ("sublinear", True)):
            found[f"{name}: TF-IDF, {called}"] = partial(tf_idf, cut, sublinear)
        found[f"{name}: BM25, k1 = {K1}, b = {B}"] = partial(bm25, cut, K1, B)
        if name in tuned:
            k1, b = tuned[name]
            found[f"{name}: BM25, tuned: k1 = {k1}, b = {b}"] = partial(bm25, cut, k1, b)
    return found


def rankings(tuned: Mapping[str, Parameters], *, embedding: Sequence[float] = ()) -> Rankings:
    """Make by name what the tables show: ours, ours with something more or less, what anybody can run without us."""
    text = TextSettings()
    more = {"vectors of other titles": of_settings(text, vectors=outside_vectors())}
    for share in embedding:
        more[f"and sentence vectors, share {share}"] = of_settings(text.model_copy(update={"embedding": share}))
    return {"ours": of_settings(text), **more, **variants(text), **baselines(tuned)}


def tune(benchmark: Benchmark, *, judged: bool = False, grid: Sequence[Parameters] = GRID) -> dict[str, Parameters]:
    """Find for each kind of terms the k1 and b with the greatest nDCG@10."""
    return {
        name: max(grid, key=lambda point: measure(bm25(cut, *point, benchmark), benchmark, judged=judged).means[0])
        for name, cut in CUTS.items()
    }


def table(benchmark: Benchmark, made: Rankings, *, judged: bool = False) -> Iterator[str]:
    """Measure all, the first being ours, and yield the lines of a table."""
    measured = [measure(make(benchmark), benchmark, judged=judged, key=name) for name, make in made.items()]
    lows, highs = compared(measured[0], measured[1:])
    yield "| " + " | ".join(_HEADER) + " |"
    yield "|---" * len(_HEADER) + "|"
    own = f"[{lows[0, 0]:.3f}, {highs[0, 0]:.3f}]"
    for place, one in enumerate(measured):
        less = measured[0].means[0] - one.means[0]
        beside = f"{less:+.4f} [{lows[place, 0]:+.4f}, {highs[place, 0]:+.4f}]" if place else f"itself {own}"
        yield f"| {one.key} | " + " | ".join(f"{mean:.4f}" for mean in one.means) + f" | {beside} |"


def main(arguments: Sequence[str] | None = None) -> None:
    """Print a table for each benchmark."""
    parser = argparse.ArgumentParser(description="How good the ranking is, beside what anybody can run without us.")
    parser.add_argument(
        "folder", nargs="?", type=Path, help="a benchmark folder; without it: both halves, and the sample"
    )
    parser.add_argument("--judged", action="store_true", help="rank only a query's judged documents")
    parser.add_argument("--half", choices=HALVES, action="append", default=[], help="of the real experts")
    parser.add_argument("--sample", action="store_true", help="the sample city")
    parser.add_argument("--out", type=Path, help="keep the folders that are made in this one")
    parser.add_argument("--people", type=int, help="of each half at most so many, for a quick look")
    parser.add_argument("--untuned", action="store_true", help="do not tune BM25, which takes most of the time")
    parser.add_argument(
        "--embedding", type=float, action="append", default=[], help="also sentence vectors with this share (slow once)"
    )
    options = parser.parse_args(arguments)
    everything = not (options.folder or options.half or options.sample)
    with tempfile.TemporaryDirectory() as temporary:
        root = options.out or Path(temporary)
        if options.folder:
            _print(str(options.folder), load_benchmark(options.folder), options)
        halves = tuple(HALVES) if everything else options.half
        # BM25 is tuned on the choosing half, whichever is shown.
        wanted = {*halves, "choose"} if halves else set()
        made = {half: load_benchmark(write_nsfc(root / half, half, options.people)) for half in sorted(wanted)}
        tuned = tune(made["choose"], judged=options.judged) if halves and not options.untuned else None
        for half in halves:
            _print(f"NSFC, {half}", made[half], options, tuned)
        if options.sample or everything:
            folder = write_sample(
                root / "sample", load_experts(SAMPLE / "experts.csv").records, load_firms(SAMPLE / "firms.csv").records
            )
            _print("sample city", load_benchmark(folder), options)


def _print(
    title: str, benchmark: Benchmark, options: argparse.Namespace, tuned: Mapping[str, Parameters] | None = None
) -> None:
    """Print one table; where BM25 was not tuned elsewhere it is tuned on these very queries, to its advantage."""
    where = "on the choosing half"
    if tuned is None:
        where = "not" if options.untuned else "on these very queries"
        tuned = {} if options.untuned else tune(benchmark, judged=options.judged)
    queries = f"{len(benchmark.queries):,} queries ({benchmark.skipped:,} more left out)"
    print(f"\n**{title}**: {queries}, {len(benchmark.documents):,} documents; BM25 tuned {where}\n")
    for line in table(benchmark, rankings(tuned, embedding=options.embedding), judged=options.judged):
        print(line)


if __name__ == "__main__":
    main()
