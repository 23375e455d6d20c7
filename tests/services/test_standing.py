from collections import Counter
from dataclasses import replace

from matcher.domain.messages import Message
from matcher.services import publishing, rounds, runs, scenarios
from matcher.services.proposing import answer, propose
from matcher.services.showing import board_of
from matcher.services.spread import against_the_best, places_by_institution, ranks_reached, townships_by_industry
from matcher.services.standing import Standing, TakenBack, scenario_first, standing
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


def test_a_list_that_was_taken_back_says_so_once_and_its_pairs_are_as_if_nobody_was_asked(store: Store) -> None:
    store = replace(store, clock=lambda: THE_DAY)
    round_ = proposed(store)
    declined, accepted, *_ = publishing.placements(store, WHO, round_.id)
    answer(store, party(declined, "firm"), declined.id, "firm", accepts=False, why="方向不符")
    answer(store, party(accepted, "expert"), accepted.id, "expert", accepts=True)
    before = _standing_of_first(store, round_.id)
    assert before.taken_back is None
    back = rounds.step_back(store, WHO, round_.id, "重新匹配")
    found = _standing_of_first(store, round_.id)

    n_pairs = len(publishing.placements(store, WHO, round_.id))
    assert found.taken_back == TakenBack("2026-06-01", "重新匹配", n_pairs - 1, 1)
    assert [row.pair for of_need in found.placed.values() for row in of_need.values()] == [declined.pair]
    assert not found.is_changed, "that a pair is barred now is not the scenario's doing"

    again = runs.queue(store, WHO, found.scenario.id)
    runs.claim(store, again.id, "here")
    runs.fail(store, again.id, "here", [Message("runs.nobody_accepted")])
    assert _standing_of_first(store, back.id).failed == runs.run_of(store, WHO, again.id)


def test_what_is_before_both_sides_again_is_not_taken_back(store: Store) -> None:
    store = replace(store, clock=lambda: THE_DAY)
    round_ = proposed(store)
    run_id = round_.proposed_run
    rounds.step_back(store, WHO, round_.id, "改期")
    assert run_id is not None
    propose(store, WHO, run_id, answer_by=THE_DAY.date(), silence="accept")
    found = _standing_of_first(store, round_.id)

    assert found.taken_back is None
    assert {row.state for of_need in found.placed.values() for row in of_need.values()} == {"proposed"}


def _standing_of_first(store: Store, round_id: int) -> Standing:
    scenario = scenario_first(store, WHO, round_id)
    assert scenario is not None
    found = standing(store, WHO, scenario)
    assert found is not None
    return found


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
