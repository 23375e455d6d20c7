"""Firms find experts and experts firms: what each state shows, every step of the list, and nothing of anybody else."""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any, NamedTuple

import pytest
from streamlit.testing.v1 import AppTest

from matcher.domain.records import Tiers
from matcher.domain.roles import Principal
from matcher.domain.settings import Settings, Side
from matcher.pages import finding_list
from matcher.services import forms, preferences, rounds
from matcher.services.import_writes import VETO_REASON
from matcher.services.preferences import preferences_of, state_preferences
from matcher.store import Store
from matcher.store.entities import Application, Draft, NeedForm, Round
from tests import bureau
from tests.bureau import EXPERTS, WHO, expert, firm
from tests.databases import THE_DAY
from tests.pages.test_own_forms import somebody
from tests.pages.test_placements import everything, words

Open = Callable[..., AppTest]


class Asker(NamedTuple):
    """Who looks, for what, on which page, who is suggested, and another."""

    who: Principal
    side: Side
    own_id: str
    name: str
    first: str
    other: str


SIDES = (
    Asker(firm("F1"), "firm", "F1", "find_experts", "E1", "E4"),
    Asker(expert("E1"), "expert", "E1", "find_firms", "F1", "N21"),
)

both = pytest.mark.parametrize("asker", SIDES, ids=lambda asker: asker.side)


@pytest.fixture
def day(service: Store) -> Store:
    """The service on the day of tests."""
    return replace(service, clock=lambda: THE_DAY)


@pytest.fixture
def round_(day: Store) -> Round:
    return bureau.choosing(day)


def stated(store: Store, round_: Round, side: Side, own_id: str) -> tuple[Tiers, Any]:
    found = preferences_of(store, WHO, round_.id, side, own_id)
    return (found.tiers, found.vetoes) if found else ((), ())


def click(page: AppTest, key: str) -> None:
    page.button(key=key).click().run()
    assert not page.exception


def shown(page: AppTest, key: str) -> str:
    """Give what is seen of a label, without what is heard alone."""
    return page.button(key=key).label.partition(" :gray-background[")[0]


def headings(page: AppTest) -> list[str]:
    return [part.value for part in page.header]


@both
@pytest.mark.usefixtures("round_")
def test_those_suggested_come_first_with_reasons_and_the_words_that_both_share(open_page: Open, asker: Asker) -> None:
    page = open_page(None, asker.who, name=asker.name)
    sent = everything(page)
    assert page.title[0].value == ("找专家" if asker.side == "firm" else "找企业")
    assert headings(page)[:2] == ["我的志愿", "推荐的专家" if asker.side == "firm" else "推荐的需求"]
    assert "共同的词" in words(page)
    assert "<mark" in sent
    assert "不看任何人的志愿" in words(page)
    assert [word for word in ("匹配度", "0.", "13900000001", "13800000004") if word in words(page)] == []
    keys = [button.key for button in page.button if button.key]
    assert keys.index(f"in-{asker.first}") < keys.index(f"in-{asker.other}")


@both
@pytest.mark.usefixtures("round_")
def test_what_is_not_mentioned_stands_below_all_reasons_on_a_line_of_its_own(open_page: Open, asker: Asker) -> None:
    sent = everything(open_page(None, asker.who, name=asker.name)).replace('\\"', '"')
    label = "没有提到：" if asker.side == "firm" else "您的资料没有提到："
    assert f'<p class="gap">{label}' in sent
    assert [item for item in re.findall("<li>(.*?)</li>", sent) if "没有提到" in item] == []
    for rest in sent.split('<p class="gap">')[1:]:
        assert "<ul" not in rest.partition("</h4>")[0], "no reason comes after what is lacking"


