"""What both sides have stated: tiers of preference and vetoes, as matrices needs x experts."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from matcher.domain.records import Expert, Need
from matcher.ranking.cells import matrix_of


@dataclass(frozen=True, slots=True, eq=False)
class Wishes:
    """
    Stated preferences and vetoes; rows are needs, columns experts.

    Attributes
    ----------
    firm_tier, expert_tier : int, CSR, shape (n_needs, n_experts)
        Tier in which the side named the other, 1 the best; 0 not named.
    firm_tiers, expert_tiers : int, shapes (n_needs,) and (n_experts,)
        How many tiers each has stated.
    firm_veto, expert_veto : bool, CSR, shape (n_needs, n_experts)
        Who refuses whom.
    """

    firm_tier: sp.csr_array
    expert_tier: sp.csr_array
    firm_tiers: np.ndarray
    expert_tiers: np.ndarray
    firm_veto: sp.csr_array
    expert_veto: sp.csr_array


def wishes_of(experts: Sequence[Expert], needs: Sequence[Need]) -> Wishes:
    """
    Read the stated preferences and vetoes of both sides.

    An expert may name a firm, which means all its needs, or one need. A veto holds for the row that states it.

    Parameters
    ----------
    experts, needs : sequences of records
        Ids that name nobody are left to `matcher.domain.references`.

    Returns
    -------
    Wishes
    """
    shape = (len(needs), len(experts))
    column = {expert.expert_id: j for j, expert in enumerate(experts)}
    # Few firms of a province are named: their rows alone are gathered.
    rows: dict[str, list[int]] = {
        name: [] for expert in experts for names in (*expert.preferred_firms, expert.vetoed_firms) for name in names
    }
    for i, need in enumerate(needs):
        for name in {need.firm_id, need.need_id} & rows.keys():
            rows[name].append(i)
    firm_tier = [
        (i, column[name], tier)
        for i, need in enumerate(needs)
        for tier, names in enumerate(need.preferred_experts, 1)
        for name in names
    ]
    expert_tier = [
        (i, j, tier)
        for j, expert in enumerate(experts)
        for tier, names in enumerate(expert.preferred_firms, 1)
        for name in names
        for i in rows[name]
    ]
    firm_veto = [(i, column[name], True) for i, need in enumerate(needs) for name in need.vetoed_experts]
    expert_veto = [(i, j, True) for j, expert in enumerate(experts) for name in expert.vetoed_firms for i in rows[name]]
    return Wishes(
        firm_tier=_matrix(firm_tier, shape, np.int32),
        expert_tier=_matrix(expert_tier, shape, np.int32),
        firm_tiers=np.array([len(need.preferred_experts) for need in needs], dtype=np.int32),
        expert_tiers=np.array([len(expert.preferred_firms) for expert in experts], dtype=np.int32),
        firm_veto=_matrix(firm_veto, shape, bool),
        expert_veto=_matrix(expert_veto, shape, bool),
    )


def _matrix(entries: Iterable[tuple[int, int, int]], shape: tuple[int, int], dtype: type) -> sp.csr_array:
    return matrix_of({(i, j): value for i, j, value in entries}, shape, dtype)
