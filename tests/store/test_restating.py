"""After an erasure the log tells again what stays, and a later round begins with what the one before had."""

import base64
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import date

import pytest
from sqlalchemy import delete, insert, select, update

from matcher.services import accounts, erasing, following, forms, publishing, rounds
from matcher.services.keeping import upgrade_database
from matcher.store import Store, Writer, connect, verify
from matcher.store.entities import Account, Application, Erasure, Event, NeedForm, Round
from matcher.store.erased import covered_by
from matcher.store.schema import ACCOUNTS, EVENT_CONTENTS, EVENTS, EXPERTS, INVITATIONS
from tests import bureau
from tests.bureau import NEEDS, WHO
from tests.databases import THE_DAY, Databases
from tests.store.test_telling import codes, restored

CHANGES = [
    ("UPDATE accounts SET role = 'administrator', party = NULL, disabled_at = NULL, name = 'root', password = 'x'",
     "row accounts/1"),
    ("UPDATE accounts SET password = 'x'", "row accounts/1"),
    ("UPDATE publications SET approved_by = 'x'", "row publications/1"),
    ("UPDATE publications SET document_number = 'x'", "row publications/1"),
    ("UPDATE publications SET chain_head = 'x'", "row publications/1"),
    ("UPDATE rounds SET state = 'active'", "row rounds/1"),
    ("UPDATE rounds SET kind = 'adjustment'", "row rounds/1"),
    ("UPDATE rounds SET settings = '{}'", "row rounds/1"),
    ("UPDATE scenarios SET name = 'x'", "row scenarios/1"),
    ("UPDATE runs SET results = inputs", "row runs/1"),
    ("UPDATE batches SET erased_on = NULL", "row batches/1"),
    ("DELETE FROM scenarios", "row_gone scenarios/1"),
    ("DELETE FROM publications", "row_gone publications/1"),
    ("DELETE FROM accounts", "row_gone accounts/1"),
    ("INSERT INTO scenarios SELECT 9, round_id, 'x', settings, NULL, 1, changed_at, changed_by FROM scenarios",
     "row_of_none scenarios/9"),
    ("INSERT INTO consents VALUES ('firm', 'F1', 'notice', 1, '', 1, '', '')", "row_of_none consents/firm/F1/notice"),
    ("INSERT INTO preferences VALUES (1, 'firm', 'F1', '[]', '[]', 1, '', '')", "row_of_none preferences/1/firm/F1"),
]  # fmt: skip


def assessed(store: Store) -> Store:
    """Give a store at a day when the batch that was placed in it may be erased."""
    active = bureau.active(store)
    accounts.add(store, WHO, name="chen", role="expert", party="E1", code="E1", person="陈永")
    summer = bureau.later(store, 40)
    for placed in publishing.placements(store, WHO, active.id):
        following.assess(summer, WHO, placed.id, firm_rating=5)
    rounds.advance(summer, WHO, active.id)
    for placed in publishing.placements(store, WHO, active.id):
        following.end_placement(summer, WHO, placed.id, "expired", on=date(2026, 7, 1), why="期满")
    erasing.keep_until(summer, WHO, active.batch_id, date(2026, 12, 31))
    return bureau.later(store, 215)


@pytest.fixture(scope="module")
def erased(every_engine: dict[str, Databases]) -> Iterator[Store]:
    store = connect(every_engine["sqlite"].ready(), clock=lambda: THE_DAY)
    erasing.erase_batch(assessed(store), WHO, 1, "保存期满")
    found = verify(store)
    assert found.findings == ()
    assert "verify.unseen.erased" not in {message.code for message in found.unseen}
    yield store
    store.close()


@pytest.mark.parametrize(("change", "expected"), CHANGES)
def test_what_stays_after_an_erasure_is_held_as_before(erased: Store, change: str, expected: str) -> None:
    with closing(sqlite3.connect(erased.shown, isolation_level=None)) as bare, restored(bare):
        bare.execute("DROP TRIGGER publications_frozen")
        bare.execute(change)
        found = {f"{m.code} {m.values.get('about', '')}" for m in verify(erased).findings if m.code != "verify.guard"}
        assert f"verify.{expected}" in found


def test_an_erasure_says_how_many_rows_it_told_again_and_each_by_its_table(store: Store) -> None:
    erasing.erase_batch(assessed(store), WHO, 1, "保存期满")
    with store.reading() as view:
        events = view.listed(Event)
    again = [event.about.partition("/")[0] for event in events if event.what == "restate" and not event.is_erased]
    assert sorted(again) == ["accounts", "publications", "rounds", "runs", "scenarios"]
    said = [(event.after or {})["restated"] for event in events if event.about.startswith("erasures/")]
    assert sum(said) == len(again)
    assert verify(store).findings == ()


