"""Features: in [0, 1], block by block what they are at once, and each of the effect that is meant."""

from typing import Any, get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matcher.domain.records import Assessment, Expert, Mode, Need, Rating
from matcher.domain.settings import EligibilitySettings, RankingSettings, TextSettings, Weights
from matcher.ranking import rank
from matcher.ranking.cells import Grid
from matcher.ranking.features import Features, features_of, place_value
from matcher.ranking.tables.disciplines import UNSTATED
from matcher.ranking.tables.places import find_place
from matcher.text import profile
from tests.strategies import expert, need

CITIES = ("", "嵊州", "杭州市", "北京", "Atlantis")
TOWNSHIPS = ("甘霖镇", "谷来镇", "", "某镇")
MODES = get_args(Mode)
STARS = st.none() | st.integers(1, 5)
SIDES = ("firm", "expert")


@st.composite
def people(draw: st.DrawFn) -> tuple[list[Expert], list[Need], list[Rating]]:
    """Draw a few experts and needs, some firms with two, and ratings of theirs and of others."""

    def one_of(*values: str) -> str:
        return draw(st.sampled_from(values))

    experts = [
        expert(
            f"e{j}",
            city=one_of(*CITIES),
            mode=one_of(*MODES),
            title=one_of("", "教授", "讲师"),
            discipline=one_of("", "电气工程", "茶学", "占星"),
            roles=("技术攻关员",) if draw(st.booleans()) else (),
        )
        for j in range(draw(st.integers(1, 4)))
    ]
    needs = [
        need(
            f"n{i}",
            firm_id=f"f{i // 2}",
            township=one_of(*TOWNSHIPS),
            mode=one_of(*MODES),
            industry=one_of("电机", "茶叶", "杂项"),
            role_wanted=one_of("", "技术攻关员"),
        )
        for i in range(draw(st.integers(1, 4)))
    ]
    rating = st.builds(
        Rating,
        expert_id=st.sampled_from(["e0", "e1", "e9"]),
        firm_id=st.sampled_from(["f0", "f1", "f9"]),
        year=st.just(2024),
        firm_rating=STARS,
        expert_rating=STARS,
        assessment=st.none() | st.sampled_from(get_args(Assessment)),
    )
    return experts, needs, draw(st.lists(rating, max_size=5))


def blocks(features: Features, side: str, rows: np.ndarray, n_experts: int) -> dict[str, np.ndarray]:
    return {name: np.broadcast_to(v, (len(rows), n_experts)) for name, v in features.of(side, Grid(rows)).items()}


def only(side: str, name: str, *, experts: list[Expert], needs: list[Need], ratings: Any = ()) -> list[list[float]]:
    """One feature of every pair."""
    return blocks(features_of(experts, needs, ratings), side, np.arange(len(needs)), len(experts))[name].tolist()


def test_features_are_those_that_have_a_weight() -> None:
    features = features_of([expert("e")], [need("n")])

    for side in SIDES:
        assert ["text", *features.of(side, Grid(np.array([0])))] == list(Weights.model_fields)


@given(people())
def test_features_are_in_0_to_1_and_a_block_is_a_part_of_the_whole(
    drawn: tuple[list[Expert], list[Need], list[Rating]],
) -> None:
    experts, needs, ratings = drawn
    features = features_of(experts, needs, ratings)
    for side in SIDES:
        whole = blocks(features, side, np.arange(len(needs)), len(experts))
        for name, values in whole.items():
            assert values.min() >= 0, name
            assert values.max() <= 1, name
        for i in range(len(needs)):
            for name, values in blocks(features, side, np.array([i]), len(experts)).items():
                assert np.array_equal(values[0], whole[name][i]), name


@given(people(), st.randoms())
def test_features_of_a_pair_do_not_depend_on_the_order_of_rows_or_on_who_else_is_there(
    drawn: tuple[list[Expert], list[Need], list[Rating]], luck: Any
) -> None:
    experts, needs, ratings = drawn
    i, j = luck.randrange(len(needs)), luck.randrange(len(experts))
    # Marks add up in another order: the last digit may differ.
    shuffled = luck.sample(experts, len(experts)), luck.sample(needs, len(needs)), luck.sample(ratings, len(ratings))
    at = shuffled[1].index(needs[i]), shuffled[0].index(experts[j])
    for side in SIDES:
        usual = blocks(features_of(experts, needs, ratings), side, np.arange(len(needs)), len(experts))
        other = blocks(features_of(*shuffled), side, np.arange(len(needs)), len(experts))
        alone = blocks(features_of([experts[j]], [needs[i]], ratings), side, np.array([0]), 1)
        for name, values in usual.items():
            assert values[i, j] == pytest.approx(other[name][at], abs=1e-12)
            assert values[i, j] == pytest.approx(alone[name][0, 0], abs=1e-12)


