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

# Every child begins with it: it claims its run, tells how far it is, writes down who it is, and goes on only when it
# may. What is heavy is imported only then, since few of them ever do.
_WAITING = """
import os, pathlib, sys, time
from types import ModuleType

def given(*values):
    return values

def waiting(given, out, *, started, on_progress):
    on_progress(1, 10, "ranking")
    folder = pathlib.Path(__file__).parent
    with (folder / "at_work").open("a") as file:
        print(os.getpid(), file=file, flush=True)
    while not (folder / "go").exists():
        time.sleep(0.02)
    for name in LIGHT:
        del sys.modules[name]
    from matcher.services.freezing import load_frozen
    from matcher.services.placing import place
    return place(load_frozen(*given), out, started=started, on_progress=on_progress)

LIGHT = {
    "matcher.services.freezing": {"load_frozen": given},
    "matcher.services.placing": {
        "place": waiting, "PLACEMENTS": "placements.csv", "UNPLACED": "unplaced.csv", "REPORT": "report.json"
    },
}
if "matcher.services.worker" in sys.orig_argv:
    for name, values in LIGHT.items():
        sys.modules[name] = ModuleType(name)
        vars(sys.modules[name]).update(values)
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
