"""Reading for programs: records, or an error with every problem; warnings as Python's."""

import warnings
from os import PathLike
from typing import TypeVar

from matcher.domain.errors import InputError
from matcher.domain.records import Expert, Need, Placement, Rating
from matcher.files.loading import Loaded, load_experts, load_firms, load_placements, load_ratings

R = TypeVar("R")


class InputWarning(UserWarning):
    """Something in a file that is worth a look, though the file can be used."""


def read_experts(path: str | PathLike[str]) -> list[Expert]:
    """
    Read the experts' spreadsheet.

    Parameters
    ----------
    path : path
        CSV (UTF-8 with or without BOM, or GB18030; ``,`` ``;`` or tab) or XLSX, with English or Chinese headers.

    Returns
    -------
    list of Expert
        In the order of the rows.

    Raises
    ------
    InputError
        With every problem of the whole file.

    Warns
    -----
    InputWarning
        Of unknown columns, a guessed encoding and the like, one for each.
    """
    return _confirmed(load_experts(path))


def read_firms(path: str | PathLike[str]) -> list[Need]:
    """Read the firms' spreadsheet, one need a row; otherwise as `read_experts`."""
    return _confirmed(load_firms(path))


def read_ratings(path: str | PathLike[str]) -> list[Rating]:
    """Read ratings of earlier placements; otherwise as `read_experts`."""
    return _confirmed(load_ratings(path))


def read_placements(path: str | PathLike[str]) -> list[Placement]:
    """Read a placement list, our own or somebody's; otherwise as `read_experts`."""
    return _confirmed(load_placements(path))


def _confirmed(loaded: Loaded[R]) -> list[R]:
    for warning in loaded.warnings:
        warnings.warn(str(warning), InputWarning, stacklevel=3)
    if loaded.problems:
        raise InputError(loaded.problems)
    return loaded.records
