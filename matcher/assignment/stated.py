"""Rules as the settings state them, for the records at hand: cells become groups, and a firm's id its need's."""

import difflib
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import get_args

import numpy as np

from matcher.assignment.rules import Pair, Quota, Rules
from matcher.domain.errors import InfeasibleProblem, SettingsError
from matcher.domain.messages import Message
from matcher.domain.records import Expert, Need
from matcher.domain.settings import AssignmentSettings, FirmColumn, GroupColumn, QuotaSettings
from matcher.ranking.bars import Bar
from matcher.ranking.cells import Grid
from matcher.ranking.ranking import Ranking
from matcher.ranking.tables import LEVELS, title_level

EVERY = "*"
"""In place of a cell: every one that occurs."""

_NEAREST = 5


def rules_of(
    settings: AssignmentSettings, experts: Sequence[Expert], needs: Sequence[Need], keep: Iterable[Pair] = ()
) -> Rules:
    """
    Apply stated rules to records.

    Parameters
    ----------
    settings : AssignmentSettings
    experts, needs : sequences of records
    keep : iterable of (str, str)
        Pairs of an earlier list: a need's or firm's id, an expert's. A firm means all its needs. Those who are gone are
        left aside.

    Returns
    -------
    Rules
        Of needs and experts. Cells are compared after NFKC and without outer blanks; empty ones are in no group. A lock
        of a firm is that of its only need, a ban of a firm one of all its needs.

    Raises
    ------
    SettingsError
        With every id that nobody has, every firm whose need is left open, every cell that does not occur; each with its
        place and the nearest that there are.
    """
    needs_of: dict[str, list[str]] = {}
    for need in needs:
        for name in {need.firm_id, need.need_id}:
            needs_of.setdefault(name, []).append(need.need_id)
    known = {expert.expert_id for expert in experts}
    faults: list[Message] = []
    locks, bans = (_named(settings, setting, needs_of, known, faults) for setting in ("locks", "bans"))
    quotas: list[Quota] = []
    for number, quota in enumerate(settings.quotas, 1):
        cells = cells_of(quota.column, experts, needs, settings.home_city)
        quotas += _quotas(quota, f"assignment.quotas[{number}]", cells, faults)
    if faults:
        raise SettingsError(faults)
    return Rules(
        quotas=tuple(quotas),
        locks=locks,
        bans=bans,
        minimum_people=settings.minimum_people,
        keep=tuple(sorted({(need, e) for name, e in keep if e in known for need in needs_of.get(name, ())})),
        keep_bonus=settings.keep_bonus,
    )


def confirm_locks(ranking: Ranking, locks: Sequence[Pair]) -> None:
    """
    See to it that what must be may be.

    Raises
    ------
    InfeasibleProblem
        With every lock that something else than a small fit bars, and what bars it.
    """
    barred = []
    for number, (need, expert) in enumerate(locks, 1):
        where = Grid(np.array([ranking.need_position[need]]), np.array([ranking.expert_position[expert]]))
        bar = Bar(int(ranking.ranker.scores(where).bar.item()))
        if bar:
            values = {"firm": need, "expert": expert, "bar": Message(bar.code)}
            barred.append(Message("infeasible.lock_barred", {**values, "setting": f"assignment.locks[{number}]"}))
    if barred:
        raise InfeasibleProblem(barred)


def _named(
    settings: AssignmentSettings,
    setting: str,
    needs_of: Mapping[str, Sequence[str]],
    experts: set[str],
    faults: list[Message],
) -> tuple[Pair, ...]:
    """Read the locks or the bans; a firm of several needs means all of them in a ban, and nothing certain in a lock."""
    found: list[Pair] = []
    for number, (written, other) in enumerate(getattr(settings, setting), 1):
        key = f"assignment.{setting}[{number}]"
        name, expert = _cell(written), _cell(other)
        for side, wanted, known in (("firm", name, set(needs_of)), ("expert", expert, experts)):
            if wanted not in known:
                values = {"key": key, "side": Message(f"value.side.{side}"), "value": wanted}
                faults.append(Message("settings.no_such_pair_id", {**values, "nearest": _nearest(wanted, known)}))
        of_firm = needs_of.get(name, ())
        if setting == "locks" and len(of_firm) > 1:
            faults.append(
                Message("settings.several_needs", {"key": key, "value": name, "needs": tuple(sorted(of_firm))})
            )
        found += [(need, expert) for need in of_firm]
    return tuple(found)


def _quotas(quota: QuotaSettings, setting: str, cells: Mapping[str, str], faults: list[Message]) -> list[Quota]:
    is_firms = quota.column in get_args(FirmColumn)
    column = f"{'firms' if is_firms else 'experts'}.{quota.column}"
    there, wanted = set(cells.values()), _cell(quota.value)
    if (wanted != EVERY and wanted not in there) or not there:
        values = {"key": f"{setting}.value", "column": Message(column), "value": wanted}
        faults.append(Message("settings.nobody_has", {**values, "nearest": _nearest(wanted, there)}))
    return [
        Quota(
            side="firm" if is_firms else "expert",
            group=cells,
            value=value,
            minimum=quota.minimum or 0,
            maximum=quota.maximum,
            counts=quota.counts,
            setting=setting,
            column=column,
        )
        for value in (sorted(there) if wanted == EVERY else [wanted])
    ]


def cells_of(
    column: GroupColumn, experts: Sequence[Expert], needs: Sequence[Need], home_city: str = ""
) -> dict[str, str]:
    """Give the cell of everybody who has one in a column that groups them, by id of need or expert."""
    home = _cell(home_city)
    if column in get_args(FirmColumn):
        cells = {need.need_id: _cell(getattr(need, column)) for need in needs}
    elif column == "in_city":
        cells = {e.expert_id: _cell(_cell(e.city) == home if _cell(e.city) else None) for e in experts}
    elif column == "title_level":
        cells = {e.expert_id: ("", *LEVELS)[title_level(e.title)] for e in experts}
    else:
        cells = {e.expert_id: _cell(getattr(e, column)) for e in experts}
    return {name: cell for name, cell in cells.items() if cell}


def _cell(value: str | bool | None) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return unicodedata.normalize("NFKC", value or "").strip()


def _nearest(wanted: str, there: Iterable[str]) -> tuple[str, ...]:
    return tuple(difflib.get_close_matches(wanted, sorted(there), _NEAREST, cutoff=0))
