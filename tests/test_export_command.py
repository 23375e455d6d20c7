"""`matcher export` and `matcher templates`, as people call them."""

import io
import shutil
import zipfile
from pathlib import Path
from typing import Any

import docx
import pytest
from python_calamine import CalamineWorkbook

from matcher.files import load_placements
from tests.city import City, city_in, run


@pytest.fixture(scope="module")
def assigned(tmp_path_factory: pytest.TempPathFactory) -> City:
    city = city_in(tmp_path_factory.mktemp("city"))
    assert run("assign", city.experts, city.firms, "--out", city.folder / "out") == 0
    return city


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MATCHER_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def out(assigned: City, tmp_path: Path) -> Path:
    shutil.copytree(assigned.folder / "out", tmp_path / "out")
    return tmp_path / "out"


def first_sheet(path: Path) -> list[list[Any]]:
    return CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python()


def test_a_list_becomes_a_workbook_beside_it(out: Path) -> None:
    assert run("export", out, "--to", "xlsx") == 0
    raw = load_placements(out / "placements.xlsx")
    assert raw.records == load_placements(out / "placements.csv").records
    printed = first_sheet(out / "placements.xlsx")[2:]
    assert len(printed) == len(raw.records)
    assert all(row[4] for row in printed), "research fields come from the experts that were matched"


