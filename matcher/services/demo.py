"""A demonstration: a database of its own, marked as one, made anew of the sample, with a login for each role."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

from matcher.domain.errors import StorageError
from matcher.domain.messages import Message
from matcher.domain.records import Assessment
from matcher.domain.roles import MACHINE, ROLES, Principal, Role
from matcher.domain.settings import AssignmentSettings, Settings
from matcher.files import Upload, load_experts, load_firms, records_csv
from matcher.language import label
from matcher.services import (
    accounts,
    consents,
    following,
    importing,
    proposing,
    publishing,
    rounds,
    runs,
    scenarios,
    signing_in,
)
from matcher.services.supervising import execute
from matcher.store import Store, connect, current, home, upgrade
from matcher.store.engine import is_in_use, sqlite_url
from matcher.store.entities import PlacedPair, Round, Run
from matcher.store.marks import is_demo, mark_demo

_ANSWER_DAYS, _EARLIER_DAYS = 14, 300
_EARLIER_EXPERTS, _EARLIER_NEEDS = 36, 28
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
        A small batch of the year before, whose pairs are in force; one of this year whose first round has been matched
        and put before both sides, of whom some have answered; a login for each role, its password made by chance and
        kept nowhere.

    Raises
    ------
    StorageError
        When what stands there is no demonstration, or one that is being served: it is left as it is.
    """
    _clear()
    store = connect(demo_url(), create=True)
    upgrade(store)
    mark_demo(store, MACHINE.name)
    _year_before(store, data, on_progress)
    placed = _placed(store, data, on_progress)
    parties: dict[Role, tuple[str, str]] = {
        "firm": (placed.firm_id, str(placed.line["firm"])),
        "expert": (placed.expert_id, str(placed.line["expert"])),
    }
    return store, [_login(store, role, *parties.get(role, (None, ""))) for role in ROLES]


def _year_before(store: Store, data: Path, on_progress: Callable[[int, int, str], None] | None) -> None:
    """Take a part of the sample through a year, so that there is service to look at."""
    then = store.clock() - timedelta(days=_EARLIER_DAYS)
    early = replace(store, clock=lambda: then)
    year = store.clock().year - 1
    consents.record_basis(early, MACHINE, "notice", label("demo.basis", "zh"))
    round_, _ = importing.import_new(early, MACHINE, (str(year), year), **_part(data))
    for _ in range(2):
        round_ = rounds.advance(early, MACHINE, round_.id)
    run = _ran(early, round_, "total", on_progress)
    proposing.propose(early, MACHINE, run.id, answer_by=then.date() + timedelta(days=_ANSWER_DAYS), silence="accept")
    _answered(early, round_, lambda _place: (True, True))
    week = (then.date() + timedelta(days=1), then.date() + timedelta(days=10))
    number = label("demo.document", "zh").format(year=year)
    publishing.publish(
        early, MACHINE, round_.id, approved_by=label("demo.bureau", "zh"), document_number=number, notice=week
    )
    publishing.activate(replace(store, clock=lambda: then + timedelta(days=30)), MACHINE, round_.id)
    for place, placed in enumerate(publishing.placements(store, MACHINE, round_.id)):
        _served(store, placed, place)


def _served(store: Store, placed: PlacedPair, place: int) -> None:
    """Let a pair work, each its own way: most are at it, some are assessed, some have been quiet."""
    visits = (place + 3) % 4
    for visit in range(visits):
        day = store.clock().date() - timedelta(days=12 + place + 55 * (visits - 1 - visit))
        done = label(f"demo.done.{visit}", "zh")
        following.log_service(store, MACHINE, placed.id, day=day, days=1 + visit % 2, done=done)
    if visits == 3:
        said: Assessment = "excellent" if place % 8 else "pass"
        following.assess(store, MACHINE, placed.id, firm_rating=5 - place % 3, expert_rating=4, assessment=said)
        for side in ("firm", "expert"):
            following.wish_renewal(store, MACHINE, placed.id, side, wishes=place % 8 > 0)


def _part(data: Path) -> dict[str, Upload]:
    """Give a part of the sample as sheets, in which nobody speaks of who is not in it."""
    experts = load_experts(data / "experts.csv").records[:_EARLIER_EXPERTS]
    needs = load_firms(data / "firms.csv").records[:_EARLIER_NEEDS]
    nothing = {side: {f"{kind}_{side}": () for kind in ("preferred", "vetoed")} for side in ("firms", "experts")}
    parts = {
        "experts": [replace(expert, **nothing["firms"]) for expert in experts],
        "firms": [replace(need, **nothing["experts"]) for need in needs],
    }
    return {name: Upload(f"{name}.csv", records_csv(name, records)) for name, records in parts.items()}


def _answered(store: Store, round_: Round, says: Callable[[int], tuple[bool | None, bool | None]]) -> None:
    """Let the sides of pairs answer, each as told by its place in the list; None says nothing yet."""
    for place, placed in enumerate(publishing.placements(store, MACHINE, round_.id)):
        for side, accepts in zip(("firm", "expert"), says(place), strict=True):
            if accepts is not None:
                who = Principal(MACHINE.name, side, placed.firm_id if side == "firm" else placed.expert_id)
                why = "" if accepts else label("demo.declined", "zh")
                proposing.answer(store, who, placed.id, side, accepts=accepts, why=why)


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
    _answered(store, round_, _says)
    return publishing.placements(store, MACHINE, round_.id)[0]


def _says(place: int) -> tuple[bool | None, bool | None]:
    """Say what the sides of a pair answer: the first, whose sides can log in, is asked still."""
    if place % 5 == 0 or place > 130:
        return None, None
    if place % 29 == 11:
        return True, False
    return True, None if place % 5 == 4 else True


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
    if is_in_use(path):
        raise StorageError([Message("demo.running", {"path": str(path)})])
    for end in _TABLES:
        path.with_name(path.name + end).unlink(missing_ok=True)


def _file() -> Path:
    return home() / "demo" / "matcher.db"
