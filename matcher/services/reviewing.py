"""Forms as the office reviews them: the roll of one side, what a form lacks, what resembles it, whom it can't meet."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from matcher.domain.messages import Message
from matcher.domain.records import Expert, Need
from matcher.domain.roles import Principal
from matcher.domain.settings import Settings, Side
from matcher.ranking.bars import INELIGIBLE, Bar, eligibility, near_misses
from matcher.ranking.duplicates import duplicate_experts, duplicate_needs
from matcher.services.forms import Form
from matcher.services.permissions import permitted
from matcher.services.preferences import bars_before_wishes, open_to_all
from matcher.store import Reader, Store
from matcher.store.entities import Application, NeedForm, Preferences, Round
from matcher.text.quality import advice, assess

_KINDS: Mapping[Side, tuple[type[Any], str]] = {"expert": (Application, "expert_id"), "firm": (NeedForm, "need_id")}
_TEXTS_KEPT = 4096

# A text says of itself how much it says, whoever asks and in whatever round.
_assessed = lru_cache(_TEXTS_KEPT)(assess)


@dataclass(frozen=True, slots=True)
class Roll:
    """
    The forms of one side of a round, and what is to be seen of each at once.

    Parameters
    ----------
    forms : tuple of Application, or of NeedForm
        By id.
    stated : frozenset of str
        Ids of those who wish, or veto, anybody; not whom.
    scores : mapping of str to float
        How much each need tells, 0 to 1; see `matcher.text.quality`.
    advice : mapping of str to tuple of Message
        What should be added to the needs that are vague.
    ineligible : mapping of str to Bar
        Why experts may not be sent.
    """

    forms: tuple[Form, ...]
    stated: frozenset[str]
    scores: Mapping[str, float]
    advice: Mapping[str, tuple[Message, ...]]
    ineligible: Mapping[str, Bar]


@dataclass(frozen=True, slots=True)
class Likeness:
    """
    A form that looks like another.

    Parameters
    ----------
    own_id, name : str
        Of the other.
    similarity : float
        Of both texts, 0 to 1.
    has_one_owner : bool
        Needs of one firm; experts of one name and institution.
    """

    own_id: str
    name: str
    similarity: float
    has_one_owner: bool


@dataclass(frozen=True, slots=True)
class Barred:
    """
    What keeps a form from others, whatever anybody wishes.

    Parameters
    ----------
    others : tuple of (record, Bar)
        Accepted experts, or needs, that it can't meet, conflicts of interest first; not those who can't meet anybody.
    near : tuple of (Need, str, str)
        Related institutions that nearly are somebody's: the need, the name as its firm wrote it, the institution.
    open : int
        How many it can meet.
    """

    others: tuple[tuple[Any, Bar], ...]
    near: tuple[tuple[Need, str, str], ...]
    open: int


@permitted
def roll_of(store: Store, who: Principal, round_id: int, side: Side) -> Roll:
    """List the forms of one side, of whatever state, with what the check of the forms says of each."""
    with store.reading() as view:
        settings = _settings(view, round_id)
        forms = view.listed(_KINDS[side][0], round_id=round_id)
        wishes = view.listed(Preferences, round_id=round_id, side=side)
    found = {
        form.own_id: _assessed(form.record.need_title, form.record.need_detail) for form in forms if side == "firm"
    }
    asked = {own_id: advice(quality, settings.check.vague_below) for own_id, quality in found.items()}
    bars = {form.own_id: eligibility(form.record, settings.eligibility) for form in forms if side == "expert"}
    return Roll(
        forms=tuple(forms),
        stated=frozenset(row.own_id for row in wishes if row.tiers or row.vetoes),
        scores={own_id: quality.score for own_id, quality in found.items()},
        advice={own_id: to_add for own_id, to_add in asked.items() if to_add},
        ineligible={own_id: bar for own_id, bar in bars.items() if bar},
    )


@permitted
def near_duplicates(store: Store, who: Principal, round_id: int, side: Side) -> dict[str, tuple[Likeness, ...]]:
    """Find the forms of one side that look like another, by id; what resembles what, `Likeness` says."""
    with store.reading() as view:
        above = _settings(view, round_id).check.duplicate_above
        records = [form.record for form in view.listed(_KINDS[side][0], round_id=round_id)]
    pairs = duplicate_needs(records, above) if side == "firm" else duplicate_experts(records, above)
    found: dict[str, list[Likeness]] = {}
    for pair in pairs:
        for one, other in ((pair.first, pair.second), (pair.second, pair.first)):
            like = Likeness(_id(records[other]), records[other].name, pair.similarity, pair.has_one_owner)
            found.setdefault(_id(records[one]), []).append(like)
    return {own_id: tuple(likes) for own_id, likes in found.items()}


@permitted
def bars_against(store: Store, who: Principal, round_id: int, side: Side, own_id: str) -> Barred:
    """
    Find whom a need or an expert can't meet among those accepted; its own form may be in whatever state.

    Raises
    ------
    InputError
        When the round has no such form.
    """
    with store.reading() as view:
        settings = _settings(view, round_id)
        kind, key = _KINDS[side]
        where: dict[str, Any] = {"round_id": round_id, key: own_id}
        own = _open(view.get(kind, **where))
        experts, needs = (
            list(map(_open, view.listed(kind, round_id=round_id, state="accepted"))) for kind in (Application, NeedForm)
        )
    own_side, others = (needs, experts) if side == "firm" else (experts, needs)
    own_side = [own, *(record for record in own_side if _id(record) != own_id)]
    bars = bars_before_wishes(own, own_side, others, settings)
    # Of an expert who may not be sent each bar says so: that is no matter between the two.
    barred = [(other, bar) for other, bar in zip(others, bars, strict=True) if bar and bar not in INELIGIBLE]
    near = near_misses(experts, [own]) if side == "firm" else near_misses([own], needs)
    return Barred(
        others=tuple(sorted(barred, key=lambda found: found[1])),
        near=tuple(near),
        open=sum(bar == Bar.NONE for bar in bars),
    )


def _settings(view: Reader, round_id: int) -> Settings:
    return Settings.model_validate(view.get(Round, id=round_id).settings)


def _open(form: Any) -> Any:
    """Give the record of a form, which has no wishes, as open to everybody."""
    return form.record if form.record.accepts_others else open_to_all(form.record)


def _id(record: Expert | Need) -> str:
    return record.expert_id if isinstance(record, Expert) else record.need_id
