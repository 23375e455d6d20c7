"""Parquet in place of a spreadsheet: the same records, the same lists, and nothing of it from somebody else."""

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matcher.files import Upload, load_experts, load_firms, load_placements, write_csv, write_parquet
from matcher.files.limits import OWN, TABLE, Limits
from matcher.files.loading import Loaded
from matcher.files.parquet import parquet_sheet
from tests.city import run

DATA = Path(__file__).parents[2] / "data"


@pytest.fixture
def sides(tmp_path: Path) -> tuple[Path, Path]:
    """Both sides of the sample, every cell a text as in the spreadsheets."""
    for name in ("experts", "firms"):
        rows = list(csv.DictReader((DATA / f"{name}.csv").read_text(encoding="utf-8").splitlines(keepends=True)))
        pq.write_table(pa.Table.from_pylist(rows), tmp_path / f"{name}.parquet")
    return tmp_path / "experts.parquet", tmp_path / "firms.parquet"


def codes(loaded: Loaded[Any]) -> list[str]:
    return [problem.message.code for problem in loaded.problems]


def packed(**columns: object) -> bytes:
    sink = pa.BufferOutputStream()
    pq.write_table(pa.table(columns), sink)
    return sink.getvalue().to_pybytes()


def test_the_sample_gives_the_same_records(sides: tuple[Path, Path]) -> None:
    for load, path in zip((load_experts, load_firms), sides, strict=True):
        there = load(DATA / f"{path.stem}.csv").records
        found = load(path, OWN)

        assert found.problems == []
        assert [(one, (one.row or 0) + 1) for one in found.records] == [(one, one.row) for one in there]


def test_types_of_columns_are_read_as_their_cells_would_be() -> None:
    types = {
        "expert_id": ["E1", "E2"],
        "name": pa.array(["甲", "乙"]).dictionary_encode(),
        "institution": ["西泠工业大学", "'=1"],
        "research_fields": ["电机", "丝绸"],
        "birth_year": pa.array([1970, None], pa.int16()),
        "capacity": [2.0, 1.0],
        "in_post": [True, None],
        "consent": [True, False],
        "roles": pa.array([["技术攻关员", "成果转化员"], []], pa.list_(pa.string())),
        "preferred_firms": pa.array([[["F1"], ["F2", "F3"]], None], pa.list_(pa.list_(pa.string()))),
    }
    loaded = load_experts(Upload("experts.parquet", packed(**types)), OWN)

    assert loaded.problems == []
    one, other = loaded.records
    assert (one.birth_year, one.capacity, one.in_post, one.consent) == (1970, 2, True, True)
    assert (one.roles, one.preferred_firms) == (("技术攻关员", "成果转化员"), (("F1",), ("F2", "F3")))
    assert (other.birth_year, other.in_post, other.consent, other.institution) == (None, None, False, "'=1")


@given(st.lists(st.text(max_size=8).filter(lambda text: "\x00" not in text), min_size=1, max_size=5))
def test_texts_come_back_from_a_file_as_they_were_written(
    tmp_path_factory: pytest.TempPathFactory, texts: list[str]
) -> None:
    path = tmp_path_factory.mktemp("texts") / "list.parquet"
    write_parquet(path, ["text", "number"], [[text, k + 0.5] for k, text in enumerate(texts)])

    assert pq.read_table(path).to_pydict() == {"text": texts, "number": [k + 0.5 for k in range(len(texts))]}


def test_a_problem_names_the_row_of_the_table() -> None:
    columns = {
        "expert_id": ["E1", "E2"],
        "name": ["甲", "乙"],
        "institution": ["丙", "丁"],
        "research_fields": ["电", ""],
    }
    loaded = load_experts(Upload("experts.parquet", packed(**columns, capacity=[1, 77])), OWN)

    assert [(found.row, found.column) for found in loaded.problems if found.column == "experts.capacity"] == [
        (2, "experts.capacity")
    ]


