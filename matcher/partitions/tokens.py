"""Counts of terms, kept by what a text says: so it is read once, whoever writes it and whatever weighs it."""

import hashlib
import zlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import scipy.sparse as sp

from matcher.files import clear_drafts, write_bytes
from matcher.partitions.hashes import HASH, hashes_of, places
from matcher.text import Counts, Lexicon, Tokenizer, count_terms
from matcher.text.counting import CHANNELS

_WORTH = 0.1
"""Share of a file's texts from which on it is read: to count fewer takes less than to read all."""


@dataclass(frozen=True, slots=True)
class KeptCounts:
    """
    Counts terms, to be asked for those of a vocabulary, and keeps in a folder what it counted.

    Attributes
    ----------
    folder : path
        Of one tokenizer and one lexicon, by which it is named. Each file is of the texts that were new at one time, and
        is named by these: so several may write at once, and what is done twice is the same.
    """

    folder: Path

    def __call__(
        self,
        texts: Sequence[str],
        lexicon: Lexicon | None = None,
        tokenizer: Tokenizer | None = None,
        *,
        channels: Collection[str] = CHANNELS,
    ) -> dict[str, "_Gathered"]:
        """
        Count, or give what was counted before.

        Raises
        ------
        StorageError
            When the folder can't be written.
        """
        keys = hashes_of(texts)
        first = np.unique(places(keys, keys))
        is_kept, is_read = np.zeros(len(keys), dtype=bool), np.zeros(len(keys), dtype=bool)
        parts: list[tuple[np.ndarray, Mapping[str, Counts]]] = []
        for content, own in self._files():
            at = places(own, keys[first])
            is_kept[first] |= at >= 0
            found = np.flatnonzero((at >= 0) & ~is_read[first])
            if len(found) and len(found) >= _WORTH * len(own):
                parts.append((keys[first[found]], _read(content, at[found], channels)))
                is_read[first[found]] = True
        missing = first[~is_read[first]]
        if len(missing):
            counted = count_terms([texts[k] for k in missing], lexicon, tokenizer)
            parts.append((keys[missing], counted))
            is_new = ~is_kept[missing]
            if is_new.any():
                self._keep(keys[missing[is_new]], counted, is_new)
        there = np.concatenate([keys[:0], *(own for own, _ in parts)])
        return {name: _Gathered([counts[name] for _, counts in parts], places(there, keys)) for name in channels}

    def _files(self) -> Iterator[tuple[bytes, np.ndarray]]:
        """Read what is kept: each file, and of which texts it is; a damaged one goes, and its texts are new again."""
        for path in sorted(self.folder.glob("counts-*.parquet")):
            try:
                content = path.read_bytes()
            except OSError:  # taken away by another process that found it damaged, or not to be read: it is as if new
                continue
            if path.stem.rpartition("-")[2] == self._sum(content):
                named = pq.read_table(pa.BufferReader(content), columns=["text"])["text"].combine_chunks()
                yield content, np.frombuffer(named.buffers()[1], dtype=HASH)[: len(named)]
            else:
                with suppress(OSError):  # where it can't go, it is no more gone by than where it can
                    path.unlink()

    def _keep(self, keys: np.ndarray, counted: Mapping[str, Counts], rows: np.ndarray) -> None:
        named = [None, pa.py_buffer(keys.tobytes())]
        columns = {"text": pa.FixedSizeBinaryArray.from_buffers(pa.binary(HASH.itemsize), len(keys), named)}
        for name, counts in counted.items():
            matrix = counts.matrix[rows]
            bounds = pa.array(matrix.indptr, pa.int32())
            terms = pa.DictionaryArray.from_arrays(pa.array(matrix.indices), pa.array(counts.terms, pa.string()))
            columns[name] = pa.ListArray.from_arrays(bounds, terms)
            columns[f"{name}_often"] = pa.ListArray.from_arrays(bounds, pa.array(matrix.data))
        sink = pa.BufferOutputStream()
        # In one group of rows, so that it has one dictionary.
        pq.write_table(pa.table(columns), sink, compression="zstd", row_group_size=max(len(keys), 1))
        content = sink.getvalue().to_pybytes()
        name = hashlib.blake2b(keys.tobytes(), digest_size=8).hexdigest()
        clear_drafts(self.folder, "counts-*")
        write_bytes(self.folder / f"counts-{name}-{self._sum(content)}.parquet", content)

    def _sum(self, content: bytes) -> str:
        """
        Sum a file up, and of what it is, for its name.

        Parquet's own sums are of pages, and not of what says how to read them.
        """
        return f"{zlib.crc32(content, zlib.crc32(self.folder.name.encode())):08x}"


class _Gathered(NamedTuple):
    """Counts of texts that stand in several parts, ``at`` telling which row of all each text is."""

    parts: list[Counts]
    at: np.ndarray

    def over(self, terms: Iterable[str]) -> sp.csr_array:
        """Give the counts of other terms, as `Counts.over` does."""
        terms = list(terms)
        rows = [part.over(terms) for part in self.parts] or [sp.csr_array((0, len(terms)), dtype=np.int32)]
        return sp.vstack(rows, format="csr")[self.at]


def _read(content: bytes, at: np.ndarray, channels: Collection[str]) -> dict[str, Counts]:
    """Read what is kept of some texts of a file."""
    names = [column for name in channels for column in (name, f"{name}_often")]
    picked = pq.read_table(pa.BufferReader(content), columns=names).take(pa.array(at))
    table = {name: picked[name].combine_chunks() for name in names}
    return {name: _counts_of(table[name], table[f"{name}_often"]) for name in channels}


def _counts_of(terms: pa.ListArray, often: pa.ListArray) -> Counts:
    """Take counts as they were kept, of the texts that were picked."""
    found = terms.flatten()
    columns = found.indices.to_numpy()
    is_used = np.bincount(columns, minlength=len(found.dictionary)) > 0
    names = found.dictionary.filter(pa.array(is_used)).to_numpy(zero_copy_only=False)
    columns = (np.cumsum(is_used, dtype=np.int32) - 1)[columns]
    bounds = np.append(0, np.cumsum(terms.value_lengths().to_numpy()))
    shape = len(terms), len(names)
    return Counts(names, sp.csr_array((often.flatten().to_numpy(), columns, bounds), shape=shape))
