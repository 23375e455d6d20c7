"""Workbooks: each cell is what a person sees in it, and what can't be seen is told."""

import re
import zipfile
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
import xlsxwriter

from matcher.files import load_experts, load_firms, read_experts

Rows = Callable[..., Path]
HEADER = ["专家编号", "姓名", "派出单位", "研究方向", "可服务企业数", "在岗", "成果", "志愿企业"]


def said(path: Path) -> list[str]:
    return [str(problem).removeprefix(f"{path}：") for problem in load_experts(path).problems]


def test_numbers_dates_and_booleans_are_read_as_they_look(workbook: Rows) -> None:
    moment = datetime(2024, 3, 1, 10, 30, tzinfo=UTC).replace(tzinfo=None)
    path = workbook(
        {
            "专家": [
                HEADER,
                [12.0, "陈树", "西泠", "电机", 2, True, date(2024, 3, 1), 7],
                [13, "林舟", "西泠", 0.1 + 0.2, 3.0, False, 13800001234, "F1;F2=F3"],
                [14, "周舟", "西泠", "茶", None, "是", moment, None],
            ]
        }
    )
    first, second, third = read_experts(path)
    assert (first.expert_id, first.capacity, first.in_post, first.achievements) == ("12", 2, True, "2024-03-01")
    assert first.preferred_firms == (("7",),)
    assert (second.research_fields, second.achievements, second.in_post) == ("0.3", "13800001234", False)
    assert (third.achievements[:16], third.row) == (
        "2024-03-01" if third.achievements == "2024-03-01" else "2024-03-01 10:30",
        4,
    )


def test_faults_of_cells_are_told_as_in_csv(workbook: Rows) -> None:
    path = workbook({"专家": [HEADER, ["E1", "陈树", "西泠", "电机", 3.5], [], ["E 2", "", "西泠", "茶", True]]})
    assert said(path) == [
        "第 2 行「可服务企业数」应为 1–10 的整数，读到 '3.5'",
        "第 4 行「专家编号」应为不含空格、分号和等号的编号，读到 'E 2'",
        "第 4 行「姓名」不能为空",
        "第 4 行「可服务企业数」应为 1–10 的整数，读到 'TRUE'",
    ]


def test_errors_of_formulas_are_problems_and_not_blanks(tmp_path: Path) -> None:
    path = tmp_path / "experts.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, HEADER)
        sheet.write_row(1, 0, ["E1", "陈树", "西泠", "电机"])
        sheet.write_formula(1, 4, "=1/0", None, "#DIV/0!")
        sheet.write_formula(1, 7, "=NA()", None, "#N/A")
        sheet.write_row(2, 0, ["E2", "林舟", "西泠", "茶"])
        sheet.write_formula(2, 4, "=1+1", None, 2)
    assert said(path) == [
        "第 2 行「可服务企业数」是 Excel 的错误值 '#DIV/0!'，请改正公式或直接填写",
        "第 2 行「志愿企业」是 Excel 的错误值 '#N/A'，请改正公式或直接填写",
    ]
    assert [expert.capacity for expert in load_experts(path).records] == [2]


def test_a_formula_without_a_result_is_a_problem(tmp_path: Path) -> None:
    path = tmp_path / "experts.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, HEADER)
        sheet.write_row(1, 0, ["E1", "陈树", "西泠", "电机"])
        sheet.write_formula(1, 4, "=1+1", None, 2)
    rewritten(path, "xl/worksheets/sheet1.xml", lambda xml: re.sub(rb"(</f>)<v>2</v>", rb"\1", xml))
    assert said(path) == ["第 2 行「可服务企业数」是没有结果的公式，请用 Excel 打开、计算后重新保存"]


def test_a_long_number_that_excel_has_rounded_is_a_problem(workbook: Rows) -> None:
    path = workbook({"专家": [[*HEADER[:4], "联系方式"], ["E1", "陈树", "西泠", "电机", 330683199001010012]]})
    assert said(path) == [
        "第 2 行「联系方式」被 Excel 改写成了数字 '3.30683199001010E+17'，后面的位数已丢失；请把该列设为文本后重填"
    ]


def test_the_first_sheet_with_the_required_columns_is_read(workbook: Rows) -> None:
    rows = [HEADER[:4], ["E1", "陈树", "西泠", "电机"]]
    path = workbook({"说明": [["请填写"]], "空": [], "专家": rows})
    assert load_experts(path).warnings == []
    assert [expert.expert_id for expert in read_experts(path)] == ["E1"]


