"""
The database: where it is, one writer at a time, and what can go wrong said in a sentence.

A reader sees one moment, however long it reads. A writer is alone, on either engine, so what it has read is still so
when it writes: on SQLite by BEGIN IMMEDIATE, on PostgreSQL by a lock of ours. Writers are short: nobody waits for long.
"""

import json
import os
import re
import sqlite3
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import ExitStack, closing, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, cast

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, OperationalError
from sqlalchemy.pool import NullPool

from matcher.domain.errors import InputError, MatcherError, StorageError, Unreachable
from matcher.domain.messages import Message, Problem
from matcher.store.chain import open_chain
from matcher.store.memory import SILENT, Memory, Moment
from matcher.store.reading import Reader
from matcher.store.secret import derived_key, given_secret, home, secret_file
from matcher.store.writing import Writer

WAIT_S = 10
"""How long a writer waits for the one before it."""

_LOOK_S = 0.005
"""How often a writer looks whether the one before it is done."""

_WRITERS = 0x6D617463
"""Key of the lock that writers take on PostgreSQL ("matc")."""

_UNWRITABLE = re.compile("[\0\ud800-\udfff]")
"""NUL, which PostgreSQL does not hold, and what Python makes of bytes that are no text, which nobody holds."""

_LARGEST = 2**31 - 1
"""Whole numbers have 32 bits on PostgreSQL."""

_SQLITE = (
    ("SQLITE_BUSY", "store.locked"),
    ("SQLITE_LOCKED", "store.locked"),
    ("SQLITE_FULL", "store.full"),
    ("SQLITE_READONLY", "store.read_only"),
    ("SQLITE_CANTOPEN", "store.read_only"),
    ("SQLITE_PERM", "store.read_only"),
    ("SQLITE_IOERR", "store.input_output"),
    ("SQLITE_NOTADB", "store.not_a_database"),
    ("SQLITE_CORRUPT", "store.damaged"),
)
"""How names of SQLite's errors begin, and what we say."""

_POSTGRESQL = (
    ("55P03", "store.locked"),  # lock not available
    ("40", "store.locked"),  # serialisation failure, deadlock
    ("57014", "store.cancelled"),
    ("53100", "store.full"),
    ("53200", "store.full"),  # out of memory
    ("53300", "store.unreachable"),  # too many connections
    ("25006", "store.read_only"),
    ("42501", "store.read_only"),  # insufficient privilege
    ("58", "store.input_output"),
    ("XX001", "store.damaged"),
    ("XX002", "store.damaged"),
    ("08", "store.unreachable"),
    ("57P", "store.unreachable"),  # shut down
)
"""How PostgreSQL's SQLSTATEs begin, and what we say."""


