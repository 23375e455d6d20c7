"""What the public may read of a placement: who goes where, for what, and how long; nothing of how it came about."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields

from matcher.domain.records import Expert, Mode, Need, Placement


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


@dataclass(frozen=True, slots=True)
class PairLine:
    """
    A pair as its own papers name it.

    Parameters
    ----------
    line : PublicLine
    number : int
        In the list, from 1.
    credit_code : str
        Of the firm.
    mode : str
        ``"onsite"``, ``"online"`` or ``"either"``.
    days : int or None
        Of service a year, where the need says it.
    """

    line: PublicLine
    number: int
    credit_code: str = ""
    mode: Mode = "either"
    days: int | None = None


def pair_line(placed: Placement, number: int, need: Need | None, expert: Expert | None) -> PairLine:
    """
    Give a pair as its own papers name it; where one side does not care how they meet, as the other wants.

    Parameters
    ----------
    placed : Placement
    number : int
        In the list, from 1.
    need : Need or None
    expert : Expert or None
        What the list itself does not say; None: it stays unsaid.
    """
    modes = [side.mode for side in (need, expert) if side is not None and side.mode != "either"]
    return PairLine(
        line=public_line(placed, expert),
        number=number,
        credit_code=need.credit_code if need else "",
        mode=modes[0] if modes else "either",
        days=need.days_per_year if need else None,
    )
