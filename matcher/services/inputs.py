"""Loading what a run needs, with every problem of every file at once."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from matcher.assignment import Rules, find_objective, rules_of
from matcher.domain.errors import InputError, SettingsError
from matcher.domain.messages import Message, Problem
from matcher.domain.records import Expert, Need, Rating
from matcher.domain.references import reference_problems
from matcher.domain.settings import Settings
from matcher.files import (
    load_experts,
    load_firms,
    load_placements,
    load_ratings,
    read_settings,
)
from matcher.files.epochs import read_epoch
from matcher.files.lexicon import read_lexicon
from matcher.files.limits import OWN
from matcher.files.vectors import read_vectors
from matcher.ranking.bars import near_misses
from matcher.text import Epoch, Lexicon, StoredVectors, Tokenizer, package_lexicon, tokenizer_named

_KNOWN = 0.9
"""Share of what profiles say that an epoch should know: below it, it is worth a look whether to begin another."""


@dataclass(frozen=True, slots=True)
class Options:
    """
    What a person chooses for a run, as given; None where nothing was said.

    Parameters
    ----------
    settings : path or None
        A settings file.
    ratings : path or None
        Ratings of earlier years.
    objective, proposer, seed
        Stand above the settings file.
    keep : path or None
        An earlier placement list.
    lexicon : path or None
        A folder of word lists; stands above the settings file.
    vectors, epoch : path or None
        A file of vectors, and one of an epoch; likewise.
    """

    settings: Path | None = None
    ratings: Path | None = None
    objective: str | None = None
    proposer: str | None = None
    seed: int | None = None
    keep: Path | None = None
    lexicon: Path | None = None
    vectors: Path | None = None
    epoch: Path | None = None

    def resolve(self, settings: Settings | None = None) -> Settings:
        """
        Make settings of the file, or of those given, and of what stands above it.

        Raises
        ------
        SettingsError
            With every fault of the file.
        """
        base = settings or (read_settings(self.settings) if self.settings else Settings())
        chosen = {"objective": self.objective, "proposer": self.proposer, "seed": self.seed}
        assignment = {**base.assignment.model_dump(), **{k: v for k, v in chosen.items() if v is not None}}
        return base.model_copy(update={"assignment": type(base.assignment).model_validate(assignment)})

    def named_in(self, settings: Settings, role: Literal["lexicon", "vectors", "epoch"]) -> Path | None:
        """Find word lists, vectors or an epoch: what settings name lies where the file says, seen from there."""
        given, named = getattr(self, role), getattr(settings.text, role)
        if given is not None or not named:
            return given
        return (self.settings.parent if self.settings else Path()) / named

    def read_lexicon(self, settings: Settings) -> Lexicon:
        """Read the word lists that are to be gone by: those of a folder that is named, else the package's."""
        folder = self.named_in(settings, "lexicon")
        return read_lexicon(folder) if folder else package_lexicon()

    def read_vectors(self, settings: Settings) -> StoredVectors | None:
        """Read the vectors that are to be gone by, if a file of them is named."""
        file = self.named_in(settings, "vectors")
        return read_vectors(file) if file else None

    def read_epoch(self, settings: Settings) -> Epoch | None:
        """Read the epoch that is to be gone by, if a file of one is named."""
        file = self.named_in(settings, "epoch")
        return read_epoch(file) if file else None


@dataclass(frozen=True, slots=True)
class Inputs:
    """
    Everything that a run is made of.

    Attributes
    ----------
    experts, needs, ratings : lists of records
    settings : Settings
    keep : list of (str, str)
        Pairs of the earlier list: the id of a need, or of a firm where its need of then is gone, and of an expert.
    rules : Rules
        Of the settings, for these records.
    lexicon : Lexicon
        The lists that texts are read with.
    vectors : StoredVectors or None
        Of the semantic channel; None: learned on the profiles.
    epoch : Epoch or None
        By which texts are weighed; None: learned on the profiles.
    digests : mapping of str to mapping
        File name and sha256 of each input, by its role.
    paths : mapping of str to path
        Where each input is, by its role.
    warnings : tuple of Problem
        What is worth a look and stops nothing.
    """

    experts: list[Expert]
    needs: list[Need]
    ratings: list[Rating]
    settings: Settings
    keep: list[tuple[str, str]] = field(default_factory=list)
    rules: Rules = field(default=Rules(), repr=False)
    lexicon: Lexicon = field(default_factory=package_lexicon, repr=False)
    vectors: StoredVectors | None = field(default=None, repr=False)
    epoch: Epoch | None = field(default=None, repr=False)
    digests: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    paths: Mapping[str, Path] = field(default_factory=dict)
    warnings: tuple[Problem, ...] = ()


