"""Scenarios: made, copied, changed pair by pair, with a reason; what a change would bring is seen before it is made."""

import json
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from matcher.domain.errors import (
    ChangedMeanwhile,
    InfeasibleProblem,
    InputError,
    MatcherError,
    NotAllowed,
    SettingsError,
)
from matcher.domain.roles import Principal
from matcher.domain.settings import AssignmentSettings, QuotaSettings, Settings, TextSettings
from matcher.language import sentence
from matcher.services import outcomes, preferences, proposing, rounds, runs, scenarios
from matcher.store import Store
from matcher.store.entities import Event, PlacedPair, Round, Scenario
from tests.bureau import WHO, choosing, colleague, matching, put_in
from tests.executing import executed

PLACED = [("F1", "E1"), ("F3", "E4"), ("N21", "E2")]
"""What the small bureau's run places."""


@pytest.fixture
def round_(store: Store) -> Round:
    return matching(store)


@pytest.fixture
def scenario(store: Store, round_: Round) -> Scenario:
    return scenarios.create(store, WHO, round_.id, "首选")


def rules(scenario: Scenario) -> AssignmentSettings:
    return Settings.model_validate(scenario.settings).assignment


def placed(store: Store, scenario: Scenario) -> list[tuple[str, str]]:
    with store.reading() as view:
        return outcomes.placed_pairs(view, outcomes.last_result(view, scenario.id))


def refused(store: Store, scenario: Scenario, what: Callable[[], object], *said: str) -> None:
    """See that something is refused, in these words of either language, and that nothing was written."""
    with pytest.raises(MatcherError) as told:
        what()
    for words, lang in zip(said, ("zh", "en"), strict=False):
        assert any(words in sentence(message, lang) for message in told.value.messages), told.value
    assert scenarios.scenario_of(store, WHO, scenario.id) == scenario


# ---- made, copied, changed


def test_a_scenario_begins_with_what_its_round_says_and_a_copy_with_its_model(store: Store, round_: Round) -> None:
    fair = Settings(assignment=AssignmentSettings(objective="fair"))
    rounds.change_settings(store, WHO, round_.id, fair)
    first = scenarios.create(store, WHO, round_.id, " 首选 ")
    assert (first.name, rules(first).objective, first.copied_from) == ("首选", "fair", None)
    locked = scenarios.lock(store, WHO, first.id, ("F1", "E1"), "续聘")
    second = scenarios.copy(store, WHO, first.id, "备选")
    scenarios.unlock(store, WHO, first.id, ("F1", "E1"), "不再需要")
    assert (second.settings, second.copied_from, second.version) == (locked.settings, first.id, 1)
    assert [one.name for one in scenarios.scenarios(store, WHO, round_.id)] == ["首选", "备选"]
    assert rules(scenarios.scenario_of(store, WHO, second.id)).locks == (("F1", "E1"),)


@pytest.mark.parametrize(("name", "said"), [("", "没有名称"), ("  ", "没有名称"), ("首选 ", "已有名为「首选」的方案")])
def test_a_scenario_has_a_name_of_its_own_in_its_round(store: Store, scenario: Scenario, name: str, said: str) -> None:
    for make in (
        lambda: scenarios.create(store, WHO, scenario.round_id, name),
        lambda: scenarios.copy(store, WHO, scenario.id, name),
    ):
        with pytest.raises(InputError, match=said):
            make()
    assert scenarios.create(store, WHO, matching(store, "2027").id, "首选").name == "首选"


def test_another_name_leaves_settings_and_results_as_they_are_and_is_logged(store: Store, scenario: Scenario) -> None:
    run = executed(store, scenario.id)
    renamed = scenarios.rename(store, WHO, scenario.id, " 定稿 ", version=scenario.version)

    assert (renamed.name, renamed.settings) == ("定稿", scenario.settings)
    assert not runs.is_outdated(store, WHO, run.id)
    with store.reading() as view:
        entry = view.listed(Event)[-1]
    assert (entry.what, entry.before, entry.after) == ("rename_scenario", {"name": "首选"}, {"name": "定稿"})
    again = scenarios.rename(store, WHO, scenario.id, "定稿")
    assert again == renamed, "the same name is no change"


