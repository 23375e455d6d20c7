"""While placements are in force: the service log, the assessment by both sides and the office, renewal, and the end."""

from datetime import date
from typing import Any

from pydantic import TypeAdapter, ValidationError

from matcher.domain.errors import InputError, NotAllowed
from matcher.domain.messages import Message, Problem
from matcher.domain.records import Assessment, Rating, Stars
from matcher.domain.roles import PARTIES, Principal
from matcher.domain.rounds import Action, Ending, confirm_allowed
from matcher.domain.settings import Side
from matcher.services.drafts import beside, dropped
from matcher.services.entries import Entered, confirm_possible, day_problems, days_of, entered_just_now, own_entry
from matcher.services.freezing import earlier_files, earlier_ratings
from matcher.services.own import assessment_for, confirm_seen, entry_for
from matcher.services.permissions import permitted
from matcher.services.rounds import confirm_reason
from matcher.store import Reader, Store, Writer
from matcher.store.entities import AssessedPair, Batch, PlacedPair, Round, Service
from matcher.store.schema import form_fields

_BLANK = ("firm_rating", "expert_rating", "assessment", "firm_renews", "expert_renews")


@permitted
def log_service(store: Store, who: Principal, placement_id: int, *, day: date, days: float, done: str) -> Service:
    """
    Enter what an expert did for a firm, and how many days it took; the very same a moment later is that entry.

    Raises
    ------
    InputError
        When it says nothing or too much, took no time or more than a month, lies in the future or before the
        placement, or one side would have served more days than there were.
    NotAllowed
        When the round, or the placement, is not active.
    """
    said = Entered(day, days, done)
    with store.writing(who.name) as work:
        placed = _active(work, placement_id, "log_service")
        if (there := entered_just_now(work, who, placed, said)) is not None:
            dropped(work, who, placed.round_id, beside("entry", placed.id))
            return there
        confirm_possible(work, who, placed, said)
        dropped(work, who, placed.round_id, beside("entry", placed.id))
        stamp = {"entered_at": work.at, "entered_by": who.name}
        return work.insert(Service, "log_service", placement_id=placed.id, **said.columns, **stamp)


@permitted
def correct_service(
    store: Store,
    who: Principal,
    placement_id: int,
    entry_id: int,
    *,
    day: date,
    days: float,
    done: str,
    version: int,
) -> Service:
    """
    Put an entry right that one's own side wrote; what it said before stays in the log of events.

    ``version`` is what `matcher.services.entries.version_of_entry` gives of the entry that was seen.

    Raises
    ------
    InputError
        As `log_service` does.
    NotAllowed
        When the round, or the placement, is not active, or somebody else wrote the entry.
    ChangedMeanwhile
        When the entry is another by now, or gone.
    """
    said = Entered(day, days, done)
    with store.writing(who.name) as work:
        placed = _active(work, placement_id, "log_service")
        found = own_entry(work, who, placed, entry_id, version)
        confirm_possible(work, who, placed, said, found)
        dropped(work, who, placed.round_id, beside("correct", found.id))
        return work.change(found, "correct_service", **said.columns)


@permitted
def withdraw_service(store: Store, who: Principal, placement_id: int, entry_id: int, *, version: int) -> None:
    """Take an entry back that one's own side wrote, as `correct_service` puts it right; the log of events keeps it."""
    with store.writing(who.name) as work:
        placed = _active(work, placement_id, "log_service")
        dropped(work, who, placed.round_id, beside("correct", entry_id))
        work.delete(own_entry(work, who, placed, entry_id, version), "withdraw_service")


