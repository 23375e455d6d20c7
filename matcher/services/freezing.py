"""What a run is made of, as files: the same that `matcher assign` and `matcher audit` read, so both do the same."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from matcher.assignment import rules_of
from matcher.domain.errors import InputError
from matcher.domain.messages import Message, Problem
from matcher.domain.records import Expert, Need, Rating
from matcher.domain.settings import Settings
from matcher.files import write_bytes
from matcher.files.record_text import records_csv
from matcher.files.settings import parse_settings
from matcher.files.settings_text import settings_text
from matcher.files.writing import cell_text, csv_bytes
from matcher.services.forms import market_of
from matcher.services.inputs import Inputs, Options, confirm_objective, earlier_pairs, load_inputs
from matcher.services.rounds import confirm_no_files
from matcher.store import Reader
from matcher.store.entities import EarlierPair, EarlierRating, Objection, PlacedPair, Round, Run, Scenario
from matcher.store.schema import form_fields

EXPERTS, FIRMS, RATINGS, KEEP, SETTINGS = "experts.csv", "firms.csv", "ratings.csv", "keep.csv", "settings.toml"
FROZEN = (EXPERTS, FIRMS, RATINGS, KEEP, SETTINGS)
_KEEP_COLUMNS = ("firm_id", "need_id", "expert_id")


def freeze(view: Reader, round_: Round, settings: Settings) -> dict[str, bytes]:
    """
    Write out what a run of a round is made of.

    Parameters
    ----------
    view : Reader
    round_ : Round
    settings : Settings
        Of the scenario.

    Returns
    -------
    dict of str to bytes
        By file name: ``experts.csv``, ``firms.csv`` with accepted forms alone; ``ratings.csv`` and ``keep.csv`` where
        there is anything in them; ``settings.toml``, with what the round adds. The same rows give the same bytes.

    Raises
    ------
    InputError
        When a side has no accepted form.
    SettingsError
        When the settings name a file: a run knows the database alone.
    """
    experts, needs = _both_sides(view, round_, settings)
    files = {EXPERTS: records_csv("experts", experts), FIRMS: records_csv("firms", needs)}
    keep = [(row.firm_id, row.need_id, row.expert_id) for row in _to_keep(view, round_)]
    files |= earlier_files(earlier_ratings(view, round_.batch_id), keep)
    files[SETTINGS] = settings_text(with_round(view, round_, settings)).encode()
    return files


def unfrozen(view: Reader, round_: Round, settings: Settings) -> Inputs:
    """
    Give what `load_frozen` would of `freeze`, without a file: for a question that is asked again and again.

    Raises what `freeze` does, and `SettingsError` where a rule names what is not there.
    """
    experts, needs = _both_sides(view, round_, settings)
    chosen = with_round(view, round_, settings)
    confirm_objective(chosen)
    keep, _ = earlier_pairs(_to_keep(view, round_), experts, needs)
    return Inputs(
        experts=experts,
        needs=needs,
        ratings=earlier_ratings(view, round_.batch_id),
        settings=chosen,
        keep=keep,
        rules=rules_of(chosen.assignment, experts, needs, keep),
    )


def is_of_settings(view: Reader, run: Run, scenario: Scenario) -> bool:
    """
    Tell whether a run was made of the settings that its scenario has now.

    Another name changes nothing, nor does what was changed and changed back; nor does what the round itself adds, which
    is told where it matters.
    """
    if run.scenario_version == scenario.version:
        return True
    round_ = view.get(Round, id=scenario.round_id)
    frozen = parse_settings(view.file(run.inputs[SETTINGS]).decode(), SETTINGS)
    then, now = (
        with_round(view, round_, settings).model_dump()
        for settings in (frozen, Settings.model_validate(scenario.settings))
    )
    for settings in (then, now):  # the order in which pairs were added says nothing
        settings["assignment"] |= {name: sorted(settings["assignment"][name]) for name in ("locks", "bans")}
    return then == now


def earlier_files(ratings: Sequence[Rating], keep: Sequence[tuple[str, str, str]]) -> dict[str, bytes]:
    """
    Write out what is known of earlier placements.

    Parameters
    ----------
    ratings : sequence of Rating
    keep : sequence of (str, str, str)
        Ids of firm, need and expert.

    Returns
    -------
    dict of str to bytes
        ``ratings.csv`` and ``keep.csv``, each where there is anything in it.
    """
    files = {}
    if ratings:
        files[RATINGS] = records_csv("ratings", ratings)
    if keep:
        files[KEEP] = csv_bytes(_KEEP_COLUMNS, [list(map(cell_text, row)) for row in sorted(keep)])
    return files


def load_frozen(files: Mapping[str, bytes], folder: Path) -> Inputs:
    """
    Lay frozen files out in a folder, and load them as the command line does.

    Parameters
    ----------
    files : mapping of str to bytes
        As `freeze` gives them.
    folder : path

    Returns
    -------
    Inputs
    """
    for name, content in files.items():
        write_bytes(folder / name, content)
    given = {name: folder / name for name in files}
    options = Options(settings=given[SETTINGS], ratings=given.get(RATINGS), keep=given.get(KEEP))
    return load_inputs(given[EXPERTS], given[FIRMS], options)


def earlier_ratings(view: Reader, batch_id: int) -> list[Rating]:
    """Give the ratings that a batch began with, in their order."""
    rows = view.listed(EarlierRating, batch_id=batch_id)
    return [Rating(**{name: getattr(row, name) for name in form_fields(Rating)}) for row in rows]


def _both_sides(view: Reader, round_: Round, settings: Settings) -> tuple[list[Expert], list[Need]]:
    """Give whom a run places; there must be somebody on either side, and no file in the settings."""
    experts, needs = market_of(view, round_.id)
    empty = [column for column, side in (("experts.expert_id", experts), ("firms.need_id", needs)) if not side]
    if empty:
        raise InputError([Problem(Message("runs.nobody_accepted"), column=column) for column in empty])
    confirm_no_files(settings)
    return experts, needs


def _to_keep(view: Reader, round_: Round) -> Sequence[EarlierPair | PlacedPair]:
    """List the pairs to keep where that can be: of the batch before, or of the rounds before one that adjusts."""
    if round_.kind == "first":
        return view.listed(EarlierPair, batch_id=round_.batch_id)
    if round_.kind == "adjustment":
        return view.listed(PlacedPair, batch_id=round_.batch_id, state="active")
    return ()


def with_round(view: Reader, round_: Round, settings: Settings) -> Settings:
    """Add what the round says: what is placed stays if it is supplementary, and pairs that failed are banned."""
    chosen = settings.assignment
    locks = (*chosen.locks, *fixed_locks(view, round_))
    bans = (*chosen.bans, *fixed_bans(view, round_))
    update = {"locks": tuple(dict.fromkeys(locks)), "bans": tuple(dict.fromkeys(bans))}
    return settings.model_copy(update={"assignment": chosen.model_copy(update=update)})


def fixed_bans(view: Reader, round_: Round) -> tuple[tuple[str, str], ...]:
    """Give the pairs that failed in this batch: declined, left early, or lost an objection, withdrawn or not."""
    ended = view.listed(PlacedPair, batch_id=round_.batch_id, ending=("declined", "objection", "quit"))
    withdrawn = view.listed(PlacedPair, batch_id=round_.batch_id, ending="withdrawn")
    upheld = view.listed(Objection, placement_id=tuple(row.id for row in withdrawn), upheld=True)
    against = {objection.placement_id for objection in upheld}
    return tuple(row.pair for row in (*ended, *(row for row in withdrawn if row.id in against)))


def fixed_locks(view: Reader, round_: Round) -> tuple[tuple[str, str], ...]:
    """Give the pairs that stay whatever a scenario says: in a supplementary round, those in force."""
    if round_.kind != "supplementary":
        return ()
    return tuple(row.pair for row in view.listed(PlacedPair, batch_id=round_.batch_id, state="active"))
