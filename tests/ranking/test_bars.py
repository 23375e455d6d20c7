"""What bars a pair: each reason shown by a pair, their precedence, and what naming the other overrides."""

from itertools import combinations
from typing import Any

import pytest

from matcher.domain.records import Expert, Need
from matcher.domain.settings import EligibilitySettings, RankingSettings, TextSettings, Weights
from matcher.ranking import Bar, explain, rank
from matcher.ranking.bars import INELIGIBLE, OVERRULED, eligibility, institution_key, near_misses
from matcher.text import profile
from tests.strategies import Sample, expert, need

HALF_TITLE = Weights(text=0.5, title=0.5)

# What each bar takes: columns of the expert, columns of the need, settings of the ranking, rules of eligibility.
CASES: dict[Bar, tuple[dict[str, Any], dict[str, Any], dict[str, Any], dict[str, Any]]] = {
    Bar.NONE: ({}, {}, {}, {}),
    Bar.OUT_OF_POST: ({"in_post": False}, {}, {}, {}),
    Bar.ON_OTHER_LIST: ({"other_list": True}, {}, {}, {}),
    Bar.CONSENT_REFUSED: ({"consent": False}, {}, {}, {}),
    Bar.CONSENT_MISSING: ({}, {}, {}, {"consent": "given"}),
    Bar.TITLE_TOO_LOW: ({"title": "讲师"}, {}, {}, {"minimum_title": "associate"}),
    Bar.TOO_OLD: ({"birth_year": 1965}, {}, {}, {"maximum_age": 60, "year": 2026}),
    Bar.AGE_UNKNOWN: ({}, {}, {}, {"maximum_age": 60, "year": 2026}),
    Bar.CONFLICT: ({}, {"related_institutions": ("某大学",)}, {}, {}),
    Bar.EXPERT_VETO: ({"vetoed_firms": ("n",)}, {}, {}, {}),
    Bar.FIRM_VETO: ({}, {"vetoed_experts": ("e",)}, {}, {}),
    Bar.MODE: ({"mode": "onsite"}, {"mode": "online"}, {}, {}),
    Bar.EXPERT_TAKES_ONLY_NAMED: ({"accepts_others": False}, {}, {}, {}),
    Bar.FIRM_TAKES_ONLY_NAMED: ({}, {"accepts_others": False}, {}, {}),
    Bar.NO_COMMON_TERM: ({"research_fields": "茶叶"}, {}, {}, {}),
    Bar.EXPERT_BELOW_MIN_FIT: ({}, {}, {"expert": HALF_TITLE, "min_fit": 0.6}, {}),
    Bar.FIRM_BELOW_MIN_FIT: ({}, {}, {"firm": HALF_TITLE, "min_fit": 0.6}, {}),
}


def bar_of(
    e: Expert,
    *needs: Need,
    ranking: dict[str, Any] | None = None,
    rules: dict[str, Any] | None = None,
    locks: tuple[tuple[str, str], ...] = (),
) -> Bar:
    """Bar of an expert with the first of the needs."""
    chosen: dict[str, Any] = {"firm": Weights(), "expert": Weights(), **(ranking or {})}
    profiles = profile([e], needs, TextSettings(words=0, characters=1))
    eligible = EligibilitySettings(**(rules or {}))
    found = rank([e], list(needs), profiles, RankingSettings(**chosen), eligible, locks=locks)
    return explain(found.ranker, 0, 0).bar


def case(*bars: Bar, locked: bool = False, **more: dict[str, Any]) -> Bar:
    """Bar of a pair for which all these bars hold."""
    e, n, ranking, rules = ({k: v for bar in bars for k, v in CASES[bar][part].items()} for part in range(4))
    both = expert("e", **{**e, **more.get("e", {})}), need("n", **{**n, **more.get("n", {})})
    return bar_of(*both, ranking=ranking, rules=rules, locks=(("n", "e"),) if locked else ())


def test_every_bar_has_a_case() -> None:
    assert set(CASES) == set(Bar)


@pytest.mark.parametrize("bar", list(Bar), ids=lambda bar: bar.name.lower())
def test_a_pair_shows_its_bar(bar: Bar) -> None:
    assert case(bar) == bar


def test_of_several_bars_the_first_in_order_is_given() -> None:
    wrong = {(one, two): case(one, two) for one, two in combinations(list(Bar)[1:], 2) if case(one, two) != one}
    # An age is known or not, a consent refused or missing: of these two pairs only the first can hold.

    assert wrong == {}


def test_bars_of_eligibility_are_those_of_the_expert_alone() -> None:
    for bar in Bar:
        e, _, _, rules = CASES[bar]
        found = eligibility(expert("e", **e), EligibilitySettings(**rules))
        assert found == (bar if bar in INELIGIBLE else Bar.NONE)


