"""Rows come back as they went in, every change is written down, and nobody overwrites what he did not see."""

import dataclasses
import stat
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from matcher.domain.errors import ChangedMeanwhile, InputError
from matcher.domain.records import Expert, Need
from matcher.store import Store, Writer, connect, upgrade
from matcher.store import entities as entities_module
from matcher.store.entities import Application, Batch, Entity, Event, NeedForm, Preferences, Round, Scenario
from matcher.store.schema import METADATA, form_fields
from tests.databases import Databases

ENTITIES = [
    kind
    for kind in vars(entities_module).values()
    if isinstance(kind, type) and issubclass(kind, Entity) and kind is not Entity
]
NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)

# What people may type: everything but what no database holds.
words = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12)
required = words.filter(str.strip)
ids = st.text(
    st.characters(codec="utf-8", exclude_categories=["C", "Z"], exclude_characters=";=；"), min_size=1, max_size=8
)
lists = st.lists(words, max_size=3).map(tuple)
shared = {
    "capacity": st.integers(1, 10),
    "days_per_year": st.none() | st.integers(0, 366),
    "mode": st.sampled_from(["onsite", "online", "either"]),
    "accepts_others": st.booleans(),
    "contact": words,
}
experts = st.builds(
    Expert, expert_id=ids, name=required, institution=required, research_fields=required, city=words, title=words,
    degree=words, birth_year=st.none() | st.integers(1900, 2100), in_post=st.none() | st.booleans(),
    other_list=st.none() | st.booleans(), discipline=words, expertise=words, achievements=words, roles=lists,
    team_members=lists, consent=st.none() | st.booleans(), **shared,
)  # fmt: skip
needs = st.builds(
    Need, firm_id=ids, need_id=ids, name=required, industry=required, need_title=required, credit_code=words,
    township=words, zone=words, products=words, above_scale=st.none() | st.booleans(),
    high_tech=st.none() | st.booleans(), need_detail=words, cooperation=words, role_wanted=words,
    related_institutions=lists, **shared,
)  # fmt: skip

EXPERT = Expert(expert_id="E1", name="陈永", institution="东海大学", research_fields="电机", contact="13800000001")


@pytest.fixture
def round_(store: Store) -> Round:
    return opened(store)


@pytest.fixture(scope="module")
def in_sqlite(every_engine: dict[str, Databases]) -> Iterator[Store]:
    store = connect(every_engine["sqlite"].ready())
    opened(store)
    yield store
    store.close()


def opened(store: Store) -> Round:
    with store.writing("x") as work:
        batch = work.insert(Batch, "open", name="a", year=2026, follows=None, created_at=work.at, created_by="x")
        blank = {"answer_by": None, "silence": None, "proposed_run": None}
        values = {"batch_id": batch.id, "number": 1, "kind": "first", "state": "collecting", "settings": {}}
        return work.insert(Round, "open", **values, **blank)


def apply(work: Writer, round_id: int, record: Expert = EXPERT, why: str | None = None) -> Application:
    blank = {"returned_because": None, "consent_on": None, "consent_document": None}
    return work.insert(Application, "write_form", why, round_id=round_id, record=record, state="draft", **blank)


def events(store: Store) -> list[Event]:
    with store.reading() as view:
        return [event for event in view.listed(Event) if event.what != "open"]


@pytest.mark.parametrize("kind", ENTITIES)
def test_the_fields_of_an_entity_are_the_columns_of_its_table(kind: type[Entity]) -> None:
    names = [part.name for part in dataclasses.fields(kind)]  # ty: ignore[invalid-argument-type]
    record = getattr(kind, "RECORD", None)
    if record is not None:
        at = names.index("record")
        names[at : at + 1] = form_fields(record)
    assert names == [column.name for column in getattr(kind, "SOURCE", kind.TABLE).columns]


def test_every_table_has_its_entity_but_that_of_the_files_and_that_which_is_read_with_the_events() -> None:
    assert {kind.TABLE.name for kind in ENTITIES} == METADATA.tables.keys() - {"files", "event_contents"}


@settings(max_examples=40)
@given(expert=experts, need=needs)
def test_records_come_back_as_they_went_in(in_sqlite: Store, expert: Expert, need: Need) -> None:
    with in_sqlite.writing("x") as work:
        application = apply(work, 1, expert)
        form = work.insert(NeedForm, "tests", round_id=1, record=need, state="draft", returned_because=None)
    with in_sqlite.writing("x") as work:
        assert work.get(Application, round_id=1, expert_id=expert.expert_id) == application
        assert work.get(NeedForm, round_id=1, need_id=need.need_id) == form
        assert (application.record, form.record) == (expert, need)
        work.delete(application, "tests")
        work.delete(form, "tests")


