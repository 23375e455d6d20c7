"""Every number and choice that a person may turn, with its unit, its range and its default."""

from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

Share = Annotated[float, Field(ge=0, le=1)]
Joint = Literal["mean", "min", "geometric"]
Proposer = Literal["firms", "experts"]
Side = Literal["firm", "expert"]
Counts = Literal["pairs", "people"]
FirmColumn = Literal[
    "firm_id", "township", "zone", "industry", "above_scale", "high_tech", "cooperation", "role_wanted"
]
ExpertColumn = Literal["institution", "city", "in_city", "title", "title_level", "degree", "discipline"]
GroupColumn = Literal[FirmColumn, ExpertColumn]
Pairs = tuple[tuple[str, str], ...]
"""Pairs of a need's or firm's id and an expert's."""
Bound = Annotated[int, Field(ge=0)]


SMALLEST_AGREEMENT = 0.07
"""What the texts of any two share, at most: what is above it means something."""


TEXT_FILES = ("lexicon", "vectors", "epoch")
"""Settings of `TextSettings` that name files."""

CHANNELS = ("words", "characters", "semantic", "embedding")
"""Channels of a text, as `TextSettings` names their shares."""


class _Section(BaseModel):
    """A table of the settings file: frozen, and an unknown name in it is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class TextSettings(_Section):
    """How a text becomes weighted terms."""

    words: Share = 0.22
    """Share of the channel of jieba words."""
    characters: Share = 0.7
    """Share of the channel of character 1-2-grams."""
    semantic: Share = 0.08
    """Share of the channel of vectors, which knows terms that are akin. The shares are scaled to sum to 1."""
    embedding: Share = 0.0
    """Share of the channel of a pretrained model's vectors, which needs the extra ``semantic``; 0.2 to 0.3 was best."""
    title: Share = 0.3
    """Share of a need's title alone; the rest is title and detail together."""
    length_slope: Share = 0.8
    """How much a profile is divided by its own length, the rest by the usual one."""
    commonness: Share = 0.2
    """How much a profile that resembles everybody's counts less."""
    lexicon: str = ""
    """Folder whose lists stand in the place of the package's; empty: the package's alone."""
    vectors: str = ""
    """File of vectors for the semantic channel; empty: learned on the profiles."""
    epoch: str = ""
    """File of an epoch, by which texts are weighed; empty: words, idf and all are learned on the profiles each time."""
    tokenizer: Literal["jieba", "rjieba"] = "jieba"
    """What cuts texts into words. The other is jieba compiled, an extra: the same words in less than a tenth of the
    time."""

    @model_validator(mode="after")
    def _some_channel_counts(self) -> "TextSettings":
        if self.total == 0:
            raise ValueError(" + ".join(CHANNELS) + " must be more than 0")
        return self

    @property
    def total(self) -> float:
        """Sum of the channels' shares, by which each is divided."""
        return sum(getattr(self, name) for name in CHANNELS)


class Weights(_Section):
    """What one side's score is made of: shares of its parts, scaled to sum to 1."""

    text: Share = 1.0
    """Agreement of the need's text and the expert's profile."""
    title: Share = 0.0
    """Seniority of the expert's title."""
    role: Share = 0.0
    """The expert offers the role that the need wants."""
    discipline: Share = 0.0
    """How well the expert's discipline serves the need's industry, by the tables; 0.3 where either is not known."""
    place: Share = 0.0
    """How little distance costs: 1 within 30 km or online, 0.5 at 130 km on site; 0.5 on site where a place is not
    known."""
    history: Share = 0.0
    """How this side rated the other in earlier years; 0.5, neutral, where it did not."""
    assessment: Share = 0.0
    """How earlier placements of the other were assessed; 0.5, neutral, where none was."""

    @model_validator(mode="after")
    def _text_counts(self) -> "Weights":
        if self.text == 0:
            raise ValueError("the weight of the text must be more than 0")
        return self


class Logistic(_Section):
    """Chance of a good rating at a score z: 1 / (1 + exp(-(intercept + slope * z)))."""

    intercept: Annotated[float, Field(ge=-1000, le=1000)]
    """Log-odds of a score of 0."""
    slope: Annotated[float, Field(ge=0.001, le=1000)]
    """What a score of 1 adds to the log-odds."""


class CalibrationSettings(_Section):
    """What a score is worth as a fit; `matcher tune` learns it from ratings. Both sides, or neither."""

    firm: Logistic | None = None
    """Chance that the firm rates the placement well; None: the fit is the score itself, uncalibrated."""
    expert: Logistic | None = None
    """Chance that the expert does."""

    @model_validator(mode="after")
    def _both_or_neither(self) -> "CalibrationSettings":
        if (self.firm is None) != (self.expert is None):
            raise ValueError("calibration needs both sides, or neither")
        return self


class RankingSettings(_Section):
    """How scores are made of text and features, and how many pairs are kept."""

    firm: Weights = Weights(
        text=0.77, title=0.05, role=0.05, discipline=0.03, place=0.03, history=0.05, assessment=0.02
    )
    expert: Weights = Weights(text=0.87, discipline=0.03, place=0.03, history=0.05, assessment=0.02)
    min_fit: Share = SMALLEST_AGREEMENT
    """A pair whose texts agree less, or whose fit to either side is less, is not acceptable, unless that side named the
    other. The default is what 93 of 100 pairs of the sample stay below: the few characters that any two texts share.
    Once fits are calibrated, it is a chance, and the texts need to agree by no more than the default."""
    shortlist: Annotated[int, Field(ge=1, le=10_000)] = 50
    """Pairs kept for each need and each expert where the market is too large to keep all."""
    full_market_pairs: Annotated[int, Field(ge=0)] = 250_000
    """Up to so many needs x experts the market holds every acceptable pair; beyond, both sides' shortlists."""
    suggestions: Annotated[int, Field(ge=1, le=1_000)] = 10
    """Experts suggested to a need, and needs to an expert; no list of placements depends on it."""
    spread: Share = 0.0
    """Fit that may be given up at a place of the suggestions to show somebody who is suggested less; 0: none."""
    calibration: CalibrationSettings = CalibrationSettings()

    @property
    def min_agreement(self) -> float:
        """Least agreement of the texts: the smallest fit, but a chance is no measure of what texts share."""
        return min(self.min_fit, SMALLEST_AGREEMENT) if self.is_calibrated else self.min_fit

    @property
    def is_calibrated(self) -> bool:
        """Whether fits are chances of a good rating."""
        return self.calibration.firm is not None


