"""What a party sees stays, to the byte, as it was when the other side says something that is not for it."""

import json
from collections.abc import Callable, Iterator
from dataclasses import asdict
from datetime import date
from typing import Any

import pytest

from matcher.domain.errors import ChangedMeanwhile, NotAllowed
from matcher.domain.roles import Principal
from matcher.services import following, own_results, privacy, proposing, publishing, rounds
from matcher.store import Store, connect
from matcher.store.entities import AssessedPair, PlacedPair, Round
from tests import bureau
from tests.bureau import WHO, later, party
from tests.databases import THE_DAY, Databases

SIDES = ("firm", "expert")
OTHER = {"firm": "expert", "expert": "firm"}


@pytest.fixture
def desk(every_engine: dict[str, Databases]) -> Iterator[Store]:
    """A database of SQLite: what is seen of a row is the same on either engine."""
    opened = connect(every_engine["sqlite"].ready(), clock=lambda: THE_DAY)
    yield opened
    opened.close()


def pair_of(store: Store, round_: Round) -> PlacedPair:
    return next(row for row in publishing.placements(store, WHO, round_.id) if row.pair == ("F1", "E1"))


def all_seen(store: Store, who: Principal, placed: PlacedPair) -> bytes:
    """Write down every view that a side has of a pair, and of itself; but for the log of who took its own data."""
    side: Any = who.role
    seen = [
        *(asdict(row) for row in proposing.own_placements(store, who, placed.round_id, side, str(who.party))),
        asdict(own_results.own_results(store, who, side, str(who.party))),
        own_results.why_own_pair(store, who, side, placed.id),
        asdict(rounds.round_of(store, who, placed.round_id)),
        *(asdict(entry) for entry in following.service_log(store, who, placed.id)),
        [asdict(row) for row in [following.assessment_of(store, who, placed.id)] if row is not None],
    ]
    own = privacy.own_data(store, who, side, str(who.party))
    return json.dumps(seen, ensure_ascii=False, default=str).encode() + own


ANSWERS: dict[str, dict[str, Any]] = {
    "accepts": {"accepts": True, "why": "合适"},
    "declines": {"accepts": False, "why": "出国半年"},
}


@pytest.mark.parametrize("says", ANSWERS)
@pytest.mark.parametrize("side", SIDES)
def test_while_both_are_asked_a_side_sees_nothing_of_what_the_other_says(desk: Store, side: Any, says: str) -> None:
    placed = pair_of(desk, bureau.proposed(desk))
    own, other = party(placed, side), party(placed, OTHER[side])
    before = all_seen(desk, own, placed)
    proposing.answer(later(desk, 1), other, placed.id, other.role, **ANSWERS[says])  # ty: ignore[invalid-argument-type]
    assert all_seen(desk, own, placed) == before
    rounds.step_back(desk, WHO, placed.round_id, "重新匹配")
    assert all_seen(desk, own, placed) != before, "then it may be known how it ended"


@pytest.mark.parametrize("says", ANSWERS)
def test_a_side_that_answers_learns_nothing_either_and_its_answer_is_written_down(desk: Store, says: str) -> None:
    first, second = (bureau.proposed(desk, bureau.matching(desk, name)) for name in ("甲", "乙"))
    views = []
    for round_, is_declined in ((first, False), (second, True)):
        placed = pair_of(desk, round_)
        (seen,) = proposing.own_placements(desk, bureau.firm("F1"), round_.id, "firm", "F1")
        if is_declined:
            proposing.answer(desk, bureau.expert("E1"), placed.id, "expert", accepts=False, why="太远")
        proposing.answer(desk, bureau.firm("F1"), placed.id, "firm", **ANSWERS[says], version=seen.version)
        (seen,) = proposing.own_placements(desk, bureau.firm("F1"), round_.id, "firm", "F1")
        views.append((seen.state, seen.answer, seen.reason, seen.ending, seen.version))
    assert views[0] == views[1]
    now = pair_of(desk, second)
    assert (now.state, now.ending, now.ended_because) == ("ended", "declined", "太远")
    assert (now.firm_answer, now.expert_answer) == ({"accepts": "accepted", "declines": "declined"}[says], "declined")
    with pytest.raises(NotAllowed, match="已结束"):
        proposing.answer(desk, bureau.expert("E1"), now.id, "expert", accepts=True)


