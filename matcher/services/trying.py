"""
Trying other weights: what they do to shortlists at once, and to a scenario's figures when that is asked for.

Shortlists are made of the profiles alone, without wishes, vetoes and ratings, and stand under pseudonyms of their own:
what can be counted again from the profiles leads to no list and to no wish.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np

from matcher.domain.errors import InfeasibleProblem, InputError, MatcherError
from matcher.domain.messages import Message, Problem
from matcher.domain.records import Expert, Need
from matcher.domain.roles import Principal
from matcher.domain.settings import RankingSettings, Settings
from matcher.pipeline import MatchResult, open_market, place_ranked
from matcher.ranking import Ranker, Ranking
from matcher.ranking.cells import Grid
from matcher.services.forms import market_of
from matcher.services.freezing import unfrozen
from matcher.services.inputs import Inputs
from matcher.services.measuring import counted, measured
from matcher.services.outcomes import last_result, placed_pairs, report_of
from matcher.services.permissions import permitted
from matcher.services.pseudonyms import Veil, veil_of
from matcher.services.weighing import rank_kept
from matcher.store import Store
from matcher.store.entities import Round, Scenario

TOP = 10
"""Places of a shortlist."""
_KEPT = 8
"""Rankings that are kept: what sliders are turned to and fro between."""


@dataclass(frozen=True, slots=True)
class Tried:
    """A need under its pseudonym, with its industry to choose by."""

    name: str
    industry: str


@dataclass(frozen=True, slots=True)
class Moved:
    """
    An expert in a need's shortlist, before or after.

    Parameters
    ----------
    name : str
        A pseudonym.
    discipline : str
    before, after : int or None
        The rank; None: not among the first `TOP`.
    fit : float
        To the firm by the weights before, in two digits: two scales would not compare.
    """

    name: str
    discipline: str
    before: int | None
    after: int | None
    fit: float


@dataclass(frozen=True, slots=True)
class Shortlists:
    """
    What other weights do to shortlists.

    Parameters
    ----------
    rows : tuple of Moved
        Of one need, in the order of its new list; who is no longer in it comes last.
    needs : int
        That somebody suits.
    first_changed : int
        Of them, those with another expert in the first place.
    kept : float
        Share of the places of all lists whose expert is in the list before, too.
    """

    rows: tuple[Moved, ...]
    needs: int
    first_changed: int
    kept: float


@dataclass(frozen=True, slots=True)
class Figures:
    """
    What other weights do to the list of a scenario.

    Parameters
    ----------
    before, after : mapping of str to object
        Of its last run, and of the list that they would give, both by the scores of the scenario as it is stored: of
        equal lists they are equal. Names as of `matcher.services.comparing.figures_of`, those of
        `matcher.services.measuring.SCORED` only where ``is_scored``.
    pairs_kept, pairs_new : int
        Pairs of that list that the run has, too, and those that it has not.
    is_scored : bool
        Whether the stored scenario can score every pair of both: not one that it has no longer, or bars.
    """

    before: Mapping[str, Any]
    after: Mapping[str, Any]
    pairs_kept: int
    pairs_new: int
    is_scored: bool


@permitted
def needs_to_try(store: Store, who: Principal, round_id: int) -> list[Tried]:
    """List the needs whose form is accepted, by industry, then by pseudonym."""
    with store.reading() as view:
        _, needs = market_of(view, round_id)
    veil = veil_of(round_id, store, "tuning")
    found = [Tried(veil("need", need.need_id), need.industry) for need in needs]
    return sorted(found, key=lambda tried: (tried.industry, tried.name))


@permitted
def shortlists(
    store: Store, who: Principal, round_id: int, before: Settings, after: Settings, *, need: str = ""
) -> Shortlists:
    """
    Say what becomes of shortlists under other weights.

    Parameters
    ----------
    store : Store
    who : Principal
    round_id : int
    before, after : Settings
        Of which text, ranking and eligibility count; nothing is written.
    need : str
        The pseudonym of the need whose list is shown, as `needs_to_try` gives it; of none: no rows.

    Raises
    ------
    InputError
        When no form of a side is accepted.
    """
    with store.reading() as view:
        experts, needs = market_of(view, round_id)
    if not experts or not needs:
        raise InputError([Problem(Message("runs.nobody_accepted"))])
    plain = _plain(experts, needs)
    old, new = (_ranked(_weights(settings), *plain) for settings in (before, after))
    veil = veil_of(round_id, store, "tuning")
    lists = [_lists(ranking) for ranking in (old, new)]
    shown = next((i for i, one in enumerate(new.ranker.needs) if veil("need", one.need_id) == need), None)
    rows = () if shown is None else _moves(old.ranker, shown, [of.get(shown, []) for of in lists], veil)
    both = [(lists[0].get(i, []), lists[1][i]) for i in lists[1]]
    first = sum(was[:1] != now[:1] for was, now in both)
    places = sum(len(now) for _, now in both)
    kept = sum(len({*was} & {*now}) for was, now in both)
    return Shortlists(rows, len(both), first, kept / places if places else 1.0)


@permitted
def figures(store: Store, who: Principal, scenario_id: int, ranking: RankingSettings) -> Figures:
    """
    Match a scenario once more with other weights, beside its last run; write nothing.

    Raises
    ------
    NotAllowed
        When no run of the scenario is done.
    InfeasibleProblem, InputError, SettingsError
        What a run would raise; to an analyst without the reasons, which name people.
    """
    with store.reading() as view:
        scenario = view.get(Scenario, id=scenario_id)
        run = last_result(view, scenario_id)
        report, placed = report_of(view, run), placed_pairs(view, run)
        stored = Settings.model_validate(scenario.settings)
        round_ = view.get(Round, id=scenario.round_id)
        try:
            inputs = unfrozen(view, round_, stored)
            tried = _placed(inputs, ranking)
            found = measured(inputs, (placed, tried.assignment.pairs), tried.assignment)
        except MatcherError as fault:
            if who.role != "analyst":
                raise
            raise InfeasibleProblem([Message("runs.not_feasible_why_is_with_the_office")]) from fault
    before, after = found or (
        counted(report["statistics"], report["certificate"]),
        counted(tried.statistics, asdict(tried.certificate)),
    )
    kept = len({*placed} & {*tried.assignment.pairs})
    return Figures(before, after, kept, len(tried.assignment.pairs) - kept, is_scored=found is not None)


def _placed(inputs: Inputs, ranking: RankingSettings) -> MatchResult:
    settings = inputs.settings.model_copy(update={"ranking": ranking})
    ranked, market = open_market(
        *(inputs.experts, inputs.needs, settings), rules=inputs.rules, ratings=inputs.ratings, rank_by=rank_kept
    )
    return place_ranked(ranked, market, settings, inputs.rules, n_earlier=len(inputs.keep))


def _plain(experts: Sequence[Expert], needs: Sequence[Need]) -> tuple[tuple[Expert, ...], tuple[Need, ...]]:
    """Leave out of records whom they wish for and whom they refuse."""
    return (
        tuple(replace(expert, preferred_firms=(), vetoed_firms=(), accepts_others=True) for expert in experts),
        tuple(replace(need, preferred_experts=(), vetoed_experts=(), accepts_others=True) for need in needs),
    )


def _weights(settings: Settings) -> str:
    kept = Settings(text=settings.text, ranking=settings.ranking, eligibility=settings.eligibility)
    return kept.model_dump_json()


@lru_cache(maxsize=_KEPT)
def _ranked(weights: str, experts: tuple[Expert, ...], needs: tuple[Need, ...]) -> Ranking:
    return open_market(experts, needs, Settings.model_validate_json(weights), rank_by=rank_kept)[0]


def _lists(ranking: Ranking) -> dict[int, list[int]]:
    """Give for each need that somebody suits the positions of its first `TOP` experts."""
    order = np.lexsort((ranking.expert, -ranking.firm_order, ranking.need))
    found: dict[int, list[int]] = {}
    for i, j in zip(ranking.need[order].tolist(), ranking.expert[order].tolist(), strict=True):
        listed = found.setdefault(i, [])
        if len(listed) < TOP:
            listed.append(j)
    return found


def _moves(ranker: Ranker, need: int, lists: Sequence[Sequence[int]], veil: Veil) -> tuple[Moved, ...]:
    before, after = ({j: rank for rank, j in enumerate(listed, start=1)} for listed in lists)
    fits = ranker.fit("firm", ranker.scores(Grid(np.array([need]))).firm_score[0])
    return tuple(
        Moved(
            *(veil("expert", ranker.experts[j].expert_id), ranker.experts[j].discipline),
            *(before.get(j), after.get(j), round(float(fits[j]), 2)),
        )
        for j in (*after, *(j for j in before if j not in after))
    )
