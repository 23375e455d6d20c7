"""
What the whole way costs, from two spreadsheets to the saved list: ``matcher assign`` as a user runs it.

To run it: ``.venv/bin/python -m benchmarks.whole``, with ``--experts``, ``--needs``, ``--tokenizer``, ``--objective``
and ``--jobs`` for others; figures: docs/measurements/scale.md.

Protocol: sides are made as `benchmarks.made` says and written as CSV, and settings beside them: shortlists of 20, and
every market by parts, so that small ones go the way of large ones. Then the command runs as a process of its own, both
lists also as Parquet, and ten times a second it is read off the system what every process of it has used: CPU seconds,
and the most memory that it ever held. So a process's last tenth of a second may be missing. A process that took less
than a hundredth of all is in the sum and not in the row. Linux only.

``--changed 0.01`` measures what ``--reuse`` saves instead. An epoch is begun, unmeasured; a run with ``--reuse`` fills
the folder; of either side so large a share changes as `benchmarks.renewal` says; then one run with ``--reuse`` and one
without place the same files. Their lists have to be the same, to the byte.
"""

import argparse
import csv
import filecmp
import os
import re
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp

from benchmarks.made import corpus_line, write_sides
from benchmarks.renewal import changed
from matcher.domain.settings import AssignmentSettings
from matcher.files import load_experts, load_firms
from matcher.files.limits import OWN
from matcher.files.record_text import records_csv

MATCHER = Path(sys.executable).with_name("matcher"), "--lang", "en"
EVERY_S = 0.1
TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")
SETTINGS = """[text]
tokenizer = "{tokenizer}"
{epoch}
[ranking]
shortlist = 20
full_market_pairs = 0
[assignment]
objective = "{objective}"
"""
HEAD = "| run | CPU s | the command's | each process's | s by the clock | MB, the command | largest process | pairs |"


@dataclass(frozen=True, slots=True)
class Used:
    """
    What a command used.

    Attributes
    ----------
    wall_s : float
    command_s : float
        CPU of the command's own process.
    children_s : tuple of float
        CPU of every other process, the most first.
    command_mb, child_mb : float
        The most memory that the command held, and that any other process did; 0 where there was none.
    said : str
        What the command printed.
    """

    wall_s: float
    command_s: float
    children_s: tuple[float, ...]
    command_mb: float
    child_mb: float
    said: str

    @property
    def cpu_s(self) -> float:
        """CPU of all processes."""
        return self.command_s + sum(self.children_s)

    def row(self, name: str, pairs: int) -> str:
        """Write the line of one run."""
        each = ", ".join(f"{one:.1f}" for one in self.children_s if one >= self.cpu_s / 100) or "-"
        of_child = f"{self.child_mb:,.0f}" if self.children_s else "-"
        return (
            f"| {name} | {self.cpu_s:.1f} | {self.command_s:.1f} | {each} | {self.wall_s:.0f} "
            f"| {self.command_mb:,.0f} | {of_child} | {pairs:,} |"
        )


def used(command: Sequence[str | Path]) -> Used:
    """
    Run a command, and measure it with all processes that it starts.

    Raises
    ------
    CalledProcessError
        When it fails, with all that it said.
    """
    cpu_s: dict[int, float] = {}
    peak_mb: dict[int, float] = {}
    started = time.perf_counter()
    with TemporaryDirectory(prefix="matcher-whole-") as folder:
        said = Path(folder) / "said"
        with said.open("wb") as output:
            # A session of its own tells its processes from all others.
            process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, start_new_session=True)
        while process.poll() is None:
            for pid, (seconds, megabytes) in _session(process.pid).items():
                cpu_s[pid], peak_mb[pid] = seconds, megabytes
            time.sleep(EVERY_S)
        wall_s = time.perf_counter() - started
        told = said.read_text(encoding="utf-8")
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, process.args, told)
    command_s, command_mb = cpu_s.pop(process.pid), peak_mb.pop(process.pid)
    children_s = tuple(sorted(cpu_s.values(), reverse=True))
    return Used(wall_s, command_s, children_s, command_mb, max(peak_mb.values(), default=0.0), told)


