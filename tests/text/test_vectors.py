"""Terms that stand together become akin; vectors add up exactly, come back from a file, and never see a need."""

import pickle
from pathlib import Path

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline

from matcher.domain.errors import SettingsError
from matcher.domain.settings import TextSettings
from matcher.files.vectors import read_vectors, write_vectors
from matcher.text import StoredVectors, TermVectors, profile, profile_texts
from matcher.text.vectors import DenseChannel, on_grid
from tests.strategies import Sample

TRADES = [
    "永磁电机转子绕组",
    "电机转子磁钢绕组",
    "转子绕组磁钢永磁",
    "真丝印染色牢度",
    "印染染料真丝助剂",
    "色牢度助剂染料",
]
SEMANTIC = TextSettings(words=0, characters=0, semantic=1)


def in_texts(rows: list[list[int]], n_terms: int) -> sp.csr_array:
    dense = np.zeros((len(rows), n_terms))
    for i, terms in enumerate(rows):
        dense[i, terms] = 1
    return sp.csr_array(dense)


def test_terms_of_one_trade_are_nearer_than_those_of_two() -> None:
    texts = in_texts([[0, 1, 2], [1, 2, 3], [0, 2, 3], [4, 5, 6], [5, 6, 7], [4, 6, 7]], 8)
    rows = TermVectors(dimensions=3, least_texts=1).fit(texts).transform(sp.eye_array(8, format="csr"))
    near = rows @ rows.T

    assert min(near[a, b] for a in range(4) for b in range(4)) > max(near[a, b] for a in range(4) for b in range(4, 8))


def test_a_need_finds_a_profile_that_shares_no_term_with_it() -> None:
    trades = TRADES * 2
    profiles = profile_texts(trades, [("助剂", "助剂")], SEMANTIC)
    lexical = profile_texts(trades, [("助剂", "助剂")], TextSettings(semantic=0)).agreement(np.array([0]))[0]

    found = (profiles.dense[0].needs @ profiles.dense[0].experts.T)[0]

    assert lexical[3] == 0
    assert found[3] > found[:3].max() + 0.5


@settings(max_examples=30)
@given(st.integers(0, 2**32 - 1), st.integers(1, 40), st.integers(1, 40))
def test_products_of_rows_on_the_grid_do_not_depend_on_the_order_of_their_sum(seed: int, n: int, width: int) -> None:
    rows = on_grid(np.random.default_rng(seed).normal(size=(n, width)))
    shuffled = np.random.default_rng(seed).permutation(width)

    whole = rows @ rows.T

    assert (whole == rows[:, shuffled] @ rows[:, shuffled].T).all()
    assert all((whole[i] == rows[[i]] @ rows.T).all() for i in range(n))
    assert whole.diagonal() == pytest.approx(1, abs=2e-3)


def test_a_pair_has_the_same_agreement_alone_and_in_a_block(sample: Sample) -> None:
    profiles = profile(sample.experts, sample.needs, TextSettings())

    block = profiles.agreement(np.arange(len(sample.needs)))

    assert all((profiles.agreement(np.array([i]))[0] == block[i]).all() for i in range(0, len(sample.needs), 17))
    assert (block.min(), block.max() <= 1) == (0, True)


def test_vectors_are_learned_on_profiles_alone(sample: Sample) -> None:
    needs = sample.needs[:20]
    alone = profile(sample.experts, needs[:1], TextSettings())
    among = profile(sample.experts, needs, TextSettings())

    assert (alone.dense[0].experts == among.dense[0].experts).all()
    assert (alone.agreement(np.array([0])) == among.agreement(np.array([0]))).all()


def test_what_is_no_nearer_than_most_profiles_are_counts_as_nothing() -> None:
    rows = on_grid(np.random.default_rng(1).normal(size=(200, 8)) + 2)
    channel = DenseChannel.of("semantic", "profiles", 0.5, rows).with_needs(rows)
    found = channel.agreement(np.arange(200))

    assert 0.85 < (found == 0).mean() < 0.95
    assert found.diagonal() == pytest.approx(0.5, abs=0.01)


