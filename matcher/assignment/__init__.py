"""A market to an assignment: objectives, the independent audit, and why."""

from matcher.assignment.assign import OBJECTIVES, Assignment, Certificate, assign, find_objective
from matcher.assignment.audit import AuditReport, audit
from matcher.assignment.form import form_market
from matcher.assignment.market import Market
from matcher.assignment.objective import Objective, Solution
from matcher.assignment.repair import assign_ranked, exact_ranks, outside_blocking
from matcher.assignment.why import Why, why

__all__ = [
    "OBJECTIVES",
    "Assignment",
    "AuditReport",
    "Certificate",
    "Market",
    "Objective",
    "Solution",
    "Why",
    "assign",
    "assign_ranked",
    "audit",
    "exact_ranks",
    "find_objective",
    "form_market",
    "outside_blocking",
    "why",
]