def test_lists_of_lists_and_every_script_come_back_as_they_went_in(store: Store, round_: Round) -> None:
    tiers, vetoes = (("F1", "F2"), ("𠮷😀",)), (("F3", "同业\n“竞争”; = '"),)
    record = replace(
        EXPERT, expertise="é\u0301 \u202e\t\\0 %s {x} 𠮷", roles=("a;b", ""), days_per_year=None, consent=False
    )
    with store.writing("x") as work:
        apply(work, round_.id, record)
        key: dict[str, Any] = {"round_id": round_.id, "side": "expert", "own_id": "E1"}
        work.insert(Preferences, "tests", **key, tiers=tiers, vetoes=vetoes)
        content = bytes(range(256)) * 5
        digest = work.keep_file(content)
        assert work.keep_file(content) == digest
    with store.reading() as view:
        stated = view.get(Preferences, **key)
        assert (stated.tiers, stated.vetoes) == (tiers, vetoes)
        assert view.get(Application, round_id=round_.id, expert_id="E1").record == record
        assert view.file(digest) == content


def test_a_change_is_written_down_with_who_when_what_before_after_and_why(databases: Databases) -> None:
    store = connect(databases.ready(), clock=lambda: NOON)
    round_ = opened(store)
    with store.writing("王科长") as work:
        changed = work.change(round_, "advance", "都齐了", state="choosing", answer_by="2026-12-01")
    assert (changed.version, changed.changed_by, changed.changed_at) == (2, "王科长", "2026-11-26T12:00:00Z")
    [event] = events(store)
    assert event == Event(
        id=event.id,
        at="2026-11-26T12:00:00Z",
        who="王科长",
        what="advance",
        round_id=round_.id,
        about=f"rounds/{round_.id}",
        before={"state": "collecting", "answer_by": None},
        after={"state": "choosing", "answer_by": "2026-12-01"},
        why="都齐了",
        is_erased=False,
    )
    store.close()


def test_what_was_there_can_be_told_from_the_events_alone(store: Store, round_: Round) -> None:
    with store.writing("x") as work:
        first = apply(work, round_.id)
        second = work.change(first, "a", record=replace(EXPERT, title="教授", capacity=2))
        third = work.change(second, "b", state="submitted")
        work.delete(third, "c", "走了")
    told: dict[str, Any] = {}
    for event in events(store):
        assert event.about == f"experts/{round_.id}/E1"
        assert event.round_id == round_.id
        if event.before and event.after:
            assert {name: told[name] for name in event.before} == event.before
        told |= event.after or {}
    last = events(store)[-1]
    assert last.after is None
    assert last.before is not None
    assert {name: value for name, value in told.items() if name not in ("contact", "version")} == {
        name: value for name, value in last.before.items() if name not in ("contact", "version")
    }


def test_contact_data_is_named_as_changed_and_never_by_value(store: Store, round_: Round) -> None:
    with store.writing("x") as work:
        row = apply(work, round_.id)
        row = work.change(row, "a", record=replace(row.record, contact="13900000002"))
        row = work.change(row, "b", record=replace(row.record, contact=""))
        work.delete(work.change(row, "c", record=replace(row.record, contact="13700000003")), "d")
    told = events(store)
    changes = [((event.before or {}).get("contact"), (event.after or {}).get("contact")) for event in told]
    assert changes == [(None, "•"), ("•", "•"), ("•", ""), ("", "•"), ("•", None)]
    assert not any(number in repr(told) for number in ("13800000001", "13900000002", "13700000003"))


def test_what_does_not_change_is_neither_written_nor_written_down(store: Store, round_: Round) -> None:
    with store.writing("x") as work:
        assert work.change(round_, "advance", state="collecting") == round_
    assert events(store) == []


def test_a_copy_is_the_same_but_for_what_is_said_and_is_no_decision(store: Store, round_: Round) -> None:
    with store.writing("x") as work:
        row = work.change(apply(work, round_.id), "a", state="accepted")
        other = work.insert(
            Round, "tests", **{name: getattr(round_, name) for name in ("batch_id", "kind", "state", "settings")},
            number=2, answer_by=None, silence=None, proposed_run=None,
        )  # fmt: skip
        count = len(work.listed(Event))
        copied = work.copy(row, round_id=other.id)
        assert copied == replace(row, round_id=other.id, version=1)
        assert len(work.listed(Event)) == count