@dataclass(frozen=True, eq=False)
class Store:
    """
    An open database.

    Parameters
    ----------
    engine : Engine
    clock : callable
        Gives the present moment; for the times that are written down.
    wait_s : float
        How long a writer waits for the one before it.
    secret : bytes or None
        As `given_secret` tells; without it nothing is written.
    memory : Memory or None
        Of a process that answers many questions; None: every reader reads for itself.
    """

    engine: Engine
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    wait_s: float = WAIT_S
    secret: bytes | None = field(default=None, repr=False)
    memory: Memory | None = field(default=None, repr=False)

    @property
    def url(self) -> str:
        """Its address, with the password: for a child process alone, never to be shown."""
        return self.engine.url.render_as_string(hide_password=False)

    @property
    def shown(self) -> str:
        """Its address as it may be shown."""
        return _shown(self.engine.url)

    @property
    def is_sqlite(self) -> bool:
        """Whether it is SQLite; else PostgreSQL."""
        return self.engine.dialect.name == "sqlite"

    @property
    def known_secret(self) -> bytes:
        """The secret; where there is none, a `StorageError` says where it is to be."""
        if self.secret is None:
            raise StorageError([Message("secret.missing", {"path": str(secret_file())})])
        return self.secret

    def now(self) -> str:
        """Tell the present moment as it is written down: ISO 8601 in UTC, to the second."""
        return self.clock().astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    def key_for(self, purpose: str) -> bytes:
        """
        Give the key for a purpose: of 32 bytes, and another for each.

        Raises
        ------
        StorageError
            When there is no secret to make it from.
        """
        return derived_key(self.known_secret, purpose)

    @contextmanager
    def reading(self) -> Generator[Reader, None, None]:
        """
        Read at one moment: nothing that is written meanwhile is seen.

        Raises
        ------
        StorageError
            When the database can't be read.
        """
        look = _LOOK.get()
        if look is None or look.store is not self:
            with self.connected() as connection:
                yield self._reader(connection)
            return
        try:
            yield look.reader()
        except StorageError:
            look.end()  # the transaction is of no use any more
            raise

    @contextmanager
    def looking(self) -> Generator[None, None, None]:
        """
        Let all that is read in this thread until the end be of one moment, or of the one after its last writing.

        A page asks a dozen times in one look: this way it is whole, and a transaction begins once.
        """
        look = _Look(self)
        before = _LOOK.set(look)
        try:
            yield
        finally:
            _LOOK.reset(before)
            look.end()

    def _reader(self, connection: Connection) -> Reader:
        return Reader(connection, moment=None if self.memory is None else Moment(connection, self.memory))

    @contextmanager
    def writing(self, who: str) -> Generator[Writer, None, None]:
        """
        Write, alone: all of it or, when anything is raised inside, nothing.

        Parameters
        ----------
        who : str
            Who is acting; stands beside everything that is written.

        Raises
        ------
        StorageError
            When the database is locked for longer than ``wait_s``, is full, or can't be written; when there is no
            secret, or it is not that of the database.
        """
        secret = self.known_secret
        with self.connected(writes=True) as connection:
            work = Writer(connection, who, self.now(), open_chain(connection, secret, self.shown))
            last = work.chain.last
            yield work
            untold = {table.name for table in work.untold - SILENT}
            if untold and work.chain.last == last:  # whoever remembers rows goes by the log's end
                raise AssertionError(f"rows changed without an entry in the log: {sorted(untold)}")

    @contextmanager
    def connected(self, *, writes: bool = False, foreign_keys: bool = True) -> Generator[Connection, None, None]:
        """
        Give the connection itself, in the transaction of a reader or of a writer.

        Parameters
        ----------
        writes : bool
        foreign_keys : bool
            False: SQLite looks at them only in the end, as it must where tables are made anew.
        """
        if writes and (look := _LOOK.get()) is not None and look.store is self:
            look.end()
        options: dict[str, object] = {"matcher_writes": writes, "matcher_foreign_keys": foreign_keys}
        if not (writes or self.is_sqlite):
            options |= {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        with self.engine.connect().execution_options(**options) as connection, connection.begin():
            if writes and not self.is_sqlite:
                connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{round(self.wait_s * 1000)}ms'")
                connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_WRITERS})")
            yield connection
            if self.is_sqlite and not foreign_keys:
                broken = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
                if broken:
                    raise AssertionError(f"rows that refer to nothing: {broken[:5]}")

    def close(self) -> None:
        """Let go of every connection."""
        self.engine.dispose()


class _Look:
    """One look at a store: the reader of its moment, from the first question on."""

    def __init__(self, store: Store) -> None:
        self.store, self._open, self._reader = store, ExitStack(), None

    def reader(self) -> Reader:
        if self._reader is None:
            self._reader = self.store._reader(self._open.enter_context(self.store.connected()))
        return self._reader

    def end(self) -> None:
        self._reader = None
        self._open.close()


_LOOK: ContextVar[_Look | None] = ContextVar("look", default=None)


def database_url() -> str:
    """Tell where the database is: ``MATCHER_DATABASE_URL``, else a file in `home`."""
    return os.environ.get("MATCHER_DATABASE_URL") or sqlite_url(home() / "matcher.db")


def sqlite_url(path: Path) -> str:
    """Give the address of a file of SQLite."""
    return URL.create("sqlite", database=str(path)).render_as_string()


