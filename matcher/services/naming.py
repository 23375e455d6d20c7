"""Names of townships and industries that the bureau knows: quotas and coverage go by them, so each is to have one."""

import unicodedata
from collections.abc import Collection, Mapping
from difflib import SequenceMatcher

from matcher.domain.roles import Principal
from matcher.domain.settings import Settings, Side
from matcher.services.permissions import permitted
from matcher.store import Reader, Store
from matcher.store.entities import NeedForm, Round

_TELLS = 2
"""Characters from which a name tells which is meant."""
_LIKELY = 0.55
"""Likeness from which one is asked after: 3 and 4 characters that share the first 2 have 0.57."""


@permitted
def known_names(
    store: Store, who: Principal, side: Side, own_id: str, *, round_id: int
) -> Mapping[str, tuple[str, ...]]:
    """
    Give the names of townships and of industries that the bureau knows, so that none is called by two.

    Returns
    -------
    dict of str to tuple of str
        By field, in the order of their characters: those that a quota of the round names, and those of accepted needs,
        of whatever batch. Nothing tells whose they are, or of how many.
    """
    with store.reading() as view:
        return {name: view.once(_known, round_id, name) for name in ("township", "industry")}


def nearest(name: str, known: Collection[str]) -> str | None:
    """
    Find the known name that is likely meant by one that is not known.

    Examples
    --------
    >>> nearest("Ganlin", ["Ganlin Town", "Huangze Town"]), nearest("Ganlln Town", ["Ganlin Town"])
    ('Ganlin Town', 'Ganlin Town')
    >>> nearest("Ganlin Town", ["Ganlin Town", "Ganlin"]), nearest("Xiawang Town", ["Ganlin Town"])
    (None, None)
    """
    plain = _plain(name)
    if len(plain) < _TELLS or name in known:
        return None
    likely = [(alike, other) for other in known if (alike := _likeness(plain, _plain(other))) >= _LIKELY]
    return max(likely)[1] if likely else None


def _known(view: Reader, round_id: int, name: str) -> tuple[str, ...]:
    quotas = Settings.model_validate(view.get(Round, id=round_id).settings).assignment.quotas
    named = {quota.value for quota in quotas if quota.column == name and quota.value != "*"}
    return tuple(
        sorted(named | {getattr(form.record, name) for form in view.listed(NeedForm, state="accepted")} - {""})
    )


def _plain(name: str) -> str:
    return "".join(unicodedata.normalize("NFKC", name).casefold().split())


def _likeness(one: str, other: str) -> float:
    """Say how alike two names are, in [0, 2]: most where one holds the other, nothing where they begin otherwise."""
    ratio = SequenceMatcher(None, one, other, autojunk=False).ratio()
    if one in other or other in one:
        return 1 + ratio
    return ratio if one[:1] == other[:1] else 0.0
