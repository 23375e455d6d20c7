"""
Run the scripts in ``notebooks/`` and keep them with their results beside them, as ``.ipynb``.

To run it: ``make notebook``, or ``.venv/bin/python docs/notebooks.py 04 06`` for those whose names begin so. The same
source gives the same bytes: cells are numbered, and no clock is kept. What each took of the processor is printed.
"""

import resource
import sys
from pathlib import Path

import jupytext
import nbformat
from nbclient import NotebookClient

NOTEBOOKS = Path(__file__).resolve().parents[1] / "notebooks"


def make(script: Path) -> None:
    """Run one notebook and write it."""
    notebook = jupytext.read(script)
    for number, cell in enumerate(notebook.cells, 1):
        cell.id = f"cell-{number}"
    NotebookClient(notebook, record_timing=False, resources={"metadata": {"path": str(NOTEBOOKS)}}).execute()
    nbformat.write(notebook, script.with_suffix(".ipynb"))


def cpu_of_children() -> float:
    """Seconds of CPU of every child that has ended, such as the kernel of a notebook."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    for path in sorted(NOTEBOOKS.glob("*.py")):
        if not sys.argv[1:] or path.name.startswith(tuple(sys.argv[1:])):
            before = cpu_of_children()
            make(path)
            print(f"{path.stem}  {cpu_of_children() - before:.0f} s of CPU")
