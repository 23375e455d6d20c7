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
# The answer is a price: by how much the best possible list gets better with one more place here, or with somebody new
# there. For one place it is exact, and found for all at once; for somebody new it is that person's place alone, not
# what their words change for the others.

# %%
import warnings
from collections import Counter, defaultdict
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

import matcher
from matcher.assignment import form_market, newcomer_gains, place_gains
from matcher.domain.settings import Settings
from matcher.language import use
from matcher.newcomers import weighed_newcomer_gains
from matcher.pipeline import open_market
from matcher.plots import bars, finding, intervals, named, new_figure, use_style
from matcher.ranking import Bar, missing, rank, rank_newcomers
from matcher.text.quality import advice, assess

use("en")
use_style()
warnings.simplefilter("ignore", UserWarning)  # notices on the input, shown in notebook 01
DATA = Path("..", "data")

experts, firms = matcher.read_experts(DATA / "experts.csv"), matcher.read_firms(DATA / "firms.csv")
ratings = matcher.read_ratings(DATA / "ratings.csv")
settings = Settings()
ranking, market = open_market(experts, firms, settings, ratings=ratings)
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
# That is of these people, and mostly because firms have named them. A call brings somebody whom nobody has named. So:
# think of a newcomer like each expert, with the same profile, one place, and nobody's wish, veto or rating.
# `rank_newcomers` ranks them, and `newcomer_gains` says what each alone would bring.

# %%
newcomers = form_market(rank_newcomers(ranking, settings.eligibility), settings.assignment)
people["newcomer"] = newcomer_gains(market, newcomers)
of_all = people.loc[people.eligible, ["gain", "newcomer"]].describe().loc[["mean", "50%", "max"]]
of_all.rename(columns={"gain": "a place more", "newcomer": "a newcomer"}, index={"50%": "median"}).round(3)

# %% [markdown]
# That is with words that weigh what they weighed. Somebody who comes makes each of their words less rare, so weigh
# again with a double of each expert in turn: `weighed_newcomer_gains`. By discipline (学科), of those with at least
# five experts, since fewer would be about persons; the line is from the least to the most that one of them brings.

# %%
eligible = people[people.eligible]
common = eligible[eligible.groupby("discipline").expert_id.transform("size") >= 5].copy()
common["weighed"] = weighed_newcomer_gains(experts, firms, settings, list(common.expert_id), ratings=ratings)
fields = common.groupby("discipline").agg(
    experts=("weighed", "size"),
    place=("gain", "mean"),
    newcomer=("weighed", "mean"),
    least=("weighed", "min"),
    most=("weighed", "max"),
)
fields = fields.sort_values("newcomer", ascending=False)

figure, axis = new_figure(7.8, 4.6)
names = named(fields.index, "discipline")
low, high, apart = fields.newcomer.min(), fields.newcomer.max(), (fields.most - fields.least).max()
labels = [f"{name} (n = {n})" for name, n in zip(names, fields.experts, strict=True)]
intervals(axis, labels, fields.newcomer, fields.least, fields.most, reference=None, written="{:.2f}")
finding(
    axis,
    f"By discipline {low:.2f} to {high:.2f}, and within one persons differ by up to {apart:.2f}",
    "sum of values that one newcomer brings: mean, least and most of those like the n experts there",
)

# %%
fields.rename(columns={"place": "a place more", "newcomer": "a newcomer"}).round(2)

# %% [markdown]
# The two figures are not the same, nor in the same order: the one is of people whom somebody may have named already,
# the other of somebody whom nobody has. A newcomer does not replace them; whom to ask for a place more stands below.
#
# How far to trust the order? Draw the people of each discipline again, as often as there are, and see which then come
# first:

