"""What no entry of the log holds by value: how people are reached, and what opens a door."""

from collections.abc import Mapping
from typing import Any

from matcher.store.chain import digest_of_hidden

SHADE = "•"
"""What an entry says in place of a value that is there."""

HIDDEN = frozenset(
    {
        ("experts", "contact"),
        ("needs", "contact"),
        ("accounts", "password"),
        ("invitations", "token"),
        ("invitations", "code"),
        ("sessions", "token"),
    }
)
"""Tables and columns. A login's ``code`` is none of them: it is an id that stands beside it as ``party``."""

Columns = Mapping[str, Any]


def is_secret(table: str, name: str) -> bool:
    """Tell whether a column opens a door; a contact does not."""
    return (table, name) in HIDDEN and name != "contact"


def shade_of(key: bytes, table: str, name: str, value: object) -> str:
    """
    Say that there is a value, and of a secret, which is a hash already, which one: nobody tells it without the key.

    Of a contact it is not said which: numbers are few, and could be tried by whoever has the key.
    """
    return SHADE + digest_of_hidden(key, table, name, value) if is_secret(table, name) else SHADE


def shaded(key: bytes, table: str, columns: Columns | None) -> dict[str, Any] | None:
    """Give columns as an entry holds them."""
    if columns is None:
        return None
    return {
        name: shade_of(key, table, name, value) if value and (table, name) in HIDDEN else value
        for name, value in columns.items()
    }


def dimmed(table: str, columns: Columns | None) -> dict[str, Any] | None:
    """Give the columns of an entry as they are read: that there is something, and not which."""
    if columns is None:
        return None
    return {name: SHADE if value and (table, name) in HIDDEN else value for name, value in columns.items()}
