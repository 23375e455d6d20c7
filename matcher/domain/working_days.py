"""Working days: weekdays but for public holidays, and the weekends that are worked in exchange."""

from collections.abc import Collection, Iterator
from datetime import date, timedelta

_WEEKDAYS = 5


def is_weekend(day: date) -> bool:
    """Tell whether a day is a Saturday or a Sunday."""
    return day.weekday() >= _WEEKDAYS


def working_days(
    first: date, last: date, *, off: Collection[date] = (), worked: Collection[date] = ()
) -> Iterator[date]:
    """
    List the working days of a period, its first and last day included.

    Which days are off, and which weekends are worked in exchange, is fixed for each year by the notice of the General
    Office of the State Council; no rule foretells it.

    Parameters
    ----------
    first, last : date
    off : collection of date
        Days on which nobody works, whatever day of the week.
    worked : collection of date
        Saturdays and Sundays on which everybody does.

    Yields
    ------
    date
        In their order; nothing where ``last`` is before ``first``.

    Raises
    ------
    ValueError
        When a day is said to be both.

    Examples
    --------
    >>> len(list(working_days(date(2026, 6, 2), date(2026, 6, 8))))
    5
    >>> [day.day for day in working_days(date(2026, 10, 1), date(2026, 10, 10), off=[date(2026, 10, 1)])][:2]
    [2, 5]
    """
    if both := set(off) & set(worked):
        raise ValueError(f"both off and worked: {sorted(both)}")
    for number in range((last - first).days + 1):
        day = first + timedelta(days=number)
        if day in worked or (not is_weekend(day) and day not in off):
            yield day
