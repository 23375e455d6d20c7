"""
Spreadsheets into a round: first what they would change, then all of it or nothing.

What a sheet has no column for stays as it is in the round; a blank cell empties its field, but for two. A contact
column in which nothing stands is one that was left out, as exports leave it out; and a consent that was recorded with
its document is not taken back by a cell that says nothing.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from matcher.domain.errors import InputError
from matcher.domain.messages import Message, Problem
from matcher.domain.records import Expert, Need, Placement, Rating
from matcher.domain.references import reference_problems
from matcher.domain.roles import Principal
from matcher.domain.rounds import confirm_allowed
from matcher.files import Loaded, load_experts, load_firms, load_placements, load_ratings
from matcher.services.differences import Comparison, Row
from matcher.services.forms import records_of, with_wishes, written_over
from matcher.services.import_rows import lay_beside, records_afterwards, stored_rows
from matcher.services.import_writes import (
    ACCEPTED,
    Standing,
    Write,
    carry_out,
    confirm_unchanged,
    is_same_form,
    standing_of,
    writes_of,
)
from matcher.services.inputs import earlier_pairs, without_effect
from matcher.services.permissions import permitted
from matcher.services.rounds import open_in
from matcher.store import Reader, Store, Writer
from matcher.store.entities import PlacedPair, Round

_LOADERS: Mapping[str, Callable[[Any], Loaded[Any]]] = {
    "experts": load_experts,
    "needs": load_firms,
    "ratings": load_ratings,
    "keep": load_placements,
}
_SIDES = ("experts", "needs")
_OTHERS = {"experts": "needs", "needs": "experts"}
_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Preview:
    """
    What an import would do, and what stands in its way; nothing is written yet.

    Parameters
    ----------
    round_id : int
    experts, needs, ratings, keep : Comparison or None
        None where no such sheet was given. Wishes are among a form's fields. Ratings and pairs to keep are the batch's.
    problems : tuple of Problem
        Everything wrong: in the files, and between the forms as they would be afterwards.
    removal_problems : tuple of Problem
        What would be wrong besides, were the forms removed that are gone.
    warnings : tuple of Problem
        What is worth a look and stops nothing.
    digests : mapping of str to str
        SHA-256 of each file: of experts, needs, ratings, keep.
    version : int
        The round's.
    standing : mapping
        The rows of round and batch as they were, by their places: `apply` writes over nothing else.
    """

    round_id: int
    experts: Comparison[Expert] | None
    needs: Comparison[Need] | None
    ratings: Comparison[Rating] | None
    keep: Comparison[Placement] | None
    problems: tuple[Problem, ...]
    removal_problems: tuple[Problem, ...]
    warnings: tuple[Problem, ...]
    digests: Mapping[str, str]
    version: int
    standing: Standing = field(repr=False)


@dataclass(frozen=True, slots=True)
class Counts:
    """What an import did to one kind of rows; ``accepted`` forms are those of ``same`` that waited for it."""

    new: int = 0
    changed: int = 0
    removed: int = 0
    same: int = 0
    accepted: int = 0


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did; None where no such sheet was given."""

    experts: Counts | None
    needs: Counts | None
    ratings: Counts | None
    keep: Counts | None

    @property
    def is_any(self) -> bool:
        """Whether anything was written."""
        done = (counts for counts in (self.experts, self.needs, self.ratings, self.keep) if counts)
        return any(counts.new + counts.changed + counts.removed + counts.accepted for counts in done)


@permitted
def preview(
    store: Store,
    who: Principal,
    round_id: int,
    *,
    experts: Any = None,
    firms: Any = None,
    ratings: Any = None,
    keep: Any = None,
) -> Preview:
    """
    Say what spreadsheets would change in a round.

    Parameters
    ----------
    store : Store
    who : Principal
        Who is acting.
    round_id : int
    experts, firms, ratings, keep : path or None
        Any of the four; whatever `matcher.files` loads. ``keep`` is an earlier placement list.

    Returns
    -------
    Preview
        With every problem of every file. Where a file has any, nothing is said to be gone, and between rows only
        repeated ids are told: rows that failed are missing.

    Raises
    ------
    NotAllowed
        When the round is in no state for it.
    """
    sheets, paths = _sheets(experts, firms, ratings, keep)
    with store.reading() as view:
        return _previewed(view, round_id, sheets, paths)


