"""From rows to records: headers, cells and what is wrong with them."""

import hashlib
import subprocess
import sys
import unicodedata
import warnings
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matcher.domain.errors import InputError
from matcher.domain.records import Expert, Need
from matcher.files import (
    InputWarning,
    load_experts,
    load_firms,
    load_placements,
    load_ratings,
    read_experts,
    read_firms,
    read_placements,
    read_ratings,
)
from matcher.files.cells import parsed
from matcher.files.columns import table
from matcher.language import label

ROOT = Path(__file__).resolve().parents[2]
Rows = Callable[..., Path]


def said(path: Path) -> list[str]:
    """The problems of an experts' file, without its name."""
    return [str(problem).removeprefix(f"{path}：") for problem in load_experts(path).problems]


def test_rows_become_records_with_their_row_numbers(write: Rows) -> None:
    path = write(
        "expert_id,name,institution,research_fields,birth_year,in_post,roles,capacity,days_per_year,mode,consent,"
        "accepts_others,preferred_firms,vetoed_firms\n"
        "E1,陈树,西泠工业大学,电机,1975,是,技术攻关员；政策宣讲员;,2,60,现场,同意,否,F012;F003=F044;F101,F7；F8\n"
        "\n"
        'E2,"林,舟",三江口大学,"茶叶\n加工",,,,,,,,,,\n'
    )
    first, second = read_experts(path)
    assert first == Expert(
        expert_id="E1",
        name="陈树",
        institution="西泠工业大学",
        research_fields="电机",
        birth_year=1975,
        in_post=True,
        roles=("技术攻关员", "政策宣讲员"),
        capacity=2,
        days_per_year=60,
        mode="onsite",
        consent=True,
        accepts_others=False,
        preferred_firms=(("F012",), ("F003", "F044"), ("F101",)),
        vetoed_firms=("F7", "F8"),
    )
    assert (first.row, second.row) == (2, 4)
    assert (second.name, second.research_fields, second.capacity, second.mode) == ("林,舟", "茶叶\n加工", 1, "either")
    assert (second.consent, second.accepts_others) == (None, True)


def test_the_sample_is_read_without_a_problem() -> None:
    for name, load in (("experts", load_experts), ("firms", load_firms), ("ratings", load_ratings)):
        loaded = load(ROOT / "data" / f"{name}.csv")
        assert (loaded.problems, len(loaded.records) > 100) == ([], True)


def test_the_columns_are_those_of_the_header_and_no_others(write: Rows) -> None:
    header = "专家编号,姓名,派出单位,research_fields,备注,,联系方式\nE1,陈树,西泠工业大学,电机,,,\n"
    assert load_experts(write(header)).columns == {"expert_id", "name", "institution", "research_fields", "contact"}
    assert load_experts(write("")).columns == frozenset()


def test_the_digest_is_that_of_the_bytes(expert_rows: Rows) -> None:
    path = expert_rows({})
    assert load_experts(path).digest == hashlib.sha256(path.read_bytes()).hexdigest()


# ---- headers


@pytest.mark.parametrize(
    "header",
    [
        "专家编号,姓名,派出单位,研究方向",
        "研究方向 , 姓 名,派出单位*,　专家编号＊",
        "Expert ID,NAME,institution *,research-fields",
        "ｅｘｐｅｒｔ＿ｉｄ,姓名,institution,研究方向",
        "\u200b专家编号,姓名\ufeff,派出单位,研究方向",
    ],
)
def test_headers_are_known_in_either_language_and_any_order(write: Rows, header: str) -> None:
    named = [unicodedata.normalize("NFKC", name) for name in header.split(",")]
    row = ",".join("E1" if "编号" in name or "id" in name.lower() else "文字" for name in named)
    assert [expert.expert_id for expert in read_experts(write(f"{header}\n{row}\n"))] == ["E1"]


@pytest.mark.parametrize("table_name", ["experts", "firms", "ratings", "placements"])
def test_every_column_is_known_by_both_its_names(table_name: str) -> None:
    columns = table(table_name)
    for name in columns.columns:
        for lang in ("zh", "en"):
            found = columns.column_of(f" {label(f'{table_name}.{name}', lang)}*")
            assert found is not None
            assert found.name == name


def test_missing_columns_are_named_in_both_languages(write: Rows) -> None:
    path = write("expert_id,姓名\nE1,陈树\n")
    assert said(path) == [
        "缺少必需的列：派出单位（institution）、研究方向（research_fields）；读到的表头：expert_id、姓名"
    ]


def test_with_one_column_missing_the_cells_are_checked_all_the_same(write: Rows) -> None:
    path = write("expert_id,name,institution,capacity\nE1,陈树,西泠工业大学,x\n")
    missing, cell = said(path)
    assert "研究方向（research_fields）" in missing
    assert cell == "第 2 行「可服务企业数」应为 1–10 的整数，读到 'x'"