def test_another_name_is_refused_where_it_is_blank_or_taken_or_late(store: Store, scenario: Scenario) -> None:
    other = scenarios.copy(store, WHO, scenario.id, "备选")
    for name, *said in ((" ", "没有名称", "no name"), ("备选", "已有名为「备选」的方案", "choose another name")):
        refused(store, scenario, lambda name=name: scenarios.rename(store, WHO, scenario.id, name), *said)
    scenarios.rename(store, WHO, other.id, "又一个", version=1)
    with pytest.raises(ChangedMeanwhile):
        scenarios.rename(store, WHO, other.id, "第三个", version=1)


def test_an_analyst_renames_what_they_made_and_no_other(store: Store, scenario: Scenario) -> None:
    analyst = Principal("张分析", "analyst")
    own = scenarios.copy(store, analyst, scenario.id, "试算")

    assert scenarios.rename(store, analyst, own.id, "试算 2").name == "试算 2"
    refused(store, scenario, lambda: scenarios.rename(store, analyst, scenario.id, "别名"), "不是您单位或您本人")


def test_a_result_is_old_once_settings_differ_and_not_when_they_are_changed_back(
    store: Store, round_: Round, scenario: Scenario
) -> None:
    run = executed(store, scenario.id)
    scenarios.ban(store, WHO, scenario.id, ("F1", "E1"), "回避")
    assert runs.is_outdated(store, WHO, run.id)
    scenarios.unban(store, WHO, scenario.id, ("F1", "E1"), "已澄清")
    assert not runs.is_outdated(store, WHO, run.id)
    proposing.propose(store, WHO, run.id, answer_by=date(2099, 1, 1), silence="accept")
    assert rounds.round_of(store, WHO, round_.id).proposed_run == run.id


def test_settings_that_no_run_could_go_by_are_refused(store: Store, scenario: Scenario) -> None:
    def with_rules(**chosen: Any) -> Settings:
        return Settings(assignment=AssignmentSettings(**chosen))

    for settings, *said in (
        (Settings(text=TextSettings(lexicon="words")), "不能指定文件", "can't name files"),
        (with_rules(objective="best"), "best", "best"),
        (with_rules(keep_bonus=1), "keep_bonus", "keep_bonus"),
        (with_rules(locks=(("F9", "E1"),)), "assignment.locks[1]", "read 'F9'"),
        (with_rules(bans=(("F1", "E1"), ("F1", "E9"))), "assignment.bans[2]", "read 'E9'"),
        (with_rules(locks=(("F2", "E1"),)), "有几项需求", "several needs"),
        (with_rules(locks=(("F1", "E1"),), bans=(("F1", "E1"),)), "已被禁止", "they are banned"),
        (with_rules(quotas=(QuotaSettings(column="township", value="甘霖镇", maximum=1),)), "甘霖镇", "甘霖镇"),
    ):
        refused(store, scenario, lambda s=settings: scenarios.change_settings(store, WHO, scenario.id, s), *said)
        with pytest.raises(MatcherError):
            scenarios.create(store, WHO, scenario.round_id, "另一个", settings)


def test_scenarios_are_edited_only_while_matching(store: Store, scenario: Scenario, round_: Round) -> None:
    executed(store, scenario.id)
    put_in(store, rounds.round_of(store, WHO, round_.id), "confirming")
    pair = ("F1", "E1")
    for edit in (
        lambda: scenarios.create(store, WHO, round_.id, "备选"),
        lambda: scenarios.copy(store, WHO, scenario.id, "备选"),
        lambda: scenarios.rename(store, WHO, scenario.id, "备选"),
        lambda: scenarios.change_settings(store, WHO, scenario.id, Settings()),
        lambda: scenarios.lock(store, WHO, scenario.id, pair, "x"),
        lambda: scenarios.unlock(store, WHO, scenario.id, pair, "x"),
        lambda: scenarios.ban(store, WHO, scenario.id, pair, "x"),
        lambda: scenarios.unban(store, WHO, scenario.id, pair, "x"),
        lambda: scenarios.swap(store, WHO, scenario.id, (pair, ("F3", "E4")), "x"),
        lambda: scenarios.replace_expert(store, WHO, scenario.id, pair, "x", expert_id="E3"),
    ):
        with pytest.raises(NotAllowed, match="确认"):
            edit()
    assert scenarios.scenarios(store, WHO, round_.id) == [scenario]


