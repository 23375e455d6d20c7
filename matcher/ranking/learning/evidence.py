"""What ratings are evidence of: shares worth changing, fits worth calling a chance, or neither."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from sklearn.metrics import roc_auc_score
from threadpoolctl import threadpool_limits

from matcher.domain.messages import Message
from matcher.domain.settings import CalibrationSettings, Logistic, RankingSettings, Side, Weights
from matcher.ranking.learning.crossing import Crossed, cross, log_loss, n_steps
from matcher.ranking.learning.model import FitModel
from matcher.ranking.learning.rated import PARTS, RatedPairs

LEAST_TEXT = 0.01
"""Least share of the text: the settings demand some, since a pair without a common term is nobody's choice."""

PER_FEATURE, LEAST_OF_A_KIND, LEAST_PEOPLE = 5, 20, 10
"""Ratings of the rarer kind for each feature that varies, and in all [1]_; firms and experts, two to a group.

.. [1] Vittinghoff and McCulloch (2007). Relaxing the rule of ten events per variable in logistic and Cox regression.
   *American Journal of Epidemiology* 165, 710-718: trouble is frequent with 2 to 4, and rare with 5 and more."""

SLOPES = (0.001, 1000.0)
"""Slopes that the settings take."""

_RESAMPLES, _REFITS, _BINS, _LEVEL = 2_000, 100, 10, 95


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure, and where it lies in 95 of 100 cities like this one."""

    value: float
    low: float
    high: float

    @property
    def is_gain(self) -> bool:
        """Whether it is more than nothing for certain."""
        return self.low > 0


@dataclass(frozen=True, slots=True)
class Score:
    """
    How well chances foretell ratings, of pairs whose firm and expert were not seen.

    Parameters
    ----------
    log_loss : float
        Mean over pairs, in nats; lower is better.
    auc : float
        Share of pairs of a good rating and another that stand in the right order; 0.5 is chance.
    """

    log_loss: float
    auc: float


@dataclass(frozen=True, slots=True)
class Evidence:
    """
    What one side's ratings show.

    Parameters
    ----------
    side : {"firm", "expert"}
    n, n_good, n_firms, n_experts : int
        Ratings, those that are good, and of whom.
    base, fixed, learned : Score
        The share of good ratings for everybody; the shares of the settings, calibrated; shares learned.
    gain : Estimate
        By how much the learned shares' loss is less than the fixed ones'.
    over_base : Estimate
        By how much the loss of those that are to be used is less than that of the share of good ratings.
    calibration_error : float
        Mean distance between chance and share of good ratings in ten bins of equal size, of those to be used.
    strength : float
        Of the penalty.
    shares : mapping of str to Estimate
        Learned from all pairs, by part; they sum to 1.
    model : FitModel
        To be used: with learned shares where `gain` is one, else with the fixed ones.
    """

    side: Side
    n: int
    n_good: int
    n_firms: int
    n_experts: int
    base: Score
    fixed: Score
    learned: Score
    gain: Estimate
    over_base: Estimate
    calibration_error: float
    strength: float
    shares: Mapping[str, Estimate]
    model: FitModel

    @property
    def is_calibrated(self) -> bool:
        """Whether the fits tell more than the share of good ratings."""
        return self.over_base.is_gain and SLOPES[0] <= self.model.slope_ <= SLOPES[1]


def too_few(rated: RatedPairs) -> list[Message]:
    """
    Say what one side's ratings lack to learn from.

    Parameters
    ----------
    rated : RatedPairs

    Returns
    -------
    list of Message
        Empty where there are enough.
    """
    n, n_good = len(rated.is_good), int(rated.is_good.sum())
    n_features = int((np.ptp(rated.X, axis=0) > 0).sum()) if n else 0
    needed = max(LEAST_OF_A_KIND, PER_FEATURE * n_features)
    side, found = Message(f"tuning.side.{rated.side}"), []
    if min(n_good, n - n_good) < needed:
        values = {"count": n, "good": n_good, "others": n - n_good, "needed": needed, "features": n_features}
        missing = {"good_missing": max(0, needed - n_good), "others_missing": max(0, needed - n + n_good)}
        found.append(Message("tuning.too_few", {"side": side, **values, **missing}))
    firms, experts = (len(set(names)) for names in (zip(*rated.pairs, strict=True) if n else ((), ())))
    if min(firms, experts) < LEAST_PEOPLE:
        values = {"side": side, "firms": firms, "experts": experts, "needed": LEAST_PEOPLE}
        found.append(Message("tuning.too_few_people", values))
    return found


@threadpool_limits.wrap(limits=1, user_api="blas")
def learn(
    rated: RatedPairs, prior: Weights, *, seed: int = 0, on_progress: Callable[[int, int], None] | None = None
) -> Evidence:
    """
    Learn what one side's ratings show, and how sure that is.

    On one thread: hundreds of small models are learned, for which threads wait on each other more than they work.

    Parameters
    ----------
    rated : RatedPairs
        Enough, by `too_few`.
    prior : Weights
        The shares in use.
    seed : int
        Of the resampling.
    on_progress : callable or None
        Called with (done, total).

    Returns
    -------
    Evidence
    """
    shares = np.array([getattr(prior, name) for name in PARTS])
    shares /= shares.sum()
    least = np.zeros(len(PARTS))
    least[0] = min(LEAST_TEXT, shares[0])
    steps = iter(range(1, (total := n_steps() + 2 * _REFITS) + 1))

    def on_step() -> None:
        done = next(steps)
        if on_progress:
            on_progress(done, total)

    crossed = cross(rated.X, rated.is_good, rated.pairs, FitModel(shares, least=least), on_step=on_step)
    firm, expert = (_positions(names) for names in zip(*rated.pairs, strict=True))
    losses = {name: log_loss(getattr(crossed, name), rated.is_good) for name in ("base", "fixed", "learned")}
    luck = np.random.default_rng(seed)
    gain = _estimate(losses["fixed"] - losses["learned"], (firm, expert), luck)
    used = "learned" if gain.is_gain else "fixed"
    learner = FitModel(shares, strength=crossed.strength, least=least)
    target = rated.is_good.astype(int)
    learner.fit(rated.X, target)
    return Evidence(
        side=rated.side,
        n=len(target),
        n_good=int(target.sum()),
        n_firms=int(firm.max()) + 1,
        n_experts=int(expert.max()) + 1,
        **{name: Score(float(loss.mean()), _auc(crossed, name, target)) for name, loss in losses.items()},
        gain=gain,
        over_base=_estimate(losses["base"] - losses[used], (firm, expert), luck),
        calibration_error=calibration_error(getattr(crossed, used), rated.is_good),
        strength=crossed.strength,
        shares=share_intervals(learner, rated, luck=luck, on_step=on_step),
        model=learner if gain.is_gain else FitModel(shares, strength=np.inf).fit(rated.X, target),
    )


def settled(found: Mapping[Side, Evidence], ranking: RankingSettings) -> RankingSettings:
    """
    Put into the settings what the evidence allows, and take out an earlier calibration.

    Parameters
    ----------
    found : mapping of {"firm", "expert"} to Evidence
    ranking : RankingSettings

    Returns
    -------
    RankingSettings
        A side's shares where they are a gain; calibration of both sides or of neither.
    """
    weights = {
        side: Weights(**{name: round(float(w), 6) for name, w in zip(PARTS, one.model.weights_, strict=True)})
        for side, one in found.items()
        if one.gain.is_gain
    }
    calibration = CalibrationSettings()
    if all(one.is_calibrated for one in found.values()):
        calibration = CalibrationSettings(
            **{
                side: Logistic(intercept=round(one.model.intercept_, 6), slope=round(one.model.slope_, 6))
                for side, one in found.items()
            }
        )
    return ranking.model_copy(update={**weights, "calibration": calibration})


def calibration_error(chance: np.ndarray, is_good: np.ndarray, bins: int = _BINS) -> float:
    """
    Measure how far chances are from the shares that came true.

    Parameters
    ----------
    chance : float, shape (n,)
    is_good : bool, shape (n,)
    bins : int
        Of equal size, by chance. With few pairs a bin's share is off by luck alone: 20 pairs to a bin, and perfect
        chances give about 0.08.

    Returns
    -------
    float
        Mean over pairs of the distance in their bin; 0 is perfect.

    Examples
    --------
    >>> calibration_error(np.array([0.1, 0.1, 0.8, 0.8]), np.array([False, False, True, True]), bins=2)
    0.15
    """
    said, came, size = reliability(chance, is_good, bins)
    return round(float((np.abs(said - came) * size).sum()) / len(chance), 12)


def reliability(
    chance: np.ndarray, is_good: np.ndarray, bins: int = _BINS
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """
    Put chances beside the shares that came true.

    Parameters
    ----------
    chance : float, shape (n,)
    is_good : bool, shape (n,)
    bins : int
        Of equal size, by chance; those without a pair are left out.

    Returns
    -------
    float, shape (n_bins,)
        Mean chance of each bin, ascending.
    float, shape (n_bins,)
        Share of its pairs that were good.
    int, shape (n_bins,)
        Its pairs.

    Examples
    --------
    >>> said, came, size = reliability(np.array([0.1, 0.1, 0.8, 0.8]), np.array([False, False, True, True]), bins=2)
    >>> said.tolist(), came.tolist(), size.tolist()
    ([0.1, 0.8], [0.0, 1.0], [2, 2])
    """
    parts = [part for part in np.array_split(np.argsort(chance, kind="stable"), bins) if len(part)]
    size = np.array([len(part) for part in parts], dtype=np.int64)
    said, came = (np.array([float(of[part].sum()) for part in parts]) / size for of in (chance, is_good))
    return said, came, size


def _auc(crossed: Crossed, name: str, target: np.ndarray) -> float:
    # The share of good ratings is one number; that it differs from cell to cell orders nothing.
    return 0.5 if name == "base" else float(roc_auc_score(target, getattr(crossed, name)))


def _positions(names: Sequence[str]) -> np.ndarray:
    return np.unique(np.array(names), return_inverse=True)[1]


def _estimate(difference: np.ndarray, sides: Sequence[np.ndarray], luck: np.random.Generator) -> Estimate:
    """
    Estimate a mean over pairs.

    The pairs of a firm resemble each other, and those of an expert: so firms are resampled, then experts, and the
    interval is what both allow.
    """
    bounds = []
    for groups in sides:
        sums, sizes = np.bincount(groups, difference), np.bincount(groups)
        drawn = luck.multinomial(len(sizes), np.full(len(sizes), 1 / len(sizes)), size=_RESAMPLES)
        bounds.append(_interval(drawn @ sums / (drawn @ sizes)))
    low, high = zip(*bounds, strict=True)
    return Estimate(float(difference.mean()), min(low), max(high))


def share_intervals(
    learner: FitModel,
    rated: RatedPairs,
    *,
    luck: np.random.Generator | int = 0,
    on_step: Callable[[], None] = lambda: None,
) -> dict[str, Estimate]:
    """
    Bound learned shares, by learning again from resampled firms, and from resampled experts.

    Parameters
    ----------
    learner : FitModel
        Learned from all pairs.
    rated : RatedPairs
        Those that it learned from.
    luck : numpy.random.Generator or int
        What resamples, or its seed.
    on_step : callable
        Called after each of 200 models.

    Returns
    -------
    dict of str to Estimate
        By part. Where the penalty is strong the intervals are narrow: they are those of a learner that is held back.
    """
    luck = np.random.default_rng(luck)
    firm, expert = (_positions(names) for names in zip(*rated.pairs, strict=True))
    bounds = []
    for groups in (firm, expert):
        n, drawn = int(groups.max()) + 1, []
        for _ in range(_REFITS):
            times = luck.multinomial(n, np.full(n, 1 / n))[groups]
            again = FitModel(learner.prior, strength=learner.strength, least=learner.least)
            drawn.append(again.learn(rated.X, rated.is_good, times.astype(float)).weights_)
            on_step()
        bounds.append([_interval(shares) for shares in np.array(drawn).T])
    return {
        name: Estimate(float(share), min(one[0], other[0]), max(one[1], other[1]))
        for name, share, one, other in zip(PARTS, learner.weights_, *bounds, strict=True)
    }


def _interval(values: np.ndarray) -> tuple[float, float]:
    outside = (100 - _LEVEL) / 2
    low, high = np.percentile(values, [outside, 100 - outside])
    return float(low), float(high)
