"""
The door of the page server: builds the app and lets nobody in but this machine. What is shown is in `matcher.pages`.

Works with ``streamlit run app_streamlit.py``, ``python app_streamlit.py`` and ``AppTest.from_file``. ``MATCHER_OUT``
names the folder of the result, by default ``out``.
"""

import gc
import ipaddress
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from importlib import import_module

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

OPTIONS = {
    "browser.gatherUsageStats": False,
    "client.disableDataExport": True,
    "client.showErrorDetails": "none",
    "client.showErrorLinks": False,
    "client.toolbarMode": "minimal",
    "runner.magicEnabled": False,
    "server.enableAgentApi": False,
    "server.enableStaticServing": False,
    "server.headless": True,
    "server.maxUploadSize": 20,
}
"""Set whatever the configuration says: there is no login, so nothing may be reached but the page."""

NAMES = ("127.0.0.1", "localhost", "::1")
"""What this machine calls itself; under another name a foreign site may be asking through somebody's browser."""

if get_script_run_ctx(suppress_warning=True) is not None:
    from matcher.pages.frame import show

    show()
else:
    from starlette.middleware import Middleware
    from starlette.responses import PlainTextResponse
    from starlette.types import ASGIApp, Receive, Scope, Send
    from streamlit import config

    class LoopbackOnly:
        """Refuse whoever comes from another machine, or asks for one by another name."""

        def __init__(self, app: ASGIApp) -> None:
            self.app = app

        async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
            """Let a request of this machine through; close or refuse any other."""
            if scope["type"] not in ("http", "websocket") or (_is_near(scope) and _asks_by_name(scope)):
                await self.app(scope, receive, send)
            elif scope["type"] == "websocket":
                await send({"type": "websocket.close", "code": 1008})
            else:
                await PlainTextResponse("This page answers on this machine only.\n", 403)(scope, receive, send)

    def _is_near(scope: Scope) -> bool:
        client = scope.get("client")
        return client is not None and ipaddress.ip_address(client[0].partition("%")[0]).is_loopback

    def _asks_by_name(scope: Scope) -> bool:
        host = next((value.decode("latin-1") for name, value in scope["headers"] if name == b"host"), "")
        name = host[1:].partition("]")[0] if host.startswith("[") else host.partition(":")[0]
        return name in NAMES

    @asynccontextmanager
    async def _warm(_app: object) -> AsyncGenerator[None]:
        """Import what is heavy, and take it out of the collections that follow every run of the page."""
        for heavy in ("pandas", "sklearn.feature_extraction.text", "matcher.pages.placements"):
            import_module(heavy)
        gc.collect()
        gc.freeze()
        yield

    # Under `streamlit run` the port is bound already, and nothing has been answered yet.
    if __name__ != "__main__" and config.get_option("server.address") not in NAMES:
        sys.exit("The page has no login and answers on this machine only: server.address must be 127.0.0.1")
    for name, value in OPTIONS.items():
        config.set_option(name, value)
    app = st.App(__file__, lifespan=_warm, middleware=[Middleware(LoopbackOnly)])
    if __name__ == "__main__":
        app.run(config={"server.address": "127.0.0.1", "server.fileWatcherType": "none", **OPTIONS})
