"""What the server is told about where it stands: ``server.toml`` in the folder of the service."""

import ipaddress
import tomllib
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from matcher.domain.errors import SettingsError
from matcher.domain.messages import Message, Problem
from matcher.store import home

FILE = "server.toml"

COOKIE = "matcher"
"""What holds the token of a session; by TLS with a prefix that binds it to this host (RFC 6265bis, section 4.1.3.2)."""

NEAR = ("127.0.0.1", "localhost", "::1")
"""What this machine calls itself."""


class Identity(BaseModel):
    """
    A provider of identities (OpenID Connect): it says who somebody is; what for, our accounts say.

    Attributes
    ----------
    name : str
        As the login page calls it.
    server_metadata_url : str
        Where its discovery document is (OpenID Connect Discovery 1.0, section 4).
    client_id, client_secret : str
        As it knows us.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    name: str = "OIDC"
    server_metadata_url: str
    client_id: str
    client_secret: str = Field(repr=False)


class ServerSettings(BaseModel):
    """
    Where the server stands, and who stands before it.

    Attributes
    ----------
    address : str
        What it listens on. Other than this machine's own only with a ``base_url``.
    port : int
    base_url : str or None
        Under which address people reach it: scheme, host and port. Links in invitations begin with it, and requests
        under any other name are refused. None: this machine alone.
    proxy : str or None
        Address, or network, of the one whose ``X-Forwarded-For`` is believed; None: nobody's.
    identity : Identity or None
        None: passwords alone.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    address: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8501
    base_url: str | None = None
    proxy: str | None = None
    identity: Identity | None = None

    @model_validator(mode="after")
    def _fits_together(self) -> "ServerSettings":
        if self.base_url is not None and not _is_origin(self.base_url):
            raise ValueError("base_url")
        if self.proxy is not None and not _is_network(self.proxy):
            raise ValueError("proxy")
        if self.base_url is None and (self.identity is not None or not is_near(self.address)):
            raise ValueError("base_url_missing")
        return self

    @property
    def is_secure(self) -> bool:
        """Whether browsers reach it by TLS."""
        return str(self.base_url).startswith("https:")

    @property
    def cookie(self) -> str:
        """Name the cookie of a session."""
        return f"__Host-{COOKIE}" if self.is_secure else COOKIE

    @property
    def names(self) -> frozenset[str]:
        """Host names that it answers to."""
        return frozenset({*NEAR, *([str(urlsplit(self.base_url).hostname)] if self.base_url else [])})

    @property
    def origin(self) -> str:
        """Give the scheme, host and port that links begin with."""
        host = f"[{self.address}]" if ":" in self.address else self.address
        return (self.base_url or f"http://{host}:{self.port}").rstrip("/").lower()


def server_settings() -> ServerSettings:
    """
    Read the settings of the server; what the file leaves out, and a file that is not there, has its defaults.

    Raises
    ------
    SettingsError
        With every fault of the file.
    """
    path = home() / FILE
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        return ServerSettings()
    except (OSError, ValueError) as fault:
        message = Message("server.unreadable", {"reason": str(fault)})
        raise SettingsError([Problem(message, path=str(path))]) from fault
    try:
        return ServerSettings.model_validate(content)
    except ValidationError as error:
        # Without the value: one of them is a secret.
        raise SettingsError([Problem(_fault(fault), path=str(path)) for fault in error.errors()]) from None


def invitation_link(settings: ServerSettings, token: str, *, purpose: str = "invite") -> str:
    """
    Give the address at which an invitation is taken.

    Parameters
    ----------
    settings : ServerSettings
    token : str
    purpose : {"invite", "reset"}

    Examples
    --------
    >>> invitation_link(ServerSettings(base_url="https://match.example"), "t0ken")
    'https://match.example/account/invite?token=t0ken'
    """
    return f"{settings.origin}/account/{purpose}?token={token}"


def is_near(address: str) -> bool:
    """Tell whether an address, or a name, is this machine's own."""
    if address in NEAR:
        return True
    try:
        return ipaddress.ip_address(address.partition("%")[0]).is_loopback
    except ValueError:
        return False


def _fault(fault: Any) -> Message:
    name = ".".join(str(part) for part in fault["loc"])
    match fault["type"]:
        case "value_error":
            return Message(f"server.{fault['ctx']['error']}")
        case "extra_forbidden":
            return Message("server.unknown", {"name": name, "allowed": tuple(ServerSettings.model_fields)})
        case "missing":
            return Message("server.missing", {"name": name})
    return Message("server.wrong_value", {"name": name})


def _is_origin(url: str) -> bool:
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname or "", parts.port
    except ValueError:
        return False
    bare = parts.path in ("", "/") and not (parts.query or parts.fragment or parts.username)
    return bool(host) and bare and (parts.scheme == "https" or (parts.scheme == "http" and is_near(host)))


def _is_network(text: str) -> bool:
    try:
        ipaddress.ip_network(text)
    except ValueError:
        return False
    return True
