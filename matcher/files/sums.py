"""
Files that end with the sum of what stands before, and of what they are of.

So a bit that changed on a disk is noticed, and so is a file that was put in another's place; neither is gone by.
"""

import struct
import zlib
from collections.abc import Generator
from contextlib import contextmanager
from os import SEEK_END, PathLike
from pathlib import Path
from typing import BinaryIO

from matcher.files.writing import whole_file

_SUM = struct.Struct("<I")
_AT_A_TIME = 2**24


class Summed:
    """A file that adds up what is written to it."""

    def __init__(self, file: BinaryIO, of: str) -> None:
        self.file, self.sum, self.tell = file, zlib.crc32(of.encode()), file.tell

    def write(self, data: bytes) -> int:
        """Write, and add up."""
        self.sum = zlib.crc32(data, self.sum)
        return self.file.write(data)


@contextmanager
def summed_file(path: str | PathLike[str], of: str) -> Generator[Summed, None, None]:
    """Open a file for writing, as `whole_file` does, that will end with its sum; ``of`` says what it was made of."""
    with whole_file(path) as file:
        summed = Summed(file, of)
        yield summed
        file.write(_SUM.pack(summed.sum))


def is_whole(path: str | PathLike[str], of: str) -> bool:
    """Whether a file can be read and ends with the sum of what stands before, and of what it should be of."""
    found = zlib.crc32(of.encode())
    try:
        with Path(path).open("rb") as file:
            left = file.seek(0, SEEK_END) - _SUM.size
            file.seek(0)
            while left > 0:
                data = file.read(min(left, _AT_A_TIME))
                found, left = zlib.crc32(data, found), left - len(data)
            return file.read() == _SUM.pack(found)
    except OSError:
        return False
