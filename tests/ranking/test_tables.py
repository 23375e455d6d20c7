"""Tables that people edit: well formed, read as people write, and each of the effect that is meant."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matcher.ranking.tables import LEVELS, rows_of
from matcher.ranking.tables.disciplines import FITTING, UNSTATED, disciplines_of, industries_of, strength
from matcher.ranking.tables.places import HALF_KM, NEAR_KM, Place, distance_km, find_place, nearness

POINTS = st.builds(Place, st.floats(-90, 90), st.floats(-180, 180))
KEYS = {
    "titles": ("title",),
    "degrees": ("degree",),
    "industry_names": ("name",),
    "discipline_names": ("name",),
    "disciplines": ("industry", "discipline"),
    "places": ("place",),
}


def seat(name: str) -> Place:
    place = find_place(name)
    assert place is not None, name
    return place


def value(industry: str, discipline: str) -> float:
    return strength(industries_of(industry), disciplines_of(discipline))


@pytest.mark.parametrize("table", KEYS)
def test_no_row_of_a_table_is_there_twice_lacks_a_cell_or_has_spaces_around_it(table: str) -> None:
    keys = [tuple(row[column] for column in KEYS[table]) for row in rows_of(table)]

    assert keys
    assert len(set(keys)) == len(keys)
    for row in rows_of(table):
        assert None not in row
        assert None not in row.values()
        assert all(cell == cell.strip() for cell in row.values())
        assert all(row[column] for column in KEYS[table])


def test_titles_have_levels_that_there_are() -> None:
    assert {row["level"] for row in rows_of("titles")} == set(LEVELS)


def test_strengths_are_in_0_to_1_and_every_name_leads_to_a_row() -> None:
    assert all(0 < float(row["strength"]) <= 1 for row in rows_of("disciplines"))
    for side in ("industry", "discipline"):
        assert {row[side] for row in rows_of(f"{side}_names")} == {row[side] for row in rows_of("disciplines")}


def test_every_industry_has_a_discipline_of_its_own() -> None:
    own = {row["industry"] for row in rows_of("disciplines") if float(row["strength"]) == 1}

    assert own == {row["industry"] for row in rows_of("disciplines")}


def test_places_lie_in_china_and_within_a_place_or_a_province_that_is_not_far() -> None:
    places = {row["place"]: row for row in rows_of("places")}
    for row in rows_of("places"):
        assert 18 <= float(row["latitude"]) <= 54
        assert 73 <= float(row["longitude"]) <= 136
        if row["within"] in places:
            here, around = (Place(float(r["latitude"]), float(r["longitude"])) for r in (row, places[row["within"]]))
            assert distance_km(here, around) < 150, row


def test_nothing_lies_within_itself() -> None:
    within = {row["place"]: row["within"] for row in rows_of("places")}
    for name in within:
        chain = [name]
        while chain[-1] in within:
            chain.append(within[chain[-1]])
            assert len(set(chain)) == len(chain), chain


@pytest.mark.parametrize(
    ("industry", "discipline", "expected"),
    [
        ("电机", "电气工程", 1),
        ("微特电机制造", "电机与电器", 1),
        ("丝绸纺织", "纺织化学与染整", 1),
        ("厨具电器", "工程热物理", 1),
        ("医药化工", "药物化学", 1),
        ("电机", "磁性材料", 0.7),
        ("汽车零部件及配件制造", "材料科学与工程", 0.7),
        ("五金", "机械设计", 1),
        ("建材", "无机非金属材料", 1),
        ("仓储物流", "管理科学与工程", 1),
        ("茶叶", "声学", 0),
        ("软件与信息", "蚕学", 0),
    ],
)
def test_a_discipline_serves_its_own_industry_most_and_a_strange_one_not(
    industry: str, discipline: str, expected: float
) -> None:
    assert value(industry, discipline) == expected


def test_of_several_in_one_cell_the_best_pair_counts() -> None:
    assert value("茶叶；电机", "电气工程") == value("茶叶", "林学、茶学") == 1
    assert value("茶叶", "茶学、占星") == 1


@pytest.mark.parametrize(
    ("industry", "discipline"), [("", "电气工程"), ("电机", ""), ("电机", "占星"), ("杂项", "茶学")]
)
def test_what_is_blank_or_not_in_the_table_stands_between_a_fit_and_a_misfit(industry: str, discipline: str) -> None:
    assert value(industry, discipline) == UNSTATED
    assert value("茶叶", "声学") < UNSTATED < FITTING <= value("电机", "控制科学")


@pytest.mark.parametrize(
    ("written", "same"),
    [
        ("杭州市", "杭州"),
        (" 杭 州 ", "杭州"),
        ("浙江省杭州市西湖区", "杭州"),
        ("甘霖", "甘霖镇"),
        ("嵊州市甘霖镇", "甘霖镇"),
        ("浙江省绍兴市嵊州市甘霖镇", "甘霖镇"),
        ("绍兴嵊州", "嵊州"),
        ("南京市浦口区", "南京"),
        ("温州市瓯海区仙岩街道", "温州"),
        ("吉林省长春市", "长春"),
        ("安徽马鞍山", "马鞍山市"),
        ("三门峡", "河南省三门峡市"),
    ],
)
def test_a_place_is_known_however_it_is_written(written: str, same: str) -> None:
    assert find_place(written) == seat(same)


def test_places_of_one_name_are_told_apart_by_what_stands_around_them() -> None:
    assert seat("浦口街道") != seat("南京浦口")
    assert seat("长乐镇") != seat("福州市长乐区")
    assert seat("鞍山") != seat("马鞍山")


@pytest.mark.parametrize("written", ["", "浙江", "浙江省", "福建长乐", "Atlantis", "海外"])
def test_a_province_alone_and_what_the_table_lacks_are_no_place(written: str) -> None:
    assert find_place(written) is None


@pytest.mark.parametrize(
    ("one", "other", "km", "within"),
    [
        ("嵊州", "杭州", 95, 10),
        ("嵊州", "上海", 195, 10),
        ("嵊州", "绍兴", 52, 8),
        ("嵊州", "宁波", 75, 8),
        ("杭州", "北京", 1120, 20),
        ("北京", "上海", 1067, 15),
        ("广州", "深圳", 104, 10),
        ("成都", "重庆", 267, 15),
        ("武汉", "长沙", 294, 15),
    ],
)
def test_known_distances_come_out(one: str, other: str, km: float, within: float) -> None:
    assert distance_km(seat(one), seat(other)) == pytest.approx(km, abs=within)


def test_no_township_of_the_city_is_far_from_its_seat() -> None:
    townships = [row["place"] for row in rows_of("places") if row["within"] == "嵊州"]

    assert len(townships) == 15 + 4
    assert {nearness(seat(name), seat("嵊州")) for name in townships} == {1}


@given(POINTS, POINTS)
def test_distance_is_symmetric_not_negative_and_at_most_half_the_way_round(one: Place, other: Place) -> None:
    assert distance_km(one, other) == distance_km(other, one)
    assert 0 <= distance_km(one, other) <= 20_016
    assert distance_km(one, one) == 0


@given(POINTS, POINTS, POINTS)
def test_who_is_farther_is_not_nearer_and_nearness_stays_in_0_to_1(here: Place, one: Place, other: Place) -> None:
    near, far = sorted((one, other), key=lambda place: distance_km(here, place))

    assert 0 < nearness(here, far) <= nearness(here, near) <= 1
    assert nearness(here, near) == nearness(near, here)


def test_nearness_is_one_up_to_30_km_a_half_at_130_and_between_where_a_place_is_not_known() -> None:
    def at(km: float) -> float:
        return nearness(Place(0, 0), Place(km / 6371.0 * 180 / 3.141592653589793, 0))

    assert at(NEAR_KM - 0.01) == 1
    assert at(NEAR_KM + HALF_KM) == pytest.approx(0.5)
    assert at(NEAR_KM + 3 * HALF_KM) == pytest.approx(0.25)
    assert nearness(None, seat("杭州")) == nearness(seat("杭州"), None) == 0.5
