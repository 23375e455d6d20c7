"""Whether a round can be matched under given settings, before anything runs, and what stands against it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal, get_args

import numpy as np

from matcher.assignment import Market, Rules, confirm_feasible_ranked
from matcher.assignment.diagnosis import reaches
from matcher.assignment.rules import Case
from matcher.assignment.stated import cells_of
from matcher.domain.errors import MatcherError
from matcher.domain.messages import Message, Problem
from matcher.domain.roles import Principal
from matcher.domain.settings import GroupColumn, Settings
from matcher.pipeline import open_market
from matcher.ranking import Ranking
from matcher.services.exchanges import Pair
from matcher.services.forms import market_of, records_of
from matcher.services.freezing import fixed_bans, fixed_locks, unfrozen
from matcher.services.inputs import Inputs
from matcher.services.permissions import permitted
from matcher.services.pseudonyms import FEWEST
from matcher.services.scenarios import with_pairs, without_pairs
from matcher.services.weighing import rank_kept
from matcher.store import Reader, Store
from matcher.store.entities import Round, Scenario

_MARKETS = 4
"""Markets that are kept: what a person turns to and fro while trying."""


@dataclass(frozen=True, slots=True)
class Limit:
    """
    A rule in numbers.

    Parameters
    ----------
    named : Message
        The group, and where the rule was said.
    minimum : int
    maximum : int or None
        None: no limit.
    possible, locked : int
        Of what it counts: at most, and fixed already.
    unit : Message
        What it counts.
    """

    named: Message
    minimum: int
    maximum: int | None
    possible: int
    locked: int
    unit: Message

    @property
    def is_impossible(self) -> bool:
        """Whether no assignment keeps it, even alone."""
        most = self.possible if self.maximum is None else min(self.possible, self.maximum)
        return self.minimum > most or (self.maximum is not None and self.locked > self.maximum)


@dataclass(frozen=True, slots=True)
class Feasibility:
    """
    Whether some assignment keeps every rule, and what of.

    Parameters
    ----------
    reasons : tuple of Message or Problem
        Why there is none, the cheapest way out last; empty where there is one.
    figures : mapping of str to int
        ``needs``, ``experts``; ``pairs`` that are acceptable; ``places_wanted``, ``places_offered``; ``needs_alone``,
        ``experts_alone``, who are in no acceptable pair. Empty where the settings can't be read at all.
    limits : tuple of Limit
        Of every group, in the order of the settings.
    """

    reasons: tuple[Message | Problem, ...]
    figures: Mapping[str, int]
    limits: tuple[Limit, ...] = ()

    @property
    def is_feasible(self) -> bool:
        """Whether a run would find a list."""
        return not self.reasons


@dataclass(frozen=True, slots=True)
class FixedPair:
    """
    A lock or a ban, with names.

    Parameters
    ----------
    kind : {"lock", "ban"}
    pair : (str, str)
        As the settings have it.
    firm, need_title, expert : str
        The ids where nobody has them any more.
    is_of_round : bool
        No scenario may lift it: the pair is in force, or has failed.
    """

    kind: Literal["lock", "ban"]
    pair: Pair
    firm: str
    need_title: str
    expert: str
    is_of_round: bool


@permitted
def feasibility(
    store: Store, who: Principal, round_id: int, settings: Settings, *, scenario_id: int | None = None
) -> Feasibility:
    """
    Say what a run of a round under these settings would have to work with, and whether it could place anybody.

    Nothing is written. Scores are kept for the next question about the same forms and weights, so that a quota that is
    turned is answered at once.

    Parameters
    ----------
    store : Store
    who : Principal
        An analyst is told whether, and of which groups of at least `FEWEST` that does not hold alone; not why else.
    round_id : int
    settings : Settings
    scenario_id : int or None
        Whose locks and bans count besides; None: those of the settings alone.
    """
    with store.reading() as view:
        if scenario_id is not None:
            settings = with_pairs(settings, Settings.model_validate(view.get(Scenario, id=scenario_id).settings))
        round_ = view.get(Round, id=round_id)
        if who.role == "analyst" and (own := _unreadable(view, round_, without_pairs(settings))):
            return Feasibility(own, {})
        try:
            inputs = unfrozen(view, round_, settings)
        except MatcherError as fault:
            return Feasibility(_reasons(who, fault), {})
    ranking, market = _market(who, *_made_of(inputs))
    case = Case(market, inputs.rules)
    limits = tuple(
        Limit(r.quota.named, r.quota.minimum, r.quota.maximum, r.possible, r.locked, r.quota.unit)
        for r in reaches(case)
        if who.role != "analyst" or Counter(r.quota.group.values())[r.quota.value] >= FEWEST
    )
    try:
        confirm_feasible_ranked(ranking, market, inputs.rules)
    except MatcherError as fault:
        return Feasibility(_reasons(who, fault), _figures(market), limits)
    return Feasibility((), _figures(market), limits)


@permitted
def groups(store: Store, who: Principal, round_id: int) -> Mapping[GroupColumn, tuple[str, ...]]:
    """List, for every column that a quota may group by, the cells that occur among accepted forms."""
    with store.reading() as view:
        experts, needs = market_of(view, round_id)
    columns: tuple[GroupColumn, ...] = tuple(name for part in get_args(GroupColumn) for name in _names(part))
    found = {column: tuple(sorted(set(cells_of(column, experts, needs).values()))) for column in columns}
    if who.role == "analyst":
        found["firm_id"] = ()  # a limit of one firm is one of a group that is too small
    return {**found, "in_city": ("yes", "no")}


@permitted
def fixed_pairs(store: Store, who: Principal, scenario_id: int) -> list[FixedPair]:
    """List the locks of a scenario, then its bans, those of its round too."""
    with store.reading() as view:
        scenario = view.get(Scenario, id=scenario_id)
        round_ = view.get(Round, id=scenario.round_id)
        chosen = Settings.model_validate(scenario.settings).assignment
        of_round = {"lock": fixed_locks(view, round_), "ban": fixed_bans(view, round_)}
        own = {"lock": chosen.locks, "ban": chosen.bans}
        is_any = any((*of_round.values(), *own.values()))
        experts, needs = records_of(view, round_.id) if is_any else ([], [])
    people = {expert.expert_id: expert.name for expert in experts}
    named = {need.firm_id: (need.name, "") for need in needs}
    named |= {need.need_id: (need.name, need.need_title) for need in needs}
    kinds: tuple[Literal["lock", "ban"], ...] = ("lock", "ban")
    return [
        FixedPair(
            kind,
            pair,
            *named.get(pair[0], (pair[0], "")),
            people.get(pair[1], pair[1]),
            is_of_round=pair in of_round[kind] and pair not in own[kind],
        )
        for kind in kinds
        for pair in dict.fromkeys((*own[kind], *of_round[kind]))
    ]


def _unreadable(view: Reader, round_: Round, settings: Settings) -> tuple[Message | Problem, ...]:
    """Say why settings that name no pair can't be read."""
    try:
        unfrozen(view, round_, settings)
    except MatcherError as fault:
        return fault.messages
    return ()


