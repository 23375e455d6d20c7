"""
What somebody new would bring on the sample city, by three ways to weigh words: the same people, the same solver.

Protocol and figures: ``docs/measurements/newcomers.md``. To run it: ``.venv/bin/python -m benchmarks.newcomers``.
"""

import time
import warnings
from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from matcher.assignment import form_market, newcomer_gains
from matcher.domain.settings import Settings
from matcher.files import read_experts, read_firms, read_ratings
from matcher.newcomers import weighed_newcomer_gains
from matcher.pipeline import open_market
from matcher.ranking import Bar, rank_newcomers
from tests.strategies import DATA, Sample

LEAST = 5
"""Experts that a discipline has, for it to be about more than persons."""


def candidates(sample: Sample) -> dict[str, str]:
    """Give the disciplines of the experts who may be sent, by id; of disciplines that have enough of them."""
    ranking, _ = open_market(sample.experts, sample.needs, ratings=sample.ratings)
    may_come = ranking.ranker.bars.expert == Bar.NONE
    of = {one.expert_id: one.discipline for one, may in zip(ranking.ranker.experts, may_come, strict=True) if may}
    n_of = Counter(of.values())
    return {name: discipline for name, discipline in of.items() if n_of[discipline] >= LEAST}


def as_weighed(sample: Sample, like: Sequence[str]) -> np.ndarray:
    """Find the gains with words and vectors as they are."""
    ranking, market = open_market(sample.experts, sample.needs, ratings=sample.ratings)
    newcomers = form_market(rank_newcomers(ranking, Settings().eligibility), Settings().assignment)
    return newcomer_gains(market, newcomers)[[market.expert_ids.index(name) for name in like]]


def rows(sample: Sample, disciplines: dict[str, str]) -> Iterator[tuple[str, ...]]:
    """Find the gains by each way, and sum them up."""
    yield "weighed again", "mean", "greatest", "above 0", "highest mean of a discipline", "s of CPU"
    like, given = list(disciplines), (sample.experts, sample.needs, Settings())
    ways = {
        "nothing": lambda: as_weighed(sample, like),
        "words": lambda: weighed_newcomer_gains(*given, like, ratings=sample.ratings),
        "words and vectors": lambda: weighed_newcomer_gains(*given, like, ratings=sample.ratings, relearned=True),
    }
    for name, way in ways.items():
        started = time.process_time()
        gains = pd.Series(way(), index=pd.Index(disciplines.values()))
        seconds = time.process_time() - started
        means = gains.groupby(level=0).mean()
        highest = f"{means.idxmax()} {means.max():.3f}"
        above = f"{int((gains > 0).sum())} of {len(gains)}"
        yield name, f"{gains.mean():.3f}", f"{gains.max():.3f}", above, highest, f"{seconds:.1f}"


def main() -> None:
    """Print the table."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what is worth a look in the sample is the business of tests/files
        sample = Sample(
            read_experts(DATA / "experts.csv"), read_firms(DATA / "firms.csv"), read_ratings(DATA / "ratings.csv")
        )
    for k, row in enumerate(rows(sample, candidates(sample))):
        print("| " + " | ".join(row) + " |", flush=True)
        if not k:
            print("|" + "---|" * len(row), flush=True)


if __name__ == "__main__":
    main()
