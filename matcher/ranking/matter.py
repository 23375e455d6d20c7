"""
Words of matter: which words of a text name something, and which only carry a sentence.

A firm's text tells a story, and most of its words say nothing of the trade. Lists that people may edit hold the words
that never do. Of the others, a word counts wherever people write matter alone: in research fields, in titles of needs,
in the dictionary; elsewhere it counts unless it is one of speech, a verb or a count or the like.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import pairwise

import numpy as np

from matcher.ranking.ranker import Ranker
from matcher.text.counting import count_terms
from matcher.text.lexicon import entries
from matcher.text.speech import words_of_speech
from matcher.text.units import plain_units

_FILLERS = ("vague", "stop_words", "boilerplate", "states", "goals", "constraints", "introductions", "units")
"""Lists of words that name no matter; see `matcher.text.quality`."""

_NEWS = 0.05
"""Share of the profiles up to which a word of a detail is worth missing."""

_ENOUGH = 2_000
"""Records of each side that are read for words of matter: more would add few."""


def is_filler(word: str) -> bool:
    """Whether a folded word, or several in a row, names no matter, by the lists of `matcher.text.quality`."""
    return _fillers().fullmatch(word) is not None


def telling(ranker: Ranker, runs: Iterable[str], is_whole: Callable[[str], bool] = lambda _: False) -> list[str]:
    """
    Keep of runs of words what names something.

    Parameters
    ----------
    ranker : Ranker
        Whose texts tell the words of matter.
    runs : iterable of str
        Folded, as `matcher.text.whole_words` gives them.
    is_whole : callable
        Says of a run whether no word of either text is cut for it: a run of single characters is a name only so.

    Returns
    -------
    list of str
        In order, each once, without words of speech and single characters at the ends; nothing of fillers and counts.
    """
    known, tokenizer = known_words(ranker), ranker.profiles.tokenizer
    found: dict[str, None] = {}
    for run in runs:
        words = tokenizer(run)
        if all(len(word) == 1 for word in words):
            words = [run] if _everyday().isdisjoint(words) and is_whole(run) else []
        while words and known.is_idle(words[-1]):
            words.pop()
        while words and known.is_idle(words[0]):
            words.pop(0)
        if any(known.tells(word) for word in words):
            found.setdefault("".join(words))
    return list(found)


@dataclass(frozen=True, slots=True, eq=False)
class KnownWords:
    """
    What the texts of all tell of a word: whether people write it where they write matter alone, and how many do.

    Parameters
    ----------
    matter : frozenset of str
        Words of research fields, of titles and of the dictionary.
    counts : mapping of str to int
        Profiles by the terms that they have.
    most : float
        Profiles up to which a word is news.
    """

    matter: frozenset[str]
    counts: Mapping[str, int]
    most: float

    def n_naming(self, word: str) -> int:
        """Count the profiles that name a word: as a word, else at most as many as have all pairs of its units."""
        units = plain_units(word)
        grams = (self.counts.get("characters__" + "".join(pair), 0) for pair in pairwise(units))
        return self.counts.get(f"words__{word}", 0) or min(grams, default=self.counts.get(f"characters__{word}", 0))

    def is_news(self, word: str) -> bool:
        """Whether a word says something wherever it stands; what many name is no news."""
        return word in self.matter and self.n_naming(word) <= self.most

    def is_idle(self, word: str) -> bool:
        """Whether a word is a single character, or one of speech and no term of the trade."""
        return len(word) == 1 or word in _everyday() or (word in words_of_speech() and word not in self.matter)

    def tells(self, word: str) -> bool:
        """Whether a word names something by itself; Latin with figures, as of a steel, does, and a count does not."""
        is_count = any(character.isdigit() for character in word) and (not word.isascii() or word.isdecimal())
        return not (self.is_idle(word) or is_filler(word) or is_count)


@lru_cache(maxsize=1)
def known_words(ranker: Ranker) -> KnownWords:
    """Read what the texts of a ranker's records tell of words."""
    profiles = ranker.profiles
    texts = [expert.research_fields for expert in ranker.experts[:_ENOUGH]]
    texts += [need.need_title for need in ranker.needs[:_ENOUGH]]
    words = count_terms(texts, profiles.lexicon, profiles.tokenizer, channels=["words"])["words"].terms.tolist()
    counts = np.bincount(profiles.experts.indices, minlength=len(profiles.terms)).tolist()
    return KnownWords(
        frozenset((*words, *profiles.lexicon.dictionary)),
        dict(zip(profiles.terms.tolist(), counts, strict=True)),
        max(1.0, _NEWS * len(ranker.experts)),
    )


@cache
def _everyday() -> frozenset[str]:
    """Words that tell nothing to people, whatever their part of speech."""
    return frozenset((*entries("everyday"), *entries("stop_words")))


@cache
def _fillers() -> re.Pattern[str]:
    """Match what is made of fillers alone; a Latin one is a word by itself: three units in a row are none."""
    longest_first = sorted({word for name in _FILLERS for word in entries(name)}, key=lambda word: (-len(word), word))
    either = "|".join(map(re.escape, longest_first))
    return re.compile(rf"(?:(?!(?<=[a-z])[a-z])(?:{either}))+")
