"""What each role finds on its first page, and what it does not."""

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from matcher.domain.roles import Principal
from matcher.store import Store
from matcher.store.entities import Event
from matcher.store.marks import mark_demo
from tests.bureau import EXPERTS, proposed
from tests.databases import THE_DAY
from tests.pages.conftest import ADMINISTRATOR
from tests.pages.test_placements import everything, words

Open = Callable[..., AppTest]
LookAs = Callable[[Principal | None], None]
ANALYST = Principal("分析员甲", "analyst")
FIRM = Principal("嵊星电机", "firm", "F1")
EXPERT = Principal("陈永", "expert", "E1")


def test_an_administrator_sees_the_list_and_its_reasons(open_page: Open, tiny: Path) -> None:
    page = open_page(tiny)

    assert page.title[0].value == "派遣名单"
    assert "为什么这样配" in [heading.value for heading in page.header]
    assert "王科长管理员" in words(page)
    assert "稳定匹配，第 1 次运行" in words(page)


def test_an_analyst_sees_the_pairs_under_pseudonyms_and_nobodys_wishes(open_page: Open, result: Path) -> None:
    page = open_page(result, ANALYST)
    sent = everything(page)

    assert page.title[0].value == "派遣名单"
    assert "expert-" in words(page)
    assert "赵继红" not in sent
    assert "为什么这样配" not in sent
    assert [word for word in ("第 1 志愿", "<mark", "共同的词", "的排序中") if word in sent] == []


@pytest.mark.parametrize("who", [FIRM, EXPERT], ids=lambda who: who.role)
def test_a_party_sees_its_own_pairs_and_nothing_of_others(open_page: Open, service: Store, who: Principal) -> None:
    proposed(replace(service, clock=lambda: THE_DAY))
    page = open_page(None, who, name="my_results")
    sent = everything(page)

    other = "陈永" if who.role == "firm" else "嵊星电机"
    assert page.title[0].value == "我的结果"
    assert other in words(page)
    assert "答复期限 2026-06-30 已过" in words(page)
    strangers = ["林蓝", "越锦丝绸", "灶王厨具", "吴燃", *(expert.contact for expert in EXPERTS if expert.contact)]
    assert [name for name in strangers if name in sent] == []
    assert [word for word in ("匹配度", "志愿", "13900000001") if word in sent] == []
    assert not re.search(r"\d\.\d", words(page))


@pytest.mark.parametrize("who", [ANALYST, FIRM, EXPERT, None], ids=str)
def test_a_forged_page_name_shows_ones_own_page(open_page: Open, tiny: Path, who: Principal | None) -> None:
    page = open_page(tiny, who)
    for name in ("placements", "overview", "my_results"):
        try:
            page.switch_page(f"matcher/pages/{name}.py").run()
        except ValueError:  # AppTest refuses what is not beside the script: as the server would
            continue
        assert "为什么这样配" not in everything(page)


def test_whose_login_is_over_sees_nothing_but_the_way_back(open_page: Open, tiny: Path) -> None:
    page = open_page(tiny, None, lang="en")

    assert "This login is over" in words(page)
    assert not page.title
    assert "电机厂" not in everything(page)


def test_what_a_session_holds_of_somebody_else_is_dropped(open_page: Open, tiny: Path, look_as: LookAs) -> None:
    """A reconnect brought A's session of the server together with B's cookie."""
    page = open_page(tiny)
    page.text_input(key="search").set_value("marked search of A").run()
    assert "marked search of A" in page.session_state["search"]

    look_as(Principal("somebody else", "administrator"))
    page.run()
    assert "search" not in page.session_state or page.session_state["search"] == ""
    assert page.session_state["principal"].name == "somebody else"


def test_a_demonstration_says_so_on_every_page(open_page: Open, service: Store, tiny: Path) -> None:
    assert "演示环境" not in words(open_page(tiny))
    st.cache_resource.clear()
    mark_demo(service, "tests")
    from matcher.pages import identity

    identity._is_demo.cache_clear()
    for who in (ADMINISTRATOR, ANALYST, FIRM, None):
        assert "演示环境" in words(open_page(None, who))


def test_a_name_that_looks_like_markup_is_shown_as_text_beside_the_pages(open_page: Open, tiny: Path) -> None:
    page = open_page(tiny, Principal("<script>alert(1)</script>", "administrator"))
    sent = "".join(part.proto.body for part in page.html)

    assert "<script" not in sent
    assert "&lt;script&gt;" in sent


def test_who_opens_the_list_is_on_record_once_in_a_session_whoever_made_the_board(
    open_page: Open, service: Store, tiny: Path
) -> None:
    page = open_page(tiny)
    for _ in range(2):
        page.run()
    open_page(None, Principal("李科员", "administrator"), name="placements")
    open_page(None, ANALYST)

    with service.reading() as view:
        looks = view.listed(Event, what="look_into_preferences")
    assert [(event.who, event.about, event.round_id) for event in looks] == [
        ("王科长", "runs/1", 1),
        ("李科员", "runs/1", 1),
    ]
