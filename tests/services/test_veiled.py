"""What an analyst sees and takes away: no pair of the office's, no small group, no wish in a shortlist."""

import re
from dataclasses import replace
from typing import Any

import pytest

from matcher.domain.errors import InputError, SettingsError
from matcher.domain.roles import Principal
from matcher.domain.settings import Settings
from matcher.files.settings import parse_settings
from matcher.pipeline import match
from matcher.services import feasibility, preferences, rounds, scenarios, trying, veiled
from matcher.services.comparing import figures_of
from matcher.services.freezing import unfrozen
from matcher.services.measuring import SCORED, measured
from matcher.services.outcomes import last_result, report_of
from matcher.services.scenario_file import create_from_file, settings_toml
from matcher.services.scenarios import with_pairs
from matcher.store import Store
from matcher.store.entities import Event, Round
from tests.bureau import WHO, choosing, matching, ran

ANALYST = Principal("数据组", "analyst")
LOCKED = Settings.model_validate({"assignment": {"locks": [["F1", "E1"]], "bans": [["F3", "E2"]]}})
TITLED = Settings.model_validate({"ranking": {"firm": {"text": 0.5, "title": 0.5}}})


@pytest.fixture
def round_(store: Store) -> Round:
    opened = matching(store)
    ran(store, opened, locks=[("F1", "E1")], bans=[("F3", "E2")])
    return opened


@pytest.mark.usefixtures("round_")
def test_whom_the_office_fixed_stays_in_what_an_analyst_saves_and_is_in_nothing_that_they_read(store: Store) -> None:
    shown = scenarios.scenario_of(store, ANALYST, 1)
    assert (shown.settings["assignment"]["locks"], shown.settings["assignment"]["bans"]) == ([], [])
    tried = Settings.model_validate(shown.settings).model_copy(update={"ranking": TITLED.ranking})
    mine = scenarios.copy(store, ANALYST, 1, "试", tried)
    again = scenarios.change_settings(store, ANALYST, mine.id, TITLED, version=mine.version)
    assert again.settings["assignment"]["locks"] == []
    stored = Settings.model_validate(scenarios.scenario_of(store, WHO, mine.id).settings)
    assert (stored.assignment.locks, stored.assignment.bans) == ((("F1", "E1"),), (("F3", "E2"),))
    assert stored.ranking == TITLED.ranking


def test_a_settings_file_is_read_back_names_nobody_to_an_analyst_and_is_on_record(store: Store, round_: Round) -> None:
    office, analyst = (settings_toml(store, who, 1).content.decode() for who in (WHO, ANALYST))
    assert parse_settings(office).assignment.locks == (("F1", "E1"),)
    assert parse_settings(analyst) == Settings()
    assert not re.search(r"\b[EF]\d\b", analyst)
    with store.reading() as view:
        taken = [(event.who, event.about, event.round_id) for event in view.listed(Event, what="export")]
    assert taken == [(WHO.name, "scenarios/1", round_.id), (ANALYST.name, "scenarios/1", round_.id)]


def test_a_scenario_is_made_by_the_file_that_an_analyst_hands_over(store: Store, round_: Round) -> None:
    tried = scenarios.copy(store, ANALYST, 1, "试", TITLED)
    file = settings_toml(store, ANALYST, tried.id).content
    made = create_from_file(store, WHO, round_.id, "定", content=file)
    assert Settings.model_validate(made.settings) == TITLED
    for content, said in ((b"\xff", "settings.toml"), (b"[ranking]\nmin_fi = 1", "min_fi"), (b"[", "settings.toml")):
        with pytest.raises(SettingsError, match=said):
            create_from_file(store, WHO, round_.id, "坏", content=content, file="settings.toml")
    assert [row.name for row in scenarios.scenarios(store, WHO, round_.id)][-1] == "定"


