"""
A file of vectors: terms and their vectors, learned once from text that nobody has labelled.

Not in the front of this room: it needs the room of texts, which is heavy, and whoever reads spreadsheets does not.
"""

from os import PathLike
from pathlib import Path

import numpy as np

from matcher.files.arrays import read_arrays, unreadable, write_arrays
from matcher.text.vectors import StoredVectors


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
    write_arrays(path, {"terms": vectors.terms, "components": vectors.components.astype(np.float32)})


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
    found = read_arrays(path, "vectors")
    try:
        vectors = StoredVectors(Path(path).name, found["terms"], found["components"].astype(float))
    except (KeyError, ValueError):
        raise unreadable(path, "vectors") from None
    terms, components = vectors.terms, vectors.components
    fits = terms.dtype.kind == "U" and terms.ndim == 1 and components.ndim == 2 and len(terms) == len(components) > 0
    if not fits or not np.isfinite(components).all() or (terms[:-1] >= terms[1:]).any():
        raise unreadable(path, "vectors")
    return vectors
