"""The settings file: TOML to `Settings`, with one message for each fault."""

import difflib
import re
import tomllib
from collections.abc import Mapping, Sequence
from datetime import date
from os import PathLike
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel, ValidationError

from matcher.domain.errors import SettingsError
from matcher.domain.messages import Message, Problem
from matcher.domain.settings import Settings
from matcher.files.columns import number_range, without_none

_EXPECTED: Mapping[object, str] = {bool: "settings.yes_no", str: "settings.words", date: "settings.date"}


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
    try:
        content = _parsed(Path(path))
        return Settings.model_validate(content)
    except ValidationError as error:
        messages = [_message(fault) for fault in error.errors(include_url=False)]
        raise SettingsError([Problem(message, path=str(path)) for message in messages]) from None


def _parsed(path: Path) -> dict[str, Any]:
    try:
        data = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError, ValueError):
        raise _refused(path, "settings.file.missing") from None
    except IsADirectoryError:
        raise _refused(path, "settings.file.folder") from None
    except OSError as error:
        raise _refused(path, "settings.file.unreadable", reason=error.strerror) from None
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _refused(path, "settings.file.encoding", line=data[: error.start].count(b"\n") + 1) from None
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        lines = text.splitlines() or [""]
        place = re.search(r"\(at line ([0-9]+)", str(error))
        row = min(int(place[1]) if place else len(lines), len(lines))
        problem = Problem(Message("settings.file.syntax", {"value": lines[row - 1].strip()}), str(path), row)
        raise SettingsError([problem]) from None


def _refused(path: Path, code: str, **values: object) -> SettingsError:
    return SettingsError([Problem(Message(code, values), path=str(path))])


def _message(fault: Mapping[str, Any]) -> Message:
    """Say in the catalogue's words what pydantic found."""
    place: Sequence[str] = [str(part) for part in fault["loc"]]
    key = ".".join(place)
    if fault["type"] == "extra_forbidden":
        return _unknown(place)
    if fault["type"] == "value_error":
        return Message(f"settings.rule.{key}")
    return _expected(key, _annotated(place), fault)


def _unknown(place: Sequence[str]) -> Message:
    section = _section(place[:-1])
    prefix = "".join(f"{part}." for part in place[:-1])
    allowed = [prefix + name for name in section.model_fields]
    key = prefix + place[-1]
    # A name that is right but in the wrong table is nearer than one that looks alike.
    elsewhere = [name for name in _all_keys(Settings) if name.split(".")[-1] == place[-1]]
    near = (
        difflib.get_close_matches(key, allowed, 1)
        or elsewhere
        or difflib.get_close_matches(key, _all_keys(Settings), 1)
    )
    values = {"key": key, "allowed": allowed}
    return (
        Message("settings.unknown_near", values | {"nearest": near[0]}) if near else Message("settings.unknown", values)
    )


def _expected(key: str, field: tuple[object, Sequence[object]], fault: Mapping[str, Any]) -> Message:
    annotation, metadata = field
    values: dict[str, object] = {"key": key, "value": str(fault["input"])}
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return Message("settings.section", values)
    if get_origin(annotation) is Literal:
        return Message("settings.one_of", values | {"words": get_args(annotation)})
    if annotation not in (int, float):
        return Message(_EXPECTED.get(annotation, "settings.wrong"), values | {"kind": fault["type"]})
    least, most = number_range(metadata)
    code = ("settings.whole_" if annotation is int else "settings.") + ("at_least" if most is None else "between")
    return Message(code, values | {"least": least, "most": most})


def _section(place: Sequence[str]) -> type[BaseModel]:
    section: type[BaseModel] = Settings
    for name in place:
        section = section.model_fields[name].annotation  # ty: ignore[invalid-assignment]
    return section


def _annotated(place: Sequence[str]) -> tuple[object, Sequence[object]]:
    """Give a setting's plain type, and its limits."""
    info = _section(place[:-1]).model_fields[place[-1]]
    annotation = without_none(info.annotation)
    metadata = [*info.metadata, *getattr(annotation, "__metadata__", ())]
    return getattr(annotation, "__origin__", annotation) if metadata else annotation, metadata


def _all_keys(section: type[BaseModel], prefix: str = "") -> list[str]:
    keys = []
    for name, info in section.model_fields.items():
        inner = info.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            keys += _all_keys(inner, f"{prefix}{name}.")
        else:
            keys.append(prefix + name)
    return keys
