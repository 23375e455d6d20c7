from pathlib import Path
from typing import Any

import pytest
from docx.oxml import OxmlElement
from hypothesis import given
from hypothesis import strategies as st

from matcher.domain.errors import InputError
from matcher.files.stationery import FIELDS
from matcher.files.templating import Piece, Template, printable, read_template, template_names


def own(folder: Path, text: str, name: str = "letter") -> Template:
    (folder / f"{name}.txt").write_text(text, encoding="utf-8")
    return read_template(name, FIELDS[name], folder)


def refusals(folder: Path, text: str | bytes) -> list[str]:
    data = text if isinstance(text, bytes) else text.encode()
    (folder / "letter.txt").write_bytes(data)
    with pytest.raises(InputError) as refused:
        read_template("letter", FIELDS["letter"], folder)
    return [str(message).removeprefix(f"{folder / 'letter.txt'}：") for message in refused.value.messages]


@pytest.mark.parametrize("name", FIELDS)
def test_our_own_templates_are_in_order(name: str) -> None:
    assert read_template(name, FIELDS[name]).fields <= set(FIELDS[name])


def test_there_is_a_template_for_every_paper_and_the_bureau() -> None:
    assert template_names() == sorted(["bureau.toml", *(f"{name}.txt" for name in FIELDS)])


def test_a_template_of_ones_own_stands_above_ours(tmp_path: Path) -> None:
    assert own(tmp_path, "# 聘任书\n").pieces == (Piece("title", ("聘任书",), 1),)
    assert read_template("notice", FIELDS["notice"], tmp_path).path == "notice.txt"


def test_each_mark_has_its_look(tmp_path: Path) -> None:
    text = "// 注释\n# 一\n## 二\n^ 三\n< 四\n> 五\n~ 六\n| 七 | 八\n\n正文\n---\n===\n{list}\n"
    looks = [piece.look for piece in own(tmp_path, text).pieces]
    assert looks == [
        *("title", "heading", "centred", "flush", "signed", "small", "cells", "body", "page", "landscape", "list"),
    ]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("好\n{expet}同志", "第 2 行：没有可填的 {expet}，是否指 {expert}？可用：address"),
        ("{zzzzzzzz}", "第 1 行：没有可填的 {zzzzzzzz}；可用：address"),
        ("{expert", "第 1 行：花括号不成对：{expert"),
        ("a}b", "第 1 行：花括号不成对：a}b"),
        ("名单：{list}", "第 1 行：{list} 要单独占一行"),
        ("{expert.__class__}", "第 1 行：没有可填的 {expert.__class__}"),
        ("{expert!r:>10}", "第 1 行：没有可填的 {expert!r:>10}"),
        ("// 只有注释\n\n", "模板是空的"),
        ("好\n聘书".encode("gb18030"), "第 1 行：模板应为 UTF-8 编码"),
    ],
)
def test_what_is_wrong_with_a_template_is_said_with_its_line(tmp_path: Path, text: str | bytes, found: str) -> None:
    assert refusals(tmp_path, text)[0].startswith(found)


def test_every_fault_is_said_at_once(tmp_path: Path) -> None:
    assert len(refusals(tmp_path, "{a}\n{b} {c}\n}")) == 4


def test_two_braces_are_one_and_a_value_is_never_read_again(tmp_path: Path) -> None:
    template = own(tmp_path, "{{{expert}}} {firm}")
    (piece,) = template.filled({"expert": "{firm}", "firm": "# 甲\n| 乙 | 丙"})
    assert piece == Piece("body", ("{{firm}} # 甲 | 乙 | 丙",), 1)


def test_an_optional_line_that_would_say_nothing_is_left_out_and_no_other(tmp_path: Path) -> None:
    template = own(tmp_path, "? 邮箱：{email}\n?~ {expert}{email}\n邮箱：{email}\n?| {email} | 乙\n?# 无名称")
    pieces = template.filled({"email": "", "expert": "陈永"})
    assert [(piece.look, piece.texts) for piece in pieces] == [("small", ("陈永",)), ("body", ("邮箱：",))]


def test_a_value_that_is_missing_is_our_bug(tmp_path: Path) -> None:
    with pytest.raises(KeyError, match="expert"):
        own(tmp_path, "{expert}").filled({})


@given(st.text())
def test_whatever_is_written_is_one_line_that_xml_can_have(text: str) -> None:
    said = printable(text)
    element: Any = OxmlElement("w:t")
    element.text = said  # raises for what XML has no room for
    assert "\n" not in said
    assert printable(said) == said
