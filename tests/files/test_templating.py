from pathlib import Path
from typing import Any

import pytest
from docx.oxml import OxmlElement
from hypothesis import given
from hypothesis import strategies as st

from matcher.domain.errors import InputError
from matcher.files.bureau import read_bureau
from matcher.files.stationery import FIELDS, Stationery
from matcher.files.templating import Piece, Template, printable, template_names


def own(folder: Path, text: str, name: str = "letter") -> Template:
    (folder / f"{name}.txt").write_text(text, encoding="utf-8")
    return at(folder).template(name)


def at(folder: Path | None = None) -> Stationery:
    return Stationery(read_bureau(), folder)


def refusals(folder: Path, text: str | bytes, name: str = "letter") -> list[str]:
    data = text if isinstance(text, bytes) else text.encode()
    path = folder / f"{name}.txt"
    path.write_bytes(data)
    return [said.removeprefix(f"{path}：") for said in refusals_at(folder, name)]


def refusals_at(folder: Path, name: str = "letter") -> list[str]:
    with pytest.raises(InputError) as refused:
        at(folder).template(name)
    return [str(message) for message in refused.value.messages]


@pytest.mark.parametrize("name", FIELDS)
def test_our_own_templates_are_in_order(name: str) -> None:
    assert at().template(name).fields <= set(FIELDS[name])


def test_there_is_a_template_for_every_paper_and_the_bureau() -> None:
    assert template_names() == sorted(["bureau.toml", *(f"{name}.txt" for name in FIELDS)])


def test_a_template_of_ones_own_stands_above_ours(tmp_path: Path) -> None:
    assert own(tmp_path, "# 聘任书\n").pieces == (Piece("title", ("聘任书",), 1),)
    assert at(tmp_path).template("notice").path == "notice.txt"


def test_each_mark_has_its_look(tmp_path: Path) -> None:
    text = "// 注释\n# 一\n## 二\n^ 三\n< 四\n> 五\n~ 六\n| 七 | 八\n\n正文\n---\n===\n{list}\n"
    looks = [piece.look for piece in own(tmp_path, text, "notice").pieces]
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
        ("好\na\x07b", "第 2 行：有无法印出的字符 U+0007，"),
        ("好\x0b甲\n{expet}", "第 1 行：有无法印出的字符 U+000B，"),
        ("好\r\n甲\u2028乙", "第 2 行：有无法印出的字符 U+2028，"),
        ("甲\u200e乙\u200f\u061c", "第 1 行：有无法印出的字符 U+200E、U+200F、U+061C，"),
        ("\ufeff好\n甲\ufeff乙", "第 2 行：有无法印出的字符 U+FEFF，"),
        ("好\n{list}", "第 2 行：这份文书里不能有“{list}”"),
        ("好\n聘书".encode("gb18030"), "第 1 行：模板应为 UTF-8 编码"),
    ],
)
def test_what_is_wrong_with_a_template_is_said_with_its_line(tmp_path: Path, text: str | bytes, found: str) -> None:
    assert refusals(tmp_path, text)[0].startswith(found)


def test_every_fault_is_said_at_once(tmp_path: Path) -> None:
    assert len(refusals(tmp_path, "{a}\n{b} {c}\n}")) == 4


def test_every_character_that_cannot_be_printed_is_named_once(tmp_path: Path) -> None:
    assert refusals(tmp_path, "\ufffe甲\x07\ufffe{expet}") == [
        "第 1 行：有无法印出的字符 U+FFFE、U+0007，编辑器里多半看不见；请删去后重新输入这一行"
    ]


@given(text=st.text(), name=st.sampled_from(["letter", "invitation"]))
def test_whatever_stands_in_a_template_is_refused_or_can_be_set(
    tmp_path_factory: pytest.TempPathFactory, text: str, name: str
) -> None:
    (folder := tmp_path_factory.getbasetemp() / "any").mkdir(exist_ok=True)
    (folder / f"{name}.txt").write_bytes(text.encode("utf-8", "replace"))
    try:
        template = at(folder).template(name)
    except InputError:
        return
    for piece in template.filled(dict.fromkeys(template.fields, "甲")):
        for said in piece.texts:
            OxmlElement("w:t").text = said  # raises for what XML has no room for


def test_a_tab_and_the_line_ends_of_any_system_are_in_order(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_bytes("甲\t乙\r\n丙\r丁\n".encode())
    assert [piece.texts for piece in at(tmp_path).template("letter").pieces] == [("甲\t乙",), ("丙",), ("丁",)]


def test_a_notice_has_the_list_and_has_it_once(tmp_path: Path) -> None:
    assert refusals(tmp_path, "# 公示\n", "notice") == ["没有放名单的一行：请让 {list} 单独占一行"]
    assert refusals(tmp_path, "{list}\n\n{list}\n", "notice") == [
        "第 3 行：{list} 在第 1 行已有；名单只放一次，请删去这一行"
    ]


@pytest.mark.parametrize(("line", "written"), [("{list}", "{list}"), ("---", "---"), ("===", "==="), ("| 甲", "|")])
def test_a_block_to_cut_out_has_no_room_for_pages_and_tables(tmp_path: Path, line: str, written: str) -> None:
    assert refusals(tmp_path, f"好\n{line}", "invitation") == [f"第 2 行：这份文书里不能有“{written}”，请删去这一行"]


def test_what_stands_where_a_template_is_looked_for_and_is_no_file_is_not_passed_over(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").mkdir()
    (tmp_path / "notice.txt").symlink_to(tmp_path / "gone")
    (tmp_path / "file").write_text("x", encoding="utf-8")
    (tmp_path / "link").symlink_to(tmp_path / "gone")
    for folder, name, place, why in (
        (tmp_path, "letter", "letter.txt", "这是文件夹，应为一个 UTF-8 文本文件"),
        (tmp_path, "notice", "notice.txt", "这是一个链接，指向的文件或文件夹已不存在"),
        (tmp_path / "file", "notice", "", "这里应为文件夹，找到的却是文件"),
        (tmp_path / "link", "notice", "", "这是一个链接，指向的文件或文件夹已不存在"),
    ):
        (said,) = refusals_at(folder, name)
        assert said.startswith(f"{folder / place}：{why}")
    assert at(tmp_path / "nowhere").template("notice").path == "notice.txt"


def test_files_that_look_like_templates_and_are_none_are_warned_of(tmp_path: Path) -> None:
    own(tmp_path, "好")
    for name in ("notize.txt", "Notice.txt", "letter.txt.txt", ".DS_Store"):
        (tmp_path / name).write_text("x", encoding="utf-8")
    (tmp_path / "去年的").mkdir()
    (warning,) = [one for one in at(tmp_path).warnings("letter") if one.code == "papers.own.unused"]
    assert warning.values["names"] == ["Notice.txt", "letter.txt.txt", "notize.txt"]
    assert "letter.txt、agreement.txt" in str(warning)


def test_an_invitation_that_does_not_say_for_whom_or_how_is_warned_of(tmp_path: Path) -> None:
    own(tmp_path, "{link}\n{person}", "invitation")
    (warning,) = [one for one in at(tmp_path).warnings("invitation") if one.code == "papers.template.lacking"]
    assert warning.values["names"] == ["{party}", "{login}", "{code}"]
    assert "papers.template.lacking" not in [one.code for one in at().warnings("invitation")]


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
