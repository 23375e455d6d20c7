"""Files that people put where their own stand above ours: whatever is there is used, or refused with a sentence."""

from pathlib import Path

from matcher.domain.errors import InputError
from matcher.domain.messages import Message, Problem


def own_file(folder: Path | None, name: str) -> Path | None:
    """
    Find a file of one's own.

    Returns
    -------
    path or None
        None where nothing of this name is there, and ours holds.

    Raises
    ------
    InputError
        When what is there is no regular file: what somebody put there is not passed over, and a pipe, which may have
        no end, is not waited for.
    """
    if folder is None or name not in own_names(folder):
        return None
    path = folder / name
    if path.is_dir():
        raise _refused("folder", path)
    if path.is_symlink() and not path.exists():
        raise _refused("dangling", path)
    if not path.is_file():
        raise _refused("special", path)
    return path


def own_names(folder: Path) -> frozenset[str]:
    """List what stands in a folder of one's own, none where there is no folder; `InputError` where it is none."""
    try:
        return frozenset(path.name for path in folder.iterdir())
    except FileNotFoundError:
        if folder.is_symlink():
            raise _refused("dangling", folder) from None
        return frozenset()
    except NotADirectoryError:
        raise _refused("no_folder", folder) from None
    except OSError as error:
        raise _refused("unreadable", folder, reason=error.strerror) from None


def _refused(why: str, path: Path, **values: object) -> InputError:
    return InputError([Problem(Message(f"papers.own.{why}", values), path=str(path))])
