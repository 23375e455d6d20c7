"""Part functions that stand still until their process ends: in one of the parts, doing the rest, or in all."""

import os
import time
from pathlib import Path

from filelock import FileLock

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


def standing_part(folder: Path, number: int) -> int:
    with FileLock(folder / f"{number}.lock"):  # it is free again when the process is gone
        (folder / f"{number}.begun").touch()
        time.sleep(600)
    return number