def test_an_analyst_learns_whether_settings_can_be_met_with_the_locks_there_are_and_not_why(
    store: Store, round_: Round
) -> None:
    tight = Settings.model_validate(
        {"assignment": {"quotas": [{"column": "township", "value": "三江街道", "maximum": 0}]}}
    )
    alone = feasibility.feasibility(store, ANALYST, round_.id, tight)
    assert (alone.is_feasible, alone.limits) == (True, ()), "a township of one need is too small to be told of"
    with_lock = feasibility.feasibility(store, ANALYST, round_.id, tight, scenario_id=1)
    (reason,) = with_lock.reasons
    assert getattr(reason, "code", "") == "runs.not_feasible_why_is_with_the_office"
    assert any("E1" in str(reason) or "F1" in str(reason) for reason in _office_reasons(store, round_, tight))
    assert feasibility.groups(store, ANALYST, round_.id)["firm_id"] == ()
    unknown = Settings.model_validate({"assignment": {"quotas": [{"column": "township", "value": "无", "maximum": 1}]}})
    found = feasibility.feasibility(store, ANALYST, round_.id, unknown, scenario_id=1)
    assert "无" in str(found.reasons), "what the analyst typed may be said"


def _office_reasons(store: Store, round_: Round, settings: Settings) -> tuple[Any, ...]:
    return feasibility.feasibility(store, WHO, round_.id, settings, scenario_id=1).reasons


@pytest.mark.usefixtures("round_")
def test_a_refusal_for_a_locked_pair_does_not_name_it(store: Store) -> None:
    strict = Settings.model_validate({"eligibility": {"consent": "given"}})
    with pytest.raises(InputError) as office:
        scenarios.copy(store, WHO, 1, "严", with_pairs(strict, LOCKED))
    assert "E1" in str(office.value)
    with pytest.raises(InputError) as analyst:
        scenarios.copy(store, ANALYST, 1, "严", strict)
    assert "E1" not in str(analyst.value)
    assert "管理员锁定或禁止的配对相冲突" in str(analyst.value)
    with pytest.raises(InputError, match="本轮已有"):
        scenarios.copy(store, ANALYST, 1, "方案1", TITLED)


@pytest.mark.usefixtures("round_")
def test_small_groups_are_counted_together(store: Store) -> None:
    found = veiled.result_of(store, ANALYST, 1)
    assert found.spread.townships == [{"township": None, "needs": 4, "placed": 3}]
    assert found.spread.institutions is not None
    assert [row["institution"] for row in found.spread.institutions] == [None]
    assert (found.parts, found.spread.heat) == ({}, [])
    assert found.suggested is not None
    assert sum(row["count"] for row in found.suggested.times) == found.suggested.figures["candidates"] == 4
    assert found.suggested.titles == []


def test_the_smallest_of_the_large_makes_up_for_a_rest_that_is_too_small() -> None:
    sizes = {"甲": 12, "乙": 5, "丙": 2}
    rows = [{"township": name, "needs": size, "placed": 1} for name, size in sizes.items()]
    found = veiled._gathered(rows, "township", "needs", sizes)
    assert found == [{"township": "甲", "needs": 12, "placed": 1}, {"township": None, "needs": 7, "placed": 2}]
    assert veiled._gathered(rows[:2], "township", "needs", {"甲": 12, "乙": 5}) == rows[:2]


def test_shortlists_know_no_wish_and_stand_under_names_of_their_own(store: Store) -> None:
    opened = choosing(store)

    def lists() -> Any:
        needs = trying.needs_to_try(store, ANALYST, opened.id)
        return [trying.shortlists(store, ANALYST, opened.id, Settings(), TITLED, need=need.name) for need in needs]

    before = lists()
    vetoes = [("E1", "不合适")]
    preferences.state_preferences(store, WHO, opened.id, "firm", "F1", tiers=(("E4",),), vetoes=vetoes)
    assert lists() == before
    assert [one.industry for one in trying.needs_to_try(store, ANALYST, opened.id)] == ["丝绸", "丝绸", "厨具", "电机"]
    matched = rounds.advance(store, WHO, opened.id)
    ran(store, matched)
    names = {row.name for found in before for row in found.rows}
    assert names
    assert not names & {line.expert_id for line in veiled.result_of(store, ANALYST, 1).lines}


