"""What the log tells of rows: each must be as its entries say, or somebody changed it past them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from sqlalchemy import Table

from matcher.store.hiding import HIDDEN, SHADE, dimmed, is_secret, shade_of
from matcher.store.raw import UNREADABLE
from matcher.store.schema import METADATA

Row = Mapping[str, Any]

TOLD = (
    "batches", "rounds", "experts", "needs", "preferences", "scenarios", "runs", "publications", "withdrawals",
    "placements", "objections", "service_log", "assessments", "accounts", "invitations", "acceptances", "consents",
    "marks", "erasures",
)  # fmt: skip
"""Tables whose rows the log tells of; each change of the others is nobody's decision, or it is told otherwise."""

RESTATE, RESTATED = "restate", "restated"
"""The action of an entry that tells a row again after an erasure; where the erasure's own entry says how many are."""

_UNTOLD = {("runs", name) for name in ("heartbeat_at", "stage", "done", "total")}
"""How far a run is: what is left of it is in its last entry."""

_CARRIED = ("experts", "needs", "preferences")
"""Tables whose rows a later round of a batch begins with: those of the round before, each as a row of its own."""


@dataclass(slots=True)
class _Said:
    """What is known of a row: columns as they must be, and whether it is there; None where nobody knows."""

    columns: dict[str, Any] = field(default_factory=dict)
    is_there: bool | None = True


@dataclass(slots=True)
class Telling:
    """
    What the entries said so far, by the rows they are about.

    Parameters
    ----------
    key : bytes
        Of the chain.
    unsure : int
        Rows that may be as they like, since what was said of them is gone and was not told again.
    undigested : int
        Rows that hold a secret of which the log says no more than that it is there.
    """

    key: bytes
    unsure: int = 0
    undigested: int = 0
    _said: dict[str, _Said] = field(default_factory=dict)

    def take(self, entry: Row) -> bool:
        """
        Go on by one entry that says what it said when it was written.

        Returns
        -------
        bool
            Whether the row was before as the entries until then say: else somebody had changed it past them.
        """
        about, was, now = entry["about"], entry["before"], entry["after"]
        table = _table_of(about)
        if table is None or not (was or now):
            return True
        said = self._said.get(about)
        if was:
            is_as_told = said is not None and self._agrees(table.name, said, was)
        elif entry["what"] == RESTATE:
            is_as_told = said is not None and self._agrees(table.name, said, now)
        else:
            is_as_told = said is None or not said.is_there
        if not now:
            self._said.pop(about, None)
        elif not was:
            self._said[about] = _Said({**_blank(table), **now})
            if entry["what"] == "open_round":
                self._carry(entry)
        else:
            said = self._said.setdefault(about, _Said())
            said.is_there = None if said.is_there is None else True
            said.columns |= now
            if "changed_by" in table.c:
                said.columns |= {"changed_at": entry["at"], "changed_by": entry["who"]}
                if isinstance(said.columns.get("version"), int):
                    said.columns["version"] += 1
        return is_as_told

    def forget(self, about: object, *, is_restated: bool) -> None:
        """
        Go on by one entry of which nobody knows any more what it said.

        Parameters
        ----------
        about : str
            What it is about.
        is_restated : bool
            It was erased, and rows that were still there were told again: this one is not, until that is taken.
        """
        if isinstance(about, str) and _table_of(about) is not None:
            self._said[about] = _Said(is_there=False if is_restated else None)

    def forget_secrets(self) -> None:
        """Know no more of secrets than that they are there: what was said was said by another key."""
        for about, said in self._said.items():
            said.columns = dimmed(about.partition("/")[0], said.columns) or {}

    def finding(self, table: Table, about: str, row: Row) -> str:
        """Say what is wrong with a row that is there, as the last part of a code; empty where nothing is."""
        said = self._said.pop(about, None)
        if said is None or said.is_there is False:
            return "row_of_none"
        self.unsure += said.is_there is None
        self.undigested += any(is_secret(table.name, name) and one == SHADE for name, one in said.columns.items())
        return "" if self._holds(table.name, row, said.columns) else "row"

    def left(self) -> list[str]:
        """Name the rows that ought to be there still."""
        return sorted(about for about, said in self._said.items() if said.is_there)

    def _holds(self, table: str, row: Row, told: Row) -> bool:
        """Say whether a row that stands in the database is as it was told, as far as it was."""
        return all(
            value is not UNREADABLE
            and (
                name not in told
                or _same(value, told[name])
                or (table, name) in _UNTOLD
                or self._is_hidden_as(table, name, value, told[name])
            )
            for name, value in row.items()
        )

    def _is_hidden_as(self, table: str, name: str, value: object, told: object) -> bool:
        """Say whether a value is the one of which no more was told than that it is there, or its digest."""
        if not value or (table, name) not in HIDDEN:
            return False
        return told in (SHADE, shade_of(self.key, table, name, value))

    def _agrees(self, table: str, said: _Said, columns: Row) -> bool:
        """Say whether what an entry says of a row is what entries before it said, as far as they did."""
        return not said.is_there or all(
            _same(value, said.columns[name])
            or (table, name) in _UNTOLD
            or ((table, name) in HIDDEN and SHADE in (value, said.columns[name]))
            for name, value in columns.items()
            if name in said.columns
        )

    def _carry(self, entry: Row) -> None:
        """Let a round that is opened after another begin with the rows of that one."""
        opened, new = entry["after"], entry["about"].partition("/")[2]
        known = [(*about.split("/", 1), said) for about, said in self._said.items() if "/" in about]
        before = {key for table, key, said in known if table == "rounds" and _is_last(said.columns, opened)}
        stamp = {"version": 1, "changed_at": entry["at"], "changed_by": entry["who"]}
        for table, key, said in known:
            old, _, own = key.partition("/")
            if table in _CARRIED and old in before and said.is_there is not False:
                columns = {name: value for name, value in said.columns.items() if name != "round_id"} | stamp
                is_known = said.is_there is True
                self._said[f"{table}/{new}/{own}"] = _Said(columns, True) if is_known else _Said(is_there=None)


def _same(one: object, other: object) -> bool:
    """Say whether two values are one as JSON has them, to which 1 and true are two."""
    if isinstance(one, dict | list) or isinstance(other, dict | list):
        return type(one) is type(other) and json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)
    return one == other


def _is_last(columns: Row, opened: Row) -> bool:
    """Tell whether a round is the one before another."""
    number = columns.get("number")
    is_before = isinstance(number, int) and number + 1 == opened.get("number")
    return is_before and columns.get("batch_id") == opened.get("batch_id")


@cache
def _blank(table: Table) -> dict[str, None]:
    """Give what a row has that was added without any value; its key is in what its entry is about."""
    return {column.name: None for column in table.columns if not column.primary_key}


def about_of(table: Table, row: Row) -> str:
    """Name a row as `matcher.store.entities.Event.about` does."""
    return "/".join([table.name, *(str(row[column.name]) for column in table.primary_key.columns)])


def _table_of(about: object) -> Table | None:
    """Give the table of the row that an entry is about, if the log tells of it."""
    name = about.partition("/")[0] if isinstance(about, str) else ""
    return METADATA.tables[name] if name in TOLD else None
