"""The sample data is what its description says, and every reference in it leads somewhere."""

import csv
import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path

import pytest

DATA = Path(__file__).resolve().parents[2] / "data"
RUN = 12
TOWNSHIPS = {
    *("剡湖街道", "三江街道", "鹿山街道", "浦口街道"),
    *("甘霖镇", "崇仁镇", "长乐镇", "三界镇", "黄泽镇", "石璜镇", "谷来镇", "仙岩镇", "金庭镇", "下王镇"),
    "贵门乡",
}
FIRM_COLUMNS = [
    *("name", "credit_code", "township", "zone", "industry", "products", "above_scale", "high_tech"),
    *("related_institutions", "contact"),
]
NEAR_MISSES = {"姑苏丝绸研究": "姑苏丝绸研究院", "西泠工大": "西泠工业大学"}

Row = dict[str, str]


def rows(name: str) -> list[Row]:
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, strict=True))


EXPERTS, FIRMS, RATINGS = rows("experts.csv"), rows("firms.csv"), rows("ratings.csv")


def need_id(need: Row) -> str:
    return need["need_id"] or need["firm_id"]


EXPERT_IDS = {expert["expert_id"] for expert in EXPERTS}
FIRM_IDS = {need["firm_id"] for need in FIRMS}
NEED_IDS = {need_id(need) for need in FIRMS}
FIRM_OF = {need_id(need): need["firm_id"] for need in FIRMS} | {firm: firm for firm in FIRM_IDS}


def listed(cell: str) -> list[str]:
    """Ids of a list in a cell, whatever their rank."""
    return re.split("[;=]", cell) if cell else []


def share(count: int, of: list[Row]) -> float:
    return count / len(of)


def runs_shared_by_two(texts: Iterable[tuple[str, str]]) -> dict[str, set[str]]:
    """Runs of 12 characters that stand in the texts of two owners, with these owners."""
    owners: defaultdict[str, set[str]] = defaultdict(set)
    for owner, text in texts:
        bare = re.sub(r"\s+", "", text)
        for start in range(len(bare) - RUN + 1):
            owners[bare[start : start + RUN]].add(owner)
    return {run: names for run, names in owners.items() if len(names) > 1}


def test_there_are_140_experts_with_ids_in_order() -> None:
    assert [expert["expert_id"] for expert in EXPERTS] == [f"E{number:03}" for number in range(1, 141)]


def test_there_are_170_firms_with_185_needs() -> None:
    assert {f"F{number:03}" for number in range(1, 171)} == FIRM_IDS
    assert len(FIRMS) == len(NEED_IDS) == 185


def test_a_need_has_an_id_of_its_own_exactly_where_its_firm_has_several() -> None:
    needs_of = Counter(need["firm_id"] for need in FIRMS)

    assert all(bool(need["need_id"]) == (needs_of[need["firm_id"]] > 1) for need in FIRMS)
    assert all(need_id(need).startswith(need["firm_id"]) for need in FIRMS)


def test_the_rows_of_a_firm_agree_on_the_firm() -> None:
    told = {(need["firm_id"], *(need[column] for column in FIRM_COLUMNS)) for need in FIRMS}

    assert len(told) == len(FIRM_IDS)


def test_there_are_about_200_ratings_and_no_placement_is_rated_twice() -> None:
    placements = {(rating["expert_id"], rating["firm_id"], rating["year"]) for rating in RATINGS}

    assert 180 <= len(RATINGS) <= 220
    assert len(placements) == len(RATINGS)


@pytest.mark.parametrize("name", ["experts.csv", "firms.csv", "ratings.csv"])
def test_a_file_is_utf_8_without_byte_order_mark_and_with_plain_line_ends(name: str) -> None:
    content = (DATA / name).read_bytes()

    assert not content.startswith(b"\xef\xbb\xbf")
    assert b"\r" not in content
    assert content.decode("utf-8").endswith("\n")


@pytest.mark.parametrize("name", ["experts.csv", "firms.csv", "ratings.csv"])
def test_every_row_has_as_many_cells_as_the_header(name: str) -> None:
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        assert len({len(cells) for cells in csv.reader(file, strict=True)}) == 1


def test_every_preference_and_veto_of_a_need_names_an_expert() -> None:
    for need in FIRMS:
        assert {*listed(need["preferred_experts"]), *listed(need["vetoed_experts"])} <= EXPERT_IDS, need_id(need)


