"""Both sides choose each other, at a telephone, by the keyboard alone, at twice the size: all in place, all kept."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, ViewportSize, expect

from matcher.domain.records import Expert
from matcher.domain.settings import Side
from matcher.pages.party_head import PLACES
from matcher.services import consents, forms, preferences, rounds
from matcher.store import connect, upgrade
from matcher.store.engine import sqlite_url
from tests.browser.conftest import Desk
from tests.browser.test_access import CUT, FULL, Keys, look
from tests.browser.test_parties import fits
from tests.bureau import EXPERTS, NEEDS, WHO
from tests.databases import THE_DAY
from tests.web.conftest import Service, served

PHONE: ViewportSize = {"width": 390, "height": 844}
ZOOMED: ViewportSize = {"width": 720, "height": 450}
"""Of 1440 by 900, at twice the size."""
AT_A_TELEPHONE: dict[str, Any] = {"viewport": PHONE, "has_touch": True}
PAGE: dict[Side, str] = {"firm": "find_experts", "expert": "find_firms"}
WHY = "上一年服务天数不足 *两天*"
MORE = (
    Expert(
        expert_id="E5",
        name="郑铁",
        institution="越州学院",
        research_fields="永磁电机噪声与振动；转子动平衡",
        discipline="机械工程",
        mode="online",
    ),
    Expert(expert_id="E6", name="钱浆", institution="剡溪大学", research_fields="纸浆模塑"),
)
EVERYBODY = ("E1", "E2", "E3", "E4", "E5", "E6")


def starting(word: str) -> re.Pattern[str]:
    """A name that begins so; whom a button is about may follow."""
    return re.compile(f"^{word}")


MORE_STEPS = starting("并列、移到")


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service whose round is choosing; six experts and four needs of three firms."""
    home = tmp_path_factory.mktemp("finding")
    store = connect(sqlite_url(home / "matcher.db"), create=True, clock=lambda: THE_DAY)
    upgrade(store)
    consents.record_basis(store, WHO, "notice", "嵊科〔2026〕3号")
    opened = rounds.open_batch(store, WHO, "2026", 2026)
    motors = replace(EXPERTS[0], discipline="电气工程", mode="onsite", capacity=2, days_per_year=20)
    for record in (motors, *EXPERTS[1:], *MORE, *NEEDS):
        form = forms.submit_form(store, WHO, forms.write_form(store, WHO, opened.id, record))
        forms.accept_form(store, WHO, form)
    rounds.advance(store, WHO, opened.id)
    store.close()
    with served(home) as service:
        yield service


Open = Callable[..., Desk]


@pytest.fixture
def desk_at(chromium: Browser, town: Service) -> Iterator[Open]:
    """Log a party in, at a telephone unless something else is said."""
    contexts = []

    def opened(side: Side, own_id: str, **options: Any) -> Desk:
        contexts.append(chromium.new_context(**(options or AT_A_TELEPHONE)))
        desk = Desk(contexts[-1].new_page(), town)
        name = town.person(f"{own_id}-{len(contexts)}-{side}", side, own_id)
        desk.page.goto(f"{town.origin}/{PAGE[side]}")
        desk.log_in(name)
        return desk

    yield opened
    for context in contexts:
        context.close()


def card(desk: Desk, name: str) -> Locator:
    """Find the card of somebody who may be chosen."""
    return desk.page.locator(f".st-key-card-one-{name}")


def wish(desk: Desk, name: str) -> Locator:
    """Find the line of somebody in one's own list."""
    return desk.page.locator(f".st-key-wish-{name}")


def shows(desk: Desk, *names: str) -> None:
    """Make sure whom the cards come to show, by id, in whatever order."""
    cards = desk.page.locator("[class*=st-key-card-one-]")
    expect(cards).to_have_count(len(names))
    for name in names:
        expect(card(desk, name)).to_be_visible()
    desk.settle()


def lists(desk: Desk, *lines: str) -> None:
    """Make sure how one's own list comes to stand on the page: wishes with places, then who is not wanted and why."""
    expect(desk.page.locator(".st-key-card-own-list p.wish")).to_have_text(lines)
    desk.settle()


def stored(town: Service, side: Side, own_id: str, called: Mapping[str, str]) -> tuple[str, ...]:
    """Write what is stored as the page is to show it."""
    found = preferences.preferences_of(town.store, WHO, rounds.round_named(town.store, WHO).id, side, own_id)
    assert found is not None
    wishes = [
        f"第 {place} 志愿{' · 并列' if len(tier) > 1 else ''}{called[name]}"
        for place, tier in enumerate(found.tiers, 1)
        for name in tier
    ]
    return (*wishes, *(called[name] + why for name, why in found.vetoes))


