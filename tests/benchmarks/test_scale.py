"""The benchmark of growth runs at tiny sizes, and what it derives is the arithmetic that it says."""

import importlib
import json
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from matcher.assignment.kernel import Side, deferred_acceptance, run_compiled

ROOT = Path(__file__).resolve().parents[2]
STAGES = [
    *("counting", "weights", "learning", "vectors", "shortlisting", "forming"),
    *("acceptance", "kernel", "auditing", "flow", "prices"),
]


@pytest.fixture(scope="module")
def scale() -> Iterator[ModuleType]:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(ROOT)
        yield importlib.import_module("benchmarks.scale")


def cell(stage: str, size: int, cpu_s: float, peak_mb: float = 300.0) -> dict[str, object]:
    return {"stage": stage, "size": size, "cpu_s": cpu_s, "peak_mb": peak_mb, "before_mb": 200.0}


def test_every_stage_is_known_here(scale: ModuleType) -> None:
    assert list(scale.STAGES) == STAGES


@pytest.mark.parametrize("name", STAGES)
def test_a_stage_has_a_result_at_a_hundred_needs(scale: ModuleType, name: str) -> None:
    assert scale.STAGES[name].prepare(100)() > 0


def test_a_measurement_is_a_process_of_its_own(scale: ModuleType) -> None:
    found = scale.cell("flow", 200, limit_s=120, memory_gb=8)

    assert (found["stage"], found["size"]) == ("flow", 200)
    assert found["cpu_s"] > 0
    assert found["peak_mb"] >= found["before_mb"] > 0
    assert found["result"] == scale.STAGES["flow"].prepare(200)()


def test_what_takes_too_long_or_too_much_says_so_in_its_row(scale: ModuleType) -> None:
    late, large = scale.cell("flow", 200, 0.01, 8), scale.cell("kernel", 1_000_000, 120, 0.6)

    assert "not done after 0.01 s" in scale.measured_row(late)
    assert "within 0.6 GB" in scale.measured_row(large)
    assert scale.measured_row(late).count("|") == scale.measured_row(large).count("|") == 8


def test_a_drawn_list_is_of_different_experts_in_order(scale: ModuleType) -> None:
    lists = scale.drawn_lists(500, 25)

    assert lists.shape == (500, 20)
    assert (np.diff(lists, axis=1) > 0).all()
    assert (lists.min(), lists.max()) == (0, 24)


def test_lists_drawn_in_order_place_whom_the_same_lists_place_when_they_are_sorted(scale: ModuleType) -> None:
    offers, places = scale.drawn_offers(2_000)
    there, order = offers.asked >> 32, -(offers.asked & (1 << 32) - 1)
    seats = np.diff(offers.slot)
    needs = Side.of(offers.proposer.astype(np.int64), places, -np.arange(len(there)))
    placed = deferred_acceptance(needs, Side.of(there, seats, order), (there, there))

    held = run_compiled(offers, places)

    assert np.sort(held[held >= 0]).tolist() == placed.tolist()


@pytest.mark.parametrize("power", [1.0, 1.5, 2.0])
def test_the_exponent_of_a_power_law_is_found(scale: ModuleType, power: float) -> None:
    units = [1e3, 1e4, 1e6]

    assert scale.exponent(units, [7e-6 * n**power for n in units]) == pytest.approx(power)


def test_a_nations_seconds_follow_the_exponent_of_what_took_long_enough(scale: ModuleType) -> None:
    # Listed pairs are 20 a need: 2 s at a million of them, and ten times as many take a hundred times as long.
    cells = [cell("flow", 500, 0.05), cell("flow", 500_000, 200.0, 1_300.0), cell("flow", 50_000, 2.0)]

    found = scale.growth(scale.STAGES["flow"], cells, needs=5_000_000, experts=500_000)

    assert found.sizes == (50_000, 500_000)
    assert found.exponent == pytest.approx(2)
    assert found.units == 100_000_000
    assert found.by_exponent_s == pytest.approx(20_000)
    assert found.in_proportion_s == pytest.approx(2_000)
    assert found.seconds == found.by_exponent_s
    # A line from 300 MB at ten thousand listed pairs to 1,300 at ten million.
    assert found.memory_gb == pytest.approx((300 + 1_000 * (100_000_000 - 10_000) / 9_990_000) / 1024)


def test_pairs_grow_by_both_sides_and_slow_growth_counts_in_proportion(scale: ModuleType) -> None:
    cells = [cell("shortlisting", 1_000, 1.0), cell("shortlisting", 10_000, 10.0)]

    found = scale.growth(scale.STAGES["shortlisting"], cells, needs=100_000, experts=20_000)

    assert found.exponent == pytest.approx(0.5)
    assert found.units == 2_000_000_000
    assert found.by_exponent_s == pytest.approx(10 * 200**0.5)
    assert found.seconds == found.in_proportion_s == pytest.approx(2_000)


def test_what_failed_has_no_part_in_growth_and_one_size_has_no_exponent(scale: ModuleType) -> None:
    failed = {"stage": "flow", "size": 50_000, "empty": "not done"}

    alone = scale.growth(scale.STAGES["flow"], [failed, cell("flow", 5_000, 1.0)], needs=50_000, experts=5_000)

    assert scale.growth(scale.STAGES["flow"], [failed], needs=50_000, experts=5_000) is None
    assert (alone.sizes, alone.exponent, alone.memory_gb) == ((), None, None)
    assert alone.by_exponent_s == alone.in_proportion_s == pytest.approx(10)


def test_hours_and_cores_are_those_of_what_is_shared_and_what_is_not(scale: ModuleType) -> None:
    assert scale.hours(72_000, 1_800, 10) == pytest.approx(2.5)
    assert scale.cores_within(72_000, 1_800, 2.5) == 10
    assert scale.cores_within(72_000, 1_800, 2.4) == 11
    assert scale.cores_within(72_000, 3_600, 1) is None
    assert scale.cores_within(10, 10, 1) == 1


def test_an_objective_is_derived_of_its_stages_or_says_what_is_wanting(scale: ModuleType) -> None:
    # At the size of the nation itself every stage takes what was measured: an hour.
    needed = [name for name in STAGES if "stable" in scale.STAGES[name].roads]
    said = scale.derived([cell(name, 1_000, 3_600.0) for name in STAGES if name in needed], 1_000, 100)

    assert needed == ["weights", "learning", "vectors", "shortlisting", "forming", "acceptance", "auditing"]
    assert "stable: 3 core hours spread, 4 alone. By the clock: 2 cores 5.5 h; 16 cores 4.2 h;" in "\n".join(said)
    assert "Cores to be done within: 1 h on no number of cores; 8 h 1; 24 h 1." in said
    assert said[-1] == "total: not derived, for nothing is measured of flow, prices."


def test_what_was_kept_is_not_measured_again(
    scale: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kept = tmp_path / "kept.jsonl"
    lines = [json.dumps(cell("kernel", size, size / 1e3)) + "\n" for size in (1_000, 10_000)]
    kept.write_text("".join(lines), encoding="utf-8")

    scale.main(["--stages", "kernel", "--most", "10000", "--measured", str(kept)])

    said = capsys.readouterr().out
    assert "| kernel | 1,000 | 20,000 listed pairs | 1 | 50,000 | 300 | 200 |" in said
    assert "| kernel | 2e+08 listed pairs | 1.00 | 1,000, 10,000 |" in said
    assert kept.read_text(encoding="utf-8") == "".join(lines)


def test_a_stage_that_there_is_not_is_refused(scale: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        scale.main(["--stages", "kernel,flows"])

    assert "no stage is called flows" in capsys.readouterr().err
