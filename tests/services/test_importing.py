"""Spreadsheets into a round: the differences first, then all or nothing; and the same list as from the files."""

import csv
import json
import signal
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, fields, replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from matcher.domain.errors import ChangedMeanwhile, InputError, NotAllowed
from matcher.domain.records import Rating
from matcher.domain.rounds import STATES, confirm_allowed
from matcher.domain.settings import Settings
from matcher.files import read_settings
from matcher.files.record_text import records_csv
from matcher.files.writing import csv_bytes
from matcher.services import following, forms, preferences, rounds
from matcher.services.freezing import earlier_ratings, freeze, load_frozen
from matcher.services.importing import Counts, apply, import_new
from matcher.services.importing import preview as previewed_in
from matcher.services.placing import place
from matcher.store import Store, Writer, connect, open_store
from matcher.store.entities import (
    Application,
    EarlierPair,
    EarlierRating,
    Event,
    NeedForm,
    PlacedPair,
    Preferences,
    Round,
)
from tests import bureau
from tests.bureau import WHO, colleague, firm
from tests.city import City, run
from tests.databases import Databases
from tests.dying import import_files, in_a_child
from tests.strategies import DATA

SAMPLE = {"experts": DATA / "experts.csv", "firms": DATA / "firms.csv", "ratings": DATA / "ratings.csv"}
EXPERT = ("expert_id", "name", "institution", "research_fields")
FIRM = ("firm_id", "need_id", "name", "township", "industry", "need_title")
TABLES = (Round, Application, NeedForm, Preferences, EarlierRating, EarlierPair, Event)

Sheet = Callable[..., Path]


@pytest.fixture
def sheet(tmp_path: Path) -> Sheet:
    """Write a spreadsheet, its rows given as mappings; a name that a row has not is blank."""

    def written(name: str, *rows: Mapping[str, Any], columns: Sequence[str] = ()) -> Path:
        header = list(columns) or list(dict.fromkeys(column for row in rows for column in row))
        path = tmp_path / f"{name}.csv"
        path.write_bytes(csv_bytes(header, [[row.get(column, "") for column in header] for row in rows]))
        return path

    return written


def as_row(record: Any, *more: str) -> dict[str, Any]:
    names = EXPERT if hasattr(record, "institution") else FIRM
    return {name: getattr(record, name) for name in (*names, *more)}


def experts(*but: int) -> list[dict[str, Any]]:
    """The bureau's experts as rows, but for those at some places."""
    return [as_row(record) for place, record in enumerate(bureau.EXPERTS) if place not in but]


def needs(*but: int) -> list[dict[str, Any]]:
    return [as_row(record) for place, record in enumerate(bureau.NEEDS) if place not in but]


def opened(store: Store, **options: Any) -> Round:
    return rounds.open_batch(store, WHO, "2026", 2026, **options)


def everything(store: Store) -> dict[str, list[Any]]:
    with store.reading() as view:
        return {kind.TABLE.name: view.listed(kind) for kind in TABLES}


def preview(store: Store, round_id: int, **files: Any) -> Any:
    """Preview; what the type can't know is which sheets were given."""
    return previewed_in(store, WHO, round_id, **files)


def form(store: Store, round_: Round, own_id: str) -> Any:
    for side in forms.forms(store, WHO, round_.id):
        for one in side:
            if one.own_id == own_id:
                return one
    raise AssertionError(f"no form {own_id}")


def events(store: Store) -> list[Any]:
    with store.reading() as view:
        return sorted(view.listed(Event, what="import_forms"), key=lambda event: event.about)


def wishes_of(store: Store, round_: Round, own_id: str) -> Preferences:
    with store.reading() as view:  # the office may not look at them in every state
        return view.get(Preferences, round_id=round_.id, own_id=own_id)


# ---- the preview