def test_a_township_is_required_of_a_firm(firm_rows: Rows, write: Rows) -> None:
    (blank,) = load_firms(firm_rows({"township": ""})).problems
    assert str(blank).endswith("第 2 行「乡镇街道」不能为空")
    (missing,) = load_firms(write("firm_id,name,industry,need_title\nF1,厂,电机,降噪\n", "firms.csv")).problems
    assert "缺少必需的列：乡镇街道（township）" in str(missing)


def test_two_headers_for_one_column_are_a_problem(write: Rows) -> None:
    path = write("expert_id,姓名,name,institution,research_fields\nE1,陈树,林舟,西泠,电机\n")
    assert said(path) == ["有多列是同一列：姓名、name，请只留其一"]


def test_unknown_columns_are_kept_out_with_a_warning_that_names_them(expert_rows: Rows) -> None:
    path = expert_rows({"备注": "好", "电话2": "1"})
    with pytest.warns(InputWarning, match="不认识的列，未读入：备注、电话2"):
        assert len(read_experts(path)) == 1
    assert [str(warning) for warning in load_experts(path).warnings] == [f"{path}：不认识的列，未读入：备注、电话2"]


# ---- rows


def test_blank_rows_are_skipped_and_blank_columns_ignored(write: Rows) -> None:
    path = write(
        "expert_id,name,institution,research_fields,,\n,,,,,\nE1,陈树,西泠,电机,,\n 　,,,,,\n\nE2,林舟,西泠,茶,,,,,\n"
    )
    assert [(expert.expert_id, expert.row) for expert in read_experts(path)] == [("E1", 3), ("E2", 6)]


def test_a_cell_without_a_header_is_a_problem_and_nothing_is_dropped(write: Rows) -> None:
    path = write("expert_id,name,institution,research_fields,\nE1,陈树,西泠,电机,多,余\nE2,林舟,西泠,茶\n")
    assert said(path) == [
        "第 2 行：有内容落在没有表头的列里（第 5 列 '多'），请检查分隔符与引号，或补上表头",
        "第 2 行：有内容落在没有表头的列里（第 6 列 '余'），请检查分隔符与引号，或补上表头",
    ]


def test_all_problems_of_all_rows_come_at_once_in_order(expert_rows: Rows) -> None:
    path = expert_rows(
        {"capacity": "x", "name": ""},
        {"capacity": "11", "birth_year": "1850"},
        {"mode": "随便", "expert_id": "E 3"},
        {"capacity": "3"},
        {"accepts_others": "maybe", "consent": "再说", "days_per_year": "3.5"},
    )
    assert said(path) == [
        "第 2 行「姓名」不能为空",
        "第 2 行「可服务企业数」应为 1–10 的整数，读到 'x'",
        "第 3 行「出生年」应为 1900–2100 的整数，读到 '1850'",
        "第 3 行「可服务企业数」应为 1–10 的整数，读到 '11'",
        "第 4 行「专家编号」应为不含空格、分号和等号的编号，读到 'E 3'",
        "第 4 行「服务方式」应为 现场、线上、均可 之一，读到 '随便'",
        "第 6 行「可服务天数」应为 0–366 的整数，读到 '3.5'",
        "第 6 行「派出单位意见」应为 同意、不同意 之一，读到 '再说'",
        "第 6 行「服从调剂」应为 是、否 之一，读到 'maybe'",
    ]
    assert [expert.row for expert in load_experts(path).records] == [5]
    with pytest.raises(InputError) as error:
        read_experts(path)
    assert [str(message) for message in error.value.messages] == [f"{path}：{line}" for line in said(path)]


def test_a_file_of_another_table_is_told_by_its_header_alone(firm_rows: Rows) -> None:
    (problem,) = load_experts(firm_rows({}, {})).problems
    assert "缺少必需的列：专家编号（expert_id）" in str(problem)


# ---- cells


