"""What a profile lacks is said in the need's own words, and only where it is so."""

from dataclasses import replace

import pytest

from matcher.domain.settings import EligibilitySettings, RankingSettings, TextSettings
from matcher.pipeline import MatchResult
from matcher.ranking import Missing, Ranker, missing, rank
from matcher.text import profile
from matcher.text.folding import folded
from tests.strategies import expert, need

OTHERS = ("无位置传感器控制，电机温升，机器视觉", "茶叶烘干，香榧保鲜", "真丝印染，齿轮热处理")


def ranker_of(title: str, detail: str, profile_text: str, **columns: str) -> Ranker:
    """One need and one expert, beside others who know other trades."""
    experts = [expert("e", profile_text, **columns), *(expert(f"o{k}", text) for k, text in enumerate(OTHERS))]
    needs = [need("n", title, need_detail=detail)]
    return rank(
        experts, needs, profile(experts, needs, TextSettings()), RankingSettings(), EligibilitySettings()
    ).ranker


def words(title: str, detail: str, profile_text: str, **columns: str) -> list[str]:
    return [found.words for found in missing(ranker_of(title, detail, profile_text, **columns), 0, 0)]


def test_a_need_that_names_sensorless_control_misses_it_where_the_profile_does_not() -> None:
    found = missing(ranker_of("压缩机变频与无位置传感器控制", "", "压缩机变频，电机降噪"), 0, 0)

    assert [(one.words, one.in_title, one.elsewhere) for one in found] == [("无位置传感器控制", True, True)]


@pytest.mark.parametrize("field", ["expertise", "achievements"])
def test_any_field_of_the_profile_may_name_it(field: str) -> None:
    assert words("压缩机无位置传感器控制", "", "压缩机", **{field: "做过无位置传感器控制"}) == []


def test_another_name_of_the_same_thing_is_named() -> None:
    assert words("微电机", "", "微特电机") == []


def test_a_word_that_the_profile_writes_short_is_named() -> None:
    assert words("提花机", "", "提花，织机") == words("提花机", "", "提花机") == []


@pytest.mark.parametrize(
    "title", ["希望提高质量", "目前的问题", "降低成本 20%", "1200 件", "3 mm", "如何改善"], ids=lambda title: title
)
def test_words_without_matter_figures_and_units_are_not_missed(title: str) -> None:
    assert words(title, "目前希望尽快解决，温度 65 ℃，每天 300 件。", "纺织") == []


def test_neighbours_that_are_missing_make_one_phrase_as_the_need_writes_it() -> None:
    assert words("茶叶机器视觉", "", "茶叶") == ["机器视觉"]
    assert words("塑封PLC柜", "", "茶叶") == ["塑封PLC"]


@pytest.mark.parametrize(
    ("title", "missed"),
    [
        ("凉感面料Q-max衰减", ["Q-max衰减"]),
        ("面料UVC-LED，面料", ["UVC-LED"]),
        ("Ｑ－ｍａｘ面料", ["Ｑ－ｍａｘ"]),
        ("面料，β-葡聚糖", ["β-葡聚糖"]),
        ("面料-多糖-PLC", ["多糖", "PLC"]),
        ("面料-多糖-10℃", ["多糖"]),  # a minus
        ("面料- 多糖 -", ["多糖"]),
    ],
)
def test_what_a_hyphen_joins_is_told_whole_and_once(title: str, missed: list[str]) -> None:
    assert words(title, "", "凉感面料") == missed


def test_what_a_hyphen_joins_is_named_by_whoever_names_its_parts() -> None:
    assert words("面料UVC-LED", "", "面料，UVC-LED") == words("面料UVC-LED", "", "面料，LED，UVC") == []


def test_a_detail_tells_a_story_of_which_only_the_matter_is_missed() -> None:
    detail = "老师傅退休了，妇女们一天干到晚，齿轮热处理也没人会，墙外下着雨。"

    assert words("链轮变形", detail, "链轮变形控制") == ["齿轮热处理"]


def test_the_title_comes_first_and_what_nobody_offers_is_marked() -> None:
    found = missing(ranker_of("蒸汽熨烫", "齿轮热处理", "电机"), 0, 0)

    assert [(one.words, one.in_title, one.elsewhere) for one in found] == [
        ("蒸汽熨烫", True, False),
        ("齿轮热处理", False, True),
    ]


def test_what_is_missing_goes_by_the_lists_of_the_profiles() -> None:
    ranker = ranker_of("漆包铝线", "", "铝漆包线")
    lexicon = replace(ranker.profiles.lexicon, synonyms=(("铝漆包线", "漆包铝线"),))
    profiles = profile(ranker.experts, ranker.needs, TextSettings(), lexicon=lexicon)
    other = rank(ranker.experts, ranker.needs, profiles, RankingSettings(), EligibilitySettings()).ranker

    assert [one.words for one in missing(ranker, 0, 0)] == ["铝线"]
    assert missing(other, 0, 0) == ()


def test_on_the_sample_every_phrase_stands_in_the_need_and_never_in_the_profile(sample_result: MatchResult) -> None:
    ranker, market = sample_result.ranking.ranker, sample_result.market
    found: dict[tuple[int, int], tuple[Missing, ...]] = {}
    for position in sample_result.assignment.positions:
        pair = int(market.need[position]), int(market.expert[position])
        found[pair] = missing(ranker, *pair)
    for (i, j), phrases in found.items():
        asked, profile_text = ranker.needs[i], folded(ranker.experts[j].profile)
        assert len(phrases) <= 3
        for one in phrases:
            assert one.words in (asked.need_title if one.in_title else asked.need_detail)
            assert folded(one.words) not in profile_text
            assert not any(character.isdigit() for character in one.words)
        assert [not one.in_title for one in phrases] == sorted(not one.in_title for one in phrases)


def test_whoever_has_the_need_s_own_text_for_a_profile_misses_nothing(sample_result: MatchResult) -> None:
    needs = [replace(asked, preferred_experts=(), vetoed_experts=()) for asked in sample_result.ranking.ranker.needs]
    experts = [expert(f"e{k}", asked.need_title, expertise=asked.need_detail) for k, asked in enumerate(needs)]
    profiles = profile(experts, needs, TextSettings())
    ranker = rank(experts, needs, profiles, RankingSettings(), EligibilitySettings()).ranker

    assert [missing(ranker, k, k) for k in range(len(needs))] == [()] * len(needs)
