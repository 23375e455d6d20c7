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
# # 02 · Why, and why not
#
# **The question:** a firm calls. Why did we get this expert (专家), why not the one whom we named first, and why does
# our neighbour get nobody? Each has an exact answer: it is the arithmetic of the list, not a story told afterwards.
#
# Five answers, in the order in which people ask: one pair worked out to the sum; what it shares and what is missing;
# somebody wished for who went elsewhere; those who got nobody (未派遣), and what would help; rules that can't be kept.

# %%
import warnings
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pandas as pd

import matcher
from matcher.domain.errors import InfeasibleProblem
from matcher.language import label, use
from matcher.placement import pair_gaps, pair_reasons
from matcher.plots import ATTENTION, DEEP, MOSS, bars, finding, named, new_figure, use_style
from matcher.ranking import explain

use("en")
use_style()
warnings.simplefilter("ignore", UserWarning)  # notices on the input, shown in notebook 01
DATA = Path("..", "data")

experts, firms = matcher.read_experts(DATA / "experts.csv"), matcher.read_firms(DATA / "firms.csv")
ratings = matcher.read_ratings(DATA / "ratings.csv")
result = matcher.match(experts, firms, matcher.Settings(), ratings=ratings)
market, ranking = result.market, result.ranking
print(f"{len(result.placements)} pairs")

# %% [markdown]
# ## Why this pair: every part of the score
#
# The score of each side is a weighted sum: what both texts share, and features of the pair (title, place, earlier
# ratings …). `explain` takes it apart. Here for the pair with the greatest fit (匹配度) of the list.

# %%
best = result.placements.sort_values("fit", ascending=False).iloc[0]
need, expert = ranking.need_position[best.need_id], ranking.expert_position[best.expert_id]
reasons = explain(ranking.ranker, need, expert)
parts = pd.DataFrame(reasons.firm)
print(f"{best.firm} ({best.need_id}) · {best.need_title}  and  {best.expert} ({best.expert_id})")
print(f"the parts add up to {parts.value.sum():.9f}, the score is {reasons.firm_score:.9f}")

# %%
spans = parts[parts.kind == "text"].groupby("span", sort=False).value.sum()
words = spans[spans.index.str.len() > 1].nlargest(6)
features = parts[parts.kind != "text"].groupby("kind").value.sum()
features = features[features > 0].sort_values(ascending=False)
names = [*named([f"“{word}”" for word in words.index], "shared word"), "other words and characters"]
names += [label(f"part.{kind}") for kind in features.index]
values = [*words, spans.sum() - words.sum(), *features]

figure, axis = new_figure(7.4, 4.2)
bars(axis, names, values, written="{:.3f}", colours=[DEEP] * 7 + [MOSS] * len(features))
finding(
    axis,
    f"{spans.sum() / parts.value.sum():.0%} of the score is words that both texts write",
    f"parts of the firm's score, {reasons.firm_score:.3f} in all: green, shared words; olive, everything else",
)

# %% [markdown]
# Which words weigh so much is decided by how rare they are among the profiles; the field says where the expert's form
# has them (研究方向 research fields, 专业特长 expertise, 成果 achievements).

# %%
table = parts[parts.kind == "text"].pivot_table(
    index="span", columns="field", values="value", aggfunc="sum", fill_value=0
)
table = table.assign(sum=table.sum(axis=1)).sort_values("sum", ascending=False)
table[table.index.str.len() > 1].head(6).round(4)

# %% [markdown]
# The same in sentences, as pages and letters have them, with what the need names and the profile does not:

# %%
for message in (*pair_reasons(ranking.ranker, need, expert), *pair_gaps(ranking.ranker, need, expert)):
    print("·", message)

# %% [markdown]
# ## Why not the one whom we named first?
#
# `why` finds the pair's class. *The expert prefers own* means: whoever holds the expert's places stands at least as
# high in the expert's own list. Here a firm with a vague need that put a much wanted expert first.

# %%
answer = matcher.why(market, result.assignment, "F008", "E025")
print(answer.message)
holders = [("asked for", "F008", market.expert_rank[market.position["F008", "E025"]])]
holders += [("holds a place", name, rank) for name, rank in answer.expert_holds]
by_id = {need.need_id: need for need in firms}
pd.DataFrame(
    [(what, name, by_id[name].name, by_id[name].need_title, rank) for what, name, rank in holders],
    columns=["", "need", "firm", "need_title", "the expert's rank of it"],
)

# %% [markdown]
# And if the office insisted? The counterfactual locks the pair (锁定) and follows who loses a place and asks on: not
# another list made from scratch, but what would really move.

# %%
chain = answer.what_if
for expert_id, left, taken in chain.moves:
    print(f"{expert_id}: leaves {', '.join(left) or 'nobody'}, takes up {', '.join(taken) or 'nobody else'}")
