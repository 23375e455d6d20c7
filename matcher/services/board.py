"""The result of the main job as a page shows it: the list, who was left out, and whether it can still be explained."""

import csv
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import BaseModel, ValidationError

from matcher import __version__
from matcher.assignment import Assignment, Certificate, Market, Rules, audit_under
from matcher.domain.errors import InputError, MatcherError, SettingsError
from matcher.domain.messages import Message, Problem
from matcher.domain.records import Expert, Need, Placement
from matcher.domain.settings import Proposer, Settings
from matcher.files import load_placements
from matcher.files.lexicon import read_lexicon
from matcher.placement import line_problems, unplaced_list
from matcher.ranking import Ranking
from matcher.ranking.bars import OVERRULED, Bar
from matcher.ranking.cells import Grid
from matcher.services.asking import market_with
from matcher.services.inputs import Options, load_inputs
from matcher.services.placing import PLACEMENTS, REPORT, UNPLACED, read_paths, read_report
from matcher.services.searching import holding
from matcher.text import package_lexicon

FAR_DOWN = 5
"""Ranks beyond it are worth a look."""


class _Input(BaseModel):
    file: str
    sha256: str


class _Township(BaseModel):
    needs: int
    placed: int


class _Institution(BaseModel):
    pairs: int
    share: float


class _Statistics(BaseModel):
    pairs: int
    experts: int
    experts_placed: int
    needs: int
    needs_placed: int
    firms: int
    firm_first_choices: int
    expert_first_choices: int
    fit_mean: float | None
    calibrated: bool
    townships: dict[str, _Township]
    institutions: dict[str, _Institution]


class _Report(BaseModel):
    """What is shown of a report; what it must hold for that."""

    proposer: Proposer
    seed: int
    inputs: dict[str, _Input]
    versions: dict[str, str]
    tokenizer: dict[str, str]
    statistics: _Statistics
    certificate: Certificate


@dataclass(frozen=True, slots=True)
class Left:
    """
    A need or an expert without a placement.

    Parameters
    ----------
    side : {"firm", "expert"}
    id, name : str
    about, township : str
        The need's title and township, or the expert's institution; empty where the records are not at hand.
    free_places : int
    reason : Message or str
        A text where it comes from the file alone, in the language of the run.
    """

    side: str
    id: str
    name: str
    about: str
    township: str
    free_places: int
    reason: Message | str


@dataclass(frozen=True, eq=False)
class Rebuilt:
    """Ranking, market and rules, made again from the inputs that the report names, and the pairs of the list."""

    ranking: Ranking
    market: Market
    pairs: list[tuple[str, str]]
    rules: Rules = field(default=Rules())
    views: dict[tuple[str, str], Any] = field(default_factory=dict, repr=False)
    """What was shown of pairs, by need and expert: the same whenever somebody looks again."""

    def may_be_locked(self, need_id: str, expert_id: str) -> bool:
        """Tell whether nothing bars a pair but a small fit, which a lock overrules; locks and bans are not asked."""
        i, j = self.ranking.need_position.get(need_id), self.ranking.expert_position.get(expert_id)
        return i is not None and j is not None and bool(self._lockable[i, j])

    @cached_property
    def _lockable(self) -> np.ndarray:
        ranker = self.ranking.ranker
        shape = len(ranker.needs), len(ranker.experts)
        fits = np.zeros(shape, dtype=bool)
        return np.isin(ranker.bars.of(Grid(np.arange(shape[0])), np.ones(shape), fits, fits), (Bar.NONE, *OVERRULED))


@dataclass(frozen=True, eq=False)
class Board:
    """
    A result, ready to be shown; read-only, so that everybody who looks may share it.

    Attributes
    ----------
    report : mapping
        As the run wrote it.
    certificate : Certificate
        What the report claims.
    placements : tuple of Placement
        The best fit first.
    left : tuple of Left
        Needs first, then experts, each by id.
    rebuilt : Rebuilt or None
        What explains a pair; None where the inputs are no longer those of the run, and then ``outdated`` says why.
    outdated : tuple of Message or Problem
    departures : tuple of Message or Problem
        Where the list departs from the rules, from its inputs or from its report.
    blocking_pairs : tuple of (str, str)
        Found by the audit just now; empty where nothing could be rebuilt.
    """

    report: Mapping[str, Any]
    certificate: Certificate
    placements: tuple[Placement, ...]
    left: tuple[Left, ...]
    rebuilt: Rebuilt | None
    outdated: tuple[Message | Problem, ...]
    departures: tuple[Message | Problem, ...]
    blocking_pairs: tuple[tuple[str, str], ...]

    @property
    def is_calibrated(self) -> bool:
        """Whether the fits of the list are chances of a good rating, as the report says."""
        return self.report["statistics"]["calibrated"]

    @property
    def n_blocking_pairs(self) -> int:
        """Blocking pairs: counted just now where that can be, else as the report claims."""
        return len(self.blocking_pairs) if self.rebuilt else self.certificate.n_blocking_pairs


