"""Sheets of an Excel workbook, each cell as the text that a person sees in it."""

import io
import re
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING

from matcher.domain.messages import Message
from matcher.files.cells import Cell
from matcher.files.sheets import Row, Sheet, refused, with_header

if TYPE_CHECKING:
    from python_calamine import CalamineSheet

_LOST_DIGITS = 1e15
"""A number keeps 15 digits in Excel: whole ones beyond have lost some."""
_KINDS = (
    ("word/", "kind.word"),
    ("ppt/", "kind.slides"),
    ("xl/workbook.bin", "kind.xlsb"),
    ("content.xml", "kind.opendocument"),
)
_SHEET = re.compile(rb"<(?:\w+:)?sheet\s[^>]*?\b\w+:id\s*=\s*[\"']([^\"']+)[\"']")
_RELATIONSHIP = re.compile(rb"<(?:\w+:)?Relationship\s[^>]*>")
_ATTRIBUTE = re.compile(rb"\b([\w:]+)\s*=\s*[\"']([^\"']*)[\"']")
_CELL = re.compile(rb"<((?:\w+:)?)c\s([^>]*?)(?:/>|>(.*?)</\1c>)", re.DOTALL)
_VALUE = re.compile(rb"<(?:\w+:)?v(?:\s[^>]*)?>([^<]*)<|<(?:\w+:)?v(?:\s[^>]*)?/>|<(?:\w+:)?is\b")
_FORMULA = re.compile(rb"<(?:\w+:)?f\b")
_REFERENCE = re.compile(rb"([A-Z]{1,3})([0-9]{1,7})")

Faults = Mapping[tuple[int, int], Cell]


def workbook_sheets(data: bytes) -> list[Sheet]:
    """
    Read the worksheets with content, the visible ones if there are any.

    Parameters
    ----------
    data : bytes
        A whole ``.xlsx`` file.

    Raises
    ------
    InputError
        When it is another kind of archive, damaged, protected, or has no content.
    """
    import python_calamine

    parts = _parts(data)
    try:
        book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(data))
        listed = list(zip(book.sheets_metadata, parts, strict=True))
        found = [
            (_sheet(book.get_sheet_by_name(about.name), faults), about.visible)
            for about, faults in listed
            if about.typ == python_calamine.SheetTypeEnum.WorkSheet
        ]
    except python_calamine.PasswordError:
        raise refused("input.file.encrypted") from None
    except (python_calamine.CalamineError, OSError, ValueError):
        raise refused("input.file.damaged") from None
    filled = [(sheet, visible) for sheet, visible in found if sheet.header]
    shown = [sheet for sheet, visible in filled if visible == python_calamine.SheetVisibleEnum.Visible]
    if not filled:
        raise refused("input.sheet.no_sheet", sheets=[about.name for about, _ in listed])
    return shown or [sheet for sheet, _ in filled]


def _sheet(sheet: "CalamineSheet", faults: Faults) -> Sheet:
    rows = [
        Row(number, [_text(value) for value in cells])
        for number, cells in enumerate(sheet.to_python(skip_empty_area=False), start=1)
    ]
    rows = _widened(rows, faults)
    first = next((row.number for row in rows if not row.is_blank), 0)
    ranges = sheet.merged_cell_ranges or []
    merged = [f"{_name(start)}:{_name(end)}" for start, end in ranges if end[0] + 1 > first]
    return with_header(sheet.name, rows, merged)


def _text(value: object) -> str:
    """Show a cell's value as Excel does: whole numbers without a point, dates as ISO, up to 15 digits."""
    match value:
        case str():
            return value
        case bool():
            return str(value).upper()
        case int() | float():
            return f"{value:.14E}" if abs(value) >= _LOST_DIGITS else f"{value:.15g}"
        case datetime():
            return value.isoformat(sep=" ")
        case date():
            return value.isoformat()
    return str(value)


def _widened(rows: Sequence[Row], faults: Faults) -> list[Row]:
    """Add the cells that lie outside what calamine saw, because it takes errors for empty."""
    cells = {row.number: list(row.cells) for row in rows}
    for (number, column), fault in faults.items():
        row = cells.setdefault(number, [])
        row += [""] * (column + 1 - len(row))
        row[column] = fault
    return [Row(number, cells[number]) for number in sorted(cells)]


def _parts(data: bytes) -> list[Faults]:
    """Find for each sheet the cells that calamine gives as empty: errors, and formulas without a result."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = archive.namelist()
            _confirm_workbook(names)
            if any(part.flag_bits & 1 for part in archive.infolist()):
                raise refused("input.file.encrypted")
            book = next(name for name in names if re.fullmatch(r"xl/workbook[0-9]*\.xml", name))
            relations = _relations(archive.read(f"xl/_rels/{book.removeprefix('xl/')}.rels"))
            targets = [relations[match[1]] for match in _SHEET.finditer(archive.read(book))]
            return [_faults(archive.read(target)) for target in targets]
    except (
        zipfile.BadZipFile,
        zlib.error,
        LookupError,
        StopIteration,
        NotImplementedError,
        EOFError,
        ValueError,
        OSError,
    ):
        raise refused("input.file.damaged") from None


def _confirm_workbook(names: Sequence[str]) -> None:
    if any(name.startswith("xl/") and name.endswith(".xml") for name in names) and "xl/workbook.bin" not in names:
        return
    kind = next((kind for start, kind in _KINDS if any(name.startswith(start) for name in names)), "kind.archive")
    raise refused("input.file.wrong_kind", kind=Message(kind))


def _relations(xml: bytes) -> dict[bytes, str]:
    found = {}
    for match in _RELATIONSHIP.finditer(xml):
        attributes = dict(_ATTRIBUTE.findall(match[0]))
        target = attributes[b"Target"].decode()
        found[attributes[b"Id"]] = target.removeprefix("/") if target.startswith("/") else f"xl/{target}"
    return found


def _faults(xml: bytes) -> dict[tuple[int, int], Cell]:
    if not re.search(rb"\bt=[\"']e[\"']", xml) and not _FORMULA.search(xml):
        return {}
    found: dict[tuple[int, int], Cell] = {}
    for match in _CELL.finditer(xml):
        attributes = dict(_ATTRIBUTE.findall(match[2]))
        content = match[3] or b""
        place = _REFERENCE.fullmatch(attributes.get(b"r", b""))
        value = _VALUE.search(content)
        is_error = attributes.get(b"t") == b"e"
        if not is_error and (value is not None or not _FORMULA.search(content)):
            continue
        if place is None:
            raise ValueError("a cell without its place")
        fault = (value[1] or b"#N/A").decode() if is_error and value else Message("input.cell.formula_without_result")
        found[int(place[2]), _number(place[1].decode()) - 1] = fault
    return found


def _number(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number


def _name(place: tuple[int, int]) -> str:
    row, column = place[0] + 1, place[1] + 1
    letters = ""
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return f"{letters}{row}"
