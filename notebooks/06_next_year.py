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
# # 06 · Next year: more experts where?
#
# **The question:** the call (征集) for next year goes out. Which disciplines (学科) should it ask for, which experts
# (专家) should be asked for one more place (名额), and which needs (需求) would even that not reach?
#
# The answer is a price: by how much the best possible list gets better with one more place here, or there. It is exact
# for one place, and found for all places at once.

# %%
import warnings
from collections import Counter, defaultdict
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

import matcher
from matcher.assignment import place_gains
from matcher.domain.settings import Settings
from matcher.language import use
from matcher.pipeline import open_market
from matcher.plots import ATTENTION, DEEP, MOSS, bars, finding, named, new_figure, use_style
from matcher.ranking import Bar, missing

use("en")
use_style()
warnings.simplefilter("ignore", UserWarning)  # notices on the input, shown in notebook 01
DATA = Path("..", "data")

experts, firms = matcher.read_experts(DATA / "experts.csv"), matcher.read_firms(DATA / "firms.csv")
ratings = matcher.read_ratings(DATA / "ratings.csv")
ranking, market = open_market(experts, firms, Settings(), ratings=ratings)
best = matcher.assign(market, "total")
print(f"the best list: {len(best.pairs)} pairs, a sum of values of {best.certificate.value:.3f}")

# %% [markdown]
# ## What one more place is worth
#
# `place_gains` says it of every expert and every need. A gain of 0: the place would stay empty, or only change who
# serves whom. 0.1 is a placement by fit alone, 0.5 and more one that somebody wished for (志愿).

# %%
gains = place_gains(market)
used = Counter(expert for _, expert in best.pairs)
people = pd.DataFrame(
    {
        "expert_id": market.expert_ids,
        "name": [expert.name for expert in ranking.ranker.experts],
        "discipline": [expert.discipline for expert in ranking.ranker.experts],
        "places": market.expert_capacity,
        "used": [used[name] for name in market.expert_ids],
        "gain": gains.experts,
        "eligible": ranking.ranker.bars.expert == Bar.NONE,
    }
)
people[people.eligible].nlargest(8, "gain").round(3)

# %% [markdown]
# Is that so? Solve again with one more place, for each of them, and compare:

# %%
again = {}
for j, name in enumerate(market.expert_ids):
    places = market.expert_capacity.copy()
    places[j] += 1
    again[name] = matcher.assign(replace(market, expert_capacity=places), "total")
solved = np.array([again[name].certificate.value for name in market.expert_ids]) - best.certificate.value
agree = np.allclose(solved, gains.experts, rtol=0, atol=1e-9)
print(f"{len(solved)} lists solved again: " + ("each gain is the same to 1e-9" if agree else "they differ"))

# %% [markdown]
# ## By discipline
#
# The mean over the experts of a discipline says what one more like them would bring. Disciplines with at least three,
# so that it is not about a person:

# %%
fields = (
    people[people.eligible]
    .groupby("discipline")
    .agg(experts=("gain", "size"), places=("places", "sum"), used=("used", "sum"), gain=("gain", "mean"))
)
fields = fields[fields.experts >= 3].sort_values("gain", ascending=False)

figure, axis = new_figure(7.8, 4.2)
names = named(fields.index, "discipline")
bars(
    *(axis, names, fields.gain),
    colours=[ATTENTION] * 2 + [DEEP] * (len(fields) - 2),
    written=[f"{row.gain:.2f}   {row.used} of {row.places} places used" for row in fields.itertuples()],
)
axis.set_xlim(0, 1.5 * fields.gain.max())
finding(
    axis,
    f"A place more in {names[0]} brings {fields.gain.iloc[0] / fields.gain.median():.0f} times the usual",
    "sum of values that one more place of an expert of the discipline brings; usual: the median of these",
)

# %% [markdown]
# Where all places are used and the gain is small, people serve needs that are far from their field: more of them would
# be placed, and help little.

# %% [markdown]
# ## By township
#
# Which needs stay without anybody in the best list, and which of them would one more place of the right expert serve?
# The lists solved again know: whoever is served there and was not before.

