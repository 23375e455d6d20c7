"""The log on a page: its entries by day, person, action and object, page by page; and the proof of the chain."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest
from streamlit.testing.v1 import AppTest

from matcher.domain.roles import Principal
from matcher.pages.log import PAGE
from matcher.services import accounts, log_desk, preferences, rounds
from matcher.store import Store
from matcher.store.entities import Account, Event
from tests.bureau import WHO, choosing, colleague, collecting, firm
from tests.databases import THE_DAY
from tests.pages.test_placements import everything, listed, words
from tests.pages.test_rounds import press

Open = Callable[..., AppTest]


@pytest.fixture
def year(service: Store) -> Store:
    """A round whose forms are in, from some day on."""
    store = replace(service, clock=lambda: THE_DAY)
    collecting(store)
    return store


@pytest.mark.usefixtures("year")
def test_entries_are_listed_the_newest_first_with_what_each_says(open_page: Open) -> None:
    page = open_page(None, name="log")

    assert list(listed(page)["what"])[:3] == ["受理表格", "提交表格", "填写表格"]
    assert listed(page)["about"][0] == "需求表 1/F3"
    assert "王科长：受理表格，对象为需求表 needs/1/F3" in words(page)
    assert "状态：已提交 → 已受理" in words(page)
    assert "2026 · 第 1 轮 · 征集" in words(page)


def test_a_link_to_an_entry_shows_it(open_page: Open, year: Store) -> None:
    with year.reading() as view:
        first = min(event.id for event in view.listed(Event))
    page = open_page(None, name="log", before=str(first + 1), entry=str(first))

    assert len(listed(page)) == 1
    assert page.header[0].value == "登记依据"


def test_person_action_object_round_and_days_narrow_it_and_stand_in_the_address(open_page: Open, year: Store) -> None:
    later = replace(year, clock=lambda: THE_DAY.replace(month=9))
    rounds.advance(later, colleague("李科员"), 1)

    assert list(listed(open_page(None, name="log", by="李科员"))["what"]) == ["进入下一阶段"]
    assert set(listed(open_page(None, name="log", what="submit_form"))["what"]) == {"提交表格"}
    assert set(listed(open_page(None, name="log", about="experts/1/E1"))["about"]) == {"申请表 1/E1"}
    assert len(listed(open_page(None, name="log", about="experts/1/"))) == 12
    assert set(listed(open_page(None, name="log", of="1"))["what"]) >= {"填写表格"}
    assert len(listed(open_page(None, name="log", since="2026-08-01"))) == 1
    assert "2026-09" not in "".join(listed(open_page(None, name="log", until="2026-08-01"))["at"])
    nothing = open_page(None, name="log", since="2027-01-01")
    assert "没有符合条件的记录" in words(nothing)
    assert "没有完成" in words(open_page(None, name="log", since="2026-08-02", until="2026-08-01"))
    assert len(listed(open_page(None, name="log", since="yesterday", before="x", by="nobody", of="9"))) > 20


@pytest.mark.usefixtures("year")
def test_a_filter_that_is_set_goes_back_to_the_newest_and_all_can_be_cleared(open_page: Open) -> None:
    page = open_page(None, name="log", before="9")
    page.date_input(key="since").set_value(date(2026, 1, 1)).run()
    assert page.query_params["since"] == "2026-01-01"
    assert "before" not in page.query_params

    page.selectbox(key="what").set_value("accept").run()
    page.text_input(key="about").set_value(" experts/1/E1 ").run()
    assert set(listed(page)["what"]) == {"受理表格"}
    assert page.query_params["about"] == "experts/1/E1"
    page = press(page, "清除筛选")
    assert not {"since", "what", "about"} & set(page.query_params)
    assert len(set(listed(page)["what"])) > 1


@pytest.mark.usefixtures("year")
def test_what_is_shown_leads_to_the_rest_about_the_same(open_page: Open) -> None:
    page = press(open_page(None, name="log"), "只看这个对象")
    assert len(set(listed(page)["about"])) == 1
    page = press(page, "只看此人")
    assert set(listed(page)["who"]) == {"王科长"}
    assert not [one for one in page.button if one.label.startswith("只看")]


@pytest.mark.usefixtures("year")
def test_an_account_is_listed_by_its_name_and_a_column_of_reasons_only_where_there_are_some(
    open_page: Open, year: Store
) -> None:
    made = accounts.add(year, WHO, name="zhangsan", role="firm", party="F1", person="张三")
    page = open_page(None, name="log", about=f"accounts/{made.id}")
    assert set(listed(page)["about"]) == {"账号 zhangsan"}
    assert "why" not in listed(page)
    assert f"账号 accounts/{made.id}" in words(page)

    rounds.step_back(year, WHO, rounds.advance(year, WHO, 1).id, why="漏收两份")
    assert "漏收两份" in set(listed(open_page(None, name="log"))["why"])


def test_many_entries_are_turned_page_by_page(open_page: Open, year: Store) -> None:
    seen: list[str] = []
    for number in range(40):
        accounts.add(year, WHO, name=f"a{number}", role="analyst")
    page = open_page(None, name="log")
    while True:
        seen += list(page.selectbox(key="entry-name").options)
        if not [one for one in page.button if one.label == "更早"]:
            break
        page = press(page, "更早")
    with year.reading() as view:
        assert len(seen) == len(view.listed(Event)) > PAGE
    back = [list(page.selectbox(key="entry-name").options)]
    while [one for one in page.button if one.label == "较新"]:
        page = press(page, "较新")
        back.append(list(page.selectbox(key="entry-name").options))
    assert "before" not in page.query_params
    assert back[-2:] == [seen[PAGE : 2 * PAGE], seen[:PAGE]]

    page = press(press(page, "更早"), "最新")
    assert "before" not in page.query_params
    assert len(listed(page)) == PAGE
    assert not [one for one in page.button if one.label == "最新"]


def test_a_handle_is_called_by_its_account_as_long_as_there_is_one(open_page: Open, service: Store) -> None:
    round_ = choosing(service)
    made = accounts.add(service, WHO, name="zhangsan", role="firm", party="F1", person="张三")
    acts = Principal(made.handle, "firm", "F1", made.id)
    preferences.state_preferences(service, acts, round_.id, "firm", "F1", tiers=(("E1",),), vetoes=())
    page = open_page(None, name="log", by=made.handle)
    assert set(listed(page)["who"]) == {"zhangsan · 张三"}
    assert f"日志中的代号{made.handle}" in words(page)
    assert "E1" not in words(page).split("前后变化")[-1]

    with service.writing("tests") as work:
        row = work.get(Account, id=made.id)
        work.change(row, "change_account", name=f"erased-{made.id}", person="", disabled_at=work.at)
    assert set(listed(open_page(None, name="log", by=made.handle))["who"]) == {made.handle}


def test_contacts_and_wishes_do_not_come_to_the_page(open_page: Open, service: Store) -> None:
    round_ = choosing(service)
    preferences.state_preferences(service, firm("F1"), round_.id, "firm", "F1", tiers=(("E3",),), vetoes=[("E2", "拒")])
    sent = everything(open_page(None, name="log", about="preferences/"))

    assert "志愿：（有，不显示）" in sent
    assert "拒" not in sent
    assert "13900000001" not in everything(open_page(None, name="log", about="needs/1/F1"))


def test_the_proof_is_made_when_asked_and_says_what_it_cant_see(open_page: Open, year: Store) -> None:
    page = open_page(None, name="log", tab="proof")
    head = log_desk.head(year, WHO)
    assert page.code[0].value == head
    assert "还没有核验" in words(page)

    page = press(page, "开始核验")
    assert "核验通过" in words(page)
    assert head in words(page)
    assert "看不出：持有服务密钥者改写的内容" in words(page)
    assert "核验通过" in words(page.run())
    page.text_input(key="known-head").set_value("zz")
    page = press(page, "开始核验")
    assert "zz 不是日志链头" in words(page)


def test_a_log_that_was_changed_is_found_out_on_the_page(open_page: Open, year: Store) -> None:
    with year.writing("tests") as work:
        names = work.connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'trigger'").scalars().all()
        for name in names:
            work.connection.exec_driver_sql(f'DROP TRIGGER "{name}"')
        work.connection.exec_driver_sql("UPDATE events SET who = '别人' WHERE id = 3")
    page = press(open_page(None, name="log", tab="proof"), "开始核验")

    assert "核验不通过" in words(page)
    assert "日志第 3 条（别人" in words(page)


@pytest.mark.usefixtures("year")
def test_the_page_speaks_english(open_page: Open) -> None:
    page = open_page(None, name="log", lang="en", what="accept")

    assert page.title[0].value == "Audit log"
    assert "Before and after" in words(page)
    assert {one.label for one in page.button} >= {"Clear the filters", "This object alone", "This person alone"}


@pytest.mark.parametrize("who", [Principal("x", "analyst"), firm("F1")], ids=lambda who: who.role)
def test_others_find_no_such_page(open_page: Open, who: Principal) -> None:
    page = open_page(None, who)
    with pytest.raises(ValueError, match="page"):
        page.switch_page("matcher/pages/log.py").run()
