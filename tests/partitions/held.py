"""A part function that stands still in one of its parts until its process is killed, and does the rest."""

import os
import time
from pathlib import Path

from matcher.partitions import rank_part

HELD = 2
"""The part whose first worker does not get out of it alive."""


def pid_file(folder: Path) -> Path:
    return folder / "held-by"


def held_part(folder: Path, number: int) -> int:
    if number == HELD and not pid_file(folder).exists():
        draft = folder / "held-by.draft"
        draft.write_text(str(os.getpid()))
        draft.rename(pid_file(folder))
        time.sleep(600)
    return rank_part(folder, number)
