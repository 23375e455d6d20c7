"""Pairs in force, as the office follows them: days, assessment, renewal, contacts, the end."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import pytest
from streamlit.testing.v1 import AppTest

from matcher.domain.roles import Principal
from matcher.pages import identity
from matcher.services import consents, following, rounds
from matcher.services.in_force import InForce, pairs_in_force
from matcher.store import Store
from tests import bureau
from tests.bureau import WHO, expert, firm
from tests.databases import THE_DAY
from tests.pages.test_placements import everything, markup, words

Open = Callable[..., AppTest]
DAYS = 40
"""Since the first day; the list is in force since the tenth."""


@pytest.fixture
def summer(service: Store, monkeypatch: pytest.MonkeyPatch) -> Store:
    """The database some weeks after a list came into force, for the pages too."""
    bureau.active(replace(service, clock=lambda: THE_DAY))
    return after(service, monkeypatch, DAYS)


def after(store: Store, monkeypatch: pytest.MonkeyPatch, days: int) -> Store:
    passed = replace(store, clock=lambda: THE_DAY + timedelta(days=days))
    monkeypatch.setattr(identity, "the_store", lambda: passed)
    return passed


def pair(store: Store, expert_id: str = "E1") -> InForce:
    return next(row for row in pairs_in_force(store, WHO, 1) if row.placed.expert_id == expert_id)


def look(open_page: Open, store: Store, expert_id: str = "E1", **query: str) -> AppTest:
    return open_page(None, name="service", pair=str(pair(store, expert_id).placed.id), **query)


def press(page: AppTest, label: str) -> AppTest:
    return next(one for one in page.button if one.label == label).click().run()


def figures(page: AppTest) -> dict[str, str]:
    return {metric.label: metric.value for metric in page.metric}


def test_before_anything_is_in_force_it_says_what_leads_there(open_page: Open, service: Store) -> None:
    bureau.collecting(service)

    page = open_page(None, name="service")
    assert "还没有生效的派驻" in words(page)
    assert not page.metric


def test_pairs_are_listed_with_their_days_and_searched(open_page: Open, summer: Store) -> None:
    following.log_service(summer, WHO, pair(summer).placed.id, day=date(2026, 6, 20), days=1.5, done="现场诊断")
    page = look(open_page, summer)
    whole = page.dataframe[0].value

    assert figures(page)["在岗配对"] == str(len(whole)) == str(len(pairs_in_force(summer, WHO, 1)))
    assert figures(page)["已服务天数"] == "1.5"
    assert whole.set_index("expert").loc["陈永", "last"] == "2026-06-20"
    assert "现场诊断" in words(page)
    page.text_input(key="search").set_value("浦口街道").run()
    assert list(page.dataframe[0].value["firm"]) == ["灶王厨具"]


def test_a_pair_without_an_entry_for_sixty_days_is_marked(
    open_page: Open, summer: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert figures(look(open_page, summer))["久无记录"] == "0"
    late = after(summer, monkeypatch, 80)
    page = look(open_page, late, view="quiet")

    assert figures(page)["久无记录"] == str(len(page.dataframe[0].value)) != "0"
    assert "久无记录" in set(page.dataframe[0].value["state"])


def test_an_entry_is_added_for_a_side_and_says_who_wrote_it(open_page: Open, summer: Store) -> None:
    page = look(open_page, summer)
    id_ = pair(summer).placed.id
    page = press(page, "记入")
    assert "请写明做了什么" in words(page)

    page.date_input(key=f"entry-{id_}-day").set_value(date(2026, 6, 20))
    page.number_input(key=f"entry-{id_}-days").set_value(2.5)
    page.text_area(key=f"entry-{id_}-done").set_value("<b>现场</b>")
    page = press(page, "记入")
    assert "已记入 2026-06-20 的服务，2.5 天" in words(page)
    assert "&lt;b&gt;现场&lt;/b&gt;" in markup(page)
    assert [(row.days, row.entered_by) for row in following.service_log(summer, WHO, id_)] == [(2.5, "王科长")]


def test_the_office_reads_who_wrote_what_and_puts_its_own_entries_right(open_page: Open, summer: Store) -> None:
    id_ = pair(summer).placed.id
    own = following.log_service(summer, WHO, id_, day=date(2026, 6, 20), days=1, done="代记")
    other = Principal("expert:E1#7", "expert", "E1")
    following.log_service(summer, other, id_, day=date(2026, 6, 20), days=2, done="现场")
    page = look(open_page, summer)
    assert "专家记 expert:E1#7" in words(page)
    assert "科技局记 王科长" in words(page)
    assert figures(page)["已服务天数"] == "2"
    assert "各方所记：专家记 2 天、科技局记 1 天；共计 2 天" in words(page)
    page.number_input(key=f"correct-{id_}-{own.id}-days").set_value(2.5)
    page = press(page, "保存更正")
    assert figures(page)["已服务天数"] == "2.5"
    page = press(page, "撤回这一条")
    assert [row.done for row in following.service_log(summer, WHO, id_)] == ["现场"]


def test_a_day_before_the_list_was_published_is_refused_and_keeps_what_was_typed(
    open_page: Open, summer: Store
) -> None:
    page = look(open_page, summer)
    key = f"entry-{pair(summer).placed.id}"
    page.date_input(key=f"{key}-day").set_value(date(2026, 5, 1))
    page.text_area(key=f"{key}-done").set_value("现场")
    page = press(page, "记入")

    assert "早于名单公示" in words(page)
    assert page.text_area(key=f"{key}-done").value == "现场"


def test_the_assessment_and_both_ratings_are_written_down(open_page: Open, summer: Store) -> None:
    page = look(open_page, summer, tab="assessment")
    key = f"assess-{pair(summer).placed.id}-0"
    page.selectbox(key=f"{key}-assessment").set_value("excellent")
    page.selectbox(key=f"{key}-firm_rating").set_value(5)
    page = press(page, "保存")

    assert "考核和评分已保存" in words(page)
    said = pair(summer).said
    assert said is not None
    assert (said.assessment, said.firm_rating, said.expert_rating) == ("excellent", 5, None)
    assert figures(page)["已考核"].startswith("1 / ")


def test_what_a_colleague_said_meanwhile_is_not_overwritten_and_what_was_typed_stays(
    open_page: Open, summer: Store
) -> None:
    page = look(open_page, summer, tab="assessment")
    id_ = pair(summer).placed.id
    page.selectbox(key=f"assess-{id_}-0-assessment").set_value("fail")
    following.assess(summer, bureau.colleague("李科员"), id_, assessment="excellent")
    page = press(page, "保存")

    said = pair(summer).said
    assert said is not None
    assert said.assessment == "excellent"
    assert "李科员" in words(page)
    assert page.selectbox(key=f"assess-{id_}-{said.version}-assessment").value == "fail"
    press(page, "保存")
    said = pair(summer).said
    assert said is not None
    assert said.assessment == "fail"


def test_a_renewal_takes_both_sides(open_page: Open, summer: Store) -> None:
    following.wish_renewal(summer, firm("F1"), pair(summer).placed.id, "firm", wishes=True)
    page = look(open_page, summer, tab="assessment")
    assert figures(page)["愿意续聘"] == "0"
    page = page.button(key="renew-expert-yes").click().run()

    assert "专家的续聘意愿已登记" in words(page)
    assert figures(page)["愿意续聘"] == "1"
    page = page.button(key="renew-firm-no").click().run()
    assert figures(page)["愿意续聘"] == "0"


def test_a_pair_is_ended_early_with_a_reason_and_nobody_is_called_for_it_then(open_page: Open, summer: Store) -> None:
    id_ = pair(summer, "E4").placed.id
    page = press(look(open_page, summer, "E4", tab="reach"), "结束")
    assert "没有完成" in words(page)
    assert "13800000004" in words(page)

    page.date_input(key=f"end-{id_}-on").set_value(date(2026, 6, 20))
    page.text_area(key=f"end-{id_}-why").set_value("调离")
    page = press(page, "结束")
    assert "吴燃的派驻已结束" in words(page)
    assert pair(summer, "E4").placed.ending == "quit"

    page = look(open_page, summer, "E4", view="ended", tab="reach")
    assert "2026-06-20 · 调离" in words(page)
    assert "13800000004" not in everything(page)
    assert "/export/placement/" not in markup(page)


def test_it_is_told_whether_a_contact_may_be_passed_on(open_page: Open, summer: Store) -> None:
    assert "13800000004 不告知对方" in words(look(open_page, summer, "E4", tab="reach"))
    consents.state_consent(summer, expert("E4"), "expert", "E4", "contact", given=True)

    assert "13800000004 对方可知" in words(look(open_page, summer, "E4", tab="reach"))


def test_once_assessed_no_more_days_are_entered(open_page: Open, summer: Store) -> None:
    id_ = pair(summer).placed.id
    rounds.advance(summer, WHO, pair(summer).placed.round_id)
    page = look(open_page, summer)

    assert "“考核”阶段不能记录服务" in words(page)
    assert f"entry-{id_}-done" not in [area.key for area in page.text_area]
    assert f'href="/export/placement/{id_}/letter.docx"' in markup(page)


def test_the_page_speaks_english(open_page: Open, summer: Store) -> None:
    page = look(open_page, summer, lang="en", tab="assessment")

    assert page.title[0].value == "Service and assessment"
    assert "It takes both sides" in words(page)
    assert "letter.docx?lang=en" in markup(page)


def test_nobody_else_has_the_page(open_page: Open, summer: Store) -> None:
    following.log_service(summer, WHO, pair(summer, "E4").placed.id, day=date(2026, 6, 20), days=1, done="只有科技局")
    for who in (Principal("分析员甲", "analyst"), firm("F1"), expert("E1")):
        sent = everything(open_page(None, who, name="service"))

        assert "只有科技局" not in sent
        assert "补记服务" not in sent
