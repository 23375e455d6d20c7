"""Files that are not what they should be: each is told in one clear sentence that names it, and never a traceback."""

import io
import random
import zipfile
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st

from matcher.domain.errors import InputError
from matcher.files import load_experts, load_firms, load_placements, load_ratings, read_experts

Rows = Callable[..., Path]
HEADER = "expert_id,name,institution,research_fields\n"
ROW = "E1,陈树,西泠工业大学,电机\n"
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def archive(*names: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        for name in names:
            file.writestr(name, "x")
    return buffer.getvalue()


def only_problem(path: Path) -> str:
    loaded = load_experts(path)
    (problem,) = loaded.problems
    assert loaded.records == []
    assert str(problem).startswith(f"{path}：")
    with pytest.raises(InputError):
        read_experts(path)
    return str(problem).removeprefix(f"{path}：")


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "文件是空的，应有表头和数据行"),
        (b" \r\n\r\n", "文件是空的，应有表头和数据行"),
        (b"\xef\xbb\xbf", "文件是空的，应有表头和数据行"),
        (b",,,\n,,\n", "文件是空的，应有表头和数据行"),
        (HEADER.encode(), "没有数据行"),
        ((HEADER + ",,,\n\n").encode(), "没有数据行"),
        (b"%PDF-1.7\n\xe2\xe3", "应为 CSV 或 XLSX 文件，内容却是 PDF 文档"),
        (b"\x89PNG\r\n\x1a\n\0\0", "应为 CSV 或 XLSX 文件，内容却是图片"),
        (b"\xff\xd8\xff\xe0\0\x10JFIF", "应为 CSV 或 XLSX 文件，内容却是图片"),
        (b"\x1f\x8b\x08\0", "应为 CSV 或 XLSX 文件，内容却是压缩包"),
        (b"{\\rtf1\\ansi", "应为 CSV 或 XLSX 文件，内容却是 RTF 文档"),
        (b"\x7fELF\x02\x01\x01\0", "应为 CSV 或 XLSX 文件，内容却是程序"),
        (b"<html><table><tr><td>1</td>", "内容却是网页或 XML"),
        (b"\xef\xbb\xbf  <?xml version='1.0'?>", "内容却是网页或 XML"),
        (archive("word/document.xml"), "应为 CSV 或 XLSX 文件，内容却是 Word 文档"),
        (archive("ppt/slides/slide1.xml"), "应为 CSV 或 XLSX 文件，内容却是 PowerPoint 文档"),
        (archive("mimetype", "content.xml"), "内容却是 OpenDocument 文档，请另存为 .xlsx"),
        (archive("xl/workbook.bin"), "内容却是二进制工作簿（.xlsb）"),
        (archive("experts.csv"), "应为 CSV 或 XLSX 文件，内容却是压缩包"),
        (archive("xl/workbook.xml"), "XLSX 文件已损坏"),
        (b"PK\x03\x04" + b"x" * 100, "XLSX 文件已损坏"),
        (OLE + b"\0" * 600, "内容却是旧版 Office 文件（.xls 或 .doc），请用 Excel 另存为 .xlsx"),
        (OLE + b"\0" * 600 + "EncryptedPackage".encode("utf-16-le"), "工作簿有密码保护，请去掉密码后重新保存"),
        (HEADER.encode() + b"E1,a\0b,c,d\n", "文件含空字节（首次出现在第 2 行附近）"),
        (bytes(range(256)) * 8, "文件含空字节（首次出现在第 1 行附近）"),
        (random.Random(1).randbytes(4000), "文件含空字节"),  # noqa: S311 - any bytes will do
        (random.Random(1).randbytes(4000).replace(b"\0", b"x"), "编码无法识别"),  # noqa: S311
    ],
)
def test_what_the_file_is_instead_is_said(write: Rows, content: bytes, sentence: str) -> None:
    assert sentence in only_problem(write(content))


def test_a_missing_file_is_said() -> None:
    assert only_problem(Path("nowhere/experts.csv")) == "找不到文件，请核对路径"


