"""
Seconds and memory of the assignment engine, beside peers, at growing sizes; figures: docs/measurements/assignment.md.

To run it: ``.venv/bin/python benchmarks/assignment.py``, ``--quick`` for a minute, ``--only NAME`` for a part.
The size of ``minima`` is the solver's limit, in seconds of one core.
The peers need the environment of ``benchmarks/oracles/README.md``; without it their cells say so.

Protocol: every measurement is a process of its own, started afresh. It makes its market, unmeasured; runs what is
measured once; and where that took less than ten seconds, three times more, of which the median counts, so that compiled
code is loaded. Wall and CPU seconds are of that step alone; memory is the peak of the whole process, and beside it what
the process had reached when the market was made. A measurement that exceeds ``--limit`` seconds, or 14 GB of address
space, is ended, and its row says so. Linux only.

Markets: every need lists 20 to 50 experts drawn by chance (20 at a million a side), both sides' fits are drawn by
chance to 1e-9, so hardly two are equal. One place each, if nothing else is said. Peers get the same market.
"""

import argparse
import contextlib
import json
import os
import resource
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest import mock

import numpy as np

if TYPE_CHECKING:
    from matcher.assignment import Market
    from matcher.assignment.rules import Rules

ROOT = Path(__file__).resolve().parents[1]
ORACLES = ROOT / "benchmarks" / "oracles" / ".venv" / "bin" / "python"
ADDRESS_SPACE_GB = 14

Step = Callable[[], Any]
"""What is measured; what it returns is shown, unless it is long."""


