"""Take a picture of every page of each role in both languages, of a demonstration; they go into docs/images/."""

import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Sequence
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

from matcher.domain.roles import PARTIES
from matcher.language import LANGUAGES
from matcher.pages.frame import PAGES

HERE = Path(__file__).parent
IMAGES = HERE / "images"
SIZES: dict[str, ViewportSize] = {"": {"width": 1440, "height": 900}, ".phone": {"width": 390, "height": 844}}
"""Of the pictures, by the end of their names: firms and experts come by telephone, too."""
STILL = "[data-testid=stApp][data-test-script-state=notRunning]"
ABOUT = {"service": "&round=1"}
"""What is in force in the demonstration is of the year before."""
CHOOSING = ("find_experts", "find_firms")
"""Pages that show something only while both sides choose: the demonstration is stepped back for them."""
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run"]


def main() -> None:
    """Start the demonstration, log in, and take the pictures."""
    chromium = shutil.which("chromium") or sys.exit("There is no Chromium: make test-tools")
    with TemporaryDirectory() as home, socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        probe.close()
        environment = {name: value for name, value in os.environ.items() if name != "MATCHER_DATABASE_URL"}
        command = [sys.executable, "-c", "from matcher.cli import main; main()", "serve", "--demo", "--port", str(port)]
        log = Path(home) / "log"
        with (
            log.open("wb") as output,
            subprocess.Popen(
                command, env={**environment, "MATCHER_HOME": home}, stdout=output, stderr=subprocess.STDOUT
            ) as server,
        ):
            try:
                wait(f"http://127.0.0.1:{port}/healthz")
                passwords = dict(re.findall(r"(\w+)\s+(\S{16})\s*$", log.read_text(encoding="utf-8"), re.MULTILINE))
                with sync_playwright() as playwright:
                    browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
                    desks = {role: log_in(browser, f"http://127.0.0.1:{port}", role, passwords[role]) for role in PAGES}
                    for role, desk in desks.items():
                        take(desk, role, [name for name in names_of(role) if name not in CHOOSING])
                    step_back(desks["administrator"])
                    for role, desk in desks.items():
                        take(desk, role, [name for name in names_of(role) if name in CHOOSING])
            finally:
                server.terminate()


def names_of(role: str) -> list[str]:
    """Name the pages of a role."""
    return [name for section in PAGES[role].values() for name in section]


def log_in(browser: Browser, origin: str, role: str, password: str) -> Page:
    """Give a page of somebody of a role."""
    page = browser.new_context(base_url=origin, viewport=SIZES[""]).new_page()
    page.goto("/account/login")
    page.locator("#name").fill(role)
    page.locator("#password").fill(password)
    page.get_by_role("button").first.click()
    if "privacy" in page.url:
        page.locator("form.accept button").click()
    return page


def take(page: Page, role: str, names: Sequence[str]) -> None:
    """Take a picture of each of some pages of a role."""
    begins = "" if role == "administrator" else f"{role}-"
    for lang, name, (ends, size) in product(sorted(LANGUAGES), names, SIZES.items()):
        if ends and role not in PARTIES:
            continue
        page.set_viewport_size(size)
        settled(page, f"/{name}?lang={lang}{ABOUT.get(name, '') if role == 'administrator' else ''}")
        page.screenshot(path=IMAGES / f"{begins}{name}{ends}.{lang}.png")


def step_back(page: Page) -> None:
    """Let both sides choose again, as an administrator does."""
    for _ in range(2):
        settled(page, "/rounds?lang=en")
        page.get_by_role("button", name=re.compile("^undo|Back to|Step back")).first.click()
        window = page.get_by_test_id("stPopoverBody")
        window.get_by_role("textbox").fill("for a picture")
        window.get_by_role("button").last.click()
        page.wait_for_timeout(3000)


def settled(page: Page, address: str) -> None:
    """Open an address, and wait until the page has come."""
    page.goto(address)
    page.locator(STILL).wait_for(state="attached", timeout=60_000)
    page.wait_for_timeout(1500)  # charts draw themselves after the page has come


def wait(address: str) -> None:
    """Wait until the service answers."""
    for _ in range(240):
        try:
            urllib.request.urlopen(address)
        except OSError:
            time.sleep(0.5)
        else:
            return
    sys.exit("The demonstration did not answer in two minutes")


if __name__ == "__main__":
    main()