print(f"pairs that would rather be together than so: {len(chain.blocking)}; rules broken: {len(chain.broken)}")
print(f"sum of values: {chain.value:+.3f}")

# %% [markdown]
# The sum of values even rises, since a stated wish (志愿) is worth much; who pays are the firms further down the chain,
# each with an expert whom it likes less. That is for a person to weigh, and to sign.
#
# How often does this happen, and what stands in the way? Of all pairs in which the expert is the firm's first choice:

# %%
became = matcher.audit(market, result.assignment.pairs).classes
first = pd.Series([became[pair] for pair, p in market.position.items() if market.firm_rank[p] == 1])
counts = first.value_counts()
sentences = {
    "matched": "together",
    "expert_prefers_own": "the expert serves needs at least as dear",
    "firm_full": "the firm has somebody as dear",
}

figure, axis = new_figure(7.4, 1.7)
bars(axis, counts.index.map(sentences), counts, colours=[DEEP if kind == "matched" else MOSS for kind in counts.index])
finding(axis, f"Of {len(first)} first choices, {counts['matched']} came true", "pairs, by what became of them")

# %% [markdown]
# ## Who got nobody, and what would help
#
# For each of them there is a true reason, read off the bars of its pairs and the audit. By kind:

# %%
left_out = pd.DataFrame([{**line, "kind": line["reason"].code.removeprefix("unplaced.")} for line in result.left_out])
left_out.groupby(["side", "kind"]).size().to_frame("left out")

# %%
for line in left_out[left_out.side == "firm"].iloc[[0, 13, -1]].itertuples():
    print(f"{line.id} {line.name}: {line.reason}\n")

# %% [markdown]
# Nearly all of them have experts who could serve them; those experts serve others. So: whom do they wait for? And if
# that expert took one firm more, would it go to one of them? The second is not the same question, and takes solving
# again with one more place (名额).

# %%
without = set(left_out[left_out.side == "firm"].id)
waiting = Counter(expert for need, expert in market.position if need in without)
rows = []
for expert_id, n_waiting in sorted(waiting.items(), key=lambda item: (-item[1], item[0]))[:6]:
    places = market.expert_capacity.copy()
    places[market.expert_ids.index(expert_id)] += 1
    more = matcher.assign(replace(market, expert_capacity=places))
    helped = sorted(without & {need for need, _ in more.pairs})
    rows.append((expert_id, n_waiting, len(more.pairs) - len(result.placements), ", ".join(helped)))
helping = pd.DataFrame(rows, columns=["expert", "left_out_who_could_be_served", "more_pairs", "served_then"])

figure, axis = new_figure(7.4, 2.6)
bars(
    *(axis, helping.expert, helping.left_out_who_could_be_served),
    colours=[DEEP if served else ATTENTION for served in helping.served_then],
    written=[
        f"{row.left_out_who_could_be_served}; one more place serves {row.served_then or 'none of them'}"
        for row in helping.itertuples()
    ],
)
axis.set_xlim(0, 1.6 * helping.left_out_who_could_be_served.max())
finding(
    axis,
    f"One more place of {helping.expert[0]}, whom most wait for, serves {helping.served_then[0] or 'none of them'}",
    "needs left out that the expert could serve; orange: the place would go to somebody placed already",
)

# %% [markdown]
# ## Rules that can't be kept
#
# A bureau that fears one institution sending everybody may want at most 8 pairs of any institution (派出单位), and at
# least 110 people all the same. That can't be: the answer names the rules that contradict each other, and the smallest
# change that helps.

# %%
rules = {"objective": "total", "minimum_people": 110, "quotas": [{"column": "institution", "value": "*", "maximum": 8}]}
try:
    matcher.match(experts, firms, matcher.Settings(assignment=rules), ratings=ratings)
except InfeasibleProblem as problem:
    for reason in problem.reasons:
        print("·", reason, "\n")

# %% [markdown]
# Taken at its word:

# %%
rules["minimum_people"] = 102
kept = matcher.match(experts, firms, matcher.Settings(assignment=rules), ratings=ratings)
print(f"{kept.statistics['experts_placed']} people, {len(kept.placements)} pairs")
print(f"the largest institution sends {max(group['pairs'] for group in kept.statistics['institutions'].values())}")

# %% [markdown]
# ## What to do with the answer
#
# - **To the firm that asks**: read out the reasons of its own pair. `matcher why --for firm` says them without a third
#   person and without anybody else's rank, wish or veto; what stands above is for the office alone.
# - **To those left out**: if many experts could serve them, ask those experts for one more place, but ask first which
#   place would reach them. If hardly anybody could, the firm takes only those it named (服从调剂: 否), which it may
#   change, or its field is missing: notebook 06 tells the two apart for the whole city.
# - **On a lock** (锁定) somebody demands: show the chain. It costs what it costs; then it is decided, not slipped in.
# - **On rules**: change the one that is cheapest to change, not the one whose owner shouts least.
