"""The database itself refuses to change the log, whoever asks; what is erased, the log says."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import text

from matcher.domain.errors import StorageError
from matcher.store import Store, backup, connect, restore, verify
from matcher.store.entities import Batch, Erasure, Event
from matcher.store.guards import missing_guards, unguard
from tests.databases import Databases, fill

LOG = ("events", "event_contents", "erasures")


def say(store: Store, statement: str) -> None:
    with store.connected(writes=True) as connection:
        connection.execute(text(statement))


def noted(store: Store) -> None:
    with store.writing("x") as work:
        for about in ("experts/1/E1", "experts/1/e1", "experts/1/E1/0", "experts/2/E1", "batches/1"):
            round_id = int(about.split("/")[1]) if about.startswith("experts") else None
            work.note("look_into", about, "因为", round_id=round_id)


@pytest.mark.parametrize("table", LOG)
def test_rows_of_the_log_are_neither_changed_nor_deleted_nor_written_over(store: Store, table: str) -> None:
    fill(store, set(LOG), rows=3)
    key = "event_id" if table == "event_contents" else "id"
    statements = [f"UPDATE {table} SET {key} = {key}", f"DELETE FROM {table}"]  # noqa: S608 - names of ours
    if table == "event_contents":
        say(store, "DELETE FROM event_contents WHERE event_id IN (1, 3)")  # which the erasures in it cover
        say(store, "INSERT INTO events (id, at, who, what, about, digest) VALUES (9, '', '', '', '', '')")
        say(store, "INSERT INTO event_contents (event_id, salt) VALUES (9, '')")
    if store.is_sqlite:
        statements.append(f"INSERT OR REPLACE INTO {table} SELECT * FROM {table}")  # noqa: S608 - names of ours
    else:
        statements.append(f"TRUNCATE {table} CASCADE")
    for statement in statements:
        with pytest.raises(Exception, match=r"rows of \w+ are never changed"):
            say(store, statement)


def test_what_is_erased_is_gone_for_the_scope_that_was_said_and_nothing_else(store: Store) -> None:
    noted(store)
    with store.writing("x") as work:
        assert work.erase("erase", "到期", about="experts/1/E1") == 1
    with store.reading() as view:
        erased = [event.about for event in view.listed(Event) if event.is_erased]
        assert [event.why for event in view.listed(Event)] == [None, *["因为"] * 4, "到期"]
    assert erased == ["experts/1/E1"]
    with store.writing("x") as work:
        assert work.erase("erase", "到期", about="experts/1/E1/") == 1
        assert work.erase("erase", "到期", round_id=1) == 1
        assert work.erase("erase", "到期", about="experts") == 0
        assert work.erase("erase", "到期", about="experts/") == 1
        work.note("look_into", "batches/1", "后来")
        assert work.erase("erase", "到期") == 2
    with store.reading() as view:
        assert [event.about for event in view.listed(Event) if not event.is_erased] == [
            f"erasures/{erasure.id}" for erasure in view.listed(Erasure)
        ]
        assert all(event.who == "x" for event in view.listed(Event))
    found = verify(store)
    assert found.findings == ()
    assert found.counts["erased"] == 6


def test_what_is_written_after_an_erasure_is_not_covered_by_it(store: Store) -> None:
    noted(store)
    with store.writing("x") as work:
        work.erase("erase", "到期")
        work.note("look_into", "batches/1", "后来")
    with pytest.raises(Exception, match="never changed"):
        say(store, "DELETE FROM event_contents")


def test_a_guard_that_is_gone_off_or_another_is_found_and_a_restore_brings_all_back(
    databases: Databases, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MATCHER_HOME", str(tmp_path))
    store = connect(databases.ready())
    noted(store)
    backup(store, tmp_path / "x.backup")
    if store.is_sqlite:
        say(store, "DROP TRIGGER events_kept_delete")
        say(store, "DROP TRIGGER erasures_kept_update")
        say(store, "CREATE TRIGGER erasures_kept_update BEFORE UPDATE ON erasures BEGIN SELECT 1; END")
        expected = {("events", "events_kept_delete"), ("erasures", "erasures_kept_update")}
    else:
        say(store, "ALTER TABLE events DISABLE TRIGGER events_kept")
        say(store, "DROP TRIGGER event_contents_kept_whole ON event_contents")
        say(
            store,
            "CREATE OR REPLACE FUNCTION erasures_kept() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN OLD; END'",
        )
        expected = {("events", "events_kept"), ("event_contents", "event_contents_kept_whole")}
        expected |= {("erasures", "erasures_kept"), ("erasures", "erasures_kept_whole")}
    with store.connected() as connection:
        assert missing_guards(connection) == expected
    found = [str(message) for message in verify(store).findings]
    assert len(found) == len(expected)
    assert all(re.search(r"保护触发器 \w+ 缺失", message) for message in found)
    restore(tmp_path / "x.backup", store, replace=True)
    assert verify(store).findings == ()
    with store.connected(writes=True) as connection:
        unguard(connection)
    assert len(verify(store).findings) == (9 if store.is_sqlite else 6)
    restore(tmp_path / "x.backup", store, replace=True)
    assert verify(store).findings == ()
    store.close()


def test_a_trigger_that_was_there_before_the_chain_or_is_none_of_ours_is_found_too(
    databases: Databases, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MATCHER_HOME", str(tmp_path))
    store = connect(databases.ready())
    noted(store)
    backup(store, tmp_path / "x.backup")
    if store.is_sqlite:
        say(store, "DROP TRIGGER files_frozen")
        say(store, "CREATE TRIGGER odd AFTER INSERT ON sessions BEGIN DELETE FROM sessions; END")
    else:
        say(store, "ALTER TABLE files DISABLE TRIGGER files_frozen")
        say(store, "CREATE TRIGGER odd AFTER INSERT ON sessions EXECUTE FUNCTION events_kept()")
        say(store, "ALTER TABLE sessions DISABLE TRIGGER odd")
        say(store, "DROP TRIGGER events_kept ON events")
        never = "FOR EACH ROW WHEN (false) EXECUTE FUNCTION events_kept()"
        say(store, f"CREATE TRIGGER events_kept BEFORE UPDATE OR DELETE ON events {never}")
    found = {(message.code, message.values["name"]) for message in verify(store).findings}
    off = {("verify.guard", "files_frozen")} | (set() if store.is_sqlite else {("verify.guard", "events_kept")})
    assert found == {("verify.trigger", "odd")} | off
    restore(tmp_path / "x.backup", store, replace=True)
    assert [message.code for message in verify(store).findings] == ["verify.trigger"]
    store.close()


def test_a_writer_with_another_secret_or_none_is_refused_and_writes_nothing(store: Store) -> None:
    for secret, said in ((b"x" * 32, "密钥与数据库 .* 不符"), (None, "没有服务密钥")):
        with pytest.raises(StorageError, match=said), replace(store, secret=secret).writing("x") as work:
            work.insert(Batch, "a", name="a", year=1, follows=None, created_at="", created_by="")
    with store.reading() as view:
        assert view.listed(Batch) == []
