"""A run is executed once, by one process, whatever happens to it; and it makes what the command line makes."""

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

import pytest

from matcher.domain.errors import InputError, NotAllowed, SettingsError, StorageError
from matcher.domain.messages import Message, Problem
from matcher.domain.settings import AssignmentSettings, QuotaSettings, Settings, TextSettings
from matcher.language import sentence
from matcher.services import forms, placing, rounds, runs, scenarios, supervising, worker
from matcher.services.supervising import Supervisor, execute
from matcher.store import Store, connect, open_store
from matcher.store.entities import Event, Round, Run, Scenario
from tests.bureau import WHO, colleague, matching, put_in
from tests.city import run as command
from tests.databases import Databases
from tests.executing import Children, children, executed, is_alive, later, wait_for, work_on

__all__ = ["children"]

NAMES = {"placements.csv", "unplaced.csv", "report.json"}


@pytest.fixture
def store(databases: Databases) -> Iterator[Store]:
    # Children go by the clock of the computer, and so must those who look whether their hearts still beat.
    opened = connect(databases.clean())
    yield opened
    opened.close()


@pytest.fixture
def scenario(store: Store) -> Scenario:
    return scenarios.create(store, WHO, matching(store).id, "首选")


@pytest.fixture
def queued(store: Store, scenario: Scenario) -> Run:
    return runs.queue(store, WHO, scenario.id)


def events(store: Store, run: Run) -> list[str]:
    with store.reading() as view:
        return [event.what for event in view.listed(Event, about=f"runs/{run.id}")]


def lay_out(store: Store, run: Run, folder: Path) -> dict[str, Path]:
    with store.reading() as view:
        for name, content in runs.contents(view, run.inputs).items():
            (folder / name).write_bytes(content)
    return {name: folder / name for name in run.inputs}


def results(store: Store, run: Run) -> dict[str, bytes]:
    with store.reading() as view:
        return runs.contents(view, run.results)


def is_without_result(store: Store, run: Run) -> bool:
    """Whether the database opens, and the run has left nothing in it but the files that it was made of."""
    opened = open_store(store.url)
    with opened.reading() as view:
        n_files = view.connection.exec_driver_sql("SELECT count(*) FROM files").scalar_one()
    found = runs.run_of(opened, WHO, run.id)
    opened.close()
    return not found.results and n_files == len(found.inputs)


# ---- rows


def test_a_run_is_made_of_the_moment_in_which_it_was_asked_for(store: Store, scenario: Scenario) -> None:
    before = runs.queue(store, WHO, scenario.id)
    applications, _ = forms.forms(store, WHO, scenario.round_id)
    forms.record_consent(store, WHO, applications[0], False, on=date(2026, 5, 1), document="东大函〔2026〕5号")
    scenarios.lock(store, WHO, scenario.id, ("F3", "E4"), "企业要求")
    after = runs.queue(store, WHO, scenario.id)

    assert runs.run_of(store, WHO, before.id) == before
    assert {name for name in before.inputs if before.inputs[name] != after.inputs[name]} == {
        "experts.csv",
        "settings.toml",
    }
    assert (before.scenario_version, after.scenario_version) == (1, 2)
    with store.reading() as view:
        frozen = b"".join(runs.contents(view, after.inputs).values())
    assert "陈永".encode() in frozen
    assert b"13800000004" not in frozen


def test_a_run_needs_a_round_that_is_matching_accepted_forms_and_no_files(store: Store, scenario: Scenario) -> None:
    with pytest.raises(SettingsError, match="没有语言 'fr'"):
        runs.queue(store, WHO, scenario.id, language="fr")
    _, needs = forms.forms(store, WHO, scenario.round_id)
    with store.writing(WHO.name) as work:
        named = Settings(text=TextSettings(lexicon="words")).model_dump(mode="json")
        blank = work.copy(scenario, id=scenario.id + 1, name="词表", settings=named)
        for need in needs:
            work.change(need, "tests", state="submitted")
    with pytest.raises(InputError, match="「需求编号」没有已受理的表格"):
        runs.queue(store, WHO, scenario.id)
    with store.writing(WHO.name) as work:
        for need in forms.forms(store, WHO, scenario.round_id)[1]:
            work.change(need, "tests", state="accepted")
    with pytest.raises(SettingsError, match="不能指定文件"):
        runs.queue(store, WHO, blank.id)
    put_in(store, rounds.round_of(store, WHO, scenario.round_id), "notice")
    with pytest.raises(NotAllowed, match="公示"):
        runs.queue(store, WHO, scenario.id)
    assert runs.runs_of(store, WHO, scenario.id) == []


