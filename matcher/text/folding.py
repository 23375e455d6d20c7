"""Characters as they are compared, and the units that texts are cut into."""

import re
import unicodedata
from functools import cache

UNIT = re.compile(r"[a-z0-9]+|[\u3400-\u9fff\U00020000-\U0003ffff]|[^\W_]")
"""A unit of a folded text: a run of Latin letters and digits, a Han character, or another letter."""

RUN = re.compile(r"(?:[^\W_]|[\u3400-\u9fff\U00020000-\U0003ffff])+")
"""Units that nothing parts."""


def folded(text: str) -> str:
    """
    Fold full-width forms and case, one character for one, so that positions stay true.

    Examples
    --------
    >>> folded("ＰＬＡ Ｎｏ.1")
    'pla no.1'
    """
    return "".join(map(fold, text))


@cache
def fold(character: str) -> str:
    """Fold one character."""
    plain = unicodedata.normalize("NFKC", character).lower()
    return plain if len(plain) == 1 else character
