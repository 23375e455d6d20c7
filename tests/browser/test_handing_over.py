"""Between people: an analyst's weights become the office's list; who declines is placed in the next round."""

import re
import tomllib
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from matcher.domain.moments import china_day
from matcher.domain.roles import Role
from matcher.domain.settings import Settings, Side
from matcher.services import consents, forms, proposing, publishing, rounds, runs, scenarios
from matcher.services.freezing import SETTINGS
from matcher.store import Store, connect, upgrade
from matcher.store.engine import sqlite_url
from matcher.store.entities import PlacedPair, Round
from tests import bureau
from tests.browser.conftest import Desk
from tests.browser.test_access import Keys
from tests.browser.test_finding import AT_A_TELEPHONE, MORE, ZOOMED, card, nothing_is_cut, starting, wish
from tests.browser.test_parties import fits
from tests.browser.test_year import await_run
from tests.bureau import EXPERTS, NEEDS, WHO, expert, party
from tests.databases import THE_DAY
from tests.web.conftest import Service, served

WHY = "去年合作过，这次想换方向"
SIDES: tuple[Side, ...] = ("firm", "expert")
AT_A_DESK: dict[str, Any] = {"viewport": {"width": 1440, "height": 900}}
Open = Callable[..., Desk]


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service whose round is matched in one way; its market has one expert more for motors than it needs."""
    home = tmp_path_factory.mktemp("handing")
    store = connect(sqlite_url(home / "matcher.db"), create=True, clock=lambda: THE_DAY)
    upgrade(store)
    bureau.ran(store, matching(store))
    store.close()
    with served(home) as service:
        yield service


def matching(store: Store) -> Round:
    consents.record_basis(store, WHO, "notice", "嵊科〔2026〕3号")
    opened = rounds.open_batch(store, WHO, "2026", 2026)
    for record in (*EXPERTS, MORE[0], *NEEDS):
        form = forms.submit_form(store, WHO, forms.write_form(store, WHO, opened.id, record))
        forms.accept_form(store, WHO, form)
    choosing = rounds.advance(store, WHO, opened.id)
    return rounds.advance(store, WHO, choosing.id)


def reason_of(store: Store, firm_id: str) -> str | None:
    """Read why a firm declined."""
    with store.reading() as view:
        (placed,) = view.listed(PlacedPair, firm_id=firm_id, ending="declined")
    return placed.firm_reason


def placed_with(store: Store, round_: Round, expert_id: str) -> PlacedPair:
    return next(row for row in publishing.placements(store, WHO, round_.id) if row.expert_id == expert_id)


def in_force(store: Store, confirming: Round) -> None:
    """Let the others accept, publish the list, and let the notice go by."""
    for placed in publishing.placements(store, WHO, confirming.id):
        for side in SIDES if placed.state == "proposed" else ():
            proposing.answer(store, party(placed, side), placed.id, side, accepts=True)
    today = china_day(store.now())
    terms: dict[str, Any] = bureau.NOTICE | {"notice": (today, today + timedelta(days=14))}
    publishing.publish(store, WHO, confirming.id, **terms)
    publishing.activate(bureau.later(store, 20), WHO, confirming.id)


@pytest.fixture
def desk_of(chromium: Browser, town: Service) -> Iterator[Open]:
    """Log somebody in, in a browser of their own."""
    contexts = []

    def opened(name: str, role: Role = "administrator", own_id: str | None = None, **options: Any) -> Desk:
        contexts.append(chromium.new_context(**(options or AT_A_DESK)))
        desk = Desk(contexts[-1].new_page(), town)
        kept = town.person(name, role, own_id)
        desk.page.goto(town.origin)
        desk.log_in(kept)
        return desk

    yield opened
    for context in contexts:
        context.close()


def test_an_analyst_turns_weights_and_the_office_runs_by_the_very_file(desk_of: Open, town: Service) -> None:
    analyst = desk_of("钱力", "analyst")
    page = analyst.page
    analyst.open("tuning")
    analyst.sees(re.compile("：0 项的第一名换了人"))
    analyst.settle()
    slider = page.get_by_role("slider", name="职称").first
    slider.focus()
    slider.press("End")
    expect(slider).to_have_attribute("aria-valuetext", "1.00")
    analyst.settle()
    analyst.press("按这些权重试配一次")
    analyst.sees("与最近一次运行相比")
    window = analyst.opened("存为自己的方案")
    analyst.write("新方案的名称", "重职称", window)
    analyst.press("存为自己的方案", window)
    analyst.sees("方案“重职称”已建立")
    file = analyst.take(page.get_by_role("link", name="下载设置"))
    assert tomllib.loads(file.decode())["ranking"]["firm"]["title"] == 1.0

    office = desk_of("王科长")
    office.open("running")
    window = office.opened("新方案")
    office.write("方案名称", "分析员的权重", window)
    office.upload(**{"设置文件（可不选）": ("settings.toml", file, "application/toml")})
    office.press("建立", window)
    office.sees("方案“分析员的权重”已建立")
    office.press("运行")
    await_run(office)
    office.go("方案")
    facts = office.page.locator(".st-key-card-scenario")
    expect(facts).to_contain_text("分析员的权重")
    expect(facts).to_contain_text("职称 51%")

    theirs, made = scenarios.scenarios(town.store, WHO, 1)[-2:]
    assert Settings.model_validate(made.settings) == Settings.model_validate(theirs.settings)
    (run,) = runs.runs_of(town.store, WHO, made.id)
    with town.store.reading() as view:
        frozen = tomllib.loads(runs.contents(view, run.inputs)[SETTINGS].decode())
    assert frozen["ranking"]["firm"]["title"] == 1.0


def test_who_declines_is_told_what_comes_next_and_is_placed_in_the_next_round(desk_of: Open, town: Service) -> None:
    store = town.store
    confirming = bureau.proposed(store, rounds.round_named(store, WHO), answer_by=date(2099, 1, 1))
    firm = desk_of("孙七", "firm", "F1", **AT_A_TELEPHONE)
    firm.open("my_results")
    firm.sees("陈永")
    window = firm.opened("谢绝……")
    window.get_by_label("为什么不合适（必填）").fill(WHY)
    firm.press("谢绝这一对", window)
    firm.sees("这一对不再安排。已通过的资料会自动带入下一轮（补录）。")
    assert reason_of(store, "F1") == WHY

    in_force(store, confirming)
    office = desk_of("赵敏")
    office.open("rounds")
    office.press("开启补录")
    office.sees("征集")
    office.press("进入“互选”阶段")
    office.sees("已进入“互选”阶段")

    firm.page.reload()
    firm.settle()
    firm.sees("现在可以挑选专家、排出志愿")
    firm.page.get_by_test_id("stMain").get_by_role("link", name="去挑选专家").click()
    expect(card(firm, "E5")).to_be_visible()
    firm.settle()
    expect(card(firm, "E1")).to_have_count(0)
    firm.press(starting("加入志愿"), card(firm, "E5"))
    expect(wish(firm, "E5")).to_contain_text("第 1 志愿")
    fits(firm.page)

    office.press("进入“匹配”阶段")
    office.sees("已进入“匹配”阶段")
    round_ = rounds.round_named(store, WHO)
    bureau.proposed(store, round_, answer_by=date(2099, 1, 1))
    firm.open("my_results")
    firm.sees("郑铁")
    nothing_is_cut(firm)
    firm.page.set_viewport_size(ZOOMED)
    firm.open("my_results")
    firm.sees("郑铁")
    nothing_is_cut(firm)
    keys = Keys(firm)
    keys.go('button "接受')
    keys.press("Enter")
    firm.sees("已记下：您接受")
    assert keys.unmarked == []
    placed = placed_with(store, round_, "E5")
    proposing.answer(store, expert("E5"), placed.id, "expert", accepts=True)
    assert (placed.firm_id, placed_with(store, round_, "E5").state) == ("F1", "confirmed")
