"""The service log, the assessment and renewal; and what a batch hands to the next one."""

from datetime import date, timedelta
from typing import Any

import pytest

from matcher.domain.errors import ChangedMeanwhile, InputError, NotAllowed
from matcher.domain.roles import Principal
from matcher.domain.settings import Settings
from matcher.services import following, publishing, rounds
from matcher.services.entries import began_on, version_of_entry
from matcher.services.following import (
    assess,
    correct_service,
    days_served,
    end_placement,
    log_service,
    service_log,
    wish_renewal,
    withdraw_service,
)
from matcher.services.freezing import freeze
from matcher.store import Store, verify
from matcher.store.entities import Event, PlacedPair, Round
from tests import bureau
from tests.bureau import WHO, expert, firm

LINE: dict[str, Any] = {"day": date(2026, 6, 20), "days": 1.5, "done": "现场测试噪声，改了槽配合"}


@pytest.fixture
def active(store: Store) -> Round:
    return bureau.active(store)


@pytest.fixture
def summer(store: Store) -> Store:
    """The same database in July."""
    return bureau.later(store, 40)


def placed(store: Store, round_: Round, expert_id: str = "E1") -> PlacedPair:
    return next(row for row in publishing.placements(store, WHO, round_.id) if row.expert_id == expert_id)


def test_days_of_the_log_are_summed_by_placement(summer: Store, active: Round) -> None:
    pair = placed(summer, active)
    log_service(summer, expert("E1"), pair.id, **LINE)
    log_service(summer, expert("E1"), pair.id, day=date(2026, 6, 2), days=0.5, done="线上会诊")
    assert [entry.day for entry in service_log(summer, WHO, pair.id)] == ["2026-06-02", "2026-06-20"]
    served = days_served(summer, WHO, active.batch_id)
    assert served[pair.id] == 2.0
    assert sum(served.values()) == 2.0


def test_the_very_same_entry_is_not_entered_twice_by_one_side(summer: Store, active: Round) -> None:
    pair = placed(summer, active)
    who, other = Principal("expert:E1#7", "expert", "E1"), Principal("firm:F1#3", "firm", "F1")
    entry = log_service(summer, who, pair.id, **LINE)
    assert log_service(summer, who, pair.id, **LINE | {"done": LINE["done"] + " "}) == entry, "a second press"
    with pytest.raises(InputError, match="已记过同样的一条"):
        log_service(bureau.later(summer, 41), who, pair.id, **LINE)
    log_service(summer, other, pair.id, **LINE)
    said: dict[str, Any] = LINE | {"version": version_of_entry(entry)}
    assert correct_service(summer, who, pair.id, entry.id, **said).days == 1.5, "which changes nothing"


def test_an_entry_that_says_nothing_or_can_not_be_is_refused_with_everything_wrong_in_it(
    summer: Store, active: Round
) -> None:
    pair = placed(summer, active)
    with pytest.raises(InputError) as refused:
        log_service(summer, expert("E1"), pair.id, day=date(2027, 1, 1), days=0, done=" ")
    assert len(refused.value.messages) == 3
    for act in (
        lambda: log_service(summer, expert("E1"), pair.id, day=date(1999, 1, 1), days=1, done="现场"),
        lambda: end_placement(summer, WHO, pair.id, "quit", on=date(1999, 1, 1), why="退出"),
    ):
        with pytest.raises(InputError, match="1999-01-01 早于名单公示"):
            act()
    assert service_log(summer, WHO, pair.id) == []


FIRM, EXPERT = Principal("firm:F1#1", "firm", "F1"), Principal("expert:E1#2", "expert", "E1")


def logged(store: Store, id_: int) -> list[tuple[str, float, str]]:
    return [(entry.day, entry.days, entry.done) for entry in service_log(store, WHO, id_)]


