"""Backups: one file of SQLite, whatever the engine, that holds one moment while others go on writing."""

import errno
import os
import secrets
import shutil
import tempfile
from collections.abc import Generator
from contextlib import contextmanager, suppress
from itertools import count
from os import PathLike
from pathlib import Path
from typing import Any

from sqlalchemy import delete, table, update
from sqlalchemy.exc import DataError, IntegrityError

from matcher.domain.errors import InputError, StorageError
from matcher.domain.messages import Message
from matcher.store.copying import copy_rows, has_rows, names_of
from matcher.store.engine import Store, connect, sqlite_url
from matcher.store.guards import unguarded
from matcher.store.migrating import lay_tables, newest, revision_of, upgrade
from matcher.store.schema import METADATA, SESSIONS
from matcher.store.secret import home

_MARK = 0x6D617463
"""Application id of SQLite ("matc"): by it, a backup is told from any other file."""

_OF_BACKUPS = {
    "store.missing": "backup.missing",
    "store.not_a_database": "backup.not_a_backup",
    "store.damaged": "backup.damaged",
}
"""What is said of a backup where something else is said of a database."""


def backup(store: Store, path: str | PathLike[str], *, replace: bool = False) -> int:
    """
    Write everything that a database holds at one moment into a file, whatever is written meanwhile.

    Parameters
    ----------
    store : Store
        Of any revision that is known; the file has the same.
    path : path
        Its folder is there. The file is whole or not there; its owner alone may read it.
    replace : bool
        Take the place of a file that is there; never that of the database itself.

    Returns
    -------
    int
        Rows written.

    Raises
    ------
    StorageError
        When there is nothing to keep, the database can't be read, or the file is there or can't be written.
    """
    target = Path(path)
    if not target.name or target.is_dir():
        raise StorageError([Message("backup.cannot_write", {"path": str(path), "reason": os.strerror(errno.EISDIR)})])
    if target.exists() and not (replace and target.is_file() and target.resolve() not in _own_files(store)):
        raise StorageError([Message("backup.exists", {"path": str(target)})])
    with store.connected() as source:
        revision = revision_of(source, store.shown)
        if revision is None:
            raise StorageError([Message("backup.nothing", {"path": store.shown})])
        with _draft_of(target) as draft:
            copy = connect(sqlite_url(draft))
            with copy.connected(writes=True, foreign_keys=False) as connection:
                lay_tables(connection, copy.shown, revision)
                rows = copy_rows(source, connection)
                connection.exec_driver_sql(f"PRAGMA application_id = {_MARK}")
    return rows


def _own_files(store: Store) -> set[Path]:
    """List the files that are the database."""
    path = Path(store.shown).resolve()
    return (
        {path, *(path.with_name(path.name + part) for part in ("-wal", "-shm", "-journal"))}
        if store.is_sqlite
        else set()
    )


def set_aside(store: Store) -> Path | None:
    """
    Back a database up that is about to be changed: beside its file, or in the folder of the service.

    Returns
    -------
    path or None
        Where it is, by name of the database, revision and time; None where the database holds no row.
    """
    with store.connected() as connection:
        revision = revision_of(connection, store.shown)
        if not has_rows(connection):
            return None
    own = Path(store.engine.url.database or "")
    folder = own.resolve().parent if store.is_sqlite else home()
    name = f"{own.stem}-{revision}-{store.now().replace('-', '').replace(':', '')}"
    path = next(  # two within one second are two
        path for number in count(1) if not (path := folder / f"{name}{f'-{number}' * (number > 1)}.backup").exists()
    )
    with _said_of(path):
        folder.mkdir(parents=True, exist_ok=True)
    backup(store, path)
    return path


