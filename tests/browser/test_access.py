"""Every page as those meet it who see little, hear it read out, or use the keyboard alone: by WCAG 2.2, level AA."""

import tomllib
from collections.abc import Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from matcher.domain.roles import Role
from matcher.pages.frame import PAGES
from matcher.store import connect, upgrade
from matcher.store.engine import sqlite_url
from tests import bureau
from tests.browser.conftest import Desk
from tests.databases import THE_DAY
from tests.web.conftest import PASSWORD, Service, served

PEOPLE: Mapping[Role, tuple[str, str | None]] = {
    "administrator": ("zhaomin", None),
    "analyst": ("qianli", None),
    "firm": ("sunqi", "F1"),
    "expert": ("lizhou", "E1"),
}
"""Who looks: the name of each account, and the party that it is of."""
PLAIN = {
    "password": "/account/password",
    "privacy": "/account/privacy",
    "warnings": "/export/publication/1/letters.zip",
    "invitations": "/export/round/2/invitations",
    "error": "/export/round/2/none",
}
"""Pages beside Streamlit's, but for the login."""
ROUND_IN_FORCE = 1
AFTER = "after"
"""Pages of this section are about a list that was published; the others are looked at while a list is made."""
CONTRAST = 4.5
"""At least, of text with what is behind it: success criterion 1.4.3."""
THEME = Path(__file__).parents[2] / ".streamlit" / "config.toml"
ZOOMED = ("overview", "rounds", "placements", "notices", "accounts")


class Known(NamedTuple):
    """
    What axe finds that is Streamlit's own.

    Parameters
    ----------
    rule : str
        Of axe.
    selector : str
        What every element at fault matches.
    reason : str
        Why it stays.
    """

    rule: str
    selector: str
    reason: str


KNOWN = (
    Known(
        "aria-allowed-attr", "[data-testid=stDateInput] [aria-required]", "a group of spin buttons can't be required"
    ),
    Known("presentation-role-conflict", "[data-testid=stFileUploaderDropzone]", "it has a label, and no part to play"),
)
UNDECIDED = (
    Known("color-contrast", "[role=tab] *", "the line below a tab is drawn by a pseudo element"),
    Known(
        "color-contrast", "[data-testid=stVegaLiteChart] text", "it stands before drawings; its ink is measured here"
    ),
)
"""Where axe can't tell; colours of the theme are measured by themselves."""


class Look(NamedTuple):
    """
    What was found on a page, or on one face of it: a tab, a popover.

    Parameters
    ----------
    where : str
    violations : list of (str, str)
        The rule, and the HTML that breaks it; what is known left out.
    known : set of Known
    facts : mapping of str to Any
        As `FACTS` tells them.
    """

    where: str
    violations: list[tuple[str, str]]
    known: set[Known]
    facts: Mapping[str, Any]


FACTS = """() => {
  const shown = (e) => e.checkVisibility({visibilityProperty: true});
  const all = (what) => [...document.querySelectorAll(what)].filter(shown);
  const named = (e) => e.ariaLabel || e.getAttribute("aria-labelledby") || e.labels?.length;
  const told = (e) => e.alt || e.ariaLabel || e.querySelector("[aria-label]:not([aria-label=''])");
  const charts = all("[data-testid=stVegaLiteChart]");
  return {
    headings: all("h1, h2, h3, h4, h5, h6").map((e) => Number(e.tagName[1])),
    lang: document.documentElement.lang,
    title: document.title,
    h1: document.querySelector("h1")?.innerText,
    unlabelled: all("input:not([type=hidden], [tabindex='-1']), select, textarea").filter((e) => !named(e))
      .map((e) => e.outerHTML),
    untold: [...charts, ...all("[data-testid=stDataFrame], img, svg[role=img]")].filter((e) => !told(e))
      .map((e) => e.outerHTML.slice(0, 300)),
    charts: charts.length,
    inks: [...new Set(charts.flatMap((e) => [...e.querySelectorAll("text")]).map((e) => getComputedStyle(e).fill))],
  };
}"""
DRAWN = """() => [...document.querySelectorAll("[data-testid=stVegaLiteChart]")]
  .every((e) => !e.checkVisibility({visibilityProperty: true}) || e.querySelector("svg"))"""
