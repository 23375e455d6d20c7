"""Rows and texts found again by a hash of what they say."""

import hashlib
from collections.abc import Iterable

import numpy as np

HASH = np.dtype("V16")


def hashes_of(texts: Iterable[str]) -> np.ndarray:
    """Hash texts, each by itself; shape (n_texts,) of `HASH`."""
    found = (hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=HASH.itemsize) for text in texts)
    return np.array([one.digest() for one in found], dtype=HASH)


def places(there: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """
    Find hashes among others.

    Parameters
    ----------
    there, wanted : HASH, shapes (n,) and (m,)

    Returns
    -------
    int, shape (m,)
        Where each stands first; -1 where it does not.
    """
    # Halves are numbers, which are sorted in a tenth of the time; of those that begin alike each is looked at.
    halves, asked = (np.ascontiguousarray(hashes).view("<u8")[::2] for hashes in (there, wanted))
    order = np.argsort(halves, kind="stable")
    at, found = np.searchsorted(halves, asked, sorter=order), np.full(len(wanted), -1)
    left = np.flatnonzero(at < len(there))
    while len(left):
        here = order[at[left]]
        is_same = there[here] == wanted[left]
        found[left[is_same]] = here[is_same]
        at[left] += 1
        left = left[~is_same & (halves[here] == asked[left]) & (at[left] < len(there))]
    return found
