"""The service in a real browser: the system's Chromium, driven as people use it."""

import os
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright
from playwright.sync_api import TimeoutError as TookTooLong

from matcher.domain.roles import Role
from matcher.store.entities import Account, Draft
from tests.web.conftest import PASSWORD, Service, served

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)
STILL = "[data-testid=stApp][data-test-script-state=notRunning]"
"""The page has drawn all that it was going to draw."""
STAYS_STILL = """() => {
  if (!document.querySelector("[data-testid=stApp][data-test-script-state=notRunning]")) window.stillSince = undefined;
  else window.stillSince ??= performance.now();
  return performance.now() - window.stillSince > 300;
}"""
"""Still for a third of a second: what a click asks for is on its way for a while before the page says that it runs."""
LONG_MS = 60_000

expect.set_options(timeout=LONG_MS)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Without a browser these tests do not run: that is said, and where everything has to run it is a failure."""
    if CHROMIUM is None and os.environ.get("CI") != "true":
        here = Path(__file__).parent
        for item in items:
            if here in item.path.parents:
                item.add_marker(pytest.mark.skip(reason="no Chromium: make test-tools"))


@dataclass
class Desk:
    """
    A browser of one person, logged in.

    Parameters
    ----------
    page : Page
    service : Service
    """

    page: Page
    service: Service

    def log_in(self, name: str) -> None:
        """Log in on the page that asks for that."""
        self.page.locator("#name").fill(name)
        self.page.locator("#password").fill(PASSWORD)
        self.page.get_by_role("button").first.click()
        self.settle()

    def open(self, name: str = "", **query: object) -> None:
        """Open a page by its name."""
        asked = "&".join(f"{key}={value}" for key, value in query.items())
        self.page.goto(f"{self.service.origin}/{name}" + (f"?{asked}" if asked else ""))
        self.settle()

    def settle(self) -> None:
        """Wait until the page has drawn what came of the last click, or of coming to it."""
        # Streamlit calls a page still that has not begun.
        self.page.locator("[data-testid=stMain] h1, main h1").first.wait_for(timeout=LONG_MS)
        self.page.evaluate("() => { window.stillSince = undefined; }")
        self.page.wait_for_function(STAYS_STILL, timeout=LONG_MS)
        expect(self.page.locator("[data-stale=true]")).to_have_count(0)  # what is about to be drawn anew is pale

    def press(self, name: str | re.Pattern[str], within: Locator | None = None, *, exact: bool = True) -> None:
        """Press a button by what stands on it, or by how that begins."""
        (within or self.page).get_by_role("button", name=name, exact=exact).click()
        self.settle()

    def go(self, name: str) -> None:
        """Go to a page by its link in the sidebar."""
        self.page.get_by_test_id("stSidebar").get_by_role("link", name=name, exact=True).click()
        expect(self.page.get_by_role("heading", level=1, name=name)).to_be_visible()
        self.settle()

    def sees(self, text: str | re.Pattern[str]) -> None:
        """Make sure that a text comes to stand on the page."""
        expect(self.page.get_by_text(text).first).to_be_visible()

    def opened(self, name: str | re.Pattern[str], within: Locator | None = None) -> Locator:
        """Press a button that opens a small window, and give that."""
        self.press(name, within)
        return self.page.get_by_test_id("stPopoverBody")

    def write(self, label: str, words: str, within: Locator | None = None) -> None:
        """Type into a field by its label, in the place of what stands there, and leave it."""
        field = (within or self.page).get_by_role("textbox", name=label, exact=True)
        field.fill(words)
        field.press("Tab")
        self.settle()

    def date(self, label: str, day: date) -> None:
        """Type a date into its field, part by part."""
        parts = self.page.get_by_role("group", name=label, exact=True).get_by_role("spinbutton")
        parts.first.click()
        self.page.keyboard.type(f"{day:%Y%m%d}")
        self.page.keyboard.press("Escape")  # the calendar, which opens beside the field
        self.settle()

    def choose(self, label: str, option: str, within: Locator | None = None) -> None:
        """Choose one of a list, by the label of the list."""
        (within or self.page).get_by_role("combobox", name=label, exact=True).click()
        self.page.get_by_role("option", name=option, exact=True).click()
        self.settle()

    def pick(self, option: str, within: Locator | None = None) -> None:
        """Pick one of a few words that stand side by side, or tick a box, by clicking on it."""
        (within or self.page.get_by_test_id("stMain")).get_by_text(option, exact=True).click()
        self.settle()

    def upload(self, **files: tuple[str, bytes, str]) -> None:
        """Choose files, by the labels of their fields: name, content and media type."""
        for label, (name, content, kind) in files.items():
            field = self.page.get_by_role("region", name=label, exact=True).locator("input[type=file]")
            field.set_input_files({"name": name, "mimeType": kind, "buffer": content})
            self.sees(name)
        self.settle()

    def rows(self, grid: str) -> list[list[str]]:
        """Read a grid, which is a picture, as screen readers do, by the name that its holder bears."""
        lines = self.page.locator(f".st-key-{grid} [data-testid=stDataFrame] tbody tr")
        lines.first.wait_for(state="attached")
        return [line.locator("td").all_inner_texts() for line in lines.all()]

    def take(self, link: Locator, *, after: str = "") -> bytes:
        """Take a file away by its link; ``after`` is what a page says first that is to be looked at, and passed."""
        self.settle()  # a link that is drawn anew while it is pressed leads nowhere
        if after:
            link.click()
            self.sees(after)
            link = self.page.get_by_role("link", name="仍然下载")
        for presses_left in (1, 0):  # a small window that is still open may take the first press, and close
            try:
                with self.page.expect_download() as download:
                    link.click()
                break
            except TookTooLong:
                if not presses_left:
                    raise
        if after:
            self.page.go_back()
            self.settle()
        return download.value.path().read_bytes()


def drafted(house: Service, name: str, what: str) -> list[str]:
    """Give what the drafts of an account hold in a field."""
    with house.store.reading() as view:
        account = view.get(Account, name=name)
        return [str(draft.typed.get(what)) for draft in view.listed(Draft, account_id=account.id)]


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service of an empty database."""
    with served(tmp_path_factory.mktemp("house")) as service:
        yield service


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Chromium; no longer than a module, since as long as it is driven no other test can run a loop of its own."""
    assert CHROMIUM is not None, "no Chromium: make test-tools"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture
def desk_of(chromium: Browser, house: Service) -> Iterator[Callable[..., Desk]]:
    """Log somebody in, in a browser of their own."""
    contexts = []

    def opened(name: str, role: Role = "administrator", party: str | None = None, *, is_known: bool = False) -> Desk:
        kept = name if is_known else house.person(name, role, party)
        context = chromium.new_context(viewport={"width": 1440, "height": 900}, accept_downloads=True)
        contexts.append(context)
        desk = Desk(context.new_page(), house)
        desk.page.goto(house.origin)
        desk.log_in(kept)
        return desk

    yield opened
    for context in contexts:
        context.close()
