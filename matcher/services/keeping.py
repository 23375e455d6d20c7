"""The database as those keep it who run the service: made, brought up to date, backed up, restored."""

from dataclasses import dataclass, replace
from os import PathLike
from pathlib import Path

from matcher.domain.roles import MACHINE
from matcher.store import Verified, Writer, backup, connect, newest, open_store, restore, set_aside, verify
from matcher.store.chain import begin_anew, is_bound, open_chain
from matcher.store.engine import sqlite_url
from matcher.store.entities import Account, Invitation
from matcher.store.migrating import lay_tables, revision_of, upgrade_within
from matcher.store.secret import make_secret, secret_file
from matcher.store.verifying import chain_head, has_its_secret


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
    secret : path or None
        Where a secret was made; None where there was one.
    """

    path: str
    before: str | None
    after: str
    kept: Path | None
    secret: Path | None


@dataclass(frozen=True, slots=True)
class BackedUp:
    """
    What `backup_database` did.

    Parameters
    ----------
    rows : int
        How many it holds.
    head : str
        Code of the last entry of its log; empty where it has none.
    """

    rows: int
    head: str


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
    head : str
        Code of the last entry of its log; empty where it has none.
    fits : bool
        Whether the secret is that of the log: else nothing can be written.
    """

    path: str
    rows: int
    kept: Path | None
    head: str
    fits: bool


def upgrade_database(url: str | None = None, *, new_secret: bool = False, who: str = MACHINE.name) -> Upgraded:
    """
    Make the database, or bring it up to date; one that holds rows is backed up before, and nobody writes in between.

    Where there is neither a secret nor a database that goes by one, a secret is made.

    Parameters
    ----------
    url : str or None
        None: as `matcher.store.database_url` tells.
    new_secret : bool
        Let the database go by another secret from now on, the one that is given or a new one, and seal the log as it
        stands: what was written down before can't be proven any more.
    who : str
        Who is acting, for the seal.

    Raises
    ------
    StorageError
        When it can't be reached or written, is none of ours or newer, the secret is not its own, or the backup can't be
        written: then it is as before.
    """
    store = connect(url, create=True)
    with store.connected(writes=True, foreign_keys=False) as connection:
        before, after, kept, made = revision_of(connection, store.shown), newest(), None, None
        if store.secret is None and (new_secret or not is_bound(connection)):
            store, made = replace(store, secret=make_secret()), secret_file()
        if before != after or new_secret:
            kept = set_aside(store)
        if new_secret:
            lay_tables(connection, store.shown)
            begin_anew(connection, store.known_secret, who=who, at=store.now())
            chain = open_chain(connection, store.known_secret, store.shown)
            Writer(connection, who, store.now(), chain).restate(Account, Invitation)
        else:
            upgrade_within(connection, store)
    return Upgraded(store.shown, before, after, kept, made)


def backup_database(path: str | PathLike[str], *, url: str | None = None, replace: bool = False) -> BackedUp:
    """Write everything that the database holds into a file, as `matcher.store.backup` does."""
    rows = backup(connect(url), path, replace=replace)
    return BackedUp(rows, chain_head(connect(sqlite_url(Path(path)))))


def restore_database(path: str | PathLike[str], *, url: str | None = None, replace: bool = False) -> Restored:
    """Put a backup into the database, as `matcher.store.restore` does; that of SQLite is made where there is none."""
    store = connect(url, create=True)
    rows, kept = restore(path, store, replace=replace)
    return Restored(store.shown, rows, kept, chain_head(store), has_its_secret(store))


def verify_database(known: str | None = None, *, url: str | None = None) -> Verified:
    """Recompute what the database can prove of itself, as `matcher.store.verify` does."""
    return verify(open_store(url), known)
