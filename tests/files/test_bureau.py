from datetime import date
from pathlib import Path

import pytest

from matcher.domain.errors import SettingsError
from matcher.files.bureau import read_bureau


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
        ('notice_working_days = "5"', "notice_working_days 应为 1–30 的整数，读到 5"),
        ('roles_confirmed = "是"', "roles_confirmed 应为 true 或 false"),
        ('roles = "调研员"', "roles 应为方括号中的 1–10 个名称"),
        ("[holidays]\noff = [1]", "holidays.off 应为方括号中的日期"),
        ("[holidays]\noff = [2026-10-01]\nworked = [2026-10-01]", "同一天不能既放假又上班"),
        ('fonts = "黑体"', "fonts 应为一段文字"),
        ("name = ", "第 1 行"),
    ],
)
def test_what_is_wrong_with_the_file_is_said(tmp_path: Path, text: str, found: str) -> None:
    with pytest.raises(SettingsError) as refused:
        read_bureau(own(tmp_path, text))
    assert str(refused.value.messages[0]).startswith(f"{tmp_path / 'bureau.toml'}：{found}")
