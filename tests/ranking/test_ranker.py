"""Scores of both sides, stated orders, shortlists against a brute force, and the past."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matcher.domain.records import Expert, Need, Rating
from matcher.domain.settings import EligibilitySettings, RankingSettings, TextSettings, Weights
from matcher.pipeline import MatchResult
from matcher.ranking import Bar, Ranking, rank, ranker
from matcher.ranking.cells import Grid
from matcher.ranking.features import features_of
from matcher.ranking.ranker import SCORE_UNIT, TIER
from matcher.ranking.wishes import wishes_of
from matcher.text import profile
from tests.strategies import Sample, expert, need

PLAIN: dict[str, Any] = {"firm": Weights(), "expert": Weights(), "min_fit": 0.0}
CHARACTERS = TextSettings(words=0, characters=1, semantic=0, length_slope=1, commonness=0)
ARRAYS = (
    *("need", "expert", "firm_score", "expert_score", "firm_order", "expert_order"),
    *("need_bars", "expert_bars"),
)


def ranked(experts: list[Expert], needs: list[Need], *ratings: Rating, **changes: Any) -> Ranking:
    chosen = RankingSettings(**{**PLAIN, **changes})
    profiles = profile(experts, needs, CHARACTERS)
    return rank(experts, needs, profiles, chosen, EligibilitySettings(), ratings=ratings)


def pairs_of(ranking: Ranking) -> list[tuple[int, int]]:
    return list(zip(ranking.need.tolist(), ranking.expert.tolist(), strict=True))


@pytest.fixture(scope="module")
def full(sample: Sample) -> Ranking:
    """The sample with every pair that has a common term."""
    profiles = profile(sample.experts, sample.needs, CHARACTERS)
    chosen = RankingSettings(min_fit=0)
    return rank(sample.experts, sample.needs, profiles, chosen, EligibilitySettings(), ratings=sample.ratings)


def again(full: Ranking, sample: Sample, **changes: Any) -> Ranking:
    """The same with other settings."""
    chosen = RankingSettings(min_fit=0, **changes)
    return rank(
        sample.experts, sample.needs, full.ranker.profiles, chosen, EligibilitySettings(), ratings=sample.ratings
    )


def brute_force_shortlists(ranking: Ranking, k: int) -> set[tuple[int, int]]:
    """Of a full ranking: what is among the best k of either side, ties with the last included, and what was named."""
    listed = {
        pair
        for pair, firm, other in zip(pairs_of(ranking), ranking.firm_order, ranking.expert_order, strict=True)
        if firm >= TIER or other >= TIER
    }
    for mine, order in ((0, ranking.firm_order), (1, ranking.expert_order)):
        lists: dict[int, list[tuple[int, tuple[int, int]]]] = {}
        for pair, value in zip(pairs_of(ranking), order.tolist(), strict=True):
            lists.setdefault(pair[mine], []).append((value, pair))
        for scored in lists.values():
            last = sorted((value for value, _ in scored), reverse=True)[:k][-1]
            listed |= {pair for value, pair in scored if value >= last}
    return listed


@pytest.mark.parametrize("k", [1, 3, 10, 1000])
def test_shortlists_of_the_sample_are_those_of_the_brute_force(full: Ranking, sample: Sample, k: int) -> None:
    short = again(full, sample, full_market_pairs=0, shortlist=k)

    assert set(pairs_of(short)) == brute_force_shortlists(full, k)
    assert (short.scope, full.scope) == ("shortlists", "full")


@settings(max_examples=60)
@given(st.data(), st.integers(1, 4), st.integers(1, 40))
def test_shortlists_with_many_ties_wishes_and_vetoes_are_those_of_the_brute_force(
    data: st.DataObject, k: int, block_cells: int
) -> None:
    words = st.lists(st.sampled_from(("电机", "茶叶", "印染")), min_size=1, max_size=3).map("，".join)
    n_experts, n_needs = data.draw(st.integers(1, 5)), data.draw(st.integers(1, 5))
    expert_ids, need_ids = [f"e{j}" for j in range(n_experts)], [f"n{i}" for i in range(n_needs)]

    def wishes(ids: list[str]) -> tuple[tuple[tuple[str, ...], ...], tuple[str, ...]]:
        order = data.draw(st.permutations(ids))
        named, refused = data.draw(st.integers(0, 2)), data.draw(st.integers(0, 1))
        return tuple((name,) for name in order[:named]), tuple(order[named : named + refused])

    experts, needs = [], []
    for name in expert_ids:
        preferred, vetoed = wishes(need_ids)
        experts.append(expert(name, data.draw(words), preferred_firms=preferred, vetoed_firms=vetoed))
    for name in need_ids:
        preferred, vetoed = wishes(expert_ids)
        needs.append(need(name, data.draw(words), preferred_experts=preferred, vetoed_experts=vetoed))
    everything = ranked(experts, needs)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ranker, "_BLOCK_CELLS", block_cells)
        short = ranked(experts, needs, full_market_pairs=0, shortlist=k)

    assert set(pairs_of(short)) == brute_force_shortlists(everything, k)


def test_both_scopes_agree_on_every_score_and_count_of_bars(full: Ranking, sample: Sample) -> None:
    short = again(full, sample, full_market_pairs=0, shortlist=5)
    where = {pair: p for p, pair in enumerate(pairs_of(full))}
    same = [where[pair] for pair in pairs_of(short)]

    assert len(same) < len(where)
    for name in ("firm_score", "expert_score", "firm_order", "expert_order"):
        assert np.array_equal(getattr(short, name), getattr(full, name)[same])
    assert np.array_equal(short.need_bars, full.need_bars)
    assert np.array_equal(short.expert_bars, full.expert_bars)


@pytest.mark.parametrize("cells", [1, 1000, 10_000_000])
@pytest.mark.parametrize("full_market_pairs", [0, 250_000])
def test_the_size_of_a_block_does_not_matter(
    full: Ranking, sample: Sample, monkeypatch: pytest.MonkeyPatch, cells: int, full_market_pairs: int
) -> None:
    usual = again(full, sample, full_market_pairs=full_market_pairs, shortlist=4)
    monkeypatch.setattr(ranker, "_BLOCK_CELLS", cells)
    other = again(full, sample, full_market_pairs=full_market_pairs, shortlist=4)

    for name in ARRAYS:
        assert np.array_equal(getattr(usual, name), getattr(other, name)), name


def test_the_market_is_full_up_to_the_size_that_is_set_and_no_further() -> None:
    experts, needs = [expert("a"), expert("b")], [need("m"), need("n"), need("o")]

    assert ranked(experts, needs, full_market_pairs=6).scope == "full"
    assert ranked(experts, needs, full_market_pairs=5).scope == "shortlists"


def test_progress_is_told_block_by_block_up_to_the_end(full: Ranking, sample: Sample) -> None:
    told: list[tuple[int, int, str]] = []
    rank(
        sample.experts,
        sample.needs,
        full.ranker.profiles,
        RankingSettings(),
        EligibilitySettings(),
        on_progress=lambda *step: told.append(step),
    )

    assert told[-1] == (185, 185, "ranking")
    assert [done for done, _, _ in told] == sorted(done for done, _, _ in told)


def test_every_pair_is_either_acceptable_or_barred_once(full: Ranking) -> None:
    assert (full.need_bars.sum(axis=1) == 140).all()
    assert (full.expert_bars.sum(axis=1) == 185).all()
    assert full.need_bars[:, Bar.NONE].sum() == full.expert_bars[:, Bar.NONE].sum() == len(full.need)
    assert np.array_equal(np.bincount(full.need, minlength=185), full.need_bars[:, Bar.NONE])


def test_pairs_come_by_need_then_by_expert(full: Ranking) -> None:
    assert pairs_of(full) == sorted(set(pairs_of(full)))


def test_scores_are_shares_of_1_in_whole_units(full: Ranking) -> None:
    for score in (full.firm_score, full.expert_score):
        assert score.dtype == np.int64
        assert score.min() > 0
        assert score.max() <= round(1 / SCORE_UNIT)


def test_rounding_ties_what_the_arithmetic_parts_by_a_hair() -> None:
    """The same terms in another order add up to another last digit."""
    fields = ["电机，茶叶，印染，降噪，领带", "领带，印染，降噪，电机，茶叶", "降噪，电机，领带，茶叶，印染"]
    experts = [expert(f"e{k}", text) for k, text in enumerate(fields)]
    found = ranked(experts, [need("n", "茶叶电机，领带，降噪印染")])

    assert len(set(found.firm_score.tolist())) == 1
    assert len(set(found.firm_order.tolist())) == 1


def test_a_score_is_the_weighted_sum_of_text_and_features_in_billionths(full: Ranking) -> None:
    rows = np.array([7])
    block = full.ranker.scores(Grid(rows))
    shares = {
        "firm": {"title": 0.05, "role": 0.05, "discipline": 0.03, "place": 0.03, "history": 0.05, "assessment": 0.02},
        "expert": {"discipline": 0.03, "place": 0.03, "history": 0.05, "assessment": 0.02},
    }
    for side, text, score in (("firm", 0.77, block.firm_score[0]), ("expert", 0.87, block.expert_score[0])):
        features = full.ranker.features.of(side, Grid(rows))
        expected = text * block.text[0] + sum(share * features[name][0] for name, share in shares[side].items())

        assert score * SCORE_UNIT == pytest.approx(expected, abs=SCORE_UNIT)


def test_weights_count_by_their_share_and_those_of_nothing_are_left_out() -> None:
    experts, needs = [expert("e", title="副教授")], [need("n")]
    one = ranked(experts, needs, firm=Weights(text=0.2, title=0.2))
    two = ranked(experts, needs, firm=Weights(text=0.9, title=0.9))

    assert one.ranker.weights("firm") == {"text": 0.5, "title": 0.5}
    assert one.firm_score.tolist() == two.firm_score.tolist()
    assert one.firm_score[0] * SCORE_UNIT == pytest.approx(0.5 + 0.5 * 0.75)
    assert sum(
        ranked(experts, needs, firm=Weights(text=0.3, role=0.1, history=0.7)).ranker.weights("firm").values()
    ) == (pytest.approx(1))


def test_a_weight_of_the_text_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="text must be more than 0"):
        Weights(text=0)


def test_named_ones_stand_in_their_tiers_above_all_others_who_stand_by_score() -> None:
    fields = {"a": "茶叶", "b": "茶叶，电机降噪", "c": "茶叶，电机", "d": "电机降噪", "e": "降噪"}
    experts = [expert(name, text, preferred_firms=(("n",),)) for name, text in fields.items()]
    needs = [need("n", "电机降噪", preferred_experts=(("a",), ("b", "c")))]
    order = dict(zip("abcde", ranked(experts, needs).firm_order.tolist(), strict=True))

    assert order["a"] > order["b"] == order["c"] > order["d"] > order["e"]
    assert order["a"] == 2 * TIER
    assert order["d"] < TIER


def test_an_expert_s_tiers_reach_every_need_of_a_named_firm() -> None:
    experts = [expert("e", preferred_firms=(("f",), ("g-2",)))]
    needs = [need("f-1", firm_id="f"), need("f-2", firm_id="f"), need("g-1", firm_id="g"), need("g-2", firm_id="g")]
    wishes = wishes_of(experts, needs)

    assert wishes.expert_tier.toarray().ravel().tolist() == [1, 1, 0, 2]
    assert wishes.expert_tiers.tolist() == [2]


def rating(expert_id: str, firm_id: str, year: int = 2024, **given_stars: int | None) -> Rating:
    return Rating(
        expert_id=expert_id,
        firm_id=firm_id,
        year=year,
        firm_rating=given_stars.get("by_firm"),
        expert_rating=given_stars.get("by_expert"),
    )


def histories(*ratings: Rating) -> tuple[list[list[float]], list[list[float]]]:
    """Of two experts and three needs, of which two are of one firm: the firms' view, and the experts'."""
    experts = [expert("a"), expert("b")]
    needs = [need("f-1", firm_id="f"), need("f-2", firm_id="f"), need("g")]
    features = features_of(experts, needs, ratings)
    firm, other = features.firm_history.of(Grid(np.arange(3))), features.expert_history.of(Grid(np.arange(3)))
    return firm.tolist(), np.broadcast_to(other, (3, 2)).tolist()


def test_without_ratings_the_past_is_neutral_on_both_sides() -> None:
    neutral = [[0.5, 0.5]] * 3

    assert histories() == (neutral, neutral)


def test_a_pair_goes_by_its_own_ratings_in_the_eyes_of_the_side_that_gave_them() -> None:
    firm, other = histories(rating("a", "f", by_firm=5, by_expert=1), rating("a", "f", 2025, by_firm=4))

    assert [row[0] for row in firm[:2]] == pytest.approx([7 / 8, 7 / 8])
    assert [row[0] for row in other[:2]] == [0, 0]


def test_others_go_by_what_everybody_said_drawn_towards_neutral_by_two_ratings() -> None:
    firm, other = histories(rating("a", "f", by_firm=5, by_expert=1), rating("a", "x", by_firm=4, by_expert=3))

    assert firm[2] == pytest.approx([(1 + 0.75 + 1) / 4, 0.5])
    assert other[0][1] == pytest.approx((0 + 1) / 3)
    assert other[2] == [0.5, 0.5]


@pytest.mark.parametrize(
    "empty", [rating("a", "f"), rating("nobody", "f", by_firm=5), rating("nobody", "g", by_firm=1)]
)
def test_a_rating_without_stars_or_of_somebody_unknown_is_of_no_effect_on_the_known(empty: Rating) -> None:
    assert histories(empty)[0] == histories()[0]


def test_the_past_moves_the_scores_by_its_weight() -> None:
    experts, needs = [expert("e")], [need("n")]
    weights = Weights(text=0.5, history=0.5)
    good = ranked(experts, needs, rating("e", "n", by_firm=5, by_expert=1), firm=weights, expert=weights)

    assert good.firm_score.tolist() == [1_000_000_000]
    assert good.expert_score.tolist() == [500_000_000]


def test_the_role_wanted_counts_where_it_is_offered_and_wanted() -> None:
    experts = [expert("a", roles=("技术攻关员",)), expert("b", roles=("成果转化员", "技术攻关员")), expert("c")]
    needs = [need("m", role_wanted="成果转化员"), need("n", role_wanted="技术攻关员"), need("o")]

    assert features_of(experts, needs).role.of(Grid(np.arange(3))).tolist() == [[0, 1, 0], [1, 1, 0], [0, 0, 0]]


def test_titles_rise_from_nothing_to_1() -> None:
    titles = ["", "助教", "讲师", "副教授", "教授", "神仙"]
    experts = [expert(f"e{k}", title=title) for k, title in enumerate(titles)]

    assert features_of(experts, [need("n")]).title.tolist() == [0, 0.25, 0.5, 0.75, 1, 0]


def test_positions_are_found_by_id(sample_result: MatchResult) -> None:
    ranking = sample_result.ranking

    assert all(ranking.ranker.needs[i].need_id == name for name, i in ranking.need_position.items())
    assert all(ranking.ranker.experts[j].expert_id == name for name, j in ranking.expert_position.items())
    assert (len(ranking.need_position), len(ranking.expert_position)) == (185, 140)