def test_what_an_older_version_erased_is_let_pass_and_said_to_be(
    databases: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    def erase(work: Writer, what: str, why: str, *, round_id: int | None = None, about: str | None = None) -> int:
        scope = {"first_event": 1, "last_event": work.chain.last, "round_id": round_id, "about": about}
        erasure = work.insert(Erasure, what, why, **scope, erased_at=work.at, erased_by=work.who)
        covered = select(EVENTS.c.id).where(*covered_by(erasure))
        return work.connection.execute(delete(EVENT_CONTENTS).where(EVENT_CONTENTS.c.event_id.in_(covered))).rowcount

    store = connect(databases.ready(), clock=lambda: THE_DAY)
    over = assessed(store)
    with monkeypatch.context() as before:
        before.setattr(Writer, "erase", erase)
        erasing.erase_batch(over, WHO, 1, "保存期满")
    found = verify(store)
    assert found.findings == ()
    assert [m.values["count"] for m in found.unseen if m.code == "verify.unseen.erased"] == [5]
    with store.writing(WHO.name) as work:  # the next erasure tells again what the one before did not
        work.erase("erase_batch", "保存期满", round_id=1)
        work.erase("erase_batch", "保存期满", about="accounts/1")
    found = verify(store)
    assert found.findings == ()
    assert "verify.unseen.erased" not in {message.code for message in found.unseen}
    store.close()


@pytest.fixture(scope="module")
def adjusting(every_engine: dict[str, Databases]) -> Iterator[tuple[Store, Round]]:
    store = connect(every_engine["sqlite"].ready(), clock=lambda: THE_DAY)
    opened = rounds.open_next_round(store, WHO, bureau.active(store).id, "adjustment")
    assert verify(store).findings == ()
    yield store, opened
    store.close()


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ("UPDATE experts SET title = 'x' WHERE round_id = 2 AND expert_id = 'E1'", "row experts/2/E1"),
        ("UPDATE needs SET changed_by = 'x' WHERE round_id = 2 AND need_id = 'N21'", "row needs/2/N21"),
        ("DELETE FROM needs WHERE round_id = 2 AND need_id = 'N21'", "row_gone needs/2/N21"),
        ("UPDATE experts SET expert_id = 'E9' WHERE round_id = 2 AND expert_id = 'E1'", "row_of_none experts/2/E9"),
    ],
)
def test_forms_that_a_round_took_over_are_held_to_those_of_the_round_before(
    adjusting: tuple[Store, Round], change: str, expected: str
) -> None:
    store, _ = adjusting
    with closing(sqlite3.connect(store.shown, isolation_level=None)) as bare, restored(bare):
        bare.execute(change)
        assert f"verify.{expected}" in {f"{m.code} {m.values.get('about', '')}" for m in verify(store).findings}
    assert codes(store) == set()


def test_a_party_that_is_erased_is_so_in_the_round_that_took_its_form_over(
    adjusting: tuple[Store, Round],
) -> None:
    store, opened = adjusting
    with closing(sqlite3.connect(store.shown, isolation_level=None)) as bare, restored(bare):
        with store.reading() as view:
            changed = view.get(NeedForm, round_id=opened.id, need_id="N22")
        forms.return_form(store, WHO, changed, "请补充")
        for placed in publishing.placements(store, WHO, 1):
            following.end_placement(bureau.later(store, 40), WHO, placed.id, "quit", on=date(2026, 7, 1), why="调离")
        for need in NEEDS:
            erasing.erase_party(store, WHO, "firm", need.firm_id, "申请") if need.need_id != "N22" else None
        assert codes(store) == set()
        bare.execute("UPDATE needs SET name = 'x' WHERE round_id = 1 AND need_id = 'F1'")
        assert codes(store) == {"verify.row"}


def test_a_form_that_was_erased_is_not_taken_over_by_the_next_round(databases: Databases) -> None:
    store = connect(databases.ready(), clock=lambda: THE_DAY)
    first = bureau.choosing(store)
    erasing.erase_party(store, WHO, "expert", "E4", "申请")
    with store.writing(WHO.name) as work:
        work.change(work.get(Round, id=first.id), "activate", state="active")
    following_round = rounds.open_next_round(store, WHO, first.id, "supplementary")
    assert codes(store) == set()
    with store.reading() as view:
        other = view.get(Application, round_id=following_round.id, expert_id="E1")
    with store.connected(writes=True) as connection:
        row = connection.execute(select(EXPERTS).where(EXPERTS.c.round_id == other.round_id)).mappings().first()
        connection.execute(insert(EXPERTS).values({**(row or {}), "expert_id": "E4"}))
    assert codes(store) == {"verify.row_of_none"}
    store.close()


def test_under_a_new_secret_a_password_can_not_be_exchanged_either(
    databases: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = connect(databases.ready(), clock=lambda: THE_DAY)
    for name in ("li", "wang"):
        accounts.invite(store, WHO, accounts.add(store, WHO, name=name, role="administrator", person=name).id)
    for number in range(3):  # each secret tells of the others what the one before did, by a key of its own
        with store.writing(WHO.name) as work:
            for account in work.listed(Account):
                work.change(account, "change_password", password=f"hash {number} of {account.name}")
        monkeypatch.setenv("MATCHER_SECRET", base64.b64encode(bytes([number] * 32)).decode())
        upgrade_database(store.url, new_secret=True)
        store.close()
        store = connect(store.url, clock=lambda: THE_DAY)
        assert codes(store) == set()
    with store.connected(writes=True) as connection:
        connection.execute(update(ACCOUNTS).where(ACCOUNTS.c.id == 1).values(password="hash 2 of wang"))  # noqa: S106 - no hash of anybody's
    assert codes(store) == {"verify.row"}
    store.close()


def test_secrets_of_which_the_log_says_only_that_they_are_there_are_counted_until_it_says_more(
    databases: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    def counted() -> list[object]:
        return [m.values["count"] for m in verify(store).unseen if m.code == "verify.unseen.undigested"]

    store = connect(databases.ready(), clock=lambda: THE_DAY)
    with monkeypatch.context() as before:  # as an earlier version wrote
        before.setattr("matcher.store.hiding.digest_of_hidden", lambda *_: "")
        for name in ("li", "wang"):
            accounts.invite(store, WHO, accounts.add(store, WHO, name=name, role="administrator", person=name).id)
    assert counted() == [2]
    upgrade_database(store.url, new_secret=True)
    assert (counted(), codes(store)) == ([], set())
    with store.connected(writes=True) as connection:
        connection.execute(update(INVITATIONS).where(INVITATIONS.c.id == 1).values(used_at=THE_DAY.isoformat()))
    assert codes(store) == {"verify.row"}
    store.close()
