"""Many rows at once are written, and written down, as one after another would be."""

from typing import Any

import pytest

from matcher.domain.errors import ChangedMeanwhile
from matcher.store import Store
from matcher.store.entities import Application, EarlierPair, Event
from tests import bureau
from tests.bureau import WHO


def events(store: Store) -> list[tuple[Any, ...]]:
    with store.reading() as view:
        found = view.listed(Event, what="many")
    return [(event.about, event.who, event.round_id, event.before, event.after) for event in found]


def test_rows_whose_same_columns_change_and_others_are_changed_together(store: Store) -> None:
    round_ = bureau.collecting(store)
    with store.writing(WHO.name) as work:
        first, second, third, fourth = work.listed(Application, round_id=round_.id)
        same = {"state": fourth.state}
        work.change_all(
            [
                (first, {"state": "returned"}),
                (second, {"state": "draft"}),
                (third, {"consent_on": "x"}),
                (fourth, same),
            ],
            "many",
        )
        now = work.listed(Application, round_id=round_.id)
    assert [(form.state, form.consent_on) for form in now] == [
        ("returned", None), ("draft", None), ("accepted", "x"), ("accepted", None),
    ]  # fmt: skip
    assert [form.version for form in now] == [4, 4, 4, 3]
    about = f"experts/{round_.id}/E"
    assert events(store) == [
        (f"{about}1", WHO.name, round_.id, {"state": "accepted"}, {"state": "returned"}),
        (f"{about}2", WHO.name, round_.id, {"state": "accepted"}, {"state": "draft"}),
        (f"{about}3", WHO.name, round_.id, {"consent_on": None}, {"consent_on": "x"}),
    ]


def test_one_row_among_many_that_is_another_by_now_stops_them_all(store: Store) -> None:
    round_ = bureau.collecting(store)
    with store.reading() as view:
        read = view.listed(Application, round_id=round_.id)
    with store.writing("李主任") as work:
        work.change(work.get(Application, round_id=round_.id, expert_id="E2"), "tests", state="returned")
    with pytest.raises(ChangedMeanwhile, match=r"E2.*李主任"), store.writing(WHO.name) as work:
        work.change_all([(form, {"state": "draft"}) for form in read], "many")
    with store.reading() as view:
        states = [form.state for form in view.listed(Application, round_id=round_.id)]
    assert states == ["accepted", "returned", "accepted", "accepted"]
    assert events(store) == []


def test_rows_that_bring_their_keys_are_added_together(store: Store) -> None:
    round_ = bureau.collecting(store)
    rows = [{"batch_id": round_.batch_id, "need_id": name, "firm_id": "F1", "expert_id": "E1"} for name in ("N1", "N2")]
    with store.writing(WHO.name) as work:
        work.insert_all(EarlierPair, "many", rows)
        work.insert_all(EarlierPair, "many", [])
        assert [pair.need_id for pair in work.listed(EarlierPair)] == ["N1", "N2"]
    assert events(store) == [
        (f"earlier_pairs/{round_.batch_id}/{row['need_id']}/E1", WHO.name, None, None, row) for row in rows
    ]
