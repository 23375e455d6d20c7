"""What earlier runs within an epoch left: counts of terms, and who was ranked how; none of it changes what is found."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from itertools import pairwise
from operator import attrgetter
from pathlib import Path
from typing import NamedTuple

import joblib
import numpy as np
import scipy.sparse as sp

from matcher.domain.messages import Message
from matcher.domain.records import Expert, Need
from matcher.files.sums import is_whole, summed_file
from matcher.partitions.hashes import hashes_of, places
from matcher.partitions.tokens import KeptCounts
from matcher.ranking.ranker import Progress, Ranker
from matcher.ranking.renewal import WORTH, KeptRanking, renewed
from matcher.ranking.shortlists import Shortlists
from matcher.text import Profiles, Space


class _Left(NamedTuple):
    """What a run left: its ranking without records, and of each need and expert what its row said."""

    kept: KeptRanking
    needs: np.ndarray
    experts: np.ndarray


@dataclass(frozen=True, slots=True)
class Earlier:
    """
    Keeps what is needed to rank only what has changed.

    Attributes
    ----------
    counts : KeptCounts
    ranking : path
        File of the last ranking: of one epoch, under the same settings and versions, by which it is named.
    tell : callable
        Called with a message that says what was used again.
    """

    counts: KeptCounts
    ranking: Path
    tell: Callable[[Message], object] = lambda _: None

    def renewed(
        self,
        experts: Sequence[Expert],
        needs: Sequence[Need],
        k: int,
        *,
        learn: Callable[[Sequence[str]], Space],
        collect: Callable[[Profiles], Ranker],
        on_progress: Progress | None,
    ) -> tuple[Ranker, Shortlists] | None:
        """
        Rank what has changed since the last ranking.

        Parameters
        ----------
        experts, needs : sequences of records
            By id.
        k : int
            Length of a shortlist.
        learn : callable
            Makes a space of some profiles, within the epoch.
        collect : callable
            Makes the ranker of all profiles.
        on_progress : callable or None

        Returns
        -------
        Ranker and Shortlists
            As ranking everybody gives them; None where nothing is kept, or so much has changed that it is not worth it.
        """
        then = self._read()
        if then is None:
            return None
        rows = _rows(needs), _rows(experts)
        came_from = places(then.needs, rows[0]), places(then.experts, rows[1])
        new_needs, new_experts = (np.flatnonzero(found < 0) for found in came_from)
        if len(new_needs) / len(needs) + len(new_experts) / len(experts) > WORTH:
            return None
        space = learn([experts[j].profile for j in new_experts])
        fresh = space.with_needs([(needs[i].need_title, needs[i].text) for i in new_needs])
        ranker = collect(_merged(then.kept.ranker.profiles, fresh, came_from))
        found = renewed(then.kept, ranker, came_from, k, on_progress)
        if found is None:
            return None
        self._write(_Left(found.kept, *rows))
        values = {"needs": found.n_ranked[0], "experts": found.n_ranked[1]}
        self.tell(Message("partitions.renewed", values))
        return ranker, found.lists

    def keep(self, experts: Sequence[Expert], needs: Sequence[Need], kept: KeptRanking) -> None:
        """Keep a ranking of everybody."""
        self._write(_Left(kept, _rows(needs), _rows(experts)))

    def _read(self) -> _Left | None:
        """Read what the last run left; where it is damaged, that is told, and it is as if nothing were there."""
        if not self.ranking.exists():
            return None
        try:
            if is_whole(self.ranking, self.ranking.name):
                # What stands in the file is read when it is asked for, and never written there.
                return joblib.load(self.ranking, mmap_mode="c")
        except Exception:  # noqa: BLE001, S110 - whatever can't be loaded, such as a class that is gone, is told below
            pass
        self.tell(Message("partitions.damaged", {"path": self.ranking}))
        return None

    def _write(self, left: _Left) -> None:
        ranker = left.kept.ranker
        profiles = replace(ranker.profiles, terms=ranker.profiles.terms[:0])
        kept = left.kept._replace(ranker=replace(ranker, experts=(), needs=(), profiles=profiles))
        with summed_file(self.ranking, self.ranking.name) as file:
            joblib.dump(left._replace(kept=kept), file)


def _rows(records: Sequence[Expert] | Sequence[Need]) -> np.ndarray:
    """Hash all that each record says, its id too; where it stood in its file is not of it."""
    row = attrgetter(*(field.name for field in fields(records[0]) if field.compare))
    return hashes_of(repr(row(one)) for one in records)


def _merged(then: Profiles, fresh: Profiles, came_from: tuple[np.ndarray, np.ndarray]) -> Profiles:
    """Put together rows that were weighed before and those of whoever is new."""
    needs, experts = map(_runs, came_from)
    dense = tuple(
        replace(
            channel,
            needs=np.concatenate([(before.needs, channel.needs)[is_new][run] for is_new, run in needs]),
            experts=np.concatenate([(before.experts, channel.experts)[is_new][run] for is_new, run in experts]),
        )
        for before, channel in zip(then.dense, fresh.dense, strict=True)
    )
    return replace(
        fresh,
        needs=_rows_of((then.needs, fresh.needs), needs),
        experts=_rows_of((then.experts, fresh.experts), experts),
        dense=dense,
    )


def _runs(came_from: np.ndarray) -> list[tuple[bool, slice]]:
    """Part positions into runs that stand one behind the other: among those of then, or among those that are new."""
    is_new = came_from < 0
    at = np.where(is_new, np.cumsum(is_new) - 1, came_from)
    follows = (np.diff(at) == 1) & (is_new[1:] == is_new[:-1])
    bounds = [0, *(np.flatnonzero(~follows) + 1).tolist(), len(at)]
    return [(bool(is_new[k]), slice(int(at[k]), int(at[k]) + end - k)) for k, end in pairwise(bounds)]


def _rows_of(sources: tuple[sp.csr_array, sp.csr_array], runs: Sequence[tuple[bool, slice]]) -> sp.csr_array:
    """Pick rows of two matrices; each is copied once, and no more memory taken than theirs."""
    cells = [(is_new, slice(*sources[is_new].indptr[[run.start, run.stop]].tolist())) for is_new, run in runs]
    lengths = [np.diff(sources[is_new].indptr[run.start : run.stop + 1]) for is_new, run in runs]
    bounds = np.append(0, np.cumsum(np.concatenate(lengths), dtype=np.int64))
    kind = np.int32 if bounds[-1] <= np.iinfo(np.int32).max else np.int64
    rows = (
        np.concatenate([sources[is_new].data[some] for is_new, some in cells]),
        np.concatenate([sources[is_new].indices[some] for is_new, some in cells]).astype(kind, copy=False),
    )
    return sp.csr_array((*rows, bounds.astype(kind)), shape=(len(bounds) - 1, sources[0].shape[1]))
