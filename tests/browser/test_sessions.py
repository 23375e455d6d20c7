"""Logging in and out, as browsers with several tabs do it."""

from collections.abc import Callable

from playwright.sync_api import expect

from tests.browser.conftest import LONG_MS, Desk

Open = Callable[..., Desk]


def test_a_refresh_keeps_the_login(desk_of: Open) -> None:
    desk = desk_of("refreshing")
    desk.page.reload()
    desk.settle()

    expect(desk.page.get_by_role("heading", level=1, name="总览")).to_be_visible()


def test_the_language_stays_from_page_to_page(desk_of: Open) -> None:
    desk = desk_of("speaking")
    desk.page.get_by_text("English", exact=True).click()
    expect(desk.page.get_by_role("heading", level=1, name="Overview")).to_be_visible()
    desk.go("Placement list")

    assert "lang=en" in desk.page.url


def test_logging_out_in_one_tab_ends_the_other(desk_of: Open) -> None:
    desk = desk_of("two tabs")
    other = desk.page.context.new_page()
    other.goto(desk.service.origin)
    expect(other.get_by_role("heading", level=1, name="总览")).to_be_visible()
    desk.page.get_by_role("link", name="退出登录").click()
    desk.page.get_by_role("button", name="退出登录").click()
    desk.page.wait_for_url("**/account/login**")

    other.wait_for_url("**/account/login**", timeout=LONG_MS)