# %%
draw = np.random.default_rng(0)
people_of = [common.weighed[common.discipline == name].to_numpy() for name in fields.index]
means = np.column_stack([draw.choice(values, (5_000, len(values))).mean(axis=1) for values in people_of])
place = (-means).argsort(axis=1).argsort(axis=1)
pd.DataFrame(
    {"among the first three": (place < 3).mean(axis=0), "last": (place == len(fields) - 1).mean(axis=0)},
    index=fields.index,
).round(2)

# %% [markdown]
# 动力工程 is among the first three whoever is drawn, though of five people; 材料科学与工程 and 机械工程 in about three
# draws of four, 电气工程 and 纺织科学与工程 in one. 茶学 or 声学 comes last in nearly all. More than that the order
# does not say.
#
# And a double is a copy, which no newcomer is. Where the vectors of akin words are learned with that copy, too, which
# they then know by heart (`relearned=True`, three times as slow), the mean gain is 0.05 rather than 0.08; 动力工程 is
# still first, with 0.09 ([measured apart](../docs/measurements/newcomers.md)).

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
        "is_vague": [
            bool(advice(assess(need.need_title, need.need_detail), settings.check.vague_below))
            for need in ranking.ranker.needs
        ],
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
    f"{left.one_place_helps.sum()} of {len(left)} needs without anybody could each be served by one more place",
    f"needs left out, by township; dark: served by it, of which {left[left.one_place_helps].is_vague.sum()} are vague",
)

# %% [markdown]
# Whom to ask first, then: experts whose one place more serves somebody who has nobody; of several who would serve the
# same need, the one of the greatest gain. A vague need (需求太空) goes
# back to its firm first, as notebook 01 does it, whoever would serve it; so it is named apart.

# %%
asked = pd.DataFrame(
    [(name, need) for need, names in reached.items() for name in names], columns=["expert_id", "serves_then"]
)
asked = asked.merge(people).merge(
    needs[["need_id", "need_title", "township", "is_vague"]], left_on="serves_then", right_on="need_id"
)
for (need, title), n in asked[asked.is_vague].groupby(["serves_then", "need_title"]).size().items():
    print(f"back to the firm first: {need} {title}, which any of {n} experts with one more place would serve")
shown = ["expert_id", "name", "discipline", "gain", "serves_then", "need_title", "township"]
asked[~asked.is_vague].sort_values("gain", ascending=False).drop_duplicates("serves_then")[shown].round(3)

# %% [markdown]
# ## Needs that hardly anybody can serve
#
# A need may have at most two acceptable experts for three reasons. Its firm takes only those whom it named (服从调剂:
# 否), and others would suit; experts take only those whom they named, or one side refuses the other (回避); or hardly
# anybody suits. Rank again as if every firm took others, then as if every expert did, too, and nobody refused anybody,
# and see which it is, by industry (行业):

# %%
willing = [replace(need, accepts_others=True) for need in ranking.ranker.needs]
open_to_all = [replace(need, vetoed_experts=()) for need in willing]
obliging = [replace(expert, accepts_others=True, vetoed_firms=()) for expert in ranking.ranker.experts]
profiles = ranking.ranker.profiles
first = rank(ranking.ranker.experts, willing, profiles, settings.ranking, settings.eligibility, ratings=ratings)
then = rank(obliging, open_to_all, profiles, settings.ranking, settings.eligibility, ratings=ratings)
needs["if_firms"] = np.bincount(first.need, minlength=market.n_needs)
needs["if_all"] = np.bincount(then.need, minlength=market.n_needs)
rare = needs[needs.candidates <= 2]
by_firm = rare[rare.if_firms > 2]
by_experts = rare[(rare.if_firms <= 2) & (rare.if_all > 2)]
by_field = rare[rare.if_all <= 2]
by_industry = pd.DataFrame(
    {
        name: some.groupby("industry").size()
        for name, some in (("rare", rare), ("firm", by_firm), ("experts", by_experts), ("field", by_field))
    }
)
by_industry = by_industry.fillna(0).astype(int).sort_values(["field", "rare"], ascending=False)

