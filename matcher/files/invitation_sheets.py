"""Invitations on paper: a block an account, with a link, its QR code and a short code, to cut out and hand over."""

import io
from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from datetime import date

from matcher.files.document import Print, docx_blocks
from matcher.files.sheet_writing import Book
from matcher.files.stationery import Issue, Stationery, chinese_date
from matcher.language import label

_LANGUAGE = "zh"
_WIDTHS = (5, 8, 26, 16, 24, 60, 18, 14, 22)
_ROW_PT, _QR_SHOWN, _QR_PIXELS = 112, 135, 8


@dataclass(frozen=True, slots=True)
class InvitationLine:
    """
    An invitation, as it is handed over; what opens the door shows in no message.

    Parameters
    ----------
    role : str
        Of the account.
    party : str
        Name of the firm or of the expert; of others, nothing.
    person : str
    login : str
        What the account logs in with.
    link : str
        Address that opens the invitation.
    code : str
        Short code, for whoever cannot scan.
    valid_until : date
    """

    role: str
    party: str
    person: str
    login: str
    link: str = field(repr=False)
    code: str = field(repr=False)
    valid_until: date


def invitation_docx(lines: Sequence[InvitationLine], issue: Issue, on: Stationery) -> bytes:
    """
    Write invitations to cut out, several on a page of A4, none torn by its end.

    Raises
    ------
    InputError
        When the template ``invitation.txt`` is not in order.
    """
    title = label("papers.invitations", _LANGUAGE)
    how = Print(on.bureau.fonts, title, on.bureau.name, issue.day, issue.banner, is_numbered=False)
    template = on.template("invitation")
    blocks = []
    for line in lines:
        words = {"party": line.party, "person": line.person, "login": line.login, "link": line.link}
        until = {"code": _spaced(line.code), "valid_until": chinese_date(line.valid_until)}
        blocks.append((template.filled({**on.values(issue), **words, **until}), qr_png(line.link)))
    return docx_blocks(blocks, how)


def invitation_workbook(lines: Sequence[InvitationLine], issue: Issue, on: Stationery) -> bytes:
    """Write the same as a table, an account a row, its QR code in the last cell."""
    title = label("papers.invitations", _LANGUAGE)
    book = Book(title, on.bureau.name, issue.day, on.bureau.fonts.table, issue.banner)
    codes = ["papers.number", *(f"papers.invitation.{part.name}" for part in fields(InvitationLine))]
    header = [label(code, _LANGUAGE) for code in (*codes, "papers.invitation.qr")]
    rows = [
        [
            *(number, label(f"value.role.{line.role}", _LANGUAGE), line.party, line.person, line.login, line.link),
            *(_spaced(line.code), line.valid_until.isoformat(), None),
        ]
        for number, line in enumerate(lines, start=1)
    ]
    name = label("papers.sheet.invitations", _LANGUAGE)
    book.add(name, header, rows, _WIDTHS, frozen=3)
    book.heighten(name, range(1, len(lines) + 1), _ROW_PT)
    for row, line in enumerate(lines, start=1):
        book.picture(name, (row, len(header) - 1), qr_png(line.link), _QR_SHOWN)
    return book.saved()


def qr_png(link: str) -> bytes:
    """Draw a link as a QR code (ISO/IEC 18004) that bears a fold or a stain: level M, with its quiet zone."""
    import segno

    buffer = io.BytesIO()
    segno.make(link, error="m", micro=False).save(buffer, kind="png", scale=_QR_PIXELS, border=4)
    return buffer.getvalue()


def _spaced(code: str) -> str:
    """Part a short code in the middle: two short words are read, and typed, with fewer slips than a long one."""
    half = (len(code) + 1) // 2
    return f"{code[:half]} {code[half:]}"
