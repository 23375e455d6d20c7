"""What the database can prove of itself: recomputed from its rows and the secret, and what that does not see."""

from collections.abc import Callable, Generator, Iterable, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Table, func, select
from sqlalchemy.exc import SQLAlchemyError

from matcher.domain.errors import InputError
from matcher.domain.messages import Message, Problem
from matcher.store.chain import (
    KEY_MARK,
    SEAL,
    Sealed,
    chain_key,
    code_of,
    digest_of_content,
    entries_in,
    fingerprint_in,
    has_chain,
    head_of,
)
from matcher.store.engine import Store
from matcher.store.erased import Erasures, erasures_in
from matcher.store.guards import foreign_triggers, missing_guards
from matcher.store.raw import any_text, broken_tables, rows_as_stored
from matcher.store.schema import (
    ERASURES,
    EVENT_CONTENTS,
    EVENTS,
    FILES,
    MARKS,
    METADATA,
    PUBLICATIONS,
    RUNS,
    SCENARIOS,
)
from matcher.store.secret import fingerprint_of
from matcher.store.telling import TOLD, Telling, about_of
from matcher.store.writing import digest_of

HEAD_DIGITS = 16
"""How much of a head is told at least, where it was printed short."""

TOLD_EVERY = 500
"""Entries between two words on how far it is."""

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Verified:
    """
    What was found.

    Parameters
    ----------
    findings : tuple of Message
        What is not as it was written; empty where everything holds.
    unseen : tuple of Message
        What could have been done all the same.
    head : str
        Code of the last entry.
    counts : mapping of str to int
        ``entries``, those that are ``sealed`` as one, those whose contents are ``erased``, ``publications``, ``files``.
    """

    findings: tuple[Message, ...]
    unseen: tuple[Message, ...]
    head: str
    counts: Mapping[str, int]

    @property
    def is_sound(self) -> bool:
        """Whether everything is as it was written."""
        return not self.findings


def chain_head(store: Store) -> str:
    """Give the code of the last entry of a log: empty where there is none, or it is no chain yet."""
    with store.connected() as connection:
        return head_of(connection)[1] if has_chain(connection) else ""


def has_its_secret(store: Store) -> bool:
    """Tell whether the secret is the one that a database goes by, so that it can be written."""
    with store.connected() as connection:
        return store.secret is not None and fingerprint_in(connection) == fingerprint_of(store.secret)


def verify(
    store: Store, head: str | None = None, *, on_progress: Callable[[int, int, str], None] | None = None
) -> Verified:
    """
    Recompute the log, what it says of rows that never change, and the digests of files.

    Parameters
    ----------
    store : Store
        Of the newest revision.
    head : str or None
        A head that is known from elsewhere, such as from a printed notice: in hexadecimal, at least 16 digits of it.
    on_progress : callable or None
        Called every `TOLD_EVERY` entries, with how many are done, of how many, and the stage ``verify``.

    Raises
    ------
    InputError
        When the head is none.
    StorageError
        When there is no secret, or the database can't be read.
    """
    known = None if head is None else _known(head)
    with store.connected() as connection, any_text(connection):
        return _Verification(connection, store.known_secret, known, on_progress).done()


