"""An epoch from its beginning to lists that later runs make by it: the command, its files, and what it refuses."""

import io
import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from matcher import cli
from matcher.domain.settings import Settings
from matcher.language import use
from matcher.services.inputs import Inputs, Options, load_inputs
from matcher.services.parting import held, partitions_of
from matcher.text import Lexicon
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


def test_one_command_at_a_time_works_in_a_folder_and_nobody_takes_its_parts_away(
    matcher: Run, city: City, tmp_path: Path
) -> None:
    given, out = (city.experts, city.firms, "--out", tmp_path / "out"), tmp_path / "out"
    parted = *given, "--settings", tmp_path / "settings.toml"
    (parts := out / ".parts-of-somebody").mkdir(parents=True)
    with held(out):
        for words in ((), ("--objective", "total")):
            refused = matcher("assign", *parted, *words)
            assert refused.code == 2
            assert "另一个命令正在这个文件夹里做名单" in refused.said
        assert matcher("assign", *given).code == 0  # without parts
        assert parts.exists()
    assert matcher("assign", *parted).code == 0
    assert not list(out.glob(".*"))


def test_parts_that_cannot_be_taken_away_are_no_fault_of_a_list_that_is_saved(
    matcher: Run, city: City, tmp_path: Path
) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / ".parts-that-are-none").touch()
    given = city.experts, city.firms, "--out", tmp_path / "out"
    assert matcher("assign", *given).code == 0
    assert matcher("assign", *given, "--settings", tmp_path / "settings.toml").code == 0