def test_a_preview_tells_what_is_new_changed_gone_and_the_same_and_writes_nothing(store: Store, sheet: Sheet) -> None:
    round_ = bureau.choosing(store)
    before = everything(store)
    changed = {**experts()[1], "research_fields": "真丝提花", "preferred_firms": "F2", "contact": "13800009999"}
    newcomer = {"expert_id": "E5", "name": "何新", "institution": "越州学院", "research_fields": "竹材加工"}
    found = preview(store, round_.id, experts=sheet("experts", experts()[0], changed, newcomer))
    assert found.problems == ()
    assert [expert.expert_id for expert in found.experts.new] == ["E5"]
    assert [expert.expert_id for expert in found.experts.gone] == ["E3", "E4"]
    assert found.experts.same == 1
    (one,) = found.experts.changed
    assert (one.id, one.name) == ("E2", "林蓝")
    assert {change.name: (change.before, change.after) for change in one.fields} == {
        "research_fields": ("功能性纤维；真丝染整色牢度", "真丝提花"),
        "preferred_firms": ((), (("F2",),)),
        "contact": ("", "•"),
    }
    assert (found.needs, found.ratings, found.keep) == (None, None, None)
    assert everything(store) == before


def test_contact_data_is_never_shown_and_never_written_down_by_value(store: Store, sheet: Sheet) -> None:
    round_ = bureau.collecting(store)
    rows = [{**row, "contact": f"1370000000{place}"} for place, row in enumerate(experts())]
    rows.append({**rows[0], "expert_id": "E9", "contact": "13700000009"})
    found = preview(store, round_.id, experts=sheet("experts", *rows))
    assert "1370000" not in repr(found)
    assert "1380000" not in repr(found)
    assert len(found.experts.changed) == 4
    apply(store, WHO, found)
    assert form(store, round_, "E9").record.contact == "13700000009"
    assert not any("1370000" in json.dumps([dict(e.before or {}), dict(e.after or {})]) for e in events(store))


def test_what_is_wrong_in_the_files_keeps_its_file_its_row_and_its_column(store: Store, sheet: Sheet) -> None:
    round_ = opened(store)
    of_experts = sheet("experts", {**experts()[0], "capacity": "许多"}, experts()[1])
    of_firms = sheet("firms", {**needs()[0], "preferred_experts": "E77"}, needs()[0])
    found = preview(store, round_.id, experts=of_experts, firms=of_firms)
    assert [(Path(p.path).name, p.row, p.column) for p in found.problems] == [
        ("experts.csv", 2, "experts.capacity"),
        ("firms.csv", 3, "firms.need_id"),
    ]
    assert found.experts.gone == ()
    with pytest.raises(InputError, match="可服务企业数"):
        apply(store, WHO, found)
    assert everything(store)["experts"] == []


def test_references_are_looked_at_as_the_round_would_be_afterwards(store: Store, sheet: Sheet) -> None:
    round_ = bureau.choosing(store)
    preferences.state_preferences(store, WHO, round_.id, "firm", "F1", tiers=(("E4",),))
    # One that the sheet names is in the round, though in no sheet.
    assert preview(store, round_.id, experts=sheet("a", {**experts()[0], "preferred_firms": "N22"})).problems == ()
    (problem,) = preview(store, round_.id, experts=sheet("b", {**experts()[0], "preferred_firms": "F8"})).problems
    assert (problem.message.code, problem.row, problem.column) == ("input.unknown_id", 2, "experts.preferred_firms")
    # One who is wished for is gone: wrong only once he is taken away, and told by the form that wishes.
    found = preview(store, round_.id, experts=sheet("c", *experts(3)))
    assert found.problems == ()
    (problem,) = found.removal_problems
    assert "批次中已有的F1" in str(problem)
    assert "E4" in str(problem)
    with pytest.raises(InputError, match="E4"):
        apply(store, WHO, found, remove_gone=True)
    apply(store, WHO, found)
    assert form(store, round_, "E4").state == "accepted"


def test_what_is_worth_a_look_is_said_of_the_rows_of_the_sheets(store: Store, sheet: Sheet, tmp_path: Path) -> None:
    round_ = bureau.collecting(store)
    forms.return_form(store, WHO, form(store, round_, "E1"), "缺成果")
    forms.write_form(store, WHO, round_.id, bureau.EXPERTS[1], version=form(store, round_, "E2").version)
    rating = {"expert_id": "E8", "firm_id": "F1", "year": 2024, "firm_rating": 4}
    keep = tmp_path / "keep.csv"
    keep.write_text("need_id,expert_id\nF1,E1\nF7,E1\n", encoding="utf-8")
    nobody = {**experts()[2], "accepts_others": "否"}
    found = preview(
        store,
        round_.id,
        experts=sheet("experts", *experts(2, 3), nobody, columns=(*EXPERT, "accepts_others")),
        ratings=sheet("ratings", rating),
        keep=keep,
    )
    assert [warning.message.code for warning in found.warnings] == [
        "input.ratings_of_nobody",
        "input.names_nobody",
        "input.keep_gone",
        "importing.stays_draft",
        "importing.stays_returned",
    ]
    assert all(str(warning) for warning in found.warnings)


