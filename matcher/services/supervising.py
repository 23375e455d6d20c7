"""
The parent of the processes that execute runs: one at a time, kept alive by heartbeats, ended when nobody wants them.

A thread can't be stopped inside compiled code, and a process can; see ``docs/decisions/0011``.
"""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from matcher.domain.errors import NotAllowed, StorageError
from matcher.domain.messages import Message
from matcher.domain.roles import MACHINE
from matcher.services import runs
from matcher.store import Store
from matcher.store.entities import Run

BEAT_S = 5.0
"""Seconds between two heartbeats, and between two looks for runs that others have left."""

PATIENCE_S = 5.0
"""Seconds that a process has to end by itself before it is killed."""

_LOOKS_EVERY_S = 0.2
_LAST_WORDS = 5


@dataclass(eq=False, slots=True)
class _Child:
    """A process at work on a run, and the folder that it works in; ``over_since`` is when that was seen to be over."""

    run_id: int
    process: subprocess.Popen[bytes]
    folder: TemporaryDirectory[str]
    over_since: float | None = None

    @property
    def worker(self) -> str:
        return Path(self.folder.name).name

    def last_words(self) -> tuple[str, ...]:
        """Give the end of what it has written on standard error."""
        text = (Path(self.folder.name) / _STDERR).read_text(encoding="utf-8", errors="replace")
        return tuple(text.split("\n")[-_LAST_WORDS - 1 :]) if text.strip() else ()


_STDERR = "stderr.txt"


class Supervisor:
    """
    Executes runs, each in a process of its own, one at a time.

    Whoever serves calls `tend` every half second, and `close` in the end, from one thread at a time. Any number of
    supervisors, of any number of processes, may share a database.

    Parameters
    ----------
    store : Store
    """

    def __init__(self, store: Store) -> None:
        self.store = store
        self._child: _Child | None = None
        self._beaten = -BEAT_S

    def tend(self) -> None:
        """Look after the process at work; where there is none, start the run that has waited longest."""
        self.watch()
        if self._child is None and (run := runs.next_queued(self.store)):
            self.start(run)

    def start(self, run: Run) -> None:
        """
        Start a process that claims a run and executes it.

        Raises
        ------
        ValueError
            When another is at work.
        """
        if self._child is not None:
            raise ValueError("one run at a time")
        folder = TemporaryDirectory(prefix="matcher-run-", ignore_cleanup_errors=True)
        # The working directory is no place to import from: -P.
        command = [sys.executable, "-P", "-m", "matcher.services.worker", str(run.id), folder.name]
        with (Path(folder.name) / _STDERR).open("wb") as stderr:
            process = subprocess.Popen(  # noqa: S603 - our own command
                command,
                stdin=subprocess.PIPE,  # ends with this process, and the child with it
                stdout=subprocess.DEVNULL,
                stderr=stderr,
                env={**os.environ, "MATCHER_DATABASE_URL": self.store.url},
            )
        self._child = _Child(run.id, process, folder)

    def watch(self) -> None:
        """
        Look after the process at work, and after runs that others have left.

        Its heart beats while it lives; when its run is cancelled or interrupted it is ended; where it has ended
        without a word, its run has failed.
        """
        now, child = time.monotonic(), self._child
        is_due = now - self._beaten >= BEAT_S
        if is_due:
            self._beaten = now
            with suppress(StorageError):  # others keep the database busy: the next look comes
                runs.interrupt_stale(self.store, but=child.run_id if child else None)
        if child is None:
            return
        code = child.process.poll()
        if code is not None:
            words = child.last_words()
            runs.fail(self.store, child.run_id, child.worker, [Message("runs.died", {"code": code, "said": words})])
            self._forget(child)
            return
        run = runs.run_of(self.store, MACHINE, child.run_id)
        if run.state == "running" and run.worker == child.worker:
            if is_due:
                with suppress(StorageError):
                    runs.beat(self.store, child.run_id, child.worker)
        elif run.state != "queued":
            self._see_out(child, run, now)

    def close(self) -> None:
        """End the process at work; its run is interrupted."""
        child = self._child
        if child is None:
            return
        child.process.terminate()
        try:
            child.process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            child.process.kill()
            child.process.wait()
        self._forget(child)
        runs.interrupt(self.store, child.run_id, child.worker)

    def _see_out(self, child: _Child, run: Run, now: float) -> None:
        """End a process whose run is over: at once where nobody wants its work, else once it had time to end itself."""
        if child.over_since is None:
            child.over_since = now
            if run.state in ("cancelled", "interrupted"):
                child.process.terminate()
        elif now - child.over_since >= PATIENCE_S:
            child.process.kill()

    def _forget(self, child: _Child) -> None:
        if child.process.stdin:
            child.process.stdin.close()
        child.folder.cleanup()
        self._child = None


def execute(store: Store, run_id: int, *, on_progress: Callable[[int, int, str], None] | None = None) -> Run:
    """
    Execute one run, or follow whoever already does, until it is over; Ctrl-C cancels it.

    Parameters
    ----------
    store : Store
    run_id : int
    on_progress : callable or None
        Called with (done, total, stage).

    Returns
    -------
    Run
        As it ended: done, failed, cancelled or interrupted.
    """
    supervisor = Supervisor(store)
    try:
        run = runs.run_of(store, MACHINE, run_id)
        if run.state == "queued":
            supervisor.start(run)
        while run.state in runs.OPEN:
            time.sleep(_LOOKS_EVERY_S)
            supervisor.watch()
            run = runs.run_of(store, MACHINE, run_id)
            if on_progress and run.stage:
                on_progress(run.done, run.total, run.stage)
    except KeyboardInterrupt:
        with suppress(NotAllowed):  # over before it could be cancelled
            runs.cancel(store, MACHINE, run_id)
    finally:
        supervisor.close()
    return runs.run_of(store, MACHINE, run_id)
