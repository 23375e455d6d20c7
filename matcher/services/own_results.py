"""What concerns a party, as its own page shows it: its pairs in every state, why each, and why it is without one."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from matcher.assignment.form import effective_capacity
from matcher.domain.messages import Message
from matcher.domain.records import Expert, Need
from matcher.domain.roles import Principal
from matcher.domain.settings import Settings, Side
from matcher.files.settings import parse_settings
from matcher.placement import pair_reasons
from matcher.ranking import Ranking
from matcher.ranking.bars import Bar, eligibility
from matcher.services.asking import market_with
from matcher.services.consents import agreeing
from matcher.services.entries import days_of
from matcher.services.following import says_something
from matcher.services.forms import market_of
from matcher.services.freezing import SETTINGS, load_frozen
from matcher.services.own import (
    PUBLIC_COLUMNS,
    OwnPlacement,
    assessment_for,
    entry_for,
    own_view,
    profile_for,
    round_for,
)
from matcher.services.permissions import permitted
from matcher.services.publishing import LIST
from matcher.services.runs import contents, lines_in
from matcher.store import Reader, Store
from matcher.store.entities import (
    Application,
    AssessedPair,
    Batch,
    NeedForm,
    PlacedPair,
    Publication,
    Round,
    Run,
    Service,
    Withdrawal,
)

_KEPT = 2
"""Rankings that are kept: those of a round, and those of the one before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnResult:
    """
    A pair, with all that one of its sides may know of it.

    Parameters
    ----------
    placed : OwnPlacement
    batch : Batch
    round_ : Round
    other : Expert, Need or None
        What the other side says of itself to whoever looks for somebody; None once the pair has ended.
    notice : (str, str) or None
        First and last day of the public notice that the pair is in.
    entries : tuple of Service
        The service log, the newest first.
    agreed : int or None
        Days a year that the need asks for.
    said : AssessedPair or None
        What this side said of how it went, and the office.
    shares_contact : bool
        Whether the other side learns how to reach this one, while the pair is in force.
    """

    placed: OwnPlacement
    batch: Batch
    round_: Round
    other: Expert | Need | None
    notice: tuple[str, str] | None
    entries: tuple[Service, ...]
    agreed: int | None
    said: AssessedPair | None
    shares_contact: bool

    @property
    def served(self) -> float:
        """Days of the service log, as `days_of` counts them."""
        return days_of(self.entries)


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A need, or an expert, that the list of a round has not, by its title or name, and what may be told of that."""

    own_id: str
    name: str
    reason: Message


@dataclass(frozen=True, slots=True)
class OwnResults:
    """
    What concerns a party.

    Parameters
    ----------
    pairs : tuple of OwnResult
        Of every round, the newest first.
    batch : Batch or None
    round_ : Round or None
        The newest; None where there is none yet.
    takes_part : bool
        Whether a form of the party is accepted in that round.
    left : tuple of LeftOut
        What the list that was put before both sides of that round has not.
    """

    pairs: tuple[OwnResult, ...]
    batch: Batch | None
    round_: Round | None
    takes_part: bool
    left: tuple[LeftOut, ...]


@dataclass(frozen=True, slots=True)
class PublishedNow:
    """The list that was published last: of which round, from which day until which, and what everybody may know."""

    batch: Batch
    round_: Round
    notice: tuple[str, str]
    lines: tuple[dict[str, Any], ...]


@permitted
def own_results(store: Store, who: Principal, side: Side, own_id: str) -> OwnResults:
    """Gather what concerns a party; while both sides of a pair are asked, nothing in it depends on the other's word."""
    with store.reading() as view:
        placed = view.listed(PlacedPair, **{f"{side}_id": own_id})
        batches = [batch for batch in view.listed(Batch) if not batch.erased_on]
        pairs = tuple(_result(view, who, row, side) for row in reversed(placed))
        if not batches:
            return OwnResults(pairs, None, None, takes_part=False, left=())
        batch = replace(batches[-1], created_by="")
        round_ = view.listed(Round, batch_id=batch.id)[-1]
        taking_part = _taking_part(view, round_, side, own_id)
        return OwnResults(
            pairs=pairs,
            batch=batch,
            round_=round_for(who, round_),
            takes_part=bool(taking_part),
            left=_left_out(view, round_, side, taking_part),
        )


@permitted
def why_own_pair(store: Store, who: Principal, side: Side, placement_id: int) -> tuple[Message, ...]:
    """
    Say to one side of a pair why it was proposed: what both texts share, what fits, and what it stated itself.

    It is told from what the run froze, so that it stays as it was. Words of a need that the firm keeps to itself are
    not told to an expert.
    """
    with store.reading() as view:
        placed = view.get(PlacedPair, id=placement_id)
        run = view.get(Run, id=placed.run_id)
        frozen = tuple(sorted(contents(view, run.inputs).items()))
        tells_detail = side == "firm" or bool(agreeing(view, "detail", "firm", [placed.firm_id]))
    ranking = _ranking_of(frozen)
    if placed.need_id not in ranking.need_position or placed.expert_id not in ranking.expert_position:
        return ()
    need, expert = ranking.need_position[placed.need_id], ranking.expert_position[placed.expert_id]
    found = pair_reasons(ranking.ranker, need, expert, side)
    if tells_detail:
        return found
    return _without_detail(found, ranking.ranker.needs[need].need_title)