# ---- what a sheet does not say


def test_a_column_that_is_not_there_leaves_what_the_round_has(store: Store, sheet: Sheet) -> None:
    round_ = bureau.choosing(store)
    preferences.state_preferences(store, WHO, round_.id, "expert", "E4", tiers=(("F3",),), vetoes=[("F1", "有纠纷")])
    apply(store, WHO, preview(store, round_.id, experts=sheet("experts", {**experts()[3], "name": "吴焰"})))
    now = form(store, round_, "E4")
    assert now.record == replace(bureau.EXPERTS[3], name="吴焰")
    assert wishes_of(store, round_, "E4").version == 1


def test_a_blank_cell_empties_its_field(store: Store, sheet: Sheet) -> None:
    round_ = bureau.choosing(store)
    preferences.state_preferences(store, WHO, round_.id, "expert", "E2", tiers=(("F2",),), vetoes=[("F1", "有纠纷")])
    columns = (*EXPERT, "title", "capacity", "preferred_firms", "vetoed_firms")
    rows = sheet("experts", experts()[0], {**experts()[1], "vetoed_firms": "F1"}, columns=columns)
    apply(store, WHO, preview(store, round_.id, experts=rows))
    assert form(store, round_, "E1").record.title == ""
    assert form(store, round_, "E2").record.capacity == 1
    wishes = wishes_of(store, round_, "E2")
    assert (wishes.tiers, wishes.vetoes) == ((), (("F1", "有纠纷"),))


def test_a_contact_column_without_any_contact_is_one_left_out_but_one_blank_cell_is_blank(
    store: Store, sheet: Sheet
) -> None:
    round_ = bureau.collecting(store)
    columns = (*EXPERT, "contact")
    found = preview(store, round_.id, experts=sheet("experts", *experts(), columns=columns))
    assert all(change.name != "contact" for one in found.experts.changed for change in one.fields)
    rows = [{**experts()[0], "contact": "13700000001"}, experts()[3]]
    apply(store, WHO, preview(store, round_.id, experts=sheet("experts", *rows, columns=columns)))
    assert [form(store, round_, name).record.contact for name in ("E1", "E4")] == ["13700000001", ""]


def test_a_consent_with_its_document_outlives_a_blank_cell_but_not_another_word(store: Store, sheet: Sheet) -> None:
    round_ = bureau.collecting(store)
    forms.record_consent(
        store, WHO, form(store, round_, "E1"), consents=True, on=date(2026, 3, 1), document="东海函〔2026〕7号"
    )
    blank = sheet("experts", experts()[0], columns=(*EXPERT, "consent"))
    apply(store, WHO, preview(store, round_.id, experts=blank))
    assert form(store, round_, "E1").consent_document == "东海函〔2026〕7号"
    found = preview(store, round_.id, experts=sheet("experts", {**experts()[0], "consent": "不同意"}))
    assert [warning.message.code for warning in found.warnings] == ["importing.consent_undone"]
    apply(store, WHO, found)
    now = form(store, round_, "E1")
    assert (now.record.consent, now.consent_on, now.consent_document) == (False, None, None)


# ---- what is written


def test_records_arrive_accepted_or_submitted_with_their_wishes(store: Store, sheet: Sheet) -> None:
    round_ = opened(store)
    of_experts = sheet("experts", {**experts()[0], "preferred_firms": "F2;F1=F3", "vetoed_firms": "N22"}, experts()[1])
    found = preview(store, round_.id, experts=of_experts, firms=sheet("firms", *needs()))
    done = apply(store, WHO, found, accept=False)
    assert (done.experts, done.needs, done.ratings) == (Counts(new=2), Counts(new=4), None)
    assert {one.state for side in forms.forms(store, WHO, round_.id) for one in side} == {"submitted"}
    wishes = wishes_of(store, round_, "E1")
    assert wishes.tiers == (("F2",), ("F1", "F3"))
    assert wishes.vetoes == (("N22", "importing.veto_of_sheet"),)
    with store.reading() as view:
        assert view.find(Preferences, round_id=round_.id, own_id="E2") is None
    again = preview(store, round_.id, experts=of_experts, firms=sheet("firms", *needs()))
    done = apply(store, WHO, again)
    assert (done.experts, done.needs) == (Counts(same=2, accepted=2), Counts(same=4, accepted=4))
    assert {one.state for side in forms.forms(store, WHO, round_.id) for one in side} == {"accepted"}


