"""
The main job on real input: experts and needs made of funded research projects.

An expert's earlier titles are the profile, the last title is the need of an invented firm: so it is known whose need
it is, and the matcher is not told. Protocol and figures: ``docs/measurements/real-market.md``; the data:
``benchmarks/data/SOURCES.md``. To run it: ``.venv/bin/python benchmarks/real_market.py``.
"""

import argparse
import csv
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from matcher.files import read_placements, write_csv

DATA = Path(__file__).with_name("data") / "nsfc_projects.tsv"
COMMAND = Path(sys.executable).with_name("matcher")
SIZES = ("100", "full")

# The small market is taken from here on: weights are chosen on the experts whose hash begins with 0-7.
_FIRST_HASH = "8"

_EXPERT_COLUMNS = ("expert_id", "name", "institution", "discipline", "research_fields")
_FIRM_COLUMNS = ("firm_id", "name", "township", "industry", "need_title")
_HEADER = (
    "size",
    "pairs in the market",
    "placed",
    "with the author",
    "recall@1",
    "recall@10",
    "blocking pairs",
    "wall s",
    "CPU s",
    "MB",
    "audit, wall s",
)


@dataclass(frozen=True, slots=True)
class Author:
    """
    A principal investigator with at least two projects.

    Parameters
    ----------
    key : str
        Hash of the name.
    unit, division : str
        Of the last project: hash of the institution, code of the division.
    titles : tuple of str
        By date, then by title.
    """

    key: str
    unit: str
    division: str
    titles: tuple[str, ...]

    @property
    def profile(self) -> str:
        """All titles but the last, as sentences."""
        return "\u3002".join(self.titles[:-1])

    @property
    def need(self) -> str:
        """The last title."""
        return self.titles[-1]


