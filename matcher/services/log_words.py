"""What an entry of the log says, in codes: the same words for a page and for the terminal."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from matcher.domain.messages import Message, from_plain
from matcher.domain.moments import in_china
from matcher.domain.records import Expert, Need, Rating
from matcher.domain.roles import PARTIES
from matcher.services.import_writes import VETO_REASON
from matcher.store.entities import Event
from matcher.store.hiding import SHADE
from matcher.store.schema import METADATA, form_fields
from matcher.store.telling import RESTATE

_FORMS: Mapping[str, tuple[str, frozenset[str]]] = {
    "experts": ("experts", frozenset(form_fields(Expert))),
    "needs": ("firms", frozenset(form_fields(Need))),
    "ratings": ("ratings", frozenset(form_fields(Rating))),
}
"""Tables with the fields of a record, and the headers that their columns have in spreadsheets."""

_DONE = ("accepted", "changed", "created", "decided", "entered", "erased", "made")
_DONE += ("published", "queued", "received", "withdrawn")
SAYS_AGAIN = frozenset({"version", *(f"{done}_{part}" for done in _DONE for part in ("at", "by"))})
"""Columns that say once more who acted and when; a version says how often."""

_WORDS: Mapping[str, str] = {
    "rounds.kind": "value.round_kind",
    "rounds.state": "value.round",
    "rounds.silence": "value.silence",
    "experts.state": "value.form",
    "needs.state": "value.form",
    "experts.mode": "value.mode",
    "needs.mode": "value.mode",
    "runs.state": "value.run",
    "placements.state": "value.placement",
    "placements.ending": "value.ending",
    "placements.firm_answer": "value.answer",
    "placements.expert_answer": "value.answer",
    "assessments.assessment": "value.assessment",
    "ratings.assessment": "value.assessment",
    "accounts.role": "value.role",
    "invitations.purpose": "value.what",
    "consents.kind": "value.consent_kind",
    "consents.side": "value.side",
}
"""Where the words of a column's values are in the catalogue."""


@dataclass(frozen=True, slots=True)
class Worded:
    """
    An entry as it is told.

    Parameters
    ----------
    at : str
        When, in China, to the minute.
    what : Message
        What was done.
    about : Message
        To what: the kind of row, and its place as ``about`` has it.
    how : Message
        Whether a row was added, changed or removed, something only looked at, or what it said is erased.
    changes : tuple of Message
        Fields with what was before and is after; of a row that was added or removed, those with a value.
    """

    at: str
    what: Message
    about: Message
    how: Message
    changes: tuple[Message, ...]


def worded(entry: Event) -> Worded:
    """Say an entry: what was done to what, which fields are others, and what they were and are."""
    table = entry.about.partition("/")[0]
    kind = Message(f"value.{'side' if table in PARTIES else 'table'}.{table}")
    before, after = entry.before, entry.after
    if entry.is_erased:
        how, changes = "erased", iter(())
    elif before is None and after is None:
        how, changes = "noted", iter(())
    elif before is None or after is None:
        added = "restated" if entry.what == RESTATE else "added"
        how, changes = ("removed", _values(table, before or {})) if after is None else (added, _values(table, after))
    else:
        how, changes = "changed", _changes(table, before, after)
    return Worded(
        in_china(entry.at),
        Message(f"value.what.{entry.what}"),
        Message("log.about", {"kind": kind, "path": entry.about}),
        Message(f"log.how.{how}"),
        tuple(changes),
    )


def _values(table: str, columns: Mapping[str, Any]) -> Iterator[Message]:
    """Say what a row holds, but for its key, which `Event.about` has, and for what the entry says itself."""
    keys = METADATA.tables[table].primary_key.columns if table in METADATA.tables else {}
    for name, value in columns.items():
        if name in keys or name in SAYS_AGAIN or value in (None, "", [], {}):
            continue
        column = column_label(table, name)
        if isinstance(value, Mapping):
            yield Message("log.parts", {"column": column, "count": len(value)})
        else:
            yield Message("log.value", {"column": column, "value": _said(table, name, value)})


def _changes(table: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Message]:
    for name, new in after.items():
        old, column = before.get(name), column_label(table, name)
        if SHADE in (old, new):
            yield Message("log.hidden_changed", {"column": column})
        elif isinstance(old, Mapping) or isinstance(new, Mapping):
            parts = dict(_leaves(old)), dict(_leaves(new))
            for part in sorted(parts[0].keys() | parts[1].keys()):
                was, now = (leaves.get(part) for leaves in parts)
                if was != now:
                    of = Message("log.part", {"column": column, "name": part})
                    yield Message("log.changed", {"column": of, "before": _plain(was), "after": _plain(now)})
        else:
            said = {"before": _said(table, name, old), "after": _said(table, name, new)}
            yield Message("log.changed", {"column": column, **said})


def column_label(table: str, name: str) -> Message:
    """Name a column: a form's as the header of the spreadsheet does."""
    header, names = _FORMS.get(table, ("", frozenset()))
    return Message(f"{header}.{name}" if name in names else f"log.column.{name}")


def _said(table: str, name: str, value: Any) -> object:
    """Say a value of a column in its words."""
    prefix = _WORDS.get(f"{table}.{name}")
    if value in (None, "", []):
        return None
    if value == SHADE:
        return Message("log.hidden")
    if prefix is not None:
        return Message(f"{prefix}.{value}")
    if name == "error":
        return from_plain(value)
    return in_china(value) if name.endswith("_at") else _plain(value)


def _plain(value: Any) -> object:
    """Say a value that has no words: lists within a list, such as pairs, are told apart."""
    if isinstance(value, list):
        return tuple(_pair(part) if isinstance(part, list) else _plain(part) for part in value) or None
    if isinstance(value, Mapping):
        return ", ".join(f"{name} = {part}" for name, part in value.items() if part is not None)
    return value


def _pair(part: list[Any]) -> object:
    """Say a list within a list: a veto of a sheet has a code where its reason would be."""
    if VETO_REASON in part[1:]:
        return Message("log.veto_of_sheet", {"id": part[0], "reason": Message(VETO_REASON)})
    return " / ".join(map(str, part))


def _leaves(value: Any, at: str = "") -> Iterator[tuple[str, Any]]:
    """Take a mapping apart: ``assignment.locks`` and its value."""
    if not isinstance(value, Mapping):
        if at:
            yield at, value
        return
    for name, part in value.items():
        yield from _leaves(part, f"{at}.{name}" if at else name)
