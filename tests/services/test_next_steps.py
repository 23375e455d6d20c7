"""What a firm or an expert is told to do, in every state of a round."""

from collections.abc import Callable
from typing import Any

import pytest

from matcher.domain.messages import Message
from matcher.domain.roles import Principal
from matcher.domain.rounds import STATES
from matcher.domain.settings import Side
from matcher.language import LANGUAGES, sentence
from matcher.services import following, forms, preferences, proposing, publishing, rounds
from matcher.services.next_steps import NextSteps, next_steps
from matcher.store import Store
from matcher.store.entities import Application, NeedForm, Round
from tests.bureau import (
    EXPERTS,
    NEEDS,
    WHO,
    active,
    choosing,
    collecting,
    expert,
    firm,
    later,
    matching,
    party,
    proposed,
    published,
    put_in,
)

SIDES: tuple[Side, ...] = ("firm", "expert")
NOBODY = {"firm": "F9", "expert": "E9"}
SOMEBODY = {"firm": "F1", "expert": "E1"}


def told(store: Store, side: Side, own_id: str) -> list[tuple[str, str | None, bool]]:
    found = asked(store, side, own_id)
    return [(step.message.code.removeprefix("next."), step.place, step.is_urgent) for step in found.steps]


def asked(store: Store, side: Side, own_id: str) -> NextSteps:
    who: Principal = firm(own_id) if side == "firm" else expert(own_id)
    found = next_steps(store, who, side, own_id)
    for step in found.steps:
        assert all(sentence(step.message, lang) for lang in LANGUAGES)
    return found


@pytest.mark.parametrize("side", SIDES)
def test_without_a_batch_there_is_nothing_to_do(store: Store, side: Side) -> None:
    assert told(store, side, SOMEBODY[side]) == [("no_round", None, False)]


@pytest.mark.parametrize("side", SIDES)
def test_each_state_of_a_form_has_its_sentence_while_forms_are_collected(store: Store, side: Side) -> None:
    round_ = rounds.open_batch(store, WHO, "2026", 2026)
    own_id, record = SOMEBODY[side], NEEDS[0] if side == "firm" else EXPERTS[0]
    steps: tuple[tuple[Callable[[], Any], tuple[str, str | None, bool]], ...] = (
        (lambda: None, (f"nothing.{side}", "form", True)),
        (lambda: forms.write_form(store, WHO, round_.id, record), (f"draft.{side}", "form", True)),
        (lambda: forms.submit_form(store, WHO, stored(store, round_, side)), (f"submitted.{side}", None, False)),
        (
            lambda: forms.return_form(store, WHO, stored(store, round_, side), "补充"),
            (f"returned.{side}", "form", True),
        ),
        (lambda: forms.accept_form(store, WHO, stored(store, round_, side)), (f"accepted.{side}", None, False)),
    )
    for act, expected in steps:
        act()
        assert told(store, side, own_id) == [expected]


def stored(store: Store, round_: Round, side: Side) -> Any:
    with store.reading() as view:
        if side == "firm":
            return view.get(NeedForm, round_id=round_.id, need_id="F1")
        return view.get(Application, round_id=round_.id, expert_id="E1")


@pytest.mark.parametrize("side", SIDES)
def test_while_choosing_one_is_asked_to_rank_until_one_has(store: Store, side: Side) -> None:
    round_ = choosing(store)
    own_id = SOMEBODY[side]
    assert told(store, side, own_id) == [(f"rank.{side}", "find", True)]
    assert told(store, side, NOBODY[side]) == [(f"nothing.{side}", "form", True)]
    tiers = (("E1",),) if side == "firm" else (("F1",),)
    who = firm(own_id) if side == "firm" else expert(own_id)
    preferences.state_preferences(store, who, round_.id, side, own_id, tiers=tiers)
    assert told(store, side, own_id) == [(f"ranked.{side}", "find", False)]


def test_a_firm_is_told_of_each_need_that_came_back_and_of_those_without_preferences(store: Store) -> None:
    round_ = choosing(store)
    with store.reading() as view:
        form = view.get(NeedForm, round_id=round_.id, need_id="N21")
    forms.return_form(store, WHO, form, "补充")
    found = asked(store, "firm", "F2")
    assert [step.message.code for step in found.steps] == ["next.returned.firm", "next.rank.firm"]
    assert found.steps[0].message.values["title"] == "真丝色牢度不足"
    assert found.steps[1].message.values["count"] == 1


