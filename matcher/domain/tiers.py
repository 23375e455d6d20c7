"""
A ranked list with ties, as somebody changes it step by step.

Each step gives another list; what was there stands in it once, and no tier is empty. A step that leads nowhere, such as
up from the first place, gives the same list.
"""

from matcher.domain.records import Tiers


def place_in(tiers: Tiers, name: str) -> int | None:
    """
    Give the place of somebody, 1 the best, which those who are tied share; None: not in the list.

    Examples
    --------
    >>> place_in((("E1", "E2"), ("E3",)), "E3")
    2
    """
    return next((place for place, tier in enumerate(tiers, 1) if name in tier), None)


def is_tied(tiers: Tiers, name: str) -> bool:
    """Whether somebody shares a place."""
    return any(name in tier and len(tier) > 1 for tier in tiers)


def added(tiers: Tiers, name: str) -> Tiers:
    """Put somebody last; who is in the list stays where they are."""
    return tiers if place_in(tiers, name) else (*tiers, (name,))


def removed(tiers: Tiers, name: str) -> Tiers:
    """Take somebody out."""
    kept = (tuple(one for one in tier if one != name) for tier in tiers)
    return tuple(tier for tier in kept if tier)


def raised(tiers: Tiers, name: str) -> Tiers:
    """
    Move somebody up: out of a tie, before the others in it; else past all who are tied in the place above.

    Examples
    --------
    >>> raised((("E1",), ("E2", "E3")), "E3")
    (('E1',), ('E3',), ('E2',))
    >>> raised((("E1", "E2"), ("E3",)), "E3")
    (('E3',), ('E1', 'E2'))
    """
    place = place_in(tiers, name)
    if place is None:
        return tiers
    return moved(tiers, name, place if is_tied(tiers, name) else place - 1)


def lowered(tiers: Tiers, name: str) -> Tiers:
    """
    Move somebody down: out of a tie, behind the others in it; else past all who are tied in the place below.

    Examples
    --------
    >>> lowered((("E1", "E2"), ("E3",)), "E1")
    (('E2',), ('E1',), ('E3',))
    """
    place = place_in(tiers, name)
    return tiers if place is None else moved(tiers, name, place + 1)


def tied(tiers: Tiers, name: str) -> Tiers:
    """
    Let somebody share the place above.

    Examples
    --------
    >>> tied((("E1",), ("E2",)), "E2")
    (('E1', 'E2'),)
    """
    place = place_in(tiers, name)
    if place is None or place == 1:
        return tiers
    above = (*tiers[place - 2], name)
    return tuple(tier for tier in (*tiers[: place - 2], above, *removed(tiers[place - 1 :], name)) if tier)


def untied(tiers: Tiers, name: str) -> Tiers:
    """
    Take somebody out of a tie, to the place behind it.

    Examples
    --------
    >>> untied((("E1", "E2"), ("E3",)), "E2")
    (('E1',), ('E2',), ('E3',))
    """
    return lowered(tiers, name) if is_tied(tiers, name) else tiers


def moved(tiers: Tiers, name: str, place: int) -> Tiers:
    """
    Give somebody a place alone; those who had it, and all behind them, come after.

    Parameters
    ----------
    tiers : tuple of tuples of str
    name : str
        Not in the list: nothing is moved.
    place : int
        From 1 on, counted without ``name``; beyond the end means the end.

    Examples
    --------
    >>> moved((("E1",), ("E2",), ("E3",)), "E3", 1)
    (('E3',), ('E1',), ('E2',))
    """
    if place_in(tiers, name) is None:
        return tiers
    others, before = removed(tiers, name), max(place, 1) - 1
    return (*others[:before], (name,), *others[before:])
