"""The notice of a round at a glance: what both sides said, what stands in the way, versions and objections."""

import unicodedata
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta

from matcher.domain.messages import Message
from matcher.domain.moments import china_day
from matcher.domain.roles import Principal
from matcher.domain.rounds import PlacementState
from matcher.services.issuing import issue_of_round, stationery_of
from matcher.services.permissions import permitted
from matcher.services.publishing import (
    LIST,
    answers_open,
    hindrances,
    is_out_of_date,
    pairs_in,
    staying,
    unnamed,
    wrong_days,
)
from matcher.store import Reader, Store
from matcher.store.entities import Batch, GivenConsent, Objection, PlacedPair, Publication, Round, Run, Withdrawal

Version = tuple[Publication, Withdrawal | None]


@dataclass(frozen=True, slots=True)
class Notices:
    """
    What a page on the notice of a round needs.

    Parameters
    ----------
    today : date
        In China.
    round_ : Round
    states : mapping of str to int
        Pairs of the proposed list by state; "declined" is one that a side declined.
    in_the_way : tuple of Message
        Why the list can't be published now.
    unnamed : mapping of str to str
        Experts, by id, whom nothing allows to be named in the notice.
    refusing : frozenset of str
        Those of them who have said no: no ground of the office's helps there.
    is_due : bool
        Whether a list waits to be published, for the first time or anew.
    versions : tuple of (Publication, Withdrawal or None)
        The newest first.
    public : tuple of PlacedPair
        Pairs in the notice, to which one may object.
    objections : tuple of (Objection, PlacedPair)
        Those not decided first.
    hindrances : tuple of Message
        Why the list can't come into force now.
    to_end : tuple of PlacedPair
        Pairs in force that end when it does.
    in_force : frozenset of int
        Ids of publications of whose pairs some are in force: these have letters and agreements.
    """

    today: date
    round_: Round
    states: Mapping[PlacementState | str, int]
    in_the_way: tuple[Message, ...]
    unnamed: Mapping[str, str]
    refusing: frozenset[str]
    is_due: bool
    versions: tuple[Version, ...]
    public: tuple[PlacedPair, ...]
    objections: tuple[tuple[Objection, PlacedPair], ...]
    hindrances: tuple[Message, ...]
    to_end: tuple[PlacedPair, ...]
    in_force: frozenset[int]


@dataclass(frozen=True, slots=True)
class Span:
    """
    Days of a notice, and what is to be said of them before it goes out.

    Parameters
    ----------
    first, last : date
    working_days, least : int
        How many there are, and how many there are to be at least.
    wrong : tuple of Message
        Why a list can't be published with these days.
    warnings : tuple of Message
        What is to be looked at, though it can.
    """

    first: date
    last: date
    working_days: int
    least: int
    wrong: tuple[Message, ...]
    warnings: tuple[Message, ...]


@permitted
def notices(store: Store, who: Principal, round_id: int) -> Notices:
    """Look over the notice of a round."""
    today = china_day(store.now())
    with store.reading() as view:
        round_ = view.get(Round, id=round_id)
        placed = {row.id: row for row in view.listed(PlacedPair, round_id=round_id)}
        asked = [row for row in placed.values() if row.run_id == round_.proposed_run]
        published = view.listed(Publication, round_id=round_id)
        versions = [(row, view.find(Withdrawal, publication_id=row.id)) for row in published]
        objections = view.listed(Objection, publication_id=tuple(row.id for row in published))
        latest = published[-1] if round_.state == "notice" else None
        is_due = round_.state == "confirming" or (latest is not None and is_out_of_date(view, latest))
        named = _to_be_named(view, round_, asked) if is_due else []
        waiting = [row for row in asked if row.state == "proposed"]
        said = answers_open(round_, waiting, today.isoformat()) if round_.state == "confirming" else None
        nobody = Message("publishing.nobody_confirmed") if is_due and not named else None
        missing = unnamed(view, named)
        said_no = view.listed(GivenConsent, side="expert", kind="notice", given=False, party=tuple(missing))
        in_force = view.listed(PlacedPair, batch_id=round_.batch_id, state="active")
        active = {row.pair for row in in_force}
        pairs = {row.id: pairs_in(view, row.files[LIST]) for row in published}
        return Notices(
            today=today,
            round_=round_,
            states=dict(Counter("declined" if row.ending == "declined" else row.state for row in asked)),
            in_the_way=tuple(message for message in (said, nobody) if message),
            unnamed=missing,
            refusing=frozenset(row.party for row in said_no),
            is_due=is_due,
            versions=tuple(reversed(versions)),
            public=tuple(row for row in placed.values() if row.state == "public"),
            objections=tuple(
                (row, placed[row.placement_id]) for row in sorted(objections, key=lambda row: row.upheld is not None)
            ),
            hindrances=tuple(hindrances(view, round_, latest, today.isoformat())) if latest else (),
            to_end=tuple(row for row in in_force if row.pair not in pairs[latest.id]) if latest else (),
            in_force=frozenset(id_ for id_, found in pairs.items() if found & active),
        )


@permitted
def number_used(store: Store, who: Principal, document_number: str) -> Message | None:
    """Say which publication has a number of a document already, however it is spaced; None where none has."""
    with store.reading() as view:
        for publication in view.listed(Publication):
            if _bare(publication.document_number) == _bare(document_number):
                round_ = view.get(Round, id=publication.round_id)
                values = {
                    "batch": view.get(Batch, id=round_.batch_id).name,
                    "number": round_.number,
                    "version": publication.version,
                }
                return Message("notices.number_used", {"value": publication.document_number, **values})
    return None


@permitted
def propose_span(store: Store, who: Principal) -> tuple[date, date]:
    """Propose days for a notice: from today on, with as many working days as the bureau's settings ask for."""
    bureau, first = stationery_of(store).bureau, china_day(store.now())
    last = first
    while bureau.holidays.working_days(first, last) < bureau.notice_working_days:
        last += timedelta(days=1)
    return first, last


@permitted
def look_at_span(store: Store, who: Principal, round_id: int, notice: tuple[date, date]) -> Span:
    """Count the working days of a notice, and say what is to be looked at before it goes out."""
    from matcher.files.papers import notice_warnings

    on = stationery_of(store)
    with store.reading() as view:
        round_ = view.get(Round, id=round_id)
        issue = replace(issue_of_round(view, round_), notice=notice)
        asked = view.listed(PlacedPair, round_id=round_id, run_id=round_.proposed_run)
    count, wrong = on.bureau.holidays.working_days(*notice), wrong_days(notice, china_day(store.now()).isoformat())
    said = {"term"} if all(row.line["term_from"] or row.line["term_to"] for row in asked) else ()
    warnings = () if wrong else tuple(notice_warnings(issue, on, said))
    return Span(*notice, count, on.bureau.notice_working_days, tuple(wrong), warnings)


def _bare(document_number: str) -> str:
    return "".join(unicodedata.normalize("NFKC", document_number).split())


def _to_be_named(view: Reader, round_: Round, asked: list[PlacedPair]) -> list[PlacedPair]:
    """List the pairs that a list published now would have, those included whose silence means yes."""
    states = ("confirmed", "public", *(("proposed",) if round_.silence == "accept" else ()))
    found = [row for row in asked if row.state in states]
    return [*found, *staying(view, round_, view.get(Run, id=round_.proposed_run))]