class _Verification:
    """One way through the entries, and what it has seen on it."""

    def __init__(
        self,
        connection: Connection,
        secret: bytes,
        known: str | None,
        on_progress: Callable[[int, int, str], None] | None,
    ) -> None:
        self.connection, self.secret, self.known, self.on_progress = connection, secret, known, on_progress
        self.key = chain_key(secret)
        self.telling = Telling(self.key)
        self.findings: list[Message] = []
        self.counts = dict.fromkeys(("entries", "sealed", "erased", "publications", "files"), 0)
        self.head, self.knows = "", False
        self.before: dict[object, str] = {}  # what entries are about, and the code before the first

    def done(self) -> Verified:
        broken = broken_tables(self.connection)
        for table in sorted(broken):
            self._find("table", table=table)
        steps: tuple[tuple[str, set[str], Callable[[set[str]], None]], ...] = (
            (MARKS.name, {MARKS.name}, self._binding),
            ("sqlite_master" if self.connection.dialect.name == "sqlite" else "pg_trigger", set(), self._triggers),
            (EVENTS.name, {EVENTS.name, EVENT_CONTENTS.name, ERASURES.name}, self._entries_and_rows),
            (FILES.name, {table.name for table in (FILES, PUBLICATIONS, RUNS, SCENARIOS, ERASURES)}, self._files),
        )
        for table, needed, step in steps:
            if broken.isdisjoint(needed):
                with self._of_whatever_form(table):
                    step(broken)
        if self.known and not self.knows:
            self._find("head", head=self.known)
        unseen = [Message(f"verify.unseen.{name}") for name in ("tail", "secret", "rows")]
        telling = self.telling
        counted = {"sealed": self.counts["sealed"], "erased": telling.unsure, "undigested": telling.undigested}
        unseen += [Message(f"verify.unseen.{name}", {"count": count}) for name, count in counted.items() if count]
        return Verified(tuple(self.findings), tuple(unseen), self.head, self.counts)

    def _binding(self, _broken: set[str]) -> None:
        if fingerprint_in(self.connection) != fingerprint_of(self.secret):
            self._find("key")

    def _triggers(self, _broken: set[str]) -> None:
        for what, triggers in (("guard", missing_guards), ("trigger", foreign_triggers)):
            for table, name in sorted(triggers(self.connection)):
                self._find(what, table=table, name=name)

    def _entries_and_rows(self, broken: set[str]) -> None:
        self._entries()
        self._rows([METADATA.tables[name] for name in TOLD if name not in broken])
        for about in self.telling.left():
            if about.partition("/")[0] not in broken:
                self._find("row_gone", about=about)

    @contextmanager
    def _of_whatever_form(self, table: str) -> Generator[None, None, None]:
        """Make a finding of a table that was made anew, so that what is in it can't be followed."""
        try:
            yield
        except (SQLAlchemyError, ArithmeticError, LookupError, RecursionError, TypeError, ValueError) as fault:
            self._find("form", table=table, reason=type(fault).__name__)

    def _find(self, what: str, /, **values: object) -> None:
        shown = {name: _sayable(value) for name, value in values.items()}
        self.findings.append(Message(f"verify.{what}", shown))

    def _entries(self) -> None:
        """Follow the chain, from the last seal on: what is before it is under that as a whole."""
        sealed = Sealed()
        last_seal = self.connection.execute(select(func.max(EVENTS.c.id)).where(EVENTS.c.what == SEAL)).scalar() or 0
        erasures = erasures_in(self.connection)
        total = self.connection.execute(select(func.count()).select_from(EVENTS)).scalar_one()
        for entry in entries_in(self.connection):
            if self.on_progress is not None and self.counts["entries"] % TOLD_EVERY == 0:
                self.on_progress(self.counts["entries"], total, "verify")
            self.counts["entries"] += 1
            before = sealed.digest() if entry["id"] == last_seal else self.head
            if entry["id"] < last_seal:
                self.counts["sealed"] += 1
                sealed.take(entry)
            elif entry["mac"] != code_of(self.key, before, entry):
                self._find("entry", id=entry["id"], at=entry["at"], who=entry["who"])
            if entry["what"] == SEAL:
                self.telling.forget_secrets()
            self.before.setdefault(entry["about"], self.head)
            self._content(entry, erasures)
            self.head = entry["mac"] if isinstance(entry["mac"], str) else ""
            self.knows = self.knows or (self.known is not None and self.head.startswith(self.known))
        contents = self.connection.execute(select(func.count()).select_from(EVENT_CONTENTS)).scalar_one()
        if contents + self.counts["erased"] > self.counts["entries"]:
            self._find("contents_of_none")

    def _content(self, entry: Row, erasures: Erasures) -> None:
        """Take in what an entry says, if it says what it said when it was written."""
        of_entry = {"id": entry["id"], "at": entry["at"], "who": entry["who"]}
        is_restated = False
        if entry["event_id"] is None:
            self.counts["erased"] += 1
            is_restated = erasures.restate(entry)
            if not (is_restated or erasures.cover(entry)):
                self._find("content_gone", **of_entry)
        elif digest_of_content(entry) != entry["digest"]:
            self._find("content", **of_entry)
        elif all(isinstance(entry[name], dict | None) for name in ("before", "after")):
            if not self.telling.take(entry):
                self._find("before", **of_entry, about=entry["about"])
            return
        self.telling.forget(entry["about"], is_restated=is_restated)

    def _rows(self, tables: Iterable[Table]) -> None:
        """Hold the rows against what their entries say."""
        for table in tables:
            for row in rows_as_stored(self.connection, table):
                about = about_of(table, row)
                if about == f"{MARKS.name}/{KEY_MARK}":  # which the secret itself tells of
                    continue
                finding = self.telling.finding(table, about, row)
                if not finding and table is PUBLICATIONS and (row["chain_head"] or "") != self.before.get(about):
                    finding = "publication_head"
                if finding:
                    self._find(finding, about=about)

    def _files(self, _broken: set[str]) -> None:
        """Hold every file against its digest, and look for those that publications and runs are made of."""
        there = set()
        for row in rows_as_stored(self.connection, FILES, held=1):
            there.add(row["sha256"])
            if not isinstance(row["content"], bytes) or digest_of(row["content"]) != row["sha256"]:
                self._find("file", digest=row["sha256"])
        publications = list(rows_as_stored(self.connection, PUBLICATIONS))
        round_of = {row["id"]: row["round_id"] for row in rows_as_stored(self.connection, SCENARIOS)}
        runs = [{**row, "round_id": round_of.get(row["scenario_id"])} for row in rows_as_stored(self.connection, RUNS)]
        # Where all of a round was erased, its files went too; the round says so in an entry of its own.
        erased = {row["round_id"] for row in rows_as_stored(self.connection, ERASURES) if not row["about"]}
        for table, rows, columns in (("publications", publications, ["files"]), ("runs", runs, ["inputs", "results"])):
            for row in rows:
                of_row = {} if row["round_id"] in erased else _files_of(row, columns)
                for name, digest in of_row.items():
                    if str(digest) not in there:
                        self._find("file_gone", about=f"{table}/{row['id']}", name=name)
        self.counts |= {"publications": len(publications), "files": len(there)}


def _known(head: str) -> str:
    """Confirm that a head can be one."""
    digits = head.strip().lower()
    if not HEAD_DIGITS <= len(digits) <= 64 or set(digits) - set("0123456789abcdef"):
        raise InputError([Problem(Message("verify.no_head", {"value": head, "digits": HEAD_DIGITS}))])
    return digits


def _files_of(row: Row, columns: Iterable[str]) -> dict[str, Any]:
    """Give the files of a row, name to digest; where it has something else, it is found as a row."""
    found = [row[name] for name in columns]
    return {name: digest for files in found if isinstance(files, dict) for name, digest in files.items()}


def _sayable(value: object) -> object:
    """Make text of anything that may stand in a finding."""
    if value is None or isinstance(value, int):
        return value
    return str(value).encode("utf-8", "backslashreplace").decode("utf-8")
