"""A file of an epoch: how texts weighed when it began; like `matcher.files.vectors` not in the front of this room."""

import hashlib
import json
from collections.abc import Mapping
from os import PathLike
from pathlib import Path

import numpy as np

from matcher.files.arrays import read_arrays, unreadable, write_arrays
from matcher.text.counting import CHANNELS
from matcher.text.epochs import Epoch, Frozen
from matcher.text.vectors import StoredVectors

_VECTORS = "semantic.terms", "semantic.components"


def write_epoch(path: str | PathLike[str], epoch: Epoch) -> None:
    """
    Write an epoch as one file, in NumPy's ``.npz`` format.

    Raises
    ------
    StorageError
        When the file can't be written.
    """
    arrays = {"made_of": np.array(epoch.made_of), "usual": np.array(json.dumps(epoch.usual))}
    for name, channel in epoch.channels.items():
        arrays |= {f"{name}.{part}": array for part, array in channel._asdict().items()}
    if epoch.vectors:
        arrays |= dict(zip(_VECTORS, (epoch.vectors.terms, epoch.vectors.components), strict=True))
    if epoch.middle is not None:
        arrays["middle"] = epoch.middle
    write_arrays(path, {**arrays, "digest": np.array(_digest(arrays))})


def _digest(arrays: Mapping[str, np.ndarray]) -> str:
    """Hash all arrays together: what an archive loses of its list of parts would not be missed."""
    found = hashlib.sha256()
    for name, array in sorted(arrays.items()):
        found.update(f"{name} {array.dtype.str} {array.shape}".encode() + np.ascontiguousarray(array).tobytes())
    return found.hexdigest()


def read_epoch(path: str | PathLike[str]) -> Epoch:
    """
    Read a file of an epoch.

    Parameters
    ----------
    path : path
        As `write_epoch` writes it.

    Returns
    -------
    Epoch

    Raises
    ------
    SettingsError
        When the file is missing, or is none of an epoch.
    """
    found = read_arrays(path, "epoch")
    digest = found.pop("digest", None)
    if digest is None or str(digest) != _digest(found):
        raise unreadable(path, "epoch")
    return Epoch(
        name=Path(path).name,
        made_of=str(found["made_of"]),
        channels={
            name: Frozen(*(found[f"{name}.{part}"] for part in Frozen._fields))
            for name in CHANNELS
            if f"{name}.terms" in found
        },
        vectors=StoredVectors("epoch", *(found[name] for name in _VECTORS)) if _VECTORS[0] in found else None,
        middle=found.get("middle"),
        usual=json.loads(str(found["usual"])),
    )
