"""What has to be there before anybody is let in."""

from pathlib import Path

from matcher import __file__ as package
from matcher.domain.errors import MatcherError, StorageError
from matcher.domain.messages import Message
from matcher.store import Store, open_store
from matcher.store.entities import Account
from matcher.store.marks import is_demo
from matcher.store.secret import secret_file


def open_for_service() -> Store:
    """
    Open the database of a service that is to be: not a demonstration's, with a secret, and with somebody to run it.

    Raises
    ------
    StorageError
        With everything that is missing, and what to do about it.
    """
    store = open_store(serves=True)
    try:
        confirm_ready(store)
    except MatcherError:
        store.close()
        raise
    return store


def confirm_ready(store: Store) -> None:
    """Raise `StorageError` where a service may not begin with a database."""
    with store.reading() as view:
        administrators = view.listed(Account, role="administrator", disabled_at=None)
    missing = []
    if is_demo(store):
        missing.append(Message("opening.is_demo", {"path": store.shown}))
    if store.secret is None:
        missing.append(Message("opening.no_secret", {"path": str(secret_file())}))
    if not administrators:
        missing.append(Message("opening.no_administrator", {"path": store.shown}))
    if missing:
        raise StorageError(missing)


def beside_the_package(name: str) -> Path:
    """Find what the wheel carries beside the code, such as the sample; in a clone it stands beside the package."""
    bundle = Path(package).parent / "_bundle"
    return (bundle if bundle.is_dir() else bundle.parents[1]) / name