def load_board(out: Path) -> Board | None:
    """
    Read the result of the main job and, where its inputs are still the same, make the market again.

    Parameters
    ----------
    out : path
        Folder of a run.

    Returns
    -------
    Board or None
        None where no run has left anything.

    Raises
    ------
    InputError
        When what is there is damaged or incomplete: every problem with its file.
    """
    report = read_report(out)
    if report is None and not (out / PLACEMENTS).exists():
        return None
    if report is None:
        raise InputError([Problem(Message("page.incomplete", {"name": REPORT}), path=str(out))])
    certificate = _certificate(report, out)
    lines = _lines(report, out)
    pairs = [(line.need_id, line.expert_id) for line in lines]
    rebuilt, outdated = _rebuild(report, out, pairs)
    departures: list[Message | Problem] = []
    if len(lines) != report["statistics"]["pairs"]:
        departures.append(Message("audit.other_value", {"claimed": report["statistics"]["pairs"], "count": len(lines)}))
    blocking: Sequence[tuple[str, str]] = ()
    if rebuilt is not None:
        term = Settings.model_validate(report["settings"]).term
        found = audit_under(rebuilt.market, pairs, rebuilt.rules)
        wrong = line_problems(rebuilt.ranking, rebuilt.market, lines, term, PLACEMENTS, rules=rebuilt.rules)
        departures += [*found.violations, *wrong]
        blocking = found.blocking_pairs
    return Board(
        report=report,
        certificate=certificate,
        placements=tuple(sorted(lines, key=lambda line: (-(line.fit or 0), line.need_id, line.expert_id))),
        left=tuple(_left(rebuilt, certificate, out)),
        rebuilt=rebuilt,
        outdated=tuple(outdated),
        departures=tuple(departures),
        blocking_pairs=tuple(blocking),
    )


def search(board: Board, words: str, lines: Iterable[Placement]) -> list[Placement]:
    """
    Keep the lines that hold every word: in names, ids, townships, titles, and in both texts where they are at hand.

    Parameters
    ----------
    board : Board
    words : str
        Parted by spaces; case and full-width forms do not matter. Empty: everything is kept.
    lines : iterable of Placement

    Returns
    -------
    list of Placement
        In the order given.
    """
    return holding(words, lines, lambda line: _texts(board, line))


def search_left(words: str, lines: Iterable[Left], said: Mapping[Left, str]) -> list[Left]:
    """Keep those left out that hold every word; ``said`` has each one's reason as a sentence."""
    return holding(words, lines, lambda line: " ".join((line.id, line.name, line.about, line.township, said[line])))


def is_far_down(line: Placement) -> bool:
    """Whether a side got somebody from far down its list."""
    return max(line.firm_rank or 0, line.expert_rank or 0) > FAR_DOWN


def is_mutual_first(line: Placement) -> bool:
    """Whether each side is the other's first."""
    return line.firm_rank == 1 and line.expert_rank == 1


def is_wished(board: Board, line: Placement) -> bool:
    """Whether a side had named the other; never where the inputs are not at hand."""
    if board.rebuilt is None:
        return False
    ranking = board.rebuilt.ranking
    wishes = ranking.ranker.wishes
    i, j = ranking.need_position.get(line.need_id), ranking.expert_position.get(line.expert_id)
    return i is not None and j is not None and bool(wishes.firm_tier[i, j] or wishes.expert_tier[i, j])


def records_of(rebuilt: Rebuilt, need_id: str, expert_id: str) -> tuple[Need, Expert] | None:
    """Find both records of a pair; None where the inputs lack one."""
    ranking = rebuilt.ranking
    i, j = ranking.need_position.get(need_id), ranking.expert_position.get(expert_id)
    return None if i is None or j is None else (ranking.ranker.needs[i], ranking.ranker.experts[j])


def _certificate(report: Mapping[str, Any], out: Path) -> Certificate:
    """Make sure that all that is shown of a report is there, and read what it claims."""
    try:
        return _Report.model_validate(report).certificate
    except ValidationError as fault:
        raise InputError([Problem(Message("input.not_a_report"), path=str(out / REPORT))]) from fault


