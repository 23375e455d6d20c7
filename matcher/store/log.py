"""Entries of the log, the newest first: what is asked of it is answered by the database, not by reading all of it."""

from dataclasses import replace

from sqlalchemy import ColumnElement, select

from matcher.store.entities import Event
from matcher.store.erased import is_about
from matcher.store.hiding import dimmed
from matcher.store.reading import Reader
from matcher.store.rows import entity_of
from matcher.store.schema import EVENT_LOG, EVENTS


def newest_entries(
    view: Reader,
    *,
    limit: int,
    round_id: int | None = None,
    about: str | None = None,
    by: str | None = None,
    what: str | None = None,
    since: str | None = None,
    until: str | None = None,
    before: int | None = None,
    after: int | None = None,
) -> list[Event]:
    """
    List entries of the log, the newest first.

    Parameters
    ----------
    view : Reader
    limit : int
        How many at most.
    round_id : int or None
        Of one round alone.
    about : str or None
        About one row or, ending in a slash, those below it, as `matcher.store.Writer.erase` takes it.
    by, what : str or None
        Of one who acted, and of one action.
    since, until : str or None
        Moments as they are written down: from the one on, and before the other.
    before : int or None
        Older than the entry of that id.
    after : int or None
        Newer than the entry of that id; where there are more than the limit, those nearest to it.
    """
    columns = EVENT_LOG.c
    conditions = (
        round_id is None or columns.round_id == round_id,
        about is None or is_about(columns.about, about),
        by is None or columns.who == by,
        what is None or columns.what == what,
        since is None or columns.at >= since,
        until is None or columns.at < until,
        before is None or columns.id < before,
        after is None or columns.id > after,
    )
    asked = [condition for condition in conditions if condition is not True]
    order = columns.id.desc() if after is None else columns.id.asc()
    statement = select(EVENT_LOG).where(*asked).order_by(order).limit(limit)
    found = [_as_read(entity_of(Event, row._mapping)) for row in view.connection.execute(statement)]
    return found if after is None else found[::-1]


def _as_read(entry: Event) -> Event:
    """Leave out which secret an entry is about: that is for a verification."""
    table = entry.about.partition("/")[0]
    return replace(entry, before=dimmed(table, entry.before), after=dimmed(table, entry.after))


def names_in_log(view: Reader) -> list[str]:
    """List whoever stands in the log, each once, by name."""
    return _each(view, EVENTS.c.who)


def actions_in_log(view: Reader) -> list[str]:
    """List what was done, each action once, by its code."""
    return _each(view, EVENTS.c.what)


def _each(view: Reader, column: ColumnElement[str]) -> list[str]:
    return sorted(view.connection.execute(select(column).distinct()).scalars())
