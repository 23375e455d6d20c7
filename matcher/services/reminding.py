"""Who has not done yet what the state of a round asks of them."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from matcher.domain.messages import Message
from matcher.domain.records import Expert, Need
from matcher.domain.roles import PARTIES, Principal
from matcher.domain.settings import Side
from matcher.files.reminder_sheet import Reminder
from matcher.services.permissions import permitted
from matcher.store import Reader, Store
from matcher.store.entities import Account, Application, AssessedPair, NeedForm, PlacedPair, Preferences, Round

_WRITING = ("collecting", "choosing")


@permitted
def reminders_of(store: Store, who: Principal, round_id: int) -> list[Reminder]:
    """List who has not done yet what the state of a round asks of them, without how to reach them."""
    with store.reading() as view:
        return [replace(one, contact="") for one in reminders_in(view, view.get(Round, id=round_id))]


def reminders_in(view: Reader, round_: Round, forms: Sequence[Application | NeedForm] | None = None) -> list[Reminder]:
    """
    List what parties have not done, firms first, then by id.

    Parameters
    ----------
    view : Reader
    round_ : Round
    forms : sequence of Application and of NeedForm, or None
        All of the round, where somebody has read them already.

    Returns
    -------
    list of Reminder
        While forms are written: drafts, forms sent back, institutions that have not consented. While choosing also
        accepted forms without preferences. While confirming: pairs without an answer. Once assessed: placements without
        a rating, or without a word on renewal. In any state: parties whose invitation is not used. What waits for the
        office is not here.
    """
    if forms is None:
        forms = [*view.listed(NeedForm, round_id=round_.id), *view.listed(Application, round_id=round_.id)]
    records: dict[tuple[Side, str], Expert | Need] = {_party(form.record): form.record for form in forms}
    found = [*_never_signed_in(view, records)]
    if round_.state in _WRITING:
        found += [reminder for form in forms for reminder in _of_form(form)]
    if round_.state == "choosing":
        found += _without_preferences(view, round_, forms)
    if round_.state == "confirming":
        found += _without_answer(view, round_, records)
    if round_.state == "assessed":
        found += _without_word(view, round_, records)
    return sorted(found, key=lambda one: (one.side != "firm", one.party, one.matter.code, one.about))


def _party(record: Expert | Need) -> tuple[Side, str]:
    return ("expert", record.expert_id) if isinstance(record, Expert) else ("firm", record.firm_id)


def _reminder(record: Expert | Need, matter: str, about: str = "", until: str = "", **values: object) -> Reminder:
    side, party = _party(record)
    place = record.institution if isinstance(record, Expert) else record.township
    message = Message(f"papers.matter.{matter}", values)
    return Reminder(side, party, record.name, place, message, about, until, record.contact)


def _title(record: Expert | Need) -> str:
    return record.need_title if isinstance(record, Need) else ""


def _of_form(form: Application | NeedForm) -> Iterator[Reminder]:
    record = form.record
    if form.state == "draft":
        yield _reminder(record, "write", _title(record))
    elif form.state == "returned":
        yield _reminder(record, "correct", _title(record), reason=form.returned_because)
    if isinstance(form, Application) and form.record.consent is None:
        yield _reminder(record, "consent", form.record.institution)


def _without_preferences(view: Reader, round_: Round, forms: Sequence[Application | NeedForm]) -> Iterator[Reminder]:
    stated = {(row.side, row.own_id) for row in view.listed(Preferences, round_id=round_.id)}
    for form in forms:
        side = "expert" if isinstance(form, Application) else "firm"
        if form.state == "accepted" and (side, form.own_id) not in stated:
            yield _reminder(form.record, "choose", _title(form.record))


def _without_answer(view: Reader, round_: Round, records: dict[tuple[Side, str], Expert | Need]) -> Iterator[Reminder]:
    silence = Message(f"papers.matter.silence.{round_.silence}")
    for placed in view.listed(PlacedPair, round_id=round_.id, state="proposed"):
        for record, about, side in _sides(placed, records):
            if getattr(placed, f"{side}_answer") is None:
                yield _reminder(record, "answer", about, round_.answer_by or "", silence=silence)


def _without_word(view: Reader, round_: Round, records: dict[tuple[Side, str], Expert | Need]) -> Iterator[Reminder]:
    said = {row.placement_id: row for row in view.listed(AssessedPair)}
    for placed in view.listed(PlacedPair, round_id=round_.id, state="active"):
        for record, about, side in _sides(placed, records):
            if getattr(said.get(placed.id), f"{side}_rating", None) is None:
                yield _reminder(record, "rate", about)
            if getattr(said.get(placed.id), f"{side}_renews", None) is None:
                yield _reminder(record, "renew", about)


def _sides(
    placed: PlacedPair, records: dict[tuple[Side, str], Expert | Need]
) -> Iterator[tuple[Expert | Need, str, Side]]:
    """Give each side of a pair with who, and what, it is about."""
    title = placed.line["need_title"]
    yield records["firm", placed.firm_id], f"{title} / {placed.line['expert']}", "firm"
    yield records["expert", placed.expert_id], f"{placed.line['firm']} / {title}", "expert"


def _never_signed_in(view: Reader, records: dict[tuple[Side, str], Expert | Need]) -> Iterator[Reminder]:
    for account in view.listed(Account, role=PARTIES, disabled_at=None):
        record = records.get((account.role, account.party or ""))
        if record is not None and account.password is None and account.issuer is None:
            yield _reminder(record, "sign_in", account.person)
