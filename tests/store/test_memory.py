"""A process that answers many questions remembers what it read, and never shows what is no longer so."""

from collections.abc import Callable, Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event, update

from matcher.domain.errors import InputError, StorageError
from matcher.store import Reader, Store, Writer, connect
from matcher.store.entities import Batch, Event, Run, Scenario
from matcher.store.schema import BATCHES
from tests.databases import THE_DAY, Databases
from tests.store.test_access import opened


@pytest.fixture
def serving(store: Store) -> Iterator[Store]:
    """The same database, as a process that serves has it."""
    opened(store)
    served = connect(store.url, serves=True, clock=lambda: THE_DAY)
    yield served
    served.close()


@pytest.fixture
def asked(serving: Store) -> list[str]:
    """What the process that serves asks of tables, but for the log's end."""
    found: list[str] = []

    def note(_connection, _cursor, statement: str, *_: object) -> None:
        if "FROM" in statement and "FROM events" not in statement:
            found.append(statement)

    event.listen(serving.engine, "before_cursor_execute", note)
    return found


def names(store: Store) -> list[str]:
    with store.reading() as view:
        return [batch.name for batch in view.listed(Batch)]


def named(store: Store, name: str) -> None:
    with store.writing("somebody else") as work:
        work.change(work.get(Batch, id=1), "rename", name=name)


def test_nothing_is_read_again_until_somebody_has_written(store: Store, serving: Store, asked: list[str]) -> None:
    assert [names(serving) for _ in range(3)] == [["a"]] * 3
    assert len(asked) == 1
    named(store, "b")
    assert [names(serving) for _ in range(3)] == [["b"]] * 3
    assert len(asked) == 2


def test_who_writes_reads_for_himself_and_sees_what_he_wrote(serving: Store, asked: list[str]) -> None:
    names(serving)
    del asked[:]
    with serving.writing("x") as work:
        batch = work.get(Batch, id=1)
        work.change(batch, "rename", name="b")
        assert [row.name for row in work.listed(Batch)] == ["b"]
    assert len(asked) > 1
    assert names(serving) == ["b"]


def test_what_was_taken_back_was_never_there(serving: Store) -> None:
    with pytest.raises(InputError), serving.writing("x") as work:
        work.get(Batch, id=work.change(work.get(Batch, id=1), "rename", name="b").id + 1)
    assert names(serving) == ["a"]


def test_a_reader_sees_one_moment_however_much_is_written_and_remembered_meanwhile(
    store: Store, serving: Store
) -> None:
    with serving.reading() as slow:
        assert [batch.name for batch in slow.listed(Batch)] == ["a"]
        named(store, "b")
        assert names(serving) == ["b"]
        assert slow.get(Batch, id=1).name == "a"
    assert names(serving) == ["b"]


def test_what_changes_without_an_entry_is_never_remembered(store: Store, serving: Store) -> None:
    def heartbeats() -> list[object]:
        with serving.reading() as view:
            return [run.heartbeat_at for run in view.listed(Run)]

    assert heartbeats() == []
    blank: dict[str, object] = dict.fromkeys(("error", "worker", "stage", "started_at", "heartbeat_at", "ended_at"))
    blank |= {"inputs": {}, "results": {}, "done": 0, "total": 0, "queued_at": store.now(), "queued_by": "x"}
    with store.writing("x") as work:
        scenario = work.insert(Scenario, "create_scenario", round_id=1, name="s", settings={})
        work.insert(Run, "queue", **blank, scenario_id=scenario.id, scenario_version=1, state="queued", language="zh")
    assert heartbeats() == [None]
    with store.writing("x") as work:
        work.change(work.listed(Run)[0], None, heartbeat_at=work.at)
    assert heartbeats() == [store.now()]


def test_a_row_that_the_log_tells_of_changes_only_with_an_entry(store: Store) -> None:
    opened(store)
    with pytest.raises(AssertionError, match="batches"), store.writing("x") as work:
        work.change(work.get(Batch, id=1), None, name="b")
    assert names(store) == ["a"]


def test_what_was_made_of_rows_is_made_once_a_moment(store: Store, serving: Store) -> None:
    made: list[int] = []

    def make(view: Reader, batch_id: int) -> str:
        made.append(batch_id)
        return view.get(Batch, id=batch_id).name.upper()

    def ask(of: Store) -> str:
        with of.reading() as view:
            return view.once(make, 1)

    assert [ask(serving), ask(serving)] == ["A", "A"]
    assert made == [1]
    named(store, "b")
    assert ask(serving) == "B"
    assert [ask(store), ask(store)] == ["B", "B"]
    assert made == [1, 1, 1, 1]


def test_a_list_that_was_given_is_ones_own(serving: Store) -> None:
    with serving.reading() as view:
        view.listed(Batch).clear()
        assert len(view.listed(Batch)) == 1


ACTIONS: dict[str, Callable[[Writer, int], object]] = {
    "rename": lambda work, n: work.change(work.get(Batch, id=1), "rename", name=f"n{n}"),
    "add": lambda work, n: work.insert(
        Batch, "open", name=f"m{n}", year=n, follows=None, created_at=work.at, created_by="x"
    ),
    "note": lambda work, n: work.note("look", f"batches/{n}"),
    "take away": lambda work, n: [
        work.delete(row, "drop") for row in work.listed(Batch) if row.id > 1 and row.year < n
    ],
}


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.sampled_from([*ACTIONS, "look"]), st.integers(0, 9)), max_size=12))
def test_whoever_remembers_sees_what_whoever_does_not_sees(
    every_engine: dict[str, Databases], actions: list[tuple[str, int]]
) -> None:
    plain = connect(every_engine["sqlite"].clean(), clock=lambda: THE_DAY)
    opened(plain)
    serving = connect(plain.url, serves=True, clock=lambda: THE_DAY)
    for n, (action, value) in enumerate(actions):
        if action in ACTIONS:
            with plain.writing("x") as work:
                ACTIONS[action](work, value * 100 + n)
        with plain.reading() as one, serving.reading() as other:
            assert one.listed(Batch) == other.listed(Batch)
            assert one.find(Batch, year=2026) == other.find(Batch, year=2026)
            assert one.listed(Event) == other.listed(Event)
    plain.close()
    serving.close()


def test_a_connection_that_was_cut_is_made_anew(every_engine: dict[str, Databases]) -> None:
    postgresql = every_engine["postgresql"]
    serving = connect(postgresql.ready(), serves=True)
    opened(serving)
    assert names(serving) == ["a"]
    postgresql.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname ~ '^t'")
    assert names(serving) == ["a"]
    serving.close()


def test_one_look_sees_one_moment_until_who_looks_writes(store: Store, serving: Store) -> None:
    begun: list[object] = []
    event.listen(serving.engine, "begin", begun.append)
    with serving.looking():
        assert names(serving) == ["a"]
        named(store, "b")
        assert [names(serving) for _ in range(3)] == [["a"]] * 3
        assert len(begun) == 1
        with serving.reading() as one, serving.reading() as other:
            assert one is other
        named(serving, "c")
        named(store, "d")
        assert names(serving) == ["d"]
        assert names(store) == ["d"], "another store is none of this look"
    named(store, "e")
    assert names(serving) == ["e"]


def test_a_look_goes_on_after_a_question_that_could_not_be_asked(serving: Store) -> None:
    with serving.looking():
        assert names(serving) == ["a"]
        with pytest.raises(StorageError), serving.reading() as view:
            view.connection.execute(update(BATCHES).values(name="b"))
        assert names(serving) == ["a"]
    assert "Checked out connections: 0" in serving.engine.pool.status()
