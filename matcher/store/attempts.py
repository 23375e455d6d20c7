"""Logins that failed lately: those under a key are counted, and all are forgotten in time."""

from collections.abc import Sequence

from sqlalchemy import delete, select

from matcher.store.reading import Reader
from matcher.store.schema import ATTEMPTS
from matcher.store.writing import Writer


def failures(view: Reader, key: str, since: str) -> Sequence[str]:
    """List the times of the logins that failed under a key after a moment, the first first."""
    found = select(ATTEMPTS.c.at).where(ATTEMPTS.c.key == key, ATTEMPTS.c.at > since).order_by(ATTEMPTS.c.at)
    return view.connection.execute(found).scalars().all()


def forget_before(work: Writer, moment: str) -> None:
    """Forget the logins that failed at a moment or before it."""
    work.connection.execute(delete(ATTEMPTS).where(ATTEMPTS.c.at <= moment))


def forget_of(work: Writer, key: str) -> None:
    """Forget the logins that failed under a key."""
    work.connection.execute(delete(ATTEMPTS).where(ATTEMPTS.c.key == key))
