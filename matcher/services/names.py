"""Names, codes and persons as they are compared at a login: people type them by hand, on any keyboard."""

import unicodedata
from collections.abc import Callable

MOST = 80
"""Characters of a name, a code or a person."""


def folded_name(text: str, most: int = MOST) -> str:
    """
    Fold full-width forms, case, spaces and what can't be seen; as a name it is kept, too.

    Examples
    --------
    >>> folded_name(" Ｌｉ Ming "), folded_name("WANG") == folded_name("wang")
    ('liming', True)
    """
    return _folded(text, str.casefold, most)


def folded_code(text: str) -> str:
    """
    Fold a credit code, or the id of a party; as a code it is kept, too.

    Examples
    --------
    >>> folded_code("９１33 0683ma2d0abc1x")
    '91330683MA2D0ABC1X'
    """
    return _folded(text, str.upper, MOST)


def folded_person(text: str) -> str:
    """
    Fold a person's name to its letters and digits: the dot within one is written in many ways.

    Examples
    --------
    >>> folded_person("Ａli·Rahman") == folded_person("ali • rahman")
    True
    """
    plain = folded_name(text)
    return "".join(character for character in plain if character.isalnum()) or plain


def _folded(text: str, case: Callable[[str], str], most: int) -> str:
    # Nobody's name is longer: what else comes is cut before it costs anything.
    plain = _visible(text[: 2 * most])
    for _ in range(2):  # case may undo the form, and the form the case
        plain = _visible(case(unicodedata.normalize("NFKC", plain)))
    return unicodedata.normalize("NFKC", plain)[:most]


def _visible(text: str) -> str:
    """Leave out spaces, controls, and what shows as nothing."""
    return "".join(c for c in text if not c.isspace() and not unicodedata.category(c).startswith("C"))