@permitted
def assess(
    store: Store,
    who: Principal,
    placement_id: int,
    *,
    firm_rating: int | None = None,
    expert_rating: int | None = None,
    assessment: Assessment | None = None,
    version: int | None = None,
) -> AssessedPair:
    """
    Write down how a placement went: a rating of either side, from 1 to 5, or the office's assessment.

    What is None stays as it was; ``version`` is that of what `assessment_of` gave to the same person.

    Raises
    ------
    InputError
        When a rating is out of its range.
    NotAllowed
        When the round is neither active nor assessed, or the placement never was in force.
    ChangedMeanwhile
        When what they see of it is another by now.
    """
    said = {"firm_rating": firm_rating, "expert_rating": expert_rating, "assessment": assessment}
    given = {name: value for name, value in said.items() if value is not None}
    kinds: dict[str, Any] = {"firm_rating": Stars, "expert_rating": Stars, "assessment": Assessment}
    wrong = [name for name, value in given.items() if not _fits(kinds[name], value)]
    if wrong:
        raise InputError([Problem(Message("following.rating_wrong", {"value": given[name]})) for name in wrong])
    if who.role in PARTIES and given.keys() - {f"{who.role}_rating"}:
        raise NotAllowed([Message("following.own_rating_alone")])
    with store.writing(who.name) as work:
        return _said(work, who, (placement_id, version), "assess", given)


@permitted
def wish_renewal(
    store: Store, who: Principal, placement_id: int, side: Side, *, wishes: bool, version: int | None = None
) -> AssessedPair:
    """Say for one side whether it wishes to go on after the term; it takes both."""
    with store.writing(who.name) as work:
        return _said(work, who, (placement_id, version), "wish_renewal", {f"{side}_renews": wishes})


@permitted
def end_placement(
    store: Store, who: Principal, placement_id: int, ending: Ending, *, on: date, why: str, version: int | None = None
) -> PlacedPair:
    """End a placement that is in force: a side left (``"quit"``), or its term is over (``"expired"``)."""
    if ending not in ("quit", "expired"):
        raise ValueError(f"a person ends a placement by quit or expired, not by {ending}")
    confirm_reason(why)
    with store.writing(who.name) as work:
        placed = work.get(PlacedPair, id=placement_id, version=version)
        _active(work, placement_id, "end_placement")
        if wrong := day_problems(work, placed, on):
            raise InputError([Problem(message) for message in wrong])
        end = {"state": "ended", "ending": ending, "ended_on": on.isoformat(), "ended_because": why.strip()}
        return work.change(placed, "end_placement", why, **end)


@permitted
def service_log(store: Store, who: Principal, placement_id: int) -> list[Service]:
    """List what was done under a placement, by day."""
    with store.reading() as view:
        entries = sorted(view.listed(Service, placement_id=placement_id), key=lambda entry: (entry.day, entry.id))
        return [entry_for(who, entry) for entry in entries]


@permitted
def assessment_of(store: Store, who: Principal, placement_id: int) -> AssessedPair | None:
    """Give what is said so far of how a placement went, as one may see it; None where that is nothing."""
    with store.reading() as view:
        found = view.find(AssessedPair, placement_id=placement_id)
        seen = assessment_for(who, found) if found else None
        return seen if seen is not None and says_something(seen) else None


@permitted
def days_served(store: Store, who: Principal, batch_id: int) -> dict[int, float]:
    """Count the days of the service log by placement, as `days_of` does; those without an entry have none."""
    with store.reading() as view:
        entries: dict[int, list[Service]] = {placed.id: [] for placed in view.listed(PlacedPair, batch_id=batch_id)}
        for entry in view.listed(Service, placement_id=tuple(entries)):
            entries[entry.placement_id].append(entry)
        return {id_: days_of(found) for id_, found in entries.items()}


def says_something(row: AssessedPair) -> bool:
    """Tell whether anything is said in a row, or in what is seen of it."""
    return any(getattr(row, name) is not None for name in _BLANK)


