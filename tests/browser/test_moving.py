"""One's own list by keyboard, by ear and in haste: who is moved keeps the focus, and no click is lost."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from matcher.services import preferences
from matcher.store.entities import Draft
from tests.browser.conftest import Desk, Service
from tests.browser.test_access import look
from tests.bureau import WHO, choosing

Open = Callable[..., Desk]

PRESSED = """async ([gap, selectors]) => {
  for (const selector of selectors) {
    let button;
    while (!(button = document.querySelector(selector))) await new Promise((done) => setTimeout(done, 10));
    button.click();
    await new Promise((done) => setTimeout(done, gap));
  }
}"""
"""Presses with a gap that no slow test driver can stretch; nobody presses what is not drawn."""
TYPED_ON = """() => {
  window.typing = setInterval(() => document.execCommand("insertText", false, "字"), 300);
}"""
"""Types without a pause, at whatever pace a driver goes."""


@pytest.fixture
def desk(desk_of: Open, house: Service, request: pytest.FixtureRequest) -> Desk:
    round_ = choosing(house.store, request.node.name)
    stated = (("E1",), ("E2",), ("E4",))
    preferences.state_preferences(house.store, WHO, round_.id, "firm", "F1", tiers=stated)
    desk = desk_of(request.node.name, "firm", "F1")
    desk.open("find_experts")
    return desk


def go(desk: Desk, key: str, *order: str) -> None:
    """Press a button by keyboard, and see who stands where, and that the keyboard is still on the button."""
    button = desk.page.locator(f".st-key-{key} button")
    button.focus()
    desk.page.keyboard.press("Enter")
    desk.settle()
    expect(desk.page.locator("[class*=st-key-wish-] p.wish")).to_contain_text(order)
    expect(button).to_be_focused()


def test_the_keyboard_stays_with_whoever_is_moved(desk: Desk) -> None:
    go(desk, "up-list-E2", "林蓝", "陈永", "吴燃")
    go(desk, "up-list-E2", "林蓝", "陈永", "吴燃")
    go(desk, "down-list-E2", "陈永", "林蓝", "吴燃")
    go(desk, "down-list-E2", "陈永", "吴燃", "林蓝")
    go(desk, "down-list-E2", "陈永", "吴燃", "林蓝")
    go(desk, "up-list-E4", "吴燃", "陈永", "林蓝")

    # And in the window that ties and numbers.
    desk.press("并列、移到… 陈永", desk.page.locator(".st-key-steps-list-E1"))
    go(desk, "tie-list-E1", "吴燃", "陈永", "林蓝")
    wishes = desk.page.locator("[class*=st-key-wish-] p.wish")
    expect(wishes.first).to_contain_text("并列")
    desk.page.wait_for_timeout(600)  # sooner it would be the second half of a double click, which is no wish
    go(desk, "tie-list-E1", "吴燃", "陈永", "林蓝")
    expect(wishes.first).not_to_contain_text("并列")
    number = desk.page.get_by_role("spinbutton", name="移到第几志愿")
    number.fill("1")
    number.press("Enter")
    desk.settle()
    expect(number).to_be_focused()
    expect(desk.page.locator("[class*=st-key-wish-] p.wish").first).to_contain_text("陈永")


def test_clicks_that_come_before_the_last_one_is_drawn_are_all_carried_out(desk: Desk, house: Service) -> None:
    page = desk.page
    for key in ("up-list-E4", "up-list-E4", "in-E3", "down-list-E4"):
        page.locator(f".st-key-{key} button").first.dispatch_event("click")
        page.wait_for_timeout(100)  # as fast as a hand is, and faster than the page
    expect(page.locator("[class*=st-key-wish-] p.wish")).to_contain_text(["陈永", "吴燃", "林蓝", "周茶"])
    desk.settle()
    expect(page.get_by_text("没有完成")).to_have_count(0)

    # The button that removes is the one that adds: two clicks of a shaking hand are not both.
    for _ in range(2):
        page.locator(".st-key-in-E3 button").first.dispatch_event("click")
        page.wait_for_timeout(130)
    desk.settle()
    expect(page.locator("[class*=st-key-wish-] p.wish")).to_contain_text(["陈永", "吴燃", "林蓝"])

    # A reason is sent straight from its field.
    window = desk.opened("不接受 周茶", page.locator(".st-key-card-one-E3"))
    window.get_by_role("textbox").fill("去年合作过")
    window.get_by_role("button", name="确定不接受").click()
    desk.sees("已保存，不接受：周茶")
    expect(page.locator(".st-key-vetoed-E3")).to_contain_text("去年合作过")
    with house.store.reading() as view:
        assert view.listed(Draft) == []


def test_a_number_that_is_no_place_moves_nobody_and_comes_back(desk: Desk) -> None:
    wishes = desk.page.locator("[class*=st-key-wish-] p.wish")
    number = desk.opened("并列、移到… 林蓝", desk.page.locator(".st-key-steps-list-E2")).get_by_role("spinbutton")
    for typed, key in (("", "Enter"), ("0", "Enter"), ("-2", "Enter"), ("", "Tab")):
        expect(number).to_have_value("2")
        number.fill(typed)
        number.press(key)
        desk.settle()
        expect(number).to_have_value("2")
        expect(wishes).to_contain_text(("陈永", "林蓝", "吴燃"))
        if key == "Enter":
            expect(number).to_be_focused()
    number.fill("99999999999999999999")
    number.press("Enter")
    expect(wishes).to_contain_text(("陈永", "吴燃", "林蓝"))
    expect(number).to_have_value("3")


def test_all_who_are_put_side_by_side_in_haste_stand_there_and_a_double_click_is_one(desk: Desk) -> None:
    page, beside = desk.page, desk.page.locator("[class*=st-key-compare-] button").filter(has_text="移出对比")
    for gap, names in ((60, ("E1", "E1")), (150, ("E2", "E2")), (130, ("E2", "E1", "E4"))):
        desk.open("find_experts")
        expect(beside).to_have_count(0)
        page.evaluate(PRESSED, [gap, [f".st-key-compare-{name} button" for name in names]])
        for name in set(names):
            expect(page.locator(f".st-key-compare-{name} button")).to_contain_text("移出对比")
        desk.settle()
        expect(beside).to_have_count(len(set(names)))
    page.reload()
    desk.settle()
    expect(beside).to_have_count(3)


def test_each_button_is_heard_with_whom_it_is_about_and_a_reason_survives_a_refresh(desk: Desk, house: Service) -> None:
    assert look(desk.page, "find_experts").violations == []
    buttons = desk.page.locator("[class*=st-key-steps-] button, [class*=st-key-do-] button")
    expect(buttons).to_have_count(21)
    # The list and a card say the same of each of the three who are in both: that they can be taken out.
    assert len({*buttons.all_text_contents()}) == 21 - 3
    button = desk.page.locator(".st-key-steps-list-E2").get_by_role("button", name="上移 林蓝", exact=True)
    expect(button).to_be_visible()
    name = button.locator(".stMarkdownColoredBackground").bounding_box()
    assert name is not None
    assert (name["width"], name["height"]) == (1, 1)

    desk.press("不接受 周茶")
    window = desk.page.get_by_test_id("stPopoverBody")
    window.get_by_role("textbox").fill("去年合作过")
    window.get_by_role("textbox").press("Tab")
    expect(window.get_by_text("已自动留存")).to_be_visible()
    desk.page.reload()
    desk.settle()
    desk.press("不接受 周茶")
    expect(window.get_by_role("textbox")).to_have_value("去年合作过")
    window.get_by_role("textbox").fill("去年合作过，方向不符")
    window.get_by_role("textbox").press("Tab")
    desk.settle()
    desk.press("确定不接受", window)
    desk.sees("去年合作过，方向不符")
    with house.store.reading() as view:
        assert view.listed(Draft) == []


def test_a_window_that_is_closed_moves_nobody_when_others_are_moved(desk: Desk) -> None:
    page, wishes = desk.page, desk.page.locator("[class*=st-key-wish-] p.wish")
    window = desk.opened("并列、移到… 陈永", page.locator(".st-key-steps-list-E1"))
    number = window.get_by_role("spinbutton")
    expect(number).to_have_value("1")
    page.keyboard.press("Escape")
    expect(window).to_have_count(0)
    for key, order in (("E2", ("林蓝", "陈永", "吴燃")), ("E4", ("林蓝", "吴燃", "陈永"))):
        page.locator(f".st-key-up-list-{key} button").click()
        expect(wishes).to_contain_text(order)
        desk.settle()

    # Nor where a number was typed, though the next press comes before the window is gone from the page.
    desk.opened("并列、移到… 陈永", page.locator(".st-key-steps-list-E1"))
    expect(number).to_have_value("3")
    number.fill("1")
    number.press("Enter")
    expect(wishes).to_contain_text(("陈永", "林蓝", "吴燃"))
    desk.settle()
    page.keyboard.press("Escape")
    for key in ("up-list-E2", "in-E3"):  # whose order is no matter: at once they come in any
        page.locator(f".st-key-{key} button").dispatch_event("click")
    for _ in range(2):
        expect(wishes).to_contain_text(("林蓝", "陈永", "吴燃", "周茶"))
        desk.settle()


def test_what_is_typed_without_a_pause_is_kept_and_what_is_closed_or_left_in_haste(desk: Desk) -> None:
    page = desk.page
    window = desk.opened("不接受 周茶")
    field = window.get_by_role("textbox")
    field.click()
    page.evaluate(TYPED_ON)
    expect(window.get_by_text("已自动留存")).to_be_visible()
    page.evaluate("clearInterval(window.typing)")
    desk.settle()
    typed = field.input_value()

    page.keyboard.type("，关上")
    page.keyboard.press("Escape")
    expect(window).to_have_count(0)
    desk.settle()
    desk.press("不接受 周茶")
    expect(field).to_have_value(f"{typed}，关上")

    field.press("Control+End")
    page.keyboard.type("，刷新")
    page.reload()
    desk.settle()
    desk.press("不接受 周茶")
    expect(field).to_have_value(f"{typed}，关上，刷新")
