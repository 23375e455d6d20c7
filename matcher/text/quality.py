"""
How well a need says what it is about: a score, the evidence for it, and what should be added.

Whoever reads a need to find somebody for it looks for five aspects: its *matter* (a product, a process, a material),
the present *state*, the *goal*, *figures* with units, and *constraints*. The detail is read clause by clause, by lists
of words that people may edit. A clause counts when it has a cue and says something of the matter besides, since
everybody writes that they hope for better quality.

The lists and the threshold were made on the sample's firms of odd number; see ``docs/measurements/need-quality.md``.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Literal, NamedTuple

from matcher.domain.messages import Message
from matcher.text.folding import folded
from matcher.text.lexicon import entries
from matcher.text.units import plain_units

Aspect = Literal["matter", "state", "goal", "figures", "constraint"]

WEIGHTS: Mapping[Aspect, float] = {"matter": 0.3, "state": 0.3, "goal": 0.15, "figures": 0.15, "constraint": 0.1}
"""What each aspect adds to the score. Matter and state together are just not vague, with the default threshold: many a
good need names neither goal nor limit, since the trouble that it describes implies them."""

MUCH, LITTLE = 12, 8
"""Different units of matter, a Han character or a Latin word each, from which the matter counts in full, and below
which it counts as missing."""

ESSENTIAL: frozenset[Aspect] = frozenset(("matter", "state"))
"""Aspects without which nothing is clear, however much is said of the others."""

_UNNAMED = frozenset(("no_detail", "matter"))
"""Words for a matter that is not there; a detail that repeats the title leaves what the title names."""

_SPEAKS = 2
"""Units of matter from which a clause says something of it."""

_CUES: Mapping[Aspect, str] = {"state": "states", "goal": "goals", "constraint": "constraints"}
_EMPTY = ("vague", "stop_words", "boilerplate", "states", "goals")
_END = re.compile(r"[\uff0c\u3002\uff1b\uff01\uff1f;!?\n]|[,.](?!\d)")


@dataclass(frozen=True, slots=True)
class NeedQuality:
    """
    What a need's text says.

    Attributes
    ----------
    score : float
        0, nothing, to 1, every aspect; in steps of 0.001. It orders needs by how much they tell a reader, and is no
        judgement of the firm or of how hard the need is.
    found : mapping of aspect to tuple of str
        The clauses that are evidence of each aspect, as written.
    missing : tuple of str
        What to add, in order: aspects, where in place of ``"matter"`` stands ``"no_detail"`` when there is a title
        alone, and ``"repeats"`` when the detail names nothing that the title does not.
    """

    score: float
    found: Mapping[Aspect, tuple[str, ...]]
    missing: tuple[str, ...]

    @property
    def lacks(self) -> frozenset[Aspect]:
        """Aspects of which nothing is said, or too little; each has its word in ``missing``."""
        unnamed: frozenset[Aspect] = frozenset() if _UNNAMED.isdisjoint(self.missing) else frozenset(("matter",))
        return unnamed | frozenset(aspect for aspect in WEIGHTS if aspect in self.missing)


def assess(title: str, detail: str = "") -> NeedQuality:
    """
    Assess what the text of a need says.

    The title names the matter; every other aspect is sought in the detail alone.

    Parameters
    ----------
    title, detail : str

    Returns
    -------
    NeedQuality
        Of this text alone: neither the firm nor other needs count.

    Examples
    --------
    >>> assess("\u7535\u673a\u6e29\u5347", "\u7ed5\u7ec4\u6e29\u5347\u5b9e\u6d4b72K").found["figures"]
    ('\u7ed5\u7ec4\u6e29\u5347\u5b9e\u6d4b72K',)
    >>> assess("\u63d0\u9ad8\u8d28\u91cf").score
    0.0
    """
    named = _read(title).matter
    told: set[str] = set()
    found: dict[Aspect, list[str]] = {aspect: [] for aspect in WEIGHTS}
    for clause in _clauses(detail):
        read = _read(clause)
        if "introductions" in read.lists:
            continue
        told |= read.matter
        for aspect in _evidence(read, named):
            found[aspect].append(clause)
    parts = {aspect: float(bool(clauses)) for aspect, clauses in found.items()}
    parts["matter"] = min(1.0, len(named | told) / MUCH)
    return NeedQuality(
        score=round(sum(weight * parts[aspect] for aspect, weight in WEIGHTS.items()), 3),
        found={aspect: tuple(clauses) for aspect, clauses in found.items()},
        missing=(
            *_thin(detail, named, told),
            *(aspect for aspect in found if aspect != "matter" and not found[aspect]),
        ),
    )


def advice(quality: NeedQuality, vague_below: float) -> tuple[Message, ...]:
    """
    Say what should be added to a need that is vague; nothing to one that is not.

    Parameters
    ----------
    quality : NeedQuality
    vague_below : float
        Score, 0 to 1; see `matcher.domain.settings.CheckSettings`.

    Returns
    -------
    tuple of Message
        Sentences ``need.*``, in the order of ``quality.missing``. Who is asked for the present state is asked for its
        figures in the same sentence.
    """
    return _asked(quality) if quality.score < vague_below else ()


def advice_to_writer(quality: NeedQuality, vague_below: float) -> tuple[Message, ...]:
    """
    Say it to whoever is still writing: of a need that is vague, and of any that lacks what is essential.

    Many words of one aspect raise the score, and make up for none of another. Takes and returns what `advice` does.
    """
    return advice(quality, vague_below) if ESSENTIAL.isdisjoint(quality.lacks) else _asked(quality)


def _asked(quality: NeedQuality) -> tuple[Message, ...]:
    asked = [what for what in quality.missing if what != "figures" or "state" not in quality.missing]
    return tuple(Message(f"need.{what}") for what in asked)


class _Read(NamedTuple):
    """What one clause has: lists that it has words of, units of matter, and whether there is a figure."""

    lists: frozenset[str]
    matter: frozenset[str]
    has_figure: bool


def _evidence(read: _Read, named: frozenset[str]) -> list[Aspect]:
    """Name the aspects that a clause is evidence of; one that repeats the title's words is of none."""
    speaks = len(read.matter) >= _SPEAKS and not read.matter <= named
    found: list[Aspect] = ["matter"] if speaks else []
    found += [aspect for aspect, name in _CUES.items() if name in read.lists and (speaks or read.has_figure)]
    # Who gives a figure and no goal with it, says how things are.
    if read.has_figure:
        found += ["figures"] if {"goal", "state"} & set(found) else ["state", "figures"]
    return found


