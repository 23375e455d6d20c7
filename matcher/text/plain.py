"""What everybody can run without us, to compare with: jieba's own words, TF-IDF, cosine; no list of ours in it."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp
from sklearn.feature_extraction.text import TfidfVectorizer

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


def plain_tf_idf(documents: Sequence[str], queries: Sequence[str], *, sublinear: bool = True) -> TermScores:
    """
    Weigh jieba's words by scikit-learn's TF-IDF, learned on the documents; the scores are cosines.

    Parameters
    ----------
    documents, queries : sequences of str
        Each with something in it; case is folded.
    sublinear : bool
        Whether the logarithm of a term's count counts.

    Returns
    -------
    TermScores
    """
    vectorizer = TfidfVectorizer(tokenizer=plain_words, token_pattern=None, sublinear_tf=sublinear)
    rows = sp.csr_array(vectorizer.fit_transform(documents))
    return TermScores(sp.csr_array(vectorizer.transform(queries)), sp.csr_array(rows.T))


@cache
def _plain_jieba() -> "jieba.Tokenizer":
    import jieba

    jieba.setLogLevel("WARNING")
    tokenizer = jieba.Tokenizer()
    tokenizer.tmp_dir = str(cache_folder())
    tokenizer.initialize()
    return tokenizer