def is_in_use(path: Path) -> bool:
    """Tell whether somebody serves a file of SQLite: a service keeps connections; one that was killed has none."""
    with closing(sqlite3.connect(path, timeout=0, isolation_level=None)) as connection:
        try:
            connection.execute("PRAGMA journal_mode = DELETE")  # which whoever has it alone can leave WAL for
        except sqlite3.OperationalError as fault:
            if fault.sqlite_errorcode & 0xFF not in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
                raise
            return True
    return False


def connect(
    url: str | None = None,
    *,
    create: bool = False,
    serves: bool = False,
    clock: Callable[[], datetime] | None = None,
    wait_s: float = WAIT_S,
) -> Store:
    """
    Reach a database, whatever is in it; `open_store` also makes sure that it is one of ours.

    Parameters
    ----------
    url : str or None
        As SQLAlchemy has them: ``sqlite:///file`` or ``postgresql://…``; None: as `database_url` tells.
    create : bool
        Make the file of SQLite, and its folder, where there is none.
    serves : bool
        For a process that answers many questions: connections, and what was read, are kept for the next one.
    clock : callable or None
        In place of the computer's.
    wait_s : float
        How long a writer waits for the one before it.

    Raises
    ------
    StorageError
        When the address is none, its driver is not installed, the file is not there, or the secret is none.
    """
    address = _address(url or database_url())
    # Nobody reads in an error of ours what somebody has written: parameters are hidden.
    options: dict[str, Any] = {"json_serializer": _json, "hide_parameters": True}
    # Who asks once lets go of everything; who serves may find that the other end has gone away meanwhile.
    options |= {"pool_size": 8, "max_overflow": -1, "pool_pre_ping": True} if serves else {"poolclass": NullPool}
    if address.get_backend_name() == "sqlite":
        engine = _sqlite(address, options, create=create, wait_s=wait_s)
    else:
        engine = create_engine(address, connect_args={"connect_timeout": WAIT_S}, **options)
    event.listen(engine, "before_cursor_execute", _confirm_parameters)
    event.listen(engine, "handle_error", lambda context: _refusal(context, _shown(address), wait_s))
    memory = Memory() if serves else None
    return Store(engine, wait_s=wait_s, secret=given_secret(), memory=memory, **({"clock": clock} if clock else {}))


def _address(url: str) -> URL:
    try:
        address = make_url(url)
        if address.get_backend_name() == "postgresql":
            address = address.set(drivername="postgresql+psycopg")
            if "@" in (address.host or ""):  # of a password that was not written as addresses write it
                raise ValueError("host")
        elif address.get_backend_name() == "sqlite" and address.database not in (None, "", ":memory:"):
            address = address.set(drivername="sqlite")
        else:
            raise StorageError([Message("store.unknown_address", {"value": _shown(address)})])
        address.get_dialect().import_dbapi()
    except (ArgumentError, NoSuchModuleError, ValueError):
        # Without a host and a password that could be told apart, nothing of it is shown.
        raise StorageError([Message("store.no_address")]) from None
    except ImportError:
        raise StorageError([Message("store.no_driver")]) from None
    return address


def _shown(address: URL) -> str:
    """Give an address without what opens it: a password may stand among the options too."""
    if address.drivername == "sqlite":
        return address.database or ""
    name = address.drivername.partition("+")[0]
    return URL.create(name, address.username, None, address.host, address.port, address.database).render_as_string()


def _sqlite(address: URL, options: Mapping[str, Any], *, create: bool, wait_s: float) -> Engine:
    path = Path(str(address.database))
    try:
        if create:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        elif not path.is_file():
            raise StorageError([Message("store.missing", {"path": str(path)})])
    except OSError as fault:
        raise StorageError([Message("store.read_only", {"path": str(path), "reason": fault.strerror})]) from fault
    # Pages are made by threads that come and go: a connection that is kept serves one after another.
    engine = create_engine(address, connect_args={"timeout": wait_s, "check_same_thread": False}, **options)

    event.listen(engine, "connect", partial(_set_up, path, is_new=create))

    @event.listens_for(engine, "begin")
    def _begun(connection: Connection) -> None:
        options = connection.get_execution_options()
        driver = cast(sqlite3.Connection, connection.connection.driver_connection)
        if not options.get("matcher_foreign_keys", True):
            driver.execute("PRAGMA foreign_keys = OFF")
        # Whoever only reads can't write, as on PostgreSQL.
        driver.execute(f"PRAGMA query_only = {'OFF' if options.get('matcher_writes') else 'ON'}")
        if options.get("matcher_writes"):
            _begin_writing(connection, driver, wait_s)
        else:
            driver.execute("BEGIN")

    return engine


