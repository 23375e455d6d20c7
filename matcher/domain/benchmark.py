"""The rows of a benchmark folder: queries, documents, and who judged which of them relevant; nobody's records."""

from collections.abc import Sequence
from dataclasses import field
from typing import Annotated

from pydantic import ConfigDict, Field, StringConstraints
from pydantic.dataclasses import dataclass

from matcher.domain.messages import Message, Problem
from matcher.domain.references import repeated_ids

Key = Annotated[str, StringConstraints(min_length=1, max_length=200)]
"""An id as its owner writes it: a DOI or a title will do, since nothing here lists ids in one cell."""
Passage = Annotated[str, StringConstraints(min_length=1)]
"""Text of any length: what is there to be read is not for us to cut."""
Grade = Annotated[float, Field(ge=0, le=1_000_000)]

_ROW = ConfigDict(str_strip_whitespace=True, extra="forbid")


@dataclass(frozen=True, slots=True, kw_only=True, config=_ROW)
class Query:
    """What is looked for: a need, or whatever stands in for one."""

    query_id: Key
    title: str = ""
    text: Passage
    row: int | None = field(default=None, compare=False, repr=False)

    @property
    def asked(self) -> tuple[str, str]:
        """The title, and title and text together, as a need has them; without a title the text is both."""
        return (self.title, f"{self.title}\n{self.text}") if self.title else (self.text, self.text)


@dataclass(frozen=True, slots=True, kw_only=True, config=_ROW)
class Document:
    """What may be found: a profile, or whatever stands in for one; a full stop or a line break parts its items."""

    document_id: Key
    text: Passage
    row: int | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True, config=_ROW)
class Judgement:
    """How relevant a document is to a query: 0 not at all, the more the better."""

    query_id: Key
    document_id: Key
    grade: Grade
    row: int | None = field(default=None, compare=False, repr=False)


def benchmark_problems(
    queries: Sequence[Query],
    documents: Sequence[Document],
    judgements: Sequence[Judgement],
    *,
    queries_whole: bool = True,
    documents_whole: bool = True,
) -> list[tuple[str, Problem]]:
    """
    Find what is wrong between the rows of a benchmark, though each is right in itself.

    Parameters
    ----------
    queries, documents, judgements : sequences of records
    queries_whole, documents_whole : bool
        Whether every row of the file became a record: else of who names the others nothing can be said.

    Returns
    -------
    list of (str, Problem)
        Repeated ids, judgements of what is not there, repeated judgements; each with its table's name.
    """
    asked = [(query.query_id, query.row) for query in queries]
    held = [(document.document_id, document.row) for document in documents]
    found = [("queries", problem) for problem in repeated_ids("queries.query_id", asked)]
    found += [("documents", problem) for problem in repeated_ids("documents.document_id", held)]
    known = {}
    if queries_whole:
        known["query_id"] = {name for name, _ in asked}
    if documents_whole:
        known["document_id"] = {name for name, _ in held}
    first: dict[tuple[str, str], int | None] = {}
    for judgement in judgements:
        for column, names in known.items():
            if (value := getattr(judgement, column)) not in names:
                message = Message("input.unknown_id", {"value": value})
                found.append(("relevance", Problem(message, row=judgement.row, column=f"relevance.{column}")))
        pair = judgement.query_id, judgement.document_id
        if pair in first:
            values = {"query_id": pair[0], "document_id": pair[1], "first_row": first[pair]}
            found.append(("relevance", Problem(Message("input.judged_twice", values), row=judgement.row)))
        first.setdefault(pair, judgement.row)
    return found
