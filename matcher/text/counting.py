"""
Many texts to counts of terms: what `WordTerms` and `CharacterGrams` say of each, without a list of the terms of all.

Texts are read some hundred thousand characters at a time: folded and parted together, each different run once. Units
are integers there, and pairs of neighbours are integers too; strings are made of the different terms alone.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, count
from typing import NamedTuple, Protocol, Self

import numpy as np
import scipy.sparse as sp

from matcher.text.folding import UNIT, fold
from matcher.text.lexicon import Lexicon, package_lexicon
from matcher.text.tokenizers import JiebaTokenizer
from matcher.text.units import plain_units, read_units

CHANNELS = ("words", "characters")

_AT_A_TIME = 2**18
"""Characters read in one go: what lies between texts and counts then takes some 50 MB, whatever there is to read."""

_BITS = 31
"""Of a unit's number: a character's is its code point; those of runs of Latin letters and digits follow."""
_LATIN_FROM = 0x110000

_PARTS, _LATIN, _DIGIT, _LETTER = range(1, 5)
"""Kinds of characters; digit and letter are units by themselves."""


@dataclass(frozen=True, slots=True, eq=False)
class Counts:
    """
    How often each term stands in each text.

    Attributes
    ----------
    terms : object, shape (n_terms,)
        Strings, sorted, each in at least one text.
    matrix : int32, CSR, shape (n_texts, n_terms)
        A row's terms stand in the order in which they first appeared in all texts, as scikit-learn's do: sums of
        floats depend on it in their last bit.
    """

    terms: np.ndarray
    matrix: sp.csr_array

    @classmethod
    def joined(cls, parts: Iterable[Self]) -> Self:
        """
        Put counts of several lists of texts together.

        Parameters
        ----------
        parts : iterable of Counts
            Taken one by one: none is needed any more when the next one comes.

        Returns
        -------
        Counts
            What counting all the texts at once, in this order, gives.
        """
        joining = _Joining()
        for part in parts:
            joining.add(part)
        return cls(*joining.counts())

    def over(self, terms: Iterable[str]) -> sp.csr_array:
        """
        Give the counts of other terms, which need not stand in any text; what is none of them is left out.

        Parameters
        ----------
        terms : iterable of str, length n
            Each once.

        Returns
        -------
        int32, CSR, shape (n_texts, n)
            Rows in the order of the columns.
        """
        place = {term: k for k, term in enumerate(terms)}
        columns = np.fromiter((place.get(term, -1) for term in self.terms), np.int32, len(self.terms))
        columns = columns[self.matrix.indices]
        known = columns >= 0
        bounds = _bounds(known)[self.matrix.indptr]
        matrix = _matrix(self.matrix.data[known], columns[known], bounds, len(place))
        matrix.sort_indices()
        return matrix


class Counted(Protocol):
    """Counts that can be asked for those of a vocabulary; see `Counts.over`."""

    def over(self, terms: Iterable[str]) -> sp.csr_array:
        """Give the counts of other terms."""


CountTerms = Callable[..., Mapping[str, Counted]]
"""Counts terms of texts: takes what `count_terms` does."""


def count_terms(
    texts: Sequence[str],
    lexicon: Lexicon | None = None,
    tokenizer: Callable[[str], list[str]] | None = None,
    *,
    channels: Iterable[str] = CHANNELS,
) -> dict[str, Counts]:
    """
    Count the terms of texts, by channel.

    Parameters
    ----------
    texts : sequence of str, length n
    lexicon : Lexicon or None
        The lists that texts are read with; None stands for the package's.
    tokenizer : callable or None
        Cuts a run into words, of a run always the same; None stands for `JiebaTokenizer`.
    channels : iterable of {"words", "characters"}

    Returns
    -------
    dict of str to Counts
        Of the channels asked for. Terms and counts are those that scikit-learn's ``CountVectorizer`` finds with
        `WordTerms` and `CharacterGrams`.

    Examples
    --------
    >>> found = count_terms(["silk", "tea, tea"])["words"]
    >>> found.terms.tolist(), found.matrix.toarray().tolist()
    (['silk', 'tea'], [[1, 0], [0, 2]])
    """
    lexicon = lexicon or package_lexicon()
    tokenizer = tokenizer or JiebaTokenizer(lexicon)
    counted = {"words": lambda runs: _words(runs, lexicon, tokenizer), "characters": _grams}
    joining = {name: _Joining() for name in channels}
    for some in _chunks(texts):
        runs = _runs(some, lexicon)
        for name, counts in joining.items():
            counts.add(counted[name](runs))
    return {name: Counts(*counts.counts()) for name, counts in joining.items()}


class _Joining:
    """Counts of one list of texts after another, under common numbers of terms."""

    def __init__(self) -> None:
        self.number = _numbering()
        self.columns, self.often, self.lengths = [np.empty(0, np.int32)], [np.empty(0, np.int32)], [np.empty(0, int)]

    def add(self, part: Counts) -> None:
        columns = np.fromiter(map(self.number.__getitem__, part.terms), np.int32, len(part.terms))
        self.columns.append(columns[part.matrix.indices])
        self.often.append(part.matrix.data)
        self.lengths.append(np.diff(part.matrix.indptr))

    def counts(self) -> tuple[np.ndarray, sp.csr_array]:
        """Give terms and matrix; to be asked once, for what was gathered is given away."""
        terms, place = _sorted(list(self.number))
        columns, often = np.concatenate(self.columns), np.concatenate(self.often)
        self.columns, self.often = [], []
        rank, by_rank = _ranks(columns, len(terms))
        matrix = _matrix(often, rank[columns], _bounds(np.concatenate(self.lengths)), len(terms))
        matrix.sort_indices()
        return terms, _matrix(matrix.data, place[by_rank[matrix.indices]], matrix.indptr, len(terms))


def _chunks(texts: Sequence[str]) -> Iterator[Sequence[str]]:
    begin = characters = 0
    for end, text in enumerate(texts):
        characters += len(text)
        if characters >= _AT_A_TIME:
            yield texts[begin : end + 1]
            begin, characters = end + 1, 0
    if begin < len(texts):
        yield texts[begin:]


class _Table:
    """What a function gives for each character, looked up for many at once; never 0, but of NUL."""

    def __init__(self, function: Callable[[str], int]) -> None:
        self.function = function
        self.known = np.zeros(_LATIN_FROM, dtype=np.uint32)

    def __call__(self, codes: np.ndarray) -> np.ndarray:
        found = self.known[codes]
        if not found.all():
            for code in set(codes[found == 0].tolist()):
                self.known[code] = self.function(chr(code))
            found = self.known[codes]
        return found


def _kind(character: str) -> int:
    if not UNIT.fullmatch(character):
        return _PARTS
    if character.isascii():
        return _LATIN
    return _DIGIT if character.isdigit() else _LETTER


_FOLDED = _Table(lambda character: ord(fold(character)))
_KINDS = _Table(_kind)


class _Runs(NamedTuple):
    """
    The runs of some texts.

    Attributes
    ----------
    read : list of str
        Each different one once, with synonyms read, which may part it.
    begins : int, shape (n_different + 1,)
        Where what is read of each begins.
    which, text : int, shape (n_runs,)
        Of each run in the order of the texts: which one it is, and whose.
    n_texts : int
    """

    read: list[str]
    begins: np.ndarray
    which: np.ndarray
    text: np.ndarray
    n_texts: int


def _runs(texts: Sequence[str], lexicon: Lexicon) -> _Runs:
    # Of private use, so that folding leaves it and it is no unit; in no phrase, so that none reaches into another text.
    phrases = "".join(lexicon.boilerplate)
    separator = next(character for character in map(chr, count(0xE000)) if character not in phrases)
    codes = _FOLDED(_codes(separator.join(texts)))
    plain = codes.astype("<u4", copy=False).tobytes().decode("utf-32-le", "surrogatepass")
    meets = _KINDS(codes) > _PARTS
    for found in lexicon.boilerplate_pattern.finditer(plain):
        meets[found.start() : found.end()] = False
    starts, ends = _stretches(meets)
    number = _numbering()
    runs = (plain[start:end] for start, end in zip(starts.tolist(), ends.tolist(), strict=True))
    which = np.fromiter(map(number.__getitem__, runs), np.int64, len(starts))
    # By length, since a text may hold the separator too.
    begins = _bounds(np.fromiter((len(text) + 1 for text in texts), np.int64, len(texts)))
    text = np.searchsorted(begins, starts, side="right") - 1
    different = list(number)
    read = [[run] for run in different]
    for k in _naming(different, lexicon):
        read[k] = ["".join(units) for units in read_units(plain_units(different[k]), lexicon)]
    return _Runs(list(chain.from_iterable(read)), _bounds(list(map(len, read))), which, text, len(texts))


def _naming(runs: list[str], lexicon: Lexicon) -> list[int]:
    """Find the runs that hold the beginning of a synonym: to look for names unit by unit takes as long as the rest."""
    numbers, latin = _units(runs)
    number = {name: _LATIN_FROM + k for k, name in enumerate(latin)}
    beginnings = [[number.get(unit, -1) if unit.isascii() else ord(unit) for unit in key] for key in lexicon.names_from]
    names = np.array([(first << _BITS) | (rest[0] if rest else 0) for first, *rest in beginnings], dtype=np.int64)
    begins = np.zeros(_LATIN_FROM + len(latin), dtype=bool)
    begins[[first for first, *_ in beginnings if first >= 0]] = True
    at = np.flatnonzero(begins[numbers[:-1]])
    alone = numbers[at] << _BITS
    found = at[np.isin(alone, names) | np.isin(alone | numbers[at + 1], names)]
    return np.unique(np.searchsorted(np.flatnonzero(numbers == ord("^")), found, side="right") - 1).tolist()


def _units(runs: Sequence[str]) -> tuple[np.ndarray, list[str]]:
    """Give units their numbers, each run between its bounds, ``^`` and ``$``; and the Latin ones by number."""
    text = f"^{'$^'.join(runs)}$"
    codes = _codes(text)
    latin = _KINDS(codes) == _LATIN
    starts, ends = _stretches(latin)
    number = _numbering()
    names = (text[start:end] for start, end in zip(starts.tolist(), ends.tolist(), strict=True))
    numbers = codes.astype(np.int64)
    numbers[starts] = _LATIN_FROM + np.fromiter(map(number.__getitem__, names), np.int64, len(starts))
    kept = ~latin
    kept[starts] = True
    return numbers[kept], list(number)


def _words(runs: _Runs, lexicon: Lexicon, tokenizer: Callable[[str], list[str]]) -> Counts:
    number = _numbering()
    lengths, numbers = [], list[int]()
    for run in runs.read:
        words = tokenizer(run)
        lengths.append(len(words))
        numbers.extend(map(number.__getitem__, words))
    words = np.array(list(number), dtype=object)
    says = np.array([word not in lexicon.stop_word_set and not word.isdigit() for word in words], dtype=bool)
    found = np.array(numbers, dtype=np.int64)
    said = says[found]
    return _counts(runs, found[said], _bounds(said)[_bounds(lengths)], lambda kept: words[kept].tolist())


def _grams(runs: _Runs) -> Counts:
    numbers, latin = _units(runs.read)
    here, following = numbers[:-1], numbers[1:]
    says = np.ones(_LATIN_FROM + len(latin), dtype=bool)
    says[[ord("^"), ord("$")]] = False
    says[numbers[_KINDS(np.minimum(numbers, _LATIN_FROM - 1)) == _DIGIT]] = False
    says[[_LATIN_FROM + k for k, name in enumerate(latin) if name.isdigit()]] = False
    alone = here << _BITS
    said = np.column_stack((says[here], (says[here] | says[following]) & (here != ord("$"))))
    codes = np.column_stack((alone, alone | following))[said]
    starts = np.append(2 * np.flatnonzero(numbers == ord("^")), said.size)

    def named(codes: np.ndarray) -> list[str]:
        # A pair of characters is a string of two as it lies in memory; 0 is the end of a shorter one.
        units = np.column_stack((codes >> _BITS, codes & (1 << _BITS) - 1))
        with_latin = np.flatnonzero((units >= _LATIN_FROM).any(axis=1))
        terms = np.where(units < _LATIN_FROM, units, 0).astype(np.uint32).view("U2").ravel().tolist()
        for k, (first, second) in zip(with_latin.tolist(), units[with_latin].tolist(), strict=True):
            terms[k] = "".join(latin[n - _LATIN_FROM] if n >= _LATIN_FROM else chr(n) for n in (first, second) if n)
        return terms

    return _counts(runs, codes, _bounds(said.ravel())[starts], named)


def _counts(runs: _Runs, codes: np.ndarray, begins: np.ndarray, named: Callable[[np.ndarray], list[str]]) -> Counts:
    """Count the terms of what was read, whose codes are given one after another, from ``begins`` on for each part."""
    different, codes = np.unique(codes, return_inverse=True)
    # By their codes most stand in order already, which is when sorting is cheap.
    terms, place = _sorted(named(different))
    rank, by_rank = _ranks(codes, len(different))
    begins = begins[runs.begins]
    lengths = np.diff(begins)[runs.which]
    ends = np.cumsum(lengths)
    at = np.arange(lengths.sum()) + np.repeat(begins[runs.which] - (ends - lengths), lengths)
    width = max(len(terms), 1)
    cells = np.sort(np.repeat(runs.text, lengths) * width + rank[codes[at]])
    first = np.flatnonzero(np.diff(cells, prepend=-1))
    text, term = np.divmod(cells[first], width)
    counts = np.diff(first, append=len(cells)).astype(np.int32)
    bounds = _bounds(np.bincount(text, minlength=runs.n_texts))
    matrix = _matrix(counts, place[by_rank[term]], bounds, len(terms))
    return Counts(terms, matrix)


def _sorted(terms: list[str]) -> tuple[np.ndarray, np.ndarray]:
    """Sort terms; and tell where each went."""
    order = np.array(sorted(range(len(terms)), key=terms.__getitem__), dtype=np.int64)
    place = np.empty(len(terms), dtype=np.int32)
    place[order] = np.arange(len(terms))
    return np.array(terms, dtype=object)[order], place


def _matrix(counts: np.ndarray, columns: np.ndarray, bounds: np.ndarray, n_terms: int) -> sp.csr_array:
    """Lay counts out with the narrowest positions that hold them; scipy would take the wider of those given."""
    kind = np.int32 if bounds[-1] <= np.iinfo(np.int32).max else np.int64
    rows = (counts, columns.astype(kind, copy=False), bounds.astype(kind, copy=False))
    return sp.csr_array(rows, shape=(len(bounds) - 1, n_terms))


def _ranks(codes: np.ndarray, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Rank n codes by where each appears first, shape (n,); and give them by rank."""
    first = np.empty(n, dtype=np.int64)
    first[codes[::-1]] = np.arange(len(codes))[::-1]
    by_rank = np.argsort(first).astype(np.int32)
    rank = np.empty(n, dtype=np.int32)
    rank[by_rank] = np.arange(n)
    return rank, by_rank


def _codes(text: str) -> np.ndarray:
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype="<u4")


def _stretches(flags: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Find where what is true begins and ends, end exclusive."""
    edges = np.flatnonzero(np.diff(flags, prepend=False, append=False))
    return edges[::2], edges[1::2]


def _bounds(lengths: np.ndarray | list[int]) -> np.ndarray:
    return np.concatenate(([0], np.cumsum(lengths, dtype=np.int64)))


def _numbering() -> defaultdict[str, int]:
    """Make a dictionary that numbers what is looked up, from 0, in the order of first sight."""
    number: defaultdict[str, int] = defaultdict()
    number.default_factory = number.__len__
    return number
