"""How far people have come in, and whom nobody has invited."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import product

import pytest

from matcher.domain.errors import InputError
from matcher.domain.settings import Side
from matcher.services import accounts
from matcher.services.admission import ACCOUNT_STATES, admission, state_of
from matcher.services.reminding import reminders_in, reminders_of
from matcher.store import Store, connect
from matcher.store.entities import Account, Round
from tests.bureau import WHO, collecting, proposed
from tests.databases import THE_DAY, Databases

CASES: list[tuple[str, ...]] = [(), *((state,) for state in ACCOUNT_STATES), *product(ACCOUNT_STATES, repeat=2)]
"""How the accounts of a party may stand: of none, one, and two."""


@pytest.fixture
def store(every_engine: dict[str, Databases]) -> Iterator[Store]:
    """On one engine: what is asked here is asked of rows that are read already."""
    opened = connect(every_engine["sqlite"].ready())
    yield opened
    opened.close()


def put(store: Store, side: Side, party: str, state: str, number: int) -> None:
    """Make an account of a party that stands so."""
    made = accounts.add(store, WHO, name=f"{party}-{number}", role=side, party=party)
    if state == "active":
        with store.writing("tests") as work:
            work.change(work.get(Account, id=made.id), "tests", password="a hash")  # noqa: S106 - opens nothing
    elif state == "invited":
        accounts.invite(store, WHO, made.id)
    elif state == "disabled":
        accounts.disable(store, WHO, made.id)


@pytest.mark.parametrize("part", range(3))
def test_whoever_is_uninvited_is_whom_the_bulk_invitation_invites(store: Store, part: int) -> None:
    round_ = collecting(store)
    parties = [(side, own_id) for side, names in admission(store, WHO, round_.id).parties.items() for own_id in names]
    cases = dict(zip(parties, CASES[part::3], strict=True))
    for (side, party), states in cases.items():
        for number, state in enumerate(states):
            put(store, side, party, state, number)
    found = admission(store, WHO, round_.id)

    assert [state_of(status) for status in found.accounts] == [state for states in cases.values() for state in states]
    invited = accounts.invite_parties(store, WHO, round_.id)
    assert [(one.side, one.own_id) for one in found.uninvited] == [
        (one.account.role, one.account.party) for one in invited
    ]
    assert all(one.has_account == bool(cases[one.side, one.own_id]) for one in found.uninvited)
    assert admission(store, WHO, round_.id).uninvited == ()


def test_an_invitation_that_has_run_out_is_none(store: Store) -> None:
    round_ = collecting(store)
    accounts.invite_parties(store, WHO, round_.id, days=1)
    later = replace(store, clock=lambda: store.clock() + timedelta(days=2))

    assert len(admission(later, WHO, round_.id).uninvited) == 7
    assert all(one.has_account for one in admission(later, WHO, round_.id).uninvited)


def test_without_a_round_there_are_accounts_alone_and_a_round_must_be_there(store: Store) -> None:
    accounts.add(store, WHO, name="wangfang", role="administrator")
    found = admission(store, WHO, None)

    assert ([status.account.name for status in found.accounts], found.parties, found.uninvited) == (
        ["wangfang"],
        {},
        (),
    )
    with pytest.raises(InputError):
        admission(store, WHO, 4711)


def test_reminders_are_those_of_the_sheet_without_how_to_reach_anybody(store: Store) -> None:
    here = replace(store, clock=lambda: THE_DAY)
    round_ = proposed(here)
    with here.reading() as view:
        whole = reminders_in(view, view.get(Round, id=round_.id))

    assert any(one.contact for one in whole)
    assert reminders_of(here, WHO, round_.id) == [replace(one, contact="") for one in whole]
