# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 03 · Tuning against ratings
#
# **The question:** firms and experts rated each other in earlier years (往届评分). Can the weights of the score be
# learned from that, can a fit (匹配度) become a chance, and how does one not fool oneself?
#
# `matcher tune` does this in one command. Here is what it does and why it is so careful, on the sample's ratings: they
# are fictional, so the point is the method, not the figures.

# %%
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GroupKFold, KFold, cross_val_predict
from threadpoolctl import threadpool_limits

import matcher
from matcher.language import label, use
from matcher.plots import ATTENTION, DEEP, INK, MOSS, PALE, bars, finding, intervals, lines, new_figure, use_style
from matcher.ranking.learning import (
    PARTS,
    FitModel,
    PairFolds,
    RatedPairs,
    learn,
    learning_curve,
    rated_pairs,
    reliability,
    settled,
    share_intervals,
    too_few,
)

use("en")
use_style()
warnings.simplefilter("ignore", UserWarning)  # notices on the input, shown in notebook 01
threadpool_limits(1)  # hundreds of small models: threads would wait on each other
DATA = Path("..", "data")

experts, firms = matcher.read_experts(DATA / "experts.csv"), matcher.read_firms(DATA / "firms.csv")
ratings = matcher.read_ratings(DATA / "ratings.csv")
settings = matcher.Settings()

# %% [markdown]
# ## What there is to learn from
#
# A rating (1 to 5 stars; 4 and more are *good*) becomes a row: the parts of the score as they were known *before* that
# year, and whether the rating was good. Ratings of later years must not be in it: else a part would know the answer.

# %%
rated = rated_pairs(experts, firms, ratings, settings.text)
pairs = rated["firm"]
columns = [label(f"part.{name}") for name in PARTS]
table = pd.DataFrame(pairs.X, columns=columns).assign(good=pairs.is_good)
print({side: (len(one.is_good), int(one.is_good.sum())) for side, one in rated.items()}, "ratings, good ones")
table.groupby("good").mean().round(3)

# %% [markdown]
# Good ratings have texts that agree more. But people recur, in both columns of a rating:

# %%
firm_ids, expert_ids = (np.array(ids) for ids in zip(*pairs.pairs, strict=True))
print(f"{len(pairs.pairs)} ratings by {len(set(firm_ids))} firms of {len(set(expert_ids))} experts")
pd.Series(expert_ids).value_counts().value_counts().sort_index().rename_axis("ratings of one expert").to_frame(
    "experts"
)

# %% [markdown]
# How many are enough? Five of the rarer kind for each part that varies, and 20 in all; with fewer, `matcher tune`
# refuses. Of the first fifty alone:

# %%
some = slice(50)
for message in too_few(RatedPairs(pairs.side, pairs.X[some], pairs.is_good[some], pairs.pairs[some])):
    print("·", message)

# %% [markdown]
# ## What overfits, and how one does not see it
#
# Five models, from careful to bold, each tested in four ways. *Random rows* is how models are tested in most tutorials;
# *neither seen* holds out the firm and the expert together, which is what next year looks like: new pairs.
#
# The score is the AUC: the share of pairs of a good rating and another that stand in the right order; 0.5 is a coin.

# %%
X, good = pairs.X, pairs.is_good.astype(int)
prior = [getattr(settings.ranking.firm, name) for name in PARTS]
people = np.hstack([X, pd.get_dummies(firm_ids).to_numpy(float), pd.get_dummies(expert_ids).to_numpy(float)])
models = {
    "weights in use": (FitModel(prior, strength=np.inf), X),
    "weights learned, held back": (FitModel(prior, strength=10.0), X),
    "weights learned, free": (FitModel(prior, strength=0.1), X),
    "boosted trees": (GradientBoostingClassifier(n_estimators=20, random_state=0), X),
    "a weight for each person": (LogisticRegression(C=10.0, max_iter=1000), people),
}
splits = {
    "random rows": (KFold(5, shuffle=True, random_state=0), None),
    "firm unseen": (GroupKFold(5), firm_ids),
    "expert unseen": (GroupKFold(5), expert_ids),
    "neither seen": (PairFolds(5), np.array(pairs.pairs)),
}


def tests_of(liked: np.ndarray) -> pd.DataFrame:
    def auc(model: object, features: np.ndarray, split: object, groups: np.ndarray | None) -> float:
        chance = cross_val_predict(model, features, liked, cv=split, groups=groups, method="predict_proba")[:, 1]
        return roc_auc_score(liked, chance)

    rows = {
        name: {
            "the same rows": roc_auc_score(liked, model.fit(features, liked).predict_proba(features)[:, 1]),
            **{how: auc(model, features, *split) for how, split in splits.items()},
        }
        for name, (model, features) in models.items()
    }
    return pd.DataFrame(rows).T


tested = tests_of(good)
tested.round(3)

