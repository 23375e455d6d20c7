"""The database as those keep it who run the service: made, brought up to date, backed up, restored."""

from dataclasses import dataclass
from os import PathLike
from pathlib import Path

from matcher.store import backup, connect, newest, restore, set_aside
from matcher.store.migrating import revision_of, upgrade_within
from matcher.store.secret import make_secret


@dataclass(frozen=True, slots=True)
class Upgraded:
    """
    What `upgrade_database` did.

    Parameters
    ----------
    path : str
        Where the database is, as it may be shown.
    before : str or None
        Its revision; None where it had no table.
    after : str
    kept : path or None
        The backup of what was before; None where nothing was changed, or there was nothing.
    """

    path: str
    before: str | None
    after: str
    kept: Path | None


@dataclass(frozen=True, slots=True)
class Restored:
    """
    What `restore_database` did.

    Parameters
    ----------
    path : str
        Where the database is, as it may be shown.
    rows : int
        How many came out of the backup.
    kept : path or None
        The backup of what was before; None where there was nothing.
    """

    path: str
    rows: int
    kept: Path | None


def upgrade_database(url: str | None = None) -> Upgraded:
    """
    Make the database, or bring it up to date; one that holds rows is backed up before, and nobody writes in between.

    Parameters
    ----------
    url : str or None
        None: as `matcher.store.database_url` tells.

    Raises
    ------
    StorageError
        When it can't be reached or written, is none of ours or newer, or the backup can't be written: then it is as
        before.
    """
    store = connect(url, create=True)
    with store.connected(writes=True, foreign_keys=False) as connection:
        before, after, kept = revision_of(connection, store.shown), newest(), None
        if store.secret is None:
            make_secret()
        if before != after:
            kept = set_aside(store)
            upgrade_within(connection, store.shown)
    return Upgraded(store.shown, before, after, kept)


def backup_database(path: str | PathLike[str], *, url: str | None = None, replace: bool = False) -> int:
    """Write everything that the database holds into a file, as `matcher.store.backup` does, and count the rows."""
    return backup(connect(url), path, replace=replace)


def restore_database(path: str | PathLike[str], *, url: str | None = None, replace: bool = False) -> Restored:
    """Put a backup into the database, as `matcher.store.restore` does; that of SQLite is made where there is none."""
    store = connect(url, create=True)
    rows, kept = restore(path, store, replace=replace)
    return Restored(store.shown, rows, kept)
