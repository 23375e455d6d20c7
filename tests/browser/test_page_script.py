"""What our script adds to Streamlit's page: fields kept while typed in, windows by keyboard, words of its own."""

import re
from collections.abc import Callable

from playwright.sync_api import WebSocketRoute, expect

from tests.browser.conftest import Desk, Service, drafted
from tests.bureau import collecting

Open = Callable[..., Desk]
DETAIL, ENDS = "需求详情", "温升比同行高八度，夏天更高"
HIDE = """() => {
  Object.defineProperty(document, "hidden", {value: true});
  document.dispatchEvent(new Event("visibilitychange"));
}"""
"""As when somebody turns to another application."""


def test_what_is_being_typed_is_kept_in_a_pause_though_the_field_was_never_left(desk_of: Open, house: Service) -> None:
    collecting(house.store, "停顿")
    desk = desk_of("钱经理", "firm", "F1")
    desk.open(form="F1")
    field = desk.page.get_by_role("textbox", name=DETAIL)
    field.click()
    field.press("Control+End")
    desk.page.keyboard.type("，温升比同行高八度")
    desk.sees("已自动留存")
    expect(field).to_be_focused()
    desk.page.keyboard.type("，夏天更高")
    desk.page.evaluate(HIDE)
    desk.settle()
    assert drafted(house, "钱经理", "need_detail")[0].endswith(ENDS)
    desk.page.reload()
    desk.settle()
    expect(desk.page.get_by_role("textbox", name=DETAIL)).to_have_value(re.compile(f"{ENDS}$"))
    desk.press("放弃没保存的修改")
    desk.sees("已放弃")


def test_a_small_window_opened_by_keyboard_takes_the_focus_and_gives_it_back(desk_of: Open, house: Service) -> None:
    collecting(house.store, "小窗")
    desk = desk_of("李主任")
    desk.go("账号")
    button = desk.page.locator("[data-testid=stPopover] button:visible").first
    button.focus()
    desk.page.keyboard.press("Enter")
    body = desk.page.get_by_test_id("stPopoverBody")
    expect(body).to_be_visible()
    expect(body.locator(":focus")).to_have_count(1)
    desk.page.keyboard.press("Escape")
    expect(body).to_have_count(0)
    expect(button).to_be_focused()


def test_a_lost_connection_is_told_in_the_readers_language_and_no_longer_once_it_is_back(
    desk_of: Open, house: Service
) -> None:
    collecting(house.store, "断线")
    desk = desk_of("周经理", "firm", "F2")
    sockets: list[WebSocketRoute] = []
    is_cut = False

    def through(socket: WebSocketRoute) -> None:
        sockets.append(socket)
        if is_cut:
            socket.close()
        else:
            socket.connect_to_server()

    desk.page.route_web_socket("**/_stcore/stream", through)
    desk.page.route("**/account/alive", lambda route: route.abort() if is_cut else route.continue_())
    desk.page.route("**/_stcore/h*", lambda route: route.abort() if is_cut else route.continue_())
    desk.page.reload()
    desk.settle()
    is_cut = True
    sockets[-1].close()
    told = desk.page.get_by_role("alert").filter(has_text="连接已断开")
    expect(told).to_be_visible()
    desk.page.wait_for_timeout(3_000)
    expect(desk.page.get_by_text("Connection error")).not_to_be_visible()
    is_cut = False
    expect(told).to_have_count(0, timeout=60_000)
