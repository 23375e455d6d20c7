"""What came of it for a party: each state of its pairs, what it does about them, and nothing of anybody else."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from matcher.domain.roles import PARTIES, Principal
from matcher.domain.settings import Side
from matcher.pages import service_entries
from matcher.services import consents, following, forms, proposing, publishing, rounds
from matcher.services.entries import version_of_entry
from matcher.store import Store
from matcher.store.entities import Draft, PlacedPair
from tests import bureau
from tests.bureau import WHO, expert, firm
from tests.databases import THE_DAY
from tests.pages.test_own_forms import somebody
from tests.pages.test_placements import everything, markup, words
from tests.pages.test_service import after, press

Open = Callable[..., AppTest]
SELF = {"firm": firm("F1"), "expert": expert("E1")}
OTHER: dict[str, str] = {"firm": "陈永", "expert": "嵊星电机"}
STRANGERS = ("林蓝", "周茶", "吴燃", "越锦丝绸", "灶王厨具")


@pytest.fixture
def early(service: Store, monkeypatch: pytest.MonkeyPatch) -> Store:
    """The database on the first day of tests, for the pages too."""
    return after(service, monkeypatch, 0)


def pair(store: Store, pair_: tuple[str, str] = ("F1", "E1")) -> PlacedPair:
    with store.reading() as view:
        return next(row for row in reversed(view.listed(PlacedPair)) if row.pair == pair_)


def look(open_page: Open, who: Principal, **query: str) -> AppTest:
    return open_page(None, who, name="my_results", **query)


def declined(page: AppTest, id_: int, why: str) -> AppTest:
    page.text_area(key=f"answer-{id_}-why").set_value(why)
    return press(page, "谢绝这一对")


@pytest.mark.parametrize("side", PARTIES)
def test_who_is_asked_reads_until_when_and_what_silence_means_and_accepts(
    open_page: Open, early: Store, side: Side
) -> None:
    bureau.proposed(early)
    page = look(open_page, SELF[side])

    assert page.title[0].value == "我的结果"
    assert "请在 2026-06-30 之前（含当天）答复。到期不答复，视为接受。" in words(page)
    assert OTHER[side] in words(page)
    assert "共同的词：" in words(page)
    assert [name for name in STRANGERS if name in everything(page)] == []

    page = press(page, "接受")
    assert "已记下：您接受" in words(page)
    assert "还可以改为谢绝" in words(page)
    assert "接受" not in [button.label for button in page.button]
    assert getattr(pair(early), f"{side}_answer") == "accepted"


@pytest.mark.parametrize("side", PARTIES)
def test_who_declines_gives_a_reason_and_reads_what_happens_next(open_page: Open, early: Store, side: Side) -> None:
    bureau.proposed(early)
    id_ = pair(early).id
    page = declined(look(open_page, SELF[side]), id_, "  ")
    assert "请写明理由" in words(page)
    assert getattr(pair(early), f"{side}_answer") is None

    page = declined(page, id_, "方向不符")
    assert "已记下：您谢绝" in words(page)
    assert "您没有接受" in words(page)
    assert "补录" in words(page)
    assert not page.button
    assert getattr(pair(early), f"{side}_reason") == "方向不符"


def test_the_reason_to_decline_is_there_after_a_refresh_until_it_is_sent(open_page: Open, early: Store) -> None:
    bureau.proposed(early)
    who, id_ = somebody(early, "firm", "F1"), pair(early).id
    page = look(open_page, who)
    page.text_area(key=f"answer-{id_}-why").set_value("另有安排").run()
    assert "已自动留存" in words(page)
    assert pair(early).firm_answer is None

    page = press(look(open_page, who), "谢绝这一对")
    assert pair(early).firm_reason == "另有安排"
    assert "已自动留存" not in words(page)


@pytest.mark.parametrize("side", PARTIES)
def test_who_accepted_may_still_decline_until_the_date(open_page: Open, early: Store, side: Side) -> None:
    bureau.proposed(early)
    page = press(look(open_page, SELF[side]), "接受")
    page = declined(page, pair(early).id, "另有安排")

    assert "您没有接受" in words(page)
    assert pair(early).ending == "declined"


@pytest.mark.parametrize("says", [True, False])
@pytest.mark.parametrize("side", PARTIES)
def test_what_the_other_answers_changes_nothing_on_the_page(
    open_page: Open, early: Store, side: Side, says: bool
) -> None:
    bureau.proposed(early)
    before = everything(look(open_page, SELF[side]))
    other: Side = "expert" if side == "firm" else "firm"
    proposing.answer(early, SELF[other], pair(early).id, other, accepts=says, why="" if says else "〔对方的话〕")

    assert everything(look(open_page, SELF[side])) == before


def test_what_was_answered_in_a_second_window_is_not_overwritten(open_page: Open, early: Store) -> None:
    bureau.proposed(early)
    page = look(open_page, SELF["firm"])
    proposing.answer(early, SELF["firm"], pair(early).id, "firm", accepts=False, why="已另找")
    page = press(page, "接受")

    assert "您看到的内容已有变化" in words(page)
    assert pair(early).firm_answer == "declined"


@pytest.mark.parametrize("side", PARTIES)
def test_after_the_date_nobody_is_asked_any_more(
    open_page: Open, service: Store, early: Store, monkeypatch: pytest.MonkeyPatch, side: Side
) -> None:
    bureau.proposed(early)
    after(service, monkeypatch, 30)
    page = look(open_page, SELF[side])

    assert "答复期限 2026-06-30 已过，您没有答复，视为接受" in words(page)
    assert not page.button


@pytest.mark.parametrize("side", PARTIES)
def test_on_public_notice_its_days_are_told_and_the_list_is_searched(open_page: Open, early: Store, side: Side) -> None:
    bureau.published(early)
    page = look(open_page, SELF[side])

    assert "公示期 2026-06-02 至 2026-06-08" in words(page)
    assert len(page.dataframe[0].value) == len(publishing.published_list(early, WHO, 1))
    page.text_input(key="search").set_value("灶王").run()
    assert list(page.dataframe[0].value["firm"]) == ["灶王厨具"]
    assert "吴燃" in markup(page)
    assert not [name for name in page.dataframe[0].value if name.endswith("_id")]


@pytest.fixture
def summer(service: Store, monkeypatch: pytest.MonkeyPatch) -> Store:
    bureau.active(replace(service, clock=lambda: THE_DAY))
    return after(service, monkeypatch, 40)


def test_in_force_the_contact_is_told_where_the_other_agreed(open_page: Open, summer: Store) -> None:
    page = look(open_page, firm("F3"))
    assert "对方没有同意提供联系方式" in words(page)
    assert "13800000004" not in everything(page)

    consents.state_consent(summer, expert("E4"), "expert", "E4", "contact", given=True)
    assert "13800000004" in words(look(open_page, firm("F3")))
    assert "13800000004" not in everything(look(open_page, SELF["firm"]))


@pytest.mark.parametrize("side", PARTIES)
def test_who_shares_no_contact_is_asked_in_place(open_page: Open, summer: Store, side: Side) -> None:
    page, key = look(open_page, SELF[side]), f"contact-{pair(summer).id}"
    assert "对方看不到您的联系方式" in words(page)
    page = page.radio(key=key).set_value(False).run()
    assert page.radio(key=key).value is False
    page = page.radio(key=key).set_value(True).run()

    assert "已记下您的决定" in words(page)
    assert "对方看不到您的联系方式" not in words(page)
    own = consents.consents_of(summer, SELF[side], side, str(SELF[side].party))
    assert [(row.kind, row.given) for row in own if row.kind == "contact"] == [("contact", True)]


@pytest.mark.parametrize("side", PARTIES)
def test_in_force_papers_are_taken_and_service_is_written_down(open_page: Open, summer: Store, side: Side) -> None:
    page, id_ = look(open_page, SELF[side]), pair(summer).id
    for name in ("agreement", "letter"):
        assert f'href="/export/placement/{id_}/{name}.docx"' in markup(page)
    page.text_area(key=f"entry-{id_}-done").set_value("  ")
    page = press(page, "记下")
    assert "请写明做了什么" in words(page)

    page.date_input(key=f"entry-{id_}-day").set_value(date(2026, 6, 20))
    page.number_input(key=f"entry-{id_}-days").set_value(1.5)
    page.text_area(key=f"entry-{id_}-done").set_value("<i>调试</i>")
    page = press(page, "记下")
    assert "已记入 2026-06-20 的服务，1.5 天" in words(page)
    assert "&lt;i&gt;调试&lt;/i&gt;" in markup(page)
    assert [(row.days, row.entered_by) for row in following.service_log(summer, WHO, id_)] == [(1.5, SELF[side].name)]


def test_where_there_are_several_each_button_is_heard_with_its_pair(open_page: Open, early: Store) -> None:
    round_ = bureau.proposed(early)
    assert "接受" in [button.label for button in look(open_page, SELF["firm"]).button]
    bureau.proposed(early, rounds.step_back(early, WHO, round_.id, "重新匹配"))
    labels = [button.label for button in look(open_page, SELF["firm"]).button]
    assert "接受 :gray-background[陈永 · 永磁电机噪声偏高]" in labels


def test_a_refused_entry_keeps_what_was_typed(open_page: Open, summer: Store) -> None:
    page, id_ = look(open_page, SELF["expert"]), pair(summer).id
    page.date_input(key=f"entry-{id_}-day").set_value(date(2026, 5, 1))
    page.text_area(key=f"entry-{id_}-done").set_value("现场诊断")
    page = press(page, "记下")

    assert "早于名单公示" in words(page)
    assert page.text_area(key=f"entry-{id_}-done").value == "现场诊断"


def test_an_entry_that_was_begun_is_there_after_a_refresh_with_its_day(open_page: Open, summer: Store) -> None:
    who, id_ = somebody(summer, "expert", "E1"), pair(summer).id
    page = look(open_page, who)
    page.date_input(key=f"entry-{id_}-day").set_value(date(2026, 6, 20)).run()
    page.text_area(key=f"entry-{id_}-done").set_value("看了产线").run()

    page = look(open_page, who)
    assert "已自动留存" in words(page)
    page = press(page, "记下")
    [entry] = following.service_log(summer, WHO, id_)
    assert (entry.day, entry.days, entry.done) == ("2026-06-20", 1.0, "看了产线")
    assert page.text_area(key=f"entry-{id_}-done").value == ""
    assert "已自动留存" not in words(page)


def which(page: AppTest, id_: int) -> Any:
    """Find the list of one's own entries of a pair."""
    return next(box for box in page.selectbox if str(box.key).startswith(f"correct-{id_}-which"))


