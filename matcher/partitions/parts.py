"""
Parts of a large market, as functions of paths.

A part reads what all share and the texts of its needs, and writes their weights and their shortlists. A file is there
whole or not at all, so that whoever finds one need not do it again: a run that was killed goes on, and a part that two
workers do is the same twice.
"""

import io
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from pathlib import Path
from typing import NamedTuple

import joblib
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import scipy.sparse as sp

from matcher.domain.errors import StorageError
from matcher.domain.messages import Message, Problem
from matcher.domain.records import Expert, Need, Rating
from matcher.domain.settings import Settings
from matcher.files import whole_file, write_bytes
from matcher.files.sums import is_whole, summed_file
from matcher.partitions.earlier import Earlier
from matcher.partitions.memory import give_back
from matcher.partitions.running import PartFunction, run_parts
from matcher.ranking.cells import Grid
from matcher.ranking.ranker import Progress, Ranker
from matcher.ranking.ranking import Ranking, ranker_of
from matcher.ranking.renewal import SPARE, KeptRanking
from matcher.ranking.shortlists import PART, Shortlists, best, joined, parts_of, shortlists_of
from matcher.text import Epoch, Lexicon, Profiles, Space, StoredVectors, Tokenizer, learn_space

_SHARED = "shared.joblib"


@dataclass(frozen=True, slots=True)
class Partitions:
    """
    Ranks a large market a part of its needs at a time.

    Attributes
    ----------
    folder : path
        Where parts stand once they are done: of this market alone, its texts, settings and versions.
    run : callable
        Has parts done, as `matcher.partitions.run_parts` does.
    size : int
        Needs of a part.
    earlier : Earlier or None
        What earlier runs within an epoch left, and where this one leaves it.
    """

    folder: Path
    run: Callable[[PartFunction, Path, Sequence[int]], Iterator[int]] = run_parts
    size: int = PART
    earlier: Earlier | None = None

    def rank(
        self,
        experts: Sequence[Expert],
        needs: Sequence[Need],
        settings: Settings,
        *,
        ratings: Sequence[Rating] = (),
        locks: Sequence[tuple[str, str]] = (),
        tokenizer: Tokenizer | None = None,
        lexicon: Lexicon | None = None,
        vectors: StoredVectors | None = None,
        epoch: Epoch | None = None,
        on_progress: Progress | None = None,
    ) -> Ranking:
        """
        Do what `matcher.pipeline.rank_texts` does with shortlists, with the same result however it is parted.

        Raises
        ------
        StorageError
            When the folder can't be written, or a worker does not see it.
        """
        k, earlier = settings.ranking.shortlist, self.earlier
        count = earlier.counts if earlier else None

        def learn(documents: Sequence[str]) -> Space:
            return learn_space(
                *(documents, settings.text, tokenizer), lexicon=lexicon, vectors=vectors, epoch=epoch, count=count
            )

        def collect(profiles: Profiles) -> Ranker:
            return ranker_of(
                *(experts, needs, profiles, settings.ranking, settings.eligibility), ratings=ratings, locks=locks
            )

        if earlier and (
            found := earlier.renewed(experts, needs, k, learn=learn, collect=collect, on_progress=on_progress)
        ):
            ranker, lists = found
            return Ranking(ranker, *lists, "shortlists")
        if on_progress:
            on_progress(0, 0, "weighing")
        space = learn([expert.profile for expert in experts])
        if on_progress:
            on_progress(len(experts), len(experts), "weighing")
        ranker, lists = self._ranked(collect(space.profiles), space, needs, k + SPARE if earlier else k, on_progress)
        if earlier:
            earlier.keep(experts, needs, KeptRanking.of(ranker, lists, k))
            lists = best(lists, k)
        return Ranking(ranker, *lists, "shortlists")

    def _ranked(
        self, ranker: Ranker, space: Space, needs: Sequence[Need], length: int, on_progress: Progress | None
    ) -> tuple[Ranker, Shortlists]:
        """Have all parts done that are not, and put them together."""
        parts = parts_of(len(needs), self.size)
        self._share(_Shared(replace(ranker, experts=(), needs=()), space, self.size, length), needs, parts)
        missing = sorted(set(range(len(parts))) - self.done())
        n_done = len(needs) - sum(parts[number].stop - parts[number].start for number in missing)
        if on_progress:
            on_progress(n_done, len(needs), "ranking")
        for number in self.run(rank_part, self.folder, missing):
            n_done += parts[number].stop - parts[number].start
            if on_progress:
                on_progress(n_done, len(needs), "ranking")
        found = [partial(_array, _ranked(self.folder, number)) for number in range(len(parts))]
        lists, profiles = joined(length, found), _joined_profiles(space.profiles, found)
        give_back()
        return replace(ranker, profiles=profiles), lists

    def done(self) -> set[int]:
        """
        Find which parts are done, by number; a damaged one is to be done again.

        The folder is listed, and no file asked for: of one that is not there, shared storage may say so for a while
        after a worker wrote it.
        """
        paths = list(self.folder.iterdir()) if self.folder.exists() else []
        numbers = {path: re.fullmatch(r"ranked-(\d+)\.npz", path.name) for path in paths}
        return {int(found[1]) for path, found in numbers.items() if found and is_whole(path, _of(path))}

    def _share(self, shared: "_Shared", needs: Sequence[Need], parts: Sequence[slice]) -> None:
        with whole_file(self.folder / _SHARED) as file:
            joblib.dump(shared, file)
        for number, part in enumerate(parts):
            texts = {"title": [need.need_title for need in needs[part]], "text": [need.text for need in needs[part]]}
            sink = pa.BufferOutputStream()
            pq.write_table(pa.table(texts), sink)
            write_bytes(_texts(self.folder, number), sink.getvalue())