def _thin(detail: str, named: frozenset[str], told: set[str]) -> tuple[str, ...]:
    """Say what is wrong with the matter, if anything."""
    if not detail.strip():
        return ("no_detail",)
    if told and told <= named:
        return ("repeats",)
    return ("matter",) if len(named | told) < LITTLE else ()


def _clauses(text: str) -> Iterator[str]:
    return filter(None, map(str.strip, _END.split(text)))


def _read(clause: str) -> _Read:
    """Take the words of the lists out of a clause, the longest first at each place, and look at what is left."""
    text, lists, at = folded(clause), set(), 0
    left = list(text)
    while at < len(text):
        for word, names in _words().get(text[at], ()):
            if _stands(word, text, at):
                lists |= names
                if not names.isdisjoint(_EMPTY):
                    left[at : at + len(word)] = " " * len(word)
                at += len(word)
                break
        else:
            at += 1
    units = plain_units(_figure().sub(" ", "".join(left)))
    return _Read(
        frozenset(lists), frozenset(unit for unit in units if not unit.isdigit()), bool(_figure().search(text))
    )


def _stands(word: str, text: str, at: int) -> bool:
    """Whether a word stands at a place, and no Latin letter goes on where one begins or ends it."""
    if not text.startswith(word, at):
        return False
    before, after = text[max(at - 1, 0) : at], text[at + len(word) : at + len(word) + 1]
    return not (_latin(before) and _latin(word[0])) and not (_latin(word[-1]) and _latin(after))


def _latin(character: str) -> bool:
    return "a" <= character <= "z"


@cache
def _words() -> dict[str, list[tuple[str, frozenset[str]]]]:
    """Return every listed word with the lists that it stands in, by its first character, longest first."""
    lists: dict[str, frozenset[str]] = {}
    for name in (*_EMPTY, "constraints", "introductions", "not_cues"):
        for word in entries(name):
            lists[word] = lists.get(word, frozenset()) | {name}
    words: dict[str, list[tuple[str, frozenset[str]]]] = {}
    for word in sorted(lists, key=lambda word: (-len(word), word)):
        words.setdefault(word[0], []).append((word, lists[word]))
    return words


@cache
def _figure() -> re.Pattern[str]:
    """Match a number with a unit, or a decimal one; no part of a model number such as YE3, no date such as 2025.6."""
    longest_first = sorted(entries("units"), key=lambda unit: (-len(unit), unit))
    unit = "|".join(re.escape(unit) + ("(?![a-z])" if _latin(unit[-1]) else "") for unit in longest_first)
    number, date = r"(?<![a-z\d.])\d+(?:\.\d+)?", r"(?:19|20)\d\d\."
    many = "\u5341\u767e\u5343\u4e07\u4ebf\u591a\u6765\u4f59"
    digit = "\u4e8c\u4e24\u4e09\u56db\u4e94\u516d\u4e03\u516b\u4e5d\u5341"
    # One Chinese digit before these (second time, ternary, third grade) makes a name as often as a figure.
    name = f"(?![{digit}][\u6b21\u5143\u7ea7\u4e1d\u652f\u904d])"
    return re.compile(
        rf"{number}\s*[{many}]*\s*(?:{unit})|{name}[{digit}][{digit}{many}\u4e00\u51e0]*(?:{unit})|"
        rf"(?!{date})(?<![a-z\d.])\d+\.\d+"
    )
