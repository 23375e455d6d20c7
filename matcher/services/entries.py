"""Entries of the service log: what each must say, which side wrote it, and how many days they make."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from matcher.domain.errors import ChangedMeanwhile, InputError, NotAllowed
from matcher.domain.messages import Message, Problem
from matcher.domain.moments import is_just_now
from matcher.domain.roles import PARTIES, Principal
from matcher.domain.settings import Side
from matcher.services.own import confirm_seen, version_of
from matcher.store import Reader, Writer
from matcher.store.entities import PlacedPair, Publication, Service

_MOST_DAYS = 31
"""Days of one entry: a longer stay has several."""
_MOST_TEXT = 4000
"""Characters of what was done."""


@dataclass(frozen=True, slots=True)
class Entered:
    """What somebody writes down: the last day on which something was done, how many days it took, and what it was."""

    day: date
    days: float
    done: str

    @property
    def columns(self) -> dict[str, object]:
        """As the row of an entry has them."""
        return {"day": self.day.isoformat(), "days": float(self.days), "done": self.done.strip()}


def side_of_entry(entry: Service) -> Side | None:
    """Tell by its handle which side wrote an entry; None: the office did."""
    role, colon, _ = entry.entered_by.partition(":")
    return next((side for side in PARTIES if colon and side == role), None)


def days_of(entries: Iterable[Service]) -> float:
    """
    Count the days served: of a date that several wrote down (a side, the other, the office), the most that one did.

    Examples
    --------
    >>> line = {"placement_id": 1, "done": "", "entered_at": ""}
    >>> who = ("firm:F1#1", "expert:E1#2", "expert:E1#2")
    >>> days_of(Service(id=n, day="2026-06-20", days=1, entered_by=by, **line) for n, by in enumerate(who))
    2.0
    """
    by_writer: dict[tuple[str, Side | None], float] = defaultdict(float)
    for entry in entries:
        by_writer[entry.day, side_of_entry(entry)] += entry.days
    most: dict[str, float] = {}
    for (day, _), days in by_writer.items():
        most[day] = max(days, most.get(day, 0))
    return sum(most.values(), 0.0)


def version_of_entry(entry: Service) -> int:
    """Give the version of an entry, which is made of what it says; see `matcher.services.own.version_of`."""
    return version_of(entry.day, entry.days, entry.done)


def is_own_entry(who: Principal, entry: Service) -> bool:
    """Tell whether the side of whoever it is wrote an entry; the office is a side here."""
    return side_of_entry(entry) == (who.role if who.role in PARTIES else None)


def own_entry(view: Reader, who: Principal, placed: PlacedPair, entry_id: int, version: int) -> Service:
    """
    Read an entry that somebody is about to change.

    Raises
    ------
    ChangedMeanwhile
        When it is not as they saw it, or gone.
    NotAllowed
        When somebody else than their side wrote it.
    """
    found = view.find(Service, id=entry_id, placement_id=placed.id)
    if found is None:
        raise ChangedMeanwhile([Message("own.changed_meanwhile")])
    if not is_own_entry(who, found):
        raise NotAllowed([Message("following.another_wrote")])
    confirm_seen(version, version_of_entry(found))
    return found


def confirm_possible(
    work: Writer, who: Principal, placed: PlacedPair, said: Entered, instead: Service | None = None
) -> None:
    """
    Raise `InputError`, with everything that is wrong, where an entry says nothing or can't be.

    Parameters
    ----------
    work : Writer
    who : Principal
        Who writes it down.
    placed : PlacedPair
    said : Entered
    instead : Service or None
        The entry in whose place it is to stand.
    """
    problems = []
    if not said.done.strip():
        problems.append(Message("following.nothing_done"))
    if len(said.done) > _MOST_TEXT:
        problems.append(Message("following.done_long", {"count": len(said.done), "most": _MOST_TEXT}))
    if not 0 < said.days <= _MOST_DAYS:
        problems.append(Message("following.days_wrong", {"value": said.days, "most": _MOST_DAYS}))
    problems += day_problems(work, placed, said.day)
    if not problems:
        others = [
            entry
            for entry in work.listed(Service, placement_id=placed.id)
            if is_own_entry(who, entry) and entry != instead
        ]
        if same_entry(others, said) is not None:
            problems.append(Message("following.same_entry", {"date": said.day}))
        problems += _too_many(began_on(work, placed), said, others)
    if problems:
        raise InputError([Problem(message) for message in problems])


def same_entry(entries: Iterable[Service], said: Entered) -> Service | None:
    """Find an entry that says the very same."""
    return next((one for one in entries if (one.day, one.days, one.done) == tuple(said.columns.values())), None)


def entered_just_now(work: Writer, who: Principal, placed: PlacedPair, said: Entered) -> Service | None:
    """Find what a side has just entered with the very same words: a second press is no second entry."""
    found = same_entry((one for one in work.listed(Service, placement_id=placed.id) if is_own_entry(who, one)), said)
    return found if found is not None and is_just_now(found.entered_at, work.at) else None


def day_problems(work: Writer, placed: PlacedPair, day: date) -> list[Message]:
    """Find what is wrong with a day on which something of a placement is said to have happened."""
    began, today = began_on(work, placed), work.today
    if day < began:
        return [Message("following.day_before", {"value": day, "date": began})]
    return [Message("following.day_to_come", {"value": day})] if day.isoformat() > today else []


def began_on(view: Reader, placed: PlacedPair) -> date:
    """Give the first day of which something may be said: that on which the list was published."""
    return date.fromisoformat(view.listed(Publication, round_id=placed.round_id)[-1].published_at[:10])


def _too_many(began: date, said: Entered, others: Sequence[Service]) -> list[Message]:
    """Tell where one side has served more days than there were until then; a later entry may be the one too many."""
    for day in sorted({said.day, *(late for entry in others if (late := date.fromisoformat(entry.day)) > said.day)}):
        total = said.days + sum(entry.days for entry in others if entry.day <= day.isoformat())
        if total > (most := (day - began).days + 1):
            values = {"began": began, "date": day, "most": most, "total": f"{total:g}"}
            return [Message("following.days_more", values)]
    return []