FULL = """() => document.getAnimations().every((e) => e.effect.getComputedTiming().iterations === Infinity)"""
"""What was pale while it was drawn anew takes a while to come back, and is paler than it will be."""
AXE = Axe().axe_script
JUDGED = """async ([context, known, undecided]) => {
  // What lies behind a small window differs from line to line: to axe that matters, though the window is opaque.
  const behind = context?.includes("stPopoverBody") ? document.querySelector("[data-testid=stApp]") : null;
  behind?.style.setProperty("visibility", "hidden");
  const {violations, incomplete} = await axe.run(context ?? document, {resultTypes: ["violations", "incomplete"]});
  behind?.style.removeProperty("visibility");
  const read = (found, list) => found.flatMap(({id, nodes}) => nodes.map(({html, target}) => {
    const element = document.querySelector(target.at(-1));
    return [id, html, list.find(([rule, selector]) => rule === id && element?.matches(selector)) ?? null];
  }));
  return [...read(violations, known), ...read(incomplete.filter(({id}) => id === "color-contrast"), undecided)];
}"""
"""The rule, the HTML, and what is known of each element that axe finds at fault, or whose contrast it can't tell."""


def look(page: Page, where: str, context: str | None = None) -> Look:
    """Let axe look at a page, or at a part of it, and take its facts."""
    page.wait_for_function(FULL)
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE)
    found = page.evaluate(JUDGED, [context, KNOWN, UNDECIDED])
    violations = [(rule, html) for rule, html, known in found if known is None]
    page.wait_for_function(DRAWN)  # a chart is taken down and drawn anew whenever its width changes
    return Look(where, violations, {Known(*known) for _, _, known in found if known}, page.evaluate(FACTS))


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service with a list in force, and a round that is matched in two ways; everybody has an account."""
    home = tmp_path_factory.mktemp("access")
    store = connect(sqlite_url(home / "matcher.db"), create=True, clock=lambda: THE_DAY)
    upgrade(store)
    bureau.active(store)
    matching = bureau.matching(store, "2027")
    for objective in ("total", "stable"):
        bureau.ran(store, matching, objective=objective)
    store.close()
    with served(home) as service:
        for role, (name, party) in PEOPLE.items():
            service.person(name, role, party)
        yield service


def logged_in(browser: Browser, service: Service, role: Role, **options: Any) -> Desk:
    """Give a browser of somebody who has logged in."""
    page = browser.new_context(**options).new_page()
    page.goto(service.origin)
    page.locator("#name").fill(PEOPLE[role][0])
    page.locator("#password").fill(PASSWORD)
    page.get_by_role("button").first.click()
    desk = Desk(page, service)
    desk.settle()
    return desk


def open_page(desk: Desk, section: str, name: str) -> None:
    """Open a page on the round that it has something to say about, and all that can be folded out."""
    desk.open(name, **({"round": ROUND_IN_FORCE} if section == AFTER else {}))
    expect(desk.page.get_by_role("heading", level=1)).to_be_visible()
    unfold(desk)


def unfold(desk: Desk) -> None:
    """Open what is folded, and wait until charts have drawn themselves."""
    for summary in desk.page.locator("details:not([open]) > summary").all():
        if summary.is_visible():
            summary.click()
    desk.settle()
    for chart in desk.page.get_by_test_id("stVegaLiteChart").all():
        if chart.is_visible():
            expect(chart.locator("svg")).to_be_visible()
    for grid in desk.page.get_by_test_id("stDataFrame").all():
        if grid.is_visible():
            expect(grid.locator("[aria-label]:not([aria-label=''])").first).to_be_attached()


def faces(desk: Desk, where: str) -> Iterator[Look]:
    """Look at a page, then at each of its other tabs, then into each of its popovers."""
    page = desk.page
    yield look(page, where)
    for popover in page.locator("[data-testid=stPopover] button").all():
        if popover.is_visible():
            popover.click()
            expect(page.get_by_test_id("stPopoverBody")).to_be_visible()
            yield look(page, f"{where}: {popover.inner_text()}", "[data-testid=stPopoverBody]")
            page.keyboard.press("Escape")
            expect(page.get_by_test_id("stPopoverBody")).to_have_count(0)
    for list_ in page.get_by_role("tablist").all():
        for tab in list_.get_by_role("tab").all()[1:]:
            tab.click()
            panel = page.locator(f"[id='{tab.get_attribute('aria-controls')}']")
            expect(panel.get_by_test_id("stElementContainer").first).to_be_visible()  # it is made when it is opened
            desk.settle()
            for chart in panel.get_by_test_id("stVegaLiteChart").all():
                expect(chart.locator("svg")).to_be_visible()
            unfold(desk)
            yield look(page, f"{where}: {tab.inner_text()}", "[role=tabpanel]")


@pytest.fixture(scope="module")
def looks(chromium: Browser, office: Service) -> list[Look]:
    """Look at every page that anybody has."""
    door = chromium.new_page()
    door.goto(office.origin)
    found = [look(door, "login")]
    door.close()
    for role in PEOPLE:
        desk = logged_in(chromium, office, role, viewport={"width": 1440, "height": 900})
        for section, names in PAGES[role].items():
            for name in names:
                open_page(desk, section, name)
                found += faces(desk, f"{role}, {name}")
        if role == "administrator":
            for name, address in PLAIN.items():
                desk.page.goto(office.origin + address)
                found.append(look(desk.page, name))
        desk.page.context.close()
    return found


def test_axe_finds_nothing_that_is_ours(looks: list[Look]) -> None:
    assert {at.where: at.violations for at in looks if at.violations} == {}


def test_what_is_streamlits_own_is_still_so(looks: list[Look]) -> None:
    assert set.union(*(at.known for at in looks)) == {*KNOWN, *UNDECIDED}


def test_every_page_has_one_title_and_no_level_of_headings_is_left_out(looks: list[Look]) -> None:
    faults = {at.where: at.facts["headings"] for at in looks if not is_in_order(at.facts["headings"])}

    assert faults == {}


def is_in_order(levels: list[int]) -> bool:
    return levels.count(1) == 1 and levels[0] == 1 and all(after <= before + 1 for before, after in pairwise(levels))


def test_every_page_says_its_language_and_what_it_is(looks: list[Look]) -> None:
    assert {at.where: at.facts["lang"] for at in looks if at.facts["lang"] != "zh-CN"} == {}
    assert {at.facts["title"] for at in looks if not at.facts["title"].startswith(at.facts["h1"] + " · ")} == set()


def test_whatever_is_filled_in_is_labelled_and_whatever_is_drawn_is_told(looks: list[Look]) -> None:
    assert {at.where: at.facts["unlabelled"] for at in looks if at.facts["unlabelled"]} == {}
    assert {at.where: at.facts["untold"] for at in looks if at.facts["untold"]} == {}
    assert sum(at.facts["charts"] for at in looks) >= 4, "no charts were looked at"


def test_what_is_written_in_charts_can_be_read(looks: list[Look]) -> None:
    inks = {ink for at in looks for ink in at.facts["inks"]}

    assert inks
    assert {ink for ink in inks if contrast(rgb(ink), (255, 255, 255)) < CONTRAST} == set()


@pytest.mark.parametrize(
    ("ink", "ground"),
    [
        ("textColor", "backgroundColor"),
        ("textColor", "secondaryBackgroundColor"),
        ("primaryColor", "backgroundColor"),
        ("primaryColor", "secondaryBackgroundColor"),
        ("linkColor", "backgroundColor"),
        ("dataframeHeaderTextColor", "dataframeHeaderBackgroundColor"),
        ("sidebar.textColor", "sidebar.backgroundColor"),
        ("sidebar.textColor", "sidebar.secondaryBackgroundColor"),
        ("sidebar.primaryColor", "sidebar.backgroundColor"),
        ("sidebar.linkColor", "sidebar.backgroundColor"),
    ],
)
def test_colours_of_the_theme_can_be_told_apart(ink: str, ground: str) -> None:
    theme = tomllib.loads(THEME.read_text(encoding="utf-8"))["theme"]
    colours = {**theme, **{f"sidebar.{name}": colour for name, colour in theme["sidebar"].items()}}

    assert contrast(*(tuple(bytes.fromhex(colours[name][1:])) for name in (ink, ground))) >= CONTRAST


def rgb(css: str) -> tuple[int, ...]:
    """Read a colour as browsers compute it."""
    return tuple(int(part) for part in css.removeprefix("rgb(").removesuffix(")").split(","))


def contrast(one: tuple[int, ...], other: tuple[int, ...]) -> float:
    """Measure the contrast of two colours, in [1, 21], by WCAG 2.2."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: tuple[int, ...]) -> float:
    linear = [part / 255 / 12.92 if part <= 10 else ((part / 255 + 0.055) / 1.055) ** 2.4 for part in colour]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


