"""Vectors of terms, from what stands together in unlabelled text: the channel that knows words that are akin."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import scipy.sparse as sp
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.preprocessing import normalize
from sklearn.utils.extmath import randomized_svd
from sklearn.utils.validation import check_is_fitted
from threadpoolctl import threadpool_limits

from matcher.text.counting import count_terms
from matcher.text.lexicon import Lexicon

_GRID = 4096
"""
Unit vectors are rounded to whole multiples of 1/_GRID: their products are then whole numbers below 2^53, and a dot
product is the same whatever the order of its sum, be it on one thread or on many, in blocks or alone.
"""

_SMOOTHING = 0.75
"""Power of the counts of contexts, which keeps rare ones from being overrated (Levy, Goldberg and Dagan 2015)."""

_MOST_PAIRS = 400_000_000
"""Pairs of terms counted at most, texts evenly spaced being taken where all have more: half a minute, some 100 MB."""

_USUAL, _SOME = 0.9, 500
"""Share of pairs of profiles that are not akin, and how many profiles are held against all to see how near that is."""

_PART = 1_000_000
"""Cells of the matrix worked on at a time."""

_ROWS = 8_192
"""Single pairs compared at a time: their vectors take 13 MB."""


class TermVectors(TransformerMixin, BaseEstimator):
    """
    Vectors of terms by positive pointwise mutual information, and of texts by their terms.

    Terms that stand in the same texts get similar vectors: the matrix of their PPMI is factored, and cut off [1]_. A
    text's vector is the weighted sum of its terms' vectors.

    Parameters
    ----------
    dimensions : int
    least_texts : int
        Terms of fewer texts get no vector.
    most_terms : int
        Beyond it the terms of the most texts are taken.

    Attributes
    ----------
    terms_ : int, shape (n_known,)
        Positions of the terms that have a vector, ascending; most have none.
    components_ : float, shape (n_known, n_dimensions)
        Their vectors, of unit length.

    References
    ----------
    .. [1] Levy and Goldberg (2014). *Neural word embedding as implicit matrix factorization*. NeurIPS.

    Examples
    --------
    >>> texts = sp.csr_array([[1, 1, 1, 0, 0, 0], [1, 1, 1, 0, 0, 0], [0, 0, 0, 1, 1, 1], [0, 0, 0, 1, 1, 1]])
    >>> rows = TermVectors(dimensions=2, least_texts=1).fit(texts).transform(sp.eye_array(6, format="csr"))
    >>> bool(rows[0] @ rows[1] > 0.9 > 0.1 > rows[0] @ rows[3])
    True
    """

    def __init__(self, *, dimensions: int = 100, least_texts: int = 3, most_terms: int = 5000) -> None:
        self.dimensions = dimensions
        self.least_texts = least_texts
        self.most_terms = most_terms

    def fit(self, X: sp.csr_array, y: object = None) -> "TermVectors":  # noqa: ARG002 - scikit-learn's
        """
        Learn from which terms stand in which texts.

        Parameters
        ----------
        X : CSR, shape (n_texts, n_terms)
            What is not 0 is there; how much does not matter.
        y : ignored

        Returns
        -------
        TermVectors
            itself.
        """
        there = sp.csr_array((np.ones(X.nnz), X.indices, X.indptr), shape=X.shape)
        texts = np.asarray(there.sum(axis=0)).ravel()
        frequent = np.flatnonzero(texts >= max(self.least_texts, 1))
        kept = np.sort(frequent[np.argsort(-texts[frequent], kind="stable")][: self.most_terms])
        self.terms_, n_dimensions = kept[:0], min(self.dimensions, max(len(kept) - 1, 1))
        self.components_ = np.zeros((0, n_dimensions))
        information = _information(there[:, kept])
        if information.nnz:
            # One thread: on several the sum depends on how many there are.
            with threadpool_limits(1, user_api="blas"):
                left, values, _ = randomized_svd(information, n_dimensions, n_iter=4, random_state=0)
            vectors = normalize(left * values)
            known = vectors.any(axis=1)
            self.terms_, self.components_ = kept[known], vectors[known]
        return self

    def transform(self, X: sp.csr_array) -> np.ndarray:
        """
        Give texts their vectors.

        Parameters
        ----------
        X : CSR, shape (n, n_terms)
            Weights of terms.

        Returns
        -------
        float, shape (n, n_dimensions)
            Rows of unit length, on a grid on which dot products are exact; 0 where no term has a vector.
        """
        check_is_fitted(self, "components_")
        return on_grid(sp.csr_array(X)[:, self.terms_] @ self.components_)


@dataclass(frozen=True, slots=True, eq=False)
class StoredVectors:
    """
    Vectors of terms that were learned elsewhere, by name.

    Attributes
    ----------
    name : str
        What people know them by.
    terms : str, shape (n,)
        Sorted.
    components : float, shape (n, n_dimensions)
    """

    name: str
    terms: np.ndarray
    components: np.ndarray

    @classmethod
    def learn(cls, name: str, texts: Sequence[str], lexicon: Lexicon | None = None) -> "StoredVectors":
        """
        Learn vectors of character grams from texts, for `matcher.text.profile` to use in place of the profiles' own.

        Parameters
        ----------
        name : str
        texts : sequence of str
        lexicon : Lexicon or None
            The lists that texts are read with; None stands for the package's.

        Returns
        -------
        StoredVectors

        Raises
        ------
        ValueError
            When no term stands in enough texts.
        """
        counts = count_terms(texts, lexicon, channels=["characters"])["characters"]
        vectors = TermVectors().fit(counts.matrix)
        if not len(vectors.terms_):
            raise ValueError("no term stands in enough texts")
        return cls(name, counts.terms[vectors.terms_].astype(str), vectors.components_)

    def for_terms(self, terms: np.ndarray) -> TermVectors:
        """Find the vectors of other terms; those that are not known have none."""
        vectors = TermVectors(dimensions=self.components.shape[1])
        vectors.terms_ = np.flatnonzero(np.isin(terms, self.terms))
        vectors.components_ = self.components[np.searchsorted(self.terms, terms[vectors.terms_])]
        return vectors

    @property
    def digest(self) -> str:
        """SHA-256 of terms and vectors, whatever they are called."""
        return hashlib.sha256("\n".join(self.terms).encode() + self.components.tobytes()).hexdigest()


@dataclass(frozen=True, slots=True, eq=False)
class DenseChannel:
    """
    A channel of vectors: one addend to how texts agree, on a line of its own.

    Attributes
    ----------
    name : {"semantic", "embedding"}
    source : str
        Where the vectors come from: ``"profiles"``, a file's name, or a model's name and version.
    share : float
        Of the agreement, in [0, 1].
    needs, experts : float32 and float, shapes (n_needs, n_dimensions) and (n_experts, n_dimensions)
        Unit rows on the grid, whose multiples 32 bits hold exactly; products of the two are of 64 bits.
    usual : float
        Cosine that nine in ten pairs of profiles do not reach. It counts as nothing: vectors of one collection all
        point much the same way, and only those that are nearer than that are akin.
    """

    name: str
    source: str
    share: float
    needs: np.ndarray
    experts: np.ndarray
    usual: float

    @classmethod
    def of(
        cls, name: str, source: str, share: float, experts: np.ndarray, usual: float | None = None
    ) -> "DenseChannel":
        """Make a channel of the experts' vectors, and no need's; what is usual is found among them if not known."""
        nobody = np.zeros((0, experts.shape[1]), dtype=np.float32)
        return cls(name, source, share, nobody, experts, _usual(experts) if usual is None else usual)

    def with_needs(self, rows: np.ndarray) -> "DenseChannel":
        """Give the channel with the needs' vectors, which are on the grid."""
        return replace(self, needs=rows.astype(np.float32))

    def agreement(self, rows: np.ndarray, columns: np.ndarray | None = None) -> np.ndarray:
        """Compare some needs with every profile, or with some, shape (n_rows, n_columns): from 0 to the share."""
        return self._agreement(self.needs[rows] @ (self.experts if columns is None else self.experts[columns]).T)

    def agreement_of(self, need: np.ndarray, expert: np.ndarray) -> np.ndarray:
        """Compare single pairs, shape (n_pairs,), as `agreement` does: on the grid sums are exact in any order."""
        parts = np.array_split(np.arange(len(need)), -(-len(need) // _ROWS) or 1)
        cosine = [np.einsum("ij,ij->i", self.needs[need[part]], self.experts[expert[part]]) for part in parts]
        return self._agreement(np.concatenate(cosine))

    def _agreement(self, cosine: np.ndarray) -> np.ndarray:
        return self.share * np.clip((cosine - self.usual) / (1 - self.usual), 0, 1)


def _usual(experts: np.ndarray) -> float:
    """Find the cosine that nine in ten pairs of profiles do not reach."""
    some = np.arange(0, len(experts), -(-len(experts) // _SOME))
    others = (experts[some] @ experts.T)[some[:, None] != np.arange(len(experts))]
    usual = float(np.quantile(others, _USUAL)) if len(others) else 0.0
    return float(np.clip(usual, 0, 1 - 1 / _GRID))


def on_grid(rows: np.ndarray) -> np.ndarray:
    """Scale rows to unit length and round them so that dot products are exact."""
    return np.rint(normalize(rows) * _GRID) / _GRID if len(rows) else rows  # of no row scikit-learn has none


def _information(there: sp.csr_array) -> sp.csr_array:
    """
    Positive pointwise mutual information of terms that stand in the same texts, shape (n_terms, n_terms).

    Every text counts as often as it has terms, not as often as it has pairs.
    """
    lengths = np.diff(there.indptr)
    pairs = float((lengths.astype(float) ** 2).sum())
    if pairs > _MOST_PAIRS:
        step = int(np.ceil(pairs / _MOST_PAIRS))
        there, lengths = there[::step], lengths[::step]
    weighed = sp.csr_array(there.multiply((1 / np.maximum(lengths - 1, 1))[:, None]))
    together = sp.csr_array(there.T @ weighed)
    together.setdiag(0)
    together.eliminate_zeros()
    of_row = np.asarray(together.sum(axis=1)).ravel()
    of_context = of_row**_SMOOTHING
    share = of_context / max(of_context.sum(), 1e-300)
    # In place and by parts: this matrix is the largest thing that there is.
    for start in range(0, together.nnz, _PART):
        part = slice(start, min(start + _PART, together.nnz))
        row = np.searchsorted(together.indptr, np.arange(part.start, part.stop), side="right") - 1
        expected = of_row[row] * share[together.indices[part]]
        together.data[part] = np.maximum(np.log(together.data[part] / expected), 0)
    together.eliminate_zeros()
    return together
