"""The analyst's pages: what they show under pseudonyms, what can be tried, and whom they never name."""

import re
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from matcher.domain.messages import Message
from matcher.domain.records import Rating
from matcher.domain.roles import Principal
from matcher.domain.settings import CalibrationSettings, Settings, Weights
from matcher.ranking.learning import Estimate, Evidence, Score
from matcher.services import preferences, rounds, runs, scenarios, teaching
from matcher.services.tuning import Tuned
from matcher.store import Store
from matcher.store.entities import Event, Round
from tests.bureau import EXPERTS, NEEDS, WHO, choosing, ran
from tests.pages.test_placements import everything, listed, words
from tests.pages.test_rounds import press

Open = Callable[..., AppTest]
ANALYST = Principal("分析员甲", "analyst")
PAGES = ("placements", "scenarios", "running", "diagnosis", "tuning", "evaluation")


@pytest.fixture
def round_(service: Store) -> Round:
    """Give a round with two results of the office's: in both a pair is locked, in the second another is banned."""
    opened = choosing(service)
    vetoes = [("E3", "〔拒因〕")]
    preferences.state_preferences(service, WHO, opened.id, "firm", "F1", tiers=(("E1", "E2"),), vetoes=vetoes)
    opened = rounds.advance(service, WHO, opened.id)
    ran(service, opened, locks=[("F1", "E1")])
    ran(service, opened, objective="total", bans=[("F1", "E2")])
    return opened


def look(open_page: Open, name: str, **query: str) -> AppTest:
    return open_page(None, ANALYST, name=name, **query)


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("name", PAGES)
@pytest.mark.usefixtures("round_")
def test_no_page_names_anybody_or_holds_an_id_that_does(open_page: Open, name: str, lang: str) -> None:
    page = look(open_page, name, lang=lang)
    sent = everything(page) + words(page)

    assert page.title[0].value
    named = [*(expert.name for expert in EXPERTS), *(need.name for need in NEEDS)]
    texts = [*(need.need_title for need in NEEDS), *(expert.research_fields for expert in EXPERTS)]
    assert "拒因" not in sent
    contacts = [record.contact for record in (*EXPERTS, *NEEDS) if record.contact]
    assert [word for word in (*named, *texts, *contacts) if word in sent] == []
    assert re.findall(r"\b(?:E[1-4]|F[1-3]|N2[12])\b", sent) == []
    assert "page." not in words(page)


def test_the_list_has_its_fits_and_figures_and_offers_no_change(open_page: Open, result: Path) -> None:
    page = open_page(result, ANALYST, name="placements")
    shown = listed(page)

    assert list(shown.columns) == ["need_id", "expert_id", "fit", "status"]
    assert len(shown) == 179
    assert shown["fit"].is_monotonic_decreasing
    assert {metric.label: metric.value for metric in page.metric}["复核：阻塞对"] == "0 对"
    assert [one.label for one in page.button if not one.label.startswith("再显示一些")] == []
    page.text_input(key="search").set_value(shown["need_id"][3]).run()
    assert set(listed(page)["need_id"]) == {shown["need_id"][3]}


def test_what_scores_are_made_of_is_told_as_means_that_add_up(open_page: Open, result: Path) -> None:
    page = open_page(result, ANALYST, name="placements", tab="parts")
    said = [part.proto.body for part in page.html if "企业一方的得分" in part.proto.body]
    *parts, total = [float(number) for number in re.findall(r">(\d\.\d{3})<", said[0])]

    assert len(parts) > 3
    assert sum(parts) == pytest.approx(total, abs=0.005)
    assert "只列平均" in words(page)


def test_a_list_of_few_pairs_tells_no_means(open_page: Open, round_: Round) -> None:
    assert "配对不足 5 对" in words(look(open_page, "placements", tab="parts", round=str(round_.id)))


def test_charts_tell_of_groups_that_are_large_enough(open_page: Open, result: Path) -> None:
    page = open_page(result, ANALYST, name="diagnosis")
    said = words(page)

    for part in ("企业得到的匹配度与可能的最好相比", "专家被推荐的次数", "乡镇街道：得到专家的需求", "供需地图"):
        assert part in " ".join(heading.value for heading in page.header)
    assert "每项需求推荐前 10 名" in said
    wanted = [int(count) for count in re.findall(r"\d+ / (\d+)", said)]
    assert min(wanted) >= 5
    assert len(page.get("vega_lite_chart")) == 4
    assert "派出最多的是" not in said


