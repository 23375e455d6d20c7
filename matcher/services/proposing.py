"""A list put before both sides: each answers for its own pairs, by a day."""

from datetime import date

from matcher.domain.errors import InputError, NotAllowed
from matcher.domain.messages import Message, Problem
from matcher.domain.records import Placement
from matcher.domain.roles import Principal
from matcher.domain.rounds import PLACEMENT_MOVES, Answer, Ending, PlacementState, Silence, confirm_allowed, next_state
from matcher.domain.settings import Settings, Side
from matcher.placement import PLACEMENT_COLUMNS
from matcher.services.drafts import beside, dropped
from matcher.services.freezing import freeze
from matcher.services.own import OTHER, OwnPlacement, confirm_seen, own_view
from matcher.services.permissions import permitted
from matcher.services.rounds import confirm_reason
from matcher.services.runs import lines_of
from matcher.store import Reader, Store, Writer, digest_of
from matcher.store.entities import PlacedPair, Round, Run, Scenario

SIDES: tuple[Side, ...] = ("firm", "expert")

_YES: tuple[Answer, ...] = ("accepted", "accepted_by_silence")


@permitted
def propose(
    store: Store, who: Principal, run_id: int, *, answer_by: date, silence: Silence, version: int | None = None
) -> Round:
    """
    Put the list of a run before both sides.

    Parameters
    ----------
    store : Store
    who : Principal
        Who is acting.
    run_id : int
    answer_by : date
        The last day on which a side may answer.
    silence : {"accept", "decline"}
        What it means when one does not.
    version : int or None
        Of the round, as it was read.

    Returns
    -------
    Round
        Confirming. Pairs that are in force already are not asked again; a yes that a side gave to a pair when this
        round was proposed before still stands, but silence was no answer.

    Raises
    ------
    InputError
        When the run is not done, or what it was made of has changed since.
    NotAllowed
        When the round is not matching.
    ChangedMeanwhile
        When somebody else proposed before.
    """
    with store.writing(who.name) as work:
        run = work.get(Run, id=run_id)
        scenario = work.get(Scenario, id=run.scenario_id)
        round_ = work.get(Round, id=scenario.round_id, version=version)
        state = next_state(round_.state, "propose")
        _confirm_current(work, round_, scenario, run)
        if answer_by.isoformat() < work.today:
            raise InputError([Problem(Message("publishing.date_past", {"value": answer_by}))])
        in_force = {placed.pair for placed in work.listed(PlacedPair, batch_id=round_.batch_id, state="active")}
        said = {placed.pair: placed for placed in work.listed(PlacedPair, round_id=round_.id, ending="withdrawn")}
        for line in lines_of(work, run):
            pair = line.need_id, line.expert_id
            if pair not in in_force:
                _propose_pair(work, round_, run, line, said.get(pair))
        terms = {"answer_by": answer_by.isoformat(), "silence": silence}
        return work.change(round_, "propose", state=state, proposed_run=run.id, **terms)


@permitted
def answer(
    store: Store,
    who: Principal,
    placement_id: int,
    side: Side,
    *,
    accepts: bool,
    why: str = "",
    version: int | None = None,
) -> OwnPlacement:
    """
    Say for one side whether it takes a proposed pair.

    Until the list is published, whoever accepted may still decline; a pair that a side declined has ended for it. For
    the other it has not, as long as both are asked: its answer is taken and changes nothing, so that it learns nothing.

    Parameters
    ----------
    store : Store
    who : Principal
    placement_id : int
    side : {"firm", "expert"}
    accepts : bool
    why : str
    version : int or None
        Of the side's view, as `own_placements` gives it.

    Raises
    ------
    InputError
        When a side declines without a reason, or after the date.
    NotAllowed
        When the round is not confirming, or the placement has ended.
    ChangedMeanwhile
        When the side sees something else by now, such as what it said in a second window.
    """
    with store.writing(who.name) as work:
        placed = work.get(PlacedPair, id=placement_id)
        round_ = work.get(Round, id=placed.round_id)
        confirm_allowed(round_.state, "answer")
        if work.today > str(round_.answer_by):
            raise InputError([Problem(Message("publishing.too_late", {"date": round_.answer_by}))])
        seen = own_view(work, placed, side)
        confirm_seen(version, seen.version)
        said = {f"{side}_answer": "accepted" if accepts else "declined", f"{side}_reason": why.strip() or None}
        if not accepts:
            confirm_reason(why)
        dropped(work, who, round_.id, beside("decline", placed.id))
        if seen.state == "proposed" and placed.state == "ended":  # the other has declined, which this side is not told
            return own_view(work, work.change(placed, "answer", None if accepts else why.strip(), **said), side)
        if accepts:
            confirm_move(placed, "ended")
            state = "confirmed" if getattr(placed, f"{OTHER[side]}_answer") in _YES else "proposed"
            return own_view(work, work.change(placed, "answer", state=state, **said), side)
        return own_view(work, end_pair(work, placed, "answer", "declined", why, **said), side)


