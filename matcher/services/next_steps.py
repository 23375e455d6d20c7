"""What a firm or an expert has to do now: the round that concerns it, and one or two sentences with where to do it."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal

from matcher.domain.messages import Message
from matcher.domain.roles import Principal
from matcher.domain.settings import Side
from matcher.services.own import OwnPlacement, own_view, round_for
from matcher.services.permissions import permitted
from matcher.services.privacy import placed_of
from matcher.store import Reader, Store
from matcher.store.entities import (
    Application,
    AssessedPair,
    Batch,
    NeedForm,
    Preferences,
    Publication,
    Round,
    Withdrawal,
)

Place = Literal["form", "find", "results"]
"""Where something is done: one's own needs or profile, the search for the other side, the pairs."""


@dataclass(frozen=True, slots=True)
class Step:
    """
    One thing to do, or to wait for.

    Parameters
    ----------
    message : Message
        One sentence or two.
    place : str or None
        Where it is done; None: there is nothing to do.
    is_urgent : bool
        Others wait for it, or it is lost without it.
    """

    message: Message
    place: Place | None = None
    is_urgent: bool = False


@dataclass(frozen=True, slots=True)
class NextSteps:
    """
    Where a party stands.

    Parameters
    ----------
    batch : Batch or None
        The newest; None where there is none, or it was erased.
    round_ : Round or None
        Its last round, without what names others.
    steps : tuple of Step
        The first is of that round; others are of pairs that came before it.
    """

    batch: Batch | None
    round_: Round | None
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class _Standing:
    """What a party has in a round."""

    round_: Round
    side: Side
    forms: tuple[NeedForm | Application, ...]
    wishing: frozenset[str]
    pairs: tuple[OwnPlacement, ...]

    def of_side(self, code: str, **values: object) -> Message:
        return Message(f"next.{code}.{self.side}", values)

    def in_state(self, *states: str) -> list[Any]:
        return [form for form in self.forms if form.state in states]

    def paired(self, *states: str) -> list[OwnPlacement]:
        return [pair for pair in self.pairs if pair.state in states]


@permitted
def next_steps(store: Store, who: Principal, side: Side, own_id: str) -> NextSteps:
    """Say what a party has to do in the last round of the newest batch, and for pairs that are in force besides."""
    with store.reading() as view:
        batches = [batch for batch in view.listed(Batch) if batch.erased_on is None]
        if not batches:
            return NextSteps(None, None, (Step(Message("next.no_round")),))
        round_ = view.listed(Round, batch_id=batches[-1].id)[-1]
        placed = [own_view(view, row, side) for row in placed_of(view, side, own_id)]
        here = _Standing(
            round_=round_,
            side=side,
            forms=_forms(view, round_, side, own_id),
            wishing=frozenset(
                row.own_id for row in view.listed(Preferences, round_id=round_.id, side=side) if row.tiers or row.vetoes
            ),
            pairs=tuple(row for row in placed if row.round_id == round_.id),
        )
        steps = (*_steps_now(view, here), *_steps_before(view, here, placed))
        return NextSteps(batches[-1], round_for(who, round_), steps)


def _forms(view: Reader, round_: Round, side: Side, own_id: str) -> tuple[NeedForm | Application, ...]:
    if side == "firm":
        return tuple(view.listed(NeedForm, round_id=round_.id, firm_id=own_id))
    return tuple(view.listed(Application, round_id=round_.id, expert_id=own_id))


def _steps_now(view: Reader, here: _Standing) -> Iterator[Step]:
    state = here.round_.state
    if state in ("collecting", "choosing"):
        yield from _of_forms(here)
    elif state == "matching":
        yield Step(here.of_side("matching" if here.in_state("accepted") else "not_in_it"))
    elif state == "confirming":
        yield from _of_answers(here)
    elif state == "notice":
        if here.paired("public"):
            until = _newest_publication(view, here.round_).notice_until
            yield Step(Message("next.notice", {"date": until}), "results")
        else:
            yield Step(here.of_side("notice.without"), "results")
    else:
        yield from _of_pairs(view, here)