def test_whoever_stops_a_run_is_told_that_what_is_done_is_kept(
    matcher: Run, city: City, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = city.experts, city.firms, "--settings", tmp_path / "settings.toml", "--out", tmp_path / "out"

    def stop(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    for where, is_kept in (("matcher.partitions.parts.rank_part", False), ("matcher.partitions.parts.joined", True)):
        with monkeypatch.context() as patch:
            patch.setattr(where, stop)
            ran = matcher("assign", *given)
        assert ran.code == 130
        assert ("用同样的命令再运行一次即可接着算" in ran.said) == is_kept
    assert "接着上次没有做完的匹配" in matcher("assign", *given).said


def test_a_list_that_is_saved_is_said_to_be_though_its_parts_stay(
    matcher: Run, city: City, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    given = city.experts, city.firms, "--settings", tmp_path / "settings.toml", "--out", tmp_path / "out"
    with monkeypatch.context() as patch:
        patch.setattr("matcher.services.parting.shutil.rmtree", stop)
        ran = matcher("assign", *given)
    assert ran.code == 0
    assert "已写出" in ran.said
    assert matcher("assign", *given).code == 0
    assert not list((tmp_path / "out").glob(".*"))


def test_what_is_written_is_said_by_name(
    matcher: Run, city: City, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    for words in ((), ("--parquet",)):
        ran = matcher("assign", city.experts, city.firms, "--settings", "settings.toml", "--out", "out", *words)
        names = set(re.findall(r"out/([a-z.]+)", ran.said.splitlines()[-1]))
        assert names == {path.name for path in (tmp_path / "out").iterdir()}
    assert len(names) == 6


def test_a_place_that_cannot_be_written_is_told_before_any_work(matcher: Run, city: City, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    given = city.experts, city.firms, "--settings", tmp_path / "settings.toml"
    refused = matcher("assign", *given, "--out", tmp_path / "file", "--reuse", tmp_path / "left")
    assert refused.code == 2
    assert str(tmp_path / "file") in refused.said
    assert not any(path.is_file() for path in (tmp_path / "left").rglob("*"))


def test_an_audit_goes_by_the_epoch_of_the_list_and_by_no_other(matcher: Run, city: City, tmp_path: Path) -> None:
    given = city.experts, city.firms, "--settings", tmp_path / "settings.toml"
    assert matcher("assign", *given, "--out", tmp_path / "out").code == 0
    listed, epoch = tmp_path / "out" / "placements.csv", tmp_path / "2026.npz"
    before = epoch.read_bytes()
    there = matcher("epoch", city.experts, "--settings", tmp_path / "settings.toml", "--out", epoch)
    assert there.code == 2
    assert "可能有名单是按它得出的" in there.said
    assert epoch.read_bytes() == before
    rewritten(city.experts, "E14,某14,", "E15,新人,")
    epoch.unlink()
    matcher("epoch", city.experts, "--settings", tmp_path / "settings.toml", "--out", epoch)
    rewritten(city.experts, "E15,新人,", "E14,某14,")
    # Others, but their words are as rare as before: the epoch is the same to the byte.
    assert epoch.read_bytes() == before
    assert matcher("audit", city.experts, city.firms, listed).code == 0
    rewritten(city.experts, "E14,某14,越州大学,", "E14,某14,越州大学,钒钛、")
    epoch.unlink()
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

    (tmp_path / "file").touch()
    given = city.experts, city.firms, "--settings", tmp_path / "settings.toml", "--out", tmp_path / "out"
    refused = matcher("assign", *given, "--reuse", tmp_path / "file")
    assert refused.code == 2
    assert not (tmp_path / "out").exists()

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

    alone = io.BytesIO()
    np.save(alone, np.arange(3))
    (tmp_path / "2024.npz").write_bytes(alone.getvalue())
    (tmp_path / "odd.toml").write_text(SETTINGS.replace("2026", "2024"), encoding="utf-8")
    odd = matcher("assign", city.experts, city.firms, "--settings", tmp_path / "odd.toml", "--out", tmp_path / "out")
    assert odd.code == 2
    assert "2024.npz" in odd.said

    (tmp_path / "lost.toml").write_text(SETTINGS.replace("2026", "2025"), encoding="utf-8")
    lost = matcher("assign", city.experts, city.firms, "--settings", tmp_path / "lost.toml", "--out", tmp_path / "out")
    assert lost.code == 2
    assert "2025.npz" in lost.said


def test_an_epoch_that_knows_little_of_what_people_say_is_pointed_out(matcher: Run, city: City, tmp_path: Path) -> None:
    given = city.experts, city.firms, "--settings", tmp_path / "settings.toml"
    assert "词权基准" not in matcher("check", *given).said.replace("2026.npz", "")
    text = city.experts.read_text(encoding="utf-8")
    city.experts.write_text(
        text.replace("茶叶烘干", "钒钛磁铁矿冶炼").replace("轴承磨削", "咸水淡化"), encoding="utf-8"
    )
    warned = matcher("check", *given)
    assert warned.code == 0
    assert "2026.npz：专家资料中的用语只有" in warned.said
    # However many rows are worth a look, what is of them all is not among those that are left out.
    rows = city.firms.read_text(encoding="utf-8").splitlines()
    rows = [f"{rows[0]},accepts_others", *(f"{row},是" for row in rows[1:])]
    closed = [f"G{k},G{k},某店{k},三界镇,制造,轴承磨削,1,,否" for k in range(300)]
    city.firms.write_text("\n".join([*rows, *closed]) + "\n", encoding="utf-8")
    buried = matcher("check", *given).said
    assert "另有 1" in buried
    assert "2026.npz：专家资料中的用语只有" in buried


def test_an_epoch_never_overwrites_what_it_is_made_of_and_needs_sound_experts(
    matcher: Run, city: City, tmp_path: Path
) -> None:
    before = city.experts.read_bytes()
    (tmp_path / "lists").mkdir()
    (tmp_path / "own.toml").write_text('[text]\nlexicon = "lists"\n', encoding="utf-8")
    for out in (city.experts, tmp_path, tmp_path / "lists" / "new.npz"):
        over = matcher("epoch", city.experts, "--settings", tmp_path / "own.toml", "--out", out)
        assert over.code == 2
        assert str(out) in over.said
    assert city.experts.read_bytes() == before
    assert list((tmp_path / "lists").iterdir()) == []
    (tmp_path / "link.npz").symlink_to(tmp_path / "gone.npz")
    assert matcher("epoch", city.experts, "--out", tmp_path / "link.npz").code == 2
    assert (tmp_path / "link.npz").is_symlink()
    rewritten(city.experts, "E03,某3,", "E03,,")
    wrong = matcher("epoch", city.experts, "--out", tmp_path / "new.npz")
    assert wrong.code == 2
    assert "第 4 行" in wrong.said
    assert not (tmp_path / "new.npz").exists()


NAMED = {
    "another epoch": lambda inputs: replace(inputs, digests={**inputs.digests, "epoch": {"sha256": "other"}}),
    "another length of lists": lambda inputs: changed(inputs, ranking={"shortlist": 5}),
    "another smallest fit": lambda inputs: changed(inputs, ranking={"min_fit": 0.01}),
    "another share of a channel": lambda inputs: changed(inputs, text={"words": 0.1}),
}


def changed(inputs: Inputs, **tables: dict[str, object]) -> Inputs:
    written = inputs.settings.model_dump()
    for name, table in tables.items():
        written[name] |= table
    return replace(inputs, settings=Settings.model_validate(written))


@pytest.fixture
def inputs(city: City, tmp_path: Path) -> Inputs:
    return load_inputs(city.experts, city.firms, Options(settings=tmp_path / "settings.toml"))


@pytest.mark.parametrize("name", NAMED)
def test_a_ranking_is_never_taken_for_one_under_something_else(inputs: Inputs, tmp_path: Path, name: str) -> None:
    one, other = (partitions_of(some, tmp_path, reuse=tmp_path / "left") for some in (inputs, NAMED[name](inputs)))
    assert one.earlier
    assert other.earlier
    assert one.earlier.ranking != other.earlier.ranking
    assert one.folder != other.folder
    assert one.earlier.counts == other.earlier.counts


def test_counts_are_those_of_one_tokenizer_and_of_one_set_of_word_lists(inputs: Inputs, tmp_path: Path) -> None:
    others = changed(inputs, text={"tokenizer": "rjieba"}), replace(inputs, lexicon=Lexicon(synonyms=(("a", "b"),)))
    found = [partitions_of(some, tmp_path, reuse=tmp_path / "left").earlier for some in (inputs, *others)]
    assert len({earlier.counts for earlier in found if earlier}) == 3


def test_parts_with_longer_lists_are_never_taken_for_those_of_a_plain_run(inputs: Inputs, tmp_path: Path) -> None:
    assert partitions_of(inputs, tmp_path).folder != partitions_of(inputs, tmp_path, reuse=tmp_path / "left").folder
