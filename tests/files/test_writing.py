"""What is written opens rightly and safely, and is read back as it was."""

import contextlib
import csv
import io
import json
import os
from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from matcher.domain.errors import MatcherError, StorageError
from matcher.domain.messages import Message
from matcher.domain.records import Expert
from matcher.files import load_experts, write_csv, write_json
from matcher.files.cells import guarded, unguarded
from matcher.files.writing import cell_text, new_file
from matcher.language import use

FORMULAS = "=+-@\t\r\n＝＋－＠"


def test_csv_has_a_byte_order_mark_and_ends_lines_as_excel_does(tmp_path: Path) -> None:
    path = tmp_path / "new" / "list.csv"
    write_csv(path, ["firm_id", "fit", "名"], [["F1", 0.25, '引"号'], ["F2", None, "a,b\nc"]])
    assert path.read_bytes() == '\ufefffirm_id,fit,名\r\nF1,0.25,"引""号"\r\nF2,,"a,b\nc"\r\n'.encode()


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (3, "3"),
        (-3, "-3"),
        (-0.5, "-0.5"),
        (1e-9, "0"),
        (-1e-9, "0"),
        (1e20, "100000000000000000000"),
        (0.1234567, "0.123457"),
        (1.0, "1"),
        (np.float64(0.5), "0.5"),
        (np.int64(7), "7"),
        (True, "是"),
        (date(2025, 3, 1), "2025-03-01"),
        ("=1+1", "'=1+1"),
        ("-5", "'-5"),
        ("'=1", "''=1"),
        ("it's", "it's"),
        (("a", "b"), "a;b"),
        ((("F1",), ("F2", "F3")), "F1;F2=F3"),
        ((), ""),
        (Message("input.no_rows"), "没有数据行"),
        ([Message("input.no_rows"), Message("input.cell.required")], "没有数据行；不能为空"),
    ],
)
def test_a_cell_is_written_so(value: object, text: str) -> None:
    assert cell_text(value) == text


def test_messages_in_cells_speak_the_language_in_use(tmp_path: Path) -> None:
    use("en")
    write_csv(tmp_path / "a.csv", ["reason"], [[Message("input.cell.required")]])
    assert (tmp_path / "a.csv").read_text("utf-8-sig").splitlines()[1] == "must not be empty"


@given(st.text())
@example("'=1")
@example("''''@")
@example("'")
def test_the_guard_against_formulas_is_undone_exactly(text: str) -> None:
    assert unguarded(guarded(text)) == text
    assert not guarded(text).startswith(tuple(FORMULAS))


@given(st.text(st.characters(codec="utf-8")) | st.text("'=+-@ \t\r\nab＝;"))
def test_no_text_in_a_written_file_begins_like_a_formula(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    path = tmp_path_factory.mktemp("out") / "a.csv"
    write_csv(path, ["a", "b"], [[text, 1]])
    rows = list(csv.reader(io.StringIO(path.read_bytes().decode("utf-8-sig"), newline="")))
    assert not rows[1][0].startswith(tuple(FORMULAS))
    assert [unguarded(cell) for cell in rows[1]] == [text, "1"]


WORD = st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "S"]) | st.sampled_from("'=+-@ a"), min_size=1)
TYPED = WORD.map(str.strip).filter(lambda text: text and not text.startswith("#") and "E+" not in text)
IDS = st.from_regex(r"[A-Z][0-9]{1,4}", fullmatch=True)


@given(
    experts=st.lists(
        st.builds(
            Expert,
            expert_id=IDS,
            name=TYPED,
            institution=TYPED,
            research_fields=TYPED,
            expertise=TYPED | st.just(""),
            birth_year=st.none() | st.integers(1900, 2100),
            in_post=st.none() | st.booleans(),
            roles=st.lists(st.sampled_from(["技术攻关员", "政策宣讲员"]), unique=True).map(tuple),
            capacity=st.integers(1, 10),
            mode=st.sampled_from(["onsite", "online", "either"]),
            consent=st.none() | st.booleans(),
            accepts_others=st.booleans(),
            preferred_firms=st.lists(st.lists(IDS, min_size=1, max_size=3).map(tuple), max_size=4).map(tuple),
            vetoed_firms=st.lists(IDS, max_size=3).map(tuple),
        ),
        min_size=1,
        max_size=4,
    ),
    lang=st.sampled_from(["zh", "en"]),
)
def test_records_that_are_written_are_read_back_as_they_were(
    tmp_path_factory: pytest.TempPathFactory, experts: list[Expert], lang: str
) -> None:
    columns = [name for name in Expert.__dataclass_fields__ if name != "row"]
    path = tmp_path_factory.mktemp("out") / "experts.csv"
    use(lang)
    write_csv(path, columns, [[getattr(expert, name) for name in columns] for expert in experts])
    loaded = load_experts(path)
    assert loaded.problems == []
    assert loaded.records == experts