def test_every_state_of_a_form_has_its_way_through_an_import(store: Store, sheet: Sheet) -> None:
    def states(*, changed: bool, accept: bool) -> list[str]:
        round_ = bureau.collecting(store, f"{changed} {accept}")
        forms.write_form(store, WHO, round_.id, bureau.EXPERTS[0], version=form(store, round_, "E1").version)
        forms.write_form(store, WHO, round_.id, bureau.EXPERTS[1], version=form(store, round_, "E2").version)
        forms.submit_form(store, WHO, form(store, round_, "E2"))
        forms.return_form(store, WHO, form(store, round_, "E3"), "缺成果")
        rows = [{**row, "research_fields": f"{row['research_fields']}{'、竹材' * changed}"} for row in experts()]
        apply(store, WHO, preview(store, round_.id, experts=sheet("experts", *rows)), accept=accept)
        return [form(store, round_, name).state for name in ("E1", "E2", "E3", "E4")]

    assert states(changed=False, accept=True) == ["draft", "accepted", "returned", "accepted"]
    assert states(changed=False, accept=False) == ["draft", "submitted", "returned", "accepted"]
    assert states(changed=True, accept=True) == ["accepted"] * 4
    assert states(changed=True, accept=False) == ["submitted"] * 4


def test_what_is_gone_stays_unless_it_is_to_be_removed_and_then_it_is_written_down(store: Store, sheet: Sheet) -> None:
    round_ = bureau.choosing(store)
    preferences.state_preferences(store, WHO, round_.id, "firm", "F3", tiers=(("E4",),))
    of_firms = sheet("firms", *needs(3))
    assert apply(store, WHO, preview(store, round_.id, firms=of_firms)).needs == Counts(same=3)
    assert form(store, round_, "F3").state == "accepted"
    done = apply(store, WHO, preview(store, round_.id, firms=of_firms), remove_gone=True)
    assert done.needs == Counts(removed=1, same=3)
    assert [one.own_id for one in forms.forms(store, WHO, round_.id)[1]] == ["F1", "N21", "N22"]
    of_form, of_wishes = events(store)
    assert (of_form.about, of_form.after, of_form.before["need_title"]) == (
        f"needs/{round_.id}/F3",
        None,
        bureau.NEEDS[3].need_title,
    )
    assert of_wishes.before["tiers"] == [["E4"]]
    # It comes back as a new form, without the wishes that it had.
    apply(store, WHO, preview(store, round_.id, firms=sheet("firms", *needs())))
    assert form(store, round_, "F3").version == 1
    assert wishes_of(store, round_, "F3").tiers == ()


def test_a_form_whose_pair_is_in_force_is_not_removed(store: Store, sheet: Sheet) -> None:
    round_ = bureau.collecting(store)
    with store.writing(WHO.name) as work:
        from matcher.store.entities import Run, Scenario

        scenario = work.insert(Scenario, "tests", round_id=round_.id, name="甲", settings={}, copied_from=None)
        blank = dict.fromkeys(("error", "worker", "stage", "started_at", "heartbeat_at", "ended_at"))
        run_ = work.insert(
            Run, None, scenario_id=scenario.id, scenario_version=1, state="done", language="zh", inputs={}, results={},
            done=0, total=0, queued_at=work.at, queued_by=WHO.name, **blank,
        )  # fmt: skip
        answers = dict.fromkeys(("firm_answer", "firm_reason", "expert_answer", "expert_reason"))
        ends = dict.fromkeys(("ending", "ended_on", "ended_because"))
        ids = {"firm_id": "F3", "need_id": "F3", "expert_id": "E4"}
        where = {"batch_id": round_.batch_id, "round_id": round_.id, "run_id": run_.id}
        work.insert(PlacedPair, "tests", **where, **ids, line={}, state="active", **answers, **ends)
    found = preview(store, round_.id, experts=sheet("experts", *experts(3)), firms=sheet("firms", *needs(2, 3)))
    assert [(p.message.code, p.message.values["id"]) for p in found.removal_problems] == [
        ("importing.in_force", "E4"),
        ("importing.in_force", "F3"),
    ]
    with pytest.raises(InputError, match="E4 有生效中的派驻"):
        apply(store, WHO, found, remove_gone=True)