def correcting(page: AppTest, id_: int, **typed: Any) -> AppTest:
    entry = which(page, id_).value
    page.text_area(key=f"correct-{id_}-{entry}-done").set_value(typed["done"])
    page.number_input(key=f"correct-{id_}-{entry}-days").set_value(typed["days"])
    return press(page, "保存更正")


@pytest.mark.parametrize("side", PARTIES)
def test_an_own_entry_is_put_right_or_taken_back_and_that_of_the_other_is_not_offered(
    open_page: Open, summer: Store, side: Side
) -> None:
    id_ = pair(summer).id
    handles = {
        "firm": Principal("firm:F1#8", "firm", "F1", login="guo"),
        "expert": Principal("expert:E1#9", "expert", "E1", login="chen"),
    }
    for who in (*handles.values(), WHO):
        following.log_service(summer, who, id_, day=date(2026, 6, 20), days=1.5, done=f"{who.role}到厂")
    page = look(open_page, handles[side])
    said = words(page)
    assert [said.count(word) for word in ("企业记 1.5 天", "专家记 1.5 天", "科技局记 1.5 天")] == [1, 1, 1]
    assert "#" not in said
    assert "1.5 天" in said
    assert "共计 1.5 天。同一天有几方记了的只算一次" in said
    assert which(page, id_).options == [f"2026-06-20 · 1.5 天 · {side}到厂"]

    page = correcting(page, id_, done="", days=40.0)
    assert "请写明做了什么" in words(page)
    assert "服务天数应大于 0、不超过 31 天，读到 40" in words(page)
    page = correcting(page, id_, done="复测", days=0.5)
    assert "已更正：2026-06-20 的服务，0.5 天" in words(page)
    assert "请写明做了什么" not in words(page)
    page = press(page, "撤回这一条")
    assert "已撤回 2026-06-20 的服务记录" in words(page)
    assert "撤回这一条" not in [button.label for button in page.button]
    other = "expert" if side == "firm" else "firm"
    assert [row.done for row in following.service_log(summer, WHO, id_)] == [f"{other}到厂", "administrator到厂"]


