"""Runs executed for tests: in this process where that is enough, else children that wait in the middle."""

import os
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from matcher.language import use
from matcher.services import runs, worker
from matcher.store import Store
from matcher.store.entities import Run
from tests.bureau import WHO

# Every child begins with it: once `place` is imported, it tells how far it is, writes down who it is, and goes on only
# when it may.
_WAITING = """
import importlib.abc, importlib.util, os, pathlib, sys, time

class Finder(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name != "matcher.services.placing":
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(name)
        execute = spec.loader.exec_module
        spec.loader.exec_module = lambda module: (execute(module), wait_in(module))
        return spec

def wait_in(placing):
    folder, place = pathlib.Path(__file__).parent, placing.place
    def waiting(inputs, out, *, started, on_progress):
        on_progress(1, 10, "ranking")
        with (folder / "at_work").open("a") as file:
            print(os.getpid(), file=file, flush=True)
        while not (folder / "go").exists():
            time.sleep(0.02)
        return place(inputs, out, started=started, on_progress=on_progress)
    placing.place = waiting

if "matcher.services.worker" in sys.orig_argv:
    sys.meta_path.insert(0, Finder())
"""


class Children:
    """Children that stop in the middle of their work."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "sitecustomize.py").write_text(_WAITING, encoding="utf-8")

    def go(self) -> None:
        """Let them go on, those to come too."""
        (self.folder / "go").touch()

    def at_work(self) -> list[int]:
        """Ids of the processes that have come to their work, in that order."""
        path = self.folder / "at_work"
        return [int(line) for line in path.read_text().split()] if path.exists() else []


@pytest.fixture
def children(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Children:
    folder = tmp_path_factory.mktemp("children")
    monkeypatch.setenv("PYTHONPATH", str(folder))
    return Children(folder)


def executed(store: Store, scenario_id: int, *, language: str = "zh") -> Run:
    """Queue a run of a scenario, and execute it in this process as a child would."""
    run = runs.queue(store, WHO, scenario_id, language=language)
    work_on(store, run)
    return runs.run_of(store, WHO, run.id)


def work_on(store: Store, run: Run) -> None:
    """Do in this process what a child does."""
    with pytest.MonkeyPatch.context() as patch, TemporaryDirectory(prefix="matcher-run-") as folder:
        patch.setenv("MATCHER_DATABASE_URL", store.url)
        worker.main(run.id, Path(folder))
    use("zh")


def later(store: Store, seconds: float) -> Store:
    """Give the same database at a later hour."""
    return replace(store, clock=lambda: store.clock() + timedelta(seconds=seconds))


def wait_for(what: Callable[[], object], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)


def is_alive(pid: int) -> bool:
    """Whether a process runs; one that has ended and that nobody has asked for does not."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    if sys.platform == "linux":
        try:
            return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] != "Z"
        except OSError:
            return False
    return True
