"""What concerns a party: its pairs, why each was proposed, why it was left out; and nothing of others."""

import json
from collections.abc import Iterator
from dataclasses import asdict, replace
from datetime import date
from typing import Any

import pytest

from matcher.domain.errors import NotAllowed
from matcher.domain.roles import PARTIES, Principal
from matcher.domain.settings import EligibilitySettings, Settings, Side
from matcher.services import consents, following, proposing, publishing, rounds
from matcher.services.own_results import own_results, published_now, why_left_out, why_own_pair
from matcher.store import Store, connect
from matcher.store.entities import PlacedPair
from tests import bureau
from tests.bureau import EXPERTS, NEEDS, WHO, expert, firm, later
from tests.databases import THE_DAY, Databases

SELF = {"firm": firm("F1"), "expert": expert("E1")}


@pytest.fixture
def desk(every_engine: dict[str, Databases]) -> Iterator[Store]:
    """A database of SQLite: what is read of rows is the same on either engine."""
    opened = connect(every_engine["sqlite"].ready(), clock=lambda: THE_DAY)
    yield opened
    opened.close()


def pair(store: Store, need: str = "F1", one: str = "E1") -> PlacedPair:
    with store.reading() as view:
        return next(row for row in view.listed(PlacedPair) if row.pair == (need, one))


@pytest.mark.parametrize("side", PARTIES)
def test_a_pair_comes_with_the_other_side_but_not_with_what_that_keeps_to_itself(desk: Store, side: Side) -> None:
    bureau.proposed(desk)
    (found,) = own_results(desk, SELF[side], side, str(SELF[side].party)).pairs

    other: Any = found.other
    assert other.name == {"firm": "陈永", "expert": "嵊星电机"}[side]
    assert (other.contact, found.notice, found.entries, found.said) == ("", None, (), None)
    if side == "expert":
        assert other.need_detail == ""
        consents.state_consent(desk, SELF["firm"], "firm", "F1", "detail", given=True)
        (found,) = own_results(desk, SELF[side], side, "E1").pairs
        assert "62dB" in str(found.other)
    assert found.round_.settings == {}


def test_pairs_of_all_rounds_come_the_newest_first_with_what_was_served(desk: Store) -> None:
    first = bureau.active(desk)
    summer = later(desk, 40)
    for day in (20, 10):
        following.log_service(summer, SELF["expert"], pair(desk).id, day=date(2026, 6, day), days=1.5, done="现场")
    rounds.open_next_round(summer, WHO, first.id, "supplementary")
    bureau.matching(summer, "2027")
    found: Any = own_results(summer, SELF["firm"], "firm", "F1")

    (result,) = found.pairs
    assert [entry.day for entry in result.entries] == ["2026-06-20", "2026-06-10"]
    assert (result.served, result.notice) == (3.0, ("2026-06-02", "2026-06-08"))
    assert {entry.entered_by for entry in result.entries} == {""}, "the other's people are not named"
    assert (found.batch.name, found.round_.state) == ("2027", "matching")
    assert found.takes_part


def test_who_was_left_out_is_told_once_a_list_is_proposed(desk: Store) -> None:
    matching = bureau.matching(desk)
    assert own_results(desk, expert("E3"), "expert", "E3").left == ()
    bureau.proposed(desk, matching)

    (left,) = own_results(desk, expert("E3"), "expert", "E3").left
    assert (left.own_id, left.name, left.reason.code) == ("E3", "周茶", "party.left_out")
    assert own_results(desk, SELF["expert"], "expert", "E1").left == ()


def test_who_declined_was_not_left_out(desk: Store) -> None:
    bureau.proposed(desk)
    proposing.answer(desk, SELF["firm"], pair(desk).id, "firm", accepts=False, why="另有安排")

    assert own_results(desk, SELF["firm"], "firm", "F1").left == ()


@pytest.mark.parametrize(
    ("one", "code"),
    [
        (replace(EXPERTS[0], in_post=False, accepts_others=False), "party.not_eligible"),
        (replace(EXPERTS[0], days_per_year=5, accepts_others=False), "unplaced.expert_without_days"),
        (replace(EXPERTS[0], accepts_others=False), "party.left_out.only_named"),
        (replace(NEEDS[0], accepts_others=False), "party.left_out.only_named"),
        (EXPERTS[0], "party.left_out"),
        (NEEDS[0], "party.left_out"),
    ],
    ids=str,
)
def test_the_reason_is_of_what_one_stated_oneself_and_of_rules_alone(one: Any, code: str) -> None:
    settings = Settings.model_validate(
        {"eligibility": EligibilitySettings(in_post=True).model_dump(), "assignment": {"days_per_placement": 10}}
    )
    assert why_left_out(one, settings).code == code


def test_why_a_pair_was_proposed_is_told_of_the_texts_and_of_ones_own_wish(desk: Store) -> None:
    from matcher.services import preferences

    choosing = bureau.choosing(desk)
    preferences.state_preferences(desk, SELF["firm"], choosing.id, "firm", "F1", tiers=(("E1",),))
    bureau.proposed(desk, rounds.advance(desk, WHO, choosing.id))
    of_firm = why_own_pair(desk, SELF["firm"], "firm", pair(desk).id)
    of_expert = why_own_pair(desk, SELF["expert"], "expert", pair(desk).id)

    assert [message.code for message in of_firm] == ["party.named", "reason.shared_words"]
    assert [message.code for message in of_expert] == ["reason.shared_words"], "what the firm wished is not told"
    assert "永磁电机" in of_expert[0].values["spans"]  # ty: ignore[unsupported-operator]


def test_words_that_a_firm_keeps_to_itself_are_no_reason_for_an_expert(desk: Store) -> None:
    """The title says neither 电磁噪声 nor 电机电磁噪声; the detail does."""
    bureau.proposed(desk)
    kept = json.dumps([asdict(m) for m in why_own_pair(desk, SELF["expert"], "expert", pair(desk).id)], default=str)
    consents.state_consent(desk, SELF["firm"], "firm", "F1", "detail", given=True)
    open_ = why_own_pair(desk, SELF["expert"], "expert", pair(desk).id)

    assert json.loads(kept)[0]["values"]["spans"] == ["永磁电机"]
    assert len(open_[0].values["spans"]) > 1  # ty: ignore[invalid-argument-type]


@pytest.mark.parametrize("who", [firm("F3"), expert("E4"), firm("E1"), Principal("数据组", "analyst")], ids=str)
@pytest.mark.parametrize("side", PARTIES)
def test_nobody_asks_of_a_pair_that_is_not_its_own(desk: Store, who: Principal, side: Side) -> None:
    bureau.proposed(desk)
    with pytest.raises(NotAllowed):
        why_own_pair(desk, who, side, pair(desk).id)
    with pytest.raises(NotAllowed):
        own_results(desk, who, side, str(SELF[side].party))


def test_the_published_list_is_the_last_that_holds_and_names_no_ids(desk: Store) -> None:
    assert published_now(desk, SELF["firm"]) is None
    publication = bureau.published(desk)
    found: Any = published_now(desk, SELF["firm"])
    assert (found.batch.name, found.notice) == ("2026", ("2026-06-02", "2026-06-08"))
    assert [dict(line) for line in found.lines] == publishing.published_list(desk, SELF["firm"], 1)

    publishing.withdraw_publication(desk, WHO, publication.id, "有误")
    assert published_now(desk, SELF["firm"]) is None
