"""Profiles are tempered by length and commonness, stay sums over terms, and never reach beyond a cosine's range."""

import pickle

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.feature_extraction.text import TfidfVectorizer

from matcher.text import PivotedTfidf
from tests.strategies import Sample

texts = st.lists(st.lists(st.sampled_from("abcdefgh"), max_size=9).map(" ".join), min_size=1, max_size=7).filter(any)
shares = st.floats(0, 1)


def lengths(rows: sp.csr_array) -> np.ndarray:
    return np.sqrt(np.asarray(rows.multiply(rows).sum(axis=1)).ravel())


@given(texts)
def test_without_tempering_it_is_scikit_learns_own_weighing(profiles: list[str]) -> None:
    plain = TfidfVectorizer(analyzer=str.split, sublinear_tf=True).fit_transform(profiles)

    rows = PivotedTfidf(str.split, length_slope=1, commonness=0).fit_transform(profiles)

    assert rows.toarray() == pytest.approx(plain.toarray())


@given(texts, shares, shares)
def test_no_row_is_longer_than_1_and_one_is_that_long(profiles: list[str], slope: float, commonness: float) -> None:
    channel = PivotedTfidf(str.split, length_slope=slope, commonness=commonness)

    found = lengths(channel.fit_transform(profiles))

    assert found.max() == pytest.approx(1)
    assert (lengths(channel.transform(["a b c d e f g h", *profiles])) <= 1 + 1e-12).all()


@given(texts, shares, shares)
def test_a_profile_weighs_the_same_when_it_comes_again(profiles: list[str], slope: float, commonness: float) -> None:
    channel = PivotedTfidf(str.split, length_slope=slope, commonness=commonness)

    assert channel.fit_transform(profiles).toarray() == pytest.approx(channel.transform(profiles).toarray())


@given(texts, shares)
def test_terms_keep_their_proportions(profiles: list[str], slope: float) -> None:
    plain = PivotedTfidf(str.split, length_slope=1, commonness=0).fit_transform(profiles).toarray()
    rows = PivotedTfidf(str.split, length_slope=slope, commonness=0.3).fit_transform(profiles).toarray()

    assert rows * lengths(PivotedTfidf(str.split, length_slope=1, commonness=0).fit_transform(profiles))[:, None] == (
        pytest.approx(plain * np.linalg.norm(rows, axis=1)[:, None])
    )


def test_a_short_profile_gains_less_from_being_short() -> None:
    profiles = ["motor", "motor noise rotor stator winding slot tooth magnet", "silk", "tea leaf"]

    def short_against_long(slope: float) -> float:
        rows = PivotedTfidf(str.split, length_slope=slope, commonness=0).fit_transform(profiles)
        found = rows @ PivotedTfidf(str.split).fit(profiles).transform_queries(["motor"]).T
        return float(found.toarray()[0, 0] / found.toarray()[1, 0])

    assert short_against_long(0.5) < short_against_long(0.8) < short_against_long(1)


def test_a_profile_that_resembles_everybodys_counts_less() -> None:
    profiles = ["a b x", "a b y", "a b z", "a u v"]
    query = ["a"]

    def share_of_the_common(commonness: float) -> float:
        channel = PivotedTfidf(str.split, length_slope=1, commonness=commonness)
        rows = channel.fit_transform(profiles)
        found = (channel.transform_queries(query) @ rows.T).toarray()[0]
        return float(found[0] / found[3])

    assert share_of_the_common(0.4) < share_of_the_common(0)


def test_it_clones_pickles_and_is_not_fitted_before_it_is() -> None:
    channel = PivotedTfidf(str.split, length_slope=0.5).fit(["a b", "c"])

    again = pickle.loads(pickle.dumps(channel))  # noqa: S301 - our own
    assert again.transform(["a"]).toarray().tolist() == channel.transform(["a"]).toarray().tolist()
    assert clone(channel).get_params() == channel.get_params()
    with pytest.raises(NotFittedError):
        clone(channel).transform(["a"])


def test_on_the_sample_lengths_differ_but_little(sample: Sample) -> None:
    found = lengths(PivotedTfidf(list).fit_transform([expert.profile for expert in sample.experts]))

    assert found.max() == pytest.approx(1)
    assert np.quantile(found, 0.05) > 0.7
