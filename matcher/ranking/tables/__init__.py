"""Knowledge of the domain that people may edit, as plain files."""

import csv
from collections.abc import Iterable
from functools import cache
from importlib.resources import files

LEVELS = ("assistant", "lecturer", "associate", "professor")


@cache
def rows_of(table: str) -> tuple[dict[str, str], ...]:
    """Rows of a table, as they stand in its file."""
    with files(__name__).joinpath(f"{table}.csv").open(encoding="utf-8") as lines:
        return tuple(csv.DictReader(lines))


@cache
def column_of(table: str, key: str, value: str) -> dict[str, str]:
    """One column of a table by another."""
    return {row[key]: row[value] for row in rows_of(table)}


def longest(known: Iterable[str], written: str) -> str | None:
    """
    Find what somebody means who writes more than a name: the longest known one that stands in it, of equals the first.

    Examples
    --------
    >>> longest(["ab", "abc", "x"], "zabcz"), longest(["ab"], "")
    ('abc', None)
    """
    return max((name for name in known if name in written), key=len, default=None)


def title_level(title: str) -> int:
    """
    Level of a title, 1 (assistant) to 4 (professor); 0 for none or one that the table does not have.

    People write more than the title (a grade before it, an office after it): the longest title of the table in what is
    written counts.

    Examples
    --------
    >>> title_level("")
    0
    """
    levels = column_of("titles", "title", "level")
    known = longest(levels, "".join(title.split()))
    return LEVELS.index(levels[known]) + 1 if known else 0


def is_doctorate(degree: str) -> bool:
    """
    Whether a degree is a doctorate, as the forms write it.

    Examples
    --------
    >>> is_doctorate("PhD"), is_doctorate("MSc")
    (True, False)
    """
    return column_of("degrees", "degree", "level").get("".join(degree.lower().split())) == "doctorate"
