"""A folder of word lists: what it holds stands in the place of ours, and what is wrong is said with file and line."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from matcher.domain.errors import SettingsError
from matcher.files.lexicon import read_lexicon
from matcher.language import sentence
from matcher.text import Lexicon

Folder = Callable[..., Path]


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    def made(**files: str | bytes) -> Path:
        where = tmp_path / "lists"
        where.mkdir()
        for name, content in files.items():
            data = content if isinstance(content, bytes) else content.encode()
            (where / name.replace("__", ".")).write_bytes(data)
        return where

    return made


def faults(folder: Path) -> list[str]:
    with pytest.raises(SettingsError) as error:
        read_lexicon(folder)
    assert all(sentence(message, "en") for message in error.value.messages)
    return [str(message).removeprefix(f"{folder}") for message in error.value.messages]


def test_a_list_that_is_there_stands_in_the_place_of_ours_and_the_others_are_ours(folder: Folder) -> None:
    where = folder(synonyms__txt="\ufeff# 本市\n电机 = 马达 # 俗称\n\n", __DS_Store=b"\xff")

    assert read_lexicon(where) == replace(Lexicon(), synonyms=(("电机", "马达"),))


def test_an_empty_list_is_empty(folder: Folder) -> None:
    where = folder(boilerplate__txt="# 不用\n", stop_words__txt="")

    assert read_lexicon(where) == replace(Lexicon(), boilerplate=(), stop_words=())


@pytest.mark.parametrize(
    ("files", "beginnings"),
    [
        ({}, ["：文件夹中没有词表，应至少有其中之一：dictionary.txt、"]),
        ({"synonym__txt": ""}, ["/synonym.txt：不是词表，是否想写 'synonyms.txt'？文件夹中只应有：dictionary.txt、"]),
        ({"x__csv": ""}, ["/x.csv：不是词表；文件夹中只应有：dictionary.txt、"]),
        ({"synonyms__txt": "\n电机 = \n"}, ["/synonyms.txt：第 2 行：= 的一侧没有填写，读到 '电机 = '"]),
        ({"synonyms__txt": "甲 = 乙\n\n乙 = 丙"}, ["/synonyms.txt：第 3 行：'乙' 已在另一组同义词里：甲 = 乙"]),
        ({"synonyms__txt": "PLC = plc"}, ["/synonyms.txt：第 1 行：'plc' 在同一组同义词里出现了两次"]),
        ({"synonyms__txt": "甲，乙"}, ["/synonyms.txt：第 1 行：'甲,乙' 永远不会被找到：文本在空格和标点处断开"]),
        ({"dictionary__txt": "甲\n# 乙\n丙 丁"}, ["/dictionary.txt：第 3 行：'丙 丁' 永远不会被找到"]),
        ({"stop_words__txt": "甲 = 乙"}, ["/stop_words.txt：第 1 行：'甲 = 乙' 永远不会被找到"]),
        (
            {"synonyms__txt": "甲 = 乙套话", "boilerplate__txt": "套话"},
            ["/synonyms.txt：第 1 行：同义词 '乙套话' 永远不会被找到：其中的 '套话' 作为套话已先去掉"],
        ),
        # Ours is at fault beside boilerplate that is not: the file named is the one that can be mended.
        ({"boilerplate__txt": "霍尔\n楠竹"}, ["/boilerplate.txt：同义词 '楠竹' 永远不会被找到"]),
        ({"dictionary__txt": "甲\n乙".encode("gb18030")}, ["/dictionary.txt：第 1 行：不是 UTF-8 编码"]),
        (
            {"x__csv": "", "synonyms__txt": "甲 =", "dictionary__txt": "，"},
            ["/x.csv", "/dictionary.txt", "/synonyms.txt"],
        ),
    ],
)
def test_every_fault_is_said_with_file_and_line(folder: Folder, files: dict, beginnings: list[str]) -> None:
    found = faults(folder(**files))

    assert len(found) == len(beginnings)
    assert all(fault.startswith(beginning) for fault, beginning in zip(found, beginnings, strict=True))


def test_a_missing_folder_and_a_file_in_its_place_are_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    assert faults(tmp_path / "none") == ["：找不到词表文件夹，请核对设置 'text.lexicon'"]
    assert faults(tmp_path / "file")[0].startswith("：不是文件夹")


def test_a_folder_of_a_lists_name_is_no_list(folder: Folder) -> None:
    where = folder()
    (where / "synonyms.txt").mkdir()

    assert faults(where)[0].startswith("/synonyms.txt：不是词表")
