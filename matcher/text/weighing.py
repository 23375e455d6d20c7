"""Counts of terms to weights: TF-IDF of profiles, tempered by how long and how common each profile is."""

from math import fsum

import numpy as np
import scipy.sparse as sp
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.feature_extraction.text import TfidfTransformer
from sklearn.preprocessing import normalize
from sklearn.utils.validation import check_is_fitted

_EXACT = 2**30
"""Weights are rounded to a multiple of its inverse before they are summed up: so a sum of a million is exact."""


class PivotedTfidf(TransformerMixin, BaseEstimator):
    """
    TF-IDF of one channel, with queries of unit length and profiles near it.

    A cosine divides every profile by its own length, which puts short profiles, and those that say what everybody
    says, above what they are worth. So a profile is divided by ``length_slope`` of its own length and the rest of the
    mean one (pivoted normalization [1]_), and then by ``commonness`` of how much it resembles the mean profile and the
    rest of the mean of that (hubs of a space of many dimensions are near to everything [2]_). The longest row is scaled
    to 1, so that a query times a profile still lies in [0, 1], and still is a sum over terms.

    Parameters
    ----------
    length_slope : float in [0, 1]
        1 divides by a profile's own length alone.
    commonness : float in [0, 1]
        0 leaves commonness aside. With ``length_slope=1`` a profile then has unit length.

    Attributes
    ----------
    tfidf_ : TfidfTransformer
        Sublinear term frequency, idf of the profiles.

    References
    ----------
    .. [1] Singhal, Buckley and Mitra (1996). *Pivoted document length normalization*. SIGIR.
    .. [2] Radovanović, Nanopoulos and Ivanović (2010). *Hubs in space*. JMLR 11.

    Examples
    --------
    >>> rows = PivotedTfidf().fit_transform(sp.csr_array([[1, 1, 0, 0], [0, 0, 2, 1]]))
    >>> rows.shape
    (2, 4)
    """

    def __init__(self, *, length_slope: float = 0.8, commonness: float = 0.2) -> None:
        self.length_slope = length_slope
        self.commonness = commonness

    def fit(self, X: sp.csr_array, y: object = None) -> "PivotedTfidf":  # noqa: ARG002 - scikit-learn's
        """Learn idf, and what is usual among profiles."""
        self.fit_transform(X)
        return self

    def remember(
        self, idf: np.ndarray, mean_row: np.ndarray, mean_length: float, mean_commonness: float, longest: float
    ) -> "PivotedTfidf":
        """Take over what another one learned, in place of learning; returns itself."""
        self.tfidf_ = TfidfTransformer(sublinear_tf=True, norm=None)
        self.tfidf_.idf_, self.mean_row_ = idf, mean_row
        self.mean_length_, self.mean_commonness_, self.longest_ = mean_length, mean_commonness, longest
        return self

    def fit_transform(self, X: sp.csr_array, y: object = None, **fit_params: object) -> sp.csr_array:  # noqa: ARG002 - its
        """
        Fit on profiles, and weigh them.

        Parameters
        ----------
        X : CSR, shape (n, n_terms)
            How often each term stands in each profile.

        Returns
        -------
        float, CSR, shape (n, n_terms)

        Raises
        ------
        ValueError
            When there is no term.
        """
        self.tfidf_ = TfidfTransformer(sublinear_tf=True, norm=None).fit(X)
        unit, lengths = self._unit_rows(X)
        # Sums that are exact, so that the order of the profiles does not matter.
        self.mean_length_ = fsum(lengths) / len(lengths)
        shares = np.bincount(unit.indices, np.rint(unit.data * _EXACT), minlength=X.shape[1])
        self.mean_row_ = shares / _EXACT / len(lengths)
        self.mean_commonness_ = fsum(unit @ self.mean_row_) / len(lengths)
        self.longest_ = 1.0
        scale = self._scale(unit, lengths)
        self.longest_ = float(scale.max())
        return _scaled(unit, scale / self.longest_)

    def transform(self, X: sp.csr_array) -> sp.csr_array:
        """Weigh the terms of profiles, shape (n, n_terms); rows are at most of unit length."""
        check_is_fitted(self, "tfidf_")
        unit, lengths = self._unit_rows(X)
        return _scaled(unit, np.minimum(self._scale(unit, lengths), 1.0))

    def transform_queries(self, X: sp.csr_array) -> sp.csr_array:
        """Weigh the terms of queries, shape (n, n_terms); rows are of unit length, or empty."""
        check_is_fitted(self, "tfidf_")
        return self._unit_rows(X)[0]

    def _unit_rows(self, X: sp.csr_array) -> tuple[sp.csr_array, np.ndarray]:
        """Weigh counts; give the rows at unit length, and how long they were."""
        # A copy, and not by astype, which would sort the rows: sums of floats depend on the order in their last bit.
        counts = sp.csr_array((X.data.astype(float), X.indices.copy(), X.indptr), shape=X.shape)
        # Of no text scikit-learn would refuse to say anything.
        rows = sp.csr_array(self.tfidf_.transform(counts, copy=False)) if X.shape[0] else counts
        unit = normalize(rows) if X.shape[0] else rows
        rows.sort_indices()
        rows.data **= 2
        return unit, np.sqrt(rows.sum(axis=1))

    def _scale(self, unit: sp.csr_array, lengths: np.ndarray) -> np.ndarray:
        """Length that each row gets, of which 1 is the longest among the profiles that were fitted."""
        pivot = (1 - self.length_slope) * self.mean_length_ + self.length_slope * lengths
        common = (1 - self.commonness) * self.mean_commonness_ + self.commonness * (unit @ self.mean_row_)
        # A profile without a term has no length, nor anything in common.
        filled = lengths > 0
        scale = np.zeros(len(lengths))
        scale[filled] = lengths[filled] / pivot[filled] * self.mean_commonness_ / common[filled] / self.longest_
        return scale


def _scaled(rows: sp.csr_array, by: np.ndarray) -> sp.csr_array:
    """Scale each row, in place: a large matrix is not to be there twice."""
    rows.data *= np.repeat(by, np.diff(rows.indptr))
    return rows
