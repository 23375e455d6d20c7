"""
The papers of a round: lists, the public notice, letters and agreements, invitations, reminders.

Each is made of what was published, as it was frozen; what goes to a party, or to the public, holds neither fit, rank,
reason nor contact. Every export is written down.

Who takes a paper away may be asked first whether its warnings were read: with ``seen``, it is handed out only where
that is the digest of its warnings, and `Unseen` has them, and their digest, where it is not. None asks nothing: whoever
calls shows ``Paper.warnings`` beside it.
"""

import csv
import hashlib
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

from matcher.domain.errors import NotAllowed, Unseen
from matcher.domain.messages import Message, as_plain
from matcher.domain.moments import china_day
from matcher.domain.roles import PARTIES, Principal
from matcher.files.archive import archive
from matcher.files.writing import cell_text, csv_bytes
from matcher.language import label
from matcher.placement import PLACEMENT_COLUMNS, public_lines
from matcher.services.issuing import (
    about,
    in_force_since,
    issue_of_round,
    left_since,
    newer,
    pair_of,
    party_names,
    published,
    published_with,
    rows,
    stationery_of,
    without_consent,
)
from matcher.services.permissions import permitted
from matcher.services.placing import REPORT, UNPLACED
from matcher.services.pseudonyms import veil_of, veiled_lines
from matcher.services.publishing import LIST
from matcher.services.reminding import reminders_in
from matcher.store import Store
from matcher.store.entities import Account, PlacedPair, Round

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CSV, ZIP = "text/csv; charset=utf-8", "application/zip"
"""Media types."""
INVITE = "/account/invite?token="
"""Where an invitation opens, from the address of the service."""

PairPaper = Literal["letter", "agreement"]


@dataclass(frozen=True, slots=True)
class Paper:
    """
    A file to hand out.

    Parameters
    ----------
    name : str
        A file's name and no path, whatever anybody is called.
    media_type : str
    content : bytes
    warnings : tuple of Message
        What is to be looked at before it goes out.
    """

    name: str
    media_type: str
    content: bytes = field(repr=False)
    warnings: tuple[Message, ...] = ()


class Invited(Protocol):
    """An invitation as `matcher.services.accounts` gives it, the only time that its token is known."""

    @property
    def account(self) -> Account: ...  # noqa: D102 - the account that it is for
    @property
    def token(self) -> str: ...  # noqa: D102 - what opens it, in a link
    @property
    def code(self) -> str: ...  # noqa: D102 - what opens it, typed
    @property
    def expires_at(self) -> str: ...  # noqa: D102 - a moment in ISO form


@permitted
def workbook(store: Store, who: Principal, publication_id: int, *, seen: str | None = None) -> Paper:
    """
    Write a published list as a workbook: to print, and behind that who was left out, figures, settings, raw columns.

    Who was matched but is not in the list is told among those left out, with what became of the pair.
    """
    from matcher.files.list_workbook import ListBook, list_workbook, workbook_warnings
    from matcher.files.papers import paper_name

    with store.reading() as view:
        found = published(view, publication_id)
        left = [*rows(found.files[UNPLACED]), *left_since(view, found)]
    on = stationery_of(store)
    lines = public_lines(found.listed, found.experts)
    book = ListBook(lines, found.listed, left, json.loads(found.files[REPORT]), about(found))
    name = paper_name(found.issue, label("papers.sheet.list", "zh"), found.issue.document_number, suffix="xlsx")
    paper = Paper(name, XLSX, list_workbook(book, found.issue, on), tuple(workbook_warnings(lines, on)))
    of = (f"publications/{publication_id}/workbook", found.publication.round_id)
    return _issued(store, who, paper, of, seen, has_wishes=True)


@permitted
def notice(store: Store, who: Principal, publication_id: int, *, seen: str | None = None) -> Paper:
    """
    Write the public notice of a publication.

    Raises
    ------
    NotAllowed
        When the publication was withdrawn.
    InputError, SettingsError
        When the template, or ``bureau.toml``, is not in order.
    """
    from matcher.files.papers import list_says, notice_docx, notice_warnings, paper_name

    with store.reading() as view:
        found = published(view, publication_id)
        if found.withdrawal is not None:
            raise NotAllowed([Message("papers.withdrawn", {"reason": found.withdrawal.reason})])
        warnings = [*newer(view, found.publication), *without_consent(view, found.listed)]
    on = stationery_of(store)
    lines = public_lines(found.listed, found.experts)
    content = notice_docx(lines, found.issue, on)
    name = paper_name(found.issue, label("papers.notice", "zh"), found.issue.document_number, suffix="docx")
    paper = Paper(name, DOCX, content, (*notice_warnings(found.issue, on, list_says(lines)), *warnings))
    return _issued(store, who, paper, (f"publications/{publication_id}/notice", found.publication.round_id), seen)