@permitted
def import_new(
    store: Store,
    who: Principal,
    batch: tuple[str, int],
    *,
    experts: Any = None,
    firms: Any = None,
    ratings: Any = None,
    keep: Any = None,
) -> tuple[Round, Preview]:
    """
    Open a batch with what spreadsheets hold, in one transaction: where anything is wrong, there is no batch.

    Parameters
    ----------
    store : Store
    who : Principal
        Who is acting.
    batch : (str, int)
        Name and year.
    experts, firms, ratings, keep : path or None
        As `preview` takes them.

    Returns
    -------
    Round, Preview

    Raises
    ------
    InputError
        With every problem of every file; when there is a batch of that name.
    """
    sheets, paths = _sheets(experts, firms, ratings, keep)
    with store.writing(who.name) as work:
        round_ = open_in(work, *batch)
        found = _previewed(work, round_.id, sheets, paths)
        if found.problems:
            raise InputError(found.problems, found.warnings)
        _applied(work, found, remove_gone=False, accept=True)
        return round_, found


def _sheets(*sources: Any) -> tuple[dict[str, Loaded[Any]], dict[str, str]]:
    """Read what was given: of experts, firms, ratings, keep; and what each is called."""
    given = dict(zip(_LOADERS, sources, strict=True))
    paths = {name: str(source) for name, source in given.items() if source is not None}
    return {name: _LOADERS[name](given[name]) for name in paths}, paths


def _previewed(view: Reader, round_id: int, sheets: Mapping[str, Loaded[Any]], paths: Mapping[str, str]) -> Preview:
    round_ = view.get(Round, id=round_id)
    confirm_allowed(round_.state, "import_forms")
    standing = standing_of(view, round_)
    stored = stored_rows(view, round_, standing)
    placed = view.listed(PlacedPair, batch_id=round_.batch_id, state="active")
    compared = {
        name: lay_beside(name, sheet, stored[name], stored.get(_OTHERS.get(name, ""), ()))
        for name, sheet in sheets.items()
    }
    sides = [records_afterwards(compared.get(name), stored[name]) for name in _SIDES]
    problems = [problem for sheet in sheets.values() for problem in sheet.problems]
    is_sound = not problems
    problems += [found for found in _between(*sides, paths) if is_sound or found.message.code == "input.repeated_id"]
    warnings = [warning for sheet in sheets.values() for warning in sheet.warnings]
    removal: list[Problem] = []
    if not problems:
        left = [
            records_afterwards(compared.get(name), stored[name], without_gone=True) for name in ("experts", "needs")
        ]
        removal = [*_between(*left, paths), *_placed(compared, placed)]
        warnings += _worth_a_look(round_, compared, sides, sheets, paths)
    return Preview(
        round_id=round_id,
        **{name: compared.get(name) for name in _LOADERS},
        problems=tuple(problems),
        removal_problems=tuple(removal),
        warnings=tuple(warnings),
        digests={name: sheet.digest for name, sheet in sheets.items()},
        version=round_.version,
        standing=standing,
    )


@permitted
def apply(
    store: Store, who: Principal, previewed: Preview, *, remove_gone: bool = False, accept: bool = True
) -> Imported:
    """
    Write what was previewed, in one transaction.

    A form that is new or changed arrives as accepted: the sheet is the office's word, whatever state the form was in.
    One that is the same keeps its state, but that a submitted one is accepted: it waited for nothing else. A draft
    stays a draft, since whoever writes it has not handed it in, and one that was sent back stays so, since what was
    asked for is not there yet; the preview warns of both. Without ``accept`` what is new or changed waits as submitted.

    Parameters
    ----------
    store : Store
    who : Principal
        Who is acting.
    previewed : Preview
    remove_gone : bool
        Take away what is in the round, or among the batch's ratings and pairs, and not in the sheet; else it stays.
    accept : bool

    Returns
    -------
    Imported

    Raises
    ------
    InputError
        When the preview has problems, or what others did meanwhile would make some.
    NotAllowed
        When the round is in no state for it.
    ChangedMeanwhile
        When the round, or anything that would be written, is not as it was previewed; nothing is written then.
    """
    problems = (*previewed.problems, *(previewed.removal_problems if remove_gone else ()))
    if problems:
        raise InputError(problems, previewed.warnings)
    with store.writing(who.name) as work:
        return _applied(work, previewed, remove_gone=remove_gone, accept=accept)


