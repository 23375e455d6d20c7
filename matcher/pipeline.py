"""match(): the whole path, from two sides' records to an audited and explained placement list, on one screen."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from operator import attrgetter
from typing import TYPE_CHECKING

from matcher.assignment import Assignment, Certificate, Market, assign_ranked, form_market
from matcher.domain.records import Expert, Need, Rating
from matcher.domain.references import confirm_references
from matcher.domain.settings import Settings
from matcher.placement import PLACEMENT_COLUMNS, UNPLACED_COLUMNS, placement_list, statistics, unplaced_list
from matcher.ranking import Ranking, rank
from matcher.text import Tokenizer, profile

if TYPE_CHECKING:
    import pandas as pd


def match(
    experts: Sequence[Expert],
    firms: Sequence[Need],
    settings: Settings = Settings(),  # noqa: B008 - frozen
    *,
    ratings: Sequence[Rating] = (),
    tokenizer: Tokenizer | None = None,
    on_progress: Callable[[int, int, str], None] | None = None,
) -> "MatchResult":
    """
    Place experts with firms' needs.

    Parameters
    ----------
    experts, firms : sequences of Expert and of Need
        As `read_experts` and `read_firms` give them; their order does not matter.
    settings : Settings
    ratings : sequence of Rating
        Of earlier years.
    tokenizer : Tokenizer or None
        None stands for jieba.
    on_progress : callable or None
        Called with (done, total, stage).

    Returns
    -------
    MatchResult

    Raises
    ------
    InputError
        When ids repeat, preferences name nobody, or a side is empty: every problem at once.
    SettingsError
        When the objective is unknown.
    """
    ranking, market = open_market(
        experts, firms, settings, ratings=ratings, tokenizer=tokenizer, on_progress=on_progress
    )
    ranking, market, assignment = assign_ranked(ranking, market, settings.assignment)
    lines = placement_list(ranking, market, assignment, settings.term)
    left_out = unplaced_list(ranking, market, assignment)
    figures = statistics(ranking, market, assignment, lines)
    return MatchResult(ranking, market, assignment, lines, left_out, figures)


def open_market(
    experts: Sequence[Expert],
    firms: Sequence[Need],
    settings: Settings = Settings(),  # noqa: B008 - frozen
    *,
    ratings: Sequence[Rating] = (),
    tokenizer: Tokenizer | None = None,
    on_progress: Callable[[int, int, str], None] | None = None,
) -> tuple[Ranking, Market]:
    """
    Go the path up to the market, where both sides' suggestions can be read; takes and raises what `match` does.

    Returns
    -------
    Ranking
        Records sorted by id, scores of both sides, bars.
    Market
    """
    confirm_references(experts, firms)
    experts = sorted(experts, key=attrgetter("expert_id"))
    needs = sorted(firms, key=attrgetter("need_id"))
    profiles = profile(experts, needs, settings.text, tokenizer)
    ranking = rank(
        experts, needs, profiles, settings.ranking, settings.eligibility, ratings=ratings, on_progress=on_progress
    )
    return ranking, form_market(ranking, settings.assignment)


@dataclass(frozen=True, eq=False)
class MatchResult:
    """
    A placement list with its proof, and everything that it was made of.

    Attributes
    ----------
    ranking : Ranking
    market : Market
    assignment : Assignment
    lines, left_out : lists of dict
        What `placements` and `unplaced` show.
    statistics : dict
        See `matcher.placement.statistics`.
    """

    ranking: Ranking
    market: Market
    assignment: Assignment
    lines: list[dict[str, object]]
    left_out: list[dict[str, object]]
    statistics: dict[str, object]

    @property
    def certificate(self) -> Certificate:
        """What is claimed of the list, and audited."""
        return self.assignment.certificate

    @cached_property
    def placements(self) -> "pd.DataFrame":
        """The placement list, a row a pair; the columns of ``placements.csv``."""
        import pandas as pd

        return pd.DataFrame(self.lines, columns=list(PLACEMENT_COLUMNS)).astype({"reasons": str})

    @cached_property
    def unplaced(self) -> "pd.DataFrame":
        """Needs and experts without a placement, with the reason; the columns of ``unplaced.csv``."""
        import pandas as pd

        return pd.DataFrame(self.left_out, columns=list(UNPLACED_COLUMNS)).astype({"reason": str})
