"""
What a need names that a profile does not: whole words and phrases, for the people who read reasons.

A firm's detail tells a story, and most of its words are no matter that anybody could lack. So a word counts there only
where people write matter alone; see `matcher.ranking.matter`.
"""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from matcher.ranking.matter import KnownWords, is_filler, known_words
from matcher.ranking.ranker import Ranker
from matcher.text.profiles import Profiles
from matcher.text.spans import joined_runs, with_bounds
from matcher.text.units import Unit, plain_units, runs

_MOST_WORDS = 3
"""Words that make a phrase at most: more would be a clause."""

_NAMED = 2 / 3
"""Share of a word's units from which a profile names it that has them in pairs: long words are often written short."""

_LETTER = r"[^\W_\u3400-\u9fff\U00020000-\U0003ffff]"
_HYPHEN = r"[-\u2010\u2011\uff0d]"
_BEFORE = re.compile(rf"(?:{_LETTER}+{_HYPHEN})+$")
_BEHIND = re.compile(rf"(?<={_LETTER})(?:{_HYPHEN}{_LETTER}+)+")
"""What hyphens join to a word. Behind a Han character one is a dash, or a minus: -10 ℃."""


@dataclass(frozen=True, slots=True)
class Missing:
    """
    A phrase of a need of which the profile has nothing.

    Attributes
    ----------
    words : str
        As the need writes it, with what hyphens join to it: ``Q-max``, though it is compared as two words.
    in_title : bool
        Whether it stands in the need's title.
    weight : float
        Inverse document frequency among the profiles, 1 where all name it: that of its rarest word that somebody's
        profile names, else that of a word of one profile.
    elsewhere : bool
        Whether somebody else's profile names it, or a part of it. Where not, nobody of the batch seems to offer it.
    """

    words: str
    in_title: bool
    weight: float
    elsewhere: bool


def missing(ranker: Ranker, need: int, expert: int, at_most: int = 3) -> tuple[Missing, ...]:
    """
    Say what a need names that an expert's profile does not.

    The need is cut into words as the word channel does; neighbours that are missing make one phrase. Words without
    matter, numbers, units and single characters are no news. A profile names a word when it has its units one after
    another, synonyms read as one, or most of them in pairs.

    Parameters
    ----------
    ranker : Ranker
    need, expert : int
        Positions.
    at_most : int

    Returns
    -------
    tuple of Missing
        Those of the title first, then those that some profile names, then by weight, then as they stand in the text.
    """
    profiles, asked, known = ranker.profiles, ranker.needs[need], known_words(ranker)
    profile = joined_runs(ranker.experts[expert].profile, profiles.lexicon)
    found: dict[str, Missing] = {}
    for text, in_title in ((asked.need_title, True), (asked.need_detail, False)):
        for phrase in _phrases(text, profile, profiles, None if in_title else known):
            written = _joined(text, phrase[0].start, phrase[-1].end)
            counts = [known.n_naming(word.text) for word in phrase]
            weight = max(math.log((1 + len(ranker.experts)) / (1 + max(count, 1))) + 1 for count in counts)
            if not any(written in other or other in written for other in found):
                found[written] = Missing(written, in_title, weight, any(counts))
    ordered = sorted(found.values(), key=lambda one: (not one.in_title, not one.elsewhere, -one.weight))
    return tuple(ordered[:at_most])


class _Word(NamedTuple):
    """A word as it is compared, and where the text has it."""

    text: str
    start: int
    end: int


def _phrases(text: str, profile: str, profiles: Profiles, known: KnownWords | None) -> Iterator[list[_Word]]:
    """Yield neighbouring words of a text that a profile does not name; with ``known``, of those alone that it knows."""
    for run in runs(text, profiles.lexicon):
        phrase: list[_Word] = []
        for word in _words_of(run, profiles):
            has_matter = _may_have_matter(word.text) and (known is None or known.is_news(word.text))
            if has_matter and not _names(profile, word.text):
                phrase.append(word)
                continue
            if phrase:
                yield phrase[:_MOST_WORDS]
            phrase = []
        if phrase:
            yield phrase[:_MOST_WORDS]


def _words_of(run: list[Unit], profiles: Profiles) -> Iterator[_Word]:
    """Cut a run into words, each with its place in the text as written."""
    units = iter(run)
    for word in profiles.tokenizer("".join(unit.text for unit in run)):
        held = [next(units)]
        while sum(len(unit.text) for unit in held) < len(word):
            held.append(next(units))
        yield _Word(word, held[0].start, held[-1].end)


def _joined(text: str, start: int, end: int) -> str:
    """Cut out a place with what hyphens join to it."""
    before, behind = _BEFORE.search(text[:start]), _BEHIND.match(text, end)
    return text[before.start() if before else start : behind.end() if behind else end]


def _may_have_matter(word: str) -> bool:
    return len(word) > 1 and not any(character.isdigit() for character in word) and not is_filler(word)


def _names(profile: str, word: str) -> bool:
    """Whether a profile, as `joined_runs` writes it, names a word."""
    units = plain_units(word)
    if with_bounds(units) in profile:
        return True
    held = {
        at for start, pair in enumerate(pairwise(units)) if with_bounds(pair) in profile for at in (start, start + 1)
    }
    return len(held) >= _NAMED * len(units)