@pytest.mark.usefixtures("round_")
def test_without_a_run_it_leads_to_where_one_is_made(open_page: Open, service: Store) -> None:
    empty = scenarios.create(service, ANALYST, 1, "空")
    for name in ("placements", "diagnosis"):
        assert "还没有结果" in words(look(open_page, name, scenario=str(empty.id)))
    assert "还没有运行完成" in words(look(open_page, "tuning", scenario=str(empty.id)))


def test_a_scenario_of_the_office_is_looked_at_and_a_copy_is_ones_own(
    open_page: Open, service: Store, round_: Round
) -> None:
    page = look(open_page, "running", scenario="1")
    assert "这个方案不是您建立的" in words(page)
    assert page.selectbox(key="settings-assignment.objective").disabled
    assert "settings-save" not in [one.key for one in page.button]

    page = look(open_page, "scenarios", scenario="1")
    assert "锁定 1 对，禁止 0 对" in words(page)
    labels = [one.label for one in page.button]
    assert ("提交" not in labels, "改名" not in labels, "复制" in labels) == (True, True, True)
    page.text_input(key="copy-name").set_value("试一试")
    page = press(page, "复制")
    assert "方案“试一试”已建立" in words(page)
    made = scenarios.scenarios(service, WHO, round_.id)[-1]
    assert "改名" in [one.label for one in page.button]

    page = look(open_page, "running", scenario=str(made.id))
    page.selectbox(key="settings-assignment.objective").set_value("fair")
    page = press(page.run(), "保存设置")
    assert "的设置已保存" in words(page)
    stored = Settings.model_validate(scenarios.scenario_of(service, WHO, made.id).settings).assignment
    assert (stored.objective, stored.locks) == ("fair", (("F1", "E1"),))
    page = press(page, "运行")
    assert runs.runs_of(service, WHO, made.id)[-1].queued_by == ANALYST.name


@pytest.mark.usefixtures("round_")
def test_settings_that_cannot_be_met_are_said_so_and_not_whose_refusal_it_is(open_page: Open, service: Store) -> None:
    mine = scenarios.copy(service, ANALYST, 1, "我的")
    page = look(open_page, "running", scenario=str(mine.id))
    page.number_input(key="settings-assignment.minimum_people").set_value(4)
    page.run()
    assert "按这些设置安排不出名单" in words(page)
    assert not re.findall(r"\b(?:E[1-4]|F[1-3])\b", everything(page))


@pytest.mark.usefixtures("round_")
def test_a_slider_changes_shortlists_at_once_and_the_weights_are_saved_as_a_scenario(
    open_page: Open, service: Store
) -> None:
    page = look(open_page, "tuning", scenario="1")
    assert "0 项的第一名换了人" in words(page)
    assert "need-" in str(page.selectbox(key="need").value)
    page.slider(key="w1-firm-title").set_value(1.0)
    page = page.run()
    assert "文字39%职称51%" in words(page)
    assert "匹配度（按原权重）" in words(page)
    link = next(one.proto for one in page.get("link_button") if "下载设置" in one.proto.label)
    assert (link.label, "firm.title=1.0" in link.url) == ("下载设置（含当前权重）", True)
    page = press(page, "按这些权重试配一次")
    assert "与最近一次运行相比：3 对不变，0 对是新的" in words(page)
    assert "两列都按方案中保存的权重来量" in words(page)

    page.text_input(key="save-name").set_value("方案1")
    page = press(page, "存为自己的方案")
    assert "本轮已有名为「方案1」的方案" in words(page)
    assert page.text_input(key="save-name").value == "方案1"
    page.text_input(key="save-name").set_value("重职称")
    page = press(page, "存为自己的方案")
    assert "方案“重职称”已建立" in words(page)
    made = scenarios.scenarios(service, WHO, 1)[-1]
    stored = Settings.model_validate(made.settings)
    assert (made.changed_by, stored.ranking.firm.title, stored.assignment.locks) == (
        *(ANALYST.name, 1.0),
        (("F1", "E1"),),
    )
    with service.reading() as view:
        assert view.listed(Event, what="look_into_preferences") == []


