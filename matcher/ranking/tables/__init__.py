"""Knowledge of the domain that people may edit, as plain files."""

import csv
from functools import cache
from importlib.resources import files

LEVELS = ("assistant", "lecturer", "associate", "professor")


@cache
def _column(table: str, key: str, value: str) -> dict[str, str]:
    with files(__name__).joinpath(f"{table}.csv").open(encoding="utf-8") as lines:
        return {row[key]: row[value] for row in csv.DictReader(lines)}


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
    levels, written = _column("titles", "title", "level"), "".join(title.split())
    known = max((known for known in levels if known in written), key=len, default=None)
    return LEVELS.index(levels[known]) + 1 if known else 0


def is_doctorate(degree: str) -> bool:
    """
    Whether a degree is a doctorate, as the forms write it.

    Examples
    --------
    >>> is_doctorate("PhD"), is_doctorate("MSc")
    (True, False)
    """
    return _column("degrees", "degree", "level").get("".join(degree.lower().split())) == "doctorate"