figure, axis = new_figure(7.2, 3.6)
bars(
    *(axis, named(by_industry.index, "industry"), by_industry.field),
    of=by_industry.rare,
    written=[
        f"{row.field} by field, {row.firm} by the firm's choice, {row.experts} by experts'"
        for row in by_industry.itertuples()
    ],
)
axis.set_xlim(0, 1.6 * by_industry.rare.max())
finding(
    axis,
    f"Of {len(rare)} needs with at most two experts {len(by_field)} have so few because hardly anybody suits",
    f"dark, by field; {len(by_firm)} would have more if firms took others, {len(by_experts)} if experts did, too",
)

# %% [markdown]
# Most are for these firms to change, not for the call. With others allowed, so many could come:

# %%
by_firm[["need_id", "industry", "need_title", "candidates", "if_firms", "served"]]

# %% [markdown]
# These are for experts who take only those they named, or where one side refused the other: ask whether that still
# holds.

# %%
by_experts[["need_id", "industry", "need_title", "candidates", "if_all", "served"]]

# %% [markdown]
# And those whom hardly anybody suits: what does even the nearest expert lack of what the need names? That belongs into
# the call.

# %%
rows = []
for row in by_field.itertuples():
    position = ranking.need_position[row.need_id]
    nearest = then.expert[then.need == position][then.firm_score[then.need == position].argmax()]
    lacking = missing(ranking.ranker, position, int(nearest))
    words = "、".join(one.words for one in lacking)
    rows.append((row.need_id, row.industry, row.need_title, market.expert_ids[nearest], words))
pd.DataFrame(rows, columns=["need_id", "industry", "need_title", "nearest", "who lacks"])

# %% [markdown]
# ## Needs that no place more reaches
#
# And which of those left out would one more place of nobody serve? Each with its cause, found by the same two rankings:

# %%
beyond = needs[~needs.served & ~needs.one_place_helps]
cause = np.select(
    [beyond.candidates > 0, beyond.if_firms > 0, beyond.if_all > 0],
    ["places bring more elsewhere", "firm takes only whom it named", "experts' choice or a refusal"],
    "nobody suits",
)
beyond[["need_id", "need_title", "candidates", "if_firms", "if_all"]].assign(cause=cause)

# %% [markdown]
# Where the first cause stands, is that so? What each of its experts would bring there, beside what a place more of
# theirs brings where it goes:

# %%
pair = np.flatnonzero(np.isin(market.need, beyond.index[beyond.candidates > 0]))
elsewhere = pd.DataFrame(
    {
        "need_id": np.array(market.need_ids)[market.need[pair]],
        "expert_id": np.array(market.expert_ids)[market.expert[pair]],
        "there": market.value[pair],
        "elsewhere": gains.experts[market.expert[pair]],
    }
)
print(f"{(elsewhere.elsewhere > elsewhere.there).sum()} of {len(elsewhere)} bring more elsewhere")
elsewhere.round(3)

# %% [markdown]
# ## What to do with the answer
#
# - **In the call** (征集通知): name the titles and words of the last table. When you write to the institutions
#   (派出单位), 动力工程 is the safest to name, then 材料科学与工程 and 机械工程. Turn nobody down for a discipline:
#   persons of one differ more than disciplines do, and of those with fewer than five experts nothing is said. It counts
#   nobody's wish: whom firms come to know and name is worth more a year later.
# - **Before the call**: telephone the experts of the table below the townships, each of whom would serve somebody who
#   has nobody now.
# - **Needs with hardly anybody**: most are for firms to decide, some for experts; ask them.
# - **Needs that no place more reaches**: where a firm takes only whom it named, ask the firm; where places bring more
#   elsewhere, one more place is not enough, so name the words of the need in the call.
# - Gains are of one place or one person each and do not add up; after a few, compute again. They are prices in the
#   `total` objective: under `stable` the same place may end elsewhere (notebook 02 shows one that helps nobody who
#   waits).
