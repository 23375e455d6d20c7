"""A year of the bureau, from its spreadsheets to the next year's, as the people live it who use the service."""

import csv
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from matcher.services import consents, following, importing, preferences, proposing, publishing, rounds, runs, scenarios
from matcher.services.exporting import export_round
from matcher.services.supervising import execute
from matcher.store import Store, connect, verify
from matcher.store.entities import EarlierPair, EarlierRating, PlacedPair, Round
from tests.bureau import WHO, expert, party
from tests.city import City, city_in, run
from tests.databases import Databases

TODAY = datetime.now().astimezone().date()


@pytest.fixture
def store(databases: Databases) -> Iterator[Store]:
    opened = connect(databases.clean())  # by the clock of the computer, as the child that executes the run
    yield opened
    opened.close()


@pytest.fixture
def city(tmp_path: Path) -> City:
    return city_in(tmp_path)


def in_days(store: Store, days: int) -> Store:
    return replace(store, clock=lambda: store.clock() + timedelta(days=days))


def table(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(path.read_text(encoding="utf-8-sig").splitlines()))


def pairs(path: Path, **where: str) -> set[tuple[str, str]]:
    lines = (line for line in table(path) if where.items() <= line.items())
    return {(line["need_id"], line["expert_id"]) for line in lines}


def choose(store: Store, city: City) -> tuple[Round, tuple[str, str]]:
    """The spreadsheets come in; both sides look at each other, wish and refuse. Gives the pair that was refused."""
    consents.record_basis(store, WHO, "notice", "嵊科〔2026〕3号")
    collecting = rounds.open_batch(store, WHO, "今年", TODAY.year)
    given = {"experts": city.experts, "firms": city.firms, "keep": city.keep}
    importing.apply(store, WHO, importing.preview(store, WHO, collecting.id, **given))
    choosing = rounds.advance(store, WHO, collecting.id)
    may_have: list[Any] = preferences.counterparts(store, WHO, choosing.id, "expert", "E01")
    wished, refused = (need.need_id for need in may_have[:2])
    preferences.state_preferences(
        *(store, expert("E01"), choosing.id, "expert", "E01"), tiers=((wished,),), vetoes=[(refused, "方向不合")]
    )
    return rounds.advance(store, WHO, choosing.id), (refused, "E01")


def propose(store: Store, matching: Round) -> list[PlacedPair]:
    """The bureau matches, in a process of its own, and puts the list before both sides."""
    scenario = scenarios.create(store, WHO, matching.id, "稳定")
    run_ = execute(store, runs.queue(store, WHO, scenario.id).id)
    assert run_.state == "done", runs.messages_of(run_)
    proposing.propose(store, WHO, run_.id, answer_by=TODAY + timedelta(days=14), silence="accept")
    return publishing.placements(store, WHO, matching.id)


def publish(store: Store, round_: Round, placed: list[PlacedPair]) -> tuple[Round, set[tuple[str, str]]]:
    """One side declines, one accepts, the others are silent; the list is published, contested, published anew."""
    declined, accepted, contested, *_ = placed
    proposing.answer(store, party(declined, "expert"), declined.id, "expert", accepts=False, why="出国半年")
    proposing.answer(store, party(accepted, "firm"), accepted.id, "firm", accepts=True)
    notice = (TODAY + timedelta(days=16), TODAY + timedelta(days=21))
    paper: dict[str, Any] = {"approved_by": "李局长", "document_number": "嵊科〔2026〕12号", "notice": notice}
    first = publishing.publish(in_days(store, 15), WHO, round_.id, **paper)
    objection = publishing.receive_objection(in_days(store, 16), WHO, contested.id, "赵某某", "专家持有该企业股份")
    publishing.decide_objection(in_days(store, 17), WHO, objection.id, "经查属实", upheld=True)
    paper["notice"] = (TODAY + timedelta(days=18), TODAY + timedelta(days=24))
    second = publishing.publish(in_days(store, 17), WHO, round_.id, **paper)
    assert (first.version, second.version) == (1, 2)
    return publishing.activate(in_days(store, 26), WHO, round_.id), {declined.pair, contested.pair}


def serve(store: Store, active: Round) -> PlacedPair:
    """They work together, and say how it went. Gives the pair that was assessed."""
    served = next(row for row in publishing.placements(store, WHO, active.id) if row.state == "active")
    day = TODAY + timedelta(days=40)
    following.log_service(in_days(store, 60), party(served, "expert"), served.id, day=day, days=2, done="现场诊断")
    following.assess(in_days(store, 300), party(served, "firm"), served.id, firm_rating=5)
    following.assess(in_days(store, 300), WHO, served.id, expert_rating=4, version=1)
    following.wish_renewal(in_days(store, 300), party(served, "expert"), served.id, "expert", wishes=True)
    rounds.advance(in_days(store, 300), WHO, active.id)
    following.assess(in_days(store, 310), WHO, served.id, assessment="excellent")
    return served


def test_a_year_goes_round_and_the_next_one_begins_with_what_it_has_left(
    store: Store, city: City, tmp_path: Path
) -> None:
    matching, refused = choose(store, city)
    placed = propose(store, matching)
    active, gone = publish(store, matching, placed)
    served = serve(store, active)
    proposed = {row.pair for row in placed}
    assert refused not in proposed

    # What was published is proved by whoever has its files.
    out = tmp_path / "out"
    names = export_round(store, WHO, active.id, out)
    assert {"next/ratings.csv", "next/keep.csv", "published/list.csv", "published/report.json"} <= set(names)
    proof = out / "published"
    assert run("audit", proof / "experts.csv", proof / "firms.csv", proof / "placements.csv") == 0
    assert pairs(proof / "placements.csv") == proposed
    assert pairs(proof / "list.csv") == proposed - gone
    assert {line["firm_answer"] for line in table(proof / "list.csv")} == {"accepted", "accepted_by_silence"}

    # The next year, from files...
    following_files = out / "next" / "ratings.csv", out / "next" / "keep.csv"
    (rating,) = table(following_files[0])
    assert (rating["firm_rating"], rating["expert_rating"], rating["assessment"]) == ("5", "4", "excellent")
    assert pairs(following_files[1]) == proposed - gone
    earlier = ("--ratings", following_files[0], "--keep", following_files[1])
    assert run("assign", city.experts, city.firms, *earlier, "--out", tmp_path / "next") == 0
    assert pairs(tmp_path / "next" / "placements.csv", status="kept")

    # ... and from the database.
    follows = rounds.open_batch(store, WHO, "明年", TODAY.year + 1, follows=active.batch_id)
    with store.reading() as view:
        assert [row.expert_id for row in view.listed(EarlierRating, batch_id=follows.batch_id)] == [served.expert_id]
        kept = {(row.need_id, row.expert_id) for row in view.listed(EarlierPair, batch_id=follows.batch_id)}
    assert kept == proposed - gone

    # Whatever was done in the year, the log tells of it.
    assert verify(store).findings == ()