def test_ratings_and_pairs_to_keep_are_told_apart_by_their_ids(store: Store, sheet: Sheet) -> None:
    round_ = opened(store)
    old = {"expert_id": "E1", "firm_id": "F1", "year": 2024, "firm_rating": 4, "need_title": "降噪"}
    twice = {"expert_id": "E2", "firm_id": "F1", "year": 2023, "firm_rating": 2, "need_title": ""}
    pairs = [
        {"firm_id": "F1", "need_id": "F1", "expert_id": "E1"},
        {"firm_id": "F2", "need_id": "N1", "expert_id": "E1"},
    ]
    files = {"ratings": sheet("ratings", old, twice, twice), "keep": sheet("keep", *pairs, pairs[0])}
    done = apply(store, WHO, preview(store, round_.id, **files))
    assert (done.ratings, done.keep) == (Counts(new=3), Counts(new=2))
    done = apply(store, WHO, preview(store, round_.id, **files))
    assert (done.ratings, done.keep) == (Counts(same=3), Counts(same=2))

    better = {**old, "firm_rating": 5}
    other = {**old, "year": 2025}
    found = preview(store, round_.id, ratings=sheet("ratings", other, twice, better), keep=sheet("keep", pairs[1]))
    (one,) = found.ratings.changed
    assert (one.id, [(change.name, change.after) for change in one.fields]) == (
        "E1 / F1 / 2024 / 降噪",
        [("firm_rating", 5)],
    )
    assert (len(found.ratings.new), len(found.ratings.gone), found.ratings.same) == (1, 1, 1)
    assert apply(store, WHO, found).keep == Counts(same=1)
    found = preview(store, round_.id, ratings=sheet("ratings", other, twice, better), keep=sheet("keep", pairs[1]))
    done = apply(store, WHO, found, remove_gone=True)
    assert (done.ratings, done.keep) == (Counts(removed=1, same=3), Counts(removed=1, same=1))
    rows = everything(store)
    assert sorted((row.expert_id, row.year, row.firm_rating) for row in rows["ratings"]) == [
        ("E1", 2024, 5),
        ("E1", 2025, 4),
        ("E2", 2023, 2),
    ]
    assert [(row.need_id, row.expert_id) for row in rows["earlier_pairs"]] == [("N1", "E1")]


def test_a_sheet_of_ratings_without_titles_is_not_taken_for_other_ratings(store: Store, sheet: Sheet) -> None:
    round_ = opened(store)
    rating = {"expert_id": "E1", "firm_id": "F1", "year": 2024, "firm_rating": 4, "need_title": "降噪"}
    apply(store, WHO, preview(store, round_.id, ratings=sheet("ratings", rating)))
    bare = {"expert_id": "E1", "firm_id": "F1", "year": 2024, "assessment": "优秀"}
    assert apply(store, WHO, preview(store, round_.id, ratings=sheet("ratings", bare))).ratings == Counts(changed=1)
    (row,) = everything(store)["ratings"]
    assert (row.firm_rating, row.need_title, row.assessment) == (4, "降噪", "excellent")


def test_a_rating_is_stored_changed_and_handed_on_with_every_field_of_its_record(store: Store, tmp_path: Path) -> None:
    round_, path = opened(store), tmp_path / "ratings.csv"
    first = Rating(
        expert_id="E1",
        firm_id="F1",
        year=2024,
        need_title="降噪",
        firm_rating=4,
        expert_rating=5,
        assessment="excellent",
    )
    second = replace(first, firm_rating=3, expert_rating=2, assessment="pass")
    optional = [part.name for part in fields(Rating) if part.default is not MISSING and part.name != "row"]
    assert [name for name in optional if not (getattr(first, name) and getattr(second, name))] == [], "fill it in above"
    for rating in (first, second):
        path.write_bytes(records_csv("ratings", [rating]))
        apply(store, WHO, preview(store, round_.id, ratings=path))
        with store.reading() as view:
            assert earlier_ratings(view, round_.batch_id) == [rating]
            assert [Rating(**handed) for handed in following.ratings_of(view, round_.batch_id)] == [rating]


