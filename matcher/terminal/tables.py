"""What all tables of the terminal have in common."""

import sys

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from matcher.language import label

LINES = 12
"""Of a long list, so many are shown."""


def new_console(*, stderr: bool = False) -> Console:
    """Give a console as wide as the terminal; where there is none, wide enough for the tables."""
    stream = sys.stderr if stderr else sys.stdout
    return Console(stderr=stderr, width=None if stream.isatty() else 140, highlight=False)


def new_table(*columns: str, prefix: str, title: str | None = None, numbers_from: int | None = None) -> Table:
    """
    Begin a table.

    Parameters
    ----------
    columns : str
        What each is called in the catalogue, below ``prefix``.
    prefix : str
    title : str or None
    numbers_from : int or None
        The first of the columns that stand to the right; else those of fits and ranks do, and are never broken.
    """
    table = Table(box=box.SIMPLE_HEAD, title=title, title_justify="left", title_style="")
    for column in columns:
        right = column in ("fit", "firm_fit", "expert_fit", "rank", "firm_side", "expert_side", "suggested")
        table.add_column(
            label(f"{prefix}.{column}"), justify="right" if right else "left", no_wrap=right, overflow="fold"
        )
    if numbers_from is not None:
        for column in table.columns[numbers_from:]:
            column.justify = "right"
    return table


def add_row(table: Table, *cells: str) -> None:
    """Add a row of plain text: what stands in a spreadsheet is no markup."""
    table.add_row(*map(Text, cells))


def of_fit(code: str, is_calibrated: bool) -> str:
    """Say of fits what they are: good for comparing alone, or chances of a good rating."""
    return label(f"{code}.calibrated" if is_calibrated else code)
