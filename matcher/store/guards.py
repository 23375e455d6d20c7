"""What the database itself refuses, whoever asks: entries of the log that are changed, taken away or written over."""

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import Connection

from matcher.store.schema import METADATA

_KEYS = {"events": "id", "event_contents": "event_id", "erasures": "id"}
"""The tables, each with its key."""

_COVERED = (
    "EXISTS (SELECT 1 FROM erasures JOIN events ON events.id = OLD.event_id "
    "WHERE events.id BETWEEN erasures.first_event AND erasures.last_event "
    "AND (erasures.round_id IS NULL OR erasures.round_id = events.round_id) "
    "AND (erasures.about IS NULL OR erasures.about = events.about "
    "OR (substr(erasures.about, length(erasures.about), 1) = '/' "
    "AND erasures.about = substr(events.about, 1, length(erasures.about)))) "
    "AND substr(events.about, 1, 9) <> 'erasures/')"
)
"""An erasure covers the entry whose contents are deleted; those that tell of erasures none does."""

_FROZEN = ("files", "publications")
"""Tables whose rows are deleted, at most, and never changed; they were so before there was a chain."""

Guard = tuple[str, str]
"""A table, and the name of a trigger on it."""


@dataclass(frozen=True, slots=True)
class _Trigger:
    """The statement that makes a trigger, what the database then holds of it, and what it calls, by its body."""

    made: str
    held: object
    function: str = ""
    body: str = ""


def guard(connection: Connection) -> None:
    """Make every trigger that is not there as it should be."""
    missing = missing_guards(connection)
    is_sqlite = connection.dialect.name == "sqlite"
    for (table, name), trigger in _wanted(is_sqlite=is_sqlite).items():
        if (table, name) in missing:
            connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS {name}{'' if is_sqlite else f' ON {table}'}")
            if trigger.function:
                head = f"CREATE OR REPLACE FUNCTION {trigger.function}() RETURNS trigger LANGUAGE plpgsql"
                connection.exec_driver_sql(f"{head} AS $${trigger.body}$$")
            connection.exec_driver_sql(trigger.made)


def unguard(connection: Connection) -> None:
    """Drop the triggers of the log, and what they call."""
    is_sqlite = connection.dialect.name == "sqlite"
    for table, name in _wanted(is_sqlite=is_sqlite):
        if table in _KEYS:
            connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS {name}{'' if is_sqlite else f' ON {table}'}")
    for table in () if is_sqlite else _KEYS:
        connection.exec_driver_sql(f"DROP FUNCTION IF EXISTS {table}_kept()")


@contextmanager
def unguarded(connection: Connection) -> Generator[None, None, None]:
    """Let all rows be replaced, in the transaction of a writer; readers of PostgreSQL go on meanwhile."""
    if connection.dialect.name == "sqlite":
        unguard(connection)
        yield
    else:
        for table in _KEYS:
            connection.exec_driver_sql(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        yield
        for table in _KEYS:
            connection.exec_driver_sql(f"ALTER TABLE {table} ENABLE TRIGGER USER")
    guard(connection)


def missing_guards(connection: Connection) -> set[Guard]:
    """Tell which triggers are not there, or off, or do something else than they should."""
    there, wanted = _there(connection), _wanted(is_sqlite=connection.dialect.name == "sqlite")
    return {place for place, trigger in wanted.items() if there.get(place) != trigger.held}


def foreign_triggers(connection: Connection) -> set[Guard]:
    """Tell which triggers are there that are none of ours."""
    return _there(connection).keys() - _wanted(is_sqlite=connection.dialect.name == "sqlite").keys()


def _there(connection: Connection) -> Mapping[Guard, object]:
    """Give each trigger on our tables, on or off, and what it does."""
    if connection.dialect.name == "sqlite":  # the file is ours alone
        found = connection.exec_driver_sql("SELECT tbl_name, name, sql FROM sqlite_master WHERE type = 'trigger'")
        return {(row.tbl_name, row.name): row.sql for row in found}
    found = connection.exec_driver_sql(
        "SELECT relname, tgname, tgtype, prosrc, tgenabled IN ('O', 'A') AND tgqual IS NULL AND tgattr = '' AS always "
        "FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid JOIN pg_proc ON pg_proc.oid = tgfoid "
        "WHERE NOT tgisinternal "
        "AND relnamespace = (SELECT relnamespace FROM pg_class WHERE oid = to_regclass('events'))"
    )
    there = {(row.relname, row.tgname): (row.tgtype, row.prosrc) if row.always else None for row in found}
    return {place: does for place, does in there.items() if place[0] in METADATA.tables}


def _wanted(*, is_sqlite: bool) -> Mapping[Guard, _Trigger]:
    made = _of_sqlite if is_sqlite else _of_postgresql
    return {(table, name): trigger for table in (*_KEYS, *_FROZEN) for name, trigger in made(table).items()}


def _of_sqlite(table: str) -> Mapping[str, _Trigger]:
    refuses = f"BEGIN SELECT RAISE(ABORT, 'rows of {table} are never changed'); END"
    if table in _FROZEN:
        made = {f"{table}_frozen": f"CREATE TRIGGER {table}_frozen BEFORE UPDATE ON {table} {refuses}"}
    else:
        key = _KEYS[table]
        # INSERT OR REPLACE deletes the row that is there, and no trigger on DELETE is told.
        there = f"EXISTS (SELECT 1 FROM {table} WHERE {key} = NEW.{key})"  # noqa: S608 - names of ours
        conditions = {
            "update": "",
            "delete": f"WHEN NOT {_COVERED} " if table == "event_contents" else "",
            "insert": f"WHEN {there} ",
        }
        made = {
            f"{table}_kept_{name}": f"CREATE TRIGGER {table}_kept_{name} BEFORE {name.upper()} ON {table} "
            f"{condition}{refuses}"
            for name, condition in conditions.items()
        }
    return {name: _Trigger(statement, statement) for name, statement in made.items()}


def _of_postgresql(table: str) -> Mapping[str, _Trigger]:
    """Give the triggers of a table; PostgreSQL holds when they are called as a number (``pg_trigger.tgtype``)."""
    refuses = f"RAISE EXCEPTION 'rows of {table} are never changed'; END"
    if table in _FROZEN:
        function, body = f"{table}_frozen", f" BEGIN {refuses} "
        whens = {function: ("UPDATE", "ROW", 19)}
    else:
        erased = f" IF TG_OP = 'DELETE' THEN IF {_COVERED} THEN RETURN OLD; END IF; END IF;"
        function, body = f"{table}_kept", f"BEGIN{erased if table == 'event_contents' else ''} {refuses}"
        whens = {function: ("UPDATE OR DELETE", "ROW", 27), f"{function}_whole": ("TRUNCATE", "STATEMENT", 34)}
    return {
        name: _Trigger(
            f"CREATE TRIGGER {name} BEFORE {what} ON {table} FOR EACH {each} EXECUTE FUNCTION {function}()",
            (kind, body),
            function,
            body,
        )
        for name, (what, each, kind) in whens.items()
    }
