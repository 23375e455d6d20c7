"""The parts of a workbook's archive, unpacked within bounds, and their XML, walked through in little memory."""

import io
import zipfile
from collections.abc import Callable, Mapping
from xml.parsers import expat

from matcher.files.limits import MB, Limits, refused

_CHUNK = 2**16
_LONGEST_TAG = 2**20
"""Bytes. Cells keep their text between tags, so no honest tag comes near."""
_DEEPEST = 100
"""Elements within elements: a worksheet has five, its extensions a few more."""
_MOST_NAMES = 1_000
"""Of elements and attributes: the standard has fewer for any one part."""

Attributes = Mapping[str, str]


class Parts:
    """
    The parts of an archive by name.

    What comes out is counted, whatever the archive says of its sizes, and all together may not be more than the limits.

    Parameters
    ----------
    data : bytes
        A whole archive.
    limits : Limits

    Raises
    ------
    InputError
        When it has too many parts, or is protected.
    zipfile.BadZipFile
        When it is damaged.
    """

    def __init__(self, data: bytes, limits: Limits) -> None:
        # Every part has this mark in the archive's directory, which is read whole when the archive is opened.
        if (count := data.count(b"PK\x01\x02")) > limits.parts:
            raise refused("input.size.parts", count=count, most=limits.parts)
        self._archive = zipfile.ZipFile(io.BytesIO(data))
        self._limits = limits
        self._left = limits.unpacked_mb * MB
        self._tags = 0
        self.names = self._archive.namelist()
        if any(part.flag_bits & 1 for part in self._archive.infolist()):
            raise refused("input.file.encrypted")

    def read(self, name: str) -> bytes:
        """Unpack one part; raise `InputError` once all those read are more than the limits, KeyError for no part."""
        about = self._archive.getinfo(name)
        # Other methods unpack a whole block at a time, however large; no spreadsheet program uses them.
        if about.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise zipfile.BadZipFile(f"{name} is packed in a way that workbooks are not")
        with self._archive.open(about) as part:
            data = part.read(self._left + 1)
        self.charge(len(data))
        self._tags += data.count(b"<")
        if self._tags > self._limits.tags:
            raise refused("input.size.tags", count=self._tags, most=self._limits.tags)
        return data

    def charge(self, size: int) -> None:
        """Count ``size`` bytes more as unpacked; raise `InputError` once all are more than the limit."""
        self._left -= size
        if self._left < 0:
            raise refused("input.size.unpacked", most=self._limits.unpacked_mb)


def walk(
    xml: bytes,
    start: Callable[[str, Attributes], None],
    end: Callable[[str], None] = lambda _name: None,
    text: Callable[[str], None] | None = None,
) -> None:
    """
    Walk through the elements of an XML document in little memory; names of elements come without their prefix.

    Parameters
    ----------
    xml : bytes
        Read as UTF-8 whatever it says of itself, as calamine does: both are to see the same.
    start, end, text : callable
        Called for each start tag with its attributes, for each end tag, for each piece of text.

    Raises
    ------
    ValueError
        When it is not well formed, declares a document type and so perhaps entities, or has longer tags, more names
        or deeper nesting than any spreadsheet.
    """
    if b"\0" in xml:  # in UTF-16, which expat takes for what it is, whatever it is told
        raise ValueError("a part of a workbook is in UTF-8")
    parser = expat.ParserCreate("UTF-8", intern=None)
    parser.buffer_text = True
    elements = _Elements(start, end)
    parser.StartDoctypeDeclHandler = elements.declare
    parser.StartElementHandler, parser.EndElementHandler = elements.open, elements.close
    parser.CharacterDataHandler = text
    try:
        for position in range(0, len(xml), _CHUNK):
            parser.Parse(xml[position : position + _CHUNK], False)
            if position - parser.CurrentByteIndex > _LONGEST_TAG:
                raise ValueError("a tag is too long")
        parser.Parse(b"", True)
    except expat.ExpatError as fault:
        raise ValueError(str(fault)) from None


class _Elements:
    """The elements of a document, passed on while they are as in a spreadsheet; expat itself has no such limits."""

    def __init__(self, start: Callable[[str, Attributes], None], end: Callable[[str], None]) -> None:
        self._start, self._end = start, end
        self._local: dict[str, str] = {}
        self._known: set[str] = set()
        self._depth = 0

    def declare(self, *_: object) -> None:
        raise ValueError("a part of a workbook declares no document type")

    def open(self, name: str, attributes: Attributes) -> None:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise ValueError("elements are nested too deep")
        if name not in self._local:
            self._local[name] = name.rpartition(":")[2]
        if not self._known.issuperset(attributes):
            self._known.update(attributes)
        if len(self._local) + len(self._known) > _MOST_NAMES:
            raise ValueError("elements and attributes have too many names")
        self._start(self._local[name], attributes)

    def close(self, name: str) -> None:
        self._depth -= 1
        self._end(self._local[name])


def repacked(parts: Mapping[str, bytes]) -> io.BytesIO:
    """Put parts into an archive that has nothing else, and says nothing untrue of them."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    buffer.seek(0)
    return buffer
