"""A bar, while work is long and somebody looks."""

import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from matcher.language import label


@contextmanager
def progress() -> Generator[Callable[[int, int, str], None] | None]:
    """
    Show a bar on standard error while work is long and somebody looks; gives the callback that moves it, or None.

    Of what can't be counted the total is 0: the bar moves by itself.
    """
    if not sys.stderr.isatty():
        yield None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        tasks: dict[str, Any] = {}

        def on_progress(done: int, total: int, stage: str) -> None:
            if stage not in tasks:
                tasks[stage] = bar.add_task(label(f"cli.stage.{stage}"), total=None)  # comes and goes
            bar.update(tasks[stage], completed=done, total=total or None)

        yield on_progress
