"""Beginning an epoch: what profiles teach on one day, by which texts are weighed until the next."""

import os
from pathlib import Path

from matcher.domain.errors import InputError, StorageError
from matcher.domain.messages import Message, Problem
from matcher.files import load_experts
from matcher.files.epochs import write_epoch
from matcher.files.limits import OWN
from matcher.services.inputs import Options
from matcher.services.placing import refuse_over
from matcher.text import Epoch, begin_epoch


def begin(experts: Path, out: Path, settings: Path | None = None) -> tuple[Epoch, list[Problem]]:
    """
    Learn of the experts of a file how texts are to be weighed, and save it.

    Parameters
    ----------
    experts : path
    out : path
    settings : path or None
        Settings of texts, which hold as long as the epoch does; what they name as ``epoch`` does not matter here.

    Returns
    -------
    Epoch
    list of Problem
        Warnings of the experts' file.

    Raises
    ------
    InputError
        With every problem of the experts' file.
    SettingsError
    StorageError
        When there is such a file: lists that were made by it could not be audited any more. When it can't be written,
        or would lie among word lists.
    """
    options = Options(settings=settings)
    chosen = options.resolve()
    if os.path.lexists(out):  # what a link leads to nowhere may come back
        raise StorageError([Problem(Message("epoch.there"), path=str(out))])
    named = [options.named_in(chosen, role) for role in ("lexicon", "vectors")]
    refuse_over([path for path in (experts, settings, *named) if path], [out])
    loaded = load_experts(experts, OWN)
    if loaded.problems:
        raise InputError(loaded.problems, loaded.warnings)
    epoch = begin_epoch(
        out.name,
        [expert.profile for expert in sorted(loaded.records, key=lambda one: one.expert_id)],
        chosen.text.model_copy(update={"epoch": ""}),
        lexicon=options.read_lexicon(chosen),
        vectors=options.read_vectors(chosen),
    )
    write_epoch(out, epoch)
    return epoch, list(loaded.warnings)
