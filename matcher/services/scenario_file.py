"""The settings of a scenario as a file: what an analyst hands to the office, and anybody to the command line."""

from matcher.domain.messages import Message
from matcher.domain.roles import Principal
from matcher.domain.settings import Settings
from matcher.files.settings import settings_in
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


@permitted
def settings_toml(store: Store, who: Principal, scenario_id: int, *, seen: str | None = None) -> Paper:
    """
    Write the settings of a scenario as a settings file; it is on record who took it.

    An analyst gets them without locks and bans, which name people; a comment in the file says so. There is nothing to
    be warned of, so ``seen`` asks nothing.
    """
    with store.reading() as view:
        scenario = view.get(Scenario, id=scenario_id)
        is_demo = view.find(Mark, name="demo") is not None
    settings = Settings.model_validate(scenario_for(who, scenario).settings)
    said = [Message("scenario_file.of", {"name": scenario.name, "who": scenario.changed_by})]
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
