"""What ours is compared with is what others mean by it."""

from collections.abc import Callable

import bm25s
import numpy as np
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer

from matcher.text.plain import plain_bm25, plain_grams, plain_tf_idf, plain_words

DOCUMENTS = ["电机降噪与电机振动控制", "茶叶加工", "永磁电机设计, PMSM电机", "竹材软化展平工艺与竹材干燥"]
QUERIES = ["电机噪声", "pmsm 电机", "竹材竹材", "无关"]


@pytest.mark.parametrize("cut", [plain_words, plain_grams])
@pytest.mark.parametrize(("k1", "b"), [(1.5, 0.75), (0.5, 0.0), (2.0, 1.0)])
def test_bm25_is_that_of_lucene(cut: Callable[[str], list[str]], k1: float, b: float) -> None:
    found = plain_bm25(DOCUMENTS, QUERIES, cut=cut, k1=k1, b=b).agreement(np.arange(len(QUERIES)))
    theirs = bm25s.BM25(method="lucene", k1=k1, b=b)
    theirs.index([cut(text.lower()) for text in DOCUMENTS], show_progress=False)
    for row, query in zip(found, QUERIES, strict=True):
        known = [term for term in cut(query.lower()) if term in theirs.vocab_dict]
        expected = theirs.get_scores(known) if known else np.zeros(len(DOCUMENTS))
        assert row == pytest.approx(expected, abs=1e-5)


def test_grams_are_those_of_scikit_learn() -> None:
    theirs = TfidfVectorizer(analyzer="char", ngram_range=(1, 2)).build_analyzer()

    for text in (*DOCUMENTS, "a"):
        assert plain_grams(text.lower()) == theirs(text)


def test_the_cosine_of_a_text_with_itself_is_one() -> None:
    for cut in (plain_words, plain_grams):
        scores = plain_tf_idf(DOCUMENTS, DOCUMENTS, cut=cut).agreement(np.arange(len(DOCUMENTS)))
        assert np.diag(scores) == pytest.approx(1)
        assert scores.max() == pytest.approx(1)