# %%
served = {need for need, _ in best.pairs}
reached = defaultdict(list)
for name, made in again.items():
    for need in {need for need, _ in made.pairs} - served:
        reached[need].append(name)
needs = pd.DataFrame(
    {
        "need_id": market.need_ids,
        "township": [need.township for need in ranking.ranker.needs],
        "industry": [need.industry for need in ranking.ranker.needs],
        "need_title": [need.need_title for need in ranking.ranker.needs],
        "candidates": np.bincount(market.need, minlength=market.n_needs),
        "served": [need in served for need in market.need_ids],
        "one_place_helps": [len(reached[need]) > 0 for need in market.need_ids],
    }
)
left = needs[~needs.served]
by_township = left.groupby("township").agg(left=("need_id", "size"), helped=("one_place_helps", "sum"))
by_township = by_township.sort_values(["left", "helped"], ascending=False)

figure, axis = new_figure(7.2, 3.6)
bars(
    *(axis, named(by_township.index, "township"), by_township.helped),
    of=by_township.left,
    written=[f"{row.helped} of {row.left}" for row in by_township.itertuples()],
)
finding(
    axis,
    f"Of {len(left)} needs without anybody, one more place of the right expert serves {left.one_place_helps.sum()}",
    "needs left out, by township; dark: an existing expert with one more place would serve it",
)

# %% [markdown]
# Whom to ask first, then: experts whose one place more serves somebody who has nobody.

# %%
asked = pd.DataFrame(
    [(name, need) for need, names in reached.items() for name in names], columns=["expert_id", "serves_then"]
)
asked = asked.merge(people).merge(
    needs[["need_id", "need_title", "township"]], left_on="serves_then", right_on="need_id"
)
asked.nlargest(8, "gain")[["expert_id", "name", "discipline", "gain", "serves_then", "need_title", "township"]].round(3)

# %% [markdown]
# ## Needs that hardly anybody can serve
#
# More places help nobody whose field is missing. Needs with at most two acceptable experts, by industry (行业):

# %%
rare = needs[needs.candidates <= 2]
by_industry = (
    needs.assign(rare=needs.candidates <= 2).groupby("industry").agg(needs=("rare", "size"), rare=("rare", "sum"))
)
by_industry = by_industry[by_industry.rare > 0].sort_values("rare", ascending=False)

figure, axis = new_figure(7.2, 3.2)
bars(
    *(axis, named(by_industry.index, "industry"), by_industry.rare),
    colours=MOSS,
    written=[f"{row.rare} of {row.needs}" for row in by_industry.itertuples()],
)
finding(
    axis,
    f"{len(rare)} of {len(needs)} needs have at most two experts to choose from",
    "needs with no more than two acceptable experts, of all needs of the industry",
)

# %% [markdown]
# What do they ask for that nobody's profile names? These words belong into the call, or the need is to be sent back for
# better ones: some name a subject, others only a worry.

# %%
rows = []
for row in rare.itertuples():
    position = ranking.need_position[row.need_id]
    scores = ranking.firm_score[market.need == position]
    nearest = market.expert[market.need == position][scores.argmax()] if len(scores) else 0
    words = [one.words for one in missing(ranking.ranker, position, int(nearest), at_most=6) if not one.elsewhere]
    rows.append((row.need_id, row.industry, row.need_title, row.candidates, "、".join(words[:3])))
pd.DataFrame(rows, columns=["need_id", "industry", "need_title", "candidates", "named by nobody's profile"])

# %% [markdown]
# ## What to do with the answer
#
# - **In the call** (征集通知): name the two or three disciplines on top, and the words of the last table, when you
#   write to the institutions (派出单位). A discipline with a small gain needs no more people, however many ask to come.
# - **Before the call**: telephone the experts of the second table. One place of theirs is one firm that has nobody now.
# - **Needs with hardly anybody**: send the vague ones back (`matcher check`), look for the others outside the city.
# - Gains are of one place each and do not add up; after a few new places, compute again. They are prices in the `total`
#   objective: under `stable` the same place may end elsewhere (notebook 02 shows one that helps nobody who waits).
