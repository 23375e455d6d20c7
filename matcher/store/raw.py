"""Rows as they stand, whatever somebody has put into them: nothing is read by its type, so nothing is refused."""

import json
import sqlite3
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, cast

from sqlalchemy import JSON, Column, ColumnElement, Connection, FromClause, Text, inspect, select, type_coerce
from sqlalchemy import cast as cast_in_sql
from sqlalchemy.types import NullType

from matcher.store.schema import METADATA

UNREADABLE = object()
"""What stands in the place of JSON that is none."""

_DEEP = 100
"""As many brackets may stand in each other deeper than can be written again."""

_ROWS = 1000
"""Rows that are held at a time."""


def rows_as_stored(
    connection: Connection,
    source: FromClause,
    *,
    columns: Iterable[Column[Any]] | None = None,
    order_by: Column[Any] | None = None,
    held: int = _ROWS,
) -> Iterator[dict[str, Any]]:
    """
    Read rows by the names of their columns: JSON is parsed, or `UNREADABLE`; all else is as the driver gives it.

    Parameters
    ----------
    connection : Connection
    source : table or join
    columns : iterable of Column or None
        None: all.
    order_by : Column or None
    held : int
        Rows that are held at a time.
    """
    wanted = [*(source.c if columns is None else columns)]
    names = [column.name for column in wanted if isinstance(column.type, JSON)]
    statement = select(*map(_as_stored, wanted)).select_from(source)
    statement = statement if order_by is None else statement.order_by(order_by)
    for found in connection.execute(statement, execution_options={"yield_per": held}).mappings():
        row = dict(found)
        for name in names:
            row[name] = _parsed(row[name])
        yield row


def broken_tables(connection: Connection) -> set[str]:
    """Name the tables of ours that are not there, or lack a column."""
    found = inspect(connection).get_multi_columns(filter_names=list(METADATA.tables))
    there = {name: {column["name"] for column in columns} for (_, name), columns in found.items()}
    return {name for name, table in METADATA.tables.items() if not set(table.c.keys()) <= there.get(name, set())}


@contextmanager
def any_text(connection: Connection) -> Generator[None, None, None]:
    """Read text that is no UTF-8, which SQLite holds and its driver refuses: what is not is a surrogate (PEP 383)."""
    if connection.dialect.name != "sqlite":
        yield
        return
    driver = cast(sqlite3.Connection, connection.connection.driver_connection)
    driver.text_factory = partial(str, encoding="utf-8", errors="surrogateescape")
    try:
        yield
    finally:
        driver.text_factory = str


def _as_stored(column: ColumnElement[Any]) -> ColumnElement[Any]:
    is_json = isinstance(column.type, JSON)
    return (cast_in_sql(column, Text) if is_json else type_coerce(column, NullType())).label(column.key)


def _parsed(text: Any) -> Any:
    if text is None:
        return None
    try:
        found = json.loads(text)
        if text.count("[") + text.count("{") > _DEEP:
            json.dumps(found)  # which gives up before reading does
        return found
    except (ValueError, RecursionError):
        return UNREADABLE
