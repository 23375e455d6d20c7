"""From a run to a list in force: proposed, confirmed by both sides, published, objected to, activated."""

from collections.abc import Sequence
from datetime import date

from matcher.domain.errors import InputError, NotAllowed
from matcher.domain.messages import Message, Problem
from matcher.domain.records import Placement
from matcher.domain.rounds import PLACEMENT_MOVES, Answer, PlacementState, Silence, confirm_allowed, next_state
from matcher.domain.settings import Settings, Side
from matcher.files.writing import cell_text, csv_bytes
from matcher.placement import PLACEMENT_COLUMNS
from matcher.services.freezing import freeze
from matcher.services.rounds import confirm_reason, end_open
from matcher.services.runs import contents, lines_in, lines_of
from matcher.store import Reader, Store, Writer, digest_of
from matcher.store.entities import Objection, PlacedPair, Publication, Round, Run, Scenario, Withdrawal

LIST = "list.csv"
"""The list as published: the lines of the run that were confirmed, and what each side said."""
LIST_COLUMNS = (*PLACEMENT_COLUMNS, "firm_answer", "expert_answer")

_SIDES: tuple[Side, ...] = ("firm", "expert")
_YES: tuple[Answer, ...] = ("accepted", "accepted_by_silence")


def propose(
    store: Store, who: str, run_id: int, *, answer_by: date, silence: Silence, version: int | None = None
) -> Round:
    """
    Put the list of a run before both sides.

    Parameters
    ----------
    store : Store
    who : str
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
    with store.writing(who) as work:
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


def answer(
    store: Store, who: str, placement_id: int, side: Side, *, accepts: bool, why: str = "", version: int | None = None
) -> PlacedPair:
    """
    Say for one side whether it takes a proposed pair.

    Until the list is published, whoever accepted may still decline; a pair that was declined has ended.

    Raises
    ------
    InputError
        When a side declines without a reason, or after the date.
    NotAllowed
        When the round is not confirming, or the placement has ended.
    """
    with store.writing(who) as work:
        placed = work.get(PlacedPair, id=placement_id, version=version)
        round_ = work.get(Round, id=placed.round_id)
        confirm_allowed(round_.state, "answer")
        if work.today > str(round_.answer_by):
            raise InputError([Problem(Message("publishing.too_late", {"date": round_.answer_by}))])
        said = {f"{side}_answer": "accepted" if accepts else "declined", f"{side}_reason": why.strip() or None}
        if accepts:
            _confirm_move(placed, "ended")
            other = getattr(placed, f"{'expert' if side == 'firm' else 'firm'}_answer")
            return work.change(placed, "answer", state="confirmed" if other in _YES else "proposed", **said)
        confirm_reason(why)
        return _end(work, placed, "answer", "declined", why, **said)


def extend_answers(store: Store, who: str, round_id: int, answer_by: date, *, version: int | None = None) -> Round:
    """Give both sides until another day to answer."""
    with store.writing(who) as work:
        round_ = work.get(Round, id=round_id, version=version)
        confirm_allowed(round_.state, "answer")
        if answer_by.isoformat() < max(work.today, str(round_.answer_by)):
            values = {"value": answer_by, "date": round_.answer_by}
            raise InputError([Problem(Message("publishing.not_longer", values))])
        return work.change(round_, "extend_answers", answer_by=answer_by.isoformat())


def publish(
    store: Store,
    who: str,
    round_id: int,
    *,
    approved_by: str,
    document_number: str,
    notice: tuple[date, date],
    version: int | None = None,
) -> Publication:
    """
    Publish what both sides confirmed; in the time of the notice, a further version after an objection was upheld.

    A publication freezes input, settings, result and certificate of the run, and the list as published, with what each
    side said. Nothing in it changes ever after.

    Parameters
    ----------
    store : Store
    who : str
        Who is acting.
    round_id : int
    approved_by, document_number : str
        The person who answers for it, and the number of the document.
    notice : (date, date)
        First and last day of the public notice.
    version : int or None
        Of the round, as it was read.

    Raises
    ------
    InputError
        When somebody may still answer, nobody confirmed, or nothing changed since the version before.
    NotAllowed
        When the round is neither confirming nor in its notice.
    ChangedMeanwhile
        When somebody else published before.
    """
    with store.writing(who) as work:
        round_ = work.get(Round, id=round_id, version=version)
        confirm_allowed(round_.state, "publish")
        _confirm_notice(approved_by, document_number, notice, work.today)
        before = work.listed(Publication, round_id=round_.id)
        if round_.state == "confirming":
            _close_answers(work, round_)
        elif not _is_out_of_date(work, before[-1]):
            last = before[-1]
            values = {"version": last.version, "by": last.published_by, "at": last.published_at}
            raise InputError([Problem(Message("publishing.nothing_changed", values))])
        published = work.listed(PlacedPair, round_id=round_.id, state=("confirmed", "public"))
        run = work.get(Run, id=round_.proposed_run)
        everybody = [*published, *_staying(work, round_, run)]
        if not everybody:
            raise InputError([Problem(Message("publishing.nobody_confirmed"))])
        for placed in published:
            work.change(placed, "publish", state="public")
        listed = work.keep_file(_list_bytes(everybody, lines_of(work, run)))
        work.change(round_, "publish", state="notice")
        return work.insert(
            Publication,
            "publish",
            round_id=round_.id,
            version=len(before) + 1,
            run_id=run.id,
            files={**run.inputs, **run.results, LIST: listed},
            approved_by=approved_by.strip(),
            document_number=document_number.strip(),
            notice_from=notice[0].isoformat(),
            notice_until=notice[1].isoformat(),
            published_at=work.at,
            published_by=who,
        )


def withdraw_publication(store: Store, who: str, publication_id: int, why: str) -> Withdrawal:
    """
    Take the latest publication back, with a reason: the round is matching again, what was public ends.

    The publication stays as it was published; the withdrawal stands beside it.
    """
    confirm_reason(why)
    with store.writing(who) as work:
        publication = work.get(Publication, id=publication_id)
        round_ = work.get(Round, id=publication.round_id)
        state = next_state(round_.state, "withdraw_publication")
        if work.listed(Publication, round_id=round_.id)[-1].id != publication.id:
            raise NotAllowed([Message("publishing.not_the_latest", {"version": publication.version})])
        end_open(work, round_, "withdrawn", why)
        work.change(round_, "withdraw_publication", why, state=state, answer_by=None, silence=None, proposed_run=None)
        values = {"reason": why.strip(), "withdrawn_at": work.at, "withdrawn_by": who}
        return work.insert(Withdrawal, "withdraw_publication", why, publication_id=publication.id, **values)


def receive_objection(store: Store, who: str, placement_id: int, objector: str, ground: str) -> Objection:
    """Write down an objection to a public pair, under the real name of whoever objects."""
    with store.writing(who) as work:
        placed = work.get(PlacedPair, id=placement_id)
        confirm_allowed(work.get(Round, id=placed.round_id).state, "receive_objection")
        missing = [name for name, value in (("objector", objector), ("ground", ground)) if not value.strip()]
        if missing:
            raise InputError([Problem(Message(f"publishing.{name}_missing")) for name in missing])
        _confirm_move(placed, "active")
        latest = work.listed(Publication, round_id=placed.round_id)[-1]
        undecided = {"upheld": None, "decided_because": None, "decided_at": None, "decided_by": None}
        values = {"objector": objector.strip(), "ground": ground.strip(), "received_at": work.at, "received_by": who}
        of = {"publication_id": latest.id, "placement_id": placed.id}
        return work.insert(Objection, "receive_objection", **of, **values, **undecided)


def decide_objection(store: Store, who: str, objection_id: int, why: str, *, upheld: bool) -> Objection:
    """
    Decide an objection: upheld, the pair ends and is banned, and a list that has it is to be published anew.

    What was withdrawn and proposed again meanwhile is the same pair.
    """
    confirm_reason(why)
    with store.writing(who) as work:
        objection = work.get(Objection, id=objection_id)
        placed = work.get(PlacedPair, id=objection.placement_id)
        confirm_allowed(work.get(Round, id=placed.round_id).state, "decide_objection")
        if objection.upheld is not None:
            values = {"by": objection.decided_by, "at": objection.decided_at}
            raise NotAllowed([Message("publishing.decided_already", values)])
        same = {"round_id": placed.round_id, "need_id": placed.need_id, "expert_id": placed.expert_id}
        for row in work.listed(PlacedPair, **same, state=("proposed", "confirmed", "public")) if upheld else ():
            _end(work, row, "decide_objection", "objection", why)
        decided = {"upheld": upheld, "decided_because": why.strip(), "decided_at": work.at, "decided_by": who}
        return work.change(objection, "decide_objection", why, **decided)


def activate(store: Store, who: str, round_id: int, *, version: int | None = None) -> Round:
    """
    Put the published list into force, when its notice is over and every objection decided.

    An adjustment ends pairs in force that its list does not have (`pairs_to_end` tells them before); one whose
    replacement was declined, or fell to an objection, is in the list and stays.
    """
    with store.writing(who) as work:
        round_ = work.get(Round, id=round_id, version=version)
        state = next_state(round_.state, "activate")
        latest = work.listed(Publication, round_id=round_.id)[-1]
        if work.today <= latest.notice_until:
            raise InputError([Problem(Message("publishing.notice_not_over", {"date": latest.notice_until}))])
        public = work.listed(PlacedPair, round_id=round_.id, state="public")
        pairs = {placed.pair for placed in public}
        same = tuple(row.id for row in work.listed(PlacedPair, round_id=round_.id) if row.pair in pairs)
        open_ = work.listed(Objection, placement_id=same, upheld=None)
        if open_:
            raise InputError([Problem(Message("publishing.objections_open", {"count": len(open_)}))])
        if _is_out_of_date(work, latest):
            raise InputError([Problem(Message("publishing.to_be_published_anew", {"version": latest.version}))])
        listed = _pairs_in(work, latest.files[LIST])
        for placed in work.listed(PlacedPair, batch_id=round_.batch_id, state="active"):
            if placed.pair not in listed:
                _end(work, placed, "activate", "adjusted", "")
        for placed in public:
            work.change(placed, "activate", state="active")
        return work.change(round_, "activate", state=state)


def pairs_to_end(store: Store, run_id: int) -> list[PlacedPair]:
    """List the pairs in force that the list of a run has no more: an adjustment would end them."""
    with store.reading() as view:
        run = view.get(Run, id=run_id)
        round_ = view.get(Round, id=view.get(Scenario, id=run.scenario_id).round_id)
        there = {(line.need_id, line.expert_id) for line in lines_of(view, run)}
        in_force = view.listed(PlacedPair, batch_id=round_.batch_id, state="active")
        return [placed for placed in in_force if placed.pair not in there]


def placements(store: Store, round_id: int) -> list[PlacedPair]:
    """List the placements of a round, ended ones too, by need, then by expert."""
    with store.reading() as view:
        return sorted(view.listed(PlacedPair, round_id=round_id), key=lambda placed: (*placed.pair, placed.id))


def own_placements(store: Store, round_id: int, side: Side, own_id: str) -> list[PlacedPair]:
    """List what a firm, or an expert, is placed with in a round: its own alone."""
    column = "firm_id" if side == "firm" else "expert_id"
    with store.reading() as view:
        return view.listed(PlacedPair, round_id=round_id, **{column: own_id})


def publications(store: Store, round_id: int) -> list[tuple[Publication, Withdrawal | None]]:
    """List the publications of a round, the first one first, each with its withdrawal if there was one."""
    with store.reading() as view:
        found = view.listed(Publication, round_id=round_id)
        return [(row, view.find(Withdrawal, publication_id=row.id)) for row in found]


def published_files(store: Store, publication_id: int) -> dict[str, bytes]:
    """Give everything that a publication froze, by file name."""
    with store.reading() as view:
        return contents(view, view.get(Publication, id=publication_id).files)


def _confirm_current(view: Reader, round_: Round, scenario: Scenario, run: Run) -> None:
    """Make sure that a run is done and that it would be made of the same again."""
    if run.state != "done":
        raise InputError([Problem(Message("publishing.run_not_done", {"state": Message(f"value.run.{run.state}")}))])
    now = freeze(view, round_, Settings.model_validate(scenario.settings))
    same = {name: digest_of(content) for name, content in now.items()}
    differing = sorted(name for name in same.keys() | run.inputs.keys() if same.get(name) != run.inputs.get(name))
    if differing:
        raise InputError([Problem(Message("publishing.run_outdated", {"names": differing}))])


def _pairs_in(view: Reader, digest: str) -> set[tuple[str, str]]:
    return {(line.need_id, line.expert_id) for line in lines_in(view, digest)}


def _propose_pair(work: Writer, round_: Round, run: Run, line: Placement, before: PlacedPair | None) -> None:
    said = {
        f"{side}_{part}": getattr(before, f"{side}_{part}") if _has_said_yes(before, side) else None
        for side in _SIDES
        for part in ("answer", "reason")
    }
    agreed = all(said[f"{side}_answer"] in _YES for side in _SIDES)
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


def _staying(view: Reader, round_: Round, run: Run) -> list[PlacedPair]:
    """
    List the pairs in force that stay: those of the run, and those whose replacement has failed.

    A pair is to be replaced where the run gives its need or its expert to somebody else; where nothing of that is left,
    it would end for nothing.
    """
    of_run = {(line.need_id, line.expert_id) for line in lines_of(view, run)}
    asked = view.listed(PlacedPair, round_id=round_.id, run_id=run.id)
    failed = {name for row in asked if row.state == "ended" for name in row.pair}
    left = {name for row in asked if row.state != "ended" for name in row.pair}
    return [
        row
        for row in view.listed(PlacedPair, batch_id=round_.batch_id, state="active")
        if row.pair in of_run or ({*row.pair} & failed and not {*row.pair} & left)
    ]


def _confirm_notice(approved_by: str, document_number: str, notice: tuple[date, date], today: str) -> None:
    missing = [name for name, value in (("approver", approved_by), ("document", document_number)) if not value.strip()]
    problems = [Problem(Message(f"publishing.{name}_missing")) for name in missing]
    if notice[1] < notice[0]:
        problems.append(Problem(Message("publishing.notice_ends_first", {"start": notice[0], "end": notice[1]})))
    elif notice[0].isoformat() < today:
        problems.append(Problem(Message("publishing.notice_past", {"value": notice[0], "today": today})))
    if problems:
        raise InputError(problems)


def _close_answers(work: Writer, round_: Round) -> None:
    """Take the silence of those who did not answer by the date for what was said it would mean."""
    proposed = work.listed(PlacedPair, round_id=round_.id, state="proposed")
    if proposed and work.today <= str(round_.answer_by):
        values = {"count": len(proposed), "date": round_.answer_by}
        raise InputError([Problem(Message("publishing.answers_open", values))])
    for placed in proposed:
        silent = {f"{side}_answer" for side in _SIDES if getattr(placed, f"{side}_answer") is None}
        if round_.silence == "accept":
            said = dict.fromkeys(silent, "accepted_by_silence")
            work.change(placed, "silence", state="confirmed", **said)
        else:
            _end(work, placed, "silence", "declined", "", **dict.fromkeys(silent, "declined_by_silence"))


def _is_out_of_date(view: Reader, latest: Publication) -> bool:
    """Tell whether a published pair has ended since."""
    batch_id = view.get(Round, id=latest.round_id).batch_id
    holding = view.listed(PlacedPair, batch_id=batch_id, state=("public", "active"))
    return not _pairs_in(view, latest.files[LIST]) <= {placed.pair for placed in holding}


def _list_bytes(published: Sequence[PlacedPair], lines: Sequence[Placement]) -> bytes:
    """Write out the list: each pair's line as the run has it, or as it was when the pair was placed."""
    of_run = {(line.need_id, line.expert_id): line for line in lines}
    rows = []
    for placed in sorted(published, key=lambda placed: placed.pair):
        now = of_run.get(placed.pair)
        line = [getattr(now, name) if now else placed.line[name] for name in PLACEMENT_COLUMNS]
        rows.append([cell_text(cell) for cell in (*line, placed.firm_answer, placed.expert_answer)])
    return csv_bytes(LIST_COLUMNS, rows)


def _confirm_move(placed: PlacedPair, state: PlacementState) -> None:
    if state not in PLACEMENT_MOVES[placed.state]:
        raise NotAllowed(
            [Message("publishing.placement_not_now", {"state": Message(f"value.placement.{placed.state}")})]
        )


def _end(work: Writer, placed: PlacedPair, what: str, ending: str, why: str, **said: object) -> PlacedPair:
    _confirm_move(placed, "ended")
    end = {"state": "ended", "ending": ending, "ended_on": work.today, "ended_because": why.strip() or None}
    return work.change(placed, what, why.strip() or None, **end, **said)
