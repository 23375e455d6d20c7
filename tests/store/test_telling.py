"""Whoever changes by SQL a row of which the log tells is found out: a role, a party, a consent, an answer, a state."""

import sqlite3
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager
from datetime import date
from typing import Any

import pytest
from sqlalchemy import JSON, Boolean, Column, Float, Integer, insert, update

from matcher.domain.roles import Principal
from matcher.services import accounts, consents, following, preferences, publishing, rounds, signing_in
from matcher.services.keeping import upgrade_database
from matcher.store import Store, connect, verify
from matcher.store.entities import Account, Event, Invitation
from matcher.store.log import newest_entries
from matcher.store.schema import ACCOUNTS, METADATA
from matcher.store.telling import TOLD
from tests import bureau
from tests.bureau import WHO
from tests.databases import THE_DAY, Databases

UNSEEN = {f"runs.{name}" for name in ("heartbeat_at", "stage", "done", "total")} | {"experts.contact", "needs.contact"}
"""Columns that no entry names, and those of which it says whether there is something, not what."""
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
    with store.writing("zhang") as work:
        work.change(work.get(Invitation, id=1), "redeem", used_at=work.at)
        work.change(work.get(Account, id=account.id), "redeem", password="$argon2id$1")  # noqa: S106 - no one's
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
        try:
            yield
        finally:
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
            if str(column) in UNSEEN:
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


@pytest.mark.parametrize(
    ("change", "about"),
    [
        ("UPDATE accounts SET password = '$argon2id$2' WHERE id = 1", "accounts/1"),
        ("UPDATE accounts SET code = 'F2' WHERE id = 2", "accounts/2"),
        ("UPDATE accounts SET version = 9 WHERE id = 1", "accounts/1"),
        ("UPDATE invitations SET token = 'x' || substr(token, 2)", "invitations/1"),
        ("UPDATE invitations SET used_at = NULL", "invitations/1"),
        ("UPDATE placements SET changed_at = '2026-06-09T00:00:00Z' WHERE id = 1", "placements/1"),
        ("UPDATE placements SET changed_by = 'li' WHERE id = 1", "placements/1"),
        ("UPDATE marks SET value = 'x' WHERE name = 'basis.notice'", "marks/basis.notice"),
        ("INSERT INTO marks VALUES ('demo', 'x')", "marks/demo"),
        ("UPDATE runs SET state = 'failed'", "runs/1"),
        ("INSERT INTO preferences VALUES (1, 'expert', 'E9', '[]', '[]', 1, '', '')", "preferences/1/expert/E9"),
    ],
)  # fmt: skip
def test_what_decides_something_is_held_by_value(
    told: Store, bare: sqlite3.Connection, change: str, about: str
) -> None:
    bare.execute(change)
    assert [message.values for message in verify(told).findings] == [{"about": about}]


def test_which_secret_an_entry_is_about_is_not_to_be_read(told: Store) -> None:
    with told.reading() as view:
        read = newest_entries(view, limit=500)
        kept = [row.after for row in view.listed(Event) if row.after]
    assert all(after["token"].startswith("•") and len(after["token"]) == 33 for after in kept if "token" in after)
    found = [value for entry in read for side in (entry.before, entry.after) for value in (side or {}).items()]
    assert {value for name, value in found if name in ("password", "token")} == {"•", None}
    assert ("code", "F1") in found


def of_f1(store: Store) -> Account:
    with store.reading() as view:
        return view.get(Account, name="wang")


def renewed(store: Store, name: str) -> None:
    with store.writing(name) as work:
        work.change(work.get(Account, name=name), "renew_password", password="hash")  # noqa: S106 - of nobody


def taken_away(store: Store) -> None:
    with store.writing("x") as work:
        work.delete(work.get(Invitation, id=1), "revoke_invitation")


