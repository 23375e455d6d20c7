"""The benchmark of the whole command runs at tiny sizes, and counts what every process of a command used."""

import importlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]
SIZE = ["--experts", "20", "--needs", "60"]
BUSY = "import time\nwhile time.process_time() < {seconds}: pass\n"


@pytest.fixture(scope="module")
def whole() -> Iterator[ModuleType]:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(ROOT)
        yield importlib.import_module("benchmarks.whole")


def rows(said: str) -> list[list[str]]:
    """Cells of the table's rows."""
    lines = [line for line in said.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def test_it_places_and_says_what_its_corpus_is_made_of(whole: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    whole.main([*SIZE, "--jobs", "1"])

    said = capsys.readouterr().out
    assert said.startswith("Corpus: made, not real. It is put together by chance, seed 1, of halves of real titles")
    [(name, all_s, command_s, *_, pairs)] = rows(said)
    assert name == "assign"
    assert float(all_s) >= float(command_s) > 0
    assert int(pairs) > 0


def test_what_is_reused_gives_the_same_lists(whole: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    whole.main([*SIZE, "--jobs", "1", "--changed", "0.1"])

    said = capsys.readouterr().out
    first, again, anew = rows(said)
    assert [first[0], again[0], anew[0]] == [
        "all, with --reuse",
        "10.0% changed, with --reuse",
        "10.0% changed, without",
    ]
    assert again[-1] == anew[-1]
    assert said.endswith("With --reuse 5 needs and 2 experts were ranked; the lists are the same to the byte.\n")


def test_nothing_is_said_of_reuse_where_everybody_was_ranked(whole: ModuleType) -> None:
    with pytest.raises(AssertionError, match="everybody was ranked"):
        whole.main([*SIZE, "--jobs", "1", "--changed", "0.5"])


def test_lists_that_differ_are_an_error(whole: ModuleType, tmp_path: Path) -> None:
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "placements.csv").write_text("need_id\n", encoding="utf-8")
        (tmp_path / name / "unplaced.csv").write_text(f"{name}\n", encoding="utf-8")

    with pytest.raises(AssertionError, match=r"unplaced\.csv differ"):
        whole.confirm_same(tmp_path / "one", tmp_path / "other")


def test_processes_that_a_command_starts_are_counted(whole: ModuleType) -> None:
    child = f"bytearray(10 ** 8)\n{BUSY.format(seconds=1)}"
    parent = f"import subprocess, sys\nsubprocess.run([sys.executable, '-c', {child!r}])\n{BUSY.format(seconds=0.5)}"

    found = whole.used([sys.executable, "-c", parent])

    assert found.command_s == pytest.approx(0.5, abs=0.3)
    assert found.children_s == pytest.approx((1.0,), abs=0.3)
    assert found.cpu_s == found.command_s + found.children_s[0]
    assert found.child_mb > 95 > found.command_mb > 1


def test_a_process_of_no_account_is_in_the_sum_alone(whole: ModuleType) -> None:
    found = whole.Used(20.4, 60.0, (40.0, 0.5), 2_345.6, 1_000.0, "")

    assert found.row("run", 12_345) == "| run | 100.5 | 60.0 | 40.0 | 20 | 2,346 | 1,000 | 12,345 |"


def test_a_command_that_fails_is_an_error_with_what_it_said(whole: ModuleType) -> None:
    with pytest.raises(subprocess.CalledProcessError) as fault:
        whole.used([sys.executable, "-c", "raise SystemExit('no such market')"])

    assert fault.value.output == "no such market\n"
