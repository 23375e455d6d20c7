"""
Whom a need or an expert may choose, in an order that helps, and what speaks for each, as a party may read it.

The order goes by the forms alone: nobody's wishes, vetoes or ratings play a part, so none can be guessed from it. For
an expert it is made of what experts may read: the detail of a need that its firm keeps to itself plays no part either.
"""

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from itertools import chain
from typing import Any

import numpy as np

from matcher.domain.messages import Message
from matcher.domain.records import Expert, Need
from matcher.domain.roles import Principal
from matcher.domain.settings import Settings, Side
from matcher.placement import pair_gaps, pair_reasons
from matcher.ranking import Ranking, exposure, rank
from matcher.ranking.bars import Bar, eligibility
from matcher.ranking.cells import Grid
from matcher.ranking.reasons import shared_spans
from matcher.services.consents import agreeing
from matcher.services.own import profile_for
from matcher.services.pairs import Pieces, pieces, shaded
from matcher.services.permissions import permitted
from matcher.services.preferences import bars_before_wishes, confirm_there, failed_with, open_to_all
from matcher.services.weighing import weigh
from matcher.store import Reader, Store
from matcher.store.entities import Application, NeedForm, Preferences, Round
from matcher.text import common_spans

_SIGHTS = 4
"""Rankings that are kept: one for each side, of a round and of the one before."""
_EXPLAINED = 2000
"""Pairs of a ranking whose reasons are kept."""

TEXTS: Mapping[Side, tuple[str, ...]] = {
    "firm": ("research_fields", "expertise", "achievements"),
    "expert": ("need_title", "need_detail"),
}
"""Texts of the other side in which the words are marked that both share."""


@dataclass(frozen=True, slots=True)
class Counterpart:
    """
    One who may be chosen.

    Parameters
    ----------
    record : Expert or Need
        Without contacts, wishes, and what else is not for the other side.
    is_suggested : bool
    """

    record: Any
    is_suggested: bool

    @property
    def id(self) -> str:
        """Of the expert, or of the need."""
        return _id(self.record)

    @property
    def ids(self) -> tuple[str, ...]:
        """By what a list may name it: a need by its firm's id, too."""
        return tuple(dict.fromkeys(_ids(self.record)))


@dataclass(frozen=True, slots=True)
class Choice:
    """
    Whom a need or an expert may choose, and what it has stated.

    Parameters
    ----------
    counterparts : tuple of Counterpart
        Everybody eligible: those suggested first, each part in the order of what speaks for them; no numbers.
    stated : Preferences or None
    gone : tuple of str
        Ids that were stated and may not be any more, since their forms, or the rules, are others by now.
    names : mapping of str to str
        Of those who were stated and may not be chosen now, by their ids, where that is no secret.
    bar : Message or None
        Why nobody may be chosen: the expert itself may not be sent.
    is_spread : bool
        Whether some are suggested in the place of others nearly as fit, because they are suggested less.
    """

    counterparts: tuple[Counterpart, ...]
    stated: Preferences | None
    gone: tuple[str, ...]
    names: Mapping[str, str]
    bar: Message | None
    is_spread: bool


@dataclass(frozen=True, slots=True)
class Said:
    """
    What a party may read of a pair of its own.

    Parameters
    ----------
    reasons, gaps : tuple of Message
        What speaks for it, and what it lacks.
    texts : tuple of (str, Pieces)
        `TEXTS` by field, with the shared words marked.
    """

    reasons: tuple[Message, ...]
    gaps: tuple[Message, ...]
    texts: tuple[tuple[str, Pieces], ...]