def _reasons(who: Principal, fault: MatcherError) -> tuple[Message | Problem, ...]:
    """Show why nothing can be placed: it names people, and what they refuse, and is not for an analyst."""
    return fault.messages if who.role != "analyst" else (Message("runs.not_feasible_why_is_with_the_office"),)


def _names(part: Any) -> Sequence[Any]:
    return get_args(part) or (part,)


def _made_of(inputs: Inputs) -> tuple[Any, ...]:
    """Gather what scores and places hang on: of the assignment's settings, what is no rule."""
    settings, chosen = inputs.settings, inputs.settings.assignment
    kept = type(chosen)(joint=chosen.joint, days_per_placement=chosen.days_per_placement)
    weighed = settings.model_copy(update={"assignment": kept})
    records = tuple(inputs.experts), tuple(inputs.needs), tuple(inputs.ratings)
    return weighed.model_dump_json(), records, (inputs.rules.locks, inputs.rules.keep)


@lru_cache(maxsize=_MARKETS)
def _market(
    who: Principal,
    weighed: str,
    records: tuple[Any, Any, Any],
    pairs: tuple[tuple[Pair, ...], tuple[Pair, ...]],
) -> tuple[Ranking, Market]:
    experts, needs, ratings = records
    rules = Rules(locks=pairs[0], keep=pairs[1])
    return open_market(
        experts, needs, Settings.model_validate_json(weighed), rules=rules, ratings=ratings, rank_by=rank_kept
    )


def _figures(market: Market) -> dict[str, int]:
    return {
        "needs": market.n_needs,
        "experts": market.n_experts,
        "pairs": market.n_pairs,
        "places_wanted": int(market.need_capacity.sum()),
        "places_offered": int(market.expert_capacity.sum()),
        "needs_alone": market.n_needs - len(np.unique(market.need)),
        "experts_alone": market.n_experts - len(np.unique(market.expert)),
    }