def _session(leader: int) -> dict[int, tuple[float, float]]:
    """Give CPU seconds and the peak in MB of each process of a session that runs now."""
    found = {}
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            fields = (folder / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()
            if int(fields[3]) != leader:
                continue
            status = (folder / "status").read_text(encoding="utf-8")
        except (FileNotFoundError, ProcessLookupError):  # it has ended since
            continue
        if "VmHWM:" in status:  # not of one that has ended, and nobody has asked how
            seconds = (int(fields[11]) + int(fields[12])) / TICKS_A_SECOND
            found[int(folder.name)] = seconds, int(status.split("VmHWM:")[1].split()[0]) * 1024 / 1e6
    return found


@dataclass(frozen=True, slots=True)
class Market:
    """
    A folder with both sides' files and the settings.

    Attributes
    ----------
    folder : path
    tokenizer, objective : str
    jobs : int
    """

    folder: Path
    tokenizer: str
    objective: str
    jobs: int

    @property
    def sides(self) -> tuple[Path, Path]:
        """The files that `write_sides` makes."""
        return self.folder / "experts.csv", self.folder / "firms.csv"

    def write_settings(self, epoch: str = "") -> Path:
        """Write the settings, with an epoch where one is named."""
        path = self.folder / "settings.toml"
        named = f'epoch = "{epoch}"' if epoch else ""
        text = SETTINGS.format(tokenizer=self.tokenizer, epoch=named, objective=self.objective)
        path.write_text(text, encoding="utf-8")
        return path

    def begin_epoch(self) -> None:
        """Begin an epoch, and have the settings name it."""
        settings, epoch = self.write_settings(), self.folder / "epoch.npz"
        used([*MATCHER, "epoch", self.sides[0], "--settings", settings, "--out", epoch])
        self.write_settings("epoch.npz")

    def change(self, share: float) -> None:
        """Let a share of both files' rows change."""
        paths = self.sides
        experts = sorted(load_experts(paths[0], OWN).records, key=lambda one: one.expert_id)
        needs = sorted(load_firms(paths[1], OWN).records, key=lambda one: one.need_id)
        paths[0].write_bytes(records_csv("experts", changed(experts, "expert_id", "research_fields", share)))
        paths[1].write_bytes(records_csv("firms", changed(needs, "need_id", "need_title", share)))

    def place(self, name: str, *options: str | Path) -> tuple[Path, str]:
        """Have the command place, print its row, and give the folder of its list, with what it printed."""
        out = Path(mkdtemp(dir=self.folder))
        settings = self.folder / "settings.toml"
        command = [*MATCHER, "assign", *self.sides, "--settings", settings, "--parquet", "--jobs", str(self.jobs)]
        found = used([*command, "--out", out, *options])
        with (out / "placements.csv").open(encoding="utf-8-sig", newline="") as file:
            pairs = sum(1 for _ in csv.reader(file)) - 1
        print(found.row(name, pairs), flush=True)
        return out, found.said


def confirm_same(one: Path, other: Path) -> None:
    """Raise where lists of two folders differ by a byte."""
    for name in ("placements.csv", "unplaced.csv"):
        if not filecmp.cmp(one / name, other / name, shallow=False):
            raise AssertionError(f"{one / name} and {other / name} differ")


def measure_reuse(market: Market, share: float) -> None:
    """
    Measure what ``--reuse`` saves where a share of both sides has changed.

    Raises
    ------
    AssertionError
        When lists differ, or so much has changed that nothing was used again.
    """
    kept = market.folder / "kept"
    market.begin_epoch()
    market.place("all, with --reuse", "--reuse", kept)
    market.change(share)
    again, said = market.place(f"{share:.1%} changed, with --reuse", "--reuse", kept)
    whole, _ = market.place(f"{share:.1%} changed, without")
    ranked = re.search(r"\d+ needs and \d+ experts were ranked", said)
    if ranked is None:
        raise AssertionError(f"everybody was ranked:\n{said}")
    confirm_same(again, whole)
    print(f"\nWith --reuse {ranked[0]}; the lists are the same to the byte.")


def main(arguments: Sequence[str] | None = None) -> None:
    """Print a row for each run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--experts", type=int, default=500)
    parser.add_argument("--needs", type=int, default=5_000)
    parser.add_argument("--tokenizer", choices=("jieba", "rjieba"), default="rjieba")
    parser.add_argument("--objective", default=AssignmentSettings().objective)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument(
        "--changed", type=float, metavar="SHARE", help="share of both sides that changes: measure --reuse"
    )
    given = parser.parse_args(arguments)
    print(corpus_line())
    with TemporaryDirectory(prefix="matcher-whole-") as name:
        folder = Path(name)
        write_sides(folder, given.experts, given.needs)
        market = Market(folder, given.tokenizer, given.objective, given.jobs)
        print(
            f"{given.experts:,} experts x {given.needs:,} needs, {given.tokenizer}, {given.objective}", HEAD, sep="\n\n"
        )
        print("|---" * 8 + "|")
        if given.changed is None:
            market.write_settings()
            market.place("assign")
        else:
            measure_reuse(market, given.changed)


if __name__ == "__main__":
    main()
