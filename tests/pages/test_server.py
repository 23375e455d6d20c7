"""The door as people start it without the command: by Streamlit, and by Python. The rest is in tests/web."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from matcher.domain.roles import MACHINE
from matcher.services import accounts
from matcher.services.throttling import OF_ADDRESS
from matcher.store import connect, upgrade
from matcher.store.engine import sqlite_url
from tests.web.conftest import PLAIN, environment, free_port, wait_until_open

DOOR = Path(__file__).resolve().parents[2] / "app_streamlit.py"
STARTS = {"streamlit run": ["-m", "streamlit", "run", str(DOOR), "--server.port"], "python": [str(DOOR)]}


def command(start: str, port: int, *options: str) -> list[str]:
    return [sys.executable, *STARTS[start], *([str(port)] if start == "streamlit run" else []), *options]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a service that has what it needs to begin."""
    folder = tmp_path_factory.mktemp("home")
    store = connect(sqlite_url(folder / "matcher.db"), create=True)
    upgrade(store)
    accounts.add(store, MACHINE, name="first", role="administrator")
    store.close()
    return folder


@pytest.fixture(scope="module", params=STARTS)
def port(home: Path, request: pytest.FixtureRequest) -> Iterator[int]:
    """A server on a free port, up and healthy."""
    chosen, log = free_port(), home / f"log-{request.param}"
    (home / "server.toml").write_text(f"port = {chosen}\n", encoding="utf-8")
    # From another folder: what the door needs stands beside it.
    with (
        log.open("w") as output,
        subprocess.Popen(
            command(request.param, chosen), env=environment(home), cwd=home, stdout=output, stderr=output
        ) as it,
    ):
        try:
            wait_until_open(it, chosen, log)
            yield chosen
        finally:
            it.terminate()


def test_the_server_is_healthy_and_lets_nobody_in(port: int) -> None:
    base = f"http://127.0.0.1:{port}"

    assert httpx.get(f"{base}/healthz", verify=PLAIN).json() == {"status": "ok"}
    assert httpx.get(base, headers={"Accept": "text/html"}, verify=PLAIN).headers["location"] == "/account/login"
    assert httpx.get(f"{base}/_stcore/health", verify=PLAIN).status_code == 401


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere 127.0.0.2 is no address of the machine")
def test_it_listens_on_the_loopback_address_alone(port: int) -> None:
    # A server on all interfaces would answer here too.
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"http://127.0.0.2:{port}/healthz", verify=PLAIN)


def test_it_refuses_whoever_asks_under_a_foreign_name(port: int) -> None:
    base = f"http://127.0.0.1:{port}/healthz"

    assert httpx.get(base, headers={"Host": "rebound.example"}, verify=PLAIN).status_code == 421
    assert httpx.get(base, headers={"Host": f"localhost:{port}"}, verify=PLAIN).status_code == 200


def test_it_believes_no_header_that_says_where_somebody_is_from(port: int) -> None:
    base = f"http://127.0.0.1:{port}"
    tried = [
        httpx.post(
            f"{base}/account/login",
            data={"name": f"nobody {number}", "password": "x"},
            headers={"Origin": base, "X-Forwarded-For": f"203.0.113.{number}"},
            verify=PLAIN,
        ).status_code
        for number in range(OF_ADDRESS + 1)
    ]

    # Streamlit's own server takes the header for true, and then it is from afar; ours counts the connection.
    assert set(tried) in ({403, 429}, {421})


def test_it_refuses_to_start_on_all_interfaces(home: Path) -> None:
    options = ("--server.address", "0.0.0.0")  # noqa: S104 - what must be refused
    ended = started(home, command("streamlit run", free_port(), *options))

    assert ended.returncode == 2
    assert "base_url" in ended.stderr


@pytest.mark.parametrize("start", STARTS)
def test_it_refuses_to_start_without_a_database(tmp_path: Path, start: str) -> None:
    ended = started(tmp_path, command(start, free_port()))

    assert ended.returncode == 2
    assert "matcher database upgrade" in ended.stderr


def started(home: Path, words: list[str]) -> subprocess.CompletedProcess[str]:
    """Start it, and wait until it ends by itself."""
    return subprocess.run(words, env=environment(home), capture_output=True, text=True, timeout=60, check=False)
