"""What an analyst sees of wishes and of lists: who is who stays hidden, and the same person has one name in a round."""

import base64
import hashlib
import hmac
from collections.abc import Callable, Iterable
from dataclasses import replace

from matcher.domain.records import Placement
from matcher.store import Store
from matcher.store.entities import Preferences

Veil = Callable[[str, str], str]
"""Gives the pseudonym of a ``firm``, a ``need`` or an ``expert`` by its id."""

FEWEST = 5
"""Needs, experts or pairs that a group has at least, of which something is told."""
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

    The status stays, and one fit, the mean of both sides', in two digits: beside the profiles, from which scores can be
    counted again, some 25 pairs of the sample share it. With both sides' fits and the township 104 of 179 stood alone,
    with one fit and the township 59. The value does not stay: it tells who was wished for, and how much.

    Returns
    -------
    list of Placement
        By pseudonym, so that the order tells nothing.
    """
    names = (
        "firm",
        "township",
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
    hidden |= {"firm_fit": None, "expert_fit": None}
    veiled = [
        replace(
            line,
            **hidden,
            **{
                kind: veil(kind.removesuffix("_id"), getattr(line, kind))
                for kind in ("firm_id", "need_id", "expert_id")
            },
            fit=None if line.fit is None else round(line.fit, 2),
        )
        for line in lines
    ]
    return sorted(veiled, key=lambda line: (line.need_id, line.expert_id))