def _of_forms(here: _Standing) -> Iterator[Step]:
    """Say what is to be done with forms: what came back first, then what was not handed in, then wishes."""
    returned, drafts = here.in_state("returned"), here.in_state("draft")
    accepted, is_choosing = here.in_state("accepted"), here.round_.state == "choosing"
    if not here.forms:
        yield Step(here.of_side("nothing"), "form", is_urgent=True)
    for form in returned:
        title = form.record.need_title if isinstance(form, NeedForm) else form.record.name
        yield Step(here.of_side("returned", title=title), "form", is_urgent=True)
    if drafts:
        yield Step(here.of_side("draft", count=len(drafts)), "form", is_urgent=True)
    if is_choosing and accepted:
        silent = [form for form in accepted if form.own_id not in here.wishing]
        code = "rank" if silent else "ranked"
        yield Step(here.of_side(code, count=len(silent)), "find", is_urgent=bool(silent))
    elif accepted and not (returned or drafts):
        yield Step(here.of_side("accepted", count=len(accepted)))
    if here.in_state("submitted") and not (returned or drafts):
        yield Step(here.of_side("submitted", count=len(here.in_state("submitted"))))


def _of_answers(here: _Standing) -> Iterator[Step]:
    """Say by when to answer, and what it means not to."""
    asked = [pair for pair in here.paired("proposed") if pair.answer is None]
    said = [pair for pair in here.paired("proposed", "confirmed") if pair.answer is not None]
    if asked:
        values = {"count": len(asked), "date": here.round_.answer_by}
        values["silence"] = Message(f"next.silence.{here.round_.silence}")
        yield Step(here.of_side("answer", **values), "results", is_urgent=True)
    elif said:
        yield Step(Message("next.answered", {"date": here.round_.answer_by}), "results")
    elif any(pair.ending == "declined" and pair.answer == "declined" for pair in here.pairs):
        yield Step(Message("next.declined"), "results")
    else:
        yield Step(here.of_side("confirming.without"))


def _of_pairs(view: Reader, here: _Standing) -> Iterator[Step]:
    """Say what to do about pairs in force: take out the papers and serve, or assess."""
    pairs = here.paired("active")
    if not pairs:
        is_over = here.round_.state == "assessed"
        yield Step(here.of_side("assessed.without" if is_over else "active.without"))
    elif here.round_.state == "active":
        yield Step(here.of_side("active", count=len(pairs)), "results")
    else:
        yield _of_assessment(view, here.side, pairs)


def _of_assessment(view: Reader, side: Side, pairs: list[OwnPlacement]) -> Step:
    said = view.listed(AssessedPair, placement_id=tuple(pair.id for pair in pairs))
    rated = [row for row in said if getattr(row, f"{side}_rating") is not None]
    if len(rated) < len(pairs):
        return Step(Message(f"next.assess.{side}", {"count": len(pairs) - len(rated)}), "results", is_urgent=True)
    return Step(Message("next.assessed"), "results")


def _steps_before(view: Reader, here: _Standing, placed: list[OwnPlacement]) -> Iterator[Step]:
    """Say what is to be done for pairs of earlier rounds, and batches, that wait for an answer or are in force."""
    earlier = [pair for pair in placed if pair.round_id != here.round_.id]
    rounds = {pair.round_id: view.get(Round, id=pair.round_id) for pair in earlier}
    for round_ in rounds.values():
        pairs = tuple(pair for pair in earlier if pair.round_id == round_.id)
        if round_.state == "confirming":
            there = replace(here, round_=round_, pairs=pairs)
            yield from (step for step in _of_answers(there) if step.is_urgent)
    active = [pair for pair in earlier if pair.state == "active"]
    if serving := [pair for pair in active if rounds[pair.round_id].state == "active"]:
        yield Step(here.of_side("serving", count=len(serving)), "results")
    if over := [pair for pair in active if rounds[pair.round_id].state == "assessed"]:
        step = _of_assessment(view, here.side, over)
        if step.is_urgent:
            yield step


def _newest_publication(view: Reader, round_: Round) -> Publication:
    """Give the last publication of a round that was not taken back; a round under notice has one."""
    made = view.listed(Publication, round_id=round_.id)
    return [row for row in made if view.find(Withdrawal, publication_id=row.id) is None][-1]
