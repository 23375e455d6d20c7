"""The rolls of experts and needs: found, reviewed, changed, taken or sent back."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from matcher.domain.records import Expert, Need
from matcher.domain.roles import Principal
from matcher.services import forms, preferences, rounds
from matcher.store import Store
from matcher.store.entities import Event, Round
from tests.bureau import EXPERTS, NEEDS, WHO, choosing, colleague, collecting, expert, firm, proposed
from tests.databases import THE_DAY
from tests.pages.test_placements import everything, listed, markup, words
from tests.pages.test_rounds import press

Open = Callable[..., AppTest]
VAGUE = replace(NEEDS[0], need_id="F1-2", need_title="提高质量", need_detail="希望提高质量")


def handed_in(store: Store, round_: Round, record: Expert | Need) -> Any:
    return forms.submit_form(store, WHO, forms.write_form(store, WHO, round_.id, record))


def stored(store: Store, round_: Round, own_id: str) -> Any:
    return next(form for side in forms.forms(store, WHO, round_.id) for form in side if form.own_id == own_id)


# ---- finding


@pytest.mark.parametrize("name", ["experts", "needs"])
def test_an_empty_house_says_what_to_begin_with(open_page: Open, service: Store, name: str) -> None:
    assert "还没有批次" in words(open_page(None, name=name))
    rounds.open_batch(service, WHO, "2026", 2026)
    assert "本轮还没有表格" in words(open_page(None, name=name))


def test_the_roll_shows_everybody_and_beside_it_all_of_the_one_that_the_address_names(
    open_page: Open, service: Store
) -> None:
    collecting(service)
    page = open_page(None, name="experts", form="E4")

    assert list(listed(page)["name"]) == ["陈永", "林蓝", "周茶", "吴燃"]
    assert page.header[0].value == "吴燃"
    assert "燃气燃烧与低排放" in words(page)
    assert "13800000004" in words(page)
    assert "2026 · 第 1 轮 · 征集 · 4 位专家" in words(page)


def test_the_roll_is_narrowed_by_words_state_institution_and_wishes(open_page: Open, service: Store) -> None:
    round_ = choosing(service)
    handed_in(service, round_, replace(EXPERTS[0], expert_id="E9"))
    tiers = (("F1",),)
    preferences.state_preferences(service, expert("E2"), round_.id, "expert", "E2", tiers=tiers)

    def names(**query: str) -> list[str]:
        return list(listed(open_page(None, name="experts", **query))["name"])

    assert names(state="submitted") == ["陈永"]
    assert names(institution="东海大学") == ["陈永", "林蓝", "陈永"]
    assert names(search="东海大学 纤维") == ["林蓝"]
    assert names(mark="stated") == ["林蓝"]
    assert names(mark="silent", state="accepted") == ["陈永", "周茶", "吴燃"]
    assert names(mark="alike") == ["陈永", "陈永"]
    assert "没有符合条件" in words(open_page(None, name="experts", search="nothing of the kind"))


def test_needs_are_narrowed_to_the_vague_ones_and_told_what_they_lack(open_page: Open, service: Store) -> None:
    handed_in(service, collecting(service), VAGUE)
    page = open_page(None, name="needs", mark="vague")

    assert list(listed(page)["need_title"]) == ["提高质量", "功能性纤维开发"]
    assert "写得笼统" in words(page)
    assert "没有写现在的状况" in words(page)


def test_copies_are_pointed_out_with_whom_they_resemble(open_page: Open, service: Store) -> None:
    round_ = collecting(service)
    handed_in(service, round_, replace(EXPERTS[0], expert_id="E9"))
    assert "与陈永（E1）同名同单位" in words(open_page(None, name="experts", form="E9"))

    written = stored(service, round_, "E9")
    record = replace(written.record, name="另一人", research_fields="茶叶贮藏")
    forms.write_form(service, WHO, round_.id, record, version=written.version)
    assert "疑似重复" not in words(open_page(None, name="experts", form="E9")), "what was found before is not kept"


def test_it_speaks_english_too(open_page: Open, service: Store) -> None:
    handed_in(service, collecting(service), VAGUE)
    page = open_page(None, name="needs", lang="en", form="F1-2")

    assert page.title[0].value == "Firms and needs"
    assert "Need title" in everything(page)
    assert "it can be sent back for what is missing" in words(page)
    assert "Research fields" in markup(open_page(None, name="experts", lang="en"))


@pytest.mark.parametrize("who", [Principal("分析员甲", "analyst"), firm("F1"), expert("E1")], ids=lambda who: who.role)
def test_nobody_but_the_office_has_these_pages(open_page: Open, service: Store, who: Principal) -> None:
    collecting(service)
    page = open_page(None, who)
    for name in ("experts", "needs", "imports"):
        with pytest.raises(ValueError, match="Could not find a navigation page"):
            page.switch_page(f"matcher/pages/{name}.py")
    assert "13800000004" not in everything(page)


def test_names_that_look_like_markup_are_shown_as_text(open_page: Open, service: Store) -> None:
    round_ = collecting(service)
    handed_in(service, round_, replace(EXPERTS[0], expert_id="E9", name="<img src=x>", expertise="<script>1</script>"))
    sent = markup(open_page(None, name="experts", form="E9"))

    assert "<img" not in sent
    assert "<script" not in sent
    assert "&lt;script&gt;1" in sent


# ---- taking, sending back


def test_a_form_is_taken(open_page: Open, service: Store) -> None:
    round_ = collecting(service)
    handed_in(service, round_, VAGUE)
    page = open_page(None, name="needs", form="F1-2").button(key="accept").click().run()

    assert "已受理：嵊星电机 · 提高质量" in words(page)
    assert stored(service, round_, "F1-2").state == "accepted"


def test_a_vague_need_is_sent_back_with_what_it_lacks_written_there_already(open_page: Open, service: Store) -> None:
    round_ = collecting(service)
    handed_in(service, round_, VAGUE)
    page = open_page(None, name="needs", form="F1-2")
    reason = page.text_area(key="return-1-F1-2")
    assert "没有写现在的状况" in str(reason.value)

    reason.set_value("请写明合格率")
    page = next(one for one in page.button if one.label == "退回").click().run()
    form = stored(service, round_, "F1-2")
    assert (form.state, form.returned_because) == ("returned", "请写明合格率")
    assert "已退回" in words(page)
    assert "请写明合格率" in words(page)


def test_to_send_back_without_a_reason_is_refused(open_page: Open, service: Store) -> None:
    round_ = collecting(service)
    page = open_page(None, name="needs", form="F1")
    page = next(one for one in page.button if one.label == "退回").click().run()

    assert "没有完成" in words(page)
    assert stored(service, round_, "F1").state == "accepted"


def test_all_that_wait_are_taken_at_once_and_none_where_one_was_changed_meanwhile(
    open_page: Open, service: Store
) -> None:
    round_ = collecting(service)
    for expert_id in ("E8", "E9"):
        handed_in(service, round_, replace(EXPERTS[0], expert_id=expert_id))
    page = open_page(None, name="experts")
    assert "受理全部 2 份已提交的申请" in words(page)

    seen = stored(service, round_, "E9")
    forms.return_form(service, colleague("赵科员"), seen, "缺成果")
    page.button(key="accept-all").click().run()
    assert "赵科员" in words(page)
    assert stored(service, round_, "E8").state == "submitted"

    page.button(key="accept-all").click().run()
    assert "已受理 1 份" in words(page)
    assert stored(service, round_, "E8").state == "accepted"


def test_what_the_institution_says_is_recorded_with_its_document(open_page: Open, service: Store) -> None:
    round_ = collecting(service)
    page = open_page(None, name="experts", form="E1")
    page = press(page, "登记")
    assert "请填写派出单位意见的文件号" in words(page)

    page.text_input(key="consent-1-E1-document").set_value("东大函〔2026〕7号")
    page.radio(key="consent-1-E1-said").set_value(False)
    page = press(page, "登记")
    form = stored(service, round_, "E1")
    assert (form.record.consent, form.consent_document) == (False, "东大函〔2026〕7号")
    assert "已登记派出单位对陈永的意见" in words(page)
    assert "东大函〔2026〕7号" in words(page)


def test_once_the_round_is_confirming_forms_are_read_and_not_changed(open_page: Open, service: Store) -> None:
    proposed(replace(service, clock=lambda: THE_DAY))
    page = open_page(None, name="experts")
    assert "“确认”阶段不能审核或修改表格" in words(page)
    assert not page.button
    assert "不能审核或修改" in words(open_page(None, name="experts", tab="edit"))


# ---- changing


def test_a_form_is_changed_handed_in_for_its_party_and_taken(open_page: Open, service: Store) -> None:
    round_ = collecting(service)
    page = open_page(None, name="experts", form="E1", tab="edit")
    page.text_input(key="edit-1-E1 title").set_value("研究员")
    page.number_input(key="edit-1-E1 capacity").set_value(3)
    page.selectbox(key="edit-1-E1 mode").set_value("online")
    page.text_input(key="edit-1-E1 roles").set_value("技术攻关员；信息员")
    page = press(page, "保存")
    written = stored(service, round_, "E1")
    assert "已保存：陈永" in words(page)
    assert (written.state, written.record.title, written.record.capacity) == ("draft", "研究员", 3)
    assert (written.record.mode, written.record.roles) == ("online", ("技术攻关员", "信息员"))

    press(open_page(None, name="experts", form="E1"), "代为提交").button(key="accept").click().run()
    assert stored(service, round_, "E1").state == "accepted"


def test_what_is_wrong_is_told_by_its_field_and_nothing_that_was_typed_is_lost(open_page: Open, service: Store) -> None:
    round_ = collecting(service)
    page = open_page(None, name="experts", form="E1", tab="edit")
    page.text_input(key="edit-1-E1 name").set_value("")
    page.text_input(key="edit-1-E1 city").set_value("杭州")
    page = press(page, "保存")

    assert "「姓名」不能为空" in words(page)
    assert page.text_input(key="edit-1-E1 city").value == "杭州"
    assert stored(service, round_, "E1").record.city == ""


def test_two_who_edit_one_form_do_not_overwrite_each_other(open_page: Open, service: Store) -> None:
    round_ = collecting(service)
    page = open_page(None, name="experts", form="E1", tab="edit")
    page.text_input(key="edit-1-E1 title").set_value("研究员")
    before = stored(service, round_, "E1")
    other = replace(before.record, city="宁波")
    forms.write_form(service, colleague("赵科员"), round_.id, other, version=before.version)

    page = press(page, "保存")
    assert "没有完成" in words(page)
    assert "所在地：– → 宁波" in words(page)
    assert page.text_input(key="edit-1-E1 title").value == "研究员"
    assert stored(service, round_, "E1").record.title == "教授"

    page = press(press(page, "以我的修改为准"), "保存")
    record = stored(service, round_, "E1").record
    assert (record.title, record.city) == ("研究员", "")


def test_who_drops_what_was_typed_sees_what_the_other_saved(open_page: Open, service: Store) -> None:
    round_ = collecting(service)
    page = open_page(None, name="experts", form="E1", tab="edit")
    page.text_input(key="edit-1-E1 title").set_value("研究员").run()
    before = stored(service, round_, "E1")
    forms.write_form(
        service, colleague("赵科员"), round_.id, replace(before.record, city="宁波"), version=before.version
    )
    page = press(page.run(), "放弃我的修改")

    assert page.text_input(key="edit-1-E1 title").value == "教授"
    assert page.text_input(key="edit-1-E1 city").value == "宁波"
    assert page.text_input(key="edit-1-E1 title").proto.set_value  # a browser still shows what was typed: it is told
    assert "您开始修改之后" not in words(page)


def test_a_form_is_added_and_is_then_the_one_that_is_shown(open_page: Open, service: Store) -> None:
    round_ = collecting(service)
    page = press(open_page(None, name="needs"), "新增")
    page = press(page, "保存")
    assert "「企业编号」不能为空" in words(page)

    given = {"firm_id": "F9", "name": "新厂", "township": "甘霖镇", "industry": "茶叶", "need_title": "茶叶保鲜"}
    for name, value in given.items():
        page.text_input(key=f"new {name}").set_value(value)
    page = press(page, "保存")
    assert stored(service, round_, "F9").record.township == "甘霖镇"
    assert page.header[0].value == "新厂 · 茶叶保鲜"


def test_what_was_typed_of_a_form_is_not_taken_for_that_of_another(open_page: Open, service: Store) -> None:
    round_ = collecting(service)
    handed_in(service, round_, VAGUE)
    page = open_page(None, name="needs", form="F1-2", tab="edit")
    page.text_input(key="edit-1-F1-2 name").set_value("别的厂").run()
    page.selectbox(key="form-name").set_value("F1")

    assert page.run().text_input(key="edit-1-F1 need_title").value == NEEDS[0].need_title
    assert page.text_input(key="edit-1-F1 name").value == NEEDS[0].name


def test_what_was_typed_of_a_form_is_not_taken_for_that_of_another_round(open_page: Open, service: Store) -> None:
    round_ = collecting(service)
    other = rounds.open_batch(service, WHO, "2027", 2027)
    forms.write_form(service, WHO, other.id, EXPERTS[0])
    page = open_page(None, name="experts", form="E1", tab="edit", round=str(round_.id))
    page.text_input(key="edit-1-E1 title").set_value("研究员").run()
    page.selectbox(key="round").set_value(str(other.id))
    press(page.run(), "保存")

    assert stored(service, other, "E1").record.title == "教授"


# ---- whom it can't meet, whom it wishes


def test_conflicts_of_interest_are_told_from_either_side(open_page: Open, service: Store) -> None:
    round_ = collecting(service)
    related = replace(NEEDS[1], need_id="N23", related_institutions=("越州学院", "茶叶研究"))
    forms.accept_form(service, WHO, handed_in(service, round_, related))
    of_need = words(open_page(None, name="needs", form="N23", tab="bars"))
    of_expert = words(open_page(None, name="experts", form="E4", tab="bars"))

    assert "派出单位与企业有关联，应回避" in of_need
    assert "“茶叶研究”与“茶叶研究所”相近" in of_need
    assert "可以对接的需求有 2 项；另有 3 项" in of_expert
    assert "没有冲突" in words(open_page(None, name="experts", form="E1", tab="bars"))


def test_wishes_are_looked_into_while_matching_alone_and_on_record(open_page: Open, service: Store) -> None:
    round_ = choosing(service)
    preferences.state_preferences(
        *(service, expert("E1"), round_.id, "expert", "E1"), tiers=(("F1",), ("N21",)), vetoes=[("F3", "曾有纠纷")]
    )
    page = open_page(None, name="experts", form="E1", tab="wishes")
    assert "已填报志愿或回避" in words(page)
    assert not [one for one in page.button if one.key == "look"]

    rounds.advance(service, WHO, round_.id)
    page = open_page(None, name="experts", form="E1", tab="wishes")
    assert "曾有纠纷" not in everything(page)
    assert looks(service) == []

    page.button(key="look").click().run()
    assert "第 1 志愿 嵊星电机" in words(page)
    assert "第 2 志愿 越锦丝绸 · 真丝色牢度不足" in words(page)
    assert "灶王厨具 曾有纠纷" in words(page)
    assert looks(service) == [f"preferences/{round_.id}/expert/E1"]
    assert "没有填报志愿" in words(open_page(None, name="experts", form="E3", tab="wishes"))


def looks(store: Store) -> list[str]:
    with store.reading() as view:
        return [event.about for event in view.listed(Event, what="look_into_preferences")]
