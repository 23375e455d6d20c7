"""Characters as they are compared, and the units that texts are cut into."""

import re
import unicodedata

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
    return text.translate(_FOLDS)


def fold(character: str) -> str:
    """Fold one character."""
    plain = unicodedata.normalize("NFKC", character).lower()
    return plain if len(plain) == 1 else character


class _Folds(dict[int, str]):
    """Folded characters by code point, each looked up when it is first met."""

    def __missing__(self, code: int) -> str:
        self[code] = fold(chr(code))
        return self[code]


_FOLDS = _Folds()
