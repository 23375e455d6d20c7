"""All objectives side by side: each is best at what it is for, each can be audited, and keeping has its price."""

import csv
import json
from pathlib import Path

import pytest

from tests.city import City, run

RUNS = ["stable-firms", "stable-experts", "total", "fair", "least-disruption"]


@pytest.fixture(scope="module")
def compared(city: City, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("compared")
    words = ("--settings", city.settings("total"), "--keep", city.keep, "--out", out)
    assert run("compare", city.experts, city.firms, *words) == 0
    return out


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_every_run_stands_in_a_folder_of_its_own_and_is_sound(city: City, compared: Path) -> None:
    assert [row["name"] for row in rows(compared / "compare.csv")] == RUNS
    for name in RUNS:
        assert run("audit", city.experts, city.firms, compared / name / "placements.csv") == 0


def test_each_objective_is_best_at_what_it_is_for(compared: Path) -> None:
    found = {row["name"]: row for row in rows(compared / "compare.csv")}
    value = {name: float(row["value_total"]) for name, row in found.items()}
    kept = {name: int(row["kept"]) for name, row in found.items()}

    assert found["stable-firms"]["blocking_pairs"] == found["stable-experts"]["blocking_pairs"] == "0"
    assert value["total"] + 0.05 * kept["total"] == pytest.approx(
        max(value[n] + 0.05 * kept[n] for n in RUNS), abs=1e-5
    )
    assert int(found["fair"]["needs_unplaced"]) == min(int(row["needs_unplaced"]) for row in found.values())
    assert kept["least-disruption"] == max(kept.values())
    assert all(int(row["kept"]) + int(row["broken"]) == 3 for row in found.values())


def test_figures_are_those_of_the_lists(compared: Path) -> None:
    for row in rows(compared / "compare.csv"):
        lines = rows(compared / row["name"] / "placements.csv")
        report = json.loads((compared / row["name"] / "report.json").read_text(encoding="utf-8"))
        assert int(row["pairs"]) == len(lines)
        assert int(row["experts_placed"]) == len({line["expert_id"] for line in lines})
        assert float(row["value_total"]) == pytest.approx(sum(float(line["value"]) for line in lines), abs=1e-4)
        assert int(row["kept"]) == sum(line["status"] == "kept" for line in lines)
        assert int(row["townships_covered"]) == len({line["township"] for line in lines})
        assert int(row["blocking_pairs"]) == report["certificate"]["n_blocking_pairs"]


def test_the_more_a_kept_pair_is_worth_the_more_are_kept_and_the_less_value_is_left(compared: Path) -> None:
    curve = rows(compared / "keep_curve.csv")
    kept, value = [int(row["kept"]) for row in curve], [float(row["value"]) for row in curve]

    assert [float(row["keep_bonus"]) for row in curve] == [0, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1]
    assert kept == sorted(kept)
    assert value == sorted(value, reverse=True)
    assert float(curve[0]["loss_percent"]) == 0


def test_the_blocking_pairs_of_the_least_disruption_are_named(city: City, compared: Path, capsys) -> None:
    named = rows(compared / "least-disruption" / "blocking.csv")
    words = ("audit", city.experts, city.firms, compared / "least-disruption" / "placements.csv", "--json")
    capsys.readouterr()
    assert run(*words) == 0
    found = json.loads(capsys.readouterr().out)["blocking_pairs"]

    assert [[line["need_id"], line["expert_id"]] for line in named] == found
    assert found


def test_the_same_input_gives_the_same_bytes(city: City, compared: Path, tmp_path: Path) -> None:
    words = ("--settings", city.settings("total"), "--keep", city.keep, "--out", tmp_path)
    assert run("compare", city.experts, city.firms, *words) == 0
    for path in sorted(compared.rglob("*.*")):
        if path.name != "timing.json":
            assert (tmp_path / path.relative_to(compared)).read_bytes() == path.read_bytes(), path.name


def test_without_an_earlier_list_there_is_no_curve(city: City, tmp_path: Path, capsys) -> None:
    capsys.readouterr()
    assert run("compare", city.experts, city.firms, "--out", tmp_path, "--json") == 0
    said = json.loads(capsys.readouterr().out)
    assert [row["name"] for row in said["runs"]] == RUNS[:-1]
    assert said["keep_curve"] == []
    assert not (tmp_path / "keep_curve.csv").exists()


def test_an_input_in_the_folder_is_not_overwritten(city: City, tmp_path: Path) -> None:
    taken = tmp_path / "total" / "placements.csv"
    taken.parent.mkdir()
    taken.write_bytes(city.keep.read_bytes())
    assert run("compare", city.experts, city.firms, "--keep", taken, "--out", tmp_path) == 2
    assert taken.read_bytes() == city.keep.read_bytes()