def test_ranks_before_and_after_are_those_of_both_weights(store: Store, round_: Round) -> None:
    need = trying.needs_to_try(store, ANALYST, round_.id)[2].name
    same = trying.shortlists(store, ANALYST, round_.id, Settings(), Settings(), need=need)
    assert all(row.before == row.after for row in same.rows)
    assert (same.needs, same.first_changed, same.kept) == (4, 0, 1.0)
    strict = Settings.model_validate({"ranking": {"min_fit": 0.9}})
    gone = trying.shortlists(store, ANALYST, round_.id, Settings(), strict, need=need)
    assert [row.fit for row in gone.rows] == [row.fit for row in same.rows], "one scale, whatever is tried"
    titled = trying.shortlists(store, ANALYST, round_.id, Settings(), TITLED, need=need)
    assert {row.name: row.fit for row in titled.rows}.items() >= {row.name: row.fit for row in same.rows}.items()
    assert [row.after for row in gone.rows] == [None] * len(same.rows)
    assert gone.needs == 0


@pytest.mark.usefixtures("round_")
def test_figures_under_the_weights_of_a_run_are_those_of_the_run(store: Store) -> None:
    found = trying.figures(store, ANALYST, 1, Settings().ranking)
    assert (found.before, found.pairs_kept, found.pairs_new) == (found.after, 3, 0)
    with store.reading() as view:
        assert len(view.listed(Event, what="queue_run")) == 1, "nothing is run, nothing written"
    narrow = Settings.model_validate({"ranking": {"min_fit": 0.9}}).ranking
    assert trying.figures(store, ANALYST, 1, narrow).after["pairs"] == 1, "the lock alone"


@pytest.mark.usefixtures("round_")
def test_equal_lists_have_equal_figures_whatever_weights_made_them(store: Store) -> None:
    found = trying.figures(store, ANALYST, 1, TITLED.ranking)
    assert (found.pairs_kept, found.pairs_new, found.is_scored) == (3, 0, True)
    assert found.before == found.after
    assert {"fit_mean", "value_total", "firm_satisfaction", "blocking_pairs"} <= found.before.keys()
    with store.reading() as view:
        report = report_of(view, last_result(view, 1))
    run = figures_of(report["statistics"], report["certificate"])
    assert found.before == {name: run[name] for name in found.before}, "the run's own, as long as nothing was changed"


@pytest.mark.usefixtures("round_")
def test_other_lists_are_measured_by_the_stored_weights_and_a_pair_that_these_bar_too(store: Store) -> None:
    strict = Settings.model_validate({"ranking": {"min_fit": 0.9}})
    with store.reading() as view:
        inputs = unfrozen(view, view.get(Round, id=1), strict)
    tried = match(inputs.experts, inputs.needs, Settings())
    found = measured(inputs, (tried.assignment.pairs, tried.assignment.pairs[:1]), tried.assignment)
    assert found is not None
    assert [row["pairs"] for row in found] == [len(tried.assignment.pairs), 1]
    assert found[0]["fit_mean"] == tried.statistics["fit_mean"], "the smallest fit is no part of the scale"


def test_where_a_pair_has_no_score_any_more_only_what_is_counted_is_said(
    store: Store, round_: Round, monkeypatch: pytest.MonkeyPatch
) -> None:
    ranking = Settings.model_validate(scenarios.scenario_of(store, WHO, 1).settings).ranking
    scored = trying.figures(store, ANALYST, 1, ranking)
    with store.reading() as view:
        inputs = unfrozen(view, round_, Settings())
    like = match(inputs.experts, inputs.needs, Settings()).assignment
    assert measured(inputs, [[("F1", "nobody")]], like) is None
    vetoed = [replace(need, vetoed_experts=("E1",), preferred_experts=()) for need in inputs.needs]
    assert measured(replace(inputs, needs=vetoed), [[("F1", "E1")]], like) is None

    monkeypatch.setattr(trying, "measured", lambda *_: None)
    found = trying.figures(store, ANALYST, 1, ranking)
    assert not found.is_scored
    assert not found.before.keys() & {*SCORED, "gap"}
    assert found.before == found.after == {name: scored.before[name] for name in found.before}
    assert found.before["pairs"] == 3
