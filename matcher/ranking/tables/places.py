"""
Where townships and cities lie, and how far apart.

``places.csv`` has the townships and zones of Shengzhou, the cities and counties of Zhejiang, and the cities of China
that have universities: each with the place it lies within and the latitude and longitude of its seat in degrees. They
are public geographic facts, to a few hundredths of a degree: good for a distance to some kilometres.
"""

import re
from functools import cache, lru_cache
from math import asin, cos, radians, sin, sqrt
from typing import NamedTuple

from matcher.ranking.tables import rows_of

EARTH_KM = 6371.0
"""Mean radius of the earth."""

NEAR_KM = 30.0
"""Distance that costs nothing: about what a county measures from its seat, so that no township of it is far."""

HALF_KM = 100.0
"""Distance beyond `NEAR_KM` at which nearness is one half: a day's visit there and back."""

UNSTATED = 0.5
"""Nearness where either place is blank or not in the table: between the best and the worst."""


class Place(NamedTuple):
    """Latitude north and longitude east of a seat, in degrees."""

    latitude: float
    longitude: float


@lru_cache(maxsize=1024)
def find_place(written: str) -> Place | None:
    """
    Find the place that somebody names.

    An address goes from large to small. Read from its beginning, the longest name of the table at each point counts,
    and each further one only where it lies within the one before: so a district that has the name of a township here is
    not taken for it where the city is said.

    Parameters
    ----------
    written : str
        A name, with or without its kind (city, town, street), or an address.

    Returns
    -------
    Place or None
        None where the table has no such place; a province alone is none.

    Examples
    --------
    >>> find_place("") is None
    True
    """
    found = None
    for name in _pattern().findall("".join(written.split())):
        if found is None or found in _around(name):
            found = name
    return _seats().get(found) if found else None


def distance_km(one: Place, other: Place) -> float:
    """
    Great-circle distance in kilometres, by the haversine formula.

    Examples
    --------
    >>> round(distance_km(Place(0, 0), Place(0, 90)))
    10008
    """
    (north, east), (north_too, east_too) = (map(radians, place) for place in (one, other))
    chord = sin((north - north_too) / 2) ** 2 + cos(north) * cos(north_too) * sin((east - east_too) / 2) ** 2
    return 2 * EARTH_KM * asin(sqrt(min(chord, 1.0)))


def nearness(one: Place | None, other: Place | None) -> float:
    """
    Say how near two places are: 1 / (1 + max(0, d - `NEAR_KM`) / `HALF_KM`) at a distance of d km.

    Returns
    -------
    float
        In (0, 1]: 1 up to 30 km, 0.5 at 130 km; `UNSTATED` where either place is None.

    Examples
    --------
    >>> nearness(Place(30, 120), Place(30, 120)), nearness(None, Place(30, 120))
    (1.0, 0.5)
    """
    if one is None or other is None:
        return UNSTATED
    return 1 / (1 + max(0.0, distance_km(one, other) - NEAR_KM) / HALF_KM)


@cache
def _seats() -> dict[str, Place]:
    return {row["place"]: Place(float(row["latitude"]), float(row["longitude"])) for row in rows_of("places")}


@cache
def _within() -> dict[str, str]:
    return {row["place"]: row["within"] for row in rows_of("places")}


@cache
def _pattern() -> re.Pattern[str]:
    """Names of places and provinces; at one point of a text the longest is found."""
    names = {*_within(), *_within().values()} - {""}
    return re.compile("|".join(map(re.escape, sorted(names, key=lambda name: (-len(name), name)))))


def _around(name: str) -> set[str]:
    """Whatever a place lies within, the next and all beyond."""
    found: set[str] = set()
    while (name := _within().get(name, "")) and name not in found:
        found.add(name)
    return found
