"""Rules as settings state them: cells become groups, ids of firms become needs, and what is not there is said."""

from typing import Any

import pytest

from matcher.assignment import Quota, Rules, rules_of
from matcher.domain.errors import InfeasibleProblem, SettingsError
from matcher.domain.messages import Message
from matcher.domain.settings import AssignmentSettings, Settings
from matcher.language import sentence
from matcher.pipeline import MatchResult, match
from tests.strategies import expert, need

EXPERTS = [
    expert("a", institution="甲大学", city="绍兴", title="教授"),
    expert("b", institution="甲大学 ", city="杭州", title="副教授"),
    expert("c", institution="乙大学", city="", title="无"),
]
NEEDS = [
    need("f-1", firm_id="f", township="甘霖镇", high_tech=True),
    need("f-2", firm_id="f", township="甘霖镇", high_tech=True),
    need("g", township="三界镇", high_tech=False),
    need("h", township=""),
]


def rules(**stated: Any) -> Rules:
    return rules_of(AssignmentSettings.model_validate(stated), EXPERTS, NEEDS)


def groups(quotas: tuple[Quota, ...]) -> dict[str, set[str]]:
    return {quota.value: {name for name, value in quota.group.items() if value == quota.value} for quota in quotas}


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        ("township", {"三界镇": {"g"}, "甘霖镇": {"f-1", "f-2"}}),
        ("firm_id", {"f": {"f-1", "f-2"}, "g": {"g"}, "h": {"h"}}),
        ("high_tech", {"no": {"g"}, "yes": {"f-1", "f-2"}}),
        ("institution", {"乙大学": {"c"}, "甲大学": {"a", "b"}}),
        ("in_city", {"no": {"b"}, "yes": {"a"}}),
        ("title_level", {"associate": {"b"}, "professor": {"a"}}),
    ],
)
def test_every_cell_that_occurs_makes_a_group_and_blank_ones_none(column: str, expected: dict[str, set[str]]) -> None:
    found = rules(quotas=[{"column": column, "maximum": 1}], home_city="绍兴").quotas

    assert groups(found) == expected
    assert {quota.side for quota in found} == {
        "expert" if column in ("institution", "in_city", "title_level") else "firm"
    }
    assert {(quota.minimum, quota.maximum, quota.setting) for quota in found} == {(0, 1, "assignment.quotas[1]")}


def test_a_cell_is_found_whatever_its_width_and_blanks() -> None:
    (quota,) = rules(quotas=[{"column": "institution", "value": " 甲大学　", "minimum": 1, "counts": "people"}]).quotas

    assert groups((quota,)) == {"甲大学": {"a", "b"}}
    assert (quota.minimum, quota.maximum, quota.counts) == (1, None, "people")
    assert sentence(quota.named) == "派出单位“甲大学”（assignment.quotas[1]）"


def test_a_group_is_named_in_words() -> None:
    stated = [
        {"column": column, "value": value, "maximum": 1}
        for column, value in (("in_city", "yes"), ("title_level", "professor"))
    ]
    assert [sentence(quota.named) for quota in rules(quotas=stated, home_city="绍兴").quotas] == [
        "是否本市“是”（assignment.quotas[1]）",
        "职称级别“正高级”（assignment.quotas[2]）",
    ]
    assert sentence(Quota(side="firm", group={}, value="x").named) == "x"


def test_a_cell_that_nobody_has_is_said_with_the_nearest() -> None:
    with pytest.raises(SettingsError) as caught:
        rules(quotas=[{"column": "city", "maximum": 1}, {"column": "township", "value": "甘林镇", "maximum": 1}])

    assert str(caught.value) == (
        "设置 'assignment.quotas[2].value'：「乡镇街道」一栏没有 '甘林镇'，相近的有：甘霖镇、三界镇"
    )


def test_a_column_without_any_cell_groups_nobody_and_is_said() -> None:
    with pytest.raises(SettingsError, match="「开发区」一栏没有"):
        rules(quotas=[{"column": "zone", "maximum": 1}])


def test_a_firm_of_one_need_is_that_need_and_a_ban_of_a_firm_is_one_of_all_its_needs() -> None:
    found = rules(locks=[["g", "a"], ["f-2", "b"]], bans=[["f", "a"], ["h", "c"]])

    assert found.locks == (("g", "a"), ("f-2", "b"))
    assert set(found.bans) == {("f-1", "a"), ("f-2", "a"), ("h", "c")}