@permitted
def choice(store: Store, who: Principal, round_id: int, side: Side, own_id: str) -> Choice:
    """
    List everybody whom a need or an expert may choose, those suggested first, with what it has stated.

    With whom a pair failed in an earlier round of the batch is not among them: no run makes that pair again.

    Raises
    ------
    InputError
        When the round has no such need or expert among those accepted.
    """
    with store.reading() as view:
        sight = view.once(_sight, round_id, side)
        own = sight.own(own_id)
        failed = failed_with(view, view.get(Round, id=round_id), side, own_id)
        order = [(place, listed) for place, listed in sight.order(own) if _id(sight.others[place]) not in failed]
        shown = profile_for(view, [sight.others[place] for place, _ in order])
        stated = view.find(Preferences, round_id=round_id, side=side, own_id=own_id)
        names = _names(view, round_id, sight, stated, {name for record in shown for name in _ids(record)})
    bar = eligibility(own, sight.settings.eligibility) if isinstance(own, Expert) else Bar.NONE
    return Choice(
        tuple(Counterpart(record, listed) for record, (_, listed) in zip(shown, order, strict=True)),
        stated,
        sight.gone(stated, [place for place, _ in order]),
        names,
        Message(bar.code) if bar else None,
        sight.settings.ranking.spread > 0,
    )


@permitted
def said_of(
    store: Store, who: Principal, round_id: int, side: Side, own_id: str, *, other_ids: Sequence[str]
) -> dict[str, Said]:
    """
    Say what speaks for some of those whom a need or an expert may choose, by their ids; of nobody else.

    Raises
    ------
    InputError
        When the round has no such need or expert among those accepted.
    """
    with store.reading() as view:
        sight = view.once(_sight, round_id, side)
    own = sight.own(own_id)
    places = {_id(sight.others[place]): place for place, _ in sight.order(own)}
    return {name: sight.said(own, places[name]) for name in other_ids if name in places}


@dataclass(frozen=True, eq=False)
class _Sight:
    """The ranking of a round as one side may know it; what was asked of it is kept."""

    side: Side
    settings: Settings
    experts: Sequence[Expert]
    needs: Sequence[Need]
    orders: dict[str, tuple[tuple[int, bool], ...]] = field(default_factory=dict)
    explained: dict[tuple[int, int], Said] = field(default_factory=dict)

    @property
    def own_side(self) -> Sequence[Any]:
        return self.needs if self.side == "firm" else self.experts

    @property
    def others(self) -> Sequence[Any]:
        return self.experts if self.side == "firm" else self.needs

    @cached_property
    def ranking(self) -> Ranking:
        profiles, settings = weigh(self.experts, self.needs, self.settings.text), self.settings
        return rank(self.experts, self.needs, profiles, settings.ranking, settings.eligibility)

    @cached_property
    def suggested(self) -> frozenset[tuple[int, int]]:
        """Pairs in the lists of this side; all are made at once, since who is shown may depend on how often."""
        ranking, listed = self.ranking, exposure(self.ranking, self.side).suggested
        return frozenset(zip(ranking.need[listed].tolist(), ranking.expert[listed].tolist(), strict=True))

    def own(self, own_id: str) -> Any:
        return confirm_there(self.own_side, self.side, own_id)

    def order(self, own: Any) -> tuple[tuple[int, bool], ...]:
        """Give the places of everybody who may be chosen, and whether each is suggested: those first."""
        if not self.others:
            return ()
        if (name := _id(own)) not in self.orders:
            bars = bars_before_wishes(own, self.own_side, self.others, self.settings)
            place, scores = self._place(own), self._scores(own)
            found = [(n, self._pair(place, n) in self.suggested) for n, bar in enumerate(bars) if bar == Bar.NONE]
            self.orders[name] = tuple(sorted(found, key=lambda one: (not one[1], -scores[one[0]], one[0])))
        return self.orders[name]

    def said(self, own: Any, other: int) -> Said:
        pair = self._pair(self._place(own), other)
        if pair not in self.explained:
            if len(self.explained) >= _EXPLAINED:
                self.explained.clear()
            self.explained[pair] = self._said(pair)
        return self.explained[pair]

    def gone(self, stated: Preferences | None, open_: Sequence[int]) -> tuple[str, ...]:
        """Find who was stated and may not be now: a wish needs one who may be chosen, a veto one who is there."""
        if stated is None:
            return ()
        may = {name for place in open_ for name in _ids(self.others[place])}
        there = {name for other in self.others for name in _ids(other)}
        wished = [name for tier in stated.tiers for name in tier if name not in may]
        return (*wished, *(name for name in stated.vetoed if name not in there))

    def _said(self, pair: tuple[int, int]) -> Said:
        ranker, (need, expert) = self.ranking.ranker, (self.needs[pair[0]], self.experts[pair[1]])
        lexicon, spans = ranker.profiles.lexicon, shared_spans(ranker, *pair)
        shades = shaded(spans, sum(value for _, value in spans), common_spans(need.text, expert.profile, lexicon))
        other: Any = expert if self.side == "firm" else need
        texts = ((name, getattr(other, name)) for name in TEXTS[self.side])
        return Said(
            pair_reasons(ranker, *pair, self.side),
            pair_gaps(ranker, *pair, self.side),
            tuple((name, pieces(text, shades, lexicon)) for name, text in texts if text),
        )

    def _place(self, own: Any) -> int:
        ranking = self.ranking
        return (ranking.need_position if self.side == "firm" else ranking.expert_position)[_id(own)]

    def _pair(self, own: int, other: int) -> tuple[int, int]:
        return (own, other) if self.side == "firm" else (other, own)

    def _scores(self, own: Any) -> np.ndarray:
        """Score everybody of the other side for one: those whose texts hardly meet, too."""
        ranker, place = self.ranking.ranker, self._place(own)
        if self.side == "firm":
            return ranker.scores(Grid(np.array([place]))).firm_score[0]
        return ranker.scores(Grid(np.arange(len(ranker.needs)), np.array([place]))).expert_score[:, 0]


