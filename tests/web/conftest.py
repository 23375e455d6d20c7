"""The service with its doors, as a person starts it: a server of its own, a database, accounts, a browser."""

import os
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path

import httpx
import pytest
from argon2 import PasswordHasher

from matcher.domain.roles import MACHINE, Principal, Role
from matcher.services import accounts, signing_in
from matcher.services.privacy import STATEMENT
from matcher.store import Store, connect, upgrade
from matcher.store.engine import sqlite_url
from matcher.store.entities import Account
from tests.bureau import published
from tests.databases import THE_DAY

SERVE = "from matcher.cli import main; main()"
PASSWORD = "four unrelated words here"  # noqa: S105 - of tests alone
CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
PLAIN = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""For clients of servers that speak no TLS: whom the world trusts takes longer to read than their answers."""


@dataclass
class Service:
    """
    A server that runs, and the database behind it.

    Parameters
    ----------
    store : Store
    port : int
    log : path
        What it has written on standard error.
    publication : int
        Of a list that was published.
    """

    store: Store
    port: int
    log: Path
    publication: int
    _addresses: Iterator[int] = field(default_factory=lambda: count(1))

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def browser(self, address: str | None = None) -> httpx.Client:
        """A browser at an address of its own: failures of one test are not to keep the others out."""
        at = address or f"192.0.2.{next(self._addresses)}"
        headers = {"Origin": self.origin, "Accept": "text/html", "X-Forwarded-For": at}
        return httpx.Client(base_url=self.origin, headers=headers, timeout=30, verify=PLAIN)

    def person(self, name: str, role: Role = "administrator", party: str | None = None) -> str:
        """Make an account with the password of tests, whose owner has read the statement, and give its name."""
        account = accounts.add(self.store, MACHINE, name=name[-60:], role=role, party=party)
        with self.store.writing("tests") as work:
            work.change(work.get(Account, id=account.id), "change_password", password=CHEAP.hash(PASSWORD))
        signing_in.accept_statement(self.store, Principal(account.name, role, party, account.id), STATEMENT)
        return account.name

    @contextmanager
    def logged_in(self, name: str, role: Role = "administrator", party: str | None = None) -> Generator[httpx.Client]:
        """A browser of somebody who has logged in."""
        kept = self.person(name, role, party)
        with self.browser() as browser:
            assert log_in(browser, kept).status_code == 303
            yield browser


def log_in(browser: httpx.Client, name: str, password: str = PASSWORD) -> httpx.Response:
    return browser.post("/account/login", data={"name": name, "password": password})


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def environment(home: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name != "MATCHER_DATABASE_URL"}
    return {**kept, "MATCHER_HOME": str(home)}


def wait_until_open(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + 180  # a demonstration is made first
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if httpx.get(f"http://127.0.0.1:{port}/healthz", verify=PLAIN).status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    pytest.fail(log.read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def provider() -> Iterator[str]:
    """A provider of identities, to which everybody is whoever they say; gives its address."""
    port = free_port()
    command = [sys.executable, "-m", "oidc_provider_mock", "--port", str(port)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        yield f"http://localhost:{port}"
        process.terminate()


@contextmanager
def served(home: Path, *settings: str, publication: int = 0, program: str = SERVE) -> Generator[Service]:
    """Start the service on the database of a folder, made where it is missing, and end it."""
    port = free_port()
    store = connect(sqlite_url(home / "matcher.db"), create=True)
    upgrade(store)
    accounts.add(store, MACHINE, name="first", role="administrator")
    lines = [f"port = {port}", f'base_url = "http://127.0.0.1:{port}"', 'proxy = "127.0.0.1"', *settings]
    (home / "server.toml").write_text("\n".join(lines), encoding="utf-8")
    log = home / "log"
    command = [sys.executable, "-c", program, "serve"]
    with (
        log.open("wb") as output,
        subprocess.Popen(command, env=environment(home), cwd=home, stdout=output, stderr=output) as process,
    ):
        try:
            wait_until_open(process, port, log)
            yield Service(store, port, log, publication)
        finally:
            process.terminate()
    store.close()


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory, provider: str) -> Iterator[Service]:
    home = tmp_path_factory.mktemp("home")
    store = connect(sqlite_url(home / "matcher.db"), create=True)
    upgrade(store)
    publication = published(replace(store, clock=lambda: THE_DAY)).id
    store.close()
    identity = [
        "[identity]",
        f'server_metadata_url = "{provider}/.well-known/openid-configuration"',
        'client_id = "matcher"',
        'client_secret = "secret"',
    ]
    with served(home, *identity, publication=publication) as service:
        yield service
