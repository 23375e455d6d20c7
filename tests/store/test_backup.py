"""A backup holds one moment, whole, and gives it back to either engine; or it says why not, and nothing has changed."""

import os
import shutil
import sqlite3
import stat
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import JSON, Text, cast, func, insert, select

from matcher.domain.errors import StorageError
from matcher.store import Store, backup, connect, current, downgrade, newest, restore, set_aside, upgrade
from matcher.store.engine import sqlite_url
from matcher.store.entities import Batch, Event, Scenario
from matcher.store.schema import EVENTS, METADATA
from tests.databases import ENGINES, THE_DAY, Databases, fill, rows_of, tables_in

ALL = set(METADATA.tables)


@pytest.fixture
def filled(store: Store) -> Store:
    fill(store, ALL, rows=5)
    return store


@pytest.fixture(params=ENGINES)
def other(request: pytest.FixtureRequest, every_engine: dict[str, Databases]) -> Iterator[Store]:
    """An empty database of either engine."""
    opened = connect(every_engine[request.param].empty(), create=True, clock=lambda: THE_DAY)
    yield opened
    opened.close()


def kept_in(path: Path) -> Store:
    return connect(sqlite_url(path))


def stored(store: Store) -> dict[str, list[Any]]:
    """Every row as it stands, JSON as its text."""
    with store.connected() as connection:
        return {
            table.name: list(
                connection.execute(
                    select(*(cast(c, Text) if isinstance(c.type, JSON) else c for c in table.columns)).order_by(
                        *table.primary_key.columns
                    )
                )
            )
            for table in tables_in(connection)
        }


def logged_out(tables: dict[str, list[Any]]) -> dict[str, list[Any]]:
    """Give rows as they are restored: sessions that were not over have ended now."""
    ended = [(*row[:-1], row.ended_at or "2026-06-01T01:30:00Z") for row in tables["sessions"]]
    return {**tables, "sessions": ended}


