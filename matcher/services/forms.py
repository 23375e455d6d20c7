"""Forms of both sides: an expert's application, a firm's need; written, submitted, returned with a reason, accepted."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import date
from typing import Any, TypeVar

from matcher.domain.errors import InputError, NotAllowed
from matcher.domain.messages import Message, Problem
from matcher.domain.records import Expert, Need
from matcher.domain.references import reference_problems
from matcher.domain.roles import PARTIES, Principal
from matcher.domain.rounds import FORM_MOVES, FormState, confirm_allowed
from matcher.domain.settings import Side
from matcher.files.record_text import unwritable
from matcher.services.permissions import permitted
from matcher.services.rounds import confirm_reason
from matcher.store import Reader, Store, Writer
from matcher.store.entities import Application, NeedForm, PlacedPair, Preferences, Round

F = TypeVar("F", Application, NeedForm)

_KEYS = {Application: "expert_id", NeedForm: "need_id"}


@permitted
def write_form(
    store: Store, who: Principal, round_id: int, record: Expert | Need, *, version: int | None = None
) -> "Form":
    """
    Write a form, new or in the place of what stood there: a draft, until it is submitted.

    Parameters
    ----------
    store : Store
    who : Principal
        Who is acting.
    round_id : int
    record : Expert or Need
        Without wishes: those are stated while choosing, by `matcher.services.preferences`.
    version : int or None
        That was read before; None where the form is new.

    Raises
    ------
    InputError
        When the record states wishes, or holds what no spreadsheet could give back.
    NotAllowed
        When the round or the form is in no state for it.
    ChangedMeanwhile
        When somebody else changed it, or made one of that id.
    """
    with store.writing(who.name) as work:
        return written(work, who, round_id, record, version)


def written(work: Writer, who: Principal, round_id: int, record: Expert | Need, version: int | None) -> "Form":
    """Do what `write_form` does together with what else is to be written."""
    kind, key = _kind_of(record)
    round_ = _allowed(work, round_id, "write_form")
    _confirm_record(record)
    found = work.find(kind, round_id=round_.id, **{key: getattr(record, key)})
    if who.role in PARTIES:
        _confirm_own_words(record, found)
        if isinstance(record, Expert) and found and record.institution != found.record.institution:
            record = replace(record, consent=None)  # the other institution has not been asked
    if found is None:
        return work.insert(kind, "write_form", **_blank(kind, round_.id, record, "draft"))
    if version is None:
        raise InputError([Problem(Message("forms.exists", {"id": found.own_id}))])
    work.get(kind, version=version, round_id=round_.id, **{key: getattr(record, key)})
    values = written_over(found, _bare(record))
    return work.change(found, "write_form", state=_moved(found.state, "write_form"), **values)


@permitted
def submit_form(store: Store, who: Principal, form: "Form") -> "Form":
    """Hand a form in, as it was read."""
    return _move(store, who, form, "submit_form")


@permitted
def return_form(store: Store, who: Principal, form: "Form", why: str) -> "Form":
    """Send a form back, and say what is missing."""
    confirm_reason(why)
    return _move(store, who, form, "return", why)


@permitted
def accept_form(store: Store, who: Principal, form: "Form") -> "Form":
    """
    Take a form: from now on it is in the market.

    Raises
    ------
    InputError
        When it can't stand beside those that are there, such as a need with the id of another firm.
    """
    return _move(store, who, form, "accept")


@permitted
def accept_forms(store: Store, who: Principal, submitted: "Sequence[Form]") -> "list[Form]":
    """
    Take several forms, as they were read: all of them, or none where anything stands against one.

    Raises
    ------
    InputError
        When one of them can't stand beside the others.
    ChangedMeanwhile
        When somebody else changed one.
    """
    with store.writing(who.name) as work:
        return moved_on(work, submitted, "accept")


@permitted
def record_consent(
    store: Store, who: Principal, form: Application, consents: bool, *, on: date, document: str
) -> Application:
    """Write down what the sending institution said, when, and the number of the document that says so."""
    if not document.strip():
        raise InputError([Problem(Message("forms.consent_without_document"))])
    with store.writing(who.name) as work:
        round_ = _allowed(work, form.round_id, "record_consent")
        if on.isoformat() > work.today:
            raise InputError([Problem(Message("forms.day_to_come", {"value": on}))])
        found = work.get(Application, version=form.version, round_id=form.round_id, expert_id=form.own_id)
        if not consents:
            confirm_not_in_force(work, round_, found)
        record = replace(found.record, consent=consents)
        values = {"consent_on": on.isoformat(), "consent_document": document.strip()}
        return work.change(found, "record_consent", record=record, **values)


@permitted
def forms(store: Store, who: Principal, round_id: int) -> tuple[list[Application], list[NeedForm]]:
    """List the applications and the needs of a round, by id; without contact data for an analyst."""
    with store.reading() as view:
        found = view.listed(Application, round_id=round_id), view.listed(NeedForm, round_id=round_id)
    if who.role == "administrator":
        return found
    return [_without_contact(form) for form in found[0]], [_without_contact(form) for form in found[1]]


@permitted
def own_forms(store: Store, who: Principal, round_id: int, side: Side, own_id: str) -> "list[Application | NeedForm]":
    """List the needs of a firm in a round, or the application of an expert, whatever their states."""
    with store.reading() as view:
        if side == "expert":
            return [*view.listed(Application, round_id=round_id, expert_id=own_id)]
        return [*view.listed(NeedForm, round_id=round_id, firm_id=own_id)]


def records_of(view: Reader, round_id: int, *states: FormState) -> tuple[list[Expert], list[Need]]:
    """
    Give a round's records with their wishes, as spreadsheets have them.

    Parameters
    ----------
    view : Reader
    round_id : int
    states : str
        Of the forms that are wanted; none: all.

    Returns
    -------
    list of Expert, list of Need
        By id.
    """
    experts, needs = view.once(_records, round_id, states)
    return list(experts), list(needs)


def _records(view: Reader, round_id: int, states: tuple[FormState, ...]) -> tuple[Sequence[Expert], Sequence[Need]]:
    wanted: dict[str, Any] = {"round_id": round_id, **({"state": states} if states else {})}
    wishes = {(row.side, row.own_id): row for row in view.listed(Preferences, round_id=round_id)}
    experts = [
        with_wishes(form.record, wishes.get(("expert", form.own_id))) for form in view.listed(Application, **wanted)
    ]
    needs = [with_wishes(form.record, wishes.get(("firm", form.own_id))) for form in view.listed(NeedForm, **wanted)]
    return experts, needs


def with_wishes(record: Any, wishes: Preferences | None) -> Any:
    """Give a record with the wishes of its side."""
    other = "firms" if isinstance(record, Expert) else "experts"
    tiers, vetoed = (wishes.tiers, wishes.vetoed) if wishes else ((), ())
    return replace(record, **{f"preferred_{other}": tiers, f"vetoed_{other}": vetoed})


def market_of(view: Reader, round_id: int) -> tuple[list[Expert], list[Need]]:
    """
    Give the records of accepted forms as a run needs them: without contact data, with wishes for those who take part.

    A wish for somebody whose form is not accepted stays in the database: it names nobody in the market.
    """
    experts, needs = view.once(_market, round_id)
    return list(experts), list(needs)


def _market(view: Reader, round_id: int) -> tuple[Sequence[Expert], Sequence[Need]]:
    experts, needs = records_of(view, round_id, "accepted")
    return among(experts, {name for need in needs for name in (need.need_id, need.firm_id)}), among(
        needs, {expert.expert_id for expert in experts}
    )


def written_over(found: "Form", record: Any) -> dict[str, Any]:
    """
    Give the values of a form that gets another record.

    A consent is that of the institution that gave it, in the words of its document: whoever writes another word, or
    another institution, takes it away, until it is recorded anew.
    """
    if not isinstance(found, Application):
        return {"record": record}
    before = found.record
    if found.consent_document is None or (record.consent, record.institution) == (before.consent, before.institution):
        return {"record": record}
    if record.consent == before.consent:
        record = replace(record, consent=None)
    return {"record": record, "consent_on": None, "consent_document": None}


def confirm_not_in_force(view: Reader, round_: Round, form: "Form") -> None:
    """Raise `NotAllowed` where a form is of a pair in force: that is to be ended before."""
    held = {_kind_of(form.record)[1]: form.own_id}
    if view.listed(PlacedPair, batch_id=round_.batch_id, state="active", **held):
        raise NotAllowed([Message("forms.in_force", {"id": form.own_id})])


def among(records: Sequence[Any], there: Collection[str]) -> list[Any]:
    """Give records as a run knows them: without contact data, with wishes for those of these ids alone."""
    found = []
    for record in records:
        side = "firms" if isinstance(record, Expert) else "experts"
        tiers = (tuple(name for name in tier if name in there) for tier in getattr(record, f"preferred_{side}"))
        vetoed = tuple(name for name in getattr(record, f"vetoed_{side}") if name in there)
        wishes = {f"preferred_{side}": tuple(tier for tier in tiers if tier), f"vetoed_{side}": vetoed}
        found.append(replace(record, contact="", **wishes))
    return found


Form = Application | NeedForm


def _kind_of(record: Expert | Need) -> tuple[type[Any], str]:
    kind = Application if isinstance(record, Expert) else NeedForm
    return kind, _KEYS[kind]


def _allowed(work: Writer, round_id: int, action: Any) -> Round:
    round_ = work.get(Round, id=round_id)
    confirm_allowed(round_.state, action)
    return round_


def _confirm_record(record: Expert | Need) -> None:
    """Hold a form to what a file's row is held to."""
    problems = unwritable("experts" if isinstance(record, Expert) else "firms", record)
    if with_wishes(record, None) != record:
        problems.append(Problem(Message("forms.wishes_elsewhere")))
    if problems:
        raise InputError(problems)


