"""What more ratings would teach: where the truth is known, and against losses worked out by hand."""

import numpy as np
import pytest
from sklearn.dummy import DummyClassifier
from sklearn.tree import DecisionTreeClassifier

from matcher.ranking.learning import FitModel, RatedPairs, learning_curve, reliability


def rated(n: int = 300, seed: int = 0) -> RatedPairs:
    """Ratings by chance that the first feature decides, the others do not."""
    luck = np.random.default_rng(seed)
    X = luck.random((n, 7))
    is_good = luck.random(n) < 1 / (1 + np.exp(-8 * (X[:, 0] - 0.5)))
    pairs = tuple((f"F{luck.integers(60)}", f"E{luck.integers(60)}") for _ in range(n))
    return RatedPairs("firm", X, is_good, pairs)


def test_more_ratings_teach_more_of_the_unseen_and_losses_come_together() -> None:
    few, more = learning_curve(rated(), FitModel(strength=0.1), (15, 100))

    assert few.n == 15
    assert more.unseen < few.unseen
    assert more.unseen - more.seen < few.unseen - few.seen


def test_what_learns_by_heart_knows_the_seen_and_nothing_else() -> None:
    (point,) = learning_curve(rated(), DecisionTreeClassifier(random_state=0), (100,), draws=1)

    assert point.seen < 0.001
    assert point.unseen > 1


def test_a_model_that_says_one_half_loses_the_logarithm_of_two() -> None:
    balanced = RatedPairs("firm", np.zeros((40, 1)), np.arange(40) % 2 == 0, rated(40).pairs)
    (point,) = learning_curve(balanced, DummyClassifier(strategy="uniform"), (14,), draws=1)

    assert (point.seen, point.unseen) == pytest.approx((np.log(2), np.log(2)))


def test_the_same_seed_draws_the_same() -> None:
    first, again, other = (learning_curve(rated(), FitModel(), (20,), draws=1, seed=seed) for seed in (1, 1, 2))

    assert first == again != other


@pytest.mark.parametrize("sizes", [(1,), (20, 400)])
def test_a_size_that_no_fold_can_teach_with_is_refused(sizes: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="from 2 to"):
        learning_curve(rated(), FitModel(), sizes)


def test_bins_without_a_pair_are_left_out_and_no_pair_is() -> None:
    said, came, size = reliability(np.array([0.9, 0.2]), np.array([True, False]), bins=5)

    assert (said.tolist(), came.tolist(), size.tolist()) == ([0.2, 0.9], [0.0, 1.0], [1, 1])
