"""What the several rows of one firm say together: a firm has one row for each of its needs."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from matcher.domain.messages import Message, Problem
from matcher.domain.records import Need

_OF_THE_FIRM = ("name", "credit_code", "township", "industry", "related_institutions")


def firm_warnings(needs: Sequence[Need]) -> list[Problem]:
    """
    Find firms whose rows differ in what is the firm's own, and vetoes that hold for one need only.

    Parameters
    ----------
    needs : sequence of Need

    Returns
    -------
    list of Problem
        Warnings, by row.
    """
    firms: dict[str, list[Need]] = defaultdict(list)
    for need in needs:
        firms[need.firm_id].append(need)
    found = [
        warning for rows in firms.values() if len(rows) > 1 for warning in (*_differences(rows), *_vetoes_of_some(rows))
    ]
    return sorted(found, key=lambda warning: warning.row or 0)


def _differences(rows: Sequence[Need]) -> Iterator[Problem]:
    first = rows[0]
    for row in rows[1:]:
        for name in _OF_THE_FIRM:
            here, there = getattr(row, name), getattr(first, name)
            if here != there:
                values = {"firm_id": row.firm_id, "first_row": first.row, "value": here, "first": there}
                yield Problem(Message("input.row.firm_differs", values), row=row.row, column=f"firms.{name}")


def _vetoes_of_some(rows: Sequence[Need]) -> Iterator[Problem]:
    for row in rows:
        for expert_id in row.vetoed_experts:
            others = [other.row for other in rows if expert_id not in other.vetoed_experts]
            if others:
                values = {"firm_id": row.firm_id, "expert_id": expert_id, "rows": others}
                message = Message("input.row.veto_not_everywhere", values)
                yield Problem(message, row=row.row, column="firms.vetoed_experts")
