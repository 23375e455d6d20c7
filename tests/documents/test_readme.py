"""What stands in the README runs as it stands, each command after the other; and the Python that guides show, too."""

import csv
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from matcher import cli
from matcher.language import use
from matcher.store.entities import Round
from tests.web.conftest import SERVE, environment, free_port, wait_until_open

ROOT = Path(__file__).resolve().parents[2]
GUIDES = ROOT / "docs" / "guides"
READMES = [ROOT / "README.md", ROOT / "README.zh-CN.md"]
ENDLESS = [("serve",), ("serve", "--demo")]
"""What goes on until somebody ends it: a test of its own does."""
UNATTENDED = {("privacy", "erase"): ("--yes",)}
"""What a command is to be told where nobody can be asked."""


def commands(readme: Path) -> list[list[str]]:
    text = readme.read_text(encoding="utf-8")
    return [shlex.split(line, comments=True) for line in re.findall(r"^\.venv/bin/matcher (.*)$", text, re.MULTILINE)]


@pytest.fixture
def town(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder with the files that the README names, a service of its own, and nothing else."""
    for name in ("experts.csv", "firms.csv", "ratings.csv"):
        shutil.copy(ROOT / "data" / name, tmp_path / name)
    (tmp_path / "texts.txt").write_text("电机温升\n真丝印染\n" * 20, encoding="utf-8")
    folder = tmp_path / "FOLDER"
    folder.mkdir()
    lines = {
        "queries": "query_id,text\n" + "".join(f"q{k},电机温升 {k} 号\n" for k in range(4)),
        "documents": "document_id,text\n" + "".join(f"d{k},电机温升偏高 {k} 号，真丝\n" for k in range(4)),
        "relevance": "query_id,document_id,grade\n" + "".join(f"q{k},d{k},1\n" for k in range(4)),
    }
    for name, text in lines.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.setenv("MATCHER_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("MATCHER_DATABASE_URL", raising=False)
    yield tmp_path
    use("zh")


def run(words: list[str], home: Path) -> int:
    os.environ["MATCHER_HOME"] = str(home)
    with pytest.raises(SystemExit) as ended:
        cli.main([*words, *UNATTENDED.get(tuple(words[:2]), ())])
    return int(ended.value.code or 0)


def test_every_command_of_the_readme_does_what_it_says(town: Path, capsys: pytest.CaptureFixture[str]) -> None:
    failed = {}
    for words in commands(READMES[0]):
        if tuple(words) not in ENDLESS:
            code = run(words, town / ("another" if words[:2] == ["database", "restore"] else "home"))
            said = capsys.readouterr()
            if code:
                failed[" ".join(words)] = code, said.err
    assert failed == {}


@pytest.mark.parametrize("words", ENDLESS, ids=" ".join)
def test_what_the_readme_serves_answers_and_ends_when_it_is_told_to(words: tuple[str, ...], town: Path) -> None:
    assert list(words) in commands(READMES[0])
    home, log, port = town / "home", town / "log", free_port()
    assert run(["database", "upgrade"], home) == 0
    assert run(["account", "add", "first", "--role", "administrator"], home) == 0
    command = [sys.executable, "-c", SERVE, *words, "--port", str(port)]
    with (
        log.open("wb") as output,
        subprocess.Popen(command, env=environment(home), cwd=town, stdout=output, stderr=output) as process,
    ):
        try:
            wait_until_open(process, port, log)
        finally:
            process.terminate()
    assert process.returncode in (0, -signal.SIGTERM)


def test_both_readmes_show_the_same_commands() -> None:
    english, chinese = ({tuple(words) for words in commands(readme)} for readme in READMES)

    assert chinese <= english
    assert ("serve", "--demo") in chinese


WRITTEN = {
    "serve": ".venv/bin/matcher serve --demo",
    "test": ".venv/bin/python -m pytest --numprocesses logical --maxprocesses 4 --dist worksteal",
}
"""What each target that a README shows calls, besides `run`, whose command is run as it stands in the Makefile."""


def recipe(target: str) -> list[list[str]]:
    """Give the commands that a target of the Makefile calls, each in words."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS", "VENV"))}
    # Old as it is, the environment counts as made: what is asked is the target's own recipe.
    asked = ["make", "--dry-run", "--no-print-directory", "--old-file=.venv/.ready", target, "PYTEST_FLAGS="]
    printed = subprocess.run(
        [*asked, "SERVE_FLAGS="], cwd=ROOT, env=clean, capture_output=True, text=True, check=True, timeout=60
    )
    return [shlex.split(line) for line in printed.stdout.splitlines()]