@both
def test_every_click_is_saved_at_once(open_page: Open, day: Store, round_: Round, asker: Asker) -> None:
    page = open_page(None, asker.who, name=asker.name)

    def now() -> Tiers:
        return stated(day, round_, asker.side, asker.own_id)[0]

    click(page, f"in-{asker.other}")
    click(page, f"in-{asker.first}")
    assert now() == ((asker.other,), (asker.first,))
    assert "第 1 志愿" in words(page)
    assert [shown(page, f"in-{one}") for one in (asker.first, asker.other)] == ["移除", "移除"]
    click(page, f"up-list-{asker.first}")
    assert now() == ((asker.first,), (asker.other,))
    before = preferences_of(day, WHO, round_.id, asker.side, asker.own_id)
    for nowhere in (f"up-list-{asker.first}", f"down-list-{asker.other}"):
        assert shown(page, nowhere).startswith(":gray["), "it is pale, and stays where the keyboard is"
        click(page, nowhere)
    assert preferences_of(day, WHO, round_.id, asker.side, asker.own_id) == before
    click(page, f"down-list-{asker.first}")
    assert now() == ((asker.other,), (asker.first,))
    click(page, f"tie-list-{asker.first}")
    assert now() == ((asker.other, asker.first),)
    assert "第 1 志愿 · 并列" in words(page)
    click(page, f"tie-list-{asker.other}")
    assert now() == ((asker.first,), (asker.other,))
    next(field for field in page.number_input if f"to-list-{asker.other}-" in str(field.key)).set_value(1).run()
    assert now() == ((asker.other,), (asker.first,))
    click(page, f"in-{asker.other}")
    assert now() == ((asker.first,),)
    click(page, "withdraw-do")
    assert stated(day, round_, asker.side, asker.own_id) == ((), ())
    assert "还没有选" in words(page)


def test_a_double_click_does_not_undo_itself_however_long_its_first_half_takes(
    open_page: Open, day: Store, round_: Round, monkeypatch: pytest.MonkeyPatch
) -> None:
    now, state = [100.0], finding_list.preferences.state_preferences

    def slowly(*whose: Any, **lists: Any) -> Any:
        now[0] += 3
        return state(*whose, **lists)

    monkeypatch.setattr(finding_list, "monotonic", lambda: now[0])
    monkeypatch.setattr(finding_list.preferences, "state_preferences", slowly)
    page = open_page(None, firm("F1"), name="find_experts")
    for wished in ((("E1",),), (("E1",),), ()):
        click(page, "in-E1")
        assert stated(day, round_, "firm", "F1")[0] == wished
        now[0] += 0.3


@both
def test_a_veto_asks_for_its_reason_in_place_and_can_be_taken_back(
    open_page: Open, day: Store, round_: Round, asker: Asker
) -> None:
    page = open_page(None, asker.who, name=asker.name)
    click(page, f"veto-do-{asker.first}")
    called = {"E1": "陈永", "F1": "嵊星电机"}[asker.first]
    assert f"请写明不接受 {called} 的理由" in words(page)
    assert preferences_of(day, WHO, round_.id, asker.side, asker.own_id) is None
    page.text_area(key=f"veto-{asker.own_id}-{asker.first}-why").set_value("去年合作过，<b>不合适</b>")
    click(page, f"veto-do-{asker.first}")
    assert stated(day, round_, asker.side, asker.own_id) == ((), ((asker.first, "去年合作过，<b>不合适</b>"),))
    assert "<b>不合适" not in everything(page)
    assert "请写明不接受" not in words(page)
    click(page, f"lift-card-{asker.first}")
    assert stated(day, round_, asker.side, asker.own_id) == ((), ())


def test_the_reason_of_a_veto_is_there_after_a_refresh_until_it_is_sent_or_taken_out(
    open_page: Open, day: Store, round_: Round
) -> None:
    who = somebody(day, "firm", "F1")
    page = open_page(None, who, name="find_experts")
    assert "已自动留存" not in words(page)
    page.text_area(key="veto-F1-E4-why").set_value("去年合作过").run()
    assert "已自动留存" in words(page)

    page = open_page(None, who, name="find_experts")
    assert page.text_area(key="veto-F1-E4-why").value == "去年合作过"
    page.text_area(key="veto-F1-E4-why").set_value("").run()
    assert "已自动留存" not in words(page)
    page.text_area(key="veto-F1-E4-why").set_value("去年合作过").run()
    click(page, "veto-do-E4")
    assert stated(day, round_, "firm", "F1") == ((), (("E4", "去年合作过"),))
    click(page, "lift-card-E4")
    assert page.text_area(key="veto-F1-E4-why").value == ""
    with day.reading() as view:
        assert view.listed(Draft) == []


