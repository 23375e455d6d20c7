"""
Which disciplines serve which industries.

``industry_names.csv`` and ``discipline_names.csv`` have what people write, each with the name that it goes by;
``disciplines.csv`` has the strength of a discipline for an industry: 1 its own field, 0.7 one that it commonly calls
on, 0.4 one that helps with part of its work. What is not listed is 0.
"""

import re
from functools import cache, lru_cache

from matcher.ranking.tables import column_of, longest, rows_of

UNSTATED = 0.3
"""Strength where either side's is blank or not in the tables: about what a discipline that is known has for an industry
of the sample on average (0.31). So whoever leaves it blank neither gains nor loses by it on the whole, stands below
those of a fitting discipline, and above those of one that does not fit."""

FITTING = 0.7
"""Strength from which a discipline is said to fit."""

_SEPARATORS = re.compile(r"[;\uff1b,\uff0c\u3001/\n]+")
"""Part several industries or disciplines of one cell."""

Names = frozenset[str]


@lru_cache(maxsize=1024)
def industries_of(written: str) -> Names:
    """
    Find the industries that a cell names.

    Parameters
    ----------
    written : str
        One or several; of each the longest name of the table that stands in it counts.

    Returns
    -------
    frozenset of str
        Names as in ``disciplines.csv``; empty where the table has none of them.
    """
    return _known("industry_names", "industry", written)


@lru_cache(maxsize=1024)
def disciplines_of(written: str) -> Names:
    """Find the disciplines that a cell names, as `industries_of` finds industries."""
    return _known("discipline_names", "discipline", written)


def strength(industries: Names, disciplines: Names) -> float:
    """
    Say how well a discipline serves an industry.

    Parameters
    ----------
    industries, disciplines : frozenset of str
        As `industries_of` and `disciplines_of` give them; of several the best pair counts.

    Returns
    -------
    float
        In [0, 1]; `UNSTATED` where either is empty.

    Examples
    --------
    >>> strength(industries_of(""), disciplines_of("")) == UNSTATED
    True
    """
    if not industries or not disciplines:
        return UNSTATED
    table = _strengths()
    return max(table.get((industry, discipline), 0.0) for industry in industries for discipline in disciplines)


def _known(table: str, column: str, written: str) -> Names:
    names = column_of(table, "name", column)
    parts = _SEPARATORS.split("".join(written.split(" ")))
    return frozenset(names[name] for part in parts if (name := longest(names, part)))


@cache
def _strengths() -> dict[tuple[str, str], float]:
    return {(row["industry"], row["discipline"]): float(row["strength"]) for row in rows_of("disciplines")}