def load_inputs(experts: Path, firms: Path, options: Options, settings: Settings | None = None) -> Inputs:
    """
    Read both spreadsheets, and ratings, an earlier list and settings where given.

    Parameters
    ----------
    experts, firms : path
    options : Options
    settings : Settings or None
        In place of the options' file, as a report has them.

    Returns
    -------
    Inputs

    Raises
    ------
    InputError
        With every problem of every file, and between them.
    SettingsError
        With every fault of the settings file, and every rule in it that names what is not there; with every fault of
        the word lists that it names.
    """
    of_experts, of_firms = load_experts(experts, OWN), load_firms(firms, OWN)
    of_ratings = load_ratings(options.ratings, OWN) if options.ratings else None
    loaded = {"experts": (experts, of_experts), "firms": (firms, of_firms)}
    if of_ratings is not None and options.ratings:
        loaded["ratings"] = (options.ratings, of_ratings)
    of_keep = load_placements(options.keep, OWN) if options.keep else None
    if of_keep is not None and options.keep:
        loaded["keep"] = (options.keep, of_keep)
    problems = [problem for _, part in loaded.values() for problem in part.problems]
    warnings = [warning for _, part in loaded.values() for warning in part.warnings]
    between = reference_problems(of_experts.records, of_firms.records, experts_path=str(experts), firms_path=str(firms))
    # Rows that failed are missing from the records, so of what refers to them nothing can be said until they are right.
    problems += [found for found in between if not problems or found.message.code == "input.repeated_id"]
    if problems:
        raise InputError(problems, warnings)
    for need, name, institution in near_misses(of_experts.records, of_firms.records):
        values = {"value": name, "institution": institution}
        warnings.append(Problem(Message("input.near_miss", values), str(firms), need.row, "firms.related_institutions"))
    named = {role: str(path) for role, (path, _) in loaded.items()}
    warnings += without_effect(of_experts.records, of_firms.records, of_ratings.records if of_ratings else [], named)
    keep, gone = earlier_pairs(of_keep.records if of_keep else [], of_experts.records, of_firms.records)
    if gone:
        values = {"count": len(gone), "rows": tuple(str(line.row) for line in gone[:5])}
        warnings.append(Problem(Message("input.keep_gone", values), str(options.keep)))
    chosen = options.resolve(settings)
    confirm_objective(chosen)
    digests = {role: {"file": path.name, "sha256": part.digest} for role, (path, part) in loaded.items()}
    paths = {role: path.resolve() for role, (path, _) in loaded.items()}
    lexicon = options.read_lexicon(chosen)
    if folder := options.named_in(chosen, "lexicon"):
        digests["lexicon"] = {"file": folder.resolve().name, "sha256": lexicon.digest}
        paths["lexicon"] = folder.resolve()
    vectors, epoch = options.read_vectors(chosen), options.read_epoch(chosen)
    for role in ("vectors", "epoch"):
        if file := options.named_in(chosen, role):
            digests[role] = {"file": file.name, "sha256": hashlib.sha256(file.read_bytes()).hexdigest()}
            paths[role] = file.resolve()
    if epoch:
        epoch.confirm(chosen.text, lexicon, vectors)
        warnings += _old(epoch, of_experts.records, lexicon, tokenizer_named(chosen.text.tokenizer, lexicon))
    return Inputs(
        experts=of_experts.records,
        needs=of_firms.records,
        ratings=of_ratings.records if of_ratings else [],
        settings=chosen,
        keep=keep,
        rules=_rules(
            chosen, of_experts.records, of_firms.records, keep, options.settings if settings is None else None
        ),
        lexicon=lexicon,
        vectors=vectors,
        epoch=epoch,
        digests=digests,
        paths=paths,
        warnings=tuple(warnings),
    )