@pytest.mark.parametrize("side", SIDES)
def test_while_matching_one_waits_or_is_not_in_it(store: Store, side: Side) -> None:
    matching(store)
    assert told(store, side, SOMEBODY[side]) == [(f"matching.{side}", None, False)]
    assert told(store, side, NOBODY[side]) == [(f"not_in_it.{side}", None, False)]


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("silence", ["accept", "decline"])
def test_while_confirming_one_is_asked_by_a_date_and_told_what_silence_means(
    store: Store, side: Side, silence: str
) -> None:
    round_ = proposed(store, silence=silence)
    own_id = SOMEBODY[side]
    [step] = asked(store, side, own_id).steps
    assert (step.message.code, step.place, step.is_urgent) == (f"next.answer.{side}", "results", True)
    assert step.message.values["date"] == "2026-06-30"
    assert step.message.values["silence"] == Message(f"next.silence.{silence}")
    assert told(store, side, NOBODY[side]) == [(f"confirming.without.{side}", None, False)]
    placed = next(pair for pair in publishing.placements(store, WHO, round_.id) if pair.pair == ("F1", "E1"))
    proposing.answer(store, party(placed, side), placed.id, side, accepts=True)
    assert told(store, side, own_id) == [("answered", "results", False)]


@pytest.mark.parametrize("side", SIDES)
def test_who_declined_is_told_what_follows_and_the_other_learns_nothing(store: Store, side: Side) -> None:
    round_ = proposed(store)
    other: Side = "expert" if side == "firm" else "firm"
    before = told(store, other, SOMEBODY[other])
    placed = next(pair for pair in publishing.placements(store, WHO, round_.id) if pair.pair == ("F1", "E1"))
    proposing.answer(store, party(placed, side), placed.id, side, accepts=False, why="太远")
    assert told(store, side, SOMEBODY[side]) == [("declined", "results", False)]
    assert told(store, other, SOMEBODY[other]) == before


@pytest.mark.parametrize("side", SIDES)
def test_while_the_list_is_public_one_is_told_until_when(store: Store, side: Side) -> None:
    published(store)
    [step] = asked(store, side, SOMEBODY[side]).steps
    assert (step.message.code, step.message.values) == ("next.notice", {"date": "2026-06-08"})
    assert told(store, side, NOBODY[side]) == [(f"notice.without.{side}", "results", False)]


@pytest.mark.parametrize("side", SIDES)
def test_in_force_one_serves_and_when_it_is_assessed_one_rates(store: Store, side: Side) -> None:
    round_ = active(store)
    own_id = SOMEBODY[side]
    assert told(store, side, own_id) == [(f"active.{side}", "results", False)]
    assert told(store, side, NOBODY[side]) == [(f"active.without.{side}", None, False)]
    put_in(store, round_, "assessed")
    assert told(store, side, own_id) == [(f"assess.{side}", "results", True)]
    assert told(store, side, NOBODY[side]) == [(f"assessed.without.{side}", None, False)]
    placed = next(pair for pair in publishing.placements(store, WHO, round_.id) if pair.pair == ("F1", "E1"))
    rating: dict[str, Any] = {f"{side}_rating": 5}
    following.assess(later(store, 40), party(placed, side), placed.id, **rating)
    assert told(store, side, own_id) == [("assessed", "results", False)]


@pytest.mark.parametrize("side", SIDES)
def test_pairs_in_force_are_not_forgotten_over_a_round_that_came_after(store: Store, side: Side) -> None:
    round_ = active(store)
    opened = rounds.open_next_round(later(store, 40), WHO, round_.id, "supplementary")
    assert (f"serving.{side}", "results", False) in told(store, side, SOMEBODY[side])
    put_in(store, round_, "assessed")
    put_in(store, opened, "collecting")
    assert (f"assess.{side}", "results", True) in told(store, side, SOMEBODY[side])


def test_a_party_is_given_the_round_without_its_settings(store: Store) -> None:
    collecting(store)
    found = asked(store, "firm", "F1")
    assert found.round_ is not None
    assert found.batch is not None
    assert (found.round_.settings, found.round_.changed_by, found.batch.name) == ({}, "", "2026")


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("state", [state for state in STATES if state != "notice"])
def test_every_state_has_something_to_say_to_either_side(store: Store, state: Any, side: Side) -> None:
    """A round under notice has a publication: it is asked about above."""
    put_in(store, collecting(store), state)
    assert asked(store, side, SOMEBODY[side]).steps
    assert asked(store, side, NOBODY[side]).steps


@pytest.mark.parametrize("side", SIDES)
def test_an_answer_is_still_asked_for_when_another_batch_was_opened_meanwhile(store: Store, side: Side) -> None:
    proposed(store)
    rounds.open_batch(store, WHO, "2027", 2027)
    assert told(store, side, SOMEBODY[side]) == [
        (f"nothing.{side}", "form", True),
        (f"answer.{side}", "results", True),
    ]
