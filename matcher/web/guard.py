"""The guard: nobody gets anywhere without a login, but to the few places that are named here."""

import asyncio
from urllib.parse import quote, urlencode

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit.path_security import is_unsafe_path_pattern

from matcher.domain.errors import StorageError
from matcher.web.house import House
from matcher.web.logs import codes_of, log
from matcher.web.owners import Owners, session_told
from matcher.web.plain import error_answer

OPEN = frozenset(
    {
        *(f"/account/{page}" for page in ("login", "logout", "invite", "reset", "privacy")),
        *(f"/account/static/{name}" for name in ("style.css", "icon.png")),
        "/healthz",
    }
)
"""Paths for everybody; no other, and nothing below them."""

OPEN_FOR_IDENTITY = frozenset({"/auth/login", "/oauth2callback", "/account/identity"})
"""Paths by which a provider of identities leads somebody in; open where there is one."""

UNATTENDED = frozenset({"/account/alive", "/_stcore/health", "/_stcore/host-config"})
"""Paths that open pages ask for by themselves: it keeps no session live."""

NOBODYS = ("/_stcore/metrics", "/_stcore/agent/")
"""How paths begin that no page of ours asks for: figures of the whole process, and Streamlit's door for programs."""

SAFE = frozenset({"GET", "HEAD"})
"""Methods that change nothing (RFC 9110, section 9.2.1)."""

LOOK_S = 10.0
"""How often it is looked whether the session of a quiet websocket is still live."""

POLICY_VIOLATION = 1008


