"""What the log tells of rows: each must be as its entries say, or somebody changed it past them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Table

from matcher.store.access import HIDDEN, SHADE
from matcher.store.schema import ERASURES, PUBLICATIONS, WITHDRAWALS

Row = Mapping[str, Any]

TOLD = (
    "batches", "rounds", "experts", "needs", "preferences", "scenarios", "publications", "withdrawals", "placements",
    "objections", "service_log", "assessments", "accounts", "invitations", "acceptances", "consents", "erasures",
)  # fmt: skip
"""Tables whose rows the log tells of; each change of the others is nobody's decision, or it is told otherwise."""

_COPIED = ("experts", "needs", "preferences")
"""Tables whose rows may be there without an entry: an adjustment begins with those of the round before."""

_FROZEN = (PUBLICATIONS.name, WITHDRAWALS.name, ERASURES.name)
"""Tables whose rows nobody changes: each of their columns is told."""

_UNTOLD = {"version", "changed_at", "changed_by"}
"""Columns that change along with the others, and that no entry names: it has who and when itself."""

_BY_ITSELF = {("invitations", "used_at")}
"""Columns that change as people log in, which is written down as that."""


@dataclass(slots=True)
class _Said:
    """What is known of a row: its columns, whether they are all told, and the code before the entry that added it."""

    columns: dict[str, Any] = field(default_factory=dict)
    is_whole: bool = False
    is_unsure: bool = False
    before: str = ""


@dataclass(slots=True)
class Telling:
    """What the entries said so far, by the rows they are about."""

    _said: dict[str, _Said] = field(default_factory=dict)

    def take(self, entry: Row, head: str) -> None:
        """
        Go on by one entry.

        Parameters
        ----------
        entry : mapping
            An entry with its contents; ``event_id`` is None where those were erased.
        head : str
            Code of the entry before.
        """
        about, was, now = entry["about"], entry["before"], entry["after"]
        table = about.partition("/")[0]
        if table not in TOLD:
            return
        if entry["event_id"] is None:
            # It may have added the row, have changed any column or, being a later one, have taken the row away. What is
            # erased goes without an entry of its own, but for rows that never change.
            there = self._said.get(about)
            is_unsure = there is not None or table not in _FROZEN
            self._said[about] = _Said(is_unsure=is_unsure, before=there.before if there else head)
        elif was is None and now is not None:
            self._said[about] = _Said(dict(now), is_whole=True, before=head)
        elif now is None and was is not None:
            self._said.pop(about, None)
        elif now is not None:
            self._said.setdefault(about, _Said(before=head)).columns.update(now)

    def finding(self, table: Table, about: str, row: Row) -> str:
        """Say what is wrong with a row that is there, as the last part of a code; empty where nothing is."""
        said = self._said.pop(about, None)
        if said is None:
            return "" if table.name in _COPIED else "row_of_none"
        if not all(_is_as_told(row[name], said, name) for name in _told_columns(table)):
            return "row"
        return "publication_head" if table is PUBLICATIONS and (row["chain_head"] or "") != said.before else ""

    def left(self) -> list[str]:
        """Name the rows that ought to be there still."""
        return sorted(about for about, said in self._said.items() if not said.is_unsure)


def _told_columns(table: Table) -> list[str]:
    """Name the columns that entries tell; the key is in what they are about."""
    names = [column.name for column in table.columns if not column.primary_key]
    if table.name in _FROZEN:
        return names
    return [name for name in names if name not in _UNTOLD and (table.name, name) not in _BY_ITSELF]


def _is_as_told(value: object, said: _Said, name: str) -> bool:
    """Say whether a column is as it was told; where it was added without a value, it is empty."""
    if name not in said.columns:
        return value is None or not said.is_whole
    told = said.columns[name]
    return (bool(value) == (told == SHADE)) if name in HIDDEN else value == told
