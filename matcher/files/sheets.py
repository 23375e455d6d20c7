"""A file becomes sheets of cells: what kind of file it is, and for CSV, where its cells begin and end."""

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePath

from matcher.domain.errors import InputError
from matcher.domain.messages import Message, Problem
from matcher.files.cells import Cell, stripped
from matcher.files.encoding import decoded
from matcher.files.limits import Limits, confirm_size, refused

Recognised = Callable[[Sequence[str]], int]

_DELIMITERS = ",;\t"
_WORKBOOK_ENDINGS = (".xlsx", ".xlsm")
_OLD_OFFICE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_STARTS = (
    (b"%PDF", "kind.pdf"),
    (b"\x89PNG", "kind.image"),
    (b"\xff\xd8\xff", "kind.image"),
    (b"GIF8", "kind.image"),
    (b"Rar!", "kind.archive"),
    (b"7z\xbc\xaf\x27\x1c", "kind.archive"),
    (b"\x1f\x8b", "kind.archive"),
    (b"{\\rtf", "kind.rich_text"),
    (b"\x7fELF", "kind.program"),
    (b"MZ\x90\x00", "kind.program"),
    (b"PAR1", "kind.parquet"),
)
_TAGS = (b"<html", b"<!doctype", b"<?xml", b"<table", b"<meta")


@dataclass(frozen=True, slots=True)
class Row:
    """A row and its number in the spreadsheet, where the first is 1."""

    number: int
    cells: Sequence[Cell]

    @property
    def is_blank(self) -> bool:
        """No cell has any content."""
        return all(isinstance(cell, str) and not stripped(cell) for cell in self.cells)


@dataclass(frozen=True, slots=True)
class Sheet:
    """
    One sheet: its header and the rows with content below it.

    Rows may be read anew each time they are walked through: to hold those of a province takes ten times their file.
    ``problems`` were found while its cells were told apart; ``merged`` names ranges of merged cells below the header.
    """

    name: str
    header: Sequence[str]
    rows: Iterable[Row]
    problems: Sequence[Problem] = ()
    merged: Sequence[str] = ()


def sheets(data: bytes, name: str, recognised: Recognised, limits: Limits) -> tuple[list[Sheet], list[Problem]]:
    """
    Tell what the bytes of a file are, and part them into sheets.

    Parameters
    ----------
    data : bytes
    name : str
        Its ending is compared with what the file is, and no more: the content decides.
    recognised : callable
        Counts the known headers in a row of cells; by it the delimiter of a CSV file is chosen.
    limits : Limits

    Returns
    -------
    list of Sheet
        One for CSV and for Parquet; for a workbook those with content, visible ones if there are any.
    list of Problem
        Warnings.

    Raises
    ------
    InputError
        When it is neither text in a known encoding nor a workbook, or larger than the limits.
    """
    if not data.strip():
        raise refused("input.file.empty")
    ending = PurePath(name).suffix.lower()
    named_workbook = ending in _WORKBOOK_ENDINGS
    if data.startswith(b"PK\x03\x04"):
        from matcher.files.workbook import workbook_sheets

        warnings = [] if named_workbook else [Problem(Message("input.file.is_workbook"))]
        return workbook_sheets(data, limits), warnings
    if data.startswith(b"PAR1") and limits.parquet:
        from matcher.files.parquet import parquet_sheet

        return [parquet_sheet(data, limits)], []
    _confirm_text(data)
    text, warnings = decoded(data)
    if not text.strip():
        raise refused("input.file.empty")
    if named_workbook or ending == ".parquet":
        warnings.insert(0, Problem(Message("input.file.is_text", {"ending": ending})))
    return [_csv_sheet(text, recognised, limits)], warnings


def with_header(name: str, rows: Sequence[Row], merged: Sequence[str] = ()) -> Sheet:
    """Take the first row with content for the header."""
    filled = [row for row in rows if not row.is_blank]
    header = [cell if isinstance(cell, str) else "" for cell in filled[0].cells] if filled else []
    return Sheet(name, header, filled[1:], merged=merged)


def _confirm_text(data: bytes) -> None:
    if data.startswith(_OLD_OFFICE):
        raise refused("input.file.encrypted" if _ENCRYPTED in data else "input.file.old_excel")
    for start, kind in _STARTS:
        if data.startswith(start):
            raise refused("input.file.wrong_kind", kind=Message(kind))
    if data.removeprefix(b"\xef\xbb\xbf").lstrip()[:9].lower().startswith(_TAGS):
        raise refused("input.file.wrong_kind", kind=Message("kind.web_page"))


class Walk:
    """Rows that are read anew by each walk through them."""

    def __init__(self, begin: Callable[[], Iterator[Row]]) -> None:
        self.begin = begin

    def __iter__(self) -> Iterator[Row]:
        """Begin a walk."""
        return self.begin()


def _csv_sheet(text: str, recognised: Recognised, limits: Limits) -> Sheet:
    # A cell of any length is read, for the records' own limits to judge; the limit is one for the whole process.
    csv.field_size_limit(max(csv.field_size_limit(), len(text)))
    best = max(_DELIMITERS, key=lambda delimiter: recognised(_first_record(text, delimiter, limits)))
    problems, header, last = [], None, 0
    n_cells = 0
    try:
        for row in _csv_rows(text, best, limits):
            n_cells += len(row.cells)
            confirm_size(limits, row.number, len(row.cells), n_cells)
            header = header or (None if row.is_blank else row)
            last = row.number
    except csv.Error as fault:
        problems = [Problem(Message("input.row.quotes"), row=fault.args[1])]
    if not header:
        raise InputError(problems) if problems else refused("input.file.empty")
    first, end = header.number, last

    def below() -> Iterator[Row]:
        for row in _csv_rows(text, best, limits):
            if first < row.number and not row.is_blank:
                yield row
            if row.number == end:  # what is behind can't be told apart
                return

    return Sheet("", [str(cell) for cell in header.cells], Walk(below), problems)


def _csv_rows(text: str, delimiter: str, limits: Limits) -> Iterator[Row]:
    """Part text into rows that hold something; a fault comes with the number of the row where it is."""
    number = 0
    try:
        for number, cells in enumerate(
            csv.reader(_lines(text, delimiter, limits), delimiter=delimiter, strict=True), 1
        ):
            if any(cells):
                yield Row(number, cells)
    except csv.Error as fault:
        raise csv.Error(str(fault), number + 1) from None


def _first_record(text: str, delimiter: str, limits: Limits) -> list[str]:
    try:
        records = csv.reader(_lines(text, delimiter, limits), delimiter=delimiter, strict=True)
        return next((record for record in records if any(map(stripped, record))), [])
    except csv.Error:
        return []


def _lines(text: str, delimiter: str, limits: Limits) -> Iterator[str]:
    """Part text into lines; a row is in memory before anybody can count its cells, so its delimiters are counted."""
    for line in io.StringIO(text, newline=""):
        if (cells := line.count(delimiter)) > limits.cells:
            raise refused("input.size.columns", count=cells, most=limits.columns)
        yield line
