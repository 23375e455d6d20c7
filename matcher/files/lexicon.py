"""
A folder of word lists: each of its files stands in the place of the package's list of that name.

Not in the front of this room: it needs the room of texts, which is heavy, and whoever reads spreadsheets does not.
"""

import difflib
from os import PathLike
from pathlib import Path
from typing import Any

from matcher.domain.errors import SettingsError
from matcher.domain.messages import Message, Problem
from matcher.text.lexicon import LISTS, Lexicon, entries, entries_of, faults

_ALLOWED = tuple(f"{name}.txt" for name in LISTS)


def read_lexicon(folder: str | PathLike[str]) -> Lexicon:
    """
    Read a folder of word lists.

    Parameters
    ----------
    folder : path
        Holds any of ``dictionary.txt``, ``stop_words.txt``, ``boilerplate.txt`` and ``synonyms.txt``, in UTF-8, and
        nothing else but hidden files. A list whose file is missing is the package's, an empty one is empty.

    Returns
    -------
    Lexicon

    Raises
    ------
    SettingsError
        With every fault: a folder that is missing or holds no list, a name that is none of the four, a file that is
        not UTF-8, and every entry that can have no effect, or not the one meant, with file and line.
    """
    folder = Path(folder)
    problems = _strangers(folder)
    lists: dict[str, dict[int, str | tuple[str, ...]]] = {}
    for name in LISTS:
        if (path := folder / f"{name}.txt").is_file():
            try:
                lists[name] = entries_of(name, path.read_bytes().decode("utf-8-sig"))
            except UnicodeDecodeError as error:
                line = error.object[: error.start].count(b"\n") + 1
                problems.append(Problem(Message("lexicon.encoding"), str(path), line))
            except OSError as error:
                problems.append(Problem(Message("lexicon.unreadable", {"reason": error.strerror}), str(path)))
    whole: dict[str, Any] = {name: tuple(lists[name].values()) if name in lists else entries(name) for name in LISTS}
    for fault in faults(whole):
        own = fault.name in lists
        # What is ours can only be at fault beside boilerplate that is not.
        path = folder / (f"{fault.name}.txt" if own else "boilerplate.txt")
        problems.append(Problem(fault.message, str(path), list(lists[fault.name])[fault.position] if own else None))
    if problems:
        raise SettingsError(problems)
    return Lexicon(**whole)


def _strangers(folder: Path) -> list[Problem]:
    """Say what keeps a folder from being one of word lists."""
    try:
        names = sorted(path.name for path in folder.iterdir() if not path.name.startswith("."))
    except NotADirectoryError:
        raise SettingsError([Problem(Message("lexicon.not_a_folder"), str(folder))]) from None
    except (FileNotFoundError, ValueError):
        raise SettingsError([Problem(Message("lexicon.missing"), str(folder))]) from None
    except OSError as error:
        raise SettingsError([Problem(Message("lexicon.unreadable", {"reason": error.strerror}), str(folder))]) from None
    if not names:
        return [Problem(Message("lexicon.no_list", {"allowed": _ALLOWED}), str(folder))]
    found = []
    for name in names:
        if name not in _ALLOWED or not (folder / name).is_file():
            near = difflib.get_close_matches(name, _ALLOWED, 1)
            code = "lexicon.unknown_file_near" if near else "lexicon.unknown_file"
            found.append(Problem(Message(code, {"allowed": _ALLOWED, "nearest": "".join(near)}), str(folder / name)))
    return found
