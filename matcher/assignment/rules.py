"""The rules of an assignment besides capacities: quotas of groups, locks, bans, people to place, pairs to keep."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from matcher.assignment.market import SCORE_UNIT, Market
from matcher.domain.messages import Message
from matcher.domain.settings import Counts, Side

Pair = tuple[str, str]
"""Ids of a firm or need, and of an expert."""


_WORDED = ("firms.above_scale", "firms.high_tech", "experts.in_city", "experts.title_level")
"""Columns whose values are words of the catalogue."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota:
    """
    How many placements a group must have, and may have.

    Parameters
    ----------
    side : {"firm", "expert"}
        Of whom the group is made.
    group : mapping of id to str
        The value of each firm or need, or of each expert, in the column that groups them. Who is not in it, or has
        another value, is not counted.
    value : str
        The value that makes this group.
    minimum : int
    maximum : int or None
        None: no limit.
    counts : {"pairs", "people"}
        Pairs, or the distinct experts among them.
    setting : str
        Where the quota was said, for messages.
    column : str
        ``"table.column"`` that groups them, such as ``"firms.township"``, for messages; empty where there is none.

    Raises
    ------
    ValueError
        When side or counts is another word, or a bound is no whole number from 0.
    """

    side: Side
    group: Mapping[str, str]
    value: str
    minimum: int = 0
    maximum: int | None = None
    counts: Counts = "pairs"
    setting: str = ""
    column: str = ""

    def __post_init__(self) -> None:
        if self.side not in ("firm", "expert"):
            raise ValueError(f"side must be 'firm' or 'expert', not {self.side!r}")
        if self.counts not in ("pairs", "people"):
            raise ValueError(f"counts must be 'pairs' or 'people', not {self.counts!r}")
        if self.minimum is None:
            raise ValueError("the minimum of a quota is a whole number; 0 is none")
        for bound in (self.minimum, self.maximum):
            if bound is not None and not (0 <= bound < np.inf and bound == int(bound)):
                raise ValueError(f"bounds of a quota must be whole numbers from 0, not {bound!r}")

    @property
    def named(self) -> Message:
        """The group as people call it, and where its quota was said."""
        if not self.column:
            return Message("group.plain", {"value": self.value})
        column, value = Message(self.column), Message(f"value.{self.value}") if self.column in _WORDED else self.value
        return Message("group.stated", {"column": column, "value": value, "setting": self.setting})

    @property
    def unit(self) -> Message:
        """What it counts, as a word."""
        return Message(f"value.counts.{self.counts}")


@dataclass(frozen=True, slots=True)
class Rules:
    """
    What an assignment must keep besides capacities.

    Parameters
    ----------
    quotas : tuple of Quota
    locks, bans : tuples of (str, str)
        Pairs that must be, and must not be.
    minimum_people : int
        Distinct experts placed at least.
    keep : tuple of (str, str)
        Pairs of an earlier list; those that the market no longer has are left aside.
    keep_bonus : float
        What a kept pair is worth beyond its value.
    """

    quotas: tuple[Quota, ...] = ()
    locks: tuple[Pair, ...] = ()
    bans: tuple[Pair, ...] = ()
    minimum_people: int = 0
    keep: tuple[Pair, ...] = ()
    keep_bonus: float = 0.0

    @property
    def has_maxima(self) -> bool:
        """Whether some group may be full."""
        return any(quota.maximum is not None for quota in self.quotas)

    @property
    def has_minima(self) -> bool:
        """Whether something must be reached."""
        return self.minimum_people > 0 or any(quota.minimum > 0 for quota in self.quotas)

    @property
    def count_people(self) -> bool:
        """Whether something counts people, where pairs do not say it all."""
        return self.minimum_people > 0 or any(quota.counts == "people" for quota in self.quotas)


@dataclass(frozen=True, eq=False)
class Case:
    """
    A market under its rules, by position: what the objectives solve.

    Attributes
    ----------
    market : Market
    rules : Rules
    """

    market: Market
    rules: Rules

    @cached_property
    def locked(self) -> np.ndarray:
        """Pairs that must be; bool, shape (n_pairs,)."""
        return self._among(self.rules.locks)

    @cached_property
    def banned(self) -> np.ndarray:
        """Pairs that must not be; bool, shape (n_pairs,)."""
        return self._among(self.rules.bans)

    @cached_property
    def kept(self) -> np.ndarray:
        """Pairs of the earlier list; bool, shape (n_pairs,)."""
        return self._among(self.rules.keep)

    @cached_property
    def worth(self) -> np.ndarray:
        """Value of each pair with its bonus, in whole units of 1e-9; int64, shape (n_pairs,)."""
        return np.rint((self.market.value + self.rules.keep_bonus * self.kept) / SCORE_UNIT).astype(np.int64)

    @cached_property
    def service(self) -> np.ndarray:
        """Number of the expert at the firm: of each, at most one pair is placed; int64, shape (n_pairs,)."""
        n_firms = int(self.market.firm_of.max(initial=-1)) + 1
        return self.market.expert * n_firms + self.market.firm_of[self.market.need]

    @cached_property
    def members(self) -> tuple[np.ndarray, ...]:
        """For each quota, the needs or experts that it counts; bool, shape (n_needs,) or (n_experts,)."""
        sides = {"firm": self.market.need_ids, "expert": self.market.expert_ids}
        cells: dict[tuple[int, str], np.ndarray] = {}  # quotas of one column share its cells
        found = []
        for quota in self.rules.quotas:
            column = (id(quota.group), quota.side)
            if column not in cells:
                cells[column] = np.array([quota.group.get(name) for name in sides[quota.side]], dtype=object)
            found.append((cells[column] == quota.value).astype(bool))
        return tuple(found)

    def covered(self, quota: int) -> np.ndarray:
        """Pairs that a quota counts; bool, shape (n_pairs,)."""
        agent = self.market.need if self.rules.quotas[quota].side == "firm" else self.market.expert
        return self.members[quota][agent]

    @cached_property
    def is_laminar(self) -> bool:
        """Whether of any two groups of a side one holds the other, or they share nobody, and all count pairs."""
        if self.rules.count_people:
            return False
        for side in ("firm", "expert"):
            groups = [(m, q.group) for m, q in zip(self.members, self.rules.quotas, strict=True) if q.side == side]
            for k, (one, column) in enumerate(groups):
                for other, of in groups[:k]:  # groups of one column share nobody, or everybody
                    common = 0 if column is of else int((one & other).sum())
                    if common not in (0, int(one.sum()), int(other.sum())):
                        return False
        return True

    def _among(self, pairs: Collection[Pair]) -> np.ndarray:
        found = np.zeros(self.market.n_pairs, dtype=bool)
        if pairs:
            positions = self.market.positions_of(pairs)
            found[positions[positions >= 0]] = True
        return found


def confirm_names(market: Market, rules: Rules) -> None:
    """
    See to it that locks and bans name somebody.

    Raises
    ------
    ValueError
        When the market does not have an id.
    """
    known: Sequence[set[str]] = (set(market.need_ids), set(market.expert_ids))
    for pair in (*rules.locks, *rules.bans):
        for name, names in zip(pair, known, strict=True):
            if name not in names:
                raise ValueError(f"{pair!r} names {name!r}, who is not in the market")
