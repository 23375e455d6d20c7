"""A round as files: what the main job is made of, what the next batch begins with, and what was published."""

from collections.abc import Callable, Mapping
from pathlib import Path

from matcher.domain.errors import StorageError
from matcher.domain.messages import Message
from matcher.domain.roles import Principal
from matcher.domain.settings import Settings
from matcher.files import write_bytes
from matcher.language import label
from matcher.pipeline import MatchResult
from matcher.services.following import handed_on
from matcher.services.freezing import FROZEN, freeze, load_frozen
from matcher.services.inputs import Inputs, Options
from matcher.services.permissions import permitted
from matcher.services.placing import REPORT, demo_mark, place
from matcher.services.runs import contents
from matcher.store import Reader, Store
from matcher.store.entities import Mark, Publication, Round, Withdrawal

NEXT, PUBLISHED, INPUT = "next", "published", "input"
"""Folders: what the next batch begins with, the latest publication, what a list was made of."""


@permitted
def export_round(store: Store, who: Principal, round_id: int, out: Path) -> tuple[str, ...]:
    """
    Write a round out as the files that the other commands read.

    Wishes are in them, whatever the state of the round: what is imported is what is exported, and the other way round.
    It is on record that they were taken out.

    Parameters
    ----------
    store : Store
    who : Principal
        Who is acting.
    round_id : int
    out : path
        Folder; made where it is missing, else empty: nobody's files are replaced, and none of another export is left.

    Returns
    -------
    tuple of str
        Names of the files, in the folder: accepted forms, ratings, pairs to keep and settings, as `freeze` gives them;
        in ``next/`` the ratings and pairs that the next batch begins with, once a pair was in force; in ``published/``
        everything that the latest publication froze that was not withdrawn.

    Raises
    ------
    InputError
        When a side has no accepted form.
    StorageError
        When the folder holds anything, or a file can't be written.
    """
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise StorageError([Message("exporting.not_empty", {"path": str(out)})])
    with store.reading() as view:
        round_ = view.get(Round, id=round_id)
        files = freeze(view, round_, Settings.model_validate(round_.settings))
        files |= _inside(NEXT, handed_on(view, round_.batch_id))
        publications = [
            publication
            for of_batch in view.listed(Round, batch_id=round_.batch_id)
            for publication in view.listed(Publication, round_id=of_batch.id)
            if view.find(Withdrawal, publication_id=publication.id) is None
        ]
        if publications:
            files |= _inside(PUBLISHED, contents(view, publications[-1].files))
        if mark := _mark(view):
            files |= {str(demo_mark(Path(*name.split("/")[:-1]))): mark for name in list(files)}
    for name, content in files.items():
        write_bytes(out / name, content)
    with store.writing(who.name) as work:
        work.note("export", f"rounds/{round_id}/files", round_id=round_id)
        work.note("look_into_preferences", f"rounds/{round_id}/files", round_id=round_id)
    return tuple(files)


@permitted
def place_round(
    store: Store,
    who: Principal,
    round_id: int,
    options: Options,
    out: Path,
    *,
    started: float,
    on_progress: Callable[[int, int, str], None] | None = None,
) -> tuple[Inputs, MatchResult]:
    """
    Do the main job on a round as it is, whatever its state, and change nothing in it.

    Its lists say who wished whom, and wishes are in what they are made of: that somebody looks is put on record first.

    Parameters
    ----------
    store : Store
    who : Principal
        Who is acting.
    round_id : int
    options : Options
        Settings stand in the place of the round's; objective, proposer and seed above both.
    out : path
        Folder of the lists and the report, as `place` writes them; what they were made of is in its ``input/``.
    started : float
        `time.perf_counter` when the command began.
    on_progress : callable or None

    Returns
    -------
    Inputs, MatchResult

    Raises
    ------
    InputError, SettingsError, InfeasibleProblem, StorageError
        As `load_inputs` and `place` do.
    """
    folder = out / INPUT
    if folder.exists() and not (out / REPORT).exists():
        raise StorageError([Message("exporting.not_ours", {"path": str(folder)})])
    with store.writing(who.name) as work:
        round_ = work.get(Round, id=round_id)
        chosen = options.resolve(None if options.settings else Settings.model_validate(round_.settings))
        files = freeze(work, round_, chosen)
        work.note("look_into_preferences", f"rounds/{round_id}/lists", round_id=round_id)
        mark = _mark(work)
    for name in FROZEN:  # of an earlier run: this one may be made of fewer
        (folder / name).unlink(missing_ok=True)
    demo_mark(folder).unlink(missing_ok=True)
    if mark:
        write_bytes(demo_mark(folder), mark)
    inputs = load_frozen(files, folder)
    return inputs, place(inputs, out, started=started, on_progress=on_progress)


def _inside(folder: str, files: Mapping[str, bytes]) -> dict[str, bytes]:
    return {f"{folder}/{name}": content for name, content in files.items()}


def _mark(view: Reader) -> bytes:
    """Give what stands in the mark of a demonstration's folder; nothing where it is none."""
    return b"" if view.find(Mark, name="demo") is None else f"{label('papers.demo', 'zh')}\n".encode()
