"""Reading rows, at one moment."""

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from sqlalchemy import Connection, select

from matcher.domain.errors import InputError, StorageError
from matcher.domain.messages import Message, Problem
from matcher.store.entities import Entity
from matcher.store.memory import SILENT, Moment
from matcher.store.rows import changed_meanwhile, entity_of, key_names, shown_key
from matcher.store.schema import FILES

E = TypeVar("E", bound=Entity)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Reader:
    """
    The database as it is at one moment.

    Parameters
    ----------
    connection : Connection
        In a transaction.
    moment : Moment or None
        Where what was read before is remembered; None: everything is read anew.
    """

    connection: Connection
    moment: Moment | None = field(default=None, kw_only=True)

    def once(self, make: Callable[..., T], /, *given: Hashable) -> T:
        """
        Make something of rows, or give what was made of them before.

        Parameters
        ----------
        make : callable
            Takes this reader, then ``given``; asks for nothing but rows that the log tells of, and these.
        given : hashable

        Returns
        -------
        object
            Shared by all who ask: nobody changes it.
        """
        if self.moment is None:
            return make(self, *given)
        return self.moment.once((make, given), lambda: make(self, *given))

    def find(self, kind: type[E], /, **where: object) -> E | None:
        """Find the row that has these values; None where there is none."""
        return self._read(_found, kind, where)

    def get(self, kind: type[E], /, *, version: int | None = None, **where: object) -> E:
        """
        Find the row that has these values, as it was when it was read before.

        Raises
        ------
        InputError
            When there is none.
        ChangedMeanwhile
            When it has another version by now.
        """
        found = self.find(kind, **where)
        if found is None:
            values = {"kind": Message(f"value.table.{kind.TABLE.name}"), "key": shown_key(where.values())}
            raise InputError([Problem(Message("store.no_such_row", values))])
        if version is not None and version != getattr(found, "version"):  # noqa: B009 - not every entity has one
            raise changed_meanwhile(found)
        return found

    def listed(self, kind: type[E], /, **where: object) -> list[E]:
        """List the rows that have these values, by their keys; a tuple means any of its values."""
        return list(self._read(_listed, kind, where))

    def _read(self, how: Callable[..., T], kind: type[Entity], where: Mapping[str, object]) -> T:
        if self.moment is None:
            return how(self.connection, kind, where)
        key = (how, kind, tuple(where.items()))
        return self.moment.once(key, lambda: how(self.connection, kind, where), is_silent=kind.TABLE in SILENT)

    def file(self, digest: str) -> bytes:
        """
        Give the bytes that have a digest.

        Raises
        ------
        StorageError
            When they were erased.
        """
        found = self.connection.execute(select(FILES.c.content).where(FILES.c.sha256 == digest)).scalar()
        if found is None:
            raise StorageError([Message("store.file_erased")])
        return found


def _found(connection: Connection, kind: type[E], where: Mapping[str, object]) -> E | None:
    row = connection.execute(_selected(kind, where)).one_or_none()
    return None if row is None else entity_of(kind, row._mapping)


def _listed(connection: Connection, kind: type[E], where: Mapping[str, object]) -> list[E]:
    statement = _selected(kind, where)
    statement = statement.order_by(*(_source(kind).c[name] for name in key_names(kind.TABLE)))
    return [entity_of(kind, row._mapping) for row in connection.execute(statement)]


def _selected(kind: type[Entity], where: Mapping[str, object]) -> Any:
    source = _source(kind)
    columns = source.c
    conditions = [
        columns[name].in_(value) if isinstance(value, tuple) else columns[name] == value
        for name, value in where.items()
    ]
    return select(source).where(*conditions)


def _source(kind: type[Entity]) -> Any:
    return getattr(kind, "SOURCE", kind.TABLE)
