"""Whether a round can be matched is said before it is, and in the words in which the run would fail."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from matcher.domain.errors import MatcherError
from matcher.domain.settings import Settings
from matcher.services import feasibility, proposing, publishing, rounds, scenarios
from matcher.services.feasibility import _market
from matcher.services.freezing import freeze, load_frozen, unfrozen
from matcher.services.placing import place
from matcher.store import Store, connect
from matcher.store.entities import Event, Round
from tests.bureau import WHO, colleague, expert, matching, proposed
from tests.databases import THE_DAY, Databases


@pytest.fixture
def store(every_engine: dict[str, Databases]) -> Iterator[Store]:
    """One engine: nothing here is written."""
    opened = connect(every_engine["sqlite"].clean(), clock=lambda: THE_DAY)
    yield opened
    opened.close()


@pytest.fixture
def round_(store: Store) -> Round:
    return matching(store)


def settings(**assignment: Any) -> Settings:
    return Settings.model_validate({"assignment": assignment})


def quota(column: str, value: str = "*", **limits: Any) -> dict[str, Any]:
    return {"column": column, "value": value, **limits}


def said_by_a_run(store: Store, round_: Round, chosen: Settings, folder: Path) -> tuple[Any, ...]:
    """Run it indeed, and give why it failed."""
    with store.reading() as view:
        try:
            place(load_frozen(freeze(view, round_, chosen), folder), folder / "out", started=0.0)
        except MatcherError as fault:
            return fault.messages
    return ()


def test_it_is_asked_of_the_same_input_that_a_run_would_read(store: Store, round_: Round, tmp_path: Path) -> None:
    chosen = settings(quotas=[quota("township", maximum=1)], bans=[("F2", "E2")], seed=3)
    with store.reading() as view:
        asked, ran = unfrozen(view, round_, chosen), load_frozen(freeze(view, round_, chosen), tmp_path)
    for name in ("experts", "needs", "ratings", "settings", "keep", "rules"):
        assert getattr(asked, name) == getattr(ran, name), name


def test_what_can_be_matched_has_no_reasons_and_says_what_there_is(store: Store, round_: Round) -> None:
    found = feasibility.feasibility(store, WHO, round_.id, settings(quotas=[quota("township", maximum=1)]))

    assert found.is_feasible
    assert (found.figures["needs"], found.figures["experts"]) == (4, 4)
    assert (found.figures["places_wanted"], found.figures["places_offered"]) == (4, 5)
    assert [(limit.maximum, limit.locked, limit.is_impossible) for limit in found.limits] == [(1, 0, False)] * 3


@pytest.mark.parametrize(
    "rules",
    [
        {"quotas": [quota("township", "浦口街道", minimum=3)]},
        {"quotas": [quota("township", minimum=1), quota("institution", "东海大学", maximum=0)]},
        {"minimum_people": 9},
        {"locks": [("F1", "E1"), ("F3", "E1")]},
        {"locks": [("F1", "E1")], "bans": [("F1", "E1")]},
        {"objective": "total", "quotas": [quota("industry", minimum=2)], "minimum_people": 4},
    ],
    ids=["too small a group", "only together", "too few people", "one expert twice", "lock and ban", "several"],
)
def test_what_cannot_is_said_as_the_run_would_say_it(
    store: Store, round_: Round, tmp_path: Path, rules: dict[str, Any]
) -> None:
    chosen = settings(**rules)
    found = feasibility.feasibility(store, WHO, round_.id, chosen)

    assert not found.is_feasible
    assert list(map(str, found.reasons)) == list(map(str, said_by_a_run(store, round_, chosen, tmp_path)))


def test_a_rule_that_names_nobody_is_said_too(store: Store, round_: Round) -> None:
    found = feasibility.feasibility(store, WHO, round_.id, settings(quotas=[quota("township", "浦口", maximum=1)]))
    assert "相近的有：浦口街道" in str(found.reasons[0])

    bonus = feasibility.feasibility(store, WHO, round_.id, settings(keep_bonus=1.0))
    assert "keep_bonus" in str(bonus.reasons[0])

    empty = rounds.open_batch(store, WHO, "2027", 2027)
    assert "没有已受理的表格" in str(feasibility.feasibility(store, WHO, empty.id, Settings()).reasons[0])


def test_an_impossible_limit_is_marked(store: Store, round_: Round) -> None:
    chosen = settings(
        quotas=[quota("township", "浦口街道", minimum=3), quota("title", "教授", maximum=0)], locks=[("F1", "E1")]
    )
    limits = feasibility.feasibility(store, WHO, round_.id, chosen).limits
    assert [(limit.possible, limit.locked, limit.is_impossible) for limit in limits] == [(1, 0, True), (1, 1, True)]


def test_scores_are_counted_once_for_all_quotas_and_again_for_other_weights_or_people(
    store: Store, round_: Round
) -> None:
    def asked(chosen: Settings, who: Any = WHO) -> int:
        feasibility.feasibility(store, who, round_.id, chosen)
        return _market.cache_info().misses

    first = asked(settings(seed=5))
    assert asked(settings(objective="total", quotas=[quota("industry", maximum=1)], minimum_people=2)) == first
    assert asked(Settings.model_validate({"ranking": {"min_fit": 0.2}})) == first + 1
    assert asked(settings(days_per_placement=30)) == first + 2
    assert asked(settings(), colleague("另一位")) == first + 3


def test_to_ask_writes_nothing(store: Store, round_: Round) -> None:
    scenario = scenarios.create(store, WHO, round_.id, "一")
    with store.reading() as view:
        before = len(view.listed(Event))
    feasibility.feasibility(store, WHO, round_.id, settings(minimum_people=9))
    feasibility.groups(store, WHO, round_.id)
    feasibility.fixed_pairs(store, WHO, scenario.id)
    with store.reading() as view:
        assert len(view.listed(Event)) == before


def test_groups_are_the_cells_that_occur(store: Store, round_: Round) -> None:
    found = feasibility.groups(store, WHO, round_.id)
    assert found["township"] == ("三江街道", "浦口街道", "鹿山街道")
    assert found["title_level"] == ("professor",)
    assert found["in_city"] == ("yes", "no")
    assert found["zone"] == ()


def test_fixed_pairs_have_names_and_those_of_the_round_can_not_be_lifted(store: Store) -> None:
    confirming = proposed(store)
    placed = next(row for row in publishing.placements(store, WHO, confirming.id) if row.expert_id == "E1")
    proposing.answer(store, expert("E1"), placed.id, "expert", accepts=False, why="方向不合")
    again = rounds.step_back(store, WHO, confirming.id, "重新安排")
    scenario = scenarios.create(store, WHO, again.id, "二", settings(locks=[("F3", "E4")], bans=[("F2", "E3")]))

    rows = [
        (row.kind, row.pair, row.firm, row.expert, row.is_of_round)
        for row in feasibility.fixed_pairs(store, WHO, scenario.id)
    ]
    assert rows == [
        ("lock", ("F3", "E4"), "灶王厨具", "吴燃", False),
        ("ban", ("N21", "E3"), "越锦丝绸", "周茶", False),
        ("ban", ("N22", "E3"), "越锦丝绸", "周茶", False),
        ("ban", ("F1", "E1"), "嵊星电机", "陈永", True),
    ]
