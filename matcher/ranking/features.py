"""What a pair has besides its text: features in [0, 1], a block of needs at a time."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from matcher.domain.records import Expert, Need, Rating
from matcher.ranking.cells import matrix_of
from matcher.ranking.tables import LEVELS, title_level

NEUTRAL = 0.5
"""History of those who have none: neither good nor bad."""


@dataclass(frozen=True, slots=True, eq=False)
class Features:
    """
    Features of all pairs, computed block by block so that no dense matrix of all pairs is ever held.

    Attributes
    ----------
    title : float, shape (n_experts,)
        Level of the title, 0 (none) to 1 (professor).
    role : float, CSR, shape (n_needs, n_experts)
        1 where the expert offers the role that the need wants.
    firm_history, expert_history : History
        How each side rated the other.
    """

    title: np.ndarray
    role: sp.csr_array
    firm_history: "History"
    expert_history: "History"

    def block(self, side: str, rows: np.ndarray) -> dict[str, np.ndarray]:
        """
        Features that one side's score may use.

        Parameters
        ----------
        side : {"firm", "expert"}
        rows : int, shape (n_rows,)
            Positions of needs

        Returns
        -------
        dict of str to float array
            By name, each of a shape that broadcasts to (n_rows, n_experts).
        """
        history = self.firm_history if side == "firm" else self.expert_history
        return {"title": self.title[None, :], "role": self.role[rows].toarray(), "history": history.block(rows)}


@dataclass(frozen=True, slots=True, eq=False)
class History:
    """
    Earlier ratings by one side: of this pair where there are any, else of the other in general, drawn to neutral.

    Attributes
    ----------
    pair : float, CSR, shape (n_needs, n_experts)
        1 + the mean rating of the pair, so that 0 means that it has none.
    of_experts : float, shape (n_experts,)
    of_needs : float, shape (n_needs,)
        Mean over everybody's ratings of the expert, or of the need's firm, as if two neutral ones were added. 0 for
        the side that rates.
    """

    pair: sp.csr_array
    of_experts: np.ndarray
    of_needs: np.ndarray

    def block(self, rows: np.ndarray) -> np.ndarray:
        """History of a block of needs, shape (n_rows, n_experts)."""
        pair = self.pair[rows].toarray()
        return np.where(pair > 0, pair - 1, self.of_experts[None, :] + self.of_needs[rows, None])


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
    return Features(
        title=np.array([title_level(expert.title) for expert in experts], dtype=float) / len(LEVELS),
        role=_role_matrix(needs, experts),
        firm_history=_history(experts, needs, ratings, by="firm"),
        expert_history=_history(experts, needs, ratings, by="expert"),
    )


def _role_matrix(needs: Sequence[Need], experts: Sequence[Expert]) -> sp.csr_array:
    offering = defaultdict(list)
    for j, expert in enumerate(experts):
        for role in set(expert.roles):
            offering[role].append(j)
    cells = {
        (i, j): 1.0 for i, need in enumerate(needs) if need.role_wanted for j in offering.get(need.role_wanted, ())
    }
    return matrix_of(cells, (len(needs), len(experts)), float)


def _history(experts: Sequence[Expert], needs: Sequence[Need], ratings: Sequence[Rating], *, by: str) -> History:
    """Collect the ratings given by one side, 1-5 stars as 0-1."""
    stars = [
        (rating.firm_id, rating.expert_id, (given - 1) / 4)
        for rating in ratings
        if (given := rating.firm_rating if by == "firm" else rating.expert_rating) is not None
    ]
    of_pair, of_rated = defaultdict(list), defaultdict(list)
    for firm_id, expert_id, share in stars:
        of_pair[firm_id, expert_id].append(share)
        of_rated[expert_id if by == "firm" else firm_id].append(share)
    column = {expert.expert_id: j for j, expert in enumerate(experts)}
    rows = defaultdict(list)
    for i, need in enumerate(needs):
        rows[need.firm_id].append(i)
    cells = {
        (i, column[expert_id]): 1 + sum(shares) / len(shares)
        for (firm_id, expert_id), shares in of_pair.items()
        if expert_id in column
        for i in rows[firm_id]
    }
    rated = matrix_of(cells, (len(needs), len(experts)), float)

    def general(names: Sequence[str]) -> np.ndarray:
        return np.array([(sum(of_rated[name]) + 2 * NEUTRAL) / (len(of_rated[name]) + 2) for name in names])

    if by == "firm":
        return History(rated, general([expert.expert_id for expert in experts]), np.zeros(len(needs)))
    return History(rated, np.zeros(len(experts)), general([need.firm_id for need in needs]))