class _Shared(NamedTuple):
    """What all parts go by: the ranker without records, the space of its profiles, needs a part, length of a list."""

    ranker: Ranker
    space: Space
    size: int
    length: int


def rank_part(folder: Path, number: int) -> int:
    """
    Weigh the needs of a part and find their shortlists, and those of all experts among them.

    Parameters
    ----------
    folder : path
        As `Partitions` lays it out.
    number : int
        Of the part.

    Returns
    -------
    int
        The number. What is found stands in the folder; if it does already, nothing is done.

    Raises
    ------
    StorageError
        When the folder is not seen from here, or can't be written.
    """
    ranked = _ranked(folder, number)
    if is_whole(ranked, _of(ranked)):
        return number
    if not (folder / _SHARED).exists():
        raise StorageError([Problem(Message("partitions.not_seen"), path=str(folder))])
    ranker, space, size, length = _shared(folder)
    part = parts_of(ranker.shape[0], size)[number]
    texts = pq.read_table(_texts(folder, number)).to_pydict()
    profiles = space.with_needs(list(zip(texts["title"], texts["text"], strict=True)))
    placed = replace(ranker, profiles=_among(profiles, part, ranker.shape[0]))
    lists = shortlists_of(placed, Grid(np.arange(part.start, part.stop)), length)
    rows, buffer = profiles.needs, io.BytesIO()
    vectors = {channel.name: channel.needs for channel in profiles.dense}
    weights = {"weights": rows.data, "columns": rows.indices, "lengths": np.diff(rows.indptr)}
    np.savez(buffer, allow_pickle=False, **weights, **vectors, **lists._asdict())
    with summed_file(ranked, _of(ranked)) as file:
        file.write(buffer.getvalue())
    return number


# A worker does one part after another of the same market.
@lru_cache(maxsize=1)
def _shared(folder: Path) -> _Shared:
    # Processes of one machine share the pages. Not "r": for what can't be written, kernels would be compiled once more.
    return joblib.load(folder / _SHARED, mmap_mode="c")


def _among(profiles: Profiles, part: slice, n_needs: int) -> Profiles:
    """Put the needs of a part where they stand among all, with empty rows around them."""
    bounds = profiles.needs.indptr
    before, after = np.zeros(part.start, bounds.dtype), np.full(n_needs - part.stop, bounds[-1], bounds.dtype)
    rows = (profiles.needs.data, profiles.needs.indices, np.concatenate((before, bounds, after)))
    dense = []
    for channel in profiles.dense:
        needs = np.zeros((n_needs, channel.needs.shape[1]), channel.needs.dtype)
        needs[part] = channel.needs
        dense.append(replace(channel, needs=needs))
    shape = n_needs, profiles.needs.shape[1]
    return replace(profiles, needs=sp.csr_array(rows, shape=shape), dense=tuple(dense))


def _array(path: Path, name: str) -> np.ndarray:
    """Read an array of a part; more parts than may be open at once are no fault."""
    with np.load(path) as arrays:
        return arrays[name]


def _joined_profiles(of_experts: Profiles, parts: Sequence[Callable[[str], np.ndarray]]) -> Profiles:
    """Put the needs of all parts together, an array at a time: each is read only when it is asked for."""

    def whole(name: str) -> np.ndarray:
        return np.concatenate([part(name) for part in parts])

    bounds = np.concatenate(([0], np.cumsum(whole("lengths"), dtype=np.int64)))
    kind = np.int32 if bounds[-1] <= np.iinfo(np.int32).max else np.int64
    rows = (whole("weights"), whole("columns").astype(kind, copy=False), bounds.astype(kind))
    needs = sp.csr_array(rows, shape=(len(bounds) - 1, of_experts.needs.shape[1]))
    dense = tuple(replace(channel, needs=whole(channel.name)) for channel in of_experts.dense)
    return replace(of_experts, needs=needs, dense=dense)


def _texts(folder: Path, number: int) -> Path:
    return folder / f"needs-{number:05}.parquet"


def _ranked(folder: Path, number: int) -> Path:
    return folder / f"ranked-{number:05}.npz"


def _of(path: Path) -> str:
    """Say what a file of a part is of: of what the folder is named by, and of which needs."""
    return f"{path.parent.name}/{path.name}"
