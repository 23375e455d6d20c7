"""What somebody new would bring, with the texts weighed again as they would be with this person among them."""

from collections.abc import Sequence
from dataclasses import replace
from functools import cache

import numpy as np

from matcher.assignment import place_gains, rules_of
from matcher.domain.records import Expert, Need, Rating
from matcher.domain.settings import Settings
from matcher.pipeline import open_market
from matcher.text import StoredVectors, Tokenizer, package_lexicon
from matcher.text.tokenizers import tokenizer_named

_ID = "newcomer"


def weighed_newcomer_gains(
    experts: Sequence[Expert],
    firms: Sequence[Need],
    settings: Settings,
    like: Sequence[str],
    *,
    ratings: Sequence[Rating] = (),
    relearned: bool = False,
) -> np.ndarray:
    """
    Say what somebody new would bring who is like an expert, each alone and with one place, words weighed again.

    The newcomer has the expert's profile, and nobody's wish, veto or rating. Unlike in
    `matcher.assignment.newcomer_gains`, which takes weights as they are, each word of theirs is one profile less rare,
    for them and for everybody.

    The vectors of the semantic channel are those of the experts that there are: a text like the newcomer's stands
    among them once, as each person's own does. With an exact copy among the texts that they learn from, the vectors
    would learn the copy by heart, and hardly anybody else would be akin to it; what that makes of the gains,
    ``relearned`` says.

    Parameters
    ----------
    experts, firms : sequences of Expert and of Need
    settings : Settings
        Quotas, locks and bans count as in a run; groups are nested or apart, and all count pairs.
    like : sequence of str
        Ids of experts.
    ratings : sequence of Rating
        Of earlier years.
    relearned : bool
        Learn the vectors anew with each newcomer's text among the others; some four or five times as slow.

    Returns
    -------
    float, shape (len(like),)
        By how much the greatest sum of values rises with the newcomer's place: exactly what solving with it and
        without gives, on the market of words weighed with the newcomer. What these weights change for everybody else
        is in both sums, so today's list may be a little more or less away. 0 where the newcomer may not be sent. Gains
        of two people do not add up.

    Raises
    ------
    ValueError
        When nobody has an id of ``like``; when no term stands in enough texts to learn vectors from; as `place_gains`.
    InputError, SettingsError, InfeasibleProblem
        As `matcher.pipeline.match`; ``SettingsError``, too, where the settings name lists or vectors in a file.
    """
    of_id = {expert.expert_id: expert for expert in experts}
    if unknown := [name for name in like if name not in of_id]:
        raise ValueError(f"no expert has the id {unknown[0]!r}")
    new_id = next(name for k in range(len(of_id) + 1) if (name := f"{_ID}-{k}") not in of_id)
    tokenizer = _Remembering(tokenizer_named(settings.text.tokenizer, package_lexicon()))
    vectors = None
    if settings.text.semantic and not settings.text.vectors and not relearned:
        vectors = StoredVectors.learn("profiles", [expert.profile for expert in experts])
    gains = np.zeros(len(like))
    for k, name in enumerate(like):
        new = replace(
            of_id[name], expert_id=new_id, capacity=1, preferred_firms=(), vetoed_firms=(), accepts_others=True
        )
        everybody = [*experts, new]
        rules = rules_of(settings.assignment, everybody, firms)
        _, market = open_market(
            *(everybody, firms, settings), rules=rules, ratings=ratings, tokenizer=tokenizer, vectors=vectors
        )
        place = market.expert_ids.index(new_id)
        capacity = market.expert_capacity.copy()
        if capacity[place]:  # the days that they have may allow none
            capacity[place] = 0
            gains[k] = place_gains(replace(market, expert_capacity=capacity), rules).experts[place]
    return gains


class _Remembering:
    """A tokenizer that cuts each text once, for texts that are weighed again and again."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self.name = tokenizer.name
        self._cut = cache(tokenizer)

    def __call__(self, text: str) -> list[str]:
        """Cut a text."""
        return self._cut(text)
