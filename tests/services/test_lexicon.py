"""A city's own word lists: found from where the settings lie, recorded, and noticed by whoever reads a list again."""

import json
import shutil
from pathlib import Path

import pytest

from matcher.services.board import load_board
from matcher.services.placing import REPORT, TIMING
from matcher.text import package_lexicon
from tests.city import City, run

SETTINGS = '[text]\nlexicon = "lists"\n[ranking]\nmin_fit = 0.01\n'


@pytest.fixture
def made(city: City, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the inputs, settings that name a folder beside them, and a list made from elsewhere."""
    for path in (city.experts, city.firms):
        shutil.copy(path, tmp_path)
    lists = tmp_path / "lists"
    lists.mkdir()
    (lists / "synonyms.txt").write_text("电机降噪 = 茶叶烘干\n", encoding="utf-8")
    (tmp_path / "settings.toml").write_text(SETTINGS, encoding="utf-8")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert run("assign", *inputs(tmp_path), "--settings", "../settings.toml", "--out", tmp_path / "out") == 0
    return tmp_path


def inputs(folder: Path) -> tuple[Path, Path]:
    return folder / "experts.csv", folder / "firms.csv"


def audit(folder: Path, *more: object) -> int:
    return run("audit", *inputs(folder), folder / "out" / "placements.csv", *more)


def report(folder: Path) -> dict:
    return json.loads((folder / "out" / REPORT).read_text(encoding="utf-8"))


def test_lists_of_their_own_change_the_scores_and_are_recorded(made: Path) -> None:
    shutil.copytree(made / "out", made / "first")
    (made / "settings.toml").write_text(SETTINGS.replace("lists", ""), encoding="utf-8")
    assert run("assign", *inputs(made), "--settings", made / "settings.toml", "--out", made / "plain") == 0
    lists = [(made / out / "placements.csv").read_bytes() for out in ("first", "plain")]

    assert lists[0] != lists[1]
    assert report(made)["inputs"]["lexicon"]["file"] == "lists"
    assert report(made)["inputs"]["lexicon"]["sha256"] == report(made)["tokenizer"]["dictionary_sha256"]
    plain = json.loads((made / "plain" / REPORT).read_text(encoding="utf-8"))
    assert "lexicon" not in plain["inputs"]
    assert plain["tokenizer"]["dictionary_sha256"] == package_lexicon().digest


def test_the_report_does_not_say_where_the_lists_were_and_is_the_same_to_the_byte(made: Path) -> None:
    written = (made / "out" / REPORT).read_bytes()
    assert run("assign", *inputs(made), "--settings", made / "settings.toml", "--out", made / "out") == 0

    assert (made / "out" / REPORT).read_bytes() == written
    assert str(made).encode() not in written


def test_audit_and_why_find_the_lists_again(made: Path) -> None:
    assert audit(made) == 0
    question = ("why", *inputs(made), "--firm", "F01", "--expert", "E01", "--placements", made / "out/placements.csv")
    assert run(*question) == 0
    (made / "out" / TIMING).unlink()
    assert audit(made) == 0


def test_other_commands_read_the_lists_too(made: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings = ("--settings", made / "settings.toml")
    assert run("suggest", *inputs(made), "--firm", "F01", *settings) == 0
    capsys.readouterr()
    assert run("compare", *inputs(made), *settings, "--out", made / "compare") == 0
    for name in ("total", "fair"):
        assert run("audit", *inputs(made), made / "compare" / name / "placements.csv") == 0


def test_lists_that_were_changed_or_are_gone_are_noticed(made: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (made / "lists" / "synonyms.txt").write_text("电机降噪 = 丝绸印染\n", encoding="utf-8")
    assert audit(made) == 2
    assert "内容与" in capsys.readouterr().err
    shutil.rmtree(made / "lists")
    assert audit(made) == 2
    assert "名单是用文件夹 lists 中的词表得出的" in capsys.readouterr().err


def test_other_lists_of_the_package_are_noticed_too(
    city: City, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("assign", city.experts, city.firms, "--out", tmp_path) == 0
    found = json.loads((tmp_path / REPORT).read_text(encoding="utf-8"))
    found["tokenizer"]["dictionary_sha256"] = "0" * 64
    (tmp_path / REPORT).write_text(json.dumps(found), encoding="utf-8")

    assert run("audit", city.experts, city.firms, tmp_path / "placements.csv") == 2
    assert "词表与" in capsys.readouterr().err


def test_settings_that_are_given_stand_above_the_recorded_lists(made: Path) -> None:
    (made / "other.toml").write_text(SETTINGS.replace("lists", "others"), encoding="utf-8")
    shutil.copytree(made / "lists", made / "others")

    assert audit(made, "--settings", made / "other.toml") == 0
    (made / "others" / "synonyms.txt").write_text("", encoding="utf-8")
    assert audit(made, "--settings", made / "other.toml") == 4


def test_the_folder_of_lists_is_not_written_into(made: Path) -> None:
    assert run("assign", *inputs(made), "--settings", made / "settings.toml", "--out", made / "lists") == 2
    assert sorted(path.name for path in (made / "lists").iterdir()) == ["synonyms.txt"]


def test_a_fault_of_a_list_is_wrong_input_said_with_its_line(made: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (made / "lists" / "synonyms.txt").write_text("# 本市\n甲 = \n", encoding="utf-8")

    assert run("assign", *inputs(made), "--settings", made / "settings.toml", "--out", made / "out") == 2
    assert "synonyms.txt：第 2 行：= 的一侧没有填写" in capsys.readouterr().err


def test_a_board_is_rebuilt_with_the_lists_and_says_when_they_changed(made: Path) -> None:
    board = load_board(made / "out")
    assert board is not None
    assert board.rebuilt is not None
    assert (board.outdated, board.departures) == ((), ())

    (made / "lists" / "synonyms.txt").write_text("甲 = \n", encoding="utf-8")
    board = load_board(made / "out")
    assert board is not None
    assert [getattr(message, "code", "") for message in board.outdated] == ["page.outdated.changed"]
    shutil.rmtree(made / "lists")
    board = load_board(made / "out")
    assert board is not None
    assert [getattr(message, "code", "") for message in board.outdated] == ["page.outdated.missing"]