def test_who_did_not_see_the_last_change_changes_nothing(store: Store, round_: Round) -> None:
    with store.writing("李") as work:
        seen = work.get(Round, id=round_.id)
        work.change(seen, "advance", state="choosing")
    before = events(store)
    with pytest.raises(ChangedMeanwhile, match="李"), store.writing("x") as work:
        work.get(Round, id=round_.id, version=seen.version)
    with pytest.raises(ChangedMeanwhile), store.writing("x") as work:
        work.change(seen, "advance", state="matching")
    with store.reading() as view:
        assert view.get(Round, id=round_.id).state == "choosing"
    assert events(store) == before


def test_a_row_that_is_gone_can_not_be_changed(store: Store, round_: Round) -> None:
    with store.writing("x") as work:
        row = apply(work, round_.id)
        work.delete(row, "tests")
    with pytest.raises(ChangedMeanwhile), store.writing("x") as work:
        work.change(row, "a", state="submitted")


def test_whatever_is_raised_inside_nothing_is_written(store: Store, round_: Round) -> None:
    def broken() -> None:
        with store.writing("x") as work:
            apply(work, round_.id)
            work.keep_file(b"x")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        broken()
    with store.reading() as view:
        assert view.listed(Application) == []
    assert events(store) == []


def test_a_row_that_is_not_there_says_which(store: Store) -> None:
    with pytest.raises(InputError, match="没有这个轮次：7"), store.reading() as view:
        view.get(Round, id=7)


def test_rows_are_listed_by_their_keys_and_a_tuple_means_any_of_its_values(store: Store, round_: Round) -> None:
    with store.writing("x") as work:
        for name in ("E3", "E1", "E2"):
            apply(work, round_.id, replace(EXPERT, expert_id=name))
    with store.reading() as view:
        assert [row.own_id for row in view.listed(Application)] == ["E1", "E2", "E3"]
        assert [row.own_id for row in view.listed(Application, expert_id=("E3", "E1"))] == ["E1", "E3"]
        assert view.listed(Application, expert_id=()) == []


UNWRITABLE = ("a\0b", "a\ud800b")


@pytest.mark.parametrize("text", UNWRITABLE)
def test_what_no_database_holds_is_refused_in_a_sentence_and_nothing_is_written(
    store: Store, round_: Round, text: str
) -> None:
    def write(**values: Any) -> None:
        with store.writing(values.pop("who", "x")) as work:
            work.change(work.get(Round, id=round_.id), "a", values.pop("why", None), **{"answer_by": "b", **values})

    def find() -> None:
        with store.reading() as view:
            view.find(Batch, name=text)

    for values in ({"answer_by": text}, {"who": text}, {"why": text}):
        with pytest.raises(InputError, match=r"'a\\+(x00|ud800)b' 含有不是文字的字符"):
            write(**values)
    with pytest.raises(InputError, match="含有不是文字的字符"):
        find()
    with store.reading() as view:
        assert view.get(Round, id=round_.id) == round_
    assert events(store) == []


def test_half_a_character_is_refused_inside_of_lists_too(store: Store, round_: Round) -> None:
    with pytest.raises(InputError, match="含有不是文字的字符"), store.writing("x") as work:
        work.insert(Scenario, "a", round_id=round_.id, name="a", settings={"x": ["\udcff"]}, copied_from=None)
    assert events(store) == []


def test_a_number_that_is_too_large_is_refused_in_a_sentence(store: Store) -> None:
    with pytest.raises(InputError, match="数 99999999999 太大"), store.writing("x") as work:
        work.insert(Batch, "a", name="a", year=99999999999, follows=None, created_at="", created_by="")
    with pytest.raises(InputError, match="太大"), store.reading() as view:
        view.get(Round, id=2**31)


def test_an_error_of_ours_shows_nothing_of_what_somebody_has_written(store: Store) -> None:
    with pytest.raises(Exception, match="nowhere") as ours, store.connected() as connection:
        connection.execute(text("SELECT * FROM nowhere WHERE contact = :it"), {"it": "13812345678"})
    assert "13812345678" not in str(ours.value)


def test_the_file_of_the_database_is_its_owners_alone(tmp_path: Path) -> None:
    made = connect(f"sqlite:///{tmp_path / 'home' / 'matcher.db'}", create=True)
    upgrade(made)
    assert stat.S_IMODE((tmp_path / "home" / "matcher.db").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "home").stat().st_mode) == 0o700
