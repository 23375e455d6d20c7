"""The scenarios of a round at a glance: how far each is, what it reached, and the ranks of both sides."""

from matcher.services import outcomes, runs, scenarios, standings
from matcher.services.standings import RANKS
from matcher.store import Store
from tests.bureau import WHO, matching, ran


def test_each_scenario_says_how_far_it_is_the_newest_first(store: Store) -> None:
    round_ = matching(store)
    first = ran(store, round_)
    waiting = runs.queue(store, WHO, scenarios.copy(store, WHO, first.scenario_id, "二").id)
    scenarios.create(store, WHO, round_.id, "三")
    third, second, one = standings.standings(store, WHO, round_.id)

    assert (third.scenario.name, third.newest, third.done, third.figures) == ("三", None, None, None)
    assert second.newest == waiting
    assert second.figures is None
    assert (one.done, one.is_outdated) == (first, False)
    (row,) = outcomes.compare(store, WHO, [first.scenario_id])
    assert one.figures is not None
    assert {name: row[name] for name in row if name in one.figures} == {
        name: value for name, value in one.figures.items() if not name.startswith("places_")
    }
    assert (one.figures["places_wanted"], one.figures["places_offered"]) == (4, 5)


def test_a_result_is_old_once_its_scenario_was_changed_and_stays_while_another_runs(store: Store) -> None:
    round_ = matching(store)
    first = ran(store, round_)
    scenarios.ban(store, WHO, first.scenario_id, ("F1", "E1"), "回避")
    again = runs.queue(store, WHO, first.scenario_id)
    (one,) = standings.standings(store, WHO, round_.id)
    assert (one.done, one.newest, one.is_outdated) == (first, again, True)


def test_every_pair_is_counted_once_a_side_among_the_ranks(store: Store) -> None:
    run = ran(store, matching(store))
    with store.reading() as view:
        lines = runs.lines_of(view, run)
    for row in standings.ranks_reached(store, WHO, [run.scenario_id]):
        assert len(row.counts) == len(RANKS)
        assert sum(row.counts) == len(lines)
        assert row.counts[0] == sum(getattr(line, f"{row.side}_rank") == 1 for line in lines)
