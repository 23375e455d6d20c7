"""What a pair has besides its text: features in [0, 1]."""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, fields, replace
from typing import TypeVar

import numpy as np
import scipy.sparse as sp

from matcher.domain.records import Expert, Need, Rating
from matcher.ranking.cells import Grid, Pairs, matrix_of
from matcher.ranking.tables import LEVELS, title_level
from matcher.ranking.tables.disciplines import disciplines_of, industries_of, strength
from matcher.ranking.tables.places import Place, find_place, nearness

NEUTRAL = 0.5
"""Past of those who have none: neither good nor bad."""

ASSESSED = {"excellent": 1.0, "pass": NEUTRAL, "fail": 0.0}
"""What an assessment counts: a pass is what is expected."""

Mark = tuple[str, str, float]
"""What an earlier placement got, in [0, 1]: ids of the firm and the expert, and the mark."""

N = TypeVar("N", bound=Hashable)
E = TypeVar("E", bound=Hashable)


@dataclass(frozen=True, slots=True, eq=False)
class Features:
    """
    Features of all pairs, looked up for some at a time so that no dense matrix of all pairs is ever held.

    Attributes
    ----------
    title : float, shape (n_experts,)
        Level of the title, 0 (none) to 1 (professor). An array goes by the expert alone.
    role : Kinds
        1 where the expert offers the role that the need wants, else 0.
    discipline : Kinds
        How well the expert's discipline serves the need's industry, by `strength`.
    place : Kinds
        How little distance stands between them, by `place_value`.
    firm_history, expert_history : History
        How each side rated the other.
    firm_assessment, expert_assessment : History
        How earlier placements were assessed: in the firm's eyes those of the expert, in the expert's those at the firm.
    """

    title: np.ndarray
    role: "Kinds"
    discipline: "Kinds"
    place: "Kinds"
    firm_history: "History"
    expert_history: "History"
    firm_assessment: "History"
    expert_assessment: "History"

    def of(self, side: str, where: Grid | Pairs) -> dict[str, np.ndarray]:
        """
        Features that one side's score may use.

        Parameters
        ----------
        side : {"firm", "expert"}
        where : Grid or Pairs

        Returns
        -------
        dict of str to float array
            By name, each of a shape that broadcasts to that of the pairs.
        """
        is_firm = side == "firm"
        history = self.firm_history if is_firm else self.expert_history
        assessment = self.firm_assessment if is_firm else self.expert_assessment
        return {
            "title": where.of_experts(self.title),
            "role": self.role.of(where),
            "discipline": self.discipline.of(where),
            "place": self.place.of(where),
            "history": history.of(where),
            "assessment": assessment.of(where),
        }

    @property
    def by_need(self) -> list[np.ndarray]:
        """What features go by on the side of the needs, shape (n_needs,) each: needs alike in all are of one kind."""
        return [part.need if isinstance(part, Kinds) else part.of_needs for part in self._of_both()]

    @property
    def of_own(self) -> list[sp.csr_array]:
        """Which pairs have something of their own, feature by feature; shape (n_needs, n_experts) each."""
        return [part.pair for part in self._of_both() if isinstance(part, History)]

    def without_own(self) -> "Features":
        """Give the features of pairs that have nothing of their own."""
        found = {field.name: getattr(self, field.name) for field in fields(self)}
        pasts = {name: part for name, part in found.items() if isinstance(part, History)}
        return replace(
            self, **{name: replace(part, pair=sp.csr_array(part.pair.shape)) for name, part in pasts.items()}
        )

    @property
    def parts(self) -> "list[Kinds | History | np.ndarray]":
        """All features, one by one."""
        return [getattr(self, field.name) for field in fields(self)]

    def _of_both(self) -> "list[Kinds | History]":
        """List the features to which needs matter; a new one is among them, or nobody would sweep by it."""
        found = self.parts
        if strange := [part for part in found if not isinstance(part, Kinds | History | np.ndarray)]:
            raise TypeError(f"by what pairs differ in {strange[0]!r} is not known")
        return [part for part in found if isinstance(part, Kinds | History)]


@dataclass(frozen=True, slots=True, eq=False)
class Kinds:
    """
    A feature that goes by what kind of need and of expert it is: a small table, looked up.

    Attributes
    ----------
    values : float, shape (n_need_kinds, n_expert_kinds)
    need, expert : int, shapes (n_needs,) and (n_experts,)
        Kind of each.
    """

    values: np.ndarray
    need: np.ndarray
    expert: np.ndarray

    def of(self, where: Grid | Pairs) -> np.ndarray:
        """Look pairs up."""
        return where.of_kinds(self.values, self.need, self.expert)

    def one(self, need: int, expert: int) -> float:
        """Look one pair up."""
        return float(self.values[self.need[need], self.expert[expert]])


@dataclass(frozen=True, slots=True, eq=False)
class History:
    """
    The past in the eyes of one side: of this pair where there is any, else of the other in general, drawn to neutral.

    Attributes
    ----------
    pair : float, CSR, shape (n_needs, n_experts)
        1 + the mean mark of the pair, so that 0 means that it has none.
    of_experts : float, shape (n_experts,)
    of_needs : float, shape (n_needs,)
        Mean over all marks of the expert, or of the need's firm, as if two neutral ones were added. 0 for the side
        whose eyes these are.
    """

    pair: sp.csr_array
    of_experts: np.ndarray
    of_needs: np.ndarray

    def of(self, where: Grid | Pairs) -> np.ndarray:
        """Look the history of pairs up."""
        general, pair = where.of_experts(self.of_experts) + where.of_needs(self.of_needs), where.of_cells(self.pair)
        return np.where(pair > 0, pair - 1, general) if self.pair.nnz else general