def test_a_path_that_no_file_can_have_is_a_missing_file() -> None:
    assert "找不到文件" in str(load_experts("a\0b.csv").problems[0])


def test_a_path_through_a_file_is_a_missing_file(write: Rows) -> None:
    assert only_problem(write("x") / "experts.csv") == "找不到文件，请核对路径"


def test_a_folder_is_said(tmp_path: Path) -> None:
    assert only_problem(tmp_path) == "这是文件夹，应为 CSV 或 XLSX 文件"


def test_a_file_that_may_not_be_read_is_said(write: Rows, monkeypatch: pytest.MonkeyPatch) -> None:
    # Root may read everything, so the refusal is played.
    def refuse(_path: Path, _mode: str) -> bytes:
        raise PermissionError(13, "Permission denied")

    path = write(HEADER + ROW)
    monkeypatch.setattr(Path, "open", refuse)
    assert only_problem(path) == "文件无法打开（Permission denied），请检查权限，或是否正被其他程序占用"
    assert load_experts(path).digest == ""


# ---- CSV


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_the_delimiter_is_told_by_the_header(write: Rows, delimiter: str) -> None:
    text = delimiter.join(["专家编号", "姓名", "派出单位", "研究方向", "志愿企业"])
    row = delimiter.join(["E1", "陈树", "西泠", "电机，轴承, 齿轮" if delimiter != "," else "电机", '"F1;F2"'])
    (expert,) = read_experts(write(f"{text}\n{row}\n"))
    assert expert.preferred_firms == (("F1",), ("F2",))


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_any_end_of_line_will_do(write: Rows, end: str) -> None:
    assert [expert.row for expert in read_experts(write((HEADER + ROW + ROW).replace("\n", end)))] == [2, 3]


@pytest.mark.parametrize(
    ("text", "row"),
    [
        (HEADER + ROW + 'E2,"林舟,西泠,茶\nE3,a,b,c\n', 3),
        (HEADER + ROW + 'E2,"林舟,西泠,茶\nE3,"a",b,c\n', 3),
        (HEADER + ROW + ROW + 'E3,"引进"新工艺,b,c\n', 4),
    ],
)
def test_quotes_that_do_not_pair_are_a_problem_of_their_row(write: Rows, text: str, row: int) -> None:
    loaded = load_experts(write(text))
    assert f"第 {row} 行：引号不成对" in str(loaded.problems[-1])
    assert len(loaded.records) == row - 2


def test_quotes_that_do_not_pair_in_the_header_are_the_only_problem(write: Rows) -> None:
    assert "第 1 行：引号不成对" in only_problem(write('expert_id,"name,institution\nE1,a,b\n'))


def test_problems_before_a_broken_quote_are_told_too(write: Rows) -> None:
    loaded = load_experts(write(HEADER + "E1,,西泠,电机\n" + 'E2,"林舟,西泠,茶\n'))
    assert [problem.row for problem in loaded.problems] == [2, 3]


# ---- anything at all


@given(st.binary(max_size=300))
def test_no_bytes_lead_to_a_traceback(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = tmp_path_factory.mktemp("bytes") / "any.csv"
    path.write_bytes(data)
    for load in (load_experts, load_firms, load_ratings, load_placements):
        assert [str(problem) for problem in load(path).problems]


@cache
def sound_workbook() -> bytes:
    """Write a workbook once: it holds the time, and the examples depend on its length."""
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, HEADER.strip().split(","))
        sheet.write_row(1, 0, ROW.strip().split(","))
    return buffer.getvalue()


@given(data=st.data())
def test_no_damage_to_a_workbook_leads_to_a_traceback(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    path = tmp_path_factory.mktemp("damage") / "experts.xlsx"
    content = bytearray(sound_workbook())
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(content) - 1))
        content[start : start + data.draw(st.integers(0, 30))] = data.draw(st.binary(max_size=10))
    path.write_bytes(bytes(content))
    loaded = load_experts(path)
    assert all(str(problem) for problem in [*loaded.problems, *loaded.warnings])
    assert loaded.problems or len(loaded.records) == 1
