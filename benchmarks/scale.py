"""
How time and memory grow with a list's size, stage by stage, and what a nation's would take by that.

To run it: ``.venv/bin/python -m benchmarks.scale``, with ``--stages`` and ``--most`` for a part or for more, and
``--measured`` for a file that measurements are added to and not made again; figures: docs/measurements/scale.md.

Protocol: n is a number of needs, with n/10 experts, as in a province. Every measurement is a process of its own. It
makes its input and goes the whole way once with a hundred needs, unmeasured, so that dictionaries are read and code is
compiled; then the stage runs once. CPU seconds are of that step alone, on however many threads; *MB* is the most memory
that the process held during it, *before* what it held when it began. What exceeds ``--limit`` seconds, or ``--memory``
GB of data, is ended, and its row says so. Linux only.

Texts and records are made of real titles and of the sample's words, with a fixed seed, as `benchmarks.made` says: they
are of fewer subjects than a nation's, so they share more terms. Markets are drawn by chance with a fixed seed: every
need lists 20 experts, all orders are strict, needs have one place and experts one or two.

The exponent of a stage is the slope of log seconds over log units, by least squares, over those sizes that took a tenth
of a second or more. A nation's seconds are the largest size's, times the ratio of units to the power of the exponent;
*in proportion*, to the power of 1. The larger counts. Memory is a line through the smallest and the largest size. Hours
on many cores are ``(spread / cores + alone) / 3600``, where *spread* are the seconds of stages that slices of texts or
of pairs can share, as if nothing were lost between them, and *alone* those of stages that hold the whole market.
"""

import argparse
import json
import math
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import scipy.sparse as sp

from benchmarks.assignment import Step, ids, measured
from benchmarks.made import SEED, corpus_line, made_texts, write_sides
from matcher.assignment import Market, Rules, audit, form_market
from matcher.assignment.kernel import Offers, Side, deferred_acceptance, run_compiled
from matcher.assignment.network import Network, circulate
from matcher.assignment.rules import Case
from matcher.domain.records import Expert, Need
from matcher.domain.settings import AssignmentSettings, EligibilitySettings, RankingSettings, TextSettings
from matcher.files.limits import OWN
from matcher.files.loading import load_experts, load_firms
from matcher.ranking import Ranker, Ranking, rank
from matcher.ranking.bars import Bar, bars_of
from matcher.ranking.features import features_of
from matcher.ranking.wishes import wishes_of
from matcher.text import ProfileVectorizer, TermVectors, count_terms, profile, profile_texts, tokenizer_named
from matcher.text.vectors import DenseChannel

ROOT = Path(__file__).resolve().parents[1]
LENGTH = 20
"""Experts in a need's list, and a shortlist's length."""
NEEDS_AN_EXPERT = 10
WARM = 100
"""Needs that a process goes the whole way with before the clock starts."""
LEAST_S = 0.1
"""Shorter steps are mostly what does not grow, and no part of an exponent."""
CORES = (2, 16, 64, 256)
WITHIN_H = (1, 8, 24)
TEXT = TextSettings(tokenizer="rjieba")


# --- texts


