"""The database gets its form, keeps its rows on the way to another, and is refused where it has none that is known."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import text, update

from matcher.domain.errors import StorageError
from matcher.store import Store, connect, current, downgrade, newest, open_store, upgrade, verify
from matcher.store.entities import Event
from matcher.store.schema import METADATA
from tests.databases import Databases, fill, rows_of

REVISIONS = ("0001", "0002", "0003", "0004", "0005", "0006", "0007")


@pytest.fixture
def empty(databases: Databases) -> Iterator[Store]:
    opened = connect(databases.empty(), create=True)
    yield opened
    opened.close()


def tables_of(store: Store) -> set[str]:
    from sqlalchemy import inspect

    with store.connected() as connection:
        return set(inspect(connection).get_table_names()) - {"alembic_version"}


def test_migrations_make_exactly_the_tables_that_the_schema_names(store: Store) -> None:
    with store.connected() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, METADATA) == []


def keeps(before: dict[str, list[Any]], after: dict[str, list[Any]]) -> bool:
    """Say whether rows that were there are, in the columns that there still are; a seal and a mark may have come."""

    def told(rows: list[Any], others: list[Any]) -> list[Any]:
        columns = [name for name in rows[0]._fields if name in others[0]._fields] if rows and others else []
        return [[getattr(row, name) for name in columns] for row in rows]

    def ours(rows: list[Any]) -> list[Any]:
        return [row for row in rows if getattr(row, "what", None) != "seal" and getattr(row, "name", None) != "key"]

    return all(
        told(ours(before[name]), ours(after[name])) == told(ours(after[name]), ours(before[name]))
        and len(ours(before[name])) == len(ours(after[name]))
        for name in before.keys() & after.keys()
    )


def test_each_step_up_and_each_step_down_keeps_the_rows_that_it_has_a_place_for(empty: Store) -> None:
    for revision in REVISIONS:
        before = tables_of(empty)
        kept = rows_of(empty, before)
        upgrade(empty, revision)
        assert current(empty) == revision
        assert keeps(kept, rows_of(empty, before))
        fill(empty, {name for name, rows in rows_of(empty, tables_of(empty) - before).items() if not rows})
    assert tables_of(empty) == set(METADATA.tables)
    for revision in (*reversed(REVISIONS[:-1]), "base"):
        before = rows_of(empty, tables_of(empty))
        downgrade(empty, revision)
        left = rows_of(empty, tables_of(empty))
        assert left.keys() <= before.keys()
        assert keeps(before, left)


def test_what_entries_said_of_changes_goes_to_a_table_of_its_own_and_back(empty: Store) -> None:
    upgrade(empty, "0004")
    fill(empty, {"events"}, rows=1100)
    before = rows_of(empty, {"events"})["events"]
    said = [(row.id, row.before, row.after, row.why) for row in before]
    upgrade(empty)
    contents = rows_of(empty, {"event_contents"})["event_contents"]
    assert [(row.event_id, row.before, row.after, row.why) for row in contents[:-1]] == said
    assert len({row.salt for row in contents}) == 1101
    with empty.reading() as view:
        *others, seal = view.listed(Event)
    assert [event.before for event in others] == [row.before for row in before]
    assert (seal.what, seal.who, seal.about) == ("seal", "matcher", "events/1100")
    assert verify(empty).findings == ()
    assert verify(empty).counts["sealed"] == 1100
    downgrade(empty, "0004")
    after = rows_of(empty, {"events"})["events"]
    assert [(row.id, row.before, row.after, row.why) for row in after[:-1]] == said
    assert [(row.at, row.who, row.what) for row in after[:-1]] == [(row.at, row.who, row.what) for row in before]


def test_each_step_down_to_base_leaves_nothing(empty: Store) -> None:
    upgrade(empty)
    downgrade(empty, "base")
    assert current(empty) is None
    assert tables_of(empty) == set()
    upgrade(empty)
    assert tables_of(empty) == set(METADATA.tables)


def test_to_upgrade_what_is_new_enough_changes_nothing(store: Store) -> None:
    fill(store, set(METADATA.tables))
    before = rows_of(store, set(METADATA.tables))
    upgrade(store)
    assert rows_of(store, set(METADATA.tables)) == before


def test_frozen_rows_can_be_changed_by_nobody(store: Store) -> None:
    fill(store, set(METADATA.tables))
    for name, column in (("files", "content"), ("publications", "document_number")):
        table = METADATA.tables[name]
        with (
            pytest.raises(Exception, match=f"rows of {name} are never changed"),
            store.connected(writes=True) as connection,
        ):
            connection.execute(update(table).values({column: table.c[column]}))


def test_a_database_that_is_there_opens_and_the_others_say_what_to_do(databases: Databases) -> None:
    open_store(databases.ready()).close()
    empty = databases.empty()
    connect(empty, create=True).close()
    with pytest.raises(StorageError, match="matcher database upgrade"):
        open_store(empty)


def test_an_older_form_and_a_newer_one_are_refused_each_with_its_sentence(databases: Databases) -> None:
    url = databases.ready()
    store = connect(url)
    downgrade(store, "0001")
    with pytest.raises(StorageError, match=rf"旧版（0001，需要 {newest()}）"):
        open_store(url)
    with store.connected(writes=True) as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StorageError, match="更新版本"):
        open_store(url)
    store.close()


@pytest.mark.parametrize(
    "change",
    ["INSERT INTO alembic_version VALUES ('0001')", "ALTER TABLE alembic_version RENAME COLUMN version_num TO x"],
)
def test_a_version_that_was_tampered_with_is_told_so(databases: Databases, change: str) -> None:
    store = connect(databases.ready())
    with store.connected(writes=True) as connection:
        connection.execute(text(change))
    with pytest.raises(StorageError, match="版本表 alembic_version 被改动"):
        open_store(store.url)
    store.close()


def test_a_database_with_a_name_that_is_no_text_is_told_to_be_damaged(every_engine: dict[str, Databases]) -> None:
    store = connect(every_engine["sqlite"].ready())
    with closing(sqlite3.connect(store.shown, isolation_level=None)) as bare:
        bare.execute("CREATE TRIGGER odd AFTER INSERT ON events BEGIN SELECT 1; END")
        bare.execute("PRAGMA writable_schema = ON")
        bare.execute("UPDATE sqlite_master SET name = x'ff41' WHERE name = 'odd'")
    with pytest.raises(StorageError, match="已损坏"):
        open_store(store.url)
    store.close()


def test_tables_of_another_program_are_left_alone(empty: Store) -> None:
    with empty.connected(writes=True) as connection:
        connection.execute(text("CREATE TABLE theirs (id INTEGER)"))
    with pytest.raises(StorageError, match="其他程序"):
        upgrade(empty)
    assert tables_of(empty) == {"theirs"}


def test_a_migration_that_fails_half_way_changes_nothing(empty: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    upgrade(empty, "0001")
    before = tables_of(empty)
    from alembic.operations import Operations

    made = Operations.create_table

    def failing(self: Operations, name: str, *rest: Any, **options: Any) -> Any:
        if name == "assessments":
            raise RuntimeError("no more")
        return made(self, name, *rest, **options)

    monkeypatch.setattr(Operations, "create_table", failing)
    with pytest.raises(RuntimeError, match="no more"):
        upgrade(empty)
    assert current(empty) == "0001"
    assert tables_of(empty) == before


def test_a_missing_file_of_sqlite_is_not_made_by_looking(tmp_path: Path) -> None:
    path = tmp_path / "nowhere" / "matcher.db"
    with pytest.raises(StorageError, match="matcher database upgrade"):
        open_store(f"sqlite:///{path}")
    assert not path.parent.exists()
