"""The tables of the spreadsheets: which columns each has, what their cells hold, which headers mean them."""

import re
import types
import typing
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import MISSING, dataclass, field, fields
from functools import cache

from annotated_types import Ge, Le
from pydantic import StringConstraints
from pydantic.fields import FieldInfo

from matcher.domain.benchmark import Document, Judgement, Query
from matcher.domain.messages import Message
from matcher.domain.records import Expert, Id, Need, Placement, Rating, Tiers
from matcher.language import LANGUAGES, label

Record = Expert | Need | Rating | Placement | Query | Document | Judgement
Kind = typing.Literal["text", "passage", "id", "texts", "ids", "tiers", "whole", "real", "word"]

_RECORDS: dict[str, type[typing.Any]] = {
    "experts": Expert,
    "firms": Need,
    "ratings": Rating,
    "placements": Placement,
    "queries": Query,
    "documents": Document,
    "relevance": Judgement,
}

# Each group is met by any one of its columns. Where nothing is said here, the fields without default are required.
_REQUIRED: dict[str, tuple[tuple[str, ...], ...]] = {
    "firms": (("firm_id",), ("name",), ("township",), ("industry",), ("need_title",)),
    "placements": (("need_id", "firm_id"), ("expert_id",)),
}
_FORGIVEN = re.compile(r"[\s_/*\u200b-\u200d\ufeff-]+")


@dataclass(frozen=True, slots=True)
class Column:
    """
    One column of a table.

    Parameters
    ----------
    code : str
        ``"table.name"``: the key of its header in the catalogue.
    name : str
        The field of the record, which is also the English header.
    kind : str
        What a cell holds.
    required : bool
        A cell of it may not be blank.
    least, most : float or None
        Range of a number.
    words : mapping of str to object
        For kind ``"word"``: the normalised words that are understood, with what they mean.
    expected : tuple of Message
        For kind ``"word"``: the words to show in a message.
    """

    code: str
    name: str
    kind: Kind
    required: bool = False
    least: float | None = None
    most: float | None = None
    words: Mapping[str, object] = field(default_factory=dict)
    expected: tuple[Message, ...] = ()

    @property
    def both_names(self) -> Message:
        """The Chinese and the English header together."""
        return Message("column.both_names", {"zh": label(self.code, "zh"), "name": self.name})


@dataclass(frozen=True, slots=True)
class Table:
    """A kind of spreadsheet: its columns by name, and its groups of required columns, any one of each being enough."""

    name: str
    record: type[typing.Any]
    columns: Mapping[str, Column]
    required: tuple[tuple[str, ...], ...]
    headers: Mapping[str, str]

    def column_of(self, header: str) -> Column | None:
        """Find the column that a header means, in either language; None where it means none."""
        name = self.headers.get(normalised(header))
        return None if name is None else self.columns[name]

    def recognised(self, header: Iterable[str]) -> int:
        """Count the headers that mean a column."""
        return sum(self.column_of(cell) is not None for cell in header)

    def missing(self, header: Iterable[str]) -> list[Column]:
        """List the required columns that a header lacks, the first of each group."""
        found = {column.name for cell in header if (column := self.column_of(cell)) is not None}
        return [self.columns[group[0]] for group in self.required if not found.intersection(group)]


@cache
def table(name: str) -> Table:
    """Build a table, such as ``"experts"`` or ``"relevance"``, from its record's annotations."""
    record = _RECORDS[name]
    hints = typing.get_type_hints(record, include_extras=True)
    own = [part for part in fields(record) if part.name != "row"]
    required = _REQUIRED.get(name) or tuple((part.name,) for part in own if not _has_default(part.default))
    alone = {group[0] for group in required if len(group) == 1}
    columns = {part.name: _column(name, part.name, hints[part.name], part.name in alone) for part in own}
    headers = {}
    for column in columns.values():
        headers |= {normalised(label(column.code, lang)): column.name for lang in LANGUAGES}
    return Table(name, record, columns, required, headers)


def normalised(text: str) -> str:
    """
    Bring a header or a word to the form in which it is compared.

    Examples
    --------
    >>> normalised(" Need ID* "), normalised("\uff2e\uff45\uff45\uff44_id")
    ('needid', 'needid')
    """
    return _FORGIVEN.sub("", unicodedata.normalize("NFKC", text)).casefold()


def number_range(metadata: Iterable[object]) -> tuple[float | None, float | None]:
    """Read the least and the most that a number may be from an annotation's metadata."""
    least = most = None
    for item in metadata:
        inner = item.metadata if isinstance(item, FieldInfo) else [item]
        for bound in inner:
            if isinstance(bound, Ge):
                least = typing.cast(float, bound.ge)
            elif isinstance(bound, Le):
                most = typing.cast(float, bound.le)
    return least, most


def without_none(annotation: object) -> object:
    """Give the annotation that is left when None is taken out of a union."""
    if isinstance(annotation, types.UnionType) or typing.get_origin(annotation) is typing.Union:
        (only,) = [part for part in typing.get_args(annotation) if part is not type(None)]
        return only
    return annotation


def _has_default(default: object) -> bool:
    return default is not MISSING and not (isinstance(default, FieldInfo) and default.is_required())


def _column(table_name: str, name: str, annotation: object, required: bool) -> Column:
    annotation = without_none(annotation)
    code = f"{table_name}.{name}"
    if annotation == Tiers:
        return Column(code, name, "tiers", required)
    if typing.get_origin(annotation) is tuple:
        return Column(code, name, "ids" if typing.get_args(annotation)[0] == Id else "texts", required)
    if annotation is bool or typing.get_origin(annotation) is typing.Literal:
        return Column(code, name, "word", required, **_vocabulary(name, annotation))
    metadata = getattr(annotation, "__metadata__", ())
    plain = getattr(annotation, "__origin__", annotation)
    if plain is str:
        has_pattern = any(isinstance(item, StringConstraints) and item.pattern for item in metadata)
        if has_pattern or name.endswith("_id"):
            return Column(code, name, "id", required)
        is_limited = any(isinstance(item, StringConstraints) and item.max_length for item in metadata)
        return Column(code, name, "text" if is_limited else "passage", required)
    least, most = number_range(metadata)
    return Column(code, name, "whole" if plain is int else "real", required, least, most)


def _vocabulary(name: str, annotation: object) -> dict[str, typing.Any]:
    """Collect from all languages what may stand in a cell, and what is shown when something else does."""
    prefix = f"{name}." if annotation is not bool or name == "consent" else ""
    meanings: Sequence[tuple[str, object]] = (
        (("yes", True), ("no", False)) if annotation is bool else [(c, c) for c in typing.get_args(annotation)]
    )
    words = {}
    for word, meaning in meanings:
        for lang in LANGUAGES:
            spellings = [label(f"value.{prefix}{word}", lang), *label(f"read.{prefix}{word}", lang).split("|")]
            words |= {normalised(spelling): meaning for spelling in spellings}
    return {"words": words, "expected": tuple(Message(f"value.{prefix}{word}") for word, _ in meanings)}
