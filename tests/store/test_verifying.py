"""Whoever changes the log, a publication, an erasure or a file by SQL is found out, whatever it is that he changes."""

import sqlite3
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import Integer, make_url

from matcher.domain.errors import InputError, StorageError
from matcher.services import accounts, publishing
from matcher.store import Store, backup, connect, restore, verify
from matcher.store.chain import Chain, begin_anew, chain_key, digest_of_content, head_of
from matcher.store.entities import Event, Publication, Withdrawal
from matcher.store.guards import unguard
from matcher.store.schema import METADATA
from tests import bureau
from tests.bureau import WHO
from tests.databases import THE_DAY, Databases

Say = Callable[..., list[Any]]
OWN = {"verify.guard"}
"""What is found because these tests take the triggers away before they begin."""

COLUMNS = [
    (table, column.name)
    for table in ("events", "event_contents", "erasures", "publications", "withdrawals")
    for column in METADATA.tables[table].columns
]


@pytest.fixture(scope="module")
def history(databases: Databases) -> Iterator[Store]:
    """A round that was published, withdrawn and partly erased, in a database that nothing guards any more."""
    store = connect(databases.ready(), clock=lambda: THE_DAY)
    first = bureau.published(store)
    publishing.withdraw_publication(store, WHO, first.id, "名单有误")
    bureau.published(store, bureau.matching(store, "2027"))
    with store.writing(WHO.name) as work:
        assert work.erase("erase", "到期", about=f"experts/{first.round_id}/E1") > 0
        work.note("look_into", "preferences/1/expert/E1", "有人投诉")
    assert verify(store).is_sound
    with store.connected(writes=True) as connection:
        unguard(connection)
        for table in ("files", "publications") if store.is_sqlite else ():
            connection.exec_driver_sql(f"DROP TRIGGER {table}_frozen")
    assert codes(store) == set()
    yield store
    store.close()


def codes(store: Store, head: str | None = None) -> set[str]:
    return {message.code for message in verify(store, head).findings} - OWN


@contextmanager
def bare(store: Store) -> Generator[Say, None, None]:
    """Speak SQL past everything of ours: no check of references, no trigger."""
    if store.is_sqlite:
        with closing(sqlite3.connect(store.shown, isolation_level=None)) as connection:
            yield lambda statement, *values: connection.execute(statement, values).fetchall()
    else:
        address = make_url(store.url).set(drivername="postgresql").render_as_string(hide_password=False)
        with psycopg.connect(address, autocommit=True) as connection:
            connection.execute("SET session_replication_role = replica")

            def said(statement: str, *values: Any) -> list[Any]:
                found = connection.execute(statement.replace("?", "%s").encode(), values)
                return found.fetchall() if found.description else []

            yield said


@contextmanager
def undone(store: Store, *tables: str) -> Generator[Say, None, None]:
    """Let tables be changed, and put them back."""
    with bare(store) as say:
        for table in tables:
            say(f"CREATE TABLE kept_{table} AS SELECT * FROM {table}")  # noqa: S608 - names of ours
        try:
            yield say
        finally:
            for table in tables:
                say(f"DELETE FROM {table}")  # noqa: S608
                say(f"INSERT INTO {table} SELECT * FROM kept_{table}")  # noqa: S608
                say(f"DROP TABLE kept_{table}")
    assert codes(store) == set()


