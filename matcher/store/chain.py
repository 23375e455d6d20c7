"""
The chain of the log: each entry has a code that nobody makes without the secret, over it and the code before.

An entry is a row of `events`; what it says of a change, ``before``, ``after`` and ``why``, stands apart, so that it can
be erased when its time is over. The entry keeps a salted digest of it: the chain stands as it did, and what was erased
can't be guessed from the digest.
"""

import hashlib
import hmac
import json
import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, insert, inspect, select, update

from matcher.domain.errors import StorageError
from matcher.domain.messages import Message
from matcher.domain.roles import MACHINE
from matcher.store.raw import rows_as_stored
from matcher.store.schema import EVENT_CONTENTS, EVENTS, MARKS
from matcher.store.secret import derived_key, fingerprint_of

KEY_MARK = "key"
"""The mark that holds the fingerprint of the secret."""

SEAL = "seal"
"""The action of an entry that goes on from the digest of all entries before it, whatever codes they have."""

FIELDS = ("id", "at", "who", "what", "round_id", "about", "digest")
"""What the code of an entry is made over, besides what it goes on from."""

CONTENTS = ("before", "after", "why")
"""What the digest of an entry is made over, besides the salt."""

_JSON = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=lambda value: {"no text": repr(value)})
"""What is stored is JSON; what somebody else has put there is to be digested too, and be another than all of that."""

Row = Mapping[str, Any]


@dataclass(slots=True)
class Chain:
    """
    The end of the chain, for the one who writes.

    Parameters
    ----------
    key : bytes
    last : int
        Id of the last entry; 0 where there is none.
    head : str
        Its code; empty where it has none.
    """

    key: bytes
    last: int
    head: str

    def add(self, connection: Connection, entries: Iterable[Row], *, sealed: str | None = None) -> None:
        """
        Write entries down behind the last one.

        Parameters
        ----------
        connection : Connection
            Of one who writes alone.
        entries : iterable of mappings
            The fields of an `Event`, but for its id.
        sealed : str or None
            What the first goes on from in place of the code before.
        """
        last, head, going_on_from = self.last, self.head, self.head if sealed is None else sealed
        rows, contents = [], []
        for entry in entries:
            last += 1
            content = {"event_id": last, "salt": secrets.token_hex(16), **{name: entry[name] for name in CONTENTS}}
            row = {**entry, "id": last, "digest": digest_of_content(content)}
            head = going_on_from = code_of(self.key, going_on_from, row)
            rows.append({**{name: row[name] for name in FIELDS}, "mac": head})
            contents.append(content)
        if rows:
            connection.execute(insert(EVENTS), rows)
            connection.execute(insert(EVENT_CONTENTS), contents)
        self.last, self.head = last, head


def code_of(key: bytes, before: str, entry: Row) -> str:
    """Make the code of an entry that goes on from the one before: HMAC-SHA256 (RFC 2104), in hexadecimal."""
    text = _canonical([before, *(entry[name] for name in FIELDS)])
    return hmac.digest(key, text, "sha256").hex()


def digest_of_content(content: Row) -> str:
    """Digest what an entry says of a change, with its salt: SHA-256, in hexadecimal."""
    return hashlib.sha256(_canonical([content["salt"], *(content[name] for name in CONTENTS)])).hexdigest()


def digest_of_hidden(key: bytes, table: str, name: str, value: object) -> str:
    """Digest a value that no entry holds, by the key of the codes: what those are made over begins otherwise."""
    return hmac.digest(key, _canonical(["hidden", table, name, value]), "sha256").hex()[:32]


class Sealed:
    """A running digest of entries as they stand, codes included."""

    def __init__(self) -> None:
        self._hash = hashlib.sha256()

    def take(self, entry: Row) -> None:
        """Go on by one entry."""
        self._hash.update(_canonical([entry[name] for name in (*FIELDS, "mac")]) + b"\n")

    def digest(self) -> str:
        """Give the digest of those that were taken, in hexadecimal."""
        return self._hash.hexdigest()


