"""A year of the bureau in a browser, from its spreadsheets to a list in force, as the administrator lives it."""

import io
import re
from collections.abc import Callable, Iterator
from datetime import timedelta

import docx
import pytest
from playwright.sync_api import Locator, expect
from python_calamine import CalamineWorkbook

from matcher.domain.moments import china_day
from matcher.domain.records import Expert, Need
from matcher.services import preferences, proposing, publishing, rounds
from tests.browser.conftest import Desk, Service
from tests.bureau import EXPERTS, NEEDS, WHO, expert, firm, party
from tests.pages.test_imports import row, sheet
from tests.web.conftest import served

Open = Callable[..., Desk]

IRON = "定子外径5~10mm、长20~30mm的铁芯*2件*，100$/t"
"""The title of a need, which is Markdown and mathematics to a careless page."""
NOISE = "永磁电机噪声偏高"
SWAPPED = {(NOISE, "郑铁"), (IRON, "陈永")}
OTHERS = {("集成灶燃气燃烧热效率与风机噪声", "吴燃"), ("真丝色牢度不足", "林蓝")}
STABLE, OTHER = "企业先选", "专家先选 2~3 *轮*"
CALLED = f"剡溪铁芯 · {IRON}"
DETAIL = "定子铁芯冲压毛刺0.08mm，叠压后松动，需降至0.03mm，不增加成本。"
PRESS = Expert(expert_id="E5", name="郑铁", institution="越州学院", research_fields="定子铁芯冲压；级进模；叠压")
MORE = Need(
    firm_id="F4", need_id="F4", name="剡溪铁芯", township="三江街道", industry="电机", need_title=IRON, need_detail=""
)

