"""Which matches are done by parts, where these stand meanwhile, and who does them."""

import hashlib
import json
import shutil
from collections.abc import Callable, Generator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from pathlib import Path

from filelock import FileLock, Timeout
from joblib import cpu_count

from matcher.domain.errors import SettingsError, StorageError
from matcher.domain.messages import Message, Problem
from matcher.domain.settings import TEXT_FILES
from matcher.files import confirm_writable
from matcher.partitions import Earlier, KeptCounts, Partitions, confirm_answers, run_parts, versions
from matcher.ranking.ranking import is_full
from matcher.ranking.shortlists import PART
from matcher.services.inputs import Inputs

_FOLDER = ".parts-"
"""Begins the name of a folder of parts; what it was made of ends it."""

_PROCESSES = 4
"""Processes at most where nobody says how many: each takes some 400 MB, and 1 GB with 20,000 experts."""


def partitions_of(
    inputs: Inputs,
    out: Path,
    *,
    jobs: int | None = None,
    scheduler: str | None = None,
    reuse: Path | None = None,
    tell: Callable[[Message], object] = lambda _: None,
) -> Partitions:
    """
    Say where and by whom the parts of a match are done.

    Parameters
    ----------
    inputs : Inputs
    out : path
        The folder of the list: parts stand in it until the list does.
    jobs : int or None
        Processes; None: one a core, four at most.
    scheduler : str or None
        Address of a Dask scheduler whose workers do the parts.
    reuse : path or None
        Folder where earlier runs within the epoch left what this one need not do again, and where it leaves its own.
    tell : callable
        Called with a message that says what was used again.

    Returns
    -------
    Partitions
        Its folder is named by all that parts are made of, so that those of other inputs are never taken for them.

    Raises
    ------
    SettingsError
        When something is to be used again, and the settings name no epoch; when the scheduler does not answer.
    StorageError
        When the folder of the list, or the one for that, can't be written.
    """
    settings, roles = inputs.settings.model_dump(mode="json"), ("experts", "firms", "ratings", *TEXT_FILES)
    digests = {role: inputs.digests[role]["sha256"] for role in roles if role in inputs.digests}
    weighed = {"text": settings["text"], "lexicon": inputs.lexicon.digest, "versions": versions()}
    made_of = {
        **weighed,
        "size": PART,
        "settings": {name: settings[name] for name in ("ranking", "eligibility")},
        "locks": inputs.rules.locks,
        "inputs": digests,
        "reuse": reuse is not None,
    }
    earlier = None
    if reuse is not None:
        if inputs.epoch is None:
            raise SettingsError([Message("partitions.without_epoch")])
        # Who was barred and what was locked is compared row by row; texts and weights can't be.
        of_epoch = {**weighed, "ranking": settings["ranking"], "epoch": digests["epoch"]}
        of_words = {"tokenizer": inputs.settings.text.tokenizer, **weighed, "text": None}
        confirm_writable(reuse)
        counts = KeptCounts((reuse / f"counts-{_hash(of_words)}").resolve())
        confirm_writable(counts.folder)
        earlier = Earlier(counts, (reuse / f"ranking-{_hash(of_epoch)}.joblib").resolve(), tell)
    confirm_writable(out)
    if scheduler is not None:
        confirm_answers(scheduler)
    run = partial(run_parts, jobs=jobs or min(cpu_count(), _PROCESSES), scheduler=scheduler)
    return Partitions((out / f"{_FOLDER}{_hash(made_of)}").resolve(), run, earlier=earlier)


def _hash(made_of: Mapping[str, object]) -> str:
    return hashlib.sha256(json.dumps(made_of, sort_keys=True).encode()).hexdigest()[:16]


def is_parted(inputs: Inputs) -> bool:
    """Whether a match is large enough to be done by parts: where its market holds shortlists alone."""
    return not is_full(len(inputs.experts), len(inputs.needs), inputs.settings.ranking)


@contextmanager
def held(out: Path) -> Generator[None]:
    """
    Hold the folder of a list that is made by parts: one command with parts alone works in it until its list is saved.

    Raises
    ------
    StorageError
        When another one works there, which would take parts away and mix its files with these; when the folder can't
        be written.
    """
    with ExitStack() as stack:
        try:
            stack.enter_context(_locked(out))
        except Timeout:
            raise StorageError([Problem(Message("partitions.at_work"), path=str(out))]) from None
        except OSError as fault:
            values = {"reason": fault.strerror or type(fault).__name__}
            path = str(fault.filename or out)
            raise StorageError([Problem(Message("output.cannot_write", values), path=path)]) from fault
        yield


def clear_parts(out: Path) -> None:
    """Take all parts in the folder of a list away once it is saved, unless another command works there."""
    if folders := list(out.glob(f"{_FOLDER}*")):
        with suppress(Timeout, OSError), _locked(out):
            for folder in folders:
                shutil.rmtree(folder, ignore_errors=True)  # what can't go is in nobody's way


@contextmanager
def _locked(out: Path) -> Generator[None]:
    # Beside the parts: in a folder that is taken away it would be another file for whoever comes next.
    path = out / ".parts.lock"
    with FileLock(path, timeout=0):
        try:
            yield
        finally:  # while it is held: whoever waits for a file that is gone asks for it anew
            with suppress(OSError):
                path.unlink()
