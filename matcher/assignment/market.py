"""The market: who may be placed with whom, what each side goes by, and how many places there are."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import scipy.sparse as sp

from matcher.domain.settings import Joint
from matcher.ranking.cells import list_keys

SCORE_UNIT = 1e-9
"""Fits are compared in this unit, as whole numbers."""

Tiers = Sequence[str | Sequence[str]]
"""A preference list, best first; an inner list is a tie."""


@dataclass(frozen=True, eq=False)
class Market:
    """
    A many-to-many market with ties and incomplete lists. Rows are needs, columns are experts.

    A pair is in it when both sides accept each other. An expert serves a firm through at most one of its needs.
    Make one by `from_lists` or `from_scores`; arrays are read-only.

    Attributes
    ----------
    need_ids, expert_ids : tuple of str
        Sorted; positions follow them.
    firm_of : int, shape (n_needs,)
        Which needs are of one firm.
    need_capacity, expert_capacity : int, shapes (n_needs,) and (n_experts,)
        Places: experts that a need takes, firms that an expert serves.
    need, expert : int, shape (n_pairs,)
        Positions of the acceptable pairs, by need, then by expert.
    firm_order, expert_order : int, shape (n_pairs,)
        What each side goes by: higher is better, equal is tied.
    firm_satisfaction, expert_satisfaction : float, shape (n_pairs,)
        In [0, 1]; what the pair is worth to each side.
    joint : {"mean", "min", "geometric"}
        How they make the value of a pair.
    scope : {"full", "shortlists"}
        Whether every acceptable pair is in it.
    """

    need_ids: tuple[str, ...]
    expert_ids: tuple[str, ...]
    firm_of: np.ndarray
    need_capacity: np.ndarray
    expert_capacity: np.ndarray
    need: np.ndarray
    expert: np.ndarray
    firm_order: np.ndarray
    expert_order: np.ndarray
    firm_satisfaction: np.ndarray
    expert_satisfaction: np.ndarray
    joint: Joint = "mean"
    scope: str = "full"

    def __post_init__(self) -> None:
        for ids in (self.need_ids, self.expert_ids):
            if list(ids) != sorted(set(ids)):
                raise ValueError("ids must be sorted and each there once")
        shapes = {"firm_of": self.n_needs, "need_capacity": self.n_needs, "expert_capacity": self.n_experts}
        pairs = ("need", "expert", "firm_order", "expert_order", "firm_satisfaction", "expert_satisfaction")
        for name, length in {**shapes, **dict.fromkeys(pairs, self.n_pairs)}.items():
            array = np.ascontiguousarray(getattr(self, name))
            if array.shape != (length,):
                raise ValueError(f"{name} must have shape ({length},), not {array.shape}")
            array = array.copy() if array.flags.writeable and array is getattr(self, name) else array
            array.flags.writeable = False
            object.__setattr__(self, name, array)
        if (np.diff(self._key) <= 0).any():
            raise ValueError("pairs must be sorted by need, then by expert, and each there once")
        for name in ("need_capacity", "expert_capacity"):
            if (getattr(self, name) < 0).any():
                raise ValueError(f"{name} must not be negative")

    @property
    def n_needs(self) -> int:
        """Number of rows."""
        return len(self.need_ids)

    @property
    def n_experts(self) -> int:
        """Number of columns."""
        return len(self.expert_ids)

    @property
    def n_pairs(self) -> int:
        """Number of acceptable pairs."""
        return len(self.need)

    @cached_property
    def firms_have_one_need(self) -> bool:
        """Whether no firm has several needs."""
        return bool((np.diff(np.sort(self.firm_of)) > 0).all())

    @cached_property
    def firm_rank(self) -> np.ndarray:
        """Rank of the expert in the need's list, 1 the best, ties share one; int, shape (n_pairs,)."""
        return _ranks(self.need, self.firm_order)

    @cached_property
    def expert_rank(self) -> np.ndarray:
        """Rank of the need in the expert's list, 1 the best, ties share one; int, shape (n_pairs,)."""
        return _ranks(self.expert, self.expert_order)

    @cached_property
    def value(self) -> np.ndarray:
        """What each pair is worth to both, in [0, 1]; float, shape (n_pairs,)."""
        return join(self.firm_satisfaction, self.expert_satisfaction, self.joint)

    @cached_property
    def position(self) -> dict[tuple[str, str], int]:
        """Position of each acceptable pair by its two ids."""
        ids = zip(self.need.tolist(), self.expert.tolist(), strict=True)
        return {(self.need_ids[i], self.expert_ids[j]): p for p, (i, j) in enumerate(ids)}

    def ids(self, positions: Iterable[int]) -> list[tuple[str, str]]:
        """Ids of pairs by position, sorted."""
        by_id = np.sort(np.fromiter(positions, dtype=np.int64))
        pairs = zip(self.need[by_id].tolist(), self.expert[by_id].tolist(), strict=True)
        return [(self.need_ids[i], self.expert_ids[j]) for i, j in pairs]

    @cached_property
    def trimmed(self) -> "Market":
        """
        The market without those who have no pair, and with hardly more places than partners.

        Positions of pairs are the same, and so is every assignment; who has no pair then has no part in how equals are
        told apart, and no place is left that could only be counted. One place too many stays: it is never priced.
        """
        of_needs = np.bincount(self.need, minlength=self.n_needs)
        of_experts = np.bincount(self.expert, minlength=self.n_experts)
        is_lean = (self.need_capacity <= of_needs + 1).all() and (self.expert_capacity <= of_experts + 1).all()
        if is_lean and of_needs.all() and of_experts.all():
            return self
        needs, experts = np.flatnonzero(of_needs), np.flatnonzero(of_experts)
        return replace(
            self,
            need_ids=tuple(self.need_ids[i] for i in needs.tolist()),
            expert_ids=tuple(self.expert_ids[j] for j in experts.tolist()),
            firm_of=self.firm_of[needs],
            need_capacity=np.minimum(self.need_capacity, of_needs + 1)[needs],
            expert_capacity=np.minimum(self.expert_capacity, of_experts + 1)[experts],
            need=np.searchsorted(needs, self.need),
            expert=np.searchsorted(experts, self.expert),
        )

    def positions_of(self, pairs: Iterable[tuple[str, str]]) -> np.ndarray:
        """
        Find pairs by their two ids; like `position`, but without a dictionary of all pairs.

        Parameters
        ----------
        pairs : iterable of (str, str)
            ``(firm or need id, expert id)``.

        Returns
        -------
        int64, shape (n,)
            -1 where the market does not have the pair.

        Examples
        --------
        >>> market = Market.from_lists(firms={"f": ["a", "b"]}, experts={"a": ["f"], "b": ["f"]})
        >>> market.positions_of([("f", "b"), ("f", "c")]).tolist()
        [1, -1]
        """
        rows, columns = self._numbers
        cells = [(rows.get(firm, -1), columns.get(expert, -1)) for firm, expert in pairs]
        return self.positions_at(*np.array(cells, dtype=np.int64).reshape(-1, 2).T)

    def positions_at(self, need: np.ndarray, expert: np.ndarray) -> np.ndarray:
        """
        Find pairs by the positions of their two sides.

        Parameters
        ----------
        need, expert : int64, shape (n,)
            -1 where there is nobody.

        Returns
        -------
        int64, shape (n,)
            -1 where the market does not have the pair.
        """
        if not self.n_pairs:
            return np.full(len(need), -1)
        key = need * self.n_experts + expert
        found = np.minimum(np.searchsorted(self._key, key), self.n_pairs - 1)
        return np.where((need >= 0) & (expert >= 0) & (self._key[found] == key), found, -1)

    @cached_property
    def _numbers(self) -> tuple[dict[str, int], dict[str, int]]:
        """Position of each need and of each expert by id."""
        rows, columns = ({name: k for k, name in enumerate(ids)} for ids in (self.need_ids, self.expert_ids))
        return rows, columns

    @cached_property
    def _key(self) -> np.ndarray:
        """One ascending number of each pair."""
        return self.need.astype(np.int64) * max(self.n_experts, 1) + self.expert

    @classmethod
    def from_lists(
        cls,
        firms: Mapping[str, Tiers],
        experts: Mapping[str, Tiers],
        firm_capacity: Mapping[str, int] | None = None,
        expert_capacity: Mapping[str, int] | None = None,
    ) -> "Market":
        """
        Make a market of preference lists.

        Parameters
        ----------
        firms, experts : mapping of id to list
            Best first; an inner list is a tie. Who is listed by one side only is unacceptable.
        firm_capacity, expert_capacity : mapping of id to int, or None
            Who is not in it has one place.

        Returns
        -------
        Market
            Satisfaction is that of stated tiers: ``1/2 + (R - r + 1) / 2R`` for tier r of R.

        Raises
        ------
        ValueError
            When a list names somebody unknown, or somebody twice, or a capacity does.

        Examples
        --------
        >>> market = Market.from_lists(firms={"f": ["a", ["b", "c"]]}, experts={"a": ["f"], "b": ["f"], "c": []})
        >>> market.ids(range(market.n_pairs)), market.firm_rank.tolist()
        ([('f', 'a'), ('f', 'b')], [1, 2])
        """
        firm_tiers = {firm: _tiers(firm, listed, experts) for firm, listed in firms.items()}
        expert_tiers = {expert: _tiers(expert, listed, firms) for expert, listed in experts.items()}
        need_ids, expert_ids = tuple(sorted(firms)), tuple(sorted(experts))
        column = {expert: j for j, expert in enumerate(expert_ids)}
        pairs = [
            (i, column[e], *firm_tiers[f][e], *expert_tiers[e][f])
            for i, f in enumerate(need_ids)
            for e in sorted(firm_tiers[f])
            if f in expert_tiers[e]
        ]
        columns = np.array(pairs, dtype=np.int64).reshape(-1, 6).T
        need, expert, firm_tier, firm_of_tiers, expert_tier, expert_of_tiers = columns
        return cls(
            need_ids=need_ids,
            expert_ids=expert_ids,
            firm_of=np.arange(len(need_ids)),
            need_capacity=_capacities(need_ids, firm_capacity),
            expert_capacity=_capacities(expert_ids, expert_capacity),
            need=need,
            expert=expert,
            firm_order=firm_of_tiers - firm_tier + 1,
            expert_order=expert_of_tiers - expert_tier + 1,
            firm_satisfaction=stated_satisfaction(firm_tier, firm_of_tiers),
            expert_satisfaction=stated_satisfaction(expert_tier, expert_of_tiers),
        )

    @classmethod
    def from_scores(
        cls,
        firm_ids: Sequence[str],
        expert_ids: Sequence[str],
        firm_fit: sp.coo_array | sp.csr_array | sp.spmatrix,
        expert_fit: sp.coo_array | sp.csr_array | sp.spmatrix,
        *,
        firm_capacity: Mapping[str, int] | None = None,
        expert_capacity: Mapping[str, int] | None = None,
    ) -> "Market":
        """
        Make a market of scores.

        Parameters
        ----------
        firm_ids, expert_ids : sequences of str
            Ids of the rows and of the columns.
        firm_fit, expert_fit : float in [0, 1], scipy sparse, shape (n_firms, n_experts)
            What each side goes by. Stored in both, even as 0: acceptable. Equal to 1e-9: tied.
        firm_capacity, expert_capacity : mapping of id to int, or None
            Who is not in it has one place.

        Returns
        -------
        Market
            Satisfaction is the fit.

        Raises
        ------
        ValueError
            When a shape does not fit the ids, an id is there twice, or a fit is not in [0, 1].

        Examples
        --------
        >>> import scipy.sparse as sp
        >>> fit = sp.csr_array([[0.9, 0.2]])
        >>> Market.from_scores(["f"], ["a", "b"], fit, fit).firm_rank.tolist()
        [1, 2]
        """
        for name, fit in (("firm_fit", firm_fit), ("expert_fit", expert_fit)):
            if fit.shape != (len(firm_ids), len(expert_ids)):
                raise ValueError(f"{name} must have shape ({len(firm_ids)}, {len(expert_ids)}), not {fit.shape}")
        if len(set(firm_ids)) < len(firm_ids) or len(set(expert_ids)) < len(expert_ids):
            raise ValueError("an id is there twice")
        (need_ids, row), (column_ids, column) = _sorted_ids(firm_ids), _sorted_ids(expert_ids)
        cells, firm_fits = _cells(firm_fit, row, column, "firm_fit")
        expert_cells, expert_fits = _cells(expert_fit, row, column, "expert_fit")
        if not np.array_equal(cells, expert_cells):
            cells, mine, theirs = np.intersect1d(cells, expert_cells, assume_unique=True, return_indices=True)
            firm_fits, expert_fits = firm_fits[mine], expert_fits[theirs]
        need, expert = np.divmod(cells, max(len(expert_ids), 1))
        return cls(
            need_ids=need_ids,
            expert_ids=column_ids,
            firm_of=np.arange(len(need_ids)),
            need_capacity=_capacities(need_ids, firm_capacity),
            expert_capacity=_capacities(column_ids, expert_capacity),
            need=need,
            expert=expert,
            firm_order=np.rint(firm_fits / SCORE_UNIT).astype(np.int64),
            expert_order=np.rint(expert_fits / SCORE_UNIT).astype(np.int64),
            firm_satisfaction=firm_fits,
            expert_satisfaction=expert_fits,
        )


