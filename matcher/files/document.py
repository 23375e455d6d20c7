"""
A DOCX in the look of official documents: filled pieces of a template in, bytes out.

Paper, margins, sizes and spacing are those of GB/T 9704-2012, the layout of official documents of Party and government:
A4, a text area of 156 by 225 mm with 22 lines to the page, the text in size 3 (16 pt), the title in size 2 (22 pt).
"""

import copy
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from docx.enum.section import WD_ORIENT, WD_SECTION
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_BREAK, WD_LINE_SPACING
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor

from matcher.files.archive import NEVER, repacked_evenly
from matcher.files.bureau import Fonts
from matcher.files.docx_parts import number, set_page, write
from matcher.files.docx_styles import STYLES, blank, style_name
from matcher.files.templating import Look, Piece, printable

_A4 = (210, 297)
_MARGINS = {"top": 37, "bottom": 35, "left": 28, "right": 26}
_WIDE_MARGINS = {"top": 25, "bottom": 20, "left": 20, "right": 20}
"""Millimetres; the standard has none for a page of another kind."""
_WIDTH, _WIDE_WIDTH = 210 - 28 - 26, 297 - 20 - 20
_BODY_PT, _LINE_PT, _TABLE_PT = 16, 29, 10.5
_CENTRED, _RIGHT = WD_ALIGN_PARAGRAPH.CENTER, WD_ALIGN_PARAGRAPH.RIGHT
_RED = RGBColor(0xC0, 0, 0)
_CELL_MARGIN = 60
"""Twentieths of a point."""
_BLOCK_MARGINS = {"top": 15, "bottom": 13, "left": 17, "right": 17}
_BLOCK_WIDTHS = (128, 46)
_QR_MM = 38
_BLOCK_SIZES: Mapping[Look, float] = {"title": 13, "centred": 16, "flush": 10.5}
_SMALLER_PT, _BLOCK_MM = 9.5, 62


@dataclass(frozen=True, slots=True)
class Table:
    """
    A table of a paper.

    Parameters
    ----------
    header : sequence of str
        Repeated on every page.
    rows : sequence of sequences of str
    widths : sequence of float
        Shares of the page.
    """

    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    widths: Sequence[float]


@dataclass(frozen=True, slots=True)
class Print:
    """
    How a paper is printed.

    Parameters
    ----------
    fonts : Fonts
    title, author : str
        What the file says of itself.
    day : date or None
        When it was made, as far as the file says: of the publication, never of the clock.
    banner : str
        Stands on every page in red; empty: nothing does.
    is_numbered : bool
        Whether pages have numbers.
    """

    fonts: Fonts
    title: str
    author: str
    day: date | None
    banner: str = ""
    is_numbered: bool = True


def docx_bytes(pieces: Iterable[Piece], how: Print, table: Table | None = None) -> bytes:
    """
    Set a paper.

    Parameters
    ----------
    pieces : iterable of Piece
        Filled.
    how : Print
    table : Table or None
        What stands where a piece is the list.

    Returns
    -------
    bytes
        The same for the same pieces.
    """
    paper = _Paper(how)
    for look, group in _grouped(pieces):
        if look == "list" and table is not None:
            paper.add_table(table)
        elif look == "cells":
            paper.add_cells([piece.texts for piece in group])
        elif look == "landscape":
            paper.turn()
        elif look == "page":
            paper.break_page()
        elif look in STYLES:
            paper.add(look, group[0].texts[0])
    return paper.saved()


def docx_blocks(blocks: Iterable[tuple[Iterable[Piece], bytes]], how: Print) -> bytes:
    """
    Set small papers, several on a page, each with a picture beside its text, to be cut apart.

    Parameters
    ----------
    blocks : iterable of (iterable of Piece, bytes)
        Filled, and a PNG.
    how : Print
    """
    paper = _Paper(how)
    set_page(paper.document.sections[0], _A4, _BLOCK_MARGINS)
    for pieces, png in blocks:
        paper.add_block(pieces, png)
    return paper.saved()


def _grouped(pieces: Iterable[Piece]) -> Iterator[tuple[Look, list[Piece]]]:
    """Give pieces one by one, but rows of a table that follow each other together."""
    rows: list[Piece] = []
    for piece in pieces:
        if piece.look == "cells":
            rows.append(piece)
            continue
        if rows:
            yield "cells", rows
            rows = []
        yield piece.look, [piece]
    if rows:
        yield "cells", rows


