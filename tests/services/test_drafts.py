"""What somebody types is there again after whatever came between, is nobody else's, and goes when it is to go."""

import json
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from matcher.domain.errors import InputError
from matcher.domain.records import Need
from matcher.domain.roles import Principal
from matcher.services import accounts, drafts, erasing, filling, following, preferences, privacy, proposing, rounds
from matcher.services.drafts import beside
from matcher.services.filling import Filled
from matcher.store import Store, backup, connect, restore, verify
from matcher.store.entities import Account, Draft, Event, NeedForm, PlacedPair
from tests.bureau import NEEDS, WHO, active, choosing, collecting, later, proposed, put_in


def somebody(store: Store, side: Any, own_id: str, name: str = "") -> Principal:
    """Give somebody of a party who has an account."""
    account = accounts.add(store, WHO, name=name or f"login-{own_id}", role=side, party=own_id)
    return Principal(account.handle, side, own_id, account.id)


def of_party(store: Store, who: Principal) -> tuple[Store, Principal, Any, str]:
    return store, who, who.role, str(who.party)


def typed(store: Store, who: Principal, round_id: int, form: str = "", **fields: Any) -> Draft | None:
    of_form: dict[str, Any] = {"round_id": round_id, "form": form, "typed": fields, "form_version": None}
    return drafts.keep_draft(*of_party(store, who), **of_form)


def kept(store: Store, who: Principal, round_id: int) -> dict[str, Any]:
    found = drafts.drafts_of(*of_party(store, who), round_id=round_id)
    return {form: dict(draft.typed) for form, draft in found.items()}


def all_drafts(store: Store) -> list[Draft]:
    with store.reading() as view:
        return view.listed(Draft)


def test_what_was_typed_last_is_there_again_and_leaves_no_entry(store: Store) -> None:
    round_ = collecting(store)
    who = somebody(store, "firm", "F1")
    with store.reading() as view:
        before = len(view.listed(Event))
    typed(store, who, round_.id, need_title="电机", capacity=None, high_tech=True)
    typed(store, who, round_.id, need_title="电机温升\n偏高 😀", capacity=2, high_tech=None)
    typed(store, who, round_.id, "F1", need_title="噪声")

    assert kept(store, who, round_.id) == {
        "": {"need_title": "电机温升\n偏高 😀", "capacity": 2, "high_tech": None},
        "F1": {"need_title": "噪声"},
    }
    with store.reading() as view:
        assert len(view.listed(Event)) == before
    assert verify(store).findings == ()


def test_a_process_that_remembers_shows_the_draft_that_is_there_now(store: Store) -> None:
    round_ = collecting(store)
    who = somebody(store, "firm", "F1")
    serving = connect(store.url, serves=True, clock=store.clock)
    for title in ("a", "b"):
        typed(store, who, round_.id, need_title=title)
        assert kept(serving, who, round_.id) == {"": {"need_title": title}}
    serving.close()


def test_each_account_has_its_own_drafts_in_each_round(store: Store) -> None:
    round_ = collecting(store)
    other_round = rounds.open_batch(store, WHO, "2027", 2027)
    one, other = somebody(store, "firm", "F1"), somebody(store, "firm", "F1", "deputy")
    typed(store, one, round_.id, need_title="one")

    assert kept(store, other, round_.id) == {}
    assert kept(store, one, other_round.id) == {}
    assert kept(store, replace(one, account_id=None), round_.id) == {}


def test_who_has_no_account_keeps_nothing(store: Store) -> None:
    round_ = collecting(store)
    assert typed(store, Principal("F1", "firm", "F1"), round_.id, need_title="x") is None
    assert all_drafts(store) == []


def test_a_draft_of_endless_length_is_refused_and_the_one_before_stays(store: Store) -> None:
    round_ = collecting(store)
    who = somebody(store, "firm", "F1")
    typed(store, who, round_.id, need_title="short")
    with pytest.raises(InputError, match="没有留存草稿"):
        typed(store, who, round_.id, need_title="长" * (drafts.MOST + 1))
    assert kept(store, who, round_.id) == {"": {"need_title": "short"}}


def test_a_draft_goes_when_its_form_is_saved_and_stays_when_that_is_refused(store: Store) -> None:
    round_ = collecting(store)
    who = somebody(store, "firm", "F1")
    fields = {"name": "嵊星电机", "township": "三江街道", "industry": "电机", "need_title": "轴承异响"}
    typed(store, who, round_.id, **{**fields, "need_title": ""})
    typed(store, who, round_.id, "F1", need_title="x")
    with pytest.raises(InputError):
        filling.save(store, who, "firm", "F1", Filled(round_.id, {**fields, "need_title": ""}))
    assert set(kept(store, who, round_.id)) == {"", "F1"}

    filling.save(store, who, "firm", "F1", Filled(round_.id, fields))
    assert set(kept(store, who, round_.id)) == {"F1"}
    drafts.drop_draft(store, who, "firm", "F1", round_id=round_.id, form="F1")
    drafts.drop_draft(store, who, "firm", "F1", round_id=round_.id, form="F1")
    assert kept(store, who, round_.id) == {}


def test_a_party_is_given_its_drafts_with_all_that_is_held_of_it(store: Store) -> None:
    round_ = collecting(store)
    who, other = somebody(store, "firm", "F1"), somebody(store, "firm", "F1", "deputy")
    typed(store, who, round_.id, need_title="没写完")
    typed(store, other, round_.id, need_title="别人没写完")
    held = json.loads(privacy.own_data(store, who, "firm", "F1"))
    assert [draft["typed"] for draft in held["drafts"]] == [{"need_title": "没写完"}]