def test_what_was_typed_is_not_lost_when_another_window_was_quicker(open_page: Open, day: Store, round_: Round) -> None:
    page = open_page(None, firm("F1"), name="find_experts")
    state_preferences(day, firm("F1"), round_.id, "firm", "F1", tiers=(("E2",),))
    page.text_area(key="veto-F1-E4-why").set_value("不合适")
    click(page, "veto-do-E4")
    assert "没有完成" in words(page)
    assert "由您自己（在另一个窗口）修改过" in words(page)
    assert "remove-list-E2" in [button.key for button in page.button], "what is there now is shown"
    assert page.text_area(key="veto-F1-E4-why").value == "不合适"
    assert stated(day, round_, "firm", "F1") == ((("E2",),), ())
    click(page, "veto-do-E4")
    assert stated(day, round_, "firm", "F1") == ((("E2",),), (("E4", "不合适"),))


@pytest.mark.usefixtures("round_")
def test_the_search_looks_at_everybody_and_stands_in_the_address_with_filters_and_comparison(
    open_page: Open,
) -> None:
    page = open_page(None, firm("F1"), name="find_experts", search="茶叶")
    assert cards(page) == ["E3"]
    page.text_input(key="search").set_value("nobody at all").run()
    assert "没有找到" in words(page)
    page.text_input(key="search").set_value("").run()
    page.multiselect(key="institution").set_value(["东海大学"]).run()
    assert sorted(cards(page)) == ["E1", "E2"]
    page.multiselect(key="institution").set_value([]).run()
    for one in ("E1", "E2", "E3"):
        click(page, f"compare-{one}")
    assert page.query_params["compare"] == "E1;E2;E3"
    assert "已加入对比：周茶，第 3 位" in page.toast[0].value
    assert page.button(key="compare-E4").disabled
    assert "对比" in headings(page)
    compared = next(part.proto.body for part in page.html if "compared" in part.proto.body)
    assert compared.count('class="one"') == 3
    assert all(expert.name in compared for expert in EXPERTS[:3])
    assert "<mark" in compared
    click(page, "drop-E2")
    assert page.query_params["compare"] == "E1;E3"


def cards(page: AppTest) -> list[str]:
    """Tell whom the page shows, by the buttons that every card has."""
    keys = [str(button.key) for button in page.button]
    return [key.removeprefix("compare-") for key in keys if key.startswith("compare-")]


def test_a_firm_with_several_needs_chooses_for_which_it_looks(open_page: Open, day: Store, round_: Round) -> None:
    page = open_page(None, firm("F2"), name="find_experts")
    click(page, "in-E2")
    page.selectbox(key="need").set_value("N22").run()
    assert page.query_params["need"] == "N22"
    click(page, "in-E3")
    assert stated(day, round_, "firm", "N21")[0] == (("E2",),)
    assert stated(day, round_, "firm", "N22")[0] == (("E3",),)


def test_the_need_of_another_firm_in_the_address_gives_nothing(open_page: Open, day: Store, round_: Round) -> None:
    state_preferences(day, firm("F3"), round_.id, "firm", "F3", tiers=(("E4",),), vetoes=[("E1", "〔拒因〕")])
    for who, own in ((firm("F1"), "F1"), (firm("F2"), "N21")):
        page = open_page(None, who, name="find_experts", need="F3", compare="E9;F3", show="x")
        sent = everything(page)
        assert [word for word in ("〔拒因〕", "灶王", "集成灶", "remove-list-E4") if word in sent] == []
        click(page, "in-E2")
        assert stated(day, round_, "firm", own)[0] == (("E2",),)
    assert stated(day, round_, "firm", "F3") == ((("E4",),), (("E1", "〔拒因〕"),))


@both
def test_ranks_and_vetoes_of_the_other_side_are_nowhere_in_the_page(
    open_page: Open, day: Store, round_: Round, asker: Asker
) -> None:
    before = everything(open_page(None, asker.who, name=asker.name))
    others: tuple[tuple[Side, str, str, str], ...] = (
        *(("expert", "E4", "F1", "F3"), ("expert", "E2", "N21", "F1")),
        *(("firm", "N21", "E1", "E2"), ("firm", "F3", "E4", "E1")),
    )
    for of, whose, wished, refused in others:
        state_preferences(day, WHO, round_.id, of, whose, tiers=((wished,),), vetoes=[(refused, "〔拒因〕")])
    assert everything(open_page(None, asker.who, name=asker.name)) == before


