"""Entities, and the rows of tables that they are: columns, keys."""

from collections.abc import Iterable, Mapping
from dataclasses import fields
from functools import reduce
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Table, Text, and_, cast

from matcher.domain.errors import ChangedMeanwhile
from matcher.domain.messages import Message
from matcher.store.entities import Entity
from matcher.store.schema import form_fields

E = TypeVar("E", bound=Entity)


def entity_of(kind: type[E], row: Mapping[str, Any]) -> E:
    """Make the entity of a row: lists of JSON become tuples, a form's columns its record."""
    values = dict(row)
    for name, value in row.items():
        if isinstance(value, list):
            values[name] = _frozen(value)
    record = getattr(kind, "RECORD", None)
    if record is not None:
        values["record"] = record(**{name: values.pop(name) for name in form_fields(record)})
    return kind(**values)


def row_of(entity: Entity) -> dict[str, Any]:
    """Give the row of an entity, by column."""
    return columns_of(values_of(entity))


def values_of(entity: Entity) -> dict[str, object]:
    """Give the values of an entity, by field."""
    return {part.name: getattr(entity, part.name) for part in fields(entity)}  # ty: ignore[invalid-argument-type]


def columns_of(values: Mapping[str, object]) -> dict[str, Any]:
    """Give the columns of an entity's values: a record's fields beside the others, tuples as lists of JSON."""
    columns = dict(values)
    record = columns.pop("record", None)
    if record is not None:
        columns |= {name: getattr(record, name) for name in form_fields(type(record))}
    return {name: _thawed(value) for name, value in columns.items()}


def _frozen(value: Any) -> Any:
    return tuple(_frozen(item) for item in value) if isinstance(value, list) else value


def _thawed(value: Any) -> Any:
    return [_thawed(item) for item in value] if isinstance(value, tuple) else value


def key_of(entity: Entity) -> dict[str, Any]:
    """Give the key of an entity, by column."""
    row = row_of(entity)
    return {name: row[name] for name in key_names(entity.TABLE)}


def key_names(table: Table) -> list[str]:
    """Name the columns of a table's key."""
    return [column.name for column in table.primary_key.columns]


def key_text(table: Table) -> ColumnElement[str]:
    """Write the key of a row as `Event.about` does."""
    parts: list[ColumnElement[str]] = [cast(column, Text) for column in table.primary_key.columns]
    return reduce(lambda text, part: text.concat("/").concat(part), parts)


def is_row(entity: Entity) -> ColumnElement[bool]:
    """Say of a row whether it is that of an entity."""
    return and_(*(entity.TABLE.c[name] == value for name, value in key_of(entity).items()))


def shown_key(key: Iterable[object]) -> str:
    """Write the values of a key for people."""
    return " / ".join(str(value) for value in key)


def changed_meanwhile(row: Any) -> ChangedMeanwhile:
    """Say who changed a row meanwhile, and when, where the row knows."""
    values = {"kind": Message(f"value.table.{row.TABLE.name}"), "key": shown_key(key_of(row).values())}
    who = {"by": getattr(row, "changed_by", None), "at": getattr(row, "changed_at", None)}
    return ChangedMeanwhile([Message("store.changed_meanwhile", {**values, **who})])
