"""Spreadsheets to records: every problem of the whole file at once, with its row and column."""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Generic, TypeVar

from pydantic import ValidationError

from matcher.domain.benchmark import Document, Judgement, Query
from matcher.domain.errors import InputError
from matcher.domain.messages import Message, Problem
from matcher.domain.records import Expert, Need, Placement, Rating
from matcher.files.cells import not_in_range, parsed, stripped
from matcher.files.columns import Column, Table, table
from matcher.files.firm_rows import firm_warnings
from matcher.files.limits import MOST_PROBLEMS, OWN, TABLE, Limits
from matcher.files.sheets import Row, Sheet, sheets
from matcher.files.sources import Source, read_bytes

R = TypeVar("R")

_HEADERS_SHOWN = 30


@dataclass(frozen=True, slots=True)
class Loaded(Generic[R]):
    """
    What a file gave.

    Parameters
    ----------
    records : list
        One for each sound row; only complete where there are no problems.
    problems : list of Problem
        Everything wrong in the file, by row.
    warnings : list of Problem
        What is worth a look though the file can be used.
    digest : str
        SHA-256 of the file's bytes, in hexadecimal; empty where they could not be read.
    columns : frozenset of str
        Names of the columns that the header has: what another would hold is not said to be blank, it is not said.
    """

    records: list[R]
    problems: list[Problem]
    warnings: list[Problem]
    digest: str
    columns: frozenset[str] = frozenset()


@dataclass(slots=True)
class _Draft:
    """A row on its way to a record: its values so far, and what was wrong with the others, by column."""

    row: int
    values: dict[str, object] = field(default_factory=dict)
    faults: dict[str, Message] = field(default_factory=dict)
    others: list[Message] = field(default_factory=list)

    def problems(self, of: Table) -> list[Problem]:
        """List its problems in the order of the table's columns."""
        placed = [Problem(message, row=self.row) for message in self.others]
        return placed + [
            Problem(self.faults[name], row=self.row, column=column.code)
            for name, column in of.columns.items()
            if name in self.faults
        ]


_Complete = Callable[[Mapping[int, Column | None], Iterable[Row]], Callable[[_Draft], None]]
"""Looks at the columns and at all rows, and gives what fills in the draft of one by what it saw."""


def load_experts(source: Source, limits: Limits = TABLE) -> Loaded[Expert]:
    """
    Read an experts' spreadsheet, CSV or XLSX; nothing is raised for what it holds.

    Parameters
    ----------
    source : path or Upload
        Named in the problems as it is given.
    limits : Limits
        What is read of it; Parquet where they say so.

    Returns
    -------
    Loaded
        Experts, problems, warnings and the file's digest.
    """
    return _load(table("experts"), source, limits=limits)


def load_firms(source: Source, limits: Limits = TABLE) -> Loaded[Need]:
    """Read a firms' spreadsheet, one need a row; otherwise as `load_experts`."""
    return _load(table("firms"), source, _complete_needs, firm_warnings, limits=limits)


def load_ratings(source: Source, limits: Limits = TABLE) -> Loaded[Rating]:
    """Read ratings of earlier placements; otherwise as `load_experts`."""
    return _load(table("ratings"), source, limits=limits)


def load_placements(source: Source, limits: Limits = TABLE) -> Loaded[Placement]:
    """Read a placement list; a line without need id means the firm id. Otherwise as `load_experts`."""
    return _load(table("placements"), source, _complete_placements, limits=limits)


def load_queries(source: Source) -> Loaded[Query]:
    """Read the queries of a benchmark; otherwise as `load_experts`."""
    return _load(table("queries"), source, limits=OWN)


def load_documents(source: Source) -> Loaded[Document]:
    """Read the documents of a benchmark; otherwise as `load_experts`."""
    return _load(table("documents"), source, limits=OWN)


def load_judgements(source: Source) -> Loaded[Judgement]:
    """Read who judged what relevant in a benchmark; otherwise as `load_experts`."""
    return _load(table("relevance"), source, limits=OWN)