def test_a_fitting_discipline_lifts_an_expert_above_a_blank_one_and_a_strange_one_stands_below() -> None:
    experts = [expert("fit", discipline="电气工程"), expert("blank"), expert("strange", discipline="蚕学")]
    found = only("firm", "discipline", experts=experts, needs=[need("n", industry="微特电机")])

    assert found == [[1, UNSTATED, 0]]


@pytest.mark.parametrize("side", SIDES)
def test_on_site_the_nearer_is_better_and_an_unknown_place_stands_between(side: str) -> None:
    experts = [expert(f"e{k}", city=city, mode="onsite") for k, city in enumerate(("嵊州", "杭州", "上海", "", "北京"))]
    [found] = only(side, "place", experts=experts, needs=[need("n", township="甘霖镇")])
    near, hangzhou, shanghai, unknown, beijing = found

    assert near == 1 > hangzhou > unknown == 0.5 > shanghai > beijing > 0


def test_the_more_of_the_work_is_online_the_less_distance_costs() -> None:
    here, beijing = find_place("甘霖镇"), find_place("北京")
    on_site, both, online = (place_value((here, mode), (beijing, "either")) for mode in ("onsite", "either", "online"))

    assert on_site < both < online == 1
    assert 1 - both == pytest.approx((1 - on_site) / 2)
    assert place_value((None, "online"), (None, "either")) == 1


@given(*[st.sampled_from([find_place(city) for city in CITIES])] * 2, *[st.sampled_from(MODES)] * 2)
def test_place_is_the_same_seen_from_either_end(one: Any, other: Any, mode: str, mode_too: str) -> None:
    assert place_value((one, mode), (other, mode_too)) == place_value((other, mode_too), (one, mode))


def test_the_zone_says_where_a_firm_is_if_the_township_does_not() -> None:
    needs = [
        need("a", township="某镇", zone="三塘"),
        need("b", township="某镇"),
        need("c", township="甘霖镇", zone="杭州"),
    ]
    found = only("firm", "place", experts=[expert("e", city="嵊州", mode="onsite")], needs=needs)

    assert found == [[1], [0.5], [1]]


def assessed(expert_id: str, firm_id: str, assessment: Assessment) -> Rating:
    return Rating(expert_id=expert_id, firm_id=firm_id, year=2024, assessment=assessment)


def test_an_assessed_pair_goes_by_its_own_placements_on_both_sides() -> None:
    experts, needs = [expert("a"), expert("b")], [need("n"), need("m")]
    ratings = [assessed("a", "n", "excellent"), assessed("a", "n", "pass"), assessed("b", "n", "fail")]
    for side in SIDES:
        found = only(side, "assessment", experts=experts, needs=needs, ratings=ratings)

        assert found[0] == [0.75, 0]


def test_firms_go_by_how_the_expert_was_assessed_elsewhere_and_experts_by_how_the_firm_s_placements_were() -> None:
    experts, needs = [expert("a"), expert("b")], [need("n"), need("m")]
    ratings = [assessed("a", "n", "excellent"), assessed("b", "x", "fail")]
    firm = only("firm", "assessment", experts=experts, needs=needs, ratings=ratings)
    other = only("expert", "assessment", experts=experts, needs=needs, ratings=ratings)

    assert firm[1] == pytest.approx([2 / 3, 1 / 3])
    assert [row[1] for row in other] == pytest.approx([2 / 3, 0.5])


def test_a_pass_and_no_assessment_are_neutral() -> None:
    for ratings in ([], [assessed("a", "n", "pass")], [Rating(expert_id="a", firm_id="n", year=2024, firm_rating=5)]):
        for side in SIDES:
            assert only(side, "assessment", experts=[expert("a")], needs=[need("n")], ratings=ratings) == [[0.5]]


@pytest.mark.parametrize(
    ("name", "better"),
    [("discipline", {"discipline": "电气工程"}), ("place", {"city": "嵊州"}), ("assessment", {})],
)
def test_each_new_feature_decides_between_two_of_one_text(name: str, better: dict[str, str]) -> None:
    experts = [expert("better", **better), expert("worse", city="北京", discipline="蚕学")]
    needs = [need("n", industry="电机", township="甘霖镇")]
    weights = Weights(text=0.5, **{name: 0.5})
    ratings = [assessed("better", "n", "excellent"), assessed("worse", "n", "fail")]
    chosen = RankingSettings(firm=weights, expert=weights, min_fit=0)
    found = rank(
        experts, needs, profile(experts, needs, TextSettings()), chosen, EligibilitySettings(), ratings=ratings
    )

    assert found.firm_score[0] > found.firm_score[1]
    assert found.expert_score[0] > found.expert_score[1]
