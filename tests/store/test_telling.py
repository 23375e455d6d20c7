"""Whoever changes by SQL a row of which the log tells is found out: a role, a party, a consent, an answer, a state."""

import sqlite3
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from datetime import date
from typing import Any

import pytest
from sqlalchemy import JSON, Boolean, Column, Float, Integer

from matcher.domain.roles import Principal
from matcher.services import accounts, consents, following, preferences, publishing, rounds, signing_in
from matcher.store import Store, connect, verify
from matcher.store.schema import METADATA
from matcher.store.telling import TOLD
from tests import bureau
from tests.bureau import WHO
from tests.databases import THE_DAY, Databases

BY_ITSELF = {"version", "changed_at", "changed_by", "used_at"}
"""Columns that no entry names."""
SHADED = {"contact", "password", "token", "code"}
"""Columns of which entries say whether there is something, not what."""
TABLES = sorted(set(TOLD) - {"publications", "withdrawals", "erasures"})
"""Those of rows that change; the others have tests of their own, beside those of the chain."""


@pytest.fixture(scope="module")
def told(every_engine: dict[str, Databases]) -> Iterator[Store]:
    """A database with rows in each table that the log tells of; which engine it is does not matter to what is told."""
    store = connect(every_engine["sqlite"].ready(), clock=lambda: THE_DAY)
    choosing = bureau.choosing(store)
    preferences.state_preferences(store, bureau.expert("E1"), choosing.id, "expert", "E1", tiers=(("F1",),))
    published = bureau.published(store, rounds.advance(store, WHO, choosing.id))
    one, other, *_ = publishing.placements(store, WHO, published.round_id)
    publishing.receive_objection(store, WHO, one.id, "王某", "与企业有投资关系")
    publishing.decide_objection(store, WHO, 1, "查无此事", upheld=False)
    later = bureau.later(store, 10)
    publishing.activate(later, WHO, published.round_id)
    following.log_service(later, WHO, other.id, day=date(2026, 6, 11), days=0.5, done="到厂诊断")
    following.assess(later, WHO, other.id, firm_rating=4, expert_rating=5)
    account = accounts.add(store, WHO, name="zhang", role="administrator", person="张敏")
    accounts.invite(store, WHO, account.id)
    wang = accounts.add(store, WHO, name="wang", role="firm", party="F1", code="F1", person="王芳")
    accounts.disable(store, WHO, wang.id)
    zhang = Principal("zhang", "administrator", account_id=account.id)
    signing_in.accept_statement(store, zhang, signing_in.STATEMENT)
    consents.state_consent(store, WHO, "expert", "E1", "contact", given=False, basis="书面")
    assert verify(store).is_sound
    yield store
    store.close()


def codes(store: Store) -> set[str]:
    return {message.code for message in verify(store).findings}


@pytest.fixture
def bare(told: Store) -> Iterator[sqlite3.Connection]:
    """Past everything of ours: no references, no checks; afterwards everything is as it was."""
    with closing(sqlite3.connect(told.shown, isolation_level=None)) as connection, restored(connection):
        connection.execute("PRAGMA ignore_check_constraints = ON")
        yield connection


@contextmanager
def restored(bare: sqlite3.Connection) -> Generator[None]:
    with closing(sqlite3.connect(":memory:")) as kept:
        bare.backup(kept)
        yield
        kept.backup(bare)


@pytest.mark.parametrize("name", TABLES)
def test_whichever_column_is_changed_and_whichever_row_is_taken_away_it_is_found(
    told: Store, bare: sqlite3.Connection, name: str
) -> None:
    columns = METADATA.tables[name].columns
    rows = bare.execute(f"SELECT rowid, * FROM {name} ORDER BY rowid").fetchall()  # noqa: S608 - names of ours
    for at, *values in rows[-1:]:
        with restored(bare):
            bare.execute(f"DELETE FROM {name} WHERE rowid = ?", (at,))  # noqa: S608 - names of ours
            assert codes(told) == {"verify.row_gone"}
        for column, was in zip(columns, values, strict=True):
            if column.name in BY_ITSELF or (column.name in SHADED and was):
                continue
            with restored(bare):
                bare.execute(f"UPDATE {name} SET {column.name} = ? WHERE rowid = ?", (forged(column, was), at))  # noqa: S608 - names of ours
                assert codes(told) & {"verify.row", "verify.row_gone"}, (column.name, was)
    assert codes(told) == set()


def forged(column: Column[Any], was: Any) -> Any:
    if isinstance(column.type, Boolean):
        return not was
    if isinstance(column.type, Integer | Float):
        return (was or 0) + 90_000
    return '["forged"]' if isinstance(column.type, JSON) else f"{was or ''}x"


@pytest.mark.parametrize(
    ("name", "change"),
    [("accounts", "id = 99, name = 'li', person = '李'"), ("consents", "side = 'expert', party = 'E9'")],
)
def test_a_row_that_no_entry_added_is_found(told: Store, bare: sqlite3.Connection, name: str, change: str) -> None:
    bare.execute(f"CREATE TEMP TABLE forged AS SELECT * FROM {name} LIMIT 1")  # noqa: S608 - names of ours
    bare.execute(f"UPDATE forged SET {change}")  # noqa: S608 - names of ours
    bare.execute(f"INSERT INTO {name} SELECT * FROM forged")  # noqa: S608 - names of ours
    assert codes(told) == {"verify.row_of_none"}


def test_what_was_shut_out_is_found_when_it_is_let_in_again(told: Store, bare: sqlite3.Connection) -> None:
    [number] = bare.execute("SELECT id FROM accounts WHERE disabled_at IS NOT NULL").fetchone()
    bare.execute("UPDATE accounts SET disabled_at = NULL")
    [found] = verify(told).findings
    assert (found.code, found.values["about"]) == ("verify.row", f"accounts/{number}")
