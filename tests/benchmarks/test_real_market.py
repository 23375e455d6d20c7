"""The real market can be made from a clone, and the main job runs on it."""

import csv
import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

import matcher

SCRIPT = Path(__file__).resolve().parents[2] / "benchmarks" / "real_market.py"


@pytest.fixture(scope="module")
def real_market() -> ModuleType:
    spec = importlib.util.spec_from_file_location("real_market", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["real_market"] = module
    spec.loader.exec_module(module)
    return module


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_the_small_market_has_100_experts_and_the_firms_of_the_same_100(
    real_market: ModuleType, tmp_path: Path
) -> None:
    experts, firms = real_market.write_market(real_market.authors("100"), tmp_path)

    expert_ids = [row["expert_id"] for row in rows_of(experts)]
    assert len(set(expert_ids)) == 100
    assert [row["firm_id"] for row in rows_of(firms)] == ["F" + name.removeprefix("E") for name in expert_ids]
    assert min(expert_ids) >= "E8"


def test_everybody_has_a_profile_and_nobody_the_title_of_the_own_need_in_it(real_market: ModuleType) -> None:
    people = real_market.authors("full")

    assert len(people) == 3393
    assert all(who.profile for who in people)
    assert [who.key for who in people if who.need in who.profile.split("\u3002")] == []


def test_the_last_title_is_the_latest(real_market: ModuleType) -> None:
    with real_market.DATA.open(encoding="utf-8", newline="") as file:
        dated = {(row["expert"], row["title"], row["date"]) for row in csv.DictReader(file, delimiter="\t", quoting=3)}
    latest: dict[str, str] = {}
    for expert, _, date in dated:
        latest[expert] = max(date, latest.get(expert, ""))

    assert all((who.key, who.need, latest[who.key]) in dated for who in real_market.authors("full"))


def test_the_main_job_places_most_of_the_small_market_and_its_audit_is_clean(
    real_market: ModuleType, tmp_path: Path
) -> None:
    experts, firms = real_market.write_market(real_market.authors("100"), tmp_path)

    result = matcher.match(matcher.read_experts(experts), matcher.read_firms(firms))
    found = real_market.outcome(tmp_path, result.assignment.pairs)

    assert result.certificate.violations == ()
    assert found.n_blocking == 0
    assert found.n_placed > 90
    # A list made by chance would bring 1 in 100 together with the author.
    assert found.placed_with_author > 0.2
    assert found.recall_10 > found.recall_1 > 0.2