# %%
figure, axis = new_figure(8.2, 3.6)
lines(
    *(axis, np.arange(tested.shape[1]), {name: row.to_numpy() for name, row in tested.iterrows()}),
    colours=[DEEP, "#3F9384", MOSS, ATTENTION, "#B4621F"],
)
axis.set_xticks(range(tested.shape[1]), tested.columns, color=INK)
axis.set_ylabel("AUC")
finding(
    axis,
    "What knows its own rows by heart falls furthest",
    "share of pairs in the right order, by what the test holds out",
)

# %% [markdown]
# On the rows that they learned from, a weight for each person orders every pair rightly, and the trees nine in ten or
# more; on rows that they have not seen they are worse than the weights in use, which learned two numbers alone: where
# the chance of a good rating starts, and how steeply it rises with the score. So more weights are not better.
#
# Which rows are held out can matter as much: where a model meets some of its people again, it may say how well it knows
# them, and not how well it would do on next year's pairs. In these ratings that does not show: the bold models are no
# better on random rows than on pairs of which neither was seen, since whom a rating is of says little here beyond the
# texts. Where it says much, it does. The same rows, with a coin for each expert in place of the rating:

# %%
of_person = np.random.default_rng(0).random(len(set(expert_ids))) < 0.5
tests_of(of_person[np.unique(expert_ids, return_inverse=True)[1]].astype(int)).round(3)

# %% [markdown]
# There is nothing to know of somebody new, and yet random rows, or firms held out, promise much to a model that has a
# weight for each person. The last column promises nothing: it even falls below 0.5, as what is held out differs from
# what is left. Whether one's own ratings are of the one kind or the other is not known before, so that column is what
# to go by: it holds in both.

# %% [markdown]
# ## What more ratings would teach
#
# Learn from fewer, and see: the loss on firms and experts unseen, and on the very ratings learned from.

# %%
sizes = (20, 40, 60, 80)
curves = {
    name: learning_curve(pairs, model, sizes, draws=2)
    for name, model in (("in use", FitModel(prior, strength=np.inf)), ("free", FitModel(prior, strength=0.1)))
}
series = {f"{name}, unseen": [point.unseen for point in curve] for name, curve in curves.items()}
series |= {f"{name}, seen": [point.seen for point in curve] for name, curve in curves.items()}

figure, axis = new_figure(7.2, 3.6)
lines(axis, sizes, series, colours=[DEEP, ATTENTION, "#8FC1B5", "#F0C49A"])
axis.set_xticks(sizes)
axis.set(xlabel="ratings learned from", ylabel="log loss, lower is better")
gap = {name: curve[-1].unseen - curve[-1].seen for name, curve in curves.items()}
finding(
    axis,
    f"Free weights still learn by heart at {sizes[-1]} ratings",
    f"seen and unseen are apart by {gap['free']:.2f} for free weights, by {gap['in use']:.2f} for those in use",
)

# %% [markdown]
# ## What the ratings say of the weights
#
# `learn` is the step that `matcher tune` takes: it cross-validates with neither side seen, chooses how far weights may
# move, and resamples firms, then experts, for intervals of 95 %.

# %%
evidence = {side: learn(one, getattr(settings.ranking, side)) for side, one in rated.items()}
pd.DataFrame(
    {
        side: {
            "ratings": one.n,
            "loss, share of good ones": one.base.log_loss,
            "loss, weights in use": one.fixed.log_loss,
            "loss, weights learned": one.learned.log_loss,
            "gain of learned [95 %]": f"{one.gain.value:+.4f} [{one.gain.low:+.4f}, {one.gain.high:+.4f}]",
            "weights change": one.gain.is_gain,
            "fits are calibrated": one.is_calibrated,
        }
        for side, one in evidence.items()
    }
)

# %% [markdown]
# On this sample the learned weights came out slightly worse on both sides, and that they are no better at all is not
# certain either: both intervals hold 0. So the weights stay. Why not take the learned ones all the same? Let go freely,
# this is what the ratings can tell:

# %%
figure, axes = new_figure(10.6, 3.9, 2)
for axis, (side, one) in zip(axes, rated.items(), strict=True):
    in_use = np.array([getattr(getattr(settings.ranking, side), name) for name in PARTS])
    free = FitModel(in_use, strength=0.1).fit(one.X, one.is_good.astype(int))
    shares = share_intervals(free, one)
    values, low, high = ([getattr(shares[name], what) for name in PARTS] for what in ("value", "low", "high"))
    is_open = one.X.std(axis=0) == 0  # the same in all ratings: they say nothing of it
    names = [f"{name} (never varies)" if nothing else name for name, nothing in zip(columns, is_open, strict=True)]
    intervals(axis, names, values, low, high, reference=None, written="{:.2f}")
    axis.scatter(in_use / in_use.sum(), range(len(PARTS)), marker="|", s=260, linewidth=2, color=ATTENTION, zorder=3)
    finding(
        axis,
        f"{len(one.is_good)} ratings by {side}s are sure of: "
        + ", ".join(
            name for name, least, nothing in zip(columns, low, is_open, strict=True) if least > 0.01 and not nothing
        ),
        "share of the score, learned freely, with 95 % intervals; orange: in use",
    )

