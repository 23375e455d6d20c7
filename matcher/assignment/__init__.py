"""A market to an assignment: objectives, the independent audit, and why."""

from matcher.assignment.assign import OBJECTIVES, Assignment, Certificate, assign, assign_under, find_objective
from matcher.assignment.audit import AuditReport, audit, audit_under
from matcher.assignment.form import form_market
from matcher.assignment.margins import PlaceGains, QuotaCost, newcomer_gains, place_gains, quota_costs
from matcher.assignment.market import Market
from matcher.assignment.objective import Objective, Solution
from matcher.assignment.repair import assign_ranked, confirm_feasible_ranked, exact_ranks, outside_blocking
from matcher.assignment.rules import Quota, Rules
from matcher.assignment.stated import rules_of
from matcher.assignment.tradeoffs import BONUSES, Floored, Kept, floored, keep_curve
from matcher.assignment.whatif import WhatIf, what_if
from matcher.assignment.why import Why, why

__all__ = [
    "BONUSES",
    "OBJECTIVES",
    "Assignment",
    "AuditReport",
    "Certificate",
    "Floored",
    "Kept",
    "Market",
    "Objective",
    "PlaceGains",
    "Quota",
    "QuotaCost",
    "Rules",
    "Solution",
    "WhatIf",
    "Why",
    "assign",
    "assign_ranked",
    "assign_under",
    "audit",
    "audit_under",
    "confirm_feasible_ranked",
    "exact_ranks",
    "find_objective",
    "floored",
    "form_market",
    "keep_curve",
    "newcomer_gains",
    "outside_blocking",
    "place_gains",
    "quota_costs",
    "rules_of",
    "what_if",
    "why",
]
