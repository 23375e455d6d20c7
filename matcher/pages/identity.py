"""Who looks at a page: the one seam between the pages and the login."""

from functools import cache

import streamlit as st
from streamlit import config

from matcher.domain.roles import Principal
from matcher.services import signing_in
from matcher.services.server import ServerSettings, server_settings
from matcher.store import Store, database_url, open_store
from matcher.store.marks import is_demo


def current_principal() -> Principal | None:
    """
    Tell who looks, by the cookie that the connection began with; None where that session is over.

    To be shown is no use of a session, since pages look by themselves: what somebody does, the guard notes.
    """
    token = st.context.cookies.get(_cookie(database_url()))
    found = signing_in.signed_in(the_store(), token, touch=False) if token else None
    return found.principal if found else None


def the_store() -> Store:
    """Give the database of the service, opened once."""
    return _opened(database_url())


def server() -> ServerSettings:
    """
    Give the settings of the server, as the doors have them: links to hand out begin with its address.

    Raises
    ------
    SettingsError
        With every fault of ``server.toml``.
    """
    return ServerSettings(port=config.get_option("server.port")) if is_demonstration() else server_settings()


def is_demonstration() -> bool:
    """Tell whether everything here is made up."""
    return _is_demo(database_url())


@cache
def _cookie(url: str) -> str:
    """Name the cookie, as the doors do: a demonstration goes by no settings."""
    return (ServerSettings() if _is_demo(url) else server_settings()).cookie


@cache
def _is_demo(url: str) -> bool:
    return is_demo(_opened(url))


@cache
def _opened(url: str) -> Store:
    return open_store(url, serves=True)
