"""matcher tune, and what comes of its settings file: the whole way, as people go it."""

import csv
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from matcher.domain.records import Rating
from matcher.domain.settings import Settings, TextSettings
from matcher.files import load_firms, read_settings
from matcher.ranking.learning import Evidence, RatedPairs, evidence, learn, rated_pairs
from matcher.services import tuning
from matcher.services.inputs import Options, load_inputs
from matcher.services.tuning import tune
from tests.city import run
from tests.simulated import FIRM
from tests.strategies import DATA, Sample

EXPERTS, FIRMS, RATINGS = (DATA / f"{name}.csv" for name in ("experts", "firms", "ratings"))
SIDES = (EXPERTS, FIRMS)


@pytest.fixture(scope="module")
def learned(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Evidence]]:
    """The settings that the sample's ratings give, and by side what these show."""
    out, shown = tmp_path_factory.mktemp("tuned") / "S.toml", {}

    def noted(rated: RatedPairs, *given: Any, **options: Any) -> Evidence:
        shown[rated.side] = learn(rated, *given, **options)
        return shown[rated.side]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tuning, "learn", noted)
        assert run("tune", *SIDES, "--ratings", RATINGS, "--out", out) == 0
    return out, shown


@pytest.fixture(scope="module")
def tuned(learned: tuple[Path, dict[str, Evidence]]) -> Path:
    return learned[0]


@pytest.fixture
def as_learned(learned: tuple[Path, dict[str, Evidence]], monkeypatch: pytest.MonkeyPatch) -> None:
    """Learn from the sample's ratings no second time, for tests of what is said of that and kept of the settings."""
    monkeypatch.setattr(tuning, "learn", lambda rated, *_, **__: learned[1][rated.side])


@pytest.fixture(scope="module")
def placed(tuned: Path) -> Path:
    """The sample's list under them."""
    out = tuned.parent / "out"
    assert run("assign", *SIDES, "--ratings", RATINGS, "--settings", tuned, "--out", out) == 0
    return out


def test_the_samples_ratings_calibrate_the_weights_in_use_and_do_not_change_them(tuned: Path) -> None:
    settings, default = read_settings(tuned), Settings()
    assert (settings.ranking.firm, settings.ranking.expert) == (default.ranking.firm, default.ranking.expert)
    assert settings.ranking.is_calibrated
    head = tuned.read_text(encoding="utf-8").split("\n\n")[0]
    assert all(line.startswith("# ") for line in head.splitlines())
    for said in ("ratings.csv sha256 ", "企业评分 201 条", "专家评分 197 条", "权重不变", "匹配度已校准"):
        assert said in head


def test_the_same_ratings_give_the_same_bytes(tuned: Path, tmp_path: Path) -> None:
    assert run("tune", *SIDES, "--ratings", RATINGS, "--out", tmp_path / "again.toml") == 0
    assert (tmp_path / "again.toml").read_bytes() == tuned.read_bytes()


@pytest.mark.usefixtures("as_learned")
def test_english_says_the_same(tuned: Path, tmp_path: Path) -> None:
    assert run("tune", *SIDES, "--ratings", RATINGS, "--out", tmp_path / "en.toml", "--lang", "en") == 0
    assert read_settings(tmp_path / "en.toml") == read_settings(tuned)
    assert "fits are calibrated" in (tmp_path / "en.toml").read_text(encoding="utf-8")


def test_a_list_under_calibrated_settings_passes_its_audit_and_why_explains_it(
    tuned: Path, placed: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report = json.loads((placed / "report.json").read_text(encoding="utf-8"))
    assert report["statistics"]["calibrated"] is True
    assert report["settings"]["ranking"]["calibration"]["firm"]["slope"] > 0
    assert run("audit", *SIDES, placed / "placements.csv") == 0
    with (placed / "placements.csv").open(encoding="utf-8-sig", newline="") as file:
        line = next(iter(csv.DictReader(file)))
    pair = ("--firm", line["need_id"], "--expert", line["expert_id"])
    capsys.readouterr()
    assert run("why", *SIDES, *pair, "--placements", placed / "placements.csv", "--json") == 0
    found = json.loads(capsys.readouterr().out)
    (answer,) = found["answers"]
    assert found["calibrated"] is True
    assert answer["firm_fit"] == pytest.approx(float(line["firm_fit"]), abs=1e-6)
    assert sum(part["value"] for part in answer["firm_parts"]) == pytest.approx(answer["firm_score"], abs=1e-9)
    assert run("why", *SIDES, *pair, "--placements", placed / "placements.csv") == 0
    assert "预计好评概率" in capsys.readouterr().out
    assert run("suggest", *SIDES, "--firm", line["firm_id"], "--settings", tuned) == 0
    said = capsys.readouterr().out
    assert "未校准" not in said
    assert "预计概率" in said


@pytest.mark.parametrize("column", ["firm_fit", "expert_fit", "fit", "value"])
def test_a_fit_that_is_not_so_is_found(placed: Path, tmp_path: Path, column: str) -> None:
    shutil.copytree(placed, tmp_path / "doctored")
    path = tmp_path / "doctored" / "placements.csv"
    with path.open(encoding="utf-8-sig", newline="") as file:
        lines = list(csv.DictReader(file))
    lines[3][column] = f"{float(lines[3][column]) - 0.01:.6f}"
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, list(lines[0]))
        writer.writeheader()
        writer.writerows(lines)
    assert run("audit", *SIDES, path) == 4


