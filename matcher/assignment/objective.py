"""What every objective takes and gives."""

from dataclasses import dataclass
from typing import Protocol

from matcher.assignment.market import Market
from matcher.domain.settings import Proposer


@dataclass(frozen=True, slots=True)
class Solution:
    """
    What an objective finds.

    Parameters
    ----------
    positions : tuple of int
        Of the pairs placed, in the market.
    value, bound : float
        What was reached, and what nobody can exceed; equal means proven.
    definition : str
        What the objective claims, in terms of its source.
    solver : str
    """

    positions: tuple[int, ...]
    value: float
    bound: float
    definition: str
    solver: str


class Objective(Protocol):
    """A way to place. To add one: a file of its own, and a line in `matcher.assignment.assign.OBJECTIVES`."""

    def __call__(self, market: Market, proposer: Proposer, seed: int) -> Solution:
        """Place the pairs of a market; the same seed gives the same solution."""
        ...
