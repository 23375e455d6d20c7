"""Running the matching: settings as a form and as a text, whether they can be met, runs and their progress."""

from collections.abc import Callable
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from matcher.domain.messages import Message
from matcher.domain.roles import Principal
from matcher.domain.settings import Settings
from matcher.services import proposing, publishing, rounds, runs, scenarios
from matcher.store import Store
from matcher.store.entities import Event, Scenario
from tests.bureau import WHO, colleague, collecting, expert, firm, matching, proposed, ran
from tests.databases import THE_DAY
from tests.pages.test_placements import words
from tests.pages.test_rounds import press

Open = Callable[..., AppTest]


@pytest.fixture
def scenario(service: Store) -> Scenario:
    return scenarios.create(service, WHO, matching(service).id, "首选")


def now(service: Store, scenario: Scenario) -> Settings:
    return Settings.model_validate(scenarios.scenario_of(service, WHO, scenario.id).settings)


def running(open_page: Open, **query: str) -> AppTest:
    return open_page(None, name="running", **query)


def quota(page: AppTest, row: int, **parts: Any) -> AppTest:
    """Fill in a row of the quotas."""
    for part, value in parts.items():
        fields = page.selectbox if part in ("column", "value", "counts") else page.number_input
        fields(key=f"settings-quota-{row}-{part}").set_value(value)
        page.run()
    return page


def test_without_a_batch_or_a_scenario_it_says_what_to_do(open_page: Open, service: Store) -> None:
    assert "还没有批次" in words(running(open_page))
    collecting(service)
    assert "进入“匹配”阶段后可以建立方案" in words(running(open_page))


def test_a_scenario_is_made_here_and_is_then_the_one_that_is_looked_at(open_page: Open, service: Store) -> None:
    round_ = matching(service)
    page = running(open_page)
    page.text_input(key="new-name").set_value("  ")
    assert "方案没有名称" in words(press(page, "建立"))
    page.text_input(key="new-name").set_value("备选")
    page = press(page, "建立")

    assert "方案“备选”已建立" in words(page)
    (made,) = scenarios.scenarios(service, WHO, round_.id)
    assert page.selectbox(key="scenario").value == str(made.id)


def test_a_scenario_is_made_by_a_settings_file_and_a_bad_one_is_said_with_its_line(
    open_page: Open, service: Store
) -> None:
    round_ = matching(service)
    page = running(open_page)
    page.text_input(key="new-name").set_value("分析员的")
    page.file_uploader[0].set_value(("settings.toml", b"[ranking]\nmin_fit = 7", "application/toml"))
    page = press(page, "建立")
    assert "settings.toml：第 2 行" in words(page)
    assert page.text_input(key="new-name").value == "分析员的"
    page.file_uploader[0].set_value(("settings.toml", b"[ranking]\nmin_fit = 0.07", "application/toml"))
    page = press(page, "建立")

    assert "方案“分析员的”已建立" in words(page)
    (made,) = scenarios.scenarios(service, WHO, round_.id)
    assert Settings.model_validate(made.settings).ranking.min_fit == 0.07
    assert not page.file_uploader[0].value


def test_settings_are_changed_and_saved_field_by_field(open_page: Open, service: Store, scenario: Scenario) -> None:
    page = running(open_page)
    page.selectbox(key="settings-assignment.objective").set_value("total")
    page.number_input(key="settings-assignment.minimum_people").set_value(2)
    page.checkbox(key="settings-eligibility.in_post").uncheck()
    page.date_input(key="settings-term.start").set_value(THE_DAY.date())
    assert "有未保存的修改" in words(page.run())
    assert now(service, scenario) == Settings(), "nothing is written while somebody types"
    page = press(page, "保存设置")

    found = now(service, scenario)
    assert (found.assignment.objective, found.assignment.minimum_people) == ("total", 2)
    assert (found.eligibility.in_post, found.term.start) == (False, THE_DAY.date())
    assert "“首选”的设置已保存" in words(page)
    assert "有未保存的修改" not in words(page)


def test_a_title_is_asked_for_or_any_will_do(open_page: Open, service: Store, scenario: Scenario) -> None:
    page = running(open_page)
    assert page.selectbox(key="settings-eligibility.minimum_title").value == "any"
    page.selectbox(key="settings-eligibility.minimum_title").set_value("associate").run()
    press(page, "保存设置")
    assert now(service, scenario).eligibility.minimum_title == "associate"
    page.selectbox(key="settings-eligibility.minimum_title").set_value("any").run()
    press(page, "保存设置")
    assert now(service, scenario).eligibility.minimum_title is None


@pytest.mark.usefixtures("scenario")
def test_a_value_out_of_range_is_said_and_kept(open_page: Open) -> None:
    page = running(open_page)
    page = page.number_input(key="settings-assignment.days_per_placement").set_value(400).run()

    assert "设置 'assignment.days_per_placement' 应为 1 到 366 的整数，读到 '400'" in words(page)
    assert page.number_input(key="settings-assignment.days_per_placement").value == 400
    assert page.button(key="settings-save").disabled
    assert page.button(key="run").disabled
    page = press(page, "放弃修改")
    assert page.number_input(key="settings-assignment.days_per_placement").value is None
    assert not page.button(key="run").disabled


