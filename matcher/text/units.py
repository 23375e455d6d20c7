"""Text cut into units: a Han character is one, a run of Latin letters and digits is one; the rest parts them."""

import re
from collections.abc import Iterator, Sequence
from itertools import chain, pairwise
from typing import NamedTuple

from matcher.text.folding import RUN, UNIT, folded
from matcher.text.lexicon import Lexicon, Units, package_lexicon

_LATIN = re.compile("[a-z0-9]")


class Unit(NamedTuple):
    """
    One unit as it is compared, and where the original text has it (character positions, end exclusive).

    The units of a synonym are those of its group's first name, and each has the positions of the whole synonym.
    """

    text: str
    start: int
    end: int


def stripped(text: str, lexicon: Lexicon | None = None) -> str:
    """Fold a text and blank out boilerplate, which says nothing of the matter; positions stay true."""
    pattern = (lexicon or package_lexicon()).boilerplate_pattern
    return pattern.sub(lambda found: " " * len(found[0]), folded(text))


def runs(text: str, lexicon: Lexicon | None = None) -> Iterator[list[Unit]]:
    """
    Yield the runs of units that nothing parts: neither punctuation, nor a space, nor boilerplate.

    Synonyms are read as the first name of their group: from left to right, the longest first. What already is such a
    name stays as it is.

    Parameters
    ----------
    text : str
    lexicon : Lexicon or None
        None stands for the package's lists.

    Yields
    ------
    list of Unit
        At least one unit; neighbours in it meet, or stem from the same synonym.
    """
    lexicon = lexicon or package_lexicon()
    run: list[Unit] = []
    for found in UNIT.finditer(stripped(text, lexicon)):
        if run and run[-1].end != found.start():
            yield from _read(run, lexicon)
            run = []
        run.append(Unit(found[0], found.start(), found.end()))
    if run:
        yield from _read(run, lexicon)


def unit_runs(text: str, lexicon: Lexicon | None = None) -> Iterator[list[str]]:
    """
    Yield the texts of the units that `runs` yields, in a third of the time: where they stand is left out.

    Examples
    --------
    >>> list(unit_runs("PLA\u6539\u6027, 3"))
    [['pla', '\u6539', '\u6027'], ['3']]
    """
    lexicon = lexicon or package_lexicon()
    for run in RUN.findall(stripped(text, lexicon)):
        texts = UNIT.findall(run) if _LATIN.search(run) else list(run)
        if _holds_no_name(texts, lexicon):
            yield texts
        else:
            yield from read_units(texts, lexicon)


def read_units(texts: Sequence[str], lexicon: Lexicon) -> Iterator[list[str]]:
    """Read the synonyms among the units of a run; it may part."""
    if synonyms := list(_synonyms(tuple(texts), lexicon)):
        run = [Unit(text, 0, 0) for text in texts]
        yield from ([unit.text for unit in part] for part in _renamed(run, synonyms))
    else:
        yield list(texts)


def plain_units(text: str) -> list[str]:
    """Cut into units what was read already, such as a span: no list changes it a second time."""
    return UNIT.findall(text)


def _read(run: list[Unit], lexicon: Lexicon) -> Iterator[list[Unit]]:
    texts = tuple(unit.text for unit in run)
    if _holds_no_name(texts, lexicon):
        yield run
    else:
        yield from _renamed(run, list(_synonyms(texts, lexicon)))


def _synonyms(texts: Units, lexicon: Lexicon) -> Iterator[tuple[int, int, Units]]:
    """Find what is read as another name: where in a run it begins and ends, and that name's units."""
    names_from, first_units, end = lexicon.names_from, lexicon.first_units, 0
    for position in [k for k, text in enumerate(texts) if text in first_units]:
        if position < end:
            continue
        both = texts[position : position + 2]
        for name, first in (*names_from.get(both, ()), *names_from.get(both[:1], ())):
            if texts[position : position + len(name)] == name:
                end = position + len(name)
                if name != first:
                    yield position, end, first
                break


def _renamed(run: list[Unit], synonyms: Sequence[tuple[int, int, Units]]) -> Iterator[list[Unit]]:
    """Rename what `_synonyms` found; a run parts where two Latin units would meet, as by the space people write."""
    read: list[Unit] = []
    rest = 0
    for begin, end, first in synonyms:
        read += run[rest:begin]
        read += [Unit(text, run[begin].start, run[end - 1].end) for text in first]
        rest = end
    read += run[rest:]
    begin = 0
    for cut, (one, other) in enumerate(pairwise(read), start=1):
        if one.text.isascii() and other.text.isascii():
            yield read[begin:cut]
            begin = cut
    yield read[begin:]


def _holds_no_name(texts: Sequence[str], lexicon: Lexicon) -> bool:
    """Tell of most runs that they hold no synonym: to go over each unit by unit would take as long as all the rest."""
    return lexicon.names_from.keys().isdisjoint(chain(zip(texts, strict=True), pairwise(texts)))