@pytest.mark.parametrize(("table", "column"), COLUMNS)
def test_whichever_field_of_whichever_row_is_changed_it_is_found(history: Store, table: str, column: str) -> None:
    kind = METADATA.tables[table]
    [key] = [one.name for one in kind.primary_key.columns]
    is_number = isinstance(kind.c[column].type, Integer)
    is_json = kind.c[column].type.__class__.__name__ == "JSON"
    with bare(history) as say:
        ids = [row[0] for row in say(f"SELECT {key} FROM {table} ORDER BY {key}")]  # noqa: S608
        for at in sorted({*ids[:2], *ids[-2:], *ids[:: len(ids) // 4 + 1]}):
            [(was,)] = say(f"SELECT {text_of(column, is_json)} FROM {table} WHERE {key} = ?", at)  # noqa: S608
            new = 90_000 + at if is_number else '{"forged": 1}' if is_json else f"{was or ''}x"
            cast = "CAST(? AS JSON)" if is_json and not history.is_sqlite else "?"
            say(f"UPDATE {table} SET {column} = {cast} WHERE {key} = ?", new, at)  # noqa: S608
            assert codes(history), (at, was)
            back = 90_000 + at if column == key else at
            say(f"UPDATE {table} SET {column} = {cast} WHERE {key} = ?", was, back)  # noqa: S608
    assert codes(history) == set()


def text_of(column: str, is_json: bool) -> str:
    return f"CAST({column} AS TEXT)" if is_json else column


@pytest.mark.parametrize("table", ["events", "event_contents", "erasures", "publications", "withdrawals", "files"])
def test_whichever_row_is_taken_away_but_the_last_entry_it_is_found(history: Store, table: str) -> None:
    key = {"event_contents": "event_id", "withdrawals": "publication_id", "files": "sha256"}.get(table, "id")
    with bare(history) as say:
        ids = [row[0] for row in say(f"SELECT {key} FROM {table} ORDER BY {key}")]  # noqa: S608
    ids = ids[:-1] if table == "events" else ids
    for at in ids[:: len(ids) // 5 + 1]:
        with undone(history, table) as say:
            say(f"DELETE FROM {table} WHERE {key} = ?", at)  # noqa: S608
            assert codes(history), at


def test_an_entry_that_is_put_in_or_has_changed_places_is_found(history: Store) -> None:
    with history.connected() as connection:
        last, head = head_of(connection)
    with undone(history, "events") as say:
        columns = "at, who, what, round_id, about, digest, mac"
        say(f"INSERT INTO events (id, {columns}) SELECT {last + 1}, {columns} FROM events WHERE id = {last}")  # noqa: S608
        assert codes(history) >= {"verify.entry", "verify.content_gone"}
    with undone(history, "events") as say:
        for one, other in ((2, -2), (3, 2), (-2, 3)):
            say("UPDATE events SET id = ? WHERE id = ?", other, one)
        assert codes(history) >= {"verify.entry", "verify.content"}
    forger = Chain(chain_key(b"x" * 32), last, head)
    entry = {
        "at": "",
        "who": WHO.name,
        "what": "a",
        "round_id": None,
        "about": "",
        "before": None,
        "after": None,
        "why": None,
    }
    with undone(history, "events", "event_contents"):
        with history.connected(writes=True) as connection:
            forger.add(connection, [entry])
        assert codes(history) == {"verify.entry"}


def test_contents_are_not_made_to_fit_without_the_secret(history: Store) -> None:
    with undone(history, "events", "event_contents") as say:
        [(at,)] = say("SELECT max(event_id) FROM event_contents")
        digest = digest_of_content({"salt": "s", "before": None, "after": None, "why": "他"})
        say("UPDATE event_contents SET salt = 's', why = '他' WHERE event_id = ?", at)
        say("UPDATE events SET digest = ? WHERE id = ?", digest, at)
        assert codes(history) == {"verify.entry"}


def test_an_erasure_that_nobody_wrote_down_covers_nothing_up(history: Store) -> None:
    with undone(history, "erasures", "event_contents") as say:
        say("INSERT INTO erasures VALUES (77, 1, 9999, NULL, NULL, '', 'x')")
        say("DELETE FROM event_contents WHERE event_id = 1")
        assert codes(history) == {"verify.row_of_none"}


def test_a_log_that_is_cut_off_is_found_by_a_head_that_is_known(history: Store, tmp_path: Path) -> None:
    backup(history, tmp_path / "x.backup")
    known = verify(connect(f"sqlite:///{tmp_path / 'x.backup'}")).head
    assert codes(history, known) == codes(history, known[:16].upper()) == set()
    with undone(history, "events", "event_contents") as say:
        [(last,)] = say("SELECT max(id) FROM events")
        say("DELETE FROM event_contents WHERE event_id = ?", last)
        say("DELETE FROM events WHERE id = ?", last)
        assert codes(history) == set()
        assert codes(history, known) == {"verify.head"}
    for wrong in ("", known[:15], "z" * 64, known + "0"):
        with pytest.raises(InputError, match="不是日志链头"):
            verify(history, wrong)


def test_all_entries_cut_off_to_before_a_publication_are_found_by_it(history: Store) -> None:
    with undone(history, "events", "event_contents") as say:
        say("DELETE FROM event_contents")
        say("DELETE FROM events")
        assert codes(history) >= {"verify.row_of_none"}


def test_another_fingerprint_is_found_and_another_secret(history: Store) -> None:
    with undone(history, "marks") as say:
        say("UPDATE marks SET value = 'x' WHERE name = 'key'")
        assert codes(history) == {"verify.key"}
        with pytest.raises(StorageError, match="密钥与数据库"), history.writing("x"):
            pass
        say("DELETE FROM marks WHERE name = 'key'")
        assert codes(history) == {"verify.key"}
        with pytest.raises(StorageError, match="缺少密钥指纹"), history.writing("x"):
            pass
    assert codes(replace(history, secret=b"x" * 32)) >= {"verify.key", "verify.entry"}
    with pytest.raises(StorageError, match="没有服务密钥"):
        verify(replace(history, secret=None))


def test_what_was_frozen_and_is_another_by_now_is_found(history: Store) -> None:
    with bare(history) as say:
        [(digest, content), *_] = say("SELECT sha256, content FROM files ORDER BY sha256")
        say("UPDATE files SET content = ? WHERE sha256 = ?", b"x", digest)
        assert codes(history) == {"verify.file"}
        say("UPDATE files SET content = ? WHERE sha256 = ?", bytes(content), digest)
    assert codes(history) == set()


def test_a_publication_holds_the_head_of_the_log_before_it(history: Store) -> None:
    with history.reading() as view:
        heads = [publication.chain_head for publication in view.listed(Publication)]
        assert view.listed(Withdrawal)
    assert len(set(heads)) == len(heads) == 2
    assert {codes(history, head) == set() for head in heads} == {True}


def test_what_cannot_be_seen_is_said(history: Store) -> None:
    assert [message.code for message in verify(history).unseen] == [
        "verify.unseen.tail", "verify.unseen.secret", "verify.unseen.rows",
    ]  # fmt: skip


def test_a_log_under_a_new_secret_is_sealed_as_it_stands(databases: Databases, tmp_path: Path) -> None:
    lost = connect(databases.ready(), clock=lambda: THE_DAY)
    bureau.collecting(lost)
    accounts.invite(lost, WHO, accounts.add(lost, WHO, name="li", role="administrator", person="李").id)
    assert codes(lost) == set()
    store = replace(lost, secret=b"new secret that has thirty-two b")
    with store.connected(writes=True) as connection:
        begin_anew(connection, store.known_secret, who=WHO.name, at=store.now())
    with store.writing(WHO.name) as work:
        work.note("look_into", "batches/1")
    assert codes(store) == set()
    found = verify(store)
    assert found.counts["sealed"] == found.counts["entries"] - 2
    assert "verify.unseen.sealed" in [message.code for message in found.unseen]
    with pytest.raises(StorageError, match="密钥与数据库"), lost.writing(WHO.name):
        pass
    with store.reading() as view:
        assert (view.listed(Event)[-2].what, view.listed(Event)[-2].who) == ("seal", WHO.name)
    backup(store, tmp_path / "x.backup")
    other = replace(connect(databases.empty(), create=True), secret=store.secret)
    restore(tmp_path / "x.backup", other)
    assert verify(other).head == found.head
    assert codes(other) == set()
    with store.connected(writes=True) as connection:
        unguard(connection)
    with bare(store) as say:
        for column in ("who", "mac", "digest", "about"):
            [(was,)] = say(f"SELECT {column} FROM events WHERE id = 2")  # noqa: S608
            say(f"UPDATE events SET {column} = 'x' WHERE id = 2")  # noqa: S608
            assert "verify.entry" in codes(store)
            say(f"UPDATE events SET {column} = ? WHERE id = 2", was)  # noqa: S608
    store.close()
