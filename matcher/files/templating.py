"""Templates of papers: plain text, a line a paragraph, with names in braces that the house fills in."""

import difflib
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path
from typing import Literal

from matcher.domain.errors import InputError
from matcher.domain.messages import Message, Problem
from matcher.files.own import own_file
from matcher.files.sources import read_bytes

Look = Literal[
    "title", "heading", "centred", "flush", "signed", "small", "body", "cells", "list", "page", "landscape"
]  # fmt: skip
"""How a piece looks, or what it stands for: the list, or the beginning of a page."""

_MARKS: Mapping[str, Look] = {
    "## ": "heading", "# ": "title", "^ ": "centred", "< ": "flush", "> ": "signed", "~ ": "small", "| ": "cells",
}  # fmt: skip
_ALONE: Mapping[str, Look] = {"{list}": "list", "---": "page", "===": "landscape"}
_COMMENT, _OPTIONAL = "//", "?"
_LANGUAGE = "zh"
"""Of official papers, whoever looks at them."""

_TOKEN = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]")
_LINE_END = re.compile(r"\r\n|\r|\n")
"""Where editors begin a line; what else `str.splitlines` takes for an end is a character that nothing prints."""
_MOST_MB = 1
# What XML 1.0 has no room for, breaks a line, turns the direction of writing around, or marks an encoding.
_UNPRINTABLE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufeff\ufffe\uffff]+",
)


@dataclass(frozen=True, slots=True)
class Piece:
    """
    A line of a template.

    Parameters
    ----------
    look : str
    texts : tuple of str
        One; of a row of a table, one a cell; none of what stands for something else.
    row : int
        Its line in the file.
    is_optional : bool
        Whether it is left out where all that would be filled in is blank.
    """

    look: Look
    texts: tuple[str, ...]
    row: int
    is_optional: bool = False


@dataclass(frozen=True, slots=True)
class Template:
    """
    A template that was found to be in order.

    Parameters
    ----------
    name : str
        Of the file, without ``.txt``.
    path : str
        As messages name it.
    pieces : tuple of Piece
    """

    name: str
    path: str
    pieces: tuple[Piece, ...]

    @property
    def fields(self) -> frozenset[str]:
        """The names in braces that it has."""
        return frozenset(name for piece in self.pieces for text in piece.texts for name in _names(text))

    def filled(self, values: Mapping[str, str]) -> list[Piece]:
        """
        Put values in the place of names; what a value holds is text and nothing else.

        Parameters
        ----------
        values : mapping of str to str
            Of every name that the template has.

        Returns
        -------
        list of Piece
            Without the optional ones whose values are all blank.

        Raises
        ------
        KeyError
            When a value is missing: our bug.
        """
        printed = {name: printable(value) for name, value in values.items()}
        return [
            replace(piece, texts=tuple(_fill(text, printed) for text in piece.texts))
            for piece in self.pieces
            if not piece.is_optional or _says_something(piece.texts, printed)
        ]


def printable(text: str) -> str:
    r"""
    Make a text one line that XML and printers can have: control characters become blanks.

    Examples
    --------
    >>> printable("a\x00\n\u202eb ")
    'a b'
    """
    return _UNPRINTABLE.sub(" ", text).strip()


def read_template(
    name: str, fields: Collection[str], folder: Path | None = None, *, without: Collection[Look] = ("list",)
) -> Template:
    """
    Read a template and hold it to the names that there are.

    Parameters
    ----------
    name : str
        Of the file, without ``.txt``.
    fields : collection of str
        Names that may stand in braces.
    folder : path or None
        Of templates of one's own: one that is there stands above ours.
    without : collection of str
        Looks for which this paper has no room; one that has room for the list has to have it, and once.

    Returns
    -------
    Template

    Raises
    ------
    InputError
        With every fault and its line: a name that does not exist, with the nearest one and all that do; a brace without
        its partner; a character that nothing prints; the list within a line, missing, or there twice; a file that is
        not UTF-8, or holds nothing.
    """
    path, data = template_bytes(f"{name}.txt", folder)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        row = data[: fault.start].count(b"\n") + 1
        raise InputError([Problem(Message("papers.template.encoding"), path, row)]) from None
    pieces = tuple(_pieces(text))
    problems = [
        Problem(message, path, piece.row)
        for piece in pieces
        if piece.look not in without
        for part in piece.texts
        for message in _faults(part, fields)
    ]
    problems += [
        Problem(Message("papers.template.no_room", {"value": _written(piece.look)}), path, piece.row)
        for piece in pieces
        if piece.look in without
    ]
    if not pieces:
        problems = [Problem(Message("papers.template.empty"), path)]
    elif "list" not in without:
        problems += _faults_of_lists([piece.row for piece in pieces if piece.look == "list"], path)
    if problems:
        raise InputError(problems)
    return Template(name, path, pieces)