def ratings_of(view: Reader, batch_id: int) -> list[dict[str, Any]]:
    """
    Give what a batch knows in the end of how placements went: the years before, then its own assessments.

    Returns
    -------
    list of dict
        Fields of `matcher.domain.records.Rating` but ``row``; own ones by need, then by expert.
    """
    before = [{name: getattr(row, name) for name in form_fields(Rating)} for row in earlier_ratings(view, batch_id)]
    year = view.get(Batch, id=batch_id).year
    placed = {row.id: row for row in view.listed(PlacedPair, batch_id=batch_id)}
    own = []
    for row in view.listed(AssessedPair, placement_id=tuple(placed)):
        pair = placed[row.placement_id]
        said = {"firm_rating": row.firm_rating, "expert_rating": row.expert_rating, "assessment": row.assessment}
        if any(value is not None for value in said.values()):
            ids = {"expert_id": pair.expert_id, "firm_id": pair.firm_id}
            own.append({**ids, "year": year, "need_title": pair.line["need_title"], **said})
    return before + sorted(own, key=lambda rating: (rating["firm_id"], rating["need_title"], rating["expert_id"]))


def handed_on(view: Reader, batch_id: int) -> dict[str, bytes]:
    """Give what a batch hands to the next one as the files that ``--ratings`` and ``--keep`` read."""
    if not view.listed(PlacedPair, batch_id=batch_id, state=("active", "ended")):
        return {}
    ratings = [Rating(**values) for values in ratings_of(view, batch_id)]
    keep = [(pair["firm_id"], pair["need_id"], pair["expert_id"]) for pair in pairs_to_keep(view, batch_id)]
    return earlier_files(ratings, keep)


def pairs_to_keep(view: Reader, batch_id: int) -> list[dict[str, str]]:
    """
    Give what the next batch may keep: pairs in force, or whose term is over, that neither side wishes to end.

    Returns
    -------
    list of dict
        Ids of firm, need and expert, by need, then by expert.
    """
    of_batch = view.listed(PlacedPair, batch_id=batch_id)
    active = [placed for placed in of_batch if placed.state == "active" or placed.ending == "expired"]
    said = {row.placement_id: row for row in view.listed(AssessedPair, placement_id=tuple(row.id for row in active))}
    rows = [row for row in active if row.id not in said or _may_go_on(said[row.id])]
    names = ("firm_id", "need_id", "expert_id")
    # Placed again after its term, a pair is kept once.
    once = {row.pair: row for row in sorted(rows, key=lambda row: row.pair)}
    return [{name: getattr(row, name) for name in names} for row in once.values()]


def _may_go_on(said: AssessedPair) -> bool:
    return said.firm_renews is not False and said.expert_renews is not False


def _active(work: Writer, placement_id: int, action: Action) -> PlacedPair:
    placed = work.get(PlacedPair, id=placement_id)
    confirm_allowed(work.get(Round, id=placed.round_id).state, action)
    if placed.state != "active":
        raise NotAllowed([Message("following.not_in_force", {"state": Message(f"value.placement.{placed.state}")})])
    return placed


def _said(
    work: Writer, who: Principal, placement: tuple[int, int | None], action: Action, given: dict[str, Any]
) -> AssessedPair:
    placement_id, version = placement
    placed = work.get(PlacedPair, id=placement_id)
    confirm_allowed(work.get(Round, id=placed.round_id).state, action)
    # Who left early, or was placed otherwise, is assessed for the time that there was.
    if placed.state != "active" and placed.ending not in ("quit", "expired", "adjusted"):
        raise NotAllowed([Message("following.not_in_force", {"state": Message(f"value.placement.{placed.state}")})])
    found = work.find(AssessedPair, placement_id=placement_id)
    if found is None:
        said = work.insert(AssessedPair, action, placement_id=placement_id, **dict.fromkeys(_BLANK) | given)
    else:
        if who.role in PARTIES:
            confirm_seen(version, assessment_for(who, found).version)
        else:
            found = work.get(AssessedPair, placement_id=placement_id, version=version)
        said = work.change(found, action, **given)
    return assessment_for(who, said)


def _fits(kind: Any, value: object) -> bool:
    try:
        TypeAdapter(kind).validate_python(value, strict=True)
    except ValidationError:
        return False
    return True
