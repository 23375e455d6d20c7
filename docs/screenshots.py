"""Take a picture of every page of the office in both languages, of a demonstration; they go into docs/images/."""

import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import Page, sync_playwright

from matcher.language import LANGUAGES
from matcher.pages.frame import PAGES

HERE = Path(__file__).parent
IMAGES = HERE / "images"
SIZE = {"width": 1440, "height": 900}
STILL = "[data-testid=stApp][data-test-script-state=notRunning]"
ABOUT = {"service": "&round=1"}
"""What is in force in the demonstration is of the year before."""
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
                    page = browser.new_page(viewport=SIZE)
                    take(page, f"http://127.0.0.1:{port}", passwords["administrator"])
            finally:
                server.terminate()


def take(page: Page, origin: str, password: str) -> None:
    """Take a picture of each page of the office."""
    page.goto(origin)
    page.locator("#name").fill("administrator")
    page.locator("#password").fill(password)
    page.get_by_role("button").first.click()
    if "privacy" in page.url:
        page.locator("form.accept button").click()
    names = [name for section in PAGES["administrator"].values() for name in section]
    for lang in sorted(LANGUAGES):
        for name in names:
            page.goto(f"{origin}/{'' if name == names[0] else name}?lang={lang}{ABOUT.get(name, '')}")
            page.locator(STILL).wait_for(state="attached", timeout=60_000)
            page.wait_for_timeout(1500)  # charts draw themselves after the page has come
            page.screenshot(path=IMAGES / f"{name}.{lang}.png")


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
