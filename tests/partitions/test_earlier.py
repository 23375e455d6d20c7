"""What earlier runs left saves work and changes nothing, whatever changed since, and however it was left."""

import os
import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from matcher.domain.messages import Message
from matcher.files.sums import summed_file
from matcher.partitions import Earlier, KeptCounts, Partitions, run_parts, tokens
from matcher.pipeline import match, rank_texts
from matcher.ranking import Ranking
from matcher.text import Counts, Epoch, JiebaTokenizer, begin_epoch, count_terms, package_lexicon
from tests.partitions.test_parts import SETTINGS, assert_same
from tests.strategies import Sample

TEXTS = ["永磁电机转子", "真丝印染，永磁电机", "AGV, 12 台", "", "永磁电机转子"]


@pytest.fixture(scope="module")
def epoch(sample: Sample) -> Epoch:
    return begin_epoch("2026.npz", [expert.profile for expert in sample.experts], SETTINGS.text)


@pytest.fixture
def left(tmp_path: Path) -> tuple[Earlier, list[Message]]:
    told: list[Message] = []
    return Earlier(KeptCounts(tmp_path / "counts"), tmp_path / "ranking.joblib", told.append), told


def a_little_later(sample: Sample, year: int) -> Sample:
    """One of fifty says something else, one goes, one comes; somebody is refused, and somebody rated."""
    experts, needs = list(sample.experts), list(sample.needs)
    sides: Any = ((experts, "expert_id", "research_fields"), (needs, "need_id", "need_title"))
    for records, name, text in sides:
        for place in range(year, len(records), 50):
            records[place] = replace(records[place], **{text: f"{getattr(records[place - 1], text)}降噪"})
        records.append(replace(records[3 + year], **{name: f"{getattr(records[3 + year], name)}-{year}"}))
    gone = next(
        place
        for place, one in enumerate(needs)
        if not any(
            one.firm_id in (*names, *expert.vetoed_firms) for expert in experts for names in expert.preferred_firms
        )
        and not any(one.firm_id in expert.vetoed_firms for expert in experts)
    )
    firm = needs.pop(gone).firm_id
    experts[7] = replace(experts[7], vetoed_firms=(needs[year].firm_id,), preferred_firms=())
    ratings = [rating for rating in sample.ratings if rating.firm_id != firm]
    ratings.append(replace(ratings[0], expert_id=experts[9].expert_id))
    experts.sort(key=lambda one: one.expert_id)
    needs.sort(key=lambda one: one.need_id)
    return Sample(experts, needs, ratings)


def ranked(sample: Sample, epoch: Epoch, by: Callable[..., Ranking] = rank_texts) -> Ranking:
    return by(sample.experts, sample.needs, SETTINGS, ratings=sample.ratings, epoch=epoch)


def never(*_: Any, **__: Any) -> Any:
    raise AssertionError("everybody is ranked")


