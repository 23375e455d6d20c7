"""Parts of a DOCX for which python-docx has no words: fonts of East Asian letters, pages, page numbers, rows."""

from typing import Any

from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor

from matcher.files.bureau import Fonts
from matcher.files.templating import printable


def write(paragraph: Any, text: str, font: str, latin: str, size: float, *, color: RGBColor | None = None) -> None:
    """Add text to a paragraph in a font; the text is printable by now."""
    run = paragraph.add_run(text)
    run.font.size = Pt(size)
    if color is not None:
        run.font.color.rgb = color
    set_fonts(run._r.get_or_add_rPr(), font, latin)


def set_fonts(properties: Any, font: str, latin: str) -> None:
    """Name the font of each kind of letter: without ``eastAsia``, Word sets Chinese in whatever it likes."""
    fonts = properties.get_or_add_rFonts()
    for kind, name in (("ascii", latin), ("hAnsi", latin), ("cs", latin), ("eastAsia", font)):
        fonts.set(qn(f"w:{kind}"), printable(name))


def set_page(section: Any, size: tuple[int, ...], margins: dict[str, int]) -> None:
    """Set paper and margins, in millimetres."""
    section.page_width, section.page_height = map(Mm, size)
    for side, width in margins.items():
        setattr(section, f"{side}_margin", Mm(width))
    section.header_distance, section.footer_distance = Mm(12), Mm(min(28, margins["bottom"] - 10))


def number(paragraph: Any, align: WD_ALIGN_PARAGRAPH, fonts: Fonts) -> None:
    """Put the number of the page, as official documents have it: between dashes, outside, size 4 (14 pt)."""
    paragraph.alignment = align
    for indent in ("left_indent", "right_indent"):
        setattr(paragraph.paragraph_format, indent, Pt(14))
    write(paragraph, "\u2014\u00a0", fonts.table, fonts.latin, 14)
    for kind, text in (("begin", None), (None, "PAGE"), ("end", None)):
        write(paragraph, "", fonts.table, fonts.latin, 14)
        run = paragraph.runs[-1]._r
        part = OxmlElement("w:fldChar" if kind else "w:instrText")
        if kind:
            part.set(qn("w:fldCharType"), kind)
        else:
            part.text = text
        run.append(part)
    write(paragraph, "\u00a0\u2014", fonts.table, fonts.latin, 14)
