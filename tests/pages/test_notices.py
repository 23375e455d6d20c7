"""The notice of a round, as the office publishes it, hears objections, and puts it into force."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from matcher.domain.roles import Principal
from matcher.pages import identity
from matcher.services import consents, publishing, rounds
from matcher.store import Store
from matcher.store.entities import Mark
from tests import bureau
from tests.bureau import NOTICE, WHO, expert, firm
from tests.databases import THE_DAY
from tests.pages.test_placements import everything, markup, words

Open = Callable[..., AppTest]
After = Callable[[int], Store]


@pytest.fixture
def after(service: Store, monkeypatch: pytest.MonkeyPatch) -> After:
    """Let some days have passed since the first one, for the pages too."""

    def passed(days: int) -> Store:
        store = replace(service, clock=lambda: THE_DAY + timedelta(days=days))
        monkeypatch.setattr(identity, "the_store", lambda: store)
        return store

    return passed


def press(page: AppTest, label: str) -> AppTest:
    return next(one for one in page.button if one.label == label).click().run()


def number(page: AppTest) -> Any:
    """Where the number of the document is asked for."""
    return next(one for one in page.text_input if str(one.key).startswith("document-"))


def is_held(page: AppTest) -> bool:
    """Whether the button that publishes can't be pressed."""
    return page.button(key="publish").disabled


def written(page: AppTest, approver: str = "李局长", document: str = "嵊科〔2026〕12号") -> AppTest:
    page.text_input(key="approver").set_value(approver)
    number(page).set_value(document)
    return press(page, "公示")


def state(store: Store) -> str:
    round_ = rounds.last_round(store, WHO)
    assert round_ is not None
    return round_.state


def test_before_a_list_is_proposed_there_is_nothing_to_publish(open_page: Open, after: After) -> None:
    bureau.choosing(after(0))

    page = open_page(None, name="notices")
    assert "还没有可以公示的名单" in words(page)
    assert not page.metric


def test_while_answers_are_open_it_says_until_when_and_nothing_can_be_published(open_page: Open, after: After) -> None:
    bureau.proposed(after(0))
    page = open_page(None, name="notices")

    figures = {metric.label: metric.value for metric in page.metric}
    assert (figures["双方同意"], figures["一方谢绝"]) == ("0", "0")
    assert "期限为 2026-06-30" in words(page)
    assert is_held(page)
    assert "/export/round/1/reminders.xlsx" in markup(page)


def test_silence_is_told_before_it_is_taken_for_an_answer(open_page: Open, after: After) -> None:
    bureau.proposed(after(0))
    after(60)
    page = open_page(None, name="notices")

    assert "逾期未答复，公示时按约定视为接受" in words(page)
    assert not is_held(page)


def test_a_list_is_published_with_its_days_and_can_then_be_taken_away(open_page: Open, after: After) -> None:
    store = after(0)
    bureau.agreed(store)
    page = open_page(None, name="notices")
    assert "5 个工作日，要求不少于 5 个" in words(page)
    page = written(page)

    assert "第 1 版已公示" in words(page)
    assert state(store) == "notice"
    assert "公示期至 2026-06-05 结束" in words(page)
    for name in ("list.csv", "list.xlsx", "notice.docx"):
        assert f'href="/export/publication/1/{name}" target="_self"' in markup(page)
    assert "letters.zip" not in markup(page)


def test_a_publication_without_an_approver_is_refused_and_keeps_what_was_typed(open_page: Open, after: After) -> None:
    store = after(0)
    bureau.agreed(store)
    page = written(open_page(None, name="notices"), approver=" ")

    assert "请填写批准人" in words(page)
    assert number(page).value == "嵊科〔2026〕12号"
    assert state(store) == "confirming"


def test_days_that_are_too_few_are_told_and_days_that_cannot_be_hold_it_back(open_page: Open, after: After) -> None:
    bureau.agreed(after(0))
    page = open_page(None, name="notices")
    page.date_input(key="notice-until").set_value(date(2026, 6, 2)).run()
    assert "只有 2 个工作日，少于 5 个" in words(page)
    assert not is_held(page)

    page.date_input(key="notice-until").set_value(date(2026, 5, 30)).run()
    assert "早于开始日" in words(page)
    assert is_held(page)
    page.date_input(key="notice-from").set_value(date(2026, 5, 29)).run()
    assert "早于今天（2026-06-01）" in words(page)


def test_an_old_page_does_not_publish_over_what_a_colleague_did(open_page: Open, after: After) -> None:
    store = after(0)
    round_ = bureau.agreed(store)
    page = open_page(None, name="notices")
    publishing.publish(store, bureau.colleague("李科员"), round_.id, **NOTICE)
    page = written(page, document="嵊科〔2026〕99号")

    assert "没有完成" in words(page)
    assert [row.document_number for row, _ in publishing.publications(store, WHO, round_.id)] == ["嵊科〔2026〕12号"]


def test_who_may_not_be_named_is_told_and_consents_in_writing_let_the_list_out(open_page: Open, after: After) -> None:
    store = after(0)
    bureau.agreed(store)
    consents.state_consent(store, WHO, "expert", "E1", "notice", given=False, basis="来电")
    page = open_page(None, name="notices")
    assert "1 位已表示不同意陈永" in words(page)
    assert is_held(page)

    page = press(page, "登记")
    assert "请选择至少一位专家" in words(page)
    page.multiselect(key="agree-who").select("E1")
    page.text_input(key="agree-basis").set_value("5 月 8 日书面同意")
    page = press(page, "登记")
    assert "已登记 1 位专家同意列名" in words(page)
    assert not is_held(page)