@permitted
def letters(store: Store, who: Principal, publication_id: int, *, seen: str | None = None) -> Paper:
    """
    Write the appointment letters of the pairs of a publication that are in force, all in one archive.

    Raises
    ------
    NotAllowed
        When none is in force.
    """
    return _pair_papers(store, who, publication_id, "letter", seen)


@permitted
def agreements(store: Store, who: Principal, publication_id: int, *, seen: str | None = None) -> Paper:
    """Write the tripartite agreements, as `letters` does the letters."""
    return _pair_papers(store, who, publication_id, "agreement", seen)


@permitted
def own_letter(store: Store, who: Principal, placement_id: int, *, seen: str | None = None) -> Paper:
    """
    Write the appointment letter of one pair in force.

    Raises
    ------
    NotAllowed
        When the pair is not in force; to a party also while the letter has blanks that the bureau is to fill in.
    """
    return _own_paper(store, who, placement_id, "letter", seen)


@permitted
def own_agreement(store: Store, who: Principal, placement_id: int, *, seen: str | None = None) -> Paper:
    """Write the tripartite agreement of one pair in force, as `own_letter` does its letter."""
    return _own_paper(store, who, placement_id, "agreement", seen)


@permitted
def list_csv(store: Store, who: Principal, publication_id: int, *, seen: str | None = None) -> Paper:
    """
    Give the published list as it was frozen, byte for byte; of a demonstration, each row says so.

    An analyst gets the same lines under the pseudonyms of the round.
    """
    from matcher.files.papers import paper_name

    with store.reading() as view:
        found = published(view, publication_id)
    content = found.files[LIST]
    if who.role == "analyst":
        veil = veil_of(found.publication.round_id, store, "lists")
        veiled = veiled_lines(veil, found.listed)
        cells = [[cell_text(getattr(line, name)) for name in PLACEMENT_COLUMNS] for line in veiled]
        content = csv_bytes(PLACEMENT_COLUMNS, cells)
    if found.issue.is_demo:
        header, *rows = csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""))
        content = csv_bytes([*header, "demo"], [[*row, found.issue.banner] for row in rows])
    paper = Paper(paper_name(found.issue, "list", found.issue.document_number, suffix="csv"), CSV, content)
    of = (f"publications/{publication_id}/list", found.publication.round_id)
    return _issued(store, who, paper, of, seen, has_wishes=who.role != "analyst")


@permitted
def reminders(store: Store, who: Principal, round_id: int, *, seen: str | None = None) -> Paper:
    """List who has not done yet what the state of a round asks of them, with how to reach them; an XLSX."""
    from matcher.files.papers import paper_name
    from matcher.files.reminder_sheet import reminder_workbook

    with store.reading() as view:
        round_ = view.get(Round, id=round_id)
        issue, found = issue_of_round(view, round_), reminders_in(view, round_)
    content = reminder_workbook(found, issue, stationery_of(store))
    name = paper_name(issue, label("papers.sheet.reminders", "zh"), issue.batch, suffix="xlsx")
    return _issued(store, who, Paper(name, XLSX, content), (f"rounds/{round_id}/reminders", round_id), seen)


