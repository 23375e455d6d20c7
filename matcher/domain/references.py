"""What can be wrong between rows, though each row is right in itself."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from matcher.domain.errors import InputError
from matcher.domain.messages import Message, Problem
from matcher.domain.records import Expert, Need


def reference_problems(
    experts: Sequence[Expert], needs: Sequence[Need], *, experts_path: str = "", firms_path: str = ""
) -> list[Problem]:
    """
    Find duplicate ids, preferences that name nobody, and somebody both preferred and vetoed.

    Parameters
    ----------
    experts, needs : sequences of records
    experts_path, firms_path : str
        Named in the problems.

    Returns
    -------
    list of Problem
        Experts' first, then firms', each by row.
    """
    expert_ids = {expert.expert_id for expert in experts}
    firm_ids = {need.firm_id for need in needs}
    known_firms = firm_ids | {need.need_id for need in needs}
    found = [
        *repeated_ids("experts.expert_id", [(expert.expert_id, expert.row) for expert in experts]),
        *repeated_ids("firms.need_id", [(need.need_id, need.row) for need in needs]),
    ]
    for need in needs:
        if need.need_id != need.firm_id and need.need_id in firm_ids:
            found.append(
                Problem(
                    Message("input.need_id_is_a_firm", {"value": need.need_id}), row=need.row, column="firms.need_id"
                )
            )
    for expert in experts:
        found += _wish_problems("firms", expert.preferred_firms, expert.vetoed_firms, known_firms, expert.row)
    for need in needs:
        found += _wish_problems("experts", need.preferred_experts, need.vetoed_experts, expert_ids, need.row)
    found += _contradictions(experts, needs)
    paths = {"experts": experts_path, "firms": firms_path}
    placed = [Problem(p.message, paths[str(p.column).split(".")[0]], p.row, p.column) for p in found]
    return sorted(placed, key=lambda p: (not str(p.column).startswith("experts."), p.row or 0))


def confirm_references(experts: Sequence[Expert], needs: Sequence[Need]) -> None:
    """Raise `InputError` with every problem between the rows, if there is any."""
    problems = reference_problems(experts, needs)
    for column, records in (("experts.expert_id", experts), ("firms.firm_id", needs)):
        if not records:
            problems.append(Problem(Message("input.no_rows"), column=column))
    if problems:
        raise InputError(problems)


def repeated_ids(column: str, ids: Iterable[tuple[str, int | None]]) -> Iterator[Problem]:
    """Yield a problem for each id, given with its row, that stands in a column once more."""
    first: dict[str, int | None] = {}
    for value, row in ids:
        if value in first:
            yield Problem(
                Message("input.repeated_id", {"value": value, "first_row": first[value]}), row=row, column=column
            )
        else:
            first[value] = row


def _wish_problems(
    other: str, tiers: Sequence[Sequence[str]], vetoed: Sequence[str], known: set[str], row: int | None
) -> Iterator[Problem]:
    if not (tiers or vetoed):
        return
    own = "firms" if other == "experts" else "experts"
    preferred = [name for tier in tiers for name in tier]
    for name, times in Counter(preferred).items():
        if times > 1:
            yield Problem(Message("input.preferred_twice", {"value": name}), row=row, column=f"{own}.preferred_{other}")
        if name in vetoed:
            yield Problem(
                Message("input.preferred_and_vetoed", {"value": name}), row=row, column=f"{own}.vetoed_{other}"
            )
    for column, names in (("preferred", preferred), ("vetoed", vetoed)):
        for name in dict.fromkeys(names):
            if name not in known:
                yield Problem(Message("input.unknown_id", {"value": name}), row=row, column=f"{own}.{column}_{other}")


def _contradictions(experts: Sequence[Expert], needs: Sequence[Need]) -> Iterator[Problem]:
    """Find experts who name a need against, or besides, its own firm; to veto one need of a wanted firm is fine."""
    firm_of = {need.need_id: need.firm_id for need in needs}
    for expert in experts:
        preferred = dict.fromkeys(name for tier in expert.preferred_firms for name in tier)
        for name in preferred:
            firm = firm_of.get(name, name)
            if firm != name and firm in expert.vetoed_firms:
                code, column = "input.need_against_firm", "experts.vetoed_firms"
            elif firm != name and firm in preferred:
                code, column = "input.need_and_firm", "experts.preferred_firms"
            else:
                continue
            yield Problem(Message(code, {"value": name, "firm_id": firm}), row=expert.row, column=column)