@pytest.mark.parametrize(
    ("column", "text", "value"),
    [
        ("capacity", "３", 3),
        ("capacity", " 3.0 ", 3),
        ("capacity", "3．", 3),
        ("capacity", "+3", 3),
        ("in_post", " 是 ", True),
        ("in_post", "TRUE", True),
        ("in_post", "Ｎ", False),
        ("in_post", "√", True),
        ("in_post", "0", False),
        ("in_post", "", None),
        ("mode", "线上 线下 均可", "either"),
        ("mode", "On-site", "onsite"),
        ("mode", "online", "online"),
        ("consent", "不同意", False),
        ("roles", "；技术攻关员； ;资源对接员;", ("技术攻关员", "资源对接员")),
        ("expert_id", "　Ｅ００１\u200b", "E001"),
        ("preferred_firms", "F012; F003 ＝F044；F101;", (("F012",), ("F003", "F044"), ("F101",))),
        ("preferred_firms", "=F1;;=", (("F1",),)),
        ("vetoed_firms", "Ｆ1；F2", ("F1", "F2")),
        ("name", "'=SUM(A1)", "=SUM(A1)"),
        ("name", "''=SUM(A1)", "'=SUM(A1)"),
        ("name", "'引号'", "'引号'"),
    ],
)
def test_cells_are_read_as_people_write_them(column: str, text: str, value: object) -> None:
    assert parsed(text, table("experts").columns[column]) == value


@pytest.mark.parametrize(
    ("column", "text", "problem"),
    [
        ("name", "#N/A", "是 Excel 的错误值 '#N/A'，请改正公式或直接填写"),
        ("capacity", "#DIV/0!", "是 Excel 的错误值 '#DIV/0!'，请改正公式或直接填写"),
        ("contact", "1.38E+10", "被 Excel 改写成了数字 '1.38E+10'，后面的位数已丢失；请把该列设为文本后重填"),
        ("name", "陈\x07树", "含有看不见的控制字符，读到 '陈\\x07树'，请删除后重填"),
        ("capacity", "1e1", "应为 1–10 的整数，读到 '1e1'"),
        ("capacity", "两家", "应为 1–10 的整数，读到 '两家'"),
        ("capacity", "9" * 5000, f"应为 1–10 的整数，读到 '{'9' * 40}…'"),
        ("birth_year", "TRUE", "应为 1900–2100 的整数，读到 'TRUE'"),
        ("research_fields", "长" * 5001, f"最长 5000 个字符，读到 5001 个：'{'长' * 40}…'"),
        ("research_fields", "长" * 300_000, f"最长 5000 个字符，读到 300000 个：'{'长' * 40}…'"),
        ("expert_id", "E" * 65, f"编号最长 64 个字符，读到 65 个：'{'E' * 40}…'"),
        ("preferred_firms", "F1;F 2", "应为不含空格、分号和等号的编号，读到 'F 2'"),
    ],
)
def test_what_is_wrong_with_a_cell_is_said_with_what_was_expected(
    expert_rows: Rows, column: str, text: str, problem: str
) -> None:
    path = expert_rows({column: text})
    assert said(path) == [f"第 2 行「{label(f'experts.{column}')}」{problem}"]


@given(number=st.integers(1, 10), blanks=st.text(" 　\t\u00a0", max_size=3), full_width=st.booleans())
def test_a_whole_number_is_read_however_it_is_typed(number: int, blanks: str, full_width: bool) -> None:
    text = str(number)
    text = "".join(chr(ord(digit) + 0xFEE0) for digit in text) if full_width else text
    assert parsed(blanks + text + blanks, table("experts").columns["capacity"]) == number


# ---- firms: several rows of one firm


def test_the_need_of_a_firm_with_one_row_has_the_firm_id(firm_rows: Rows) -> None:
    (need,) = read_firms(firm_rows({"need_id": ""}))
    assert isinstance(need, Need)
    assert (need.firm_id, need.need_id) == ("F001", "F001")


def test_a_firm_with_several_rows_must_name_its_needs(firm_rows: Rows) -> None:
    path = firm_rows({"need_id": ""}, {"need_id": "F001-2"}, {"need_id": "", "firm_id": "F2"})
    loaded = load_firms(path)
    assert [str(problem) for problem in loaded.problems] == [
        f"{path}：第 2 行「需求编号」企业 'F001' 有多行，每行都应填需求编号"
    ]
    assert [need.need_id for need in loaded.records] == ["F001-2", "F2"]


def test_a_blank_firm_id_is_one_problem(firm_rows: Rows) -> None:
    assert [str(problem)[-15:] for problem in load_firms(firm_rows({"firm_id": ""})).problems] == [
        "第 2 行「企业编号」不能为空"[-15:]
    ]


def test_rows_of_one_firm_that_differ_are_warned_of(firm_rows: Rows) -> None:
    path = firm_rows(
        {"need_id": "a", "related_institutions": "西泠工业大学"},
        {"need_id": "b", "name": "剡溪电机有限公司", "township": "崇仁镇", "related_institutions": "西泠工业大学"},
        {"need_id": "c", "industry": "机械"},
    )
    loaded = load_firms(path)
    assert (loaded.problems, len(loaded.records)) == ([], 3)
    assert [str(warning).removeprefix(f"{path}：") for warning in loaded.warnings] == [
        "第 3 行「单位名称」与同一企业 'F001' 第 2 行不一致：此处 '剡溪电机有限公司'，那里 '剡溪电机厂'",
        "第 3 行「乡镇街道」与同一企业 'F001' 第 2 行不一致：此处 '崇仁镇'，那里 '甘霖镇'",
        "第 4 行「行业」与同一企业 'F001' 第 2 行不一致：此处 '机械'，那里 '电机'",
        "第 4 行「关联单位」与同一企业 'F001' 第 2 行不一致：此处 ''，那里 '西泠工业大学'",
    ]


