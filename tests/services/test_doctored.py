"""A good list of every objective, changed in every way that a person could: each change is caught from files alone."""

import csv
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.city import City, run

Line = dict[str, str]
KINDS = {"stable": ("stable", 0), "fewest": ("stable", 10), "total": ("total", 0), "fair": ("fair", 0)}
"""Objective and minimum of one institution; with a minimum, stable means fewest blocking pairs."""


@pytest.fixture(scope="module", params=KINDS)
def good(request: pytest.FixtureRequest, city: City, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a good list of one kind, and no more."""
    objective, minimum = KINDS[request.param]
    out = tmp_path_factory.mktemp(request.param)
    settings = city.settings(objective, minimum=minimum)
    words = ("assign", city.experts, city.firms, "--settings", settings, "--keep", city.keep, "--out", out)
    assert run(*words) == 0
    return out


def lines_of(folder: Path) -> list[Line]:
    with (folder / "placements.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def report_of(folder: Path) -> dict[str, Any]:
    return json.loads((folder / "report.json").read_text(encoding="utf-8"))


@pytest.fixture
def audited(city: City, good: Path, tmp_path: Path):
    """Change a copy of the list, or of its report, and audit it."""

    def audit(change: Callable[[list[Line]], list[Line] | None] | None = None, **claims: Any) -> int:
        for path in good.iterdir():
            shutil.copy(path, tmp_path)
        if change:
            lines = lines_of(good)
            columns = list(lines[0])
            with (tmp_path / "placements.csv").open("w", encoding="utf-8-sig", newline="") as file:
                writer = csv.DictWriter(file, columns, restval="")
                writer.writeheader()
                writer.writerows(change(lines) or lines)
        report = report_of(good)
        report["certificate"] |= claims
        (tmp_path / "report.json").write_text(json.dumps(report), encoding="utf-8")
        return run("audit", city.experts, city.firms, tmp_path / "placements.csv")

    return audit


def test_the_list_as_it_was_made_is_sound(audited) -> None:
    assert audited() == 0


def of(need: str, expert: str) -> Line:
    return {"firm_id": need[:3], "need_id": need, "expert_id": expert}


def drop(lines: list[Line]) -> list[Line]:
    return lines[1:]


def drop_last(lines: list[Line]) -> list[Line]:
    return lines[:-1]


def drop_lock(lines: list[Line]) -> list[Line]:
    return [line for line in lines if line["status"] != "locked"]


def nobody(lines: list[Line]) -> list[Line]:
    lines[0]["expert_id"] = "E99"
    return lines


def duplicate(lines: list[Line]) -> list[Line]:
    return [*lines, lines[0]]


def banned(lines: list[Line]) -> list[Line]:
    return [*lines, of("F01", "E05")]


def vetoed(lines: list[Line]) -> list[Line]:
    return [*lines, of("F06-1", "E07")]


def over_capacity(lines: list[Line]) -> list[Line]:
    return [*lines, *(of(line["need_id"], f"E{k:02}") for line in lines[:1] for k in range(1, 15))]


def out_of_quota(lines: list[Line]) -> list[Line]:
    """Somebody more for every need of the township that has no place left in the quota."""
    return [*lines, *(of(f"F{k:02}", f"E{j:02}") for k in (1, 3, 5, 7, 9, 11) for j in (3, 9))]


def swap(lines: list[Line]) -> list[Line]:
    one, other = lines[0], next(line for line in lines if line["expert_id"] != lines[0]["expert_id"])
    for key in ("expert_id", "expert", "institution", "expert_title"):
        one[key], other[key] = other[key], one[key]
    return lines


@pytest.mark.parametrize(
    "change",
    [drop, drop_last, drop_lock, nobody, duplicate, banned, vetoed, over_capacity, out_of_quota, swap],
    ids=lambda change: change.__name__,
)
def test_other_pairs_than_those_made_are_caught(audited, change: Callable[[list[Line]], list[Line]]) -> None:
    assert audited(change) == 4


@pytest.mark.parametrize(
    ("column", "value"),
    [
        *(("firm_fit", "0.9"), ("expert_fit", "0.9"), ("fit", "0.9"), ("value", "0.9")),
        *(("firm_rank", "99"), ("expert_rank", "99"), ("expert", "别人"), ("institution", "别处"), ("firm", "别家")),
        *(("firm_id", "F99"), ("need_title", "别的"), ("township", "别处"), ("term_from", "2020-01-01")),
    ],
)
def test_a_line_that_says_something_else_is_caught(audited, column: str, value: str) -> None:
    def change(lines: list[Line]) -> list[Line]:
        lines[0][column] = value
        return lines

    assert audited(change) == 4


@pytest.mark.parametrize(("was", "said"), [("new", "kept"), ("locked", "new"), ("kept", "new")])
def test_another_status_is_caught(audited, good: Path, was: str, said: str) -> None:
    def change(lines: list[Line]) -> list[Line]:
        next(line for line in lines if line["status"] == was)["status"] = said
        return lines

    if was == "kept" and not any(line["status"] == was for line in lines_of(good)):
        assert audited() == 0  # what a stable list could not keep nobody can deny
        return
    assert audited(change) == 4


@pytest.mark.parametrize(
    "claims",
    [
        *({"value": 99}, {"value": 0}, {"bound": -1}, {"n_blocking_pairs": 77}, {"violations": ["x"]}),
        *({"scope": "shortlists"}, {"objective": "best"}),
    ],
)
def test_another_claim_is_caught(audited, claims: dict[str, Any]) -> None:
    assert audited(**claims) == 4


def test_a_proof_that_does_not_prove_is_caught(audited, good: Path) -> None:
    certificate = report_of(good)["certificate"]
    proof, objective = certificate["proof"], certificate["objective"]
    if objective == "total":
        assert audited(bound=certificate["bound"] + 1) == 4
        assert audited(proof={}) == 4
        assert audited(proof={"prices": {**proof["prices"], "experts": []}}) == 4
        assert audited(proof={"prices": {"needs": [["nobody", 1]]}}) == 4
    elif objective == "fair":
        levels = proof["levels"]
        assert audited(proof={"levels": levels[1:]}) == 4
        assert audited(proof={"levels": [[levels[0][0] + 1, levels[0][1]], *levels[1:]]}) == 4
    elif "fewest_blocking" in proof:
        assert audited(proof={"fewest_blocking": 99}) == 4
        assert audited(n_blocking_pairs=0, proof={"fewest_blocking": 0}) == (
            4 if certificate["n_blocking_pairs"] else 0
        )


@pytest.mark.parametrize("other", ["stable", "total", "fair"])
def test_an_honest_list_of_another_objective_is_caught(city: City, good: Path, tmp_path: Path, other: str) -> None:
    """Its lines are true and it breaks no rule; only the claim of the report does not hold."""
    report = report_of(good)
    if report["objective"] == other:
        return
    words = ("--settings", city.settings(other), "--keep", city.keep, "--out", tmp_path)
    assert run("assign", city.experts, city.firms, *words) == 0
    theirs = report_of(tmp_path)["certificate"]
    for claims in ({}, {name: theirs[name] for name in ("value", "bound", "n_blocking_pairs", "proof")}):
        doctored = {**report, "certificate": {**report["certificate"], **claims}}
        (tmp_path / "report.json").write_text(json.dumps(doctored), encoding="utf-8")
        assert run("audit", city.experts, city.firms, tmp_path / "placements.csv") == 4


def test_blocking_pairs_are_information_where_the_objective_does_not_promise_none(audited, good: Path) -> None:
    certificate = report_of(good)["certificate"]
    promises_none = certificate["objective"] == "stable" and "fewest_blocking" not in certificate["proof"]
    assert (certificate["n_blocking_pairs"] == 0) == promises_none
    assert audited() == 0
