from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from matcher.domain.records import Expert, Need, Rating
from matcher.domain.settings import TextSettings
from matcher.ranking.learning import PARTS, FitModel, RatedPairs, rated_pairs
from matcher.text import profile
from tests.strategies import Sample

TEXT, ROLE, HISTORY, ASSESSMENT = (PARTS.index(name) for name in ("text", "role", "history", "assessment"))


def an_expert(name: str, fields: str, **more: Any) -> Expert:
    return Expert(expert_id=name, name="甲", institution="越州大学", research_fields=fields, **more)


def a_need(name: str, title: str, firm: str = "F", **more: Any) -> Need:
    values: dict[str, Any] = {"name": "某厂", "township": "甘霖镇", "industry": "制造", **more}
    return Need(firm_id=firm, need_id=name, need_title=title, **values)


EXPERTS = [an_expert("E1", "电机降噪", roles=("攻关员",)), an_expert("E2", "茶叶烘干")]
NEEDS = [
    a_need("N1", "电机降噪", need_detail="风机噪声偏高", role_wanted="攻关员"),
    a_need("N2", "茶叶烘干", need_detail="烘干能耗高"),
]


def rated(*ratings: Rating, needs: list[Need] = NEEDS) -> RatedPairs:
    return rated_pairs(EXPERTS, needs, ratings, TextSettings())["firm"]


def a_rating(expert: str = "E1", firm: str = "F", year: int = 2024, stars: int | None = 5, **more: Any) -> Rating:
    return Rating(expert_id=expert, firm_id=firm, year=year, firm_rating=stars, **more)


def text_of(expert: int, title: str, detail: str) -> float:
    need = a_need("N", title, need_detail=detail)
    return float(profile(EXPERTS, [need], TextSettings()).agreement(np.array([0]))[0, expert])


@pytest.mark.parametrize("expert", [0, 1])
def test_a_rating_that_names_a_present_need_is_about_that_need(expert: int) -> None:
    found = rated(a_rating(EXPERTS[expert].expert_id, need_title="电机降噪"))
    assert found.X[0, TEXT] == pytest.approx(text_of(expert, "电机降噪", "风机噪声偏高"))
    assert found.X[0, ROLE] == (1.0 if expert == 0 else 0.0)


@pytest.mark.parametrize("expert", [0, 1])
def test_a_rating_that_names_no_need_is_about_the_firms_need_that_fits_best(expert: int) -> None:
    found = rated(a_rating(EXPERTS[expert].expert_id))
    assert found.X[0, TEXT] == pytest.approx(text_of(expert, NEEDS[expert].need_title, NEEDS[expert].need_detail))


def test_a_rating_of_a_past_need_is_about_its_title_at_what_the_firm_does_today() -> None:
    found = rated(a_rating("E1", need_title="电机温升"))
    assert found.X[0, TEXT] == pytest.approx(
        max(text_of(0, "电机温升", need.text) for need in NEEDS)
    )  # the role wanted then is not known
    assert found.X[0, ROLE] == 0


def test_good_is_four_and_more_and_a_side_that_did_not_rate_teaches_nothing() -> None:
    ratings = [a_rating(stars=stars, expert_rating=6 - stars) for stars in range(1, 6)]
    found = rated_pairs(EXPERTS, NEEDS, [*ratings, a_rating(stars=None)], TextSettings())
    assert found["firm"].is_good.tolist() == [False, False, False, True, True]
    assert found["expert"].is_good.tolist() == [True, True, False, False, False]
    assert found["firm"].pairs == (("F", "E1"),) * 5


def test_ratings_of_people_and_firms_that_are_not_there_teach_nothing() -> None:
    assert rated(a_rating("nobody"), a_rating(firm="nowhere")).X.shape == (0, len(PARTS))


@pytest.mark.parametrize(
    ("part", "earlier", "expected"),
    [
        (HISTORY, a_rating(year=2023, stars=1), 0.0),
        (HISTORY, a_rating(year=2023, stars=5), 1.0),
        (ASSESSMENT, a_rating(year=2023, stars=None, assessment="excellent"), 1.0),
    ],
)
def test_the_past_is_known_and_the_same_year_and_later_ones_are_not(
    part: int, earlier: Rating, expected: float
) -> None:
    asked = a_rating(stars=4, assessment="pass")
    found = rated(earlier, asked)
    assert found.X[-1, part] == expected
    for year in (2024, 2025):
        unknown = rated(replace(earlier, year=year), asked)
        assert (
            unknown.X[[pair == asked for pair in (replace(earlier, year=year), asked)][-len(unknown.X) :], part] == 0.5
        )


def outcome(rating: Rating) -> Rating:
    """A rating whose own assessment gives its stars away."""
    return replace(rating, assessment="excellent" if (rating.firm_rating or 0) >= 4 else "fail")


def none(rating: Rating) -> Rating:
    return replace(rating, assessment=None)


def test_a_planted_leak_does_not_help(sample: Sample) -> None:
    """An assessment that repeats the stars would tell all, if a rating's own year were known."""

    def features(change: Callable[[Rating], Rating]) -> RatedPairs:
        in_one_year = [replace(change(rating), year=2024) for rating in sample.ratings]
        return rated_pairs(sample.experts, sample.needs, in_one_year, TextSettings())["firm"]

    leaking, plain = features(outcome), features(none)
    np.testing.assert_array_equal(leaking.X, plain.X)
    told = leaking.X.copy()
    told[:, ASSESSMENT] = leaking.is_good
    model = FitModel(strength=0.1).fit(told, leaking.is_good.astype(int))
    assert (model.predict(told) == leaking.is_good).all()  # had it been known, it would have told all
