"""docs/guides/score.md: its formulas and figures are the code's; sums come out by the formulas, without the code."""

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from math import e, log, sqrt
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

from matcher.domain.records import Expert, Need, Rating
from matcher.domain.settings import CalibrationSettings, Logistic, Settings
from matcher.pipeline import MatchResult
from matcher.ranking import explain
from matcher.ranking.cells import Grid
from matcher.ranking.features import Features, features_of, place_of_need, place_value
from matcher.ranking.ranker import SCORE_UNIT
from matcher.ranking.tables import rows_of
from matcher.ranking.tables.disciplines import UNSTATED
from matcher.ranking.tables.places import Place, distance_km, find_place
from matcher.text.channels import CharacterGrams, WordTerms
from tests.strategies import Sample, expert, need

GUIDE = Path(__file__).resolve().parents[2] / "docs" / "guides" / "score.md"
NEED, EXPERT = "F170", "E138"
SAID = " ".join(GUIDE.read_text(encoding="utf-8").split())


def figures(pattern: str) -> list[float]:
    """Read the figures that the guide has where a pattern says."""
    (found,) = re.findall(pattern, SAID)
    return [float(figure) for figure in found]


def formula(pattern: str) -> Callable[..., float]:
    """Read a formula of the guide, at a pattern, as Python."""
    (said,) = re.findall(pattern, SAID)
    return computed(said)


def computed(said: str) -> Callable[..., float]:
    """Make Python of a formula, so that what is said is what is computed."""
    said = re.sub(r"\bln (\w+)", r"ln(\1)", said).replace("·", "*").replace("^", "**")
    code = compile(re.sub(r"(?<=\w) (?=[^\W\d])", " * ", said), GUIDE.name, "eval")
    return lambda **values: eval(code, {"ln": log, "e": e, "max": max}, values)  # noqa: S307 - the guide's own formula


WEIGHT, IDF = formula(r"text: \*(.+?)\*, where"), formula(r"\*idf = (.+?)\*,")
SCALE, KINDRED = formula(r"times a scale, \*(.+?)\*:"), formula(r"times \*(.+?)\*, at least 0")
OF_TITLE, OF_WHOLE = figures(r"([\d.]+) of the title alone plus ([\d.]+) of the whole text")
SHARES = dict(zip(("words", "characters"), figures(r"\(([\d.]+) words, ([\d.]+) characters\)"), strict=True))
AKIN = float(re.findall(r"and ([\d.]+) times \*\(cos", SAID)[0])


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
        return {t: WEIGHT(f=f, idf=IDF(N=len(profiles), n=having[t])) for t, f in counts.items() if t in having}

    all_weights = [weights(profile) for profile in profiles]
    lengths = [length(each) for each in all_weights]
    units = [{t: w / norm for t, w in each.items()} for each, norm in zip(all_weights, lengths, strict=True)]
    middle = Counter[str]()
    for unit in units:
        middle.update({t: w / len(units) for t, w in unit.items()})
    alike = [sum(w * middle[t] for t, w in unit.items()) for unit in units]
    mean_length, mean_alike = sum(lengths) / len(lengths), sum(alike) / len(alike)
    scales = [SCALE(l=norm, m=mean_length, c=c, c̄=mean_alike, s=1) for norm, c in zip(lengths, alike, strict=True)]
    own = experts.index(expert)
    title, whole = Counter(analyzer(need.need_title)), Counter(analyzer(need.text))
    of_title, of_whole = weights(title), weights(whole)
    scale = scales[own] / max(scales)
    terms, counts = {}, {}
    for term in sorted(set(of_whole) & set(units[own])):
        asked = OF_TITLE * of_title.get(term, 0) / length(of_title) + OF_WHOLE * of_whole[term] / length(of_whole)
        terms[term] = (IDF(N=len(profiles), n=having[term]), asked, units[own][term] * scale)
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
    kindred = AKIN * KINDRED(cos=cosine, u=vectors.usual)
    assert f"0.08 · ({cosine:.4f} - {vectors.usual:.4f}) / (1 - {vectors.usual:.4f}) = {kindred:.4f}" in guide
    assert f"agree by {reasons.text:.4f}" in guide
    assert shared + kindred == pytest.approx(reasons.text, abs=1e-6)
    assert f"{reasons.spans[0][0]} ({reasons.spans[0][1]:.4f})" in guide

    table = {row[0]: row[1:] for row in rows(guide) if len(row) == 4}
    for place, side in enumerate(("firm", "expert")):
        weights = ranking.ranker.weights(side)
        block = ranking.ranker.features.of(side, Grid(np.array([need])))
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


def test_the_settings_that_formulas_name_are_the_defaults() -> None:
    text = Settings().text
    named = {name: float(figure) for name, figure in re.findall(r"\(`(\w+)` ([\d.]+)\)", SAID)}
    assert named == {"length_slope": text.length_slope, "commonness": text.commonness}
    assert text.semantic == AKIN
    assert {name: getattr(text, name) for name in SHARES} == SHARES
    assert text.title == OF_TITLE
    assert f"by their {Settings().assignment.joint} (`joint`)" in SAID