def test_a_list_becomes_a_notice_wherever_it_is_wanted(
    out: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("export", out, "--to", "docx", "--out", tmp_path / "papers" / "公示.docx") == 0
    said = capsys.readouterr()
    assert said.out == ""
    assert "名单还没有发布：文号、公示日期需要手工填写" in said.err
    document = docx.Document(io.BytesIO((tmp_path / "papers" / "公示.docx").read_bytes()))
    assert document.paragraphs[0].text == "关于企业科技指导员派遣名单的公示"
    assert len(document.tables[0].rows) == 1 + len(load_placements(out / "placements.csv").records)
    assert not (out / "notice.docx").exists()


def test_the_same_folder_gives_the_same_bytes(out: Path, tmp_path: Path) -> None:
    for to in ("xlsx", "docx"):
        written = []
        for name in ("a", "b"):
            assert run("export", out, "--to", to, "--out", tmp_path / name) == 0
            written.append((tmp_path / name).read_bytes())
        assert written[0] == written[1]


def test_without_the_experts_it_says_why_a_column_is_blank(out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (out / "timing.json").unlink()
    assert run("export", out, "--to", "xlsx") == 0
    assert "没有记下专家表在哪里" in capsys.readouterr().err
    assert not any(row[4] for row in first_sheet(out / "placements.xlsx")[2:])


def test_other_experts_than_those_matched_are_not_taken_for_them(
    assigned: City, out: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    changed = tmp_path / "experts.csv"
    changed.write_text(assigned.experts.read_text(encoding="utf-8") + "E99,新,新大学,x,1,,\n", encoding="utf-8")
    timing = (out / "timing.json").read_text(encoding="utf-8").replace(str(assigned.experts.resolve()), str(changed))
    (out / "timing.json").write_text(timing, encoding="utf-8")
    assert run("export", out, "--to", "xlsx") == 0
    assert "不是匹配时的那份专家表" in capsys.readouterr().err
    changed.unlink()
    assert run("export", out, "--to", "xlsx") == 0
    assert "找不到专家表" in capsys.readouterr().err


def test_of_a_folder_of_a_demonstration_the_documents_and_their_names_say_so(
    out: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (out / "演示.txt").write_text("演示数据　不是正式文件\n", encoding="utf-8")
    for to, name in (("xlsx", "演示-placements.xlsx"), ("docx", "演示-notice.docx")):
        assert run("export", out, "--to", to) == 0
        assert str(out / name) in capsys.readouterr().err
    document = docx.Document(str(out / "演示-notice.docx"))
    assert all("演示数据" in section.header.paragraphs[0].text for section in document.sections)
    assert "待填：科技局全称" not in "".join(paragraph.text for paragraph in document.paragraphs)
    with zipfile.ZipFile(out / "演示-placements.xlsx") as book:
        sheets = [book.read(name).decode() for name in book.namelist() if name.startswith("xl/worksheets/sheet")]
    assert all("演示数据" in sheet for sheet in sheets)
    assert len(sheets) == 5


def test_a_folder_that_is_none_of_ours_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("export", tmp_path, "--to", "xlsx") == 2
    assert "缺少 placements.csv、unplaced.csv、report.json" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "content", "found"),
    [
        ("unplaced.csv", "side,id\nfirm,F1\n", "unplaced.csv 不是 matcher assign 写出的样子"),
        ("report.json", "{}", "report.json"),
        ("placements.csv", "a,b\n1,2\n", "placements.csv"),
    ],
)
def test_a_file_that_somebody_broke_is_named(
    out: Path, name: str, content: str, found: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (out / name).write_text(content, encoding="utf-8")
    assert run("export", out, "--to", "xlsx") == 2
    assert found in capsys.readouterr().err
    assert not (out / "placements.xlsx").exists()


def test_what_it_is_made_of_is_not_overwritten(out: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = (out / "placements.csv").read_bytes()
    assert run("export", out, "--to", "xlsx", "--out", out / "placements.csv") == 2
    assert "不会被覆盖" in capsys.readouterr().err
    assert (out / "placements.csv").read_bytes() == before


def test_templates_are_laid_out_changed_and_used(out: Path, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("templates") == 0
    names = "templates/agreement.txt、bureau.toml、templates/invitation.txt、templates/letter.txt、templates/notice.txt"
    assert f"已写入 {home}：{names}\n" in capsys.readouterr().err
    assert {path.name for path in (home / "templates").iterdir()} == {
        *("notice.txt", "letter.txt", "agreement.txt", "invitation.txt"),
    }
    bureau = (home / "bureau.toml").read_text(encoding="utf-8")
    (home / "bureau.toml").write_text(bureau.replace("（待填：科技局全称）", "嵊州市科学技术局"), encoding="utf-8")
    assert run("export", out, "--to", "docx") == 0
    texts = [paragraph.text for paragraph in docx.Document(str(out / "notice.docx")).paragraphs]
    assert "嵊州市科学技术局" in texts
    capsys.readouterr()
    assert run("templates") == 2
    assert "不会被覆盖" in capsys.readouterr().err
    assert "嵊州市科学技术局" in (home / "bureau.toml").read_text(encoding="utf-8")


def test_a_template_that_is_wrong_is_said_with_its_line(
    out: Path, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (home / "templates").mkdir(parents=True)
    (home / "templates" / "notice.txt").write_text("# 公示\n\n共{pair}对\n", encoding="utf-8")
    assert run("export", out, "--to", "docx") == 2
    assert "第 3 行：没有可填的 {pair}，是否指 {pairs}？" in capsys.readouterr().err
    assert not (out / "notice.docx").exists()


def test_a_folder_in_the_place_of_a_template_is_told_in_words_of_templates(
    out: Path, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (home / "templates" / "notice.txt").mkdir(parents=True)
    assert run("export", out, "--to", "docx") == 2
    assert "这是文件夹，应为一个 UTF-8 文本文件" in capsys.readouterr().err
    assert run("templates") == 2
    assert "不会被覆盖：templates/notice.txt" in capsys.readouterr().err


def test_a_template_by_a_name_that_is_none_is_warned_of(
    out: Path, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (home / "templates").mkdir(parents=True)
    (home / "templates" / "notize.txt").write_text("# 公示\n{list}\n", encoding="utf-8")
    assert run("export", out, "--to", "docx") == 0
    assert f"{home / 'templates'} 中这些文件没有用上：notize.txt" in capsys.readouterr().err