def test_drafts_go_with_the_party_that_is_erased(store: Store) -> None:
    round_ = collecting(store)
    who, other = somebody(store, "firm", "F1"), somebody(store, "firm", "F3")
    typed(store, who, round_.id, contact="13900000001")
    typed(store, other, round_.id, need_title="stays")
    erasing.erase_party(store, WHO, "firm", "F1", "本人要求")

    assert [draft.account_id for draft in all_drafts(store)] == [other.account_id]
    with store.reading() as view:
        assert view.get(Account, id=who.account_id).disabled_at is not None
    assert verify(store).findings == ()


def test_drafts_go_with_the_batch_that_is_erased(store: Store) -> None:
    round_ = collecting(store)
    later_round = rounds.open_batch(store, WHO, "2027", 2027)
    record: Need = NEEDS[0]
    with store.writing(WHO.name) as work:  # so that the firm is in a batch that is kept, and its account stays
        work.copy(work.get(NeedForm, round_id=round_.id, need_id="F1"), round_id=later_round.id)
        work.note("write_form", "needs")
    who = somebody(store, "firm", record.firm_id)
    typed(store, who, round_.id, need_title="old")
    typed(store, who, later_round.id, need_title="new")
    put_in(store, round_, "assessed")
    erasing.keep_until(store, WHO, round_.batch_id, date(2026, 6, 2))
    erasing.erase_batch(later(store, 5), WHO, round_.batch_id, "到期")

    assert [draft.round_id for draft in all_drafts(store)] == [later_round.id]


def test_drafts_are_in_a_backup_and_come_back(store: Store, tmp_path: Any) -> None:
    round_ = collecting(store)
    who = somebody(store, "firm", "F1")
    typed(store, who, round_.id, need_title="before")
    held = all_drafts(store)
    backup(store, tmp_path / "b.zip")
    typed(store, who, round_.id, need_title="after")
    restore(tmp_path / "b.zip", store, replace=True)
    assert all_drafts(store) == held


# ---- beside the forms


def pair_of(store: Store, need_id: str) -> PlacedPair:
    with store.reading() as view:
        return view.listed(PlacedPair, need_id=need_id)[0]


def test_what_is_written_beside_the_forms_is_never_called_as_a_form_is() -> None:
    names = [beside("veto", "F1", "E1"), beside("decline", 12), beside("entry", 12), beside("contact", "F1")]
    assert len({*names}) == len(names)
    assert all(" " in name for name in names), "no id holds a blank"


def test_the_reason_of_a_veto_goes_when_it_is_sent_and_stays_when_that_is_refused(store: Store) -> None:
    round_ = choosing(store)
    who = somebody(store, "firm", "F1")
    for other in ("E2", "E3"):
        typed(store, who, round_.id, beside("veto", "F1", other), why="去年合作过")
    of_list: Any = (store, who, round_.id, "firm", "F1")
    with pytest.raises(InputError):
        preferences.state_preferences(*of_list, tiers=(), vetoes=[("E2", " ")])
    assert set(kept(store, who, round_.id)) == {"veto F1 E2", "veto F1 E3"}
    preferences.state_preferences(*of_list, tiers=(), vetoes=[("E2", "去年合作过")])
    assert set(kept(store, who, round_.id)) == {"veto F1 E3"}


def test_what_is_written_about_a_pair_goes_when_it_is_answered_and_entered(store: Store) -> None:
    round_ = proposed(store)
    who, id_ = somebody(store, "firm", "F1"), pair_of(store, "F1").id
    typed(store, who, round_.id, beside("decline", id_), why="另有安排")
    with pytest.raises(InputError):
        proposing.answer(store, who, id_, "firm", accepts=False, why="")
    assert kept(store, who, round_.id) == {f"decline {id_}": {"why": "另有安排"}}
    proposing.answer(store, who, id_, "firm", accepts=True)
    assert kept(store, who, round_.id) == {}


def test_an_entry_of_the_log_and_contact_data_go_when_they_are_written_down(store: Store) -> None:
    round_ = active(store)
    summer, id_ = later(store, 40), pair_of(store, "F1").id
    who = somebody(store, "expert", "E1")
    typed(store, who, round_.id, beside("entry", id_), day="2026-06-20", days=1.0, done="现场")
    typed(store, who, round_.id, beside("contact", "E1"), contact="0575-1")
    following.log_service(summer, who, id_, day=date(2026, 6, 20), days=1.0, done="现场")
    assert set(kept(store, who, round_.id)) == {"contact E1"}
    privacy.correct_contact(store, who, "expert", "E1", "0575-1")
    assert kept(store, who, round_.id) == {}


def test_what_others_began_to_write_about_a_party_goes_with_it(store: Store) -> None:
    round_ = choosing(store)
    who = somebody(store, "firm", "F1")
    for other in ("E2", "E3"):
        typed(store, who, round_.id, beside("veto", "F1", other), why="不合适")
    erasing.erase_party(store, WHO, "expert", "E3", "本人要求")
    assert set(kept(store, who, round_.id)) == {"veto F1 E2"}


def test_what_the_other_side_began_to_correct_about_a_party_goes_with_it(store: Store) -> None:
    round_ = active(store)
    summer, placed = later(store, 40), pair_of(store, "F1")
    who = somebody(store, "firm", "F1")
    of: dict[str, Any] = {"day": date(2026, 6, 20), "days": 1.0}
    entry = following.log_service(summer, who, placed.id, done="到厂", **of)
    typed(store, who, round_.id, beside("correct", entry.id), done="与本人有关的话")
    following.end_placement(summer, WHO, placed.id, "quit", on=date(2026, 6, 20), why="调离")
    erasing.erase_party(summer, WHO, "expert", placed.expert_id, "本人要求")

    assert kept(store, who, round_.id) == {}
