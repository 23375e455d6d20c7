"""
How quickly the office's pages answer on the demonstration: 140 experts, 185 needs, two scenarios, a year in force.

What a browser waits for is measured without a browser: a websocket that speaks Streamlit's protocol asks for a page,
and the time runs until the server says that the page is complete. Protocol and figures: ``docs/measurements/pages.md``.
To run it, from the project's folder: ``.venv/bin/python -m benchmarks.pages``.
"""

import argparse
import asyncio
import os
import re
import resource
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Origin, Subprotocol

from matcher.pages.frame import PAGES

START_S, PAGE_S = 240, 60
PARAMETERS = {"service": "round=1", "notices": "round=1"}
"""What makes a page of the demonstration full."""


@dataclass
class Visitor:
    """
    A tab that is open.

    Parameters
    ----------
    origin, cookies : str
    """

    origin: str
    cookies: str
    line: ClientConnection = field(init=False)

    async def open(self) -> None:
        """Connect as a browser does once it has the page's frame."""
        self.line = await connect(
            self.origin.replace("http", "ws", 1) + "/_stcore/stream",
            origin=Origin(self.origin),
            additional_headers={"Cookie": self.cookies},
            subprotocols=[Subprotocol("streamlit")],
            max_size=None,
            proxy=None,
        )

    async def ask(self, page: str, query: str = "") -> float:
        """
        Ask for a page, and wait until it is complete.

        Returns
        -------
        float
            Seconds.

        Raises
        ------
        RuntimeError
            When the page ends with an exception, or shows no title.
        """
        asked = BackMsg()
        asked.rerun_script.page_name = page
        asked.rerun_script.query_string = query
        is_titled = False
        began = time.perf_counter()
        await self.line.send(asked.SerializeToString())
        async with asyncio.timeout(PAGE_S):
            while True:
                answer = ForwardMsg.FromString(await self.line.recv(decode=False))
                if answer.delta.new_element.WhichOneof("type") == "exception":
                    raise RuntimeError(f"{page}?{query}: {answer.delta.new_element.exception.message}")
                is_titled = is_titled or answer.delta.new_element.heading.tag == "h1"
                if answer.WhichOneof("type") == "script_finished":
                    if not is_titled:
                        raise RuntimeError(f"{page}?{query}: no page")
                    return time.perf_counter() - began


@contextmanager
def demonstration() -> Generator[tuple[str, str, int]]:
    """Start the demonstration, log in, and give its address and the cookies."""
    with TemporaryDirectory() as home:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        kept = {name: value for name, value in os.environ.items() if name != "MATCHER_DATABASE_URL"}
        command = [sys.executable, "-c", "from matcher.cli import main; main()", "serve", "--demo", "--port", str(port)]
        log = Path(home) / "log"
        with log.open("wb") as output:
            environment = {**kept, "MATCHER_HOME": home}
            server = subprocess.Popen(command, env=environment, stdout=output, stderr=subprocess.STDOUT)
        try:
            origin = f"http://127.0.0.1:{port}"
            with httpx.Client(
                base_url=origin, headers={"Origin": origin, "Accept": "text/html"}, timeout=60
            ) as browser:
                _wait(browser)
                words = re.findall(r"administrator\s+(\S{16})\s*$", log.read_text(encoding="utf-8"), re.MULTILINE)
                browser.post("/account/login", data={"name": "administrator", "password": words[-1]})
                statement = re.search(r'name="statement" value="([^"]+)"', browser.get("/account/privacy").text)
                browser.post("/account/privacy", data={"statement": statement[1] if statement else ""})
                cookies = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
            yield origin, cookies, server.pid
        finally:
            server.terminate()
            server.wait()


def _wait(browser: httpx.Client) -> None:
    for _ in range(START_S * 2):
        try:
            browser.get("/healthz").raise_for_status()
        except httpx.HTTPError:
            time.sleep(0.5)
        else:
            return
    sys.exit("The demonstration did not answer")


async def alone(at: tuple[str, str, int], pages: Sequence[str], repeats: int) -> None:
    """Look at each page for the first time and then again, with nobody else there."""
    origin, cookies, pid = at
    print(f"{'page':12} {'first':>8} {'again p50':>10} {'again p95':>10} {'CPU again':>10}   ms")
    for page in pages:
        visitor = Visitor(origin, cookies)
        await visitor.open()
        first = await visitor.ask(page, PARAMETERS.get(page, ""))
        before = _cpu_s(pid)
        again = [await visitor.ask(page, PARAMETERS.get(page, "")) for _ in range(repeats)]
        await visitor.line.close()
        cpu_ms = (_cpu_s(pid) - before) / repeats * 1000
        print(f"{page:12} {first * 1000:8.0f} {_share(again, 50):10.0f} {_share(again, 95):10.0f} {cpu_ms:10.0f}")


async def crowd(origin: str, cookies: str, pages: Sequence[str], asked: argparse.Namespace) -> None:
    """Let many tabs click, each every few seconds, spread evenly, from page to page."""
    ends, took, faults = time.perf_counter() + asked.time, [], 0

    async def click(place: int) -> None:
        nonlocal faults
        visitor = Visitor(origin, cookies)
        await asyncio.sleep(asked.every * place / asked.sessions)
        await visitor.open()
        turn = place
        while time.perf_counter() < ends:
            page = pages[turn // 3 % len(pages)]  # three looks at a page, then the next
            began = time.perf_counter()
            try:
                took.append(await visitor.ask(page, PARAMETERS.get(page, "")))
            except (RuntimeError, TimeoutError, OSError) as fault:
                faults += 1
                print(f"tab {place}: {fault}", file=sys.stderr)
            turn += 1
            await asyncio.sleep(max(0.0, asked.every - (time.perf_counter() - began)))
        await visitor.line.close()

    await asyncio.gather(*(click(place) for place in range(asked.sessions)))
    told = f"{asked.sessions} tabs, each clicks every {asked.every:g} s: {len(took)} answers, {faults} faults"
    print(f"{told}; p50 {_share(took, 50):.0f} ms, p95 {_share(took, 95):.0f} ms, most {max(took) * 1000:.0f} ms")


def _cpu_s(pid: int) -> float:
    """Tell how long a process has worked, by Linux's own figures."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _share(seconds: Sequence[float], percent: int) -> float:
    """Give a percentile, in milliseconds."""
    return statistics.quantiles(seconds, n=100)[percent - 1] * 1000


def main() -> None:
    """Measure, and print what was found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=20, help="looks at each page after the first")
    parser.add_argument("--sessions", type=int, default=100, help="tabs that are open at once")
    parser.add_argument("--every", type=float, default=10.0, help="seconds between two clicks of a tab")
    parser.add_argument("--time", type=float, default=60.0, help="seconds for which they click")
    asked = parser.parse_args()
    pages = [name for names in PAGES["administrator"].values() for name in names]
    with demonstration() as at:
        asyncio.run(alone(at, pages, asked.repeats))
        asyncio.run(crowd(at[0], at[1], pages, asked))
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(f"the service: {used.ru_utime + used.ru_stime:.0f} s of CPU, start included; {used.ru_maxrss / 1024:.0f} MB")


if __name__ == "__main__":
    main()