LATER = """
from datetime import datetime, timedelta
from pathlib import Path
from matcher.cli import main
from matcher.store import engine

class Later(datetime):
    @classmethod
    def now(cls, tz=None):
        days = Path("days")
        return super().now(tz) + timedelta(days=int(days.read_text()) if days.exists() else 0)

engine.datetime = Later
main()
"""
"""The program that serves, by the clock of the computer and the days that a file says have passed since."""


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service of an empty database, for which days pass when we say so."""
    with served(tmp_path_factory.mktemp("year"), program=LATER) as service:
        yield service


def days_pass(service: Service, days: int) -> None:
    (service.log.parent / "days").write_text(str(days), encoding="utf-8")


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
    assert IRON in {line[1] for line in desk.rows("card-roll")} | {line[3] for line in desk.rows("card-roll")}


def choose(desk: Desk) -> None:
    """
    Both sides state their wishes, by their own pages; the round goes on to matching.

    Of two firms and two experts each firm prefers another expert, and that expert the other firm: there are two stable
    lists, the best for the firms and the best for the experts (Gale and Shapley 1962).
    """
    store = desk.service.store
    desk.go("批次与轮次")
    desk.press("进入“互选”阶段")
    desk.sees("已进入“互选”阶段")
    round_ = rounds.round_named(store, WHO)
    for need, *wishes in (("F1", "E1", "E5"), ("F4", "E5", "E1")):
        tiers = tuple((wish,) for wish in wishes)
        preferences.state_preferences(store, firm(need), round_.id, "firm", need, tiers=tiers)
    for own_id, *wishes in (("E1", "F4", "F1"), ("E5", "F1", "F4")):
        tiers = tuple((wish,) for wish in wishes)
        preferences.state_preferences(store, expert(own_id), round_.id, "expert", own_id, tiers=tiers)
    desk.press("进入“匹配”阶段")
    desk.sees("已进入“匹配”阶段")


def run_two(desk: Desk) -> None:
    """Two scenarios run, each in a process of its own, while the page tells how far they are."""
    desk.go("运行匹配")
    for name, first in ((STABLE, "企业一方优先提出"), (OTHER, "专家一方优先提出")):
        window = desk.opened("新方案")
        desk.write("方案名称", name, window)
        desk.press("建立", window)
        desk.sees(f"方案“{name}”已建立")
        desk.choose("优先方", first)
        desk.sees("所有规则可以同时满足")
        desk.press("运行" if name == STABLE else "保存并运行")
        desk.sees("已开始运行")
        await_run(desk)


def await_run(desk: Desk) -> None:
    """Look on until a run is done: the page tells by itself."""
    desk.sees(re.compile("正在排队|已运行"))
    desk.sees(re.compile("完成，用时"))


def compare(desk: Desk) -> None:
    """They stand side by side: what is the best for the firms is not the best for the experts."""
    desk.go("方案")
    figures = desk.page.get_by_role("table").filter(has_text="平均匹配度")
    expect(figures.get_by_role("columnheader")).to_have_text(["指标", OTHER, STABLE])
    for figure, values in (("配对", ["4", "4"]), ("企业首选实现", ["2", "4"]), ("专家首选实现", ["4", "2"])):
        line = figures.get_by_role("row").filter(has=desk.page.get_by_role("rowheader", name=figure, exact=True))
        expect(line.get_by_role("cell")).to_have_text(values)
    expect(desk.page.get_by_role("tab", name=f"只在“{OTHER}”（2）", exact=True)).to_be_visible()
    desk.page.get_by_role("tab", name=f"只在“{STABLE}”（2）", exact=True).click()
    assert {(line[1], line[3]) for line in desk.rows("card-compare")} == {(NOISE, "陈永"), (IRON, "郑铁")}


def swap(desk: Desk) -> None:
    """What a swap would bring is told before it is done, and done by the next run."""
    desk.go("派遣名单")
    desk.choose("方案", STABLE)
    assert pairs(desk) == {(NOISE, "陈永"), (IRON, "郑铁"), *OTHERS}
    desk.choose("查看配对", f"郑铁 → {CALLED}")
    why = desk.page.locator(".st-key-card-why")
    expect(why.get_by_text("剡溪铁芯 → 郑铁")).to_be_visible()
    expect(why.get_by_role("paragraph").filter(has_text=re.compile(f"^{re.escape(IRON)}$"))).to_be_visible()
    expect(desk.page.get_by_role("heading", name=f"谁还适合“{IRON}”", exact=True)).to_be_visible()

    window = desk.opened("互换")
    desk.choose("与哪一对互换", f"陈永 → 嵊星电机 · {NOISE}", window)
    desk.press("先看后果", window)
    expect(window.get_by_text("2 位专家变动，总价值 +0.000，新增阻塞对 0 个")).to_be_visible()
    moves = [f"陈永 E1 嵊星电机 · {NOISE} {CALLED}", f"郑铁 E5 {CALLED} 嵊星电机 · {NOISE}"]
    for move in moves:
        expect(window.get_by_role("row", name=move, exact=True)).to_be_visible()
    desk.write("理由（将记入日志）", "两家企业商定", window)
    desk.press("互换专家", window)
    desk.sees("已互换，重新运行后名单才会改变")
    desk.press("重新运行")
    desk.page.get_by_test_id("stMain").get_by_role("link", name="运行匹配").click()
    await_run(desk)
    desk.page.get_by_role("link", name="查看名单").click()
    expect(desk.page.get_by_role("heading", level=1, name="派遣名单")).to_be_visible()
    desk.settle()
    assert pairs(desk) == SWAPPED | OTHERS


def pairs(desk: Desk) -> set[tuple[str, str]]:
    """Read the list on the page: needs and their experts."""
    return {(line[1], line[3]) for line in desk.rows("wide")}


def propose(desk: Desk) -> None:
    """The list is put before both sides; by their own pages all accept, but for one expert."""
    store = desk.service.store
    desk.go("方案")
    desk.choose("方案", STABLE)
    window = desk.opened("提交双方确认")
    desk.press("提交", window)
    desk.sees("已提交双方，答复期限")
    round_ = rounds.round_named(store, WHO)
    for placed in publishing.placements(store, WHO, round_.id):
        declines = placed.expert_id == "E4"
        proposing.answer(store, party(placed, "firm"), placed.id, "firm", accepts=True)
        why = "出国半年" if declines else ""
        proposing.answer(store, party(placed, "expert"), placed.id, "expert", accepts=not declines, why=why)


def publish(desk: Desk) -> None:
    """The list is published, contested, and published anew without the pair that fell."""
    desk.go("公示与导出")
    desk.sees("3 位专家尚不能列名")
    window = desk.opened("登记依据")
    desk.write("依据", "嵊科〔2026〕3号", window)
    desk.press("登记", window)
    desk.sees("已登记公示列名的依据")
    desk.write("批准人", "李局长")
    desk.write("文号", "嵊科〔2026〕12号")
    until = china_day(desk.service.store.now()) + timedelta(days=14)
    desk.date("公示至", until)
    desk.sees(re.compile("^1[01] 个工作日，要求不少于 5 个"))
    desk.press("公示")
    desk.sees("第 1 版已公示")
    desk.sees("第 1 版 · 嵊科〔2026〕12号")
    desk.sees(f"至 {until}")
    assert named_in(desk.take(newest(desk, "公示文稿"), after="还有待填的内容")) == SWAPPED | {
        ("真丝色牢度不足", "林蓝")
    }

    window = desk.opened("登记异议")
    desk.choose("针对的配对", "林蓝 → 越锦丝绸 · 真丝色牢度不足", window)
    desk.write("异议人（实名）", "赵某某", window)
    desk.write("异议理由", "专家持有该企业股份", window)
    desk.press("登记异议", window)
    desk.sees("已登记赵某某的异议")
    window = desk.opened("裁定")
    desk.pick("成立", window)
    desk.write("理由（将记入日志）", "经查属实", window)
    desk.press("裁定", window)
    desk.sees("异议成立：该配对已结束，请公示新的版本")
    desk.write("文号", "嵊科〔2026〕15号")
    desk.press("公示")
    desk.sees("第 2 版已公示")
    desk.sees("名单暂不能生效")


def activate(desk: Desk) -> None:
    """When the notice is over, three weeks later, the list comes into force; nobody is still logged in."""
    days_pass(desk.service, 21)
    desk.page.goto(desk.service.origin)
    desk.log_in(WHO.name)
    desk.go("公示与导出")
    desk.press("名单生效")
    desk.sees("名单已生效，2 对开始派驻")


def export(desk: Desk) -> None:
    """What is taken away names the pairs in force, and no others."""
    workbook = CalamineWorkbook.from_filelike(io.BytesIO(desk.take(newest(desk, "名单（Excel）"))))
    listed = workbook.get_sheet_by_name("派遣名单").to_python()[3:]
    assert {(line[7], line[1]) for line in listed} == SWAPPED
    assert named_in(desk.take(newest(desk, "公示文稿"), after="还有待填的内容")) == SWAPPED


def newest(desk: Desk, file: str) -> Locator:
    """Find the link to a file of the newest version."""
    return desk.page.locator(".st-key-card-versions").get_by_role("link", name=file, exact=True).first


def named_in(notice: bytes) -> set[tuple[str, str]]:
    """Read which needs and experts a notice names."""
    (table,) = docx.Document(io.BytesIO(notice)).tables
    header, *lines = ([cell.text for cell in row.cells] for row in table.rows)
    return {(line[header.index("对接需求")], line[header.index("姓名")]) for line in lines}


def test_a_year_goes_by_in_a_browser(desk_of: Open) -> None:
    desk = desk_of("王科长")
    import_sheets(desk)
    review_needs(desk)
    choose(desk)
    run_two(desk)
    compare(desk)
    swap(desk)
    propose(desk)
    publish(desk)
    activate(desk)
    export(desk)
