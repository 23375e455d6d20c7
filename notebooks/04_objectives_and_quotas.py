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
# # 04 · Comparing objectives and quotas
#
# **The question:** the same city can be matched in several ways, and everybody wants a rule of their own. What does
# each objective (目标), each quota (配额) and each pair kept from last year (续聘) give, and what does it cost?
#
# A price can be put on all of them, since each list is the best of its kind: what is lost is lost to the rule, not to a
# clumsy solver. Values are those of the list: the mean of both sides' satisfaction (满意度) with a pair, in [0, 1].

# %%
import warnings
from pathlib import Path

import numpy as np
import pandas as pd

import matcher
from matcher.assignment import floored, keep_curve, quota_costs, rules_of
from matcher.domain.settings import Settings
from matcher.language import use
from matcher.pipeline import open_market
from matcher.plots import ATTENTION, DEEP, INK, MOSS, bars, finding, named, new_figure, use_style

use("en")
use_style()
warnings.simplefilter("ignore", UserWarning)  # notices on the input, shown in notebook 01
DATA = Path("..", "data")

experts, firms = matcher.read_experts(DATA / "experts.csv"), matcher.read_firms(DATA / "firms.csv")
ratings = matcher.read_ratings(DATA / "ratings.csv")
ranking, market = open_market(experts, firms, Settings(), ratings=ratings)
print(f"{market.n_needs} needs, {market.n_experts} experts, {market.n_pairs} acceptable pairs")

# %% [markdown]
# ## Three objectives
#
# `stable` (稳定): no two would rather be together than as placed. `total` (总满意度): the greatest sum. `fair` (公平):
# the worst-off need as well off as can be, then the next. All on one market:


