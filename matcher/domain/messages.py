"""What the core tells people: a code of the catalogue and the values to fill in, in no language."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

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
