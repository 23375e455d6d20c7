"""
The child process that executes one run: ``python -m matcher.services.worker RUN_ID FOLDER``.

It finds the database by ``MATCHER_DATABASE_URL``, never by an argument, which everybody on the machine could read.
``FOLDER`` is where it may lay files out, and its name is the worker's. It ends when its standard input does: a parent
that is gone holds that no longer.
"""

import faulthandler
import os
import shutil
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from matcher.domain.errors import MatcherError, StorageError
from matcher.domain.messages import Message, Problem
from matcher.domain.roles import MACHINE
from matcher.language import use
from matcher.services import runs
from matcher.store import Store, open_store
from matcher.store.entities import Run

PATIENCE_S = 600
"""Seconds that a busy database is asked again for, before a run is given up."""

TOLD_EVERY_S = 0.5
"""Seconds between two words about progress, unless another stage begins."""


def main(run_id: int, folder: Path) -> None:
    """
    Claim a run, execute it, and write down how it ended.

    Parameters
    ----------
    run_id : int
    folder : path
        Empty; its last part names the worker.
    """
    store, worker = open_store(), folder.name
    # Before anything heavy is imported: who looks soon sees it at work.
    if _patiently(lambda: runs.claim(store, run_id, worker)):
        _execute(store, runs.run_of(store, MACHINE, run_id), worker, folder)


def _execute(store: Store, run: Run, worker: str, folder: Path) -> None:
    try:
        results = _results(store, run, folder, _progress(store, run.id, worker))
    except MatcherError as fault:
        told = [_without_folder(message) for message in fault.messages]
        _patiently(lambda: runs.fail(store, run.id, worker, told))
    except Exception as fault:  # noqa: BLE001 - the last line of defence: whatever gets here is our fault, and says so
        ours = [_our_fault(fault)]
        _patiently(lambda: runs.fail(store, run.id, worker, ours))
    else:
        _patiently(lambda: runs.finish(store, run.id, worker, results))


def _patiently(write: Callable[[], bool]) -> bool:
    """Write though others keep the database busy for longer than a writer waits: no work is thrown away for that."""
    end = time.monotonic() + PATIENCE_S
    while True:
        try:
            return write()
        except StorageError as fault:
            is_busy = any(isinstance(m, Message) and m.code == "store.locked" for m in fault.messages)
            if not is_busy or time.monotonic() > end:
                raise


def _results(store: Store, run: Run, folder: Path, on_progress: Callable[[int, int, str], None]) -> dict[str, bytes]:
    """Do what `matcher assign` does with the same files; what differs from run to run is not kept."""
    started = time.perf_counter()
    from matcher.services.freezing import load_frozen
    from matcher.services.placing import PLACEMENTS, REPORT, UNPLACED, place

    use(run.language)
    with store.reading() as view:
        frozen = runs.contents(view, run.inputs)
    place(load_frozen(frozen, folder / "in"), folder / "out", started=started, on_progress=on_progress)
    return {name: (folder / "out" / name).read_bytes() for name in (PLACEMENTS, UNPLACED, REPORT)}


def _progress(store: Store, run_id: int, worker: str) -> Callable[[int, int, str], None]:
    told: tuple[float, str] = (0.0, "")

    def on_progress(done: int, total: int, stage: str) -> None:
        nonlocal told
        now = time.monotonic()
        if stage == told[1] and now - told[0] < TOLD_EVERY_S and done < total:
            return
        told = now, stage
        try:
            is_ours = runs.tell_progress(store, run_id, worker, done=done, total=total, stage=stage)
        except StorageError:
            return  # others keep the database busy: no reason to give up the work, and the next word may get through
        if not is_ours:
            sys.exit()  # cancelled or interrupted: nothing that could still be found would be kept

    return on_progress


def _without_folder(message: Message | Problem) -> Message | Problem:
    """Name a frozen file by its name alone: its folder is gone when somebody reads of it."""
    return replace(message, path=Path(message.path).name) if isinstance(message, Problem) else message


def _our_fault(fault: Exception) -> Message:
    """Say what went wrong and where, but not its text: that may hold somebody's data."""
    house = Path(__file__).parents[1]
    frames = [(Path(frame.filename), frame.lineno) for frame in traceback.extract_tb(fault.__traceback__)]
    where = tuple(f"{path.relative_to(house)}:{line}" for path, line in frames if house in path.parents)
    return Message("runs.our_fault", {"kind": type(fault).__name__, "where": where})


def _end_with_the_parent(folder: Path) -> None:
    """End as soon as standard input does, whatever the other thread is at, and take the frozen files away."""

    def wait() -> None:
        while os.read(sys.stdin.fileno(), 1):  # not by sys.stdin, whose lock would stand in the way of an orderly end
            pass
        shutil.rmtree(folder, ignore_errors=True)
        os._exit(1)

    threading.Thread(target=wait, daemon=True).start()


if __name__ == "__main__":
    faulthandler.enable()  # a crash in compiled code says where
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # at a terminal Ctrl-C reaches both: the parent decides
    _end_with_the_parent(Path(sys.argv[2]))
    main(int(sys.argv[1]), Path(sys.argv[2]))
