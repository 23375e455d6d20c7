"""The settings file: TOML to `Settings`, with one message for each fault."""

import difflib
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from os import PathLike
from pathlib import Path
from typing import Any, Literal, NamedTuple, cast, get_args, get_origin

from pydantic import BaseModel, ValidationError

from matcher.domain.errors import SettingsError
from matcher.domain.messages import Message, Problem
from matcher.domain.settings import Pairs, Settings
from matcher.files.columns import number_range, without_none

_EXPECTED: Mapping[object, str] = {bool: "settings.yes_no", str: "settings.words", date: "settings.date"}

_PAIR = get_args(Pairs)[0]

_HEAD = re.compile(r"\s*(\[\[?)([\w.-]+)\]\]?\s*(?:#.*)?$")
_SETTING = re.compile(r"\s*([\w.-]+)\s*=")

Place = tuple[str | int, ...]
"""Names of tables and settings, and positions in lists."""


def read_settings(path: str | PathLike[str]) -> Settings:
    """
    Read a settings file in TOML; its tables are the fields of `Settings`.

    Parameters
    ----------
    path : path

    Returns
    -------
    Settings
        What the file leaves out has its default.

    Raises
    ------
    SettingsError
        With every fault: an unknown name, with the nearest known one and all that are allowed; a value out of its
        range, with what was expected; a line that is not TOML; a file that is missing or not UTF-8.
    """
    return parse_settings(_text_of(Path(path)), str(path))


def parse_settings(text: str, path: str = "") -> Settings:
    """
    Read settings out of a text in TOML; ``path`` names it in messages.

    Raises
    ------
    SettingsError
        With every fault, and the line that it is on; see `read_settings`.
    """
    try:
        return Settings.model_validate(_parsed(text, path))
    except ValidationError as error:
        lines = _lines(text)
        problems = [
            Problem(
                _message(fault), path, next((lines[part] for part in _outward(fault["loc"]) if part in lines), None)
            )
            for fault in error.errors(include_url=False)
        ]
        raise SettingsError(sorted(problems, key=lambda problem: problem.row or 0)) from None


def settings_in(data: bytes, path: str = "") -> Settings:
    """Read settings out of the bytes of a settings file; ``path`` names it, and `read_settings` says what it raises."""
    return parse_settings(_decoded(data, path), path)


def settings_of(content: Mapping[str, Any]) -> Settings:
    """Make settings of tables put together elsewhere; raises `SettingsError` with every fault."""
    try:
        return Settings.model_validate(content)
    except ValidationError as error:
        raise SettingsError([_message(fault) for fault in error.errors(include_url=False)]) from None


def read_toml(path: Path) -> dict[str, Any]:
    """Read a file in TOML; raises `SettingsError` where it is missing, not UTF-8, or not TOML, with the line."""
    return _parsed(_text_of(path), str(path))


def _text_of(path: Path) -> str:
    try:
        data = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError, ValueError):
        raise _refused(path, "settings.file.missing") from None
    except IsADirectoryError:
        raise _refused(path, "settings.file.folder") from None
    except OSError as error:
        raise _refused(path, "settings.file.unreadable", reason=error.strerror) from None
    return _decoded(data, str(path))


def _decoded(data: bytes, path: str) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _refused(path, "settings.file.encoding", line=data[: error.start].count(b"\n") + 1) from None


