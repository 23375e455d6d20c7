"""Finding the other side: everybody eligible, in an order that nobody's wishes touch, with what each party may read."""

from dataclasses import replace
from typing import Any

import pytest

from matcher.domain.errors import InputError, NotAllowed
from matcher.domain.messages import Message
from matcher.domain.records import Expert
from matcher.domain.roles import Principal
from matcher.domain.settings import Settings, Side
from matcher.language import sentence
from matcher.services import consents, finding, forms, preferences, proposing, publishing, rounds
from matcher.services.finding import Choice, choice, said_of
from matcher.store import Store
from matcher.store.entities import EarlierRating, NeedForm, Round
from tests import bureau
from tests.bureau import EXPERTS, NEEDS, WHO, expert, firm

on_sqlite = pytest.mark.parametrize("databases", ["sqlite"], indirect=True)
pytestmark = on_sqlite

ASKERS: tuple[tuple[Principal, Side, str], ...] = (
    (firm("F1"), "firm", "F1"),
    (firm("F2"), "firm", "N21"),
    (expert("E1"), "expert", "E1"),
    (expert("E4"), "expert", "E4"),
)


def ids(found: Choice) -> list[str]:
    return [one.id for one in found.counterparts]


def seen(store: Store, round_id: int, who: Principal, side: Side, own_id: str) -> tuple[Any, ...]:
    """Give all that a party gets, but for its own list."""
    found = choice(store, who, round_id, side, own_id)
    said = said_of(store, who, round_id, side, own_id, other_ids=ids(found))
    return replace(found, stated=None, gone=()), said


def read_aloud(found: Any) -> str:
    """Say everything that came back, in words."""

    def words(value: Any) -> str:
        if isinstance(value, Message):
            return sentence(value, "zh")
        if isinstance(value, dict):
            return " ".join(map(words, value.values()))
        if isinstance(value, (tuple, list)):
            return " ".join(map(words, value))
        if hasattr(value, "__dataclass_fields__"):
            return " ".join(words(getattr(value, name)) for name in value.__dataclass_fields__)
        return str(value)

    return words(found)


@pytest.mark.parametrize(("who", "side", "own_id"), ASKERS)
def test_everybody_who_may_be_chosen_is_there_once_and_the_fitting_come_first(
    store: Store, who: Principal, side: Side, own_id: str
) -> None:
    round_ = bureau.choosing(store)
    found = choice(store, who, round_.id, side, own_id)
    others = preferences.counterparts(store, who, round_.id, side, own_id)
    assert sorted(one.record.name for one in found.counterparts) == sorted(other.name for other in others)
    assert {repr(one.record) for one in found.counterparts} == {repr(other) for other in others}
    suggested = [one.is_suggested for one in found.counterparts]
    assert suggested == sorted(suggested, reverse=True)
    assert suggested[0]


def test_a_need_is_suggested_who_shares_its_words_and_told_why(store: Store) -> None:
    round_ = bureau.choosing(store)
    first = choice(store, firm("F1"), round_.id, "firm", "F1").counterparts[0]
    said = said_of(store, firm("F1"), round_.id, "firm", "F1", other_ids=[first.id])[first.id]
    assert first.id == "E1"
    assert "共同的词" in read_aloud(said.reasons)
    assert "永磁电机" in "".join(piece for piece, shade in dict(said.texts)["research_fields"] if shade)
    assert "".join(piece for piece, _ in dict(said.texts)["research_fields"]) == EXPERTS[0].research_fields
    assert not any(character.isdigit() for character in read_aloud(said.reasons)), "no numbers of fit"


@pytest.mark.parametrize(("who", "side", "own_id"), ASKERS)
def test_nobodys_wishes_vetoes_or_ratings_change_what_a_party_sees(
    store: Store, who: Principal, side: Side, own_id: str
) -> None:
    round_ = bureau.choosing(store)
    before = seen(store, round_.id, who, side, own_id)
    stated: tuple[tuple[Side, str, str, str], ...] = (
        *(("expert", "E4", "F3", "F1"), ("expert", "E1", "N22", "F1")),
        *(("firm", "F1", "E2", "E1"), ("firm", "N21", "E4", "E2")),
    )
    for of, name, wished, refused in stated:
        preferences.state_preferences(
            *(store, WHO, round_.id, of, name), tiers=((wished,),), vetoes=[(refused, "〔拒因〕")]
        )
    with store.writing(WHO.name) as work:
        rating = {"expert_id": "E1", "firm_id": "F1", "year": 2025, "firm_rating": 1, "expert_rating": 1}
        rest = {"need_title": "", "assessment": "fail", "place": 0}
        work.insert(EarlierRating, None, batch_id=round_.batch_id, **rating, **rest)
        work.note("import_forms", f"rounds/{round_.id}", round_id=round_.id)
    after = seen(store, round_.id, who, side, own_id)
    assert after == before
    assert "拒因" not in read_aloud(after)


def test_what_a_firm_keeps_to_itself_changes_nothing_that_experts_see(store: Store) -> None:
    round_ = bureau.choosing(store)
    before = seen(store, round_.id, expert("E4"), "expert", "E4")
    assert "热效率 58%" not in read_aloud(before)
    assert all(not one.record.need_detail for one in before[0].counterparts)
    rewritten(store, round_, "F1", need_detail="燃气燃烧与低排放；风机气动声学〔密〕")
    after = seen(store, round_.id, expert("E4"), "expert", "E4")
    assert after == before
    consents.state_consent(store, firm("F1"), "firm", "F1", "detail", given=True)
    agreed = seen(store, round_.id, expert("E4"), "expert", "E4")
    assert "〔密〕" in read_aloud(agreed)
    assert agreed != before


