"""Placements as people read them: the list, who was left out and why, and the figures."""

from matcher.placement.checking import line_problems
from matcher.placement.listing import PLACEMENT_COLUMNS, placement_list
from matcher.placement.public import PUBLIC_COLUMNS, PairLine, PublicLine, pair_line, public_line, public_lines
from matcher.placement.reasons import (
    Audience,
    Party,
    is_shown,
    pair_effects,
    pair_gaps,
    pair_reasons,
    party_answer,
    readable,
    shared_words,
)
from matcher.placement.statistics import statistics
from matcher.placement.unplaced import UNPLACED_COLUMNS, nobody, unplaced_list

__all__ = [
    "PLACEMENT_COLUMNS",
    "PUBLIC_COLUMNS",
    "UNPLACED_COLUMNS",
    "Audience",
    "PairLine",
    "Party",
    "PublicLine",
    "is_shown",
    "line_problems",
    "nobody",
    "pair_effects",
    "pair_gaps",
    "pair_line",
    "pair_reasons",
    "party_answer",
    "placement_list",
    "public_line",
    "public_lines",
    "readable",
    "shared_words",
    "statistics",
    "unplaced_list",
]