@both
@pytest.mark.parametrize("state", ["collecting", "matching", "confirming", "active"])
def test_outside_of_choosing_the_page_shows_what_was_stated_and_when_it_can_be(
    open_page: Open, day: Store, round_: Round, asker: Asker, state: Any
) -> None:
    state_preferences(
        day, asker.who, round_.id, asker.side, asker.own_id, tiers=((asker.first,),), vetoes=[(asker.other, "太远")]
    )
    bureau.put_in(day, round_, state)
    page = open_page(None, asker.who, name=asker.name)
    assert ("互选还没有开始" if state == "collecting" else "互选已经结束") in words(page)
    assert "第 1 志愿" in words(page)
    assert "太远" in words(page)
    assert [button.key for button in page.button if button.key] == []


@both
@pytest.mark.parametrize("state", ["draft", "submitted", "returned", None])
def test_before_its_form_is_accepted_a_party_is_told_what_comes_first(
    open_page: Open, day: Store, round_: Round, asker: Asker, state: Any
) -> None:
    kind: Any = NeedForm if asker.side == "firm" else Application
    with day.writing(WHO.name) as work:
        where: dict[str, Any] = {"need_id" if asker.side == "firm" else "expert_id": asker.own_id}
        form = work.get(kind, round_id=round_.id, **where)
        if state is not None:
            work.change(form, "return", state=state, returned_because="请写明指标")
    who = asker.who if state else firm("F9") if asker.side == "firm" else expert("E9")
    page = open_page(None, who, name=asker.name)
    assert "通过审核后才能选" in words(page)
    said = {"draft": "还是草稿", "submitted": "等待科技局审核", "returned": "被退回", None: "还没有填写"}
    assert said[state] in words(page)
    assert cards(page) == []


def test_who_can_not_be_chosen_any_more_is_taken_out_by_one_click(open_page: Open, day: Store, round_: Round) -> None:
    tiers = (("E2",), ("E1", "E3"))
    state_preferences(day, firm("F1"), round_.id, "firm", "F1", tiers=tiers, vetoes=[("E4", "不合适")])
    for own_id in ("E3", "E4"):
        with day.reading() as view:
            form = view.get(Application, round_id=round_.id, expert_id=own_id)
        forms.return_form(day, WHO, form, "请补充")
    page = open_page(None, firm("F1"), name="find_experts")
    assert "请先移除，才能保存其他修改：周茶（现在不能选）、吴燃（现在不能选）" in words(page)
    click(page, "up-list-E1")
    assert "没有完成" in words(page)
    click(page, "gone")
    assert stated(day, round_, "firm", "F1") == ((("E2",), ("E1",)), ())
    click(page, "up-list-E1")
    assert stated(day, round_, "firm", "F1") == ((("E1",), ("E2",)), ())


def test_a_veto_of_a_sheet_has_a_reason_in_words_and_who_is_barred_a_name(
    open_page: Open, day: Store, round_: Round
) -> None:
    of = round_.id, "firm", "F1"
    with day.writing(WHO.name) as work:
        need = work.get(NeedForm, round_id=round_.id, need_id="F1")
        work.change(need, "write_form", record=replace(need.record, related_institutions=("越州学院",)))
    vetoes = [("E1", VETO_REASON), ("E4", VETO_REASON)]
    state_preferences(day, WHO, *of, tiers=(), vetoes=vetoes)
    page = open_page(None, firm("F1"), name="find_experts")
    assert VETO_REASON not in everything(page)
    assert words(page).count("表格导入，未注明原因") == 3  # two in the list, one on a card
    assert "吴燃（现在不能选）" in words(page)


def test_who_was_second_of_two_of_one_firm_reads_who_was_first_and_what_is_there_now(
    open_page: Open, day: Store, round_: Round
) -> None:
    page = open_page(None, Principal("firm:F1#8", "firm", "F1", login="guo"), name="find_experts")
    state_preferences(day, Principal("firm:F1#9", "firm", "F1"), round_.id, "firm", "F1", tiers=(("E2",),))
    click(page, "in-E1")
    assert "内容已在 2026-06-01 09:30 由贵单位的同事修改过" in words(page)
    assert [part for part in ("F1#", "firm /", "已保存", "T01:30") if part in everything(page)] == []
    assert stated(day, round_, "firm", "F1") == ((("E2",),), ())
    assert "第 1 志愿林蓝" in words(page)


