"""What the public may read of a placement: who goes where, for what, and how long; nothing of how it came about."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields

from matcher.domain.records import Expert, Placement


@dataclass(frozen=True, slots=True)
class PublicLine:
    """
    A line of the list as it is published, its fields in the order in which real notices have their columns.

    No fit, rank, reason, contact or id: a field that is not here is on no paper that leaves the office.
    """

    expert: str
    institution: str
    expert_title: str
    research_fields: str
    firm: str
    township: str
    need_title: str
    term_from: str
    term_to: str


PUBLIC_COLUMNS = tuple(column.name for column in fields(PublicLine))
"""Columns of the published list, in order, without the running number."""


def public_lines(placements: Iterable[Placement], experts: Mapping[str, Expert]) -> list[PublicLine]:
    """
    Give the lines of a list as the public may read them.

    Parameters
    ----------
    placements : iterable of Placement
    experts : mapping of str to Expert
        By id; the list itself has no research fields, and whoever is not here has none.

    Returns
    -------
    list of PublicLine
        In the order of the list.
    """
    return [public_line(placed, experts.get(placed.expert_id)) for placed in placements]


def public_line(placed: Placement, expert: Expert | None) -> PublicLine:
    """Give one line as the public may read it."""
    values = {name: getattr(placed, name) for name in PUBLIC_COLUMNS if name != "research_fields"}
    return PublicLine(**values, research_fields=expert.research_fields if expert else "")
