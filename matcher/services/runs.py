"""
Runs as rows: queued, claimed once, kept alive by heartbeats, and ended once.

Whoever works on a run writes only as long as the row is running and the worker's own; a writer is alone, so what it
finds is still so when it writes. Who executes runs is the business of `matcher.services.supervising`. What is heavy is
imported where it is used: a worker claims its run before it loads the rest.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, timedelta
from functools import lru_cache

from matcher.domain.errors import InputError, NotAllowed, SettingsError
from matcher.domain.messages import Message, Problem, as_plain, from_plain
from matcher.domain.records import Placement
from matcher.domain.roles import MACHINE, Principal
from matcher.domain.rounds import RunState, confirm_allowed
from matcher.domain.settings import Settings
from matcher.language import LANGUAGES
from matcher.services.permissions import permitted
from matcher.store import Reader, Store, Writer
from matcher.store.entities import Round, Run, Scenario

STALE_S = 120
"""Seconds without a heartbeat after which nobody works on a run any more: more than any writer keeps others waiting."""

OPEN: tuple[RunState, ...] = ("queued", "running")
"""States of a run that is not over."""


@permitted
def queue(store: Store, who: Principal, scenario_id: int, *, language: str = "zh") -> Run:
    """
    Ask for a run of a scenario, with everything as it is at this moment.

    Parameters
    ----------
    store : Store
    who : Principal
        Who is acting.
    scenario_id : int
    language : {"zh", "en"}
        Of the reasons in its lists.

    Returns
    -------
    Run
        Queued; its input is frozen.

    Raises
    ------
    InputError
        When a side has no accepted form.
    SettingsError
        When the settings name a file, or there is no such language.
    NotAllowed
        When the round is not matching.
    """
    from matcher.services.freezing import freeze

    if language not in LANGUAGES:
        raise SettingsError([Message("settings.language", {"value": language, "allowed": LANGUAGES})])
    with store.writing(who.name) as work:
        scenario = work.get(Scenario, id=scenario_id)
        round_ = work.get(Round, id=scenario.round_id)
        confirm_allowed(round_.state, "run")
        frozen = freeze(work, round_, Settings.model_validate(scenario.settings))
        return work.insert(
            *(Run, "queue_run"),
            scenario_id=scenario.id,
            scenario_version=scenario.version,
            state="queued",
            language=language,
            inputs={name: work.keep_file(content) for name, content in frozen.items()},
            results={},
            queued_at=work.at,
            queued_by=who.name,
        )


@permitted
def run_of(store: Store, who: Principal, run_id: int) -> Run:
    """Give a run as it is now."""
    with store.reading() as view:
        return run_for(who, view.get(Run, id=run_id))


@permitted
def runs_of(store: Store, who: Principal, scenario_id: int) -> list[Run]:
    """List the runs of a scenario, the oldest first."""
    with store.reading() as view:
        return [run_for(who, run) for run in view.listed(Run, scenario_id=scenario_id)]


@permitted
def is_outdated(store: Store, who: Principal, run_id: int) -> bool:
    """Tell whether the settings of a run's scenario are others by now."""
    from matcher.services.freezing import is_of_settings

    with store.reading() as view:
        run = view.get(Run, id=run_id)
        return not is_of_settings(view, run, view.get(Scenario, id=run.scenario_id))


def next_queued(store: Store) -> Run | None:
    """Give the run that has waited longest; None where none waits."""
    with store.reading() as view:
        return next(iter(view.listed(Run, state="queued")), None)


def last_done(view: Reader, scenario_id: int) -> Run | None:
    """Give the last run of a scenario that has a result; None where none has."""
    return next(reversed(view.listed(Run, scenario_id=scenario_id, state="done")), None)


def contents(view: Reader, files: Mapping[str, str]) -> dict[str, bytes]:
    """Give the bytes of a run's ``inputs`` or ``results``, by name."""
    return {name: view.file(digest) for name, digest in files.items()}


def lines_of(view: Reader, run: Run) -> list[Placement]:
    """Read the list that a run has made."""
    from matcher.services.placing import PLACEMENTS

    return lines_in(view, run.results[PLACEMENTS])


def lines_in(view: Reader, digest: str) -> list[Placement]:
    """Read a list that was kept as a file."""
    return list(_lines_of(view.file(digest)))


@lru_cache(maxsize=8)
def _lines_of(content: bytes) -> tuple[Placement, ...]:
    """Read the bytes of a list, once for the few that pages look at again and again."""
    from matcher.files import Upload, load_placements
    from matcher.services.placing import PLACEMENTS

    loaded = load_placements(Upload(PLACEMENTS, content))
    if loaded.problems:
        raise InputError(loaded.problems)
    return tuple(loaded.records)


def messages_of(run: Run) -> tuple[Message | Problem, ...]:
    """Give why a run failed, to be said in either language; empty where it did not."""
    return from_plain(run.error or ())