@pytest.mark.parametrize("who", [FIRM, EXPERT, WHO], ids=lambda who: who.role)
def test_who_wrote_an_entry_puts_it_right_and_takes_it_back_and_the_log_keeps_what_it_said(
    summer: Store, active: Round, who: Principal
) -> None:
    pair = placed(summer, active)
    first = log_service(summer, who, pair.id, **LINE)
    corrected = correct_service(
        *(summer, who, pair.id, first.id),
        day=date(2026, 6, 21),
        days=2,
        done=" 复测噪声 ",
        version=version_of_entry(first),
    )
    assert (corrected.id, corrected.day, corrected.days, corrected.done) == (first.id, "2026-06-21", 2, "复测噪声")
    with pytest.raises(ChangedMeanwhile, match="您看到的内容已有变化"):
        withdraw_service(summer, who, pair.id, first.id, version=version_of_entry(first))
    withdraw_service(summer, who, pair.id, first.id, version=version_of_entry(corrected))
    assert logged(summer, pair.id) == []
    with pytest.raises(ChangedMeanwhile, match="您看到的内容已有变化"):
        withdraw_service(summer, who, pair.id, first.id, version=version_of_entry(corrected))
    with summer.reading() as view:
        told = {event.what: event for event in view.listed(Event, about=f"service_log/{first.id}")}
    before: Any = (told["correct_service"].before, told["withdraw_service"].before)
    assert [said["done"] for said in before] == [LINE["done"], "复测噪声"]
    assert {event.who for event in told.values()} == {who.name}
    assert verify(summer).findings == ()


@pytest.mark.parametrize("who", [FIRM, EXPERT, WHO], ids=lambda who: who.role)
def test_nobody_changes_what_another_side_wrote_nor_what_is_over(summer: Store, active: Round, who: Principal) -> None:
    pair = placed(summer, active)
    others = [log_service(summer, other, pair.id, **LINE) for other in (FIRM, EXPERT, WHO) if other != who]
    own = log_service(summer, who, pair.id, **LINE)
    for entry in others:
        with pytest.raises(NotAllowed, match="只有写的一方能更正或撤回"):
            correct_service(summer, who, pair.id, entry.id, **LINE, version=version_of_entry(entry))
        with pytest.raises(NotAllowed, match="只有写的一方能更正或撤回"):
            withdraw_service(summer, who, pair.id, entry.id, version=version_of_entry(entry))
    with pytest.raises(ChangedMeanwhile):  # of another pair
        withdraw_service(summer, WHO, placed(summer, active, "E4").id, own.id, version=version_of_entry(own))
    rounds.advance(summer, WHO, active.id)
    with pytest.raises(NotAllowed, match="考核"):
        withdraw_service(summer, who, pair.id, own.id, version=version_of_entry(own))
    assert len(logged(summer, pair.id)) == 3


def test_one_side_serves_no_more_days_than_there_were(summer: Store, active: Round) -> None:
    pair = placed(summer, active)
    with summer.reading() as view:
        began = began_on(view, pair)
    line: dict[str, Any] = {"done": "驻厂"}
    day = began + timedelta(days=19)
    first = log_service(summer, FIRM, pair.id, day=day, days=19.5, **line)
    with pytest.raises(InputError, match=rf"（{began}）到 {day} 共 20 天.*合计 20.5 天"):
        log_service(summer, FIRM, pair.id, day=day, days=1, **line)
    # An earlier entry counts until every later day, and what an entry said before it was put right does not count.
    with pytest.raises(InputError, match=f"到 {day} 共 20 天"):
        log_service(summer, FIRM, pair.id, day=day - timedelta(days=5), days=1, **line)
    correct_service(summer, FIRM, pair.id, first.id, day=day, days=20, **line, version=version_of_entry(first))
    # Each side has days of its own.
    log_service(summer, EXPERT, pair.id, day=day, days=20, **line)
    log_service(summer, FIRM, pair.id, day=day + timedelta(days=1), days=1, **line)


def test_the_text_of_an_entry_has_an_end(summer: Store, active: Round) -> None:
    with pytest.raises(InputError, match="有 4001 字，最多 4000 字"):
        log_service(summer, EXPERT, placed(summer, active).id, day=date(2026, 6, 20), days=1, done="测" * 4001)


def test_a_date_that_both_sides_wrote_down_counts_once(summer: Store, active: Round) -> None:
    pair = placed(summer, active)
    for who, day, days in ((FIRM, 20, 2.0), (EXPERT, 20, 0.5), (EXPERT, 20, 1.0), (WHO, 22, 1.0)):
        log_service(summer, who, pair.id, day=date(2026, 6, day), days=days, done="现场")
    assert days_served(summer, WHO, active.batch_id)[pair.id] == 3


