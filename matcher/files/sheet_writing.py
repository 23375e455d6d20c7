"""Workbooks to read and to print: titled sheets with a repeated header, and no cell that a program would calculate."""

import io
import math
import unicodedata
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

from matcher.files.archive import NEVER
from matcher.files.cells import guarded
from matcher.files.templating import printable
from matcher.language import label

_LANGUAGE = "zh"
_A4 = 9
_MARGINS = {"left": 0.5, "right": 0.5, "top": 0.7, "bottom": 0.7}
"""Inches."""
_FONT_SIZE = 10
_LONGEST = 32_767
"""Characters that a cell of Excel holds."""

_LINE_PT, _HIGHEST_PT = 13.5, 409
"""Points: of a line of text, and of the highest row that Excel has."""

Cell = str | int | float | bool | None


def display_width(text: str) -> int:
    """
    Count the columns that a text takes: two for what East Asian fonts set wide (Unicode Standard Annex 11).

    Examples
    --------
    >>> display_width("a1"), display_width("\u540d")
    (2, 2)
    """
    return sum(2 if unicodedata.east_asian_width(character) in "WFA" else 1 for character in text)


class Book:
    """
    A workbook on its way, in Chinese whoever looks at it; the same sheets give the same bytes.

    Texts are texts, whatever they begin with: none becomes a formula or a link, here or when the sheet is saved as CSV.

    Parameters
    ----------
    title, author : str
        What the file says of itself.
    day : date or None
        When it was made, as far as the file says.
    font : str
    banner : str
        Stands on top of every printed page, and before each title; empty: nothing does.
    """

    def __init__(self, title: str, author: str, day: date | None, font: str, banner: str = "") -> None:
        import xlsxwriter

        self._buffer = io.BytesIO()
        plain = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
        self._book: Any = xlsxwriter.Workbook(self._buffer, {"in_memory": True, **plain})
        when = day or NEVER
        about = {"title": printable(title), "author": printable(author)}
        self._book.set_properties({**about, "created": datetime(when.year, when.month, when.day, tzinfo=UTC)})
        self._banner = banner
        bordered = {"font_name": printable(font), "font_size": _FONT_SIZE, "border": 1, "valign": "vcenter"}
        self._cell = self._book.add_format({**bordered, "text_wrap": True})
        self._centred = self._book.add_format({**bordered, "text_wrap": True, "align": "center"})
        self._head = self._book.add_format(
            {**bordered, "bold": True, "text_wrap": True, "align": "center", "bg_color": "#E8EEF4"}
        )
        titled = {"font_name": printable(font), "align": "center", "valign": "vcenter"}
        self._title = self._book.add_format({**titled, "bold": True, "font_size": 18})
        self._note = self._book.add_format({**titled, "font_size": _FONT_SIZE, "align": "left", "text_wrap": True})

    def add(
        self,
        name: str,
        header: Sequence[str],
        rows: Sequence[Sequence[Cell]],
        widths: Sequence[float],
        *,
        title: str = "",
        note: str = "",
        frozen: int = 0,
    ) -> None:
        """
        Add a sheet that prints on A4 across, as wide as a page, its header on every one.

        Parameters
        ----------
        name : str
        header : sequence of str
        rows : sequence of sequences of cells
            A text, a number, True or False, or None for an empty cell.
        widths : sequence of float
            Of the columns, in characters.
        title, note : str
            Above the header; without a title the header is the first row.
        frozen : int
            Columns that stay in sight, besides the header.
        """
        sheet = self._book.add_worksheet(name)
        lines = [text for text in (f"{self._banner}\u3000{title}".strip("\u3000") if title else "", note) if text]
        for row, (text, form) in enumerate(zip(lines, (self._title, self._note), strict=False)):
            self._across(sheet, row, len(header), text, form)
        for column, width in enumerate(widths):
            sheet.set_column(column, column, width)
        top = len(lines)
        for row, cells in enumerate([header, *rows], start=top):
            for column, cell in enumerate(cells):
                form = self._head if row == top else self._cell if isinstance(cell, str) else self._centred
                self._write(sheet, (row, column), cell, form)
            sheet.set_row(row, self._height(cells, widths))
        sheet.freeze_panes(top + 1, frozen)
        if rows:
            sheet.autofilter(top, 0, top + len(rows), len(header) - 1)
        self._set_page(sheet, top, top + len(rows), len(header))

    def saved(self) -> bytes:
        """Give the bytes; nothing can be added any more."""
        self._book.close()
        return self._buffer.getvalue()

    def picture(self, name: str, place: tuple[int, int], png: bytes, pixels: int) -> None:
        """Put a square picture, so large on the screen, into a cell of a sheet that was added."""
        scale = pixels / int.from_bytes(png[16:20])  # its width, in the header of every PNG
        options = {"image_data": io.BytesIO(png), "x_scale": scale, "y_scale": scale, "x_offset": 6, "y_offset": 6}
        self._book.get_worksheet_by_name(name).insert_image(*place, "picture.png", {**options, "object_position": 1})

    def heighten(self, name: str, rows: range, height: float) -> None:
        """Give rows of a sheet a height, in points."""
        for row in rows:
            self._book.get_worksheet_by_name(name).set_row(row, height)

    @staticmethod
    def _height(cells: Sequence[Cell], widths: Sequence[float]) -> float:
        """Tell the height of a row, in points: not every program finds it out for itself when it opens a sheet."""
        lines = max(
            math.ceil(display_width(str(cell)) / (width - 1)) if cell not in (None, "") else 1
            for cell, width in zip(cells, widths, strict=True)
        )
        return min(_HIGHEST_PT, _LINE_PT * lines + 5)

    def _across(self, sheet: Any, row: int, columns: int, text: str, form: Any) -> None:
        text = guarded(printable(text))[:_LONGEST]
        if columns > 1:
            sheet.merge_range(row, 0, row, columns - 1, "", form)
        sheet.write_string(row, 0, text, form)
        sheet.set_row(row, 34 if form is self._title else 22)

    def _write(self, sheet: Any, place: tuple[int, int], cell: Cell, form: Any) -> None:
        match cell:
            case None | "":
                sheet.write_blank(*place, None, form)
            case bool():
                sheet.write_string(*place, label("value.yes" if cell else "value.no", _LANGUAGE), form)
            case int() | float():
                if not math.isfinite(cell):
                    raise ValueError(f"a cell can't hold {cell}")
                sheet.write_number(*place, cell, form)
            case str():
                sheet.write_string(*place, guarded(printable(cell))[:_LONGEST], form)

    def _set_page(self, sheet: Any, top: int, last: int, columns: int) -> None:
        sheet.set_paper(_A4)
        sheet.set_landscape()
        sheet.fit_to_pages(1, 0)
        sheet.set_margins(**_MARGINS)
        sheet.repeat_rows(top)
        sheet.print_area(0, 0, last, columns - 1)
        sheet.center_horizontally()
        sheet.set_footer(f"&C{label('papers.pages', _LANGUAGE)}")
        if self._banner:
            sheet.set_header(f'&C&"-,Bold"&KC00000{self._banner}')