class EligibilitySettings(_Section):
    """Who may be sent at all. What a form leaves open bars nobody, unless said so here."""

    in_post: bool = True
    """Bar those who are said to be out of post."""
    exclusive: bool = True
    """Bar those who are on another list."""
    consent: Literal["not_refused", "given", "ignored"] = "not_refused"
    """What the sending institution must have said."""
    minimum_title: Literal["assistant", "lecturer", "associate", "professor"] | None = None
    """Lowest level of title, by the table of titles."""
    doctorate_suffices: bool = True
    """A doctorate stands in for the title."""
    maximum_age: Annotated[int, Field(ge=18, le=100)] | None = None
    """Years of age reached in `year`; needs `year`."""
    year: Annotated[int, Field(ge=1900, le=2100)] | None = None
    """The year of the batch."""

    @model_validator(mode="after")
    def _age_has_its_year(self) -> "EligibilitySettings":
        if self.maximum_age is not None and self.year is None:
            raise ValueError("maximum_age needs year, the year of the batch")
        return self


class QuotaSettings(_Section):
    """How many placements a group must have, and may have."""

    column: GroupColumn
    """What groups needs or experts. ``title_level`` is that of the table of titles, ``in_city`` whether the expert is
    of the ``home_city``."""
    value: str = "*"
    """The cell that makes the group; ``"*"``: every cell that occurs makes one. Empty cells are in no group."""
    minimum: Bound | None = None
    maximum: Bound | None = None
    """Placements of each group; None: no limit."""
    counts: Counts = "pairs"
    """Whether they are counted as pairs, or as the distinct experts among them."""

    @model_validator(mode="after")
    def _limits_something(self) -> "QuotaSettings":
        if self.minimum is None and self.maximum is None:
            raise ValueError("a quota needs minimum or maximum")
        return self


class AssignmentSettings(_Section):
    """What the assignment aims at, and what it must keep."""

    objective: str = "stable"
    """``stable``, ``total`` or ``fair``; an unknown one is an error that lists the names."""
    proposer: Proposer = "firms"
    """The side that the outcome favours where the objective leaves a choice."""
    joint: Joint = "mean"
    """How both sides' satisfaction makes the value of a pair."""
    days_per_placement: Annotated[int, Field(ge=1, le=366)] | None = None
    """Days a year that one placement takes: caps an expert's capacity by the stated days; None: no cap."""
    seed: Annotated[int, Field(ge=0)] = 0
    """Breaks ties: the same seed, the same list."""
    time_limit_s: Annotated[float, Field(ge=0, le=86_400)] = 30.0
    """Seconds of one core for what flows can't solve; then the best so far is given with its bound."""
    minimum_people: Bound = 0
    """Distinct experts to be placed at least."""
    keep_bonus: Annotated[float, Field(ge=0, le=1_000_000)] = 0.0
    """What a pair of the earlier list is worth beyond its value, in units of value; 0 where the objective is
    ``stable``."""
    home_city: str = ""
    """The city that ``in_city`` means."""
    locks: Pairs = ()
    """Pairs that must be. They may be below `RankingSettings.min_fit`, but not vetoed, in conflict or not eligible."""
    bans: Pairs = ()
    """Pairs that must not be."""
    quotas: tuple[QuotaSettings, ...] = ()
    """Limits of groups."""

    @model_validator(mode="after")
    def _home_is_known(self) -> "AssignmentSettings":
        if not self.home_city.strip() and any(quota.column == "in_city" for quota in self.quotas):
            raise ValueError("in_city needs home_city")
        return self


class TermSettings(_Section):
    """From when to when the placements last, as printed in the list."""

    start: date | None = None
    """First day."""
    end: date | None = None
    """Last day; not before the first."""

    @model_validator(mode="after")
    def _ends_after_its_start(self) -> "TermSettings":
        if self.start and self.end and self.end < self.start:
            raise ValueError("end must not be before start")
        return self


class CheckSettings(_Section):
    """What the check of the forms points out; no list depends on it."""

    vague_below: Share = 0.6
    """A need with a lower score is called vague. The default lies between the needs of the sample that are vague on
    purpose, up to 0.55, and the others, from 0.7."""
    duplicate_above: Annotated[float, Field(gt=0, le=1)] = 0.6
    """Two needs, or two experts, whose texts are at least so similar are called near-duplicates. The default lies
    between any two texts of the sample, up to 0.25, and copies with other figures and a clause in five left out, most
    of them from 0.7."""


class Settings(_Section):
    """
    Everything that a run depends on besides its input.

    Examples
    --------
    >>> Settings().ranking.min_fit
    0.07
    >>> Settings(ranking={"shortlist": 10}).ranking.shortlist
    10
    """

    text: TextSettings = TextSettings()
    ranking: RankingSettings = RankingSettings()
    eligibility: EligibilitySettings = EligibilitySettings()
    assignment: AssignmentSettings = AssignmentSettings()
    term: TermSettings = TermSettings()
    check: CheckSettings = CheckSettings()