@pytest.mark.parametrize("state", STATES)
def test_a_round_takes_sheets_only_in_the_states_that_say_so(store: Store, sheet: Sheet, state: Any) -> None:
    round_ = bureau.put_in(store, opened(store), state)
    rows = sheet("experts", *experts())
    try:
        confirm_allowed(state, "import_forms")
    except NotAllowed:
        with pytest.raises(NotAllowed, match="导入表格"):
            preview(store, round_.id, experts=rows)
    else:
        apply(store, WHO, preview(store, round_.id, experts=rows))


def test_every_change_of_an_import_is_written_down_with_what_was_before(store: Store, sheet: Sheet) -> None:
    round_ = bureau.choosing(store)
    row = {**experts()[0], "title": "研究员", "preferred_firms": "F1"}
    apply(store, colleague("李主任"), preview(store, round_.id, experts=sheet("experts", row)))
    of_form, of_wishes = events(store)
    assert (of_form.who, of_form.round_id, of_form.about) == ("李主任", round_.id, f"experts/{round_.id}/E1")
    assert (dict(of_form.before), dict(of_form.after)) == ({"title": "教授"}, {"title": "研究员"})
    assert of_wishes.about == f"preferences/{round_.id}/expert/E1"
    assert of_wishes.before is None


# ---- the same again


def test_the_same_files_a_second_time_change_nothing_at_all(store: Store) -> None:
    round_ = opened(store)
    apply(store, WHO, preview(store, round_.id, **SAMPLE))
    before = everything(store)
    found = preview(store, round_.id, **SAMPLE)
    done = apply(store, colleague("李主任"), found, remove_gone=True)
    assert (done.experts, done.needs) == (Counts(same=140), Counts(same=185))
    assert everything(store) == before


def test_what_a_round_exports_is_the_same_when_it_comes_back(store: Store, tmp_path: Path) -> None:
    round_ = opened(store)
    keep = tmp_path / "earlier.csv"
    keep.write_text("firm_id,need_id,expert_id\nF001,F001,E118\nF002,,E029\n", encoding="utf-8")
    apply(store, WHO, preview(store, round_.id, **SAMPLE, keep=keep))
    with store.reading() as view:
        frozen = freeze(view, view.get(Round, id=round_.id), Settings())
    for name, content in frozen.items():
        (tmp_path / name).write_bytes(content)
    files = {name: tmp_path / f"{name}.csv" for name in ("experts", "firms", "ratings", "keep")}
    before = everything(store)
    found = preview(store, round_.id, **files)
    for compared, count in ((found.experts, 140), (found.needs, 185), (found.ratings, 205), (found.keep, 2)):
        assert (compared.new, compared.changed, compared.gone, compared.same) == ((), (), (), count)
    apply(store, WHO, found, remove_gone=True)
    assert everything(store) == before


def test_what_an_export_can_not_say_of_forms_that_are_not_accepted_is_not_lost(store: Store, tmp_path: Path) -> None:
    round_ = bureau.choosing(store)
    preferences.state_preferences(
        *(store, firm("F1"), round_.id, "firm", "F1"), tiers=(("E4",), ("E1",)), vetoes=[("E2", "有纠纷")]
    )
    for name in ("E2", "E4"):
        with store.reading() as view:
            form = view.get(Application, round_id=round_.id, expert_id=name)
        forms.return_form(store, WHO, form, "请补充")
    with store.reading() as view:
        frozen = freeze(view, view.get(Round, id=round_.id), Settings())
    for name, content in frozen.items():
        (tmp_path / name).write_bytes(content)
    found = previewed_in(store, WHO, round_.id, experts=tmp_path / "experts.csv", firms=tmp_path / "firms.csv")
    assert found.needs is not None
    assert (found.needs.changed, found.problems) == ((), ())
    apply(store, WHO, found)
    stated = preferences.preferences_of(store, WHO, round_.id, "firm", "F1")
    assert stated is not None
    assert (stated.tiers, stated.vetoes) == ((("E4",), ("E1",)), (("E2", "有纠纷"),))