@permitted
def published_now(store: Store, who: Principal) -> PublishedNow | None:
    """Give the list that was published last and holds, as everybody may know it; None where none does."""
    with store.reading() as view:
        for found in reversed(view.listed(Publication)):
            round_ = view.get(Round, id=found.round_id)
            batch = view.get(Batch, id=round_.batch_id)
            last = view.listed(Publication, round_id=round_.id)[-1]
            if last.id != found.id or view.find(Withdrawal, publication_id=found.id) or batch.erased_on:
                continue
            names = [name for name in PUBLIC_COLUMNS if not name.endswith("_id")]
            lines = [{name: getattr(line, name) for name in names} for line in lines_in(view, found.files[LIST])]
            days = found.notice_from, found.notice_until
            return PublishedNow(replace(batch, created_by=""), round_for(who, round_), days, tuple(lines))
    return None


def _result(view: Reader, who: Principal, row: PlacedPair, side: Side) -> OwnResult:
    seen = own_view(view, row, side)
    round_ = view.get(Round, id=row.round_id)
    need = view.find(NeedForm, round_id=row.round_id, need_id=row.need_id)
    expert = view.find(Application, round_id=row.round_id, expert_id=row.expert_id)
    form = expert if side == "firm" else need
    entries = sorted(view.listed(Service, placement_id=row.id), key=lambda entry: (entry.day, entry.id), reverse=True)
    return OwnResult(
        placed=seen,
        batch=replace(view.get(Batch, id=row.batch_id), created_by=""),
        round_=round_for(who, round_),
        other=None if seen.state == "ended" or form is None else profile_for(view, [form.record])[0],
        notice=_notice_of(view, row) if seen.state in ("public", "active") else None,
        entries=tuple(entry_for(who, entry) for entry in entries),
        agreed=need.record.days_per_year if need else None,
        said=_said(view, who, row),
        shares_contact=bool(agreeing(view, "contact", side, [getattr(row, f"{side}_id")])),
    )


def _said(view: Reader, who: Principal, row: PlacedPair) -> AssessedPair | None:
    """Give what a side may see of how it went; None where that is nothing, so that the other's word does not show."""
    found = view.find(AssessedPair, placement_id=row.id)
    seen = assessment_for(who, found) if found else None
    return seen if seen is not None and says_something(seen) else None


def _notice_of(view: Reader, row: PlacedPair) -> tuple[str, str] | None:
    found = view.listed(Publication, round_id=row.round_id)
    return (found[-1].notice_from, found[-1].notice_until) if found else None


def _taking_part(view: Reader, round_: Round, side: Side, own_id: str) -> Sequence[Expert | Need]:
    """List what of a party was accepted in a round, as a run has it."""
    experts, needs = market_of(view, round_.id)
    if side == "expert":
        return [expert for expert in experts if expert.expert_id == own_id]
    return [need for need in needs if need.firm_id == own_id]


def _left_out(view: Reader, round_: Round, side: Side, whose: Sequence[Expert | Need]) -> tuple[LeftOut, ...]:
    """Tell whom the list of a round has not; nobody, as long as none was put before both sides."""
    if round_.proposed_run is None:
        return ()
    run = view.get(Run, id=round_.proposed_run)
    settings = parse_settings(view.file(run.inputs[SETTINGS]).decode(), SETTINGS)
    key = "expert_id" if side == "expert" else "need_id"
    asked = view.listed(PlacedPair, round_id=round_.id, run_id=run.id)
    there = {getattr(row, key) for row in (*asked, *view.listed(PlacedPair, batch_id=round_.batch_id, state="active"))}
    return tuple(
        LeftOut(getattr(one, key), one.name if isinstance(one, Expert) else one.need_title, why_left_out(one, settings))
        for one in whose
        if getattr(one, key) not in there
    )


def why_left_out(one: Expert | Need, settings: Settings) -> Message:
    """
    Say to a party why a list does not have it, by what it stated itself and by the rules that everybody knows.

    Whether others are full, have vetoed it, or rank others above it, is nobody's to hear: all of that has one sentence.
    `matcher.placement.unplaced_list` has the office's reasons.

    Examples
    --------
    >>> whose = {"expert_id": "E1", "name": "Chen", "institution": "Donghai", "research_fields": "motors"}
    >>> why_left_out(Expert(**whose, accepts_others=False), Settings()).code
    'party.left_out.only_named'
    """
    if isinstance(one, Expert):
        if bar := eligibility(one, settings.eligibility):
            return Message("party.not_eligible", {"bar": Message(Bar(bar).code)})
        if not effective_capacity([one], settings.assignment.days_per_placement)[0]:
            return Message("unplaced.expert_without_days", {"days": one.days_per_year})
    return Message("party.left_out" if one.accepts_others else "party.left_out.only_named")


def _without_detail(found: Sequence[Message], title: str) -> tuple[Message, ...]:
    """Leave of the shared words those that the title of the need has, which everybody may read."""
    kept = []
    for message in found:
        if message.code != "reason.shared_words":
            kept.append(message)
        elif spans := tuple(span for span in message.values["spans"] if span in title):  # ty: ignore[not-iterable]
            kept.append(Message(message.code, {"spans": spans}))
    return tuple(kept)


@lru_cache(maxsize=_KEPT)
def _ranking_of(frozen: tuple[tuple[str, bytes], ...]) -> Ranking:
    """Rank what a run froze; the same is not ranked twice, whichever of its parties asks."""
    with TemporaryDirectory(prefix="matcher-why-") as folder:
        inputs = load_frozen(dict(frozen), Path(folder))
    ranking, _ = market_with(inputs, [])
    return ranking
