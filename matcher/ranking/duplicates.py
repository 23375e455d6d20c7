"""Near-duplicates: needs that were sent twice or copied, experts who were entered twice or share one text."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from matcher.domain.records import Expert, Need
from matcher.ranking.bars import institution_key
from matcher.text import ProfileVectorizer
from matcher.text.units import runs

LEAST_UNITS = 30
"""Units (a Han character or a Latin word each) that both texts of two owners must have: two firms that write no more
than the name of one trouble have copied nothing."""

_CELLS, _PAIRS = 4_000_000, 8_192
"""Cells of a block of candidates, and pairs whose similarity is computed at once: what bounds the memory."""


@dataclass(frozen=True, slots=True)
class Duplicate:
    """
    Two rows that look like one.

    Attributes
    ----------
    first, second : int
        Positions, ``first < second``.
    similarity : float
        Of both texts, 0 to 1, in steps of 0.001.
    has_one_owner : bool
        Needs of one firm; experts of one name and institution.
    """

    first: int
    second: int
    similarity: float
    has_one_owner: bool


def duplicate_needs(needs: Sequence[Need], above: float) -> list[Duplicate]:
    """
    Find needs whose texts are nearly the same.

    Similarity is the cosine of character 1-2-grams, weighted by their rarity among these needs: a copy stays one when
    its clauses are reordered or its figures changed, while two needs on one subject share few of their rare grams.

    Parameters
    ----------
    needs : sequence of Need
    above : float
        Smallest similarity, more than 0.

    Returns
    -------
    list of Duplicate
        By position. Pairs of two firms only where both texts have `LEAST_UNITS`.
    """
    texts, firms = [need.text for need in needs], [need.firm_id for need in needs]
    return [
        Duplicate(i, j, similarity, firms[i] == firms[j])
        for i, j, similarity in similar_texts(texts, above)
        if firms[i] == firms[j] or _are_long(texts[i], texts[j])
    ]


def duplicate_experts(experts: Sequence[Expert], above: float) -> list[Duplicate]:
    """
    Find experts who are entered twice, and profiles that are copies.

    Parameters
    ----------
    experts : sequence of Expert
    above : float
        Smallest similarity of profiles, as for `duplicate_needs`. Who has the name and the institution of another is
        listed however little their profiles agree; the similarity is 0 then.

    Returns
    -------
    list of Duplicate
        By position.
    """
    profiles = [expert.profile for expert in experts]
    people = [(institution_key(expert.name), institution_key(expert.institution)) for expert in experts]
    found = {(i, j): similarity for i, j, similarity in similar_texts(profiles, above)}
    seats: dict[tuple[str, str], list[int]] = {}
    for position, person in enumerate(people):
        for earlier in seats.setdefault(person, []):
            found.setdefault((earlier, position), 0.0)
        seats[person].append(position)
    return [
        Duplicate(i, j, similarity, people[i] == people[j])
        for (i, j), similarity in sorted(found.items())
        if people[i] == people[j] or _are_long(profiles[i], profiles[j])
    ]


def similar_texts(texts: Sequence[str], above: float) -> list[tuple[int, int, float]]:
    """
    Find all pairs of texts from a similarity on, without comparing all pairs.

    Prefix filtering [1]_: the commonest terms of a text are left out as long as what is left out is shorter than
    ``above``. By Cauchy and Schwarz these alone can't make two unit vectors so similar, so a pair that is must share
    one of the terms kept, and these are rare.

    Parameters
    ----------
    texts : sequence of str, length n
    above : float
        Smallest similarity, more than 0.

    Returns
    -------
    list of (int, int, float)
        Positions, the smaller first, and similarity in steps of 0.001; by position.

    References
    ----------
    .. [1] Bayardo, Ma and Srikant (2007). Scaling up all pairs similarity search. *WWW*.
    """
    if len(texts) < 2:
        return []
    # Cosines: how alike two texts are does not hang on how long or how common they are.
    plain = ProfileVectorizer(words=0.0, characters=1.0, length_slope=1.0, commonness=0.0)
    rows = plain.fit_transform(texts)
    commonest_first = np.argsort(-np.bincount(rows.indices, minlength=rows.shape[1]), kind="stable")
    rows = sp.csr_array(rows[:, commonest_first])
    rows.sort_indices()
    found = []
    for i, j in _candidates(rows, above):
        similarity = np.round(rows[i].multiply(rows[j]).sum(axis=1), 3)
        near = similarity >= above
        found += zip(i[near].tolist(), j[near].tolist(), similarity[near].tolist(), strict=True)
    return sorted(found)


def _candidates(rows: sp.csr_array, above: float) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield pairs of rows that share a term of the first one's rarer end, some thousands at a time."""
    squares = np.concatenate([[0.0], np.cumsum(rows.data**2)])
    begun = np.repeat(squares[rows.indptr[:-1]], np.diff(rows.indptr))
    # A little more is kept than the bound asks for: similarities are rounded, and sums are not exact.
    kept = rows.copy()
    kept.data = np.where(squares[1:] - begun >= (above - 0.001) ** 2 - 1e-9, rows.data, 0.0)
    kept.eliminate_zeros()
    columns, size = sp.csr_array(rows.T), max(1, _CELLS // rows.shape[0])
    for start in range(0, rows.shape[0], size):
        shared = (kept[start : start + size] @ columns).tocoo()
        i, j = shared.coords[0] + start, shared.coords[1]
        i, j = i[i < j], j[i < j]
        for at in range(0, len(i), _PAIRS):
            yield i[at : at + _PAIRS], j[at : at + _PAIRS]


def _are_long(*texts: str) -> bool:
    return all(sum(map(len, runs(text))) >= LEAST_UNITS for text in texts)