# %%
def figures(pairs: list[tuple[str, str]]) -> dict[str, float]:
    placed = market.positions_of(pairs)
    best = np.zeros(market.n_needs)
    np.maximum.at(best, market.need[placed], market.value[placed])
    possible = np.sort(best[np.unique(market.need)])
    return {
        "pairs": len(pairs),
        "needs served": int((best > 0).sum()),
        "first choices of firms": int((market.firm_rank[placed] == 1).sum()),
        "total": market.value[placed].sum(),
        "worst-off quarter": possible[: len(possible) // 4].mean(),
        "blocking pairs": len(matcher.audit(market, pairs).blocking_pairs),
    }


lists = {
    "stable, firms propose": matcher.assign(market, "stable").pairs,
    "stable, experts propose": matcher.assign(market, "stable", "experts").pairs,
    "total": matcher.assign(market, "total").pairs,
    "fair": matcher.assign(market, "fair").pairs,
}
compared = pd.DataFrame({name: figures(pairs) for name, pairs in lists.items()}).T
compared.round(3)

# %% [markdown]
# `fair` serves every need that anybody can serve, and gives up more than two fifths of the sum for it; `stable` leaves
# more needs without anybody than `total`, and no pair that would rather be together. Must it be one or the other?

# %% [markdown]
# ## Between total and fair
#
# `floored` looks after the worst off up to a floor alone, and makes the sum greatest then. A floor of nearly 0 says:
# serve as many needs as can be, I don't care how well.

# %%
floors = [0.0, 1e-9, 0.07, 0.075, 0.08, 0.085, 0.09, 0.095, 0.11, 1.0]
between = [floored(market, floor) for floor in floors]
quarter = len(between[0].values) // 4
frontier = pd.DataFrame(
    {
        "floor": floors,
        "needs served": [made.n_served for made in between],
        "total": [made.total for made in between],
        "worst-off quarter": [made.values[:quarter].mean() for made in between],
    }
).set_index("floor")
frontier.round(3)

# %%
first, second = between[0], between[1]
lost = 1 - second.total / first.total
stable = compared.loc["stable, firms propose"]

figure, axis = new_figure(7.6, 4.4)
axis.plot(frontier["total"], frontier["worst-off quarter"], "o-", color=DEEP, linewidth=2)
axis.plot(stable["total"], stable["worst-off quarter"], "o", color=ATTENTION, markersize=8)
points = [
    (frontier.iloc[0], f"total: {first.n_served} needs served", (-6, -14), "right", DEEP),
    (frontier.iloc[1], f"floor just above 0: {second.n_served} served", (-8, -16), "right", DEEP),
    (frontier.iloc[5], "floor 0.085", (-6, -14), "right", DEEP),
    (frontier.iloc[-1], "fair", (0, -15), "left", DEEP),
    (stable, f"stable: {stable['needs served']:.0f} served, no blocking pair", (-8, -3), "right", ATTENTION),
]
for row, text, offset, side, colour in points:
    axis.annotate(text, (row["total"], row["worst-off quarter"]), xytext=offset, textcoords="offset points").set(
        ha=side, color="#B4621F" if colour == ATTENTION else INK, fontsize=9
    )
axis.set(xlabel="total: sum of values", ylabel="worst-off quarter of needs: mean value")
axis.set_ylim(0, None)
finding(
    axis,
    f"The first step is the cheapest: {second.n_served - first.n_served} more needs served for {lost:.0%} of the total",
    "green: the greatest total for each floor; to the left, ever dearer fairness; orange, the stable list",
)

# %% [markdown]
# Serving everybody somehow costs little; serving everybody equally costs a lot. Who pays? The pairs of `total` that
# `fair` gives up, and those that it has in their place, by who of the two had named the other (志愿):

# %%
wishes = ranking.ranker.wishes
sides = ((wishes.firm_tier > 0).astype(int) + (wishes.expert_tier > 0).astype(int)).toarray()
by_wish = {}
for name, pairs in {
    "given up": set(lists["total"]) - set(lists["fair"]),
    "new": set(lists["fair"]) - set(lists["total"]),
}.items():
    placed = market.positions_of(sorted(pairs))
    by_named = pd.DataFrame({"named": sides[market.need[placed], market.expert[placed]], "value": market.value[placed]})
    by_wish[name] = by_named.groupby("named").value.agg(["size", "sum"])
paid = pd.concat(by_wish, axis=1).reindex([2, 1, 0], fill_value=0)
paid["net", "value lost"] = paid["given up", "sum"] - paid["new", "sum"]
paid.index = ["both had", "one had", "neither had"]
paid.round(1)

# %% [markdown]
# By count, half of the pairs given up are of two who had not named each other; more of their like come in their place,
# and together gain a little. The value is lost by the others: most of it by those who had both named each other, the
# rest by those of whom one had. So before choosing `fair`, look at the floor just above 0.

# %% [markdown]
# ## What each quota costs
#
# Suppose every township (乡镇街道) may have at most 12 pairs, and every institution (派出单位) at most 15.
# `quota_costs` lifts each rule by itself and solves again.

# %%
settings = Settings(
    assignment={
        "objective": "total",
        "quotas": [
            {"column": "township", "value": "*", "maximum": 12},
            {"column": "institution", "value": "*", "maximum": 15},
        ],
    }
)
rules = rules_of(settings.assignment, experts, firms)
value, costs = quota_costs(market, rules)
priced = pd.DataFrame(
    [(one.quota.column.split(".")[1], one.quota.value, one.used, one.quota.maximum, one.cost) for one in costs],
    columns=["kind", "group", "pairs", "at most", "cost"],
).sort_values("cost", ascending=False)
together = first.total - value
print(f"all {len(costs)} quotas together cost {together:.2f} of {first.total:.2f}, {together / first.total:.1%}")
print(f"{(priced.cost == 0).sum()} of them cost nothing")

# %%
dear = priced[priced.cost > 0]
names = [named([row.group], row.kind, [str(k)])[0] for k, row in enumerate(dear.itertuples(), 1)]

figure, axis = new_figure(7.2, 3.4)
bars(
    *(axis, names, dear.cost),
    colours=[DEEP if kind == "township" else MOSS for kind in dear.kind],
    written="{:.2f}",
)
finding(
    axis,
    f"Only {len(dear)} of {len(costs)} quotas cost anything, and {names[0]} pays most",
    "sum of values that lifting the quota alone would bring back; green, townships; olive, institutions",
)

# %% [markdown]
# Costs of single quotas don't add up to that of all: lifting one may only move the jam to the next.
#
# How strict may a rule be? The same for the largest institution, by how many pairs it may have:

# %%
institution = {expert.expert_id: expert.institution for expert in experts}
sent = pd.Series([institution[expert] for _, expert in lists["total"]]).value_counts()
largest = sent.index[0]
limits = list(range(2, sent.iloc[0] + 3, 2))
losses = []
for limit in limits:
    strict = Settings(assignment={"quotas": [{"column": "institution", "value": largest, "maximum": limit}]})
    made = matcher.assign(market, "total", quotas=rules_of(strict.assignment, experts, firms).quotas)
    losses.append(100 * (1 - made.certificate.value / first.total))
half = limits[int(np.abs(np.array(limits) - sent.iloc[0] / 2).argmin())]
tolerated = 1.0
least = next(limit for limit, lost in zip(limits, losses, strict=True) if lost <= tolerated)
print(f"a limit of {least} is the strictest of those tried that loses at most {tolerated:g} % of the total")
print(f"(it has {sent.iloc[0]} without one)")
loss = losses[limits.index(half)]

figure, axis = new_figure(7.2, 3.2)
axis.plot(limits, losses, "o-", color=DEEP, linewidth=2)
axis.plot(half, loss, "o", color=ATTENTION, markersize=9)
axis.set(xlabel="pairs that the institution may have at most", ylabel="% of the total lost", ylim=(0, None))
finding(
    axis,
    f"Half as many pairs of {named([largest], 'institution')[0]} would cost {loss:.1f}% of the total",
    f"without a limit the institution has {sent.iloc[0]}; orange: at most {half}",
)

# %% [markdown]
# ## What last year's list costs
#
# The pairs of the last year in `ratings.csv`, as if they were last year's list. A bonus makes a kept pair worth more;
# the greater it is, the more are kept and the less all others get.

# %%
last_year = max(rating.year for rating in ratings)
earlier = [(rating.firm_id, rating.expert_id) for rating in ratings if rating.year == last_year]
keep = rules_of(Settings().assignment, experts, firms, earlier)
points = keep_curve(market, keep)
curve = pd.DataFrame([(p.bonus, p.kept, p.new, p.value, p.n_blocking) for p in points])
curve.columns = ["bonus", "kept", "new", "value", "blocking pairs"]
curve["% lost"] = 100 * (1 - curve.value / curve.value[0])
curve.round(3)

# %%
cheap = curve[curve["% lost"] < 0.5].iloc[-1]
figure, axis = new_figure(7.2, 3.4)
axis.plot(curve.kept, curve["% lost"], "o-", color=DEEP, linewidth=2)
axis.plot(cheap.kept, cheap["% lost"], "o", color=ATTENTION, markersize=9)
for row in curve[curve.bonus.isin([0.0, 0.5, 1.0]) | (curve.bonus == cheap.bonus)].itertuples():
    axis.annotate(f"bonus {row.bonus:g}", (row.kept, row[6]), xytext=(-7, 5), textcoords="offset points").set(
        ha="right", fontsize=9, color=INK
    )
axis.set_xlim(curve.kept.min() - 3, curve.kept.max() + 2)
axis.set_ylim(-0.3, 1.15 * curve["% lost"].max())
axis.set(xlabel="pairs kept of the earlier list", ylabel="% of the total lost")
finding(
    axis,
    f"{cheap.kept - curve.kept[0]:.0f} more pairs can be kept for {cheap['% lost']:.1f}% of the total; more are dear",
    f"of {len(earlier)} earlier pairs; without a bonus {curve.kept[0]} come again anyway; orange: a good bargain",
)

# %% [markdown]
# ## What to do with the answer
#
# - **Objective**: start with `stable` where both sides can walk away; it needs no persuasion. Where the bureau assigns,
#   take `total` with a floor just above 0 (`floored`, in Python) and look at who pays: here some 4 % of the sum serves
#   everybody whom anybody can serve. That can be defended, more than two fifths of the sum for equality can't.
# - **Quotas**: bring the chart to the meeting. Those that cost nothing can be promised; the two dearest are worth a
#   quarrel. Of a single limit say first which loss is tolerated, and take the strictest limit that keeps to it: for 1 %
#   of the total and the largest institution the line above its curve says which.
# - **Last year's pairs** (续聘): set `keep_bonus` at the knee; what lies beyond is kept at somebody else's expense.
# - Fits here are not calibrated, and a stated wish weighs more than any text: prices say what *this* value loses. After
#   `matcher tune` (notebook 03), run this again.
# - The same as files for a meeting: `matcher compare --keep`.