def test_of_many_claims_at_once_one_wins(store: Store, queued: Run) -> None:
    names = [f"w{k}" for k in range(8)]
    with ThreadPoolExecutor(len(names)) as pool:
        won = list(pool.map(lambda name: runs.claim(store, queued.id, name), names))
    assert sum(won) == 1
    assert runs.run_of(store, WHO, queued.id).worker == names[won.index(True)]
    assert events(store, queued) == ["queue_run", "start_run"]


def test_only_the_worker_of_a_running_run_has_a_say(store: Store, queued: Run) -> None:
    def every_word(worker: str) -> list[bool]:
        return [
            runs.beat(store, queued.id, worker),
            runs.tell_progress(store, queued.id, worker, done=1, total=2, stage="ranking"),
            runs.finish(store, queued.id, worker, {"report.json": b"{}"}),
            runs.interrupt(store, queued.id, worker),
        ]

    assert every_word("mine") == [False] * 4
    assert runs.claim(store, queued.id, "mine")
    running = runs.run_of(store, WHO, queued.id)
    assert [*every_word("yours"), runs.fail(store, queued.id, "yours", [])] == [False] * 5
    assert runs.run_of(store, WHO, queued.id) == running
    assert every_word("mine") == [True, True, True, False]
    done = runs.run_of(store, WHO, queued.id)
    assert (done.state, done.done, done.total, done.stage) == ("done", 1, 2, "ranking")
    assert results(store, done) == {"report.json": b"{}"}
    assert not runs.claim(store, queued.id, "yours")
    assert events(store, queued) == ["queue_run", "start_run", "finish_run"]  # heartbeats are no decisions


@pytest.mark.parametrize("end", ["cancel", "interrupt"])
def test_what_comes_after_a_run_was_cancelled_or_interrupted_is_not_kept(store: Store, queued: Run, end: str) -> None:
    runs.claim(store, queued.id, "w")
    if end == "cancel":
        runs.cancel(store, colleague("李主任"), queued.id)
    else:
        runs.interrupt_stale(later(store, runs.STALE_S + 1))
    over = runs.run_of(store, WHO, queued.id)
    assert not runs.finish(store, queued.id, "w", {"report.json": b"late"})
    assert not runs.fail(store, queued.id, "w", [Message("runs.no_files")])
    assert runs.run_of(store, WHO, queued.id) == over
    assert over.state == f"{end}{'led' if end == 'cancel' else 'ed'}"
    with store.connected() as connection:
        found = connection.exec_driver_sql("SELECT content FROM files").scalars()
        assert b"late" not in [bytes(content) for content in found]


def test_runs_without_a_heartbeat_are_interrupted_and_no_others(store: Store, scenario: Scenario) -> None:
    left, alive, waiting = (runs.queue(store, WHO, scenario.id) for _ in range(3))
    for run in (left, alive):
        runs.claim(store, run.id, f"w{run.id}")
    assert runs.interrupt_stale(later(store, runs.STALE_S - 10)) == []
    runs.beat(later(store, runs.STALE_S), alive.id, f"w{alive.id}")
    assert [run.id for run in runs.interrupt_stale(later(store, runs.STALE_S + 2))] == [left.id]
    states = [runs.run_of(store, WHO, run.id).state for run in (left, alive, waiting)]
    assert states == ["interrupted", "running", "queued"]
    assert events(store, left)[-1] == "interrupt_run"


