"""What parties agree to apart from the rest, and on what ground the office goes where nobody was asked."""

from collections.abc import Iterable, Sequence

from matcher.domain.errors import InputError, NotAllowed
from matcher.domain.messages import Message, Problem
from matcher.domain.moments import china_day
from matcher.domain.roles import CONSENTS, PARTIES, Consent, Principal
from matcher.domain.settings import Side
from matcher.services.permissions import permitted
from matcher.store import Reader, Store, Writer
from matcher.store.entities import Account, Application, GivenConsent, Mark, NeedForm


@permitted
def state_consent(
    store: Store, who: Principal, side: Side, own_id: str, kind: Consent, *, given: bool, basis: str = ""
) -> GivenConsent:
    """
    Say whether a party agrees to something, in the place of what was said before.

    Parameters
    ----------
    store : Store
    who : Principal
        The party itself, or the office that has it in writing.
    side, own_id : str
        Which firm, or which expert.
    kind : {"notice", "contact", "detail"}
    given : bool
    basis : str
        How the office knows; a party's own word needs none.

    Raises
    ------
    InputError
        When the office does not say how it knows, or nothing is held of the party; when that side is not asked for it.
    NotAllowed
        When the office would put a yes in the place of a no that the party said itself.
    """
    if who.role not in PARTIES and not basis.strip():
        raise InputError([Problem(Message("consents.basis_missing"))])
    if kind not in CONSENTS[side]:
        kinds = tuple(Message(f"value.consent_kind.{other}") for other in CONSENTS[side])
        values = {"kind": Message(f"value.consent_kind.{kind}"), "side": Message(f"value.side.{side}"), "kinds": kinds}
        raise InputError([Problem(Message("consents.not_of_side", values))])
    with store.writing(who.name) as work:
        return _stated(work, who, (side, own_id, kind), given=given, basis=basis)


@permitted
def agree_for(store: Store, who: Principal, kind: Consent, expert_ids: Sequence[str], basis: str) -> list[GivenConsent]:
    """
    Record that several experts agree to something, as one paper of theirs says; of all of them, or of none.

    Raises
    ------
    InputError
        When nobody is named, the office does not say how it knows, or nothing is held of one of them.
    NotAllowed
        When one of them has said no.
    """
    missing = [code for code, value in (("nobody", expert_ids), ("basis_missing", basis.strip())) if not value]
    if missing:
        raise InputError([Problem(Message(f"consents.{code}")) for code in missing])
    with store.writing(who.name) as work:
        return [_stated(work, who, ("expert", one, kind), given=True, basis=basis) for one in expert_ids]


@permitted
def consents_of(store: Store, who: Principal, side: Side, own_id: str) -> list[GivenConsent]:
    """List what a party has said of each kind."""
    with store.reading() as view:
        return view.listed(GivenConsent, side=side, party=own_id)


@permitted
def record_basis(store: Store, who: Principal, kind: Consent, basis: str) -> None:
    """
    Record the ground on which the office goes for everybody who has not said no, such as a regulation.

    Raises
    ------
    InputError
        When there is none.
    """
    if not basis.strip():
        raise InputError([Problem(Message("consents.basis_missing"))])
    with store.writing(who.name) as work:
        found = work.find(Mark, name=_mark(kind))
        if found is None:
            work.insert(Mark, "record_basis", name=_mark(kind), value=basis.strip())
        else:
            work.change(found, "record_basis", value=basis.strip())


@permitted
def basis_of(store: Store, who: Principal, kind: Consent) -> str | None:
    """Give the ground that the office has recorded; None where it goes by each one's word."""
    with store.reading() as view:
        found = view.find(Mark, name=_mark(kind))
        return None if found is None else found.value


def agreeing(view: Reader, kind: Consent, side: Side, parties: Iterable[str]) -> set[str]:
    """Find the parties for whom something may be done: they said yes, or said nothing and the office has a ground."""
    said = {row.party: row.given for row in view.listed(GivenConsent, side=side, kind=kind)}
    by_default = view.find(Mark, name=_mark(kind)) is not None
    return {party for party in parties if said.get(party, by_default)}


def _stated(work: Writer, who: Principal, of: tuple[Side, str, Consent], *, given: bool, basis: str) -> GivenConsent:
    """Write down what a party says, or what the office has of it in writing, in the place of what was said before."""
    side, own_id, kind = of
    if who.role not in PARTIES:
        _confirm_known(work, side, own_id)
    key = {"side": side, "party": own_id, "kind": kind}
    found = work.find(GivenConsent, **key)
    if who.role not in PARTIES and given and found is not None and not (found.given or found.basis):
        raise NotAllowed([Message("consents.own_no", {"id": own_id, "date": china_day(found.changed_at)})])
    if found is None:
        return work.insert(GivenConsent, "state_consent", **key, given=given, basis=basis.strip())
    return work.change(found, "state_consent", given=given, basis=basis.strip())


def nothing_held(own_id: str) -> InputError:
    """Say that an id is nobody's of whom anything is held."""
    return InputError([Problem(Message("privacy.nothing_held", {"value": own_id}))])


def _confirm_known(view: Reader, side: Side, own_id: str) -> None:
    """Raise `InputError` where an id has neither a form nor an account: a slip of the pen agrees to nothing."""
    kind = NeedForm if side == "firm" else Application
    if not (view.listed(kind, **{f"{side}_id": own_id}) or view.listed(Account, role=side, party=own_id)):
        raise nothing_held(own_id)


def _mark(kind: Consent) -> str:
    return f"basis.{kind}"
