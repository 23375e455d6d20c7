from collections import Counter
from dataclasses import replace

from matcher.services import publishing, runs, scenarios
from matcher.services.proposing import answer
from matcher.services.showing import board_of
from matcher.services.spread import against_the_best, places_by_institution, ranks_reached, townships_by_industry
from matcher.services.standing import scenario_first, standing
from matcher.store import Store
from tests.bureau import EXPERTS, WHO, matching, party, proposed, ran
from tests.databases import THE_DAY


def test_the_list_of_a_scenario_is_that_of_its_last_run_until_one_is_proposed(store: Store) -> None:
    round_ = matching(store)
    scenario = scenarios.create(store, WHO, round_.id, "空")
    assert standing(store, WHO, scenario.id) is None
    assert scenario_first(store, WHO, round_.id) is None
    first, second = ran(store, round_), ran(store, round_)

    assert scenario_first(store, WHO, round_.id) == second.scenario_id
    found = standing(store, WHO, first.scenario_id)
    assert found is not None
    assert (found.shown.run.id, found.is_changed, dict(found.placed)) == (first.id, False, {})


def test_a_change_and_a_run_that_waits_are_told(store: Store) -> None:
    run = ran(store, matching(store))
    scenarios.ban(store, WHO, run.scenario_id, ("F1", "E1"), "理由")
    waiting = runs.queue(store, WHO, run.scenario_id)
    found = standing(store, WHO, run.scenario_id)

    assert found is not None
    assert found.is_changed
    assert found.waiting == waiting
    assert found.bans == (("F1", "E1"),)


def test_a_pair_that_a_side_declined_is_to_be_reviewed_and_may_not_be_had_again(store: Store) -> None:
    store = replace(store, clock=lambda: THE_DAY)
    round_ = proposed(store)
    placed = publishing.placements(store, WHO, round_.id)[0]
    answer(store, party(placed, "firm"), placed.id, "firm", accepts=False, why="方向不符")
    scenario = scenario_first(store, WHO, round_.id)
    assert scenario is not None
    found = standing(store, WHO, scenario)
    assert found is not None
    lines = {(line.need_id, line.expert_id): line for line in board_of(store, WHO, found.shown.run.id).placements}

    assert found.is_to_review(lines[placed.pair])
    assert not any(found.is_to_review(line) for pair, line in lines.items() if pair != placed.pair)


def test_every_pair_and_every_place_is_counted_once_in_each_chart(store: Store) -> None:
    board = board_of(store, WHO, ran(store, matching(store)).id)
    assert board.rebuilt is not None
    n_pairs = len(board.placements)

    for side in ("firm", "expert"):
        assert sum(row["count"] for row in ranks_reached(board) if row["side"] == side) == n_pairs > 0
    places = places_by_institution(board, board.rebuilt)
    assert sum(row["offered"] for row in places) == sum(expert.capacity for expert in EXPERTS)
    assert sum(row["used"] for row in places) == n_pairs
    assert sum(row["count"] for row in against_the_best(board, board.rebuilt)) == 3
    assert sum(row["pairs"] for row in townships_by_industry(board, 15)) == n_pairs
    counted = Counter(line.township for line in board.placements)
    folded = townships_by_industry(board, 2)
    (kept,) = {row["township"] for row in folded} - {None}
    assert counted[kept] == max(counted.values())
    assert sum(row["pairs"] for row in folded if row["township"] == kept) == counted[kept]
    assert sum(row["pairs"] for row in folded) == n_pairs
