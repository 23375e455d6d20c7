"""
Why a score is what it is: parts that add up to it, by the field of the profile that holds them, and what is unusual.

A term that both texts have adds one product to their agreement. It is split over the fields of the profile that hold
the term, in proportion to how often each does: the weight of a term does not tell its occurrences apart. The need's
side is left whole, since its title counts twice, alone and in the whole text.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from matcher.ranking.bars import Bar
from matcher.ranking.cells import Grid, row_of
from matcher.ranking.ranker import SCORE_UNIT, Ranker, Scores
from matcher.text.channels import term_counts
from matcher.text.spans import as_written, common_spans, holders

PROFILE_FIELDS = ("research_fields", "expertise", "achievements")
"""Columns of an expert that make the profile, in its order."""


@dataclass(frozen=True, slots=True)
class Part:
    """
    One addend of a score.

    Parameters
    ----------
    kind : str
        ``"text"``, the name of a channel of vectors such as ``"semantic"``, or that of a feature.
    value : float
        What it adds to z.
    span : str
        For ``"text"``: the words that both texts share, as they write them.
    field : str
        For ``"text"``: the field of the profile that has them, one of `PROFILE_FIELDS`.
    """

    kind: str
    value: float
    span: str = ""
    field: str = ""


@dataclass(frozen=True, slots=True)
class Reasons:
    """
    A pair's scores, taken apart.

    Attributes
    ----------
    text : float
        Agreement of the texts in [0, 1], the same for both sides.
    spans : tuple of (str, float)
        What both texts share, and its addend to ``text``; the greatest first.
    dense : tuple of (str, float)
        What channels of vectors add to ``text``, by name. Spans and these sum to it.
    names : tuple of str
        The spans as the two texts write them; see `matcher.text.as_written`.
    firm, expert : tuple of Part
        Addends of each side's score, the text's first; they sum to it within 1e-9.
    firm_score, expert_score : float
        z of each side, in [0, 1].
    firm_fit, expert_fit : float
        What is shown of them; see `Ranker.fit`.
    firm_effects, expert_effects : tuple of (str, float)
        By what the text and each feature raise or lower z against the usual: the mean over the acceptable pairs of this
        need, or of this expert (see `usual_parts`). They sum to z less its mean; empty where no pair is acceptable.
    firm_tier, expert_tier : int
        Tier in which the side named the other; 0 not named.
    bar : Bar
        Why the pair is not acceptable, if it is not.
    """

    text: float
    spans: tuple[tuple[str, float], ...]
    dense: tuple[tuple[str, float], ...]
    names: tuple[str, ...]
    firm: tuple[Part, ...]
    expert: tuple[Part, ...]
    firm_score: float
    expert_score: float
    firm_fit: float
    expert_fit: float
    firm_effects: tuple[tuple[str, float], ...]
    expert_effects: tuple[tuple[str, float], ...]
    firm_tier: int
    expert_tier: int
    bar: Bar


def explain(ranker: Ranker, need: int, expert: int) -> Reasons:
    """
    Take the scores of one pair apart.

    Terms that both texts share, words and character grams, are gathered under the longest common runs that hold
    them, so that people read words; every addend of the dot product lands in exactly one run, and is split over the
    fields of the profile.

    Parameters
    ----------
    ranker : Ranker
    need, expert : int
        Positions.

    Returns
    -------
    Reasons

    Raises
    ------
    IndexError
        When a position is out of range.
    """
    row = _row(ranker, need)
    addends = _addends(ranker, need, expert)
    spans = _by_weight({span: sum(of_field.values()) for span, of_field in addends.items()})
    texts = ranker.needs[need].text, ranker.experts[expert].profile
    names = tuple(as_written([span for span, _ in spans], *texts, ranker.profiles.lexicon))
    dense = tuple((name, float(agreement[expert])) for name, agreement in row.dense.items())

    def parts(side: str) -> Iterator[Part]:
        weights = ranker.weights(side)
        for name, (span, _) in zip(names, spans, strict=True):
            for field, value in addends[span].items():
                yield Part("text", weights["text"] * value, name, field)
        for name, value in dense:
            yield Part(name, weights["text"] * value)
        for name, weight in weights.items():
            if name != "text":
                yield Part(name, weight * float(row.features[side][name][expert]))

    def effects(side: str, position: int) -> tuple[tuple[str, float], ...]:
        values = {"text": row.block.text[0], **row.features[side]}
        usual = usual_parts(ranker, side)
        return tuple(
            (name, weight * float(values[name][expert] - usual[name][position]))
            for name, weight in ranker.weights(side).items()
            if np.isfinite(usual[name][position])
        )

    return Reasons(
        text=float(row.block.text[0, expert]),
        spans=spans,
        dense=dense,
        names=names,
        firm=tuple(parts("firm")),
        expert=tuple(parts("expert")),
        firm_score=float(row.block.firm_score[0, expert] * SCORE_UNIT),
        expert_score=float(row.block.expert_score[0, expert] * SCORE_UNIT),
        firm_fit=float(ranker.fit("firm", row.block.firm_score[0, expert])),
        expert_fit=float(ranker.fit("expert", row.block.expert_score[0, expert])),
        firm_effects=effects("firm", need),
        expert_effects=effects("expert", expert),
        firm_tier=int(ranker.wishes.firm_tier[need, expert]),
        expert_tier=int(ranker.wishes.expert_tier[need, expert]),
        bar=Bar(int(row.block.bar[0, expert])),
    )


def shared_spans(ranker: Ranker, need: int, expert: int) -> tuple[tuple[str, float], ...]:
    """
    Say what a pair's texts share, and what each run adds to their agreement.

    Parameters
    ----------
    ranker : Ranker
    need, expert : int
        Positions.

    Returns
    -------
    tuple of (str, float)
        The greatest addend first; they sum to `Reasons.text` less what vectors add. Synonyms stand as the first name of
        their group.
    """
    weight: dict[str, float] = defaultdict(float)
    for span, _, value in _shared_terms(ranker, need, expert):
        weight[span] += value
    return _by_weight(weight)


# The last of each side: whoever explains many pairs of a ranker asks for the same again and again.
@lru_cache(maxsize=2)
def usual_parts(ranker: Ranker, side: str) -> Mapping[str, np.ndarray]:
    """
    Average the text's agreement and the features over acceptable pairs: what a side's score is usually made of.

    Parameters
    ----------
    ranker : Ranker
    side : {"firm", "expert"}

    Returns
    -------
    mapping of str to float array, shape (n_needs,) for ``"firm"``, (n_experts,) for ``"expert"``
        By part, without weight: the mean over the acceptable pairs of each need, or of each expert; nan where there is
        none.
    """
    is_firm = side == "firm"
    n_pairs = np.zeros(len(ranker.needs if is_firm else ranker.experts))
    sums = {name: n_pairs.copy() for name in ranker.weights(side)}
    for block in ranker.blocks():
        accepted = block.bar == Bar.NONE
        whose, axis = (block.where.rows, 1) if is_firm else (slice(None), 0)
        n_pairs[whose] += accepted.sum(axis=axis)
        values = {"text": block.text, **ranker.features.of(side, block.where)}
        for name, found in sums.items():
            found[whose] += (accepted * values[name]).sum(axis=axis)
    with np.errstate(invalid="ignore"):
        return {name: found / n_pairs for name, found in sums.items()}


@dataclass(frozen=True, slots=True, eq=False)
class _Row:
    """All that explaining any pair of one need takes: its block, features by side, channels of vectors by name."""

    block: Scores[Grid]
    features: Mapping[str, Mapping[str, np.ndarray]]
    dense: Mapping[str, np.ndarray]


@lru_cache(maxsize=1)
def _row(ranker: Ranker, need: int) -> _Row:
    where, shape = Grid(np.array([need])), (1, len(ranker.experts))
    return _Row(
        ranker.scores(where),
        {
            side: {name: np.broadcast_to(values, shape)[0] for name, values in ranker.features.of(side, where).items()}
            for side in ("firm", "expert")
        },
        {channel.name: channel.agreement(where.rows)[0] for channel in ranker.profiles.dense},
    )


def _addends(ranker: Ranker, need: int, expert: int) -> dict[str, dict[str, float]]:
    """Split what each shared run adds to the agreement over the fields of the profile."""
    counts = _counts(ranker, expert)
    addends: dict[str, dict[str, float]] = {}
    for span, term, value in _shared_terms(ranker, need, expert):
        held = {field: counted[term] for field, counted in counts.items() if term in counted}
        total = sum(held.values())
        of_field = addends.setdefault(span, dict.fromkeys(PROFILE_FIELDS, 0.0))
        for field, count in held.items():
            of_field[field] += value * count / total
    return {span: {field: value for field, value in of_field.items() if value} for span, of_field in addends.items()}


@lru_cache(maxsize=256)
def _counts(ranker: Ranker, expert: int) -> Mapping[str, Mapping[str, int]]:
    """Count the terms of each field of a profile."""
    who, profiles = ranker.experts[expert], ranker.profiles
    return {field: term_counts(getattr(who, field), profiles.lexicon, profiles.tokenizer) for field in PROFILE_FIELDS}


def _shared_terms(ranker: Ranker, need: int, expert: int) -> Iterator[tuple[str, str, float]]:
    """Yield the terms of both texts, each with the run that holds it and its addend to the agreement."""
    profiles = ranker.profiles
    (asked, weights), (had, others) = row_of(profiles.needs, need), row_of(profiles.experts, expert)
    columns, of_need, of_expert = np.intersect1d(asked, had, assume_unique=True, return_indices=True)
    runs = common_spans(ranker.needs[need].text, ranker.experts[expert].profile, profiles.lexicon)
    terms = profiles.terms[columns].tolist()
    spans = holders((term.partition("__")[2] for term in terms), runs)
    for span, term, value in zip(spans, terms, (weights[of_need] * others[of_expert]).tolist(), strict=True):
        if value:
            yield span, term, value


def _by_weight(weight: Mapping[str, float]) -> tuple[tuple[str, float], ...]:
    return tuple(sorted(weight.items(), key=lambda item: (-item[1], item[0])))