def test_who_has_read_an_older_version_changes_nothing(store: Store, scenario: Scenario) -> None:
    locked = scenarios.lock(store, colleague("李主任"), scenario.id, ("F1", "E1"), "续聘", version=1)
    for edit in (
        lambda: scenarios.change_settings(store, WHO, scenario.id, Settings(), version=1),
        lambda: scenarios.ban(store, WHO, scenario.id, ("F3", "E4"), "x", version=1),
        lambda: scenarios.unlock(store, WHO, scenario.id, ("F1", "E1"), "x", version=1),
    ):
        with pytest.raises(ChangedMeanwhile, match="李主任"):
            edit()
    assert scenarios.scenario_of(store, WHO, scenario.id) == locked


# ---- pair by pair


def test_every_change_of_a_pair_is_written_down_with_its_reason(store: Store, scenario: Scenario) -> None:
    pair = ("F1", "E1")
    for step, edit in enumerate((scenarios.lock, scenarios.unlock, scenarios.ban, scenarios.unban)):
        edit(store, WHO, scenario.id, pair, f"理由{step}")
    with store.reading() as view:
        found = view.listed(Event, about=f"scenarios/{scenario.id}")
    told = [(event.what, event.why) for event in found[1:]]
    assert told == [("lock", "理由0"), ("unlock", "理由1"), ("ban", "理由2"), ("unban", "理由3")]
    assert {(event.who, event.round_id) for event in found} == {(WHO.name, scenario.round_id)}
    assert scenarios.scenario_of(store, WHO, scenario.id).settings == scenario.settings
    again = scenarios.scenario_of(store, WHO, scenario.id)
    for edit in (scenarios.lock, scenarios.unlock, scenarios.ban, scenarios.unban):
        refused(store, again, lambda e=edit: e(store, WHO, scenario.id, pair, " "), "请写明理由", "a reason is needed")


def test_a_lock_that_can_not_be_is_refused_with_what_stands_against_it(store: Store) -> None:
    chosen = choosing(store)
    preferences.state_preferences(store, WHO, chosen.id, "firm", "F1", tiers=(), vetoes=(("E2", "合作不畅"),))
    round_ = rounds.advance(store, WHO, chosen.id)
    scenario = scenarios.create(store, WHO, round_.id, "首选")

    def lock(*pair: str) -> Callable[[], object]:
        return lambda: scenarios.lock(store, WHO, scenario.id, (pair[0], pair[1]), "x")

    refused(store, scenario, lock("F1", "E9"), "读到 'E9'", "read 'E9'")
    refused(store, scenario, lock("F2", "E2"), "N21、N22", "N21, N22")
    refused(store, scenario, lock("F1", "E2"), "F1 与 E2 不能锁定", "the firm vetoes the expert")
    banned = scenarios.ban(store, WHO, scenario.id, ("F2", "E3"), "回避")
    refused(store, banned, lock("N22", "E3"), "N22 与 E3 已被禁止", "they are banned")
    locked = scenarios.lock(store, WHO, scenario.id, ("F1", "E3"), "不太相近，但企业要求")
    assert rules(locked).locks == (("F1", "E3"),)
    refused(
        store,
        locked,
        lambda: scenarios.ban(store, WHO, scenario.id, ("F1", "E3"), "x"),
        "F1 与 E3 已被锁定",
        "they are locked",
    )