def test_both_sides_and_the_office_assess_each_their_own_part(store: Store, active: Round) -> None:
    pair = placed(store, active)
    assess(store, firm("F1"), pair.id, firm_rating=5)
    rounds.advance(store, WHO, active.id)
    assess(store, expert("E1"), pair.id, expert_rating=4)
    said = assess(store, WHO, pair.id, assessment="excellent")
    assert (said.firm_rating, said.expert_rating, said.assessment, said.version) == (5, 4, "excellent", 3)
    with pytest.raises(ChangedMeanwhile, match=WHO.name):
        assess(store, WHO, pair.id, firm_rating=1, version=1)
    for wrong in ({"firm_rating": 6}, {"expert_rating": 0}, {"firm_rating": True}, {"assessment": "好"}):
        with pytest.raises(InputError, match="1–5"):
            assess(store, WHO, pair.id, **wrong)  # ty: ignore[invalid-argument-type]


def test_nothing_is_logged_or_assessed_before_a_placement_is_in_force(store: Store) -> None:
    publication = bureau.published(store)
    pair = next(iter(publishing.placements(store, WHO, publication.round_id)))
    for act in (
        lambda: log_service(store, expert("E1"), pair.id, **LINE),
        lambda: assess(store, WHO, pair.id, firm_rating=5),
        lambda: end_placement(store, WHO, pair.id, "quit", on=date(2026, 6, 1), why="退出"),
    ):
        with pytest.raises(NotAllowed, match="公示"):
            act()


def test_who_left_early_is_logged_no_more_and_assessed_for_the_time_until_then(summer: Store, active: Round) -> None:
    pair = placed(summer, active)
    with pytest.raises(InputError, match="理由"):
        end_placement(summer, WHO, pair.id, "quit", on=date(2026, 6, 20), why="")
    ended = end_placement(summer, WHO, pair.id, "quit", on=date(2026, 6, 20), why="专家调离", version=pair.version)
    assert (ended.state, ended.ending, ended.ended_on, ended.ended_because) == (
        "ended",
        "quit",
        "2026-06-20",
        "专家调离",
    )
    with pytest.raises(NotAllowed, match="已结束"):
        log_service(summer, expert("E1"), pair.id, **LINE)
    assert assess(summer, WHO, pair.id, assessment="pass").assessment == "pass"


def test_a_batch_hands_its_assessments_and_its_active_pairs_to_the_next(summer: Store, active: Round) -> None:
    pairs = {row.expert_id: row for row in publishing.placements(summer, WHO, active.id)}
    assess(summer, WHO, pairs["E1"].id, firm_rating=5, expert_rating=4, assessment="excellent")
    assess(summer, WHO, pairs["E4"].id, assessment="pass")
    wish_renewal(summer, expert("E1"), pairs["E1"].id, "expert", wishes=True)
    wish_renewal(summer, firm("F3"), pairs["E4"].id, "firm", wishes=False)
    end_placement(summer, WHO, pairs["E2"].id, "quit", on=date(2026, 6, 20), why="退出")
    rounds.advance(summer, WHO, active.id)
    # Its term is over before the next batch opens: that is no reason not to go on.
    end_placement(summer, WHO, pairs["E1"].id, "expired", on=date(2026, 6, 30), why="期满")

    opened = bureau.collecting(summer, "2027", follows=active.batch_id)
    with summer.reading() as view:
        frozen = freeze(view, opened, Settings())
    assert frozen["ratings.csv"].decode("utf-8-sig").splitlines() == [
        "expert_id,firm_id,year,firm_rating,expert_rating,need_title,assessment",
        "E1,F1,2026,5,4,永磁电机噪声偏高,excellent",
        "E4,F3,2026,,,集成灶燃气燃烧热效率与风机噪声,pass",
    ]
    kept = frozen["keep.csv"].decode("utf-8-sig").splitlines()
    assert kept[0] == "firm_id,need_id,expert_id"
    assert "F1,F1,E1" in kept, "both may go on"
    assert "F3,F3,E4" not in kept, "the firm wishes to end it"
    assert not any(line.endswith("E2") for line in kept), "it has ended"
    # And what was known before is handed on as well.
    third = rounds.open_batch(summer, WHO, "2028", 2028, follows=opened.batch_id)
    with summer.reading() as view:
        assert len(following.ratings_of(view, third.batch_id)) == 2
