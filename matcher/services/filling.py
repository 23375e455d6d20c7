"""Filling in one's own form: what it lacks while it is being typed, what is known of before, saving and handing in."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import count
from typing import Any

from matcher.domain.errors import InputError, NotAllowed
from matcher.domain.messages import Message, Problem
from matcher.domain.moments import is_just_now
from matcher.domain.records import Expert, Need
from matcher.domain.roles import Principal
from matcher.domain.rounds import WITHDRAWABLE, confirm_allowed
from matcher.domain.settings import Settings, Side
from matcher.files.columns import table
from matcher.files.record_text import read_record
from matcher.ranking.bars import Bar, eligibility
from matcher.ranking.duplicates import duplicate_needs
from matcher.services.drafts import beside, dropped
from matcher.services.forms import Form, confirm_not_in_force, moved_on, written
from matcher.services.permissions import permitted
from matcher.services.privacy import forms_of
from matcher.store import Reader, Store, Writer
from matcher.store.entities import Account, Application, Draft, Event, NeedForm, PlacedPair, Preferences, Round
from matcher.text.quality import WEIGHTS, advice_to_writer, assess

OF_FIRM = (
    *("name", "credit_code", "township", "zone", "industry", "products", "above_scale", "high_tech"),
    *("related_institutions", "contact"),
)
"""Fields of a need that say what its firm is: a further need begins with them."""

_NOT_CARRIED = ("expert_id", "consent", "preferred_firms", "vetoed_firms", "row")
"""What an application does not take over from an earlier round: wishes, and the institution's word, which is asked
for anew."""


@dataclass(frozen=True, slots=True)
class Filled:
    """
    A form as a party has filled it in.

    Parameters
    ----------
    round_id : int
    typed : mapping of str to object
        By field, as `matcher.files.record_text.read_record` takes it.
    form : str
        Id of the need or of the expert; empty: a need that is new, and is given its id.
    version : int or None
        Of the form that was read; None where there was none.
    """

    round_id: int
    typed: Mapping[str, object]
    form: str = ""
    version: int | None = None


@dataclass(frozen=True, slots=True)
class Advice:
    """
    What is to be said of a form while it is typed.

    Parameters
    ----------
    found : mapping of str to bool
        Which aspects of `matcher.text.quality` a need speaks of enough; empty for an application. None of which it
        does has a sentence in ``to_add``.
    to_add : tuple of Message
        What should be added to a need that is vague; empty: it is clear.
    alike : tuple of str
        Titles of the firm's own needs that are nearly the same. Of others' nothing is told: who types would learn what
        they have handed in.
    bar : Message or None
        Why an expert may not be sent, as things stand.
    """

    found: Mapping[str, bool]
    to_add: tuple[Message, ...] = ()
    alike: tuple[str, ...] = ()
    bar: Message | None = None


@permitted
def save(store: Store, who: Principal, side: Side, own_id: str, filled: Filled, *, submits: bool = False) -> Form:
    """
    Save a party's own form, hand it in where that is asked for, and drop its draft: all of it, or nothing.

    What was not changed is not written: an accepted form stays so.

    Returns
    -------
    NeedForm or Application
        As it stands then. A new need's id is the firm's where that is free, else the firm's with the next number
        (``F1-2``) that no need, firm or placement of the batch and no account has.

    Raises
    ------
    InputError
        When a field can't be taken, there is no such form of this party, or a new need says what another one does.
    NotAllowed
        When the round or the form is in no state for it.
    ChangedMeanwhile
        When somebody else changed the form since it was read.
    """
    kind: type[Any] = NeedForm if side == "firm" else Application
    with store.writing(who.name) as work:
        round_ = work.get(Round, id=filled.round_id)
        found: Any = None
        if filled.version is not None:
            found = work.get(kind, version=filled.version, **_place(side, own_id, filled))
        ids = {"firm_id": own_id, "need_id": filled.form if found else _free_id(work, round_, own_id)}
        typed = {**filled.typed, **(ids if side == "firm" else {"expert_id": own_id})}
        record: Any = _read("firms" if side == "firm" else "experts", typed, found and found.record)
        if found is None and side == "firm":
            found = _written_just_now(work, who, round_, record)
            record = replace(record, need_id=found.own_id) if found else record
        form: Any = found
        if found is None or replace(record, row=None) != found.record:
            form = written(work, who, round_.id, record, filled.version)
        if submits and form.state in ("draft", "returned"):
            form = moved_on(work, [form], "submit_form")[0]
        dropped(work, who, round_.id, filled.form)
        return form


def _written_just_now(work: Writer, who: Principal, round_: Round, need: Need) -> NeedForm | None:
    """
    Find the need that one has just written with the very same words: a second press is no second need.

    Raises
    ------
    InputError
        When the firm has had such a need for longer.
    """
    for other in work.listed(NeedForm, round_id=round_.id, firm_id=need.firm_id):
        if replace(other.record, need_id=need.need_id, row=None) == replace(need, row=None):
            if other.changed_by == who.name and is_just_now(other.changed_at, work.at):
                return other
            raise InputError([Problem(Message("filling.same_need", {"title": need.need_title}))])
    return None


@permitted
def withdraw_form(
    store: Store, who: Principal, side: Side, own_id: str, *, round_id: int, form_id: str, version: int
) -> Form:
    """
    Take away a form of one's own that was begun by mistake, with its wishes and with all drafts of it.

    Returns
    -------
    NeedForm or Application
        As it was. Its id is given to no other need.

    Raises
    ------
    NotAllowed
        When the round is not collecting, the office has the form, or a pair of it is in force.
    ChangedMeanwhile
        When it is another by now, or gone.
    """
    kind: type[Any] = NeedForm if side == "firm" else Application
    with store.writing(who.name) as work:
        round_ = work.get(Round, id=round_id)
        confirm_allowed(round_.state, "withdraw_form")
        form = work.get(kind, version=version, **_place(side, own_id, Filled(round_id, {}, form_id)))
        if form.state not in WITHDRAWABLE:
            raise NotAllowed([Message("forms.not_withdrawn", {"state": Message(f"value.form.{form.state}")})])
        confirm_not_in_force(work, round_, form)
        for draft in work.listed(Draft, round_id=round_id):
            if draft.form == form.own_id or draft.form.startswith(beside("veto", form.own_id, "")):
                work.delete(draft, None)
        for wishes in work.listed(Preferences, round_id=round_id, side=side, own_id=form.own_id):
            work.delete(wishes, "withdraw_form")
        work.delete(form, "withdraw_form")
        return form


@permitted
def known_before(store: Store, who: Principal, side: Side, own_id: str, *, round_id: int) -> dict[str, object]:
    """
    Give what a new form begins with, by field: what a party last said of itself, in this round or an earlier one.

    Returns
    -------
    dict of str to object
        Of a firm `OF_FIRM`; of an expert all but the institution's word. Empty where nothing is known.
    """
    with store.reading() as view:
        found: list[Any] = [form for form, round_ in forms_of(view, side, own_id) if round_.id <= round_id]
    if not found:
        return {}
    newest = max(found, key=lambda form: (form.round_id, form.changed_at, form.own_id))
    names = OF_FIRM if side == "firm" else set(Expert.__dataclass_fields__) - set(_NOT_CARRIED)
    return {name: getattr(newest.record, name) for name in names}


@permitted
def advise(
    store: Store, who: Principal, side: Side, own_id: str, *, round_id: int, form: str, typed: Mapping[str, Any]
) -> Advice:
    """
    Say what is missing in a form as it stands in its fields, and which of one's own resemble it.

    Parameters
    ----------
    store : Store
    who : Principal
    side, own_id : str
        Which firm, or which expert.
    round_id : int
    form : str
        Id of the need or of the expert; empty where it is new.
    typed : mapping of str to object
        By field, finished or not.
    """
    with store.reading() as view:
        if side == "expert":
            return _of_application(view, round_id, own_id, typed)
        title, detail = (str(typed.get(name) or "").strip() for name in ("need_title", "need_detail"))
        quality = assess(title, detail)
        to_add = advice_to_writer(quality, _settings(view, round_id).check.vague_below)
        alike = view.once(_alike, round_id, (own_id, form), (title, detail)) if title else ()
    return Advice({aspect: aspect not in quality.lacks for aspect in WEIGHTS}, to_add, alike)


def _read(table_name: str, typed: Mapping[str, object], base: Any) -> Any:
    """Read a form as a row of a file is read: with every field that a file must have filled in."""
    columns = table(table_name).columns.values()
    blank = [c for c in columns if c.required and c.name in typed and not str(typed[c.name] or "").strip()]
    if blank:
        raise InputError([Problem(Message("input.cell.required"), column=column.code) for column in blank])
    return read_record(table_name, typed, base)


def _alike(view: Reader, round_id: int, own: tuple[str, str], text: tuple[str, str]) -> tuple[str, ...]:
    """Find the firm's own needs that are nearly the same as a text, by their titles."""
    (firm_id, form), (title, detail) = own, text
    records = [row.record for row in view.listed(NeedForm, round_id=round_id, firm_id=firm_id) if row.own_id != form]
    if not records:
        return ()
    typed = replace(records[0], need_title=title[:5000], need_detail=detail[:5000])
    pairs = duplicate_needs([typed, *records], _settings(view, round_id).check.duplicate_above)
    return tuple(records[pair.second - 1].need_title for pair in pairs if pair.first == 0)


