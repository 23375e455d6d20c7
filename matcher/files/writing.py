"""Writing: CSV that spreadsheet programs open rightly and safely, and JSON; a file is whole or not there."""

import contextlib
import csv
import glob
import io
import json
import math
import numbers
import os
import secrets
import tempfile
import time
from collections.abc import Generator, Iterable, Sequence
from datetime import date
from os import PathLike
from pathlib import Path
from typing import BinaryIO

from matcher.domain.errors import StorageError
from matcher.domain.messages import Message, Problem
from matcher.files.cells import guarded
from matcher.language import label, sentence, shown

DECIMALS = 6

_DRAFT_S = 3600
"""Age of a draft from which on nobody writes it any more: whoever did was killed."""


def write_csv(path: str | PathLike[str], columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """
    Write a table as CSV: UTF-8 with byte order mark, lines end in CR LF, as Excel and RFC 4180 have it.

    A cell may be None (left empty), a text, a number (floats at most six decimals, never an exponent), True or False
    and messages (in the language in use), a date, or a tuple or list: texts are joined by ``;``, tied ones by ``=``.
    A text that a spreadsheet program would take for a formula gets a leading ``'``, which the readers take away again.

    Parameters
    ----------
    path : path
        Missing folders are made. An existing file is replaced at once, or stays as it is.
    columns : sequence of str
        The header, written as it is.
    rows : iterable of sequences
        Cells in the order of the columns.

    Raises
    ------
    StorageError
        When the file can't be written.
    ValueError
        When a row has another length than the header, a number is not finite, or an item of a list holds a separator.
    TypeError
        When a cell is of another type.
    """
    with whole_file(path) as file:
        _put_csv(file, columns, ([cell_text(value) for value in row] for row in rows))


def csv_bytes(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """Put cells, which are text by now, together to a file, as `write_csv` says."""
    buffer = io.BytesIO()
    _put_csv(buffer, columns, rows)
    return buffer.getvalue()


def _put_csv(file: BinaryIO, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    text = io.TextIOWrapper(file, "utf-8-sig", newline="")  # a whole list as text takes four bytes a character
    try:
        writer = csv.writer(text, lineterminator="\r\n")
        writer.writerow(columns)
        for row in rows:
            if len(row) != len(columns):
                raise ValueError(f"a row has {len(row)} cells, the header {len(columns)}")
            writer.writerow(row)
    finally:
        text.detach()  # puts down what is left, and leaves the file open


def write_json(path: str | PathLike[str], content: object) -> None:
    """
    Write JSON as people and version control like it: two spaces, Chinese as it is, keys in the order given.

    The same content gives the same bytes. Messages are written in the language in use, dates in ISO form.

    Parameters
    ----------
    path : path
        As for `write_csv`.
    content : object
        What `json` can write, and messages and dates in it.

    Raises
    ------
    StorageError
        When the file can't be written.
    ValueError, TypeError
        When the content holds a number that is not finite, or a type that JSON has not.
    """
    text = json.dumps(content, ensure_ascii=False, indent=2, allow_nan=False, default=_plain)
    write_bytes(path, (text + "\n").encode())


def write_bytes(path: str | PathLike[str], data: bytes) -> None:
    """
    Write a file whole or not at all: beside its place first, then put there at once.

    Raises
    ------
    StorageError
        When the folder or the file can't be written.
    """
    with whole_file(path) as file:
        file.write(data)


@contextlib.contextmanager
def whole_file(path: str | PathLike[str]) -> Generator[BinaryIO, None, None]:
    """Open a file for writing that is there, whole, once it is closed, as `write_bytes` says; raises what that does."""
    target = Path(path)
    draft = target.with_name(f".{target.name}.{secrets.token_hex(6)}.part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        clear_drafts(target.parent, glob.escape(target.name))
        with draft.open("xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        draft.replace(target)
    except OSError as error:
        raise _cannot_write(path, error) from error
    finally:
        with contextlib.suppress(OSError):
            draft.unlink()


def clear_drafts(folder: Path, name: str) -> None:
    """Take away what whoever was killed while writing a file left beside its place; ``name`` is a pattern of names."""
    for draft in folder.glob(f".{name}.*.part"):
        with contextlib.suppress(OSError):  # another one clears up too, or may alone
            if draft.stat().st_mtime < time.time() - _DRAFT_S:
                draft.unlink()


def confirm_writable(folder: Path) -> None:
    """Raise `StorageError` before any work for what would be raised after it; a missing folder is made."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):  # has no name: nothing is left of it, however this ends
            pass
    except OSError as error:
        raise _cannot_write(folder, error) from error


@contextlib.contextmanager
def new_file(path: str | PathLike[str]) -> Generator[BinaryIO, None, None]:
    """
    Open a file that is not there yet, which its owner alone may read; it is there only once something is in it.

    What can't be made twice, such as a token that is shown once, is made while it is open: it can be written then.

    Raises
    ------
    StorageError
        When there is such a file, or it can't be written.
    """
    target = Path(path)
    if os.path.lexists(target):
        raise StorageError([Problem(Message("output.there"), path=str(path))])
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        file = os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")
    except OSError as error:  # one that has come just now is among them
        raise _cannot_write(path, error) from error
    is_done = False
    try:
        with file:
            yield file
            is_done = file.tell() > 0
    except OSError as error:
        raise _cannot_write(path, error) from error
    finally:
        if not is_done:
            target.unlink(missing_ok=True)


def _cannot_write(path: str | PathLike[str], error: OSError) -> StorageError:
    reason = error.strerror or type(error).__name__
    return StorageError([Problem(Message("output.cannot_write", {"reason": reason}), path=str(path))])


def cell_text(value: object, lang: str | None = None) -> str:  # noqa: PLR0911 - one line for each type
    """
    Write one value as the text of a CSV cell, as `write_csv` says; in the language in use, or in ``lang``.

    Examples
    --------
    >>> cell_text(0.1 + 0.2), cell_text("=1+1"), cell_text(-2), cell_text((("F1",), ("F2", "F3")))
    ('0.3', "'=1+1", '-2', 'F1;F2=F3')
    """
    match value:
        case None:
            return ""
        case str():
            return guarded(value)
        case Message() | Problem():
            return guarded(sentence(value, lang))
        case bool():
            return shown(value, lang)
        case int() | numbers.Integral():  # the first is told at once
            return str(int(value))
        case float() | numbers.Real():
            return _decimal(float(value))
        case date():
            return value.isoformat()
        case tuple() | list():
            return _list_text(value, lang)
    raise TypeError(f"a cell can't hold a {type(value).__name__}")


def _decimal(value: float) -> str:
    if not math.isfinite(value):
        raise ValueError(f"a cell can't hold {value}")
    text = f"{value:.{DECIMALS}f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def _list_text(items: Sequence[object], lang: str | None) -> str:
    if items and all(isinstance(item, Message | Problem) for item in items):
        return guarded(label("join.sentences", lang).join(cell_text(item, lang) for item in items))
    return guarded(";".join(_item_text(item) for item in items))


def _item_text(item: object) -> str:
    tied = list(item) if isinstance(item, tuple | list) else [item]
    texts = [str(text) for text in tied]
    separators = ";\uff1b=\uff1d" if len(texts) > 1 else ";\uff1b"
    if any(separator in text for text in texts for separator in separators):
        raise ValueError(f"an item of a list holds a separator: {texts}")
    return "=".join(texts)


def _plain(value: object) -> object:
    match value:
        case Message() | Problem():
            return sentence(value)
        case date():
            return value.isoformat()
        case numbers.Integral():
            return int(value)
        case numbers.Real():
            return float(value)
    raise TypeError(f"JSON can't hold a {type(value).__name__}")