LAUNDERED: dict[str, tuple[str, Callable[[Store], object], str]] = {
    "a password, by a login that renews it": (
        "UPDATE accounts SET password = 'mine' WHERE name = 'wang'",
        lambda store: renewed(store, "wang"),
        "accounts/2",
    ),
    "a consent, by another": (
        "UPDATE consents SET given = 1, basis = 'x'",
        lambda store: consents.state_consent(store, WHO, "expert", "E1", "contact", given=False, basis="书面二"),
        "consents/expert/E1/contact",
    ),
    "a person, by another name": (
        "UPDATE accounts SET person = 'x' WHERE name = 'wang'",
        lambda store: accounts.change(store, WHO, of_f1(store).id, person="王某"),
        "accounts/2",
    ),
    "a row, by being taken away": (
        "UPDATE invitations SET expires_at = '2099-01-01T00:00:00Z'",
        taken_away,
        "invitations/1",
    ),
    "a row that nobody added, by a change": (
        "INSERT INTO accounts (id, name, role, person, version, changed_at, changed_by)"  # noqa: ISC004 - one text
        " VALUES (9, 'm', 'firm', '', 1, '', '')",
        lambda store: accounts.change(store, WHO, 9, person="明"),
        "accounts/9",
    ),
}  # fmt: skip
"""What somebody changed by SQL, and what an honest user then did to the same."""


@pytest.mark.parametrize("what", LAUNDERED)
def test_what_was_changed_past_the_log_stays_found_when_somebody_changes_it_again(
    told: Store, bare: sqlite3.Connection, what: str
) -> None:
    by_sql, honestly, about = LAUNDERED[what]
    bare.execute(by_sql)
    assert codes(told)
    honestly(told)
    assert ("verify.before", about) in {(m.code, m.values.get("about")) for m in verify(told).findings}


def test_under_a_new_secret_nothing_but_secrets_begins_anew(databases: Databases) -> None:
    store = connect(databases.ready(), clock=lambda: THE_DAY)
    accounts.add(store, WHO, name="li", role="administrator", person="李")
    with store.connected(writes=True) as connection:
        connection.execute(update(ACCOUNTS).values(person="x"))
        connection.execute(
            insert(ACCOUNTS).values(name="m", role="administrator", person="m", version=1, changed_at="", changed_by="")
        )
    before = {(m.code, m.values["about"]) for m in verify(store).findings}
    assert before == {("verify.row", "accounts/1"), ("verify.row_of_none", "accounts/2")}
    upgrade_database(store.url, new_secret=True)
    after = {(m.code, m.values["about"]) for m in verify(store).findings}
    assert after == {("verify.before", "accounts/1"), ("verify.before", "accounts/2")}
    store.close()


def test_a_value_that_looks_like_what_stands_for_a_secret_is_held_like_any_other(
    told: Store, bare: sqlite3.Connection
) -> None:
    accounts.change(told, WHO, of_f1(told).id, person="•")
    assert codes(told) == set()
    bare.execute("UPDATE accounts SET person = 'x' WHERE person = '•'")
    assert codes(told) == {"verify.row"}


def test_true_and_one_are_two_where_a_column_holds_json(told: Store, bare: sqlite3.Connection) -> None:
    bare.execute("UPDATE rounds SET settings = replace(settings, 'true', '1')")
    assert codes(told) == {"verify.row"}


