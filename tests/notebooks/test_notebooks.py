"""Notebooks run from top to bottom, and what is kept of them is what they say."""

from pathlib import Path

import jupytext
import nbformat
import pytest
from nbclient import NotebookClient

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.py"))


def test_there_are_notebooks() -> None:
    assert [path.stem for path in NOTEBOOKS] == ["01_first_placement_list"]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs_without_an_error_or_a_warning(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MPLBACKEND", raising=False)  # Streamlit, where a test has loaded it, turns inline pictures off
    notebook = jupytext.read(path)
    client = NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(path.parent)}})
    client.execute()
    outputs = [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]
    assert any("image/png" in output.get("data", {}) for output in outputs)
    assert [output.text for output in outputs if output.get("name") == "stderr"] == []


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_the_kept_notebook_has_the_cells_of_its_script_and_their_results(path: Path) -> None:
    script, kept = jupytext.read(path), nbformat.read(path.with_suffix(".ipynb"), as_version=4)
    assert [cell.source for cell in kept.cells] == [cell.source for cell in script.cells]
    assert all(
        cell.outputs for cell in kept.cells if cell.cell_type == "code" and cell.source.endswith(("head()", "()"))
    )
    assert not any(output.output_type == "error" for cell in kept.cells for output in cell.get("outputs", []))
