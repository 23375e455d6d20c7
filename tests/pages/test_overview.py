"""The first page of the office: how a round stands, and what waits."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from streamlit.testing.v1 import AppTest

from matcher.pages import identity
from matcher.services import proposing, publishing, rounds
from matcher.store import Store
from tests.bureau import WHO, active, choosing, collecting, firm, matching, proposed, ran
from tests.databases import THE_DAY
from tests.pages.test_placements import markup, words

Open = Callable[..., AppTest]


def test_an_empty_house_says_what_to_begin_with(open_page: Open) -> None:
    page = open_page(None)

    assert page.title[0].value == "总览"
    assert "还没有批次" in words(page)


def test_the_state_of_the_round_is_marked_on_its_way(open_page: Open, service: Store) -> None:
    choosing(service)
    page = open_page(None)

    assert '<li class="here" aria-current="step">互选</li>' in markup(page)
    assert '<li class="done">征集</li>' in markup(page)


def test_figures_change_against_the_scenario_before(open_page: Open, service: Store) -> None:
    round_ = matching(service)
    ran(service, round_)
    assert [metric.delta for metric in open_page(None).metric] == [""] * 6

    ran(service, round_, bans=[("F1", "E1")])
    metrics = {metric.label: (metric.value, metric.delta) for metric in open_page(None).metric}

    assert metrics["已安排需求"][1].startswith("-")
    assert metrics["未安排需求"][1].startswith("+")


def test_what_waits_leads_to_where_it_is_done(open_page: Open, service: Store) -> None:
    store = replace(service, clock=lambda: THE_DAY)
    round_ = proposed(store)
    placed = publishing.placements(store, WHO, round_.id)[0]
    proposing.answer(store, firm(placed.firm_id), placed.id, "firm", accepts=False, why="方向不合")
    page = open_page(None)

    assert "1 对被一方拒绝" in words(page)
    assert f"双方须在 {round_.answer_by} 前答复" in words(page)
    assert "方向不合" not in words(page)


def test_the_address_says_which_round_it_is(open_page: Open, service: Store) -> None:
    first = collecting(service)
    rounds.open_batch(service, WHO, "2027", 2027)

    assert "2027 · 第 1 轮 · 征集" in words(open_page(None))
    assert "2026 · 第 1 轮 · 征集" in words(open_page(None, round=str(first.id)))
    assert "2027" in words(open_page(None, round="999"))
    assert "2026 · round 1" in words(open_page(None, round=str(first.id), lang="en"))


def test_quiet_pairs_lead_to_the_quiet_ones_of_the_service_page(
    open_page: Open, service: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    active(replace(service, clock=lambda: THE_DAY))
    autumn = replace(service, clock=lambda: THE_DAY + timedelta(days=100))
    monkeypatch.setattr(identity, "the_store", lambda: autumn)
    page = open_page(None)

    assert "3 对派驻超过 60 天没有服务记录" in words(page)
    assert "view=quiet" in [link.proto.query_string for link in page.get("page_link")]
