"""Preferences of both sides: whom one may choose, how a list is stated and taken back, and two windows at once."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from matcher.domain.errors import ChangedMeanwhile, InputError, NotAllowed
from matcher.domain.roles import Principal
from matcher.domain.rounds import STATES
from matcher.domain.settings import Settings
from matcher.files import Upload, load_experts
from matcher.services import forms, preferences, rounds
from matcher.services.exporting import export_round, place_round
from matcher.services.freezing import freeze
from matcher.services.inputs import Options
from matcher.services.preferences import counterparts, preferences_of, state_preferences, withdraw_preferences
from matcher.store import Store
from matcher.store.entities import Event, NeedForm
from tests import bureau
from tests.bureau import EXPERTS, NEEDS, WHO, colleague, expert, firm

on_sqlite = pytest.mark.parametrize("databases", ["sqlite"], indirect=True)


def ids(records: Any) -> list[str]:
    return [getattr(record, "need_id", None) or record.expert_id for record in records]


def state(store: Store, round_id: int, tiers: Any, vetoes: Any = (), **options: Any) -> Any:
    return state_preferences(store, expert("E1"), round_id, "expert", "E1", tiers=tiers, vetoes=vetoes, **options)


def test_a_list_is_kept_as_it_was_stated_with_its_ties_and_its_reasons(store: Store) -> None:
    round_ = bureau.choosing(store)
    state(store, round_.id, (("F1",), ("N21", "F3")), [("N22", " 无此方向 ")])
    found = preferences_of(store, WHO, round_.id, "expert", "E1")
    assert found is not None
    assert (found.tiers, found.vetoes, found.version) == ((("F1",), ("N21", "F3")), (("N22", "无此方向"),), 1)
    with store.reading() as view:
        experts, _ = forms.records_of(view, round_.id)
    assert (experts[0].preferred_firms, experts[0].vetoed_firms) == ((("F1",), ("N21", "F3")), ("N22",))


def test_a_firm_states_a_list_for_each_of_its_needs(store: Store) -> None:
    round_ = bureau.choosing(store)
    for need, wish in (("N21", "E2"), ("N22", "E3")):
        state_preferences(store, firm("F2"), round_.id, "firm", need, tiers=((wish,),))
    with store.reading() as view:
        _, needs = forms.records_of(view, round_.id)
    assert {need.need_id: need.preferred_experts for need in needs if need.firm_id == "F2"} == {
        "N21": (("E2",),),
        "N22": (("E3",),),
    }


def test_two_windows_never_overwrite_each_other(store: Store) -> None:
    round_ = bureau.choosing(store)
    first = state(store, round_.id, (("F1",),))
    second = state(store, round_.id, (("F3",),), version=first.version)
    for version in (first.version, None):
        with pytest.raises(ChangedMeanwhile, match="由您自己（在另一个窗口）修改过"):
            state(store, round_.id, (("N21",),), version=version)
    assert preferences_of(store, WHO, round_.id, "expert", "E1") == second


@pytest.mark.parametrize(
    ("by", "told"),
    [
        (Principal("firm:F2#9", "firm", "F2"), "贵单位的同事"),
        (WHO, "科技局"),
    ],
    ids=["a colleague", "the office"],
)
def test_a_party_is_told_in_its_words_who_was_first(store: Store, by: Principal, told: str) -> None:
    round_, who = bureau.choosing(store), Principal("firm:F2#8", "firm", "F2")
    of = round_.id, "firm", "N21"
    first = state_preferences(store, who, *of, tiers=(("E2",),))
    state_preferences(store, by, *of, tiers=(("E3",),), version=first.version)
    with pytest.raises(ChangedMeanwhile) as refused:
        state_preferences(store, who, *of, tiers=(("E1",),), version=first.version)
    assert str(refused.value) == f"内容已在 2026-06-01 09:30 由{told}修改过，您这次没有保存；请看过现在的内容再改"
    # The office has the key of the row, and who it was.
    with pytest.raises(ChangedMeanwhile, match=re.escape(f"{round_.id} / firm / N21）已被 {by.name} 于")):
        state_preferences(store, WHO, *of, tiers=(("E1",),), version=first.version)


def test_a_list_taken_back_is_empty_and_its_version_goes_on(store: Store) -> None:
    round_ = bureau.choosing(store)
    first = state(store, round_.id, (("F1",),), [("F3", "太远")])
    taken = withdraw_preferences(store, expert("E1"), round_.id, "expert", "E1", version=first.version)
    assert (taken.tiers, taken.vetoes, taken.version) == ((), (), 2)
    with pytest.raises(ChangedMeanwhile):
        withdraw_preferences(store, expert("E1"), round_.id, "expert", "E1", version=first.version)
    assert state(store, round_.id, (("F3",),), version=2).version == 3


@pytest.mark.parametrize(
    ("tiers", "vetoes", "said"),
    [
        ((("F9",),), (), "F9"),
        ((("F1",), ("F1",)), (), "F1"),
        ((("F1",),), (("F1", "太远"),), "F1"),
        ((("F2",), ("N21",)), (), "N21"),
        ((), (("F1", " "),), "请写明不接受 嵊星电机 的理由"),
        ((), (("E1", "自己"),), "E1"),
        ((), (("F1", "太远"), ("F1", "太贵")), "写了两次"),
        (((), ("F1",)), (), "空的一级"),
    ],
    ids=[
        "unknown",
        "twice",
        "wished and vetoed",
        "a need and its firm",
        "veto without reason",
        "not a firm",
        "vetoed twice",
        "an empty rank",
    ],
)
def test_what_can_not_be_meant_is_refused_and_nothing_is_kept(store: Store, tiers: Any, vetoes: Any, said: str) -> None:
    round_ = bureau.choosing(store)
    with pytest.raises(InputError, match=said):
        state(store, round_.id, tiers, vetoes)
    assert preferences_of(store, WHO, round_.id, "expert", "E1") is None


def test_preferences_are_stated_while_choosing_and_at_no_other_time(store: Store) -> None:
    round_ = bureau.choosing(store)
    for other in STATES:
        if other != "choosing":
            bureau.put_in(store, round_, other)
            with pytest.raises(NotAllowed, match="互选"):
                state(store, round_.id, (("F1",),))


def test_everybody_eligible_may_be_chosen_suggested_or_not(store: Store) -> None:
    round_ = bureau.choosing(store)
    assert ids(counterparts(store, WHO, round_.id, "expert", "E1")) == ["F1", "F3", "N21", "N22"]
    assert ids(counterparts(store, WHO, round_.id, "firm", "N21")) == ["E1", "E2", "E3", "E4"]


def test_whose_form_was_not_accepted_is_neither_shown_nor_chosen_nor_chooses(store: Store) -> None:
    round_ = bureau.choosing(store)
    with store.reading() as view:
        form = view.get(NeedForm, round_id=round_.id, need_id="F3")
    forms.return_form(store, WHO, form, "请写明指标")
    assert ids(counterparts(store, WHO, round_.id, "expert", "E1")) == ["F1", "N21", "N22"]
    with pytest.raises(InputError, match="F3"):
        state(store, round_.id, (("F3",),))
    with pytest.raises(InputError, match="F3"):
        state_preferences(store, firm("F3"), round_.id, "firm", "F3", tiers=(("E1",),))


def test_a_run_goes_by_wishes_for_those_who_take_part_and_the_others_stay_stated(store: Store) -> None:
    round_ = bureau.choosing(store)
    state(store, round_.id, (("F3", "F1"), ("N21",)), [("N22", "无此方向")])
    with store.reading() as view:
        gone = [view.get(NeedForm, round_id=round_.id, need_id=name) for name in ("F3", "N22")]
    for form in gone:
        forms.return_form(store, WHO, form, "请写明指标")
    with store.reading() as view:
        frozen = freeze(view, rounds.round_of(store, WHO, round_.id), Settings())
    (expert, *_) = load_experts(Upload("experts.csv", frozen["experts.csv"])).records
    assert (expert.preferred_firms, expert.vetoed_firms) == ((("F1",), ("N21",)), ())
    stated = preferences_of(store, WHO, round_.id, "expert", "E1")
    assert stated is not None
    assert (stated.tiers, stated.vetoed) == ((("F3", "F1"), ("N21",)), ("N22",))


def accepted(store: Store, round_id: int, record: Any) -> None:
    form = forms.write_form(store, WHO, round_id, record)
    forms.accept_form(store, WHO, forms.submit_form(store, WHO, form))


def test_conflicts_eligibility_and_modes_bar_and_wishes_of_others_do_not(store: Store) -> None:
    rules = Settings.model_validate({"eligibility": {"consent": "not_refused"}})
    round_ = rounds.open_batch(store, WHO, "2026", 2026, settings=rules)
    for record in (
        EXPERTS[0],
        replace(EXPERTS[1], consent=False),
        replace(EXPERTS[2], mode="online"),
        replace(NEEDS[0], related_institutions=("东海大学",)),
        NEEDS[1],
        replace(NEEDS[3], mode="onsite", accepts_others=False),
    ):
        accepted(store, round_.id, record)
    round_ = rounds.advance(store, WHO, round_.id)
    assert ids(counterparts(store, WHO, round_.id, "expert", "E1")) == ["F3", "N21"]
    assert ids(counterparts(store, WHO, round_.id, "expert", "E2")) == []
    assert ids(counterparts(store, WHO, round_.id, "expert", "E3")) == ["F1", "N21"]
    assert ids(counterparts(store, WHO, round_.id, "firm", "F1")) == ["E3"]
    with pytest.raises(InputError, match="F1 不能选"):
        state(store, round_.id, (("F1",),))
    # A veto keeps a pair apart; whom it is about can't tell.
    state_preferences(store, colleague("N21"), round_.id, "firm", "N21", tiers=(), vetoes=[("E1", "去年合作不顺")])
    assert ids(counterparts(store, WHO, round_.id, "expert", "E1")) == ["F3", "N21"]


def test_what_others_wish_is_not_in_what_one_is_shown(store: Store) -> None:
    round_ = bureau.choosing(store)
    state_preferences(store, colleague("N21"), round_.id, "firm", "N21", tiers=(("E1",),), vetoes=[("E4", "竞争对手")])
    shown: list[Any] = preferences.counterparts(store, WHO, round_.id, "expert", "E1")
    assert all(not (need.preferred_experts or need.vetoed_experts or need.contact) for need in shown)


@on_sqlite
def test_the_office_looks_into_wishes_while_they_are_stated_or_matched_and_in_no_other_state(store: Store) -> None:
    round_ = bureau.choosing(store)
    state(store, round_.id, (("F1",),))
    for now in STATES:
        bureau.put_in(store, round_, now)
        if now in ("choosing", "matching"):
            assert preferences_of(store, WHO, round_.id, "expert", "E1") is not None
        else:
            with pytest.raises(NotAllowed, match=r"不能查看各方志愿；可以这样做的阶段：互选、匹配"):
                preferences_of(store, WHO, round_.id, "expert", "E1")
        assert preferences_of(store, expert("E1"), round_.id, "expert", "E1") is not None, "one's own, in any"
    with store.reading() as view:
        looks = view.listed(Event, what="look_into_preferences")
    assert [(event.who, event.about) for event in looks] == [(WHO.name, f"preferences/{round_.id}/expert/E1")] * 2


@on_sqlite
@pytest.mark.parametrize("now", ["collecting", "active"])
def test_wishes_that_leave_as_files_are_on_record_in_any_state(store: Store, now: Any, tmp_path: Path) -> None:
    round_ = bureau.choosing(store)
    state(store, round_.id, (("F1",),))
    bureau.put_in(store, round_, now)
    export_round(store, WHO, round_.id, tmp_path / "files")
    place_round(store, WHO, round_.id, Options(), tmp_path / "lists", started=0.0)
    assert "F1" in (tmp_path / "files" / "experts.csv").read_text(encoding="utf-8-sig")
    with store.reading() as view:
        looks = view.listed(Event, what="look_into_preferences")
    assert [(event.who, event.about) for event in looks] == [
        (WHO.name, f"rounds/{round_.id}/{what}") for what in ("files", "lists")
    ]