def _lines(report: Mapping[str, Any], out: Path) -> list[Placement]:
    if not (out / PLACEMENTS).exists():
        raise InputError([Problem(Message("page.incomplete", {"name": PLACEMENTS}), path=str(out))])
    loaded = load_placements(out / PLACEMENTS)
    # A run that places nobody writes a header alone, which the reader otherwise takes for a mistake.
    empty = report["statistics"]["pairs"] == 0 and [p.message.code for p in loaded.problems] == ["input.no_rows"]
    if loaded.problems and not empty:
        raise InputError(loaded.problems)
    return loaded.records


def _rebuild(
    report: Mapping[str, Any], out: Path, pairs: list[tuple[str, str]]
) -> tuple[Rebuilt | None, list[Message | Problem]]:
    """Make ranking and market again, or say what keeps us from it."""
    recorded, paths = report["inputs"], read_paths(out)
    wrong: list[Message | Problem] = []
    for role, source in recorded.items():
        found = _digest(role, paths[role]) if role in paths else None
        if found is None:
            wrong.append(Message("page.outdated.missing", {"name": source["file"]}))
        elif found != source["sha256"]:
            wrong.append(Message("page.outdated.changed", {"name": source["file"]}))
    if report["versions"].get("matcher") != __version__:
        wrong.append(Message("page.outdated.version", {"version": __version__}))
    lists = recorded["lexicon"]["sha256"] if "lexicon" in recorded else package_lexicon().digest
    if report["tokenizer"].get("dictionary_sha256") != lists:
        wrong.append(Message("page.outdated.dictionary"))
    if wrong:
        return None, wrong
    try:
        options = Options(
            ratings=paths.get("ratings"),
            keep=paths.get("keep"),
            lexicon=paths.get("lexicon"),
            vectors=paths.get("vectors"),
            epoch=paths.get("epoch"),
        )
        inputs = load_inputs(paths["experts"], paths["firms"], options, Settings.model_validate(report["settings"]))
        ranking, market = market_with(inputs, pairs)
    except MatcherError as fault:
        return None, list(fault.messages)
    return Rebuilt(ranking, market, pairs, inputs.rules), []


def _left(rebuilt: Rebuilt | None, certificate: Certificate, out: Path) -> list[Left]:
    """List who was left out: with reasons made anew where that can be, so that they speak either language."""
    if rebuilt is None or any(pair not in rebuilt.market.position for pair in rebuilt.pairs):
        return _left_as_written(out / UNPLACED)
    pairs = sorted(rebuilt.pairs)
    positions = tuple(rebuilt.market.position[pair] for pair in pairs)
    found: list[Left] = []
    assignment = Assignment(pairs, certificate, positions, rebuilt.rules)
    for line in unplaced_list(rebuilt.ranking, rebuilt.market, assignment):
        side, name = str(line["side"]), str(line["id"])
        about, township = _about(rebuilt.ranking, side, name)
        reason = line["reason"]
        places = int(str(line["free_places"]))
        found.append(
            Left(side, name, str(line["name"]), about, township, places, reason if isinstance(reason, Message) else "")
        )
    return found


def _about(ranking: Ranking, side: str, name: str) -> tuple[str, str]:
    if side == "firm":
        need = ranking.ranker.needs[ranking.need_position[name]]
        return need.need_title, need.township
    return ranking.ranker.experts[ranking.expert_position[name]].institution, ""


def _left_as_written(path: Path) -> list[Left]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
        return [
            Left(row["side"], row["id"], row["name"], "", "", int(row["free_places"]), row["reason"]) for row in rows
        ]
    except (OSError, KeyError, ValueError, TypeError) as fault:
        values = {"name": path.name}
        raise InputError([Problem(Message("page.incomplete", values), path=str(path.parent))]) from fault


def _texts(board: Board, line: Placement) -> str:
    texts = [
        *(line.firm_id, line.need_id, line.firm, line.township, line.industry, line.need_title),
        *(line.expert_id, line.expert, line.institution, line.expert_title),
    ]
    records = records_of(board.rebuilt, line.need_id, line.expert_id) if board.rebuilt else None
    if records:
        need, expert = records
        texts += [need.need_detail, need.products, expert.profile, expert.discipline]
    return "\n".join(texts)


def _digest(role: str, path: Path) -> str | None:
    """Digest an input as the report does; None where it is gone."""
    if role != "lexicon":
        return _sha256(path)
    try:
        return read_lexicon(path).digest
    except SettingsError:
        return _sha256(path)


def _sha256(path: Path) -> str | None:
    """Digest the bytes of a file, or of the files in a folder."""
    try:
        if path.is_dir():
            inner = (f"{part.name}\0{_sha256(part)}" for part in sorted(path.iterdir()))
            return hashlib.sha256("\n".join(inner).encode()).hexdigest()
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return None
