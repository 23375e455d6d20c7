"""Somebody new, weighed again: what two lists of the pipeline differ by, one with their place and one without."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from matcher.assignment import assign_under, form_market, newcomer_gains, rules_of
from matcher.domain.errors import InputError, SettingsError
from matcher.domain.records import Expert, Need, Rating
from matcher.domain.settings import Settings
from matcher.newcomers import weighed_newcomer_gains
from matcher.pipeline import open_market
from matcher.ranking import rank_newcomers
from matcher.text import StoredVectors, package_lexicon
from tests.strategies import Sample, expert, need

# All write the same, so that one profile more changes no word's weight, and nobody's score.
ALIKE = [
    expert("a", institution="甲大学", title="教授", preferred_firms=(("f",),), days_per_year=30),
    expert("b", institution="甲大学", discipline="电气工程"),
    expert("c", institution="乙大学", title="副教授", discipline="电气工程"),
    expert("d", institution="乙大学", title="教授", discipline="电气工程", days_per_year=20),
]
FIRMS = [
    need("f", township="东镇", preferred_experts=(("a",),)),
    need("g", township="东镇", preferred_experts=(("b",),)),
    need("h", township="西镇"),
    need("k", township="西镇", industry="茶叶"),
]


def settings(**assignment: Any) -> Settings:
    """Settings of the objective that gains are of, without vectors, which a text more would change."""
    return Settings(text={"semantic": 0}, assignment={"objective": "total", "days_per_placement": 30, **assignment})


NO_DAYS: dict[str, Any] = {"days_per_year": 0}
"""Of somebody whose text is among the others, and who can be sent nowhere."""


def like(one: Expert, **columns: Any) -> Expert:
    """Somebody of the same form whom nobody knows yet, and who wishes nothing."""
    columns = {"preferred_firms": (), "vetoed_firms": (), "accepts_others": True, **columns}
    return replace(one, expert_id="x", capacity=1, **columns)


def solved(experts: Sequence[Expert], firms: Sequence[Need], chosen: Settings, **given: Any) -> float:
    """The greatest sum of values that a list reaches."""
    rules = rules_of(chosen.assignment, experts, firms)
    _, market = open_market(experts, firms, chosen, rules=rules, **given)
    return assign_under(market, chosen.assignment.objective, rules).certificate.value


NO_RULE = settings()
CASES = {
    "a township that is full": (settings(quotas=[{"column": "township", "value": "西镇", "maximum": 1}]), ""),
    "an institution that is full": (settings(quotas=[{"column": "institution", "value": "甲大学", "maximum": 2}]), "c"),
    "a lock": (settings(locks=[("k", "a")]), "abc"),
    "a ban": (settings(bans=[("h", "c")]), "abc"),
}


@pytest.mark.parametrize(("chosen", "wanted"), [(NO_RULE, "abc"), *CASES.values()], ids=["no rule", *CASES])
def test_a_gain_is_what_the_list_with_somebody_more_reaches_above_the_list_without(
    chosen: Settings, wanted: str
) -> None:
    before = solved(ALIKE, FIRMS, chosen)
    after = [solved([*ALIKE, like(one)], FIRMS, chosen) for one in ALIKE]
    gains = weighed_newcomer_gains(ALIKE, FIRMS, chosen, list("abcd"))
    assert gains == pytest.approx(np.array(after) - before, abs=1e-9)
    assert [name for name, gain in zip("abcd", gains, strict=True) if gain > 0.1] == list(wanted)


@pytest.mark.parametrize("chosen", [case for case, _ in CASES.values()], ids=CASES)
def test_each_of_these_rules_changes_a_gain(chosen: Settings) -> None:
    without = weighed_newcomer_gains(ALIKE, FIRMS, NO_RULE, list("abcd"))
    assert np.abs(weighed_newcomer_gains(ALIKE, FIRMS, chosen, list("abcd")) - without).max() > 0.01


def test_whoever_has_no_days_brings_nothing() -> None:
    firms = [*FIRMS, need("l"), need("m")]
    assert weighed_newcomer_gains(ALIKE, firms, NO_RULE, ["d"]).tolist() == [0]
    assert weighed_newcomer_gains(ALIKE, firms, settings(days_per_placement=20), ["d"])[0] > 0.1


WORDED = [expert("a", "电机降噪，齿轮热处理"), expert("b", "茶叶烘干，电机温升"), expert("c", "漆包铝线，真丝印染")]
ASKING = [
    need("f", "齿轮热处理变形"),
    need("g", "电机降噪"),
    need("h", "茶叶烘干"),
    need("k", "铝漆包线"),
    need("l", "铝漆包线断线"),
]


def test_where_texts_differ_both_lists_weigh_the_words_with_them() -> None:
    gains = weighed_newcomer_gains(WORDED, ASKING, NO_RULE, list("abc"))
    lists = [[solved([*WORDED, like(one, **days)], ASKING, NO_RULE) for one in WORDED] for days in ({}, NO_DAYS)]
    assert gains == pytest.approx(np.array(lists[0]) - lists[1], abs=1e-9)
    assert (gains > 0.01).any()
    assert lists[1] != pytest.approx([solved(WORDED, ASKING, NO_RULE)] * 3, abs=1e-4)


def test_the_lists_of_words_that_are_given_count() -> None:
    lexicon = replace(package_lexicon(), synonyms=(("铝漆包线", "漆包铝线"),))
    lists = [solved([*WORDED, like(WORDED[2], **days)], ASKING, NO_RULE, lexicon=lexicon) for days in ({}, NO_DAYS)]
    gains = [weighed_newcomer_gains(WORDED, ASKING, NO_RULE, ["c"], lexicon=given)[0] for given in (None, lexicon)]
    assert gains[1] == pytest.approx(lists[0] - lists[1], abs=1e-9)
    assert abs(gains[1] - gains[0]) > 0.01


def test_vectors_are_learned_without_the_newcomer_unless_asked_or_given(sample: Sample) -> None:
    chosen = Settings(assignment={"objective": "total", "days_per_placement": 1})
    profiles, asked_for = [one.profile for one in sample.experts], [one.text for one in sample.needs]
    ours, others = (StoredVectors.learn("ours", profiles), StoredVectors.learn("others", [*profiles, *asked_for]))
    (one,) = (each for each in sample.experts if each.expert_id == "E001")
    found = []
    ways: list[tuple[StoredVectors | None, dict[str, Any]]] = [
        (ours, {}),
        (None, {"relearned": True}),
        (others, {"vectors": others}),
    ]
    for given, asked in ways:
        of = {"ratings": sample.ratings, "vectors": given}
        lists = [solved([*sample.experts, like(one, **days)], sample.needs, chosen, **of) for days in ({}, NO_DAYS)]
        gains = weighed_newcomer_gains(
            *(sample.experts, sample.needs, chosen, ["E001"]), ratings=sample.ratings, **asked
        )
        assert gains[0] == pytest.approx(lists[0] - lists[1], abs=1e-9)
        found.append(gains[0])
    assert found[1] == 0
    assert 0.05 < found[2] < found[0] - 0.005


def test_words_that_are_less_rare_change_little(sample: Sample) -> None:
    names = ["E001", "E002", "E005"]
    ranking, market = open_market(sample.experts, sample.needs, Settings(), ratings=sample.ratings)
    newcomers = form_market(rank_newcomers(ranking, Settings().eligibility), Settings().assignment)
    as_weighed = newcomer_gains(market, newcomers)[[market.expert_ids.index(name) for name in names]]
    weighed = weighed_newcomer_gains(sample.experts, sample.needs, Settings(), names, ratings=sample.ratings)
    assert 0 < np.abs(weighed - as_weighed).max() < 0.005


def test_nobody_s_name_is_taken_for_the_newcomer_s() -> None:
    """Neither that of an expert, nor that of one who was rated and is gone, nor one that stands for nobody."""
    past = [Rating(expert_id="newcomer-1", firm_id="h", year=2025, firm_rating=1, expert_rating=1)]
    named = [replace(one, expert_id={"b": "newcomer-0"}.get(one.expert_id, one.expert_id)) for one in ALIKE]
    firms = [replace(one, preferred_experts=()) for one in FIRMS]
    gains = weighed_newcomer_gains(ALIKE, firms, NO_RULE, ["b", "c"])
    assert weighed_newcomer_gains(named, firms, NO_RULE, ["newcomer-0", "c"], ratings=past) == pytest.approx(gains)
    with pytest.raises(InputError, match="newcomer-0"):
        weighed_newcomer_gains(ALIKE, [*firms, need("m", preferred_experts=(("newcomer-0",),))], NO_RULE, ["a"])
    with pytest.raises(SettingsError, match="newcomer-0"):
        weighed_newcomer_gains(ALIKE, firms, settings(bans=[("h", "newcomer-0")]), ["a"])


def test_whom_nobody_is_like_is_named() -> None:
    with pytest.raises(ValueError, match="no expert has the id 'E999'"):
        weighed_newcomer_gains(ALIKE, FIRMS, NO_RULE, ["a", "E999"])


@pytest.mark.parametrize(
    ("chosen", "error", "said"),
    [
        (Settings(text={"semantic": 0, "lexicon": "words"}), SettingsError, "read_lexicon"),
        (Settings(text={"vectors": "city.npz"}), SettingsError, "read_vectors"),
        (settings(minimum_people=1), ValueError, "people"),
        (Settings(), ValueError, "no term stands in enough texts"),
    ],
    ids=["lists that are not given", "vectors that are not given", "people that count", "too few texts for vectors"],
)
def test_settings_without_an_answer_are_refused(chosen: Settings, error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=said):
        weighed_newcomer_gains(ALIKE[2:], FIRMS[2:], chosen, ["c"])


def test_vectors_that_are_given_are_not_to_be_learned() -> None:
    vectors = StoredVectors.learn("ours", [one.profile for one in ALIKE])
    with pytest.raises(ValueError, match="vectors and relearned"):
        weighed_newcomer_gains(ALIKE, FIRMS, NO_RULE, ["a"], vectors=vectors, relearned=True)