def test_a_run_is_cancelled_while_it_waits_but_not_when_it_is_over(store: Store, queued: Run) -> None:
    cancelled = runs.cancel(store, colleague("李主任"), queued.id)
    assert (cancelled.state, cancelled.ended_at is None) == ("cancelled", False)
    work_on(store, queued)
    assert runs.run_of(store, WHO, queued.id) == cancelled
    done = executed(store, queued.scenario_id)
    for run, said, state in ((done, "已完成", "done"), (cancelled, "已取消", "cancelled")):
        with pytest.raises(NotAllowed, match=said) as told:
            runs.cancel(store, colleague("李主任"), run.id)
        assert f"is {state} already" in sentence(told.value.messages[0], "en")


# ---- the work of a child, in this process


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_run_makes_the_bytes_that_the_command_makes(
    store: Store, scenario: Scenario, tmp_path: Path, language: str
) -> None:
    settings = Settings(assignment=AssignmentSettings(objective="total", keep_bonus=0.05, locks=(("N22", "E3"),)))
    scenarios.change_settings(store, WHO, scenario.id, settings)
    batch = rounds.round_of(store, WHO, scenario.round_id).batch_id
    rating = {"firm_id": "F1", "expert_id": "E1", "year": 2025, "firm_rating": 5, "expert_rating": 4}
    with store.writing(WHO.name) as work:
        ratings, pairs = [{**rating, "need_title": "", "assessment": "pass"}], [("F3", "F3", "E4")]
        earlier = [dict(zip(("firm_id", "need_id", "expert_id"), pair, strict=True)) for pair in pairs]
        rounds.take_earlier(work, batch, ratings, earlier)
        work.note("import", "rounds/1")
    done = executed(store, scenario.id, language=language)
    assert (done.state, done.error) == ("done", None)
    given = lay_out(store, done, tmp_path)
    assert set(given) == {"experts.csv", "firms.csv", "ratings.csv", "keep.csv", "settings.toml"}

    words = ["--settings", given["settings.toml"], "--ratings", given["ratings.csv"], "--keep", given["keep.csv"]]
    words += ["--lang", language, "--out", tmp_path / "out"]
    assert command("assign", given["experts.csv"], given["firms.csv"], *words) == 0
    assert results(store, done) == {name: (tmp_path / "out" / name).read_bytes() for name in NAMES}
    assert json.loads(results(store, done)["report.json"])["statistics"]["kept"] == 1


def test_an_infeasible_scenario_fails_with_its_reasons_in_either_language(store: Store, scenario: Scenario) -> None:
    quota = QuotaSettings(column="institution", value="东海大学", maximum=0)
    locks = (("F1", "E1"), ("N21", "E2"))
    scenarios.change_settings(
        store, WHO, scenario.id, Settings(assignment=AssignmentSettings(locks=locks, quotas=(quota,)))
    )
    failed = executed(store, scenario.id)
    assert (failed.state, failed.results) == ("failed", {})
    said = {lang: [sentence(m, lang) for m in runs.messages_of(failed)] for lang in ("zh", "en")}
    assert any("至多 0" in line and "已有 2" in line for line in said["zh"])
    assert any("may have 0" in line and "make 2" in line for line in said["en"])
    assert events(store, failed)[-1] == "fail_run"


