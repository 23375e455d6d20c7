"""What makes a pair unacceptable, each with its reason code."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import IntEnum

import numpy as np
import scipy.sparse as sp

from matcher.domain.records import Expert, Need
from matcher.domain.settings import EligibilitySettings
from matcher.ranking.cells import Grid, Pairs, matrix_of
from matcher.ranking.tables import LEVELS, is_doctorate, title_level
from matcher.ranking.wishes import Wishes

_NO_LETTER = re.compile(r"[\W_]")


class Bar(IntEnum):
    """
    Why a pair is not acceptable; of several reasons the first in this order is given.

    The catalogue has each as ``bar.<name>``.
    """

    NONE = 0
    OUT_OF_POST = 1
    ON_OTHER_LIST = 2
    CONSENT_REFUSED = 3
    CONSENT_MISSING = 4
    TITLE_TOO_LOW = 5
    TOO_OLD = 6
    AGE_UNKNOWN = 7
    CONFLICT = 8
    EXPERT_VETO = 9
    FIRM_VETO = 10
    MODE = 11
    EXPERT_TAKES_ONLY_NAMED = 12
    FIRM_TAKES_ONLY_NAMED = 13
    NO_COMMON_TERM = 14
    EXPERT_BELOW_MIN_FIT = 15
    FIRM_BELOW_MIN_FIT = 16

    @property
    def code(self) -> str:
        """Key of the catalogue."""
        return f"bar.{self.name.lower()}"


OVERRULED = (Bar.NO_COMMON_TERM, Bar.EXPERT_BELOW_MIN_FIT, Bar.FIRM_BELOW_MIN_FIT)
"""Bars that a lock overrules: the last in precedence, so no other stands behind them."""

INELIGIBLE = tuple(bar for bar in Bar if Bar.OUT_OF_POST <= bar <= Bar.AGE_UNKNOWN)
"""Bars that keep an expert from every firm."""


def eligibility(expert: Expert, rules: EligibilitySettings) -> Bar:
    """
    Say whether an expert may be sent at all.

    Parameters
    ----------
    expert : Expert
    rules : EligibilitySettings

    Returns
    -------
    Bar
        `Bar.NONE` for those who may; the first rule broken for the others.
    """
    age = None if rules.year is None or expert.birth_year is None else rules.year - expert.birth_year
    broken = {
        Bar.OUT_OF_POST: rules.in_post and expert.in_post is False,
        Bar.ON_OTHER_LIST: rules.exclusive and expert.other_list is True,
        Bar.CONSENT_REFUSED: rules.consent != "ignored" and expert.consent is False,
        Bar.CONSENT_MISSING: rules.consent == "given" and expert.consent is None,
        Bar.TITLE_TOO_LOW: _title_too_low(expert, rules),
        Bar.TOO_OLD: rules.maximum_age is not None and age is not None and age > rules.maximum_age,
        Bar.AGE_UNKNOWN: rules.maximum_age is not None and age is None,
    }
    return next((bar for bar, holds in broken.items() if holds), Bar.NONE)


def _title_too_low(expert: Expert, rules: EligibilitySettings) -> bool:
    if rules.minimum_title is None or (rules.doctorate_suffices and is_doctorate(expert.degree)):
        return False
    return title_level(expert.title) <= LEVELS.index(rules.minimum_title)


def institution_key(name: str) -> str:
    """Fold a name so that two writings of one institution meet: width, case, spaces and punctuation forgiven."""
    return _NO_LETTER.sub("", unicodedata.normalize("NFKC", name)).lower()


@dataclass(frozen=True, slots=True, eq=False)
class Bars:
    """
    What bars each pair before any score is known.

    Attributes
    ----------
    expert : int8, shape (n_experts,)
        `eligibility` of each.
    conflict : bool, CSR, shape (n_needs, n_experts)
        The expert's institution is related to the firm, or is the firm.
    onsite, online : bool, pairs of shapes (n_needs,) and (n_experts,)
        Who works in this mode alone.
    named_only : bool, pair of shapes (n_needs,) and (n_experts,)
        Who takes only those named.
    wishes : Wishes
    locked : bool, CSR, shape (n_needs, n_experts)
        Pairs that the settings fix, however small their fit.
    """

    expert: np.ndarray
    conflict: sp.csr_array
    onsite: tuple[np.ndarray, np.ndarray]
    online: tuple[np.ndarray, np.ndarray]
    named_only: tuple[np.ndarray, np.ndarray]
    wishes: Wishes
    locked: sp.csr_array

    def of(self, where: Grid | Pairs, text: np.ndarray, firm_low: np.ndarray, expert_low: np.ndarray) -> np.ndarray:
        """
        Find the bar of every pair.

        Parameters
        ----------
        where : Grid or Pairs
        text : float, of the pairs' shape
            Agreement of the texts.
        firm_low, expert_low : bool, of that shape
            The side's score, or the agreement of the texts, is below the smallest fit.

        Returns
        -------
        int8, of that shape
            Values of `Bar`.
        """
        wishes = self.wishes
        firm_unnamed = where.of_cells(wishes.firm_tier) == 0
        expert_unnamed = where.of_cells(wishes.expert_tier) == 0
        onsite, online = self.onsite, self.online
        wrong_mode = (where.of_needs(onsite[0]) & where.of_experts(online[1])) | (
            where.of_needs(online[0]) & where.of_experts(onsite[1])
        )
        # From the last in precedence to the first: what comes later overwrites.
        layers = (
            (Bar.FIRM_BELOW_MIN_FIT, firm_low & firm_unnamed),
            (Bar.EXPERT_BELOW_MIN_FIT, expert_low & expert_unnamed),
            (Bar.NO_COMMON_TERM, (text == 0) & (firm_unnamed | expert_unnamed)),
            (Bar.FIRM_TAKES_ONLY_NAMED, where.of_needs(self.named_only[0]) & firm_unnamed),
            (Bar.EXPERT_TAKES_ONLY_NAMED, where.of_experts(self.named_only[1]) & expert_unnamed),
            (Bar.MODE, wrong_mode),
            (Bar.FIRM_VETO, where.of_cells(wishes.firm_veto)),
            (Bar.EXPERT_VETO, where.of_cells(wishes.expert_veto)),
            (Bar.CONFLICT, where.of_cells(self.conflict)),
        )
        found = np.zeros(text.shape, dtype=np.int8)
        for bar, holds in layers:
            found[np.broadcast_to(holds, text.shape)] = bar
        if self.locked.nnz:
            found[where.of_cells(self.locked) & np.isin(found, OVERRULED)] = Bar.NONE
        of_expert = where.of_experts(self.expert)
        return np.where(of_expert > 0, of_expert, found)


def bars_of(
    experts: Sequence[Expert],
    needs: Sequence[Need],
    wishes: Wishes,
    rules: EligibilitySettings,
    locks: Sequence[tuple[str, str]] = (),
) -> Bars:
    """
    Collect what bars pairs whatever their score.

    Parameters
    ----------
    experts, needs : sequences of records
    wishes : Wishes
    rules : EligibilitySettings
    locks : sequence of (str, str)
        Ids of needs and experts that the settings fix.

    Returns
    -------
    Bars
    """
    row, column = {n.need_id: i for i, n in enumerate(needs)}, {e.expert_id: j for j, e in enumerate(experts)}
    return Bars(
        expert=np.array([eligibility(expert, rules) for expert in experts], dtype=np.int8),
        conflict=_conflicts(experts, needs),
        onsite=(_mode(needs, "onsite"), _mode(experts, "onsite")),
        online=(_mode(needs, "online"), _mode(experts, "online")),
        named_only=(
            np.array([not need.accepts_others for need in needs]),
            np.array([not expert.accepts_others for expert in experts]),
        ),
        wishes=wishes,
        locked=matrix_of({(row[need], column[e]): True for need, e in locks}, (len(needs), len(experts)), bool),
    )


def near_misses(experts: Sequence[Expert], needs: Sequence[Need]) -> list[tuple[Need, str, str]]:
    """
    Find related institutions that nearly are somebody's: perhaps a conflict of interest written another way.

    A name that is nobody's is held against all; any name, the firm's own too, against those that it is a part of, or
    that are a part of it, such as a university and its school.

    Returns
    -------
    list of (Need, str, str)
        The need, the name as its firm wrote it, and the institution that it resembles; by need, then by institution.
    """
    known = {institution_key(expert.institution): expert.institution for expert in experts}
    pairs: dict[str, set[str]] = {}
    for key in known:
        for pair in _pairs(key):
            pairs.setdefault(pair, set()).add(key)
    nearest: dict[str, list[str]] = {}
    found = []
    for need in needs:
        for name in (*need.related_institutions, need.name):
            key = institution_key(name)
            if key not in nearest:
                nearest[key] = _nearest(key, name == need.name, known, pairs)
            found += [(need, name, known[other]) for other in nearest[key]]
    return found


def _nearest(key: str, is_firm: bool, known: Mapping[str, str], pairs: Mapping[str, set[str]]) -> list[str]:
    """Find the institutions that a name resembles, looking only at those that share two neighbouring characters."""
    shared = {other for pair in _pairs(key) for other in pairs.get(pair, ())}
    parts = sorted(other for other in shared if other != key and min(len(key), len(other)) >= 4 and _holds(key, other))
    if parts or key in known or is_firm:
        return parts
    closest = max(sorted(shared), key=lambda other: _likeness(key, other), default=None)
    return [closest] if closest is not None and _likeness(key, closest) >= 0.75 else []


def _pairs(key: str) -> set[str]:
    return {key[k : k + 2] for k in range(len(key) - 1)}


def _holds(one: str, other: str) -> bool:
    return one in other or other in one


def _likeness(one: str, other: str) -> float:
    """Likeness of two names in [0, 1]; 1 where one is the other with characters left out."""
    short, long = sorted((one, other), key=len)
    rest = iter(long)
    if len(short) >= 3 and all(character in rest for character in short):
        return 1.0
    return SequenceMatcher(None, one, other, autojunk=False).ratio()


def _mode(records: Sequence[Expert] | Sequence[Need], mode: str) -> np.ndarray:
    return np.array([record.mode == mode for record in records])


def _conflicts(experts: Sequence[Expert], needs: Sequence[Need]) -> sp.csr_array:
    """Mark pairs of a firm and an expert of an institution that any of the firm's rows calls related, or of itself."""
    columns: dict[str, list[int]] = {}
    for j, expert in enumerate(experts):
        columns.setdefault(institution_key(expert.institution), []).append(j)
    columns.pop("", None)
    related: dict[str, set[str]] = {}
    for need in needs:
        for name in (*need.related_institutions, need.name):
            if (key := institution_key(name)) in columns:
                related.setdefault(need.firm_id, set()).add(key)
    cells = {
        (i, j): True for i, need in enumerate(needs) for key in related.get(need.firm_id, ()) for j in columns[key]
    }
    return matrix_of(cells, (len(needs), len(experts)), bool)
