"""How good the ranking is on a benchmark: rank, measure, save; with the defaults of the main job."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import numpy as np

from matcher.domain.errors import SettingsError, StorageError
from matcher.domain.messages import Message, Problem
from matcher.domain.settings import CHANNELS, Settings, TextSettings
from matcher.files import write_csv
from matcher.ranking.metrics import Standings, bootstrap_interval, first_rank, ndcg, recall, reciprocal_rank, stand
from matcher.services.benchmark import DOCUMENTS, QUERIES, RELEVANCE, Benchmark
from matcher.text import Lexicon, Profiles, StoredVectors, profile_texts

METRICS = ("ndcg@10", "recall@1", "recall@5", "recall@10", "mrr")
"""What is measured of each query."""

_BLOCK_CELLS = 500_000
"""Scores held at a time."""
_DECIMALS = 9
"""Scores that differ by less are equal, as in the market."""
_SHOWN_DECIMALS = 6
_PER_QUERY = ("query_id", "relevant", "first_rank", *METRICS)

Progress = Callable[[int, int, str], None]


class Scores(Protocol):
    """Whatever compares queries with documents: our profiles, or something to compare them with."""

    def agreement(self, rows: np.ndarray) -> np.ndarray:
        """Score every document for some queries, given by position: float, shape (n_rows, n_documents)."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """
    What one way of ranking reaches.

    Attributes
    ----------
    name : Message
        What it is called.
    key : str
        The same for programs.
    per_query : float, shape (n_queries, 5)
        By `METRICS`.
    first_rank : float, shape (n_queries,)
        Of the first relevant document.
    """

    name: Message
    key: str
    per_query: np.ndarray
    first_rank: np.ndarray

    @property
    def means(self) -> np.ndarray:
        """Means over the queries, shape (5,)."""
        return self.per_query.mean(axis=0)


@dataclass(frozen=True, slots=True, eq=False)
class Evaluation:
    """
    Figures of a benchmark.

    Attributes
    ----------
    benchmark : Benchmark
    judged : bool
        Whether only a query's judged documents were ranked.
    ours : Measured
    low, high : float, shape (5,)
        95 % intervals of our means.
    others : list of (Measured, float array, float array)
        What ours is compared with; low and high, shape (5,), of the mean difference, ours less theirs, in pairs.
    vectors : dict of str to str
        Where the vectors come from that the scores are made with, by their channel; empty where there are none.
    """

    benchmark: Benchmark
    judged: bool
    ours: Measured
    low: np.ndarray
    high: np.ndarray
    others: list[tuple[Measured, np.ndarray, np.ndarray]]
    vectors: Mapping[str, str] = field(default_factory=dict)


def measure(
    scores: Scores,
    benchmark: Benchmark,
    *,
    judged: bool = False,
    name: Message | None = None,
    key: str = "ours",
    on_progress: Progress | None = None,
) -> Measured:
    """
    Rank the documents for every query, and say where the relevant ones stand.

    Parameters
    ----------
    scores : Scores
    benchmark : Benchmark
    judged : bool
        Rank a query's judged documents alone.
    name, key
        Of the result.
    on_progress : callable or None
        Called with (done, total, stage) after each block.

    Returns
    -------
    Measured
    """
    n_queries, n_documents = len(benchmark.queries), len(benchmark.documents)
    step = max(1, _BLOCK_CELLS // n_documents)
    is_relevant = benchmark.grade > 0
    standing = []
    for start in range(0, n_queries, step):
        rows = np.arange(start, min(start + step, n_queries))
        block = scores.agreement(rows).round(_DECIMALS)
        own = slice(*np.searchsorted(benchmark.query, [start, start + len(rows)]))
        at = benchmark.query[own] - start, benchmark.document[own]
        if judged:
            ranked = np.full_like(block, -np.inf)
            ranked[at] = block[at]
            block = ranked
        standing.append(stand(block, *(positions[is_relevant[own]] for positions in at)))
        if on_progress:
            on_progress(start + len(rows), n_queries, "evaluating")
    above, tied = (np.concatenate(parts) for parts in zip(*standing, strict=True))
    found = Standings(benchmark.query[is_relevant], benchmark.grade[is_relevant], above, tied)
    columns = [ndcg(found, 10), *(recall(found, k) for k in (1, 5, 10)), reciprocal_rank(found)]
    return Measured(name or Message("cli.evaluate.ours"), key, np.column_stack(columns), first_rank(found))


def compared(ours: Measured, others: Sequence[Measured], *, seed: int = 0) -> np.ndarray:
    """
    Bound our means, and the differences from others, by one bootstrap over the same queries.

    Returns
    -------
    float, shape (2, 1 + n_others, 5)
        Low and high of 95 %; first of our means, then of ours less each other's.
    """
    values = [ours.per_query, *(ours.per_query - other.per_query for other in others)]
    return np.array(bootstrap_interval(np.hstack(values), seed=seed)).reshape(2, len(values), len(METRICS))


def evaluate(
    benchmark: Benchmark,
    settings: Settings | None = None,
    *,
    lexicon: Lexicon | None = None,
    vectors: StoredVectors | None = None,
    judged: bool = False,
    baselines: bool = False,
    on_progress: Progress | None = None,
) -> Evaluation:
    """
    Rank as the main job does, and measure it.

    Parameters
    ----------
    benchmark : Benchmark
    settings : Settings or None
        Of which only the text's count; None: the defaults.
    lexicon, vectors
        As `matcher.text.profile` takes them.
    judged : bool
        Rank a query's judged documents alone.
    baselines : bool
        Also measure each channel alone and left out, and plain jieba TF-IDF.
    on_progress : callable or None
        Called with (done, total, stage).

    Returns
    -------
    Evaluation

    Raises
    ------
    SettingsError
        When the settings name an epoch: it is of other texts than the benchmark's.
    """
    settings = settings or Settings()
    if settings.text.epoch:
        raise SettingsError([Message("evaluate.with_epoch", {"value": settings.text.epoch})])

    def profiled(text: TextSettings) -> Profiles:
        return profile_texts(benchmark.documents, benchmark.queries, text, lexicon=lexicon, vectors=vectors)

    profiles = profiled(settings.text)
    ours = measure(profiles, benchmark, judged=judged, on_progress=on_progress)
    others = []
    if baselines:
        for key, (name, text) in channel_variants(settings.text).items():
            others.append(measure(profiled(text), benchmark, judged=judged, name=name, key=key))
        others.append(_plain(benchmark, judged))
    low, high = compared(ours, others, seed=settings.assignment.seed)
    return Evaluation(
        benchmark=benchmark,
        judged=judged,
        ours=ours,
        low=low[0],
        high=high[0],
        others=list(zip(others, low[1:], high[1:], strict=True)),
        vectors=profiles.sources,
    )


def channel_variants(text: TextSettings) -> dict[str, tuple[Message, TextSettings]]:
    """
    Make the settings with which each channel in use stands alone and, where there are more than two, is left out.

    Returns
    -------
    dict of str to (Message, TextSettings)
        By key, such as ``"words_alone"``; what it is called, and the settings.
    """
    used = [name for name in CHANNELS if getattr(text, name) > 0]
    found = {}
    for kind, least in (("alone", 2), ("without", 3)):
        for name in used if len(used) >= least else ():
            off = [other for other in used if (other == name) == (kind == "without")]
            called = Message(f"cli.evaluate.{kind}", {"channel": Message(f"value.channel.{name}")})
            found[f"{name}_alone" if kind == "alone" else f"without_{name}"] = (
                called,
                text.model_copy(update=dict.fromkeys(off, 0.0)),
            )
    return found


def figures_of(found: Evaluation) -> dict[str, object]:
    """
    Give an evaluation as plain values.

    Returns
    -------
    dict
        The five metrics by name; ``intervals``, each with low and high of 95 %; ``queries``, ``skipped_queries``,
        ``documents``, ``judged``, ``vectors``; and ``variants``, each with its ``name``, metrics and ``difference``,
        the interval of ours less its.
    """
    sizes = {
        "queries": len(found.benchmark.queries),
        "skipped_queries": found.benchmark.skipped,
        "documents": len(found.benchmark.documents),
        "judged": found.judged,
        "vectors": dict(found.vectors) or None,
    }
    figures: dict[str, object] = {
        **_by_metric(found.ours.means),
        "intervals": _intervals(found.low, found.high),
        **sizes,
    }
    variants = [
        {"name": other.key, **_by_metric(other.means), "difference": _intervals(low, high)}
        for other, low, high in found.others
    ]
    if variants:
        figures["variants"] = variants
    return figures


def save_per_query(found: Evaluation, path: Path, folder: Path) -> None:
    """
    Save the figures of each query, to be paired with those of another system.

    Raises
    ------
    StorageError
        When the file can't be written, or is one of the folder's three.
    """
    if path.resolve() in {(folder / name).resolve() for name in (QUERIES, DOCUMENTS, RELEVANCE)}:
        raise StorageError([Problem(Message("output.over_input"), path=str(path))])
    relevant = np.bincount(found.benchmark.query[found.benchmark.grade > 0])
    columns = zip(found.benchmark.query_ids, relevant, found.ours.first_rank, found.ours.per_query, strict=True)
    write_csv(path, _PER_QUERY, [(name, count, first, *own) for name, count, first, own in columns])


def _plain(benchmark: Benchmark, judged: bool) -> Measured:
    from matcher.text.plain import plain_tf_idf

    scores = plain_tf_idf(benchmark.documents, [text for _, text in benchmark.queries])
    return measure(scores, benchmark, judged=judged, name=Message("cli.evaluate.jieba"), key="jieba_tf_idf")


def _by_metric(values: np.ndarray) -> dict[str, float]:
    return {name: round(float(value), _SHOWN_DECIMALS) for name, value in zip(METRICS, values, strict=True)}


def _intervals(low: np.ndarray, high: np.ndarray) -> dict[str, dict[str, float]]:
    lows, highs = _by_metric(low), _by_metric(high)
    return {name: {"low": lows[name], "high": highs[name]} for name in METRICS}
