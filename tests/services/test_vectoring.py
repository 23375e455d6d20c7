"""The command that learns vectors from a text file, and the run that uses them."""

from pathlib import Path

import pytest

from matcher.domain.errors import InputError
from matcher.language import use
from matcher.services.vectoring import learn_vectors

LINES = "永磁电机转子绕组\n电机转子磁钢绕组\n转子绕组磁钢永磁\n\n真丝印染色牢度\n印染染料真丝助剂\n色牢度助剂染料真丝\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_vectors_are_the_same_in_whatever_encoding_the_text_comes(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "a.txt").write_bytes(LINES.encode(encoding))
    (tmp_path / "plain.txt").write_text(LINES, encoding="utf-8")

    learned, warnings = learn_vectors([tmp_path / "a.txt"], tmp_path / "v.npz")
    learn_vectors([tmp_path / "plain.txt"], tmp_path / "w.npz")

    assert warnings == []
    assert {"转子", "真丝"} <= set(learned.terms)
    assert "永磁电" not in set(learned.terms)
    assert (tmp_path / "v.npz").read_bytes() == (tmp_path / "w.npz").read_bytes()


def test_several_files_are_one_text(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(LINES, encoding="utf-8")
    first, second = LINES.split("\n\n")
    (tmp_path / "b.txt").write_text(first, encoding="utf-8")
    (tmp_path / "c.txt").write_text(second, encoding="utf-8")

    learn_vectors([tmp_path / "a.txt"], tmp_path / "v.npz")
    learn_vectors([tmp_path / "b.txt", tmp_path / "c.txt"], tmp_path / "w.npz")

    assert (tmp_path / "v.npz").read_bytes() == (tmp_path / "w.npz").read_bytes()


def test_every_file_that_is_missing_is_named_and_nothing_is_overwritten(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(LINES, encoding="utf-8")
    use("en")

    with pytest.raises(InputError) as refused:
        learn_vectors([tmp_path / "x.txt", tmp_path / "y.txt", tmp_path / "a.txt"], tmp_path / "a.txt")

    said = str(refused.value).splitlines()
    assert [Path(line.split(": ")[0]).name for line in said] == ["x.txt", "y.txt", "a.txt"]
    assert "overwrite" in said[2]
    assert (tmp_path / "a.txt").read_text(encoding="utf-8") == LINES


@pytest.mark.parametrize("text", ["", "，。\n", "永磁电机\n真丝印染\n"])
def test_too_little_text_is_refused_with_what_to_do(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.txt").write_text(text, encoding="utf-8")
    use("en")

    with pytest.raises(InputError, match="add more text"):
        learn_vectors([tmp_path / "a.txt"], tmp_path / "v.npz")
    assert not (tmp_path / "v.npz").exists()
