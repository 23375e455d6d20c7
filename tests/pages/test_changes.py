"""Changing a list pair by pair: the consequences before, the scenario after, and what is refused."""

from collections.abc import Callable
from dataclasses import replace

from streamlit.testing.v1 import AppTest

from matcher.domain.messages import Message
from matcher.domain.settings import Settings
from matcher.services import preferences, proposing, publishing, rounds, runs, scenarios
from matcher.store import Store
from tests.bureau import WHO, choosing, expert, matching, proposed, ran
from tests.databases import THE_DAY
from tests.executing import executed
from tests.pages.test_placements import words

Open = Callable[..., AppTest]


def opened(open_page: Open, service: Store) -> tuple[AppTest, int]:
    scenario_id = ran(service, matching(service)).scenario_id
    return open_page(None, name="placements", need="F1", expert="E1"), scenario_id


def press(page: AppTest, label: str, *, key: str | None = None) -> AppTest:
    return next(one for one in page.button if one.label == label and key in (None, one.key)).click().run()


def rules(service: Store, scenario_id: int) -> tuple[object, object]:
    chosen = Settings.model_validate(scenarios.scenario_of(service, WHO, scenario_id).settings).assignment
    return chosen.locks, chosen.bans


def test_a_ban_shows_who_moves_and_then_is_in_force_until_it_is_lifted(open_page: Open, service: Store) -> None:
    page, scenario_id = opened(open_page, service)
    page = press(page, "先看后果", key="change-ban-preview")
    assert "如果禁止这一对" in words(page)
    assert "陈永 E1" in words(page)
    assert rules(service, scenario_id) == ((), ())

    page.text_area(key="change-ban-why").set_value("有投资关系")
    page = press(page, "否决这一对")
    assert "已否决" in words(page)
    assert "这份名单还是改动之前的" in words(page)
    assert rules(service, scenario_id) == ((), (("F1", "E1"),))

    page.text_area(key="lift-why").set_value("已澄清")
    page = press(page, "解除")
    assert rules(service, scenario_id) == ((), ())
    assert "这份名单还是改动之前的" not in words(page), "the scenario is what the list was made of again"

    scenarios.ban(service, WHO, scenario_id, ("F1", "E1"), "另一个页面")
    page = press(page.run(), "重新运行")
    assert [run.state for run in runs.runs_of(service, WHO, scenario_id)] == ["done", "queued"]
    assert "正在运行或排队" in words(page)
    assert page.get("progress"), "the run is followed here"


def test_a_swap_and_another_expert_are_weighed_and_done(open_page: Open, service: Store) -> None:
    page, scenario_id = opened(open_page, service)
    page.selectbox(key="swap-with").set_value(("F3", "E4")).run()
    page = press(page, "先看后果", key="change-swap-preview")
    assert "如果这样调换" in words(page)
    assert "吴燃 E4" in words(page)

    page.selectbox(key="why_not").set_value("E4").run()
    page = press(page, "先看后果", key="instead-preview")
    assert "如果这样调换" in words(page)
    page.text_area(key="instead-why").set_value("企业要求")
    page = press(page, "换成这位专家")
    assert rules(service, scenario_id) == ((("F1", "E4"),), (("F1", "E1"),))


def test_only_whom_nothing_bars_is_offered_and_it_is_said_how_many_are_not(open_page: Open, service: Store) -> None:
    def offered(need: str, expert_id: str) -> list[str]:
        page = open_page(None, name="placements", need=need, expert=expert_id)
        assert "只列出可以接替的专家" in words(page)
        rest = next((line for line in words(page).splitlines() if line.startswith("另有 ")), "")
        return [*page.selectbox(key="swap-with").options, *page.selectbox(key="replace-by").options, rest[:6]]

    choosing_ = choosing(service)
    preferences.state_preferences(service, WHO, choosing_.id, "firm", "F1", tiers=(("E1",),), vetoes=[("E4", "竞争")])
    ran(service, rounds.advance(service, WHO, choosing_.id))
    of_ranking = ["林蓝 · 东海大学 · E2", "周茶 · 茶叶研究所 · E3"]
    swap = "林蓝 → 越锦丝绸 · 真丝色牢度不足"
    assert offered("F1", "E1") == [swap, *of_ranking, "另有 1 对"], "E4 is vetoed"
    assert offered("F3", "E4") == [swap, "陈永 · 东海大学 · E1", *of_ranking, "另有 1 对"]