def test_other_sheets_that_would_fit_are_named(workbook: Rows) -> None:
    rows = [HEADER[:4], ["E1", "陈树", "西泠", "电机"]]
    path = workbook({"2024": rows, "2025": rows, "说明": [["x"]]})
    assert [str(warning) for warning in load_experts(path).warnings] == [
        f"{path}：有多张工作表具备所需的列，只读了 '2024'，未读：2025"
    ]


def test_where_no_sheet_fits_the_sheets_and_what_is_missing_are_named(workbook: Rows) -> None:
    path = workbook({"说明": [["x"]], "专家": [["专家编号", "姓名", "派出单位"], ["E1", "陈树", "西泠"]]})
    assert said(path) == [
        "没有一张工作表具备所需的列；读到的工作表：说明、专家；最接近的是 '专家'，缺少：研究方向（research_fields）"
    ]
    assert load_firms(path).problems


def test_a_workbook_without_content_is_said(workbook: Rows) -> None:
    assert said(workbook({"a": [], "b": [["", " "]]})) == ["工作簿中没有内容；读到的工作表：a、b"]


def test_a_hidden_sheet_is_not_taken_for_the_table(tmp_path: Path) -> None:
    path = tmp_path / "experts.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        for title, expert_id in (("旧", "E0"), ("新", "E1")):
            sheet = book.add_worksheet(title)
            sheet.write_row(0, 0, HEADER[:4])
            sheet.write_row(1, 0, [expert_id, "陈树", "西泠", "电机"])
            if title == "旧":
                sheet.hide()
            else:
                sheet.activate()
                sheet.set_first_sheet()
        book.add_chartsheet("图")
    assert [expert.expert_id for expert in read_experts(path)] == ["E1"]


def test_merged_cells_are_pointed_out(tmp_path: Path) -> None:
    path = tmp_path / "experts.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet("专家")
        sheet.write_row(0, 0, HEADER[:4])
        sheet.write_row(1, 0, ["E1", "陈树", "西泠", "电机"])
        sheet.write_row(2, 0, ["E2", "林舟", "", "茶"])
        sheet.merge_range("C2:C3", "西泠")
    (warning,) = load_experts(path).warnings
    assert "工作表 '专家' 的数据区有合并单元格（如 C2:C3）" in str(warning)
    assert said(path) == ["第 3 行「派出单位」不能为空"]


def test_a_table_may_begin_below_and_to_the_right(tmp_path: Path) -> None:
    path = tmp_path / "experts.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet()
        sheet.write_row(2, 1, HEADER[:4])
        sheet.write_row(4, 1, ["E1", "陈树", "西泠", "电机"])
    assert [expert.row for expert in read_experts(path)] == [5]


def test_the_content_decides_what_the_file_is_and_the_name_is_doubted(workbook: Rows, write: Rows) -> None:
    book = workbook({"专家": [HEADER[:4], ["E1", "陈树", "西泠", "电机"]]}, "experts.csv")
    loaded = load_experts(book)
    assert [expert.name for expert in loaded.records] == ["陈树"]
    assert "内容却是 Excel 工作簿" in str(loaded.warnings[0])
    for name in ("experts.xlsx", "experts.parquet"):
        text = load_experts(write("expert_id,name,institution,research_fields\nE1,陈树,西泠,电机\n", name))
        assert [expert.name for expert in text.records] == ["陈树"]
        assert f"扩展名是 .{name.split('.')[1]}，内容却是文本" in str(text.warnings[0])


def test_a_protected_archive_is_said(workbook: Rows) -> None:
    path = workbook({"专家": [HEADER[:4]]})
    content = bytearray(path.read_bytes())
    for start in [match.start() for match in re.finditer(b"PK\x01\x02", bytes(content))]:
        content[start + 8] |= 1
    path.write_bytes(bytes(content))
    assert said(path) == ["工作簿有密码保护，请去掉密码后重新保存"]


@pytest.mark.parametrize("part", ["xl/workbook.xml", "xl/worksheets/sheet1.xml", "xl/_rels/workbook.xml.rels"])
def test_a_workbook_with_a_part_cut_off_is_said(workbook: Rows, part: str) -> None:
    path = workbook({"专家": [HEADER[:4], ["E1", "陈树", "西泠", "电机"]]})
    rewritten(path, part, lambda xml: xml[: len(xml) // 2])
    assert said(path)


def rewritten(path: Path, part: str, change: Callable[[bytes], bytes]) -> None:
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    changed = change(parts[part])
    assert changed != parts[part]
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in (parts | {part: changed}).items():
            archive.writestr(name, content)
