"""What the runs of scenarios have brought, side by side, and what a change would bring."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from matcher.assignment import Market, Rules, audit_under
from matcher.assignment.whatif import WhatIf
from matcher.domain.errors import NotAllowed
from matcher.domain.messages import Message
from matcher.domain.records import Placement
from matcher.domain.roles import Principal
from matcher.domain.settings import Settings
from matcher.pipeline import MatchResult, match
from matcher.ranking import Ranking
from matcher.services import runs
from matcher.services.asking import consequences_of
from matcher.services.comparing import Row, figures_of
from matcher.services.exchanges import Exchange, Pair, Sides
from matcher.services.forms import records_of
from matcher.services.freezing import fixed_bans, fixed_locks, freeze, load_frozen, with_round
from matcher.services.permissions import permitted
from matcher.services.placing import REPORT
from matcher.services.pseudonyms import veil_of, veiled_lines
from matcher.store import Reader, Store
from matcher.store.entities import Round, Run, Scenario


@dataclass(frozen=True, slots=True)
class Preview:
    """
    What a change of a scenario would bring: the list that it would give now, beside that of its last run.

    Parameters
    ----------
    run : Run
        The last that is done; what was changed since then is among what the preview shows.
    ranking, market : Ranking, Market
        Of the list that the scenario would give; they name people and have ranks.
    found : WhatIf
        Pairs that come and go, those asked for too, by their ids.
    consequences : tuple of Message
        The same as sentences: the change of value, who moves, who would then rather, which rules break.
    """

    run: Run
    ranking: Ranking
    market: Market
    found: WhatIf
    consequences: tuple[Message, ...]


@dataclass(frozen=True, slots=True)
class Difference:
    """
    How the lists of two scenarios differ.

    Parameters
    ----------
    here, there : tuple of Placement
        Pairs of the first list alone, and of the second alone.
    both : tuple of Placement
        Pairs of both, as the first list has them.
    """

    here: tuple[Placement, ...]
    there: tuple[Placement, ...]
    both: tuple[Placement, ...]


@permitted
def compare(store: Store, who: Principal, scenario_ids: Sequence[int]) -> list[Row]:
    """
    Put the figures of scenarios side by side, each as its last run that is done has them.

    Returns
    -------
    list of dict
        A row a scenario, in the order given: ``scenario``, its id; ``name``; ``run``, its id; and what
        `matcher.services.comparing.figures_of` gives.

    Raises
    ------
    NotAllowed
        When no run of a scenario is done: all of them.
    """
    with store.reading() as view:
        asked = [view.get(Scenario, id=scenario_id) for scenario_id in scenario_ids]
        last = {scenario.id: runs.last_done(view, scenario.id) for scenario in asked}
        if missing := [_no_run_done(scenario) for scenario in asked if last[scenario.id] is None]:
            raise NotAllowed(missing)
        rows: list[Row] = []
        for scenario in asked:
            run = last_result(view, scenario.id)
            report = report_of(view, run)
            figures = figures_of(report["statistics"], report["certificate"])
            rows.append({"scenario": scenario.id, "name": scenario.name, "run": run.id, **figures})
        return rows


@permitted
def difference(store: Store, who: Principal, scenario_id: int, other_id: int) -> Difference:
    """
    Tell the pairs of two scenarios apart, by their last runs that are done; for an analyst under pseudonyms.

    Raises `NotAllowed` as `compare`.
    """
    with store.reading() as view:
        here, there = (
            {(line.need_id, line.expert_id): line for line in lines_for(view, who, store, last_result(view, asked))}
            for asked in (scenario_id, other_id)
        )
    return Difference(
        here=tuple(line for pair, line in here.items() if pair not in there),
        there=tuple(line for pair, line in there.items() if pair not in here),
        both=tuple(line for pair, line in here.items() if pair in there),
    )


@permitted
def preview_lock(store: Store, who: Principal, scenario_id: int, pair: Pair) -> Preview:
    """
    Say what a lock would bring, and change nothing.

    Raises
    ------
    NotAllowed
        When no run of the scenario is done.
    InputError, SettingsError
        What `lock` raises.
    InfeasibleProblem
        When nothing could be placed so: with the reasons.
    """
    return _preview(store, scenario_id, "why.what_if", lambda sides, _: sides.exchange(locks=[pair]))


@permitted
def preview_ban(store: Store, who: Principal, scenario_id: int, pair: Pair) -> Preview:
    """Say what a ban would bring; otherwise as `preview_lock`."""
    return _preview(store, scenario_id, "scenarios.if_banned", lambda sides, _: sides.exchange(bans=[pair]))


@permitted
def preview_swap(store: Store, who: Principal, scenario_id: int, pairs: tuple[Pair, Pair]) -> Preview:
    """Say what `swap` would bring; otherwise as `preview_lock`."""
    return _preview(store, scenario_id, "scenarios.if_swapped", lambda sides, placed: sides.swapped(pairs, placed))


@permitted
def preview_replacement(store: Store, who: Principal, scenario_id: int, pair: Pair, expert_id: str) -> Preview:
    """Say what `replace_expert` would bring; otherwise as `preview_lock`."""
    return _preview(
        store, scenario_id, "scenarios.if_swapped", lambda sides, placed: sides.replaced(pair, expert_id, placed)
    )


def lines_for(view: Reader, who: Principal, store: Store, run: Run) -> list[Placement]:
    """Give the list of a run as it may be shown: to an analyst under pseudonyms."""
    lines = runs.lines_of(view, run)
    if who.role == "administrator":
        return lines
    veil = veil_of(view.get(Scenario, id=run.scenario_id).round_id, store, "lists")
    return veiled_lines(veil, lines)


def last_result(view: Reader, scenario_id: int) -> Run:
    """Give the last run of a scenario that is done; raises `NotAllowed` where there is none."""
    run = runs.last_done(view, scenario_id)
    if run is None:
        raise NotAllowed([_no_run_done(view.get(Scenario, id=scenario_id))])
    return run


def report_of(view: Reader, run: Run) -> dict[str, Any]:
    """Read the report of a run that is done."""
    found: dict[str, Any] = json.loads(view.file(run.results[REPORT]))
    return found


def placed_pairs(view: Reader, run: Run) -> list[Pair]:
    """List the pairs that a run has placed."""
    return [(line.need_id, line.expert_id) for line in runs.lines_of(view, run)]


_Reading = Callable[[Sides, Sequence[Pair]], Exchange]
"""Makes an exchange of what people ask for, and of who is placed."""


def _preview(store: Store, scenario_id: int, heading: str, read: _Reading) -> Preview:
    """Match once more with the change, and lay the list beside that of the last run."""
    with store.reading() as view:
        scenario = view.get(Scenario, id=scenario_id)
        round_ = view.get(Round, id=scenario.round_id)
        run = last_result(view, scenario_id)
        before = placed_pairs(view, run)
        settings = Settings.model_validate(scenario.settings)
        records, fixed = records_of(view, round_.id, "accepted"), (fixed_locks(view, round_), fixed_bans(view, round_))
        asked = read(Sides(*records, with_round(view, round_, settings), *fixed), before)
        frozen = freeze(view, round_, asked.applied_to(settings))
    with TemporaryDirectory() as folder:
        inputs = load_frozen(frozen, Path(folder))
    result = match(
        *(inputs.experts, inputs.needs, inputs.settings),
        ratings=inputs.ratings,
        keep=inputs.keep,
        lexicon=inputs.lexicon,
        vectors=inputs.vectors,
        epoch=inputs.epoch,
    )
    found = _change(result, before, inputs.rules)
    return Preview(run, result.ranking, result.market, found, consequences_of(result.ranking, found, heading))


def _change(result: MatchResult, before: Sequence[Pair], rules: Rules) -> WhatIf:
    """Say what a list has that the one before had not, and the other way round."""
    market, pairs = result.market, result.assignment.pairs
    known = [pair for pair in before if pair in market.position]
    worth = [float(market.value[[market.position[pair] for pair in side]].sum()) for side in (known, pairs)]
    blocking = [set(audit_under(market, side, rules).blocking_pairs) for side in (known, pairs)]
    return WhatIf(
        pairs=list(pairs),
        gained=tuple(sorted({*pairs} - {*before})),
        lost=tuple(sorted({*before} - {*pairs})),
        value=worth[1] - worth[0],
        blocking=tuple(sorted(blocking[1] - blocking[0])),
        broken=(),
    )


def _no_run_done(scenario: Scenario) -> Message:
    return Message("scenarios.no_run_done", {"value": scenario.name})
