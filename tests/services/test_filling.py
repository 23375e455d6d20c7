"""A party fills in its own form: ids come by themselves, what is missing is said, what is saved is as it was typed."""

from dataclasses import replace
from typing import Any

import pytest

from matcher.domain.errors import ChangedMeanwhile, InputError, NotAllowed
from matcher.domain.messages import Message
from matcher.domain.records import Expert
from matcher.domain.roles import Principal
from matcher.domain.settings import Settings
from matcher.files.record_text import typed_text
from matcher.services import accounts, drafts, filling, forms, preferences, rounds
from matcher.services.drafts import beside
from matcher.services.filling import Filled
from matcher.store import Store, verify
from matcher.store.entities import Application, Event, NeedForm, Preferences
from tests.bureau import EXPERTS, NEEDS, WHO, choosing, collecting, expert, firm, later, matching

NEED = {"name": "嵊星电机", "township": "三江街道", "industry": "电机", "need_title": "轴承异响"}
PROFILE = {"name": "郑新", "institution": "东海大学", "research_fields": "机器视觉"}


def need_of(store: Store, round_id: int, need_id: str) -> NeedForm:
    with store.reading() as view:
        return view.get(NeedForm, round_id=round_id, need_id=need_id)


def profile_of(store: Store, round_id: int, own_id: str) -> Application:
    with store.reading() as view:
        return view.get(Application, round_id=round_id, expert_id=own_id)


def saved(store: Store, own_id: str, round_id: int, form: Any = None, *, submits: bool = False, **typed: Any) -> Any:
    """Save a need of a firm."""
    fields = typed if form else {**NEED, **typed}
    of = (form.own_id, form.version) if form else ("", None)
    return filling.save(store, firm(own_id), "firm", own_id, Filled(round_id, fields, *of), submits=submits)


def test_the_first_need_has_the_firms_id_and_each_further_one_the_next_number(store: Store) -> None:
    round_ = rounds.open_batch(store, WHO, "2026", 2026)
    assert [saved(store, "F1", round_.id, need_title=f"异响 {n}").own_id for n in range(3)] == ["F1", "F1-2", "F1-3"]
    assert saved(store, "F2", round_.id).own_id == "F2"


def test_a_new_need_that_says_the_very_same_as_another_of_the_firm_is_refused(store: Store) -> None:
    round_ = rounds.open_batch(store, WHO, "2026", 2026)
    first = saved(store, "F1", round_.id)
    assert saved(store, "F1", round_.id).own_id == "F1", "a second press"
    with pytest.raises(InputError, match="完全相同的需求"):
        saved(later(store, 1), "F1", round_.id)
    assert saved(store, "F2", round_.id).own_id == "F2", "another firm may say the same"
    assert saved(store, "F1", round_.id, first).own_id == "F1", "and the need itself stays what it is"


def test_a_need_never_gets_an_id_that_is_another_firms_or_another_needs_of_the_batch(store: Store) -> None:
    round_ = rounds.open_batch(store, WHO, "2026", 2026)
    forms.write_form(store, WHO, round_.id, replace(NEEDS[0], firm_id="F9", need_id="F1-3"))
    accounts.add(store, WHO, name="other", role="firm", party="F1-2")
    assert [saved(store, "F1", round_.id, need_title=f"异响 {n}").own_id for n in range(2)] == ["F1", "F1-4"]
    assert saved(store, "F1-3", round_.id).own_id == "F1-3-2", "another has a need that is called so"


def test_a_need_of_an_earlier_round_keeps_its_id_from_the_others(store: Store) -> None:
    round_ = collecting(store)
    with store.writing(WHO.name) as work:
        first = work.get(NeedForm, round_id=round_.id, need_id="F1")
        work.note("open_round", "rounds")
        from matcher.store.entities import Round

        row = work.get(Round, id=round_.id)
        second = work.copy(row, id=row.id + 100, number=2, kind="supplementary")
    assert first.own_id == "F1"
    assert saved(store, "F1", second.id).own_id == "F1-2"


def test_a_need_is_saved_as_typed_and_handed_in_where_that_is_asked_for(store: Store) -> None:
    round_ = collecting(store)
    draft = saved(store, "F1", round_.id, need_detail="满载异响 68 dB", related_institutions="甲院；乙院")
    assert (draft.state, draft.record.related_institutions) == ("draft", ("甲院", "乙院"))
    submitted = saved(store, "F1", round_.id, draft, submits=True, need_title="轴承异响偏大")
    assert (submitted.state, submitted.record.need_title) == ("submitted", "轴承异响偏大")
    assert submitted.record.need_detail == "满载异响 68 dB"


def test_what_was_not_changed_stays_accepted(store: Store) -> None:
    round_ = collecting(store)
    before = need_of(store, round_.id, "F1")
    typed = {name: typed_text(getattr(before.record, name)) for name in ("name", "need_title", "need_detail")}
    for submits in (True, False):
        assert saved(store, "F1", round_.id, before, submits=submits, **typed) == before
    changed = saved(store, "F1", round_.id, before, need_title="别的")
    assert changed.state == "draft"


