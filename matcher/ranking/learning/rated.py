"""What is learned from: rated pairs, each with the features that were known before it was rated."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from matcher.domain.records import Expert, Need, Rating
from matcher.domain.settings import Side, TextSettings, Weights
from matcher.ranking.cells import Pairs
from matcher.ranking.features import features_of
from matcher.text import Epoch, Lexicon, Profiles, StoredVectors, Tokenizer, profile

GOOD = 4
"""Stars from which a rating is good."""

PARTS = tuple(Weights.model_fields)
"""Parts of a score, in the order of the features' columns."""


@dataclass(frozen=True, slots=True, eq=False)
class RatedPairs:
    """
    Pairs that one side rated.

    Attributes
    ----------
    side : {"firm", "expert"}
        Who rated.
    X : float, shape (n, n_parts)
        Features in [0, 1], columns as `PARTS`.
    is_good : bool, shape (n,)
        Whether the rating is at least `GOOD`.
    pairs : tuple of (str, str), length n
        Ids of the firm and the expert, by which folds keep them apart.
    """

    side: Side
    X: np.ndarray
    is_good: np.ndarray
    pairs: tuple[tuple[str, str], ...]


def rated_pairs(
    experts: Sequence[Expert],
    needs: Sequence[Need],
    ratings: Sequence[Rating],
    settings: TextSettings,
    *,
    tokenizer: Tokenizer | None = None,
    lexicon: Lexicon | None = None,
    vectors: StoredVectors | None = None,
    epoch: Epoch | None = None,
) -> dict[Side, RatedPairs]:
    """
    Collect what each side's ratings can teach.

    The need behind a rating is the firm's present one where the titles are equal; without a title, any of the firm's;
    with another title, any of the firm's, under that title and with its present title and detail as the detail. Of
    several, that whose text agrees best with the expert. What a feature knows of the past, ratings and assessments, is
    of strictly earlier years: else it would know the answer.

    Parameters
    ----------
    experts, needs : sequences of records
    ratings : sequence of Rating
        Those of people and firms that are not in the records teach nothing: there is no text to them.
    settings : TextSettings
        The texts are weighed as in a run with these; idf is learned on the experts' profiles alone, so needs of the
        past change nothing.
    tokenizer : Tokenizer or None
    lexicon : Lexicon or None
    vectors : StoredVectors or None
    epoch : Epoch or None

    Returns
    -------
    dict of {"firm", "expert"} to RatedPairs
        In the order of the ratings.
    """
    column = {expert.expert_id: j for j, expert in enumerate(experts)}
    firms = {need.firm_id for need in needs}
    ratings = [r for r in ratings if r.expert_id in column and r.firm_id in firms]
    asked, candidates = _needs_behind(needs, ratings)
    profiles = profile(experts, asked, settings, tokenizer, lexicon=lexicon, vectors=vectors, epoch=epoch)
    expert = np.array([column[rating.expert_id] for rating in ratings], dtype=np.int64)
    row, text = _best_candidates(profiles, candidates, expert)
    year = np.array([rating.year for rating in ratings], dtype=np.int64)
    X: dict[Side, np.ndarray] = {side: np.zeros((len(ratings), len(PARTS))) for side in ("firm", "expert")}
    for rated in np.unique(year):
        features = features_of(experts, asked, [rating for rating in ratings if rating.year < rated])
        here = np.flatnonzero(year == rated)
        for side, columns in X.items():
            parts = {"text": text[here], **features.of(side, Pairs(row[here], expert[here]))}
            columns[here] = np.column_stack([parts[name] for name in PARTS])
    return {side: _of_side(side, columns, ratings) for side, columns in X.items()}


def _of_side(side: Side, X: np.ndarray, ratings: Sequence[Rating]) -> RatedPairs:
    """Keep the pairs that the side did rate."""
    stars = [rating.firm_rating if side == "firm" else rating.expert_rating for rating in ratings]
    rated = [k for k, given in enumerate(stars) if given is not None]
    is_good = np.array([(stars[k] or 0) >= GOOD for k in rated], dtype=bool)
    return RatedPairs(side, X[rated], is_good, tuple((ratings[k].firm_id, ratings[k].expert_id) for k in rated))


def _needs_behind(needs: Sequence[Need], ratings: Sequence[Rating]) -> tuple[list[Need], list[list[int]]]:
    """Find the needs that each rating may be about: the present ones, then those of the past, and positions in them."""
    asked = sorted(needs, key=lambda need: need.need_id)
    of_firm: dict[str, list[Need]] = {}
    places: dict[tuple[str, str], list[int]] = {}
    for i, need in enumerate(asked):
        of_firm.setdefault(need.firm_id, []).append(need)
        places.setdefault((need.firm_id, need.need_title), []).append(i)
        places.setdefault((need.firm_id, ""), []).append(i)
    for rating in ratings:
        key = (rating.firm_id, rating.need_title)
        if key not in places:
            # A title says little; what the firm writes today says what it does. The role wanted is one need's alone.
            past = [
                replace(need, need_title=rating.need_title, need_detail=need.text, role_wanted="")
                for need in of_firm[rating.firm_id]
            ]
            places[key] = list(range(len(asked), len(asked) + len(past)))
            asked += past
    return asked, [places[rating.firm_id, rating.need_title] for rating in ratings]


def _best_candidates(
    profiles: Profiles, candidates: Sequence[Sequence[int]], expert: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Choose the need whose text agrees best with the expert; the positions, and the agreements."""
    row, text = np.zeros(len(expert), dtype=np.int64), np.full(len(expert), -1.0)
    owner = np.array([k for k, rows in enumerate(candidates) for _ in rows], dtype=np.int64)
    every = np.array([i for rows in candidates for i in rows], dtype=np.int64)
    for k, i, value in zip(owner, every, profiles.agreement_of(every, expert[owner]), strict=True):
        if value > text[k]:
            row[k], text[k] = i, value
    return row, text
