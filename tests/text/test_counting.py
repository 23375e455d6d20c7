"""Many texts counted at once: the terms and counts that scikit-learn finds with the analyzers of one text."""

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.feature_extraction.text import CountVectorizer

from matcher.text import Counts, Lexicon, Tokenizer, count_terms, counting, package_lexicon
from matcher.text.channels import analyzers
from tests.strategies import Sample

OURS = package_lexicon()
ACROSS = replace(OURS, boilerplate=("茶\n叶", "\ue000", "改\ue001性", "我们"))
"""Phrases that hold what might part texts."""

NAMES = [name for group in OURS.synonyms for name in group]
PIECES = (
    *("电机", "噪声", "改性", "茶", "叶", "的", "我们", "印染", "が", "한", "𠀀", "领帶"),
    *("2", "20", "３", "²", "٣", "①", "Ⅷ", "a", "agv", "ＡＧＶ", "PLA", "é", "ß", "ﬁ", "İ", "Å"),
    *("，", "。", " ", "\n", "\0", "_", "^", "$", "\ue000", "\ue001", "\ud800"),
)
texts = st.lists(
    st.lists(st.sampled_from(PIECES) | st.sampled_from(NAMES) | st.sampled_from(OURS.boilerplate), max_size=9).map(
        "".join
    )
    | st.text(max_size=9),
    min_size=1,
    max_size=7,
)


class Pairs:
    """Cuts into twos: a tokenizer that needs no dictionary, and whose words may be digits and stop words."""

    name = "pairs"

    def __call__(self, text: str) -> list[str]:
        return [text[k : k + 2] for k in range(0, len(text), 2)]


def same(one: sp.csr_array, other: sp.csr_array) -> bool:
    return one.shape == other.shape and all(
        (mine := getattr(one, part)).tolist() == (theirs := getattr(other, part)).tolist()
        and (part == "data" or mine.dtype == theirs.dtype)
        for part in ("indptr", "indices", "data")
    )


def counted_by_scikit_learn(analyzer: Callable[[str], list[str]], given_texts: list[str]) -> Counts:
    if not any(map(analyzer, given_texts)):
        return Counts(np.empty(0, object), sp.csr_array((len(given_texts), 0), dtype=np.int32))
    vectorizer = CountVectorizer(analyzer=analyzer)
    matrix = vectorizer.fit_transform(given_texts)
    return Counts(vectorizer.get_feature_names_out(), sp.csr_array(matrix))


def check(given_texts: list[str], lexicon: Lexicon, tokenizer: Tokenizer | None) -> None:
    found = count_terms(given_texts, lexicon, tokenizer)

    assert list(found) == list(analyzers(lexicon, tokenizer))
    for name, analyzer in analyzers(lexicon, tokenizer).items():
        expected = counted_by_scikit_learn(analyzer, given_texts)
        assert found[name].terms.tolist() == expected.terms.tolist()
        assert same(found[name].matrix, expected.matrix)
        assert found[name].matrix.dtype == np.int32


@settings(max_examples=300)
@given(texts, st.sampled_from((OURS, ACROSS, replace(OURS, synonyms=(), boilerplate=()))))
def test_terms_counts_and_their_order_are_those_of_scikit_learn(given_texts: list[str], lexicon: Lexicon) -> None:
    check(given_texts, lexicon, Pairs())


@given(texts)
@settings(max_examples=50)
def test_so_are_the_words_of_jieba(given_texts: list[str]) -> None:
    check(given_texts, OURS, None)


@pytest.mark.parametrize("at_a_time", [1, 7, 300])
def test_however_many_texts_are_read_at_a_time(at_a_time: int, sample: Sample, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counting, "_AT_A_TIME", at_a_time)
    draw, pieces = np.random.default_rng(1), [*PIECES, *NAMES]
    mixed = ["".join(pieces[k] for k in draw.integers(len(pieces), size=draw.integers(9))) for _ in range(300)]

    check([*(expert.profile for expert in sample.experts), "", *mixed, ""], OURS, Pairs())


@given(texts, st.lists(st.integers(0, 7), max_size=3).map(sorted))
def test_counts_of_parts_put_together_are_those_of_the_whole(given_texts: list[str], cuts: list[int]) -> None:
    bounds = [0, *cuts, len(given_texts)]
    parts = [given_texts[begin:end] for begin, end in pairwise(bounds)]
    counted = [count_terms(part, OURS, Pairs()) for part in parts]

    for name, whole in count_terms([text for part in parts for text in part], OURS, Pairs()).items():
        joined = Counts.joined(part[name] for part in counted)
        assert joined.terms.tolist() == whole.terms.tolist()
        assert same(joined.matrix, whole.matrix)


@given(texts, texts)
def test_counts_over_the_terms_of_others_are_those_of_a_fitted_vectorizer(known: list[str], asked: list[str]) -> None:
    found = count_terms(asked, OURS, Pairs())
    for name, analyzer in analyzers(OURS, Pairs()).items():
        terms = count_terms(known, OURS, Pairs())[name].terms
        over = found[name].over(terms)
        if len(terms):
            assert same(over, CountVectorizer(analyzer=analyzer, vocabulary=list(terms)).transform(asked))
        assert over.shape == (len(asked), len(terms))


def test_a_run_is_cut_into_words_once_though_many_texts_have_it() -> None:
    seen: list[str] = []

    def noted(text: str) -> list[str]:
        seen.append(text)
        return [text]

    words = count_terms(["电机，噪声", "噪声", "噪声，电机，噪声"], OURS, noted, channels=["words"])["words"]

    assert seen == ["电机", "噪声"]
    assert words.matrix.toarray().tolist() == [[1, 1], [1, 0], [2, 1]]


def test_only_the_channels_asked_for_are_counted() -> None:
    def refusing(text: str) -> list[str]:
        raise AssertionError(text)

    assert list(count_terms(["电机"], OURS, refusing, channels=["characters"])) == ["characters"]


def test_no_texts_have_no_terms() -> None:
    assert [(len(counts.terms), counts.matrix.shape) for counts in count_terms([]).values()] == [(0, (0, 0))] * 2
