"""Placements as people read them: the list, who was left out and why, and the figures."""

from matcher.placement.checking import line_problems
from matcher.placement.listing import PLACEMENT_COLUMNS, placement_list, readable, shared_words
from matcher.placement.statistics import statistics
from matcher.placement.unplaced import UNPLACED_COLUMNS, nobody, unplaced_list

__all__ = [
    "PLACEMENT_COLUMNS",
    "UNPLACED_COLUMNS",
    "line_problems",
    "nobody",
    "placement_list",
    "readable",
    "shared_words",
    "statistics",
    "unplaced_list",
]