def test_every_blank_that_must_be_filled_is_named(store: Store) -> None:
    round_ = collecting(store)
    with pytest.raises(InputError) as refused:
        saved(store, "F1", round_.id, name="", township=" ", need_title="")
    assert [getattr(problem, "column", None) for problem in refused.value.messages] == [
        *("firms.name", "firms.township", "firms.need_title")
    ]


def test_another_firms_need_is_not_there_and_what_somebody_changed_meanwhile_is_not_overwritten(store: Store) -> None:
    round_ = collecting(store)
    other = need_of(store, round_.id, "F3")
    with pytest.raises(InputError, match="没有这"):
        saved(store, "F1", round_.id, other, need_title="夺来")
    with pytest.raises(NotAllowed):
        filling.save(store, firm("F1"), "firm", "F3", Filled(round_.id, NEED, "F3", other.version))
    before = need_of(store, round_.id, "F1")
    forms.return_form(store, WHO, before, "请补充")
    with pytest.raises(ChangedMeanwhile):
        saved(store, "F1", round_.id, before, need_title="不知道被退回")
    assert need_of(store, round_.id, "F3") == other


def test_nothing_is_saved_once_the_round_is_matching(store: Store) -> None:
    round_ = matching(store)
    with pytest.raises(NotAllowed):
        saved(store, "F1", round_.id)


def test_an_expert_says_everything_but_the_institutions_word(store: Store) -> None:
    round_ = choosing(store)
    who = expert("E9")
    form: Any = filling.save(store, who, "expert", "E9", Filled(round_.id, PROFILE), submits=True)
    assert (form.own_id, form.state, form.record.consent) == ("E9", "submitted", None)
    with pytest.raises(NotAllowed, match="派出单位"):
        filling.save(store, who, "expert", "E9", Filled(round_.id, {**PROFILE, "consent": True}, "E9", form.version))
    with pytest.raises(InputError, match="已有"):
        filling.save(store, who, "expert", "E9", Filled(round_.id, PROFILE))


def test_a_new_form_begins_with_what_was_said_before_and_no_more(store: Store) -> None:
    round_ = collecting(store)
    of_firm = filling.known_before(store, firm("F1"), "firm", "F1", round_id=round_.id)
    assert (of_firm["name"], of_firm["contact"]) == ("嵊星电机", "13900000001")
    assert "need_title" not in of_firm
    later_round = rounds.open_batch(store, WHO, "2027", 2027)
    of_expert = filling.known_before(store, expert("E4"), "expert", "E4", round_id=later_round.id)
    assert of_expert["research_fields"] == EXPERTS[3].research_fields
    assert not {"consent", "preferred_firms", "vetoed_firms", "expert_id"} & of_expert.keys()
    assert filling.known_before(store, firm("F9"), "firm", "F9", round_id=later_round.id) == {}


# ---- advice


def advised(store: Store, own_id: str, round_id: int, form: str = "", **typed: Any) -> filling.Advice:
    return filling.advise(store, firm(own_id), "firm", own_id, round_id=round_id, form=form, typed=typed)


def test_advice_says_what_a_need_lacks_and_falls_silent_when_it_is_there(store: Store) -> None:
    round_ = collecting(store)
    vague = advised(store, "F1", round_.id, need_title="提高质量", need_detail="")
    clear = advised(
        store,
        *("F1", round_.id),
        need_title="塑封电机温升偏高",
        need_detail="满载运行时绕组温升实测 72 K，需降到 60 K 以下，机座外形和成本不变",
    )
    assert [message.code for message in vague.to_add][:1] == ["need.no_detail"]
    assert not any(vague.found.values())
    assert (clear.to_add, clear.found["state"], clear.found["figures"]) == ((), True, True)


LONG = "永磁电机运行时电磁噪声实测 62 dB，客户要求降到 55 dB 以下，怀疑与定子槽配合以及磁极形状有关"


def test_what_a_label_says_is_never_both_there_and_missing(store: Store) -> None:
    round_ = collecting(store)
    found = advised(store, "F1", round_.id, need_title="一号标签页", need_detail="一号详情")
    assert not found.found["matter"]
    assert "need.matter" in [message.code for message in found.to_add]


def test_own_needs_that_are_the_same_are_named_and_of_those_of_others_nothing_is_told(store: Store) -> None:
    round_ = collecting(store)
    typed = {"need_title": "永磁电机噪声", "need_detail": LONG}
    before = advised(store, "F1", round_.id, **typed)
    forms.submit_form(
        store, WHO, forms.write_form(store, WHO, round_.id, replace(NEEDS[3], firm_id="F3", need_id="F3-2", **typed))
    )
    assert advised(store, "F1", round_.id, **typed) == before, "whatever F3 hands in, F1 reads the same"
    assert advised(store, "F3", round_.id, **typed).alike == ("永磁电机噪声",)
    assert advised(store, "F3", round_.id, "F3-2", **typed).alike == ()


