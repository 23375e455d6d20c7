"""Moments as the database has them, and as Python counts with them."""

from datetime import UTC, date, datetime, time, timedelta, timezone

_AHEAD, _DAY = timedelta(hours=8), timedelta(days=1)
_AT_ONCE = timedelta(seconds=10)
_CHINA = timezone(_AHEAD)
"""China has one time."""


def as_written(at: datetime) -> str:
    """
    Write a moment as `Store.now` does: ISO 8601 in UTC, to the second.

    Examples
    --------
    >>> as_written(datetime(2026, 6, 1, 1, 30, tzinfo=UTC))
    '2026-06-01T01:30:00Z'
    """
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="seconds") + "Z"


def moment(written: str) -> datetime:
    """Read what `as_written` has written."""
    return datetime.fromisoformat(written)


def is_just_now(written: str, now: str) -> bool:
    """
    Tell whether a moment is so near that a hand was still at the same button.

    Examples
    --------
    >>> is_just_now("2026-06-01T01:30:00Z", "2026-06-01T01:30:09Z")
    True
    """
    return moment(now) - moment(written) < _AT_ONCE


def in_china(written: str) -> str:
    """
    Show a moment as people in China read it, to the minute.

    Examples
    --------
    >>> in_china("2026-06-01T01:30:00Z")
    '2026-06-01 09:30'
    """
    return moment(written).astimezone(_CHINA).strftime("%Y-%m-%d %H:%M")


def china_day(written: str) -> date:
    """
    Tell the day of a moment where the bureau is.

    Examples
    --------
    >>> china_day("2026-05-31T16:30:00Z")
    datetime.date(2026, 6, 1)
    """
    return moment(written).astimezone(_CHINA).date()


def day_in_china(day: date) -> tuple[str, str]:
    """
    Give the moment at which a day begins in China, and that at which the next one does.

    The calendar's first day begins before it in UTC, and its last one ends after it: there it is the calendar's end.

    Examples
    --------
    >>> day_in_china(date(2026, 6, 1))
    ('2026-05-31T16:00:00Z', '2026-06-01T16:00:00Z')
    >>> day_in_china(date.max)
    ('9999-12-30T16:00:00Z', '9999-12-31T23:59:59Z')
    """
    first, last = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
    begins = datetime.combine(day, time(), UTC)
    since = begins - _AHEAD if begins - first > _AHEAD else first
    until = begins + (_DAY - _AHEAD) if last - begins > _DAY else last
    return as_written(since), as_written(until)