def test_a_quota_is_answered_before_anything_runs(open_page: Open, service: Store, scenario: Scenario) -> None:
    page = running(open_page)
    assert "所有规则可以同时满足" in words(page)
    page = press(page, "增加一条名额规则")
    assert "设置 'assignment.quotas[1]' 应有 minimum（下限）或 maximum（上限）" in words(page)
    assert list(page.selectbox(key="settings-quota-0-value").options) == ["每一组", "三江街道", "浦口街道", "鹿山街道"]

    page = quota(page, 0, value="浦口街道", minimum=3)
    assert "乡镇街道“浦口街道”（assignment.quotas[1]）至少要 3 对，最多只能有 1 对" in words(page)
    assert "下限由 3 调到 1" in words(page)
    assert page.button(key="run").disabled
    page = quota(page, 0, minimum=1)
    assert "所有规则可以同时满足" in words(page)

    page = press(page, "保存设置")
    assert [(q.value, q.minimum) for q in now(service, scenario).assignment.quotas] == [("浦口街道", 1)]
    page.button(key="settings-quota-0-remove").click().run()
    press(page, "保存设置")
    assert now(service, scenario).assignment.quotas == ()


@pytest.mark.usefixtures("scenario")
def test_another_column_takes_the_group_back(open_page: Open) -> None:
    page = quota(press(running(open_page), "增加一条名额规则"), 0, value="浦口街道", column="title_level")
    assert page.selectbox(key="settings-quota-0-value").value == "*"
    assert list(page.selectbox(key="settings-quota-0-value").options) == ["每一组", "正高级"]


def test_the_text_and_the_form_show_one_draft(open_page: Open, service: Store, scenario: Scenario) -> None:
    page = running(open_page)
    page.selectbox(key="settings-assignment.objective").set_value("fair").run()
    page = page.segmented_control(key="settings-view").set_value("text").run()
    assert page.text_area(key="settings-toml").value == '[assignment]\nobjective = "fair"\n'

    text = "[assignment]\nobjective = 'total'\n[[assignment.quotas]]\ncolumn = 'township'\nmaximum = 1\n"
    page.text_area(key="settings-toml").set_value(text).run()
    page = page.segmented_control(key="settings-view").set_value("form").run()
    assert page.selectbox(key="settings-assignment.objective").value == "total"
    assert page.number_input(key="settings-quota-0-maximum").value == 1
    press(page, "保存设置")
    assert now(service, scenario).assignment.objective == "total"


@pytest.mark.usefixtures("scenario")
def test_every_fault_of_a_text_is_said_with_its_line_and_nothing_is_lost(open_page: Open) -> None:
    faulty = "[ranking]\nmin_fit = 3\n[assignment]\nobjectiv = 'total'"
    page = running(open_page).segmented_control(key="settings-view").set_value("text").run()
    page = page.text_area(key="settings-toml").set_value(faulty).run()
    assert "第 2 行：设置 'ranking.min_fit' 应为 0 到 1 的数" in words(page)
    assert "第 4 行：没有设置 'assignment.objectiv'，是否想写 'assignment.objective'" in words(page)
    assert page.button(key="run").disabled

    page = page.segmented_control(key="settings-view").set_value("form").run()
    page = page.segmented_control(key="settings-view").set_value("text").run()
    assert page.text_area(key="settings-toml").value == faulty
    page = page.text_area(key="settings-toml").set_value("[ranking").run()
    assert "第 1 行：不合 TOML 语法" in words(page)


def test_two_tabs_do_not_overwrite_each_other_and_what_was_typed_stays(
    open_page: Open, service: Store, scenario: Scenario
) -> None:
    page = running(open_page)
    page.selectbox(key="settings-assignment.objective").set_value("fair").run()
    other = Settings.model_validate({"assignment": {"seed": 7}})
    scenarios.change_settings(service, colleague("李科员"), scenario.id, other)
    page = press(page, "保存设置")

    assert "没有完成" in words(page)
    assert "李科员 已经修改并保存了这些设置" in words(page)
    assert page.selectbox(key="settings-assignment.objective").value == "fair"
    assert now(service, scenario) == other
    page = press(page, "载入新的设置")
    assert page.number_input(key="settings-assignment.seed").value == 7
    assert "已经修改并保存" not in words(page)


def test_what_somebody_else_saved_is_shown_where_nothing_is_typed(
    open_page: Open, service: Store, scenario: Scenario
) -> None:
    page = running(open_page)
    other = Settings.model_validate({"assignment": {"seed": 7}})
    scenarios.change_settings(service, colleague("李科员"), scenario.id, other)
    assert page.run().number_input(key="settings-assignment.seed").value == 7
    assert "已经修改" not in words(page)


