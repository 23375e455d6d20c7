"""A market to an assignment: objectives, the independent audit, and why."""

from matcher.assignment.assign import OBJECTIVES, Assignment, Certificate, assign, find_objective
from matcher.assignment.audit import AuditReport, audit, audit_under
from matcher.assignment.form import form_market
from matcher.assignment.market import Market
from matcher.assignment.objective import Objective, Solution
from matcher.assignment.repair import assign_ranked, confirm_feasible_ranked, exact_ranks, outside_blocking
from matcher.assignment.rules import Quota, Rules
from matcher.assignment.stated import rules_of
from matcher.assignment.whatif import WhatIf, what_if
from matcher.assignment.why import Why, why

__all__ = [
    "OBJECTIVES",
    "Assignment",
    "AuditReport",
    "Certificate",
    "Market",
    "Objective",
    "Quota",
    "Rules",
    "Solution",
    "WhatIf",
    "Why",
    "assign",
    "assign_ranked",
    "audit",
    "audit_under",
    "confirm_feasible_ranked",
    "exact_ranks",
    "find_objective",
    "form_market",
    "outside_blocking",
    "rules_of",
    "what_if",
    "why",
]
