"""Pairs in force as the office follows them."""

from collections.abc import Iterator
from datetime import date

import pytest

from matcher.domain.errors import NotAllowed
from matcher.services import consents, following
from matcher.services.in_force import InForce, pairs_in_force, reach
from matcher.store import Store, connect
from matcher.store.entities import Round
from tests import bureau
from tests.bureau import WHO, expert, firm, later
from tests.databases import THE_DAY, Databases


@pytest.fixture
def store(every_engine: dict[str, Databases]) -> Iterator[Store]:
    """One engine: what is read here is written by others."""
    opened = connect(every_engine["sqlite"].clean(), clock=lambda: THE_DAY)
    yield opened
    opened.close()


@pytest.fixture
def active(store: Store) -> Round:
    return bureau.active(store)


def of(store: Store, round_: Round, expert_id: str) -> InForce:
    return next(row for row in pairs_in_force(store, WHO, round_.batch_id) if row.placed.expert_id == expert_id)


def test_days_are_summed_and_the_last_entry_is_told(store: Store, active: Round) -> None:
    summer = later(store, 40)
    for day, days in ((date(2026, 6, 20), 1.5), (date(2026, 6, 12), 0.5)):
        following.log_service(summer, WHO, of(store, active, "E1").placed.id, day=day, days=days, done="现场")

    assert (of(summer, active, "E1").served, of(summer, active, "E1").last_on) == (2.0, "2026-06-20")
    assert (of(summer, active, "E4").served, of(summer, active, "E4").last_on) == (0, None)


def test_a_pair_is_quiet_when_sixty_days_passed_since_its_last_entry_or_its_beginning(
    store: Store, active: Round
) -> None:
    pair = of(store, active, "E1").placed
    following.log_service(later(store, 40), WHO, pair.id, day=date(2026, 7, 1), days=1, done="现场")

    assert not of(later(store, 70), active, "E4").is_quiet, "in force since the tenth day"
    assert of(later(store, 71), active, "E4").is_quiet
    assert not of(later(store, 71), active, "E1").is_quiet
    assert of(later(store, 100), active, "E1").is_quiet


def test_a_renewal_takes_both_sides(store: Store, active: Round) -> None:
    pair = of(store, active, "E1").placed
    following.wish_renewal(store, firm("F1"), pair.id, "firm", wishes=True)
    assert not of(store, active, "E1").both_renew
    following.wish_renewal(store, expert("E1"), pair.id, "expert", wishes=True)
    assert of(store, active, "E1").both_renew


def test_a_pair_that_ended_early_is_still_listed_and_nobody_is_called_for_it(store: Store, active: Round) -> None:
    pair = of(store, active, "E4").placed
    consents.state_consent(store, expert("E4"), "expert", "E4", "contact", given=True)
    found = reach(store, WHO, pair.id)
    assert (found["expert"].contact, found["expert"].is_open) == ("13800000004", True)
    assert not found["firm"].is_open

    summer = later(store, 40)
    following.end_placement(summer, WHO, pair.id, "quit", on=date(2026, 6, 20), why="调离", version=pair.version)
    assert of(summer, active, "E4").placed.ending == "quit"
    with pytest.raises(NotAllowed, match="没有生效"):
        reach(summer, WHO, pair.id)
