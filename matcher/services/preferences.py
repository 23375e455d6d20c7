"""Preferences: ranked, with ties, over any eligible counterpart; vetoes with their reason; withdrawn at will."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from matcher.domain.errors import InputError
from matcher.domain.messages import Message, Problem
from matcher.domain.records import Expert, Need, Tiers
from matcher.domain.references import reference_problems
from matcher.domain.roles import MACHINE, PARTIES, Principal
from matcher.domain.rounds import confirm_allowed
from matcher.domain.settings import Settings, Side
from matcher.ranking.bars import Bar, bars_of
from matcher.ranking.cells import Grid
from matcher.ranking.wishes import wishes_of
from matcher.services.drafts import beside, dropped
from matcher.services.forms import records_of
from matcher.services.freezing import fixed_bans
from matcher.services.own import profile_for
from matcher.services.permissions import permitted
from matcher.services.pseudonyms import veil_of, veiled_wishes
from matcher.store import Reader, Store
from matcher.store.entities import NeedForm, PlacedPair, Preferences, Round

Vetoes = Sequence[tuple[str, str]]
"""Ids, each with a reason."""


@permitted
def state_preferences(
    store: Store,
    who: Principal,
    round_id: int,
    side: Side,
    own_id: str,
    *,
    tiers: Tiers,
    vetoes: Vetoes = (),
    version: int | None = None,
) -> Preferences:
    """
    State whom a need or an expert wishes, and whom not, in the place of what was stated before.

    Parameters
    ----------
    store : Store
    who : Principal
        Who is acting.
    round_id : int
    side : {"firm", "expert"}
    own_id : str
        Of the need, or of the expert.
    tiers : tuple of tuples of str
        Best first, those of one tuple tied; ids of experts, or of needs and firms.
    vetoes : sequence of (str, str)
        Ids and reasons.
    version : int or None
        That was read before; None where nothing has been stated yet.

    Raises
    ------
    InputError
        When an id names nobody who may be chosen, stands twice, or is both wished and vetoed; or a veto has no reason.
    NotAllowed
        When the round is not choosing.
    ChangedMeanwhile
        When the list is another by now, such as in a second window.
    """
    with store.writing(who.name) as work:
        round_ = work.get(Round, id=round_id)
        confirm_allowed(round_.state, "state_preferences")
        problems = list(_problems(work, who, round_, (side, own_id), (tiers, vetoes)))
        if problems:
            raise InputError(problems)
        for name, _ in vetoes:
            dropped(work, who, round_id, beside("veto", own_id, name))
        key = {"round_id": round_id, "side": side, "own_id": own_id}
        values = {"tiers": tuple(tiers), "vetoes": tuple((name, why.strip()) for name, why in vetoes)}
        found = work.find(Preferences, **key)
        if found is None and version is None:
            return work.insert(Preferences, "state_preferences", **key, **values)
        # A list that has no version for whoever writes is another's by now: version 0 was never given.
        return work.change(work.get(Preferences, **key, version=version or 0), "state_preferences", **values)


@permitted
def withdraw_preferences(
    store: Store, who: Principal, round_id: int, side: Side, own_id: str, *, version: int
) -> Preferences:
    """Take back everything that a need or an expert has stated, vetoes too."""
    with store.writing(who.name) as work:
        confirm_allowed(work.get(Round, id=round_id).state, "withdraw_preferences")
        found = work.get(Preferences, round_id=round_id, side=side, own_id=own_id, version=version)
        return work.change(found, "withdraw_preferences", tiers=(), vetoes=())


@permitted
def preferences_of(store: Store, who: Principal, round_id: int, side: Side, own_id: str) -> Preferences | None:
    """
    Give what a need or an expert has stated; None where that is nothing.

    The office looks while the round is matching, and while it is choosing, when it may have to state wishes for
    somebody; that it did is on record.

    Raises
    ------
    NotAllowed
        When the office asks in another state.
    """
    key = {"round_id": round_id, "side": side, "own_id": own_id}
    if who.role in (*PARTIES, MACHINE.role):
        with store.reading() as view:
            return view.find(Preferences, **key)
    with store.writing(who.name) as work:
        state = work.get(Round, id=round_id).state
        confirm_allowed(state, "look_into_preferences", "state_preferences")
        work.note("look_into_preferences", f"preferences/{round_id}/{side}/{own_id}", round_id=round_id)
        return work.find(Preferences, **key)


@permitted
def all_preferences(store: Store, who: Principal, round_id: int) -> list[Preferences]:
    """
    List what everybody has stated, while the round is matching; it is on record who looked.

    Returns
    -------
    list of Preferences
        For an analyst under pseudonyms, and without the reasons of vetoes.

    Raises
    ------
    NotAllowed
        When the round is in another state.
    """
    with store.writing(who.name) as work:
        round_ = work.get(Round, id=round_id)
        confirm_allowed(round_.state, "look_into_preferences")
        work.note("look_into_preferences", f"rounds/{round_id}", round_id=round_id)
        found = work.listed(Preferences, round_id=round_id)
        firms = frozenset(form.record.firm_id for form in work.listed(NeedForm, round_id=round_id))
    if who.role == "administrator":
        return found
    veil = veil_of(round_id, store, "wishes")
    return sorted((veiled_wishes(veil, row, firms) for row in found), key=lambda row: (row.side, row.own_id))


@permitted
def counterparts(store: Store, who: Principal, round_id: int, side: Side, own_id: str) -> list[Expert] | list[Need]:
    """
    List everybody whom a need or an expert may choose: accepted, eligible, in no conflict, of a mode that can work.

    Wishes and vetoes of the others play no part, and are not in the records.

    Raises
    ------
    InputError
        When the round has no such need or expert among those accepted.
    """
    with store.reading() as view:
        round_ = view.get(Round, id=round_id)
        _, others, bars = _standing(view, round_, side, own_id)
        return profile_for(view, [other for other, bar in zip(others, bars, strict=True) if bar == Bar.NONE])


def _standing(view: Reader, round_: Round, side: Side, own_id: str) -> tuple[Any, list[Any], list[Bar]]:
    """Give one's own record, the others', and what bars each whatever anybody wishes; all without wishes."""
    experts, needs = (list(map(open_to_all, records)) for records in records_of(view, round_.id, "accepted"))
    own_side, others = (needs, experts) if side == "firm" else (experts, needs)
    own = confirm_there(own_side, side, own_id)
    return own, others, bars_before_wishes(own, own_side, others, Settings.model_validate(round_.settings))


def confirm_there(own_side: Sequence[Any], side: Side, own_id: str) -> Any:
    """Give the record of a need or of an expert, by its id; raise `InputError` where it is not among those accepted."""
    own = next((record for record in own_side if _own_id(record) == own_id), None)
    if own is None:
        raise InputError([Problem(Message(f"input.no_such_{side}", {"value": own_id}))])
    return own


def bars_before_wishes(own: Any, own_side: Sequence[Any], others: Sequence[Any], settings: Settings) -> list[Bar]:
    """
    Say what bars each of the other side from a need or an expert, all being open to everybody and wishing nobody.

    Parameters
    ----------
    own : Need or Expert
    own_side : sequence of records
        With ``own``: a firm's other needs name institutions that are related to it, too.
    others : sequence of records
    settings : Settings
        Of the round.

    Returns
    -------
    list of Bar
        One for each of ``others``.
    """
    needs, experts = (own_side, others) if isinstance(own, Need) else (others, [own])
    rows = np.array([needs.index(own)]) if isinstance(own, Need) else np.arange(len(needs))
    low = np.zeros((len(rows), len(experts)), dtype=bool)
    bars = bars_of(experts, needs, wishes_of(experts, needs), settings.eligibility)
    return [Bar(bar) for bar in bars.of(Grid(rows), np.ones(low.shape), low, low).ravel()]


def _problems(
    view: Reader, who: Principal, round_: Round, party: tuple[Side, str], lists: tuple[Tiers, Vetoes]
) -> Iterator[Problem]:
    tiers, vetoes = lists
    own, others, bars = _standing(view, round_, *party)
    names = tuple(name for name, _ in vetoes)
    if party[0] == "firm":
        yield from reference_problems(others, [replace(own, preferred_experts=tiers, vetoed_experts=names)])
    else:
        yield from reference_problems([replace(own, preferred_firms=tiers, vetoed_firms=names)], others)
    wished = {name for tier in tiers for name in tier}
    failed = failed_with(view, round_, *party)
    for name in sorted(wished):
        meant = [(other, bar) for other, bar in zip(others, bars, strict=True) if name in _ids(other)]
        yield from _not_open(name, meant, failed)
    held = {
        name
        for placed in view.listed(PlacedPair, batch_id=round_.batch_id, state="active")
        for name in _met(placed, party)
    }
    # By name where that is known to who may choose: of others, an id that is tried out is to tell nothing.
    known = {name: other.name for other, bar in zip(others, bars, strict=True) if not bar for name in _ids(other)}
    for name, why in vetoes:
        told = known.get(name, name) if who.role in PARTIES or name not in known else f"{known[name]} ({name})"
        if not why.strip():
            yield Problem(Message("preferences.veto_without_reason", {"value": told}))
        if names.count(name) > 1:
            yield Problem(Message("preferences.vetoed_twice", {"value": told}))
        if name in held:
            yield Problem(Message("preferences.in_force", {"value": told}))
    if any(not tier for tier in tiers):
        yield Problem(Message("preferences.empty_tier"))


def _not_open(name: str, meant: Sequence[tuple[Any, Bar]], failed: frozenset[str]) -> Iterator[Problem]:
    """Say why nobody who is meant by an id may be chosen; a firm stands for its needs, and one of them is enough."""
    if any(not bar and _own_id(other) not in failed for other, bar in meant):
        return
    if barred := [bar for _, bar in meant if bar]:
        yield Problem(Message("preferences.barred", {"value": name, "bar": Message(barred[0].code)}))
    elif meant:
        yield Problem(Message("preferences.failed", {"value": name}))


def failed_with(view: Reader, round_: Round, side: Side, own_id: str) -> frozenset[str]:
    """Give the ids of those with whom a pair of this batch failed: no later run of the batch makes it again."""
    own, other = (0, 1) if side == "firm" else (1, 0)
    return frozenset(pair[other] for pair in fixed_bans(view, round_) if pair[own] == own_id)


def _met(placed: PlacedPair, party: tuple[Side, str]) -> tuple[str, ...]:
    """Give the ids of whom a party is placed with in a pair; none where the pair is not its own."""
    side, own_id = party
    if own_id != (placed.need_id if side == "firm" else placed.expert_id):
        return ()
    return (placed.expert_id,) if side == "firm" else (placed.need_id, placed.firm_id)


def open_to_all(record: Any) -> Any:
    """Give a record without wishes and contact data, and open to everybody."""
    other = "firms" if isinstance(record, Expert) else "experts"
    return replace(record, accepts_others=True, contact="", **{f"preferred_{other}": (), f"vetoed_{other}": ()})


def _own_id(record: Expert | Need) -> str:
    return record.expert_id if isinstance(record, Expert) else record.need_id


def _ids(record: Expert | Need) -> tuple[str, ...]:
    return (record.expert_id,) if isinstance(record, Expert) else (record.need_id, record.firm_id)