def restore(path: str | PathLike[str], store: Store, *, replace: bool = False) -> tuple[int, Path | None]:
    """
    Put what a backup holds into a database of either engine: all of it or, when anything goes wrong, nothing.

    Everybody has to log in again.

    Parameters
    ----------
    path : path
        As `backup` wrote it, of this revision or an earlier one.
    store : Store
        Brought up to date where it is not.
    replace : bool
        Take the place of what the database holds, which is set aside before.

    Returns
    -------
    int, path or None
        Rows restored; where that stands which they took the place of, as `set_aside` tells.

    Raises
    ------
    StorageError
        When the file is no backup, is damaged or of a newer version, or the database holds rows, can't be written, or
        can't hold what the file has.
    """
    with (
        _opened(Path(path)) as copy,
        copy.connected() as source,
        store.connected(writes=True, foreign_keys=False) as connection,
        _fitting(store.shown),
    ):
        kept = None
        if has_rows(connection):
            if not replace:
                raise StorageError([Message("restore.not_empty", {"path": store.shown})])
            kept = set_aside(store)
        lay_tables(connection, store.shown)
        with unguarded(connection):
            for name in reversed(names_of(connection)):
                connection.execute(delete(table(name)))
            rows = copy_rows(source, connection)
        # Whoever had logged out since the backup was made does not come in again by it.
        connection.execute(update(SESSIONS).where(SESSIONS.c.ended_at.is_(None)).values(ended_at=store.now()))
        return rows, kept


@contextmanager
def _opened(path: Path) -> Generator[Store, None, None]:
    """Open a backup that is whole and ours; an earlier one as a copy that is brought up to date."""
    values = {"path": str(path)}
    try:
        store = connect(sqlite_url(path))
        with store.connected() as connection:
            if connection.exec_driver_sql("PRAGMA application_id").scalar() != _MARK:
                raise StorageError([Message("backup.not_a_backup", values)])
            for check in ("PRAGMA integrity_check(1)", "PRAGMA foreign_key_check"):
                found = connection.exec_driver_sql(check).first()
                if found not in (None, ("ok",)):
                    raise StorageError([Message("backup.damaged", {**values, "reason": found[0]})])
            revision = revision_of(connection, str(path))
            missing = set(METADATA.tables) - set(names_of(connection))
            if revision == newest() and missing:
                raise StorageError([Message("backup.damaged", {**values, "reason": ", ".join(sorted(missing))})])
    except StorageError as fault:
        raise StorageError([_of_backup(message) for message in fault.messages]) from fault
    with tempfile.TemporaryDirectory() as folder:
        if revision != newest():
            later = Path(folder) / path.name
            with _said_of(later):
                shutil.copyfile(path, later)
            store = connect(sqlite_url(later))
            upgrade(store)
        yield store


@contextmanager
def _draft_of(target: Path) -> Generator[Path, None, None]:
    """Give a file beside another: it takes that one's place when all went well, and is gone when not."""
    draft = target.with_name(f".{target.name}.{secrets.token_hex(6)}.part")
    try:
        with _said_of(target):
            draft.touch(mode=0o600, exist_ok=False)
        yield draft
        with _said_of(target):
            _keep(draft)
            draft.replace(target)
            _keep(target.parent)
    except StorageError as fault:
        raise StorageError([_renamed(message, str(draft), str(target)) for message in fault.messages]) from fault
    finally:
        for left in (draft, draft.with_name(f"{draft.name}-journal")):
            with suppress(OSError):
                left.unlink()


def _keep(path: Path) -> None:
    """Have a file, or the names in a folder, outlive a power cut."""
    if os.name == "nt" and path.is_dir():
        return
    descriptor = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _said_of(path: Path) -> Generator[None, None, None]:
    try:
        yield
    except OSError as fault:
        values = {"path": str(path), "reason": fault.strerror or type(fault).__name__}
        raise StorageError([Message("backup.cannot_write", values)]) from fault


@contextmanager
def _fitting(path: str) -> Generator[None, None, None]:
    try:
        yield
    except (IntegrityError, DataError, InputError) as fault:
        reason = str(getattr(fault, "orig", fault)).strip().partition("\n")[0]
        raise StorageError([Message("restore.does_not_fit", {"path": path, "reason": reason})]) from fault


def _of_backup(message: Any) -> Any:
    return Message(_OF_BACKUPS.get(message.code, message.code), message.values)


def _renamed(message: Any, draft: str, target: str) -> Any:
    """Name the file that was asked for, not the draft that nobody has heard of."""
    if message.values.get("path") != draft:
        return message
    return Message(message.code, {**message.values, "path": target})