def forged(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA foreign_keys = OFF")
        for statement in statements:
            connection.execute(statement)


def test_what_comes_back_is_what_was_there_whichever_engine_it_came_from_and_goes_to(
    filled: Store, other: Store, tmp_path: Path
) -> None:
    there = stored(filled)
    assert set(there) == ALL
    assert backup(filled, tmp_path / "x.backup") == sum(map(len, there.values()))
    assert stored(kept_in(tmp_path / "x.backup")) == there
    assert restore(tmp_path / "x.backup", other) == (sum(map(len, there.values())), None)
    assert stored(other) == logged_out(there)
    assert current(other) == newest()


def test_more_rows_than_are_held_at_a_time_come_back_too(store: Store, other: Store, tmp_path: Path) -> None:
    event = {"at": "", "who": "", "what": "", "about": "", "digest": ""}
    with store.connected(writes=True) as connection:
        connection.execute(insert(EVENTS), [{**event, "mac": str(number)} for number in range(2500)])
    assert backup(store, tmp_path / "x.backup") == 2501  # and the mark of the secret
    restore(tmp_path / "x.backup", other)
    assert rows_of(other, {"events"}) == rows_of(store, {"events"})


def test_an_id_is_never_given_twice_though_its_row_is_gone(store: Store, other: Store, tmp_path: Path) -> None:
    def opened(where: Store, name: str) -> Batch:
        with where.writing("x") as work:
            return work.insert(
                Batch, "open_batch", name=name, year=2026, follows=None, created_at=work.at, created_by="x"
            )

    opened(store, "a")
    gone = opened(store, "b")
    with store.writing("x") as work:
        work.delete(gone, "drop")
    backup(store, tmp_path / "x.backup")
    restore(tmp_path / "x.backup", other)
    assert opened(other, "c").id == gone.id + 1
    with other.reading() as view:
        assert [event.id for event in view.listed(Event)] == [1, 2, 3, 4]
        assert view.listed(Scenario) == []


def test_restored_rows_are_bound_and_frozen_as_before(filled: Store, other: Store, tmp_path: Path) -> None:
    backup(filled, tmp_path / "x.backup")
    restore(tmp_path / "x.backup", other)
    for statement, refused in (
        ("UPDATE files SET content = content", "never changed"),
        ("DELETE FROM events", "never changed"),
        ("DELETE FROM batches", "(?i)foreign key"),
    ):
        with pytest.raises(Exception, match=refused), other.connected(writes=True) as connection:
            connection.exec_driver_sql(statement)


def test_backups_that_are_made_while_others_write_each_hold_one_moment(store: Store, tmp_path: Path) -> None:
    with store.writing("x") as work:
        for name in "abcd":
            work.insert(Batch, "tests", name=name, year=2000, follows=None, created_at="", created_by="")
    stop, faults = threading.Event(), []

    def move(start: int) -> None:
        """Move a year from one batch to the next, each of both a change that is written down."""
        while not stop.is_set():
            with store.writing("x") as work:
                rows = work.listed(Batch)
                giver, taker = rows[start], rows[(start + 1) % 4]
                work.change(giver, "give", year=giver.year - 1)
                work.change(taker, "take", year=taker.year + 1)

    def moving(start: int) -> None:
        try:
            move(start)
        except Exception as fault:
            faults.append(fault)
            raise

    threads = [threading.Thread(target=moving, args=(start,)) for start in range(4)]
    for thread in threads:
        thread.start()
    counts = []
    for number in range(6):
        backup(store, tmp_path / f"{number}.backup")
        with kept_in(tmp_path / f"{number}.backup").reading() as view:
            years, events = {row.id: row.year for row in view.listed(Batch)}, view.listed(Event)
        assert sum(years.values()) == 4 * 2000
        changes = Counter(event.what for event in events)
        assert changes["give"] == changes["take"]
        told = dict.fromkeys(years, 2000)
        for event in events:
            told[int(event.about.partition("/")[2])] = (event.after or {})["year"]
        assert told == years
        counts.append(len(events))
    stop.set()
    for thread in threads:
        thread.join()
    assert faults == []
    assert counts == sorted(counts)
    assert counts[-1] > counts[0]


def test_a_backup_is_one_file_for_its_owner_alone(filled: Store, tmp_path: Path) -> None:
    backup(filled, tmp_path / "x.backup")
    assert [path.name for path in tmp_path.iterdir()] == ["x.backup"]
    assert (tmp_path / "x.backup").stat().st_mode & 0o777 == 0o600


def test_a_file_that_is_there_is_replaced_only_when_told(filled: Store, tmp_path: Path) -> None:
    path = tmp_path / "x.backup"
    path.write_text("theirs", encoding="utf-8")
    with pytest.raises(StorageError, match="已存在"):
        backup(filled, path)
    assert path.read_text(encoding="utf-8") == "theirs"
    backup(filled, path, replace=True)
    assert stored(kept_in(path)) == stored(filled)


def test_the_database_itself_is_never_replaced_by_its_backup(every_engine: dict[str, Databases]) -> None:
    store = connect(every_engine["sqlite"].ready())
    fill(store, ALL)
    before = stored(store)
    with pytest.raises(StorageError, match="已存在"):
        backup(store, store.shown, replace=True)
    assert stored(store) == before


def test_there_is_nothing_to_back_up_before_there_are_tables(databases: Databases, tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="没有可备份的内容"):
        backup(connect(databases.empty(), create=True), tmp_path / "x.backup")
    assert list(tmp_path.iterdir()) == []


def test_an_earlier_form_is_backed_up_as_it_is_and_restored_as_it_is_needed(
    filled: Store, other: Store, tmp_path: Path
) -> None:
    downgrade(filled, "0002")
    before = rows_of(filled, ALL)
    backup(filled, tmp_path / "x.backup")
    digest = (tmp_path / "x.backup").read_bytes()
    assert current(kept_in(tmp_path / "x.backup")) == "0002"
    restore(tmp_path / "x.backup", other)
    assert current(other) == newest()
    after = rows_of(other, ALL)
    later_columns = {"events": 0, "publications": 1, "batches": 2}
    for name in before.keys() - {"events"}:
        assert [row[: len(row) - later_columns.get(name, 0)] for row in after[name]] == before[name]
    assert [row.id for row in after["events"]] == [*(row.id for row in before["events"]), 6]
    assert {name for name in after if after[name]} - before.keys() == {"event_contents", "marks"}
    assert (tmp_path / "x.backup").read_bytes() == digest


def test_rows_that_are_there_are_replaced_only_when_told_and_set_aside_before(
    filled: Store, databases: Databases, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MATCHER_HOME", str(tmp_path / "home"))
    backup(filled, tmp_path / "x.backup")
    target = connect(databases.ready(), clock=lambda: THE_DAY)
    fill(target, ALL, rows=7)
    before = stored(target)
    with pytest.raises(StorageError, match="已有数据"):
        restore(tmp_path / "x.backup", target)
    assert stored(target) == before
    _, aside = restore(tmp_path / "x.backup", target, replace=True)
    assert stored(target) == logged_out(stored(filled))
    assert aside is not None
    assert stored(kept_in(aside)) == before
    restore(aside, connect(databases.empty(), create=True))


def test_what_is_set_aside_is_named_by_revision_and_time_and_nothing_is_where_nothing_was(
    databases: Databases, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MATCHER_HOME", str(tmp_path / "home"))
    store = connect(databases.ready())
    assert set_aside(store) is None
    fill(store, ALL)
    aside = set_aside(store)
    assert aside is not None
    name = Path(store.engine.url.database or "").stem
    assert aside.match(f"{name}-{newest()}-2*T*Z.backup")
    assert aside.parent == (Path(store.shown).parent if store.is_sqlite else tmp_path / "home")
    aside.unlink()


@pytest.mark.parametrize(
    ("spoilt", "said"),
    [
        (("UPDATE alembic_version SET version_num = '9999'",), "更新版本"),
        (("PRAGMA application_id = 7",), "不是 matcher database backup 生成的备份"),
        (("DELETE FROM rounds",), "已损坏"),
        (("UPDATE batches SET name = name || char(0)",), "无法存入"),
        (("PRAGMA writable_schema = ON", "UPDATE sqlite_master SET rootpage = 3 WHERE name = 'events'"), "已损坏"),
    ],
)
def test_a_spoilt_backup_is_refused_and_changes_nothing(
    filled: Store, spoilt: tuple[str, ...], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MATCHER_HOME", str(tmp_path))
    before = stored(filled)
    backup(filled, tmp_path / "x.backup")
    forged(tmp_path / "x.backup", *spoilt)
    with pytest.raises(StorageError, match=said):
        restore(tmp_path / "x.backup", filled, replace=True)
    assert stored(filled) == before


def test_a_backup_cut_short_is_refused(filled: Store, other: Store, tmp_path: Path) -> None:
    path = tmp_path / "x.backup"
    backup(filled, path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(StorageError, match="已损坏"):
        restore(path, other)
    assert current(other) is None


def test_files_that_are_no_backup_are_refused_each_with_its_sentence(other: Store, tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="没有备份文件"):
        restore(tmp_path / "nowhere", other)
    (tmp_path / "text").write_text("专家编号,姓名\n" * 100, encoding="utf-8")
    (tmp_path / "void").touch()
    forged(tmp_path / "theirs", "CREATE TABLE alembic_version (version_num TEXT)", "CREATE TABLE rounds (id INTEGER)")
    for name in ("text", "void", "theirs"):
        with pytest.raises(StorageError, match="不是 matcher database backup 生成的备份"):
            restore(tmp_path / name, other)
    assert current(other) is None


def test_who_reads_while_a_backup_is_restored_sees_what_was_before(
    filled: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MATCHER_HOME", str(tmp_path))
    backup(filled, tmp_path / "x.backup")
    with filled.writing("x") as work:
        work.insert(Batch, "tests", id=6, name="later", year=2027, follows=None, created_at="", created_by="")
    with filled.connected() as reader:
        count = select(func.count()).select_from(METADATA.tables["batches"])
        assert reader.execute(count).scalar() == 6
        restore(tmp_path / "x.backup", filled, replace=True)
        assert reader.execute(count).scalar() == 6
    with filled.connected() as reader:
        assert reader.execute(count).scalar() == 5


def test_a_copy_of_a_backup_is_a_database_after_an_upgrade(filled: Store, tmp_path: Path) -> None:
    backup(filled, tmp_path / "x.backup")
    shutil.copyfile(tmp_path / "x.backup", tmp_path / "matcher.db")
    store = connect(sqlite_url(tmp_path / "matcher.db"), create=True)
    upgrade(store)
    assert stored(store) == stored(filled)


def test_only_a_file_is_replaced_and_none_that_belongs_to_the_database(filled: Store, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    own = [Path(f"{filled.shown}{part}") for part in ("", "-wal", "-shm", "-journal")] if filled.is_sqlite else []
    for path in (pipe, *own):
        if not path.exists():
            path.touch()
        with pytest.raises(StorageError, match=path.name):
            backup(filled, path, replace=True)
    assert stat.S_ISFIFO(pipe.stat().st_mode)
    for path in (tmp_path, Path()):
        with pytest.raises(StorageError):
            backup(filled, path, replace=True)


def test_what_others_keep_beside_our_tables_is_theirs(filled: Store, other: Store, tmp_path: Path) -> None:
    before = stored(filled)
    with filled.connected(writes=True) as connection:
        connection.exec_driver_sql("CREATE TABLE notes (id INTEGER PRIMARY KEY, t TEXT)")
        connection.exec_driver_sql("INSERT INTO notes VALUES (1, 'theirs')")
    backup(filled, tmp_path / "b")
    restore(tmp_path / "b", other)
    assert stored(other) == logged_out(before)
    restore(tmp_path / "b", filled, replace=True)
    assert stored(filled) == logged_out(before)
    with filled.connected(writes=True) as connection:
        assert connection.exec_driver_sql("SELECT t FROM notes").scalar_one() == "theirs"
        connection.exec_driver_sql("DROP TABLE notes")


def test_a_backup_that_lacks_a_table_is_damaged(filled: Store, other: Store, tmp_path: Path) -> None:
    backup(filled, tmp_path / "b")
    forged(tmp_path / "b", "DROP TABLE service_log")
    with pytest.raises(StorageError, match="service_log"):
        restore(tmp_path / "b", other)


def test_two_that_are_set_aside_within_one_second_are_two(filled: Store) -> None:
    first, second = set_aside(filled), set_aside(filled)
    assert first is not None
    assert second is not None
    assert first != second
    assert stored(kept_in(first)) == stored(kept_in(second))
    for path in (first, second):
        path.unlink()
