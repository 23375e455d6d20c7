"""`matcher database` as those meet it who run the service: where the database is, what was done, and codes."""

import json
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from matcher import cli
from matcher.language import use
from matcher.store import connect, current, downgrade, mark_demo, newest
from matcher.store.entities import Batch
from matcher.store.schema import METADATA
from matcher.store.verifying import chain_head
from tests.city import city_in, run
from tests.databases import Databases, fill, rows_of

ALL = set(METADATA.tables)


class Ran(NamedTuple):
    code: int
    out: str
    err: str


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MATCHER_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("MATCHER_DATABASE_URL", raising=False)
    return tmp_path / "home"


@pytest.fixture
def database(capsys: pytest.CaptureFixture[str], home: Path):  # noqa: ARG001 - where it works
    def run(*words: object) -> Ran:
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            cli.main(["database", *map(str, words)])
        use("zh")
        said = capsys.readouterr()
        return Ran(int(ended.value.code or 0), said.out, said.err)

    return run


def without_sessions(tables: dict[str, Any]) -> dict[str, Any]:
    """Give rows but for those that a restore ends."""
    return {name: rows for name, rows in tables.items() if name != "sessions"}


def test_upgrade_makes_the_file_and_its_folder_and_says_where_and_which(database, home: Path) -> None:
    ran = database("upgrade")
    assert ran == Ran(0, "", f"已建立数据库 {home / 'matcher.db'}（结构版本 {newest()}）\n")
    assert current(connect()) == newest()
    again = database("upgrade", "--lang", "en")
    assert again.err == f"The database {home / 'matcher.db'} is up to date (revision {newest()}): nothing to do\n"
    assert [path.name for path in home.iterdir()] == ["matcher.db"]


def test_upgrade_backs_up_what_is_there_before_it_changes_it(database, home: Path) -> None:
    database("upgrade")
    fill(connect(), ALL, rows=2)
    downgrade(connect(), "0002")
    ran = database("upgrade")
    [kept] = home.glob("matcher-0002-*.backup")
    assert ran.err.splitlines() == [
        f"改动前的内容已备份到 {kept}",
        f"数据库 {home / 'matcher.db'} 已从 0002 升级到 {newest()}",
    ]
    assert database("restore", kept, "--replace").code == 0


def test_upgrade_that_fails_leaves_everything_and_the_backup(database, home: Path, monkeypatch) -> None:
    database("upgrade")
    fill(connect(), ALL)
    downgrade(connect(), "0002")
    monkeypatch.setattr("matcher.services.keeping.upgrade_within", lambda *_: 1 / 0)
    assert database("upgrade").code == 1
    assert current(connect()) == "0002"
    assert len(list(home.glob("matcher-0002-*.backup"))) == 1


