"""What a page of the log asks besides its entries: who is in it, what was done, and whether it still holds."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from matcher.domain.roles import Principal
from matcher.services.closing import erased_name
from matcher.services.permissions import permitted
from matcher.store import Store, Verified, verify
from matcher.store.entities import Account
from matcher.store.log import actions_in_log, names_in_log
from matcher.store.verifying import chain_head

_NUMBER = re.compile(r"\w+:.*#(\d+)")
"""The handle of a party's account, as `matcher.store.entities.Account.handle` writes it."""


@dataclass(frozen=True, slots=True)
class InLog:
    """
    Who and what the log is about.

    Parameters
    ----------
    people : mapping of str to str
        Whoever acted, as the log has them, and how people call them: by the account's name and person. A handle of
        somebody who was erased, and who has no account, is all that there is.
    actions : tuple of str
        What was done.
    accounts : mapping of str to str
        The names of accounts, by their place as `matcher.store.entities.Event.about` has it.
    """

    people: dict[str, str]
    actions: tuple[str, ...]
    accounts: dict[str, str]


@permitted
def in_log(store: Store, who: Principal) -> InLog:
    """Tell whom and what the log can be asked for."""
    with store.reading() as view:
        names, actions = names_in_log(view), actions_in_log(view)
        accounts = view.listed(Account)
    by_number = {account.id: account for account in accounts}
    by_name = {account.handle: account for account in accounts}
    named = {f"{Account.TABLE.name}/{account.id}": account.name for account in accounts}
    return InLog({name: _called(name, by_number, by_name) for name in names}, tuple(actions), named)


@permitted
def head(store: Store, who: Principal) -> str:
    """Give the head of the chain: the code of the last entry, to be noted elsewhere; empty where there is no chain."""
    return chain_head(store)


@permitted
def verified(
    store: Store,
    who: Principal,
    *,
    known: str | None = None,
    on_progress: Callable[[int, int, str], None] | None = None,
) -> Verified:
    """
    Recompute what the database can prove of itself, as `matcher.store.verify` does.

    Parameters
    ----------
    store : Store
    who : Principal
    known : str or None
        A head that is known from elsewhere; None: none.
    on_progress : callable or None
        Told how many entries are done, of how many, and the stage.

    Raises
    ------
    InputError
        When ``known`` is no head.
    StorageError
        When there is no secret, or the database can't be read.
    """
    return verify(store, known, on_progress=on_progress)


def _called(name: str, by_number: dict[int, Account], by_name: dict[str, Account]) -> str:
    """Call somebody as people do, by the number in a handle: a party may have logged in by another name since."""
    found = _NUMBER.fullmatch(name)
    account = by_number.get(int(found[1])) if found else by_name.get(name)
    if account is None or account.name == erased_name(account):
        return name
    return " · ".join(filter(None, (account.name, account.person)))
