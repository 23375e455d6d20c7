"""The pair worked by hand in docs/guides/score.md: its figures are the code's, and sums come out without the code."""

import re
from collections import Counter
from collections.abc import Callable, Mapping
from math import log, sqrt
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from matcher.domain.records import Expert, Need
from matcher.pipeline import MatchResult
from matcher.ranking import explain
from matcher.text.channels import CharacterGrams, WordTerms

GUIDE = Path(__file__).resolve().parents[2] / "docs" / "guides" / "score.md"
NEED, EXPERT = "F170", "E138"
SHARES = {"words": 0.22, "characters": 0.7}


class Weighed(NamedTuple):
    """A channel of the pair, weighed as the guide says."""

    lengths: tuple[float, float, float]
    mean_length: float
    likeness: tuple[float, float]
    greatest: float
    scale: float
    terms: dict[str, tuple[float, ...]]
    counts: dict[str, tuple[int, ...]]


def rows(text: str) -> list[list[str]]:
    """Give the cells of every line of the guide's tables, without marks."""
    lines = re.findall(r"^\|(.*)\|$", text, flags=re.MULTILINE)
    return [[cell.strip().strip("*") for cell in line.split("|")] for line in lines]


def length(weights: Mapping[str, float]) -> float:
    return sqrt(sum(weight**2 for weight in weights.values()))


def weighed(analyzer: Callable[[str], list[str]], experts: list[Expert], need: Need, expert: Expert) -> Weighed:
    """Do the guide's steps 1 to 3 with dictionaries."""
    profiles = [Counter(analyzer(each.profile)) for each in experts]
    having = Counter(term for profile in profiles for term in profile)

    def weights(counts: Counter[str]) -> dict[str, float]:
        return {
            t: (1 + log(f)) * (log((1 + len(profiles)) / (1 + having[t])) + 1) for t, f in counts.items() if t in having
        }

    all_weights = [weights(profile) for profile in profiles]
    lengths = [length(each) for each in all_weights]
    units = [{t: w / norm for t, w in each.items()} for each, norm in zip(all_weights, lengths, strict=True)]
    middle = Counter[str]()
    for unit in units:
        middle.update({t: w / len(units) for t, w in unit.items()})
    alike = [sum(w * middle[t] for t, w in unit.items()) for unit in units]
    mean_length, mean_alike = sum(lengths) / len(lengths), sum(alike) / len(alike)
    scales = [
        norm / (0.2 * mean_length + 0.8 * norm) * mean_alike / (0.8 * mean_alike + 0.2 * c)
        for norm, c in zip(lengths, alike, strict=True)
    ]
    own = experts.index(expert)
    title, whole = Counter(analyzer(need.need_title)), Counter(analyzer(need.text))
    of_title, of_whole = weights(title), weights(whole)
    scale = scales[own] / max(scales)
    terms, counts = {}, {}
    for term in sorted(set(of_whole) & set(units[own])):
        asked = 0.3 * of_title.get(term, 0) / length(of_title) + 0.7 * of_whole[term] / length(of_whole)
        idf = log((1 + len(profiles)) / (1 + having[term])) + 1
        terms[term] = (idf, asked, units[own][term] * scale)
        counts[term] = (having[term], title[term], whole[term], profiles[own][term])
    both = (length(of_title), length(of_whole), lengths[own])
    return Weighed(both, mean_length, (alike[own], mean_alike), max(scales), scale, terms, counts)


@pytest.fixture(scope="module")
def channels(sample_result: MatchResult) -> dict[str, Weighed]:
    ranker = sample_result.ranking.ranker
    need, expert = (
        ranker.needs[sample_result.ranking.need_position[NEED]],
        ranker.experts[sample_result.ranking.expert_position[EXPERT]],
    )
    analyzers = {"words": WordTerms(), "characters": CharacterGrams()}
    return {name: weighed(analyzer, list(ranker.experts), need, expert) for name, analyzer in analyzers.items()}


@pytest.fixture(scope="module")
def guide() -> str:
    return GUIDE.read_text(encoding="utf-8")