def test_json_is_the_same_bytes_for_the_same_content(tmp_path: Path) -> None:
    content = {"z": 1, "名": "陈树", "b": [0.5, None, Message("input.no_rows"), date(2025, 3, 1), np.float64(0.25)]}
    write_json(tmp_path / "a.json", content)
    text = (tmp_path / "a.json").read_bytes().decode()
    assert text.startswith('{\n  "z": 1,\n  "名": "陈树",\n')
    assert text.endswith("\n}\n")
    assert json.loads(text)["b"] == [0.5, None, "没有数据行", "2025-03-01", 0.25]


@pytest.mark.parametrize("broken", [float("nan"), float("inf")])
def test_numbers_that_are_none_are_refused(tmp_path: Path, broken: float) -> None:
    with pytest.raises(ValueError, match=r"nan|inf|Out of range"):
        write_csv(tmp_path / "a.csv", ["a"], [[broken]])
    with pytest.raises(ValueError, match=r"nan|inf|Out of range"):
        write_json(tmp_path / "a.json", {"a": broken})


def test_a_row_of_another_length_is_a_programmers_mistake(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="1 cells, the header 2"):
        write_csv(tmp_path / "a.csv", ["a", "b"], [["x"]])
    with pytest.raises(TypeError, match="object"):
        write_csv(tmp_path / "a.csv", ["a"], [[object()]])
    with pytest.raises(ValueError, match="separator"):
        write_csv(tmp_path / "a.csv", ["a"], [[("x;y", "z")]])
    assert list(tmp_path.iterdir()) == []


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.csv"
    write_csv(path, ["a"], [["old"]])
    before = path.read_bytes()

    def fail(_self: Path, _target: Path) -> None:
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", fail)
        with pytest.raises(MatcherError, match="无法写入（Permission denied）"):
            write_csv(path, ["a"], [["new"]])
    assert (path.read_bytes(), [file.name for file in tmp_path.iterdir()]) == (before, ["a.csv"])


def test_a_folder_that_is_a_file_is_said(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("x")
    with pytest.raises(MatcherError, match="无法写入"):
        write_json(tmp_path / "out" / "a.json", {})


def test_a_written_file_may_be_read_as_any_other(tmp_path: Path) -> None:
    plain: Callable[[Path], int] = lambda path: path.stat().st_mode  # noqa: E731
    (tmp_path / "plain").write_text("x")
    write_json(tmp_path / "a.json", {})
    assert plain(tmp_path / "a.json") == plain(tmp_path / "plain")


def test_a_new_file_is_its_owners_alone_and_replaces_none(tmp_path: Path) -> None:
    path = tmp_path / "sub" / "x.json"
    with new_file(path) as file:
        assert path.exists(), "its name is taken before what can't be made twice is made"
        file.write(b"{}")
    assert (path.read_bytes(), path.stat().st_mode & 0o777) == (b"{}", 0o600)
    with pytest.raises(StorageError, match="文件已存在"), new_file(path) as file:
        file.write(b"other")
    assert path.read_bytes() == b"{}"


def test_a_new_file_in_which_nothing_came_is_not_there(tmp_path: Path) -> None:
    with new_file(tmp_path / "nothing"):
        pass
    with contextlib.suppress(KeyError), new_file(tmp_path / "half") as file:
        file.write(b"half of it")
        raise KeyError
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "file").touch()
    with pytest.raises(StorageError, match="无法写入"), new_file(tmp_path / "file" / "x"):
        pass


def test_what_a_killed_process_left_half_written_goes_when_the_file_is_written_again(tmp_path: Path) -> None:
    killed, written, other = (tmp_path / f".{name}.part" for name in ("list[1].csv.a", "list[1].csv.b", "list1.csv.c"))
    for draft in (killed, written, other):
        draft.touch()
    for draft in (killed, other):
        os.utime(draft, (0, 0))
    write_csv(tmp_path / "list[1].csv", ["a"], [["b"]])
    assert {path.name for path in tmp_path.glob(".*")} == {written.name, other.name}
