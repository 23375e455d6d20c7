"""Archives whose bytes depend on nothing but what is in them, and names of files that are names alone."""

import io
import re
import zipfile
from collections.abc import Mapping
from datetime import date

NEVER = date(2000, 1, 1)
"""What a file says of itself where a paper has no day; libraries would say now, or when their template was made."""
_THEN = (1980, 1, 1, 0, 0, 0)
"""The first moment that an archive can name; the time of writing would make other bytes of the same papers."""
_FILE = 0o644 << 16
# Letters, digits and what real document numbers have; a path, a device or a switch needs something else.
_NO_NAME = re.compile(r"[^\w\u3014\u3015\uff08\uff09()-]+")
_LONGEST = 60
"""Characters: of three bytes each, what every file system takes."""


def archive(parts: Mapping[str, bytes]) -> bytes:
    """
    Pack files into a zip archive: the same files in the same order give the same bytes.

    Parameters
    ----------
    parts : mapping of str to bytes
        By name; names beyond ASCII are marked as UTF-8.
    """
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, data in parts.items():
            entry = zipfile.ZipInfo(name, _THEN)
            entry.compress_type, entry.external_attr, entry.create_system = zipfile.ZIP_DEFLATED, _FILE, 3
            packed.writestr(entry, data)
    return buffer.getvalue()


def repacked_evenly(data: bytes) -> bytes:
    """Pack an archive's files again, so that it forgets when it was made."""
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        return archive({name: packed.read(name) for name in packed.namelist()})


def file_name(*parts: str, suffix: str) -> str:
    r"""
    Make a file's name of words that anybody may have written: no path, no hidden file, nothing a shell reads.

    Examples
    --------
    >>> file_name("list", "../../etc/passwd\x00", suffix="docx")
    'list-etc-passwd.docx'
    >>> file_name("", "..", suffix="zip")
    'paper.zip'
    """
    words = (_NO_NAME.sub("-", part).strip("-_")[:_LONGEST] for part in parts)
    return f"{'-'.join(word for word in words if word) or 'paper'}.{suffix}"