# %% [markdown]
# The parts with wide intervals could be anything from nothing to a multiple of what is in use. That is what a model
# with more weights would fill with noise. Of a part that never varies, such as the role wanted, the ratings say
# nothing: its share stays what it was put at, and its point has no interval.

# %% [markdown]
# ## A fit that is a chance
#
# A score orders pairs; read as a probability it is wrong. Calibration (校准) maps it to the share of good ratings that
# pairs like it had. Both sets of points are of pairs whose firm and expert the mapping had not seen.

# %%
score = X @ np.array(prior) / sum(prior)
chance = cross_val_predict(
    *(FitModel(prior, strength=np.inf), X, good),
    cv=PairFolds(5),
    groups=np.array(pairs.pairs),
    method="predict_proba",
)[:, 1]

figure, axis = new_figure(5.4, 4.6)
axis.plot([0, 1], [0, 1], color=PALE, linewidth=3, zorder=0)
apart = {}
for said, colour, name in ((score, ATTENTION, "score, as it is"), (chance, DEEP, "calibrated")):
    means, came, size = reliability(said, pairs.is_good, bins=8)
    # Wilson's interval: it stays in [0, 1], and is right for few.
    centre = (came + 1.96**2 / (2 * size)) / (1 + 1.96**2 / size)
    reach = 1.96 * np.sqrt(came * (1 - came) / size + (1.96 / (2 * size)) ** 2) / (1 + 1.96**2 / size)
    axis.vlines(means, centre - reach, centre + reach, color=colour, linewidth=1.2, alpha=0.6)
    axis.plot(means, came, "o", color=colour)
    apart[name] = int((np.abs(means - centre) > reach).sum())
    axis.annotate(name, (means[-1], came[-1]), xytext=(8, -3), textcoords="offset points", color=colour)
axis.set(xlim=(0, 1.12), ylim=(0, 1.05), xlabel="what the fit says", ylabel="share of good ratings")
finding(
    axis,
    "Read as a chance, the score is wrong in {} groups of 8; calibrated, in {}".format(*apart.values()),
    f"wrong: outside the 95 % interval of what came true; about {size[0]} ratings a group",
)

# %% [markdown]
# What stands out is the score: read as a chance, it promises less than came true. That the calibrated fit stays within
# its intervals says less than it seems: with so few ratings a group, one that is off by a tenth would, too.
#
# ## With what was learned
#
# `settled` puts into the settings what the evidence allows: weights where they are a gain for certain, calibration only
# where both sides' fits foretell. Then match.

# %%
tuned = settings.model_copy(update={"ranking": settled(evidence, settings.ranking)})
before, after = (matcher.match(experts, firms, chosen, ratings=ratings) for chosen in (settings, tuned))
lists = {"as it was": before, "calibrated" if tuned.ranking.is_calibrated else "not calibrated": after}
pd.DataFrame({name: made.statistics for name, made in lists.items()}).loc[
    ["pairs", "needs_placed", "fit_mean", "fit_worst", "calibrated"]
]

# %%
doubtful = after.placements[after.placements.fit < 0.5]
figure, axis = new_figure(7.2, 2.4)
bands = pd.cut(after.placements.fit, [0, 0.25, 0.5, 0.75, 1]).value_counts().sort_index()
bars(
    *(axis, ["below 0.25", "0.25 to 0.5", "0.5 to 0.75", "0.75 and more"], bands),
    colours=[ATTENTION, ATTENTION, MOSS, DEEP],
)
finding(
    axis,
    f"Of {len(doubtful)} of {len(after.placements)} pairs the mean chance of a good rating is below a half",
    "pairs of the list, by their fit: the mean of both sides' chances of 4 stars or more",
)

# %% [markdown]
# ## What to do with the answer
#
# - Run `matcher tune experts.csv firms.csv --ratings ratings.csv --out tuned.toml` once a year, and read its sentences.
#   It changes weights only for a certain gain, and says so if there is none: that is an answer too.
# - Collect ratings of every pair, also of those that went badly: with fewer than five of the rarer kind for each part
#   that varies, 30 here, it refuses, and a city whose weights are far off needs 400 to 800 a side before they move
#   ([measured where the truth is known](../docs/measurements/tuning.md)).
# - Once calibrated, look at the pairs below 0.5 before anybody is sent: the mean of both sides' chances to give 4 stars
#   or more is below a half there; 3 stars are no disappointment yet. Ratings exist only of pairs that were placed, so
#   the chance is stretched for pairs unlike those.
# - Never judge a model by rows that it has seen, nor by people whom it has.