def test_a_correction_in_a_second_window_does_not_overwrite_and_keeps_what_was_typed(
    open_page: Open, summer: Store
) -> None:
    who, id_ = somebody(summer, "firm", "F1"), pair(summer).id
    entry = following.log_service(summer, who, id_, day=date(2026, 6, 20), days=1, done="到厂")
    page = look(open_page, who)
    said: dict[str, Any] = {"day": date(2026, 6, 20), "days": 1.0, "version": version_of_entry(entry)}
    following.correct_service(summer, who, id_, entry.id, **said, done="同事改的")
    page = correcting(page, id_, done="我改的", days=1.0)
    assert "您看到的内容已有变化" in words(page)
    assert "同事改的" in words(page)
    assert page.text_area(key=f"correct-{id_}-{entry.id}-done").value == "我改的"
    # Having seen that, one may say so again, after a refresh as well.
    page = look(open_page, who)
    assert page.text_area(key=f"correct-{id_}-{entry.id}-done").value == "我改的"
    page = press(page, "保存更正")
    assert [row.done for row in following.service_log(summer, WHO, id_)] == ["我改的"]
    with summer.reading() as view:
        assert view.listed(Draft) == []


def test_a_correction_that_was_begun_does_not_overwrite_what_a_colleague_has_corrected_since(
    open_page: Open, summer: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    who, id_ = somebody(summer, "firm", "F1"), pair(summer).id
    entry = following.log_service(summer, who, id_, day=date(2026, 6, 20), days=1, done="到厂")
    page = look(open_page, who)
    page.text_area(key=f"correct-{id_}-{entry.id}-done").set_value("我改的").run()
    said: dict[str, Any] = {"day": date(2026, 6, 20), "days": 1.0, "version": version_of_entry(entry)}
    following.correct_service(summer, SELF["firm"], id_, entry.id, **said, done="同事改的")

    page = look(open_page, who)
    assert page.text_area(key=f"correct-{id_}-{entry.id}-done").value == "我改的"
    for _ in range(2):  # the second half of a double click has not been read either
        page = press(page, "保存更正")
        assert "您看到的内容已有变化" in words(page)
        assert [row.done for row in following.service_log(summer, WHO, id_)] == ["同事改的"]
    monkeypatch.setattr(service_entries, "AT_ONCE_S", 0.0)
    page = press(page, "保存更正")
    assert [row.done for row in following.service_log(summer, WHO, id_)] == ["我改的"]


def test_a_long_entry_shows_its_beginning_first(open_page: Open, summer: Store) -> None:
    following.log_service(summer, WHO, pair(summer).id, day=date(2026, 6, 20), days=1, done="<b>" + "测" * 3000)
    page = look(open_page, SELF["firm"])
    assert "展开全文" in words(page)
    assert f"<summary>&lt;b&gt;{'测' * 117}… " in markup(page)
    assert [box.key for box in page.selectbox if str(box.key).startswith("correct-")] == []


@pytest.mark.parametrize("side", PARTIES)
def test_assessed_it_is_rated_in_words_and_the_wish_to_go_on_is_kept(
    open_page: Open, summer: Store, side: Side
) -> None:
    rounds.advance(summer, WHO, 1)
    page, id_ = look(open_page, SELF[side]), pair(summer).id
    assert "这一轮进入考核" in words(page)
    assert f"entry-{id_}-done" not in [area.key for area in page.text_area]

    page = page.radio(key=f"assess-{id_}-rating").set_value(4).run()
    assert "评分已保存" in words(page)
    page = page.radio(key=f"assess-{id_}-renews").set_value("no").run()
    assert "续聘意愿已保存" in words(page)
    page = page.radio(key=f"assess-{id_}-rating").set_value(5).run()
    said: Any = following.assessment_of(summer, WHO, id_)
    other = "expert" if side == "firm" else "firm"
    assert [getattr(said, f"{one}_{part}") for one in (side, other) for part in ("rating", "renews")] == [
        *(5, False),
        *(None, None),
    ]
    assert page.radio(key=f"assess-{id_}-rating").value == 5


def test_what_is_said_before_the_page_is_drawn_anew_is_kept_and_a_colleagues_word_is_not_overwritten(
    open_page: Open, summer: Store
) -> None:
    rounds.advance(summer, WHO, 1)
    id_ = pair(summer).id
    following.assess(summer, SELF["firm"], id_, firm_rating=5)
    page = look(open_page, SELF["firm"])
    page.radio(key=f"assess-{id_}-rating").set_value(4)
    page = page.radio(key=f"assess-{id_}-renews").set_value("yes").run()
    assert "评分已保存" in words(page)
    assert "续聘意愿已保存" in words(page)
    assert "没有完成" not in words(page)

    seen: Any = following.assessment_of(summer, SELF["firm"], id_)
    following.assess(summer, SELF["firm"], id_, firm_rating=2, version=seen.version)
    page = page.radio(key=f"assess-{id_}-rating").set_value(1).run()
    assert "您看到的内容已有变化" in words(page)
    said: Any = following.assessment_of(summer, WHO, id_)
    assert (said.firm_rating, said.firm_renews) == (2, True)


def test_the_first_word_of_a_colleague_is_not_overwritten_by_who_had_seen_none(open_page: Open, summer: Store) -> None:
    rounds.advance(summer, WHO, 1)
    id_ = pair(summer).id
    page = look(open_page, SELF["firm"])
    following.assess(summer, SELF["firm"], id_, firm_rating=5)
    page = page.radio(key=f"assess-{id_}-rating").set_value(2).run()

    assert "您看到的内容已有变化" in words(page)
    said: Any = following.assessment_of(summer, WHO, id_)
    assert said.firm_rating == 5


def test_what_is_typed_into_the_fields_of_an_entry_before_they_are_drawn_anew_is_the_next_entry(
    open_page: Open, summer: Store
) -> None:
    id_ = pair(summer).id
    key = f"entry-{id_}"
    page = look(open_page, SELF["firm"])
    page.text_area(key=f"{key}-done").set_value("上午到厂")
    page.button(key=f"{key}-do").click().run()
    page.text_area(key=f"{key}-done").set_value("下午试制")
    page.button(key=f"{key}-do").click().run()
    page.button(key=f"{key}-do").click().run()  # the second half of a double click

    assert [row.done for row in following.service_log(summer, WHO, id_)] == ["上午到厂", "下午试制"]


def test_what_the_other_says_of_it_is_not_shown(open_page: Open, summer: Store) -> None:
    rounds.advance(summer, WHO, 1)
    before = everything(look(open_page, SELF["firm"]))
    following.assess(summer, SELF["expert"], pair(summer).id, expert_rating=1)
    following.wish_renewal(summer, SELF["expert"], pair(summer).id, "expert", wishes=False)

    assert everything(look(open_page, SELF["firm"])) == before


def ended_by_the_other(early: Store) -> None:
    bureau.proposed(early)
    proposing.answer(early, SELF["expert"], pair(early).id, "expert", accepts=False, why="〔只有科技局〕")
    rounds.step_back(early, WHO, 1, "〔科技局的理由〕")


def ended_by_an_objection(early: Store) -> None:
    bureau.published(early)
    objection = publishing.receive_objection(early, WHO, pair(early).id, "〔异议人〕", "〔异议〕")
    publishing.decide_objection(early, WHO, objection.id, "〔科技局的理由〕", upheld=True)


def ended_early(early: Store) -> None:
    bureau.active(early)
    of: Any = {"on": date(2026, 6, 20), "why": "〔科技局的理由〕"}
    following.end_placement(bureau.later(early, 30), WHO, pair(early).id, "quit", **of)


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (ended_by_the_other, "对方没有接受"),
        (ended_by_an_objection, "有异议成立"),
        (ended_early, "于 2026-06-20 提前结束"),
    ],
)
def test_what_has_ended_says_why_as_far_as_a_side_may_know(
    open_page: Open, early: Store, make: Callable[[Store], None], told: str
) -> None:
    make(early)
    page = look(open_page, SELF["firm"])

    assert told in words(page)
    assert [word for word in ("〔", "/export/") if word in everything(page)] == []


