"""Pairs that people want locked, banned or exchanged: what is meant by them, and what stands against them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from matcher.assignment import rules_of
from matcher.domain.errors import InputError
from matcher.domain.messages import Message, Problem
from matcher.domain.records import Expert, Need
from matcher.domain.settings import AssignmentSettings, Settings
from matcher.ranking.bars import OVERRULED, Bar, bars_of
from matcher.ranking.cells import Pairs
from matcher.ranking.wishes import wishes_of

Pair = tuple[str, str]
"""Ids of a need, or of a firm, and of an expert."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """Pairs to be locked and pairs to be banned, ids of needs and experts."""

    locks: tuple[Pair, ...] = ()
    bans: tuple[Pair, ...] = ()

    def applied_to(self, settings: Settings) -> Settings:
        """Add them to the locks and bans that there are; what was the other until now is so no more."""
        chosen = settings.assignment
        locks = tuple(pair for pair in dict.fromkeys((*chosen.locks, *self.locks)) if pair not in self.bans)
        bans = tuple(pair for pair in dict.fromkeys((*chosen.bans, *self.bans)) if pair not in self.locks)
        update = {"locks": locks, "bans": bans}
        return settings.model_copy(update={"assignment": chosen.model_copy(update=update)})


@dataclass(frozen=True, slots=True)
class Sides:
    """
    What a pair is looked at with.

    Parameters
    ----------
    experts, needs : sequences of records
    settings : Settings
        That they are matched under, with the locks and bans that there are.
    fixed : tuple of (str, str)
        Locks that no scenario may lift.
    failed : tuple of (str, str)
        Bans that no scenario may lift.
    """

    experts: Sequence[Expert]
    needs: Sequence[Need]
    settings: Settings
    fixed: tuple[Pair, ...] = ()
    failed: tuple[Pair, ...] = ()

    def exchange(self, locks: Sequence[Pair] = (), bans: Sequence[Pair] = (), parted: Sequence[Pair] = ()) -> Exchange:
        """
        Read pairs as people name them.

        Parameters
        ----------
        locks, bans : sequences of (str, str)
        parted : sequence of (str, str)
            To be banned too, by need. What the scenario itself has locked or banned is then no obstacle: an exchange
            may be taken back by another.

        Raises
        ------
        SettingsError
            When an id names nobody, or a lock a firm of several needs.
        InputError
            When a lock may not be, or contradicts what was said before; likewise a ban.
        """
        found = Exchange(self.meant(locks=locks).locks, (*self.meant(bans=bans).bans, *parted))
        present = self.meant(self.settings.assignment.locks, self.settings.assignment.bans)
        kept = {*present.locks} - {*parted} | {*self.fixed}
        banned = self.failed if parted else present.bans
        problems = [
            *self.barred(found.locks),
            *(problem("scenarios.is_banned", pair) for pair in found.locks if pair in banned),
            *(problem("scenarios.is_locked", pair) for pair in found.bans if pair in kept),
        ]
        if problems:
            raise InputError(problems)
        return found

    def swapped(self, pairs: tuple[Pair, Pair], placed: Sequence[Pair]) -> Exchange:
        """Let two placed pairs exchange their experts; raises what `exchange` does, and when they are not placed."""
        (need, expert), (other_need, other) = parted = self._those(pairs, placed)
        new = ((need, other), (other_need, expert))
        if need == other_need or expert == other:
            raise InputError([Problem(Message("scenarios.nothing_to_swap"))])
        return self._parted(parted, new, placed)

    def replaced(self, pair: Pair, expert_id: str, placed: Sequence[Pair]) -> Exchange:
        """Let another expert take the place of a placed pair's; otherwise as `swapped`."""
        parted = self._those([pair], placed)
        return self._parted(parted, ((parted[0][0], expert_id),), placed)

    def meant(self, locks: Sequence[Pair] = (), bans: Sequence[Pair] = ()) -> Exchange:
        """Read the ids of firms as those of their needs; raises `SettingsError` where nobody has an id."""
        rules = rules_of(AssignmentSettings(locks=tuple(locks), bans=tuple(bans)), self.experts, self.needs)
        return Exchange(tuple(dict.fromkeys(rules.locks)), tuple(dict.fromkeys(rules.bans)))

    def barred(self, locks: Sequence[Pair]) -> Iterator[Problem]:
        """Find the locks that something else than a small fit bars; no text is read for that."""
        if not locks:
            return
        bars = bars_of(self.experts, self.needs, wishes_of(self.experts, self.needs), self.settings.eligibility)
        rows = {need.need_id: i for i, need in enumerate(self.needs)}
        columns = {expert.expert_id: j for j, expert in enumerate(self.experts)}
        where = Pairs(*np.array([(rows[need], columns[expert]) for need, expert in locks]).T)
        fits = np.zeros(len(locks), dtype=bool)
        for (need, expert), found in zip(locks, bars.of(where, np.ones(len(locks)), fits, fits).tolist(), strict=True):
            bar = Bar(found)
            if bar and bar not in OVERRULED:
                yield problem("scenarios.barred", (need, expert), bar=Message(bar.code))

    def _those(self, pairs: Sequence[Pair], placed: Sequence[Pair]) -> tuple[Pair, ...]:
        found = self.meant(locks=pairs).locks
        problems = [problem("scenarios.not_placed", pair) for pair in found if pair not in placed]
        if problems:
            raise InputError(problems)
        if len(found) < len(pairs):
            raise InputError([Problem(Message("scenarios.nothing_to_swap"))])
        return found

    def _parted(self, parted: tuple[Pair, ...], new: tuple[Pair, ...], placed: Sequence[Pair]) -> Exchange:
        there = [problem("scenarios.is_placed", pair) for pair in self.meant(locks=new).locks if pair in placed]
        if there:
            raise InputError(there)
        return self.exchange(locks=new, parted=parted)


def problem(code: str, pair: Pair, **values: object) -> Problem:
    """Say something of a pair."""
    return Problem(Message(code, {"firm": pair[0], "expert": pair[1], **values}))