def test_a_run_is_asked_for_with_what_is_typed_and_can_be_cancelled(
    open_page: Open, service: Store, scenario: Scenario
) -> None:
    page = running(open_page)
    assert "还没有运行过" in words(page)
    page.selectbox(key="settings-assignment.objective").set_value("total").run()
    page = press(page, "保存并运行")

    (run,) = runs.runs_of(service, WHO, scenario.id)
    assert (run.state, now(service, scenario).assignment.objective) == ("queued", "total")
    assert "已开始运行" in words(page)
    assert not [one for one in page.button if one.key == "run"]
    page = press(page, "取消运行")
    assert runs.run_of(service, WHO, run.id).state == "cancelled"
    assert "已取消" in words(page)
    assert page.button(key="run")


def test_a_run_tells_how_far_it_is_and_looking_writes_nothing(
    open_page: Open, service: Store, scenario: Scenario
) -> None:
    run = runs.queue(service, WHO, scenario.id)
    runs.claim(service, run.id, "here")
    runs.tell_progress(service, run.id, "here", done=30, total=120, stage="ranking")
    with service.reading() as view:
        events = len(view.listed(Event))
    page = running(open_page)

    (bar,) = page.get("progress")
    assert bar.proto.value == 25
    assert bar.proto.text.startswith("计算匹配度：30 / 120，已运行")
    page.run()
    with service.reading() as view:
        assert len(view.listed(Event)) == events


def test_a_run_that_failed_says_why_and_one_that_is_done_leads_to_its_list(
    open_page: Open, service: Store, scenario: Scenario
) -> None:
    run = runs.queue(service, WHO, scenario.id)
    runs.claim(service, run.id, "here")
    runs.fail(service, run.id, "here", [Message("infeasible.too_few_experts", {"minimum": 9, "possible": 4})])
    page = running(open_page)
    assert "至少要派出 9 人（assignment.minimum_people），最多只有 4 人可派" in words(page)

    done = ran(service, rounds.round_of(service, WHO, scenario.round_id))
    page = running(open_page, scenario=str(done.scenario_id))
    assert "完成，用时" in words(page)
    assert [link.proto.label for link in page.get("page_link") if "查看名单" in link.proto.label]
    scenarios.ban(service, WHO, done.scenario_id, ("F1", "E1"), "回避")
    assert "设置在这次运行之后改过" in words(running(open_page, scenario=str(done.scenario_id)))


def test_locks_and_bans_are_lifted_with_a_reason_and_what_is_typed_stays(
    open_page: Open, service: Store, scenario: Scenario
) -> None:
    scenarios.lock(service, WHO, scenario.id, ("F1", "E1"), "续聘")
    scenarios.ban(service, WHO, scenario.id, ("F3", "E4"), "回避")
    page = running(open_page)
    assert "锁定 嵊星电机 · 永磁电机噪声偏高 × 陈永" in words(page)
    page.number_input(key="settings-assignment.seed").set_value(5).run()

    page.button(key="FormSubmitter:lift-lock-F1-E1-form-解除").click().run()
    assert "没有完成" in words(page)
    page.text_area(key="lift-lock-F1-E1-why").set_value("不再续聘")
    page.button(key="FormSubmitter:lift-lock-F1-E1-form-解除").click().run()
    assert now(service, scenario).assignment.locks == ()
    assert page.number_input(key="settings-assignment.seed").value == 5
    press(page, "保存设置")
    found = now(service, scenario).assignment
    assert (found.locks, found.bans, found.seed) == ((), (("F3", "E4"),), 5)


def test_what_the_round_has_decided_can_not_be_lifted(open_page: Open, service: Store) -> None:
    confirming = proposed(service, answer_by=THE_DAY.date().replace(year=2099))
    placed = publishing.placements(service, WHO, confirming.id)[0]
    proposing.answer(service, expert(placed.expert_id), placed.id, "expert", accepts=False, why="不合")
    rounds.step_back(service, WHO, confirming.id, "重排")
    assert "本轮已定，不能解除" in words(running(open_page))


def test_outside_of_matching_it_can_be_looked_at(open_page: Open, service: Store) -> None:
    proposed(service, answer_by=THE_DAY.date().replace(year=2099))
    page = running(open_page)

    assert "本轮在“确认”阶段，方案只能查看" in words(page)
    assert page.selectbox(key="settings-assignment.objective").disabled
    assert not [one for one in page.button if one.key in ("run", "settings-save")]


@pytest.mark.usefixtures("scenario")
def test_it_speaks_english(open_page: Open) -> None:
    page = running(open_page, lang="en")
    assert "All rules can be kept together" in words(page)
    assert list(page.selectbox(key="settings-assignment.joint").options) == ["Mean", "The lower one", "Geometric mean"]


@pytest.mark.parametrize("who", [firm("F1"), expert("E1")])
@pytest.mark.usefixtures("scenario")
def test_nobody_else_is_given_the_page(open_page: Open, who: Principal) -> None:
    page = open_page(None, who, name="running")
    assert page.title[0].value != "运行匹配"
    assert not page.selectbox
