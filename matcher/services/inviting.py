"""Invitations of a round's parties as one paper: who takes it hands out what nobody can show again."""

from typing import Literal

from matcher.domain.errors import InputError, Unseen
from matcher.domain.messages import Message, Problem
from matcher.domain.roles import Principal
from matcher.services import papers
from matcher.services.accounts import INVITE_DAYS, invite_parties
from matcher.services.issuing import stationery_of
from matcher.services.papers import Paper, digest_of
from matcher.services.permissions import permitted
from matcher.store import Store


@permitted
def sheet_warnings(store: Store, who: Principal) -> tuple[tuple[Message, ...], str]:
    """
    Tell what is to be looked at before sheets are handed out, and the digest by which one says that it was read.

    Raises
    ------
    InputError, SettingsError
        When the template, or ``bureau.toml``, is not in order.
    """
    found = tuple(stationery_of(store).warnings("invitation"))
    return found, digest_of(found)


@permitted
def invitation_sheets(
    store: Store,
    who: Principal,
    round_id: int,
    *,
    address: str,
    days: int = INVITE_DAYS,
    again: bool = False,
    to: Literal["docx", "xlsx"] = "docx",
    seen: str = "",
) -> Paper:
    """
    Invite the parties of a round that have no way in, and write their invitations to hand out.

    What is wrong with the wording is said before anybody is invited. Should a sheet be lost, those who were invited are
    invited ``again``; the lost ones open nothing then.

    Parameters
    ----------
    store : Store
    who : Principal
    round_id : int
    address : str
        Of the service, as people open it.
    days : int
        How long the invitations hold.
    again : bool
        Also those whose invitation still holds.
    to : {"docx", "xlsx"}
    seen : str
        Digest of the warnings that were read, as `sheet_warnings` gives it.

    Raises
    ------
    Unseen
        When there are other warnings; nobody was invited.
    InputError
        When nobody is to be invited, the days are not 1 to `matcher.services.accounts.MOST_DAYS`, or the template or
        ``bureau.toml`` is not in order.
    """
    warnings, digest = sheet_warnings(store, who)
    if warnings and seen != digest:
        raise Unseen(warnings, digest)
    invited = invite_parties(store, who, round_id, days=days, again=again)
    if not invited:
        raise InputError([Problem(Message("accounts.nobody_to_invite"))])
    return papers.invitations(store, who, round_id, invited, address=address, to=to)