def test_a_fit_is_the_chance_that_the_formula_gives(sample_result: MatchResult) -> None:
    said, learned = formula(r"chance of a good one, (.+?)\. Both"), Logistic(intercept=-1.5, slope=7)
    ranker = sample_result.ranking.ranker
    settings = ranker.settings.model_copy(update={"calibration": CalibrationSettings(firm=learned, expert=learned)})
    for z in (0, 0.25):
        assert replace(ranker, settings=settings).fit("firm", z / SCORE_UNIT) == pytest.approx(said(a=-1.5, b=7, z=z))


def features(title: str = "", ratings: Sequence[Rating] = ()) -> Features:
    """Give the features of one expert and one need, who are of one role."""
    return features_of([expert("E1", title=title, roles=("顾问",))], [need("F1", role_wanted="顾问")], ratings)


def past(name: str, **rated: Any) -> float:
    """Give a feature of the past, in the firm's eyes, of a pair that was rated so."""
    ratings = [Rating(expert_id="E1", firm_id="F1", year=2025, **rated)] if rated else []
    return float(features(ratings=ratings).of("firm", Grid(np.array([0])))[name][0, 0])


def test_features_are_as_the_guide_has_them() -> None:
    titles = [float(features(title).title[0]) for title in ("教授", "")]
    assert "*title* (professor {:g}, none {:g})".format(*titles) in SAID
    assert f"(the role wanted is offered: {features().role.values[0, 0]:g})" in SAID
    strengths = sorted({float(row["strength"]) for row in rows_of("disciplines")}, reverse=True)
    assert f" {', '.join(f'{each:g}' for each in strengths)} or 0; {UNSTATED:g} where unknown)" in SAID
    near, stars = formula(r"\*place\* \((.+) of d km"), formula(r"earlier years, (.+?); [\d.]+ where none\), \*ass")
    for there in (Place(30.1, 120), Place(31, 120), Place(36, 120)):
        pair = Place(30, 120), there
        assert place_value(*((place, "onsite") for place in pair)) == pytest.approx(near(d=distance_km(*pair)))
    for given in range(1, 6):
        assert past("history", firm_rating=given) == pytest.approx(stars(stars=given))
    assert f"; {past('history'):g} where none), *assessment*" in SAID
    assessed = [f"{name} {past('assessment', assessment=name):g}" for name in ("excellent", "pass", "fail")]
    assert f"*assessment* ({', '.join(assessed)}; {past('assessment'):g} where none)" in SAID


def test_what_is_said_of_the_pair_in_words_is_so(sample: Sample, sample_result: MatchResult) -> None:
    ranking = sample_result.ranking
    need, expert = ranking.need_position[NEED], ranking.expert_position[EXPERT]
    ranker = ranking.ranker
    here, there = place_of_need(ranker.needs[need]), find_place(ranker.experts[expert].city)
    assert here is not None
    assert there is not None
    assert f"on site, {distance_km(here, there):.2f} km" in SAID
    (rating,) = [each for each in sample.ratings if (each.firm_id, each.expert_id) == (NEED, EXPERT)]
    assert (rating.firm_rating, rating.expert_rating) == (4, 4)
    assert f"four stars each in {rating.year}" in SAID
    (vectors,) = ranker.profiles.dense
    cosines = (vectors.experts @ vectors.experts.T)[~np.eye(len(vectors.experts), dtype=bool)]
    assert round(10 * float((cosines < vectors.usual).mean())) == 9
    assert "what nine in ten pairs of profiles do not reach" in SAID
    assert f"of {len(ranker.experts)} profiles" in SAID
    reasons = explain(ranker, need, expert)
    found = {name: value / reasons.text for name, value in reasons.spans}
    assert round(1 / (found["防治"] + found["病"])) == 2
    assert round(1 / (found["白"] + found["六"] + found["压"])) == 6
    assert "Half of the text's agreement is 防治 and 病" in SAID
    assert "A sixth is chance: 白" in SAID


def test_what_stands_before_an_equals_sign_makes_what_stands_behind_it() -> None:
    sums = re.findall(r"((?:ln)?[\d(][\d. ·/+()-]*[\d)]) = ([\d.]+\d)", SAID)
    assert len(sums) > 15
    for said, value in sums:
        assert computed(said)() == pytest.approx(float(value), abs=1e-4)


def test_the_table_of_weights_is_the_default(guide: str, sample_result: MatchResult) -> None:
    head = next(row for row in rows(guide) if row[1:2] == ["text"])
    for side in ("firm", "expert"):
        weights = sample_result.ranking.ranker.weights(side)
        said = next(row for row in rows(guide) if row[0] == side and len(row) == len(head))
        assert {name: float(share) for name, share in zip(head[1:], said[1:], strict=True)} == {
            name: pytest.approx(weights.get(name, 0.0)) for name in head[1:]
        }