@dataclass(frozen=True, slots=True)
class Cost:
    """What a command cost: seconds on the clock and of the processors, and its peak memory in MB."""

    wall_s: float
    cpu_s: float
    peak_mb: float


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the list of one market is worth; counts, and shares of all needs."""

    n_needs: int
    n_pairs: int
    n_placed: int
    n_blocking: int
    placed_with_author: float
    recall_1: float
    recall_10: float


def authors(size: str) -> list[Author]:
    """
    Read those who make the market.

    Parameters
    ----------
    size : {"100", "full"}
        The first 100 by hash of those whose hash begins with 8 or more, or all 3,393.

    Returns
    -------
    list of Author
        By hash.
    """
    with DATA.open(encoding="utf-8", newline="") as file:
        rows = sorted(
            csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE),
            key=lambda row: (row["expert"], row["date"], row["title"]),
        )
    projects = defaultdict(list)
    for row in rows:
        projects[row["expert"]].append(row)
    found = [
        Author(key, own[-1]["unit"], own[-1]["code"], tuple(row["title"] for row in own))
        for key, own in projects.items()
        if len(own) > 1
    ]
    return found if size == "full" else [author for author in found if author.key >= _FIRST_HASH][: int(size)]


def write_market(people: Sequence[Author], folder: Path) -> tuple[Path, Path]:
    """
    Write the experts' and the firms' file.

    Parameters
    ----------
    people : sequence of Author
    folder : path

    Returns
    -------
    path, path
        Of ``experts.csv`` and ``firms.csv``. The expert E<hash> is the author of the need of firm F<hash>.
    """
    experts, firms = folder / "experts.csv", folder / "firms.csv"
    write_csv(
        experts,
        _EXPERT_COLUMNS,
        [(f"E{who.key}", f"E{who.key}", who.unit, who.division, who.profile) for who in people],
    )
    # Every firm is invented and related to nobody: else the conflict of interest would bar its author.
    write_csv(
        firms,
        _FIRM_COLUMNS,
        [(f"F{who.key}", f"F{who.key}", "unknown", who.division, who.need) for who in people],
    )
    return experts, firms


def measured(command: Sequence[str | Path]) -> Cost:
    """
    Run a command and measure it and its children.

    Parameters
    ----------
    command : sequence of str or path

    Returns
    -------
    Cost

    Raises
    ------
    SystemExit
        When the command fails; what it said is shown.
    """
    with tempfile.TemporaryFile() as said:
        start = time.perf_counter()
        process = subprocess.Popen(command, stdout=said, stderr=subprocess.STDOUT)
        _, status, usage = os.wait4(process.pid, 0)
        wall_s = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            said.seek(0)
            sys.exit(f"{' '.join(map(str, command))}: exit {process.returncode}\n{said.read().decode()}")
    return Cost(wall_s, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def timed(people: Sequence[Author], folder: Path, runs: int) -> tuple[Cost, Cost]:
    """
    Run the main job and its audit, warm.

    Parameters
    ----------
    people : sequence of Author
    folder : path
        Gets the two files and, in ``out``, what ``matcher assign`` writes.
    runs : int
        Of the main job, after one that only warms the caches.

    Returns
    -------
    assign, audit : Cost
        The run of the median wall time, and one run of the audit.
    """
    files = write_market(people, folder)
    assign = [COMMAND, "assign", *files, "--out", folder / "out"]
    costs = [measured(assign) for _ in range(runs + 1)][1:]
    audit = measured([COMMAND, "audit", *files, folder / "out" / "placements.csv"])
    wall_s = statistics.median_low([cost.wall_s for cost in costs])
    return next(cost for cost in costs if cost.wall_s == wall_s), audit


def outcome(folder: Path, pairs: Sequence[tuple[str, str]] | None = None) -> Outcome:
    """
    Compare a list with what is known and the matcher was not told.

    Parameters
    ----------
    folder : path
        With the two files and, unless ``pairs`` are given, ``out/placements.csv``.
    pairs : sequence of (str, str) or None
        ``(firm id, expert id)``.

    Returns
    -------
    Outcome
        Recall: the author stands among the first k that are suggested to the firm; ties share the better rank.
    """
    # Late, and after all measuring: a child's peak memory is at least what its parent held when it was started.
    import numpy as np

    import matcher
    from matcher.assignment import form_market, outside_blocking
    from matcher.pipeline import open_market
    from matcher.ranking.ranking import extend

    ranking, market = open_market(
        matcher.read_experts(folder / "experts.csv"), matcher.read_firms(folder / "firms.csv")
    )
    if pairs is None:
        pairs = [(line.need_id, line.expert_id) for line in read_placements(folder / "out" / "placements.csv")]
    places = (market.position.get((need_id, f"E{need_id[1:]}")) for need_id in market.need_ids)
    ranks = [int(market.firm_rank[place]) for place in places if place is not None]
    ranking = extend(
        ranking,
        *(
            np.array([positions[name] for name in names])
            for positions, names in zip(
                (ranking.need_position, ranking.expert_position), zip(*pairs, strict=True), strict=True
            )
        ),
    )
    held = form_market(ranking, matcher.Settings().assignment)
    report = matcher.audit(held, pairs)
    if report.violations:
        sys.exit(f"the list breaks {len(report.violations)} rules, the first: {report.violations[0]}")
    outside, _ = outside_blocking(ranking, held, list(pairs))
    return Outcome(
        n_needs=market.n_needs,
        n_pairs=market.n_pairs,
        n_placed=len(pairs),
        n_blocking=len(report.blocking_pairs) + len(outside),
        placed_with_author=sum(need[1:] == expert[1:] for need, expert in pairs) / market.n_needs,
        recall_1=sum(rank == 1 for rank in ranks) / market.n_needs,
        recall_10=sum(rank <= 10 for rank in ranks) / market.n_needs,
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """Make the markets, run the main job on them, print a table."""
    parser = argparse.ArgumentParser(description="The main job on real input.")
    parser.add_argument("--size", choices=SIZES, action="append", help="a market; both if not given")
    parser.add_argument("--out", type=Path, help="folder to keep files and lists in; a temporary one if not given")
    parser.add_argument("--runs", type=int, default=3, help="of which the median is shown, after one to warm caches")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as temporary:
        root = options.out or Path(temporary)
        sizes = options.size or SIZES
        costs = {size: timed(authors(size), root / size, options.runs) for size in sizes}
        print("|", " | ".join(_HEADER), "|")
        print("|---" * len(_HEADER) + "|")
        for size, (assign, audit) in costs.items():
            print("|", " | ".join(_row(outcome(root / size), assign, audit)), "|")


def _row(got: Outcome, assign: Cost, audit: Cost) -> tuple[str, ...]:
    counts = (f"{got.n_pairs:,}", f"{got.n_placed:,}")
    shares = (f"{share:.3f}" for share in (got.placed_with_author, got.recall_1, got.recall_10))
    seconds = (f"{seconds:.2f}" for seconds in (assign.wall_s, assign.cpu_s))
    size = f"{got.n_needs:,} x {got.n_needs:,}"
    return size, *counts, *shares, f"{got.n_blocking}", *seconds, f"{assign.peak_mb:.0f}", f"{audit.wall_s:.2f}"


if __name__ == "__main__":
    main()
