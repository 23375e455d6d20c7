"""Those who press twice, type on, or go on by Tab before the page is drawn anew: done once, and nothing lost."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, expect

from matcher.services import following
from matcher.store import connect, upgrade
from matcher.store.engine import sqlite_url
from matcher.store.entities import NeedForm, PlacedPair
from tests import bureau
from tests.browser.conftest import Desk
from tests.bureau import WHO, collecting, later
from tests.databases import THE_DAY
from tests.web.conftest import Service, served

Open = Callable[..., Desk]
GAPS_MS = (20, 130)
"""Between the two clicks of a hand that shakes."""


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service with a list in force, and after it a round that collects needs."""
    home = tmp_path_factory.mktemp("haste")
    store = connect(sqlite_url(home / "matcher.db"), create=True, clock=lambda: THE_DAY)
    upgrade(store)
    bureau.active(store)
    collecting(later(store, 40), "2027")
    store.close()
    with served(home) as service:
        yield service


@pytest.fixture
def desk_at(chromium: Browser, town: Service, request: pytest.FixtureRequest) -> Iterator[Open]:
    contexts = []

    def opened(side: str, own_id: str, page: str, **query: object) -> Desk:
        contexts.append(chromium.new_context(viewport={"width": 1440, "height": 900}))
        desk = Desk(contexts[-1].new_page(), town)
        name = town.person(f"{own_id} {request.node.name}", side, own_id)  # ty: ignore[invalid-argument-type]
        desk.page.goto(town.origin)
        desk.log_in(name)
        desk.open(page, **query)
        return desk

    yield opened
    for context in contexts:
        context.close()


def twice(desk: Desk, selector: str, gap: int) -> None:
    """Press a button twice, as it was there at the first press."""
    desk.page.evaluate(
        """([selector, gap]) => {
          const press = () => document.querySelector(selector)?.click();
          press();
          setTimeout(press, gap);
        }""",
        [selector, gap],
    )
    desk.page.wait_for_timeout(gap + 100)
    desk.settle()
    expect(desk.page.get_by_text("页面出错了")).to_have_count(0)


@pytest.mark.parametrize("gap", GAPS_MS)
def test_an_entry_of_the_service_log_is_made_once(desk_at: Open, town: Service, gap: int) -> None:
    with town.store.reading() as view:
        pair = next(row for row in view.listed(PlacedPair) if row.expert_id == "E1")
    desk = desk_at("expert", "E1", "my_results")
    desk.press("记一笔服务")
    field = desk.page.get_by_role("textbox", name="做了什么")
    field.fill(f"到厂，间隔 {gap}")
    field.press("Tab")
    desk.settle()
    twice(desk, f".st-key-entry-{pair.id}-do button", gap)
    desk.sees("已记入")
    said = [entry.done for entry in following.service_log(town.store, WHO, pair.id)]
    assert said.count(f"到厂，间隔 {gap}") == 1


@pytest.mark.parametrize("gap", GAPS_MS)
def test_a_need_is_handed_in_once(desk_at: Open, town: Service, gap: int) -> None:
    desk = desk_at("firm", "F1", "my_needs", form="new")
    desk.write("需求名称 *", f"定子绕线节拍 {gap}")
    twice(desk, ".st-key-save_submit button", gap)
    desk.sees("已提交")
    with town.store.reading() as view:
        titles = [form.record.need_title for form in view.listed(NeedForm)]
    assert titles.count(f"定子绕线节拍 {gap}") == 1


def test_tab_goes_on_from_a_field_that_was_typed_in(desk_at: Open) -> None:
    desk = desk_at("firm", "F2", "my_needs", form="new")
    field = desk.page.get_by_role("textbox", name="需求名称 *", exact=True)
    field.click()
    desk.page.keyboard.type("定子绕线")
    desk.page.keyboard.press("Tab")
    desk.settle()
    expect(field).not_to_be_focused()
    desk.page.keyboard.press("Shift+Tab")
    expect(field).to_be_focused()
    detail = desk.page.get_by_role("textbox", name="需求详情")
    detail.click()
    desk.page.keyboard.type("现在节拍 12 秒")
    desk.page.keyboard.press("Tab")
    desk.settle()
    expect(detail).not_to_be_focused()
    expect(field).to_have_value("定子绕线")
    expect(detail).to_have_value("现在节拍 12 秒")


def test_a_small_window_that_is_opened_later_holds_what_was_kept(desk_at: Open) -> None:
    desk = desk_at("expert", "E1", "my_results")
    desk.press("记一笔服务")
    field = desk.page.get_by_role("textbox", name="做了什么")
    field.fill("写了一半")
    field.press("Tab")
    desk.sees("已自动留存")
    desk.page.reload()
    desk.settle()
    for summary in desk.page.locator("details > summary").all():
        if summary.is_visible():
            summary.click()
            desk.settle()
    desk.press("记一笔服务")
    expect(field).to_have_value("写了一半")
    expect(desk.page.get_by_role("spinbutton", name="天数")).to_have_value("1.0")
