"""What two texts have in common, as people read it: the longest common runs, and where they stand."""

from collections.abc import Iterable

from matcher.text.lexicon import entries
from matcher.text.tokenizers import Tokenizer
from matcher.text.units import runs


def common_spans(text: str, other: str) -> list[str]:
    """
    Find the longest runs of units that both texts have.

    A run is listed when no longer common run of ``text`` contains it at its place.

    Parameters
    ----------
    text, other : str

    Returns
    -------
    list of str
        Folded runs, each once, longest first, then in the order of ``text``.

    Examples
    --------
    >>> common_spans("BLDC motor noise", "noise of a BLDC")
    ['bldc', 'noise']
    """
    haystack = _marked(other)
    spans: dict[str, int] = {}
    for run in runs(text):
        end = 0
        for start in range(len(run)):
            reached = max(end, start)
            # If units start..reached are common, so are start+1..reached: the end never moves back.
            while reached < len(run) and _joined(run[start : reached + 1]) in haystack:
                reached += 1
            if reached > end and reached > start:
                spans.setdefault("".join(unit.text for unit in run[start:reached]), reached - start)
            end = max(end, reached)
    return sorted(spans, key=lambda span: -spans[span])


def holders(terms: Iterable[str], spans: list[str]) -> list[str]:
    """Return for each term the first span that holds it at the bounds of its units, else the term itself."""
    marked_spans = [_marked(span) for span in spans]
    found = []
    for term in terms:
        marked = _marked(term)
        found.append(next((span for span, text in zip(spans, marked_spans, strict=True) if marked in text), term))
    return found


def whole_words(text: str, spans: Iterable[str], tokenizer: Tokenizer) -> list[str]:
    """
    Cut spans back to the words of a text that lie in them whole, for people to read.

    Parameters
    ----------
    text : str
        One of the two that share the spans.
    spans : iterable of str
        As `common_spans` gives them.
    tokenizer : Tokenizer

    Returns
    -------
    list of str
        In the order of the spans, each once, without stop words at the ends; what holds no word is left out.
    """
    stop_words = frozenset(entries("stop_words"))
    cut = []
    for run in runs(text):
        joined, words, end = "".join(unit.text for unit in run), [], 0
        for word in tokenizer(joined):
            words.append((word, end, end + len(word)))
            end += len(word)
        cut.append((joined, words))
    found: dict[str, None] = {}
    for span in spans:
        for joined, words in cut:
            start = joined.find(span)
            inside = [word for word, a, b in words if start >= 0 and a >= start and b <= start + len(span)]
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


def locate(text: str, spans: Iterable[str]) -> list[tuple[int, int]]:
    """
    Find where spans stand in a text as its author wrote it.

    Parameters
    ----------
    text : str
    spans : iterable of str
        As `common_spans` gives them.

    Returns
    -------
    list of (int, int)
        Character positions, end exclusive; in order, merged where they overlap or touch.
    """
    wanted = {_marked(span) for span in spans}
    lengths = sorted({span.count("|") - 1 for span in wanted})
    found: list[tuple[int, int]] = []
    for run in runs(text):
        for length in lengths:
            for start in range(len(run) - length + 1):
                if _joined(run[start : start + length]) in wanted:
                    found.append((run[start].start, run[start + length - 1].end))
    merged: list[tuple[int, int]] = []
    for start, end in sorted(found):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def _joined(run: list) -> str:
    return "|" + "|".join(unit.text for unit in run) + "|"


def _marked(text: str) -> str:
    """Write a text with a bar at every unit's bound, a line a run, so that ``in`` finds whole units alone."""
    return "\n".join(map(_joined, runs(text)))