def test_too_few_ratings_are_refused_with_how_many_it_takes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    few = tmp_path / "few.csv"
    few.write_text("".join(RATINGS.read_text(encoding="utf-8").splitlines(keepends=True)[:31]), encoding="utf-8")
    assert run("tune", *SIDES, "--ratings", few, "--out", tmp_path / "S.toml", "--lang", "en") == 2
    said = capsys.readouterr().err
    assert "at least 30 of either kind" in said
    assert "30 ratings by firms" in said
    assert not (tmp_path / "S.toml").exists()


@pytest.mark.usefixtures("as_learned")
def test_the_settings_at_hand_are_kept_and_an_earlier_calibration_is_not(tmp_path: Path) -> None:
    given = tmp_path / "given.toml"
    given.write_text(
        "[text]\nlexicon = 'lists'\n[ranking]\nmin_fit = 0.05\n[ranking.firm]\ntext = 0.9\ntitle = 0.1\n"
        "[ranking.calibration]\nfirm = {intercept = 1, slope = 1}\nexpert = {intercept = 1, slope = 1}\n"
        "[assignment]\nobjective = 'fair'\nlocks = [['F001', 'E118']]\n"
        "[[assignment.quotas]]\ncolumn = 'township'\nvalue = '甘霖镇'\nmaximum = 9\n[term]\nstart = 2026-03-01\n",
        encoding="utf-8",
    )
    (tmp_path / "lists").mkdir()
    (tmp_path / "lists" / "stop_words.txt").write_text("的\n", encoding="utf-8")
    out = tmp_path / "deep" / "S.toml"
    assert run("tune", *SIDES, "--ratings", RATINGS, "--settings", given, "--out", out) == 0
    found, before = read_settings(out), read_settings(given)
    assert found.assignment == before.assignment
    assert found.term == before.term
    assert found.ranking.min_fit == 0.05
    assert found.text.lexicon == "../lists"
    assert found.ranking.calibration.firm != before.ranking.calibration.firm
    assert load_inputs(*SIDES, Options(out)).lexicon.digest == load_inputs(*SIDES, Options(given)).lexicon.digest


@pytest.mark.parametrize("name", ["experts", "firms", "ratings", "settings"])
def test_an_input_is_never_written_over(tmp_path: Path, name: str) -> None:
    paths = {role: tmp_path / f"{role}.csv" for role in ("experts", "firms", "ratings")}
    for role, path in paths.items():
        shutil.copy(DATA / f"{role}.csv", path)
    paths["settings"] = tmp_path / "settings.toml"
    paths["settings"].write_text("[ranking]\nmin_fit = 0.1\n", encoding="utf-8")
    before = paths[name].read_bytes()
    words = (paths["experts"], paths["firms"], "--ratings", paths["ratings"], "--settings", paths["settings"])
    assert run("tune", *words, "--out", paths[name]) == 2
    assert paths[name].read_bytes() == before


def test_simulated_ratings_of_other_weights_change_the_weights_and_shuffled_ones_do_not(
    sample: Sample, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evidence, "_REFITS", 10)  # how sure the shares are is not asked here
    luck = np.random.default_rng(5)
    needs = load_firms(FIRMS).records
    cells = luck.choice(len(needs) * len(sample.experts), size=900, replace=False).tolist()
    asked = [(needs[cell % len(needs)], sample.experts[cell // len(needs)]) for cell in cells]

    def rating(k: int, good: tuple[bool, bool]) -> Rating:
        need, expert = asked[k]
        stars = [5 if is_good else 2 for is_good in good]
        who = {"expert_id": expert.expert_id, "firm_id": need.firm_id, "need_title": need.need_title}
        return Rating(**who, year=2024, firm_rating=stars[0], expert_rating=stars[1])

    X = rated_pairs(sample.experts, needs, [rating(k, (True, True)) for k in range(900)], TextSettings())["firm"].X
    good = luck.random((2, 900)) < FIRM.chances(X)
    columns = ("expert_id", "firm_id", "year", "firm_rating", "expert_rating", "need_title")
    for name, order in (("true", np.arange(900)), ("shuffled", luck.permutation(900)[:400])):
        with (tmp_path / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(columns)
            for k, other in enumerate(order):
                told = rating(k, (bool(good[0, other]), bool(good[1, other])))
                writer.writerow([getattr(told, column) for column in columns])
    assert run("tune", *SIDES, "--ratings", tmp_path / "true.csv", "--out", tmp_path / "S.toml", "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert found["calibrated"]
    assert found["sides"]["firm"]["gain"]["low"] > 0
    assert read_settings(tmp_path / "S.toml").ranking.firm.discipline > 2 * Settings().ranking.firm.discipline
    shuffled = tune(load_inputs(*SIDES, Options(ratings=tmp_path / "shuffled.csv")), tmp_path / "T.toml")
    assert [message.code for message in shuffled.found][-1] == "tuning.nothing"
    assert read_settings(tmp_path / "T.toml") == Settings()