NAMES_FIRM: dict[str, Any] = {"preferred_firms": (("n",),)}
NAMES_EXPERT: dict[str, Any] = {"preferred_experts": (("e",),)}


@pytest.mark.parametrize(
    ("bar", "side"),
    [
        (Bar.EXPERT_TAKES_ONLY_NAMED, "expert"),
        (Bar.EXPERT_BELOW_MIN_FIT, "expert"),
        (Bar.FIRM_TAKES_ONLY_NAMED, "firm"),
        (Bar.FIRM_BELOW_MIN_FIT, "firm"),
    ],
)
def test_naming_the_other_lifts_the_bar_of_the_side_that_named_and_of_no_other(bar: Bar, side: str) -> None:
    by_expert, by_firm = case(bar, e=NAMES_FIRM), case(bar, n=NAMES_EXPERT)

    assert (by_expert, by_firm) == ((Bar.NONE, bar) if side == "expert" else (bar, Bar.NONE))
    assert case(bar, e=NAMES_FIRM, n=NAMES_EXPERT) == Bar.NONE


def test_texts_without_a_common_term_need_the_wish_of_both() -> None:
    bar = Bar.NO_COMMON_TERM

    assert case(bar, e=NAMES_FIRM) == bar
    assert case(bar, n=NAMES_EXPERT) == bar
    assert case(bar, e=NAMES_FIRM, n=NAMES_EXPERT) == Bar.NONE


@pytest.mark.parametrize("bar", [bar for bar in Bar if Bar.NONE < bar <= Bar.MODE], ids=lambda bar: bar.name.lower())
def test_no_wish_lifts_a_bar_of_eligibility_conflict_veto_or_mode(bar: Bar) -> None:
    assert case(bar, e=NAMES_FIRM, n=NAMES_EXPERT) == bar


@pytest.mark.parametrize("bar", list(Bar), ids=lambda bar: bar.name.lower())
def test_a_lock_lifts_a_small_fit_and_a_want_of_common_terms_and_nothing_else(bar: Bar) -> None:
    assert case(bar, locked=True) == (Bar.NONE if bar in OVERRULED else bar)


def test_a_lock_lifts_both_sides_small_fit_at_once() -> None:
    assert case(Bar.EXPERT_BELOW_MIN_FIT, Bar.FIRM_BELOW_MIN_FIT, locked=True) == Bar.NONE


def test_an_expert_who_names_a_firm_names_all_its_needs_and_who_names_a_need_that_need_alone() -> None:
    two = [need("f-1", firm_id="f"), need("f-2", firm_id="f")]
    picky: dict[str, Any] = {"accepts_others": False}

    for needs in (two, two[::-1]):
        assert bar_of(expert("e", preferred_firms=(("f",),), **picky), *needs) == Bar.NONE
    assert bar_of(expert("e", preferred_firms=(("f-1",),), **picky), *two) == Bar.NONE
    assert bar_of(expert("e", preferred_firms=(("f-1",),), **picky), *two[::-1]) == Bar.EXPERT_TAKES_ONLY_NAMED


def test_an_experts_veto_of_a_firm_holds_for_all_its_needs_and_of_a_need_for_that_alone() -> None:
    two = [need("f-1", firm_id="f"), need("f-2", firm_id="f")]

    for needs in (two, two[::-1]):
        assert bar_of(expert("e", vetoed_firms=("f",)), *needs) == Bar.EXPERT_VETO
    assert bar_of(expert("e", vetoed_firms=("f-1",)), *two) == Bar.EXPERT_VETO
    assert bar_of(expert("e", vetoed_firms=("f-1",)), *two[::-1]) == Bar.NONE


def test_a_needs_veto_holds_for_the_row_that_states_it() -> None:
    vetoing, silent = need("f-1", firm_id="f", vetoed_experts=("e",)), need("f-2", firm_id="f")

    assert bar_of(expert("e"), vetoing, silent) == Bar.FIRM_VETO
    assert bar_of(expert("e"), silent, vetoing) == Bar.NONE


def test_modes_work_together_unless_one_is_onsite_alone_and_the_other_online_alone() -> None:
    modes = ("onsite", "online", "either")
    barred = {
        (one, other)
        for one in modes
        for other in modes
        if bar_of(expert("e", mode=one), need("n", mode=other)) == Bar.MODE
    }

    assert barred == {("onsite", "online"), ("online", "onsite")}


@pytest.mark.parametrize(
    "written", ["西泠工业大学", " 西泠 工业大学", "西泠工业大学（）", "西泠·工业大学", "西泠工业大學"]
)
def test_a_related_institution_is_recognised_however_its_name_is_spaced(written: str) -> None:
    found = bar_of(expert("e", institution="西泠工业大学"), need("n", related_institutions=("别处", written)))

    assert found == (Bar.NONE if written.endswith("學") else Bar.CONFLICT)


