import re
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matcher.domain.errors import SettingsError
from matcher.domain.messages import Message, Problem
from matcher.language import label, language, sentence, shown, use

CAPACITY = Message("input.cell.whole_number", {"least": 1, "most": 10, "value": "x"})


def test_a_problem_names_file_row_and_column() -> None:
    problem = Problem(CAPACITY, "experts.csv", 3, "experts.capacity")
    assert sentence(problem) == "experts.csv：第 3 行「可服务企业数」应为 1–10 的整数，读到 'x'"
    assert sentence(problem, "en") == "experts.csv: row 3, \"capacity\" must be a whole number from 1 to 10, read 'x'"


def test_a_message_finds_its_voice_by_itself() -> None:
    assert str(CAPACITY) == "应为 1–10 的整数，读到 'x'"


@pytest.mark.parametrize(
    ("problem", "chinese"),
    [
        (Problem(Message("input.no_rows")), "没有数据行"),
        (Problem(Message("input.no_rows"), "a.csv"), "a.csv：没有数据行"),
        (Problem(Message("input.no_rows"), "a.csv", 2), "a.csv：第 2 行：没有数据行"),
        (Problem(Message("input.no_rows"), column="experts.expert_id"), "「专家编号」没有数据行"),
        (Problem(CAPACITY, row=3, column="firms.capacity"), "第 3 行「拟需人数」应为 1–10 的整数，读到 'x'"),
    ],
)
def test_of_the_place_only_what_is_known_is_said(problem: Problem, chinese: str) -> None:
    assert sentence(problem) == chinese


def test_where_and_why_the_system_refuses_is_shown_whole() -> None:
    values = {"path": "a/" * 60 + "\x1b", "reason": "because " * 20}
    assert sentence(Message("store.read_only", values), "en").startswith(
        f"the database {'a/' * 60}\\x1b can't be written ({'because ' * 20})"
    )


@pytest.mark.parametrize(
    ("value", "chinese"),
    [
        (None, "无"),
        (True, "是"),
        (12, "12"),
        (0.12345, "0.123"),
        (2.0, "2"),
        (-0.0001, "0"),
        (100.0, "100"),
        (date(2025, 3, 1), "2025-03-01"),
        (("甲", "乙"), "甲、乙"),
        ({"b", "a"}, "a、b"),
        ([1, 2], "1、2"),
        ([Message("value.yes"), Message("value.no")], "是、否"),
        ([Message("input.no_rows"), CAPACITY], "没有数据行；应为 1–10 的整数，读到 'x'"),
        (Path("a/很长的文件夹名" * 9), "a/很长的文件夹名" * 9),
        ("长" * 40, "长" * 40),
        ("长" * 41, "长" * 40 + "…"),
        ("a\x1b[31m\n\u202eb", "a\\x1b[31m\\n\\u202eb"),
        ("{row}", "{row}"),
    ],
)
def test_values_are_shown_in_words(value: object, chinese: str) -> None:
    assert shown(value) == chinese


def test_lists_are_joined_as_the_language_does() -> None:
    assert shown(["a", "b"], "en") == "a, b"
    assert (
        shown([Message("input.no_rows"), Message("input.no_rows")], "en") == "has no rows of data; has no rows of data"
    )


@given(st.text())
def test_nothing_typed_by_somebody_reaches_the_terminal_unescaped(text: str) -> None:
    said = shown(text)
    assert said.isprintable()
    assert len(text) <= 40 or said.endswith("…")


def test_a_code_that_is_missing_is_our_bug() -> None:
    with pytest.raises(KeyError, match=r"'input\.nonsense'.*'zh'"):
        sentence(Message("input.nonsense"))


def test_a_value_that_is_missing_is_our_bug() -> None:
    with pytest.raises(KeyError, match=r"input\.cell\.number.*value"):
        sentence(Message("input.cell.number"))


def test_the_language_of_the_process_can_be_set() -> None:
    use("en_US.UTF-8")
    assert language() == "en"
    assert str(Message("input.cell.required")) == "must not be empty"
    assert label("value.yes") == "yes"
    assert label("value.yes", "zh-CN") == "是"


def test_an_unknown_language_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(SettingsError, match="没有语言 'fr'，可用：en、zh"):
        use("fr")
    assert language() == "zh"


def run(code: str, lang: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", code]
    environment = {"MATCHER_LANG": lang, "PYTHONPATH": ":".join(sys.path), "PYTHONIOENCODING": "utf-8"}
    return subprocess.run(command, env=environment, capture_output=True, text=True, encoding="utf-8", check=False)


SAY = "from matcher.domain.messages import Message; print(Message('input.cell.required'))"


@pytest.mark.parametrize(("lang", "said"), [("en", "must not be empty\n"), ("", "不能为空\n")])
def test_the_environment_chooses_the_language(lang: str, said: str) -> None:
    assert run(SAY, lang).stdout == said


def test_an_unknown_language_in_the_environment_is_an_error_at_first_use() -> None:
    ended = run(SAY, "fr")
    assert ended.returncode == 1
    assert "SettingsError: 没有语言 'fr'" in ended.stderr


def test_the_catalogue_is_light_to_import() -> None:
    code = (
        "import matcher.language, sys; print({'numpy', 'pandas', 'babel', 'pydantic', 'sqlalchemy'} & set(sys.modules))"
    )
    assert run(code, "").stdout.strip() == "set()"


@pytest.mark.parametrize("count", [1, 7])
def test_counted_reasons_of_who_is_left_out_read_right_of_one_too(count: int) -> None:
    said = [
        sentence(Message(f"unplaced.{code}", {"count": count, "examples": (), "limits": ()}), "en")
        for code in (
            *("need_all_taken", "need_left_for_the_whole", "need_banned", "need_forbidden_by_quota"),
            *("expert_all_full", "expert_left_for_the_whole", "expert_banned", "expert_forbidden_by_quota"),
        )
    ]

    assert not [one for one in said if re.search(r"\b\d+ \w", one)]
