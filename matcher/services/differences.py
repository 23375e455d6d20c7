"""What a spreadsheet would change: its rows beside those that are there."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, Generic, TypeVar

from matcher.domain.records import Expert, Need, Placement, Rating
from matcher.store.hiding import SHADE

R = TypeVar("R", Expert, Need, Rating, Placement)

Key = tuple[Any, ...]

CONTACT = "contact"


@dataclass(frozen=True, slots=True)
class FieldChange:
    """
    A field that would be another.

    Parameters
    ----------
    name : str
        Of the record's field, which is also its column's.
    before, after : object
        As the record has them; of contact data only whether there is any.
    """

    name: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class Changed:
    """A record that would be another: its id, or ids joined by a slash, its name, and every field that differs."""

    id: str
    name: str
    fields: tuple[FieldChange, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """
    A row of the sheet beside the record that is there.

    Parameters
    ----------
    key : tuple
        By which both are the same.
    stored : Entity or None
        What is there, as the database has it; None where it is new.
    before : record or None
        The same as a record.
    after : record or None
        None where the sheet has none.
    """

    key: Key
    stored: Any
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class Comparison(Generic[R]):
    """
    A sheet beside what is there.

    Parameters
    ----------
    new : tuple of records
        That only the sheet has, in its order; contact data is shown as there, and no more, here as everywhere.
    changed : tuple of Changed
        In the sheet's order.
    gone : tuple of records
        That the sheet has not, by key.
    same : int
        How many are as they were.
    rows : tuple of Row
        All of it as it is, those that are gone at the end.
    """

    new: tuple[R, ...]
    changed: tuple[Changed, ...]
    gone: tuple[R, ...]
    same: int
    rows: tuple[Row, ...] = field(repr=False)


def compare(
    there: Mapping[Key, tuple[Any, R]], given: Iterable[tuple[Key, R]], columns: Collection[str], *, is_whole: bool
) -> Comparison[R]:
    """
    Lay a sheet beside what is there.

    Parameters
    ----------
    there : mapping of key to (Entity, record)
    given : iterable of (key, record)
        The sheet's, in its order.
    columns : collection of str
        Those that the sheet has: what the others hold stays as it is.
    is_whole : bool
        Whether every row of the sheet could be read: otherwise nothing can be said to be gone.
    """
    rows = []
    for key, record in given:
        stored, before = there.get(key, (None, None))
        rows.append(Row(key, stored, before, _merged(before, record, columns)))
    seen = {row.key for row in rows}
    left = [Row(key, *there[key], None) for key in sorted(there.keys() - seen)] if is_whole else []
    changed = [row for row in rows if row.before is not None and row.before != row.after]
    new = [row for row in rows if row.before is None]
    return Comparison(
        new=tuple(_shown(row.after) for row in new),
        changed=tuple(
            Changed(
                " / ".join(map(str, row.key)), getattr(row.after, "name", ""), tuple(_changes(row.before, row.after))
            )
            for row in changed
        ),
        gone=tuple(_shown(row.before) for row in left),
        same=len(rows) - len(new) - len(changed),
        rows=(*rows, *left),
    )


def _merged(before: Any, given: Any, columns: Collection[str]) -> Any:
    """Give what is there with what the sheet says."""
    if before is None:
        return given
    said = {part.name: getattr(given, part.name) for part in fields(given) if part.name in columns}
    return replace(before, **said, row=given.row)


def _changes(before: Any, after: Any) -> tuple[FieldChange, ...]:
    pairs = [
        (part.name, getattr(before, part.name), getattr(after, part.name)) for part in fields(after) if part.compare
    ]
    return tuple(FieldChange(name, _hidden(name, old), _hidden(name, new)) for name, old, new in pairs if old != new)


def _shown(record: Any) -> Any:
    return replace(record, contact=_hidden(CONTACT, record.contact)) if hasattr(record, CONTACT) else record


def _hidden(name: str, value: Any) -> Any:
    return SHADE if name == CONTACT and value else value