def head_of(connection: Connection) -> tuple[int, str]:
    """Give the id and the code of the last entry: 0 and nothing where there is none."""
    last = connection.execute(select(EVENTS.c.id, EVENTS.c.mac).order_by(EVENTS.c.id.desc()).limit(1)).one_or_none()
    return (0, "") if last is None else (last.id, last.mac or "")


def fingerprint_in(connection: Connection) -> str | None:
    """Give the fingerprint of the secret that a database goes by."""
    return connection.execute(select(MARKS.c.value).where(MARKS.c.name == KEY_MARK)).scalar_one_or_none()


def is_bound(connection: Connection) -> bool:
    """Tell whether a database goes by a secret, of whatever revision it is."""
    return inspect(connection).has_table(MARKS.name) and fingerprint_in(connection) is not None


def has_chain(connection: Connection) -> bool:
    """Tell whether a database is of a revision whose log is a chain."""
    return inspect(connection).has_table(EVENT_CONTENTS.name)


def open_chain(connection: Connection, secret: bytes, path: str) -> Chain:
    """
    Find the end of the chain, to write on.

    Raises
    ------
    StorageError
        When the secret is not that of the database.
    """
    _confirm_fits(fingerprint_in(connection), secret, path)
    return Chain(chain_key(secret), *head_of(connection))


def chain_key(secret: bytes) -> bytes:
    """Give the key of the codes."""
    return derived_key(secret, "events")


def begin(connection: Connection, secret: bytes, path: str, *, at: str, adopts: bool) -> None:
    """
    Bind a database to its secret, if it is not yet.

    Parameters
    ----------
    connection : Connection
        Of one who writes alone.
    secret : bytes
    path : str
        What the database is called where something is to be said of it.
    at : str
        The present moment.
    adopts : bool
        Take in entries from before there was a chain.

    Raises
    ------
    StorageError
        When it is bound to another, or has entries but is bound to none.
    """
    bound, has_entries = fingerprint_in(connection), head_of(connection)[0] > 0
    if bound is None and (adopts or not has_entries):
        connection.execute(insert(MARKS).values(name=KEY_MARK, value=fingerprint_of(secret)))
    else:
        _confirm_fits(bound, secret, path)
    if adopts and has_entries:
        _seal(connection, secret, who=MACHINE.name, at=at)


def begin_anew(connection: Connection, secret: bytes, *, who: str, at: str) -> None:
    """Bind a database to another secret; what was written down before is sealed as it stands."""
    bound = {"name": KEY_MARK, "value": fingerprint_of(secret)}
    if fingerprint_in(connection) is None:
        connection.execute(insert(MARKS).values(bound))
    else:
        connection.execute(update(MARKS).where(MARKS.c.name == KEY_MARK).values(bound))
    _seal(connection, secret, who=who, at=at)


def entries_in(connection: Connection, *, contents: bool = True) -> Iterator[Row]:
    """Read all entries in order, with their codes and what they say, as they stand: see `matcher.store.raw`."""
    source, columns = (EVENTS.outerjoin(EVENT_CONTENTS), [*EVENTS.c, *EVENT_CONTENTS.c]) if contents else (EVENTS, None)
    return rows_as_stored(connection, source, columns=columns, order_by=EVENTS.c.id)


def _seal(connection: Connection, secret: bytes, *, who: str, at: str) -> None:
    sealed, entries = Sealed(), 0
    for entry in entries_in(connection, contents=False):
        sealed.take(entry)
        entries += 1
    chain = Chain(chain_key(secret), *head_of(connection))
    said = {"before": None, "after": {"entries": entries, "digest": sealed.digest()}, "why": None}
    entry = {"at": at, "who": who, "what": SEAL, "round_id": None, "about": f"events/{chain.last}", **said}
    chain.add(connection, [entry], sealed=sealed.digest())


def _confirm_fits(bound: str | None, secret: bytes, path: str) -> None:
    if bound != fingerprint_of(secret):
        raise StorageError([Message("secret.unbound" if bound is None else "secret.another", {"path": path})])


def _canonical(values: Sequence[Any]) -> bytes:
    """Write values down in the one way that is digested: JSON (RFC 8259) in UTF-8, no spaces, keys as they came."""
    return _JSON.encode(values).encode("utf-8", "surrogatepass")  # what is no text is refused where it is stored