def features_of(experts: Sequence[Expert], needs: Sequence[Need], ratings: Sequence[Rating] = ()) -> Features:
    """
    Collect the features of every pair.

    Parameters
    ----------
    experts, needs : sequences of records
    ratings : sequence of Rating
        Of earlier years; those of people or firms that are not in the records are of no effect.

    Returns
    -------
    Features
    """
    ids = [expert.expert_id for expert in experts], [need.firm_id for need in needs]
    assessed = [(r.firm_id, r.expert_id, ASSESSED[r.assessment]) for r in ratings if r.assessment is not None]
    return Features(
        title=np.array([title_level(expert.title) for expert in experts], dtype=float) / len(LEVELS),
        role=_kinds(
            (need.role_wanted for need in needs),
            (frozenset(expert.roles) for expert in experts),
            lambda wanted, offered: float(wanted in offered),
        ),
        discipline=_kinds(
            (industries_of(need.industry) for need in needs),
            (disciplines_of(expert.discipline) for expert in experts),
            strength,
        ),
        place=_kinds(
            ((place_of_need(need), need.mode) for need in needs),
            ((find_place(expert.city), expert.mode) for expert in experts),
            place_value,
        ),
        firm_history=_history(*ids, _stars((r, r.firm_rating) for r in ratings), by="firm"),
        expert_history=_history(*ids, _stars((r, r.expert_rating) for r in ratings), by="expert"),
        firm_assessment=_history(*ids, assessed, by="firm"),
        expert_assessment=_history(*ids, assessed, by="expert"),
    )


def place_of_need(need: Need) -> Place | None:
    """Find where a need's firm is: by its township, else by its zone; None where the table knows neither."""
    return find_place(need.township) or find_place(need.zone)


def place_value(need: tuple[Place | None, str], expert: tuple[Place | None, str]) -> float:
    """
    Say how little distance costs a pair: 1 - s (1 - `nearness`), where s is the share of the work done on site.

    s is 0 where either works online alone, 1 where either works on site alone, 1/2 where both do either. A pair of
    which one works on site alone and the other online alone can't work at all and is barred before any score counts.

    Parameters
    ----------
    need, expert : (Place or None, {"onsite", "online", "either"})
        Where each is, None where that is not known, and how each works.

    Returns
    -------
    float
        In (0, 1]; 1 within 30 km or online.

    Examples
    --------
    >>> far = Place(30, 120), Place(40, 116)
    >>> place_value((far[0], "online"), (far[1], "either"))
    1.0
    >>> place_value((None, "onsite"), (far[1], "either")), place_value((None, "either"), (far[1], "either"))
    (0.5, 0.75)
    """
    modes = {need[1], expert[1]}
    on_site = 0.0 if "online" in modes else 1.0 if "onsite" in modes else 0.5
    return 1 - on_site * (1 - nearness(need[0], expert[0]))


def _kinds(of_needs: Iterable[N], of_experts: Iterable[E], value: Callable[[N, E], float]) -> Kinds:
    """Value each kind of need against each kind of expert once."""
    needs: dict[N, int] = {}
    experts: dict[E, int] = {}
    need = np.array([needs.setdefault(kind, len(needs)) for kind in of_needs], dtype=np.intp)
    expert = np.array([experts.setdefault(kind, len(experts)) for kind in of_experts], dtype=np.intp)
    values = [[value(need_kind, expert_kind) for expert_kind in experts] for need_kind in needs]
    return Kinds(np.array(values, dtype=float).reshape(len(needs), len(experts)), need, expert)


def _stars(given: Iterable[tuple[Rating, int | None]]) -> list[Mark]:
    """1-5 stars as marks."""
    return [(rating.firm_id, rating.expert_id, (stars - 1) / 4) for rating, stars in given if stars is not None]


def _history(expert_ids: Sequence[str], firm_ids: Sequence[str], marks: Sequence[Mark], *, by: str) -> History:
    """Collect marks in the eyes of one side; ids as the columns and the rows have them."""
    of_pair, of_rated = defaultdict(list), defaultdict(list)
    for firm_id, expert_id, mark in marks:
        of_pair[firm_id, expert_id].append(mark)
        of_rated[expert_id if by == "firm" else firm_id].append(mark)
    # Few firms of a province have a past: their rows alone are gathered.
    rows = {firm_id: [] for firm_id, _ in of_pair}
    for i, firm_id in enumerate(firm_ids):
        if firm_id in rows:
            rows[firm_id].append(i)
    column = {expert_id: j for j, expert_id in enumerate(expert_ids)}
    cells = {
        (i, column[expert_id]): 1 + sum(own) / len(own)
        for (firm_id, expert_id), own in of_pair.items()
        if expert_id in column
        for i in rows[firm_id]
    }
    rated = matrix_of(cells, (len(firm_ids), len(expert_ids)), float)
    mean = {name: (sum(own) + 2 * NEUTRAL) / (len(own) + 2) for name, own in of_rated.items()}
    general = np.array([mean.get(name, NEUTRAL) for name in (expert_ids if by == "firm" else firm_ids)], dtype=float)
    if by == "firm":
        return History(rated, general, np.zeros(len(firm_ids)))
    return History(rated, np.zeros(len(expert_ids)), general)