def test_what_can_not_be_done_is_told_before_it_is_tried(open_page: Open, service: Store) -> None:
    run = ran(service, matching(service), bans=[["F1", "E1"]])
    page = open_page(None, name="placements", need="F3", expert="E4")
    scenarios.lock(service, WHO, run.scenario_id, ("F3", "E4"), "别处锁定")
    page = press(page, "先看后果", key="change-ban-preview")

    assert "这个改动不能做" in words(page)
    assert "灶王厨具 与 吴燃 已被锁定，不能禁止" in words(page)
    assert not [one for one in page.button if one.label == "否决这一对"]


def test_without_a_reason_or_on_an_old_version_nothing_is_changed_or_lost(open_page: Open, service: Store) -> None:
    page, scenario_id = opened(open_page, service)
    page = press(page, "先看后果", key="change-lock-preview")
    page = press(page, "锁定这一对")
    assert "没有完成" in words(page)
    assert rules(service, scenario_id) == ((), ())

    page.text_area(key="change-lock-why").set_value("合作多年")
    scenarios.ban(service, WHO, scenario_id, ("F3", "E1"), "另一个页面")
    page = press(page, "锁定这一对")
    assert "没有完成" in words(page)
    assert rules(service, scenario_id) == ((), (("F3", "E1"),))


def test_before_both_sides_the_list_says_its_states_and_how_to_change_it(open_page: Open, service: Store) -> None:
    store = replace(service, clock=lambda: THE_DAY)
    round_ = proposed(store)
    page = open_page(None, name="placements", lang="en")

    assert "step the round back to matching" in words(page)
    assert not [one for one in page.button if str(one.key).startswith("change-")]
    assert "proposed" in words(page)
    assert "state" not in page.dataframe[0].value  # where it is the same of all, the names have its room

    placed = publishing.placements(store, WHO, round_.id)[0]
    proposing.answer(store, expert(placed.expert_id), placed.id, "expert", accepts=False, why="没有时间")
    states = open_page(None, name="placements", lang="en").dataframe[0].value["state"]
    assert sorted(set(states)) == ["declined", "proposed"]


def test_a_run_is_followed_and_its_list_is_shown_when_it_is_done(open_page: Open, service: Store) -> None:
    round_ = matching(service)
    run = runs.queue(service, WHO, scenarios.create(service, WHO, round_.id, "首选").id)
    page = open_page(None, name="placements")
    assert "还没有结果" in words(page)
    assert page.get("progress")

    runs.cancel(service, WHO, run.id)
    assert "已取消" in words(page.run())
    executed(service, run.scenario_id)
    page = page.run()
    assert not page.get("progress")
    assert len(page.dataframe[0].value) == 3


def test_a_run_that_came_to_nothing_says_why_above_the_list_before(open_page: Open, service: Store) -> None:
    done = ran(service, matching(service))
    again = runs.queue(service, WHO, done.scenario_id)
    runs.claim(service, again.id, "here")
    runs.fail(service, again.id, "here", [Message("infeasible.too_few_experts", {"minimum": 9, "possible": 4})])
    page = open_page(None, name="placements")

    assert "最多只有 4 人可派" in words(page)
    assert len(page.dataframe[0].value) == 3


def test_a_list_that_was_taken_back_says_so_once_above_it(open_page: Open, service: Store) -> None:
    store = replace(service, clock=lambda: THE_DAY)
    round_ = proposed(store)
    placed = publishing.placements(store, WHO, round_.id)[0]
    proposing.answer(store, expert(placed.expert_id), placed.id, "expert", accepts=True)
    rounds.step_back(store, WHO, round_.id, "企业改了需求")
    page = open_page(None, name="placements")

    assert "这份名单曾提交双方确认，2026-06-01 已收回（3 对）" in words(page)
    assert "原因：企业改了需求" in words(page)
    assert "1 份答复仍然算数" in words(page)
    assert "名单撤回" not in words(page)
    assert "state" not in page.dataframe[0].value
    assert not [one for one in page.button if one.key == "run-again"], (
        "the same list can be put before both sides again"
    )


def test_pairs_that_may_not_be_had_again_ask_for_a_run(open_page: Open, service: Store) -> None:
    store = replace(service, clock=lambda: THE_DAY)
    round_ = proposed(store)
    placed = publishing.placements(store, WHO, round_.id)[0]
    proposing.answer(store, expert(placed.expert_id), placed.id, "expert", accepts=False, why="没有时间")
    rounds.step_back(store, WHO, round_.id, "有一对谢绝")
    page = open_page(None, name="placements")

    assert "名单里有 1 对已经不能再配" in words(page)
    assert sorted(page.dataframe[0].value["state"]) == ["一方谢绝", "新配", "新配"]
    assert page.button(key="run-again")