def test_a_rare_term_has_no_vector_and_a_text_of_such_terms_none_either() -> None:
    vectors = TermVectors(dimensions=2, least_texts=2).fit(in_texts([[0, 1], [0, 1], [1, 2]], 3))

    assert vectors.terms_.tolist() == [0, 1]
    assert vectors.components_.any(axis=1).all()
    assert not vectors.transform(in_texts([[2], []], 3)).any()


def test_beyond_the_limit_the_terms_of_the_most_texts_are_taken() -> None:
    vectors = TermVectors(dimensions=2, least_texts=1, most_terms=2).fit(in_texts([[0, 1], [0, 1], [0, 2]], 3))

    assert vectors.terms_.tolist() == [0, 1]
    assert vectors.components_.any(axis=1).all()


@pytest.mark.parametrize("texts", [[[]], [[0]], [[0, 1]], [[0], [1]]])
def test_next_to_nothing_to_learn_from_is_no_error(texts: list[list[int]]) -> None:
    vectors = TermVectors(least_texts=1).fit(in_texts(texts, 2))

    assert np.isfinite(vectors.transform(in_texts(texts, 2))).all()


def test_the_estimator_clones_pickles_and_works_in_pipelines_and_searches() -> None:
    texts = in_texts([[0, 1], [0, 1, 2], [1, 2], [3, 4], [3, 4, 5], [4, 5]] * 3, 6)
    vectors = TermVectors(dimensions=3, least_texts=2).fit(texts)
    again = pickle.loads(pickle.dumps(vectors))  # noqa: S301 - our own

    assert (again.transform(texts) == vectors.transform(texts)).all()
    assert (clone(vectors).fit(texts).components_ == vectors.components_).all()
    search = GridSearchCV(
        make_pipeline(TermVectors(least_texts=1), LogisticRegression()), {"termvectors__dimensions": [2, 3]}, cv=3
    )
    assert search.fit(texts, [0, 0, 0, 1, 1, 1] * 3).best_score_ == 1


def test_learning_twice_gives_the_same_file_to_the_byte(tmp_path: Path) -> None:
    for name in ("one", "two"):
        write_vectors(tmp_path / name, StoredVectors.learn("own", TRADES * 2))

    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_stored_vectors_serve_like_those_of_the_profiles(tmp_path: Path) -> None:
    write_vectors(tmp_path / "v.npz", StoredVectors.learn("own", TRADES))
    stored = read_vectors(tmp_path / "v.npz")
    chosen = SEMANTIC.model_copy(update={"vectors": "v.npz"})
    asked = [("磁钢", "磁钢绕组")]

    found = profile_texts(TRADES, asked, chosen, vectors=stored).agreement(np.array([0]))
    own = profile_texts(TRADES, asked, SEMANTIC).agreement(np.array([0]))

    assert stored.name == "v.npz"
    assert found == pytest.approx(own, abs=0.01)


def test_terms_that_stored_vectors_do_not_know_have_none() -> None:
    stored = StoredVectors("s", np.array(["a", "c"]), np.array([[1.0, 0.0], [0.0, 1.0]]))

    found = stored.for_terms(np.array(["c", "b", "a", "z"]))
    assert (found.terms_.tolist(), found.components_.tolist()) == ([0, 2], [[0, 1], [1, 0]])


def test_settings_that_name_vectors_which_nobody_read_are_refused() -> None:
    with pytest.raises(SettingsError, match=r"text\.vectors"):
        profile_texts(TRADES, [("a", "a")], TextSettings(vectors="v.npz"))


@pytest.mark.parametrize("content", [b"", b"terms", b"PK\x03\x04"])
def test_a_file_that_is_none_of_vectors_is_refused_with_a_sentence(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "v.npz").write_bytes(content)

    with pytest.raises(SettingsError, match=r"v\.npz.*matcher vectors"):
        read_vectors(tmp_path / "v.npz")
    with pytest.raises(SettingsError, match=r"w\.npz.*matcher vectors"):
        read_vectors(tmp_path / "w.npz")
    np.savez(tmp_path / "u.npz", terms=np.array(["b", "a"]), components=np.ones((2, 2)))
    with pytest.raises(SettingsError, match=r"u\.npz.*matcher vectors"):
        read_vectors(tmp_path / "u.npz")
