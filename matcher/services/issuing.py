"""What papers are made of: a publication as it was frozen, the issue that it is, and what has become of it since."""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from matcher.domain.messages import Message
from matcher.domain.moments import china_day
from matcher.domain.records import Expert, Need, Placement
from matcher.files import Upload, load_experts, load_firms
from matcher.files.stationery import Issue, Stationery, stationery
from matcher.placement import PairLine, pair_line
from matcher.services.freezing import EXPERTS, FIRMS
from matcher.services.opening import beside_the_package
from matcher.services.placing import PLACEMENTS
from matcher.services.publishing import LIST
from matcher.services.runs import contents, lines_in
from matcher.store import Reader, Store, home, is_demo
from matcher.store.entities import (
    Application,
    Batch,
    GivenConsent,
    Mark,
    NeedForm,
    PlacedPair,
    Publication,
    Round,
    Withdrawal,
)


@dataclass(frozen=True, slots=True)
class Published:
    """A publication with what its papers are made of."""

    publication: Publication
    issue: Issue
    withdrawal: Withdrawal | None
    files: Mapping[str, bytes]
    listed: Sequence[Placement]
    of_run: Sequence[Placement]
    experts: Mapping[str, Expert]
    needs: Mapping[str, Need]


def stationery_of(store: Store) -> Stationery:
    """Read what papers are written on; what nobody has filled in is invented in a demonstration, as its data are."""
    return stationery(home(), beside_the_package("data") if is_demo(store) else None)


def published(view: Reader, publication_id: int) -> Published:
    """Read a publication, with all that it froze."""
    publication = view.get(Publication, id=publication_id)
    files = contents(view, publication.files)
    issue = issue_of_round(view, view.get(Round, id=publication.round_id), publication)
    experts = load_experts(Upload(EXPERTS, files[EXPERTS])).records
    needs = load_firms(Upload(FIRMS, files[FIRMS])).records
    return Published(
        publication,
        issue,
        view.find(Withdrawal, publication_id=publication.id),
        files,
        lines_in(view, publication.files[LIST]),
        lines_in(view, publication.files[PLACEMENTS]),
        {expert.expert_id: expert for expert in experts},
        {need.need_id: need for need in needs},
    )


def issue_of_round(view: Reader, round_: Round, publication: Publication | None = None) -> Issue:
    """Say of which round papers are, and of which publication of it."""
    batch = view.get(Batch, id=round_.batch_id)
    is_demo = view.find(Mark, name="demo") is not None
    if publication is None:
        return Issue(batch=batch.name, year=batch.year, kind=round_.kind, is_demo=is_demo)
    return Issue(
        batch=batch.name,
        year=batch.year,
        kind=round_.kind,
        day=china_day(publication.published_at),
        document_number=publication.document_number,
        notice=(date.fromisoformat(publication.notice_from), date.fromisoformat(publication.notice_until)),
        version=publication.version,
        chain_head=publication.chain_head or "",
        is_demo=is_demo,
    )


def about(found: Published) -> dict[str, str]:
    """Say what stands in a workbook about the publication, by the catalogue's code of its name."""
    publication, issue = found.publication, found.issue
    said = {
        "batch": issue.batch,
        "document_number": issue.document_number,
        "version": str(publication.version),
        "notice": f"{publication.notice_from} \u2014 {publication.notice_until}",
        "approved_by": publication.approved_by,
        "published_at": publication.published_at,
        "published_by": publication.published_by,
    }
    if found.withdrawal is not None:
        said["withdrawn"] = found.withdrawal.reason
    return {f"papers.about.{name}": value for name, value in said.items()}


def rows(content: bytes) -> list[dict[str, str]]:
    """Read a file of ours as it stands, by its header."""
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def left_since(view: Reader, found: Published) -> list[dict[str, str]]:
    """Tell of each pair of the run that is not in the published list, to both sides, and of its end."""
    listed = {(line.need_id, line.expert_id) for line in found.listed}
    left = []
    for line in found.of_run:
        if (line.need_id, line.expert_id) in listed:
            continue
        asked = view.listed(
            PlacedPair, round_id=found.publication.round_id, need_id=line.need_id, expert_id=line.expert_id
        )
        ending = Message(f"papers.ending.{asked[-1].ending or 'open'}" if asked else "papers.ending.open")
        for side, own, name, other in (
            ("firm", line.need_id, line.firm, line.expert),
            ("expert", line.expert_id, line.expert, line.firm),
        ):
            reason = str(Message("papers.ended_since", {"other": other, "ending": ending}))
            left.append({"side": side, "id": own, "name": name, "free_places": "1", "reason": reason})
    return left


def newer(view: Reader, publication: Publication) -> list[Message]:
    """Warn of a version that was published after."""
    last = view.listed(Publication, round_id=publication.round_id)[-1]
    return [] if last.id == publication.id else [Message("papers.newer", {"version": last.version})]


def without_consent(view: Reader, listed: Sequence[Placement]) -> list[Message]:
    """Name those who are in the list and have refused to be named in the notice."""
    refused = {(row.side, row.party) for row in view.listed(GivenConsent, kind="notice", given=False)}
    named = {("firm", line.firm_id): line.firm for line in listed}
    named |= {("expert", line.expert_id): line.expert for line in listed}
    names = [name for party, name in sorted(named.items()) if party in refused]
    return [Message("papers.without_consent", {"names": names})] if names else []


def published_with(view: Reader, placed: PlacedPair) -> Published | None:
    """Find the latest publication of its round that has a pair; None where none that stands has it."""
    for publication in reversed(view.listed(Publication, round_id=placed.round_id)):
        if view.find(Withdrawal, publication_id=publication.id) is None:
            found = published(view, publication.id)
            if any((line.need_id, line.expert_id) == placed.pair for line in found.listed):
                return found
    return None


def in_force_since(issue: Issue, placed: PlacedPair) -> Issue:
    """Date papers of a pair by the day on which it came into force, the last that changed an active placement."""
    return replace(issue, day=china_day(placed.changed_at))


def pair_of(found: Published, line: Placement, number: int) -> PairLine:
    """Give a line of a publication as the papers of its own two sides name it."""
    return pair_line(line, number, found.needs.get(line.need_id), found.experts.get(line.expert_id))


def party_names(view: Reader, round_id: int) -> dict[tuple[str, str | None], str]:
    """Name the parties of a round as its forms do, by side and id."""
    named = {("expert", form.own_id): form.record.name for form in view.listed(Application, round_id=round_id)}
    forms = view.listed(NeedForm, round_id=round_id)
    return named | {("firm", form.record.firm_id): form.record.name for form in forms}