def _old(epoch: Epoch, experts: Sequence[Expert], lexicon: Lexicon, tokenizer: Tokenizer) -> list[Problem]:
    """Warn where too much of what people say is of no weight, because nobody said it when the epoch began."""
    known = epoch.known([expert.profile for expert in experts], lexicon, tokenizer)
    return [Problem(Message("epoch.old", {"share": f"{known:.0%}"}), epoch.name)] if known < _KNOWN else []


def confirm_objective(settings: Settings) -> None:
    """Raise `SettingsError` before any work for what `assign` would refuse after it."""
    find_objective(settings.assignment.objective)
    bonus = settings.assignment.keep_bonus
    if settings.assignment.objective == "stable" and bonus:
        raise SettingsError([Message("settings.keep_bonus_with_stable", {"value": bonus})])


def _rules(
    settings: Settings,
    experts: Sequence[Expert],
    needs: Sequence[Need],
    keep: Sequence[tuple[str, str]],
    path: Path | None,
) -> Rules:
    """Apply the rules to the records; what is wrong is wrong in the settings file."""
    try:
        return rules_of(settings.assignment, experts, needs, keep)
    except SettingsError as fault:
        if path is None:
            raise
        found = [Problem(m, path=str(path)) if isinstance(m, Message) else m for m in fault.messages]
        raise SettingsError(found) from None


def earlier_pairs(
    lines: Sequence[Any], experts: Sequence[Expert], needs: Sequence[Need]
) -> tuple[list[tuple[str, str]], list[Any]]:
    """
    Part the lines of an earlier list into pairs, each once, and those of whom a side is gone.

    Parameters
    ----------
    lines : sequence of Placement, or of what else has the ids of firm, need and expert
    experts, needs : sequences of records
        Of now.

    Returns
    -------
    list of (str, str)
        Ids of a need, or of a firm where its need of then is gone, and of an expert.
    list of those lines
    """
    expert_ids = {expert.expert_id for expert in experts}
    known = {name for need in needs for name in (need.need_id, need.firm_id)}
    pairs, gone = {}, []
    for line in lines:
        name = line.need_id if line.need_id in known else line.firm_id
        if name in known and line.expert_id in expert_ids:
            pairs[name, line.expert_id] = None
        else:
            gone.append(line)
    return list(pairs), gone


def without_effect(
    experts: Sequence[Expert], needs: Sequence[Need], ratings: Sequence[Rating], paths: Mapping[str, str]
) -> list[Problem]:
    """
    Find what was stated and does nothing: ratings of nobody, and who takes only those named and names nobody.

    Parameters
    ----------
    experts, needs, ratings : sequences of records
    paths : mapping of str to str
        The files of experts, firms and ratings, to be named in the problems.

    Returns
    -------
    list of Problem
        Warnings.
    """
    expert_ids, firm_ids = {expert.expert_id for expert in experts}, {need.firm_id for need in needs}
    found = []
    strange = [line for line in ratings if line.expert_id not in expert_ids or line.firm_id not in firm_ids]
    if strange:
        values = {"count": len(strange), "rows": tuple(str(line.row) for line in strange[:5])}
        found.append(Problem(Message("input.ratings_of_nobody", values), paths.get("ratings", "")))
    found += [
        Problem(Message("input.names_nobody"), paths.get("experts", ""), expert.row, "experts.accepts_others")
        for expert in experts
        if not expert.accepts_others and not expert.preferred_firms
    ]
    found += [
        Problem(Message("input.names_nobody"), paths.get("firms", ""), need.row, "firms.accepts_others")
        for need in needs
        if not need.accepts_others and not need.preferred_experts
    ]
    return found


def find_needs(inputs: Inputs, firm_id: str) -> list[Need]:
    """
    Find the needs that an id means: one need, or all needs of a firm; by id.

    Raises
    ------
    InputError
        When there is none.
    """
    found = [need for need in inputs.needs if firm_id in (need.firm_id, need.need_id)]
    if not found:
        raise InputError([Problem(Message("input.no_such_firm", {"value": firm_id}))])
    return sorted(found, key=lambda need: need.need_id)


def find_expert(inputs: Inputs, expert_id: str) -> Expert:
    """
    Find an expert by id.

    Raises
    ------
    InputError
        When there is none.
    """
    for expert in inputs.experts:
        if expert.expert_id == expert_id:
            return expert
    raise InputError([Problem(Message("input.no_such_expert", {"value": expert_id}))])