def _set_up(path: Path, connection: sqlite3.Connection, _record: object, *, is_new: bool) -> None:
    connection.isolation_level = None  # the driver begins nothing by itself: we do
    try:
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA synchronous = FULL")  # what was said to be saved outlives a power cut
        if is_new:
            if not path.stat().st_size:  # made just now: it is to hold contact data, for its owner alone to read
                path.chmod(0o600)
            connection.execute("PRAGMA journal_mode = WAL")  # readers and a writer side by side; the file keeps it
    except UnicodeDecodeError as fault:  # of the name of something in it, of which SQLite complains
        raise StorageError([Message("store.damaged", {"path": str(path), "reason": "sqlite_master"})]) from fault


def _begin_writing(connection: Connection, driver: sqlite3.Connection, wait_s: float) -> None:
    """Wait for the writer before, by short looks: SQLite's own get longer, so that who waits loses to who comes."""
    until = time.monotonic() + wait_s
    driver.execute("PRAGMA busy_timeout = 0")
    while time.monotonic() < until:
        try:
            driver.execute("BEGIN IMMEDIATE")
            break
        except sqlite3.OperationalError as fault:
            if fault.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                break
            time.sleep(_LOOK_S)
    if not driver.in_transaction:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    driver.execute(f"PRAGMA busy_timeout = {round(wait_s * 1000)}")


def _confirm_parameters(
    _connection: Connection, _cursor: object, _statement: str, parameters: Any, _context: object, many: bool
) -> None:
    for values in parameters if many else [parameters]:
        for value in values.values() if isinstance(values, dict) else values:
            _confirm_storable(value)


def _json(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    _confirm_storable(text)
    return text


def _confirm_storable(value: object) -> None:
    """Refuse what one of the engines does not hold, so that neither does."""
    if isinstance(value, str):
        if _UNWRITABLE.search(value):
            raise InputError([Problem(Message("store.unwritable_text", {"value": ascii(value[:80])}))])
    elif isinstance(value, int) and not -_LARGEST <= value <= _LARGEST:
        raise InputError([Problem(Message("store.unwritable_number", {"value": value}))])


def _refusal(context: ExceptionContext, path: str, wait_s: float) -> MatcherError | None:
    """Say what the database refuses for a reason outside of us; None where the fault is ours."""
    driver, fault = context.original_exception, context.sqlalchemy_exception
    if context.is_pre_ping:
        return None  # a connection that was kept and has gone: another is made
    if isinstance(driver, InputError):
        return InputError(driver.messages)  # out of SQLAlchemy's wrapping
    if isinstance(driver, sqlite3.Error):
        name, codes = getattr(driver, "sqlite_errorname", ""), _SQLITE
    else:
        name, codes = getattr(driver, "sqlstate", None) or "", _POSTGRESQL
    code = next((code for start, code in codes if name.startswith(start)), None)
    if code is None and not name and isinstance(driver, sqlite3.OperationalError):
        code = "store.damaged"  # text that is no UTF-8, of which the driver says no more
    # Without a state of its own, PostgreSQL was not there, or went away.
    if code is None and not name and (context.connection is None or isinstance(fault, OperationalError)):
        code = "store.unreachable"
    if fault is None or code is None:
        return None
    values = {"path": path, "reason": str(driver).strip().partition("\n")[0], "seconds": wait_s}
    kind = Unreachable if code == "store.unreachable" else StorageError
    return kind([Message(code, values)])
