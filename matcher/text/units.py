"""Text cut into units: a Han character is one, a run of Latin letters and digits is one; the rest parts them."""

import re
import unicodedata
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from matcher.text.lexicon import entries

_UNIT = re.compile(r"[a-z0-9]+|[\u3400-\u9fff\U00020000-\U0003ffff]|[^\W_]")


class Unit(NamedTuple):
    """One unit as it is compared, and where the original text has it (character positions, end exclusive)."""

    text: str
    start: int
    end: int


def folded(text: str) -> str:
    """
    Fold full-width forms and case, one character for one, so that positions stay true.

    Examples
    --------
    >>> folded("ＰＬＡ Ｎｏ.1")
    'pla no.1'
    """
    return "".join(map(_fold, text))


@cache
def _fold(character: str) -> str:
    plain = unicodedata.normalize("NFKC", character).lower()
    return plain if len(plain) == 1 else character


@cache
def _boilerplate() -> re.Pattern[str]:
    longest_first = sorted(entries("boilerplate"), key=lambda entry: (-len(entry), entry))
    return re.compile("|".join(map(re.escape, longest_first)))


def stripped(text: str) -> str:
    """Fold a text and blank out boilerplate, which says nothing of the matter; positions stay true."""
    return _boilerplate().sub(lambda found: " " * len(found[0]), folded(text))


def unit_texts(text: str) -> list[str]:
    """
    Cut a folded text into its units, whatever parts them.

    Examples
    --------
    >>> unit_texts("pla no.1")
    ['pla', 'no', '1']
    """
    return _UNIT.findall(text)


def runs(text: str) -> Iterator[list[Unit]]:
    """
    Yield the runs of units that nothing parts: neither punctuation, nor a space, nor boilerplate.

    Parameters
    ----------
    text : str

    Yields
    ------
    list of Unit
        At least one unit; ends and starts of neighbours in it meet.
    """
    run: list[Unit] = []
    for found in _UNIT.finditer(stripped(text)):
        if run and run[-1].end != found.start():
            yield run
            run = []
        run.append(Unit(found[0], found.start(), found.end()))
    if run:
        yield run
