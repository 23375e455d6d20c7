"""Which matches are done by parts, where these stand meanwhile, and who does them."""

import hashlib
import json
import shutil
from functools import partial
from pathlib import Path

from joblib import cpu_count

from matcher.partitions import Partitions, run_parts, versions
from matcher.ranking.ranking import is_full
from matcher.services.inputs import Inputs

_FOLDER = ".parts-"
"""Begins the name of a folder of parts; what it was made of ends it."""

_PROCESSES = 4
"""Processes at most where nobody says how many: each takes some 400 MB."""


def partitions_of(inputs: Inputs, out: Path, *, jobs: int | None = None, scheduler: str | None = None) -> Partitions:
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

    Returns
    -------
    Partitions
        Its folder is named by all that parts are made of, so that those of other inputs are never taken for them.
    """
    settings, roles = inputs.settings.model_dump(mode="json"), ("experts", "firms", "ratings", "lexicon", "vectors")
    made_of = {
        "settings": {name: settings[name] for name in ("text", "ranking", "eligibility")},
        "locks": inputs.rules.locks,
        "inputs": {role: inputs.digests[role]["sha256"] for role in roles if role in inputs.digests},
        "lexicon": inputs.lexicon.digest,
        "versions": versions(),
    }
    name = hashlib.sha256(json.dumps(made_of, sort_keys=True).encode()).hexdigest()[:16]
    folder = (out / f"{_FOLDER}{name}").resolve()
    run = partial(run_parts, jobs=jobs or min(cpu_count(), _PROCESSES), scheduler=scheduler)
    return Partitions(folder, run)


def is_parted(inputs: Inputs) -> bool:
    """Whether a match is large enough to be done by parts: where its market holds shortlists alone."""
    return not is_full(len(inputs.experts), len(inputs.needs), inputs.settings.ranking)


def clear_parts(out: Path) -> None:
    """Take the parts of a list away once it is saved, and those of others that were never finished there."""
    for folder in out.glob(f"{_FOLDER}*"):
        shutil.rmtree(folder)
