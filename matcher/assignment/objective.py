"""What every objective takes and gives."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from matcher.assignment.rules import Case
from matcher.domain.settings import Proposer


@dataclass(frozen=True, slots=True)
class Aim:
    """
    How to go about an objective.

    Parameters
    ----------
    proposer : {"firms", "experts"}
        The side that is favoured where the objective leaves a choice.
    seed : int
        Breaks ties.
    time_limit_s : float
        For what can't be solved by flows; in seconds of one core, counted by work done, so that the same input gives
        the same answer. Only a single mixed-integer program is cut off by the clock.
    """

    proposer: Proposer = "firms"
    seed: int = 0
    time_limit_s: float = 30.0


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
    proof : mapping
        What the claim can be checked by, in plain numbers and ids; by objective.
    """

    positions: tuple[int, ...]
    value: float
    bound: float
    definition: str
    solver: str
    proof: Mapping[str, object] = field(default_factory=dict)


class Objective(Protocol):
    """A way to place. To add one: a file of its own, and a line in `matcher.assignment.assign.OBJECTIVES`."""

    def __call__(self, case: Case, aim: Aim) -> Solution:
        """
        Place the pairs of a market under its rules; the same seed gives the same solution.

        Raises
        ------
        InfeasibleProblem
            When no assignment keeps the rules.
        """
        ...