def test_year_after_year_only_what_changed_is_ranked_and_the_lists_are_those_of_ranking_everybody(
    sample: Sample, epoch: Epoch, left: tuple[Earlier, list[Message]], tmp_path: Path
) -> None:
    earlier, told = left
    first = Partitions(tmp_path / "parts", size=64, earlier=earlier)
    assert_same(ranked(sample, epoch, first.rank), ranked(sample, epoch))
    assert told == []
    again = Partitions(tmp_path / "again", run=never, earlier=earlier)
    now = sample
    for year in range(3):
        now = a_little_later(now, year)
        found, whole = ranked(now, epoch, again.rank), ranked(now, epoch)
        assert_same(found, whole)
        assert (found.ranker.profiles.experts != whole.ranker.profiles.experts).nnz == 0
        assert found.ranker.profiles.terms.tolist() == whole.ranker.profiles.terms.tolist()
    assert [message.code for message in told] == ["partitions.renewed"] * 3
    for side, records in (("needs", now.needs), ("experts", now.experts)):
        assert told[0].values[side] in range(1, len(records) // 5)
    assert not (tmp_path / "again").exists()


def test_a_match_by_what_is_left_is_the_match_at_once(
    sample: Sample, epoch: Epoch, left: tuple[Earlier, list[Message]], tmp_path: Path
) -> None:
    by = Partitions(tmp_path / "parts", partial(run_parts, jobs=2), size=80, earlier=left[0]).rank
    ranked(sample, epoch, by)
    now = a_little_later(sample, 1)
    given = now.experts, now.needs, SETTINGS
    renewed, whole = (match(*given, ratings=now.ratings, epoch=epoch, rank_by=how) for how in (by, None))
    assert len(left[1]) == 1
    assert renewed.lines == whole.lines
    assert renewed.left_out == whole.left_out
    assert renewed.statistics == whole.statistics


def test_where_much_has_changed_everybody_is_ranked_and_kept(
    sample: Sample, epoch: Epoch, left: tuple[Earlier, list[Message]], tmp_path: Path
) -> None:
    earlier, told = left
    experts = [replace(expert, preferred_firms=(), vetoed_firms=()) for expert in sample.experts]
    for needs in (sample.needs[::2], sample.needs):
        found = Partitions(tmp_path / str(len(needs)), earlier=earlier).rank(experts, needs, SETTINGS, epoch=epoch)
    assert told == []
    assert_same(found, rank_texts(experts, sample.needs, SETTINGS, epoch=epoch))


def test_drafts_of_runs_that_were_killed_go_and_one_that_is_being_written_stays(
    sample: Sample, epoch: Epoch, left: tuple[Earlier, list[Message]], tmp_path: Path
) -> None:
    killed, written = (tmp_path / f".ranking.joblib.{name}.part" for name in ("killed", "written"))
    for draft in (killed, written):
        draft.touch()
    os.utime(killed, (0, 0))
    ranked(sample, epoch, Partitions(tmp_path / "parts", earlier=left[0]).rank)
    assert [path.name for path in tmp_path.glob(".*")] == [written.name]


def test_drafts_of_counts_that_were_never_finished_go_when_others_are_kept(tmp_path: Path) -> None:
    killed, written = (tmp_path / f".counts-{name}.parquet.0.part" for name in ("killed", "written"))
    for draft in (killed, written):
        draft.touch()
    os.utime(killed, (0, 0))
    KeptCounts(tmp_path)(["电机"])
    assert [path.name for path in tmp_path.glob(".*")] == [written.name]


@pytest.mark.parametrize("damage", ["another bit", "cut", "empty", "something else"])
def test_a_damaged_ranking_is_told_and_everybody_ranked(
    sample: Sample, epoch: Epoch, left: tuple[Earlier, list[Message]], tmp_path: Path, damage: str
) -> None:
    earlier, told = left
    first = ranked(sample, epoch, Partitions(tmp_path / "parts", earlier=earlier).rank)
    whole = bytearray(earlier.ranking.read_bytes())
    whole[len(whole) // 2] ^= 4
    left_of = {"another bit": whole, "cut": whole[:-9], "empty": b"", "something else": b"not what a run left"}
    earlier.ranking.write_bytes(left_of[damage])
    assert_same(ranked(sample, epoch, Partitions(tmp_path / "again", earlier=earlier).rank), first)
    assert [message.code for message in told] == ["partitions.damaged"]
    ranked(sample, epoch, Partitions(tmp_path / "again", run=never, earlier=earlier).rank)
    assert told[-1].code == "partitions.renewed"


def test_a_ranking_of_something_else_is_never_taken_whatever_it_is_called(
    sample: Sample, epoch: Epoch, left: tuple[Earlier, list[Message]], tmp_path: Path
) -> None:
    earlier, told = left
    first = ranked(sample, epoch, Partitions(tmp_path / "parts", earlier=earlier).rank)
    other = replace(earlier, ranking=tmp_path / "other.joblib")
    shutil.copy(earlier.ranking, other.ranking)
    assert_same(ranked(sample, epoch, Partitions(tmp_path / "again", earlier=other).rank), first)
    assert [message.code for message in told] == ["partitions.damaged"]


class Whole:
    """Takes a run for a word."""

    name = "whole"

    def __call__(self, text: str) -> list[str]:
        return [text]


def test_counts_by_another_tokenizer_are_never_taken_and_what_cannot_be_read_is_counted(tmp_path: Path) -> None:
    one, other = KeptCounts(tmp_path / "one"), KeptCounts(tmp_path / "other")
    one(TEXTS, tokenizer=Whole())
    (tmp_path / "other").mkdir()
    for path in (tmp_path / "one").iterdir():
        shutil.copy(path, tmp_path / "other")
    (tmp_path / "other" / "counts-0-00000000.parquet").mkdir()
    assert over(other(TEXTS)["words"], ["永磁"]).sum() == 3


def test_a_damaged_file_of_counts_goes_and_its_texts_are_counted_again(tmp_path: Path) -> None:
    kept, draw = KeptCounts(tmp_path), np.random.default_rng(0)
    terms = ["永磁", "电机", "转子", "永磁电机"]
    right = over(kept(TEXTS)["words"], terms)
    (path,) = tmp_path.iterdir()
    whole = path.read_bytes()
    for place in draw.choice(len(whole), 200, replace=False).tolist():
        damaged = bytearray(whole)
        damaged[place] ^= 1 << draw.integers(8)
        path.write_bytes(damaged)
        assert np.array_equal(over(kept(TEXTS)["words"], terms), right)
        assert path.read_bytes() == whole
    path.write_bytes(b"")
    assert np.array_equal(over(kept(TEXTS)["words"], terms), right)


def test_a_file_of_counts_that_another_process_takes_away_meanwhile_is_not_missed(tmp_path: Path) -> None:
    (tmp_path / "counts-listed-00000000.parquet").symlink_to(tmp_path / "gone")
    kept = KeptCounts(tmp_path)

    assert over(kept(TEXTS)["words"], ["永磁"]).sum() == 3
    assert over(kept(TEXTS)["words"], ["永磁"]).sum() == 3


def test_a_class_that_is_gone_is_told_as_damage(tmp_path: Path) -> None:
    told: list[Message] = []
    earlier = Earlier(KeptCounts(tmp_path / "counts"), tmp_path / "ranking.joblib", told.append)
    with summed_file(earlier.ranking, earlier.ranking.name) as file:
        file.write(b"cmatcher.ranking.renewal\nGone\n.")
    assert earlier.renewed([], [], 3, learn=never, collect=never, on_progress=None) is None
    assert [message.code for message in told] == ["partitions.damaged"]


def over(counts: Counts | Any, terms: Sequence[str]) -> np.ndarray:
    return counts.over(terms).toarray()


def test_counts_that_are_kept_are_those_of_counting_whoever_asks_again_and_for_what(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept, tokenizer = KeptCounts(tmp_path / "counts"), JiebaTokenizer(package_lexicon())
    plain = count_terms(TEXTS, None, tokenizer)
    for given in (TEXTS, TEXTS[::-1], TEXTS[1:2] * 3, []):
        found = kept(given, None, tokenizer, channels=["words", "characters"])
        rows = [TEXTS.index(text) for text in given]
        for name, counts in found.items():
            terms = [*plain[name].terms, "unknown"]
            assert np.array_equal(over(counts, terms), over(plain[name], terms)[rows]), name
        # Nothing is counted any more.
        monkeypatch.setattr(tokens, "count_terms", never)
    assert set(kept(TEXTS, channels=["words"])) == {"words"}
    assert len(list((tmp_path / "counts").iterdir())) == 1


def test_a_text_is_kept_once_by_what_it_says_and_a_few_of_many_are_counted_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = KeptCounts(tmp_path)
    many = [f"{k}号电机" for k in range(40)]
    kept(many)
    monkeypatch.setattr(tokens, "_read", never)
    found = kept(["1号电机", "新的一段"])["words"]
    assert over(found, ["电机"]).tolist() == [[1], [0]]
    monkeypatch.undo()

    kept([*many[20:], "新的一段"])
    rows = [pq.read_table(path)["text"].to_pylist() for path in tmp_path.iterdir()]
    assert sum(map(len, rows)) == len({key for keys in rows for key in keys}) == 41
