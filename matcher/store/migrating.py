"""Which form the database has, and how it gets another: alembic's revisions, each way in one transaction."""

from collections.abc import Callable
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util.exc import CommandError
from sqlalchemy import Connection, inspect
from sqlalchemy.exc import SQLAlchemyError

from matcher.domain.errors import StorageError
from matcher.domain.messages import Message
from matcher.store.chain import begin, has_chain
from matcher.store.engine import Store, connect

_SCRIPTS = Path(__file__).parent / "migrations"


def open_store(url: str | None = None, *, serves: bool = False) -> Store:
    """
    Open the database of the service.

    Parameters
    ----------
    url : str or None
        None: as `matcher.store.database_url` tells.
    serves : bool
        As `connect` takes it.

    Raises
    ------
    StorageError
        When it can't be reached, is none of ours, or has another form than this version of matcher needs.
    """
    store = connect(url, serves=serves)
    found, needed = current(store), newest()
    if found != needed:
        code = "store.empty" if found is None else "store.older" if found in _known() else "store.newer"
        raise StorageError([Message(code, {"path": store.shown, "found": found, "needed": needed})])
    return store


def current(store: Store) -> str | None:
    """
    Tell the revision that the database is at; None where it has no table.

    Raises
    ------
    StorageError
        When it holds tables of somebody else's.
    """
    with store.connected() as connection:
        return _revision(connection, store.shown)


def newest() -> str:
    """Tell the revision that this version of matcher needs."""
    return str(ScriptDirectory(str(_SCRIPTS)).get_current_head())


def upgrade(store: Store, revision: str = "head") -> None:
    """
    Bring the database to a later form, with what is in it; an empty one gets its tables.

    Raises
    ------
    StorageError
        When that fails, it holds tables of somebody else's or of a newer version, or the secret is not its own: then
        it is as before.
    """
    with store.connected(writes=True, foreign_keys=False) as connection:
        upgrade_within(connection, store, revision)


def downgrade(store: Store, revision: str) -> None:
    """Bring the database back to an earlier form; what that has no place for is lost."""
    with store.connected(writes=True, foreign_keys=False) as connection:
        _migrate(connection, store.shown, command.downgrade, revision)


def upgrade_within(connection: Connection, store: Store, revision: str = "head") -> None:
    """
    Do what `upgrade` does in the transaction of a writer, who has more to do in it.

    Parameters
    ----------
    connection : Connection
        As ``store.connected(writes=True, foreign_keys=False)`` gives it.
    store : Store
        Of the connection.
    revision : str
    """
    had_chain = has_chain(connection)
    lay_tables(connection, store.shown, revision)
    if has_chain(connection):
        begin(connection, store.known_secret, store.shown, at=store.now(), adopts=not had_chain)


def lay_tables(connection: Connection, path: str, revision: str = "head") -> None:
    """Make the tables, as `upgrade_within` does, for rows that bring their chain along."""
    _migrate(connection, path, command.upgrade, revision)


def revision_of(connection: Connection, path: str) -> str | None:
    """
    Tell the revision that a database is at, as `current` does, but refuse one that this version does not know.

    Raises
    ------
    StorageError
        When it holds tables of somebody else's, or of a newer version.
    """
    found = _revision(connection, path)
    if found is not None and found not in _known():
        raise StorageError([Message("store.newer", {"path": path, "found": found, "needed": newest()})])
    return found


def _migrate(connection: Connection, path: str, direction: Callable[[Config, str], None], revision: str) -> None:
    revision_of(connection, path)
    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    config.attributes["connection"] = connection
    direction(config, revision)


def _revision(connection: Connection, path: str) -> str | None:
    try:
        revision = MigrationContext.configure(connection).get_current_revision()
    except (CommandError, SQLAlchemyError) as fault:
        raise StorageError([Message("store.no_revision", {"path": path})]) from fault
    if revision is None and set(inspect(connection).get_table_names()) - {"alembic_version"}:
        raise StorageError([Message("store.not_ours", {"path": path})])
    return revision


def _known() -> set[str]:
    return {script.revision for script in ScriptDirectory(str(_SCRIPTS)).walk_revisions()}
