"""Sheets of an Excel workbook, each cell as the text that a person sees in it."""

import io
import re
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from itertools import islice
from typing import TYPE_CHECKING

from matcher.domain.errors import InputError
from matcher.domain.messages import Message
from matcher.files.cells import Cell
from matcher.files.limits import Limits, confirm_size, refused
from matcher.files.parts import Attributes, Parts, repacked, walk
from matcher.files.sheets import Row, Sheet, with_header
from matcher.files.survey import Survey

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
_BOOK = re.compile(r"xl/workbook[0-9]*\.xml")
_ROW_AT_END = re.compile(r"[0-9]+$")
_ROOT = "_rels/.rels"
_FRAME = ("[Content_Types].xml", _ROOT)
_MAIN = "/officeDocument"
_OF_ALL_SHEETS = ("/sharedStrings", "/styles")
"""Ends of the types of relations to what calamine reads beside the sheets; pictures and the like stay packed."""

Faults = Mapping[int, Mapping[int, Cell]]


def workbook_sheets(data: bytes, limits: Limits) -> list[Sheet]:
    """
    Read the worksheets with content, the visible ones if there are any.

    Parameters
    ----------
    data : bytes
        A whole ``.xlsx`` file.
    limits : Limits

    Raises
    ------
    InputError
        When it is another kind of archive, damaged, protected, larger than the limits, or has no content.
    """
    import python_calamine

    archive, surveys = _surveyed(data, limits)
    try:
        book = python_calamine.CalamineWorkbook.from_filelike(archive)
        listed = list(zip(book.sheets_metadata, surveys, strict=True))
        found = [
            (_sheet(book.get_sheet_by_name(about.name), survey), about.visible)
            for about, survey in listed
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


def _sheet(sheet: "CalamineSheet", survey: Survey) -> Sheet:
    last = sheet.end or (0, 0)
    if (last[0] + 1) * (last[1] + 1) > max(survey.cells, 1):
        raise ValueError("calamine reads another sheet than was surveyed")
    rows = [
        Row(number, [_text(value) for value in cells])
        for number, cells in enumerate(sheet.to_python(skip_empty_area=False), start=1)
    ]
    rows = _widened(rows, survey.faults) if survey.faults else rows
    first = next((row.number for row in rows if not row.is_blank), 0)
    merged = (cells for cells in survey.merged if int(_ROW_AT_END.findall(cells)[0]) > first)
    return with_header(sheet.name, rows, list(islice(merged, 1)))


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
    for number, of_row in faults.items():
        row = cells.setdefault(number, [])
        row += [""] * (max(of_row) + 1 - len(row))
        for column, fault in of_row.items():
            row[column] = fault
    return [Row(number, cells[number]) for number in sorted(cells)]


def _surveyed(data: bytes, limits: Limits) -> tuple[io.BytesIO, list[Survey]]:
    """Survey a workbook: an archive of what is to be read of it and nothing else, and the survey of each sheet."""
    try:
        parts = Parts(data, limits)
        _confirm_workbook(parts.names)
        (book,) = filter(_BOOK.fullmatch, parts.names)
        related = f"xl/_rels/{book.removeprefix('xl/')}.rels"
        read = {name: parts.read(name) for name in (*_FRAME, book, related)}
        if [target for kind, target in _relations(read[_ROOT], "").values() if kind.endswith(_MAIN)] != [book]:
            raise ValueError("it is not told which part is the workbook")
        relations = _relations(read[related], "xl/")
        of_all_sheets = [target for kind, target in relations.values() if kind.endswith(_OF_ALL_SHEETS)]
        read |= {name: parts.read(name) for name in of_all_sheets if name in parts.names}
        # Whichever part calamine takes for that of the shared texts, it is this one: no other has any.
        (texts,) = [found for xml in read.values() if (found := Survey(xml, limits).texts)] or [[]]
        sheets = {name: relations[key][1] for name, key in _listed(read[book], limits)}
        _confirm_distinct(list(sheets.values()))
        surveys, cells = [], 0
        for name, part in sheets.items():
            read[part] = xml = parts.read(part)
            survey = _survey_of_sheet(name, xml, limits, texts)
            parts.charge(survey.shown)
            cells += survey.cells
            confirm_size(limits, 0, 0, cells)
            surveys.append(survey)
        return repacked(read), surveys
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


def _survey_of_sheet(name: str, xml: bytes, limits: Limits, texts: Sequence[int]) -> Survey:
    try:
        survey = Survey(xml, limits, texts)
    except InputError as error:
        (fault,) = error.messages
        raise refused("input.size.sheet", sheet=name, fault=fault) from None
    if survey.texts:
        raise ValueError("a sheet holds the texts of all sheets")
    return survey


def _confirm_workbook(names: Sequence[str]) -> None:
    if not any(name.startswith("xl/") and name.endswith(".xml") for name in names) or "xl/workbook.bin" in names:
        kind = next((kind for start, kind in _KINDS if any(name.startswith(start) for name in names)), "kind.archive")
        raise refused("input.file.wrong_kind", kind=Message(kind))
    _confirm_distinct(names)


def _confirm_distinct(names: Sequence[str]) -> None:
    """Raise ValueError where one reader may find another part, or sheet, than another: names that differ in case."""
    if len({name.casefold() for name in names}) < len(names):
        raise ValueError("two parts of a workbook have one name")


def _relations(xml: bytes, folder: str) -> dict[str, tuple[str, str]]:
    """Read what a part refers to: type and part, by the key of the relation."""
    found = {}

    def start(name: str, attributes: Attributes) -> None:
        if name == "Relationship":
            target = attributes["Target"].removeprefix("/")
            is_whole = target.startswith("xl/") or attributes["Target"].startswith("/")
            found[attributes["Id"]] = attributes["Type"], target if is_whole else folder + target

    walk(xml, start)
    return found


def _listed(xml: bytes, limits: Limits) -> list[tuple[str, str]]:
    """Read the workbook's sheets: the name of each, and the key of its relation."""
    listed: list[tuple[str, str]] = []

    def start(name: str, attributes: Attributes) -> None:
        if name == "sheet":
            relation = next(value for key, value in attributes.items() if key.endswith(":id"))
            listed.append((attributes["name"], relation))

    walk(xml, start)
    if len(listed) > limits.sheets:
        raise refused("input.size.sheets", count=len(listed), most=limits.sheets)
    _confirm_distinct([name for name, _ in listed])
    return listed