def _load(
    of: Table,
    source: Source,
    complete: _Complete | None = None,
    compare: Callable[[Sequence[Any]], list[Problem]] | None = None,
    *,
    limits: Limits = TABLE,
) -> Loaded[Any]:
    digest = ""
    records: list[Any] = []
    warnings: list[Problem] = []
    columns: Mapping[int, Column | None] = {}
    try:
        data = read_bytes(source, limits.file_mb)
        digest = hashlib.sha256(data).hexdigest()
        found, warnings = sheets(data, str(source), of.recognised, limits)
        sheet, more = _chosen(of, found)
        warnings += more
        columns, problems = _columns(of, sheet, warnings)
        records, faults, n_rows = _records(of, columns, sheet.rows, complete) if columns else ([], [], 0)
        problems += faults + list(sheet.problems)
        if not n_rows and not problems and of.record is not Placement:  # a list without a pair is a list
            problems = [Problem(Message("input.no_rows"))]
        if not problems and len(records) != n_rows:
            raise AssertionError(f"{n_rows - len(records)} rows of {source} were lost without a word")
        warnings += compare(records) if compare else []
    except InputError as error:
        problems = [problem for problem in error.messages if isinstance(problem, Problem)]
    named = [[replace(problem, path=str(source)) for problem in _listed(group)] for group in (problems, warnings)]
    return Loaded(records, *named, digest, frozenset(column.name for column in columns.values() if column))


def _chosen(of: Table, found: Sequence[Sheet]) -> tuple[Sheet, list[Problem]]:
    """Choose the first sheet that has the required columns; a single one is taken as it is."""
    if len(found) == 1:
        return found[0], _merged(found[0])
    fitting = [sheet for sheet in found if not of.missing(sheet.header)]
    if not fitting:
        nearest = max(found, key=lambda sheet: of.recognised(sheet.header))
        missing = [column.both_names for column in of.missing(nearest.header)]
        values = {"sheets": [sheet.name for sheet in found], "sheet": nearest.name, "columns": missing}
        raise InputError([Problem(Message("input.header.missing_in_sheets", values))])
    warnings = _merged(fitting[0])
    if len(fitting) > 1:
        values = {"sheet": fitting[0].name, "others": [sheet.name for sheet in fitting[1:]]}
        warnings.append(Problem(Message("input.sheet.several", values)))
    return fitting[0], warnings


def _merged(sheet: Sheet) -> list[Problem]:
    if not sheet.merged:
        return []
    return [Problem(Message("input.sheet.merged", {"sheet": sheet.name, "cells": sheet.merged[0]}))]


def _columns(of: Table, sheet: Sheet, warnings: list[Problem]) -> tuple[dict[int, Column | None], list[Problem]]:
    """
    Tell which position holds which column.

    Returns
    -------
    dict of int to Column or None
        None where a header is unknown or repeated; a position without header is left out. Empty where the header is
        that of another table.
    list of Problem
    """
    positions: dict[int, Column | None] = {}
    headers: dict[str, list[str]] = {}
    unknown = []
    for position, header in enumerate(sheet.header):
        if not stripped(header):
            continue
        column = of.column_of(header)
        positions[position] = None if column and column.name in headers else column
        if column is None:
            unknown.append(stripped(header))
        else:
            headers.setdefault(column.name, []).append(stripped(header))
    if unknown:
        warnings.append(Problem(Message("input.header.unknown", {"headers": unknown})))
    faults = [Message("input.header.repeated", {"headers": same}) for same in headers.values() if len(same) > 1]
    missing = of.missing(sheet.header)
    if missing:
        header = [stripped(cell) for cell in sheet.header if stripped(cell)]
        shown = header[:_HEADERS_SHOWN] + ["…"] * (len(header) > _HEADERS_SHOWN)
        faults.insert(0, Message("input.header.missing", {"columns": [c.both_names for c in missing], "header": shown}))
    # With most of them missing it is another table altogether, and what its cells hold says nothing.
    is_ours = 2 * len(missing) < len(of.required)
    return positions if is_ours else {}, [Problem(message) for message in faults]


