"""Copies are found, however they were retouched; what is only on the same subject is not; and no pair is overlooked."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matcher.domain.settings import Settings
from matcher.ranking.duplicates import LEAST_UNITS, duplicate_experts, duplicate_needs, similar_texts
from matcher.text import ProfileVectorizer
from tests.strategies import Sample, expert, need

ABOVE = Settings().check.duplicate_above
FAN = (
    "整机噪声68dB(A)，比同行样机高3dB，主要是叶片通过频率的尖峰。蜗舌间隙从9mm放到14mm，峰下去了，全压也跟着丢25Pa。"
    "请懂气动声学的老师算一算不等距叶片和斜蜗舌。"
)
OTHER_FAN = (
    "换气扇一开二挡就呜呜响，夜里住户投诉噪声大。换过轴承和减震垫，没有效果，怀疑是风轮动平衡不好，或者风机蜗壳的刚性差。"
    "想请老师来听一听，看先改哪里。"
)
TEA = "鲜叶摊青以后直接进杀青机，干茶碎末8%以上，手工只有3%；想用红外测叶温，按温度自动调压力。"


def pairs(*details: str) -> list[tuple[int, int]]:
    """Duplicates among needs of as many firms, beside those of the tea trade that every batch has."""
    needs = [need(f"F{k}", "风机噪声", need_detail=detail) for k, detail in enumerate((*details, TEA))]
    return [(found.first, found.second) for found in duplicate_needs(needs, ABOVE)]


def test_an_exact_copy_is_found() -> None:
    assert pairs(FAN, FAN) == [(0, 1)]


def test_a_copy_with_other_figures_is_found() -> None:
    assert pairs(FAN, FAN.replace("68", "71").replace("3dB", "5dB").replace("25Pa", "40Pa")) == [(0, 1)]


def test_a_copy_under_another_firms_name_is_found() -> None:
    assert pairs("浙江沛衡电机有限公司" + FAN, "嵊州市丰峤风机厂" + FAN) == [(0, 1)]


def test_a_copy_in_another_order_is_found() -> None:
    assert pairs(FAN, "，".join(reversed(re.split("[，。]", FAN)))) == [(0, 1)]


def test_a_need_on_another_subject_is_no_duplicate() -> None:
    assert pairs(FAN, "生丝练染以后缩率忽高忽低，从1.2%到3.5%都有，起绒也不匀，换过两种助剂没有根治。") == []


def test_two_firms_with_noisy_fans_have_copied_nothing() -> None:
    assert pairs(FAN, OTHER_FAN) == []


def test_two_firms_that_name_one_trouble_in_few_words_have_copied_nothing_but_one_firm_has_sent_it_twice() -> None:
    short = [need("F1"), need("F2"), need("F3-1", firm_id="F3"), need("F3-2", firm_id="F3"), need("F4", "茶叶烘干")]
    found = duplicate_needs(short, ABOVE)
    assert [(pair.first, pair.second, pair.has_one_owner) for pair in found] == [(2, 3, True)]


def test_a_pair_says_how_similar_it_is_and_whether_it_is_one_firms() -> None:
    needs = [need(f"F1-{k}", "风机噪声", firm_id="F1", need_detail=FAN) for k in (1, 2)]
    [found] = duplicate_needs([*needs, need("F2", "做茶", need_detail=TEA)], ABOVE)
    assert (found.similarity, found.has_one_owner) == (1.0, True)


def test_a_person_of_one_name_and_institution_is_found_whatever_the_profiles_say() -> None:
    experts = [
        expert("E1", "电机降噪", name="裘仲明", institution="西泠工业大学"),
        expert("E2", "茶叶烘干", name="裘 仲明", institution="西泠工业大学 "),
        expert("E3", "丝绸印染", name="裘仲明", institution="会稽理工大学"),
    ]
    [found] = duplicate_experts(experts, ABOVE)
    assert (found.first, found.second, found.has_one_owner) == (0, 1, True)


def test_a_profile_that_was_copied_from_somebody_else_is_found() -> None:
    experts = [
        expert("E1", name="甲", expertise=FAN),
        expert("E2", name="乙", expertise=FAN.replace("68", "70")),
        expert("E3", "做茶", name="丙", expertise=TEA),
    ]
    [found] = duplicate_experts(experts, ABOVE)
    assert (found.first, found.second, found.has_one_owner) == (0, 1, False)
    assert found.similarity >= ABOVE


def test_the_sample_has_no_duplicates_and_is_far_from_having_any(sample: Sample) -> None:
    assert duplicate_needs(sample.needs, 0.3) == []
    assert duplicate_experts(sample.experts, 0.3) == []


def test_of_the_sample_each_need_is_found_with_a_copy_whose_figures_were_changed(sample: Sample) -> None:
    originals = [found for found in sample.needs if len(found.text) >= 2 * LEAST_UNITS]
    copies = [
        need(f"C{k}", re.sub(r"\d", "7", found.need_title), need_detail=re.sub(r"\d", "7", found.need_detail))
        for k, found in enumerate(originals)
    ]
    found = {(pair.first, pair.second) for pair in duplicate_needs([*originals, *copies], ABOVE)}
    assert found == {(k, len(originals) + k) for k in range(len(originals))}


texts = st.lists(
    st.lists(st.sampled_from(("电机", "噪声", "风轮", "茶", "烘干", "，", "PLA", "20", "的")), max_size=9).map("".join),
    max_size=9,
)


@given(texts, st.sampled_from((0.05, 0.3, 0.6, 0.9, 1.0)))
def test_all_pairs_from_the_similarity_on_are_found_and_no_others(given_texts: list[str], above: float) -> None:
    expected = []
    if given_texts:
        plain = ProfileVectorizer(words=0.0, characters=1.0, length_slope=1.0, commonness=0.0)
        rows = plain.fit_transform(given_texts)
        cosines = np.round((rows @ rows.T).toarray(), 3)
        upper = np.triu(np.ones_like(cosines, dtype=bool), 1)
        expected = [(i, j, cosines[i, j]) for i, j in np.argwhere(upper & (cosines >= above)).tolist()]
    found = similar_texts(given_texts, above)
    assert [(i, j) for i, j, _ in found] == [(i, j) for i, j, _ in expected]
    assert [similarity for _, _, similarity in found] == pytest.approx([similarity for _, _, similarity in expected])


def test_blocks_and_parts_of_any_size_find_the_same(sample: Sample, monkeypatch: pytest.MonkeyPatch) -> None:
    given_texts = [found.text for found in sample.needs]
    whole = similar_texts(given_texts, 0.15)
    monkeypatch.setattr("matcher.ranking.duplicates._CELLS", 7 * len(given_texts))
    monkeypatch.setattr("matcher.ranking.duplicates._PAIRS", 5)
    assert similar_texts(given_texts, 0.15) == whole
    assert len(whole) > 5