def test_a_first_import_opens_its_batch_together_with_its_forms_or_not_at_all(
    store: Store, sheet: Sheet, monkeypatch: pytest.MonkeyPatch
) -> None:
    experts = sheet("experts", {"expert_id": "E1", "name": "", "institution": "东大", "research_fields": "电机"})
    with pytest.raises(InputError):
        import_new(store, WHO, ("2026", 2026), experts=experts)
    with monkeypatch.context() as patch:
        patch.setattr(Writer, "insert_all", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            import_new(store, WHO, ("2026", 2026), **SAMPLE)
    assert rounds.batches(store, WHO) == []
    round_, found = import_new(store, WHO, ("2026", 2026), **SAMPLE)
    assert found.experts is not None
    assert (round_.number, len(found.experts.new)) == (1, 140)
    assert len(forms.forms(store, WHO, round_.id)[0]) == 140


# ---- others at the same time


def test_of_two_previews_the_second_is_told_who_was_first_and_writes_nothing(store: Store, sheet: Sheet) -> None:
    round_ = bureau.collecting(store)
    first = preview(store, round_.id, experts=sheet("a", {**experts()[0], "title": "研究员"}))
    second = preview(
        store, round_.id, experts=sheet("b", {**experts()[0], "title": "讲师"}, {**experts()[1], "name": "林兰"})
    )
    apply(store, colleague("李主任"), first)
    before = everything(store)
    with pytest.raises(ChangedMeanwhile, match=r"E1.*李主任.*\d{4}-\d\d-\d\dT"):
        apply(store, WHO, second)
    assert everything(store) == before


@pytest.mark.parametrize("twice", ["new", "gone", "ratings", "keep", "wishes", "round"])
def test_whatever_an_import_would_write_over_is_looked_at_first(store: Store, sheet: Sheet, twice: str) -> None:
    round_ = bureau.choosing(store)
    rating = {"expert_id": "E1", "firm_id": "F1", "year": 2024, "firm_rating": 4}
    files = {
        "new": {"experts": sheet("new", *experts(), {**experts()[0], "expert_id": "E9"})},
        "gone": {"experts": sheet("gone", *experts(0))},
        "ratings": {"ratings": sheet("ratings", rating)},
        "keep": {"keep": sheet("keep", {"firm_id": "F1", "need_id": "F1", "expert_id": "E1"})},
        "wishes": {"experts": sheet("wishes", {**experts()[0], "preferred_firms": "F1"})},
        "round": {"experts": sheet("round", {**experts()[0], "title": "讲师"})},
    }[twice]
    found = preview(store, round_.id, **files)
    if twice == "wishes":
        preferences.state_preferences(store, colleague("李主任"), round_.id, "expert", "E1", tiers=(("F2",),))
    elif twice == "round":
        rounds.change_settings(
            store, colleague("李主任"), round_.id, Settings.model_validate({"assignment": {"seed": 7}})
        )
    else:
        apply(store, colleague("李主任"), preview(store, round_.id, **files), remove_gone=True)
    before = everything(store)
    with pytest.raises(ChangedMeanwhile, match="李主任"):
        apply(store, WHO, found, remove_gone=True)
    assert everything(store) == before


def test_what_an_import_does_not_touch_may_change_meanwhile(store: Store, sheet: Sheet) -> None:
    round_ = bureau.choosing(store)
    found = preview(store, round_.id, experts=sheet("experts", {**experts()[0], "title": "研究员"}, *experts(0)))
    forms.return_form(store, colleague("李主任"), form(store, round_, "E2"), "缺成果")
    preferences.state_preferences(store, colleague("李主任"), round_.id, "expert", "E1", tiers=(("F1",),))
    apply(store, WHO, found)
    assert form(store, round_, "E1").record.title == "研究员"
    assert form(store, round_, "E2").state == "returned"
    assert wishes_of(store, round_, "E1").tiers == (("F1",),)


def test_a_wish_for_somebody_who_is_about_to_be_removed_stops_the_removal(store: Store, sheet: Sheet) -> None:
    round_ = bureau.choosing(store)
    found = preview(store, round_.id, experts=sheet("experts", *experts(3)))
    preferences.state_preferences(store, colleague("李主任"), round_.id, "firm", "F1", tiers=(("E4",),))
    before = everything(store)
    with pytest.raises(InputError, match="E4"):
        apply(store, WHO, found, remove_gone=True)
    assert everything(store) == before


# ---- killed in the middle


def reworded(folder: Path) -> dict[str, Path]:
    """The sample with other words in every row of both forms, and one more expert."""
    files = dict(SAMPLE)
    for name, column in (("experts", "expertise"), ("firms", "need_detail")):
        with SAMPLE[name].open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
        rows = [{**row, column: f"{row[column]}（已核）"} for row in rows]
        if name == "experts":
            rows.append({**rows[0], "expert_id": "E999", "preferred_firms": "", "vetoed_firms": ""})
        files[name] = folder / f"{name}.csv"
        files[name].write_bytes(csv_bytes(list(rows[0]), [list(row.values()) for row in rows]))
    return files


def test_an_import_that_is_killed_is_there_as_a_whole_or_not_at_all(databases: Databases, tmp_path: Path) -> None:
    url = databases.ready()
    store = connect(url)
    round_ = opened(store)
    apply(store, WHO, preview(store, round_.id, **SAMPLE))
    before = everything(store)
    store.close()
    files = reworded(tmp_path)
    # An expert, their events, all experts, their events, all needs, their events: each is written at once.
    for moment in (1, 3, 6, "commit", "never"):
        assert in_a_child(import_files, url, round_.id, files, moment) == -signal.SIGKILL
        store = open_store(url)
        now = everything(store)
        store.close()
        assert (now == before) == (moment != "never")
    assert {row.version for row in now["experts"] if row.own_id != "E999"} == {2}
    assert {row.version for row in now["needs"]} == {2}
    store = open_store(url)
    again = apply(store, WHO, preview(store, round_.id, **files))
    assert (again.experts, again.needs) == (Counts(same=141), Counts(same=185))
    done = apply(store, WHO, preview(store, round_.id, **SAMPLE))
    assert done.needs == Counts(changed=185)
    store.close()


# ---- the main job


def lists_of(store: Store, round_: Round, settings: Settings, folder: Path) -> tuple[bytes, bytes]:
    """Move an imported round to matching, and place what it freezes to."""
    rounds.advance(store, WHO, round_.id)
    with store.reading() as view:
        frozen = freeze(view, rounds_state := view.get(Round, id=round_.id), settings)
        assert rounds_state.state == "choosing"
    rounds.advance(store, WHO, round_.id)
    with store.reading() as view:
        assert freeze(view, view.get(Round, id=round_.id), settings) == frozen
    inputs = load_frozen(frozen, folder / "frozen")
    place(inputs, folder / "placed", started=time.perf_counter())
    return lists(folder / "placed")


def lists(folder: Path) -> tuple[bytes, bytes]:
    return (folder / "placements.csv").read_bytes(), (folder / "unplaced.csv").read_bytes()


@pytest.fixture(scope="module")
def sample_lists(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, bytes]:
    out = tmp_path_factory.mktemp("sample")
    assert run("assign", SAMPLE["experts"], SAMPLE["firms"], "--ratings", SAMPLE["ratings"], "--out", out) == 0
    return lists(out)


def test_the_sample_gives_the_same_list_from_the_database_as_from_its_files(
    store: Store, tmp_path: Path, sample_lists: tuple[bytes, bytes]
) -> None:
    round_ = opened(store)
    apply(store, WHO, preview(store, round_.id, **SAMPLE))
    assert lists_of(store, round_, Settings(), tmp_path) == sample_lists


@pytest.mark.parametrize("objective", ["stable", "total", "fair"])
def test_so_it_does_with_an_earlier_list_and_with_quotas_locks_and_bans(
    store: Store, city: City, tmp_path: Path, objective: str
) -> None:
    path = city.settings(objective, minimum=1)
    words = ("--settings", path, "--keep", city.keep, "--out", tmp_path / "files")
    assert run("assign", city.experts, city.firms, *words) == 0
    settings = read_settings(path)
    round_ = opened(store, settings=settings)
    found = preview(store, round_.id, experts=city.experts, firms=city.firms, keep=city.keep)
    assert [warning.message.code for warning in found.warnings] == ["input.keep_gone"]
    apply(store, WHO, found)
    placements, unplaced = lists_of(store, round_, settings, tmp_path)
    assert (placements, unplaced) == lists(tmp_path / "files")
    assert b",kept," in placements
    assert b",locked," in placements


# ---- its size


def test_ten_thousand_rows_are_imported_at_once(store: Store, sheet: Sheet) -> None:
    round_ = rounds.open_batch(store, WHO, "2027", 2027)
    rows = ({**experts()[0], "expert_id": f"E{k:05}", "preferred_firms": "F1"} for k in range(10_000))
    done = apply(store, WHO, preview(store, round_.id, experts=sheet("many", *rows), firms=sheet("firms", *needs())))
    assert (done.experts, done.needs) == (Counts(new=10_000), Counts(new=4))
