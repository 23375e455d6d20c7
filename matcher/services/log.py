"""The log of who did what, as the office reads it."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from matcher.domain.errors import InputError
from matcher.domain.messages import Message, Problem
from matcher.domain.moments import day_in_china
from matcher.domain.roles import Principal
from matcher.services.permissions import permitted
from matcher.store import Store
from matcher.store.entities import Event, Round
from matcher.store.hiding import SHADE
from matcher.store.log import newest_entries

MOST = 10_000
"""Entries that are given at once."""

_WISHES = ("tiers", "vetoes")
"""Columns of preferences that are told as changed alone."""


@permitted
def entries(
    store: Store,
    who: Principal,
    *,
    round_id: int | None = None,
    about: str | None = None,
    by: str | None = None,
    what: str | None = None,
    since: date | None = None,
    until: date | None = None,
    before: int | None = None,
    after: int | None = None,
    limit: int = 200,
) -> list[Event]:
    """
    List entries of the log, the newest first; `matcher.services.log_words.worded` says them.

    To read the log is no entry of it: nothing is changed, and nothing shown that is on record where it is looked into.
    Contact data and secrets never were in it, and of preferences it is told that they changed, not what they are:
    whoever is to know looks into them, where that may be done, and that is an entry.

    Parameters
    ----------
    store : Store
    who : Principal
        Who is acting.
    round_id : int or None
        Of one round alone.
    about : str or None
        About one row, such as ``experts/3/E001``, or, ending in a slash, those below it.
    by : str or None
        The name of one who acted, as it was then.
    what : str or None
        One action, such as ``publish``.
    since, until : date or None
        First and last day, in China.
    before : int or None
        Older than the entry of that id: the last of the page before.
    after : int or None
        Newer than the entry of that id; where there are more than the limit, those nearest to it.
    limit : int
        How many at most, from 1 to `MOST`.

    Returns
    -------
    list of Event
        ``is_erased`` where what an entry said of a change is gone.

    Raises
    ------
    InputError
        When there is no such round, the last day is before the first, or the limit is out of bounds.
    """
    if since is not None and until is not None and until < since:
        raise InputError([Problem(Message("log.days_reversed", {"since": since, "until": until}))])
    if not 1 <= limit <= MOST:
        raise InputError([Problem(Message("log.limit", {"value": limit, "most": MOST}))])
    with store.reading() as view:
        if round_id is not None:
            view.get(Round, id=round_id)
        found = newest_entries(
            view,
            limit=limit,
            round_id=round_id,
            about=about,
            by=by,
            what=what,
            since=None if since is None else day_in_china(since)[0],
            until=None if until is None else day_in_china(until)[1],
            before=before,
            after=after,
        )
    return [_without_wishes(entry) if entry.about.startswith("preferences/") else entry for entry in found]


def _without_wishes(entry: Event) -> Event:
    return replace(entry, before=_veiled(entry.before), after=_veiled(entry.after))


def _veiled(columns: Mapping[str, Any] | None) -> dict[str, Any] | None:
    if columns is None:
        return None
    return {name: SHADE if name in _WISHES and value else value for name, value in columns.items()}
