"""What the several rows of one firm say together: a firm has one row for each of its needs."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import chain, islice

from matcher.domain.messages import Message, Problem
from matcher.domain.records import Need
from matcher.files.limits import MOST_PROBLEMS

_OF_THE_FIRM = ("name", "credit_code", "township", "industry", "related_institutions")
_ROWS_SHOWN = 5


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
    several = [rows for rows in firms.values() if len(rows) > 1]
    found = chain.from_iterable(chain(_differences(rows), _vetoes_of_some(rows)) for rows in several)
    return sorted(islice(found, MOST_PROBLEMS + 1), key=lambda warning: warning.row or 0)


def _differences(rows: Sequence[Need]) -> Iterator[Problem]:
    first = rows[0]
    for row in rows[1:]:
        for name in _OF_THE_FIRM:
            here, there = getattr(row, name), getattr(first, name)
            if here != there:
                values = {"firm_id": row.firm_id, "first_row": first.row, "value": here, "first": there}
                yield Problem(Message("input.row.firm_differs", values), row=row.row, column=f"firms.{name}")


def _vetoes_of_some(rows: Sequence[Need]) -> Iterator[Problem]:
    vetoed = [(row.row, frozenset(row.vetoed_experts)) for row in rows]

    @cache  # else a firm of many rows that all veto the same is compared with itself row by row
    def others(expert_id: str) -> list[int | None]:
        return list(islice((number for number, ids in vetoed if expert_id not in ids), _ROWS_SHOWN))

    for row in rows:
        for expert_id in row.vetoed_experts:
            if found := others(expert_id):
                values = {"firm_id": row.firm_id, "expert_id": expert_id, "rows": found}
                message = Message("input.row.veto_not_everywhere", values)
                yield Problem(message, row=row.row, column="firms.vetoed_experts")
