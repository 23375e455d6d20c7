"""Take a picture of every page of each role in both languages, of a demonstration; they go into docs/images/."""

import csv
import io
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Sequence
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import Browser, FilePayload, Page, ViewportSize, sync_playwright

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
EARLIER = (("running",), ("find_experts", "find_firms"), ("imports",))
"""Pages on which there is something to do only earlier: the demonstration is a step further back for each."""
HEIGHTS = {"scenarios": 1390}
"""Of pictures of pages whose charts stand further down."""
DATA = HERE.parent / "data"
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
                    later = {name for names in EARLIER for name in names}
                    for role, desk in desks.items():
                        take(desk, role, [name for name in names_of(role) if name not in later])
                    for names in EARLIER:
                        step_back(desks["administrator"])
                        for role, desk in desks.items():
                            take(desk, role, [name for name in names_of(role) if name in names])
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
        page.set_viewport_size({"width": size["width"], "height": HEIGHTS.get(name, size["height"])})
        settled(page, f"/{name}?lang={lang}{ABOUT.get(name, '') if role == 'administrator' else ''}")
        if name in DOINGS:
            DOINGS[name](page)
        page.screenshot(path=IMAGES / f"{begins}{name}{ends}.{lang}.png")


def step_back(page: Page) -> None:
    """Take the round a step back, as an administrator does."""
    settled(page, "/rounds?lang=en")
    page.get_by_role("button", name=re.compile("^undo|Back to|Step back")).first.click()
    window = page.get_by_test_id("stPopoverBody")
    window.get_by_role("textbox").fill("for a picture")
    window.get_by_role("button").last.click()
    page.wait_for_timeout(3000)


def upload(page: Page) -> None:
    """Ask what a sheet of experts would change: some give other days and places, one is new, one is gone."""
    with (DATA / "experts.csv").open(encoding="utf-8-sig", newline="") as file:
        first, *rows = csv.DictReader(file)
    for row in rows[2:30:4]:
        row["days_per_year"], row["capacity"] = "20", "3"
    sheet = io.StringIO()
    writer = csv.DictWriter(sheet, first)
    writer.writeheader()
    writer.writerows([*rows, {**first, "expert_id": "E901", "name": "王新川"}])
    given: FilePayload = {"name": "experts.csv", "mimeType": "text/csv", "buffer": sheet.getvalue().encode()}
    page.locator("input[type=file]").first.set_input_files(given)
    page.get_by_test_id("stFileChip").wait_for()
    page.get_by_test_id("stFormSubmitButton").get_by_role("button").click()
    page.get_by_test_id("stDataFrame").wait_for(timeout=60_000)
    page.wait_for_timeout(1500)


def evaluate(page: Page) -> None:
    """Have the score tested on the ratings."""
    page.locator(".st-key-evaluate button").click()
    page.locator(".st-key-card-meaning").wait_for(timeout=120_000)
    page.wait_for_timeout(1500)


DOINGS: dict[str, Callable[[Page], None]] = {"imports": upload, "evaluation": evaluate}
"""What is done on a page before its picture is taken, by the page."""


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
