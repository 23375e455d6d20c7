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
# For an analyst on the first day: read the experts (专家) and the firms' needs (企业需求), match them, look at the
# list, at its proof and at its reasons, then turn one setting and compare. The city is fictional (`data/SOURCES.md`).

# %%
import warnings
from pathlib import Path

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib import font_manager

import matcher
from matcher.ranking import explain

DATA = next(
    folder / "data" for folder in (Path.cwd(), *Path.cwd().parents) if (folder / "data" / "experts.csv").exists()
)
warnings.simplefilter("ignore", category=UserWarning)  # the three notices of `matcher check`, looked at elsewhere

# Chinese where a font for it is installed; ids, which every font has, where none is.
CJK = (
    "Noto Sans CJK SC",
    "Noto Sans CJK JP",
    "Source Han Sans SC",
    "PingFang SC",
    "Microsoft YaHei",
    "WenQuanYi Zen Hei",
)
INSTALLED = {font.name for font in font_manager.fontManager.ttflist}
FONT = next((name for name in CJK if name in INSTALLED), None)
plt.rcParams.update({"figure.dpi": 110, "axes.spines.top": False, "axes.spines.right": False})
if FONT:
    plt.rcParams["font.family"] = [FONT]

# %% [markdown]
# ## Read
#
# A file with something wrong in it raises one error that lists every problem, by row and column. What comes back are
# records; pandas makes a table of them.

# %%
experts = matcher.read_experts(DATA / "experts.csv")
firms = matcher.read_firms(DATA / "firms.csv")
ratings = matcher.read_ratings(DATA / "ratings.csv")
pd.DataFrame(experts)[["expert_id", "name", "institution", "title", "research_fields", "capacity"]].head()

# %%
pd.DataFrame(firms)[["need_id", "name", "township", "industry", "need_title", "capacity"]].head()

# %% [markdown]
# Where is demand greater than supply? Places wanted by industry, before anything is matched:

# %%
wanted = pd.DataFrame(firms).groupby("industry")["capacity"].sum().sort_values(ascending=False)
print(f"{wanted.sum()} places wanted, {sum(expert.capacity for expert in experts)} offered")
wanted.head(8).to_frame("places wanted")

# %% [markdown]
# ## Match

# %%
result = matcher.match(experts, firms, matcher.Settings(), ratings=ratings)
columns = ["firm", "need_title", "expert", "institution", "fit", "firm_rank", "expert_rank", "reasons"]
result.placements[columns].head(10)

# %% [markdown]
# The **fit** is not calibrated: it orders pairs, and is no probability of success. **Ranks** are apart from it: how far
# up the expert stands in the firm's list, and the firm in the expert's, stated preferences (志愿) first.

# %% [markdown]
# ## The proof
#
# `certificate` says what is claimed; the audit, which shares no code with the solver, looks at every acceptable
# pair again.

# %%
report = matcher.audit(result.market, result.assignment.pairs)
print(f"violations: {len(report.violations)}, blocking pairs: {len(report.blocking_pairs)}")
print(f"pairs: {result.certificate.value:.0f}, and no list can have more than {result.certificate.bound:.0f}")
pd.Series(report.classes).value_counts().to_frame("acceptable pairs")

# %% [markdown]
# ## Why this pair
#
# The score of each side falls apart exactly into what both texts share and into features. The parts add up.

# %%
best = result.placements.sort_values("fit", ascending=False).iloc[0]
need, expert = result.ranking.need_position[best.need_id], result.ranking.expert_position[best.expert_id]
reasons = explain(result.ranking.ranker, need, expert)
parts = pd.DataFrame(reasons.firm)
print(f"{best.firm} · {best.need_title} and {best.expert}: {reasons.firm_score:.6f} = {parts.value.sum():.6f}")
parts.sort_values("value", ascending=False).head(8)

# %% [markdown]
# ## Why not somebody else, and who was left out

# %%
first = result.unplaced[result.unplaced.side == "firm"].iloc[0]
for line in result.unplaced[result.unplaced.side == "firm"].head(3).itertuples():
    print(line.id, line.name, line.reason, sep=" · ")

# %%
somebody = next(e for (n, e) in result.market.position if n == first.id)
answer = matcher.why(result.market, result.assignment, first.id, somebody)
print(answer.status, answer.message, sep=": ")

# %% [markdown]
# ## How good is the list?
#
# Left: which rank did each side get? Right: how does the fit of each need placed compare with the best that it could
# have had?

# %%
market, placed = result.market, list(result.assignment.positions)
best_fit = pd.Series(result.ranking.firm_score * 1e-9).groupby(market.need).max()
got_fit = pd.Series(result.ranking.firm_score[placed] * 1e-9).groupby(market.need[placed]).max()

figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4))
ranks = [result.placements.firm_rank.clip(upper=6), result.placements.expert_rank.clip(upper=6)]
left.hist(ranks, bins=[k + 0.5 for k in range(7)], label=["firms", "experts"], color=["#0B6E5F", "#E08E45"])
left.set(xticks=range(1, 7), xticklabels=["1", "2", "3", "4", "5", "6+"], xlabel="rank got", ylabel="pairs")
left.set_title("Ranks that both sides got", loc="left")
left.legend(frameon=False)
right.scatter(best_fit[got_fit.index], got_fit, s=14, color="#0B6E5F", alpha=0.7)
right.plot([0, best_fit.max()], [0, best_fit.max()], color="#7B8C5A", linewidth=1)
right.set(xlabel="best acceptable fit of the need (uncalibrated)", ylabel="fit got")
right.set_title("On the line: nothing better was there", loc="left")
figure.tight_layout()

# %%
coverage = pd.DataFrame(result.statistics["townships"]).T
names = coverage.index if FONT else [f"township {k + 1}" for k in range(len(coverage))]
figure, axis = plt.subplots(figsize=(8, 4.5))
axis.barh(names, coverage.needs, color="#CFE6DF", label="needs")
axis.barh(names, coverage.placed, color="#0B6E5F", label="with an expert")
axis.invert_yaxis()
axis.set_title("Coverage by township", loc="left")
axis.legend(frameon=False)
figure.tight_layout()

# %% [markdown]
# ## Turn one setting
#
# A stricter smallest fit (`min_fit`) places fewer, and better. Which is right is for the bureau to decide, not for
# the software.

# %%
rows = []
for min_fit in (0.11, 0.13, 0.15, 0.17):
    turned = matcher.match(experts, firms, matcher.Settings(ranking={"min_fit": min_fit}), ratings=ratings)
    figures = turned.statistics
    rows.append({"min_fit": min_fit, **{key: figures[key] for key in ("pairs", "needs_placed", "experts_placed")}})
    rows[-1] |= {key: figures[key] for key in ("firm_first_choices", "fit_mean", "fit_worst")}
pd.DataFrame(rows).set_index("min_fit")

# %% [markdown]
# Next: `matcher suggest`, `why` and `audit` on the command line (README), or the page (`make serve`).