def _records(
    of: Table, columns: Mapping[int, Column | None], rows: Iterable[Row], complete: _Complete | None
) -> tuple[list[Any], list[Problem], int]:
    """Make the records, row by row, list the problems, up to the last that will be listed, and count the rows."""
    records, problems, n_rows = [], [], 0
    finish = complete(columns, rows) if complete else None
    for row in rows:
        n_rows += 1
        draft = _draft(columns, row)
        if finish:
            finish(draft)
        record = _record(of, draft)
        if record is not None:
            records.append(record)
            continue
        problems += draft.problems(of)
        if len(problems) > MOST_PROBLEMS:
            break
    return records, problems, n_rows


def _listed(problems: Sequence[Problem]) -> list[Problem]:
    """List as many problems as are of use, and say so where there are more."""
    if len(problems) <= MOST_PROBLEMS:
        return list(problems)
    return [*problems[:MOST_PROBLEMS], Problem(Message("input.more_problems", {"most": MOST_PROBLEMS}))]


def _draft(columns: Mapping[int, Column | None], row: Row) -> _Draft:
    draft = _Draft(row.number)
    for position, cell in enumerate(row.cells):
        if position in columns:
            continue
        if not isinstance(cell, str) or stripped(cell):
            draft.others.append(Message("input.row.too_long", {"position": position + 1, "value": cell}))
    for position, column in columns.items():
        if column is None:
            continue
        value = parsed(row.cells[position] if position < len(row.cells) else "", column)
        if isinstance(value, Message):
            draft.faults[column.name] = value
        elif value is not None:
            draft.values[column.name] = value
    return draft


def _record(of: Table, draft: _Draft) -> object | None:
    """Make the record, or note what its limits refuse."""
    try:
        record = of.record(**draft.values, row=draft.row)
    except ValidationError as error:
        for fault in error.errors(include_url=False):
            name = str(fault["loc"][0])
            # What is missing was told already: as a blank cell, or as a column that the header lacks.
            if fault["type"] != "missing":
                draft.faults.setdefault(name, limit_fault(of.columns[name], fault))
        return None
    return None if draft.faults or draft.others else record


def limit_fault(column: Column, fault: Mapping[str, Any]) -> Message:
    """Say in the catalogue's words what pydantic found."""
    value = fault["input"]
    match fault["type"]:
        case "string_too_short":
            return Message("input.cell.required")
        case "string_pattern_mismatch":
            return Message("input.cell.id", {"value": value})
        case "string_too_long":
            code = "input.cell.id_too_long" if column.kind in ("id", "ids", "tiers") else "input.cell.too_long"
            return Message(code, {"most": fault["ctx"]["max_length"], "length": len(value), "value": value})
        case "greater_than_equal" | "less_than_equal":
            return not_in_range(column, value)
    return Message("input.cell.wrong", {"kind": fault["type"], "value": str(value)})


def _complete_needs(columns: Mapping[int, Column | None], rows: Iterable[Row]) -> Callable[[_Draft], None]:
    """Give the only need of a firm the firm's id; a firm with several rows must name each."""
    firms = [(position, column) for position, column in columns.items() if column and column.name == "firm_id"]
    ids = (parsed(row.cells[k], column) for k, column in firms for row in rows if k < len(row.cells))
    n_rows = Counter(firm_id for firm_id in ids if isinstance(firm_id, str))

    def finish(draft: _Draft) -> None:
        firm_id = draft.values.get("firm_id")
        if "need_id" in draft.values or "need_id" in draft.faults or firm_id is None:
            return
        if n_rows[str(firm_id)] == 1:
            draft.values["need_id"] = firm_id
        else:
            draft.faults["need_id"] = Message("input.row.need_id_missing", {"firm_id": firm_id})

    return finish


def _complete_placements(columns: Mapping[int, Column | None], rows: Iterable[Row]) -> Callable[[_Draft], None]:  # noqa: ARG001 - as for needs
    """Give a line without need id the firm's id."""

    def finish(draft: _Draft) -> None:
        if "firm_id" in draft.values and "need_id" not in draft.faults:
            draft.values.setdefault("need_id", draft.values["firm_id"])
        if "need_id" not in draft.values and "firm_id" not in draft.faults:
            draft.faults.setdefault("need_id", Message("input.cell.required"))

    return finish
