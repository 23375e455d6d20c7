"""Arrays by name as one ``.npz`` file: no program can hide in it, and the same arrays give the same bytes."""

import io
import zipfile
import zlib
from collections.abc import Mapping
from os import PathLike
from pathlib import Path

import numpy as np

from matcher.domain.errors import SettingsError
from matcher.domain.messages import Message, Problem
from matcher.files.writing import write_bytes

_ALWAYS = (1980, 1, 1, 0, 0, 0)
"""Time that the parts of a file bear."""


def write_arrays(path: str | PathLike[str], arrays: Mapping[str, np.ndarray]) -> None:
    """
    Write arrays of numbers and texts.

    Raises
    ------
    StorageError
        When the file can't be written.
    """
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as parts:
        for name, array in arrays.items():
            part = io.BytesIO()
            np.save(part, array, allow_pickle=False)
            parts.writestr(zipfile.ZipInfo(f"{name}.npy", _ALWAYS), part.getvalue(), zipfile.ZIP_DEFLATED)
    write_bytes(path, whole.getvalue())


def read_arrays(path: str | PathLike[str], kind: str) -> dict[str, np.ndarray]:
    """
    Read a file of arrays.

    Parameters
    ----------
    path : path
    kind : str
        What the file should be of: the catalogue says by ``<kind>.missing`` and ``<kind>.unreadable`` what it is not.

    Returns
    -------
    dict of str to array

    Raises
    ------
    SettingsError
        When the file is missing, or holds no arrays.
    """
    try:
        with np.load(io.BytesIO(Path(path).read_bytes()), allow_pickle=False) as parts:
            return dict(parts.items())
    except FileNotFoundError:
        raise SettingsError([Problem(Message(f"{kind}.missing"), str(path))]) from None
    except (
        *(OSError, ValueError, KeyError, AttributeError, EOFError, zipfile.BadZipFile, zlib.error),
        TypeError,  # an array by itself is no file of arrays
        *(NotImplementedError, RuntimeError),  # of ways to pack that a damaged file seems to name
    ):
        raise unreadable(path, kind) from None


def unreadable(path: str | PathLike[str], kind: str) -> SettingsError:
    """Say of a file that it is none of its kind."""
    return SettingsError([Problem(Message(f"{kind}.unreadable"), str(path))])