def _without_contact(form: F) -> F:
    return replace(form, record=replace(form.record, contact=""))


def _confirm_own_words(record: Expert | Need, found: "Form | None") -> None:
    """Hold a party to what it may say itself: not what its institution said, nor under an id of somebody else's."""
    before: Any = found.record if found else None
    if isinstance(record, Expert):
        if record.consent != (before.consent if before else None):
            raise NotAllowed([Message("forms.consent_of_institution")])
    elif before is None and record.need_id != record.firm_id and not record.need_id.startswith(f"{record.firm_id}-"):
        raise InputError([Problem(Message("forms.id_of_own", {"value": record.need_id, "firm": record.firm_id}))])


def _bare(record: Any) -> Any:
    """Forget which row a record came from."""
    return replace(with_wishes(record, None), row=None)


def _blank(kind: type[Any], round_id: int, record: Expert | Need, state: FormState) -> dict[str, Any]:
    values = {"round_id": round_id, "record": _bare(record), "state": state, "returned_because": None}
    return values | ({"consent_on": None, "consent_document": None} if kind is Application else {})


def _move(store: Store, who: Principal, form: Any, step: str, why: str | None = None) -> Any:
    with store.writing(who.name) as work:
        return moved_on(work, [form], step, why)[0]


def moved_on(work: Writer, forms: Sequence[Any], step: str, why: str | None = None) -> list[Any]:
    """Move forms a step on, as part of what is written; those accepted are held against each other, and others."""
    moved = []
    for form in forms:
        kind, key = _kind_of(form.record)
        round_ = _allowed(work, form.round_id, "submit_form" if step == "submit_form" else "review_form")
        found = work.get(kind, version=form.version, round_id=form.round_id, **{key: form.own_id})
        if step == "return":
            confirm_not_in_force(work, round_, found)
        moved.append(work.change(found, step, why, state=_moved(found.state, step), returned_because=why))
    if step == "accept":
        for round_id in sorted({form.round_id for form in forms}):
            problems = reference_problems(*market_of(work, round_id))
            if problems:
                raise InputError(problems)
    return moved


def _moved(state: FormState, step: str) -> FormState:
    ways = FORM_MOVES[state]
    if step not in ways:
        values = {"action": Message(f"value.action.{step}"), "state": Message(f"value.form.{state}")}
        raise NotAllowed([Message("forms.not_now", values)])
    return ways[step]
