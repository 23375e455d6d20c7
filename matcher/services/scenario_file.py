"""The settings of a scenario as a file: what an analyst hands to the office, and anybody to the command line."""

from collections.abc import Mapping
from typing import Any, get_args

from matcher.domain.errors import SettingsError
from matcher.domain.messages import Message
from matcher.domain.roles import Principal
from matcher.domain.settings import CalibrationSettings, Logistic, RankingSettings, Settings, Side, Weights
from matcher.files.settings import settings_in, settings_of
from matcher.files.settings_text import settings_text
from matcher.language import sentence
from matcher.services.papers import Paper
from matcher.services.permissions import permitted
from matcher.services.scenarios import create, scenario_for
from matcher.store import Store
from matcher.store.entities import Mark, Scenario

TOML = "application/toml; charset=utf-8"
"""Its media type, as IANA has it."""
_LANGUAGE = "zh"
"""Of papers: the office's."""


_SIDES: tuple[Side, ...] = get_args(Side)
_WEIGHTS = tuple(f"{side}.{part}" for side in _SIDES for part in Weights.model_fields)
_WORTH = tuple(f"calibration.{side}.{part}" for side in _SIDES for part in Logistic.model_fields)


@permitted
def settings_toml(
    store: Store, who: Principal, scenario_id: int, *, seen: str | None = None, asked: Mapping[str, str] | None = None
) -> Paper:
    """
    Write the settings of a scenario as a settings file, with other weights where some are asked for; it is on record.

    An analyst gets them without locks and bans, which name people; a comment in the file says so. There is nothing to
    be warned of, so ``seen`` asks nothing.

    Parameters
    ----------
    store : Store
    who : Principal
    scenario_id : int
    seen : str or None
    asked : mapping of str to str, or None
        Settings of the ranking by their names, as `asked_of` gives them.

    Raises
    ------
    SettingsError
        When ``asked`` names anything but weights and what a score is worth, or a value is out of its range.
    """
    with store.reading() as view:
        scenario = view.get(Scenario, id=scenario_id)
        is_demo = view.find(Mark, name="demo") is not None
    stored = Settings.model_validate(scenario_for(who, scenario).settings)
    settings = _with(stored, asked or {})
    said = [Message("scenario_file.of", {"name": scenario.name, "who": scenario.changed_by})]
    if settings != stored:
        said.append(Message("scenario_file.tuned"))
    if who.role == "analyst":
        said.append(Message("scenario_file.without_pairs"))
    if is_demo:
        said.insert(0, Message("papers.demo"))
    notes = [sentence(message, _LANGUAGE) for message in said]
    content = settings_text(settings, notes, {"ranking": {"firm": {}, "expert": {}}}).encode()
    with store.writing(who.name) as work:
        work.note("export", f"scenarios/{scenario_id}", round_id=scenario.round_id)
    return Paper("settings.toml", TOML, content)


@permitted
def create_from_file(
    store: Store, who: Principal, round_id: int, name: str, *, content: bytes, file: str = ""
) -> Scenario:
    """
    Make a scenario of a round by a settings file, such as `settings_toml` gives.

    What the file leaves out has its default, and not what the round begins with. Raises what `scenarios.create` does,
    and `SettingsError` with every fault of the file, which messages call ``file``.
    """
    return create(store, who, round_id, name, settings_in(content, file))


def asked_of(ranking: RankingSettings) -> dict[str, str]:
    """Give the weights of both sides by their names, and what a score is worth where that was learned for them."""
    found = _flat(ranking.model_dump())
    return {name: repr(found[name]) for name in (*_WEIGHTS, *(_WORTH if ranking.is_calibrated else ()))}


def _with(settings: Settings, asked: Mapping[str, str]) -> Settings:
    """Put what is asked for into settings; what a score is worth was learned for the old weights and goes with them."""
    if unknown := [name for name in asked if name not in (*_WEIGHTS, *_WORTH)]:
        allowed = [f"ranking.{name}" for name in (*_WEIGHTS, *_WORTH)]
        raise SettingsError(
            [Message("settings.unknown", {"key": f"ranking.{name}", "allowed": allowed}) for name in unknown]
        )
    content = settings.model_dump(mode="json")
    ranking, numbers = content["ranking"], {name: _number(value) for name, value in asked.items()}
    stored = _flat(ranking)
    if any(stored[name] != numbers.get(name, stored[name]) for name in _WEIGHTS):
        ranking["calibration"] = CalibrationSettings().model_dump()
    for name, value in numbers.items():
        *tables, last = name.split(".")
        inner = ranking
        for table in tables:
            if inner[table] is None:
                inner[table] = {}
            inner = inner[table]
        inner[last] = value
    return settings_of(content)


def _flat(tables: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Give what tables hold by their names, parted by dots."""
    found: dict[str, Any] = {}
    for name, value in tables.items():
        found |= _flat(value, f"{prefix}{name}.") if isinstance(value, Mapping) else {f"{prefix}{name}": value}
    return found


def _number(value: str) -> float | str:
    """Read a number; what is none stays as it was written, and is refused with what was expected."""
    try:
        return float(value)
    except ValueError:
        return value
