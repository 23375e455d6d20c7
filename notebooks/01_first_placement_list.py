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
# # 01 · From two spreadsheets to a placement list
#
# **The question:** we have a sheet of experts (专家) and one of firms' needs (企业需求). Whom do we send where, and how
# would anybody know that the list is sound?
#
# Read both, match, look at the list (派遣名单), at its proof and at how good it is, then turn one setting and compare.
# The city is fictional (`data/SOURCES.md`). It takes pandas and no theory.

# %%
import warnings
from pathlib import Path

import pandas as pd

import matcher
from matcher.language import use
from matcher.plots import ATTENTION, DEEP, MOSS, PALE, bars, finding, named, new_figure, use_style

use("en")  # sentences in English; names and texts stay as they are
use_style()
DATA = Path("..", "data")

# %% [markdown]
# ## Read
#
# A file with something wrong in it raises one error that lists every problem, by row and column. What is odd but usable
# is a warning; here they are.

# %%
with warnings.catch_warnings(record=True) as odd:
    warnings.simplefilter("always")
    experts = matcher.read_experts(DATA / "experts.csv")
    firms = matcher.read_firms(DATA / "firms.csv")
    ratings = matcher.read_ratings(DATA / "ratings.csv")
for notice in odd:
    print("·", str(notice.message).removeprefix(f"{DATA}/"))

# %% [markdown]
# What comes back are records; pandas makes a table of them.

# %%
pd.DataFrame(experts)[["expert_id", "name", "institution", "title", "research_fields", "capacity"]].head()

# %%
pd.DataFrame(firms)[["need_id", "name", "township", "industry", "need_title", "capacity"]].head()

# %% [markdown]
# Where is the demand? Places wanted by industry (行业), before anything is matched:

# %%
wanted = pd.DataFrame(firms).groupby("industry")["capacity"].sum().sort_values(ascending=False)
offered = sum(expert.capacity for expert in experts)

figure, axis = new_figure(7, 3.4)
top = wanted.head(10)
bars(axis, named(top.index, "industry"), top)
finding(
    axis,
    f"{' and '.join(named(top.index, 'industry')[:2])} ask for {top.iloc[:2].sum() / wanted.sum():.0%} of all places",
    f"places wanted, by industry: {wanted.sum()} in all, and {offered} offered",
)

# %% [markdown]
# ## Match

# %%
result = matcher.match(experts, firms, matcher.Settings(), ratings=ratings)
columns = ["firm", "need_title", "expert", "institution", "fit", "firm_rank", "expert_rank", "reasons"]
result.placements[columns].head(10)

# %% [markdown]
# The **fit** (匹配度) is not calibrated: it orders pairs, and is no probability of success (notebook 03 changes that).
# **Ranks** are apart from it: how far up the expert stands in the firm's list, and the firm in the expert's, stated
# preferences (志愿) first.

# %% [markdown]
# ## The proof
#
# `certificate` says what is claimed; the audit, which shares no code with the solver, looks at every acceptable pair
# again. A *blocking pair* (阻塞对) would be two who would both rather be together than as placed. There is none: that
# is what *stable* (稳定匹配) means, and why nobody has a reason to undo the list behind the bureau's back.

# %%
report = matcher.audit(result.market, result.assignment.pairs)
print(f"rules broken: {len(report.violations)}, blocking pairs: {len(report.blocking_pairs)}")
print(f"pairs: {result.certificate.value:.0f}, and no stable list can have more than {result.certificate.bound:.0f}")
pd.Series(report.classes).value_counts().to_frame("acceptable pairs")

# %% [markdown]
# ## How good is it for both sides?

# %%
market, placed = result.market, list(result.assignment.positions)
figure, (left, right) = new_figure(10.5, 3.4, 2)
for axis, rank, side in ((left, "firm_rank", "firms"), (right, "expert_rank", "experts")):
    got = result.placements[rank].clip(upper=6).value_counts().reindex(range(1, 7), fill_value=0)
    bars(axis, [f"rank {k}" for k in range(1, 6)] + ["6 or more"], got, colours=[DEEP] * 3 + [MOSS] * 2 + [ATTENTION])
    finding(
        axis, f"{got[1] / got.sum():.0%} of pairs are the {side}' first choice", f"pairs, by the rank that {side} got"
    )

# %%
best_fit = pd.Series(result.ranking.firm_fit).groupby(market.need).max()
got_fit = pd.Series(result.ranking.firm_fit[placed]).groupby(market.need[placed]).max()
short = got_fit < 0.75 * best_fit[got_fit.index]

figure, axis = new_figure(6.4, 4.6)
axis.plot([0.12, best_fit.max()], [0.12, best_fit.max()], color=PALE, linewidth=2, zorder=0)
axis.scatter(best_fit[got_fit.index], got_fit, s=18, color=short.map({True: ATTENTION, False: DEEP}), alpha=0.75)
axis.set(xlabel="best acceptable fit of the need", ylabel="fit got (both uncalibrated)")
finding(
    axis,
    f"{(got_fit == best_fit[got_fit.index]).mean():.0%} of needs placed have their best fit",
    f"each dot a need; on the line, nothing better was there; orange, the {short.sum()} a quarter or more below it",
)

# %%
coverage = pd.DataFrame(result.statistics["townships"]).T
least = (coverage.placed / coverage.needs).argmin()
names = named(coverage.index, "township")

figure, axis = new_figure(7, 4.2)
bars(
    *(axis, names, coverage.placed),
    of=coverage.needs,
    colours=[ATTENTION if k == least else DEEP for k in range(len(coverage))],
    written=[f"{row.placed} of {row.needs}" for row in coverage.itertuples()],
)
finding(
    axis,
    f"{names[least]} is served least: {coverage.placed.iloc[least]} of its {coverage.needs.iloc[least]} needs",
    f"needs with somebody, by township: {coverage.placed.sum()} of {coverage.needs.sum()} in all",
)

# %% [markdown]
# ## Turn one setting
#
# A stricter smallest fit (`min_fit`) places fewer, and better on average. The worst fit may stay below it: whom a side
# has named (志愿) is acceptable to that side at any fit.

# %%
columns = ["pairs", "needs_placed", "experts_placed", "firm_first_choices", "fit_mean", "fit_worst"]
turned = {matcher.Settings().ranking.min_fit: result.statistics}
for min_fit in (0.11, 0.14, 0.17):
    settings = matcher.Settings(ranking={"min_fit": min_fit})
    turned[min_fit] = matcher.match(experts, firms, settings, ratings=ratings).statistics
pd.DataFrame(turned).T.rename_axis("min_fit")[columns]

# %% [markdown]
# ## What to do with the answer
#
# - The list is stable, and no stable list is longer: publish it, or look for what it leaves open. `result.unplaced`
#   names those who were left out; notebook 02 says why, and what would help. Lists that are not stable can be longer:
#   notebook 04 shows by how much, and what they cost.
# - Which `min_fit` is right is for the bureau to decide, not for the software: read the weakest pairs of the list aloud
#   (`result.placements.nsmallest(10, "fit")`) and ask whether they are worth a journey.
# - Some townships get little: a quota (配额) with a minimum changes that at a price. Notebook 04 prices maxima alone;
#   its `quota_costs` takes minima as well, and says what they cost of the greatest total.
# - The same from the command line: `matcher assign`, `audit`, `why` (README); on pages: `make serve`.
