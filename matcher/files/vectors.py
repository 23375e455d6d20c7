"""
A file of vectors: terms and their vectors, learned once from text that nobody has labelled.

Not in the front of this room: it needs the room of texts, which is heavy, and whoever reads spreadsheets does not.
"""

import io
import zipfile
from os import PathLike
from pathlib import Path

import numpy as np

from matcher.domain.errors import SettingsError
from matcher.domain.messages import Message, Problem
from matcher.files.writing import write_bytes
from matcher.text.vectors import StoredVectors

_ALWAYS = (1980, 1, 1, 0, 0, 0)
"""Time that the parts of a file bear: the same vectors give the same bytes."""


def write_vectors(path: str | PathLike[str], vectors: StoredVectors) -> None:
    """
    Write vectors as one file, in NumPy's ``.npz`` format.

    Parameters
    ----------
    path : path
    vectors : StoredVectors

    Raises
    ------
    StorageError
        When the file can't be written.
    """
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as parts:
        for name, array in (("terms", vectors.terms), ("components", vectors.components.astype(np.float32))):
            part = io.BytesIO()
            np.save(part, array, allow_pickle=False)
            parts.writestr(zipfile.ZipInfo(f"{name}.npy", _ALWAYS), part.getvalue(), zipfile.ZIP_DEFLATED)
    write_bytes(path, whole.getvalue())


def read_vectors(path: str | PathLike[str]) -> StoredVectors:
    """
    Read a file of vectors.

    Parameters
    ----------
    path : path
        As `write_vectors` writes it.

    Returns
    -------
    StoredVectors

    Raises
    ------
    SettingsError
        When the file is missing, or is none of vectors.
    """
    try:
        with np.load(io.BytesIO(Path(path).read_bytes()), allow_pickle=False) as parts:
            terms, components = parts["terms"], parts["components"].astype(float)
    except FileNotFoundError:
        raise SettingsError([Problem(Message("vectors.missing"), str(path))]) from None
    except (OSError, ValueError, KeyError, AttributeError, zipfile.BadZipFile, EOFError):
        raise SettingsError([Problem(Message("vectors.unreadable"), str(path))]) from None
    fits = terms.dtype.kind == "U" and terms.ndim == 1 and components.ndim == 2 and len(terms) == len(components) > 0
    if not fits or not np.isfinite(components).all() or (terms[:-1] >= terms[1:]).any():
        raise SettingsError([Problem(Message("vectors.unreadable"), str(path))])
    return StoredVectors(Path(path).name, terms, components)
