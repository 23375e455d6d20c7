"""What somebody new would bring, with the texts weighed again as they would be with this person among them."""

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from itertools import count

import numpy as np

from matcher.assignment import place_gains, rules_of
from matcher.domain.records import Expert, Need, Rating
from matcher.domain.references import confirm_references
from matcher.domain.settings import Settings
from matcher.pipeline import open_market
from matcher.text import Lexicon, StoredVectors, Tokenizer, package_lexicon, tokenizer_named

_ID = "newcomer"


def weighed_newcomer_gains(
    experts: Sequence[Expert],
    firms: Sequence[Need],
    settings: Settings,
    like: Sequence[str],
    *,
    ratings: Sequence[Rating] = (),
    lexicon: Lexicon | None = None,
    vectors: StoredVectors | None = None,
    relearned: bool = False,
) -> np.ndarray:
    """
    Say what somebody new would bring who is like an expert, each alone and with one place, words weighed again.

    The newcomer has the expert's profile, and nobody's wish, veto or rating. Unlike in
    `matcher.assignment.newcomer_gains`, which takes weights as they are, each word of theirs is one profile less rare,
    for them and for everybody.

    The vectors of the semantic channel are those of the experts that there are: a text like the newcomer's stands
    among them once, as each person's own does. With an exact copy among the texts that they learn from, the vectors
    would learn the copy by heart, and hardly anybody else would be akin to it (``docs/decisions/0026``); what that
    makes of the gains, ``relearned`` says.

    Parameters
    ----------
    experts, firms : sequences of Expert and of Need
    settings : Settings
        Quotas, locks and bans count as in a run; groups are nested or apart, and all count pairs.
    like : sequence of str
        Ids of experts.
    ratings : sequence of Rating
        Of earlier years.
    lexicon : Lexicon or None
    vectors : StoredVectors or None
        As `matcher.pipeline.match` takes them.
    relearned : bool
        Learn the vectors anew with each newcomer's text among the others; some three times as slow.

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
        When nobody has an id of ``like``; when no term stands in enough texts to learn vectors from; when vectors are
        given and to be learned; as `place_gains`.
    InputError, SettingsError, InfeasibleProblem
        As `matcher.pipeline.match`.

    Examples
    --------
    >>> firms = [
    ...     Need(firm_id=name, need_id=name, name=name, industry="motors", need_title="motor noise") for name in "fg"
    ... ]
    >>> experts = [
    ...     Expert(expert_id="a", name="A", institution="U", research_fields="motor noise"),
    ...     Expert(expert_id="b", name="B", institution="U", research_fields="green tea"),
    ... ]
    >>> weighed_newcomer_gains(experts, firms, Settings(text={"semantic": 0}), ["a", "b"]).round(2).tolist()
    [0.38, 0.0]
    """
    if relearned and vectors is not None:
        raise ValueError("vectors that are given are not learned again: leave out one of vectors and relearned")
    # Before somebody new has an id that a wish, a lock or a ban of nobody could mean.
    confirm_references(experts, firms)
    rules_of(settings.assignment, experts, firms)
    of_id = {expert.expert_id: expert for expert in experts}
    if unknown := [name for name in like if name not in of_id]:
        raise ValueError(f"no expert has the id {unknown[0]!r}")
    taken = of_id.keys() | {rating.expert_id for rating in ratings}
    new_id = next(name for k in count() if (name := f"{_ID}-{k}") not in taken)
    tokenizer = _Remembering(tokenizer_named(settings.text.tokenizer, lexicon or package_lexicon()))
    if settings.text.semantic and not settings.text.vectors and vectors is None and not relearned:
        vectors = StoredVectors.learn("profiles", [expert.profile for expert in experts], lexicon)
    gains = np.zeros(len(like))
    for k, name in enumerate(like):
        new = replace(
            of_id[name], expert_id=new_id, capacity=1, preferred_firms=(), vetoed_firms=(), accepts_others=True
        )
        everybody = [*experts, new]
        rules = rules_of(settings.assignment, everybody, firms)
        _, market = open_market(
            *(everybody, firms, settings),
            rules=rules,
            ratings=ratings,
            tokenizer=tokenizer,
            lexicon=lexicon,
            vectors=vectors,
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
