"""How a list is spread: the ranks that both sides reached, the places used, the best possible, where and in what."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from matcher.services.board import Board, Rebuilt

Rows = list[dict[str, Any]]

RANKS: Sequence[tuple[int, int | None]] = ((1, 1), (2, 2), (3, 3), (4, 5), (6, 10), (11, None))
"""Classes of ranks, first and last of each; None: without end."""
SHARES: Sequence[tuple[float, float]] = ((1.0, 1.0), (0.9, 1.0), (0.75, 0.9), (0.5, 0.75), (0.0, 0.5))
"""Classes of what was got of the best possible: from, and below; the first is all of it."""
HEAT_MOST = 15
"""Townships, and industries, that are told apart."""
_WHOLE = 1 - 1e-6
"""Lists are written with six digits."""


@dataclass(frozen=True, slots=True)
class Spread:
    """
    How a list is spread, as rows to be drawn.

    Parameters
    ----------
    ranks : list of dict
        As `ranks_reached` gives them.
    townships : list of dict
        ``township`` (None: several, counted together), ``needs``, ``placed``.
    institutions, best : list of dict, or None
        As `places_by_institution` and `against_the_best` give them; None where the inputs are not at hand.
    heat : list of dict
        As `townships_by_industry` gives it.
    """

    ranks: Rows
    townships: Rows
    institutions: Rows | None
    best: Rows | None
    heat: Rows


def spread_of(board: Board) -> Spread:
    """Say how a list is spread."""
    townships = board.report["statistics"]["townships"]
    return Spread(
        ranks=ranks_reached(board),
        townships=[{"township": name, **group} for name, group in townships.items()],
        institutions=None if board.rebuilt is None else places_by_institution(board, board.rebuilt),
        best=None if board.rebuilt is None else against_the_best(board, board.rebuilt),
        heat=townships_by_industry(board, HEAT_MOST),
    )


def ranks_reached(board: Board) -> Rows:
    """Count the pairs by the class of their rank: a row a class and side, ``low``, ``high``, ``side``, ``count``."""
    rows: Rows = []
    for low, high in RANKS:
        for side in ("firm", "expert"):
            ranks = [rank for line in board.placements if (rank := getattr(line, f"{side}_rank"))]
            count = sum(low <= rank and (high is None or rank <= high) for rank in ranks)
            rows.append({"low": low, "high": high, "side": side, "count": count})
    return rows


def places_by_institution(board: Board, rebuilt: Rebuilt) -> Rows:
    """
    Count the places that institutions offer, and those used: ``institution``, ``offered``, ``used``, ``share``.

    Places are firms that an expert can serve; the institution that offers most comes first, ``share`` is of all pairs.
    """
    offered: Counter[str] = Counter()
    for expert, places in zip(rebuilt.ranking.ranker.experts, rebuilt.market.expert_capacity.tolist(), strict=True):
        offered[expert.institution] += places
    used = Counter(line.institution for line in board.placements)
    return [
        {
            "institution": name,
            "offered": offered[name],
            "used": used[name],
            "share": used[name] / max(len(board.placements), 1),
        }
        for name in sorted({*offered, *used}, key=lambda name: (-offered[name], name))
    ]


def against_the_best(board: Board, rebuilt: Rebuilt) -> Rows:
    """
    Count firms by how much they got of the best possible: ``low``, ``high``, ``count``; ``low`` None: got nobody.

    A firm's share is the fit of the best expert that each of its needs got, over the best fit of anybody acceptable to
    that need, both summed over its needs; a firm that nobody is acceptable to is in no class.
    """
    market, best = rebuilt.market, defaultdict(float)
    for need, fit in zip(market.need.tolist(), rebuilt.ranking.firm_fit.tolist(), strict=True):
        best[need] = max(best[need], fit)
    got: dict[int, float] = defaultdict(float)
    for line in board.placements:
        need = rebuilt.ranking.need_position.get(line.need_id)
        if need is not None:
            got[need] = max(got[need], line.firm_fit or 0.0)
    of_firm: dict[str, list[float]] = defaultdict(lambda: [0.0, 0.0])
    for need, highest in best.items():
        sums = of_firm[rebuilt.ranking.ranker.needs[need].firm_id]
        sums[0] += got.get(need, 0.0)
        sums[1] += highest
    shares = [reached / possible for reached, possible in of_firm.values() if possible > 0]
    rows: Rows = [
        {"low": low, "high": high, "count": sum(_falls(share, low, high) for share in shares)} for low, high in SHARES
    ]
    return [*rows, {"low": None, "high": None, "count": sum(share == 0 for share in shares)}]


def townships_by_industry(board: Board, most: int) -> Rows:
    """
    Count pairs by township and industry: ``township``, ``industry``, ``pairs``; the commonest first.

    At most ``most`` of each are told apart; what is rarer is counted together under None.
    """
    lines = board.placements
    townships = _common(Counter(line.township for line in lines), most)
    industries = _common(Counter(line.industry for line in lines), most)
    cells = Counter((townships.get(line.township), industries.get(line.industry)) for line in lines)
    down, across = (dict.fromkeys([*names.values(), None]) for names in (townships, industries))
    return [
        {"township": township, "industry": industry, "pairs": cells[township, industry]}
        for township in down
        for industry in across
        if cells[township, industry]
    ]


def _common(counted: Counter[str], most: int) -> Mapping[str, str]:
    """Keep the commonest names; one fewer where the others need a place."""
    kept = sorted(counted, key=lambda name: (-counted[name], name))
    return {name: name for name in (kept if len(kept) <= most else kept[: most - 1])}


def _falls(share: float, low: float, high: float) -> bool:
    return share >= _WHOLE if low == high else max(low, 1e-12) <= share < min(high, _WHOLE)