def test_every_preference_and_veto_of_an_expert_names_a_firm_or_a_need() -> None:
    for expert in EXPERTS:
        named = {*listed(expert["preferred_firms"]), *listed(expert["vetoed_firms"])}
        assert named <= FIRM_IDS | NEED_IDS, expert["expert_id"]


def test_every_rating_names_an_expert_and_a_firm() -> None:
    assert {rating["expert_id"] for rating in RATINGS} <= EXPERT_IDS
    assert {rating["firm_id"] for rating in RATINGS} <= FIRM_IDS


def test_nobody_is_named_twice_in_a_row_or_both_preferred_and_vetoed() -> None:
    for need in FIRMS:
        named = listed(need["preferred_experts"]) + listed(need["vetoed_experts"])
        assert len(named) == len(set(named)), need_id(need)
    for expert in EXPERTS:
        named = listed(expert["preferred_firms"]) + listed(expert["vetoed_firms"])
        assert len(named) == len(set(named)), expert["expert_id"]


def test_no_expert_names_both_a_firm_and_a_need_of_that_firm() -> None:
    for expert in EXPERTS:
        named = set(listed(expert["preferred_firms"]) + listed(expert["vetoed_firms"]))
        needs_named = {one for one in named if one not in FIRM_IDS}
        assert not {FIRM_OF[one] for one in needs_named} & named, expert["expert_id"]


def test_a_list_of_preferences_has_one_to_five_names_and_a_list_of_vetoes_one_or_two() -> None:
    preferences = [row[column] for row, column in _cells("preferred_experts", "preferred_firms")]
    vetoes = [row[column] for row, column in _cells("vetoed_experts", "vetoed_firms")]

    assert all(len(listed(cell)) <= 5 for cell in preferences)
    assert all(len(listed(cell)) <= 2 for cell in vetoes)


def _cells(of_needs: str, of_experts: str) -> list[tuple[Row, str]]:
    return [(need, of_needs) for need in FIRMS] + [(expert, of_experts) for expert in EXPERTS]


def test_no_firm_and_no_expert_prefers_a_pair_in_conflict_of_interest() -> None:
    institution_of = {expert["expert_id"]: expert["institution"] for expert in EXPERTS}
    related = {
        need["firm_id"]: {NEAR_MISSES.get(name, name) for name in listed(need["related_institutions"])}
        for need in FIRMS
    }
    wishes = [(need["firm_id"], expert) for need in FIRMS for expert in listed(need["preferred_experts"])]
    wishes += [(FIRM_OF[one], expert["expert_id"]) for expert in EXPERTS for one in listed(expert["preferred_firms"])]

    assert [(firm, expert) for firm, expert in wishes if institution_of[expert] in related[firm]] == []


def test_related_institutions_are_those_of_experts_but_for_two_near_misses() -> None:
    named = {name for need in FIRMS for name in listed(need["related_institutions"])}

    assert named - {expert["institution"] for expert in EXPERTS} == set(NEAR_MISSES)
    assert 10 <= len({need["firm_id"] for need in FIRMS if need["related_institutions"]}) <= 14


def test_all_15_townships_have_firms_and_there_are_no_others() -> None:
    assert {need["township"] for need in FIRMS} == TOWNSHIPS


def test_there_are_15_or_16_institutions_each_in_one_city() -> None:
    places = {(expert["institution"], expert["city"]) for expert in EXPERTS}
    institutions = {institution for institution, _ in places}

    assert 15 <= len(institutions) <= 16
    assert len(places) == len(institutions)


def test_about_a_third_of_both_sides_state_preferences_and_some_of_them_ties() -> None:
    of_needs = [need["preferred_experts"] for need in FIRMS if need["preferred_experts"]]
    of_experts = [expert["preferred_firms"] for expert in EXPERTS if expert["preferred_firms"]]

    assert 0.28 <= share(len(of_needs), FIRMS) <= 0.40
    assert 0.28 <= share(len(of_experts), EXPERTS) <= 0.40
    assert 0.2 <= sum("=" in cell for cell in of_needs) / len(of_needs) <= 0.45
    assert 0.15 <= sum("=" in cell for cell in of_experts) / len(of_experts) <= 0.45