def _applied(work: Writer, previewed: Preview, *, remove_gone: bool, accept: bool) -> Imported:
    round_ = work.get(Round, id=previewed.round_id, version=previewed.version)
    confirm_allowed(round_.state, "import_forms")
    writes: list[Write] = []
    counts: dict[str, Counts | None] = {}
    for name in _LOADERS:
        comparison: Comparison[Any] | None = getattr(previewed, name)
        rows = [row for row in (comparison.rows if comparison else ()) if remove_gone or row.after is not None]
        wanted = list(writes_of(name, rows, round_, previewed.standing, accept=accept))
        counts[name] = _counts(comparison, wanted, remove_gone=remove_gone) if comparison else None
        writes += wanted
    confirm_unchanged(work, round_, writes)
    carry_out(work, writes)
    # Meanwhile somebody may have wished for a form that is taken away now.
    found = reference_problems(*records_of(work, round_.id))
    if found:
        raise InputError(found)
    return Imported(**counts)


def _between(experts: Sequence[Expert], needs: Sequence[Need], paths: Mapping[str, str]) -> Iterator[Problem]:
    """Find what is wrong between the forms; one that no sheet has is told by its id."""
    ids: dict[str, dict[int | None, str]] = {
        "experts": {expert.row: expert.expert_id for expert in experts},
        "firms": {need.row: need.need_id for need in needs},
    }
    named = {"experts_path": paths.get("experts", ""), "firms_path": paths.get("needs", "")}
    for found in reference_problems(experts, needs, **named):
        if found.row is None or found.row > 0:
            yield found
        else:
            values = {"id": ids[str(found.column).split(".")[0]][found.row], "problem": found.message}
            yield Problem(Message("importing.in_round", values), column=found.column)


def _placed(compared: Mapping[str, Comparison[Any]], placed: Sequence[PlacedPair]) -> Iterator[Problem]:
    """Find forms that are gone, and can't be taken away: of pairs in force, which a further round keeps."""
    for name, column, part in (("experts", "experts.expert_id", "expert_id"), ("needs", "firms.need_id", "need_id")):
        held = {getattr(pair, part) for pair in placed}
        for record in compared[name].gone if name in compared else ():
            if getattr(record, part) in held:
                yield Problem(Message("importing.in_force", {"id": getattr(record, part)}), column=column)


def _worth_a_look(
    round_: Round,
    compared: Mapping[str, Comparison[Any]],
    sides: Sequence[Sequence[Any]],
    sheets: Mapping[str, Loaded[Any]],
    paths: Mapping[str, str],
) -> Iterator[Problem]:
    """Find what stops nothing: in the sheets' own rows, not in those that were there before."""
    experts, needs = sides
    ratings = sheets["ratings"].records if "ratings" in sheets else []
    for found in without_effect(experts, needs, ratings, {**paths, "firms": paths.get("needs", "")}):
        if found.row is None or found.row > 0:
            yield found
    if "keep" in sheets:
        _, gone = earlier_pairs(sheets["keep"].records, experts, needs)
        if gone:
            values = {"count": len(gone), "rows": tuple(str(line.row) for line in gone[:_SHOWN])}
            yield Problem(Message("input.keep_gone", values), paths["keep"])
        if round_.kind != "first":
            yield Problem(Message("importing.keep_of_first_round"), paths["keep"])
    for name in _SIDES:
        rows = compared[name].rows if name in compared else ()
        for message in _of_forms([row for row in rows if row.stored and row.after]):
            yield Problem(message, paths[name])


def _of_forms(rows: Sequence[Row]) -> Iterator[Message]:
    """Say which forms will not be in the market for all that, and which consents lose their documents."""
    same = [row for row in rows if is_same_form(row)]
    undone = [
        row
        for row in rows
        if getattr(row.stored, "consent_on", None)
        and written_over(row.stored, with_wishes(row.after, None)).get("consent_on", "") is None
    ]
    for code, found in (
        ("importing.stays_draft", [row for row in same if row.stored.state == "draft"]),
        ("importing.stays_returned", [row for row in same if row.stored.state == "returned"]),
        ("importing.consent_undone", undone),
    ):
        if found:
            yield Message(code, {"count": len(found), "ids": tuple(row.key[0] for row in found[:_SHOWN])})


def _counts(comparison: Comparison[Any], writes: Sequence[Write], *, remove_gone: bool) -> Counts:
    return Counts(
        new=len(comparison.new),
        changed=len(comparison.changed),
        removed=len(comparison.gone) if remove_gone else 0,
        same=comparison.same,
        accepted=sum(write.values == ACCEPTED for write in writes),
    )
