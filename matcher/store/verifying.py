"""What the database can prove of itself: recomputed from its rows and the secret, and what that does not see."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Table, func, select

from matcher.domain.errors import InputError
from matcher.domain.messages import Message, Problem
from matcher.store.access import digest_of
from matcher.store.chain import (
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
from matcher.store.guards import missing_guards
from matcher.store.schema import ERASURES, EVENT_CONTENTS, EVENTS, FILES, METADATA, PUBLICATIONS, RUNS, SCENARIOS
from matcher.store.secret import fingerprint_of
from matcher.store.telling import TOLD, Telling

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
    with store.connected() as connection:
        return _Verification(connection, store.known_secret, known, on_progress).done()


@dataclass(slots=True)
class _Verification:
    """One way through the entries, and what it has seen on it."""

    connection: Connection
    secret: bytes
    known: str | None
    on_progress: Callable[[int, int, str], None] | None = None
    findings: list[Message] = field(default_factory=list)
    telling: Telling = field(default_factory=Telling)
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(("entries", "sealed", "erased"), 0))
    head: str = ""
    knows: bool = False

    def done(self) -> Verified:
        if fingerprint_in(self.connection) != fingerprint_of(self.secret):
            self._find("key")
        for table, name in sorted(missing_guards(self.connection)):
            self._find("guard", table=table, name=name)
        self._entries()
        self._rows()
        self._files()
        if self.known and not self.knows:
            self._find("head", head=self.known)
        unseen = [Message(f"verify.unseen.{name}") for name in ("tail", "secret", "rows")]
        if self.counts["sealed"]:
            unseen.append(Message("verify.unseen.sealed", {"count": self.counts["sealed"]}))
        return Verified(tuple(self.findings), tuple(unseen), self.head, self.counts)

    def _find(self, what: str, /, **values: object) -> None:
        self.findings.append(Message(f"verify.{what}", values))

    def _entries(self) -> None:
        """Follow the chain, from the last seal on: what is before it is under that as a whole."""
        key, sealed = chain_key(self.secret), Sealed()
        last_seal = self.connection.execute(select(func.max(EVENTS.c.id)).where(EVENTS.c.what == SEAL)).scalar() or 0
        erasures = self.connection.execute(select(ERASURES)).mappings().all()
        total = self.connection.execute(select(func.count()).select_from(EVENTS)).scalar_one()
        for entry in entries_in(self.connection):
            if self.on_progress is not None and self.counts["entries"] % TOLD_EVERY == 0:
                self.on_progress(self.counts["entries"], total, "verify")
            self.counts["entries"] += 1
            before = sealed.digest() if entry["id"] == last_seal else self.head
            if entry["id"] < last_seal:
                self.counts["sealed"] += 1
                sealed.take(entry)
            elif entry["mac"] != code_of(key, before, entry):
                self._find("entry", id=entry["id"], at=entry["at"], who=entry["who"])
            self._content(entry, erasures)
            self.telling.take(entry, self.head)
            self.head = entry["mac"] or ""
            self.knows = self.knows or (self.known is not None and self.head.startswith(self.known))
        contents = self.connection.execute(select(func.count()).select_from(EVENT_CONTENTS)).scalar_one()
        if contents + self.counts["erased"] > self.counts["entries"]:
            self._find("contents_of_none")

    def _content(self, entry: Row, erasures: Iterable[Row]) -> None:
        if entry["event_id"] is None:
            self.counts["erased"] += 1
            if not any(_covers(erasure, entry) for erasure in erasures):
                self._find("content_gone", id=entry["id"], at=entry["at"], who=entry["who"])
        elif digest_of_content(entry) != entry["digest"]:
            self._find("content", id=entry["id"], at=entry["at"], who=entry["who"])

    def _rows(self) -> None:
        """Hold the rows against what their entries say."""
        for name in TOLD:
            table = METADATA.tables[name]
            for row in self.connection.execute(select(table), execution_options={"yield_per": 1000}).mappings():
                about = _about(table, row)
                finding = self.telling.finding(table, about, row)
                if finding:
                    self._find(finding, about=about)
        for about in self.telling.left():
            self._find("row_gone", about=about)

    def _files(self) -> None:
        """Hold every file against its digest, and look for those that publications and runs are made of."""
        there = set()
        for row in self.connection.execute(select(FILES), execution_options={"yield_per": 1}):
            there.add(row.sha256)
            if digest_of(row.content) != row.sha256:
                self._find("file", digest=row.sha256)
        publications = self.connection.execute(select(PUBLICATIONS)).mappings().all()
        of_run = select(RUNS.c.id, RUNS.c.inputs, RUNS.c.results, SCENARIOS.c.round_id).join_from(RUNS, SCENARIOS)
        runs = self.connection.execute(of_run).mappings().all()
        # Where all of a round was erased, its files went too; the round says so in an entry of its own.
        erased = {row["round_id"] for row in self.connection.execute(select(ERASURES)).mappings() if not row["about"]}
        there_still = [[row for row in rows if row["round_id"] not in erased] for rows in (publications, runs)]
        for about, name, digest in _files_of(*there_still):
            if digest not in there:
                self._find("file_gone", about=about, name=name)
        self.counts |= {"publications": len(publications), "files": len(there)}


def _known(head: str) -> str:
    """Confirm that a head can be one."""
    digits = head.strip().lower()
    if not HEAD_DIGITS <= len(digits) <= 64 or set(digits) - set("0123456789abcdef"):
        raise InputError([Problem(Message("verify.no_head", {"value": head, "digits": HEAD_DIGITS}))])
    return digits


def _covers(erasure: Row, entry: Row) -> bool:
    """Say whether an erasure lets the contents of an entry be gone, as `matcher.store.guards` has it."""
    about, said = entry["about"], erasure["about"]
    return (
        erasure["first_event"] <= entry["id"] <= erasure["last_event"]
        and erasure["round_id"] in (None, entry["round_id"])
        and (said in (None, about) or (said.endswith("/") and about.startswith(said)))
        and not about.startswith(f"{ERASURES.name}/")
    )


def _about(table: Table, row: Row) -> str:
    return "/".join([table.name, *(str(row[column.name]) for column in table.primary_key.columns)])


def _files_of(publications: Iterable[Row], runs: Iterable[Row]) -> Iterator[tuple[str, str, str]]:
    for row in publications:
        for name, digest in row["files"].items():
            yield f"publications/{row['id']}", name, digest
    for row in runs:
        for name, digest in {**row["inputs"], **row["results"]}.items():
            yield f"runs/{row['id']}", name, digest