def test_names_fold_width_and_case_and_drop_punctuation() -> None:
    assert institution_key("ＡＢＣ 研究院(杭州)") == institution_key("abc研究院（杭州）") == "abc研究院杭州"


def test_an_expert_of_the_firm_itself_is_in_conflict() -> None:
    assert bar_of(expert("e", institution="某 厂"), need("n", name="某厂")) == Bar.CONFLICT


def test_a_relation_stated_in_one_row_of_a_firm_holds_for_all_its_rows_and_for_no_other_firm() -> None:
    silent = need("f-1", firm_id="f")
    stating = need("f-2", firm_id="f", related_institutions=("某大学",))
    other = need("g", name="另厂")

    assert bar_of(expert("e"), silent, stating, other) == Bar.CONFLICT
    assert bar_of(expert("e"), other, silent, stating) == Bar.NONE


def test_a_name_without_letters_relates_to_nobody() -> None:
    assert bar_of(expert("e", institution="—"), need("n", related_institutions=("…",))) == Bar.NONE


def test_near_misses_of_the_sample_are_its_two_short_names(sample: Sample) -> None:
    found = {(name, nearest) for _, name, nearest in near_misses(sample.experts, sample.needs)}

    assert found == {("姑苏丝绸研究", "姑苏丝绸研究院"), ("西泠工大", "西泠工业大学")}


@pytest.mark.parametrize(
    ("written", "nearest"),
    [
        ("西泠工业大学", None),
        ("西泠 工业大学", None),
        ("西泠工大", "西泠工业大学"),
        ("西泠工业大学机电学院", "西泠工业大学"),
        ("会稽理工大", "会稽理工大学"),
        ("茶叶研究所", None),
        ("工大", None),
        ("，", None),
    ],
)
def test_a_near_miss_is_neither_an_exact_name_nor_a_stranger(written: str, nearest: str | None) -> None:
    experts = [expert("a", institution="西泠工业大学"), expert("b", institution="会稽理工大学")]
    found = near_misses(experts, [need("n", related_institutions=(written,))])

    assert [(name, institution) for _, name, institution in found] == ([(written, nearest)] if nearest else [])


def allowed(rules: dict[str, Any], **columns: Any) -> bool:
    return eligibility(expert("e", **columns), EligibilitySettings(**rules)) == Bar.NONE


def test_what_a_form_leaves_open_bars_nobody() -> None:
    assert allowed({})
    assert allowed({}, in_post=None, other_list=None, consent=None, birth_year=None, title="", degree="")


@pytest.mark.parametrize(
    ("rules", "columns"),
    [
        ({"in_post": False}, {"in_post": False}),
        ({"exclusive": False}, {"other_list": True}),
        ({"consent": "ignored"}, {"consent": False}),
        ({"consent": "given"}, {"consent": True}),
    ],
)
def test_a_rule_that_is_switched_off_or_kept_bars_nobody(rules: dict[str, Any], columns: dict[str, Any]) -> None:
    assert allowed(rules, **columns)


@pytest.mark.parametrize(
    ("minimum", "titles"),
    [
        ("assistant", {"助教", "讲师", "副教授", "教授"}),
        ("lecturer", {"讲师", "副教授", "教授"}),
        ("associate", {"副教授", "教授"}),
        ("professor", {"教授"}),
    ],
)
def test_the_lowest_title_and_those_above_it_suffice(minimum: str, titles: set[str]) -> None:
    everybody = ("", "神仙", "助教", "讲师", "副教授", "教授")

    assert {title for title in everybody if allowed({"minimum_title": minimum}, title=title)} == titles


def test_a_doctorate_stands_in_for_the_title_where_the_rules_say_so() -> None:
    rules = {"minimum_title": "professor"}

    assert allowed(rules, title="讲师", degree="博士")
    assert not allowed(rules, title="讲师", degree="硕士")
    assert not allowed({**rules, "doctorate_suffices": False}, title="讲师", degree="博士")
    assert allowed({**rules, "doctorate_suffices": False}, title="教授", degree="硕士")


def test_the_highest_age_may_be_reached_but_not_passed() -> None:
    rules = {"maximum_age": 60, "year": 2026}

    assert allowed(rules, birth_year=1966)
    assert not allowed(rules, birth_year=1965)


def test_an_age_without_the_year_of_the_batch_is_refused_in_the_settings() -> None:
    with pytest.raises(ValueError, match="maximum_age needs year"):
        EligibilitySettings(maximum_age=60)
