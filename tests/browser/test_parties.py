"""From the sheet of paper to a confirmed placement, as a firm's manager and an expert go it: on a telephone."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import pytest
from playwright.sync_api import Browser, Page, expect

from matcher.services import accounts, publishing
from matcher.services.accounts import Invited
from matcher.services.papers import INVITE
from matcher.services.passwords import LEAST
from matcher.store import connect, upgrade
from matcher.store.engine import sqlite_url
from matcher.store.entities import PlacedPair
from tests import bureau
from tests.browser.conftest import Desk
from tests.bureau import WHO
from tests.databases import THE_DAY
from tests.web.conftest import PASSWORD, Service, served

PHONE = {"width": 390, "height": 844}


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service whose list is before both sides; nobody has an account yet."""
    home = tmp_path_factory.mktemp("parties")
    store = connect(sqlite_url(home / "matcher.db"), create=True)
    upgrade(store)
    bureau.proposed(replace(store, clock=lambda: THE_DAY), answer_by=date(2099, 1, 1))
    store.close()
    with served(home) as service:
        yield service


@pytest.fixture(scope="module")
def sheets(town: Service) -> dict[str | None, Invited]:
    """The invitations, by party."""
    return {invited.account.party: invited for invited in accounts.invite_parties(town.store, WHO, 1)}


@pytest.fixture
def phone(chromium: Browser) -> Iterator[Page]:
    context = chromium.new_context(viewport=PHONE, has_touch=True)  # ty: ignore[invalid-argument-type]
    yield context.new_page()
    context.close()


def come_in(desk: Desk, invited: Invited) -> None:
    """Follow the link of a sheet, as its QR code does, to the pages, without a detour."""
    page = desk.page
    page.goto(desk.service.origin + INVITE + invited.token)
    expect(page.get_by_text(invited.account.name, exact=True)).to_be_visible()
    expect(page.get_by_text("请记下这个账号")).to_be_visible()
    expect(page.get_by_label("新密码")).to_have_attribute("minlength", str(LEAST))
    fits(page)
    page.get_by_label("新密码").fill(PASSWORD)
    page.get_by_label("再输一遍").fill(PASSWORD)
    page.get_by_role("button", name="设定密码并登录").click()
    page.get_by_role("button", name="我已阅读，继续").click()
    desk.settle()
    if not page.get_by_role("heading", level=1, name="我的结果").is_visible():
        desk.open("my_results")
    expect(page.get_by_role("heading", level=1, name="我的结果")).to_be_visible()
    fits(page)


def fits(page: Page) -> None:
    """Make sure that nothing is wider than the telephone."""
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    wide = "[...document.querySelectorAll('[data-testid=stMain] *')].filter(e => e.getBoundingClientRect().right > 391)"
    assert page.evaluate(f"{wide}.filter(e => e.checkVisibility()).length") == 0


def pair(town: Service, expert_id: str) -> PlacedPair:
    return next(row for row in publishing.placements(town.store, WHO, 1) if row.expert_id == expert_id)


def test_a_firm_and_its_expert_come_by_their_sheets_and_confirm(
    chromium: Browser, town: Service, sheets: dict[str | None, Invited]
) -> None:
    for party, other in (("F1", "陈永"), ("E1", "嵊星电机")):
        context = chromium.new_context(viewport=PHONE, has_touch=True)  # ty: ignore[invalid-argument-type]
        desk = Desk(context.new_page(), town)
        come_in(desk, sheets[party])
        desk.sees(other)
        desk.press("接受")
        desk.sees("已记下：您接受")
        desk.page.reload()
        desk.settle()
        desk.sees("还可以改为谢绝")
        expect(desk.page.get_by_role("button", name="接受", exact=True)).to_have_count(0)
        context.close()

    assert pair(town, "E1").state == "confirmed"


def test_who_declines_is_asked_why_in_place_and_loses_nothing(
    phone: Page, town: Service, sheets: dict[str | None, Invited]
) -> None:
    desk = Desk(phone, town)
    come_in(desk, sheets["E4"])
    window = desk.opened("谢绝……")
    desk.press("谢绝这一对", window)
    expect(window.get_by_text("请写明理由")).to_be_visible()
    window.get_by_label("为什么不合适（必填）").fill("出国半年")
    desk.press("谢绝这一对", window)
    desk.sees("您没有接受")
    fits(phone)

    now = pair(town, "E4")
    assert (now.ending, now.expert_reason) == ("declined", "出国半年")


def test_who_was_left_out_reads_what_comes_next(phone: Page, town: Service, sheets: dict[str | None, Invited]) -> None:
    desk = Desk(phone, town)
    come_in(desk, sheets["E3"])
    desk.sees("这一轮没有为您安排")
    desk.sees("已通过的资料会自动带入下一轮（补录），不必重填；届时可以修改志愿。")


def test_a_link_opens_once(phone: Page, town: Service, sheets: dict[str | None, Invited]) -> None:
    come_in(Desk(phone, town), sheets["F2"])
    phone.context.clear_cookies()
    phone.goto(town.origin + INVITE + sheets["F2"].token)
    expect(phone.get_by_role("heading", name="这个链接已失效")).to_be_visible()
    fits(phone)
