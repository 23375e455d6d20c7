"""What the core tells people: a code of the catalogue and the values to fill in, in no language."""

import math
import numbers
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import PurePath
from typing import Any

_speak: Callable[["Message | Problem"], str] = repr


def speak_with(sentence: Callable[["Message | Problem"], str]) -> None:
    """
    Say how messages become sentences where somebody looks at them.

    Parameters
    ----------
    sentence : callable
        Takes a `Message` or a `Problem`, returns a sentence. Until it is set, ``str`` shows code and values.
    """
    global _speak  # noqa: PLW0603 - the one seam between the core and language; set once, by the package's front
    _speak = sentence


@dataclass(frozen=True, slots=True)
class Message:
    """
    One thing to tell a person.

    Parameters
    ----------
    code : str
        Key of the catalogue, dotted, such as ``"unplaced.below_min_fit"``.
    values : mapping of str to object
        What fills the sentence. A value may itself be a message, or a sequence of messages.

    Examples
    --------
    >>> Message("unplaced.all_taken", {"count": 3}).code
    'unplaced.all_taken'
    """

    code: str
    values: Mapping[str, object] = field(default_factory=dict)

    def __hash__(self) -> int:
        return hash((self.code, tuple(sorted(self.values))))

    def __str__(self) -> str:
        return _speak(self)


@dataclass(frozen=True, slots=True)
class Problem:
    """
    One thing wrong, or worth a look, in the input: where it is and what it is.

    Parameters
    ----------
    message : Message
        What was found and what was expected; its values hold no place.
    path : str
        The file as the user named it; empty where the records came from elsewhere.
    row : int or None
        Row of the spreadsheet, the header being row 1; None where the whole file is meant.
    column : str or None
        ``"table.column"``, such as ``"firms.capacity"``; None where the whole row is meant.
    """

    message: Message
    path: str = ""
    row: int | None = None
    column: str | None = None

    def __str__(self) -> str:
        return _speak(self)


def as_plain(value: object) -> object:  # noqa: PLR0911 - one line for each type
    """
    Give a message, or anything that may fill one, as JSON can hold it: to be said later, in whatever language.

    Parameters
    ----------
    value : Message, Problem, None, bool, int, float, str, date, path, tuple, list, set or frozenset

    Returns
    -------
    object
        None, bool, int, finite float, str, and lists and dicts of them.

    Raises
    ------
    TypeError
        When the value is of another type.

    Examples
    --------
    >>> as_plain(Message("unplaced.all_taken", {"count": 3}))
    {'message': 'unplaced.all_taken', 'values': {'count': 3}}
    """
    match value:
        case Message():
            return {"message": value.code, "values": {name: as_plain(part) for name, part in value.values.items()}}
        case Problem():
            place = {"path": value.path, "row": value.row, "column": value.column}
            return {"problem": as_plain(value.message), **place}
        case None | bool() | str():
            return value
        case PurePath():
            return {"path": str(value)}
        case tuple() | list():
            return [as_plain(part) for part in value]
        case set() | frozenset():
            return {"set": [as_plain(part) for part in sorted(value, key=str)]}
        case numbers.Integral():
            return int(value)
        case numbers.Real():
            # JSON has no word for what is not finite.
            return float(value) if math.isfinite(value) else {"number": str(float(value))}
    if type(value) is date:
        return {"date": value.isoformat()}
    raise TypeError(f"no message holds a {type(value).__name__}")


def from_plain(plain: Any) -> Any:  # noqa: PLR0911 - one line for each type
    """
    Give back what `as_plain` was given; a list comes back as a tuple.

    Examples
    --------
    >>> from_plain({"message": "unplaced.all_taken", "values": {"count": 3}})
    Message(code='unplaced.all_taken', values={'count': 3})
    """
    match plain:
        case {"message": code, "values": values}:
            return Message(code, {name: from_plain(part) for name, part in values.items()})
        case {"problem": message, "path": path, "row": row, "column": column}:
            return Problem(from_plain(message), path, row, column)
        case {"path": path}:
            return PurePath(path)
        case {"set": parts}:
            return frozenset(map(from_plain, parts))
        case {"number": written}:
            return float(written)
        case {"date": written}:
            return date.fromisoformat(written)
        case list() | tuple():
            return tuple(map(from_plain, plain))
    return plain
