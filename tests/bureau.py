"""A small bureau for tests of the service: four experts, four needs of three firms, and rounds in any state."""

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from functools import cache, wraps
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Concatenate, ParamSpec, TypeVar

from matcher.domain.records import Expert, Need
from matcher.domain.roles import Principal
from matcher.domain.rounds import RoundState
from matcher.domain.settings import Settings
from matcher.services import consents, forms, proposing, publishing, rounds, runs, scenarios
from matcher.services.freezing import load_frozen
from matcher.services.placing import PLACEMENTS, REPORT, UNPLACED, place
from matcher.store import Store
from matcher.store.entities import Publication, Round, Run
from tests.databases import THE_DAY, is_empty, kept

P = ParamSpec("P")
T = TypeVar("T")

WHO = Principal("王科长", "administrator")


def colleague(name: str) -> Principal:
    """Give another administrator."""
    return Principal(name, "administrator")


def firm(own_id: str) -> Principal:
    """Give somebody of a firm."""
    return Principal(own_id, "firm", own_id)


def expert(own_id: str) -> Principal:
    return Principal(own_id, "expert", own_id)


def party(placed: Any, side: str) -> Principal:
    """Give one side of a placement."""
    return firm(placed.firm_id) if side == "firm" else expert(placed.expert_id)


NOTICE: dict[str, Any] = {
    "approved_by": "李局长",
    "document_number": "嵊科〔2026〕12号",
    "notice": (date(2026, 6, 2), date(2026, 6, 8)),
}

EXPERTS = (
    Expert(
        expert_id="E1", name="陈永", institution="东海大学", research_fields="永磁电机设计；电机电磁噪声", title="教授"
    ),
    Expert(
        expert_id="E2", name="林蓝", institution="东海大学", research_fields="功能性纤维；真丝染整色牢度", capacity=2
    ),
    Expert(expert_id="E3", name="周茶", institution="茶叶研究所", research_fields="茶叶加工；夏秋茶利用与农残检测"),
    Expert(
        expert_id="E4",
        name="吴燃",
        institution="越州学院",
        research_fields="燃气燃烧与低排放；风机气动声学",
        contact="13800000004",
    ),
)
NEEDS = (
    Need(firm_id="F1", need_id="F1", name="嵊星电机", township="三江街道", industry="电机",
         need_title="永磁电机噪声偏高", need_detail="永磁电机电磁噪声 62dB，需降至 55dB", contact="13900000001"),
    Need(firm_id="F2", need_id="N21", name="越锦丝绸", township="鹿山街道", industry="丝绸",
         need_title="真丝色牢度不足", need_detail="真丝染整色牢度 3 级，需 4 级"),
    Need(firm_id="F2", need_id="N22", name="越锦丝绸", township="鹿山街道", industry="丝绸",
         need_title="功能性纤维开发", need_detail="开发功能性纤维领带面料"),
    Need(firm_id="F3", need_id="F3", name="灶王厨具", township="浦口街道", industry="厨具",
         need_title="集成灶燃气燃烧热效率与风机噪声", need_detail="燃气燃烧热效率 58%，需 63%；风机气动声学"),
)  # fmt: skip


def made_once(make: Callable[Concatenate[Store, P], T]) -> Callable[Concatenate[Store, P], T]:
    """
    Make the same of an empty database only once for each engine; others get a copy.

    So it is where the clock of tests stands still. Where it goes, or there is something already, all is made anew.
    """
    made: dict[Any, tuple[Callable[[Store], None], T]] = {}

    @wraps(make)
    def of(store: Store, *values: P.args, **options: P.kwargs) -> T:
        if store.clock() != THE_DAY or not is_empty(store):
            return make(store, *values, **options)
        key = (store.is_sqlite, store.secret, repr(values), repr(options))
        if key in made:
            put_into, result = made[key]
            put_into(store)
        else:
            result = make(store, *values, **options)
            made[key] = kept(store), result
        return result

    return of