def stated_satisfaction(tier: np.ndarray, tiers: np.ndarray) -> np.ndarray:
    """Satisfaction with somebody named in tier r of R, above 1/2 and up to 1: ``1/2 + (R - r + 1) / 2R``."""
    return 0.5 + (tiers - tier + 1) / (2 * np.maximum(tiers, 1))


def join(one: np.ndarray, other: np.ndarray, joint: Joint) -> np.ndarray:
    """
    Make one number of both sides' numbers.

    Parameters
    ----------
    one, other : float in [0, 1], of one shape
    joint : {"mean", "min", "geometric"}

    Returns
    -------
    float in [0, 1], of that shape
    """
    if joint == "mean":
        return (one + other) / 2
    return np.minimum(one, other) if joint == "min" else np.sqrt(one * other)


def _sorted_ids(ids: Sequence[str]) -> tuple[tuple[str, ...], np.ndarray]:
    """Sort ids; where each of them went."""
    by_id = sorted(range(len(ids)), key=ids.__getitem__)
    place = np.empty(len(ids), dtype=np.int64)
    place[by_id] = np.arange(len(ids))
    return tuple(ids[k] for k in by_id), place


def _cells(
    fit: sp.coo_array | sp.csr_array | sp.spmatrix, row: np.ndarray, column: np.ndarray, name: str
) -> tuple[np.ndarray, np.ndarray]:
    """Give the number of each stored cell, ascending, once rows and columns have been sorted, and what is in it."""
    coo = sp.coo_array(fit)
    cells, fits = row[coo.row] * max(len(column), 1) + column[coo.col], coo.data.astype(float)
    if (np.diff(cells) <= 0).any():
        by_cell = np.argsort(cells, kind="stable")
        cells, first = np.unique(cells[by_cell], return_index=True)
        fits = np.add.reduceat(fits[by_cell], first)  # what is stored twice is added up, as scipy does
    if not ((fits >= 0) & (fits <= 1)).all():
        raise ValueError(f"{name} must lie in [0, 1]")
    return cells, fits