@pytest.mark.usefixtures("round_")
def test_weights_come_back_as_they_were(open_page: Open) -> None:
    page = look(open_page, "tuning", scenario="1")
    page.slider(key="w1-expert-place").set_value(0.9)
    page = press(page.run(), "恢复原来的权重")
    assert page.slider(key="w1-expert-place").value == 0.03


@pytest.mark.usefixtures("round_")
def test_without_ratings_it_says_at_once_what_is_needed(open_page: Open) -> None:
    for name in ("evaluation", "tuning"):
        said = words(look(open_page, name))
        assert "本批次没有带入往年评分" in said
        assert "ratings.csv" in said


@pytest.fixture
def taught(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give the batch a rating, and have it teach what many would: learning itself is the business of its own tests."""
    rating = Rating(expert_id="E1", firm_id="F1", year=2025, firm_rating=5, expert_rating=4)
    monkeypatch.setattr(teaching, "earlier_ratings", lambda *_: [rating])

    def learned(inputs: Any, *, on_progress: Any) -> Tuned:
        on_progress(1, 2, "tuning.firm")
        shares = {"text": Estimate(0.9, 0.8, 0.95), "title": Estimate(0.1, 0.05, 0.2)}
        scores = (Score(0.61, 0.5), Score(0.55, 0.713), Score(0.54, 0.721))
        rest = (Estimate(0.01, -0.002, 0.02), Estimate(0.07, 0.03, 0.11), 0.042, 10.0, shares, SimpleNamespace())
        evidence: Any = {side: Evidence(side, 201, 140, 60, 55, *scores, *rest) for side in ("firm", "expert")}  # ty: ignore
        weights = Weights(text=0.9, title=0.1)
        chances = {side: {"intercept": -1.0, "slope": 6.0} for side in ("firm", "expert")}
        update = {"firm": weights, "expert": weights, "calibration": CalibrationSettings.model_validate(chances)}
        ranking = inputs.settings.ranking.model_copy(update=update)
        found = (Message("tuning.nothing"),)
        return Tuned(inputs.settings.model_copy(update={"ranking": ranking}), evidence, found)

    monkeypatch.setattr(teaching, "learn_from", learned)
    teaching._learned.cache_clear()


@pytest.mark.usefixtures("round_", "taught")
def test_figures_come_with_their_intervals_and_in_words(open_page: Open) -> None:
    page = look(open_page, "evaluation")
    assert "0.713" not in words(page), "not before it is asked for"
    page = press(page, "开始评测")
    said = words(page)
    for part in (
        "201 次评分，其中 140 次为好（70%），来自 60 家企业、55 位专家",
        "0.713",
        "-0.0020",
        "+0.0700",
        "抛硬币",
    ):
        assert part in said
    assert "从这些评分中学不到什么" in said


@pytest.mark.usefixtures("round_", "taught")
def test_learned_weights_are_taken_over_with_what_a_score_foretells_until_they_are_turned(
    open_page: Open, service: Store
) -> None:
    page = press(look(open_page, "tuning", scenario="1"), "开始评测")
    page = press(page, "采用学到的权重")
    assert (page.slider(key="w1-firm-text").value, page.slider(key="w1-expert-title").value) == (0.9, 0.1)
    assert "文字90%职称10%" in words(page)
    for name, step, is_calibrated in (("学到的", 0.1, True), ("改过的", 0.2, False)):
        page.slider(key="w1-firm-title").set_value(step).run()
        page.text_input(key="save-name").set_value(name)
        page = press(page, "存为自己的方案")
        made = scenarios.scenarios(service, WHO, 1)[-1]
        assert (made.name, Settings.model_validate(made.settings).ranking.is_calibrated) == (name, is_calibrated)
        page.query_params["scenario"] = "1"
        page.run()
    page = press(page, "恢复原来的权重")
    assert page.slider(key="w1-firm-text").value == 0.77
    assert page.button(key="back").disabled
