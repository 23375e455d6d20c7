"""The main job: match, and save the list with its proof."""

import json
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import nullcontext, suppress
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from matcher import __version__
from matcher.domain.errors import InputError, StorageError
from matcher.domain.messages import Message, Problem
from matcher.domain.settings import Settings
from matcher.files import write_bytes, write_csv, write_json, write_parquet
from matcher.language import label, sentence
from matcher.partitions import Partitions, give_back
from matcher.pipeline import MatchResult, match
from matcher.placement import PLACEMENT_COLUMNS, UNPLACED_COLUMNS
from matcher.services.inputs import Inputs
from matcher.services.parting import clear_parts, held

PLACEMENTS, UNPLACED, REPORT, TIMING = "placements.csv", "unplaced.csv", "report.json", "timing.json"
PARQUET = ".parquet"
"""In place of the ending of the lists, where they are saved so too."""


def place(
    inputs: Inputs,
    out: Path,
    *,
    started: float,
    on_progress: Callable[[int, int, str], None] | None = None,
    as_parquet: bool = False,
    partitions: Partitions | None = None,
) -> MatchResult:
    """
    Match, and save the list, those left out, the report and the timing.

    Parameters
    ----------
    inputs : Inputs
    out : path
        Folder; made where it is missing. Files of an earlier run in it are replaced.
    started : float
        `time.perf_counter` when the command began.
    on_progress : callable or None
        Called with (done, total, stage).
    as_parquet : bool
        Whether to save both lists as Parquet too.
    partitions : Partitions or None
        What ranks a large market by parts, as `partitions_of` has it; they are taken away once the list is saved.

    Returns
    -------
    MatchResult

    Raises
    ------
    SettingsError, InputError, InfeasibleProblem
        As `match` does.
    StorageError
        When the folder can't be written, an input would be overwritten, or another command makes a large list there.
    """
    lists = out / PLACEMENTS, out / UNPLACED
    refuse_inputs(inputs, [*lists, *(path.with_suffix(PARQUET) for path in lists), out / REPORT, out / TIMING])
    loaded = time.perf_counter()
    with held(out) if partitions else nullcontext():
        result = match(
            inputs.experts,
            inputs.needs,
            inputs.settings,
            ratings=inputs.ratings,
            keep=inputs.keep,
            lexicon=inputs.lexicon,
            vectors=inputs.vectors,
            epoch=inputs.epoch,
            rank_by=partitions.rank if partitions else None,
            on_progress=on_progress,
        )
        matched = time.perf_counter()
        if partitions:
            give_back()
        save(inputs, result, out, as_parquet=as_parquet)
        _hand_on_demo_mark(inputs, out)
        saved = time.perf_counter()
        seconds = {"load": loaded - started, "match": matched - loaded, "save": saved - matched, "all": saved - started}
        save_timing(inputs, seconds, out)
    with suppress(KeyboardInterrupt):  # the list is there: whoever stops that now has it, and parts go another time
        clear_parts(out)
    return result


def refuse_inputs(inputs: Inputs, targets: Iterable[Path]) -> None:
    """Raise `StorageError` when a file to be written is one of the inputs."""
    refuse_over(inputs.paths.values(), targets)


def refuse_over(paths: Iterable[Path], targets: Iterable[Path]) -> None:
    """Raise `StorageError` when a file to be written is one of those that are read."""
    taken = {path.resolve() for path in paths}
    # The folder of word lists is one too: what else lies in it would be taken for a list.
    if over := {path for path in (target.resolve() for target in targets) if {path, path.parent} & taken}:
        raise StorageError([Problem(Message("output.over_input"), path=str(path)) for path in sorted(over)])


def save(inputs: Inputs, result: MatchResult, out: Path, *, as_parquet: bool = False) -> None:
    """Save the list, those left out and the report, and both lists as Parquet too where that is asked for."""
    lists = (PLACEMENTS, PLACEMENT_COLUMNS, result.lines), (UNPLACED, UNPLACED_COLUMNS, result.left_out)
    for name, columns, lines in lists:
        # Said once for both forms: sentences take longer than all the rest of a line.
        rows = [[sentence(cell) if isinstance(cell, Message) else cell for cell in line.values()] for line in lines]
        write_csv(out / name, columns, rows)
        parquet = (out / name).with_suffix(PARQUET)
        if as_parquet:
            write_parquet(parquet, columns, rows)
        else:  # one of an earlier run would be of another list
            parquet.unlink(missing_ok=True)
    write_json(out / REPORT, report_of(inputs, result))


