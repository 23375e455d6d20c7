"""The scenarios of a round as a list: how far each is, what its last result reached, and how the results differ."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from matcher.domain.roles import Principal
from matcher.domain.settings import Settings, Side
from matcher.services import runs
from matcher.services.comparing import figures_of
from matcher.services.freezing import is_of_settings
from matcher.services.outcomes import last_result, report_of
from matcher.services.permissions import permitted
from matcher.services.scenarios import scenario_for
from matcher.store import Store
from matcher.store.entities import Run, Scenario

RANKS: tuple[tuple[int, int | None], ...] = ((1, 1), (2, 2), (3, 3), (4, 5), (6, 10), (11, None))
"""Ranks that are counted together, from and to; None: all that follow."""


@dataclass(frozen=True, slots=True)
class Standing:
    """
    A scenario, and how far it is.

    Parameters
    ----------
    scenario : Scenario
    settings : Settings
        As it has them now.
    newest : Run or None
        The last that was asked for.
    done : Run or None
        The last that has a result.
    figures : mapping of str to object, or None
        Of that result, as `matcher.services.comparing.figures_of` gives them; ``places_wanted`` and ``places_offered``.
    is_outdated : bool
        Whether the settings of the scenario were changed after that result.
    n_locks, n_bans : int
        Pairs that it fixes, and vetoes: an analyst is told how many.
    """

    scenario: Scenario
    settings: Settings
    newest: Run | None
    done: Run | None
    figures: Mapping[str, Any] | None
    is_outdated: bool
    n_locks: int = 0
    n_bans: int = 0


@dataclass(frozen=True, slots=True)
class Reached:
    """How many pairs of a scenario's last result reached some ranks of a side's; see `RANKS`."""

    scenario: Scenario
    side: Side
    counts: tuple[int, ...]


@permitted
def standings(store: Store, who: Principal, round_id: int) -> list[Standing]:
    """List the scenarios of a round, the newest first; nothing that could tell a wish from another."""
    found = []
    with store.reading() as view:
        for scenario in reversed(view.listed(Scenario, round_id=round_id)):
            newest = next(reversed(view.listed(Run, scenario_id=scenario.id)), None)
            done = runs.last_done(view, scenario.id)
            settings = Settings.model_validate(scenario.settings)
            figures = _figures(report_of(view, done)) if done else None
            is_outdated = done is not None and not is_of_settings(view, done, scenario)
            fixed = len(settings.assignment.locks), len(settings.assignment.bans)
            shown = scenario_for(who, scenario)
            settings = Settings.model_validate(shown.settings)
            newest, done = (run and runs.run_for(who, run) for run in (newest, done))
            found.append(Standing(shown, settings, newest, done, figures, is_outdated, *fixed))
    return found


@permitted
def ranks_reached(store: Store, who: Principal, scenario_ids: Sequence[int]) -> list[Reached]:
    """
    Count the ranks that both sides reached, scenario by scenario, by their last runs that are done.

    Raises
    ------
    NotAllowed
        When no run of a scenario is done.
    """
    found = []
    sides: tuple[Side, ...] = ("firm", "expert")
    with store.reading() as view:
        for scenario_id in scenario_ids:
            lines = runs.lines_of(view, last_result(view, scenario_id))
            scenario = scenario_for(who, view.get(Scenario, id=scenario_id))
            for side in sides:
                ranks = Counter(getattr(line, f"{side}_rank") for line in lines)
                counts = (
                    sum(
                        count
                        for rank, count in ranks.items()
                        if rank and low <= rank and (high is None or rank <= high)
                    )
                    for low, high in RANKS
                )
                found.append(Reached(scenario, side, tuple(counts)))
    return found


def _figures(report: Mapping[str, Any]) -> dict[str, Any]:
    statistics = report["statistics"]
    places = {name: statistics[name] for name in ("places_wanted", "places_offered")}
    return {**figures_of(statistics, report["certificate"]), **places}
