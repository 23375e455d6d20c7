"""
Experts, needs and ratings: one row of a spreadsheet each, validated when made.

The annotations are the contract of the columns: a reader of files turns cells into these types, and a
value out of its range raises ``pydantic.ValidationError``.
"""

from dataclasses import field
from typing import Annotated, Literal

from pydantic import ConfigDict, Field, StringConstraints
from pydantic.dataclasses import dataclass

Id = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^[^;=\uff1b\s]+$")]
Required = Annotated[str, StringConstraints(min_length=1, max_length=5000)]
Text = Annotated[str, StringConstraints(max_length=5000)]
Capacity = Annotated[int, Field(ge=1, le=10)]
Days = Annotated[int, Field(ge=0, le=366)]
Year = Annotated[int, Field(ge=1900, le=2100)]
Stars = Annotated[int, Field(ge=1, le=5)]
Mode = Literal["onsite", "online", "either"]
Status = Literal["new", "kept", "locked"]
Assessment = Literal["excellent", "pass", "fail"]
Tiers = tuple[tuple[Id, ...], ...]
"""Ranked preferences, best first; those of one inner tuple are tied."""

_ROW = ConfigDict(str_strip_whitespace=True, extra="forbid")


@dataclass(frozen=True, slots=True, kw_only=True, config=_ROW)
class Expert:
    """
    A researcher, or a team that comes as one, with what they can do and what they wish.

    ``capacity`` counts firms, ``days_per_year`` days; None means not stated. ``row`` is the spreadsheet's
    row that it came from, for messages alone.
    """

    expert_id: Id
    name: Required
    institution: Required
    city: Text = ""
    title: Text = ""
    degree: Text = ""
    birth_year: Year | None = None
    in_post: bool | None = None
    other_list: bool | None = None
    discipline: Text = ""
    research_fields: Required
    expertise: Text = ""
    achievements: Text = ""
    roles: tuple[str, ...] = ()
    team_members: tuple[str, ...] = ()
    capacity: Capacity = 1
    days_per_year: Days | None = None
    mode: Mode = "either"
    consent: bool | None = None
    accepts_others: bool = True
    preferred_firms: Tiers = ()
    vetoed_firms: tuple[Id, ...] = ()
    contact: Text = ""
    row: int | None = field(default=None, compare=False, repr=False)

    @property
    def profile(self) -> str:
        """The text that the expert is found by."""
        return "\n".join((self.research_fields, self.expertise, self.achievements))


@dataclass(frozen=True, slots=True, kw_only=True, config=_ROW)
class Need:
    """
    One technical need of a firm, with the firm's own columns: a row of the firms' file.

    ``capacity`` counts experts wanted. ``need_id`` is ``firm_id`` where the firm has one need and names none.
    """

    firm_id: Id
    need_id: Id
    name: Required
    credit_code: Text = ""
    township: Text = ""
    zone: Text = ""
    industry: Required
    products: Text = ""
    above_scale: bool | None = None
    high_tech: bool | None = None
    need_title: Required
    need_detail: Text = ""
    cooperation: Text = ""
    role_wanted: Text = ""
    capacity: Capacity = 1
    days_per_year: Days | None = None
    mode: Mode = "either"
    accepts_others: bool = True
    preferred_experts: Tiers = ()
    vetoed_experts: tuple[Id, ...] = ()
    related_institutions: tuple[str, ...] = ()
    contact: Text = ""
    row: int | None = field(default=None, compare=False, repr=False)

    @property
    def text(self) -> str:
        """Title and detail as one text."""
        return "\n".join((self.need_title, self.need_detail))


@dataclass(frozen=True, slots=True, kw_only=True, config=_ROW)
class Rating:
    """How an earlier placement went, in the eyes of both sides (1 worst to 5 best) and of the assessment."""

    expert_id: Id
    firm_id: Id
    year: Year
    firm_rating: Stars | None = None
    expert_rating: Stars | None = None
    need_title: Text = ""
    assessment: Assessment | None = None
    row: int | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True, config=_ROW)
class Placement:
    """
    A line of a placement list, as it is written and read again.

    Only the two ids are required to read one: what else is there is checked by the audit, what is not is not claimed.
    ``need_id`` is ``firm_id`` where the list names none. Fits and value are in [0, 1]; ranks count from 1.
    """

    firm_id: Text = ""
    need_id: Id
    firm: Text = ""
    township: Text = ""
    industry: Text = ""
    need_title: Text = ""
    expert_id: Id
    expert: Text = ""
    institution: Text = ""
    expert_title: Text = ""
    firm_fit: float | None = None
    expert_fit: float | None = None
    fit: float | None = None
    value: float | None = None
    firm_rank: int | None = None
    expert_rank: int | None = None
    status: Status | None = None
    term_from: Text = ""
    term_to: Text = ""
    reasons: Text = ""
    row: int | None = field(default=None, compare=False, repr=False)
