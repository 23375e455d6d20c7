"""A demonstration: a database of its own, marked as one, made anew of the sample, with a login for each role."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from matcher.domain.errors import StorageError
from matcher.domain.messages import Message
from matcher.domain.roles import MACHINE, ROLES, Role
from matcher.domain.settings import AssignmentSettings, Settings
from matcher.language import label
from matcher.services import accounts, importing, proposing, publishing, rounds, runs, scenarios, signing_in
from matcher.services.supervising import execute
from matcher.store import Store, connect, current, home, upgrade
from matcher.store.engine import sqlite_url
from matcher.store.entities import PlacedPair, Round, Run
from matcher.store.marks import is_demo, mark_demo

_ANSWER_DAYS = 14
_TABLES = ("", "-wal", "-shm")
"""How the names of SQLite's files end."""


@dataclass(frozen=True, slots=True)
class Login:
    """A name and a password that lead in."""

    role: Role
    name: str
    password: str = field(repr=False)


def demo_url() -> str:
    """Tell where the database of the demonstration is: in a folder of its own, never where the service's own is."""
    return sqlite_url(_file())


def make_demo(data: Path, *, on_progress: Callable[[int, int, str], None] | None = None) -> tuple[Store, list[Login]]:
    """
    Make the database of the demonstration anew.

    Parameters
    ----------
    data : path
        Folder of the sample: ``experts.csv``, ``firms.csv``, ``ratings.csv``.
    on_progress : callable or None
        As `matcher.services.supervising.execute` calls it.

    Returns
    -------
    Store, list of Login
        A batch whose first round has been matched and put before both sides; a login for each role, its password made
        by chance and kept nowhere.

    Raises
    ------
    StorageError
        When what stands there is no demonstration: it is left as it is.
    """
    _clear()
    store = connect(demo_url(), create=True)
    upgrade(store)
    mark_demo(store, MACHINE.name)
    placed = _placed(store, data, on_progress)
    parties: dict[Role, tuple[str, str]] = {
        "firm": (placed.firm_id, str(placed.line["firm"])),
        "expert": (placed.expert_id, str(placed.line["expert"])),
    }
    return store, [_login(store, role, *parties.get(role, (None, ""))) for role in ROLES]


def _placed(store: Store, data: Path, on_progress: Callable[[int, int, str], None] | None) -> PlacedPair:
    """Take the sample through a round as far as both sides' answers, and give a pair that is asked."""
    today = store.clock().date()
    sheets = {name: data / f"{name}.csv" for name in ("experts", "firms", "ratings")}
    round_, _ = importing.import_new(store, MACHINE, (str(today.year), today.year), **sheets)
    for _ in range(2):
        round_ = rounds.advance(store, MACHINE, round_.id)
    # Two, so that there is something to compare; the last is put before both sides.
    _, run = (_ran(store, round_, objective, on_progress) for objective in ("total", "stable"))
    answer_by = today + timedelta(days=_ANSWER_DAYS)
    proposing.propose(store, MACHINE, run.id, answer_by=answer_by, silence="accept")
    return publishing.placements(store, MACHINE, round_.id)[0]


def _ran(store: Store, round_: Round, objective: str, on_progress: Callable[[int, int, str], None] | None) -> Run:
    """Make a scenario that is called by its objective, and run it."""
    settings = Settings(assignment=AssignmentSettings(objective=objective))
    scenario = scenarios.create(store, MACHINE, round_.id, label(f"page.objective.{objective}", "zh"), settings)
    run = execute(store, runs.queue(store, MACHINE, scenario.id).id, on_progress=on_progress)
    if run.state != "done":
        raise StorageError(runs.messages_of(run) or [Message("demo.not_run")])
    return run


def _login(store: Store, role: Role, party: str | None, person: str) -> Login:
    """Make an account and take its invitation, as a person would."""
    account = accounts.add(store, MACHINE, name=role, role=role, party=party, code=party, person=person)
    password = secrets.token_urlsafe(12)
    token = accounts.invite(store, MACHINE, account.id).token
    signing_in.sign_out(store, signing_in.redeem(store, token, password, address="127.0.0.1"))
    return Login(role, account.name, password)


def _clear() -> None:
    """Take the last demonstration away; whatever else stands there is somebody's."""
    path = _file()
    if not path.exists():
        return
    store = connect(demo_url())
    is_ours = current(store) is not None and is_demo(store)
    store.close()
    if not is_ours:
        raise StorageError([Message("demo.not_ours", {"path": str(path)})])
    for end in _TABLES:
        path.with_name(path.name + end).unlink(missing_ok=True)


def _file() -> Path:
    return home() / "demo" / "matcher.db"
