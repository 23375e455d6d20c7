"""
What it costs to rank a market again of which little has changed, beside ranking all of it within the same epoch.

Sides are made of real words (`benchmarks/made.py`) and read as a command reads them; the clock starts behind that. Of
either side one in a hundred changes: half of these say something else, a quarter is gone, a quarter is new. Both times
the same settings, the same epoch, one process. First all is ranked and kept; then what changed; then all once more,
which has to be the same. CPU seconds of texts to shortlists, which `matcher.partitions.Partitions.rank` is.
"""

import argparse
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

import numpy as np

from benchmarks.made import SEED, corpus_line, write_sides
from matcher.domain.records import Expert, Need
from matcher.domain.settings import Settings
from matcher.files import load_experts, load_firms
from matcher.files.limits import OWN
from matcher.partitions import Earlier, KeptCounts, Partitions
from matcher.ranking import Ranking
from matcher.text import begin_epoch

LISTS = ("need", "expert", "firm_score", "expert_score", "firm_order", "expert_order", "need_bars", "expert_bars")

R = TypeVar("R", Expert, Need)


def changed(records: Sequence[R], id_: str, text: str, share: float, seed: int = SEED) -> list[R]:
    """Let half of a share of records say something else, a quarter go, and a quarter come; sorted by id."""
    draw = np.random.default_rng(seed)
    picked = draw.permutation(len(records))[: round(share * len(records))]
    said, gone, like = np.split(picked, [len(picked) // 2, len(picked) * 3 // 4])
    now = {getattr(record, id_): record for record in records}
    for place, other in zip(said.tolist(), draw.integers(len(records), size=len(said)).tolist(), strict=True):
        record = records[place]
        words = getattr(record, text)[::2] + getattr(records[other], text)[1::2]
        now[getattr(record, id_)] = replace(record, **{text: words})
    for place in gone.tolist():
        del now[getattr(records[place], id_)]
    for place in like.tolist():
        name = f"{getattr(records[place], id_)}-{seed}"
        now[name] = replace(records[place], **{id_: name})
    return [now[name] for name in sorted(now)]


def measure(n_experts: int, n_needs: int, share: float, settings: Settings) -> None:
    """Measure, and print what was found."""
    with TemporaryDirectory(prefix="matcher-renewal-") as name:
        folder = Path(name)
        paths = write_sides(folder, n_experts, n_needs)
        experts = sorted(load_experts(paths[0], OWN).records, key=lambda one: one.expert_id)
        needs = sorted(load_firms(paths[1], OWN).records, key=lambda one: one.need_id)
        epoch = begin_epoch("epoch", [expert.profile for expert in experts], settings.text)

        def rank(place: str, experts: Sequence[Expert], needs: Sequence[Need], earlier: Earlier | None) -> Ranking:
            partitions = Partitions(folder / place, earlier=earlier)
            found, took = clocked(lambda: partitions.rank(experts, needs, settings, epoch=epoch))
            print(f"{place:28} {took:8.2f} s")
            return found

        earlier = Earlier(KeptCounts(folder / "counts"), folder / "ranking.joblib")
        rank("all, and kept", experts, needs, earlier)
        now = changed(experts, "expert_id", "research_fields", share), changed(needs, "need_id", "need_title", share)
        again = rank(f"{share:.1%} changed", *now, earlier)
        whole = rank("all once more", *now, None)
        same = all(np.array_equal(getattr(again, name), getattr(whole, name)) for name in LISTS)
        kept = [size_mb(folder / name) for name in ("ranking.joblib", "counts")]
        print(f"the same: {same}; kept: {kept[0]:.0f} MB of rows and lists, {kept[1]:.0f} MB of counts")


def clocked(work: Callable[[], Ranking]) -> tuple[Ranking, float]:
    """Work, and tell the CPU seconds that it took."""
    started = time.process_time()
    found = work()
    return found, time.process_time() - started


def size_mb(path: Path) -> float:
    """Size of a file, or of all files in a folder."""
    return sum(one.stat().st_size for one in ([path] if path.is_file() else path.iterdir())) / 1e6


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure one size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--experts", type=int, default=5_000)
    parser.add_argument("--needs", type=int, default=50_000)
    parser.add_argument("--share", type=float, default=0.01)
    parser.add_argument("--tokenizer", choices=["jieba", "rjieba"], default="rjieba")
    given = parser.parse_args(arguments)
    print(corpus_line())
    settings = Settings.model_validate({"text": {"tokenizer": given.tokenizer}, "ranking": {"shortlist": 20}})
    measure(given.experts, given.needs, given.share, settings)


if __name__ == "__main__":
    main()