def claim(store: Store, run_id: int, worker: str) -> bool:
    """
    Take a queued run: of all who try, one does.

    Parameters
    ----------
    store : Store
    who : Principal
        Who is acting.
    run_id : int
    worker : str
        A name that no other worker has.

    Returns
    -------
    bool
        False: it is somebody else's, or over.
    """
    with store.writing(MACHINE.name) as work:
        run = work.get(Run, id=run_id)
        if run.state != "queued":
            return False
        work.change(run, "start_run", state="running", worker=worker, started_at=work.at, heartbeat_at=work.at)
        return True


def beat(store: Store, run_id: int, worker: str) -> bool:
    """Say that a worker is alive; False where the run is not, or no longer, the worker's."""
    return _touch(store, run_id, worker)


def tell_progress(store: Store, run_id: int, worker: str, *, done: int, total: int, stage: str) -> bool:
    """Say how far a run is; False where it is not, or no longer, the worker's."""
    return _touch(store, run_id, worker, done=done, total=total, stage=stage)


def finish(store: Store, run_id: int, worker: str, results: Mapping[str, bytes]) -> bool:
    """
    Keep what a run has made, and that it is done: both or neither.

    Returns
    -------
    bool
        False, and nothing is written, where the run was cancelled or interrupted, or is another worker's.
    """
    with store.writing(MACHINE.name) as work:
        run = _own(work, run_id, worker)
        if run is None:
            return False
        kept = {name: work.keep_file(content) for name, content in results.items()}
        work.change(run, "finish_run", state="done", results=kept, ended_at=work.at)
        return True


def fail(store: Store, run_id: int, worker: str, messages: Sequence[Message | Problem]) -> bool:
    """
    Say why a run has failed; as `finish`.

    A worker that has ended before it could claim the run fails it too: the next would fare no better.
    """
    with store.writing(MACHINE.name) as work:
        run = _own(work, run_id, worker) or work.find(Run, id=run_id, state="queued")
        if run is None:
            return False
        work.change(run, "fail_run", state="failed", error=tuple(map(as_plain, messages)), ended_at=work.at)
        return True


def interrupt(store: Store, run_id: int, worker: str) -> bool:
    """Say that a worker was stopped for no fault of the run's, such as by the end of the service; as `finish`."""
    with store.writing(MACHINE.name) as work:
        run = _own(work, run_id, worker)
        return run is not None and bool(_interrupt(work, run))


def interrupt_stale(store: Store, *, but: int | None = None) -> list[Run]:
    """
    Find the runs on which nobody works any more, and say so in their rows.

    Parameters
    ----------
    store : Store
    who : Principal
        Who is acting.
    but : int or None
        A run that is looked after.

    Returns
    -------
    list of Run
        Those that were running without a heartbeat for `STALE_S`: their service ended without a word.
    """
    limit = (store.clock() - timedelta(seconds=STALE_S)).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    def stale(view: Reader) -> list[Run]:
        running = view.listed(Run, state="running")
        return [run for run in running if run.id != but and (run.heartbeat_at or "") < limit]

    with store.reading() as view:
        if not stale(view):
            return []
    with store.writing(MACHINE.name) as work:
        return [_interrupt(work, run) for run in stale(work)]


@permitted
def cancel(store: Store, who: Principal, run_id: int) -> Run:
    """
    Take a run back, queued or running; who supervises it ends its process.

    Raises
    ------
    NotAllowed
        When it is over.
    """
    with store.writing(who.name) as work:
        run = work.get(Run, id=run_id)
        if run.state not in OPEN:
            raise NotAllowed([Message("runs.over", {"state": Message(f"value.run.{run.state}")})])
        if who.role == "analyst" and run.queued_by != who.name:
            raise NotAllowed([Message("permissions.not_own")])
        return work.change(run, "cancel_run", state="cancelled", ended_at=work.at)


def _own(work: Writer, run_id: int, worker: str) -> Run | None:
    return work.find(Run, id=run_id, state="running", worker=worker)


def _touch(store: Store, run_id: int, worker: str, **values: object) -> bool:
    """Write what is no decision of anybody's: no event tells of it."""
    with store.writing(MACHINE.name) as work:
        run = _own(work, run_id, worker)
        if run is not None:
            work.change(run, None, heartbeat_at=work.at, **values)
        return run is not None


def run_for(who: Principal, run: Run) -> Run:
    """Show a run: why it failed may tell of wishes and vetoes, and is not for an analyst."""
    if who.role != "analyst" or not run.error:
        return run
    return replace(run, error=(as_plain(Message("runs.why_is_with_the_office")),))


def _interrupt(work: Writer, run: Run) -> Run:
    return work.change(run, "interrupt_run", state="interrupted", ended_at=work.at)
