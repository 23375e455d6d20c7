"""Where a file comes from: a path, or bytes that somebody sent; read as far as is allowed and no further."""

from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from os import PathLike
from pathlib import Path

from matcher.files.limits import MB, refused


@dataclass(frozen=True, slots=True)
class Upload:
    """
    A file that is in memory already.

    Parameters
    ----------
    name : str
        As its sender calls it; problems are told under it.
    data : bytes
        All of it.
    """

    name: str
    data: bytes = field(repr=False)

    def __str__(self) -> str:
        return self.name


Source = str | PathLike[str] | Upload
"""Wherever a file may come from; its ``str`` is what people call it."""


def read_bytes(source: Source, most_mb: int) -> bytes:
    """
    Read a whole file.

    Parameters
    ----------
    source : path or Upload
    most_mb : int
        A larger file is refused: by its size before it is read, and one without a size, such as a pipe, once more
        has come out.

    Raises
    ------
    InputError
        That says why it can't be read.
    """
    if isinstance(source, Upload):
        return _confirmed(source.data, len(source.data), most_mb)
    path = Path(source)
    try:
        with path.open("rb") as file:
            _confirmed(b"", path.stat().st_size, most_mb)
            data = b"".join(islice(iter(partial(file.read, MB), b""), most_mb + 1))
    except (FileNotFoundError, NotADirectoryError, ValueError):
        raise refused("input.file.missing") from None
    except IsADirectoryError:
        raise refused("input.file.folder") from None
    except OSError as error:
        raise refused("input.file.unreadable", reason=error.strerror) from None
    return _confirmed(data, len(data), most_mb)


def _confirmed(data: bytes, size: int, most_mb: int) -> bytes:
    if size > most_mb * MB:
        raise refused("input.size.file", count=round(size / MB, 1), most=most_mb)
    return data
