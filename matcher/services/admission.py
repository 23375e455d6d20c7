"""Who can come in: how each account stands, and which parties of a round nobody has invited yet."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from matcher.domain.roles import PARTIES, Principal
from matcher.domain.settings import Side
from matcher.services.accounts import AccountStatus, accounts, can_log_in
from matcher.services.issuing import party_names
from matcher.services.permissions import permitted
from matcher.store import Store
from matcher.store.entities import Round

AccountState = Literal["active", "invited", "waiting", "disabled"]
ACCOUNT_STATES: tuple[AccountState, ...] = get_args(AccountState)
"""What an account is: it lets somebody in, it waits for whoever was invited, for an invitation, or it is disabled."""


@dataclass(frozen=True, slots=True)
class Uninvited:
    """
    A party of a round that has no way in, and no invitation that holds.

    Parameters
    ----------
    side : {"firm", "expert"}
    own_id : str
    name : str
        As its form has it.
    has_account : bool
        Whether an account waits for it already; else an invitation makes one.
    """

    side: Side
    own_id: str
    name: str
    has_account: bool


@dataclass(frozen=True, slots=True)
class Admission:
    """
    How far people have come in.

    Parameters
    ----------
    accounts : tuple of AccountStatus
        The oldest first.
    parties : mapping of side to mapping of str to str
        Names of the round's firms and experts by their ids, as its forms have them.
    uninvited : tuple of Uninvited
        Whom `matcher.services.accounts.invite_parties` would invite.
    """

    accounts: tuple[AccountStatus, ...]
    parties: Mapping[Side, Mapping[str, str]]
    uninvited: tuple[Uninvited, ...]


@permitted
def admission(store: Store, who: Principal, round_id: int | None) -> Admission:
    """Tell how every account stands, and which parties of a round wait to be invited: without a round, none."""
    found = accounts(store, who)
    if round_id is None:
        return Admission(tuple(found), {}, ())
    with store.reading() as view:
        view.get(Round, id=round_id)
        named = party_names(view, round_id)
    parties = {side: _of_side(named, side) for side in PARTIES}
    of_party: defaultdict[tuple[str, str | None], list[AccountStatus]] = defaultdict(list)
    for status in found:
        of_party[status.account.role, status.account.party].append(status)
    uninvited = (
        Uninvited(side, own_id, name, bool(of_party[side, own_id]))
        for side, names in parties.items()
        for own_id, name in names.items()
        if _is_out(of_party[side, own_id])
    )
    return Admission(tuple(found), parties, tuple(uninvited))


def state_of(status: AccountStatus) -> AccountState:
    """Say what an account is at the moment."""
    if status.account.disabled_at is not None:
        return "disabled"
    if can_log_in(status.account):
        return "active"
    return "invited" if status.invited_until else "waiting"


def _of_side(named: Mapping[tuple[str, str | None], str], side: Side) -> dict[str, str]:
    return dict(sorted((own_id, name) for (of, own_id), name in named.items() if of == side and own_id is not None))


def _is_out(found: list[AccountStatus]) -> bool:
    """Whether a party has no way in and none is open to it; who has nothing but disabled accounts is kept out."""
    states = {state_of(status) for status in found}
    return not states or ("waiting" in states and not states & {"active", "invited"})