def test_what_was_declined_before_a_round_stepped_back_is_over_when_it_is_proposed_anew(desk: Store) -> None:
    round_ = bureau.proposed(desk)
    placed = pair_of(desk, round_)
    proposing.answer(desk, bureau.expert("E1"), placed.id, "expert", accepts=False, why="太远")
    again = bureau.proposed(desk, rounds.step_back(desk, WHO, round_.id, "有一对谢绝"))
    shown = proposing.own_placements(desk, bureau.firm("F1"), again.id, "firm", "F1")
    assert [row.ending for row in shown if row.id == placed.id] == ["declined"]
    with pytest.raises(NotAllowed, match="已结束"):
        proposing.answer(desk, bureau.firm("F1"), placed.id, "firm", accepts=True)


@pytest.mark.parametrize("side", SIDES)
def test_two_windows_of_one_side_are_held_apart_and_the_other_side_is_in_nobodys_way(desk: Store, side: Any) -> None:
    placed = pair_of(desk, bureau.proposed(desk))
    own, other = party(placed, side), party(placed, OTHER[side])
    (seen,) = proposing.own_placements(desk, own, placed.round_id, side, str(own.party))
    proposing.answer(desk, other, placed.id, other.role, accepts=True)  # ty: ignore[invalid-argument-type]
    answer: Callable[..., Any] = lambda **said: proposing.answer(desk, own, placed.id, side, **said)  # noqa: E731
    answer(accepts=True, version=seen.version)
    with pytest.raises(ChangedMeanwhile, match="您看到的内容已有变化") as refused:
        answer(accepts=False, why="不合适", version=seen.version)
    assert str(other.party) not in str(refused.value)


@pytest.mark.parametrize("side", SIDES)
def test_a_side_sees_nothing_of_how_the_other_rates_and_whether_it_goes_on(desk: Store, side: Any) -> None:
    active = bureau.active(desk)
    summer, placed = later(desk, 40), pair_of(desk, active)
    own, other = party(placed, side), party(placed, OTHER[side])
    entry: dict[str, Any] = {"day": date(2026, 6, 20), "days": 1, "done": "现场诊断"}
    rate: Any = following.assess
    following.log_service(summer, WHO, placed.id, **entry)
    for goes_on in (False, True):  # first before it has said anything itself, then after
        before = all_seen(summer, own, placed)
        rate(later(summer, 1), other, placed.id, **{f"{other.role}_rating": 2 + goes_on})
        following.wish_renewal(later(summer, 1), other, placed.id, other.role, wishes=goes_on)  # ty: ignore[invalid-argument-type]
        assert all_seen(summer, own, placed) == before
        said = rate(summer, own, placed.id, **{f"{side}_rating": 5})
    following.wish_renewal(summer, other, placed.id, other.role, wishes=False)  # ty: ignore[invalid-argument-type]
    changed = following.wish_renewal(summer, own, placed.id, side, wishes=True, version=said.version)
    with pytest.raises(ChangedMeanwhile, match="您看到的内容已有变化"):
        rate(summer, own, placed.id, **{f"{side}_rating": 1}, version=said.version)
    assert following.assessment_of(summer, own, placed.id) == changed
    with summer.reading() as view:
        whole = view.get(AssessedPair, placement_id=placed.id)
    assert (getattr(whole, f"{side}_rating"), getattr(whole, f"{other.role}_renews")) == (5, False)


def test_both_sides_read_the_service_log_but_not_who_of_the_other_wrote_it(desk: Store) -> None:
    active = bureau.active(desk)
    summer, placed = later(desk, 40), pair_of(desk, active)
    entry: dict[str, Any] = {"day": date(2026, 6, 20), "days": 1.0, "done": "现场诊断"}
    written = following.log_service(summer, Principal("E1-小陈", "expert", "E1"), placed.id, **entry)
    assert written.entered_by == "E1-小陈"
    (read,) = following.service_log(summer, bureau.firm("F1"), placed.id)
    assert (read.done, read.entered_by) == ("现场诊断", "")
    following.log_service(summer, Principal("expert:E1#7", "expert", "E1"), placed.id, **entry)
    read = following.service_log(summer, bureau.firm("F1"), placed.id)
    assert [one.entered_by for one in read] == ["", "expert:E1"], "which side, and none of its people"
    assert "E1-小陈" not in privacy.own_data(summer, bureau.firm("F1"), "firm", "F1").decode()
