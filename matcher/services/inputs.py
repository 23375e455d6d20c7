"""Loading what a run needs, with every problem of every file at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from matcher.assignment import find_objective
from matcher.domain.errors import InputError
from matcher.domain.messages import Message, Problem
from matcher.domain.records import Expert, Need, Rating
from matcher.domain.references import reference_problems
from matcher.domain.settings import Settings
from matcher.files import Loaded, load_experts, load_firms, load_ratings, read_settings
from matcher.ranking.bars import near_misses


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
    """

    settings: Path | None = None
    ratings: Path | None = None
    objective: str | None = None
    proposer: str | None = None
    seed: int | None = None

    @property
    def is_empty(self) -> bool:
        """Whether nothing was chosen."""
        return self == Options()

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


@dataclass(frozen=True, slots=True)
class Inputs:
    """
    Everything that a run is made of.

    Attributes
    ----------
    experts, needs, ratings : lists of records
    settings : Settings
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
    digests: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    paths: Mapping[str, Path] = field(default_factory=dict)
    warnings: tuple[Problem, ...] = ()


def load_inputs(experts: Path, firms: Path, options: Options, settings: Settings | None = None) -> Inputs:
    """
    Read both spreadsheets, and ratings and settings where given.

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
        With every fault of the settings file.
    """
    of_experts, of_firms = load_experts(experts), load_firms(firms)
    of_ratings = load_ratings(options.ratings) if options.ratings else None
    loaded = {"experts": (experts, of_experts), "firms": (firms, of_firms)}
    if of_ratings is not None and options.ratings:
        loaded["ratings"] = (options.ratings, of_ratings)
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
    warnings += _without_effect(of_experts.records, of_firms.records, of_ratings.records if of_ratings else [], loaded)
    chosen = options.resolve(settings)
    find_objective(chosen.assignment.objective)
    return Inputs(
        experts=of_experts.records,
        needs=of_firms.records,
        ratings=of_ratings.records if of_ratings else [],
        settings=chosen,
        digests={role: {"file": path.name, "sha256": part.digest} for role, (path, part) in loaded.items()},
        paths={role: path.resolve() for role, (path, _) in loaded.items()},
        warnings=tuple(warnings),
    )


def _without_effect(
    experts: Sequence[Expert],
    needs: Sequence[Need],
    ratings: Sequence[Rating],
    loaded: Mapping[str, tuple[Path, Loaded]],
) -> list[Problem]:
    """Find what was stated and does nothing: ratings of nobody, and who takes only those named and names nobody."""
    expert_ids, firm_ids = {expert.expert_id for expert in experts}, {need.firm_id for need in needs}
    found = []
    strange = [line for line in ratings if line.expert_id not in expert_ids or line.firm_id not in firm_ids]
    if strange:
        values = {"count": len(strange), "rows": tuple(str(line.row) for line in strange[:5])}
        found.append(Problem(Message("input.ratings_of_nobody", values), str(loaded["ratings"][0])))
    found += [
        Problem(Message("input.names_nobody"), str(loaded["experts"][0]), expert.row, "experts.accepts_others")
        for expert in experts
        if not expert.accepts_others and not expert.preferred_firms
    ]
    found += [
        Problem(Message("input.names_nobody"), str(loaded["firms"][0]), need.row, "firms.accepts_others")
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