def close(desk: Desk) -> None:
    """Close the small window, if one is open."""
    window = desk.page.get_by_test_id("stPopoverBody")
    if window.count():
        desk.page.keyboard.press("Escape")
    expect(window).to_have_count(0)


def put_at(desk: Desk, name: str, place: int) -> None:
    """Move somebody of one's own list to a place by its number."""
    field = desk.opened(MORE_STEPS, wish(desk, name)).get_by_label(starting("移到第几志愿"))
    field.fill(str(place))
    field.press("Enter")
    expect(wish(desk, name)).to_contain_text(f"第 {place} 志愿")
    desk.settle()
    close(desk)


def refuse(desk: Desk, name: str, why: str) -> None:
    """Say in place that somebody is not wanted, first without saying why."""
    window = desk.opened(starting("不接受"), card(desk, name))
    desk.press(starting("确定不接受"), window)
    expect(window.get_by_text("没有完成")).to_be_visible()
    window.get_by_role("textbox").fill(why)
    window.get_by_role("textbox").press("Tab")
    desk.settle()
    desk.press(starting("确定不接受"), window)
    expect(card(desk, name)).to_contain_text(why)
    desk.settle()


def unfold(desk: Desk) -> None:
    """Begin anew, with the filters open."""
    desk.open(PAGE["firm"])
    shows(desk, *EVERYBODY)
    desk.page.get_by_text("筛选", exact=True).click()


def narrow(desk: Desk, label: str, option: str) -> None:
    """Keep those of a filter's value, by keyboard: on a telephone the list moves with the page under a finger."""
    field = desk.page.get_by_role("combobox", name=label)
    field.evaluate("e => e.scrollIntoView({block: 'center'})")  # a list closes when the page is scrolled
    desk.settle()
    desk.page.wait_for_function(FULL)  # what unfolds scrolls too
    field.focus()
    at = desk.page.locator("[role=option][data-focused=true]")
    field.press("ArrowDown")
    expect(at).to_have_count(1)
    while (here := at.inner_text()) != option:
        field.press("ArrowDown")
        expect(at).not_to_have_text(here)  # the list follows a press later, and a second one would go past
    field.press("Enter")
    desk.settle()
    field.press("Escape")
    expect(desk.page.get_by_role("button", name=f"Remove {option}")).to_be_visible()


def test_a_firm_searches_compares_and_ranks_at_a_telephone(desk_at: Open, town: Service) -> None:
    desk = desk_at("firm", "F1")
    page = desk.page
    expect(page.get_by_role("heading", name="推荐的专家")).to_be_visible()
    shows(desk, *EVERYBODY)
    expect(page.locator("[class*=st-key-card-one-]").first).to_contain_text("陈永")
    fits(page)

    # Everybody is found, those suggested or not.
    words = page.get_by_role("textbox", name="检索姓名、单位、研究方向")
    words.fill("农残")
    words.press("Enter")
    shows(desk, "E3")
    unfold(desk)
    narrow(desk, "派出单位", "越州学院")
    shows(desk, "E4", "E5")
    page.get_by_role("combobox", name=re.compile("服务方式")).click()
    page.get_by_role("option", name="可以到现场", exact=True).click()
    shows(desk, "E4")
    unfold(desk)
    narrow(desk, "学科", "电气工程")
    shows(desk, "E1")
    desk.open(PAGE["firm"])
    shows(desk, *EVERYBODY)

    compared = page.locator(".compared > .one")
    for count, name in enumerate(("E1", "E4", "E5"), 1):
        desk.press(starting("对比"), card(desk, name))
        expect(compared).to_have_count(count if count > 1 else 0)
        expect(card(desk, name).get_by_role("button", name=starting("移出对比"))).to_be_visible()
    expect(card(desk, "E6").get_by_role("button", name=starting("对比"))).to_be_disabled()
    fits(page)
    desk.press("移出对比：吴燃")
    expect(compared).to_have_count(2)

    for name in ("E4", "E1", "E5"):
        desk.press(starting("加入志愿"), card(desk, name))
        expect(wish(desk, name)).to_be_visible()
    desk.press(starting("上移"), wish(desk, "E1"))
    lists(desk, "第 1 志愿陈永", "第 2 志愿吴燃", "第 3 志愿郑铁")
    put_at(desk, "E5", 1)
    lists(desk, "第 1 志愿郑铁", "第 2 志愿陈永", "第 3 志愿吴燃")
    desk.press(starting("与上一位并列"), desk.opened(MORE_STEPS, wish(desk, "E1")))
    lists(desk, "第 1 志愿 · 并列郑铁", "第 1 志愿 · 并列陈永", "第 2 志愿吴燃")
    close(desk)
    desk.press(starting("移除"), wish(desk, "E4"))
    lists(desk, "第 1 志愿 · 并列郑铁", "第 1 志愿 · 并列陈永")
    refuse(desk, "E3", WHY)
    fits(page)

    now = ("第 1 志愿 · 并列郑铁", "第 1 志愿 · 并列陈永", "周茶" + WHY)
    lists(desk, *now)
    assert now == stored(town, "firm", "F1", {"E1": "陈永", "E3": "周茶", "E5": "郑铁"})
    page.reload()
    desk.settle()
    lists(desk, *now)
    expect(compared).to_have_count(2)