def rewritten(store: Store, round_: Round, need_id: str, **changes: Any) -> None:
    with store.reading() as view:
        form = view.get(NeedForm, round_id=round_.id, need_id=need_id)
    record = replace(form.record, **changes)
    form = forms.write_form(store, WHO, round_.id, record, version=form.version)
    forms.accept_form(store, WHO, forms.submit_form(store, WHO, form))


def test_who_may_not_be_sent_is_shown_to_no_firm_and_is_told_so(store: Store) -> None:
    round_ = bureau.choosing(store)
    with store.reading() as view:
        settings = Settings.model_validate(view.get(Round, id=round_.id).settings)
    changed = settings.model_copy(
        update={"eligibility": settings.eligibility.model_copy(update={"minimum_title": "professor"})}
    )
    rounds.change_settings(store, WHO, round_.id, changed)
    assert ids(choice(store, firm("F1"), round_.id, "firm", "F1")) == ["E1"]
    found = choice(store, expert("E2"), round_.id, "expert", "E2")
    assert found.counterparts == ()
    assert found.bar is not None
    assert "职称" in sentence(found.bar, "zh")
    assert said_of(store, firm("F1"), round_.id, "firm", "F1", other_ids=["E2", "nobody"]) == {}


def test_who_was_stated_and_may_not_be_any_more_is_named(store: Store) -> None:
    round_ = bureau.choosing(store)
    preferences.state_preferences(
        *(store, expert("E1"), round_.id, "expert", "E1"), tiers=(("F1", "F3"), ("F2",)), vetoes=[]
    )
    assert choice(store, expert("E1"), round_.id, "expert", "E1").gone == ()
    with store.reading() as view:
        form = view.get(NeedForm, round_id=round_.id, need_id="F3")
    forms.return_form(store, WHO, form, "请写明指标")
    assert choice(store, expert("E1"), round_.id, "expert", "E1").gone == ("F3",)


def test_with_whom_a_pair_failed_nobody_is_led_to_try_again_in_the_next_round(store: Store) -> None:
    confirming = bureau.proposed(store)
    for placed in publishing.placements(store, WHO, confirming.id):
        for side in ("firm", "expert"):
            accepts = (placed.firm_id, side) != ("F1", "firm")
            if placed.firm_id != "F1" or side == "firm":
                who = bureau.party(placed, side)
                proposing.answer(store, who, placed.id, side, accepts=accepts, why="" if accepts else "已有合作")
    publishing.publish(store, WHO, confirming.id, **bureau.NOTICE)
    publishing.activate(bureau.later(store, 10), WHO, confirming.id)
    opened = rounds.advance(store, WHO, rounds.open_next_round(store, WHO, confirming.id, "supplementary").id)
    for who, side, other in ((firm("F1"), "firm", "E1"), (expert("E1"), "expert", "F1")):
        whose = (store, who, opened.id, side, str(who.party))
        assert other not in ids(choice(*whose))
        assert len(ids(choice(*whose))) == 3
        with pytest.raises(InputError, match=f"与 {other} 的配对在本批次已谢绝或终止"):
            preferences.state_preferences(*whose, tiers=((other,),))


def test_nobody_asks_for_the_need_of_another_firm_or_for_one_that_is_not_accepted(store: Store) -> None:
    round_ = bureau.choosing(store)
    for call in (choice, lambda *given: said_of(*given, other_ids=["E1"])):
        with pytest.raises(NotAllowed):
            call(store, firm("F3"), round_.id, "firm", "F1")
        with pytest.raises(NotAllowed):
            call(store, expert("E2"), round_.id, "expert", "E1")
    with store.reading() as view:
        form = view.get(NeedForm, round_id=round_.id, need_id="F3")
    forms.return_form(store, WHO, form, "请写明指标")
    with pytest.raises(InputError, match="F3"):
        choice(store, firm("F3"), round_.id, "firm", "F3")


def test_a_round_in_which_the_other_side_is_empty_has_nobody_to_choose(store: Store) -> None:
    round_ = rounds.open_batch(store, WHO, "2026", 2026)
    form = forms.write_form(store, WHO, round_.id, NEEDS[0])
    forms.accept_form(store, WHO, forms.submit_form(store, WHO, form))
    found = choice(store, firm("F1"), round_.id, "firm", "F1")
    assert (found.counterparts, found.gone) == ((), ())


def test_to_save_a_wish_ranks_nothing_anew_and_to_change_a_form_does(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    ranked = []
    monkeypatch.setattr(finding, "rank", lambda *given: (ranked.append(1), _rank(*given))[1])
    finding._seen.cache_clear()
    round_ = bureau.choosing(store)
    for tiers in ((("E1",),), (("E2",), ("E1",))):
        found = choice(store, firm("F1"), round_.id, "firm", "F1")
        version = found.stated.version if found.stated else None
        preferences.state_preferences(store, firm("F1"), round_.id, "firm", "F1", tiers=tiers, version=version)
    choice(store, firm("F2"), round_.id, "firm", "N21")
    assert len(ranked) == 1
    rewritten(store, round_, "F3", need_title="风机噪声")
    choice(store, firm("F1"), round_.id, "firm", "F1")
    assert len(ranked) == 2


_rank = finding.rank


def test_what_the_other_side_keeps_is_in_no_record(store: Store) -> None:
    round_ = bureau.choosing(store)
    for who, side, own_id in ASKERS:
        for one in choice(store, who, round_.id, side, own_id).counterparts:
            record: Any = one.record
            assert record.contact == ""
            if isinstance(record, Expert):
                assert (record.birth_year, record.consent, record.preferred_firms) == (None, None, ())
            else:
                assert (record.credit_code, record.related_institutions, record.preferred_experts) == ("", (), ())
