"""A benchmark folder: its three files read and joined, with every problem at once."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from matcher.domain.benchmark import Judgement, benchmark_problems
from matcher.domain.errors import InputError
from matcher.domain.messages import Message, Problem
from matcher.files import load_documents, load_judgements, load_queries

QUERIES, DOCUMENTS, RELEVANCE = "queries.csv", "documents.csv", "relevance.csv"


@dataclass(frozen=True, slots=True, eq=False)
class Benchmark:
    """
    Queries that have a relevant document, all documents, and what is known of their relevance.

    Attributes
    ----------
    query_ids : list of str
    queries : list of (str, str)
        The title, and title and text together.
    documents : list of str
    query, document : int, shape (n_judgements,)
        Positions, by query.
    grade : float, shape (n_judgements,)
        0 is judged and irrelevant.
    skipped : int
        Queries without a relevant document, left out.
    warnings : tuple of Problem
    """

    query_ids: list[str]
    queries: list[tuple[str, str]]
    documents: list[str]
    query: np.ndarray
    document: np.ndarray
    grade: np.ndarray
    skipped: int = 0
    warnings: tuple[Problem, ...] = ()


def load_benchmark(folder: Path) -> Benchmark:
    """
    Read the three files of a benchmark folder.

    Parameters
    ----------
    folder : path
        With ``queries.csv`` (query_id, text, optionally title), ``documents.csv`` (document_id, text) and
        ``relevance.csv`` (query_id, document_id, grade).

    Returns
    -------
    Benchmark

    Raises
    ------
    InputError
        With every problem of every file, and between them.
    """
    paths = {"queries": folder / QUERIES, "documents": folder / DOCUMENTS, "relevance": folder / RELEVANCE}
    asked, held = load_queries(paths["queries"]), load_documents(paths["documents"])
    judged = load_judgements(paths["relevance"])
    problems = [problem for part in (asked, held, judged) for problem in part.problems]
    warnings = [warning for part in (asked, held, judged) for warning in part.warnings]
    # Rows that failed are missing from the records, so of who names them nothing can be said until they are right.
    between = benchmark_problems(
        *(asked.records, held.records, judged.records),
        queries_whole=not asked.problems,
        documents_whole=not held.problems,
    )
    problems += [replace(problem, path=str(paths[table])) for table, problem in between]
    if not problems and not any(judgement.grade for judgement in judged.records):
        problems.append(Problem(Message("input.nothing_relevant"), path=str(paths["relevance"])))
    if problems:
        raise InputError(problems, warnings)
    relevant = {judgement.query_id for judgement in judged.records if judgement.grade}
    kept = [query for query in asked.records if query.query_id in relevant]
    positions = _positions(
        judged.records, [query.query_id for query in kept], [document.document_id for document in held.records]
    )
    return Benchmark(
        query_ids=[query.query_id for query in kept],
        queries=[query.asked for query in kept],
        documents=[document.text for document in held.records],
        query=positions[0].astype(np.int64),
        document=positions[1].astype(np.int64),
        grade=positions[2],
        skipped=len(asked.records) - len(kept),
        warnings=tuple(warnings),
    )


def _positions(judgements: Sequence[Judgement], query_ids: list[str], document_ids: list[str]) -> np.ndarray:
    """Put judgements of the queries kept as rows of positions and grades, by query, then by document."""
    rows = {name: position for position, name in enumerate(query_ids)}
    columns = {name: position for position, name in enumerate(document_ids)}
    return np.array(
        sorted((rows[j.query_id], columns[j.document_id], j.grade) for j in judgements if j.query_id in rows)
    ).T
