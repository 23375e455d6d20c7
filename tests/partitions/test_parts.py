"""A market ranked by parts is the one ranked at once, whoever does them and wherever a run stopped."""

import os
import pickle
import shutil
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from matcher.domain.errors import StorageError
from matcher.domain.settings import Settings
from matcher.partitions import Partitions, rank_part, run_parts
from matcher.partitions.running import PartFunction
from matcher.pipeline import match, rank_texts
from matcher.ranking import Ranking
from matcher.ranking.shortlists import Shortlists, joined
from tests.strategies import Sample

SETTINGS = Settings.model_validate({"ranking": {"full_market_pairs": 0, "shortlist": 7}})
ARRAYS = ("need", "expert", "firm_score", "expert_score", "firm_order", "expert_order", "need_bars", "expert_bars")


def assert_same(one: Ranking, other: Ranking) -> None:
    for name in ARRAYS:
        assert np.array_equal(getattr(one, name), getattr(other, name)), name
    ours, theirs = one.ranker.profiles, other.ranker.profiles
    assert (ours.needs != theirs.needs).nnz == 0
    assert ours.needs.indices.dtype == theirs.needs.indices.dtype
    for channel, same in zip(ours.dense, theirs.dense, strict=True):
        assert (channel.needs == same.needs).all()


@pytest.fixture(scope="module")
def at_once(sample: Sample) -> Ranking:
    return rank_texts(sample.experts, sample.needs, SETTINGS, ratings=sample.ratings)


@pytest.mark.parametrize("size", [7, 64, 1000])
def test_parts_of_any_size_give_what_ranking_at_once_gives(
    sample: Sample, at_once: Ranking, tmp_path: Path, size: int
) -> None:
    needs, told = sample.needs, []

    def told_of(*progress: object) -> None:
        told.append(progress)

    partitions = Partitions(tmp_path / "parts", size=size)
    found = partitions.rank(sample.experts, needs, SETTINGS, ratings=sample.ratings, on_progress=told_of)
    assert_same(found, at_once)
    assert told[:2] == [(0, 0, "weighing"), (len(sample.experts), len(sample.experts), "weighing")]
    assert told[2] == (0, len(needs), "ranking")
    assert told[-1] == (len(needs), len(needs), "ranking")
    assert partitions.done() == set(range(-(-len(needs) // size)))


def test_processes_of_their_own_give_the_same(sample: Sample, at_once: Ranking, tmp_path: Path) -> None:
    partitions = Partitions(tmp_path, partial(run_parts, jobs=2), size=50)
    assert_same(partitions.rank(sample.experts, sample.needs, SETTINGS, ratings=sample.ratings), at_once)


def test_a_part_alone_is_done_in_this_process(tmp_path: Path) -> None:
    assert list(run_parts(lambda *_: os.getpid(), tmp_path, [3], jobs=2)) == [os.getpid()]
    assert list(run_parts(rank_part, tmp_path, [], jobs=2)) == []


def test_a_run_that_stopped_goes_on_with_what_is_missing(sample: Sample, at_once: Ranking, tmp_path: Path) -> None:
    did: list[int] = []

    def stopping(function: PartFunction, folder: Path, numbers: Sequence[int]) -> Iterator[int]:
        for number in numbers:
            did.append(function(folder, number))
            yield number
            if len(did) == 2:
                raise KeyboardInterrupt

    partitions = Partitions(tmp_path, stopping, size=50)
    with pytest.raises(KeyboardInterrupt):
        partitions.rank(sample.experts, sample.needs, SETTINGS, ratings=sample.ratings)
    assert partitions.done() == {0, 1}
    stamps = {path.name: path.stat().st_mtime_ns for path in tmp_path.glob("ranked-*")}
    assert_same(partitions.rank(sample.experts, sample.needs, SETTINGS, ratings=sample.ratings), at_once)
    assert did == [0, 1, 2, 3]
    assert stamps == {name: (tmp_path / name).stat().st_mtime_ns for name in stamps}


@pytest.mark.parametrize("damage", ["another bit", "cut", "empty"])
def test_a_damaged_part_is_done_again(sample: Sample, at_once: Ranking, tmp_path: Path, damage: str) -> None:
    partitions = Partitions(tmp_path, size=50)
    partitions.rank(sample.experts, sample.needs, SETTINGS, ratings=sample.ratings)
    path = tmp_path / "ranked-00002.npz"
    whole = path.read_bytes()
    bit = bytearray(whole)
    bit[-30] ^= 8
    path.write_bytes({"another bit": bit, "cut": whole[:500], "empty": b""}[damage])
    assert partitions.done() == {0, 1, 3}
    assert_same(partitions.rank(sample.experts, sample.needs, SETTINGS, ratings=sample.ratings), at_once)
    assert path.read_bytes() == whole


def test_parts_are_not_held_open_for_there_may_be_more_than_files_that_may_be(
    sample: Sample, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    held: list[str] = []

    def looked(length: int, found: Sequence[Callable[[str], np.ndarray]]) -> Shortlists:
        lists = joined(length, found)
        opened = [path.readlink().name for path in Path("/proc/self/fd").iterdir() if path.is_symlink()]
        held.extend(name for name in opened if name.startswith("ranked-"))
        return lists

    monkeypatch.setattr("matcher.partitions.parts.joined", looked)
    Partitions(tmp_path, size=50).rank(sample.experts, sample.needs, SETTINGS)
    assert held == []


def test_a_part_of_something_else_is_never_taken_whatever_it_is_called(sample: Sample, tmp_path: Path) -> None:
    one, other = (Partitions(tmp_path / name, size=50) for name in ("one", "other"))
    one.rank(sample.experts, sample.needs, SETTINGS, ratings=sample.ratings)
    other.folder.mkdir()
    ranked = "ranked-00001.npz"
    shutil.copy(one.folder / ranked, other.folder)
    shutil.copy(one.folder / "ranked-00000.npz", one.folder / ranked)
    assert other.done() == set()
    assert one.done() == {0, 2, 3}


def test_a_part_done_twice_is_the_same_to_the_byte(sample: Sample, tmp_path: Path) -> None:
    Partitions(tmp_path, size=50).rank(sample.experts, sample.needs, SETTINGS)
    path = tmp_path / "ranked-00001.npz"
    before = path.read_bytes()
    assert rank_part(tmp_path, 1) == 1
    path.unlink()
    rank_part(tmp_path, 1)
    assert path.read_bytes() == before


def test_who_does_not_see_the_folder_says_so_and_so_does_a_process_that_is_told(tmp_path: Path) -> None:
    with pytest.raises(StorageError) as fault:
        rank_part(tmp_path / "elsewhere", 0)
    assert "partitions.not_seen" in repr(fault.value.messages)
    assert pickle.loads(pickle.dumps(fault.value)).messages == fault.value.messages  # noqa: S301 - our own
    with pytest.raises(StorageError, match="elsewhere"):
        list(run_parts(rank_part, tmp_path / "elsewhere", [0, 1], jobs=2))


def test_a_match_by_parts_is_the_match_at_once(sample: Sample, tmp_path: Path) -> None:
    given = (sample.experts, sample.needs, SETTINGS)
    by_parts = match(*given, ratings=sample.ratings, rank_by=Partitions(tmp_path, size=60).rank)
    at_once = match(*given, ratings=sample.ratings)
    assert by_parts.lines == at_once.lines
    assert by_parts.left_out == at_once.left_out
    assert by_parts.statistics == at_once.statistics