def test_a_ban_of_a_firm_is_one_of_all_its_needs_and_each_may_be_lifted(store: Store, scenario: Scenario) -> None:
    banned = scenarios.ban(store, WHO, scenario.id, ("F2", "E2"), "回避")
    assert rules(banned).bans == (("N21", "E2"), ("N22", "E2"))
    assert scenarios.ban(store, WHO, scenario.id, ("N22", "E2"), "再说一次") == banned
    assert rules(scenarios.unban(store, WHO, scenario.id, ("N21", "E2"), "x")).bans == (("N22", "E2"),)
    assert rules(scenarios.unban(store, WHO, scenario.id, ("F2", "E2"), "x")).bans == ()
    bare = scenarios.scenario_of(store, WHO, scenario.id)
    pair = ("F2", "E2")
    refused(store, bare, lambda: scenarios.unban(store, WHO, scenario.id, pair, "x"), "没有被禁止", "are not banned")
    refused(store, bare, lambda: scenarios.unlock(store, WHO, scenario.id, pair, "x"), "没有被锁定", "are not locked")


def test_a_lock_of_somebody_who_is_gone_can_still_be_lifted(store: Store, scenario: Scenario) -> None:
    locked = scenarios.lock(store, WHO, scenario.id, ("F1", "E1"), "续聘")
    gone = rules(locked).model_copy(update={"locks": (("F1", "E7"),)})
    with store.writing(WHO.name) as work:
        settings = Settings(assignment=gone).model_dump(mode="json")
        work.change(work.get(Scenario, id=scenario.id), "tests", settings=settings)
    assert rules(scenarios.unlock(store, WHO, scenario.id, ("F1", "E7"), "已退出")).locks == ()


def test_a_swap_locks_the_new_pairs_and_bans_the_old(store: Store, scenario: Scenario) -> None:
    pairs = (("F1", "E1"), ("F3", "E4"))

    def swap() -> Scenario:
        return scenarios.swap(store, WHO, scenario.id, pairs, "双方要求")

    refused(store, scenario, swap, "「首选」还没有完成的运行", "run it first")
    executed(store, scenario.id)
    assert placed(store, scenario) == PLACED
    locked = scenarios.lock(store, WHO, scenario.id, ("F1", "E1"), "续聘")
    for wrong, said in (
        ((("F1", "E1"), ("F1", "E1")), "两项不同的需求"),
        ((("F1", "E1"), ("F3", "E3")), "没有把 F3 与 E3 排在一起"),
        ((("F1", "E1"), ("F9", "E4")), "读到 'F9'"),
    ):
        refused(store, locked, lambda w=wrong: scenarios.swap(store, WHO, scenario.id, w, "x"), said)
    found = rules(swap())
    assert (found.locks, found.bans) == ((("F1", "E4"), ("F3", "E1")), pairs)
    assert executed(store, scenario.id).state == "done"
    assert placed(store, scenario) == [("F1", "E4"), ("F3", "E1"), ("N21", "E2")]


def test_an_expert_is_replaced_by_another(store: Store, scenario: Scenario) -> None:
    def replace(expert_id: str) -> Scenario:
        return scenarios.replace_expert(store, WHO, scenario.id, ("F1", "E1"), "专家出国", expert_id=expert_id)

    executed(store, scenario.id)
    refused(store, scenario, lambda: replace("E1"), "已把 F1 与 E1 排在一起", "has placed F1 with E1 already")
    refused(store, scenario, lambda: replace("E9"), "读到 'E9'", "read 'E9'")
    found = rules(replace("E3"))
    assert (found.locks, found.bans) == ((("F1", "E3"),), (("F1", "E1"),))
    executed(store, scenario.id)
    assert placed(store, scenario) == [("F1", "E3"), *PLACED[1:]]


def test_what_is_in_force_stays_in_a_supplementary_round_and_what_was_declined_stays_away(
    store: Store, scenario: Scenario, round_: Round
) -> None:
    run = executed(store, scenario.id)
    values = {"batch_id": round_.batch_id, "round_id": round_.id, "run_id": run.id, "line": {}}
    blank = dict.fromkeys(("firm_answer", "firm_reason", "expert_answer", "expert_reason", "ended_because"))
    with store.writing(WHO.name) as work:
        for firm, expert, state, ending in (("F1", "E1", "active", None), ("F3", "E4", "ended", "declined")):
            ids = {"firm_id": firm, "need_id": firm, "expert_id": expert}
            end = {"state": state, "ending": ending, "ended_on": ending and "2026-05-01"}
            work.insert(PlacedPair, "tests", **values, **ids, **blank, **end)
        work.change(work.get(Round, id=round_.id), "tests", kind="supplementary")

    def exchange() -> Scenario:
        return scenarios.swap(store, WHO, scenario.id, (("F1", "E1"), ("N21", "E2")), "x")

    refused(store, scenario, exchange, "F1 与 E1 已被锁定", "what is in force stays")
    refused(
        store,
        scenario,
        lambda: scenarios.lock(store, WHO, scenario.id, ("F3", "E4"), "x"),
        "F3 与 E4 已被禁止",
        "a side declined",
    )
    with pytest.raises(InputError, match="F1 与 E1 已被锁定"):
        outcomes.preview_ban(store, WHO, scenario.id, ("F1", "E1"))