def template_bytes(file: str, folder: Path | None = None) -> tuple[str, bytes]:
    """Give where a file of the templates is, and its bytes: one's own, else ours."""
    if (own := own_file(folder, file)) is not None:
        try:
            return str(own), read_bytes(own, _MOST_MB)
        except InputError as fault:
            problems = [message for message in fault.messages if isinstance(message, Problem)]
            raise InputError([replace(problem, path=str(own)) for problem in problems]) from None
    return file, files("matcher.files.templates").joinpath(_LANGUAGE, file).read_bytes()


def template_names() -> list[str]:
    """List the files of the templates, by name."""
    return sorted(entry.name for entry in files("matcher.files.templates").joinpath(_LANGUAGE).iterdir())


def _pieces(text: str) -> Iterator[Piece]:
    for row, written in enumerate(_LINE_END.split(text), start=1):
        bare = written.strip()
        if not bare or bare.startswith(_COMMENT):
            continue
        if bare in _ALONE:
            yield Piece(_ALONE[bare], (), row)
            continue
        is_optional = written.startswith(_OPTIONAL)
        line = written.removeprefix(_OPTIONAL).removeprefix(" ") if is_optional else written
        mark = next((mark for mark in _MARKS if line.startswith(mark)), "")
        rest = line[len(mark) :].strip()
        cells = tuple(cell.strip() for cell in rest.split("|")) if mark == "| " else (rest,)
        yield Piece(_MARKS.get(mark, "body"), cells, row, is_optional)


def _written(look: Look) -> str:
    """Give a look as a template has it written."""
    return next(mark for marks in (_MARKS, _ALONE) for mark, meant in marks.items() if meant == look).strip()


def _faults_of_lists(rows: Sequence[int], path: str) -> list[Problem]:
    if not rows:
        return [Problem(Message("papers.template.list_missing"), path)]
    return [Problem(Message("papers.template.list_again", {"row": rows[0]}), path, row) for row in rows[1:]]


def _faults(text: str, fields: Collection[str]) -> Iterator[Message]:
    if found := "".join(_UNPRINTABLE.findall(text.replace("\t", ""))):
        names = [f"U+{ord(character):04X}" for character in dict.fromkeys(found)]
        yield Message("papers.template.character", {"names": names})
        return
    for token in _TOKEN.finditer(text):
        name = token[1]
        if token[0] in "{}":
            yield Message("papers.template.brace", {"value": text})
        elif name == "list" and "list" not in fields:
            yield Message("papers.template.list_alone")
        elif name is not None and name not in fields:
            near = difflib.get_close_matches(name, fields, 1)
            values = {"value": name, "allowed": sorted(fields)}
            code = "papers.template.unknown"
            yield Message(f"{code}_near", {**values, "nearest": near[0]}) if near else Message(code, values)


def _names(text: str) -> list[str]:
    return [token[1] for token in _TOKEN.finditer(text) if token[1] is not None]


def _says_something(texts: Sequence[str], values: Mapping[str, str]) -> bool:
    return any(values[name] for text in texts for name in _names(text))


def _fill(text: str, values: Mapping[str, str]) -> str:
    return _TOKEN.sub(lambda token: values[token[1]] if token[1] is not None else token[0][0], text)
