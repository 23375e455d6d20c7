"""
Throttling: who fails too often waits, an account for its sake, an address for everybody's, a known device for itself.

A try counts as failed before it is made, and is taken back when it was right: of many at once no more are made than may
fail. Whoever is refused writes nothing, so a flood of tries holds up nobody who writes.
"""

import ipaddress
import math
from dataclasses import dataclass
from datetime import timedelta

from matcher.domain.errors import SignInRefused, Throttled
from matcher.domain.messages import Message
from matcher.domain.moments import as_written, moment
from matcher.domain.roles import MACHINE
from matcher.services.tokens import keyed_digest
from matcher.store import Reader, Store, Writer
from matcher.store.attempts import failures, forget_before, forget_of
from matcher.store.entities import Attempt

WINDOW = timedelta(minutes=15)
"""For how long a failure counts."""

OF_ACCOUNT, OF_ADDRESS = 5, 20
"""Failures within the window after which the next try is refused; an office shares one address."""


@dataclass(frozen=True, slots=True)
class Keys:
    """
    What tries are counted by.

    Parameters
    ----------
    account : str or None
        Keyed hash of the account that is tried, of the account and a device that it knows, or of a name that nobody
        has; None: of no account.
    address : str or None
        Keyed hash of where the try comes from; None: somebody who is logged in, or a known device.
    """

    account: str | None
    address: str | None

    @property
    def limits(self) -> dict[str, int]:
        """How many failures each key bears."""
        pairs = ((self.account, OF_ACCOUNT), (self.address, OF_ADDRESS))
        return {key: limit for key, limit in pairs if key is not None}


def keys_of(store: Store, tried: str | None, address: str | None) -> Keys:
    """Make the keys of a try; neither names nor addresses can be read out of them."""
    place = None if address is None else keyed_digest(store, "attempts", f"address/{_network(address)}")
    return Keys(None if tried is None else keyed_digest(store, "attempts", f"account/{tried}"), place)


def confirm_not_throttled(store: Store, view: Reader, keys: Keys) -> None:
    """
    Make sure that a try may be made.

    Raises
    ------
    Throttled
        With how long to wait.
    """
    now = store.clock()
    for key, limit in keys.limits.items():
        failed = failures(view, key, as_written(now - WINDOW))
        if len(failed) >= limit:
            wait_s = _seconds(moment(failed[-limit]) + WINDOW - now)
            raise Throttled([Message("accounts.throttled", {"minutes": -(-wait_s // 60)})], wait_s)


def count(store: Store, keys: Keys) -> tuple[Attempt, ...]:
    """
    Count a try as failed, and forget what counts no more.

    Raises
    ------
    Throttled
        When it may not be made; then nothing is counted.
    """
    with store.reading() as view:
        confirm_not_throttled(store, view, keys)
    with store.writing(MACHINE.name) as work:
        forget_before(work, as_written(store.clock() - WINDOW))
        confirm_not_throttled(store, work, keys)
        return tuple(work.insert(Attempt, None, at=work.at, key=key) for key in keys.limits)


def take_back(work: Writer, keys: Keys, counted: tuple[Attempt, ...]) -> None:
    """Take back a try that was right: the account's failures are forgotten, the address keeps all but this one."""
    if keys.account is not None:
        forget_of(work, keys.account)
    for attempt in counted:
        if attempt.key != keys.account:
            work.delete(attempt, None)


def use_once(store: Store, work: Writer, said: str) -> None:
    """
    Take what a provider of identities said, once; it is remembered for `WINDOW`, as failures are.

    Raises
    ------
    SignInRefused
        When it was taken before.
    """
    key = keyed_digest(store, "attempts", f"identity/{said}")
    if failures(work, key, ""):
        raise SignInRefused([Message("accounts.identity_used")])
    work.insert(Attempt, None, at=work.at, key=key)


def is_exhausted(store: Store, view: Reader, keys: Keys) -> bool:
    """Whether the next try at an account is refused."""
    since = as_written(store.clock() - WINDOW)
    return keys.account is not None and len(failures(view, keys.account, since)) >= OF_ACCOUNT


def _network(address: str) -> str:
    """Give the network of an address: whoever has one of IPv6 has 2**64."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv6Address):
        mapped = found.ipv4_mapped
        return str(mapped or ipaddress.ip_network((found, 64), strict=False))
    return str(found)


def _seconds(wait: timedelta) -> int:
    return max(1, math.ceil(wait.total_seconds()))
