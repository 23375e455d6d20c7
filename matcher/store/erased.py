"""What erasures cover: entries whose contents may be gone, and whether what stayed was told again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, not_

from matcher.store.entities import Erasure
from matcher.store.raw import rows_as_stored
from matcher.store.schema import ERASURES, EVENT_CONTENTS, EVENTS
from matcher.store.telling import RESTATED, about_of

_OWN = f"{ERASURES.name}/"
"""How entries about erasures begin: none covers those."""

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Erasures:
    """
    Rows of erasures.

    Parameters
    ----------
    restating, others : sequence of mappings
        Those after which the log told again what stayed, and those of versions that did not.
    """

    restating: Sequence[Row]
    others: Sequence[Row]

    def restate(self, entry: Row) -> bool:
        """Say whether an entry is covered, and what stays of its row told again."""
        return any(_covers(erasure, entry) for erasure in self.restating)

    def cover(self, entry: Row) -> bool:
        """Say whether the contents of an entry may be gone."""
        return self.restate(entry) or any(_covers(erasure, entry) for erasure in self.others)


def erasures_in(connection: Connection) -> Erasures:
    """Read the erasures; a row that is none covers nothing."""
    own = EVENTS.join(EVENT_CONTENTS).select().where(is_about(EVENTS.c.about, _OWN))
    said = rows_as_stored(connection, own.subquery())
    told = {row["about"] for row in said if isinstance(row["after"], dict) and RESTATED in row["after"]}
    rows = [row for row in rows_as_stored(connection, ERASURES) if _is_one(row)]
    restating = [row for row in rows if about_of(ERASURES, row) in told]
    return Erasures(restating, [row for row in rows if about_of(ERASURES, row) not in told])


def _is_one(row: Row) -> bool:
    are_numbers = all(isinstance(row[name], int) for name in ("first_event", "last_event"))
    return are_numbers and isinstance(row["about"], str | None)


def _covers(erasure: Row, entry: Row) -> bool:
    """Say whether an erasure covers an entry, as `matcher.store.guards` has it."""
    about, said = entry["about"], erasure["about"]
    return (
        isinstance(about, str)
        and erasure["first_event"] <= entry["id"] <= erasure["last_event"]
        and erasure["round_id"] in (None, entry["round_id"])
        and (said in (None, about) or (said.endswith("/") and about.startswith(said)))
        and not about.startswith(_OWN)
    )


def covered_by(erasure: Erasure) -> list[ColumnElement[bool]]:
    """Say which entries an erasure covers: never those that tell of erasures."""
    covered = [
        EVENTS.c.id.between(erasure.first_event, erasure.last_event),
        not_(is_about(EVENTS.c.about, _OWN)),
    ]
    if erasure.round_id is not None:
        covered.append(EVENTS.c.round_id == erasure.round_id)
    return covered if erasure.about is None else [*covered, is_about(EVENTS.c.about, erasure.about)]


def is_about(column: ColumnElement[str], about: str) -> ColumnElement[bool]:
    """Say of a column whether it names a row or, where ``about`` ends in a slash, one below it."""
    # Not by LIKE, to which E1 and e1 are one on SQLite.
    return func.substr(column, 1, len(about)) == about if about.endswith("/") else column == about