@pytest.mark.parametrize("readme", READMES, ids=lambda readme: readme.name)
def test_the_targets_of_a_readme_call_what_tests_run(readme: Path) -> None:
    said = set(re.findall(r"(?:^|`)make ([a-z-]+)", readme.read_text(encoding="utf-8"), re.MULTILINE))
    assert said == {"run", *WRITTEN}
    for target, command in WRITTEN.items():
        assert recipe(target) == [shlex.split(command)]
    assert tuple(WRITTEN["serve"].split()[1:]) in ENDLESS


def python_of(page: Path) -> dict[str, Any]:
    """Run the one block of Python of a page, in the folder of the repository, and give the names that it made."""
    (code,) = re.findall(r"^```python\n(.*?)^```", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    names: dict[str, Any] = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what is worth a look in the sample
        exec(compile(code, page.name, "exec"), names)  # noqa: S102 - the code is the page's own, which is what is tested
    return names


@pytest.mark.parametrize("page", [*READMES, GUIDES / "command-line.md"], ids=lambda page: page.name)
def test_the_python_of_a_readme_runs(page: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    assert len(python_of(page)["result"].placements) > 100


def test_the_python_of_the_guide_to_rounds_puts_a_list_before_both_sides(
    town: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run(["database", "upgrade"], town / "home") == 0
    monkeypatch.chdir(ROOT)
    names = python_of(GUIDES / "rounds.md")
    with names["store"].reading() as view:
        assert view.get(Round, id=names["round_"].id).state == "confirming"


def rows_of(text: str) -> list[list[str]]:
    """Give the cells of each line of the tables of a page, without its name."""
    return [
        [cell.strip() for cell in line.strip("|").split("|")[1:]] for line in re.findall(r"^\|.*", text, re.MULTILINE)
    ]


@pytest.mark.parametrize("page", [*READMES, GUIDES / "command-line.md"], ids=lambda page: page.name)
def test_the_ranking_is_shown_beside_the_strongest_of_each_kind_of_rival(page: Path) -> None:
    measured = (ROOT / "docs" / "measurements" / "ranking.md").read_text(encoding="utf-8")
    text = measured.split("**NSFC, report**")[1].split("**sample city**")[0]
    rivals = re.findall(r"^\| (jieba words|characters 1-2).*?: (TF-IDF|BM25).*? \| ([\d.]+) ", text, re.MULTILINE)
    strongest = {max(score for *one, score in rivals if one == [unit, way]) for unit, way, _ in rivals}
    table = next(part for part in page.read_text(encoding="utf-8").split("\n\n") if "| nDCG@10 |" in part)
    ours, with_extra, *rows = rows_of(table)[2:]

    assert {row[0] for row in rows} == strongest
    assert len(rows) == len(strongest) == 4
    full = [[row[0], row[1], row[3], row[5]] for row in rows_of(text) if len(row) == 6]
    assert [row for row in [with_extra, *rows] if row not in full] == []
    assert ours[:3] in [row[:3] for row in full]


@pytest.mark.parametrize(("readme", "before"), [(READMES[0], "What it shows:"), (READMES[1], "显示：")])
def test_what_a_readme_shows_of_make_run_is_what_it_prints(
    readme: Path, before: str, town: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shown = readme.read_text(encoding="utf-8").split(before)[1].split("```")[1].strip("\n")
    summary, table = shown.split("\n\n")
    shutil.copytree(ROOT / "data", town / "data")
    ((program, *words),) = recipe("run")
    assert program == ".venv/bin/matcher"
    assert run(words, town / "home") == 0
    printed = {" ".join(line.split()) for line in capsys.readouterr().err.splitlines()}
    assert [line for line in summary.splitlines() if " ".join(line.split()) not in printed] == []
    # The columns are as wide as the window is, so the list itself is asked.
    with (town / "out" / "placements.csv").open(encoding="utf-8-sig", newline="") as lines:
        listed = {
            (
                line["firm"],
                line["need_title"],
                line["expert"],
                f"{float(line['fit']):.3f}",
                f"{line['firm_rank']} / {line['expert_rank']}",
            )
            for line in csv.DictReader(lines)
        }
    rows = [tuple(re.split(r"\s{2,}", line.strip())[:5]) for line in table.splitlines()[2:] if line.strip() != "…"]
    assert len(rows) >= 2
    assert set(rows) <= listed
