"""One cell: from what somebody typed to the value of its column, or to what is wrong with it."""

import re
import unicodedata

from matcher.domain.messages import Message
from matcher.files.columns import Column, normalised

Cell = str | Message
"""The text of a cell, or what made it unreadable already."""

_EDGES = " \t\r\n\u00a0\u3000\u200b\u200c\u200d\u2060\ufeff"
_WHOLE = re.compile(r"[+-]?[0-9]{1,15}(\.0*)?")
_REAL = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,3})?")
_EXCEL_ERROR = re.compile(r"#(N/A|REF!|VALUE!|DIV/0!|NAME\?|NUM!|NULL!|SPILL!|CALC!|FIELD!|BLOCKED!|GETTING_DATA)")
_ROUNDED = re.compile(r"-?[0-9](\.[0-9]+)?E\+[0-9]{2,3}")
_LONGEST_LIST = 100_000
"""Characters of a list: thrice what a cell of Excel holds, and room for ten thousand wishes. An item takes a hundred
times the memory of its letter."""
# Names hold no comma, so people who part them with one mean the same as with a semicolon.
_BETWEEN_NAMES = re.compile("[\uff1b\u3001,\uff0c\\r\\n]+")
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2060\ufeff]")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
# What spreadsheet programs take for the start of a formula; the full-width signs too (OWASP, "CSV injection").
_FORMULA = r"[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]"
_GUARDED = re.compile(f"'+{_FORMULA}")
_NEEDS_GUARD = re.compile(f"'*{_FORMULA}")


def guarded(text: str) -> str:
    """
    Put a ``'`` before a text that a spreadsheet program would take for a formula; `unguarded` is its inverse.

    Examples
    --------
    >>> guarded("=1+1"), guarded("'=1+1"), guarded("a=1")
    ("'=1+1", "''=1+1", 'a=1')
    """
    return "'" + text if _NEEDS_GUARD.match(text) else text


def unguarded(text: str) -> str:
    """
    Take away the ``'`` that `guarded` has put before a text, and nothing else.

    Examples
    --------
    >>> unguarded("'=1+1"), unguarded("=1+1"), unguarded("'a'")
    ('=1+1', '=1+1', "'a'")
    """
    return text[1:] if text.startswith("'") and _GUARDED.match(text) else text


def stripped(text: str) -> str:
    """Take blanks off both ends: full-width, no-break and zero-width ones too."""
    return text.strip(_EDGES)


def parsed(cell: Cell, column: Column) -> object:
    """
    Read a cell as its column's kind of value.

    Parameters
    ----------
    cell : str or Message
    column : Column

    Returns
    -------
    object
        The value; None where the cell is blank; a `Message` that says what is wrong with it. Ranges, lengths and the
        form of ids are the record's to check.
    """
    if isinstance(cell, Message):
        return cell
    text = unguarded(stripped(cell))
    if not text:
        return Message("input.cell.required") if column.required else None
    return _unfit(text, column) or _READERS[column.kind](text, column)


def _unfit(text: str, column: Column) -> Message | None:
    """Tell what no column can take: errors of formulas, digits that Excel has lost, control characters."""
    # A province has five million cells, so what is quickly told of most comes first.
    if text.startswith("#") and _EXCEL_ERROR.fullmatch(text):
        return Message("input.cell.excel_error", {"value": text})
    if "E+" in text and column.kind not in ("whole", "real") and _ROUNDED.fullmatch(text):
        return Message("input.cell.rounded_by_excel", {"value": text})
    if column.kind in ("texts", "ids", "tiers") and len(text) > _LONGEST_LIST:
        return Message("input.cell.too_long", {"most": _LONGEST_LIST, "length": len(text), "value": text})
    # A passage is somebody else's text, read and never shown again: a stray control character parts words there.
    if not text.isprintable() and column.kind != "passage" and _CONTROL.search(text):
        return Message("input.cell.control_characters", {"value": text})
    return None


def _whole(text: str, column: Column) -> object:
    plain = unicodedata.normalize("NFKC", text)
    if _WHOLE.fullmatch(plain):
        return int(plain.split(".")[0])
    return not_in_range(column, text)


def not_in_range(column: Column, value: object) -> Message:
    """Say what a column of numbers takes."""
    if column.kind == "real":
        return Message("input.cell.number_between", {"least": column.least, "most": column.most, "value": value})
    if column.least is None or column.most is None:
        return Message("input.cell.any_whole_number", {"value": value})
    return Message("input.cell.whole_number", {"least": column.least, "most": column.most, "value": value})


def _real(text: str, _column: Column) -> object:
    plain = unicodedata.normalize("NFKC", text)
    return float(plain) if _REAL.fullmatch(plain) else Message("input.cell.number", {"value": text})


def _word(text: str, column: Column) -> object:
    word = text if text in column.words else normalised(text)
    if word in column.words:
        return column.words[word]
    return Message("input.cell.one_of", {"words": column.expected, "value": text})


def _id(text: str, _column: Column) -> str:
    return stripped(_visible(text))


def _ids(text: str, _column: Column) -> tuple[str, ...]:
    return _items(_visible(text), ";")


def _visible(text: str) -> str:
    """Fold the text of ids, and take out what nobody can see: two ids that look alike are to be one."""
    return _INVISIBLE.sub("", unicodedata.normalize("NFKC", text))


def _texts(text: str, _column: Column) -> tuple[str, ...]:
    return _items(_BETWEEN_NAMES.sub(";", text), ";")


def _tiers(text: str, column: Column) -> tuple[tuple[str, ...], ...]:
    tiers = (_items(tier, "=") for tier in _ids(text, column))
    return tuple(tier for tier in tiers if tier)


def _items(text: str, separator: str) -> tuple[str, ...]:
    return tuple(item for part in text.split(separator) if (item := stripped(part)))


_READERS = {
    "text": lambda text, _column: text,
    "passage": lambda text, _column: text,
    "id": _id,
    "texts": _texts,
    "ids": _ids,
    "tiers": _tiers,
    "whole": _whole,
    "real": _real,
    "word": _word,
}
