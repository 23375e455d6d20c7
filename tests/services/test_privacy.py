"""What is held of a party: to see, to correct, to erase; and a batch that was kept long enough."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from matcher.domain.errors import InputError, NotAllowed, StorageError
from matcher.services import consents, following, forms, preferences, privacy, publishing, rounds
from matcher.store import Store
from matcher.store.entities import Account, Application, Batch, Event, GivenConsent, Preferences, Publication
from matcher.store.schema import METADATA
from matcher.store.verifying import verify
from tests import bureau
from tests.bureau import EXPERTS, WHO, expert, firm, later
from tests.databases import rows_of


def all_words(store: Store) -> str:
    """Write down everything in the database, files too."""
    tables = rows_of(store, set(METADATA.tables))
    cells = (cell for rows in tables.values() for row in rows for cell in row)
    return "\n".join(cell.decode("utf-8", "replace") if isinstance(cell, bytes) else str(cell) for cell in cells)


def kept_until_2027(store: Store) -> Iterator[Any]:
    active = bureau.active(store)
    summer = later(store, 40)
    for placed in publishing.placements(store, WHO, active.id):
        following.log_service(summer, WHO, placed.id, day=date(2026, 6, 20), days=1, done="现场诊断主轴振动")
        following.assess(summer, WHO, placed.id, firm_rating=5, assessment="excellent")
    rounds.advance(summer, WHO, active.id)
    for placed in publishing.placements(store, WHO, active.id):
        following.end_placement(summer, WHO, placed.id, "expired", on=date(2026, 7, 1), why="期满")
    yield privacy.keep_until(summer, WHO, active.batch_id, date(2026, 12, 31))
    yield active


def test_a_party_gets_all_that_is_held_of_it_and_no_word_of_others(store: Store) -> None:
    choosing = bureau.choosing(store)
    preferences.state_preferences(store, expert("E4"), choosing.id, "expert", "E4", tiers=(("F3",),))
    preferences.state_preferences(
        *(store, firm("F3"), choosing.id, "firm", "F3"), tiers=(("E4",),), vetoes=[("E2", "听说不好合作")]
    )
    active = bureau.active(store, rounds.advance(store, WHO, choosing.id))
    placed = next(row for row in publishing.placements(store, WHO, active.id) if row.expert_id == "E4")
    following.assess(later(store, 40), firm("F3"), placed.id, firm_rating=1)
    text = privacy.own_data(store, expert("E4"), "expert", "E4").decode()
    held = json.loads(text)
    assert held["forms"][0]["record"]["contact"] == "13800000004"
    assert held["preferences"][0]["tiers"] == [["F3"]]
    assert [row["pair"] for row in held["placements"]] == [["F3", "E4"]]
    assert held["assessments"] == [
        {"placement_id": placed.id, "assessment": None, "expert_rating": None, "expert_renews": None}
    ]
    assert "听说不好合作" not in text
    assert '"firm_rating"' not in text
    with pytest.raises(NotAllowed, match="不是您单位"):
        privacy.own_data(store, firm("F3"), "expert", "E4")


def test_contact_data_are_put_right_in_any_state_and_the_log_says_only_that_they_were(store: Store) -> None:
    active = bureau.active(store)
    assert privacy.correct_contact(store, expert("E4"), "expert", "E4", " 13700000000 ") == 1
    assert privacy.correct_contact(store, expert("E4"), "expert", "E4", "13700000000") == 0
    with store.reading() as view:
        assert view.get(Application, round_id=active.id, expert_id="E4").record.contact == "13700000000"
        (event,) = view.listed(Event, what="correct_contact")
    assert (event.before, event.after) == ({"contact": "•"}, {"contact": "•"})


def test_who_is_in_a_list_in_force_is_erased_only_after_its_end_and_hears_what_stays(store: Store) -> None:
    active = bureau.active(store)
    consents.state_consent(store, expert("E4"), "expert", "E4", "contact", given=True)
    with store.writing("管理员") as work:
        blank = dict.fromkeys(("password", "issuer", "subject", "disabled_at"))
        work.insert(Account, "add", name="wuran", role="expert", party="E4", code="E4", person="吴燃", **blank)
    with pytest.raises(NotAllowed, match="请先结束派驻"):
        privacy.erase_party(store, WHO, "expert", "E4", "本人书面申请")
    placed = next(row for row in publishing.placements(store, WHO, active.id) if row.expert_id == "E4")
    summer = later(store, 40)
    following.end_placement(summer, WHO, placed.id, "quit", on=date(2026, 6, 20), why="调离")
    done = privacy.erase_party(summer, WHO, "expert", "E4", "本人书面申请")
    assert [message.code for message in done.kept] == ["privacy.kept.form"]
    assert {"privacy.gone.contact", "privacy.gone.accounts"} <= {message.code for message in done.gone}
    with store.reading() as view:
        assert view.get(Application, round_id=active.id, expert_id="E4").record.contact == ""
        assert view.listed(GivenConsent, party="E4") == []
        (account,) = view.listed(Account)
        assert all(event.is_erased for event in view.listed(Event, about=f"experts/{active.id}/E4"))
    assert (account.name, account.person, account.code, account.disabled_at) == ("erased-1", "", None, summer.now())
    assert "13800000004" not in all_words(store)
    assert verify(store).findings == ()


def test_a_form_that_has_not_been_matched_goes_with_its_wishes_and_what_the_log_said_of_it(store: Store) -> None:
    choosing = bureau.choosing(store)
    preferences.state_preferences(store, expert("E3"), choosing.id, "expert", "E3", tiers=(("F1",),))
    privacy.erase_party(store, WHO, "expert", "E3", "本人书面申请")
    for word in ("茶叶研究所", "周茶"):
        assert word not in all_words(store)
    with store.reading() as view:
        assert view.listed(Preferences, own_id="E3") == []
        assert all(event.is_erased for event in view.listed(Event) if event.about.startswith("preferences/"))
    with pytest.raises(InputError, match="没有 E3 的资料"):
        privacy.erase_party(store, WHO, "expert", "E3", "再来一次")
    assert verify(store).findings == ()


def test_what_is_being_decided_is_not_erased_meanwhile(store: Store) -> None:
    bureau.matching(store)
    with pytest.raises(NotAllowed, match="正在匹配、确认或公示之中"):
        privacy.erase_party(store, WHO, "firm", "F1", "申请")


def test_a_batch_is_kept_until_its_day_and_then_nobody_of_it_is_found_anywhere(store: Store) -> None:
    batch, active = kept_until_2027(store)
    with pytest.raises(InputError, match="2026-12-31"):
        privacy.erase_batch(later(store, 60), WHO, batch.id, "保存期满")
    new_year = later(store, 215)
    assert [row.id for row in privacy.batches_over(new_year, WHO)] == [batch.id]
    assert privacy.erase_batch(new_year, WHO, batch.id, "保存期满") > 0
    found = all_words(store)
    for word in [*(record.name for record in EXPERTS), "永磁电机", "嵊星电机", "主轴振动", "13800000004"]:
        assert word not in found, word
    with store.reading() as view:
        (publication,) = view.listed(Publication)
        assert view.get(Batch, id=batch.id).erased_on == "2027-01-02"
    assert (publication.round_id, publication.document_number) == (active.id, "嵊科〔2026〕12号")
    assert verify(store).findings == ()
    assert privacy.batches_over(new_year, WHO) == []
    with pytest.raises(StorageError, match="保存期满后已经删除"):
        publishing.published_files(store, WHO, publication.id)
    with pytest.raises(NotAllowed, match="已于 2027-01-02 删除"):
        privacy.erase_batch(new_year, WHO, batch.id, "再来一次")


def test_a_batch_that_is_not_done_is_not_erased_and_the_next_one_keeps_what_it_has(store: Store) -> None:
    batch, _ = kept_until_2027(store)
    following_year = rounds.open_batch(store, WHO, "2027", 2027, follows=batch.id)
    forms.write_form(store, WHO, following_year.id, replace(EXPERTS[0], research_fields="永磁电机设计"))
    privacy.erase_batch(later(store, 215), WHO, batch.id, "保存期满")
    assert "永磁电机设计" in all_words(store)
    privacy.keep_until(store, WHO, following_year.batch_id, date(2026, 6, 1))
    with pytest.raises(NotAllowed, match="没有考核完"):
        privacy.erase_batch(later(store, 215), WHO, following_year.batch_id, "不再需要")
