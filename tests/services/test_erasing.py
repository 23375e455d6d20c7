"""What goes when a party is erased, and when a batch was kept long enough; and what stays, and is said."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from matcher.domain.errors import InputError, NotAllowed, StorageError
from matcher.domain.settings import Settings
from matcher.services import (
    accounts,
    consents,
    erasing,
    following,
    forms,
    preferences,
    proposing,
    publishing,
    rounds,
    scenarios,
    signing_in,
)
from matcher.store import Store
from matcher.store.entities import Account, Application, Batch, Event, GivenConsent, Preferences, Publication, Run
from matcher.store.schema import METADATA
from matcher.store.verifying import verify
from tests import bureau
from tests.bureau import EXPERTS, WHO, expert, later
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
    yield erasing.keep_until(summer, WHO, active.batch_id, date(2026, 12, 31))
    yield active


def test_who_is_in_a_list_in_force_is_erased_only_after_its_end_and_hears_what_stays(store: Store) -> None:
    active = bureau.active(store)
    consents.state_consent(store, expert("E4"), "expert", "E4", "contact", given=True)
    with store.writing("管理员") as work:
        blank = dict.fromkeys(("password", "issuer", "subject", "disabled_at"))
        work.insert(Account, "add", name="wuran", role="expert", party="E4", code="E4", person="吴燃", **blank)
    with pytest.raises(NotAllowed, match="请先结束派驻"):
        erasing.erase_party(store, WHO, "expert", "E4", "本人书面申请")
    placed = next(row for row in publishing.placements(store, WHO, active.id) if row.expert_id == "E4")
    summer = later(store, 40)
    following.end_placement(summer, WHO, placed.id, "quit", on=date(2026, 6, 20), why="调离")
    done = erasing.erase_party(summer, WHO, "expert", "E4", "本人书面申请")
    assert [message.code for message in done.kept] == [
        *("privacy.kept.form", "privacy.kept.words"),
    ]
    assert {"privacy.gone.contact", "privacy.gone.accounts"} <= {message.code for message in done.gone}
    with store.reading() as view:
        assert view.get(Application, round_id=active.id, expert_id="E4").record.contact == ""
        assert view.listed(GivenConsent, party="E4") == []
        (account,) = view.listed(Account)
        *before, again = view.listed(Event, about=f"experts/{active.id}/E4")
    assert all(event.is_erased for event in before)
    assert (again.what, {**(again.after or {}), "contact": ""}) == ("restate", again.after)
    assert (account.name, account.person, account.code, account.disabled_at) == ("erased-1", "", None, summer.now())
    assert "13800000004" not in all_words(store)
    assert verify(store).findings == ()


def test_a_form_that_has_not_been_matched_goes_with_its_wishes_and_what_the_log_said_of_it(store: Store) -> None:
    choosing = bureau.choosing(store)
    preferences.state_preferences(store, expert("E3"), choosing.id, "expert", "E3", tiers=(("F1",),))
    erasing.erase_party(store, WHO, "expert", "E3", "本人书面申请")
    for word in ("茶叶研究所", "周茶"):
        assert word not in all_words(store)
    with store.reading() as view:
        assert view.listed(Preferences, own_id="E3") == []
        assert all(event.is_erased for event in view.listed(Event) if event.about.startswith("preferences/"))
    with pytest.raises(InputError, match="没有 E3 的资料"):
        erasing.erase_party(store, WHO, "expert", "E3", "再来一次")
    assert verify(store).findings == ()


def test_what_is_being_decided_is_not_erased_meanwhile(store: Store) -> None:
    bureau.matching(store)
    with pytest.raises(NotAllowed, match="正在匹配、确认或公示之中"):
        erasing.erase_party(store, WHO, "firm", "F1", "申请")


def test_a_batch_is_kept_until_its_day_and_then_nobody_of_it_is_found_anywhere(store: Store) -> None:
    batch, active = kept_until_2027(store)
    with pytest.raises(InputError, match="2026-12-31"):
        erasing.erase_batch(later(store, 60), WHO, batch.id, "保存期满")
    new_year = later(store, 215)
    assert [row.id for row in erasing.batches_over(new_year, WHO)] == [batch.id]
    done = erasing.erase_batch(new_year, WHO, batch.id, "保存期满")
    assert [message.code for message in done.gone] == ["privacy.gone.batch"]
    found = all_words(store)
    for word in [*(record.name for record in EXPERTS), "永磁电机", "嵊星电机", "主轴振动", "13800000004"]:
        assert word not in found, word
    with store.reading() as view:
        (publication,) = view.listed(Publication)
        assert view.get(Batch, id=batch.id).erased_on == "2027-01-02"
    assert (publication.round_id, publication.document_number) == (active.id, "嵊科〔2026〕12号")
    assert verify(store).findings == ()
    assert erasing.batches_over(new_year, WHO) == []
    with pytest.raises(StorageError, match="保存期满后已经删除"):
        publishing.published_files(store, WHO, publication.id)
    with pytest.raises(NotAllowed, match="已于 2027-01-02 删除"):
        erasing.erase_batch(new_year, WHO, batch.id, "再来一次")


def test_a_batch_that_is_not_done_is_not_erased_and_the_next_one_keeps_what_it_has(store: Store) -> None:
    batch, _ = kept_until_2027(store)
    following_year = rounds.open_batch(store, WHO, "2027", 2027, follows=batch.id)
    forms.write_form(store, WHO, following_year.id, replace(EXPERTS[0], research_fields="永磁电机设计"))
    erasing.erase_batch(later(store, 215), WHO, batch.id, "保存期满")
    assert "永磁电机设计" in all_words(store)
    erasing.keep_until(store, WHO, following_year.batch_id, date(2026, 6, 1))
    with pytest.raises(NotAllowed, match="没有考核完"):
        erasing.erase_batch(later(store, 215), WHO, following_year.batch_id, "不再需要")


# ---- whatever is planted is found nowhere, or where it is said to be ----------------------

on_sqlite = pytest.mark.parametrize("databases", ["sqlite"], indirect=True)
GOOD = "剡溪九曲绕城东流过桥"


def tables_with(store: Store, *words: str) -> dict[str, set[str]]:
    """Find for each word the tables that have it in any cell, in files too; words that are nowhere are left out."""
    tables = rows_of(store, set(METADATA.tables))
    texts = {
        name: "\n".join(c.decode("utf-8", "replace") if isinstance(c, bytes) else str(c) for row in rows for c in row)
        for name, rows in tables.items()
    }
    found = {word: {name for name, text in texts.items() if word in text} for word in words}
    return {word: names for word, names in found.items() if names}


def with_account(store: Store, own_id: str, login: str) -> Any:
    """Give an expert an account, and let somebody log in by it, accept, agree and set another password."""
    made = accounts.add(store, WHO, name=login, role="expert", party=own_id, code=own_id, person=f"{login}本人")
    token = signing_in.redeem(store, accounts.invite(store, WHO, made.id).token, GOOD, address="::1")
    signed = signing_in.signed_in(store, token)
    assert signed is not None
    who = signed.principal
    assert (who.name, who.login) == (f"expert:{own_id}#{made.id}", login)
    signing_in.accept_statement(store, who, "2026-1")
    consents.state_consent(store, who, "expert", own_id, "contact", given=True)
    signing_in.change_password(store, who, GOOD, f"{GOOD}上", keep=token)
    accounts.reset(store, WHO, made.id)
    signing_in.sign_out(store, token)
    return who


@on_sqlite
def test_of_who_is_erased_before_a_match_nothing_is_left_in_any_table_or_file(store: Store) -> None:
    choosing = bureau.choosing(store)
    who = with_account(store, "E3", "zhoucha")
    form: Any = forms.own_forms(store, who, choosing.id, "expert", "E3")[0]
    record = replace(form.record, contact="13711110003", achievements="茶场技术员培训")
    form = forms.submit_form(store, who, forms.write_form(store, who, choosing.id, record, version=form.version))
    forms.accept_form(store, WHO, form)
    preferences.state_preferences(
        store, who, choosing.id, "expert", "E3", tiers=(("F1",),), vetoes=[("F3", "与该厂有过纠纷")]
    )
    banned = Settings.model_validate({"assignment": {"bans": [["F3", "E3"], ["F3", "E1"]]}})
    rounds.change_settings(store, WHO, choosing.id, banned)
    matching = rounds.advance(store, WHO, choosing.id)
    bureau.ran(store, matching, bans=[["F3", "E3"], ["F1", "E4"]])
    run = bureau.ran(store, matching)
    words = ("周茶", "茶叶研究所", "茶场技术员", "13711110003", "zhoucha", "与该厂有过纠纷")
    rounds.step_back(store, WHO, choosing.id, "改志愿")
    found = tables_with(store, *words)
    assert list(found) == list(words)
    assert {"files", "preferences", "accounts", "event_contents"} <= set.union(*found.values())
    done = erasing.erase_party(store, WHO, "expert", "E3", "本人书面申请")
    assert tables_with(store, *words) == {}
    assert [message.code for message in done.kept] == ["privacy.kept.words"]
    with store.reading() as view:
        assert view.listed(Run, id=run.id) == []
    listed = [row.settings for row in (rounds.round_of(store, WHO, choosing.id), *scenarios.scenarios(store, WHO, 1))]
    assert [settings["assignment"]["bans"] for settings in listed] == [[["F3", "E1"]], [["F1", "E4"]], []]
    assert verify(store).findings == ()


@on_sqlite
def test_what_a_proposal_that_was_taken_back_rests_on_is_kept_and_said(store: Store) -> None:
    confirming = bureau.proposed(store)
    for _ in range(2):
        rounds.step_back(store, WHO, confirming.id, "从头再来")
    done = erasing.erase_party(store, WHO, "expert", "E4", "本人书面申请")
    assert [message.code for message in done.kept] == ["privacy.kept.list", "privacy.kept.words"]
    assert tables_with(store, "吴燃", "13800000004") == {"吴燃": {"files", "placements", "event_contents"}}
    assert verify(store).findings == ()


@on_sqlite
def test_of_who_was_in_a_list_there_is_left_what_the_answer_says_and_no_more(store: Store) -> None:
    choosing = bureau.choosing(store)
    who = with_account(store, "E4", "wuran")
    preferences.state_preferences(store, who, choosing.id, "expert", "E4", tiers=(("F3",),), vetoes=[("F1", "路太远")])
    matching = rounds.advance(store, WHO, choosing.id)
    scenario = scenarios.create(store, WHO, matching.id, "试")
    scenarios.ban(store, WHO, scenario.id, ("F1", "E4"), "有纠纷")
    active = bureau.active(store, matching)
    placed = next(row for row in publishing.placements(store, WHO, active.id) if row.expert_id == "E4")
    summer = later(store, 40)
    following.log_service(summer, who, placed.id, day=date(2026, 6, 20), days=1, done="现场诊断")
    following.end_placement(summer, WHO, placed.id, "quit", on=date(2026, 6, 20), why="调离")
    done = erasing.erase_party(summer, WHO, "expert", "E4", "本人书面申请")
    assert [message.code for message in done.kept] == [
        *("privacy.kept.form", "privacy.kept.rules", "privacy.kept.words"),
    ]
    assert tables_with(store, "吴燃", "路太远", "wuran", "13800000004", GOOD) == {
        "吴燃": {"experts", "files", "placements", "event_contents"},
        "路太远": {"preferences", "event_contents"},
    }
    assert verify(store).findings == ()


@on_sqlite
def test_a_login_name_that_an_older_version_wrote_into_the_log_stays_there_and_it_is_said(store: Store) -> None:
    bureau.choosing(store)
    who = with_account(store, "E3", "zhoucha")
    consents.state_consent(store, replace(who, name=who.login), "expert", "E3", "contact", given=False)
    done = erasing.erase_party(store, WHO, "expert", "E3", "本人书面申请")
    assert [message.code for message in done.kept] == ["privacy.kept.log", "privacy.kept.words"]
    assert tables_with(store, "zhoucha") == {"zhoucha": {"events"}}
    assert verify(store).findings == ()


@on_sqlite
def test_with_a_batch_go_the_accounts_of_those_who_are_in_no_other(store: Store) -> None:
    choosing = bureau.choosing(store)
    gone, stays = (with_account(store, own_id, login) for own_id, login in (("E4", "wuran"), ("E1", "chenyong")))
    preferences.state_preferences(store, gone, choosing.id, "expert", "E4", tiers=(("F3",),), vetoes=[("F1", "路太远")])
    confirming = bureau.proposed(store, rounds.advance(store, WHO, choosing.id))
    mine = {placed.expert_id: placed for placed in publishing.placements(store, WHO, confirming.id)}
    proposing.answer(store, gone, mine["E4"].id, "expert", accepts=True, why="正合我意")
    proposing.answer(store, expert("E2"), mine["E2"].id, "expert", accepts=False, why="家中有事")
    publication = publishing.publish(later(store, 30), WHO, confirming.id, **bureau.notice(31))
    objection = publishing.receive_objection(later(store, 32), WHO, mine["E4"].id, "赵某某", "听闻持有股份")
    publishing.decide_objection(later(store, 33), WHO, objection.id, "查无此事", upheld=False)
    active = publishing.activate(later(store, 40), WHO, publication.round_id)
    following.log_service(later(store, 60), gone, mine["E4"].id, day=date(2026, 7, 20), days=1, done="现场诊断")
    following.assess(later(store, 60), gone, mine["E4"].id, expert_rating=4)
    rounds.advance(later(store, 60), WHO, active.id)
    last = active.batch_id
    following_year = rounds.open_batch(later(store, 60), WHO, "2027", 2027)
    forms.write_form(later(store, 60), stays, following_year.id, replace(EXPERTS[0], contact=""))
    erasing.keep_until(store, WHO, last, date(2026, 12, 31))
    words = ("吴燃", "13800000004", "wuran", "路太远", "正合我意", "家中有事", "赵某某", "听闻持有股份", "现场诊断")
    assert list(tables_with(store, *words)) == list(words)
    done = erasing.erase_batch(later(store, 215), WHO, last, "保存期满")
    assert tables_with(store, *words) == {}
    assert [message.code for message in done.gone] == ["privacy.gone.batch", "privacy.gone.parties"]
    assert done.gone[1].values == {"count": 1, "ids": ["E4"]}
    with store.reading() as view:
        assert [row.name for row in view.listed(Account, role="expert")] == ["erased-1", "chenyong"]
        assert {row.party for row in view.listed(GivenConsent)} == {"E1"}
    assert signing_in.sign_in(store, "chenyong", f"{GOOD}上", address="::1")
    assert verify(store).findings == ()


def test_an_id_with_a_slash_is_nobody_elses(store: Store) -> None:
    opened = rounds.open_batch(store, WHO, "2026", 2026)
    for own_id in ("E/1", "E/1/2"):
        forms.write_form(store, WHO, opened.id, replace(EXPERTS[0], expert_id=own_id))
        consents.state_consent(store, WHO, "expert", own_id, "contact", given=True, basis=f"书面 {own_id}")
    erasing.erase_party(store, WHO, "expert", "E/1", "本人要求")
    with store.reading() as view:
        said = {event.about: event.is_erased for event in view.listed(Event) if event.about.startswith("consents/")}
    assert said == {"consents/expert/E/1/contact": True, "consents/expert/E/1/2/contact": False}
    assert verify(store).is_sound


def test_a_batch_is_not_kept_until_before_it_was(store: Store) -> None:
    opened = rounds.open_batch(store, WHO, "2026", 2026)
    with pytest.raises(InputError, match="早于批次“2026”建立的日期 2026-06-01"):
        erasing.keep_until(store, WHO, opened.batch_id, date(1, 1, 1))
