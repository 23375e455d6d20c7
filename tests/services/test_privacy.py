"""What is held of a party: to see, and to correct."""

import json

import pytest

from matcher.domain.errors import NotAllowed
from matcher.services import following, preferences, privacy, publishing, rounds
from matcher.store import Store
from matcher.store.entities import Application, Event
from tests import bureau
from tests.bureau import WHO, expert, firm, later


def test_a_party_gets_all_that_is_held_of_it_and_no_word_of_others(store: Store) -> None:
    choosing = bureau.choosing(store)
    preferences.state_preferences(store, expert("E4"), choosing.id, "expert", "E4", tiers=(("F3",),))
    preferences.state_preferences(
        *(store, firm("F3"), choosing.id, "firm", "F3"), tiers=(("E4",),), vetoes=[("E2", "听说不好合作")]
    )
    active = bureau.active(store, rounds.advance(store, WHO, choosing.id))
    placed = next(row for row in publishing.placements(store, WHO, active.id) if row.expert_id == "E4")
    following.assess(later(store, 40), firm("F3"), placed.id, firm_rating=1)
    text = privacy.own_data(store, expert("E4"), "expert", "E4").decode()
    held = json.loads(text)
    assert held["forms"][0]["record"]["contact"] == "13800000004"
    assert held["preferences"][0]["tiers"] == [["F3"]]
    assert [row["pair"] for row in held["placements"]] == [["F3", "E4"]]
    assert held["assessments"] == [], "that the firm rated it is the firm's word"
    following.assess(later(store, 40), expert("E4"), placed.id, expert_rating=4)
    held = json.loads(privacy.own_data(store, expert("E4"), "expert", "E4"))
    assert held["assessments"] == [
        {"placement_id": placed.id, "assessment": None, "expert_rating": 4, "expert_renews": None}
    ]
    assert "听说不好合作" not in text
    assert '"firm_rating"' not in text
    with pytest.raises(NotAllowed, match="不是您单位"):
        privacy.own_data(store, firm("F3"), "expert", "E4")


def test_contact_data_are_put_right_in_any_state_and_the_log_says_only_that_they_were(store: Store) -> None:
    active = bureau.active(store)
    assert privacy.correct_contact(store, expert("E4"), "expert", "E4", " 13700000000 ") == 1
    assert privacy.correct_contact(store, expert("E4"), "expert", "E4", "13700000000") == 0
    with store.reading() as view:
        assert view.get(Application, round_id=active.id, expert_id="E4").record.contact == "13700000000"
        (event,) = view.listed(Event, what="correct_contact")
    assert (event.before, event.after) == ({"contact": "•"}, {"contact": "•"})
