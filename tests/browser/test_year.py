"""A year of the bureau in a browser, from its spreadsheets to a list in force, as the administrator lives it."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from playwright.sync_api import expect

from matcher.domain.records import Expert, Need
from matcher.services import preferences, rounds
from tests.browser.conftest import Desk, Service
from tests.bureau import EXPERTS, NEEDS, WHO, expert, firm
from tests.pages.test_imports import row, sheet
from tests.web.conftest import served

Open = Callable[..., Desk]

IRON = "定子外径5~10mm、长20~30mm的铁芯*2件*，100$/t"
"""The title of a need, which is Markdown and mathematics to a careless page."""
CALLED = f"剡溪铁芯 · {IRON}"
DETAIL = "定子铁芯冲压毛刺0.08mm，叠压后松动，需降至0.03mm，不增加成本。"
PRESS = Expert(expert_id="E5", name="郑铁", institution="越州学院", research_fields="定子铁芯冲压；级进模；叠压")
MORE = Need(
    firm_id="F4", need_id="F4", name="剡溪铁芯", township="三江街道", industry="电机", need_title=IRON, need_detail=""
)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service of an empty database."""
    with served(tmp_path_factory.mktemp("year")) as service:
        yield service


def experts(**faults: str) -> tuple[str, bytes, str]:
    """The sheet of the experts, with faults in its second line."""
    first, *others = (row("experts", one) for one in (*EXPERTS, PRESS))
    return sheet("experts", first | faults, *others)


def needs(*more: Need, **changes: str) -> tuple[str, bytes, str]:
    """The sheet of the needs, with changes in its second line."""
    first, *others = (row("firms", one) for one in (*NEEDS, *more))
    return sheet("firms", first | changes, *others)


def import_sheets(desk: Desk) -> None:
    """What is wrong is told row by row; then what would change; then it is written."""
    desk.go("导入")
    desk.write("批次名称", "2026 年度")
    desk.upload(专家=experts(capacity="很多"), 企业与需求=needs())
    desk.press("建立批次并导入")
    desk.sees("有 1 处要改正")
    desk.page.get_by_text("逐条阅读").click()
    desk.sees("experts.csv：第 2 行「可服务企业数」应为 1–10 的整数，读到 '很多'")

    desk.upload(专家=experts())
    desk.press("建立批次并导入")
    desk.sees("批次“2026 年度”已建立，导入专家 5 位、需求 4 项")

    desk.upload(企业与需求=needs(MORE, need_detail="永磁电机电磁噪声 62dB，需降至 50dB"))
    desk.press("查看差异")
    assert [line[:3] for line in desk.rows("card-seen")] == [["变更", "F1", "嵊星电机"], ["新增", "F4", "剡溪铁芯"]]
    desk.pick("导入即受理")
    desk.press("导入")
    desk.sees("导入完成：新增 1，变更 1，删除 0，不变 3")


def review_needs(desk: Desk) -> None:
    """A vague need goes back with a reason; put right, it is taken, and so is what else waits."""
    desk.go("企业与需求")
    desk.choose("查看表格", f"{CALLED} · F4")
    expect(desk.page.get_by_role("heading", name=CALLED, exact=True)).to_be_visible()
    desk.sees("写得笼统")
    desk.sees("只有名称，没有写需求详情")
    window = desk.opened("退回")
    expect(window.get_by_role("textbox")).to_have_value(re.compile("只有名称，没有写需求详情"))
    desk.write("请对方补充什么（对方会看到，并记入日志）", "请补充毛刺现状和目标", window)
    desk.press("退回", window)
    desk.sees(f"已退回：{CALLED}")
    desk.sees("请补充毛刺现状和目标")

    desk.pick("修改")
    desk.write("需求详情", DETAIL)
    desk.press("保存")
    desk.sees("已保存：剡溪铁芯")
    desk.pick("资料")
    desk.press("代为提交")
    desk.press("受理")
    desk.sees(f"已受理：{CALLED}")
    desk.press("受理", desk.opened("全部受理 1"))
    desk.pick("已受理 5")
    print(desk.rows("card-roll"))


def choose(desk: Desk) -> None:
    """Both sides state their wishes, by their own pages; the round goes on to matching."""
    store = desk.service.store
    desk.go("批次与轮次")
    desk.press("进入“互选”阶段")
    desk.sees("已进入“互选”阶段")
    round_ = rounds.round_named(store, WHO)
    preferences.state_preferences(store, firm("F4"), round_.id, "firm", "F4", tiers=(("E5",), ("E1",)))
    preferences.state_preferences(store, expert("E5"), round_.id, "expert", "E5", tiers=(("F4",),))
    desk.press("进入“匹配”阶段")
    desk.sees("已进入“匹配”阶段")


def run_two(desk: Desk) -> None:
    """Two scenarios run, each in a process of its own, while the page tells how far they are."""
    desk.go("运行匹配")
    for name, objective in (("稳定", "稳定匹配"), ("总价值 2~3 *轮*", "总价值最大")):
        window = desk.opened("新方案")
        desk.write("方案名称", name, window)
        desk.press("建立", window)
        desk.sees(f"方案“{name}”已建立")
        desk.choose("目标", objective)
        desk.sees("所有规则可以同时满足")
        desk.press("运行" if objective == "稳定匹配" else "保存并运行")
        desk.sees("已开始运行")
        desk.sees(re.compile("正在排队|已运行"))
        desk.sees(re.compile("完成，用时"))


def compare(desk: Desk) -> None:
    """They stand side by side, with figures and with what their lists differ in."""
    desk.go("方案")
    figures = desk.page.get_by_role("table").filter(has_text="平均匹配度")
    print(figures.inner_text())
    print(desk.page.get_by_test_id("stMain").aria_snapshot())


def test_a_year_goes_by_in_a_browser(desk_of: Open, house: Service) -> None:
    desk = desk_of("王科长")
    import_sheets(desk)
    review_needs(desk)
    choose(desk)
    run_two(desk)
    compare(desk)
