"""An epoch from its beginning to lists that later runs make by it: the command, its files, and what it refuses."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from matcher import cli
from matcher.language import use
from tests.city import City, city_in

SETTINGS = '[text]\nepoch = "2026.npz"\n[ranking]\nfull_market_pairs = 0\nshortlist = 4\n'
LISTS = ("placements.csv", "unplaced.csv", "report.json")


class Ran(NamedTuple):
    code: int
    said: str


Run = Callable[..., Ran]


@pytest.fixture
def matcher(capsys: pytest.CaptureFixture[str]) -> Run:
    def run(*words: object) -> Ran:
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            cli.main([str(word) for word in words])
        use("zh")
        return Ran(int(ended.value.code or 0), capsys.readouterr().err)

    return run


@pytest.fixture
def city(tmp_path: Path, matcher: Run) -> City:
    """A small city with an epoch, and settings that go by it."""
    found = city_in(tmp_path)
    (tmp_path / "settings.toml").write_text(SETTINGS, encoding="utf-8")
    begun = matcher("epoch", found.experts, "--settings", tmp_path / "settings.toml", "--out", tmp_path / "2026.npz")
    assert begun.code == 0
    assert "词权基准已定" in begun.said
    return found


def bytes_of(folder: Path) -> list[bytes]:
    return [(folder / name).read_bytes() for name in LISTS]


def rewritten(path: Path, before: str, after: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert before in text
    path.write_text(text.replace(before, after, 1), encoding="utf-8")


def test_what_changed_alone_is_ranked_and_the_list_is_that_of_ranking_all_and_sound(
    matcher: Run, city: City, tmp_path: Path
) -> None:
    given = city.experts, city.firms, "--settings", tmp_path / "settings.toml"
    first = matcher("assign", *given, "--out", tmp_path / "first", "--reuse", tmp_path / "left")
    assert first.code == 0
    assert "重新计算了" not in first.said
    rewritten(city.experts, "E03,某3,会稽学院,", "E03,某3,会稽学院,绿茶、")
    again = matcher("assign", *given, "--out", tmp_path / "again", "--reuse", tmp_path / "left")
    whole = matcher("assign", *given, "--out", tmp_path / "whole")
    assert again.code == whole.code == 0
    assert "重新计算了 0 项需求、1 位专家" in again.said
    assert bytes_of(tmp_path / "again") == bytes_of(tmp_path / "whole")
    assert bytes_of(tmp_path / "again") != bytes_of(tmp_path / "first")

    recorded = json.loads((tmp_path / "again" / "report.json").read_text(encoding="utf-8"))["inputs"]["epoch"]
    assert recorded["file"] == "2026.npz"
    listed = tmp_path / "again" / "placements.csv"
    assert matcher("audit", city.experts, city.firms, listed).code == 0
    why = matcher("why", city.experts, city.firms, "--firm", "F02", "--expert", "E03", "--placements", listed)
    assert why.code == 0


def test_an_audit_goes_by_the_epoch_of_the_list_and_by_no_other(matcher: Run, city: City, tmp_path: Path) -> None:
    given = city.experts, city.firms, "--settings", tmp_path / "settings.toml"
    assert matcher("assign", *given, "--out", tmp_path / "out").code == 0
    listed, epoch = tmp_path / "out" / "placements.csv", tmp_path / "2026.npz"
    rewritten(city.experts, "E14,某14,", "E15,新人,")
    begun = matcher("epoch", city.experts, "--settings", tmp_path / "settings.toml", "--out", epoch)
    assert begun.code == 0
    rewritten(city.experts, "E15,新人,", "E14,某14,")
    # The same people, but their words are as rare as before: the epoch is the same to the byte.
    assert matcher("audit", city.experts, city.firms, listed).code == 0
    rewritten(city.experts, "E14,某14,越州大学,", "E14,某14,越州大学,钒钛、")
    matcher("epoch", city.experts, "--settings", tmp_path / "settings.toml", "--out", epoch)
    rewritten(city.experts, "E14,某14,越州大学,钒钛、", "E14,某14,越州大学,")
    other = matcher("audit", city.experts, city.firms, listed)
    assert other.code == 2
    assert "2026.npz" in other.said
    epoch.unlink()
    gone = matcher("audit", city.experts, city.firms, listed)
    assert gone.code == 2
    assert "词权基准 2026.npz" in gone.said


def test_wrong_use_is_told_with_what_to_do(matcher: Run, city: City, tmp_path: Path) -> None:
    plain = tmp_path / "plain.toml"
    plain.write_text("[ranking]\nfull_market_pairs = 0\n", encoding="utf-8")
    words = "--out", tmp_path / "out", "--reuse", tmp_path / "left"
    without = matcher("assign", city.experts, city.firms, "--settings", plain, *words)
    assert without.code == 2
    assert "matcher epoch" in without.said
    assert not (tmp_path / "left").exists()

    small = tmp_path / "small.toml"
    small.write_text('[text]\nepoch = "2026.npz"\n', encoding="utf-8")
    ran = matcher("assign", city.experts, city.firms, "--settings", small, *words)
    assert ran.code == 0
    assert "一次算完" in ran.said

    (tmp_path / "other.toml").write_text(
        SETTINGS.replace("[ranking]", "length_slope = 0.5\n[ranking]"), encoding="utf-8"
    )
    other = matcher(
        "assign", city.experts, city.firms, "--settings", tmp_path / "other.toml", "--out", tmp_path / "out"
    )
    assert other.code == 2
    assert "length_slope" in other.said

    (tmp_path / "lost.toml").write_text(SETTINGS.replace("2026", "2025"), encoding="utf-8")
    lost = matcher("assign", city.experts, city.firms, "--settings", tmp_path / "lost.toml", "--out", tmp_path / "out")
    assert lost.code == 2
    assert "2025.npz" in lost.said


def test_an_epoch_never_overwrites_what_it_is_made_of_and_needs_sound_experts(
    matcher: Run, city: City, tmp_path: Path
) -> None:
    before = city.experts.read_bytes()
    over = matcher("epoch", city.experts, "--out", city.experts)
    assert over.code == 2
    assert city.experts.read_bytes() == before
    rewritten(city.experts, "E03,某3,", "E03,,")
    wrong = matcher("epoch", city.experts, "--out", tmp_path / "new.npz")
    assert wrong.code == 2
    assert "第 4 行" in wrong.said
    assert not (tmp_path / "new.npz").exists()
