"""The server itself: `matcher serve`, for the service or for a demonstration of it."""

import os
import secrets
import socket
from base64 import b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from matcher.domain.errors import SettingsError, StorageError
from matcher.domain.messages import Message
from matcher.services.opening import beside_the_package
from matcher.services.server import ServerSettings
from matcher.store import Store, open_store

if TYPE_CHECKING:
    from matcher.services.demo import Login
    from matcher.web.house import House

DOOR = "app_streamlit.py"


def prepare(settings: ServerSettings) -> "House":
    """
    Make sure that the service may begin.

    Raises
    ------
    MatcherError
        With everything that is missing.
    """
    from matcher.services.opening import open_for_service
    from matcher.web.house import House

    confirm_free(settings)
    return House(open_for_service(), settings)


def serve(house: "House") -> None:
    """Serve until somebody ends it."""
    run(_app(house), house.settings)


@dataclass(frozen=True, eq=False)
class Demonstration:
    """A demonstration that is ready to be served; its ``logins`` are told nowhere else."""

    settings: ServerSettings
    store: Store
    logins: "Sequence[Login]"


def prepare_demo(port: int, *, on_progress: Callable[[int, int, str], None] | None = None) -> Demonstration:
    """
    Make a demonstration, for this machine alone, of a database of its own.

    Parameters
    ----------
    port : int
    on_progress : callable or None
        As `matcher.services.demo.make_demo` calls it.

    Raises
    ------
    SettingsError
        When a database is configured: a demonstration is to touch no other than its own.
    """
    from matcher.services.demo import demo_url, make_demo

    if os.environ.get("MATCHER_DATABASE_URL"):
        raise SettingsError([Message("demo.configured")])
    settings = ServerSettings(port=port)
    confirm_free(settings)
    # For the pages, and for the children that execute runs; nothing of it outlives the process.
    os.environ["MATCHER_DATABASE_URL"] = demo_url()
    os.environ["MATCHER_SECRET"] = b64encode(secrets.token_bytes(32)).decode()
    made, logins = make_demo(beside_the_package("data"), on_progress=on_progress)
    made.close()
    return Demonstration(settings, open_store(serves=True), logins)


def serve_demo(demo: Demonstration) -> None:
    """Serve a demonstration until somebody ends it."""
    from matcher.web.house import House

    serve(House(demo.store, demo.settings, is_demo=True))


def run(app: Any, settings: ServerSettings | None = None) -> None:
    """
    Run an application on this process's own server.

    Parameters
    ----------
    app : ASGI application
    settings : ServerSettings or None
        None: as ``server.toml`` has them.
    """
    import uvicorn

    from matcher.services.server import server_settings

    chosen = settings or server_settings()
    # What headers say of the client is our own business, and the log ours (`matcher.web.house`, `matcher.web.logs`).
    uvicorn.run(
        app,
        host=chosen.address,
        port=chosen.port,
        access_log=False,
        log_config=None,
        proxy_headers=False,
        server_header=False,
        ws="websockets-sansio",
        ws_max_size=32 * 2**20,
        timeout_graceful_shutdown=5,
    )


def confirm_free(settings: ServerSettings) -> None:
    """
    Make sure that a port can be taken, before anything is made for it.

    Raises
    ------
    StorageError
        When somebody else has it.
    """
    family = socket.AF_INET6 if ":" in settings.address else socket.AF_INET
    with socket.socket(family) as probe:
        if os.name != "nt":
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.address, settings.port))
        except OSError as fault:
            values = {"address": settings.address, "port": settings.port, "reason": fault.strerror or ""}
            raise StorageError([Message("server.port_taken", values)]) from fault


def _app(house: "House") -> Any:
    """Build the application of the door's script."""
    import streamlit as st
    from streamlit import config

    from matcher.web.app import doors

    door = str(beside_the_package(DOOR))
    given = doors(door, house)
    config.set_option("server.fileWatcherType", "none")
    config.set_option("server.port", house.settings.port)  # for the pages of a demonstration, which has no settings
    return st.App(door, **given)
