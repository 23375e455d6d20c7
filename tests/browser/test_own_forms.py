"""A manager at a telephone: what was typed is never lost, and everything can be read, reached and pressed."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, ViewportSize, WebSocketRoute, expect

from matcher.domain.settings import Side
from matcher.services import sessions
from matcher.store.entities import Account
from tests.browser.conftest import Desk, Service, drafted
from tests.browser.test_access import CUT, look
from tests.bureau import NEEDS, WHO, collecting

Open = Callable[..., Desk]
FIELD = "需求名称 *"
PHONE: ViewportSize = {"width": 390, "height": 844}


def says(desk: Desk, words: str) -> None:
    expect(desk.page.get_by_role("textbox", name=FIELD, exact=True)).to_have_value(words)


def test_what_was_typed_survives_a_refresh_the_end_of_a_login_and_a_lost_connection(
    desk_of: Open, house: Service
) -> None:
    collecting(house.store, "草稿")
    desk = desk_of("孙经理", "firm", "F1")
    sockets: list[WebSocketRoute] = []
    is_cut = False

    def through(socket: WebSocketRoute) -> None:
        sockets.append(socket)
        if is_cut:
            socket.close()
        else:
            socket.connect_to_server()

    desk.page.route_web_socket("**/_stcore/stream", through)
    desk.open(form="F1")
    says(desk, NEEDS[0].need_title)
    desk.write(FIELD, "刷新以后还在")
    desk.page.reload()
    desk.settle()
    says(desk, "刷新以后还在")

    # The train goes into a tunnel in the middle of a sentence, and comes out again.
    field = desk.page.get_by_role("textbox", name=FIELD, exact=True)
    field.fill("断线时写的")
    is_cut = True
    sockets[-1].close()
    expect(field).to_be_disabled()
    is_cut = False
    expect(field).to_be_enabled()
    says(desk, "断线时写的")
    field.press("Tab")
    desk.settle()
    desk.page.reload()
    desk.settle()
    says(desk, "断线时写的")
    assert drafted(house, "孙经理", "need_title") == ["断线时写的"]

    with house.store.writing(WHO.name) as work:
        sessions.end_all(work, work.get(Account, name="孙经理").id)
    desk.page.goto(f"{house.origin}/?form=F1")
    desk.log_in("孙经理")
    desk.open(form="F1")
    says(desk, "断线时写的")

    desk.press("保存并提交")
    desk.sees("已提交，科技局会审核")
    desk.sees("断线时写的")
    assert drafted(house, "孙经理", "need_title") == []


@pytest.fixture
def phones(chromium: Browser, house: Service) -> Iterator[Callable[[Side, str], Desk]]:
    contexts = []

    def opened(side: Side, own_id: str) -> Desk:
        contexts.append(chromium.new_context(viewport=PHONE))
        desk = Desk(contexts[-1].new_page(), house)
        name = house.person(f"phone-{own_id}", side, own_id)
        desk.page.goto(house.origin)
        desk.log_in(name)
        return desk

    yield opened
    for context in contexts:
        context.close()


@pytest.mark.parametrize(("side", "own_id", "page"), [("firm", "F2", "my_needs"), ("expert", "E1", "my_profile")])
def test_at_a_telephone_nothing_is_cut_and_axe_finds_nothing(
    phones: Callable[[Side, str], Desk], house: Service, side: Side, own_id: str, page: str
) -> None:
    collecting(house.store, f"手机 {side}")
    desk = phones(side, own_id)
    for form in ("", "N21" if side == "firm" else "E1"):
        for lang in ("zh", "en"):
            desk.open(form=form, lang=lang)
            for summary in reversed(desk.page.locator("details:not([open]) > summary").all()):
                summary.click()
            desk.settle()
            found = look(desk.page, f"{page} {form} {lang}")
            assert found.violations == []
            assert (found.facts["unlabelled"], found.facts["headings"][0]) == ([], 1)
            cut = desk.page.evaluate(CUT)
            assert (cut["wide"], cut["cut"], cut["over"]) == ([], [], [])
            low = desk.page.locator(".st-key-party button:visible").all()
            heights = [box["height"] for one in low if (box := one.bounding_box()) and one.inner_text().strip()]
            assert min(heights) >= 44