@permitted
def invitations(
    store: Store,
    who: Principal,
    round_id: int,
    invited: Sequence[Invited],
    *,
    address: str,
    to: Literal["docx", "xlsx"] = "docx",
) -> Paper:
    """
    Write invitations to hand out: as blocks to cut apart, or as a table.

    Parameters
    ----------
    store : Store
    who : Principal
    round_id : int
        Whose parties they are for: their names are those of its forms.
    invited : sequence of Invited
    address : str
        Of the service, as people open it, such as ``https://match.example.gov.cn``.
    to : {"docx", "xlsx"}
    """
    from matcher.files.invitation_sheets import InvitationLine, invitation_docx, invitation_workbook
    from matcher.files.papers import paper_name

    with store.reading() as view:
        issue, names = issue_of_round(view, view.get(Round, id=round_id)), party_names(view, round_id)
    on = stationery_of(store)
    lines = [
        InvitationLine(
            role=one.account.role,
            party=names.get((one.account.role, one.account.party), ""),
            person=one.account.person,
            login=one.account.code or one.account.party or one.account.name,
            link=f"{address.rstrip('/')}{INVITE}{one.token}",
            code=one.code,
            valid_until=china_day(one.expires_at),
        )
        for one in invited
    ]
    write, kind = (invitation_docx, DOCX) if to == "docx" else (invitation_workbook, XLSX)
    name = paper_name(issue, label("papers.sheet.invitations", "zh"), issue.batch, suffix=to)
    paper = Paper(name, kind, write(lines, issue, on), tuple(on.warnings("invitation")))
    return _issued(store, who, paper, (f"rounds/{round_id}/invitations", round_id), None)


def digest_of(warnings: Sequence[Message]) -> str:
    """Name some warnings, in their order: whoever has read these has not read others."""
    return hashlib.sha256(json.dumps(as_plain(list(warnings)), ensure_ascii=False).encode()).hexdigest()[:32]


def _issued(
    store: Store, who: Principal, paper: Paper, of: tuple[str, int], seen: str | None, *, has_wishes: bool = False
) -> Paper:
    """Write down that a paper is handed out, of what and of which round, and that wishes are in it; then only is it."""
    if seen is not None and paper.warnings and seen != (digest := digest_of(paper.warnings)):
        raise Unseen(paper.warnings, digest)
    about_, round_id = of
    with store.writing(who.name) as work:
        if has_wishes:
            work.note("look_into_preferences", about_, round_id=round_id)
        work.note("export", about_, round_id=round_id)
    return paper


def _pair_papers(store: Store, who: Principal, publication_id: int, paper: PairPaper, seen: str | None) -> Paper:
    from matcher.files.papers import pair_docx, pair_file_name, pair_warnings, paper_name

    with store.reading() as view:
        found = published(view, publication_id)
        batch_id = view.get(Round, id=found.publication.round_id).batch_id
        in_force = {row.pair: row for row in view.listed(PlacedPair, batch_id=batch_id, state="active")}
    on = stationery_of(store)
    made, pairs = {}, []
    for number, line in enumerate(found.listed, start=1):
        placed = in_force.get((line.need_id, line.expert_id))
        if placed is not None:
            pair = pair_of(found, line, number)
            issue = in_force_since(found.issue, placed)
            made[pair_file_name(paper, pair, issue)] = pair_docx(paper, pair, issue, on)
            pairs.append(pair)
    if not made:
        raise NotAllowed([Message("papers.none_in_force", {"paper": Message(f"papers.{paper}")})])
    name = paper_name(found.issue, label(f"papers.{paper}", "zh"), found.issue.document_number, suffix="zip")
    done = Paper(name, ZIP, archive(made), tuple(pair_warnings(paper, pairs, on)))
    return _issued(store, who, done, (f"publications/{publication_id}/{paper}s", found.publication.round_id), seen)


def _own_paper(store: Store, who: Principal, placement_id: int, paper: PairPaper, seen: str | None) -> Paper:
    from matcher.files.papers import pair_blanks, pair_docx, pair_file_name, pair_warnings

    with store.reading() as view:
        placed = view.get(PlacedPair, id=placement_id)
        found = published_with(view, placed) if placed.state == "active" else None
    if found is None:
        raise NotAllowed([Message("papers.not_in_force", {"paper": Message(f"papers.{paper}")})])
    on = stationery_of(store)
    number, line = next(
        (number, line)
        for number, line in enumerate(found.listed, start=1)
        if (line.need_id, line.expert_id) == placed.pair
    )
    pair, issue = pair_of(found, line, number), in_force_since(found.issue, placed)
    is_party = who.role in PARTIES
    if is_party and pair_blanks(paper, [pair], on):
        raise NotAllowed([Message("papers.not_filled_in", {"paper": Message(f"papers.{paper}")})])
    warnings = () if is_party else tuple(pair_warnings(paper, [pair], on))
    done = Paper(pair_file_name(paper, pair, issue), DOCX, pair_docx(paper, pair, issue, on), warnings)
    return _issued(store, who, done, (f"placements/{placement_id}/{paper}", placed.round_id), seen)
