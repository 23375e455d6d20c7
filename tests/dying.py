"""Children that are killed in the middle of what they do: forked by a process that has imported it all, once."""

import multiprocessing
import os
import signal
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any
from unittest.mock import patch

from sqlalchemy import event

from matcher.services import importing, publishing
from matcher.store import Store, connect
from tests.bureau import WHO, colleague

_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload([__name__])


def in_a_child(do: Callable[..., None], *values: Any) -> int:
    """Do something in a process of its own, and give its exit code; below zero, the signal that killed it."""
    child = _FORKS.Process(target=do, args=values)
    # A page that was tried in this process stands there as its main module, which a child would run again.
    with patch.dict(sys.modules, __main__=ModuleType("__main__")):
        child.start()
    child.join()
    assert child.exitcode is not None
    return child.exitcode


def publish(url: str, round_id: int, values: dict[str, Any], moment: int) -> None:
    """Publish, and die before the statement after so many."""
    store = connect(url)
    _die_at(moment + 1, store, "before_cursor_execute")
    publishing.publish(store, colleague("甲"), round_id, **values)


def import_files(url: str, round_id: int, files: dict[str, Any], moment: int | str) -> None:
    """Import, and die after so many writes, at the commit, or at the end."""
    store = connect(url)
    found = importing.preview(store, WHO, round_id, **files)
    if isinstance(moment, int):
        _die_at(moment, store, "after_cursor_execute", ("INSERT", "UPDATE", "DELETE"))
    elif moment == "commit":
        event.listen(store.engine, "commit", _die)
    importing.apply(store, colleague("who"), found, remove_gone=True)
    _die()


def _die_at(moment: int, store: Store, what: str, words: tuple[str, ...] = ("",)) -> None:
    """Die at a statement, counted among those that begin with a word."""
    left = moment

    def count(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        nonlocal left
        left -= statement.startswith(words)
        if left == 0:
            _die()

    event.listen(store.engine, what, count)


def _die(*_: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)
