"""What everything at the doors shares: the database, the settings, and who is connected."""

import asyncio
import hashlib
import ipaddress
from collections import defaultdict
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import ParamSpec, TypeVar
from urllib.parse import urlsplit

from anyio import CapacityLimiter, to_thread
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import Scope

from matcher.services import signing_in
from matcher.services.server import ServerSettings, is_near
from matcher.services.signing_in import SignedIn
from matcher.store import Store

P = ParamSpec("P")
R = TypeVar("R")

HASHES_AT_ONCE = 2
"""Each takes 64 MiB and a core for half a second: more at once, and whoever guesses stops everybody else's work."""

WAITING_AT_MOST = 20
"""For a hash; whoever comes then is sent away, and may come again."""


class Busy(Exception):
    """More people are at the door than it can look at."""


class Sockets:
    """Websockets that are open, by the session that they belong to."""

    def __init__(self) -> None:
        self._open: defaultdict[str, set[asyncio.Event]] = defaultdict(set)

    @contextmanager
    def entered(self, token: str) -> Generator[asyncio.Event]:
        """Keep an event by the session, to be set when that ends."""
        key, ended = _digest(token), asyncio.Event()
        self._open[key].add(ended)
        try:
            yield ended
        finally:
            self._open[key].discard(ended)
            if not self._open[key]:
                del self._open[key]

    def end(self, token: str) -> None:
        """Close every websocket of a session."""
        for ended in self._open.get(_digest(token), ()):
            ended.set()


@dataclass(frozen=True, eq=False)
class House:
    """
    The service as its doors see it.

    Parameters
    ----------
    store : Store
    settings : ServerSettings
    is_demo : bool
    """

    store: Store
    settings: ServerSettings
    is_demo: bool = False
    sockets: Sockets = field(default_factory=Sockets)
    _hashing: CapacityLimiter = field(default_factory=lambda: CapacityLimiter(HASHES_AT_ONCE), repr=False)

    @property
    def cookie(self) -> str:
        """Name the cookie that holds a session's token."""
        return self.settings.cookie

    def token_of(self, scope: Scope) -> str:
        """Give the token that a request brings; empty where it brings none."""
        return self.cookie_of(scope)

    def cookie_of(self, scope: Scope, ending: str = "") -> str:
        """Give what a cookie of ours holds, that of the session or one named after it; empty where there is none."""
        for part in Headers(scope=scope).get("cookie", "").split(";"):
            name, _, value = part.strip().partition("=")
            if name == self.cookie + ending:
                return value
        return ""

    def keep_in(self, answer: Response, value: str, ending: str = "", *, for_s: int | None = None) -> None:
        """Let a browser keep something in a cookie of ours, from scripts and other sites; None: until it is closed."""
        answer.set_cookie(
            *(self.cookie + ending, value), max_age=for_s, secure=self.settings.is_secure, httponly=True, samesite="lax"
        )

    def take_from(self, answer: Response, ending: str = "") -> None:
        """Take a cookie of ours away."""
        answer.delete_cookie(self.cookie + ending, secure=self.settings.is_secure, httponly=True, samesite="lax")

    async def signed_in(self, token: str, *, touch: bool = True) -> SignedIn | None:
        """Tell who has a session; without ``touch``, looking is no use of it."""
        if not token:
            return None
        return await to_thread.run_sync(lambda: signing_in.signed_in(self.store, token, touch=touch))

    async def hashing(self, call: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """
        Make a call that hashes a password, with few others at the same time.

        Raises
        ------
        Busy
            When too many wait already.
        """
        if self._hashing.statistics().tasks_waiting >= WAITING_AT_MOST:
            raise Busy
        return await to_thread.run_sync(lambda: call(*args, **kwargs), limiter=self._hashing)

    def address_of(self, scope: Scope) -> str:
        """
        Tell where a request comes from: the other end of the connection, or whom the proxy names that we know.

        Whoever else sends a header that names somebody is not believed. A port of 0 is what a server makes of such a
        header that it took for true; it counts as this machine, with everybody else who comes that way.
        """
        host, port = scope.get("client") or ("", 0)
        if port == 0:
            return "127.0.0.1"
        forwarded = Headers(scope=scope).get("x-forwarded-for", "")
        if forwarded and self._is_proxy(host):
            return forwarded.rpartition(",")[2].strip()[:64]
        return str(host)

    def is_named_right(self, scope: Scope) -> bool:
        """Whether a request asks for us by a name of ours: a foreign one may be a foreign site's, led to us."""
        host = Headers(scope=scope).get("host", "")
        try:
            name = urlsplit(f"//{host}").hostname
        except ValueError:
            return False
        return name in self.settings.names

    def may_come_near(self, scope: Scope) -> bool:
        """Whether a request comes from where it may: without a name for others, from this machine alone."""
        host, _ = scope.get("client") or ("", 0)
        return self.settings.base_url is not None or is_near(str(host))

    def is_ours(self, scope: Scope) -> bool:
        """
        Whether a request that may change something comes from a page of ours.

        Browsers say so: by ``Origin`` whenever they send a form or open a websocket, and by ``Sec-Fetch-Site``. What
        says nothing is refused, as no browser does that.
        """
        headers = Headers(scope=scope)
        site = headers.get("sec-fetch-site")
        if site is not None and site not in ("same-origin", "none"):
            return False
        return headers.get("origin", "").lower() in self._origins(headers.get("host", ""), scope)

    def _origins(self, host: str, scope: Scope) -> set[str]:
        """Give the origins of our pages: the one that people are told, and this machine's by the name asked for."""
        told = {self.settings.origin} if self.settings.base_url else set()
        try:
            name = urlsplit(f"//{host}").hostname or ""
        except ValueError:
            return told
        scheme = "https" if scope.get("scheme") in ("https", "wss") else "http"
        return told | ({f"{scheme}://{host}".lower()} if is_near(name) else set())

    def _is_proxy(self, host: str) -> bool:
        try:
            return self.settings.proxy is not None and ipaddress.ip_address(host) in ipaddress.ip_network(
                self.settings.proxy
            )
        except ValueError:
            return False


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