class Guard:
    """
    Let a request through only with a live login, or to an open place; whatever is new is closed until it is named.

    A page leads to the login, a websocket is closed before it is accepted, anything else gets 401. Who has not taken
    note of the statement on privacy is led there first. What may change something comes from a page of ours, or is
    refused. When a session ends, its websockets do. What a session of Streamlit holds is for the account alone that it
    was begun by.

    Parameters
    ----------
    app : ASGI application
    house : House
    """

    def __init__(self, app: ASGIApp, house: House) -> None:
        self.app, self.house = app, house
        self._owners = Owners()
        self._open = OPEN | (OPEN_FOR_IDENTITY if house.settings.identity else frozenset())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Look at a request, and let it through or not."""
        if scope["type"] == "websocket":
            await self._websocket(scope, receive, send)
        elif scope["type"] == "http":
            try:
                answer = await self._refusal(scope)
            except StorageError as fault:
                log.warning("refused", extra={"fields": {"codes": codes_of(fault)}})
                answer = self._error(scope, 503)
            await (answer or self.app)(scope, receive, send)
        elif scope["type"] == "lifespan":
            await self.app(scope, receive, send)

    async def _refusal(self, scope: Scope) -> ASGIApp | None:
        """Give the answer to whoever may not go on; None where one may."""
        if not (self.house.may_come_near(scope) and self.house.is_named_right(scope)):
            return self._error(scope, 421)
        if scope["method"] not in SAFE and not self.house.is_ours(scope):
            return self._error(scope, 403, "foreign")
        path = scope["path"]
        token = self.house.token_of(scope)
        signed_in = await self.house.signed_in(token, touch=path not in UNATTENDED)
        scope["matcher.token"], scope["matcher.signed_in"] = token, signed_in
        if path in self._open:
            return None
        if signed_in is None:
            return self._sent_to(scope, "/account/login", 401)
        if not signed_in.has_accepted and not path.startswith("/account/"):
            return self._sent_to(scope, "/account/privacy", 403)
        is_foreign = not self._owners.may_upload(scope, signed_in.principal.account_id)
        # Streamlit refuses such a path too, without a word.
        is_unsafe = path.startswith(("//", "\\\\")) or is_unsafe_path_pattern(path.lstrip("/"))
        status = 404 if path.startswith(NOBODYS) else 400 if is_unsafe else 403 if is_foreign else None
        return self._error(scope, status) if status else None

    def _sent_to(self, scope: Scope, place: str, status: int) -> ASGIApp:
        """Lead a page to another, and come back afterwards; tell anything else by a status."""
        if not _is_page(scope):
            return error_answer(self.house, Request(scope), status, "" if status == 401 else "statement")
        if self.house.settings.identity and status == 401 and "_streamlit_user=" in _cookies(scope):
            place = "/account/identity"  # they come from the provider: let them in
        query = scope["query_string"].decode("latin-1")
        here = quote(scope["path"]) + (f"?{query}" if query else "")
        asked = {"next": here} if here != "/" else {}
        lang = {"lang": "en"} if "lang=en" in query.split("&") else {}
        given = urlencode({**asked, **lang})
        return RedirectResponse(place + (f"?{given}" if given else ""), 303)

    def _error(self, scope: Scope, status: int, why: str = "") -> ASGIApp:
        return error_answer(self.house, Request(scope), status, why)

    async def _websocket(self, scope: Scope, receive: Receive, send: Send) -> None:
        token = self.house.token_of(scope)
        is_ours = self.house.may_come_near(scope) and self.house.is_named_right(scope) and self.house.is_ours(scope)
        signed_in = await self.house.signed_in(token) if is_ours else None
        if signed_in is None or not signed_in.has_accepted:
            await send({"type": "websocket.close", "code": POLICY_VIOLATION})
            return
        account = signed_in.principal.account_id

        async def noting(message: Message) -> None:
            nonlocal session
            if session is None and (session := session_told(message)) is not None:
                self._owners.note(session, account)
            await send(message)

        session: str | None = None
        with self.house.sockets.entered(token) as ended:
            held = _Held(self.house, token, ended, receive, noting)
            try:
                await self.app(self._owners.anew(scope, account), held.receive, held.send)
            finally:
                held.let_go()


class _Held:
    """A websocket that is open as long as its session is live, and the application behind it none the wiser."""

    def __init__(self, house: House, token: str, ended: asyncio.Event, receive: Receive, send: Send) -> None:
        self.house, self.token = house, token
        self._receive, self._send = receive, send
        self._end = asyncio.ensure_future(ended.wait())
        self._next: asyncio.Future[Message] | None = None
        self._is_closed = False

    async def receive(self) -> Message:
        """Give what comes next: a message, while the session is live; else the end."""
        while not self._is_closed:
            if self._next is None:
                self._next = asyncio.ensure_future(self._receive())
            await asyncio.wait({self._next, self._end}, timeout=LOOK_S, return_when=asyncio.FIRST_COMPLETED)
            if self._end.done():
                break
            came = self._next.done()
            message = self._next.result() if came else {"type": "nothing"}
            is_look = message["type"] in ("websocket.receive", "nothing")
            if is_look and await self.house.signed_in(self.token, touch=_is_somebodys(message)) is None:
                break
            if came:
                self._next = None
                return message
        if not self._is_closed:
            self._is_closed = True
            await self._send({"type": "websocket.close", "code": POLICY_VIOLATION})
        return {"type": "websocket.disconnect", "code": POLICY_VIOLATION}

    async def send(self, message: Message) -> None:
        """Send on, until it is closed."""
        if not self._is_closed:
            await self._send(message)

    def let_go(self) -> None:
        """Wait for nothing more."""
        for waiting in (self._end, self._next):
            if waiting is not None and not waiting.done():
                waiting.cancel()


def _is_somebodys(message: Message) -> bool:
    """Whether somebody did something: a page that stands open, or looks by itself (``run_every``), did nothing."""
    from google.protobuf.message import DecodeError
    from streamlit.proto.BackMsg_pb2 import BackMsg

    try:
        said = BackMsg.FromString(message.get("bytes") or b"")
    except DecodeError:
        return False
    return said.WhichOneof("type") not in (None, "app_heartbeat") and not said.rerun_script.is_auto_rerun


def _is_page(scope: Scope) -> bool:
    """Whether somebody looks at it: a browser that goes there, by what it says of itself or takes."""
    headers = Headers(scope=scope)
    mode = headers.get("sec-fetch-mode")
    if scope["method"] not in SAFE or mode not in (None, "navigate"):
        return False
    return mode == "navigate" or "text/html" in headers.get("accept", "")


def _cookies(scope: Scope) -> str:
    return Headers(scope=scope).get("cookie", "")