def test_an_expert_is_told_why_not_to_be_sent_and_not_that_somebody_else_says_the_same(store: Store) -> None:
    settings = Settings.model_validate({"eligibility": {"consent": "given"}})
    round_ = rounds.open_batch(store, WHO, "2026", 2026, settings=settings)
    record: Expert = EXPERTS[0]
    forms.submit_form(store, WHO, forms.write_form(store, WHO, round_.id, record))
    typed = {"name": record.name, "institution": record.institution, "research_fields": "别的"}
    found = filling.advise(store, expert("E9"), "expert", "E9", round_id=round_.id, form="", typed=typed)
    assert found == filling.Advice({}, bar=Message("bar.consent_missing"))
    unfinished = filling.advise(store, expert("E9"), "expert", "E9", round_id=round_.id, form="", typed={"name": ""})
    assert unfinished == filling.Advice({})
    assert profile_of(store, round_.id, "E1").record == record


# ---- a form that was begun by mistake


def withdrawn(store: Store, who: Any, form: Any, own_id: str = "") -> Any:
    side = "firm" if isinstance(form, NeedForm) else "expert"
    of_form = {"round_id": form.round_id, "form_id": form.own_id, "version": form.version}
    return filling.withdraw_form(store, who, side, own_id or str(who.party), **of_form)


def test_a_need_begun_by_mistake_goes_with_its_drafts_and_wishes_and_its_id_is_given_to_no_other(store: Store) -> None:
    round_ = choosing(store)
    form = saved(store, "F1", round_.id)
    account = accounts.add(store, WHO, name="f1", role="firm", party="F1")
    who = Principal(account.handle, "firm", "F1", account.id)
    preferences.state_preferences(store, expert("E1"), round_.id, "expert", "E1", tiers=(("F1",),))
    rounds.step_back(store, WHO, round_.id, "改表")
    for name in ("F1-2", beside("veto", "F1-2", "E3"), "F1", beside("veto", "F1", "E3")):
        drafts.keep_draft(store, who, "firm", "F1", round_id=round_.id, form=name, typed={"why": "x"})
    with store.writing(WHO.name) as work:
        values = {"round_id": round_.id, "side": "firm", "tiers": (("E1",),), "vetoes": ()}
        for own_id in ("F1", "F1-2"):
            work.insert(Preferences, "state_preferences", **values, own_id=own_id)
    withdrawn(store, who, form)

    assert [row.own_id for row in forms.own_forms(store, who, round_.id, "firm", "F1")] == ["F1"]
    assert set(drafts.drafts_of(store, who, "firm", "F1", round_id=round_.id)) == {"F1", "veto F1 E3"}
    with store.reading() as view:
        assert [row.own_id for row in view.listed(Preferences, side="firm")] == ["F1"]
        [*_, entry] = view.listed(Event, about=f"needs/{round_.id}/F1-2")
    assert (entry.what, entry.who, entry.after) == ("withdraw_form", who.name, None)
    assert saved(store, "F1", round_.id).own_id == "F1-3"
    assert verify(store).findings == ()


def test_an_expert_takes_a_profile_away_and_may_begin_again(store: Store) -> None:
    round_ = rounds.open_batch(store, WHO, "2026", 2026)
    form = filling.save(store, expert("E7"), "expert", "E7", Filled(round_.id, PROFILE))
    withdrawn(store, expert("E7"), form)
    assert forms.own_forms(store, WHO, round_.id, "expert", "E7") == []
    assert filling.save(store, expert("E7"), "expert", "E7", Filled(round_.id, PROFILE)).own_id == "E7"


def test_what_the_office_has_or_others_changed_or_is_not_ones_own_is_not_taken_away(store: Store) -> None:
    round_ = collecting(store)
    accepted = need_of(store, round_.id, "F1")
    with pytest.raises(NotAllowed, match="「已受理」时不能删除"):
        withdrawn(store, firm("F1"), accepted)
    returned = forms.return_form(store, WHO, accepted, "太短")
    with pytest.raises(ChangedMeanwhile):
        withdrawn(store, firm("F1"), accepted)
    with pytest.raises(InputError):
        withdrawn(store, firm("F3"), returned)
    with pytest.raises(NotAllowed, match="不是您单位"):
        withdrawn(store, firm("F3"), returned, "F1")
    submitted = forms.submit_form(store, firm("F1"), returned)
    with pytest.raises(NotAllowed, match="「已提交」时不能删除"):
        withdrawn(store, firm("F1"), submitted)
    draft = forms.write_form(store, firm("F1"), round_.id, replace(NEEDS[0], capacity=2), version=submitted.version)
    rounds.advance(store, WHO, round_.id)
    with pytest.raises(NotAllowed, match="可以这样做的阶段：征集"):
        withdrawn(store, firm("F1"), draft)
    assert need_of(store, round_.id, "F1") == draft
