"""The audit of honest lists: sound in every objective, whatever the market holds and the rules ask."""

import json
from pathlib import Path

import pytest

from tests.city import City, run


@pytest.mark.parametrize("shortlist", [None, 1, 3])
@pytest.mark.parametrize("minimum", [0, 10])
@pytest.mark.parametrize("objective", ["stable", "total", "fair"])
def test_what_assign_makes_the_audit_finds_sound(
    city: City, tmp_path: Path, objective: str, minimum: int, shortlist: int | None
) -> None:
    text = city.settings(objective, minimum=minimum).read_text(encoding="utf-8")
    if shortlist:
        text = text.replace("[ranking]\n", f"[ranking]\nfull_market_pairs = 0\nshortlist = {shortlist}\n")
    (tmp_path / "s.toml").write_text(text, encoding="utf-8")
    words = ("--settings", tmp_path / "s.toml", "--keep", city.keep, "--out", tmp_path)
    ended = run("assign", city.experts, city.firms, *words)
    if ended == 3:  # so few pairs in the shortlists that no list has the minimum
        assert (minimum, shortlist) == (10, 1)
        return
    report = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    claim = report["certificate"]
    must_be_full = shortlist is None or (objective == "stable" and claim["n_blocking_pairs"] == 0)

    assert ended == 0
    assert claim["scope"] == ("full" if must_be_full else "shortlists")
    assert run("audit", city.experts, city.firms, tmp_path / "placements.csv") == 0


def test_without_a_report_the_list_is_asked_for_all_that_the_objective_promises(city: City, tmp_path: Path) -> None:
    settings = city.settings("total")
    assert run("assign", city.experts, city.firms, "--settings", settings, "--keep", city.keep, "--out", tmp_path) == 0
    (tmp_path / "report.json").unlink()
    words = (
        "audit",
        city.experts,
        city.firms,
        tmp_path / "placements.csv",
        "--keep",
        city.keep,
        "--settings",
        settings,
    )

    assert run(*words) == 0
    assert run(*words, "--objective", "fair") == 4
    assert run(*words[:-2], "--settings", city.settings("stable")) == 4
    lines = (tmp_path / "placements.csv").read_text(encoding="utf-8-sig").splitlines(keepends=True)
    (tmp_path / "placements.csv").write_text("".join(lines[:-1]), encoding="utf-8-sig")
    assert run(*words) == 4


def test_a_smaller_list_of_tied_sides_that_calls_itself_the_largest_is_sound_but_not_verified(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """F1 likes both equally, so F1 with E1 alone is stable; but so are F1 with E2 and F2 with E1."""
    (tmp_path / "experts.csv").write_text(
        "expert_id,name,institution,research_fields,preferred_firms,vetoed_firms\n"
        "E1,甲,越州大学,电机降噪,F1;F2,\nE2,乙,越州大学,电机降噪,,F2\n",
        encoding="utf-8",
    )
    (tmp_path / "firms.csv").write_text(
        "firm_id,name,township,industry,need_title,preferred_experts\n"
        "F1,某厂,甘霖镇,制造,电机降噪,E1=E2\nF2,别厂,甘霖镇,制造,电机降噪,\n",
        encoding="utf-8",
    )
    sides = (tmp_path / "experts.csv", tmp_path / "firms.csv")
    placements, report_file = tmp_path / "placements.csv", tmp_path / "report.json"

    def audited(*words: object) -> tuple[int, dict[str, object]]:
        capsys.readouterr()
        code = run("audit", *sides, placements, *words, "--json")
        return code, json.loads(capsys.readouterr().out)

    assert run("assign", *sides, "--out", tmp_path) == 0
    code, found = audited()
    assert (code, found["pairs"], found["sound"], found["verified"]) == (0, 2, True, True)

    placements.write_text("firm_id,need_id,expert_id\nF1,F1,E1\n", encoding="utf-8")
    report = json.loads(report_file.read_text(encoding="utf-8"))
    for bound, verified in ((1, False), (2, True)):
        report["certificate"] |= {"value": 1, "bound": bound, "gap": (bound - 1) / bound}
        report_file.write_text(json.dumps(report), encoding="utf-8")
        code, found = audited()
        assert (code, found["sound"], found["verified"]) == (0, True, verified)
    report_file.unlink()
    code, found = audited("--objective", "stable")
    assert (code, found["sound"], found["verified"]) == (0, True, False)