def test_a_list_taken_back_is_told_as_such_and_the_new_pair_stands_first(open_page: Open, early: Store) -> None:
    proposed = bureau.proposed(early)
    again = rounds.step_back(early, WHO, proposed.id, "重新匹配")
    assert "这份名单已撤回" in words(look(open_page, SELF["firm"]))

    bureau.proposed(early, again)
    said = words(look(open_page, SELF["firm"]))
    assert said.index("请在 2026-06-30") < said.index("这份名单已撤回")


def test_who_is_left_out_reads_why_and_what_happens_next(open_page: Open, early: Store) -> None:
    bureau.proposed(early)
    page = look(open_page, expert("E3"))

    assert "这一轮没有为您安排" in words(page)
    assert "经统筹各方意愿和名额" in words(page)
    assert "已通过的资料会自动带入下一轮" in words(page)
    assert [name for name in (*STRANGERS, *OTHER.values()) if name in everything(page) and name != "周茶"] == []


def test_who_declined_is_led_to_the_supplementary_round(
    open_page: Open, service: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = replace(service, clock=lambda: THE_DAY)
    round_ = bureau.proposed(first)
    proposing.answer(first, SELF["firm"], pair(first).id, "firm", accepts=False, why="方向不符")
    for row in publishing.placements(first, WHO, round_.id):
        for side in PARTIES if row.state == "proposed" else ():
            proposing.answer(first, bureau.party(row, side), row.id, side, accepts=True)
    publishing.publish(first, WHO, round_.id, **bureau.NOTICE)
    late = after(service, monkeypatch, 10)
    publishing.activate(late, WHO, round_.id)
    assert "自动带入下一轮（补录）" in words(look(open_page, SELF["firm"]))

    opened = rounds.open_next_round(late, WHO, round_.id, "supplementary")
    assert "已受理 1 项需求" in words(look(open_page, SELF["firm"]))
    rounds.advance(late, WHO, opened.id)
    said = words(look(open_page, SELF["firm"]))
    assert "2026 · 第 2 轮" in said
    assert "现在可以挑选专家、排出志愿" in said


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda _: None, "批次开始后，科技局会通知您"),
        (lambda store: rounds.open_batch(store, WHO, "2026", 2026), "配对提出后会显示在这里"),
        (bureau.collecting, "配对提出后会显示在这里"),
        (bureau.choosing, "配对提出后会显示在这里"),
        (bureau.matching, "科技局正在匹配"),
    ],
)
def test_where_there_is_nothing_yet_it_says_what_comes_next(
    open_page: Open, early: Store, make: Callable[[Store], Any], told: str
) -> None:
    make(early)

    assert told in words(look(open_page, SELF["firm"]))