def measured(step: Step, *, once: bool = False) -> dict[str, Any]:
    """
    Measure a step in this process.

    Parameters
    ----------
    step : callable
    once : bool
        Measure the first run, whatever it takes.

    Returns
    -------
    dict
        ``wall_s``, ``cpu_s``; ``before_mb``, ``peak_mb``: the most memory held until the step, and in all; ``result``.
    """
    before_mb = _peak_mb()
    runs = [_run(step)]
    if not once and runs[0][0] < 10:
        runs = [_run(step) for _ in range(3)]
    wall_s, cpu_s, result = sorted(runs, key=lambda run: run[0])[len(runs) // 2]
    cpu_s = statistics.median(run[1] for run in runs)
    shown = result if isinstance(result, (int, float, str)) else len(result) if isinstance(result, list) else ""
    peak_mb = max(before_mb, _peak_mb())  # Linux counts pages core by core, and may read a little less later
    return {"wall_s": wall_s, "cpu_s": cpu_s, "before_mb": before_mb, "peak_mb": peak_mb, "result": shown}


def _run(step: Step) -> tuple[float, float, Any]:
    wall, cpu = time.perf_counter(), time.process_time()
    result = step()
    return time.perf_counter() - wall, time.process_time() - cpu, result


def _peak_mb() -> float:
    """Peak of this program alone; what its parent held before starting it is not counted, as ``getrusage`` would."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


# --- markets


def listed(n_needs: int, n_experts: int) -> tuple[np.ndarray, ...]:
    """
    Draw lists and fits.

    Returns
    -------
    need, expert : int64, shape (n_pairs,)
        By need, then by expert.
    firm_fit, expert_fit : float, shape (n_pairs,)
        In whole units of 1e-9.
    """
    rng = np.random.default_rng(n_needs)
    lengths = rng.integers(20, 51, n_needs) if n_needs < 1_000_000 else np.full(n_needs, 20)
    need = np.repeat(np.arange(n_needs), np.minimum(lengths, n_experts))
    key = np.unique(need * n_experts + rng.integers(0, n_experts, len(need)))
    units = rng.integers(1, 500_000_000, (2, len(key))) * 2
    return key // n_experts, key % n_experts, units[0] / 1e9, units[1] / 1e9


def ids(letter: str, n: int) -> tuple[str, ...]:
    """Name agents so that names sort as numbers do."""
    return tuple(f"{letter}{k:08}" for k in range(n))


def market_of(n_needs: int, n_experts: int) -> "Market":
    """Make a market of drawn lists, arrays directly; needs have 1 to 3 places when the sides differ, experts 1 or 2."""
    from matcher.assignment import Market

    need, expert, firm_fit, expert_fit = listed(n_needs, n_experts)
    rng, several = np.random.default_rng(1), n_needs != n_experts
    return Market(
        need_ids=ids("n", n_needs),
        expert_ids=ids("e", n_experts),
        firm_of=np.arange(n_needs),
        need_capacity=rng.integers(1, 4 if several else 2, n_needs),
        expert_capacity=rng.integers(1, 3 if several else 2, n_experts),
        need=need,
        expert=expert,
        firm_order=np.rint(firm_fit * 1e9).astype(np.int64),
        expert_order=np.rint(expert_fit * 1e9).astype(np.int64),
        firm_satisfaction=firm_fit,
        expert_satisfaction=expert_fit,
    )


def quotas_of(market: "Market") -> list[Any]:
    """Let 12 townships have 0.45 to 0.9 placements a need, and 10 institutions give half a one a need, all in all."""
    from matcher.assignment.rules import Quota

    quotas = []
    for side, names, n_groups, share in (("firm", market.need_ids, 12, 0.9), ("expert", market.expert_ids, 10, 0.5)):
        group = {name: f"{side} {k % n_groups}" for k, name in enumerate(names)}
        most = int(share * market.n_needs / n_groups) + 1
        least = most // 2 if side == "firm" else 0
        quotas += [
            Quota(side=side, group=group, value=f"{side} {k}", minimum=least, maximum=most) for k in range(n_groups)
        ]
    return quotas


def instance_of(market: "Market", quotas: Sequence[Any] = ()) -> dict[str, Any]:
    """Say a market as the oracles read it; see ``benchmarks/oracles/instances.py``."""
    names = {"firm": market.need_ids, "expert": market.expert_ids}
    cells = zip(market.need, market.expert, market.firm_order, market.expert_order, strict=True)
    return {
        "places": dict(zip(names["firm"], market.need_capacity.tolist(), strict=True)),
        "seats": dict(zip(names["expert"], market.expert_capacity.tolist(), strict=True)),
        "firm_of": {name: name for name in names["firm"]},
        "pairs": [[names["firm"][i], names["expert"][j], int(one), int(other)] for i, j, one, other in cells],
        "quotas": [
            {
                "side": quota.side,
                "members": [name for name in names[quota.side] if quota.group.get(name) == quota.value],
                "minimum": quota.minimum,
                "maximum": quota.maximum,
                "counts": quota.counts,
            }
            for quota in quotas
        ],
        "locks": [],
        "bans": [],
        "keep": [],
        "keep_bonus": 0,
        "minimum_people": 0,
    }


# --- what is measured: each takes a size and prepares a step


def kernel(n: int) -> Step:
    """Deferred acceptance on ready lists, compiled, needs propose; the step starts where lists are sorted."""
    from matcher.assignment import kernel as module

    need, expert, firm_fit, expert_fit = listed(n, n)
    one = np.ones(n, dtype=np.int64)
    sides = [
        module.Side.of(agent, one, np.rint(fit * 1e9).astype(np.int64))
        for agent, fit in ((need, firm_fit), (expert, expert_fit))
    ]
    with mock.patch.object(module, "run_compiled", wraps=module.run_compiled) as seen:
        module.deferred_acceptance(sides[0], sides[1], (expert, need), compiled=True)
    given = seen.call_args.args
    return lambda: int((module.run_compiled(*given) >= 0).sum())


def from_scores(n: int) -> Step:
    """``Market.from_scores`` on two sparse matrices, ``assign``, and its pairs, audited."""
    import scipy.sparse as sp

    from matcher.assignment import Market, assign

    need, expert, firm_fit, expert_fit = listed(n, n)
    firm_ids, expert_ids = ids("n", n), ids("e", n)
    firm, other = (sp.csr_array((fit, (need, expert)), shape=(n, n)) for fit in (firm_fit, expert_fit))
    return lambda: assign(Market.from_scores(firm_ids, expert_ids, firm, other)).pairs


def peer_at_acceptance(name: str) -> Callable[[int], Step]:
    """Give a peer the market of `from_scores`."""
    return lambda n: _peer(name, instance_of(market_of(n, n)))


def flow(n_needs: int) -> Step:
    """Min-cost flow with lower bounds, from the market's arrays to the pairs placed; no audit, no proof."""
    from matcher.assignment.network import Network, circulate
    from matcher.assignment.rules import Case, Rules

    case = Case(market := market_of(n_needs, 8 * n_needs // 5), Rules(quotas=tuple(quotas_of(market))))

    def step() -> int:
        network = Network.of(case)
        solved = circulate(network, network.cost(case.worth))
        return 0 if solved is None else len(network.placed(solved))

    return step


def total(n_needs: int) -> Step:
    """``assign`` for ``total``: the flow, its prices, audit and proof."""
    return _assigned(n_needs, "total")


def fair(n_needs: int) -> Step:
    """``assign`` for ``fair``."""
    return _assigned(n_needs, "fair")


def _assigned(n_needs: int, objective: str) -> Step:
    from matcher.assignment import assign

    market = market_of(n_needs, 8 * n_needs // 5)
    quotas = quotas_of(market)
    return lambda: assign(replace(market), objective, quotas=quotas).pairs


def peer_at_total(name: str) -> Callable[[int], Step]:
    """Give a peer the market and the quotas of `total`."""

    def prepared(n_needs: int) -> Step:
        market = market_of(n_needs, 8 * n_needs // 5)
        return _peer(name, instance_of(market, quotas_of(market)))

    return prepared


def _each(column: str, minimum: int, maximum: int) -> tuple[dict[str, Any], ...]:
    return ({"column": column, "value": "*", "minimum": minimum, "maximum": maximum},)


def sample(assignment: Mapping[str, Any], *, rated: bool = False) -> "tuple[Market, Rules]":
    """Read the sample city, as it is scored by default, and what such settings of the assignment demand there."""
    from matcher.assignment import rules_of
    from matcher.domain.settings import Settings
    from matcher.files import load_experts, load_firms, load_ratings
    from matcher.pipeline import open_market

    files = ROOT / "data"
    experts, needs = load_experts(files / "experts.csv").records, load_firms(files / "firms.csv").records
    ratings = load_ratings(files / "ratings.csv").records if rated else ()
    rules = rules_of(Settings.model_validate({"assignment": assignment}).assignment, experts, needs)
    return open_market(experts, needs, ratings=ratings)[1], rules


MINIMA: dict[str, dict[str, Any]] = {
    "townships 3 to 15, institutions to 10": {"quotas": (*_each("township", 3, 15), *_each("institution", 0, 10))},
    "townships 2 to 15, industries 1 to 20, institutions to 10": {
        "quotas": (*_each("township", 2, 15), *_each("industry", 1, 20), *_each("institution", 0, 10))
    },
    "130 people": {"minimum_people": 130},
    "128 people, townships 2 to 15": {"minimum_people": 128, "quotas": _each("township", 2, 15)},
}


def fewest(time_limit_s: int, assignment: Mapping[str, Any], *, rated: bool = False) -> Step:
    """``assign`` for ``stable`` under minima on the sample, the solver limited; gives the blocking pairs."""
    from matcher.assignment import assign_under

    market, rules = sample(assignment, rated=rated)

    def step() -> str:
        certificate = assign_under(replace(market), "stable", rules, time_limit_s=time_limit_s).certificate
        least = certificate.proof["fewest_blocking"]
        return f"{certificate.n_blocking_pairs} blocking, at least {least}, in {market.n_pairs:,} pairs"

    return step


def why_not(_: int) -> Step:
    """Answer why two are not together, on the sample's market and list; the size is fixed."""
    from matcher.assignment import assign, why

    market = sample({})[0]
    found = assign(market)
    unplaced = np.flatnonzero(~np.isin(np.arange(market.n_pairs), found.positions))
    firm, expert = market.need_ids[market.need[unplaced[7]]], market.expert_ids[market.expert[unplaced[7]]]
    return lambda: why(market, found, firm, expert).status


def audited(n: int) -> Step:
    """``audit`` of a stable list, with quotas, from a market that nobody has read yet."""
    from matcher.assignment import audit
    from matcher.assignment.kernel import Side, deferred_acceptance

    market = market_of(n, n)
    sides = (
        Side.of(market.need, market.need_capacity, market.firm_order),
        Side.of(market.expert, market.expert_capacity, market.expert_order),
    )
    pairs = market.ids(deferred_acceptance(*sides, (market.expert, market.need)).tolist())
    quotas = quotas_of(market)
    return lambda: len(audit(replace(market), pairs, quotas=quotas).pair_class)


def _peer(name: str, instance: dict[str, Any]) -> Step:
    """Let a peer measure itself: the step returns what it printed, as JSON."""
    if not ORACLES.exists():
        sys.exit("no environment: benchmarks/oracles/README.md")

    def step() -> str:
        with tempfile.NamedTemporaryFile("w", suffix=".json", encoding="utf-8") as file:
            json.dump(instance, file)
            file.flush()
            command = [ORACLES, "-m", "benchmarks.oracles.peers", name, file.name]
            return subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout

    return step


# --- the tables


@dataclass(frozen=True, slots=True)
class Line:
    """One thing measured at several sizes; ``quick`` are the sizes of ``--quick``; a peer measures itself."""

    part: str
    what: str
    prepare: Callable[[int], Step]
    sizes: tuple[int, ...]
    quick: tuple[int, ...]
    is_peer: bool = False


SIDES = (100, 1_000, 10_000, 100_000, 1_000_000)
NEEDS = (500, 5_000, 50_000, 570_000)
RULES = tuple(MINIMA)
LINES = (
    Line("acceptance", "kernel", kernel, SIDES, SIDES[:4]),
    Line("acceptance", "from_scores to pairs", from_scores, SIDES, SIDES[:3]),
    Line("acceptance", "matching", peer_at_acceptance("matching"), SIDES[:3], SIDES[:1], is_peer=True),
    Line("acceptance", "algmatch", peer_at_acceptance("algmatch"), SIDES[:3], SIDES[:1], is_peer=True),
    Line("total", "flow alone", flow, NEEDS, NEEDS[:2]),
    Line("total", "assign, audited", total, NEEDS, NEEDS[:1]),
    Line("total", "HiGHS LP", peer_at_total("HiGHS LP"), NEEDS[:2], NEEDS[:1], is_peer=True),
    Line("total", "HiGHS MILP", peer_at_total("HiGHS MILP"), NEEDS[:2], NEEDS[:1], is_peer=True),
    Line("total", "networkx", peer_at_total("networkx"), NEEDS[:2], NEEDS[:1], is_peer=True),
    Line("minima", RULES[0], partial(fewest, assignment=MINIMA[RULES[0]]), (2, 30), ()),
    Line("minima", f"with ratings, {RULES[0]}", partial(fewest, assignment=MINIMA[RULES[0]], rated=True), (2, 30), ()),
    *(Line("minima", name, partial(fewest, assignment=MINIMA[name]), (2,), ()) for name in RULES[1:]),
    Line("fair", "assign, audited", fair, (100, 500, 2_000), (100, 500)),
    Line("why", "the sample", why_not, (185,), (185,)),
    Line("audit", "with 22 quotas", audited, SIDES, SIDES[:3]),
)


def cell(line: Line, size: int, limit_s: float) -> dict[str, Any]:
    """
    Measure one cell in a process of its own.

    Returns
    -------
    dict
        As `measured`; or ``empty``, why there is nothing.
    """
    command = [sys.executable, __file__, "--cell", f"{line.part}: {line.what}", "--size", str(size)]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    try:
        said, complaint = process.communicate(timeout=limit_s)
    except subprocess.TimeoutExpired:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        return {"empty": f"not done after {limit_s:.0f} s, market included"}
    if process.returncode:
        last = complaint.strip().splitlines()[-1:] or [f"exit {process.returncode}"]
        return {"empty": last[0][:120]}
    return json.loads(said)


def row(line: Line, size: int, found: dict[str, Any]) -> str:
    """Write one line of the table."""
    head = f"| {line.part} | {line.what} | {size:,} |"
    if "empty" in found:
        return f"{head} {found['empty']} | | | | |"
    seconds = " | ".join(
        f"{found[name]:.2g}" if found[name] < 100 else f"{found[name]:.0f}" for name in ("wall_s", "cpu_s")
    )
    return f"{head} {seconds} | {found['peak_mb']:,.0f} | {found['before_mb']:,.0f} | {found['result']} |"


def main(arguments: Sequence[str] | None = None) -> None:
    """Print a row for every cell, as soon as it is known."""
    parser = argparse.ArgumentParser(description="Seconds and memory of the assignment engine.")
    parser.add_argument("--quick", action="store_true", help="small sizes: a minute")
    parser.add_argument("--only", default="", help="lines whose part or name has this in it")
    parser.add_argument("--limit", type=float, help="seconds for a cell; 300, quick 20")
    parser.add_argument("--cell", help="measure one line in this process and print JSON")
    parser.add_argument("--size", type=int, help="of the cell")
    options = parser.parse_args(arguments)
    if options.cell:
        line = next(line for line in LINES if f"{line.part}: {line.what}" == options.cell)
        limit = ADDRESS_SPACE_GB << 30
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
        step = line.prepare(options.size)
        print(step() if line.is_peer else json.dumps(measured(step)))
        return
    print("| part | what | size | wall s | CPU s | MB | MB before | result |")
    print("|---|---|---|---|---|---|---|---|")
    for line in LINES:
        if options.only in f"{line.part}: {line.what}":
            for size in line.quick if options.quick else line.sizes:
                found = cell(line, size, options.limit or (20 if options.quick else 300))
                print(row(line, size, found), flush=True)


if __name__ == "__main__":
    main()
