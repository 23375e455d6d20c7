"""Large markets a part of the needs at a time: on one machine or many, and on from where a killed run stopped."""

from matcher.partitions.earlier import Earlier
from matcher.partitions.memory import give_back
from matcher.partitions.parts import Partitions, rank_part
from matcher.partitions.running import confirm_answers, run_parts, versions
from matcher.partitions.tokens import KeptCounts

__all__ = ["Earlier", "KeptCounts", "Partitions", "confirm_answers", "give_back", "rank_part", "run_parts", "versions"]
