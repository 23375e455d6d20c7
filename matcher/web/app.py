"""The doors put together: what `streamlit.App` is given besides its page."""

import asyncio
import base64
import gc
import hashlib
import re
import sys
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

import streamlit as st
from anyio import to_thread
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from streamlit import config

from matcher.domain.errors import MatcherError, SettingsError
from matcher.domain.messages import Message
from matcher.language import LANGUAGES, sentence
from matcher.services.opening import open_for_service
from matcher.services.server import is_near, server_settings
from matcher.services.supervising import Supervisor
from matcher.web.faults import http_error, matcher_error, our_fault
from matcher.web.guard import Guard
from matcher.web.headers import SecurityHeaders
from matcher.web.health import health
from matcher.web.house import House
from matcher.web.logs import AccessLog, codes_of, described, log, write_json_lines
from matcher.web.shell import Shell
from matcher.web.turns import take_turns

OPTIONS: dict[str, Any] = {
    "browser.gatherUsageStats": False,
    "client.disableDataExport": True,
    "client.showErrorDetails": "none",
    "client.showErrorLinks": False,
    "client.toolbarMode": "minimal",
    "logger.hideWelcomeMessage": True,
    "runner.fastReruns": False,
    "runner.magicEnabled": False,
    "runner.postScriptGC": False,
    "server.enableAgentApi": False,
    "server.enableCORS": True,
    "server.enableStaticServing": False,
    "server.enableXsrfProtection": True,
    "server.headless": True,
    "server.maxUploadSize": 20,
    "server.scriptHealthCheckEnabled": False,
    "server.trustedUserHeaders": {},
}
"""Set whatever the configuration says: what it could open, stays shut."""

TEND_S = 0.5
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT"})
_HEAVY = ("pandas", "sklearn.feature_extraction.text", "matcher.pages.placements")


def doors(script: str, house: House | None = None, *, is_bound: bool = False) -> dict[str, Any]:
    """
    Give what `streamlit.App` takes: routes, middleware, lifespan, and what to do with errors.

    Parameters
    ----------
    script : str
        Path of the door's script; what stands beside it says how Streamlit looks.
    house : House or None
        None: that of the service, when all is there that it needs. Else the process ends with code 2 and the reasons.
    is_bound : bool
        Whether somebody else has bound the port already, as ``streamlit run`` does.
    """
    if config._main_script_path is None:
        config._main_script_path = str(script)  # `streamlit run` says it the same way
        config.get_config_options(force_reparse=True)
    if house is None:
        try:
            house = open_house(is_bound=is_bound)
        except MatcherError as fault:
            sys.stderr.write("\n".join(sentence(message) for message in fault.messages) + "\n")
            sys.exit(2)
    # What is heavy comes after that: whoever is refused is told at once.
    from matcher.web import account, exports, identity, invitations

    for name, value in OPTIONS.items():
        config.set_option(name, value)
    take_turns()
    write_json_lines()
    return {
        "routes": [
            *_and_no_other_method(
                *account.routes(house),
                *identity.routes(house),
                *invitations.routes(house),
                *exports.routes(house),
                Route("/healthz", partial(health, house)),
            ),
            *(Route(f"/{room}/{{rest:path}}", _missing, methods=_METHODS) for room in ("account", "export")),
        ],
        # The outermost first: whatever is inside, its answers have the headers, and are written down.
        "middleware": [
            Middleware(SecurityHeaders, _inline_script(), is_secure=house.settings.is_secure),
            Middleware(AccessLog, partial(our_fault, house)),
            Middleware(Guard, house),
            Middleware(Shell),
        ],
        "lifespan": _lifespan(house),
        "exception_handlers": {HTTPException: partial(http_error, house), MatcherError: partial(matcher_error, house)},
        "on_script_error": _script_error,
        "secrets": identity.secrets_for(house.store, house.settings),
    }


def open_house(*, is_bound: bool) -> House:
    """
    Open the service for everybody who has an account; where the port is bound, nobody may reach it unasked.

    Raises
    ------
    MatcherError
        With everything that is missing, or set wrongly.
    """
    settings = server_settings()
    address = config.get_option("server.address")
    if is_bound and settings.base_url is None and not is_near(address or "0.0.0.0"):  # noqa: S104 - what is refused
        raise SettingsError([Message("server.base_url_missing")])
    return House(open_for_service(), settings)


def _lifespan(house: House) -> Callable[[object], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(_app: object) -> AsyncGenerator[None]:
        """Import what is heavy, take it out of the collections that follow every rerun, and look after runs."""
        from matcher.text import JiebaTokenizer

        for heavy in _HEAVY:
            import_module(heavy)
        JiebaTokenizer()("")  # reads its dictionary of half a million words
        gc.collect()
        gc.freeze()
        supervisor, ended = Supervisor(house.store), asyncio.Event()
        tending = asyncio.create_task(_tend(supervisor, ended))
        log.info("open", extra={"fields": {"demo": house.is_demo}})
        try:
            yield
        finally:
            ended.set()
            await tending
            await to_thread.run_sync(supervisor.close)
            log.info("closed")

    return lifespan


async def _tend(supervisor: Supervisor, ended: asyncio.Event) -> None:
    """Look after runs until the service ends; what goes wrong with one look may go well with the next."""
    while not ended.is_set():
        try:
            await to_thread.run_sync(supervisor.tend)
        except MatcherError as fault:
            log.warning("tend", extra={"fields": {"codes": codes_of(fault)}})
        except Exception as fault:  # noqa: BLE001 - the next run is not to wait for whoever finds out
            log.error("tend", extra={"fields": described(fault)})
        try:
            await asyncio.wait_for(ended.wait(), TEND_S)
        except TimeoutError:
            continue


def _and_no_other_method(*routes: Route) -> Iterator[Route]:
    """Follow each route by one that refuses other methods: else Streamlit's last one would, and name its own."""
    for route in routes:
        yield route
        taken = route.methods or set()
        yield Route(route.path, partial(_other_method, ", ".join(sorted(taken))), methods=_METHODS - taken)


async def _other_method(allowed: str, _request: Request) -> Response:
    raise HTTPException(405, headers={"Allow": allowed})


async def _missing(_request: Request) -> Response:
    """Say that there is no such page: Streamlit would answer with its own, whatever it is asked for."""
    raise HTTPException(404)


def _script_error(fault: Exception) -> bool:
    """Say on the page that something went wrong, and in the log what: a page shows nobody a traceback."""
    log.error("page", extra={"fields": described(fault)})
    asked = st.query_params.get("lang")
    st.error(sentence(Message("page.fault"), asked if asked in LANGUAGES else None), icon=":material/error:")
    return True


def _inline_script() -> str:
    """Digest the line of script that Streamlit's page holds, as a policy names it: SHA-256 in base64 (CSP 3)."""
    text = (Path(st.__file__).parent / "static" / "index.html").read_text(encoding="utf-8")
    (found,) = re.findall(r"<script>(.*?)</script>", text, flags=re.DOTALL)
    return base64.b64encode(hashlib.sha256(found.encode()).digest()).decode()
