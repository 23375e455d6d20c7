"""Word lists that people may edit: one entry a line, ``#`` begins a comment."""

import hashlib
from functools import cache
from importlib.resources import files


@cache
def entries(name: str) -> tuple[str, ...]:
    """
    Read a list of this folder.

    Parameters
    ----------
    name : str
        A file's name without ``.txt``: ``"dictionary"``, ``"stop_words"``, ``"boilerplate"``, or one of those that
        `matcher.text.quality` reads.

    Returns
    -------
    tuple of str
        Its entries, in the file's order.
    """
    text = files(__name__).joinpath(f"{name}.txt").read_text(encoding="utf-8")
    lines = (line.partition("#")[0].strip() for line in text.splitlines())
    return tuple(line for line in lines if line)


@cache
def digest() -> str:
    """Fingerprint of the lists that a run depends on, for its report: sha256, 64 hexadecimal digits."""
    lists = (f"{name}\n" + "\n".join(entries(name)) for name in ("dictionary", "stop_words", "boilerplate"))
    return hashlib.sha256("\n\n".join(lists).encode()).hexdigest()
