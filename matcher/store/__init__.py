"""The database: schema, migrations, rows in and out. The only room that speaks SQL."""

from matcher.store.backup import backup, restore, set_aside
from matcher.store.engine import Store, connect, database_url
from matcher.store.marks import is_demo, mark_demo
from matcher.store.migrating import current, downgrade, newest, open_store, upgrade
from matcher.store.reading import Reader
from matcher.store.secret import home
from matcher.store.verifying import Verified, verify
from matcher.store.writing import Writer, digest_of

__all__ = [
    "Reader",
    "Store",
    "Verified",
    "Writer",
    "backup",
    "connect",
    "current",
    "database_url",
    "digest_of",
    "downgrade",
    "home",
    "is_demo",
    "mark_demo",
    "newest",
    "open_store",
    "restore",
    "set_aside",
    "upgrade",
    "verify",
]