def _parsed(text: str, path: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        lines = text.splitlines() or [""]
        place = re.search(r"\(at line ([0-9]+)", str(error))
        row = min(int(place[1]) if place else len(lines), len(lines))
        message = Message("settings.file.syntax", {"value": lines[row - 1].strip()})
        raise SettingsError([Problem(message, path, row)]) from None


def _lines(text: str) -> dict[Place, int]:
    r"""
    Find the line of each table and setting, from 1; what stands within a value has none of its own.

    Examples
    --------
    >>> _lines("[term]\nstart = 1\n[[assignment.quotas]]\nvalue = 2")[("assignment", "quotas", 0, "value")]
    4
    """
    found: dict[Place, int] = {}
    table: Place = ()
    counts: dict[Place, int] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if head := _HEAD.match(line):
            table = tuple(head[2].split("."))
            if head[1] == "[[":
                counts[table] = counts.get(table, -1) + 1
                table = (*table, counts[table])
            for place in _outward(table):
                found.setdefault(place, number)
        elif setting := _SETTING.match(line):
            found.setdefault((*table, *setting[1].split(".")), number)
    return found


def _outward(place: Place) -> Iterator[Place]:
    """Give a place, and what it lies in, to the outermost."""
    return (place[:depth] for depth in range(len(place), 0, -1))


def _refused(path: Path | str, code: str, **values: object) -> SettingsError:
    return SettingsError([Problem(Message(code, values), path=str(path))])


def _message(fault: Mapping[str, Any]) -> Message:
    """Say in the catalogue's words what pydantic found."""
    place: Place = fault["loc"]
    if fault["type"] == "extra_forbidden":
        return _unknown(place)
    if fault["type"] == "value_error":
        return Message(
            f"settings.rule.{'.'.join(part for part in place if isinstance(part, str))}", {"key": _key(place)}
        )
    field = _field(place)
    key = _key(place[: len(place) - field.inside])
    if fault["type"] == "missing" and not field.inside:
        if get_origin(field.annotation) is not Literal:
            return Message("settings.missing_number", {"key": key})
        return Message("settings.missing", {"key": key, "words": get_args(field.annotation)})
    return _expected(key, field, fault)


def _key(place: Place) -> str:
    """
    Write a place as people do: names parted by dots, and the number of what stands in a list, from 1.

    Examples
    --------
    >>> _key(("assignment", "quotas", 1, "maximum"))
    'assignment.quotas[2].maximum'
    """
    return "".join(f"[{part + 1}]" if isinstance(part, int) else f".{part}" for part in place).lstrip(".")


def _unknown(place: Place) -> Message:
    section = _field(place[:-1]).annotation
    prefix = f"{_key(place[:-1])}." if len(place) > 1 else ""
    allowed = [prefix + name for name in section.model_fields]
    key, name = _key(place), str(place[-1])
    # A name that is right but in the wrong table is nearer than one that looks alike.
    elsewhere = [known for known in _all_keys(Settings) if known.split(".")[-1] == name]
    near = (
        difflib.get_close_matches(key, allowed, 1)
        or elsewhere
        or difflib.get_close_matches(key, _all_keys(Settings), 1)
    )
    values = {"key": key, "allowed": allowed}
    return (
        Message("settings.unknown_near", values | {"nearest": near[0]}) if near else Message("settings.unknown", values)
    )


def _expected(key: str, field: "_Field", fault: Mapping[str, Any]) -> Message:
    annotation = field.annotation
    values: dict[str, object] = {"key": key, "value": str(fault["input"])}
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return Message("settings.section", values)
    if annotation in (Pairs, _PAIR):
        return Message("settings.pair" if annotation == _PAIR else "settings.pairs", values)
    if get_origin(annotation) is tuple:
        return Message("settings.tables", values)
    if get_origin(annotation) is Literal:
        return Message("settings.one_of", values | {"words": get_args(annotation)})
    if annotation not in (int, float):
        return Message(_EXPECTED.get(annotation, "settings.wrong"), values | {"kind": fault["type"]})
    least, most = number_range(field.limits)
    code = ("settings.whole_" if annotation is int else "settings.") + ("at_least" if most is None else "between")
    return Message(code, values | {"least": least, "most": most})


class _Field(NamedTuple):
    """A setting's plain type and its limits; ``inside`` counts the parts of a place that lie inside a pair."""

    annotation: Any
    limits: Sequence[object] = ()
    inside: int = 0


def _field(place: Place) -> _Field:
    annotation: object = Settings
    limits: Sequence[object] = ()
    for depth, part in enumerate(place):
        if isinstance(part, int):
            if annotation == _PAIR:
                return _Field(annotation, inside=len(place) - depth)
            annotation, limits = get_args(annotation)[0], ()
        else:
            info = cast(type[BaseModel], annotation).model_fields[part]
            annotation = without_none(info.annotation)
            limits = [*info.metadata, *getattr(annotation, "__metadata__", ())]
            annotation = getattr(annotation, "__origin__", annotation) if limits else annotation
    return _Field(annotation, limits)


def _all_keys(section: type[BaseModel], prefix: str = "") -> list[str]:
    keys = []
    for name, info in section.model_fields.items():
        inner = info.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            keys += _all_keys(inner, f"{prefix}{name}.")
        else:
            keys.append(prefix + name)
    return keys
