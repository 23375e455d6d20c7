"""Many writers at once lose nothing; what the world outside refuses is said in a sentence, and nothing is half done."""

import os
import resource
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import event, make_url

from matcher.domain.errors import StorageError
from matcher.store import Store, Writer, backup, connect, database_url, open_store, restore
from matcher.store.engine import sqlite_url
from matcher.store.entities import Batch, Event
from matcher.store.schema import METADATA
from tests.databases import Databases, fill, rows_of

ALL = set(METADATA.tables)
SECRET = "geheim"  # noqa: S105 - of nobody's
NOBODY = 65534


@pytest.fixture
def batch(store: Store) -> Batch:
    with store.writing("x") as work:
        return work.insert(Batch, "tests", name="a", year=0, follows=None, created_at="", created_by="")


@pytest.fixture
def file(every_engine: dict[str, Databases]) -> Iterator[Path]:
    """A database of SQLite with rows, in a folder that others can look into."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    path = folder / "matcher.db"
    shutil.copyfile(make_url(every_engine["sqlite"].ready()).database or "", path)
    fill(connect(sqlite_url(path)), ALL, rows=3)
    yield path
    folder.chmod(0o755)
    shutil.rmtree(folder)


@contextmanager
def without_rights() -> Generator[None, None, None]:
    """Be nobody for a while: root may write everywhere."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


