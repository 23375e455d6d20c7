"""
What an analyst sees of a result: the list under pseudonyms, and figures of groups that are large enough.

Nothing here can be laid beside the profiles, which an analyst reads by name: of a pair neither a text nor a part of its
score is told, of a list their means alone; see the decision on what an analyst's pages tell.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from matcher.assignment.stated import cells_of
from matcher.domain.records import Placement
from matcher.domain.roles import Principal
from matcher.domain.settings import Side
from matcher.ranking import Exposure, Ranking, explain, exposure
from matcher.services.board import Board, Rebuilt
from matcher.services.comparing import figures_of
from matcher.services.permissions import permitted
from matcher.services.pseudonyms import FEWEST, veil_of, veiled_lines
from matcher.services.runs import run_for
from matcher.services.showing import Shown, board_in
from matcher.services.spread import Rows, Spread, places_by_institution, spread_of
from matcher.services.standing import shown_of
from matcher.store import Store
from matcher.store.entities import Run, Scenario

TIMES: Sequence[tuple[int, int | None]] = ((0, 0), (1, 2), (3, 5), (6, 10), (11, 20), (21, None))
"""Classes of how often an expert is suggested, from and to; None: without end."""


@dataclass(frozen=True, slots=True)
class Suggested:
    """
    How often experts stand in the shortlists of needs.

    Parameters
    ----------
    top : int
        Places of a shortlist.
    figures : mapping of str to object
        As `matcher.ranking.Exposure.figures` gives them.
    times : list of dict
        Experts by how often: ``low``, ``high`` (None: without end), ``count``.
    titles : list of dict
        ``title``, a level; ``experts``; ``mean``, how often on average; of levels that at least `FEWEST` have.
    """

    top: int
    figures: Mapping[str, Any]
    times: Rows
    titles: Rows


@dataclass(frozen=True, slots=True)
class Result:
    """
    A result without whom it is about.

    Parameters
    ----------
    report : mapping
        ``objective``, ``proposer``, ``seed`` and ``versions``, as the run wrote them.
    figures : mapping of str to object
        `matcher.services.comparing.figures_of`, and ``needs``, ``experts``, ``places_wanted``, ``places_offered``.
    scope : str or None
        Where blocking pairs were looked for just now; None where that can't be, and the report's count is shown.
    is_calibrated : bool
    lines : tuple of Placement
        As `veiled_lines` gives them, the best fit first.
    parts : mapping of str to mapping of str to float
        What each part adds to a side's score, the mean over the list; empty where the list has fewer than `FEWEST`
        pairs, or its inputs are not at hand.
    spread : Spread
        With groups of at least `FEWEST` alone.
    suggested : Suggested or None
        None where the inputs are not at hand.
    supply : list of dict
        ``township``, ``industry``, ``fit``: the best agreement of texts that an expert who may be sent offers to a
        need, its mean over the needs there. Of texts alone: no wish and no rating is in it.
    """

    report: Mapping[str, Any]
    figures: Mapping[str, Any]
    scope: str | None
    is_calibrated: bool
    lines: tuple[Placement, ...]
    parts: Mapping[Side, Mapping[str, float]]
    spread: Spread
    suggested: Suggested | None
    supply: Rows


@permitted
def shown_run(store: Store, who: Principal, scenario_id: int) -> tuple[Shown, bool] | None:
    """Tell which run has made the list of a scenario, and whether that was changed since; None: none has."""
    from matcher.services.freezing import is_of_settings

    with store.reading() as view:
        scenario = view.get(Scenario, id=scenario_id)
        shown = shown_of(view, scenario)
        if shown is None:
            return None
        is_changed = not is_of_settings(view, shown.run, scenario)
    return Shown(run_for(who, shown.run), shown.batch, shown.round_, shown.scenario, shown.publication), is_changed


@permitted
def result_of(store: Store, who: Principal, run_id: int) -> Result:
    """
    Give a result as an analyst may see it.

    Raises
    ------
    InputError
        When the result is damaged.
    """
    with store.reading() as view:
        run = view.get(Run, id=run_id)
        board = board_in(view, run)
        veil = veil_of(view.get(Scenario, id=run.scenario_id).round_id, store, "lists")
    report, rebuilt = board.report, board.rebuilt
    lines = veiled_lines(veil, board.placements)
    named = ("needs", "experts", "places_wanted", "places_offered")
    return Result(
        report={name: report[name] for name in ("objective", "proposer", "seed", "versions")},
        figures={
            **figures_of(report["statistics"], report["certificate"]),
            **{name: report["statistics"][name] for name in named},
            "blocking_pairs": board.n_blocking_pairs,
        },
        scope=rebuilt.market.scope if rebuilt is not None and not board.departures else None,
        is_calibrated=board.is_calibrated,
        lines=tuple(sorted(lines, key=lambda line: (-(line.fit or 0.0), line.need_id, line.expert_id))),
        parts={} if rebuilt is None or len(lines) < FEWEST else _parts(rebuilt),
        spread=_of_large_groups(board),
        suggested=None if rebuilt is None else _suggested(rebuilt.ranking),
        supply=[] if rebuilt is None else _supply(rebuilt.ranking),
    )


def _parts(rebuilt: Rebuilt) -> dict[Side, dict[str, float]]:
    """Take the scores of a list apart, and give the mean of each part."""
    ranking = rebuilt.ranking
    pairs = [pair for pair in rebuilt.pairs if pair in rebuilt.market.position]
    sums: dict[Side, dict[str, float]] = {"firm": {}, "expert": {}}
    for need, expert in pairs:
        reasons = explain(ranking.ranker, ranking.need_position[need], ranking.expert_position[expert])
        for side, of in sums.items():
            for part in reasons.firm if side == "firm" else reasons.expert:
                of[part.kind] = of.get(part.kind, 0.0) + part.value / len(pairs)
    return {side: dict(of) for side, of in sums.items()}


def _of_large_groups(board: Board) -> Spread:
    """Leave out of the charts what fewer than `FEWEST` needs, or experts, are counted in."""
    found = spread_of(board)
    needs = {row["township"]: row["needs"] for row in found.townships}
    townships = _gathered(found.townships, "township", "needs", needs)
    if board.rebuilt is None:
        return Spread(found.ranks, townships, None, None, [])
    people = Counter(expert.institution for expert in board.rebuilt.ranking.ranker.experts)
    places = places_by_institution(board, board.rebuilt)
    institutions = _gathered(places, "institution", "offered", people)
    return Spread(found.ranks, townships, institutions, found.best, [])


def _gathered(rows: Rows, name: str, by: str, sizes: Mapping[str, int]) -> Rows:
    """Count together, under None, groups that are too small to be told of, and with them the smallest of the others."""
    small = {key for key, size in sizes.items() if size < FEWEST}
    while small and len(small) < len(sizes) and sum(sizes[key] for key in small) < FEWEST:
        small.add(min((key for key in sizes if key not in small), key=lambda key: (sizes[key], key)))
    kept = [row for row in rows if row[name] not in small]
    gone = [row for row in rows if row[name] in small]
    if not gone:
        return kept
    numbers = [key for key, value in gone[0].items() if key != name and isinstance(value, int | float)]
    rest = {name: None, **{key: sum(row[key] for row in gone) for key in numbers}}
    return [*sorted(kept, key=lambda row: (-row[by], row[name])), rest]


def _suggested(ranking: Ranking) -> Suggested:
    found: Exposure = exposure(ranking, "firm")
    counts = found.counts[found.eligible]
    times = [{"low": low, "high": high, "count": _within(counts, low, high)} for low, high in TIMES]
    ranker = ranking.ranker
    level = cells_of("title_level", ranker.experts, ranker.needs)
    of_level: dict[str, list[int]] = {}
    for expert, count, eligible in zip(ranker.experts, found.counts.tolist(), found.eligible.tolist(), strict=True):
        if eligible and expert.expert_id in level:
            of_level.setdefault(level[expert.expert_id], []).append(count)
    titles = [
        {"title": title, "experts": len(of), "mean": round(sum(of) / len(of), 2)}
        for title, of in of_level.items()
        if len(of) >= FEWEST
    ]
    return Suggested(found.top, found.figures(), times, sorted(titles, key=lambda row: -row["mean"]))


def _within(counts: np.ndarray, low: int, high: int | None) -> int:
    return int(((counts >= low) & (counts <= (np.inf if high is None else high))).sum())


def _supply(ranking: Ranking) -> Rows:
    """Say by township and industry how near the best expert comes to the needs there, by the texts alone."""
    ranker = ranking.ranker
    may = np.flatnonzero(ranker.bars.expert == 0)
    if not len(may):
        return []
    best = ranker.profiles.agreement(np.arange(len(ranker.needs)))[:, may].max(axis=1)
    cells: dict[tuple[str, str], list[float]] = {}
    for need, fit in zip(ranker.needs, best.tolist(), strict=True):
        cells.setdefault((need.township, need.industry), []).append(fit)
    down, across = (_by_size(key[place] for key, fits in cells.items() for _ in fits) for place in (0, 1))
    return [
        {"township": township, "industry": industry, "fit": round(sum(fits) / len(fits), 2), "needs": len(fits)}
        for (township, industry), fits in sorted(cells.items(), key=lambda cell: (down[cell[0][0]], across[cell[0][1]]))
    ]


def _by_size(names: Iterable[str]) -> dict[str, int]:
    """Give each name its place, the commonest first."""
    counted = Counter(names)
    return {name: place for place, name in enumerate(sorted(counted, key=lambda name: (-counted[name], name)))}
