"""match(): the whole path, from two sides' records to an audited and explained placement list, on one screen."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from operator import attrgetter
from typing import TYPE_CHECKING

from matcher.assignment import Assignment, Certificate, Market, Rules, assign_ranked, form_market, rules_of
from matcher.domain.records import Expert, Need, Rating
from matcher.domain.references import confirm_references
from matcher.domain.settings import Settings
from matcher.placement import PLACEMENT_COLUMNS, UNPLACED_COLUMNS, placement_list, statistics, unplaced_list
from matcher.ranking import Ranking, exposure, extend_by, rank
from matcher.text import Epoch, Lexicon, Profiles, StoredVectors, Tokenizer, profile

if TYPE_CHECKING:
    import pandas as pd


def match(
    experts: Sequence[Expert],
    firms: Sequence[Need],
    settings: Settings = Settings(),  # noqa: B008 - frozen
    *,
    ratings: Sequence[Rating] = (),
    keep: Sequence[tuple[str, str]] = (),
    tokenizer: Tokenizer | None = None,
    lexicon: Lexicon | None = None,
    vectors: StoredVectors | None = None,
    epoch: Epoch | None = None,
    rank_by: Callable[..., Ranking] | None = None,
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
    keep : sequence of (str, str)
        Pairs of an earlier list, ids of a need or firm and of an expert.
    tokenizer : Tokenizer or None
        None stands for the one that the settings name.
    lexicon : Lexicon or None
        The lists that texts are read with; None stands for the package's. Where the settings name a folder,
        `read_lexicon` reads it.
    vectors : StoredVectors or None
        Of the semantic channel; None: learned on the profiles. Where the settings name a file, `read_vectors` reads it.
    epoch : Epoch or None
        By which texts are weighed; None: all is learned on the profiles. `read_epoch` reads it.
    rank_by : callable or None
        See `open_market`.
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
        When the objective is unknown, or a rule names what is not there.
    InfeasibleProblem
        When no assignment keeps the rules; with the reasons.
    """
    rules = rules_of(settings.assignment, experts, firms, keep)
    ranking, market = open_market(
        *(experts, firms, settings),
        rules=rules,
        ratings=ratings,
        tokenizer=tokenizer,
        lexicon=lexicon,
        vectors=vectors,
        epoch=epoch,
        rank_by=rank_by,
        on_progress=on_progress,
    )
    return place_ranked(ranking, market, settings, rules, n_earlier=len(set(keep)), on_progress=on_progress)


def place_ranked(
    ranking: Ranking,
    market: Market,
    settings: Settings,
    rules: Rules,
    *,
    n_earlier: int = 0,
    on_progress: Callable[[int, int, str], None] | None = None,
) -> "MatchResult":
    """
    Go the rest of the path, from the market to the list; one market serves several objectives.

    Parameters
    ----------
    ranking : Ranking
    market : Market
        Formed of that ranking.
    settings : Settings
    rules : Rules
    n_earlier : int
        Pairs of the earlier list.
    on_progress : callable or None
        Called with (done, total, stage).

    Returns
    -------
    MatchResult
    """
    ranking, market, assignment = assign_ranked(ranking, market, settings.assignment, rules)
    lines = placement_list(ranking, market, assignment, settings.term, on_progress)
    left_out = unplaced_list(ranking, market, assignment)
    figures = statistics(ranking, market, assignment, lines, n_earlier=n_earlier)
    return MatchResult(ranking, market, assignment, lines, left_out, figures)


def open_market(
    experts: Sequence[Expert],
    firms: Sequence[Need],
    settings: Settings = Settings(),  # noqa: B008 - frozen
    *,
    rules: Rules | None = None,
    ratings: Sequence[Rating] = (),
    tokenizer: Tokenizer | None = None,
    lexicon: Lexicon | None = None,
    vectors: StoredVectors | None = None,
    epoch: Epoch | None = None,
    rank_by: Callable[..., Ranking] | None = None,
    on_progress: Callable[[int, int, str], None] | None = None,
) -> tuple[Ranking, Market]:
    """
    Go the path up to the market, where both sides' suggestions can be read; takes and raises what `match` does.

    Parameters
    ----------
    rules : Rules or None
        Made of the settings, so that what they lock is in the market, and what is to be kept; None: made here.
    rank_by : callable or None
        What weighs texts and scores pairs; None: `rank_texts`. Who asks again and again keeps what comes of texts, and
        a large market is ranked by parts.

    Returns
    -------
    Ranking
        Records sorted by id, scores of both sides, bars.
    Market
    """
    confirm_references(experts, firms)
    experts = sorted(experts, key=attrgetter("expert_id"))
    needs = sorted(firms, key=attrgetter("need_id"))
    rules = rules or rules_of(settings.assignment, experts, needs)
    ranking = (rank_by or rank_texts)(
        *(experts, needs, settings),
        ratings=ratings,
        locks=rules.locks,
        tokenizer=tokenizer,
        lexicon=lexicon,
        vectors=vectors,
        epoch=epoch,
        on_progress=on_progress,
    )
    ranking = extend_by(ranking, (*rules.locks, *rules.keep))
    return ranking, form_market(ranking, settings.assignment)


def rank_texts(
    experts: Sequence[Expert],
    needs: Sequence[Need],
    settings: Settings,
    *,
    weigh: Callable[..., Profiles] | None = None,
    ratings: Sequence[Rating] = (),
    locks: Sequence[tuple[str, str]] = (),
    tokenizer: Tokenizer | None = None,
    lexicon: Lexicon | None = None,
    vectors: StoredVectors | None = None,
    epoch: Epoch | None = None,
    on_progress: Callable[[int, int, str], None] | None = None,
) -> Ranking:
    """
    Weigh texts and score pairs: two steps of the path; takes what `match` does, and raises it.

    Parameters
    ----------
    weigh : callable or None
        What weighs the texts; None: `matcher.text.profile`.
    locks : sequence of (str, str)
        Ids of needs and experts that the settings fix.
    """
    profiles = (weigh or profile)(
        experts, needs, settings.text, tokenizer, lexicon=lexicon, vectors=vectors, epoch=epoch
    )
    return rank(
        *(experts, needs, profiles, settings.ranking, settings.eligibility),
        ratings=ratings,
        locks=locks,
        on_progress=on_progress,
    )


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

    @cached_property
    def exposure(self) -> "pd.DataFrame":
        """
        How often each expert is suggested to needs, and each need to experts: the least first on either side.

        Columns ``side``, ``id``, ``name``, ``eligible``, ``suggested`` (lists that show them), ``by_rank`` (lists that
        would, if suggestions were not spread).
        """
        import pandas as pd

        ranker, rows = self.ranking.ranker, []
        for side, asker, named in (
            ("expert", "firm", [(expert.expert_id, expert.name) for expert in ranker.experts]),
            ("firm", "expert", [(need.need_id, need.name) for need in ranker.needs]),
        ):
            found = exposure(self.ranking, asker)
            counted = zip(found.eligible.tolist(), found.counts.tolist(), found.best_counts.tolist(), strict=True)
            of_side = [(side, *name, *counts) for name, counts in zip(named, counted, strict=True)]
            rows += sorted(of_side, key=lambda row: (not row[3], row[4], row[1]))
        return pd.DataFrame(rows, columns=["side", "id", "name", "eligible", "suggested", "by_rank"])
