"""The figures of a placement list, counted again with pandas from the list and the records."""

from dataclasses import replace

import numpy as np
import pytest

from matcher.pipeline import MatchResult
from matcher.placement import statistics


def test_figures_are_those_of_the_list(sample_result: MatchResult) -> None:
    frame, figures, ranker = sample_result.placements, sample_result.statistics, sample_result.ranking.ranker
    needs, experts = {n.need_id: n for n in ranker.needs}, {e.expert_id: e for e in ranker.experts}

    assert figures["pairs"] == len(frame)
    assert figures["experts"] == 140
    assert figures["needs"] == 185
    assert figures["firms"] == 170
    assert figures["experts_placed"] == frame["expert_id"].nunique()
    assert figures["needs_placed"] == frame["need_id"].nunique()
    assert figures["firms_placed"] == frame["firm_id"].nunique()
    assert figures["firm_first_choices"] == (frame["firm_rank"] == 1).sum()
    assert figures["expert_first_choices"] == (frame["expert_rank"] == 1).sum()
    assert figures["stated_by_firm"] == sum(
        any(row.expert_id in tier for tier in needs[row.need_id].preferred_experts) for _, row in frame.iterrows()
    )
    assert figures["stated_by_expert"] == sum(
        any({row.firm_id, row.need_id} & set(tier) for tier in experts[row.expert_id].preferred_firms)
        for _, row in frame.iterrows()
    )
    assert figures["fit_mean"] == pytest.approx(frame["fit"].mean(), abs=1e-6)
    assert figures["fit_worst"] == frame["fit"].min()
    assert figures["calibrated"] is False
    assert figures["value_total"] == pytest.approx(frame["value"].sum(), abs=1e-4)
    assert figures["value_worst"] == frame.groupby("need_id")["value"].max().min()
    assert (figures["kept"], figures["broken"]) == (0, 0)
    reachable = {
        n.need_id: 0.0 for n in ranker.needs if n.need_id in {name for name, _ in sample_result.market.position}
    }
    fits = np.array(sorted({**reachable, **frame.groupby("need_id")["fit"].max().to_dict()}.values()))
    differences = np.abs(fits[:, None] - fits[None, :]).mean()
    assert figures["fit_gini"] == pytest.approx(differences / (2 * fits.mean()), abs=1e-6)
    assert figures["places_wanted"] == sum(n.capacity for n in ranker.needs)
    assert figures["places_offered"] == sample_result.market.expert_capacity.sum()


def test_groups_are_those_of_the_list(sample_result: MatchResult) -> None:
    frame, figures, ranker = sample_result.placements, sample_result.statistics, sample_result.ranking.ranker
    placed = set(frame["need_id"])
    townships, institutions = figures["townships"], figures["institutions"]
    assert isinstance(townships, dict)
    assert isinstance(institutions, dict)

    assert townships == {
        name: {
            "needs": sum(n.township == name for n in ranker.needs),
            "placed": sum(n.township == name and n.need_id in placed for n in ranker.needs),
        }
        for name in {n.township for n in ranker.needs}
    }
    grouped = frame.groupby("institution")["expert_id"]
    assert {name: group["pairs"] for name, group in institutions.items()} == grouped.size().to_dict()
    assert {name: group["experts"] for name, group in institutions.items()} == grouped.nunique().to_dict()
    assert sum(group["share"] for group in institutions.values()) == pytest.approx(1, abs=1e-4)
    assert list(institutions) == sorted(institutions, key=lambda name: (-institutions[name]["pairs"], name))
    load = frame["need_id"].value_counts()
    assert figures["partly_filled"] == {
        n.need_id: n.capacity - int(load[n.need_id])
        for n in ranker.needs
        if n.need_id in load.index and load[n.need_id] < n.capacity
    }


def test_figures_of_an_empty_list_are_zeros_and_have_no_fit(sample_result: MatchResult) -> None:
    nothing = replace(sample_result.assignment, pairs=[], positions=())
    figures = statistics(sample_result.ranking, sample_result.market, nothing, [])

    assert [figures[name] for name in ("pairs", "experts_placed", "needs_placed", "firms_placed")] == [0, 0, 0, 0]
    assert (figures["fit_mean"], figures["fit_worst"], figures["institutions"]) == (None, None, {})
    assert [figures[name] for name in ("fit_gini", "value_worst", "firm_satisfaction")] == [None, None, None]
