"""Text is read right, or with a warning, or not at all; never as other characters without a word."""

from collections.abc import Callable
from pathlib import Path

import pytest

from matcher.files import load_experts

Rows = Callable[..., Path]
SIMPLE = (
    "专家编号,姓名,派出单位,研究方向\nE1,陈树,西泠工业大学,永磁电机设计、无位置传感器控制，温升≤75℃\n"
    "E2,陶喆,三江口大学,茶叶加工与夏秋茶利用；农药残留检测\n"
)
TRADITIONAL = (
    "expert_id,name,institution,research_fields\nE001,陳詩涵,臺灣科技大學,電機設計與無感測器控制、馬達電磁噪音分析\n"
    "E002,林俊傑,紡織產業綜合研究所,機能性纖維、提花織物數位設計與染整\n"
)
GERMAN = "expert_id,name,institution,research_fields\nE1,Jürgen Müller,Universität Köln,Größe und Häufigkeit\n"
FRENCH = "expert_id,name,institution,research_fields\nE1,Andr\xe9\xe9 L,Lyon,soie\n"
JAPANESE = "expert_id,name,institution,research_fields\nE1,山田太郎,東京大学,モーターの制御に関する研究と試験\n"


def warned(path: Path) -> list[str]:
    return [str(warning).removeprefix(f"{path}：") for warning in load_experts(path).warnings]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "gbk"])
def test_chinese_as_it_is_usually_saved_is_read_without_a_word(write: Rows, encoding: str) -> None:
    path = write(SIMPLE, encoding=encoding)
    loaded = load_experts(path)
    assert (loaded.problems, loaded.warnings) == ([], [])
    assert [expert.name for expert in loaded.records] == ["陈树", "陶喆"]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
def test_utf_16_is_read_with_a_warning(write: Rows, encoding: str) -> None:
    path = write(SIMPLE.replace(",", "\t"), encoding=encoding)
    assert [expert.name for expert in load_experts(path).records] == ["陈树", "陶喆"]
    assert warned(path) == ["编码推测为 UTF-16，请核对文字是否正确，最好另存为“CSV UTF-8”"]


def test_big5_is_read_with_a_warning(write: Rows) -> None:
    path = write(TRADITIONAL, encoding="big5")
    assert [expert.name for expert in load_experts(path).records] == ["陳詩涵", "林俊傑"]
    assert warned(path) == ["编码推测为 BIG5，请核对文字是否正确，最好另存为“CSV UTF-8”"]


def test_traditional_characters_in_gb18030_are_read_right_with_a_doubt(write: Rows) -> None:
    path = write(TRADITIONAL, encoding="gb18030")
    assert [expert.name for expert in load_experts(path).records] == ["陳詩涵", "林俊傑"]
    assert warned(path) == [
        "按 GB18030 读取，但有可疑字符（如第 2 行附近的 '陳'），请核对文字是否正确，最好另存为“CSV UTF-8”"
    ]


def test_private_use_characters_are_doubted(write: Rows) -> None:
    path = write(SIMPLE.replace("陶", "\ue5c5"), encoding="gb18030")
    assert "第 3 行附近的 '\\ue5c5'" in warned(path)[0]


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (GERMAN, "latin-1"),
        (FRENCH, "latin-1"),
        (JAPANESE, "shift_jis"),
        (JAPANESE, "euc-jp"),
    ],
)
def test_other_encodings_are_refused_or_doubted(write: Rows, text: str, encoding: str) -> None:
    path = write(text, encoding=encoding)
    loaded = load_experts(path)
    assert loaded.problems or loaded.warnings
    told = " ".join(str(message) for message in [*loaded.problems, *loaded.warnings])
    assert "编码" in told or "可疑字符" in told


def test_a_file_that_mixes_encodings_is_not_read_silently(write: Rows) -> None:
    path = write(SIMPLE.encode() + "E3,林舟,东钱湖材料研究所,电子陶瓷\n".encode("gb18030"))
    loaded = load_experts(path)
    assert loaded.problems or loaded.warnings
    assert "编码" in str((loaded.problems + loaded.warnings)[0])


@pytest.mark.parametrize("sample", ["\ufffd", "锟斤拷"])
def test_characters_that_were_lost_before_are_warned_of(write: Rows, sample: str) -> None:
    path = write(SIMPLE.replace("陈树", sample))
    assert warned(path) == [
        f"文件中已有乱码 '{sample}'（首次出现在第 2 行附近），原字在此之前已丢失，请从源文件重新导出"
    ]


def test_one_rare_name_in_a_short_gbk_file_is_read_right(write: Rows) -> None:
    path = write("expert_id,name,institution,research_fields\nE1,陶喆,A,B\n", encoding="gbk")
    assert [expert.name for expert in load_experts(path).records] == ["陶喆"]