def test_what_was_backed_up_is_restored_into_an_empty_database_or_told(
    database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database("upgrade")
    fill(connect(), ALL, rows=3)
    before = rows_of(connect(), ALL)
    count = sum(map(len, before.values()))
    file = tmp_path / "x.backup"
    head = f"日志链头：{chain_head(connect())}\n"
    assert database("backup", file) == Ran(0, "", f"已备份到 {file}，共 {count} 行\n{head}")
    refused = database("backup", file)
    assert (refused.code, refused.out) == (2, "")
    assert "已存在" in refused.err
    assert database("backup", file, "--replace").code == 0
    refused = database("restore", file)
    assert refused.code == 2
    assert "--replace" in refused.err
    replaced = database("restore", file, "--replace")
    assert replaced.code == 0
    assert "改动前的内容已备份到" in replaced.err
    monkeypatch.setenv("MATCHER_HOME", str(tmp_path / "another"))
    restored = database("restore", file)
    place = tmp_path / "another" / "matcher.db"
    assert restored == Ran(0, "", f"已把 {file} 恢复到数据库 {place}，共 {count} 行\n{head}")
    assert without_sessions(rows_of(connect(), ALL)) == without_sessions(before)


def test_the_same_commands_keep_a_postgresql(
    database, every_engine: dict[str, Databases], home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = every_engine["postgresql"].empty()
    monkeypatch.setenv("MATCHER_DATABASE_URL", url)
    made = database("upgrade")
    assert made.code == 0
    assert "已建立数据库 postgresql://" in made.err
    fill(connect(), ALL, rows=2)
    before = rows_of(connect(), ALL)
    assert database("backup", tmp_path / "x.backup").code == 0
    downgrade(connect(), "0002")
    assert database("upgrade").code == 0
    assert len(list(home.glob("*-0002-*.backup"))) == 1
    assert database("restore", tmp_path / "x.backup", "--replace").code == 0
    assert without_sessions(rows_of(connect(), ALL)) == without_sessions(before)


def test_verify_says_what_holds_what_does_not_and_what_it_cannot_see(database, home: Path) -> None:
    database("upgrade")
    with connect().writing("x") as work:
        work.note("look_into", "batches/1", "因为")
        work.note("look_into", "batches/1")
    head = chain_head(connect())
    ran = database("verify", "--head", head)
    assert ran.code == 0
    assert ran.err.splitlines()[:2] == [
        "核验通过：2 条日志（0 条已封存，0 条内容已删除），0 份名单，0 个文件",
        f"日志链头：{head}",
    ]
    assert ran.err.count("看不出") == 3
    told = json.loads(database("verify", "--json").out)
    assert (told["sound"], told["head"], told["entries"], told["findings"]) == (True, head, 2, [])
    assert database("verify", "--head", "abc").code == 2
    with closing(sqlite3.connect(home / "matcher.db", isolation_level=None)) as connection:
        connection.execute("DROP TRIGGER events_kept_update")
        connection.execute("UPDATE events SET who = '别人' WHERE id = 1")
    ran = database("verify", "--lang", "en")
    assert ran.code == 4
    guard, entry, last, *_ = ran.err.splitlines()
    assert guard.startswith("the trigger events_kept_update that guards the table events is missing, off or changed")
    assert entry.startswith(f"entry 1 of the log (别人, {told_at(home)}) does not fit the chain")
    assert last.startswith("Not as it was written, 2 findings: 2 entries of the log (0 sealed")
    told = json.loads(database("verify", "--json", "--head", "0" * 64).out)
    assert (told["sound"], len(told["findings"])) == (False, 3)


def told_at(home: Path) -> str:
    with closing(sqlite3.connect(home / "matcher.db")) as connection:
        return connection.execute("SELECT at FROM events WHERE id = 1").fetchone()[0]


def test_the_log_is_listed_in_words_and_for_programs_page_by_page(database) -> None:
    database("upgrade")
    nothing = database("log")
    assert nothing == Ran(0, "", "没有符合条件的日志\n")
    with connect().writing("王科长") as work:
        batch = work.insert(
            Batch, "open_batch", name="试点", year=2026, follows=None, created_at=work.at, created_by=work.who
        )
        work.change(batch, "keep_until", "档案规定", keep_until="2029-12-31")
        work.note("export", "publications/1/workbook")
    shown = database("log")
    assert (shown.code, shown.err) == (0, "")
    lines = [line.split() for line in shown.out.splitlines() if line.strip()]
    assert [line[0] for line in lines if line[0].isdigit()] == ["3", "2", "1"]
    for word in ("王科长", "登记保存期限", "批次", "batches/1", "保存至：无 → 2029-12-31", "档案规定", "名称：试点"):
        assert word in shown.out
    page = database("log", "--limit", 2, "--json", "--lang", "en")
    assert page.err == "2 entries are listed; for older ones, add --before 2\n"
    told = json.loads(page.out)
    assert [(row["id"], row["what"], row["about"], row["why"]) for row in told] == [
        (3, "export", "publications/1/workbook", None),
        (2, "keep_until", "batches/1", "档案规定"),
    ]
    assert (told[1]["before"], told[1]["after"]) == ({"keep_until": None}, {"keep_until": "2029-12-31"})
    [older] = json.loads(database("log", "--before", 2, "--json").out)
    assert older["what"] == "open_batch"
    one = database("log", "--what", "export", "--by", "王科长", "--about", "publications/", "--since", "2020-01-01")
    assert "导出" in one.out
    assert "试点" not in one.out
    for wrong, why in (("--since", "「昨天」不是日期"), ("--round", "没有这个轮次：7")):
        ran = database("log", wrong, "昨天" if wrong == "--since" else 7)
        assert (ran.code, ran.out) == (2, "")
        assert why in ran.err


def test_a_secret_is_made_told_and_when_it_is_lost_another_one_is_taken(
    database, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MATCHER_SECRET")
    ran = database("upgrade")
    assert ran.err.startswith(f"已生成服务密钥 {home / 'secret'}")
    with connect().writing("x") as work:
        work.note("look_into", "batches/1")
    database("backup", tmp_path / "x.backup")
    (home / "secret").rename(tmp_path / "found again")
    for words in (("upgrade",), ("verify",)):
        ran = database(*words)
        assert (ran.code, ran.err[:6]) == (2, "没有服务密钥")
        assert not (home / "secret").exists()
    ran = database("upgrade", "--new-secret")
    assert [line[:6] for line in ran.err.splitlines()] == [
        "改动前的内容",
        "已生成服务密",
        "此前的日志已",
        f"数据库 {home}"[:6],
    ]
    assert "1 条已封存" in database("verify").err
    ran = database("restore", tmp_path / "x.backup", "--replace")
    assert ran.code == 0
    assert "密钥不是这个数据库的" in ran.err
    (tmp_path / "found again").replace(home / "secret")
    assert database("verify").code == 0
    assert database("restore", tmp_path / "x.backup", "--replace").err.count("密钥") == 0


@pytest.mark.parametrize("words", [("backup", "x.backup"), ("restore", "nowhere"), ("restore",), ("unknown",)])
def test_wrong_use_ends_with_2_and_a_sentence_and_makes_no_file(
    database, words: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    ran = database(*words)
    assert ran.code == 2
    assert ran.err.strip()
    assert "Traceback" not in ran.err
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_commands_that_need_no_database_load_none() -> None:
    script = (
        "import sys, matcher\n"
        "from matcher import cli\n"
        "try: cli.main(['database', '--help'])\n"
        "except SystemExit: pass\n"
        "print(sorted({'sqlalchemy', 'alembic', 'pandas', 'psycopg'} & sys.modules.keys()))\n"
    )
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert ran.stdout.splitlines()[-1] == "[]"


def test_spreadsheets_go_in_by_way_of_a_preview_and_come_out_as_the_same_list(
    database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    city = city_in(tmp_path)
    files = (city.experts, city.firms, "--keep", city.keep)
    monkeypatch.chdir(tmp_path)
    database("upgrade")
    nothing = database("export", "--out", tmp_path / "x")
    assert (nothing.code, nothing.err) == (
        2,
        "数据库中还没有批次；请先用 matcher database import 导入表格\n",
    )
    only_shown = database("import", *files, "--batch", "试点", "--preview")
    assert only_shown.err.endswith("将新建批次并导入 14 位专家、14 条需求（未写入）\n")
    assert "已导入批次「试点」第 1 轮" in database("import", *files, "--batch", "试点").err
    text = city.experts.read_text(encoding="utf-8")
    city.experts.write_text(text.replace("某2,", "某二,").replace("E14,", "E15,"), encoding="utf-8")
    shown = database("import", *files, "--preview")
    assert "E02 某二：「姓名」" not in shown.err
    assert "E02 某二：姓名 某2 → 某二" in shown.err
    assert "E14" in shown.err.split("保留：")[1]
    assert "没有写入" in shown.err
    city.experts.write_text(text, encoding="utf-8")
    assert "与数据库中的一致" in database("import", *files).err

    names = ["experts.csv", "firms.csv", "keep.csv", "settings.toml"]
    for objective in ("stable", "fair"):
        settings = city.settings(objective)
        assert database("assign", "--settings", settings, "--out", tmp_path / "database").code == 0
        assert run("assign", *files, "--settings", settings, "--out", tmp_path / "files") == 0
        for name in ("placements.csv", "unplaced.csv"):
            assert (tmp_path / "database" / name).read_bytes() == (tmp_path / "files" / name).read_bytes()
    assert sorted(path.name for path in (tmp_path / "database" / "input").iterdir()) == names
    assert database("export", "--batch", "试点", "--out", tmp_path / "x").code == 0
    assert sorted(path.name for path in (tmp_path / "x").iterdir()) == names
    assert "现有：试点" in database("export", "--batch", "去年", "--out", tmp_path / "y").err
    # Nobody's files are written over, and a slip of the pen opens no batch.
    before = city.experts.read_bytes()
    assert database("export", "--out", tmp_path).code == 2
    (tmp_path / "elsewhere" / "input").mkdir(parents=True)
    assert database("assign", "--out", tmp_path / "elsewhere").code == 2
    assert database("assign", "--out", tmp_path).code == 0
    assert city.experts.read_bytes() == before
    assert "现有：试点" in database("import", *files, "--batch", "试典").err
    assert "已导入批次「试典」" in database("import", *files, "--batch", "试典", "--new").err


def test_folders_that_leave_a_demonstration_say_so(database, tmp_path: Path) -> None:
    city = city_in(tmp_path)
    database("upgrade")
    assert database("import", city.experts, city.firms).code == 0
    folders = [tmp_path / name for name in ("exported", "assigned", "marked exported", "marked assigned")]
    for command, out in zip(["export", "assign"], folders, strict=False):
        assert database(command, "--out", out).code == 0
    mark_demo(connect(), "demo")
    for command, out in zip(["export", "assign"], folders[2:], strict=True):
        assert database(command, "--out", out).code == 0
    said = [[path.read_text(encoding="utf-8") for path in out.glob("演示.txt")] for out in folders]
    assert said == [[], [], *[["演示数据　不是正式文件\n"]] * 2]
    # So does the list that is made of what was exported, until one of other files takes its place.
    again = tmp_path / "again"
    for source, marks in ((folders[2], 1), (folders[0], 0)):
        with pytest.raises(SystemExit, match="0"):
            cli.main(["assign", *(str(source / name) for name in ("experts.csv", "firms.csv")), "--out", str(again)])
        assert len(list(again.glob("演示.txt"))) == marks


def test_wrong_spreadsheets_are_told_row_by_row_and_open_no_batch(database, tmp_path: Path) -> None:
    city = city_in(tmp_path)
    city.experts.write_text(city.experts.read_text(encoding="utf-8") + "E99,,越州大学,电机,11,,\n", encoding="utf-8")
    database("upgrade")
    ran = database("import", city.experts, city.firms)
    assert ran.code == 2
    assert "第 16 行「姓名」" in ran.err
    assert "第 16 行「可服务企业数」" in ran.err
    assert "还没有批次" in database("export", "--out", tmp_path / "x").err


def test_a_database_that_does_not_answer_has_a_code_of_its_own(
    database, home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert database("verify").code == 2  # there is none
    monkeypatch.setenv("MATCHER_DATABASE_URL", "postgresql://matcher@127.0.0.1:1/matcher")
    refused = database("verify")
    assert (refused.code, "连接不上数据库" in refused.err) == (5, True)
    with pytest.raises(SystemExit) as ended:
        cli.main(["serve", "--port", "0"])
    assert (ended.value.code, "连接不上数据库" in capsys.readouterr().err) == (5, True)
    assert not (home / "secret").exists()