def test_a_veto_in_some_rows_of_a_firm_is_warned_of(firm_rows: Rows) -> None:
    path = firm_rows(
        {"need_id": "a", "vetoed_experts": "E1;E2"},
        {"need_id": "b", "vetoed_experts": "E2"},
        {"need_id": "c", "vetoed_experts": "E2"},
    )
    assert [str(warning) for warning in load_firms(path).warnings] == [
        f"{path}：第 2 行「不接受专家」只对本行的需求拒绝了 'E1'；企业 'F001' 的其他行（3、4）没有拒绝"
    ]


# ---- ratings and placements


def test_ratings_are_read_in_both_languages(write: Rows) -> None:
    path = write(
        "专家编号,企业编号,year,企业评分,专家评分,考核\nE1,F1,2023,5,,优秀\nE1,F2,2023.0,,4,fail\n", "ratings.csv"
    )
    first, second = read_ratings(path)
    assert (first.year, first.firm_rating, first.expert_rating, first.assessment) == (2023, 5, None, "excellent")
    assert (second.year, second.firm_rating, second.expert_rating, second.assessment) == (2023, None, 4, "fail")


def test_a_rating_beyond_five_is_a_problem(write: Rows) -> None:
    path = write("expert_id,firm_id,year,firm_rating\nE1,F1,2023,6\n", "ratings.csv")
    assert [str(problem) for problem in load_ratings(path).problems] == [
        f"{path}：第 2 行「企业评分」应为 1–5 的整数，读到 '6'"
    ]


def test_a_placement_list_needs_two_ids_and_no_more(write: Rows) -> None:
    (bare,) = read_placements(write("firm_id,expert_id\nF1,E1\n", "placements.csv"))
    assert (bare.need_id, bare.expert_id, bare.fit, bare.status) == ("F1", "E1", None, None)
    text = "需求编号,专家编号,匹配度,企业方排名,状态,派驻开始\nF1-2,E1,0.25,3,续聘,2025-03-01\n"
    (full,) = read_placements(write(text, "placements.csv"))
    assert (full.need_id, full.fit, full.firm_rank, full.status, full.term_from) == (
        "F1-2",
        0.25,
        3,
        "kept",
        "2025-03-01",
    )


def test_a_placement_of_nobody_is_a_problem(write: Rows) -> None:
    path = write("firm_id,expert_id,fit\n,E1,0.5\nF1,,x\n", "placements.csv")
    assert [str(problem).removeprefix(f"{path}：") for problem in load_placements(path).problems] == [
        "第 2 行「需求编号」不能为空",
        "第 3 行「专家编号」不能为空",
        "第 3 行「匹配度」应为数字，读到 'x'",
    ]


# ---- laws


CELL = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8)


@given(st.lists(st.lists(CELL, max_size=7), max_size=5))
def test_every_row_becomes_a_record_or_a_problem(
    tmp_path_factory: pytest.TempPathFactory, rows: list[list[str]]
) -> None:
    import csv

    path = tmp_path_factory.mktemp("rows") / "experts.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([["expert_id", "name", "institution", "research_fields", "capacity"], *rows])
    loaded = load_experts(path)
    told = {record.row for record in loaded.records} | {problem.row for problem in loaded.problems}
    blank = " \t\r\n\u00a0\u3000\u200b\u200c\u200d\u2060\ufeff"
    expected = {number for number, row in enumerate(rows, start=2) if any(cell.strip(blank) for cell in row)}
    assert told == (expected or {None})
    assert not {record.row for record in loaded.records} & {problem.row for problem in loaded.problems}


def test_records_that_were_read_carry_no_warning_of_their_own(expert_rows: Rows) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert len(read_experts(expert_rows({}, {}))) == 2


def test_reading_loads_nothing_heavy(expert_rows: Rows) -> None:
    code = (
        f"import sys; from matcher.files import read_experts; read_experts({str(expert_rows({}))!r}); "
        "print(sorted({'pandas', 'numpy', 'python_calamine', 'charset_normalizer'} & set(sys.modules)))"
    )
    command = [sys.executable, "-c", code]
    environment = {"PYTHONPATH": ":".join(sys.path)}
    assert subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout == "[]\n"