def test_what_a_lock_leaves_open_and_ids_that_nobody_has_come_at_once() -> None:
    with pytest.raises(SettingsError) as caught:
        rules(locks=[["f", "a"], ["g", "d"]], bans=[["f-3", "a"]])

    assert [sentence(message) for message in caught.value.messages] == [
        "设置 'assignment.locks[1]'：企业 f 有几项需求，请写明是哪一项：f-1、f-2",
        "设置 'assignment.locks[2]' 应为专家编号，读到 'd'，名单中没有；相近的有：c、b、a",
        "设置 'assignment.bans[1]' 应为企业编号，读到 'f-3'，名单中没有；相近的有：f-2、f-1、f、h、g",
    ]


def test_earlier_pairs_name_needs_or_firms_and_those_who_are_gone_are_left_aside() -> None:
    earlier = [("g", "a"), ("f", "b"), ("x", "a"), ("h", "z")]

    assert rules_of(AssignmentSettings(), EXPERTS, NEEDS, earlier).keep == (("f-1", "b"), ("f-2", "b"), ("g", "a"))


def placed(experts: list[Any], needs: list[Any], ranking: dict[str, Any] | None = None, **stated: Any) -> MatchResult:
    settings = Settings.model_validate({"assignment": stated, "ranking": ranking or {}})
    return match(experts, needs, settings)


SHORTLISTS = {"full_market_pairs": 0, "shortlist": 1}


@pytest.mark.parametrize("ranking", [{}, SHORTLISTS])
@pytest.mark.parametrize("objective", ["stable", "total", "fair"])
def test_a_lock_stands_above_the_smallest_fit_and_a_want_of_common_words(
    objective: str, ranking: dict[str, Any]
) -> None:
    experts, needs = [expert("a", "电机"), expert("b", "茶叶")], [need("m", "电机"), need("n", "茶叶")]
    result = placed(experts, needs, ranking, objective=objective, locks=[["m", "b"]])

    assert result.assignment.pairs == [("m", "b")]
    assert [line["status"] for line in result.lines] == ["locked"]


@pytest.mark.parametrize(
    ("columns", "bar"),
    [
        ({"vetoed_firms": ("n",)}, "bar.expert_veto"),
        ({"consent": False}, "bar.consent_refused"),
        ({"institution": "某厂"}, "bar.conflict"),
        ({"accepts_others": False}, "bar.expert_takes_only_named"),
    ],
)
def test_a_lock_does_not_stand_above_other_bars_and_the_reason_names_them(columns: dict[str, Any], bar: str) -> None:
    with pytest.raises(InfeasibleProblem) as caught:
        placed([expert("a"), expert("b", **columns)], [need("n")], locks=[["n", "a"], ["n", "b"]])

    (reason,) = caught.value.reasons
    assert isinstance(reason, Message)
    assert (reason.code, reason.values["bar"]) == ("infeasible.lock_barred", Message(bar))
    assert "assignment.locks[2]" in str(reason)


@pytest.mark.parametrize("ranking", [{}, SHORTLISTS])
def test_an_earlier_pair_is_in_the_market_and_kept_among_equals(ranking: dict[str, Any]) -> None:
    experts = [expert(name) for name in "abcd"]
    needs = [need(name) for name in "mn"]
    settings = Settings.model_validate({"ranking": ranking})
    result = match(experts, needs, settings, keep=[("m", "d"), ("n", "c"), ("n", "gone")])

    assert result.assignment.pairs == [("m", "d"), ("n", "c")]
    assert {line["status"] for line in result.lines} == {"kept"}
    assert (result.statistics["kept"], result.statistics["broken"]) == (2, 1)


def test_what_only_shortlists_could_not_do_is_said_to_be_so() -> None:
    experts, needs = [expert(name) for name in "abc"], [need(name, township="甘霖镇") for name in "mno"]
    with pytest.raises(InfeasibleProblem) as caught:
        placed(experts, needs, SHORTLISTS, quotas=[{"column": "township", "minimum": 9}])

    assert "短名单" in str(caught.value.reasons[-1])
