"""Rows from one database into another of either engine, as they stand: JSON as its text, ids as they are."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import (
    JSON,
    Connection,
    LargeBinary,
    MetaData,
    Table,
    Text,
    bindparam,
    cast,
    column,
    func,
    insert,
    inspect,
    select,
)
from sqlalchemy import table as plain_table

from matcher.store.schema import MARKS, METADATA

_ROWS = 1000
"""Rows that are held at a time; where they have bytes, one."""


def tables_of(connection: Connection) -> list[Table]:
    """
    List our tables as they are, not as the schema has them by now: those referred to first.

    What others keep beside them, such as an extension of PostgreSQL, is theirs.
    """
    found = MetaData()
    found.reflect(connection, only=lambda name, _: name in METADATA.tables)
    return found.sorted_tables


def names_of(connection: Connection) -> list[str]:
    """Name our tables that are there, as `tables_of` lists them, without a look at their columns."""
    there = set(inspect(connection).get_table_names())
    return [table.name for table in METADATA.sorted_tables if table.name in there]


def has_rows(connection: Connection) -> bool:
    """Tell whether there is a row in any table, but for what is said of the database as a whole."""
    tables = (plain_table(name) for name in names_of(connection) if name != MARKS.name)
    return any(connection.execute(select(1).select_from(table).limit(1)).first() for table in tables)


def copy_rows(source: Connection, target: Connection) -> int:
    """
    Copy every row into tables that are empty; ids go on there from the last that was given, so that none comes twice.

    Rows come by their keys: one that refers to another of its own table was added after it.

    Parameters
    ----------
    source, target : Connection
        Of the same revision, each in a transaction.

    Returns
    -------
    int
        Rows copied.
    """
    rows = 0
    tables = tables_of(source)
    for table in tables:
        fill = _filling(table, is_sqlite=target.dialect.name == "sqlite")
        for part in _parts(source, table):
            target.execute(fill, part)
            rows += len(part)
    _continue_ids(target, _ids_given(source, tables))
    return rows


def _parts(source: Connection, table: Table) -> Iterator[list[dict[str, Any]]]:
    read = [cast(one, Text).label(one.name) if _is_json(one) else one for one in table.columns]
    has_bytes = any(isinstance(one.type, LargeBinary) for one in table.columns)
    statement = select(*read).order_by(*table.primary_key.columns)
    found = source.execute(statement, execution_options={"yield_per": 1 if has_bytes else _ROWS})
    for part in found.partitions():
        yield [dict(row._mapping) for row in part]


def _filling(table: Table, *, is_sqlite: bool) -> Any:
    """Make the statement that adds rows: SQLite has JSON as text, and would make a number of a cast."""
    columns = {one.name: Text() if _is_json(one) else one.type.as_generic() for one in table.columns}
    values = {
        one.name: cast(bindparam(one.name, type_=Text()), JSON)
        if _is_json(one) and not is_sqlite
        else bindparam(one.name, type_=columns[one.name])
        for one in table.columns
    }
    return insert(plain_table(table.name, *(column(name, kind) for name, kind in columns.items()))).values(values)


def _is_json(one: Any) -> bool:
    return isinstance(one.type, JSON)


def _sequence(connection: Connection, table: str) -> str | None:
    return connection.execute(select(func.pg_get_serial_sequence(table, "id"))).scalar()


def _ids_given(connection: Connection, tables: list[Table]) -> dict[str, int]:
    """Give the last id that each table has given, deleted ones too."""
    if connection.dialect.name == "sqlite":
        rows = connection.exec_driver_sql("SELECT name, seq FROM sqlite_sequence")
        return {row.name: row.seq for row in rows}
    given = {}
    for table in tables:
        sequence = _sequence(connection, table.name) if "id" in table.columns else None
        if sequence is not None:
            last, is_called = connection.exec_driver_sql(f"SELECT last_value, is_called FROM {sequence}").one()  # noqa: S608 - PostgreSQL named and quoted it
            given[table.name] = last if is_called else last - 1
    return given


def _continue_ids(connection: Connection, given: dict[str, int]) -> None:
    """Go on with ids from where they are, for those tables whose ids count."""
    for table, last in given.items():
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql("DELETE FROM sqlite_sequence WHERE name = ?", (table,))
            connection.exec_driver_sql("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", (table, last))
        else:
            connection.exec_driver_sql(f"ALTER SEQUENCE {_sequence(connection, table)} RESTART WITH {last + 1}")
