"""What the database itself refuses, whoever asks: entries of the log that are changed, taken away or written over."""

from collections.abc import Generator, Mapping
from contextlib import contextmanager

from sqlalchemy import Connection

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

Guard = tuple[str, str]
"""A table, and the name of a trigger on it."""


def guard(connection: Connection) -> None:
    """Make every trigger that is not there as it should be."""
    missing = missing_guards(connection)
    is_sqlite = connection.dialect.name == "sqlite"
    for (table, name), made in _wanted(is_sqlite=is_sqlite).items():
        if (table, name) in missing:
            connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS {name}{'' if is_sqlite else f' ON {table}'}")
            if not is_sqlite:
                head = f"CREATE OR REPLACE FUNCTION {table}_kept() RETURNS trigger LANGUAGE plpgsql"
                connection.exec_driver_sql(f"{head} AS $${_body(table)}$$")
            connection.exec_driver_sql(made)


def unguard(connection: Connection) -> None:
    """Drop the triggers, and what they call."""
    is_sqlite = connection.dialect.name == "sqlite"
    for table, name in _wanted(is_sqlite=is_sqlite):
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
    if connection.dialect.name == "sqlite":
        found = connection.exec_driver_sql("SELECT tbl_name, name, sql FROM sqlite_master WHERE type = 'trigger'")
        there = {(row.tbl_name, row.name): row.sql for row in found}
        return {place for place, made in _wanted(is_sqlite=True).items() if there.get(place) != made}
    found = connection.exec_driver_sql(
        "SELECT relname, tgname, tgtype, prosrc FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid "
        "JOIN pg_proc ON pg_proc.oid = tgfoid WHERE tgenabled IN ('O', 'A') AND relnamespace = "
        "(SELECT relnamespace FROM pg_class WHERE oid = to_regclass('events'))"
    )
    there = {(row.relname, row.tgname): (row.tgtype, row.prosrc) for row in found}
    wanted = _wanted(is_sqlite=False)
    types = {name: kind for table in _KEYS for name, kind in ((f"{table}_kept", 27), (f"{table}_kept_whole", 34))}
    return {place for place in wanted if there.get(place) != (types[place[1]], _body(place[0]))}


def _wanted(*, is_sqlite: bool) -> Mapping[Guard, str]:
    """Give each trigger, and the statement that makes it."""
    made = _of_sqlite if is_sqlite else _of_postgresql
    return {(table, name): statement for table in _KEYS for name, statement in made(table).items()}


def _of_sqlite(table: str) -> Mapping[str, str]:
    key = _KEYS[table]
    # INSERT OR REPLACE deletes the row that is there, and no trigger on DELETE is told.
    there = f"EXISTS (SELECT 1 FROM {table} WHERE {key} = NEW.{key})"  # noqa: S608 - names of ours
    conditions = {
        "update": "",
        "delete": f"WHEN NOT {_COVERED} " if table == "event_contents" else "",
        "insert": f"WHEN {there} ",
    }
    return {
        f"{table}_kept_{name}": f"CREATE TRIGGER {table}_kept_{name} BEFORE {name.upper()} ON {table} {condition}"
        f"BEGIN SELECT RAISE(ABORT, 'rows of {table} are never changed'); END"
        for name, condition in conditions.items()
    }


def _of_postgresql(table: str) -> Mapping[str, str]:
    whens = {f"{table}_kept": ("UPDATE OR DELETE", "ROW"), f"{table}_kept_whole": ("TRUNCATE", "STATEMENT")}
    return {
        name: f"CREATE TRIGGER {name} BEFORE {what} ON {table} FOR EACH {each} EXECUTE FUNCTION {table}_kept()"
        for name, (what, each) in whens.items()
    }


def _body(table: str) -> str:
    """Give the body of the function that a table's triggers call on PostgreSQL."""
    erased = f" IF TG_OP = 'DELETE' THEN IF {_COVERED} THEN RETURN OLD; END IF; END IF;"
    return (
        f"BEGIN{erased if table == 'event_contents' else ''} RAISE EXCEPTION 'rows of {table} are never changed'; END"
    )
