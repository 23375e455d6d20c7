"""Why a score is what it is: parts that add up to it."""

from collections import defaultdict
from dataclasses import dataclass

import numpy as np

from matcher.ranking.bars import Bar
from matcher.ranking.ranker import SCORE_UNIT, Ranker
from matcher.text.spans import as_written, common_spans, holders


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
    """

    kind: str
    value: float
    span: str = ""


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
    firm_tier: int
    expert_tier: int
    bar: Bar


def explain(ranker: Ranker, need: int, expert: int) -> Reasons:
    """
    Take the scores of one pair apart.

    Terms that both texts share, words and character grams, are gathered under the longest common runs that hold
    them, so that people read words; every addend of the dot product lands in exactly one run.

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
    rows = np.array([need])
    block = ranker.block(rows)
    spans = shared_spans(ranker, need, expert)
    texts = ranker.needs[need].text, ranker.experts[expert].profile
    names = tuple(as_written([span for span, _ in spans], *texts, ranker.profiles.lexicon))
    dense = tuple((channel.name, float(channel.agreement(rows)[0, expert])) for channel in ranker.profiles.dense)

    def parts(side: str) -> tuple[Part, ...]:
        weights = ranker.weights(side)
        features = ranker.features.block(side, rows)
        shape = (1, len(ranker.experts))
        return (
            *(Part("text", weights["text"] * value, name) for name, (_, value) in zip(names, spans, strict=True)),
            *(Part(name, weights["text"] * value) for name, value in dense),
            *(
                Part(name, weight * float(np.broadcast_to(features[name], shape)[0, expert]))
                for name, weight in weights.items()
                if name != "text"
            ),
        )

    return Reasons(
        text=float(block.text[0, expert]),
        spans=spans,
        dense=dense,
        names=names,
        firm=parts("firm"),
        expert=parts("expert"),
        firm_score=float(block.firm_score[0, expert] * SCORE_UNIT),
        expert_score=float(block.expert_score[0, expert] * SCORE_UNIT),
        firm_tier=int(ranker.wishes.firm_tier[need, expert]),
        expert_tier=int(ranker.wishes.expert_tier[need, expert]),
        bar=Bar(int(block.bar[0, expert])),
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
    shared = ranker.profiles.needs[[need]].multiply(ranker.profiles.experts[[expert]]).tocoo()
    runs = common_spans(ranker.needs[need].text, ranker.experts[expert].profile, ranker.profiles.lexicon)
    weight: dict[str, float] = defaultdict(float)
    terms = (term.partition("__")[2] for term in ranker.profiles.terms[shared.col])
    for span, value in zip(holders(terms, runs), shared.data, strict=True):
        if value:
            weight[span] += float(value)
    return tuple(sorted(weight.items(), key=lambda item: (-item[1], item[0])))