def _sight(view: Reader, round_id: int, side: Side) -> _Sight:
    """Rank the accepted forms of a round, which hold no wishes, for one side to look at; contacts are not kept."""
    settings = Settings.model_validate(view.get(Round, id=round_id).settings).model_dump_json()
    experts, needs = (
        [open_to_all(form.record) for form in view.listed(kind, round_id=round_id, state="accepted")]
        for kind in (Application, NeedForm)
    )
    if side == "expert":
        detailed = agreeing(view, "detail", "firm", {need.firm_id for need in needs})
        needs = [need if need.firm_id in detailed else replace(need, need_detail="") for need in needs]
    return _seen(side, settings, tuple(experts), tuple(needs))


def _names(
    view: Reader, round_id: int, sight: _Sight, stated: Preferences | None, shown: Container[str]
) -> dict[str, str]:
    """
    Name those who were stated and are not shown, whatever became of their forms.

    A firm's name is no secret; an expert's is none where others of the same side are shown it, if the form is accepted.
    """
    if stated is None:
        return {}
    ids = {name for name in (*chain(*stated.tiers), *stated.vetoed) if name not in shown}
    if sight.side == "expert":
        needs = [form.record for form in view.listed(NeedForm, round_id=round_id)]
        return {name: need.name for need in needs for name in _ids(need) if name in ids}
    experts = [form.record for form in view.listed(Application, round_id=round_id, expert_id=tuple(sorted(ids)))]
    rules = sight.settings.eligibility
    return {expert.expert_id: expert.name for expert in experts if eligibility(expert, rules) == Bar.NONE}


@lru_cache(maxsize=_SIGHTS)
def _seen(side: Side, settings: str, experts: tuple[Expert, ...], needs: tuple[Need, ...]) -> _Sight:
    """Give what was made of the same forms before: while no form and no setting is another, nothing is ranked anew."""
    return _Sight(side, Settings.model_validate_json(settings), experts, needs)


def _id(record: Any) -> str:
    return record.expert_id if isinstance(record, Expert) else record.need_id


def _ids(record: Any) -> tuple[str, ...]:
    return (record.expert_id,) if isinstance(record, Expert) else (record.need_id, record.firm_id)
