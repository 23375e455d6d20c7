"""A placement list as a workbook: to print, and behind that who was left out, figures, settings and the raw columns."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from matcher.domain.messages import Message
from matcher.domain.records import Placement
from matcher.files.papers import list_says, public_cells, public_headers
from matcher.files.sheet_writing import Book, Cell
from matcher.files.stationery import Issue, Stationery
from matcher.language import label
from matcher.placement import PLACEMENT_COLUMNS, UNPLACED_COLUMNS, PublicLine

_LANGUAGE = "zh"
_LIST_WIDTHS = (5, 8, 18, 11, 22, 20, 10, 22, 14)
_LONG = frozenset({"firm", "need_title", "institution", "reasons"})
_GROUPS = ("townships", "institutions")
FIGURES = (
    *("pairs", "experts_placed", "experts", "needs_placed", "needs", "firms_placed", "firms"),
    *("firm_first_choices", "expert_first_choices", "stated_by_firm", "stated_by_expert"),
    *("fit_mean", "fit_worst", "fit_gini", "calibrated", "value_total", "value_worst"),
    *("firm_satisfaction", "expert_satisfaction", "kept", "broken", "places_wanted", "places_offered"),
)
"""Of a run, by their names in `matcher.placement.statistics`, in the order in which they are shown."""


@dataclass(frozen=True, slots=True)
class ListBook:
    """
    What a workbook of a placement list holds.

    Parameters
    ----------
    lines : sequence of PublicLine
        To print.
    placements : sequence of Placement
        The same lines with all their columns.
    unplaced : sequence of mappings
        With the keys of `matcher.placement.UNPLACED_COLUMNS`.
    report : mapping
        As ``report.json`` has it: settings, digests, versions, statistics, certificate.
    about : mapping of str to str
        What is to be said besides, by the catalogue's code of its name.
    """

    lines: Sequence[PublicLine]
    placements: Sequence[Placement]
    unplaced: Sequence[Mapping[str, str]]
    report: Mapping[str, Any]
    about: Mapping[str, str] = field(default_factory=dict)


def list_workbook(book: ListBook, issue: Issue, on: Stationery) -> bytes:
    """
    Write the workbook.

    Returns
    -------
    bytes
        An XLSX with the sheets list, unplaced, statistics, settings and raw. The first is print-ready: A4 across, as
        wide as a page, its header repeated, pages numbered. The last is read by `matcher.files.load_placements`.
    """
    title = f"{issue.batch_words}{_said('papers.list_title').format(round=issue.round_words)}"
    out = Book(title, on.bureau.name, issue.day, on.bureau.fonts.table, issue.banner)
    rows = [[number, *public_cells(line, on.bureau.term)] for number, line in enumerate(book.lines, start=1)]
    header = [_said("papers.number"), *public_headers()]
    note = _said("papers.list_note").format(number=issue.document_number) if issue.document_number else ""
    out.add(_said("papers.sheet.list"), header, rows, _LIST_WIDTHS, title=title, note=note, frozen=2)
    left = [[_unplaced_cell(name, line) for name in UNPLACED_COLUMNS] for line in book.unplaced]
    names = [_said(f"unplaced.{name}") for name in UNPLACED_COLUMNS]
    out.add(_said("papers.sheet.unplaced"), names, left, (8, 12, 30, 10, 90))
    figures = list(_figures(book))
    out.add(_said("papers.sheet.statistics"), _named("figure", "value", "share"), figures, (36, 16, 16))
    settings = list(_settings(book, issue))
    out.add(_said("papers.sheet.settings"), _named("setting", "value"), settings, (44, 90))
    raw = [[getattr(line, name) for name in PLACEMENT_COLUMNS] for line in book.placements]
    widths = [30 if name in _LONG else 13 for name in PLACEMENT_COLUMNS]
    out.add(_said("papers.sheet.raw"), PLACEMENT_COLUMNS, raw, widths)
    return out.saved()


def workbook_warnings(lines: Sequence[PublicLine], on: Stationery) -> list[Message]:
    """Say what is to be looked at before the workbook goes out: a term that is neither in the list nor filled in."""
    names = on.blank({"term"} - list_says(lines))
    return [Message("papers.unfilled", {"names": names})] if names else []


def _said(code: str) -> str:
    return label(code, _LANGUAGE)


def _named(*columns: str) -> list[str]:
    return [_said(f"papers.column.{column}") for column in columns]


def _unplaced_cell(name: str, line: Mapping[str, str]) -> Cell:
    value = line[name]
    if name == "side":
        return _said(f"value.side.{value}")
    return int(value) if name == "free_places" else value


def _figures(book: ListBook) -> Iterator[list[Cell]]:
    """Give the figures of the list as it stands here, then those of the run that it came from."""
    yield [_said("papers.figures.list"), None, None]
    for name, column in (("experts", "expert_id"), ("firms", "firm_id"), ("needs", "need_id")):
        yield [_said(f"papers.figure.{name}_listed"), len({getattr(line, column) for line in book.placements}), None]
    yield [_said("papers.figure.pairs"), len(book.placements), None]
    yield [_said("papers.figures.run"), None, None]
    figures = book.report["statistics"]
    yield from ([_said(f"papers.figure.{name}"), figures[name], None] for name in FIGURES)
    for group in _GROUPS:
        yield [_said(f"papers.figures.{group}"), None, None]
        for name, counts in figures[group].items():
            yield [name, *_counted(group, counts)]


def _counted(group: str, counts: Mapping[str, Any]) -> tuple[Cell, Cell]:
    """Give two figures of a township, needs and those placed; of an institution, pairs and their share."""
    return (counts["placed"], counts["needs"]) if group == "townships" else (counts["pairs"], counts["share"])


def _settings(book: ListBook, issue: Issue) -> Iterator[list[Cell]]:
    for code, value in book.about.items():
        yield [_said(code), value]
    if issue.chain_head:
        yield [_said("papers.about.chain_head"), issue.chain_head]
    report = book.report
    for name in ("objective", "proposer", "seed"):
        yield [_said(f"papers.about.{name}"), str(report[name])]
    for role, source in report["inputs"].items():
        yield [f"inputs.{role}.sha256", str(source["sha256"])]
    for name in ("versions", "tokenizer", "settings", "certificate"):
        part = report.get(name, {})
        yield from ([key, value] for key, value in _flat(name, {**part, "proof": None} if "proof" in part else part))


def _flat(prefix: str, value: Any) -> Iterator[tuple[str, str]]:
    """Write out nested values, a line each, their names parted by dots; what is not said is left out."""
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _flat(f"{prefix}.{name}", inner)
    elif isinstance(value, list) and any(isinstance(inner, Mapping | list) for inner in value):
        for number, inner in enumerate(value, start=1):
            yield from _flat(f"{prefix}[{number}]", inner)
    elif value is not None and value != []:
        yield prefix, ";".join(map(str, value)) if isinstance(value, list) else str(value)
