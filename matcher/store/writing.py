"""Writing rows: every change goes through `Writer`, which writes down who made it."""

import hashlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Table, bindparam, delete, insert, select, update

from matcher.domain.errors import ChangedMeanwhile
from matcher.domain.moments import china_day
from matcher.store.chain import Chain
from matcher.store.entities import Entity, Erasure
from matcher.store.erased import covered_by
from matcher.store.hiding import shaded
from matcher.store.reading import Reader
from matcher.store.rows import changed_meanwhile, columns_of, is_row, key_names, key_of, key_text, row_of, values_of
from matcher.store.schema import (
    ERASURES,
    EVENT_CONTENTS,
    EVENTS,
    FILES,
    METADATA,
    PLACEMENTS,
    PUBLICATIONS,
    SCENARIOS,
)
from matcher.store.telling import RESTATE, RESTATED, TOLD, about_of

E = TypeVar("E", bound=Entity)
Json = Mapping[str, Any]

_OWNERS = {"scenario_id": SCENARIOS, "placement_id": PLACEMENTS, "publication_id": PUBLICATIONS}
"""Whose round a row is of that names none itself."""

_AT_ONCE = 500
"""Keys that one statement asks for."""


@dataclass(frozen=True, slots=True)
class Writer(Reader):
    """
    The database for one who writes, alone.

    Parameters
    ----------
    who : str
        Who is acting.
    at : str
        When, as `Store.now` tells.
    chain : Chain
        The end of the log.
    untold : set of Table
        What changed without an entry of its own.
    """

    who: str
    at: str
    chain: Chain
    untold: set[Table] = field(default_factory=set, init=False)

    @property
    def today(self) -> str:
        """The day where the bureau is: China has one time."""
        return china_day(self.at).isoformat()

    def insert(self, kind: type[E], what: str | None, why: str | None = None, /, **values: object) -> E:
        """
        Add a row, and write down that it was.

        Parameters
        ----------
        kind : type of Entity
        what : str or None
            The action; None: it is not written down, being no decision of anybody's.
        why : str or None
        values : column values
            Those of ``version``, ``changed_at`` and ``changed_by``, and a publication's ``chain_head``, come by
            themselves.
        """
        columns = {**columns_of(values), **self._stamp(kind.TABLE, 1)}
        key = self.connection.execute(insert(kind.TABLE).values(columns)).inserted_primary_key
        added = self.get(kind, **dict(zip(key_names(kind.TABLE), key or (), strict=True)))
        self._record(what, why, [(kind.TABLE, row_of(added), None, columns)])
        return added

    def insert_all(self, kind: type[Entity], what: str, rows: Sequence[Mapping[str, object]]) -> None:
        """
        Add rows that bring their keys along, all at once, and write each down.

        Parameters
        ----------
        kind : type of Entity
        what : str
            The action.
        rows : sequence of mappings
            As `insert` takes the values of one; all of the same names.
        """
        if not rows:
            return
        columns = [{**columns_of(row), **self._stamp(kind.TABLE, 1)} for row in rows]
        self.connection.execute(insert(kind.TABLE), columns)
        self._record(what, None, [(kind.TABLE, row, None, row) for row in columns])

    def change(self, row: E, what: str | None, why: str | None = None, /, **values: object) -> E:
        """
        Change a row that was read in this transaction, and write down what was and is.

        Raises
        ------
        ChangedMeanwhile
            When the row is not as it was read.
        """
        self.change_all([(row, values)], what, why)
        return self.get(type(row), **key_of(row))

    def change_all(
        self, changes: Sequence[tuple[Entity, Mapping[str, object]]], what: str | None, why: str | None = None, /
    ) -> None:
        """
        Change rows as `change` does, those whose same columns change at once.

        Parameters
        ----------
        changes : sequence of (Entity, mapping)
            Rows that were read in this transaction, and their new values.
        what, why : str or None

        Raises
        ------
        ChangedMeanwhile
            When a row is not as it was read.
        """
        groups: dict[tuple[type[Entity], tuple[str, ...]], list[tuple[Any, Json, Json]]] = {}
        for row, values in changes:
            before = row_of(row)
            after = {name: value for name, value in columns_of(values).items() if before[name] != value}
            if after:
                groups.setdefault((type(row), tuple(after)), []).append((row, before, after))
        for (kind, _), group in groups.items():
            self._change_alike(kind.TABLE, group)
            changed = [(before, {name: before[name] for name in after}, after) for _, before, after in group]
            self._record(what, why, [(kind.TABLE, *change) for change in changed])

    def _change_alike(self, table: Table, group: Sequence[tuple[Any, Json, Json]]) -> None:
        """Change rows of a table that all get new values in the same columns, if each is as it was read."""
        _, before, after = group[0]
        held = [*key_names(table), *(["version"] if "version" in before else [])]
        wanted = [{**was, **new, **self._stamp(table, was.get("version", 0) + 1)} for _, was, new in group]
        stated = (*after, *self._stamp(table, 1))
        statement = (
            update(table)
            .where(*(table.c[name] == bindparam(f"was_{name}") for name in held))
            .values({name: bindparam(f"new_{name}") for name in stated})
        )
        values = [
            {f"was_{name}": was[name] for name in held} | {f"new_{name}": columns[name] for name in stated}
            for (_, was, _), columns in zip(group, wanted, strict=True)
        ]
        if self.connection.execute(statement, values).rowcount != len(group):
            raise self._changed_among([(row, columns) for (row, *_), columns in zip(group, wanted, strict=True)])

    def _changed_among(self, changes: Sequence[tuple[Any, Json]]) -> ChangedMeanwhile:
        """Tell of the first of some rows that did not become what it was to become."""
        for row, wanted in changes:
            now: Any = self.find(type(row), **key_of(row))
            if now is None or row_of(now) != wanted:
                break
        return changed_meanwhile(now or row)

    def copy(self, row: E, /, **changes: object) -> E:
        """Add a row like another, but for some values; being no decision, it is not written down."""
        return self.insert(type(row), None, None, **(values_of(row) | changes))

    def delete(self, row: Entity, what: str | None, why: str | None = None, /) -> None:
        """Take a row away, and write down what it was."""
        self.connection.execute(delete(row.TABLE).where(is_row(row)))
        columns = row_of(row)
        self._record(what, why, [(row.TABLE, columns, columns, None)])

    def note(self, what: str, about: str, why: str | None = None, round_id: int | None = None) -> None:
        """
        Write down what somebody did that changed no row, such as to look into preferences.

        Parameters
        ----------
        what : str
            The action.
        about : str
            What it was done to, as `Event.about` names it.
        why : str or None
        round_id : int or None
        """
        said = {"what": what, "round_id": round_id, "about": about, "why": why}
        self.chain.add(self.connection, [{"at": self.at, "who": self.who, **said, "before": None, "after": None}])

    def erase(self, what: str, why: str, *, round_id: int | None = None, about: str | None = None) -> int:
        """
        Erase what the log says of changes until now, and write down that it was; who, when and about what stays.

        Rows that are still there are told again as they are by then, so that whoever changes them after that is found
        out: what is to be gone from a row goes before.

        Parameters
        ----------
        what, why : str
            The action, such as that the time to keep it is over.
        round_id : int or None
            Of one round alone.
        about : str or None
            About one row alone or, ending in a slash, those below it: ``"experts/3/"`` is about every application of
            that round.

        Returns
        -------
        int
            Entries whose contents are gone.
        """
        scope = {"first_event": 1, "last_event": self.chain.last, "round_id": round_id, "about": about}
        erasure = self.insert(Erasure, None, None, **scope, erased_at=self.at, erased_by=self.who)
        covered, columns = covered_by(erasure), row_of(erasure)
        rows = list(self._rows_about(covered, about))
        self._record(what, why, [(ERASURES, columns, None, {**columns, RESTATED: len(rows)})])
        self._record(RESTATE, None, [(table, row, None, row) for table, row in rows])
        gone = select(EVENTS.c.id).where(*covered)
        return self.connection.execute(delete(EVENT_CONTENTS).where(EVENT_CONTENTS.c.event_id.in_(gone))).rowcount

    def restate(self, *kinds: type[Entity]) -> None:
        """Tell every row of some tables again, as it is: what the log says of their secrets is of another key."""
        for kind in kinds:
            rows = [row_of(row) for row in self.listed(kind)]
            self._record(RESTATE, None, [(kind.TABLE, row, None, row) for row in rows])

    def keep_file(self, content: bytes) -> str:
        """Keep bytes, once, and give their digest."""
        digest = digest_of(content)
        if self.connection.execute(select(FILES.c.sha256).where(FILES.c.sha256 == digest)).one_or_none() is None:
            self.connection.execute(insert(FILES).values(sha256=digest, content=content))
        return digest

    def drop_files(self, digests: Collection[str]) -> int:
        """Take bytes away for good, and give how many there were; what they were of tells that it was erased."""
        return sum(
            self.connection.execute(delete(FILES).where(FILES.c.sha256 == digest)).rowcount
            for digest in sorted(digests)
        )

    def _rows_about(self, covered: Sequence[ColumnElement[bool]], about: str | None) -> Iterator[tuple[Table, Json]]:
        """Read the rows that are still there of those that entries are about."""
        if about is None or about.endswith("/"):
            named = self.connection.execute(select(EVENTS.c.about).where(*covered).distinct()).scalars().all()
        else:
            named = [about]
        for name in TOLD:
            table = METADATA.tables[name]
            keys = sorted(one.removeprefix(f"{name}/") for one in named if one.startswith(f"{name}/"))
            for first in range(0, len(keys), _AT_ONCE):
                statement = select(table).where(key_text(table).in_(keys[first : first + _AT_ONCE]))
                for row in self.connection.execute(statement.order_by(*table.primary_key.columns)).mappings():
                    yield table, dict(row)

    def _stamp(self, table: Table, version: int) -> dict[str, object]:
        if table is PUBLICATIONS:  # its version is its own: nobody changes it
            return {"chain_head": self.chain.head or None}
        stamp = {"version": version, "changed_at": self.at, "changed_by": self.who}
        return {name: value for name, value in stamp.items() if name in table.c and "changed_by" in table.c}

    def _record(self, what: str | None, why: str | None, changes: Sequence[tuple[Table, Json, Any, Any]]) -> None:
        """Write down changes of rows: table, columns, and what was before and is after."""
        if what is None:
            self.untold.update(table for table, *_ in changes)
            return
        events = []
        for table, columns, before, after in changes:
            round_id = columns["id"] if table.name == "rounds" else self._round_of(columns)
            about = about_of(table, columns)
            event = {"at": self.at, "who": self.who, "what": what, "round_id": round_id, "about": about, "why": why}
            said = {"before": before, "after": after}
            events.append(event | {name: shaded(self.chain.key, table.name, value) for name, value in said.items()})
        self.chain.add(self.connection, events)

    def _round_of(self, columns: Json) -> int | None:
        """Find the round of a row: its own, or that of what it belongs to."""
        if "round_id" in columns:
            return columns["round_id"]
        for name, owner in _OWNERS.items():
            if name in columns:
                return self.connection.execute(select(owner.c.round_id).where(owner.c.id == columns[name])).scalar_one()
        return None


def digest_of(content: bytes) -> str:
    """Digest bytes as `Writer.keep_file` does: SHA-256, in hexadecimal."""
    return hashlib.sha256(content).hexdigest()
