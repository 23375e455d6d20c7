"""
Devices that are known: a browser in which an account has logged in before waits for its own failures alone.

Whoever knows a name could keep its owner out by failing under it. A device cookie [1]_ tells the owner's browsers from
strangers. It lets nobody in, and is worth five guesses a quarter of an hour; with another password it is worth nothing.

.. [1] OWASP. *Slow Down Online Guessing Attacks with Device Cookies*.
"""

import hmac

from matcher.services import sessions
from matcher.services.tokens import keyed_digest, new_token
from matcher.store import Store
from matcher.store.entities import Account


def device_of(store: Store, token: str) -> str:
    """Give what the browser is to keep in which somebody has just logged in; empty where nobody has."""
    with store.reading() as view:
        session = sessions.live_session(view, token, store.clock())
        account = view.find(Account, id=session.account_id) if session is not None else None
    nonce = new_token()
    return f"{nonce}.{_seal(store, account, nonce)}" if account is not None else ""


def known_device(store: Store, account: Account, given: str) -> str | None:
    """Name the device that a browser says it is, where that is one of the account's; None: a stranger's."""
    nonce, _, seal = given.partition(".")
    is_sealed = hmac.compare_digest(seal.encode("utf-8", "surrogatepass"), _seal(store, account, nonce).encode())
    return nonce if is_sealed else None


def _seal(store: Store, account: Account, nonce: str) -> str:
    """Seal a device for an account and its password: whoever has had the old one is a stranger."""
    return keyed_digest(store, "devices", f"{account.id}/{account.password}/{nonce}")
