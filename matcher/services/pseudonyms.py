"""What an analyst sees of wishes and of lists: who is who stays hidden, and the same person has one name in a round."""

import base64
import hashlib
import hmac
from collections.abc import Callable
from dataclasses import replace

from matcher.domain.records import Placement
from matcher.store import Store
from matcher.store.entities import Preferences

Veil = Callable[[str, str], str]
"""Gives the pseudonym of a ``firm``, a ``need`` or an ``expert`` by its id."""

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


def veiled_line(veil: Veil, line: Placement) -> Placement:
    """
    Show a line of a list without what names its sides, or lets them be found among the profiles, or tells their wishes.

    What groups needs stays, and the figures, in two digits.
    """
    ids = {"firm_id": veil("firm", line.firm_id), "need_id": veil("need", line.need_id)}
    names = ("firm", "need_title", "expert", "institution", "expert_title", "term_from", "term_to", "reasons")
    figures = {name: getattr(line, name) for name in ("firm_fit", "expert_fit", "fit", "value")}
    rough = {name: None if value is None else round(value, 2) for name, value in figures.items()}
    hidden = {**dict.fromkeys(names, ""), "firm_rank": None, "expert_rank": None, "row": None}
    return replace(line, **ids, expert_id=veil("expert", line.expert_id), **rough, **hidden)