def save_timing(inputs: Inputs, seconds: Mapping[str, float], out: Path) -> None:
    """Save what differs from run to run, so that the report does not: how long it took, and where the inputs were."""
    where = {role: str(path) for role, path in inputs.paths.items()}
    write_json(out / TIMING, {"seconds": {stage: round(took, 3) for stage, took in seconds.items()}, "inputs": where})


def report_of(inputs: Inputs, result: MatchResult) -> dict[str, object]:
    """
    Say what a list was made of and what is claimed of it: the same input gives the same report, to the byte.

    Returns
    -------
    dict
        Settings, objective, proposer, seed, digests of the inputs, versions, tokenizer, statistics, certificate.
    """
    chosen = inputs.settings.assignment
    profiles = result.ranking.ranker.profiles
    return {
        "settings": inputs.settings.model_dump(mode="json"),
        "objective": chosen.objective,
        "proposer": chosen.proposer,
        "seed": chosen.seed,
        "inputs": dict(inputs.digests),
        "versions": {"matcher": __version__, **{name: version(name) for name in ("numpy", "scipy", "scikit-learn")}},
        "tokenizer": {"name": profiles.tokenizer.name, "dictionary_sha256": inputs.lexicon.digest},
        "vectors": profiles.sources,
        "statistics": result.statistics,
        "certificate": asdict(result.certificate),
    }


def demo_mark(folder: Path) -> Path:
    """Name the file that says of a folder that it is a demonstration's: the others are as programs read them."""
    return folder / f"{label('papers.demo.short', 'zh')}.txt"


def _hand_on_demo_mark(inputs: Inputs, out: Path) -> None:
    """Mark a list as a demonstration's if what it was made of is; an earlier one in its place is no reason."""
    marks = [demo_mark(path.parent) for path in inputs.paths.values()]
    if mark := next((mark for mark in marks if mark.exists()), None):
        write_bytes(demo_mark(out), mark.read_bytes())
    else:
        demo_mark(out).unlink(missing_ok=True)


def read_paths(folder: Path) -> dict[str, Path]:
    """Say where the inputs of the run in a folder were, by role; empty where that is not recorded."""
    path = folder / TIMING
    try:
        return {role: Path(where) for role, where in json.loads(path.read_text(encoding="utf-8"))["inputs"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


class Source(BaseModel):
    """A file that a list was made of: its name and sha256."""

    file: str
    sha256: str


class Claims(BaseModel):
    """What a report claims of its list, as far as the audit looks at it."""

    model_config = ConfigDict(extra="allow")

    objective: str
    value: float
    bound: float
    gap: float
    n_blocking_pairs: int
    violations: list[object]
    scope: str
    proof: dict[str, object] = {}


class Report(BaseModel):
    """The part of ``report.json`` that the audit goes by; the rest of it is for people."""

    settings: Settings
    objective: str
    proposer: str
    seed: int
    inputs: dict[Literal["experts", "firms", "ratings", "keep", "lexicon", "vectors", "epoch"], Source]
    tokenizer: dict[str, str] = {}
    certificate: Claims


def read_report(folder: Path) -> dict[str, Any] | None:
    """
    Read the report that stands in a folder.

    Returns
    -------
    dict or None
        As written, and `Report` takes it; None where there is no report.

    Raises
    ------
    InputError
        When there is one that is none of ours.
    """
    path = folder / REPORT
    if not path.exists():
        return None
    try:
        report = json.loads(path.read_bytes())
        if not {"experts", "firms"} <= Report.model_validate(report).inputs.keys():
            raise ValueError("inputs")
    except (OSError, ValueError) as fault:
        raise InputError([Problem(Message("input.not_a_report"), path=str(path))]) from fault
    return report
