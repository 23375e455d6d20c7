"""Batches and rounds, as the office moves them."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from streamlit.testing.v1 import AppTest

from matcher.services import rounds
from matcher.store import Store
from tests.bureau import WHO, active, choosing, collecting, proposed
from tests.databases import THE_DAY
from tests.pages.test_placements import words

Open = Callable[..., AppTest]


def press(page: AppTest, label: str) -> AppTest:
    return next(one for one in page.button if one.label == label).click().run()


def state(store: Store) -> str:
    round_ = rounds.last_round(store, WHO)
    assert round_ is not None
    return round_.state


def test_a_batch_is_opened_and_is_then_the_one_that_is_looked_at(open_page: Open, service: Store) -> None:
    page = open_page(None, name="rounds")
    page.text_input(key="batch-name").set_value("2027 年")
    page = press(page, "建立")

    assert "批次“2027 年”已建立" in words(page)
    assert state(service) == "collecting"


def test_a_batch_without_a_name_is_refused_with_a_sentence_and_nothing_is_lost(open_page: Open, service: Store) -> None:
    page = open_page(None, name="rounds")
    page.number_input(key="batch-year").set_value(2031)
    page = press(page, "建立")

    assert "没有完成" in words(page)
    assert page.number_input(key="batch-year").value == 2031
    assert rounds.batches(service, WHO) == []


def test_a_round_moves_on_and_back_with_a_reason(open_page: Open, service: Store) -> None:
    collecting(service)
    page = press(open_page(None, name="rounds"), "进入“互选”阶段")
    assert "已进入“互选”阶段" in words(page)

    page.text_area(key="back-why").set_value("企业名单有遗漏")
    page = press(page, "退回")
    assert "已退回上一阶段" in words(page)
    assert state(service) == "collecting"


def test_to_step_back_without_a_reason_is_refused(open_page: Open, service: Store) -> None:
    choosing(service)
    page = press(open_page(None, name="rounds"), "退回")

    assert "没有完成" in words(page)
    assert state(service) == "choosing"


def test_a_page_that_shows_an_old_state_is_told_so(open_page: Open, service: Store) -> None:
    round_ = collecting(service)
    page = open_page(None, name="rounds")
    rounds.advance(service, WHO, round_.id)
    page = press(page, "进入“互选”阶段")

    assert "没有完成" in words(page)
    assert state(service) == "choosing"


def test_the_date_to_answer_by_is_shown_and_can_be_moved(open_page: Open, service: Store) -> None:
    proposed(replace(service, clock=lambda: THE_DAY))
    page = open_page(None, name="rounds")
    assert "答复期限2026-06-30逾期不答复视为接受" in words(page)

    page.date_input(key="extend-until").set_value(THE_DAY.date() + timedelta(days=300))
    assert f"答复期限{(THE_DAY + timedelta(days=300)).date()}" in words(press(page, "延长"))


def test_a_supplementary_round_is_opened_of_one_in_force(open_page: Open, service: Store) -> None:
    active(replace(service, clock=lambda: THE_DAY))
    page = press(open_page(None, name="rounds"), "开启补录")

    assert page.header[0].value == "2026 · 第 2 轮 · 征集"
