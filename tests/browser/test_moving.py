"""One's own list by ear: each button says whom it is about, and a reason that was typed survives a refresh."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from matcher.services import preferences
from matcher.store.entities import Draft
from tests.browser.conftest import Desk, Service
from tests.browser.test_access import look
from tests.bureau import WHO, choosing

Open = Callable[..., Desk]


@pytest.fixture
def desk(desk_of: Open, house: Service, request: pytest.FixtureRequest) -> Desk:
    round_ = choosing(house.store, request.node.name)
    stated = (("E1",), ("E2",), ("E4",))
    preferences.state_preferences(house.store, WHO, round_.id, "firm", "F1", tiers=stated)
    desk = desk_of(request.node.name, "firm", "F1")
    desk.open("find_experts")
    return desk


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