def test_a_firm_that_was_named_as_a_whole_stands_once_and_its_needs_say_so(
    open_page: Open, day: Store, round_: Round
) -> None:
    state_preferences(day, expert("E2"), round_.id, "expert", "E2", tiers=(("F2",),))
    page = open_page(None, expert("E2"), name="find_firms")
    assert "越锦丝绸（全部需求）" in words(page)
    keys = [button.key for button in page.button]
    assert "remove-list-F2" in keys
    assert [key for key in ("in-N21", "in-N22") if key in keys] == []


def test_texts_of_people_are_shown_as_they_were_typed(open_page: Open, day: Store, round_: Round) -> None:
    with day.reading() as view:
        form = view.get(Application, round_id=round_.id, expert_id="E1")
    record = replace(form.record, name="<img src=x>陈", institution="**大学**", expertise="<script>1</script>")
    written = forms.write_form(day, WHO, round_.id, record, version=form.version)
    forms.accept_form(day, WHO, forms.submit_form(day, WHO, written))
    page = open_page(None, firm("F1"), name="find_experts")
    for key in ("in-E1", "compare-E1", "compare-E2"):
        click(page, key)
    sent = "".join(part.proto.body for part in page.html)
    assert "<img" not in sent
    assert "<script" not in sent
    assert "&lt;img src=x&gt;陈" in sent
    label = page.button(key="drop-E1").label
    assert label == "移出对比：\\<img src\\=x\\>陈", "labels are Markdown"


def test_the_page_speaks_english_too(open_page: Open, day: Store, round_: Round) -> None:
    preferences.state_preferences(day, firm("F1"), round_.id, "firm", "F1", tiers=(("E1",),))
    page = open_page(None, firm("F1"), name="find_experts", lang="en")
    assert headings(page) == ["My wishes", "Suggested experts", "Other experts"]
    assert "Wish 1" in words(page)


@pytest.mark.usefixtures("round_")
@pytest.mark.parametrize(
    ("who", "name"), [(expert("E1"), "find_experts"), (firm("F1"), "find_firms"), (WHO, "find_firms")]
)
def test_another_role_gets_nothing(open_page: Open, who: Principal, name: str) -> None:
    page = open_page(None, who)
    with pytest.raises(ValueError, match="navigation page"):  # as the server would: it is no page of that role
        page.switch_page(f"matcher/pages/{name}.py")


@pytest.mark.parametrize(("who", "name"), [(firm("F1"), "find_experts"), (expert("E1"), "find_firms")])
def test_before_any_round_the_page_says_that_nothing_has_begun(open_page: Open, who: Principal, name: str) -> None:
    assert "还没有开始" in words(open_page(None, who, name=name))


def test_an_expert_who_may_not_be_sent_reads_why(open_page: Open, day: Store, round_: Round) -> None:
    eligible = Settings().eligibility.model_copy(update={"minimum_title": "professor"})
    rounds.change_settings(day, WHO, round_.id, Settings().model_copy(update={"eligibility": eligible}))
    page = open_page(None, expert("E2"), name="find_firms")
    assert "本轮暂时不能选择企业" in words(page)
    assert "职称" in words(page)
    assert cards(page) == []


def test_cards_come_six_at_a_time_and_how_many_stands_in_the_address(
    open_page: Open, day: Store, round_: Round
) -> None:
    for number in range(5, 28):
        record = replace(EXPERTS[2], expert_id=f"E{number}", name=f"周{number}")
        forms.accept_form(day, WHO, forms.submit_form(day, WHO, forms.write_form(day, WHO, round_.id, record)))
    page = open_page(None, firm("F1"), name="find_experts")
    seen = cards(page)
    assert len(seen) == 6
    click(page, "more")
    assert (page.query_params["show"], len(cards(page))) == ("12", 12)
    for _ in range(3):
        click(page, "more")
    assert len(cards(page)) == 27
    assert "more" not in [button.key for button in page.button]
    assert cards(page)[:6] == seen
    assert len(cards(open_page(None, firm("F1"), name="find_experts", show="15"))) == 15


def test_where_suggestions_are_spread_the_page_says_so(open_page: Open, day: Store, round_: Round) -> None:
    said = "较少被推荐的也有机会"
    assert said not in words(open_page(None, firm("F1"), name="find_experts"))
    ranking = Settings().ranking.model_copy(update={"spread": 0.05})
    rounds.change_settings(day, WHO, round_.id, Settings().model_copy(update={"ranking": ranking}))
    assert said in words(open_page(None, firm("F1"), name="find_experts"))
