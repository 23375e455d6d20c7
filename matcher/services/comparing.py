"""All objectives side by side on one ranking, and what it costs to keep an earlier list."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from matcher.assignment import OBJECTIVES, Market, audit_under, exact_ranks, keep_curve
from matcher.files import write_csv, write_json
from matcher.pipeline import MatchResult, open_market, place_ranked
from matcher.services.inputs import Inputs
from matcher.services.placing import PLACEMENTS, REPORT, TIMING, UNPLACED, refuse_inputs, save, save_timing

COMPARISON, FIGURES, KEEP_CURVE, BLOCKING = "compare.csv", "compare.json", "keep_curve.csv", "blocking.csv"

LEAST_DISRUPTION = "least-disruption"
"""The name of the run that breaks the fewest earlier pairs, whatever that costs."""

_OBJECTIVES: Mapping[str, dict[str, object]] = {
    "stable-firms": {"objective": "stable", "proposer": "firms", "keep_bonus": 0.0},
    "stable-experts": {"objective": "stable", "proposer": "experts", "keep_bonus": 0.0},
    **{name: {"objective": name} for name in OBJECTIVES if name != "stable"},
}
"""Runs by name, and what each has other than the settings."""
_BLOCKING_COLUMNS = ("firm_id", "need_id", "firm", "need_title", "expert_id", "expert", "firm_rank", "expert_rank")

Row = dict[str, object]


@dataclass(frozen=True, eq=False)
class Comparison:
    """
    What the objectives reach.

    Attributes
    ----------
    runs : list of dict
        A row an objective: its name and figures, all with the same keys.
    curve : list of dict
        A row a bonus: what ``total`` keeps of the earlier list, and what that costs; empty without one.
    blocking : int or None
        Blocking pairs of the least disruption; None without an earlier list.
    names : tuple of str
        Files written, in the folder.
    is_calibrated : bool
        Whether fits are chances of a good rating.
    """

    runs: list[Row]
    curve: list[Row]
    blocking: int | None
    names: tuple[str, ...]
    is_calibrated: bool = False


def compare(
    inputs: Inputs, out: Path, *, started: float, on_progress: Callable[[int, int, str], None] | None = None
) -> Comparison:
    """
    Place by every objective, and save each list with its proof, and all figures.

    Parameters
    ----------
    inputs : Inputs
        With an earlier list: also the least disruption, and a curve of kept pairs against value.
    out : path
        Folder; each run has one of its own in it, which can be audited.
    started : float
        `time.perf_counter` when the command began.
    on_progress : callable or None
        Called with (done, total, stage).

    Returns
    -------
    Comparison

    Raises
    ------
    InfeasibleProblem
        When no assignment keeps the rules.
    StorageError
        When the folder can't be written, or an input would be overwritten.
    """
    _refuse_inputs(inputs, out)
    ranking, market = open_market(
        *(inputs.experts, inputs.needs, inputs.settings),
        rules=inputs.rules,
        ratings=inputs.ratings,
        lexicon=inputs.lexicon,
        vectors=inputs.vectors,
        epoch=inputs.epoch,
        on_progress=on_progress,
    )
    seconds = {"rank": time.perf_counter() - started}
    rows: list[Row] = []
    blocking = None
    for name, run in _runs(inputs, market).items():
        began = time.perf_counter()
        result = place_ranked(ranking, market, run.settings, run.rules, n_earlier=len(inputs.keep))
        seconds[name] = time.perf_counter() - began
        save(run, result, out / name)
        save_timing(run, {"match": seconds[name]}, out / name)
        rows.append({"name": name, **figures_of(result.statistics, asdict(result.certificate))})
        if name == LEAST_DISRUPTION:
            blocking = _save_blocking(result, out / name)
    curve = _curve(inputs, market) if inputs.keep else []
    _write_table(out / COMPARISON, rows)
    if curve:
        _write_table(out / KEEP_CURVE, curve)
    write_json(out / FIGURES, {"inputs": dict(inputs.digests), "runs": rows, "keep_curve": curve})
    save_timing(inputs, {**seconds, "all": time.perf_counter() - started}, out)
    names = (COMPARISON, FIGURES, *([KEEP_CURVE] if curve else ()), *(f"{row['name']}/" for row in rows))
    return Comparison(rows, curve, blocking, names, inputs.settings.ranking.is_calibrated)


def figures_of(statistics: Mapping[str, Any], certificate: Mapping[str, Any]) -> Row:
    """
    Pick what tells one list from another.

    Parameters
    ----------
    statistics, certificate : mappings
        As a report has them.

    Returns
    -------
    dict
        People, needs and firms as in `matcher.placement.statistics`; ``needs_unplaced``; ``satisfaction_gap``, the
        firms' mean satisfaction less the experts'; ``townships_covered`` of ``townships`` that have needs;
        ``largest_institution_share`` of the pairs; ``gap``, by which the objective might still be better, as a share.
    """
    found, townships = statistics, statistics["townships"]
    sides = found["firm_satisfaction"], found["expert_satisfaction"]
    return {
        "objective": certificate["objective"],
        **{name: found[name] for name in ("experts_placed", "pairs", "needs_placed")},
        "needs_unplaced": found["needs"] - found["needs_placed"],
        **{name: found[name] for name in ("firms_placed", "value_total", "value_worst")},
        **{name: found[name] for name in ("firm_first_choices", "expert_first_choices")},
        **{name: found[name] for name in ("firm_satisfaction", "expert_satisfaction")},
        "satisfaction_gap": None if None in sides else round(sides[0] - sides[1], 6),
        "blocking_pairs": certificate["n_blocking_pairs"],
        "fit_mean": found["fit_mean"],
        "fit_gini": found["fit_gini"],
        "townships_covered": sum(group["placed"] > 0 for group in townships.values()),
        "townships": len(townships),
        "largest_institution_share": max((group["share"] for group in found["institutions"].values()), default=None),
        **{name: found[name] for name in ("kept", "broken")},
        "gap": round(certificate["gap"], 6),
        "scope": certificate["scope"],
    }


def _runs(inputs: Inputs, market: Market) -> dict[str, Inputs]:
    """Give the settings of every run, with the same records."""
    runs = {name: _with(inputs, chosen) for name, chosen in _OBJECTIVES.items()}
    if inputs.keep:
        # No assignment is worth more than its places, so one pair kept outweighs all values.
        places = int(min(market.need_capacity.sum(), market.expert_capacity.sum()))
        runs[LEAST_DISRUPTION] = _with(inputs, {"objective": "total", "keep_bonus": places + 1.0})
    return runs


def _with(inputs: Inputs, chosen: Mapping[str, object]) -> Inputs:
    assignment = inputs.settings.assignment.model_copy(update=chosen)
    settings = inputs.settings.model_copy(update={"assignment": assignment})
    return replace(inputs, settings=settings, rules=replace(inputs.rules, keep_bonus=assignment.keep_bonus))


def _curve(inputs: Inputs, market: Market) -> list[Row]:
    """Let a kept pair be worth more and more, and see what is kept and what that costs."""
    chosen = inputs.settings.assignment
    points = keep_curve(market, inputs.rules, seed=chosen.seed, time_limit_s=chosen.time_limit_s)
    best = points[0].value
    return [
        {
            "keep_bonus": point.bonus,
            "kept": point.kept,
            "broken": max(0, len(inputs.keep) - point.kept),
            "new": point.new,
            "value": round(point.value, 6),
            "loss_percent": round(100 * (best - point.value) / best, 4) if best else 0.0,
            "blocking_pairs": point.n_blocking,
        }
        for point in points
    ]


def _save_blocking(result: MatchResult, out: Path) -> int:
    """Name the pairs that would both rather be together, with what each is to the other."""
    market, ranker = result.market, result.ranking.ranker
    pairs = audit_under(market, result.assignment.pairs, result.assignment.rules).blocking_pairs
    positions = np.array([market.position[pair] for pair in pairs], dtype=np.int64)
    rows = []
    for p, *ranks in zip(positions, *exact_ranks(result.ranking, market, positions), strict=True):
        need, expert = ranker.needs[market.need[p]], ranker.experts[market.expert[p]]
        ids = (need.firm_id, need.need_id, need.name, need.need_title, expert.expert_id, expert.name)
        rows.append([*ids, *ranks])
    write_csv(out / BLOCKING, _BLOCKING_COLUMNS, rows)
    return len(rows)


def _refuse_inputs(inputs: Inputs, out: Path) -> None:
    of_runs = (PLACEMENTS, UNPLACED, REPORT, TIMING, BLOCKING)
    names = [COMPARISON, FIGURES, KEEP_CURVE, TIMING]
    names += [f"{run}/{name}" for run in (*_OBJECTIVES, LEAST_DISRUPTION) for name in of_runs]
    refuse_inputs(inputs, [out / name for name in names])


def _write_table(path: Path, rows: Sequence[Row]) -> None:
    write_csv(path, list(rows[0]), [list(row.values()) for row in rows])