PUBLISHED, RUN = "verify.row publications/1", "verify.row runs/1"
MADE_ANEW = (
    "CREATE TABLE anew ({1}); INSERT INTO anew SELECT * FROM {0}; {2}; DROP TABLE {0}; ALTER TABLE anew RENAME TO {0}"
)
ODD = [
    *((f"UPDATE runs SET inputs = '{value}', results = inputs", RUN) for value in ("[1]", "null", "{")),  # noqa: S608 - values of ours
    *((f"UPDATE publications SET files = '{value}'", PUBLISHED) for value in ("[]", '"x"', "null", '{"a": [1]}', "{")),  # noqa: S608
    ("UPDATE publications SET files = x'ff'", PUBLISHED),
    ("UPDATE publications SET files = printf('%.*c', 99999, '[')", PUBLISHED),
    ("UPDATE placements SET line = 'x'", "verify.row placements/1"),
    ("UPDATE preferences SET tiers = '{'", "verify.row preferences/1/expert/E1"),
    ("UPDATE preferences SET tiers = '[NaN]'", "verify.row preferences/1/expert/E1"),
    ("UPDATE rounds SET settings = 'x'", "verify.row rounds/1"),
    ("UPDATE rounds SET number = 'x'", "verify.row rounds/1"),
    ("UPDATE accounts SET person = CAST(x'ff' AS TEXT) WHERE id = 1", "verify.row accounts/1"),
    ("UPDATE accounts SET name = x'ff' WHERE id = 1", "verify.row accounts/1"),
    ("UPDATE service_log SET days = 'long'", "verify.row service_log/1"),
    ("INSERT INTO erasures VALUES (7, 'x', x'00', NULL, x'00', '', '')", "verify.row_of_none erasures/7"),
    ("INSERT INTO consents VALUES ('', x'ff', '', 2, '', 1, '', '')", r"verify.row_of_none consents//b'\xff'/"),
    ("UPDATE files SET content = 'text'", "verify.file"),
    *((f"UPDATE event_contents SET {name} = '{value}' WHERE event_id = 2", "verify.content")  # noqa: S608
      for name in ("before", "after") for value in ("[]", '"x"', "{")),
    ("UPDATE event_contents SET salt = x'00' WHERE event_id = 2", "verify.content"),
    ("UPDATE event_contents SET why = 5.5 WHERE event_id = 2", "verify.content"),
    *((f"UPDATE events SET {name} = x'00ff' WHERE id = 2", "verify.entry")  # noqa: S608
      for name in ("at", "who", "what", "about", "digest", "mac", "round_id")),
    ("UPDATE events SET round_id = 9e999 WHERE id = 2", "verify.entry"),
    ("UPDATE events SET about = 'experts' WHERE id = 2", "verify.entry"),
    ("UPDATE events SET about = 'rounds/x' WHERE what = 'open_round'", "verify.entry"),
    ("UPDATE marks SET value = x'00' WHERE name = 'key'", "verify.key"),
    *((f"UPDATE event_contents SET before = '{'[' * deep}{']' * deep}' WHERE event_id = 2", "verify.content")  # noqa: S608
      for deep in (970, 980, 2000)),
    (MADE_ANEW.format("events", "id, at, who, what, round_id, about, digest, mac",
                      "UPDATE anew SET id = 'x' WHERE id = 3"), "verify.form"),
    (MADE_ANEW.format("marks", "name, value", "INSERT INTO anew SELECT * FROM marks"), "verify.form"),
    ("DROP TABLE runs", "verify.table"),
    ("DROP TABLE files", "verify.table"),
    ("DROP TABLE marks", "verify.table"),
    ("ALTER TABLE objections DROP COLUMN ground", "verify.table"),
]  # fmt: skip
"""What somebody has put there, and what is found by it."""


@pytest.mark.parametrize(("odd", "expected"), ODD)
def test_whatever_is_put_into_a_row_is_a_finding_and_the_rest_is_looked_at(
    told: Store, bare: sqlite3.Connection, odd: str, expected: str
) -> None:
    for (name,) in bare.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        bare.execute(f"DROP TRIGGER {name}")
    bare.execute("UPDATE assessments SET firm_rating = 1")
    bare.execute("PRAGMA legacy_alter_table = ON")
    bare.executescript(odd)
    found = {f"{message.code} {message.values.get('about', '')}".strip() for message in verify(told).findings}
    is_log_followed = "DROP TABLE events" not in odd
    assert {expected, *(["verify.row assessments/2"] if is_log_followed else [])} <= found


def test_a_log_that_is_gone_leaves_nothing_to_hold_rows_to(told: Store, bare: sqlite3.Connection) -> None:
    bare.execute("DROP TABLE event_contents")
    assert codes(told) == {"verify.table", "verify.guard"}
