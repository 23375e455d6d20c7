import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matcher.ranking.learning import FitModel, PairFolds
from matcher.ranking.learning.crossing import STRENGTHS, cross

PAIRS = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=1, max_size=40).map(
    lambda cells: [(f"f{firm}", f"e{expert}") for firm, expert in cells]
)


@given(pairs=PAIRS, n_groups=st.integers(2, 5), seed=st.integers(0, 9))
def test_nobody_tested_was_trained_on_and_every_pair_is_tested_once(
    pairs: list[tuple[str, str]], n_groups: int, seed: int
) -> None:
    folds = PairFolds(n_groups, seed)
    tested: list[int] = []
    splits = list(folds.split(pairs, groups=pairs))
    for train, test in splits:
        assert not {pairs[k][0] for k in train} & {pairs[k][0] for k in test}
        assert not {pairs[k][1] for k in train} & {pairs[k][1] for k in test}
        tested += test.tolist()
    assert sorted(tested) == list(range(len(pairs)))
    assert folds.get_n_splits(pairs, groups=pairs) == len(splits)


@given(pairs=PAIRS, order=st.randoms(use_true_random=False))
def test_groups_go_by_ids_and_not_by_order(pairs: list[tuple[str, str]], order) -> None:
    shuffled = order.sample(pairs, len(pairs))
    one, other = (
        dict(zip(rows, zip(*PairFolds().cells(rows), strict=True), strict=True)) for rows in (pairs, shuffled)
    )
    assert one == other


def test_groups_are_of_one_size_and_another_seed_deals_anew() -> None:
    pairs = [(f"f{k}", f"e{k}") for k in range(50)]
    firm, expert = PairFolds(5).cells(pairs)
    assert np.bincount(firm).tolist() == np.bincount(expert).tolist() == [10] * 5
    assert (firm != PairFolds(5, seed=1).cells(pairs)[0]).any()


@pytest.mark.parametrize(("folds", "groups"), [(PairFolds(1), [("f", "e")]), (PairFolds(), None)])
def test_what_cannot_be_folded_is_refused(folds: PairFolds, groups: list[tuple[str, str]] | None) -> None:
    with pytest.raises(ValueError, match="groups"):
        folds.get_n_splits(groups=groups)


def test_crossing_shares_models_and_says_what_models_learned_one_by_one_would() -> None:
    luck = np.random.default_rng(0)
    n = 150
    X, pairs = luck.random((n, 3)), [(f"f{luck.integers(20)}", f"e{luck.integers(20)}") for _ in range(n)]
    is_good = luck.random(n) < X[:, 0]
    model, folds = FitModel([0.2, 0.4, 0.4]), PairFolds(3)
    found = cross(X, is_good, pairs, model, folds=folds)
    firm, expert = folds.cells(pairs)
    learned, fixed = np.zeros(n), np.zeros(n)
    for a in range(3):
        for b in range(3):
            train, test = (firm != a) & (expert != b), (firm == a) & (expert == b)

            def inner(strength: float, train: np.ndarray = train) -> float:
                """Loss over the training pairs alone, each cell by a model that saw neither its row nor its column."""
                total = 0.0
                for c in set(firm[train].tolist()):
                    for d in set(expert[train].tolist()):
                        cell, rest = train & (firm == c) & (expert == d), train & (firm != c) & (expert != d)
                        if cell.any():
                            fitted = FitModel(model.prior, strength=strength).fit(X[rest], is_good[rest].astype(int))
                            chance = fitted.predict_proba(X[cell])[:, 1]
                            total -= np.log(np.where(is_good[cell], chance, 1 - chance)).sum()
                return total

            best = min(sorted(STRENGTHS, reverse=True), key=inner)
            for chances, strength in ((learned, best), (fixed, np.inf)):
                fitted = FitModel(model.prior, strength=strength).fit(X[train], is_good[train].astype(int))
                chances[test] = fitted.predict_proba(X[test])[:, 1]
    np.testing.assert_allclose(found.learned, learned, atol=1e-9)
    np.testing.assert_allclose(found.fixed, fixed, atol=1e-9)
