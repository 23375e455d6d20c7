"""The service log, the assessment and renewal; and what a batch hands to the next one."""

from datetime import date
from typing import Any

import pytest

from matcher.domain.errors import ChangedMeanwhile, InputError, NotAllowed
from matcher.domain.settings import Settings
from matcher.services import following, publishing, rounds
from matcher.services.following import assess, days_served, end_placement, log_service, service_log, wish_renewal
from matcher.services.freezing import freeze
from matcher.store import Store
from matcher.store.entities import PlacedPair, Round
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