def test_whoever_said_no_in_person_is_not_overruled(open_page: Open, after: After) -> None:
    store = after(0)
    bureau.agreed(store)
    consents.state_consent(store, expert("E1"), "expert", "E1", "notice", given=False)
    page = open_page(None, name="notices")
    page.multiselect(key="agree-who").select("E1")
    page.text_input(key="agree-basis").set_value("电话")
    page = press(page, "登记")

    assert "须由本人改为同意" in words(page)
    assert page.text_input(key="agree-basis").value == "电话"
    assert is_held(page)


def test_a_ground_names_everybody_who_said_nothing(open_page: Open, after: After) -> None:
    store = after(0)
    bureau.agreed(store)
    with store.writing(WHO.name) as work:
        work.delete(work.get(Mark, name="basis.notice"), "record_basis")
    page = open_page(None, name="notices")
    assert "位尚未表示" in words(page)
    page.text_input(key="ground-basis").set_value("嵊科〔2026〕3号")
    page = [one for one in page.button if one.label == "登记"][-1].click().run()

    assert "已登记公示列名的依据" in words(page)
    assert not is_held(page)


def test_an_objection_is_heard_under_a_name_and_upheld_it_asks_for_a_new_version(open_page: Open, after: After) -> None:
    store = after(0)
    bureau.published(store)
    page = open_page(None, name="notices")
    page.text_area(key="objection-ground").set_value("持有企业股份")
    page = press(page, "登记异议")
    assert "匿名异议不予受理" in words(page)
    assert page.text_area(key="objection-ground").value == "持有企业股份"

    page.text_input(key="objection-objector").set_value("赵某")
    page = press(page, "登记异议")
    assert "赵某提出" in words(page)
    assert {metric.label: metric.value for metric in page.metric}["异议"] == "1 / 1"

    page.text_area(key="decide-1-why").set_value("属实")
    page = press(page, "裁定")
    assert "请选择异议成立或不成立" in words(page)
    page.radio(key="decide-1-upheld").set_value(True)
    page = press(page, "裁定")
    assert "异议成立：该配对已结束" in words(page)
    assert "名单有变化，需要公示新的版本" in words(page)
    assert page.text_input(key="approver").value == "李局长"
    assert number(page).value == ""
    assert "第 1 版的文号是“嵊科〔2026〕12号”，新版本用新的文号" in words(page)

    number(page).set_value("嵊科〔2026〕12 号").run()
    assert "已用于 2026 第 1 轮第 1 版公示" in words(page)
    assert not is_held(page), "it is the office's to know"
    page = written(page, document="嵊科〔2026〕15号")
    assert "第 2 版已公示" in words(page)
    assert "第 1 版 · 嵊科〔2026〕12号 已有新版" in words(page)


def test_an_objection_that_is_not_upheld_leaves_the_list(open_page: Open, after: After) -> None:
    store = after(0)
    publication = bureau.published(store)
    placed = publishing.placements(store, WHO, publication.round_id)[0]
    publishing.receive_objection(store, WHO, placed.id, "赵某", "有误")
    page = open_page(None, name="notices")
    page.radio(key="decide-1-upheld").set_value(False)
    page.text_area(key="decide-1-why").set_value("不实")
    page = press(page, "裁定")

    assert "异议不成立，名单不变" in words(page)
    assert "publish" not in [button.key for button in page.button]


def test_a_notice_is_withdrawn_with_a_reason_that_stays_beside_it(open_page: Open, after: After) -> None:
    store = after(0)
    bureau.published(store)
    page = press(open_page(None, name="notices"), "撤回")
    assert "没有完成" in words(page)
    assert state(store) == "notice"

    page.text_area(key="withdraw-why").set_value("名单有误")
    page = press(page, "撤回")
    assert state(store) == "matching"
    assert "第 1 版已撤回，本轮回到匹配阶段" in words(page)
    assert "名单有误" in words(page)
    assert "notice.docx" not in markup(page)


def test_the_list_comes_into_force_after_its_notice_and_has_letters_then(open_page: Open, after: After) -> None:
    store = after(0)
    bureau.published(store)
    page = open_page(None, name="notices")
    assert "名单暂不能生效" in words(page)
    assert "activate" not in [button.key for button in page.button]

    store = after(10)
    page = press(open_page(None, name="notices"), "名单生效")
    assert state(store) == "active"
    assert "名单已生效" in words(page)
    assert "/export/publication/1/letters.zip" in markup(page)
    assert "/export/publication/1/agreements.zip" in markup(page)


def test_the_page_speaks_english_and_its_files_are_asked_for_in_it(open_page: Open, after: After) -> None:
    bureau.published(after(0))
    page = open_page(None, name="notices", lang="en")

    assert "in its notice" in words(page)
    assert "/export/publication/1/notice.docx?lang=en" in markup(page)


def test_nobody_else_has_the_page(open_page: Open, after: After) -> None:
    bureau.published(after(0))
    for who in (Principal("分析员甲", "analyst"), firm("F1"), expert("E1")):
        assert "公示版本" not in everything(open_page(None, who, name="notices"))