def test_a_fault_of_ours_says_where_and_nothing_of_the_data(
    store: Store, queued: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ValueError("陈永 13800000004")

    monkeypatch.setattr(placing, "match", broken)
    work_on(store, queued)
    failed = runs.run_of(store, WHO, queued.id)
    (said,) = (sentence(message, "en") for message in runs.messages_of(failed))
    assert "ValueError" in said
    assert "services/placing.py:" in said
    assert "陈永" not in json.dumps(failed.error, ensure_ascii=False)


def test_what_is_wrong_with_a_frozen_file_is_said_without_the_folder_that_is_gone(store: Store, queued: Run) -> None:
    with store.writing(WHO.name) as work:
        bad = work.keep_file(b"expert_id,name\r\nE1,\r\n")
        work.change(queued, "tests", inputs={**queued.inputs, "experts.csv": bad})
    work_on(store, queued)
    found = runs.messages_of(runs.run_of(store, WHO, queued.id))
    assert {m.path for m in found if isinstance(m, Problem)} == {"experts.csv"}


# ---- children


def test_a_child_executes_a_run_and_whoever_reads_sees_how_far_it_is(
    store: Store, queued: Run, children: Children, tmp_path: Path
) -> None:
    seen: list[tuple[int, int, str]] = []

    def look(*progress: object) -> None:
        seen.append(progress)  # ty: ignore[invalid-argument-type]
        children.go()

    done = execute(store, queued.id, on_progress=look)
    assert (done.state, done.error, done.stage, done.total) == ("done", None, "reasons", 3)
    assert seen[0] == (1, 10, "ranking")
    given = lay_out(store, done, tmp_path)
    words = ("--settings", given["settings.toml"], "--out", tmp_path / "out")
    assert command("assign", given["experts.csv"], given["firms.csv"], *words) == 0
    assert results(store, done) == {name: (tmp_path / "out" / name).read_bytes() for name in NAMES}
    assert not (Path(tempfile.gettempdir()) / str(done.worker)).exists()
    assert execute(store, queued.id) == done


def test_a_run_is_cancelled_within_seconds(
    store: Store, queued: Run, children: Children, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervising, "BEAT_S", 0.1)
    supervisor = Supervisor(later(store, 20))
    supervisor.tend()
    wait_for(children.at_work)
    supervisor.tend()
    running = runs.run_of(store, WHO, queued.id)
    assert (running.state, running.done, running.total, running.stage) == ("running", 1, 10, "ranking")
    assert str(running.heartbeat_at) > str(running.started_at)  # the parent's clock goes ahead: it was the parent's

    cancelled = runs.cancel(store, colleague("李主任"), queued.id)
    folder = Path(tempfile.gettempdir()) / str(running.worker)
    wait_for(lambda: supervisor.tend() or not folder.exists(), seconds=5)
    assert not is_alive(children.at_work()[0])
    assert runs.run_of(store, WHO, queued.id) == cancelled
    assert is_without_result(store, queued)
    supervisor.close()


def test_control_c_cancels(store: Store, queued: Run, children: Children) -> None:
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    assert execute(store, queued.id, on_progress=stop).state == "cancelled"
    assert not is_alive(children.at_work()[0])


def test_a_child_that_is_killed_fails_its_run_which_can_be_asked_for_again(
    store: Store, queued: Run, children: Children
) -> None:
    supervisor = Supervisor(store)
    supervisor.start(queued)
    with pytest.raises(ValueError, match="one run at a time"):
        supervisor.start(queued)
    wait_for(children.at_work)
    os.kill(children.at_work()[0], signal.SIGKILL)
    wait_for(lambda: supervisor.watch() or runs.run_of(store, WHO, queued.id).state != "running")
    failed = runs.run_of(store, WHO, queued.id)
    assert failed.state == "failed"
    assert f"退出码 {-signal.SIGKILL}" in sentence(runs.messages_of(failed)[0])
    assert is_without_result(store, queued)
    assert executed(store, queued.scenario_id).state == "done"


def test_a_child_that_can_not_even_begin_fails_its_run_with_its_last_words(
    store: Store, queued: Run, children: Children
) -> None:
    (children.folder / "sitecustomize.py").write_text(
        "import sys, os\nif 'matcher.services.worker' in sys.orig_argv:\n"
        "    print('no such library', file=sys.stderr, flush=True)\n    os._exit(7)\n"
    )
    failed = execute(store, queued.id)
    said = sentence(runs.messages_of(failed)[0], "en")
    assert (failed.state, failed.started_at) == ("failed", None)
    assert "exit code 7" in said
    assert "no such library" in said


def test_the_end_of_the_service_interrupts_a_run(store: Store, queued: Run, children: Children) -> None:
    supervisor = Supervisor(store)
    supervisor.tend()
    wait_for(children.at_work)
    supervisor.close()
    assert not is_alive(children.at_work()[0])
    assert runs.run_of(store, WHO, queued.id).state == "interrupted"
    assert is_without_result(store, queued)
    supervisor.close()


PARENT = """
import sys, time
from matcher.domain.roles import MACHINE
from matcher.services import runs
from matcher.services.supervising import Supervisor
from matcher.store import open_store
store = open_store()
supervisor = Supervisor(store)
while runs.run_of(store, MACHINE, int(sys.argv[1])).state in runs.OPEN:
    supervisor.tend()
    time.sleep(0.2)
supervisor.close()
"""


def parent(store: Store, waited_for: Run) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "MATCHER_DATABASE_URL": store.url}
    return subprocess.Popen([sys.executable, "-c", PARENT, str(waited_for.id)], env=environment)


