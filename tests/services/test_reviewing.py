"""Forms as the office reviews them."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from matcher.domain.errors import ChangedMeanwhile, InputError
from matcher.domain.settings import Settings
from matcher.ranking.bars import Bar
from matcher.services import forms, preferences, rounds
from matcher.services.reviewing import bars_against, near_duplicates, roll_of
from matcher.store import Store, connect
from matcher.store.entities import Round
from tests.bureau import EXPERTS, NEEDS, WHO, choosing, collecting, expert
from tests.databases import THE_DAY, Databases

DETAIL = "真丝领带面料水洗后色牢度只有三级，汗渍色牢度更差，现用活性染料轧烘焙蒸工艺，希望达到四级以上"


@pytest.fixture
def desk(every_engine: dict[str, Databases]) -> Iterator[Store]:
    """A database of one engine: what is read does not hang on which."""
    opened = connect(every_engine["sqlite"].clean(), clock=lambda: THE_DAY)
    yield opened
    opened.close()


def handed_in(store: Store, round_: Round, record: object) -> forms.Form:
    written = forms.write_form(store, WHO, round_.id, record)  # ty: ignore[invalid-argument-type] - of either side
    return forms.submit_form(store, WHO, written)


def test_a_roll_tells_of_each_need_how_much_it_says_and_what_is_missing(desk: Store) -> None:
    round_ = collecting(desk)
    handed_in(desk, round_, replace(NEEDS[0], need_id="F1-2", need_title="提高质量", need_detail=""))
    roll = roll_of(desk, WHO, round_.id, "firm")

    assert [form.own_id for form in roll.forms] == ["F1", "F1-2", "F3", "N21", "N22"]
    assert roll.scores["F1-2"] == 0
    assert "need.no_detail" in [message.code for message in roll.advice["F1-2"]]
    assert "F1" not in roll.advice
    assert roll.ineligible == {}


def test_a_roll_tells_which_experts_may_not_be_sent_by_the_rules_of_the_round(desk: Store) -> None:
    round_ = collecting(desk, settings=Settings.model_validate({"eligibility": {"consent": "given"}}))
    roll = roll_of(desk, WHO, round_.id, "expert")

    assert set(roll.ineligible.values()) == {Bar.CONSENT_MISSING}
    assert roll.advice == {} == roll.scores


def test_a_roll_tells_who_has_stated_wishes_and_not_whom(desk: Store) -> None:
    round_ = choosing(desk)
    given = preferences.state_preferences(
        desk, expert("E1"), round_.id, "expert", "E1", tiers=(("F1",),), vetoes=[("F3", "不合适")]
    )
    assert roll_of(desk, WHO, round_.id, "expert").stated == {"E1"}
    assert "不合适" not in str(roll_of(desk, WHO, round_.id, "expert"))

    version = given.version
    preferences.withdraw_preferences(desk, expert("E1"), round_.id, "expert", "E1", version=version)
    assert roll_of(desk, WHO, round_.id, "expert").stated == frozenset()


def test_copies_are_found_from_both_sides(desk: Store) -> None:
    round_ = collecting(desk)
    for need_id, firm_id in (("F8", "F8"), ("F9", "F9")):
        handed_in(desk, round_, replace(NEEDS[1], firm_id=firm_id, need_id=need_id, need_detail=DETAIL))
    handed_in(desk, round_, replace(EXPERTS[0], expert_id="E9"))
    needs = near_duplicates(desk, WHO, round_.id, "firm")
    experts = near_duplicates(desk, WHO, round_.id, "expert")

    assert {own_id: [like.own_id for like in likes] for own_id, likes in needs.items()} == {"F8": ["F9"], "F9": ["F8"]}
    assert not needs["F8"][0].has_one_owner
    assert needs["F8"][0].similarity == 1
    assert experts["E9"][0].own_id == "E1"
    assert experts["E9"][0].has_one_owner


def test_what_bars_a_pair_whatever_anybody_wishes_is_told_from_either_side(desk: Store) -> None:
    round_ = collecting(desk)
    found = forms.forms(desk, WHO, round_.id)[1][0]
    record = replace(found.record, related_institutions=("东海大学", "茶叶研究"))
    forms.write_form(desk, WHO, round_.id, record, version=found.version)
    of_need = bars_against(desk, WHO, round_.id, "firm", "F1")

    assert [(other.expert_id, bar) for other, bar in of_need.others] == [("E1", Bar.CONFLICT), ("E2", Bar.CONFLICT)]
    assert of_need.open == 2
    assert [(name, institution) for _, name, institution in of_need.near] == [("茶叶研究", "茶叶研究所")]
    # A draft bars nobody yet: it is in no market.
    assert bars_against(desk, WHO, round_.id, "expert", "E1").others == ()


def test_a_firms_other_needs_name_what_is_related_to_it_too(desk: Store) -> None:
    round_ = collecting(desk)
    related = replace(NEEDS[1], need_id="N23", related_institutions=("越州学院",))
    forms.accept_form(desk, WHO, handed_in(desk, round_, related))

    barred = bars_against(desk, WHO, round_.id, "firm", "N21").others
    assert [other.expert_id for other, _ in barred] == ["E4"]
    barred = bars_against(desk, WHO, round_.id, "expert", "E4").others
    assert sorted(other.need_id for other, _ in barred) == ["N21", "N22", "N23"]


def test_who_may_not_be_sent_is_no_matter_between_two(desk: Store) -> None:
    round_ = collecting(desk, settings=Settings.model_validate({"eligibility": {"consent": "given"}}))
    found = bars_against(desk, WHO, round_.id, "firm", "F1")
    assert (found.others, found.open) == ((), 0)


def test_of_a_form_that_is_not_there_nothing_is_told(desk: Store) -> None:
    round_ = collecting(desk)
    with pytest.raises(InputError, match="E404"):
        bars_against(desk, WHO, round_.id, "expert", "E404")


def test_several_forms_are_taken_at_once_or_none(store: Store) -> None:
    round_ = rounds.open_batch(store, WHO, "2026", 2026)
    waiting = [handed_in(store, round_, record) for record in (*EXPERTS[:2], NEEDS[0])]
    # A need with the id of another firm can't stand beside that firm's own.
    wrong = handed_in(store, round_, replace(NEEDS[1], need_id="F1-9"))
    taken = forms.accept_forms(store, WHO, waiting[:2])
    assert [(form.own_id, form.state) for form in taken] == [("E1", "accepted"), ("E2", "accepted")]

    stale = [waiting[2], waiting[0]]
    with pytest.raises(ChangedMeanwhile):
        forms.accept_forms(store, WHO, stale)
    assert states(store, round_)["F1"] == "submitted"

    strange = handed_in(store, round_, replace(NEEDS[3], need_id="F2"))
    with pytest.raises(InputError, match="F2"):
        forms.accept_forms(store, WHO, [waiting[2], strange, wrong])
    assert states(store, round_)["F1"] == "submitted"


def states(store: Store, round_: Round) -> dict[str, str]:
    return {form.own_id: form.state for side in forms.forms(store, WHO, round_.id) for form in side}