CUT = """() => {
  const main = document.querySelector("[data-testid=stMain]");
  const clips = (e) => ["hidden", "clip"].includes(getComputedStyle(e).overflowX);
  const all = [...main.querySelectorAll("*")].filter((e) => e.checkVisibility() && e.clientWidth > 1);
  const box = (e) => e.getBoundingClientRect();
  const title = box(main.querySelector("h1"));
  const meets = (e, from, to) => box(e)[to] > title[from] && box(e)[from] < title[to];
  const over = (e) => meets(e, "top", "bottom") && meets(e, "left", "right");
  const runs = (e) => e.scrollWidth > e.clientWidth + 1;
  return {
    wide: [document.documentElement, main].filter(runs).map((e) => e.tagName),
    cut: all.filter((e) => clips(e) && e.innerText?.trim() && runs(e)).map((e) => e.innerText),
    over: [...document.querySelectorAll("[data-testid=stHeader] button")].filter(over).map((e) => e.outerHTML),
    thin: all.filter((e) => e.matches(".track") && e.clientWidth < 48).map((e) => e.parentElement.innerText),
  };
}"""
"""What runs out of the page, is cut, lies over the title, or is too short a bar to compare."""


def test_at_twice_the_size_nothing_is_cut_and_nobody_scrolls_sideways(chromium: Browser, office: Service) -> None:
    desk = logged_in(chromium, office, "administrator", viewport={"width": 720, "height": 450}, device_scale_factor=2)
    found = {}
    for section, names in PAGES["administrator"].items():
        for name in names:
            if name in ZOOMED:
                open_page(desk, section, name)
                found[name] = desk.page.evaluate(CUT)
    desk.page.context.close()

    assert set(found) == set(ZOOMED)
    assert found == {name: {"wide": [], "cut": [], "over": [], "thin": []} for name in ZOOMED}