def test_a_child_does_not_outlive_its_parent_and_the_next_one_finds_its_run(
    store: Store, queued: Run, children: Children
) -> None:
    with parent(store, queued) as first:
        wait_for(children.at_work)
        first.kill()
    wait_for(lambda: not is_alive(children.at_work()[0]), seconds=10)
    left = runs.run_of(store, WHO, queued.id)
    assert left.state == "running"
    assert not (Path(tempfile.gettempdir()) / str(left.worker)).exists()
    Supervisor(later(store, runs.STALE_S + 1)).tend()
    assert runs.run_of(store, WHO, queued.id).state == "interrupted"
    assert is_without_result(store, queued)
    assert executed(store, queued.scenario_id).state == "done"


def test_two_supervisors_never_execute_a_run_twice(store: Store, queued: Run, children: Children) -> None:
    children.go()
    with parent(store, queued) as one, parent(store, queued) as other:
        assert (one.wait(120), other.wait(120)) == (0, 0)
    assert len(children.at_work()) == 1
    assert events(store, queued) == ["queue_run", "start_run", "finish_run"]
    assert results(store, runs.run_of(store, WHO, queued.id)).keys() == NAMES


def test_of_several_runs_the_one_that_has_waited_longest_is_next(store: Store, scenario: Scenario) -> None:
    first, second = (runs.queue(store, WHO, scenario.id) for _ in range(2))
    assert runs.next_queued(store) == first
    runs.cancel(store, WHO, first.id)
    assert runs.next_queued(store) == second
    runs.cancel(store, WHO, second.id)
    assert runs.next_queued(store) is None


def test_the_round_of_a_run_is_not_asked_once_it_is_frozen(store: Store, queued: Run, scenario: Scenario) -> None:
    rounds.step_back(store, WHO, scenario.round_id, "补充材料")
    work_on(store, queued)
    with store.reading() as view:
        assert view.get(Round, id=scenario.round_id).state == "choosing"
        assert [(line.need_id, line.expert_id) for line in runs.lines_of(view, runs.run_of(store, WHO, queued.id))] == [
            ("F1", "E1"),
            ("F3", "E4"),
            ("N21", "E2"),
        ]


def test_a_supervisor_that_slept_goes_on_with_its_own_run(store: Store, queued: Run, children: Children) -> None:
    supervisor = Supervisor(store)
    try:
        supervisor.start(queued)
        wait_for(children.at_work)
        supervisor.store = later(store, runs.STALE_S + 10)
        supervisor.watch()
        assert runs.run_of(store, WHO, queued.id).state == "running"
    finally:
        supervisor.close()


def test_what_was_worked_out_waits_for_a_busy_database(monkeypatch: pytest.MonkeyPatch) -> None:
    busy = StorageError([Message("store.locked", {"path": "x", "seconds": 10})])
    answers = [busy, busy, True]

    def write() -> bool:
        answer = answers.pop(0)
        if isinstance(answer, StorageError):
            raise answer
        return answer

    assert worker._patiently(write)
    monkeypatch.setattr(worker, "PATIENCE_S", -1)
    answers += [busy]
    with pytest.raises(StorageError):
        worker._patiently(write)
    answers += [StorageError([Message("store.full", {"path": "x", "reason": "full"})])]
    with pytest.raises(StorageError):
        worker._patiently(write)
