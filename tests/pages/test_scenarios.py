"""Scenarios: their list and what each reached, side by side, how two lists differ, and what both sides are asked."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import pytest
from streamlit.testing.v1 import AppTest

from matcher.domain.roles import Principal
from matcher.domain.settings import Settings
from matcher.services import publishing, rounds, runs, scenarios
from matcher.store import Store
from matcher.store.entities import Event, Round, Run
from tests.bureau import WHO, active, choosing, expert, firm, matching, proposed, ran
from tests.databases import THE_DAY
from tests.pages.test_placements import markup, words
from tests.pages.test_rounds import press, state

Open = Callable[..., AppTest]


@pytest.fixture
def round_(service: Store) -> Round:
    """Give a round with two results: of the second, a pair is banned."""
    opened = matching(service)
    ran(service, opened)
    ran(service, opened, objective="total", bans=[("F1", "E1")])
    return opened


def page_of(open_page: Open, **query: str) -> AppTest:
    return open_page(None, name="scenarios", **query)


def tables(page: AppTest) -> list[list[list[str]]]:
    return [frame.value.astype(object).fillna("–").astype(str).to_numpy().tolist() for frame in page.dataframe]


def links(page: AppTest) -> dict[str, str]:
    return {link.proto.label: link.proto.query_string for link in page.get("page_link")}


def test_without_a_scenario_it_says_what_to_do(open_page: Open, service: Store) -> None:
    assert "还没有批次" in words(page_of(open_page))
    opened = choosing(service)
    assert "进入“匹配”阶段后可以建立方案" in words(page_of(open_page))
    rounds.advance(service, WHO, opened.id)
    page = page_of(open_page)
    assert "点“新方案”" in words(page)
    page.text_input(key="new-name").set_value("首选")
    page = press(page, "建立")
    assert [row[0] for row in tables(page)[0]] == ["首选"]
    assert "未运行" in words(page)


def test_the_list_says_how_far_each_is_and_what_it_reached(open_page: Open, service: Store, round_: Round) -> None:
    scenarios.create(service, WHO, round_.id, "空")
    rows = tables(page_of(open_page))[0]

    assert [row[:3] for row in rows] == [
        ["空", "稳定匹配", "未运行"],
        ["方案2", "总价值最大", "已完成"],
        ["方案1", "稳定匹配", "已完成"],
    ]
    assert [row[3] for row in rows] == ["–", "2.0", "3.0"]


def test_the_address_says_which_scenario_it_is_and_links_lead_on_with_it(open_page: Open, round_: Round) -> None:
    page = page_of(open_page, scenario="1", round=str(round_.id))

    assert "方案1已完成" in words(page)
    assert links(page)["查看名单"] == f"round={round_.id}&scenario=1"
    assert links(page)["设置与运行"] == f"round={round_.id}&scenario=1"
    assert "名额 0 条，锁定 0 对，禁止 0 对" in words(page)
    assert "文字 77%、职称 5%" in words(page)
    assert "名额 0 条，锁定 0 对，禁止 1 对" in words(page_of(open_page, scenario="2"))


@pytest.mark.usefixtures("round_")
def test_a_scenario_gets_another_name_and_its_result_stays(open_page: Open, service: Store) -> None:
    page = page_of(open_page)
    page.text_input(key="rename-2-1").set_value("方案1")
    page = press(page, "改名")
    assert "本轮已有名为「方案1」的方案" in words(page)
    assert page.text_input(key="rename-2-1").value == "方案1"

    page.text_input(key="rename-2-1").set_value("定稿")
    page = press(page, "改名")
    assert "方案已改名为“定稿”" in words(page)
    assert [row[0] for row in tables(page)[0]] == ["定稿", "方案1"]
    assert "设置在这次运行之后改过" not in words(page)
    assert page.text_input(key="rename-2-2").value == "定稿"

    scenarios.rename(service, WHO, 2, "别处改的", version=2)
    page.text_input(key="rename-2-2").set_value("又一个")
    assert "没有完成" in words(press(page, "改名"))
    assert scenarios.scenario_of(service, WHO, 2).name == "别处改的"


def test_a_copy_has_a_name_of_its_own_and_is_then_looked_at(open_page: Open, service: Store, round_: Round) -> None:
    page = page_of(open_page)
    page.text_input(key="copy-name").set_value("方案1")
    page = press(page, "复制")
    assert "本轮已有名为「方案1」的方案" in words(page)
    assert page.text_input(key="copy-name").value == "方案1"

    page.text_input(key="copy-name").set_value("方案3")
    page = press(page, "复制")
    made = scenarios.scenarios(service, WHO, round_.id)[-1]
    assert (made.name, made.copied_from) == ("方案3", 2)
    assert "方案3未运行" in words(page)


@pytest.mark.usefixtures("round_")
def test_a_scenario_is_run_from_here(open_page: Open, service: Store) -> None:
    page = press(page_of(open_page), "运行")
    assert runs.runs_of(service, WHO, 2)[-1].state == "queued"
    assert "已开始运行" in words(page)
    assert page.get("progress")


@pytest.mark.usefixtures("round_")
def test_the_better_figure_of_two_is_marked(open_page: Open) -> None:
    sent = markup(page_of(open_page))

    assert '<tr><th scope="row">配对</th><td>2</td><td class="best">3</td></tr>' in sent
    assert '<tr><th scope="row">未安排需求</th><td>2</td><td class="best">1</td></tr>' in sent
    assert '<tr><th scope="row">不稳定配对</th><td>0</td><td>0</td></tr>' in sent
    assert "续聘" not in sent


@pytest.mark.usefixtures("round_")
def test_ranks_satisfaction_and_places_are_drawn_each_with_its_table(open_page: Open) -> None:
    drawn = {chart: page_of(open_page, chart=chart) for chart in ("ranks", "satisfaction", "places")}
    charts = {
        chart: len(page.get("arrow_vega_lite_chart") or page.get("vega_lite_chart")) for chart, page in drawn.items()
    }
    assert charts == {"ranks": 2, "satisfaction": 1, "places": 1}
    assert "第 1" in words(drawn["ranks"])
    for kind in ("需求名额", "专家名额", "已用"):
        assert kind in words(drawn["places"])


@pytest.mark.usefixtures("round_")
def test_two_lists_are_told_apart_and_exchanged(open_page: Open) -> None:
    page = page_of(open_page)
    assert [tab.label for tab in page.tabs][-3:] == ["只在“方案2”（0）", "只在“方案1”（1）", "两份都有（2）"]
    assert "没有这样的配对" in words(page)
    only = tables(page_of(open_page, difference="there"))[-1]
    assert [row[0] for row in only] == ["嵊星电机"]

    page.selectbox(key="here").set_value(1).run()
    assert [tab.label for tab in page.tabs][-3:] == ["只在“方案1”（1）", "只在“方案2”（0）", "两份都有（2）"]


@pytest.mark.usefixtures("round_")
def test_who_compares_lists_sees_ranks_and_that_is_written_down_once(open_page: Open, service: Store) -> None:
    page = page_of(open_page)
    page.run()
    with service.reading() as view:
        looked = [event.about for event in view.listed(Event, what="look_into_preferences")]
        runs_done = [f"runs/{run.id}" for run in view.listed(Run, state="done")]
    assert sorted(looked) == sorted(runs_done)


def test_one_scenario_alone_is_not_compared(open_page: Open, service: Store) -> None:
    ran(service, matching(service))
    assert "有两个以上方案运行完成后" in words(page_of(open_page))


def test_the_address_says_which_are_compared(open_page: Open, service: Store, round_: Round) -> None:
    ran(service, round_, objective="fair")
    heads = re.findall(r'<th scope="col">(方案.)</th>', markup(page_of(open_page, compare="1.3.99")))
    assert heads == ["方案1", "方案3"]
    page = page_of(open_page)
    page.multiselect(key="compare").set_value(["1", "2", "3"]).run()
    assert page.query_params["compare"] in ("1.2.3", ["1.2.3"])
    assert re.findall(r'<th scope="col">(方案.)</th>', markup(page)) == ["方案1", "方案2", "方案3"]


@pytest.mark.usefixtures("round_")
def test_one_that_stands_alone_is_asked_for(open_page: Open) -> None:
    page = page_of(open_page)
    page.multiselect(key="compare").set_value(["1"]).run()
    assert "请再选一个方案" in words(page)


def test_a_list_is_put_before_both_sides_and_then_nothing_is_changed_here(
    open_page: Open, service: Store, round_: Round
) -> None:
    page, day = page_of(open_page, scenario="1"), service.clock().date() + timedelta(days=100)
    page.date_input(key="answer-by").set_value(day)
    page.radio(key="silence").set_value("decline")
    page = press(page, "提交")

    assert f"已提交双方，答复期限 {day}" in words(page)
    moved = rounds.round_of(service, WHO, round_.id)
    assert (moved.state, moved.silence) == ("confirming", "decline")
    assert {row.run_id for row in publishing.placements(service, WHO, round_.id)} == {1}
    assert not [one for one in page.button if one.key in ("run", "FormSubmitter:copy-form-复制")]


@pytest.mark.usefixtures("round_")
def test_a_date_that_is_past_or_a_result_that_is_old_is_refused(open_page: Open, service: Store) -> None:
    page = page_of(open_page, scenario="1")
    page.date_input(key="answer-by").set_value(date(2020, 1, 1))
    page = press(page, "提交")
    assert "没有完成" in words(page)
    assert page.date_input(key="answer-by").value == date(2020, 1, 1)

    scenarios.ban(service, WHO, 1, ("F1", "E1"), "回避")
    page.date_input(key="answer-by").set_value(service.clock().date())
    page = press(page, "提交")
    assert "内容有变：settings.toml" in words(page)
    assert "设置在这次运行之后改过" in words(page)
    assert state(service) == "matching"


def test_an_adjustment_says_which_pairs_it_would_end(open_page: Open, service: Store) -> None:
    in_force = active(replace(service, clock=lambda: THE_DAY))
    opened = rounds.open_next_round(service, WHO, in_force.id, "adjustment")
    for _ in range(2):
        rounds.advance(service, WHO, opened.id)
    ran(service, rounds.round_of(service, WHO, opened.id), bans=[("F1", "E1")])
    sent = words(page_of(open_page))
    assert "名单中不再有这 1 对已生效的派驻" in sent
    assert "嵊星电机 × 陈永" in sent


def test_what_new_scenarios_begin_with_is_changed_here(open_page: Open, service: Store, round_: Round) -> None:
    page = page_of(open_page)
    page.selectbox(key="defaults-assignment.objective").set_value("fair").run()
    page = page.button(key="defaults-save").click().run()

    assert "本轮默认设置已保存" in words(page)
    kept = Settings.model_validate(rounds.round_of(service, WHO, round_.id).settings)
    assert kept.assignment.objective == "fair"
    assert Settings.model_validate(scenarios.scenario_of(service, WHO, 1).settings).assignment.objective == "stable"


@pytest.mark.usefixtures("round_")
def test_it_speaks_english(open_page: Open) -> None:
    page = page_of(open_page, lang="en")
    assert "Comparison" in [part.value for part in page.header]
    assert "Needs left out" in words(page)
    assert links(page)["See the list"].startswith("lang=en")


@pytest.mark.parametrize("who", [firm("F1"), expert("E1")])
def test_nobody_else_is_given_the_page(open_page: Open, service: Store, who: Principal) -> None:
    proposed(service, answer_by=date(2099, 6, 30))
    page = open_page(None, who, name="scenarios")
    assert page.title[0].value != "方案"
    assert "方案比较" not in [part.value for part in page.header]