class _Paper:
    """A document that grows from top to bottom."""

    def __init__(self, how: Print) -> None:
        self.how = how
        self.document: Any = blank(how.fonts)
        self.last: Look | None = None
        self.width = _WIDTH
        section = self.document.sections[0]
        set_page(section, _A4, _MARGINS)
        if how.is_numbered:
            self.document.settings.odd_and_even_pages_header_footer = True
            number(section.footer.paragraphs[0], _RIGHT, how.fonts)
            number(section.even_page_footer.paragraphs[0], WD_ALIGN_PARAGRAPH.LEFT, how.fonts)
        if how.banner:
            for header in (section.header, section.even_page_header)[: 1 + how.is_numbered]:
                banner = printable(how.banner)
                write(header.paragraphs[0], banner, how.fonts.heading, how.fonts.latin, _BODY_PT, color=_RED)
                header.paragraphs[0].alignment = _CENTRED
        self._describe()

    def add(self, look: Look, text: str) -> None:
        style = STYLES[look]
        paragraph = self.document.add_paragraph(style=style_name(look))
        write(paragraph, text, getattr(self.how.fonts, style.font), self.how.fonts.latin, style.size)
        if look != self.last and look in ("signed", "small"):
            paragraph.paragraph_format.space_before = Pt(_LINE_PT if look == "signed" else _LINE_PT / 2)
        self.last = look

    def turn(self) -> None:
        """Begin a page in landscape."""
        section = self.document.add_section(WD_SECTION.NEW_PAGE)
        section.orientation = WD_ORIENT.LANDSCAPE
        set_page(section, _A4[::-1], _WIDE_MARGINS)
        self.width = _WIDE_WIDTH

    def break_page(self) -> None:
        self.document.add_paragraph().add_run().add_break(WD_BREAK.PAGE)

    def add_table(self, table: Table) -> None:
        """Add a table whose header is repeated and whose rows are not torn apart."""
        widths = [self.width * share / sum(table.widths) for share in table.widths]
        grid = self._grid(widths)
        _add_row(grid, table.header, self._row(widths, self.how.fonts.heading, is_header=True))
        model = self._row(widths, self.how.fonts.table)
        for row in table.rows:
            _add_row(grid, row, model)
        self.last = "list"

    def add_cells(self, rows: Sequence[Sequence[str]]) -> None:
        """Add a small table of the template's own, such as one to sign in: its rows are high."""
        count = max(map(len, rows))
        widths = [self.width / count] * count
        self.document.add_paragraph(style=style_name("small"))
        grid = self._grid(widths)
        for row in rows:
            _add_row(grid, (*row, *[""] * (count - len(row))), self._row(widths, self.how.fonts.body, 14, 17))
        self.last = "cells"

    def add_block(self, pieces: Iterable[Piece], png: bytes) -> None:
        """Add a box that no page tears apart: text on the left, a picture on the right."""
        grid = self._grid(_BLOCK_WIDTHS)
        row = grid.add_row()
        row.height = Mm(_BLOCK_MM)
        row._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))
        words, picture = row.cells
        for cell, width in zip(row.cells, _BLOCK_WIDTHS, strict=True):
            cell.width, cell.vertical_alignment = Mm(width), 1
        paragraph = words.paragraphs[0]
        for piece in pieces:
            style = STYLES[piece.look]
            size = _BLOCK_SIZES.get(piece.look, _SMALLER_PT)
            form = paragraph.paragraph_format
            form.line_spacing_rule, form.space_after = WD_LINE_SPACING.SINGLE, Pt(3)
            form.alignment = _CENTRED if style.align == _CENTRED else WD_ALIGN_PARAGRAPH.LEFT
            write(paragraph, piece.texts[0], getattr(self.how.fonts, style.font), self.how.fonts.latin, size)
            paragraph = words.add_paragraph()
        paragraph._p.getparent().remove(paragraph._p)
        picture.paragraphs[0].alignment = _CENTRED
        picture.paragraphs[0].add_run().add_picture(io.BytesIO(png), width=Mm(_QR_MM))
        self.document.add_paragraph(style=style_name("small"))

    def saved(self) -> bytes:
        buffer = io.BytesIO()
        self.document.save(buffer)
        return repacked_evenly(buffer.getvalue())

    def _grid(self, widths: Sequence[float]) -> Any:
        table = self.document.add_table(rows=0, cols=len(widths))
        table.style, table.alignment, table.autofit = "Table Grid", WD_TABLE_ALIGNMENT.CENTER, False
        for column, width in zip(table.columns, widths, strict=True):
            column.width = Mm(width)
        margins = OxmlElement("w:tblCellMar")
        for side in ("left", "right"):
            edge = OxmlElement(f"w:{side}")
            edge.set(qn("w:w"), str(_CELL_MARGIN))
            edge.set(qn("w:type"), "dxa")
            margins.append(edge)
        table._tbl.tblPr.append(margins)
        return table

    def _row(
        self,
        widths: Sequence[float],
        font: str,
        size: float = _TABLE_PT,
        height_mm: float = 0,
        *,
        is_header: bool = False,
    ) -> Any:
        """Make a row to copy: through python-docx a cell at a time, a long list would take a minute."""
        table = self.document.add_table(rows=1, cols=len(widths))
        row = table.rows[0]
        row.height = Mm(height_mm) if height_mm else None
        for cell, width in zip(row.cells, widths, strict=True):
            cell.width, cell.vertical_alignment = Mm(width), 1
            form = cell.paragraphs[0].paragraph_format
            form.line_spacing_rule, form.space_after = WD_LINE_SPACING.SINGLE, Pt(0)
            form.alignment = _CENTRED if is_header else WD_ALIGN_PARAGRAPH.LEFT
            write(cell.paragraphs[0], "-", font, self.how.fonts.latin, size)
        marks = row._tr.get_or_add_trPr()
        marks.append(OxmlElement("w:cantSplit"))
        if is_header:
            marks.append(OxmlElement("w:tblHeader"))
        table._tbl.getparent().remove(table._tbl)
        return row._tr

    def _describe(self) -> None:
        about = self.document.core_properties
        about.title, about.author = printable(self.how.title), printable(self.how.author)
        about.last_modified_by, about.comments = about.author, ""
        day = self.how.day or NEVER
        about.created = about.modified = datetime(day.year, day.month, day.day, tzinfo=UTC)


def _add_row(grid: Any, cells: Sequence[str], model: Any) -> None:
    row = copy.deepcopy(model)
    for place, text in zip(row.iter(qn("w:t")), cells, strict=True):
        place.text = printable(text)
    grid._tbl.append(row)
