"""Profiles are tempered by length and commonness, stay sums over terms, and never reach beyond a cosine's range."""

import pickle

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.pipeline import make_pipeline

from matcher.text import PivotedTfidf
from tests.strategies import Sample

texts = st.lists(st.lists(st.sampled_from("abcdefgh"), max_size=9).map(" ".join), min_size=1, max_size=7).filter(any)
shares = st.floats(0, 1)


def counted(profiles: list[str], *, as_in: list[str] | None = None) -> sp.csr_array:
    """Counts of words, with the columns of the profiles that were fitted."""
    return sp.csr_array(CountVectorizer(analyzer=str.split).fit(as_in or profiles).transform(profiles))


def lengths(rows: sp.csr_array) -> np.ndarray:
    return np.sqrt(np.asarray(rows.multiply(rows).sum(axis=1)).ravel())


@given(texts)
def test_without_tempering_it_is_scikit_learns_own_weighing(profiles: list[str]) -> None:
    plain = TfidfVectorizer(analyzer=str.split, sublinear_tf=True).fit_transform(profiles)

    rows = PivotedTfidf(length_slope=1, commonness=0).fit_transform(counted(profiles))

    assert rows.toarray() == pytest.approx(plain.toarray())


@given(texts, shares, shares)
def test_no_row_is_longer_than_1_and_one_is_that_long(profiles: list[str], slope: float, commonness: float) -> None:
    channel = PivotedTfidf(length_slope=slope, commonness=commonness)

    found = lengths(channel.fit_transform(counted(profiles)))

    assert found.max() == pytest.approx(1)
    assert (lengths(channel.transform(counted(["a b c d e f g h", *profiles], as_in=profiles))) <= 1 + 1e-12).all()


@given(texts, shares, shares)
def test_a_profile_weighs_the_same_when_it_comes_again(profiles: list[str], slope: float, commonness: float) -> None:
    channel = PivotedTfidf(length_slope=slope, commonness=commonness)

    assert channel.fit_transform(counted(profiles)).toarray() == pytest.approx(
        channel.transform(counted(profiles)).toarray()
    )


@given(texts, shares)
def test_terms_keep_their_proportions(profiles: list[str], slope: float) -> None:
    plain = PivotedTfidf(length_slope=1, commonness=0).fit_transform(counted(profiles)).toarray()
    rows = PivotedTfidf(length_slope=slope, commonness=0.3).fit_transform(counted(profiles)).toarray()

    assert rows * lengths(PivotedTfidf(length_slope=1, commonness=0).fit_transform(counted(profiles)))[:, None] == (
        pytest.approx(plain * np.linalg.norm(rows, axis=1)[:, None])
    )


def test_a_short_profile_gains_less_from_being_short() -> None:
    profiles = ["motor", "motor noise rotor stator winding slot tooth magnet", "silk", "tea leaf"]

    def short_against_long(slope: float) -> float:
        rows = PivotedTfidf(length_slope=slope, commonness=0).fit_transform(counted(profiles))
        found = rows @ PivotedTfidf().fit(counted(profiles)).transform_queries(counted(["motor"], as_in=profiles)).T
        return float(found.toarray()[0, 0] / found.toarray()[1, 0])

    assert short_against_long(0.5) < short_against_long(0.8) < short_against_long(1)


def test_a_profile_that_resembles_everybodys_counts_less() -> None:
    profiles = ["a b x", "a b y", "a b z", "a u v"]
    query = ["a"]

    def share_of_the_common(commonness: float) -> float:
        channel = PivotedTfidf(length_slope=1, commonness=commonness)
        rows = channel.fit_transform(counted(profiles))
        found = (channel.transform_queries(counted(query, as_in=profiles)) @ rows.T).toarray()[0]
        return float(found[0] / found[3])

    assert share_of_the_common(0.4) < share_of_the_common(0)


def test_it_clones_pickles_and_is_not_fitted_before_it_is() -> None:
    counts = counted(["a b", "c"])
    channel = PivotedTfidf(length_slope=0.5).fit(counts)

    again = pickle.loads(pickle.dumps(channel))  # noqa: S301 - our own
    assert again.transform(counts).toarray().tolist() == channel.transform(counts).toarray().tolist()
    assert clone(channel).get_params() == channel.get_params()
    with pytest.raises(NotFittedError):
        clone(channel).transform(counts)


def test_on_the_sample_lengths_differ_but_little(sample: Sample) -> None:
    found = lengths(
        make_pipeline(CountVectorizer(analyzer=list), PivotedTfidf()).fit_transform(
            each.profile for each in sample.experts
        )
    )

    assert found.max() == pytest.approx(1)
    assert np.quantile(found, 0.05) > 0.7


@given(texts)
def test_it_leaves_the_counts_as_they_were(profiles: list[str]) -> None:
    counts = CountVectorizer(analyzer=str.split).fit_transform(profiles)
    counts = sp.csr_array((counts.data, counts.indices, counts.indptr), shape=counts.shape)
    before = counts.copy()

    channel = PivotedTfidf().fit(counts)
    channel.transform(counts)
    channel.transform_queries(counts)

    for part in ("data", "indices", "indptr"):
        assert (getattr(counts, part) == getattr(before, part)).all()