def _of_application(view: Reader, round_id: int, own_id: str, typed: Mapping[str, Any]) -> Advice:
    found: Any = view.find(Application, round_id=round_id, expert_id=own_id)
    try:
        record: Any = read_record("experts", {**typed, "expert_id": own_id}, found and found.record)
    except InputError:  # it is not finished: the fields say so themselves
        return Advice({})
    bar = eligibility(record, _settings(view, round_id).eligibility)
    return Advice({}, bar=None if bar == Bar.NONE else Message(bar.code))


def _place(side: Side, own_id: str, filled: Filled) -> dict[str, object]:
    """Say where a party's own form stands; another's does not stand there."""
    if side == "firm":
        return {"round_id": filled.round_id, "need_id": filled.form, "firm_id": own_id}
    return {"round_id": filled.round_id, "expert_id": own_id}


def _free_id(view: Reader, round_: Round, firm_id: str) -> str:
    """Find an id for a further need of a firm: one that no need had before, which wishes may still name."""
    rounds = tuple(row.id for row in view.listed(Round, batch_id=round_.batch_id))
    needs: list[Need] = [form.record for form in view.listed(NeedForm, round_id=rounds)]
    taken = {need.need_id for need in needs} | {
        row.need_id for row in view.listed(PlacedPair, batch_id=round_.batch_id)
    }

    def is_free(name: str) -> bool:
        about = tuple(f"{NeedForm.TABLE.name}/{id_}/{name}" for id_ in rounds)
        return name not in taken and not view.listed(Event, about=about)

    if is_free(firm_id) and all(need.firm_id != firm_id for need in needs):
        return firm_id
    # A need is never called as another firm is, even one that has no need yet.
    taken |= {need.firm_id for need in needs} | {str(row.party) for row in view.listed(Account, role="firm")}
    return next(name for n in count(2) if is_free(name := f"{firm_id}-{n}"))


def _settings(view: Reader, round_id: int) -> Settings:
    return Settings.model_validate(view.get(Round, id=round_id).settings)
