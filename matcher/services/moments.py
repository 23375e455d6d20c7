"""Moments as the database has them, and as Python counts with them."""

from datetime import UTC, date, datetime, time, timedelta, timezone

_CHINA = timezone(timedelta(hours=8))
"""China has one time."""


def as_written(at: datetime) -> str:
    """
    Write a moment as `Store.now` does: ISO 8601 in UTC, to the second.

    Examples
    --------
    >>> as_written(datetime(2026, 6, 1, 1, 30, tzinfo=UTC))
    '2026-06-01T01:30:00Z'
    """
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def moment(written: str) -> datetime:
    """Read what `as_written` has written."""
    return datetime.fromisoformat(written)


def in_china(written: str) -> str:
    """
    Show a moment as people in China read it, to the minute.

    Examples
    --------
    >>> in_china("2026-06-01T01:30:00Z")
    '2026-06-01 09:30'
    """
    return moment(written).astimezone(_CHINA).strftime("%Y-%m-%d %H:%M")


def day_in_china(day: date) -> tuple[str, str]:
    """
    Give the moment at which a day begins in China, and that at which the next one does.

    Examples
    --------
    >>> day_in_china(date(2026, 6, 1))
    ('2026-05-31T16:00:00Z', '2026-06-01T16:00:00Z')
    """
    begins = datetime.combine(day, time(), _CHINA)
    return as_written(begins), as_written(begins + timedelta(days=1))
