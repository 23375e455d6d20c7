"""An empty DOCX whose styles are those of official documents, one for each look of a template's pieces."""

import io
from functools import cache
from typing import Any, NamedTuple

from docx import Document
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Pt

from matcher.files.bureau import Fonts
from matcher.files.docx_parts import set_fonts
from matcher.files.templating import Look

BODY_PT, LINE_PT = 16, 29
_CENTRED, _RIGHT = WD_ALIGN_PARAGRAPH.CENTER, WD_ALIGN_PARAGRAPH.RIGHT
_KEPT = {"Normal", "Header", "Footer", "Default Paragraph Font", "Normal Table", "Table Grid", "No List"}
"""Styles of python-docx's own template; the other 150 make a letter ten times as long, and as slow."""
_NOT_NEEDED = ("thumbnail", "stylesWithEffects", "customXml")


class Style(NamedTuple):
    """How paragraphs of one look are set; sizes and spaces in points, indents in characters of the text."""

    font: str
    size: float = BODY_PT
    line: float = LINE_PT
    align: WD_ALIGN_PARAGRAPH = WD_ALIGN_PARAGRAPH.JUSTIFY
    first: float = 0
    right: float = 0
    after: float = 0
    keep: bool = False


STYLES: dict[Look, Style] = {
    "title": Style("title", 22, 34, _CENTRED, after=24, keep=True),
    "heading": Style("heading", first=2, keep=True),
    "centred": Style("emphasis", align=_CENTRED),
    "flush": Style("body", align=WD_ALIGN_PARAGRAPH.LEFT),
    "signed": Style("body", align=_RIGHT, right=3),
    "small": Style("emphasis", 9, 13, WD_ALIGN_PARAGRAPH.LEFT),
    "body": Style("body", first=2),
}


def blank(fonts: Fonts) -> Any:
    """Give an empty document with the styles, `style_name` by look, in these fonts."""
    return Document(io.BytesIO(_blank_bytes(fonts)))


def style_name(look: Look) -> str:
    """Name the style of a look."""
    return f"Paper {look}"


@cache
def _blank_bytes(fonts: Fonts) -> bytes:
    document: Any = Document()
    for style in [style for style in document.styles if style.name not in _KEPT]:
        style.delete()
    for link in list(document.styles.element.iter(qn("w:link"))):  # to those that are gone
        link.getparent().remove(link)
    for relations in (document.part.rels, document.part.package.rels):
        for name in [name for name, to in relations.items() if to.reltype.rpartition("/")[2] in _NOT_NEEDED]:
            del relations[name]
    _set_normal(document, fonts)
    for look, style in STYLES.items():
        _add_style(document, look, style, fonts)
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def _add_style(document: Any, look: Look, style: Style, fonts: Fonts) -> None:
    made = document.styles.add_style(style_name(look), WD_STYLE_TYPE.PARAGRAPH)
    made.base_style = document.styles["Normal"]
    made.font.size = Pt(style.size)
    set_fonts(made.element.get_or_add_rPr(), getattr(fonts, style.font), fonts.latin)
    form = made.paragraph_format
    form.alignment, form.keep_with_next = style.align, style.keep
    form.line_spacing_rule, form.line_spacing = WD_LINE_SPACING.EXACTLY, Pt(style.line)
    form.space_after = Pt(style.after)
    if style.first:
        form.first_line_indent = Pt(style.first * style.size)
    if style.right:
        form.right_indent = Pt(style.right * style.size)


def _set_normal(document: Any, fonts: Fonts) -> None:
    """Set what every style goes by: font, size, language."""
    normal = document.styles["Normal"]
    normal.font.size = Pt(BODY_PT)
    properties = normal.element.get_or_add_rPr()
    set_fonts(properties, fonts.body, fonts.latin)
    language = OxmlElement("w:lang")
    language.set(qn("w:val"), "en-US")
    language.set(qn("w:eastAsia"), "zh-CN")
    properties.append(language)