def test_what_is_no_cell_is_refused_by_name() -> None:
    loaded = load_experts(Upload("x.parquet", packed(expert_id=["E1"], name=[{"first": "甲"}])), OWN)

    assert codes(loaded) == ["input.file.parquet_types"]
    assert "name (struct<first: string>)" in str(loaded.problems[0])


def test_a_list_whose_item_holds_a_separator_is_told_where_it_stands() -> None:
    lists = pa.array([["F1;F2"]], pa.list_(pa.string()))
    given_ = {
        "expert_id": ["E1"],
        "name": ["甲"],
        "institution": ["丙"],
        "research_fields": ["电"],
        "vetoed_firms": lists,
    }
    loaded = load_experts(Upload("x.parquet", packed(**given_)), OWN)

    assert [(found.message.code, found.row, found.column) for found in loaded.problems] == [
        ("input.cell.separator", 1, "experts.vetoed_firms")
    ]


@pytest.mark.parametrize("harm", [lambda data: data[:-9], lambda data: data[:4] + bytes(len(data) - 8) + data[-4:]])
def test_a_damaged_file_is_told_as_such(sides: tuple[Path, Path], harm: Callable[[bytes], bytes]) -> None:
    loaded = load_experts(Upload("experts.parquet", harm(sides[0].read_bytes())), OWN)

    assert codes(loaded) == ["input.file.parquet_damaged"]


def test_an_upload_is_not_read_as_parquet(sides: tuple[Path, Path]) -> None:
    loaded = load_experts(Upload("experts.parquet", sides[0].read_bytes()), TABLE)

    assert codes(loaded) == ["input.file.wrong_kind"]
    assert "Parquet" in str(loaded.problems[0])


@pytest.mark.parametrize(
    ("limits", "code"),
    [
        (Limits(rows=10, parquet=True), "input.size.rows"),
        (Limits(columns=10, parquet=True), "input.size.columns"),
        (Limits(cells=1_000, parquet=True), "input.size.cells"),
        (Limits(unpacked_mb=0, parquet=True), "input.size.unpacked"),
    ],
)
def test_a_file_beyond_a_limit_is_refused(sides: tuple[Path, Path], limits: Limits, code: str) -> None:
    assert codes(load_experts(sides[0], limits)) == [code]


def test_a_list_is_saved_as_parquet_and_audited_from_it(
    sides: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    assert run("assign", *sides, "--out", out, "--parquet") == 0
    found = pq.read_table(out / "placements.parquet")

    ids = [line.expert_id for line in load_placements(out / "placements.csv").records]
    assert found.column("expert_id").to_pylist() == ids
    assert {str(found.schema.field(name).type) for name in ("firm_fit", "value")} == {"double"}
    assert {str(found.schema.field(name).type) for name in ("firm_rank", "expert_rank")} == {"int64"}
    for name, said in (("placements", "reasons"), ("unplaced", "reason")):
        with (out / f"{name}.csv").open(encoding="utf-8-sig", newline="") as file:
            sentences = [row[said] for row in csv.DictReader(file)]
        assert any(sentences)
        assert pq.read_table(out / f"{name}.parquet").column(said).to_pylist() == sentences
    capsys.readouterr()
    assert run("audit", *sides, out / "placements.parquet", "--json") == 0
    assert json.loads(capsys.readouterr().out)["sound"]
    assert run("assign", *sides, "--out", out) == 0
    assert not (out / "placements.parquet").exists()  # it would be of an earlier run


def test_the_same_rows_give_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "other"):
        write_parquet(tmp_path / name, ["a", "b"], [["x", 1], ["y", 2]])

    assert (tmp_path / "one").read_bytes() == (tmp_path / "other").read_bytes()
    assert parquet_sheet((tmp_path / "one").read_bytes(), OWN).header == ["a", "b"]


def test_a_list_without_a_line_is_a_list(tmp_path: Path) -> None:
    columns = ["need_id", "expert_id"]
    write_parquet(tmp_path / "none.parquet", columns, [])
    write_csv(tmp_path / "none.csv", columns, [])

    for name in ("none.parquet", "none.csv"):
        loaded = load_placements(tmp_path / name, OWN)
        assert (loaded.records, loaded.problems) == ([], [])