def test_lengths_and_scales_are_those_of_the_sample(guide: str, channels: dict[str, Weighed]) -> None:
    words, characters = channels["words"], channels["characters"]
    expected = {
        "length of the title": [f"{each.lengths[0]:.4f}" for each in (words, characters)],
        "length of the need": [f"{each.lengths[1]:.4f}" for each in (words, characters)],
        "length of the profile": [f"{each.lengths[2]:.4f}" for each in (words, characters)],
        "mean length of profiles": [f"{each.mean_length:.4f}" for each in (words, characters)],
        "likeness to the mean profile, and its mean": [
            "{:.4f}, {:.4f}".format(*each.likeness) for each in (words, characters)
        ],
        "greatest scale": [f"{each.greatest:.4f}" for each in (words, characters)],
        "scale of the profile": [f"{each.scale:.4f}" for each in (words, characters)],
    }
    assert {row[0]: row[1:] for row in rows(guide) if row[0] in expected} == expected


def test_the_table_has_every_term_that_both_have_and_its_figures(guide: str, channels: dict[str, Weighed]) -> None:
    expected = []
    for name, found in channels.items():
        for term, (idf, asked, had) in found.terms.items():
            profiles, *counts = found.counts[term]
            figures = [f"{figure:.4f}" for figure in (asked, had, SHARES[name] * asked * had)]
            expected.append([name, term, str(profiles), f"{idf:.4f}", ", ".join(map(str, counts)), *figures])
    assert sorted(row for row in rows(guide) if row[0] in SHARES) == sorted(expected)


def test_the_sums_are_the_scores_of_the_code(
    guide: str, channels: dict[str, Weighed], sample_result: MatchResult
) -> None:
    ranking = sample_result.ranking
    need, expert = ranking.need_position[NEED], ranking.expert_position[EXPERT]
    reasons = explain(ranking.ranker, need, expert)
    shared = sum(SHARES[name] * a * h for name, each in channels.items() for _, a, h in each.terms.values())
    assert f"They sum to {shared:.4f}" in guide
    (vectors,) = ranking.ranker.profiles.dense
    cosine = vectors.needs[need] @ vectors.experts[expert]
    kindred = vectors.share * (cosine - vectors.usual) / (1 - vectors.usual)
    assert f"0.08 · ({cosine:.4f} - {vectors.usual:.4f}) / (1 - {vectors.usual:.4f}) = {kindred:.4f}" in guide
    assert f"agree by {reasons.text:.4f}" in guide
    assert shared + kindred == pytest.approx(reasons.text, abs=1e-6)
    assert f"{reasons.spans[0][0]} ({reasons.spans[0][1]:.4f})" in guide

    table = {row[0]: row[1:] for row in rows(guide) if len(row) == 4}
    for place, side in enumerate(("firm", "expert")):
        weights = ranking.ranker.weights(side)
        block = ranking.ranker.features.block(side, np.array([need]))
        values = {
            name: float(np.broadcast_to(of, (1, len(ranking.ranker.experts)))[0, expert]) for name, of in block.items()
        }
        values["text"] = reasons.text
        for name, value in values.items():
            weight = weights.get(name)
            said = table[name][place]
            assert (re.findall(r"[\d.]+", said) == []) is (weight is None)
            if weight is not None:
                numbers = [float(number) for number in re.findall(r"[\d.]+", said)]
                assert numbers == [
                    pytest.approx(weight),
                    pytest.approx(value, abs=5e-5),
                    pytest.approx(weight * value, abs=5e-5),
                ]
        assert table["z"][place] == f"{getattr(reasons, f'{side}_score'):.4f}"
    assert f"joined: {(reasons.firm_score + reasons.expert_score) / 2:.4f}" in guide


def test_the_table_of_weights_is_the_default(guide: str, sample_result: MatchResult) -> None:
    head = next(row for row in rows(guide) if row[1:2] == ["text"])
    for side in ("firm", "expert"):
        weights = sample_result.ranking.ranker.weights(side)
        said = next(row for row in rows(guide) if row[0] == side and len(row) == len(head))
        assert {name: float(share) for name, share in zip(head[1:], said[1:], strict=True)} == {
            name: pytest.approx(weights.get(name, 0.0)) for name in head[1:]
        }
