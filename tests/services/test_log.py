"""The log as the office reads it: what is asked is found, what is said is in words, and what is veiled stays so."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

import matcher.language
from matcher.domain.errors import InputError
from matcher.domain.messages import Message
from matcher.domain.settings import Settings
from matcher.language import LANGUAGES, label, sentence
from matcher.services import accounts, consents, erasing, log, preferences, privacy, publishing, rounds, runs, scenarios
from matcher.services.log_words import SAYS_AGAIN, column_label, worded
from matcher.store import Store
from matcher.store.chain import SEAL, begin_anew
from matcher.store.entities import Event
from matcher.store.schema import METADATA
from matcher.store.telling import RESTATE
from tests import bureau
from tests.bureau import WHO, colleague, expert, firm, later
from tests.services.written_actions import Sources

on_sqlite = pytest.mark.parametrize("databases", ["sqlite"], indirect=True)


def last(store: Store, **asked: Any) -> Event:
    return log.entries(store, WHO, limit=1, **asked)[0]


def told(entry: Event, lang: str = "zh") -> list[str]:
    return [sentence(change, lang) for change in worded(entry).changes]


def test_the_newest_entries_come_first_and_the_next_page_goes_on_from_the_last(store: Store) -> None:
    bureau.collecting(store)
    everything = log.entries(store, WHO)
    ids = [entry.id for entry in everything]
    assert ids == sorted(ids, reverse=True)
    with store.reading() as view:
        assert everything[::-1] == view.listed(Event)
    first = log.entries(store, WHO, limit=5)
    second = log.entries(store, WHO, limit=5, before=first[-1].id)
    assert first + second == everything[:10]
    assert log.entries(store, WHO, before=1) == []
    assert log.entries(store, WHO, limit=5, after=second[0].id) == first
    assert log.entries(store, WHO, limit=2, after=second[0].id) == first[-2:]
    assert log.entries(store, WHO, after=ids[0]) == []


def test_entries_are_found_by_round_row_person_action_and_day(store: Store) -> None:
    one = bureau.collecting(store)
    two = rounds.open_batch(later(store, 2), colleague("李"), "2027", 2027)
    rounds.advance(later(store, 3), colleague("李"), two.id)

    def found(**asked: Any) -> set[tuple[str, str]]:
        return {(entry.what, entry.about) for entry in log.entries(store, WHO, **asked)}

    assert found(round_id=two.id) == {("open_round", f"rounds/{two.id}"), ("advance", f"rounds/{two.id}")}
    assert found(by="李") == {("open_batch", f"batches/{two.batch_id}"), *found(round_id=two.id)}
    steps = {"write_form", "submit_form", "accept"}
    assert found(about=f"experts/{one.id}/E1") == {(step, f"experts/{one.id}/E1") for step in steps}
    assert {about for _, about in found(about=f"needs/{one.id}/")} == {
        f"needs/{one.id}/{own_id}" for own_id in ("F1", "N21", "N22", "F3")
    }
    assert found(about=f"experts/{one.id}/e1") == set(), "ids are told apart by their case"
    assert {what for what, _ in found(what="accept")} == {"accept"}
    assert found(since=date(2026, 6, 4)) == {("advance", f"rounds/{two.id}")}
    assert found(since=date(2026, 6, 3), until=date(2026, 6, 3)) == found(by="李") - found(what="advance")
    assert found(until=date(2026, 5, 31)) == set()
    assert found(what="accept", by="李") == set()


@on_sqlite
def test_a_day_of_the_log_is_a_day_in_china(store: Store) -> None:
    for hour, what in ((15, "a"), (16, "b")):  # half past eleven of the first of June, and an hour later
        at = datetime(2026, 6, 1, hour, 30, tzinfo=UTC)
        with replace(store, clock=lambda at=at: at).writing("x") as work:
            work.note(what, "rounds/1")
    assert [entry.what for entry in log.entries(store, WHO, until=date(2026, 6, 1))] == ["a"]
    assert [entry.what for entry in log.entries(store, WHO, since=date(2026, 6, 2))] == ["b"]
    whole = log.entries(store, WHO)
    assert log.entries(store, WHO, since=date.min, until=date.max) == whole != []
    assert log.entries(store, WHO, since=date.max) == log.entries(store, WHO, until=date.min) == []


@on_sqlite
def test_what_makes_no_sense_to_ask_is_said(store: Store) -> None:
    with pytest.raises(InputError, match="起始日期 2026-06-02 晚于截止日期 2026-06-01"):
        log.entries(store, WHO, since=date(2026, 6, 2), until=date(2026, 6, 1))
    with pytest.raises(InputError, match="没有这个轮次：9"):
        log.entries(store, WHO, round_id=9)
    for limit in (0, log.MOST + 1):
        with pytest.raises(InputError, match="条数应为 1 至 10000"):
            log.entries(store, WHO, limit=limit)


@on_sqlite
def test_to_read_the_log_is_no_entry_of_it(store: Store) -> None:
    bureau.collecting(store)
    before = log.entries(store, WHO)
    assert log.entries(store, WHO) == before


@on_sqlite
def test_an_entry_says_which_fields_were_what_and_are_what(store: Store) -> None:
    choosing = bureau.choosing(store)
    moved = worded(last(store, what="advance"))
    assert (moved.at, sentence(moved.what), sentence(moved.about), sentence(moved.how)) == (
        "2026-06-01 09:30", "进入下一阶段", f"轮次 rounds/{choosing.id}", "变更",
    )  # fmt: skip
    assert told(last(store, what="advance")) == ["状态：征集 → 互选"]
    settings = Settings.model_validate({"assignment": {"objective": "total", "locks": [["F1", "E1"], ["F3", "E4"]]}})
    rounds.change_settings(store, WHO, choosing.id, settings)
    assert told(last(store, what="change_settings")) == [
        "设置 assignment.locks：无 → F1 / E1、F3 / E4",
        "设置 assignment.objective：stable → total",
    ]
    written = worded(last(store, what="write_form", about=f"experts/{choosing.id}/E2"))
    said = [sentence(change, "en") for change in written.changes]
    assert sentence(written.how, "en") == "added"
    assert {"name: 林蓝", "capacity: 2", "state: draft"} <= set(said)
    assert not [line for line in said if line.startswith(("expert_id", "version", "changed"))]


@on_sqlite
def test_contacts_and_wishes_are_told_as_changed_and_never_by_value(store: Store) -> None:
    choosing = bureau.choosing(store)
    privacy.correct_contact(store, WHO, "expert", "E4", "13700000000")
    wish: dict[str, Any] = {"tiers": (("F3",),), "vetoes": [("F1", "不合适")]}
    preferences.state_preferences(store, expert("E4"), choosing.id, "expert", "E4", **wish)
    preferences.withdraw_preferences(store, expert("E4"), choosing.id, "expert", "E4", version=1)
    hidden = "已变更（内容不记录或不在此显示）"
    assert told(last(store, what="correct_contact")) == [f"联系方式：{hidden}"]
    assert told(last(store, what="state_preferences")) == ["志愿：（有，不显示）", "回避：（有，不显示）"]
    assert told(last(store, what="withdraw_preferences")) == [f"志愿：{hidden}", f"回避：{hidden}"]
    everything = repr(log.entries(store, WHO)) + repr([told(entry) for entry in log.entries(store, WHO)])
    assert "不合适" not in everything
    assert "13700000000" not in everything
    assert "13800000004" not in everything


@on_sqlite
def test_what_was_erased_is_told_as_erased_and_by_whom_and_why(store: Store) -> None:
    choosing = bureau.choosing(store)
    erasing.erase_party(store, WHO, "expert", "E3", "本人书面申请")
    entries = log.entries(store, WHO, about=f"experts/{choosing.id}/E3")
    assert {(entry.is_erased, sentence(worded(entry).how), *told(entry)) for entry in entries} == {
        (True, "变更的内容已按规定删除")
    }
    of_erasure = last(store, what="erase_party", about="erasures/")
    assert (of_erasure.who, of_erasure.why) == (WHO.name, "本人书面申请")


@on_sqlite
def test_everything_that_is_done_in_a_year_can_be_said_in_both_languages(
    store: Store,
    cheap_hashes: None,  # noqa: ARG001 - passwords of tests
) -> None:
    choosing = bureau.choosing(store)
    preferences.state_preferences(store, firm("F1"), choosing.id, "firm", "F1", tiers=(("E1",),))
    matching = rounds.advance(store, WHO, choosing.id)
    scenario = scenarios.create(store, WHO, matching.id, "试", Settings())
    scenarios.lock(store, WHO, scenario.id, ("F1", "E1"), "往年合作")
    run = runs.queue(store, WHO, scenario.id)
    runs.claim(store, run.id, "here")
    runs.fail(store, run.id, "here", [Message("rounds.reason_missing")])
    preferences.preferences_of(store, WHO, matching.id, "firm", "F1")
    active = bureau.active(store, matching)
    placed = publishing.placements(store, WHO, active.id)[0]
    privacy.own_data(store, WHO, "expert", placed.expert_id)
    consents.state_consent(store, expert("E1"), "expert", "E1", "contact", given=True)
    accounts.invite_parties(store, WHO, active.id)
    with store.connected(writes=True) as connection:
        begin_anew(connection, store.known_secret, who="x", at=store.now())
    entries = log.entries(store, WHO, limit=log.MOST)
    kinds = {(entry.what, entry.about.partition("/")[0]) for entry in entries}
    assert {("fail_run", "runs"), ("export", "expert"), ("seal", "events"), ("invite", "invitations")} <= kinds
    assert len(kinds) > 30
    for entry in entries:
        said = worded(entry)
        for lang in LANGUAGES:
            parts = (said.what, said.about, said.how, *said.changes)
            assert all(sentence(part, lang) for part in parts), entry


def test_every_action_that_is_written_down_has_its_words_and_no_other_has() -> None:
    written = {*Sources().actions(), SEAL, RESTATE}
    assert len(written) > 50, "the sources are read"
    for lang in LANGUAGES:
        assert all(label(f"value.what.{what}", lang) for what in written)
    catalogue = Path(matcher.language.__file__).parent / "locale" / "zh" / "LC_MESSAGES" / "matcher.po"
    worded_ones = re.findall(r'^msgid "value\.what\.(\w+)"$', catalogue.read_text(encoding="utf-8"), re.MULTILINE)
    assert set(worded_ones) == written


def test_every_column_of_every_table_has_its_words() -> None:
    for table in METADATA.sorted_tables:
        if table.name not in (
            "files",
            "events",
            "event_contents",
            "attempts",
            "sessions",
            "drafts",
        ):  # of which no entry tells
            for name in {column.name for column in table.columns} - SAYS_AGAIN:
                assert all(label(column_label(table.name, name).code, lang) for lang in LANGUAGES), name
