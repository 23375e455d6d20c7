"""
The channels of a text: jieba words, and character 1-2-grams; each a block of unit length, side by side.

One dot product of a need's row with a profile's row is then the weighted sum of the channels' cosines, and falls
apart exactly into terms: the reasons are the arithmetic.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import chain, pairwise
from operator import add

import numpy as np
import scipy.sparse as sp
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from matcher.text.counting import CHANNELS, Counted, CountTerms, count_terms
from matcher.text.lexicon import Lexicon, package_lexicon
from matcher.text.tokenizers import JiebaTokenizer, Tokenizer
from matcher.text.units import unit_runs
from matcher.text.weighing import PivotedTfidf


class WordTerms:
    """
    Analyzer of the word channel: a text's words without stop words.

    Parameters
    ----------
    tokenizer : Tokenizer or None
        None stands for `JiebaTokenizer`, with the lexicon's dictionary.
    lexicon : Lexicon or None
        None stands for the package's lists.
    """

    def __init__(self, tokenizer: Tokenizer | None = None, lexicon: Lexicon | None = None) -> None:
        self.tokenizer = tokenizer or JiebaTokenizer(lexicon)
        self.lexicon = lexicon or package_lexicon()

    def __call__(self, text: str) -> list[str]:
        """Return the words of one text, repeated as often as they occur."""
        words: list[str] = []
        for run in unit_runs(text, self.lexicon):
            words += self.tokenizer("".join(run))
        return [word for word in words if word not in self.lexicon.stop_word_set and not word.isdigit()]


class CharacterGrams:
    """
    Analyzer of the character channel: single units and pairs of neighbours; a Latin word or number is one unit.

    The bounds of a run count as neighbours, ``^`` and ``$``: what begins or ends a phrase is more of a word. A number
    alone is no gram: that two texts both say 20 is no evidence.

    Parameters
    ----------
    lexicon : Lexicon or None
        None stands for the package's lists.

    Examples
    --------
    >>> CharacterGrams()("PLA\u6539\u6027, 3")
    ['^pla', 'pla', 'pla\u6539', '\u6539', '\u6539\u6027', '\u6027', '\u6027$']
    """

    def __init__(self, lexicon: Lexicon | None = None) -> None:
        self.lexicon = lexicon or package_lexicon()

    def __call__(self, text: str) -> list[str]:
        """Return the grams of one text, repeated as often as they occur."""
        grams: list[str] = []
        for run in unit_runs(text, self.lexicon):
            if not any(map(str.isdigit, run)):
                grams += _all_grams(run)
                continue
            for here, following in pairwise(["^", *run, "$"]):
                if _says_something(here):
                    grams.append(here)
                if _says_something(here) or _says_something(following):
                    grams.append(here + following)
        return grams


def _all_grams(run: Sequence[str]) -> list[str]:
    """Give all grams of a run, in the order of the text: a third of the time, and most runs have no number."""
    grams = [""] * (2 * len(run) + 1)
    grams[0::2] = map(add, ("^", *run), (*run, "$"))
    grams[1::2] = run
    return grams


def _says_something(unit: str) -> bool:
    return not unit.isdigit() and unit not in "^$"


def analyzers(lexicon: Lexicon, tokenizer: Tokenizer | None = None) -> dict[str, Callable[[str], list[str]]]:
    """Give the analyzer of each channel of `CHANNELS`, by its name."""
    return {"words": WordTerms(tokenizer, lexicon), "characters": CharacterGrams(lexicon)}


def term_counts(text: str, lexicon: Lexicon, tokenizer: Tokenizer | None = None) -> Mapping[str, int]:
    """
    Count the terms of a text, of all channels.

    Parameters
    ----------
    text : str
    lexicon : Lexicon
    tokenizer : Tokenizer or None
        None stands for `JiebaTokenizer`.

    Returns
    -------
    mapping of str to int
        By term, each ``"channel__term"`` as `ProfileVectorizer.get_feature_names_out` names it.

    Examples
    --------
    >>> term_counts("AGV", package_lexicon())["characters__agv"]
    1
    """
    found = analyzers(lexicon, tokenizer)
    return Counter(f"{name}__{term}" for name, analyzer in found.items() for term in analyzer(text))


class ProfileVectorizer(TransformerMixin, BaseEstimator):
    """
    Profiles and needs as rows of one space of weighted terms.

    Each channel is a block of `PivotedTfidf`: sublinear term frequency, idf learned on the profiles alone. The weights
    of the channels scale the needs, so a need's row times a profile's row lies in [0, 1].

    Parameters
    ----------
    words, characters : float
        Weights of the channels, scaled to sum to 1.
    title : float in [0, 1]
        Share of a need's title alone; the rest is the whole need.
    length_slope, commonness : float in [0, 1]
        See `PivotedTfidf`; with 1 and 0 the row products are cosines.
    tokenizer : Tokenizer or None
        For the word channel; None stands for `JiebaTokenizer`.
    lexicon : Lexicon or None
        The lists that texts are read with; None stands for the package's.
    count : callable or None
        Counts the terms of texts that are weighed once all is learned; None stands for `count_terms`.

    Attributes
    ----------
    channels_ : dict of str to PivotedTfidf
        The fitted channels in use, by name, in the order of their blocks.
    terms_ : dict of str to array of str
        The terms of each, sorted: its columns.

    Examples
    --------
    >>> vectorizer = ProfileVectorizer().fit(["motor noise", "silk dyeing"])
    >>> scores = vectorizer.transform_needs(["motor"], ["motor runs hot"]) @ vectorizer.transform(["motor noise"]).T
    >>> scores.shape
    (1, 1)
    """

    def __init__(
        self,
        *,
        words: float = 0.25,
        characters: float = 0.75,
        title: float = 0.3,
        length_slope: float = 0.8,
        commonness: float = 0.2,
        tokenizer: Tokenizer | None = None,
        lexicon: Lexicon | None = None,
        count: CountTerms | None = None,
    ) -> None:
        self.words = words
        self.characters = characters
        self.title = title
        self.length_slope = length_slope
        self.commonness = commonness
        self.tokenizer = tokenizer
        self.lexicon = lexicon
        self.count = count

    def fit(self, profiles: Sequence[str], y: object = None) -> "ProfileVectorizer":  # noqa: ARG002 - scikit-learn's
        """
        Learn vocabulary and idf.

        Parameters
        ----------
        profiles : sequence of str, length n_experts
        y : ignored

        Returns
        -------
        ProfileVectorizer
            itself.
        """
        self.fit_transform(profiles)
        return self

    def fit_transform(self, X: Sequence[str], y: object = None, **fit_params: object) -> sp.csr_array:  # noqa: ARG002 - its
        """Fit on profiles, and weigh their terms without reading them again; see `fit` and `transform`."""
        self.channels_: dict[str, PivotedTfidf] = {}
        self.terms_: dict[str, np.ndarray] = {}
        blocks = []
        found = count_terms(X, self.lexicon, self.tokenizer, channels=self.names)
        for name in list(found):
            counts = found.pop(name)
            # A channel may find no term at all (texts without a word): then it has no columns, and says nothing.
            if len(counts.terms):
                channel = PivotedTfidf(length_slope=self.length_slope, commonness=self.commonness)
                blocks.append(channel.fit_transform(counts.matrix))
                self.channels_[name], self.terms_[name] = channel, counts.terms
        return self._side_by_side(blocks, len(X))

    def remember(self, learned: Mapping[str, tuple[np.ndarray, PivotedTfidf]]) -> "ProfileVectorizer":
        """Take over terms and weights that were learned before, by channel, in place of `fit`; returns itself."""
        there = [name for name in self.names if name in learned]
        self.terms_ = {name: learned[name][0] for name in there}
        self.channels_ = {name: learned[name][1] for name in there}
        return self

    def transform(self, profiles: Sequence[str]) -> sp.csr_array:
        """
        Weigh the terms of profiles.

        Parameters
        ----------
        profiles : sequence of str, length n

        Returns
        -------
        float, CSR, shape (n, n_terms)
        """
        check_is_fitted(self, "channels_")
        counts = self._counts(profiles, self.channels_)
        blocks = [channel.transform(counts[name].over(self.terms_[name])) for name, channel in self.channels_.items()]
        return self._side_by_side(blocks, len(profiles))

    def transform_needs(self, titles: Sequence[str], texts: Sequence[str]) -> sp.csr_array:
        """
        Weigh the terms of needs, as queries on profiles.

        Parameters
        ----------
        titles, texts : sequences of str, length n
            The titles alone, and title with detail.

        Returns
        -------
        float, CSR, shape (n, n_terms)
        """
        check_is_fitted(self, "channels_")
        # Side by side, since a title mostly begins its text: its runs are then read once.
        found = self._counts([*chain.from_iterable(zip(titles, texts, strict=True))], self.channels_)
        blocks = []
        for name, channel in self.channels_.items():
            rows = channel.transform_queries(found.pop(name).over(self.terms_[name]))
            blocks.append(getattr(self, name) / self.total * (self.title * rows[::2] + (1 - self.title) * rows[1::2]))
        return self._side_by_side(blocks, len(texts))

    @property
    def names(self) -> list[str]:
        """Channels in use."""
        return [name for name in CHANNELS if getattr(self, name) > 0]

    @property
    def total(self) -> float:
        """Sum of the channels' weights, by which each is divided."""
        return sum(getattr(self, name) for name in CHANNELS)

    def get_feature_names_out(self, input_features: object = None) -> np.ndarray:  # noqa: ARG002 - scikit-learn's
        """Return the terms by column, shape (n_terms,), each ``"channel__term"``."""
        check_is_fitted(self, "channels_")
        names = [f"{name}__{term}" for name, terms in self.terms_.items() for term in terms]
        return np.array(names, dtype=object)

    def columns(self, channel: str) -> slice:
        """Return where a channel's block stands among the columns; empty where it has none."""
        check_is_fitted(self, "channels_")
        start = 0
        for name, terms in self.terms_.items():
            end = start + len(terms)
            if name == channel:
                return slice(start, end)
            start = end
        return slice(start, start)

    def _counts(self, texts: Sequence[str], channels: Iterable[str]) -> dict[str, Counted]:
        return dict((self.count or count_terms)(texts, self.lexicon, self.tokenizer, channels=channels))

    @staticmethod
    def _side_by_side(blocks: list[sp.csr_array], n_rows: int) -> sp.csr_array:
        """Put the rows of blocks one behind the other, taking the blocks away; scipy's hstack holds all three times."""
        if not blocks:
            return sp.csr_array((n_rows, 0))
        bounds = np.array([block.indptr for block in blocks]).sum(axis=0, dtype=np.int64)
        kind = np.int32 if bounds[-1] <= np.iinfo(np.int32).max else np.int64
        bounds = bounds.astype(kind)
        columns, weights = np.empty(bounds[-1], kind), np.empty(bounds[-1])
        free, width = bounds[:-1].copy(), 0
        while blocks:
            block = blocks.pop(0)
            block.sort_indices()
            lengths = np.diff(block.indptr)
            at = np.arange(block.nnz, dtype=kind)
            at += np.repeat(free - block.indptr[:-1], lengths)
            columns[at], weights[at] = block.indices + width, block.data
            free += lengths
            width += block.shape[1]
        return sp.csr_array((weights, columns, bounds), shape=(n_rows, width))
