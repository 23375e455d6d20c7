"""What two texts have in common, as people read it: the longest common runs, and where they stand."""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import accumulate, chain, pairwise

from matcher.text.folding import folded
from matcher.text.lexicon import Lexicon, package_lexicon
from matcher.text.tokenizers import Tokenizer
from matcher.text.units import Unit, plain_units, runs, unit_runs


def common_spans(text: str, other: str, lexicon: Lexicon | None = None) -> list[str]:
    """
    Find the longest runs of units that both texts have.

    A run is listed when no longer common run of ``text`` contains it at its place.

    Parameters
    ----------
    text, other : str
    lexicon : Lexicon or None
        None stands for the package's lists.

    Returns
    -------
    list of str
        Folded runs, synonyms as the first name of their group, each once, longest first, then in the order of ``text``.

    Examples
    --------
    >>> common_spans("AGV motor noise", "noise of an AGV")
    ['agv', 'noise']
    """
    haystack, known = joined_runs(other, lexicon), set(chain.from_iterable(_read(other, lexicon)))
    spans: dict[str, int] = {}
    for run in _read(text, lexicon):
        end = 0
        for start in range(len(run)):
            reached = max(end, start)
            # If units start..reached are common, so are start+1..reached: the end never moves back.
            while reached < len(run) and run[reached] in known and with_bounds(run[start : reached + 1]) in haystack:
                reached += 1
            if reached > end and reached > start:
                spans.setdefault("".join(run[start:reached]), reached - start)
            end = max(end, reached)
    return sorted(spans, key=lambda span: -spans[span])


def holders(terms: Iterable[str], spans: list[str]) -> list[str]:
    """Return for each term the first span that holds it at the bounds of its units, else the term itself."""
    text = "\n".join(map(_marked, spans))
    found = ((term, text.find(_marked(term))) for term in terms)
    return [spans[text.count("\n", 0, at)] if at >= 0 else term for term, at in found]


def whole_words(text: str, spans: Iterable[str], tokenizer: Tokenizer, lexicon: Lexicon | None = None) -> list[str]:
    """
    Cut spans back to the words of a text that lie in them whole, for people to read.

    Parameters
    ----------
    text : str
        One of the two that share the spans.
    spans : iterable of str
        As `common_spans` gives them.
    tokenizer : Tokenizer
    lexicon : Lexicon or None
        That of the spans.

    Returns
    -------
    list of str
        In the order of the spans, each once, without stop words at the ends; what holds no word is left out.
    """
    stop_words = (lexicon or package_lexicon()).stop_word_set
    joined = ["".join(run) for run in _read(text, lexicon)]
    cut: dict[str, list[tuple[str, tuple[int, int]]]] = {}
    found: dict[str, None] = {}
    for span in spans:
        for run in joined:
            if (start := run.find(span)) < 0:
                continue
            if run not in cut:
                words = tokenizer(run)
                cut[run] = list(zip(words, pairwise(accumulate(map(len, words), initial=0)), strict=True))
            inside = [word for word, (a, b) in cut[run] if a >= start and b <= start + len(span)]
            # A single character at an end is a stop word, or the rest of a word that the span cuts.
            least = 2 if any(len(word) > 1 for word in inside) else 1
            while inside and (inside[-1] in stop_words or len(inside[-1]) < least):
                inside.pop()
            while inside and (inside[0] in stop_words or len(inside[0]) < least):
                inside.pop(0)
            if inside:
                found.setdefault("".join(inside))
                break
    return list(found)


def locate(text: str, spans: Iterable[str], lexicon: Lexicon | None = None) -> list[tuple[int, int]]:
    """
    Find where spans stand in a text as its author wrote it.

    Parameters
    ----------
    text : str
    spans : iterable of str
        As `common_spans` gives them.
    lexicon : Lexicon or None
        That of the spans.

    Returns
    -------
    list of (int, int)
        Character positions, end exclusive; in order, merged where they overlap or touch. Of a synonym, that of the
        whole name, even where a span is but a part of its group's first name.
    """
    found = _places(text, spans, lexicon)
    merged: list[tuple[int, int]] = []
    for start, end in sorted(found):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def as_written(words: Sequence[str], text: str, other: str, lexicon: Lexicon | None = None) -> list[str]:
    """
    Say words that two texts share as their authors wrote them.

    Parameters
    ----------
    words : sequence of str
        Spans of both, or parts of them, each once.
    text, other : str
    lexicon : Lexicon or None
        That of the spans.

    Returns
    -------
    list of str
        One a word, no two alike: as both write it, folded; where they write it differently, the way of ``text`` with
        that of ``other`` in parentheses.

    Examples
    --------
    >>> lexicon = Lexicon(synonyms=(("motor", "drive"),))
    >>> as_written(["motor"], "small DRIVE", "a drive", lexicon)
    ['drive']
    """
    sides = folded(text), folded(other)
    taken = set(words)
    said = []
    for word in words:
        name = word
        if not all(word in side for side in sides):
            ways = [[side[start:end] for start, end in sorted(_places(side, [word], lexicon))] for side in sides]
            if all(ways):
                both = next((way for way in ways[0] if way in ways[1]), None)
                name = both or f"{ways[0][0]}（{ways[1][0]}）"
            name = word if name in taken else name
        taken.add(name)
        said.append(name)
    return said


def _places(text: str, spans: Iterable[str], lexicon: Lexicon | None) -> list[tuple[int, int]]:
    wanted = {tuple(plain_units(span)) for span in spans}
    lengths = sorted({len(units) for units in wanted})
    found = []
    for run in _placed(text, lexicon):
        units = tuple(unit.text for unit in run)
        for length in lengths:
            for start in range(len(run) - length + 1):
                if units[start : start + length] in wanted:
                    found.append((run[start].start, run[start + length - 1].end))
    return found


# One text is held against many: whoever explains a list reads each of its texts again and again.
@lru_cache(maxsize=4096)
def joined_runs(text: str, lexicon: Lexicon | None = None) -> str:
    """Write the runs of a text, a line each, so that what `with_bounds` writes is found in them with ``in``."""
    return "\n".join(map(with_bounds, _read(text, lexicon)))


@lru_cache(maxsize=4096)
def _read(text: str, lexicon: Lexicon | None) -> tuple[list[str], ...]:
    return tuple(unit_runs(text, lexicon))


@lru_cache(maxsize=64)
def _placed(text: str, lexicon: Lexicon | None) -> tuple[list[Unit], ...]:
    return tuple(runs(text, lexicon))


def with_bounds(units: Iterable[str]) -> str:
    """Write units with a bar at every bound, so that ``in`` finds whole units alone."""
    return "|" + "|".join(units) + "|"


@lru_cache(maxsize=2**16)
def _marked(units: str) -> str:
    return with_bounds(plain_units(units))