def test_an_expert_says_what_it_can_give_and_ranks_firms_at_a_telephone(desk_at: Open, town: Service) -> None:
    desk = desk_at("expert", "E4")
    page = desk.page
    desk.open("my_profile", form="E4")
    for label, number in (("可服务企业数", "2"), ("可服务天数", "12")):
        field = page.get_by_label(starting(label))
        field.fill(number)
        field.press("Tab")
        desk.settle()
    desk.press("保存并提交")
    desk.sees("已提交，科技局会审核")
    fits(page)
    round_ = rounds.round_named(town.store, WHO)
    (form,) = forms.own_forms(town.store, WHO, round_.id, "expert", "E4")
    assert (form.record.capacity, form.record.days_per_year) == (2, 12)

    desk.open(PAGE["expert"])
    desk.sees("资料通过审核后才能选企业")
    forms.accept_form(town.store, WHO, form)
    page.reload()
    desk.settle()
    called = {need.need_id: f"{need.name} · {need.need_title}" for need in NEEDS}
    for name in ("N21", "F3", "F1"):
        desk.press(starting("加入志愿"), card(desk, name))
        expect(wish(desk, name)).to_be_visible()
        desk.settle()
    desk.press(starting("下移"), wish(desk, "N21"))
    now = tuple(f"第 {n} 志愿{called[name]}" for n, name in enumerate(("F3", "N21", "F1"), 1))
    lists(desk, *now)
    fits(page)
    assert now == stored(town, "expert", "E4", called)
    page.reload()
    desk.settle()
    lists(desk, *now)


def test_a_pair_is_ranked_by_keyboard_alone(desk_at: Open) -> None:
    desk = desk_at("firm", "F3", viewport={"width": 1440, "height": 900})
    keys = Keys(desk)
    keys.go('button "加入志愿')
    keys.press("Enter")
    lists(desk, "第 1 志愿吴燃")
    keys.go('button "加入志愿')
    keys.press("Space")
    expect(desk.page.locator("p.wish")).to_have_count(2)
    desk.settle()
    assert keys.unmarked == []


@pytest.mark.parametrize(("side", "own_id"), [("firm", "F2"), ("expert", "E1")])
def test_with_all_opened_axe_finds_nothing_and_nobody_scrolls_sideways(desk_at: Open, side: Side, own_id: str) -> None:
    desk = desk_at(side, own_id)
    others = ("E2", "E3", "E1") if side == "firm" else ("N21", "N22", "F1")
    for name in others[:2]:
        desk.press(starting("加入志愿"), card(desk, name))
        expect(wish(desk, name)).to_be_visible()
    for lang, size in (("zh", PHONE), ("en", PHONE), ("zh", ZOOMED), ("en", ZOOMED)):
        desk.page.set_viewport_size(size)
        desk.open(PAGE[side], compare=";".join(others), lang=lang)
        expect(desk.page.locator(".compared > .one")).to_have_count(3)
        desk.settle()
        for summary in reversed(desk.page.locator("details:not([open]) > summary").all()):
            summary.click()
        found = look(desk.page, PAGE[side]) if size == PHONE else None
        assert found is None or (found.violations, found.facts["unlabelled"]) == ([], [])
        nothing_is_cut(desk)
        for window in (card(desk, others[2]), wish(desk, others[0])) if (lang, size) == ("zh", PHONE) else ():
            window.get_by_test_id("stPopover").get_by_role("button").click()
            body = desk.page.get_by_test_id("stPopoverBody")
            expect(body).to_be_visible()
            desk.settle()
            box = body.bounding_box()
            assert box is not None
            assert (box["x"] >= 0, box["x"] + box["width"] <= size["width"]) == (True, True)
            assert look(desk.page, PAGE[side], "[data-testid=stPopoverBody]").violations == []
            close(desk)
    for name in (PLACES[side]["form"], "my_results"):
        desk.open(name)
        expect(desk.page.get_by_role("heading", level=1)).to_be_visible()
        desk.settle()
        nothing_is_cut(desk)


def nothing_is_cut(desk: Desk) -> None:
    """Make sure that nobody scrolls sideways, and that nothing is cut or lies over the title."""
    cut = desk.page.evaluate(CUT)
    assert {key: cut[key] for key in ("wide", "cut", "over")} == {"wide": [], "cut": [], "over": []}
