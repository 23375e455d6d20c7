"""Searching as people do: by words, wherever they stand."""

import unicodedata
from collections.abc import Callable, Iterable
from typing import TypeVar

T = TypeVar("T")


def holding(words: str, things: Iterable[T], text_of: Callable[[T], str]) -> list[T]:
    """
    Keep what holds every word that is searched for.

    Parameters
    ----------
    words : str
        Parted by spaces; case and full-width forms do not matter. Empty: everything is kept.
    things : iterable
    text_of : callable
        What to look into.

    Returns
    -------
    list
        In the order given.

    Examples
    --------
    >>> holding("motor ｂｌｄｃ", ["BLDC motors", "motors"], str)
    ['BLDC motors']
    """
    wanted = _folded(words).split()
    if not wanted:
        return list(things)
    texts = ((thing, _folded(text_of(thing))) for thing in things)
    return [thing for thing, text in texts if all(word in text for word in wanted)]


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()
