"""What was read before, and is still so: until the log goes on, nothing that it tells of has changed."""

from collections.abc import Callable, Hashable
from typing import Any, TypeVar

from sqlalchemy import Connection

from matcher.store.chain import head_of
from matcher.store.schema import ATTEMPTS, DRAFTS, EVENT_CONTENTS, EVENTS, FILES, RUNS, SESSIONS

T = TypeVar("T")

SILENT = frozenset({SESSIONS, ATTEMPTS, DRAFTS, RUNS, EVENTS, EVENT_CONTENTS, FILES})
"""Tables that change without an entry in the log: of these nothing is remembered beyond one moment."""

_MOST = 2000
"""Things that are remembered at once; a service asks for fewer at one moment."""


class Memory:
    """
    What a process that answers many questions remembers of a database, for as long as the log's end is the same.

    The end is an HMAC over all that came before it: a database that was put back to an earlier state, or in another's
    place, has another. What was erased is forgotten with the next question, since erasing is written down.
    """

    def __init__(self) -> None:
        self._kept: tuple[tuple[int, str] | None, dict[Hashable, Any]] = (None, {})

    def at(self, head: tuple[int, str]) -> dict[Hashable, Any]:
        """Give what is remembered at an end of the log; what was at another is forgotten."""
        known, kept = self._kept
        if known != head or len(kept) > _MOST:
            self._kept = _, kept = head, {}
        return kept


class Moment:
    """
    The moment at which somebody reads, with what is remembered of it.

    Parameters
    ----------
    connection : Connection
        In a transaction that sees one moment alone.
    memory : Memory
    """

    def __init__(self, connection: Connection, memory: Memory) -> None:
        self._connection, self._memory = connection, memory
        self._kept: dict[Hashable, Any] | None = None
        self._of_moment: dict[Hashable, Any] = {}

    def once(self, key: Hashable, make: Callable[[], T], *, is_silent: bool = False) -> T:
        """Give what ``make`` gave at this moment before, else make it; what is silent is forgotten with the moment."""
        if is_silent:
            if key not in self._of_moment:
                self._of_moment[key] = make()
            return self._of_moment[key]
        if self._kept is None:
            self._kept = self._memory.at(head_of(self._connection))
        if key not in self._kept:
            self._kept[key] = make()
        return self._kept[key]
