"""Batches, rounds and forms, as the office and the parties move them, on either engine."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from matcher.domain.errors import ChangedMeanwhile, InputError, NotAllowed, SettingsError
from matcher.domain.records import Expert
from matcher.domain.settings import Settings
from matcher.services import forms, rounds
from matcher.store import Store
from matcher.store.entities import Application, Event, NeedForm
from tests import bureau
from tests.bureau import EXPERTS, NEEDS, WHO, colleague, expert, firm


def events(store: Store) -> list[Event]:
    with store.reading() as view:
        return view.listed(Event)


def application(store: Store, round_id: int, name: str = "E1") -> Application:
    with store.reading() as view:
        return view.get(Application, round_id=round_id, expert_id=name)


def test_a_batch_opens_with_a_first_round_that_collects(store: Store) -> None:
    opened = rounds.open_batch(store, WHO, " 2026 ", 2026)
    assert (opened.kind, opened.number, opened.state) == ("first", 1, "collecting")
    assert [batch.name for batch in rounds.batches(store, WHO)] == ["2026"]
    assert Settings.model_validate(opened.settings) == Settings()


def test_two_batches_of_one_name_and_one_without_are_refused(store: Store) -> None:
    rounds.open_batch(store, WHO, "2026", 2026)
    with pytest.raises(InputError, match="2026"):
        rounds.open_batch(store, WHO, "2026", 2027)
    with pytest.raises(InputError, match="没有名称"):
        rounds.open_batch(store, WHO, " ", 2027)
    assert len(rounds.batches(store, WHO)) == 1


def test_a_round_moves_on_and_back_and_each_move_is_written_down(store: Store) -> None:
    opened = rounds.open_batch(store, WHO, "2026", 2026)
    moved = rounds.advance(store, colleague("甲"), opened.id)
    back = rounds.step_back(store, colleague("乙"), moved.id, "需求未齐")
    assert (moved.state, back.state) == ("choosing", "collecting")
    last = events(store)[-1]
    assert (last.who, last.what, last.why, last.round_id) == ("乙", "step_back", "需求未齐", opened.id)
    assert (last.before, last.after) == ({"state": "choosing"}, {"state": "collecting"})


def test_to_go_back_takes_a_reason(store: Store) -> None:
    opened = bureau.choosing(store)
    with pytest.raises(InputError, match="理由"):
        rounds.step_back(store, WHO, opened.id, "  ")
    assert rounds.round_of(store, WHO, opened.id).state == "choosing"


def test_of_two_who_move_a_round_the_second_is_told_of_the_first(store: Store) -> None:
    opened = rounds.open_batch(store, WHO, "2026", 2026)
    rounds.advance(store, colleague("甲"), opened.id, version=opened.version)
    with pytest.raises(ChangedMeanwhile, match="甲"):
        rounds.advance(store, colleague("乙"), opened.id, version=opened.version)
    assert rounds.round_of(store, WHO, opened.id).state == "choosing"


def test_what_is_not_there_is_said(store: Store) -> None:
    with pytest.raises(InputError, match="没有这个轮次：7"):
        rounds.advance(store, WHO, 7)


def test_new_settings_are_for_new_scenarios(store: Store) -> None:
    opened = rounds.open_batch(store, WHO, "2026", 2026)
    chosen = Settings.model_validate({"assignment": {"objective": "fair"}})
    assert Settings.model_validate(rounds.change_settings(store, WHO, opened.id, chosen).settings) == chosen


def test_a_form_goes_from_its_draft_by_way_of_a_return_to_its_acceptance(store: Store) -> None:
    round_ = rounds.open_batch(store, WHO, "2026", 2026)
    draft = forms.write_form(store, expert("E1"), round_.id, EXPERTS[0])
    assert draft.state == "draft"
    returned = forms.return_form(store, WHO, forms.submit_form(store, expert("E1"), draft), "研究方向太笼统")
    assert (returned.state, returned.returned_because) == ("returned", "研究方向太笼统")
    again = forms.submit_form(store, expert("E1"), returned)
    assert (again.state, again.returned_because) == ("submitted", None)
    assert forms.accept_form(store, WHO, again).state == "accepted"


def test_a_draft_is_accepted_by_nobody(store: Store) -> None:
    round_ = rounds.open_batch(store, WHO, "2026", 2026)
    draft = forms.write_form(store, firm("F1"), round_.id, NEEDS[0])
    with pytest.raises(NotAllowed, match="草稿"):
        forms.accept_form(store, WHO, draft)


def test_what_was_accepted_and_then_changed_is_to_be_handed_in_again(store: Store) -> None:
    round_ = bureau.collecting(store)
    found = application(store, round_.id)
    record = Expert(expert_id="E1", name="陈永", institution="东海大学", research_fields="永磁电机")
    changed: Any = forms.write_form(store, expert("E1"), round_.id, record, version=found.version)
    assert (changed.state, changed.record.research_fields) == ("draft", "永磁电机")
    experts, _ = forms.forms(store, WHO, round_.id)
    with store.reading() as view:
        accepted, _ = forms.records_of(view, round_.id, "accepted")
    assert [expert.own_id for expert in experts] == ["E1", "E2", "E3", "E4"]
    assert [expert.expert_id for expert in accepted] == ["E2", "E3", "E4"]


def test_two_windows_never_overwrite_each_other(store: Store) -> None:
    round_ = bureau.collecting(store)
    found = application(store, round_.id)
    forms.write_form(store, colleague("甲"), round_.id, EXPERTS[0], version=found.version)
    with pytest.raises(ChangedMeanwhile, match="甲"):
        forms.write_form(store, colleague("乙"), round_.id, EXPERTS[0], version=found.version)
    with pytest.raises(InputError, match="E1 已有表格"):
        forms.write_form(store, colleague("乙"), round_.id, EXPERTS[0])


def test_a_form_states_no_wishes(store: Store) -> None:
    round_ = rounds.open_batch(store, WHO, "2026", 2026)
    wishing = Expert(
        expert_id="E9", name="郑", institution="东海大学", research_fields="电机", preferred_firms=(("F1",),)
    )
    with pytest.raises(InputError, match="互选阶段"):
        forms.write_form(store, expert("E9"), round_.id, wishing)


def test_a_form_is_held_to_what_a_row_of_a_spreadsheet_is_held_to(store: Store) -> None:
    round_ = rounds.open_batch(store, WHO, "2026", 2026)
    with pytest.raises(InputError) as refused:
        forms.write_form(
            store, expert("E1"), round_.id, replace(EXPERTS[0], roles=("攻关员;指导员",), expertise="#N/A")
        )
    assert [getattr(problem, "column", "") for problem in refused.value.messages] == [
        "experts.expertise",
        "experts.roles",
    ]
    assert forms.forms(store, WHO, round_.id) == ([], [])


def test_consent_is_recorded_with_its_day_and_its_document_even_while_matching(store: Store) -> None:
    round_ = bureau.matching(store)
    given = forms.record_consent(
        store, WHO, application(store, round_.id), True, on=date(2026, 5, 4), document="东大科〔2026〕7号"
    )
    assert (given.record.consent, given.consent_on, given.consent_document) == (True, "2026-05-04", "东大科〔2026〕7号")
    assert given.state == "accepted"
    with pytest.raises(InputError, match="文件号"):
        forms.record_consent(store, WHO, given, True, on=date(2026, 5, 4), document=" ")


def test_a_consent_is_gone_with_the_word_or_the_institution_that_it_was_for(store: Store) -> None:
    round_ = bureau.collecting(store)
    refused = forms.record_consent(
        store, WHO, application(store, round_.id), False, on=date(2026, 5, 1), document="不同意-7号"
    )
    other: Any = forms.write_form(store, WHO, round_.id, replace(refused.record, consent=True), version=refused.version)
    assert (other.record.consent, other.consent_on, other.consent_document) == (True, None, None)
    given = forms.record_consent(store, WHO, other, True, on=date(2026, 5, 2), document="同意-8号")
    moved: Any = forms.write_form(
        store, expert("E1"), round_.id, replace(given.record, institution="越州学院"), version=given.version
    )
    assert (moved.record.consent, moved.consent_document) == (None, None)
    same: Any = forms.record_consent(store, WHO, moved, True, on=date(2026, 5, 3), document="同意-9号")
    kept: Any = forms.write_form(
        store, expert("E1"), round_.id, replace(same.record, title="副教授"), version=same.version
    )
    assert (kept.record.consent, kept.consent_document) == (True, "同意-9号")
    with pytest.raises(InputError, match="还没有到"):
        forms.record_consent(store, WHO, kept, True, on=date(2099, 1, 1), document="同意-10号")


def test_no_form_is_accepted_that_can_not_stand_beside_the_others(store: Store) -> None:
    round_ = bureau.collecting(store)
    wrong = replace(NEEDS[0], firm_id="F8", need_id="F2")
    form = forms.submit_form(store, WHO, forms.write_form(store, WHO, round_.id, wrong))
    with pytest.raises(InputError, match="F2"):
        forms.accept_form(store, WHO, form)


def test_who_is_placed_is_not_taken_out_of_a_further_round_before_the_placement_ends(store: Store) -> None:
    from matcher.services import preferences

    first = bureau.active(store)
    opened = rounds.open_next_round(store, WHO, first.id, "supplementary")
    found = application(store, opened.id)
    for act in (
        lambda: forms.return_form(store, WHO, found, "重填"),
        lambda: forms.record_consent(store, WHO, found, False, on=date(2026, 5, 1), document="不同意-7号"),
    ):
        with pytest.raises(NotAllowed, match="请先结束派驻"):
            act()
    rounds.advance(store, WHO, opened.id)
    with pytest.raises(InputError, match="请先结束派驻"):
        preferences.state_preferences(
            *(store, firm("F1"), opened.id, "firm", "F1"), tiers=(), vetoes=[("E1", "合作不顺")]
        )
    with pytest.raises(NotAllowed, match="第 2 轮还没有生效"):
        rounds.advance(store, WHO, first.id)


def test_settings_are_changed_until_the_list_is_before_both_sides(store: Store) -> None:
    round_ = bureau.proposed(store)
    with pytest.raises(NotAllowed, match="确认"):
        rounds.change_settings(store, WHO, round_.id, Settings())
    with pytest.raises(SettingsError):
        rounds.open_batch(store, WHO, "2027", 2027, settings=Settings.model_validate({"text": {"lexicon": "x"}}))
    with pytest.raises(InputError, match="1900–2100"):
        rounds.open_batch(store, WHO, "2027", 26)


def test_no_form_is_changed_while_matching(store: Store) -> None:
    round_ = bureau.matching(store)
    found = application(store, round_.id)
    for act in (
        lambda: forms.write_form(store, expert("E1"), round_.id, EXPERTS[0], version=found.version),
        lambda: forms.return_form(store, WHO, found, "重填"),
    ):
        with pytest.raises(NotAllowed, match="匹配"):
            act()
    assert application(store, round_.id) == found


def test_contacts_are_in_no_event(store: Store) -> None:
    round_ = bureau.collecting(store)
    found = application(store, round_.id, "E4")
    forms.write_form(store, expert("E4"), round_.id, replace(EXPERTS[3], contact="13711112222"), version=found.version)
    said = repr(events(store))
    assert all(number not in said for number in ("13800000004", "13900000001", "13711112222"))
    assert events(store)[-1].after == {"contact": "•", "state": "draft"}


def test_a_further_round_opens_only_while_the_last_one_is_active(store: Store) -> None:
    round_ = bureau.matching(store)
    with pytest.raises(NotAllowed, match="生效"):
        rounds.open_next_round(store, WHO, round_.id, "supplementary")
    active = bureau.put_in(store, round_, "active")
    with pytest.raises(NotAllowed, match="首轮"):
        rounds.open_next_round(store, WHO, active.id, "first")
    opened = rounds.open_next_round(store, WHO, active.id, "supplementary")
    assert (opened.number, opened.kind, opened.state, opened.batch_id) == (
        2,
        "supplementary",
        "collecting",
        round_.batch_id,
    )
    with pytest.raises(NotAllowed, match="最后一轮"):
        rounds.open_next_round(store, WHO, active.id, "adjustment")


def test_forms_and_preferences_come_along_into_the_next_round(store: Store) -> None:
    from matcher.services import preferences

    round_ = bureau.choosing(store)
    preferences.state_preferences(store, expert("E1"), round_.id, "expert", "E1", tiers=(("F1",),))
    active = bureau.put_in(store, round_, "active")
    opened = rounds.open_next_round(store, WHO, active.id, "adjustment")
    with store.reading() as view:
        assert forms.records_of(view, opened.id, "accepted") == forms.records_of(view, round_.id, "accepted")
        assert all(form.version == 1 for form in view.listed(NeedForm, round_id=opened.id))
