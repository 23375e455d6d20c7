"""matcher's side of the seam: an instance as matcher takes it, and what differs from an oracle's answer, or nothing."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from benchmarks.oracles import instances
from benchmarks.oracles.instances import UNIT, Instance
from matcher.assignment import Market, assign, audit
from matcher.assignment.rules import Quota
from matcher.domain.errors import InfeasibleProblem


def market_of(instance: Instance) -> Market:
    """Make the market that matcher sees."""
    needs, experts = sorted(instance["places"]), sorted(instance["seats"])
    firms = sorted(set(instance["firm_of"].values()))
    row, column = ({name: k for k, name in enumerate(names)} for names in (needs, experts))
    pairs = sorted((row[n], column[e], one, other) for n, e, one, other in instance["pairs"])
    need, expert, firm_fit, expert_fit = np.array(pairs, dtype=np.int64).reshape(-1, 4).T
    return Market(
        need_ids=tuple(needs),
        expert_ids=tuple(experts),
        firm_of=np.array([firms.index(instance["firm_of"][n]) for n in needs]),
        need_capacity=np.array([instance["places"][n] for n in needs]),
        expert_capacity=np.array([instance["seats"][e] for e in experts]),
        need=need,
        expert=expert,
        firm_order=firm_fit,
        expert_order=expert_fit,
        firm_satisfaction=firm_fit / UNIT,
        expert_satisfaction=expert_fit / UNIT,
    )


def rules_of(instance: Instance) -> dict[str, Any]:
    """Say the rules as `assign` and `audit` take them."""
    quotas = [
        Quota(
            side=limit["side"],
            group=dict.fromkeys(limit["members"], "in"),
            value="in",
            minimum=limit["minimum"],
            maximum=limit["maximum"],
            counts=limit["counts"],
        )
        for limit in instance["quotas"]
    ]
    named = {rule: [tuple(pair) for pair in instance[rule]] for rule in ("locks", "bans")}
    return {"quotas": quotas, **named, "minimum_people": instance["minimum_people"]}


def solved(instance: Instance, objective: str, **more: Any) -> Any:
    """Assign; None when nothing is feasible."""
    if objective != "stable":
        keep = [tuple(pair) for pair in instance["keep"]]
        more = {"keep": keep, "keep_bonus": instance["keep_bonus"] / UNIT, **more}
    try:
        return assign(market_of(instance), objective, **rules_of(instance), **more)
    except InfeasibleProblem:
        return None


def optima(instance: Instance, answer: dict[str, Any]) -> str:
    """Compare the best stable matching of either side."""
    for proposer, pairs in answer.items():
        ours = solved(instance, "stable", proposer=proposer)
        if ours is None or ours.pairs != named(pairs):
            return f"{proposer} propose: {ours and ours.pairs} and not {pairs}"
    return ""


def blocking(instance: Instance, answer: list) -> str:
    """Compare the pairs that block a given list."""
    report = audit(market_of(instance), named(instance["placed"]), **rules_of(instance))
    return "" if report.blocking_pairs == named(answer) else f"{report.blocking_pairs} and not {answer}"


def largest(instance: Instance, answer: list) -> str:
    """See that ours is among all weakly stable matchings, and the largest of them."""
    most = max(map(len, answer))
    for proposer in ("firms", "experts"):
        ours = solved(instance, "stable", proposer=proposer)
        if ours.pairs not in [named(pairs) for pairs in answer]:
            return f"{proposer} propose: {ours.pairs} is not weakly stable"
        if len(ours.pairs) != most or ours.certificate.bound < most:
            return f"{proposer} propose: {len(ours.pairs)} pairs, bound {ours.certificate.bound}, and not {most}"
    return ""


def stronger(instance: Instance, answer: dict[str, Any]) -> str:
    """See that what is stable in a stronger sense has no blocking pair, and is no larger than ours."""
    ours = len(solved(instance, "stable").pairs)
    for kind, pairs in answer.items():
        if pairs is None:
            continue
        report = audit(market_of(instance), named(pairs))
        if report.blocking_pairs or report.violations:
            return f"{kind}: {report.blocking_pairs} block, {report.violations} violate"
        if ours < len(pairs) or (kind.startswith("super") and ours != len(pairs)):
            return f"{kind}: {ours} pairs and not {len(pairs)}"
    return ""


def total(instance: Instance, answer: int | None) -> str:
    """Compare the greatest total, to the unit, or that there is none."""
    ours = solved(instance, "total")
    if ours is None or answer is None:
        return "" if ours is answer else f"feasible by one only: {ours and ours.pairs} and {answer}"
    worth = instances.worths(instance)
    reached = sum(worth[pair] for pair in ours.pairs)
    claimed = round(ours.certificate.value * UNIT)
    return "" if reached == claimed == answer else f"{reached}, claimed {claimed}, and not {answer}"


def most_pairs(instance: Instance, answer: int) -> str:
    """Compare how many pairs can be placed where all are worth the same."""
    ours = len(solved(instance, "total").pairs)
    return "" if ours == answer else f"{ours} pairs and not {answer}"


def fair(instance: Instance, answer: dict[str, Any] | None) -> str:
    """Compare the sorted values of needs and the total, or that there is none."""
    ours = solved(instance, "fair")
    if ours is None or answer is None:
        return "" if ours is answer else f"feasible by one only: {ours and ours.pairs} and {answer}"
    reached = instances.fairness(instances.worths(instance), ours.pairs)
    return "" if reached == answer else f"{reached} and not {answer}"


def fewest(instance: Instance, answer: int | None) -> str:
    """Compare the smallest number of blocking pairs, or that nothing is feasible."""
    for proposer in ("firms", "experts"):
        ours = solved(instance, "stable", proposer=proposer)
        if ours is None or answer is None:
            return "" if ours is answer else f"feasible by one only: {ours and ours.pairs} and {answer}"
        if ours.certificate.n_blocking_pairs != answer:
            return f"{proposer} propose: {ours.certificate.n_blocking_pairs} block and not {answer}: {ours.pairs}"
    return ""


def named(pairs: Sequence[Sequence[str]]) -> list[tuple[str, str]]:
    """Pairs as matcher gives them."""
    return sorted((need, expert) for need, expert in pairs)
