"""A firm's needs and an expert's profile, as a manager finds them: filled in, advised, handed in, and nothing lost."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from matcher.domain.roles import CONSENTS, Principal
from matcher.domain.rounds import STATES
from matcher.domain.settings import Settings, Side
from matcher.services import accounts, consents, drafts, forms, preferences, rounds
from matcher.store import Store
from matcher.store.entities import Application, Draft, NeedForm, Round
from tests.bureau import NEEDS, WHO, choosing, collecting, matching, proposed, put_in
from tests.databases import THE_DAY
from tests.pages.test_placements import everything, words
from tests.pages.test_rounds import press

Open = Callable[..., AppTest]
NAME: dict[Side, str] = {"firm": "my_needs", "expert": "my_profile"}
SIDES: tuple[Side, ...] = ("firm", "expert")


def somebody(store: Store, side: Side, own_id: str) -> Principal:
    account = accounts.add(store, WHO, name=f"login-{own_id}", role=side, party=own_id)
    return Principal(account.handle, side, own_id, account.id, account.name)


def stored(store: Store, round_: Round, own_id: str, side: Side = "firm") -> Any:
    with store.reading() as view:
        if side == "firm":
            return view.find(NeedForm, round_id=round_.id, need_id=own_id)
        return view.find(Application, round_id=round_.id, expert_id=own_id)


def all_drafts(store: Store) -> list[Draft]:
    with store.reading() as view:
        return view.listed(Draft)


def labels(page: AppTest) -> list[str]:
    """Give what is seen of buttons: whom one of several is about is heard alone."""
    return [one.label.partition(" :gray-background[")[0] for one in page.button]


# ---- the first time


@pytest.mark.parametrize("side", SIDES)
def test_before_any_batch_it_is_said_that_there_is_nothing_to_do(open_page: Open, side: Side) -> None:
    page = open_page(None, Principal("x", side, "X1"), name=NAME[side])
    assert "目前没有正在进行的批次" in words(page)
    assert not page.text_input


def test_a_firm_that_has_nothing_yet_finds_the_form_open_and_hands_its_need_in(open_page: Open, service: Store) -> None:
    round_ = rounds.open_batch(service, WHO, "2026", 2026)
    who = somebody(service, "firm", "F7")
    page = open_page(None, who, name="my_needs")
    assert "请填写一项技术需求并提交" in words(page)
    assert "还没有填" not in words(page), "nobody is told of what is missing before they begin"

    key = f"mine-{round_.id}-new"
    page.text_input(key=f"{key} need_title").set_value("提高质量").run()
    assert "写得还比较笼统" in words(page)
    assert "只有名称，没有写需求详情" in words(page)
    assert "也可以写上" not in words(page), "what is asked for is asked for once"
    assert "还没有填" in words(page)
    page.text_area(key=f"{key} need_detail").set_value(
        "塑封电机满载运行时绕组温升实测 72 K，需降到 60 K 以下，机座外形和成本不变"
    ).run()
    assert "写得够清楚了" in words(page)

    page = press(page, "保存并提交")
    assert "「单位名称」不能为空" in words(page)
    assert page.text_input(key=f"{key} need_title").value == "提高质量"

    for name, value in {"name": "新厂", "township": "甘霖镇", "industry": "电机"}.items():
        page.text_input(key=f"{key} {name}").set_value(value)
    page = press(page, "保存并提交")
    form = stored(service, round_, "F7")
    assert (form.state, form.record.township) == ("submitted", "甘霖镇")
    assert "已提交，科技局会审核" in words(page)
    assert "已提交 1 项需求，科技局正在审核" in words(page)
    assert all_drafts(service) == []


def test_an_expert_fills_in_a_profile_with_capacity_and_days(open_page: Open, service: Store) -> None:
    round_ = rounds.open_batch(service, WHO, "2026", 2026)
    page = open_page(None, somebody(service, "expert", "E7"), name="my_profile")
    key = f"mine-{round_.id}-new"
    for name, value in {"name": "郑新", "institution": "东海大学"}.items():
        page.text_input(key=f"{key} {name}").set_value(value)
    page.text_area(key=f"{key} research_fields").set_value("机器视觉")
    page.number_input(key=f"{key} capacity").set_value(2)
    page.number_input(key=f"{key} days_per_year").set_value(60)
    page = press(page, "先保存")
    record = stored(service, round_, "E7", "expert").record
    assert (record.capacity, record.days_per_year, record.consent) == (2, 60, None)
    assert "已保存，还没有提交" in words(page)
    assert "派出单位意见还没有" in words(page)

    page = press(page, "提交")
    assert stored(service, round_, "E7", "expert").state == "submitted"
    assert "新增" not in labels(page)


# ---- nothing is lost


@pytest.mark.parametrize("side", SIDES)
def test_what_was_typed_is_there_after_a_refresh_and_goes_when_it_is_thrown_away(
    open_page: Open, service: Store, side: Side
) -> None:
    round_ = collecting(service)
    own_id, name = ("F1", "need_detail") if side == "firm" else ("E1", "expertise")
    who = somebody(service, side, own_id)
    key = f"mine-{round_.id}-{own_id}"
    before = getattr(stored(service, round_, own_id, side).record, name)
    page = open_page(None, who, name=NAME[side], form=own_id)
    assert page.text_area(key=f"{key} {name}").value == before
    page.text_area(key=f"{key} {name}").set_value("刚写了一半").run()
    assert "已自动留存" in words(page)

    cards = open_page(None, who, name=NAME[side])
    assert "有没保存的内容" in words(cards)
    page = press(cards, "继续填写")
    assert page.text_area(key=f"{key} {name}").value == "刚写了一半"
    assert getattr(stored(service, round_, own_id, side).record, name) == before

    page = press(page, "放弃没保存的修改")
    assert page.text_area(key=f"{key} {name}").value == before
    assert all_drafts(service) == []


def test_a_need_that_was_begun_waits_beside_the_others_with_what_is_known_of_the_firm(
    open_page: Open, service: Store
) -> None:
    round_ = collecting(service)
    who = somebody(service, "firm", "F1")
    page = press(open_page(None, who, name="my_needs"), "再写一项需求")
    key = f"mine-{round_.id}-new"
    assert page.text_input(key=f"{key} name").value == "嵊星电机"
    assert page.text_input(key=f"{key} contact").value == "13900000001"
    page.text_input(key=f"{key} need_title").set_value("轴承异响").run()

    page = press(open_page(None, who, name="my_needs"), "继续写没写完的新需求")
    assert page.text_input(key=f"{key} need_title").value == "轴承异响"
    page = press(page, "先保存")
    assert stored(service, round_, "F1-2").record.need_title == "轴承异响"
    assert "轴承异响" in words(page)


def test_who_comes_back_after_the_office_changed_the_form_chooses_which_is_to_stand(
    open_page: Open, service: Store
) -> None:
    round_ = collecting(service)
    who = somebody(service, "firm", "F1")
    key = f"mine-{round_.id}-F1"
    open_page(None, who, name="my_needs", form="F1").text_input(key=f"{key} need_title").set_value("我写的").run()
    before = stored(service, round_, "F1")
    forms.write_form(service, WHO, round_.id, replace(before.record, township="甘霖镇"), version=before.version)

    page = open_page(None, who, name="my_needs", form="F1")
    assert "有过新的修改" in words(page)
    assert "现在保存的是：乡镇街道 甘霖镇" in words(page)
    assert "王科长" not in words(page)
    page = press(page, "保存并提交")
    assert "没有完成" in words(page)
    assert page.text_input(key=f"{key} need_title").value == "我写的"
    page = press(press(page, "以我的修改为准"), "保存并提交")
    record = stored(service, round_, "F1").record
    assert (record.need_title, record.township) == ("我写的", "三江街道")

    page = open_page(None, who, name="my_needs", form="F1")
    page.text_input(key=f"{key} need_title").set_value("又写").run()
    submitted = stored(service, round_, "F1")
    forms.return_form(service, WHO, submitted, "请写清现状\n请写数值")
    page = press(open_page(None, who, name="my_needs", form="F1"), "放弃我的修改")
    assert page.text_input(key=f"{key} need_title").value == "我写的"
    assert "请写清现状" in words(page)


# ---- what came back, and when


def test_what_came_back_says_why_on_its_card_and_in_the_form(open_page: Open, service: Store) -> None:
    round_ = collecting(service)
    forms.return_form(service, WHO, stored(service, round_, "N21"), "没有写现在的色牢度等级，请补充 <b>数值</b>")
    page = open_page(None, somebody(service, "firm", "F2"), name="my_needs")
    assert "需求“真丝色牢度不足”被退回" in words(page)
    assert "请补充 <b>数值</b>" in words(page)
    assert "<b>数值" not in "".join(part.proto.body for part in page.html)
    assert "继续填写" in labels(page)
    assert "修改 :gray-background[功能性纤维开发]" in [one.label for one in page.button]
    assert "提交" not in labels(page), "it is changed before it is handed in again"


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("state", [state for state in STATES if state != "notice"])
def test_forms_are_changed_in_the_states_that_allow_it_and_else_it_is_said(
    open_page: Open, service: Store, state: Any, side: Side
) -> None:
    put_in(service, collecting(service), state)
    own_id = "F1" if side == "firm" else "E1"
    page = open_page(None, Principal(own_id, side, own_id), name=NAME[side], form=own_id)
    is_open = state in ("collecting", "choosing")
    assert bool(page.text_area) == is_open
    assert ("阶段不能修改" in words(page)) != is_open
    assert 'aria-current="step"' in everything(page) or 'aria-current=\\"step\\"' in everything(page)


@pytest.mark.parametrize("side", SIDES)
def test_an_accepted_form_says_what_changing_it_costs(open_page: Open, service: Store, side: Side) -> None:
    choosing(service)
    own_id = "F1" if side == "firm" else "E1"
    page = open_page(None, Principal(own_id, side, own_id), name=NAME[side], form=own_id)
    assert "在此之前不参加匹配" in words(page)
    assert "返回（内容会留着）" in labels(page)
    assert "「互选」" not in words(page)


def test_an_expert_reads_what_the_institution_said_and_what_bars(open_page: Open, service: Store) -> None:
    settings = Settings.model_validate({"eligibility": {"consent": "given"}})
    round_ = collecting(service, settings=settings)
    who = Principal("E1", "expert", "E1")
    page = open_page(None, who, name="my_profile")
    assert "还不符合派出条件" in words(page)
    assert "派出单位尚未同意" in words(page)
    form = stored(service, round_, "E1", "expert")
    forms.record_consent(service, WHO, form, True, on=THE_DAY.date(), document="东大〔2026〕5号")
    page = open_page(None, who, name="my_profile")
    assert "派出单位意见同意 2026-06-01 · 东大〔2026〕5号" in words(page)
    assert "还不符合派出条件" not in words(page)


# ---- names that are known, and forms that were begun by mistake


def test_the_township_that_is_likely_meant_is_asked_after_and_taken_by_one_press(
    open_page: Open, service: Store
) -> None:
    round_ = collecting(service)
    who = somebody(service, "firm", "F1")
    page, key = open_page(None, who, name="my_needs", form="F1"), f"mine-{round_.id}-F1 township"
    assert page.text_input(key=key).value == "三江街道"
    assert f"{key} list" not in [box.key for box in page.selectbox]

    page.text_input(key=key).set_value("三江").run()
    assert "科技局已有“三江街道”" in words(page)
    page = press(page, "改成：三江街道")
    assert page.text_input(key=key).value == "三江街道"
    assert [draft.typed["township"] for draft in all_drafts(service)] == ["三江街道"]
    assert "科技局已有" not in words(page)


def test_a_known_township_is_chosen_from_the_list_and_one_that_is_new_is_taken(open_page: Open, service: Store) -> None:
    round_ = collecting(service)
    who = somebody(service, "firm", "F1")
    page, key = open_page(None, who, name="my_needs", form="new"), f"mine-{round_.id}-new township"
    page.text_input(key=key).set_value("").run()
    box = page.selectbox(key=f"{key} list")
    assert box.label == "已有的乡镇街道"
    assert set(box.options) == {need.township for need in NEEDS}
    box.select("浦口街道").run()
    assert page.text_input(key=key).value == "浦口街道"

    page = open_page(None, who, name="my_needs", form="new")
    assert page.text_input(key=key).value == "浦口街道"
    page.text_input(key=key).set_value("北漳镇").run()
    page.text_input(key=f"mine-{round_.id}-new need_title").set_value("轴承异响").run()
    page = press(page, "先保存")
    assert stored(service, round_, "F1-2").record.township == "北漳镇"


@pytest.mark.parametrize("side", SIDES)
def test_a_form_begun_by_mistake_is_deleted_after_it_was_said_what_is_lost(
    open_page: Open, service: Store, side: Side
) -> None:
    round_ = collecting(service)
    own_id = "F1" if side == "firm" else "E1"
    who = somebody(service, side, own_id)
    page = open_page(None, who, name=NAME[side])
    assert f"withdraw-do-{own_id}" not in [button.key for button in page.button], "the office has it"
    forms.return_form(service, WHO, stored(service, round_, own_id, side), "请补充")

    page = open_page(None, who, name=NAME[side])
    assert "不能恢复" in words(page)
    other = open_page(None, who, name=NAME[side])
    page = press(page, "确定删除")
    assert "已删除：" in words(page)
    assert stored(service, round_, own_id, side) is None
    other = press(other, "确定删除")
    assert "没有完成" in words(other)


# ---- contact and consent


@pytest.mark.parametrize("side", SIDES)
def test_consents_are_asked_each_by_itself_with_nothing_chosen_before(
    open_page: Open, service: Store, side: Side
) -> None:
    matching(service)
    own_id = "F1" if side == "firm" else "E1"
    who = Principal(own_id, side, own_id)
    page = open_page(None, who, name=NAME[side])
    assert [one.value for one in page.radio] == [None for _ in CONSENTS[side]]
    page.radio(key="consent-contact").set_value(False).run()
    assert "已记下您的决定" in words(page)
    [said] = consents.consents_of(service, who, side, own_id)
    assert (said.kind, said.given) == ("contact", False)
    assert open_page(None, who, name=NAME[side]).radio(key="consent-contact").value is False


def test_contact_data_are_put_right_in_whatever_state(open_page: Open, service: Store) -> None:
    round_ = proposed(replace(service, clock=lambda: THE_DAY))
    page = open_page(None, Principal("F1", "firm", "F1"), name="my_needs")
    page.text_input(key="own-contact").set_value("0575-1")
    page = press(page, "更正")
    assert "联系方式已更正" in words(page)
    assert stored(service, round_, "F1").record.contact == "0575-1"


# ---- others


@pytest.mark.parametrize("side", SIDES)
def test_another_partys_form_in_the_address_gives_ones_own_cards(open_page: Open, service: Store, side: Side) -> None:
    round_ = choosing(service)
    with service.writing(WHO.name) as work:
        for kind in (NeedForm, Application):
            for form in work.listed(kind, round_id=round_.id):
                marked = replace(form.record, contact=f"〔{form.own_id}〕", name=f"〔name {form.own_id}〕")
                work.change(form, "write_form", record=marked)
    preferences.state_preferences(
        *(service, WHO, round_.id, "expert", "E4"), tiers=(("F1",),), vetoes=[("F3", "〔reason〕")]
    )
    own_id, other = ("F1", "F3") if side == "firm" else ("E1", "E4")
    for form in (other, "new", ""):
        sent = everything(open_page(None, Principal(own_id, side, own_id), name=NAME[side], form=form))
        strangers = [f"〔{one}〕" for one in ("F3", "N21", "N22", "E1", "E2", "E3", "E4", "F1") if one != own_id]
        assert [mark for mark in (*strangers, f"〔name {other}〕", "〔reason〕") if mark in sent] == []


@pytest.mark.parametrize("side", SIDES)
def test_the_pages_speak_english_too(open_page: Open, service: Store, side: Side) -> None:
    round_ = collecting(service)
    own_id = "F1" if side == "firm" else "E1"
    form = stored(service, round_, own_id, side)
    forms.return_form(service, WHO, form, "why")
    for query in ({}, {"form": own_id}):
        page = open_page(None, Principal(own_id, side, own_id), name=NAME[side], lang="en", **query)
        said = words(page)
        assert "came back. Please see why" in said
        own = sorted((str(value) for value in vars_of(form.record)), key=len, reverse=True)
        for text in own:
            said = said.replace(text, "")
        assert not [
            letter for letter in said if "\u4e00" <= letter <= "\u9fff" and letter not in "甘霖镇嵊州经济开发区杭州"
        ]


def vars_of(record: Any) -> list[Any]:
    return [getattr(record, name) for name in type(record).__dataclass_fields__ if getattr(record, name)]


def test_drafts_of_a_page_are_kept_by_nobody_elses_account(open_page: Open, service: Store) -> None:
    round_ = collecting(service)
    one, other = somebody(service, "firm", "F1"), somebody(service, "firm", "F3")
    page = open_page(None, one, name="my_needs", form="F1")
    page.text_input(key=f"mine-{round_.id}-F1 need_title").set_value("〔只有我〕").run()
    assert drafts.drafts_of(service, one, "firm", "F1", round_id=round_.id)
    assert "〔只有我〕" not in everything(open_page(None, other, name="my_needs"))


# ---- two windows, and numbers


def field(page: AppTest, name: str) -> Any:
    return next(one for one in (*page.text_input, *page.text_area) if one.label == name)


def test_two_windows_of_one_account_lose_nothing_to_each_other(open_page: Open, service: Store) -> None:
    collecting(service)
    who = somebody(service, "firm", "F1")
    first = open_page(None, who, name="my_needs", form="F1")
    field(first, "需求名称 *").input("甲标题").run()
    second = open_page(None, who, name="my_needs", form="F1")
    assert field(second, "需求名称 *").value == "甲标题"
    field(second, "需求名称 *").input("乙标题").run()

    field(first, "需求详情").input("现在的温升是八十度").run()
    assert field(first, "需求名称 *").value == "乙标题", "it shows what the other window changed"
    (draft,) = all_drafts(service)
    assert (draft.typed["need_title"], draft.typed["need_detail"]) == ("乙标题", "现在的温升是八十度")


def test_what_another_window_changed_last_is_looked_over_before_it_is_handed_in(
    open_page: Open, service: Store
) -> None:
    round_ = collecting(service)
    who = somebody(service, "firm", "F1")
    first = open_page(None, who, name="my_needs", form="F1")
    field(first, "需求名称 *").input("甲标题").run()
    second = open_page(None, who, name="my_needs", form="F1")
    field(second, "需求详情").input("乙详情").run()

    press(first, "保存并提交")
    assert "您在另一个窗口里又改过这份表" in words(first)
    assert field(first, "需求详情").value == "乙详情"
    assert stored(service, round_, "F1").record.need_title != "甲标题"
    press(first, "保存并提交")
    record = stored(service, round_, "F1").record
    assert (record.need_title, record.need_detail) == ("甲标题", "乙详情")
    assert all_drafts(service) == []


@pytest.mark.parametrize(("name", "wrong"), [("可服务企业数", 0), ("可服务天数", -5)])
def test_a_number_out_of_range_is_refused_in_words_and_nothing_else_is_stored_for_it(
    open_page: Open, service: Store, name: str, wrong: int
) -> None:
    round_ = collecting(service)
    who = somebody(service, "expert", "E1")
    before = stored(service, round_, "E1", "expert")
    page = open_page(None, who, name="my_profile", form="E1")
    number = next(one for one in page.number_input if one.label == name)
    number.set_value(wrong).run()
    assert "应为 " in words(page)
    press(page, "保存并提交")
    assert name in words(page)
    assert next(one for one in page.number_input if one.label == name).value == wrong
    assert stored(service, round_, "E1", "expert") == before