class Keys:
    """
    A keyboard, and nobody's eyes: goes from one thing to the next, and finds each marked.

    Parameters
    ----------
    desk : Desk
    """

    def __init__(self, desk: Desk) -> None:
        self.desk, self.page = desk, desk.page
        self.unmarked: list[str] = []

    @property
    def here(self) -> str:
        """What the focus is on, as it is read out; nothing between the last thing and the first."""
        focused = self.page.locator(":focus")
        return focused.aria_snapshot().split("\n")[0].removeprefix("- ") if focused.count() else ""

    def go(self, to: str, *, most: int = 60) -> None:
        """Press Tab until something is reached, as soon as it is there."""
        role, name = to.split(" ", 1)
        begins = name.strip('"')
        self.page.locator(
            f'role={role}[name^="{begins}"i]'
        ).first.wait_for()  # scrolled parts take the focus while empty
        passed = []
        for _ in range(most):
            self.page.keyboard.press("Tab")
            here = self.here
            passed.append(here)
            if not self.page.evaluate(MARKED) and self.stays(here):
                self.unmarked.append(here)
            if here.startswith(to):
                return
        pytest.fail(f"{to} is not reached by Tab, but {passed}")

    def stays(self, here: str) -> bool:
        """Tell whether the focus is on the same thing, still without a mark, when the page has drawn itself."""
        self.desk.settle()
        return self.here == here and not self.page.evaluate(MARKED)

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def type(self, text: str) -> None:
        self.page.keyboard.insert_text(text)


MARKED = """() => {
  const ring = (e) => parseFloat(getComputedStyle(e).outlineWidth) >= 2 && getComputedStyle(e).outlineStyle !== "none";
  let e = document.activeElement;
  if (e === document.body || getComputedStyle(e).boxShadow !== "none") return true;
  for (let up = 0; e && up < 8; up++, e = e.parentElement) if (ring(e)) return true;
  return false;
}"""
REASON = "双方已有合作"


def test_a_pair_is_chosen_and_locked_by_keyboard_alone(chromium: Browser, office: Service) -> None:
    page = chromium.new_page(viewport={"width": 1440, "height": 900})
    desk = Desk(page, office)
    keys = Keys(desk)
    page.goto(office.origin)
    expect(page.locator("#name")).to_be_focused()
    keys.type(PEOPLE["administrator"][0])
    keys.go('textbox "密码"')
    keys.type(PASSWORD)
    keys.press("Enter")
    expect(page.get_by_role("heading", level=1, name="总览")).to_be_visible()
    desk.settle()

    keys.go('link "派遣名单"')
    keys.press("Enter")
    expect(page.get_by_role("heading", level=1, name="派遣名单")).to_be_visible()
    desk.settle()
    before = page.locator("p.pair-title").inner_text()
    keys.go('combobox "查看配对"')
    keys.press("ArrowDown", "ArrowDown", "Enter")
    expect(page.locator("p.pair-title")).not_to_have_text(before)
    desk.settle()

    keys.go('button "锁定"')
    keys.press("Enter")
    expect(page.get_by_test_id("stPopoverBody")).to_be_visible()
    # The small window takes the focus.
    expect(page.get_by_test_id("stPopoverBody").get_by_role("button", name="先看后果")).to_be_focused()
    keys.press("Space")
    expect(page.get_by_label("理由")).to_be_visible()
    desk.settle()
    keys.go('textbox "理由（将记入日志）"')
    keys.type(REASON)
    keys.go('button "锁定这一对"')
    keys.press("Enter")
    desk.sees("已锁定，重新运行后名单才会改变")
    desk.settle()

    keys.press("Escape")
    keys.go('link "操作日志"')
    keys.press("Enter")
    expect(page.get_by_role("heading", level=1, name="操作日志")).to_be_visible()
    desk.sees(REASON)
    page.context.close()
    assert keys.unmarked == []


def test_a_switch_of_the_language_is_told(chromium: Browser, office: Service) -> None:
    desk = logged_in(chromium, office, "analyst")
    desk.page.get_by_text("English", exact=True).click()
    expect(desk.page.get_by_role("heading", level=1, name="Placement list")).to_be_visible()

    expect(desk.page.locator("html")).to_have_attribute("lang", "en")
    desk.page.context.close()
