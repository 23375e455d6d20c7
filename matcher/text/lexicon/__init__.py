"""
What is known of the trades and their ways of writing: four lists that people may edit.

One entry a line, ``#`` begins a comment. ``dictionary``: terms that jieba keeps whole. ``stop_words``: words without a
matter, left out of the word channel. ``boilerplate``: phrases blanked out before anything is cut. ``synonyms``: names
of one thing, ``a = b = c``, all read as the first; a name alone is read as it stands.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from functools import cache, cached_property, partial
from importlib.resources import files
from typing import NamedTuple

from matcher.domain.messages import Message
from matcher.text.folding import UNIT, folded

Names = tuple[str, ...]
Entries = Sequence[str | Names]
"""A list's entries: a tuple is a group of synonyms."""
Units = tuple[str, ...]

_NOTHING = re.compile(r"(?!)")


class Fault(NamedTuple):
    """What is wrong with an entry: its list, its position there, and the sentence."""

    name: str
    position: int
    message: Message


def entries_of(name: str, text: str) -> dict[int, str | Names]:
    r"""
    Read a list as it stands in a file.

    Parameters
    ----------
    name : str
        A file's name without ``.txt``: that of a list of `Lexicon`, or one of those that `matcher.text.quality` reads.
    text : str

    Returns
    -------
    dict of int to str or tuple of str
        Entries by line, from 1, as written; a tuple is a group of synonyms.

    Examples
    --------
    >>> entries_of("synonyms", "# motors\nBLDC = brushless")
    {2: ('BLDC', 'brushless')}
    """
    lines = ((number, line.partition("#")[0].strip()) for number, line in enumerate(text.splitlines(), start=1))
    if name == "synonyms":
        return {number: tuple(part.strip() for part in line.split("=")) for number, line in lines if line}
    return {number: line for number, line in lines if line}


@cache
def entries(name: str) -> tuple:
    """Read a list of the package: its entries in the file's order, as `entries_of` gives them."""
    text = files(__name__).joinpath(f"{name}.txt").read_text(encoding="utf-8")
    return tuple(entries_of(name, text).values())


@dataclass(frozen=True)
class Lexicon:
    """
    The lists that texts are read with; what is not given is the package's.

    Parameters
    ----------
    dictionary, stop_words, boilerplate : tuple of str
        Width and case do not matter.
    synonyms : tuple of tuple of str
        Groups; the first name is the one that the others are read as. A group of one keeps that name as it is.

    Raises
    ------
    ValueError
        When an entry can have no effect, or not the one meant; see `faults`.

    Examples
    --------
    >>> lexicon = Lexicon(synonyms=(("brushless", "BLDC"),))
    >>> lexicon.synonyms
    (('brushless', 'bldc'),)
    >>> lexicon.stop_words == Lexicon().stop_words
    True
    """

    dictionary: tuple[str, ...] = field(default_factory=partial(entries, "dictionary"))
    stop_words: tuple[str, ...] = field(default_factory=partial(entries, "stop_words"))
    boilerplate: tuple[str, ...] = field(default_factory=partial(entries, "boilerplate"))
    synonyms: tuple[Names, ...] = field(default_factory=partial(entries, "synonyms"))

    def __post_init__(self) -> None:
        for name in LISTS:
            plain = (folded(e) if isinstance(e, str) else tuple(map(folded, e)) for e in getattr(self, name))
            object.__setattr__(self, name, tuple(plain))
        if found := next(faults({name: getattr(self, name) for name in LISTS}), None):
            raise ValueError(f"{found.name}[{found.position}]: {found.message.code} {dict(found.message.values)}")

    def __hash__(self) -> int:
        return hash(self.digest)

    @cached_property
    def digest(self) -> str:
        """Fingerprint of all lists together, for the report of a run: sha256, 64 hexadecimal digits."""
        lists = [
            f"{name}\n" + "\n".join(e if isinstance(e, str) else "=".join(e) for e in getattr(self, name))
            for name in LISTS
        ]
        return hashlib.sha256("\n\n".join(lists).encode()).hexdigest()

    @cached_property
    def stop_word_set(self) -> frozenset[str]:
        """The stop words, to be looked up."""
        return frozenset(self.stop_words)

    @cached_property
    def boilerplate_pattern(self) -> re.Pattern[str]:
        """Matches boilerplate in a folded text, the longest phrase first."""
        return _pattern(self.boilerplate)

    @cached_property
    def names_from(self) -> Mapping[Units, Sequence[tuple[Units, Units]]]:
        """
        The names of all groups by their first two units, or by the only one.

        Each is the units of a name, and those of the first name of its group; the longest come first.
        """
        found: dict[Units, list[tuple[Units, Units]]] = {}
        for group in self.synonyms:
            first, *_ = cut = [tuple(UNIT.findall(name)) for name in group]
            for units in cut:
                found.setdefault(units[:2], []).append((units, first))
        return {beginning: sorted(names, key=lambda name: -len(name[0])) for beginning, names in found.items()}

    @cached_property
    def first_units(self) -> frozenset[str]:
        """The units that names begin with."""
        return frozenset(first for first, *_ in self.names_from)


LISTS = tuple(part.name for part in fields(Lexicon))
"""Names of the lists, which are those of their files too."""


@cache
def package_lexicon() -> Lexicon:
    """Return the package's own lists."""
    return Lexicon()


def faults(lists: Mapping[str, Entries]) -> Iterator[Fault]:
    """
    Find the entries that can have no effect, or not the one meant.

    A text is parted at punctuation, spaces and boilerplate before anything else is looked for, so no term, stop word
    or name may hold any. A name stands in one group, once.

    Parameters
    ----------
    lists : mapping of str to sequence of entries
        By their names, all four.

    Yields
    ------
    Fault
        By list, then by position.
    """
    for name in ("dictionary", "stop_words"):
        for position, entry in enumerate(lists[name]):
            if not _is_one_run(str(entry)):
                yield Fault(name, position, Message("lexicon.parted", {"value": entry}))
    blank = _pattern([folded(str(phrase)) for phrase in lists["boilerplate"]])
    seen: dict[str, tuple[str, ...]] = {}
    for position, group in enumerate(lists["synonyms"]):
        names = tuple(map(folded, group))
        for message in _faults_of(names, seen, blank):
            yield Fault("synonyms", position, message)
        seen |= dict.fromkeys(names, names)


def _faults_of(names: Names, seen: Mapping[str, Names], blank: re.Pattern[str]) -> Iterator[Message]:
    if not names or not all(names):
        yield Message("lexicon.empty_name", {"value": " = ".join(names)})
        return
    for name in names:
        if not _is_one_run(name):
            yield Message("lexicon.parted", {"value": name})
        elif phrase := blank.search(name):
            yield Message("lexicon.blanked", {"value": name, "phrase": phrase[0]})
    for name in dict.fromkeys(names):
        if name in seen:
            yield Message("lexicon.in_two_groups", {"value": name, "other": " = ".join(seen[name])})
        elif names.count(name) > 1:
            yield Message("lexicon.twice", {"value": name})


def _is_one_run(entry: str) -> bool:
    plain = folded(entry)
    return bool(plain) and "".join(UNIT.findall(plain)) == plain


def _pattern(phrases: Sequence[str]) -> re.Pattern[str]:
    longest_first = sorted(phrases, key=lambda phrase: (-len(phrase), phrase))
    return re.compile("|".join(map(re.escape, longest_first))) if phrases else _NOTHING
