"""The real server, started as a person starts it."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path

import pytest

DOOR = Path(__file__).resolve().parents[2] / "app_streamlit.py"


def command(port: int, *options: str) -> list[str]:
    return [sys.executable, "-m", "streamlit", "run", str(DOOR), "--server.port", str(port), *options]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def get(port: int, path: str, host: str = "127.0.0.1") -> tuple[int, str]:
    connection = HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path, headers={"Host": host})
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """A server on a free port, up and healthy."""
    chosen = free_port()
    environment = {**os.environ, "MATCHER_OUT": str(tmp_path_factory.mktemp("none"))}
    log = tmp_path_factory.mktemp("server") / "log"
    with (
        log.open("w") as output,
        subprocess.Popen(command(chosen), env=environment, stdout=output, stderr=output) as it,
    ):
        try:
            deadline = time.monotonic() + 60
            while time.monotonic() < deadline and it.poll() is None:
                try:
                    if get(chosen, "/_stcore/health")[0] == 200:
                        break
                except OSError:
                    time.sleep(0.1)
            else:
                pytest.fail(log.read_text())
            yield chosen
        finally:
            it.terminate()


def test_the_server_is_healthy_and_gives_the_page(port: int) -> None:
    assert get(port, "/_stcore/health") == (200, "ok")
    assert get(port, "/")[0] == 200


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere 127.0.0.2 is no address of the machine")
def test_it_listens_on_the_loopback_address_alone(port: int) -> None:
    # A server on all interfaces would answer here too.
    with pytest.raises(ConnectionRefusedError), socket.create_connection(("127.0.0.2", port), timeout=5):
        pass


def test_it_refuses_whoever_asks_under_a_foreign_name(port: int) -> None:
    assert get(port, "/", host="rebound.example")[0] == 403
    assert get(port, "/", host=f"localhost:{port}")[0] == 200


def test_it_refuses_to_start_on_all_interfaces() -> None:
    options = ("--server.address", "0.0.0.0")  # noqa: S104 - what must be refused
    ended = subprocess.run(command(free_port(), *options), capture_output=True, text=True, timeout=60, check=False)

    assert ended.returncode != 0
    assert "server.address must be 127.0.0.1" in ended.stderr + ended.stdout


def test_a_port_in_use_is_named(port: int) -> None:
    ended = subprocess.run(command(port), capture_output=True, text=True, timeout=60, check=False)

    assert ended.returncode != 0
    assert f"Port {port} is not available" in ended.stderr + ended.stdout
