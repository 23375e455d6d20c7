"""Markets of shortlists: what is left out is put back where it could matter, and ranks are true."""

from dataclasses import replace

import numpy as np
import pytest

from matcher.assignment import audit, audit_under, exact_ranks, form_market, outside_blocking, rules_of
from matcher.assignment.assign import assign
from matcher.domain.settings import Settings
from matcher.pipeline import match, open_market
from tests.strategies import Sample

pytestmark = pytest.mark.usefixtures("weighed_once")

LOOSE = {"min_fit": 0.0}


def settings(shortlist: int) -> Settings:
    return Settings(ranking={**LOOSE, "shortlist": shortlist, "full_market_pairs": 0})


@pytest.fixture(scope="module")
def whole(sample: Sample):
    """The same market with every acceptable pair in it."""
    return open_market(sample.experts, sample.needs, Settings(ranking=LOOSE), ratings=sample.ratings)


@pytest.mark.parametrize("shortlist", [1, 2, 5])
@pytest.mark.parametrize("proposer", ["firms", "experts"])
def test_a_list_made_from_shortlists_is_stable_among_all_pairs(
    sample: Sample, whole, shortlist: int, proposer: str
) -> None:
    chosen = settings(shortlist)
    chosen = chosen.model_copy(update={"assignment": chosen.assignment.model_copy(update={"proposer": proposer})})
    result = match(sample.experts, sample.needs, chosen, ratings=sample.ratings)
    report = audit(whole[1], result.assignment.pairs)
    assert report.violations == []
    assert report.blocking_pairs == []
    assert result.certificate.scope == "full"
    assert result.market.n_pairs < whole[1].n_pairs


@pytest.mark.parametrize("shortlist", [1, 2])
def test_without_the_repair_pairs_outside_would_block_and_all_of_them_are_found(
    sample: Sample, whole, shortlist: int
) -> None:
    ranking, market = open_market(sample.experts, sample.needs, settings(shortlist), ratings=sample.ratings)
    pairs = assign(market).pairs
    outside = {
        (market.need_ids[i], market.expert_ids[j])
        for i, j in zip(*outside_blocking(ranking, market, pairs), strict=False)
    }
    assert outside
    assert outside == set(audit(whole[1], pairs).blocking_pairs)


def test_any_list_is_searched_for_outside_pairs_not_only_a_stable_one(sample: Sample, whole) -> None:
    ranking, market = open_market(sample.experts, sample.needs, settings(3), ratings=sample.ratings)
    pairs = assign(market).pairs[::3]
    outside = {
        (market.need_ids[i], market.expert_ids[j])
        for i, j in zip(*outside_blocking(ranking, market, pairs), strict=False)
    }
    inside = set(audit(market, pairs).blocking_pairs)
    assert outside | inside == set(audit(whole[1], pairs).blocking_pairs)
    assert not outside & inside


@pytest.mark.parametrize("shortlist", [1, 4])
def test_ranks_count_all_acceptable_pairs_though_the_market_lacks_most(sample: Sample, whole, shortlist: int) -> None:
    ranking, market = open_market(sample.experts, sample.needs, settings(shortlist), ratings=sample.ratings)
    positions = np.arange(market.n_pairs)
    in_whole = [whole[1].position[pair] for pair in market.position]
    firm_rank, expert_rank = exact_ranks(ranking, market, positions)
    assert (firm_rank == whole[1].firm_rank[in_whole]).all()
    assert (expert_rank == whole[1].expert_rank[in_whole]).all()
    assert (market.expert_rank != expert_rank).any()


def test_where_nobody_is_open_nothing_outside_blocks(sample: Sample) -> None:
    ranking, market = open_market(sample.experts, sample.needs, settings(3), ratings=sample.ratings)
    everywhere = replace(market, need_capacity=np.zeros_like(market.need_capacity))
    assert [len(found) for found in outside_blocking(ranking, everywhere, [])] == [0, 0]


def test_a_full_market_has_nothing_outside(whole) -> None:
    ranking, market = whole
    assert [len(found) for found in outside_blocking(ranking, market, [])] == [0, 0]


def test_a_market_formed_of_more_pairs_keeps_their_scores(sample: Sample, whole) -> None:
    result = match(sample.experts, sample.needs, settings(1), ratings=sample.ratings)
    market = form_market(replace(result.ranking), Settings().assignment)
    in_whole = [whole[1].position[pair] for pair in market.position]
    assert (market.firm_order == whole[1].firm_order[in_whole]).all()
    assert (market.expert_order == whole[1].expert_order[in_whole]).all()


QUOTAS = [{"column": "township", "maximum": 8}, {"column": "institution", "maximum": 20}]


@pytest.mark.parametrize("shortlist", [1, 4])
def test_a_list_under_quotas_made_from_shortlists_is_stable_among_all_pairs(
    sample: Sample, whole, shortlist: int
) -> None:
    assignment = {"quotas": QUOTAS, "locks": [["F005", "E070"]], "bans": [["F001", "E054"]]}
    chosen = Settings.model_validate({"ranking": settings(shortlist).ranking, "assignment": assignment})
    result = match(sample.experts, sample.needs, chosen, ratings=sample.ratings)
    report = audit_under(whole[1], result.assignment.pairs, result.assignment.rules)

    assert result.market.n_pairs < whole[1].n_pairs
    assert (report.violations, report.blocking_pairs) == ([], [])
    assert result.certificate.scope == "full"


def test_what_blocks_outside_under_quotas_is_always_among_what_is_found(sample: Sample, whole) -> None:
    chosen = Settings.model_validate({"ranking": settings(2).ranking, "assignment": {"quotas": QUOTAS}})
    rules = rules_of(chosen.assignment, sample.experts, sample.needs)
    ranking, market = open_market(sample.experts, sample.needs, chosen, ratings=sample.ratings)
    pairs = assign(market, quotas=rules.quotas).pairs
    found = {
        (market.need_ids[i], market.expert_ids[j])
        for i, j in zip(*outside_blocking(ranking, market, pairs, rules), strict=True)
    }
    assert set(audit_under(whole[1], pairs, rules).blocking_pairs) <= found


@pytest.mark.parametrize("objective", ["total", "fair"])
def test_other_objectives_never_claim_more_than_the_shortlists(sample: Sample, objective: str) -> None:
    chosen = settings(3)
    chosen = chosen.model_copy(update={"assignment": chosen.assignment.model_copy(update={"objective": objective})})
    result = match(sample.experts, sample.needs, chosen, ratings=sample.ratings)

    assert result.certificate.scope == result.market.scope == "shortlists"
