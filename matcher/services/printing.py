"""What `matcher assign` wrote, made into something to print; no database is asked."""

import csv
import io
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from matcher.domain.errors import InputError, StorageError
from matcher.domain.messages import Message, Problem
from matcher.domain.records import Expert
from matcher.files import load_experts, load_placements, write_bytes
from matcher.files.stationery import Issue, Stationery, stationery
from matcher.files.templating import template_bytes, template_names
from matcher.placement import UNPLACED_COLUMNS, public_lines
from matcher.services.opening import beside_the_package
from matcher.services.placing import PLACEMENTS, REPORT, UNPLACED, demo_mark, read_paths, read_report
from matcher.store.engine import home

if TYPE_CHECKING:
    from matcher.files.list_workbook import ListBook

To = Literal["xlsx", "docx"]
NAMES: Mapping[To, str] = {"xlsx": "placements.xlsx", "docx": "notice.docx"}
"""What a folder's papers are called in it."""


def print_folder(folder: Path, to: To, out: Path | None = None) -> tuple[Path, tuple[Message, ...]]:
    """
    Make the list of a folder into a workbook, or into a public notice.

    Parameters
    ----------
    folder : path
        As `matcher.services.placing.place` has written it.
    to : {"xlsx", "docx"}
    out : path or None
        None: in the folder, as `NAMES` has it, and of a demonstration with that before it. A file that is there is
        replaced.

    Returns
    -------
    path
        Of the file.
    tuple of Message
        What is to be looked at before it goes out.

    Raises
    ------
    InputError
        When the folder is none of ours, or a template is not in order.
    SettingsError
        When ``bureau.toml`` is not in order.
    StorageError
        When the file can't be written, or is one that it is made of.
    """
    ours = (PLACEMENTS, UNPLACED, REPORT)
    if missing := [name for name in ours if not (folder / name).is_file()]:
        raise InputError([Problem(Message("papers.no_list", {"names": missing}), path=str(folder))])
    issue = Issue(is_demo=demo_mark(folder).exists())
    target = folder / _name(to, issue) if out is None else out
    if target.resolve() in {(folder / name).resolve() for name in ours}:
        raise StorageError([Problem(Message("output.over_input"), path=str(target))])
    report: Mapping[str, Any] = read_report(folder) or {}
    loaded = load_placements(folder / PLACEMENTS)
    if loaded.problems:
        raise InputError(loaded.problems)
    experts, warnings = _experts(folder, report)
    lines = public_lines(loaded.records, experts)
    on = stationery(home(), beside_the_package("data") if issue.is_demo else None)
    if to == "docx":
        from matcher.files.papers import list_says, notice_docx, notice_warnings

        content = notice_docx(lines, issue, on)
        warnings += notice_warnings(issue, on, list_says(lines))
    else:
        from matcher.files.list_workbook import ListBook, workbook_warnings

        book = ListBook(lines, loaded.records, _left(folder / UNPLACED), report)
        content = _workbook(folder, book, issue, on)
        warnings += workbook_warnings(lines, on)
    write_bytes(target, content)
    return target, tuple(warnings)


def lay_out_templates(folder: Path | None = None) -> tuple[Path, tuple[str, ...]]:
    """
    Write out the wording of papers, and ``bureau.toml``, to be changed.

    Parameters
    ----------
    folder : path or None
        None: that of the service, where they are used from.

    Returns
    -------
    path
        The folder.
    tuple of str
        What was written, as it is called in the folder.

    Raises
    ------
    StorageError
        When one of them is there, so that nobody's wording is replaced, or can't be written.
    """
    base = home() if folder is None else folder
    targets = {name: name if name.endswith(".toml") else f"templates/{name}" for name in template_names()}
    if there := [target for target in targets.values() if os.path.lexists(base / target)]:
        raise StorageError([Message("papers.templates_there", {"path": base, "names": there})])
    for name, target in targets.items():
        write_bytes(base / target, template_bytes(name)[1])
    return base, tuple(targets.values())


def _experts(folder: Path, report: Mapping[str, Any]) -> tuple[dict[str, Expert], list[Message]]:
    """Find the experts that were matched: the list itself has no research fields."""
    path = read_paths(folder).get("experts")
    if path is None:
        return {}, [Message("papers.fields_unknown_anywhere")]
    if not path.is_file():
        return {}, [Message("papers.fields_unknown", {"path": path})]
    loaded = load_experts(path)
    if loaded.digest != report["inputs"]["experts"]["sha256"]:
        return {}, [Message("papers.fields_differ", {"path": path})]
    return {expert.expert_id: expert for expert in loaded.records}, []


def _name(to: To, issue: Issue) -> str:
    from matcher.files.papers import paper_name

    name = Path(NAMES[to])
    return paper_name(issue, name.stem, suffix=name.suffix[1:])


def _workbook(folder: Path, book: "ListBook", issue: Issue, on: Stationery) -> bytes:
    from matcher.files.list_workbook import list_workbook

    try:
        return list_workbook(book, issue, on)
    except (KeyError, TypeError) as fault:  # the report of another version
        raise _not_readable(folder / REPORT) from fault


def _left(path: Path) -> list[dict[str, str]]:
    """Read who was left out, as it was written."""
    try:
        rows = list(csv.DictReader(io.StringIO(path.read_bytes().decode("utf-8-sig"), newline="")))
        if any(
            set(row) != set(UNPLACED_COLUMNS) or None in row.values() or int(row["free_places"]) < 0 for row in rows
        ):
            raise ValueError("columns")
    except (OSError, ValueError, TypeError, KeyError) as fault:
        raise _not_readable(path) from fault
    return rows


def _not_readable(path: Path) -> InputError:
    return InputError([Problem(Message("papers.not_readable", {"name": path.name}), path=str(path.parent))])