@contextmanager
def largest_file(size: int) -> Generator[None, None, None]:
    """Let no file grow beyond a size, as on a disk that is full."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def one_more(store: Store, batch: Batch) -> None:
    with store.writing("x") as work:
        row = work.get(Batch, id=batch.id)
        work.change(row, "count", year=row.year + 1)


def open_another(work: Writer, name: str = "z") -> Batch:
    return work.insert(Batch, "open_batch", name=name, year=1, follows=None, created_at="", created_by="")


def year_of(store: Store, batch: Batch) -> int:
    with store.reading() as view:
        return view.get(Batch, id=batch.id).year


def test_twenty_writers_at_once_lose_nothing(store: Store, batch: Batch) -> None:
    def writer(_: int) -> None:
        for _ in range(20):
            one_more(store, batch)

    with ThreadPoolExecutor(20) as pool:
        list(pool.map(writer, range(20)))
    assert year_of(store, batch) == 400
    with store.reading() as view:
        assert [(event.after or {})["year"] for event in view.listed(Event)] == list(range(401))


def test_writers_of_several_processes_lose_nothing(store: Store, batch: Batch) -> None:
    writers = (  # one that imports, and forks
        "import os, sys\n"
        "from matcher.store import connect\n"
        "from matcher.store.entities import Batch\n"
        "writers = []\n"
        "while len(writers) < 3 and (writer := os.fork()):\n"
        "    writers.append(writer)\n"
        "if len(writers) == 3:\n"
        "    sys.exit(any(os.waitpid(writer, 0)[1] for writer in writers))\n"
        "store = connect(sys.argv[1])\n"
        "for _ in range(25):\n"
        "    with store.writing('x') as work:\n"
        "        row = work.get(Batch, id=int(sys.argv[2]))\n"
        "        work.change(row, 'count', year=row.year + 1)\n"
    )
    command = [sys.executable, "-c", writers, store.url, str(batch.id)]
    ran = subprocess.run(command, stderr=subprocess.PIPE, text=True, check=False)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert year_of(store, batch) == 75


def test_a_writer_waits_for_another_only_so_long_and_a_reader_not_at_all(store: Store, batch: Batch) -> None:
    other = connect(store.url, wait_s=0.3)
    with store.writing("x") as work:
        work.change(work.get(Batch, id=batch.id), "tests", year=1)
        started = time.monotonic()
        assert year_of(other, batch) == 0
        with pytest.raises(StorageError, match=r"等待 0\.3 秒后仍被占用"):
            one_more(other, batch)
        assert 0.3 <= time.monotonic() - started < 5
    one_more(other, batch)
    assert year_of(store, batch) == 2


def test_a_reader_sees_one_moment_however_long_it_reads(store: Store, batch: Batch) -> None:
    with store.reading() as view:
        assert view.get(Batch, id=batch.id).year == 0
        one_more(store, batch)
        assert view.get(Batch, id=batch.id).year == 0
    assert year_of(store, batch) == 1


def test_a_reader_can_not_write(store: Store, batch: Batch) -> None:
    with pytest.raises(StorageError, match="不可写"), store.connected() as connection:
        connection.exec_driver_sql("UPDATE batches SET year = 9")
    assert year_of(store, batch) == 0


def test_a_database_that_has_no_room_left_keeps_what_it_had(file: Path) -> None:
    store = connect(sqlite_url(file))
    before = rows_of(store, ALL)

    @event.listens_for(store.engine, "connect")
    def _bounded(connection: sqlite3.Connection, _record: object) -> None:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {pages + 4}")

    def too_much() -> None:
        with store.writing("x") as work:
            open_another(work)
            work.keep_file(b"x" * 100_000)

    with pytest.raises(StorageError, match="磁盘已满") as refused:
        too_much()
    assert str(file) in str(refused.value)
    assert rows_of(store, ALL) == before


def test_a_disk_that_is_full_leaves_the_rows_and_no_half_of_a_backup(file: Path) -> None:
    folder = file.parent / "small"
    folder.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=600k", "tmpfs", str(folder)], check=False).returncode:
        pytest.skip("may not mount a small disk here")
    try:
        shutil.copyfile(file, folder / "matcher.db")
        store = connect(sqlite_url(folder / "matcher.db"))
        before = rows_of(store, ALL)
        with pytest.raises(StorageError, match="磁盘已满") as refused, store.writing("x") as work:
            work.keep_file(b"x" * 1_000_000)
        assert str(folder / "matcher.db") in str(refused.value)
        assert rows_of(store, ALL) == before
        large = connect(sqlite_url(file))
        with large.writing("x") as work:
            work.keep_file(b"x" * 1_000_000)
        with pytest.raises(StorageError, match="磁盘已满") as refused:
            backup(large, folder / "x.backup")
        assert str(folder / "x.backup") in str(refused.value)
        assert {path.name for path in folder.iterdir()} <= {"matcher.db", "matcher.db-wal", "matcher.db-shm"}
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def test_a_file_that_may_not_grow_leaves_the_rows_and_no_half_of_a_backup(file: Path, tmp_path: Path) -> None:
    store = connect(sqlite_url(file))
    before = rows_of(store, ALL)
    with largest_file(100_000):
        with pytest.raises(StorageError, match="磁盘出错") as refused, store.writing("x") as work:
            work.keep_file(b"x" * 1_000_000)
        assert str(file) in str(refused.value)
        with pytest.raises(StorageError, match="磁盘出错") as refused:
            backup(store, tmp_path / "x.backup")
        assert f" {tmp_path / 'x.backup'} " in str(refused.value)
    assert list(tmp_path.iterdir()) == []
    assert rows_of(store, ALL) == before


def test_a_restore_for_which_there_is_no_room_changes_nothing(file: Path, tmp_path: Path) -> None:
    large = connect(sqlite_url(file))
    with large.writing("x") as work:
        work.keep_file(b"x" * 1_000_000)
    backup(large, tmp_path / "x.backup")
    store = connect(sqlite_url(tmp_path / "matcher.db"), create=True)
    with largest_file(500_000), pytest.raises(StorageError, match="没有写入任何内容"):
        restore(tmp_path / "x.backup", store)
    restore(tmp_path / "x.backup", store)
    kept = ALL - {"sessions"}  # which a restore ends
    assert rows_of(store, kept) == rows_of(large, kept)


@pytest.mark.parametrize("of", ["file", "folder"])
def test_what_may_only_be_read_is_not_written(file: Path, of: str) -> None:
    before = rows_of(connect(sqlite_url(file)), ALL)
    (file if of == "file" else file.parent).chmod(0o444 if of == "file" else 0o555)
    with (
        without_rights(),
        pytest.raises(StorageError, match=rf"数据库 {file} 不可写"),
        connect(sqlite_url(file)).writing("x") as work,
    ):
        open_another(work)
    for path in (file, file.parent):
        path.chmod(0o755)
    assert rows_of(connect(sqlite_url(file)), ALL) == before


def test_a_folder_that_may_only_be_read_takes_no_backup(file: Path) -> None:
    store, folder = connect(sqlite_url(file)), file.parent / "read"
    folder.mkdir(mode=0o555)
    file.parent.chmod(0o777)
    file.chmod(0o666)
    with without_rights(), pytest.raises(StorageError, match=rf"无法写入 {folder / 'x.backup'}（Permission denied）"):
        backup(store, folder / "x.backup")
    assert list(folder.iterdir()) == []


def test_a_folder_that_may_not_be_looked_into_or_written_says_so(file: Path) -> None:
    file.parent.chmod(0o700 if os.geteuid() == 0 else 0o000)
    with without_rights():
        with pytest.raises(StorageError, match="不可写"):
            connect(sqlite_url(file))
        with pytest.raises(StorageError, match="不可写"):
            connect(sqlite_url(file.parent / "new" / "matcher.db"), create=True)


def test_a_file_that_is_no_database_is_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "experts.csv"
    path.write_text("专家编号,姓名\n" * 100, encoding="utf-8")
    before = path.read_bytes()
    for create in (False, True):
        with (
            pytest.raises(StorageError, match=rf"{path} 不是 SQLite 数据库"),
            connect(sqlite_url(path), create=create).writing("x"),
        ):
            pass
    assert path.read_bytes() == before


def test_a_damaged_database_says_so_and_can_not_be_backed_up(file: Path, tmp_path: Path) -> None:
    store = connect(sqlite_url(file))
    with store.writing("x") as work:
        for number in range(200):
            open_another(work, f"z{number}")
    with file.open("r+b") as bytes_:
        bytes_.seek(8192)
        bytes_.write(b"\xa5" * (file.stat().st_size - 16384))
    with pytest.raises(StorageError, match=rf"数据库 {file} 已损坏"):
        rows_of(store, ALL)
    with pytest.raises(StorageError, match=rf"数据库 {file} 已损坏"):
        backup(store, tmp_path / "x.backup")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("url", "said"),
    [
        (SECRET, "地址无法识别"),
        (f"://{SECRET}", "地址无法识别"),
        (f"postgresql://u:p@{SECRET}@nohost.invalid/db", "地址无法识别"),
        (f"postgresql://u:{SECRET}@h:port{SECRET}/x", "地址无法识别"),
        (f"nothing://u:{SECRET}@h/x", "nothing://u@h/x 不受支持"),
        ("sqlite://", "不受支持"),
        ("sqlite:///:memory:", "不受支持"),
        (f"mysql://u:{SECRET}@h/x?password={SECRET}", "mysql://u@h/x 不受支持"),
        (f"postgresql://u:{SECRET}@127.0.0.1:1/x?password={SECRET}", "连接不上数据库 postgresql://u@127.0.0.1:1/x"),
        (f"postgresql://u:{SECRET}@127.0.0.1:1/x?nonsense=1", "连接不上数据库 postgresql://u@127.0.0.1:1/x"),
        (f"postgresql+nothing://u:{SECRET}@nowhere.invalid/x", "连接不上数据库 postgresql://u@nowhere.invalid/x"),
    ],
)
def test_an_address_that_leads_nowhere_says_so_without_its_password(
    url: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MATCHER_DATABASE_URL", url)
    with pytest.raises(StorageError, match=said) as refused:
        open_store()
    told = "".join(f"{message}{getattr(message, 'values', '')}" for message in refused.value.messages)
    assert SECRET not in told


def test_a_password_that_is_wrong_says_so_and_is_not_shown(every_engine: dict[str, Databases]) -> None:
    server = every_engine["postgresql"]
    url = make_url(server.ready())
    rules = server.folder / "postgresql" / "pg_hba.conf"
    before = rules.read_text(encoding="utf-8")
    server.execute("CREATE ROLE guarded LOGIN PASSWORD 'right'")
    rules.write_text(f"local all guarded scram-sha-256\n{before}", encoding="utf-8")
    server.execute("SELECT pg_reload_conf()")
    guarded = url.set(username="guarded", password=SECRET).render_as_string(hide_password=False)
    try:
        with pytest.raises(StorageError, match="连接不上数据库") as refused:
            open_store(guarded)
        assert "guarded" in str(refused.value)
        assert SECRET not in str(refused.value)
    finally:
        rules.write_text(before, encoding="utf-8")
        server.execute("SELECT pg_reload_conf()")
        server.execute("DROP ROLE guarded")


def test_without_the_extra_it_is_said_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(StorageError, match=r"pip install \"matcher\[postgres\]\""):
        connect("postgresql://u@h/x")


def test_a_folder_of_any_name_can_hold_the_database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path / "新 建 100%?#@:文件夹"
    monkeypatch.setenv("MATCHER_HOME", str(home))
    monkeypatch.delenv("MATCHER_DATABASE_URL", raising=False)
    store = connect(create=True)
    with store.connected(writes=True):
        pass
    assert store.shown == str(home / "matcher.db")
    assert (home / "matcher.db").is_file()
    assert store.url == database_url()


@pytest.fixture
def postgres(every_engine: dict[str, Databases]) -> Iterator[Store]:
    opened = connect(every_engine["postgresql"].ready())
    with opened.writing("x") as work:
        work.insert(Batch, "tests", name="a", year=0, follows=None, created_at="", created_by="")
    yield opened
    opened.close()


def test_a_postgresql_that_only_reads_says_so(postgres: Store, every_engine: dict[str, Databases]) -> None:
    before = rows_of(postgres, ALL)
    name = postgres.engine.url.database
    every_engine["postgresql"].execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    with pytest.raises(StorageError, match="不可写"), postgres.writing("x") as work:
        open_another(work)
    assert rows_of(postgres, ALL) == before


@pytest.mark.parametrize(
    ("before_it", "statement", "said"),
    [
        ("SET LOCAL statement_timeout = 50", "SELECT pg_sleep(10)", "操作被中断"),
        ("SELECT 1", "SELECT pg_terminate_backend(pg_backend_pid())", "连接不上"),
        (
            "SELECT 1",
            "DO $$ BEGIN RAISE EXCEPTION 'no space left' USING ERRCODE = '53100'; END $$",
            "磁盘已满（no space left）",
        ),
        ("SELECT 1", "DO $$ BEGIN RAISE EXCEPTION 'bad page' USING ERRCODE = 'XX001'; END $$", "已损坏（bad page）"),
        ("SELECT 1", "DO $$ BEGIN RAISE EXCEPTION 'bad disk' USING ERRCODE = '58030'; END $$", "磁盘出错（bad disk）"),
    ],
)
def test_what_postgresql_breaks_off_is_not_half_done(
    postgres: Store, before_it: str, statement: str, said: str
) -> None:
    def broken_off() -> None:
        with postgres.writing("x") as work:
            open_another(work)
            work.connection.exec_driver_sql(before_it)
            work.connection.exec_driver_sql(statement)

    before = rows_of(postgres, ALL)
    with pytest.raises(StorageError, match=said):
        broken_off()
    assert rows_of(postgres, ALL) == before


def test_a_fault_of_ours_stays_one(store: Store) -> None:
    with pytest.raises(Exception, match=r"no_such_table") as fault, store.connected() as connection:
        connection.exec_driver_sql("SELECT * FROM no_such_table")
    assert not isinstance(fault.value, StorageError)


def test_a_writer_that_is_killed_leaves_nothing_and_blocks_nobody(store: Store, batch: Batch) -> None:
    writer = (
        "import sys, time\n"
        "from matcher.store import connect\n"
        "from matcher.store.entities import Batch\n"
        "with connect(sys.argv[1]).writing('x') as work:\n"
        "    work.change(work.get(Batch, id=int(sys.argv[2])), 'count', year=7)\n"
        "    print('there', flush=True)\n"
        "    time.sleep(60)\n"
    )
    command = [sys.executable, "-c", writer, store.url, str(batch.id)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "there\n"
        process.kill()
    one_more(store, batch)
    assert year_of(store, batch) == 1
