"""Notebooks run from top to bottom, and what is kept of them is what they say."""

import re
from pathlib import Path

import jupytext
import nbformat
import pytest
from nbclient import NotebookClient
from nbformat import NotebookNode

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.py"))
IDS = [path.stem for path in NOTEBOOKS]

# What differs from one run to the next without a difference in what is said.
_PASSING = re.compile(r"0x[0-9a-f]+")
# Put together here, so that this file names no such folder.
_OF_THIS_MACHINE = re.compile(rf"(?<![\w.~-])/(?:{'|'.join(('work', 'root', 'home', 'Users', 'tmp'))})/")


def outputs(notebook: NotebookNode) -> list[NotebookNode]:
    """What the cells of a notebook gave, in order."""
    return [output for cell in notebook.cells for output in cell.get("outputs", [])]


def said(notebook: NotebookNode) -> list[str]:
    """
    What each cell says in letters; of a picture, that there is one: fonts differ from machine to machine.

    What is printed comes in one piece or in several, as the machine has time.
    """
    return [
        "".join(
            output.get("text")
            or ("(image)" if "image/png" in output.data else _PASSING.sub("", output.data["text/plain"]))
            for output in cell.get("outputs", [])
        )
        for cell in notebook.cells
    ]


def kept(path: Path) -> NotebookNode:
    """The notebook as it is kept beside its script."""
    return nbformat.read(path.with_suffix(".ipynb"), as_version=4)


def test_there_are_six_notebooks_each_kept_beside_its_script() -> None:
    assert IDS == [
        "01_first_placement_list",
        "02_why_and_why_not",
        "03_tuning_against_ratings",
        "04_objectives_and_quotas",
        "05_evaluation_on_real_data",
        "06_next_year",
    ]
    assert sorted(path.stem for path in (ROOT / "notebooks").glob("*.ipynb")) == IDS


@pytest.mark.parametrize("path", NOTEBOOKS, ids=IDS)
def test_a_notebook_runs_and_says_what_is_kept_of_it(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MPLBACKEND", raising=False)  # Streamlit, where a test has loaded it, turns inline pictures off
    notebook = jupytext.read(path)
    client = NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(path.parent)}})
    client.execute()

    assert [output.text for output in outputs(notebook) if output.get("name") == "stderr"] == []
    assert said(notebook) == said(kept(path))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=IDS)
def test_the_kept_notebook_has_the_cells_of_its_script_and_no_fault(path: Path) -> None:
    script, notebook = jupytext.read(path), kept(path)

    assert [(cell.cell_type, cell.source) for cell in notebook.cells] == [
        (cell.cell_type, cell.source) for cell in script.cells
    ]
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    assert any("image/png" in output.get("data", {}) for output in outputs(notebook))
    assert not any(output.output_type == "error" or output.get("name") == "stderr" for output in outputs(notebook))
    assert not any("execution" in cell.metadata for cell in notebook.cells)  # what holds a clock


@pytest.mark.parametrize("path", NOTEBOOKS, ids=IDS)
def test_a_kept_notebook_names_no_folder_of_a_machine_and_warns_of_nothing(path: Path) -> None:
    for text in said(kept(path)):
        assert not _OF_THIS_MACHINE.search(text)
        assert "Warning" not in text


@pytest.mark.parametrize("path", NOTEBOOKS, ids=IDS)
def test_a_notebook_begins_with_its_question_and_ends_with_what_to_do(path: Path) -> None:
    first, *_, last = jupytext.read(path).cells

    assert first.source.startswith(f"# {path.stem[:2]} · ")
    assert "**The question:**" in first.source
    assert last.source.startswith("## What to do with the answer")
