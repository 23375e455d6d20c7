"""Settings written out again, as TOML that `read_settings` reads back to the same."""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, time
from os import PathLike

from matcher.domain.settings import Settings
from matcher.files.writing import write_bytes

Tables = Mapping[str, object]


def write_settings(
    path: str | PathLike[str], settings: Settings, notes: Sequence[str] = (), always: Mapping[str, Tables] | None = None
) -> None:
    """
    Write the settings that differ from their defaults.

    Parameters
    ----------
    path : path
        Missing folders are made. An existing file is replaced at once, or stays as it is.
    settings : Settings
    notes : sequence of str
        Lines of comment at the top.
    always : mapping of str to mapping, or None
        Names and tables of settings to write though they have their defaults, such as ``{"ranking": {"firm": {}}}``; an
        empty mapping means everything in it.

    Raises
    ------
    StorageError
        When the file can't be written.
    """
    write_bytes(path, settings_text(settings, notes, always).encode())


def settings_text(settings: Settings, notes: Sequence[str] = (), always: Mapping[str, Tables] | None = None) -> str:
    """Give what `write_settings` writes."""
    content = _merged(settings.model_dump(exclude_defaults=True), settings.model_dump(), always or {})
    # A line break would end a comment, and TOML forbids other control characters in one.
    head = ["# " + "".join(c if c.isprintable() else " " for c in note) for note in notes]
    lines = [*head, *_table(content, ())]
    return "\n".join(lines).lstrip("\n") + "\n"


def _merged(content: dict[str, object], every: Tables, always: Mapping[str, object]) -> dict[str, object]:
    """Add what is always written, in the order of the settings."""
    found = {}
    for name, value in every.items():
        wanted = always.get(name)
        if isinstance(wanted, Mapping) and isinstance(value, dict):
            inner = content.get(name, {})
            found[name] = _merged(inner, value, wanted) if wanted and isinstance(inner, dict) else value
        elif name in content:
            found[name] = content[name]
    return found


def _table(content: Tables, place: tuple[str, ...]) -> Iterator[str]:
    """Give the lines of a table: plain values first, then the tables in it."""
    plain = {name: value for name, value in content.items() if not _is_table(value) and value is not None}
    if plain and place:
        yield from ("", f"[{'.'.join(place)}]")
    yield from (f"{name} = {toml_value(value)}" for name, value in plain.items())
    for name, value in content.items():
        if isinstance(value, Mapping):
            yield from _table(value, (*place, name))
        elif _is_table(value) and isinstance(value, Sequence):
            for item in value:
                yield from ("", f"[[{'.'.join((*place, name))}]]")
                yield from (f"{key} = {toml_value(inner)}" for key, inner in item.items() if inner is not None)


def _is_table(value: object) -> bool:
    is_list = isinstance(value, Sequence) and not isinstance(value, str)
    return isinstance(value, Mapping) or (is_list and bool(value) and all(isinstance(item, Mapping) for item in value))


def toml_value(value: object) -> str:
    """Write a value as TOML has it."""
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
        case date() | time():
            return value.isoformat()
        case Mapping():
            return f"{{{', '.join(f'{name} = {toml_value(inner)}' for name, inner in value.items())}}}"
        case list() | tuple():
            return f"[{', '.join(map(toml_value, value))}]"
    return repr(value)