def test_some_wishes_are_mutual_and_some_are_not() -> None:
    of_firms = {(need["firm_id"], expert) for need in FIRMS for expert in listed(need["preferred_experts"])}
    of_experts = {(FIRM_OF[one], row["expert_id"]) for row in EXPERTS for one in listed(row["preferred_firms"])}

    assert len(of_firms & of_experts) >= 20
    assert len(of_firms - of_experts) >= 20
    assert len(of_experts - of_firms) >= 20


def test_three_to_five_experts_are_wanted_by_six_to_nine_firms_and_nobody_by_more() -> None:
    wanting = Counter(
        expert for expert, _ in {(one, need["firm_id"]) for need in FIRMS for one in listed(need["preferred_experts"])}
    )

    assert max(wanting.values()) <= 9
    assert 3 <= sum(count >= 6 for count in wanting.values()) <= 5


def test_some_of_both_sides_veto() -> None:
    assert 12 <= sum(bool(need["vetoed_experts"]) for need in FIRMS) <= 16
    assert 10 <= sum(bool(expert["vetoed_firms"]) for expert in EXPERTS) <= 14


def test_some_accept_nobody_else_and_one_of_them_named_nobody() -> None:
    needs = [need["preferred_experts"] for need in FIRMS if need["accepts_others"] == "否"]
    experts = [expert["preferred_firms"] for expert in EXPERTS if expert["accepts_others"] == "否"]

    assert 8 <= len(needs) <= 12
    assert 6 <= len(experts) <= 10
    assert (needs + experts).count("") == 1


def test_exactly_one_institution_refuses_and_three_have_not_answered() -> None:
    assert Counter(expert["consent"] for expert in EXPERTS) == {"同意": 136, "不同意": 1, "": 3}


def test_exactly_one_expert_is_on_another_list_and_two_are_not_in_post() -> None:
    assert Counter(expert["other_list"] for expert in EXPERTS) == {"否": 139, "是": 1}
    assert Counter(expert["in_post"] for expert in EXPERTS) == {"是": 138, "否": 2}


def test_capacities_are_1_to_3() -> None:
    assert {row["capacity"] for row in EXPERTS + FIRMS} == {"1", "2", "3"}


def test_ratings_are_1_to_5_or_not_given_and_the_two_sides_often_differ() -> None:
    given = {rating[column] for rating in RATINGS for column in ("firm_rating", "expert_rating")}
    differ = sum(rating["firm_rating"] != rating["expert_rating"] for rating in RATINGS)

    assert given == {"", "1", "2", "3", "4", "5"}
    assert {rating["year"] for rating in RATINGS} == {"2023", "2024", "2025"}
    assert share(differ, RATINGS) > 0.3


def test_an_assessment_agrees_with_the_firms_rating_and_about_one_in_eight_is_missing() -> None:
    allowed = {"优秀": "45", "合格": "2345", "不合格": "12"}
    odd = [
        rating
        for rating in RATINGS
        if rating["assessment"] and rating["firm_rating"] not in allowed[rating["assessment"]]
    ]

    assert 0.08 <= share(sum(not rating["assessment"] for rating in RATINGS), RATINGS) <= 0.16
    assert share(len(odd), RATINGS) <= 0.02


def test_no_earlier_need_has_the_title_of_one_of_today() -> None:
    assert not {rating["need_title"] for rating in RATINGS} & {need["need_title"] for need in FIRMS}


def test_no_two_needs_share_a_run_of_12_characters_beyond_names_of_products() -> None:
    products = [re.sub(r"\s+", "", name) for need in FIRMS for name in need["products"].split("、")]
    shared = runs_shared_by_two((need_id(need), need["need_title"] + need["need_detail"]) for need in FIRMS)

    assert {run: owners for run, owners in shared.items() if not any(run in name for name in products)} == {}


def test_no_two_profiles_share_a_run_of_12_characters() -> None:
    columns = ("research_fields", "expertise", "achievements")

    assert runs_shared_by_two((row["expert_id"], "".join(row[column] for column in columns)) for row in EXPERTS) == {}


def test_contacts_can_be_nobodys() -> None:
    contacts = [row["contact"] for row in EXPERTS + FIRMS if row["contact"]]

    assert [contact for contact in contacts if not re.search(r"-0000-|@example\.(com|edu)$", contact)] == []
