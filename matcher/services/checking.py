"""The check of both forms: who may not be sent, which needs are vague, what looks like one row entered twice."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from matcher.domain.messages import Message, Problem
from matcher.domain.records import Expert, Need
from matcher.language import sentence
from matcher.ranking.bars import Bar, eligibility
from matcher.ranking.duplicates import Duplicate, duplicate_experts, duplicate_needs
from matcher.services.inputs import Inputs, Options, load_inputs
from matcher.text.quality import NeedQuality, advice, assess


@dataclass(frozen=True, slots=True)
class Checked:
    """
    What the check found in files that can be used.

    Attributes
    ----------
    inputs : Inputs
    ineligible : list of (Expert, Bar)
        Who may not be sent, and why.
    qualities : list of NeedQuality
        One a need, in the order of ``inputs.needs``.
    vague : list of Problem
        The needs that may be sent back, each with what to add; by row.
    same_needs, same_experts : lists of Duplicate
        By positions in ``inputs.needs`` and ``inputs.experts``.
    duplicates : list of Problem
        Both of them with their places, experts first.
    """

    inputs: Inputs
    ineligible: list[tuple[Expert, Bar]]
    qualities: list[NeedQuality]
    vague: list[Problem]
    same_needs: list[Duplicate]
    same_experts: list[Duplicate]
    duplicates: list[Problem]


def check_forms(experts: Path, firms: Path, options: Options) -> Checked:
    """
    Read both spreadsheets and look at every row.

    Parameters
    ----------
    experts, firms : path
    options : Options

    Returns
    -------
    Checked

    Raises
    ------
    InputError, SettingsError
        As `load_inputs` does.
    """
    inputs = load_inputs(experts, firms, options)
    rules = inputs.settings.check
    qualities = [assess(need.need_title, need.need_detail) for need in inputs.needs]
    same_experts = duplicate_experts(inputs.experts, rules.duplicate_above)
    same_needs = duplicate_needs(inputs.needs, rules.duplicate_above)
    return Checked(
        inputs=inputs,
        ineligible=[(who, bar) for who in inputs.experts if (bar := eligibility(who, inputs.settings.eligibility))],
        qualities=qualities,
        vague=_vague(inputs.needs, qualities, rules.vague_below, str(firms)),
        same_needs=same_needs,
        same_experts=same_experts,
        duplicates=[
            *(_same_experts(inputs.experts, pair, str(experts)) for pair in same_experts),
            *(_same_needs(inputs.needs, pair, str(firms)) for pair in same_needs),
        ],
    )


def check_json(checked: Checked) -> dict[str, Any]:
    """Give what was found as machines read it: ids, scores, codes of what is missing and their sentences."""
    inputs, below = checked.inputs, checked.inputs.settings.check.vague_below
    need_ids, expert_ids = [n.need_id for n in inputs.needs], [e.expert_id for e in inputs.experts]
    return {
        "needs": [
            {
                "need_id": need.need_id,
                "firm_id": need.firm_id,
                "row": need.row,
                "score": quality.score,
                "is_vague": bool(to_add),
                "missing": quality.missing,
                "advice": [sentence(message) for message in to_add],
            }
            for need, quality in zip(inputs.needs, checked.qualities, strict=True)
            for to_add in [advice(quality, below)]
        ],
        "duplicates": {
            "needs": [_pair_json(pair, need_ids, "same_firm") for pair in checked.same_needs],
            "experts": [_pair_json(pair, expert_ids, "same_person") for pair in checked.same_experts],
        },
        "ineligible": [{"expert_id": expert.expert_id, "bar": bar.name.lower()} for expert, bar in checked.ineligible],
    }


def _vague(needs: Sequence[Need], qualities: Sequence[NeedQuality], below: float, path: str) -> list[Problem]:
    found = []
    for need, quality in zip(needs, qualities, strict=True):
        if to_add := advice(quality, below):
            values = {"need": need.need_id, "title": need.need_title, "score": quality.score, "advice": to_add}
            found.append(Problem(Message("check.vague", values), path, need.row, "firms.need_detail"))
    return found


def _same_needs(needs: Sequence[Need], pair: Duplicate, path: str) -> Problem:
    first, second = needs[pair.first], needs[pair.second]
    values = {"need": second.need_id, "other": first.need_id, "row": first.row, "similarity": pair.similarity}
    code = "check.same_need_of_firm" if pair.has_one_owner else "check.same_need"
    return Problem(Message(code, {**values, "firm": first.name}), path, second.row)


def _same_experts(experts: Sequence[Expert], pair: Duplicate, path: str) -> Problem:
    first, second = experts[pair.first], experts[pair.second]
    values = {"row": first.row, "other": f"{first.name} {first.expert_id}", "who": f"{second.name} {second.expert_id}"}
    if pair.has_one_owner:
        return Problem(Message("check.same_person", values), path, second.row)
    return Problem(Message("check.same_profile", {**values, "similarity": pair.similarity}), path, second.row)


def _pair_json(pair: Duplicate, ids: Sequence[str], owner: str) -> dict[str, Any]:
    return {
        "first": ids[pair.first],
        "second": ids[pair.second],
        "similarity": pair.similarity,
        owner: pair.has_one_owner,
    }