def _ranks(agent: np.ndarray, order: np.ndarray) -> np.ndarray:
    """Rank of each pair within its agent: one more than the pairs that are strictly better."""
    key = list_keys(agent, order)
    by_list = np.argsort(key, kind="stable")
    agents, place = agent[by_list], np.arange(len(order))
    first_of_agent, first_of_tie = (
        np.maximum.accumulate(np.where(np.diff(of_list, prepend=-1) != 0, place, 0))
        for of_list in (agents, key[by_list])
    )
    rank = np.empty(len(order), dtype=np.int64)
    rank[by_list] = first_of_tie - first_of_agent + 1
    return rank


def _tiers(owner: str, listed: Tiers, known: Mapping[str, object]) -> dict[str, tuple[int, int]]:
    """Tier of everybody listed, and the number of tiers."""
    if isinstance(listed, str):
        raise ValueError(f"the list of {owner!r} is the text {listed!r}; a list of ids is expected")
    tiers = [[entry] if isinstance(entry, str) else list(entry) for entry in listed]
    if not all(tiers):
        raise ValueError(f"{owner!r} lists an empty tie")
    names = [name for tier in tiers for name in tier]
    for name in names:
        if name not in known:
            raise ValueError(f"{owner!r} lists {name!r}, who is not in the market")
    if len(set(names)) < len(names):
        raise ValueError(f"{owner!r} lists somebody twice")
    return {name: (r, len(tiers)) for r, tier in enumerate(tiers, 1) for name in tier}


def _capacities(ids: Sequence[str], stated: Mapping[str, int] | None) -> np.ndarray:
    stated = stated or {}
    unknown = sorted(set(stated) - set(ids))
    if unknown:
        raise ValueError(f"a capacity is given for {unknown[0]!r}, who is not in the market")
    for name, places in stated.items():
        if places != int(places):
            raise ValueError(f"the capacity of {name!r} must be a whole number, not {places!r}")
    return np.array([stated.get(name, 1) for name in ids], dtype=np.int64)
