"""A file of an epoch: how texts weighed when it began; like `matcher.files.vectors` not in the front of this room."""

import json
from os import PathLike
from pathlib import Path

import numpy as np

from matcher.files.arrays import read_arrays, unreadable, write_arrays
from matcher.files.vectors import are_sound
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
    write_arrays(path, arrays)


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
    try:
        epoch = Epoch(
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
        if not isinstance(json.loads(epoch.made_of), dict):
            raise unreadable(path, "epoch")
    except (KeyError, ValueError, TypeError):
        raise unreadable(path, "epoch") from None
    sound = [*map(_is_sound, epoch.channels.values()), epoch.vectors is None or are_sound(epoch.vectors)]
    sound.append(epoch.middle is None or (epoch.middle.ndim == 1 and bool(np.isfinite(epoch.middle).all())))
    sound.append(
        isinstance(epoch.usual, dict) and all(isinstance(one, float) and 0 <= one < 1 for one in epoch.usual.values())
    )
    if not all(sound):
        raise unreadable(path, "epoch")
    return epoch


def _is_sound(channel: Frozen) -> bool:
    terms, *numbers = channel
    fits = terms.dtype.kind == "U" and channel.idf.shape == channel.mean_row.shape == terms.shape
    fits &= channel.usual.shape == (3,) and all(array.dtype == float for array in numbers)
    return fits and all(np.isfinite(array).all() for array in numbers) and not (terms[:-1] >= terms[1:]).any()