# ---- before, and side by side


@pytest.mark.parametrize("objective", ["stable", "total", "fair"])
def test_what_is_seen_before_is_what_the_next_run_gives(store: Store, scenario: Scenario, objective: str) -> None:
    chosen = Settings.model_validate({"assignment": {"objective": objective}})
    scenarios.change_settings(store, WHO, scenario.id, chosen)
    executed(store, scenario.id)
    # What was changed since the last run is seen too.
    scenarios.ban(store, WHO, scenario.id, ("F3", "E4"), "竞争对手")
    seen = outcomes.preview_lock(store, WHO, scenario.id, ("F1", "E2"))
    scenarios.lock(store, WHO, scenario.id, ("F1", "E2"), "两厢情愿")
    run = executed(store, scenario.id)
    with store.reading() as view:
        assert outcomes.placed_pairs(view, run) == sorted(seen.found.pairs)


def test_what_was_swapped_can_be_swapped_back(store: Store, scenario: Scenario) -> None:
    first = executed(store, scenario.id)
    scenarios.swap(store, WHO, scenario.id, (("F1", "E1"), ("F3", "E4")), "试一试")
    executed(store, scenario.id)
    seen = outcomes.preview_swap(store, WHO, scenario.id, (("F1", "E4"), ("F3", "E1")))
    back = scenarios.swap(store, WHO, scenario.id, (("F1", "E4"), ("F3", "E1")), "还是原来好")
    assert sorted(map(tuple, back.settings["assignment"]["locks"])) == [("F1", "E1"), ("F3", "E4")]
    assert sorted(map(tuple, back.settings["assignment"]["bans"])) == [("F1", "E4"), ("F3", "E1")]
    with store.reading() as view:
        assert outcomes.placed_pairs(view, first) == sorted(seen.found.pairs)


def test_what_could_not_be_is_told_before_it_is_made(store: Store, scenario: Scenario) -> None:
    executed(store, scenario.id)
    scenarios.lock(store, WHO, scenario.id, ("F1", "E1"), "两厢情愿")
    with pytest.raises(InfeasibleProblem, match="F1"):
        outcomes.preview_lock(store, WHO, scenario.id, ("F1", "E2"))


def test_a_change_is_seen_before_it_is_made_and_nothing_is_written_for_that(store: Store, scenario: Scenario) -> None:
    with pytest.raises(NotAllowed, match="请先运行"):
        outcomes.preview_lock(store, WHO, scenario.id, ("F1", "E2"))
    run = executed(store, scenario.id)
    with store.reading() as view:
        before = view.listed(Event)
    locked = outcomes.preview_lock(store, WHO, scenario.id, ("F1", "E2"))
    banned = outcomes.preview_ban(store, WHO, scenario.id, ("F2", "E2"))
    swapped = outcomes.preview_swap(store, WHO, scenario.id, (("F1", "E1"), ("F3", "E4")))
    replaced = outcomes.preview_replacement(store, WHO, scenario.id, ("F1", "E1"), "E3")
    with store.reading() as view:
        assert view.listed(Event) == before
    assert scenarios.scenario_of(store, WHO, scenario.id) == scenario
    assert [found.run for found in (locked, banned, swapped, replaced)] == [run] * 4

    assert ("F1", "E1") in locked.found.lost
    assert ("F1", "E2") in locked.found.pairs
    assert banned.found.lost == (("N21", "E2"),)
    assert not {("N21", "E2"), ("N22", "E2")} & {*banned.found.pairs}
    assert {*swapped.found.lost} == {("F1", "E1"), ("F3", "E4")}
    assert {*swapped.found.gained} == {("F1", "E4"), ("F3", "E1")}
    assert swapped.found.moves == [("E1", ("F1",), ("F3",)), ("E4", ("F3",), ("F1",))]
    assert replaced.found.pairs == [("F1", "E3"), *PLACED[1:]]
    for preview, start, moved in (
        (locked, "如果锁定这一对", "陈永 E1：离开 F1"),
        (banned, "如果禁止这一对", "林蓝 E2：离开 N21"),
        (swapped, "如果这样调换", "陈永 E1：由 F1 改到 F3"),
        (replaced, "如果这样调换", "周茶 E3：去 F1"),
    ):
        said = [sentence(message) for message in preview.consequences]
        assert said[0].startswith(start)
        assert moved in said
        value = sum(preview.market.value[preview.market.position[pair]] for pair in preview.found.pairs)
        there = sum(preview.market.value[preview.market.position[pair]] for pair in PLACED)
        assert preview.found.value == pytest.approx(value - there)


