"""What an analyst sees of wishes and of lists: who is who stays hidden, and the same person has one name in a round."""

import base64
import hashlib
import hmac
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace

from matcher.domain.records import Placement
from matcher.store import Store
from matcher.store.entities import Preferences

Veil = Callable[[str, str], str]
"""Gives the pseudonym of a ``firm``, a ``need`` or an ``expert`` by its id."""

FEWEST = 5
"""Lines that share what is shown of them: fewer could be told apart in the published list."""
_LENGTH = 10
"""Letters of a pseudonym, of 5 bits each."""


def veil_of(round_id: int, store: Store, of: str) -> Veil:
    """
    Make the pseudonyms of a round.

    Nobody finds them by trying ids, and no round shares them with another.

    Parameters
    ----------
    round_id : int
    store : Store
        Whose secret the pseudonyms are keyed with.
    of : str
        What is shown under them: who is who in a list tells nothing of who is who among the wishes.

    Returns
    -------
    callable
    """
    key = store.key_for(f"pseudonyms/{of}/{round_id}")

    def veil(kind: str, own_id: str) -> str:
        digest = hmac.new(key, f"{kind}/{own_id}".encode(), hashlib.sha256).digest()
        return f"{kind}-{base64.b32encode(digest).decode()[:_LENGTH]}"

    return veil


def veiled_wishes(veil: Veil, row: Preferences, firms: frozenset[str]) -> Preferences:
    """
    Show wishes without whose they are, nor why somebody was vetoed.

    Parameters
    ----------
    veil : callable
    row : Preferences
    firms : frozenset of str
        Ids that are firms': an expert may wish for a firm or for a need.
    """
    own, other = ("need", "expert") if row.side == "firm" else ("expert", "need")

    def named(name: str) -> str:
        return veil("firm" if other == "need" and name in firms else other, name)

    return replace(
        row,
        own_id=veil(own, row.own_id),
        tiers=tuple(tuple(sorted(map(named, tier))) for tier in row.tiers),
        vetoes=tuple(sorted((named(name), "") for name, _ in row.vetoes)),
        changed_at="",
        changed_by="",
    )


def veiled_lines(veil: Veil, lines: Iterable[Placement]) -> list[Placement]:
    """
    Show lines of a list without what names their sides, or lets them be found in the published list, or tells wishes.

    The fits stay, in two digits, and the township where at least `FEWEST` lines share what is shown of it. The value
    does not: it tells who was wished for, and how much.

    Returns
    -------
    list of Placement
        By pseudonym, so that the order tells nothing.
    """
    listed = list(lines)
    shown = _townships(listed)
    names = (
        "firm",
        "industry",
        "need_title",
        "expert",
        "institution",
        "expert_title",
        "term_from",
        "term_to",
        "reasons",
    )
    hidden = {**dict.fromkeys(names, ""), "value": None, "firm_rank": None, "expert_rank": None, "row": None}
    veiled = [
        replace(
            line,
            **hidden,
            **{
                kind: veil(kind.removesuffix("_id"), getattr(line, kind))
                for kind in ("firm_id", "need_id", "expert_id")
            },
            **{name: _rough(getattr(line, name)) for name in ("firm_fit", "expert_fit", "fit")},
            township=line.township if line.township in shown else "",
        )
        for line in listed
    ]
    return sorted(veiled, key=lambda line: (line.need_id, line.expert_id))


def _townships(lines: list[Placement]) -> set[str]:
    """Find the townships that enough lines share; those without one are enough, too, or none."""
    counts = Counter(line.township for line in lines)
    shown = {name for name, count in counts.items() if count >= FEWEST}
    while shown and 0 < sum(count for name, count in counts.items() if name not in shown) < FEWEST:
        shown.discard(min(shown, key=lambda name: (counts[name], name)))
    return shown


def _rough(value: float | None) -> float | None:
    return None if value is None else round(value, 2)
