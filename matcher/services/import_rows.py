"""Rows of spreadsheets beside those of a round and of its batch: which are the same, and what is there in the end."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any

from matcher.domain.records import Expert, Placement
from matcher.files import Loaded
from matcher.services.differences import CONTACT, Comparison, Key, compare
from matcher.services.forms import among, with_wishes
from matcher.services.freezing import earlier_ratings
from matcher.services.import_writes import Standing
from matcher.store import Reader
from matcher.store.entities import Application, EarlierPair, EarlierRating, NeedForm, Round

_RATING_KEY = ("expert_id", "firm_id", "year", "need_title")

Stored = Sequence[tuple[Any, Any]]
"""Rows of the database with the records that they are, wishes in them."""


def stored_rows(view: Reader, round_: Round, standing: Standing) -> dict[str, Stored]:
    """
    Give what each sheet is laid beside.

    Parameters
    ----------
    view : Reader
    round_ : Round
    standing : mapping
        As `matcher.services.import_writes.standing_of` reads it.

    Returns
    -------
    dict of str to list
        Of experts, needs, ratings and keep.
    """
    there: dict[str, list[tuple[Any, Any]]] = {"experts": [], "needs": [], "keep": []}
    for row in standing.values():
        if isinstance(row, Application | NeedForm):
            name, side = ("experts", "expert") if isinstance(row, Application) else ("needs", "firm")
            wishes = standing.get(("preferences", round_.id, side, row.own_id))
            there[name].append((row, with_wishes(row.record, wishes)))
        elif isinstance(row, EarlierPair):
            there["keep"].append((row, _pair(row)))
    ratings = [row for row in standing.values() if isinstance(row, EarlierRating)]
    return {**there, "ratings": list(zip(ratings, earlier_ratings(view, round_.batch_id), strict=True))}


def lay_beside(name: str, sheet: Loaded[Any], stored: Stored, others: Stored = ()) -> Comparison[Any]:
    """
    Lay a sheet beside what is stored.

    Parameters
    ----------
    name : {"experts", "needs", "ratings", "keep"}
    sheet : Loaded
    stored : list of (Entity, record)
        What `stored_rows` gives under that name.
    others : list of (Entity, record)
        The other side's, for experts and needs: exports know wishes for accepted forms alone.
    """
    columns = sheet.columns
    given: list[Any] = list(sheet.records)
    if name == "keep":
        # A list may have a pair in two lines; it is kept once.
        given = list({(line.need_id, line.expert_id): _pair(line) for line in reversed(given)}.values())[::-1]
    elif name != "ratings" and not any(record.contact for record in given):
        columns -= {CONTACT}
    if name == "experts":
        documented = {form.own_id: record.consent for form, record in stored if form.consent_document}
        given = [_with_consent(record, documented.get(record.expert_id)) for record in given]
    if name in ("experts", "needs"):
        taking_part = {
            getattr(record, part) for form, record in others if form.state == "accepted" for part in _ids(record)
        }
        before = {form.own_id: record for form, record in stored}
        own = "expert_id" if name == "experts" else "need_id"
        given = [_with_unseen_wishes(record, before.get(getattr(record, own)), taking_part) for record in given]
    there = dict(zip(_keys(name, [record for _, record in stored], columns), stored, strict=True))
    return compare(there, zip(_keys(name, given, columns), given, strict=True), columns, is_whole=not sheet.problems)


def records_afterwards(comparison: Comparison[Any] | None, stored: Stored, *, without_gone: bool = False) -> list[Any]:
    """Give the records of one side as they would be; those that no sheet has stand in rows below zero."""
    given: list[Any] = []
    left: list[Any] = [record for _, record in stored]
    if comparison is not None:
        given = [row.after for row in comparison.rows if row.after is not None]
        left = [row.before for row in comparison.rows if row.after is None and not without_gone]
    return given + [replace(record, row=-place) for place, record in enumerate(left, start=1)]


def _keys(name: str, records: Sequence[Any], columns: Collection[str]) -> list[Key]:
    """Tell records apart; ratings that have all of their key in common by which of them they are."""
    if name != "ratings":
        own = {"experts": ("expert_id",), "needs": ("need_id",), "keep": ("need_id", "expert_id")}[name]
        return [tuple(getattr(record, part) for part in own) for record in records]
    own = [part for part in _RATING_KEY if part in columns]
    keys: list[Key] = [tuple(getattr(record, part) for part in own) for record in records]
    count: Counter[Key] = Counter()
    for position in sorted(range(len(keys)), key=lambda position: (keys[position], repr(records[position]))):
        key = keys[position]
        keys[position] = (*key, count[key] + 1) if count[key] else key
        count[key] += 1
    return keys


def _with_consent(record: Any, consent: bool | None) -> Any:
    return replace(record, consent=consent) if record.consent is None else record


def _with_unseen_wishes(record: Any, before: Any, taking_part: set[str]) -> Any:
    """Give a record the wishes that are stored where it says of them what an export says: all that it could."""
    if before is None:
        return record
    (exported,) = among([before], taking_part)
    other = "firms" if isinstance(record, Expert) else "experts"
    names = (f"preferred_{other}", f"vetoed_{other}")
    same = {name: getattr(before, name) for name in names if getattr(record, name) == getattr(exported, name)}
    return replace(record, **same)


def _ids(record: Any) -> tuple[str, ...]:
    return ("expert_id",) if isinstance(record, Expert) else ("need_id", "firm_id")


def _pair(line: Placement | EarlierPair) -> Placement:
    return Placement(firm_id=line.firm_id, need_id=line.need_id, expert_id=line.expert_id)