@permitted
def extend_answers(
    store: Store, who: Principal, round_id: int, answer_by: date, *, version: int | None = None
) -> Round:
    """Give both sides until another day to answer."""
    with store.writing(who.name) as work:
        round_ = work.get(Round, id=round_id, version=version)
        confirm_allowed(round_.state, "answer")
        if answer_by.isoformat() < max(work.today, str(round_.answer_by)):
            values = {"value": answer_by, "date": round_.answer_by}
            raise InputError([Problem(Message("publishing.not_longer", values))])
        return work.change(round_, "extend_answers", answer_by=answer_by.isoformat())


@permitted
def pairs_to_end(store: Store, who: Principal, run_id: int) -> list[PlacedPair]:
    """List the pairs in force that the list of a run has no more: an adjustment would end them."""
    with store.reading() as view:
        run = view.get(Run, id=run_id)
        round_ = view.get(Round, id=view.get(Scenario, id=run.scenario_id).round_id)
        there = {(line.need_id, line.expert_id) for line in lines_of(view, run)}
        in_force = view.listed(PlacedPair, batch_id=round_.batch_id, state="active")
        return [placed for placed in in_force if placed.pair not in there]


@permitted
def own_placements(store: Store, who: Principal, round_id: int, side: Side, own_id: str) -> list[OwnPlacement]:
    """List what a firm, or an expert, is placed with in a round: its own alone, as it may see it."""
    column = "firm_id" if side == "firm" else "expert_id"
    with store.reading() as view:
        return [
            own_view(view, placed, side) for placed in view.listed(PlacedPair, round_id=round_id, **{column: own_id})
        ]


def confirm_move(placed: PlacedPair, state: PlacementState) -> None:
    """Raise `NotAllowed` where a placement may not come to a state."""
    if state not in PLACEMENT_MOVES[placed.state]:
        raise NotAllowed(
            [Message("publishing.placement_not_now", {"state": Message(f"value.placement.{placed.state}")})]
        )


def end_pair(work: Writer, placed: PlacedPair, what: str, ending: Ending, why: str, **said: object) -> PlacedPair:
    """End a placement, with what its sides said of it."""
    confirm_move(placed, "ended")
    end = {"state": "ended", "ending": ending, "ended_on": work.today, "ended_because": why.strip() or None}
    return work.change(placed, what, why.strip() or None, **end, **said)


def _confirm_current(view: Reader, round_: Round, scenario: Scenario, run: Run) -> None:
    """Make sure that a run is done and that it would be made of the same again."""
    if run.state != "done":
        raise InputError([Problem(Message("publishing.run_not_done", {"state": Message(f"value.run.{run.state}")}))])
    now = freeze(view, round_, Settings.model_validate(scenario.settings))
    same = {name: digest_of(content) for name, content in now.items()}
    differing = sorted(name for name in same.keys() | run.inputs.keys() if same.get(name) != run.inputs.get(name))
    if differing:
        raise InputError([Problem(Message("publishing.run_outdated", {"names": differing}))])


def _propose_pair(work: Writer, round_: Round, run: Run, line: Placement, before: PlacedPair | None) -> None:
    said = {
        f"{side}_{part}": getattr(before, f"{side}_{part}") if _has_said_yes(before, side) else None
        for side in SIDES
        for part in ("answer", "reason")
    }
    agreed = all(said[f"{side}_answer"] in _YES for side in SIDES)
    work.insert(
        PlacedPair,
        "propose",
        batch_id=round_.batch_id,
        round_id=round_.id,
        run_id=run.id,
        **{name: getattr(line, name) for name in ("firm_id", "need_id", "expert_id")},
        line={name: getattr(line, name) for name in PLACEMENT_COLUMNS},
        state="confirmed" if agreed else "proposed",
        **said,
        ending=None,
        ended_on=None,
        ended_because=None,
    )


def _has_said_yes(before: PlacedPair | None, side: Side) -> bool:
    return getattr(before, f"{side}_answer", None) == "accepted"
