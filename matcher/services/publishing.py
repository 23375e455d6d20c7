"""From what both sides agreed on to a list in force: published, objected to, published anew, activated."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from matcher.domain.errors import InputError, NotAllowed
from matcher.domain.messages import Message, Problem
from matcher.domain.records import Placement
from matcher.domain.roles import PARTIES, Principal
from matcher.domain.rounds import confirm_allowed, next_state
from matcher.files.writing import cell_text, csv_bytes
from matcher.placement import PLACEMENT_COLUMNS
from matcher.services.consents import agreeing
from matcher.services.own import PUBLIC_COLUMNS
from matcher.services.permissions import permitted
from matcher.services.proposing import SIDES, confirm_move, end_pair
from matcher.services.rounds import confirm_reason, end_open
from matcher.services.runs import contents, lines_in, lines_of
from matcher.store import Reader, Store, Writer
from matcher.store.entities import Batch, Objection, PlacedPair, Publication, Round, Run, Withdrawal

LIST = "list.csv"
"""The list as published: the lines of the run that were confirmed, and what each side said."""
LIST_COLUMNS = (*PLACEMENT_COLUMNS, "firm_answer", "expert_answer")


@permitted
def publish(
    store: Store,
    who: Principal,
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
    who : Principal
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
    with store.writing(who.name) as work:
        round_ = work.get(Round, id=round_id, version=version)
        confirm_allowed(round_.state, "publish")
        _confirm_notice(approved_by, document_number, notice, work.today)
        before = work.listed(Publication, round_id=round_.id)
        if round_.state == "confirming":
            _close_answers(work, round_)
        elif not is_out_of_date(work, before[-1]):
            last = before[-1]
            values = {"version": last.version, "by": last.published_by, "at": last.published_at}
            raise InputError([Problem(Message("publishing.nothing_changed", values))])
        published = work.listed(PlacedPair, round_id=round_.id, state=("confirmed", "public"))
        run = work.get(Run, id=round_.proposed_run)
        everybody = [*published, *staying(work, round_, run)]
        if not everybody:
            raise InputError([Problem(Message("publishing.nobody_confirmed"))])
        _confirm_consents(work, everybody)
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
            published_by=who.name,
        )


@permitted
def withdraw_publication(store: Store, who: Principal, publication_id: int, why: str) -> Withdrawal:
    """
    Take the latest publication back, with a reason: the round is matching again, what was public ends.

    The publication stays as it was published; the withdrawal stands beside it.
    """
    confirm_reason(why)
    with store.writing(who.name) as work:
        publication = work.get(Publication, id=publication_id)
        round_ = work.get(Round, id=publication.round_id)
        state = next_state(round_.state, "withdraw_publication")
        if work.listed(Publication, round_id=round_.id)[-1].id != publication.id:
            raise NotAllowed([Message("publishing.not_the_latest", {"version": publication.version})])
        end_open(work, round_, "withdrawn", why)
        work.change(round_, "withdraw_publication", why, state=state, answer_by=None, silence=None, proposed_run=None)
        values = {"reason": why.strip(), "withdrawn_at": work.at, "withdrawn_by": who.name}
        return work.insert(Withdrawal, "withdraw_publication", why, publication_id=publication.id, **values)


@permitted
def receive_objection(store: Store, who: Principal, placement_id: int, objector: str, ground: str) -> Objection:
    """Write down an objection to a public pair, under the real name of whoever objects."""
    with store.writing(who.name) as work:
        placed = work.get(PlacedPair, id=placement_id)
        confirm_allowed(work.get(Round, id=placed.round_id).state, "receive_objection")
        missing = [name for name, value in (("objector", objector), ("ground", ground)) if not value.strip()]
        if missing:
            raise InputError([Problem(Message(f"publishing.{name}_missing")) for name in missing])
        confirm_move(placed, "active")
        latest = work.listed(Publication, round_id=placed.round_id)[-1]
        undecided = {"upheld": None, "decided_because": None, "decided_at": None, "decided_by": None}
        values = {
            "objector": objector.strip(),
            "ground": ground.strip(),
            "received_at": work.at,
            "received_by": who.name,
        }
        of = {"publication_id": latest.id, "placement_id": placed.id}
        return work.insert(Objection, "receive_objection", **of, **values, **undecided)


@permitted
def decide_objection(store: Store, who: Principal, objection_id: int, why: str, *, upheld: bool) -> Objection:
    """
    Decide an objection: upheld, the pair ends and is banned, and a list that has it is to be published anew.

    What was withdrawn and proposed again meanwhile is the same pair.
    """
    confirm_reason(why)
    with store.writing(who.name) as work:
        objection = work.get(Objection, id=objection_id)
        placed = work.get(PlacedPair, id=objection.placement_id)
        confirm_allowed(work.get(Round, id=placed.round_id).state, "decide_objection")
        if objection.upheld is not None:
            values = {"by": objection.decided_by, "at": objection.decided_at}
            raise NotAllowed([Message("publishing.decided_already", values)])
        same = {"round_id": placed.round_id, "need_id": placed.need_id, "expert_id": placed.expert_id}
        for row in work.listed(PlacedPair, **same, state=("proposed", "confirmed", "public")) if upheld else ():
            end_pair(work, row, "decide_objection", "objection", why)
        decided = {"upheld": upheld, "decided_because": why.strip(), "decided_at": work.at, "decided_by": who.name}
        return work.change(objection, "decide_objection", why, **decided)


@permitted
def activate(store: Store, who: Principal, round_id: int, *, version: int | None = None) -> Round:
    """
    Put the published list into force, when its notice is over and every objection decided.

    An adjustment ends pairs in force that its list does not have (`pairs_to_end` tells them before); one whose
    replacement was declined, or fell to an objection, is in the list and stays.
    """
    with store.writing(who.name) as work:
        round_ = work.get(Round, id=round_id, version=version)
        state = next_state(round_.state, "activate")
        latest = work.listed(Publication, round_id=round_.id)[-1]
        public = work.listed(PlacedPair, round_id=round_.id, state="public")
        if problems := hindrances(work, round_, latest, work.today):
            raise InputError([Problem(message) for message in problems[:1]])
        listed = pairs_in(work, latest.files[LIST])
        for placed in work.listed(PlacedPair, batch_id=round_.batch_id, state="active"):
            if placed.pair not in listed:
                end_pair(work, placed, "activate", "adjusted", "")
        for placed in public:
            work.change(placed, "activate", state="active")
        return work.change(round_, "activate", state=state)


@permitted
def placements(store: Store, who: Principal, round_id: int) -> list[PlacedPair]:
    """List the placements of a round, ended ones too, by need, then by expert."""
    with store.reading() as view:
        return sorted(view.listed(PlacedPair, round_id=round_id), key=lambda placed: (*placed.pair, placed.id))


@permitted
def published_list(store: Store, who: Principal, round_id: int) -> list[dict[str, Any]]:
    """
    Give the list of a round that was published last, with what everybody may know; empty where none holds.

    Returns
    -------
    list of dict
        `matcher.services.own.PUBLIC_COLUMNS` of each line, in its order; for a party without the ids.
    """
    with store.reading() as view:
        found = view.listed(Publication, round_id=round_id)
        if not found or view.find(Withdrawal, publication_id=found[-1].id):
            return []
        if view.get(Batch, id=view.get(Round, id=round_id).batch_id).erased_on:
            return []
        # Ids are what people log in with: whoever is neither office nor analyst has no use for them.
        names = [name for name in PUBLIC_COLUMNS if who.role not in PARTIES or not name.endswith("_id")]
        return [{name: getattr(line, name) for name in names} for line in lines_in(view, found[-1].files[LIST])]


@permitted
def publications(store: Store, who: Principal, round_id: int) -> list[tuple[Publication, Withdrawal | None]]:
    """List the publications of a round, the first one first, each with its withdrawal if there was one."""
    with store.reading() as view:
        found = view.listed(Publication, round_id=round_id)
        return [(row, view.find(Withdrawal, publication_id=row.id)) for row in found]


@permitted
def published_files(store: Store, who: Principal, publication_id: int) -> dict[str, bytes]:
    """Give everything that a publication froze, by file name."""
    with store.writing(who.name) as work:
        publication = work.get(Publication, id=publication_id)
        work.note("export", f"publications/{publication_id}/files", round_id=publication.round_id)
        return contents(work, publication.files)


def hindrances(view: Reader, round_: Round, latest: Publication, today: str) -> list[Message]:
    """Find what keeps the latest publication of a round from coming into force on a day."""
    found = []
    if today <= latest.notice_until:
        found.append(Message("publishing.notice_not_over", {"date": latest.notice_until}))
    pairs = {placed.pair for placed in view.listed(PlacedPair, round_id=round_.id, state="public")}
    same = tuple(row.id for row in view.listed(PlacedPair, round_id=round_.id) if row.pair in pairs)
    if open_ := view.listed(Objection, placement_id=same, upheld=None):
        found.append(Message("publishing.objections_open", {"count": len(open_)}))
    if is_out_of_date(view, latest):
        found.append(Message("publishing.to_be_published_anew", {"version": latest.version}))
    return found


def pairs_in(view: Reader, digest: str) -> set[tuple[str, str]]:
    """Give the pairs of a published list, as ids of need and expert."""
    return {(line.need_id, line.expert_id) for line in lines_in(view, digest)}


def staying(view: Reader, round_: Round, run: Run) -> list[PlacedPair]:
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
    problems = [Message(f"publishing.{name}_missing") for name in missing] + wrong_days(notice, today)
    if problems:
        raise InputError([Problem(message) for message in problems])


def wrong_days(notice: tuple[date, date], today: str) -> list[Message]:
    """Find what is wrong with the days of a notice."""
    first, last = notice
    if last < first:
        return [Message("publishing.notice_ends_first", {"start": first, "end": last})]
    past = Message("publishing.notice_past", {"value": first, "today": today})
    return [past] if first.isoformat() < today else []


def _confirm_consents(view: Reader, everybody: Sequence[PlacedPair]) -> None:
    """Make sure that each person is named in public by consent, or on another ground that the office has recorded."""
    if missing := unnamed(view, everybody):
        values = {"count": len(missing), "names": tuple(f"{name} ({one})" for one, name in missing.items())}
        raise InputError([Problem(Message("publishing.no_consent", values))])


def answers_open(round_: Round, proposed: Sequence[PlacedPair], today: str) -> Message | None:
    """Say that somebody may still answer, where that is so."""
    values = {"count": len(proposed), "date": round_.answer_by}
    return Message("publishing.answers_open", values) if proposed and today <= str(round_.answer_by) else None


def unnamed(view: Reader, everybody: Sequence[PlacedPair]) -> dict[str, str]:
    """Name the experts of these pairs, by id, whom nothing allows to be named in public."""
    names = {placed.expert_id: str(placed.line["expert"]) for placed in everybody}
    return {one: names[one] for one in sorted(names.keys() - agreeing(view, "notice", "expert", names))}


def _close_answers(work: Writer, round_: Round) -> None:
    """Take the silence of those who did not answer by the date for what was said it would mean."""
    proposed = work.listed(PlacedPair, round_id=round_.id, state="proposed")
    if waiting := answers_open(round_, proposed, work.today):
        raise InputError([Problem(waiting)])
    for placed in proposed:
        silent = {f"{side}_answer" for side in SIDES if getattr(placed, f"{side}_answer") is None}
        if round_.silence == "accept":
            said = dict.fromkeys(silent, "accepted_by_silence")
            work.change(placed, "silence", state="confirmed", **said)
        else:
            end_pair(work, placed, "silence", "declined", "", **dict.fromkeys(silent, "declined_by_silence"))


def is_out_of_date(view: Reader, latest: Publication) -> bool:
    """Tell whether a published pair has ended since."""
    batch_id = view.get(Round, id=latest.round_id).batch_id
    holding = view.listed(PlacedPair, batch_id=batch_id, state=("public", "active"))
    return not pairs_in(view, latest.files[LIST]) <= {placed.pair for placed in holding}


def _list_bytes(published: Sequence[PlacedPair], lines: Sequence[Placement]) -> bytes:
    """Write out the list: each pair's line as the run has it, or as it was when the pair was placed."""
    of_run = {(line.need_id, line.expert_id): line for line in lines}
    rows = []
    for placed in sorted(published, key=lambda placed: placed.pair):
        now = of_run.get(placed.pair)
        line = [getattr(now, name) if now else placed.line[name] for name in PLACEMENT_COLUMNS]
        rows.append([cell_text(cell) for cell in (*line, placed.firm_answer, placed.expert_answer)])
    return csv_bytes(LIST_COLUMNS, rows)