def undated(make: Callable[Concatenate[Store, P], T]) -> Callable[Concatenate[Store, P], T]:
    """Make on the day of tests, whatever the clock of a store says, what is the same on any: so it is made once too."""

    @wraps(make)
    def of(store: Store, *values: P.args, **options: P.kwargs) -> T:
        return make(replace(store, clock=lambda: THE_DAY), *values, **options)

    return of


@undated
@made_once
def collecting(store: Store, name: str = "2026", **options: Any) -> Round:
    """Open a batch whose forms are all there, and accepted; experts are named in public by a regulation."""
    consents.record_basis(store, WHO, "notice", "嵊科〔2026〕3号")
    opened = rounds.open_batch(store, WHO, name, 2026, **options)
    for record in (*EXPERTS, *NEEDS):
        form = forms.write_form(store, WHO, opened.id, record)
        form = forms.submit_form(store, WHO, form)
        forms.accept_form(store, WHO, form)
    return opened


@undated
@made_once
def choosing(store: Store, name: str = "2026", **options: Any) -> Round:
    return rounds.advance(store, WHO, collecting(store, name, **options).id)


@undated
@made_once
def matching(store: Store, name: str = "2026", **options: Any) -> Round:
    return rounds.advance(store, WHO, choosing(store, name, **options).id)


def put_in(store: Store, round_: Round, state: RoundState) -> Round:
    """Put a round into a state without going there, for what only that state's table is asked about."""
    with store.writing(WHO.name) as work:
        return work.change(work.get(Round, id=round_.id), "advance", state=state)


def ran(store: Store, round_: Round, **assignment: Any) -> Run:
    """Make a scenario of a round and run it, here and now."""
    settings = Settings.model_validate({**round_.settings, "assignment": assignment})
    name = f"方案{len(scenarios.scenarios(store, WHO, round_.id)) + 1}"
    run = runs.queue(store, WHO, scenarios.create(store, WHO, round_.id, name, settings).id)
    with store.reading() as view:
        frozen = runs.contents(view, run.inputs)
    assert runs.claim(store, run.id, "here")
    assert runs.finish(store, run.id, "here", _made(tuple(sorted(frozen.items()))))
    return runs.run_of(store, WHO, run.id)


@cache
def _made(frozen: tuple[tuple[str, bytes], ...]) -> dict[str, bytes]:
    """Run what was frozen; the same is not run twice."""
    with TemporaryDirectory() as folder:
        place(load_frozen(dict(frozen), Path(folder)), Path(folder), started=time.perf_counter())
        return {name: (Path(folder) / name).read_bytes() for name in (PLACEMENTS, UNPLACED, REPORT)}


def notice(days: int) -> dict[str, Any]:
    """Give `NOTICE` some days later."""
    start, end = (day + timedelta(days=days) for day in NOTICE["notice"])
    return {**NOTICE, "notice": (start, end)}


@made_once
def proposed(store: Store, round_: Round | None = None, **options: Any) -> Round:
    """Put a list before both sides."""
    run = ran(store, round_ or matching(store))
    terms: dict[str, Any] = {"answer_by": date(2026, 6, 30), "silence": "accept", **options}
    return proposing.propose(store, WHO, run.id, **terms)


@made_once
def agreed(store: Store, round_: Round | None = None) -> Round:
    """Let both sides accept every pair."""
    confirming = proposed(store, round_)
    for placed in publishing.placements(store, WHO, confirming.id):
        for side in ("firm", "expert"):
            if placed.state == "proposed":
                proposing.answer(store, party(placed, side), placed.id, side, accepts=True)
    return rounds.round_of(store, WHO, confirming.id)


@made_once
def published(store: Store, round_: Round | None = None) -> Publication:
    return publishing.publish(store, WHO, agreed(store, round_).id, **NOTICE)


@made_once
def active(store: Store, round_: Round | None = None) -> Round:
    publication = published(store, round_)
    return publishing.activate(later(store, 10), WHO, publication.round_id)


def later(store: Store, days: int) -> Store:
    """Give the same database some days later."""
    return replace(store, clock=lambda: store.clock() + timedelta(days=days))