def test_while_something_came_back_nothing_says_that_all_is_done(open_page: Open, early: Store) -> None:
    opened = bureau.collecting(early)
    (one, two) = forms.own_forms(early, WHO, opened.id, "firm", "F2")
    forms.return_form(early, WHO, one, "请写明指标")
    third = replace(two.record, need_id="F2-9", need_title="染缸节水")
    forms.write_form(early, firm("F2"), opened.id, third)
    said = words(look(open_page, firm("F2")))

    assert said.index("被退回") < said.index("有 1 项需求还没有提交") < said.index("目前没有派驻")
    assert [word for word in ("已经提交", "已受理", "审核后", "现在不用做什么") if word in said] == []


def test_a_party_that_takes_no_part_is_told_so(open_page: Open, early: Store) -> None:
    bureau.proposed(early)

    assert "这一轮里没有您的配对" in words(look(open_page, firm("NOBODY")))


def test_names_and_texts_are_shown_as_they_were_typed(open_page: Open, early: Store) -> None:
    opened = bureau.collecting(early)
    record = replace(bureau.EXPERTS[0], name="<b>陈</b>永")
    (found,) = forms.own_forms(early, WHO, opened.id, "expert", "E1")
    form = forms.write_form(early, WHO, opened.id, record, version=found.version)
    forms.accept_form(early, WHO, forms.submit_form(early, WHO, form))
    rounds.advance(early, WHO, opened.id)
    bureau.proposed(early, rounds.advance(early, WHO, opened.id))
    page = look(open_page, SELF["firm"])

    assert "&lt;b&gt;陈&lt;/b&gt;永" in markup(page)
    assert "<b>陈" not in markup(page)


@pytest.mark.usefixtures("summer")
def test_the_page_speaks_english(open_page: Open) -> None:
    page = look(open_page, SELF["firm"], lang="en")

    assert page.title[0].value == "My results"
    assert "It is in force." in words(page)
    assert "agreement.docx?lang=en" in markup(page)


@pytest.mark.parametrize("who", [WHO, Principal("分析员甲", "analyst")], ids=lambda who: who.role)
def test_nobody_else_has_the_page(open_page: Open, early: Store, who: Principal) -> None:
    bureau.proposed(early)

    assert "请在 2026-06-30" not in everything(look(open_page, who))
