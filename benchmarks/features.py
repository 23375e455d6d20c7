"""
What each part of the two sides' scores is worth, on the sample city: stated wishes and earlier ratings, reproduced.

The sample is fictional, so this shows that a table has the effect meant and what it costs, not that it is right.
Protocol and figures: ``docs/measurements/ranking.md``. To run it: ``.venv/bin/python -m benchmarks.features``.
"""

import hashlib
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from scipy.stats import spearmanr

from matcher.domain.records import Expert, Need, Rating
from matcher.domain.settings import EligibilitySettings, RankingSettings, TextSettings, Weights
from matcher.files import load_experts, load_firms, load_ratings
from matcher.ranking import Ranker, rank
from matcher.ranking.cells import Grid
from matcher.ranking.metrics import Standings, bootstrap_interval, ndcg, stand
from matcher.text import profile

SAMPLE = Path(__file__).resolve().parents[1] / "data"
_K = 10


def ranker_of(experts: Sequence[Expert], needs: Sequence[Need], ratings: Sequence[Rating], less: str = "") -> Ranker:
    """Make the ranker of the defaults, with one part of both sides' scores left out."""
    defaults = RankingSettings()
    weights = {side: getattr(defaults, side).model_copy(update={less: 0.0} if less else {}) for side in _SIDES}
    profiles = profile(experts, needs, TextSettings())
    settings = defaults.model_copy(update=weights)
    return rank(experts, needs, profiles, settings, EligibilitySettings(), ratings=ratings).ranker


_SIDES = ("firm", "expert")


def wishes_reproduced(ranker: Ranker, side: str, chosen: int) -> np.ndarray:
    """
    Measure how high those stand whom somebody names, by score alone.

    Returns
    -------
    float, shape (n_who_name,)
        nDCG@10 of each need, or of each expert, of a half that names somebody; of R tiers the first is graded R.
    """
    block = ranker.scores(Grid(np.arange(len(ranker.needs))))
    scores, tiers = getattr(block, f"{side}_score").astype(float), getattr(ranker.wishes, f"{side}_tier").tocoo()
    row, column, number = tiers.row, tiers.col, getattr(ranker.wishes, f"{side}_tiers")
    if side == "expert":
        scores, row, column = scores.T, column, row
    order = np.argsort(row, kind="stable")
    row, column = row[order], column[order]
    grade = number[row] - tiers.data[order] + 1
    above, tied = stand(scores, row, column)
    who, query = np.unique(row, return_inverse=True)
    ids = [need.firm_id for need in ranker.needs] if side == "firm" else [e.expert_id for e in ranker.experts]
    return ndcg(Standings(query, grade.astype(float), above, tied), _K)[[half(ids[k]) == chosen for k in who]]


def ratings_reproduced(ranker: Ranker, ratings: Sequence[Rating], side: str, chosen: int) -> float:
    """Correlate scores with the stars of a half of the firms (Spearman); the past must be left out of the ranker."""
    block = ranker.scores(Grid(np.arange(len(ranker.needs))))
    column = {expert.expert_id: j for j, expert in enumerate(ranker.experts)}
    rows: dict[str, list[int]] = {}
    for i, need in enumerate(ranker.needs):
        rows.setdefault(need.firm_id, []).append(i)
    known = {*rows, *column}
    pairs = []
    for rating in ratings:
        stars = getattr(rating, f"{side}_rating")
        if stars is not None and half(rating.firm_id) == chosen and {rating.firm_id, rating.expert_id} <= known:
            scores = getattr(block, f"{side}_score")[rows[rating.firm_id], column[rating.expert_id]]
            pairs.append((scores.max(), stars))
    return float(spearmanr(*zip(*pairs, strict=True)).statistic)


def half(name: str) -> int:
    """Tell in which half somebody is, by the hash of the id: 0 chooses, 1 reports."""
    return hashlib.sha256(name.encode()).digest()[0] % 2


def table(experts: Sequence[Expert], needs: Sequence[Need], ratings: Sequence[Rating], chosen: int) -> Iterator[str]:
    """Measure the defaults and each part left out on one half, and yield the lines of a table."""
    yield "| | " + " | ".join(f"{side}s' wishes, change [95 %] | {side}s' ratings" for side in _SIDES) + " |"
    yield "|---" * 5 + "|"
    whole: dict[str, np.ndarray] = {}
    for less in ("", *(name for name in Weights.model_fields if name != "text")):
        ranker, timeless = ranker_of(experts, needs, ratings, less), ranker_of(experts, needs, (), less)
        cells = []
        for side in _SIDES:
            found = wishes_reproduced(ranker, side, chosen)
            change = found - whole.setdefault(side, found)
            low, high = bootstrap_interval(change[:, None])
            cells.append(f"{found.mean():.3f}")
            cells[-1] += f", {change.mean():+.3f} [{low[0]:+.3f}, {high[0]:+.3f}]" if less else ""
            cells.append(f"{ratings_reproduced(timeless, ratings, side, chosen):.3f}")
        yield f"| {'without ' + less if less else 'the defaults'} | " + " | ".join(cells) + " |"


def main() -> None:
    """Print a table for each half."""
    warnings.simplefilter("ignore")  # of the sample's deliberate oddities
    experts, needs = load_experts(SAMPLE / "experts.csv").records, load_firms(SAMPLE / "firms.csv").records
    ratings = load_ratings(SAMPLE / "ratings.csv").records
    for chosen, name in enumerate(("choosing half", "reporting half")):
        print(f"\n**{name}**\n")
        for line in table(experts, needs, ratings, chosen):
            print(line)


if __name__ == "__main__":
    main()
