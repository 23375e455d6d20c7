import os
from datetime import date
from pathlib import Path

import pytest

from matcher.domain.errors import InputError, SettingsError
from matcher.files.bureau import read_bureau
from matcher.files.stationery import stationery
from tests.strategies import DATA


def own(folder: Path, text: str) -> Path:
    (folder / "bureau.toml").write_text(text, encoding="utf-8")
    return folder


def test_the_example_says_what_is_to_be_filled_in() -> None:
    assert {"name", "office_telephone", "inspection_telephone", "basis"} <= set(read_bureau().unfilled)
    assert not read_bureau().roles_confirmed


def test_what_ones_own_file_leaves_out_is_as_in_the_example(tmp_path: Path) -> None:
    bureau = read_bureau(own(tmp_path, 'name = "嵊州市科学技术局"\n[fonts]\nbody = "仿宋_GB2312"\n'))
    assert (bureau.name, bureau.fonts.body, bureau.fonts.heading) == ("嵊州市科学技术局", "仿宋_GB2312", "黑体")
    assert "name" not in bureau.unfilled
    assert "basis" in bureau.unfilled


@pytest.mark.parametrize(
    "value", ["", "  ", "\u3000", "\u200b\ufeff", "（ 待 填 ）", "(待填: 全称)", "[待　填]", "待\u200b填"]
)
def test_what_is_empty_or_says_so_however_it_is_spaced_is_to_be_filled_in(tmp_path: Path, value: str) -> None:
    home = own(tmp_path, f'name = "{value}"\nagreement_term = "{value}"\nterm = "{value}"\n')
    assert {"name", "agreement_term", "term"} <= set(read_bureau(home).unfilled)
    filled = stationery(home, DATA).bureau
    assert filled.unfilled == []
    assert (filled.name, filled.term) == (read_bureau(DATA).name, read_bureau(DATA).term)


def test_a_bureau_without_an_address_for_mail_has_filled_it_in_and_lines_to_write_on_are_no_blank(
    tmp_path: Path,
) -> None:
    bureau = read_bureau(own(tmp_path, 'email = ""\nagreement_term = "＿＿＿＿年"\n'))
    assert not {"email", "agreement_term"} & set(bureau.unfilled)


def test_holidays_of_the_file_count(tmp_path: Path) -> None:
    days = "[holidays]\noff = [2026-10-01, 2026-10-02]\nworked = [2026-10-10]\n"
    holidays = read_bureau(own(tmp_path, days)).holidays
    assert holidays.working_days(date(2026, 9, 30), date(2026, 10, 10)) == 1 + 5 + 1
    assert holidays.knows(2026)
    assert not holidays.knows(2027)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('nam = "x"', "没有 nam 这一项；可用：address"),
        ('[fonts]\nserif = "x"', "没有 fonts.serif 这一项；可用：body"),
        ("name = 3", "name 应为一段文字"),
        ("notice_working_days = 0", "notice_working_days 应为 1–30 的整数，读到 0"),
        ('notice_working_days = "5"', 'notice_working_days 应为 1–30 的整数，读到 "5"'),
        ('roles_confirmed = "是"', "roles_confirmed 应为 true 或 false"),
        ('roles = "调研员"', "roles 应为方括号中的 2–10 个名称"),
        ('roles = ["a"]', 'roles 应为方括号中的 2–10 个名称，每个 2–20 个字，不重复，读到 ["a"]'),
        ("roles = true", "roles 应为方括号中的 2–10 个名称，每个 2–20 个字，不重复，读到 true"),
        ("name = {a = 2026-01-01}", "name 应为一段文字（加引号，不超过 500 字；名称不能为空），读到 {a = 2026-01-01}"),
        ("holidays = 3", "holidays 应为单独一节：[holidays] 占一行，下面逐行写各项；读到 3"),
        ("fonts = 3", "fonts 应为单独一节：[fonts] 占一行"),
        ("fonts = []", "fonts 应为单独一节"),
        ('roles = ["调研员"]', "roles 应为方括号中的 2–10 个名称"),
        ('roles = ["调研员", "调研员"]', "roles 应为方括号中的 2–10 个名称"),
        ("[holidays]\noff = [1]", "holidays.off 应为方括号中的日期"),
        (
            "[holidays]\noff = [2026-10-01, 2026-10-03, 2026-10-04]",
            "holidays.off 应为周一至周五中放假的日子；2026-10-03、2026-10-04 是周六或周日",
        ),
        (
            "[holidays]\noff = [2026-10-01]\nworked = [2026-10-01]",
            "holidays.worked 应为调休上班的周六、周日；2026-10-01 是周一至周五",
        ),
        ("name = ", "第 1 行"),
    ],
)
def test_what_is_wrong_with_the_file_is_said(tmp_path: Path, text: str, found: str) -> None:
    with pytest.raises(SettingsError) as refused:
        read_bureau(own(tmp_path, text))
    assert len(refused.value.messages) == 1
    assert str(refused.value.messages[0]).startswith(f"{tmp_path / 'bureau.toml'}：{found}")


def test_what_stands_there_and_is_no_file_is_not_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "bureau.toml"
    path.symlink_to(tmp_path / "gone")
    with pytest.raises(InputError, match="这是一个链接"):
        read_bureau(tmp_path)
    path.unlink()
    path.mkdir()
    with pytest.raises(InputError, match="这是文件夹，应为一个 UTF-8 文本文件"):
        read_bureau(tmp_path)


def test_no_holidays_may_be_written_as_an_empty_list(tmp_path: Path) -> None:
    assert read_bureau(own(tmp_path, "holidays = []")).holidays == read_bureau().holidays


def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "bureau.toml")
    with pytest.raises(InputError, match="这不是普通文件"):
        read_bureau(tmp_path)


def test_what_looks_like_our_files_and_is_not_used_is_warned_of(tmp_path: Path) -> None:
    for name in ("Bureau.toml", "bureau.toml.txt", "buerau.toml", "letter.txt", "server.toml", "matcher.db"):
        (tmp_path / name).write_text("", encoding="utf-8")
    (tmp_path / "template").mkdir()
    (tmp_path / "templates" / "sub").mkdir(parents=True)
    (tmp_path / "templates" / "sub" / "letter.txt").write_text("", encoding="utf-8")
    at_home, deeper = [one for one in stationery(tmp_path).warnings("letter") if one.code == "papers.own.unused"]
    assert at_home.values["names"] == ["Bureau.toml", "buerau.toml", "bureau.toml.txt", "letter.txt", "template"]
    assert str(at_home).endswith("文件名应为 bureau.toml、templates，请改名或移走")
    assert deeper.values["names"] == ["sub/letter.txt"]


def test_in_a_demonstration_what_nobody_has_filled_in_is_the_samples_and_nothing_else(tmp_path: Path) -> None:
    bureau = stationery(own(tmp_path, 'office = "科技科"\naddress = "（待填：通讯地址）"\n'), DATA).bureau
    assert bureau.unfilled == []
    assert bureau.office == "科技科"
    assert bureau.address == read_bureau(DATA).address != ""
    assert not bureau.roles_confirmed
