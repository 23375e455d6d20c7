"""Two tabs at the same record: who saves second is told, loses nothing that was typed, and says whose is to stand."""

from collections.abc import Callable
from dataclasses import replace

from playwright.sync_api import expect

from matcher.services import forms
from matcher.store import Store
from matcher.store.entities import Application
from tests.browser.conftest import Desk, Service
from tests.bureau import WHO, colleague, collecting

Open = Callable[..., Desk]
FIELD = "研究方向"


def test_who_saves_second_is_told_by_whom_and_chooses_whose_words_stand(desk_of: Open, house: Service) -> None:
    round_ = collecting(house.store, "两个窗口")
    one = desk_of("王科长")
    two = Desk(one.page.context.new_page(), house)
    for desk in (one, two):
        desk.open("experts", round=round_.id, form="E1", tab="edit")
    one.write(f"{FIELD} *", "永磁电机设计")
    one.press("保存")
    one.sees("已保存：陈永")

    # The second is told, and keeps what was typed...
    two.write(f"{FIELD} *", "低噪声电机")
    two.press("保存")
    two.sees("您开始修改之后，王科长 于")
    two.sees(f"{FIELD}：永磁电机设计；电机电磁噪声 → 永磁电机设计")
    says(two, "低噪声电机")
    assert stored(house.store, round_.id) == "永磁电机设计"
    # ... which stands, once that is said.
    two.press("以我的修改为准")
    two.press("保存")
    two.sees("已保存：陈永")
    assert stored(house.store, round_.id) == "低噪声电机"
    one.page.reload()
    one.settle()
    says(one, "低噪声电机")

    # Or the other's stands.
    form = form_of(house.store, round_.id)
    written = replace(form.record, research_fields="电机温升")
    forms.write_form(house.store, colleague("李科员"), round_.id, written, version=form.version)
    one.write(f"{FIELD} *", "电机轴承")
    one.press("保存")
    one.sees("您开始修改之后，李科员 于")
    says(one, "电机轴承")
    one.press("放弃我的修改")
    says(one, "电机温升")
    assert stored(house.store, round_.id) == "电机温升"


def says(desk: Desk, words: str) -> None:
    """Make sure of what stands in the field."""
    expect(desk.page.get_by_role("textbox", name=f"{FIELD} *", exact=True)).to_have_value(words)


def form_of(store: Store, round_id: int) -> Application:
    applications, _ = forms.forms(store, WHO, round_id)
    return next(form for form in applications if form.own_id == "E1")


def stored(store: Store, round_id: int) -> str:
    return form_of(store, round_id).record.research_fields
