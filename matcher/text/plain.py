"""What everybody can run without us, to compare with: words of jieba or characters, TF-IDF or BM25; no list of ours."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer

from matcher.text.tokenizers import cache_folder

if TYPE_CHECKING:
    import jieba


@dataclass(frozen=True, slots=True, eq=False)
class TermScores:
    """
    Queries and documents in one space of weighted terms; their products are the scores.

    Attributes
    ----------
    queries : float, CSR, shape (n_queries, n_terms)
    terms : float, CSR, shape (n_terms, n_documents)
        The documents' weights by term.
    """

    queries: sp.csr_array
    terms: sp.csr_array

    def agreement(self, rows: np.ndarray) -> np.ndarray:
        """Score every document for some queries, given by position: float, shape (n_rows, n_documents)."""
        return (self.queries[rows] @ self.terms).toarray()


def plain_words(text: str) -> list[str]:
    """
    Cut a text as jieba does by itself: its own dictionary, new words guessed, nothing dropped.

    Examples
    --------
    >>> plain_words("abc def")
    ['abc', ' ', 'def']
    """
    return _plain_jieba().lcut(text)


def plain_grams(text: str) -> list[str]:
    """
    Cut a text into its characters and pairs of neighbours, punctuation too.

    Examples
    --------
    >>> plain_grams("abc")
    ['a', 'b', 'c', 'ab', 'bc']
    """
    return [text[start : start + n] for n in (1, 2) for start in range(len(text) - n + 1)]


def plain_tf_idf(
    documents: Sequence[str],
    queries: Sequence[str],
    *,
    cut: Callable[[str], list[str]] = plain_words,
    sublinear: bool = True,
) -> TermScores:
    """
    Weigh terms by scikit-learn's TF-IDF, learned on the documents; the scores are cosines.

    Parameters
    ----------
    documents, queries : sequences of str
        Each with something in it; case is folded.
    cut : callable
        Text to terms.
    sublinear : bool
        Whether the logarithm of a term's count counts.

    Returns
    -------
    TermScores
    """
    vectorizer = TfidfVectorizer(tokenizer=cut, token_pattern=None, sublinear_tf=sublinear)
    rows = sp.csr_array(vectorizer.fit_transform(documents))
    return TermScores(sp.csr_array(vectorizer.transform(queries)), sp.csr_array(rows.T))


def plain_bm25(
    documents: Sequence[str],
    queries: Sequence[str],
    *,
    cut: Callable[[str], list[str]] = plain_words,
    k1: float = 1.5,
    b: float = 0.75,
) -> TermScores:
    """
    Weigh terms by BM25, in the form of Lucene [1]_.

    Parameters
    ----------
    documents, queries : sequences of str
        Each with something in it; case is folded.
    cut : callable
        Text to terms.
    k1 : float
        How slowly a term counts less the more often it occurs.
    b : float in [0, 1]
        How much long documents are held back.

    Returns
    -------
    TermScores

    References
    ----------
    .. [1] Kamphuis, de Vries, Boytsov and Lin (2020). Which BM25 do you mean? *ECIR 2020*, 28-34.
    """
    vectorizer = CountVectorizer(tokenizer=cut, token_pattern=None)
    counts = sp.csr_array(vectorizer.fit_transform(documents), dtype=float)
    lengths = counts.sum(axis=1)
    holders = np.bincount(counts.indices, minlength=counts.shape[1])
    rarity = np.log(1 + (len(documents) - holders + 0.5) / (holders + 0.5))
    held_back = k1 * (1 - b + b * lengths / lengths.mean())
    often = counts.data / (counts.data + np.repeat(held_back, np.diff(counts.indptr)))
    weights = sp.csr_array((often * rarity[counts.indices], counts.indices, counts.indptr), shape=counts.shape)
    return TermScores(sp.csr_array(vectorizer.transform(queries), dtype=float), sp.csr_array(weights.T))


@cache
def _plain_jieba() -> "jieba.Tokenizer":
    import jieba

    jieba.setLogLevel("WARNING")
    tokenizer = jieba.Tokenizer()
    tokenizer.tmp_dir = str(cache_folder())
    tokenizer.initialize()
    return tokenizer
