"""
What ``matcher tune`` learns where the truth is known: pairs of the sample, rated by chance as known weights say.

Recovery of the weights by the number of ratings, gains that are none, and time. Protocol and figures:
``docs/measurements/tuning.md``. To run it, from the project's folder: ``.venv/bin/python -m benchmarks.tuning``.
"""

import argparse
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import numpy as np

from matcher.domain.settings import RankingSettings
from matcher.files import read_experts, read_firms, read_ratings
from matcher.ranking.learning import PARTS, Evidence, RatedPairs, learn
from tests.simulated import FIRM, Truth, pairs_of
from tests.strategies import DATA, Sample

PRIOR = RankingSettings().firm
SIZES = (100, 200, 400, 800, 1600, 3200)
LARGE = 20_000


def recovery(sample: Sample, sizes: Sequence[int], seeds: int) -> Iterator[tuple[str, ...]]:
    """Learn from ever more ratings by other weights than those in use."""
    yield "ratings", "off, in use", "off, learned", "off, chance", "gains", "calibrated"
    true, fixed = (np.array([getattr(weights, name) for name in PARTS]) for weights in (FIRM.weights, PRIOR))
    for n in sizes:
        pairs = pairs_of(sample, n)["firm"]
        found = [learn(FIRM.rate(pairs, seed), PRIOR) for seed in range(seeds)]
        shares = [np.array([one.shares[name].value for name in PARTS]) for one in found]
        chances = [np.abs(one.model.predict_proba(pairs.X)[:, 1] - FIRM.chances(pairs.X)).mean() for one in found]
        yield (
            str(n),
            f"{np.abs(fixed - true).sum() / 2:.3f}",
            f"{np.mean([np.abs(one - true).sum() / 2 for one in shares]):.3f}",
            f"{np.mean(chances):.3f}",
            _share(found, lambda one: one.gain.is_gain),
            _share(found, lambda one: one.is_calibrated),
        )


def false_gains(sample: Sample, n: int, repeats: int) -> Iterator[tuple[str, ...]]:
    """Count gains and calibrations where there is nothing to gain: ratings shuffled, or by the weights in use."""
    yield "ratings", "gains", "calibrated"
    pairs = pairs_of(sample, n)["firm"]

    def shuffled(seed: int) -> RatedPairs:
        rated = FIRM.rate(pairs, 0)
        return replace(rated, is_good=np.random.default_rng(seed).permutation(rated.is_good))

    kinds: dict[str, Callable[[int], RatedPairs]] = {
        f"{n}, shuffled": shuffled,
        f"{n}, by the weights in use": lambda seed: Truth(PRIOR, slope=17.0).rate(pairs, seed),
    }
    for name, draw in kinds.items():
        found = [learn(draw(seed), PRIOR, seed=seed) for seed in range(repeats)]
        yield name, _share(found, lambda one: one.gain.is_gain), _share(found, lambda one: one.is_calibrated)


def times(sample: Sample, sizes: Sequence[int]) -> Iterator[tuple[str, ...]]:
    """Take the time of one side."""
    yield "ratings", "features, s", "learning, s of CPU"
    for n in sizes:
        started = time.process_time()
        pairs = pairs_of(sample, n)["firm"]
        collected = time.process_time()
        learn(FIRM.rate(pairs, 0), PRIOR)
        yield str(n), f"{collected - started:.1f}", f"{time.process_time() - collected:.1f}"


def _share(found: Sequence[Evidence], holds: Callable[[Evidence], bool]) -> str:
    return f"{sum(map(holds, found))} / {len(found)}"


def _print(rows: Iterator[tuple[str, ...]]) -> None:
    for k, row in enumerate(rows):
        print("| " + " | ".join(row) + " |", flush=True)
        if not k:
            print("|" + "---|" * len(row), flush=True)
    print()


def main() -> None:
    """Print the tables."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[1] if __doc__ else None)
    options.add_argument("--seeds", type=int, default=5, help="draws of ratings by size")
    options.add_argument("--repeats", type=int, default=40, help="draws without anything to gain")
    options.add_argument("--large", action="store_true", help=f"the time of {LARGE} ratings too")
    chosen = options.parse_args()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what is worth a look in the sample is the business of tests/files
        sample = Sample(
            read_experts(DATA / "experts.csv"), read_firms(DATA / "firms.csv"), read_ratings(DATA / "ratings.csv")
        )
    _print(recovery(sample, SIZES, chosen.seeds))
    _print(false_gains(sample, 200, chosen.repeats))
    _print(times(sample, (200, 2_000, *([LARGE] if chosen.large else []))))


if __name__ == "__main__":
    main()
