"""What two texts share is said to people only where it names something."""

import pytest

from matcher.domain.settings import EligibilitySettings, RankingSettings, TextSettings
from matcher.pipeline import MatchResult
from matcher.placement import pair_reasons, shared_words
from matcher.ranking import Ranker, explain, rank
from matcher.ranking.matter import is_filler
from matcher.text import package_lexicon, profile
from matcher.text.speech import words_of_speech
from tests.strategies import expert, need


def ranker_of(title: str, detail: str, research_fields: str, expertise: str) -> Ranker:
    """One need and one expert."""
    experts, needs = [expert("e", research_fields, expertise=expertise)], [need("n", title, need_detail=detail)]
    profiles = profile(experts, needs, TextSettings())
    return rank(experts, needs, profiles, RankingSettings(), EligibilitySettings()).ranker


def said(detail: str, expertise: str) -> tuple[str, ...]:
    return shared_words(ranker_of("链轮淬火", detail, "茶叶", expertise), 0, 0)


@pytest.mark.parametrize(
    "filler",
    # One of each list; then words of speech, counts and times, which no list holds; then single characters.
    ["客户", "前提", "要求", "一套", "说不清", "控制", "原因", "做到", "琢磨", "已经", "两家", "十几", "半年", "差"],
)
def test_what_says_nothing_is_no_reason_though_both_texts_have_it(filler: str) -> None:
    ranker = ranker_of("链轮淬火", f"甲，{filler}，乙", "茶叶", f"丙，{filler}，丁")

    assert shared_words(ranker, 0, 0) == ()
    assert "reason.shared_words" not in [message.code for message in pair_reasons(ranker, 0, 0)]


@pytest.mark.parametrize(
    ("detail", "expertise", "expected"),
    [
        ("20CrMnTi 的轮子", "熟悉20crmnti", ("20crmnti",)),
        ("PP 件", "PP", ("pp",)),
        ("GaN 管", "GaN", ("gan",)),  # not g, a and n
        ("日晒只有三级", "日晒只有二级", ("日晒",)),
        ("膜厚 不均", "膜厚 均匀", ("膜厚",)),
        ("薄膜厚薄不均", "膜厚均匀", ()),
        ("油烟机", "油烟机，控制", ("油烟机",)),
    ],
)
def test_what_names_something_stays_and_is_rid_of_the_rest(
    detail: str, expertise: str, expected: tuple[str, ...]
) -> None:
    assert said(detail, expertise) == expected


def test_a_word_of_speech_is_a_word_of_matter_where_titles_have_it() -> None:
    assert said("粉碎", "粉碎") == ()
    assert shared_words(ranker_of("粉碎", "", "茶叶", "粉碎"), 0, 0) == ("粉碎",)


def test_on_the_sample_nothing_said_is_a_filler_a_count_or_a_single_character(sample_result: MatchResult) -> None:
    ranker, market = sample_result.ranking.ranker, sample_result.market
    silent = 0
    for position in sample_result.assignment.positions:
        pair = int(market.need[position]), int(market.expert[position])
        found = shared_words(ranker, *pair)
        silent += not found
        for word in found:
            assert len(word) > 1
            assert not word.isdecimal()
            assert not is_filler(word.partition("（")[0])
        if not found:
            # The sum is still told: whatever the texts share is in the score's table.
            assert explain(ranker, *pair).spans or not explain(ranker, *pair).text
    assert 0 < silent < 0.2 * len(sample_result.lines)


def test_the_dictionary_s_words_of_speech_are_verbs_counts_and_the_like_and_no_names() -> None:
    found = words_of_speech()

    assert {"做到", "十几", "半年", "自己", "到底"} <= found
    assert found.isdisjoint({"电机", "涂层", "硅藻土", "客户"})
    assert min(map(len, found)) == 2
    assert len(found & {*package_lexicon().dictionary}) < 0.05 * len(package_lexicon().dictionary)