def test_what_a_preview_would_be_refused_for_it_is_refused_for_too(store: Store, scenario: Scenario) -> None:
    executed(store, scenario.id)
    for look in (
        lambda: outcomes.preview_lock(store, WHO, scenario.id, ("F2", "E2")),
        lambda: outcomes.preview_ban(store, WHO, scenario.id, ("F1", "E9")),
    ):
        with pytest.raises(SettingsError):
            look()
    with pytest.raises(InputError, match="没有把 F1 与 E3 排在一起"):
        outcomes.preview_swap(store, WHO, scenario.id, (("F1", "E3"), ("F3", "E4")))


def test_scenarios_stand_side_by_side_with_the_figures_of_their_last_reports(store: Store, scenario: Scenario) -> None:
    other = scenarios.copy(store, WHO, scenario.id, "备选")
    third = scenarios.copy(store, WHO, scenario.id, "未运行")
    scenarios.ban(store, WHO, other.id, ("F1", "E1"), "回避")
    executed(store, scenario.id)
    last = [executed(store, one.id) for one in (scenario, other)]
    rows = outcomes.compare(store, WHO, [scenario.id, other.id])
    assert [(row["name"], row["run"]) for row in rows] == [("首选", last[0].id), ("备选", last[1].id)]
    for row, run in zip(rows, last, strict=True):
        with store.reading() as view:
            report = json.loads(view.file(run.results["report.json"]))
            assert row["pairs"] == len(runs.lines_of(view, run)) == report["statistics"]["pairs"]
        assert row["value_total"] == report["statistics"]["value_total"]
        assert row["blocking_pairs"] == report["certificate"]["n_blocking_pairs"]
    assert [row["pairs"] for row in rows] == [3, 2]

    found = outcomes.difference(store, WHO, scenario.id, other.id)
    assert [(line.need_id, line.expert, line.need_title) for line in found.here] == [("F1", "陈永", "永磁电机噪声偏高")]
    assert found.there == ()
    assert [(line.need_id, line.expert_id) for line in found.both] == PLACED[1:]
    back = outcomes.difference(store, WHO, other.id, scenario.id)
    assert (back.here, back.there) == (found.there, found.here)

    fourth = scenarios.copy(store, WHO, scenario.id, "也未运行")
    with pytest.raises(NotAllowed, match=r"「未运行」[\s\S]*「也未运行」"):
        outcomes.compare(store, WHO, [scenario.id, third.id, fourth.id])


def test_a_list_without_anybody_can_be_compared_too(store: Store, scenario: Scenario) -> None:
    nobody = QuotaSettings(column="township", maximum=0)
    empty = scenarios.create(
        store, WHO, scenario.round_id, "空", Settings(assignment=AssignmentSettings(quotas=(nobody,)))
    )
    assert executed(store, empty.id).state == "done"
    executed(store, scenario.id)
    found = outcomes.difference(store, WHO, empty.id, scenario.id)
    assert (found.here, found.both) == ((), ())
    assert [(line.need_id, line.expert_id) for line in found.there] == PLACED