def texts_of(n: int) -> tuple[list[str], list[tuple[str, str]]]:
    """Make profiles, a tenth as many as needs, and needs as `profile_texts` takes them."""
    needs = made_texts(n, (1, 2), SEED + 1)
    return made_texts(n // NEEDS_AN_EXPERT, (2, 3, 4), SEED), [(need.split("。")[0], need) for need in needs]


def counting(n: int) -> Step:
    """``count_terms`` of as many profiles, words and character grams."""
    texts, tokenizer = made_texts(n, (2, 3, 4)), tokenizer_named("rjieba")
    return lambda: count_terms(texts, tokenizer=tokenizer)["words"].matrix.nnz


def weights(n: int) -> Step:
    """``profile_texts`` without vectors: counting and weighing both sides."""
    documents, queries = texts_of(n)
    settings, tokenizer = TEXT.model_copy(update={"semantic": 0.0}), tokenizer_named("rjieba")
    return lambda: profile_texts(documents, queries, settings, tokenizer).needs.nnz


def _grams(n: int) -> tuple[sp.csr_array, sp.csr_array]:
    """Make the rows of character grams of both sides."""
    documents, queries = texts_of(n)
    vectorizer = ProfileVectorizer(words=0.0, characters=1.0)
    experts = vectorizer.fit_transform(documents)
    return vectorizer.transform_needs(*zip(*queries, strict=True)), experts


def learning(n: int) -> Step:
    """``TermVectors.fit``: vectors of terms, learned on the profiles."""
    experts = _grams(n)[1]
    return lambda: len(TermVectors().fit(experts).components_)


def vectors(n: int) -> Step:
    """Vectors of both sides' texts by those of their terms, and what cosine is usual."""
    needs, experts = _grams(n)
    learned = TermVectors().fit(experts)

    def step() -> int:
        DenseChannel.of("semantic", "profiles", 1.0, learned.transform(experts))
        return len(learned.transform(needs))

    return step


# --- pairs


def _records(n: int) -> tuple[list[Expert], list[Need]]:
    with tempfile.TemporaryDirectory() as folder:
        paths = write_sides(Path(folder), n // NEEDS_AN_EXPERT, n)
        return load_experts(paths[0], OWN).records, load_firms(paths[1], OWN).records


def shortlisting(n: int) -> Step:
    """``rank``: both sides' shortlists of 20 among all pairs, with vectors, places and whatever bars; exact."""
    experts, needs = _records(n)
    profiles = profile(experts, needs, TEXT)
    settings = RankingSettings(shortlist=LENGTH, full_market_pairs=0)
    return lambda: len(rank(experts, needs, profiles, settings, EligibilitySettings()).need)


# --- markets


def drawn_lists(n_needs: int, n_experts: int) -> np.ndarray:
    """Draw who is in each need's list, ascending; int32, shape (n_needs, LENGTH or as many as there are)."""
    length = min(LENGTH, n_experts)
    draw = np.random.default_rng(SEED)
    expert = draw.integers(0, n_experts - length + 1, (n_needs, length), dtype=np.int32)
    expert.sort(axis=1)
    expert += np.arange(length, dtype=np.int32)  # what was ascending becomes different
    return expert


def drawn_market(n: int) -> Market:
    """Draw a market; see the protocol."""
    n_experts = n // NEEDS_AN_EXPERT
    expert = drawn_lists(n, n_experts)
    draw, n_pairs = np.random.default_rng(SEED + 1), expert.size
    orders = draw.permutation(n_pairs), draw.permutation(n_pairs)
    return Market(
        need_ids=ids("n", n),
        expert_ids=ids("e", n_experts),
        firm_of=np.arange(n),
        need_capacity=np.ones(n, dtype=np.int64),
        expert_capacity=draw.integers(1, 3, n_experts),
        need=np.repeat(np.arange(n), expert.shape[1]),
        expert=expert.ravel().astype(np.int64),
        firm_order=orders[0],
        expert_order=orders[1],
        firm_satisfaction=(orders[0] + 1) / (n_pairs + 1),
        expert_satisfaction=(orders[1] + 1) / (n_pairs + 1),
    )


def forming(n: int) -> Step:
    """``form_market`` of pairs that were ranked; records differ in their ids alone."""
    experts, needs = _records(NEEDS_AN_EXPERT)
    experts = [replace(experts[0], expert_id=name) for name in ids("e", n // NEEDS_AN_EXPERT)]
    needs = [replace(needs[0], need_id=name, firm_id=name) for name in ids("n", n)]
    wishes, eligibility = wishes_of(experts, needs), EligibilitySettings()
    ranker = Ranker(
        experts=experts,
        needs=needs,
        profiles=profile(experts[:1], needs[:1], TEXT),  # a market is not formed of texts
        features=features_of(experts, needs, ()),
        wishes=wishes,
        bars=bars_of(experts, needs, wishes, eligibility),
        settings=RankingSettings(),
    )
    expert = drawn_lists(n, n // NEEDS_AN_EXPERT)
    score = np.random.default_rng(SEED + 1).integers(1, 10**9, (2, expert.size))
    need_bars, expert_bars = (np.zeros((len(side), len(Bar)), dtype=np.int64) for side in (needs, experts))
    need, column = np.repeat(np.arange(n), expert.shape[1]), expert.ravel().astype(np.int64)
    ranking = Ranking(ranker, need, column, *score, *score, need_bars, expert_bars, "shortlists")
    return lambda: form_market(ranking, AssignmentSettings()).n_pairs


def acceptance(n: int) -> Step:
    """Deferred acceptance from a market's arrays to the pairs placed: lists are sorted, then needs propose."""
    market = drawn_market(n)
    return lambda: len(_accepted(market))


def _accepted(market: Market) -> np.ndarray:
    needs = Side.of(market.need, market.need_capacity, market.firm_order)
    experts = Side.of(market.expert, market.expert_capacity, market.expert_order)
    return deferred_acceptance(needs, experts, (market.expert, market.need), compiled=True)


def kernel(n: int) -> Step:
    """Run ``run_compiled`` alone, on lists that are in order: 12 bytes a pair."""
    offers, places = drawn_offers(n)
    return lambda: int((run_compiled(offers, places) >= 0).sum())


def drawn_offers(n: int) -> tuple[Offers, np.ndarray]:
    """Draw lists in order as the kernel takes them, and the needs' places; in as little memory as that takes."""
    n_experts = n // NEEDS_AN_EXPERT
    expert = drawn_lists(n, n_experts)
    draw, length = np.random.default_rng(SEED + 1), expert.shape[1]
    draw.permuted(expert, axis=1, out=expert)
    expert = expert.ravel()
    slot = np.append(0, np.cumsum(np.minimum(draw.integers(1, 3, n_experts), np.bincount(expert, minlength=n_experts))))
    asked = expert.astype(np.int64)
    asked <<= 32
    place = np.arange(expert.size, dtype=np.int32)  # strict, though not from 0 in each list: only their order counts
    draw.shuffle(place)
    asked += place
    none = np.empty(0, dtype=np.int32)
    proposer = np.repeat(np.arange(n, dtype=np.int32), length)
    offers = Offers(np.arange(n + 1, dtype=np.int32) * length, proposer, asked, slot, none, none, none)
    return offers, np.ones(n, dtype=np.int64)


def auditing(n: int) -> Step:
    """``audit`` of a stable list, from a market that nobody has read yet."""
    market = drawn_market(n)
    pairs = market.ids(_accepted(market).tolist())
    return lambda: len(audit(market, pairs).pair_class)


def _case(n: int) -> Case:
    return Case(drawn_market(n), Rules())


def flow(n: int) -> Step:
    """``Network.of`` and ``circulate``: the greatest sum of values, from a market's arrays to the pairs placed."""
    case = _case(n)

    def step() -> int:
        network = Network.of(case)
        return len(network.placed(_cheapest(network, network.cost(case.worth))))

    return step


def prices(n: int) -> Step:
    """``Network.prices``: the proof that no sum is greater."""
    case = _case(n)
    network = Network.of(case)
    cost = network.cost(case.worth)
    found = _cheapest(network, cost)
    return lambda: len(network.prices(cost, found)["experts"])


def _cheapest(network: Network, cost: np.ndarray) -> np.ndarray:
    found = circulate(network, cost)
    if found is None:
        raise AssertionError("a market without rules has a list")
    return found


# --- stages


@dataclass(frozen=True, slots=True)
class Stage:
    """
    What is measured at several sizes.

    Attributes
    ----------
    prepare : callable
        Takes a number of needs and gives the step.
    units : callable
        Takes numbers of needs and of experts and gives that of what the stage goes over.
    of : str
        What that is.
    sizes : tuple of int
    is_spread : bool
        Whether slices can share it.
    roads : tuple of str
        Objectives that need it; none where another stage has it in it.
    """

    prepare: Callable[[int], Step]
    units: Callable[[int, int], int]
    of: str
    sizes: tuple[int, ...]
    is_spread: bool = False
    roads: tuple[str, ...] = ("stable", "total")


SIZES = (1_000, 10_000, 100_000, 1_000_000)
ARCS = (5_000, 50_000, 250_000, 1_000_000)


def _texts(needs: int, experts: int) -> int:
    return needs + experts


def _pairs(needs: int, experts: int) -> int:
    return needs * experts


def _profiles(needs: int, experts: int) -> int:  # noqa: ARG001 - the form of all
    return experts


def _listed(needs: int, experts: int) -> int:
    return needs * min(LENGTH, experts)


STAGES = {
    "counting": Stage(counting, lambda needs, _: needs, "profiles", SIZES, is_spread=True, roads=()),
    "weights": Stage(weights, _texts, "texts", SIZES, is_spread=True),
    "learning": Stage(learning, _profiles, "profiles", SIZES),
    "vectors": Stage(vectors, _texts, "texts", SIZES, is_spread=True),
    "shortlisting": Stage(shortlisting, _pairs, "pairs", (*SIZES[:3], 200_000), is_spread=True),
    "forming": Stage(forming, _listed, "listed pairs", SIZES),
    "acceptance": Stage(acceptance, _listed, "listed pairs", SIZES, roads=("stable",)),
    "kernel": Stage(kernel, _listed, "listed pairs", (*SIZES, 10_000_000), roads=()),
    "auditing": Stage(auditing, _listed, "listed pairs", SIZES),
    "flow": Stage(flow, _listed, "listed pairs", ARCS, roads=("total",)),
    "prices": Stage(prices, _listed, "listed pairs", ARCS, roads=("total",)),
}


def cell(name: str, size: int, limit_s: float, memory_gb: float) -> dict[str, Any]:
    """
    Measure a stage at one size in a process of its own.

    Returns
    -------
    dict
        ``stage``, ``size``, and as `benchmarks.assignment.measured`; or ``empty``, why there is nothing.
    """
    command = [sys.executable, "-m", "benchmarks.scale", "--cell", name, "--size", str(size)]
    command += ["--memory", str(memory_gb)]
    found: dict[str, Any] = {"stage": name, "size": size}
    try:
        run = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True, timeout=limit_s)
    except subprocess.TimeoutExpired:
        return found | {"empty": f"not done after {limit_s:g} s, input included"}
    if run.returncode:
        last = run.stderr.strip().splitlines()[-1:] or [""]
        return found | {"empty": f"exit {run.returncode} within {memory_gb:g} GB: {last[0][:80]}"}
    return found | json.loads(run.stdout)


def measured_here(name: str, size: int, memory_gb: float) -> dict[str, Any]:
    """Measure a stage in this process."""
    limit = round(memory_gb * 2**30)
    resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
    STAGES[name].prepare(WARM)()
    step = STAGES[name].prepare(size)
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # the peak is that of the step from here on
    return measured(step, once=True)


# --- what follows of it


class Growth(NamedTuple):
    """
    A stage's growth, and what it makes of a nation.

    Attributes
    ----------
    sizes : tuple of int
        That the exponent is of; none: there is no exponent.
    exponent : float or None
    units : int
        The nation's.
    by_exponent_s, in_proportion_s : float
        CPU seconds; the same where there is no exponent.
    memory_gb : float or None
        None where one size alone was measured.
    """

    sizes: tuple[int, ...]
    exponent: float | None
    units: int
    by_exponent_s: float
    in_proportion_s: float
    memory_gb: float | None

    @property
    def seconds(self) -> float:
        """The more of both."""
        return max(self.by_exponent_s, self.in_proportion_s)


def exponent(units: Sequence[float], seconds: Sequence[float]) -> float:
    """Fit a power law by least squares of logarithms."""
    return float(np.polyfit(np.log(units), np.log(seconds), 1)[0])


def growth(stage: Stage, cells: Sequence[Mapping[str, Any]], needs: int, experts: int) -> Growth | None:
    """Derive of what was measured of a stage; None where nothing was."""
    done = sorted((found for found in cells if "empty" not in found), key=lambda found: found["size"])
    if not done:
        return None
    units = [stage.units(found["size"], found["size"] // NEEDS_AN_EXPERT) for found in done]
    nation, cpu_s, peak_mb = stage.units(needs, experts), done[-1]["cpu_s"], [found["peak_mb"] for found in done]
    fitted = [k for k, found in enumerate(done) if found["cpu_s"] >= LEAST_S]
    power = None
    if len(fitted) > 1:
        power = exponent([units[k] for k in fitted], [done[k]["cpu_s"] for k in fitted])
    memory_mb = None
    if len(done) > 1:
        memory_mb = peak_mb[0] + (peak_mb[-1] - peak_mb[0]) / (units[-1] - units[0]) * (nation - units[0])
    return Growth(
        sizes=tuple(done[k]["size"] for k in fitted) if power is not None else (),
        exponent=power,
        units=nation,
        by_exponent_s=cpu_s * (nation / units[-1]) ** (1.0 if power is None else power),
        in_proportion_s=cpu_s * nation / units[-1],
        memory_gb=None if memory_mb is None else memory_mb / 1024,
    )


def hours(spread_s: float, alone_s: float, cores: int) -> float:
    """Hours by the clock on so many cores, of which one does what can't be shared."""
    return (spread_s / cores + alone_s) / 3600


def cores_within(spread_s: float, alone_s: float, limit_h: float) -> int | None:
    """Count the cores that it takes to be done within some hours; None: no number is enough."""
    left = limit_h * 3600 - alone_s
    return max(1, math.ceil(spread_s / left)) if left > 0 else None


def _short(number: float) -> str:
    return f"{number:,.0f}" if number >= 100 else f"{number:.2g}"


def measured_row(found: Mapping[str, Any]) -> str:
    """Write the line of one measurement."""
    stage, size = STAGES[found["stage"]], found["size"]
    units = stage.units(size, size // NEEDS_AN_EXPERT)
    head = f"| {found['stage']} | {size:,} | {units:,} {stage.of} |"
    if "empty" in found:
        return f"{head} {found['empty']} | | | |"
    each = found["cpu_s"] / units * 1e9
    return f"{head} {_short(found['cpu_s'])} | {each:,.0f} | {found['peak_mb']:,.0f} | {found['before_mb']:,.0f} |"


def derived(cells: Sequence[Mapping[str, Any]], needs: int, experts: int) -> list[str]:
    """Write the tables of what follows."""
    grown = {
        name: found
        for name, stage in STAGES.items()
        if (found := growth(stage, [one for one in cells if one["stage"] == name], needs, experts))
    }
    lines = [
        f"Derived for {needs:,} needs x {experts:,} experts:",
        "",
        "| stage | units | exponent | of n = | CPU h by exponent | in proportion | GB | where |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for name, found in grown.items():
        stage = STAGES[name]
        power = "-" if found.exponent is None else f"{found.exponent:.2f}"
        memory = "by slices" if stage.is_spread else "-" if found.memory_gb is None else _short(found.memory_gb)
        where = "spread" if stage.is_spread else "alone"
        lines.append(
            f"| {name} | {found.units:.3g} {stage.of} | {power} | {', '.join(f'{n:,}' for n in found.sizes)} "
            f"| {_short(found.by_exponent_s / 3600)} | {_short(found.in_proportion_s / 3600)} | {memory} "
            f"| {where if stage.roads else 'part of another'} |"
        )
    for road in ("stable", "total"):
        lines += ["", *_road(road, grown)]
    return lines


def _road(road: str, grown: Mapping[str, Growth]) -> list[str]:
    """Write what an objective takes, on so many cores and within so many hours."""
    wanted = [name for name, stage in STAGES.items() if road in stage.roads]
    if missing := [name for name in wanted if name not in grown]:
        return [f"{road}: not derived, for nothing is measured of {', '.join(missing)}."]
    spread = sum(grown[name].seconds for name in wanted if STAGES[name].is_spread)
    alone = sum(grown[name].seconds for name in wanted if not STAGES[name].is_spread)
    on = "; ".join(f"{cores} cores {_short(hours(spread, alone, cores))} h" for cores in CORES)
    needed = {limit_h: cores_within(spread, alone, limit_h) or "on no number of cores" for limit_h in WITHIN_H}
    within = "; ".join(f"{limit_h} h {cores}" for limit_h, cores in needed.items())
    return [
        f"{road}: {_short(spread / 3600)} core hours spread, {_short(alone / 3600)} alone. By the clock: {on}.",
        f"Cores to be done within: {within}.",
    ]


def main(arguments: Sequence[str] | None = None) -> None:
    """Print a row for every measurement as soon as it is known, then what follows."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--stages", default=",".join(STAGES), help="names, with commas between")
    parser.add_argument("--most", type=int, default=100_000, help="largest number of needs")
    parser.add_argument("--limit", type=float, default=600, help="seconds for a measurement, its input included")
    parser.add_argument("--memory", type=float, default=8, help="GB for a measurement")
    parser.add_argument("--needs", type=int, default=10_000_000, help="of the nation")
    parser.add_argument("--experts", type=int, default=1_000_000, help="of the nation")
    parser.add_argument("--measured", type=Path, help="file of measurements, which are added to it")
    parser.add_argument("--cell", choices=STAGES, help="measure one stage in this process and print JSON")
    parser.add_argument("--size", type=int, help="of the cell")
    given = parser.parse_args(arguments)
    if given.cell:
        print(json.dumps(measured_here(given.cell, given.size, given.memory)))
        return
    names = given.stages.split(",")
    if unknown := sorted(set(names) - set(STAGES)):
        parser.error(f"no stage is called {', '.join(unknown)}: there are {', '.join(STAGES)}")
    file = given.measured
    earlier = file.read_text(encoding="utf-8") if file and file.exists() else ""
    cells = [json.loads(line) for line in earlier.splitlines()]
    asked = [(name, size) for name in names for size in STAGES[name].sizes if size <= given.most]
    print(corpus_line(), end="\n\n")
    print("| stage | n | units | CPU s | ns a unit | MB | MB before |\n|---|---|---|---|---|---|---|")
    for name, size in asked:
        found = next((one for one in cells if (one["stage"], one["size"]) == (name, size)), None)
        if found is None:
            found = cell(name, size, given.limit, given.memory)
            cells.append(found)
            if file:
                with file.open("a", encoding="utf-8") as lines:
                    lines.write(json.dumps(found) + "\n")
        print(measured_row(found), flush=True)
    print("", *derived(cells, given.needs, given.experts), sep="\n")


if __name__ == "__main__":
    main()
